/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ctlmru.c - the client list by mode 6, nonces, and what keeps strangers
 * from misusing either.
 */
#include "ctllab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ntp_fmt.h"
#include "threat.h"

#define STEP_MAX 128 /* entries looked at in one step */

static const struct ntp_addr door = {{192, 0, 2, 1}, 0, 123, ADDR_V4};

static int
setup(void **state)
{
	*state = lab_new("controlkey 5\nmru maxdepth 4000\n");
	return 0;
}

static void
pass(struct lab *l, double s)
{
	l->now.mono = mono_add(l->now.mono, s);
	l->now.sys = ts_add(l->now.sys, s);
}

static struct ntp_addr
client(uint32_t n)
{
	return (struct ntp_addr){
	    {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 0,
	    (uint16_t)(1024 + n), ADDR_V4};
}

/* Client N asks for the time. */
static void
visit(struct lab *l, uint32_t n, uint16_t flags)
{
	struct ntp_addr a = client(n);
	struct mru_packet p = {
	    .src = &a, .dst = &door, .modever = 35, .flags = flags, .rnd = 1};

	p.limit = (flags & RES_LIMITED) != 0;
	(void)mru_record(l->e->mru, &p, l->now);
}

static void
visits(struct lab *l, uint32_t from, uint32_t to, double gap)
{
	for (uint32_t n = from; n < to; n++) {
		pass(l, gap);
		visit(l, n, 0);
	}
}

static const char *
fresh_nonce(struct lab *l)
{
	assert_int_equal(lab_ask(l, MODE6_REQ_NONCE, 0, ""), 1);
	lab_assemble(l);
	return lab_value(l, "nonce");
}

/* READ_MRU with a good nonce and ARGS; the datagrams that came. */
static unsigned
list(struct lab *l, const char *args)
{
	char text[MODE6_DATA_MAX + 1];

	snprintf(text, sizeof text, "nonce=%s, %s", fresh_nonce(l), args);
	return lab_ask(l, MODE6_READ_MRU, 0, text);
}

/* The same, put together without the limit of a real client. */
static const char *
list_text(struct lab *l, const char *args)
{
	static char text[(MRU_FRAGS_MAX + 1) * MODE6_DATA_MAX + 1];
	struct mode6_hdr h;
	size_t len = 0;

	assert_true(list(l, args) > 0);
	for (unsigned i = 0; i < l->nsent; i++) {
		assert_int_equal(
		    mode6_decode(l->sent[i], l->sentlen[i], &h), 0);
		assert_false(h.error);
		assert_int_equal(h.offset, len);
		assert_int_equal(h.more, i + 1 < l->nsent);
		memcpy(text + len, l->sent[i] + MODE6_HEADER_LEN, h.count);
		len += h.count;
	}
	text[len] = '\0';
	assert_int_equal(strlen(text), len);
	assert_string_equal(text + len - 2, "\r\n");
	lab_expect_lines_fit(text);
	return text;
}

static const char *
item(const char *text, const char *name)
{
	static char value[128];
	struct var_rd r = var_rd_init(text, strlen(text));
	struct var_item it;

	while (var_next(&r, &it)) {
		if (!var_is(&it, name))
			continue;
		snprintf(
		    value, sizeof value, "%.*s", (int)it.valuelen, it.value);
		return value;
	}
	return NULL;
}

static const char *
item_n(const char *text, const char *stem, unsigned n)
{
	char name[32];

	snprintf(name, sizeof name, "%s.%u", stem, n);
	return item(text, name);
}

static unsigned
entries(const char *text)
{
	unsigned n = 0;

	while (item_n(text, "addr", n) != NULL)
		n++;
	return n;
}

/* --- nonces --------------------------------------------------------------- */

static void
nonce_is_as_the_reference_makes_it(void **state)
{
	struct lab *l = *state;
	const char *nonce = fresh_nonce(l);
	ntp_ts ts;
	char text[24];

	assert_int_equal(l->sentlen[0], 44);
	assert_int_equal(strlen(nonce), 24);
	assert_int_equal(strspn(nonce, "0123456789abcdef"), 24);
	snprintf(text, sizeof text, "%.8s.%.8s", nonce, nonce + 8);
	assert_int_equal(fmt_parse_ts(text, 17, &ts), 0);
	assert_true(ts_equal(ts, l->now.sys));
	assert_int_equal(l->reply.status, 0);
}

static bool
accepted(struct lab *l, const char *nonce)
{
	char text[64];

	snprintf(text, sizeof text, "nonce=%s, frags=2", nonce);
	return lab_ask(l, MODE6_READ_MRU, 0, text) > 0;
}

static void
nonce_is_bound(void **state)
{
	struct lab *l = *state;
	char nonce[32], bad[32];

	snprintf(nonce, sizeof nonce, "%s", fresh_nonce(l));
	assert_true(accepted(l, nonce));
	assert_true(accepted(l, nonce));
	l->src.port++;
	assert_false(accepted(l, nonce));
	l->src.port--;
	l->src.ip[3]++;
	assert_false(accepted(l, nonce));
	l->src.ip[3]--;
	for (unsigned i = 0; i < 24; i++) {
		memcpy(bad, nonce, sizeof bad);
		bad[i] = bad[i] == '0' ? '1' : '0';
		assert_false(accepted(l, bad));
		bad[i] = 'x';
		assert_false(accepted(l, bad));
	}
	assert_false(accepted(l, ""));
	memcpy(bad, nonce, 24);
	memcpy(bad + 24, "0", 2);
	assert_false(accepted(l, bad));
	assert_true(accepted(l, nonce));
}

static void
nonce_lives_16_seconds(void **state)
{
	struct lab *l = *state;
	char nonce[32];

	snprintf(nonce, sizeof nonce, "%s", fresh_nonce(l));
	pass(l, 15.2);
	assert_true(accepted(l, nonce));
	pass(l, 1.2);
	assert_false(accepted(l, nonce));
	pass(l, -17);
	assert_false(accepted(l, nonce)); /* from the future */
}

/* The key changes every hour; nobody notices. */
static void
nonce_outlives_its_key_once(void **state)
{
	struct lab *l = *state;
	char nonce[32];
	struct siphash_key key;

	fresh_nonce(l); /* the first makes the key */
	pass(l, 3595);
	snprintf(nonce, sizeof nonce, "%s", fresh_nonce(l));
	key = l->e->guard.key[0];
	pass(l, 10);
	assert_true(accepted(l, nonce));
	assert_memory_not_equal(&key, &l->e->guard.key[0], sizeof key);
	assert_memory_equal(&key, &l->e->guard.key[1], sizeof key);
	pass(l, 8000);
	fresh_nonce(l);
	assert_memory_not_equal(&key, &l->e->guard.key[1], sizeof key);
}

static void
without_nonce_silence(void **state)
{
	static const char *const text[] = {"", "frags=32", "nonce, frags=32",
	    "nonce=, frags=32", "nonce=deadbeef00000000deadbeef, frags=32",
	    "limit=257", "mincount=abc"};
	struct lab *l = *state;

	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
		assert_int_equal(lab_ask(l, MODE6_READ_MRU, 0, text[i]), 0);
}

/* --- the request ---------------------------------------------------------- */

static void
limits_are_checked(void **state)
{
	static const char *const bad[] = {"", "frags=129", "limit=257",
	    "frags=0", "limit=0", "frags=0, limit=0", "frags=4, limit=257"};
	static const char *const silent[] = {"frags=", "frags=x", "frags=-1",
	    "frags=2, mincount=abc", "frags=2, laddr=nowhere",
	    "frags=2, resall=zz", "frags=2, addr.0=1.2.3", "frags=4294967296",
	    "frags=2, addr.0=10.0.0.1:1, last.0=soon"};
	struct lab *l = *state;

	visits(l, 0, 5, 1);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		list(l, bad[i]);
		lab_expect_error(l, MODE6_ERR_BADVALUE);
	}
	for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
		assert_int_equal(list(l, silent[i]), 0);
	assert_int_equal(entries(list_text(l, "frags=2 , unknown=7,,")), 4);
}

static void
nomrulist_is_refused(void **state)
{
	struct lab *l = *state;

	l->flags = RES_NOMRULIST;
	list(l, "frags=2");
	lab_expect_error(l, MODE6_ERR_PERMISSION);
}

static void
empty_list(void **state)
{
	struct lab *l = *state;
	const char *text = list_text(l, "frags=32");

	assert_int_equal(entries(text), 0);
	assert_non_null(item(text, "nonce"));
	assert_non_null(item(text, "now"));
	assert_null(item(text, "last.newest"));
}

static void
without_a_table(void **state)
{
	struct lab *l = lab_new("disable monitor\n");

	(void)state;
	assert_null(l->e->mru);
	assert_non_null(item(list_text(l, "frags=32"), "nonce"));
	*state = l;
	lab_teardown(state);
	*state = NULL;
}

/* --- the reply ------------------------------------------------------------ */

static void
fields_of_an_entry(void **state)
{
	struct lab *l = *state;
	const char *text;
	ntp_ts first, last, now;

	visit(l, 7, 0);
	pass(l, 100);
	visit(l, 7, RES_NOTRAP);
	pass(l, 50);
	text = list_text(l, "frags=32");
	assert_string_equal(item(text, "addr.0"), "10.0.0.7:1031");
	assert_string_equal(item(text, "ct.0"), "2");
	assert_string_equal(item(text, "mv.0"), "35");
	assert_string_equal(item(text, "rs.0"), "0x100");
	assert_string_equal(item(text, "dr.0"), "0");
	assert_int_equal(fmt_parse_ts(item(text, "first.0"), 19, &first), 0);
	assert_int_equal(fmt_parse_ts(item(text, "last.0"), 19, &last), 0);
	assert_int_equal(fmt_parse_ts(item(text, "now"), 19, &now), 0);
	assert_true(ts_diff(last, first) > 99.99);
	assert_true(ts_diff(now, last) > 49.99);
	assert_true(ts_diff(now, last) < 50.01);
	assert_string_equal(item(text, "last.newest"), item(text, "last.0"));
	assert_null(item(text, "last.older"));
}

static void
ipv6_entries_have_brackets(void **state)
{
	struct lab *l = *state;
	struct ntp_addr a = {
	    .family = ADDR_V6, .ip = {0xfe, 0x80}, .scope = 8, .port = 123};
	struct mru_packet p = {.src = &a};

	a.ip[15] = 1;
	(void)mru_record(l->e->mru, &p, l->now);
	assert_string_equal(
	    item(list_text(l, "frags=32"), "addr.0"), "[fe80::1%8]:123");
}

/* Oldest first, contiguous numbers, fields of each together. */
static void
order_and_size(void **state)
{
	static const uint32_t frags[] = {1, 2, 3, 17, 32, 128};
	struct lab *l = *state;
	char args[32], want[32];

	visits(l, 0, 1000, 0.01);
	for (size_t i = 0; i < sizeof frags / sizeof frags[0]; i++) {
		const char *text;
		unsigned n;

		snprintf(args, sizeof args, "frags=%u", frags[i]);
		text = list_text(l, args);
		assert_in_range(l->nsent, 1, frags[i]);
		n = entries(text);
		assert_in_range(
		    n, frags[i] < 2 ? 0 : 3 * (frags[i] - 1) - 3, 4 * frags[i]);
		for (unsigned k = 0; k < n; k++) {
			snprintf(want, sizeof want, "10.0.%u.%u:%u", k >> 8,
			    k & 255, 1024 + k);
			assert_string_equal(item_n(text, "addr", k), want);
		}
		assert_null(item(text, "now"));
	}
	assert_int_equal(entries(list_text(l, "limit=200")), 200);
	assert_int_equal(entries(list_text(l, "limit=20, frags=2")), 4);
}

/* The loop of a client: everything arrives once, whatever the pieces. */
static unsigned
collect(struct lab *l, const char *args, unsigned meanwhile)
{
	char more[400] = "", ask[460], addr[64], last[32];
	unsigned total = 0;

	for (unsigned round = 0; round < 2000; round++) {
		const char *text;
		unsigned n;

		snprintf(ask, sizeof ask, "%s%s", args, more);
		text = list_text(l, ask);
		n = entries(text);
		if (total > 0)
			assert_non_null(item(text, "last.older"));
		total += n;
		if (item(text, "now") != NULL)
			return total;
		assert_true(n > 0);
		snprintf(addr, sizeof addr, "%s", item_n(text, "addr", n - 1));
		snprintf(last, sizeof last, "%s", item_n(text, "last", n - 1));
		snprintf(
		    more, sizeof more, ", addr.0=%s, last.0=%s", addr, last);
		for (unsigned i = 0; i < meanwhile; i++)
			visits(l, round * meanwhile + i,
			    round * meanwhile + i + 1, 0.001);
	}
	fail();
	return 0;
}

static void
all_of_it_in_pieces(void **state)
{
	struct lab *l = *state;

	visits(l, 0, 1000, 0.01);
	assert_int_equal(collect(l, "frags=32", 0), 1000);
	assert_int_equal(collect(l, "frags=2", 0), 1000);
	assert_int_equal(collect(l, "limit=7", 0), 1000);
	/* those who asked meanwhile come again, at the end */
	assert_in_range(collect(l, "frags=32", 3), 1001, 1100);
}

static void
resume_points(void **state)
{
	struct lab *l = *state;
	char addr[3][32], last[3][32], ask[300];
	const char *text;

	visits(l, 0, 30, 1);
	text = list_text(l, "limit=3");
	for (unsigned i = 0; i < 3; i++) {
		snprintf(addr[i], 32, "%s", item_n(text, "addr", i));
		snprintf(last[i], 32, "%s", item_n(text, "last", i));
	}
	visit(l, 2, 0); /* the newest point has moved */
	snprintf(ask, sizeof ask,
	    "limit=2,addr.0=%s,last.0=%s,addr.1=%s,last.1=%s", addr[2], last[2],
	    addr[1], last[1]);
	text = list_text(l, ask);
	assert_string_equal(item(text, "addr.older"), addr[1]);
	assert_string_equal(item(text, "last.older"), last[1]);
	assert_string_equal(item(text, "addr.0"), "10.0.0.3:1027");
	/* a gap in the numbers ends them */
	snprintf(ask, sizeof ask,
	    "limit=2, addr.0=%s, last.0=%s, addr.2=%s, last.2=%s", addr[2],
	    last[2], addr[1], last[1]);
	list(l, ask);
	lab_expect_error(l, MODE6_ERR_UNKNOWNVAR);
	/* as do half a pair and none at 0 */
	snprintf(ask, sizeof ask, "limit=2, addr.0=%s", addr[1]);
	assert_string_equal(item(list_text(l, ask), "addr.0"), "10.0.0.0:1024");
}

static void
one_entry_by_its_address(void **state)
{
	struct lab *l = *state;
	const char *text;

	visits(l, 0, 30, 1);
	text = list_text(l, "limit=1");
	assert_string_equal(item(text, "addr.0"), "10.0.0.0:1024");
	text = list_text(l, "limit=1, addr.0=10.0.0.9:5");
	assert_int_equal(entries(text), 1);
	assert_string_equal(item(text, "addr.0"), "10.0.0.9:1033");
	text = list_text(l,
	    "limit=1, addr.0=10.0.0.9, last.0=0x00000000.00000000,"
	    "addr.1=10.9.9.9, addr.2=10.0.0.3");
	assert_int_equal(entries(text), 2);
	assert_non_null(item(text, "now"));
	list(l, "limit=1, addr.0=10.9.9.9");
	lab_expect_error(l, MODE6_ERR_UNKNOWNVAR);
}

static void
filters(void **state)
{
	struct lab *l = *state;

	visits(l, 0, 10, 1);
	visits(l, 5, 10, 1);
	for (int i = 0; i < 3; i++)
		visit(l, 20, RES_LIMITED | RES_KOD);
	visit(l, 21, RES_NOTRAP | RES_NOPEER);
	pass(l, 10);
	assert_int_equal(entries(list_text(l, "frags=32")), 12);
	assert_int_equal(entries(list_text(l, "frags=9, mincount=2")), 6);
	assert_int_equal(entries(list_text(l, "frags=9, mincount=3")), 1);
	assert_int_equal(entries(list_text(l, "frags=9, mindrop=2")), 1);
	assert_int_equal(entries(list_text(l, "frags=9, minscore=0.1")), 6);
	assert_int_equal(entries(list_text(l, "frags=9, minscore=1.5")), 1);
	assert_int_equal(entries(list_text(l, "frags=9, minscore=0")), 12);
	assert_int_equal(entries(list_text(l, "frags=9, resany=0x20")), 1);
	assert_int_equal(entries(list_text(l, "frags=9, resany=0x120")), 2);
	assert_int_equal(entries(list_text(l, "frags=9, resall=0x110")), 1);
	assert_int_equal(entries(list_text(l, "frags=9, resall=0x130")), 0);
	assert_int_equal(entries(list_text(l, "frags=9, maxlstint=10")), 3);
	assert_int_equal(entries(list_text(l, "frags=9, maxlstint=12")), 5);
	assert_int_equal(entries(list_text(l, "frags=9, minlstint=12")), 8);
	assert_int_equal(
	    entries(list_text(l, "frags=9, laddr=192.0.2.1:5")), 12);
	assert_int_equal(entries(list_text(l, "frags=9, laddr=192.0.2.2")), 0);
	assert_int_equal(entries(list_text(l, "frags=9, recent=4")), 4);
	assert_int_equal(entries(list_text(l, "frags=9, recent=999")), 12);
}

/* What changes during a reply is left for the next. */
static void
changes_during_a_reply(void **state)
{
	struct lab *l = *state;
	char text[200];
	struct recvbuf rb = {.src = &l->src,
	    .dst = &l->dst,
	    .rx_time = l->now.sys,
	    .data = l->in};

	visits(l, 0, 300, 0.01);
	snprintf(text, sizeof text, "nonce=%s, frags=32", fresh_nonce(l));
	rb.len = lab_compose(l, MODE6_READ_MRU, 0, text);
	l->nsent = 0;
	process_control(l->e, &rb, 0, l->now);
	assert_int_equal(l->nsent, 0);
	for (unsigned n = 0; engine_background(l->e); n++) {
		assert_true(l->nsent <= n + 1); /* one at most in a step */
		visits(l, 2 * n, 2 * n + 2, 0.001);
	}
	assert_in_range(l->nsent, 10, 32);
}

/* How far a step comes is bounded, whether it tells much or nothing. */
static void
a_step_is_small(void **state)
{
	static const char *const asked[] = {
	    "frags=128", "frags=128, mincount=9", "limit=5, recent=3000"};
	struct lab *l = *state;
	const struct mruset_page *page = &l->e->ctlmru.at[0].page[0];
	struct recvbuf rb = {.src = &l->src,
	    .dst = &l->dst,
	    .rx_time = l->now.sys,
	    .data = l->in};
	char text[200];

	visits(l, 0, 4000, 0.001);
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		unsigned sent = 0;
		int64_t given;

		snprintf(text, sizeof text, "nonce=%s, %s", fresh_nonce(l),
		    asked[i]);
		rb.len = lab_compose(l, MODE6_READ_MRU, 0, text);
		l->nsent = 0;
		process_control(l->e, &rb, 0, l->now);
		given = page->given;
		while (engine_background(l->e)) {
			if (given != INT64_MIN)
				assert_true(llabs(page->given - given) <=
				    STEP_MAX * 1000000LL);
			/* the last may need two */
			assert_in_range(l->nsent - sent, 0, 2);
			given = page->given;
			sent = l->nsent;
		}
	}
}

static unsigned
busy_jobs(const struct lab *l)
{
	unsigned n = 0;

	for (unsigned k = 0; k < MRU_JOBS; k++)
		n += l->e->ctlmru.job[k].busy;
	return n;
}

/* Each client has one reply at a time, and there are MRU_JOBS in all. */
static void
many_at_a_time(void **state)
{
	struct lab *l = *state;
	struct recvbuf rb = {.src = &l->src,
	    .dst = &l->dst,
	    .rx_time = l->now.sys,
	    .data = l->in};
	char text[200], nonce[NONCE_STRLEN];

	visits(l, 0, 300, 0.01);
	for (unsigned i = 0; i < 2 * MRU_JOBS; i++) {
		l->src.port++;
		guard_nonce(&l->e->guard, &l->src, l->now, nonce);
		snprintf(text, sizeof text, "nonce=%s, frags=32", nonce);
		for (int again = 0; again < 3; again++) {
			rb.len = lab_compose(l, MODE6_READ_MRU, 0, text);
			process_control(l->e, &rb, 0, l->now);
		}
		assert_int_equal(busy_jobs(l), i < MRU_JOBS ? i + 1 : MRU_JOBS);
	}
	ctlmru_stop(l->e);
	assert_false(engine_background(l->e));
}

/* Who does not wait for his reply gets no other, until he may have lost it. */
static void
impatience(void **state)
{
	struct lab *l = *state;
	const struct mru_job *j = &l->e->ctlmru.job[0];
	struct recvbuf rb = {.src = &l->src,
	    .dst = &l->dst,
	    .rx_time = l->now.sys,
	    .data = l->in};
	char text[200];

	visits(l, 0, 300, 0.01);
	snprintf(text, sizeof text, "nonce=%s, frags=32", fresh_nonce(l));
	rb.len = lab_compose(l, MODE6_READ_MRU, 0, text);
	process_control(l->e, &rb, 0, l->now);
	assert_true(engine_background(l->e));
	assert_int_equal(j->sent, 1);
	pass(l, 0.4);
	process_control(l->e, &rb, 0, l->now);
	assert_int_equal(j->sent, 1);
	pass(l, 0.2);
	process_control(l->e, &rb, 0, l->now);
	assert_int_equal(j->sent, 0);
	assert_true(j->busy);
	while (engine_background(l->e))
		continue;
	process_control(l->e, &rb, 0, l->now);
	assert_true(j->busy);
	ctlmru_stop(l->e);
}

/* --- not a weapon --------------------------------------------------------- */

static void
afar(struct lab *l, uint8_t n)
{
	l->src.ip[0] = l->dst.ip[0] = 198;
	l->src.ip[3] = n;
}

static void
budget_of_a_source(void **state)
{
	struct lab *l = *state;
	unsigned answered = 0;
	size_t octets = 0;

	afar(l, 1);
	for (int i = 0; i < 5000; i++) {
		pass(l, 0.002);
		if (lab_ask(l, MODE6_READVAR, 0, "") == 0)
			continue;
		answered++;
		octets += l->sentlen[0];
	}
	/* 16 s worth of 8192 octets/s at once, and ten seconds' more */
	assert_in_range(octets, 26 * 8192, 26 * 8192 + 1000);
	assert_in_range(answered, 300, 900);
	assert_int_equal(l->e->count.drop[DROP_LIMITED], 5000 - answered);
	assert_int_equal(lab_ask(l, MODE6_REQ_NONCE, 0, ""), 0);
	afar(l, 2);
	assert_int_equal(lab_ask(l, MODE6_REQ_NONCE, 0, ""), 1);
	afar(l, 1);
	pass(l, 1);
	assert_int_equal(lab_ask(l, MODE6_REQ_NONCE, 0, ""), 1);
}

/* Errors cost, too, and guessing nonces does. */
static void
budget_for_errors_and_guesses(void **state)
{
	struct lab *l = *state;
	unsigned n = 0;

	afar(l, 3);
	while (n < 100000 && lab_ask(l, 29, 0, "") == 1)
		n++;
	assert_int_equal(n, 16 * 8192 / 12 + 1);
	afar(l, 4);
	for (n = 0; n < 300; n++)
		assert_int_equal(
		    lab_ask(l, MODE6_READ_MRU, 0, "nonce=0, frags=2"), 0);
	assert_int_equal(lab_ask(l, MODE6_READSTAT, 0, ""), 0);
}

/* Forged sources have a budget each, but what stops the threads has one. */
static void
budget_of_all(void **state)
{
	struct lab *l = *state;
	struct ctl_guard *g = &l->e->guard;
	struct ntp_addr here = {{127, 0, 0, 1}, 0, 123, ADDR_V4};
	unsigned n = 0;

	for (unsigned i = 0; i < 3000; i++) {
		l->src.ip[0] = 198;
		l->src.ip[3] = (uint8_t)i;
		n += guard_may_stop(g, &l->src, l->now.mono);
	}
	assert_int_equal(n, GUARD_STOPS);
	assert_true(guard_may_stop(g, &here, l->now.mono));
	pass(l, 0.01);
	for (unsigned i = 0; i < 100; i++)
		n += guard_may_stop(g, &l->src, l->now.mono);
	assert_in_range(n, GUARD_STOPS + 9, GUARD_STOPS + 11);
}

static void
proven_sources_have_no_budget(void **state)
{
	struct lab *l = *state;
	char text[64];

	afar(l, 5);
	visits(l, 0, 300, 0.01);
	snprintf(text, sizeof text, "nonce=%s, frags=32", fresh_nonce(l));
	for (int i = 0; i < 100; i++)
		assert_true(lab_ask(l, MODE6_READ_MRU, 0, text) > 20);
}

/* Octets out for one in, of requests that anybody may forge. */
static void
amplification(void **state)
{
	static const char *const text[] = {"", "leap", "sys_var_list",
	    "peer_var_list", "version", "frags=128", "mru_depth,mru_deepest"};
	struct lab *l = *state;
	size_t in, out;

	for (unsigned op = 0; op < 32; op++) {
		for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
			afar(l, (uint8_t)op);
			in = lab_compose(l, op, 0, text[i]);
			out = 0;
			for (unsigned n = lab_deliver(l, in); n-- > 0;)
				out += l->sentlen[n];
			assert_true(out <= 50 * in);
			pass(l, 10);
		}
	}
}

static void
padding_buys_longer_answers(void **state)
{
	struct lab *l = *state;
	size_t len;

	afar(l, 9);
	lab_ask(l, MODE6_READVAR, 0, "sys_var_list");
	lab_expect_error(l, MODE6_ERR_PERMISSION);
	len = lab_compose(l, MODE6_READVAR, 0, "sys_var_list");
	assert_true(lab_deliver(l, len + 200) > 3);
	assert_false(l->reply.error);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, lab_teardown)
	const struct CMUnitTest tests[] = {
	    T(nonce_is_as_the_reference_makes_it),
	    T(nonce_is_bound),
	    T(nonce_lives_16_seconds),
	    T(nonce_outlives_its_key_once),
	    T(without_nonce_silence),
	    T(limits_are_checked),
	    T(nomrulist_is_refused),
	    T(empty_list),
	    cmocka_unit_test(without_a_table),
	    T(fields_of_an_entry),
	    T(ipv6_entries_have_brackets),
	    T(order_and_size),
	    T(all_of_it_in_pieces),
	    T(resume_points),
	    T(one_entry_by_its_address),
	    T(filters),
	    T(changes_during_a_reply),
	    T(a_step_is_small),
	    T(many_at_a_time),
	    T(impatience),
	    T(budget_of_a_source),
	    T(budget_for_errors_and_guesses),
	    T(budget_of_all),
	    T(proven_sources_have_no_budget),
	    THREAT_IN("CVE-2014-0021", amplification, setup, lab_teardown),
	    THREAT_IN("F-amplification", amplification, setup, lab_teardown),
	    T(padding_buys_longer_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
