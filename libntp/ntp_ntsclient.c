/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ntsclient.c - Network Time Security of requests and replies, as a client
 * sees them.
 *
 * Requests are as plain as they can be (a nonce of 16 octets, nothing
 * encrypted, no padding), because servers exist that know no others.
 */
#include "ntp_ntsclient.h"

#include <string.h>

#include "ntp_err.h"
#include "ntp_packet.h"
#include "ntp_wire.h"

#define FIELD_HEADER 4U /* octets: type and length */
#define AUTH_BODY    (4U + AEAD_NONCE + AEAD_TAG)
#define FIXED	     (NTP_HEADER_LEN + 2 * FIELD_HEADER + NTS_UID_LEN + AUTH_BODY)
#define REPLY_MAX    2048U /* octets, longer than any datagram that we take */

unsigned
nts_placeholders(unsigned wanted, size_t len)
{
	size_t fit = (NTS_PACKET_MAX - FIXED) / (FIELD_HEADER + len) - 1;

	return wanted < fit ? wanted : (unsigned)fit;
}

static void
put_field(struct wire_wr *w, enum nts_type type, const uint8_t *p, size_t len)
{
	wire_put16(w, (uint16_t)type);
	wire_put16(w, (uint16_t)(FIELD_HEADER + len));
	wire_put(w, p, len);
}

size_t
nts_client_seal(struct aead_set *s, const struct nts_ask *a, uint8_t *buf)
{
	static const uint8_t zeros[NTS_COOKIE_MAX];
	struct aead *aead =
	    aead_set_key(s, a->keys->aead, a->keys->c2s, a->keys->keylen);
	struct wire_wr w = wire_wr_init(buf, NTS_PACKET_MAX);
	uint8_t body[AUTH_BODY] = {0, AEAD_NONCE, 0, AEAD_TAG};
	struct octets signed_part, nothing = {body, 0};

	w.len = NTP_HEADER_LEN;
	put_field(&w, NTS_UID, a->uid, sizeof a->uid);
	put_field(&w, NTS_COOKIE, a->cookie->octets, a->cookie->len);
	for (unsigned i = 0; i < a->placeholders; i++)
		put_field(&w, NTS_PLACEHOLDER, zeros, a->cookie->len);
	signed_part = (struct octets){buf, w.len};
	memcpy(body + 4, a->nonce, AEAD_NONCE);
	if (w.bad || aead == NULL ||
	    aead_seal(aead, signed_part, (struct octets){a->nonce, AEAD_NONCE},
		nothing, body + 4 + AEAD_NONCE) != 0)
		return 0;
	put_field(&w, NTS_AUTH, body, sizeof body);
	return w.bad ? 0 : w.len;
}

/* --- replies -------------------------------------------------------------- */

static void
take_cookies(const uint8_t *text, size_t len, struct nts_cookies *out)
{
	struct nts_inner it = {.p = text, .len = len};
	struct ext_field f;

	while (out->n < NTS_COOKIES && nts_inner_next(&it, &f)) {
		struct nts_cookie *c = &out->cookie[out->n];

		if (f.type != NTS_COOKIE || !nts_cookie_fits(f.len))
			continue;
		c->len = (uint16_t)f.len;
		memcpy(c->octets, f.value, f.len);
		out->n++;
	}
}

/* Authenticated by nobody, but who says so has seen our request. */
static enum nts_verdict
without_authenticator(const uint8_t *buf)
{
	struct ntp_packet pkt;

	(void)packet_decode(buf, NTP_HEADER_LEN, &pkt);
	return pkt.stratum == 0 && pkt.refid == NTS_KISS ? NTS_REFUSED
							 : NTS_BARE;
}

enum nts_verdict
nts_client_open(struct aead_set *s, const struct nts_keys *keys,
    const uint8_t uid[NTS_UID_LEN], const uint8_t *buf,
    const struct ext_tail *t, struct nts_cookies *out)
{
	uint8_t inside[REPLY_MAX];
	struct nts_fields f;
	struct aead *a;

	out->n = 0;
	if (t->kind == EXT_TAIL_NONE && t->ext_len == 0)
		return NTS_BARE;
	if (nts_parse(buf, t, &f) != 0 || f.sealed.len > sizeof inside)
		return NTS_MALFORMED;
	if (f.uid.len != NTS_UID_LEN || memcmp(f.uid.p, uid, NTS_UID_LEN) != 0)
		return NTS_OTHERS;
	if (f.sealed.len == 0)
		return without_authenticator(buf);
	a = aead_set_key(s, keys->aead, keys->s2c, keys->keylen);
	if (a == NULL ||
	    aead_open(a, (struct octets){buf, f.signed_len}, f.nonce, f.sealed,
		inside) != 0)
		return NTS_FORGED;
	take_cookies(inside, f.sealed.len - AEAD_TAG, out);
	nts_wipe(inside, sizeof inside);
	return NTS_GOOD;
}
