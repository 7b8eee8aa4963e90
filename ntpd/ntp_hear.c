/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_hear.c - hearing the others before anybody is followed.
 *
 * Who answers first is not who is right.  At the start, and when the network
 * is back after an outage, those who are just being asked are heard, for a
 * while; after an outage they are asked at once, for their next poll may be
 * far away.
 */
#include "ntp_state.h"

bool
still_asking(const struct peer *p)
{
	if (peer_uses_nts(p) && (p->kind == PEER_POOL || nts_lacks_keys(p)))
		return p->nts.failures == 0 && p->nts.keys.keylen == 0;
	if (p->kind == PEER_POOL)
		return p->pool.ncand > 0 ||
		    (p->dns.pending && !p->dns.complained);
	if (p->kind != PEER_SERVER || p->hmode == NTP_MODE_CONTROL)
		return false;
	if (p->srcadr.family == ADDR_NONE)
		return !p->dns.complained;
	return p->poll.burst > 0 || p->poll.retry > 0 ||
	    (p->poll.reach == 0 && p->poll.unreach == 0);
}

bool
is_hearing(const struct ntp_engine *e, ntp_mono now)
{
	return (e->sys.leap == NTP_LEAP_UNSYNC || e->back) &&
	    e->sys.peer == NULL && mono_before(now, e->hear_all_until);
}

bool
others_to_be_heard(struct ntp_engine *e, ntp_mono now)
{
	PEER_FOREACH (p, &e->peers) {
		if (is_hearing(e, now) &&
		    (p->cfg->flags & ASSOC_NOSELECT) == 0 &&
		    p->select == SEL_REJECT && still_asking(p))
			return true;
	}
	e->back = false;
	return false;
}

/* --- after an outage -------------------------------------------------------- */

void
hear_lost(struct ntp_engine *e)
{
	e->deaf = true;
	PEER_FOREACH (p, &e->peers) {
		if (peer_is_source(p) && p->poll.reach != 0)
			e->deaf = false;
	}
}

void
hear_again(struct ntp_engine *e, const struct peer *first, ntp_mono now)
{
	if (!e->deaf)
		return;
	e->deaf = false;
	e->back = true;
	e->hear_all_until = mono_add(now, HEAR_ALL);
	PEER_FOREACH (p, &e->peers) {
		if (p == first || p->kind != PEER_SERVER ||
		    p->hmode != NTP_MODE_CLIENT || p->poll.kiss_poll != 0 ||
		    p->srcadr.family == ADDR_NONE)
			continue;
		p->poll.unreach = 0;
		p->poll.nextdate = mono_add(now, engine_uniform(e));
	}
}

void
hear_tick(struct ntp_engine *e, struct ntp_now now)
{
	if (e->back && !others_to_be_heard(e, now.mono))
		clock_select(e, now);
}
