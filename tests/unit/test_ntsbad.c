/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntsbad.c - a server with Network Time Security, asked badly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ntsasklab.h"
#include "threat.h"

static void
every_bit_counts(void **state)
{
	struct ntsasklab *l = *state;
	size_t len = ntsask_request(l, 1);
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
	struct ntsasklab *l = *state;

	l->cookie.octets[0] ^= 1;
	ntsask_refused(l, ntsask_request(l, 0));
	assert_int_equal(l->w->count.nts[NTS_COOKIE_DECODE_TOO_OLD], 1);
}

static void
cookie_of_another_maker(void **state)
{
	struct ntsasklab *l = *state;

	l->cookie.octets[COOKIE - 1] ^= 1;
	ntsask_refused(l, ntsask_request(l, 0));
	assert_int_equal(l->w->count.nts[NTS_COOKIE_DECODE_ERROR], 1);
	l->cookie.len = NTS_COOKIE_MAX;
	ntsask_refused(l, ntsask_request(l, 0));
	assert_int_equal(l->w->count.nts[NTS_COOKIE_DECODE_ERROR], 2);
}

static void
short_cookies(void **state)
{
	struct ntsasklab *l = *state;

	for (uint16_t len = 12; len < COOKIE; len += 4) {
		l->cookie.len = len;
		ntsask_refused(l, ntsask_request(l, 0));
	}
	for (uint16_t len = 0; len < 12; len++) {
		l->cookie.len = len;
		assert_int_equal(
		    serverlab_ask(l->w, ntsask_request(l, 0)), SERVER_DROP);
	}
}

static void
other_session(void **state)
{
	struct ntsasklab *l = *state;

	l->keys.c2s[0] ^= 1;
	ntsask_refused(l, ntsask_request(l, 0));
}

static void
two_cookies(void **state)
{
	struct ntsasklab *l = *state;
	size_t len = ntsask_insert(l, ntsask_request(l, 0), AUTH_AT, COOKIE_EF);

	memcpy(l->w->in + AUTH_AT, l->w->in + COOKIE_AT, COOKIE_EF);
	ntsask_sign_again(l, len);
	ntsask_dropped(l, len);
}

static void
two_identifiers(void **state)
{
	struct ntsasklab *l = *state;
	size_t len = ntsask_insert(l, ntsask_request(l, 0), COOKIE_AT, UID_EF);

	memcpy(l->w->in + COOKIE_AT, l->w->in + UID_AT, UID_EF);
	ntsask_sign_again(l, len);
	ntsask_dropped(l, len);
}

static void
placeholder_of_another_length(void **state)
{
	struct ntsasklab *l = *state;
	size_t len =
	    ntsask_insert(l, ntsask_request(l, 0), AUTH_AT, COOKIE_EF + 4);

	memset(l->w->in + AUTH_AT, 0, COOKIE_EF + 4);
	l->w->in[AUTH_AT] = 3;
	l->w->in[AUTH_AT + 1] = 4;
	l->w->in[AUTH_AT + 3] = COOKIE_EF + 4;
	ntsask_sign_again(l, len);
	ntsask_dropped(l, len);
}

/* However many are asked for. */
static void
hundred_placeholders(void **state)
{
	struct ntsasklab *l = *state;
	size_t small = 16, n = 80, len = ntsask_request(l, 0);

	len = ntsask_insert(l, len, AUTH_AT, n * small);
	for (size_t i = 0; i < n; i++) {
		memset(l->w->in + AUTH_AT + i * small, 0, small);
		l->w->in[AUTH_AT + i * small] = 3;
		l->w->in[AUTH_AT + i * small + 1] = 4;
		l->w->in[AUTH_AT + i * small + 3] = (uint8_t)small;
	}
	ntsask_sign_again(l, len);
	ntsask_dropped(l, len);
	len = ntsask_request(l, 9);
	assert_int_equal(len, PLAIN_LEN + 9 * COOKIE_EF);
	ntsask_answered(l, len, NTS_COOKIES);
}

static void
short_identifier(void **state)
{
	struct ntsasklab *l = *state;
	size_t len = ntsask_request(l, 0) - 16;

	memmove(l->w->in + UID_AT + 4 + 16, l->w->in + COOKIE_AT,
	    COOKIE_EF + AUTH_EF);
	l->w->in[UID_AT + 3] = 20;
	ntsask_sign_again(l, len);
	ntsask_dropped(l, len);
}

static void
long_identifier(void **state)
{
	struct ntsasklab *l = *state;
	size_t len = ntsask_insert(l, ntsask_request(l, 0), COOKIE_AT, 32);

	l->w->in[UID_AT + 3] = UID_EF + 32;
	ntsask_sign_again(l, len);
	assert_int_equal(serverlab_ask(l->w, len), SERVER_REPLY);
	assert_int_equal(l->w->outlen, len);
	assert_memory_equal(l->w->out + UID_AT, l->w->in + UID_AT, UID_EF + 32);
	len = ntsask_insert(l, len, COOKIE_AT, 4);
	l->w->in[UID_AT + 3] = UID_EF + 36;
	ntsask_sign_again(l, len);
	ntsask_dropped(l, len);
}

static void
missing_fields(void **state)
{
	struct ntsasklab *l = *state;
	size_t len = ntsask_request(l, 0);

	ntsask_dropped(l, AUTH_AT);
	ntsask_dropped(l, COOKIE_AT);
	memmove(l->w->in + UID_AT, l->w->in + COOKIE_AT, COOKIE_EF + AUTH_EF);
	ntsask_sign_again(l, len - UID_EF);
	ntsask_dropped(l, len - UID_EF);
	len = ntsask_request(l, 0);
	memmove(l->w->in + COOKIE_AT, l->w->in + AUTH_AT, AUTH_EF);
	ntsask_sign_again(l, len - COOKIE_EF);
	ntsask_dropped(l, len - COOKIE_EF);
}

static void
set_lengths(struct ntsasklab *l, unsigned nonce, unsigned sealed)
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
	struct ntsasklab *l = *state;
	size_t len = ntsask_request(l, 0);

	for (unsigned nonce = 0; nonce < 72; nonce++) {
		for (unsigned sealed = 0; sealed < 72; sealed++) {
			if (nonce == AEAD_NONCE && sealed == AEAD_TAG)
				continue;
			set_lengths(l, nonce, sealed);
			if (fits(nonce, sealed))
				ntsask_refused(l, len);
			else
				ntsask_dropped(l, len);
		}
	}
	for (unsigned huge = 65500; huge < 65536; huge++) {
		set_lengths(l, huge, 16);
		ntsask_dropped(l, len);
		set_lengths(l, 16, huge);
		ntsask_dropped(l, len);
	}
}

static void
something_behind(void **state)
{
	struct ntsasklab *l = *state;
	size_t len = ntsask_request(l, 0);

	memset(l->w->in + len, 0, 28);
	l->w->in[len] = 0x20;
	l->w->in[len + 3] = 28;
	ntsask_dropped(l, len + 28);
}

static void
with_a_mac(void **state)
{
	struct ntsasklab *l = *state;

	ntsask_dropped(l, serverlab_sign(l->w, 3, ntsask_request(l, 0)));
}

static void
not_in_mode_1(void **state)
{
	struct ntsasklab *l = *state;
	size_t len = ntsask_request(l, 0);

	l->w->in[0] = 0x21;
	ntsask_sign_again(l, len);
	ntsask_dropped(l, len);
}

/* Versions before 4 have no such fields: so many octets are no MAC. */
static void
not_in_version_3(void **state)
{
	struct ntsasklab *l = *state;
	size_t len = ntsask_request(l, 0);

	l->w->in[0] = 0x1b;
	ntsask_sign_again(l, len);
	serverlab_dropped(l->w, len, DROP_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
