/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_packet.h - the 48-octet NTP header (RFC 5905 7.3).
 */
#ifndef NTP_PACKET_H
#define NTP_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "ntp_time.h"

#define NTP_HEADER_LEN 48U

/* A header in host form; stratum and refid are as on the wire. */
struct ntp_packet {
	uint8_t leap;	    /* enum ntp_leap, 0..3 */
	uint8_t version;    /* 0..7 */
	uint8_t mode;	    /* enum ntp_mode, 0..7 */
	uint8_t stratum;    /* 0 unspecified, 16.. unsynchronized */
	int8_t poll;	    /* log2 s */
	int8_t precision;   /* log2 s */
	uint32_t rootdelay; /* 16.16 s, unsigned */
	uint32_t rootdisp;  /* 16.16 s, unsigned */
	uint32_t refid;	    /* first octet on the wire is the high octet */
	ntp_ts reftime;
	ntp_ts org; /* T1 as echoed */
	ntp_ts rec; /* T2 */
	ntp_ts xmt; /* T3 */
};

/* Decode the header at BUF; 0, or -NTP_ESHORT when LEN < 48. */
int packet_decode(const void *buf, size_t len, struct ntp_packet *p);

/* Encode into OUT; values are masked to their field width. */
void packet_encode(const struct ntp_packet *p, uint8_t out[NTP_HEADER_LEN]);

/* Just the mode (low 3 bits) and the version of a datagram of >= 1 octet. */
static inline uint8_t
packet_mode(const uint8_t *buf)
{
	return buf[0] & 7;
}
static inline uint8_t
packet_version(const uint8_t *buf)
{
	return (buf[0] >> 3) & 7;
}

#endif /* NTP_PACKET_H */
