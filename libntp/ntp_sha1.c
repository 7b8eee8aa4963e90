/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_sha1.c - SHA-1 (RFC 3174) for the checksum of the leap second file.
 *
 * Not for security: the MACs of keys come from OpenSSL.  This one is our own
 * because a daemon without keys would load OpenSSL for it alone, two megabytes
 * in a process of four.
 */
#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "ntp_mac.h"

#define BLOCK	 64U /* octets */
#define ROUNDS	 80U
#define LEN_AT	 56U /* where the length stands in the last block */
#define PAD_BYTE 0x80U

struct sha1 {
	uint32_t h[5];
};

static uint32_t
rotl(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

/* RFC 3174 5: function and constant of round T. */
static uint32_t
term(const uint32_t v[5], unsigned t)
{
	if (t < 20)
		return ((v[1] & v[2]) | (~v[1] & v[3])) + 0x5a827999U;
	if (t < 40)
		return (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1U;
	if (t < 60)
		return ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])) +
		    0x8f1bbcdcU;
	return (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6U;
}

static void
take_block(struct sha1 *s, const uint8_t *p)
{
	uint32_t w[ROUNDS], v[5], next;

	memcpy(w, p, BLOCK);
	for (unsigned t = 0; t < 16; t++)
		w[t] = be32toh(w[t]);
	for (unsigned t = 16; t < ROUNDS; t++)
		w[t] = rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	memcpy(v, s->h, sizeof v);
	for (unsigned t = 0; t < ROUNDS; t++) {
		next = rotl(v[0], 5) + term(v, t) + v[4] + w[t];
		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotl(v[1], 30);
		v[1] = v[0];
		v[0] = next;
	}
	for (unsigned i = 0; i < 5; i++)
		s->h[i] += v[i];
}

/* What is left of the data, one bit, zeros, and the length in bits. */
static void
take_end(struct sha1 *s, const uint8_t *rest, size_t left, size_t len)
{
	uint8_t last[2 * BLOCK] = {0};
	size_t used = left < LEN_AT ? BLOCK : 2 * BLOCK;
	uint64_t bits = htobe64((uint64_t)len * 8);

	memcpy(last, rest, left);
	last[left] = PAD_BYTE;
	memcpy(last + used - sizeof bits, &bits, sizeof bits);
	for (size_t at = 0; at < used; at += BLOCK)
		take_block(s, last + at);
}

void
mac_sha1(const void *data, size_t len, uint8_t out[20])
{
	struct sha1 s = {
	    {0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U, 0xc3d2e1f0U}};
	const uint8_t *p = data;
	size_t whole = len / BLOCK * BLOCK;

	for (size_t at = 0; at < whole; at += BLOCK)
		take_block(&s, p + at);
	take_end(&s, p + whole, len - whole, len);
	for (unsigned i = 0; i < 5; i++)
		s.h[i] = htobe32(s.h[i]);
	memcpy(out, s.h, sizeof s.h);
}
