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

#define OFFSET_LIMIT 0x1p31 /* s, half an era */

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
	p->refid = p->cfg->ref_refid;
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
}

/* flag4: the device's own words, or else seconds, good ones, silent ones, bad
 * ones and clashes since the last poll. */
static void
record_clock(struct ntp_engine *e, const struct peer *p, struct ntp_now now)
{
	const struct refclock *c = &p->clk;
	char text[CLOCK_TIMECODE_MAX + 1];
	struct clock_sample cs = {now.sys, &p->srcadr, text};
	unsigned silent = c->bad[CLOCK_NO_REPLY];
	unsigned clash = c->bad[CLOCK_BAD_SIGNAL], bad = 0;

	if (e->port.stats == NULL || e->port.stats->clock == NULL ||
	    (p->cfg->ref_flags & REF_FLAG4) == 0)
		return;
	for (unsigned i = CLOCK_BAD_FORMAT; i < CLOCK_CODES; i++)
		bad += i != CLOCK_BAD_SIGNAL ? c->bad[i] : 0;
	if (c->timecode[0] != '\0')
		(void)snprintf(text, sizeof text, "%s", c->timecode);
	else
		(void)snprintf(text, sizeof text, "%3u %3u %3u %3u %3u",
		    c->good + silent + bad + clash, c->good, silent, bad,
		    clash);
	e->port.stats->clock(e->port.stats, &cs);
}

/* Four polls without a reading spoil what is known, as with the reference. */
static void
poll_driver(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct refclock *c = &p->clk;
	struct median_result m;
	struct sample s = {.delay = 0, .epoch = now.mono};
	enum clock_code worst = worst_of(c);

	record_clock(e, p, now);
	count_poll(c);
	if (!median_take(&c->ring, e->sys.precision_s, &m)) {
		report_clock(e, p, worst);
		if ((p->poll.reach & 0x0f) == 0)
			peer_sample(e, p, NULL, now);
		return;
	}
	report_clock(e, p, CLOCK_NOMINAL);
	clock_answers(e, p, (enum ntp_leap)c->leap, c->precision, now);
	s.offset = m.offset + p->cfg->time1;
	s.disp = m.jitter + log2_to_s(c->precision);
	peer_sample(e, p, &s, now);
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
engine_clock_reading(struct ntp_engine *e, uint8_t type, uint8_t unit,
    const struct clock_reading *r, struct ntp_now now)
{
	struct peer *p = find_clock(e, type, unit);

	if (p == NULL || leap_is_close(e, now))
		return;
	if (!(fabs(r->offset) < OFFSET_LIMIT) || r->leap == NTP_LEAP_UNSYNC) {
		engine_clock_fault(e, type, unit,
		    r->leap == NTP_LEAP_UNSYNC ? CLOCK_BAD_SIGNAL
					       : CLOCK_BAD_TIME);
		return;
	}
	p->clk.good++;
	p->clk.leap = (uint8_t)r->leap;
	p->clk.precision = r->precision;
	median_add(&p->clk.ring, r->offset);
	if (p->poll.reach == 0 && p->poll.retry == 0)
		p->poll.nextdate = now.mono;
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

/* --- for mode 6 ------------------------------------------------------------- */

uint16_t
clock_status_word(const struct refclock *c)
{
	return (uint16_t)((c->nevents & 15U) << 4 | (c->event & 15U));
}

struct clock_kind {
	unsigned type, flags;
	char name[8], device[32];
};

static const struct clock_kind kinds[] = {
    {CLOCK_LOCAL, 0, "LOCAL", "Undisciplined local clock"},
    {CLOCK_SHM, REF_FLAG1 | REF_FLAG4, "SHM", "SHM/Shared memory interface"},
};

static const struct clock_kind *
kind_of(unsigned type)
{
	static const struct clock_kind none = {0, 0, "", ""};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (kinds[i].type == type)
			return &kinds[i];
	}
	return &none;
}

const char *
clock_name(unsigned type)
{
	return kind_of(type)->name;
}

const char *
clock_device(unsigned type)
{
	return kind_of(type)->device;
}

unsigned
clock_flags(unsigned type)
{
	return kind_of(type)->flags;
}
