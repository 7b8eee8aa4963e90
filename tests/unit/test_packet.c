/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_packet.c - tests of the packet header codec.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ntp.h"
#include "ntp_err.h"
#include "ntp_packet.h"
#include "ntp_rng.h"

static const uint8_t wire[NTP_HEADER_LEN] = {
    0x64, 2, 0xf6, 0xec,	     /* LI 1, version 4, mode 4 */
    0xff, 0xff, 0x80, 0x01,	     /* root delay */
    0x00, 0x01, 0x40, 0x00,	     /* root dispersion */
    192, 0, 2, 1,		     /* reference id */
    0, 0, 0, 1, 0x80, 0, 0, 0,	     /* reference time: era 1 */
    0xe8, 0xaa, 0x5b, 0, 1, 2, 3, 4, /* origin */
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* receive */
    0x80, 0, 0, 0, 0, 0, 0, 5,			    /* transmit */
};

static void
check_first(uint8_t octet, int leap, int version, int mode)
{
	uint8_t buf[NTP_HEADER_LEN] = {octet};
	struct ntp_packet p;

	assert_int_equal(packet_decode(buf, sizeof(buf), &p), 0);
	assert_int_equal(p.leap, leap);
	assert_int_equal(p.version, version);
	assert_int_equal(p.mode, mode);
	assert_int_equal(packet_version(buf), version);
	assert_int_equal(packet_mode(buf), mode);
}

static void
test_first_octet(void **state)
{
	(void)state;
	check_first(0x23, NTP_LEAP_NONE, 4, NTP_MODE_CLIENT);
	check_first(0xe3, NTP_LEAP_UNSYNC, 4, NTP_MODE_CLIENT);
	check_first(0x24, NTP_LEAP_NONE, 4, NTP_MODE_SERVER);
	check_first(0x1b, NTP_LEAP_NONE, 3, NTP_MODE_CLIENT);
	check_first(0x0b, NTP_LEAP_NONE, 1, NTP_MODE_CLIENT);
	check_first(0x08, NTP_LEAP_NONE, 1, NTP_MODE_UNSPEC);
	check_first(0xd9, NTP_LEAP_UNSYNC, 3, NTP_MODE_ACTIVE);
	check_first(0xff, 3, 7, 7);
}

static void
test_decode(void **state)
{
	struct ntp_packet p;

	(void)state;
	assert_int_equal(packet_decode(wire, sizeof(wire), &p), 0);
	assert_int_equal(p.leap, NTP_LEAP_INS);
	assert_int_equal(p.stratum, 2);
	assert_int_equal(p.poll, -10);
	assert_int_equal(p.precision, -20);
	assert_int_equal(p.rootdelay, 0xffff8001);
	assert_int_equal(p.rootdisp, 0x00014000);
	assert_int_equal(p.refid, 0xc0000201);
	assert_true(p.reftime.v == UINT64_C(0x0000000180000000));
	assert_true(p.org.v == UINT64_C(0xe8aa5b0001020304));
	assert_true(p.rec.v == UINT64_MAX);
	assert_true(p.xmt.v == UINT64_C(0x8000000000000005));
}

static void
test_short_datagrams(void **state)
{
	struct ntp_packet p;
	uint8_t longer[NTP_HEADER_LEN + 20] = {0x23};

	(void)state;
	for (size_t n = 0; n < NTP_HEADER_LEN; n++)
		assert_int_equal(packet_decode(wire, n, &p), -NTP_ESHORT);
	assert_int_equal(packet_decode(longer, sizeof(longer), &p), 0);
}

static void
test_client_request(void **state)
{
	static const uint8_t want[NTP_HEADER_LEN] = {0x23, 0, 6,
	    0xec, [40] = 0xe8, 0xaa, 0x5b, 0x00, 0x12, 0x34, 0x56, 0x78};
	struct ntp_packet p = {.version = 4, .mode = NTP_MODE_CLIENT};
	uint8_t out[NTP_HEADER_LEN];

	(void)state;
	p.poll = 6;
	p.precision = -20;
	p.xmt.v = UINT64_C(0xe8aa5b0012345678);
	packet_encode(&p, out);
	assert_memory_equal(out, want, sizeof(want));
}

static void
test_encode_masks(void **state)
{
	struct ntp_packet p = {.leap = 0xfd, .version = 0xfc, .mode = 0xfb};
	uint8_t out[NTP_HEADER_LEN];

	(void)state;
	packet_encode(&p, out);
	assert_int_equal(out[0], 0x40 | 0x20 | 0x03);
}

static void
test_any_header_survives(void **state)
{
	struct ntp_rng r;
	struct ntp_packet p;
	uint8_t in[NTP_HEADER_LEN], out[NTP_HEADER_LEN];

	(void)state;
	packet_decode(wire, sizeof(wire), &p);
	packet_encode(&p, out);
	assert_memory_equal(out, wire, sizeof(wire));
	rng_seed(&r, 1);
	for (int i = 0; i < 50000; i++) {
		rng_fill(&r, in, sizeof(in));
		memset(out, 0, sizeof(out));
		assert_int_equal(packet_decode(in, sizeof(in), &p), 0);
		packet_encode(&p, out);
		assert_memory_equal(in, out, sizeof(in));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_octet),
	    cmocka_unit_test(test_decode),
	    cmocka_unit_test(test_short_datagrams),
	    cmocka_unit_test(test_client_request),
	    cmocka_unit_test(test_encode_masks),
	    cmocka_unit_test(test_any_header_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
