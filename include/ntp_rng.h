/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_rng.h - a seeded generator for tests, fuzzers and the simulator.
 *
 * Repeatable everywhere, NOT for secrets: the daemon's rng_port is
 * getrandom(2).
 */
#ifndef NTP_RNG_H
#define NTP_RNG_H

#include <stddef.h>
#include <stdint.h>

struct ntp_rng {
	uint64_t s[4];
};

void rng_seed(struct ntp_rng *r, uint64_t seed);
uint64_t rng_u64(struct ntp_rng *r);
/* Uniform in 0..n-1 without bias; 0 for n = 0. */
uint64_t rng_below(struct ntp_rng *r, uint64_t n);
/* Uniform in [0, 1). */
double rng_double(struct ntp_rng *r);
/* Mean 0, variance 1. */
double rng_normal(struct ntp_rng *r);
/* Exponential with mean 1. */
double rng_exp(struct ntp_rng *r);
void rng_fill(struct ntp_rng *r, void *buf, size_t len);

#endif /* NTP_RNG_H */
