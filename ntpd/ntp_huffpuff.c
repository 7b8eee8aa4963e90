/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_huffpuff.c - the huff-n'-puff filter.
 */
#include "ntp_huffpuff.h"

#include <math.h>

#define CELL 900.0 /* s */

void
huffpuff_init(struct huffpuff *h, double span, ntp_mono now)
{
	double cells = ceil(span / CELL);

	h->n = cells < HUFFPUFF_CELLS ? (unsigned)cells : HUFFPUFF_CELLS;
	h->at = 0;
	h->turn = mono_add(now, CELL);
	for (unsigned i = 0; i < HUFFPUFF_CELLS; i++)
		h->least[i] = HUGE_VAL;
}

/* Long silence empties as many cells as it lasted. */
static void
rotate(struct huffpuff *h, ntp_mono now)
{
	for (unsigned i = 0; i < h->n && !mono_before(now, h->turn); i++) {
		h->at = (h->at + 1) % h->n;
		h->least[h->at] = HUGE_VAL;
		h->turn = mono_add(h->turn, CELL);
	}
	if (!mono_before(now, h->turn))
		h->turn = mono_add(now, CELL);
}

double
huffpuff_correct(struct huffpuff *h, double offset, double delay, ntp_mono now)
{
	double least = HUGE_VAL;

	if (h->n == 0)
		return offset;
	rotate(h, now);
	h->least[h->at] = fmin(h->least[h->at], delay);
	for (unsigned i = 0; i < h->n; i++)
		least = fmin(least, h->least[i]);
	return copysign(fmax(fabs(offset) - (delay - least) / 2, 0), offset);
}
