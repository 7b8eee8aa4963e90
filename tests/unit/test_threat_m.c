/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_m.c - amplifiers, mirrors and loops (rows M of threats.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "attack.h"
#include "ntp_keys.h"

/* A server for the world, with keys and a rate limit, as open as it gets:
 * control messages are for the hosts that a line names. */
#define OPEN                                                                   \
	"server 192.0.2.1 iburst\ndisable auth\n"                              \
	"restrict 192.0.2.0 mask 255.255.255.128 limited kod\n"

static void
open_server(struct world *w, struct engine_options *o)
{
	*o = (struct engine_options){.keys = attack_keys(), .version = "t"};
	world_init(w, OPEN, o, 0, 0);
	world_server(w, 1, 0);
	world_run(w, 100);
}

/* Any datagram, most of them nearly good. */
static size_t
random_datagram(struct world *w, struct ntp_rng *r, uint8_t buf[256])
{
	size_t len = rng_below(r, 200);

	rng_fill(r, buf, 256);
	if (rng_below(r, 4) != 0)
		len = 12 + 4 * rng_below(r, 30);
	if (rng_below(r, 4) != 0)
		buf[0] = (uint8_t)(rng_below(r, 256) & 0x3f);
	if (rng_below(r, 3) == 0 && len > 48) {
		len = 48;
		(void)keys_sign(w->e->opt.keys, (uint32_t)(1 + rng_below(r, 4)),
		    buf, 256, &len);
	}
	if ((buf[0] & 7) == 6) { /* a request, no reply */
		buf[1] &= 0x1f;
		memset(buf + 8, 0, 3);
		buf[11] = (uint8_t)(len > 12 ? len - 12 : 0);
	}
	return len;
}

/* Whatever a stranger sends, he gets no more than he gave. */
static void
nothing_is_amplified(void **state)
{
	struct engine_options o;
	struct world w;
	struct ntp_rng r;
	struct ntp_addr a = {.ip = {203, 0, 113, 0}, .family = ADDR_V4};
	unsigned answered = 0;

	(void)state;
	open_server(&w, &o);
	rng_seed(&r, 1);
	for (unsigned i = 0; i < 300000; i++) {
		uint8_t buf[256];
		size_t len = random_datagram(&w, &r, buf);
		unsigned before = w.nsent;

		a.ip[3] = (uint8_t)rng_below(&r, 256);
		a.port = (uint16_t)(1 + rng_below(&r, 65535));
		world_inject(&w, 0, &a, buf, len);
		assert_true(w.nsent <= before + 1);
		if (w.nsent == before)
			continue;
		answered++;
		assert_true(w.sentlen <= len);
	}
	assert_true(answered > 10000);
	world_fini(&w);
	keys_free(&o.keys);
}

/* Who answers answers, or errors, can be made to talk to his like for ever. */
static void
answers_are_not_answered(void **state)
{
	static const uint8_t mode[] = {2, 4, 5, 7};
	struct engine_options o;
	struct world w;
	struct ntp_addr a = world_addr(77);
	uint8_t buf[468];
	unsigned before;

	(void)state;
	open_server(&w, &o);
	before = w.nsent;
	for (unsigned port = 1; port < 65536; port += 257) {
		a.port = (uint16_t)port;
		for (unsigned v = 0; v < 8; v++) {
			for (unsigned m = 0; m < sizeof mode; m++) {
				memset(buf, 0, sizeof buf);
				buf[0] = (uint8_t)(v << 3 | mode[m]);
				buf[40] = 1;
				world_inject(&w, 0, &a, buf, 48);
				world_inject(&w, 0, &a, buf, sizeof buf);
			}
			for (unsigned op = 0x20; op < 256; op++) {
				buf[0] = (uint8_t)(v << 3 | 6);
				buf[1] = (uint8_t)op; /* R, E or M is set */
				world_inject(&w, 0, &a, buf, 12);
			}
		}
	}
	assert_int_equal(w.nsent, before);
	world_fini(&w);
	keys_free(&o.keys);
}

/* What we send, sent back to us, ends there: one host, or two of ours. */
static void
what_we_send_is_not_answered(void **state)
{
	struct engine_options o;
	struct world w;
	struct ntp_rng r;
	struct ntp_addr a = world_addr(77);
	unsigned replies = 0;

	(void)state;
	open_server(&w, &o);
	rng_seed(&r, 2);
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t buf[256], echo[1024];
		size_t len = random_datagram(&w, &r, buf);
		unsigned before = w.nsent;

		a.ip[3] = (uint8_t)(2 + rng_below(&r, 100));
		a.port = 123;
		world_inject(&w, 0, &a, buf, len);
		if (w.nsent == before)
			continue;
		replies++;
		before = w.nsent;
		memcpy(echo, w.sent, w.sentlen);
		world_inject(&w, 0, &a, echo, w.sentlen);
		assert_int_equal(w.nsent, before);
	}
	assert_true(replies > 1000);
	world_fini(&w);
	keys_free(&o.keys);
}

static void
drops_all(const char *src, uint16_t port, const char *dst, enum ntp_drop why)
{
	struct engine_options o;
	struct world w;
	struct ntp_addr s, d;
	uint8_t buf[48] = {[40] = 1};
	struct recvbuf rb = {.src = &s, .dst = &d, .data = buf, .len = 48};
	unsigned before;

	assert_int_equal(addr_parse(src, strlen(src), &s), 0);
	assert_int_equal(addr_parse(dst, strlen(dst), &d), 0);
	open_server(&w, &o);
	before = w.nsent;
	s.port = port;
	d.port = 123;
	for (uint8_t m = 0; m < 8; m++) {
		buf[0] = (uint8_t)(0x20 | m);
		rb.rx_time = world_now(&w).sys;
		receive(w.e, &rb, world_now(&w));
	}
	assert_int_equal(w.nsent, before);
	assert_true(w.e->count.drop[why] > 0);
	assert_int_equal(peer_count(&w.e->peers), 1);
	world_fini(&w);
	keys_free(&o.keys);
}

/* Services that echo are asked from no other port than clients: what they
 * send back is our own reply, which ends there. */
static void
echo_and_chargen(void **state)
{
	static const uint16_t port[] = {7, 13, 19, 37, 53, 123, 161, 1900};
	struct engine_options o;
	struct world w;
	struct ntp_addr a = {.ip = {203, 0, 113, 9}, .family = ADDR_V4};
	uint8_t buf[48] = {0x23, [40] = 1}, echo[1024];

	(void)state;
	open_server(&w, &o);
	for (unsigned i = 0; i < sizeof port / sizeof port[0]; i++) {
		unsigned before = w.nsent;

		a.port = port[i];
		world_inject(&w, 0, &a, buf, sizeof buf);
		assert_int_equal(w.nsent, before + 1);
		assert_int_equal(w.sentlen, sizeof buf);
		memcpy(echo, w.sent, w.sentlen);
		world_inject(&w, 0, &a, echo, w.sentlen);
		memset(echo, 'a', sizeof echo); /* characters, generated */
		world_inject(&w, 0, &a, echo, 512);
		assert_int_equal(w.nsent, before + 1);
	}
	world_fini(&w);
	keys_free(&o.keys);
}

static void
our_own_address_is_no_client(void **state)
{
	(void)state;
	drops_all("192.0.2.200", 123, "192.0.2.200", DROP_OWN);
}

static void
port_zero_is_no_client(void **state)
{
	(void)state;
	drops_all("192.0.2.77", 0, "192.0.2.200", DROP_PORT0);
}

static void
requests_to_everybody_are_not_answered(void **state)
{
	(void)state;
	drops_all("192.0.2.77", 40000, "255.255.255.255", DROP_BOGON);
	drops_all("192.0.2.77", 40000, "224.0.1.1", DROP_BOGON);
	drops_all("2001:db8::7", 40000, "ff02::101", DROP_BOGON);
}

static void
everybody_is_no_client(void **state)
{
	(void)state;
	drops_all("255.255.255.255", 40000, "192.0.2.200", DROP_BOGON);
	drops_all("224.0.1.1", 40000, "192.0.2.200", DROP_BOGON);
	drops_all("ff02::101", 40000, "2001:db8::1", DROP_BOGON);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAT("CVE-2013-5211", nothing_is_amplified),
	    THREAT("CVE-2016-6301", answers_are_not_answered),
	    THREAT("CVE-2024-2169", what_we_send_is_not_answered),
	    THREAT("M-chargen", echo_and_chargen),
	    THREAT("M-own-address", our_own_address_is_no_client),
	    THREAT("M-port-zero", port_zero_is_no_client),
	    THREAT("M-broadcast", requests_to_everybody_are_not_answered),
	    THREAT("M-multicast", everybody_is_no_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
