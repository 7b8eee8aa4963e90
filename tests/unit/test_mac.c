/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mac.c - tests of message authentication codes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_mac.h"
#include "ntp_rng.h"
#include "threat.h"

#define TEXT_KEY "ntpsecretkey"

/* A client request: version 4, poll 6, precision -20. */
static const uint8_t request[48] = {
    0x23, 0, 6, 0xec, [40] = 0xe8, 0xaa, 0x5b, 0x00, 0x12, 0x34, 0x56, 0x78};

static const uint8_t aes_key[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2,
    0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};

static size_t live; /* blocks that OpenSSL holds */

static void *
count_malloc(size_t n, const char *file, int line)
{
	(void)file, (void)line;
	live++;
	return malloc(n);
}

static void *
count_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file, (void)line;
	live += p == NULL;
	return realloc(p, n);
}

static void
count_free(void *p, const char *file, int line)
{
	(void)file, (void)line;
	live -= p != NULL;
	free(p);
}

static void
check_hex(const uint8_t *got, size_t len, const char *want)
{
	char text[2 * NTP_DIGEST_MAX + 1] = "";

	assert_int_equal(2 * len, strlen(want));
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = "0123456789abcdef"[got[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[got[i] & 15];
	}
	assert_string_equal(text, want);
}

static void
check_mac(enum mac_type t, const void *key, size_t keylen, const char *want)
{
	struct mac *m = mac_new(t, key, keylen);
	uint8_t out[NTP_DIGEST_MAX];

	assert_non_null(m);
	assert_int_equal(mac_type_of(m), t);
	for (int i = 0; i < 3; i++) {
		size_t n = mac_sign(m, request, sizeof(request), out);

		check_hex(out, n, want);
		assert_true(mac_verify(m, request, sizeof(request), out, n));
	}
	mac_free(&m);
	assert_null(m);
}

static void
test_request_vectors(void **state)
{
	const size_t n = strlen(TEXT_KEY);

	(void)state;
	check_mac(MAC_MD5, TEXT_KEY, n, "2d1fa7d51a875d20eb40b2ef3380db1e");
	check_mac(
	    MAC_SHA1, TEXT_KEY, n, "968fc1ce76ebd6557832426471c343b0d0a4ee92");
	check_mac(MAC_SHA256, TEXT_KEY, n,
	    "890a25aad495cc7d798b2add1b7f21d8c4f96a8d");
	check_mac(MAC_SHA384, TEXT_KEY, n,
	    "bc9a9cb6bc2a7fcdca73eb37395d7126deb6f965");
	check_mac(MAC_SHA512, TEXT_KEY, n,
	    "b5ef90f39054f581c9e62fe79a920cae9c8a8c2a");
	check_mac(MAC_AES128CMAC, aes_key, sizeof(aes_key),
	    "43f63cbbdad074c3d83931153689b6fd");
}

/* Numbers of `openssl dgst` over the secret and the request; 20 octets. */
static void
test_request_vectors_of_further_digests(void **state)
{
	static const struct {
		enum mac_type type;
		const char *digest;
	} row[] = {
	    {MAC_SHA224, "9d7c127c831003969a49f2c2e976d26c96e4e5fd"},
	    {MAC_SHA512_224, "d57ac6e03c998ecb9419ca8883b800572a2e7579"},
	    {MAC_SHA512_256, "586f887d0adb5be6eb7fcebc27f74ea28b204343"},
	    {MAC_SHA3_224, "3939ec60ee97aa90161fb6332f92a932965d00a8"},
	    {MAC_SHA3_256, "d9fb818d80301d32de0c361420aee1ba3e95b670"},
	    {MAC_SHA3_384, "ab3bd79453a32434afd1a97d29691a389b7b24fa"},
	    {MAC_SHA3_512, "805d7c5f3bbc939a5c9e4859891caaf64bcd93a4"},
	    {MAC_RIPEMD160, "5b3065971e2194f5e04d4f4280b670c2fe741143"},
	    {MAC_BLAKE2S256, "2b44f57a2b377340eba3261236aaff34f70a5b8b"},
	    {MAC_BLAKE2B512, "eafd5f8f80baf9261f83a42486e0a64ca7fc3fd2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		check_mac(
		    row[i].type, TEXT_KEY, strlen(TEXT_KEY), row[i].digest);
}

/* The keys of NIST SP 800-38B D.2 and D.3. */
static void
test_longer_cmac_keys(void **state)
{
	static const uint8_t key192[] = {0x8e, 0x73, 0xb0, 0xf7, 0xda, 0x0e,
	    0x64, 0x52, 0xc8, 0x10, 0xf3, 0x2b, 0x80, 0x90, 0x79, 0xe5, 0x62,
	    0xf8, 0xea, 0xd2, 0x52, 0x2c, 0x6b, 0x7b};
	static const uint8_t key256[] = {0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca,
	    0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81, 0x1f,
	    0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3,
	    0x09, 0x14, 0xdf, 0xf4};

	(void)state;
	check_mac(MAC_AES192CMAC, key192, sizeof(key192),
	    "8711fcdd5c4611b0fab8659e15086264");
	check_mac(MAC_AES256CMAC, key256, sizeof(key256),
	    "44578f54e8862fa3bafe86f80fe9f840");
}

static void
test_cmac_rfc4493(void **state)
{
	static const uint8_t msg[16] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40,
	    0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a};
	struct mac *m = mac_new(MAC_AES128CMAC, aes_key, sizeof(aes_key));
	uint8_t out[NTP_DIGEST_MAX];

	(void)state;
	assert_non_null(m);
	check_hex(
	    out, mac_sign(m, msg, 0, out), "bb1d6929e95937287fa37d129b756746");
	check_hex(out, mac_sign(m, msg, sizeof(msg), out),
	    "070a16b46b4d4144f79bdd9dd04a287c");
	check_hex(
	    out, mac_sign(m, NULL, 0, out), "bb1d6929e95937287fa37d129b756746");
	mac_free(&m);
}

static void
test_cmac_keys_are_padded_and_cut(void **state)
{
	uint8_t key[40] = {0x2b, 0x7e, 0x15};
	struct mac *shorter = mac_new(MAC_AES128CMAC, key, 3);
	struct mac *exact = mac_new(MAC_AES128CMAC, key, 16);
	struct mac *longer;
	uint8_t a[NTP_DIGEST_MAX], b[NTP_DIGEST_MAX], c[NTP_DIGEST_MAX];

	(void)state;
	memset(key + 16, 0xff, sizeof(key) - 16);
	longer = mac_new(MAC_AES128CMAC, key, sizeof(key));
	assert_int_equal(mac_sign(exact, "x", 1, a), 16);
	assert_int_equal(mac_sign(shorter, "x", 1, b), 16);
	assert_int_equal(mac_sign(longer, "x", 1, c), 16);
	assert_memory_equal(a, b, 16);
	assert_memory_equal(a, c, 16);
	mac_free(&shorter);
	mac_free(&exact);
	mac_free(&longer);
}

static void
check_name(const char *name, enum mac_type t)
{
	assert_int_equal(mac_type_by_name(name, strlen(name)), t);
}

static void
test_names(void **state)
{
	(void)state;
	check_name("M", MAC_MD5);
	check_name("m", MAC_MD5);
	check_name("md5", MAC_MD5);
	check_name("SHA", MAC_SHA1);
	check_name("Sha1", MAC_SHA1);
	check_name("SHA-1", MAC_SHA1);
	check_name("SHA256", MAC_SHA256);
	check_name("sha-256", MAC_SHA256);
	check_name("SHA384", MAC_SHA384);
	check_name("SHA-384", MAC_SHA384);
	check_name("SHA512", MAC_SHA512);
	check_name("SHA-512", MAC_SHA512);
	check_name("AES128CMAC", MAC_AES128CMAC);
	check_name("aes", MAC_AES128CMAC);
	check_name("AES-128", MAC_AES128CMAC);
	check_name("aes-192", MAC_AES192CMAC);
	check_name("AES256", MAC_AES256CMAC);
	check_name("sha3-256", MAC_SHA3_256);
	check_name("SHA512/256", MAC_SHA512_256);
	check_name("RMD160", MAC_RIPEMD160);
	check_name("", MAC_NONE);
	check_name("none", MAC_NONE);
	check_name("MD", MAC_NONE);
	check_name("MD55", MAC_NONE);
	check_name("SHA2", MAC_NONE);
	check_name("AES-512", MAC_NONE);
	check_name("SHAKE128", MAC_NONE);
	assert_int_equal(mac_type_by_name("MD5xyz", 3), MAC_MD5);
	assert_int_equal(mac_type_by_name(NULL, 0), MAC_NONE);
}

static void
test_type_table(void **state)
{
	(void)state;
	for (int t = MAC_NONE; t < MAC_TYPES; t++) {
		const char *name = mac_type_name((enum mac_type)t);

		check_name(name, (enum mac_type)t);
		assert_int_equal(mac_digest_len((enum mac_type)t),
		    t == MAC_NONE			      ? 0
			: t == MAC_MD5 || t >= MAC_AES128CMAC ? 16
							      : 20);
	}
	assert_string_equal(mac_type_name((enum mac_type)99), "none");
	assert_int_equal(mac_digest_len((enum mac_type)99), 0);
}

static void
test_secret_lengths(void **state)
{
	uint8_t secret[NTP_SECRET_MAX + 1] = {1};

	(void)state;
	for (int t = MAC_MD5; t < MAC_TYPES; t++) {
		for (size_t n = 0; n <= sizeof(secret); n++) {
			struct mac *m = mac_new((enum mac_type)t, secret, n);

			assert_true(
			    (m != NULL) == (n >= 1 && n <= NTP_SECRET_MAX));
			mac_free(&m);
		}
	}
	assert_null(mac_new(MAC_NONE, secret, 8));
	assert_null(mac_new((enum mac_type)99, secret, 8));
}

/* Every octet of secret and message counts, and so does the exact length. */
static void
test_verify_refuses(void **state)
{
	uint8_t msg[48], out[NTP_DIGEST_MAX + 4] = {0};

	(void)state;
	memcpy(msg, request, sizeof(msg));
	for (int t = MAC_MD5; t < MAC_TYPES; t++) {
		struct mac *m = mac_new((enum mac_type)t, aes_key, 16);
		size_t n = mac_sign(m, msg, sizeof(msg), out);

		for (size_t len = 0; len <= sizeof(out); len++)
			assert_true(mac_verify(m, msg, sizeof(msg), out, len) ==
			    (len == n));
		for (size_t bit = 0; bit < 8 * n; bit++) {
			out[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_false(mac_verify(m, msg, sizeof(msg), out, n));
			out[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		for (size_t i = 0; i < sizeof(msg); i++) {
			msg[i] ^= 0x80;
			assert_false(mac_verify(m, msg, sizeof(msg), out, n));
			msg[i] ^= 0x80;
		}
		assert_false(mac_verify(m, msg, sizeof(msg) - 1, out, n));
		assert_true(mac_verify(m, msg, sizeof(msg), out, n));
		mac_free(&m);
	}
}

static void
test_other_secret_is_refused(void **state)
{
	uint8_t secret[16], out[NTP_DIGEST_MAX];

	(void)state;
	memcpy(secret, aes_key, sizeof(secret));
	for (int t = MAC_MD5; t < MAC_TYPES; t++) {
		struct mac *m = mac_new((enum mac_type)t, secret, 16);
		size_t n = mac_sign(m, request, sizeof(request), out);

		mac_free(&m);
		for (size_t i = 0; i < sizeof(secret); i++) {
			secret[i] ^= 1;
			m = mac_new((enum mac_type)t, secret, 16);
			secret[i] ^= 1;
			assert_false(
			    mac_verify(m, request, sizeof(request), out, n));
			mac_free(&m);
		}
	}
}

/* Interleaved use of keys: each keeps its own state. */
static void
test_keys_do_not_disturb_each_other(void **state)
{
	struct mac *m[12];
	uint8_t want[12][NTP_DIGEST_MAX], out[NTP_DIGEST_MAX];
	struct ntp_rng r;

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		m[i] = mac_new((enum mac_type)(1 + i % 6), aes_key, 1 + i);
		mac_sign(m[i], request, sizeof(request), want[i]);
	}
	rng_seed(&r, 1);
	for (int i = 0; i < 5000; i++) {
		size_t k = rng_below(&r, 12);
		size_t n = mac_sign(m[k], request, sizeof(request), out);

		assert_memory_equal(out, want[k], n);
		mac_sign(m[rng_below(&r, 12)], request, 7, out);
	}
	for (size_t i = 0; i < 12; i++)
		mac_free(&m[i]);
}

/* OpenSSL holds as much memory after many packets as after one. */
static void
test_no_leak_per_packet(void **state)
{
	uint8_t out[NTP_DIGEST_MAX];

	(void)state;
	for (int t = MAC_MD5; t < MAC_TYPES; t++) {
		struct mac *m = mac_new((enum mac_type)t, aes_key, 16);
		size_t before, with_key;

		assert_non_null(m);
		mac_free(&m); /* caches are warm now */
		before = live;
		m = mac_new((enum mac_type)t, aes_key, 16);
		mac_sign(m, request, sizeof(request), out);
		with_key = live;
		assert_true(with_key > before);
		for (int i = 0; i < 20000; i++) {
			mac_sign(m, request, sizeof(request), out);
			mac_verify(m, request, sizeof(request), out, 16);
		}
		assert_int_equal(live, with_key);
		mac_free(&m);
		assert_int_equal(live, before);
	}
}

static void
test_md5(void **state)
{
	/* RFC 1321 A.5; protocol refids of 2001:db8::1 and ::1. */
	uint8_t ip[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, out[16];

	(void)state;
	mac_md5("abc", 3, out);
	check_hex(out, 16, "900150983cd24fb0d6963f7d28e17f72");
	mac_md5(NULL, 0, out);
	check_hex(out, 16, "d41d8cd98f00b204e9800998ecf8427e");
	mac_md5(ip, sizeof(ip), out);
	check_hex(out, 4, "39ab9b37");
	memset(ip, 0, 15);
	mac_md5(ip, sizeof(ip), out);
	check_hex(out, 4, "cf404dc8");
}

static void
test_fips_mode(void **state)
{
	uint8_t out[16];
	struct mac *m;

	(void)state;
	assert_int_equal(EVP_set_default_properties(NULL, "fips=yes"), 1);
	m = mac_new(MAC_MD5, "secret", 6);
	mac_md5("abc", 3, out);
	assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
	assert_null(m);
	check_hex(out, 16, "900150983cd24fb0d6963f7d28e17f72");
	assert_int_equal(ERR_peek_error(), 0); /* the queue is left clean */
}

/* Against OpenSSL's, over every length around the block edges. */
static void
test_md5_equals_openssl(void **state)
{
	uint8_t data[300], out[16], theirs[16];
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 11);
	rng_fill(&rng, data, sizeof(data));
	for (size_t len = 0; len <= sizeof(data); len++) {
		mac_md5(data, len, out);
		assert_int_equal(
		    EVP_Digest(data, len, theirs, NULL, EVP_md5(), NULL), 1);
		assert_memory_equal(out, theirs, sizeof(out));
	}
}

static void
test_sha1(void **state)
{
	uint8_t out[20], theirs[20], data[200] = {1, 2, 3};

	(void)state;
	/* RFC 3174 7.3 */
	mac_sha1("abc", 3, out);
	check_hex(out, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
	for (size_t len = 0; len <= sizeof(data); len++) {
		mac_sha1(data, len, out);
		assert_int_equal(
		    EVP_Digest(data, len, theirs, NULL, EVP_sha1(), NULL), 1);
		assert_memory_equal(out, theirs, sizeof(out));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_request_vectors),
	    cmocka_unit_test(test_request_vectors_of_further_digests),
	    cmocka_unit_test(test_longer_cmac_keys),
	    cmocka_unit_test(test_cmac_rfc4493),
	    cmocka_unit_test(test_cmac_keys_are_padded_and_cut),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_type_table),
	    cmocka_unit_test(test_secret_lengths),
	    cmocka_unit_test(test_verify_refuses),
	    cmocka_unit_test(test_other_secret_is_refused),
	    cmocka_unit_test(test_keys_do_not_disturb_each_other),
	    THREAT("Sec-3661 CVE-2020-15025", test_no_leak_per_packet),
	    cmocka_unit_test(test_md5),
	    cmocka_unit_test(test_fips_mode),
	    cmocka_unit_test(test_md5_equals_openssl),
	    cmocka_unit_test(test_sha1),
	};

	if (CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) !=
	    1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
