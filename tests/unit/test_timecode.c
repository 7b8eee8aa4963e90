/* SPDX-License-Identifier: BSD-2-Clause */
/* test_timecode.c - time codes of one line, by their makers' manuals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../ntpd/refclock/serial.h"
#include "../../ntpd/refclock/timecode_parse.h"
#include "ntp_refclock.h"
#include "ntp_rng.h"
#include "threat.h"

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
	assert_true(t.at_end && t.early > 0.9 && t.rolls);
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
zyfer(void **state)
{
	struct timecode t;

	(void)state;
	tells(CLOCK_ZYFER, "!TIME,2026,326,08,15,30,2,4,1", THEN);
	assert_int_equal(
	    parse(CLOCK_ZYFER, "!TIME,2002,017,07,59,32,2,4,1", &t),
	    TIMECODE_GOOD);
	assert_int_equal(timecode_unix(&t, NEAR), INT64_C(1011254372));
	assert_true(t.has_year && !t.at_end);
	/* GPS time, manual time; warming up, coasting */
	assert_int_equal(
	    parse(CLOCK_ZYFER, "!TIME,2026,326,08,15,30,1,4,1", &t),
	    TIMECODE_UNSYNC);
	assert_int_equal(
	    parse(CLOCK_ZYFER, "!TIME,2026,326,08,15,30,5,4,1", &t),
	    TIMECODE_UNSYNC);
	assert_int_equal(
	    parse(CLOCK_ZYFER, "!TIME,2026,326,08,15,30,2,9,0", &t),
	    TIMECODE_UNSYNC);
	assert_int_equal(
	    parse(CLOCK_ZYFER, "!TIME,2026,326,08,15,30,2,6,2", &t),
	    TIMECODE_UNSYNC);
	assert_int_equal(parse(CLOCK_ZYFER, "!TIME,2026,326,08,15,30,2,6,", &t),
	    TIMECODE_OTHER);
	assert_int_equal(
	    parse(CLOCK_ZYFER, "!TIME,2026,367,08,15,30,2,4,1", &t),
	    TIMECODE_MALFORMED);
}

static void
keep_line(void *arg, const struct line *l)
{
	char *out = arg;

	assert_int_equal(l->len, 29);
	memcpy(out + strlen(out), l->text, l->len + 1);
	assert_int_equal(l->begin.tv_sec, 7);
}

/* Lines without an end, in pieces of any size, and with noise between. */
static void
lines_that_do_not_end(void **state)
{
	static const char sent[] = "17,07,59,3!TIME,20!TIME,2026,326,08,15,30,2"
				   ",4,1!TIME,2026,326,08,15,31,2,4,1zzzz!T";
	struct timespec at = {7, 0};

	(void)state;
	for (size_t piece = 1; piece < sizeof sent; piece++) {
		char buf[64], got[100] = "";
		struct linebuf b = {
		    .buf = buf, .cap = sizeof buf, .head = '!', .octets = 29};

		for (size_t i = 0; i < sizeof sent - 1; i += piece) {
			size_t left = sizeof sent - 1 - i;

			(void)linebuf_feed(&b, sent + i,
			    left < piece ? left : piece, &at, keep_line, got);
		}
		assert_string_equal(got,
		    "!TIME,2026,326,08,15,30,2,4,1"
		    "!TIME,2026,326,08,15,31,2,4,1");
	}
}

/* 08:15:30 UTC is 17:15:30 in Japan. */
static void
jjy(void **state)
{
	struct timecode t;

	(void)state;
	tells(CLOCK_JJY, "17:15:29 2026/11/22 SUN 17:15:30", THEN);
	tells(CLOCK_JJY, "17:15:30 2026/11/22 17:15:30", THEN);
	tells(CLOCK_JJY, "00:15:30 2026/11/22 00:15:30", THEN - 17 * 3600);
	tells(CLOCK_JJY, "\002J261122 1715304", THEN);
	assert_int_equal(
	    parse(CLOCK_JJY, "\002J26112201715304", &t), TIMECODE_GOOD);
	assert_int_equal(t.nsec, 400000000);
	tells(CLOCK_JJY, "\0322611220171530@@@@", THEN);
	assert_int_equal(
	    parse(CLOCK_JJY, "2611220171530@@@@", &t), TIMECODE_GOOD);
	assert_true(t.at_end && t.early == 0.5);
	tells(CLOCK_JJY, "'OK 26/11/22 6 17:15:30", THEN);
	assert_int_equal(
	    parse(CLOCK_JJY, "'NG 26/11/22 6 17:15:30", &t), TIMECODE_UNSYNC);
	assert_int_equal(parse(CLOCK_JJY, "'OK 26/13/22 6 17:15:30", &t),
	    TIMECODE_MALFORMED);
	/* over midnight, and slower than it may be */
	assert_int_equal(
	    parse(CLOCK_JJY, "23:59:59 2026/11/22 SUN 00:00:00", &t),
	    TIMECODE_OTHER);
	assert_int_equal(
	    parse(CLOCK_JJY, "17:15:29 2026/11/22 SUN 17:15:33", &t),
	    TIMECODE_OTHER);
	assert_int_equal(parse(CLOCK_JJY, "17:15:29 2026/11/22 SUN 17:15", &t),
	    TIMECODE_OTHER);
}

static enum timecode_verdict
hear_of(unsigned type, struct timecode_memory *m, const char *text,
    struct timecode *t)
{
	struct line l = {.text = text, .len = strlen(text)};

	return timecode_read(m, type, &l, t);
}

static enum timecode_verdict
hear(struct timecode_memory *m, const char *text, struct timecode *t)
{
	return hear_of(CLOCK_JJY, m, text, t);
}

#define PTB                                                                    \
	"1995-01-23 20:58:51 MEZ  "                                            \
	"10402303260219950123195849740+4%s0500              *"

/* Those that are called tell who they are. */
static void
telephone(void **state)
{
	struct timecode_memory m = {.told = false};
	struct timecode t;
	char text[90];

	(void)state;
	tells(CLOCK_MODEM, "61366 26-11-22 08:15:30 00 0 +.1 045.0 UTC(NIST) *",
	    THEN);
	assert_int_equal(
	    parse(CLOCK_MODEM,
		"61366 26-11-22 08:15:30 00 1 -.1 037.6 UTC(NBS) #", &t),
	    TIMECODE_OTHER);
	assert_int_equal(
	    parse(CLOCK_MODEM,
		"61366 26-11-22 08:15:30 00 1 -.1 037.6 UTC(NIST) #", &t),
	    TIMECODE_GOOD);
	assert_int_equal(t.leap, NTP_LEAP_INS);
	assert_true(t.measures && t.quality == '#' && t.at_end);
	assert_string_equal(t.service, "NIST");
	(void)snprintf(text, sizeof text, PTB, "000");
	assert_int_equal(strlen(text), 78);
	tells(CLOCK_MODEM, text, INT64_C(790891131));
	(void)snprintf(text, sizeof text, PTB, "+01");
	assert_int_equal(parse(CLOCK_MODEM, text, &t), TIMECODE_GOOD);
	assert_int_equal(t.leap, NTP_LEAP_INS);
	assert_string_equal(t.service, "PTB");
	assert_false(t.measures);
	(void)snprintf(text, sizeof text, PTB, "-06"); /* another month */
	assert_int_equal(parse(CLOCK_MODEM, text, &t), TIMECODE_GOOD);
	assert_int_equal(t.leap, NTP_LEAP_NONE);
	text[77] = '\0';
	assert_int_equal(parse(CLOCK_MODEM, text, &t), TIMECODE_OTHER);
	assert_int_equal(hear_of(CLOCK_MODEM, &m, "61366 326 081530 UTC", &t),
	    TIMECODE_MARK);
	assert_int_equal(hear_of(CLOCK_MODEM, &m, "*", &t), TIMECODE_GOOD);
	assert_int_equal(timecode_unix(&t, NEAR), THEN);
	assert_string_equal(t.service, "USNO");
	tells(CLOCK_MODEM, "   326 08:15:30  TZ=00", THEN);
	assert_int_equal(
	    parse(CLOCK_MODEM, "  26 326 08:15:30.000  D", &t), TIMECODE_GOOD);
	assert_string_equal(t.service, "GPS");
	assert_int_equal(
	    parse(CLOCK_MODEM, "CONNECT 9600", &t), TIMECODE_OTHER);
}

/* The date comes first, and a mark when it is true. */
static void
marks(void **state)
{
	struct timecode_memory m = {.told = false};
	struct timecode t;

	(void)state;
	assert_int_equal(hear(&m, "\002\xe5", &t), TIMECODE_MARK);
	assert_int_equal(hear(&m, "\0022611220171530", &t), TIMECODE_MARK);
	assert_int_equal(hear(&m, "\002\xe5", &t), TIMECODE_GOOD);
	assert_int_equal(timecode_unix(&t, NEAR), THEN);
	assert_true(!t.at_end && t.early > 0.005);
	/* one mark for each */
	assert_int_equal(hear(&m, "\002\xe5", &t), TIMECODE_MARK);
	assert_int_equal(hear(&m, "\0022611220171531", &t), TIMECODE_MARK);
	assert_int_equal(hear(&m, "noise", &t), TIMECODE_OTHER);
	assert_int_equal(hear(&m, "\xe5", &t), TIMECODE_MARK);
	assert_int_equal(hear(&m, "\0022611330171531", &t), TIMECODE_MALFORMED);
	assert_int_equal(hear(&m, "\xe5", &t), TIMECODE_MARK);
}

/* What the configuration lets pass, the tables know. */
static void
modes(void **state)
{
	static const uint8_t types[] = {CLOCK_GENERIC, CLOCK_HPGPS, CLOCK_JJY};

	(void)state;
	for (size_t i = 0; i < sizeof types; i++) {
		assert_int_equal(clock_has_mode(clock_kind(types[i]), 133),
		    types[i] == CLOCK_GENERIC);
		for (unsigned mode = 0; mode < 128; mode++)
			assert_int_equal(timecode_line(types[i], mode) != NULL,
			    clock_has_mode(clock_kind(types[i]), mode));
	}
	assert_true(clock_has_mode(clock_kind(CLOCK_GENERIC), 135));
	assert_true(clock_has_mode(clock_kind(CLOCK_NMEA), 0x51));
}

static void
lines(void **state)
{
	(void)state;
	assert_int_equal(timecode_line(CLOCK_GENERIC, 7)->baud, 19200);
	assert_int_equal(timecode_line(CLOCK_GENERIC, 2)->frame, SERIAL_7E2);
	assert_true(timecode_line(CLOCK_GENERIC, 5)->raw);
	assert_null(timecode_line(CLOCK_GENERIC, 6));
	assert_int_equal(timecode_line(CLOCK_HPGPS, 1)->frame, SERIAL_7N2);
	assert_null(timecode_line(CLOCK_HPGPS, 2));
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
	    {CLOCK_GENERIC, "\00222.11.26; 7; 09:15:30; +01:00;        ;"},
	    {CLOCK_ZYFER, "!TIME,2026,326,08,15,30,2,4,1"},
	    {CLOCK_JJY, "17:15:29 2026/11/22 SUN 17:15:30"},
	    {CLOCK_JJY, "\002J26112201715304"},
	    {CLOCK_JJY, "2611220171530@@@@"},
	    {CLOCK_JJY, "'OK 26/11/22 6 17:15:30"},
	    {CLOCK_MODEM, "61366 26-11-22 08:15:30 00 0 +.1 045.0 UTC(NIST) *"},
	    {CLOCK_MODEM, "61366 326 081530 UTC"}};
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
	    cmocka_unit_test(zyfer),
	    THREAT("CVE-2026-18321", lines_that_do_not_end),
	    cmocka_unit_test(jjy),
	    cmocka_unit_test(marks),
	    cmocka_unit_test(telephone),
	    cmocka_unit_test(modes),
	    cmocka_unit_test(lines),
	    cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
