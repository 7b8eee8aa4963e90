/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timecode_parse.c - time codes of one line of ASCII.
 *
 * A form is the line itself, but for what stands behind a "%":
 *
 *	Y C	year of two, of four digits
 *	N D J	month and day, or day of the year, three digits
 *	H M S f	hour, minute, second, three digits of its fraction
 *	q v	quality; those that mean that the clock is set
 *	l	leap second: that or another character
 *	z	the zone: UTC, summer time or time of central Europe
 *	o p r	the zone: sign, hours and minutes that it is ahead of UTC
 *	?	anything
 */
#include "timecode_parse.h"

#include <stdlib.h>
#include <string.h>

#include "ntp_calendar.h"
#include "ntp_refclock.h"

#define DAY	  86400
#define ANY_MODE  0xffffU
#define YEARS	  100
#define YEAR_BASE 1980 /* what two digits mean is not before */

struct form {
	uint8_t type;
	char form[46];
	char set[6], set2[6]; /* good characters of %q, %v */
	char insert, delete;  /* characters of %l */
	bool at_end;
	bool sum; /* the sum of all octets follows, two hexadecimal digits */
	double early;
};

static const struct form forms[] = {
    {CLOCK_SPECTRACOM, "%q  %J %H:%M:%S  TZ=00", " ", "", '\0', '\0', false,
	false, 0},
    {CLOCK_SPECTRACOM, "%q%?%Y %J %H:%M:%S.%f %l", " ", "", 'L', '\0', false,
	false, 0},
    {CLOCK_TRUETIME, "%J:%H:%M:%S%q", " .*", "", '\0', '\0', true, false, 0},
    {CLOCK_ARBITER, "%q %Y %J %H:%M:%S.%f", " ", "", '\0', '\0', false, false,
	0},
    /* 980 ms before the pulse; its 24 octets take 25 ms */
    {CLOCK_HPGPS, "T2%C%N%D%H%M%S%?%?%l%?%q", "0", "", '+', '-', true, true,
	0.955},
    {CLOCK_GENERIC, "D:%D.%N.%Y;T:%?;U:%H.%M.%S;%q%v%z%l", " ", " ", 'A', '\0',
	false, false, 0},
    {CLOCK_GENERIC, "%D.%N.%Y; %?; %H:%M:%S; %o%p:%r; %q%v", " ", " ", '\0',
	'\0', false, false, 0},
};

static const struct timecode_line lines[] = {
    {CLOCK_SPECTRACOM, ANY_MODE, false, false, 9600, "/dev/spectracom%u", "T",
	""},
    {CLOCK_TRUETIME, ANY_MODE, false, false, 9600, "/dev/truetime%u", "", ""},
    {CLOCK_GENERIC, 0, true, false, 9600, "/dev/refclock-%u", "", ""},
    {CLOCK_GENERIC, 1, true, false, 9600, "/dev/refclock-%u", "", ""},
    {CLOCK_GENERIC, 2, true, false, 9600, "/dev/refclock-%u", "", ""},
    {CLOCK_GENERIC, 5, false, true, 50, "/dev/refclock-%u", "", ""},
    {CLOCK_GENERIC, 7, false, false, 19200, "/dev/refclock-%u", "", ""},
    {CLOCK_ARBITER, ANY_MODE, false, false, 9600, "/dev/arbiter%u", "", "B5"},
    {CLOCK_HPGPS, 0, false, false, 9600, "/dev/hpgps%u", ":PTIME:TCODE?\r", ""},
};

const struct timecode_line *
timecode_line(unsigned type, unsigned mode)
{
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		const struct timecode_line *l = &lines[i];

		if (l->type == type && (l->mode == ANY_MODE || l->mode == mode))
			return l;
	}
	return NULL;
}

/* --- matching ---------------------------------------------------------------- */

/* What stood behind each letter; digits as a number. */
struct found {
	int v[128];
	bool has[128];
};

static size_t
digits_of(char letter)
{
	static const struct {
		char letter;
		uint8_t n;
	} digits[] = {{'Y', 2}, {'C', 4}, {'N', 2}, {'D', 2}, {'J', 3},
	    {'H', 2}, {'M', 2}, {'S', 2}, {'f', 3}, {'p', 2}, {'r', 2}};

	for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++) {
		if (digits[i].letter == letter)
			return digits[i].n;
	}
	return 0;
}

static bool
take_digits(const char *text, size_t n, int *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*out = 10 * *out + (text[i] - '0');
	}
	return true;
}

/* The octets of TEXT that the form takes; 0: it does not fit. */
static size_t
match(const char *form, const char *text, size_t len, struct found *out)
{
	size_t at = 0;

	memset(out, 0, sizeof *out);
	for (const char *f = form; *f != '\0'; f++) {
		bool field = *f == '%';
		unsigned char letter = (unsigned char)(field ? *++f : *f);
		size_t n = field ? digits_of((char)letter) : 0;

		if (at + (n > 0 ? n : 1) > len)
			return 0;
		if (field)
			out->has[letter] = true;
		if (n > 0 ? !take_digits(text + at, n, &out->v[letter])
			  : !field && text[at] != (char)letter)
			return 0;
		if (n == 0)
			out->v[letter] = (unsigned char)text[at];
		at += n > 0 ? n : 1;
	}
	return at;
}

/* --- meaning ----------------------------------------------------------------- */

static bool
is_one_of(int c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_set(const struct form *f, const struct found *r)
{
	return (!r->has['q'] || is_one_of(r->v['q'], f->set)) &&
	    (!r->has['v'] || is_one_of(r->v['v'], f->set2));
}

/* s that the clock's zone is ahead of UTC. */
static int
zone(const struct found *r)
{
	int ahead = r->v['p'] * 3600 + r->v['r'] * 60;

	if (r->has['o'])
		return r->v['o'] == '-' ? -ahead : ahead;
	if (!r->has['z'] || r->v['z'] == 'U')
		return 0;
	return r->v['z'] == 'S' ? 7200 : 3600;
}

static bool
is_date(const struct found *r)
{
	if (r->has['J'])
		return r->v['J'] >= 1 && r->v['J'] <= 366;
	return r->v['N'] >= 1 && r->v['N'] <= 12 && r->v['D'] >= 1 &&
	    r->v['D'] <= 31;
}

static int
year_of(const struct found *r)
{
	int year = r->v['C'];

	if (r->has['C'])
		return year;
	year = YEAR_BASE / YEARS * YEARS + r->v['Y'];
	return year < YEAR_BASE ? year + YEARS : year;
}

static void
set_day(const struct found *r, struct timecode *out)
{
	struct ntp_date d = {.year = 1970, .month = 1, .day = 1};

	out->has_year = r->has['Y'] || r->has['C'];
	if (out->has_year)
		d.year = year_of(r);
	if (!r->has['J']) {
		d.month = r->v['N'];
		d.day = r->v['D'];
	}
	out->day = calendar_to_unix(&d) / DAY;
	if (r->has['J'])
		out->day += r->v['J'] - 1;
}

static enum timecode_verdict
understand(const struct form *f, const struct found *r, struct timecode *out)
{
	if (!is_set(f, r))
		return TIMECODE_UNSYNC;
	if (!is_date(r) || r->v['H'] > 23 || r->v['M'] > 59 || r->v['S'] > 60)
		return TIMECODE_MALFORMED;
	set_day(r, out);
	out->second = r->v['H'] * 3600 + r->v['M'] * 60 + r->v['S'] - zone(r);
	out->nsec = r->v['f'] * 1000000;
	out->at_end = f->at_end;
	out->early = f->early;
	if (r->has['l'] && f->insert != '\0' && r->v['l'] == f->insert)
		out->leap = NTP_LEAP_INS;
	else if (r->has['l'] && f->delete != '\0' && r->v['l'] == f->delete)
		out->leap = NTP_LEAP_DEL;
	return TIMECODE_GOOD;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
sum_is_right(const char *text, size_t n, size_t len)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (unsigned char)text[i];
	return len - n >= 2 && hex_value(text[n]) >= 0 &&
	    hex_value(text[n + 1]) >= 0 &&
	    (sum & 0xff) ==
	    (unsigned)(hex_value(text[n]) * 16 + hex_value(text[n + 1]));
}

/* Where a form begins: behind the prompt of a clock that is asked, or the
 * control character of one that is not. */
static size_t
begin_of(const struct form *f, const char *text, size_t len)
{
	if (f->sum) {
		for (size_t i = 0; i + 1 < len; i++)
			if (text[i] == f->form[0] && text[i + 1] == f->form[1])
				return i;
	}
	return len > 0 && (unsigned char)text[0] < ' ' ? 1 : 0;
}

enum timecode_verdict
timecode_parse(
    unsigned type, const char *text, size_t len, struct timecode *out)
{
	*out = (struct timecode){.day = 0};
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		const struct form *f = &forms[i];
		size_t from = begin_of(f, text, len), n;
		struct found r;

		n = f->type == type
		    ? match(f->form, text + from, len - from, &r)
		    : 0;
		if (n == 0)
			continue;
		if (f->sum && !sum_is_right(text + from, n, len - from))
			return TIMECODE_MALFORMED;
		return understand(f, &r, out);
	}
	return TIMECODE_OTHER;
}

int64_t
timecode_unix(const struct timecode *t, int64_t near)
{
	int64_t best = 0;
	struct ntp_date d;

	if (t->has_year)
		return t->day * DAY + t->second;
	calendar_from_unix(near, &d);
	d = (struct ntp_date){.year = d.year - 1, .month = 1, .day = 1};
	for (unsigned i = 0; i < 3; i++, d.year++) {
		int64_t s = calendar_to_unix(&d) + t->day * DAY + t->second;

		if (i == 0 || llabs(s - near) < llabs(best - near))
			best = s;
	}
	return best;
}
