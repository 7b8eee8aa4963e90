/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_median.h - the median filter of a reference clock.
 *
 * Pure core.  A clock is read every second and used at every poll: what lies
 * between is thinned out here.
 */
#ifndef NTP_MEDIAN_H
#define NTP_MEDIAN_H

#include <stdbool.h>
#include <stddef.h>

#define MEDIAN_STAGES 60U

struct median {
	double offset[MEDIAN_STAGES]; /* s, a ring */
	unsigned next, n;
};

struct median_result {
	double offset, jitter; /* s */
	unsigned kept;	       /* readings that the mean is of */
};

void median_reset(struct median *m);

/* One reading in s; the oldest is lost when the ring is full. */
void median_add(struct median *m, double offset);

/* The clock was slewed by PHASE s: the readings are restated. */
void median_slewed(struct median *m, double phase);

/*
 * Empty the ring into *R: the readings farthest from the median are dropped
 * until three fifths are left; offset is the mean of these, jitter the RMS of
 * the differences between neighbours, at least PRECISION s.  False when there
 * is none.
 */
bool median_take(struct median *m, double precision, struct median_result *r);

#endif /* NTP_MEDIAN_H */
