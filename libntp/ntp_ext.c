/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ext.c - extension fields (RFC 7822) and where the MAC begins.
 *
 * Nothing on the wire says whether fields or a MAC follow: the number of
 * octets that are left decides, 20 or 24 is a MAC and from 28 on there is a
 * field.  A last field of less than 28 octets therefore cannot exist, and
 * what it would leave behind is refused as no legal MAC.
 */
#include "ntp_ext.h"

#include "ntp_err.h"
#include "ntp_packet.h"
#include "ntp_wire.h"

#define FIELD_HEADER   4U  /* octets: type and length */
#define FIELD_MIN      16U /* octets, RFC 7822 7.5 */
#define LAST_FIELD_MIN 28U /* octets, of a last field without MAC */
#define NAK_LEN	       4U
#define MAC_LEN_16     20U /* key id and 16 octets */
#define MAC_LEN_20     24U /* key id and 20 octets */
#define MAC_LEN_OLD    72U /* longest MAC before version 4 */

/* Length of the field at P, with its header; 0 when it is not a legal one. */
static size_t
field_len(const uint8_t *p, size_t left)
{
	struct wire_rd r = wire_rd_init(p, left);
	uint16_t type = wire_get16(&r);
	size_t len = wire_get16(&r);

	/* Type 0 is never assigned: it is the upper half of a key id. */
	if (r.bad || type == 0 || len < FIELD_MIN || len % 4 != 0 || len > left)
		return 0;
	return len;
}

/* Octets of extension fields at the start of the LEFT octets at P. */
static size_t
fields_len(const uint8_t *p, size_t left)
{
	size_t done = 0, n;

	while (left - done >= LAST_FIELD_MIN &&
	    (n = field_len(p + done, left - done)) != 0)
		done += n;
	return done;
}

static bool
mac_len_legal(size_t len, unsigned version)
{
	if (version < 4)
		return len % 4 == 0 && len <= MAC_LEN_OLD;
	return len == 0 || len == NAK_LEN || len == MAC_LEN_16 ||
	    len == MAC_LEN_20;
}

int
ext_split(
    const uint8_t *buf, size_t len, unsigned version, struct ext_tail *out)
{
	struct wire_rd r;

	*out = (struct ext_tail){.kind = EXT_TAIL_NONE};
	if (len < NTP_HEADER_LEN)
		return -NTP_ESHORT;
	out->ext_off = out->mac_off = NTP_HEADER_LEN;
	if (version < 1 || version > 4)
		return -NTP_EFORMAT;
	if (version == 4)
		out->ext_len =
		    fields_len(buf + NTP_HEADER_LEN, len - NTP_HEADER_LEN);
	out->mac_off += out->ext_len;
	out->mac_len = len - out->mac_off;
	if (!mac_len_legal(out->mac_len, version))
		return -NTP_EFORMAT;
	if (out->mac_len == 0)
		return 0;
	r = wire_rd_init(buf + out->mac_off, out->mac_len);
	out->keyid = wire_get32(&r);
	out->kind = wire_left(&r) == 0 ? EXT_TAIL_CRYPTO_NAK : EXT_TAIL_MAC;
	if (out->kind == EXT_TAIL_CRYPTO_NAK && out->keyid != 0)
		return -NTP_EFORMAT;
	return 0;
}

struct ext_iter
ext_iter_init(const uint8_t *buf, const struct ext_tail *t)
{
	return (struct ext_iter){.p = buf + t->ext_off, .len = t->ext_len};
}

bool
ext_next(struct ext_iter *it, struct ext_field *f)
{
	struct wire_rd r = wire_rd_init(it->p + it->off, it->len - it->off);
	size_t len = field_len(r.p, r.len);

	if (len == 0)
		return false;
	f->type = wire_get16(&r);
	f->value = r.p + FIELD_HEADER;
	f->len = len - FIELD_HEADER;
	it->off += len;
	return true;
}
