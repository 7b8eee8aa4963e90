/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ntscookie.c - the server's cookies (RFC 8915 6).
 *
 * All that a reply needs is prepared when keys come: the path of a packet
 * allocates nothing and asks nobody for random octets.  Nonces are the key
 * stream of AES under a key of this jar alone, so no two cookies look as if
 * they were of the same client.
 */
#include "ntp_ntscookie.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"

#define ID_LEN	   4U /* octets */
#define AEAD_FIELD 4U
#define PUBLIC	   (ID_LEN + AEAD_NONCE) /* before what is sealed */
#define SECRET_MAX (AEAD_FIELD + 2 * AEAD_KEY_MAX)
#define POOL	   256U /* octets made at once */

struct nts_jar {
	struct nts_cookiekeys keys;
	struct aead *seal[NTS_KEYRING];
	struct aead_set set;
	EVP_CIPHER_CTX *stream;
	uint8_t pool[POOL];
	size_t used; /* octets of it */
};

/* --- random octets -------------------------------------------------------- */

static bool
stream_init(struct nts_jar *j, const uint8_t seed[NTS_SEED])
{
	static const uint8_t start[16];
	EVP_CIPHER *aes = EVP_CIPHER_fetch(NULL, "AES-256-CTR", NULL);
	bool ok;

	j->used = POOL;
	j->stream = EVP_CIPHER_CTX_new();
	ok = aes != NULL && j->stream != NULL &&
	    EVP_EncryptInit_ex2(j->stream, aes, seed, start, NULL) == 1;
	EVP_CIPHER_free(aes);
	return ok;
}

static void
refill(struct nts_jar *j)
{
	static const uint8_t zeros[POOL];
	int len;

	(void)EVP_EncryptUpdate(j->stream, j->pool, &len, zeros, POOL);
	j->used = 0;
}

void
nts_jar_random(struct nts_jar *j, uint8_t *out, size_t len)
{
	while (len > 0) {
		size_t n;

		if (j->used == POOL)
			refill(j);
		n = len < POOL - j->used ? len : POOL - j->used;
		memcpy(out, j->pool + j->used, n);
		nts_wipe(j->pool + j->used, n);
		j->used += n;
		out += n;
		len -= n;
	}
}

/* --- life ----------------------------------------------------------------- */

static bool
seals_init(struct nts_jar *j)
{
	const struct nts_cookiekeys *k = &j->keys;

	for (size_t i = 0; i < k->n; i++) {
		j->seal[i] = aead_new(
		    k->key[i].aead, k->key[i].key, aead_keylen(k->key[i].aead));
		if (j->seal[i] == NULL)
			return false;
	}
	return true;
}

struct nts_jar *
nts_jar_new(const struct nts_cookiekeys *keys, const uint8_t seed[NTS_SEED])
{
	struct nts_jar *j;

	if (keys->n == 0 || keys->n > NTS_KEYRING)
		return NULL;
	j = calloc(1, sizeof *j);
	if (j == NULL)
		return NULL;
	j->keys = *keys;
	if (!seals_init(j) || aead_set_init(&j->set) != 0 ||
	    !stream_init(j, seed))
		nts_jar_free(&j);
	return j;
}

struct nts_jar *
nts_jar_copy(const struct nts_jar *j, const uint8_t seed[NTS_SEED])
{
	return nts_jar_new(&j->keys, seed);
}

void
nts_jar_free(struct nts_jar **jp)
{
	struct nts_jar *j = *jp;

	*jp = NULL;
	if (j == NULL)
		return;
	for (size_t i = 0; i < j->keys.n; i++)
		aead_free(&j->seal[i]);
	aead_set_fini(&j->set);
	EVP_CIPHER_CTX_free(j->stream);
	nts_wipe(j, sizeof *j);
	free(j);
}

struct aead_set *
nts_jar_aeads(struct nts_jar *j)
{
	return &j->set;
}

/* --- cookies -------------------------------------------------------------- */

size_t
nts_cookie_len(uint16_t aead)
{
	size_t keylen = aead_keylen(aead);

	return keylen == 0 ? 0 : PUBLIC + AEAD_TAG + AEAD_FIELD + 2 * keylen;
}

/* Least octet first, as NTPsec writes them where it mostly runs. */
static void
put_le32(uint8_t out[4], uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t
get_le32(const uint8_t p[4])
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[1] << 8 | p[0];
}

int
nts_cookie_seal(struct nts_jar *j, const struct nts_keys *k, uint8_t *out)
{
	uint8_t *secret = out + PUBLIC + AEAD_TAG;
	struct octets ad = {out, PUBLIC}, nonce = {out + ID_LEN, AEAD_NONCE};

	if (k->keylen == 0 || k->keylen != aead_keylen(k->aead))
		return -NTP_EINVAL;
	put_le32(out, j->keys.key[0].id);
	nts_jar_random(j, out + ID_LEN, AEAD_NONCE);
	put_le32(secret, k->aead);
	memcpy(secret + AEAD_FIELD, k->c2s, k->keylen);
	memcpy(secret + AEAD_FIELD + k->keylen, k->s2c, k->keylen);
	return aead_seal(j->seal[0], ad, nonce,
	    (struct octets){secret, AEAD_FIELD + 2U * k->keylen}, out + PUBLIC);
}

static size_t
key_of(const struct nts_jar *j, uint32_t id)
{
	size_t i = 0;

	while (i < j->keys.n && j->keys.key[i].id != id)
		i++;
	return i;
}

/* What was inside: the algorithm says how long it must have been. */
static int
take_keys(const uint8_t *secret, size_t len, struct nts_keys *out)
{
	uint32_t aead = get_le32(secret);
	size_t keylen = aead > UINT16_MAX ? 0 : aead_keylen((uint16_t)aead);

	if (keylen == 0 || len != AEAD_FIELD + 2 * keylen)
		return -NTP_EAUTH;
	out->aead = (uint16_t)aead;
	out->keylen = (uint8_t)keylen;
	memcpy(out->c2s, secret + AEAD_FIELD, keylen);
	memcpy(out->s2c, secret + AEAD_FIELD + keylen, keylen);
	return 0;
}

int
nts_cookie_open(struct nts_jar *j, struct octets cookie, struct nts_keys *out)
{
	struct octets ad = {cookie.p, PUBLIC};
	struct octets nonce = {cookie.p + ID_LEN, AEAD_NONCE};
	uint8_t secret[SECRET_MAX];
	size_t i, len;
	int err;

	if (cookie.len < PUBLIC + AEAD_TAG + AEAD_FIELD ||
	    cookie.len > NTS_OWN_COOKIE_MAX)
		return -NTP_EAUTH;
	i = key_of(j, get_le32(cookie.p));
	if (i == j->keys.n)
		return -NTP_ENOKEY;
	len = cookie.len - PUBLIC - AEAD_TAG;
	err = aead_open(j->seal[i], ad, nonce,
	    (struct octets){cookie.p + PUBLIC, cookie.len - PUBLIC}, secret);
	if (err == 0)
		err = take_keys(secret, len, out);
	nts_wipe(secret, sizeof secret);
	return err == 0 ? (int)i : err;
}
