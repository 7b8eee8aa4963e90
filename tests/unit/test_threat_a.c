/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_a.c - who cannot see our requests: origin, addresses, delay
 * (rows A of threats.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "attack.h"

static void
zero_origin_never_matches(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL), before = *p;
	struct ntp_packet r = attack_reply(&w);

	(void)state;
	r.org = (ntp_ts){0};
	attack_inject(&w, &r);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.bogusorg, before.count.bogusorg + 1);
	assert_int_equal(p->flash & FLASH_PKT_MASK, FLASH_BOGUS);
	/* the real one is still welcome */
	r = attack_reply(&w);
	attack_inject(&w, &r);
	assert_int_equal(p->count.processed, before.count.processed + 1);
	assert_int_equal(p->poll.reach & 1, 1);
	assert_true(ts_is_zero(p->aorg));
	/* nothing outstanding: zero does not match zero */
	before = *p;
	r.org = (ntp_ts){0};
	r.xmt = ts_add(r.xmt, 1);
	attack_inject(&w, &r);
	assert_unchanged(&before, p);
	world_fini(&w);
}

/* As zero_origin_never_matches, but in every state an association can be in. */
static void
zero_origin_in_every_state(void **state)
{
	static const double until[] = {0.5, 3, 30, 200}; /* s: burst .. idle */
	struct world w;
	struct ntp_packet r;
	struct peer before, *p;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		world_init(&w, "server 192.0.2.1 iburst\n", NULL, 0, 0);
		world_server(&w, 1, 0)->dead = i % 2;
		world_run(&w, until[i / 2]);
		if (i >= 4)
			engine_clock_jumped(w.e, 1, world_now(&w));
		p = world_peer(&w, 0);
		before = *p;
		r = attack_reply(&w);
		r.org = (ntp_ts){0};
		attack_inject(&w, &r);
		assert_unchanged(&before, p);
		world_fini(&w);
	}
}

static void
one_reply_per_request(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL), before;
	struct ntp_packet r = attack_reply(&w);

	(void)state;
	attack_inject(&w, &r);
	before = *p;
	attack_inject(&w, &r);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.oldpkt, before.count.oldpkt + 1);
	r.xmt = ts_add(r.xmt, 0.5);
	attack_inject(&w, &r);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.bogusorg, before.count.bogusorg + 1);
	world_fini(&w);
}

/* Ten million in one poll interval. */
static void
guesses_change_nothing(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL), before = *p;
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned i = 0; i < 10000000; i++) {
		struct ntp_packet r = attack_reply(&w);

		r.org.v = rng_u64(&rng);
		r.leap = (uint8_t)rng_below(&rng, 4);
		r.stratum = (uint8_t)rng_u64(&rng);
		r.poll = (int8_t)rng_below(&rng, 128);
		attack_inject(&w, &r);
	}
	assert_unchanged(&before, p);
	assert_int_equal(p->count.bogusorg, before.count.bogusorg + 10000000);
	world_fini(&w);
}

/* A packet with a wrong origin every 16 s, for a day. */
static void
wrong_origin_moves_no_poll(void **state)
{
	struct world w, quiet;
	struct ntp_packet r;

	(void)state;
	world_init(&w, ATTACK_ONE, NULL, 0, 0);
	world_init(&quiet, ATTACK_ONE, NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&quiet, 1, 0);
	for (unsigned t = 0; t < 86400; t += 16) {
		world_run(&w, 16);
		world_run(&quiet, 16);
		r = attack_reply(&w);
		r.org.v ^= 1;
		attack_inject(&w, &r);
	}
	assert_int_equal(w.srv[0].requests, quiet.srv[0].requests);
	assert_int_equal(world_peer(&w, 0)->poll.reach, 0377);
	assert_true(mono_diff(world_peer(&w, 0)->poll.nextdate,
			world_peer(&quiet, 0)->poll.nextdate) == 0);
	world_fini(&w);
	world_fini(&quiet);
}

#define REQUESTS 1000000

/* What we send is no reading of our clock, and no bit of it can be told. */
static void
requests_are_random_and_not_the_time(void **state)
{
	struct world w;
	unsigned ones[64] = {0}, near_now = 0;

	(void)state;
	world_init(&w, ATTACK_ONE, NULL, 0, 0);
	world_server(&w, 1, 0)->dead = true;
	for (unsigned i = 0; i < REQUESTS; i++) {
		struct ntp_now now = world_now(&w);
		ntp_ts x;

		peer_xmit(w.e, world_peer(&w, 0), now);
		x = w.srv[0].last_nonce;
		for (unsigned b = 0; b < 64; b++)
			ones[b] += (unsigned)(x.v >> b & 1);
		near_now += fabs(ts_diff(x, now.sys)) < 3600;
	}
	for (unsigned b = 0; b < 64; b++) /* five standard deviations */
		assert_in_range(ones[b], 497500, 502500);
	assert_true(near_now < 20); /* 1.7 by chance */
	world_fini(&w);
}

static size_t
control_text(struct world *w, uint16_t associd, const char *names)
{
	struct ntp_addr here = {
	    .ip = {127, 0, 0, 1}, .port = 123, .family = ADDR_V4};
	struct ntp_addr asker = here;
	uint8_t req[64] = {0x16, 2, 0, 1, 0, 0, (uint8_t)(associd >> 8),
	    (uint8_t)associd, 0, 0, 0, (uint8_t)strlen(names)};
	struct recvbuf rb = {
	    .src = &asker, .dst = &here, .data = req, .len = 12};
	unsigned sent = w->nsent;

	asker.port = 40000;
	memcpy(req + 12, names, strlen(names));
	rb.len += (strlen(names) + 3) & ~(size_t)3;
	rb.rx_time = world_now(w).sys;
	receive(w->e, &rb, world_now(w));
	assert_true(w->nsent > sent);
	return w->sentlen;
}

/* Nobody may read the nonce that we wait for. */
static void
pending_origin_is_not_shown(void **state)
{
	static const char *const names[] = {"", "org", "xmt", "rec", "aorg"};
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL);
	char hex[9];

	(void)state;
	(void)snprintf(hex, sizeof hex, "%08x", (unsigned)(p->aorg.v >> 32));
	for (unsigned i = 0; i < 5; i++) {
		size_t n = control_text(&w, p->associd, names[i]);

		w.sent[n] = 0;
		assert_null(strstr((const char *)w.sent + 12, hex));
		assert_null(memmem(w.sent, n, &w.srv[0].last_nonce, 8));
	}
	world_fini(&w);
}

/* The origin is right, but the server unfit: leap and stratum stay. */
static void
unsynchronized_server_changes_nothing_but_the_origin(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL);
	struct ntp_packet r = attack_reply(&w);

	(void)state;
	r.leap = NTP_LEAP_INS;
	r.stratum = 16;
	attack_inject(&w, &r);
	assert_int_equal(p->leap, NTP_LEAP_NONE);
	assert_int_equal(p->stratum, 1);
	assert_int_equal(p->poll.reach & 1, 0);
	assert_int_equal(p->flash & FLASH_PKT_MASK, FLASH_STRATUM);
	assert_int_equal(w.e->count.drop[DROP_STRATUM], 1);
	world_fini(&w);
}

/* The right reply by a wrong door: to another socket, from another port. */
static void
reply_elsewhere_is_no_reply(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL), before = *p;
	struct ntp_packet r = attack_reply(&w);
	struct ntp_addr other = w.srv[0].addr;
	uint8_t buf[NTP_HEADER_LEN];

	(void)state;
	packet_encode(&r, buf);
	world_inject(&w, 0, &w.srv[0].addr, buf, sizeof buf);
	world_inject(&w, w.srv[0].last_ep + 1, &w.srv[0].addr, buf, sizeof buf);
	other.port = 124;
	world_inject(&w, w.srv[0].last_ep, &other, buf, sizeof buf);
	other = world_addr(2);
	world_inject(&w, w.srv[0].last_ep, &other, buf, sizeof buf);
	assert_unchanged(&before, p);
	attack_inject(&w, &r);
	assert_int_equal(p->poll.reach & 1, 1);
	world_fini(&w);
}

/* 16 s of dispersion in each empty stage are part of the root distance. */
static void
root_distance_holds_the_dispersion(void **state)
{
	struct world w;
	struct peer *p;

	(void)state;
	world_init(&w, "server 192.0.2.1 iburst minpoll 4\n", NULL, 0, 0);
	world_server(&w, 1, 0)->jitter = 0;
	p = world_peer(&w, 0);
	for (unsigned n = 1; n <= 8; n++) {
		double empty = 16 * (pow(2, -(double)n) - pow(2, -8)), d;

		while (p->count.processed < n)
			world_run(&w, 0.2);
		d = peer_root_distance(p, 0.001, 15e-6, world_now(&w).mono);
		assert_true(d > empty);
		assert_true(d < empty + 0.02);
	}
	world_fini(&w);
}

/* Addresses that mean a clock driver, or this very host. */
static void
drop_from(const char *src, const char *dst, enum ntp_drop why)
{
	struct world w;
	struct ntp_addr s, d;
	uint8_t req[NTP_HEADER_LEN] = {0x23};
	struct recvbuf rb = {
	    .src = &s, .dst = &d, .data = req, .len = sizeof req};

	assert_int_equal(addr_parse(src, strlen(src), &s), 0);
	assert_int_equal(addr_parse(dst, strlen(dst), &d), 0);
	s.port = d.port = 123;
	s.port++;
	for (uint8_t mode = 1; mode <= 6; mode++) {
		world_init(&w,
		    "server 127.127.1.0\nrestrict 127.0.0.1\n"
		    "restrict ::1\n",
		    NULL, 0, 0);
		req[0] = (uint8_t)(0x20 | mode);
		rb.rx_time = world_now(&w).sys;
		receive(w.e, &rb, world_now(&w));
		assert_int_equal(w.nsent, 0);
		if (mode == NTP_MODE_CLIENT || mode == NTP_MODE_CONTROL)
			assert_int_equal(w.e->count.drop[why], 1);
		assert_int_equal(world_peer(&w, 0)->count.received, 0);
		world_fini(&w);
	}
}

static void
clock_drivers_have_no_address(void **state)
{
	(void)state;
	drop_from("127.127.20.0", "192.0.2.200", DROP_BOGON);
	drop_from("127.127.1.0", "127.0.0.1", DROP_BOGON);
}

static void
localhost_does_not_come_from_outside(void **state)
{
	(void)state;
	drop_from("127.0.0.1", "192.0.2.200", DROP_BOGON);
	drop_from("127.1.2.3", "192.0.2.200", DROP_BOGON);
	drop_from("::1", "2001:db8::1", DROP_BOGON);
}

/* Who holds replies back moves us by half of that at most, and it shows. */
static void
delay_is_bounded_by_the_root_distance(void **state)
{
	struct world w;
	struct peer *p;

	(void)state;
	world_init(&w, ATTACK_ONE "disable ntp\n", NULL, 0, 0);
	world_server(&w, 1, 0)->held = 0.4;
	world_run(&w, 200);
	p = world_peer(&w, 0);
	assert_int_equal(p->poll.reach, 0377);
	assert_true(fabs(p->filter.offset) <= 0.2 + 1e-3);
	assert_true(
	    peer_root_distance(p, 0.001, 15e-6, world_now(&w).mono) >= 0.2);
	world_fini(&w);

	world_init(&w, ATTACK_ONE "disable ntp\n", NULL, 0, 0);
	world_server(&w, 1, 0)->held = 2;
	world_run(&w, 200);
	assert_int_equal(world_peer(&w, 0)->poll.reach, 0);
	assert_true(w.e->count.drop[DROP_DELAY] > 3);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAT("CVE-2015-8138 CVE-2016-9042", zero_origin_never_matches),
	    THREAT("CVE-2016-7431", zero_origin_in_every_state),
	    THREAT("A-one-reply", one_reply_per_request),
	    THREAT("A-guesses", guesses_change_nothing),
	    THREAT("CVE-2020-11868", wrong_origin_moves_no_poll),
	    THREAT("CVE-2020-13817", requests_are_random_and_not_the_time),
	    THREAT("CVE-2015-8139", pending_origin_is_not_shown),
	    THREAT("CVE-2016-4954",
		unsynchronized_server_changes_nothing_but_the_origin),
	    THREAT("CVE-2016-7429", reply_elsewhere_is_no_reply),
	    THREAT("CVE-2016-7433", root_distance_holds_the_dispersion),
	    THREAT("CVE-2016-1551", clock_drivers_have_no_address),
	    THREAT("CVE-2014-9298 CVE-2014-9751",
		localhost_does_not_come_from_outside),
	    THREAT("A-delay", delay_is_bounded_by_the_root_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
