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
	assert_true(fabs(l.count - 127.0 / 64) < 1e-15);
	/* 63/127 and 64/127 of the squares of what both are off the mean */
	assert_true(fabs(l.spread - 4e-6 * 63 * 64 / (127.0 * 127)) < 1e-12);
}

/* What waited tells less; a limit does, too.  What its source claims says
 * nothing of how well it is known. */
static void
noise_counts(void **state)
{
	struct measurement m = plain;

	(void)state;
	m.excess *= 2;
	assert_true(fabs(variance(&m) - 4e-12) < 1e-17);
	m = plain;
	m.quiet = sqrt(32e-12);
	assert_true(fabs(variance(&m) - 2e-12) < 1e-17);
	m.limit = 1e-6;
	assert_true(fabs(variance(&m) - 3e-12) < 1e-17);
	m.claim = 1e-6;
	assert_true(fabs(variance(&m) - 3e-12) < 1e-17);
}

static void
all_is_weighted(void **state)
{
	struct lean a = {.mean = 0.006, .info = 1e6, .count = 10}, none = {0};
	struct lean b = {.mean = -0.002, .info = 3e6, .count = 10}, all = {0};

	(void)state;
	lean_join(&all, &none, 0);
	assert_true(all.info == 0 && all.mean == 0);
	lean_join(&all, &a, 0);
	lean_join(&all, &b, 0);
	lean_join(&all, &none, 0);
	assert_true(fabs(all.mean) < 1e-18 && all.info == 4e6);
}

/* Ten samples with a variance of 10/2e6 each, and of 1e-5 more by a claim:
 * they weigh a third. */
static void
a_claim_weighs_less(void **state)
{
	struct lean a = {.mean = 0.001, .info = 2e6, .count = 10}, all = {0};

	(void)state;
	lean_join(&all, &a, sqrt(1e-5));
	assert_true(fabs(all.info - 2e6 / 3) < 1e-3);
	assert_true(all.mean == 0.001);
}

static void
off_is_what_is_sure(void **state)
{
	struct lean all = {.mean = 0.001, .info = 1};
	struct lean l = {.mean = 0.003, .info = 1, .count = 8};

	(void)state;
	assert_true(fabs(lean_off(&l, &all) - 0.002) < 1e-18);
	l.spread = 1e-6; /* a quarter of the square */
	assert_true(fabs(lean_off(&l, &all) - 0.0015) < 1e-18);
	l.mean = -0.001;
	assert_true(fabs(lean_off(&l, &all) + 0.0015) < 1e-18);
	l.spread = 4e-6;
	assert_true(lean_off(&l, &all) == 0);
	l.spread = 0;
	l.count = 7.9;
	assert_true(lean_off(&l, &all) == 0);
}

/* What is taken from all samples together moves nothing. */
static void
the_mean_stays(void **state)
{
	struct ntp_rng rng;
	struct lean l[5] = {0}, all = {0};
	double claim[5], sum = 0;

	(void)state;
	rng_seed(&rng, 11);
	for (unsigned i = 0; i < 5; i++) {
		claim[i] = 1e-5 * rng_double(&rng);
		for (unsigned k = 0; k < 200; k++)
			lean_add(&l[i], &plain, 0.001 * i);
		lean_join(&all, &l[i], claim[i]);
	}
	for (unsigned i = 0; i < 5; i++) {
		struct lean alone = {0};

		lean_join(&alone, &l[i], claim[i]);
		sum += alone.info * lean_off(&l[i], &all);
	}
	assert_true(fabs(sum) < 1e-9 * all.info);
	assert_true(fabs(lean_off(&l[4], &all)) > 1e-4);
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
	    cmocka_unit_test(a_claim_weighs_less),
	    cmocka_unit_test(off_is_what_is_sure),
	    cmocka_unit_test(the_mean_stays),
	    cmocka_unit_test(follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
