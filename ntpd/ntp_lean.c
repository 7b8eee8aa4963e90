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
 * the offsets of source i and x the estimate, over the last 64 samples,
 *
 *	b = mean of z - x,	 S = variance of z - x about b,
 *	d = b - sum(W b) / sum(W) over the sources,
 *	off = d max(0, 1 - S / d^2).
 *
 * The means are weighted by 1/R, where R is the variance that ntp_estimate.c
 * gives to the excess delay of each sample, and W = n / (1 / mean(1/R) + C^2)
 * of a source with n samples that claims to be within C.  Such are the weights
 * that the samples themselves have: so the clock follows the weighted mean of
 * all sources as if nothing were taken away, and one source alone is never off.
 * C is no part of R: who claims little at times is still known as well.
 *
 * A source that wanders, as a clock of stratum 2 does, has no place where it
 * stands: the last factor leaves to the estimator what is not clearly more
 * than that (James and Stein 1961).
 */
#include "ntp_lean.h"

#define KEEP	    (1 - 1 / 64.0)
#define LEAST	    8.0	       /* samples, before anything is known */
#define SURE	    1.0	       /* the square of a standard deviation */
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
	    QUIET_SHARE * square(m->quiet) + square(m->limit);
	double d = rest - l->mean, share;

	l->info = KEEP * l->info + 1 / r;
	l->count = KEEP * l->count + 1;
	share = 1 / (r * l->info);
	l->mean += share * d;
	l->spread = (1 - share) * (l->spread + share * square(d));
}

void
lean_join(struct lean *all, const struct lean *l, double claim)
{
	double w;

	if (l->info <= 0)
		return;
	w = l->info / (1 + square(claim) * l->info / l->count);
	all->info += w;
	all->mean += (l->mean - all->mean) * (w / all->info);
}

double
lean_off(const struct lean *l, const struct lean *all)
{
	double d = l->mean - all->mean;

	if (l->count < LEAST || square(d) <= SURE * l->spread)
		return 0;
	return d * (1 - SURE * l->spread / square(d));
}
