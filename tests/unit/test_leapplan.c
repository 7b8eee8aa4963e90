/* SPDX-License-Identifier: BSD-2-Clause */
/* test_leapplan.c - which leap second comes next, and the smear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "ntp_leapplan.h"
#include "ntp_rng.h"
#include "threat.h"

#define Y2017 INT64_C(1483228800)
#define DAY   86400

static const struct leap_table table = {
    .entry = {{INT64_C(1435708800), 36}, {Y2017, 37}},
    .n = 2,
    .expires = Y2017 + 180 * (int64_t)DAY,
};
static const struct leap_table empty;

static void
table_plans_four_weeks_ahead(void **state)
{
	struct leap_plan p;

	(void)state;
	p = leap_plan_table(&table, Y2017 - 28 * DAY - 1);
	assert_int_equal(p.source, LEAP_NOBODY);
	p = leap_plan_table(&table, Y2017 - 28 * DAY);
	assert_int_equal(p.source, LEAP_TABLE);
	assert_int_equal(p.at, Y2017);
	assert_int_equal(p.dir, 1);
	assert_int_equal(leap_plan_table(&table, Y2017 - 1).at, Y2017);
	assert_int_equal(leap_plan_table(&table, Y2017).at, 0);
	assert_int_equal(leap_plan_table(&empty, Y2017 - 1).at, 0);
}

static void
removed_second(void **state)
{
	struct leap_table t = table;

	(void)state;
	t.entry[1].tai = 35;
	assert_int_equal(leap_plan_table(&t, Y2017 - 5).dir, -1);
	t.entry[1].tai = 38; /* two at once: nothing that we know of */
	assert_int_equal(leap_plan_table(&t, Y2017 - 5).at, 0);
}

static int
vote(unsigned ins, unsigned del, unsigned voters, bool clock)
{
	struct leap_votes v = {ins, del, voters, clock};

	return leap_plan_vote(&v, Y2017 - 5 * DAY).dir;
}

static void
votes_need_more_than_half(void **state)
{
	(void)state;
	assert_int_equal(vote(0, 0, 4, false), 0);
	assert_int_equal(vote(1, 0, 4, false), 0);
	assert_int_equal(vote(2, 0, 4, false), 0);
	assert_int_equal(vote(3, 0, 4, false), 1);
	assert_int_equal(vote(2, 1, 3, false), 1);
	assert_int_equal(vote(0, 3, 4, false), -1);
	assert_int_equal(vote(2, 2, 4, false), 0);
	assert_int_equal(vote(1, 0, 2, false), 0);
	assert_int_equal(vote(1, 0, 1, false), 1);
	assert_int_equal(vote(1, 0, 4, true), 1);
	assert_int_equal(vote(1, 1, 4, true), 0);
}

static void
votes_are_for_the_end_of_the_month(void **state)
{
	struct leap_votes v = {3, 0, 3, false};

	(void)state;
	assert_int_equal(leap_plan_vote(&v, Y2017 - 1).at, Y2017);
	assert_int_equal(leap_plan_vote(&v, Y2017).at, 0);
	assert_int_equal(leap_plan_vote(&v, Y2017 + 3599).at, 0);
	assert_int_equal(leap_plan_vote(&v, Y2017 + 3600).at, Y2017 + 31 * DAY);
}

static void
table_that_is_valid_beats_votes(void **state)
{
	struct leap_votes v = {3, 0, 3, false}, none = {0};
	int64_t in_march = Y2017 + 75 * (int64_t)DAY;
	int64_t expired = table.expires + 9 * DAY;

	(void)state;
	assert_int_equal(leap_plan_make(&table, &v, in_march).at, 0);
	assert_int_equal(leap_plan_make(&empty, &v, in_march).dir, 1);
	assert_int_equal(leap_plan_make(&table, &v, expired).source, LEAP_VOTE);
	assert_int_equal(leap_plan_make(&table, &none, expired).at, 0);
	assert_int_equal(
	    leap_plan_make(&table, &none, Y2017 - 9).source, LEAP_TABLE);
}

/* An expired table that ends after the month in question knew better. */
static void
votes_do_not_rewrite_the_table(void **state)
{
	struct leap_table t = table;
	struct leap_votes v = {3, 0, 3, false};

	(void)state;
	t.expires = Y2017 - 400 * (int64_t)DAY;
	assert_int_equal(leap_plan_make(&t, &v, Y2017 - 100 * DAY).at, 0);
	assert_int_equal(
	    leap_plan_make(&t, &v, Y2017 + 3 * DAY).at, Y2017 + 31 * DAY);
}

static void
phases(void **state)
{
	struct leap_plan p = {Y2017, 1, LEAP_TABLE}, none = {0};

	(void)state;
	assert_int_equal(leap_phase_of(&none, 1), LEAP_IDLE);
	assert_int_equal(leap_phase_of(&p, 86400.1), LEAP_SCHEDULED);
	assert_int_equal(leap_phase_of(&p, 86400), LEAP_ANNOUNCED);
	assert_int_equal(leap_phase_of(&p, 10), LEAP_ALERT);
	assert_int_equal(leap_phase_of(&p, 3), LEAP_BLURRED);
	assert_int_equal(leap_phase_of(&p, -0.5), LEAP_BLURRED);
}

static void
near(double got, double want)
{
	assert_true(fabs(got - want) < 1e-9);
}

static void
smear_of_both_signs(void **state)
{
	struct leap_smear c = {86400, SMEAR_COSINE};
	struct leap_smear l = {86400, SMEAR_LINEAR}, off = {0};

	(void)state;
	for (int dir = -1; dir <= 1; dir += 2) {
		near(leap_smear_offset(&c, dir, 86401), 0);
		near(leap_smear_offset(&c, dir, 86400), 0);
		near(leap_smear_offset(&c, dir, 64800),
		    -dir * (1 - M_SQRT1_2) / 2);
		near(leap_smear_offset(&c, dir, 43200), -dir * 0.5);
		near(leap_smear_offset(&c, dir, 0), -dir);
		near(leap_smear_offset(&c, dir, -0.1), 0);
		near(leap_smear_offset(&l, dir, 21600), -dir * 0.75);
		near(leap_smear_offset(&off, dir, 5), 0);
	}
}

/* Nowhere faster than pi/2/N, and never back. */
static void
smear_is_gentle(void **state)
{
	struct leap_smear c = {7200, SMEAR_COSINE};
	double last = 0, rate = M_PI / 2 / 7200;

	(void)state;
	for (double left = 7200; left >= 0; left -= 1) {
		double s = leap_smear_offset(&c, -1, left);

		assert_true(s >= last && s - last <= rate + 1e-9);
		last = s;
	}
	near(last, 1);
}

static void
smear_refid(void **state)
{
	struct ntp_rng rng;
	double back;

	(void)state;
	assert_int_equal(leap_smear_refid(-0.932087), 0xfec458b0);
	assert_int_equal(leap_smear_refid(0), 0xfe000000);
	assert_int_equal(leap_smear_refid(1), 0xfe400000);
	assert_true(leap_refid_is_smear(0xfec458b0, &back));
	assert_true(fabs(back + 0.932087) < 1e-6);
	assert_false(leap_refid_is_smear(0xfdc458b0, &back));
	rng_seed(&rng, 1);
	for (unsigned i = 0; i < 1000; i++) {
		double s = rng_double(&rng) * 3.9 - 1.95;

		assert_true(leap_refid_is_smear(leap_smear_refid(s), &back));
		assert_true(fabs(back - s) <= 0x1p-23);
	}
	assert_true(leap_refid_is_smear(leap_smear_refid(1e9), &back));
	assert_true(back < 2);
	assert_int_equal(leap_smear_refid(-1e9) >> 24, 254);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table_plans_four_weeks_ahead),
	    cmocka_unit_test(removed_second),
	    cmocka_unit_test(votes_need_more_than_half),
	    THREAT("O-leap-month", votes_are_for_the_end_of_the_month),
	    cmocka_unit_test(table_that_is_valid_beats_votes),
	    cmocka_unit_test(votes_do_not_rewrite_the_table),
	    cmocka_unit_test(phases),
	    cmocka_unit_test(smear_of_both_signs),
	    cmocka_unit_test(smear_is_gentle),
	    cmocka_unit_test(smear_refid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
