/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_rng.c - tests of the seeded generator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "ntp_rng.h"

#define ROUNDS 200000

/* Published outputs of xoshiro256** from the state 1, 2, 3, 4. */
static void
test_published_outputs(void **state)
{
	static const uint64_t want[] = {11520, 0, 1509978240,
	    UINT64_C(1215971899390074240), UINT64_C(1216172134540287360),
	    UINT64_C(607988272756665600), UINT64_C(16172922978634559625),
	    UINT64_C(8476171486693032832)};
	struct ntp_rng r = {{1, 2, 3, 4}};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_true(rng_u64(&r) == want[i]);
}

/* Published outputs of splitmix64 from the seed 1234567. */
static void
test_seeding(void **state)
{
	struct ntp_rng r, s;

	(void)state;
	rng_seed(&r, 1234567);
	assert_true(r.s[0] == UINT64_C(6457827717110365317));
	assert_true(r.s[1] == UINT64_C(3203168211198807973));
	assert_true(r.s[2] == UINT64_C(9817491932198370423));
	assert_true(r.s[3] == UINT64_C(4593380528125082431));
	rng_seed(&s, 1234567);
	for (int i = 0; i < 1000; i++)
		assert_true(rng_u64(&r) == rng_u64(&s));
	rng_seed(&s, 1234568);
	assert_true(rng_u64(&r) != rng_u64(&s));
}

static void
test_below(void **state)
{
	struct ntp_rng r;
	int hits[10] = {0};

	(void)state;
	rng_seed(&r, 1);
	assert_true(rng_below(&r, 0) == 0);
	assert_true(rng_below(&r, 1) == 0);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t n = rng_u64(&r) >> i % 64 | 1;

		assert_true(rng_below(&r, n) < n);
		hits[rng_below(&r, 10)]++;
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(hits[i], ROUNDS / 10 - 600, ROUNDS / 10 + 600);
}

/* Of 3 * 2^62 values a plain remainder would give the lowest third twice. */
static void
test_below_is_not_biased(void **state)
{
	const uint64_t third = UINT64_C(1) << 62;
	struct ntp_rng r;
	int low = 0;

	(void)state;
	rng_seed(&r, 2);
	for (int i = 0; i < 30000; i++)
		low += rng_below(&r, 3 * third) < third;
	assert_in_range(low, 9700, 10300);
}

static void
test_double(void **state)
{
	struct ntp_rng r;
	double sum = 0;

	(void)state;
	rng_seed(&r, 3);
	for (int i = 0; i < ROUNDS; i++) {
		double v = rng_double(&r);

		assert_true(v >= 0 && v < 1);
		sum += v;
	}
	assert_true(fabs(sum / ROUNDS - 0.5) < 0.003);
}

static void
test_normal(void **state)
{
	struct ntp_rng r;
	double sum = 0, squares = 0;
	int within = 0;

	(void)state;
	rng_seed(&r, 4);
	for (int i = 0; i < ROUNDS; i++) {
		double v = rng_normal(&r);

		assert_true(isfinite(v));
		sum += v;
		squares += v * v;
		within += fabs(v) < 1;
	}
	assert_true(fabs(sum / ROUNDS) < 0.01);
	assert_true(fabs(squares / ROUNDS - 1) < 0.02);
	assert_true(fabs((double)within / ROUNDS - 0.6827) < 0.005);
}

static void
test_exp(void **state)
{
	struct ntp_rng r;
	double sum = 0;
	int above = 0;

	(void)state;
	rng_seed(&r, 5);
	for (int i = 0; i < ROUNDS; i++) {
		double v = rng_exp(&r);

		assert_true(v >= 0 && isfinite(v));
		sum += v;
		above += v > 2;
	}
	assert_true(fabs(sum / ROUNDS - 1) < 0.01);
	assert_true(fabs((double)above / ROUNDS - 0.1353) < 0.005);
}

static void
test_fill(void **state)
{
	struct ntp_rng r;
	uint8_t a[21], b[21];

	(void)state;
	rng_seed(&r, 6);
	rng_fill(&r, a, sizeof(a));
	rng_seed(&r, 6);
	for (size_t i = 0, v = 0; i < sizeof(a); i++, v >>= 8) {
		if (i % 8 == 0)
			v = rng_u64(&r);
		assert_int_equal(a[i], v & 0xff);
	}
	memset(b, 0x5a, sizeof(b));
	for (size_t n = 0; n < sizeof(b); n++) {
		rng_seed(&r, 6);
		rng_fill(&r, b, n);
		assert_memory_equal(a, b, n); /* longer only adds */
		assert_int_equal(b[n], 0x5a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_published_outputs),
	    cmocka_unit_test(test_seeding),
	    cmocka_unit_test(test_below),
	    cmocka_unit_test(test_below_is_not_biased),
	    cmocka_unit_test(test_double),
	    cmocka_unit_test(test_normal),
	    cmocka_unit_test(test_exp),
	    cmocka_unit_test(test_fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
