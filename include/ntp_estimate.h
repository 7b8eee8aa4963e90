/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_estimate.h - where the clock stands and how fast it runs, and how well
 * that is known.
 *
 * Pure core: no ports, no allocation, no logging, no clock.  The mathematics
 * stand in ntp_estimate.c.  Offsets are positive when the clock is behind,
 * frequencies are the correction that is still missing.
 */
#ifndef NTP_ESTIMATE_H
#define NTP_ESTIMATE_H

#include <stdbool.h>

#include "ntp_path.h"
#include "ntp_time.h"

#define EST_WANDERS 11 /* hypotheses about the oscillator */
#define EST_NOISES  6  /* hypotheses about the path */
#define EST_MODELS  (EST_WANDERS * EST_NOISES)

/* Two-state Kalman filter: mean and covariance. */
struct kalman {
	double x;  /* s, offset */
	double y;  /* s/s, frequency */
	double xx; /* s^2 */
	double xy; /* s^2/s */
	double yy; /* (s/s)^2 */
};

struct estimator {
	struct kalman model[EST_MODELS];
	double weight[EST_MODELS]; /* sum 1 */
	struct kalman all;	   /* mean and covariance of the mixture */
	double slewed;		   /* s, not yet taken from the models */
	double wander;		   /* s/s per square root of s */
	double gain;		   /* of the last measurement, 0: exchanged */
	unsigned taken;		   /* samples; 0: nothing known */
	ntp_mono at;		   /* the state is of this time */
};

enum est_verdict {
	EST_TAKEN,
	EST_SURPRISE, /* far outside of what was thought possible: not taken */
};

/* Nothing is known but that the frequency is right to FREQ_SD s/s. */
void est_init(struct estimator *e, double freq_sd);

/* One measurement of the time NOW, not before the last one. */
enum est_verdict est_add(
    struct estimator *e, const struct measurement *m, ntp_mono now);

/* The same, for one that is to be believed though it surprises: the clock, or
 * the truth, has jumped. */
void est_jump(struct estimator *e, const struct measurement *m, ntp_mono now);

/* Would est_add() say EST_SURPRISE? */
bool est_surprising(
    const struct estimator *e, const struct measurement *m, ntp_mono now);

/* A measurement of the time NOW is left out. */
void est_skip(struct estimator *e, ntp_mono now);

/* Enough was taken to tell what would surprise. */
bool est_settled(const struct estimator *e);

/* The clock was slewed by PHASE s; its frequency was corrected by FREQ s/s. */
void est_slewed(struct estimator *e, double phase);
void est_retuned(struct estimator *e, double freq);

/* The clock may have been moved by SD s (standard deviation) unseen. */
void est_doubt(struct estimator *e, double sd);

/* The clock was stepped: its offset is unknown, its frequency is not. */
void est_stepped(struct estimator *e);

/* Standard deviation (s) to be expected AHEAD s after the last measurement,
 * as the most probable hypothesis has it. */
double est_stray(const struct estimator *e, double ahead);

#endif /* NTP_ESTIMATE_H */
