/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * serverlab.c - one server without an engine, and what is sent to it.
 */
#include "serverlab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

int
serverlab_setup(void **state)
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
	static struct serverlab w;

	memset(&w, 0, sizeof w);
	w.keys = keys_new();
	assert_non_null(w.keys);
	assert_int_equal(keys_parse(w.keys, text, strlen(text), NULL, NULL), 5);
	assert_int_equal(keys_trust(w.keys, 1, 5), 0);
	w.c.policy.keys = w.keys;
	w.c.mru = mru_new(&mp, seed);
	w.c.count = &w.count;
	w.c.policy.kod_poll = 3;
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

int
serverlab_teardown(void **state)
{
	struct serverlab *w = *state;

	keys_free(&w->keys);
	mru_free(&w->c.mru);
	return 0;
}

void
serverlab_request(struct serverlab *w, unsigned version, unsigned mode)
{
	struct ntp_packet p = {.leap = 3,
	    .version = (uint8_t)version,
	    .mode = (uint8_t)mode,
	    .poll = 6,
	    .precision = -20,
	    .xmt = {T_REQ}};

	packet_encode(&p, w->in);
}

enum server_verdict
serverlab_ask(struct serverlab *w, size_t len)
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

void
serverlab_dropped(struct serverlab *w, size_t len, enum ntp_drop why)
{
	uint64_t before = w->count.drop[why];

	assert_int_equal(serverlab_ask(w, len), SERVER_DROP);
	assert_int_equal(w->count.drop[why], before + 1);
}

void
serverlab_plain(struct serverlab *w, size_t len)
{
	assert_int_equal(serverlab_ask(w, len), SERVER_REPLY);
	assert_int_equal(w->outlen, NTP_HEADER_LEN);
}

size_t
serverlab_sign(struct serverlab *w, uint32_t key, size_t len)
{
	assert_int_equal(keys_sign(w->keys, key, w->in, sizeof w->in, &len), 0);
	return len;
}
