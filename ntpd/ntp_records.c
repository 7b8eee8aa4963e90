/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_records.c - what the records of the statistics files look like.
 *
 * Columns and digits are the reference's (usestats: NTPsec's), because
 * plotting tools read them.
 */
#include "ntp_records.h"

#include <inttypes.h>
#include <stdio.h>

#include "ntp_addr.h"
#include "ntp_packet.h"

#define STAMP_MAX 24U
#define NS	  UINT64_C(1000000000)

static void
record_loop(struct stats_port *p, const struct loop_sample *ls)
{
	char text[FILESTATS_RECORD];

	(void)snprintf(text, sizeof text, "%.9f %.3f %.9f %.6f %d", ls->offset,
	    ls->freq * 1e6, ls->jitter, ls->wander * 1e6, ls->poll);
	filestats_record((struct filestats *)p, STATS_LOOP, ls->when, text);
}

static void
record_peer(struct stats_port *p, const struct peer_sample *ps)
{
	char text[FILESTATS_RECORD], addr[ADDR_STRLEN];

	(void)snprintf(text, sizeof text, "%s %x %.9f %.9f %.9f %.9f",
	    addr_format(ps->addr, addr), ps->status, ps->offset, ps->delay,
	    ps->disp, ps->jitter);
	filestats_record((struct filestats *)p, STATS_PEER, ps->when, text);
}

static void
record_clock(struct stats_port *p, const struct clock_sample *cs)
{
	char text[FILESTATS_RECORD], addr[ADDR_STRLEN];

	(void)snprintf(
	    text, sizeof text, "%s %s", addr_format(cs->addr, addr), cs->text);
	filestats_record((struct filestats *)p, STATS_CLOCK, cs->when, text);
}

static void
record_event(struct stats_port *p, ntp_ts when, const char *line)
{
	filestats_record((struct filestats *)p, STATS_PROTO, when, line);
}

/* --- rawstats -------------------------------------------------------------- */

/* Seconds of the era, 9 digits rounded to nearest. */
static const char *
stamp(ntp_ts t, char out[STAMP_MAX])
{
	uint64_t sec = ts_sec(t);
	uint64_t ns = (ts_frac(t) * NS + (UINT64_C(1) << 31)) >> 32;

	sec += ns / NS;
	(void)snprintf(out, STAMP_MAX, "%" PRIu64 ".%09" PRIu64, sec, ns % NS);
	return out;
}

/* " LEN: HEX" of what follows the header. */
static void
add_rest(char *out, size_t cap, const struct raw_sample *rs)
{
	int n;

	if (rs->nmore == 0)
		return;
	n = snprintf(out, cap, " %zu: ", rs->nmore);
	for (size_t i = 0; i < rs->nmore && n > 0 && (size_t)n + 3 <= cap; i++)
		n += snprintf(out + n, cap - (size_t)n, "%02x", rs->more[i]);
}

static void
record_raw(struct stats_port *p, const struct raw_sample *rs)
{
	const struct ntp_packet *pkt = rs->pkt;
	char text[FILESTATS_RECORD], addr[ADDR_STRLEN],
	    local[ADDR_STRLEN] = "-";
	char t1[STAMP_MAX], t2[STAMP_MAX], t3[STAMP_MAX], t4[STAMP_MAX];
	bool words = pkt->stratum <= 1 || pkt->stratum >= NTP_MAXSTRAT;
	const char *dot = words ? "." : "";
	char refid[REFID_STRLEN];
	int n;

	if (rs->local != NULL && rs->local->family != ADDR_NONE)
		(void)addr_format(rs->local, local);
	n = snprintf(text, sizeof text,
	    "%s %s %s %s %s %s %u %u %u %u %d %d %.6f %.6f %s%s%s",
	    addr_format(rs->addr, addr), local, stamp(rs->org, t1),
	    stamp(pkt->rec, t2), stamp(pkt->xmt, t3), stamp(rs->dst, t4),
	    pkt->leap, pkt->version, pkt->mode,
	    pkt->stratum == 0 ? NTP_MAXSTRAT : pkt->stratum, pkt->poll,
	    pkt->precision, short_to_s(pkt->rootdelay),
	    short_to_s(pkt->rootdisp), dot,
	    refid_format(pkt->refid, pkt->stratum, refid), dot);
	if (n > 0 && (size_t)n < sizeof text)
		add_rest(text + n, sizeof text - (size_t)n, rs);
	filestats_record((struct filestats *)p, STATS_RAW, rs->when, text);
}

/* --- hourly ---------------------------------------------------------------- */

void
record_sys(struct filestats *s, ntp_ts when, const struct engine_counters *n)
{
	char text[FILESTATS_RECORD];
	int used = snprintf(text, sizeof text, "%.0f", n->age);

	for (size_t i = 0; i < ENGINE_COUNTERS && used > 0; i++)
		used += snprintf(text + used, sizeof text - (size_t)used,
		    " %" PRIu64, n->n[i]);
	filestats_record(s, STATS_SYS, when, text);
}

static double
seconds(const struct timeval *then, const struct timeval *now)
{
	return (double)(now->tv_sec - then->tv_sec) +
	    (double)(now->tv_usec - then->tv_usec) * 1e-6;
}

void
record_use(struct filestats *s, ntp_ts when, double age,
    const struct rusage *then, const struct rusage *now)
{
	char text[FILESTATS_RECORD];

	(void)snprintf(text, sizeof text,
	    "%.0f %.3f %.3f %ld %ld %ld %ld %ld %ld %ld %ld %ld", age,
	    seconds(&then->ru_utime, &now->ru_utime),
	    seconds(&then->ru_stime, &now->ru_stime),
	    now->ru_minflt - then->ru_minflt, now->ru_majflt - then->ru_majflt,
	    now->ru_nswap - then->ru_nswap, now->ru_inblock - then->ru_inblock,
	    now->ru_oublock - then->ru_oublock, now->ru_nvcsw - then->ru_nvcsw,
	    now->ru_nivcsw - then->ru_nivcsw,
	    now->ru_nsignals - then->ru_nsignals, now->ru_maxrss);
	filestats_record(s, STATS_USE, when, text);
}

void
record_nts(
    struct filestats *s, ntp_ts when, double age, const uint64_t n[NTS_COUNTS])
{
	static const uint8_t columns[] = {NTS_COOKIE_DECODE,
	    NTS_COOKIE_DECODE_OLD, NTS_COOKIE_DECODE_OLD2,
	    NTS_COOKIE_DECODE_OLDER, NTS_COOKIE_DECODE_TOO_OLD,
	    NTS_COOKIE_DECODE_ERROR};
	char text[FILESTATS_RECORD];
	int used = snprintf(text, sizeof text, "%.0f", age);

	for (int i = NTS_CLIENT_SEND; i <= NTS_COOKIE_MAKE && used > 0; i++)
		used += snprintf(
		    text + used, sizeof text - (size_t)used, " %" PRIu64, n[i]);
	if (used > 0)
		used += snprintf(text + used, sizeof text - (size_t)used,
		    " %" PRIu64 " %" PRIu64, n[NTS_COOKIE_NOT_SERVER],
		    n[NTS_COOKIE_DECODE] + n[NTS_COOKIE_DECODE_OLD] +
			n[NTS_COOKIE_DECODE_OLD2] + n[NTS_COOKIE_DECODE_OLDER]);
	for (size_t i = 0; i < sizeof columns && used > 0; i++)
		used += snprintf(text + used, sizeof text - (size_t)used,
		    " %" PRIu64, n[columns[i]]);
	filestats_record(s, STATS_NTS, when, text);
}

void
record_ntske(struct filestats *s, ntp_ts when, double age,
    const struct ke_cost cost[KE_ENDS], const uint64_t n[NTS_COUNTS])
{
	char text[FILESTATS_RECORD];
	int used = snprintf(text, sizeof text, "%.0f", age);

	for (int i = 0; i < KE_ENDS && used > 0; i++)
		used += snprintf(text + used, sizeof text - (size_t)used,
		    " %" PRIu64 " %.3f %.3f", cost[i].n, cost[i].wall,
		    cost[i].cpu);
	if (used > 0)
		(void)snprintf(text + used, sizeof text - (size_t)used,
		    " %" PRIu64 " %" PRIu64, n[NTS_KE_PROBES_GOOD],
		    n[NTS_KE_PROBES_BAD]);
	filestats_record(s, STATS_NTSKE, when, text);
}

void
record_timing(
    struct filestats *s, ntp_ts when, const struct ntp_addr *addr, double spent)
{
	char text[FILESTATS_RECORD], buf[ADDR_STRLEN];

	(void)snprintf(text, sizeof text, "%s 1 %.9f input processing delay",
	    addr_format(addr, buf), spent);
	filestats_record(s, STATS_TIMING, when, text);
}

void
records_attach(struct filestats *s)
{
	s->port.loop = record_loop;
	s->port.peer = record_peer;
	s->port.clock = record_clock;
	s->port.raw = record_raw;
	s->port.event = record_event;
}
