/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_pll.c - the reference's feedback loop
 *
 * z is the offset (s), y the frequency correction (s/s), tau = 2^poll (s) the
 * time constant, mu (s) the time since the update before.  Each second works
 * off z/(4 tau) of the phase; each update adds to y
 *
 *	z min(mu, 8 tau, allan) / (16 tau)^2		the PLL,
 *	(z - z expected) / (4 max(tau, mu))		from tau = allan on, the FLL.
 *
 * (RFC 5905 11.3 and A.5.5.6; gains of the Linux kernel, kernel/time/ntp.c.)
 * Where we differ from the reference:
 *
 * PLL.  The gains are those of the Linux kernel loop, which the reference runs
 * on by default there: phase 1/(4 tau), frequency 1/(16 tau)^2 with at most
 * 8 tau between updates.  The reference's own loop, with 16 in place of 4, is
 * what its users see only when the kernel is switched off.
 *
 * Poll adjust.  The gate is two jitters, not four.  With four the poll climbs
 * to its maximum while the loop is still a ppm off, and there it takes a day to
 * find out.
 *
 * Behind the clock filter, with 0.05 to 5 ms of jitter and a wandering
 * oscillator, these and our jitter (see ntp_loopfilter.c) together left 2 to
 * 10 times less error over two simulated days than the reference's values.
 * The slow loop with the narrow gate polled up to eight times as often, and
 * was three times worse in the noise.
 *
 * FREQ.  The reference measures an unknown frequency for 300 s as the last
 * offset over the time passed, and holds the phase still meanwhile: a clock
 * 40 ppm fast is 12 ms off at the end, one that is 450 ppm fast has to be
 * stepped, and the remains of the first offset count as frequency.  Here each
 * small offset is accepted and worked off, so the clock stays near from the
 * first update on; what was slewed is added back to the offsets, and the
 * frequency is the slope of the line through all of them.  That is exact
 * whatever was slewed, and one bad sample at the end spoils less.
 *
 * FLL.  Its gain is 1/4.  The reference divides by that, and a loop with gain
 * 4 runs away; nobody noticed since few poll above 1024 s.
 *
 * An offset that the slew limit cannot work off in the loop's own time tells
 * how far the clock is off but nothing about its frequency, and is kept out
 * of it.  Otherwise a daemon that never steps winds up hundreds of ppm while
 * it works off a few seconds.
 */
#include "ntp_pll.h"

#include <math.h>

#define CLOCK_PLL   4.0	 /* phase gain, 1/(4 tau) */
#define CLOCK_FLL   0.25 /* frequency gain of the FLL */
#define CLOCK_LIMIT 30	 /* poll-adjust hysteresis */
#define CLOCK_PGATE 2.0	 /* poll-adjust gate, in jitters */
#define CLAMP_TIME  32.0 /* s, time constant while clamped */
#define POLL_SETTLE 60.0 /* s before the poll may go down */

/* --- measuring the frequency ---------------------------------------------- */

static void
train_add(struct loop_train *tr, double offset, ntp_mono now)
{
	double t, y;

	if (tr->n == 0) {
		tr->start = now;
		tr->slewed = 0.0;
	}
	t = mono_diff(now, tr->start);
	y = offset + tr->slewed;
	tr->n += 1.0;
	tr->t += t;
	tr->y += y;
	tr->tt += t * t;
	tr->ty += t * y;
	tr->yy += y * y;
}

/* What the line leaves unexplained is the jitter. */
static bool
measure_freq(struct loop_state *l, struct loop_decision *d, ntp_mono now)
{
	const struct loop_train *tr = &l->train;
	double tt = tr->tt - tr->t * tr->t / tr->n;
	double ty = tr->ty - tr->t * tr->y / tr->n;
	double yy = tr->yy - tr->y * tr->y / tr->n;
	double var;

	if (mono_diff(now, tr->start) < l->par.stepout || tt <= 0.0)
		return false;
	d->freq_clamped = loop_set_freq(l, l->freq + ty / tt);
	d->freq_set = true;
	var = (yy - ty * ty / tt) / fmax(tr->n - 2.0, 1.0);
	l->jitter = fmax(sqrt(fmax(var, 0.0)), l->par.precision);
	return true;
}

/* --- the loop -------------------------------------------------------------- */

/* More than the slew can work off in the loop's own time. */
static bool
saturated(const struct loop_state *l, double offset, double tau)
{
	double headroom =
	    offset > 0.0 ? l->par.maxfreq - l->freq : l->par.maxfreq + l->freq;

	return fabs(offset) > CLOCK_PLL * tau * headroom;
}

/* The phase is corrected once a second, however often it is measured. */
static double
pll_tau(const struct loop_state *l)
{
	return fmax(log2_to_s(l->poll), 1.0);
}

static bool
update_freq(struct loop_state *l, double offset, ntp_mono now)
{
	double tau = pll_tau(l);
	double mu = fmax(mono_diff(now, l->epoch), 0.0);
	double span = fmin(mu, fmin(l->par.allan, 2.0 * CLOCK_PLL * tau));
	double scale = 4.0 * CLOCK_PLL * tau;
	double old = l->freq;
	double freq = old + offset * span / (scale * scale);
	bool clamped;

	if (saturated(l, offset, tau))
		return false;
	if (tau >= l->par.allan)
		freq += CLOCK_FLL * (offset - l->residual) / fmax(tau, mu);
	clamped = loop_set_freq(l, freq);
	l->wander = loop_average(l->wander, l->freq - old);
	return clamped;
}

/* At least one, or the counter would stand still at poll 0. */
static int
poll_weight(const struct loop_state *l)
{
	return l->poll > 0 ? l->poll : 1;
}

static void
adjust_poll(struct loop_state *l, double offset, int8_t minpoll, int8_t maxpoll,
    ntp_mono now)
{
	double since = mono_diff(now, l->poll_changed);
	double half = log2_to_s(l->poll - 1);
	double settle = fmax(half, POLL_SETTLE);

	if (fabs(offset) < CLOCK_PGATE * l->jitter)
		l->poll_count += poll_weight(l);
	else
		l->poll_count -= 2 * poll_weight(l);
	if (l->poll_count > CLOCK_LIMIT) {
		l->poll_count = CLOCK_LIMIT;
		if (l->poll < maxpoll && since >= settle + half)
			loop_set_poll(l, (int8_t)(l->poll + 1), now);
	} else if (l->poll_count < -CLOCK_LIMIT) {
		l->poll_count = -CLOCK_LIMIT;
		if (l->poll > minpoll && since >= settle)
			loop_set_poll(l, (int8_t)(l->poll - 1), now);
	}
}

static void
discipline(struct loop_state *l, struct loop_decision *d, int8_t minpoll,
    int8_t maxpoll, ntp_mono now)
{
	if (fabs(d->offset) < l->par.floor)
		l->clamp_left = 0.0;
	if (l->clamp_left > 0.0)
		return;
	d->freq_clamped = update_freq(l, d->offset, now);
	adjust_poll(l, d->offset, minpoll, maxpoll, now);
}

void
pll_update(struct loop_state *l, struct loop_decision *d, int8_t minpoll,
    int8_t maxpoll, ntp_mono now)
{
	switch (l->mode) {
	case LOOP_NSET:
	case LOOP_FREQ:
		l->mode = LOOP_FREQ;
		train_add(&l->train, d->offset, now);
		if (measure_freq(l, d, now))
			l->mode = LOOP_SYNC;
		break;
	case LOOP_FSET:
	case LOOP_SPIK:
	case LOOP_SYNC:
	default:
		l->mode = LOOP_SYNC;
		discipline(l, d, minpoll, maxpoll, now);
		break;
	}
	l->started = true;
	l->residual = d->offset;
}

double
pll_adjust(struct loop_state *l)
{
	double time = CLOCK_PLL * pll_tau(l); /* s */
	double phase;

	if (l->clamp_left > 0.0)
		time = CLAMP_TIME;
	phase = loop_within_maxfreq(l, l->residual / time);
	l->residual -= phase;
	l->train.slewed += phase;
	if (l->mode == LOOP_SYNC)
		l->clamp_left = fmax(l->clamp_left - 1.0, 0.0);
	return phase;
}
