/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_refclock.c - reference clocks as associations.
 *
 * A clock differs from a server only in where its samples come from; filter,
 * selection and displays are the same.  There are two kinds: the undisciplined
 * local clock (127.127.1.u), whose offset is zero by definition, and those
 * that a driver of the shell reads.
 *
 * A clock that begins to give readings is polled like a server with `iburst`:
 * the reference lets it wait for four polls of 64 s.
 */
#include "ntp_refclock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ntp_era.h"
#include "ntp_state.h"

#define OFFSET_LIMIT	0x1p31 /* s, half an era */
#define PULSE_LIMIT	0.4    /* s */
#define CALIBRATE_SHARE 0.1
#define CLOCK_MODE_LONG 0x10000U
#define RECORD_MAX	256U

struct filter_param
filter_param_of(const struct ntp_engine *e, const struct peer *p)
{
	const struct config_tinker *tk = &e->cfg->tinker;
	struct filter_param fp = {
	    .precision = e->sys.precision_s,
	    .maxdist = e->cfg->tos.maxdist,
	    .maxdisp = e->cfg->tos.maxdisp,
	    .phi = tk->dispersion,
	    .allan = log2_to_s((int)tk->allan),
	    .popcorn_window = 2 * log2_to_s(p->poll.hpoll),
	    .newest_first = loop_newest(&e->loop) || e->loop.clamp_left > 0,
	};

	return fp;
}

void
peer_sample(
    struct ntp_engine *e, struct peer *p, struct sample *s, struct ntp_now now)
{
	struct filter_param fp = filter_param_of(e, p);
	enum filter_verdict v;

	if (s != NULL)
		s->offset =
		    era_unfold(e->cfg->tos.basedate, now.sys, s->offset);
	if (s != NULL)
		path_add(&p->path, fmax(s->delay, fp.precision), s->epoch);
	v = clock_filter(&p->filter, s, &fp, now.mono);

	if (v == FILTER_POPCORN) {
		report_peerevent(e, p, PEVNT_POPCORN, NULL);
		reason_popcorn(e, p, s != NULL ? s->offset : 0, now);
		if (s != NULL)
			measure_spike(e, p, s, now.mono);
	}
	if (s != NULL && e->port.stats != NULL && v == FILTER_USE) {
		struct peer_sample ps = {now.sys, &p->srcadr,
		    peer_status_word(p), p->filter.offset, p->filter.delay,
		    p->filter.disp, p->filter.jitter};

		e->port.stats->peer(e->port.stats, &ps);
	}
	/* Inside a burst the filter fills first, unless we have no time. */
	if (v == FILTER_NONE || p->poll.burst == 0 ||
	    e->sys.leap == NTP_LEAP_UNSYNC || loop_training(&e->loop))
		clock_select(e, now);
}

static const char *
clock_code_words(enum clock_code code)
{
	static const char words[CLOCK_CODES][16] = {"clk_unspec",
	    "clk_no_reply", "clk_bad_format", "clk_fault", "clk_bad_signal",
	    "clk_bad_date", "clk_bad_time"};

	return words[code];
}

/* A clock that is not measured gains nothing by waiting for seven polls: its
 * register is full from the first one on, and its dispersion small. */
static void
fill_register(
    const struct ntp_engine *e, struct peer *p, const struct sample *s)
{
	struct filter_param fp = filter_param_of(e, p);
	struct sample early = *s;

	early.epoch.ns -= NTP_SHIFT;
	for (unsigned i = 1; i < NTP_SHIFT; i++) {
		early.epoch.ns++;
		(void)clock_filter(&p->filter, &early, &fp, early.epoch);
	}
}

/* The association's variables, as if a packet with them had come. */
static void
clock_answers(struct ntp_engine *e, struct peer *p, enum ntp_leap leap,
    int8_t precision, struct ntp_now now)
{
	bool was_reachable = p->poll.reach != 0;

	p->leap = (uint8_t)leap;
	p->stratum = (uint8_t)p->cfg->ref_stratum;
	p->refid = peer_clock_refid(p);
	p->precision = precision;
	p->pmode = NTP_MODE_SERVER;
	p->reftime = p->rec = p->xmt = now.sys;
	p->timereceived = now.mono;
	p->count.received++;
	p->count.processed++;
	poll_reply(&p->poll, p->poll.hpoll, !peer_is_local_clock(p), false);
	if (was_reachable)
		return;
	p->timereachable = now.mono;
	report_peerevent(e, p, PEVNT_REACH, NULL);
}

static void
poll_local(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct sample s = {.offset = p->cfg->time1,
	    .delay = 0,
	    .disp = e->sys.precision_s,
	    .epoch = now.mono};
	bool was_reachable = p->poll.reach != 0;

	clock_answers(e, p, NTP_LEAP_NONE, e->sys.precision, now);
	if (!was_reachable)
		fill_register(e, p, &s);
	peer_sample(e, p, &s, now);
}

/* --- clocks that a driver reads -------------------------------------------- */

static void
report_clock(struct ntp_engine *e, struct peer *p, enum clock_code code)
{
	struct refclock *c = &p->clk;
	char buf[ADDR_STRLEN];

	if (c->code == code)
		return;
	c->code = (uint8_t)code;
	if (code == CLOCK_NOMINAL)
		return;
	if (c->event != code)
		c->nevents = 0;
	c->event = (uint8_t)code;
	if (c->nevents < 15)
		c->nevents++;
	report_peerevent(e, p, PEVNT_CLOCK, clock_code_words(code));
	if (c->nevents < 15)
		engine_log_class(e, LOGBIT_CLOCKEVENTS, NTP_LOG_NOTICE,
		    "clock %s event '%s'", addr_format(&p->srcadr, buf),
		    clock_code_words(code));
}

/* What was wrong most of the time since the last poll. */
static enum clock_code
worst_of(const struct refclock *c)
{
	enum clock_code worst = CLOCK_NO_REPLY;

	for (unsigned i = CLOCK_BAD_FORMAT; i < CLOCK_CODES; i++) {
		if (c->bad[i] > c->bad[worst])
			worst = (enum clock_code)i;
	}
	return worst;
}

static void
count_poll(struct refclock *c)
{
	c->noreply += c->good == 0 && worst_of(c) == CLOCK_NO_REPLY;
	c->good = 0;
	memset(c->bad, 0, sizeof c->bad);
	memset(c->count, 0, sizeof c->count);
}

/* Seconds, good ones, silent ones, bad ones and clashes. */
static int
write_seconds(const struct refclock *c, char *out, size_t cap)
{
	unsigned silent = c->bad[CLOCK_NO_REPLY];
	unsigned clash = c->bad[CLOCK_BAD_SIGNAL], bad = 0;

	for (unsigned i = CLOCK_BAD_FORMAT; i < CLOCK_CODES; i++)
		bad += i != CLOCK_BAD_SIGNAL ? c->bad[i] : 0;
	return snprintf(out, cap, "%3u %3u %3u %3u %3u",
	    c->good + silent + bad + clash, c->good, silent, bad, clash);
}

static int
write_counts(const struct refclock *c, unsigned n, char *out, size_t cap)
{
	size_t used = 0;

	for (unsigned i = 0; i < n; i++)
		used += (size_t)snprintf(out + used, cap - used, "%s%u",
		    i > 0 ? " " : "", c->count[i]);
	return (int)used;
}

/* The device's own words, with what the driver counted where that was asked
 * for; or only what was counted. */
static void
write_record(const struct peer *p, char out[RECORD_MAX])
{
	const struct clock_kind *kind = clock_kind(p->cfg->ref_type);
	const struct refclock *c = &p->clk;
	bool words = c->timecode[0] != '\0';
	bool counts = kind->counts > 0 &&
	    ((kind->traits & CLOCK_LONG) == 0 ||
		(p->cfg->ref_mode & CLOCK_MODE_LONG) != 0);
	int used = 0;

	if (words)
		used = snprintf(
		    out, RECORD_MAX, "%s%s", c->timecode, counts ? " " : "");
	if (counts)
		(void)write_counts(
		    c, kind->counts, out + used, RECORD_MAX - (size_t)used);
	else if (!words)
		(void)write_seconds(c, out, RECORD_MAX);
}

static void
record_clock(struct ntp_engine *e, const struct peer *p, struct ntp_now now)
{
	bool always =
	    (clock_kind(p->cfg->ref_type)->traits & CLOCK_RECORDS) != 0;
	char text[RECORD_MAX];
	struct clock_sample cs = {now.sys, &p->srcadr, text};

	if (e->port.stats == NULL || e->port.stats->clock == NULL ||
	    (!always && (p->cfg->ref_flags & REF_FLAG4) == 0))
		return;
	write_record(p, text);
	e->port.stats->clock(e->port.stats, &cs);
}

/* A pulse is the better witness: it tells by how much this clock lies beside
 * it (the reference's `enable calibrate`). */
static void
calibrate(const struct ntp_engine *e, struct peer *p, double offset)
{
	const struct peer *with = e->sys.peer;

	if (e->cfg->calibrate && with != NULL && with != p &&
	    with->select == SEL_PPSPEER && with->clk.mute && !p->clk.mute)
		p->clk.calibration -= offset * CALIBRATE_SHARE;
}

/* What the ring holds becomes one sample. */
static void
use_ring(struct ntp_engine *e, struct peer *p, const struct median_result *m,
    struct ntp_now now)
{
	struct refclock *c = &p->clk;
	bool own =
	    (clock_kind(p->cfg->ref_type)->traits & CLOCK_OWN_TIME1) != 0;
	struct sample s = {.delay = 0, .epoch = now.mono};

	report_clock(e, p, CLOCK_NOMINAL);
	clock_answers(e, p, (enum ntp_leap)c->leap, c->precision, now);
	c->pps = c->ring_pps;
	s.offset = m->offset + c->calibration + (own ? 0 : p->cfg->time1);
	s.disp = m->jitter + log2_to_s(c->precision);
	calibrate(e, p, s.offset);
	peer_sample(e, p, &s, now);
}

/* Four polls without a reading spoil what is known, as with the reference. */
static void
poll_driver(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct refclock *c = &p->clk;
	double least = fmax(e->sys.precision_s, p->cfg->minjitter);
	enum clock_code worst = worst_of(c);
	struct median_result m;

	record_clock(e, p, now);
	count_poll(c);
	if (median_take(&c->ring, least, &m)) {
		use_ring(e, p, &m, now);
	} else {
		c->pps = false;
		report_clock(e, p, worst);
		if ((p->poll.reach & 0x0f) == 0)
			peer_sample(e, p, NULL, now);
	}
	c->ring_pps = false;
}

void
refclock_poll(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	p->count.sent++;
	if (peer_is_local_clock(p))
		poll_local(e, p, now);
	else
		poll_driver(e, p, now);
}

static struct peer *
find_clock(struct ntp_engine *e, uint8_t type, uint8_t unit)
{
	PEER_FOREACH (p, &e->peers) {
		if (p->kind == PEER_CLOCK && p->cfg->ref_type == type &&
		    p->cfg->ref_unit == unit)
			return p;
	}
	return NULL;
}

void
engine_clock_fault(
    struct ntp_engine *e, uint8_t type, uint8_t unit, enum clock_code why)
{
	struct peer *p = find_clock(e, type, unit);

	if (p == NULL)
		return;
	p->clk.bad[why]++;
	if (why == CLOCK_BAD_FORMAT)
		p->clk.badformat++;
	else if (why != CLOCK_NO_REPLY)
		p->clk.baddata++;
}

void
engine_clock_count(
    struct ntp_engine *e, uint8_t type, uint8_t unit, unsigned which)
{
	struct peer *p = find_clock(e, type, unit);

	if (p != NULL && which < CLOCK_COUNTS)
		p->clk.count[which]++;
}

/* Why the reading is none; nominal if it is one.  A pulse without number tells
 * something only to a clock that is right to less than half a second. */
static enum clock_code
fault_of(const struct ntp_engine *e, const struct clock_reading *r)
{
	if (r->leap == NTP_LEAP_UNSYNC)
		return CLOCK_BAD_SIGNAL;
	if (!(fabs(r->offset) < OFFSET_LIMIT))
		return CLOCK_BAD_TIME;
	if (!r->unnumbered)
		return CLOCK_NOMINAL;
	return e->sys.leap == NTP_LEAP_UNSYNC ||
		fabs(e->sys.offset) >= PULSE_LIMIT ||
		fabs(r->offset) >= PULSE_LIMIT
	    ? CLOCK_NO_REPLY
	    : CLOCK_NOMINAL;
}

/* Where a pulse has stamped one, the others are not worth having. */
static bool
is_outdone(struct refclock *c, bool pps)
{
	if (pps && !c->ring_pps) {
		median_reset(&c->ring);
		c->ring_pps = true;
	}
	return c->ring_pps && !pps;
}

bool
engine_clock_reading(struct ntp_engine *e, uint8_t type, uint8_t unit,
    const struct clock_reading *r, struct ntp_now now)
{
	struct peer *p = find_clock(e, type, unit);
	enum clock_code fault = fault_of(e, r);

	if (p == NULL || leap_is_close(e, now))
		return false;
	if (fault != CLOCK_NOMINAL) {
		engine_clock_fault(e, type, unit, fault);
		return false;
	}
	p->clk.good++;
	p->clk.leap = (uint8_t)r->leap;
	p->clk.precision = r->precision;
	p->clk.refid = r->refid;
	p->clk.mute = r->unnumbered && r->pps;
	if (is_outdone(&p->clk, r->pps))
		return false;
	median_add(&p->clk.ring, r->offset);
	if (p->poll.reach == 0 && p->poll.retry == 0)
		p->poll.nextdate = now.mono;
	return true;
}

void
engine_clock_timecode(struct ntp_engine *e, uint8_t type, uint8_t unit,
    const char *text, size_t len)
{
	struct peer *p = find_clock(e, type, unit);

	if (p == NULL)
		return;
	if (len > CLOCK_TIMECODE_MAX)
		len = CLOCK_TIMECODE_MAX;
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)text[i];

		p->clk.timecode[i] =
		    ch >= ' ' && ch <= '~' && ch != '"' ? (char)ch : '.';
	}
	p->clk.timecode[len] = '\0';
}

/* --- for drivers that call ---------------------------------------------------- */

bool
engine_clock_due(struct ntp_engine *e, uint8_t type, uint8_t unit,
    struct clock_due *out, struct ntp_now now)
{
	const struct peer *p = find_clock(e, type, unit);

	if (p == NULL)
		return false;
	out->wait = mono_diff(p->poll.nextdate, now.mono);
	out->others = e->sys.peer != NULL && e->sys.peer != p;
	return true;
}

void
engine_clock_hurry(
    struct ntp_engine *e, uint8_t type, uint8_t unit, struct ntp_now now)
{
	struct peer *p = find_clock(e, type, unit);

	if (p != NULL)
		p->poll.nextdate = now.mono;
}

/* --- for mode 6 ------------------------------------------------------------- */

uint16_t
clock_status_word(const struct refclock *c)
{
	return (uint16_t)((c->nevents & 15U) << 4 | (c->event & 15U));
}
