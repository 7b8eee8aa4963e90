/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_loopfilter.c - the clock discipline
 *
 * States, thresholds and the start-up clamp are the reference's.  Where we
 * differ:
 *
 * PLL.  The gains are those of the Linux kernel loop, which the reference runs
 * on by default there: phase 1/(4 tau), frequency 1/(16 tau)^2 with at most
 * 8 tau between updates.  The reference's own loop, with 16 in place of 4, is
 * what its users see only when the kernel is switched off.
 *
 * Jitter is how far an offset is from what the slew has left of the one
 * before, not from that one itself; else working off the first 100 ms
 * counts as jitter for hours.
 *
 * Poll adjust.  The gate is two such jitters, not four.  With four the poll
 * climbs to its maximum while the loop is still a ppm off, and there it takes
 * a day to find out.
 *
 * Behind the clock filter, with 0.05 to 5 ms of jitter and a wandering
 * oscillator, these three together left 2 to 10 times less error over two
 * simulated days than the reference's values.  The slow loop with the narrow
 * gate polled up to eight times as often, and was three times worse in the
 * noise.
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
 * A large offset in FREQ is ignored until nothing else was seen for the
 * stepout, then stepped, and the measurement begins anew.  The reference
 * would take the step for frequency: a server that jumps by 0.2 s would leave
 * us with 500 ppm.  A clock that is really too fast or slow is not missed: up
 * to 900 ppm the slew holds it below the step threshold for a stepout.
 *
 * SPIK.  The phase correction goes on: what is left of it was agreed upon
 * before the spike.
 *
 * FLL.  Its gain is 1/4.  The reference divides by that, and a loop with gain
 * 4 runs away; nobody noticed since few poll above 1024 s.
 *
 * An offset that the slew limit cannot work off in the loop's own time tells
 * how far the clock is off but nothing about its frequency, and is kept out
 * of it.  Otherwise a daemon that never steps winds up hundreds of ppm while
 * it works off a few seconds.
 *
 * Panic.  The gate that -g opens closes with the first update that is carried
 * out, large or small, and never opens again (CVE-2015-5300).
 */
#include "ntp_loopfilter.h"

#include <math.h>

#define CLOCK_PLL    4.0    /* phase gain, 1/(4 tau) */
#define CLOCK_FLL    0.25   /* frequency gain of the FLL */
#define CLOCK_AVG    8.0    /* weight of the averages */
#define CLOCK_LIMIT  30	    /* poll-adjust hysteresis */
#define CLOCK_PGATE  2.0    /* poll-adjust gate, in jitters */
#define CLAMP_TIME   32.0   /* s, time constant while clamped */
#define POLL_SETTLE  60.0   /* s before the poll may go down */
#define STEP_AGAIN   3600.0 /* s; two steps within: the frequency is wrong */
#define OFFSET_LIMIT 0x1p32 /* s, no difference of timestamps is more */

/* LOOP_KALMAN */
#define FREQ_UNKNOWN 2e-4  /* s/s, standard deviation */
#define FREQ_FILE    1e-6  /* s/s, of what the drift file says */
#define FREQ_TRAINED 1e-6  /* s/s, good enough to call it known */
#define PHASE_SHARE  16.0  /* phase is worked off in poll interval / 16 */
#define FIRST_SAME   0.005 /* s, what one sample and all say at first */
#define HURRY_MAX    0.05  /* s in a second, the first offset */
#define HURRY_DOUBT  0.2   /* of it: the kernel's second is not ours */
#define HURRY_SETTLE 2.5   /* s until the clock is at rest again */
#define POLL_UP	     1.9   /* stray within twice the interval, in noises */
#define POLL_DOWN    2.4   /* stray within the interval */
#define VOTES_UP     16	   /* samples in a row */
#define VOTES_DOWN   4
#define NOISE_SHARE  0.35 /* of the mean excess delay is in an offset */

static int8_t
clamp_poll(int poll, int lo, int hi)
{
	if (poll > hi)
		poll = hi;
	return (int8_t)(poll < lo ? lo : poll);
}

static void
set_poll(struct loop_state *l, int8_t poll, ntp_mono now)
{
	if (poll == l->poll)
		return;
	l->poll = poll;
	l->poll_count = 0;
	l->poll_changed = now;
}

static bool
set_freq(struct loop_state *l, double freq)
{
	double limit = l->par.maxfreq;

	l->freq = fmax(fmin(freq, limit), -limit);
	return fabs(freq) > limit;
}

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
	d->freq_clamped = set_freq(l, l->freq + ty / tt);
	d->freq_set = true;
	var = (yy - ty * ty / tt) / fmax(tr->n - 2.0, 1.0);
	l->jitter = fmax(sqrt(fmax(var, 0.0)), l->par.precision);
	return true;
}

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
	(void)set_freq(l, usable ? freq : 0.0);
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
	set_poll(l, l->minpoll, now);
	l->poll_count = 0;
	l->epoch = now;
	if (l->mode == LOOP_SPIK)
		l->mode = LOOP_SYNC;
}

bool
loop_training(const struct loop_state *l)
{
	return l->mode == LOOP_NSET || l->mode == LOOP_FREQ;
}

void
loop_jumped(struct loop_state *l, ntp_mono now)
{
	loop_stepped(l, now);
	if (l->mode == LOOP_SYNC)
		l->mode = LOOP_FSET;
	l->started = false;
}

/* Never set so far: an offset to be stepped still tells of the frequency. */
static bool
loop_unset(const struct loop_state *l)
{
	return l->mode == LOOP_NSET || l->mode == LOOP_FSET;
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

static bool
beyond_panic(const struct loop_state *l, double offset)
{
	return l->par.panic > 0.0 && fabs(offset) > l->par.panic &&
	    !l->panic_open;
}

static bool
beyond_step(const struct loop_state *l, double offset)
{
	double limit = offset > 0.0 ? l->par.step_fwd : l->par.step_back;

	return limit > 0.0 && fabs(offset) > limit;
}

/* --- large offsets --------------------------------------------------------- */

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

static double
average(double old, double with)
{
	return sqrt(old * old + (with * with - old * old) / CLOCK_AVG);
}

/* The first offset has none before it to differ from; later ones should be
 * what the slew has left of the last. */
static void
update_jitter(struct loop_state *l, double offset)
{
	double diff = fabs(offset - l->residual);

	if (l->mode != LOOP_NSET && l->mode != LOOP_FSET)
		l->jitter = average(l->jitter, fmax(diff, l->par.precision));
}

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
	clamped = set_freq(l, freq);
	l->wander = average(l->wander, l->freq - old);
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
			set_poll(l, (int8_t)(l->poll + 1), now);
	} else if (l->poll_count < -CLOCK_LIMIT) {
		l->poll_count = -CLOCK_LIMIT;
		if (l->poll > minpoll && since >= settle)
			set_poll(l, (int8_t)(l->poll - 1), now);
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

static void
pll(struct loop_state *l, struct loop_decision *d, int8_t minpoll,
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

static enum loop_action
small_offset(struct loop_state *l, struct loop_decision *d, int8_t minpoll,
    int8_t maxpoll, ntp_mono now)
{
	update_jitter(l, d->offset);
	set_poll(l, clamp_poll(l->poll, minpoll, maxpoll), now);
	if (l->par.discipline == LOOP_PLL)
		pll(l, d, minpoll, maxpoll, now);
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
	if (l->step_pending || beyond_step(l, offset))
		return LOOP_STEP;
	l->residual = offset;
	return LOOP_SLEW;
}

/* The frequency follows the estimate; the phase is worked off from now on. */
static void
steer(struct loop_state *l, struct loop_decision *d)
{
	double old = l->freq;

	d->freq_clamped = set_freq(l, old + l->est.all.y);
	est_retuned(&l->est, l->freq - old);
	l->wander = average(l->wander, l->freq - old);
	l->residual = l->est.all.x - l->slewing;
	if (l->mode == LOOP_FREQ && sqrt(l->est.all.yy) < FREQ_TRAINED) {
		l->mode = LOOP_SYNC;
		d->new_mode = true;
		d->freq_set = true;
	}
}

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
	else if (l->step_pending || beyond_step(l, offset))
		d.action = large_offset(l, now);
	else
		d.action = small_offset(l, &d, low, high, now);
	if (first && !loop_unset(l))
		steer(l, &d);
	d.new_mode = l->mode != before;
	return d;
}

/* --- steering by the estimator --------------------------------------------- */

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
		set_poll(l, (int8_t)(l->poll + 1), now);
	else if (l->poll_count <= -VOTES_DOWN && l->poll > poll.min)
		set_poll(l, (int8_t)(l->poll - 1), now);
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
	    est_settled(&l->est) && beyond_step(l, m->offset) &&
	    !path_explains(m, m->offset);
}

enum loop_verdict
loop_measure(struct loop_state *l, const struct measurement *m, bool believe,
    ntp_mono now)
{
	struct measurement sample = *m;

	if (!measures(l, now) ||
	    (beyond_step(l, m->offset) && !loop_unset(l))) {
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
		set_poll(l, l->minpoll, now);
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
	steer(l, d);
	choose_poll(l, poll, now);
}

/* --- once a second --------------------------------------------------------- */

static double
within_maxfreq(const struct loop_state *l, double phase)
{
	double most = fmin(l->par.maxfreq - l->freq, l->par.maxfreq);
	double least = fmax(-l->par.maxfreq - l->freq, -l->par.maxfreq);

	return fmax(fmin(phase, most), least);
}

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

static double
adj_kalman(struct loop_state *l, ntp_mono now)
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
		phase = within_maxfreq(l, l->est.all.x / time);
	}
	l->slewing = phase;
	l->residual = l->est.all.x - phase;
	return phase;
}

static double
adj_pll(struct loop_state *l)
{
	double time = CLOCK_PLL * pll_tau(l); /* s */
	double phase;

	if (l->clamp_left > 0.0)
		time = CLAMP_TIME;
	phase = within_maxfreq(l, l->residual / time);
	l->residual -= phase;
	l->train.slewed += phase;
	if (l->mode == LOOP_SYNC)
		l->clamp_left = fmax(l->clamp_left - 1.0, 0.0);
	return phase;
}

double
adj_host_clock(struct loop_state *l, ntp_mono now)
{
	return l->par.discipline == LOOP_KALMAN ? adj_kalman(l, now)
						: adj_pll(l);
}
