/* SPDX-License-Identifier: BSD-2-Clause */
/* test_huffpuff.c - the huff-n'-puff filter: worked numbers, then a world with
 * a download. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "ntp_huffpuff.h"
#include "ntp_rng.h"

static ntp_mono
at(double s)
{
	return mono_add((ntp_mono){0}, s);
}

static void
assert_near(double a, double b)
{
	assert_true(fabs(a - b) < 1e-12);
}

static void
half_of_the_excess_is_taken_away(void **state)
{
	struct huffpuff h;

	(void)state;
	huffpuff_init(&h, 7200, at(0));
	assert_int_equal(h.n, 8);
	assert_near(huffpuff_correct(&h, 0.010, 0.050, at(1)), 0.010);
	assert_near(huffpuff_correct(&h, 0.050, 0.130, at(2)), 0.010);
	assert_near(huffpuff_correct(&h, -0.050, 0.130, at(3)), -0.010);
	/* never beyond zero */
	assert_near(huffpuff_correct(&h, 0.010, 0.130, at(4)), 0);
	/* less delay than ever is the new least */
	assert_near(huffpuff_correct(&h, 0.010, 0.040, at(5)), 0.010);
	assert_near(huffpuff_correct(&h, 0.050, 0.100, at(6)), 0.020);
}

static void
the_least_is_forgotten_in_time(void **state)
{
	struct huffpuff h;

	(void)state;
	huffpuff_init(&h, 1800, at(0));
	(void)huffpuff_correct(&h, 0, 0.050, at(1));
	assert_near(huffpuff_correct(&h, 0.1, 0.150, at(1000)), 0.05);
	assert_near(huffpuff_correct(&h, 0.1, 0.150, at(2000)), 0.1);
	/* and all of it after a night */
	huffpuff_init(&h, 7200, at(0));
	(void)huffpuff_correct(&h, 0, 0.050, at(1));
	assert_near(huffpuff_correct(&h, 0.1, 0.150, at(50000)), 0.1);
}

static void
off_it_changes_nothing(void **state)
{
	struct ntp_rng rng;
	struct huffpuff h;

	(void)state;
	rng_seed(&rng, 3);
	huffpuff_init(&h, 0, at(0));
	for (unsigned i = 0; i < 1000; i++) {
		double offset = rng_normal(&rng), delay = rng_double(&rng);

		assert_true(
		    huffpuff_correct(&h, offset, delay, at(i)) == offset);
	}
}

/* Hours of a queue on the way here, up to 200 ms: what is left of the error is
 * a small part; the control is the offset as it was. */
static void
congestion_one_way(void **state)
{
	double with = 0, without = 0;
	struct ntp_rng rng;
	struct huffpuff h;

	(void)state;
	rng_seed(&rng, 4);
	huffpuff_init(&h, 7200, at(0));
	for (unsigned i = 0; i < 500; i++) {
		double queue = i % 50 < 5 ? 0 : 0.2 * rng_double(&rng);
		double offset = -queue / 2 + 1e-3 * rng_normal(&rng);
		double delay = 0.05 + queue + 1e-4 * rng_exp(&rng);

		without += fabs(offset);
		with += fabs(huffpuff_correct(&h, offset, delay, at(64.0 * i)));
	}
	assert_true(with < without / 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(half_of_the_excess_is_taken_away),
	    cmocka_unit_test(the_least_is_forgotten_in_time),
	    cmocka_unit_test(off_it_changes_nothing),
	    cmocka_unit_test(congestion_one_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
