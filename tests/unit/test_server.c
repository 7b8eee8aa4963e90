/* SPDX-License-Identifier: BSD-2-Clause */
/* test_server.c - replies to client requests: header, modes, addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ntp_rng.h"
#include "serverlab.h"

/* --- header --------------------------------------------------------------- */

static void
test_every_version_is_echoed(void **state)
{
	struct serverlab *w = *state;

	for (unsigned v = 1; v <= 4; v++) {
		serverlab_request(w, v, NTP_MODE_CLIENT);
		serverlab_plain(w, 48);
		assert_int_equal(w->out[0], v << 3 | NTP_MODE_SERVER);
	}
	assert_int_equal(w->count.thisver, 1);
	assert_int_equal(w->count.oldver, 3);
	assert_int_equal(w->count.processed, 4);
}

static void
test_version_1_is_counted_by_mode(void **state)
{
	struct serverlab *w = *state;

	serverlab_request(w, 1, NTP_MODE_CLIENT);
	serverlab_plain(w, 48);
	serverlab_plain(w, 48);
	serverlab_request(w, 2, NTP_MODE_CLIENT);
	serverlab_plain(w, 48);
	serverlab_request(w, 1, NTP_MODE_UNSPEC);
	serverlab_plain(w, 48);
	serverlab_request(w, 1, NTP_MODE_ACTIVE);
	serverlab_plain(w, 48);
	assert_int_equal(w->count.oldver, 5);
	assert_int_equal(w->count.ver1client, 2);
	assert_int_equal(w->count.ver1zero, 1);
	assert_int_equal(w->count.ver1symm, 1);
}

static void
test_unknown_versions_are_dropped(void **state)
{
	struct serverlab *w = *state;
	static const unsigned bad[] = {0, 5, 6, 7};

	for (size_t i = 0; i < 4; i++) {
		serverlab_request(w, bad[i], NTP_MODE_CLIENT);
		serverlab_dropped(w, 48, DROP_VERSION);
	}
}

static void
test_reply_fields(void **state)
{
	struct serverlab *w = *state;
	const struct ntp_packet *r = &w->reply;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	serverlab_plain(w, 48);
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
	struct serverlab *w = *state;

	w->in[0] = 0x1b;
	serverlab_plain(w, 48);
	assert_true(ts_is_zero(w->reply.org));
	assert_int_equal(w->reply.poll, 3);
}

static void
test_unsynchronized(void **state)
{
	struct serverlab *w = *state;

	w->c.snap.stratum = NTP_MAXSTRAT;
	w->c.snap.refid = refid_from_text("INIT");
	serverlab_request(w, 2, NTP_MODE_CLIENT);
	serverlab_plain(w, 48);
	assert_int_equal(w->out[0], 0xd4);
	assert_int_equal(w->reply.stratum, 0);
	assert_memory_equal(w->out + 12, "INIT", 4);
}

static void
test_leap_is_told(void **state)
{
	struct serverlab *w = *state;

	for (unsigned leap = 0; leap <= 3; leap++) {
		w->c.snap.leap = (uint8_t)leap;
		serverlab_request(w, 4, NTP_MODE_CLIENT);
		serverlab_plain(w, 48);
		assert_int_equal(w->reply.leap, leap);
	}
}

static void
test_poll_is_the_larger(void **state)
{
	struct serverlab *w = *state;
	static const int8_t in[] = {-128, -6, 0, 3, 4, 6, 17, 127};
	static const int8_t out[] = {3, 3, 3, 3, 4, 6, 17, 127};

	for (size_t i = 0; i < sizeof in; i++) {
		serverlab_request(w, 4, NTP_MODE_CLIENT);
		w->in[2] = (uint8_t)in[i];
		serverlab_plain(w, 48);
		assert_int_equal(w->reply.poll, out[i]);
	}
}

static void
test_rootdisp_grows(void **state)
{
	struct serverlab *w = *state;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	w->now.sys = ts_add(w->c.snap.base, 1000);
	serverlab_plain(w, 48);
	/* 0.010 + 1000 * 15e-6 = 0.025 s */
	assert_in_range(w->reply.rootdisp, 1638, 1639);
	/* The clock was set back: it does not shrink. */
	w->now.sys = ts_add(w->c.snap.base, -1000);
	serverlab_plain(w, 48);
	assert_in_range(w->reply.rootdisp, 655, 656);
}

static void
test_root_values_are_clamped(void **state)
{
	struct serverlab *w = *state;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	w->c.snap.rootdelay = -1e-3;
	w->c.snap.rootdisp = 1e9;
	serverlab_plain(w, 48);
	assert_int_equal(w->reply.rootdelay, 0);
	assert_int_equal(w->reply.rootdisp, 0xffffffff);
}

static void
test_transmit_never_before_receive(void **state)
{
	struct serverlab *w = *state;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	serverlab_plain(w, 48);
	server_seal(&w->c, w->out, &w->outlen, (ntp_ts){T_RX - 5});
	assert_int_equal(packet_decode(w->out, w->outlen, &w->reply), 0);
	assert_true(w->reply.xmt.v == (T_RX | 1) + 1);
}

static void
test_smear(void **state)
{
	struct serverlab *w = *state;

	w->c.snap.smear = -0.25;
	serverlab_request(w, 4, NTP_MODE_CLIENT);
	serverlab_plain(w, 48);
	assert_true(w->reply.rec.v == ((T_RX - 0x40000000U) | 1));
	assert_true(w->reply.xmt.v == T_SENT - 0x40000000U);
	assert_true(w->reply.reftime.v == 0xe8aa5a0000000000U - 0x40000000U);
	assert_true(w->reply.org.v == T_REQ);
}

static void
test_fuzzed_reftime(void **state)
{
	struct serverlab *w = *state;

	w->c.snap.reftime.v = 0xe8aa5a3f12345678U;
	w->res.flags = RES_SRVRSPFUZ;
	serverlab_request(w, 4, NTP_MODE_CLIENT);
	serverlab_plain(w, 48);
	assert_true(w->reply.reftime.v == 0xe8aa5a0000000000U);
}

/* --- modes ---------------------------------------------------------------- */

static void
test_mode0_of_version1(void **state)
{
	struct serverlab *w = *state;

	serverlab_request(w, 1, NTP_MODE_UNSPEC);
	serverlab_plain(w, 48);
	assert_int_equal(w->out[0], 0x0c);
	w->src.port = 123;
	serverlab_dropped(w, 48, DROP_MODE);
	w->src.port = 40000;
	for (unsigned v = 2; v <= 4; v++) {
		serverlab_request(w, v, NTP_MODE_UNSPEC);
		serverlab_dropped(w, 48, DROP_MODE);
	}
}

static void
test_mode1_gets_mode2(void **state)
{
	struct serverlab *w = *state;

	w->src.port = 123;
	for (unsigned v = 1; v <= 4; v++) {
		serverlab_request(w, v, NTP_MODE_ACTIVE);
		serverlab_plain(w, 48);
		assert_int_equal(w->out[0], v << 3 | NTP_MODE_PASSIVE);
		assert_true(w->reply.org.v == T_REQ);
	}
}

static void
test_other_modes_are_not_answered(void **state)
{
	struct serverlab *w = *state;
	static const unsigned engine[] = {2, 4, 5, 6};

	for (unsigned v = 0; v <= 7; v++) {
		for (size_t i = 0; i < 4; i++) {
			serverlab_request(w, v, engine[i]);
			assert_int_equal(serverlab_ask(w, 48), SERVER_PUNT);
			assert_int_equal(serverlab_ask(w, 1), SERVER_PUNT);
		}
		serverlab_request(w, v, NTP_MODE_PRIVATE);
		serverlab_dropped(w, 48, DROP_MODE7);
		serverlab_dropped(w, 8, DROP_MODE7);
	}
}

/* --- length and extension fields ------------------------------------------ */

static void
test_short(void **state)
{
	struct serverlab *w = *state;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	for (size_t len = 0; len < 48; len++)
		serverlab_dropped(w, len, DROP_SHORT);
}

static void
test_extension_fields_are_skipped(void **state)
{
	struct serverlab *w = *state;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	memset(w->in + 48, 0, 200);
	w->in[48] = 0xf5;
	w->in[51] = 28;
	serverlab_plain(w, 48 + 28);
	serverlab_dropped(w, 48 + 32, DROP_CRYPTONAK);
	w->in[48 + 28] = 1;
	serverlab_dropped(w, 48 + 32, DROP_FORMAT);
	w->in[49] = 4;
	w->in[51] = 26;
	serverlab_dropped(w, 48 + 28, DROP_FORMAT);
	for (size_t len = 49; len < 52; len++)
		serverlab_dropped(w, len, DROP_FORMAT);
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
	struct serverlab *w = *state;
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

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++) {
		set_addr(&w->src, pair[i][0]);
		set_addr(&w->dst, pair[i][1]);
		serverlab_dropped(w, 48, DROP_BOGON);
	}
	set_addr(&w->src, "127.0.0.1");
	set_addr(&w->dst, "127.0.0.1");
	serverlab_plain(w, 48);
	set_addr(&w->dst, "0.0.0.0");
	serverlab_plain(w, 48);
}

static void
test_port0_and_ourselves(void **state)
{
	struct serverlab *w = *state;

	serverlab_request(w, 4, NTP_MODE_CLIENT);
	w->src.port = 0;
	serverlab_dropped(w, 48, DROP_PORT0);
	w->src = w->dst;
	serverlab_dropped(w, 48, DROP_OWN);
	w->src.port = 40000;
	serverlab_plain(w, 48);
}

/* --- invariants ----------------------------------------------------------- */

static size_t
random_request(struct serverlab *w, struct ntp_rng *r)
{
	size_t len = rng_below(r, 160);

	rng_fill(r, w->in, sizeof w->in);
	if (rng_below(r, 4) != 0)
		len = 48 + 4 * rng_below(r, 10);
	if (rng_below(r, 2) == 0)
		w->in[0] = (uint8_t)(rng_below(r, 4) << 6 |
		    (1 + rng_below(r, 4)) << 3 | rng_below(r, 4));
	if (len >= 48 && rng_below(r, 3) == 0)
		len = serverlab_sign(w, (uint32_t)(1 + rng_below(r, 3)), 48);
	w->res.flags = (uint16_t)rng_below(r, 65536) &
	    (uint16_t)(0xffff ^ (RES_IGNORE | RES_NOSERVE));
	w->src.ip[2] = (uint8_t)rng_below(r, 64);
	w->rnd = (uint32_t)rng_u64(r);
	return len;
}

static void
test_never_longer_and_never_a_loop(void **state)
{
	struct serverlab *w = *state;
	struct ntp_rng r;
	unsigned replies = 0;

	rng_seed(&r, 77);
	for (int i = 0; i < 200000; i++) {
		size_t len = random_request(w, &r);

		if (serverlab_ask(w, len) != SERVER_REPLY)
			continue;
		replies++;
		assert_true(w->outlen <= len);
		assert_true(w->reply.mode == NTP_MODE_SERVER ||
		    w->reply.mode == NTP_MODE_PASSIVE);
		assert_int_equal(w->reply.version, packet_version(w->in));
		memcpy(w->in, w->out, w->outlen);
		assert_int_not_equal(serverlab_ask(w, w->outlen), SERVER_REPLY);
	}
	assert_in_range(replies, 10000, 190000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SERVER_TEST(test_every_version_is_echoed),
	    SERVER_TEST(test_version_1_is_counted_by_mode),
	    SERVER_TEST(test_unknown_versions_are_dropped),
	    SERVER_TEST(test_reply_fields),
	    SERVER_TEST(test_sntp_client_without_timestamp),
	    SERVER_TEST(test_unsynchronized),
	    SERVER_TEST(test_leap_is_told),
	    SERVER_TEST(test_poll_is_the_larger),
	    SERVER_TEST(test_rootdisp_grows),
	    SERVER_TEST(test_root_values_are_clamped),
	    SERVER_TEST(test_transmit_never_before_receive),
	    SERVER_TEST(test_smear),
	    SERVER_TEST(test_fuzzed_reftime),
	    SERVER_TEST(test_mode0_of_version1),
	    SERVER_TEST(test_mode1_gets_mode2),
	    SERVER_TEST(test_other_modes_are_not_answered),
	    SERVER_TEST(test_short),
	    SERVER_TEST(test_extension_fields_are_skipped),
	    SERVER_TEST(test_bogus_addresses),
	    SERVER_TEST(test_port0_and_ourselves),
	    SERVER_TEST(test_never_longer_and_never_a_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
