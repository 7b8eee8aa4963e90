/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_calendar.c - proleptic Gregorian calendar in UTC, for any era.
 *
 * Years are counted from 1 March, so that the leap day is the last day of
 * its year and every month begins at a fixed day of it.  The calendar repeats
 * after 400 such years.
 */
#include "ntp_calendar.h"

#define DAY_S	     86400
#define MJD_EPOCH    40587  /* Modified Julian Day of 1970-01-01 */
#define MARCH_DAYS   719468 /* from 0000-03-01 to 1970-01-01 */
#define CYCLE_DAYS   146097 /* in 400 years */
#define CENTURY_DAYS 36524  /* in 100 years, but one more in the fourth */
#define QUAD_DAYS    1461   /* in 4 years */
#define YEAR_DAYS    365

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char wdays[7][4] = {
    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int
floor_mod(int64_t a, int b)
{
	int m = (int)(a % b);

	return m < 0 ? m + b : m;
}

/* First day, 0.., of the month in the year from March. */
static int
month_start(int march_month)
{
	return (153 * march_month + 2) / 5;
}

/* Days since 1970-01-01; unsigned, so that absurd years wrap harmlessly. */
static int64_t
days_from_date(int64_t year, int month, int day)
{
	int64_t m = (int64_t)month - 3;
	int64_t y = (int64_t)((uint64_t)year + (uint64_t)floor_div(m, 12));
	int in_cycle = floor_mod(y, 400);
	int64_t in_days = (int64_t)in_cycle * YEAR_DAYS + in_cycle / 4 -
	    in_cycle / 100 + month_start(floor_mod(m, 12)) + day - 1;

	return (int64_t)((uint64_t)floor_div(y, 400) * CYCLE_DAYS +
	    (uint64_t)in_days - MARCH_DAYS);
}

static int
min(int a, int b)
{
	return a < b ? a : b;
}

static void
date_from_days(int64_t days, struct ntp_date *d)
{
	int64_t cycle = floor_div(days + MARCH_DAYS, CYCLE_DAYS);
	int rest = floor_mod(days + MARCH_DAYS, CYCLE_DAYS);
	int century, quad, year, month, in_cycle;

	/* The leap day that ends a cycle or a quad belongs to its last part. */
	century = min(rest / CENTURY_DAYS, 3);
	rest -= century * CENTURY_DAYS;
	quad = rest / QUAD_DAYS;
	rest -= quad * QUAD_DAYS;
	year = min(rest / YEAR_DAYS, 3);
	rest -= year * YEAR_DAYS;

	month = (5 * rest + 2) / 153;
	in_cycle = century * 100 + quad * 4 + year + month / 10;
	d->year = cycle * 400 + in_cycle;
	d->month = (month + 2) % 12 + 1;
	d->day = rest - month_start(month) + 1;
	d->wday = floor_mod(days + 4, 7);
	d->yday = (int)(days - days_from_date(d->year, 1, 1)) + 1;
}

void
calendar_from_unix(int64_t unix_s, struct ntp_date *d)
{
	int s = floor_mod(unix_s, DAY_S);

	date_from_days(floor_div(unix_s, DAY_S), d);
	d->hour = s / 3600;
	d->minute = s / 60 % 60;
	d->second = s % 60;
}

int64_t
calendar_to_unix(const struct ntp_date *d)
{
	uint64_t days = (uint64_t)days_from_date(d->year, d->month, d->day);
	int64_t s =
	    d->hour * INT64_C(3600) + d->minute * INT64_C(60) + d->second;

	return (int64_t)(days * DAY_S + (uint64_t)s);
}

int64_t
calendar_mjd(int64_t unix_s)
{
	return floor_div(unix_s, DAY_S) + MJD_EPOCH;
}

static int
year_len(int64_t year)
{
	return (
	    int)(days_from_date(year + 1, 1, 1) - days_from_date(year, 1, 1));
}

void
calendar_iso_week(const struct ntp_date *d, int64_t *year, int *week)
{
	/* A week belongs to the year that has its Thursday. */
	int thursday = d->yday + 3 - (d->wday + 6) % 7;

	*year = d->year;
	if (thursday < 1) {
		--*year;
		thursday += year_len(*year);
	} else if (thursday > year_len(*year)) {
		thursday -= year_len(*year);
		++*year;
	}
	*week = (thursday - 1) / 7 + 1;
}

int64_t
calendar_next_month(int64_t unix_s)
{
	struct ntp_date d;

	calendar_from_unix(unix_s, &d);
	d.month++;
	d.day = 1;
	d.hour = d.minute = d.second = 0;
	return calendar_to_unix(&d);
}

const char *
calendar_month_name(int month)
{
	return month >= 1 && month <= 12 ? months[month - 1] : "???";
}

const char *
calendar_wday_name(int wday)
{
	return wday >= 0 && wday <= 6 ? wdays[wday] : "???";
}
