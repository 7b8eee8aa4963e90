/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntsserver.c - a server with Network Time Security, asked well and badly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_ntsclient.h"
#include "ntp_ntscookie.h"
#include "ntp_ntsserver.h"
#include "ntp_rng.h"
#include "serverlab.h"
#include "threat.h"

#define HEADER	  NTP_HEADER_LEN
#define UID_AT	  HEADER
#define UID_EF	  (4 + NTS_UID_LEN)
#define COOKIE_AT (HEADER + UID_EF)
#define COOKIE	  104U
#define COOKIE_EF (4 + COOKIE)
#define AUTH_AT	  (COOKIE_AT + COOKIE_EF)
#define AUTH_EF	  40U
#define PLAIN_LEN (AUTH_AT + AUTH_EF) /* of a request without placeholders */

static const uint8_t seed[NTS_SEED] = {7};

struct lab {
	struct serverlab *w;
	struct nts_cookiekeys ring;
	struct nts_jar *ke; /* of who establishes keys */
	struct aead_set aeads;
	struct nts_keys keys;
	struct nts_ask ask;
	struct nts_cookie cookie;
	struct nts_cookies got;
	struct ntp_rng rng;
};

static struct lab lab;

static struct nts_cookiekey
cookie_key(uint32_t id)
{
	struct nts_cookiekey k = {.id = id, .aead = AEAD_AES_SIV_CMAC_256};

	rng_fill(&lab.rng, k.key, aead_keylen(k.aead));
	return k;
}

static void
jars_anew(struct lab *l)
{
	nts_jar_free(&l->ke);
	nts_jar_free(&l->w->c.policy.nts);
	l->ke = nts_jar_new(&l->ring, seed);
	assert_non_null(l->ke);
	l->w->c.policy.nts = nts_jar_copy(l->ke, seed);
	assert_non_null(l->w->c.policy.nts);
}

/* Another key is in force; KEEP of all are kept. */
static void
rotate(struct lab *l, size_t keep)
{
	memmove(&l->ring.key[1], &l->ring.key[0],
	    (NTS_KEYRING - 1) * sizeof l->ring.key[0]);
	l->ring.key[0] = cookie_key((uint32_t)rng_u64(&l->rng));
	l->ring.n = l->ring.n < keep ? l->ring.n + 1 : keep;
	jars_anew(l);
}

/* A session with algorithm AEAD. */
static void
establish(struct lab *l, uint16_t aead)
{
	l->keys.aead = aead;
	l->keys.keylen = (uint8_t)aead_keylen(aead);
	rng_fill(&l->rng, l->keys.c2s, l->keys.keylen);
	rng_fill(&l->rng, l->keys.s2c, l->keys.keylen);
	l->cookie.len = (uint16_t)nts_cookie_len(aead);
	assert_int_equal(nts_cookie_seal(l->ke, &l->keys, l->cookie.octets), 0);
}

static int
setup(void **state)
{
	void *w;

	memset(&lab, 0, sizeof lab);
	assert_int_equal(serverlab_setup(&w), 0);
	lab.w = w;
	rng_seed(&lab.rng, 8915);
	assert_int_equal(aead_set_init(&lab.aeads), 0);
	lab.ring.key[0] = cookie_key(0xfeed0001);
	lab.ring.n = 1;
	jars_anew(&lab);
	establish(&lab, AEAD_AES_SIV_CMAC_256);
	lab.ask.keys = &lab.keys;
	lab.ask.cookie = &lab.cookie;
	*state = &lab;
	return 0;
}

static int
teardown(void **state)
{
	struct lab *l = *state;
	void *w = l->w;

	nts_jar_free(&l->ke);
	nts_jar_free(&l->w->c.policy.nts);
	aead_set_fini(&l->aeads);
	return serverlab_teardown(&w);
}

/* A good request with so many placeholders into w->in; its length. */
static size_t
request(struct lab *l, unsigned placeholders)
{
	serverlab_request(l->w, 4, NTP_MODE_CLIENT);
	l->ask.placeholders = placeholders;
	rng_fill(&l->rng, l->ask.uid, sizeof l->ask.uid);
	rng_fill(&l->rng, l->ask.nonce, sizeof l->ask.nonce);
	return nts_client_seal(&l->aeads, &l->ask, l->w->in);
}

/* Authenticate anew the LEN octets of w->in, whose last field shall be the
 * authenticator. */
static void
sign_again(struct lab *l, size_t len)
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

/* Put N octets of room at offset AT. */
static size_t
insert(struct lab *l, size_t len, size_t at, size_t n)
{
	memmove(l->w->in + at + n, l->w->in + at, len - at);
	return len + n;
}

static enum nts_verdict
open_reply(struct lab *l)
{
	struct ext_tail t;

	assert_int_equal(ext_split(l->w->out, l->w->outlen, 4, &t), 0);
	return nts_client_open(
	    &l->aeads, &l->keys, l->ask.uid, l->w->out, &t, &l->got);
}

static void
answered(struct lab *l, size_t len, unsigned cookies)
{
	assert_int_equal(serverlab_ask(l->w, len), SERVER_REPLY);
	assert_true(l->w->outlen <= len);
	assert_int_equal(open_reply(l), NTS_GOOD);
	assert_int_equal(l->got.n, cookies);
	assert_int_equal(l->w->reply.stratum, 2);
	assert_true(l->w->reply.xmt.v >= T_SENT);
}

/* Told that its cookies are no good. */
static void
refused(struct lab *l, size_t len)
{
	const struct ntp_packet *r = &l->w->reply;
	uint64_t before = l->w->count.drop[DROP_NTSN];

	assert_int_equal(serverlab_ask(l->w, len), SERVER_REPLY);
	assert_int_equal(l->w->outlen, HEADER + UID_EF);
	assert_int_equal(open_reply(l), NTS_REFUSED);
	assert_int_equal(r->leap, NTP_LEAP_UNSYNC);
	assert_int_equal(r->stratum, 0);
	assert_int_equal(r->refid, NTS_KISS);
	assert_int_equal(r->org.v, T_REQ);
	assert_int_equal(l->w->count.drop[DROP_NTSN], before + 1);
}

static void
dropped(struct lab *l, size_t len)
{
	serverlab_dropped(l->w, len, DROP_NTS);
}

/* --- what is good --------------------------------------------------------- */

static void
as_many_as_asked(void **state)
{
	struct lab *l = *state;

	for (unsigned n = 0; n < NTS_COOKIES; n++) {
		size_t len = request(l, n);

		assert_int_equal(len, PLAIN_LEN + n * COOKIE_EF);
		answered(l, len, n + 1);
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
	struct lab *l = *state;
	struct nts_cookies first;

	answered(l, request(l, 7), 8);
	first = l->got;
	for (unsigned i = 0; i < first.n; i++) {
		assert_int_equal(first.cookie[i].len, COOKIE);
		for (unsigned k = 0; k < i; k++)
			assert_memory_not_equal(first.cookie[i].octets + 4,
			    first.cookie[k].octets + 4, 16);
		l->cookie = first.cookie[i];
		answered(l, request(l, 0), 1);
	}
}

static void
every_algorithm(void **state)
{
	struct lab *l = *state;
	static const size_t len_of[] = {104, 136, 168};

	for (uint16_t id = 15; id <= 17; id++) {
		establish(l, id);
		assert_int_equal(l->cookie.len, len_of[id - 15]);
		answered(l, request(l, 0), 1);
		assert_int_equal(l->got.cookie[0].len, len_of[id - 15]);
		answered(l, request(l, nts_placeholders(7, l->cookie.len)),
		    23U - id);
	}
}

/* T3 is written before the reply is sealed, so it verifies; and what waits to
 * be sealed never leaves. */
static void
key_does_not_leave(void **state)
{
	struct lab *l = *state;
	static const uint8_t none[NTS_REPLY_ROOM];

	answered(l, request(l, 0), 1);
	assert_memory_equal(l->w->out + NTS_REPLY_MAX, none, 72);
	l->w->out[l->w->outlen - 1] ^= 1;
	assert_int_equal(open_reply(l), NTS_FORGED);
}

static void
hidden_placeholders(void **state)
{
	struct lab *l = *state;
	uint8_t text[COOKIE_EF] = {3, 4, 0, COOKIE_EF};
	uint8_t *auth = l->w->in + AUTH_AT;
	size_t len = request(l, 0) + sizeof text;
	struct aead *a =
	    aead_set_key(&l->aeads, l->keys.aead, l->keys.c2s, l->keys.keylen);

	auth[3] = (uint8_t)(AUTH_EF + sizeof text);
	auth[7] = (uint8_t)(AEAD_TAG + sizeof text);
	assert_int_equal(
	    aead_seal(a, (struct octets){l->w->in, AUTH_AT},
		(struct octets){auth + 8, AEAD_NONCE},
		(struct octets){text, sizeof text}, auth + 8 + AEAD_NONCE),
	    0);
	answered(l, len, 2);
}

/* A request that saves on its nonce has no room for all that it asks for. */
static void
short_nonce(void **state)
{
	struct lab *l = *state;
	size_t len = request(l, 1) - 12, at = AUTH_AT + COOKIE_EF;
	uint8_t *auth = l->w->in + at;
	struct aead *a =
	    aead_set_key(&l->aeads, l->keys.aead, l->keys.c2s, l->keys.keylen);

	auth[3] = AUTH_EF - 12;
	auth[5] = 4;
	assert_int_equal(aead_seal(a, (struct octets){l->w->in, at},
			     (struct octets){auth + 8, 4},
			     (struct octets){auth, 0}, auth + 12),
	    0);
	answered(l, len, 1);
}

/* --- keys come and go ----------------------------------------------------- */

static void
old_keys_still_open(void **state)
{
	struct lab *l = *state;
	const uint64_t *n = l->w->count.nts;

	for (int i = 0; i < 5; i++) {
		answered(l, request(l, 0), 1);
		rotate(l, 5);
	}
	refused(l, request(l, 0));
	assert_int_equal(n[NTS_COOKIE_DECODE], 1);
	assert_int_equal(n[NTS_COOKIE_DECODE_OLD], 1);
	assert_int_equal(n[NTS_COOKIE_DECODE_OLD2], 1);
	assert_int_equal(n[NTS_COOKIE_DECODE_OLDER], 2);
	assert_int_equal(n[NTS_COOKIE_DECODE_TOO_OLD], 1);
	assert_int_equal(n[NTS_SERVER_RECV_BAD], 1);
	/* what a reply brings is of the key in force */
	establish(l, AEAD_AES_SIV_CMAC_256);
	answered(l, request(l, 0), 1);
	l->cookie = l->got.cookie[0];
	answered(l, request(l, 0), 1);
	assert_int_equal(n[NTS_COOKIE_DECODE], 3);
}

static void
longer_cookie_keys(void **state)
{
	struct lab *l = *state;

	for (uint16_t id = 16; id <= 17; id++) {
		l->ring.key[0].aead = id;
		rng_fill(&l->rng, l->ring.key[0].key, aead_keylen(id));
		jars_anew(l);
		establish(l, AEAD_AES_SIV_CMAC_256);
		assert_int_equal(l->cookie.len, COOKIE);
		answered(l, request(l, 3), 4);
	}
}

static void
no_such_keys(void **state)
{
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
	struct lab *l = *state;

	nts_jar_free(&l->w->c.policy.nts);
	serverlab_plain(l->w, request(l, 0));
	assert_int_equal(l->w->count.nts[NTS_COOKIE_NOT_SERVER], 1);
}

/* --- what is bad ---------------------------------------------------------- */

static void
every_bit_counts(void **state)
{
	struct lab *l = *state;
	size_t len = request(l, 1);
	uint8_t good[PLAIN_LEN + COOKIE_EF];

	memcpy(good, l->w->in, len);
	for (size_t bit = 16; bit < 8 * len; bit++) {
		memcpy(l->w->in, good, len);
		l->w->in[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (serverlab_ask(l->w, len) == SERVER_REPLY) {
			assert_int_equal(l->w->reply.stratum, 0);
			assert_int_equal(l->w->reply.refid, NTS_KISS);
		}
		assert_int_equal(l->w->count.nts[NTS_SERVER_SEND], 0);
	}
}

static void
unknown_cookie_key(void **state)
{
	struct lab *l = *state;

	l->cookie.octets[0] ^= 1;
	refused(l, request(l, 0));
	assert_int_equal(l->w->count.nts[NTS_COOKIE_DECODE_TOO_OLD], 1);
}

static void
cookie_of_another_maker(void **state)
{
	struct lab *l = *state;

	l->cookie.octets[COOKIE - 1] ^= 1;
	refused(l, request(l, 0));
	assert_int_equal(l->w->count.nts[NTS_COOKIE_DECODE_ERROR], 1);
	l->cookie.len = NTS_COOKIE_MAX;
	refused(l, request(l, 0));
	assert_int_equal(l->w->count.nts[NTS_COOKIE_DECODE_ERROR], 2);
}

static void
short_cookies(void **state)
{
	struct lab *l = *state;

	for (uint16_t len = 12; len < COOKIE; len += 4) {
		l->cookie.len = len;
		refused(l, request(l, 0));
	}
	for (uint16_t len = 0; len < 12; len++) {
		l->cookie.len = len;
		assert_int_equal(
		    serverlab_ask(l->w, request(l, 0)), SERVER_DROP);
	}
}

static void
other_session(void **state)
{
	struct lab *l = *state;

	l->keys.c2s[0] ^= 1;
	refused(l, request(l, 0));
}

static void
two_cookies(void **state)
{
	struct lab *l = *state;
	size_t len = insert(l, request(l, 0), AUTH_AT, COOKIE_EF);

	memcpy(l->w->in + AUTH_AT, l->w->in + COOKIE_AT, COOKIE_EF);
	sign_again(l, len);
	dropped(l, len);
}

static void
two_identifiers(void **state)
{
	struct lab *l = *state;
	size_t len = insert(l, request(l, 0), COOKIE_AT, UID_EF);

	memcpy(l->w->in + COOKIE_AT, l->w->in + UID_AT, UID_EF);
	sign_again(l, len);
	dropped(l, len);
}

static void
placeholder_of_another_length(void **state)
{
	struct lab *l = *state;
	size_t len = insert(l, request(l, 0), AUTH_AT, COOKIE_EF + 4);

	memset(l->w->in + AUTH_AT, 0, COOKIE_EF + 4);
	l->w->in[AUTH_AT] = 3;
	l->w->in[AUTH_AT + 1] = 4;
	l->w->in[AUTH_AT + 3] = COOKIE_EF + 4;
	sign_again(l, len);
	dropped(l, len);
}

/* However many are asked for. */
static void
hundred_placeholders(void **state)
{
	struct lab *l = *state;
	size_t small = 16, n = 80, len = request(l, 0);

	len = insert(l, len, AUTH_AT, n * small);
	for (size_t i = 0; i < n; i++) {
		memset(l->w->in + AUTH_AT + i * small, 0, small);
		l->w->in[AUTH_AT + i * small] = 3;
		l->w->in[AUTH_AT + i * small + 1] = 4;
		l->w->in[AUTH_AT + i * small + 3] = (uint8_t)small;
	}
	sign_again(l, len);
	dropped(l, len);
	len = request(l, 9);
	assert_int_equal(len, PLAIN_LEN + 9 * COOKIE_EF);
	answered(l, len, NTS_COOKIES);
}

static void
short_identifier(void **state)
{
	struct lab *l = *state;
	size_t len = request(l, 0) - 16;

	memmove(l->w->in + UID_AT + 4 + 16, l->w->in + COOKIE_AT,
	    COOKIE_EF + AUTH_EF);
	l->w->in[UID_AT + 3] = 20;
	sign_again(l, len);
	dropped(l, len);
}

static void
long_identifier(void **state)
{
	struct lab *l = *state;
	size_t len = insert(l, request(l, 0), COOKIE_AT, 32);

	l->w->in[UID_AT + 3] = UID_EF + 32;
	sign_again(l, len);
	assert_int_equal(serverlab_ask(l->w, len), SERVER_REPLY);
	assert_int_equal(l->w->outlen, len);
	assert_memory_equal(l->w->out + UID_AT, l->w->in + UID_AT, UID_EF + 32);
	len = insert(l, len, COOKIE_AT, 4);
	l->w->in[UID_AT + 3] = UID_EF + 36;
	sign_again(l, len);
	dropped(l, len);
}

static void
missing_fields(void **state)
{
	struct lab *l = *state;
	size_t len = request(l, 0);

	dropped(l, AUTH_AT);
	dropped(l, COOKIE_AT);
	memmove(l->w->in + UID_AT, l->w->in + COOKIE_AT, COOKIE_EF + AUTH_EF);
	sign_again(l, len - UID_EF);
	dropped(l, len - UID_EF);
	len = request(l, 0);
	memmove(l->w->in + COOKIE_AT, l->w->in + AUTH_AT, AUTH_EF);
	sign_again(l, len - COOKIE_EF);
	dropped(l, len - COOKIE_EF);
}

static void
set_lengths(struct lab *l, unsigned nonce, unsigned sealed)
{
	uint8_t *at = l->w->in + AUTH_AT + 4;

	at[0] = (uint8_t)(nonce >> 8);
	at[1] = (uint8_t)nonce;
	at[2] = (uint8_t)(sealed >> 8);
	at[3] = (uint8_t)sealed;
}

/* Into the authenticator of a plain request, however wrong. */
static bool
fits(unsigned nonce, unsigned sealed)
{
	return nonce > 0 && sealed >= AEAD_TAG &&
	    (nonce + 3) / 4 * 4 + (sealed + 3) / 4 * 4 <= AUTH_EF - 8;
}

static void
bad_authenticator(void **state)
{
	struct lab *l = *state;
	size_t len = request(l, 0);

	for (unsigned nonce = 0; nonce < 72; nonce++) {
		for (unsigned sealed = 0; sealed < 72; sealed++) {
			if (nonce == AEAD_NONCE && sealed == AEAD_TAG)
				continue;
			set_lengths(l, nonce, sealed);
			if (fits(nonce, sealed))
				refused(l, len);
			else
				dropped(l, len);
		}
	}
	for (unsigned huge = 65500; huge < 65536; huge++) {
		set_lengths(l, huge, 16);
		dropped(l, len);
		set_lengths(l, 16, huge);
		dropped(l, len);
	}
}

static void
something_behind(void **state)
{
	struct lab *l = *state;
	size_t len = request(l, 0);

	memset(l->w->in + len, 0, 28);
	l->w->in[len] = 0x20;
	l->w->in[len + 3] = 28;
	dropped(l, len + 28);
}

static void
with_a_mac(void **state)
{
	struct lab *l = *state;

	dropped(l, serverlab_sign(l->w, 3, request(l, 0)));
}

static void
not_in_mode_1(void **state)
{
	struct lab *l = *state;
	size_t len = request(l, 0);

	l->w->in[0] = 0x21;
	sign_again(l, len);
	dropped(l, len);
}

/* Versions before 4 have no such fields: so many octets are no MAC. */
static void
not_in_version_3(void **state)
{
	struct lab *l = *state;
	size_t len = request(l, 0);

	l->w->in[0] = 0x1b;
	sign_again(l, len);
	serverlab_dropped(l->w, len, DROP_FORMAT);
}

/* --- access --------------------------------------------------------------- */

static void
notrust_lets_in(void **state)
{
	struct lab *l = *state;

	l->w->res.flags = RES_NOTRUST;
	answered(l, request(l, 0), 1);
	l->keys.c2s[0] ^= 1;
	refused(l, request(l, 0));
	serverlab_request(l->w, 4, NTP_MODE_CLIENT);
	serverlab_dropped(l->w, HEADER, DROP_NOTRUST);
}

/* Who may not ask costs no cryptography. */
static void
access_first(void **state)
{
	struct lab *l = *state;

	l->w->res.flags = RES_NOSERVE;
	serverlab_dropped(l->w, request(l, 0), DROP_NOSERVE);
	assert_int_equal(l->w->count.nts[NTS_COOKIE_DECODE], 0);
}

/* A kiss that is authentic, or none. */
static void
limited(void **state)
{
	struct lab *l = *state;
	unsigned kissed = 0;

	l->w->res.flags = RES_LIMITED | RES_KOD;
	for (int i = 0; i < 20; i++) {
		size_t len = request(l, 0);

		if (serverlab_ask(l->w, len) != SERVER_REPLY)
			continue;
		assert_int_equal(open_reply(l), NTS_GOOD);
		assert_int_equal(l->got.n, 1);
		kissed += l->w->reply.stratum == 0;
	}
	assert_true(kissed > 0);
	assert_int_equal(kissed, l->w->count.kodsent);
	l->keys.c2s[0] ^= 1;
	for (int i = 0; i < 20; i++)
		assert_int_equal(
		    serverlab_ask(l->w, request(l, 0)), SERVER_DROP);
}

/* --- anything ------------------------------------------------------------- */

/* Fields of any kind in any order, authentic all the same. */
static size_t
any_request(struct lab *l)
{
	static const uint16_t types[] = {
	    NTS_UID, NTS_COOKIE, NTS_PLACEHOLDER, 0x2005};
	size_t at = HEADER, n = rng_below(&l->rng, 7);
	size_t len = request(l, 0);

	for (size_t i = 0; i < n; i++) {
		size_t field = 16 + 4 * rng_below(&l->rng, 30);
		uint16_t type = types[rng_below(&l->rng, 4)];

		len = insert(l, len, at, field);
		l->w->in[at] = (uint8_t)(type >> 8);
		l->w->in[at + 1] = (uint8_t)type;
		l->w->in[at + 2] = 0;
		l->w->in[at + 3] = (uint8_t)field;
		at = rng_below(&l->rng, 2) == 0 ? HEADER : AUTH_AT;
	}
	if (rng_below(&l->rng, 2) == 0)
		sign_again(l, len);
	return len;
}

static void
reply_never_longer(void **state)
{
	struct lab *l = *state;

	for (int i = 0; i < 3000; i++) {
		size_t len = any_request(l);

		if (serverlab_ask(l->w, len) == SERVER_REPLY)
			assert_true(l->w->outlen <= len);
	}
	assert_true(l->w->count.nts[NTS_SERVER_SEND] > 100);
}

#define NTS_THREAT(id, name) THREAT_IN(id, name, setup, teardown)
#define NTS_TEST(name)	     cmocka_unit_test_setup_teardown(name, setup, teardown)

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
	    NTS_THREAT("L-tamper", every_bit_counts),
	    NTS_TEST(unknown_cookie_key),
	    NTS_TEST(cookie_of_another_maker),
	    NTS_THREAT("CVE-2023-33192", short_cookies),
	    NTS_TEST(other_session),
	    NTS_TEST(two_cookies),
	    NTS_TEST(two_identifiers),
	    NTS_TEST(placeholder_of_another_length),
	    NTS_THREAT("CVE-2026-26076", hundred_placeholders),
	    NTS_TEST(short_identifier),
	    NTS_TEST(long_identifier),
	    NTS_TEST(missing_fields),
	    NTS_THREAT("L-lengths", bad_authenticator),
	    NTS_TEST(something_behind),
	    NTS_TEST(with_a_mac),
	    NTS_TEST(not_in_mode_1),
	    NTS_TEST(not_in_version_3),
	    NTS_TEST(notrust_lets_in),
	    NTS_TEST(access_first),
	    NTS_TEST(limited),
	    NTS_THREAT("L-amplifier", reply_never_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
