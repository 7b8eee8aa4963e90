/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_reason.c - why an association is not used: each kind of reason with its
 * numbers, in a small world.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_ctlvars.h"
#include "ntp_err.h"
#include "whylab.h"

/* --- no answer --------------------------------------------------------------- */

static void
name_does_not_resolve(void **state)
{
	struct world w;
	struct ntp_addr a = world_addr(1);
	const struct peer *p;

	(void)state;
	world_init(&w, "server ntp.example iburst\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	p = world_peer(&w, 0);
	world_run(&w, 3);
	SAYS(&w, p, "resolving: asking the resolver for ntp.example");
	engine_resolved(w.e, w.dns_tag, NULL, 0,
	    "temporary failure, \"try\" again", world_now(&w));
	assert_int_equal(
	    reason_of_peer(w.e, p, world_now(&w).mono), REASON_UNRESOLVED);
	world_run(&w, 1);
	assert_non_null(told(&w, REASON_UNRESOLVED));
	assert_non_null(strstr(told(&w, REASON_UNRESOLVED)->text,
	    "ntp.example: temporary failure"));
	world_run(&w, 3);
	assert_int_equal(w.asked, 2);
	engine_resolved(w.e, w.dns_tag, NULL, 0, "no such name", world_now(&w));
	SAYS(&w, p,
	    "unresolved: ntp.example: no such name; 2 failures; "
	    "next try in 4 s",
	    "mend the resolver or the name");
	world_run(&w, 10);
	SAYS(&w, NULL,
	    "waiting: not serving; of 1 sources 0 answer and 0 are "
	    "fit; 1 names unresolved");
	engine_resolved(w.e, w.dns_tag, &a, 1, "", world_now(&w));
	world_run(&w, 30);
	SAYS(&w, p, "syspeer: leads");
	world_fini(&w);
}

static void
pool_tells_its_servers(void **state)
{
	struct world w;
	struct ntp_addr a[2] = {world_addr(1), world_addr(2)};

	(void)state;
	world_init(&w, "pool pool.example iburst\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 0);
	world_run(&w, 2);
	SAYS(&w, world_peer(&w, 0), "resolving: ");
	engine_resolved(w.e, w.dns_tag, a, 2, "", world_now(&w));
	world_run(&w, 5);
	SAYS(&w, world_peer(&w, 0),
	    "pool: 2 servers of pool.example in use; 0 more");
	world_fini(&w);
}

static void
silence_is_counted(void **state)
{
	struct world w;
	struct world_server *s;
	struct peer *p;

	(void)state;
	world_init(&w, "server 192.0.2.1 minpoll 3 maxpoll 3\n", NULL, 0, 0);
	s = world_server(&w, 1, 0);
	p = world_peer(&w, 0);
	SAYS(&w, p, "starting: nothing sent yet; first poll in");
	world_run(&w, 200);
	SAYS(&w, p, "syspeer");
	s->dead = true;
	s->requests = 0;
	while (p->poll.reach != 0)
		world_run(&w, 1);
	world_run(&w, 100);
	assert_true(number_after(&w, p, "silence: sent ") == s->requests);
	assert_true(s->requests >= 19);
	SAYS(&w, p, "nothing received and no ICMP error", "UDP 123");
	/* since reach became 0, eight polls ago at most */
	assert_true(number_after(&w, p, "Z: ") >= 95);
	assert_true(number_after(&w, p, "Z: ") <= 110);
	SAYS(&w, NULL, "coasting: serving as stratum 2 without a source");
	world_run(&w, 300);
	SAYS(&w, NULL, "waiting: not serving");
	s->dead = false;
	world_run(&w, 60);
	SAYS(&w, p, "syspeer");
	world_fini(&w);
}

static void
icmp_names_who_says_so(void **state)
{
	struct icmp_error err = {world_addr(77), 3, 3};
	struct world w;
	struct world_server *s;
	struct peer *p;

	(void)state;
	world_init(&w, "server 192.0.2.1\n", NULL, 0, 0);
	s = world_server(&w, 1, 0);
	s->dead = true;
	p = world_peer(&w, 0);
	world_run(&w, 3);
	SAYS(&w, p, "silence: sent 1;");
	engine_icmp(w.e, p->ep, &err);
	engine_icmp(w.e, p->ep + 1, &err);
	engine_icmp(w.e, 0, &err);
	SAYS(&w, p,
	    "icmp: sent 1 without an answer; ICMP port unreachable "
	    "from 192.0.2.77",
	    "start ntpd there");
	err.from = (struct ntp_addr){
	    .ip = {0x20, 1, 0xd, 0xb8, [15] = 1}, .family = ADDR_V6};
	err.type = 1;
	err.code = 1;
	engine_icmp(w.e, p->ep, &err);
	SAYS(&w, p, "administratively prohibited from 2001:db8::1");
	err.type = err.code = 255;
	engine_icmp(w.e, p->ep, &err);
	SAYS(&w, p, "ICMP error from");
	/* a forged one is forgotten when nothing like it follows */
	world_run(&w, 3000);
	SAYS(&w, p, "silence: ");
	/* and changes nothing for a server that answers */
	s->dead = false;
	world_run(&w, 2100);
	SAYS(&w, p, "syspeer: ");
	engine_icmp(w.e, p->ep, &err);
	world_run(&w, 2);
	assert_int_equal(p->select, SEL_SYSPEER);
	world_fini(&w);
}

static void
clock_without_a_time(void **state)
{
	struct clock_reading r = {.precision = -20};
	struct world w;

	(void)state;
	world_init(&w, "server 127.127.28.2 minpoll 4 maxpoll 4\n", NULL, 0, 0);
	for (unsigned i = 0; i < 100; i++) {
		engine_clock_fault(w.e, CLOCK_SHM, 2, CLOCK_BAD_FORMAT);
		world_run(&w, 1);
	}
	SAYS(&w, world_peer(&w, 0), "clock: read ",
	    " times without a time: messages in no known form",
	    "look at the device");
	assert_true(number_after(&w, world_peer(&w, 0), "clock: read ") ==
	    (double)world_peer(&w, 0)->count.sent);
	for (unsigned i = 0; i < 200; i++) {
		engine_clock_reading(w.e, CLOCK_SHM, 2, &r, world_now(&w));
		world_run(&w, 1);
	}
	SAYS(&w, world_peer(&w, 0), "syspeer: leads");
	world_fini(&w);
}

static bool
is_deaf(struct world *w)
{
	return world_peer(w, 0)->poll.reach == 0;
}

static void
broadcast_and_manycast(void **state)
{
	struct ntp_packet b = {
	    .version = 4, .mode = NTP_MODE_BROADCAST, .stratum = 1, .poll = 6};
	struct ntp_addr src = world_addr(1), dst = world_addr(200);
	uint8_t buf[48];
	struct recvbuf rb = {.src = &src,
	    .dst = &dst,
	    .group = true,
	    .data = buf,
	    .len = sizeof buf};
	struct world w;

	(void)state;
	world_init(&w, "broadcast 192.0.2.255\nmanycastclient 239.1.2.3\n",
	    NULL, 0, 0);
	world_run(&w, 300);
	SAYS(&w, world_peer(&w, 0),
	    "sending: sent 0 broadcasts to 192.0.2.255; "
	    "none now: we have no time to tell");
	SAYS(&w, world_peer(&w, 1),
	    "manycast: asking for servers at 239.1.2.3; 0 found");
	world_fini(&w);

	world_init(&w, "disable auth\nbroadcastclient\nbroadcastdelay 0.004\n",
	    NULL, 0, 0);
	b.rec = b.xmt = b.reftime = rb.rx_time = world_now(&w).sys;
	packet_encode(&b, buf);
	receive(w.e, &rb, world_now(&w));
	assert_true(world_until(&w, is_deaf, 1200));
	SAYS(&w, world_peer(&w, 0),
	    "listening: no broadcast came; every 64 s one is due");
	world_fini(&w);
}

/* --- refused answers -------------------------------------------------------- */

static void
bogus_and_duplicate_are_told_apart(void **state)
{
	struct world w;
	struct world_server *s;
	struct peer *p;

	(void)state;
	world_init(&w, "server 192.0.2.1\n", NULL, 0, 0);
	s = world_server(&w, 1, 0);
	s->dead = true;
	p = world_peer(&w, 0);
	world_run(&w, 3);
	for (uint64_t i = 1; i <= 3; i++)
		forge(&w, p, (ntp_ts){i}, (ntp_ts){i << 32});
	SAYS(&w, p, "bogus: 3 with an origin that is not our last request");
	/* one entry for all of them */
	assert_int_equal(told(&w, REASON_BOGUS)->count, 3);
	s->dead = false;
	world_run(&w, 300);
	SAYS(&w, p, "syspeer");
	/* a server that answers is not slandered by a forger */
	forge(&w, p, (ntp_ts){9}, (ntp_ts){9});
	SAYS(&w, p, "syspeer");
	assert_int_equal(told(&w, REASON_BOGUS)->count, 4);
	/* the last answer once more */
	forge(&w, p, (ntp_ts){9}, p->xmt);
	assert_int_equal(told(&w, REASON_DUPLICATE)->count, 1);
	p->poll.reach = 0;
	SAYS(&w, p, "duplicate: 1 repeat the last answer");
	world_fini(&w);
}

static void
kiss_code_is_named(void **state)
{
	struct world w;
	struct world_server *s;
	struct peer *p;

	(void)state;
	world_init(&w, "server 192.0.2.1 minpoll 4\n", NULL, 0, 0);
	s = world_server(&w, 1, 0);
	s->leap = NTP_LEAP_UNSYNC;
	s->stratum = 0;
	s->refid = refid_from_text("RATE");
	p = world_peer(&w, 0);
	world_run(&w, 3);
	SAYS(&w, p,
	    "kiss: the server answers with kiss code RATE; polling "
	    "every 32 s",
	    "poll more slowly");
	s->refid = refid_from_text("DENY");
	world_run(&w, 300);
	SAYS(&w, p, "kiss code DENY");
	assert_non_null(told(&w, REASON_KISS));
	world_fini(&w);
}

static void
authentication_names_key_and_digest(void **state)
{
	struct keystore *keys = keys_new(), *other = keys_new();
	static const char ours[] = "5 SHA1 secret\n7 MD5 other\n";
	struct engine_options opt = {.version = "t", .keys = keys};
	struct world w;
	struct world_server *s;
	struct peer *p;

	(void)state;
	keys_parse(keys, ours, strlen(ours), NULL, NULL);
	keys_trust(keys, 5, 7);
	world_init(
	    &w, "server 192.0.2.1 key 5 minpoll 4 maxpoll 4\n", &opt, 0, 0);
	s = world_server(&w, 1, 0);
	p = world_peer(&w, 0);
	world_run(&w, 3);
	SAYS(&w, p,
	    "auth: 1 times; answer without a MAC although we asked "
	    "with key 5 (SHA1)",
	    "make key and digest type the same");
	s->keyid = 7;
	world_run(&w, 16);
	SAYS(&w, p,
	    "auth: 2 times; answer with key 7 (MD5) instead of key 5 "
	    "(SHA1)");
	s->keyid = 5;
	world_run(&w, 120);
	SAYS(&w, p, "syspeer");
	world_fini(&w);

	opt.keys = other;
	world_init(&w, "server 192.0.2.1 key 6\n", &opt, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 3);
	SAYS(&w, world_peer(&w, 0), "key 6 is not there or not trusted here");
	world_fini(&w);
	keys_free(&other);
	keys_free(&keys);
}

static void
digest_mismatch_and_nak(void **state)
{
	struct keystore *keys = keys_new();
	static const char ours[] = "5 SHA256 secret\n";
	struct engine_options opt = {.version = "t", .keys = keys};
	struct ntp_packet r = {.version = 4, .mode = 4, .stratum = 1};
	uint8_t buf[48 + 24] = {0};
	struct world w;
	struct peer *p;

	(void)state;
	keys_parse(keys, ours, strlen(ours), NULL, NULL);
	keys_trust(keys, 5, 5);
	world_init(&w, "server 192.0.2.1 key 5\n", &opt, 0, 0);
	world_server(&w, 1, 0)->dead = true;
	p = world_peer(&w, 0);
	world_run(&w, 3);
	r.org = p->aorg;
	r.rec = r.xmt = world_now(&w).sys;
	packet_encode(&r, buf);
	buf[51] = 5;
	world_inject(&w, p->ep, &p->srcadr, buf, sizeof buf);
	SAYS(&w, p, "digest does not match key 5 (SHA256)");
	buf[51] = 0;
	world_inject(&w, p->ep, &p->srcadr, buf, 52);
	SAYS(&w, p, "crypto-NAK: the server does not accept key 5 (SHA256)");
	world_fini(&w);
	keys_free(&keys);
}

/* --- unfit servers ----------------------------------------------------------- */

static void
unsynchronized_and_stratum(void **state)
{
	struct world w;
	struct world_server *s;
	struct peer *p;

	(void)state;
	world_init(&w, "server 192.0.2.1 minpoll 4 maxpoll 4\n", NULL, 0, 0);
	s = world_server(&w, 1, 0);
	s->leap = NTP_LEAP_UNSYNC;
	s->refid = refid_from_text("INIT");
	s->stratum = 16;
	p = world_peer(&w, 0);
	world_run(&w, 3);
	SAYS(&w, p,
	    "unsynchronized: the server says that it is not "
	    "synchronized: leap 3 stratum 16");
	s->leap = 0;
	s->stratum = 15;
	world_run(&w, 20);
	SAYS(&w, p, "stratum: stratum 15; accepted are 0 to 14",
	    "choose a better server");
	assert_int_equal(told(&w, REASON_STRATUM)->count, 1);
	world_fini(&w);
}

static void
root_distance_has_value_and_limit(void **state)
{
	struct world w;
	struct world_server *s;
	struct peer *p;

	(void)state;
	world_init(&w, "server 192.0.2.1 iburst\n", NULL, 0, 0);
	s = world_server(&w, 1, 0);
	s->rootdisp = 1.6;
	p = world_peer(&w, 0);
	world_run(&w, 30);
	assert_true(
	    fabs(number_after(&w, p, "root distance ") -
		peer_root_distance(p, 1e-3, 15e-6, world_now(&w).mono)) < 1e-3);
	assert_true(number_after(&w, p, "root distance ") > 1.6);
	assert_true(fabs(number_after(&w, p, "limit ") - 1.501) < 1e-3);
	SAYS(&w, p, "distance: ", "raise `tos maxdist`");
	s->rootdisp = 17;
	world_run(&w, 70);
	SAYS(&w, p,
	    "header: the server claims a root distance of 17.000 s; "
	    "limit 16 s");
	s->rootdisp = 0;
	s->delay = 0.9;
	world_run(&w, 70);
	assert_true(
	    fabs(number_after(&w, p, "delay: round trip ") - 1.8) < 0.01);
	SAYS(&w, p, "limit 1.500 s", "choose a nearer server");
	world_fini(&w);
}

static void
young_filter_is_to_be_waited_for(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "server 192.0.2.1 minpoll 4 maxpoll 4\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 3);
	SAYS(&w, world_peer(&w, 0), "distance: root distance 7.9",
	    "wait for more answers");
	world_fini(&w);
}

static void
loop_and_noselect(void **state)
{
	struct ntp_addr own = world_addr(200);
	struct world w;
	struct world_server *s;

	(void)state;
	world_init(&w,
	    "server 192.0.2.1 iburst\nserver 192.0.2.2 iburst "
	    "noselect\n",
	    NULL, 0, 0);
	s = world_server(&w, 1, 0);
	s->stratum = 3;
	s->refid = refid_from_addr(&own);
	world_server(&w, 2, 0.25);
	world_run(&w, 30);
	SAYS(&w, world_peer(&w, 0),
	    "loop: it follows us: its reference id "
	    "192.0.2.200 is one of our addresses");
	SAYS(&w, world_peer(&w, 1), "noselect: measured only: offset +2",
	    "remove noselect to follow it (test.conf line 2)");
	world_fini(&w);
}

static void
no_route_is_told(void **state)
{
	struct world w;
	struct peer *p;

	(void)state;
	world_init(&w, "server 192.0.2.1\n", NULL, 0, 0);
	w.net_down = true;
	world_server(&w, 1, 0);
	p = world_peer(&w, 0);
	world_run(&w, 3);
	SAYS(&w, p,
	    "unsendable: requests to 192.0.2.1 cannot leave: network "
	    "unreachable from here",
	    "; give this host an address and a route");
	w.net_error = NTP_ENOMEM;
	world_run(&w, 200);
	SAYS(&w, p, "cannot leave: out of memory",
	    "; raise the limit of open files or name fewer servers");
	w.net_down = false;
	world_run(&w, 300);
	SAYS(&w, p, "syspeer");
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(name_does_not_resolve),
	    cmocka_unit_test(pool_tells_its_servers),
	    cmocka_unit_test(silence_is_counted),
	    cmocka_unit_test(icmp_names_who_says_so),
	    cmocka_unit_test(clock_without_a_time),
	    cmocka_unit_test(broadcast_and_manycast),
	    cmocka_unit_test(bogus_and_duplicate_are_told_apart),
	    cmocka_unit_test(kiss_code_is_named),
	    cmocka_unit_test(authentication_names_key_and_digest),
	    cmocka_unit_test(digest_mismatch_and_nak),
	    cmocka_unit_test(unsynchronized_and_stratum),
	    cmocka_unit_test(root_distance_has_value_and_limit),
	    cmocka_unit_test(young_filter_is_to_be_waited_for),
	    cmocka_unit_test(loop_and_noselect),
	    cmocka_unit_test(no_route_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
