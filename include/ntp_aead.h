/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_aead.h - authenticated encryption for Network Time Security (RFC 8915).
 *
 * AEAD_AES_SIV_CMAC_256, _384 and _512 (RFC 5297 6).  What is sealed begins
 * with the tag; a nonce used twice tells no more than that the same was sealed
 * twice.
 */
#ifndef NTP_AEAD_H
#define NTP_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of the IANA registry. */
enum aead_id {
	AEAD_AES_SIV_CMAC_256 = 15,
	AEAD_AES_SIV_CMAC_384 = 16,
	AEAD_AES_SIV_CMAC_512 = 17,
};

#define AEAD_KEY_MAX 64U /* octets */
#define AEAD_TAG     16U
#define AEAD_NONCE   16U /* that we use; others may be longer or shorter */
#define AEAD_COUNT   3U	 /* algorithms, with consecutive numbers */

/* Octets of a key; 0 when there is no such algorithm here. */
size_t aead_keylen(uint16_t id);
/* "AES_SIV_CMAC_256" ...; constant, NULL when there is none here. */
const char *aead_name(uint16_t id);

/* Octets of somebody else. */
struct octets {
	const uint8_t *p;
	size_t len;
};

struct aead; /* a prepared key; not for two threads at once */

/* With KEY of exactly the algorithm's length; NULL: out of memory, or not
 * here. */
struct aead *aead_new(uint16_t id, const uint8_t *key, size_t keylen);
void aead_free(struct aead **a); /* wipes the key */
/* Another key of the same length, without allocating. */
int aead_rekey(struct aead *a, const uint8_t *key);

/*
 * Seal TEXT, which may be empty, into OUT of TEXT.len + AEAD_TAG octets; TEXT
 * lies at OUT + AEAD_TAG or nowhere in OUT.  0 or -NTP_EIO.
 */
int aead_seal(struct aead *a, struct octets ad, struct octets nonce,
    struct octets text, uint8_t *out);
/*
 * Open SEALED into TEXT of SEALED.len - AEAD_TAG octets, which may lie at
 * SEALED.p + AEAD_TAG.  0; -NTP_EAUTH, and TEXT is zeros.
 */
int aead_open(struct aead *a, struct octets ad, struct octets nonce,
    struct octets sealed, uint8_t *text);

/* One of each algorithm, to be given the key of each message. */
struct aead_set {
	struct aead *of[AEAD_COUNT];
};
/* 0 or -NTP_ENOMEM. */
int aead_set_init(struct aead_set *s);
void aead_set_fini(struct aead_set *s);
/* That of algorithm ID, with KEY; NULL when there is no such algorithm here or
 * its keys have another length. */
struct aead *aead_set_key(
    struct aead_set *s, uint16_t id, const uint8_t *key, size_t keylen);

#endif /* NTP_AEAD_H */
