/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_sources.c - the engine and its sources: selection, failover, reach and
 * what serves when there are none, in a small world of erring clocks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "threat.h"
#include "world.h"

static void
falseticker_is_outvoted(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, WORLD_FOUR, NULL, 0, 0);
	world_four(&w, 0.4);
	world_run(&w, 200);
	assert_true(world_is_synced(&w));
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
	world_init(&w, WORLD_TWO, NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 5);
	world_run(&w, 600);
	assert_null(w.e->sys.peer);
	assert_false(world_is_synced(&w));
	assert_int_equal(w.steps, 0);
	world_fini(&w);
}

static void
failover_to_the_rest(void **state)
{
	struct world w;
	struct peer *first;

	(void)state;
	world_init(&w, WORLD_FOUR, NULL, 0, 0);
	world_four(&w, 0);
	world_run(&w, 120);
	first = w.e->sys.peer;
	assert_non_null(first);
	w.srv[first->srcadr.ip[3] - 1].dead = true;
	world_run(&w, 64 * 12);
	assert_int_equal(first->poll.reach, 0);
	assert_non_null(w.e->sys.peer);
	assert_ptr_not_equal(w.e->sys.peer, first);
	assert_true(world_is_synced(&w));
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
	assert_false(world_is_synced(&w));
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
	assert_true(world_until(&w, world_is_synced, 3));
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
		assert_true(world_is_synced(&w));
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
	assert_true(world_is_synced(&w));
	w.srv[0].dead = true;
	world_run(&w, 9 * 17);
	assert_null(w.e->sys.peer);
	assert_true(world_is_synced(&w));
	world_run(&w, 320);
	assert_false(world_is_synced(&w));
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
	assert_true(world_is_synced(&w));
	assert_true(fabs(w.e->sys.offset + 0.02) < 1e-3);
	assert_true(w.e->sys.rootdisp > 0.019);
	world_fini(&w);

	world_init(&w, "disable ntp\nserver 192.0.2.1 iburst\n", NULL, 3, 0);
	world_server(&w, 1, 0);
	world_run(&w, 120);
	assert_false(world_is_synced(&w));
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
	assert_false(world_is_synced(&w));
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
