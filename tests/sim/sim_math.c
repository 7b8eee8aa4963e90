/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_math.c - the few functions and distributions that the simulator needs.
 *
 * frexp(), ldexp(), floor() and sqrt() are exact by definition, so they may be
 * libm's.
 */
#include "sim_math.h"

#include <math.h>

#define LN2 0.69314718055994530942
#define LN2_HIGH                                                               \
	0x1.62e42fefa38p-1 /* so short that small multiples are exact */
#define LN2_LOW	  0x1.ef35793c7673p-45
#define TURN	  6.28318530717958647693
#define LOG_TERMS 12
#define EXP_TERMS 14
#define SIN_TERMS 12
#define EXP_LIMIT 1000.0 /* powers of two */

double
sim_log(double x)
{
	double m, s, z, sum = 0;
	int e;

	m = frexp(x, &e);
	if (m < M_SQRT1_2) {
		m *= 2;
		e--;
	}
	s = (m - 1) / (m + 1);
	z = s * s;
	for (int k = LOG_TERMS; k >= 0; k--)
		sum = sum * z + 1.0 / (2 * k + 1);
	return e * LN2 + 2 * s * sum;
}

double
sim_exp(double x)
{
	double k = floor(x / LN2 + 0.5);
	double r = x - k * LN2_HIGH - k * LN2_LOW;
	double sum = 1;

	if (!(fabs(k) < EXP_LIMIT))
		return x > 0 ? HUGE_VAL : 0;
	for (int n = EXP_TERMS; n > 0; n--)
		sum = 1 + sum * r / n;
	return ldexp(sum, (int)k);
}

double
sim_sin_turns(double turns)
{
	double f = turns - floor(turns + 0.5); /* -1/2 .. 1/2 */
	double x, z, sum = 0;

	if (f > 0.25)
		f = 0.5 - f;
	else if (f < -0.25)
		f = -0.5 - f;
	x = f * TURN;
	z = x * x;
	for (int k = SIN_TERMS; k > 0; k--)
		sum = -z / (2 * k * (2 * k + 1)) * (1 + sum);
	return x * (1 + sum);
}

double
sim_normal(struct ntp_rng *r)
{
	double x, y, s;

	do {
		x = 2 * rng_double(r) - 1;
		y = 2 * rng_double(r) - 1;
		s = x * x + y * y;
	} while (s >= 1 || s <= 0);
	return x * sqrt(-2 * sim_log(s) / s);
}

double
sim_exponential(struct ntp_rng *r)
{
	return -sim_log(1 - rng_double(r));
}

/* Marsaglia and Tsang, ACM TOMS 26 (2000), for shapes of 1 and more; below
 * that the usual power of a uniform number. */
static double
gamma_unit(struct ntp_rng *r, double shape)
{
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d), x, v, u;

	for (;;) {
		x = sim_normal(r);
		v = 1 + c * x;
		if (v <= 0)
			continue;
		v = v * v * v;
		u = 1 - rng_double(r);
		if (sim_log(u) < x * x / 2 + d - d * v + d * sim_log(v))
			return d * v;
	}
}

double
sim_gamma(struct ntp_rng *r, double shape)
{
	double u;

	if (shape >= 1)
		return gamma_unit(r, shape) / shape;
	u = 1 - rng_double(r);
	return gamma_unit(r, shape + 1) * sim_exp(sim_log(u) / shape) / shape;
}

double
sim_pareto(struct ntp_rng *r, double alpha)
{
	double u = 1 - rng_double(r);

	return (sim_exp(-sim_log(u) / alpha) - 1) * (alpha - 1);
}
