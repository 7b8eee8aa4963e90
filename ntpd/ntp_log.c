/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_log.c - what the log tells unasked of trouble with sources and clients.
 *
 * Strangers cause some of these lines, so each is rare by its own rule,
 * whatever they send.
 */
#include "ntp_log.h"

#define SILENT_POLLS 8U
#define UNSYNCED_MAX 900.0 /* s */
#define REFUSAL_GAP  10.0  /* s between two lines */

/* The first time and then at twice as many. */
static bool
is_rare(uint64_t n)
{
	return (n & (n - 1)) == 0;
}

void
log_bogus(
    struct ntp_engine *e, const struct peer *p, const struct ntp_packet *pkt)
{
	char buf[ADDR_STRLEN];

	if (is_rare(p->count.bogusorg))
		engine_log(e, NTP_LOG_INFO,
		    "receive: Unexpected origin timestamp %08x.%08x from %s, "
		    "%llu so far",
		    ts_sec(pkt->org), ts_frac(pkt->org),
		    addr_format(&p->srcadr, buf),
		    (unsigned long long)p->count.bogusorg);
}

void
log_silence(struct ntp_engine *e, const struct peer *p, struct ntp_now now)
{
	char buf[ADDR_STRLEN], text[REASON_TEXT_MAX];

	if (p->poll.reach != 0 || p->poll.unreach != SILENT_POLLS ||
	    !peer_is_source(p))
		return;
	engine_log(e, NTP_LOG_WARN, "%s: %s", peer_label(p, buf),
	    reason_sentence(e, p, now, text, sizeof text));
}

void
log_unsynced(struct ntp_engine *e, struct ntp_now now)
{
	char text[REASON_TEXT_MAX];

	if (e->sys.leap != NTP_LEAP_UNSYNC) {
		e->unsynced_since = now.mono;
		e->unsynced_told = false;
		return;
	}
	if (e->unsynced_told || e->peers.used == 0 ||
	    mono_diff(now.mono, e->unsynced_since) < UNSYNCED_MAX)
		return;
	e->unsynced_told = true;
	engine_log(e, NTP_LOG_WARN, "not synchronized for %.0f minutes: %s",
	    UNSYNCED_MAX / 60,
	    reason_sentence(e, NULL, now, text, sizeof text));
}

void
log_refusal(struct ntp_engine *e, const struct ntp_addr *from, ntp_mono now)
{
	char buf[ADDR_STRLEN];

	if (e->refusal_told && mono_diff(now, e->refusal_at) < REFUSAL_GAP)
		return;
	e->refusal_told = true;
	e->refusal_at = now;
	engine_log_class(e, LOGBIT_SYSINFO, NTP_LOG_INFO,
	    "mode 6: a request from %s is refused: it needs the control key "
	    "and the permission to use it",
	    addr_format_port(from, buf));
}
