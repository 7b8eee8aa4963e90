/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_fmt.c - number and time formats that people and scripts see.
 *
 * Nothing here depends on the locale: the programs never call setlocale(3),
 * and the number reader hands strtod(3) whole digits without a point.
 */
#include "ntp_fmt.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_calendar.h"
#include "ntp_err.h"

#define FIXED_MAX    1e15 /* keeps every fixed-point text short */
#define DECIMALS_MAX 15U
#define MS_COLUMN    7		/* characters of a billboard column */
#define SIG_DIGITS   40U	/* more than a double can tell apart */
#define EXP_LIMIT    1000000000 /* stops the exponent from overflowing */
#define EXP_TEXT_MAX 9999	/* far beyond any double */

/* (S + UP) / UNIT for S > 0, without the overflow. */
static int64_t
div_up(int64_t s, int64_t up, int64_t unit)
{
	return s / unit + (s % unit + up) / unit;
}

const char *
fmt_when(char *out, size_t cap, int64_t s)
{
	int64_t m = div_up(s, 29, 60);
	int64_t h = div_up(m, 29, 60);

	if (s <= 0)
		snprintf(out, cap, "-");
	else if (s <= 2048)
		snprintf(out, cap, "%" PRId64, s);
	else if (m <= 300)
		snprintf(out, cap, "%" PRId64 "m", m);
	else if (h <= 96)
		snprintf(out, cap, "%" PRId64 "h", h);
	else
		snprintf(out, cap, "%" PRId64 "d", div_up(h, 11, 24));
	return out;
}

/* Makes a number printable: no NaN, no infinity, no minus zero. */
static double
tame(double v)
{
	if (isnan(v) || v == 0)
		return 0.0;
	return fmax(-FIXED_MAX, fmin(v, FIXED_MAX));
}

const char *
fmt_ms7(char *out, size_t cap, double ms, bool plus)
{
	char full[32];

	if (plus)
		snprintf(full, sizeof(full), "%+.3f", tame(ms));
	else
		snprintf(full, sizeof(full), "%.3f", tame(ms));
	snprintf(out, cap, "%.*s", MS_COLUMN, full);
	return out;
}

const char *
fmt_fixed(char *out, size_t cap, double v, unsigned digits)
{
	int decimals = (int)(digits < DECIMALS_MAX ? digits : DECIMALS_MAX);

	snprintf(out, cap, "%.*f", decimals, tame(v));
	return out;
}

const char *
fmt_ts_wire(char *out, size_t cap, ntp_ts t)
{
	snprintf(out, cap, "0x%08" PRIx32 ".%08" PRIx32, ts_sec(t), ts_frac(t));
	return out;
}

/* -1 when C is no digit of that base. */
static int
digit_value(char c, bool hex)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (hex && c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (hex && c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
has_hex_prefix(const char *s, size_t len)
{
	return len >= 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
}

static bool
parse_hex32(const char s[8], uint32_t *out)
{
	uint32_t v = 0;
	int i, d;

	for (i = 0; i < 8; i++) {
		d = digit_value(s[i], true);
		if (d < 0)
			return false;
		v = v << 4 | (uint32_t)d;
	}
	*out = v;
	return true;
}

int
fmt_parse_ts(const char *s, size_t len, ntp_ts *out)
{
	uint32_t sec, frac;

	if (has_hex_prefix(s, len)) {
		s += 2;
		len -= 2;
	}
	if (len != 17 || s[8] != '.')
		return -NTP_EFORMAT;
	if (!parse_hex32(s, &sec) || !parse_hex32(s + 9, &frac))
		return -NTP_EFORMAT;
	out->v = (uint64_t)sec << 32 | frac;
	return 0;
}

/* A fraction that was cut to 2^-32 s still shows the millisecond it stood
 * for; the result stays below 1000. */
static unsigned
frac_to_ms(uint32_t frac)
{
	return (unsigned)(((uint64_t)frac * 1000 + 999) >> 32);
}

const char *
fmt_ts_cooked(char *out, size_t cap, ntp_ts t, int64_t pivot)
{
	struct ntp_date d;
	int64_t sec;
	uint32_t nsec;

	if (ts_is_zero(t)) {
		snprintf(out, cap, "(no time)");
		return out;
	}
	/* The whole second: a fraction that rounds up must not carry. */
	ts_to_unix((ntp_ts){t.v & ~UINT64_C(0xffffffff)}, pivot, &sec, &nsec);
	calendar_from_unix(sec, &d);
	snprintf(out, cap,
	    "%08" PRIx32 ".%08" PRIx32 "  %s, %s %2d %" PRId64
	    " %2d:%02d:%02d.%03u",
	    ts_sec(t), ts_frac(t), calendar_wday_name(d.wday),
	    calendar_month_name(d.month), d.day, d.year, d.hour, d.minute,
	    d.second, frac_to_ms(ts_frac(t)));
	return out;
}

const char *
fmt_caldate(char *out, size_t cap, int64_t unix_s)
{
	struct ntp_date d;

	calendar_from_unix(unix_s, &d);
	snprintf(out, cap, "%04" PRId64 "%02d%02d%02d%02d", d.year, d.month,
	    d.day, d.hour, d.minute);
	return out;
}

const char *
fmt_iso8601(char *out, size_t cap, int64_t unix_s)
{
	struct ntp_date d;

	calendar_from_unix(unix_s, &d);
	snprintf(out, cap, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02dZ", d.year,
	    d.month, d.day, d.hour, d.minute, d.second);
	return out;
}

/* A decimal number taken apart: DIGITS (no leading zeros) times 10^EXP. */
struct decimal {
	char digits[SIG_DIGITS + 1];
	size_t n;
	int64_t exp;
	bool negative;
};

struct text {
	const char *p, *end;
};

static bool
take(struct text *t, char c)
{
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

static bool
take_sign(struct text *t)
{
	if (take(t, '-'))
		return true;
	take(t, '+');
	return false;
}

/* Digits beyond the last one kept only move the point. */
static size_t
take_digits(struct text *t, struct decimal *d, bool fraction)
{
	const char *start = t->p;

	for (; t->p < t->end && digit_value(*t->p, false) >= 0; t->p++) {
		bool keep = d->n < SIG_DIGITS;

		if (keep && (d->n > 0 || *t->p != '0'))
			d->digits[d->n++] = *t->p;
		if (fraction && keep)
			d->exp--;
		else if (!fraction && !keep)
			d->exp++;
	}
	return (size_t)(t->p - start);
}

static bool
take_exponent(struct text *t, struct decimal *d)
{
	int64_t e = 0;
	const char *start;
	bool negative;

	if (!take(t, 'e') && !take(t, 'E'))
		return true;
	negative = take_sign(t);
	start = t->p;
	for (; t->p < t->end && digit_value(*t->p, false) >= 0; t->p++)
		if (e < EXP_LIMIT)
			e = e * 10 + digit_value(*t->p, false);
	d->exp += negative ? -e : e;
	return t->p > start;
}

static int64_t
clamp(int64_t v, int64_t limit)
{
	if (v > limit)
		return limit;
	return v < -limit ? -limit : v;
}

static double
decimal_value(const struct decimal *d)
{
	char buf[SIG_DIGITS + 16];

	if (d->n == 0)
		return d->negative ? -0.0 : 0.0;
	snprintf(buf, sizeof(buf), "%s%se%d", d->negative ? "-" : "", d->digits,
	    (int)clamp(d->exp, EXP_TEXT_MAX));
	return strtod(buf, NULL);
}

int
fmt_parse_double(const char *s, size_t len, double *out)
{
	struct text t = {s, s + len};
	struct decimal d = {.n = 0};
	size_t n;
	double v;

	d.negative = take_sign(&t);
	n = take_digits(&t, &d, false);
	if (take(&t, '.'))
		n += take_digits(&t, &d, true);
	if (n == 0 || !take_exponent(&t, &d) || t.p != t.end)
		return -NTP_EFORMAT;
	v = decimal_value(&d);
	if (!isfinite(v))
		return -NTP_ERANGE;
	*out = v;
	return 0;
}

/* Magnitude up to MAX; 0, -NTP_EFORMAT or -NTP_ERANGE. */
static int
parse_magnitude(
    const char *s, size_t len, bool hex, uint64_t max, uint64_t *out)
{
	uint64_t v = 0, base = hex ? 16 : 10;
	bool over = false;
	size_t i;
	int d;

	if (len == 0)
		return -NTP_EFORMAT;
	for (i = 0; i < len; i++) {
		d = digit_value(s[i], hex);
		if (d < 0)
			return -NTP_EFORMAT;
		if (v > (max - (uint64_t)d) / base)
			over = true;
		else
			v = v * base + (uint64_t)d;
	}
	*out = v;
	return over ? -NTP_ERANGE : 0;
}

int
fmt_parse_int(const char *s, size_t len, bool hex, int64_t *out)
{
	struct text t = {s, s + len};
	bool negative = take_sign(&t);
	size_t n = (size_t)(t.end - t.p);
	uint64_t v, max = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	int err;

	if (hex && has_hex_prefix(t.p, n))
		err = parse_magnitude(t.p + 2, n - 2, true, max, &v);
	else
		err = parse_magnitude(t.p, n, false, max, &v);
	if (err != 0)
		return err;
	if (!negative)
		*out = (int64_t)v;
	else
		*out = v == 0 ? 0 : -(int64_t)(v - 1) - 1;
	return 0;
}

/* C as it may be shown; returns the number of characters, at most 4. */
static size_t
escape(unsigned char c, char out[5])
{
	const char *meta = c > 0x7f ? "M-" : "";
	unsigned low = c & 0x7fU;
	int n;

	if (low < ' ' || low > '~')
		n = snprintf(out, 5, "%s^%c", meta, (int)(low ^ '@'));
	else
		n = snprintf(out, 5, "%s%c", meta, (int)low);
	return (size_t)n;
}

const char *
fmt_safe(char *out, size_t cap, const char *s, size_t len)
{
	char one[5];
	size_t i, n, used = 0;

	if (cap == 0)
		return out;
	for (i = 0; i < len; i++) {
		n = escape((unsigned char)s[i], one);
		if (used + n >= cap)
			break;
		memcpy(out + used, one, n);
		used += n;
	}
	out[used] = '\0';
	return out;
}
