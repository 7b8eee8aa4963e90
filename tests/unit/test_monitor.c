/* SPDX-License-Identifier: BSD-2-Clause */
/* test_monitor.c - the client table and the rate limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ntp_monitor.h"
#include "ntp_restrict.h"
#include "ntp_rng.h"

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
	assert_int_equal(record(m, 2, 0), MRU_PASS);
	assert_int_equal(record(m, 2, 0.49), MRU_KISS);
	assert_int_equal(record(m, 3, 0), MRU_PASS);
	assert_int_equal(record(m, 3, 0.51), MRU_PASS);
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
	struct ntp_addr a = host(7);
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
	a.port = 5;
	e = mru_find(m, &a);
	assert_non_null(e);
	assert_int_equal(e->addr.port, 123);
	assert_int_equal(e->count, 2);
	assert_int_equal(e->dropped, 1);
	assert_int_equal(e->modever, 35);
	assert_int_equal(e->flags, RES_NOTRAP | RES_LIMITED | RES_KOD);
	assert_true(ts_equal(e->first_ts, at(10).sys));
	tell(m, &a, V4CLIENT, true, UNLUCKY, at(100));
	assert_int_equal(e->flags, 0);
	assert_int_equal(e->first.ns, at(10).mono.ns);
	assert_int_equal(e->last.ns, at(100).mono.ns);
	assert_true(ts_equal(e->last_ts, at(100).sys));
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
	size_t mem = mru_memory(m);

	(void)state;
	assert_null(mru_newest(m));
	for (uint32_t i = 0; i < 100000; i++)
		record(m, i, i);
	assert_int_equal(mru_depth(m), 100);
	assert_int_equal(mru_deepest(m), 100);
	assert_int_equal(mru_capacity(m), 100);
	assert_int_equal(mru_memory(m), mem);
	assert_true(mem >= 100 * sizeof(struct mru_entry));
	mru_free(&m);
}

static void
test_no_table(void **state)
{
	(void)state;
	assert_int_equal(mru_depth(NULL), 0);
	assert_int_equal(mru_deepest(NULL), 0);
	assert_int_equal(mru_capacity(NULL), 0);
	assert_int_equal(mru_memory(NULL), 0);
}

/* Addresses in order of use, newest first. */
struct model {
	uint32_t host[16];
	uint64_t count[16];
	size_t n;
};

static void
model_use(struct model *l, size_t cap, uint32_t h)
{
	size_t i = 0;
	uint64_t count = 0;

	while (i < l->n && l->host[i] != h)
		i++;
	if (i < l->n)
		count = l->count[i];
	else if (l->n < cap)
		l->n++;
	else
		i = cap - 1;
	memmove(l->host + 1, l->host, i * sizeof l->host[0]);
	memmove(l->count + 1, l->count, i * sizeof l->count[0]);
	l->host[0] = h;
	l->count[0] = count + 1;
}

static void
compare_with_model(const struct mru *m, const struct model *l)
{
	const struct mru_entry *e = mru_newest(m);

	for (size_t i = 0; i < l->n; i++, e = mru_older(m, e)) {
		struct ntp_addr a = host(l->host[i]);

		assert_non_null(e);
		assert_true(addr_equal(&e->addr, &a));
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
	for (size_t cap = 1; cap <= 16; cap++) {
		struct mru *m = table(cap, 0);
		struct model l = {.n = 0};

		for (int i = 0; i < 2000; i++) {
			uint32_t h = (uint32_t)rng_below(&r, cap + 5);

			record(m, h, i);
			model_use(&l, cap, h);
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
	assert_int_equal(mru_capacity(m), 1);
	assert_int_equal(mru_depth(m), 1);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
