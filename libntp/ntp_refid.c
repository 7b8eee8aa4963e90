/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_refid.c - reference ids: names, IPv4 addresses and IPv6 hashes.
 *
 * Apart from ntp_addr.c, which needs no cryptography.
 */
#include <stdio.h>
#include <string.h>

#include "ntp.h"
#include "ntp_addr.h"
#include "ntp_mac.h"

#define REFID_CHARS 4U

static uint32_t
first_four(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static uint32_t
hash_v6(const uint8_t ip[16])
{
	uint8_t digest[16];

	mac_md5(ip, 16, digest);
	return first_four(digest);
}

uint32_t
refid_from_addr(const struct ntp_addr *a)
{
	if (a->family == ADDR_V4)
		return first_four(a->ip);
	return a->family == ADDR_V6 ? hash_v6(a->ip) : 0;
}

uint32_t
refid_from_text(const char *s)
{
	uint8_t octets[REFID_CHARS] = {0};

	memcpy(octets, s, strnlen(s, sizeof(octets)));
	return first_four(octets);
}

static void
format_text(uint32_t refid, char out[REFID_STRLEN])
{
	unsigned i, c;

	for (i = 0; i < REFID_CHARS; i++) {
		c = refid >> (24 - 8 * i) & 0xff;
		if (c == '\0')
			break;
		out[i] = c < ' ' || c > '~' ? '.' : (char)c;
	}
	out[i] = '\0';
}

const char *
refid_format(uint32_t refid, unsigned stratum, char out[REFID_STRLEN])
{
	if (stratum <= 1 || stratum >= NTP_MAXSTRAT)
		format_text(refid, out);
	else
		snprintf(out, REFID_STRLEN, "%u.%u.%u.%u", refid >> 24,
		    refid >> 16 & 0xff, refid >> 8 & 0xff, refid & 0xff);
	return out;
}
