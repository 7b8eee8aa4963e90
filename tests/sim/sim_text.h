/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_text.h - lines, words and values of a scenario file, with their errors.
 */
#ifndef SIM_TEXT_H
#define SIM_TEXT_H

#include "sim_scenario.h"

#define SCN_WORDS 64U
#define SCN_LINE  512U

struct scn_reader {
	struct scenario *s;
	const char *at; /* rest of the text */
	unsigned line;
	bool control;
	FILE *err;
	char buf[SCN_LINE];
	char *word[SCN_WORDS];
	size_t nwords, next;
};

/* The next line that counts, without prefix and comment, into r->buf; false
 * at the end. */
bool scn_line(struct scn_reader *r);
/* Split r->buf into words; "words" and braces stand for themselves. */
void scn_split(struct scn_reader *r);

/* Words of the line, one after the other; NULL at its end. */
const char *scn_word(struct scn_reader *r);
const char *scn_peek(const struct scn_reader *r);
bool scn_is(struct scn_reader *r, const char *word); /* takes it if so */

/* The next word as a value, or an error that names WHAT. */
double scn_number(struct scn_reader *r, enum scn_unit unit, const char *what);
double scn_span(struct scn_reader *r, const char *what);  /* s, from 0 on */
double scn_share(struct scn_reader *r, const char *what); /* 0 to 1 */
/* The next word as a name into OUT of CAP octets. */
void scn_name(struct scn_reader *r, char *out, size_t cap, const char *what);

/* Text up to the line that is "}" alone, malloc'd; the present line must end
 * with "{".  *FIRST gets the number of its first line. */
char *scn_block(struct scn_reader *r, unsigned *first);

/* A word that stands for a value; the last has none. */
struct scn_choice {
	const char *word;
	int value;
};

/* The next word's value; -1 and an error that names WHAT. */
int scn_lookup(
    struct scn_reader *r, const struct scn_choice *t, const char *what);

/* ARRAY of N elements of SIZE octets with one more, zeroed. */
void *scn_grow(void *array, size_t n, size_t size);

void scn_error(struct scn_reader *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* --- sim_parsenode.c, sim_parselink.c: the rest of such a line ----------- */

void parse_node(struct scn_reader *r, bool daemon);
void parse_link(struct scn_reader *r);

#endif /* SIM_TEXT_H */
