/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_say.c - sentences with times and intervals in them.
 */
#include "ntp_say.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void
say(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n;
	if (t->len >= t->cap)
		t->len = t->cap - 1;
}

void
say_time(struct text *t, double s)
{
	if (fabs(s) < 1.0)
		say(t, "%.3f ms", s * 1e3);
	else
		say(t, "%.3f s", s);
}

void
say_offset(struct text *t, double s)
{
	if (s >= 0)
		say(t, "+");
	say_time(t, s);
}

void
say_interval(struct text *t, const struct interval *i)
{
	say(t, "[");
	say_offset(t, i->low);
	say(t, " to ");
	say_offset(t, i->high);
	say(t, "]");
}
