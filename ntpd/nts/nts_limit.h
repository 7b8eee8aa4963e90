/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_limit.h - how often one source may ask for keys.
 *
 * A handshake costs a thousand times what a packet costs, so it is counted
 * before it begins.  An IPv6 source is its /64.
 */
#ifndef NTS_LIMIT_H
#define NTS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp_addr.h"
#include "ntp_siphash.h"

#define LIMIT_SLOTS 1024U
#define LIMIT_BURST 32U	 /* connections at once */
#define LIMIT_EVERY 500U /* ms for each more */

struct nts_limit {
	struct siphash_key key;
	struct {
		uint64_t source; /* hash; 0: free */
		uint64_t until;	 /* ms, when all is forgiven */
	} slot[LIMIT_SLOTS];
};

/* SEED: 16 secret octets. */
void limit_init(struct nts_limit *l, const uint8_t seed[16]);
/* One more connection from SRC at NOW (ms, never going back): may it stay? */
bool limit_allows(
    struct nts_limit *l, const struct ntp_addr *src, uint64_t now);

#endif /* NTS_LIMIT_H */
