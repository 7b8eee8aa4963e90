/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntsassoc.c - associations with Network Time Security: how they come by
 * keys and cookies, in pools and in other configurations, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "ntslab.h"
#include "threat.h"

/* --- keys and cookies ------------------------------------------------------ */

static void
nothing_without_keys(void **state)
{
	struct world *w = &ntslab.w;
	struct peer *p;

	(void)state;
	ntslab_begin(&ntslab, ONE);
	world_run(w, 100);
	p = world_peer(w, 0);
	assert_int_equal(w->ke_asked, 1);
	assert_int_equal(w->asked, 0); /* the resolver */
	assert_string_equal(w->ke_host, "ntp.example");
	assert_int_equal(w->ke_silent.family, ADDR_NONE);
	assert_int_equal(p->count.sent, 0);
	ntslab_says(&ntslab, 0, "keys: establishing NTS keys with ntp.example");
	ntslab_establish(&ntslab, 1);
	world_run(w, 60);
	assert_true(p->count.processed >= 8);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	assert_true(p->authentic);
	assert_int_equal(w->e->sys.stratum, 2);
	assert_int_equal(
	    ntslab_counted(&ntslab, NTS_CLIENT_SEND), p->count.sent);
	assert_int_equal(
	    ntslab_counted(&ntslab, NTS_CLIENT_RECV_GOOD), p->count.processed);
	assert_int_equal(ntslab_counted(&ntslab, NTS_CLIENT_RECV_BAD), 0);
	assert_int_equal(ntslab.good, ntslab.asked);
	assert_int_equal(w->ke_asked, 1);
	ntslab_end(&ntslab);
}

/* After a blackout all the clients of a house start at once. */
static void
the_first_keys_are_not_asked_for_in_step(void **state)
{
	static const char many[] =
	    "server a.example nts\nserver b.example nts\n"
	    "server c.example nts\nserver d.example nts\n"
	    "server e.example nts\nserver f.example nts\n"
	    "server g.example nts\nserver h.example nts\n"
	    "server i.example nts\nserver j.example nts\n";
	struct world *w = &ntslab.w;
	unsigned early;

	(void)state;
	ntslab_begin(&ntslab, many);
	world_run(w, 1.5);
	early = w->ke_asked;
	assert_in_range(early, 1, 9);
	world_run(w, 2);
	assert_int_equal(w->ke_asked, 10);
	ntslab_end(&ntslab);
}

/* L-linkability: whoever sees many requests cannot tell that they are of one
 * client. */
static void
no_cookie_twice(void **state)
{
	struct world_server *s;

	(void)state;
	s = ntslab_keyed(&ntslab, ONE);
	for (int i = 0; i < 40; i++) {
		world_run(&ntslab.w, 400);
		s->lose = (unsigned)i % 4;
	}
	assert_true(ntslab.asked > 900);
	assert_int_equal(ntslab.w.ke_asked, 1);
	ntslab_end(&ntslab);
}

static void
lost_cookies_are_replaced(void **state)
{
	struct world_server *s;
	struct peer *p;

	(void)state;
	s = ntslab_keyed(&ntslab, "server 192.0.2.1 nts minpoll 4 maxpoll 4\n");
	world_run(&ntslab.w, 100);
	p = world_peer(&ntslab.w, 0);
	assert_int_equal(ntslab.wanted, 1);
	s->lose = 2;
	world_run(&ntslab.w, 40);
	assert_int_equal(s->lose, 0);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES - 2);
	world_run(&ntslab.w, 16);
	assert_int_equal(ntslab.wanted, 3);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	ntslab_end(&ntslab);
}

/* Three in a row: perhaps only large packets are lost. */
static void
small_after_losses(void **state)
{
	struct world_server *s;
	struct peer *p;

	(void)state;
	s = ntslab_keyed(&ntslab, "server 192.0.2.1 nts minpoll 4 maxpoll 4\n");
	world_run(&ntslab.w, 100);
	p = world_peer(&ntslab.w, 0);
	s->lose = 4;
	world_run(&ntslab.w, 70);
	assert_int_equal(s->lose, 0);
	world_run(&ntslab.w, 16);
	assert_int_equal(ntslab.wanted, 1);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES - 4);
	world_run(&ntslab.w, 16);
	assert_int_equal(ntslab.wanted, 4);
	assert_int_equal(p->nts.limit, 4);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES - 1);
	ntslab_end(&ntslab);
}

static void
eight_losses_want_keys(void **state)
{
	struct world_server *s;
	struct peer *p;

	(void)state;
	s = ntslab_keyed(&ntslab, ONE);
	world_run(&ntslab.w, 100);
	p = world_peer(&ntslab.w, 0);
	s->dead = true;
	world_run(&ntslab.w, 200);
	assert_int_equal(ntslab.w.ke_asked, 2);
	assert_true(addr_equal(&ntslab.w.ke_silent, &s->addr));
	ntslab_says(&ntslab, 0, "keys: establishing");
	s->dead = false;
	ntslab_establish(&ntslab, 1);
	world_run(&ntslab.w, 40);
	assert_true(p->poll.reach != 0);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	ntslab_end(&ntslab);
}

static void
another_address(void **state)
{
	struct world_server *two;
	struct peer *p;

	(void)state;
	ntslab_begin(&ntslab, ONE)->dead = true;
	two = ntslab_server(&ntslab, 2);
	world_run(&ntslab.w, 2);
	ntslab_establish(&ntslab, 1);
	world_run(&ntslab.w, 200);
	assert_int_equal(ntslab.w.ke_asked, 2);
	ntslab_establish(&ntslab, 2);
	world_run(&ntslab.w, 40);
	p = world_peer(&ntslab.w, 0);
	assert_true(addr_equal(&p->srcadr, &two->addr));
	assert_true(p->count.processed > 0);
	ntslab_end(&ntslab);
}

/* L-backoff: a server whose keys never come, or never work, is not asked
 * without end. */
static void
patience_grows(void **state)
{
	double gap = 10, last;
	struct world *w = &ntslab.w;

	(void)state;
	ntslab_begin(&ntslab, ONE)->dead = true;
	world_run(w, 2);
	for (unsigned i = 1; i < 30; i++) {
		double least = fmin(10 * pow(1.5, i - 1.0), 432000);

		last = w->t;
		if (i % 2 == 0)
			ntslab_establish(&ntslab, 1);
		else
			ntslab_fail_with(&ntslab, "certificate has expired");
		while (w->ke_asked == i)
			world_run(w, least / 50);
		gap = w->t - last;
		assert_true(gap >= least);
		/* eight requests are sent first when there were keys */
		assert_true(gap <= least * 1.3 + 160);
	}
	ntslab_end(&ntslab);
}

static void
why_not(void **state)
{
	(void)state;
	ntslab_begin(&ntslab, ONE);
	world_run(&ntslab.w, 2);
	ntslab_fail_with(&ntslab, "certificate has expired");
	world_run(&ntslab.w, 1);
	ntslab_says(&ntslab, 0,
	    "nokeys: NTS key establishment failed: certificate has expired; "
	    "1 failures; next try in ");
	assert_non_null(strstr(ntslab.w.logs,
	    "NTS key establishment with ntp.example failed: certificate has "
	    "expired; trying again in 1"));
	assert_int_equal(world_peer(&ntslab.w, 0)->count.sent, 0);
	ntslab_end(&ntslab);
}

static void
at_once_on_request(void **state)
{
	(void)state;
	ntslab_begin(&ntslab, ONE);
	for (unsigned i = 1; i < 8; i++) {
		world_run(&ntslab.w, 500);
		assert_int_equal(ntslab.w.ke_asked, i);
		ntslab_fail_with(&ntslab, "connection refused");
	}
	world_run(&ntslab.w, 5);
	assert_int_equal(ntslab.w.ke_asked, 7);
	engine_retry_dns(ntslab.w.e, world_now(&ntslab.w));
	world_run(&ntslab.w, 2);
	assert_int_equal(ntslab.w.ke_asked, 8);
	ntslab_end(&ntslab);
}

static void
keys_get_old(void **state)
{
	struct peer *p;
	struct nts_keys was;

	(void)state;
	ntslab_begin(&ntslab,
	    "server ntp.example nts minpoll 10 maxpoll 10\n"
	    "disable ntp\n");
	world_run(&ntslab.w, 2);
	ntslab_establish(&ntslab, 1);
	world_run(&ntslab.w, 2419100);
	p = world_peer(&ntslab.w, 0);
	assert_int_equal(ntslab.w.ke_asked, 1);
	was = p->nts.keys;
	world_run(&ntslab.w, 2000);
	assert_int_equal(ntslab.w.ke_asked, 2);
	for (unsigned i = 2; i < 12; i++) {
		assert_int_equal(ntslab.w.ke_asked, i);
		ntslab_fail_with(&ntslab, "no");
		world_run(&ntslab.w, 1100);
	}
	assert_int_equal(ntslab.w.ke_asked, 12);
	ntslab_fail_with(&ntslab, "no");
	/* the tenth failure: answers with the old keys prove nothing */
	world_run(&ntslab.w, 300);
	assert_int_equal(ntslab.w.ke_asked, 12);
	world_run(&ntslab.w, 1100);
	assert_int_equal(ntslab.w.ke_asked, 13);
	assert_int_equal(p->poll.reach & 3, 3);
	ntslab_establish(&ntslab, 1);
	world_run(&ntslab.w, 5000);
	assert_memory_not_equal(&was, &p->nts.keys, sizeof was);
	assert_int_equal(p->poll.reach & 7, 7);
	assert_int_equal(ntslab.w.ke_asked, 13);
	ntslab_end(&ntslab);
}

static void
useless_sessions(void **state)
{
	struct nts_session s;
	struct ntp_addr a = world_addr(1);

	(void)state;
	ntslab_begin(&ntslab, ONE);
	for (int i = 0; i < 4; i++) {
		world_run(&ntslab.w, 100);
		s = ntslab_session(&ntslab);
		if (i == 0)
			s.ncookies = 0;
		else if (i == 1)
			s.keys.keylen = 16;
		else if (i == 2)
			s.cookie[7].len = 102;
		else
			s.keys.aead = 30;
		engine_nts_ready(
		    ntslab.w.e, ntslab.w.ke_tag, &s, &a, world_now(&ntslab.w));
		ntslab_says(&ntslab, 0,
		    "nokeys: NTS key establishment failed: no cookie that can "
		    "be used");
	}
	for (int i = 0; i < 5; i++) {
		static const uint8_t nobody[5][4] = {{0, 0, 0, 0},
		    {127, 127, 1, 0}, {224, 0, 0, 1}, {255, 255, 255, 255}};

		world_run(&ntslab.w, 300);
		s = ntslab_session(&ntslab);
		a = world_addr(1);
		memcpy(a.ip, nobody[i], 4);
		if (i == 4)
			a = (struct ntp_addr){0};
		engine_nts_ready(
		    ntslab.w.e, ntslab.w.ke_tag, &s, &a, world_now(&ntslab.w));
		ntslab_says(&ntslab, 0,
		    "nokeys: NTS key establishment failed: it leads to an "
		    "address that is no server's");
	}
	/* nobody has asked */
	ntslab_establish(&ntslab, 1);
	world_run(&ntslab.w, 1);
	assert_int_equal(world_peer(&ntslab.w, 0)->count.sent, 0);
	ntslab_end(&ntslab);
}

/* --- pools, other configurations ------------------------------------------ */

static void
a_pool_of_servers(void **state)
{
	struct world *w = &ntslab.w;
	unsigned asked;

	(void)state;
	ntslab_begin(&ntslab, "tos maxclock 3\npool pool.example nts iburst\n");
	(void)ntslab_server(&ntslab, 2);
	(void)ntslab_server(&ntslab, 3);
	for (unsigned i = 1; i <= 3; i++) {
		world_run(w, 30);
		assert_int_equal(w->ke_asked, i);
		ntslab_establish(&ntslab, i);
		/* the same server again is no gain */
		ntslab_establish(&ntslab, i);
	}
	world_run(w, 300);
	assert_int_equal(peer_count(&w->e->peers), 4);
	assert_int_equal(w->e->sys.stratum, 2);
	assert_int_equal(w->ke_asked, 3);
	ntslab_says(&ntslab, 0, "pool: 3 servers of pool.example in use");
	/* one that fails asks for itself first */
	w->srv[0].dead = true;
	asked = w->ke_asked;
	while (w->ke_asked == asked)
		world_run(w, 64);
	assert_int_equal(w->ke_tag, world_peer(w, 1)->associd);
	ntslab_end(&ntslab);
}

static void
pool_of_one_address(void **state)
{
	struct world *w = &ntslab.w;
	unsigned n;

	(void)state;
	ntslab_begin(
	    &ntslab, "pool pool.example nts iburst minpoll 4 maxpoll 4\n");
	for (int i = 0; i < 400; i++) {
		world_run(w, 10);
		ntslab_establish(&ntslab, 1);
	}
	assert_int_equal(peer_count(&w->e->peers), 2);
	n = w->ke_asked;
	assert_true(n > 5 && n < 20);
	ntslab_says(&ntslab, 0, "pool: 1 servers of pool.example in use");
	ntslab_end(&ntslab);
}

static void
reconfigure(struct ntslab *l, const char *text)
{
	struct config_io io = {0};
	struct ntp_config *cfg = config_new();

	assert_int_equal(
	    config_parse(cfg, "new.conf", text, strlen(text), &io), 0);
	config_finish(cfg, &io);
	assert_int_equal(engine_adopt(l->w.e, &cfg, world_now(&l->w)), 0);
}

static void
other_configuration(void **state)
{
	static const struct nts_assoc nothing;
	struct peer *p;

	(void)state;
	ntslab_keyed(&ntslab, ONE);
	world_run(&ntslab.w, 60);
	p = world_peer(&ntslab.w, 0);
	reconfigure(&ntslab, "server ntp.example nts prefer\n");
	assert_ptr_equal(world_peer(&ntslab.w, 0), p);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	assert_true(p->poll.reach != 0);
	/* what was measured with authority is not kept without */
	reconfigure(&ntslab, "server ntp.example\n");
	assert_memory_equal(&p->nts, &nothing, sizeof nothing);
	assert_int_equal(world_peer(&ntslab.w, 0)->poll.reach, 0);
	reconfigure(&ntslab, ONE);
	world_run(&ntslab.w, 3);
	assert_int_equal(ntslab.w.ke_asked, 2);
	ntslab_end(&ntslab);
}

/* A program without key establishment says so, and asks nobody. */
static void
no_port(void **state)
{
	(void)state;
	ntslab_begin(&ntslab, ONE);
	ntslab.w.e->port.nts = NULL;
	world_run(&ntslab.w, 2);
	ntslab_says(&ntslab, 0,
	    "nokeys: NTS key establishment failed: not built into this");
	ntslab_end(&ntslab);
}

/* Each of the server threads opens and seals with keys of its own, and cookies
 * that one has made another one takes. */
static void
threads_serve(void **state)
{
	struct nts_cookiekeys ring = {
	    .n = 1, .key = {{.id = 1, .aead = AEAD_AES_SIV_CMAC_256}}};
	uint8_t buf[NTS_PACKET_MAX] = {0x23}, out[NTP_REPLY_MAX];
	struct ntp_addr src = world_addr(9), dst = world_addr(200);
	struct recvbuf rb = {.src = &src, .dst = &dst, .data = buf};
	struct nts_session s;
	struct nts_cookies got = {.n = 1};
	struct aead_set set;
	struct ext_tail t;

	(void)state;
	ntslab_begin(&ntslab, "restrict default nomodify\n");
	s = ntslab_session(&ntslab);
	got.cookie[0] = s.cookie[0];
	assert_int_equal(aead_set_init(&set), 0);
	assert_int_equal(engine_units_make(ntslab.w.e, 2), 0);
	assert_int_equal(engine_set_cookiekeys(ntslab.w.e, &ring), 0);
	engine_units_follow(ntslab.w.e);
	for (size_t i = 0; i < 8; i++) {
		struct server_ctx *c = engine_unit(ntslab.w.e, i % 2);
		struct nts_cookie used = got.cookie[0];
		struct nts_ask ask = {.keys = &s.keys, .cookie = &used};
		size_t len = 0;

		rb.len = nts_client_seal(&set, &ask, buf);
		(void)server_refresh(c);
		assert_int_equal(
		    server_receive(c, &rb, world_now(&ntslab.w), out, &len),
		    SERVER_REPLY);
		server_seal(c, out, &len, world_now(&ntslab.w).sys);
		assert_int_equal(ext_split(out, len, 4, &t), 0);
		assert_int_equal(
		    nts_client_open(&set, &s.keys, ask.uid, out, &t, &got),
		    NTS_GOOD);
		assert_memory_not_equal(
		    got.cookie[0].octets, used.octets, COOKIE);
	}
	serving_hold(ntslab.w.e);
	assert_int_equal(ntslab.w.e->total.nts[NTS_SERVER_SEND], 8);
	serving_release(ntslab.w.e);
	aead_set_fini(&set);
	/* no keys any more: no server */
	assert_int_equal(engine_set_cookiekeys(ntslab.w.e, NULL), 0);
	engine_units_follow(ntslab.w.e);
	assert_null(engine_unit(ntslab.w.e, 0)->policy.nts);
	ntslab_end(&ntslab);
}

/* For clients and servers only: peers and broadcasts have none of it. */
static void
other_modes(void **state)
{
	uint8_t buf[NTP_HEADER_LEN + 4 + NTS_UID_LEN] = {0};
	struct ntp_addr src = world_addr(1);

	(void)state;
	ntslab_begin(&ntslab, "peer 192.0.2.1\ndisable auth\n");
	buf[NTP_HEADER_LEN] = NTS_UID >> 8;
	buf[NTP_HEADER_LEN + 1] = NTS_UID & 255;
	buf[NTP_HEADER_LEN + 3] = 4 + NTS_UID_LEN;
	for (unsigned mode = NTP_MODE_ACTIVE; mode <= NTP_MODE_PASSIVE;
	     mode++) {
		buf[0] = (uint8_t)(0x20 | mode);
		world_inject(&ntslab.w, 0, &src, buf, sizeof buf);
		assert_int_equal(ntslab.w.e->count.drop[DROP_NTS], mode);
	}
	ntslab_end(&ntslab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_without_keys),
	    cmocka_unit_test(the_first_keys_are_not_asked_for_in_step),
	    THREAT("L-linkability", no_cookie_twice),
	    cmocka_unit_test(lost_cookies_are_replaced),
	    cmocka_unit_test(small_after_losses),
	    cmocka_unit_test(eight_losses_want_keys),
	    cmocka_unit_test(another_address),
	    THREAT("L-backoff", patience_grows),
	    cmocka_unit_test(why_not),
	    cmocka_unit_test(at_once_on_request),
	    cmocka_unit_test(keys_get_old),
	    cmocka_unit_test(useless_sessions),
	    cmocka_unit_test(a_pool_of_servers),
	    cmocka_unit_test(pool_of_one_address),
	    cmocka_unit_test(other_configuration),
	    cmocka_unit_test(no_port),
	    cmocka_unit_test(threads_serve),
	    cmocka_unit_test(other_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
