/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_virtclock.c - the virtual clock over fake kernel clocks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "../../ntpd/ntp_virtclock.h"
#include "ntp_err.h"

#define NS_PER_S 1000000000LL
#define UNIX0	 1700000000LL
#define TINY	 2e-9 /* s; readings are whole nanoseconds */

static int64_t raw_ns, real_ns;

static int
fake_gettime(clockid_t id, struct timespec *t)
{
	int64_t ns = id == CLOCK_REALTIME ? real_ns : raw_ns;

	assert_true(id == CLOCK_REALTIME || id == CLOCK_MONOTONIC_RAW);
	t->tv_sec = ns / NS_PER_S;
	t->tv_nsec = ns % NS_PER_S;
	return 0;
}

static void
pass(double s)
{
	raw_ns += llround(s * 1e9);
	real_ns += llround(s * 1e9);
}

static struct virtclock v;

static void
start(double offset, double freq, double wander)
{
	struct virtclock_param par = {offset, freq, wander};

	raw_ns = 77 * NS_PER_S;
	real_ns = UNIX0 * NS_PER_S;
	virtclock_init_with(&v, &par, 1, fake_gettime);
}

/* How far the clock is ahead of the real one. */
static double
ahead(void)
{
	ntp_ts real =
	    ts_from_unix(real_ns / NS_PER_S, (uint32_t)(real_ns % NS_PER_S));

	return ts_diff(v.port.get_systime(&v.port), real);
}

static void
assert_ahead(double want)
{
	double got = ahead();

	if (fabs(got - want) > TINY)
		fail_msg("ahead by %.12f s, not %.12f s", got, want);
}

static void
test_offset_and_frequency(void **state)
{
	(void)state;
	start(0.8, 40e-6, 0.0);
	assert_ahead(0.8);
	pass(100.0);
	assert_ahead(0.8 + 100 * 40e-6);
}

static void
test_far_offset_keeps_resolution(void **state)
{
	double before;

	(void)state;
	start(600e6, 0.0, 0.0); /* 19 years: into era 1 */
	before = ahead();
	pass(1e-6);
	assert_true(fabs(ahead() - before) < TINY);
	assert_true(fabs(before - 600e6) < 1e-6);
}

static void
test_frequency_correction(void **state)
{
	(void)state;
	start(0.0, 40e-6, 0.0);
	assert_int_equal(v.port.adj_systime(&v.port, 0.0, -40e-6), 0);
	pass(1000.0);
	/* what remains is the product of the two, 1.6e-9 */
	assert_true(fabs(ahead() + 1.6e-6) < 1e-8);
}

static void
test_slew_takes_a_second_and_ends(void **state)
{
	(void)state;
	start(0.0, 0.0, 0.0);
	assert_int_equal(v.port.adj_systime(&v.port, 400e-6, 0.0), 0);
	assert_ahead(0.0);
	pass(0.25);
	assert_ahead(100e-6);
	pass(0.75);
	assert_ahead(400e-6);
	pass(1000.0);
	assert_ahead(400e-6);
}

static void
test_slew_backwards_in_one_reading(void **state)
{
	(void)state;
	start(0.0, 0.0, 0.0);
	(void)v.port.adj_systime(&v.port, -300e-6, 0.0);
	pass(50.0);
	assert_ahead(-300e-6);
}

/* Ticks come early and late; nothing of what was asked for is lost. */
static void
test_slews_add_up(void **state)
{
	struct ntp_rng r;
	double sum = 0.0;

	(void)state;
	rng_seed(&r, 42);
	start(0.0, 0.0, 0.0);
	for (int i = 0; i < 1000; i++) {
		double adj = (rng_double(&r) - 0.5) * 1e-3;

		(void)v.port.adj_systime(&v.port, adj, 0.0);
		sum += adj;
		pass(0.9 + 0.2 * rng_double(&r));
	}
	pass(2.0);
	assert_true(fabs(ahead() - sum) < 1e-8);
}

static void
test_step(void **state)
{
	(void)state;
	start(0.8, 0.0, 0.0);
	(void)v.port.adj_systime(&v.port, 500e-6, 0.0);
	assert_int_equal(v.port.step_systime(&v.port, -0.8), 0);
	pass(10.0); /* the slew belongs to the time before */
	assert_ahead(0.0);
	assert_int_equal(v.port.step_systime(&v.port, 3600.5), 0);
	assert_ahead(3600.5);
	assert_int_equal(
	    v.port.step_systime(&v.port, (double)NAN), -NTP_ERANGE);
	assert_int_equal(v.port.step_systime(&v.port, 1e18), -NTP_ERANGE);
	assert_ahead(3600.5);
}

static void
test_adj_refuses_nonsense(void **state)
{
	(void)state;
	start(0.0, 0.0, 0.0);
	assert_int_equal(
	    v.port.adj_systime(&v.port, (double)NAN, 0.0), -NTP_ERANGE);
	assert_int_equal(
	    v.port.adj_systime(&v.port, 0.0, (double)INFINITY), -NTP_ERANGE);
	pass(5.0);
	assert_ahead(0.0);
}

/* The real clock being stepped by somebody does not matter. */
static void
test_real_clock_is_read_once(void **state)
{
	ntp_ts before, after;

	(void)state;
	start(0.0, 0.0, 0.0);
	before = v.port.get_systime(&v.port);
	real_ns += 100 * NS_PER_S;
	after = v.port.get_systime(&v.port);
	assert_true(ts_equal(before, after));
}

static void
test_wander(void **state)
{
	double first;

	(void)state;
	start(0.0, 0.0, 1e-8);
	for (int i = 0; i < 10000; i++) {
		pass(1.0);
		(void)ahead();
	}
	/* a random walk of 10^4 steps of 1e-8: some 1e-6, never 1e-5 */
	assert_true(fabs(v.line.drift) > 1e-9 && fabs(v.line.drift) < 1e-5);
	first = v.line.drift;
	start(0.0, 0.0, 0.0);
	for (int i = 0; i < 100; i++) {
		pass(1.0);
		(void)ahead();
	}
	assert_true(v.line.drift == 0.0 && first != 0.0);
}

static void
test_arrival_by_age(void **state)
{
	struct timespec at;
	ntp_ts now, then;

	(void)state;
	start(-5.0, 0.0, 0.0);
	at.tv_sec = UNIX0;
	at.tv_nsec = 0;
	pass(0.002);
	now = v.port.get_systime(&v.port);
	then = virtclock_arrival(&v.port, &at);
	assert_true(fabs(ts_diff(now, then) - 0.002) < TINY);
	/* a stamp of the future, or of long ago, is none */
	at.tv_sec = UNIX0 + 100;
	assert_true(ts_equal(virtclock_arrival(&v.port, &at), now));
	at.tv_sec = UNIX0 - 100;
	assert_true(ts_equal(virtclock_arrival(&v.port, &at), now));
}

static void
test_parse(void **state)
{
	struct virtclock_param p;

	(void)state;
	assert_int_equal(virtclock_parse("0.8", &p), 0);
	assert_true(p.offset == 0.8 && p.freq == 0.0 && p.wander == 0.0);
	assert_int_equal(virtclock_parse("-3.5,40", &p), 0);
	assert_true(p.offset == -3.5 && fabs(p.freq - 40e-6) < 1e-15);
	assert_int_equal(virtclock_parse("0,-12.5,1e-9", &p), 0);
	assert_true(fabs(p.freq + 12.5e-6) < 1e-15 && p.wander == 1e-9);
}

static void
test_parse_bad(void **state)
{
	static const char *const bad[] = {"", ",", "x", "1,", "1,,2", "1,2,",
	    "1,2,3,4", "1 2", "nan", "1e20", "0,1e9", "0,0,-1e-9", "0,0,1"};
	struct virtclock_param p = {7.0, 7.0, 7.0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (virtclock_parse(bad[i], &p) == 0)
			fail_msg("\"%s\" was accepted", bad[i]);
	assert_true(p.offset == 7.0 && p.freq == 7.0 && p.wander == 7.0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_offset_and_frequency),
	    cmocka_unit_test(test_far_offset_keeps_resolution),
	    cmocka_unit_test(test_frequency_correction),
	    cmocka_unit_test(test_slew_takes_a_second_and_ends),
	    cmocka_unit_test(test_slew_backwards_in_one_reading),
	    cmocka_unit_test(test_slews_add_up),
	    cmocka_unit_test(test_step),
	    cmocka_unit_test(test_adj_refuses_nonsense),
	    cmocka_unit_test(test_real_clock_is_read_once),
	    cmocka_unit_test(test_wander),
	    cmocka_unit_test(test_arrival_by_age),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
