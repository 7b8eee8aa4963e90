/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_systime.h - the kernel's clock as a clock port (Linux).
 *
 * The phase is corrected once a second by as much as the kernel works off in
 * that second (ntp_slew.c), so that no slew outlives a daemon that is killed.
 * STA_FREQHOLD keeps the kernel from deriving a frequency of its own.
 */
#ifndef NTP_SYSTIME_H
#define NTP_SYSTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/timex.h>
#include <time.h>

#include "ntp_guard.h"
#include "ntp_ports.h"

struct systime {
	struct clock_port port; /* first: the port is the object */
	/* The kernel's calls; tests put their own here. */
	int (*adjtimex)(struct timex *);
	int (*gettime)(clockid_t, struct timespec *);
	int (*settime)(clockid_t, const struct timespec *);
	double owed; /* s of slew that did not fit into the last order */
	struct guard
	    guard;  /* while a slew is quick: ends it if we are killed */
	int status; /* STA_* in force */
	enum ntp_leap leap;
	/* what systime_jump() compares with */
	int64_t epoch_ns; /* CLOCK_REALTIME - CLOCK_BOOTTIME */
	int64_t slept_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
};

/* What happened to the clock behind our back. */
struct systime_event {
	double stepped; /* s, by somebody else */
	double slept;	/* s, the machine was suspended */
};

/* Make S a port over the real kernel calls, which sets nothing; the precision
 * is measured (at most a few ms). */
void systime_init(struct systime *s);

/*
 * Take the clock over: end what other programs left running (adjtime, tick,
 * phase), unsynchronized until set_status(); a leap second that the daemon
 * before us armed stays so.  0 or -NTP_EPERM, -NTP_EIO.
 */
int systime_take(struct systime *s);

/* Leave the clock: no phase correction runs on; the frequency stays. */
void systime_release(struct systime *s);

/* Did somebody step the clock, or did we sleep, since the last call (or since
 * systime_init())?  True and *EV when so; our own steps do not count. */
bool systime_jump(struct systime *s, struct systime_event *ev);

/* The kernel's status word and its return (TIME_*); reading needs no
 * privilege.  -NTP_EIO when the kernel refuses. */
int systime_state(struct systime *s, int *status);

/* A kernel arrival time, CLOCK_REALTIME, as this clock's time. */
ntp_ts systime_arrival(struct clock_port *p, const struct timespec *at);

/* The clock, and in *REAL the same as CLOCK_REALTIME has it. */
ntp_ts systime_read(struct clock_port *p, struct timespec *real);

/* The port's functions, by the names that everybody knows. */
ntp_ts get_systime(struct clock_port *p);
int adj_systime(struct clock_port *p, double adj, double freq);
int step_systime(struct clock_port *p, double offset);

/* Precision of any clock in log2 s: the smallest step seen between readings.
 * At most a few ms, the longest for a clock that stands still. */
int8_t clock_precision(struct clock_port *p);

/* Age and timeout clock: CLOCK_BOOTTIME, so that sleep counts. */
ntp_mono systime_mono(void);

#endif /* NTP_SYSTIME_H */
