/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_timer.c - what happens by the clock on the wall rather than by packets.
 *
 * A tick a second for the discipline (RFC 5905 12), and each association at
 * its own instant, so that polls do not bunch on the second.
 */
#include "ntp_log.h"

#define TICK_LATE_MAX 1.0 /* s; a second missed cannot be slewed later */

static void
adjust_clock(struct ntp_engine *e, ntp_mono now)
{
	struct clock_port *c = e->port.clock;
	double adj;
	int err;

	if (e->noset || e->opt.set_once)
		return;
	/* who is held is not to creep to where he must not step */
	adj = e->panic_held ? 0 : adj_host_clock(&e->loop, now);
	err = c->adj_systime(c, adj, e->loop.freq);
	if (err != 0 && !e->slew_failed)
		engine_log(e, NTP_LOG_ERR,
		    "the clock cannot be adjusted; serving goes on");
	e->slew_failed = err != 0;
	if (err != 0)
		return;
	e->slewed += adj;
	PEER_FOREACH (p, &e->peers) {
		if (p->kind == PEER_CLOCK)
			median_slewed(&p->clk.ring, adj);
	}
}

/* All sources gone for long: say so to our clients (reference since p15). */
static void
watch_peers(struct ntp_engine *e, struct ntp_now now)
{
	struct sys_vars *s = &e->sys;

	if (!s->nopeer ||
	    mono_diff(now.mono, s->nopeer_since) < e->cfg->tos.orphanwait)
		return;
	if (orphan_enabled(e)) {
		orphan_serve(e, now);
		return;
	}
	if (s->leap == NTP_LEAP_UNSYNC)
		return;
	s->leap = NTP_LEAP_UNSYNC;
	s->stratum = NTP_MAXSTRAT;
	s->refid = refid_from_text("INIT");
	s->source = SYNC_UNSPEC;
	report_sysevent(e, EVNT_NOPEER, NULL);
	engine_log_class(e, LOGBIT_SYNCSTATUS, NTP_LOG_WARN,
	    "no peer for too long, server running free now");
	if (!e->noset)
		(void)e->port.clock->set_status(e->port.clock, NTP_LEAP_UNSYNC,
		    s->jitter, sys_rootdisp(e, now.mono));
}

/* The local clock as last resort is looked at when its time has come, not at
 * the next packet, which may never be. */
static void
wake_last_resort(struct ntp_engine *e, struct ntp_now now)
{
	if (e->sys.nopeer &&
	    mono_diff(now.mono, e->sys.nopeer_since) >= e->cfg->tos.orphanwait)
		clock_select(e, now);
}

static void
tick(struct ntp_engine *e, struct ntp_now now)
{
	adjust_clock(e, now.mono);
	PEER_FOREACH (p, &e->peers)
		poll_tick(&p->poll);
	names_tick(e, now);
	wake_last_resort(e, now);
	hear_tick(e, now);
	watch_peers(e, now);
	leap_tick(e, now);
	reason_update(e, now);
	log_unsynced(e, now);
}

static bool
polls(const struct peer *p)
{
	return p->kind == PEER_CLOCK ||
	    (p->kind != PEER_POOL && p->srcadr.family != ADDR_NONE &&
		!nts_lacks_keys(p));
}

/* -q: is there anybody whose answer may still come? */
static bool
nobody_left(const struct ntp_engine *e, ntp_mono now)
{
	if (!mono_before(now, e->quit_at))
		return true;
	PEER_FOREACH (p, &e->peers) {
		if (still_asking(p) ||
		    mono_diff(now, p->poll.outdate) < 2 * NTP_MINPKT)
			return false;
	}
	return true;
}

void
timer(struct ntp_engine *e, struct ntp_now now)
{
	if (mono_diff(now.mono, e->next_tick) > TICK_LATE_MAX) {
		e->next_tick = now.mono;
		e->ticks.overruns++;
	}
	while (!mono_before(now.mono, e->next_tick)) {
		e->next_tick = mono_add(e->next_tick, 1.0);
		tick(e, now);
	}
	if (e->leap.do_at.ns != 0 && !mono_before(now.mono, e->leap.do_at))
		leap_tick(e, now);
	PEER_FOREACH (p, &e->peers) {
		if (e->stop == ENGINE_RUN &&
		    !mono_before(now.mono, p->poll.nextdate) && polls(p)) {
			e->ticks.sent++;
			restate_slewed(e, now.mono);
			transmit(e, p, now);
		}
	}
	manycast_tick(e, now);
	if (e->stop == ENGINE_RUN && e->opt.set_once &&
	    nobody_left(e, now.mono))
		e->stop = ENGINE_STOP_NOSERVER;
}

ntp_mono
engine_deadline(const struct ntp_engine *e)
{
	ntp_mono at = e->next_tick;

	if (e->leap.do_at.ns != 0 && mono_before(e->leap.do_at, at))
		at = e->leap.do_at;
	PEER_FOREACH (p, &e->peers) {
		if (mono_before(p->poll.nextdate, at) && polls(p))
			at = p->poll.nextdate;
	}
	return manycast_due(e, at);
}
