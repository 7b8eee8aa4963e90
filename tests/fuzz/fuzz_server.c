/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_server.c - any datagram through the server path.
 *
 * What must hold for every input: a reply is not longer than its request, is
 * of mode 4 or 2 and of the request's version, echoes the transmit timestamp,
 * and is itself never answered.
 *
 * Input: access flags (2 octets), source port (2), random bits (4), stratum
 * (1), how often it is sent (1, modulo 8), the datagram.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_packet.h"
#include "ntp_server.h"
#include "ntp_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct circumstances {
	struct server_ctx c;
	struct server_counters count;
	struct restrict_entry res;
	struct ntp_addr src, dst;
	uint32_t rnd;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_reply(const struct circumstances *s, const uint8_t *request, size_t len,
    const uint8_t *reply, size_t replylen)
{
	struct ntp_packet q, r;

	must(replylen <= len && replylen <= NTP_REPLY_MAX);
	must(packet_decode(request, len, &q) == 0);
	must(packet_decode(reply, replylen, &r) == 0);
	must(r.mode == NTP_MODE_SERVER || r.mode == NTP_MODE_PASSIVE);
	must(r.version == q.version && r.version >= 1 && r.version <= 4);
	must(ts_equal(r.org, q.xmt));
	must(r.stratum < NTP_MAXSTRAT);
	must(r.leap == NTP_LEAP_UNSYNC || r.stratum == s->c.snap.stratum);
	must((s->res.flags & (RES_IGNORE | RES_NOSERVE)) == 0);
	if (s->c.answer.reply_key != 0 && !s->c.answer.crypto_nak)
		must(keys_verify(s->c.policy.keys, reply, NTP_HEADER_LEN,
			 replylen - NTP_HEADER_LEN) == 0);
}

/* True when the datagram was answered; the answer and its length in OUT. */
static bool
exchange(struct circumstances *s, const uint8_t *data, size_t len,
    uint8_t out[NTP_REPLY_MAX], size_t *outlen)
{
	const struct ntp_now now = {{0xe8aa5b0080000000U}, {5000000000}};
	const struct recvbuf rb = {.src = &s->src,
	    .dst = &s->dst,
	    .rx_time = now.sys,
	    .data = data,
	    .len = len};

	*outlen = 0;
	s->c.rnd = s->rnd;
	if (server_reply(&s->c, &rb, &s->res, now, out, outlen) != SERVER_REPLY)
		return false;
	server_seal(&s->c, out, outlen, (ntp_ts){now.sys.v + 65536});
	check_reply(s, data, len, out, *outlen);
	return true;
}

static void
play(struct circumstances *s, const uint8_t *data, size_t len, unsigned times)
{
	uint8_t out[NTP_REPLY_MAX], again[NTP_REPLY_MAX];
	size_t outlen, n;

	for (unsigned i = 0; i <= times; i++) {
		if (exchange(s, data, len, out, &outlen))
			must(!exchange(s, out, outlen, again, &n));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char keytext[] = "1 MD5 ntpsecretkey\n2 SHA1 other\n"
				      "3 AES128CMAC "
				      "2b7e151628aed2a6abf7158809cf4f3c\n";
	static const struct mru_param mp = {
	    .entries = 4, .average = 3, .minimum = 2, .leak_log2 = 2};
	static const uint8_t seed[16] = {7};
	struct wire_rd r = wire_rd_init(data, size);
	struct circumstances s = {
	    .src = {{192, 0, 2, 7}, 0, 0, ADDR_V4},
	    .dst = {{192, 0, 2, 1}, 0, NTP_PORT, ADDR_V4},
	};
	struct keystore *keys = keys_new();
	struct mru *mru = mru_new(&mp, seed);
	unsigned times;

	s.res.flags = wire_get16(&r);
	s.src.port = wire_get16(&r);
	s.rnd = wire_get32(&r);
	s.c.snap.stratum = wire_get8(&r);
	times = wire_get8(&r) % 8;
	if (keys != NULL && mru != NULL && !r.bad) {
		keys_parse(keys, keytext, sizeof keytext - 1, NULL, NULL);
		(void)keys_trust(keys, 1, 3);
		s.c.policy.keys = keys;
		s.c.mru = mru;
		s.c.count = &s.count;
		s.c.policy.kod_poll = 3;
		s.c.policy.signd_there = true;
		play(&s, data + r.off, wire_left(&r), times);
	}
	keys_free(&keys);
	mru_free(&mru);
	return 0;
}
