/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_fmt.h - number and time formats that people and scripts see.
 *
 * Locale-independent; every function writes at most CAP octets with NUL and
 * returns OUT.
 */
#ifndef NTP_FMT_H
#define NTP_FMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_time.h"

/* "-", 0..2048 s plain, then minutes, hours, days with suffix, rounded as the
 * reference's billboard does: (s+29)/60 above 2048 s, (m+29)/60 above 300 m,
 * (h+11)/24 above 96 h.  S <= 0 gives "-" for WHEN. */
const char *fmt_when(char *out, size_t cap, int64_t s);

/* Milliseconds with 3 decimals, cut (not rounded) to 7 characters; PLUS adds
 * a '+' to values >= 0. */
const char *fmt_ms7(char *out, size_t cap, double ms, bool plus);

/* "0xSSSSSSSS.FFFFFFFF" as mode 6 sends timestamps. */
const char *fmt_ts_wire(char *out, size_t cap, ntp_ts t);
/* Back; 0 or -NTP_EFORMAT.  Accepts with and without 0x. */
int fmt_parse_ts(const char *s, size_t len, ntp_ts *out);

/* "SSSSSSSS.FFFFFFFF  Mon, Jan  6 2025  8:14:10.359" in UTC; "(no time)" for
 * zero.  PIVOT in Unix s unfolds the era. */
const char *fmt_ts_cooked(char *out, size_t cap, ntp_ts t, int64_t pivot);

/* "YYYYMMDDhhmm" in UTC (leapsec, expire). */
const char *fmt_caldate(char *out, size_t cap, int64_t unix_s);

/* "2025-01-06T08:14:10Z". */
const char *fmt_iso8601(char *out, size_t cap, int64_t unix_s);

/* Fixed-point number with DIGITS decimals, no exponent, "0.000" for NaN. */
const char *fmt_fixed(char *out, size_t cap, double v, unsigned digits);

/* Decimal number: optional sign, digits, point, digits, exponent; the whole
 * of S must match.  0, -NTP_EFORMAT, -NTP_ERANGE.  Not locale dependent. */
int fmt_parse_double(const char *s, size_t len, double *out);
/* Decimal integer with optional sign; 0x hexadecimal when HEX. */
int fmt_parse_int(const char *s, size_t len, bool hex, int64_t *out);

/* Copy S with control characters as ^X (127 as ^?) and octets above 127 as
 * M- and what stands for them without the high bit; always NUL-terminated. */
const char *fmt_safe(char *out, size_t cap, const char *s, size_t len);

#endif /* NTP_FMT_H */
