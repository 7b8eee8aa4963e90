/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_steer.c - the clock follows the estimate
 *
 * The estimator (ntp_estimate.c) says how far the clock is off, x (s), and by
 * how much its frequency, y (s/s).  What is known of the frequency is corrected
 * at once and wholly; of the phase each second works off
 *
 *	x / max(tau/16, 1),   tau = 2^poll (s),
 *
 * at most maxfreq together with the frequency.  The estimator is told of both,
 * so nothing is corrected twice, and there is no loop that could swing.  When a
 * sample comes in the middle of a second's portion, how much of that the kernel
 * has done is a guess: the rest adds to the sample's uncertainty, in squares.
 *
 * Poll.  The clock strays between samples by est_stray().  As long as that
 * stays below 1.9 times the uncertainty of one sample in twice the interval,
 * sixteen times in a row, the interval is doubled; above 2.4 times in the
 * interval itself, four times in a row, it is halved.
 *
 * The first offset of a clock that nobody relies on yet is worked off by 50 ms
 * a second, unless the user wants it never to be stepped or to run that fast.
 * Until a measurement has said where that led, a fifth of it is in doubt.
 */
#include "ntp_steer.h"

#include <math.h>

#define FREQ_TRAINED 1e-6 /* s/s, good enough to call it known */
#define PHASE_SHARE  16.0 /* phase is worked off in poll interval / 16 */
#define HURRY_MAX    0.05 /* s in a second, the first offset */
#define HURRY_DOUBT  0.2  /* of it: the kernel's second is not ours */
#define HURRY_SETTLE 2.5  /* s until the clock is at rest again */
#define POLL_UP	     1.9  /* stray within twice the interval, in noises */
#define POLL_DOWN    2.4  /* stray within the interval */
#define VOTES_UP     16	  /* samples in a row */
#define VOTES_DOWN   4
#define NOISE_SHARE  0.35 /* of the mean excess delay is in an offset */

/* The frequency follows the estimate; the phase is worked off from now on. */
void
steer_follow(struct loop_state *l, struct loop_decision *d)
{
	double old = l->freq;

	d->freq_clamped = loop_set_freq(l, old + l->est.all.y);
	est_retuned(&l->est, l->freq - old);
	l->wander = loop_average(l->wander, l->freq - old);
	l->residual = l->est.all.x - l->slewing;
	if (l->mode == LOOP_FREQ && sqrt(l->est.all.yy) < FREQ_TRAINED) {
		l->mode = LOOP_SYNC;
		d->new_mode = true;
		d->freq_set = true;
	}
}

/* What was slewed so far in this second. */
static void
account_slew(struct loop_state *l, ntp_mono now)
{
	double part = fmax(fmin(mono_diff(now, l->second), 1.0), 0.0);

	if (mono_before(now, l->second))
		return;
	est_slewed(&l->est, l->slewing * part);
	l->slewing *= 1.0 - part;
	l->second = now;
}

/* The interval may double while the clock strays in it by no more than what
 * one sample is uncertain by. */
static void
choose_poll(struct loop_state *l, struct loop_limits poll, ntp_mono now)
{
	double noise = l->noise;
	double now_s = est_stray(&l->est, log2_to_s(l->poll));
	double next_s = est_stray(&l->est, log2_to_s(l->poll + 1));

	if (next_s < POLL_UP * noise)
		l->poll_count = l->poll_count > 0 ? l->poll_count + 1 : 1;
	else if (now_s > POLL_DOWN * noise)
		l->poll_count = l->poll_count < 0 ? l->poll_count - 1 : -1;
	else
		l->poll_count = 0;
	if (l->poll_count >= VOTES_UP && l->poll < poll.max)
		loop_set_poll(l, (int8_t)(l->poll + 1), now);
	else if (l->poll_count <= -VOTES_DOWN && l->poll > poll.min)
		loop_set_poll(l, (int8_t)(l->poll - 1), now);
}

static bool
measures(const struct loop_state *l, ntp_mono now)
{
	return l->par.discipline == LOOP_KALMAN && !l->par.set_once &&
	    l->mode != LOOP_SPIK &&
	    (l->hurried.ns == 0 || mono_diff(now, l->hurried) > HURRY_SETTLE);
}

/* What is to be stepped goes through local_clock(), and only when it lasts. */
static bool
large_surprise(
    const struct loop_state *l, const struct measurement *m, bool believe)
{
	return !believe && (l->mode == LOOP_SYNC || l->mode == LOOP_SPIK) &&
	    est_settled(&l->est) && loop_beyond_step(l, m->offset) &&
	    !path_explains(m, m->offset);
}

enum loop_verdict
loop_measure(struct loop_state *l, const struct measurement *m, bool believe,
    ntp_mono now)
{
	struct measurement sample = *m;

	if (!measures(l, now) ||
	    (loop_beyond_step(l, m->offset) && !loop_unset(l))) {
		est_skip(&l->est, now);
		if (believe && l->mode == LOOP_SYNC)
			l->mode = LOOP_SPIK;
		return large_surprise(l, m, believe) ? LOOP_SURPRISE
						     : LOOP_UNUSED;
	}
	account_slew(l, now);
	sample.limit = hypot(m->limit, l->slewing);
	if (believe) {
		est_jump(&l->est, &sample, now);
		loop_set_poll(l, l->minpoll, now);
	} else if (est_add(&l->est, &sample, now) == EST_SURPRISE) {
		return LOOP_SURPRISE;
	}
	l->hurried = (ntp_mono){0}; /* and this is where it led */
	l->noise = fmax(NOISE_SHARE * m->spread, m->limit);
	return LOOP_USED;
}

void
loop_steer(struct loop_state *l, struct loop_limits poll,
    struct loop_decision *d, ntp_mono now)
{
	account_slew(l, now);
	est_skip(&l->est, now);
	if (loop_unset(l)) /* nobody has agreed to it yet */
		return;
	steer_follow(l, d);
	choose_poll(l, poll, now);
}

/* --- once a second --------------------------------------------------------- */

/* A clock that nobody relies on yet may be set right in a few seconds; it
 * would be stepped if it were further off.  A measurement has to say that it
 * is: our second and the kernel's may have missed each other. */
static bool
hurry(struct loop_state *l)
{
	bool far = fabs(l->est.all.x) >= l->par.floor;

	if (l->started || l->est.taken == 0)
		return false;
	l->started = l->par.gentle || l->par.step_fwd <= 0.0 ||
	    l->par.step_back <= 0.0 || (!far && l->hurried.ns == 0);
	return !l->started && far;
}

double
steer_adjust(struct loop_state *l, ntp_mono now)
{
	double time = fmax(log2_to_s(l->poll) / PHASE_SHARE, 1.0); /* s */
	double phase;

	account_slew(l, mono_add(l->second, 1.0));
	l->second = now;
	if (loop_unset(l))
		return 0.0;
	if (hurry(l)) {
		phase = fmax(fmin(l->est.all.x, HURRY_MAX), -HURRY_MAX);
		l->hurried = now;
		est_doubt(&l->est, HURRY_DOUBT * phase);
	} else {
		phase = loop_within_maxfreq(l, l->est.all.x / time);
	}
	l->slewing = phase;
	l->residual = l->est.all.x - phase;
	return phase;
}
