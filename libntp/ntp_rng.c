/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_rng.c - a seeded generator for tests, fuzzers and the simulator.
 *
 * The generator is xoshiro256**, its state filled by splitmix64: both are in
 * the public domain, have published outputs to test against, and pass the
 * known test batteries.  Only integer arithmetic, log() and sqrt(): the same
 * seed gives the same numbers with every compiler.
 */
#include "ntp_rng.h"

#include <math.h>

static uint64_t
rotate_left(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

static uint64_t
splitmix64(uint64_t *state)
{
	uint64_t z;

	*state += UINT64_C(0x9e3779b97f4a7c15);
	z = *state;
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
rng_seed(struct ntp_rng *r, uint64_t seed)
{
	for (size_t i = 0; i < 4; i++)
		r->s[i] = splitmix64(&seed);
}

uint64_t
rng_u64(struct ntp_rng *r)
{
	uint64_t *s = r->s;
	uint64_t v = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return v;
}

uint64_t
rng_below(struct ntp_rng *r, uint64_t n)
{
	uint64_t v, skip;

	if (n == 0)
		return 0;
	/* What is left of the 2^64 values is a whole multiple of n. */
	skip = (UINT64_MAX - n + 1) % n;
	do
		v = rng_u64(r);
	while (v < skip);
	return v % n;
}

double
rng_double(struct ntp_rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

double
rng_normal(struct ntp_rng *r)
{
	double x, y, s;

	/* Polar method; its second value is dropped, not kept as state. */
	do {
		x = 2 * rng_double(r) - 1;
		y = 2 * rng_double(r) - 1;
		s = x * x + y * y;
	} while (s >= 1 || s <= 0);
	return x * sqrt(-2 * log(s) / s);
}

double
rng_exp(struct ntp_rng *r)
{
	return -log(1 - rng_double(r));
}

void
rng_fill(struct ntp_rng *r, void *buf, size_t len)
{
	uint8_t *p = buf;
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0)
			v = rng_u64(r);
		p[i] = (uint8_t)v;
		v >>= 8;
	}
}
