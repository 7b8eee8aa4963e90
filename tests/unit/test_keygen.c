/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_keygen.c - keys that are made: unlike each other, of all their values,
 * and read back as they were written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../util/keygen.h"
#include "ntp_keys.h"
#include "ntp_rng.h"
#include "threat.h"

struct dice {
	struct rng_port port; /* first: the port is the object */
	struct ntp_rng rng;
};

static void
dice_fill(struct rng_port *p, void *buf, size_t len)
{
	rng_fill(&((struct dice *)p)->rng, buf, len);
}

static struct dice
dice(uint64_t seed)
{
	struct dice d = {.port = {dice_fill}};

	rng_seed(&d.rng, seed);
	return d;
}

/* The secret of the line of a key. */
static const char *
secret_of(struct dice *d, enum mac_type t, char line[KEYGEN_LINE])
{
	char *word;

	keygen_line(&d->port, 7, t, line);
	line[strlen(line) - 1] = '\0';
	word = strrchr(line, ' ');
	assert_non_null(word);
	return word + 1;
}

static void
lines_are_as_the_manual_says(void **state)
{
	static const struct {
		enum mac_type type;
		const char *name;
		size_t len; /* characters */
	} row[] = {
	    {MAC_MD5, "MD5", 20},
	    {MAC_SHA1, "SHA1", 40},
	    {MAC_SHA256, "SHA256", 64},
	    {MAC_SHA3_512, "SHA3-512", 64},
	    {MAC_AES128CMAC, "AES128CMAC", 32},
	    {MAC_AES192CMAC, "AES192CMAC", 48},
	    {MAC_AES256CMAC, "AES256CMAC", 64},
	};
	struct dice d = dice(1);
	char line[KEYGEN_LINE], id[16], type[16], secret[80];

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		keygen_line(&d.port, 65535, row[i].type, line);
		assert_int_equal(
		    sscanf(line, "%15s %15s %79s\n", id, type, secret), 3);
		assert_string_equal(id, "65535");
		assert_string_equal(type, row[i].name);
		assert_int_equal(strlen(secret), row[i].len);
		assert_int_equal(line[strlen(line) - 1], '\n');
	}
}

#define KEYS 10000

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* All their octets come from the random source, so two sources give two keys
 * and ten thousand keys are ten thousand. */
static void
keys_are_distinct(void **state)
{
	static char secret[KEYS][KEYGEN_LINE];
	static const enum mac_type type[] = {MAC_MD5, MAC_SHA1, MAC_AES128CMAC};
	struct dice d = dice(3);

	(void)state;
	for (unsigned k = 0; k < 3; k++) {
		for (unsigned i = 0; i < KEYS; i++)
			keygen_line(&d.port, 1, type[k], secret[i]);
		qsort(secret, KEYS, sizeof secret[0], compare_lines);
		for (unsigned i = 1; i < KEYS; i++)
			assert_string_not_equal(secret[i - 1], secret[i]);
	}
}

/* 89 letters, each about as often as the next. */
static void
every_letter_is_used(void **state)
{
	unsigned seen[256] = {0}, letters = 0;
	struct dice d = dice(5);
	char line[KEYGEN_LINE];

	(void)state;
	for (unsigned i = 0; i < 89 * 500; i++)
		for (const char *s = secret_of(&d, MAC_MD5, line); *s != 0; s++)
			seen[(uint8_t)*s]++;
	for (unsigned c = 0; c < 256; c++) {
		if (seen[c] == 0)
			continue;
		letters++;
		assert_in_range(seen[c], 9500, 10500);
	}
	assert_int_equal(letters, 89);
	assert_int_equal(seen['#'] + seen['"'] + seen['\\'] + seen[' '], 0);
}

/* A hundred thousand keys go through the parser unchanged. */
static void
keys_are_read_back(void **state)
{
	static const enum mac_type type[] = {
	    MAC_MD5, MAC_SHA1, MAC_SHA3_256, MAC_AES128CMAC, MAC_AES256CMAC};
	struct dice d = dice(7);
	char line[KEYGEN_LINE];

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		enum mac_type t = type[i % 5];
		const char *secret = secret_of(&d, t, line);
		uint8_t raw[32], want[NTP_DIGEST_MAX], got[NTP_DIGEST_MAX];
		size_t len = strlen(secret), n;
		struct keystore *ks = keys_new();
		struct mac *m;

		assert_int_equal(
		    keys_parse(ks, line, strlen(line), NULL, NULL), 1);
		assert_int_equal(keys_trust(ks, 7, 7), 0);
		if (t == MAC_MD5) {
			memcpy(raw, secret, len);
		} else {
			len /= 2;
			for (size_t k = 0; k < len; k++)
				(void)sscanf(secret + 2 * k, "%2hhx", raw + k);
		}
		m = mac_new(t, raw, len);
		n = mac_sign(m, "x", 1, want);
		assert_int_equal(mac_sign(keys_find(ks, 7), "x", 1, got), n);
		assert_memory_equal(want, got, n);
		mac_free(&m);
		keys_free(&ks);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_as_the_manual_says),
	    THREAT("CVE-2014-9294", keys_are_distinct),
	    THREAT("CVE-2015-3405", every_letter_is_used),
	    THREAT("CVE-2021-22212", keys_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
