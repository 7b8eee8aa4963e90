/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_era.h - which era it is: no time is before the base date.
 *
 * Pure.  Timestamps repeat every 2^32 s (136 years); those from the base date
 * on are meant.
 */
#ifndef NTP_ERA_H
#define NTP_ERA_H

#include <stddef.h>
#include <stdint.h>

#include "ntp_time.h"

/* 2024-01-01, s since 1970: nobody runs this program before. */
#define NTP_BASEDATE INT64_C(1704067200)

/* "YYYY-MM-DD" (1970 to 2199) or days since 1900-01-01 into s since 1970; 0,
 * -NTP_EFORMAT, -NTP_ERANGE. */
int era_parse(const char *s, int64_t *base);

/* "YYYY-MM-DD". */
#define ERA_TEXT 16U
const char *era_format(char out[ERA_TEXT], int64_t base);

/* OFFSET (s) of a clock that says NOW, taken from timestamps, which leave open
 * how many eras it goes too far: not to before BASE. */
double era_unfold(int64_t base, ntp_ts now, double offset);

#endif /* NTP_ERA_H */
