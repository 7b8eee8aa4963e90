/* SPDX-License-Identifier: BSD-2-Clause */
/* test_dcf77.c - minutes of DCF77, as pulses on a line of 50 bit/s. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../ntpd/refclock/dcf77.h"
#include "ntp_calendar.h"
#include "ntp_rng.h"

#define MINUTE INT64_C(1795335300) /* 2026-11-22 08:15 UTC, a Sunday */

static uint64_t
bcd(unsigned v, unsigned at)
{
	return (uint64_t)(v / 10 << 4 | v % 10) << at;
}

static uint64_t
parity(uint64_t bits, unsigned from, unsigned to)
{
	unsigned ones = 0;

	for (unsigned i = from; i < to; i++)
		ones += (unsigned)(bits >> i & 1);
	return (uint64_t)(ones & 1) << to;
}

/* What is sent before the minute MINUTE begins. */
static uint64_t
code(int64_t minute, bool summer, bool leap)
{
	struct ntp_date d;
	uint64_t bits;

	calendar_from_unix(minute + (summer ? 7200 : 3600), &d);
	bits = (uint64_t)(summer ? 1 : 2) << 17 | (uint64_t)leap << 19 |
	    UINT64_C(1) << 20 | UINT64_C(0x1234) << 1;
	bits |= bcd((unsigned)d.minute, 21) | bcd((unsigned)d.hour, 29) |
	    bcd((unsigned)d.day, 36) | bcd((unsigned)d.month, 45) |
	    bcd((unsigned)(d.year % 100), 50);
	bits |= (uint64_t)(d.wday == 0 ? 7 : d.wday) << 42;
	return bits | parity(bits, 21, 28) | parity(bits, 29, 35) |
	    parity(bits, 36, 58);
}

static void
minutes_are_decoded(void **state)
{
	enum ntp_leap leap;
	int64_t minute;

	(void)state;
	assert_true(dcf77_decode(code(MINUTE, false, false), &minute, &leap));
	assert_int_equal(minute, MINUTE);
	assert_int_equal(leap, NTP_LEAP_NONE);
	assert_true(dcf77_decode(code(MINUTE, true, true), &minute, &leap));
	assert_int_equal(minute, MINUTE);
	assert_int_equal(leap, NTP_LEAP_INS);
	/* any wrong bit of the time shows */
	for (unsigned i = 21; i < DCF77_BITS; i++)
		assert_false(
		    dcf77_decode(code(MINUTE, false, false) ^ UINT64_C(1) << i,
			&minute, &leap));
	assert_false(dcf77_decode(0, &minute, &leap));
	assert_false(dcf77_decode(UINT64_MAX, &minute, &leap));
}

static void
octets_of_a_line(void **state)
{
	(void)state;
	assert_false(dcf77_bit(0xf0)); /* 100 ms: the start bit and four */
	assert_false(dcf77_bit(0xf8));
	assert_true(dcf77_bit(0x00)); /* 200 ms */
	assert_true(dcf77_bit(0x80));
	assert_false(dcf77_bit(0xff));
}

/* The minutes before FIRST + N minutes, AT being when the first of their
 * pulses begins; good ones are counted. */
static unsigned
send(struct dcf77 *d, int64_t first, unsigned n, double at, unsigned spoil)
{
	unsigned good = 0;

	for (unsigned m = 0; m < n; m++) {
		int64_t minute = first + 60 * (int64_t)m;
		uint64_t bits = code(minute + 60, false, false);

		for (unsigned s = 0; s < DCF77_BITS; s++) {
			int64_t second;

			if (spoil != 0 && (m * 60 + s) % spoil == spoil - 1)
				continue;
			if (!dcf77_pulse(d, at + 60 * m + s,
				(bits >> s & 1) != 0, &second))
				continue;
			assert_int_equal(second, minute + s);
			good++;
		}
	}
	return good;
}

/* Two minutes that agree, after the one that was not whole. */
static void
seconds_are_numbered(void **state)
{
	struct dcf77 d = {.n = 17};

	(void)state;
	assert_int_equal(send(&d, MINUTE, 1, 1000.02, 0), 0);
	assert_int_equal(send(&d, MINUTE + 60, 1, 1060.02, 0), 0);
	assert_int_equal(send(&d, MINUTE + 120, 3, 1120.02, 0), 177);
	assert_int_equal(d.leap, NTP_LEAP_NONE);
	/* a minute without pulses, and the clock is not believed any more */
	assert_int_equal(send(&d, MINUTE + 900, 1, 1900, 0), 0);
}

static void
missing_pulses(void **state)
{
	struct dcf77 d = {.n = 0};

	(void)state;
	/* one in 50 is missing: no minute is whole */
	assert_int_equal(send(&d, MINUTE, 10, 5000, 50), 0);
	/* one that is missing later does no harm to the others */
	assert_true(send(&d, MINUTE + 600, 10, 5600, 400) > 300);
}

static void
noise(void **state)
{
	struct dcf77 d = {.n = 0};
	struct ntp_rng rng;
	double at = 0;

	(void)state;
	rng_seed(&rng, 77);
	for (unsigned i = 0; i < 200000; i++) {
		int64_t second;

		at += rng_below(&rng, 4) == 0
		    ? (double)rng_below(&rng, 3000) * 1e-3
		    : i % 59 == 0 ? 2
				  : 1;
		assert_false(
		    dcf77_pulse(&d, at, rng_below(&rng, 2) == 0, &second));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(minutes_are_decoded),
	    cmocka_unit_test(octets_of_a_line),
	    cmocka_unit_test(seconds_are_numbered),
	    cmocka_unit_test(missing_pulses),
	    cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
