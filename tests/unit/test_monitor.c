/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_monitor.c - the client table and the rate limit: what is recorded, what
 * is judged, and what whoever lists the table sees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "mrulab.h"
#include "ntp_restrict.h"
#include "ntp_rng.h"

/* One packet a second gains 5 s of headway each; the limit is 64 - 8. */
static void
test_average_rule(void **state)
{
	struct mru *m = mrulab_table(10, 0);
	int s;

	(void)state;
	for (s = 0; s <= 12; s++)
		assert_int_equal(mrulab_record(m, 1, s), MRU_PASS);
	/* 60 s used up: one kiss, which costs 72 in all. */
	assert_int_equal(mrulab_record(m, 1, 13), MRU_KISS);
	for (s = 14; s <= 21; s++)
		assert_int_equal(mrulab_record(m, 1, s), MRU_LIMITED);
	/* 72 - 9 is below 64 again. */
	assert_int_equal(mrulab_record(m, 1, 22), MRU_KISS);
	assert_int_equal(mrulab_record(m, 1, 22 + 72), MRU_PASS);
	mru_free(&m);
	assert_null(m);
}

/* 2^average s apart nobody is ever limited. */
static void
test_polite_client_is_never_limited(void **state)
{
	struct mru *m = mrulab_table(10, 0);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(mrulab_record(m, 1, 8.0 * i), MRU_PASS);
	mru_free(&m);
}

/* Whole seconds count: 0.5 s is one, less is none, and the default minimum of
 * 2 s wants one. */
static void
test_minimum_rule(void **state)
{
	struct mru *m = mrulab_table(10, 0);

	(void)state;
	assert_int_equal(mrulab_record(m, 1, 0), MRU_PASS);
	assert_int_equal(mrulab_record(m, 1, 0.0003), MRU_KISS);
	assert_int_equal(mrulab_record(m, 1, 0.0006), MRU_LIMITED);
	assert_int_equal(mrulab_record(m, 1, 0.0009), MRU_LIMITED);
	assert_int_equal(mrulab_record(m, 2, 1), MRU_PASS);
	assert_int_equal(mrulab_record(m, 2, 1.49), MRU_KISS);
	assert_int_equal(mrulab_record(m, 3, 2), MRU_PASS);
	assert_int_equal(mrulab_record(m, 3, 2.51), MRU_PASS);
	mru_free(&m);
}

static void
test_without_limit_everything_passes(void **state)
{
	struct mru *m = mrulab_table(10, 0);
	struct ntp_addr a = mrulab_host(1);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(
		    mrulab_tell(m, &a, V4CLIENT, false, UNLUCKY, mrulab_at(0)),
		    MRU_PASS);
	assert_int_equal(mru_find(m, &a)->count, 100);
	assert_int_equal(mru_find(m, &a)->dropped, 0);
	mru_free(&m);
}

/* A forger floods in the name of V: V is still heard one time in four, and at
 * most one kiss in 8 s leaves. */
static void
test_spoofed_flood_cannot_shut_out(void **state)
{
	struct mru *m = mrulab_table(10, 2);
	struct ntp_rng r;
	struct ntp_addr a = mrulab_host(1);
	unsigned pass = 0, kiss = 0;

	(void)state;
	rng_seed(&r, 11);
	for (int i = 0; i < 20000; i++) {
		enum mru_verdict v = mrulab_tell(m, &a, V4CLIENT, true,
		    (uint32_t)rng_u64(&r), mrulab_at(i * 0.01));

		pass += v == MRU_PASS;
		kiss += v == MRU_KISS;
	}
	assert_in_range(pass, 4600, 5400);
	assert_in_range(kiss, 1, 200 / 8);
	assert_int_equal(mru_find(m, &a)->dropped, 20000 - pass);
	mru_free(&m);
}

static void
test_luck_does_not_spend_the_kiss(void **state)
{
	struct mru *m = mrulab_table(10, 2);
	struct ntp_addr a = mrulab_host(1);

	(void)state;
	mrulab_record(m, 1, 0);
	assert_int_equal(
	    mrulab_tell(m, &a, V4CLIENT, true, 8, mrulab_at(0)), MRU_PASS);
	assert_int_equal(mrulab_record(m, 1, 0), MRU_KISS);
	mru_free(&m);
}

static void
test_entry(void **state)
{
	struct mru *m = mrulab_table(10, 0);
	struct ntp_addr a = mrulab_host(7), b;
	struct mru_packet other;
	const struct mru_entry *e;

	(void)state;
	mrulab_tell(m, &a, 1 * 8 + 3, true, UNLUCKY, mrulab_at(10));
	a.port = 123;
	other = (struct mru_packet){.src = &a,
	    .modever = V4CLIENT,
	    .flags = RES_NOTRAP | RES_LIMITED | RES_KOD,
	    .limit = true,
	    .rnd = UNLUCKY};
	mru_record(m, &other, mrulab_at(10));
	assert_int_equal(mru_depth(m), 1);
	e = mru_find(m, &a);
	assert_non_null(e);
	assert_int_equal(e->port, 123);
	mru_addr(e, &b);
	assert_true(addr_equal_port(&b, other.src));
	assert_int_equal(e->count, 2);
	assert_int_equal(e->dropped, 1);
	assert_int_equal(e->modever, 35);
	assert_int_equal(e->flags, RES_NOTRAP | RES_LIMITED | RES_KOD);
	assert_true(mru_first(e) == mrulab_at(10).mono.ns);
	mrulab_tell(m, &a, V4CLIENT, true, UNLUCKY, mrulab_at(100));
	assert_int_equal(e->flags, 0);
	assert_true(mru_first(e) == mrulab_at(10).mono.ns);
	assert_true(e->last == mrulab_at(100).mono.ns);
	mru_free(&m);
}

static void
test_scope_and_family_count(void **state)
{
	struct mru *m = mrulab_table(10, 0);
	struct ntp_addr a = {.family = ADDR_V6, .ip = {0xfe, 0x80}};
	struct ntp_addr b = a, c = {.family = ADDR_V4, .ip = {0xfe, 0x80}};

	(void)state;
	b.scope = 2;
	mrulab_tell(m, &a, V4CLIENT, false, 0, mrulab_at(0));
	mrulab_tell(m, &b, V4CLIENT, false, 0, mrulab_at(0));
	mrulab_tell(m, &c, V4CLIENT, false, 0, mrulab_at(0));
	assert_int_equal(mru_depth(m), 3);
	assert_int_equal(mru_find(m, &b)->count, 1);
	mru_free(&m);
}

static void
test_capacity_and_memory_are_fixed(void **state)
{
	struct mru *m = mrulab_table(100, 0);
	size_t mem = mru_stats(m).maxmem;

	(void)state;
	assert_null(mru_newest(m));
	assert_int_equal(mru_oldest_age(m, mrulab_at(5).mono), 0);
	for (uint32_t i = 0; i < 100000; i++)
		mrulab_record(m, i, i);
	assert_int_equal(mru_stats(m).depth, 100);
	assert_int_equal(mru_stats(m).deepest, 100);
	assert_int_equal(mru_stats(m).capacity, 100);
	assert_int_equal(mru_stats(m).added, 100);
	assert_int_equal(mru_stats(m).recycled_full, 99900);
	assert_int_equal(mru_stats(m).strangers, 100);
	assert_int_equal(mru_stats(m).mem, mem);
	assert_int_equal(mru_stats(m).maxmem, mem);
	assert_int_equal(mru_oldest_age(m, mrulab_at(100000).mono), 100);
	mru_free(&m);
}

static void
test_no_table(void **state)
{
	(void)state;
	assert_int_equal(mru_depth(NULL), 0);
	assert_int_equal(mru_stats(NULL).capacity, 0);
	assert_int_equal(mru_oldest_age(NULL, mrulab_at(5).mono), 0);
}

static void
test_no_entries_means_one(void **state)
{
	struct mru *m = mrulab_table(0, 0);

	(void)state;
	mrulab_record(m, 1, 0);
	mrulab_record(m, 2, 0);
	assert_int_equal(mru_stats(m).capacity, 1);
	assert_int_equal(mru_depth(m), 1);
	mru_free(&m);
}

/* The promise of the manual: 64 MiB hold a million. */
static void
test_memory_decides_the_size(void **state)
{
	size_t sizes[] = {1, 8192, 65536, 1048576, 67108864};
	struct mru_param p = {0};
	struct mru *m;

	(void)state;
	assert_true(mru_entries_in(67108864) >= 1000000);
	assert_int_equal(mru_entries_in(0), 1);
	for (size_t i = 1; i < 5; i++) {
		p.entries = mru_entries_in(sizes[i]);
		m = mru_new(&p, mrulab_seed);
		assert_non_null(m);
		assert_true(mru_stats(m).maxmem <= sizes[i]);
		assert_true(mru_stats(m).maxmem + 128 > sizes[i]);
		assert_true(mru_stats(m).mem <= mru_stats(m).maxmem);
		mru_free(&m);
	}
}

static void
test_prefix_counts_as_one(void **state)
{
	struct mru_param p = {.entries = 10, .v6bits = 60};
	struct mru *m = mru_new(&p, mrulab_seed);
	struct ntp_addr a = {
	    .family = ADDR_V6, .ip = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0x10}};
	struct ntp_addr b = a;

	(void)state;
	b.ip[7] = 0x1f;
	b.ip[15] = 9;
	mrulab_tell(m, &b, V4CLIENT, false, 0, mrulab_at(0));
	mrulab_tell(m, &a, V4CLIENT, false, 0, mrulab_at(0));
	assert_int_equal(mru_depth(m), 1);
	b.ip[7] = 0x20;
	assert_null(mru_find(m, &b));
	mru_addr(mru_newest(m), &b);
	assert_true(addr_equal(&a, &b));
	/* IPv4 is not concerned */
	mrulab_record(m, 1, 0);
	mrulab_record(m, 2, 0);
	assert_int_equal(mru_depth(m), 3);
	mru_free(&m);
}

static void
test_local_address(void **state)
{
	struct mru *m = mrulab_table(200, 0);
	struct ntp_addr a, here, there = mrulab_host(4000);
	struct mru_packet p = {.src = &a, .dst = &here};

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		a = mrulab_host(i);
		here = mrulab_host(1000 + i);
		mru_record(m, &p, mrulab_at(0));
		assert_true(mru_came_to(m, mru_newest(m), &here) == (i < 63));
		assert_false(mru_came_to(m, mru_newest(m), &there));
	}
	p.dst = NULL;
	mru_record(m, &p, mrulab_at(0));
	assert_false(mru_came_to(m, mru_newest(m), &here));
	mru_free(&m);
}

/* --- a crowd ------------------------------------------------------------- */

#define CROWD	 100U
#define CROWDS	 200U
#define CAPACITY 6000U

static void
crowd_arrives(struct mru *m, const struct ntp_addr *src, double s)
{
	for (unsigned i = 0; i < CROWD; i++)
		if (i % 7 != (unsigned)s % 7) /* not all are recorded */
			mrulab_tell(m, &src[i], 35, true, i, mrulab_at(s));
}

static void
assert_same_list(const struct mru *a, const struct mru *b)
{
	const struct mru_entry *x = mru_newest(a), *y = mru_newest(b);

	while (x != NULL && y != NULL) {
		assert_memory_equal(x->ip, y->ip, sizeof x->ip);
		assert_int_equal(x->count, y->count);
		assert_int_equal(x->dropped, y->dropped);
		x = mru_older(a, x);
		y = mru_older(b, y);
	}
	assert_true(x == NULL && y == NULL);
}

/* Known and unknown clients, in a table that is filled and then runs over. */
static void
test_expecting_a_crowd_changes_nothing(void **state)
{
	struct mru *a = mrulab_table(CAPACITY, 0),
		   *b = mrulab_table(CAPACITY, 0);
	struct ntp_addr src[CROWD];
	uint32_t rnd = 1;

	(void)state;
	mru_expect(NULL, src, 0);
	for (unsigned k = 0; k < CROWDS; k++) {
		for (unsigned i = 0; i < CROWD; i++) {
			rnd = rnd * 1664525U + 1013904223U;
			src[i] = mrulab_host((rnd >> 8) % (2 * CAPACITY));
		}
		mru_expect(a, src, CROWD);
		crowd_arrives(a, src, k);
		crowd_arrives(b, src, k);
	}
	assert_int_equal(mru_depth(a), CAPACITY);
	assert_same_list(a, b);
	mru_free(&a);
	mru_free(&b);
}

/* --- for the list -------------------------------------------------------- */

/* A step moves all timestamps alike, a slew none. */
static void
test_timestamps_keep_their_order(void **state)
{
	struct mru *m = mrulab_table(10, 0);
	struct ntp_now now = mrulab_at(100);
	ntp_ts before;

	(void)state;
	mru_set_clock(m, now);
	before = mru_ts(m, now.mono.ns);
	assert_true(fabs(ts_diff(before, now.sys)) < 1e-9);
	assert_true(fabs(ts_diff(before, mru_ts(m, now.mono.ns - 1500000000)) -
			1.5) < 1e-9);
	now.sys = ts_add(now.sys, 0.12);
	mru_set_clock(m, now);
	assert_true(ts_equal(mru_ts(m, now.mono.ns), before));
	now.sys = ts_add(now.sys, -3600);
	mru_set_clock(m, now);
	assert_true(fabs(ts_diff(mru_ts(m, now.mono.ns), now.sys)) < 1e-9);
	mru_free(&m);
}

static uint32_t
host_at(const struct mru *m, const struct mru_cursor *c)
{
	const struct mru_entry *e = mru_cursor_entry(m, c);
	struct ntp_addr a;

	if (e == NULL)
		return UINT32_MAX;
	mru_addr(e, &a);
	return a.ip[3];
}

static void
test_cursor_follows_changes(void **state)
{
	struct mru *m = mrulab_table(5, 0);
	struct mru_cursor c, d;

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		mrulab_record(m, i, i);
	mru_cursor_start(m, &c, NULL);
	mru_cursor_start(m, &d, mru_newest(m));
	assert_int_equal(host_at(m, &c), 0);
	assert_int_equal(host_at(m, &d), 4);
	assert_false(mru_cursor_older(m, &c));
	mrulab_record(m, 0, 5); /* moves */
	assert_int_equal(host_at(m, &c), 1);
	mrulab_record(m, 9, 6); /* 1, a stranger, is replaced */
	assert_int_equal(host_at(m, &c), 2);
	mru_cursor_newer(m, &c);
	assert_int_equal(host_at(m, &c), 3);
	assert_true(mru_cursor_older(m, &c));
	assert_int_equal(host_at(m, &c), 2);
	assert_int_equal(host_at(m, &d), 4);
	mru_cursor_newer(m, &d);
	mru_cursor_newer(m, &d);
	assert_int_equal(host_at(m, &d), 9);
	mrulab_record(m, 9, 7); /* the newest moves: nothing newer is left */
	assert_null(mru_cursor_entry(m, &d));
	mru_cursor_newer(m, &d);
	assert_null(mru_cursor_entry(m, &d));
	mru_cursor_stop(m, &c);
	mru_cursor_stop(m, &d);
	mru_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_average_rule),
	    cmocka_unit_test(test_polite_client_is_never_limited),
	    cmocka_unit_test(test_minimum_rule),
	    cmocka_unit_test(test_without_limit_everything_passes),
	    cmocka_unit_test(test_spoofed_flood_cannot_shut_out),
	    cmocka_unit_test(test_luck_does_not_spend_the_kiss),
	    cmocka_unit_test(test_entry),
	    cmocka_unit_test(test_scope_and_family_count),
	    cmocka_unit_test(test_capacity_and_memory_are_fixed),
	    cmocka_unit_test(test_no_table),
	    cmocka_unit_test(test_no_entries_means_one),
	    cmocka_unit_test(test_memory_decides_the_size),
	    cmocka_unit_test(test_prefix_counts_as_one),
	    cmocka_unit_test(test_local_address),
	    cmocka_unit_test(test_expecting_a_crowd_changes_nothing),
	    cmocka_unit_test(test_timestamps_keep_their_order),
	    cmocka_unit_test(test_cursor_follows_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
