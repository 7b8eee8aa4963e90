/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_nts.h - Network Time Security of time packets (RFC 8915 5): what is kept
 * of a session, and the extension fields.
 */
#ifndef NTP_NTS_H
#define NTP_NTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_aead.h"
#include "ntp_ext.h"

#define NTS_COOKIES    8U   /* that a client keeps */
#define NTS_COOKIE_MAX 256U /* octets that we take from a server */
#define NTS_UID_LEN    32U  /* octets of a unique identifier: ours, at least */
#define NTS_UID_MAX    64U
#define NTS_PACKET_MAX 1232U	   /* octets; IPv6 carries them everywhere */
#define NTS_KISS       0x4e54534eU /* "NTSN" */

/* What is counted. */
enum nts_count {
#define NTS_COUNT(id) NTS_##id,
#include "ntp_tbl_nts.h"
#undef NTS_COUNT
	NTS_COUNTS
};

/* The two keys of a session, client to server and back. */
struct nts_keys {
	uint16_t aead;	/* enum aead_id */
	uint8_t keylen; /* octets of each, aead_keylen(aead) */
	uint8_t c2s[AEAD_KEY_MAX], s2c[AEAD_KEY_MAX];
};

struct nts_cookie {
	uint16_t len; /* octets */
	uint8_t octets[NTS_COOKIE_MAX];
};

/* What a key establishment yields. */
struct nts_session {
	struct nts_keys keys;
	unsigned ncookies; /* 0..NTS_COOKIES, the oldest first */
	struct nts_cookie cookie[NTS_COOKIES];
};

/* Forget a secret. */
void nts_wipe(void *p, size_t len);

/* May a cookie of LEN octets be put into a packet? */
bool nts_cookie_fits(size_t len);

enum nts_type {
	NTS_UID = 0x0104,
	NTS_COOKIE = 0x0204,
	NTS_PLACEHOLDER = 0x0304,
	NTS_AUTH = 0x0404,
};

/* The fields of one packet; what there is none of has no octets. */
struct nts_fields {
	struct octets uid, cookie;
	unsigned placeholders; /* as long as the cookie */
	size_t signed_len;     /* octets before the authenticator */
	struct octets nonce, sealed;
};

/* Has the datagram BUF, which T splits, any field of these? */
bool nts_present(const uint8_t *buf, const struct ext_tail *t);

/*
 * Read them.  0; -NTP_EFORMAT: one twice, anything behind the authenticator,
 * its lengths wrong, placeholders that are not as long as the cookie.
 */
int nts_parse(
    const uint8_t *buf, const struct ext_tail *t, struct nts_fields *out);

/* The fields inside what was sealed: init, then next until false.  They have
 * no least length. */
struct nts_inner {
	const uint8_t *p;
	size_t len, off;
};
bool nts_inner_next(struct nts_inner *it, struct ext_field *f);

#endif /* NTP_NTS_H */
