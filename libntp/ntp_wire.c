/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_wire.c - byte cursors with a sticky error.
 *
 * All reading goes through wire_borrow() and all writing through reserve():
 * these two are the only bounds checks.
 */
#include "ntp_wire.h"

#include <string.h>

struct wire_rd
wire_rd_init(const void *p, size_t len)
{
	/* No arithmetic on NULL, not even plus zero. */
	if (p == NULL)
		return (struct wire_rd){.p = (const uint8_t *)""};
	return (struct wire_rd){.p = p, .len = len};
}

size_t
wire_left(const struct wire_rd *r)
{
	return r->bad ? 0 : r->len - r->off;
}

const uint8_t *
wire_borrow(struct wire_rd *r, size_t n)
{
	const uint8_t *p;

	if (r->bad || n > r->len - r->off) {
		r->bad = true;
		return NULL;
	}
	p = r->p + r->off;
	r->off += n;
	return p;
}

/* Big-endian number of N octets; 0 when bad. */
static uint64_t
get_be(struct wire_rd *r, size_t n)
{
	const uint8_t *p = wire_borrow(r, n);
	uint64_t v = 0;

	if (p == NULL)
		return 0;
	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

uint8_t
wire_get8(struct wire_rd *r)
{
	return (uint8_t)get_be(r, 1);
}

uint16_t
wire_get16(struct wire_rd *r)
{
	return (uint16_t)get_be(r, 2);
}

uint32_t
wire_get32(struct wire_rd *r)
{
	return (uint32_t)get_be(r, 4);
}

uint64_t
wire_get64(struct wire_rd *r)
{
	return get_be(r, 8);
}

void
wire_get(struct wire_rd *r, void *out, size_t n)
{
	const uint8_t *p = wire_borrow(r, n);

	if (n == 0)
		return;
	if (p == NULL)
		memset(out, 0, n);
	else
		memcpy(out, p, n);
}

struct wire_wr
wire_wr_init(void *p, size_t cap)
{
	return (struct wire_wr){.p = p, .cap = p == NULL ? 0 : cap};
}

/* The next N octets to write, N > 0; NULL when they do not fit. */
static uint8_t *
reserve(struct wire_wr *w, size_t n)
{
	uint8_t *p;

	if (w->bad || n > w->cap - w->len) {
		w->bad = true;
		return NULL;
	}
	p = w->p + w->len;
	w->len += n;
	return p;
}

static void
put_be(struct wire_wr *w, uint64_t v, size_t n)
{
	uint8_t *p = reserve(w, n);

	if (p == NULL)
		return;
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

void
wire_put8(struct wire_wr *w, uint8_t v)
{
	put_be(w, v, 1);
}

void
wire_put16(struct wire_wr *w, uint16_t v)
{
	put_be(w, v, 2);
}

void
wire_put32(struct wire_wr *w, uint32_t v)
{
	put_be(w, v, 4);
}

void
wire_put64(struct wire_wr *w, uint64_t v)
{
	put_be(w, v, 8);
}

void
wire_put(struct wire_wr *w, const void *p, size_t n)
{
	uint8_t *to = n > 0 ? reserve(w, n) : NULL;

	if (to != NULL)
		memcpy(to, p, n);
}

void
wire_pad(struct wire_wr *w, size_t align)
{
	size_t over = align > 1 ? w->len % align : 0;
	uint8_t *to = over > 0 ? reserve(w, align - over) : NULL;

	if (to != NULL)
		memset(to, 0, align - over);
}
