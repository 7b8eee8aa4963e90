/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_packet.c - the 48-octet NTP header (RFC 5905 7.3).
 *
 * A plain codec: it refuses nothing but a short buffer.  What values mean,
 * and which of them are sane, is for the packet tests to say.  The header has
 * one length and every field its place, so that is checked once; servers do
 * little else than this.
 */
#include "ntp_packet.h"

#include <endian.h>
#include <string.h>

#include "ntp_err.h"

/* Places of the fields, octets. */
enum {
	AT_ROOTDELAY = 4,
	AT_ROOTDISP = 8,
	AT_REFID = 12,
	AT_REFTIME = 16,
	AT_ORG = 24,
	AT_REC = 32,
	AT_XMT = 40,
};

static uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return be32toh(v);
}

static uint64_t
get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return be64toh(v);
}

static void
put32(uint8_t *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof v);
}

static void
put64(uint8_t *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof v);
}

int
packet_decode(const void *buf, size_t len, struct ntp_packet *p)
{
	const uint8_t *b = buf;

	if (len < NTP_HEADER_LEN) {
		*p = (struct ntp_packet){0};
		return -NTP_ESHORT;
	}
	p->leap = b[0] >> 6;
	p->version = (b[0] >> 3) & 7;
	p->mode = b[0] & 7;
	p->stratum = b[1];
	p->poll = (int8_t)b[2];
	p->precision = (int8_t)b[3];
	p->rootdelay = get32(b + AT_ROOTDELAY);
	p->rootdisp = get32(b + AT_ROOTDISP);
	p->refid = get32(b + AT_REFID);
	p->reftime.v = get64(b + AT_REFTIME);
	p->org.v = get64(b + AT_ORG);
	p->rec.v = get64(b + AT_REC);
	p->xmt.v = get64(b + AT_XMT);
	return 0;
}

void
packet_encode(const struct ntp_packet *p, uint8_t out[NTP_HEADER_LEN])
{
	unsigned first =
	    (p->leap & 3U) << 6 | (p->version & 7U) << 3 | (p->mode & 7U);

	out[0] = (uint8_t)first;
	out[1] = p->stratum;
	out[2] = (uint8_t)p->poll;
	out[3] = (uint8_t)p->precision;
	put32(out + AT_ROOTDELAY, p->rootdelay);
	put32(out + AT_ROOTDISP, p->rootdisp);
	put32(out + AT_REFID, p->refid);
	put64(out + AT_REFTIME, p->reftime.v);
	put64(out + AT_ORG, p->org.v);
	put64(out + AT_REC, p->rec.v);
	put64(out + AT_XMT, p->xmt.v);
}
