/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_system.c - clock_select and the snapshot (RFC 5905 11).
 *
 * Differences from the reference, all of them on purpose: selection codes are
 * published at every run, the peer that anti-clockhop keeps must have survived
 * the cluster, and there is no last resort that overrides a failed vote.
 */
#include <math.h>
#include <string.h>

#include "ntp_state.h"

#define AFRESH_POLLS 6
#define AFRESH_EXP   1 /* log2 s */

/* --- system variables ---------------------------------------------------- */

double
sys_rootdisp(const struct ntp_engine *e, ntp_mono now)
{
	return fmin(e->sys.rootdisp +
		e->cfg->tinker.dispersion * mono_diff(now, e->sys.epoch),
	    NTP_MAXDISP);
}

void
engine_publish(struct ntp_engine *e, struct ntp_now now)
{
	const struct sys_vars *s = &e->sys;
	struct ntp_snapshot snap = {.reftime = s->reftime,
	    .base = now.sys,
	    .rootdelay = s->rootdelay,
	    .rootdisp = sys_rootdisp(e, now.mono),
	    .refid = s->refid,
	    .leap = s->leap,
	    .stratum = s->stratum,
	    .precision = s->precision,
	    .poll = e->loop.poll,
	    .era = e->era};

	leap_publish(e, &snap, now);
	snap_publish(&e->ring, &snap);
}

void
tell_kernel(struct ntp_engine *e, ntp_mono now)
{
	struct clock_port *c = e->port.clock;

	if (!e->noset)
		(void)c->set_status(c, leap_for_kernel(e), e->sys.jitter,
		    e->sys.rootdelay / 2 + sys_rootdisp(e, now));
}

void
sys_unsynchronized(struct ntp_engine *e, const char *refid, ntp_mono now)
{
	e->sys.leap = NTP_LEAP_UNSYNC;
	e->sys.stratum = NTP_MAXSTRAT;
	e->sys.refid = refid_from_text(refid);
	e->sys.rootdelay = e->sys.rootdisp = 0;
	e->sys.reftime = (ntp_ts){0};
	e->sys.epoch = now;
	e->sys.source = SYNC_UNSPEC;
	e->sys.peer = NULL;
	e->sys.orphan = false;
}

/* Everything measured goes, and is soon there again; what a server asked us to
 * respect stays, but the very first step may have a second burst. */
void
engine_restart_peer(
    struct ntp_engine *e, struct peer *p, const char *refid, struct ntp_now now)
{
	struct poll_state before = p->poll;

	p->sent_at = (ntp_mono){0};
	if (!peer_is_source(p) ||
	    (p->srcadr.family == ADDR_NONE && p->kind == PEER_SERVER))
		refid = peer_first_refid(p);
	peer_clear(p, refid, e->sys.precision_s, now.mono);
	p->poll.kiss_poll = before.kiss_poll;
	p->poll.kiss_good = before.kiss_good;
	p->poll.throttle = e->loop.started ? before.throttle : 0.0;
	poll_hasten(&p->poll, AFRESH_POLLS, AFRESH_EXP);
	p->poll.nextdate = mono_add(now.mono, NTP_MINPKT + engine_uniform(e));
}

void
engine_restart_peers(
    struct ntp_engine *e, const char *refid, struct ntp_now now)
{
	sys_unsynchronized(e, refid, now.mono);
	leap_reset(e);
	e->tally = (struct reason_tally){0};
	e->hear_all_until = mono_add(now.mono, HEAR_ALL);
	PEER_FOREACH (p, &e->peers)
		engine_restart_peer(e, p, refid, now);
	engine_publish(e, now);
}

/* --- selection ----------------------------------------------------------- */

/* Sources in the order in which they are asked: who comes later counts when
 * there is none of those before. */
enum rank { ORDINARY, CALLED, OURSELVES };

static enum rank
rank_of(const struct peer *p)
{
	if (!peer_is_last_resort(p))
		return ORDINARY;
	return peer_is_local_clock(p) ? OURSELVES : CALLED;
}

static bool
resort_due(const struct ntp_engine *e, ntp_mono now)
{
	if (e->sys.peer != NULL && peer_is_last_resort(e->sys.peer))
		return true;
	return e->sys.nopeer &&
	    mono_diff(now, e->sys.nopeer_since) >= e->cfg->tos.orphanwait;
}

struct candidate
engine_candidate(const struct ntp_engine *e, const struct peer *p, ntp_mono now)
{
	struct candidate c = {.offset = p->filter.offset,
	    .rootdist = peer_root_distance(
		p, e->cfg->tos.mindist, e->cfg->tinker.dispersion, now),
	    .jitter = p->filter.jitter,
	    .stale =
		e->cfg->tinker.dispersion * mono_diff(now, p->filter.epoch),
	    .stratum = p->stratum,
	    .prefer = (p->cfg->flags & ASSOC_PREFER) != 0,
	    .trust = (p->cfg->flags & ASSOC_TRUE) != 0,
	    .status = SEL_REJECT,
	    .tag = (unsigned)(p - e->peers.p)};

	return c;
}

static size_t
gather(struct ntp_engine *e, enum rank rank, ntp_mono now)
{
	size_t n = 0;

	PEER_FOREACH (p, &e->peers) {
		if (!peer_is_source(p))
			continue;
		if (rank == ORDINARY)
			p->select = SEL_REJECT;
		if (rank_of(p) != rank || pulse_is_mute(p))
			continue;
		if (!peer_unfit(e, p, now))
			e->cand[n++] = engine_candidate(e, p, now);
	}
	return n;
}

/* Vote, then thin out; survivors come first in e->cand. */
static size_t
survivors(struct ntp_engine *e, size_t n)
{
	const struct config_tos *tos = &e->cfg->tos;
	struct cluster_param cp = {.minclock = tos->minclock,
	    .maxclock = tos->maxclock,
	    .precision = e->sys.precision_s};
	struct interval iv;
	bool majority = select_intersection(e->cand, n, e->ends, &iv);
	size_t kept = select_survivors(e->cand, n, majority ? &iv : NULL);

	kept = select_cluster(e->cand, kept, &cp);
	for (size_t i = 0; i < n; i++) {
		if (i < kept)
			e->cand[i].status = SEL_CANDIDATE;
		e->peers.p[e->cand[i].tag].select = e->cand[i].status;
	}
	reason_voted(e, n, kept, majority ? &iv : NULL);
	return kept;
}

static size_t
find_peer(const struct ntp_engine *e, size_t n, const struct peer *p)
{
	for (size_t i = 0; i < n; i++) {
		if (e->peers.p + e->cand[i].tag == p)
			return i;
	}
	return n;
}

/* Keep the present system peer while the better one is hardly different: the
 * allowance halves each time, so that it cannot last (protocol notes 15).  Of
 * two survivors neither is better: their select jitter is the same, and what
 * else they claim must not move us. */
static size_t
anti_clockhop(struct ntp_engine *e, size_t n, size_t best)
{
	size_t old = find_peer(e, n, e->sys.peer);
	double diff, mindist = e->cfg->tos.mindist;

	if (old == n || old == best) {
		e->sys.clockhop = 0;
		return best;
	}
	if (n == 2)
		return old;
	diff = fabs(e->cand[best].offset - e->cand[old].offset);
	if (diff >= mindist) {
		e->sys.clockhop = 0;
		return best;
	}
	e->sys.clockhop = e->sys.clockhop > 0 ? e->sys.clockhop / 2 : mindist;
	if (diff < e->sys.clockhop)
		return old;
	e->sys.clockhop = 0;
	return best;
}

static size_t
find_preferred(const struct ntp_engine *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (e->cand[i].prefer)
			return i;
	}
	return n;
}

static size_t
find_leader(const struct ntp_engine *e, size_t n)
{
	size_t lead = find_preferred(e, n);

	return lead < n ? lead : select_best(e->cand, n, e->cfg->tos.mindist);
}

static bool
is_fresh(const struct ntp_engine *e, size_t i, ntp_mono now)
{
	return e->peers.p[e->cand[i].tag].filter.epoch.ns == now.ns;
}

/* While the frequency is unknown, offsets of different age belong to different
 * clocks: only that of a survivor whose sample came just now is taken, alone.
 * N when there is none. */
static size_t
find_fresh(const struct ntp_engine *e, size_t n, size_t lead, ntp_mono now)
{
	if (is_fresh(e, lead, now))
		return lead;
	for (size_t i = 0; i < n && !e->cand[lead].prefer; i++) {
		if (is_fresh(e, i, now))
			return i;
	}
	return n;
}

/* Who leads, and what offset results (mitigation rules, RFC 5905 11.2.3).
 * *NEWS: the offset is one that the discipline has not seen. */
static struct peer *
mitigate(struct ntp_engine *e, size_t n, ntp_mono now, bool *news)
{
	size_t best = select_best(e->cand, n, e->cfg->tos.mindist);
	struct combined c = select_combine(e->cand, n, best);
	size_t lead = find_preferred(e, n), only;
	struct peer *p;

	if (lead == n)
		lead = anti_clockhop(e, n, best);
	p = &e->peers.p[e->cand[lead].tag];
	*news = mono_before(e->sys.peer_epoch, p->filter.epoch);
	only = e->cand[lead].prefer ? lead : n;
	if (loop_training(&e->loop) && loop_newest(&e->loop)) {
		only = find_fresh(e, n, lead, now);
		*news = only < n;
	}
	reason_weighted(e, n, only);
	if (only < n) {
		c.offset = e->cand[only].offset;
		c.jitter = e->cand[only].jitter;
	}
	e->sys.offset = c.offset;
	e->sys.jitter = fmax(c.jitter, e->sys.precision_s);
	return p;
}

static bool
any_reachable(const struct ntp_engine *e)
{
	PEER_FOREACH (p, &e->peers) {
		if (p->poll.reach != 0)
			return true;
	}
	return false;
}

static void
no_system_peer(struct ntp_engine *e, ntp_mono now)
{
	if (e->sys.peer != NULL) {
		report_sysevent(e, EVNT_NOPEER, NULL);
		engine_log_class(e, LOGBIT_SYNCSTATUS, NTP_LOG_NOTICE, "%s",
		    any_reachable(e) ? "no system peer: no source is fit and "
				       "in the majority"
				     : "no servers reachable");
	}
	e->sys.peer = NULL;
	e->sys.survivors = 0;
	if (!e->sys.nopeer) {
		e->sys.nopeer = true;
		e->sys.nopeer_since = now;
	}
}

static void
set_system_peer(struct ntp_engine *e, struct peer *p)
{
	char buf[ADDR_STRLEN];
	bool news = p != e->sys.peer;

	if (p->select != SEL_PPSPEER)
		p->select = SEL_SYSPEER;
	e->sys.peer = p;
	e->sys.nopeer = e->sys.orphan = false;
	if (!news)
		return;
	report_peerevent(e, p, PEVNT_NEWPEER, NULL);
	if (e->sys.leap != NTP_LEAP_UNSYNC)
		engine_log_class(e, LOGBIT_SYNCSTATUS, NTP_LOG_INFO,
		    "system peer is now %s, stratum %u", peer_label(p, buf),
		    (unsigned)p->stratum);
}

/* When the N ordinary candidates came to nothing: if there was none of them, who
 * is called and then our own clock; else an orphan that leads. */
static size_t
last_resorts(struct ntp_engine *e, size_t n, ntp_mono now)
{
	struct peer *p;

	if (n == 0 && resort_due(e, now)) {
		n = gather(e, CALLED, now);
		if (n == 0)
			n = gather(e, OURSELVES, now);
		if (n > 0)
			return survivors(e, n);
	}
	p = orphan_parent(e, now);
	if (p == NULL)
		return 0;
	e->cand[0] = engine_candidate(e, p, now);
	return survivors(e, 1);
}

static size_t
vote(struct ntp_engine *e, ntp_mono now)
{
	size_t n = gather(e, ORDINARY, now), kept;

	n = ephemeral_bridle(e, orphan_exclude(e, n));
	kept = n > 0 ? survivors(e, n) : 0;
	if (kept > 0 && kept >= e->cfg->tos.minsane)
		return kept;
	return last_resorts(e, n, now);
}

static void
select_and_update(struct ntp_engine *e, struct ntp_now now)
{
	struct peer *p;
	size_t n;
	bool news;

	e->tally = (struct reason_tally){0};
	n = vote(e, now.mono);
	e->sys.survivors = (unsigned)n;
	if (n > 0) {
		if (others_to_be_heard(e, now.mono))
			return;
		leap_vote(e, n);
	}
	n = pulse_lead(e, n, find_leader(e, n), now.mono);
	if (n == 0) {
		no_system_peer(e, now.mono);
		return;
	}
	p = mitigate(e, n, now.mono, &news);
	set_system_peer(e, p);
	if (measure_survivors(e, n, now))
		clock_select(e, now);
	else if (news)
		clock_update(e, p, now);
}

void
clock_select(struct ntp_engine *e, struct ntp_now now)
{
	if (e->stop != ENGINE_RUN)
		return;
	restate_slewed(e, now.mono);
	select_and_update(e, now);
	reason_update(e, now);
}
