/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_loopfilter.c - the discipline: states, gates, gains, closed loop
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "ntp_loopfilter.h"
#include "ntp_rng.h"

#define PPM 1e-6

static const struct loop_param normal = {.step_fwd = NTP_STEP,
    .step_back = NTP_STEP,
    .stepout = NTP_STEPOUT,
    .panic = NTP_PANIC,
    .allan = 2048,
    .maxfreq = NTP_MAXFREQ,
    .floor = 0.0005,
    .precision = 1e-6};

static ntp_mono
at(double s)
{
	return (ntp_mono){(int64_t)(s * 1e9)};
}

static void
assert_near(double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		fail_msg("%.9g is not %.9g +- %.2g", got, want, tolerance);
}

static enum loop_action
update(struct loop_state *l, double t, double offset)
{
	return local_clock(l, offset, 6, 10, at(t)).action;
}

static void
init(struct loop_state *l, bool known)
{
	loop_init(l, &normal, known, known ? 40 * PPM : 0, 6, at(0));
}

/* In SYNC at T with the start-up clamp over. */
static void
settle(struct loop_state *l, double t)
{
	init(l, true);
	assert_int_equal(update(l, t, 1e-4), LOOP_SLEW);
	assert_int_equal(l->mode, LOOP_SYNC);
	assert_near(l->clamp_left, 0, 0);
}

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

/* --- poll adjust ------------------------------------------------------------ */

static void
test_poll_up(void **state)
{
	struct loop_state l;
	double t = 1000;

	(void)state;
	settle(&l, t);
	/* 6 a time: one at settle(), beyond 30 with the sixth. */
	for (unsigned i = 0; i < 4; i++)
		(void)update(&l, t += 64, 1e-6);
	l.poll_count = 30;
	assert_int_equal(l.poll, 6);
	(void)update(&l, t += 64, 1e-6);
	assert_int_equal(l.poll, 7);
	assert_int_equal(l.poll_count, 0);
	for (unsigned i = 0; i < 200; i++)
		(void)update(&l, t += 128, 1e-6);
	assert_int_equal(l.poll, 10);
}

static void
test_poll_count(void **state)
{
	struct loop_state l;

	(void)state;
	settle(&l, 1000);
	l.poll_count = 0;
	(void)update(&l, 1064, 1e-6);
	assert_int_equal(l.poll_count, 6);
	/* Its own jitter is 35 ms now, and twice that is less. */
	(void)update(&l, 1128, 0.1);
	assert_int_equal(l.poll_count, 6 - 12);
	(void)update(&l, 1192, 0.06);
	assert_int_equal(l.poll_count, 0);
}

static void
test_poll_time_gates(void **state)
{
	struct loop_state l;

	(void)state;
	settle(&l, 1000);
	l.poll = 8;
	l.poll_changed = at(1000);
	l.poll_count = 30;
	(void)update(&l, 1255, 0); /* 128 + 128 */
	assert_int_equal(l.poll, 8);
	assert_int_equal(l.poll_count, 30);
	(void)update(&l, 1256, 0);
	assert_int_equal(l.poll, 9);
	l.jitter = 1e-6;
	l.last_offset = 0.1;
	l.poll_count = -30;
	(void)update(&l, 1256 + 255, 0.1);
	assert_int_equal(l.poll, 9);
	(void)update(&l, 1256 + 256, 0.1);
	assert_int_equal(l.poll, 8);
}

static void
test_poll_follows_peer(void **state)
{
	struct loop_state l;

	(void)state;
	settle(&l, 1000);
	(void)local_clock(&l, 0, 8, 10, at(1064));
	assert_int_equal(l.poll, 8);
	(void)local_clock(&l, 0, 3, 4, at(1128));
	assert_int_equal(l.poll, 4);
	(void)local_clock(&l, 0, 100, -100, at(1192));
	assert_in_range(l.poll, 0, NTP_MAXPOLL_HARD);
}

/* Each offset is good, and still the poll leaves 0. */
static void
test_poll_zero(void **state)
{
	struct loop_state l;

	(void)state;
	settle(&l, 1000);
	for (unsigned i = 0; i < 300; i++)
		(void)local_clock(&l, 1e-6, 0, i == 0 ? 0 : 4, at(1001 + i));
	assert_true(l.poll > 0);
}

/* --- closed loop ------------------------------------------------------------- */

struct world {
	struct loop_state l;
	struct ntp_rng rng;
	double error;  /* s, server minus us */
	double freq;   /* s/s, by which we are slow */
	double jitter; /* s, mean of each way's queueing */
	unsigned t, next, burst, steps;
	double worst; /* s, since the last look */
};

static void
world_init(struct world *w, double error, double freq, bool known, double drift)
{
	*w = (struct world){.error = error,
	    .freq = freq,
	    .jitter = 0.0005,
	    .next = 4,
	    .burst = 4};
	rng_seed(&w->rng, 2026);
	loop_init(&w->l, &normal, known, drift, 6, at(0));
}

static void
world_poll(struct world *w)
{
	double noise = (rng_exp(&w->rng) - rng_exp(&w->rng)) / 2 * w->jitter;
	struct loop_decision d =
	    local_clock(&w->l, w->error + noise, 6, 10, at(w->t));

	if (d.action == LOOP_STEP) {
		w->error -= d.offset;
		loop_stepped(&w->l, at(w->t));
		w->steps++;
		w->burst = 6;
	}
	if (w->burst > 0)
		w->burst--;
	w->next = w->t + (w->burst > 0 ? 2U : 1U << w->l.poll);
}

static void
world_run(struct world *w, unsigned until)
{
	for (w->worst = 0; w->t < until; w->t++) {
		if (w->t == w->next)
			world_poll(w);
		w->error +=
		    w->freq - w->l.freq - adj_host_clock(&w->l, (ntp_mono){0});
		w->worst = fmax(w->worst, fabs(w->error));
		assert_true(isfinite(w->error) && isfinite(w->l.residual));
		assert_true(fabs(w->l.freq) <= NTP_MAXFREQ);
	}
}

static void
test_converges_without_drift_file(void **state)
{
	static const double start[] = {0.0, 0.003, -0.1, 0.1};
	struct world w;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		world_init(&w, start[i], 40 * PPM, false, 0);
		world_run(&w, 400);
		assert_int_equal(w.l.mode, LOOP_SYNC);
		assert_int_equal(w.steps, 0);
		assert_near(w.l.freq, 40 * PPM, 3 * PPM);
		world_run(&w, 900);
		world_run(&w, 4 * 3600);
		assert_true(w.worst < 0.004);
		world_run(&w, 24 * 3600);
		assert_true(w.worst < 0.001);
		assert_near(w.l.freq, 40 * PPM, 0.5 * PPM);
	}
}

/* The clock is near all through the measurement, not 12 ms off after it. */
static void
test_stays_near_while_measuring(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 0.003, 40 * PPM, false, 0);
	world_run(&w, 60);
	world_run(&w, 350);
	assert_true(w.worst < 0.005);
}

static void
test_converges_after_step(void **state)
{
	static const double start[] = {0.8, -0.8, 900};
	struct world w;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		world_init(&w, start[i], -40 * PPM, false, 0);
		world_run(&w, 420);
		assert_int_equal(w.steps, 1);
		assert_int_equal(w.l.mode, LOOP_SYNC);
		assert_near(w.l.freq, -40 * PPM, 3 * PPM);
		world_run(&w, 900);
		world_run(&w, 4 * 3600);
		assert_true(w.worst < 0.004);
		assert_int_equal(w.steps, 1);
	}
}

static void
test_converges_with_drift_file(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 0.1, 40 * PPM, true, 41 * PPM);
	world_run(&w, 400);
	world_run(&w, 8 * 3600);
	assert_true(w.worst < 0.004);
	assert_near(w.l.freq, 40 * PPM, 0.5 * PPM);
	world_init(&w, 0.8, 40 * PPM, true, 40 * PPM);
	world_run(&w, 60);
	assert_int_equal(w.steps, 1);
	world_run(&w, 8 * 3600);
	assert_int_equal(w.steps, 1);
	assert_true(w.worst < 0.004);
}

static void
test_converges_at_450_ppm(void **state)
{
	struct world w;

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		world_init(&w, 0.0, sign * 450 * PPM, false, 0);
		world_run(&w, 400);
		assert_int_equal(w.steps, 0);
		assert_true(w.worst < 0.060);
		assert_near(w.l.freq, sign * 450 * PPM, 3 * PPM);
		world_run(&w, 2 * 3600);
		world_run(&w, 24 * 3600);
		assert_int_equal(w.steps, 0);
		assert_true(w.worst < 0.004);
		assert_near(w.l.freq, sign * 450 * PPM, 0.5 * PPM);
	}
}

/* With the gain of the reference this loop runs away. */
static void
test_long_polls_converge(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 0.0, 40 * PPM, true, 45 * PPM);
	w.l.clamp_left = 0;
	for (unsigned i = 1; i < 200; i++) {
		world_run(&w, w.t + 4096);
		(void)local_clock(&w.l, w.error, 12, 12, at(w.t));
	}
	assert_near(w.l.freq, 40 * PPM, 0.5 * PPM);
	assert_near(w.error, 0, 0.002);
}

static void
test_poll_rises_when_quiet(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 0.01, 40 * PPM, false, 0);
	world_run(&w, 12 * 3600);
	assert_true(w.l.poll >= 9);
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
	    cmocka_unit_test(test_poll_up),
	    cmocka_unit_test(test_poll_count),
	    cmocka_unit_test(test_poll_time_gates),
	    cmocka_unit_test(test_poll_follows_peer),
	    cmocka_unit_test(test_poll_zero),
	    cmocka_unit_test(test_converges_without_drift_file),
	    cmocka_unit_test(test_stays_near_while_measuring),
	    cmocka_unit_test(test_converges_after_step),
	    cmocka_unit_test(test_converges_with_drift_file),
	    cmocka_unit_test(test_converges_at_450_ppm),
	    cmocka_unit_test(test_long_polls_converge),
	    cmocka_unit_test(test_poll_rises_when_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
