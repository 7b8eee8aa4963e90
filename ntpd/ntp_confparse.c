/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_confparse.c - words, arguments and messages of the configuration.
 *
 * Every directive reads its line through these, so that all messages look
 * alike: where, which word, what was expected, and what may have been meant.
 */
#include "ntp_confparse.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_fmt.h"
#include "ntp_say.h"

#define TEXT_MAX 256U
#define SHOW	 40   /* characters shown of a word */
#define HOST_MAX 255U /* octets of a domain name */
#define EXPECTED 6U   /* words shown of what was expected */

/* --- messages ------------------------------------------------------------ */

void
config_report(struct ntp_config *c, const struct config_io *io,
    const struct config_diag *d)
{
	if (d->severity == CONFIG_ERROR)
		c->nerrors++;
	else
		c->nwarnings++;
	if (io != NULL && io->diag != NULL)
		io->diag(io->arg, d);
}

struct conf_pos
conf_here(const struct confparse *p)
{
	return (struct conf_pos){p->tok.line, p->tok.column};
}

struct conf_place
conf_place(const struct confparse *p)
{
	return (struct conf_place){p->file, conf_here(p)};
}

void
config_warn_at(struct ntp_config *c, const struct config_io *io,
    const struct conf_place *place, const char *text, const char *hint)
{
	const struct config_diag d = {
	    .severity = CONFIG_WARNING,
	    .file = place->file,
	    .line = place->at.line,
	    .column = place->at.column,
	    .text = text,
	    .hint = hint,
	};

	config_report(c, io, &d);
}

struct config_origin
conf_origin(const struct confparse *p)
{
	return (struct config_origin){p->file, p->unnumbered ? 0 : p->at.line};
}

void
conf_note(struct confparse *p, enum keyword_id id)
{
	p->cfg->origin[id] = conf_origin(p);
}

static void report(struct confparse *p, enum config_severity severity,
    const struct conf_pos *at, const char *hint, const char *fmt, va_list ap)
    __attribute__((format(printf, 5, 0)));

static void
report(struct confparse *p, enum config_severity severity,
    const struct conf_pos *at, const char *hint, const char *fmt, va_list ap)
{
	struct conf_pos pos = at != NULL ? *at : conf_here(p);
	char text[TEXT_MAX];
	struct config_diag d = {
	    .severity = severity,
	    .file = p->file,
	    .line = pos.line,
	    .column = pos.column,
	    .text = text,
	    .hint = hint,
	};

	vsnprintf(text, sizeof(text), fmt, ap);
	config_report(p->cfg, p->io, &d);
}

void
conf_warn(struct confparse *p, const struct conf_pos *at, const char *hint,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(p, CONFIG_WARNING, at, hint, fmt, ap);
	va_end(ap);
}

void
conf_error(struct confparse *p, const struct conf_pos *at, const char *hint,
    const char *fmt, ...)
{
	va_list ap;

	p->bad = true;
	va_start(ap, fmt);
	report(p, CONFIG_ERROR, at, hint, fmt, ap);
	va_end(ap);
}

static void
list_expected(struct text *t, enum keyword_ctx ctx)
{
	const struct keyword *k;
	unsigned n = 0;

	for (size_t i = 0; (k = keyword_at(i)) != NULL && n <= EXPECTED; i++) {
		if (k->ctx != ctx || k->state == KW_REFUSED)
			continue;
		say(t, "%s%s", n > 0 ? ", " : "",
		    n < EXPECTED ? keyword_word(k) : "...");
		n++;
	}
	if (n == 0)
		say(t, "the end of the line");
}

/* The mask without its word, as many systems write it. */
static bool
is_bare_mask(enum keyword_ctx ctx, const char *word)
{
	struct ntp_addr addr;

	return ctx == KEYWORD_RESTRICT &&
	    addr_parse(word, strlen(word), &addr) == 0;
}

void
conf_unexpected(struct confparse *p, enum keyword_ctx ctx)
{
	const char *word = p->tok.text;
	const struct keyword *near = keyword_near(ctx, word);
	char words[TEXT_MAX], advice[TEXT_MAX];
	struct text expected = {words, sizeof words, 0};
	struct text hint = {advice, sizeof advice, 0};

	list_expected(&expected, ctx);
	if (p->tok.quoted && near != NULL &&
	    strcmp(keyword_word(near), word) == 0)
		say(&hint, "keywords are written without quotes");
	else if (near != NULL)
		say(&hint, "did you mean '%s'?", keyword_word(near));
	else if (is_bare_mask(ctx, word))
		say(&hint, "did you mean 'mask %.*s'?", SHOW, word);
	conf_error(p, NULL, hint.len > 0 ? hint.p : NULL,
	    "unexpected '%.*s', expected %s", SHOW, word, expected.p);
}

void
conf_idle(
    struct confparse *p, const struct conf_pos *at, const struct keyword *k)
{
	const char *hint = keyword_text(k)[0] != '\0' ? keyword_text(k) : NULL;

	if (p->muted)
		return;
	if (k->state == KW_OBSOLETE)
		conf_warn(p, at, hint, "'%s' is obsolete and has no effect",
		    keyword_word(k));
	else
		conf_warn(p, at, hint, "'%s' has no effect in this release",
		    keyword_word(k));
}

/* --- words --------------------------------------------------------------- */

bool
conf_next(struct confparse *p, enum scan_mode mode)
{
	scan_next(&p->scan, mode, &p->tok);
	if (p->tok.kind == SCAN_LONG) {
		conf_error(p, NULL, NULL, "word longer than %u characters",
		    SCAN_WORD_MAX);
		do
			scan_next(&p->scan, mode, &p->tok);
		while (p->tok.kind != SCAN_EOL);
	}
	return p->tok.kind != SCAN_EOL;
}

bool
conf_more(const struct confparse *p)
{
	struct scanner ahead = p->scan;
	struct scan_token t;

	scan_next(&ahead, SCAN_TOKENS, &t);
	return t.kind != SCAN_EOL;
}

bool
conf_string(struct confparse *p, const char *what)
{
	if (conf_next(p, SCAN_STRING))
		return true;
	if (!p->bad)
		conf_error(p, NULL, NULL, "missing %s", what);
	return false;
}

bool
conf_end(struct confparse *p)
{
	if (!conf_next(p, SCAN_TOKENS))
		return !p->bad;
	conf_unexpected(p, KEYWORD_NOTHING);
	return false;
}

const struct keyword *
conf_token_keyword(const struct confparse *p, enum keyword_ctx ctx)
{
	if (p->tok.kind != SCAN_WORD || p->tok.quoted)
		return NULL;
	return keyword_find(ctx, p->tok.text);
}

const struct keyword *
conf_keyword(struct confparse *p, enum keyword_ctx ctx)
{
	const struct keyword *k;

	if (!conf_next(p, SCAN_TOKENS))
		return NULL;
	k = conf_token_keyword(p, ctx);
	if (k == NULL)
		conf_unexpected(p, ctx);
	return k;
}

enum addr_family
conf_family(const struct scan_token *t)
{
	if (t->kind != SCAN_WORD || t->quoted || t->text[0] != '-')
		return ADDR_NONE;
	if (t->text[1] == '4')
		return ADDR_V4;
	return t->text[1] == '6' ? ADDR_V6 : ADDR_NONE;
}

bool
conf_is_host(const char *s)
{
	size_t len = strspn(s,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	    "._-:%[]");

	return len > 0 && s[len] == '\0' && len <= HOST_MAX;
}

/* --- arguments ----------------------------------------------------------- */

bool
conf_integer(const struct confparse *p, bool hex, double *out)
{
	int64_t v;

	if (p->tok.kind != SCAN_WORD || p->tok.quoted ||
	    fmt_parse_int(p->tok.text, strlen(p->tok.text), hex, &v) != 0 ||
	    v < INT32_MIN || v > UINT32_MAX || (!hex && v > INT32_MAX))
		return false;
	*out = (double)v;
	return true;
}

static bool
read_number(struct confparse *p, double *out)
{
	size_t len = strlen(p->tok.text);
	bool weeks = len > 1 && (p->tok.text[len - 1] | 0x20) == 'g';

	if (p->tok.kind != SCAN_WORD || p->tok.quoted ||
	    fmt_parse_double(p->tok.text, len - weeks, out) != 0)
		return false;
	if (weeks)
		conf_warn(p, NULL, "`tos basedate` tells which weeks they are",
		    "'%.*s' is taken without its last letter", SHOW,
		    p->tok.text);
	return true;
}

/* The reference knows 0, 1 and true; people write the others too. */
static bool
read_bool(struct confparse *p, double *out)
{
	static const char yes[][5] = {"true", "yes", "on"};
	static const char no[][6] = {"false", "no", "off"};

	if (conf_integer(p, false, out)) {
		if (*out != 0 && *out != 1)
			conf_warn(p, NULL, NULL, "'%.*s' is taken as 1", SHOW,
			    p->tok.text);
		*out = *out != 0;
		return true;
	}
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		*out = strcmp(p->tok.text, yes[i]) == 0;
		if (*out != 0 || strcmp(p->tok.text, no[i]) == 0)
			return !p->tok.quoted;
	}
	return false;
}

static bool
read_value(struct confparse *p, enum keyword_arg arg, double *out)
{
	switch (arg) {
	case ARG_INT:
		return conf_integer(p, false, out);
	case ARG_UINT:
		return conf_integer(p, true, out);
	case ARG_NUM:
		return read_number(p, out);
	case ARG_BOOL:
		return read_bool(p, out);
	case ARG_NONE:
	case ARG_STR:
		break;
	}
	return true;
}

static const char *
argument_name(enum keyword_arg arg)
{
	switch (arg) {
	case ARG_INT:
	case ARG_UINT:
		return "a whole number";
	case ARG_NUM:
		return "a number";
	case ARG_BOOL:
		return "0 or 1";
	case ARG_NONE:
	case ARG_STR:
		break;
	}
	return "a word";
}

void
conf_range(struct confparse *p, const struct keyword *k, struct conf_value *v,
    double lo, double hi)
{
	bool below;

	if (lo >= hi || (v->num >= lo && v->num <= hi))
		return;
	v->outside = true;
	if (k->strict) {
		p->refused = true;
		conf_error(p, NULL, "the line is ignored",
		    "'%s %.*s' is not between %.0f and %.0f", keyword_word(k),
		    SHOW, p->tok.text, lo, hi);
		return;
	}
	below = v->num < lo;
	v->num = below ? lo : hi;
	if (k->state == KW_WORKS)
		conf_warn(p, NULL, NULL, "'%s %.*s' is %s %.10g, which is used",
		    keyword_word(k), SHOW, p->tok.text,
		    below ? "below" : "above", v->num);
}

bool
conf_argument(
    struct confparse *p, const struct keyword *k, struct conf_value *v)
{
	enum scan_mode mode = k->arg == ARG_STR ? SCAN_STRING : SCAN_TOKENS;

	*v = (struct conf_value){.num = 0};
	if (k->arg == ARG_NONE)
		return true;
	if (!conf_next(p, mode)) {
		if (!p->bad)
			conf_error(p, NULL, NULL, "'%s' needs %s",
			    keyword_word(k), argument_name(k->arg));
		p->refused |= k->strict;
		return false;
	}
	if (!read_value(p, k->arg, &v->num)) {
		p->refused |= k->strict;
		conf_error(p, NULL, k->strict ? "the line is ignored" : NULL,
		    "'%s' needs %s, not '%.*s'", keyword_word(k),
		    argument_name(k->arg), SHOW, p->tok.text);
		return false;
	}
	v->str = p->tok.text;
	conf_range(p, k, v, keyword_lo(k), keyword_hi(k));
	return !p->refused;
}

bool
conf_only_integer(struct confparse *p, double lo, double hi, double *out)
{
	if (!conf_next(p, SCAN_TOKENS)) {
		if (!p->bad)
			conf_error(p, NULL, NULL, "missing number");
		return false;
	}
	if (!conf_integer(p, false, out) || *out < lo || *out > hi) {
		conf_error(p, NULL, NULL,
		    "'%.*s' is not a whole number between %.0f and %.0f", SHOW,
		    p->tok.text, lo, hi);
		return false;
	}
	return true;
}

static void
refuse(struct confparse *p, const struct keyword *k)
{
	p->refused = true;
	conf_warn(p, NULL, keyword_text(k),
	    "'%s' is not supported in this release, the line is ignored",
	    keyword_word(k));
}

/* Zero switches off what is off anyway. */
static bool
worth_a_warning(const struct keyword *k, const struct conf_value *v)
{
	if (k->state != KW_NOTYET && k->state != KW_OBSOLETE)
		return false;
	return k->arg == ARG_NONE || k->arg == ARG_STR || v->num != 0;
}

void
conf_options(
    struct confparse *p, enum keyword_ctx ctx, conf_apply *apply, void *obj)
{
	const struct keyword *k;
	struct conf_value v;

	while ((k = conf_keyword(p, ctx)) != NULL) {
		struct conf_pos at = conf_here(p);

		if (k->state == KW_REFUSED) {
			refuse(p, k);
			return;
		}
		if (!conf_argument(p, k, &v))
			return;
		if (worth_a_warning(k, &v))
			conf_idle(p, &at, k);
		if (k->state != KW_WORKS)
			continue;
		conf_note(p, k->id);
		if (apply != NULL)
			apply(p, obj, k, &v);
	}
}

/* --- memory -------------------------------------------------------------- */

void *
conf_grow(struct ntp_config *c, void *array, size_t n, size_t size)
{
	unsigned char *a = array;

	if ((n & (n - 1)) == 0) {
		size_t cap = n == 0 ? 1 : 2 * n;

		a = cap > SIZE_MAX / size ? NULL : realloc(array, cap * size);
		if (a == NULL) {
			c->pending->nomem = true;
			return NULL;
		}
	}
	memset(a + n * size, 0, size);
	return a;
}

char *
conf_strdup(struct ntp_config *c, const char *s)
{
	size_t len = strlen(s) + 1;
	char *copy = malloc(len);

	if (copy == NULL) {
		c->pending->nomem = true;
		return NULL;
	}
	return memcpy(copy, s, len);
}

void
conf_set(struct ntp_config *c, char **dst, const char *s)
{
	char *copy = conf_strdup(c, s);

	if (copy == NULL)
		return;
	free(*dst);
	*dst = copy;
}
