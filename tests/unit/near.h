/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * near.h - numbers that are not the same to the last bit.
 *
 * For tests that have included cmocka.h.
 */
#ifndef NEAR_H
#define NEAR_H

#include <math.h>

/* GOT is a number, and within TOLERANCE of WANT. */
static inline void
assert_near(double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		fail_msg("%.12g is not %.12g +- %.2g", got, want, tolerance);
}

#endif /* NEAR_H */
