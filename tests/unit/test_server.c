/* SPDX-License-Identifier: BSD-2-Clause */
/* test_server.c - replies to client requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ntp_packet.h"
#include "ntp_rng.h"
#include "ntp_server.h"

#define UNLUCKY 0xffffffffU /* neither flake nor leak */
#define T_REQ	0xe8aa5b0012345678U
#define T_RX	0xe8aa5b0080000000U
#define T_SENT	0xe8aa5b0080010000U

struct world {
	struct server_ctx c;
	struct server_counters count;
	struct ntp_addr src, dst;
	struct restrict_entry res;
	struct keystore *keys;
	struct ntp_now now;
	uint32_t rnd;
	uint8_t in[1024];
	uint8_t out[NTP_REPLY_MAX];
	size_t outlen;
	struct ntp_packet reply;
};

static int
setup(void **state)
{
	static const char text[] = "1 MD5 ntpsecretkey\n"
				   "2 SHA1 ntpsecretkey\n"
				   "3 AES128CMAC "
				   "2b7e151628aed2a6abf7158809cf4f3c\n"
				   "5 SHA256 ntpsecretkey\n"
				   "9 MD5 nottrusted\n";
	static const struct mru_param mp = {
	    .entries = 100, .average = 3, .minimum = 2, .leak_log2 = 2};
	static const uint8_t seed[16] = {1};
	static struct world w;

	memset(&w, 0, sizeof w);
	w.keys = keys_new();
	assert_non_null(w.keys);
	assert_int_equal(keys_parse(w.keys, text, strlen(text), NULL, NULL), 5);
	assert_int_equal(keys_trust(w.keys, 1, 5), 0);
	w.c.keys = w.keys;
	w.c.mru = mru_new(&mp, seed);
	w.c.count = &w.count;
	w.c.kod_poll = 3;
	w.c.snap = (struct ntp_snapshot){
	    .reftime = {0xe8aa5a0000000000U},
	    .base = {T_RX},
	    .rootdelay = 0.025,
	    .rootdisp = 0.010,
	    .refid = 0xc0000201,
	    .stratum = 2,
	    .precision = -23,
	};
	w.src = (struct ntp_addr){{192, 0, 2, 7}, 0, 40000, ADDR_V4};
	w.dst = (struct ntp_addr){{192, 0, 2, 1}, 0, 123, ADDR_V4};
	w.now = (struct ntp_now){{T_RX}, {1000}};
	w.rnd = UNLUCKY;
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	keys_free(&w->keys);
	mru_free(&w->c.mru);
	return 0;
}

static void
request(struct world *w, unsigned version, unsigned mode)
{
	struct ntp_packet p = {.leap = 3,
	    .version = (uint8_t)version,
	    .mode = (uint8_t)mode,
	    .poll = 6,
	    .precision = -20,
	    .xmt = {T_REQ}};

	packet_encode(&p, w->in);
}

static enum server_verdict
ask(struct world *w, size_t len)
{
	struct recvbuf rb = {.src = &w->src,
	    .dst = &w->dst,
	    .rx_time = {T_RX},
	    .data = w->in,
	    .len = len};
	enum server_verdict v;

	memset(w->out, 0xee, sizeof w->out);
	w->outlen = 0;
	w->c.rnd = w->rnd;
	v = server_reply(&w->c, &rb, &w->res, w->now, w->out, &w->outlen);
	if (v != SERVER_REPLY)
		return v;
	server_seal(&w->c, w->out, &w->outlen, (ntp_ts){T_SENT});
	assert_int_equal(packet_decode(w->out, w->outlen, &w->reply), 0);
	return v;
}

static void
assert_dropped(struct world *w, size_t len, enum ntp_drop why)
{
	uint64_t before = w->count.drop[why];

	assert_int_equal(ask(w, len), SERVER_DROP);
	assert_int_equal(w->count.drop[why], before + 1);
}

static void
assert_plain_reply(struct world *w, size_t len)
{
	assert_int_equal(ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, NTP_HEADER_LEN);
}

/* --- header --------------------------------------------------------------- */

static void
test_every_version_is_echoed(void **state)
{
	struct world *w = *state;

	for (unsigned v = 1; v <= 4; v++) {
		request(w, v, NTP_MODE_CLIENT);
		assert_plain_reply(w, 48);
		assert_int_equal(w->out[0], v << 3 | NTP_MODE_SERVER);
	}
	assert_int_equal(w->count.thisver, 1);
	assert_int_equal(w->count.oldver, 3);
	assert_int_equal(w->count.processed, 4);
}

static void
test_unknown_versions_are_dropped(void **state)
{
	struct world *w = *state;
	static const unsigned bad[] = {0, 5, 6, 7};

	for (size_t i = 0; i < 4; i++) {
		request(w, bad[i], NTP_MODE_CLIENT);
		assert_dropped(w, 48, DROP_VERSION);
	}
}

static void
test_reply_fields(void **state)
{
	struct world *w = *state;
	const struct ntp_packet *r = &w->reply;

	request(w, 4, NTP_MODE_CLIENT);
	assert_plain_reply(w, 48);
	assert_int_equal(r->leap, NTP_LEAP_NONE);
	assert_int_equal(r->stratum, 2);
	assert_int_equal(r->poll, 6);
	assert_int_equal(r->precision, -23);
	assert_int_equal(r->rootdelay, 1638); /* 0.025 s */
	assert_in_range(r->rootdisp, 655, 656);
	assert_int_equal(r->refid, 0xc0000201);
	assert_true(r->reftime.v == 0xe8aa5a0000000000U);
	assert_true(r->org.v == T_REQ);
	assert_true(r->rec.v == (T_RX | 1));
	assert_true(r->xmt.v == T_SENT);
}

/* A request of nothing but zeros after the first octet is a good request. */
static void
test_sntp_client_without_timestamp(void **state)
{
	struct world *w = *state;

	w->in[0] = 0x1b;
	assert_plain_reply(w, 48);
	assert_true(ts_is_zero(w->reply.org));
	assert_int_equal(w->reply.poll, 3);
}

static void
test_unsynchronized(void **state)
{
	struct world *w = *state;

	w->c.snap.stratum = NTP_MAXSTRAT;
	w->c.snap.refid = refid_from_text("INIT");
	request(w, 2, NTP_MODE_CLIENT);
	assert_plain_reply(w, 48);
	assert_int_equal(w->out[0], 0xd4);
	assert_int_equal(w->reply.stratum, 0);
	assert_memory_equal(w->out + 12, "INIT", 4);
}

static void
test_leap_is_told(void **state)
{
	struct world *w = *state;

	for (unsigned leap = 0; leap <= 3; leap++) {
		w->c.snap.leap = (uint8_t)leap;
		request(w, 4, NTP_MODE_CLIENT);
		assert_plain_reply(w, 48);
		assert_int_equal(w->reply.leap, leap);
	}
}

static void
test_poll_is_the_larger(void **state)
{
	struct world *w = *state;
	static const int8_t in[] = {-128, -6, 0, 3, 4, 6, 17, 127};
	static const int8_t out[] = {3, 3, 3, 3, 4, 6, 17, 127};

	for (size_t i = 0; i < sizeof in; i++) {
		request(w, 4, NTP_MODE_CLIENT);
		w->in[2] = (uint8_t)in[i];
		assert_plain_reply(w, 48);
		assert_int_equal(w->reply.poll, out[i]);
	}
}

static void
test_rootdisp_grows(void **state)
{
	struct world *w = *state;

	request(w, 4, NTP_MODE_CLIENT);
	w->now.sys = ts_add(w->c.snap.base, 1000);
	assert_plain_reply(w, 48);
	/* 0.010 + 1000 * 15e-6 = 0.025 s */
	assert_in_range(w->reply.rootdisp, 1638, 1639);
	/* The clock was set back: it does not shrink. */
	w->now.sys = ts_add(w->c.snap.base, -1000);
	assert_plain_reply(w, 48);
	assert_in_range(w->reply.rootdisp, 655, 656);
}

static void
test_root_values_are_clamped(void **state)
{
	struct world *w = *state;

	request(w, 4, NTP_MODE_CLIENT);
	w->c.snap.rootdelay = -1e-3;
	w->c.snap.rootdisp = 1e9;
	assert_plain_reply(w, 48);
	assert_int_equal(w->reply.rootdelay, 0);
	assert_int_equal(w->reply.rootdisp, 0xffffffff);
}

static void
test_transmit_never_before_receive(void **state)
{
	struct world *w = *state;

	request(w, 4, NTP_MODE_CLIENT);
	assert_plain_reply(w, 48);
	server_seal(&w->c, w->out, &w->outlen, (ntp_ts){T_RX - 5});
	assert_int_equal(packet_decode(w->out, w->outlen, &w->reply), 0);
	assert_true(w->reply.xmt.v == (T_RX | 1) + 1);
}

static void
test_smear(void **state)
{
	struct world *w = *state;

	w->c.snap.smear = -0.25;
	request(w, 4, NTP_MODE_CLIENT);
	assert_plain_reply(w, 48);
	assert_true(w->reply.rec.v == ((T_RX - 0x40000000U) | 1));
	assert_true(w->reply.xmt.v == T_SENT - 0x40000000U);
	assert_true(w->reply.reftime.v == 0xe8aa5a0000000000U - 0x40000000U);
	assert_true(w->reply.org.v == T_REQ);
}

static void
test_fuzzed_reftime(void **state)
{
	struct world *w = *state;

	w->c.snap.reftime.v = 0xe8aa5a3f12345678U;
	w->res.flags = RES_SRVRSPFUZ;
	request(w, 4, NTP_MODE_CLIENT);
	assert_plain_reply(w, 48);
	assert_true(w->reply.reftime.v == 0xe8aa5a0000000000U);
}

/* --- modes ---------------------------------------------------------------- */

static void
test_mode0_of_version1(void **state)
{
	struct world *w = *state;

	request(w, 1, NTP_MODE_UNSPEC);
	assert_plain_reply(w, 48);
	assert_int_equal(w->out[0], 0x0c);
	w->src.port = 123;
	assert_dropped(w, 48, DROP_MODE);
	w->src.port = 40000;
	for (unsigned v = 2; v <= 4; v++) {
		request(w, v, NTP_MODE_UNSPEC);
		assert_dropped(w, 48, DROP_MODE);
	}
}

static void
test_mode1_gets_mode2(void **state)
{
	struct world *w = *state;

	w->src.port = 123;
	for (unsigned v = 1; v <= 4; v++) {
		request(w, v, NTP_MODE_ACTIVE);
		assert_plain_reply(w, 48);
		assert_int_equal(w->out[0], v << 3 | NTP_MODE_PASSIVE);
		assert_true(w->reply.org.v == T_REQ);
	}
}

static void
test_other_modes_are_not_answered(void **state)
{
	struct world *w = *state;
	static const unsigned engine[] = {2, 4, 5, 6};

	for (unsigned v = 0; v <= 7; v++) {
		for (size_t i = 0; i < 4; i++) {
			request(w, v, engine[i]);
			assert_int_equal(ask(w, 48), SERVER_PUNT);
			assert_int_equal(ask(w, 1), SERVER_PUNT);
		}
		request(w, v, NTP_MODE_PRIVATE);
		assert_dropped(w, 48, DROP_MODE7);
		assert_dropped(w, 8, DROP_MODE7);
	}
}

/* --- length, extension fields, authentication ----------------------------- */

static void
test_short(void **state)
{
	struct world *w = *state;

	request(w, 4, NTP_MODE_CLIENT);
	for (size_t len = 0; len < 48; len++)
		assert_dropped(w, len, DROP_SHORT);
}

static void
test_extension_fields_are_skipped(void **state)
{
	struct world *w = *state;

	request(w, 4, NTP_MODE_CLIENT);
	memset(w->in + 48, 0, 200);
	w->in[48] = 0xf5;
	w->in[51] = 28;
	assert_plain_reply(w, 48 + 28);
	assert_dropped(w, 48 + 32, DROP_CRYPTONAK);
	w->in[48 + 28] = 1;
	assert_dropped(w, 48 + 32, DROP_FORMAT);
	w->in[49] = 4;
	w->in[51] = 26;
	assert_dropped(w, 48 + 28, DROP_FORMAT);
	for (size_t len = 49; len < 52; len++)
		assert_dropped(w, len, DROP_FORMAT);
}

static size_t
sign(struct world *w, uint32_t key, size_t len)
{
	assert_int_equal(keys_sign(w->keys, key, w->in, sizeof w->in, &len), 0);
	return len;
}

static void
test_reply_has_the_same_key(void **state)
{
	struct world *w = *state;

	for (unsigned v = 3; v <= 4; v++) {
		for (uint32_t key = 1; key <= 3; key++) {
			request(w, v, NTP_MODE_CLIENT);
			size_t len = sign(w, key, 48);

			assert_int_equal(ask(w, len), SERVER_REPLY);
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
	struct world *w = *state;
	size_t len = 48;

	request(w, 3, NTP_MODE_CLIENT);
	assert_int_equal(
	    keys_sign_whole(w->keys, 5, w->in, sizeof w->in, &len), 0);
	assert_int_equal(len, 48 + 4 + 32);
	assert_int_equal(ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, len);
	assert_int_equal(keys_verify(w->keys, w->out, 48, len - 48), 0);
	/* cut anywhere between the two lengths it is nothing */
	for (size_t n = 48 + 28; n < len; n += 4) {
		w->src.ip[3]++;
		assert_int_equal(ask(w, n), SERVER_REPLY);
		assert_int_equal(w->outlen, 52);
	}
}

static void
test_mac_covers_extension_fields(void **state)
{
	struct world *w = *state;
	size_t len;

	request(w, 4, NTP_MODE_CLIENT);
	memset(w->in + 48, 0, 16);
	w->in[48] = 0xf5;
	w->in[51] = 16;
	len = sign(w, 1, 48 + 16);
	assert_int_equal(ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, 68);
	w->src.ip[3]++;
	w->in[60] ^= 1;
	assert_int_equal(ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, 52);
}

static void
assert_crypto_nak(struct world *w, size_t len)
{
	static const uint8_t zeros[4] = {0};

	w->src.ip[3]++; /* the rate limit knows nobody yet */
	assert_int_equal(ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, 52);
	assert_memory_equal(w->out + 48, zeros, 4);
	assert_true(w->reply.org.v == T_REQ);
}

static void
test_bad_mac_gets_crypto_nak(void **state)
{
	struct world *w = *state;
	static const uint32_t ids[] = {0, 4, 9, 65535, 65536, 0xffffffff};
	size_t len;

	request(w, 4, NTP_MODE_CLIENT);
	len = sign(w, 1, 48);
	w->in[60] ^= 1;
	assert_crypto_nak(w, len);
	request(w, 4, NTP_MODE_ACTIVE);
	assert_crypto_nak(w, len);
	assert_int_equal(w->reply.mode, NTP_MODE_PASSIVE);
	for (size_t i = 0; i < 6; i++) {
		request(w, 4, NTP_MODE_CLIENT);
		for (int k = 0; k < 4; k++)
			w->in[48 + k] = (uint8_t)(ids[i] >> (24 - 8 * k));
		assert_crypto_nak(w, 68);
	}
	w->c.keys = NULL;
	assert_crypto_nak(w, 68);
	assert_int_equal(w->count.processed, 0);
	assert_int_equal(w->count.drop[DROP_BADAUTH], 9);
}

/* The right key but a cut or padded digest. */
static void
test_mac_of_wrong_length(void **state)
{
	struct world *w = *state;

	request(w, 4, NTP_MODE_CLIENT);
	assert_int_equal(sign(w, 2, 48), 72);
	assert_crypto_nak(w, 68);
	request(w, 4, NTP_MODE_CLIENT);
	assert_int_equal(sign(w, 1, 48), 68);
	memset(w->in + 68, 0, 4);
	assert_crypto_nak(w, 72);
	request(w, 3, NTP_MODE_CLIENT);
	assert_int_equal(sign(w, 1, 48), 68);
	assert_crypto_nak(w, 60);
}

static void
test_crypto_naks_are_rate_limited(void **state)
{
	struct world *w = *state;
	unsigned naks = 0;

	request(w, 4, NTP_MODE_CLIENT);
	memset(w->in + 48, 7, 20);
	for (int i = 0; i < 100; i++)
		naks += ask(w, 68) == SERVER_REPLY;
	assert_int_equal(naks, 1);
	assert_int_equal(w->count.drop[DROP_BADAUTH], 100);
	/* Nobody else pays for it. */
	request(w, 4, NTP_MODE_CLIENT);
	assert_plain_reply(w, 48);
	mru_free(&w->c.mru);
	assert_dropped(w, 68, DROP_BADAUTH);
	assert_plain_reply(w, 48);
}

static void
test_crypto_nak_is_not_answered(void **state)
{
	struct world *w = *state;

	memset(w->in + 48, 0, 4);
	for (unsigned mode = 0; mode <= 7; mode++) {
		request(w, 4, mode);
		assert_int_not_equal(ask(w, 52), SERVER_REPLY);
	}
	assert_int_equal(w->count.drop[DROP_CRYPTONAK], 2);
}

/* What follows the header of versions 1 and 2 is no MAC of ours. */
static void
test_old_authenticators_are_ignored(void **state)
{
	struct world *w = *state;

	for (unsigned v = 1; v <= 2; v++) {
		request(w, v, NTP_MODE_CLIENT);
		assert_plain_reply(w, sign(w, 1, 48));
		memset(w->in + 48, 5, 12);
		assert_plain_reply(w, 60);
	}
}

static void
test_notrust(void **state)
{
	struct world *w = *state;
	size_t len;

	w->res.flags = RES_NOTRUST;
	request(w, 4, NTP_MODE_CLIENT);
	assert_dropped(w, 48, DROP_NOTRUST);
	len = sign(w, 1, 48);
	assert_int_equal(ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, 68);
	request(w, 2, NTP_MODE_CLIENT);
	assert_dropped(w, sign(w, 1, 48), DROP_NOTRUST);
}

/* A member of a Windows domain: account, and a digest of zeros. */
static void
test_mssntp(void **state)
{
	struct world *w = *state;

	request(w, 3, NTP_MODE_CLIENT);
	memcpy(w->in + 48, "\x50\x04\0\0", 4);
	w->res.flags = RES_MSSNTP;
	assert_crypto_nak(w, 68); /* nobody signs */
	w->c.signd_there = true;
	assert_int_equal(ask(w, 68), SERVER_REPLY);
	assert_true(w->c.ask_signd);
	assert_int_equal(w->c.reply_key, 0x50040000);
	assert_int_equal(w->outlen, 48);
	w->in[67] = 1; /* a real digest */
	assert_crypto_nak(w, 68);
	assert_false(w->c.ask_signd);
	w->in[67] = 0;
	w->res.flags = RES_MSSNTP | RES_NOTRUST;
	assert_crypto_nak(w, 68);
	w->res.flags = 0;
	assert_crypto_nak(w, 68);
	request(w, 3, NTP_MODE_ACTIVE);
	w->res.flags = RES_MSSNTP;
	assert_crypto_nak(w, 68);
}

/* --- access list and rate limit ------------------------------------------- */

static void
test_restrictions(void **state)
{
	struct world *w = *state;

	request(w, 4, NTP_MODE_CLIENT);
	w->res.flags = RES_IGNORE;
	assert_dropped(w, 48, DROP_IGNORE);
	w->res.flags = RES_NOSERVE;
	assert_dropped(w, 48, DROP_NOSERVE);
	w->res.flags = RES_NOQUERY | RES_NOMODIFY | RES_NOPEER | RES_NOTRAP |
	    RES_NOEPEER | RES_NOMRULIST | RES_KOD;
	assert_plain_reply(w, 48);
	w->res.flags = RES_VERSION;
	assert_plain_reply(w, 48);
	request(w, 3, NTP_MODE_CLIENT);
	assert_dropped(w, 48, DROP_VERSION);
	/* Also for what the engine would see. */
	request(w, 4, NTP_MODE_CONTROL);
	w->res.flags = RES_IGNORE;
	assert_dropped(w, 48, DROP_IGNORE);
}

static void
test_flake_drops_one_in_ten(void **state)
{
	struct world *w = *state;
	struct ntp_rng r;

	rng_seed(&r, 5);
	request(w, 4, NTP_MODE_CLIENT);
	w->res.flags = RES_FLAKE;
	for (int i = 0; i < 10000; i++) {
		w->rnd = (uint32_t)rng_u64(&r);
		ask(w, 48);
	}
	assert_in_range(w->count.drop[DROP_FLAKE], 850, 1150);
	assert_int_equal(w->count.drop[DROP_FLAKE] + w->count.processed, 10000);
}

static void
test_limited_is_silent(void **state)
{
	struct world *w = *state;

	w->res.flags = RES_LIMITED;
	request(w, 4, NTP_MODE_CLIENT);
	assert_plain_reply(w, 48);
	for (int i = 0; i < 3; i++)
		assert_dropped(w, 48, DROP_LIMITED);
	assert_int_equal(w->count.kodsent, 0);
	w->rnd = 4; /* luck */
	assert_plain_reply(w, 48);
}

static void
test_unlimited_burst_is_answered(void **state)
{
	struct world *w = *state;

	w->res.flags = RES_KOD;
	request(w, 4, NTP_MODE_CLIENT);
	for (int i = 0; i < 20; i++)
		assert_plain_reply(w, 48);
	assert_int_equal(mru_depth(w->c.mru), 1);
	assert_int_equal(mru_newest(w->c.mru)->count, 20);
	assert_int_equal(mru_newest(w->c.mru)->modever, 35);
}

static void
request_full(struct world *w, unsigned mode)
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
	struct world *w = *state;
	const struct ntp_packet *r = &w->reply;

	w->res.flags = RES_LIMITED | RES_KOD;
	request_full(w, NTP_MODE_CLIENT);
	assert_plain_reply(w, 48);
	assert_plain_reply(w, 48);
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
	assert_dropped(w, 48, DROP_LIMITED);
}

static void
test_kiss_is_signed_and_in_mode2(void **state)
{
	struct world *w = *state;
	size_t len;

	w->res.flags = RES_LIMITED | RES_KOD;
	request_full(w, NTP_MODE_ACTIVE);
	len = sign(w, 1, 48);
	assert_int_equal(ask(w, len), SERVER_REPLY);
	assert_int_equal(ask(w, len), SERVER_REPLY);
	assert_int_equal(w->out[0], 0xda);
	assert_int_equal(w->outlen, 68);
	assert_int_equal(keys_verify(w->keys, w->out, 48, 20), 0);
	assert_true(w->reply.xmt.v == T_REQ);
}

/* --- addresses ------------------------------------------------------------ */

static void
set_addr(struct ntp_addr *a, const char *text)
{
	uint16_t port = a->port;

	assert_int_equal(addr_parse(text, strlen(text), a), 0);
	a->port = port;
}

static void
test_bogus_addresses(void **state)
{
	struct world *w = *state;
	static const char *const pair[][2] = {
	    {"224.0.1.1", "192.0.2.1"},
	    {"255.255.255.255", "192.0.2.1"},
	    {"0.0.0.0", "192.0.2.1"},
	    {"127.0.0.1", "192.0.2.1"},
	    {"192.0.2.7", "224.0.1.1"},
	    {"192.0.2.7", "255.255.255.255"},
	    {"::1", "2001:db8::1"},
	    {"2001:db8::7", "ff02::101"},
	    {"ff02::101", "2001:db8::1"},
	};

	request(w, 4, NTP_MODE_CLIENT);
	for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++) {
		set_addr(&w->src, pair[i][0]);
		set_addr(&w->dst, pair[i][1]);
		assert_dropped(w, 48, DROP_BOGON);
	}
	set_addr(&w->src, "127.0.0.1");
	set_addr(&w->dst, "127.0.0.1");
	assert_plain_reply(w, 48);
	set_addr(&w->dst, "0.0.0.0");
	assert_plain_reply(w, 48);
}

static void
test_port0_and_ourselves(void **state)
{
	struct world *w = *state;

	request(w, 4, NTP_MODE_CLIENT);
	w->src.port = 0;
	assert_dropped(w, 48, DROP_PORT0);
	w->src = w->dst;
	assert_dropped(w, 48, DROP_OWN);
	w->src.port = 40000;
	assert_plain_reply(w, 48);
}

/* --- invariants ----------------------------------------------------------- */

static size_t
random_request(struct world *w, struct ntp_rng *r)
{
	size_t len = rng_below(r, 160);

	rng_fill(r, w->in, sizeof w->in);
	if (rng_below(r, 4) != 0)
		len = 48 + 4 * rng_below(r, 10);
	if (rng_below(r, 2) == 0)
		w->in[0] = (uint8_t)(rng_below(r, 4) << 6 |
		    (1 + rng_below(r, 4)) << 3 | rng_below(r, 4));
	if (len >= 48 && rng_below(r, 3) == 0)
		len = sign(w, (uint32_t)(1 + rng_below(r, 3)), 48);
	w->res.flags = (uint16_t)rng_below(r, 65536) &
	    (uint16_t)(0xffff ^ (RES_IGNORE | RES_NOSERVE));
	w->src.ip[2] = (uint8_t)rng_below(r, 64);
	w->rnd = (uint32_t)rng_u64(r);
	return len;
}

static void
test_never_longer_and_never_a_loop(void **state)
{
	struct world *w = *state;
	struct ntp_rng r;
	unsigned replies = 0;

	rng_seed(&r, 77);
	for (int i = 0; i < 200000; i++) {
		size_t len = random_request(w, &r);

		if (ask(w, len) != SERVER_REPLY)
			continue;
		replies++;
		assert_true(w->outlen <= len);
		assert_true(w->reply.mode == NTP_MODE_SERVER ||
		    w->reply.mode == NTP_MODE_PASSIVE);
		assert_int_equal(w->reply.version, packet_version(w->in));
		memcpy(w->in, w->out, w->outlen);
		assert_int_not_equal(ask(w, w->outlen), SERVER_REPLY);
	}
	assert_in_range(replies, 10000, 190000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_every_version_is_echoed),
	    TEST(test_unknown_versions_are_dropped),
	    TEST(test_reply_fields),
	    TEST(test_sntp_client_without_timestamp),
	    TEST(test_unsynchronized),
	    TEST(test_leap_is_told),
	    TEST(test_poll_is_the_larger),
	    TEST(test_rootdisp_grows),
	    TEST(test_root_values_are_clamped),
	    TEST(test_transmit_never_before_receive),
	    TEST(test_smear),
	    TEST(test_fuzzed_reftime),
	    TEST(test_mode0_of_version1),
	    TEST(test_mode1_gets_mode2),
	    TEST(test_other_modes_are_not_answered),
	    TEST(test_short),
	    TEST(test_extension_fields_are_skipped),
	    TEST(test_reply_has_the_same_key),
	    TEST(test_whole_digests_of_version3),
	    TEST(test_mac_covers_extension_fields),
	    TEST(test_bad_mac_gets_crypto_nak),
	    TEST(test_mac_of_wrong_length),
	    TEST(test_crypto_naks_are_rate_limited),
	    TEST(test_crypto_nak_is_not_answered),
	    TEST(test_old_authenticators_are_ignored),
	    TEST(test_notrust),
	    TEST(test_mssntp),
	    TEST(test_restrictions),
	    TEST(test_flake_drops_one_in_ten),
	    TEST(test_limited_is_silent),
	    TEST(test_unlimited_burst_is_answered),
	    TEST(test_kiss),
	    TEST(test_kiss_is_signed_and_in_mode2),
	    TEST(test_bogus_addresses),
	    TEST(test_port0_and_ourselves),
	    TEST(test_never_longer_and_never_a_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
