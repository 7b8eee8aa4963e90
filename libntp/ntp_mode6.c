/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mode6.c - control messages: header, fragments, authenticator position.
 *
 * A reply may come in any order, twice, or forged.  Each fragment is checked
 * against all the others before it is copied, so what is taken never overlaps
 * and the reply is complete when the octets taken are as many as its length.
 */
#include "ntp_mode6.h"

#include <string.h>

#include "ntp.h"
#include "ntp_err.h"
#include "ntp_wire.h"

#define OCT1_RESPONSE 0x80U
#define OCT1_ERROR    0x40U
#define OCT1_MORE     0x20U
#define OCT1_OPCODE   0x1fU

#define TRAILER_MIN 4U	/* key id alone: a crypto-NAK */
#define TRAILER_MAX 24U /* key id and 20 octets of digest */

static size_t
round_up(size_t n, size_t align)
{
	return (n + align - 1) / align * align;
}

int
mode6_decode(const void *buf, size_t len, struct mode6_hdr *h)
{
	struct wire_rd r = wire_rd_init(buf, len);
	uint8_t oct0 = wire_get8(&r);
	uint8_t oct1 = wire_get8(&r);

	h->leap = oct0 >> 6;
	h->version = oct0 >> 3 & 7;
	h->response = (oct1 & OCT1_RESPONSE) != 0;
	h->error = (oct1 & OCT1_ERROR) != 0;
	h->more = (oct1 & OCT1_MORE) != 0;
	h->opcode = oct1 & OCT1_OPCODE;
	h->seq = wire_get16(&r);
	h->status = wire_get16(&r);
	h->associd = wire_get16(&r);
	h->offset = wire_get16(&r);
	h->count = wire_get16(&r);
	return r.bad ? -NTP_ESHORT : 0;
}

void
mode6_encode(const struct mode6_hdr *h, uint8_t out[MODE6_HEADER_LEN])
{
	struct wire_wr w = wire_wr_init(out, MODE6_HEADER_LEN);
	unsigned oct1 = h->opcode & OCT1_OPCODE;

	if (h->response)
		oct1 |= OCT1_RESPONSE;
	if (h->error)
		oct1 |= OCT1_ERROR;
	if (h->more)
		oct1 |= OCT1_MORE;
	wire_put8(&w,
	    (uint8_t)((h->leap & 3U) << 6 | (h->version & 7U) << 3 |
		NTP_MODE_CONTROL));
	wire_put8(&w, (uint8_t)oct1);
	wire_put16(&w, h->seq);
	wire_put16(&w, h->status);
	wire_put16(&w, h->associd);
	wire_put16(&w, h->offset);
	wire_put16(&w, h->count);
}

size_t
mode6_fragment(struct mode6_hdr *h, const void *text, size_t textlen,
    uint8_t out[MODE6_PACKET_MAX])
{
	struct wire_wr w = wire_wr_init(out, MODE6_PACKET_MAX);
	size_t left;

	/* The offset field says no more; the caller's loop must still end. */
	if (textlen > UINT16_MAX)
		textlen = UINT16_MAX;
	left = textlen > h->offset ? textlen - h->offset : 0;
	h->more = left > MODE6_DATA_MAX;
	h->count = (uint16_t)(h->more ? MODE6_DATA_MAX : left);
	mode6_encode(h, out);
	w.len = MODE6_HEADER_LEN;
	if (h->count > 0)
		wire_put(&w, (const uint8_t *)text + h->offset, h->count);
	wire_pad(&w, 4);
	return w.len;
}

bool
mode6_auth_pos(
    size_t len, size_t count, unsigned attempt, size_t *pos, size_t *maclen)
{
	size_t begin;

	if (attempt > 1 || count > len)
		return false;
	begin = round_up(MODE6_HEADER_LEN + count, attempt == 0 ? 8 : 4);
	if (begin + TRAILER_MIN > len || begin + TRAILER_MAX < len)
		return false;
	*pos = begin;
	*maclen = len - begin;
	return true;
}

void
mode6_asm_start(
    struct mode6_asm *a, uint8_t opcode, uint16_t seq, uint16_t associd)
{
	/* The text too: so a NUL follows it, wherever it will end. */
	memset(a, 0, sizeof(*a));
	a->opcode = opcode;
	a->seq = seq;
	a->associd = associd;
}

/* The association id is not compared: the reference's client only warns. */
static bool
answers_request(
    const struct mode6_asm *a, const struct mode6_hdr *h, const uint8_t *packet)
{
	return (packet[0] & 7) == NTP_MODE_CONTROL && h->version >= 1 &&
	    h->version <= NTP_VERSION && h->response && h->seq == a->seq &&
	    h->opcode == a->opcode;
}

static bool
well_formed(const struct mode6_hdr *h, size_t len)
{
	if (len % 4 != 0 || len - MODE6_HEADER_LEN < round_up(h->count, 4))
		return false;
	return h->count > 0 || !h->more;
}

/* Whether the octets are new and agree with the end of the text.  Until the
 * last fragment is here, a->len is the highest end seen. */
static bool
fits(const struct mode6_asm *a, const struct mode6_hdr *h)
{
	size_t begin = h->offset, end = begin + h->count;
	unsigned i;

	if (a->have_last && (!h->more || end > a->len))
		return false;
	if (!h->more && end < a->len)
		return false;
	for (i = 0; i < a->nfrags; i++)
		if (begin < (size_t)a->frag[i].off + a->frag[i].len &&
		    end > a->frag[i].off)
			return false;
	return true;
}

static bool
is_complete(const struct mode6_asm *a)
{
	size_t have = 0;
	unsigned i;

	for (i = 0; i < a->nfrags; i++)
		have += a->frag[i].len;
	return a->have_last && have == a->len;
}

static void
take_fragment(
    struct mode6_asm *a, const struct mode6_hdr *h, const uint8_t *data)
{
	size_t end = (size_t)h->offset + h->count;

	memcpy(a->text + h->offset, data, h->count);
	a->frag[a->nfrags].off = h->offset;
	a->frag[a->nfrags].len = h->count;
	a->nfrags++;
	if (end > a->len)
		a->len = end;
	if (!h->more) {
		a->have_last = true;
		a->status = h->status;
	}
}

static enum mode6_asm_result
take_error(struct mode6_asm *a, const struct mode6_hdr *h)
{
	a->error = true;
	a->errcode = (uint8_t)(h->status >> 8);
	a->status = h->status;
	a->len = 0;
	a->text[0] = '\0';
	return MODE6_ASM_DONE;
}

enum mode6_asm_result
mode6_asm_add(struct mode6_asm *a, const void *buf, size_t len)
{
	const uint8_t *packet = buf;
	struct mode6_hdr h;

	if (mode6_decode(buf, len, &h) != 0 || !answers_request(a, &h, packet))
		return MODE6_ASM_IGNORE;
	if (h.error)
		return take_error(a, &h);
	if (!well_formed(&h, len) || !fits(a, &h))
		return MODE6_ASM_IGNORE;
	if (a->nfrags == MODE6_FRAGS_MAX ||
	    (size_t)h.offset + h.count > sizeof a->text - 1)
		return MODE6_ASM_TOOBIG;
	take_fragment(a, &h, packet + MODE6_HEADER_LEN);
	return is_complete(a) ? MODE6_ASM_DONE : MODE6_ASM_MORE;
}
