/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_loopfilter.c - the discipline: states, gates, gains
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "looplab.h"
#include "near.h"

/* --- states ---------------------------------------------------------------- */

static void
test_init(void **state)
{
	struct loop_state l;

	(void)state;
	init(&l, false);
	assert_int_equal(l.mode, LOOP_NSET);
	init(&l, true);
	assert_int_equal(l.mode, LOOP_FSET);
	assert_near(l.freq, 40 * PPM, 0);
	assert_near(l.clamp_left, 300, 0);
	loop_init(&l, &normal, true, -0.01, 6, at(0));
	assert_near(l.freq, -NTP_MAXFREQ, 0);
	loop_init(&l, &normal, true, (double)NAN, 6, at(0));
	assert_int_equal(l.mode, LOOP_NSET);
	assert_near(l.freq, 0, 0);
}

static void
test_nset(void **state)
{
	struct loop_state l;
	struct loop_decision d;

	(void)state;
	init(&l, false);
	d = local_clock(&l, 0.05, 6, 10, at(10));
	assert_int_equal(d.action, LOOP_SLEW);
	assert_true(d.new_mode);
	assert_false(d.freq_set);
	assert_int_equal(l.mode, LOOP_FREQ);
	assert_near(l.residual, 0.05, 0);
	init(&l, false);
	d = local_clock(&l, -0.8, 6, 10, at(10));
	assert_int_equal(d.action, LOOP_STEP);
	assert_near(d.offset, -0.8, 0);
	assert_int_equal(l.mode, LOOP_FREQ);
	assert_near(l.residual, 0, 0);
	assert_near(l.jitter, 1e-6, 0);
}

static void
test_fset(void **state)
{
	struct loop_state l;

	(void)state;
	init(&l, true);
	assert_int_equal(update(&l, 10, 0.05), LOOP_SLEW);
	assert_int_equal(l.mode, LOOP_SYNC);
	/* The clamp: phase only. */
	assert_near(l.freq, 40 * PPM, 0);
	init(&l, true);
	assert_int_equal(update(&l, 10, 0.8), LOOP_STEP);
	assert_int_equal(l.mode, LOOP_SYNC);
}

static void
test_step_threshold(void **state)
{
	struct loop_param par = normal;
	struct loop_state l;

	(void)state;
	init(&l, true);
	assert_int_equal(update(&l, 10, 0.128), LOOP_SLEW);
	init(&l, true);
	assert_int_equal(update(&l, 10, -0.1281), LOOP_STEP);
	par.step_fwd = 0;
	par.step_back = 0.5;
	loop_init(&l, &par, true, 0, 6, at(0));
	assert_int_equal(update(&l, 10, 900), LOOP_SLEW);
	loop_init(&l, &par, true, 0, 6, at(0));
	assert_int_equal(update(&l, 10, -0.4), LOOP_SLEW);
	loop_init(&l, &par, true, 0, 6, at(0));
	assert_int_equal(update(&l, 10, -0.6), LOOP_STEP);
}

static void
test_spike_forgotten(void **state)
{
	struct loop_state l, before;

	(void)state;
	settle(&l, 1000);
	before = l;
	assert_int_equal(update(&l, 1064, 0.5), LOOP_IGNORE);
	assert_int_equal(l.mode, LOOP_SPIK);
	assert_int_equal(update(&l, 1128, 0.5), LOOP_IGNORE);
	/* An ignored update leaves no other trace. */
	before.mode = LOOP_SPIK;
	assert_memory_equal(&l, &before, sizeof(l));
	assert_int_equal(update(&l, 1192, 1e-4), LOOP_SLEW);
	assert_int_equal(l.mode, LOOP_SYNC);
}

static void
test_spike_that_stays(void **state)
{
	struct loop_state l;
	struct loop_decision d;

	(void)state;
	settle(&l, 1000);
	l.poll = 8;
	l.poll_count = 12;
	for (double t = 1064; t < 1300; t += 64)
		assert_int_equal(update(&l, t, 0.5), LOOP_IGNORE);
	d = local_clock(&l, 0.5, 6, 10, at(1320));
	assert_int_equal(d.action, LOOP_STEP);
	assert_near(d.offset, 0.5, 0);
	assert_true(d.new_mode);
	assert_int_equal(l.mode, LOOP_SYNC);
	assert_int_equal(l.poll, 6);
	assert_int_equal(l.poll_count, 0);
	assert_near(l.residual, 0, 0);
	assert_near(l.last_offset, 0, 0);
	assert_near(l.freq, 40 * PPM, 1 * PPM);
}

/* The phase still to be worked off is known good: a spike does not stop it. */
static void
test_spike_keeps_slewing(void **state)
{
	struct loop_state l;
	double left;

	(void)state;
	settle(&l, 1000);
	(void)update(&l, 1064, 0.02);
	(void)update(&l, 1128, 0.5);
	left = l.residual;
	assert_near(adj_host_clock(&l, (ntp_mono){0}), left / 256, 1e-15);
	assert_near(l.residual, left * (1 - 1.0 / 256), 1e-15);
}

static void
test_loop_stepped_by_others(void **state)
{
	struct loop_state l;
	double freq;

	(void)state;
	settle(&l, 1000);
	(void)update(&l, 1064, 0.02);
	(void)update(&l, 1128, 0.5);
	freq = l.freq;
	loop_stepped(&l, at(1130));
	assert_int_equal(l.mode, LOOP_SYNC);
	assert_near(l.residual, 0, 0);
	assert_near(l.freq, freq, 0);
}

/* --- direct frequency measurement ------------------------------------------ */

/* Offsets of a clock that is 40 ppm slow and follows what we slew. */
static void
test_freq_accounts_for_slew(void **state)
{
	struct loop_state l;
	struct loop_decision d = {.action = LOOP_IGNORE};
	double error = 0.1;
	unsigned t;

	(void)state;
	init(&l, false);
	for (t = 0; t < 1000 && !d.freq_set; t++) {
		if (t % 64 == 0)
			d = local_clock(&l, error, 6, 10, at(t));
		assert_int_equal(d.action, LOOP_SLEW);
		error += 40 * PPM - l.freq - adj_host_clock(&l, (ntp_mono){0});
	}
	assert_int_equal(t, 321);
	assert_true(d.new_mode && d.freq_set && !d.freq_clamped);
	assert_int_equal(l.mode, LOOP_SYNC);
	assert_near(l.freq, 40 * PPM, 1e-12);
}

static void
test_freq_clamped(void **state)
{
	struct loop_state l;
	struct loop_decision d;

	(void)state;
	init(&l, false);
	(void)update(&l, 0, -0.1);
	d = local_clock(&l, 0.1, 6, 10, at(310));
	assert_true(d.freq_set && d.freq_clamped);
	assert_near(l.freq, NTP_MAXFREQ, 0);
}

/* A server that jumps must not be taken for a frequency. */
static void
test_freq_large_offset(void **state)
{
	struct loop_state l;

	(void)state;
	init(&l, false);
	assert_int_equal(update(&l, 0, 0.01), LOOP_SLEW);
	assert_int_equal(update(&l, 64, 0.2), LOOP_IGNORE);
	assert_int_equal(update(&l, 299, 0.2), LOOP_IGNORE);
	assert_int_equal(update(&l, 300, 0.2), LOOP_STEP);
	assert_int_equal(l.mode, LOOP_FREQ);
	assert_near(l.freq, 0, 0);
	assert_int_equal(update(&l, 310, 0.0), LOOP_SLEW);
	assert_int_equal(update(&l, 600, 0.0), LOOP_SLEW);
	assert_int_equal(l.mode, LOOP_FREQ);
	assert_int_equal(update(&l, 610, 0.0), LOOP_SLEW);
	assert_int_equal(l.mode, LOOP_SYNC);
	assert_near(l.freq, 0, 1e-12);
}

static void
test_freq_without_stepout(void **state)
{
	struct loop_param par = normal;
	struct loop_state l;

	(void)state;
	par.stepout = 0;
	loop_init(&l, &par, false, 0, 6, at(0));
	(void)update(&l, 5, 0.01);
	(void)update(&l, 5, 0.02);
	assert_true(isfinite(l.freq));
	assert_near(l.freq, 0, 0);
}

/* --- panic, -g, -G, -q ------------------------------------------------------ */

static void
test_panic(void **state)
{
	struct loop_param par = normal;
	struct loop_state l;

	(void)state;
	init(&l, true);
	assert_int_equal(update(&l, 10, 1000), LOOP_STEP);
	init(&l, true);
	assert_int_equal(update(&l, 10, -1000.1), LOOP_PANIC);
	assert_int_equal(l.mode, LOOP_FSET);
	par.panic = 0;
	loop_init(&l, &par, true, 0, 6, at(0));
	assert_int_equal(update(&l, 10, 1e8), LOOP_STEP);
}

/* CVE-2015-5300: small step, big step. */
static void
test_panic_gate_closes(void **state)
{
	static const double first[] = {0.001, 0.5, 5000};
	struct loop_param par = normal;

	(void)state;
	par.panic_once = true;
	for (unsigned i = 0; i < 3; i++) {
		struct loop_state l;
		enum loop_action a;

		loop_init(&l, &par, true, 0, 6, at(0));
		a = update(&l, 10, first[i]);
		assert_int_equal(a, i == 0 ? LOOP_SLEW : LOOP_STEP);
		for (unsigned k = 1; k < 10; k++)
			assert_int_equal(
			    update(&l, 10 + k * 1000, 1e4), LOOP_PANIC);
	}
}

static void
test_step_once(void **state)
{
	struct loop_param par = normal;
	struct loop_state l;

	(void)state;
	par.step_once = true;
	loop_init(&l, &par, true, 0, 6, at(0));
	assert_int_equal(update(&l, 10, 0.002), LOOP_STEP);
	assert_int_equal(l.mode, LOOP_SYNC);
	assert_int_equal(update(&l, 20, 0.002), LOOP_SLEW);
}

static void
test_set_once(void **state)
{
	struct loop_param par = normal;
	struct loop_state l;

	(void)state;
	par.set_once = true;
	loop_init(&l, &par, true, 0, 6, at(0));
	assert_int_equal(update(&l, 10, 0.1), LOOP_SLEW);
	loop_init(&l, &par, true, 0, 6, at(0));
	assert_int_equal(update(&l, 10, 0.2), LOOP_STEP);
	loop_init(&l, &par, true, 0, 6, at(0));
	assert_int_equal(update(&l, 10, 2000), LOOP_PANIC);
	par.step_once = true;
	loop_init(&l, &par, true, 0, 6, at(0));
	assert_int_equal(update(&l, 10, 0.1), LOOP_STEP);
}

static void
test_nothing_insane_enters(void **state)
{
	static const double bad[] = {
	    (double)NAN, HUGE_VAL, -HUGE_VAL, 1e300, -1e18};
	struct loop_state l, before;

	(void)state;
	settle(&l, 1000);
	before = l;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(update(&l, 1064, bad[i]), LOOP_IGNORE);
	assert_memory_equal(&l, &before, sizeof(l));
}

/* --- gains ------------------------------------------------------------------- */

static void
test_clamp(void **state)
{
	struct loop_state l;

	(void)state;
	init(&l, true);
	(void)update(&l, 0, 0.002);
	assert_near(adj_host_clock(&l, (ntp_mono){0}), 0.002 / 32, 1e-15);
	for (unsigned i = 1; i < 300; i++)
		(void)adj_host_clock(&l, (ntp_mono){0});
	assert_near(l.clamp_left, 0, 0);
	(void)update(&l, 300, 0.002);
	assert_near(adj_host_clock(&l, (ntp_mono){0}), 0.002 / 256, 1e-15);
	/* Less than half a millisecond ends it at once. */
	init(&l, true);
	(void)update(&l, 0, 0.002);
	(void)update(&l, 64, 0.0004);
	assert_near(l.clamp_left, 0, 0);
}

static void
test_pll(void **state)
{
	struct loop_state l;
	double f;

	(void)state;
	settle(&l, 1000);
	f = l.freq;
	(void)update(&l, 1064, 0.01);
	assert_near(l.freq - f, 0.01 * 64 / (1024.0 * 1024.0), 1e-15);
	f = l.freq;
	/* at most 8 tau */
	(void)update(&l, 1e6, 0.01);
	assert_near(l.freq - f, 0.01 * 512 / (1024.0 * 1024.0), 1e-15);
}

static void
test_fll(void **state)
{
	struct loop_state l;
	double f;

	(void)state;
	settle(&l, 1000);
	(void)local_clock(&l, 0, 11, 17, at(5000));
	assert_int_equal(l.poll, 11);
	l.residual = 0;
	f = l.freq;
	(void)local_clock(&l, 0.02, 11, 17, at(9000));
	assert_near(l.freq - f,
	    0.25 * 0.02 / 4000 + 0.02 * 2048 / pow(16.0 * 2048, 2), 1e-15);
}

/* 4 * 64 s * 500 ppm: what is beyond is not taken for frequency. */
static void
test_no_windup(void **state)
{
	struct loop_param par = normal;
	struct loop_state l;

	(void)state;
	par.step_fwd = par.step_back = 600;
	loop_init(&l, &par, true, 0, 6, at(0));
	l.clamp_left = 0;
	for (double t = 64; t < 6400; t += 64)
		(void)update(&l, t, 5);
	assert_near(l.freq, 0, 0);
	(void)update(&l, 6400, 0.12);
	assert_near(l.freq, 0.12 * 64 / (1024.0 * 1024.0), 1e-12);
}

/* The limit holds for the sum, and it is the phase that is cut. */
/* At most 500 ppm with the frequency, and never more than that in a second,
 * which is what the kernel ends by itself. */
static void
test_slew_limit(void **state)
{
	static const double freqs[] = {-500e-6, -450e-6, 0, 40e-6, 500e-6};
	struct loop_param par = normal;

	(void)state;
	par.step_fwd = par.step_back = 0;
	for (unsigned i = 0; i < 5; i++) {
		for (int sign = -1; sign <= 1; sign += 2) {
			struct loop_state l;
			double adj, most = 500e-6 - sign * freqs[i];

			loop_init(&l, &par, true, freqs[i], 6, at(0));
			(void)update(&l, 10, sign * 100.0);
			adj = adj_host_clock(&l, (ntp_mono){0});
			assert_near(l.freq, freqs[i], 0);
			assert_near(adj, sign * fmin(most, 500e-6), 1e-15);
			assert_near(l.residual, sign * 100.0 - adj, 1e-12);
		}
	}
}

static void
test_averages(void **state)
{
	struct loop_state l;
	double old;

	(void)state;
	settle(&l, 1000);
	assert_near(l.jitter, 1e-6, 0);
	(void)update(&l, 1064, 0.0011);
	assert_near(l.jitter, sqrt(1e-12 + (1e-6 - 1e-12) / 8), 1e-15);
	old = l.jitter;
	(void)update(&l, 1128, 0.0011);
	assert_near(l.jitter, sqrt(old * old + (1e-12 - old * old) / 8), 1e-15);
	assert_true(l.wander > 0 && l.wander < 0.1 * PPM);
	for (unsigned i = 0; i < 1000; i++)
		(void)update(&l, 1192 + i * 64, 0.0011);
	assert_true(l.jitter >= 1e-6);
}

/* An offset that the slew explains is no jitter. */
static void
test_slew_is_no_jitter(void **state)
{
	struct loop_state l;
	double error = 0.1;

	(void)state;
	init(&l, true);
	l.freq = 0;
	for (unsigned t = 0; t <= 640; t++) {
		if (t % 64 == 0)
			(void)update(&l, t, error);
		error -= adj_host_clock(&l, (ntp_mono){0}) + l.freq;
	}
	assert_true(l.jitter < 0.002);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_init),
	    cmocka_unit_test(test_nset),
	    cmocka_unit_test(test_fset),
	    cmocka_unit_test(test_step_threshold),
	    cmocka_unit_test(test_spike_forgotten),
	    cmocka_unit_test(test_spike_that_stays),
	    cmocka_unit_test(test_spike_keeps_slewing),
	    cmocka_unit_test(test_loop_stepped_by_others),
	    cmocka_unit_test(test_freq_accounts_for_slew),
	    cmocka_unit_test(test_freq_clamped),
	    cmocka_unit_test(test_freq_large_offset),
	    cmocka_unit_test(test_freq_without_stepout),
	    cmocka_unit_test(test_panic),
	    cmocka_unit_test(test_panic_gate_closes),
	    cmocka_unit_test(test_step_once),
	    cmocka_unit_test(test_set_once),
	    cmocka_unit_test(test_nothing_insane_enters),
	    cmocka_unit_test(test_clamp),
	    cmocka_unit_test(test_pll),
	    cmocka_unit_test(test_fll),
	    cmocka_unit_test(test_no_windup),
	    cmocka_unit_test(test_slew_limit),
	    cmocka_unit_test(test_averages),
	    cmocka_unit_test(test_slew_is_no_jitter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
