/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_estimate.c - where the clock stands and how fast it runs
 *
 * The clock.  Its offset x (s) and frequency error y (s/s) obey
 *
 *	x' = y,   y' = white noise, so that y wanders by w in a second (s/s),
 *
 * which over dt seconds adds to the covariance of (x, y)
 *
 *	w^2 dt^3/3   w^2 dt^2/2
 *	w^2 dt^2/2   w^2 dt			 (Kalman and Bucy 1961).
 *
 * The measurement.  An offset z = x + e comes with a delay that exceeds the
 * least one of its path by D.  Whatever the queues did, |e| <= D/2.  If both
 * directions queue alike and independently with an exponential distribution, e
 * is uniform in there: variance D^2/12.  If the jitter is Gaussian, D says
 * nothing about e, and the variance is a fixed share of the mean excess S
 * squared.  If only one direction is congested, e = +D/2 or -D/2, less what the
 * other direction waits by itself.  All happens, so all is kept:
 *
 *	R = D^2/12, D^2/48, D^2/3, S^2/8 or S^2/32,	   D + blur for D,
 *
 * each with the square of what the timestamps alone leave uncertain added,
 * and one more R, which for D far above the quiet excess Q is a mixture of z
 * with variance D^2/12 (weight 0.2) and z -+ (D - Q)/2 with variance about
 * (Q/2)^2 (0.4 each), collapsed to its first two moments.  That one does what
 * huff-n'-puff wanted: an asymmetry of hours moves nothing, since one of the
 * two agrees with the prediction.
 *
 * The source.  It may itself be off, and says by how much at most (D', see
 * ntp_measure.c).  That is no noise: of one source alone it says nothing.  Of
 * several it tells whom to believe more: the square of (D' - least D')/4 is
 * added to R of the one that knows less.
 *
 * The unknown.  Neither w nor the right R is known, and both change.  Each
 * pair of 11 wanders (1e-11 to 1e-6, half a decade apart) and 6 noises has a
 * Kalman filter of its own.  Its weight follows the probability that it gave
 * to each measurement (u = innovation^2 / variance, Student's t with 4 degrees
 * of freedom, so that one outlier does not decide), and after each of them a
 * share of 4 % of weight and state is exchanged with the neighbours: an
 * interacting multiple model estimator (Blom and Bar-Shalom 1988).  A
 * hypothesis long refuted so has the state of its better neighbour when its
 * time comes.  Between wanders the share is that much of the measurement's
 * gain, xx/(xx + R): what came through a congestion says nothing of them, and
 * is no reason to forget what is known.  The answer is the mean of the mixture.
 *
 * Surprise.  An innovation of more than five standard deviations of the whole
 * mixture is no noise that any hypothesis knows.  It is left to the caller
 * whether others confirm it; then the offset is taken as unknown by that much,
 * and the frequency, which the jump says nothing about, stays.
 */
#include "ntp_estimate.h"

#include <math.h>
#include <stddef.h>

#define EXCHANGE     0.04
#define FIRST_SD     1.0  /* s, of the offset before anything is known */
#define T_FREEDOM    4.0  /* of Student's distribution */
#define GATE	     25.0 /* squared standard deviations */
#define GATE_FROM    8	  /* measurements */
#define ASIDE_WEIGHT 0.4
#define WEIGHT_LEAST 1e-30

enum noise { ASIDE, UNIFORM, NARROW, WIDE, GAUSS, CALM };

/* w, s/s in one second; square roots of powers of ten. */
static const double wanders[EST_WANDERS] = {1e-11, 3.1622776601683795e-11,
    1e-10, 3.1622776601683795e-10, 1e-9, 3.1622776601683795e-9, 1e-8,
    3.1622776601683795e-8, 1e-7, 3.1622776601683795e-7, 1e-6};

/* What a model thinks a measurement is: up to three readings of it. */
struct reading {
	double offset, variance, weight;
};

static double
square(double v)
{
	return v * v;
}

/* --- one filter ----------------------------------------------------------- */

static void
predict(struct kalman *k, double dt, double q)
{
	k->x += k->y * dt;
	k->xx += 2 * dt * k->xy + dt * dt * (k->yy + q * dt / 3);
	k->xy += dt * (k->yy + q * dt / 2);
	k->yy += q * dt;
}

static struct kalman
updated(const struct kalman *k, const struct reading *r)
{
	double s = k->xx + r->variance;
	double nu = r->offset - k->x;
	double rest = k->xy * k->xy / k->xx * (r->variance / s);

	/* What rounding may leave of yy is no less than xy needs. */
	return (struct kalman){.x = k->x + k->xx / s * nu,
	    .y = k->y + k->xy / s * nu,
	    .xx = k->xx * (r->variance / s),
	    .xy = k->xy * (r->variance / s),
	    .yy = fmax(k->yy - k->xy / s * k->xy, rest)};
}

static double
likelihood(const struct kalman *k, const struct reading *r)
{
	double s = k->xx + r->variance;
	double t = 1 + square(r->offset - k->x) / s / T_FREEDOM;

	return 1 / (t * t * sqrt(t * s));
}

/* Mean and covariance of N filters, WEIGHT[I * STEP] of K[I * STEP] each. */
static struct kalman
collapse(
    const struct kalman *k, const double *weight, unsigned n, unsigned step)
{
	struct kalman c = {0};
	double sum = 0;

	for (unsigned i = 0; i < n * step; i += step) {
		sum += weight[i];
		c.x += weight[i] * k[i].x;
		c.y += weight[i] * k[i].y;
	}
	c.x /= sum;
	c.y /= sum;
	for (unsigned i = 0; i < n * step; i += step) {
		double share = weight[i] / sum;
		double dx = k[i].x - c.x, dy = k[i].y - c.y;

		c.xx += share * (k[i].xx + dx * dx);
		c.xy += share * (k[i].xy + dx * dy);
		c.yy += share * (k[i].yy + dy * dy);
	}
	return c;
}

/* --- the readings of a measurement ---------------------------------------- */

static double
variance_of(const struct measurement *m, unsigned noise)
{
	double d = square(m->excess + m->blur), s = square(m->spread);
	double r[EST_NOISES] = {d / 12, d / 12, d / 48, d / 3, s / 8, s / 32};

	return r[noise] + square(m->limit) + square(m->claim);
}

static unsigned
readings(const struct measurement *m, unsigned noise, struct reading r[3])
{
	double shift = (m->excess - m->quiet) / 2;
	double aside = square(m->quiet / 2 + m->blur) + square(m->limit) +
	    square(m->claim);

	r[0] = (struct reading){m->offset, variance_of(m, noise), 1.0};
	if (noise != ASIDE || !path_congested(m))
		return 1;
	r[0].weight = 1 - 2 * ASIDE_WEIGHT;
	r[1] = (struct reading){m->offset - shift, aside, ASIDE_WEIGHT};
	r[2] = (struct reading){m->offset + shift, aside, ASIDE_WEIGHT};
	return 3;
}

/* Returns the probability (to a common factor) that K gave to M. */
static double
learn(struct kalman *k, const struct measurement *m, unsigned noise)
{
	struct reading r[3];
	struct kalman after[3];
	double weight[3], sum = 0;
	unsigned n = readings(m, noise, r);

	for (unsigned i = 0; i < n; i++) {
		weight[i] = r[i].weight * likelihood(k, &r[i]) + WEIGHT_LEAST;
		after[i] = updated(k, &r[i]);
		sum += weight[i];
	}
	*k = n == 1 ? after[0] : collapse(after, weight, n, 1);
	return sum;
}

/* --- the hypotheses together ---------------------------------------------- */

/* Exchange along one line of N models, STEP apart. */
static void
exchange(
    struct kalman *model, double *weight, size_t n, size_t step, double share)
{
	struct kalman mixed[EST_WANDERS];
	double sum[EST_WANDERS];

	for (size_t i = 0; i < n; i++) {
		size_t lo = i > 0 ? i - 1 : 0;
		size_t hi = i + 1 < n ? i + 1 : i;
		double w[3];
		struct kalman near[3];

		sum[i] = 0;
		for (size_t j = lo; j <= hi; j++) {
			unsigned edges =
			    (j == 0 ? 1U : 0U) + (j + 1 == n ? 1U : 0U);
			double part =
			    j != i ? share / 2 : 1 - share * (2 - edges) / 2;

			w[j - lo] = part * weight[j * step] + WEIGHT_LEAST;
			near[j - lo] = model[j * step];
			sum[i] += w[j - lo];
		}
		mixed[i] = collapse(near, w, (unsigned)(hi - lo + 1), 1);
	}
	for (size_t i = 0; i < n; i++) {
		model[i * step] = mixed[i];
		weight[i * step] = sum[i];
	}
}

static void
exchange_all(struct estimator *e)
{
	for (unsigned i = 0; i < EST_NOISES; i++)
		exchange(&e->model[i], &e->weight[i], EST_WANDERS, EST_NOISES,
		    EXCHANGE * e->gain);
	for (unsigned i = 0; i < EST_MODELS; i += EST_NOISES)
		exchange(&e->model[i], &e->weight[i], EST_NOISES, 1, EXCHANGE);
	e->gain = 0;
}

/* Median of the hypotheses' wanders. */
static double
median_wander(const struct estimator *e)
{
	double below = 0;

	for (unsigned i = 0; i < EST_WANDERS; i++) {
		double here = 0;

		for (unsigned j = 0; j < EST_NOISES; j++)
			here += e->weight[i * EST_NOISES + j];
		if (below + here >= 0.5)
			return wanders[i];
		below += here;
	}
	return wanders[EST_WANDERS - 1];
}

static void
summarize(struct estimator *e)
{
	e->all = collapse(e->model, e->weight, EST_MODELS, 1);
	e->wander = median_wander(e);
}

/* The clock is slewed every second, the models are asked every poll. */
static void
carry_slew(struct estimator *e)
{
	for (unsigned i = 0; i < EST_MODELS; i++)
		e->model[i].x -= e->slewed;
	e->slewed = 0;
}

static void
advance(struct estimator *e, ntp_mono now)
{
	double dt = fmax(mono_diff(now, e->at), 0.0);

	carry_slew(e);
	if (e->gain > 0)
		exchange_all(e);
	for (unsigned i = 0; i < EST_MODELS && e->taken > 0; i++)
		predict(&e->model[i], dt, square(wanders[i / EST_NOISES]));
	e->at = now;
	e->all = collapse(e->model, e->weight, EST_MODELS, 1);
}

static void
take(struct estimator *e, const struct measurement *m)
{
	double sum = 0;

	e->gain = e->all.xx / (e->all.xx + variance_of(m, UNIFORM));
	for (unsigned i = 0; i < EST_MODELS; i++) {
		e->weight[i] *= learn(&e->model[i], m, i % EST_NOISES);
		sum += e->weight[i];
	}
	for (unsigned i = 0; i < EST_MODELS; i++)
		e->weight[i] /= sum;
	e->taken++;
	summarize(e);
}

/* --- for the discipline ---------------------------------------------------- */

void
est_init(struct estimator *e, double freq_sd)
{
	*e = (struct estimator){.taken = 0};
	for (unsigned i = 0; i < EST_MODELS; i++) {
		e->model[i].xx = square(FIRST_SD);
		e->model[i].yy = square(freq_sd);
		e->weight[i] = 1.0 / EST_MODELS;
	}
	summarize(e);
}

bool
est_settled(const struct estimator *e)
{
	return e->taken >= GATE_FROM;
}

static bool
is_surprise(const struct estimator *e, const struct measurement *m)
{
	double r = fmax(variance_of(m, UNIFORM), variance_of(m, GAUSS));

	return est_settled(e) &&
	    square(m->offset - e->all.x) > GATE * (e->all.xx + r) &&
	    !path_explains(m, m->offset - e->all.x);
}

bool
est_surprising(
    const struct estimator *e, const struct measurement *m, ntp_mono now)
{
	struct estimator then = *e;

	advance(&then, now);
	return is_surprise(&then, m);
}

void
est_skip(struct estimator *e, ntp_mono now)
{
	advance(e, now);
}

enum est_verdict
est_add(struct estimator *e, const struct measurement *m, ntp_mono now)
{
	advance(e, now);
	if (is_surprise(e, m))
		return EST_SURPRISE;
	take(e, m);
	return EST_TAKEN;
}

void
est_jump(struct estimator *e, const struct measurement *m, ntp_mono now)
{
	advance(e, now);
	est_doubt(e, m->offset - e->all.x);
	take(e, m);
}

void
est_slewed(struct estimator *e, double phase)
{
	e->slewed += phase;
	e->all.x -= phase;
}

void
est_retuned(struct estimator *e, double freq)
{
	for (unsigned i = 0; i < EST_MODELS; i++)
		e->model[i].y -= freq;
	e->all.y -= freq;
}

void
est_doubt(struct estimator *e, double sd)
{
	for (unsigned i = 0; i < EST_MODELS; i++)
		e->model[i].xx += square(sd);
	e->all.xx += square(sd);
}

void
est_stepped(struct estimator *e)
{
	for (unsigned i = 0; i < EST_MODELS; i++) {
		e->model[i].x = 0;
		e->model[i].xx = square(FIRST_SD);
		e->model[i].xy = 0;
	}
	e->taken = 0;
	e->gain = 0;
	e->slewed = 0;
	summarize(e);
}

double
est_stray(const struct estimator *e, double ahead)
{
	unsigned best = 0;
	struct kalman k;

	for (unsigned i = 1; i < EST_MODELS; i++) {
		if (e->weight[i] > e->weight[best])
			best = i;
	}
	k = e->model[best];
	predict(&k, ahead, square(e->wander));
	return sqrt(fmax(k.xx, 0.0));
}
