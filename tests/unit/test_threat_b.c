/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_b.c - kisses and the rate limit, as client and as server (rows B of
 * threats.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "attack.h"

#define LIMITED_KOD "restrict default limited kod\n"

static void
kiss_needs_the_origin(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL), before = *p;
	struct ntp_packet r;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		static const char *const code[] = {"RATE", "DENY", "RSTR"};

		r = attack_kiss(&w, code[i], 17);
		r.org.v ^= 1;
		attack_inject(&w, &r);
		r.org.v = 0;
		attack_inject(&w, &r);
	}
	assert_unchanged(&before, p);
	world_fini(&w);
}

/* Whatever poll it asks for, it is obeyed within bounds, and for a while. */
static void
rate_kiss_slows_within_bounds_and_passes(void **state)
{
	static const int8_t poll[] = {-128, -1, 0, 2, 17, 18, 127};

	(void)state;
	for (unsigned i = 0; i < sizeof poll; i++) {
		struct world w;
		struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL);
		struct ntp_packet r = attack_kiss(&w, "RATE", poll[i]);

		attack_inject(&w, &r);
		assert_int_equal(p->count.selbroken, 1);
		assert_in_range(poll_exponent(&p->poll), 4, 6);
		world_run(&w, 64 * 20);
		assert_int_equal(p->poll.minpoll, 4);
		assert_int_equal(p->poll.kiss_poll, 0);
		world_fini(&w);
	}
}

static void
rate_kiss_moves_the_next_poll(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(
	    &w, "server 192.0.2.1 iburst minpoll 4 maxpoll 10\n", NULL);
	struct ntp_packet r = attack_kiss(&w, "RATE", 8);

	(void)state;
	attack_inject(&w, &r);
	assert_true(mono_diff(p->poll.nextdate, world_now(&w).mono) > 100);
	/* a step does not make us forget what was asked of us */
	engine_clock_jumped(w.e, 1, world_now(&w));
	assert_int_equal(p->poll.kiss_poll, 8);
	world_fini(&w);
}

static void
deny_does_not_end_the_association(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL);
	struct ntp_packet r = attack_kiss(&w, "DENY", 4);

	(void)state;
	attack_inject(&w, &r);
	assert_int_equal(p->event, PEVNT_DENY);
	world_run(&w, 500);
	assert_true(p->inuse);
	assert_int_equal(p->poll.reach, 0377);
	world_fini(&w);
}

/* A flood from the address of our server does not cost us its replies. */
static void
limited_spares_our_servers(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(
	    &w, ATTACK_ONE "restrict default limited\n", NULL);
	struct ntp_packet r = attack_reply(&w);
	uint8_t req[48] = {0x23};
	struct ntp_addr spoof = w.srv[0].addr;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		world_inject(&w, 0, &spoof, req, sizeof req);
	attack_inject(&w, &r);
	assert_int_equal(p->poll.reach & 1, 1);
	world_fini(&w);
}

/* --- as server ----------------------------------------------------------- */

struct tally {
	unsigned replies, kisses, asked;
	size_t octets_in, octets_kissed;
};

/* One client request from A; counts what comes of it. */
static void
request_from(struct world *w, const struct ntp_addr *a, struct tally *t)
{
	uint8_t req[NTP_HEADER_LEN] = {0x23, 0, 6, [40] = 1};
	unsigned before = w->nsent;

	world_inject(w, 0, a, req, sizeof req);
	t->asked++;
	t->octets_in += sizeof req;
	if (w->nsent == before)
		return;
	if (w->sent[0] >> 6 == 3 && memcmp(w->sent + 12, "RATE", 4) == 0) {
		t->kisses++;
		t->octets_kissed += w->sentlen;
	} else {
		t->replies++;
	}
}

/* The victim asks once a second while a hundred forged requests a second
 * arrive in its name. */
static void
spoofer_cannot_shut_a_client_out(void **state)
{
	struct world w;
	struct ntp_addr victim = world_addr(7);
	struct tally forged = {0}, real = {0};

	(void)state;
	world_init(&w, LIMITED_KOD, NULL, 0, 0);
	victim.port = 40000;
	for (unsigned i = 0; i < 100000; i++) {
		world_run(&w, 0.01);
		request_from(&w, &victim, i % 100 == 50 ? &real : &forged);
	}
	assert_int_equal(real.asked, 1000);
	assert_in_range(real.replies, 200, 310); /* one in four */
	/* 1000 s of 8 s each */
	assert_in_range(real.kisses + forged.kisses, 1, 125);
	world_fini(&w);
}

static void
kisses_are_few(void **state)
{
	struct world w;
	struct ntp_addr a = world_addr(7);
	struct tally t = {0};

	(void)state;
	world_init(&w, LIMITED_KOD, NULL, 0, 0);
	a.port = 40000;
	for (unsigned i = 0; i < 4000; i++) {
		world_run(&w, 0.25);
		request_from(&w, &a, &t);
	}
	assert_true(t.kisses > 0);
	assert_true(t.octets_kissed * 8 <= t.octets_in);
	world_fini(&w);
}

/* The answer to a kiss is no kiss, nor to anything else that asks nothing. */
static void
only_requests_are_kissed(void **state)
{
	static const uint8_t mode[] = {0, 2, 4, 5, 7};
	struct world w;
	struct ntp_addr a = world_addr(7);
	uint8_t buf[NTP_HEADER_LEN + 4] = {0};

	(void)state;
	world_init(&w, LIMITED_KOD, NULL, 0, 0);
	a.port = 40000;
	for (unsigned i = 0; i < 1000; i++) {
		buf[0] = (uint8_t)(0x20 | mode[i % sizeof mode]);
		world_inject(&w, 0, &a, buf, NTP_HEADER_LEN);
		buf[0] = 0x23;
		world_inject(&w, 0, &a, buf, sizeof buf); /* crypto-NAK */
		world_inject(&w, 0, &a, buf, 47);
	}
	assert_int_equal(w.nsent, 0);
	assert_int_equal(w.e->count.kodsent, 0);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAT("CVE-2015-7704", kiss_needs_the_origin),
	    THREAT("Sec-3767 B-kod-persistence",
		rate_kiss_slows_within_bounds_and_passes),
	    THREAT("B-kod-obeyed", rate_kiss_moves_the_next_poll),
	    THREAT("B-deny", deny_does_not_end_the_association),
	    THREAT("CVE-2016-7426", limited_spares_our_servers),
	    THREAT("CVE-2015-7705", spoofer_cannot_shut_a_client_out),
	    THREAT("B-kod-reflection", kisses_are_few),
	    THREAT("B-kod-requests-only", only_requests_are_kissed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
