/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_loopstate.c - the state of the discipline, and what both ways to steer
 * the clock do with it
 */
#include "ntp_loopstate.h"

#include <math.h>

#define CLOCK_AVG 8.0 /* weight of the averages */

void
loop_set_poll(struct loop_state *l, int8_t poll, ntp_mono now)
{
	if (poll == l->poll)
		return;
	l->poll = poll;
	l->poll_count = 0;
	l->poll_changed = now;
}

bool
loop_set_freq(struct loop_state *l, double freq)
{
	double limit = l->par.maxfreq;

	l->freq = fmax(fmin(freq, limit), -limit);
	return fabs(freq) > limit;
}

double
loop_average(double old, double with)
{
	return sqrt(old * old + (with * with - old * old) / CLOCK_AVG);
}

double
loop_within_maxfreq(const struct loop_state *l, double phase)
{
	double most = fmin(l->par.maxfreq - l->freq, l->par.maxfreq);
	double least = fmax(-l->par.maxfreq - l->freq, -l->par.maxfreq);

	return fmax(fmin(phase, most), least);
}

bool
loop_beyond_step(const struct loop_state *l, double offset)
{
	double limit = offset > 0.0 ? l->par.step_fwd : l->par.step_back;

	return limit > 0.0 && fabs(offset) > limit;
}

bool
loop_training(const struct loop_state *l)
{
	return l->mode == LOOP_NSET || l->mode == LOOP_FREQ;
}

bool
loop_unset(const struct loop_state *l)
{
	return l->mode == LOOP_NSET || l->mode == LOOP_FSET;
}
