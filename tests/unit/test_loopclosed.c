/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_loopclosed.c - the discipline around a clock: how often it asks, and
 * whether it converges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "looplab.h"
#include "near.h"
#include "ntp_rng.h"

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

/* --- closed loop ---------------------------------------------------------- */

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
