/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attack.c - what the tests of attacks share.
 */
#include "attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ntp_keys.h"

struct peer *
attack_outstanding(
    struct world *w, const char *conf, const struct engine_options *o)
{
	struct world_server *s;
	unsigned n;

	world_init(w, conf, o, 0, 0);
	s = world_server(w, 1, 0);
	if (o != NULL && o->keys != NULL)
		s->keyid = world_peer(w, 0)->cfg->key;
	world_run(w, 200);
	assert_int_equal(world_peer(w, 0)->poll.reach, 0377);
	s->lose = 1;
	n = s->requests;
	while (s->requests == n)
		world_run(w, 0.1);
	assert_false(ts_is_zero(world_peer(w, 0)->aorg));
	return world_peer(w, 0);
}

struct ntp_packet
attack_reply(struct world *w)
{
	struct ntp_now now = world_now(w);
	struct ntp_packet r = {.version = 4,
	    .mode = NTP_MODE_SERVER,
	    .stratum = 1,
	    .poll = 4,
	    .precision = -20,
	    .refid = refid_from_text("GPS"),
	    .reftime = now.sys,
	    .org = w->srv[0].last_nonce,
	    .rec = now.sys,
	    .xmt = now.sys};

	return r;
}

struct ntp_packet
attack_kiss(struct world *w, const char *code, int8_t poll)
{
	struct ntp_packet r = attack_reply(w);

	r.leap = NTP_LEAP_UNSYNC;
	r.stratum = 0;
	r.refid = refid_from_text(code);
	r.poll = poll;
	return r;
}

void
attack_inject(struct world *w, const struct ntp_packet *r)
{
	uint8_t buf[NTP_HEADER_LEN];

	packet_encode(r, buf);
	world_inject(w, w->srv[0].last_ep, &w->srv[0].addr, buf, sizeof buf);
}

void
attack_inject_signed(struct world *w, const struct ntp_packet *r, uint32_t key)
{
	uint8_t buf[NTP_HEADER_LEN + NTP_MAC_MAX];
	size_t len = NTP_HEADER_LEN;

	packet_encode(r, buf);
	assert_int_equal(
	    keys_sign(w->e->opt.keys, key, buf, sizeof buf, &len), 0);
	world_inject(w, w->srv[0].last_ep, &w->srv[0].addr, buf, len);
}

void
attack_inject_nak(struct world *w, const struct ntp_packet *r)
{
	uint8_t buf[NTP_HEADER_LEN + 4] = {0};

	packet_encode(r, buf);
	world_inject(w, w->srv[0].last_ep, &w->srv[0].addr, buf, sizeof buf);
}

struct keystore *
attack_keys(void)
{
	static const char text[] = "1 MD5 first\n2 MD5 second\n3 SHA1 third\n"
				   "4 AES128CMAC "
				   "2b7e151628aed2a6abf7158809cf4f3c\n"
				   "9 MD5 nottrusted\n";
	struct keystore *ks = keys_new();

	assert_int_equal(keys_parse(ks, text, strlen(text), NULL, NULL), 5);
	assert_int_equal(keys_trust(ks, 1, 4), 0);
	return ks;
}

void
assert_unchanged(const struct peer *before, const struct peer *after)
{
	struct peer b = *before, a = *after;

	b.flash = a.flash = 0;
	memset(&b.count, 0, sizeof b.count);
	memset(&a.count, 0, sizeof a.count);
	memset(&b.notes, 0, sizeof b.notes);
	memset(&a.notes, 0, sizeof a.notes);
	memset(&b.reason, 0, sizeof b.reason);
	memset(&a.reason, 0, sizeof a.reason);
	b.event = a.event = 0;
	b.nevents = a.nevents = 0;
	assert_memory_equal(&b, &a, sizeof a);
}
