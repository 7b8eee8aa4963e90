/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntskeys.c - the file of cookie keys, and how often a source may ask for
 * keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../ntpd/nts/nts_keys.h"
#include "../../ntpd/nts/nts_limit.h"
#include "ntp_rng.h"

#define DAY ((int64_t)NTS_KEYS_DAY)
#define HEX_32                                                                 \
	"d3172f4d415af62b91d7a8b70879723725366fd94599eb28494adc5dc4797c4a"
#define KEY_LINE "K: " HEX_32 "\n"

struct dice {
	struct rng_port port; /* first: the port is the object */
	struct ntp_rng rng;
};

static void
dice_fill(struct rng_port *p, void *buf, size_t len)
{
	rng_fill(&((struct dice *)p)->rng, buf, len);
}

static int
parse(const char *text, struct nts_keyfile *f)
{
	return nts_keys_parse(text, strlen(text), f);
}

/* What NTPsec 1.2.2 wrote. */
static void
test_file_of_ntpsec(void **state)
{
	struct nts_keyfile f;

	(void)state;
	assert_int_equal(parse("T: 1795336850\nL: 32\nI: 2237852876\n" KEY_LINE
			       "I: 7\n" KEY_LINE,
			     &f),
	    0);
	assert_int_equal(f.made, 1795336850);
	assert_int_equal(f.keys.n, 2);
	assert_true(f.keys.key[0].id == 2237852876U);
	assert_int_equal(f.keys.key[0].aead, AEAD_AES_SIV_CMAC_256);
	assert_int_equal(f.keys.key[0].key[0], 0xd3);
	assert_int_equal(f.keys.key[0].key[31], 0x4a);
	assert_int_equal(f.keys.key[1].id, 7);
}

static void
test_bad_files(void **state)
{
	static const char *const bad[] = {"", "\n", "T: 5\n", "T: 5\nL: 32\n",
	    "T: 5\nL: 32\nI: 5\n", "T: 5\nL: 31\nI: 5\n" KEY_LINE,
	    "T: 5\nL: -1\n", "T: 5\nI: 5\nL: 32\n" KEY_LINE,
	    "T: 5\nL: 32\n" KEY_LINE, "T: 5\nL: 32\nI: 5\nI: 6\n" KEY_LINE,
	    "T: 5\nL: 32\nI: 5\nK: abc\n", "L: 32\nI: 5\nK: \n",
	    "T: 5\nL: 48\nI: 5\n" KEY_LINE, "T: x\nL: 32\nI: 5\n" KEY_LINE,
	    "T: 5\nL: 32\nI: 5\n" KEY_LINE "I: 6\n",
	    "T: 5\nL: 32\nX: 5\nI: 5\n" KEY_LINE, "a,1,md5,secret\n",
	    "T: 5\nL: 32\nI: 5\nK: zz"
	    "172f4d415af62b91d7a8b70879723725366fd9"
	    "4599eb28494adc5dc4797c4a\n"};
	struct nts_keyfile f;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (parse(bad[i], &f) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(f.keys.n, 0);
	}
}

static void
add(char *text, size_t cap, const char *more)
{
	size_t len = strlen(text);

	(void)snprintf(text + len, cap - len, "%s", more);
}

static void
test_too_many_keys(void **state)
{
	char text[2048] = "T: 5\nL: 32\n";
	struct nts_keyfile f;

	(void)state;
	for (unsigned i = 0; i < NTS_KEYRING; i++)
		add(text, sizeof text, "I: 5\n" KEY_LINE);
	assert_int_equal(parse(text, &f), 0);
	add(text, sizeof text, "I: 5\n" KEY_LINE);
	assert_true(parse(text, &f) != 0);
}

/* Each day a new one before the others, ten are kept, and the file says all of
 * it. */
static void
test_rotation(void **state)
{
	struct dice d = {.port = {dice_fill}};
	struct nts_keyfile f = {.made = 0}, back;
	char text[NTS_KEYS_TEXT];
	uint32_t last = 0;

	(void)state;
	rng_seed(&d.rng, 3);
	for (unsigned day = 1; day <= 20; day++) {
		nts_keys_rotate(&f, &d.port, day * DAY);
		assert_int_equal(
		    f.keys.n, day < NTS_KEYS_KEPT ? day : NTS_KEYS_KEPT);
		assert_true(f.made == day * DAY);
		if (day > 1)
			assert_true(f.keys.key[1].id == last);
		assert_true(f.keys.key[0].id != last);
		last = f.keys.key[0].id;
		nts_keys_format(&f, text);
		assert_int_equal(parse(text, &back), 0);
		assert_memory_equal(&back.keys.key[0], &f.keys.key[0],
		    f.keys.n * sizeof f.keys.key[0]);
		assert_int_equal(back.keys.n, f.keys.n);
		assert_true(back.made == f.made);
	}
}

/* A file of longer keys stays one. */
static void
test_rotation_keeps_the_length(void **state)
{
	struct dice d = {.port = {dice_fill}};
	struct nts_keyfile f = {.made = 0}, back;
	char text[NTS_KEYS_TEXT];

	(void)state;
	rng_seed(&d.rng, 4);
	f.keys.n = 1;
	f.keys.key[0].aead = AEAD_AES_SIV_CMAC_512;
	for (unsigned i = 0; i < 12; i++)
		nts_keys_rotate(&f, &d.port, DAY);
	assert_int_equal(f.keys.key[0].aead, AEAD_AES_SIV_CMAC_512);
	nts_keys_format(&f, text);
	assert_int_equal(parse(text, &back), 0);
	assert_int_equal(back.keys.n, NTS_KEYS_KEPT);
}

/* --- how often -------------------------------------------------------------- */

static unsigned
burst(struct nts_limit *l, const struct ntp_addr *a, uint64_t now)
{
	unsigned n = 0;

	while (n < 1000 && limit_allows(l, a, now))
		n++;
	return n;
}

static void
test_a_source_has_a_burst(void **state)
{
	struct ntp_addr a = {.family = ADDR_V4, .ip = {192, 0, 2, 1}};
	struct ntp_addr b = {.family = ADDR_V4, .ip = {192, 0, 2, 2}};
	struct nts_limit l;

	(void)state;
	limit_init(&l, (const uint8_t[16]){1});
	assert_int_equal(burst(&l, &a, 1000), LIMIT_BURST);
	assert_int_equal(burst(&l, &b, 1000), LIMIT_BURST);
	assert_int_equal(burst(&l, &a, 1000 + LIMIT_EVERY - 1), 0);
	assert_int_equal(burst(&l, &a, 1000 + LIMIT_EVERY), 1);
	assert_int_equal(burst(&l, &a, 1000 + 5 * LIMIT_EVERY), 4);
	assert_int_equal(burst(&l, &a, UINT64_C(10000000)), LIMIT_BURST);
}

static void
test_an_ipv6_network_is_one_source(void **state)
{
	struct ntp_addr a = {.family = ADDR_V6, .ip = {0x20, 1, 0xd, 0xb8}};
	struct nts_limit l;

	(void)state;
	limit_init(&l, (const uint8_t[16]){2});
	for (uint8_t i = 0; i < LIMIT_BURST; i++) {
		a.ip[15] = i;
		assert_true(limit_allows(&l, &a, 5000));
	}
	a.ip[15] = 200;
	assert_false(limit_allows(&l, &a, 5000));
	a.ip[7] = 1;
	assert_true(limit_allows(&l, &a, 5000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_file_of_ntpsec),
	    cmocka_unit_test(test_bad_files),
	    cmocka_unit_test(test_too_many_keys),
	    cmocka_unit_test(test_rotation),
	    cmocka_unit_test(test_rotation_keeps_the_length),
	    cmocka_unit_test(test_a_source_has_a_burst),
	    cmocka_unit_test(test_an_ipv6_network_is_one_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
