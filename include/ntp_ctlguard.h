/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlguard.h - what keeps mode 6 from being a weapon: nonces, a budget for
 * each source, a limit of amplification.
 *
 * Source addresses can be forged.  A nonce proves that its bearer reads what
 * is sent to his address; a source without one has a budget in octets, and no
 * reply to it is out of proportion to the request; and all of them together
 * do not keep the server threads from their work.  Fixed memory, and for nonces
 * none at all.
 */
#ifndef NTP_CTLGUARD_H
#define NTP_CTLGUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_addr.h"
#include "ntp_ports.h"
#include "ntp_siphash.h"
#include "ntp_time.h"

#define NONCE_VALID  16.0 /* s */
#define NONCE_DIGITS 24U  /* a timestamp of 16, a tag of 8 */
#define NONCE_STRLEN 25U

#define GUARD_SETS  256U
#define GUARD_WAYS  4U
#define GUARD_STOPS 1000U /* a second, and so many at once */
#define GUARD_RATIO 50U	  /* octets out for one in, as a bare READVAR has */

struct guard_budget {
	uint64_t source; /* keyed hash of its address */
	int64_t full_at; /* ns, monotonic: nothing of it is used up then */
};

struct ctl_guard {
	struct rng_port *rng;	   /* borrowed */
	bool ready;		   /* there are keys */
	struct siphash_key key[2]; /* of nonces: in use, and the one before */
	ntp_mono keyed;		   /* when key[0] was made */
	struct siphash_key source_key;
	struct guard_budget budget[GUARD_SETS][GUARD_WAYS];
	int64_t stops_full_at[2]; /* as above: of all, of those on loopback */
};

void guard_init(struct ctl_guard *g, struct rng_port *rng);

/* A nonce for SRC (address and port) into OUT, returned. */
const char *guard_nonce(struct ctl_guard *g, const struct ntp_addr *src,
    struct ntp_now now, char out[NONCE_STRLEN]);
/* Was TEXT given to SRC less than NONCE_VALID s ago? */
bool guard_nonce_ok(struct ctl_guard *g, const struct ntp_addr *src,
    struct ntp_now now, const char *text, size_t len);

/* Has SRC anything left of its budget?  Loopback has a larger one. */
bool guard_admits(
    struct ctl_guard *g, const struct ntp_addr *src, ntp_mono now);
/* OCTETS were sent to SRC. */
void guard_charge(struct ctl_guard *g, const struct ntp_addr *src,
    size_t octets, ntp_mono now);

/* May an unsigned request stop the server threads for a moment?  Counts it. */
bool guard_may_stop(
    struct ctl_guard *g, const struct ntp_addr *src, ntp_mono now);

#endif /* NTP_CTLGUARD_H */
