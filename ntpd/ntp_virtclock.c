/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_virtclock.c - a clock of its own for every daemon of a lab.
 *
 * Whole nanoseconds are kept apart from the small correction that piles up in
 * a double, so that an offset of many years costs no resolution.  Server
 * threads read the clock as it was last set and carry on from there.
 */
#include "ntp_virtclock.h"

#include <math.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_fmt.h"
#include "ntp_systime.h"

#define NS_PER_S	1000000000LL
#define OFFSET_LIMIT	4e9  /* s */
#define DRIFT_LIMIT	1e5  /* ppm */
#define WANDER_LIMIT	1e-3 /* s/s per root second */
#define ARRIVAL_AGE_MAX 10.0 /* s; older: the real clock was stepped */
#define SLEW_SECOND	1.0  /* s, in which an adjustment is worked off */

static int64_t
clock_ns(struct virtclock *v, clockid_t id)
{
	struct timespec t = {0};

	(void)v->gettime(id, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* The part of DT seconds' slew that is due; the last part ends it exactly. */
static double
slew_take(struct virtline *l, double dt)
{
	double part = l->slew_rate * dt;

	if (fabs(part) >= fabs(l->slew)) {
		part = l->slew;
		l->slew_rate = 0.0;
	}
	l->slew -= part;
	return part;
}

/* Bring the correction up to RAW; the s that have passed. */
static double
line_advance(struct virtline *l, int64_t raw)
{
	double dt = (double)(raw - l->raw_ns) * 1e-9;

	if (dt <= 0.0)
		return 0.0;
	l->raw_ns = raw;
	l->corr += dt * ((1.0 + l->drift) * (1.0 + l->freq) - 1.0);
	l->corr += slew_take(l, dt);
	return dt;
}

static ntp_ts
line_time(const struct virtline *l)
{
	return ts_from_unix_ns(l->base_ns + l->raw_ns + llround(l->corr * 1e9));
}

/* Let other threads see the line as it is now (see ntp_snapshot.h). */
static void
line_show(struct virtclock *v)
{
	uint64_t w[VIRTLINE_WORDS];
	uint32_t seq = atomic_load_explicit(&v->seq, memory_order_relaxed);

	memcpy(w, &v->line, sizeof w);
	atomic_store_explicit(&v->seq, seq + 1, memory_order_relaxed);
	for (size_t i = 0; i < VIRTLINE_WORDS; i++)
		atomic_store_explicit(&v->shown[i], w[i], memory_order_release);
	atomic_store_explicit(&v->seq, seq + 2, memory_order_release);
}

static struct virtline
line_seen(struct virtclock *v)
{
	uint64_t w[VIRTLINE_WORDS];
	struct virtline l;
	uint32_t before, after;

	do {
		before = atomic_load_explicit(&v->seq, memory_order_acquire);
		for (size_t i = 0; i < VIRTLINE_WORDS; i++)
			w[i] = atomic_load_explicit(
			    &v->shown[i], memory_order_acquire);
		after = atomic_load_explicit(&v->seq, memory_order_relaxed);
	} while (before != after || (before & 1) != 0);
	memcpy(&l, w, sizeof l);
	return l;
}

/* Bring the correction up to the present. */
static void
virtclock_advance(struct virtclock *v)
{
	double dt = line_advance(&v->line, clock_ns(v, CLOCK_MONOTONIC_RAW));

	if (dt > 0.0 && v->wander > 0.0)
		v->line.drift += v->wander * sqrt(dt) * rng_normal(&v->rng);
	line_show(v);
}

static ntp_ts
virtclock_get(struct clock_port *p)
{
	struct virtclock *v = (struct virtclock *)p;

	virtclock_advance(v);
	return line_time(&v->line);
}

static int
virtclock_adj(struct clock_port *p, double adj, double freq)
{
	struct virtclock *v = (struct virtclock *)p;

	if (!isfinite(adj) || !isfinite(freq))
		return -NTP_ERANGE;
	virtclock_advance(v);
	/* What the last second left is worked off with the new: the ticks
	 * of a daemon are never exactly a second apart. */
	v->line.slew += adj;
	v->line.slew_rate = v->line.slew / SLEW_SECOND;
	v->line.freq = freq;
	line_show(v);
	return 0;
}

static int
virtclock_step(struct clock_port *p, double offset)
{
	struct virtclock *v = (struct virtclock *)p;

	if (!(fabs(offset) < OFFSET_LIMIT))
		return -NTP_ERANGE;
	virtclock_advance(v);
	v->line.slew = 0.0;
	v->line.slew_rate = 0.0;
	v->line.base_ns += llround(offset * 1e9);
	line_show(v);
	return 0;
}

static int
virtclock_set_status(struct clock_port *p, enum ntp_leap leap, double est_error,
    double max_error)
{
	(void)p;
	(void)leap;
	(void)est_error;
	(void)max_error;
	return 0;
}

void
virtclock_init_with(struct virtclock *v, const struct virtclock_param *par,
    uint64_t seed, int (*gettime)(clockid_t, struct timespec *))
{
	memset(v, 0, sizeof *v);
	v->port.get_systime = virtclock_get;
	v->port.adj_systime = virtclock_adj;
	v->port.step_systime = virtclock_step;
	v->port.set_status = virtclock_set_status;
	v->gettime = gettime;
	rng_seed(&v->rng, seed);
	v->wander = par->wander;
	v->line.drift = par->freq;
	v->line.raw_ns = clock_ns(v, CLOCK_MONOTONIC_RAW);
	v->line.base_ns = clock_ns(v, CLOCK_REALTIME) - v->line.raw_ns +
	    llround(par->offset * 1e9);
	line_show(v);
	v->port.precision = clock_precision(&v->port);
}

void
virtclock_init(
    struct virtclock *v, const struct virtclock_param *par, uint64_t seed)
{
	virtclock_init_with(v, par, seed, clock_gettime);
}

/* One number up to a comma or the end, within +-LIMIT. */
static int
parse_part(const char **s, double limit, double *out)
{
	size_t len = strcspn(*s, ",");
	int err = fmt_parse_double(*s, len, out);

	if (err != 0)
		return err;
	if (!(fabs(*out) <= limit))
		return -NTP_ERANGE;
	*s += len;
	return 0;
}

int
virtclock_parse(const char *s, struct virtclock_param *par)
{
	double v[3] = {0.0, 0.0, 0.0};
	static const double limits[3] = {
	    OFFSET_LIMIT, DRIFT_LIMIT, WANDER_LIMIT};
	int err;

	for (int i = 0; i < 3; i++) {
		err = parse_part(&s, limits[i], &v[i]);
		if (err != 0)
			return err;
		if (*s == '\0')
			break;
		s++;
		if (i == 2)
			return -NTP_EFORMAT;
	}
	if (v[2] < 0.0)
		return -NTP_ERANGE;
	par->offset = v[0];
	par->freq = v[1] * 1e-6;
	par->wander = v[2];
	return 0;
}

ntp_ts
virtclock_read(struct clock_port *p, struct timespec *real)
{
	struct virtclock *v = (struct virtclock *)p;
	struct virtline l = line_seen(v);

	(void)v->gettime(CLOCK_REALTIME, real);
	(void)line_advance(&l, clock_ns(v, CLOCK_MONOTONIC_RAW));
	return line_time(&l);
}

ntp_ts
virtclock_arrival(struct clock_port *p, const struct timespec *at)
{
	struct virtclock *v = (struct virtclock *)p;
	ntp_ts now = virtclock_get(p);
	int64_t stamp = (int64_t)at->tv_sec * NS_PER_S + at->tv_nsec;
	double age = (double)(clock_ns(v, CLOCK_REALTIME) - stamp) * 1e-9;

	if (!(age > 0.0 && age < ARRIVAL_AGE_MAX))
		return now;
	return ts_add(now, -age);
}
