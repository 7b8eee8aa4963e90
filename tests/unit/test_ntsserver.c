/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntsserver.c - a server with Network Time Security, asked well: cookies,
 * keys that come and go, and who may ask.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ntsasklab.h"
#include "threat.h"

/* --- what is good --------------------------------------------------------- */

static void
as_many_as_asked(void **state)
{
	struct ntsasklab *l = *state;

	for (unsigned n = 0; n < NTS_COOKIES; n++) {
		size_t len = ntsask_request(l, n);

		assert_int_equal(len, PLAIN_LEN + n * COOKIE_EF);
		ntsask_answered(l, len, n + 1);
		assert_int_equal(l->w->outlen, len);
	}
	assert_int_equal(l->w->count.nts[NTS_SERVER_RECV_GOOD], NTS_COOKIES);
	assert_int_equal(l->w->count.nts[NTS_SERVER_SEND], NTS_COOKIES);
	assert_int_equal(l->w->count.nts[NTS_COOKIE_DECODE], NTS_COOKIES);
	assert_int_equal(l->w->count.nts[NTS_COOKIE_MAKE], 36);
	assert_int_equal(l->w->count.processed, NTS_COOKIES);
}

/* No two cookies have anything but the key's id in common, and each works. */
static void
cookies_are_new(void **state)
{
	struct ntsasklab *l = *state;
	struct nts_cookies first;

	ntsask_answered(l, ntsask_request(l, 7), 8);
	first = l->got;
	for (unsigned i = 0; i < first.n; i++) {
		assert_int_equal(first.cookie[i].len, COOKIE);
		for (unsigned k = 0; k < i; k++)
			assert_memory_not_equal(first.cookie[i].octets + 4,
			    first.cookie[k].octets + 4, 16);
		l->cookie = first.cookie[i];
		ntsask_answered(l, ntsask_request(l, 0), 1);
	}
}

static void
every_algorithm(void **state)
{
	struct ntsasklab *l = *state;
	static const size_t len_of[] = {104, 136, 168};

	for (uint16_t id = 15; id <= 17; id++) {
		ntsask_establish(l, id);
		assert_int_equal(l->cookie.len, len_of[id - 15]);
		ntsask_answered(l, ntsask_request(l, 0), 1);
		assert_int_equal(l->got.cookie[0].len, len_of[id - 15]);
		ntsask_answered(l,
		    ntsask_request(l, nts_placeholders(7, l->cookie.len)),
		    23U - id);
	}
}

/* T3 is written before the reply is sealed, so it verifies; and what waits to
 * be sealed never leaves. */
static void
key_does_not_leave(void **state)
{
	struct ntsasklab *l = *state;
	static const uint8_t none[NTS_REPLY_ROOM];

	ntsask_answered(l, ntsask_request(l, 0), 1);
	assert_memory_equal(l->w->out + NTS_REPLY_MAX, none, 72);
	l->w->out[l->w->outlen - 1] ^= 1;
	assert_int_equal(ntsask_open_reply(l), NTS_FORGED);
}

static void
hidden_placeholders(void **state)
{
	struct ntsasklab *l = *state;
	uint8_t text[COOKIE_EF] = {3, 4, 0, COOKIE_EF};
	uint8_t *auth = l->w->in + AUTH_AT;
	size_t len = ntsask_request(l, 0) + sizeof text;
	struct aead *a =
	    aead_set_key(&l->aeads, l->keys.aead, l->keys.c2s, l->keys.keylen);

	auth[3] = (uint8_t)(AUTH_EF + sizeof text);
	auth[7] = (uint8_t)(AEAD_TAG + sizeof text);
	assert_int_equal(
	    aead_seal(a, (struct octets){l->w->in, AUTH_AT},
		(struct octets){auth + 8, AEAD_NONCE},
		(struct octets){text, sizeof text}, auth + 8 + AEAD_NONCE),
	    0);
	ntsask_answered(l, len, 2);
}

/* A request that saves on its nonce has no room for all that it asks for. */
static void
short_nonce(void **state)
{
	struct ntsasklab *l = *state;
	size_t len = ntsask_request(l, 1) - 12, at = AUTH_AT + COOKIE_EF;
	uint8_t *auth = l->w->in + at;
	struct aead *a =
	    aead_set_key(&l->aeads, l->keys.aead, l->keys.c2s, l->keys.keylen);

	auth[3] = AUTH_EF - 12;
	auth[5] = 4;
	assert_int_equal(aead_seal(a, (struct octets){l->w->in, at},
			     (struct octets){auth + 8, 4},
			     (struct octets){auth, 0}, auth + 12),
	    0);
	ntsask_answered(l, len, 1);
}

/* --- keys come and go ----------------------------------------------------- */

static void
old_keys_still_open(void **state)
{
	struct ntsasklab *l = *state;
	const uint64_t *n = l->w->count.nts;

	for (int i = 0; i < 5; i++) {
		ntsask_answered(l, ntsask_request(l, 0), 1);
		ntsask_rotate(l, 5);
	}
	ntsask_refused(l, ntsask_request(l, 0));
	assert_int_equal(n[NTS_COOKIE_DECODE], 1);
	assert_int_equal(n[NTS_COOKIE_DECODE_OLD], 1);
	assert_int_equal(n[NTS_COOKIE_DECODE_OLD2], 1);
	assert_int_equal(n[NTS_COOKIE_DECODE_OLDER], 2);
	assert_int_equal(n[NTS_COOKIE_DECODE_TOO_OLD], 1);
	assert_int_equal(n[NTS_SERVER_RECV_BAD], 1);
	/* what a reply brings is of the key in force */
	ntsask_establish(l, AEAD_AES_SIV_CMAC_256);
	ntsask_answered(l, ntsask_request(l, 0), 1);
	l->cookie = l->got.cookie[0];
	ntsask_answered(l, ntsask_request(l, 0), 1);
	assert_int_equal(n[NTS_COOKIE_DECODE], 3);
}

static void
longer_cookie_keys(void **state)
{
	struct ntsasklab *l = *state;

	for (uint16_t id = 16; id <= 17; id++) {
		l->ring.key[0].aead = id;
		rng_fill(&l->rng, l->ring.key[0].key, aead_keylen(id));
		ntsask_jars_anew(l);
		ntsask_establish(l, AEAD_AES_SIV_CMAC_256);
		assert_int_equal(l->cookie.len, COOKIE);
		ntsask_answered(l, ntsask_request(l, 3), 4);
	}
}

static void
no_such_keys(void **state)
{
	static const uint8_t seed[NTS_SEED] = {7};
	struct nts_cookiekeys ring = {.n = 0};

	(void)state;
	assert_null(nts_jar_new(&ring, seed));
	ring.n = 1;
	ring.key[0].aead = 14;
	assert_null(nts_jar_new(&ring, seed));
	ring.n = NTS_KEYRING + 1;
	assert_null(nts_jar_new(&ring, seed));
}

/* Whoever makes no cookies answers as if the fields were not there. */
static void
no_server(void **state)
{
	struct ntsasklab *l = *state;

	nts_jar_free(&l->w->c.policy.nts);
	serverlab_plain(l->w, ntsask_request(l, 0));
	assert_int_equal(l->w->count.nts[NTS_COOKIE_NOT_SERVER], 1);
}

/* --- access --------------------------------------------------------------- */

static void
notrust_lets_in(void **state)
{
	struct ntsasklab *l = *state;

	l->w->res.flags = RES_NOTRUST;
	ntsask_answered(l, ntsask_request(l, 0), 1);
	l->keys.c2s[0] ^= 1;
	ntsask_refused(l, ntsask_request(l, 0));
	serverlab_request(l->w, 4, NTP_MODE_CLIENT);
	serverlab_dropped(l->w, HEADER, DROP_NOTRUST);
}

/* Who may not ask costs no cryptography. */
static void
access_first(void **state)
{
	struct ntsasklab *l = *state;

	l->w->res.flags = RES_NOSERVE;
	serverlab_dropped(l->w, ntsask_request(l, 0), DROP_NOSERVE);
	assert_int_equal(l->w->count.nts[NTS_COOKIE_DECODE], 0);
}

/* A kiss that is authentic, or none. */
static void
limited(void **state)
{
	struct ntsasklab *l = *state;
	unsigned kissed = 0;

	l->w->res.flags = RES_LIMITED | RES_KOD;
	for (int i = 0; i < 20; i++) {
		size_t len = ntsask_request(l, 0);

		if (serverlab_ask(l->w, len) != SERVER_REPLY)
			continue;
		assert_int_equal(ntsask_open_reply(l), NTS_GOOD);
		assert_int_equal(l->got.n, 1);
		kissed += l->w->reply.stratum == 0;
	}
	assert_true(kissed > 0);
	assert_int_equal(kissed, l->w->count.kodsent);
	l->keys.c2s[0] ^= 1;
	for (int i = 0; i < 20; i++)
		assert_int_equal(
		    serverlab_ask(l->w, ntsask_request(l, 0)), SERVER_DROP);
}

/* --- anything ------------------------------------------------------------- */

/* Fields of any kind in any order, authentic all the same. */
static size_t
any_request(struct ntsasklab *l)
{
	static const uint16_t types[] = {
	    NTS_UID, NTS_COOKIE, NTS_PLACEHOLDER, 0x2005};
	size_t at = HEADER, n = rng_below(&l->rng, 7);
	size_t len = ntsask_request(l, 0);

	for (size_t i = 0; i < n; i++) {
		size_t field = 16 + 4 * rng_below(&l->rng, 30);
		uint16_t type = types[rng_below(&l->rng, 4)];

		len = ntsask_insert(l, len, at, field);
		l->w->in[at] = (uint8_t)(type >> 8);
		l->w->in[at + 1] = (uint8_t)type;
		l->w->in[at + 2] = 0;
		l->w->in[at + 3] = (uint8_t)field;
		at = rng_below(&l->rng, 2) == 0 ? HEADER : AUTH_AT;
	}
	if (rng_below(&l->rng, 2) == 0)
		ntsask_sign_again(l, len);
	return len;
}

static void
reply_never_longer(void **state)
{
	struct ntsasklab *l = *state;

	for (int i = 0; i < 3000; i++) {
		size_t len = any_request(l);

		if (serverlab_ask(l->w, len) == SERVER_REPLY)
			assert_true(l->w->outlen <= len);
	}
	assert_true(l->w->count.nts[NTS_SERVER_SEND] > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    NTS_TEST(as_many_as_asked),
	    NTS_THREAT("L-cookies", cookies_are_new),
	    NTS_TEST(every_algorithm),
	    NTS_TEST(key_does_not_leave),
	    NTS_TEST(hidden_placeholders),
	    NTS_TEST(short_nonce),
	    NTS_TEST(old_keys_still_open),
	    NTS_TEST(longer_cookie_keys),
	    NTS_TEST(no_such_keys),
	    NTS_THREAT("CVE-2023-4012", no_server),
	    NTS_TEST(notrust_lets_in),
	    NTS_TEST(access_first),
	    NTS_TEST(limited),
	    NTS_THREAT("L-amplifier", reply_never_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
