/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_lean.c - where each source stands beside the others
 *
 * A path that takes longer one way than the other makes its source wrong by
 * half of the difference, for as long as the route stays: no noise, though
 * nothing tells it from the truth.  Two such sources asked in turn look like a
 * clock that is thrown to and fro, and a frequency would be read from that.
 *
 * So of every sample's offset is taken what its source is known to be off the
 * common view (a bias estimator beside the filter: Friedland 1969).  With z
 * the offsets of source i and x the estimate,
 *
 *	b = mean of z - x,    off = b - sum(I b) / sum(I) over the sources,
 *
 * a mean weighted by what each sample tells, 1/R, where R is the variance that
 * ntp_estimate.c gives to its excess delay; I is the sum of these weights.
 * The last 64 samples count.  By the second term the clock follows the weighted
 * mean of them all, as it did before, and one source alone is never off.
 */
#include "ntp_lean.h"

#define KEEP	    (1 - 1 / 64.0)
#define QUIET_SHARE (1 / 32.0) /* of its square: the least noise of a sample */

static double
square(double v)
{
	return v * v;
}

void
lean_add(struct lean *l, const struct measurement *m, double rest)
{
	double r = square(m->excess + m->blur) / 12 +
	    QUIET_SHARE * square(m->quiet) + square(m->limit) +
	    square(m->claim);

	l->info = KEEP * l->info + 1 / r;
	l->mean += (rest - l->mean) / (r * l->info);
}

void
lean_join(struct lean *all, const struct lean *l)
{
	if (l->info <= 0)
		return;
	all->info += l->info;
	all->mean += (l->mean - all->mean) * (l->info / all->info);
}
