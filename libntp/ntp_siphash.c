/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_siphash.c - SipHash-2-4, a keyed hash of short inputs.
 *
 * Words are read in little-endian order whatever the machine, so that the
 * published outputs hold everywhere.
 */
#include "ntp_siphash.h"

#include <endian.h>
#include <string.h>

/* The four words stay in registers only if these are one function with
 * siphash(), and every packet of a server waits for it. */
#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t
rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

INLINE void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

INLINE uint64_t
get_le64(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return le64toh(w);
}

INLINE void
absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

struct siphash_key
siphash_key(const uint8_t seed[16])
{
	return (struct siphash_key){{get_le64(seed), get_le64(seed + 8)}};
}

uint64_t
siphash(const struct siphash_key *key, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint8_t last[8] = {0};
	uint64_t v[4] = {
	    key->k[0] ^ 0x736f6d6570736575U,
	    key->k[1] ^ 0x646f72616e646f6dU,
	    key->k[0] ^ 0x6c7967656e657261U,
	    key->k[1] ^ 0x7465646279746573U,
	};
	size_t i;

	for (i = 0; i + 8 <= len; i += 8)
		absorb(v, get_le64(p + i));
	memcpy(last, p + i, len - i);
	last[7] = (uint8_t)len;
	absorb(v, get_le64(last));
	v[2] ^= 0xff;
	for (unsigned r = 0; r < 4; r++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
