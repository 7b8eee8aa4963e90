/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_slew.c - a slew in portions that Linux ends by itself
 *
 * A daemon may be killed at any moment, and no slew is to outlive it.  Linux
 * (kernel/time/ntp.c, second_overflow()) has two ways to correct the phase.
 * adjtime(3) works off whole microseconds, 500 at the most in a second, and
 * what is told once a second is over when the second is.  ADJ_OFFSET knows
 * nanoseconds, but at its fastest works off a quarter of what is left in each
 * second: told four times what it is to do, once a second, it does exactly
 * that, and without the daemon goes on with 3/4, 9/16, ...
 *
 * So the microseconds go the first way and the rest of up to 0.5 us the second,
 * 0.1 us a second at most; five seconds after the last order that is less than
 * 0.04 ppm, and all in all 0.3 us.  What does not fit is owed.
 *
 * The kernel spreads a portion over a second of the clock that it slews, which
 * takes 1 / (1 + portion) s: that much less is the clock moved.
 *
 * Only the first offset of a clock that nobody relies on yet is worked off
 * faster than adjtime(3) can, by ADJ_OFFSET.  Killed in that second the clock
 * would overshoot by three times as much, so systime.c has a guard for it.
 */
#include "ntp_slew.h"

#include <math.h>

#define SINGLE_MAX 500e-6 /* s in a second, MAX_TICKADJ of the kernel */
#define FINE_MAX   0.1e-6 /* s in a second */
#define QUICK_MIN  1e-3	  /* s; more than that was meant to be quick */
#define PHASE_MAX  0.125  /* s; four times that is the kernel's limit */
#define SHARE	   4.0	  /* 1 / what is worked off of ADJ_OFFSET */

static double
limit(double v, double max)
{
	if (isnan(v))
		return 0.0;
	return v > max ? max : v < -max ? -max : v;
}

struct slew_order
slew_next(double *owed, double adj)
{
	double want = limit(adj + *owed, PHASE_MAX);
	double portion = limit(want / (1.0 - want), PHASE_MAX);
	double max = fabs(portion) > QUICK_MIN ? PHASE_MAX : FINE_MAX;
	struct slew_order o;

	o.single = lround(limit(portion, SINGLE_MAX) * 1e6);
	o.offset =
	    lround(limit(portion - (double)o.single * 1e-6, max) * SHARE * 1e9);
	portion = (double)o.single * 1e-6 + (double)o.offset / SHARE * 1e-9;
	*owed = limit(want - portion / (1.0 + portion), SINGLE_MAX);
	return o;
}

bool
slew_is_quick(const struct slew_order *o)
{
	return fabs((double)o->offset) > FINE_MAX * SHARE * 1e9;
}

void
slew_returned(double *owed, long single)
{
	*owed = limit(*owed + (double)single * 1e-6, SINGLE_MAX);
}
