/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_virtclock.h - a clock port for labs that touches no real clock.
 *
 * It starts as CLOCK_REALTIME plus an offset and then runs on
 * CLOCK_MONOTONIC_RAW with a frequency error and random-walk wander of its
 * own.  Slews and steps change only this object.
 */
#ifndef NTP_VIRTCLOCK_H
#define NTP_VIRTCLOCK_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "ntp_ports.h"
#include "ntp_rng.h"

struct virtclock_param {
	double offset; /* s at start; > 0: ahead */
	double freq;   /* s/s; > 0: fast */
	double wander; /* s/s per root second */
};

/* How the clock runs until the next change. */
struct virtline {
	double drift;	  /* s/s, of the oscillator; wanders */
	double freq;	  /* s/s, correction in force */
	double slew;	  /* s, still to be worked off */
	double slew_rate; /* s/s, until `slew` is used up */
	double corr;	  /* s, gained over the raw clock by all these */
	int64_t base_ns;  /* Unix ns minus raw ns, at start; steps change it */
	int64_t raw_ns;	  /* corr is as of this reading */
};

#define VIRTLINE_WORDS (sizeof(struct virtline) / sizeof(uint64_t))

struct virtclock {
	struct clock_port port; /* first: the port is the object */
	int (*gettime)(clockid_t, struct timespec *);
	struct ntp_rng rng;
	double wander; /* s/s per root second */
	struct virtline line;
	/* the same for other threads; SEQ is odd while it changes */
	_Atomic uint32_t seq;
	_Atomic uint64_t shown[VIRTLINE_WORDS];
};

/* Start the clock; the kernel is only read.  SEED is for the wander. */
void virtclock_init(
    struct virtclock *v, const struct virtclock_param *par, uint64_t seed);
/* The same over another pair of clocks, for tests. */
void virtclock_init_with(struct virtclock *v, const struct virtclock_param *par,
    uint64_t seed, int (*gettime)(clockid_t, struct timespec *));

/* "OFFSET[,PPM[,WANDER]]" in s, ppm, s/s per root second; 0 or
 * -NTP_EFORMAT, -NTP_ERANGE. */
int virtclock_parse(const char *s, struct virtclock_param *par);

/* The clock, and at the same moment CLOCK_REALTIME in *REAL.  For any thread;
 * all else is for one only. */
ntp_ts virtclock_read(struct clock_port *p, struct timespec *real);

/* A kernel arrival time (CLOCK_REALTIME) as this clock's time: now, less the
 * age of the stamp. */
ntp_ts virtclock_arrival(struct clock_port *p, const struct timespec *at);

#endif /* NTP_VIRTCLOCK_H */
