/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_engine.c - the engine as a whole: selection, discipline, failover,
 * reach, in a small world of true time and erring clocks.
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

#define FOUR                                                                   \
	"server 192.0.2.1 iburst\nserver 192.0.2.2 iburst\n"                   \
	"server 192.0.2.3 iburst\nserver 192.0.2.4 iburst\n"

static bool
is_synced(struct world *w)
{
	return w->e->sys.leap == NTP_LEAP_NONE;
}

static void
four_servers(struct world *w, double falseticker)
{
	world_server(w, 1, 0);
	world_server(w, 2, 1e-4);
	world_server(w, 3, -1e-4);
	world_server(w, 4, falseticker);
}

static void
synchronizes_and_disciplines(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, FOUR, NULL, 0.05, 40);
	four_servers(&w, 2e-4);
	assert_false(is_synced(&w));
	assert_int_equal(w.e->sys.stratum, 16);
	assert_true(world_until(&w, is_synced, 15));
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
	world_init(&w, FOUR, NULL, -0.8, 40);
	four_servers(&w, 0);
	world_run(&w, 60);
	assert_int_equal(w.steps, 1);
	assert_true(fabs(w.err) < 0.01);
	assert_true(is_synced(&w));
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
	world_init(&w, FOUR, NULL, -5000, 0);
	four_servers(&w, 0);
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
	static const char conf[] = FOUR "tinker panicaction hold\n";
	struct engine_status st;
	struct world w;

	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		world_init(&w, conf, NULL, late ? 0 : -5000, 10);
		four_servers(&w, 0);
		if (late) {
			assert_true(world_until(&w, is_synced, 30));
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
		assert_true(world_until(&w, is_synced, 4000));
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
	world_init(&w, FOUR, &opt, -5000, 0);
	four_servers(&w, 0);
	world_run(&w, 120);
	assert_int_equal(w.steps, 1);
	assert_true(is_synced(&w));
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

		world_init(&w, FOUR, seed > 10 ? &opt : NULL, -0.8, 0);
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
	world_init(&w, FOUR, NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 0);
	assert_true(world_until(&w, is_synced, 17));
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
	world_init(&w, FOUR, NULL, 0, -10);
	four_servers(&w, 0);
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
		assert_true(world_until(&w, is_synced, 60));
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
	world_init(&w, FOUR, &opt, 0, 0);
	four_servers(&w, 0);
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
	world_init(&w, FOUR, NULL, 0.05, 0);
	four_servers(&w, 0);
	world_run(&w, 30);
	n = w.adjusts;
	w.t += 4.4;
	timer(w.e, world_now(&w));
	assert_int_equal(w.adjusts, n + 1);
	world_fini(&w);
}

static void
falseticker_is_outvoted(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, FOUR, NULL, 0, 0);
	four_servers(&w, 0.4);
	world_run(&w, 200);
	assert_true(is_synced(&w));
	assert_int_equal(world_peer(&w, 3)->select, SEL_FALSETICK);
	for (unsigned i = 0; i < 3; i++)
		assert_true(world_peer(&w, i)->select >= SEL_OUTLIER);
	assert_true(fabs(w.err) < 1e-3);
	world_fini(&w);
}

static void
two_that_disagree_give_no_time(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "server 192.0.2.1 iburst\nserver 192.0.2.2 iburst\n",
	    NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 5);
	world_run(&w, 600);
	assert_null(w.e->sys.peer);
	assert_false(is_synced(&w));
	assert_int_equal(w.steps, 0);
	world_fini(&w);
}

static void
failover_to_the_rest(void **state)
{
	struct world w;
	struct peer *first;

	(void)state;
	world_init(&w, FOUR, NULL, 0, 0);
	four_servers(&w, 0);
	world_run(&w, 120);
	first = w.e->sys.peer;
	assert_non_null(first);
	w.srv[first->srcadr.ip[3] - 1].dead = true;
	world_run(&w, 64 * 12);
	assert_int_equal(first->poll.reach, 0);
	assert_non_null(w.e->sys.peer);
	assert_ptr_not_equal(w.e->sys.peer, first);
	assert_true(is_synced(&w));
	world_fini(&w);
}

static void
one_lost_reply_walks_through_reach(void **state)
{
	static const uint8_t walk[] = {
	    0376, 0375, 0373, 0367, 0357, 0337, 0277, 0177, 0377};
	struct world w;
	struct world_server *s;
	struct peer *p;
	unsigned seen;

	(void)state;
	world_init(&w, "server 192.0.2.1 minpoll 4 maxpoll 4\n", NULL, 0, 0);
	s = world_server(&w, 1, 0);
	world_run(&w, 200);
	p = world_peer(&w, 0);
	assert_int_equal(p->poll.reach, 0377);
	s->lose = 1;
	seen = s->requests;
	for (unsigned i = 0; i < sizeof walk; i++) {
		while (s->requests == seen)
			world_run(&w, 0.5);
		seen = s->requests;
		world_run(&w, 0.5);
		assert_int_equal(p->poll.reach, walk[i]);
	}
	world_fini(&w);
}

static void
prefer_leads_and_noselect_never(void **state)
{
	struct world w;

	(void)state;
	world_init(&w,
	    "server 192.0.2.1 iburst\nserver 192.0.2.2 iburst prefer\n"
	    "server 192.0.2.3 iburst noselect\n",
	    NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 5e-4);
	world_server(&w, 3, 0);
	world_run(&w, 1000);
	assert_ptr_equal(w.e->sys.peer, world_peer(&w, 1));
	assert_int_equal(world_peer(&w, 2)->select, SEL_REJECT);
	assert_int_equal(world_peer(&w, 2)->poll.reach, 0377);
	/* not the mean of the two, which is 0.25 ms */
	assert_true(w.err > 3.5e-4 && w.err < 9e-4);
	world_fini(&w);
}

static void
minsane_needs_company(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "tos minsane 2\nserver 192.0.2.1 iburst\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 300);
	assert_int_equal(world_peer(&w, 0)->poll.reach & 1, 1);
	assert_null(w.e->sys.peer);
	assert_false(is_synced(&w));
	world_fini(&w);
}

static void
local_clock_preferred_serves_at_once(void **state)
{
	struct world w;

	(void)state;
	world_init(&w,
	    "server 127.127.1.0 prefer minpoll 4\n"
	    "fudge 127.127.1.0 stratum 0 refid GPS\n",
	    NULL, 0, 0);
	assert_true(world_until(&w, is_synced, 3));
	assert_true(sys_rootdisp(w.e, world_now(&w).mono) < 0.01);
	assert_int_equal(w.e->sys.stratum, 1);
	assert_int_equal(w.e->sys.refid, refid_from_text("GPS"));
	assert_int_equal(w.e->sys.source, SYNC_LOCAL);
	/* which teaches the discipline nothing */
	world_run(&w, 3600);
	assert_int_equal(w.e->loop.mode, LOOP_NSET);
	world_fini(&w);
}

static void
local_clock_is_the_last_resort(void **state)
{
	struct world w;

	(void)state;
	world_init(&w,
	    "server 127.127.1.0\nfudge 127.127.1.0 stratum 10\n"
	    "server 192.0.2.1 iburst minpoll 4 maxpoll 4\n",
	    NULL, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 100);
	assert_int_equal(w.e->sys.stratum, 2);
	w.srv[0].dead = true;
	world_run(&w, 1000);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(w.e->sys.stratum, 11);
		assert_true(is_synced(&w));
		assert_ptr_equal(w.e->sys.peer, world_peer(&w, 0));
		world_run(&w, 10);
	}
	w.srv[0].dead = false;
	world_run(&w, 200);
	assert_int_equal(w.e->sys.stratum, 2);
	world_fini(&w);
}

static void
without_any_source_we_say_so(void **state)
{
	struct world w;

	(void)state;
	world_init(
	    &w, "server 192.0.2.1 iburst minpoll 4 maxpoll 4\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 100);
	assert_true(is_synced(&w));
	w.srv[0].dead = true;
	world_run(&w, 9 * 17);
	assert_null(w.e->sys.peer);
	assert_true(is_synced(&w));
	world_run(&w, 320);
	assert_false(is_synced(&w));
	assert_int_equal(w.e->sys.stratum, 16);
	world_fini(&w);
}

static void
disable_ntp_measures_and_serves(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "disable ntp\nserver 192.0.2.1 iburst\n", NULL, 0.02, 0);
	world_server(&w, 1, 0);
	world_run(&w, 120);
	assert_int_equal(w.adjusts, 0);
	assert_int_equal(w.steps, 0);
	assert_true(is_synced(&w));
	assert_true(fabs(w.e->sys.offset + 0.02) < 1e-3);
	assert_true(w.e->sys.rootdisp > 0.019);
	world_fini(&w);

	world_init(&w, "disable ntp\nserver 192.0.2.1 iburst\n", NULL, 3, 0);
	world_server(&w, 1, 0);
	world_run(&w, 120);
	assert_false(is_synced(&w));
	assert_int_equal(w.steps, 0);
	world_fini(&w);
}

static void
loop_with_ourselves_is_refused(void **state)
{
	struct world w;
	struct ntp_addr own = world_addr(200);

	(void)state;
	world_init(&w, "server 192.0.2.1 iburst\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	w.srv[0].stratum = 3;
	w.srv[0].refid = refid_from_addr(&own);
	world_run(&w, 200);
	assert_int_equal(
	    world_peer(&w, 0)->flash & FLASH_PEER_LOOP, FLASH_PEER_LOOP);
	assert_false(is_synced(&w));
	world_fini(&w);
}

static void
root_distance_includes_dispersion(void **state)
{
	struct world w;
	struct peer *p;
	double last = 100, empty;

	(void)state;
	world_init(&w, "server 192.0.2.1 iburst\n", NULL, 0, 0);
	world_server(&w, 1, 0)->jitter = 0;
	p = world_peer(&w, 0);
	for (unsigned n = 1; n <= 6; n++) {
		double d;

		while (w.srv[0].requests < n)
			world_run(&w, 0.2);
		world_run(&w, 0.2);
		d = peer_root_distance(p, 0.001, 15e-6, world_now(&w).mono);
		assert_true(d < last);
		/* n good samples leave this much to the empty stages */
		empty = 16 * (pow(2, -(double)n) - pow(2, -8));
		assert_true(d > empty);
		assert_true(d < empty + 0.02);
		last = d;
	}
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
	    THREAT("O-falseticker", falseticker_is_outvoted),
	    cmocka_unit_test(two_that_disagree_give_no_time),
	    cmocka_unit_test(failover_to_the_rest),
	    cmocka_unit_test(one_lost_reply_walks_through_reach),
	    cmocka_unit_test(prefer_leads_and_noselect_never),
	    cmocka_unit_test(minsane_needs_company),
	    cmocka_unit_test(local_clock_preferred_serves_at_once),
	    cmocka_unit_test(local_clock_is_the_last_resort),
	    cmocka_unit_test(without_any_source_we_say_so),
	    cmocka_unit_test(disable_ntp_measures_and_serves),
	    cmocka_unit_test(loop_with_ourselves_is_refused),
	    cmocka_unit_test(root_distance_includes_dispersion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
