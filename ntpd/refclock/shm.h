/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shm.h - the segment of shared memory that other programs write the time to.
 *
 * Its layout is an interface of thirty years' standing: fields, types and
 * order are those of gpsd and of every other writer.
 */
#ifndef SHM_H
#define SHM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "refclock.h"

#define SHM_KEY 0x4e545030 /* "NTP0", and the unit is added */

struct shm_time {
	int mode; /* 0 or 1, set by the writer */
	volatile int count;
	time_t clock_sec;
	int clock_usec;
	time_t recv_sec;
	int recv_usec;
	int leap;
	int precision;
	int nsamples;
	volatile int valid;
	unsigned clock_nsec;
	unsigned recv_nsec;
	int dummy[8];
};

/* How the driver is set up. */
struct shm_param {
	double limit; /* s, largest difference believed; 0: any */
};

/* Why there is no stamp. */
enum shm_verdict {
	SHM_GOOD,
	SHM_EMPTY, /* nothing new */
	SHM_CLASH, /* written while we read */
	SHM_MODE,  /* neither 0 nor 1 */
	SHM_STALE, /* received long ago, or in the future */
	SHM_LIMIT, /* difference limit exceeded */
	SHM_RANGE, /* no time at all */
};

/* Take the sample that S holds, NOW being CLOCK_REALTIME; only with SHM_GOOD
 * is *OUT set.  A sample is taken once. */
enum shm_verdict shm_read(volatile struct shm_time *s,
    const struct shm_param *par, const struct timespec *now,
    struct refclock_stamp *out);

#endif /* SHM_H */
