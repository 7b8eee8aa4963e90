/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_refclock.c - reference clocks as associations.
 *
 * A clock differs from a server only in where its samples come from; filter,
 * selection and displays are the same.  So far there is one kind, the
 * undisciplined local clock (127.127.1.u), whose offset is zero by definition.
 */
#include <math.h>

#include "ntp_state.h"

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
	    .newest_first = e->loop.clamp_left > 0 || e->loop.mode != LOOP_SYNC,
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
		path_add(&p->path, fmax(s->delay, fp.precision), s->epoch);
	v = clock_filter(&p->filter, s, &fp, now.mono);

	if (v == FILTER_POPCORN) {
		report_peerevent(e, p, PEVNT_POPCORN, NULL);
		reason_popcorn(e, p, s != NULL ? s->offset : 0, now);
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

void
refclock_poll(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct sample s = {.offset = p->cfg->time1,
	    .delay = 0,
	    .disp = e->sys.precision_s,
	    .epoch = now.mono};
	bool was_reachable = p->poll.reach != 0;

	p->leap = NTP_LEAP_NONE;
	p->stratum = (uint8_t)p->cfg->ref_stratum;
	p->refid = p->cfg->ref_refid;
	p->precision = e->sys.precision;
	p->pmode = NTP_MODE_SERVER;
	p->reftime = p->rec = p->xmt = now.sys;
	p->timereceived = now.mono;
	p->count.sent++;
	p->count.received++;
	p->count.processed++;
	poll_reply(&p->poll, p->poll.hpoll, false, false);
	if (!was_reachable) {
		report_peerevent(e, p, PEVNT_REACH, NULL);
		fill_register(e, p, &s);
	}
	peer_sample(e, p, &s, now);
}
