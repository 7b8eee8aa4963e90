/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_refclock.c - the median filter, the shared memory segment, and an
 * engine that follows a reference clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "../../ntpd/refclock/shm.h"
#include "world.h"

#define NOW INT64_C(1750000000)

/* --- median filter ---------------------------------------------------------- */

static void
median_of_few(void **state)
{
	struct median m;
	struct median_result r;

	(void)state;
	median_reset(&m);
	assert_false(median_take(&m, 1e-6, &r));
	median_add(&m, 0.25);
	assert_true(median_take(&m, 1e-6, &r));
	assert_true(fabs(r.offset - 0.25) < 1e-12);
	assert_true(fabs(r.jitter - 1e-6) < 1e-12);
	assert_int_equal(r.kept, 1);
	assert_false(median_take(&m, 1e-6, &r));
}

/* Ten readings: four go, those at the far end of a lopsided ring first. */
static void
outliers_are_dropped(void **state)
{
	static const double v[10] = {5, 1, 2, 3, 4, 900, 6, -700, 800, 7};
	struct median m;
	struct median_result r;

	(void)state;
	median_reset(&m);
	for (unsigned i = 0; i < 10; i++)
		median_add(&m, v[i]);
	assert_true(median_take(&m, 1e-6, &r));
	assert_int_equal(r.kept, 6);
	assert_true(fabs(r.offset - 3.5) < 1e-12);
	assert_true(fabs(r.jitter - 1) < 1e-12);
}

static void
ring_keeps_the_newest(void **state)
{
	struct median m;
	struct median_result r;

	(void)state;
	median_reset(&m);
	for (unsigned i = 0; i < MEDIAN_STAGES; i++)
		median_add(&m, 1e6);
	for (unsigned i = 0; i < MEDIAN_STAGES; i++)
		median_add(&m, 3);
	median_slewed(&m, 0.5);
	assert_true(median_take(&m, 1e-6, &r));
	assert_int_equal(r.kept, 36);
	assert_true(fabs(r.offset - 2.5) < 1e-12);
}

static void
mean_lies_among_the_readings(void **state)
{
	struct ntp_rng rng;
	struct median_result r;

	(void)state;
	rng_seed(&rng, 3);
	for (unsigned round = 0; round < 2000; round++) {
		unsigned n = 1 + (unsigned)rng_below(&rng, 80);
		double lo = HUGE_VAL, hi = -HUGE_VAL;
		struct median m;

		median_reset(&m);
		for (unsigned i = 0; i < n; i++) {
			double x = rng_normal(&rng);

			lo = fmin(lo, x);
			hi = fmax(hi, x);
			median_add(&m, x);
		}
		assert_true(median_take(&m, 1e-9, &r));
		assert_true(r.offset >= lo && r.offset <= hi);
		assert_true(r.jitter >= 1e-9 && r.jitter <= hi - lo + 1e-9);
	}
}

/* --- shared memory ---------------------------------------------------------- */

static struct shm_time
segment(void)
{
	struct shm_time s = {.mode = 1,
	    .count = 8,
	    .clock_sec = NOW,
	    .clock_usec = 250000,
	    .clock_nsec = 250000123,
	    .recv_sec = NOW,
	    .recv_usec = 200000,
	    .recv_nsec = 200000456,
	    .precision = -20,
	    .valid = 1};

	return s;
}

static enum shm_verdict
read_it(struct shm_time *s, double limit, struct refclock_stamp *out)
{
	struct shm_param par = {limit};
	struct timespec now = {NOW + 1, 0};

	return shm_read(s, &par, &now, out);
}

static void
layout_is_that_of_the_writers(void **state)
{
	(void)state;
	if (sizeof(time_t) != 8 || sizeof(void *) != 8)
		return;
	assert_int_equal(offsetof(struct shm_time, count), 4);
	assert_int_equal(offsetof(struct shm_time, clock_sec), 8);
	assert_int_equal(offsetof(struct shm_time, clock_usec), 16);
	assert_int_equal(offsetof(struct shm_time, recv_sec), 24);
	assert_int_equal(offsetof(struct shm_time, recv_usec), 32);
	assert_int_equal(offsetof(struct shm_time, leap), 36);
	assert_int_equal(offsetof(struct shm_time, valid), 48);
	assert_int_equal(offsetof(struct shm_time, clock_nsec), 52);
	assert_int_equal(offsetof(struct shm_time, recv_nsec), 56);
	assert_int_equal(sizeof(struct shm_time), 96);
}

static void
sample_is_taken_once(void **state)
{
	struct shm_time s = segment();
	struct refclock_stamp st;

	(void)state;
	assert_int_equal(read_it(&s, 0, &st), SHM_GOOD);
	assert_int_equal(st.clock.tv_nsec, 250000123);
	assert_int_equal(st.local.tv_nsec, 200000456);
	assert_int_equal(st.precision, -20);
	assert_int_equal(s.valid, 0);
	assert_int_equal(s.count, 8);
	assert_int_equal(read_it(&s, 0, &st), SHM_EMPTY);
}

/* Old writers leave the nanoseconds at zero, or at what they were. */
static void
microseconds_of_old_writers(void **state)
{
	struct shm_time s = segment();
	struct refclock_stamp st;

	(void)state;
	s.recv_nsec = 0;
	assert_int_equal(read_it(&s, 0, &st), SHM_GOOD);
	assert_int_equal(st.clock.tv_nsec, 250000000);
	assert_int_equal(st.local.tv_nsec, 200000000);
	s = segment();
	s.clock_nsec = 250001000;
	assert_int_equal(read_it(&s, 0, &st), SHM_GOOD);
	assert_int_equal(st.clock.tv_nsec, 250000000);
}

static void
what_is_refused(void **state)
{
	struct refclock_stamp st;
	struct shm_time s;

	(void)state;
	s = segment();
	s.mode = 2;
	assert_int_equal(read_it(&s, 0, &st), SHM_MODE);
	assert_int_equal(s.valid, 0);
	s = segment();
	s.recv_sec -= 5;
	assert_int_equal(read_it(&s, 0, &st), SHM_STALE);
	s = segment();
	s.recv_sec += 2;
	assert_int_equal(read_it(&s, 0, &st), SHM_STALE);
	s = segment();
	s.clock_sec -= 14401;
	assert_int_equal(read_it(&s, 14400, &st), SHM_LIMIT);
	s.valid = 1;
	assert_int_equal(read_it(&s, 0, &st), SHM_GOOD);
	s = segment();
	s.clock_usec = 1000000;
	assert_int_equal(read_it(&s, 0, &st), SHM_RANGE);
	s = segment();
	s.clock_sec = INT64_MIN;
	assert_int_equal(read_it(&s, 0, &st), SHM_RANGE);
	s = segment();
	s.leap = 7;
	s.precision = 1 << 30;
	assert_int_equal(read_it(&s, 0, &st), SHM_GOOD);
	assert_int_equal(st.leap, NTP_LEAP_UNSYNC);
	assert_int_equal(st.precision, 0);
}

/* Any octets: nothing undefined, and what is good is sane. */
static void
any_segment_is_survived(void **state)
{
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 9);
	for (unsigned i = 0; i < 200000; i++) {
		struct refclock_stamp st;
		struct shm_time s = segment();
		size_t at = rng_below(&rng, sizeof s);

		((unsigned char *)&s)[at] = (unsigned char)rng_u64(&rng);
		if ((i & 1) != 0)
			rng_fill(&rng, (unsigned char *)&s + 8, 60);
		if (read_it(&s, 0, &st) != SHM_GOOD)
			continue;
		assert_in_range(st.clock.tv_nsec, 0, 999999999);
		assert_in_range(st.local.tv_nsec, 0, 999999999);
	}
}

/* --- the engine ------------------------------------------------------------- */

/* S seconds with a reading each, OFF from true time. */
static void
tick_clock(struct world *w, uint8_t unit, unsigned s, double off)
{
	for (unsigned i = 0; i < s; i++) {
		struct clock_reading r = {
		    .offset = off - w->err + rng_normal(&w->rng) * 1e-5,
		    .precision = -20};

		engine_clock_reading(w->e, CLOCK_SHM, unit, &r, world_now(w));
		world_run(w, 1);
	}
}

static void
follows_a_clock(void **state)
{
	struct peer *p;
	struct world w;

	(void)state;
	world_init(&w,
	    "server 127.127.28.2 minpoll 4\n"
	    "fudge 127.127.28.2 refid GPS time1 0.1\n",
	    NULL, 0.05, 20);
	p = world_peer(&w, 0);
	tick_clock(&w, 2, 20, -0.1);
	assert_true(world_is_synced(&w));
	assert_int_equal(w.e->sys.stratum, 1);
	assert_int_equal(w.e->sys.refid, refid_from_text("GPS"));
	assert_int_equal(p->select, SEL_SYSPEER);
	tick_clock(&w, 2, 1800, -0.1);
	assert_true(fabs(w.err) < 1e-4);
	assert_int_equal(p->poll.reach, 255);
	assert_true(p->filter.delay < 1e-5);
	assert_int_equal(p->clk.code, CLOCK_NOMINAL);
	assert_int_equal(clock_status_word(&p->clk), 0);
	world_fini(&w);
}

/* The same by NTPsec's syntax, and with a fudged stratum. */
static void
refclock_line(void **state)
{
	struct world w;

	(void)state;
	world_init(&w,
	    "refclock shm unit 5 refid PPS stratum 3 minpoll 4 time1 0.2\n",
	    NULL, 0, 0);
	tick_clock(&w, 5, 30, -0.2);
	assert_true(world_is_synced(&w));
	assert_int_equal(w.e->sys.stratum, 4);
	assert_true(fabs(w.err) < 1e-3);
	world_fini(&w);
}

/* The control: a reading of another unit is nobody's. */
static void
other_units_are_ignored(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "server 127.127.28.2 minpoll 4\n", NULL, 0.05, 20);
	tick_clock(&w, 3, 60, 0);
	assert_false(world_is_synced(&w));
	assert_int_equal(world_peer(&w, 0)->poll.reach, 0);
	world_fini(&w);
}

static void
clock_that_goes_silent(void **state)
{
	struct peer *p;
	struct world w;

	(void)state;
	world_init(&w, "server 127.127.28.2 minpoll 4\n", NULL, 0, 5);
	p = world_peer(&w, 0);
	tick_clock(&w, 2, 300, 0);
	for (unsigned i = 0; i < 40; i++) {
		engine_clock_fault(w.e, CLOCK_SHM, 2,
		    i % 4 == 0 ? CLOCK_BAD_SIGNAL : CLOCK_NO_REPLY);
		world_run(&w, 1);
	}
	assert_int_equal(p->clk.code, CLOCK_NO_REPLY);
	assert_int_equal(clock_status_word(&p->clk), 0x11);
	assert_int_equal(p->event, PEVNT_CLOCK);
	assert_true(p->clk.noreply >= 2);
	assert_int_equal(p->clk.baddata, 10);
	for (unsigned i = 0; i < 40; i++) {
		engine_clock_fault(w.e, CLOCK_SHM, 2, CLOCK_BAD_FORMAT);
		world_run(&w, 1);
	}
	assert_int_equal(p->clk.code, CLOCK_BAD_FORMAT);
	assert_int_equal(p->clk.badformat, 40);
	world_run(&w, 200);
	assert_int_equal(p->poll.reach, 0);
	assert_true(p->select == SEL_REJECT);
	/* and back */
	tick_clock(&w, 2, 20, 0);
	assert_int_equal(p->select, SEL_SYSPEER);
	world_fini(&w);
}

static void
readings_that_are_no_time(void **state)
{
	struct clock_reading bad[] = {{.offset = (double)NAN},
	    {.offset = HUGE_VAL}, {.offset = 0, .leap = NTP_LEAP_UNSYNC}};
	struct world w;

	(void)state;
	world_init(&w, "server 127.127.28.2 minpoll 4\n", NULL, 0, 0);
	for (unsigned i = 0; i < 100; i++) {
		engine_clock_reading(
		    w.e, CLOCK_SHM, 2, &bad[i % 3], world_now(&w));
		world_run(&w, 1);
	}
	assert_false(world_is_synced(&w));
	assert_int_equal(world_peer(&w, 0)->clk.baddata, 100);
	world_fini(&w);
}

/* A clock that jumps is outvoted by three servers. */
static void
clock_is_outvoted(void **state)
{
	struct world w;

	(void)state;
	world_init(&w,
	    "server 127.127.28.2 minpoll 4\nserver 192.0.2.1 iburst\n"
	    "server 192.0.2.2 iburst\nserver 192.0.2.3 iburst\n",
	    NULL, 0, 0);
	for (unsigned n = 1; n <= 3; n++)
		world_server(&w, n, 0);
	tick_clock(&w, 2, 60, 0);
	assert_true(world_is_synced(&w));
	tick_clock(&w, 2, 1200, 10);
	assert_int_equal(world_peer(&w, 0)->select, SEL_FALSETICK);
	assert_true(fabs(w.err) < 0.01);
	assert_int_equal(w.steps, 0);
	world_fini(&w);
}

static void
clock_announces_a_leap_second(void **state)
{
	struct clock_reading r = {.leap = NTP_LEAP_INS, .precision = -20};
	struct world w;

	(void)state;
	world_init(&w,
	    "server 127.127.28.2 minpoll 4\nserver 192.0.2.1 iburst\n"
	    "server 192.0.2.2 iburst\n",
	    NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 0);
	world_run(&w, 20);
	for (unsigned i = 0; i < 120; i++) {
		r.offset = -w.err;
		engine_clock_reading(w.e, CLOCK_SHM, 2, &r, world_now(&w));
		world_run(&w, 1);
	}
	assert_int_equal(w.e->leap.plan.dir, 1);
	assert_int_equal(w.e->leap.plan.source, LEAP_VOTE);
	world_fini(&w);
}

static void
timecode_is_made_printable(void **state)
{
	struct refclock *c;
	struct world w;

	(void)state;
	world_init(&w, "server 127.127.28.2\n", NULL, 0, 0);
	c = &world_peer(&w, 0)->clk;
	engine_clock_timecode(w.e, CLOCK_SHM, 2, "$GPRMC\r\n\"\x1b", 10);
	assert_string_equal(c->timecode, "$GPRMC....");
	for (size_t n = 0; n < 300; n += 13) {
		char big[300];

		memset(big, 'x', sizeof big);
		engine_clock_timecode(w.e, CLOCK_SHM, 2, big, n);
		assert_true(strlen(c->timecode) <= CLOCK_TIMECODE_MAX);
	}
	assert_string_equal(clock_kind(CLOCK_SHM)->name, "SHM");
	assert_string_equal(clock_kind(99)->name, "");
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(median_of_few),
	    cmocka_unit_test(outliers_are_dropped),
	    cmocka_unit_test(ring_keeps_the_newest),
	    cmocka_unit_test(mean_lies_among_the_readings),
	    cmocka_unit_test(layout_is_that_of_the_writers),
	    cmocka_unit_test(sample_is_taken_once),
	    cmocka_unit_test(microseconds_of_old_writers),
	    cmocka_unit_test(what_is_refused),
	    cmocka_unit_test(any_segment_is_survived),
	    cmocka_unit_test(follows_a_clock),
	    cmocka_unit_test(refclock_line),
	    cmocka_unit_test(other_units_are_ignored),
	    cmocka_unit_test(clock_that_goes_silent),
	    cmocka_unit_test(readings_that_are_no_time),
	    cmocka_unit_test(clock_is_outvoted),
	    cmocka_unit_test(clock_announces_a_leap_second),
	    cmocka_unit_test(timecode_is_made_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
