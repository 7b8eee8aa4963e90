/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ntsclient.h - Network Time Security of requests and replies, as a client
 * sees them (RFC 8915 5.7).
 */
#ifndef NTP_NTSCLIENT_H
#define NTP_NTSCLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "ntp_nts.h"

/* What a request is made of. */
struct nts_ask {
	const struct nts_keys *keys;
	const struct nts_cookie *cookie;
	unsigned placeholders; /* for so many more cookies */
	uint8_t uid[NTS_UID_LEN];
	uint8_t nonce[AEAD_NONCE];
};

/* Placeholders, of those WANTED, that a packet with cookies of LEN octets
 * holds. */
unsigned nts_placeholders(unsigned wanted, size_t len);

/*
 * Put the fields of A behind the header in BUF of NTS_PACKET_MAX octets and
 * authenticate it with S.  Its length; 0: that failed.
 */
size_t nts_client_seal(
    struct aead_set *s, const struct nts_ask *a, uint8_t *buf);

enum nts_verdict {
	NTS_GOOD,      /* authentic */
	NTS_REFUSED,   /* the server could not use our cookie, says somebody
			* who has seen the request */
	NTS_BARE,      /* not authenticated */
	NTS_MALFORMED, /* fields that must not be */
	NTS_OTHERS,    /* answers another request */
	NTS_FORGED,    /* does not verify */
};

/* The cookies of one reply, as many as there is room for. */
struct nts_cookies {
	unsigned n;
	struct nts_cookie cookie[NTS_COOKIES];
};

/*
 * Is the reply BUF, which T splits, an authentic answer to the request that
 * carried UID?  The cookies inside go to OUT.
 */
enum nts_verdict nts_client_open(struct aead_set *s,
    const struct nts_keys *keys, const uint8_t uid[NTS_UID_LEN],
    const uint8_t *buf, const struct ext_tail *t, struct nts_cookies *out);

#endif /* NTP_NTSCLIENT_H */
