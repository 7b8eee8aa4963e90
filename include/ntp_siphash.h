/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_siphash.h - SipHash-2-4, a keyed hash of short inputs (Aumasson and
 * Bernstein 2012).
 *
 * For tables that strangers fill and for tags that they must not guess.
 */
#ifndef NTP_SIPHASH_H
#define NTP_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k[2];
};

/* The key from 16 octets. */
struct siphash_key siphash_key(const uint8_t seed[16]);

/* The hash of LEN octets. */
uint64_t siphash(const struct siphash_key *key, const void *data, size_t len);

#endif /* NTP_SIPHASH_H */
