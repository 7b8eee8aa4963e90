/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_estimate.c - the noise of a path, and the clock behind it.
 *
 * The small world here is the estimator's own: an oscillator that wanders, a
 * path whose two directions queue.  What the estimator says is held against
 * the truth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "ntp_estimate.h"
#include "ntp_rng.h"

#define PPM 1e-6

struct lab {
	struct ntp_rng rng;
	struct estimator e;
	struct path path;
	double t;	       /* s */
	double x, y;	       /* s, s/s: the truth */
	double wander, jitter; /* s/s in a second, s */
	double out, back;      /* s, detours */
	double bad, worst;     /* sum of squares, largest error */
	unsigned n;
	enum est_verdict last;
};

static ntp_mono
at(double t)
{
	return (ntp_mono){.ns = (int64_t)(t * 1e9) + 1};
}

static void
lab_init(struct lab *l, uint64_t seed, double wander, double jitter)
{
	*l = (struct lab){.wander = wander, .jitter = jitter, .y = 10 * PPM};
	rng_seed(&l->rng, seed);
	est_init(&l->e, 200 * PPM);
}

static struct measurement
lab_sample(struct lab *l)
{
	double out = l->out + l->jitter * rng_exp(&l->rng);
	double back = l->back + l->jitter * rng_exp(&l->rng);
	double delay = 20 * l->jitter + out + back;

	path_add(&l->path, delay, at(l->t));
	return path_measure(&l->path, l->x + (out - back) / 2, delay, 1e-7);
}

/* Polls of INTERVAL s for SPAN s; errors count at each second. */
static void
lab_run(struct lab *l, double interval, double span)
{
	double end = l->t + span, next = l->t;

	l->bad = l->worst = 0;
	l->n = 0;
	for (; l->t < end; l->t += 1) {
		double step = l->wander * rng_normal(&l->rng), error;

		if (l->t >= next) {
			struct measurement m = lab_sample(l);

			l->last = est_add(&l->e, &m, at(l->t));
			next += interval;
		}
		error = l->x - l->e.all.x -
		    l->e.all.y * mono_diff(at(l->t), l->e.at);
		l->bad += error * error;
		l->worst = fmax(l->worst, fabs(error));
		l->n++;
		l->x += l->y + step / 2;
		l->y += step;
	}
}

static double
rms(const struct lab *l)
{
	return sqrt(l->bad / l->n);
}

/* --- the path -------------------------------------------------------------- */

static void
path_worked(void **state)
{
	struct path p = {0};
	struct measurement m;

	(void)state;
	path_add(&p, 0.008, at(0));
	m = path_measure(&p, 0.5, 0.008, 1e-6);
	assert_true(m.offset == 0.5 && m.excess == 0);
	assert_true(m.spread == 0.001 && m.quiet == 0.001);
	assert_true(fabs(m.blur - 0.0016) < 1e-15); /* one sample */
	assert_true(m.limit == 1e-6);
	path_add(&p, 0.010, at(64));
	m = path_measure(&p, 0.5, 0.010, 1e-6);
	assert_true(fabs(m.excess - 0.002) < 1e-15);
	/* (mean 9 ms - 8 ms) * (1 + 3/2) + a quarter of the guess */
	assert_true(fabs(m.spread - 0.00275) < 1e-15);
	assert_true(fabs(m.blur - 0.00275 * 1.6 / sqrt(2)) < 1e-15);
	path_add(&p, 0.005, at(128));
	m = path_measure(&p, 0.5, 0.010, 1e-6);
	assert_true(fabs(m.excess - 0.005) < 1e-15);
	m = path_measure(&p, 0.5, 0.004, 0);
	assert_true(m.excess == 0 && m.limit == 1e-9);
}

/* A detour of hours is an excess; one of days is the path. */
static void
path_forgets_slowly(void **state)
{
	struct path p = {0};
	struct measurement m;
	double t = 0;

	(void)state;
	for (; t < 100000; t += 64)
		path_add(&p, 0.010 + 1e-4 * fmod(t, 7), at(t));
	for (; t < 100000 + 4 * 3600; t += 64)
		path_add(&p, 0.015 + 1e-4 * fmod(t, 7), at(t));
	m = path_measure(&p, 0, 0.015, 1e-6);
	assert_true(fabs(m.excess - 0.005) < 1e-9);
	assert_true(path_congested(&m));
	for (; t < 300000; t += 64)
		path_add(&p, 0.015 + 1e-4 * fmod(t, 7), at(t));
	m = path_measure(&p, 0, 0.015, 1e-6);
	assert_true(m.excess < 1e-9);
	assert_false(path_congested(&m));
}

/* What waited 5 ms may be 2.5 ms off, and is believed to be 5; it cannot be
 * 6.  What hardly waited explains nothing. */
static void
path_explains_what_waited(void **state)
{
	struct measurement m = {.excess = 0.005, .quiet = 0.001};

	(void)state;
	assert_true(path_explains(&m, 0.0024));
	assert_true(path_explains(&m, -0.005));
	assert_false(path_explains(&m, 0.006));
	m.excess = 0.003;
	assert_false(path_explains(&m, 0.001));
}

/* --- the estimator --------------------------------------------------------- */

/* Two offsets, 64 s apart and equally good, are a line: what they say of the
 * frequency is their difference over 64 s. */
static void
two_samples_make_a_line(void **state)
{
	struct estimator e;
	struct measurement m = {
	    .spread = 1e-6, .quiet = 1e-6, .blur = 1e-6, .limit = 1e-9};

	(void)state;
	est_init(&e, 200 * PPM);
	m.offset = 0.001;
	assert_int_equal(est_add(&e, &m, at(0)), EST_TAKEN);
	assert_true(fabs(e.all.x - 0.001) < 1e-9);
	m.offset = 0.001 + 64 * 50 * PPM;
	assert_int_equal(est_add(&e, &m, at(64)), EST_TAKEN);
	assert_true(fabs(e.all.x - m.offset) < 1e-6);
	assert_true(fabs(e.all.y - 50 * PPM) < 0.5 * PPM);
	assert_true(e.all.yy > 0 && e.all.yy < 5 * PPM * PPM);
}

static void
corrections_move_the_state(void **state)
{
	struct lab l;
	double x, y;

	(void)state;
	lab_init(&l, 1, 1e-9, 1e-4);
	lab_run(&l, 64, 20000);
	x = l.e.all.x;
	y = l.e.all.y;
	est_slewed(&l.e, 0.25);
	est_retuned(&l.e, 3 * PPM);
	assert_true(fabs(l.e.all.x - (x - 0.25)) < 1e-12);
	assert_true(fabs(l.e.all.y - (y - 3 * PPM)) < 1e-15);
	for (unsigned i = 0; i < EST_MODELS; i++)
		assert_true(
		    fabs(l.e.model[i].x - l.e.slewed + 0.25 - x) < 0.01);
	est_stepped(&l.e);
	assert_true(l.e.all.x == 0 && l.e.all.xx > 0.999999);
	assert_true(fabs(l.e.all.y - (y - 3 * PPM)) < 1e-15);
}

/* Better than anybody could who looked at the offsets alone: the steady state
 * of a Kalman filter that knows wander and jitter leaves 25, 138 and 83 us. */
static void
better_than_offsets_alone(void **state)
{
	static const struct {
		double wander, jitter, interval, linear;
	} cell[] = {
	    {1e-9, 1e-4, 66, 25e-6},
	    {1e-9, 1e-3, 66, 138e-6},
	    {1e-8, 1e-4, 302, 83e-6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cell / sizeof cell[0]; i++) {
		double sum = 0;

		for (uint64_t seed = 1; seed <= 4; seed++) {
			struct lab l;

			lab_init(&l, seed, cell[i].wander, cell[i].jitter);
			lab_run(&l, cell[i].interval, 20000);
			lab_run(&l, cell[i].interval, 80000);
			sum += l.bad / l.n / 4;
		}
		assert_true(sqrt(sum) < 0.9 * cell[i].linear);
	}
}

/* Five milliseconds more one way and not the other, for four hours: 2.5 ms is
 * what offsets would follow. */
static void
asymmetry_moves_little(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct lab l;

		lab_init(&l, seed, 1e-9, 1e-4);
		lab_run(&l, 64, 50000);
		if (seed % 2 == 0)
			l.out = 0.005;
		else
			l.back = 0.005;
		lab_run(&l, 64, 14400);
		assert_true(l.worst < 0.0005);
		l.out = l.back = 0;
		lab_run(&l, 64, 20000);
		assert_true(rms(&l) < 50e-6);
	}
}

/* A jump is held back, and once believed leaves the frequency alone. */
static void
jump_is_phase_not_frequency(void **state)
{
	struct lab l;
	struct measurement m;
	double y;

	(void)state;
	lab_init(&l, 3, 1e-10, 1e-4);
	lab_run(&l, 64, 50000);
	y = l.e.all.y;
	l.x += 0.02;
	m = lab_sample(&l);
	assert_true(est_surprising(&l.e, &m, at(l.t)));
	assert_int_equal(est_add(&l.e, &m, at(l.t)), EST_SURPRISE);
	assert_true(fabs(l.x - l.e.all.x) > 0.019);
	l.t += 2;
	m = lab_sample(&l);
	est_jump(&l.e, &m, at(l.t));
	assert_true(fabs(l.x - l.e.all.x) < 0.0005);
	assert_true(fabs(l.e.all.y - y) < 0.1 * PPM);
	lab_run(&l, 64, 2000);
	assert_int_equal(l.last, EST_TAKEN);
	assert_true(l.worst < 0.0005);
}

/* 5 ppm from one second to the next: an hour later nothing is left of it. */
static void
frequency_step_is_followed(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 4, 1e-9, 1e-4);
	lab_run(&l, 64, 50000);
	l.y += 5 * PPM;
	for (unsigned i = 0; i < 20; i++) {
		struct measurement m;

		lab_run(&l, 64, 64);
		m = lab_sample(&l);
		if (l.last == EST_SURPRISE)
			est_jump(&l.e, &m, at(l.t));
	}
	lab_run(&l, 64, 10000);
	assert_true(rms(&l) < 40e-6);
	assert_true(fabs(l.e.all.y - l.y) < 0.5 * PPM);
}

static void
wander_is_learned(void **state)
{
	static const double wander[] = {1e-10, 1e-9, 1e-8};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct lab l;

		lab_init(&l, 5, wander[i], 1e-5);
		lab_run(&l, 64, 100000);
		assert_true(l.e.wander > wander[i] / 4);
		assert_true(l.e.wander < wander[i] * 4);
	}
}

/* Four hours of queues 300 times as long say nothing of the oscillator: after
 * them the frequency is uncertain by what it wandered, w sqrt(t) = 120 ppb,
 * and by the 40 ppb of before, and not by what other oscillators do. */
static void
congestion_is_no_amnesia(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct lab l;

		lab_init(&l, seed, 1e-9, 1e-4);
		lab_run(&l, 64, 100000);
		l.jitter = 0.03;
		lab_run(&l, 64, 14400);
		assert_true(l.e.wander > 3e-10 && l.e.wander < 4e-9);
		assert_true(sqrt(l.e.all.yy) < 200e-9);
	}
}

static void
stray_grows(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 6, 1e-8, 1e-4);
	lab_run(&l, 64, 50000);
	/* what the wander alone does in 4096 s: w t^1.5 / sqrt(3) */
	assert_true(est_stray(&l.e, 4096) > 0.3 * 1e-8 * 262144 / 1.7321);
	assert_true(est_stray(&l.e, 4096) < 4 * 1e-8 * 262144 / 1.7321);
	assert_true(est_stray(&l.e, 64) < est_stray(&l.e, 128));
}

static void
assert_sane(const struct estimator *e)
{
	double sum = 0;

	for (unsigned i = 0; i < EST_MODELS; i++) {
		const struct kalman *k = &e->model[i];

		sum += e->weight[i];
		assert_true(isfinite(k->x) && isfinite(k->y));
		assert_true(k->xx > 0 && k->yy > 0);
		assert_true(k->xy * k->xy <= k->xx * k->yy * (1 + 1e-6));
	}
	assert_true(fabs(sum - 1) < 1e-9);
	assert_true(isfinite(e->all.x) && isfinite(e->all.y));
	assert_true(e->all.xx > 0 && e->all.yy > 0);
}

/* Whatever comes, at whatever time: numbers stay numbers. */
static void
random_samples(void **state)
{
	static const double offsets[] = {0, 1e-9, 1e-3, -0.12, 3, -1e4, 4e9};
	static const double delays[] = {0, 1e-9, 1e-4, 0.1, 1, 4e4};
	static const double gaps[] = {0, 1e-6, 2, 64, 1024, 1e6, -5};
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned round = 0; round < 50; round++) {
		struct estimator e;
		struct path p = {0};
		double t = 1e7;

		est_init(&e, 200 * PPM);
		for (unsigned i = 0; i < 60; i++) {
			double offset = offsets[rng_below(&rng, 7)];
			double delay = delays[rng_below(&rng, 6)];
			struct measurement m;

			t += gaps[rng_below(&rng, 7)];
			path_add(&p, delay, at(t));
			m = path_measure(&p, offset, delay, 0);
			if (est_add(&e, &m, at(t)) == EST_SURPRISE &&
			    rng_below(&rng, 2) == 0)
				est_jump(&e, &m, at(t));
			if (i % 7 == 0)
				est_slewed(&e, offset);
			if (i % 11 == 0)
				est_stepped(&e);
			assert_sane(&e);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(path_worked),
	    cmocka_unit_test(path_forgets_slowly),
	    cmocka_unit_test(path_explains_what_waited),
	    cmocka_unit_test(two_samples_make_a_line),
	    cmocka_unit_test(corrections_move_the_state),
	    cmocka_unit_test(better_than_offsets_alone),
	    cmocka_unit_test(asymmetry_moves_little),
	    cmocka_unit_test(jump_is_phase_not_frequency),
	    cmocka_unit_test(frequency_step_is_followed),
	    cmocka_unit_test(wander_is_learned),
	    cmocka_unit_test(congestion_is_no_amnesia),
	    cmocka_unit_test(stray_grows),
	    cmocka_unit_test(random_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
