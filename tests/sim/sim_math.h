/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_math.h - the few functions and distributions that the simulator needs.
 *
 * Only additions, multiplications, divisions and square roots: unlike libm,
 * whose last bit depends on the library and on the processor, the same seed
 * gives the same numbers everywhere.
 */
#ifndef SIM_MATH_H
#define SIM_MATH_H

#include "ntp_rng.h"

/* Natural logarithm of X > 0, and exponential; good to 1e-15. */
double sim_log(double x);
double sim_exp(double x);
/* Sine of a number of whole turns. */
double sim_sin_turns(double turns);

/* Mean 0, variance 1. */
double sim_normal(struct ntp_rng *r);
/* Mean 1. */
double sim_exponential(struct ntp_rng *r);
/* Mean 1, SHAPE > 0: variance 1/SHAPE. */
double sim_gamma(struct ntp_rng *r, double shape);
/* Mean 1, tail exponent ALPHA > 1, from 0 up (Lomax). */
double sim_pareto(struct ntp_rng *r, double alpha);

#endif /* SIM_MATH_H */
