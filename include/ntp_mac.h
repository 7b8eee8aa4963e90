/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mac.h - message authentication codes of symmetric keys.
 *
 * digest(secret || message), not HMAC (RFC 5905 7.3, the interoperable form),
 * or AES-CMAC (RFC 8573, also with longer
 * keys).  Digests longer than 20 octets are cut to the first
 * 20.  OpenSSL is used here and nowhere else in the libraries.
 */
#ifndef NTP_MAC_H
#define NTP_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NTP_DIGEST_MAX	 20U /* octets on the wire */
#define NTP_MAC_MAX	 24U /* key id and digest */
#define NTP_DIGEST_WHOLE 64U /* octets, before it is cut */
#define NTP_SECRET_MAX	 64U /* octets */
#define NTP_KEYID_MAX	 65535U

enum mac_type {
	MAC_NONE,
	MAC_MD5,
	MAC_SHA1,
	MAC_SHA224,
	MAC_SHA256,
	MAC_SHA384,
	MAC_SHA512,
	MAC_SHA512_224,
	MAC_SHA512_256,
	MAC_SHA3_224,
	MAC_SHA3_256,
	MAC_SHA3_384,
	MAC_SHA3_512,
	MAC_RIPEMD160,
	MAC_BLAKE2S256,
	MAC_BLAKE2B512,
	MAC_AES128CMAC,
	MAC_AES192CMAC,
	MAC_AES256CMAC,
	MAC_TYPES /* how many */
};

/*
 * Type by name, any case: what mac_type_name() gives, and the spellings of
 * the reference, NTPsec and chrony (M, SHA, SHA-1, SHA-256, AES, AES-128,
 * AES128 ...; ntp.keys(5) lists them).  MAC_NONE when unknown.
 */
enum mac_type mac_type_by_name(const char *name, size_t len);
const char *mac_type_name(enum mac_type t); /* constant, "MD5" ... */
size_t mac_digest_len(enum mac_type t);	    /* octets on the wire, 16 or 20 */

struct mac; /* a prepared key; not for two threads at once */

/*
 * Prepare a key: copies SECRET (1..NTP_SECRET_MAX octets).  Shorter AES keys
 * than the cipher has are padded with zeros, longer ones cut.  NULL when the
 * type is not available or memory is short.
 */
struct mac *mac_new(enum mac_type t, const void *secret, size_t len);
/* Another one of the same key, for another thread; NULL: out of memory. */
struct mac *mac_copy(const struct mac *m);
void mac_free(struct mac **m); /* wipes the secret */
enum mac_type mac_type_of(const struct mac *m);

/* Digest of MSG into OUT; returns its length (16 or 20), 0 on failure. */
size_t mac_sign(
    struct mac *m, const void *msg, size_t len, uint8_t out[NTP_DIGEST_MAX]);

/* The same, not cut: 16..64 octets. */
size_t mac_sign_whole(
    struct mac *m, const void *msg, size_t len, uint8_t out[NTP_DIGEST_WHOLE]);

/* Constant-time check; the length must be exactly that on the wire, or that of
 * the whole digest, which chrony sends in version 3. */
bool mac_verify(struct mac *m, const void *msg, size_t len,
    const uint8_t *digest, size_t digest_len);

/* MD5 of DATA without OpenSSL (ntp_md5.c): IPv6 reference ids, RFC 5905 7.3. */
void mac_md5(const void *data, size_t len, uint8_t out[16]);

/* SHA-1 of DATA without OpenSSL (ntp_sha1.c): leap second file. */
void mac_sha1(const void *data, size_t len, uint8_t out[20]);

#endif /* NTP_MAC_H */
