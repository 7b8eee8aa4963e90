/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_clock.h - an oscillator, and the Linux kernel's clock upon it.
 *
 * The clock is a clock port.  It is a function of true time, which is whole ns
 * since the start of the run; sim_clock_advance() brings it there.
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp_ports.h"
#include "ntp_rng.h"

#define NS_PER_S INT64_C(1000000000)

/* True UTC: Unix time, and at most one leap second. */
struct sim_utc {
	int64_t start;	 /* ns since 1970 at true time 0 */
	int64_t leap_at; /* ns, true time when it is over or skipped */
	int leap;	 /* +1 inserted, -1 deleted, 0 none */
};

/* The oscillator by itself; all are s/s. */
struct osc_param {
	double freq;   /* at the start; > 0: fast */
	double wander; /* random walk, added each second */
	double white;  /* noise, anew for each second */
	double swing;  /* amplitude of a daily swing */
};

struct sim_clock {
	struct clock_port port; /* first: the port is the object */
	const struct sim_utc *utc;
	struct ntp_rng rng;
	struct osc_param osc;
	int64_t res; /* ns, resolution of a reading */

	int64_t t;	  /* ns, true time of all that follows */
	int64_t mono;	  /* ns, CLOCK_BOOTTIME: slewed, never stepped */
	double frac;	  /* ns, 0..1, beside mono */
	int64_t epoch;	  /* ns, CLOCK_REALTIME - mono */
	double natural;	  /* s/s, the oscillator's course */
	double walk;	  /* s/s, the part of it that wanders */
	int64_t next_osc; /* ns, true time of the next change of it */

	/* the kernel */
	double freq;	  /* s/s, ADJ_FREQUENCY */
	double offset;	  /* s, what is left of ADJ_OFFSET */
	double single;	  /* s, what is left of adjtime(3) */
	double slew;	  /* s/s, being worked off in this second */
	int64_t next_sec; /* ns, mono when the clock's second rolls over */
	enum ntp_leap leap;
	double owed;	/* s, of the daemon: see ntp_slew.h */
	int tai;	/* s, TAI - UTC as told */
	bool leap_done; /* until the leap bits are cleared */

	double rate;	/* d mono / dt - 1 */
	int64_t roll;	/* ns, true time of next_sec, by that rate */
	unsigned steps; /* step_systime() calls */
	unsigned reads;
	double last_step; /* s */
	int64_t behind;	  /* ns, stepped by others since last asked */
};

/* Start at true time 0, ERR s off true UTC. */
void sim_clock_init(struct sim_clock *c, const struct osc_param *osc,
    const struct sim_utc *utc, double err, uint64_t seed);
/* Readings are cut to multiples of RES ns, and the port says so. */
void sim_clock_coarsen(struct sim_clock *c, int64_t res);

/* Let it run on to true time T ns; back is ignored. */
void sim_clock_advance(struct sim_clock *c, int64_t t);

/* True time in ns when mono will be MONO, at the present rate. */
int64_t sim_clock_when(const struct sim_clock *c, int64_t mono);

/* The clock minus true UTC, s. */
double sim_clock_error(const struct sim_clock *c);
/* Its frequency error without what is being slewed, s/s. */
double sim_clock_freq_error(const struct sim_clock *c);

/* As an engine sees it. */
struct ntp_now sim_clock_now(const struct sim_clock *c);
/* Reading as an NTP timestamp, EXTRA s later. */
ntp_ts sim_clock_read(const struct sim_clock *c, double extra);

/* Somebody else steps it by D s; the oscillator changes by D s/s. */
void sim_clock_jump(struct sim_clock *c, double d);
/* The machine slept: CLOCK_BOOTTIME, too, is D s ahead of what it would be. */
void sim_clock_wake(struct sim_clock *c, double d);
void sim_clock_drift(struct sim_clock *c, double d);

/* The daemon is gone, in good order: no phase is corrected any more. */
void sim_clock_release(struct sim_clock *c);

/* The daemon was killed: the kernel goes on with what it was told last, but
 * for what the guard of systime.c takes back. */
void sim_clock_orphan(struct sim_clock *c);

/* True UTC in ns since 1970 at true time T. */
int64_t sim_utc_at(const struct sim_utc *u, int64_t t);

#endif /* SIM_CLOCK_H */
