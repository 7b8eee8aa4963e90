/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nmea_parse.c - the sentences of NMEA 0183 that tell the time.
 *
 * A sentence is "$", its name, fields behind commas, and perhaps "*" with the
 * XOR of all that lies between.
 */
#include "nmea_parse.h"

#include <string.h>

#include "gps.h"
#include "ntp_calendar.h"

#define FIELDS_MAX    24U
#define DAY	      86400
#define GPS_EPOCH     INT64_C(315964800) /* 1980-01-06, Unix s */
#define WEEK	      604800
#define CENTURY_BACK  44  /* years before the base that a short one may mean */
#define GPS_LEAPS_MAX 256 /* s */

struct field {
	const char *p;
	size_t len;
};

struct fields {
	struct field f[FIELDS_MAX];
	size_t n;
};

/* Where things are; the first field is the name, 0 means there is none. */
struct layout {
	char name[6];
	enum nmea_sentence sentence;
	uint8_t nfields; /* at least */
	uint8_t time, date;
	uint8_t status;	   /* and what it must not, or only may, be: */
	char bad[4], good; /* good '\0': anything that is not bad */
	uint8_t lat;	   /* latitude, its letter, longitude, its letter */
};

static const struct layout layouts[] = {
    {"RMC", NMEA_RMC, 10, 1, 9, 2, "", 'A', 3},
    {"GGA", NMEA_GGA, 7, 1, 0, 6, "0", '\0', 2},
    {"GLL", NMEA_GLL, 7, 5, 0, 6, "", 'A', 1},
    {"ZDA", NMEA_ZDA, 5, 1, 2, 0, "", '\0', 0},
    {"ZDG", NMEA_ZDA, 7, 1, 2, 6, "0", '\0', 0},
    {"PGRMF", NMEA_PGRMF, 12, 0, 0, 11, "0", '\0', 6},
    {"PUBX", NMEA_PUBX, 7, 2, 3, 0, "", '\0', 0},
};

/* --- fields ------------------------------------------------------------------ */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octets between '$' and '*' of LEN in *BODY; false: the checksum is
 * wrong.  Old receivers send none. */
static bool
checked_body(const char *text, size_t len, struct field *body)
{
	const char *star = memchr(text, '*', len);
	unsigned sum = 0;

	body->p = text;
	body->len = star != NULL ? (size_t)(star - text) : len;
	if (star == NULL)
		return true;
	for (size_t i = 0; i < body->len; i++)
		sum ^= (unsigned char)text[i];
	return len - body->len >= 3 && hex_value(star[1]) >= 0 &&
	    hex_value(star[2]) >= 0 &&
	    sum == (unsigned)(hex_value(star[1]) * 16 + hex_value(star[2]));
}

static void
split(const struct field *body, struct fields *out)
{
	size_t at = 0;

	out->n = 0;
	while (out->n < FIELDS_MAX) {
		const char *from = body->p + at;
		const char *comma = memchr(from, ',', body->len - at);
		size_t len =
		    comma != NULL ? (size_t)(comma - from) : body->len - at;

		out->f[out->n++] = (struct field){from, len};
		if (comma == NULL)
			return;
		at += len + 1;
	}
}

static bool
is_text(const struct field *f, const char *text)
{
	return f->len == strlen(text) && memcmp(f->p, text, f->len) == 0;
}

/* N digits from AT on. */
static bool
digits(const struct field *f, size_t at, size_t n, int *out)
{
	int v = 0;

	if (n > 9 || f->len < at + n)
		return false;
	for (size_t i = at; i < at + n; i++) {
		if (f->p[i] < '0' || f->p[i] > '9')
			return false;
		v = 10 * v + (f->p[i] - '0');
	}
	*out = v;
	return true;
}

static bool
number(const struct field *f, int max, int *out)
{
	return f->len >= 1 && digits(f, 0, f->len, out) && *out <= max;
}

/* Whoever talks: the last three letters are the name of what he says. */
static const struct layout *
layout_of(const struct fields *f)
{
	const struct field *name = &f->f[0];
	struct field tail = {name->p + (name->len == 5 ? 2 : 0), 3};

	for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
		const struct layout *l = &layouts[i];
		bool own = l->sentence >= NMEA_PGRMF;

		if (own ? is_text(name, l->name)
			: name->len == 5 && is_text(&tail, l->name))
			return l;
	}
	return NULL;
}

/* --- times ------------------------------------------------------------------- */

/* hhmmss[.fff] */
static bool
take_time(const struct field *f, struct nmea_time *out)
{
	int h, m, s, nsec = 0;

	if (!digits(f, 0, 2, &h) || !digits(f, 2, 2, &m) ||
	    !digits(f, 4, 2, &s) || h > 23 || m > 59 || s > 60)
		return false;
	if (s == 60 && (h != 23 || m != 59)) /* a leap second */
		return false;
	if (f->len > 6 && f->p[6] != '.')
		return false;
	for (size_t i = 7; i < 16; i++) {
		int d = 0;

		if (i < f->len && !digits(f, i, 1, &d))
			return false;
		nsec = 10 * nsec + d;
	}
	out->second = h * 3600 + m * 60 + s;
	out->nsec = nsec;
	return true;
}

static bool
take_day(int year, int month, int day, struct nmea_time *out)
{
	struct ntp_date d = {.year = year, .month = month, .day = day}, back;
	int64_t unix_s;

	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	unix_s = calendar_to_unix(&d);
	calendar_from_unix(unix_s, &back);
	out->day = unix_s / DAY;
	out->dated = true;
	return back.month == month && back.day == day;
}

/* ddmmyy */
static bool
take_short_date(const struct field *f, struct nmea_time *out)
{
	int d, m, y;

	out->short_year = true;
	return f->len == 6 && digits(f, 0, 2, &d) && digits(f, 2, 2, &m) &&
	    digits(f, 4, 2, &y) && take_day(2000 + y, m, d, out);
}

/* dd,mm,yyyy */
static bool
take_long_date(const struct field *f, struct nmea_time *out)
{
	int d, m, y;

	return number(&f[0], 31, &d) && number(&f[1], 12, &m) &&
	    number(&f[2], 9999, &y) && y >= 1980 && take_day(y, m, d, out);
}

/* Weeks, seconds of the week, leap seconds since 1980. */
static bool
take_weeks(const struct fields *f, struct nmea_time *out)
{
	int week, second, leaps;
	int64_t t;

	if (!number(&f->f[1], 99999, &week) ||
	    !number(&f->f[2], WEEK - 1, &second) ||
	    !number(&f->f[5], GPS_LEAPS_MAX, &leaps))
		return false;
	t = GPS_EPOCH + (int64_t)week * WEEK + second - leaps;
	out->day = t / DAY;
	out->second = (int32_t)(t % DAY);
	out->dated = true;
	return true;
}

/* --- sentences --------------------------------------------------------------- */

static bool
is_valid(const struct layout *l, const struct fields *f)
{
	const struct field *s = &f->f[l->status];

	if (l->sentence == NMEA_PUBX) /* 18D: it has not heard of 18 yet */
		return f->f[6].len > 0 && f->f[6].p[f->f[6].len - 1] != 'D';
	if (l->status == 0)
		return true;
	if (s->len == 0 || is_text(s, l->bad))
		return false;
	return l->good == '\0' || s->p[0] == l->good;
}

static bool
take(const struct layout *l, const struct fields *f, struct nmea_time *out)
{
	if (l->sentence == NMEA_PGRMF)
		return take_weeks(f, out);
	if (!take_time(&f->f[l->time], out))
		return false;
	if (l->date == 0)
		return true;
	return l->sentence == NMEA_ZDA ? take_long_date(&f->f[l->date], out)
				       : take_short_date(&f->f[l->date], out);
}

/* Without the time they have nothing to be silent about. */
static bool
tells_nothing(const struct layout *l, const struct fields *f)
{
	return l->sentence == NMEA_ZDA && f->f[1].len == 0;
}

enum nmea_verdict
nmea_parse(const char *text, size_t len, struct nmea_time *out)
{
	const char *start = len > 0 ? memchr(text, '$', len) : NULL;
	const struct layout *l;
	struct fields f;
	struct field body;

	*out = (struct nmea_time){.sentence = 0};
	if (start == NULL)
		return NMEA_OTHER;
	start++;
	if (!checked_body(start, len - (size_t)(start - text), &body))
		return NMEA_MALFORMED;
	split(&body, &f);
	l = layout_of(&f);
	if (l == NULL ||
	    (l->sentence == NMEA_PUBX && (f.n < 2 || !is_text(&f.f[1], "04"))))
		return NMEA_OTHER;
	out->sentence = l->sentence;
	out->gps = l->name[2] == 'G' && l->sentence == NMEA_ZDA;
	if (f.n < l->nfields)
		return NMEA_MALFORMED;
	if (!is_valid(l, &f) || tells_nothing(l, &f))
		return NMEA_INVALID;
	return take(l, &f, out) ? NMEA_GOOD : NMEA_MALFORMED;
}

/* --- which day it is --------------------------------------------------------- */

/* A year of two digits lies in the hundred that begin so long before BASE that
 * the start of GPS is among them. */
static int64_t
with_century(int64_t day, int64_t base)
{
	struct ntp_date d, first;

	calendar_from_unix(base, &first);
	calendar_from_unix(day * DAY, &d);
	while (d.year < first.year - CENTURY_BACK)
		d.year += 100;
	while (d.year >= first.year - CENTURY_BACK + 100)
		d.year -= 100;
	return calendar_to_unix(&d) / DAY;
}

int64_t
nmea_unix(const struct nmea_time *t, int64_t near, int64_t base, bool trust)
{
	int64_t unix_s = t->second, away;

	if (!t->dated) {
		away = near - unix_s + DAY / 2;
		away -= ((away % DAY) + DAY) % DAY;
		return unix_s + away;
	}
	unix_s += DAY * (t->short_year ? with_century(t->day, base) : t->day);
	return trust ? unix_s : gps_unroll(unix_s, base);
}

/* --- for the log ------------------------------------------------------------- */

static void
blank(char *text, const char *from, size_t len)
{
	char *p = text + (from - text);

	for (size_t i = 0; i < len; i++)
		if (p[i] != '.' && p[i] != '-')
			p[i] = '_';
}

void
nmea_hide(char *text, size_t len)
{
	char *start = len > 0 ? memchr(text, '$', len) : NULL;
	const struct layout *l;
	struct field body;
	struct fields f;

	if (start == NULL)
		return;
	start++;
	(void)checked_body(start, len - (size_t)(start - text), &body);
	split(&body, &f);
	l = layout_of(&f);
	if (l == NULL || l->lat == 0)
		return;
	for (size_t i = l->lat; i < l->lat + 4U && i < f.n; i++)
		blank(text, f.f[i].p, f.f[i].len);
	blank(
	    text, body.p + body.len, len - (size_t)(body.p - text) - body.len);
}
