/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_keys.h - the symmetric keys file and the set of trusted keys.
 */
#ifndef NTP_KEYS_H
#define NTP_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_addr.h"
#include "ntp_mac.h"

struct keystore;

/* Owned by the caller; NULL when out of memory. */
struct keystore *keys_new(void);
void keys_free(struct keystore **ks);
/* Another one with the same keys and trust, for another thread; it has counted
 * nothing yet.  NULL when out of memory. */
struct keystore *keys_copy(const struct keystore *ks);

/* Called for each bad line: true 1-based line, text without newline.  The
 * text never contains the secret. */
typedef void keys_report(void *arg, unsigned line, const char *text);

/*
 * Parse a keys file held in BUF: "ID TYPE SECRET [ADDR[/BITS][,...]]", `#`
 * comments.  Secrets of up to 20 characters are taken as they are, longer ones
 * as hexadecimal.  A bad line is reported and skipped, never the others.
 * Earlier keys are kept; the same id again replaces.  Returns the number of
 * keys read, or -NTP_ENOMEM.
 */
int keys_parse(struct keystore *ks, const char *buf, size_t len,
    keys_report *report, void *arg);

/* Trust key ids LO..HI (1..65535); 0 or -NTP_ERANGE. */
int keys_trust(struct keystore *ks, uint32_t lo, uint32_t hi);
bool keys_is_trusted(const struct keystore *ks, uint32_t id);

/* The prepared key, borrowed; NULL when unknown or not trusted. */
struct mac *keys_find(const struct keystore *ks, uint32_t id);

/* Whether key ID may be used by ADDR (no list: by all). */
bool keys_allows(
    const struct keystore *ks, uint32_t id, const struct ntp_addr *addr);

size_t keys_count(const struct keystore *ks);

/* What was done with the keys. */
struct keys_counters {
	uint64_t lookups, notfound;
	uint64_t digest_signed, cmac_signed;
	uint64_t digest_verified, cmac_verified; /* tried */
	uint64_t digest_failed, cmac_failed;
};
struct keys_counters keys_counted(const struct keystore *ks);
/* Begin at zero. */
void keys_reset(struct keystore *ks);
/* KS takes the place of OLD and counts on. */
void keys_inherit(struct keystore *ks, const struct keystore *old);

/*
 * Append key id and digest of BUF[0..*len) at BUF + *len.  0 and *len grown,
 * or -NTP_ENOKEY, -NTP_ESHORT (CAP too small).
 */
int keys_sign(const struct keystore *ks, uint32_t id, uint8_t *buf, size_t cap,
    size_t *len);
/* The same with the whole digest, for who asked with that. */
int keys_sign_whole(const struct keystore *ks, uint32_t id, uint8_t *buf,
    size_t cap, size_t *len);

/* Verify the MAC (key id, digest) of MACLEN octets at BUF + MSGLEN, which
 * covers BUF[0..MSGLEN).  0, -NTP_ENOKEY or -NTP_EAUTH. */
int keys_verify(const struct keystore *ks, const uint8_t *buf, size_t msglen,
    size_t maclen);

#endif /* NTP_KEYS_H */
