/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_aead.c - AES-SIV (RFC 5297) for Network Time Security.
 *
 * Built from CBC and ECB, because the SIV of OpenSSL before 3.5 can neither
 * make nor check the tag of an empty text, which is what every request
 * carries.  CMAC is CBC with a masked last block, CTR is ECB of a counter: so
 * nothing is set up but keys, whose cost of several hundred nanoseconds each
 * time is more than that of the cipher, and another key costs no memory.
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
	EVP_CIPHER_CTX *ecb;	/* with the second one */
	uint8_t chain[BLOCK];	/* where CBC is */
	uint8_t whole[BLOCK];	/* masks a last block that is whole ... */
	uint8_t partial[BLOCK]; /* ... or not */
	uint8_t zero[BLOCK];	/* CMAC of a block of zeros */
};

static const struct {
	char name[20], cbc[12], ecb[12];
	size_t keylen;
} algorithms[AEAD_COUNT] = {
    {"AES_SIV_CMAC_256", "AES-128-CBC", "AES-128-ECB", 32},
    {"AES_SIV_CMAC_384", "AES-192-CBC", "AES-192-ECB", 48},
    {"AES_SIV_CMAC_512", "AES-256-CBC", "AES-256-ECB", 64},
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

/* Chain the N octets at P, whole blocks. */
static bool
cbc_update(struct aead *a, const uint8_t *p, size_t n)
{
	uint8_t scratch[SCRATCH];
	bool ok = true;
	int len;

	while (n > 0 && ok) {
		size_t some = n < SCRATCH ? n : SCRATCH;

		ok =
		    EVP_EncryptUpdate(a->cbc, scratch, &len, p, (int)some) == 1;
		memcpy(a->chain, scratch + some - BLOCK, BLOCK);
		p += some;
		n -= some;
	}
	return ok;
}

/* The first block of a message takes back what the chain holds of the one
 * before it: to set another start would cost more than all the blocks. */
static bool
cbc_first(struct aead *a, struct octets msg)
{
	uint8_t block[BLOCK];

	memcpy(block, msg.p, BLOCK);
	xor_block(block, a->chain);
	return cbc_update(a, block, BLOCK) &&
	    cbc_update(a, msg.p + BLOCK, msg.len - BLOCK);
}

/* Of HEAD, whole blocks, and behind it TAIL. */
static bool
cmac(struct aead *a, struct octets head, struct octets tail, uint8_t out[BLOCK])
{
	size_t rest = tail.len > BLOCK ? tail.len - BLOCK : 0;
	uint8_t last[BLOCK] = {0};
	size_t whole = (rest + BLOCK - 1) / BLOCK * BLOCK;
	size_t n = tail.len - whole;
	bool first = true, ok = true;
	struct octets parts[3];

	if (n > 0)
		memcpy(last, tail.p + whole, n);
	if (n < BLOCK)
		last[n] = 0x80;
	xor_block(last, n == BLOCK ? a->whole : a->partial);
	parts[0] = head;
	parts[1] = (struct octets){tail.p, whole};
	parts[2] = (struct octets){last, BLOCK};
	for (size_t i = 0; i < 3 && ok; i++) {
		if (parts[i].len == 0)
			continue;
		ok = first ? cbc_first(a, parts[i])
			   : cbc_update(a, parts[i].p, parts[i].len);
		first = false;
	}
	memcpy(out, a->chain, BLOCK);
	return ok;
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
	    EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL) == 1) {
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
	    EVP_EncryptInit_ex2(a->ecb, NULL, key + a->half, NULL, NULL) != 1)
		return -NTP_EIO;
	memset(a->chain, 0, BLOCK);
	if (!cbc_update(a, zeros, BLOCK))
		return -NTP_EIO;
	memcpy(a->whole, a->chain, BLOCK);
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
	a->ecb = cipher_new(algorithms[index_of(id)].ecb);
	ok = a->cbc != NULL && a->ecb != NULL && aead_rekey(a, key) == 0;
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
	EVP_CIPHER_CTX_free(a->ecb);
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

/* Octets 12 to 15 count; the bit above them is clear, so they do not wrap. */
static void
count_up(uint8_t counter[BLOCK])
{
	for (size_t i = BLOCK - 1; ++counter[i] == 0;)
		i--;
}

/* The key stream over IN, 1 to SCRATCH octets. */
static bool
ctr_some(struct aead *a, uint8_t counter[BLOCK], struct octets in, uint8_t *out)
{
	uint8_t stream[SCRATCH];
	size_t n = 0;
	int len;

	do {
		memcpy(stream + n, counter, BLOCK);
		count_up(counter);
		n += BLOCK;
	} while (n < in.len);
	if (EVP_EncryptUpdate(a->ecb, stream, &len, stream, (int)n) != 1)
		return false;
	for (size_t i = 0; i < in.len; i++)
		out[i] = in.p[i] ^ stream[i];
	return true;
}

static bool
ctr_crypt(
    struct aead *a, const uint8_t v[BLOCK], struct octets in, uint8_t *out)
{
	uint8_t counter[BLOCK];
	bool ok = true;

	memcpy(counter, v, BLOCK);
	counter[8] &= CTR_MASK;
	counter[12] &= CTR_MASK;
	while (in.len > 0 && ok) {
		size_t n = in.len < SCRATCH ? in.len : SCRATCH;

		ok = ctr_some(a, counter, (struct octets){in.p, n}, out);
		in.p += n;
		in.len -= n;
		out += n;
	}
	return ok;
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
