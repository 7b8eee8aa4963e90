/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_loopfilter.h - the clock discipline (RFC 5905 11.3, 12).
 *
 * State in, decision out: local_clock() never touches a clock and never
 * exits; the caller carries out what it decides.
 */
#ifndef NTP_LOOPFILTER_H
#define NTP_LOOPFILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp.h"
#include "ntp_estimate.h"
#include "ntp_time.h"

/* The clock's own course while its frequency is measured: sums for a straight
 * line through (age, offset + phase slewed since), see ntp_loopfilter.c. */
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
	struct estimator est; /* LOOP_KALMAN */
	double noise;	      /* s, of one sample of late */
	double slewing;	      /* s, of this second, not in est yet */
	ntp_mono second;      /* when it began */
	ntp_mono hurried;     /* last second of a quick start, 0: none */
	bool started;	      /* the first small offset is worked off */
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

/*
 * One sample of a survivor, taken at NOW; with LOOP_KALMAN phase and frequency
 * follow these and not local_clock(), which then only keeps the state.  Not
 * used while a large offset is being watched.  BELIEVE: take it though it
 * surprises.
 */
enum loop_verdict {
	LOOP_UNUSED,
	LOOP_USED,
	LOOP_SURPRISE, /* held back: ask again, ask others */
};
enum loop_verdict loop_measure(struct loop_state *l,
    const struct measurement *m, bool believe, ntp_mono now);

/* After the samples that came by NOW: correct the frequency, have the phase
 * worked off, choose the poll interval.  Sets of D what concerns frequency and
 * mode. */
struct loop_limits {
	int8_t min, max; /* log2 s, of the poll exponent */
};
void loop_steer(struct loop_state *l, struct loop_limits poll,
    struct loop_decision *d, ntp_mono now);

/* Is the frequency still being measured? */
bool loop_training(const struct loop_state *l);

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
