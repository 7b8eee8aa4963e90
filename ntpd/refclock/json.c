/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.c - the members of one JSON object.
 *
 * Nesting is counted, not recursed into: brackets need only match in number,
 * for nobody looks at what they hold.
 */
#include "json.h"

#include <string.h>

#include "ntp_err.h"

struct reader {
	const char *p, *end;
};

static void
skip_space(struct reader *r)
{
	while (r->p < r->end &&
	    (*r->p == ' ' || *r->p == '\t' || *r->p == '\r' || *r->p == '\n'))
		r->p++;
}

static bool
take(struct reader *r, char c)
{
	skip_space(r);
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* Behind the opening quote. */
static bool
read_string(struct reader *r, struct json_slice *out)
{
	out->p = r->p;
	while (r->p < r->end && *r->p != '"') {
		if ((unsigned char)*r->p < ' ')
			return false;
		r->p += *r->p == '\\' && r->end - r->p > 1 ? 2 : 1;
	}
	if (r->p >= r->end)
		return false;
	out->len = (size_t)(r->p - out->p);
	r->p++;
	return true;
}

/* Number, true, false or null. */
static bool
read_plain(struct reader *r, struct json_slice *out)
{
	out->p = r->p;
	while (r->p < r->end &&
	    ((*r->p >= '0' && *r->p <= '9') || (*r->p >= 'a' && *r->p <= 'z') ||
		*r->p == 'E' || *r->p == '-' || *r->p == '+' || *r->p == '.'))
		r->p++;
	out->len = (size_t)(r->p - out->p);
	return out->len > 0;
}

static bool
skip_nested(struct reader *r)
{
	struct json_slice s;
	unsigned depth = 1;

	while (depth > 0 && r->p < r->end) {
		char c = *r->p++;

		if (c == '"' && !read_string(r, &s))
			return false;
		if ((c == '{' || c == '[') && ++depth > JSON_DEPTH)
			return false;
		if (c == '}' || c == ']')
			depth--;
	}
	return depth == 0;
}

static enum json_type
plain_type(const struct json_slice *s)
{
	bool number = s->p[0] == '-' || (s->p[0] >= '0' && s->p[0] <= '9');

	return number ? JSON_NUMBER : JSON_WORD;
}

static bool
read_value(struct reader *r, struct json_member *m)
{
	if (take(r, '"')) {
		m->type = JSON_STRING;
		return read_string(r, &m->value);
	}
	if (take(r, '{') || take(r, '[')) {
		m->type = JSON_NESTED;
		m->value = (struct json_slice){r->p, 0};
		return skip_nested(r);
	}
	if (!read_plain(r, &m->value))
		return false;
	m->type = plain_type(&m->value);
	return true;
}

static bool
read_member(struct reader *r, struct json_object *o)
{
	struct json_member m;

	if (!take(r, '"') || !read_string(r, &m.name) || !take(r, ':') ||
	    !read_value(r, &m))
		return false;
	if (o->n < JSON_MEMBERS)
		o->m[o->n++] = m;
	return true;
}

int
json_parse(struct json_object *o, const char *text, size_t len)
{
	struct reader r = {text, text + len};

	o->n = 0;
	if (!take(&r, '{'))
		return -NTP_EFORMAT;
	if (!take(&r, '}')) {
		do {
			if (!read_member(&r, o))
				return -NTP_EFORMAT;
		} while (take(&r, ','));
		if (!take(&r, '}'))
			return -NTP_EFORMAT;
	}
	skip_space(&r);
	return r.p == r.end ? 0 : -NTP_EFORMAT;
}

static bool
is_text(const struct json_slice *s, const char *text)
{
	return s->len == strlen(text) && memcmp(s->p, text, s->len) == 0;
}

const struct json_member *
json_find(const struct json_object *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++) {
		if (is_text(&o->m[i].name, name))
			return &o->m[i];
	}
	return NULL;
}

bool
json_is(const struct json_object *o, const char *name, const char *text)
{
	const struct json_member *m = json_find(o, name);

	return m != NULL && m->type == JSON_STRING && is_text(&m->value, text);
}

bool
json_integer(const struct json_object *o, const char *name, int64_t *out)
{
	const struct json_member *m = json_find(o, name);
	bool negative;
	int64_t v = 0;
	size_t i;

	if (m == NULL || m->type != JSON_NUMBER)
		return false;
	negative = m->value.p[0] == '-';
	for (i = negative ? 1 : 0; i < m->value.len; i++) {
		char c = m->value.p[i];

		if (c == '.')
			break;
		if (c < '0' || c > '9' || v > INT64_MAX / 10 - 1)
			return false;
		v = 10 * v + (c - '0');
	}
	*out = negative ? -v : v;
	return i > (negative ? 1U : 0U);
}
