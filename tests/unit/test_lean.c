/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_lean.c - sources that are wrong by different amounts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "ntp_lean.h"
#include "ntp_rng.h"

/* R is 12 us^2 / 12 and nothing else but the limit of 1 ns. */
static const struct measurement plain = {
    .excess = 11.99999991666e-6 / 3.4641016151377544, .limit = 1e-9};

static double
variance(const struct measurement *m)
{
	struct lean l = {0};

	lean_add(&l, m, 0);
	return 1 / l.info;
}

static void
worked_by_hand(void **state)
{
	struct lean l = {0};

	(void)state;
	assert_true(fabs(variance(&plain) - 1e-12) < 1e-18);
	lean_add(&l, &plain, 0.004);
	assert_true(fabs(l.mean - 0.004) < 1e-15);
	lean_add(&l, &plain, 0.002); /* weights 63/64 and 1 */
	assert_true(
	    fabs(l.mean - (0.004 * 63 / 64 + 0.002) / (127.0 / 64)) < 1e-15);
}

/* What waited tells less; a limit and a claim do, too. */
static void
noise_counts(void **state)
{
	struct measurement m = plain;

	(void)state;
	m.excess *= 2;
	assert_true(fabs(variance(&m) - 4e-12) < 1e-17);
	m = plain;
	m.claim = 1e-6;
	assert_true(fabs(variance(&m) - 2e-12) < 1e-17);
	m.quiet = sqrt(32e-12);
	assert_true(fabs(variance(&m) - 3e-12) < 1e-17);
}

static void
all_is_weighted(void **state)
{
	struct lean a = {.mean = 0.006, .info = 1e6}, none = {0};
	struct lean b = {.mean = -0.002, .info = 3e6}, all = {0};

	(void)state;
	lean_join(&all, &none);
	assert_true(all.info == 0 && all.mean == 0);
	lean_join(&all, &a);
	lean_join(&all, &b);
	lean_join(&all, &none);
	assert_true(fabs(all.mean) < 1e-18 && all.info == 4e6);
}

/* A mean of random numbers, which forgets what it was. */
static void
follows(void **state)
{
	struct ntp_rng rng;
	struct lean l = {0};

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned i = 0; i < 1000; i++) {
		double truth = i < 500 ? 0.004 : -0.001;
		struct measurement m = plain;

		m.excess = 0.002 * rng_double(&rng);
		lean_add(&l, &m, truth + m.excess * (rng_double(&rng) - 0.5));
		if (i % 500 > 400)
			assert_true(fabs(l.mean - truth) < 1e-4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(worked_by_hand),
	    cmocka_unit_test(noise_counts),
	    cmocka_unit_test(all_is_weighted),
	    cmocka_unit_test(follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
