/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_steer.c - the discipline on the estimator: how it starts, slews, polls,
 * and what it makes of jumps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "world.h"

#define PPM 1e-6

static const struct loop_param normal = {.discipline = LOOP_KALMAN,
    .step_fwd = NTP_STEP,
    .step_back = NTP_STEP,
    .stepout = NTP_STEPOUT,
    .panic = NTP_PANIC,
    .allan = 2048,
    .maxfreq = NTP_MAXFREQ,
    .floor = 0.0005,
    .precision = 1e-7};

static const struct loop_limits limits = {6, 10};

static ntp_mono
at(double s)
{
	return (ntp_mono){(int64_t)(s * 1e9) + 1};
}

static struct measurement
sample(double offset)
{
	return (struct measurement){.offset = offset,
	    .excess = 1e-5,
	    .spread = 2e-5,
	    .quiet = 2e-5,
	    .blur = 2e-6,
	    .limit = 1e-7};
}

static enum loop_verdict
measure(struct loop_state *l, double t, double offset)
{
	struct measurement m = sample(offset);
	struct loop_decision d = {0};
	enum loop_verdict v = loop_measure(l, &m, false, at(t));

	if (v == LOOP_USED)
		loop_steer(l, limits, &d, at(t));
	return v;
}

static void
start(struct loop_state *l, const struct loop_param *par, bool known)
{
	loop_init(l, par, known, 0, 6, at(0));
}

static void
nothing_before_the_state_machine(void **state)
{
	struct loop_state l;
	struct loop_param pll = normal;

	(void)state;
	start(&l, &normal, false);
	assert_int_equal(local_clock(&l, 0.01, 6, 10, at(1)).action, LOOP_SLEW);
	assert_int_equal(l.mode, LOOP_FREQ);
	assert_true(l.residual == 0); /* the sample decides, not the mean */
	assert_int_equal(measure(&l, 2, 0.01), LOOP_USED);
	assert_true(fabs(l.residual - 0.01) < 1e-5);
	pll.discipline = LOOP_PLL;
	start(&l, &pll, true);
	(void)local_clock(&l, 0.01, 6, 10, at(1));
	assert_int_equal(measure(&l, 2, 0.02), LOOP_UNUSED);
	assert_true(l.residual == 0.01);
}

/* 49 ms are worked off in a second, once, and only when a step would be
 * allowed; a sample taken meanwhile does not count. */
static void
first_offset_is_hurried(void **state)
{
	struct loop_state l;

	(void)state;
	start(&l, &normal, true);
	(void)local_clock(&l, 0.049, 6, 10, at(0));
	(void)measure(&l, 0, 0.049);
	assert_true(fabs(adj_host_clock(&l, at(1)) - 0.049) < 1e-4);
	assert_int_equal(measure(&l, 2, 0.02), LOOP_UNUSED);
	assert_true(fabs(adj_host_clock(&l, at(2))) <= NTP_MAXFREQ);
	assert_true(fabs(adj_host_clock(&l, at(3))) <= NTP_MAXFREQ);
	assert_true(fabs(l.est.all.x) < 0.0005);
	/* most of it was lost on the way: once more */
	assert_int_equal(measure(&l, 4, 0.02), LOOP_USED);
	assert_true(adj_host_clock(&l, at(4)) > 0.015);
	(void)adj_host_clock(&l, at(5));
	assert_int_equal(measure(&l, 8, 0.0001), LOOP_USED);
	(void)adj_host_clock(&l, at(8));
	assert_true(l.started);
	est_doubt(&l.est, 1);
	assert_int_equal(measure(&l, 10, 0.02), LOOP_USED);
	for (unsigned i = 10; i < 20; i++)
		assert_true(fabs(adj_host_clock(&l, at(i))) <= NTP_MAXFREQ);
}

static void
gentle_is_never_hurried(void **state)
{
	struct loop_param par = normal;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct loop_state l;
		double off = 0.05;

		par.gentle = i == 0;
		par.step_fwd = par.step_back = i == 0 ? 600 : 0;
		start(&l, &par, true);
		(void)local_clock(&l, off, 6, 10, at(0));
		(void)measure(&l, 0, off);
		for (unsigned s = 1; s <= 200; s++) {
			double adj = adj_host_clock(&l, at(s));

			assert_true(fabs(adj + l.freq) <= NTP_MAXFREQ + 1e-12);
			off -= adj;
		}
		assert_true(fabs(off) < 1e-4);
	}
}

/* Half a second into a second that slews 400 us, half of it is done. */
static void
slew_is_accounted_as_it_goes(void **state)
{
	struct loop_state l;
	struct measurement m = sample(0);
	double before, adj;

	(void)state;
	start(&l, &normal, true);
	for (unsigned i = 0; i < 20; i++) {
		(void)local_clock(&l, 0, 6, 10, at(i * 64));
		(void)measure(&l, i * 64, 0);
		(void)adj_host_clock(&l, at(i * 64 + 1));
	}
	m.offset = 0.0016;
	(void)loop_measure(&l, &m, true, at(1280));
	before = l.est.all.x;
	assert_true(before > 0.0012);
	adj = adj_host_clock(&l, at(1281));
	assert_true(fabs(adj - before / 4) < 1e-6);
	assert_true(fabs(l.est.all.x - before) < 1e-9);
	m.offset = before - adj / 2;
	(void)loop_measure(&l, &m, false, at(1281.5));
	assert_true(fabs(l.est.all.x - (before - adj / 2)) < 3e-6);
	assert_true(fabs(l.residual - (before - adj)) < 3e-6);
}

/* An oscillator 80 ppm off, no drift file: measured within the first minute,
 * said once. */
static void
frequency_is_trained(void **state)
{
	struct loop_state l;
	double off = 0, t = 0;
	unsigned said = 0;

	(void)state;
	start(&l, &normal, false);
	for (; t < 120; t += 1) {
		struct measurement m = sample(off);
		struct loop_decision d = {0};

		(void)local_clock(&l, off, 6, 10, at(t));
		if (t < 12 || fmod(t, 16) == 0) {
			(void)loop_measure(&l, &m, false, at(t));
			loop_steer(&l, limits, &d, at(t));
		}
		said += d.freq_set ? 1 : 0;
		off += 80 * PPM - l.freq - adj_host_clock(&l, at(t));
		if (t > 60)
			assert_true(fabs(off) < 0.0003);
	}
	assert_int_equal(l.mode, LOOP_SYNC);
	assert_int_equal(said, 1);
	assert_true(fabs(l.freq - 80 * PPM) < 1 * PPM);
}

/* A clock that keeps time is asked seldom, one that wanders often. */
static void
poll_follows_the_wander(void **state)
{
	struct loop_state l;
	struct ntp_rng rng;
	double off = 0, wild = 0, t = 0, next = 0;

	(void)state;
	rng_seed(&rng, 1);
	start(&l, &normal, true);
	for (; t < 200000; t += 1) {
		if (t >= next) {
			double z = off + 1e-5 * rng_normal(&rng);

			(void)local_clock(&l, z, 6, 10, at(t));
			(void)measure(&l, t, z);
			next = t + log2_to_s(l.poll);
		}
		if (t > 100000)
			wild += 2e-8 * rng_normal(&rng);
		off += wild - l.freq - adj_host_clock(&l, at(t));
		if (fabs(t - 100000) < 0.5)
			assert_int_equal(l.poll, 10);
	}
	assert_true(l.poll <= 7);
}

static void
large_surprise_is_for_the_state_machine(void **state)
{
	struct loop_state l;
	struct measurement m = sample(1.0);

	(void)state;
	start(&l, &normal, true);
	for (unsigned i = 0; i < 10; i++) {
		(void)local_clock(&l, 0, 6, 10, at(i * 64));
		(void)measure(&l, i * 64, 0);
	}
	assert_int_equal(measure(&l, 640, 1.0), LOOP_SURPRISE);
	assert_int_equal(loop_measure(&l, &m, true, at(642)), LOOP_UNUSED);
	assert_true(fabs(l.est.all.x) < 1e-4);
	assert_int_equal(
	    local_clock(&l, 1, 6, 10, at(642)).action, LOOP_IGNORE);
	assert_int_equal(l.mode, LOOP_SPIK);
	assert_int_equal(measure(&l, 650, 0), LOOP_UNUSED);
	assert_int_equal(local_clock(&l, 1, 6, 10, at(960)).action, LOOP_STEP);
	assert_true(l.est.taken == 0);
}

/* --- in an engine ---------------------------------------------------------- */

static struct engine_options options = {.freq_known = true};

static bool
near_true(struct world *w)
{
	return fabs(w->err) < 0.0005;
}

/* The only server moves by 20 ms: asked again at once, and followed. */
static void
lone_server_that_jumps_is_followed(void **state)
{
	struct world w;
	struct world_server *s;
	unsigned before;

	(void)state;
	world_init(&w, "server 192.0.2.1 iburst\n", &options, 0.01, 0);
	s = world_server(&w, 1, 0);
	world_run(&w, 4000);
	assert_true(near_true(&w));
	s->offset = 0.02;
	before = s->requests;
	while (fabs(w.err - 0.02) > 0.0005 && w.t < 8000)
		world_run(&w, 1);
	assert_true(w.t < 4000 + 1100 + 60);
	/* one poll, two in haste, perhaps one more */
	assert_true(s->requests - before <= 4);
	assert_int_equal(w.steps, 0);
	world_fini(&w);
}

/* One of three does: nobody follows. */
static void
one_of_three_is_not_believed(void **state)
{
	struct world w;

	(void)state;
	world_init(&w,
	    "server 192.0.2.1 iburst\nserver 192.0.2.2 iburst\n"
	    "server 192.0.2.3 iburst\n",
	    &options, 0.01, 0);
	for (unsigned i = 1; i <= 3; i++)
		world_server(&w, i, 0)->jitter = 0.0001;
	world_run(&w, 4000);
	w.srv[1].offset = 0.02;
	while (w.t < 20000) {
		world_run(&w, 16);
		assert_true(fabs(w.err) < 0.001);
	}
	world_fini(&w);
}

/* The preferred one is listened to, and nobody else. */
static void
preferred_alone_counts(void **state)
{
	struct world w;

	(void)state;
	world_init(&w,
	    "server 192.0.2.1 iburst\nserver 192.0.2.2 iburst prefer\n"
	    "server 192.0.2.3 iburst\n",
	    &options, 0.01, 0);
	world_server(&w, 1, 0.002);
	world_server(&w, 2, 0);
	world_server(&w, 3, 0.002);
	world_run(&w, 4000);
	assert_true(fabs(w.err) < 0.0002);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_before_the_state_machine),
	    cmocka_unit_test(first_offset_is_hurried),
	    cmocka_unit_test(gentle_is_never_hurried),
	    cmocka_unit_test(slew_is_accounted_as_it_goes),
	    cmocka_unit_test(frequency_is_trained),
	    cmocka_unit_test(poll_follows_the_wander),
	    cmocka_unit_test(large_surprise_is_for_the_state_machine),
	    cmocka_unit_test(lone_server_that_jumps_is_followed),
	    cmocka_unit_test(one_of_three_is_not_believed),
	    cmocka_unit_test(preferred_alone_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
