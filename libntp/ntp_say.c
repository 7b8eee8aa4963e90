/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_say.c - text that grows in a buffer of the caller's
 */
#include "ntp_say.h"

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
