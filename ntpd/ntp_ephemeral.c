/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ephemeral.c - associations that a packet makes, and those that may go
 * (protocol notes 5.2, 5.6).
 *
 * Whoever can make us an association can try to outvote those we chose, so it
 * takes a key, or the administrator's word that none is needed, and there are
 * never more of them than `tos maxclock`.
 */
#include "ntp_state.h"

static size_t
count_ephemeral(const struct ntp_engine *e, const struct ntp_addr *src)
{
	size_t n = 0;

	PEER_FOREACH (p, &e->peers) {
		if (peer_is_ephemeral(p) &&
		    (src == NULL || addr_equal(&p->srcadr, src)))
			n++;
	}
	return n;
}

bool
may_mobilize(const struct ntp_engine *e, const struct restrict_entry *res,
    const struct ntp_addr *src, bool authentic)
{
	bool need = e->cfg->auth || (res->flags & RES_NOPEER) != 0;

	if (need && !authentic)
		return false;
	return res->ippeerlimit < 0 ||
	    count_ephemeral(e, src) < (size_t)res->ippeerlimit;
}

struct peer *
peer_mobilize_ephemeral(struct ntp_engine *e, const struct config_assoc *cfg,
    const struct ntp_addr *addr, struct ntp_now now)
{
	struct peer *p;

	if (count_ephemeral(e, NULL) >= e->cfg->tos.maxclock)
		return NULL;
	p = peer_mobilize(e, cfg, NULL, addr, now);
	if (p == NULL)
		return NULL;
	p->own = *cfg;
	p->cfg = &p->own;
	return p;
}

/* Has the configuration chosen anybody? */
static bool
has_chosen(const struct ntp_engine *e)
{
	PEER_FOREACH (p, &e->peers) {
		if (peer_is_source(p) && !peer_is_ephemeral(p) &&
		    (p->cfg->flags & ASSOC_NOSELECT) == 0)
			return true;
	}
	return false;
}

static bool
is_passive(const struct ntp_engine *e, size_t i)
{
	return e->peers.p[e->cand[i].tag].hmode == NTP_MODE_PASSIVE;
}

size_t
ephemeral_bridle(struct ntp_engine *e, size_t n)
{
	size_t passive = 0, kept = 0;

	for (size_t i = 0; i < n; i++)
		passive += is_passive(e, i);
	if (passive < n - passive || passive == 0 || !has_chosen(e))
		return n;
	for (size_t i = 0; i < n; i++) {
		if (!is_passive(e, i))
			e->cand[kept++] = e->cand[i];
	}
	return kept;
}

/* --- preempt --------------------------------------------------------------- */

/* What speaks for keeping it. */
static unsigned
merit(const struct peer *p)
{
	static const unsigned tests[] = {FLASH_PEER_STRATUM, FLASH_PEER_DIST,
	    FLASH_PEER_LOOP, FLASH_PEER_UNREACH};
	unsigned score = 0;

	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		score += (p->flash & tests[i]) == 0;
	score += p->select >= SEL_OUTLIER;
	score += p->select != SEL_BACKUP;
	return score;
}

bool
is_preempted(const struct ntp_engine *e, const struct peer *p)
{
	if ((p->cfg->flags & ASSOC_PREEMPT) == 0 ||
	    active_count(e) <= e->cfg->tos.maxclock)
		return false;
	PEER_FOREACH (q, &e->peers) {
		if ((q->cfg->flags & ASSOC_PREEMPT) != 0 && merit(q) < merit(p))
			return false;
	}
	return true;
}
