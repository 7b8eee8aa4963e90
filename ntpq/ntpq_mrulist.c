/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_mrulist.c - the clients of a server as they arrive.
 *
 * A million of them, from a server that may be hostile: the hash is keyed and
 * the number bounded.
 */
#include "ntpq_mru.h"

#include <sys/random.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROWS_FIRST 1024U

void
mrulist_init(struct mru_list *l)
{
	uint8_t seed[16] = {0};

	memset(l, 0, sizeof(*l));
	if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed[0] = (uint8_t)time(NULL);
	l->key = siphash_key(seed);
}

void
mrulist_free(struct mru_list *l)
{
	free(l->row);
	free(l->arrival);
	free(l->slot);
	memset(l, 0, sizeof(*l));
}

void
mrulist_clear(struct mru_list *l)
{
	l->nrows = l->narrivals = 0;
	l->updates = 0;
	l->now = (ntp_ts){0};
	if (l->nslots > 0)
		memset(l->slot, 0, l->nslots * sizeof(*l->slot));
}

/* --- the hash ----------------------------------------------------------- */

/* Where ADDR is, or the free slot where it belongs. */
static uint32_t *
slot_of(const struct mru_list *l, const struct ntp_addr *addr)
{
	size_t i = siphash(&l->key, addr->ip, sizeof(addr->ip));

	for (;; i++) {
		uint32_t *s = &l->slot[i & (l->nslots - 1)];

		if (*s == 0 || addr_equal(&l->row[*s - 1].addr, addr))
			return s;
	}
}

/* --- room --------------------------------------------------------------- */

static bool
rehash(struct mru_list *l, size_t nslots)
{
	uint32_t *slot = calloc(nslots, sizeof(*slot));

	if (slot == NULL)
		return false;
	free(l->slot);
	l->slot = slot;
	l->nslots = nslots;
	for (size_t i = 0; i < l->nrows; i++)
		*slot_of(l, &l->row[i].addr) = (uint32_t)i + 1;
	return true;
}

static bool
more_rows(struct mru_list *l)
{
	size_t cap = l->rowcap > 0 ? 2 * l->rowcap : ROWS_FIRST;
	struct mru_row *row;

	if (l->nrows < l->rowcap)
		return true;
	if (l->nrows >= MRU_ROWS_MAX)
		return false;
	row = reallocarray(l->row, cap, sizeof(*row));
	if (row == NULL)
		return false;
	l->row = row;
	l->rowcap = cap;
	return rehash(l, 2 * cap);
}

static bool
is_current(const struct mru_list *l, size_t i)
{
	return l->row[l->arrival[i]].arrival == i;
}

/* Closes the gaps of those who came again. */
static void
compact_arrivals(struct mru_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->narrivals; i++) {
		if (!is_current(l, i))
			continue;
		l->row[l->arrival[i]].arrival = (uint32_t)n;
		l->arrival[n++] = l->arrival[i];
	}
	l->narrivals = n;
}

static bool
more_arrivals(struct mru_list *l)
{
	size_t cap =
	    l->arrivalcap > 0 ? 2 * l->arrivalcap : 2 * (size_t)ROWS_FIRST;
	uint32_t *arrival;

	if (l->narrivals < l->arrivalcap)
		return true;
	compact_arrivals(l);
	if (l->narrivals < l->arrivalcap / 2)
		return true;
	arrival = reallocarray(l->arrival, cap, sizeof(*arrival));
	if (arrival == NULL)
		return false;
	l->arrival = arrival;
	l->arrivalcap = cap;
	return true;
}

/* --- taking ------------------------------------------------------------- */

bool
mrulist_add(struct mru_list *l, const struct mru_row *row)
{
	uint32_t *slot;

	if (!more_rows(l) || !more_arrivals(l))
		return false;
	slot = slot_of(l, &row->addr);
	if (*slot == 0) {
		*slot = (uint32_t)++l->nrows;
	} else {
		if (ts_diff(row->last, l->row[*slot - 1].last) < 0)
			return true;
		l->updates++;
	}
	l->row[*slot - 1] = *row;
	l->row[*slot - 1].arrival = (uint32_t)l->narrivals;
	l->arrival[l->narrivals++] = *slot - 1;
	return true;
}

const struct mru_row *
mrulist_recent(const struct mru_list *l, size_t n)
{
	for (size_t i = l->narrivals; i-- > 0;)
		if (is_current(l, i) && n-- == 0)
			return &l->row[l->arrival[i]];
	return NULL;
}

void
mrulist_back_up(struct mru_list *l, size_t n)
{
	while (n > 0 && l->narrivals > 0) {
		l->narrivals--;
		n -= is_current(l, l->narrivals);
	}
}
