/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pool.c - names and pools: when they are asked for, what the answers
 * make, who is replaced.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "world.h"

static void
answer(struct world *w, unsigned first, unsigned n)
{
	struct ntp_addr a[16];

	for (unsigned i = 0; i < n; i++)
		a[i] = world_addr(first + i);
	engine_resolved(w->e, w->dns_tag, a, n, NULL, world_now(w));
}

static void
refuse(struct world *w)
{
	engine_resolved(w->e, w->dns_tag, NULL, 0, "Try again", world_now(w));
}

static void
names_are_asked_for_until_known(void **state)
{
	struct world w;
	double gap = 0, last = 0;

	(void)state;
	world_init(&w, "server ntp.example iburst\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 1.5);
	assert_int_equal(w.asked, 1);
	assert_string_equal(w.dns_name, "ntp.example");
	for (unsigned i = 0; i < 12; i++) {
		unsigned n = w.asked;

		last = w.t;
		refuse(&w);
		while (w.asked == n)
			world_run(&w, 0.5);
		if (i == 0)
			assert_true(w.t - last <= 3.5);
		else
			assert_true(w.t - last >= gap - 1.5);
		gap = w.t - last;
	}
	assert_true(gap >= 299 && gap <= 302);
	answer(&w, 1, 1);
	world_run(&w, 30);
	assert_int_equal(world_peer(&w, 0)->poll.reach & 1, 1);
	assert_int_equal(w.asked, 13);
	world_fini(&w);
}

static void
retry_is_at_once_on_request(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "server ntp.example\n", NULL, 0, 0);
	for (unsigned i = 0; i < 8; i++) {
		world_run(&w, 400);
		refuse(&w);
	}
	world_run(&w, 5);
	assert_int_equal(w.asked, 8);
	engine_retry_dns(w.e, world_now(&w));
	world_run(&w, 2);
	assert_int_equal(w.asked, 9);
	world_fini(&w);
}

static void
pool_fills_up_to_maxclock(void **state)
{
	struct world w;

	(void)state;
	world_init(
	    &w, "tos maxclock 4\npool pool.example iburst\n", NULL, 0, 0);
	for (unsigned i = 1; i <= 6; i++)
		world_server(&w, i, 0);
	world_run(&w, 1.5);
	answer(&w, 1, 6);
	world_run(&w, 100);
	assert_int_equal(peer_count(&w.e->peers), 5); /* with the pool */
	assert_int_equal(w.e->sys.stratum, 2);
	assert_int_equal(world_peer(&w, 0)->kind, PEER_POOL);
	assert_int_equal(world_peer(&w, 0)->refid, refid_from_text("POOL"));
	world_fini(&w);
}

static void
same_address_is_used_once(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "server 192.0.2.1\npool a.example\npool b.example\n",
	    NULL, 0, 0);
	for (unsigned i = 0; i < 20; i++) {
		world_run(&w, 70);
		if (w.asked > 0)
			answer(&w, 1, 2);
	}
	assert_int_equal(peer_count(&w.e->peers), 4);
	world_fini(&w);
}

static void
dead_pool_server_is_replaced(void **state)
{
	struct world w;
	bool found = false;
	unsigned n;

	(void)state;
	world_init(&w, "tos maxclock 3\npool pool.example iburst maxpoll 6\n",
	    NULL, 0, 0);
	for (unsigned i = 1; i <= 4; i++)
		world_server(&w, i, 0);
	world_run(&w, 1.5);
	answer(&w, 1, 3);
	world_run(&w, 600);
	w.srv[0].dead = true;
	n = w.asked;
	for (unsigned i = 0; i < 200 && w.asked == n; i++)
		world_run(&w, 64);
	assert_true(w.asked > n);
	answer(&w, 4, 1);
	world_run(&w, 100);
	assert_int_equal(peer_count(&w.e->peers), 4);
	PEER_FOREACH (p, &w.e->peers) {
		assert_int_not_equal(p->srcadr.ip[3], 1);
		found = found || p->srcadr.ip[3] == 4;
	}
	assert_true(found);
	world_fini(&w);
}

static void
false_pool_server_is_replaced(void **state)
{
	struct world w;
	unsigned n;

	(void)state;
	world_init(&w, "tos maxclock 4\npool pool.example iburst maxpoll 6\n",
	    NULL, 0, 0);
	for (unsigned i = 1; i <= 5; i++)
		world_server(&w, i, i == 2 ? 3.0 : 0);
	world_run(&w, 1.5);
	answer(&w, 1, 4);
	n = w.asked;
	for (unsigned i = 0; i < 200 && w.asked == n; i++)
		world_run(&w, 64);
	answer(&w, 5, 1);
	world_run(&w, 100);
	PEER_FOREACH (p, &w.e->peers)
		assert_int_not_equal(p->srcadr.ip[3], 2);
	assert_int_equal(peer_count(&w.e->peers), 5);
	world_fini(&w);
}

static void
network_down_empties_nothing(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "pool pool.example iburst maxpoll 6\n", NULL, 0, 0);
	for (unsigned i = 1; i <= 4; i++)
		world_server(&w, i, 0);
	world_run(&w, 1.5);
	answer(&w, 1, 4);
	world_run(&w, 300);
	for (unsigned i = 0; i < 4; i++)
		w.srv[i].dead = true;
	for (unsigned i = 0; i < 100; i++) {
		unsigned n = w.asked;

		world_run(&w, 100);
		if (w.asked != n)
			refuse(&w);
	}
	assert_int_equal(peer_count(&w.e->peers), 5);
	for (unsigned i = 0; i < 4; i++)
		w.srv[i].dead = false;
	world_run(&w, 300);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
	world_fini(&w);
}

static void
silent_server_is_looked_up_again(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "server ntp.example iburst maxpoll 6\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 0);
	world_run(&w, 1.5);
	answer(&w, 1, 1);
	world_run(&w, 300);
	w.srv[0].dead = true;
	world_run(&w, 64 * 30);
	assert_int_equal(w.asked, 2);
	answer(&w, 2, 1);
	world_run(&w, 100);
	assert_int_equal(world_peer(&w, 0)->srcadr.ip[3], 2);
	assert_int_equal(world_peer(&w, 0)->poll.reach & 1, 1);
	world_fini(&w);
}

/* DNS goes on listing the dead one first: the next is tried all the same. */
static void
dead_first_address_is_left(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "server ntp.example iburst maxpoll 6\n", NULL, 0, 0);
	world_server(&w, 1, 0)->dead = true;
	world_server(&w, 2, 0);
	world_run(&w, 1.5);
	for (unsigned i = 0; i < 60; i++) {
		unsigned n = w.asked;

		answer(&w, 1, 2);
		for (unsigned k = 0; k < 60 && w.asked == n; k++)
			world_run(&w, 10);
	}
	assert_int_equal(world_peer(&w, 0)->srcadr.ip[3], 2);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
	world_fini(&w);
}

/* Asked while silent, answered when well again: stay. */
static void
late_answer_moves_nobody(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "server ntp.example iburst maxpoll 6\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 0);
	world_run(&w, 1.5);
	answer(&w, 1, 1);
	world_run(&w, 300);
	w.srv[0].dead = true;
	while (w.asked == 1)
		world_run(&w, 10);
	w.srv[0].dead = false;
	world_run(&w, 300);
	answer(&w, 2, 1);
	assert_int_equal(world_peer(&w, 0)->srcadr.ip[3], 1);
	assert_int_equal(world_peer(&w, 0)->poll.reach & 1, 1);
	world_fini(&w);
}

static void
returned_network_is_used_at_once(void **state)
{
	struct ntp_addr own = world_addr(200);
	struct world w;

	(void)state;
	world_init(&w, WORLD_FOUR, NULL, 0, 0);
	for (unsigned i = 1; i <= 4; i++)
		world_server(&w, i, 0);
	world_run(&w, 300);
	for (unsigned i = 0; i < 4; i++)
		w.srv[i].dead = true;
	world_run(&w, 43200);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_UNSYNC);
	for (unsigned i = 0; i < 4; i++)
		w.srv[i].dead = false;
	engine_local_addrs(w.e, &own, 1, world_now(&w));
	world_run(&w, 30);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
	world_fini(&w);
}

static void
names_in_restrict_are_resolved(void **state)
{
	struct world w;
	struct ntp_addr a = world_addr(9);

	(void)state;
	world_init(
	    &w, "restrict default ignore\nrestrict host.example\n", NULL, 0, 0);
	world_run(&w, 1.5);
	assert_string_equal(w.dns_name, "host.example");
	assert_int_equal(restrict_lookup(w.e->access, &a)->flags, RES_IGNORE);
	answer(&w, 9, 1);
	assert_int_equal(restrict_lookup(w.e->access, &a)->flags, 0);
	world_fini(&w);
}

static void
pool_may_be_an_address(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "pool 192.0.2.1 iburst\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 1.5);
	assert_string_equal(w.dns_name, "192.0.2.1");
	answer(&w, 1, 1);
	world_run(&w, 30);
	assert_true(world_peer(&w, 0)->kind == PEER_POOL);
	assert_true(world_peer(&w, 1)->poll.reach != 0);
	assert_true(w.e->sys.peer == world_peer(&w, 1));
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_asked_for_until_known),
	    cmocka_unit_test(retry_is_at_once_on_request),
	    cmocka_unit_test(pool_fills_up_to_maxclock),
	    cmocka_unit_test(same_address_is_used_once),
	    cmocka_unit_test(dead_pool_server_is_replaced),
	    cmocka_unit_test(false_pool_server_is_replaced),
	    cmocka_unit_test(network_down_empties_nothing),
	    cmocka_unit_test(silent_server_is_looked_up_again),
	    cmocka_unit_test(dead_first_address_is_left),
	    cmocka_unit_test(late_answer_moves_nobody),
	    cmocka_unit_test(returned_network_is_used_at_once),
	    cmocka_unit_test(names_in_restrict_are_resolved),
	    cmocka_unit_test(pool_may_be_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
