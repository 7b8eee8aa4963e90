/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_pll.h - the reference's feedback loop (LOOP_PLL; RFC 5905 11.3).
 *
 * Pure core: for ntp_loopfilter.c alone.
 */
#ifndef NTP_PLL_H
#define NTP_PLL_H

#include "ntp_loopstate.h"

/* D->offset (s) is accepted: frequency, mode and poll follow it, and it is
 * what is to be worked off.  Sets of D what concerns the frequency. */
void pll_update(struct loop_state *l, struct loop_decision *d, int8_t minpoll,
    int8_t maxpoll, ntp_mono now);

/* Once a second: phase in s to slew during the next one. */
double pll_adjust(struct loop_state *l);

#endif /* NTP_PLL_H */
