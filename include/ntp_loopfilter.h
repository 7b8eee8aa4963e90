/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_loopfilter.h - the clock discipline (RFC 5905 11.3, 12).
 *
 * State in, decision out: local_clock() never touches a clock and never
 * exits; the caller carries out what it decides.
 */
#ifndef NTP_LOOPFILTER_H
#define NTP_LOOPFILTER_H

#include "ntp_loopstate.h"

/* Start; FREQ in s/s when KNOWN (drift file or `tinker freq`). */
void loop_init(struct loop_state *l, const struct loop_param *par, bool known,
    double freq, int8_t minpoll, ntp_mono now);

/*
 * One update: OFFSET in s (> 0: we are behind).  MINPOLL and MAXPOLL are those
 * of the system peer.  An ignored update changes neither poll, residual nor
 * epoch.
 */
struct loop_decision local_clock(struct loop_state *l, double offset,
    int8_t minpoll, int8_t maxpoll, ntp_mono now);

/* What the estimate may well be wrong by, in s: two standard deviations; 0
 * where there is none. */
double loop_error(const struct loop_state *l);

/* May the clock still run away so fast that an old sample of low delay says
 * less than a new one? */
bool loop_newest(const struct loop_state *l);

/*
 * Once a second (RFC 5905 12): phase in s to slew during the next second, at
 * most maxfreq together with the frequency; l->freq holds beside it.  With
 * LOOP_KALMAN the very first offset goes faster, unless `gentle`.
 */
double adj_host_clock(struct loop_state *l, ntp_mono now);

/* The clock was stepped, by us (harmless to repeat) or by somebody else:
 * nothing measured before it holds any more, but the frequency does. */
void loop_stepped(struct loop_state *l, ntp_mono now);

/* Somebody else set the clock, or it slept: as loop_stepped(), and since this
 * is known an offset above the step threshold need not last to be stepped. */
void loop_jumped(struct loop_state *l, ntp_mono now);

#endif /* NTP_LOOPFILTER_H */
