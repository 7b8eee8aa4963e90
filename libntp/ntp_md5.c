/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_md5.c - MD5 (RFC 1321) for the reference ids of IPv6 addresses.
 *
 * Not for security: the MACs of keys come from OpenSSL.  This one is our own
 * because a daemon without keys would load OpenSSL for it alone, two megabytes
 * in a process of four, and because it must work in FIPS mode, where MD5 is
 * not to be had.
 */
#include <stdint.h>
#include <string.h>

#include "ntp_mac.h"

#define BLOCK 64U

/* RFC 1321 3.4: the integer part of 2^32 times abs(sin(i + 1)). */
static const uint32_t sines[BLOCK] = {0xd76aa478, 0xe8c7b756, 0x242070db,
    0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8,
    0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e,
    0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
    0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87,
    0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942,
    0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60,
    0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039,
    0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7,
    0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1, 0x6fa87e4f,
    0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
    0xeb86d391};

static const uint8_t shifts[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t
load32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static void
store32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Which word of the block step I takes. */
static unsigned
word_of(unsigned i)
{
	static const uint8_t factor[4] = {1, 5, 3, 7};
	static const uint8_t offset[4] = {0, 1, 5, 0};

	return (factor[i / 16] * i + offset[i / 16]) % 16;
}

static uint32_t
mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
	switch (round) {
	case 0:
		return (b & c) | (~b & d);
	case 1:
		return (b & d) | (c & ~d);
	case 2:
		return b ^ c ^ d;
	default:
		return c ^ (b | ~d);
	}
}

static void
digest_block(uint32_t state[4], const uint8_t *p)
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];

	for (unsigned i = 0; i < BLOCK; i++) {
		uint32_t f = a + mix(i / 16, b, c, d) + sines[i] +
		    load32(p + (size_t)4 * word_of(i));
		unsigned s = shifts[i / 16][i % 4];

		a = d;
		d = c;
		c = b;
		b += f << s | f >> (32 - s);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
}

void
mac_md5(const void *data, size_t len, uint8_t out[16])
{
	uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
	const uint8_t *p = data;
	uint8_t last[2 * BLOCK] = {0};
	size_t left = len % BLOCK;
	size_t tail = left < BLOCK - 8 ? BLOCK : 2 * BLOCK;

	for (size_t i = 0; i + BLOCK <= len; i += BLOCK)
		digest_block(state, p + i);
	if (left > 0)
		memcpy(last, p + len - left, left);
	last[left] = 0x80;
	store32(last + tail - 8, (uint32_t)(len << 3));
	store32(last + tail - 4, (uint32_t)((uint64_t)len >> 29));
	for (size_t i = 0; i < tail; i += BLOCK)
		digest_block(state, last + i);
	for (size_t i = 0; i < 4; i++)
		store32(out + 4 * i, state[i]);
}
