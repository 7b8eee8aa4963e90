/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_poll.c - reach register, bursts, headway, kisses, dates
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "ntp_poll.h"
#include "ntp_rng.h"

/* An association against a server, a second of time after the other. */
struct rig {
	struct poll_state p;
	double t; /* s */
	bool iburst, burst, fit, answers;
	int8_t syspoll;
	double rnd;
	struct poll_event ev; /* of the last packet */
	unsigned sent, shifts, lost, due;
};

static ntp_mono
at(double s)
{
	return (ntp_mono){(int64_t)(s * 1e9)};
}

static void
rig_init(struct rig *r, int8_t minpoll, int8_t maxpoll)
{
	*r = (struct rig){.syspoll = minpoll, .answers = true, .fit = true};
	poll_reset(&r->p, minpoll, maxpoll, at(0));
}

static void
update(struct rig *r)
{
	poll_update(&r->p, r->syspoll, NTP_MINPKT, r->rnd, at(r->t));
	if (!mono_before(at(r->t), r->p.nextdate))
		fail_msg("next date is not after %.1f s", r->t);
}

/* Send at the date that is due, with the answer, if any, at once. */
static void
send_next(struct rig *r)
{
	double due = (double)r->p.nextdate.ns * 1e-9;

	for (; r->t + 1 <= due; r->t += 1)
		poll_tick(&r->p);
	r->t = due;
	r->ev =
	    poll_sent(&r->p, r->iburst, r->burst, r->fit, r->syspoll, at(r->t));
	r->sent++;
	r->shifts += r->ev.shifted;
	r->lost += r->ev.lost_reach;
	r->due += r->ev.demobilize_due;
	update(r);
	if (!r->answers)
		return;
	poll_reply(&r->p, poll_advertised(&r->p), r->iburst, r->burst);
	update(r);
}

static double
wait_of(const struct rig *r)
{
	return mono_diff(r->p.nextdate, at(r->t));
}

static void
assert_wait(const struct rig *r, double want)
{
	if (wait_of(r) < want - 1e-6 || wait_of(r) > want + 1e-6)
		fail_msg("waits %.3f s, not %.3f s", wait_of(r), want);
}

static void
test_reset(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	assert_int_equal(r.p.reach, 0);
	assert_int_equal(r.p.hpoll, 6);
	assert_int_equal(r.p.ppoll, 10);
	assert_int_equal(poll_exponent(&r.p), 6);
	poll_reset(&r.p, -7, 99, at(0));
	assert_int_equal(r.p.minpoll, -6);
	assert_int_equal(r.p.maxpoll, 17);
	poll_reset(&r.p, 9, 4, at(0));
	assert_int_equal(r.p.maxpoll, 9);
}

static void
test_one_lost_reply_walks(void **state)
{
	static const uint8_t walk[] = {
	    0376, 0375, 0373, 0367, 0357, 0337, 0277, 0177, 0377};
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	for (unsigned i = 0; i < 8; i++)
		send_next(&r);
	assert_int_equal(r.p.reach, 0377);
	r.answers = false;
	for (unsigned i = 0; i < sizeof(walk); i++) {
		send_next(&r);
		assert_int_equal(r.p.reach, walk[i]);
		r.answers = true;
	}
	assert_int_equal(r.shifts, r.sent);
	assert_int_equal(r.lost, 0);
}

static void
test_iburst(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	r.iburst = true;
	for (unsigned i = 0; i < NTP_IBURST; i++) {
		send_next(&r);
		assert_int_equal(r.p.reach, 1);
		assert_int_equal(r.p.burst, NTP_IBURST - 1 - i);
		assert_wait(&r, i + 1 < NTP_IBURST ? 2 : 64);
	}
	assert_int_equal(r.shifts, 1);
	send_next(&r);
	assert_int_equal(r.p.reach, 3);
	assert_wait(&r, 64);
}

static void
test_iburst_probes(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	r.iburst = true;
	r.answers = false;
	for (unsigned i = 0; i < NTP_RETRY; i++) {
		send_next(&r);
		assert_wait(&r, i + 1 < NTP_RETRY ? 2 : 64);
	}
	assert_int_equal(r.shifts, 1);
	/* Even a late answer to the last probe starts the burst. */
	r.t += 1;
	poll_reply(&r.p, 6, true, false);
	update(&r);
	assert_int_equal(r.p.burst, NTP_IBURST - 1);
	assert_wait(&r, 1);
}

/* Each silent poll after the first is a single packet while polls are short, so
 * that a dead server is known as dead in minutes, not in hours. */
static void
test_silence_is_not_probed_again(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 6);
	r.iburst = true;
	r.answers = false;
	for (unsigned i = 0; i < 20; i++)
		send_next(&r);
	assert_int_equal(r.shifts, 18);
	assert_int_equal(r.p.unreach, 18);
}

/* Where they are long, each asks three times. */
static void
test_long_silence_is_probed(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	r.iburst = true;
	r.answers = false;
	for (int8_t poll = 7; poll <= 10; poll++) {
		r.p.hpoll = poll;
		r.p.unreach = 1;
		send_next(&r);
		assert_int_equal(r.p.reach, 0);
		for (unsigned i = 1; i < NTP_RETRY && poll >= 8; i++) {
			assert_wait(&r, 2);
			send_next(&r);
		}
		assert_wait(&r, log2_to_s(poll));
	}
	assert_int_equal(r.shifts, 4);
	assert_int_equal(r.sent, 10);
	r.iburst = false;
	send_next(&r);
	assert_wait(&r, 1024);
}

static void
test_answer_to_second_probe(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	r.iburst = true;
	r.answers = false;
	send_next(&r);
	r.answers = true;
	for (unsigned i = 0; i < NTP_IBURST; i++) {
		assert_wait(&r, 2);
		send_next(&r);
	}
	assert_wait(&r, 64);
	assert_int_equal(r.shifts, 1);
}

static void
test_no_iburst(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	send_next(&r);
	assert_wait(&r, 64);
	assert_int_equal(r.p.burst, 0);
}

static void
test_burst(void **state)
{
	static const unsigned want[] = {1, 2, 4, 8, 8};
	struct rig r;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		unsigned before;

		rig_init(&r, 6, 10);
		send_next(&r);
		r.syspoll = (int8_t)(6 + i);
		send_next(&r);
		send_next(&r);
		r.burst = true;
		before = r.sent;
		do
			send_next(&r);
		while (r.p.burst > 0);
		assert_int_equal(r.sent - before, want[i]);
		assert_wait(&r, log2_to_s(r.syspoll));
	}
	rig_init(&r, 6, 10);
	r.burst = true;
	r.fit = false;
	r.syspoll = 9;
	for (unsigned i = 0; i < 5; i++)
		send_next(&r);
	assert_int_equal(r.shifts, r.sent);
}

static void
test_unreachable_backs_off(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	for (unsigned i = 0; i < 8; i++)
		send_next(&r);
	r.answers = false;
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(r.lost, 0);
		send_next(&r);
	}
	assert_int_equal(r.lost, 1);
	assert_true(r.ev.lost_reach);
	for (unsigned i = 2; i < NTP_UNREACH; i++) {
		send_next(&r);
		assert_int_equal(r.due, 0);
		assert_wait(&r, 64);
	}
	for (int8_t poll = 7; poll < 14; poll++) {
		send_next(&r);
		assert_true(r.ev.demobilize_due);
		assert_wait(&r, log2_to_s(poll < 10 ? poll : 10));
		assert_int_equal(r.p.hpoll, poll < 10 ? poll : 10);
	}
	assert_int_equal(r.lost, 1);
	r.answers = true;
	send_next(&r);
	assert_int_equal(r.p.unreach, 0);
	assert_int_equal(r.p.reach, 1);
	assert_wait(&r, 64);
}

static void
test_follows_system_poll(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	send_next(&r);
	for (int8_t poll = 3; poll < 16; poll++) {
		int8_t want = poll < 6 ? 6 : poll > 10 ? 10 : poll;

		r.syspoll = poll;
		send_next(&r);
		send_next(&r);
		assert_int_equal(r.p.hpoll, want);
		assert_wait(&r, log2_to_s(want));
	}
}

/* Oversampling is allowed, undersampling is not. */
static void
test_their_poll_limits(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 4, 10);
	send_next(&r);
	r.syspoll = 10;
	poll_reply(&r.p, 7, false, false);
	update(&r);
	assert_wait(&r, 128);
	assert_int_equal(poll_exponent(&r.p), 7);
	assert_int_equal(poll_advertised(&r.p), 10);
	for (int p = -128; p < 128; p++) {
		poll_reply(&r.p, (int8_t)p, false, false);
		update(&r);
		assert_in_range(poll_exponent(&r.p), 4, 10);
	}
}

static void
test_spread(void **state)
{
	struct rig r;
	struct ntp_rng rng;
	double least = 1e9, most = 0;

	(void)state;
	rng_seed(&rng, 3);
	rig_init(&r, 6, 10);
	for (unsigned i = 0; i < 5000; i++) {
		double w;

		r.rnd = rng_double(&rng);
		send_next(&r);
		w = wait_of(&r) / 64;
		least = w < least ? w : least;
		most = w > most ? w : most;
	}
	assert_true(least >= 1.0 && least < 1.001);
	assert_true(most <= 1.062 && most > 1.061);
}

/* threats.md B: any octet, clamped; eight good replies, and it is over. */
static void
test_rate_kiss(void **state)
{
	for (int p = -128; p < 128; p++) {
		struct rig r;
		int want = p > 7 ? p : 7;

		rig_init(&r, 6, 10);
		send_next(&r);
		poll_kiss(&r.p, (int8_t)p);
		update(&r);
		want = want > 10 ? 10 : want;
		assert_int_equal(poll_exponent(&r.p), want);
		assert_int_equal(poll_advertised(&r.p), want);
		assert_wait(&r, log2_to_s(want));
		for (unsigned i = 0; i < 8; i++) {
			assert_int_equal(poll_exponent(&r.p), want);
			assert_wait(&r, log2_to_s(want));
			send_next(&r);
		}
		assert_int_equal(poll_advertised(&r.p), 6);
		/* The server echoed the slow poll; the next reply does not. */
		send_next(&r);
		assert_int_equal(poll_exponent(&r.p), 6);
		assert_wait(&r, 64);
	}
	(void)state;
}

static void
test_kisses_add_up(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	send_next(&r);
	for (int want = 7; want < 14; want++) {
		poll_kiss(&r.p, 6);
		assert_int_equal(poll_exponent(&r.p), want < 10 ? want : 10);
	}
}

static void
test_kiss_ends_burst(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	r.iburst = true;
	send_next(&r);
	send_next(&r);
	assert_true(r.p.burst > 0);
	poll_kiss(&r.p, 6);
	update(&r);
	assert_int_equal(r.p.burst, 0);
	assert_wait(&r, 128);
	/* No new one while it holds, reachable or not. */
	r.answers = false;
	for (unsigned i = 0; i < 12; i++)
		send_next(&r);
	assert_int_equal(r.p.reach, 0);
	r.answers = true;
	send_next(&r);
	assert_int_equal(r.p.burst, 0);
	assert_int_equal(r.shifts, r.sent - 1);
}

/* Whatever happens the average stays at minpoll, after an allowance of 8. */
static void
test_headway_keeps_average(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	r.iburst = true;
	r.answers = false;
	while (r.t < 20 * 64) {
		r.p.unreach = 0;
		send_next(&r);
	}
	assert_in_range(r.sent, 20, 20 + NTP_BURST + 1);
}

/* A packet adds what a poll lets leak, less the two seconds it takes. */
static void
test_headway_bucket(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	(void)poll_sent(&r.p, false, false, true, 6, at(0));
	assert_true(r.p.throttle > 61.5 && r.p.throttle < 62.5);
	for (unsigned i = 0; i < 62; i++)
		poll_tick(&r.p);
	poll_tick(&r.p);
	assert_true(r.p.throttle >= 0 && r.p.throttle < 0.5);
}

static void
test_late_update(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 6, 10);
	send_next(&r);
	/* Long after the date: not in the past, and not at once. */
	r.t += 5000;
	update(&r);
	assert_wait(&r, NTP_MINPKT);
	poll_update(&r.p, 6, 0.0, 0.0, at(r.t));
	assert_wait(&r, 1);
}

/* 0 is each second; less only while the server answers, and soon. */
static void
test_lan(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	send_next(&r);
	assert_wait(&r, 1);
	for (int8_t p = -1; p >= -6; p--) {
		rig_init(&r, p, p);
		send_next(&r);
		assert_wait(&r, 1);
		poll_distance(&r.p, 0.0002);
		update(&r);
		assert_wait(&r, log2_to_s(p));
		send_next(&r);
		assert_wait(&r, log2_to_s(p));
		poll_distance(&r.p, 0.011);
		send_next(&r);
		assert_wait(&r, 1);
		poll_distance(&r.p, 0.0002);
		send_next(&r);
		assert_wait(&r, log2_to_s(p));
		r.answers = false;
		for (unsigned i = 0; i < 8; i++)
			send_next(&r);
		assert_int_equal(r.p.reach, 0);
		assert_wait(&r, 1);
	}
}

static void
test_lan_kiss(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, -6, -4);
	send_next(&r);
	poll_distance(&r.p, 0.0002);
	poll_kiss(&r.p, -6);
	update(&r);
	assert_wait(&r, 8);
	for (unsigned i = 0; i < 9; i++)
		send_next(&r);
	assert_true(fabs(wait_of(&r) - 1.0 / 64) < 1e-6);
}

static void
test_invariants(void **state)
{
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 99);
	for (unsigned round = 0; round < 300; round++) {
		struct rig r;
		int8_t minpoll = (int8_t)((int)rng_below(&rng, 24) - 6);
		int8_t maxpoll = (int8_t)((int)rng_below(&rng, 24) - 6);
		double longest, shortest;
		int most;

		maxpoll = maxpoll < minpoll ? minpoll : maxpoll;
		rig_init(&r, minpoll, maxpoll);
		most = maxpoll > 3 ? maxpoll : 3;
		longest = 1.062 * log2_to_s(most) + NTP_MINPKT;
		shortest = fmin(log2_to_s(minpoll), NTP_MINPKT);
		for (unsigned i = 0; i < 200; i++) {
			r.iburst = rng_below(&rng, 2) == 0;
			r.burst = rng_below(&rng, 4) == 0;
			r.answers = rng_below(&rng, 3) != 0;
			r.syspoll = (int8_t)rng_below(&rng, 256);
			r.rnd = rng_double(&rng);
			if (rng_below(&rng, 20) == 0) {
				poll_kiss(&r.p, (int8_t)(rng_below(&rng, 256)));
				update(&r);
			}
			poll_distance(&r.p, 0.02 * rng_double(&rng));
			send_next(&r);
			assert_true(wait_of(&r) >= shortest - 1e-6);
			assert_true(wait_of(&r) <= longest);
			assert_true(poll_exponent(&r.p) >= minpoll);
			assert_true(poll_exponent(&r.p) <= most);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reset),
	    cmocka_unit_test(test_one_lost_reply_walks),
	    cmocka_unit_test(test_iburst),
	    cmocka_unit_test(test_iburst_probes),
	    cmocka_unit_test(test_silence_is_not_probed_again),
	    cmocka_unit_test(test_long_silence_is_probed),
	    cmocka_unit_test(test_answer_to_second_probe),
	    cmocka_unit_test(test_no_iburst),
	    cmocka_unit_test(test_burst),
	    cmocka_unit_test(test_unreachable_backs_off),
	    cmocka_unit_test(test_follows_system_poll),
	    cmocka_unit_test(test_their_poll_limits),
	    cmocka_unit_test(test_spread),
	    cmocka_unit_test(test_rate_kiss),
	    cmocka_unit_test(test_kisses_add_up),
	    cmocka_unit_test(test_kiss_ends_burst),
	    cmocka_unit_test(test_headway_keeps_average),
	    cmocka_unit_test(test_headway_bucket),
	    cmocka_unit_test(test_late_update),
	    cmocka_unit_test(test_lan),
	    cmocka_unit_test(test_lan_kiss),
	    cmocka_unit_test(test_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
