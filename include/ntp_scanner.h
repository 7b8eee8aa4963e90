/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_scanner.h - the words of a configuration file.
 *
 * One command is one line; words are separated by blanks and control
 * characters, `#` begins a comment outside quotes, `"` quotes without escapes
 * and octets above 126 are dropped, so that a word is always printable ASCII.
 */
#ifndef NTP_SCANNER_H
#define NTP_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

#define SCAN_WORD_MAX 1024U

enum scan_kind {
	SCAN_EOL,   /* no more words on this line */
	SCAN_WORD,  /* an ordinary or quoted word */
	SCAN_PUNCT, /* one of { } ( ) , ; | = */
	SCAN_LONG,  /* longer than SCAN_WORD_MAX: cut, skipped to its end */
};

/* Is punctuation a token of its own, or part of the next word? */
enum scan_mode { SCAN_TOKENS, SCAN_STRING };

struct scan_token {
	enum scan_kind kind;
	bool quoted;	       /* some of it stood in quotes: no keyword */
	unsigned line, column; /* 1-based, of its first character */
	char text[SCAN_WORD_MAX + 1];
};

/* A position in borrowed text; copy it to look ahead. */
struct scanner {
	const char *text;
	size_t len, pos, line_start;
	unsigned line;
};

/* Before the first line of TEXT, LEN octets. */
void scan_init(struct scanner *s, const char *text, size_t len);

/* Skip what is left of the line and go to the next; false at the end. */
bool scan_line(struct scanner *s);

/* The next token of the line; SCAN_EOL again and again at its end. */
void scan_next(struct scanner *s, enum scan_mode mode, struct scan_token *t);

#endif /* NTP_SCANNER_H */
