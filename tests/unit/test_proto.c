/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_proto.c - what replies may and may not do to an association: origin,
 * kisses, authentication (rows A, B and C of the threat catalogue).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ntp_keys.h"
#include "world.h"

#define ONE "server 192.0.2.1 minpoll 4 maxpoll 6\n"

/* An association that has been polled; the reply is lost, so that a request
 * is outstanding. */
static struct peer *
outstanding(struct world *w, const char *conf, const struct engine_options *o)
{
	struct world_server *s;
	unsigned n;

	world_init(w, conf, o, 0, 0);
	s = world_server(w, 1, 0);
	if (o != NULL && o->keys != NULL)
		s->keyid = 1;
	world_run(w, 200);
	assert_int_equal(world_peer(w, 0)->poll.reach, 0377);
	s->lose = 1;
	n = s->requests;
	while (s->requests == n)
		world_run(w, 0.1);
	assert_false(ts_is_zero(world_peer(w, 0)->aorg));
	return world_peer(w, 0);
}

static struct ntp_packet
good_reply(struct world *w)
{
	struct ntp_now now = world_now(w);
	struct ntp_packet r = {.version = 4,
	    .mode = NTP_MODE_SERVER,
	    .stratum = 1,
	    .poll = 4,
	    .precision = -20,
	    .refid = refid_from_text("GPS"),
	    .reftime = now.sys,
	    .org = w->srv[0].last_nonce,
	    .rec = now.sys,
	    .xmt = now.sys};

	return r;
}

static void
inject(struct world *w, const struct ntp_packet *r)
{
	uint8_t buf[48];

	packet_encode(r, buf);
	world_inject(w, w->srv[0].last_ep, &w->srv[0].addr, buf, sizeof buf);
}

/* Everything but flash and the error counters. */
static void
assert_unchanged(const struct peer *before, const struct peer *after)
{
	struct peer b = *before, a = *after;

	b.flash = a.flash = 0;
	memset(&b.count, 0, sizeof b.count);
	memset(&a.count, 0, sizeof a.count);
	b.event = a.event = 0;
	b.nevents = a.nevents = 0;
	assert_memory_equal(&b, &a, sizeof a);
}

/* CVE-2015-8138, CVE-2016-7431, CVE-2016-9042 */
static void
zero_origin_never_matches(void **state)
{
	struct world w;
	struct peer *p = outstanding(&w, ONE, NULL), before = *p;
	struct ntp_packet r = good_reply(&w);

	(void)state;
	r.org = (ntp_ts){0};
	inject(&w, &r);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.bogusorg, before.count.bogusorg + 1);
	assert_int_equal(p->flash & FLASH_PKT_MASK, FLASH_BOGUS);
	/* the real one is still welcome */
	r = good_reply(&w);
	inject(&w, &r);
	assert_int_equal(p->count.processed, before.count.processed + 1);
	assert_int_equal(p->poll.reach & 1, 1);
	assert_true(ts_is_zero(p->aorg));
	/* nothing outstanding: zero does not match zero */
	before = *p;
	r.org = (ntp_ts){0};
	r.xmt = ts_add(r.xmt, 1);
	inject(&w, &r);
	assert_unchanged(&before, p);
	world_fini(&w);
}

static void
one_reply_per_request(void **state)
{
	struct world w;
	struct peer *p = outstanding(&w, ONE, NULL), before;
	struct ntp_packet r = good_reply(&w);

	(void)state;
	inject(&w, &r);
	before = *p;
	inject(&w, &r);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.oldpkt, before.count.oldpkt + 1);
	r.xmt = ts_add(r.xmt, 0.5);
	inject(&w, &r);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.bogusorg, before.count.bogusorg + 1);
	world_fini(&w);
}

/* CVE-2020-11868: no packet with a wrong origin moves the schedule. */
static void
guesses_change_nothing(void **state)
{
	struct world w;
	struct peer *p = outstanding(&w, ONE, NULL), before = *p;
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned i = 0; i < 100000; i++) {
		struct ntp_packet r = good_reply(&w);

		r.org.v = rng_u64(&rng);
		r.leap = (uint8_t)rng_below(&rng, 4);
		r.stratum = (uint8_t)rng_u64(&rng);
		r.poll = (int8_t)rng_below(&rng, 128);
		inject(&w, &r);
	}
	assert_unchanged(&before, p);
	assert_int_equal(p->count.bogusorg, before.count.bogusorg + 100000);
	world_fini(&w);
}

/* CVE-2016-4954: right origin, but unfit: leap and stratum stay. */
static void
unsynchronized_server_changes_nothing_but_the_origin(void **state)
{
	struct world w;
	struct peer *p = outstanding(&w, ONE, NULL);
	struct ntp_packet r = good_reply(&w);

	(void)state;
	r.leap = NTP_LEAP_INS;
	r.stratum = 16;
	inject(&w, &r);
	assert_int_equal(p->leap, NTP_LEAP_NONE);
	assert_int_equal(p->stratum, 1);
	assert_int_equal(p->poll.reach & 1, 0);
	assert_int_equal(p->flash & FLASH_PKT_MASK, FLASH_STRATUM);
	assert_int_equal(w.e->count.drop[DROP_STRATUM], 1);
	world_fini(&w);
}

static void
huge_root_distance_fails(void **state)
{
	struct world w;
	struct peer *p = outstanding(&w, ONE, NULL);
	struct ntp_packet r = good_reply(&w);

	(void)state;
	r.rootdisp = 0xffffffff;
	inject(&w, &r);
	assert_int_equal(p->flash & FLASH_PKT_MASK, FLASH_HEADER);
	assert_int_equal(p->poll.reach & 1, 0);
	world_fini(&w);
}

static void
late_reply_is_refused(void **state)
{
	struct world w;
	struct peer *p = outstanding(&w, ONE, NULL);
	struct ntp_packet r = good_reply(&w);

	(void)state;
	world_run(&w, 3);
	inject(&w, &r);
	assert_int_equal(w.e->count.drop[DROP_DELAY], 1);
	assert_int_equal(p->poll.reach & 1, 0);
	world_fini(&w);
}

static struct ntp_packet
kiss(struct world *w, const char *code, int8_t poll)
{
	struct ntp_packet r = good_reply(w);

	r.leap = NTP_LEAP_UNSYNC;
	r.stratum = 0;
	r.refid = refid_from_text(code);
	r.poll = poll;
	return r;
}

/* CVE-2015-7704 */
static void
kiss_needs_the_origin(void **state)
{
	struct world w;
	struct peer *p = outstanding(&w, ONE, NULL), before = *p;
	struct ntp_packet r;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		static const char *const code[] = {"RATE", "DENY", "RSTR"};

		r = kiss(&w, code[i], 17);
		r.org.v ^= 1;
		inject(&w, &r);
		r.org.v = 0;
		inject(&w, &r);
	}
	assert_unchanged(&before, p);
	world_fini(&w);
}

/* Sec 3767 and KoD persistence */
static void
rate_kiss_slows_within_bounds_and_passes(void **state)
{
	static const int8_t poll[] = {-128, -1, 0, 2, 17, 18, 127};

	(void)state;
	for (unsigned i = 0; i < sizeof poll; i++) {
		struct world w;
		struct peer *p = outstanding(&w, ONE, NULL);
		struct ntp_packet r = kiss(&w, "RATE", poll[i]);

		inject(&w, &r);
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
	struct peer *p = outstanding(
	    &w, "server 192.0.2.1 iburst minpoll 4 maxpoll 10\n", NULL);
	struct ntp_packet r = kiss(&w, "RATE", 8);

	(void)state;
	inject(&w, &r);
	assert_true(mono_diff(p->poll.nextdate, world_now(&w).mono) > 100);
	/* a step does not make us forget what was asked of us */
	engine_clock_jumped(w.e, 1, world_now(&w));
	assert_int_equal(p->poll.kiss_poll, 8);
	world_fini(&w);
}

static void
reply_from_before_a_step_is_no_attack(void **state)
{
	struct world w;
	struct peer *p = outstanding(&w, ONE, NULL);
	struct ntp_packet r = good_reply(&w);

	(void)state;
	engine_clock_jumped(w.e, 1, world_now(&w));
	inject(&w, &r);
	assert_int_equal(p->count.bogusorg, 0);
	assert_int_equal(p->count.oldpkt, 0);
	assert_int_equal(p->poll.reach, 0);
	world_fini(&w);
}

static void
deny_does_not_end_the_association(void **state)
{
	struct world w;
	struct peer *p = outstanding(&w, ONE, NULL);
	struct ntp_packet r = kiss(&w, "DENY", 4);

	(void)state;
	inject(&w, &r);
	assert_int_equal(p->event, PEVNT_DENY);
	world_run(&w, 500);
	assert_true(p->inuse);
	assert_int_equal(p->poll.reach, 0377);
	world_fini(&w);
}

/* --- authentication --------------------------------------------------------- */

static const char keytext[] = "1 MD5 first\n2 MD5 second\n3 SHA1 third\n";

static struct keystore *
keys(void)
{
	struct keystore *ks = keys_new();

	assert_int_equal(
	    keys_parse(ks, keytext, strlen(keytext), NULL, NULL), 3);
	assert_int_equal(keys_trust(ks, 1, 3), 0);
	return ks;
}

static void
inject_signed(struct world *w, const struct ntp_packet *r, uint32_t key)
{
	uint8_t buf[96];
	size_t len = 48;

	packet_encode(r, buf);
	assert_int_equal(
	    keys_sign(w->e->opt.keys, key, buf, sizeof buf, &len), 0);
	world_inject(w, w->srv[0].last_ep, &w->srv[0].addr, buf, len);
}

/* CVE-2015-1798, CVE-2015-7974, CVE-2016-4953 */
static void
only_the_configured_key_counts(void **state)
{
	struct engine_options o = {.keys = keys(), .version = "t"};
	struct world w;
	struct peer *p =
	    outstanding(&w, "server 192.0.2.1 key 1 minpoll 4 maxpoll 4\n", &o);
	struct peer before = *p;
	struct ntp_packet r = good_reply(&w);
	uint8_t nak[52] = {0};

	(void)state;
	inject(&w, &r);
	assert_unchanged(&before, p);
	inject_signed(&w, &r, 2);
	assert_unchanged(&before, p);
	packet_encode(&r, nak);
	world_inject(&w, w.srv[0].last_ep, &w.srv[0].addr, nak, sizeof nak);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.badauth, before.count.badauth + 3);
	inject_signed(&w, &r, 1);
	assert_int_equal(p->poll.reach & 1, 1);
	assert_true(p->authentic);
	world_fini(&w);
	keys_free(&o.keys);
}

static void
spoofed_crypto_nak_is_nothing(void **state)
{
	struct world w;
	struct peer *p = outstanding(&w, ONE, NULL), before = *p;
	struct ntp_packet r = good_reply(&w);
	uint8_t nak[52] = {0};

	(void)state;
	r.org = (ntp_ts){0};
	packet_encode(&r, nak);
	for (uint8_t m = 0; m < 8; m++) {
		nak[0] = (uint8_t)(0x20 | m);
		world_inject(&w, w.srv[0].last_ep, &w.srv[0].addr, nak, 52);
		world_inject(&w, 0, &w.srv[0].addr, nak, 52);
	}
	assert_unchanged(&before, p);
	assert_int_equal(peer_count(&w.e->peers), 1);
	world_fini(&w);
}

/* CVE-2016-7426: rate limiting never touches replies. */
static void
limited_spares_our_servers(void **state)
{
	struct world w;
	struct peer *p =
	    outstanding(&w, ONE "restrict default limited\n", NULL);
	struct ntp_packet r = good_reply(&w);
	uint8_t req[48] = {0x23};
	struct ntp_addr spoof = w.srv[0].addr;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		world_inject(&w, 0, &spoof, req, sizeof req);
	inject(&w, &r);
	assert_int_equal(p->poll.reach & 1, 1);
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
	    cmocka_unit_test(zero_origin_never_matches),
	    cmocka_unit_test(one_reply_per_request),
	    cmocka_unit_test(guesses_change_nothing),
	    cmocka_unit_test(
		unsynchronized_server_changes_nothing_but_the_origin),
	    cmocka_unit_test(huge_root_distance_fails),
	    cmocka_unit_test(late_reply_is_refused),
	    cmocka_unit_test(kiss_needs_the_origin),
	    cmocka_unit_test(rate_kiss_slows_within_bounds_and_passes),
	    cmocka_unit_test(rate_kiss_moves_the_next_poll),
	    cmocka_unit_test(reply_from_before_a_step_is_no_attack),
	    cmocka_unit_test(deny_does_not_end_the_association),
	    cmocka_unit_test(queries_are_for_the_invited),
	    cmocka_unit_test(only_the_configured_key_counts),
	    cmocka_unit_test(spoofed_crypto_nak_is_nothing),
	    cmocka_unit_test(limited_spares_our_servers),
	    cmocka_unit_test(ignore_and_noserve_reach_replies_too),
	    cmocka_unit_test(restrict_source_opens_for_servers),
	    cmocka_unit_test(bogons_and_ourselves_get_nothing),
	    cmocka_unit_test(requests_are_answered_from_the_snapshot),
	    cmocka_unit_test(monitor_is_kept_where_it_is_needed),
	    cmocka_unit_test(requests_are_minimal_and_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
