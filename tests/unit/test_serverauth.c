/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_serverauth.c - replies to client requests: keys, access list, kisses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ntp_rng.h"
#include "serverlab.h"

static void
test_reply_has_the_same_key(void **state)
{
	struct serverlab *w = *state;

	for (unsigned v = 3; v <= 4; v++) {
		for (uint32_t key = 1; key <= 3; key++) {
			serverlab_request(w, v, NTP_MODE_CLIENT);
			size_t len = serverlab_sign(w, key, 48);

			assert_int_equal(serverlab_ask(w, len), SERVER_REPLY);
			assert_int_equal(w->outlen, len);
			assert_int_equal(w->out[51], key);
			assert_int_equal(
			    keys_verify(w->keys, w->out, 48, len - 48), 0);
			assert_true(w->reply.xmt.v == T_SENT);
		}
	}
}

/* chrony asks in version 3 where a digest is longer than version 4 has room
 * for; the answer is as long, and not a bit longer. */
static void
test_whole_digests_of_version3(void **state)
{
	struct serverlab *w = *state;
	size_t len = 48;

	serverlab_request(w, 3, NTP_MODE_CLIENT);
	assert_int_equal(
	    keys_sign_whole(w->keys, 5, w->in, sizeof w->in, &len), 0);
	assert_int_equal(len, 48 + 4 + 32);
	assert_int_equal(serverlab_ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, len);
	assert_int_equal(keys_verify(w->keys, w->out, 48, len - 48), 0);
	/* cut anywhere between the two lengths it is nothing */
	for (size_t n = 48 + 28; n < len; n += 4) {
		w->src.ip[3]++;
		assert_int_equal(serverlab_ask(w, n), SERVER_REPLY);
		assert_int_equal(w->outlen, 52);
	}
}

static void
test_mac_covers_extension_fields(void **state)
{
	struct serverlab *w = *state;
	size_t len;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	memset(w->in + 48, 0, 16);
	w->in[48] = 0xf5;
	w->in[51] = 16;
	len = serverlab_sign(w, 1, 48 + 16);
	assert_int_equal(serverlab_ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, 68);
	w->src.ip[3]++;
	w->in[60] ^= 1;
	assert_int_equal(serverlab_ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, 52);
}

static void
assert_crypto_nak(struct serverlab *w, size_t len)
{
	static const uint8_t zeros[4] = {0};

	w->src.ip[3]++; /* the rate limit knows nobody yet */
	assert_int_equal(serverlab_ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, 52);
	assert_memory_equal(w->out + 48, zeros, 4);
	assert_true(w->reply.org.v == T_REQ);
}

static void
test_bad_mac_gets_crypto_nak(void **state)
{
	struct serverlab *w = *state;
	static const uint32_t ids[] = {0, 4, 9, 65535, 65536, 0xffffffff};
	size_t len;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	len = serverlab_sign(w, 1, 48);
	w->in[60] ^= 1;
	assert_crypto_nak(w, len);
	serverlab_request(w, 4, NTP_MODE_ACTIVE);
	assert_crypto_nak(w, len);
	assert_int_equal(w->reply.mode, NTP_MODE_PASSIVE);
	for (size_t i = 0; i < 6; i++) {
		serverlab_request(w, 4, NTP_MODE_CLIENT);
		for (int k = 0; k < 4; k++)
			w->in[48 + k] = (uint8_t)(ids[i] >> (24 - 8 * k));
		assert_crypto_nak(w, 68);
	}
	w->c.policy.keys = NULL;
	assert_crypto_nak(w, 68);
	assert_int_equal(w->count.processed, 0);
	assert_int_equal(w->count.drop[DROP_BADAUTH], 9);
}

/* The right key but a cut or padded digest. */
static void
test_mac_of_wrong_length(void **state)
{
	struct serverlab *w = *state;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	assert_int_equal(serverlab_sign(w, 2, 48), 72);
	assert_crypto_nak(w, 68);
	serverlab_request(w, 4, NTP_MODE_CLIENT);
	assert_int_equal(serverlab_sign(w, 1, 48), 68);
	memset(w->in + 68, 0, 4);
	assert_crypto_nak(w, 72);
	serverlab_request(w, 3, NTP_MODE_CLIENT);
	assert_int_equal(serverlab_sign(w, 1, 48), 68);
	assert_crypto_nak(w, 60);
}

static void
test_crypto_naks_are_rate_limited(void **state)
{
	struct serverlab *w = *state;
	unsigned naks = 0;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	memset(w->in + 48, 7, 20);
	for (int i = 0; i < 100; i++)
		naks += serverlab_ask(w, 68) == SERVER_REPLY;
	assert_int_equal(naks, 1);
	assert_int_equal(w->count.drop[DROP_BADAUTH], 100);
	/* Nobody else pays for it. */
	serverlab_request(w, 4, NTP_MODE_CLIENT);
	serverlab_plain(w, 48);
	mru_free(&w->c.mru);
	serverlab_dropped(w, 68, DROP_BADAUTH);
	serverlab_plain(w, 48);
}

static void
test_crypto_nak_is_not_answered(void **state)
{
	struct serverlab *w = *state;

	memset(w->in + 48, 0, 4);
	for (unsigned mode = 0; mode <= 7; mode++) {
		serverlab_request(w, 4, mode);
		assert_int_not_equal(serverlab_ask(w, 52), SERVER_REPLY);
	}
	assert_int_equal(w->count.drop[DROP_CRYPTONAK], 2);
}

/* What follows the header of versions 1 and 2 is no MAC of ours. */
static void
test_old_authenticators_are_ignored(void **state)
{
	struct serverlab *w = *state;

	for (unsigned v = 1; v <= 2; v++) {
		serverlab_request(w, v, NTP_MODE_CLIENT);
		serverlab_plain(w, serverlab_sign(w, 1, 48));
		memset(w->in + 48, 5, 12);
		serverlab_plain(w, 60);
	}
}

static void
test_notrust(void **state)
{
	struct serverlab *w = *state;
	size_t len;

	w->res.flags = RES_NOTRUST;
	serverlab_request(w, 4, NTP_MODE_CLIENT);
	serverlab_dropped(w, 48, DROP_NOTRUST);
	len = serverlab_sign(w, 1, 48);
	assert_int_equal(serverlab_ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, 68);
	serverlab_request(w, 2, NTP_MODE_CLIENT);
	serverlab_dropped(w, serverlab_sign(w, 1, 48), DROP_NOTRUST);
}

/* A member of a Windows domain: account, and a digest of zeros. */
static void
test_mssntp(void **state)
{
	struct serverlab *w = *state;

	serverlab_request(w, 3, NTP_MODE_CLIENT);
	memcpy(w->in + 48, "\x50\x04\0\0", 4);
	w->res.flags = RES_MSSNTP;
	assert_crypto_nak(w, 68); /* nobody signs */
	w->c.policy.signd_there = true;
	assert_int_equal(serverlab_ask(w, 68), SERVER_REPLY);
	assert_true(w->c.answer.ask_signd);
	assert_int_equal(w->c.answer.reply_key, 0x50040000);
	assert_int_equal(w->outlen, 48);
	w->in[67] = 1; /* a real digest */
	assert_crypto_nak(w, 68);
	assert_false(w->c.answer.ask_signd);
	w->in[67] = 0;
	w->res.flags = RES_MSSNTP | RES_NOTRUST;
	assert_crypto_nak(w, 68);
	w->res.flags = 0;
	assert_crypto_nak(w, 68);
	serverlab_request(w, 3, NTP_MODE_ACTIVE);
	w->res.flags = RES_MSSNTP;
	assert_crypto_nak(w, 68);
}

/* --- access list and rate limit ------------------------------------------- */

static void
test_restrictions(void **state)
{
	struct serverlab *w = *state;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	w->res.flags = RES_IGNORE;
	serverlab_dropped(w, 48, DROP_IGNORE);
	w->res.flags = RES_NOSERVE;
	serverlab_dropped(w, 48, DROP_NOSERVE);
	w->res.flags = RES_NOQUERY | RES_NOMODIFY | RES_NOPEER | RES_NOTRAP |
	    RES_NOEPEER | RES_NOMRULIST | RES_KOD;
	serverlab_plain(w, 48);
	w->res.flags = RES_VERSION;
	serverlab_plain(w, 48);
	serverlab_request(w, 3, NTP_MODE_CLIENT);
	serverlab_dropped(w, 48, DROP_VERSION);
	/* Also for what the engine would see. */
	serverlab_request(w, 4, NTP_MODE_CONTROL);
	w->res.flags = RES_IGNORE;
	serverlab_dropped(w, 48, DROP_IGNORE);
}

static void
test_flake_drops_one_in_ten(void **state)
{
	struct serverlab *w = *state;
	struct ntp_rng r;

	rng_seed(&r, 5);
	serverlab_request(w, 4, NTP_MODE_CLIENT);
	w->res.flags = RES_FLAKE;
	for (int i = 0; i < 10000; i++) {
		w->rnd = (uint32_t)rng_u64(&r);
		serverlab_ask(w, 48);
	}
	assert_in_range(w->count.drop[DROP_FLAKE], 850, 1150);
	assert_int_equal(w->count.drop[DROP_FLAKE] + w->count.processed, 10000);
}

static void
test_limited_is_silent(void **state)
{
	struct serverlab *w = *state;

	w->res.flags = RES_LIMITED;
	serverlab_request(w, 4, NTP_MODE_CLIENT);
	serverlab_plain(w, 48);
	for (int i = 0; i < 3; i++)
		serverlab_dropped(w, 48, DROP_LIMITED);
	assert_int_equal(w->count.kodsent, 0);
	w->rnd = 4; /* luck */
	serverlab_plain(w, 48);
}

static void
test_unlimited_burst_is_answered(void **state)
{
	struct serverlab *w = *state;

	w->res.flags = RES_KOD;
	serverlab_request(w, 4, NTP_MODE_CLIENT);
	for (int i = 0; i < 20; i++)
		serverlab_plain(w, 48);
	assert_int_equal(mru_depth(w->c.mru), 1);
	assert_int_equal(mru_newest(w->c.mru)->count, 20);
	assert_int_equal(mru_newest(w->c.mru)->modever, 35);
}

static void
request_full(struct serverlab *w, unsigned mode)
{
	struct ntp_packet p = {.version = 3,
	    .mode = (uint8_t)mode,
	    .stratum = 5,
	    .poll = 7,
	    .precision = -18,
	    .rootdelay = 0x1234,
	    .rootdisp = 0x5678,
	    .refid = 0x01020304,
	    .reftime = {0x1111111122222222U},
	    .org = {1},
	    .rec = {2},
	    .xmt = {T_REQ}};

	packet_encode(&p, w->in);
}

static void
test_kiss(void **state)
{
	struct serverlab *w = *state;
	const struct ntp_packet *r = &w->reply;

	w->res.flags = RES_LIMITED | RES_KOD;
	request_full(w, NTP_MODE_CLIENT);
	serverlab_plain(w, 48);
	serverlab_plain(w, 48);
	assert_int_equal(w->out[0], 0xdc);
	assert_int_equal(r->stratum, 0);
	assert_int_equal(r->poll, 7);
	assert_int_equal(r->precision, -18);
	assert_int_equal(r->rootdelay, 0x1234);
	assert_int_equal(r->rootdisp, 0x5678);
	assert_memory_equal(w->out + 12, "RATE", 4);
	assert_true(r->reftime.v == 0x1111111122222222U);
	assert_true(r->org.v == T_REQ);
	assert_true(r->rec.v == T_REQ);
	assert_true(r->xmt.v == T_REQ);
	assert_int_equal(w->count.kodsent, 1);
	assert_int_equal(w->count.drop[DROP_KOD], 1);
	assert_int_equal(w->count.processed, 1);
	serverlab_dropped(w, 48, DROP_LIMITED);
}

static void
test_kiss_is_signed_and_in_mode2(void **state)
{
	struct serverlab *w = *state;
	size_t len;

	w->res.flags = RES_LIMITED | RES_KOD;
	request_full(w, NTP_MODE_ACTIVE);
	len = serverlab_sign(w, 1, 48);
	assert_int_equal(serverlab_ask(w, len), SERVER_REPLY);
	assert_int_equal(serverlab_ask(w, len), SERVER_REPLY);
	assert_int_equal(w->out[0], 0xda);
	assert_int_equal(w->outlen, 68);
	assert_int_equal(keys_verify(w->keys, w->out, 48, 20), 0);
	assert_true(w->reply.xmt.v == T_REQ);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SERVER_TEST(test_reply_has_the_same_key),
	    SERVER_TEST(test_whole_digests_of_version3),
	    SERVER_TEST(test_mac_covers_extension_fields),
	    SERVER_TEST(test_bad_mac_gets_crypto_nak),
	    SERVER_TEST(test_mac_of_wrong_length),
	    SERVER_TEST(test_crypto_naks_are_rate_limited),
	    SERVER_TEST(test_crypto_nak_is_not_answered),
	    SERVER_TEST(test_old_authenticators_are_ignored),
	    SERVER_TEST(test_notrust),
	    SERVER_TEST(test_mssntp),
	    SERVER_TEST(test_restrictions),
	    SERVER_TEST(test_flake_drops_one_in_ten),
	    SERVER_TEST(test_limited_is_silent),
	    SERVER_TEST(test_unlimited_burst_is_answered),
	    SERVER_TEST(test_kiss),
	    SERVER_TEST(test_kiss_is_signed_and_in_mode2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
