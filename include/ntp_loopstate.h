/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_loopstate.h - the state of the clock discipline, and what both ways to
 * steer the clock do with it.
 *
 * Pure core: no ports, no allocation, no logging, no clock.
 */
#ifndef NTP_LOOPSTATE_H
#define NTP_LOOPSTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp.h"
#include "ntp_estimate.h"
#include "ntp_time.h"

/* The clock's own course while its frequency is measured: sums for a straight
 * line through (age, offset + phase slewed since), see ntp_pll.c. */
struct loop_train {
	ntp_mono start;		    /* of the first point */
	double slewed;		    /* s of phase worked off since then */
	double n, t, y, tt, ty, yy; /* sums */
};

/* Numbered as the system events report them. */
enum loop_mode {
	LOOP_NSET = 1, /* no frequency known */
	LOOP_FSET = 2, /* frequency read from the drift file */
	LOOP_SPIK = 3, /* an offset above the step threshold was seen */
	LOOP_FREQ = 4, /* measuring the frequency */
	LOOP_SYNC = 5, /* normal */
};

/* What corrects phase and frequency (`tinker discipline`). */
enum loop_discipline {
	LOOP_PLL,    /* the reference's feedback loop */
	LOOP_KALMAN, /* the estimator of ntp_estimate.h */
};

/* `tinker` and options; set once. */
struct loop_param {
	enum loop_discipline discipline;
	double step_fwd, step_back; /* s, 0: never step */
	double stepout;		    /* s */
	double panic;		    /* s, 0: never */
	double allan;		    /* s */
	double maxfreq;		    /* s/s */
	double floor;		    /* s, ends the start-up clamp, 0.0005 */
	double precision;	    /* s */
	bool panic_once;	    /* -g: let one large offset pass */
	bool step_once;		    /* -G: step the first correction */
	bool set_once;		    /* -q: first correction, no discipline */
	bool gentle;		    /* -x: never slew faster than maxfreq */
};

struct loop_state {
	struct loop_param par;
	enum loop_mode mode;
	double freq;	    /* s/s, correction in force */
	double residual;    /* s, phase still to be corrected */
	double last_offset; /* s */
	double jitter;	    /* s */
	double wander;	    /* s/s */
	int8_t poll;	    /* log2 s, system poll and time constant */
	int poll_count;	    /* poll-adjust hysteresis, -30..30 */
	ntp_mono poll_changed;
	ntp_mono epoch;	   /* of the last accepted update */
	double clamp_left; /* s of the start-up clamp, 0: over */
	bool panic_open;   /* one offset above panic may still pass */
	bool step_pending; /* -G not yet used */
	ntp_mono stepped;  /* last step out of SPIK, 0: none */
	int8_t minpoll;	   /* log2 s, of the last update: after a step */
	struct loop_train train;
	double noise;	      /* s, of one sample of late */
	double slewing;	      /* s, of this second, not in est yet */
	ntp_mono second;      /* when it began */
	ntp_mono hurried;     /* last second of a quick start, 0: none */
	bool started;	      /* the first small offset is worked off */
	struct estimator est; /* LOOP_KALMAN */
};

enum loop_action {
	LOOP_IGNORE, /* not now (a large offset in SPIK or FREQ) */
	LOOP_SLEW,   /* accepted; adj_host_clock() works it off */
	LOOP_STEP,   /* step the clock by offset, clear the associations */
	LOOP_PANIC,  /* offset beyond the panic threshold: stop */
};

struct loop_decision {
	enum loop_action action;
	double offset;	   /* s, to slew or to step */
	bool new_mode;	   /* mode changed: report it as an event */
	bool freq_set;	   /* the frequency was just measured directly */
	bool freq_clamped; /* beyond 500 ppm */
};

/* Is the frequency still being measured? */
bool loop_training(const struct loop_state *l);

/* Was the clock never set?  An offset to be stepped still tells of the
 * frequency then. */
bool loop_unset(const struct loop_state *l);

/* Is OFFSET (s) beyond the step threshold on its side? */
bool loop_beyond_step(const struct loop_state *l, double offset);

void loop_set_poll(struct loop_state *l, int8_t poll, ntp_mono now);

/* FREQ in s/s, cut to maxfreq; true when it was cut. */
bool loop_set_freq(struct loop_state *l, double freq);

/* The exponential mean of squares: OLD with one more. */
double loop_average(double old, double with);

/* Of PHASE (s) what may be slewed in a second: at most maxfreq, also together
 * with the frequency. */
double loop_within_maxfreq(const struct loop_state *l, double phase);

#endif /* NTP_LOOPSTATE_H */
