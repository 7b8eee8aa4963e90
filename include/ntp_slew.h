/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_slew.h - a slew in portions that Linux ends by itself.
 *
 * Pure: the same for the kernel's clock and for the simulator's.
 */
#ifndef NTP_SLEW_H
#define NTP_SLEW_H

#include <stdbool.h>

/* What the kernel is told once a second. */
struct slew_order {
	long single; /* us, ADJ_OFFSET_SINGLESHOT: all in the next second */
	long offset; /* ns, ADJ_OFFSET: a quarter of it in the next second */
};

/* The order that slews by ADJ s, and by what is still owed, during the next
 * second; *OWED s becomes what had to be left for later. */
struct slew_order slew_next(double *owed, double adj);

/* It goes on for long unless it is taken back: see ntp_guard.h. */
bool slew_is_quick(const struct slew_order *o);

/* The kernel had not begun with SINGLE us of the order before when the next
 * one took its place. */
void slew_returned(double *owed, long single);

#endif /* NTP_SLEW_H */
