/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ext.h - extension fields (RFC 7822) and where the MAC begins.
 */
#ifndef NTP_EXT_H
#define NTP_EXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ext_tail_kind {
	EXT_TAIL_NONE,	     /* nothing, or extension fields only */
	EXT_TAIL_MAC,	     /* key id and digest */
	EXT_TAIL_CRYPTO_NAK, /* four zero octets */
};

/* What follows the 48-octet header.  Offsets from the start of the datagram. */
struct ext_tail {
	enum ext_tail_kind kind;
	size_t ext_off, ext_len; /* extension fields, may be 0 octets */
	size_t mac_off, mac_len; /* key id and digest, may be 0 octets */
	uint32_t keyid;		 /* of EXT_TAIL_MAC */
};

/*
 * Split the datagram BUF of LEN octets and VERSION 1..4.  0, -NTP_ESHORT below
 * 48 octets, -NTP_EFORMAT where no reading is legal (RFC 7822 7.5.1: a last
 * field without MAC has at least 28 octets; a MAC has 4, 20 or 24 in version
 * 4, any multiple of 4 up to 72 before).
 */
int ext_split(
    const uint8_t *buf, size_t len, unsigned version, struct ext_tail *out);

struct ext_field {
	uint16_t type;
	const uint8_t *value; /* borrowed, with padding */
	size_t len;	      /* octets of value */
};

struct ext_iter {
	const uint8_t *p;
	size_t len, off;
};

/* Walk the fields that ext_split() found: init, then next until false. */
struct ext_iter ext_iter_init(const uint8_t *buf, const struct ext_tail *t);
bool ext_next(struct ext_iter *it, struct ext_field *f);

#endif /* NTP_EXT_H */
