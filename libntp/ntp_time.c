/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_time.c - NTP timestamps, monotonic instants and their conversions.
 *
 * Everything is taken modulo 2^64 (a timestamp) or 2^32 (its seconds) in
 * unsigned integers and read as signed only as a difference: so eras and the
 * years 2036 and 2038 need no special case.
 */
#include "ntp_time.h"

#include <math.h>

#define NS_PER_S 1000000000U
#define MONO_END (INT64_MAX / 2) /* ns */

ntp_ts
ts_add(ntp_ts a, double d)
{
	if (fabs(d) < 0x1p31) /* false for NaN */
		a.v += (uint64_t)llrint(d * 0x1p32);
	return a;
}

ntp_ts
ts_from_unix(int64_t sec, uint32_t nsec)
{
	uint64_t s = (uint64_t)sec + NTP_UNIX_OFFSET;
	uint64_t frac = (((uint64_t)nsec << 32) + NS_PER_S / 2) / NS_PER_S;

	return (ntp_ts){(s << 32) + frac};
}

ntp_ts
ts_from_unix_ns(int64_t ns)
{
	int64_t sec = ns / NS_PER_S, part = ns % NS_PER_S;

	if (part < 0) {
		part += NS_PER_S;
		sec--;
	}
	return ts_from_unix(sec, (uint32_t)part);
}

void
ts_to_unix(ntp_ts a, int64_t pivot, int64_t *sec, uint32_t *nsec)
{
	uint64_t ns = ((uint64_t)ts_frac(a) * NS_PER_S + (1U << 31)) >> 32;
	uint32_t from_pivot =
	    ts_sec(a) - (uint32_t)((uint64_t)pivot + NTP_UNIX_OFFSET);
	uint64_t s = (uint64_t)pivot + (uint64_t)(int64_t)(int32_t)from_pivot;

	*sec = (int64_t)(s + ns / NS_PER_S);
	*nsec = (uint32_t)(ns % NS_PER_S);
}

uint32_t
short_from_s(double s)
{
	double v = s * 0x1p16 + 0.5;

	if (v < 1.0)
		return 0;
	return v < 0x1p32 ? (uint32_t)v : UINT32_MAX;
}

ntp_mono
mono_add(ntp_mono a, double d)
{
	double ns = d * 1e9;
	int64_t sum;

	if (isnan(ns))
		return a;
	if (ns >= (double)MONO_END)
		return (ntp_mono){MONO_END};
	if (ns <= -(double)MONO_END)
		return (ntp_mono){-MONO_END};
	if (__builtin_add_overflow(a.ns, (int64_t)llrint(ns), &sum))
		sum = a.ns;
	if (sum > MONO_END)
		sum = MONO_END;
	return (ntp_mono){sum < -MONO_END ? -MONO_END : sum};
}

double
log2_to_s(int exp)
{
	return ldexp(1.0, exp);
}
