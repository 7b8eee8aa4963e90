/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpsd_parse.h - what gpsd reports (its JSON protocol 3), and which of it the
 * driver uses.
 *
 * Pure.
 */
#ifndef GPSD_PARSE_H
#define GPSD_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum gpsd_report {
	GPSD_BAD,   /* not JSON, or fields are missing */
	GPSD_OTHER, /* of no interest */
	GPSD_VERSION,
	GPSD_ERROR,
	GPSD_NOFIX,  /* TPV without a time that holds */
	GPSD_FIX,    /* TPV: the receiver knows the time ... */
	GPSD_SERIAL, /* TOFF: ... and when its message began */
	GPSD_PULSE,  /* PPS */
};

struct gpsd_message {
	struct timespec real;  /* FIX, SERIAL, PULSE: by the receiver */
	struct timespec clock; /* SERIAL, PULSE: by CLOCK_REALTIME */
	int8_t precision;      /* PULSE, log2 s; 0: not said */
	bool has_toff;	       /* VERSION: it will report TOFF */
	char text[64];	       /* VERSION, ERROR */
};

enum gpsd_report gpsd_parse(
    const char *text, size_t len, struct gpsd_message *out);

/* "2026-11-22T08:15:30.123Z"; false: it is no such time. */
bool gpsd_time(const char *text, size_t len, struct timespec *out);

/* --- which of both ------------------------------------------------------------ */

enum gpsd_mode { GPSD_MODE_SERIAL, GPSD_MODE_STRICT, GPSD_MODE_AUTO };

/* Whether serial times count while there are pulses, and while there are none;
 * once a second. */
struct gpsd_choice {
	enum gpsd_mode mode;
	unsigned without; /* s without a pair, strict or automatic */
	unsigned with;	  /* s in a row with one, after that was too long */
	bool serial;	  /* automatic: it was too long */
};
/* A second has gone by; PAIRED: a pulse and a serial time agreed in it. */
void gpsd_second(struct gpsd_choice *c, bool paired);
bool gpsd_wants_serial(const struct gpsd_choice *c);
bool gpsd_wants_pulse(const struct gpsd_choice *c);

#endif /* GPSD_PARSE_H */
