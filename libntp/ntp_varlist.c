/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_varlist.c - the name=value text of control messages.
 *
 * Values reach us from the network (reference ids, host names of peers), so
 * the writer lets none of them pass for another item: clients split this text
 * at commas and quotes, and the protocol has no escapes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ntp_fmt.h"
#include "ntp_mode6.h"

#define LINE_LIMIT 72U /* no line reaches it */
#define SEP_LEN	   2U  /* a comma and a space */
#define END_LEN	   2U  /* CR LF, always kept free */

struct var_wr
var_init(char *p, size_t cap)
{
	return (struct var_wr){.p = p, .cap = cap};
}

static void
put(struct var_wr *w, const char *s, size_t n)
{
	memcpy(w->p + w->len, s, n);
	w->len += n;
	w->col += n;
}

static char
clean(char c)
{
	switch (c) {
	case ',':
		return ';';
	case '=':
		return ':';
	case '"':
		return '\'';
	default:
		return c < ' ' || c > '~' ? '.' : c;
	}
}

static void
put_clean(struct var_wr *w, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		w->p[w->len++] = clean(s[i]);
	w->col += n;
}

/* The line also has to hold the comma that may follow the item. */
static bool
must_fold(const struct var_wr *w, size_t n)
{
	return w->col + SEP_LEN + n + 1 >= LINE_LIMIT;
}

/* Write what separates an item of N octets from the one before, provided that
 * all of it fits. */
static bool
begin_item(struct var_wr *w, size_t n)
{
	bool fold = must_fold(w, n);
	const char *sep = fold ? ",\r\n" : ", ";
	size_t seplen = w->any ? strlen(sep) : 0;

	if (w->bad || w->cap - w->len < seplen + n + END_LEN) {
		w->bad = true;
		return false;
	}
	put(w, sep, seplen);
	if (fold)
		w->col = 0;
	w->any = true;
	return true;
}

static void
put_item(
    struct var_wr *w, const char *name, const char *value, const char *quote)
{
	size_t namelen = strlen(name), valuelen = strlen(value);
	size_t quotelen = strlen(quote);

	if (!begin_item(w, namelen + 1 + valuelen + 2 * quotelen))
		return;
	put_clean(w, name, namelen);
	put(w, "=", 1);
	put(w, quote, quotelen);
	put_clean(w, value, valuelen);
	put(w, quote, quotelen);
}

void
var_raw(struct var_wr *w, const char *name, const char *value)
{
	put_item(w, name, value, "");
}

void
var_str(struct var_wr *w, const char *name, const char *value)
{
	put_item(w, name, value, "\"");
}

void
var_list(struct var_wr *w, const char *name, const char *value)
{
	size_t at = w->len;

	var_str(w, name, value);
	for (size_t i = w->len; i-- > at && !w->bad;)
		if (w->p[i] == ';')
			w->p[i] = ',';
}

void
var_int(struct var_wr *w, const char *name, int64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, v);
	var_raw(w, name, text);
}

void
var_hex(struct var_wr *w, const char *name, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, v);
	var_raw(w, name, text);
}

void
var_fixed(struct var_wr *w, const char *name, double v, unsigned digits)
{
	char text[48];

	var_raw(w, name, fmt_fixed(text, sizeof(text), v, digits));
}

void
var_ts(struct var_wr *w, const char *name, uint64_t ts)
{
	char text[24];

	var_raw(w, name, fmt_ts_wire(text, sizeof(text), (ntp_ts){ts}));
}

size_t
var_end(struct var_wr *w)
{
	if (w->any)
		put(w, "\r\n", END_LEN);
	return w->len;
}

struct var_rd
var_rd_init(const char *text, size_t len)
{
	return (struct var_rd){.p = text, .len = len};
}

static bool
at_end(const struct var_rd *r)
{
	return r->off == r->len;
}

static bool
is_line_end(char c)
{
	return c == '\r' || c == '\n';
}

static bool
is_separator(char c)
{
	return c == ',' || is_line_end(c);
}

static void
skip_separators(struct var_rd *r)
{
	while (
	    !at_end(r) && (is_separator(r->p[r->off]) || r->p[r->off] == ' '))
		r->off++;
}

/* A string may hold commas but no line end, so that a quote that is never
 * closed swallows its line and not the reply. */
static void
skip_string(struct var_rd *r)
{
	if (at_end(r) || r->p[r->off] != '"')
		return;
	r->off++;
	while (!at_end(r) && !is_line_end(r->p[r->off]))
		if (r->p[r->off++] == '"')
			return;
}

static void
skip_value(struct var_rd *r)
{
	skip_string(r);
	while (!at_end(r) && !is_separator(r->p[r->off]))
		r->off++;
}

bool
var_next(struct var_rd *r, struct var_item *it)
{
	size_t start;

	skip_separators(r);
	if (at_end(r))
		return false;
	start = r->off;
	while (!at_end(r) && !is_separator(r->p[r->off]) && r->p[r->off] != '=')
		r->off++;
	*it =
	    (struct var_item){.name = r->p + start, .namelen = r->off - start};
	if (at_end(r) || r->p[r->off] != '=')
		return true;
	start = ++r->off;
	skip_value(r);
	it->value = r->p + start;
	it->valuelen = r->off - start;
	return true;
}

bool
var_is(const struct var_item *it, const char *name)
{
	return it->namelen == strlen(name) &&
	    memcmp(it->name, name, it->namelen) == 0;
}

void
var_unquote(struct var_item *it)
{
	if (it->value == NULL || it->valuelen < 2 || it->value[0] != '"' ||
	    it->value[it->valuelen - 1] != '"')
		return;
	it->value++;
	it->valuelen -= 2;
}

bool
var_split_row(struct var_item *it, unsigned *n)
{
	const char *dot = memrchr(it->name, '.', it->namelen);
	size_t namelen;
	int64_t v;

	if (dot == NULL)
		return false;
	namelen = (size_t)(dot - it->name);
	if (fmt_parse_int(dot + 1, it->namelen - namelen - 1, false, &v) != 0 ||
	    v < 0 || v > UINT16_MAX)
		return false;
	it->namelen = namelen;
	*n = (unsigned)v;
	return true;
}
