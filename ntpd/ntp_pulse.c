/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_pulse.c - pulses per second lead where they may (mitigation rules of the
 * reference; its "PPS peer").
 *
 * Pulses are better than whatever else there is, but some do not say which
 * second they mark.  These have no vote: in the reference they would confirm
 * whoever is wrong by whole seconds.  They are measured by the vote of the
 * others, and need a preferred source among them; or they are alone, and `tos
 * minsane 0` allows for that.
 */
#include <math.h>

#include "ntp_state.h"

#define PULSE_LIMIT	 0.4 /* s */
#define NMEA_MODE_NOLEAD 0x20000U

bool
pulse_is_mute(const struct peer *p)
{
	return p->kind == PEER_CLOCK && p->clk.mute;
}

static bool
may_lead(const struct peer *p)
{
	return p->kind == PEER_CLOCK && p->clk.pps &&
	    (p->cfg->ref_type != CLOCK_NMEA ||
		(p->cfg->ref_mode & NMEA_MODE_NOLEAD) == 0);
}

static bool
any_preferred(const struct ntp_engine *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (e->cand[i].prefer)
			return true;
	}
	return false;
}

/* Does it mark what the majority takes for the start of a second? */
static bool
agrees(struct ntp_engine *e, struct peer *p, ntp_mono now)
{
	struct candidate c = engine_candidate(e, p, now);
	const struct interval *common = &e->tally.common;

	p->vote = (struct reason_vote){
	    .own = {c.offset - c.rootdist, c.offset + c.rootdist}};
	if (c.offset + c.rootdist >= common->low &&
	    c.offset - c.rootdist <= common->high)
		return true;
	p->select = SEL_FALSETICK;
	return false;
}

static bool
mute_may_lead(struct ntp_engine *e, struct peer *p, size_t n, ntp_mono now)
{
	if (peer_unfit(e, p, now))
		return false;
	if (n == 0)
		return e->cfg->tos.minsane == 0;
	return agrees(e, p, now) &&
	    (any_preferred(e, n) || (p->cfg->flags & ASSOC_PREFER) != 0);
}

/* It has a vote, and what the vote made of it counts. */
static bool
numbered_may_lead(const struct peer *p)
{
	return p->select == SEL_CANDIDATE || p->select == SEL_OUTLIER ||
	    p->select == SEL_BACKUP;
}

static struct peer *
find_pulse(struct ntp_engine *e, size_t n, ntp_mono now)
{
	struct peer *found = NULL;

	PEER_FOREACH (p, &e->peers) {
		bool good = may_lead(p) &&
		    (pulse_is_mute(p) ? mute_may_lead(e, p, n, now)
				      : numbered_may_lead(p));

		if (good && found == NULL)
			found = p;
	}
	return found;
}

size_t
pulse_lead(struct ntp_engine *e, size_t n, size_t best, ntp_mono now)
{
	struct combined c = select_combine(e->cand, n, best);
	struct peer *p = find_pulse(e, n, now);

	if (n > 0 && e->cand[best].prefer)
		c.offset = e->cand[best].offset;
	if (p == NULL || fabs(c.offset) >= PULSE_LIMIT)
		return n;
	if (n > 0)
		e->peers.p[e->cand[best].tag].select = SEL_SYSPEER;
	p->select = SEL_PPSPEER;
	e->cand[0] = engine_candidate(e, p, now);
	return 1;
}
