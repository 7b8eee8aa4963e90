/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_reasonsay.c - times and intervals in the sentences of the reasons
 */
#include "ntp_reasonsay.h"

#include <math.h>

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
