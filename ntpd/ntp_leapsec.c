/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_leapsec.c - the table of leap seconds.
 *
 * The hash covers the digits of the update, expiry and data lines in the order
 * of the file and nothing else, so it is collected while reading.  Its words
 * are written without leading zeros.
 */
#include "ntp_leapsec.h"

#include <string.h>

#include "ntp_calendar.h"
#include "ntp_err.h"
#include "ntp_fmt.h"
#include "ntp_mac.h"
#include "ntp_time.h"
#include "ntp_wire.h"

#define DIGITS_MAX (LEAP_ENTRIES_MAX * 24U)
#define HASH_WORDS 5U
#define TAI_MAX	   1000
#define DAY_S	   86400

struct reader {
	struct leap_table *t;
	char digits[DIGITS_MAX];
	size_t ndigits;
	uint8_t hash[HASH_WORDS * 4];
	bool has_hash;
};

/* A line, or what is left of it. */
struct text {
	const char *p;
	size_t len;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct text
next_word(struct text *t)
{
	struct text w;

	while (t->len > 0 && is_blank(t->p[0])) {
		t->p++;
		t->len--;
	}
	w.p = t->p;
	while (t->len > 0 && !is_blank(t->p[0])) {
		t->p++;
		t->len--;
	}
	w.len = (size_t)(t->p - w.p);
	return w;
}

/* The next word as a number, its digits kept for the hash. */
static bool
next_number(struct reader *r, struct text *t, int64_t *v)
{
	struct text w = next_word(t);

	if (fmt_parse_int(w.p, w.len, false, v) != 0 || *v < 0 ||
	    r->ndigits + w.len > sizeof r->digits)
		return false;
	memcpy(r->digits + r->ndigits, w.p, w.len);
	r->ndigits += w.len;
	return true;
}

static bool
hex_word(struct text w, uint32_t *v)
{
	static const char hex[] = "0123456789abcdef";

	*v = 0;
	if (w.len < 1 || w.len > 8)
		return false;
	for (size_t i = 0; i < w.len; i++) {
		const char *at = strchr(hex, w.p[i]);

		if (at == NULL || *at == '\0')
			return false;
		*v = *v << 4 | (uint32_t)(at - hex);
	}
	return true;
}

static bool
read_hash(struct reader *r, struct text line)
{
	struct wire_wr w = wire_wr_init(r->hash, sizeof r->hash);
	uint32_t v;

	for (unsigned i = 0; i < HASH_WORDS; i++) {
		if (!hex_word(next_word(&line), &v))
			return false;
		wire_put32(&w, v);
	}
	r->has_hash = true;
	return true;
}

static bool
month_start(int64_t unix_s)
{
	struct ntp_date d;

	calendar_from_unix(unix_s, &d);
	return d.day == 1 && unix_s % DAY_S == 0;
}

static bool
read_entry(struct reader *r, struct text line)
{
	struct leap_table *t = r->t;
	int64_t at, tai;

	if (!next_number(r, &line, &at) || !next_number(r, &line, &tai) ||
	    tai > TAI_MAX || t->n == LEAP_ENTRIES_MAX)
		return false;
	at -= NTP_UNIX_OFFSET;
	if (!month_start(at) || (t->n > 0 && at <= t->entry[t->n - 1].at))
		return false;
	t->entry[t->n++] = (struct leap_entry){at, (int)tai};
	return true;
}

static bool
read_line(struct reader *r, struct text line)
{
	char kind = line.len > 1 ? line.p[1] : ' ';
	int64_t v = 0;

	if (line.len == 0)
		return true;
	if (line.p[0] != '#')
		return read_entry(r, line);
	line.p += line.len > 1 ? 2 : 1;
	line.len -= line.len > 1 ? 2 : 1;
	switch (kind) {
	case '$':
		return next_number(r, &line, &v);
	case '@':
		if (!next_number(r, &line, &v))
			return false;
		r->t->expires = v - NTP_UNIX_OFFSET;
		return true;
	case 'h':
		return read_hash(r, line);
	default:
		return true;
	}
}

/* Without its end, be that LF or CR LF, and without blanks before it. */
static struct text
cut_line(struct text *rest)
{
	const char *nl = memchr(rest->p, '\n', rest->len);
	struct text line = {
	    rest->p, nl != NULL ? (size_t)(nl - rest->p) : rest->len};
	size_t used = line.len + (nl != NULL);

	rest->p += used;
	rest->len -= used;
	while (line.len > 0 && is_blank(line.p[line.len - 1]))
		line.len--;
	return line;
}

static int
check_hash(struct reader *r)
{
	uint8_t own[HASH_WORDS * 4];

	if (!r->has_hash)
		return 0;
	mac_sha1(r->digits, r->ndigits, own);
	if (memcmp(own, r->hash, sizeof own) != 0)
		return -NTP_EAUTH;
	r->t->hashed = true;
	return 0;
}

int
leap_parse(struct leap_table *t, const char *buf, size_t len, bool check,
    unsigned *line)
{
	struct reader r = {.t = t};
	struct text rest = {buf, len};

	memset(t, 0, sizeof *t);
	*line = 0;
	while (rest.len > 0) {
		++*line;
		if (!read_line(&r, cut_line(&rest)))
			return -NTP_EFORMAT;
	}
	if (t->n == 0)
		return -NTP_ENOENT;
	return check ? check_hash(&r) : 0;
}

int
leap_tai(const struct leap_table *t, int64_t unix_s)
{
	int tai = 0;

	for (size_t i = 0; i < t->n && t->entry[i].at <= unix_s; i++)
		tai = t->entry[i].tai;
	return tai;
}

int
leap_tai_at(const struct leap_table *t, int64_t tai_s)
{
	int tai = 0;

	for (size_t i = 0; i < t->n && t->entry[i].at <= tai_s - tai; i++)
		tai = t->entry[i].tai;
	return tai;
}

const struct leap_entry *
leap_next(const struct leap_table *t, int64_t unix_s)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->entry[i].at > unix_s)
			return &t->entry[i];
	}
	return t->n > 0 ? &t->entry[t->n - 1] : NULL;
}
