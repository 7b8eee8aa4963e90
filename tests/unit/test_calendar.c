/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_calendar.c - tests of the calendar.
 *
 * The oracle walks day by day with the rule that everybody knows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ntp_calendar.h"
#include "ntp_rng.h"

#define DAY_S  INT64_C(86400)
#define ROUNDS 100000

static int64_t
at(int64_t year, int month, int day)
{
	struct ntp_date d = {.year = year, .month = month, .day = day};

	return calendar_to_unix(&d);
}

static void
check_date(int64_t unix_s, int64_t year, int month, int day)
{
	struct ntp_date d;

	calendar_from_unix(unix_s, &d);
	assert_int_equal(d.year, year);
	assert_int_equal(d.month, month);
	assert_int_equal(d.day, day);
}

static void
check_time(int64_t unix_s, int hour, int minute, int second)
{
	struct ntp_date d;

	calendar_from_unix(unix_s, &d);
	assert_int_equal(d.hour, hour);
	assert_int_equal(d.minute, minute);
	assert_int_equal(d.second, second);
}

static void
check_week(int64_t unix_s, int64_t year, int week)
{
	struct ntp_date d;
	int64_t y;
	int w;

	calendar_from_unix(unix_s, &d);
	calendar_iso_week(&d, &y, &w);
	assert_int_equal(y, year);
	assert_int_equal(w, week);
}

static void
test_known_instants(void **state)
{
	(void)state;
	check_date(0, 1970, 1, 1);
	check_date(-1, 1969, 12, 31);
	check_time(-1, 23, 59, 59);
	check_date(-INT64_C(2208988800), 1900, 1, 1);
	check_date(951782400, 2000, 2, 29);
	check_date(951868800, 2000, 3, 1);
	check_date(INT64_C(2085978496), 2036, 2, 7);
	check_time(INT64_C(2085978496), 6, 28, 16);
	check_date(INT64_C(2147483648), 2038, 1, 19);
	check_time(INT64_C(2147483648), 3, 14, 8);
	check_date(INT64_C(4102444800), 2100, 1, 1);
	check_date(INT64_C(4107542400), 2100, 3, 1);
	assert_int_equal(at(2100, 2, 28) + DAY_S, at(2100, 3, 1));
}

static int
month_len(int64_t year, int month)
{
	static const int len[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return len[month - 1];
}

static void
test_every_day_from_1600_to_2500(void **state)
{
	int64_t s = at(1600, 1, 1);
	struct ntp_date d;
	int wday = 6; /* Saturday */

	(void)state;
	for (int64_t year = 1600; year <= 2500; year++) {
		int yday = 0;

		for (int m = 1; m <= 12; m++) {
			for (int day = 1; day <= month_len(year, m); day++) {
				check_date(s, year, m, day);
				calendar_from_unix(s + DAY_S - 1, &d);
				assert_int_equal(d.yday, ++yday);
				assert_int_equal(d.wday, wday);
				assert_int_equal(
				    calendar_to_unix(&d), s + DAY_S - 1);
				wday = (wday + 1) % 7;
				s += DAY_S;
			}
		}
	}
}

static void
check_round_trip(int64_t s)
{
	struct ntp_date d;

	calendar_from_unix(s, &d);
	assert_int_equal(calendar_to_unix(&d), s);
	assert_in_range(d.month, 1, 12);
	assert_in_range(d.day, 1, 31);
	assert_in_range(d.hour, 0, 23);
	assert_in_range(d.minute, 0, 59);
	assert_in_range(d.second, 0, 59);
	assert_in_range(d.wday, 0, 6);
	assert_in_range(d.yday, 1, 366);
}

static void
test_round_trip_of_any_integer(void **state)
{
	struct ntp_rng r;

	(void)state;
	check_round_trip(INT64_MIN);
	check_round_trip(INT64_MAX);
	rng_seed(&r, 1);
	for (int i = 0; i < ROUNDS; i++)
		check_round_trip((int64_t)rng_u64(&r) >> i % 48);
}

static void
test_fields_need_not_be_normalized(void **state)
{
	struct ntp_date d = {.year = 2016, .month = 12, .day = 31};

	(void)state;
	d.hour = 23;
	d.minute = 59;
	d.second = 60; /* a leap second is the next midnight */
	assert_int_equal(calendar_to_unix(&d), at(2017, 1, 1));
	assert_int_equal(at(2016, 13, 1), at(2017, 1, 1));
	assert_int_equal(at(2016, 0, 1), at(2015, 12, 1));
	assert_int_equal(at(2016, -11, 1), at(2015, 1, 1));
	assert_int_equal(at(2016, 3, 0), at(2016, 2, 29));
	assert_int_equal(at(2017, 1, 366), at(2018, 1, 1));
	assert_int_equal(at(2010, 84, 1), at(2016, 12, 1));
}

static void
test_absurd_fields_are_harmless(void **state)
{
	static const int64_t years[] = {INT64_MIN, INT64_MAX, 0};
	static const int fields[] = {INT32_MIN, INT32_MAX, 1};
	struct ntp_date d = {0};
	int64_t sum = 0;

	(void)state;
	for (size_t i = 0; i < 27; i++) {
		d.year = years[i % 3];
		d.month = fields[i / 3 % 3];
		d.day = d.hour = d.minute = d.second = fields[i / 9];
		sum |= calendar_to_unix(&d);
	}
	assert_int_not_equal(sum, 0); /* the sanitizer has the last word */
}

static void
test_mjd(void **state)
{
	(void)state;
	assert_int_equal(calendar_mjd(0), 40587);
	assert_int_equal(calendar_mjd(DAY_S - 1), 40587);
	assert_int_equal(calendar_mjd(-1), 40586);
	assert_int_equal(calendar_mjd(at(1972, 1, 1)), 41317);
	assert_int_equal(calendar_mjd(at(1858, 11, 17)), 0);
	assert_int_equal(calendar_mjd(at(2036, 2, 7)), 64730);
}

static void
test_iso_week(void **state)
{
	(void)state;
	check_week(at(2005, 1, 1), 2004, 53);
	check_week(at(2005, 12, 31), 2005, 52);
	check_week(at(2007, 1, 1), 2007, 1);
	check_week(at(2008, 12, 29), 2009, 1);
	check_week(at(2010, 1, 3), 2009, 53);
	check_week(at(2010, 1, 4), 2010, 1);
	check_week(at(2020, 12, 31), 2020, 53);
	check_week(at(2021, 1, 3), 2020, 53);
	check_week(at(2024, 2, 29), 2024, 9);
}

static void
test_iso_weeks_are_seven_days(void **state)
{
	int64_t s = at(1900, 1, 1); /* a Monday */
	int64_t year, last_year = 1899;
	int week, last = 52;
	struct ntp_date d;

	(void)state;
	for (; s < at(2300, 1, 1); s += 7 * DAY_S) {
		calendar_from_unix(s, &d);
		calendar_iso_week(&d, &year, &week);
		assert_true(year == last_year
			? week == last + 1
			: week == 1 && year == last_year + 1 && last >= 52);
		assert_in_range(week, 1, 53);
		for (int i = 1; i < 7; i++)
			check_week(s + i * DAY_S, year, week);
		last_year = year;
		last = week;
	}
}

static void
test_next_month(void **state)
{
	(void)state;
	assert_int_equal(
	    calendar_next_month(at(2016, 12, 31) + DAY_S - 1), at(2017, 1, 1));
	assert_int_equal(calendar_next_month(at(2017, 1, 1)), at(2017, 2, 1));
	assert_int_equal(calendar_next_month(at(2024, 2, 1)), at(2024, 3, 1));
	assert_int_equal(calendar_next_month(at(2024, 1, 31)), at(2024, 2, 1));
	assert_int_equal(calendar_next_month(-1), 0);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(calendar_month_name(1), "Jan");
	assert_string_equal(calendar_month_name(9), "Sep");
	assert_string_equal(calendar_month_name(12), "Dec");
	assert_string_equal(calendar_month_name(0), "???");
	assert_string_equal(calendar_month_name(13), "???");
	assert_string_equal(calendar_wday_name(0), "Sun");
	assert_string_equal(calendar_wday_name(6), "Sat");
	assert_string_equal(calendar_wday_name(-1), "???");
	assert_string_equal(calendar_wday_name(7), "???");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known_instants),
	    cmocka_unit_test(test_every_day_from_1600_to_2500),
	    cmocka_unit_test(test_round_trip_of_any_integer),
	    cmocka_unit_test(test_fields_need_not_be_normalized),
	    cmocka_unit_test(test_absurd_fields_are_harmless),
	    cmocka_unit_test(test_mjd),
	    cmocka_unit_test(test_iso_week),
	    cmocka_unit_test(test_iso_weeks_are_seven_days),
	    cmocka_unit_test(test_next_month),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
