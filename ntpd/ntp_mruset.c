/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mruset.c - several client lists, shown as one.
 */
#include "ntp_mruset.h"

struct mru_stats
mruset_stats(const struct mruset *s)
{
	struct mru_stats sum = mru_stats(s->list[0]);

	for (size_t i = 1; i < s->n; i++) {
		struct mru_stats m = mru_stats(s->list[i]);

		sum.depth += m.depth;
		sum.deepest += m.deepest;
		sum.capacity += m.capacity;
		sum.hashslots += m.hashslots;
		sum.strangers += m.strangers;
		sum.mem += m.mem;
		sum.maxmem += m.maxmem;
		sum.exists += m.exists;
		sum.added += m.added;
		sum.recycled_old += m.recycled_old;
		sum.recycled_full += m.recycled_full;
		sum.none += m.none;
	}
	return sum;
}

int64_t
mruset_oldest_age(const struct mruset *s, ntp_mono now)
{
	int64_t oldest = 0;

	for (size_t i = 0; i < s->n; i++) {
		int64_t age = mru_oldest_age(s->list[i], now);

		oldest = age > oldest ? age : oldest;
	}
	return oldest;
}

const struct mru_entry *
mruset_find(const struct mruset *s, const struct ntp_addr *addr)
{
	const struct mru_entry *found = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct mru_entry *e = mru_find(s->list[i], addr);

		if (e != NULL && (found == NULL || e->last > found->last))
			found = e;
	}
	return found;
}

bool
mruset_came_to(
    const struct mruset *s, const struct mru_entry *e, const struct ntp_addr *a)
{
	for (size_t i = 0; i < s->n; i++) {
		if (mru_owns(s->list[i], e))
			return mru_came_to(s->list[i], e, a);
	}
	return false;
}

/* --- a place -------------------------------------------------------------- */

void
mruset_start(struct mruset *s, struct mruset_cursor *c)
{
	for (size_t i = 0; i < s->n; i++)
		mru_cursor_start(s->list[i], &c->at[i], NULL);
}

void
mruset_start_newest(struct mruset *s, struct mruset_cursor *c)
{
	for (size_t i = 0; i < s->n; i++) {
		mru_cursor_start(s->list[i], &c->at[i], mru_newest(s->list[i]));
		mru_cursor_newer(s->list[i], &c->at[i]);
	}
}

bool
mruset_start_after(
    struct mruset *s, struct mruset_cursor *c, const struct mru_entry *e)
{
	if (s->n != 1)
		return false;
	mru_cursor_start(s->list[0], &c->at[0], e);
	mru_cursor_newer(s->list[0], &c->at[0]);
	return true;
}

void
mruset_stop(struct mruset *s, struct mruset_cursor *c)
{
	for (size_t i = 0; i < s->n; i++)
		mru_cursor_stop(s->list[i], &c->at[i]);
}

/* The list that comes next; s->n: none. */
static size_t
next_list(const struct mruset *s, const struct mruset_cursor *c)
{
	const struct mru_entry *e, *best = NULL;
	size_t k = s->n;

	for (size_t i = 0; i < s->n; i++) {
		e = mru_cursor_entry(s->list[i], &c->at[i]);
		if (e != NULL && (best == NULL || e->last < best->last)) {
			best = e;
			k = i;
		}
	}
	return k;
}

const struct mru_entry *
mruset_entry(const struct mruset *s, const struct mruset_cursor *c)
{
	size_t k = next_list(s, c);

	return k < s->n ? mru_cursor_entry(s->list[k], &c->at[k]) : NULL;
}

void
mruset_newer(const struct mruset *s, struct mruset_cursor *c)
{
	size_t k = next_list(s, c);

	if (k < s->n)
		mru_cursor_newer(s->list[k], &c->at[k]);
}

bool
mruset_older(const struct mruset *s, struct mruset_cursor *c)
{
	const struct mru_entry *e, *best = NULL;
	size_t k = s->n;

	for (size_t i = 0; i < s->n; i++) {
		e = mru_cursor_before(s->list[i], &c->at[i]);
		if (e != NULL && (best == NULL || e->last > best->last)) {
			best = e;
			k = i;
		}
	}
	return k < s->n && mru_cursor_older(s->list[k], &c->at[k]);
}
