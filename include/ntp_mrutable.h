/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mrutable.h - what a client table consists of.
 *
 * Inside the table only: ntp_monitor.c records into it, ntp_mrutable.c has its
 * memory, ntp_mruview.c reads it.
 */
#ifndef NTP_MRUTABLE_H
#define NTP_MRUTABLE_H

#include "ntp_monitor.h"
#include "ntp_siphash.h"

#define MRU_LINE      64U /* octets of a cache line */
#define MRU_LOCALS    63U /* local addresses told apart */
#define MRU_CROWD     64U /* packets: what more come are not expected */
#define MRU_SCOPE_MAX 0xffffffU

_Static_assert(sizeof(struct mru_entry) == MRU_LINE, "one line an entry");

/* What tells clients apart. */
struct mru_client {
	uint8_t ip[16];
	uint32_t scope;
};

/* On its way to its slot: each step needs what the one before has fetched. */
struct mru_expected {
	struct mru_client c;
	uint32_t *head;
	uint32_t s;
};

struct mru {
	struct mru_param par;
	struct siphash_key key;
	void *memory;		 /* of the entries */
	struct mru_entry *entry; /* par.entries + 1, aligned */
	uint32_t *head;		 /* of the chains */
	uint32_t nheads;
	uint32_t used; /* slots 1..used hold entries */
	uint32_t strangers;
	uint64_t exists, recycled_old, recycled_full, none;
	uint64_t epoch; /* of mru_ts() */
	struct mru_cursor *cursors;
	size_t nlocal, lately;
	struct ntp_addr local[MRU_LOCALS];
	size_t nexpected, recorded; /* of a crowd */
	struct mru_expected expected[MRU_CROWD];
};

/* The entry in slot S; of slot 0, which ends the chains and rings: NULL. */
static inline const struct mru_entry *
mru_slot_entry(const struct mru *m, uint32_t s)
{
	return s != 0 ? &m->entry[s] : NULL;
}

#endif /* NTP_MRUTABLE_H */
