/* SPDX-License-Identifier: BSD-2-Clause */
/* test_gpsd.c - JSON, what gpsd reports, and which of its times are used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../../ntpd/refclock/gpsd_parse.h"
#include "../../ntpd/refclock/json.h"
#include "ntp_err.h"

static int
parse(struct json_object *o, const char *text)
{
	return json_parse(o, text, strlen(text));
}

static enum gpsd_report
report(const char *text, struct gpsd_message *m)
{
	return gpsd_parse(text, strlen(text), m);
}

/* --- JSON -------------------------------------------------------------------- */

static void
members_are_found(void **state)
{
	struct json_object o;
	int64_t v;

	(void)state;
	assert_int_equal(parse(&o, " { } "), 0);
	assert_int_equal(o.n, 0);
	assert_int_equal(
	    parse(&o,
		"{\"a\":-12.75, \"b\" : \"x\\\"y\",\"c\":[{\"d\":[1,\"]\"]}],"
		"\"e\":null,\"f\":0,\"g\":1e3,\"h\":99999999999999999999}"),
	    0);
	assert_int_equal(o.n, 7);
	assert_true(json_integer(&o, "a", &v));
	assert_int_equal(v, -12);
	assert_true(json_is(&o, "b", "x\\\"y"));
	assert_int_equal(json_find(&o, "c")->type, JSON_NESTED);
	assert_int_equal(json_find(&o, "e")->type, JSON_WORD);
	assert_true(json_integer(&o, "f", &v));
	assert_int_equal(v, 0);
	assert_false(json_integer(&o, "g", &v));
	assert_false(json_integer(&o, "h", &v));
	assert_false(json_integer(&o, "b", &v));
	assert_null(json_find(&o, "d"));
}

static void
what_is_no_object(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "{\"a\"}", "{\"a\":}",
	    "{\"a\":1,}", "{\"a\":1}x", "{\"a\":\"}", "{\"a\":[1}", "{a:1}",
	    "{\"a\":1 \"b\":2}", "{\"a\":\"\n\"}", "{\"a\":\"\\",
	    "{\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}"};
	struct json_object o;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (parse(&o, bad[i]) != -NTP_EFORMAT)
			fail_msg("%s", bad[i]);
}

/* More than fit are read all the same. */
static void
many_members(void **state)
{
	char text[4000] = "{\"first\":1";
	struct json_object o;
	size_t len = strlen(text);

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		memcpy(text + len, ",\"m\":[2]", 8);
		len += 8;
	}
	text[len++] = '}';
	assert_int_equal(json_parse(&o, text, len), 0);
	assert_int_equal(o.n, JSON_MEMBERS);
	assert_non_null(json_find(&o, "first"));
	assert_int_equal(json_parse(&o, text, len - 1), -NTP_EFORMAT);
}

/* --- gpsd -------------------------------------------------------------------- */

static void
reports(void **state)
{
	struct gpsd_message m;

	(void)state;
	assert_int_equal(
	    report(
		"{\"class\":\"VERSION\",\"release\":\"3.22\",\"rev\":\"3.22\","
		"\"proto_major\":3,\"proto_minor\":14}",
		&m),
	    GPSD_VERSION);
	assert_true(m.has_toff);
	assert_string_equal(m.text, "3.22");
	assert_int_equal(report("{\"class\":\"VERSION\",\"release\":\"2.9\","
				"\"proto_major\":3,\"proto_minor\":9}",
			     &m),
	    GPSD_VERSION);
	assert_false(m.has_toff);
	assert_int_equal(
	    report("{\"class\":\"TPV\",\"device\":\"/dev/gps0\",\"mode\":3,"
		   "\"time\":\"2026-11-22T08:15:30.250Z\",\"ept\":0.005}",
		&m),
	    GPSD_FIX);
	assert_int_equal(m.real.tv_sec, 1795335330);
	assert_int_equal(m.real.tv_nsec, 250000000);
	assert_int_equal(report("{\"class\":\"TPV\",\"mode\":1,"
				"\"time\":\"2026-11-22T08:15:30.250Z\"}",
			     &m),
	    GPSD_NOFIX);
	assert_int_equal(
	    report("{\"class\":\"TPV\",\"mode\":3}", &m), GPSD_NOFIX);
	assert_int_equal(
	    report("{\"class\":\"PPS\",\"device\":\"/dev/gps0\","
		   "\"real_sec\":1330212592,\"real_nsec\":0,"
		   "\"clock_sec\":1330212591,\"clock_nsec\":999999863,"
		   "\"precision\":-20}",
		&m),
	    GPSD_PULSE);
	assert_int_equal(m.clock.tv_nsec, 999999863);
	assert_int_equal(m.precision, -20);
	assert_int_equal(
	    report("{\"class\":\"TOFF\",\"real_sec\":5,\"real_nsec\":0,"
		   "\"clock_sec\":5,\"clock_nsec\":100000000}",
		&m),
	    GPSD_SERIAL);
	assert_int_equal(m.clock.tv_nsec, 100000000);
	assert_int_equal(
	    report("{\"class\":\"ERROR\",\"message\":\"Can't do /dev/x\"}", &m),
	    GPSD_ERROR);
	assert_string_equal(m.text, "Can't do /dev/x");
	assert_int_equal(report("{\"class\":\"SKY\"}", &m), GPSD_OTHER);
}

static void
bad_reports(void **state)
{
	static const char *const bad[] = {"", "hello",
	    "{\"class\":\"VERSION\"}", "{\"class\":\"TPV\"}",
	    "{\"class\":\"TPV\",\"mode\":3,\"time\":\"x\"}",
	    "{\"class\":\"PPS\",\"real_sec\":1,\"real_nsec\":1000000000,"
	    "\"clock_sec\":1,\"clock_nsec\":0}",
	    "{\"class\":\"PPS\",\"real_sec\":-1,\"real_nsec\":0,"
	    "\"clock_sec\":1,\"clock_nsec\":0}",
	    "{\"class\":\"TOFF\",\"real_sec\":1}"};
	struct gpsd_message m;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (report(bad[i], &m) != GPSD_BAD)
			fail_msg("%s", bad[i]);
}

static void
times(void **state)
{
	static const char *const bad[] = {"2026-11-22T08:15:30",
	    "2026-11-22 08:15:30Z", "2026-13-22T08:15:30Z",
	    "2026-11-22T24:15:30Z", "2026-11-22T08:15:3xZ",
	    "2026-11-22T08:15:30,5Z", "2026-11-22T08:15:30.Z",
	    "2026-11-22T08:15:30.xZ", "Z", ""};
	struct timespec t;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (gpsd_time(bad[i], strlen(bad[i]), &t))
			fail_msg("%s", bad[i]);
	assert_true(gpsd_time("1970-01-01T00:00:01Z", 20, &t));
	assert_int_equal(t.tv_sec, 1);
	assert_true(gpsd_time("2005-06-08T10:34:48.283123456789Z", 33, &t));
	assert_int_equal(t.tv_sec, 1118226888);
	assert_int_equal(t.tv_nsec, 283123456);
}

/* Two minutes without a pair, and forty seconds with them. */
static void
automatic_choice(void **state)
{
	struct gpsd_choice c = {.mode = GPSD_MODE_AUTO};

	(void)state;
	assert_true(gpsd_wants_pulse(&c) && !gpsd_wants_serial(&c));
	for (unsigned i = 0; i < 119; i++)
		gpsd_second(&c, false);
	assert_true(gpsd_wants_pulse(&c));
	gpsd_second(&c, false);
	assert_true(gpsd_wants_serial(&c) && !gpsd_wants_pulse(&c));
	for (unsigned i = 0; i < 39; i++)
		gpsd_second(&c, true);
	gpsd_second(&c, false); /* begins anew */
	for (unsigned i = 0; i < 39; i++)
		gpsd_second(&c, true);
	assert_true(gpsd_wants_serial(&c));
	gpsd_second(&c, true);
	assert_true(gpsd_wants_pulse(&c));
	c.mode = GPSD_MODE_STRICT;
	for (unsigned i = 0; i < 500; i++)
		gpsd_second(&c, false);
	assert_true(gpsd_wants_pulse(&c) && !gpsd_wants_serial(&c));
	c.mode = GPSD_MODE_SERIAL;
	assert_true(gpsd_wants_serial(&c) && !gpsd_wants_pulse(&c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(members_are_found),
	    cmocka_unit_test(what_is_no_object),
	    cmocka_unit_test(many_members),
	    cmocka_unit_test(reports),
	    cmocka_unit_test(bad_reports),
	    cmocka_unit_test(times),
	    cmocka_unit_test(automatic_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
