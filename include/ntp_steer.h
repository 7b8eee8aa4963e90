/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_steer.h - the clock follows the estimate (LOOP_KALMAN).
 *
 * Pure core: no ports, no allocation, no logging, no clock.
 */
#ifndef NTP_STEER_H
#define NTP_STEER_H

#include "ntp_loopstate.h"

struct loop_limits {
	int8_t min, max; /* log2 s, of the poll exponent */
};

/*
 * One sample of a survivor, taken at NOW; with LOOP_KALMAN phase and frequency
 * follow these and not local_clock(), which then only keeps the state.  Not
 * used while a large offset is being watched.  BELIEVE: take it though it
 * surprises.
 */
enum loop_verdict {
	LOOP_UNUSED,
	LOOP_USED,
	LOOP_SURPRISE, /* held back: ask again, ask others */
};
enum loop_verdict loop_measure(struct loop_state *l,
    const struct measurement *m, bool believe, ntp_mono now);

/* After the samples that came by NOW: correct the frequency, have the phase
 * worked off, choose the poll interval.  Sets of D what concerns frequency and
 * mode. */
void loop_steer(struct loop_state *l, struct loop_limits poll,
    struct loop_decision *d, ntp_mono now);

/* For ntp_loopfilter.c: let frequency and phase follow the estimate from now
 * on; sets of D what concerns the frequency. */
void steer_follow(struct loop_state *l, struct loop_decision *d);

/* For ntp_loopfilter.c, once a second: phase in s to slew during the next. */
double steer_adjust(struct loop_state *l, ntp_mono now);

#endif /* NTP_STEER_H */
