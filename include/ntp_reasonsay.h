/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_reasonsay.h - how the rooms of reasons write.
 *
 * Inside the engine only.
 */
#ifndef NTP_REASONSAY_H
#define NTP_REASONSAY_H

#include <stdbool.h>

#include "ntp_reason.h"
#include "ntp_say.h"

/* Of whom a reason is told, and when. */
struct subject {
	const struct ntp_engine *e;
	const struct peer *p; /* NULL: the system */
	struct ntp_now now;
};

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

#endif /* NTP_REASONSAY_H */
