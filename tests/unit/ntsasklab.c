/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntsasklab.c - a server asked with Network Time Security: what its tests share.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ntsasklab.h"

static const uint8_t seed[NTS_SEED] = {7};

static struct ntsasklab ntsasklab;

static struct nts_cookiekey
cookie_key(uint32_t id)
{
	struct nts_cookiekey k = {.id = id, .aead = AEAD_AES_SIV_CMAC_256};

	rng_fill(&ntsasklab.rng, k.key, aead_keylen(k.aead));
	return k;
}

void
ntsask_jars_anew(struct ntsasklab *l)
{
	nts_jar_free(&l->ke);
	nts_jar_free(&l->w->c.policy.nts);
	l->ke = nts_jar_new(&l->ring, seed);
	assert_non_null(l->ke);
	l->w->c.policy.nts = nts_jar_copy(l->ke, seed);
	assert_non_null(l->w->c.policy.nts);
}

void
ntsask_rotate(struct ntsasklab *l, size_t keep)
{
	memmove(&l->ring.key[1], &l->ring.key[0],
	    (NTS_KEYRING - 1) * sizeof l->ring.key[0]);
	l->ring.key[0] = cookie_key((uint32_t)rng_u64(&l->rng));
	l->ring.n = l->ring.n < keep ? l->ring.n + 1 : keep;
	ntsask_jars_anew(l);
}

void
ntsask_establish(struct ntsasklab *l, uint16_t aead)
{
	l->keys.aead = aead;
	l->keys.keylen = (uint8_t)aead_keylen(aead);
	rng_fill(&l->rng, l->keys.c2s, l->keys.keylen);
	rng_fill(&l->rng, l->keys.s2c, l->keys.keylen);
	l->cookie.len = (uint16_t)nts_cookie_len(aead);
	assert_int_equal(nts_cookie_seal(l->ke, &l->keys, l->cookie.octets), 0);
}

int
ntsask_setup(void **state)
{
	void *w;

	memset(&ntsasklab, 0, sizeof ntsasklab);
	assert_int_equal(serverlab_setup(&w), 0);
	ntsasklab.w = w;
	rng_seed(&ntsasklab.rng, 8915);
	assert_int_equal(aead_set_init(&ntsasklab.aeads), 0);
	ntsasklab.ring.key[0] = cookie_key(0xfeed0001);
	ntsasklab.ring.n = 1;
	ntsask_jars_anew(&ntsasklab);
	ntsask_establish(&ntsasklab, AEAD_AES_SIV_CMAC_256);
	ntsasklab.ask.keys = &ntsasklab.keys;
	ntsasklab.ask.cookie = &ntsasklab.cookie;
	*state = &ntsasklab;
	return 0;
}

int
ntsask_teardown(void **state)
{
	struct ntsasklab *l = *state;
	void *w = l->w;

	nts_jar_free(&l->ke);
	nts_jar_free(&l->w->c.policy.nts);
	aead_set_fini(&l->aeads);
	return serverlab_teardown(&w);
}

size_t
ntsask_request(struct ntsasklab *l, unsigned placeholders)
{
	serverlab_request(l->w, 4, NTP_MODE_CLIENT);
	l->ask.placeholders = placeholders;
	rng_fill(&l->rng, l->ask.uid, sizeof l->ask.uid);
	rng_fill(&l->rng, l->ask.nonce, sizeof l->ask.nonce);
	return nts_client_seal(&l->aeads, &l->ask, l->w->in);
}

void
ntsask_sign_again(struct ntsasklab *l, size_t len)
{
	uint8_t *auth = l->w->in + len - AUTH_EF;
	struct aead *a =
	    aead_set_key(&l->aeads, l->keys.aead, l->keys.c2s, l->keys.keylen);

	assert_int_equal(
	    aead_seal(a, (struct octets){l->w->in, len - AUTH_EF},
		(struct octets){auth + 8, AEAD_NONCE},
		(struct octets){auth + 8, 0}, auth + 8 + AEAD_NONCE),
	    0);
}

size_t
ntsask_insert(struct ntsasklab *l, size_t len, size_t at, size_t n)
{
	memmove(l->w->in + at + n, l->w->in + at, len - at);
	return len + n;
}

enum nts_verdict
ntsask_open_reply(struct ntsasklab *l)
{
	struct ext_tail t;

	assert_int_equal(ext_split(l->w->out, l->w->outlen, 4, &t), 0);
	return nts_client_open(
	    &l->aeads, &l->keys, l->ask.uid, l->w->out, &t, &l->got);
}

void
ntsask_answered(struct ntsasklab *l, size_t len, unsigned cookies)
{
	assert_int_equal(serverlab_ask(l->w, len), SERVER_REPLY);
	assert_true(l->w->outlen <= len);
	assert_int_equal(ntsask_open_reply(l), NTS_GOOD);
	assert_int_equal(l->got.n, cookies);
	assert_int_equal(l->w->reply.stratum, 2);
	assert_true(l->w->reply.xmt.v >= T_SENT);
}

void
ntsask_refused(struct ntsasklab *l, size_t len)
{
	const struct ntp_packet *r = &l->w->reply;
	uint64_t before = l->w->count.drop[DROP_NTSN];

	assert_int_equal(serverlab_ask(l->w, len), SERVER_REPLY);
	assert_int_equal(l->w->outlen, HEADER + UID_EF);
	assert_int_equal(ntsask_open_reply(l), NTS_REFUSED);
	assert_int_equal(r->leap, NTP_LEAP_UNSYNC);
	assert_int_equal(r->stratum, 0);
	assert_int_equal(r->refid, NTS_KISS);
	assert_int_equal(r->org.v, T_REQ);
	assert_int_equal(l->w->count.drop[DROP_NTSN], before + 1);
}

void
ntsask_dropped(struct ntsasklab *l, size_t len)
{
	serverlab_dropped(l->w, len, DROP_NTS);
}
