/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_era.c - the base date, and which era a timestamp is of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ntp_era.h"
#include "ntp_err.h"
#include "ntp_rng.h"

#define ERA	  4294967296.0 /* s */
#define Y2024	  INT64_C(1704067200)
#define Y2026	  INT64_C(1767225600)
#define Y2100	  INT64_C(4102444800)
#define DAYS_2024 "45290"

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		int err;
		int64_t base;
	} t[] = {
	    {"2024-01-01", 0, Y2024},
	    {DAYS_2024, 0, Y2024},
	    {"25567", 0, 0},
	    {"1970-01-01", 0, 0},
	    {"2024-02-29", 0, Y2024 + 59 * 86400},
	    {"2199-12-31", 0, INT64_C(7258118400) - 86400},
	    {"2200-01-01", -NTP_ERANGE, 0},
	    {"1969-12-31", -NTP_ERANGE, 0},
	    {"25566", -NTP_ERANGE, 0},
	    {"-1", -NTP_ERANGE, 0},
	    {"99999999999999", -NTP_ERANGE, 0},
	    {"2023-02-29", -NTP_EFORMAT, 0},
	    {"2024-13-01", -NTP_EFORMAT, 0},
	    {"2024-00-10", -NTP_EFORMAT, 0},
	    {"2024-1-1", -NTP_EFORMAT, 0},
	    {"2024-01-011", -NTP_EFORMAT, 0},
	    {"today", -NTP_EFORMAT, 0},
	    {"", -NTP_EFORMAT, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		int64_t base = 0;
		char text[ERA_TEXT];

		assert_int_equal(era_parse(t[i].text, &base), t[i].err);
		if (t[i].err != 0)
			continue;
		assert_true(base == t[i].base);
		assert_int_equal(era_parse(era_format(text, base), &base), 0);
		assert_true(base == t[i].base);
	}
}

/* From a clock at NOW to TRUTH, as timestamps tell it. */
static double
told(int64_t now, int64_t truth)
{
	return ts_diff(ts_from_unix(truth, 0), ts_from_unix(now, 0));
}

static void
test_unfold(void **state)
{
	struct ntp_rng r;

	(void)state;
	/* 76 years ahead look like 60 years back */
	assert_true(told(Y2024, Y2100) < 0);
	assert_true(era_unfold(Y2024, ts_from_unix(Y2024, 0),
			told(Y2024, Y2100)) == (double)(Y2100 - Y2024));
	assert_true(
	    era_unfold(Y2024, ts_from_unix(Y2026, 0), -86400) == -86400);
	assert_true(era_unfold(Y2024, ts_from_unix(Y2026, 0), 1e9) == 1e9);
	rng_seed(&r, 1);
	for (int i = 0; i < 10000; i++) {
		/* a clock not long after the base, the truth anywhere */
		int64_t now = Y2024 + (int64_t)rng_below(&r, INT32_MAX);
		int64_t truth = Y2024 + (int64_t)rng_below(&r, UINT32_MAX);
		double off =
		    era_unfold(Y2024, ts_from_unix(now, 0), told(now, truth));

		assert_true(off == (double)(truth - now));
	}
	/* who could not be set to the base date keeps what he is told */
	assert_true(era_unfold(Y2026, ts_from_unix(Y2024, 0), -5) == -5);
	assert_true(era_unfold(Y2026, ts_from_unix(Y2024, 0), 5 + ERA / 4) ==
	    5 + ERA / 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_unfold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
