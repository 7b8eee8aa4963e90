/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_guard.h - somebody who outlives us for a moment and tidies up.
 */
#ifndef NTP_GUARD_H
#define NTP_GUARD_H

#include <sys/types.h>

struct guard {
	pid_t pid;
	int fd; /* -1: there is none */
};

/*
 * From now on, should this process end in whatever way, another calls
 * TIDY(ARG) and ends.  That one is a fork: TIDY must not allocate, lock or
 * log.  0 or -NTP_EIO.
 */
int guard_begin(struct guard *g, void (*tidy)(void *), void *arg);

/* No longer; harmless where there is none. */
void guard_end(struct guard *g);

#endif /* NTP_GUARD_H */
