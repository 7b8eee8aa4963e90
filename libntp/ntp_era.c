/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_era.c - which era it is: no time is before the base date.
 *
 * The difference of two timestamps is right when the clock is less than 68
 * years off.  A machine whose battery is dead starts in 1970; it is set to the
 * base date first, and then has to find times of up to 136 years after that.
 */
#include "ntp_era.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ntp_calendar.h"
#include "ntp_err.h"
#include "ntp_fmt.h"

#define DAY_S	   INT64_C(86400)
#define DAYS_TO_70 INT64_C(25567) /* 1900-01-01 to 1970-01-01 */
#define DATE_LEN   10U
#define LAST	   INT64_C(7258118400) /* 2200-01-01 */
#define ERA_S	   0x1p32

/* "YYYY-MM-DD" and nothing else. */
static bool
is_date(const char *s)
{
	static const char form[] = "dddd-dd-dd";

	if (strlen(s) != DATE_LEN)
		return false;
	for (size_t i = 0; i < DATE_LEN; i++) {
		bool digit = isdigit((unsigned char)s[i]) != 0;

		if (form[i] == 'd' ? !digit : s[i] != form[i])
			return false;
	}
	return true;
}

static int
number(const char *s, size_t len)
{
	int64_t v = 0;

	(void)fmt_parse_int(s, len, false, &v);
	return (int)v;
}

/* A day that is not, as February 30, comes back as another. */
static int
parse_date(const char *s, int64_t *base)
{
	struct ntp_date d = {.year = number(s, 4),
	    .month = number(s + 5, 2),
	    .day = number(s + 8, 2)};
	struct ntp_date back;

	if (d.month < 1 || d.month > 12)
		return -NTP_EFORMAT;
	*base = calendar_to_unix(&d);
	calendar_from_unix(*base, &back);
	return back.day == d.day ? 0 : -NTP_EFORMAT;
}

int
era_parse(const char *s, int64_t *base)
{
	int64_t days;
	int err;

	if (is_date(s)) {
		err = parse_date(s, base);
	} else {
		err = fmt_parse_int(s, strlen(s), false, &days);
		if (err == 0 && (days < 0 || days > LAST / DAY_S + DAYS_TO_70))
			err = -NTP_ERANGE;
		if (err == 0)
			*base = (days - DAYS_TO_70) * DAY_S;
	}
	if (err != 0)
		return err;
	return *base >= 0 && *base < LAST ? 0 : -NTP_ERANGE;
}

const char *
era_format(char out[ERA_TEXT], int64_t base)
{
	struct ntp_date d;

	calendar_from_unix(base, &d);
	(void)snprintf(out, ERA_TEXT, "%04u-%02u-%02u",
	    (unsigned)d.year % 10000, (unsigned)d.month % 100,
	    (unsigned)d.day % 100);
	return out;
}

double
era_unfold(int64_t base, ntp_ts now, double offset)
{
	double since = ts_diff(now, ts_from_unix(base, 0));

	if (offset < 0 && since >= 0 && since + offset < 0)
		return offset + ERA_S;
	return offset;
}
