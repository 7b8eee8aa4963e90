/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mac.h - message authentication codes of symmetric keys.
 *
 * digest(secret || message), not HMAC (RFC 5905 7.3, the interoperable form),
 * or AES-CMAC (RFC 8573).  Digests longer than 20 octets are cut to the first
 * 20.  OpenSSL is used here and nowhere else in the libraries.
 */
#ifndef NTP_MAC_H
#define NTP_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NTP_DIGEST_MAX 20U /* octets on the wire */
#define NTP_MAC_MAX    24U /* key id and digest */
#define NTP_SECRET_MAX 64U /* octets */
#define NTP_KEYID_MAX  65535U

enum mac_type {
	MAC_NONE,
	MAC_MD5,
	MAC_SHA1,
	MAC_SHA256,
	MAC_SHA384,
	MAC_SHA512,
	MAC_AES128CMAC,
};

/*
 * Type by name, any case: M, MD5, SHA, SHA1, SHA-1, SHA256, SHA-256, SHA384,
 * SHA512, AES128CMAC, AES, AES-128 (and longer digests of the same spelling);
 * MAC_NONE when unknown.
 */
enum mac_type mac_type_by_name(const char *name, size_t len);
const char *mac_type_name(enum mac_type t); /* constant, "MD5" ... */
size_t mac_digest_len(enum mac_type t);	    /* octets on the wire, 16 or 20 */

struct mac; /* a prepared key; not for two threads at once */

/*
 * Prepare a key: copies SECRET (1..NTP_SECRET_MAX octets).  AES-128 keys that
 * are shorter are padded with zeros, longer ones cut to 16.  NULL when the
 * type is not available or memory is short.
 */
struct mac *mac_new(enum mac_type t, const void *secret, size_t len);
void mac_free(struct mac **m); /* wipes the secret */
enum mac_type mac_type_of(const struct mac *m);

/* Digest of MSG into OUT; returns its length (16 or 20), 0 on failure. */
size_t mac_sign(
    struct mac *m, const void *msg, size_t len, uint8_t out[NTP_DIGEST_MAX]);

/* Constant-time check; the length must match exactly. */
bool mac_verify(struct mac *m, const void *msg, size_t len,
    const uint8_t *digest, size_t digest_len);

/* MD5 of DATA without OpenSSL (ntp_md5.c): IPv6 reference ids, RFC 5905 7.3. */
void mac_md5(const void *data, size_t len, uint8_t out[16]);

/* SHA-1 of DATA (leap second file); 0 or -NTP_ENOTSUP. */
int mac_sha1(const void *data, size_t len, uint8_t out[20]);

#endif /* NTP_MAC_H */
