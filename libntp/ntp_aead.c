/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_aead.c - AES-SIV (RFC 5297) for Network Time Security.
 *
 * Built from CBC and CTR, because the SIV of OpenSSL before 3.5 can neither
 * make nor check the tag of an empty text, which is what every request
 * carries.  CMAC is CBC with a masked last block: one call of the cipher for
 * all blocks costs less than the CMAC of OpenSSL 3.0, which makes one for
 * each, and another key costs no memory.
 */
#include "ntp_aead.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"

#define BLOCK	 16U  /* octets of AES */
#define SCRATCH	 256U /* octets, whole blocks */
#define DBL_MASK 0x87
#define CTR_MASK 0x7f

struct aead {
	uint16_t id;
	size_t half;		/* octets of each of the two keys */
	EVP_CIPHER_CTX *cbc;	/* with the first key */
	EVP_CIPHER_CTX *ctr;	/* with the second one */
	uint8_t whole[BLOCK];	/* masks a last block that is whole ... */
	uint8_t partial[BLOCK]; /* ... or not */
	uint8_t zero[BLOCK];	/* CMAC of a block of zeros */
};

static const struct {
	char name[20], cbc[12], ctr[12];
	size_t keylen;
} algorithms[AEAD_COUNT] = {
    {"AES_SIV_CMAC_256", "AES-128-CBC", "AES-128-CTR", 32},
    {"AES_SIV_CMAC_384", "AES-192-CBC", "AES-192-CTR", 48},
    {"AES_SIV_CMAC_512", "AES-256-CBC", "AES-256-CTR", 64},
};

static const uint8_t zeros[BLOCK];

static size_t
index_of(uint16_t id)
{
	return (size_t)id - AEAD_AES_SIV_CMAC_256;
}

size_t
aead_keylen(uint16_t id)
{
	return index_of(id) < AEAD_COUNT ? algorithms[index_of(id)].keylen : 0;
}

const char *
aead_name(uint16_t id)
{
	return index_of(id) < AEAD_COUNT ? algorithms[index_of(id)].name : NULL;
}

/* --- CMAC (RFC 4493) ------------------------------------------------------ */

static void
xor_block(uint8_t *b, const uint8_t *with)
{
	for (size_t i = 0; i < BLOCK; i++)
		b[i] ^= with[i];
}

/* Multiply by x in GF(2^128). */
static void
dbl(uint8_t b[BLOCK])
{
	uint8_t top = b[0] >> 7;

	for (size_t i = 0; i < BLOCK - 1; i++)
		b[i] = (uint8_t)(b[i] << 1 | b[i + 1] >> 7);
	b[BLOCK - 1] = (uint8_t)(b[BLOCK - 1] << 1);
	b[BLOCK - 1] ^= (uint8_t)(DBL_MASK * top);
}

static bool
cbc_begin(struct aead *a)
{
	return EVP_EncryptInit_ex2(a->cbc, NULL, NULL, zeros, NULL) == 1;
}

/* Chain the N octets at P, whole blocks; OUT gets the last one. */
static bool
cbc_blocks(struct aead *a, const uint8_t *p, size_t n, uint8_t out[BLOCK])
{
	uint8_t scratch[SCRATCH];
	bool ok = true;
	int len;

	while (n > 0 && ok) {
		size_t some = n < SCRATCH ? n : SCRATCH;

		ok =
		    EVP_EncryptUpdate(a->cbc, scratch, &len, p, (int)some) == 1;
		memcpy(out, scratch + some - BLOCK, BLOCK);
		p += some;
		n -= some;
	}
	return ok;
}

/* Of HEAD, whole blocks, and behind it TAIL. */
static bool
cmac(struct aead *a, struct octets head, struct octets tail, uint8_t out[BLOCK])
{
	size_t rest = tail.len > BLOCK ? tail.len - BLOCK : 0;
	uint8_t last[BLOCK] = {0};
	size_t whole = (rest + BLOCK - 1) / BLOCK * BLOCK;
	size_t n = tail.len - whole;

	if (n > 0)
		memcpy(last, tail.p + whole, n);
	if (n < BLOCK)
		last[n] = 0x80;
	xor_block(last, n == BLOCK ? a->whole : a->partial);
	return cbc_begin(a) && cbc_blocks(a, head.p, head.len, out) &&
	    cbc_blocks(a, tail.p, whole, out) &&
	    cbc_blocks(a, last, BLOCK, out);
}

static bool
cmac_of(struct aead *a, struct octets msg, uint8_t out[BLOCK])
{
	return cmac(a, (struct octets){msg.p, 0}, msg, out);
}

/* --- keys ----------------------------------------------------------------- */

static EVP_CIPHER_CTX *
cipher_new(const char *name)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (cipher != NULL && ctx != NULL &&
	    EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1) {
		EVP_CIPHER_free(cipher); /* the context keeps its own */
		return ctx;
	}
	EVP_CIPHER_free(cipher);
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

int
aead_rekey(struct aead *a, const uint8_t *key)
{
	if (EVP_EncryptInit_ex2(a->cbc, NULL, key, zeros, NULL) != 1 ||
	    EVP_EncryptInit_ex2(a->ctr, NULL, key + a->half, zeros, NULL) != 1)
		return -NTP_EIO;
	if (!cbc_blocks(a, zeros, BLOCK, a->whole))
		return -NTP_EIO;
	dbl(a->whole);
	memcpy(a->partial, a->whole, BLOCK);
	dbl(a->partial);
	if (!cmac_of(a, (struct octets){zeros, BLOCK}, a->zero))
		return -NTP_EIO;
	return 0;
}

struct aead *
aead_new(uint16_t id, const uint8_t *key, size_t keylen)
{
	struct aead *a;
	bool ok;

	if (keylen == 0 || keylen != aead_keylen(id))
		return NULL;
	a = calloc(1, sizeof *a);
	if (a == NULL)
		return NULL;
	a->id = id;
	a->half = keylen / 2;
	ERR_set_mark(); /* TLS connections read this thread's error queue */
	a->cbc = cipher_new(algorithms[index_of(id)].cbc);
	a->ctr = cipher_new(algorithms[index_of(id)].ctr);
	ok = a->cbc != NULL && a->ctr != NULL && aead_rekey(a, key) == 0;
	ERR_pop_to_mark();
	if (!ok)
		aead_free(&a);
	return a;
}

void
aead_free(struct aead **ap)
{
	struct aead *a = *ap;

	*ap = NULL;
	if (a == NULL)
		return;
	EVP_CIPHER_CTX_free(a->cbc); /* OpenSSL wipes what it frees */
	EVP_CIPHER_CTX_free(a->ctr);
	OPENSSL_cleanse(a, sizeof *a);
	free(a);
}

/* --- SIV ------------------------------------------------------------------ */

/* The last component of S2V, masked by D at its end. */
static bool
s2v_last(struct aead *a, struct octets text, uint8_t d[BLOCK], uint8_t *v)
{
	uint8_t tail[2 * BLOCK] = {0};
	size_t whole = 0, n;

	if (text.len < BLOCK) {
		dbl(d);
		if (text.len > 0)
			memcpy(tail, text.p, text.len);
		tail[text.len] = 0x80;
		xor_block(tail, d);
		return cmac_of(a, (struct octets){tail, BLOCK}, v);
	}
	whole = (text.len - BLOCK) / BLOCK * BLOCK;
	n = text.len - whole;
	memcpy(tail, text.p + whole, n);
	xor_block(tail + n - BLOCK, d);
	return cmac(
	    a, (struct octets){text.p, whole}, (struct octets){tail, n}, v);
}

/* RFC 5297 2.4, with two components before the text. */
static bool
s2v(struct aead *a, const struct octets before[2], struct octets text,
    uint8_t v[BLOCK])
{
	uint8_t d[BLOCK], c[BLOCK];

	memcpy(d, a->zero, BLOCK);
	for (size_t i = 0; i < 2; i++) {
		if (!cmac_of(a, before[i], c))
			return false;
		dbl(d);
		xor_block(d, c);
	}
	return s2v_last(a, text, d, v);
}

static bool
ctr_crypt(
    struct aead *a, const uint8_t v[BLOCK], struct octets in, uint8_t *out)
{
	uint8_t start[BLOCK];
	int len;

	if (in.len == 0)
		return true;
	memcpy(start, v, BLOCK);
	start[8] &= CTR_MASK;
	start[12] &= CTR_MASK;
	return EVP_EncryptInit_ex2(a->ctr, NULL, NULL, start, NULL) == 1 &&
	    EVP_EncryptUpdate(a->ctr, out, &len, in.p, (int)in.len) == 1;
}

int
aead_seal(struct aead *a, struct octets ad, struct octets nonce,
    struct octets text, uint8_t *out)
{
	const struct octets before[2] = {ad, nonce};
	uint8_t v[BLOCK];

	if (!s2v(a, before, text, v) || !ctr_crypt(a, v, text, out + AEAD_TAG))
		return -NTP_EIO;
	memcpy(out, v, AEAD_TAG);
	return 0;
}

int
aead_open(struct aead *a, struct octets ad, struct octets nonce,
    struct octets sealed, uint8_t *text)
{
	const struct octets before[2] = {ad, nonce};
	uint8_t tag[AEAD_TAG], v[BLOCK];
	struct octets in;

	if (sealed.len < AEAD_TAG)
		return -NTP_EAUTH;
	in = (struct octets){sealed.p + AEAD_TAG, sealed.len - AEAD_TAG};
	memcpy(tag, sealed.p, AEAD_TAG);
	if (ctr_crypt(a, tag, in, text) &&
	    s2v(a, before, (struct octets){text, in.len}, v) &&
	    CRYPTO_memcmp(v, tag, AEAD_TAG) == 0)
		return 0;
	if (in.len > 0)
		OPENSSL_cleanse(text, in.len);
	return -NTP_EAUTH;
}

/* --- one of each ---------------------------------------------------------- */

int
aead_set_init(struct aead_set *s)
{
	static const uint8_t nokey[AEAD_KEY_MAX];

	*s = (struct aead_set){0};
	for (size_t i = 0; i < AEAD_COUNT; i++) {
		s->of[i] = aead_new((uint16_t)(AEAD_AES_SIV_CMAC_256 + i),
		    nokey, algorithms[i].keylen);
		if (s->of[i] == NULL) {
			aead_set_fini(s);
			return -NTP_ENOMEM;
		}
	}
	return 0;
}

void
aead_set_fini(struct aead_set *s)
{
	for (size_t i = 0; i < AEAD_COUNT; i++)
		aead_free(&s->of[i]);
}

struct aead *
aead_set_key(struct aead_set *s, uint16_t id, const uint8_t *key, size_t keylen)
{
	struct aead *a;

	if (keylen == 0 || keylen != aead_keylen(id))
		return NULL;
	a = s->of[index_of(id)];
	return aead_rekey(a, key) == 0 ? a : NULL;
}
