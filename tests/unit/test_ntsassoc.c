/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntsassoc.c - associations with Network Time Security: how they come by
 * keys and cookies, and what they believe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ntp_ntscookie.h"
#include "ntp_ntsserver.h"
#include "ntp_siphash.h"
#include "threat.h"
#include "world.h"

#define ONE	     "server ntp.example nts iburst minpoll 4 maxpoll 4\n"
#define COOKIE	     104U
#define UID_AT	     (NTP_HEADER_LEN + 4)
#define COOKIES_SEEN 4096U

/* What the server, or somebody on the wire, does to its replies. */
enum trick {
	HONEST,
	PLAIN,	   /* answers without */
	NAK,	   /* refuses every cookie */
	NAK_FIRST, /* somebody refuses, then the server answers */
	WRONG_NAK, /* somebody who has not seen the request refuses */
	OTHER_UID,
	APPENDED, /* a field behind the authenticator */
	OUTSIDE,  /* a cookie that is not sealed */
	SHIFTED,  /* its timestamps are altered */
	RATE,	  /* limits us, with authority */
	BARE_RATE /* ... or without */
};

struct lab {
	struct world w;
	struct nts_jar *jar;
	struct nts_keys keys;
	enum trick trick;
	unsigned asked, good; /* requests, and those in order */
	unsigned wanted;      /* cookies, by the last one */
	size_t last_len;
	uint64_t seen[COOKIES_SEEN]; /* hashes of the cookies used */
};

static struct lab lab;

static const uint8_t seed[NTS_SEED] = {3};

static void
reseal(struct world_packet *f, const struct nts_request *q, size_t max)
{
	unsigned made;

	f->len = nts_server_answer(lab.jar, q, max, f->data, &made);
	assert_int_not_equal(f->len, 0);
	nts_server_seal(lab.jar, f->data);
}

static void
kiss(struct world_packet *f, uint32_t code)
{
	struct ntp_packet p;

	assert_int_equal(packet_decode(f->data, f->len, &p), 0);
	p.leap = NTP_LEAP_UNSYNC;
	p.stratum = 0;
	p.refid = code;
	p.poll = 10;
	packet_encode(&p, f->data);
}

static void
refuse(struct world_packet *f, const struct nts_request *q)
{
	kiss(f, NTS_KISS);
	f->len = nts_server_refuse(q, f->data);
}

/* A second packet, before F. */
static void
before(struct lab *l, const struct world_packet *f, const struct nts_request *q)
{
	for (size_t i = 0; i < WORLD_FLIGHT; i++) {
		struct world_packet *g = &l->w.flight[i];

		if (g->used)
			continue;
		*g = *f;
		g->due -= 0.001;
		g->len = NTP_HEADER_LEN;
		refuse(g, q);
		return;
	}
}

static void
append(struct world_packet *f, uint16_t type, size_t len)
{
	uint8_t *p = f->data + f->len;

	memset(p, 0, len);
	p[0] = (uint8_t)(type >> 8);
	p[1] = (uint8_t)type;
	p[3] = (uint8_t)len;
	f->len += len;
}

/* A cookie in the clear, where only its place is wrong. */
static void
answer_outside(struct world_packet *f, const struct nts_request *q)
{
	size_t at = NTP_HEADER_LEN + 4 + NTS_UID_LEN, len = 4 + COOKIE;
	struct world_packet more;
	struct nts_request none = *q;

	none.cookies = 0;
	f->len = at;
	more = *f;
	append(&more, NTS_COOKIE, len);
	reseal(f, &none, NTS_REPLY_MAX);
	memmove(f->data + at + len, f->data + at, f->len - at);
	memcpy(f->data + at, more.data + at, len);
	f->len += len;
	/* sealed over both */
	{
		uint8_t *auth = f->data + at + len;
		struct aead *a =
		    aead_new(lab.keys.aead, lab.keys.s2c, lab.keys.keylen);

		assert_int_equal(
		    aead_seal(a, (struct octets){f->data, at + len},
			(struct octets){auth + 8, AEAD_NONCE},
			(struct octets){auth, 0}, auth + 8 + AEAD_NONCE),
		    0);
		aead_free(&a);
	}
}

static void
play(struct world_packet *f, const struct nts_request *q, size_t max)
{
	switch (lab.trick) {
	case PLAIN:
		break;
	case NAK:
		refuse(f, q);
		break;
	case NAK_FIRST:
		before(&lab, f, q);
		reseal(f, q, max);
		break;
	case WRONG_NAK:
		refuse(f, q);
		f->data[UID_AT] ^= 1;
		break;
	case OTHER_UID:
		reseal(f, q, max);
		f->data[UID_AT + 31] ^= 1;
		break;
	case APPENDED:
		reseal(f, q, max);
		append(f, 0x2005, 28);
		break;
	case OUTSIDE:
		answer_outside(f, q);
		break;
	case SHIFTED:
		reseal(f, q, max);
		f->data[35] ^= 1;
		f->data[43] ^= 1;
		break;
	case RATE:
		kiss(f, 0x52415445);
		reseal(f, q, max);
		break;
	case BARE_RATE:
		kiss(f, 0x52415445);
		break;
	case HONEST:
	default:
		reseal(f, q, max);
		break;
	}
}

/* Does no other request have this cookie? */
static void
check_unused(const uint8_t *request)
{
	static const struct siphash_key key = {{1, 2}};
	uint64_t h = siphash(&key, request + UID_AT + NTS_UID_LEN, COOKIE);

	for (unsigned i = 0; i < lab.asked && i < COOKIES_SEEN; i++)
		assert_int_not_equal(lab.seen[i], h);
	lab.seen[lab.asked % COOKIES_SEEN] = h;
}

static void
seal(struct world_server *s, const struct datagram *dg, struct world_packet *f)
{
	const uint8_t *buf = dg->buf;
	struct nts_request q;
	struct ext_tail t;

	(void)s;
	assert_int_equal(ext_split(buf, dg->len, 4, &t), 0);
	check_unused(buf);
	lab.asked++;
	lab.last_len = dg->len;
	if (nts_server_open(lab.jar, buf, &t, &q) != 0) {
		f->used = false;
		return;
	}
	lab.good++;
	lab.wanted = q.cookies;
	lab.keys = q.keys;
	play(f, &q, dg->len);
}

static struct world_server *
begin(struct lab *l, const char *conf)
{
	struct nts_cookiekeys ring = {
	    .n = 1, .key = {{.id = 1, .aead = AEAD_AES_SIV_CMAC_256}}};
	struct world_server *s;

	memset(l, 0, sizeof *l);
	l->jar = nts_jar_new(&ring, seed);
	assert_non_null(l->jar);
	world_init(&l->w, conf, NULL, 0, 0);
	s = world_server(&l->w, 1, 0);
	s->seal = seal;
	return s;
}

static void
end(struct lab *l)
{
	world_fini(&l->w);
	nts_jar_free(&l->jar);
}

static struct nts_session
session(struct lab *l)
{
	struct nts_session s = {.ncookies = NTS_COOKIES};

	s.keys.aead = AEAD_AES_SIV_CMAC_256;
	s.keys.keylen = 32;
	rng_fill(&l->w.rng, s.keys.c2s, 32);
	rng_fill(&l->w.rng, s.keys.s2c, 32);
	for (unsigned i = 0; i < s.ncookies; i++) {
		s.cookie[i].len = COOKIE;
		assert_int_equal(
		    nts_cookie_seal(l->jar, &s.keys, s.cookie[i].octets), 0);
	}
	return s;
}

/* Keys come for the server at 192.0.2.N. */
static void
establish(struct lab *l, unsigned n)
{
	struct nts_session s = session(l);
	struct ntp_addr a = world_addr(n);

	engine_nts_ready(l->w.e, l->w.ke_tag, &s, &a, world_now(&l->w));
}

static void
fail_with(struct lab *l, const char *words)
{
	engine_nts_failed(l->w.e, l->w.ke_tag, words, world_now(&l->w));
}

static uint64_t
counted(const struct lab *l, enum nts_count what)
{
	return l->w.e->count.nts[what];
}

static void
says(struct lab *l, unsigned k, const char *begins)
{
	char text[REASON_TEXT_MAX];

	(void)reason_sentence(
	    l->w.e, world_peer(&l->w, k), world_now(&l->w), text, sizeof text);
	if (strncmp(text, begins, strlen(begins)) != 0)
		fail_msg("\"%s\" does not begin \"%s\"", text, begins);
}

/* --- keys and cookies ------------------------------------------------------ */

static void
nothing_without_keys(void **state)
{
	struct world *w = &lab.w;
	struct peer *p;

	(void)state;
	begin(&lab, ONE);
	world_run(w, 100);
	p = world_peer(w, 0);
	assert_int_equal(w->ke_asked, 1);
	assert_int_equal(w->asked, 0); /* the resolver */
	assert_string_equal(w->ke_host, "ntp.example");
	assert_int_equal(w->ke_silent.family, ADDR_NONE);
	assert_int_equal(p->count.sent, 0);
	says(&lab, 0, "keys: establishing NTS keys with ntp.example");
	establish(&lab, 1);
	world_run(w, 60);
	assert_true(p->count.processed >= 8);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	assert_true(p->authentic);
	assert_int_equal(w->e->sys.stratum, 2);
	assert_int_equal(counted(&lab, NTS_CLIENT_SEND), p->count.sent);
	assert_int_equal(
	    counted(&lab, NTS_CLIENT_RECV_GOOD), p->count.processed);
	assert_int_equal(counted(&lab, NTS_CLIENT_RECV_BAD), 0);
	assert_int_equal(lab.good, lab.asked);
	assert_int_equal(w->ke_asked, 1);
	end(&lab);
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
	struct world *w = &lab.w;
	unsigned early;

	(void)state;
	begin(&lab, many);
	world_run(w, 1.5);
	early = w->ke_asked;
	assert_in_range(early, 1, 9);
	world_run(w, 2);
	assert_int_equal(w->ke_asked, 10);
	end(&lab);
}

/* L-linkability: whoever sees many requests cannot tell that they are of one
 * client. */
static void
no_cookie_twice(void **state)
{
	struct world_server *s;

	(void)state;
	s = begin(&lab, ONE);
	world_run(&lab.w, 2);
	establish(&lab, 1);
	for (int i = 0; i < 40; i++) {
		world_run(&lab.w, 400);
		s->lose = (unsigned)i % 4;
	}
	assert_true(lab.asked > 900);
	assert_int_equal(lab.w.ke_asked, 1);
	end(&lab);
}

static void
lost_cookies_are_replaced(void **state)
{
	struct world_server *s;
	struct peer *p;

	(void)state;
	s = begin(&lab, "server 192.0.2.1 nts minpoll 4 maxpoll 4\n");
	world_run(&lab.w, 2);
	establish(&lab, 1);
	world_run(&lab.w, 100);
	p = world_peer(&lab.w, 0);
	assert_int_equal(lab.wanted, 1);
	s->lose = 2;
	world_run(&lab.w, 40);
	assert_int_equal(s->lose, 0);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES - 2);
	world_run(&lab.w, 16);
	assert_int_equal(lab.wanted, 3);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	end(&lab);
}

/* Three in a row: perhaps only large packets are lost. */
static void
small_after_losses(void **state)
{
	struct world_server *s;
	struct peer *p;

	(void)state;
	s = begin(&lab, "server 192.0.2.1 nts minpoll 4 maxpoll 4\n");
	world_run(&lab.w, 2);
	establish(&lab, 1);
	world_run(&lab.w, 100);
	p = world_peer(&lab.w, 0);
	s->lose = 4;
	world_run(&lab.w, 70);
	assert_int_equal(s->lose, 0);
	world_run(&lab.w, 16);
	assert_int_equal(lab.wanted, 1);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES - 4);
	world_run(&lab.w, 16);
	assert_int_equal(lab.wanted, 4);
	assert_int_equal(p->nts.limit, 4);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES - 1);
	end(&lab);
}

static void
eight_losses_want_keys(void **state)
{
	struct world_server *s;
	struct peer *p;

	(void)state;
	s = begin(&lab, ONE);
	world_run(&lab.w, 2);
	establish(&lab, 1);
	world_run(&lab.w, 100);
	p = world_peer(&lab.w, 0);
	s->dead = true;
	world_run(&lab.w, 200);
	assert_int_equal(lab.w.ke_asked, 2);
	assert_true(addr_equal(&lab.w.ke_silent, &s->addr));
	says(&lab, 0, "keys: establishing");
	s->dead = false;
	establish(&lab, 1);
	world_run(&lab.w, 40);
	assert_true(p->poll.reach != 0);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	end(&lab);
}

static void
another_address(void **state)
{
	struct world_server *two;
	struct peer *p;

	(void)state;
	begin(&lab, ONE)->dead = true;
	two = world_server(&lab.w, 2, 0);
	two->seal = seal;
	world_run(&lab.w, 2);
	establish(&lab, 1);
	world_run(&lab.w, 200);
	assert_int_equal(lab.w.ke_asked, 2);
	establish(&lab, 2);
	world_run(&lab.w, 40);
	p = world_peer(&lab.w, 0);
	assert_true(addr_equal(&p->srcadr, &two->addr));
	assert_true(p->count.processed > 0);
	end(&lab);
}

/* L-backoff: a server whose keys never come, or never work, is not asked
 * without end. */
static void
patience_grows(void **state)
{
	double gap = 10, last;
	struct world *w = &lab.w;

	(void)state;
	begin(&lab, ONE)->dead = true;
	world_run(w, 2);
	for (unsigned i = 1; i < 30; i++) {
		double least = fmin(10 * pow(1.5, i - 1.0), 432000);

		last = w->t;
		if (i % 2 == 0)
			establish(&lab, 1);
		else
			fail_with(&lab, "certificate has expired");
		while (w->ke_asked == i)
			world_run(w, least / 50);
		gap = w->t - last;
		assert_true(gap >= least);
		/* eight requests are sent first when there were keys */
		assert_true(gap <= least * 1.3 + 160);
	}
	end(&lab);
}

static void
why_not(void **state)
{
	(void)state;
	begin(&lab, ONE);
	world_run(&lab.w, 2);
	fail_with(&lab, "certificate has expired");
	world_run(&lab.w, 1);
	says(&lab, 0,
	    "nokeys: NTS key establishment failed: certificate has expired; "
	    "1 failures; next try in ");
	assert_non_null(strstr(lab.w.logs,
	    "NTS key establishment with ntp.example failed: certificate has "
	    "expired; trying again in 1"));
	assert_int_equal(world_peer(&lab.w, 0)->count.sent, 0);
	end(&lab);
}

static void
at_once_on_request(void **state)
{
	(void)state;
	begin(&lab, ONE);
	for (unsigned i = 1; i < 8; i++) {
		world_run(&lab.w, 500);
		assert_int_equal(lab.w.ke_asked, i);
		fail_with(&lab, "connection refused");
	}
	world_run(&lab.w, 5);
	assert_int_equal(lab.w.ke_asked, 7);
	engine_retry_dns(lab.w.e, world_now(&lab.w));
	world_run(&lab.w, 2);
	assert_int_equal(lab.w.ke_asked, 8);
	end(&lab);
}

static void
keys_get_old(void **state)
{
	struct peer *p;
	struct nts_keys was;

	(void)state;
	begin(&lab,
	    "server ntp.example nts minpoll 10 maxpoll 10\n"
	    "disable ntp\n");
	world_run(&lab.w, 2);
	establish(&lab, 1);
	world_run(&lab.w, 2419100);
	p = world_peer(&lab.w, 0);
	assert_int_equal(lab.w.ke_asked, 1);
	was = p->nts.keys;
	world_run(&lab.w, 2000);
	assert_int_equal(lab.w.ke_asked, 2);
	for (unsigned i = 2; i < 12; i++) {
		assert_int_equal(lab.w.ke_asked, i);
		fail_with(&lab, "no");
		world_run(&lab.w, 1100);
	}
	assert_int_equal(lab.w.ke_asked, 12);
	fail_with(&lab, "no");
	/* the tenth failure: answers with the old keys prove nothing */
	world_run(&lab.w, 300);
	assert_int_equal(lab.w.ke_asked, 12);
	world_run(&lab.w, 1100);
	assert_int_equal(lab.w.ke_asked, 13);
	assert_int_equal(p->poll.reach & 3, 3);
	establish(&lab, 1);
	world_run(&lab.w, 5000);
	assert_memory_not_equal(&was, &p->nts.keys, sizeof was);
	assert_int_equal(p->poll.reach & 7, 7);
	assert_int_equal(lab.w.ke_asked, 13);
	end(&lab);
}

static void
useless_sessions(void **state)
{
	struct nts_session s;
	struct ntp_addr a = world_addr(1);

	(void)state;
	begin(&lab, ONE);
	for (int i = 0; i < 4; i++) {
		world_run(&lab.w, 100);
		s = session(&lab);
		if (i == 0)
			s.ncookies = 0;
		else if (i == 1)
			s.keys.keylen = 16;
		else if (i == 2)
			s.cookie[7].len = 102;
		else
			s.keys.aead = 30;
		engine_nts_ready(
		    lab.w.e, lab.w.ke_tag, &s, &a, world_now(&lab.w));
		says(&lab, 0,
		    "nokeys: NTS key establishment failed: no cookie that can "
		    "be used");
	}
	for (int i = 0; i < 4; i++) {
		static const uint8_t first[] = {0, 127, 224, 0};

		world_run(&lab.w, 300);
		s = session(&lab);
		a = world_addr(1);
		a.ip[0] = first[i];
		a.ip[1] = i == 1 ? 127 : 0;
		a.ip[2] = i == 1 ? 1 : 0;
		a.ip[3] = i == 2 ? 1 : 0;
		if (i == 3)
			a = (struct ntp_addr){0};
		engine_nts_ready(
		    lab.w.e, lab.w.ke_tag, &s, &a, world_now(&lab.w));
		says(&lab, 0,
		    "nokeys: NTS key establishment failed: it leads to an "
		    "address that is no server's");
	}
	/* nobody has asked */
	establish(&lab, 1);
	world_run(&lab.w, 1);
	assert_int_equal(world_peer(&lab.w, 0)->count.sent, 0);
	end(&lab);
}

/* --- what is believed -------------------------------------------------------- */

static struct peer *
with_trick(enum trick trick)
{
	begin(&lab, ONE);
	lab.trick = trick;
	world_run(&lab.w, 2);
	establish(&lab, 1);
	world_run(&lab.w, 70);
	return world_peer(&lab.w, 0);
}

static void
check_disbelief(enum trick trick, const char *why)
{
	struct peer *p = with_trick(trick);

	assert_true(lab.good > 3);
	assert_int_equal(p->count.processed, 0);
	assert_int_equal(p->poll.reach, 0);
	assert_int_equal(counted(&lab, NTS_CLIENT_RECV_GOOD), 0);
	assert_int_equal(counted(&lab, NTS_CLIENT_RECV_BAD), lab.good);
	says(&lab, 0, why);
	assert_int_equal(lab.w.e->sys.stratum, 16);
	end(&lab);
}

/* L-plain: an answer without authenticator is believed. */
static void
plain_answer(void **state)
{
	(void)state;
	check_disbelief(PLAIN, "auth: ");
}

/* L-alter: an authentic answer is altered on its way. */
static void
altered_answer(void **state)
{
	(void)state;
	check_disbelief(SHIFTED, "auth: ");
	check_disbelief(OTHER_UID, "auth: ");
	check_disbelief(APPENDED, "auth: ");
}

static void
cookie_in_the_clear(void **state)
{
	struct peer *p = with_trick(OUTSIDE);

	(void)state;
	assert_true(p->count.processed > 0);
	assert_true(p->nts.cookies.n < 6);
	end(&lab);
}

/* Cookies refused, and no better answer until the next poll. */
static void
refused_cookies(void **state)
{
	struct peer *p = with_trick(NAK);

	(void)state;
	assert_int_equal(p->count.sent, 1);
	assert_int_equal(p->count.badauth, 0);
	assert_int_equal(lab.w.ke_asked, 2);
	lab.trick = HONEST;
	establish(&lab, 1);
	world_run(&lab.w, 30);
	assert_true(p->poll.reach != 0);
	end(&lab);
}

static void
refusal_then_answer(void **state)
{
	struct peer *p = with_trick(NAK_FIRST);

	(void)state;
	assert_true(p->count.processed > 3);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	assert_int_equal(lab.w.ke_asked, 1);
	assert_int_equal(
	    counted(&lab, NTS_CLIENT_RECV_BAD), p->count.processed);
	end(&lab);
}

/* L-refusal: who has not seen the request makes us throw our keys away. */
static void
forged_refusal(void **state)
{
	struct peer *p = with_trick(WRONG_NAK);

	(void)state;
	assert_false(p->nts.refused);
	assert_true(p->count.sent > 3);
	assert_int_equal(lab.w.ke_asked, 1);
	end(&lab);
}

/* L-kiss: a kiss without authenticator slows us down. */
static void
kisses(void **state)
{
	struct peer *p;

	(void)state;
	check_disbelief(BARE_RATE, "auth: ");
	p = with_trick(RATE);
	assert_true(p->count.selbroken > 0);
	assert_int_equal(p->poll.kiss_poll, 4);
	end(&lab);
}

/* L-replay: an answer counts twice. */
static void
replayed_answer(void **state)
{
	struct world_packet copy;
	struct peer *p;
	uint64_t had;

	(void)state;
	begin(&lab, ONE);
	world_run(&lab.w, 2);
	establish(&lab, 1);
	world_run(&lab.w, 0.035);
	while (!lab.w.flight[0].used)
		world_run(&lab.w, 0.001);
	copy = lab.w.flight[0];
	world_run(&lab.w, 1);
	p = world_peer(&lab.w, 0);
	had = p->count.processed;
	assert_true(had > 0);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	for (int i = 0; i < 20; i++) {
		world_inject(&lab.w, copy.ep, &copy.src, copy.data, copy.len);
		world_run(&lab.w, 0.01);
	}
	assert_int_equal(p->count.processed, had);
	assert_int_equal(counted(&lab, NTS_CLIENT_RECV_GOOD), had);
	end(&lab);
}

/* Cookies know no time. */
static void
clock_is_stepped(void **state)
{
	struct peer *p;

	(void)state;
	begin(&lab, ONE "tinker panic 0\n");
	world_run(&lab.w, 2);
	establish(&lab, 1);
	world_run(&lab.w, 60);
	p = world_peer(&lab.w, 0);
	for (int i = 0; i < 2; i++) {
		double by = i == 0 ? 3.15e8 : -6.3e8;

		lab.w.err += by;
		engine_clock_jumped(lab.w.e, by, world_now(&lab.w));
		assert_int_equal(p->poll.reach, 0);
		world_run(&lab.w, 60);
		assert_true(p->poll.reach != 0);
	}
	assert_int_equal(lab.w.ke_asked, 1);
	end(&lab);
}

/* --- pools, other configurations ------------------------------------------ */

static void
a_pool_of_servers(void **state)
{
	struct world *w = &lab.w;
	unsigned asked;

	(void)state;
	begin(&lab, "tos maxclock 3\npool pool.example nts iburst\n");
	world_server(w, 2, 0)->seal = seal;
	world_server(w, 3, 0)->seal = seal;
	for (unsigned i = 1; i <= 3; i++) {
		world_run(w, 30);
		assert_int_equal(w->ke_asked, i);
		establish(&lab, i);
		/* the same server again is no gain */
		establish(&lab, i);
	}
	world_run(w, 300);
	assert_int_equal(peer_count(&w->e->peers), 4);
	assert_int_equal(w->e->sys.stratum, 2);
	assert_int_equal(w->ke_asked, 3);
	says(&lab, 0, "pool: 3 servers of pool.example in use");
	/* one that fails asks for itself first */
	w->srv[0].dead = true;
	asked = w->ke_asked;
	while (w->ke_asked == asked)
		world_run(w, 64);
	assert_int_equal(w->ke_tag, world_peer(w, 1)->associd);
	end(&lab);
}

static void
pool_of_one_address(void **state)
{
	struct world *w = &lab.w;
	unsigned n;

	(void)state;
	begin(&lab, "pool pool.example nts iburst minpoll 4 maxpoll 4\n");
	for (int i = 0; i < 400; i++) {
		world_run(w, 10);
		establish(&lab, 1);
	}
	assert_int_equal(peer_count(&w->e->peers), 2);
	n = w->ke_asked;
	assert_true(n > 5 && n < 20);
	says(&lab, 0, "pool: 1 servers of pool.example in use");
	end(&lab);
}

static void
reconfigure(struct lab *l, const char *text)
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
	begin(&lab, ONE);
	world_run(&lab.w, 2);
	establish(&lab, 1);
	world_run(&lab.w, 60);
	p = world_peer(&lab.w, 0);
	reconfigure(&lab, "server ntp.example nts prefer\n");
	assert_ptr_equal(world_peer(&lab.w, 0), p);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	assert_true(p->poll.reach != 0);
	/* what was measured with authority is not kept without */
	reconfigure(&lab, "server ntp.example\n");
	assert_memory_equal(&p->nts, &nothing, sizeof nothing);
	assert_int_equal(world_peer(&lab.w, 0)->poll.reach, 0);
	reconfigure(&lab, ONE);
	world_run(&lab.w, 3);
	assert_int_equal(lab.w.ke_asked, 2);
	end(&lab);
}

/* A program without key establishment says so, and asks nobody. */
static void
no_port(void **state)
{
	(void)state;
	begin(&lab, ONE);
	lab.w.e->port.nts = NULL;
	world_run(&lab.w, 2);
	says(&lab, 0,
	    "nokeys: NTS key establishment failed: not built into this");
	end(&lab);
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
	begin(&lab, "restrict default nomodify\n");
	s = session(&lab);
	got.cookie[0] = s.cookie[0];
	assert_int_equal(aead_set_init(&set), 0);
	assert_int_equal(engine_units_make(lab.w.e, 2), 0);
	assert_int_equal(engine_set_cookiekeys(lab.w.e, &ring), 0);
	engine_units_follow(lab.w.e);
	for (size_t i = 0; i < 8; i++) {
		struct server_ctx *c = engine_unit(lab.w.e, i % 2);
		struct nts_cookie used = got.cookie[0];
		struct nts_ask ask = {.keys = &s.keys, .cookie = &used};
		size_t len = 0;

		rb.len = nts_client_seal(&set, &ask, buf);
		(void)server_refresh(c);
		assert_int_equal(
		    server_receive(c, &rb, world_now(&lab.w), out, &len),
		    SERVER_REPLY);
		server_seal(c, out, &len, world_now(&lab.w).sys);
		assert_int_equal(ext_split(out, len, 4, &t), 0);
		assert_int_equal(
		    nts_client_open(&set, &s.keys, ask.uid, out, &t, &got),
		    NTS_GOOD);
		assert_memory_not_equal(
		    got.cookie[0].octets, used.octets, COOKIE);
	}
	serving_hold(lab.w.e);
	assert_int_equal(lab.w.e->total.nts[NTS_SERVER_SEND], 8);
	serving_release(lab.w.e);
	aead_set_fini(&set);
	/* no keys any more: no server */
	assert_int_equal(engine_set_cookiekeys(lab.w.e, NULL), 0);
	engine_units_follow(lab.w.e);
	assert_null(engine_unit(lab.w.e, 0)->policy.nts);
	end(&lab);
}

/* For clients and servers only: peers and broadcasts have none of it. */
static void
other_modes(void **state)
{
	uint8_t buf[NTP_HEADER_LEN + 4 + NTS_UID_LEN] = {0};
	struct ntp_addr src = world_addr(1);

	(void)state;
	begin(&lab, "peer 192.0.2.1\ndisable auth\n");
	buf[NTP_HEADER_LEN] = NTS_UID >> 8;
	buf[NTP_HEADER_LEN + 1] = NTS_UID & 255;
	buf[NTP_HEADER_LEN + 3] = 4 + NTS_UID_LEN;
	for (unsigned mode = NTP_MODE_ACTIVE; mode <= NTP_MODE_PASSIVE;
	     mode++) {
		buf[0] = (uint8_t)(0x20 | mode);
		world_inject(&lab.w, 0, &src, buf, sizeof buf);
		assert_int_equal(lab.w.e->count.drop[DROP_NTS], mode);
	}
	end(&lab);
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
	    THREAT("L-plain", plain_answer),
	    THREAT("L-alter", altered_answer),
	    cmocka_unit_test(cookie_in_the_clear),
	    cmocka_unit_test(refused_cookies),
	    cmocka_unit_test(refusal_then_answer),
	    THREAT("L-refusal", forged_refusal),
	    THREAT("L-kiss", kisses),
	    THREAT("L-replay", replayed_answer),
	    cmocka_unit_test(clock_is_stepped),
	    cmocka_unit_test(a_pool_of_servers),
	    cmocka_unit_test(pool_of_one_address),
	    cmocka_unit_test(other_configuration),
	    cmocka_unit_test(no_port),
	    cmocka_unit_test(threads_serve),
	    cmocka_unit_test(other_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
