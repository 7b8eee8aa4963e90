/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_orphan.c - orphan mode (protocol notes 15): hosts cut off from all time
 * agree on one of themselves.
 *
 * Who has had no source for `tos orphanwait` serves his own clock at the
 * orphan stratum.  Whoever then sees others at that stratum follows the one
 * with the smallest number, if that is smaller than his own, and so falls one
 * stratum below; what is below is followed by nobody here, so that nobody
 * follows himself.  A real source ends it all, being of a better stratum.
 */
#include "ntp_state.h"

#define LOOPBACK 0x7f000001U /* reference id of an orphan */

bool
orphan_enabled(const struct ntp_engine *e)
{
	return e->cfg->tos.orphan > 0 && e->cfg->tos.orphan < NTP_MAXSTRAT;
}

static bool
is_orphan(const struct ntp_engine *e, const struct peer *p)
{
	return p->kind == PEER_SERVER && p->stratum >= e->cfg->tos.orphan;
}

size_t
orphan_exclude(struct ntp_engine *e, size_t n)
{
	size_t kept = 0;

	if (!orphan_enabled(e))
		return n;
	for (size_t i = 0; i < n; i++) {
		if (!is_orphan(e, &e->peers.p[e->cand[i].tag]))
			e->cand[kept++] = e->cand[i];
	}
	return kept;
}

/* Who shows a smaller number than we do to him leads. */
static bool
leads(const struct peer *p, const struct peer *other)
{
	uint32_t metric = refid_from_addr(&p->srcadr);

	if (other != NULL && metric >= refid_from_addr(&other->srcadr))
		return false;
	return p->dstadr.family == ADDR_NONE ||
	    metric < refid_from_addr(&p->dstadr);
}

struct peer *
orphan_parent(struct ntp_engine *e, ntp_mono now)
{
	struct peer *best = NULL;

	if (!orphan_enabled(e))
		return NULL;
	PEER_FOREACH (p, &e->peers) {
		if (p->kind == PEER_SERVER &&
		    p->stratum == e->cfg->tos.orphan &&
		    !peer_unfit(e, p, now) && leads(p, best))
			best = p;
	}
	return best;
}

void
orphan_serve(struct ntp_engine *e, struct ntp_now now)
{
	struct sys_vars *s = &e->sys;
	bool news = !s->orphan;

	s->orphan = true;
	s->leap = NTP_LEAP_NONE;
	s->stratum = (uint8_t)e->cfg->tos.orphan;
	s->refid = s->stratum == 1 ? refid_from_text("LOOP") : LOOPBACK;
	s->rootdelay = s->rootdisp = s->offset = 0;
	s->epoch = now.mono;
	s->reftime = now.sys;
	s->source = SYNC_LOCAL;
	engine_publish(e, now);
	if (!news)
		return;
	engine_log_class(e, LOGBIT_SYNCSTATUS, NTP_LOG_WARN,
	    "no source for too long, serving our own clock to other orphans "
	    "at stratum %u",
	    (unsigned)s->stratum);
	tell_kernel(e, now.mono);
}
