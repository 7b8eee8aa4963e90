/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ctlmru.c - the client list by mode 6: what may be asked, and what comes.
 */
#include "mrulistlab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ntp_fmt.h"

#define STEP_MAX 128 /* entries looked at in one step */

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

	mrulist_visits(l, 0, 5, 1);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		mrulist_ask(l, bad[i]);
		lab_expect_error(l, MODE6_ERR_BADVALUE);
	}
	for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
		assert_int_equal(mrulist_ask(l, silent[i]), 0);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=2 , unknown=7,,")), 4);
}

static void
nomrulist_is_refused(void **state)
{
	struct lab *l = *state;

	l->flags = RES_NOMRULIST;
	mrulist_ask(l, "frags=2");
	lab_expect_error(l, MODE6_ERR_PERMISSION);
}

static void
empty_list(void **state)
{
	struct lab *l = *state;
	const char *text = mrulist_text(l, "frags=32");

	assert_int_equal(mrulist_entries(text), 0);
	assert_non_null(mrulist_item(text, "nonce"));
	assert_non_null(mrulist_item(text, "now"));
	assert_null(mrulist_item(text, "last.newest"));
}

static void
without_a_table(void **state)
{
	struct lab *l = lab_new("disable monitor\n");

	(void)state;
	assert_null(l->e->mru);
	assert_non_null(mrulist_item(mrulist_text(l, "frags=32"), "nonce"));
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

	mrulist_visit(l, 7, 0);
	mrulist_pass(l, 100);
	mrulist_visit(l, 7, RES_NOTRAP);
	mrulist_pass(l, 50);
	text = mrulist_text(l, "frags=32");
	assert_string_equal(mrulist_item(text, "addr.0"), "10.0.0.7:1031");
	assert_string_equal(mrulist_item(text, "ct.0"), "2");
	assert_string_equal(mrulist_item(text, "mv.0"), "35");
	assert_string_equal(mrulist_item(text, "rs.0"), "0x100");
	assert_string_equal(mrulist_item(text, "dr.0"), "0");
	assert_int_equal(
	    fmt_parse_ts(mrulist_item(text, "first.0"), 19, &first), 0);
	assert_int_equal(
	    fmt_parse_ts(mrulist_item(text, "last.0"), 19, &last), 0);
	assert_int_equal(fmt_parse_ts(mrulist_item(text, "now"), 19, &now), 0);
	assert_true(ts_diff(last, first) > 99.99);
	assert_true(ts_diff(now, last) > 49.99);
	assert_true(ts_diff(now, last) < 50.01);
	assert_string_equal(
	    mrulist_item(text, "last.newest"), mrulist_item(text, "last.0"));
	assert_null(mrulist_item(text, "last.older"));
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
	assert_string_equal(mrulist_item(mrulist_text(l, "frags=32"), "addr.0"),
	    "[fe80::1%8]:123");
}

/* Oldest first, contiguous numbers, fields of each together. */
static void
order_and_size(void **state)
{
	static const uint32_t frags[] = {1, 2, 3, 17, 32, 128};
	struct lab *l = *state;
	char args[32], want[32];

	mrulist_visits(l, 0, 1000, 0.01);
	for (size_t i = 0; i < sizeof frags / sizeof frags[0]; i++) {
		const char *text;
		unsigned n;

		snprintf(args, sizeof args, "frags=%u", frags[i]);
		text = mrulist_text(l, args);
		assert_in_range(l->nsent, 1, frags[i]);
		n = mrulist_entries(text);
		assert_in_range(
		    n, frags[i] < 2 ? 0 : 3 * (frags[i] - 1) - 3, 4 * frags[i]);
		for (unsigned k = 0; k < n; k++) {
			snprintf(want, sizeof want, "10.0.%u.%u:%u", k >> 8,
			    k & 255, 1024 + k);
			assert_string_equal(
			    mrulist_item_n(text, "addr", k), want);
		}
		assert_null(mrulist_item(text, "now"));
	}
	assert_int_equal(mrulist_entries(mrulist_text(l, "limit=200")), 200);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "limit=20, frags=2")), 4);
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
		text = mrulist_text(l, ask);
		n = mrulist_entries(text);
		if (total > 0)
			assert_non_null(mrulist_item(text, "last.older"));
		total += n;
		if (mrulist_item(text, "now") != NULL)
			return total;
		assert_true(n > 0);
		snprintf(addr, sizeof addr, "%s",
		    mrulist_item_n(text, "addr", n - 1));
		snprintf(last, sizeof last, "%s",
		    mrulist_item_n(text, "last", n - 1));
		snprintf(
		    more, sizeof more, ", addr.0=%s, last.0=%s", addr, last);
		for (unsigned i = 0; i < meanwhile; i++)
			mrulist_visits(l, round * meanwhile + i,
			    round * meanwhile + i + 1, 0.001);
	}
	fail();
	return 0;
}

static void
all_of_it_in_pieces(void **state)
{
	struct lab *l = *state;

	mrulist_visits(l, 0, 1000, 0.01);
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

	mrulist_visits(l, 0, 30, 1);
	text = mrulist_text(l, "limit=3");
	for (unsigned i = 0; i < 3; i++) {
		snprintf(addr[i], 32, "%s", mrulist_item_n(text, "addr", i));
		snprintf(last[i], 32, "%s", mrulist_item_n(text, "last", i));
	}
	mrulist_visit(l, 2, 0); /* the newest point has moved */
	snprintf(ask, sizeof ask,
	    "limit=2,addr.0=%s,last.0=%s,addr.1=%s,last.1=%s", addr[2], last[2],
	    addr[1], last[1]);
	text = mrulist_text(l, ask);
	assert_string_equal(mrulist_item(text, "addr.older"), addr[1]);
	assert_string_equal(mrulist_item(text, "last.older"), last[1]);
	assert_string_equal(mrulist_item(text, "addr.0"), "10.0.0.3:1027");
	/* a gap in the numbers ends them */
	snprintf(ask, sizeof ask,
	    "limit=2, addr.0=%s, last.0=%s, addr.2=%s, last.2=%s", addr[2],
	    last[2], addr[1], last[1]);
	mrulist_ask(l, ask);
	lab_expect_error(l, MODE6_ERR_UNKNOWNVAR);
	/* as do half a pair and none at 0 */
	snprintf(ask, sizeof ask, "limit=2, addr.0=%s", addr[1]);
	assert_string_equal(
	    mrulist_item(mrulist_text(l, ask), "addr.0"), "10.0.0.0:1024");
}

static void
one_entry_by_its_address(void **state)
{
	struct lab *l = *state;
	const char *text;

	mrulist_visits(l, 0, 30, 1);
	text = mrulist_text(l, "limit=1");
	assert_string_equal(mrulist_item(text, "addr.0"), "10.0.0.0:1024");
	text = mrulist_text(l, "limit=1, addr.0=10.0.0.9:5");
	assert_int_equal(mrulist_entries(text), 1);
	assert_string_equal(mrulist_item(text, "addr.0"), "10.0.0.9:1033");
	text = mrulist_text(l,
	    "limit=1, addr.0=10.0.0.9, last.0=0x00000000.00000000,"
	    "addr.1=10.9.9.9, addr.2=10.0.0.3");
	assert_int_equal(mrulist_entries(text), 2);
	assert_non_null(mrulist_item(text, "now"));
	mrulist_ask(l, "limit=1, addr.0=10.9.9.9");
	lab_expect_error(l, MODE6_ERR_UNKNOWNVAR);
}

static void
filters(void **state)
{
	struct lab *l = *state;

	mrulist_visits(l, 0, 10, 1);
	mrulist_visits(l, 5, 10, 1);
	for (int i = 0; i < 3; i++)
		mrulist_visit(l, 20, RES_LIMITED | RES_KOD);
	mrulist_visit(l, 21, RES_NOTRAP | RES_NOPEER);
	mrulist_pass(l, 10);
	assert_int_equal(mrulist_entries(mrulist_text(l, "frags=32")), 12);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, mincount=2")), 6);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, mincount=3")), 1);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, mindrop=2")), 1);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, minscore=0.1")), 6);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, minscore=1.5")), 1);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, minscore=0")), 12);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, resany=0x20")), 1);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, resany=0x120")), 2);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, resall=0x110")), 1);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, resall=0x130")), 0);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, maxlstint=10")), 3);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, maxlstint=12")), 5);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, minlstint=12")), 8);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, laddr=192.0.2.1:5")), 12);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, laddr=192.0.2.2")), 0);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, recent=4")), 4);
	assert_int_equal(
	    mrulist_entries(mrulist_text(l, "frags=9, recent=999")), 12);
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

	mrulist_visits(l, 0, 300, 0.01);
	snprintf(text, sizeof text, "nonce=%s, frags=32", mrulist_nonce(l));
	rb.len = lab_compose(l, MODE6_READ_MRU, 0, text);
	l->nsent = 0;
	process_control(l->e, &rb, 0, l->now);
	assert_int_equal(l->nsent, 0);
	for (unsigned n = 0; engine_background(l->e); n++) {
		assert_true(l->nsent <= n + 1); /* one at most in a step */
		mrulist_visits(l, 2 * n, 2 * n + 2, 0.001);
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

	mrulist_visits(l, 0, 4000, 0.001);
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		unsigned sent = 0;
		int64_t given;

		snprintf(text, sizeof text, "nonce=%s, %s", mrulist_nonce(l),
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

	mrulist_visits(l, 0, 300, 0.01);
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

	mrulist_visits(l, 0, 300, 0.01);
	snprintf(text, sizeof text, "nonce=%s, frags=32", mrulist_nonce(l));
	rb.len = lab_compose(l, MODE6_READ_MRU, 0, text);
	process_control(l->e, &rb, 0, l->now);
	assert_true(engine_background(l->e));
	assert_int_equal(j->sent, 1);
	mrulist_pass(l, 0.4);
	process_control(l->e, &rb, 0, l->now);
	assert_int_equal(j->sent, 1);
	mrulist_pass(l, 0.2);
	process_control(l->e, &rb, 0, l->now);
	assert_int_equal(j->sent, 0);
	assert_true(j->busy);
	while (engine_background(l->e))
		continue;
	process_control(l->e, &rb, 0, l->now);
	assert_true(j->busy);
	ctlmru_stop(l->e);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, mrulist_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
