/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_text.c - lines, words and values of a scenario file, with their errors.
 */
#include "sim_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_fmt.h"

#define TIME_LIMIT   1e9  /* s */
#define FREQ_LIMIT   1e-2 /* s/s */
#define NUMBER_LIMIT 1e9

struct unit_name {
	const char *name;
	enum scn_unit unit;
	double factor;
};

static const struct unit_name units[] = {
    {"ns", UNIT_TIME, 1e-9},
    {"us", UNIT_TIME, 1e-6},
    {"ms", UNIT_TIME, 1e-3},
    {"s", UNIT_TIME, 1},
    {"m", UNIT_TIME, 60},
    {"h", UNIT_TIME, 3600},
    {"d", UNIT_TIME, 86400},
    {"ppm", UNIT_FREQ, 1e-6},
    {"ppb", UNIT_FREQ, 1e-9},
    {"%", UNIT_NUMBER, 0.01},
    {"", UNIT_NUMBER, 1},
};

/* What the file says may be anything, and the terminal obeys some of it. */
void
scn_error(struct scn_reader *r, const char *fmt, ...)
{
	char words[2 * SCN_LINE];
	va_list ap;

	r->s->nerrors++;
	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	for (char *p = words; *p != '\0'; p++) {
		if (*p < ' ' || *p > '~')
			*p = '?';
	}
	(void)fprintf(r->err, "%s:%u: %s\n", r->s->file, r->line, words);
}

bool
scn_match(const char *pattern, const char *name)
{
	for (; *pattern != '\0' && *pattern != '*'; pattern++, name++) {
		if (*pattern != *name)
			return false;
	}
	if (*pattern == '\0')
		return *name == '\0';
	for (;; name++) {
		if (scn_match(pattern + 1, name))
			return true;
		if (*name == '\0')
			return false;
	}
}

bool
scn_value(const char *s, enum scn_unit unit, double *out)
{
	size_t digits = strspn(s, "+-.0123456789");
	double v;

	if (fmt_parse_double(s, digits, &v) != 0)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (units[i].unit == unit &&
		    strcmp(units[i].name, s + digits) == 0) {
			*out = v * units[i].factor;
			return true;
		}
	}
	/* Zero needs no unit. */
	*out = 0;
	return s[digits] == '\0' && !(v > 0) && !(v < 0);
}

/* --- lines ------------------------------------------------------------------ */

static bool
raw_line(struct scn_reader *r)
{
	size_t len = strcspn(r->at, "\n");
	size_t take = len < SCN_LINE ? len : SCN_LINE - 1;

	if (*r->at == '\0')
		return false;
	r->line++;
	if (len >= SCN_LINE)
		scn_error(r, "line longer than %u characters", SCN_LINE - 1);
	memcpy(r->buf, r->at, take);
	r->buf[take] = '\0';
	r->at += len + (r->at[len] == '\n');
	return true;
}

/* Takes WORD off the front of the line. */
static bool
take_prefix(struct scn_reader *r, const char *word)
{
	size_t skip = strspn(r->buf, " \t"), len = strlen(word);

	if (strncmp(r->buf + skip, word, len) != 0)
		return false;
	memmove(r->buf, r->buf + skip + len, strlen(r->buf + skip + len) + 1);
	return true;
}

/* Like raw_line(), without those that are for the other kind of run. */
static bool
our_line(struct scn_reader *r)
{
	while (raw_line(r)) {
		bool control = take_prefix(r, "control:");
		bool normal = !control && take_prefix(r, "normal:");

		r->s->has_control = r->s->has_control || control;
		if (r->control ? !normal : !control)
			return true;
	}
	return false;
}

bool
scn_line(struct scn_reader *r)
{
	while (our_line(r)) {
		r->buf[strcspn(r->buf, "#")] = '\0';
		if (r->buf[strspn(r->buf, " \t\r")] != '\0')
			return true;
	}
	return false;
}

void
scn_split(struct scn_reader *r)
{
	char *p = r->buf;

	r->nwords = r->next = 0;
	for (;;) {
		p += strspn(p, " \t\r");
		if (*p == '\0')
			return;
		if (r->nwords == SCN_WORDS) {
			scn_error(r, "more than %u words", SCN_WORDS);
			return;
		}
		r->word[r->nwords++] = p;
		p += strcspn(p, " \t\r");
		if (*p != '\0')
			*p++ = '\0';
	}
}

/* --- words ------------------------------------------------------------------ */

const char *
scn_peek(const struct scn_reader *r)
{
	return r->next < r->nwords ? r->word[r->next] : NULL;
}

const char *
scn_word(struct scn_reader *r)
{
	return r->next < r->nwords ? r->word[r->next++] : NULL;
}

bool
scn_is(struct scn_reader *r, const char *word)
{
	const char *w = scn_peek(r);

	if (w == NULL || strcmp(w, word) != 0)
		return false;
	r->next++;
	return true;
}

static const char *
unit_words(enum scn_unit unit)
{
	return unit == UNIT_TIME ? "a time such as 5ms or 2h"
	    : unit == UNIT_FREQ	 ? "a frequency such as 10ppm or 1ppb"
				 : "a number such as 3 or 10%";
}

/* Beyond these nothing is simulated. */
static bool
in_range(double v, enum scn_unit unit)
{
	if (unit == UNIT_TIME)
		return v >= -TIME_LIMIT && v <= TIME_LIMIT;
	if (unit == UNIT_FREQ)
		return v >= -FREQ_LIMIT && v <= FREQ_LIMIT;
	return v >= 0 && v <= NUMBER_LIMIT;
}

double
scn_number(struct scn_reader *r, enum scn_unit unit, const char *what)
{
	const char *w = scn_word(r);
	double v = 0;

	if (w == NULL)
		scn_error(r, "%s: %s is missing", what, unit_words(unit));
	else if (!scn_value(w, unit, &v))
		scn_error(r, "%s: '%s' is not %s", what, w, unit_words(unit));
	else if (!in_range(v, unit))
		scn_error(r, "%s: %s is out of range", what, w);
	else
		return v;
	return 0;
}

double
scn_span(struct scn_reader *r, const char *what)
{
	const char *w = scn_peek(r);
	double v = scn_number(r, UNIT_TIME, what);

	if (v < 0)
		scn_error(r, "%s: %s is below 0", what, w);
	return fmax(v, 0);
}

double
scn_share(struct scn_reader *r, const char *what)
{
	const char *w = scn_peek(r);
	double v = scn_number(r, UNIT_NUMBER, what);

	if (v > 1)
		scn_error(r, "%s: %s is above 100%%", what, w);
	return fmin(v, 1);
}

void
scn_name(struct scn_reader *r, char *out, size_t cap, const char *what)
{
	const char *w = scn_word(r);

	out[0] = '\0';
	if (w == NULL)
		scn_error(r, "%s is missing", what);
	else if (strlen(w) >= cap)
		scn_error(r, "%s is longer than %zu characters", what, cap - 1);
	else
		(void)snprintf(out, cap, "%s", w);
}

/* --- blocks ----------------------------------------------------------------- */

static bool
is_end(const struct scn_reader *r)
{
	size_t skip = strspn(r->buf, " \t");

	return r->buf[skip] == '}' &&
	    r->buf[skip + 1 + strspn(r->buf + skip + 1, " \t\r")] == '\0';
}

static char *
append_line(char *text, size_t *len, const char *line, size_t pad)
{
	size_t n = strlen(line);
	char *grown = realloc(text, *len + pad + n + 2);

	if (grown == NULL) {
		free(text);
		return NULL;
	}
	memset(grown + *len, '\n', pad);
	*len += pad;
	memcpy(grown + *len, line, n);
	*len += n;
	grown[(*len)++] = '\n';
	grown[*len] = '\0';
	return grown;
}

/* Lines that were left out stay as empty ones, so that the numbers of lines
 * are right in messages about the block. */
char *
scn_block(struct scn_reader *r, unsigned *first)
{
	unsigned last = r->line;
	size_t len = 0;
	char *text = calloc(1, 1);

	*first = r->line + 1;
	while (text != NULL && our_line(r)) {
		if (is_end(r))
			return text;
		text = append_line(text, &len, r->buf, r->line - last - 1);
		last = r->line;
	}
	scn_error(r, "the block is not closed by a line with '}' alone");
	return text;
}

/* --- lists ------------------------------------------------------------------ */

void *
scn_grow(void *array, size_t n, size_t size)
{
	char *a = realloc(array, (n + 1) * size);

	if (a == NULL)
		abort();
	memset(a + n * size, 0, size);
	return a;
}

int
scn_lookup(struct scn_reader *r, const struct scn_choice *t, const char *what)
{
	const char *w = scn_word(r);

	for (; w != NULL && t->word != NULL; t++) {
		if (strcmp(t->word, w) == 0)
			return t->value;
	}
	scn_error(r, "%s: '%s' is not known", what, w != NULL ? w : "");
	return -1;
}
