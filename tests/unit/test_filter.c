/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_filter.c - the clock filter: dispersion, order, epochs, popcorn
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "near.h"
#include "ntp_filter.h"
#include "ntp_rng.h"

#define PRECISION 1e-6
#define POLL	  64.0

static const struct filter_param fp = {.precision = PRECISION,
    .maxdist = NTP_MAXDIST,
    .maxdisp = NTP_MAXDISP,
    .phi = NTP_PHI,
    .allan = 2048.0,
    .popcorn_window = 2 * POLL};

static ntp_mono
at(double s)
{
	return (ntp_mono){(int64_t)(s * 1e9)};
}

static enum filter_verdict
feed_with(struct clock_filter *f, const struct filter_param *par, double t,
    double offset, double delay)
{
	struct sample s = {offset, delay, 1e-5, at(t)};

	return clock_filter(f, &s, par, at(t));
}

static enum filter_verdict
feed(struct clock_filter *f, double t, double offset, double delay)
{
	return feed_with(f, &fp, t, offset, delay);
}

/* Eight good samples, the last one the best. */
static void
fill(struct clock_filter *f, double offset, double delay)
{
	filter_reset(f, at(0), PRECISION);
	for (unsigned i = 1; i <= NTP_SHIFT; i++)
		(void)feed(f, i * POLL, offset + (i % 2) * 2e-4,
		    delay + (NTP_SHIFT - i) * 1e-5);
}

static void
test_reset_is_empty(void **state)
{
	struct clock_filter f;

	(void)state;
	filter_reset(&f, at(5), PRECISION);
	assert_near(f.disp, NTP_MAXDISP, 0);
	assert_near(f.jitter, PRECISION, 0);
	assert_false(f.used);
	for (unsigned i = 0; i < NTP_SHIFT; i++)
		assert_near(filter_stage(&f, i, &fp, at(9)).disp, 16, 0);
	assert_int_equal(clock_filter(&f, NULL, &fp, at(70)), FILTER_NONE);
	assert_near(f.disp, 16 * (1 - 0x1p-8), 1e-12);
}

/* Protocol notes 27: about 8, 4, 2, 1 s. */
static void
test_dispersion_halves(void **state)
{
	struct clock_filter f;
	double want = 16 * (1 - 0x1p-8);

	(void)state;
	filter_reset(&f, at(0), PRECISION);
	for (unsigned i = 1; i <= NTP_SHIFT; i++) {
		assert_int_equal(feed(&f, i * 2.0, 0, 0.01), FILTER_USE);
		want -= 16 / log2_to_s((int)i);
		assert_near(f.disp, want, 3e-4);
	}
	assert_true(f.disp > 0 && f.disp < 1e-3);
}

static void
test_dispersion_grows_by_phi(void **state)
{
	struct clock_filter f;

	(void)state;
	filter_reset(&f, at(0), PRECISION);
	(void)feed(&f, 0, 0, 0.01);
	assert_near(
	    filter_stage(&f, 0, &fp, at(1000)).disp, 1e-5 + 0.015, 1e-12);
	assert_near(filter_stage(&f, 0, &fp, at(2e6)).disp, 16, 0);
	/* Time that seems to run backwards does not shrink it. */
	assert_near(filter_stage(&f, 0, &fp, at(-50)).disp, 1e-5, 1e-15);
}

static void
test_least_delay_wins(void **state)
{
	struct clock_filter f;

	(void)state;
	filter_reset(&f, at(0), PRECISION);
	assert_int_equal(feed(&f, 1, 0.003, 0.030), FILTER_USE);
	assert_int_equal(feed(&f, 2, 0.001, 0.010), FILTER_USE);
	assert_int_equal(feed(&f, 3, 0.009, 0.050), FILTER_OLD);
	assert_near(f.offset, 0.001, 0);
	assert_near(f.delay, 0.010, 0);
	assert_int_equal(f.epoch.ns, at(2).ns);
	/* sqrt((2^2 + 8^2) / 2) ms around the best */
	assert_near(f.jitter, sqrt((4e-6 + 64e-6) / 2), 1e-12);
}

static void
test_first_sample_at_reset(void **state)
{
	struct clock_filter f;

	(void)state;
	filter_reset(&f, at(3), PRECISION);
	assert_int_equal(feed(&f, 3, 0.001, 0.01), FILTER_USE);
	assert_int_equal(feed(&f, 3, 0.002, 0.009), FILTER_OLD);
}

/* Beyond the first two only samples within maxdist count. */
static void
test_jitter_of_distant_samples(void **state)
{
	struct clock_filter f;

	(void)state;
	filter_reset(&f, at(0), PRECISION);
	(void)feed(&f, 1, 0.000, 2.0);
	(void)feed(&f, 2, 0.003, 2.1);
	assert_near(f.jitter, 0.003, 1e-12);
	(void)feed(&f, 3, 0.900, 2.2);
	assert_near(f.jitter, 0.003, 1e-12);
}

static void
test_epoch_never_reused(void **state)
{
	struct clock_filter f;
	struct ntp_rng r;
	ntp_mono last = at(0);

	(void)state;
	rng_seed(&r, 13);
	filter_reset(&f, at(0), PRECISION);
	for (unsigned i = 1; i < 20000; i++) {
		double d = rng_exp(&r) * 0.01;
		enum filter_verdict v = rng_below(&r, 10) == 0
		    ? clock_filter(&f, NULL, &fp, at(i * POLL))
		    : feed(&f, i * POLL, d / 2 * rng_normal(&r), d);

		if (v == FILTER_USE) {
			assert_true(mono_before(last, f.epoch));
			last = f.epoch;
		}
		assert_int_equal(f.epoch.ns, last.ns);
		assert_true(f.jitter >= PRECISION);
		assert_true(f.delay >= PRECISION || !f.used);
		assert_true(f.disp >= 0 && f.disp <= NTP_MAXDISP);
	}
}

static void
test_single_sample_jitter(void **state)
{
	struct clock_filter f;

	(void)state;
	filter_reset(&f, at(0), PRECISION);
	(void)feed(&f, 1, 0.5, 0.01);
	assert_near(f.jitter, PRECISION, 0);
	(void)feed(&f, 2, 0.5, 0.01);
	assert_near(f.jitter, PRECISION, 0);
}

/* Beyond the allan intercept a sample's dispersion counts as distance. */
static void
test_old_sample_loses_weight(void **state)
{
	struct clock_filter f;

	(void)state;
	filter_reset(&f, at(0), PRECISION);
	(void)feed(&f, 0, 0.001, 0.010);
	assert_int_equal(feed(&f, 2000, 0.002, 0.011), FILTER_OLD);
	assert_near(f.offset, 0.001, 0);
	/* Now 2100 s old: 10 ms + 31.5 ms of dispersion. */
	assert_int_equal(feed(&f, 2100, 0.003, 0.012), FILTER_USE);
	assert_near(f.offset, 0.002, 0);
}

static void
test_missed_polls_push_out(void **state)
{
	struct clock_filter f;
	double before;

	(void)state;
	fill(&f, 0.001, 0.01);
	before = f.disp;
	assert_int_equal(clock_filter(&f, NULL, &fp, at(9 * POLL)), FILTER_OLD);
	assert_true(f.disp > before + 16 * 0x1p-9);
	for (unsigned i = 10; i < 16; i++)
		assert_int_not_equal(
		    clock_filter(&f, NULL, &fp, at(i * POLL)), FILTER_NONE);
	assert_int_equal(
	    clock_filter(&f, NULL, &fp, at(16 * POLL)), FILTER_NONE);
	/* Values stay for the displays. */
	assert_near(f.offset, 0.001, 3e-4);
	assert_near(f.disp, 16 * (1 - 0x1p-8), 1e-12);
}

static void
test_popcorn_suppressed(void **state)
{
	struct clock_filter f;
	ntp_mono used;
	double offset;

	(void)state;
	fill(&f, 0.001, 0.01);
	used = f.epoch;
	offset = f.offset;
	/* Less delay than all others, so nothing but the gate can stop it. */
	assert_int_equal(feed(&f, 9 * POLL, 0.040, 0.009), FILTER_POPCORN);
	assert_int_equal(f.epoch.ns, used.ns);
	assert_near(f.offset, offset, 0);
	assert_near(filter_stage(&f, 0, &fp, at(9 * POLL)).offset, 0.040, 0);
	assert_near(filter_stage(&f, 0, &fp, at(9 * POLL)).disp, 16, 0);
	/* A lone spike is gone: it is not used a poll later either. */
	assert_int_not_equal(
	    feed(&f, 10 * POLL, 0.001, 0.0105), FILTER_POPCORN);
	assert_near(f.offset, 0.001, 3e-4);
}

static void
test_real_change_passes_next_time(void **state)
{
	struct clock_filter f;

	(void)state;
	fill(&f, 0.001, 0.01);
	assert_int_equal(feed(&f, 9 * POLL, 0.040, 0.009), FILTER_POPCORN);
	assert_int_equal(feed(&f, 10 * POLL, 0.040, 0.009), FILTER_USE);
	assert_near(f.offset, 0.040, 0);
}

/* Asked again at once, well within the window. */
static void
test_two_in_a_row_are_no_spike(void **state)
{
	struct clock_filter f;

	(void)state;
	fill(&f, 0.001, 0.01);
	assert_int_equal(feed(&f, 9 * POLL, 0.040, 0.009), FILTER_POPCORN);
	assert_int_equal(feed(&f, 9 * POLL + 2, 0.041, 0.008), FILTER_USE);
	assert_near(f.offset, 0.041, 0);
}

/* Half of the mean wait: delays 10, 12 and 17 ms wait 3 ms in the mean.  With
 * that jitter a second sample of the new time is no spike. */
static void
test_settled_on_the_newest(void **state)
{
	struct clock_filter f;

	(void)state;
	filter_reset(&f, at(0), PRECISION);
	(void)feed(&f, 1 * POLL, 0.001, 0.010);
	(void)feed(&f, 2 * POLL, 0.001, 0.012);
	(void)feed(&f, 3 * POLL, 1.002, 0.017);
	filter_settle(&f, &fp, at(3 * POLL));
	assert_near(f.offset, 1.002, 0);
	assert_near(f.jitter, 0.0015, 1e-12);
	assert_near(filter_stage(&f, 2, &fp, at(3 * POLL)).offset, 1.002, 0);
	assert_int_equal(feed(&f, 3 * POLL + 2, 1.0, 0.011), FILTER_USE);
}

static void
test_popcorn_gate_width(void **state)
{
	struct clock_filter f;

	(void)state;
	fill(&f, 0.001, 0.01);
	assert_int_equal(
	    feed(&f, 9 * POLL, f.offset + 2.9 * f.jitter, 0.009), FILTER_USE);
	fill(&f, 0.001, 0.01);
	assert_int_equal(feed(&f, 9 * POLL, f.offset + 3.1 * f.jitter, 0.009),
	    FILTER_POPCORN);
}

/* While the frequency is trained. */
static void
test_newest_first(void **state)
{
	struct filter_param par = fp;
	struct clock_filter f;

	(void)state;
	par.newest_first = true;
	filter_reset(&f, at(0), PRECISION);
	for (unsigned i = 1; i <= 6; i++) {
		assert_int_equal(
		    feed_with(&f, &par, i * 2.0, i * 1e-3, i * 0.01),
		    FILTER_USE);
		assert_near(f.offset, i * 1e-3, 0);
	}
	/* Far off, but here offsets do run away. */
	assert_int_equal(feed_with(&f, &par, 76, 0.03, 0.1), FILTER_USE);
	assert_near(f.offset, 0.03, 0);
	/* A missed poll is not a measurement of zero. */
	assert_int_equal(clock_filter(&f, NULL, &par, at(140)), FILTER_OLD);
	assert_near(f.offset, 0.03, 0);
	assert_near(f.delay, 0.1, 0);
}

static void
test_nothing_insane_enters(void **state)
{
	static const double bad[] = {
	    (double)NAN, HUGE_VAL, -HUGE_VAL, 1e300, -1e18};
	struct clock_filter f;

	(void)state;
	fill(&f, 0.001, 0.01);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sample s[3] = {{bad[i], 0.001, 1e-5, at(1000)},
		    {0.001, bad[i], 1e-5, at(1000)},
		    {0.001, 0.001, bad[i], at(1000)}};

		for (unsigned j = 0; j < 3; j++) {
			(void)clock_filter(&f, &s[j], &fp, at(1000));
			assert_near(
			    filter_stage(&f, 0, &fp, at(1000)).disp, 16, 0);
		}
		assert_true(isfinite(f.offset) && isfinite(f.delay));
		assert_true(isfinite(f.disp) && isfinite(f.jitter));
	}
}

static void
test_negative_delay_is_clamped(void **state)
{
	struct clock_filter f;

	(void)state;
	filter_reset(&f, at(0), PRECISION);
	assert_int_equal(feed(&f, 1, 0.001, -0.02), FILTER_USE);
	assert_near(f.delay, PRECISION, 0);
}

static void
test_stage_order(void **state)
{
	struct clock_filter f;

	(void)state;
	filter_reset(&f, at(0), PRECISION);
	for (unsigned i = 1; i <= 11; i++)
		(void)feed(&f, i, i * 1e-3, 0.01);
	for (unsigned i = 0; i < NTP_SHIFT; i++)
		assert_near(filter_stage(&f, i, &fp, at(11)).offset,
		    (11 - i) * 1e-3, 1e-15);
}

/* A slew moves every offset kept; a change of frequency moves each by its age,
 * and empty stages stay empty. */
static void
test_slewed(void **state)
{
	struct clock_filter f;

	(void)state;
	filter_reset(&f, at(0), PRECISION);
	(void)feed(&f, 10, 1e-3, 0.01);
	(void)feed(&f, 20, 2e-3, 0.02);
	filter_slewed(&f, 4e-4, 0, at(30));
	assert_near(filter_stage(&f, 0, &fp, at(30)).offset, 1.6e-3, 1e-12);
	assert_near(filter_stage(&f, 1, &fp, at(30)).offset, 6e-4, 1e-12);
	assert_near(f.offset, 6e-4, 1e-12);
	filter_slewed(&f, 0, 1e-5, at(30));
	assert_near(filter_stage(&f, 0, &fp, at(30)).offset, 1.7e-3, 1e-12);
	assert_near(filter_stage(&f, 1, &fp, at(30)).offset, 8e-4, 1e-12);
	assert_near(f.offset, 8e-4, 1e-12);
	assert_near(filter_stage(&f, 2, &fp, at(30)).offset, 0, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reset_is_empty),
	    cmocka_unit_test(test_dispersion_halves),
	    cmocka_unit_test(test_dispersion_grows_by_phi),
	    cmocka_unit_test(test_least_delay_wins),
	    cmocka_unit_test(test_first_sample_at_reset),
	    cmocka_unit_test(test_jitter_of_distant_samples),
	    cmocka_unit_test(test_epoch_never_reused),
	    cmocka_unit_test(test_single_sample_jitter),
	    cmocka_unit_test(test_old_sample_loses_weight),
	    cmocka_unit_test(test_missed_polls_push_out),
	    cmocka_unit_test(test_slewed),
	    cmocka_unit_test(test_popcorn_suppressed),
	    cmocka_unit_test(test_real_change_passes_next_time),
	    cmocka_unit_test(test_two_in_a_row_are_no_spike),
	    cmocka_unit_test(test_settled_on_the_newest),
	    cmocka_unit_test(test_popcorn_gate_width),
	    cmocka_unit_test(test_newest_first),
	    cmocka_unit_test(test_nothing_insane_enters),
	    cmocka_unit_test(test_negative_delay_is_clamped),
	    cmocka_unit_test(test_stage_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
