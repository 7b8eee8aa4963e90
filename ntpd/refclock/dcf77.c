/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dcf77.c - the pulses of DCF77 become a minute.
 *
 * Three parities are little against noise: a minute counts only when the one
 * before it said the same of itself.
 */
#include "dcf77.h"

#include <math.h>

#include "ntp_calendar.h"

#define GAP_MIN	   1.5 /* s, at the end of a minute */
#define GAP_MAX	   2.5
#define MINUTE	   60
#define SECOND_TOL 0.2	/* s */
#define HOLD	   90.0 /* s that a minute is good for */
#define ZEROS_ONE  7U	/* low bits that make a 1, of start and eight */
#define CENTURY	   2000

bool
dcf77_bit(uint8_t octet)
{
	unsigned low = 1; /* the start bit */

	for (unsigned i = 0; i < 8 && (octet >> i & 1) == 0; i++)
		low++;
	return low >= ZEROS_ONE;
}

/* Bits AT to AT + N - 1, that worth 1 first, tens after four. */
static unsigned
bcd(uint64_t bits, unsigned at, unsigned n)
{
	unsigned v = (unsigned)(bits >> at) & ((1U << n) - 1);

	return (v & 15) + 10 * (v >> 4);
}

static bool
is_even(uint64_t bits, unsigned from, unsigned to)
{
	unsigned ones = 0;

	for (unsigned i = from; i <= to; i++)
		ones += (unsigned)(bits >> i & 1);
	return (ones & 1) == 0;
}

static bool
is_plausible(uint64_t bits)
{
	bool summer = (bits >> 17 & 1) != 0, winter = (bits >> 18 & 1) != 0;

	return (bits & 1) == 0 && (bits >> 20 & 1) == 1 && summer != winter &&
	    is_even(bits, 21, 28) && is_even(bits, 29, 35) &&
	    is_even(bits, 36, 58);
}

bool
dcf77_decode(uint64_t bits, int64_t *minute, enum ntp_leap *leap)
{
	struct ntp_date d = {.year = CENTURY + bcd(bits, 50, 8),
	    .month = (int)bcd(bits, 45, 5),
	    .day = (int)bcd(bits, 36, 6),
	    .hour = (int)bcd(bits, 29, 6),
	    .minute = (int)bcd(bits, 21, 7)};

	if (!is_plausible(bits) || d.month < 1 || d.month > 12 || d.day < 1 ||
	    d.day > 31 || d.hour > 23 || d.minute > 59)
		return false;
	*minute = calendar_to_unix(&d) - ((bits >> 17 & 1) != 0 ? 7200 : 3600);
	*leap = (bits >> 19 & 1) != 0 ? NTP_LEAP_INS : NTP_LEAP_NONE;
	return true;
}

/* The gap is over: this pulse begins the minute that the bits spelt. */
static void
begin_minute(struct dcf77 *d, double at)
{
	enum ntp_leap leap;
	int64_t minute;
	bool good = d->n == DCF77_BITS && dcf77_decode(d->bits, &minute, &leap);
	bool again = good && d->minute != 0 &&
	    fabs((double)(minute - d->minute) - (at - d->minute_at)) <
		SECOND_TOL;

	d->bits = 0;
	d->n = 0;
	if (!good)
		return;
	d->leap = again ? leap : NTP_LEAP_UNSYNC;
	d->minute = minute;
	d->minute_at = at;
}

bool
dcf77_pulse(struct dcf77 *d, double at, bool bit, int64_t *second)
{
	double gap = at - d->last, since;

	if (gap > GAP_MIN && gap < GAP_MAX) {
		begin_minute(d, at);
	} else if (fabs(gap - 1) > SECOND_TOL) {
		d->bits = 0; /* noise, or pulses are missing */
		d->n = 0;
	}
	d->last = at;
	if (d->n < DCF77_BITS)
		d->bits |= (uint64_t)bit << d->n;
	d->n++;
	since = at - d->minute_at;
	if (d->minute == 0 || d->leap == NTP_LEAP_UNSYNC || since > HOLD ||
	    fabs(since - nearbyint(since)) > SECOND_TOL)
		return false;
	*second = d->minute + (int64_t)nearbyint(since);
	return true;
}
