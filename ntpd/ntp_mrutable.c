/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mrutable.c - the memory of a client table, taken and told.
 *
 * All of it is taken at once: so that what a table costs is known before the
 * first packet, and can be derived from what it may cost.
 */
#include "ntp_mrutable.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ntp.h"

#define SLOTS_MAX (UINT32_MAX / 2)

/* Three chains for four entries. */
static size_t
heads_for(size_t entries)
{
	return entries - entries / 4;
}

static size_t
octets_for(size_t entries)
{
	return sizeof(struct mru) + (entries + 1) * MRU_LINE + MRU_LINE +
	    heads_for(entries) * sizeof(uint32_t);
}

size_t
mru_entries_in(size_t memory)
{
	size_t fixed = octets_for(0);
	size_t n;

	if (memory <= fixed)
		return 1;
	n = (memory - fixed) / (MRU_LINE + 3 * sizeof(uint32_t) / 4);
	while (n > 1 && octets_for(n) > memory)
		n--;
	return n > 0 ? n : 1;
}

static bool
alloc_tables(struct mru *m)
{
	size_t n = m->par.entries;
	uintptr_t at;

	m->nheads = (uint32_t)heads_for(n);
	m->head = calloc(m->nheads, sizeof *m->head);
	m->memory = calloc(n + 2, MRU_LINE);
	if (m->head == NULL || m->memory == NULL)
		return false;
	at = (uintptr_t)m->memory % MRU_LINE;
	m->entry = (void *)((char *)m->memory + (at == 0 ? 0 : MRU_LINE - at));
	if (m->par.prefault > n)
		m->par.prefault = n;
	memset(m->entry, 0, (m->par.prefault + 1) * MRU_LINE);
	return true;
}

static void
complete_param(struct mru_param *p)
{
	if (p->entries == 0)
		p->entries = 1;
	if (p->leak_log2 > 31)
		p->leak_log2 = 31;
	if (p->average < 0)
		p->average = 0;
	if (p->average > NTP_MAXPOLL)
		p->average = NTP_MAXPOLL;
	if (p->v6bits == 0 || p->v6bits > MRU_V6BITS_MAX)
		p->v6bits = MRU_V6BITS_MAX;
}

struct mru *
mru_new(const struct mru_param *p, const uint8_t seed[16])
{
	struct mru *m;

	if (p->entries > SLOTS_MAX)
		return NULL;
	m = calloc(1, sizeof *m);
	if (m == NULL)
		return NULL;
	m->par = *p;
	complete_param(&m->par);
	m->key = siphash_key(seed);
	if (!alloc_tables(m))
		mru_free(&m);
	return m;
}

void
mru_free(struct mru **m)
{
	if (*m == NULL)
		return;
	assert((*m)->cursors == NULL);
	free((*m)->memory);
	free((*m)->head);
	free(*m);
	*m = NULL;
}

/* Entries are replaced, never taken away: the deepest is the depth. */
struct mru_stats
mru_stats(const struct mru *m)
{
	if (m == NULL)
		return (struct mru_stats){0};
	return (struct mru_stats){
	    .depth = m->used,
	    .deepest = m->used,
	    .capacity = m->par.entries,
	    .hashslots = m->nheads,
	    .strangers = m->strangers,
	    .mindepth = m->par.mindepth,
	    .maxage = m->par.maxage,
	    .minage = m->par.minage,
	    .mem = octets_for(m->par.entries) -
		(m->par.entries - m->used) * MRU_LINE,
	    .maxmem = octets_for(m->par.entries),
	    .exists = m->exists,
	    .added = m->used,
	    .recycled_old = m->recycled_old,
	    .recycled_full = m->recycled_full,
	    .none = m->none,
	};
}
