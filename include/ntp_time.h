/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_time.h - NTP timestamps, monotonic instants and their conversions.
 *
 * Pure: no I/O, no globals, no allocation.
 */
#ifndef NTP_TIME_H
#define NTP_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds from 1900-01-01 (NTP era 0) to 1970-01-01 (RFC 5905 6). */
#define NTP_UNIX_OFFSET 2208988800U

/* NTP timestamp, era-relative: unit 2^-32 s since the era epoch (RFC 5905 6).
 * Wrapped in a struct so that it cannot be mixed with a plain integer.
 * All zero means "unknown". */
typedef struct {
	uint64_t v;
} ntp_ts;

/* Monotonic instant: ns since an arbitrary start; never goes backwards. */
typedef struct {
	int64_t ns;
} ntp_mono;

/* Where "now" comes from: read once per event by the caller. */
struct ntp_now {
	ntp_ts sys;    /* disciplined clock */
	ntp_mono mono; /* never steps; all timers and ages use it */
};

/*
 * a - b in seconds.  Exact in integers first, so that two timestamps that are
 * less than 68 years apart compare correctly across an era boundary.
 */
static inline double
ts_diff(ntp_ts a, ntp_ts b)
{
	return (double)(int64_t)(a.v - b.v) * 0x1p-32;
}

static inline bool
ts_is_zero(ntp_ts a)
{
	return a.v == 0;
}

static inline bool
ts_equal(ntp_ts a, ntp_ts b)
{
	return a.v == b.v;
}

/* Seconds and fraction of the era. */
static inline uint32_t
ts_sec(ntp_ts a)
{
	return (uint32_t)(a.v >> 32);
}

static inline uint32_t
ts_frac(ntp_ts a)
{
	return (uint32_t)a.v;
}

/* a + d; D in s, |D| < 2^31, anything else (also NaN) leaves A unchanged. */
ntp_ts ts_add(ntp_ts a, double d);

/* From Unix seconds (any era) and nanoseconds 0..999999999. */
ntp_ts ts_from_unix(int64_t sec, uint32_t nsec);
/* The same of NS since 1970, or before. */
ntp_ts ts_from_unix_ns(int64_t ns);

/*
 * To Unix seconds and nanoseconds (rounded to nearest, always < 10^9): the
 * era is the one that puts the value within 2^31 s of PIVOT (Unix seconds).
 */
void ts_to_unix(ntp_ts a, int64_t pivot, int64_t *sec, uint32_t *nsec);

/* Short format 16.16 (RFC 5905 6), unsigned; S in s is clamped to 0..65536
 * and NaN to the maximum. */
uint32_t short_from_s(double s);

static inline double
short_to_s(uint32_t v)
{
	return (double)v * 0x1p-16;
}

/*
 * Monotonic instants: a - b in s; a + d with D in s, saturating at
 * +-INT64_MAX / 2 ns so that any two can be subtracted; NaN leaves A unchanged.
 */
static inline double
mono_diff(ntp_mono a, ntp_mono b)
{
	return (double)(a.ns - b.ns) * 1e-9;
}
ntp_mono mono_add(ntp_mono a, double d);

static inline bool
mono_before(ntp_mono a, ntp_mono b)
{
	return a.ns < b.ns;
}

/* 2^EXP s for a log2 exponent (RFC 5905 LOG2D); exact for -128..127. */
double log2_to_s(int exp);

#endif /* NTP_TIME_H */
