/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_json.c - a writer of JSON, and how variables become JSON.
 *
 * A number is copied as the server wrote it when JSON can read it: no digit
 * is lost or made up.  One of so many digits that readers fail at it is text.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "ntp_fmt.h"
#include "ntpq.h"
#include "ntpq_json.h"

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define NUMBER_MAX 32U /* characters */

struct json
json_init(FILE *out)
{
	return (struct json){.out = out};
}

static void
put_string(FILE *out, const char *s, size_t len)
{
	size_t i;

	fputc('"', out);
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c < ' ' || c > '~')
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* What stands before a value: a comma, the key. */
static void
begin(struct json *j, const char *key)
{
	if (j->some[j->depth])
		fputc(',', j->out);
	j->some[j->depth] = true;
	if (key != NULL) {
		put_string(j->out, key, strlen(key));
		fputc(':', j->out);
	}
}

static void
open_bracket(struct json *j, const char *key, char bracket)
{
	begin(j, key);
	fputc(bracket, j->out);
	assert(j->depth + 1 < JSON_DEPTH_MAX);
	j->depth++;
	j->some[j->depth] = false;
}

static void
close_bracket(struct json *j, char bracket)
{
	assert(j->depth > 0);
	j->depth--;
	fputc(bracket, j->out);
}

void
json_object(struct json *j, const char *key)
{
	open_bracket(j, key, '{');
}

void
json_object_end(struct json *j)
{
	close_bracket(j, '}');
}

void
json_array(struct json *j, const char *key)
{
	open_bracket(j, key, '[');
}

void
json_array_end(struct json *j)
{
	close_bracket(j, ']');
}

void
json_textn(struct json *j, const char *key, const char *text, size_t len)
{
	begin(j, key);
	put_string(j->out, text, len);
}

void
json_text(struct json *j, const char *key, const char *text)
{
	json_textn(j, key, text, strlen(text));
}

void
json_int(struct json *j, const char *key, int64_t v)
{
	begin(j, key);
	fprintf(j->out, "%lld", (long long)v);
}

void
json_real(struct json *j, const char *key, double v)
{
	if (!isfinite(v)) {
		json_null(j, key);
		return;
	}
	begin(j, key);
	fprintf(j->out, "%.9g", v);
}

void
json_bool(struct json *j, const char *key, bool v)
{
	begin(j, key);
	fputs(v ? "true" : "false", j->out);
}

void
json_null(struct json *j, const char *key)
{
	begin(j, key);
	fputs("null", j->out);
}

/* --- variables ---------------------------------------------------------- */

static size_t
digits(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= '0' && s[n] <= '9')
		n++;
	return n;
}

/* -12, 0.5: what JSON takes without exponent. */
static bool
is_json_number(const char *s, size_t len)
{
	size_t n;

	if (len > 0 && *s == '-') {
		s++;
		len--;
	}
	n = digits(s, len);
	if (n == 0 || (n > 1 && s[0] == '0'))
		return false;
	if (n == len)
		return true;
	return s[n] == '.' && n + 1 < len &&
	    digits(s + n + 1, len - n - 1) == len - n - 1;
}

static bool
put_number(struct json *j, const char *key, const char *s, size_t len)
{
	int64_t n;
	double v;

	if (len > NUMBER_MAX)
		return false;
	if (is_json_number(s, len)) {
		begin(j, key);
		fprintf(j->out, "%.*s", (int)len, s);
	} else if (fmt_parse_int(s, len, true, &n) == 0) {
		json_int(j, key, n);
	} else if (fmt_parse_double(s, len, &v) == 0) {
		json_real(j, key, v);
	} else {
		return false;
	}
	return true;
}

static bool
is_named(const struct var_item *it, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (var_is(it, names[i]))
			return true;
	return false;
}

void
json_time(struct json *j, const char *key, ntp_ts ts, int64_t pivot)
{
	char text[64], seconds[40];
	uint32_t nsec;
	int64_t sec;

	if (ts_is_zero(ts)) {
		json_null(j, key);
		return;
	}
	ts_to_unix(ts, pivot, &sec, &nsec);
	fmt_iso8601(seconds, sizeof(seconds), sec);
	snprintf(text, sizeof(text), "%.*s.%09uZ", (int)strcspn(seconds, "Z"),
	    seconds, (unsigned)nsec);
	json_text(j, key, text);
}

static void
put_numbers(struct json *j, const char *key, const struct var_item *it)
{
	const char *p = it->value, *end = it->value + it->valuelen;
	size_t len;

	json_array(j, key);
	while (p < end) {
		len = 0;
		while (p + len < end && p[len] != ' ')
			len++;
		if (len > 0 && !put_number(j, NULL, p, len))
			json_textn(j, NULL, p, len);
		p += len + 1;
	}
	json_array_end(j);
}

/* Never numbers, whatever they look like. */
static const char *const text_names[] = {"ident", "digest", "dstadr", "expire",
    "host", "leapsec", "peeradr", "processor", "reason", "reasonword", "refid",
    "release", "savedconfig", "signature", "srcadr", "srchost", "system",
    "until", "update", "version"};
static const char *const time_names[] = {
    "clock", "org", "reasonsince", "rec", "reftime", "xmt"};
static const char *const list_names[] = {
    "filtdelay", "filtdisp", "filterror", "filtoffset"};

void
json_variable(struct json *j, const struct var_item *it, int64_t pivot)
{
	char key[4 * MODE6_VAR_NAME_MAX];
	struct var_item v = *it;
	ntp_ts ts;

	reply_trim(&v);
	fmt_safe(key, sizeof(key), v.name, v.namelen);
	if (v.valuelen >= 2 && v.value[0] == '"' &&
	    v.value[v.valuelen - 1] == '"')
		json_textn(j, key, v.value + 1, v.valuelen - 2);
	else if (is_named(&v, list_names, COUNT(list_names)))
		put_numbers(j, key, &v);
	else if (is_named(&v, time_names, COUNT(time_names)) &&
	    fmt_parse_ts(v.value, v.valuelen, &ts) == 0)
		json_time(j, key, ts, pivot);
	else if (is_named(&v, text_names, COUNT(text_names)) ||
	    !put_number(j, key, v.value, v.valuelen))
		json_textn(j, key, v.value, v.valuelen);
}
