/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shm_read.c - take one sample out of a segment of shared memory.
 *
 * Whatever stands there is another program's, and from unit 2 on any user's:
 * all of it is copied once and then judged.
 */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "shm.h"

#define AGE_MAX	    5 /* s */
#define USEC_MAX    1000000
#define NSEC_MAX    1000000000U
#define SECONDS_MAX (INT64_C(1) << 40) /* far beyond any date */
#define PREC_MIN    (-30)

/* A writer that knows nanoseconds gives both, and the microseconds are the
 * nanoseconds cut off; what does not match is from before there were any. */
static bool
nanoseconds_hold(int usec, unsigned nsec)
{
	unsigned from_usec = (unsigned)usec * 1000U;

	return nsec < NSEC_MAX && nsec >= from_usec && nsec - from_usec < 1000U;
}

static bool
is_time(time_t sec, int usec)
{
	return sec > -SECONDS_MAX && sec < SECONDS_MAX && usec >= 0 &&
	    usec < USEC_MAX;
}

static enum shm_verdict
judge(const struct shm_time *t, const struct shm_param *par,
    const struct timespec *now)
{
	time_t age, diff;

	if (!is_time(t->clock_sec, t->clock_usec) ||
	    !is_time(t->recv_sec, t->recv_usec))
		return SHM_RANGE;
	age = now->tv_sec - t->recv_sec;
	if (age < 0 || age > AGE_MAX)
		return SHM_STALE;
	diff = t->recv_sec - t->clock_sec;
	if (par->limit > 0 && fabs((double)diff) > par->limit)
		return SHM_LIMIT;
	return SHM_GOOD;
}

static enum ntp_leap
leap_of(int leap)
{
	if (leap == NTP_LEAP_NONE || leap == NTP_LEAP_INS ||
	    leap == NTP_LEAP_DEL)
		return (enum ntp_leap)leap;
	return NTP_LEAP_UNSYNC;
}

static void
take(const struct shm_time *t, struct refclock_stamp *out)
{
	bool nano = nanoseconds_hold(t->clock_usec, t->clock_nsec) &&
	    nanoseconds_hold(t->recv_usec, t->recv_nsec);
	int prec = t->precision;

	out->clock.tv_sec = t->clock_sec;
	out->local.tv_sec = t->recv_sec;
	out->clock.tv_nsec = nano ? t->clock_nsec : t->clock_usec * 1000L;
	out->local.tv_nsec = nano ? t->recv_nsec : t->recv_usec * 1000L;
	out->leap = leap_of(t->leap);
	out->precision = (int8_t)(prec > 0 ? 0
		: prec < PREC_MIN	   ? PREC_MIN
					   : prec);
}

enum shm_verdict
shm_read(volatile struct shm_time *s, const struct shm_param *par,
    const struct timespec *now, struct refclock_stamp *out)
{
	enum shm_verdict v;
	struct shm_time t;
	int count;

	if (s->valid == 0)
		return SHM_EMPTY;
	count = s->count;
	atomic_thread_fence(memory_order_seq_cst);
	t = *s;
	s->valid = 0;
	atomic_thread_fence(memory_order_seq_cst);
	if (t.mode != 0 && t.mode != 1)
		return SHM_MODE;
	if (t.mode == 1 && (count != s->count || count != t.count))
		return SHM_CLASH;
	v = judge(&t, par, now);
	if (v == SHM_GOOD)
		take(&t, out);
	return v;
}
