/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gps.h - the time of GPS, in weeks that receivers count modulo 1024.
 *
 * Pure.
 */
#ifndef GPS_H
#define GPS_H

#include <stdint.h>

/* Unix s of second TOW of WEEK (0 began 1980-01-06), UTC being OFFSET s behind
 * the time of GPS. */
int64_t gps_unix(unsigned week, int64_t tow, int offset);

/* UNIX_S, which may be early by any number of 1024 weeks: not before BASE. */
int64_t gps_unroll(int64_t unix_s, int64_t base);

#endif /* GPS_H */
