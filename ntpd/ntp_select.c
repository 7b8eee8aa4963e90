/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_select.c - selection: intersection, cluster, combine
 *
 * Intervals overlap as in the reference (RFC 5905 wants the midpoint inside):
 * with f falsetickers allowed, 2 f < n, the result spans every point that
 * n - f intervals hold, and a truechimer is one that touches it.  Two servers
 * that contradict each other give no majority; the reference's "last resort",
 * which then follows the one that claims to be better, is left out.
 *
 * Nothing may depend on the order of the associations in their table, not
 * even through rounding: cluster first sorts by merit (stratum, root distance
 * and then whatever differs), sums in that order, and lets the worst merit go
 * when two are equally bad.
 *
 * The sum of squared differences that each select jitter needs is taken from
 * the variance around the mean, so a round costs n, not n * n, and nothing
 * cancels.
 */
#include "ntp_algo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROOTDIST_MIN 1e-9 /* s, so that no weight is infinite */

/* One that is not even a number supports nobody. */
static bool
is_sane(const struct candidate *c)
{
	return isfinite(c->offset) && isfinite(c->rootdist) &&
	    c->rootdist >= 0.0;
}

/* At the same point intervals open before others close: touching is enough. */
static int
compare_endpoints(const void *va, const void *vb)
{
	const struct endpoint *a = va, *b = vb;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->type - b->type;
}

static size_t
collect_endpoints(const struct candidate *c, size_t n, struct endpoint *e)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_sane(&c[i]))
			continue;
		e[k++] = (struct endpoint){c[i].offset - c[i].rootdist, -1};
		e[k++] = (struct endpoint){c[i].offset + c[i].rootdist, +1};
	}
	qsort(e, k, sizeof(*e), compare_endpoints);
	return k;
}

/* The lowest and the highest point that WANTED intervals hold. */
static bool
scan_endpoints(
    const struct endpoint *e, size_t k, size_t wanted, struct interval *out)
{
	size_t depth = 0;
	size_t i;

	for (i = 0; i < k; i++) {
		if (e[i].type > 0)
			depth--;
		else if (++depth >= wanted)
			break;
	}
	if (i == k)
		return false;
	out->low = e[i].at;
	for (i = k, depth = 0; i-- > 0;) {
		if (e[i].type < 0)
			depth--;
		else if (++depth >= wanted)
			break;
	}
	out->high = e[i].at;
	return true;
}

bool
select_intersection(const struct candidate *c, size_t n,
    struct endpoint *scratch, struct interval *out)
{
	size_t k = collect_endpoints(c, n, scratch);

	for (size_t f = 0; 2 * f < n; f++)
		if (scan_endpoints(scratch, k, n - f, out))
			return true;
	return false;
}

static bool
survives(const struct candidate *c, const struct interval *i)
{
	if (!is_sane(c))
		return false;
	if (c->trust)
		return true;
	return i != NULL && c->offset + c->rootdist >= i->low &&
	    c->offset - c->rootdist <= i->high;
}

/* Move element FROM up to TO; those between go back by one. */
static void
move_forward(struct candidate *c, size_t from, size_t to)
{
	struct candidate moved = c[from];

	memmove(&c[to + 1], &c[to], (from - to) * sizeof(*c));
	c[to] = moved;
}

size_t
select_survivors(struct candidate *c, size_t n, const struct interval *i)
{
	size_t kept = 0;

	for (size_t k = 0; k < n; k++) {
		if (survives(&c[k], i))
			move_forward(c, k, kept++);
		else
			c[k].status = SEL_FALSETICK;
	}
	return kept;
}

static int
compare_double(double a, double b)
{
	return (a > b) - (a < b);
}

static int
compare_merit(const void *va, const void *vb)
{
	const struct candidate *a = va, *b = vb;
	int r = a->stratum - b->stratum;

	if (r == 0)
		r = compare_double(a->rootdist, b->rootdist);
	if (r == 0)
		r = compare_double(a->offset, b->offset);
	if (r == 0)
		r = (a->tag > b->tag) - (a->tag < b->tag);
	return r;
}

/* Set the select jitter of each, at LEAST that. */
static void
set_select_jitter(struct candidate *c, size_t n, double least)
{
	double mean = 0.0, var = 0.0;

	for (size_t i = 0; i < n; i++)
		mean += c[i].offset / (double)n;
	for (size_t i = 0; i < n; i++)
		var += (c[i].offset - mean) * (c[i].offset - mean);
	for (size_t i = 0; i < n; i++) {
		double d = c[i].offset - mean;
		double sum = var + (double)n * d * d;

		c[i].seljit = n > 1 ? sqrt(sum / (double)(n - 1)) : 0.0;
		c[i].seljit = fmax(c[i].seljit, least);
	}
}

static void
move_back(struct candidate *c, size_t from, size_t to)
{
	struct candidate moved = c[from];

	memmove(&c[from], &c[from + 1], (to - from) * sizeof(*c));
	c[to] = moved;
}

static size_t
find_worst(const struct candidate *c, size_t n)
{
	size_t worst = 0;

	for (size_t i = 1; i < n; i++)
		if (c[i].seljit * c[i].rootdist >=
		    c[worst].seljit * c[worst].rootdist)
			worst = i;
	return worst;
}

static double
least_jitter(const struct candidate *c, size_t n)
{
	double least = HUGE_VAL;

	for (size_t i = 0; i < n; i++)
		least = fmin(least, c[i].jitter);
	return least;
}

size_t
select_cluster(struct candidate *c, size_t n, const struct cluster_param *cp)
{
	qsort(c, n, sizeof(*c), compare_merit);
	set_select_jitter(c, n, cp->precision);
	while (n > 1 && n > cp->minclock) {
		size_t worst = find_worst(c, n);
		double least = least_jitter(c, n);

		if (c[worst].seljit <= least || c[worst].prefer ||
		    c[worst].trust)
			break;
		c[worst].peerjit = least;
		c[worst].status = n > cp->maxclock ? SEL_BACKUP : SEL_OUTLIER;
		move_back(c, worst, n - 1);
		n--;
		set_select_jitter(c, n, cp->precision);
	}
	for (size_t i = 0; i < n; i++)
		c[i].status = SEL_CANDIDATE;
	return n;
}

size_t
select_best(const struct candidate *c, size_t n, double mindist)
{
	size_t best = 0;
	double least = HUGE_VAL;

	for (size_t i = 0; i < n; i++) {
		double metric =
		    c[i].seljit * c[i].rootdist + c[i].stratum * mindist;

		if (metric < least) {
			least = metric;
			best = i;
		}
	}
	return best;
}

double
select_weight(const struct candidate *c)
{
	return 1.0 / fmax(c->rootdist + c->stale, ROOTDIST_MIN);
}

struct combined
select_combine(const struct candidate *c, size_t n, size_t best)
{
	double weights = 0.0, offsets = 0.0, squares = 0.0;

	if (best >= n)
		return (struct combined){0.0, 0.0};
	for (size_t i = 0; i < n; i++) {
		double w = select_weight(&c[i]);
		double d = c[i].offset - c[best].offset;

		weights += w;
		offsets += w * d;
		squares += w * d * d;
	}
	return (struct combined){
	    .offset = c[best].offset + offsets / weights,
	    .jitter = sqrt(squares / weights + c[best].seljit * c[best].seljit),
	};
}
