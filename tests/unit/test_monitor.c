/* SPDX-License-Identifier: BSD-2-Clause */
/* test_monitor.c - the client table and the rate limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "ntp_monitor.h"
#include "ntp_restrict.h"
#include "ntp_rng.h"
#include "threat.h"

#define UNLUCKY	 1U /* not a multiple of 2^leak_log2 */
#define V4CLIENT (4 * 8 + 3)

static const uint8_t seed[16] = "0123456789abcde";
static const uint16_t limited = RES_LIMITED | RES_KOD;

static struct mru *
table(size_t entries, uint8_t leak_log2)
{
	struct mru_param p = {.entries = entries,
	    .average = 3,
	    .minimum = 2,
	    .leak_log2 = leak_log2};
	struct mru *m = mru_new(&p, seed);

	assert_non_null(m);
	return m;
}

static struct ntp_addr
host(uint32_t n)
{
	struct ntp_addr a = {.family = ADDR_V4, .port = 40000};

	a.ip[0] = 10;
	a.ip[1] = (uint8_t)(n >> 16);
	a.ip[2] = (uint8_t)(n >> 8);
	a.ip[3] = (uint8_t)n;
	return a;
}

static struct ntp_now
at(double s)
{
	struct ntp_now now = {{(uint64_t)(3.9e9 + s) << 32}, {0}};

	now.mono = mono_add((ntp_mono){5000000000}, s);
	return now;
}

static enum mru_verdict
tell(struct mru *m, const struct ntp_addr *src, uint8_t modever, bool limit,
    uint32_t rnd, struct ntp_now now)
{
	struct mru_packet p = {.src = src,
	    .modever = modever,
	    .flags = limit ? limited : 0,
	    .limit = limit,
	    .rnd = rnd};

	return mru_record(m, &p, now);
}

static enum mru_verdict
record(struct mru *m, uint32_t n, double s)
{
	struct ntp_addr a = host(n);

	return tell(m, &a, V4CLIENT, true, UNLUCKY, at(s));
}

/* One packet a second gains 5 s of headway each; the limit is 64 - 8. */
static void
test_average_rule(void **state)
{
	struct mru *m = table(10, 0);
	int s;

	(void)state;
	for (s = 0; s <= 12; s++)
		assert_int_equal(record(m, 1, s), MRU_PASS);
	/* 60 s used up: one kiss, which costs 72 in all. */
	assert_int_equal(record(m, 1, 13), MRU_KISS);
	for (s = 14; s <= 21; s++)
		assert_int_equal(record(m, 1, s), MRU_LIMITED);
	/* 72 - 9 is below 64 again. */
	assert_int_equal(record(m, 1, 22), MRU_KISS);
	assert_int_equal(record(m, 1, 22 + 72), MRU_PASS);
	mru_free(&m);
	assert_null(m);
}

/* 2^average s apart nobody is ever limited. */
static void
test_polite_client_is_never_limited(void **state)
{
	struct mru *m = table(10, 0);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(record(m, 1, 8.0 * i), MRU_PASS);
	mru_free(&m);
}

/* Whole seconds count: 0.5 s is one, less is none, and the default minimum of
 * 2 s wants one. */
static void
test_minimum_rule(void **state)
{
	struct mru *m = table(10, 0);

	(void)state;
	assert_int_equal(record(m, 1, 0), MRU_PASS);
	assert_int_equal(record(m, 1, 0.0003), MRU_KISS);
	assert_int_equal(record(m, 1, 0.0006), MRU_LIMITED);
	assert_int_equal(record(m, 1, 0.0009), MRU_LIMITED);
	assert_int_equal(record(m, 2, 1), MRU_PASS);
	assert_int_equal(record(m, 2, 1.49), MRU_KISS);
	assert_int_equal(record(m, 3, 2), MRU_PASS);
	assert_int_equal(record(m, 3, 2.51), MRU_PASS);
	mru_free(&m);
}

static void
test_without_limit_everything_passes(void **state)
{
	struct mru *m = table(10, 0);
	struct ntp_addr a = host(1);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(
		    tell(m, &a, V4CLIENT, false, UNLUCKY, at(0)), MRU_PASS);
	assert_int_equal(mru_find(m, &a)->count, 100);
	assert_int_equal(mru_find(m, &a)->dropped, 0);
	mru_free(&m);
}

/* A forger floods in the name of V: V is still heard one time in four, and at
 * most one kiss in 8 s leaves. */
static void
test_spoofed_flood_cannot_shut_out(void **state)
{
	struct mru *m = table(10, 2);
	struct ntp_rng r;
	struct ntp_addr a = host(1);
	unsigned pass = 0, kiss = 0;

	(void)state;
	rng_seed(&r, 11);
	for (int i = 0; i < 20000; i++) {
		enum mru_verdict v = tell(
		    m, &a, V4CLIENT, true, (uint32_t)rng_u64(&r), at(i * 0.01));

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
	struct mru *m = table(10, 2);
	struct ntp_addr a = host(1);

	(void)state;
	record(m, 1, 0);
	assert_int_equal(tell(m, &a, V4CLIENT, true, 8, at(0)), MRU_PASS);
	assert_int_equal(record(m, 1, 0), MRU_KISS);
	mru_free(&m);
}

static void
test_entry(void **state)
{
	struct mru *m = table(10, 0);
	struct ntp_addr a = host(7), b;
	struct mru_packet other;
	const struct mru_entry *e;

	(void)state;
	tell(m, &a, 1 * 8 + 3, true, UNLUCKY, at(10));
	a.port = 123;
	other = (struct mru_packet){.src = &a,
	    .modever = V4CLIENT,
	    .flags = RES_NOTRAP | limited,
	    .limit = true,
	    .rnd = UNLUCKY};
	mru_record(m, &other, at(10));
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
	assert_true(mru_first(e) == at(10).mono.ns);
	tell(m, &a, V4CLIENT, true, UNLUCKY, at(100));
	assert_int_equal(e->flags, 0);
	assert_true(mru_first(e) == at(10).mono.ns);
	assert_true(e->last == at(100).mono.ns);
	mru_free(&m);
}

static void
test_scope_and_family_count(void **state)
{
	struct mru *m = table(10, 0);
	struct ntp_addr a = {.family = ADDR_V6, .ip = {0xfe, 0x80}};
	struct ntp_addr b = a, c = {.family = ADDR_V4, .ip = {0xfe, 0x80}};

	(void)state;
	b.scope = 2;
	tell(m, &a, V4CLIENT, false, 0, at(0));
	tell(m, &b, V4CLIENT, false, 0, at(0));
	tell(m, &c, V4CLIENT, false, 0, at(0));
	assert_int_equal(mru_depth(m), 3);
	assert_int_equal(mru_find(m, &b)->count, 1);
	mru_free(&m);
}

static void
test_capacity_and_memory_are_fixed(void **state)
{
	struct mru *m = table(100, 0);
	size_t mem = mru_stats(m).maxmem;

	(void)state;
	assert_null(mru_newest(m));
	assert_int_equal(mru_oldest_age(m, at(5).mono), 0);
	for (uint32_t i = 0; i < 100000; i++)
		record(m, i, i);
	assert_int_equal(mru_stats(m).depth, 100);
	assert_int_equal(mru_stats(m).deepest, 100);
	assert_int_equal(mru_stats(m).capacity, 100);
	assert_int_equal(mru_stats(m).added, 100);
	assert_int_equal(mru_stats(m).recycled_full, 99900);
	assert_int_equal(mru_stats(m).strangers, 100);
	assert_int_equal(mru_stats(m).mem, mem);
	assert_int_equal(mru_stats(m).maxmem, mem);
	assert_int_equal(mru_oldest_age(m, at(100000).mono), 100);
	mru_free(&m);
}

static void
test_no_table(void **state)
{
	(void)state;
	assert_int_equal(mru_depth(NULL), 0);
	assert_int_equal(mru_stats(NULL).capacity, 0);
	assert_int_equal(mru_oldest_age(NULL, at(5).mono), 0);
}

/* Addresses in order of use, newest first. */
struct model {
	uint32_t host[40];
	uint64_t count[40];
	size_t n, cap;
};

/* Strangers that fill an eighth go first, the oldest of them. */
static size_t
model_victim(const struct model *l)
{
	size_t strangers = 0, oldest = l->n - 1;

	for (size_t i = 0; i < l->n; i++) {
		if (l->count[i] == 1) {
			strangers++;
			oldest = i;
		}
	}
	return strangers > 0 && strangers >= l->cap / 8 ? oldest : l->n - 1;
}

static void
model_use(struct model *l, uint32_t h)
{
	size_t i = 0;
	uint64_t count = 0;

	while (i < l->n && l->host[i] != h)
		i++;
	if (i < l->n)
		count = l->count[i];
	else if (l->n < l->cap)
		l->n++;
	else
		i = model_victim(l);
	memmove(l->host + 1, l->host, i * sizeof l->host[0]);
	memmove(l->count + 1, l->count, i * sizeof l->count[0]);
	l->host[0] = h;
	l->count[0] = count + 1;
}

static void
compare_with_model(const struct mru *m, const struct model *l)
{
	const struct mru_entry *e = mru_newest(m);
	struct ntp_addr a, b;

	for (size_t i = 0; i < l->n; i++, e = mru_older(m, e)) {
		a = host(l->host[i]);
		assert_non_null(e);
		mru_addr(e, &b);
		assert_true(addr_equal(&a, &b));
		assert_int_equal(e->count, l->count[i]);
		assert_ptr_equal(mru_find(m, &a), e);
	}
	assert_null(e);
	assert_int_equal(mru_depth(m), l->n);
}

/* Small tables make long chains and constant replacement. */
static void
test_against_a_model(void **state)
{
	struct ntp_rng r;

	(void)state;
	rng_seed(&r, 3);
	for (size_t cap = 1; cap <= 40; cap++) {
		struct mru *m = table(cap, 0);
		struct model l = {.cap = cap};

		for (int i = 0; i < 2000; i++) {
			uint32_t h = (uint32_t)rng_below(&r, cap + 5);

			record(m, h, i);
			model_use(&l, h);
			compare_with_model(m, &l);
		}
		mru_free(&m);
	}
}

static void
test_no_entries_means_one(void **state)
{
	struct mru *m = table(0, 0);

	(void)state;
	record(m, 1, 0);
	record(m, 2, 0);
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
		m = mru_new(&p, seed);
		assert_non_null(m);
		assert_true(mru_stats(m).maxmem <= sizes[i]);
		assert_true(mru_stats(m).maxmem + 128 > sizes[i]);
		assert_true(mru_stats(m).mem <= mru_stats(m).maxmem);
		mru_free(&m);
	}
}

/* --- who goes when it is full -------------------------------------------- */

static struct mru *
guarded(size_t entries, size_t mindepth, int32_t maxage)
{
	struct mru_param p = {.entries = entries,
	    .average = 3,
	    .minimum = 2,
	    .mindepth = mindepth,
	    .maxage = maxage,
	    .minage = 64,
	    .monitor = 3000};
	struct mru *m = mru_new(&p, seed);

	assert_non_null(m);
	return m;
}

static bool
knows(const struct mru *m, uint32_t n)
{
	struct ntp_addr a = host(n);

	return mru_find(m, &a) != NULL;
}

/*
 * 1000 clients ask every 64 s, once a table of 4096 is in use; meanwhile ten
 * million forged addresses ask once each, 50000 a second.
 */
static void
test_flood_of_strangers(void **state)
{
	struct mru *m = guarded(4096, 600, 3600);
	struct ntp_rng r;
	uint32_t flood = 1 << 20, left = 0;
	struct ntp_addr a;

	(void)state;
	rng_seed(&r, 5);
	for (uint32_t i = 0; i < 4 * 1000; i++)
		record(m, i % 1000, i * 0.064);
	for (uint32_t i = 0; i < 10000000; i++) {
		a = host(flood + i % (1 << 23));
		a.ip[0] = (uint8_t)(11 + (i >> 23));
		tell(m, &a, V4CLIENT, true, (uint32_t)rng_u64(&r),
		    at(256 + i * 2e-5));
		if (i % 3200 == 0)
			record(m, i / 3200 % 1000, 256 + i * 2e-5);
	}
	assert_int_equal(mru_depth(m), 4096);
	for (uint32_t i = 0; i < 1000; i++)
		left += knows(m, i);
	assert_int_equal(left, 1000);
	mru_free(&m);
}

/* Who is forged twice is no stranger; minage protects who asks every 16 s. */
static void
test_flood_of_pairs(void **state)
{
	struct mru *m = guarded(4096, 600, 3600);
	struct ntp_rng r;
	struct ntp_addr a;
	uint32_t left = 0;

	(void)state;
	rng_seed(&r, 6);
	for (uint32_t i = 0; i < 4 * 4096; i++)
		record(m, i % 4096, i / 256.0);
	for (uint32_t i = 0; i < 1000000; i++) {
		a = host((1 << 20) + i / 2);
		tell(m, &a, V4CLIENT, true, (uint32_t)rng_u64(&r),
		    at(64 + i * 1e-4));
		if (i % 39 == 0)
			record(m, i / 39 % 4096, 64 + i * 1e-4);
	}
	for (uint32_t i = 0; i < 4096; i++)
		left += knows(m, i);
	assert_int_equal(left, 4096);
	assert_true(mru_stats(m).none > 0);
	mru_free(&m);
}

static void
test_young_clients_are_not_replaced(void **state)
{
	struct mru *m = guarded(16, 0, 3600);

	(void)state;
	for (uint32_t i = 0; i < 32; i++)
		record(m, i % 16, i);
	assert_int_equal(record(m, 100, 63), MRU_PASS);
	assert_false(knows(m, 100));
	assert_int_equal(mru_stats(m).none, 1);
	/* 100 s old, of 3000: the chance is 1 in 30 */
	for (uint32_t i = 0; i < 300 && mru_stats(m).recycled_full == 0; i++) {
		struct ntp_addr a = host(200);

		tell(m, &a, V4CLIENT, true, i * (UINT32_MAX / 300), at(116));
	}
	assert_true(knows(m, 200));
	assert_false(knows(m, 0));
	mru_free(&m);
}

static void
test_maxage_recycles_above_mindepth(void **state)
{
	struct mru *m = guarded(100, 10, 60);

	(void)state;
	for (uint32_t i = 0; i < 30; i++)
		record(m, i, i);
	assert_int_equal(mru_depth(m), 30);
	record(m, 50, 59.5);
	assert_int_equal(mru_depth(m), 31);
	record(m, 51, 60.5);
	assert_int_equal(mru_depth(m), 31);
	assert_false(knows(m, 0));
	assert_int_equal(mru_stats(m).recycled_old, 1);
	mru_free(&m);
	m = guarded(100, 10, -1);
	for (uint32_t i = 0; i < 30; i++)
		record(m, i, 0);
	assert_int_equal(mru_depth(m), 10);
	mru_free(&m);
}

static void
test_prefix_counts_as_one(void **state)
{
	struct mru_param p = {.entries = 10, .v6bits = 60};
	struct mru *m = mru_new(&p, seed);
	struct ntp_addr a = {
	    .family = ADDR_V6, .ip = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0x10}};
	struct ntp_addr b = a;

	(void)state;
	b.ip[7] = 0x1f;
	b.ip[15] = 9;
	tell(m, &b, V4CLIENT, false, 0, at(0));
	tell(m, &a, V4CLIENT, false, 0, at(0));
	assert_int_equal(mru_depth(m), 1);
	b.ip[7] = 0x20;
	assert_null(mru_find(m, &b));
	mru_addr(mru_newest(m), &b);
	assert_true(addr_equal(&a, &b));
	/* IPv4 is not concerned */
	record(m, 1, 0);
	record(m, 2, 0);
	assert_int_equal(mru_depth(m), 3);
	mru_free(&m);
}

static void
test_local_address(void **state)
{
	struct mru *m = table(200, 0);
	struct ntp_addr a, here, there = host(4000);
	struct mru_packet p = {.src = &a, .dst = &here};

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		a = host(i);
		here = host(1000 + i);
		mru_record(m, &p, at(0));
		assert_true(mru_came_to(m, mru_newest(m), &here) == (i < 63));
		assert_false(mru_came_to(m, mru_newest(m), &there));
	}
	p.dst = NULL;
	mru_record(m, &p, at(0));
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
			tell(m, &src[i], 35, true, i, at(s));
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
	struct mru *a = table(CAPACITY, 0), *b = table(CAPACITY, 0);
	struct ntp_addr src[CROWD];
	uint32_t rnd = 1;

	(void)state;
	mru_expect(NULL, src, 0);
	for (unsigned k = 0; k < CROWDS; k++) {
		for (unsigned i = 0; i < CROWD; i++) {
			rnd = rnd * 1664525U + 1013904223U;
			src[i] = host((rnd >> 8) % (2 * CAPACITY));
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
	struct mru *m = table(10, 0);
	struct ntp_now now = at(100);
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
	struct mru *m = table(5, 0);
	struct mru_cursor c, d;

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		record(m, i, i);
	mru_cursor_start(m, &c, NULL);
	mru_cursor_start(m, &d, mru_newest(m));
	assert_int_equal(host_at(m, &c), 0);
	assert_int_equal(host_at(m, &d), 4);
	assert_false(mru_cursor_older(m, &c));
	record(m, 0, 5); /* moves */
	assert_int_equal(host_at(m, &c), 1);
	record(m, 9, 6); /* 1, a stranger, is replaced */
	assert_int_equal(host_at(m, &c), 2);
	mru_cursor_newer(m, &c);
	assert_int_equal(host_at(m, &c), 3);
	assert_true(mru_cursor_older(m, &c));
	assert_int_equal(host_at(m, &c), 2);
	assert_int_equal(host_at(m, &d), 4);
	mru_cursor_newer(m, &d);
	mru_cursor_newer(m, &d);
	assert_int_equal(host_at(m, &d), 9);
	record(m, 9, 7); /* the newest moves: nothing newer is left */
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
	    cmocka_unit_test(test_against_a_model),
	    cmocka_unit_test(test_no_entries_means_one),
	    cmocka_unit_test(test_memory_decides_the_size),
	    THREAT("N-eviction", test_flood_of_strangers),
	    cmocka_unit_test(test_flood_of_pairs),
	    cmocka_unit_test(test_young_clients_are_not_replaced),
	    cmocka_unit_test(test_maxage_recycles_above_mindepth),
	    cmocka_unit_test(test_prefix_counts_as_one),
	    cmocka_unit_test(test_local_address),
	    cmocka_unit_test(test_expecting_a_crowd_changes_nothing),
	    cmocka_unit_test(test_timestamps_keep_their_order),
	    cmocka_unit_test(test_cursor_follows_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
