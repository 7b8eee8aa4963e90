/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_filter.h - the clock filter of one association (RFC 5905 10).
 *
 * Pure core: no ports, no allocation, no logging, no clock.
 */
#ifndef NTP_FILTER_H
#define NTP_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "ntp.h"
#include "ntp_time.h"

/* One on-wire measurement (RFC 5905 8, eq. theta and delta). */
struct sample {
	double offset; /* s, > 0 when the server is ahead of us */
	double delay;  /* s */
	double disp;   /* s, at epoch */
	ntp_mono epoch;
};

struct clock_filter {
	unsigned next;	      /* stage the next sample overwrites */
	ntp_mono update;      /* last time the filter ran */
	double offset, delay; /* s, of the last sample selected */
	double disp, jitter;  /* s */
	ntp_mono epoch;	      /* of the last sample used */
	bool used;	      /* a sample was ever used */
	bool spiked;	      /* the one before was suppressed */
	struct sample stage[NTP_SHIFT];
};

struct filter_param {
	double precision; /* s, system precision: floor of jitter and delay */
	double maxdist;	  /* s */
	double maxdisp;	  /* s */
	double phi;	  /* s/s */
	double allan;	  /* s, samples older than this lose weight */
	double popcorn_window; /* s, 2 * 2^hpoll */
	bool newest_first;     /* no sorting while the frequency is trained */
};

enum filter_verdict {
	FILTER_USE,	/* a new sample is selected: run clock_select() */
	FILTER_NONE,	/* nothing usable in the register */
	FILTER_POPCORN, /* spike suppressed */
	FILTER_OLD,	/* best sample was used before */
};

/* Empty: every stage has dispersion MAXDISP. */
void filter_reset(struct clock_filter *f, ntp_mono now, double precision);

/*
 * Shift in S (NULL: a missed poll, dispersion MAXDISP) and update offset,
 * delay, disp and jitter.  RFC 5905 10 with the reference's popcorn gate.
 */
enum filter_verdict clock_filter(struct clock_filter *f, const struct sample *s,
    const struct filter_param *fp, ntp_mono now);

/* Stage I in order of age, 0 the newest: for filtdelay, filtoffset, filtdisp;
 * dispersion as of NOW. */
struct sample filter_stage(const struct clock_filter *f, unsigned i,
    const struct filter_param *fp, ntp_mono now);

/*
 * The clock was slewed by PHASE s and its frequency corrected by FREQ s/s: the
 * offsets kept are restated as if measured by the clock as it is now.  Without
 * this a sample of some polls ago asks for a correction that was made long
 * since, and a mean over several servers is a mean over several clocks.
 */
void filter_slewed(
    struct clock_filter *f, double phase, double freq, ntp_mono now);

/*
 * Source and clock have moved against each other: the newest sample stands for
 * all, those before it told of another time.  The epoch is that of the newest;
 * the jitter is what the delays say of the path.
 */
void filter_settle(
    struct clock_filter *f, const struct filter_param *fp, ntp_mono now);

#endif /* NTP_FILTER_H */
