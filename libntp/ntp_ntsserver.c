/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ntsserver.c - Network Time Security of requests and replies, as a server
 * sees them.
 *
 * Many replies are in the making at once, and each has a key of its own to be
 * sealed with.  It waits behind the reply in the reply's own buffer, where no
 * plain reply pays for it.
 */
#include "ntp_ntsserver.h"

#include <string.h>

#include "ntp_err.h"
#include "ntp_packet.h"
#include "ntp_wire.h"

#define FIELD_HEADER 4U /* octets: type and length */
#define AUTH_LENGTHS 4U /* octets: of nonce and ciphertext */
#define AUTH_LEN     (FIELD_HEADER + AUTH_LENGTHS + AEAD_NONCE + AEAD_TAG)
#define INNER_MAX    1536U /* octets, of what may be sealed in a request */

/* What nts_server_seal() has to know. */
struct sealing {
	uint16_t auth;	 /* where the authenticator begins */
	uint16_t inside; /* octets that it encrypts */
	uint16_t aead, keylen;
	uint8_t key[AEAD_KEY_MAX];
};

_Static_assert(sizeof(struct sealing) <= NTS_REPLY_ROOM, "fits behind");

/* --- requests ------------------------------------------------------------- */

/* Placeholders may be hidden as well. */
static unsigned
placeholders_inside(const uint8_t *text, size_t len, size_t cookie_len)
{
	struct nts_inner it = {.p = text, .len = len};
	struct ext_field f;
	unsigned n = 0;

	while (nts_inner_next(&it, &f))
		n += f.type == NTS_PLACEHOLDER && f.len == cookie_len;
	return n;
}

static int
verify(struct nts_jar *j, const uint8_t *buf, const struct nts_fields *f,
    struct nts_request *q)
{
	struct aead *a = aead_set_key(
	    nts_jar_aeads(j), q->keys.aead, q->keys.c2s, q->keys.keylen);
	struct octets ad = {buf, f->signed_len};
	uint8_t inside[INNER_MAX];
	size_t len = f->sealed.len - AEAD_TAG;
	unsigned wanted;

	if (len > sizeof inside)
		return -NTP_EFORMAT;
	if (a == NULL || aead_open(a, ad, f->nonce, f->sealed, inside) != 0)
		return -NTP_EAUTH;
	wanted = 1 + f->placeholders +
	    placeholders_inside(inside, len, f->cookie.len);
	q->cookies = wanted < NTS_COOKIES ? wanted : NTS_COOKIES;
	return 0;
}

int
nts_server_open(struct nts_jar *j, const uint8_t *buf, const struct ext_tail *t,
    struct nts_request *out)
{
	struct nts_fields f;

	out->uid = (struct octets){NULL, 0};
	if (nts_parse(buf, t, &f) != 0 || f.uid.len < NTS_UID_LEN ||
	    f.uid.len > NTS_UID_MAX || f.cookie.len == 0 || f.sealed.len == 0)
		return -NTP_EFORMAT;
	out->uid = f.uid;
	out->key = nts_cookie_open(j, f.cookie, &out->keys);
	return out->key < 0 ? out->key : verify(j, buf, &f, out);
}

/* --- replies -------------------------------------------------------------- */

static void
put_field(struct wire_wr *w, enum nts_type type, size_t len)
{
	wire_put16(w, (uint16_t)type);
	wire_put16(w, (uint16_t)(FIELD_HEADER + len));
}

static struct wire_wr
reply_writer(uint8_t *out)
{
	struct wire_wr w = wire_wr_init(out, NTS_REPLY_MAX);

	w.len = NTP_HEADER_LEN;
	return w;
}

static void
put_uid(struct wire_wr *w, const struct nts_request *q)
{
	put_field(w, NTS_UID, q->uid.len);
	wire_put(w, q->uid.p, q->uid.len);
}

size_t
nts_server_refuse(const struct nts_request *q, uint8_t *out)
{
	struct wire_wr w = reply_writer(out);

	put_uid(&w, q);
	return w.len;
}

static unsigned
cookies_that_fit(const struct nts_request *q, size_t room)
{
	size_t each = FIELD_HEADER + nts_cookie_len(q->keys.aead);
	size_t n = room / each;

	return n < q->cookies ? (unsigned)n : q->cookies;
}

static void
put_cookies(struct nts_jar *j, const struct nts_request *q, struct wire_wr *w,
    unsigned n)
{
	uint8_t cookie[NTS_OWN_COOKIE_MAX];
	size_t len = nts_cookie_len(q->keys.aead);

	for (unsigned i = 0; i < n; i++) {
		if (nts_cookie_seal(j, &q->keys, cookie) != 0)
			w->bad = true;
		put_field(w, NTS_COOKIE, len);
		wire_put(w, cookie, len);
	}
}

/* All of the authenticator but its tag, the cookies in the clear. */
static void
put_authenticator(struct nts_jar *j, const struct nts_request *q,
    struct wire_wr *w, unsigned n)
{
	static const uint8_t tag[AEAD_TAG];
	size_t inside = n * (FIELD_HEADER + nts_cookie_len(q->keys.aead));
	uint8_t nonce[AEAD_NONCE];

	nts_jar_random(j, nonce, sizeof nonce);
	put_field(w, NTS_AUTH, AUTH_LEN - FIELD_HEADER + inside);
	wire_put16(w, AEAD_NONCE);
	wire_put16(w, (uint16_t)(AEAD_TAG + inside));
	wire_put(w, nonce, sizeof nonce);
	wire_put(w, tag, sizeof tag);
	put_cookies(j, q, w, n);
}

static void
remember_key(const struct nts_request *q, size_t auth, size_t len, uint8_t *out)
{
	struct sealing s = {.auth = (uint16_t)auth,
	    .inside = (uint16_t)(len - auth - AUTH_LEN),
	    .aead = q->keys.aead,
	    .keylen = q->keys.keylen};

	memcpy(s.key, q->keys.s2c, AEAD_KEY_MAX);
	memcpy(out + NTS_REPLY_MAX, &s, sizeof s);
	nts_wipe(&s, sizeof s);
}

size_t
nts_server_answer(struct nts_jar *j, const struct nts_request *q, size_t max,
    uint8_t *out, unsigned *made)
{
	struct wire_wr w = reply_writer(out);
	size_t auth;

	if (max > NTS_REPLY_MAX)
		max = NTS_REPLY_MAX;
	put_uid(&w, q);
	auth = w.len;
	*made = 0;
	if (auth + AUTH_LEN > max)
		return 0;
	*made = cookies_that_fit(q, max - auth - AUTH_LEN);
	put_authenticator(j, q, &w, *made);
	if (w.bad)
		return 0;
	remember_key(q, auth, w.len, out);
	return w.len;
}

void
nts_server_seal(struct nts_jar *j, uint8_t *out)
{
	struct sealing s;
	uint8_t *nonce, *tag;
	struct aead *a;

	memcpy(&s, out + NTS_REPLY_MAX, sizeof s);
	nts_wipe(out + NTS_REPLY_MAX, sizeof s);
	nonce = out + s.auth + FIELD_HEADER + AUTH_LENGTHS;
	tag = nonce + AEAD_NONCE;
	a = aead_set_key(nts_jar_aeads(j), s.aead, s.key, s.keylen);
	if (a == NULL ||
	    aead_seal(a, (struct octets){out, s.auth},
		(struct octets){nonce, AEAD_NONCE},
		(struct octets){tag + AEAD_TAG, s.inside}, tag) != 0)
		nts_wipe(tag, AEAD_TAG + s.inside); /* nobody believes it */
	nts_wipe(&s, sizeof s);
}
