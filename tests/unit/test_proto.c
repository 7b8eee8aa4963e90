/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_proto.c - replies that are late or unfit, access rules, requests; what
 * attackers try is in test_threat_*.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "attack.h"
#include "ntp_keys.h"
#include "threat.h"

static void
huge_root_distance_fails(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL);
	struct ntp_packet r = attack_reply(&w);

	(void)state;
	r.rootdisp = 0xffffffff;
	attack_inject(&w, &r);
	assert_int_equal(p->flash & FLASH_PKT_MASK, FLASH_HEADER);
	assert_int_equal(p->poll.reach & 1, 0);
	world_fini(&w);
}

static void
late_reply_is_refused(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL);
	struct ntp_packet r = attack_reply(&w);

	(void)state;
	world_run(&w, 3);
	attack_inject(&w, &r);
	assert_int_equal(w.e->count.drop[DROP_DELAY], 1);
	assert_int_equal(p->poll.reach & 1, 0);
	world_fini(&w);
}

static void
reply_from_before_a_step_is_no_attack(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL);
	struct ntp_packet r = attack_reply(&w);

	(void)state;
	engine_clock_jumped(w.e, 1, world_now(&w));
	attack_inject(&w, &r);
	assert_int_equal(p->count.bogusorg, 0);
	assert_int_equal(p->count.oldpkt, 0);
	assert_int_equal(p->poll.reach, 0);
	world_fini(&w);
}

static void
ignore_and_noserve_reach_replies_too(void **state)
{
	static const char *const word[] = {"ignore", "noserve"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct world w;
		char conf[128] = "server 192.0.2.1 iburst\nrestrict default ";

		strncat(conf, word[i], 16);
		strncat(conf, "\n", 2);
		world_init(&w, conf, NULL, 0, 0);
		world_server(&w, 1, 0);
		world_run(&w, 100);
		assert_true(w.srv[0].requests > 2);
		assert_int_equal(world_peer(&w, 0)->poll.reach, 0);
		world_fini(&w);
	}
}

/* One reply in ten is lost too, not only one request. */
static void
flake_loses_replies(void **state)
{
	struct world w;
	struct peer *p;

	(void)state;
	world_init(&w,
	    "server 192.0.2.1 minpoll 4 maxpoll 4\n"
	    "restrict default flake\n",
	    NULL, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 16000);
	p = world_peer(&w, 0);
	assert_in_range(p->count.received, 930, 1000);
	assert_in_range(w.e->count.drop[DROP_FLAKE], 70, 130);
	assert_true(p->count.processed + w.e->count.drop[DROP_FLAKE] + 5 >
	    p->count.received);
	world_fini(&w);
}

static void
restrict_source_opens_for_servers(void **state)
{
	struct world w;

	(void)state;
	world_init(&w,
	    "server 192.0.2.1 iburst\nrestrict default ignore\n"
	    "restrict source nomodify noquery\n",
	    NULL, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 100);
	assert_int_equal(world_peer(&w, 0)->poll.reach & 1, 1);
	world_fini(&w);
}

/* --- requests ------------------------------------------------------------------ */

static void
bogons_and_ourselves_get_nothing(void **state)
{
	static const struct {
		uint8_t ip[4];
		uint16_t port;
		enum ntp_drop why;
	} row[] = {
	    {{224, 0, 1, 1}, 123, DROP_BOGON},
	    {{127, 127, 20, 0}, 123, DROP_BOGON},
	    {{0, 0, 0, 0}, 123, DROP_BOGON},
	    {{192, 0, 2, 200}, 123, DROP_OWN},
	    {{192, 0, 2, 9}, 0, DROP_PORT0},
	};
	struct world w;
	uint8_t req[48] = {0x23};

	(void)state;
	world_init(&w, "", NULL, 0, 0);
	for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct ntp_addr a = {.family = ADDR_V4, .port = row[i].port};
		uint64_t n = w.e->count.drop[row[i].why];

		memcpy(a.ip, row[i].ip, 4);
		world_inject(&w, 0, &a, req, sizeof req);
		assert_int_equal(w.e->count.drop[row[i].why], n + 1);
	}
	assert_int_equal(w.nsent, 0);
	world_fini(&w);
}

static void
requests_are_answered_from_the_snapshot(void **state)
{
	struct world w;
	struct ntp_addr a = world_addr(77);
	struct ntp_packet r;
	uint8_t req[48] = {0x1b, 0, 10, [40] = 1, 2, 3, 4, 5, 6, 7, 8};

	(void)state;
	world_init(&w, "server 192.0.2.1 iburst\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	a.port = 40000;
	world_inject(&w, 0, &a, req, sizeof req);
	assert_int_equal(w.nsent, 1);
	assert_int_equal(packet_decode(w.sent, w.sentlen, &r), 0);
	assert_int_equal(r.leap, 3);
	assert_int_equal(r.stratum, 0);
	world_run(&w, 60);
	world_inject(&w, 0, &a, req, sizeof req);
	assert_int_equal(packet_decode(w.sent, w.sentlen, &r), 0);
	assert_int_equal(r.leap, 0);
	assert_int_equal(r.version, 3);
	assert_int_equal(r.mode, 4);
	assert_int_equal(r.stratum, 2);
	assert_int_equal(r.refid, 0xc0000201);
	assert_true(r.org.v == 0x0102030405060708);
	assert_true(ts_diff(r.xmt, r.rec) >= 0);
	world_fini(&w);
}

/* The version of the line is spoken, and answers in it are taken. */
static void
the_version_asked_for_is_spoken(void **state)
{
	(void)state;
	for (unsigned v = 1; v <= NTP_VERSION; v++) {
		char conf[64];
		struct world w;

		(void)snprintf(conf, sizeof conf,
		    "server 192.0.2.1 iburst version %u\n", v);
		world_init(&w, conf, NULL, 0, 0);
		world_server(&w, 1, 0);
		world_run(&w, 30);
		assert_int_equal(w.srv[0].last_version, v);
		assert_int_equal(w.e->sys.leap, NTP_LEAP_NONE);
		world_fini(&w);
	}
}

/* Rows F and M: who is not named by any line gets no mode 6. */
static void
queries_are_for_the_invited(void **state)
{
	static const struct {
		const char *conf;
		uint8_t from[4];
		unsigned answered;
	} row[] = {
	    {"", {127, 0, 0, 1}, 1},
	    {"", {192, 0, 2, 77}, 0},
	    {"restrict 127.0.0.1\n", {192, 0, 2, 77}, 0},
	    {"restrict 192.0.2.0 mask 255.255.255.0\n", {192, 0, 2, 77}, 1},
	    {"restrict default nomodify\n", {192, 0, 2, 77}, 1},
	    {"restrict default noquery\n", {192, 0, 2, 77}, 0},
	};
	uint8_t req[12] = {0x16, 2};

	(void)state;
	for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct ntp_addr a = {.family = ADDR_V4, .port = 4000};
		struct ntp_addr here = {
		    .ip = {127, 0, 0, 1}, .port = 123, .family = ADDR_V4};
		struct recvbuf rb = {.src = &a, .data = req, .len = 12};
		struct ntp_addr own = world_addr(200);
		struct world w;

		memcpy(a.ip, row[i].from, 4);
		world_init(&w, row[i].conf, NULL, 0, 0);
		rb.dst = addr_is_loopback(&a) ? &here : &own;
		rb.rx_time = world_now(&w).sys;
		receive(w.e, &rb, world_now(&w));
		assert_int_equal(w.nsent > 0, row[i].answered);
		world_fini(&w);
	}
}

static void
monitor_is_kept_where_it_is_needed(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "", NULL, 0, 0);
	assert_non_null(w.e->mru);
	world_fini(&w);
	world_init(&w, "disable monitor\n", NULL, 0, 0);
	assert_null(w.e->mru);
	world_fini(&w);
	world_init(
	    &w, "disable monitor\nrestrict default limited\n", NULL, 0, 0);
	assert_non_null(w.e->mru);
	world_fini(&w);
}

/* A client request tells nothing and cannot be guessed. */
static void
requests_are_minimal_and_random(void **state)
{
	struct world w;
	uint64_t ones = 0;

	(void)state;
	world_init(&w, "server 192.0.2.1 minpoll 0 maxpoll 0\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	for (unsigned i = 0; i < 1000; i++) {
		world_run(&w, 3);
		ones += (uint64_t)__builtin_popcountll(w.srv[0].last_nonce.v);
	}
	assert_in_range(ones, 31000, 33000);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAT("O-huge-distance", huge_root_distance_fails),
	    cmocka_unit_test(late_reply_is_refused),
	    cmocka_unit_test(reply_from_before_a_step_is_no_attack),
	    cmocka_unit_test(queries_are_for_the_invited),
	    cmocka_unit_test(ignore_and_noserve_reach_replies_too),
	    cmocka_unit_test(flake_loses_replies),
	    cmocka_unit_test(restrict_source_opens_for_servers),
	    cmocka_unit_test(bogons_and_ourselves_get_nothing),
	    cmocka_unit_test(requests_are_answered_from_the_snapshot),
	    cmocka_unit_test(the_version_asked_for_is_spoken),
	    cmocka_unit_test(monitor_is_kept_where_it_is_needed),
	    cmocka_unit_test(requests_are_minimal_and_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
