/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linebuf.h - octets that come in pieces become lines with their times.
 *
 * Pure.
 */
#ifndef LINEBUF_H
#define LINEBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* A line ends with CR, LF or ETX and is never empty; NUL-terminated, though it
 * may hold other NULs. */
struct line {
	const char *text;
	size_t len;
	struct timespec begin, end; /* when its first octet, its end came */
};

typedef void line_take(void *arg, const struct line *l);

struct linebuf {
	char *buf;  /* the caller's */
	size_t cap; /* with room for the NUL */
	size_t len;
	bool lost; /* too long: skipped up to its end */
	/* If not NUL, what a line begins with, and its length: it has no end. */
	char head;
	size_t octets;
	struct timespec begin;
};

/* N octets of DATA came at AT: hand each line that is complete to TAKE.  Returns
 * the number of lines that were too long and are lost. */
unsigned linebuf_feed(struct linebuf *b, const char *data, size_t n,
    const struct timespec *at, line_take *take, void *arg);
/* What there is of a line is none. */
void linebuf_reset(struct linebuf *b);

#endif /* LINEBUF_H */
