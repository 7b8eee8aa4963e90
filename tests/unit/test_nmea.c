/* SPDX-License-Identifier: BSD-2-Clause */
/* test_nmea.c - sentences of NMEA 0183, lines, and pulses beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/pps.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../ntpd/refclock/linebuf.h"
#include "../../ntpd/refclock/nmea_parse.h"
#include "../../ntpd/refclock/pulse.h"
#include "ntp_rng.h"

#define BASE INT64_C(1704067200) /* 2024-01-01 */
#define DAY  INT64_C(86400)

/* With the checksum that belongs to it. */
static enum nmea_verdict
parse(const char *body, struct nmea_time *t)
{
	unsigned sum = 0;
	char line[256];

	for (const char *p = body; *p != '\0'; p++)
		sum ^= (unsigned char)*p;
	snprintf(line, sizeof line, "$%s*%02X", body, sum);
	return nmea_parse(line, strlen(line), t);
}

static int64_t
unix_of(const char *body)
{
	struct nmea_time t;

	assert_int_equal(parse(body, &t), NMEA_GOOD);
	return nmea_unix(&t, BASE + 400 * DAY, BASE, false);
}

/* --- sentences --------------------------------------------------------------- */

/* 2026-11-22 08:15:30 is 1795335330. */
static void
sentences_with_a_date(void **state)
{
	struct nmea_time t;

	(void)state;
	assert_int_equal(unix_of("GPRMC,081530.00,A,5231.1,N,01323.9,E,0.0,,"
				 "221126,,,A"),
	    1795335330);
	assert_int_equal(
	    unix_of("GNRMC,081530,A,5231.1,N,01323.9,E,0.0,,221126"),
	    1795335330);
	assert_int_equal(
	    unix_of("GPZDA,081530.00,22,11,2026,00,00"), 1795335330);
	/* week 2446 less two rollovers, 18 leap seconds */
	assert_int_equal(unix_of("PGRMF,2446,29748,221126,081530,18,5231.1,N,"
				 "01323.9,E,A,2,0,0,1,1"),
	    1795335330);
	assert_int_equal(unix_of("PGRMF,398,29748,221126,081530,18,5231.1,N,"
				 "01323.9,E,A,2,0,0,1,1"),
	    1795335330);
	assert_int_equal(
	    unix_of("PUBX,04,081530.00,221126,29748.00,2446,18,0,0,0"),
	    1795335330);
	assert_int_equal(
	    parse("GPZDG,081548.5,22,11,2026,0.0,3", &t), NMEA_GOOD);
	assert_true(t.gps && t.dated);
	assert_int_equal(t.nsec, 500000000);
}

static void
sentences_without_a_date(void **state)
{
	struct nmea_time t;
	int64_t noon = INT64_C(1795348800); /* 2026-11-22 12:00 */

	(void)state;
	assert_int_equal(parse("GPGGA,235959.123,5231.1,N,01323.9,E,1,08,"
			       "0.9,40.0,M,45.0,M,,",
			     &t),
	    NMEA_GOOD);
	assert_int_equal(t.sentence, NMEA_GGA);
	assert_int_equal(t.nsec, 123000000);
	assert_false(t.dated);
	/* the nearest one, whichever day that is */
	assert_int_equal(
	    nmea_unix(&t, noon + DAY / 2 + 100, BASE, false), noon + 43199);
	assert_int_equal(
	    nmea_unix(&t, noon + DAY / 2 - 100, BASE, false), noon + 43199);
	assert_int_equal(
	    parse("GPGLL,5231.1,N,01323.9,E,000001,A,A", &t), NMEA_GOOD);
	assert_int_equal(t.sentence, NMEA_GLL);
	assert_int_equal(
	    nmea_unix(&t, noon + DAY / 2 - 100, BASE, false), noon + 43201);
	assert_int_equal(nmea_unix(&t, 5, BASE, false), 1);
	assert_int_equal(nmea_unix(&t, -5, BASE, false), 1);
	assert_int_equal(nmea_unix(&t, -DAY + 5, BASE, false), 1 - DAY);
}

static void
receivers_that_do_not_know(void **state)
{
	static const char *const invalid[] = {
	    "GPRMC,081530.00,V,,,,,,,221126,,,N", "GPRMC,,V,,,,,,,,,,N",
	    "GPGGA,081530.00,,,,,0,00,99.99,,,,,,", "GPGLL,,,,,081530,V,N",
	    "GPZDA,,,,,,", "GPZDG,081530.0,22,11,2026,0.0,0",
	    "PGRMF,398,29748,221126,081530,18,,,,,A,0,,,,",
	    "PUBX,04,081530.00,221126,29748.00,2446,18D,0,0,0"};
	struct nmea_time t;

	(void)state;
	for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
		if (parse(invalid[i], &t) != NMEA_INVALID)
			fail_msg("%s", invalid[i]);
}

static void
what_is_malformed(void **state)
{
	static const char *const bad[] = {
	    "GPRMC,241530,A,5231.1,N,01323.9,E,0.0,,221126",
	    "GPRMC,081560,A,5231.1,N,01323.9,E,0.0,,221126",
	    "GPRMC,08153,A,5231.1,N,01323.9,E,0.0,,221126",
	    "GPRMC,0815300,A,5231.1,N,01323.9,E,0.0,,221126",
	    "GPRMC,081530.x,A,5231.1,N,01323.9,E,0.0,,221126",
	    "GPRMC,081530,A,5231.1,N,01323.9,E,0.0,,310226",
	    "GPRMC,081530,A,5231.1,N,01323.9,E,0.0,,22112",
	    "GPRMC,081530,A,5231.1,N", "GPZDA,081530,22,13,2026,,",
	    "GPZDA,081530,0,11,2026,,", "GPZDA,081530,22,11,26,,",
	    "PGRMF,398,604800,221126,081530,18,,,,,A,2,,,,"};
	const char *wrong = "$GPZDA,081530.00,22,11,2026,00,00*00";
	struct nmea_time t;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (parse(bad[i], &t) != NMEA_MALFORMED)
			fail_msg("%s", bad[i]);
	assert_int_equal(nmea_parse(wrong, strlen(wrong), &t), NMEA_MALFORMED);
	assert_int_equal(
	    nmea_parse(wrong, strlen(wrong) - 1, &t), NMEA_MALFORMED);
	/* none at all is an old receiver's */
	assert_int_equal(nmea_parse(wrong, strlen(wrong) - 3, &t), NMEA_GOOD);
	assert_int_equal(nmea_unix(&t, 0, BASE, false), INT64_C(1795335330));
}

static void
other_lines_tell_nothing(void **state)
{
	static const char *const other[] = {"GPGSV,3,1,11,03,03,111,00",
	    "GPGSA,A,3", "PUBX,00,081530.00", "PSRF151", "RMC", "", ","};
	struct nmea_time t;

	(void)state;
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
		assert_int_equal(parse(other[i], &t), NMEA_OTHER);
	assert_int_equal(nmea_parse("GPRMC,081530", 12, &t), NMEA_OTHER);
	assert_int_equal(nmea_parse("", 0, &t), NMEA_OTHER);
}

/* A leap second is a second of its own, which ends the day. */
static void
leap_second(void **state)
{
	(void)state;
	assert_int_equal(unix_of("GPZDA,235960,31,12,2026,,"),
	    unix_of("GPZDA,000000,01,01,2027,,"));
}

/* --- dates ------------------------------------------------------------------- */

static void
weeks_that_rolled_over(void **state)
{
	struct nmea_time t;

	(void)state;
	/* 1024 and 2048 weeks before 2026-11-22 */
	assert_int_equal(unix_of("GPRMC,081530,A,,,,,,,080407"), 1795335330);
	assert_int_equal(unix_of("GPZDA,081530,23,08,1987,,"), 1795335330);
	assert_int_equal(unix_of("GPRMC,081530,A,,,,,,,230887"), 1795335330);
	assert_int_equal(parse("GPZDA,081530,08,04,2007,,", &t), NMEA_GOOD);
	assert_int_equal(nmea_unix(&t, 0, BASE, true), INT64_C(1176020130));
	/* centuries: from 44 years before the base on */
	assert_int_equal(parse("GPRMC,000000,A,,,,,,,010179", &t), NMEA_GOOD);
	assert_int_equal(nmea_unix(&t, 0, BASE, false), INT64_C(3439756800));
	assert_int_equal(parse("GPRMC,000000,A,,,,,,,010180", &t), NMEA_GOOD);
	assert_int_equal(nmea_unix(&t, 0, BASE, true), INT64_C(315532800));
}

/* Every date comes out on or after the base, on the same day of the week. */
static void
dates_are_not_before_the_base(void **state)
{
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 20);
	for (unsigned i = 0; i < 20000; i++) {
		struct nmea_time t = {.dated = true, .sentence = NMEA_ZDA};
		int64_t s;

		t.day = (int64_t)rng_below(&rng, 40000) + 3658;
		t.second = (int32_t)rng_below(&rng, 86400);
		s = nmea_unix(&t, 0, BASE, false);
		assert_true(s >= BASE);
		assert_int_equal((s - t.second - t.day * DAY) % (7 * DAY), 0);
		assert_true(s - 1024 * 7 * DAY < BASE || s / DAY == t.day);
	}
}

static void
position_is_hidden(void **state)
{
	char rmc[] = "$GPRMC,081530,A,5231.12,N,01323.94,E,0.0,,221126*3D";
	char zda[] = "$GPZDA,081530,22,11,2026,,*4F";

	(void)state;
	nmea_hide(rmc, strlen(rmc));
	assert_string_equal(
	    rmc, "$GPRMC,081530,A,____.__,_,_____.__,_,0.0,,221126___");
	nmea_hide(zda, strlen(zda));
	assert_string_equal(zda, "$GPZDA,081530,22,11,2026,,*4F");
}

/* --- lines ------------------------------------------------------------------- */

struct taken {
	unsigned n;
	char last[64];
	struct timespec begin, end;
};

static void
take(void *arg, const struct line *l)
{
	struct taken *t = arg;

	t->n++;
	assert_int_equal(strlen(l->text), l->len);
	snprintf(t->last, sizeof t->last, "%s", l->text);
	t->begin = l->begin;
	t->end = l->end;
}

static void
lines_come_in_pieces(void **state)
{
	char buf[16];
	struct linebuf b = {.buf = buf, .cap = sizeof buf};
	struct timespec t1 = {1, 0}, t2 = {2, 0};
	struct taken got = {0};

	(void)state;
	assert_int_equal(linebuf_feed(&b, "\r\nab", 4, &t1, take, &got), 0);
	assert_int_equal(got.n, 0);
	assert_int_equal(linebuf_feed(&b, "c\r\n\nx", 5, &t2, take, &got), 0);
	assert_int_equal(got.n, 1);
	assert_string_equal(got.last, "abc");
	assert_int_equal(got.begin.tv_sec, 1);
	assert_int_equal(got.end.tv_sec, 2);
	assert_int_equal(
	    linebuf_feed(&b, "0123456789abcdefgh", 18, &t2, take, &got), 0);
	assert_int_equal(linebuf_feed(&b, "\ny\3", 3, &t2, take, &got), 1);
	assert_int_equal(got.n, 2);
	assert_string_equal(got.last, "y");
}

/* --- pulses ------------------------------------------------------------------ */

static void
sentences_number_pulses(void **state)
{
	struct timespec at = {1000, 500000000}; /* by a clock 0.5 s ahead */
	struct refclock_stamp s = {
	    .clock = {5000, 0}, .local = {1000, 900000000}};

	(void)state;
	/* it came 0.4 s after the pulse, and time2 says so */
	assert_true(pulse_pair(&s, &at, 0.4));
	assert_int_equal(s.clock.tv_sec, 5000);
	assert_int_equal(s.local.tv_nsec, 500000000);
	assert_true(s.pps);
	/* without time2 it may be that second as well as the one before */
	s = (struct refclock_stamp){
	    .clock = {5000, 0}, .local = {1000, 960000000}};
	assert_false(pulse_pair(&s, &at, 0));
	assert_int_equal(s.local.tv_nsec, 960000000);
	assert_true(pulse_pair(&s, &at, 0.3));
	/* a receiver that tells the second that has just ended */
	s = (struct refclock_stamp){
	    .clock = {4999, 900000000}, .local = {1000, 520000000}};
	assert_true(pulse_pair(&s, &at, 0.1));
	assert_int_equal(s.clock.tv_sec, 5000);
	/* an old pulse, and one that came later */
	s = (struct refclock_stamp){.clock = {5000, 0}, .local = {1003, 0}};
	assert_false(pulse_pair(&s, &at, 0));
	s = (struct refclock_stamp){.clock = {5000, 0}, .local = {1000, 0}};
	assert_false(pulse_pair(&s, &at, 0));
}

/* A kernel that knows one pulse device. */
static struct {
	int fails, can, mode;
	uint32_t sequence;
	struct timespec at;
	unsigned opened, set, bound;
} device;

static int
fake_open(const char *path, int flags)
{
	(void)flags;
	device.opened++;
	errno = ENOENT;
	return strcmp(path, "/dev/pps7") == 0 ? 7 : -1;
}

static int
fake_close(int fd)
{
	assert_int_equal(fd, 7);
	device.opened--;
	return 0;
}

static void
fill_fetch(struct pps_fdata *f)
{
	assert_int_equal(f->timeout.flags & PPS_TIME_INVALID, 0);
	f->info.assert_sequence = device.sequence;
	f->info.assert_tu.sec = device.at.tv_sec;
	f->info.assert_tu.nsec = (int)device.at.tv_nsec;
	f->info.clear_sequence = 1;
	f->info.clear_tu.sec = 77;
}

static int
fake_ioctl(int fd, unsigned long request, void *arg)
{
	struct pps_kparams *par = arg;

	assert_int_equal(fd, 7);
	errno = EOPNOTSUPP;
	if (request == PPS_GETCAP)
		*(int *)arg = device.can;
	else if (request == PPS_GETPARAMS)
		*par = (struct pps_kparams){.mode = device.mode};
	else if (request == PPS_SETPARAMS)
		device.set = (unsigned)par->mode;
	else if (request == PPS_FETCH)
		fill_fetch(arg);
	else if (request == PPS_KC_BIND)
		device.bound++;
	return device.fails;
}

static const struct device_sys fake = {fake_open, fake_ioctl, fake_close};

static void
kernel_stamps_pulses(void **state)
{
	const char *what;
	struct timespec at;
	struct pps p;

	(void)state;
	device.can = PPS_CAPTUREASSERT | PPS_CAPTURECLEAR | PPS_TSFMT_TSPEC;
	assert_int_equal(
	    pps_open(&p, &fake, "/dev/pps3", false, &what), -ENOENT);
	device.opened = 0;
	assert_int_equal(pps_open(&p, &fake, "/dev/pps7", false, &what), 0);
	assert_int_equal(device.set, PPS_CAPTUREASSERT | PPS_TSFMT_TSPEC);
	assert_int_equal(pps_fetch(&p, &at), 0);
	device.sequence = 5;
	device.at = (struct timespec){1000, 999999000};
	assert_int_equal(pps_fetch(&p, &at), 1);
	assert_int_equal(at.tv_nsec, 999999000);
	assert_int_equal(pps_fetch(&p, &at), 0);
	device.sequence = 6; /* the same stamp again is no pulse */
	assert_int_equal(pps_fetch(&p, &at), 0);
	device.at.tv_sec++;
	device.sequence = 7;
	assert_int_equal(pps_fetch(&p, &at), 1);
	device.sequence = 8;
	device.at.tv_nsec = -1;
	assert_int_equal(pps_fetch(&p, &at), -EINVAL);
	assert_int_equal(pps_bind(&p), 0);
	assert_int_equal(device.bound, 1);
	device.fails = -1;
	assert_int_equal(pps_bind(&p), -EOPNOTSUPP);
	assert_int_equal(pps_fetch(&p, &at), -EOPNOTSUPP);
	device.fails = 0;
	pps_close(&p);
	assert_false(pps_is_open(&p));
	assert_int_equal(device.opened, 0);
}

static void
edges_of_a_pulse(void **state)
{
	const char *what;
	struct timespec at;
	struct pps p;

	(void)state;
	memset(&device, 0, sizeof device);
	device.can = PPS_CAPTUREASSERT;
	assert_int_equal(
	    pps_open(&p, &fake, "/dev/pps7", true, &what), -EOPNOTSUPP);
	assert_non_null(strstr(what, "clear edge"));
	assert_int_equal(device.opened, 0);
	/* it captures already: nothing to set, which would take a right */
	device.can |= PPS_CAPTURECLEAR;
	device.mode = PPS_CAPTURECLEAR;
	assert_int_equal(pps_open(&p, &fake, "/dev/pps7", true, &what), 0);
	assert_int_equal(device.set, 0);
	assert_int_equal(pps_fetch(&p, &at), 0); /* seen when it was opened */
	pps_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sentences_with_a_date),
	    cmocka_unit_test(sentences_without_a_date),
	    cmocka_unit_test(receivers_that_do_not_know),
	    cmocka_unit_test(what_is_malformed),
	    cmocka_unit_test(other_lines_tell_nothing),
	    cmocka_unit_test(leap_second),
	    cmocka_unit_test(weeks_that_rolled_over),
	    cmocka_unit_test(dates_are_not_before_the_base),
	    cmocka_unit_test(position_is_hidden),
	    cmocka_unit_test(lines_come_in_pieces),
	    cmocka_unit_test(sentences_number_pulses),
	    cmocka_unit_test(kernel_stamps_pulses),
	    cmocka_unit_test(edges_of_a_pulse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
