/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ntscookie.h - the server's cookies (RFC 8915 6).
 *
 * A cookie is the server's memory in the client's hands: id of the key (4
 * octets), nonce (16), and sealed by that key the algorithm (4) and the two
 * keys of the session.  NTPsec's have the same form, so its key file goes on
 * working.
 */
#ifndef NTP_NTSCOOKIE_H
#define NTP_NTSCOOKIE_H

#include <stddef.h>
#include <stdint.h>

#include "ntp_nts.h"

#define NTS_KEYRING	   12U	/* cookie keys at once */
#define NTS_SEED	   32U	/* octets */
#define NTS_OWN_COOKIE_MAX 168U /* octets of the longest that we make */

struct nts_cookiekey {
	uint32_t id;
	uint16_t aead; /* enum aead_id, says how long KEY is */
	uint8_t key[AEAD_KEY_MAX];
};

/* The first one makes cookies, the others, the youngest first, still open
 * theirs.  None: no server. */
struct nts_cookiekeys {
	size_t n;
	struct nts_cookiekey key[NTS_KEYRING];
};

struct nts_jar; /* prepared keys; not for two threads at once */

/*
 * Prepare KEYS (copied).  SEED is secret and random, for the nonces.  NULL: out
 * of memory, or no key or a bad one among them.
 */
struct nts_jar *nts_jar_new(
    const struct nts_cookiekeys *keys, const uint8_t seed[NTS_SEED]);
/* Another one of the same keys, for another thread; NULL: out of memory. */
struct nts_jar *nts_jar_copy(
    const struct nts_jar *j, const uint8_t seed[NTS_SEED]);
void nts_jar_free(struct nts_jar **j); /* wipes the keys */

/* Octets that nobody can guess, LEN of them. */
void nts_jar_random(struct nts_jar *j, uint8_t *out, size_t len);
/* To be keyed for each message. */
struct aead_set *nts_jar_aeads(struct nts_jar *j);

/* Octets of each cookie for sessions of AEAD, whatever the key; 0: no such. */
size_t nts_cookie_len(uint16_t aead);
/* A new cookie for K into OUT of nts_cookie_len(); 0, -NTP_EINVAL or
 * -NTP_EIO. */
int nts_cookie_seal(struct nts_jar *j, const struct nts_keys *k, uint8_t *out);
/* What is in COOKIE.  Which key opened it, 0 for the one in force;
 * -NTP_ENOKEY: it is of none of them; -NTP_EAUTH: it was not made by us. */
int nts_cookie_open(
    struct nts_jar *j, struct octets cookie, struct nts_keys *out);

#endif /* NTP_NTSCOOKIE_H */
