/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mac.c - message authentication codes of symmetric keys.
 *
 * What depends on the key alone is done once: a digest has a context that is
 * already fed with the secret and is copied for each message, a CMAC has one
 * with its subkeys that is started again.  (OpenSSL 3.0 allocates a digest's
 * state for each message, however it is started; CMAC allocates nothing.)
 */
#include "ntp_mac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define AES_KEY_MAX 32U /* octets */

struct mac {
	enum mac_type type;
	EVP_MD_CTX *keyed, *work; /* of a digest, else NULL */
	EVP_MAC_CTX *cmac;	  /* of a CMAC, else NULL */
};

/* Names of the types, and what OpenSSL calls the digest or the cipher. */
static const struct {
	char name[12], algorithm[12];
	size_t len;	/* octets on the wire */
	size_t key_len; /* octets, of a cipher; 0: a digest */
} types[MAC_TYPES] = {
    [MAC_NONE] = {"none", "", 0, 0},
    [MAC_MD5] = {"MD5", "MD5", 16, 0},
    [MAC_SHA1] = {"SHA1", "SHA1", NTP_DIGEST_MAX, 0},
    [MAC_SHA224] = {"SHA224", "SHA224", NTP_DIGEST_MAX, 0},
    [MAC_SHA256] = {"SHA256", "SHA256", NTP_DIGEST_MAX, 0},
    [MAC_SHA384] = {"SHA384", "SHA384", NTP_DIGEST_MAX, 0},
    [MAC_SHA512] = {"SHA512", "SHA512", NTP_DIGEST_MAX, 0},
    [MAC_SHA512_224] = {"SHA512-224", "SHA512-224", NTP_DIGEST_MAX, 0},
    [MAC_SHA512_256] = {"SHA512-256", "SHA512-256", NTP_DIGEST_MAX, 0},
    [MAC_SHA3_224] = {"SHA3-224", "SHA3-224", NTP_DIGEST_MAX, 0},
    [MAC_SHA3_256] = {"SHA3-256", "SHA3-256", NTP_DIGEST_MAX, 0},
    [MAC_SHA3_384] = {"SHA3-384", "SHA3-384", NTP_DIGEST_MAX, 0},
    [MAC_SHA3_512] = {"SHA3-512", "SHA3-512", NTP_DIGEST_MAX, 0},
    [MAC_RIPEMD160] = {"RIPEMD160", "RIPEMD160", NTP_DIGEST_MAX, 0},
    [MAC_BLAKE2S256] = {"BLAKE2S256", "BLAKE2S-256", NTP_DIGEST_MAX, 0},
    [MAC_BLAKE2B512] = {"BLAKE2B512", "BLAKE2B-512", NTP_DIGEST_MAX, 0},
    [MAC_AES128CMAC] = {"AES128CMAC", "AES-128-CBC", 16, 16},
    [MAC_AES192CMAC] = {"AES192CMAC", "AES-192-CBC", 16, 24},
    [MAC_AES256CMAC] = {"AES256CMAC", "AES-256-CBC", 16, 32},
};

static const struct {
	char name[12];
	enum mac_type type;
} aliases[] = {
    {"M", MAC_MD5},
    {"SHA", MAC_SHA1},
    {"SHA-1", MAC_SHA1},
    {"SHA-224", MAC_SHA224},
    {"SHA-256", MAC_SHA256},
    {"SHA-384", MAC_SHA384},
    {"SHA-512", MAC_SHA512},
    {"SHA512/224", MAC_SHA512_224},
    {"SHA512/256", MAC_SHA512_256},
    {"RMD160", MAC_RIPEMD160},
    {"RIPEMD", MAC_RIPEMD160},
    {"AES", MAC_AES128CMAC},
    {"AES128", MAC_AES128CMAC},
    {"AES-128", MAC_AES128CMAC},
    {"AES192", MAC_AES192CMAC},
    {"AES-192", MAC_AES192CMAC},
    {"AES256", MAC_AES256CMAC},
    {"AES-256", MAC_AES256CMAC},
};

static bool
same_name(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && strncasecmp(name, text, len) == 0;
}

enum mac_type
mac_type_by_name(const char *name, size_t len)
{
	for (size_t i = MAC_NONE + 1; i < MAC_TYPES; i++)
		if (same_name(types[i].name, name, len))
			return (enum mac_type)i;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (same_name(aliases[i].name, name, len))
			return aliases[i].type;
	return MAC_NONE;
}

const char *
mac_type_name(enum mac_type t)
{
	return types[t < MAC_TYPES ? t : MAC_NONE].name;
}

size_t
mac_digest_len(enum mac_type t)
{
	return t < MAC_TYPES ? types[t].len : 0;
}

static bool
prepare_digest(struct mac *m, const void *secret, size_t len)
{
	EVP_MD *md = EVP_MD_fetch(NULL, types[m->type].algorithm, NULL);
	bool ok;

	m->keyed = EVP_MD_CTX_new();
	m->work = EVP_MD_CTX_new();
	ok = md != NULL && m->keyed != NULL && m->work != NULL &&
	    EVP_DigestInit_ex2(m->keyed, md, NULL) == 1 &&
	    EVP_DigestUpdate(m->keyed, secret, len) == 1;
	EVP_MD_free(md); /* the context keeps its own reference */
	return ok;
}

static bool
prepare_cmac(struct mac *m, const void *secret, size_t len)
{
	size_t key_len = types[m->type].key_len;
	char cipher[sizeof(types[0].algorithm)];
	OSSL_PARAM params[2];
	uint8_t key[AES_KEY_MAX] = {0};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	bool ok;

	memcpy(cipher, types[m->type].algorithm, sizeof(cipher));
	params[0] =
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (mac != NULL)
		m->cmac = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	memcpy(key, secret, len < key_len ? len : key_len);
	ok =
	    m->cmac != NULL && EVP_MAC_init(m->cmac, key, key_len, params) == 1;
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}

struct mac *
mac_new(enum mac_type t, const void *secret, size_t len)
{
	struct mac *m;
	bool ok;

	if (mac_digest_len(t) == 0 || len == 0 || len > NTP_SECRET_MAX)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return NULL;
	m->type = t;
	ERR_set_mark(); /* TLS connections read this thread's error queue */
	ok = types[t].key_len > 0 ? prepare_cmac(m, secret, len)
				  : prepare_digest(m, secret, len);
	ERR_pop_to_mark();
	if (!ok)
		mac_free(&m);
	return m;
}

struct mac *
mac_copy(const struct mac *m)
{
	struct mac *c = calloc(1, sizeof(*c));
	bool ok;

	if (c == NULL)
		return NULL;
	c->type = m->type;
	if (m->cmac != NULL) {
		c->cmac = EVP_MAC_CTX_dup(m->cmac);
		ok = c->cmac != NULL;
	} else {
		c->keyed = EVP_MD_CTX_new();
		c->work = EVP_MD_CTX_new();
		ok = c->keyed != NULL && c->work != NULL &&
		    EVP_MD_CTX_copy_ex(c->keyed, m->keyed) == 1;
	}
	if (!ok)
		mac_free(&c);
	return c;
}

void
mac_free(struct mac **mp)
{
	struct mac *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	EVP_MD_CTX_free(m->keyed); /* OpenSSL wipes what it frees */
	EVP_MD_CTX_free(m->work);
	EVP_MAC_CTX_free(m->cmac);
	free(m);
}

enum mac_type
mac_type_of(const struct mac *m)
{
	return m->type;
}

static bool
sign_digest(struct mac *m, const void *msg, size_t len, uint8_t *full)
{
	return EVP_MD_CTX_copy_ex(m->work, m->keyed) == 1 &&
	    EVP_DigestUpdate(m->work, msg, len) == 1 &&
	    EVP_DigestFinal_ex(m->work, full, NULL) == 1;
}

static bool
sign_cmac(struct mac *m, const void *msg, size_t len, uint8_t *full)
{
	size_t n;

	return EVP_MAC_init(m->cmac, NULL, 0, NULL) == 1 &&
	    EVP_MAC_update(m->cmac, msg, len) == 1 &&
	    EVP_MAC_final(m->cmac, full, &n, EVP_MAX_MD_SIZE) == 1;
}

_Static_assert(NTP_DIGEST_WHOLE == EVP_MAX_MD_SIZE, "the longest digest");

size_t
mac_sign_whole(
    struct mac *m, const void *msg, size_t len, uint8_t out[NTP_DIGEST_WHOLE])
{
	bool ok = m->cmac != NULL ? sign_cmac(m, msg, len, out)
				  : sign_digest(m, msg, len, out);

	if (!ok)
		return 0;
	return m->cmac != NULL ? types[m->type].len
			       : (size_t)EVP_MD_CTX_get_size(m->keyed);
}

size_t
mac_sign(
    struct mac *m, const void *msg, size_t len, uint8_t out[NTP_DIGEST_MAX])
{
	uint8_t whole[NTP_DIGEST_WHOLE];
	size_t n = types[m->type].len;

	if (mac_sign_whole(m, msg, len, whole) < n)
		return 0;
	memcpy(out, whole, n);
	return n;
}

bool
mac_verify(struct mac *m, const void *msg, size_t len, const uint8_t *digest,
    size_t digest_len)
{
	uint8_t own[NTP_DIGEST_WHOLE];
	size_t whole = mac_sign_whole(m, msg, len, own);

	return whole > 0 &&
	    (digest_len == types[m->type].len || digest_len == whole) &&
	    CRYPTO_memcmp(own, digest, digest_len) == 0;
}
