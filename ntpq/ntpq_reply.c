/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_reply.c - typed values out of the text of a reply.
 *
 * Servers differ in order and choice of variables, and a hostile one sends
 * anything: what is missing or malformed becomes a harmless default.
 */
#include <string.h>

#include "ntp_fmt.h"
#include "ntpq.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void
reply_trim(struct var_item *it)
{
	if (it->value == NULL) {
		it->value = "";
		it->valuelen = 0;
	}
	while (it->valuelen > 0 && is_blank(it->value[0])) {
		it->value++;
		it->valuelen--;
	}
	while (it->valuelen > 0 && is_blank(it->value[it->valuelen - 1]))
		it->valuelen--;
}

bool
reply_find(const struct reply *r, const char *name, struct var_item *it)
{
	struct var_rd rd = var_rd_init(r->text, r->len);

	while (var_next(&rd, it)) {
		if (!var_is(it, name))
			continue;
		reply_trim(it);
		return true;
	}
	return false;
}

unsigned
reply_uint(
    const struct reply *r, const char *name, unsigned max, unsigned fallback)
{
	struct var_item it;
	int64_t v;

	if (!reply_find(r, name, &it) ||
	    fmt_parse_int(it.value, it.valuelen, true, &v) != 0)
		return fallback;
	return v < 0 || v > (int64_t)max ? fallback : (unsigned)v;
}

double
reply_double(const struct reply *r, const char *name)
{
	struct var_item it;
	double v;

	if (!reply_find(r, name, &it) ||
	    fmt_parse_double(it.value, it.valuelen, &v) != 0)
		return 0;
	return v;
}

ntp_ts
reply_ts(const struct reply *r, const char *name)
{
	struct var_item it;
	ntp_ts ts;

	if (!reply_find(r, name, &it) ||
	    fmt_parse_ts(it.value, it.valuelen, &ts) != 0)
		return (ntp_ts){0};
	return ts;
}

const char *
reply_text(const struct reply *r, const char *name, char *out, size_t cap)
{
	struct var_item it;

	out[0] = '\0';
	if (!reply_find(r, name, &it))
		return out;
	var_unquote(&it);
	return fmt_safe(out, cap, it.value, it.valuelen);
}

bool
reply_addr(const struct reply *r, const char *name, struct ntp_addr *a)
{
	struct var_item it;

	return reply_find(r, name, &it) &&
	    addr_parse(it.value, it.valuelen, a) == 0;
}
