/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntslab.c - a server with Network Time Security, which is honest or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ntp_ntscookie.h"
#include "ntp_ntsserver.h"
#include "ntp_siphash.h"
#include "ntslab.h"

#define UID_AT (NTP_HEADER_LEN + 4)

static const uint8_t seed[NTS_SEED] = {3};

struct ntslab ntslab;

static void
reseal(struct world_packet *f, const struct nts_request *q, size_t max)
{
	unsigned made;

	f->len = nts_server_answer(ntslab.jar, q, max, f->data, &made);
	assert_int_not_equal(f->len, 0);
	nts_server_seal(ntslab.jar, f->data);
}

static void
kiss(struct world_packet *f, uint32_t code)
{
	struct ntp_packet p;

	assert_int_equal(packet_decode(f->data, f->len, &p), 0);
	p.leap = NTP_LEAP_UNSYNC;
	p.stratum = 0;
	p.refid = code;
	p.poll = 10;
	packet_encode(&p, f->data);
}

static void
refuse(struct world_packet *f, const struct nts_request *q)
{
	kiss(f, NTS_KISS);
	f->len = nts_server_refuse(q, f->data);
}

/* A second packet, before F. */
static void
before(
    struct ntslab *l, const struct world_packet *f, const struct nts_request *q)
{
	for (size_t i = 0; i < WORLD_FLIGHT; i++) {
		struct world_packet *g = &l->w.flight[i];

		if (g->used)
			continue;
		*g = *f;
		g->due -= 0.001;
		g->len = NTP_HEADER_LEN;
		refuse(g, q);
		return;
	}
}

static void
append(struct world_packet *f, uint16_t type, size_t len)
{
	uint8_t *p = f->data + f->len;

	memset(p, 0, len);
	p[0] = (uint8_t)(type >> 8);
	p[1] = (uint8_t)type;
	p[3] = (uint8_t)len;
	f->len += len;
}

/* A cookie in the clear, where only its place is wrong. */
static void
answer_outside(struct world_packet *f, const struct nts_request *q)
{
	size_t at = NTP_HEADER_LEN + 4 + NTS_UID_LEN, len = 4 + COOKIE;
	struct world_packet more;
	struct nts_request none = *q;

	none.cookies = 0;
	f->len = at;
	more = *f;
	append(&more, NTS_COOKIE, len);
	reseal(f, &none, NTS_REPLY_MAX);
	memmove(f->data + at + len, f->data + at, f->len - at);
	memcpy(f->data + at, more.data + at, len);
	f->len += len;
	/* sealed over both */
	{
		uint8_t *auth = f->data + at + len;
		struct aead *a = aead_new(
		    ntslab.keys.aead, ntslab.keys.s2c, ntslab.keys.keylen);

		assert_int_equal(
		    aead_seal(a, (struct octets){f->data, at + len},
			(struct octets){auth + 8, AEAD_NONCE},
			(struct octets){auth, 0}, auth + 8 + AEAD_NONCE),
		    0);
		aead_free(&a);
	}
}

static void
play(struct world_packet *f, const struct nts_request *q, size_t max)
{
	switch (ntslab.trick) {
	case PLAIN:
		break;
	case NAK:
		refuse(f, q);
		break;
	case NAK_FIRST:
		before(&ntslab, f, q);
		reseal(f, q, max);
		break;
	case WRONG_NAK:
		refuse(f, q);
		f->data[UID_AT] ^= 1;
		break;
	case OTHER_UID:
		reseal(f, q, max);
		f->data[UID_AT + 31] ^= 1;
		break;
	case APPENDED:
		reseal(f, q, max);
		append(f, 0x2005, 28);
		break;
	case OUTSIDE:
		answer_outside(f, q);
		break;
	case SHIFTED:
		reseal(f, q, max);
		f->data[35] ^= 1;
		f->data[43] ^= 1;
		break;
	case RATE:
		kiss(f, 0x52415445);
		reseal(f, q, max);
		break;
	case BARE_RATE:
		kiss(f, 0x52415445);
		break;
	case HONEST:
	default:
		reseal(f, q, max);
		break;
	}
}

/* Does no other request have this cookie? */
static void
check_unused(const uint8_t *request)
{
	static const struct siphash_key key = {{1, 2}};
	uint64_t h = siphash(&key, request + UID_AT + NTS_UID_LEN, COOKIE);

	for (unsigned i = 0; i < ntslab.asked && i < COOKIES_SEEN; i++)
		assert_int_not_equal(ntslab.seen[i], h);
	ntslab.seen[ntslab.asked % COOKIES_SEEN] = h;
}

static void
seal(struct world_server *s, const struct datagram *dg, struct world_packet *f)
{
	const uint8_t *buf = dg->buf;
	struct nts_request q;
	struct ext_tail t;

	(void)s;
	assert_int_equal(ext_split(buf, dg->len, 4, &t), 0);
	check_unused(buf);
	ntslab.asked++;
	ntslab.last_len = dg->len;
	if (nts_server_open(ntslab.jar, buf, &t, &q) != 0) {
		f->used = false;
		return;
	}
	ntslab.good++;
	ntslab.wanted = q.cookies;
	ntslab.keys = q.keys;
	play(f, &q, dg->len);
}

struct world_server *
ntslab_server(struct ntslab *l, unsigned n)
{
	struct world_server *s = world_server(&l->w, n, 0);

	s->seal = seal;
	return s;
}

struct world_server *
ntslab_begin(struct ntslab *l, const char *conf)
{
	struct nts_cookiekeys ring = {
	    .n = 1, .key = {{.id = 1, .aead = AEAD_AES_SIV_CMAC_256}}};

	memset(l, 0, sizeof *l);
	l->jar = nts_jar_new(&ring, seed);
	assert_non_null(l->jar);
	world_init(&l->w, conf, NULL, 0, 0);
	return ntslab_server(l, 1);
}

void
ntslab_end(struct ntslab *l)
{
	world_fini(&l->w);
	nts_jar_free(&l->jar);
}

struct nts_session
ntslab_session(struct ntslab *l)
{
	struct nts_session s = {.ncookies = NTS_COOKIES};

	s.keys.aead = AEAD_AES_SIV_CMAC_256;
	s.keys.keylen = 32;
	rng_fill(&l->w.rng, s.keys.c2s, 32);
	rng_fill(&l->w.rng, s.keys.s2c, 32);
	for (unsigned i = 0; i < s.ncookies; i++) {
		s.cookie[i].len = COOKIE;
		assert_int_equal(
		    nts_cookie_seal(l->jar, &s.keys, s.cookie[i].octets), 0);
	}
	return s;
}

void
ntslab_establish(struct ntslab *l, unsigned n)
{
	struct nts_session s = ntslab_session(l);
	struct ntp_addr a = world_addr(n);

	engine_nts_ready(l->w.e, l->w.ke_tag, &s, &a, world_now(&l->w));
}

void
ntslab_fail_with(struct ntslab *l, const char *words)
{
	engine_nts_failed(l->w.e, l->w.ke_tag, words, world_now(&l->w));
}

uint64_t
ntslab_counted(const struct ntslab *l, enum nts_count what)
{
	return l->w.e->count.nts[what];
}

void
ntslab_says(struct ntslab *l, unsigned k, const char *begins)
{
	char text[REASON_TEXT_MAX];

	(void)reason_sentence(
	    l->w.e, world_peer(&l->w, k), world_now(&l->w), text, sizeof text);
	if (strncmp(text, begins, strlen(begins)) != 0)
		fail_msg("\"%s\" does not begin \"%s\"", text, begins);
}

struct world_server *
ntslab_keyed(struct ntslab *l, const char *conf)
{
	struct world_server *s = ntslab_begin(l, conf);

	world_run(&l->w, 2);
	ntslab_establish(l, 1);
	return s;
}
