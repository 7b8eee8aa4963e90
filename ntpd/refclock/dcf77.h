/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dcf77.h - the pulses of DCF77 become a minute.
 *
 * Pure.  Each second but the last of a minute begins with a pulse, 100 ms for
 * a 0 and 200 ms for a 1; what they spell is the minute that begins after the
 * one without.
 */
#ifndef DCF77_H
#define DCF77_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp.h"

#define DCF77_BITS 59U

struct dcf77 {
	uint64_t bits; /* bit 0 first */
	unsigned n;
	double last; /* s, when the last pulse began */
	/* the minute in force: Unix s at its start, 0 when none is known */
	int64_t minute;
	double minute_at; /* s, when that was */
	enum ntp_leap leap;
};

/* Is that a 1?  The octet of a line at 50 bit/s that a pulse makes. */
bool dcf77_bit(uint8_t octet);

/*
 * A pulse began AT s of a clock that is steady, and means BIT.  True when the
 * second that it marks is known: *SECOND gets it, Unix s.
 */
bool dcf77_pulse(struct dcf77 *d, double at, bool bit, int64_t *second);

/* The DCF77_BITS of a minute: Unix s of the one that follows in *MINUTE, and
 * the leap second announced.  False: they make no sense. */
bool dcf77_decode(uint64_t bits, int64_t *minute, enum ntp_leap *leap);

#endif /* DCF77_H */
