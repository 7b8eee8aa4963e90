/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_refclock.h - reference clocks as associations (protocol notes on type
 * 127.127.T.U).
 *
 * A driver lives in the shell (ntpd/refclock/), for it reads files, devices
 * and memory of others; what it finds it hands to the engine with the two
 * calls below.  Everything after that, from the median filter on, is here.
 */
#ifndef NTP_REFCLOCK_H
#define NTP_REFCLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp.h"
#include "ntp_median.h"
#include "ntp_time.h"

#define CLOCK_LOCAL 1U
#define CLOCK_SHM   28U

#define CLOCK_TIMECODE_MAX 128U

struct ntp_engine;

/* What can be wrong with a clock; the codes of mode 6 (RFC 9327 3.3). */
enum clock_code {
	CLOCK_NOMINAL,
	CLOCK_NO_REPLY,
	CLOCK_BAD_FORMAT,
	CLOCK_FAULT,
	CLOCK_BAD_SIGNAL,
	CLOCK_BAD_DATE,
	CLOCK_BAD_TIME,
	CLOCK_CODES
};

/* One reading. */
struct clock_reading {
	double offset;	    /* s, the clock's time minus ours */
	enum ntp_leap leap; /* UNSYNC: the clock has no valid time */
	int8_t precision;   /* log2 s, of the clock */
};

/* The variables of a clock, kept in its association. */
struct refclock {
	struct median ring;
	uint8_t leap, code;	/* enum ntp_leap, enum clock_code */
	uint8_t event, nevents; /* last code that was not nominal, 0..15 */
	int8_t precision;	/* log2 s */
	uint64_t noreply, badformat, baddata; /* since start */
	unsigned good;			      /* readings since the last poll */
	unsigned bad[CLOCK_CODES];	      /* other seconds since then */
	char timecode[CLOCK_TIMECODE_MAX + 1];
};

/* The clock 127.127.TYPE.UNIT was read.  Not configured: ignored. */
void engine_clock_reading(struct ntp_engine *e, uint8_t type, uint8_t unit,
    const struct clock_reading *r, struct ntp_now now);

/* It was looked at, and WHY there is no reading. */
void engine_clock_fault(
    struct ntp_engine *e, uint8_t type, uint8_t unit, enum clock_code why);

/* The last message of the device, for mode 6 and clockstats; cut to what
 * fits, and made printable. */
void engine_clock_timecode(struct ntp_engine *e, uint8_t type, uint8_t unit,
    const char *text, size_t len);

/* Status word of a clock in mode 6. */
uint16_t clock_status_word(const struct refclock *c);

/* "SHM", "LOCAL"; "" for a type without driver. */
const char *clock_name(unsigned type);
/* What the device is, in words. */
const char *clock_device(unsigned type);
/* Which of its flags mean anything (enum ref_flag). */
unsigned clock_flags(unsigned type);

#endif /* NTP_REFCLOCK_H */
