/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_invariant.c - what must hold of a daemon at each moment.
 */
#include <math.h>
#include <string.h>

#include "ntp_state.h"
#include "sim_world.h"

#define FOOLED_MAX 60.0 /* s */
#define STEP_DUE   0.1	/* s, a step for less was never due */
#define SLACK	   1e-9 /* s, beyond what a timestamp can tell */
#define SLEW_AFTER (5 * NS_PER_S)
#define SLEW_REST  4e-8 /* s/s: ntp_slew.c promises it */

static void __attribute__((format(printf, 3, 4)))
broken(struct sim_node *n, enum scn_invariant what, const char *fmt, ...)
{
	struct sim_world *w = n->w;
	struct sim_broken *b;
	va_list ap;
	int used;

	if ((w->sc->except & what) != 0)
		return;
	for (size_t i = 0; i < w->nbroken; i++) {
		if (w->broken[i].what == what)
			return;
	}
	if (w->nbroken == SIM_BROKEN_MAX)
		return;
	b = &w->broken[w->nbroken++];
	b->what = what;
	b->at = world_time(w);
	used = snprintf(b->text, sizeof b->text, "%s: ", n->name);
	va_start(ap, fmt);
	(void)vsnprintf(b->text + used, sizeof b->text - (size_t)used, fmt, ap);
	va_end(ap);
}

/* --- falsetickers ----------------------------------------------------------- */

/* Where a source puts the time, against true time. */
struct claim {
	double low, high; /* s */
	bool is_false;
};

static bool
claim_of(const struct sim_node *n, const struct peer *p, struct claim *c)
{
	const struct sim_node *s = world_node_at(n->w, &p->srcadr);
	ntp_mono now = {n->clock.mono};
	double err, dist;

	if (s == NULL || p->poll.reach == 0)
		return false;
	err = sim_clock_error(&s->clock);
	dist = peer_root_distance(
	    p, n->e->cfg->tos.mindist, n->e->cfg->tinker.dispersion, now);
	*c = (struct claim){err - dist, err + dist, s->def->is_false};
	return true;
}

/* What a falseticker claims may reach into what the good ones do: then nobody
 * can tell.  Is it followed though most exclude it? */
static bool
is_fooled(struct sim_node *n)
{
	const struct peer *lead = n->e->sys.peer;
	unsigned exclude = 0, all = 0;
	struct claim theirs, c;

	if (lead == NULL || !claim_of(n, lead, &theirs) || !theirs.is_false)
		return false;
	PEER_FOREACH (p, &n->e->peers) {
		if (!claim_of(n, p, &c))
			continue;
		all++;
		exclude +=
		    !c.is_false && (c.low > theirs.high || c.high < theirs.low);
	}
	return 2 * exclude > all;
}

/* A burst is heard out before anybody is chosen anew. */
static void
check_source(struct sim_node *n)
{
	double t = world_time(n->w);

	if (!n->w->liars || !is_fooled(n))
		n->fooled_since = -1;
	else if (n->fooled_since < 0)
		n->fooled_since = t;
	else if (t - n->fooled_since > FOOLED_MAX)
		broken(n, INV_FALSE,
		    "follows a falseticker, though most exclude what it "
		    "claims");
}

/* --- steps ------------------------------------------------------------------ */

static void
check_step(struct sim_node *n)
{
	double err = n->last_err;

	if (n->clock.steps != n->seen_steps && n->was_synced &&
	    fabs(err) < STEP_DUE)
		broken(n, INV_STEP, "stepped by %+.6f s when %+.6f s off",
		    n->clock.last_step, err);
}

static void
check_monotone(struct sim_node *n)
{
	int64_t clock = n->clock.mono + n->clock.epoch;

	if (n->clock.steps == n->seen_steps && clock < n->last_clock)
		broken(n, INV_MONOTONE, "went back by %lld ns",
		    (long long)(n->last_clock - clock));
}

/* --- bounds ----------------------------------------------------------------- */

static void
check_distance(struct sim_node *n)
{
	double err = fabs(sim_clock_error(&n->clock));
	double dist;

	if (n->e->sys.leap == NTP_LEAP_UNSYNC)
		return;
	dist = node_root_distance(n);
	if (err > dist + SLACK)
		broken(n, INV_DISTANCE,
		    "%.9f s off, root distance says %.9f s at most", err, dist);
}

static bool
poll_is_legal(const struct peer *p)
{
	const struct poll_state *s = &p->poll;

	return p->kind == PEER_POOL ||
	    (s->hpoll >= s->minpoll && s->hpoll <= s->maxpoll &&
		s->minpoll >= NTP_MINPOLL_LAN &&
		s->maxpoll <= NTP_MAXPOLL_HARD);
}

static void
check_legal(struct sim_node *n)
{
	const struct ntp_engine *e = n->e;
	const struct sys_vars *s = &e->sys;

	if (s->stratum < 1 || s->stratum > NTP_MAXSTRAT || s->leap > 3)
		broken(
		    n, INV_LEGAL, "stratum %u, leap %u", s->stratum, s->leap);
	if (!(fabs(e->loop.freq) <= NTP_MAXFREQ))
		broken(n, INV_LEGAL, "frequency %g", e->loop.freq);
	PEER_FOREACH (p, &e->peers) {
		if (!poll_is_legal(p))
			broken(n, INV_LEGAL, "poll %d outside %d..%d",
			    p->poll.hpoll, p->poll.minpoll, p->poll.maxpoll);
		if (p->select >= SEL_CANDIDATE && p->poll.reach == 0)
			broken(n, INV_LEGAL, "an unreachable source survives");
	}
}

/* --- when the daemon is gone ----------------------------------------------- */

/* Whether it was killed or left in good order. */
static void
check_slew(struct sim_node *n)
{
	double slew = fabs(n->clock.slew);

	if (n->life > 0 && slew > SLEW_REST &&
	    n->w->now - n->ended > SLEW_AFTER)
		broken(n, INV_SLEW, "slews by %.3f ppm, %.1f s after its end",
		    slew * 1e6, (double)(n->w->now - n->ended) * 1e-9);
}

void
invariant_remember(struct sim_node *n)
{
	n->last_clock = n->clock.mono + n->clock.epoch;
	n->seen_steps = n->clock.steps;
	n->last_err = sim_clock_error(&n->clock);
}

void
invariant_check(struct sim_node *n)
{
	if (n->asleep)
		return;
	if (n->running) {
		check_source(n);
		check_step(n);
		check_distance(n);
		check_legal(n);
		n->was_synced =
		    n->was_synced || n->e->sys.leap != NTP_LEAP_UNSYNC;
	} else {
		check_slew(n);
	}
	check_monotone(n);
	invariant_remember(n);
}
