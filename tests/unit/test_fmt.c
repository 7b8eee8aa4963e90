/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fmt.c - the exact characters that people and scripts see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_fmt.h"
#include "ntp_rng.h"

#define SEED	 UINT64_C(42)
#define JAN_2025 INT64_C(1736151250) /* 2025-01-06 08:14:10 UTC, Unix s */

static void
test_when(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} row[] = {
	    {INT64_MIN, "-"},
	    {-1, "-"},
	    {0, "-"},
	    {1, "1"},
	    {2048, "2048"},
	    {2049, "34m"},
	    {2070, "34m"},
	    {2071, "35m"},
	    {18030, "300m"},
	    {18031, "5h"},
	    {18100, "5h"},
	    {131072, "36h"},
	    {96 * 3600 + 30 * 60, "96h"},
	    {96 * 3600 + 31 * 60 + 1, "4d"},
	    {109 * 3600, "5d"},
	    {INT64_MAX, "106751991167301d"},
	};
	char out[24];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_string_equal(
		    fmt_when(out, sizeof(out), row[i].s), row[i].text);
}

/* The rule again, in plain arithmetic, for every second of five days. */
static void
test_when_follows_the_rule(void **state)
{
	char out[24], want[24];
	int64_t s, m, h;

	(void)state;
	for (s = 1; s < 5 * 86400; s++) {
		m = (s + 29) / 60;
		h = (m + 29) / 60;
		if (s <= 2048)
			snprintf(want, sizeof(want), "%d", (int)s);
		else if (m <= 300)
			snprintf(want, sizeof(want), "%dm", (int)m);
		else if (h <= 96)
			snprintf(want, sizeof(want), "%dh", (int)h);
		else
			snprintf(
			    want, sizeof(want), "%dd", (int)((h + 11) / 24));
		assert_string_equal(fmt_when(out, sizeof(out), s), want);
	}
}

static void
assert_ms7(double ms, bool plus, const char *text)
{
	char out[16];

	assert_string_equal(fmt_ms7(out, sizeof(out), ms, plus), text);
}

static void
test_ms7_cuts(void **state)
{
	(void)state;
	assert_ms7(15937.500, false, "15937.5");
	assert_ms7(1843.207, false, "1843.20");
	assert_ms7(-1843.207, false, "-1843.2");
	assert_ms7(1843.2099, false, "1843.21");
	assert_ms7(999.9996, false, "1000.00");
	assert_ms7(4.812, false, "4.812");
	assert_ms7(0.0005001, false, "0.001");
	assert_ms7(123456.789, false, "123456.");
	assert_ms7(16000.0, false, "16000.0");
	assert_ms7(0.013, true, "+0.013");
	assert_ms7(0.0, true, "+0.000");
	assert_ms7(-0.0, true, "+0.000");
	assert_ms7(-0.0, false, "0.000");
	assert_ms7(-0.318, true, "-0.318");
	assert_ms7(1843.207, true, "+1843.2");
	assert_ms7((double)NAN, false, "0.000");
	assert_ms7((double)INFINITY, false, "1000000");
	assert_ms7(-(double)INFINITY, true, "-100000");
}

static void
test_fixed(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(fmt_fixed(out, 64, -0.318204, 6), "-0.318204");
	assert_string_equal(fmt_fixed(out, 64, 1e-9, 3), "0.000");
	assert_string_equal(fmt_fixed(out, 64, 16000, 2), "16000.00");
	assert_string_equal(fmt_fixed(out, 64, 2.5, 0), "2");
	assert_string_equal(fmt_fixed(out, 64, (double)NAN, 3), "0.000");
	assert_string_equal(fmt_fixed(out, 64, -0.0, 3), "0.000");
	assert_string_equal(
	    fmt_fixed(out, 64, 1e300, 3), "1000000000000000.000");
	assert_string_equal(
	    fmt_fixed(out, 64, -(double)INFINITY, 0), "-1000000000000000");
	assert_string_equal(
	    fmt_fixed(out, 64, 1, UINT32_MAX), "1.000000000000000");
}

static void
test_capacity(void **state)
{
	char out[8] = "#######";

	(void)state;
	assert_string_equal(fmt_fixed(out, 4, 123.456, 3), "123");
	assert_int_equal(out[4], '#');
	assert_string_equal(
	    fmt_ts_cooked(out, 5, (ntp_ts){0xeb260f525be76c8c}, JAN_2025),
	    "eb26");
	assert_int_equal(out[5], '#');
	out[0] = '#';
	assert_ptr_equal(fmt_when(out, 0, 5), out);
	assert_ptr_equal(fmt_safe(out, 0, "x", 1), out);
	assert_int_equal(out[0], '#');
}

static void
test_ts_wire(void **state)
{
	char out[24];

	(void)state;
	assert_string_equal(
	    fmt_ts_wire(out, sizeof(out), (ntp_ts){0xeb260f525be76c8c}),
	    "0xeb260f52.5be76c8c");
	assert_string_equal(
	    fmt_ts_wire(out, sizeof(out), (ntp_ts){0}), "0x00000000.00000000");
	assert_string_equal(
	    fmt_ts_wire(out, sizeof(out), (ntp_ts){1}), "0x00000000.00000001");
}

static void
test_parse_ts(void **state)
{
	static const char *const bad[] = {"", "0x", "0x1.2",
	    "eb260f525be76c8c0", "eb260f52,5be76c8c", "0xeb260f52.5be76c8",
	    "0xeb260f52.5be76c8c0", " eb260f52.5be76c8c",
	    "0x0xeb260f52.5be76c8c", "eb260f5g.5be76c8c", "-b260f52.5be76c8c",
	    "0xeb260f52.+be76c8c"};
	ntp_ts t = {7};
	size_t i;

	(void)state;
	assert_int_equal(fmt_parse_ts("0xeb260f52.5be76c8c", 19, &t), 0);
	assert_int_equal(t.v, 0xeb260f525be76c8c);
	assert_int_equal(fmt_parse_ts("EB260F79.03126E98", 17, &t), 0);
	assert_int_equal(t.v, 0xeb260f7903126e98);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    fmt_parse_ts(bad[i], strlen(bad[i]), &t), -NTP_EFORMAT);
	assert_int_equal(t.v, 0xeb260f7903126e98);
}

static void
test_ts_round_trip(void **state)
{
	struct ntp_rng r;
	ntp_ts a, b;
	char out[24];
	int i;

	(void)state;
	rng_seed(&r, SEED);
	for (i = 0; i < 10000; i++) {
		a.v = rng_u64(&r) >> rng_below(&r, 64);
		fmt_ts_wire(out, sizeof(out), a);
		assert_int_equal(fmt_parse_ts(out, strlen(out), &b), 0);
		assert_int_equal(a.v, b.v);
	}
}

static void
assert_cooked(uint64_t v, int64_t pivot, const char *text)
{
	char out[64];

	assert_string_equal(
	    fmt_ts_cooked(out, sizeof(out), (ntp_ts){v}, pivot), text);
}

static void
test_ts_cooked(void **state)
{
	const int64_t y2040 = INT64_C(2208988800);

	(void)state;
	assert_cooked(0xeb260f525be76c8c, JAN_2025,
	    "eb260f52.5be76c8c  Mon, Jan  6 2025  8:14:10.359");
	assert_cooked(0xeb260f7903126e98, JAN_2025,
	    "eb260f79.03126e98  Mon, Jan  6 2025  8:14:49.012");
	assert_cooked(0, JAN_2025, "(no time)");
	assert_cooked(0xffffffffffffffff, y2040,
	    "ffffffff.ffffffff  Thu, Feb  7 2036  6:28:15.999");
	assert_cooked(0x0000000080000000, y2040,
	    "00000000.80000000  Thu, Feb  7 2036  6:28:16.500");
}

/* .359 s does not have an exact fraction, but shows as .359. */
static void
test_cooked_milliseconds(void **state)
{
	uint64_t ms, frac;
	char out[64], want[8];

	(void)state;
	for (ms = 0; ms < 1000; ms++) {
		frac = (ms << 32) / 1000;
		fmt_ts_cooked(out, sizeof(out),
		    (ntp_ts){UINT64_C(0xeb260f52) << 32 | frac}, JAN_2025);
		snprintf(want, sizeof(want), ".%03u", (unsigned)ms);
		assert_string_equal(out + strlen(out) - 4, want);
	}
}

static void
test_dates(void **state)
{
	char out[40];

	(void)state;
	assert_string_equal(
	    fmt_caldate(out, sizeof(out), INT64_C(1483228800)), "201701010000");
	assert_string_equal(
	    fmt_caldate(out, sizeof(out), JAN_2025), "202501060814");
	assert_string_equal(
	    fmt_iso8601(out, sizeof(out), JAN_2025), "2025-01-06T08:14:10Z");
	assert_string_equal(
	    fmt_iso8601(out, sizeof(out), -1), "1969-12-31T23:59:59Z");
}

static int
parse(const char *s, double *v)
{
	return fmt_parse_double(s, strlen(s), v);
}

static void
test_parse_double(void **state)
{
	static const char *const good[] = {"0", "1", "-1", "+1", "1.5", ".5",
	    "5.", "-.25e3", "1e10", "1E-10", "1e+5", "0.1", "00012.5000",
	    "0.000000000000000000000000000000000000000000000000001e51",
	    "9007199254740993", "1.7976931348623157e308", "4.9e-324",
	    "3.14159265358979323846264338327950288419716939937510"};
	static const char *const bad[] = {"", "+", "-", ".", "e5", "1e", "1e+",
	    "1.2.3", "--1", "+-1", " 1", "1 ", "1,5", "0x10", "inf", "nan",
	    "1e5.0", "1e5x", ".e1", "1_000"};
	double v = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse(good[i], &v), 0);
		assert_true(v == strtod(good[i], NULL));
	}
	v = 7;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i], &v), -NTP_EFORMAT);
	assert_true(v == 7);
}

static void
test_parse_double_range(void **state)
{
	double v = 7;

	(void)state;
	assert_int_equal(parse("1e309", &v), -NTP_ERANGE);
	assert_int_equal(parse("-1e999999999999999999999", &v), -NTP_ERANGE);
	/* 1 modulo 2^32 and modulo 2^64. */
	assert_int_equal(parse("1e4294967297", &v), -NTP_ERANGE);
	assert_int_equal(parse("1e18446744073709551617", &v), -NTP_ERANGE);
	assert_true(v == 7);
	assert_int_equal(parse("1e-999999999999999999999", &v), 0);
	assert_true(v == 0);
	assert_int_equal(parse("0e999999999999999999999", &v), 0);
	assert_true(v == 0);
	assert_int_equal(parse("-0", &v), 0);
	assert_true(signbit(v));
	assert_int_equal(fmt_parse_double("12345", 3, &v), 0);
	assert_true(v == 123);
	assert_int_equal(fmt_parse_double("1\0", 2, &v), -NTP_EFORMAT);
}

/* CVE-2023-26551 and its kin: a million digits, with and without a point. */
static void
test_parse_double_of_a_million_digits(void **state)
{
	const size_t n = 1000000;
	char *s = malloc(n + 16);
	double v;

	(void)state;
	assert_non_null(s);
	memset(s, '0', n);
	s[0] = '1';
	assert_int_equal(fmt_parse_double(s, n, &v), -NTP_ERANGE);
	snprintf(s + n, 16, "e-999999");
	assert_int_equal(parse(s, &v), 0);
	assert_true(v == 1);
	s[0] = '.';
	s[n - 1] = '1';
	snprintf(s + n, 16, "e999999");
	assert_int_equal(parse(s, &v), 0);
	assert_true(v == 1);
	memset(s, '.', n);
	assert_int_equal(fmt_parse_double(s, n, &v), -NTP_EFORMAT);
	memset(s, '9', n);
	s[1] = '.';
	assert_int_equal(fmt_parse_double(s, n, &v), 0);
	assert_true(v == 10);
	free(s);
}

/* 17 digits carry a double there and back. */
static void
test_double_round_trip(void **state)
{
	struct ntp_rng r;
	double a, b;
	char out[64];
	int i;

	(void)state;
	rng_seed(&r, SEED);
	for (i = 0; i < 20000; i++) {
		a = ldexp(rng_double(&r) - 0.5, (int)rng_below(&r, 600) - 300);
		snprintf(out, sizeof(out), "%.17g", a);
		assert_int_equal(parse(out, &b), 0);
		assert_true(a == b);
	}
}

static void
test_parse_int(void **state)
{
	static const struct {
		const char *text;
		bool hex;
		int err;
		int64_t v;
	} row[] = {
	    {"0", false, 0, 0},
	    {"-0", false, 0, 0},
	    {"+17", false, 0, 17},
	    {"-24", false, 0, -24},
	    {"007", false, 0, 7},
	    {"9223372036854775807", false, 0, INT64_MAX},
	    {"-9223372036854775808", false, 0, INT64_MIN},
	    {"9223372036854775808", false, -NTP_ERANGE, 0},
	    {"-9223372036854775809", false, -NTP_ERANGE, 0},
	    {"18446744073709551616", false, -NTP_ERANGE, 0},
	    {"99999999999999999999999999x", false, -NTP_EFORMAT, 0},
	    {"0xff", true, 0, 255},
	    {"0XFf", true, 0, 255},
	    {"-0x10", true, 0, -16},
	    {"10", true, 0, 10},
	    {"0x7fffffffffffffff", true, 0, INT64_MAX},
	    {"0xffffffffffffffff", true, -NTP_ERANGE, 0},
	    {"0xff", false, -NTP_EFORMAT, 0},
	    {"ff", true, -NTP_EFORMAT, 0},
	    {"0x", true, -NTP_EFORMAT, 0},
	    {"0xg", true, -NTP_EFORMAT, 0},
	    {"", true, -NTP_EFORMAT, 0},
	    {"-", false, -NTP_EFORMAT, 0},
	    {"+-1", false, -NTP_EFORMAT, 0},
	    {"1 ", false, -NTP_EFORMAT, 0},
	    {" 1", false, -NTP_EFORMAT, 0},
	    {"1.0", false, -NTP_EFORMAT, 0},
	};
	int64_t v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		v = 99;
		assert_int_equal(fmt_parse_int(row[i].text, strlen(row[i].text),
				     row[i].hex, &v),
		    row[i].err);
		assert_true(v == (row[i].err == 0 ? row[i].v : 99));
	}
}

static void
test_safe(void **state)
{
	char out[16];

	(void)state;
	assert_string_equal(fmt_safe(out, 16, "a b~", 4), "a b~");
	assert_string_equal(fmt_safe(out, 16, "\x1b[31m\r\n", 7), "^[[31m^M^J");
	assert_string_equal(fmt_safe(out, 16, "\0\x1f", 2), "^@^_");
	assert_string_equal(fmt_safe(out, 16, "\x7f\x80\xff", 3), "^?M-^@M-^?");
	assert_string_equal(fmt_safe(out, 4, "abcdef", 6), "abc");
	/* No half of an escape. */
	assert_string_equal(fmt_safe(out, 5, "a\xff", 2), "a");
	assert_string_equal(fmt_safe(out, 6, "a\xff", 2), "aM-^?");
	assert_string_equal(fmt_safe(out, 16, "\xe9\x9b", 2), "M-iM-^[");
	assert_string_equal(fmt_safe(out, 1, "abc", 3), "");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_when),
	    cmocka_unit_test(test_when_follows_the_rule),
	    cmocka_unit_test(test_ms7_cuts),
	    cmocka_unit_test(test_fixed),
	    cmocka_unit_test(test_capacity),
	    cmocka_unit_test(test_ts_wire),
	    cmocka_unit_test(test_parse_ts),
	    cmocka_unit_test(test_ts_round_trip),
	    cmocka_unit_test(test_ts_cooked),
	    cmocka_unit_test(test_cooked_milliseconds),
	    cmocka_unit_test(test_dates),
	    cmocka_unit_test(test_parse_double),
	    cmocka_unit_test(test_parse_double_range),
	    cmocka_unit_test(test_parse_double_of_a_million_digits),
	    cmocka_unit_test(test_double_round_trip),
	    cmocka_unit_test(test_parse_int),
	    cmocka_unit_test(test_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
