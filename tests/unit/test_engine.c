/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_engine.c - the engine and its clock: start, steps, panic and quitting, in
 * a small world of true time and erring clocks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "threat.h"
#include "world.h"

static void
synchronizes_and_disciplines(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, WORLD_FOUR, NULL, 0.05, 40);
	world_four(&w, 2e-4);
	assert_false(world_is_synced(&w));
	assert_int_equal(w.e->sys.stratum, 16);
	assert_true(world_until(&w, world_is_synced, 15));
	assert_int_equal(w.e->sys.stratum, 2);
	assert_int_equal(w.steps, 0);
	world_run(&w, 7200);
	assert_true(fabs(w.err) < 2e-4);
	assert_true(fabs(w.e->loop.freq + 40e-6) < 2e-7);
	assert_int_equal(w.e->loop.mode, LOOP_SYNC);
	world_fini(&w);
}

static void
large_offset_is_stepped_once(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, WORLD_FOUR, NULL, -0.8, 40);
	world_four(&w, 0);
	world_run(&w, 60);
	assert_int_equal(w.steps, 1);
	assert_true(fabs(w.err) < 0.01);
	assert_true(world_is_synced(&w));
	world_run(&w, 3600);
	assert_int_equal(w.steps, 1);
	assert_true(fabs(w.err) < 5e-3);
	world_fini(&w);
}

static void
panic_stops_before_touching_the_clock(void **state)
{
	struct world w;
	struct engine_status st;

	(void)state;
	world_init(&w, WORLD_FOUR, NULL, -5000, 0);
	world_four(&w, 0);
	world_run(&w, 30);
	engine_status(w.e, &st);
	assert_int_equal(st.stop, ENGINE_STOP_PANIC);
	assert_true(fabs(st.offset - 5000) < 0.1);
	assert_int_equal(w.steps, 0);
	assert_non_null(strstr(w.lastlog, "panic: +"));
	world_fini(&w);
}

static bool
is_held(struct world *w)
{
	return w->e->panic_held;
}

/* All servers say the same nonsense, at the start or later, and come back. */
static void
panic_may_hold(void **state)
{
	static const char conf[] = WORLD_FOUR "tinker panicaction hold\n";
	struct engine_status st;
	struct world w;

	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		world_init(&w, conf, NULL, late ? 0 : -5000, 10);
		world_four(&w, 0);
		if (late) {
			assert_true(world_until(&w, world_is_synced, 30));
			world_run(&w, 2000);
			for (unsigned i = 0; i < 4; i++)
				w.srv[i].offset += 5000;
		}
		assert_true(world_until(&w, is_held, 4000));
		assert_non_null(strstr(w.lastlog, "unsynchronized until then"));
		world_run(&w, 3600);
		engine_status(w.e, &st);
		assert_int_equal(st.stop, ENGINE_RUN);
		assert_false(st.synced);
		assert_int_equal(w.e->sys.stratum, 16);
		assert_int_equal(w.steps, 0);
		assert_true(fabs(w.err + (late ? 0 : 5000)) < 0.5);
		/* somebody sets the clock; or they say the truth again */
		if (late) {
			for (unsigned i = 0; i < 4; i++)
				w.srv[i].offset -= 5000;
		} else {
			w.err += 5000;
			engine_clock_jumped(w.e, 5000, world_now(&w));
		}
		assert_true(world_until(&w, world_is_synced, 4000));
		assert_false(w.e->panic_held);
		assert_int_equal(w.e->stop, ENGINE_RUN);
		world_fini(&w);
	}
}

static void
panic_gate_opens_once(void **state)
{
	struct engine_options opt = {.panic_once = true, .version = "t"};
	struct engine_status st;
	struct world w;

	(void)state;
	world_init(&w, WORLD_FOUR, &opt, -5000, 0);
	world_four(&w, 0);
	world_run(&w, 120);
	assert_int_equal(w.steps, 1);
	assert_true(world_is_synced(&w));
	w.err = -5000;
	world_run(&w, 4000);
	engine_status(w.e, &st);
	assert_int_equal(st.stop, ENGINE_STOP_PANIC);
	assert_int_equal(w.steps, 1);
	world_fini(&w);
}

static void
quits_after_setting(void **state)
{
	struct engine_options opt = {.set_once = true, .version = "t"};
	struct engine_status st;
	struct world w;

	(void)state;
	world_init(&w, "server 192.0.2.1\n", &opt, 3, 0);
	world_server(&w, 1, 0);
	world_run(&w, 30);
	engine_status(w.e, &st);
	assert_int_equal(st.stop, ENGINE_STOP_SET);
	assert_true(st.stepped);
	assert_true(fabs(st.offset + 3) < 0.1);
	world_fini(&w);

	world_init(&w, "server 192.0.2.1\n", &opt, 3, 0);
	world_run(&w, 120);
	engine_status(w.e, &st);
	assert_int_equal(st.stop, ENGINE_STOP_NOSERVER);
	assert_int_equal(w.steps, 0);
	world_fini(&w);
}

/* Whoever answers first must not set the clock before the others are heard:
 * by lines, and with -q. */
static void
first_answer_is_not_the_truth(void **state)
{
	struct engine_options opt = {.set_once = true, .version = "t"};
	struct engine_status st;

	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct world w;

		world_init(&w, WORLD_FOUR, seed > 10 ? &opt : NULL, -0.8, 0);
		rng_seed(&w.rng, seed);
		world_server(&w, 1, 0.4)->delay = 1e-4;
		for (unsigned i = 2; i <= 4; i++)
			world_server(&w, i, 0)->delay = 0.04;
		/* the liar's whole burst comes before the others' */
		for (unsigned i = 1; i < 4; i++)
			world_peer(&w, i)->poll.nextdate =
			    mono_add(world_now(&w).mono, 4);
		world_run(&w, 60);
		engine_status(w.e, &st);
		assert_int_equal(w.steps, 1);
		assert_true(fabs(w.err) < 0.05);
		world_fini(&w);
	}
}

/* Who does not answer is not waited for long. */
static void
silent_ones_delay_little(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, WORLD_FOUR, NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 0);
	assert_true(world_until(&w, world_is_synced, 17));
	world_fini(&w);
}

static void
quit_ends_when_all_have_been_asked(void **state)
{
	static const char *const conf[] = {
	    "", "server 192.0.2.1\n", "server 192.0.2.1 iburst\n"};
	struct engine_options opt = {.set_once = true, .version = "t"};
	struct engine_status st;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct world w;

		world_init(&w, conf[i], &opt, 0, 0);
		world_run(&w, i == 0 ? 2 : 20);
		engine_status(w.e, &st);
		assert_int_equal(st.stop, ENGINE_STOP_NOSERVER);
		world_fini(&w);
	}
}

static void
forbidden_to_set_says_so(void **state)
{
	struct engine_options opt = {
	    .set_once = true, .noset = true, .version = "t"};
	struct engine_status st;
	struct world w;

	(void)state;
	world_init(&w, "server 192.0.2.1\n", &opt, 0.05, 0);
	world_server(&w, 1, 0);
	world_run(&w, 30);
	engine_status(w.e, &st);
	assert_int_equal(st.stop, ENGINE_STOP_DENIED);
	assert_true(fabs(st.offset + 0.05) < 1e-3);
	assert_int_equal(w.adjusts + w.steps, 0);
	world_fini(&w);
}

/* A step by somebody else in the middle of the training is no frequency. */
static void
foreign_step_is_no_frequency(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, WORLD_FOUR, NULL, 0, -10);
	world_four(&w, 0);
	world_run(&w, 30);
	assert_int_equal(w.e->loop.mode, LOOP_FREQ);
	w.err += 0.1;
	engine_clock_jumped(w.e, 0.1, world_now(&w));
	assert_int_equal(w.e->sys.stratum, 16);
	world_run(&w, 3600);
	assert_int_equal(w.steps, 0);
	assert_true(fabs(w.e->loop.freq - 10e-6) < 2e-6);
	assert_true(fabs(w.err) < 1e-3);
	world_fini(&w);
}

/* Set by somebody else, or asleep: no stepout is waited for, nor a minute for
 * the next poll.  Our own measurement alone would take 300 s. */
static void
quick_after_a_jump(void **state)
{
	static const double jumps[] = {-3, 0.05, 40};
	struct world w;

	(void)state;
	world_init(&w, "server 192.0.2.1\nserver 192.0.2.2\nserver 192.0.2.3\n",
	    NULL, 0, 10);
	for (unsigned n = 1; n <= 3; n++)
		world_server(&w, n, 0);
	world_run(&w, 7200);
	for (unsigned i = 0; i < 3; i++) {
		w.err += jumps[i];
		engine_clock_jumped(w.e, jumps[i], world_now(&w));
		assert_int_equal(w.e->sys.stratum, 16);
		assert_true(world_until(&w, world_is_synced, 60));
		world_run(&w, 60);
		if (fabs(w.err) > 2e-3)
			fail_msg("%+f s off after %+f", w.err, jumps[i]);
		world_run(&w, 3600);
	}
	assert_int_equal(w.steps, 2);
	world_fini(&w);
}

/* Row O: a drift file that lies by 500 ppm. */
static void
poisoned_drift_file_is_measured_afresh(void **state)
{
	struct engine_options opt = {
	    .freq_known = true, .freq = 500e-6, .version = "t"};
	struct world w;

	(void)state;
	world_init(&w, WORLD_FOUR, &opt, 0, 0);
	world_four(&w, 0);
	world_run(&w, 4 * 3600);
	assert_true(w.steps < 6);
	assert_true(fabs(w.e->loop.freq) < 15e-6);
	world_fini(&w);
}

static void
late_ticks_are_not_made_up(void **state)
{
	struct world w;
	unsigned n;

	(void)state;
	world_init(&w, WORLD_FOUR, NULL, 0.05, 0);
	world_four(&w, 0);
	world_run(&w, 30);
	n = w.adjusts;
	w.t += 4.4;
	timer(w.e, world_now(&w));
	assert_int_equal(w.adjusts, n + 1);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(synchronizes_and_disciplines),
	    cmocka_unit_test(large_offset_is_stepped_once),
	    cmocka_unit_test(panic_stops_before_touching_the_clock),
	    cmocka_unit_test(panic_may_hold),
	    THREAT("CVE-2015-5300", panic_gate_opens_once),
	    cmocka_unit_test(quits_after_setting),
	    cmocka_unit_test(first_answer_is_not_the_truth),
	    cmocka_unit_test(silent_ones_delay_little),
	    cmocka_unit_test(quit_ends_when_all_have_been_asked),
	    cmocka_unit_test(forbidden_to_set_says_so),
	    cmocka_unit_test(foreign_step_is_no_frequency),
	    cmocka_unit_test(quick_after_a_jump),
	    THREAT("O-drift-file", poisoned_drift_file_is_measured_afresh),
	    cmocka_unit_test(late_ticks_are_not_made_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
