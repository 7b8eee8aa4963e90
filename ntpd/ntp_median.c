/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_median.c - the median filter of a reference clock.
 */
#include "ntp_median.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
median_reset(struct median *m)
{
	memset(m, 0, sizeof *m);
}

void
median_add(struct median *m, double offset)
{
	m->offset[m->next] = offset;
	m->next = (m->next + 1) % MEDIAN_STAGES;
	if (m->n < MEDIAN_STAGES)
		m->n++;
}

void
median_slewed(struct median *m, double phase)
{
	for (unsigned i = 0; i < m->n; i++)
		m->offset[i] -= phase;
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of the sorted V the middle N remain; their first is returned. */
static const double *
trim(const double *v, unsigned n, unsigned *kept)
{
	unsigned lo = 0, hi = n, wanted = n - 2 * n / 5;
	double middle;

	while (hi - lo > wanted) {
		middle = v[(lo + hi) / 2];
		if (v[hi - 1] - middle < middle - v[lo])
			lo++;
		else
			hi--;
	}
	*kept = hi - lo;
	return v + lo;
}

bool
median_take(struct median *m, double precision, struct median_result *r)
{
	const double *v;
	double sum = 0, square = 0;
	unsigned n;

	if (m->n == 0)
		return false;
	qsort(m->offset, m->n, sizeof m->offset[0], ascending);
	v = trim(m->offset, m->n, &n);
	for (unsigned i = 0; i < n; i++) {
		sum += v[i];
		if (i > 0)
			square += (v[i] - v[i - 1]) * (v[i] - v[i - 1]);
	}
	r->offset = sum / n;
	r->jitter = fmax(n > 1 ? sqrt(square / (n - 1)) : 0, precision);
	r->kept = n;
	median_reset(m);
	return true;
}
