/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_say.h - sentences with times and intervals in them.
 *
 * Inside the engine only: how the rooms of reasons write.
 */
#ifndef NTP_SAY_H
#define NTP_SAY_H

#include <stdbool.h>
#include <stddef.h>

#include "ntp_reason.h"

/* Grows to CAP octets with NUL; what does not fit is cut off. */
struct text {
	char *p;
	size_t cap, len;
};

/* Of whom a reason is told, and when. */
struct subject {
	const struct ntp_engine *e;
	const struct peer *p; /* NULL: the system */
	struct ntp_now now;
};

void say(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* S in s; below a second in ms. */
void say_time(struct text *t, double s);
void say_offset(struct text *t, double s); /* with its sign */
void say_interval(struct text *t, const struct interval *i);

/* --- ntp_reasonwire.c ------------------------------------------------------ */

/* Why nothing comes, and why what comes is refused; false when WHY is another
 * reason. */
bool say_unheard(struct text *t, const struct subject *s, enum reason why);
bool say_refusal(struct text *t, const struct subject *s, enum reason why);

/* --- ntp_reasonsys.c ------------------------------------------------------- */

void say_system(struct text *t, const struct subject *s, enum reason why);
/* What would mend it; constant, "" when nothing needs to be. */
const char *system_remedy(enum reason why);

#endif /* NTP_SAY_H */
