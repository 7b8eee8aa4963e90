/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_huffpuff.h - the huff-n'-puff filter (protocol notes 17.5): on a link
 * that is congested in one direction, delay above the least of the last hours
 * is an error of the offset by half as much.  Pure.
 */
#ifndef NTP_HUFFPUFF_H
#define NTP_HUFFPUFF_H

#include "ntp_time.h"

#define HUFFPUFF_CELLS 192U /* two days */

struct huffpuff {
	double least[HUFFPUFF_CELLS]; /* s, of each quarter of an hour */
	unsigned n;		      /* cells in use, 0: off */
	unsigned at;
	ntp_mono turn; /* when the next cell begins */
};

/* Look back SPAN s, 900 at least; 0: off. */
void huffpuff_init(struct huffpuff *h, double span, ntp_mono now);
/* OFFSET s, measured with a round trip of DELAY s, towards what it would have
 * been without the queue; never beyond zero. */
double huffpuff_correct(
    struct huffpuff *h, double offset, double delay, ntp_mono now);

#endif /* NTP_HUFFPUFF_H */
