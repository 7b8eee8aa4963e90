/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mrufull.c - a full client table: who goes for a newcomer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mrulab.h"
#include "ntp_rng.h"
#include "threat.h"

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
		a = mrulab_host(l->host[i]);
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
		struct mru *m = mrulab_table(cap, 0);
		struct model l = {.cap = cap};

		for (int i = 0; i < 2000; i++) {
			uint32_t h = (uint32_t)rng_below(&r, cap + 5);

			mrulab_record(m, h, i);
			model_use(&l, h);
			compare_with_model(m, &l);
		}
		mru_free(&m);
	}
}

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
	struct mru *m = mru_new(&p, mrulab_seed);

	assert_non_null(m);
	return m;
}

static bool
knows(const struct mru *m, uint32_t n)
{
	struct ntp_addr a = mrulab_host(n);

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
		mrulab_record(m, i % 1000, i * 0.064);
	for (uint32_t i = 0; i < 10000000; i++) {
		a = mrulab_host(flood + i % (1 << 23));
		a.ip[0] = (uint8_t)(11 + (i >> 23));
		mrulab_tell(m, &a, V4CLIENT, true, (uint32_t)rng_u64(&r),
		    mrulab_at(256 + i * 2e-5));
		if (i % 3200 == 0)
			mrulab_record(m, i / 3200 % 1000, 256 + i * 2e-5);
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
		mrulab_record(m, i % 4096, i / 256.0);
	for (uint32_t i = 0; i < 1000000; i++) {
		a = mrulab_host((1 << 20) + i / 2);
		mrulab_tell(m, &a, V4CLIENT, true, (uint32_t)rng_u64(&r),
		    mrulab_at(64 + i * 1e-4));
		if (i % 39 == 0)
			mrulab_record(m, i / 39 % 4096, 64 + i * 1e-4);
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
		mrulab_record(m, i % 16, i);
	assert_int_equal(mrulab_record(m, 100, 63), MRU_PASS);
	assert_false(knows(m, 100));
	assert_int_equal(mru_stats(m).none, 1);
	/* 100 s old, of 3000: the chance is 1 in 30 */
	for (uint32_t i = 0; i < 300 && mru_stats(m).recycled_full == 0; i++) {
		struct ntp_addr a = mrulab_host(200);

		mrulab_tell(m, &a, V4CLIENT, true, i * (UINT32_MAX / 300),
		    mrulab_at(116));
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
		mrulab_record(m, i, i);
	assert_int_equal(mru_depth(m), 30);
	mrulab_record(m, 50, 59.5);
	assert_int_equal(mru_depth(m), 31);
	mrulab_record(m, 51, 60.5);
	assert_int_equal(mru_depth(m), 31);
	assert_false(knows(m, 0));
	assert_int_equal(mru_stats(m).recycled_old, 1);
	mru_free(&m);
	m = guarded(100, 10, -1);
	for (uint32_t i = 0; i < 30; i++)
		mrulab_record(m, i, 0);
	assert_int_equal(mru_depth(m), 10);
	mru_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_a_model),
	    THREAT("N-eviction", test_flood_of_strangers),
	    cmocka_unit_test(test_flood_of_pairs),
	    cmocka_unit_test(test_young_clients_are_not_replaced),
	    cmocka_unit_test(test_maxage_recycles_above_mindepth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
