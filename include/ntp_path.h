/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_path.h - what the delays of one path tell of its noise.
 *
 * Pure core: no ports, no allocation, no logging, no clock.
 */
#ifndef NTP_PATH_H
#define NTP_PATH_H

#include <stdbool.h>

#include "ntp_time.h"

/* All in s.  The association keeps one; zero is a path not yet seen. */
struct path {
	double least[2]; /* delay, of this window and of the one before */
	double mean;	 /* delay, of late */
	double calm;	 /* delay over hours, with bursts cut off */
	double spread;	 /* mean excess over the least delay, of late */
	double quiet;	 /* excess of the calm delay */
	unsigned seen;	 /* samples */
	unsigned window; /* samples in this window */
	ntp_mono since;	 /* start of this window */
	ntp_mono last;	 /* last sample */
};

/* One sample, as the estimator wants it. */
struct measurement {
	double offset; /* s, > 0: we are behind */
	double excess; /* s, delay beyond the least of its path */
	double spread; /* s, mean excess of late */
	double quiet;  /* s, mean excess when nothing is congested */
	double blur;   /* s, how far the least delay may still sink */
	double limit;  /* s, what the timestamps alone leave uncertain */
	double claim;  /* s, what its source leaves, more than another does */
};

/* A sample of DELAY s came. */
void path_add(struct path *p, double delay, ntp_mono now);

/* The measurement that OFFSET, DELAY and DISP (s) make on this path, which has
 * seen them or later ones. */
struct measurement path_measure(
    const struct path *p, double offset, double delay, double disp);

/* May waiting have made that ERROR (s)?  At most half of what it waited; the
 * whole counts, since the least delay may not be known. */
bool path_explains(const struct measurement *m, double error);

/* Did it wait far longer than is usual there? */
bool path_congested(const struct measurement *m);

#endif /* NTP_PATH_H */
