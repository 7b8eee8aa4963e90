/* SPDX-License-Identifier: BSD-2-Clause */
/* test_leapsec.c - the table of leap seconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_leapsec.h"
#include "ntp_rng.h"
#include "threat.h"

#define Y1972 63072000	 /* Unix s */
#define Y2015 1435708800 /* 1 July */
#define Y2017 1483228800

/* The hash is that of "3676924800" "3707596800" "2272060800" "10" ... */
static const char good[] = "#\ttitle\n"
			   "#$ 3676924800\r\n"
			   "#@\t3707596800\n"
			   "\n"
			   "2272060800 10 # 1 Jan 1972\n"
			   "3644697600\t36\t# 1 Jul 2015\n"
			   "3692217600 37 # 1 Jan 2017\n";
static const char right[] = "#h 33d7aeef 5a6fcd12 ef8a7a6c c67197ec 4cabd9ac\n";

static int
parse(struct leap_table *t, const char *text)
{
	unsigned line;

	return leap_parse(t, text, strlen(text), true, &line);
}

static int
parse_with(struct leap_table *t, const char *more)
{
	char text[1024];

	(void)snprintf(text, sizeof text, "%s%s", good, more);
	return parse(t, text);
}

static void
entries_and_expiry(void **state)
{
	struct leap_table t;

	(void)state;
	assert_int_equal(parse(&t, good), 0);
	assert_int_equal(t.n, 3);
	assert_int_equal(t.expires, 3707596800 - 2208988800);
	assert_false(t.hashed);
	assert_int_equal(leap_tai(&t, Y1972 - 1), 0);
	assert_int_equal(leap_tai(&t, Y1972), 10);
	assert_int_equal(leap_tai(&t, Y2017 - 1), 36);
	assert_int_equal(leap_tai(&t, Y2017), 37);
	assert_int_equal(leap_tai(&t, INT64_MAX), 37);
	/* 23:59:59, the second that is inserted, 00:00:00 */
	assert_int_equal(leap_tai_at(&t, Y2017 + 35), 36);
	assert_int_equal(leap_tai_at(&t, Y2017 + 36), 37);
	assert_int_equal(leap_tai_at(&t, Y2017 + 37), 37);
	assert_int_equal(leap_tai_at(&t, Y1972), 10);
	assert_int_equal(leap_tai_at(&t, Y1972 - 1), 0);
	assert_int_equal(leap_next(&t, Y2015)->at, Y2017);
	assert_int_equal(leap_next(&t, Y2017)->at, Y2017);
	assert_int_equal(leap_next(&t, 0)->at, Y1972);
}

static void
hash_decides(void **state)
{
	struct leap_table t;
	char text[1024];
	unsigned line;

	(void)state;
	assert_int_equal(parse_with(&t, right), 0);
	assert_true(t.hashed);
	assert_int_equal(parse_with(&t, "#h 1 2 3 4 5\n"), -NTP_EAUTH);
	(void)snprintf(text, sizeof text, "%s#h 1 2 3 4 5\n", good);
	assert_int_equal(leap_parse(&t, text, strlen(text), false, &line), 0);
	assert_false(t.hashed);
	assert_int_equal(parse_with(&t, "#h 1 2 3 4\n"), -NTP_EFORMAT);
	assert_int_equal(
	    parse_with(&t, "#h 33d7aeef 5a6fcd12 ef8a7a6c c67197ec x\n"),
	    -NTP_EFORMAT);
}

static void
bad_lines_are_refused(void **state)
{
	static const char *const bad[] = {
	    "3692217600 38\n", /* not later */
	    "3723753601 38\n", /* not at midnight */
	    "3723840000 38\n", /* not the first of a month */
	    "x 38\n",
	    "3723753600\n", /* no number, no offset */
	    "3723753600 -1\n",
	    "#@ soon\n",
	    "#$\n",
	    "-5 37\n",
	    "99999999999999999999 38\n",
	};
	struct leap_table t;
	unsigned line;
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		(void)snprintf(text, sizeof text, "%s%s", good, bad[i]);
		assert_int_equal(
		    leap_parse(&t, text, strlen(text), true, &line),
		    -NTP_EFORMAT);
		assert_int_equal(line, 8);
	}
	assert_int_equal(parse_with(&t, "3723753600 38\n"), 0);
	assert_int_equal(leap_tai(&t, Y2017 + 366 * 86400), 38);
	assert_int_equal(parse(&t, ""), -NTP_ENOENT);
	assert_int_equal(parse(&t, "# nothing\n"), -NTP_ENOENT);
}

static void
any_text_is_survived(void **state)
{
	struct leap_table t;
	struct ntp_rng rng;
	char text[sizeof good];
	unsigned line;

	(void)state;
	rng_seed(&rng, 5);
	for (unsigned i = 0; i < 20000; i++) {
		memcpy(text, good, sizeof text);
		for (unsigned k = 0; k < 3; k++)
			text[rng_below(&rng, sizeof text)] =
			    (char)rng_u64(&rng);
		if (leap_parse(&t, text, rng_below(&rng, sizeof text), true,
			&line) != 0)
			continue;
		for (size_t k = 1; k < t.n; k++)
			assert_true(t.entry[k - 1].at < t.entry[k].at);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(entries_and_expiry),
	    THREAT("O-leap-file-hash", hash_decides),
	    cmocka_unit_test(bad_lines_are_refused),
	    cmocka_unit_test(any_text_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
