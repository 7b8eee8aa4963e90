/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_cooked.c - variables as people read them.
 *
 * The name of a variable chooses its format; one that does not parse is shown
 * as it came, with a question mark.  Scripts cut these lines by column and by
 * position, so folding is exact: an item that would end beyond column 72
 * begins a new line.
 */
#include <string.h>

#include "ntp.h"
#include "ntp_fmt.h"
#include "ntpq.h"

#define FOLD_COLUMN   72U
#define FILTER_COLUMN 7
#define FILTER_ALIGN  11U /* "filtoffset=" */

/* Room for any value with every octet escaped. */
#define VALUE_MAX (4U * MODE6_TEXT_MAX + 1U)

typedef bool cook_fn(const struct var_item *it,
    const struct cooked_style *style, char *out, size_t cap);

static bool
parse_bounded(const struct var_item *it, int64_t max, unsigned *v)
{
	int64_t n;

	if (fmt_parse_int(it->value, it->valuelen, true, &n) != 0 || n < 0 ||
	    n > max)
		return false;
	*v = (unsigned)n;
	return true;
}

static bool
cook_leap(const struct var_item *it, const struct cooked_style *style,
    char *out, size_t cap)
{
	unsigned v;

	(void)style;
	if (!parse_bounded(it, 3, &v))
		return false;
	snprintf(out, cap, "%u%u", v >> 1, v & 1U);
	return true;
}

static bool
cook_reach(const struct var_item *it, const struct cooked_style *style,
    char *out, size_t cap)
{
	unsigned v;

	(void)style;
	if (!parse_bounded(it, 0xff, &v))
		return false;
	snprintf(out, cap, "%03o", v);
	return true;
}

static bool
cook_refid(const struct var_item *it, const struct cooked_style *style,
    char *out, size_t cap)
{
	struct ntp_addr a;

	(void)style;
	if (addr_parse(it->value, it->valuelen, &a) == 0) {
		if (!name_of_clock(&a, out, cap))
			fmt_safe(out, cap, it->value, it->valuelen);
		return true;
	}
	fmt_safe(out, cap, it->value, it->valuelen);
	return it->valuelen <= 4;
}

static bool
cook_time(const struct var_item *it, const struct cooked_style *style,
    char *out, size_t cap)
{
	ntp_ts ts;

	if (fmt_parse_ts(it->value, it->valuelen, &ts) != 0)
		return false;
	fmt_ts_cooked(out, cap, ts, style->pivot);
	return true;
}

/* ":PORT" at the end, or NULL. */
static const char *
port_suffix(const struct var_item *it)
{
	const char *colon = memrchr(it->value, ':', it->valuelen);
	int64_t port;
	size_t len;

	if (colon == NULL)
		return NULL;
	len = it->valuelen - (size_t)(colon - it->value) - 1;
	if (fmt_parse_int(colon + 1, len, false, &port) != 0 || port < 0 ||
	    port > UINT16_MAX)
		return NULL;
	return colon;
}

/* An address, or an address with port as `peeradr' has it. */
static bool
cook_host(const struct var_item *it, const struct cooked_style *style,
    char *out, size_t cap)
{
	const char *port = port_suffix(it), *end = it->value + it->valuelen;
	char name[NTPQ_NAME_MAX];
	struct ntp_addr a;

	if (addr_parse(it->value, it->valuelen, &a) == 0)
		port = end;
	else if (port == NULL ||
	    addr_parse(it->value, (size_t)(port - it->value), &a) != 0)
		return false;
	name_of(&a, style->numeric, name);
	snprintf(out, cap,
	    port < end && strchr(name, ':') != NULL ? "[%s]%.*s" : "%s%.*s",
	    name, (int)(end - port), port);
	return true;
}

static bool
cook_address(const struct var_item *it, const struct cooked_style *style,
    char *out, size_t cap)
{
	char text[ADDR_STRLEN];
	struct ntp_addr a;

	(void)style;
	if (addr_parse(it->value, it->valuelen, &a) != 0)
		return false;
	snprintf(out, cap, "%s", addr_format(&a, text));
	return true;
}

static bool
cook_flash(const struct var_item *it, const struct cooked_style *style,
    char *out, size_t cap)
{
	static const struct {
		unsigned bit;
		const char *name;
	} bits[] = {
#define FLASH(id, bit, name) {(bit), (name)},
#include "ntp_tbl_flash.h"
#undef FLASH
	};
	size_t i, len;
	unsigned v;

	(void)style;
	if (!parse_bounded(it, 0xffff, &v))
		return false;
	snprintf(out, cap, v == 0 ? "%02x ok" : "%02x", v);
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (!(v & bits[i].bit))
			continue;
		len = strlen(out);
		snprintf(out + len, cap - len, "%s %s",
		    strchr(out, ' ') == NULL ? "" : ",", bits[i].name);
	}
	return true;
}

static bool
is_positive(const struct var_item *it, double v)
{
	return v >= 0 && it->value[0] != '-' && it->value[0] != '+';
}

static bool
cook_signed(const struct var_item *it, const struct cooked_style *style,
    char *out, size_t cap)
{
	double v;

	if (fmt_parse_double(it->value, it->valuelen, &v) != 0)
		return false;
	snprintf(out, cap, "%s%.*s",
	    style->plus && is_positive(it, v) ? "+" : "", (int)it->valuelen,
	    it->value);
	return true;
}

/* The first of the numbers in REST, which is shortened by it. */
static bool
next_number(struct var_item *rest, double *v)
{
	const char *p = rest->value;
	size_t len = 0;

	while (len < rest->valuelen && p[len] != ' ')
		len++;
	if (fmt_parse_double(p, len, v) != 0)
		return false;
	rest->value += len;
	rest->valuelen -= len;
	reply_trim(rest);
	return true;
}

static bool
cook_columns(const struct var_item *it, bool plus, char *out, size_t cap)
{
	struct var_item rest = *it;
	char number[32], column[40];
	size_t len, n;
	double v;

	len = it->namelen < FILTER_ALIGN ? FILTER_ALIGN - it->namelen : 0;
	snprintf(out, cap, "%*s", (int)len, "");
	for (n = 0; rest.valuelen > 0; n++) {
		if (n == NTP_SHIFT || !next_number(&rest, &v))
			return false;
		fmt_fixed(number, sizeof(number), v, 2);
		snprintf(column, sizeof(column), "%s%s",
		    plus && number[0] != '-' ? "+" : "", number);
		len = strlen(out);
		snprintf(out + len, cap - len, "%s%*.*s", n > 0 ? " " : "",
		    FILTER_COLUMN, FILTER_COLUMN, column);
	}
	return n > 0;
}

static bool
cook_filter(const struct var_item *it, const struct cooked_style *style,
    char *out, size_t cap)
{
	(void)style;
	return cook_columns(it, false, out, cap);
}

static bool
cook_filter_signed(const struct var_item *it, const struct cooked_style *style,
    char *out, size_t cap)
{
	return cook_columns(it, style->plus, out, cap);
}

static const struct {
	const char *name;
	cook_fn *cook;
} recipes[] = {
    {"clock", cook_time},
    {"dstadr", cook_address},
    {"filtdelay", cook_filter},
    {"filtdisp", cook_filter},
    {"filterror", cook_filter},
    {"filtoffset", cook_filter_signed},
    {"flash", cook_flash},
    {"frequency", cook_signed},
    {"leap", cook_leap},
    {"offset", cook_signed},
    {"org", cook_time},
    {"peeradr", cook_host},
    {"reach", cook_reach},
    {"reasonsince", cook_time},
    {"rec", cook_time},
    {"refid", cook_refid},
    {"reftime", cook_time},
    {"srcadr", cook_host},
    {"xmt", cook_time},
};

static cook_fn *
recipe_of(const struct var_item *it)
{
	size_t i;

	for (i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++)
		if (var_is(it, recipes[i].name))
			return recipes[i].cook;
	return NULL;
}

const char *
cooked_value(const struct var_item *it, const struct cooked_style *style,
    char *out, size_t cap)
{
	struct var_item v = *it;
	cook_fn *cook;
	size_t len;

	reply_trim(&v);
	if (style->units && units_variable(&v, style->plus, out, cap))
		return out;
	cook = recipe_of(&v);
	if (cook != NULL && cook(&v, style, out, cap))
		return out;
	fmt_safe(out, cap, v.value, v.valuelen);
	len = strlen(out);
	if (cook != NULL && len + 1 < cap)
		memcpy(out + len, "?", 2);
	return out;
}

void
cooked_print(FILE *out, const struct reply *r, const struct cooked_style *style)
{
	struct var_rd rd = var_rd_init(r->text, r->len);
	char name[4 * MODE6_VAR_NAME_MAX], value[VALUE_MAX];
	size_t len, column = 0;
	size_t fold = style->fold > 0 ? style->fold : FOLD_COLUMN;
	struct var_item it;

	while (var_next(&rd, &it)) {
		fmt_safe(name, sizeof(name), it.name, it.namelen);
		cooked_value(&it, style, value, sizeof(value));
		len = strlen(name) + 1 + strlen(value);
		if (column > 0 && column + 2 + len > fold) {
			fputs(",\n", out);
			column = 0;
		} else if (column > 0) {
			fputs(", ", out);
			column += 2;
		}
		fprintf(out, "%s=%s", name, value);
		column += len;
	}
	if (column > 0)
		fputc('\n', out);
}

void
raw_print(FILE *out, const struct reply *r)
{
	const char *line = r->text, *end = r->text + r->len, *stop;
	char text[VALUE_MAX];
	size_t len;

	for (; line < end; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		if (stop == NULL)
			stop = end;
		len = (size_t)(stop - line);
		while (len > 0 && line[len - 1] == '\r')
			len--;
		fprintf(out, "%s\n", fmt_safe(text, sizeof(text), line, len));
	}
}
