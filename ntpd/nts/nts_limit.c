/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_limit.c - how often one source may ask for keys.
 *
 * A slot is its source's debt in time: each connection adds to it, and no
 * more is lent than a burst is worth.  Two sources of one slot take it from
 * each other, which forgives; to find such a pair one has to know the key.
 */
#include "nts_limit.h"

#include <string.h>

#define V6_PREFIX 8U /* octets */

void
limit_init(struct nts_limit *l, const uint8_t seed[16])
{
	memset(l, 0, sizeof *l);
	l->key = siphash_key(seed);
}

static uint64_t
source_of(const struct nts_limit *l, const struct ntp_addr *src)
{
	size_t len = src->family == ADDR_V6 ? V6_PREFIX : 4U;

	return siphash(&l->key, src->ip, len) | 1U;
}

bool
limit_allows(struct nts_limit *l, const struct ntp_addr *src, uint64_t now)
{
	uint64_t source = source_of(l, src);
	size_t i = (size_t)(source >> 32) % LIMIT_SLOTS;

	if (l->slot[i].source != source || l->slot[i].until < now) {
		l->slot[i].source = source;
		l->slot[i].until = now;
	}
	if (l->slot[i].until + LIMIT_EVERY >
	    now + (uint64_t)LIMIT_BURST * LIMIT_EVERY)
		return false;
	l->slot[i].until += LIMIT_EVERY;
	return true;
}
