/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_scanner.c - cuts configuration text into words.
 *
 * Hand-written rather than generated: the language is a dozen rules, and true
 * positions in messages are worth more than a grammar.
 */
#include "ntp_scanner.h"

#include <string.h>

static bool
at_eol(const struct scanner *s)
{
	return s->pos >= s->len || s->text[s->pos] == '\n';
}

static char
here(const struct scanner *s)
{
	return at_eol(s) ? '\n' : s->text[s->pos];
}

static bool
is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

static bool
is_dropped(char c)
{
	return (unsigned char)c > '~';
}

static bool
is_punct(char c)
{
	return c != '\0' && strchr("{}(),;|=", c) != NULL;
}

void
scan_init(struct scanner *s, const char *text, size_t len)
{
	*s = (struct scanner){.text = text, .len = len};
}

bool
scan_line(struct scanner *s)
{
	if (s->line > 0) {
		while (!at_eol(s))
			s->pos++;
		s->pos++;
	}
	if (s->pos >= s->len)
		return false;
	s->line++;
	s->line_start = s->pos;
	return true;
}

/* To the next word, a comment or the end of the line. */
static void
skip_blanks(struct scanner *s)
{
	while (!at_eol(s) && (is_blank(here(s)) || is_dropped(here(s))))
		s->pos++;
	if (here(s) == '#')
		while (!at_eol(s))
			s->pos++;
}

static bool
ends_word(const struct scanner *s, enum scan_mode mode)
{
	char c = here(s);

	return is_blank(c) || c == '#' || (mode == SCAN_TOKENS && is_punct(c));
}

static void
take_word(struct scanner *s, enum scan_mode mode, struct scan_token *t)
{
	bool inside = false;
	size_t n = 0;

	t->kind = SCAN_WORD;
	for (; !at_eol(s) && (inside || !ends_word(s, mode)); s->pos++) {
		char c = here(s);

		if (c == '"') {
			inside = !inside;
			t->quoted = true;
		} else if (n == SCAN_WORD_MAX) {
			t->kind = SCAN_LONG;
		} else if (!is_dropped(c)) {
			t->text[n++] = is_blank(c) ? ' ' : c;
		}
	}
	t->text[n] = '\0';
}

void
scan_next(struct scanner *s, enum scan_mode mode, struct scan_token *t)
{
	do {
		skip_blanks(s);
		t->kind = SCAN_EOL;
		t->quoted = false;
		t->line = s->line;
		t->column = (unsigned)(s->pos - s->line_start) + 1;
		t->text[0] = '\0';
		if (at_eol(s))
			return;
		if (mode == SCAN_TOKENS && is_punct(here(s))) {
			t->kind = SCAN_PUNCT;
			t->text[0] = here(s);
			t->text[1] = '\0';
			s->pos++;
			return;
		}
		take_word(s, mode, t);
	} while (t->text[0] == '\0'); /* `""` is no word at all */
}
