/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_keys.c - tests of the symmetric keys file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_keys.h"
#include "ntp_rng.h"
#include "threat.h"

#define HEX_KEY "2b7e151628aed2a6abf7158809cf4f3c"
#define HEX_64	HEX_KEY HEX_KEY

static const uint8_t request[48] = {
    0x23, 0, 6, 0xec, [40] = 0xe8, 0xaa, 0x5b, 0x00, 0x12, 0x34, 0x56, 0x78};

/* What keys_parse() reported. */
struct reports {
	int n;
	unsigned line;	/* of the last one */
	char text[200]; /* of the last one */
};

static void
take_report(void *arg, unsigned line, const char *text)
{
	struct reports *r = arg;

	r->n++;
	r->line = line;
	snprintf(r->text, sizeof(r->text), "%s", text);
}

static struct reports
parse(struct keystore *ks, const char *file, int want)
{
	struct reports r = {0};

	assert_int_equal(
	    keys_parse(ks, file, strlen(file), take_report, &r), want);
	return r;
}

static struct keystore *
trusting(const char *file, int want)
{
	struct keystore *ks = keys_new();

	assert_non_null(ks);
	assert_int_equal(keys_trust(ks, 1, NTP_KEYID_MAX), 0);
	assert_int_equal(parse(ks, file, want).n, 0);
	return ks;
}

/* Key ID signs like one of TYPE with SECRET. */
static void
check_key(const struct keystore *ks, uint32_t id, enum mac_type type,
    const void *secret, size_t len)
{
	uint8_t want[NTP_DIGEST_MAX], got[NTP_DIGEST_MAX];
	struct mac *m = mac_new(type, secret, len);
	struct mac *key = keys_find(ks, id);
	size_t n;

	assert_non_null(m);
	assert_non_null(key);
	assert_int_equal(mac_type_of(key), type);
	n = mac_sign(m, request, sizeof(request), want);
	assert_int_equal(mac_sign(key, request, sizeof(request), got), n);
	assert_memory_equal(got, want, n);
	mac_free(&m);
}

static void
test_file(void **state)
{
	static const uint8_t sha[20] = {0x6f, 0x2c, 0x9a, 0x11, 0xd0, 0xe4,
	    0x7b, 0x88, 0x53, 0xa1, 0xf0, 0x9c, 0x2d, 0xdc, 0x41, 0xbe, 0x77,
	    0xa0, 0x55, 0x13};
	static const uint8_t aes[16] = {0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a,
	    0x69, 0x78, 0x87, 0x96, 0xa5, 0xb4, 0xc3, 0xd2, 0xe1, 0xf0};
	struct keystore *ks =
	    trusting("# our keys\n"
		     "\n"
		     "7  MD5         Q3v9kLmPz0\n"
		     "12 SHA1 6f2c9a11d0e47b8853a1f09c2ddc41be77a05513 # b\r\n"
		     "\t20\tAES128CMAC\t0F1E2d3c4b5a69788796a5b4c3d2e1f0\n"
		     "65535 m x#y\n"
		     "   # nothing here\n"
		     "00003 sha-256 exactly20characters_",
		5);

	(void)state;
	assert_int_equal(keys_count(ks), 5);
	check_key(ks, 7, MAC_MD5, "Q3v9kLmPz0", 10);
	check_key(ks, 12, MAC_SHA1, sha, sizeof(sha));
	check_key(ks, 20, MAC_AES128CMAC, aes, sizeof(aes));
	check_key(ks, 65535, MAC_MD5, "x", 1);
	check_key(ks, 3, MAC_SHA256, "exactly20characters_", 20);
	keys_free(&ks);
	assert_null(ks);
	keys_free(&ks);
}

static void
test_secret_forms(void **state)
{
	static const uint8_t octets[11] = {
	    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45};
	struct keystore *ks = trusting(
	    "1 MD5 01234567890123456789\n"   /* 20: text, though digits */
	    "2 MD5 0123456789abcdef012345\n" /* 22: hexadecimal */
	    "3 MD5 0123456789ABCDEF012345\n",
	    3);

	(void)state;
	check_key(ks, 1, MAC_MD5, "01234567890123456789", 20);
	check_key(ks, 2, MAC_MD5, octets, sizeof(octets));
	check_key(ks, 3, MAC_MD5, octets, sizeof(octets));
	keys_free(&ks);
}

/* Like the reference: 64 digits count, more are only checked. */
static void
test_long_hexadecimal_secret(void **state)
{
	struct keystore *ks = trusting("1 SHA1 " HEX_64 "\n"
				       "2 SHA1 " HEX_64 "aabb\n",
	    2);
	uint8_t a[NTP_DIGEST_MAX], b[NTP_DIGEST_MAX];

	(void)state;
	assert_int_equal(mac_sign(keys_find(ks, 1), "m", 1, a), 20);
	assert_int_equal(mac_sign(keys_find(ks, 2), "m", 1, b), 20);
	assert_memory_equal(a, b, 20);
	keys_free(&ks);
}

/* Nothing is read, and the one report is of line 2 and says WHY. */
static void
check_bad(const char *line, const char *why)
{
	struct keystore *ks = keys_new();
	char file[300];
	struct reports r;

	snprintf(file, sizeof(file), "1 MD5 good\n%s\n3 MD5 good\n", line);
	r = parse(ks, file, 2);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.line, 2);
	assert_non_null(strstr(r.text, why));
	assert_null(strstr(r.text, "s3cr3t"));
	assert_null(strchr(r.text, '\n'));
	assert_int_equal(keys_count(ks), 2);
	keys_free(&ks);
}

static void
test_bad_lines(void **state)
{
	(void)state;
	check_bad("0 MD5 s3cr3t", "id");
	check_bad("65536 MD5 s3cr3t", "id");
	check_bad("4294967297 MD5 s3cr3t", "id");
	check_bad("99999999999999999999999 MD5 s3cr3t", "id");
	check_bad("-1 MD5 s3cr3t", "id");
	check_bad("+1 MD5 s3cr3t", "id");
	check_bad("1x MD5 s3cr3t", "id");
	check_bad("1- MD5 s3cr3t", "id");
	check_bad("s3cr3t MD5 7", "id");
	check_bad("7", "key 7: key type missing");
	check_bad("7 s3cr3t", "key 7: unknown key type");
	check_bad("7 MD4 s3cr3t", "key 7: unknown key type");
	check_bad("7 MD5", "key 7: secret missing");
	check_bad("7 MD5 #s3cr3t", "key 7: secret missing");
	check_bad("7 MD5 s3cr3t-of-21-letters_", "hexadecimal");
	check_bad("7 MD5 0123456789012345678901g1", "hexadecimal");
	check_bad("7 MD5 012345678901234567890", "odd");
	check_bad("7 MD5 " HEX_64 "0", "odd");
	check_bad("7 MD5 s3cr3t\001", "control character");
	check_bad("7 MD5 s3cr3t 192.0.2.1 more", "more words");
	check_bad("7 MD5 s3cr3t host.example", "bad address");
	check_bad("7 MD5 s3cr3t 192.0.2.1,", "bad address");
	check_bad("7 MD5 s3cr3t ,192.0.2.1", "bad address");
	check_bad("7 MD5 s3cr3t 192.0.2.1/33", "bad address");
}

static void
test_odd_and_even_secrets_up_to_4096(void **state)
{
	char file[4200];

	(void)state;
	for (size_t n = 0; n <= 4096; n++) {
		struct keystore *ks = keys_new();
		struct reports r = {0};
		bool good = n >= 1 && (n <= 20 || n % 2 == 0);
		int len = snprintf(file, sizeof(file), "9 SHA1 ");

		memset(file + len, 'a', n);
		assert_int_equal(
		    keys_parse(ks, file, (size_t)len + n, take_report, &r),
		    good ? 1 : 0);
		assert_int_equal(r.n, good ? 0 : 1);
		assert_int_equal(r.line, good ? 0 : 1);
		keys_free(&ks);
	}
}

static void
test_line_numbers(void **state)
{
	struct keystore *ks = keys_new();
	struct reports r;

	(void)state;
	r = parse(ks, "\n#\n1 MD5 a\r\n\n  \nbad\n2 MD5 b\n", 2);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.line, 6);
	r = parse(ks, "1 MD5 a\nbad", 1);
	assert_int_equal(r.line, 2);
	assert_int_equal(keys_parse(ks, "bad\n", 4, NULL, NULL), 0);
	assert_int_equal(keys_parse(ks, NULL, 0, take_report, &r), 0);
	keys_free(&ks);
}

static void
test_later_keys_replace(void **state)
{
	struct keystore *ks = trusting("5 MD5 old\n6 MD5 other\n", 2);

	(void)state;
	parse(ks, "5 SHA1 new\n7 MD5 third\n", 2);
	assert_int_equal(keys_count(ks), 3);
	check_key(ks, 5, MAC_SHA1, "new", 3);
	check_key(ks, 6, MAC_MD5, "other", 5);
	check_key(ks, 7, MAC_MD5, "third", 5);
	/* A bad line leaves the key that is there. */
	parse(ks, "5 MD5 newer badlist\n", 0);
	check_key(ks, 5, MAC_SHA1, "new", 3);
	keys_free(&ks);
}

static void
test_trust(void **state)
{
	struct keystore *ks = keys_new();

	(void)state;
	assert_int_equal(keys_trust(ks, 10, 20), 0); /* before the keys */
	parse(ks, "9 MD5 a\n10 MD5 a\n20 MD5 a\n21 MD5 a\n", 4);
	assert_null(keys_find(ks, 9));
	assert_non_null(keys_find(ks, 10));
	assert_non_null(keys_find(ks, 20));
	assert_null(keys_find(ks, 21));
	assert_null(keys_find(ks, 15)); /* trusted, but not there */
	for (uint32_t id = 0; id <= 70000; id++)
		assert_true(keys_is_trusted(ks, id) == (id >= 10 && id <= 20));
	assert_false(keys_is_trusted(ks, UINT32_MAX));
	assert_int_equal(keys_trust(ks, 65535, 65535), 0); /* adds */
	assert_true(keys_is_trusted(ks, 65535));
	assert_true(keys_is_trusted(ks, 15));
	keys_free(&ks);
}

static void
test_trust_range(void **state)
{
	struct keystore *ks = keys_new();

	(void)state;
	assert_int_equal(keys_trust(ks, 0, 5), -NTP_ERANGE);
	assert_int_equal(keys_trust(ks, 1, 65536), -NTP_ERANGE);
	assert_int_equal(keys_trust(ks, 6, 5), -NTP_ERANGE);
	assert_int_equal(keys_trust(ks, 5, UINT32_MAX), -NTP_ERANGE);
	for (uint32_t id = 0; id <= 70000; id++)
		assert_false(keys_is_trusted(ks, id));
	keys_free(&ks);
}

static bool
allows(const struct keystore *ks, uint32_t id, const char *addr)
{
	struct ntp_addr a;

	assert_int_equal(addr_parse(addr, strlen(addr), &a), 0);
	return keys_allows(ks, id, &a);
}

static void
test_address_lists(void **state)
{
	struct keystore *ks =
	    trusting("1 MD5 a\n"
		     "2 MD5 a 192.0.2.7,198.51.100.9/24\n"
		     "3 MD5 a 2001:db8::/32,192.0.2.7 # and so on\n"
		     "4 MD5 a 0.0.0.0/0\n",
		4);

	(void)state;
	assert_true(allows(ks, 1, "203.0.113.1"));
	assert_true(allows(ks, 1, "2001:db8::1"));
	assert_true(allows(ks, 2, "192.0.2.7"));
	assert_false(allows(ks, 2, "192.0.2.8"));
	assert_true(allows(ks, 2, "198.51.100.77"));
	assert_false(allows(ks, 2, "198.51.101.77"));
	assert_false(allows(ks, 2, "2001:db8::1"));
	assert_true(allows(ks, 3, "2001:db8:ffff::1"));
	assert_false(allows(ks, 3, "2001:db9::1"));
	assert_true(allows(ks, 3, "192.0.2.7"));
	assert_true(allows(ks, 4, "8.8.8.8"));
	assert_false(allows(ks, 4, "2001:db8::1"));
	assert_false(allows(ks, 5, "192.0.2.7")); /* no such key */
	keys_free(&ks);
}

static void
test_sign_and_verify(void **state)
{
	static const uint8_t mac[] = {0, 0, 0, 1, 0x2d, 0x1f, 0xa7, 0xd5, 0x1a,
	    0x87, 0x5d, 0x20, 0xeb, 0x40, 0xb2, 0xef, 0x33, 0x80, 0xdb, 0x1e};
	struct keystore *ks = trusting("1 MD5 ntpsecretkey\n", 1);
	uint8_t buf[80] = {0};
	size_t len = sizeof(request);

	(void)state;
	memcpy(buf, request, len);
	assert_int_equal(keys_sign(ks, 1, buf, sizeof(buf), &len), 0);
	assert_int_equal(len, 68);
	assert_memory_equal(buf, request, 48);
	assert_memory_equal(buf + 48, mac, sizeof(mac));
	assert_int_equal(keys_verify(ks, buf, 48, 20), 0);
	for (size_t n = 0; n <= 24; n++)
		if (n != 20)
			assert_int_equal(
			    keys_verify(ks, buf, 48, n), -NTP_EAUTH);
	buf[3] ^= 1;
	assert_int_equal(keys_verify(ks, buf, 48, 20), -NTP_EAUTH);
	keys_free(&ks);
}

static void
test_sign_needs_room_and_a_key(void **state)
{
	struct keystore *ks = keys_new();
	uint8_t buf[80], before[80];
	size_t len;

	(void)state;
	memset(buf, 0x11, sizeof(buf));
	memcpy(before, buf, sizeof(buf));
	parse(ks, "1 SHA1 a\n2 SHA1 b\n", 2);
	assert_int_equal(keys_trust(ks, 1, 1), 0);
	for (size_t cap = 0; cap < 48 + 24; cap++) {
		len = 48;
		assert_int_equal(keys_sign(ks, 1, buf, cap, &len), -NTP_ESHORT);
		assert_int_equal(len, 48);
	}
	len = 48;
	assert_int_equal(keys_sign(ks, 2, buf, 80, &len), -NTP_ENOKEY);
	assert_int_equal(keys_sign(ks, 3, buf, 80, &len), -NTP_ENOKEY);
	assert_int_equal(keys_sign(ks, 0, buf, 80, &len), -NTP_ENOKEY);
	assert_int_equal(keys_sign(ks, 65537, buf, 80, &len), -NTP_ENOKEY);
	assert_int_equal(len, 48);
	assert_memory_equal(buf, before, sizeof(buf));
	assert_int_equal(keys_sign(ks, 1, buf, 48 + 24, &len), 0);
	assert_int_equal(len, 72);
	keys_free(&ks);
}

static void
test_verify_wants_a_trusted_key(void **state)
{
	static const uint32_t ids[] = {0, 2, 3, 65536, 65537, UINT32_MAX};
	struct keystore *ks = keys_new();
	uint8_t buf[80];
	size_t len = 48;

	(void)state;
	memcpy(buf, request, 48);
	parse(ks, "1 MD5 a\n2 MD5 a\n", 2);
	assert_int_equal(keys_trust(ks, 1, 1), 0);
	assert_int_equal(keys_sign(ks, 1, buf, 80, &len), 0);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		buf[48] = (uint8_t)(ids[i] >> 24);
		buf[49] = (uint8_t)(ids[i] >> 16);
		buf[50] = (uint8_t)(ids[i] >> 8);
		buf[51] = (uint8_t)ids[i];
		assert_int_equal(keys_verify(ks, buf, 48, 20), -NTP_ENOKEY);
	}
	keys_free(&ks);
}

/* Thousands of keys in any order: each is found, and nothing else. */
static void
test_many_keys(void **state)
{
	static int secret_of[NTP_KEYID_MAX + 2]; /* 0: no such key */
	struct keystore *ks = trusting("", 0);
	struct ntp_rng r;
	size_t distinct = 0;
	char line[64];

	(void)state;
	rng_seed(&r, 1);
	for (int i = 1; i <= 2000; i++) {
		uint32_t id = 1 + (uint32_t)rng_below(&r, 4000);
		int len = snprintf(line, sizeof(line), "%u MD5 s%d", id, i);

		distinct += secret_of[id] == 0;
		secret_of[id] = i;
		assert_int_equal(
		    keys_parse(ks, line, (size_t)len, NULL, NULL), 1);
		assert_int_equal(keys_count(ks), distinct);
	}
	for (uint32_t id = 0; id <= NTP_KEYID_MAX + 1; id++) {
		int len = snprintf(line, sizeof(line), "s%d", secret_of[id]);

		if (secret_of[id] == 0)
			assert_null(keys_find(ks, id));
		else
			check_key(ks, id, MAC_MD5, line, (size_t)len);
	}
	keys_free(&ks);
}

/* Keys of every kind that are written down are read back identical. */
static void
test_written_keys_read_back(void **state)
{
	struct ntp_rng r;
	char line[128];
	uint8_t raw[32];

	(void)state;
	rng_seed(&r, 2);
	for (int i = 0; i < 2000; i++) {
		struct keystore *ks = trusting("", 0);
		size_t n = 11 + rng_below(&r, 22);
		int len = snprintf(line, sizeof(line), "1 SHA1 ");

		rng_fill(&r, raw, n);
		for (size_t k = 0; k < n; k++)
			len += snprintf(line + len, 3, "%02x", raw[k]);
		assert_int_equal(
		    keys_parse(ks, line, (size_t)len, NULL, NULL), 1);
		check_key(ks, 1, MAC_SHA1, raw, n);
		n = 1 + n % 20;
		len = snprintf(line, sizeof(line), "1 MD5 ");
		for (size_t k = 0; k < n; k++)
			line[len++] = (char)('$' + raw[k] % ('~' - '$' + 1));
		assert_int_equal(
		    keys_parse(ks, line, (size_t)len, NULL, NULL), 1);
		check_key(ks, 1, MAC_MD5, line + 6, n);
		keys_free(&ks);
	}
}

/* A log file or any other rubbish as keys file. */
static void
test_rubbish(void **state)
{
	static const char some[] = "0123456789 \t\n\r#,./:abcMDSHAE\0\xff\x7f";
	struct ntp_rng r;
	char file[300];

	(void)state;
	rng_seed(&r, 3);
	for (int i = 0; i < 20000; i++) {
		struct keystore *ks = keys_new();
		struct reports rep = {0};
		size_t n = rng_below(&r, sizeof(file));
		int lines = 1, got;

		for (size_t k = 0; k < n; k++) {
			file[k] = some[rng_below(&r, sizeof(some) - 1)];
			lines += file[k] == '\n';
		}
		got = keys_parse(ks, file, n, take_report, &rep);
		assert_true(got >= 0 && got + rep.n <= lines);
		assert_true(keys_count(ks) <= (size_t)got);
		assert_true(rep.line <= (unsigned)lines);
		keys_free(&ks);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_secret_forms),
	    cmocka_unit_test(test_long_hexadecimal_secret),
	    cmocka_unit_test(test_bad_lines),
	    THREAT("CVE-2015-7854", test_odd_and_even_secrets_up_to_4096),
	    cmocka_unit_test(test_line_numbers),
	    cmocka_unit_test(test_later_keys_replace),
	    cmocka_unit_test(test_trust),
	    cmocka_unit_test(test_trust_range),
	    cmocka_unit_test(test_address_lists),
	    cmocka_unit_test(test_sign_and_verify),
	    cmocka_unit_test(test_sign_needs_room_and_a_key),
	    cmocka_unit_test(test_verify_wants_a_trusted_key),
	    cmocka_unit_test(test_many_keys),
	    cmocka_unit_test(test_written_keys_read_back),
	    cmocka_unit_test(test_rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
