/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_calendar.h - proleptic Gregorian calendar in UTC, for any era.
 *
 * Pure.  Replaces gmtime(3), which has static storage and a time_t.
 */
#ifndef NTP_CALENDAR_H
#define NTP_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

struct ntp_date {
	int64_t year;
	int month;  /* 1..12 */
	int day;    /* 1..31 */
	int hour;   /* 0..23 */
	int minute; /* 0..59 */
	int second; /* 0..59 */
	int wday;   /* 0 Sunday .. 6 Saturday */
	int yday;   /* 1..366 */
};

/* UNIX in s since 1970-01-01, negative before. */
void calendar_from_unix(int64_t unix_s, struct ntp_date *d);

/* Back again; wday and yday are not read, fields need not be normalized. */
int64_t calendar_to_unix(const struct ntp_date *d);

/* Modified Julian Day of a Unix time (statistics files). */
int64_t calendar_mjd(int64_t unix_s);

/* ISO 8601 week: year and week number 1..53. */
void calendar_iso_week(const struct ntp_date *d, int64_t *year, int *week);

/* Start of the UTC month after UNIX_S, where leap seconds happen. */
int64_t calendar_next_month(int64_t unix_s);

/* Constant three-letter English names: month 1..12, day of week 0..6; "???"
 * outside. */
const char *calendar_month_name(int month);
const char *calendar_wday_name(int wday);

#endif /* NTP_CALENDAR_H */
