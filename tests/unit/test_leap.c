/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_leap.c - an engine over a leap second: by its table or by votes, by
 * the kernel or by itself, inserted, removed, smeared, or announced wrongly.
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

#define JULY INT64_C(1751328000) /* 2025-07-01 00:00:00, Unix s */

static struct leap_table
table_with(int tai)
{
	struct leap_table t = {
	    .entry = {{INT64_C(1483228800), 37}, {JULY, tai}},
	    .n = 2,
	    .expires = JULY + 180 * INT64_C(86400)};

	return t;
}

/* Four servers and us, BEFORE s before the end of June. */
static void
begin(struct world *w, const char *conf, int dir, double before)
{
	struct engine_options opt = {
	    .version = "t", .freq_known = true, .freq = -10e-6};

	world_init(w, conf, &opt, 0.002, 10);
	for (unsigned n = 1; n <= 4; n++)
		world_server(w, n, 0);
	w->leap_t = world_time_of(JULY);
	w->leap_dir = dir;
	world_begin(w, w->leap_t - before);
}

static void
announce(struct world *w, unsigned n, enum ntp_leap leap)
{
	for (unsigned i = 0; i < n; i++)
		w->srv[i].leap = (uint8_t)leap;
}

static struct ntp_snapshot
snapshot(struct world *w)
{
	struct ntp_snapshot s;

	(void)snap_read(&w->e->ring, &s);
	return s;
}

/* Go to S s after the leap second, T after it by UTC. */
static void
go_to(struct world *w, double s)
{
	world_run(w, w->leap_t + s - w->t);
}

static void
is_right(struct world *w)
{
	if (fabs(world_utc_err(w)) > 2e-3)
		fail_msg("%+f s off", world_utc_err(w));
	assert_int_equal(w->steps <= 1, 1);
}

/* By the table, DIR, with and without help: nobody is off. */
static void
over_it(int dir, bool kernel)
{
	struct leap_table t = table_with(37 + dir);
	struct world w;

	begin(&w, WORLD_FOUR_OFTEN, dir, 2 * 86400);
	w.clock.leaps = kernel;
	engine_set_leap(w.e, &t, world_now(&w));
	assert_int_equal(w.tai, 37);
	world_run(&w, 3600);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
	assert_int_equal(w.e->sys.event, EVNT_ARMED);
	go_to(&w, -86390);
	assert_int_equal(w.e->sys.leap, dir > 0 ? NTP_LEAP_INS : NTP_LEAP_DEL);
	assert_int_equal(snapshot(&w).leap, w.e->sys.leap);
	assert_int_equal(w.armed, kernel ? w.e->sys.leap : NTP_LEAP_NONE);
	go_to(&w, -4.5);
	assert_int_equal(snapshot(&w).leap, w.e->sys.leap);
	go_to(&w, -1.5);
	assert_int_equal(snapshot(&w).leap, NTP_LEAP_UNSYNC);
	is_right(&w);
	assert_int_equal(w.steps, 0);
	go_to(&w, 3);
	is_right(&w);
	assert_int_equal(w.steps, kernel ? 0 : 1);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
	assert_int_equal(snapshot(&w).leap, NTP_LEAP_NONE);
	assert_int_equal(w.armed, NTP_LEAP_NONE);
	assert_int_equal(w.tai, 37 + dir);
	for (unsigned i = 0; i < 60; i++) {
		world_run(&w, 60);
		is_right(&w);
	}
	assert_int_equal(w.e->sys.stratum, 2);
	world_fini(&w);
}

static void
inserted_by_the_daemon(void **state)
{
	(void)state;
	over_it(1, false);
}

static void
inserted_by_the_kernel(void **state)
{
	(void)state;
	over_it(1, true);
}

static void
removed_by_the_daemon(void **state)
{
	(void)state;
	over_it(-1, false);
}

static void
removed_by_the_kernel(void **state)
{
	(void)state;
	over_it(-1, true);
}

/* The inserted second itself: our clock shows 23:59:59 twice, and says so. */
static void
repeated_second_is_not_served(void **state)
{
	struct leap_table t = table_with(38);
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 1, 7200);
	engine_set_leap(w.e, &t, world_now(&w));
	go_to(&w, 0.5);
	assert_int_equal(w.steps, 1);
	is_right(&w);
	assert_int_equal(snapshot(&w).leap, NTP_LEAP_UNSYNC);
	go_to(&w, 2.2);
	assert_int_equal(snapshot(&w).leap, NTP_LEAP_NONE);
	assert_int_equal(w.steps, 1);
	world_fini(&w);
}

static void
votes_without_a_table(void **state)
{
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 1, 2 * 86400);
	announce(&w, 4, NTP_LEAP_INS);
	world_run(&w, 3600);
	assert_int_equal(w.e->leap.plan.source, LEAP_VOTE);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
	go_to(&w, -3600);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_INS);
	/* they never take it back, nor do we leap again */
	for (unsigned i = 0; i < 120; i++) {
		world_run(&w, 60);
		if (fabs(w.t - w.leap_t) > 2)
			is_right(&w);
	}
	assert_int_equal(w.steps, 1);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
	world_fini(&w);
}

/* The control: who hears of nothing is a second off afterwards. */
static void
without_votes_it_is_missed(void **state)
{
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 1, 7200);
	go_to(&w, 30);
	assert_int_equal(w.steps, 0);
	assert_true(fabs(world_utc_err(&w) - 1) < 0.01);
	world_fini(&w);
}

static void
one_wrong_announcer_is_ignored(void **state)
{
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 0, 7200);
	announce(&w, 1, NTP_LEAP_INS);
	for (unsigned i = 0; i < 180; i++) {
		world_run(&w, 60);
		is_right(&w);
		assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
	}
	assert_int_equal(w.steps, 0);
	world_fini(&w);
}

/* A majority that is wrong and comes to its senses: all is disarmed. */
static void
wish_that_goes_away(void **state)
{
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 0, 7200);
	w.clock.leaps = true;
	announce(&w, 4, NTP_LEAP_INS);
	world_run(&w, 3600);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_INS);
	assert_int_equal(w.armed, NTP_LEAP_INS);
	announce(&w, 4, NTP_LEAP_NONE);
	world_run(&w, 600);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
	assert_int_equal(w.armed, NTP_LEAP_NONE);
	assert_int_equal(w.e->sys.event, EVNT_DISARMED);
	go_to(&w, 600);
	assert_false(w.kernel_leapt);
	is_right(&w);
	world_fini(&w);
}

static void
valid_table_outvotes_everybody(void **state)
{
	struct leap_table t = table_with(38);
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 0, 7200);
	t.n = 1;
	announce(&w, 4, NTP_LEAP_INS);
	engine_set_leap(w.e, &t, world_now(&w));
	go_to(&w, 600);
	assert_int_equal(w.steps, 0);
	is_right(&w);
	world_fini(&w);
}

/* A newer file that knows of no leap second any more. */
static void
table_that_takes_it_back(void **state)
{
	struct leap_table t = table_with(38);
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 0, 7200);
	w.clock.leaps = true;
	engine_set_leap(w.e, &t, world_now(&w));
	world_run(&w, 600);
	assert_int_equal(w.armed, NTP_LEAP_INS);
	t.n = 1;
	engine_set_leap(w.e, &t, world_now(&w));
	world_run(&w, 2);
	assert_int_equal(w.armed, NTP_LEAP_NONE);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
	go_to(&w, 60);
	is_right(&w);
	world_fini(&w);
}

static void
first_hour_of_the_month_is_deaf(void **state)
{
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 0, -60);
	announce(&w, 4, NTP_LEAP_INS);
	go_to(&w, 3500);
	assert_int_equal(w.e->leap.plan.source, LEAP_NOBODY);
	go_to(&w, 5000);
	assert_int_equal(w.e->leap.plan.at, JULY + 31 * 86400);
	assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
	world_fini(&w);
}

/* Started in the last minute and after it: in time, and not again. */
static void
restarts(void **state)
{
	struct leap_table t = table_with(38);
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 1, 60);
	engine_set_leap(w.e, &t, world_now(&w));
	announce(&w, 4, NTP_LEAP_INS);
	go_to(&w, 60);
	assert_int_equal(w.steps, 1);
	is_right(&w);
	world_fini(&w);
	begin(&w, WORLD_FOUR_OFTEN, 1, -5);
	w.err -= 1;
	announce(&w, 4, NTP_LEAP_INS);
	engine_set_leap(w.e, &t, world_now(&w));
	go_to(&w, 3600);
	assert_int_equal(w.steps, 0);
	assert_int_equal(w.tai, 38);
	is_right(&w);
	world_fini(&w);
}

static void
unsynchronized_hosts_leave_it(void **state)
{
	struct leap_table t = table_with(38);
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 1, 7200);
	for (unsigned i = 0; i < 4; i++)
		w.srv[i].dead = true;
	w.clock.leaps = true;
	engine_set_leap(w.e, &t, world_now(&w));
	go_to(&w, 60);
	assert_int_equal(w.armed, NTP_LEAP_NONE);
	assert_int_equal(w.steps, 0);
	world_fini(&w);
}

static void
never_stepped_when_that_is_forbidden(void **state)
{
	static const char conf[] = WORLD_FOUR_OFTEN "tinker step 0\n";
	struct leap_table t = table_with(38);
	struct world w;

	(void)state;
	begin(&w, conf, 1, 7200);
	w.clock.leaps = true;
	engine_set_leap(w.e, &t, world_now(&w));
	go_to(&w, -60);
	assert_int_equal(w.armed, NTP_LEAP_NONE);
	go_to(&w, 3);
	assert_int_equal(w.steps, 0);
	assert_non_null(strstr(w.lastlog, "inaccurate for a long time"));
	world_run(&w, 6 * 3600);
	assert_int_equal(w.steps, 0);
	assert_true(fabs(world_utc_err(&w)) < 0.05);
	world_fini(&w);
}

/* --- smear ------------------------------------------------------------------ */

static double
served(struct world *w, double ahead)
{
	struct ntp_snapshot s = snapshot(w);

	return s.smear + s.smear_rate * ahead;
}

static void
smears_for_clients(void **state)
{
	static const char conf[] = WORLD_FOUR_OFTEN "leapsmearinterval 7200\n";

	(void)state;
	for (int dir = -1; dir <= 1; dir += 2) {
		struct leap_table t = table_with(37 + dir);
		struct world w;

		begin(&w, conf, dir, 86400);
		engine_set_leap(w.e, &t, world_now(&w));
		world_run(&w, 3600);
		assert_int_equal(snapshot(&w).leap, NTP_LEAP_NONE);
		assert_true(fabs(served(&w, 0)) < 1e-9);
		go_to(&w, -3600);
		assert_true(fabs(served(&w, 0.4) + dir * 0.5) < 3e-4);
		assert_int_equal(snapshot(&w).leap, NTP_LEAP_NONE);
		assert_int_equal(snapshot(&w).refid >> 24, 254);
		is_right(&w);
		go_to(&w, -4.2);
		assert_true(fabs(served(&w, 0.4) + dir) < 1e-4);
		go_to(&w, 4);
		assert_true(fabs(served(&w, 0)) < 1e-9);
		assert_int_equal(snapshot(&w).refid, w.e->sys.refid);
		is_right(&w);
		world_fini(&w);
	}
}

/* Servers that smear: we follow them through it and leap ourselves never. */
static void
follows_a_smear(void **state)
{
	struct leap_smear sm = {7200, SMEAR_COSINE};
	struct leap_table t = table_with(38);
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 0, 10000);
	engine_set_leap(w.e, &t, world_now(&w));
	while (w.t < w.leap_t + 3600) {
		double left = w.leap_t - w.t;
		double smear = left > 0 ? leap_smear_offset(&sm, 1, left) : -1;

		for (unsigned i = 0; i < 4; i++) {
			w.srv[i].offset = smear;
			w.srv[i].refid = left > 0 && smear < 0
			    ? leap_smear_refid(smear)
			    : refid_from_text("GPS");
		}
		world_run(&w, 10);
		if (left < 7000)
			assert_true(w.e->sys.leap == NTP_LEAP_NONE);
		assert_true(fabs(world_utc_err(&w) - smear) < 0.1);
	}
	assert_int_equal(w.steps, 0);
	world_fini(&w);
}

static bool
mixture_said(struct world *w)
{
	return strstr(w->lastlog, "smears a leap second") != NULL;
}

static void
warns_of_a_mixture(void **state)
{
	struct world w;

	(void)state;
	begin(&w, WORLD_FOUR_OFTEN, 0, 86400);
	w.srv[3].refid = leap_smear_refid(-0.2); /* an IPv6 hash, it seems */
	world_run(&w, 1000);
	assert_false(w.e->leap.mixed);
	for (unsigned i = 0; i < 20; i++) {
		w.srv[3].refid = leap_smear_refid(-0.2 - i * 1e-3);
		world_run(&w, 64);
		if (mixture_said(&w))
			break;
	}
	assert_true(mixture_said(&w));
	assert_true(w.e->leap.mixed);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(inserted_by_the_daemon),
	    cmocka_unit_test(inserted_by_the_kernel),
	    cmocka_unit_test(removed_by_the_daemon),
	    cmocka_unit_test(removed_by_the_kernel),
	    cmocka_unit_test(repeated_second_is_not_served),
	    cmocka_unit_test(votes_without_a_table),
	    cmocka_unit_test(without_votes_it_is_missed),
	    THREAT("O-leap-spoof", one_wrong_announcer_is_ignored),
	    cmocka_unit_test(wish_that_goes_away),
	    THREAT("O-leap-file-wins", valid_table_outvotes_everybody),
	    cmocka_unit_test(table_that_takes_it_back),
	    THREAT("O-leap-dangling", first_hour_of_the_month_is_deaf),
	    cmocka_unit_test(restarts),
	    cmocka_unit_test(unsynchronized_hosts_leave_it),
	    cmocka_unit_test(never_stepped_when_that_is_forbidden),
	    cmocka_unit_test(smears_for_clients),
	    cmocka_unit_test(follows_a_smear),
	    cmocka_unit_test(warns_of_a_mixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
