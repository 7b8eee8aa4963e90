/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_say.h - text that grows in a buffer of the caller's.
 */
#ifndef NTP_SAY_H
#define NTP_SAY_H

#include <stddef.h>

/* LEN octets so far; at most CAP with the NUL at their end, CAP > 0. */
struct text {
	char *p;
	size_t cap, len;
};

/* Append; what does not fit is cut off. */
void say(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* NTP_SAY_H */
