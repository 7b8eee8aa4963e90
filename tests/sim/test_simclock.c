/* SPDX-License-Identifier: BSD-2-Clause */
/* test_simclock.c - what the instrument rests on: arithmetic, queue, clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "../unit/near.h"
#include "sim_clock.h"
#include "sim_math.h"
#include "sim_queue.h"

#define DRAWS 200000

/* --- arithmetic ------------------------------------------------------------- */

static void
functions_are_right(void **state)
{
	struct ntp_rng r;

	(void)state;
	rng_seed(&r, 1);
	for (int i = 0; i < 20000; i++) {
		double x = rng_double(&r) * 100 - 50;
		double e = exp(x);

		assert_true(fabs(sim_exp(x) - e) <= 1e-14 * e);
		assert_true(fabs(sim_log(e) - x) < 1e-13);
		assert_true(fabs(sim_sin_turns(x) -
				sin(fmod(x, 1) * 2 * M_PI)) < 1e-13);
	}
	assert_true(fabs(sim_log(1)) <= 0);
}

struct moments {
	double mean, variance;
};

static struct moments
moments_of(double (*draw)(struct ntp_rng *, double), double par)
{
	struct ntp_rng r;
	double sum = 0, square = 0, v;

	rng_seed(&r, 7);
	for (int i = 0; i < DRAWS; i++) {
		v = draw(&r, par);
		sum += v;
		square += v * v;
	}
	sum /= DRAWS;
	return (struct moments){sum, square / DRAWS - sum * sum};
}

static double
draw_normal(struct ntp_rng *r, double par)
{
	(void)par;
	return sim_normal(r);
}

static double
draw_exponential(struct ntp_rng *r, double par)
{
	(void)par;
	return sim_exponential(r);
}

static void
distributions_have_their_moments(void **state)
{
	struct moments m = moments_of(draw_normal, 0);

	(void)state;
	assert_near(m.mean, 0, 0.01);
	assert_near(m.variance, 1, 0.02);
	m = moments_of(draw_exponential, 0);
	assert_near(m.mean, 1, 0.01);
	assert_near(m.variance, 1, 0.03);
	m = moments_of(sim_gamma, 4);
	assert_near(m.mean, 1, 0.01);
	assert_near(m.variance, 0.25, 0.01);
	m = moments_of(sim_gamma, 0.5);
	assert_near(m.mean, 1, 0.02);
	assert_near(m.variance, 2, 0.08);
	m = moments_of(sim_pareto, 4);
	assert_near(m.mean, 1, 0.02);
}

/* --- the queue -------------------------------------------------------------- */

static void
nothing(void *obj, uint64_t arg)
{
	(void)obj;
	(void)arg;
}

static void
events_come_in_order(void **state)
{
	struct sim_queue q = {0};
	struct sim_event ev, last = {.at = -1};
	struct ntp_rng r;

	(void)state;
	rng_seed(&r, 3);
	for (uint64_t i = 0; i < 5000; i++)
		assert_int_equal(queue_push(&q, (int64_t)rng_below(&r, 500),
				     nothing, NULL, i),
		    0);
	assert_false(queue_pop(&q, -1, &ev));
	for (int i = 0; i < 5000; i++) {
		assert_true(queue_pop(&q, INT64_MAX, &ev));
		assert_true(
		    ev.at > last.at || (ev.at == last.at && ev.seq > last.seq));
		last = ev;
	}
	assert_false(queue_pop(&q, INT64_MAX, &ev));
	queue_fini(&q);
}

/* --- the clock -------------------------------------------------------------- */

static const struct sim_utc utc = {.start = INT64_C(1736121600) * NS_PER_S};

static struct sim_clock
clock_new(double ppm)
{
	struct osc_param osc = {.freq = ppm * 1e-6};
	struct sim_clock c;

	sim_clock_init(&c, &osc, &utc, 0, 1);
	return c;
}

static void
run_to(struct sim_clock *c, double s)
{
	sim_clock_advance(c, (int64_t)llround(s * 1e9));
}

static void
frequency_acts_at_once(void **state)
{
	struct sim_clock c = clock_new(20);

	(void)state;
	run_to(&c, 1000);
	assert_near(sim_clock_error(&c), 0.02, 1e-12);
	assert_int_equal(c.port.adj_systime(&c.port, 0, -20e-6), 0);
	run_to(&c, 2000);
	/* The kernel's unit of frequency, and the product of the two. */
	assert_near(sim_clock_error(&c), 0.02, 1000 * (1e-11 + 4e-10));
	assert_int_equal(c.port.adj_systime(&c.port, 0, 1), 0);
	assert_near(c.freq, 500e-6, 1e-12);
}

/* The kernel's second is one of the clock that it slews, not a true one. */
#define SECONDS_DIFFER 2e-7

/* Told each second it does what it is told; left alone it stops when the
 * second is over, and the last tenths of a microsecond die out. */
static void
phase_is_worked_off_each_second(void **state)
{
	struct sim_clock c = clock_new(0);
	double before;

	(void)state;
	for (int i = 1; i <= 10; i++) {
		run_to(&c, i - 0.5);
		assert_int_equal(c.port.adj_systime(&c.port, 1.001e-4, 0), 0);
	}
	run_to(&c, 10);
	assert_near(sim_clock_error(&c), 0.9009e-3, SECONDS_DIFFER);
	run_to(&c, 11);
	assert_near(sim_clock_error(&c), 1.001e-3, SECONDS_DIFFER);
	before = sim_clock_error(&c);
	run_to(&c, 100);
	assert_near(sim_clock_error(&c) - before, 0.3e-6, SECONDS_DIFFER);
	assert_true(fabs(c.slew) < 1e-12);
}

/* The first offset goes faster; a guard ends that when nobody else does. */
static void
quick_phase_ends_with_the_daemon(void **state)
{
	struct sim_clock c = clock_new(0);

	(void)state;
	run_to(&c, 0.5);
	assert_int_equal(c.port.adj_systime(&c.port, 0.05, 0), 0);
	run_to(&c, 1.5);
	assert_true(c.slew > 0.05);
	sim_clock_orphan(&c);
	run_to(&c, 100);
	assert_near(sim_clock_error(&c), 0.05, 1e-5);
	assert_int_equal(c.port.adj_systime(&c.port, 3e-4, 0), 0);
	sim_clock_orphan(&c);
	run_to(&c, 102);
	assert_near(sim_clock_error(&c), 0.0503, 1e-5);
}

static void
adjtime_takes_its_time(void **state)
{
	struct sim_clock c = clock_new(0);

	(void)state;
	assert_int_equal(c.port.slew_systime(&c.port, -0.1), 0);
	run_to(&c, 101);
	assert_near(sim_clock_error(&c), -0.05, 0.05 * 6e-4);
	run_to(&c, 300);
	assert_near(sim_clock_error(&c), -0.1, 0.1 * 6e-4);
}

static void
steps_leave_monotonic_time(void **state)
{
	struct sim_clock c = clock_new(0);
	int64_t mono;

	(void)state;
	run_to(&c, 10);
	mono = c.mono;
	assert_int_equal(c.port.step_systime(&c.port, -3.25), 0);
	assert_true(c.mono == mono);
	assert_near(sim_clock_error(&c), -3.25, 1e-9);
	assert_int_equal(c.steps, 1);
	assert_int_not_equal(c.port.step_systime(&c.port, (double)NAN), 0);
	sim_clock_jump(&c, 1);
	assert_true(c.behind == NS_PER_S);
}

static void
kernel_inserts_the_leap_second(void **state)
{
	struct sim_utc u = utc;
	struct osc_param osc = {0};
	struct sim_clock c;

	(void)state;
	u.leap = 1;
	u.leap_at = 86400 * NS_PER_S;
	sim_clock_init(&c, &osc, &u, 0, 1);
	(void)c.port.set_status(&c.port, NTP_LEAP_INS, 0, 0);
	run_to(&c, 86399.5);
	assert_near(sim_clock_error(&c), 0, 1e-9);
	run_to(&c, 86402);
	assert_near(sim_clock_error(&c), 0, 1e-9);
	run_to(&c, 2 * 86400 + 10);
	assert_near(sim_clock_error(&c), 0, 1e-9);
}

/* Whatever it is told, it never runs backwards between steps, and
 * sim_clock_when() is right to the nanosecond. */
static void
random_rounds_keep_order(void **state)
{
	struct osc_param osc = {1e-5, 1e-8, 1e-8, 1e-6};
	struct sim_clock c;
	struct ntp_rng r;
	int64_t t = 0, mono, target;

	(void)state;
	rng_seed(&r, 11);
	sim_clock_init(&c, &osc, &utc, 0.3, 5);
	for (int i = 0; i < 20000; i++) {
		(void)c.port.adj_systime(
		    &c.port, sim_normal(&r) * 1e-4, sim_normal(&r) * 1e-4);
		if (rng_below(&r, 50) == 0)
			(void)c.port.step_systime(&c.port, sim_normal(&r));
		mono = c.mono;
		t += 1 + (int64_t)rng_below(&r, 900000000);
		sim_clock_advance(&c, t);
		assert_true(c.t == t && c.mono > mono);
		/* Short enough that the rate stays. */
		target = c.mono + 1 + (int64_t)rng_below(&r, 1000);
		t = sim_clock_when(&c, target);
		sim_clock_advance(&c, t);
		assert_true(c.mono >= target && c.mono <= target + 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(functions_are_right),
	    cmocka_unit_test(distributions_have_their_moments),
	    cmocka_unit_test(events_come_in_order),
	    cmocka_unit_test(frequency_acts_at_once),
	    cmocka_unit_test(phase_is_worked_off_each_second),
	    cmocka_unit_test(quick_phase_ends_with_the_daemon),
	    cmocka_unit_test(adjtime_takes_its_time),
	    cmocka_unit_test(steps_leave_monotonic_time),
	    cmocka_unit_test(kernel_inserts_the_leap_second),
	    cmocka_unit_test(random_rounds_keep_order),
	};

	return cmocka_run_group_tests_name("simclock", tests, NULL, NULL);
}
