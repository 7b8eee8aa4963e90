/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_peer.c - the association table.
 *
 * An array with free slots rather than lists: it is sized at configuration,
 * an association never moves, and the packet path cannot run out of memory.
 */
#include "ntp_peer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"

int
peer_table_init(struct peer_table *t, size_t cap, uint16_t first_associd)
{
	t->p = calloc(cap, sizeof *t->p);
	if (t->p == NULL)
		return -NTP_ENOMEM;
	t->cap = cap;
	t->next_associd = first_associd;
	return 0;
}

void
peer_table_fini(struct peer_table *t)
{
	PEER_FOREACH (p, t)
		peer_release(p);
	free(t->p);
	*t = (struct peer_table){0};
}

static uint16_t
next_associd(struct peer_table *t)
{
	do {
		if (++t->next_associd == 0)
			t->next_associd = 1;
	} while (peer_by_associd(t, t->next_associd) != NULL);
	return t->next_associd;
}

struct peer *
peer_alloc(struct peer_table *t)
{
	for (struct peer *p = t->p; p < t->p + t->cap; p++) {
		if (p->inuse)
			continue;
		memset(p, 0, sizeof *p);
		p->associd = next_associd(t);
		p->inuse = true;
		if (p >= t->p + t->used)
			t->used = (size_t)(p - t->p) + 1;
		return p;
	}
	return NULL;
}

void
peer_release(struct peer *p)
{
	p->inuse = false;
	p->ep = 0;
	nts_wipe(&p->nts, sizeof p->nts);
}

struct peer *
peer_by_associd(const struct peer_table *t, uint16_t associd)
{
	PEER_FOREACH (p, t) {
		if (p->associd == associd)
			return p;
	}
	return NULL;
}

bool
peer_is_ephemeral(const struct peer *p)
{
	return p->cfg == &p->own;
}

bool
peer_is_source(const struct peer *p)
{
	return p->kind == PEER_SERVER || p->kind == PEER_CLOCK;
}

bool
peer_is_symmetric(const struct peer *p)
{
	return p->hmode == NTP_MODE_ACTIVE || p->hmode == NTP_MODE_PASSIVE;
}

struct peer *
peer_by_endpoint(const struct peer_table *t, int ep)
{
	if (ep <= 0)
		return NULL;
	PEER_FOREACH (p, t) {
		if (p->ep == ep)
			return p;
	}
	return NULL;
}

struct peer *
peer_by_addr(const struct peer_table *t, const struct ntp_addr *addr)
{
	PEER_FOREACH (p, t) {
		if (addr_equal_port(&p->srcadr, addr))
			return p;
	}
	return NULL;
}

size_t
peer_count(const struct peer_table *t)
{
	size_t n = 0;

	PEER_FOREACH (p, t)
		n++;
	return n;
}

const char *
peer_first_refid(const struct peer *p)
{
	switch (p->kind) {
	case PEER_POOL:
		return "POOL";
	case PEER_MANYCAST:
		return "ACST";
	case PEER_BROADCAST:
		return addr_is_multicast(&p->cfg->addr) ? "MCST" : "BCST";
	case PEER_SERVER:
	case PEER_CLOCK:
	default:
		return "INIT";
	}
}

/* What was heard and learnt of a broadcast server outlasts a step of ours; an
 * arrival on the old clock does not, nor a volley that no broadcast followed.
 */
static void
clear_broadcast(struct peer *p)
{
	p->bcast.at = (ntp_ts){0};
	if (p->bcast.phase != BCAST_CALIBRATE)
		return;
	p->bcast.phase = BCAST_VOLLEY;
	p->hmode = NTP_MODE_CLIENT;
}

void
peer_clear(struct peer *p, const char *refid, double precision, ntp_mono now)
{
	p->leap = NTP_LEAP_UNSYNC;
	p->stratum = NTP_MAXSTRAT;
	p->precision = 0;
	p->rootdelay = p->rootdisp = 0;
	p->refid = refid_from_text(refid);
	p->reftime = p->aorg = p->org = p->rec = p->xmt = (ntp_ts){0};
	p->symm = (struct symm_state){0};
	p->xl =
	    (struct xleave_state){.count = p->xl.count, .errors = p->xl.errors};
	clear_broadcast(p);
	p->pmode = NTP_MODE_UNSPEC;
	p->flash = 0;
	p->select = SEL_REJECT;
	p->authentic = p->smears = false;
	p->smear_seen = 0;
	p->falsepolls = 0;
	filter_reset(&p->filter, now, precision);
	median_reset(&p->clk.ring);
	poll_reset(&p->poll, p->cfg->minpoll, p->cfg->maxpoll, now);
	p->timereachable = now;
	p->notes =
	    (struct reason_notes){.sent_then = p->count.sent, .good_at = now};
}

bool
peer_is_local_clock(const struct peer *p)
{
	return p->kind == PEER_CLOCK && p->cfg->ref_type == CLOCK_LOCAL;
}

static bool
is_called(const struct peer *p)
{
	return p->kind == PEER_CLOCK && p->cfg->ref_type == CLOCK_MODEM;
}

bool
peer_is_last_resort(const struct peer *p)
{
	return (peer_is_local_clock(p) || is_called(p)) &&
	    (p->cfg->flags & ASSOC_PREFER) == 0;
}

uint32_t
peer_clock_refid(const struct peer *p)
{
	const struct clock_kind *k = clock_kind(p->cfg->ref_type);

	return p->clk.refid != 0 &&
		p->cfg->ref_refid == refid_from_text(k->refid)
	    ? p->clk.refid
	    : p->cfg->ref_refid;
}

uint16_t
peer_status_word(const struct peer *p)
{
	unsigned flags = 0;

	if (p->parent == NULL && !peer_is_ephemeral(p))
		flags |= 0x80;
	if (p->cfg->key != 0 || (p->cfg->flags & ASSOC_NTS) != 0)
		flags |= 0x40;
	if (p->authentic)
		flags |= 0x20;
	if (p->poll.reach != 0)
		flags |= 0x10;
	if (!peer_is_source(p) || p->hmode == NTP_MODE_CONTROL)
		flags |= 0x08;
	return (uint16_t)((flags | (p->select & 7U)) << 8 |
	    (p->nevents & 15U) << 4 | (p->event & 15U));
}

double
peer_root_distance(
    const struct peer *p, double mindist, double phi, ntp_mono now)
{
	double age = mono_diff(now, p->filter.update);
	double dist = (p->filter.delay + p->rootdelay) / 2 + p->filter.disp +
	    phi * age + p->rootdisp + p->filter.jitter;

	return fmax(dist, mindist);
}

const char *
peer_label(const struct peer *p, char out[ADDR_STRLEN])
{
	if (p->name[0] != '\0')
		return p->name;
	return addr_format(&p->srcadr, out);
}
