/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linebuf.c - octets that come in pieces become lines with their times.
 */
#include "linebuf.h"

#define ETX '\3'

void
linebuf_reset(struct linebuf *b)
{
	b->len = 0;
	b->lost = false;
}

static void
end_line(
    struct linebuf *b, const struct timespec *at, line_take *take, void *arg)
{
	struct line l = {b->buf, b->len, b->begin, *at};
	bool whole = b->len > 0 && !b->lost;

	b->buf[b->len] = '\0';
	linebuf_reset(b);
	if (whole)
		take(arg, &l);
}

static void
add_octet(struct linebuf *b, char c, const struct timespec *at)
{
	if (b->len == 0)
		b->begin = *at;
	if (b->len + 1 < b->cap)
		b->buf[b->len++] = c;
	else
		b->lost = true;
}

static bool
is_end(char c)
{
	return c == '\r' || c == '\n' || c == ETX;
}

unsigned
linebuf_feed(struct linebuf *b, const char *data, size_t n,
    const struct timespec *at, line_take *take, void *arg)
{
	unsigned lost = 0;

	for (size_t i = 0; i < n; i++) {
		if (b->head != '\0' && data[i] == b->head)
			linebuf_reset(b);
		if (!is_end(data[i])) {
			add_octet(b, data[i], at);
			if (b->head == '\0' || b->len < b->octets)
				continue;
		}
		lost += b->lost ? 1 : 0;
		end_line(b, at, take, arg);
	}
	return lost;
}
