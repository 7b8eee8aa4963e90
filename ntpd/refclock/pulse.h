/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pulse.h - the pulse per second of a clock, as its driver sees it.
 */
#ifndef PULSE_H
#define PULSE_H

#include "pps.h"
#include "refclock.h"

#define PULSE_PRECISION (-20)
#define PULSE_PATH	64U

/* A pulse device that may come late, and go. */
struct pulse {
	struct pps dev;
	bool tried; /* the kernel was asked to measure it */
};

/* Open PATH if it is not open; flag2 chooses the edge, flag3 binds the kernel.
 * False: it is not there, which is said. */
bool pulse_ready(struct pulse *p, struct refclock_unit *u, const char *path);
void pulse_stop(struct pulse *p);

/*
 * Is AT the time of the second that S tells, by the message that came
 * then?  S->clock becomes that full second and S->local AT, and true is
 * returned; false: it may as well be another second, and S is as it was.  LATE
 * s after the second the message came (time2).
 */
bool pulse_pair(
    struct refclock_stamp *s, const struct timespec *at, double late);

#endif /* PULSE_H */
