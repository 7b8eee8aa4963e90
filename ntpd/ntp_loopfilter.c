/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_loopfilter.c - the clock discipline: states and thresholds
 *
 * They are the reference's.  What corrects phase and frequency is either its
 * feedback loop (ntp_pll.c) or the estimator (ntp_steer.c).  Where we differ:
 *
 * Jitter is how far an offset is from what the slew has left of the one
 * before, not from that one itself; else working off the first 100 ms
 * counts as jitter for hours.
 *
 * A large offset in FREQ is ignored until nothing else was seen for the
 * stepout, then stepped, and the measurement begins anew.  The reference
 * would take the step for frequency: a server that jumps by 0.2 s would leave
 * us with 500 ppm.  A clock that is really too fast or slow is not missed: up
 * to 900 ppm the slew holds it below the step threshold for a stepout.  To the
 * estimator, which takes no step for frequency, FREQ is as SYNC.
 *
 * SPIK.  The phase correction goes on: what is left of it was agreed upon
 * before the spike.
 *
 * Panic.  The gate that -g opens closes with the first update that is carried
 * out, large or small, and never opens again (CVE-2015-5300).
 */
#include "ntp_loopfilter.h"

#include <math.h>

#include "ntp_pll.h"
#include "ntp_steer.h"

#define STEP_AGAIN   3600.0 /* s; two steps within: the frequency is wrong */
#define OFFSET_LIMIT 0x1p32 /* s, no difference of timestamps is more */
#define FREQ_UNKNOWN 2e-4   /* s/s, standard deviation */
#define FREQ_FILE    1e-6   /* s/s, of what the drift file says */
#define FIRST_SAME   0.005  /* s, what one sample and all say at first */

/* --- state ----------------------------------------------------------------- */

void
loop_init(struct loop_state *l, const struct loop_param *par, bool known,
    double freq, int8_t minpoll, ntp_mono now)
{
	bool usable = known && isfinite(freq);

	*l = (struct loop_state){.par = *par,
	    .mode = usable ? LOOP_FSET : LOOP_NSET,
	    .jitter = par->precision,
	    .poll = minpoll,
	    .minpoll = minpoll,
	    .poll_changed = now,
	    .epoch = now,
	    .clamp_left = par->stepout,
	    .panic_open = par->panic_once,
	    .step_pending = par->step_once,
	    .second = now};
	if (par->discipline == LOOP_KALMAN)
		l->clamp_left = 0.0;
	est_init(&l->est, usable ? FREQ_FILE : FREQ_UNKNOWN);
	(void)loop_set_freq(l, usable ? freq : 0.0);
}

void
loop_stepped(struct loop_state *l, ntp_mono now)
{
	l->residual = 0.0;
	l->last_offset = 0.0;
	l->jitter = l->par.precision;
	l->train = (struct loop_train){.n = 0};
	l->slewing = 0.0;
	est_stepped(&l->est);
	loop_set_poll(l, l->minpoll, now);
	l->poll_count = 0;
	l->epoch = now;
	if (l->mode == LOOP_SPIK)
		l->mode = LOOP_SYNC;
}

void
loop_jumped(struct loop_state *l, ntp_mono now)
{
	loop_stepped(l, now);
	if (l->mode == LOOP_SYNC)
		l->mode = LOOP_FSET;
	l->started = false;
}

double
loop_error(const struct loop_state *l)
{
	return l->est.taken > 0 ? 2 * sqrt(l->est.all.xx) : 0.0;
}

bool
loop_newest(const struct loop_state *l)
{
	return l->par.discipline == LOOP_PLL ? l->mode != LOOP_SYNC
					     : loop_unset(l);
}

/* --- large offsets --------------------------------------------------------- */

static bool
beyond_panic(const struct loop_state *l, double offset)
{
	return l->par.panic > 0.0 && fabs(offset) > l->par.panic &&
	    !l->panic_open;
}

static enum loop_action
step_now(struct loop_state *l, enum loop_mode next, ntp_mono now)
{
	loop_stepped(l, now);
	l->mode = next;
	l->panic_open = false;
	l->step_pending = false;
	return LOOP_STEP;
}

static enum loop_action
large_offset(struct loop_state *l, ntp_mono now)
{
	bool patient = mono_diff(now, l->epoch) < l->par.stepout;
	bool again;

	switch (l->mode) {
	case LOOP_SYNC:
		l->mode = LOOP_SPIK;
		return LOOP_IGNORE;
	case LOOP_SPIK:
		if (patient)
			return LOOP_IGNORE;
		again = l->stepped.ns != 0 &&
		    mono_diff(now, l->stepped) < STEP_AGAIN;
		l->stepped = now;
		return step_now(l, again ? LOOP_FREQ : LOOP_SYNC, now);
	case LOOP_FREQ:
		if (l->par.discipline == LOOP_PLL)
			return patient ? LOOP_IGNORE
				       : step_now(l, LOOP_FREQ, now);
		l->mode = LOOP_SPIK;
		return LOOP_IGNORE;
	case LOOP_FSET:
		return step_now(l, LOOP_SYNC, now);
	case LOOP_NSET:
	default:
		return step_now(l, LOOP_FREQ, now);
	}
}

/* --- small offsets --------------------------------------------------------- */

/* The first offset has none before it to differ from; later ones should be
 * what the slew has left of the last. */
static void
update_jitter(struct loop_state *l, double offset)
{
	double diff = fabs(offset - l->residual);

	if (l->mode != LOOP_NSET && l->mode != LOOP_FSET)
		l->jitter =
		    loop_average(l->jitter, fmax(diff, l->par.precision));
}

static int8_t
clamp_poll(int poll, int lo, int hi)
{
	if (poll > hi)
		poll = hi;
	return (int8_t)(poll < lo ? lo : poll);
}

static enum loop_action
small_offset(struct loop_state *l, struct loop_decision *d, int8_t minpoll,
    int8_t maxpoll, ntp_mono now)
{
	update_jitter(l, d->offset);
	loop_set_poll(l, clamp_poll(l->poll, minpoll, maxpoll), now);
	if (l->par.discipline == LOOP_PLL)
		pll_update(l, d, minpoll, maxpoll, now);
	else
		l->mode = loop_training(l) ? LOOP_FREQ : LOOP_SYNC;
	l->last_offset = d->offset;
	l->epoch = now;
	l->panic_open = false;
	return LOOP_SLEW;
}

/* -q: nothing comes after it. */
static enum loop_action
set_and_leave(struct loop_state *l, double offset)
{
	if (l->step_pending || loop_beyond_step(l, offset))
		return LOOP_STEP;
	l->residual = offset;
	return LOOP_SLEW;
}

/* --------------------------------------------------------------------------- */

struct loop_decision
local_clock(struct loop_state *l, double offset, int8_t minpoll, int8_t maxpoll,
    ntp_mono now)
{
	struct loop_decision d = {.action = LOOP_IGNORE};
	enum loop_mode before = l->mode;
	bool first = loop_unset(l) && l->est.taken > 0;
	int8_t low = clamp_poll(minpoll, NTP_MINPOLL_LAN, NTP_MAXPOLL_HARD);
	int8_t high = clamp_poll(maxpoll, low, NTP_MAXPOLL_HARD);

	if (!(fabs(offset) < OFFSET_LIMIT))
		return d;
	if (first && fabs(l->est.all.x - offset) < FIRST_SAME)
		offset = l->est.all.x;
	d.offset = offset;
	l->minpoll = low;
	if (beyond_panic(l, offset))
		d.action = LOOP_PANIC;
	else if (l->par.set_once)
		d.action = set_and_leave(l, offset);
	else if (l->step_pending || loop_beyond_step(l, offset))
		d.action = large_offset(l, now);
	else
		d.action = small_offset(l, &d, low, high, now);
	if (first && !loop_unset(l))
		steer_follow(l, &d);
	d.new_mode = l->mode != before;
	return d;
}

double
adj_host_clock(struct loop_state *l, ntp_mono now)
{
	return l->par.discipline == LOOP_KALMAN ? steer_adjust(l, now)
						: pll_adjust(l);
}
