/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_lean.h - how far a source stands off from what all of them say.
 *
 * Pure core: no ports, no allocation, no logging, no clock.
 */
#ifndef NTP_LEAN_H
#define NTP_LEAN_H

#include "ntp_path.h"

/* The association keeps one; zero is a source not yet heard. */
struct lean {
	double mean; /* s, its offsets minus the clock's */
	double info; /* 1/s^2, how well that is known */
	double off;  /* s, of that what the others do not share */
};

/* The measurement M came, and left REST s between it and the estimate. */
void lean_add(struct lean *l, const struct measurement *m, double rest);

/* What ALL say, one more of them: begin with zero. */
void lean_join(struct lean *all, const struct lean *l);

#endif /* NTP_LEAN_H */
