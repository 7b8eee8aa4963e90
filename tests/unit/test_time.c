/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_time.c - tests of timestamps, eras and conversions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_rng.h"
#include "ntp_time.h"

#define ROUNDS	     200000
#define ERA_1	     INT64_C(2085978496) /* Unix s of 2036-02-07 06:28:16 */
#define UNIX_31	     INT64_C(2147483648) /* Unix s of 2038-01-19 03:14:08 */
#define INF	     ((double)INFINITY)
#define NOT_A_NUMBER ((double)NAN)
#define IS(a, b)     assert_true((a) == (b))

static ntp_ts
ts(uint32_t sec, uint32_t frac)
{
	return (ntp_ts){(uint64_t)sec << 32 | frac};
}

static void
check_unix(ntp_ts t, int64_t pivot, int64_t sec, uint32_t nsec)
{
	int64_t s;
	uint32_t ns;

	ts_to_unix(t, pivot, &s, &ns);
	assert_int_equal(s, sec);
	assert_int_equal(ns, nsec);
}

static void
test_parts(void **state)
{
	ntp_ts t = ts(0xe8aa5b00, 0x12345678);

	(void)state;
	assert_int_equal(ts_sec(t), 0xe8aa5b00);
	assert_int_equal(ts_frac(t), 0x12345678);
	assert_true(ts_is_zero(ts(0, 0)));
	assert_false(ts_is_zero(ts(0, 1)));
	assert_true(ts_equal(t, ts(0xe8aa5b00, 0x12345678)));
	assert_false(ts_equal(t, ts(0xe8aa5b00, 0x12345679)));
}

static void
test_diff_is_signed_and_crosses_eras(void **state)
{
	(void)state;
	IS(ts_diff(ts(0x10, 0), ts(0xfffffff0, 0)), 32.0);
	IS(ts_diff(ts(0xfffffff0, 0), ts(0x10, 0)), -32.0);
	IS(ts_diff(ts(0, 0), ts(0xffffffff, 0xffffffff)), 0x1p-32);
	IS(ts_diff(ts(0x80000000, 0), ts(0x7fffffff, 0x80000000)), 0.5);
	IS(ts_diff(ts(5, 0), ts(5, 1)), -0x1p-32);
	IS(ts_diff(ts(0x7fffffff, 0), ts(0, 0)), 2147483647.0);
	IS(ts_diff(ts(0x80000000, 0), ts(0, 0)), -2147483648.0);
}

static void
test_add(void **state)
{
	(void)state;
	IS(ts_add(ts(0xffffffff, 0x80000000), 0.5).v, 0);
	IS(ts_add(ts(0, 0), -0x1p-32).v, UINT64_MAX);
	IS(ts_add(ts(0x7fffffff, 0), 1.25).v, ts(0x80000000, 0x40000000).v);
	IS(ts_add(ts(100, 0), -100.0).v, 0);
	IS(ts_add(ts(0, 0), 0.75 * 0x1p-32).v, 1);
	IS(ts_add(ts(0, 1), -0.75 * 0x1p-32).v, 0);
	IS(ts_add(ts(1, 0), 2147483647.5).v, ts(0x80000000, 0x80000000).v);
	IS(ts_add(ts(0, 0), nextafter(0x1p31, 0)).v, INT64_MAX - 1023);
}

static void
test_add_refuses_nonsense(void **state)
{
	static const double bad[] = {
	    0x1p31, -0x1p31, 1e300, -1e300, INF, -INF, NOT_A_NUMBER};
	ntp_ts t = ts(0xe8aa5b00, 0x12345678);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		IS(ts_add(t, bad[i]).v, t.v);
}

static void
test_add_undoes_diff(void **state)
{
	struct ntp_rng r;

	(void)state;
	rng_seed(&r, 1);
	for (int i = 0; i < ROUNDS; i++) {
		ntp_ts a = {rng_u64(&r)};
		/* 53 bits of difference are exact in a double. */
		int64_t d = (int64_t)rng_u64(&r) >> (11 + i % 50);
		ntp_ts b = {a.v + (uint64_t)d};

		IS(ts_diff(b, a), (double)d * 0x1p-32);
		IS(ts_add(a, ts_diff(b, a)).v, b.v);
	}
}

static void
test_from_unix(void **state)
{
	(void)state;
	IS(ts_from_unix(0, 0).v, ts(NTP_UNIX_OFFSET, 0).v);
	IS(ts_from_unix_ns(1500000000).v, ts_from_unix(1, 500000000).v);
	IS(ts_from_unix_ns(-1).v, ts_from_unix(-1, 999999999).v);
	IS(ts_from_unix_ns(-2000000000).v, ts_from_unix(-2, 0).v);
	IS(ts_from_unix(-INT64_C(2208988800), 0).v, 0);
	IS(ts_from_unix(63072000, 0).v, ts(2272060800U, 0).v); /* 1972 */
	IS(ts_from_unix(ERA_1 - 1, 999999999).v, ts(UINT32_MAX, 4294967292).v);
	IS(ts_from_unix(ERA_1, 0).v, 0);
	IS(ts_from_unix(ERA_1, 500000000).v, ts(0, 0x80000000).v);
	IS(ts_from_unix(UNIX_31, 0).v, ts(61505152, 0).v);
	IS(ts_from_unix(-1, 250000000).v,
	    ts(NTP_UNIX_OFFSET - 1, 0x40000000).v);
}

static void
test_to_unix_takes_the_era_near_the_pivot(void **state)
{
	(void)state;
	check_unix(ts(NTP_UNIX_OFFSET, 0), 0, 0, 0);
	check_unix(ts(0, 0), ERA_1 - 100, ERA_1, 0);
	check_unix(ts(0, 0), 0, ERA_1, 0);
	check_unix(ts(0, 0), -INT64_C(2208988800), -INT64_C(2208988800), 0);
	check_unix(ts(0xffffffff, 0), ERA_1 + 100, ERA_1 - 1, 0);
	check_unix(ts(61505152, 0), INT64_C(1700000000), UNIX_31, 0);
	check_unix(ts(0x83aa7e80, 0), INT64_C(4294967296), 4294967296, 0);
	check_unix(ts(0x83aa7e80, 0), INT64_C(2147483647), 0, 0);
	check_unix(ts(0x83aa7e80, 0), INT64_C(2147483649), 4294967296, 0);
}

static void
test_to_unix_rounds_and_carries(void **state)
{
	(void)state;
	check_unix(ts(0x83aa7e80, 0xffffffff), 0, 1, 0);
	check_unix(ts(0x83aa7e80, 0xfffffffc), 0, 0, 999999999);
	check_unix(ts(0x83aa7e80, 2), 0, 0, 0);
	check_unix(ts(0x83aa7e80, 3), 0, 0, 1);
	check_unix(ts(0xffffffff, 0xffffffff), ERA_1, ERA_1, 0);
}

static void
test_unix_round_trip(void **state)
{
	struct ntp_rng r;

	(void)state;
	rng_seed(&r, 2);
	for (int i = 0; i < ROUNDS; i++) {
		int64_t sec = (int64_t)rng_u64(&r) >> (2 + i % 40);
		uint32_t nsec = (uint32_t)rng_below(&r, 1000000000);
		int64_t away = (int64_t)rng_below(&r, UINT32_MAX) - INT32_MAX;

		check_unix(ts_from_unix(sec, nsec), sec + away, sec, nsec);
	}
}

static void
test_short(void **state)
{
	(void)state;
	assert_int_equal(short_from_s(0.0), 0);
	assert_int_equal(short_from_s(1.0), 0x10000);
	assert_int_equal(short_from_s(1.5), 0x18000);
	assert_int_equal(short_from_s(0x1p-16), 1);
	assert_int_equal(short_from_s(0x1p-17), 1);
	assert_int_equal(short_from_s(0x1p-18), 0);
	assert_int_equal(short_from_s(65535.0), 0xffff0000);
	assert_int_equal(short_from_s(65535.99999), 0xffffffff);
	assert_int_equal(short_from_s(65536.0 - 0x1p-17), 0xffffffff);
	assert_int_equal(short_from_s(65536.0), 0xffffffff);
	assert_int_equal(short_from_s(1e300), 0xffffffff);
	assert_int_equal(short_from_s(INF), 0xffffffff);
	assert_int_equal(short_from_s(NOT_A_NUMBER), 0xffffffff);
	assert_int_equal(short_from_s(-1e-9), 0);
	assert_int_equal(short_from_s(-1e300), 0);
	assert_int_equal(short_from_s(-INF), 0);
	IS(short_to_s(0xffffffff), 65536.0 - 0x1p-16);
}

static void
test_short_round_trip(void **state)
{
	struct ntp_rng r;

	(void)state;
	rng_seed(&r, 3);
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t v = (uint32_t)rng_u64(&r);

		assert_int_equal(short_from_s(short_to_s(v)), v);
	}
}

static void
test_mono(void **state)
{
	ntp_mono t = {INT64_C(5000000000)};

	(void)state;
	assert_int_equal(mono_add(t, 1.5).ns, INT64_C(6500000000));
	assert_int_equal(mono_add(t, -6.0).ns, -INT64_C(1000000000));
	assert_int_equal(mono_add(t, 1e-9).ns, INT64_C(5000000001));
	assert_int_equal(mono_add(t, NOT_A_NUMBER).ns, t.ns);
	IS(mono_diff(mono_add(t, 64.0), t), 64.0);
	assert_true(mono_before(t, mono_add(t, 1e-9)));
	assert_false(mono_before(t, t));
}

static void
test_mono_saturates(void **state)
{
	static const int64_t starts[] = {0, INT64_MAX, INT64_MIN};
	const int64_t end = INT64_MAX / 2;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		ntp_mono t = {starts[i]};

		assert_int_equal(mono_add(t, INF).ns, end);
		assert_int_equal(mono_add(t, -INF).ns, -end);
		assert_int_equal(mono_add(t, 1e300).ns, end);
		assert_int_equal(mono_add(t, -1e10).ns, -end);
	}
	assert_int_equal(mono_add((ntp_mono){INT64_MAX}, 4e9).ns, end);
	assert_int_equal(mono_add((ntp_mono){INT64_MIN}, -4e9).ns, -end);
	assert_int_equal(mono_add((ntp_mono){end - 1}, 1).ns, end);
	assert_int_equal(mono_add((ntp_mono){0}, 1e10).ns, end);
	/* The difference of the two ends is still defined. */
	IS(mono_diff((ntp_mono){end}, mono_add((ntp_mono){0}, -1e300)),
	    0x1p63 * 1e-9);
}

static void
test_log2(void **state)
{
	(void)state;
	IS(log2_to_s(0), 1.0);
	IS(log2_to_s(17), 131072.0);
	IS(log2_to_s(-20), 0x1p-20);
	IS(log2_to_s(127), 0x1p127);
	IS(log2_to_s(-128), 0x1p-128);
}

static void
test_error_texts(void **state)
{
	(void)state;
	assert_string_equal(ntp_strerror(0), "no error");
	for (int e = 0; e < NTP_ECOUNT; e++) {
		assert_true(strlen(ntp_strerror(e)) > 3);
		assert_ptr_equal(ntp_strerror(e), ntp_strerror(-e));
		assert_string_not_equal(ntp_strerror(e), "unknown error");
		for (int f = 0; f < e; f++)
			assert_string_not_equal(
			    ntp_strerror(e), ntp_strerror(f));
	}
	assert_string_equal(ntp_strerror(NTP_ECOUNT), "unknown error");
	assert_string_equal(ntp_strerror(-NTP_ECOUNT), "unknown error");
	assert_string_equal(ntp_strerror(INT32_MIN), "unknown error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_diff_is_signed_and_crosses_eras),
	    cmocka_unit_test(test_add),
	    cmocka_unit_test(test_add_refuses_nonsense),
	    cmocka_unit_test(test_add_undoes_diff),
	    cmocka_unit_test(test_from_unix),
	    cmocka_unit_test(test_to_unix_takes_the_era_near_the_pivot),
	    cmocka_unit_test(test_to_unix_rounds_and_carries),
	    cmocka_unit_test(test_unix_round_trip),
	    cmocka_unit_test(test_short),
	    cmocka_unit_test(test_short_round_trip),
	    cmocka_unit_test(test_mono),
	    cmocka_unit_test(test_mono_saturates),
	    cmocka_unit_test(test_log2),
	    cmocka_unit_test(test_error_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
