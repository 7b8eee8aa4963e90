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
	double mean;   /* s, its offsets minus the clock's */
	double info;   /* 1/s^2, how well that is known */
	double count;  /* samples, the older ones for less */
	double spread; /* s^2, the variance of its offsets about the mean */
	double off;    /* s, of the mean what the others do not share */
};

/* The measurement M came, and left REST s between it and the estimate. */
void lean_add(struct lean *l, const struct measurement *m, double rest);

/* What ALL say, one more of them, who claims to be within CLAIM s: begin with
 * zero.  Only mean and info of ALL count. */
void lean_join(struct lean *all, const struct lean *l, double claim);

/* How far off L is of what ALL say, in s: zero unless it surely is. */
double lean_off(const struct lean *l, const struct lean *all);

#endif /* NTP_LEAN_H */
