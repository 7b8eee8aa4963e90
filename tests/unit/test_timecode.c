/* SPDX-License-Identifier: BSD-2-Clause */
/* test_timecode.c - time codes of one line, by their makers' manuals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../ntpd/refclock/timecode_parse.h"
#include "ntp_refclock.h"
#include "ntp_rng.h"

#define THEN INT64_C(1795335330) /* 2026-11-22 08:15:30, day 326 */
#define NEAR (THEN + 40)

static enum timecode_verdict
parse(unsigned type, const char *text, struct timecode *t)
{
	return timecode_parse(type, text, strlen(text), t);
}

static void
tells(unsigned type, const char *text, int64_t want)
{
	struct timecode t;

	if (parse(type, text, &t) != TIMECODE_GOOD)
		fail_msg("%s", text);
	if (timecode_unix(&t, NEAR) != want)
		fail_msg("%s: %lld", text, (long long)timecode_unix(&t, NEAR));
}

static void
spectracom(void **state)
{
	struct timecode t;

	(void)state;
	tells(CLOCK_SPECTRACOM, "   326 08:15:30  TZ=00", THEN);
	tells(CLOCK_SPECTRACOM, "  26 326 08:15:30.123  D", THEN);
	assert_int_equal(
	    parse(CLOCK_SPECTRACOM, "  26 326 08:15:30.123 L ", &t),
	    TIMECODE_GOOD);
	assert_int_equal(t.leap, NTP_LEAP_INS);
	assert_int_equal(t.nsec, 123000000);
	assert_false(t.at_end);
	assert_int_equal(parse(CLOCK_SPECTRACOM, "?  326 08:15:30  TZ=00", &t),
	    TIMECODE_UNSYNC);
	assert_int_equal(parse(CLOCK_SPECTRACOM, "? 26 326 08:15:30.123  ", &t),
	    TIMECODE_UNSYNC);
	/* its zone must be UTC */
	assert_int_equal(parse(CLOCK_SPECTRACOM, "   326 08:15:30  TZ=05", &t),
	    TIMECODE_OTHER);
}

static void
truetime(void **state)
{
	struct timecode t;

	(void)state;
	tells(CLOCK_TRUETIME, "\001326:08:15:30 ", THEN);
	tells(CLOCK_TRUETIME, "326:08:15:30.", THEN);
	assert_int_equal(
	    parse(CLOCK_TRUETIME, "\001326:08:15:30?", &t), TIMECODE_UNSYNC);
	assert_int_equal(
	    parse(CLOCK_TRUETIME, "\001326:24:15:30 ", &t), TIMECODE_MALFORMED);
	assert_int_equal(
	    parse(CLOCK_TRUETIME, "\001000:08:15:30 ", &t), TIMECODE_MALFORMED);
	assert_int_equal(
	    parse(CLOCK_TRUETIME, "\001326:08:15:3", &t), TIMECODE_OTHER);
	assert_int_equal(
	    parse(CLOCK_TRUETIME, "\001326:08:15:30 ", &t), TIMECODE_GOOD);
	assert_true(t.at_end && !t.has_year);
}

/* Around New Year the year is that of the nearest such day. */
static void
years_that_are_not_told(void **state)
{
	int64_t newyear = INT64_C(1798761600); /* 2027-01-01 */
	struct timecode t;

	(void)state;
	assert_int_equal(
	    parse(CLOCK_TRUETIME, "365:23:59:59 ", &t), TIMECODE_GOOD);
	assert_int_equal(timecode_unix(&t, newyear + 5), newyear - 1);
	assert_int_equal(timecode_unix(&t, newyear - 5), newyear - 1);
	assert_int_equal(
	    parse(CLOCK_TRUETIME, "001:00:00:01 ", &t), TIMECODE_GOOD);
	assert_int_equal(timecode_unix(&t, newyear - 5), newyear + 1);
}

static void
arbiter(void **state)
{
	struct timecode t;

	(void)state;
	tells(CLOCK_ARBITER, "  26 326 08:15:30.000   ", THEN);
	assert_int_equal(parse(CLOCK_ARBITER, "? 26 326 08:15:30.000   ", &t),
	    TIMECODE_UNSYNC);
	assert_int_equal(parse(CLOCK_ARBITER, "B5", &t), TIMECODE_OTHER);
}

/* BODY with its sum behind it. */
static const char *
summed(const char *body, char out[80])
{
	unsigned sum = 0;

	for (const char *p = strchr(body, 'T'); *p != '\0'; p++)
		sum += (unsigned char)*p;
	snprintf(out, 80, "%s%02X", body, sum & 0xff);
	return out;
}

static void
hpgps(void **state)
{
	struct timecode t;
	char text[80];

	(void)state;
	tells(CLOCK_HPGPS, summed("T22026112208153033+00", text) ? text : "",
	    THEN);
	assert_int_equal(parse(CLOCK_HPGPS,
			     summed("scpi > T22026112208153033+00", text), &t),
	    TIMECODE_GOOD);
	assert_int_equal(t.leap, NTP_LEAP_INS);
	assert_true(t.at_end && t.early > 0.9);
	assert_int_equal(
	    parse(CLOCK_HPGPS, summed("T22026112208153033-00", text), &t),
	    TIMECODE_GOOD);
	assert_int_equal(t.leap, NTP_LEAP_DEL);
	assert_int_equal(
	    parse(CLOCK_HPGPS, summed("T22026112208153099001", text), &t),
	    TIMECODE_UNSYNC);
	text[strlen(text) - 1] ^= 1;
	assert_int_equal(parse(CLOCK_HPGPS, text, &t), TIMECODE_MALFORMED);
	assert_int_equal(
	    parse(CLOCK_HPGPS, "T22026112208153033", &t), TIMECODE_OTHER);
	assert_int_equal(
	    parse(CLOCK_HPGPS, "scpi > :PTIME:TCODE?", &t), TIMECODE_OTHER);
}

static void
meinberg(void **state)
{
	struct timecode t;

	(void)state;
	tells(CLOCK_GENERIC, "\002D:22.11.26;T:7;U:09.15.30;    ", THEN);
	tells(CLOCK_GENERIC, "\002D:22.11.26;T:7;U:10.15.30;  S ", THEN);
	tells(CLOCK_GENERIC, "\002D:22.11.26;T:7;U:08.15.30;  U ", THEN);
	tells(CLOCK_GENERIC, "\002D:22.11.26;T:7;U:00.15.30;    ",
	    THEN - 9 * 3600);
	assert_int_equal(
	    parse(CLOCK_GENERIC, "\002D:22.11.26;T:7;U:09.15.30;   A", &t),
	    TIMECODE_GOOD);
	assert_int_equal(t.leap, NTP_LEAP_INS);
	assert_int_equal(
	    parse(CLOCK_GENERIC, "\002D:22.11.26;T:7;U:09.15.30;#   ", &t),
	    TIMECODE_UNSYNC);
	assert_int_equal(
	    parse(CLOCK_GENERIC, "\002D:22.11.26;T:7;U:09.15.30; *  ", &t),
	    TIMECODE_UNSYNC);
	assert_int_equal(
	    parse(CLOCK_GENERIC, "\002D:22.13.26;T:7;U:09.15.30;    ", &t),
	    TIMECODE_MALFORMED);
	/* GPS receivers, in the form of Erlangen */
	tells(CLOCK_GENERIC,
	    "\00222.11.26; 7; 09:15:30; +01:00;        ; 51.9828N   9.2258E  "
	    "181m",
	    THEN);
	tells(
	    CLOCK_GENERIC, "\00222.11.26; 7; 03:15:30; -05:00;        ;", THEN);
}

static void
lines(void **state)
{
	(void)state;
	assert_int_equal(timecode_line(CLOCK_GENERIC, 7)->baud, 19200);
	assert_true(timecode_line(CLOCK_GENERIC, 2)->seven);
	assert_true(timecode_line(CLOCK_GENERIC, 5)->raw);
	assert_null(timecode_line(CLOCK_GENERIC, 6));
	assert_null(timecode_line(CLOCK_HPGPS, 1));
	assert_null(timecode_line(CLOCK_SHM, 0));
	assert_string_equal(timecode_line(CLOCK_ARBITER, 3)->start, "B5");
}

/* Any octets in place of those of a good line. */
static void
noise(void **state)
{
	static const struct {
		unsigned type;
		const char *text;
	} good[] = {{CLOCK_SPECTRACOM, "   326 08:15:30  TZ=00"},
	    {CLOCK_SPECTRACOM, "  26 326 08:15:30.123  D"},
	    {CLOCK_TRUETIME, "\001326:08:15:30 "},
	    {CLOCK_ARBITER, "  26 326 08:15:30.000   "},
	    {CLOCK_HPGPS, "T22026112208153033+0012"},
	    {CLOCK_GENERIC, "\002D:22.11.26;T:7;U:09.15.30;    "},
	    {CLOCK_GENERIC, "\00222.11.26; 7; 09:15:30; +01:00;        ;"}};
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 4);
	for (unsigned i = 0; i < 100000; i++) {
		size_t k = rng_below(&rng, sizeof good / sizeof good[0]);
		size_t len = strlen(good[k].text);
		struct timecode t;
		char text[64];

		memcpy(text, good[k].text, len);
		text[rng_below(&rng, len)] = (char)rng_u64(&rng);
		if ((i & 3) == 0)
			len = rng_below(&rng, len + 1);
		if (timecode_parse(good[k].type, text, len, &t) !=
		    TIMECODE_GOOD)
			continue;
		assert_in_range(t.nsec, 0, 999999999);
		assert_in_range(t.second + 400000, 0, 900000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spectracom),
	    cmocka_unit_test(truetime),
	    cmocka_unit_test(years_that_are_not_told),
	    cmocka_unit_test(arbiter),
	    cmocka_unit_test(hpgps),
	    cmocka_unit_test(meinberg),
	    cmocka_unit_test(lines),
	    cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
