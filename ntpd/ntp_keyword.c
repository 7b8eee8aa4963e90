/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_keyword.c - finds keywords, and the one a misspelt word was meant for.
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "ntp_confparse.h"
#include "ntp_restrict.h"

#define TIER(t)	  (#t)[0]
#define WORD_CAP  28U
#define WORD_NEAR (WORD_CAP - 1) /* longer words are near to none */

/* All words and texts in one place, that rows may say where with two octets
 * each; pointers would be four times as long, and relocated at each start. */
static const struct {
#define ANYWORD(name, word, text)                                              \
	char name##_word[sizeof(word)], name##_text[sizeof(text)];
#include "ntp_tbl_keyword.h"
} strings = {
#define ANYWORD(name, word, text) word, text,
#include "ntp_tbl_keyword.h"
};

#define ANYWORD(name, word, text)                                              \
	_Static_assert(sizeof(word) <= WORD_CAP, "room to compare " word);
#include "ntp_tbl_keyword.h"
_Static_assert(sizeof strings <= UINT16_MAX, "two octets say where");

/* Likewise the ranges of the numbers, which few words are. */
struct range {
	double lo, hi;
};

static const struct {
	struct range none;
#define KEYNUM(ctx, id, word, tier, arg, state, lo, hi, text)                  \
	struct range ctx##_##id;
#define KEYSTRICT KEYNUM
#include "ntp_tbl_keyword.h"
} ranges = {
    .none = {0, 0},
#define KEYNUM(ctx, id, word, tier, arg, state, lo, hi, text)                  \
	.ctx##_##id = {lo, hi},
#define KEYSTRICT KEYNUM
#include "ntp_tbl_keyword.h"
};

#define WHERE(what) offsetof(__typeof__(strings), what)
#define RANGE(what) offsetof(__typeof__(ranges), what)
#define ROW(name, ctx, arg, state, tier, strict, range, bit)                   \
	{KW_##name, WHERE(name##_word), WHERE(name##_text), RANGE(range), bit, \
	    ctx, arg, state, strict, TIER(tier)},

static const struct keyword keywords[] = {
#define DIRECTIVE(id, word, tier, state, handler, text)                        \
	ROW(DIRECTIVE_##id, KEYWORD_DIRECTIVE, ARG_NONE, KW_##state, tier,     \
	    false, none, 0)
#define KEYWORD(ctx, id, word, tier, arg, state, text)                         \
	ROW(ctx##_##id, KEYWORD_##ctx, ARG_##arg, KW_##state, tier, false,     \
	    none, 0)
#define KEYNUM(ctx, id, word, tier, arg, state, lo, hi, text)                  \
	ROW(ctx##_##id, KEYWORD_##ctx, ARG_##arg, KW_##state, tier, false,     \
	    ctx##_##id, 0)
#define KEYSTRICT(ctx, id, word, tier, arg, state, lo, hi, text)               \
	ROW(ctx##_##id, KEYWORD_##ctx, ARG_##arg, KW_##state, tier, true,      \
	    ctx##_##id, 0)
#define RESTRICTFLAG(bit, word, shown, tier, state, text)                      \
	ROW(RESTRICT_##bit, KEYWORD_RESTRICT, ARG_NONE, KW_##state, tier,      \
	    false, none, RES_##bit)
#include "ntp_tbl_keyword.h"
};

#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

const char *
keyword_word(const struct keyword *k)
{
	return (const char *)&strings + k->word;
}

const char *
keyword_text(const struct keyword *k)
{
	return (const char *)&strings + k->text;
}

double
keyword_lo(const struct keyword *k)
{
	struct range r;

	memcpy(&r, (const char *)&ranges + k->range, sizeof r);
	return r.lo;
}

double
keyword_hi(const struct keyword *k)
{
	struct range r;

	memcpy(&r, (const char *)&ranges + k->range, sizeof r);
	return r.hi;
}

const struct keyword *
keyword_at(size_t i)
{
	return i < KEYWORDS ? &keywords[i] : NULL;
}

/* NTPsec's names of drivers may be written in capitals. */
static bool
is_word(const struct keyword *k, const char *word)
{
	if (k->ctx == KEYWORD_DRIVER)
		return strcasecmp(keyword_word(k), word) == 0;
	return strcmp(keyword_word(k), word) == 0;
}

const struct keyword *
keyword_find(enum keyword_ctx ctx, const char *word)
{
	for (size_t i = 0; i < KEYWORDS; i++)
		if (keywords[i].ctx == ctx && is_word(&keywords[i], word))
			return &keywords[i];
	return NULL;
}

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
same_letter(char a, char b)
{
	return lower(a) == lower(b);
}

/* Edit distance; a swap of neighbours counts as one. */
static unsigned
distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	unsigned d[WORD_CAP][WORD_CAP];

	for (size_t i = 0; i <= na; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= nb; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++)
		for (size_t j = 1; j <= nb; j++) {
			unsigned differ = !same_letter(a[i - 1], b[j - 1]);

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
			    d[i - 1][j - 1] + differ);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]) &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	return d[na][nb];
}

const struct keyword *
keyword_near(enum keyword_ctx ctx, const char *word)
{
	const struct keyword *best = NULL;
	size_t len = strlen(word);
	size_t least;

	if (len < 2 || len > WORD_NEAR)
		return NULL;
	least = (len + 2) / 4 + 1; /* one slip in about four letters */
	for (size_t i = 0; i < KEYWORDS; i++) {
		size_t n = strlen(keyword_word(&keywords[i]));

		if (keywords[i].ctx != ctx || n >= len + least ||
		    len >= n + least)
			continue;
		n = distance(word, keyword_word(&keywords[i]));
		if (n < least) {
			least = n;
			best = &keywords[i];
		}
	}
	return best;
}
