/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_bcast.c - what a broadcast may do.
 *
 * Only good packets move the state that the next one is judged by: a forged
 * one neither ages the real one (transmit timestamp) nor makes it early.
 */
#include "ntp_bcast.h"

#include <math.h>

#define SLACK_AFTER_VOLLEY 3.0 /* s */
#define SLACK_MAX	   1.0 /* s, jitter of two packets */
#define GATE_SLACK	   2.0 /* s */

static double
slack_of(const struct bcast_state *s, double interval)
{
	if (s->phase == BCAST_CALIBRATE)
		return SLACK_AFTER_VOLLEY;
	return fmin(SLACK_MAX, interval / 4);
}

enum bcast_verdict
bcast_judge(const struct bcast_state *s, const struct ntp_packet *pkt,
    int8_t poll, unsigned backstep, ntp_mono now)
{
	double interval = log2_to_s(poll);
	double silence = mono_diff(now, s->clean);

	if (ts_equal(pkt->xmt, s->xmt))
		return BCAST_OLD;
	if (!ts_is_zero(s->xmt) && ts_diff(pkt->xmt, s->xmt) < 0 &&
	    (backstep == 0 || silence < backstep * interval + GATE_SLACK))
		return BCAST_OLD;
	if (pkt->poll != poll)
		return BCAST_EARLY;
	if (!ts_is_zero(s->xmt) && silence < interval - slack_of(s, interval))
		return BCAST_EARLY;
	return BCAST_GOOD;
}

void
bcast_took(struct bcast_state *s, const struct ntp_packet *pkt, ntp_ts at,
    ntp_mono now)
{
	s->xmt = pkt->xmt;
	s->at = at;
	s->clean = now;
}
