/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_packet.c - the 48-octet NTP header (RFC 5905 7.3).
 *
 * A plain codec: it refuses nothing but a short buffer.  What values mean,
 * and which of them are sane, is for the packet tests to say.
 */
#include "ntp_packet.h"

#include "ntp_err.h"
#include "ntp_wire.h"

int
packet_decode(const void *buf, size_t len, struct ntp_packet *p)
{
	struct wire_rd r = wire_rd_init(buf, len);
	uint8_t first = wire_get8(&r);

	p->leap = first >> 6;
	p->version = (first >> 3) & 7;
	p->mode = first & 7;
	p->stratum = wire_get8(&r);
	p->poll = (int8_t)wire_get8(&r);
	p->precision = (int8_t)wire_get8(&r);
	p->rootdelay = wire_get32(&r);
	p->rootdisp = wire_get32(&r);
	p->refid = wire_get32(&r);
	p->reftime.v = wire_get64(&r);
	p->org.v = wire_get64(&r);
	p->rec.v = wire_get64(&r);
	p->xmt.v = wire_get64(&r);
	return r.bad ? -NTP_ESHORT : 0;
}

void
packet_encode(const struct ntp_packet *p, uint8_t out[NTP_HEADER_LEN])
{
	struct wire_wr w = wire_wr_init(out, NTP_HEADER_LEN);
	unsigned first =
	    (p->leap & 3U) << 6 | (p->version & 7U) << 3 | (p->mode & 7U);

	wire_put8(&w, (uint8_t)first);
	wire_put8(&w, p->stratum);
	wire_put8(&w, (uint8_t)p->poll);
	wire_put8(&w, (uint8_t)p->precision);
	wire_put32(&w, p->rootdelay);
	wire_put32(&w, p->rootdisp);
	wire_put32(&w, p->refid);
	wire_put64(&w, p->reftime.v);
	wire_put64(&w, p->org.v);
	wire_put64(&w, p->rec.v);
	wire_put64(&w, p->xmt.v);
}
