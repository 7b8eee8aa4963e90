/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mruview.c - the client table as it is read.
 *
 * Nothing here is passed by packets: who lists the table reads an entry, goes
 * on to the next, and may come back later to a table that has changed.
 */
#include <math.h>
#include <string.h>

#include "ntp_mrutable.h"

#define NS_PER_S 1000000000

/* --- an entry -------------------------------------------------------------- */

void
mru_addr(const struct mru_entry *e, struct ntp_addr *a)
{
	*a = (struct ntp_addr){.family = ADDR_V6, .port = e->port};
	memcpy(a->ip, e->ip, sizeof a->ip);
	addr_unmap(a);
	a->scope = e->scope;
}

bool
mru_came_to(
    const struct mru *m, const struct mru_entry *e, const struct ntp_addr *a)
{
	return e->local != 0 && addr_equal(&m->local[e->local - 1], a);
}

int64_t
mru_first(const struct mru_entry *e)
{
	return e->count == 1 ? e->last : e->u.first;
}

const struct mru_entry *
mru_newest(const struct mru *m)
{
	return mru_slot_entry(m, m->entry[0].older);
}

const struct mru_entry *
mru_older(const struct mru *m, const struct mru_entry *e)
{
	return mru_slot_entry(m, e->older);
}

/* --- the clock ----------------------------------------------------------- */

static uint64_t
fixed_from_ns(int64_t ns)
{
	int64_t s = ns / NS_PER_S;
	int64_t frac = ns % NS_PER_S;

	if (frac < 0) {
		frac += NS_PER_S;
		s--;
	}
	return (uint64_t)s << 32 | ((uint64_t)frac << 32) / NS_PER_S;
}

ntp_ts
mru_ts(const struct mru *m, int64_t ns)
{
	return (ntp_ts){m->epoch + fixed_from_ns(ns)};
}

void
mru_set_clock(struct mru *m, struct ntp_now now)
{
	if (fabs(ts_diff(now.sys, mru_ts(m, now.mono.ns))) > MRU_CLOCK_SLACK)
		m->epoch = now.sys.v - fixed_from_ns(now.mono.ns);
}

/* --- cursors ------------------------------------------------------------- */

void
mru_cursor_start(struct mru *m, struct mru_cursor *c, const struct mru_entry *e)
{
	c->slot = e != NULL ? (uint32_t)(e - m->entry) : m->entry[0].newer;
	c->next = m->cursors;
	m->cursors = c;
}

void
mru_cursor_stop(struct mru *m, struct mru_cursor *c)
{
	struct mru_cursor **at = &m->cursors;

	while (*at != NULL && *at != c)
		at = &(*at)->next;
	if (*at != NULL)
		*at = c->next;
}

const struct mru_entry *
mru_cursor_entry(const struct mru *m, const struct mru_cursor *c)
{
	return mru_slot_entry(m, c->slot);
}

void
mru_cursor_newer(const struct mru *m, struct mru_cursor *c)
{
	if (c->slot != 0)
		c->slot = m->entry[c->slot].newer;
}

bool
mru_cursor_older(const struct mru *m, struct mru_cursor *c)
{
	uint32_t s = m->entry[c->slot].older;

	if (s == 0)
		return false;
	c->slot = s;
	return true;
}

const struct mru_entry *
mru_cursor_before(const struct mru *m, const struct mru_cursor *c)
{
	return mru_slot_entry(m, m->entry[c->slot].older);
}
