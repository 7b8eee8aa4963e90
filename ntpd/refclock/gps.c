/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gps.c - the time of GPS, in weeks that receivers count modulo 1024.
 *
 * Also receivers that tell the date have it from such weeks.
 */
#include "gps.h"

#define GPS_EPOCH INT64_C(315964800)
#define WEEK	  INT64_C(604800)
#define ROLLOVER  (1024 * WEEK)

int64_t
gps_unix(unsigned week, int64_t tow, int offset)
{
	return GPS_EPOCH + week * WEEK + tow - offset;
}

int64_t
gps_unroll(int64_t unix_s, int64_t base)
{
	while (unix_s < base)
		unix_s += ROLLOVER;
	return unix_s;
}
