/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_wire.h - byte cursors with a sticky error.
 *
 * Parse straight through and test rd.bad once: after the first read past the
 * end every further read gives zeros and changes nothing.  Big-endian, as all
 * of NTP.  The cursors borrow the buffer.
 */
#ifndef NTP_WIRE_H
#define NTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_rd {
	const uint8_t *p;
	size_t len, off; /* octets */
	bool bad;
};

struct wire_wr {
	uint8_t *p;
	size_t cap, len; /* octets */
	bool bad;
};

struct wire_rd wire_rd_init(const void *p, size_t len);
size_t wire_left(const struct wire_rd *r); /* 0 once bad */
uint8_t wire_get8(struct wire_rd *r);
uint16_t wire_get16(struct wire_rd *r);
uint32_t wire_get32(struct wire_rd *r);
uint64_t wire_get64(struct wire_rd *r);
void wire_get(struct wire_rd *r, void *out, size_t n); /* zeros when bad */
/* Borrow N octets in place; NULL and bad when there are fewer. */
const uint8_t *wire_borrow(struct wire_rd *r, size_t n);

struct wire_wr wire_wr_init(void *p, size_t cap);
void wire_put8(struct wire_wr *w, uint8_t v);
void wire_put16(struct wire_wr *w, uint16_t v);
void wire_put32(struct wire_wr *w, uint32_t v);
void wire_put64(struct wire_wr *w, uint64_t v);
void wire_put(struct wire_wr *w, const void *p, size_t n);
/* Zeros up to the next multiple of ALIGN octets from the start. */
void wire_pad(struct wire_wr *w, size_t align);

#endif /* NTP_WIRE_H */
