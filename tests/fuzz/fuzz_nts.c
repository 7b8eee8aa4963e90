/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_nts.c - any extension fields against Network Time Security, as a server
 * and as a client sees them.
 *
 * Nobody guesses a key, so the target signs what the fuzzer writes: only so it
 * gets behind the authenticator.  What must hold for every input: a reply is
 * not longer than its request, is authentic or a refusal that says nothing,
 * and nothing is believed that was not signed.
 *
 * Input: what is put around the fields (1 octet, see enum dress), octets of
 * text to be sealed (1), that text, the fields.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_ntsclient.h"
#include "ntp_ntsserver.h"
#include "ntp_packet.h"
#include "ntp_server.h"
#include "ntp_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DATAGRAM_MAX 1536U

enum dress {
	TO_CLIENT = 1,	  /* a reply, else a request */
	GOOD_UID = 2,	  /* begins with the unique identifier */
	GOOD_COOKIE = 4,  /* then a cookie */
	AUTHENTIC = 8,	  /* ends with an authenticator */
	REFUSAL = 16,	  /* the header is a kiss */
	LONG_KEYS = 32,	  /* AES-256 */
	OTHER_COOKIE = 64 /* the cookie is of a key that is gone */
};

struct play {
	unsigned dress;
	struct nts_keys keys;
	uint8_t uid[NTS_UID_LEN];
	uint8_t buf[DATAGRAM_MAX];
	size_t len;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct nts_jar *
jar_of(uint32_t id)
{
	static const uint8_t seed[NTS_SEED] = {1};
	struct nts_cookiekeys ring = {
	    .n = 1, .key = {{.id = id, .aead = AEAD_AES_SIV_CMAC_256}}};
	struct nts_jar *j = nts_jar_new(&ring, seed);

	must(j != NULL);
	return j;
}

/* --- making a datagram ---------------------------------------------------- */

static void
put_field(struct wire_wr *w, enum nts_type type, const void *p, size_t len)
{
	wire_put16(w, (uint16_t)type);
	wire_put16(w, (uint16_t)(4 + len));
	wire_put(w, p, len);
}

static void
put_header(struct wire_wr *w, unsigned dress)
{
	struct ntp_packet p = {.version = 4,
	    .mode =
		(dress & TO_CLIENT) != 0 ? NTP_MODE_SERVER : NTP_MODE_CLIENT,
	    .stratum = 1,
	    .xmt = {77}};
	uint8_t header[NTP_HEADER_LEN];

	if ((dress & REFUSAL) != 0) {
		p.stratum = 0;
		p.leap = NTP_LEAP_UNSYNC;
		p.refid = NTS_KISS;
	}
	packet_encode(&p, header);
	wire_put(w, header, sizeof header);
}

static void
put_cookie(struct wire_wr *w, const struct play *p)
{
	struct nts_jar *j = jar_of((p->dress & OTHER_COOKIE) != 0 ? 2 : 1);
	uint8_t cookie[NTS_OWN_COOKIE_MAX];

	must(nts_cookie_seal(j, &p->keys, cookie) == 0);
	put_field(w, NTS_COOKIE, cookie, nts_cookie_len(p->keys.aead));
	nts_jar_free(&j);
}

static void
put_authenticator(struct wire_wr *w, const struct play *p, struct octets text)
{
	const uint8_t *key =
	    (p->dress & TO_CLIENT) != 0 ? p->keys.s2c : p->keys.c2s;
	struct aead *a = aead_new(p->keys.aead, key, p->keys.keylen);
	uint8_t sealed[256 + AEAD_TAG];
	uint8_t nonce[AEAD_NONCE] = {9};
	size_t at = w->len;

	must(a != NULL);
	must(aead_seal(a, (struct octets){w->p, at},
		 (struct octets){nonce, sizeof nonce}, text, sealed) == 0);
	aead_free(&a);
	wire_put16(w, NTS_AUTH);
	wire_put16(
	    w, (uint16_t)(8 + AEAD_NONCE + (text.len + AEAD_TAG + 3) / 4 * 4));
	wire_put16(w, AEAD_NONCE);
	wire_put16(w, (uint16_t)(text.len + AEAD_TAG));
	wire_put(w, nonce, sizeof nonce);
	wire_put(w, sealed, text.len + AEAD_TAG);
	wire_pad(w, 4);
}

static bool
make(struct play *p, struct octets text, struct octets fields)
{
	struct wire_wr w = wire_wr_init(p->buf, sizeof p->buf);

	put_header(&w, p->dress);
	if ((p->dress & GOOD_UID) != 0)
		put_field(&w, NTS_UID, p->uid, sizeof p->uid);
	if ((p->dress & GOOD_COOKIE) != 0)
		put_cookie(&w, p);
	wire_put(&w, fields.p, fields.len);
	if ((p->dress & AUTHENTIC) != 0 && !w.bad)
		put_authenticator(&w, p, text);
	p->len = w.len;
	return !w.bad;
}

/* --- both ends ------------------------------------------------------------- */

/* The reply to P as its client sees it. */
static enum nts_verdict
as_client_sees(
    const struct play *p, const uint8_t *out, size_t len, const uint8_t *uid)
{
	struct nts_cookies got;
	struct aead_set set;
	struct ext_tail t;
	enum nts_verdict v;

	must(ext_split(out, len, 4, &t) == 0);
	must(aead_set_init(&set) == 0);
	v = nts_client_open(&set, &p->keys, uid, out, &t, &got);
	aead_set_fini(&set);
	must(v != NTS_GOOD || (got.n >= 1 && got.n <= NTS_COOKIES));
	return v;
}

static void
check_reply(const struct play *p, const struct server_ctx *c,
    const uint8_t out[NTP_REPLY_MAX], size_t len)
{
	struct ntp_packet r;
	struct ext_tail t;
	struct nts_fields f;

	must(len <= p->len && packet_decode(out, len, &r) == 0);
	must(ext_split(out, len, 4, &t) == 0);
	must(nts_parse(out, &t, &f) == 0);
	if (!nts_present(out, &t))
		return; /* nobody asked for it */
	must(f.uid.len >= NTS_UID_LEN && f.uid.len <= NTS_UID_MAX);
	must(c->answer.nts == (r.stratum != 0));
	must((f.sealed.len != 0) == c->answer.nts);
	/* a longer identifier is no client's of ours */
	if (c->answer.nts && (p->dress & GOOD_COOKIE) != 0 &&
	    f.uid.len == NTS_UID_LEN)
		must(as_client_sees(p, out, len, f.uid.p) == NTS_GOOD);
}

static void
ask_server(struct play *p)
{
	const struct ntp_now now = {{0xe8aa5b0080000000U}, {5000000000}};
	const struct ntp_addr src = {{192, 0, 2, 7}, 0, 40000, ADDR_V4};
	const struct ntp_addr dst = {{192, 0, 2, 1}, 0, NTP_PORT, ADDR_V4};
	const struct recvbuf rb = {.src = &src,
	    .dst = &dst,
	    .rx_time = now.sys,
	    .data = p->buf,
	    .len = p->len};
	struct server_counters count = {0};
	struct server_ctx c = {.count = &count};
	struct restrict_entry res = {0};
	uint8_t out[NTP_REPLY_MAX];
	size_t len = 0;

	c.snap.stratum = 1;
	c.policy.nts = jar_of(1);
	if (server_reply(&c, &rb, &res, now, out, &len) == SERVER_REPLY) {
		server_seal(&c, out, &len, now.sys);
		check_reply(p, &c, out, len);
	}
	must((p->dress & AUTHENTIC) != 0 || count.nts[NTS_SERVER_SEND] == 0);
	nts_jar_free(&c.policy.nts);
}

static void
tell_client(struct play *p)
{
	struct nts_cookies got;
	struct aead_set set;
	struct ext_tail t;
	enum nts_verdict v;

	if (ext_split(p->buf, p->len, 4, &t) != 0)
		return;
	must(aead_set_init(&set) == 0);
	v = nts_client_open(&set, &p->keys, p->uid, p->buf, &t, &got);
	aead_set_fini(&set);
	must(v != NTS_GOOD || (p->dress & AUTHENTIC) != 0);
	must(v != NTS_REFUSED || (p->dress & REFUSAL) != 0);
	must(v == NTS_GOOD || got.n == 0);
	must(got.n <= NTS_COOKIES);
	for (unsigned i = 0; i < got.n; i++)
		must(nts_cookie_fits(got.cookie[i].len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_rd r = wire_rd_init(data, size);
	struct play p = {.dress = wire_get8(&r)};
	struct octets text = {.len = wire_get8(&r)}, fields;

	text.p = wire_borrow(&r, text.len);
	fields = (struct octets){data + r.off, wire_left(&r)};
	if (r.bad)
		return 0;
	p.keys.aead = (p.dress & LONG_KEYS) != 0 ? AEAD_AES_SIV_CMAC_512
						 : AEAD_AES_SIV_CMAC_256;
	p.keys.keylen = (uint8_t)aead_keylen(p.keys.aead);
	memset(p.keys.c2s, 3, p.keys.keylen);
	memset(p.keys.s2c, 5, p.keys.keylen);
	memset(p.uid, 11, sizeof p.uid);
	if (!make(&p, text, fields))
		return 0;
	if ((p.dress & TO_CLIENT) != 0)
		tell_client(&p);
	else
		ask_server(&p);
	return 0;
}
