/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timecode_parse.c - time codes of one line of ASCII.
 *
 * A form is the line itself, but for what stands behind a "%":
 *
 *	Y C	year of two, of four digits
 *	N D J	month and day, or day of the year, three digits
 *	H M S	hour, minute, second
 *	f t	three digits, one digit of its fraction
 *	h m s	the time a little earlier, of a clock that is asked for the date
 *		in between: over midnight nobody knows which one it was
 *	q v	quality; those that mean that the clock is set
 *	l n	leap second: that or another character, and its month
 *	z	the zone: UTC, summer time or time of central Europe
 *	o p r	the zone: sign, hours and minutes that it is ahead of UTC
 *	?	anything; _17: 17 octets of it
 *
 * The forms are from the makers' manuals and from the pages on drivers 4, 5, 8,
 * 11, 18, 26, 40 and 42 in the documentation of NTP and NTPsec.
 */
#include "timecode_parse.h"

#include <stdlib.h>
#include <string.h>

#include "ntp_calendar.h"
#include "ntp_refclock.h"
#include "serial.h"

#define DAY	    86400
#define ANY_MODE    0xffffU
#define YEARS	    100
#define YEAR_BASE   1980 /* what two digits mean is not before */
#define TDC300_MARK 0xe5
#define USNO_MARK   '*'
#define SKIP_DIGITS 2U /* of "%_" */
#define JST	    9  /* h */
#define ROUND_MAX   3  /* s between the first and the last reply */

struct form {
	uint8_t type;
	char form[52];
	char set[6], set2[6]; /* good characters of %q, %v */
	char insert, delete;  /* characters of %l */
	bool rolls;	      /* the date is from weeks of GPS */
	bool at_end;
	bool sum;    /* the sum of all octets follows, two hexadecimal digits */
	bool marked; /* the second begins with the mark that follows */
	bool measures;	 /* %q, sent back, lets it measure the delay */
	int8_t ahead;	 /* h, of UTC */
	char service[5]; /* reference id of who is called */
	double early;
};

/* Of two that fit a line the first counts. */
static const struct form forms[] = {
    {.type = CLOCK_SPECTRACOM,
	.form = "%q  %J %H:%M:%S  TZ=00",
	.set = " ",
	.service = "GPS"},
    {.type = CLOCK_SPECTRACOM,
	.form = "%q%?%Y %J %H:%M:%S.%f %l",
	.set = " ",
	.insert = 'L',
	.service = "GPS"},
    {.type = CLOCK_TRUETIME,
	.form = "%J:%H:%M:%S%q",
	.set = " .*",
	.at_end = true},
    {.type = CLOCK_ARBITER, .form = "%q %Y %J %H:%M:%S.%f", .set = " "},
    /* 980 ms before the pulse; its 24 octets take 25 ms */
    {.type = CLOCK_HPGPS,
	.form = "T2%C%N%D%H%M%S%_02%l%?%q",
	.set = "0",
	.insert = '+',
	.delete = '-',
	.rolls = true,
	.at_end = true,
	.sum = true,
	.early = 0.955},
    {.type = CLOCK_GENERIC,
	.form = "D:%D.%N.%Y;T:%?;U:%H.%M.%S;%q%v%z%l",
	.set = " ",
	.set2 = " ",
	.insert = 'A'},
    {.type = CLOCK_GENERIC,
	.form = "%D.%N.%Y; %?; %H:%M:%S; %o%p:%r; %q%v",
	.set = " ",
	.set2 = " "},
    /* UTC, and locked */
    {.type = CLOCK_ZYFER,
	.form = "!TIME,%C,%J,%H,%M,%S,%q,%?,%v",
	.set = "2",
	.set2 = "1",
	.rolls = true},
    /* ACTS of NIST, with or without what it measures */
    {.type = CLOCK_MODEM,
	.form = "%_06%Y-%N-%D %H:%M:%S %_03%l%_11UTC(N%_05%q",
	.set = "*#",
	.insert = '1',
	.delete = '2',
	.at_end = true,
	.measures = true,
	.service = "NIST"},
    /* the European telephone time code, ITU-R TF.583 */
    {.type = CLOCK_MODEM,
	.form = "%_04-%_02-%_08:%S%_18%C%N%D%H%M%_07%l%n%_18%q",
	.set = "*#",
	.insert = '+',
	.delete = '-',
	.at_end = true,
	.service = "PTB"},
    {.type = CLOCK_MODEM,
	.form = "%_06%J %H%M%S UTC",
	.marked = true,
	.service = "USNO"},
    /* TS-JJY01 and TS-JJY02; TS-GPSclock-01 */
    {.type = CLOCK_JJY,
	.form = "%h:%m:%s %C/%N/%D %_03 %H:%M:%S",
	.at_end = true,
	.ahead = JST},
    {.type = CLOCK_JJY,
	.form = "%h:%m:%s %C/%N/%D %H:%M:%S",
	.at_end = true,
	.ahead = JST},
    /* JST2000 */
    {.type = CLOCK_JJY,
	.form = "J%Y%N%D%?%H%M%S%t",
	.at_end = true,
	.ahead = JST},
    /* LT-2000 */
    {.type = CLOCK_JJY,
	.form = "%Y%N%D%?%H%M%S%_04",
	.at_end = true,
	.ahead = JST,
	.early = 0.5},
    /* JJY-200 */
    {.type = CLOCK_JJY,
	.form = "'%q%v %Y/%N/%D %? %H:%M:%S",
	.set = "O",
	.set2 = "K",
	.at_end = true,
	.ahead = JST},
    /* TDC-300, 5 to 10 ms */
    {.type = CLOCK_JJY,
	.form = "%Y%N%D%?%H%M%S",
	.marked = true,
	.ahead = JST,
	.early = 0.0075},
};

static const struct timecode_line lines[] = {
    {.type = CLOCK_SPECTRACOM,
	.mode = ANY_MODE,
	.baud = 9600,
	.device = "/dev/spectracom%u",
	.ask = "T"},
    {.type = CLOCK_TRUETIME,
	.mode = ANY_MODE,
	.baud = 9600,
	.device = "/dev/truetime%u"},
    {.type = CLOCK_GENERIC,
	.mode = 0,
	.frame = SERIAL_7E2,
	.baud = 9600,
	.device = "/dev/refclock-%u"},
    {.type = CLOCK_GENERIC,
	.mode = 1,
	.frame = SERIAL_7E2,
	.baud = 9600,
	.device = "/dev/refclock-%u"},
    {.type = CLOCK_GENERIC,
	.mode = 2,
	.frame = SERIAL_7E2,
	.baud = 9600,
	.device = "/dev/refclock-%u"},
    {.type = CLOCK_GENERIC,
	.mode = 5,
	.raw = true,
	.baud = 50,
	.device = "/dev/refclock-%u"},
    {.type = CLOCK_GENERIC,
	.mode = 7,
	.baud = 19200,
	.device = "/dev/refclock-%u"},
    {.type = CLOCK_ARBITER,
	.mode = ANY_MODE,
	.baud = 9600,
	.device = "/dev/arbiter%u",
	.start = "B5"},
    {.type = CLOCK_HPGPS,
	.mode = 0,
	.baud = 9600,
	.device = "/dev/hpgps%u",
	.ask = ":PTIME:TCODE?\r"},
    {.type = CLOCK_HPGPS,
	.mode = 1,
	.frame = SERIAL_7N2,
	.baud = 19200,
	.device = "/dev/hpgps%u",
	.ask = ":PTIME:TCODE?\r"},
    {.type = CLOCK_ZYFER,
	.mode = ANY_MODE,
	.baud = 9600,
	.device = "/dev/zyfer%u",
	.head = '!',
	.octets = 29},
    {.type = CLOCK_JJY,
	.mode = 1,
	.baud = 9600,
	.device = "/dev/jjy%u",
	.round = "time\r\ndate\r\nstim\r\n",
	.status = "dcst\r\nstus\r\n"},
    {.type = CLOCK_JJY,
	.mode = 2,
	.baud = 9600,
	.device = "/dev/jjy%u",
	.ask = "\0051J\003"},
    {.type = CLOCK_JJY,
	.mode = 3,
	.baud = 9600,
	.device = "/dev/jjy%u",
	.start = "C"},
    {.type = CLOCK_JJY, .mode = 4, .baud = 4800, .device = "/dev/jjy%u"},
    {.type = CLOCK_JJY,
	.mode = 5,
	.baud = 38400,
	.device = "/dev/jjy%u",
	.round = "time\r\ndate\r\ntime\r\n",
	.status = "stus\r\n"},
    {.type = CLOCK_JJY, .mode = 6, .baud = 2400, .device = "/dev/jjy%u"},
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
	    {'H', 2}, {'M', 2}, {'S', 2}, {'f', 3}, {'t', 1}, {'h', 2},
	    {'m', 2}, {'s', 2}, {'n', 2}, {'p', 2}, {'r', 2}};

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

/* The number behind "%_"; 0: there is none. */
static size_t
skipped(const char *f)
{
	int n = 0;

	if (f[0] == '%' && f[1] == '_')
		(void)take_digits(f + 2, SKIP_DIGITS, &n);
	return (size_t)n;
}

/* The octets that one field takes; 0: it does not fit. */
static size_t
take_field(char letter, const char *text, size_t left, struct found *out)
{
	unsigned char l = (unsigned char)letter;
	size_t n = digits_of(letter);

	if ((n > 0 ? n : 1) > left)
		return 0;
	out->has[l] = true;
	if (n > 0)
		return take_digits(text, n, &out->v[l]) ? n : 0;
	out->v[l] = (unsigned char)text[0];
	return 1;
}

/* The octets of TEXT that the form takes; 0: it does not fit. */
static size_t
match(const char *form, const char *text, size_t len, struct found *out)
{
	size_t at = 0;

	memset(out, 0, sizeof *out);
	while (*form != '\0') {
		size_t n = skipped(form), step = 1;

		if (n > 0) {
			step = 2 + SKIP_DIGITS;
		} else if (*form == '%') {
			n = take_field(form[1], text + at, len - at, out);
			step = 2;
		} else {
			n = at < len && text[at] == *form;
		}
		if (n == 0 || n > len - at)
			return 0;
		at += n;
		form += step;
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

static int
time_of_day(int h, int m, int s)
{
	return h * 3600 + m * 60 + s;
}

/* The replies of one round lie close together, and on the same day. */
static bool
is_one_round(const struct found *r)
{
	int took = time_of_day(r->v['H'], r->v['M'], r->v['S']) -
	    time_of_day(r->v['h'], r->v['m'], r->v['s']);

	return !r->has['h'] || (took >= 0 && took <= ROUND_MAX);
}

static enum ntp_leap
leap_of(const struct form *f, const struct found *r)
{
	if (!r->has['l'] || (r->has['n'] && r->v['n'] != r->v['N']))
		return NTP_LEAP_NONE;
	if (f->insert != '\0' && r->v['l'] == f->insert)
		return NTP_LEAP_INS;
	return f->delete != '\0' && r->v['l'] == f->delete ? NTP_LEAP_DEL
							   : NTP_LEAP_NONE;
}

static enum timecode_verdict
understand(const struct form *f, const struct found *r, struct timecode *out)
{
	if (!is_set(f, r))
		return TIMECODE_UNSYNC;
	if (!is_date(r) || r->v['H'] > 23 || r->v['M'] > 59 || r->v['S'] > 60)
		return TIMECODE_MALFORMED;
	if (!is_one_round(r))
		return TIMECODE_OTHER;
	set_day(r, out);
	out->second = time_of_day(r->v['H'], r->v['M'], r->v['S']) - zone(r) -
	    f->ahead * 3600;
	out->nsec = r->v['f'] * 1000000 + r->v['t'] * 100000000;
	out->rolls = f->rolls;
	out->at_end = f->at_end;
	out->marked = f->marked;
	out->early = f->early;
	out->measures = f->measures;
	out->quality = (char)r->v['q'];
	memcpy(out->service, f->service, sizeof out->service);
	out->leap = leap_of(f, r);
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

/* The second begins: what the line before told is true now. */
static bool
is_mark(unsigned type, const char *text, size_t len)
{
	unsigned char mark = type == CLOCK_JJY ? TDC300_MARK : USNO_MARK;

	return (type == CLOCK_JJY || type == CLOCK_MODEM) && len > 0 &&
	    len <= 2 && (unsigned char)text[len - 1] == mark;
}

/* A receiver of Spectracom may be called, too. */
static bool
is_form_of(const struct form *f, unsigned type)
{
	return f->type == type ||
	    (type == CLOCK_MODEM && f->type == CLOCK_SPECTRACOM);
}

enum timecode_verdict
timecode_parse(
    unsigned type, const char *text, size_t len, struct timecode *out)
{
	*out = (struct timecode){.day = 0};
	if (is_mark(type, text, len))
		return TIMECODE_MARK;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		const struct form *f = &forms[i];
		size_t from = begin_of(f, text, len), n;
		struct found r;

		n = is_form_of(f, type)
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

enum timecode_verdict
timecode_read(struct timecode_memory *m, unsigned type, const struct line *l,
    struct timecode *out)
{
	enum timecode_verdict v = timecode_parse(type, l->text, l->len, out);
	bool told = m->told;

	m->told = v == TIMECODE_GOOD && out->marked;
	if (m->told) {
		m->line = *out;
		return TIMECODE_MARK;
	}
	if (v != TIMECODE_MARK || !told)
		return v;
	*out = m->line;
	return TIMECODE_GOOD;
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

enum clock_code
timecode_fault(enum timecode_verdict v)
{
	return v == TIMECODE_UNSYNC ? CLOCK_BAD_SIGNAL : CLOCK_BAD_FORMAT;
}
