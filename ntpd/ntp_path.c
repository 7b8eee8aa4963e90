/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_path.c - what the delays of one path tell of its noise
 *
 * The least delay is that of a packet which waited nowhere; what another takes
 * beyond it was spent in queues, and half of that bounds the error of its
 * offset.  The least is kept over two windows of at least half a day, so that
 * a congestion or a detour of some hours does not become the new normal.
 *
 * There are two scales.  `spread` follows the traffic within some dozen
 * samples.  `quiet` changes over hours and counts no excess for more than
 * three times itself: it still knows in the middle of a congestion what the
 * path is like without.
 *
 * A path not seen often has a least delay that is only the least so far.  When
 * n samples queued twice with an exponential distribution, it may still sink by
 * about 1/sqrt(n) of the mean excess, and the excess over it looks too small by
 * about 1 + 3/n.  One sample tells of no excess at all: the guess is an eighth
 * of the delay, and it fades with 1/n^2.
 */
#include "ntp_path.h"

#include <math.h>

#define WINDOW_SAMPLES 64
#define WINDOW_TIME    43200.0 /* s */
#define SPREAD_SAMPLES 32.0
#define QUIET_TIME     43200.0 /* s */
#define QUIET_CUT      3.0     /* times itself */
#define FIRST_GUESS    0.125   /* of the delay */
#define BLUR_FIRST     1.6     /* of the quiet excess, over sqrt(n) */
#define BLUR_LEAST     0.1     /* of it */
#define CONGESTED      4.0     /* quiet excesses */
#define FINEST	       1e-9    /* s, no timestamp is better */

static double
least(const struct path *p)
{
	return fmin(p->least[0], p->least[1]);
}

/* Of a mean delay over the least, seen N times. */
static double
excess_of(const struct path *p, double mean)
{
	double part = 1.0 / fmin(p->seen, SPREAD_SAMPLES);

	if (p->seen > SPREAD_SAMPLES)
		return fmax(mean - least(p), 0.0);
	return fmax(mean - least(p), 0.0) * (1 + 3 * part) +
	    least(p) * FIRST_GUESS * part * part;
}

static void
start(struct path *p, double delay, ntp_mono now)
{
	*p = (struct path){.least = {delay, delay},
	    .mean = delay,
	    .calm = delay,
	    .spread = delay * FIRST_GUESS,
	    .quiet = delay * FIRST_GUESS,
	    .seen = 1,
	    .window = 1,
	    .since = now,
	    .last = now};
}

static void
turn_window(struct path *p, double delay, ntp_mono now)
{
	if (p->window < WINDOW_SAMPLES ||
	    mono_diff(now, p->since) < WINDOW_TIME)
		return;
	p->least[1] = p->least[0];
	p->least[0] = delay;
	p->window = 0;
	p->since = now;
}

void
path_add(struct path *p, double delay, ntp_mono now)
{
	double age = fmax(mono_diff(now, p->last), 0.0);
	double n, fast, slow, cut;

	if (p->seen == 0) {
		start(p, delay, now);
		return;
	}
	turn_window(p, delay, now);
	p->least[0] = fmin(p->least[0], delay);
	p->window++;
	p->seen++;
	p->last = now;
	n = fmin(p->seen, SPREAD_SAMPLES);
	fast = 1.0 / n;
	slow = p->seen <= SPREAD_SAMPLES ? fast : fmin(age / QUIET_TIME, fast);
	cut = fmin(delay, least(p) + QUIET_CUT * p->quiet);
	p->mean += fast * (delay - p->mean);
	p->calm += slow * (cut - p->calm);
	p->spread = excess_of(p, p->mean);
	p->quiet = excess_of(p, p->calm);
}

struct measurement
path_measure(const struct path *p, double offset, double delay, double disp)
{
	struct measurement m = {.offset = offset,
	    .excess = fmax(delay - least(p), 0.0),
	    .limit = fmax(disp, FINEST)};

	m.spread = fmax(p->spread, m.limit);
	m.quiet = fmax(p->quiet, m.limit);
	m.blur =
	    m.quiet * fmax(BLUR_LEAST, BLUR_FIRST / sqrt(fmax(p->seen, 1.0)));
	return m;
}

bool
path_explains(const struct measurement *m, double error)
{
	return path_congested(m) && fabs(error) <= m->excess;
}

bool
path_congested(const struct measurement *m)
{
	return m->excess >= CONGESTED * m->quiet;
}
