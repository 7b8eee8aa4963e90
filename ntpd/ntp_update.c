/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_update.c - clock_update: what the discipline decides is carried out (RFC
 * 5905 11.2.3).
 */
#include <math.h>

#include "ntp_state.h"

static void
stop(struct ntp_engine *e, enum engine_stop why, double offset, bool stepped)
{
	e->stop = why;
	e->stop_offset = offset;
	e->stop_stepped = stepped;
}

/* With `tinker panicaction hold` the daemon waits, as nobody's server, for the
 * source to come to its senses or for somebody to set the clock. */
static void
hold(struct ntp_engine *e, struct ntp_now now)
{
	struct peer *p = e->sys.peer;

	e->panic_held = true;
	loop_stepped(&e->loop, now.mono);
	sys_unsynchronized(e, "HOLD", now.mono);
	e->sys.peer = p;
	tell_kernel(e, now.mono);
	engine_publish(e, now);
}

static void
panic(struct ntp_engine *e, double offset, struct ntp_now now)
{
	bool holds = e->cfg->tinker.panic_hold && !e->opt.set_once;
	char buf[ADDR_STRLEN];

	e->stop_offset = offset;
	if (!e->panic_held) {
		report_sysevent(e, EVNT_PANIC, NULL);
		engine_log(e, NTP_LOG_ERR,
		    "panic: %+.6f s off according to %s, the limit is %.0f s; "
		    "start once with -g, or set `tinker panic 0`%s",
		    offset, peer_label(e->sys.peer, buf), e->loop.par.panic,
		    holds ? "; unsynchronized until then" : "");
	}
	if (holds)
		hold(e, now);
	else
		stop(e, ENGINE_STOP_PANIC, offset, false);
}

/* The readers are told first, so that no reply mixes the two times. */
static void
step(struct ntp_engine *e, double offset, struct ntp_now now)
{
	struct clock_port *c = e->port.clock;
	char text[32];
	int8_t leap = (int8_t)e->sys.leap;

	e->sys.leap = NTP_LEAP_UNSYNC;
	e->era++;
	engine_publish(e, now);
	if (c->step_systime(c, offset) != 0) {
		e->sys.leap = (uint8_t)leap;
		engine_publish(e, now);
		engine_log(e, NTP_LOG_ERR,
		    "cannot step the clock by %+.6f s: not permitted", offset);
		return;
	}
	if (e->opt.step_once && e->sys.stratum == NTP_MAXSTRAT)
		engine_log(e, NTP_LOG_NOTICE, "Doing initial time step");
	now.sys = c->get_systime(c);
	reason_stepped(e, offset, false, now);
	loop_stepped(&e->loop, now.mono);
	engine_restart_peers(e, "STEP", now);
	tell_kernel(e, now.mono);
	(void)fmt_fixed(text, sizeof text, offset, 6);
	report_sysevent(e, EVNT_CLOCKRESET, text);
	engine_log_class(
	    e, LOGBIT_SYNCSTATUS, NTP_LOG_NOTICE, "time reset %+.6f s", offset);
	if (e->opt.set_once)
		stop(e, ENGINE_STOP_SET, offset, true);
}

static void
slew_once(struct ntp_engine *e, double offset)
{
	struct clock_port *c = e->port.clock;

	if (c->slew_systime != NULL)
		(void)c->slew_systime(c, offset);
	else
		(void)c->adj_systime(c, offset, e->loop.freq);
	stop(e, ENGINE_STOP_SET, offset, false);
}

static enum ntp_sync_source
sync_source(const struct peer *p)
{
	if (p->kind != PEER_CLOCK)
		return SYNC_NTP;
	return (enum ntp_sync_source)clock_kind(p->cfg->ref_type)->source;
}

static void
sys_update_vars(struct ntp_engine *e, const struct peer *p, ntp_mono now)
{
	struct sys_vars *s = &e->sys;
	double age = mono_diff(now, p->filter.update);
	double disp = p->rootdisp + p->filter.disp + s->jitter +
	    e->cfg->tinker.dispersion * age + fabs(s->offset) +
	    loop_error(&e->loop);

	s->stratum = (uint8_t)(p->stratum + 1);
	if (s->stratum > NTP_MAXSTRAT)
		s->stratum = NTP_MAXSTRAT;
	s->refid = p->stratum == 0 ? p->refid : refid_from_addr(&p->srcadr);
	s->rootdelay = p->filter.delay + p->rootdelay;
	s->rootdisp = fmax(e->cfg->tos.mindist, disp);
	s->epoch = now;
	s->reftime = p->rec;
	s->source = (uint8_t)sync_source(p);
}

static void
synchronized(struct ntp_engine *e)
{
	char buf[ADDR_STRLEN];

	if (e->sys.leap != NTP_LEAP_UNSYNC)
		return;
	e->sys.leap = (uint8_t)leap_announced(e);
	report_sysevent(e, EVNT_SYNC, NULL);
	engine_log_class(e, LOGBIT_SYNCSTATUS, NTP_LOG_NOTICE,
	    "synchronized to %s, stratum %u", peer_label(e->sys.peer, buf),
	    (unsigned)e->sys.peer->stratum);
}

/* Without the right to set the clock its error is part of what we serve; a
 * clock that is plainly wrong is not served at all. */
static void
update_noset(struct ntp_engine *e, const struct peer *p, ntp_mono now)
{
	double limit =
	    e->loop.par.step_fwd > 0 ? e->loop.par.step_fwd : NTP_STEP;

	if (e->opt.set_once)
		stop(e, ENGINE_STOP_DENIED, e->sys.offset, false);
	sys_update_vars(e, p, now);
	if (fabs(e->sys.offset) < limit) {
		synchronized(e);
		return;
	}
	e->sys.leap = NTP_LEAP_UNSYNC;
	e->sys.stratum = NTP_MAXSTRAT;
	e->sys.refid = refid_from_text("INIT");
	if (!e->slew_failed)
		engine_log(e, NTP_LOG_ERR,
		    "the clock is %+.6f s off and may not be set here: not "
		    "serving time until it is right",
		    e->sys.offset);
	e->slew_failed = true;
}

/* Updates that the discipline must not see.  That the local clock agrees with
 * itself says nothing about its frequency. */
static void
update_unmeasured(struct ntp_engine *e, const struct peer *p, ntp_mono now)
{
	if (e->noset) {
		update_noset(e, p, now);
		return;
	}
	sys_update_vars(e, p, now);
	synchronized(e);
	tell_kernel(e, now);
}

/* Between a packet to a peer and the answer lies much of a poll interval: by a
 * frequency not yet known the delay was wrong. */
static void
forget_delays(struct ntp_engine *e)
{
	PEER_FOREACH (p, &e->peers) {
		if (peer_is_symmetric(p))
			p->path = (struct path){0};
	}
}

void
report_loop(struct ntp_engine *e, const struct loop_decision *d)
{
	if (d->freq_set) {
		engine_log(e, NTP_LOG_INFO, "frequency set to %+.3f PPM",
		    e->loop.freq * 1e6);
		forget_delays(e);
	}
	if (d->freq_clamped)
		engine_log(e, NTP_LOG_NOTICE,
		    "frequency error %.0f PPM exceeds tolerance %.0f PPM",
		    e->loop.freq * 1e6, e->loop.par.maxfreq * 1e6);
	if (d->new_mode && e->loop.mode != LOOP_SYNC)
		report_sysevent(e, (enum ntp_sysevent)e->loop.mode, NULL);
}

void
restate_samples(struct ntp_engine *e, double freq, ntp_mono now)
{
	PEER_FOREACH (p, &e->peers) {
		filter_slewed(&p->filter, 0, freq, now);
		xleave_slewed(&p->xl, 0, freq, now);
		symm_slewed(&p->symm, 0, freq, now);
	}
}

void
restate_slewed(struct ntp_engine *e, ntp_mono now)
{
	double phase = e->slewed;

	e->slewed = 0;
	if (phase == 0)
		return;
	PEER_FOREACH (p, &e->peers) {
		filter_slewed(&p->filter, phase, 0, now);
		xleave_slewed(&p->xl, phase, 0, now);
		symm_slewed(&p->symm, phase, 0, now);
	}
}

static void
stats_loop(struct ntp_engine *e, struct ntp_now now)
{
	struct loop_sample s = {now.sys, e->sys.offset, e->loop.freq,
	    e->loop.jitter, e->loop.wander, e->loop.poll};

	if (e->port.stats != NULL)
		e->port.stats->loop(e->port.stats, &s);
}

void
clock_update(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct loop_decision d;

	double freq = e->loop.freq;

	e->sys.peer_epoch = p->filter.epoch;
	if (e->noset || peer_is_local_clock(p)) {
		update_unmeasured(e, p, now.mono);
		engine_publish(e, now);
		return;
	}
	if (p->kind == PEER_SERVER)
		e->sys.offset = huffpuff_correct(
		    &e->huffpuff, e->sys.offset, p->filter.delay, now.mono);
	d = local_clock(&e->loop, e->sys.offset, p->poll.minpoll,
	    p->poll.maxpoll, now.mono);
	report_loop(e, &d);
	restate_samples(e, e->loop.freq - freq, now.mono);
	switch (d.action) {
	case LOOP_PANIC:
		panic(e, d.offset, now);
		return;
	case LOOP_STEP:
		step(e, d.offset, now);
		return;
	case LOOP_SLEW:
		e->panic_held = false;
		if (e->sys.leap == NTP_LEAP_UNSYNC)
			e->next_tick = now.mono; /* at once */
		sys_update_vars(e, p, now.mono);
		synchronized(e);
		if (e->opt.set_once)
			slew_once(e, d.offset);
		break;
	case LOOP_IGNORE:
	default:
		if (d.new_mode)
			ask_soon(e, p, ASK_CONFIRM, now.mono);
		if (e->sys.leap != NTP_LEAP_UNSYNC)
			sys_update_vars(e, p, now.mono);
		break;
	}
	tell_kernel(e, now.mono);
	engine_publish(e, now);
	stats_loop(e, now);
}
