/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_c.c - keys, MACs and crypto-NAKs (rows C of threats.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "attack.h"
#include "ntp_keys.h"

/* Options of an engine with keys, in W's test. */
static struct engine_options
keyed(void)
{
	struct engine_options o = {.keys = attack_keys(), .version = "t"};

	return o;
}

static struct peer *
keyed_outstanding(struct world *w, struct engine_options *o)
{
	*o = keyed();
	return attack_outstanding(w, ATTACK_KEYED, o);
}

static void
done(struct world *w, struct engine_options *o)
{
	world_fini(w);
	keys_free(&o->keys);
}

/* --- as client ----------------------------------------------------------- */

static void
reply_without_mac(void **state)
{
	struct engine_options o;
	struct world w;
	struct peer *p = keyed_outstanding(&w, &o), before = *p;
	struct ntp_packet r = attack_reply(&w);

	(void)state;
	attack_inject(&w, &r);
	r.version = 3; /* nor by way of an older version */
	attack_inject(&w, &r);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.badauth, before.count.badauth + 2);
	r.version = 4;
	attack_inject_signed(&w, &r, 1);
	assert_int_equal(p->poll.reach & 1, 1);
	assert_true(p->authentic);
	done(&w, &o);
}

static void
reply_with_another_trusted_key(void **state)
{
	struct engine_options o;
	struct world w;
	struct peer *p = keyed_outstanding(&w, &o), before = *p;
	struct ntp_packet r = attack_reply(&w);

	(void)state;
	for (uint32_t key = 2; key <= 4; key++)
		attack_inject_signed(&w, &r, key);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.badauth, before.count.badauth + 3);
	attack_inject_signed(&w, &r, 1);
	assert_int_equal(p->poll.reach & 1, 1);
	done(&w, &o);
}

/* With the nonce and without, keyed and not: at most an error is counted. */
static void
crypto_nak_is_not_believed(void **state)
{
	struct engine_options o;
	struct world w;
	struct peer *p, before;
	struct ntp_packet r;

	(void)state;
	p = keyed_outstanding(&w, &o);
	before = *p;
	r = attack_reply(&w);
	attack_inject_nak(&w, &r);
	assert_int_equal(w.e->count.drop[DROP_CRYPTONAK], 1);
	r.org.v ^= 1;
	attack_inject_nak(&w, &r);
	r.org.v = 0;
	attack_inject_nak(&w, &r);
	assert_unchanged(&before, p);
	r = attack_reply(&w);
	attack_inject_signed(&w, &r, 1);
	assert_int_equal(p->poll.reach & 1, 1);
	done(&w, &o);

	p = attack_outstanding(&w, ATTACK_ONE, NULL);
	before = *p;
	r = attack_reply(&w);
	attack_inject_nak(&w, &r);
	assert_unchanged(&before, p);
	world_fini(&w);
}

static void
spoofed_crypto_naks_make_nothing(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL), before = *p;
	struct ntp_packet r = attack_reply(&w);
	uint8_t nak[52] = {0};

	(void)state;
	r.org = (ntp_ts){0};
	packet_encode(&r, nak);
	for (uint8_t m = 0; m < 8; m++) {
		nak[0] = (uint8_t)(0x20 | m);
		world_inject(&w, w.srv[0].last_ep, &w.srv[0].addr, nak, 52);
		world_inject(&w, 0, &w.srv[0].addr, nak, 52);
	}
	assert_unchanged(&before, p);
	assert_int_equal(peer_count(&w.e->peers), 1);
	world_fini(&w);
}

static void
crypto_nak_of_strangers(void **state)
{
	struct world w;
	struct ntp_addr a = world_addr(77);
	uint8_t nak[NTP_HEADER_LEN + 4] = {[40] = 1};

	(void)state;
	world_init(&w, "disable auth\n", NULL, 0, 0);
	for (unsigned i = 0; i < 64; i++) {
		nak[0] = (uint8_t)i; /* every version and mode */
		world_inject(&w, 0, &a, nak, sizeof nak);
		world_inject(&w, 5, &a, nak, sizeof nak);
	}
	assert_int_equal(peer_count(&w.e->peers), 0);
	assert_int_equal(w.nsent, 0);
	world_fini(&w);
}

/* The right key, but the digest cut or filled up to LEN octets in all. */
static void
mac_of_length(const char *conf, uint32_t key, size_t len)
{
	struct engine_options o = keyed();
	struct world w;
	struct peer *p = attack_outstanding(&w, conf, &o), before = *p;
	struct ntp_packet r = attack_reply(&w);
	uint8_t buf[96] = {0};
	size_t right = NTP_HEADER_LEN;

	packet_encode(&r, buf);
	assert_int_equal(keys_sign(o.keys, key, buf, sizeof buf, &right), 0);
	assert_int_not_equal(right, len);
	world_inject(&w, w.srv[0].last_ep, &w.srv[0].addr, buf, len);
	assert_unchanged(&before, p);
	world_inject(&w, w.srv[0].last_ep, &w.srv[0].addr, buf, right);
	assert_int_equal(p->poll.reach & 1, 1);
	done(&w, &o);
}

static void
mac_of_another_length(void **state)
{
	(void)state;
	mac_of_length("server 192.0.2.1 key 3 minpoll 4 maxpoll 6\n", 3, 68);
	mac_of_length(ATTACK_KEYED, 1, 72);
}

static void
key_ids_out_of_range(void **state)
{
	static const uint32_t id[] = {0, 9, 500, 65535, 65536, UINT32_MAX};
	struct engine_options o;
	struct world w;
	struct peer *p = keyed_outstanding(&w, &o), before = *p;
	struct ntp_packet r = attack_reply(&w);
	uint8_t buf[68] = {0};

	(void)state;
	packet_encode(&r, buf);
	for (unsigned i = 0; i < sizeof id / sizeof id[0]; i++) {
		for (unsigned k = 0; k < 4; k++)
			buf[48 + k] = (uint8_t)(id[i] >> (24 - 8 * k));
		world_inject(
		    &w, w.srv[0].last_ep, &w.srv[0].addr, buf, sizeof buf);
	}
	assert_unchanged(&before, p);
	assert_int_equal(p->count.badauth, before.count.badauth + 6);
	done(&w, &o);
}

/* Until the MAC has been verified nothing of an association is written. */
static void
nothing_is_written_before_the_mac(void **state)
{
	struct engine_options o;
	struct world w;
	struct peer *p = keyed_outstanding(&w, &o), before = *p;
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 3);
	for (unsigned i = 0; i < 200000; i++) {
		uint8_t buf[96];
		size_t len = 48 + 4 * rng_below(&rng, 13);

		rng_fill(&rng, buf, sizeof buf);
		buf[0] = (uint8_t)(rng_below(&rng, 256));
		if (i % 2 == 0)
			buf[0] = 0x24;
		if (i % 3 == 0)
			memset(buf + 24, 0, 8);
		if (i % 5 == 0)
			for (unsigned k = 0; k < 8; k++)
				buf[24 + k] =
				    (uint8_t)(p->aorg.v >> (56 - 8 * k));
		if (i % 7 == 0)
			memcpy(buf + 48, "\0\0\0\1", 4);
		world_inject(&w, w.srv[0].last_ep, &w.srv[0].addr, buf, len);
	}
	assert_unchanged(&before, p);
	done(&w, &o);
}

/* --- keys ---------------------------------------------------------------- */

/* The keys are changed under a running association, ten thousand times. */
static void
reload_while_packets_arrive(void **state)
{
	struct engine_options o;
	struct world w;
	struct peer *p = keyed_outstanding(&w, &o);
	uint64_t before = p->count.processed;
	struct ntp_packet r;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		r = attack_reply(&w);
		attack_inject_signed(&w, &r, 1 + i % 4);
		if (i % 10 != 0)
			continue;
		engine_set_keys(w.e, attack_keys());
		keys_free(&o.keys);
		o.keys = w.e->opt.keys;
	}
	assert_int_equal(p->count.processed, before + 1);
	world_run(&w, 200);
	assert_int_equal(p->poll.reach, 0377);
	assert_true(p->authentic);
	done(&w, &o);
}

/* A key that is taken away ends the measuring, not the association; given
 * back, it goes on. */
static void
association_survives_its_key(void **state)
{
	struct engine_options o;
	struct world w;
	struct peer *p = keyed_outstanding(&w, &o);
	uint16_t associd = p->associd;
	struct keystore *none = keys_new();

	(void)state;
	w.srv[0].keyid = 0;
	engine_set_keys(w.e, none);
	world_run(&w, 1000);
	assert_int_equal(p->poll.reach, 0);
	w.srv[0].keyid = 1;
	engine_set_keys(w.e, o.keys);
	world_run(&w, 1000);
	assert_true(p->inuse && p->associd == associd);
	assert_int_equal(p->poll.reach, 0377);
	keys_free(&none);
	done(&w, &o);
}

static void
count_report(void *arg, unsigned line, const char *text)
{
	unsigned *n = arg;

	(void)text;
	assert_true(line > 0);
	(*n)++;
}

/* Our own log given as the keys file makes no key. */
static void
log_is_no_keys_file(void **state)
{
	char text[100 * 90] = "";
	struct keystore *ks = keys_new();
	size_t len = 0;
	unsigned bad = 0;

	(void)state;
	for (unsigned i = 1; i <= 100; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
		    "%2u Nov 03:04:05 ntpd[7]: /var/log/ntp:%u: unknown key "
		    "type\n",
		    i % 31, i);
	assert_int_equal(keys_parse(ks, text, len, count_report, &bad), 0);
	assert_int_equal(bad, 100);
	assert_int_equal(keys_count(ks), 0);
	keys_free(&ks);
}

/* --- as server ------------------------------------------------------------ */

static size_t
signed_request(struct world *w, uint32_t key, uint8_t buf[96])
{
	size_t len = NTP_HEADER_LEN;

	memset(buf, 0, 96);
	buf[0] = 0x23;
	buf[40] = 1;
	assert_int_equal(keys_sign(w->e->opt.keys, key, buf, 96, &len), 0);
	return len;
}

/* Nothing is remembered of a request, so nothing comes of its replay. */
static void
replayed_request(void **state)
{
	struct engine_options o = keyed();
	struct world w;
	struct ntp_addr a = world_addr(77);
	uint8_t buf[96], first[96];
	size_t len;

	(void)state;
	world_init(&w, "", &o, 0, 0);
	len = signed_request(&w, 1, buf);
	a.port = 40000;
	world_inject(&w, 0, &a, buf, len);
	assert_int_equal(w.sentlen, len);
	memcpy(first, w.sent, len);
	world_inject(&w, 0, &a, buf, len);
	assert_int_equal(w.nsent, 2);
	assert_memory_equal(first, w.sent, len);
	assert_int_equal(peer_count(&w.e->peers), 0);
	done(&w, &o);
}

/* A server has no control key unless the configuration names one. */
static void
no_control_key_by_default(void **state)
{
	struct engine_options o = keyed();
	struct world w;
	struct ntp_addr asker = {
	    .ip = {127, 0, 0, 1}, .port = 40000, .family = ADDR_V4};
	struct ntp_addr here = asker;
	uint8_t buf[96];
	struct recvbuf rb = {.src = &asker, .dst = &here, .data = buf};

	(void)state;
	here.port = 123;
	for (uint32_t key = 1; key <= 4; key++) {
		world_init(&w, "", &o, 0, 0);
		memset(buf, 0, sizeof buf);
		memcpy(buf, "\x16\x03\0\1\0\0\0\0\0\0\0\4a=1\0", 16);
		rb.len = 16;
		assert_int_equal(
		    keys_sign(o.keys, key, buf, sizeof buf, &rb.len), 0);
		rb.rx_time = world_now(&w).sys;
		receive(w.e, &rb, world_now(&w));
		assert_int_equal(w.nsent, 1);
		assert_int_equal(w.sent[1] & 0x40, 0x40); /* error */
		assert_int_equal(w.sent[4], MODE6_ERR_PERMISSION);
		world_fini(&w);
	}
	keys_free(&o.keys);
}

/* Whoever holds the control key may send what he likes: nonsense too. */
static void
signed_nonsense(void **state)
{
	struct engine_options o = keyed();
	struct world w;
	struct ntp_rng rng;
	struct ntp_addr asker = {
	    .ip = {127, 0, 0, 1}, .port = 40000, .family = ADDR_V4};
	struct ntp_addr here = asker;

	(void)state;
	world_init(&w, "controlkey 1\nserver 192.0.2.1\n", &o, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 100);
	here.port = 123;
	rng_seed(&rng, 17);
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t buf[600];
		size_t data = rng_below(&rng, 480), len;
		struct recvbuf rb = {.src = &asker, .dst = &here, .data = buf};

		rng_fill(&rng, buf, sizeof buf);
		for (size_t k = 12; k < 12 + data; k++)
			if (rng_below(&rng, 2) == 0)
				buf[k] = (uint8_t) "=,\"a0 .\\"[buf[k] % 8];
		memset(buf, 0, 12);
		buf[0] = 0x16;
		buf[1] = (uint8_t)rng_below(&rng, 32);
		buf[3] = (uint8_t)i;
		if (rng_below(&rng, 2) == 0)
			buf[7] = (uint8_t)world_peer(&w, 0)->associd;
		buf[10] = (uint8_t)(data >> 8);
		buf[11] = (uint8_t)data;
		len = (12 + data + 7) & ~(size_t)7;
		assert_int_equal(
		    keys_sign(o.keys, 1, buf, sizeof buf, &len), 0);
		rb.len = len;
		rb.rx_time = world_now(&w).sys;
		receive(w.e, &rb, world_now(&w));
	}
	assert_true(w.nsent > 1000);
	done(&w, &o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAT("CVE-2015-1798", reply_without_mac),
	    THREAT(
		"CVE-2015-7974 CVE-2016-1567", reply_with_another_trusted_key),
	    THREAT("CVE-2016-1547 CVE-2016-4953", crypto_nak_is_not_believed),
	    THREAT("C-nak-spoofed", spoofed_crypto_naks_make_nothing),
	    THREAT("CVE-2016-4957 CVE-2015-7871", crypto_nak_of_strangers),
	    THREAT("C-algorithm", mac_of_another_length),
	    THREAT("C-keyid-range", key_ids_out_of_range),
	    THREAT("C-auth-order", nothing_is_written_before_the_mac),
	    THREAT("CVE-2015-7849", reload_while_packets_arrive),
	    THREAT("C-reload", association_survives_its_key),
	    THREAT("CVE-2015-7850", log_is_no_keys_file),
	    THREAT("C-replay", replayed_request),
	    THREAT("CVE-2019-8936", signed_nonsense),
	    THREAT("CVE-2014-9293", no_control_key_by_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
