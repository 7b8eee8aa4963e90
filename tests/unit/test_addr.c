/* SPDX-License-Identifier: BSD-2-Clause */
/* test_addr.c - addresses, prefixes and ports against independent oracles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "ntp_addr.h"
#include "ntp_err.h"
#include "ntp_rng.h"

#define SEED UINT64_C(20260101)

static struct ntp_addr
addr(const char *text)
{
	struct ntp_addr a;

	assert_int_equal(addr_parse(text, strlen(text), &a), 0);
	return a;
}

static void
assert_reads_as(const char *in, const char *out)
{
	struct ntp_addr a = addr(in);
	char text[ADDR_STRLEN];

	assert_string_equal(addr_format(&a, text), out);
	assert_int_equal(a.port, 0);
}

static void
assert_refused(const char *text)
{
	struct ntp_addr a = {.port = 7};

	assert_int_equal(addr_parse(text, strlen(text), &a), -NTP_EFORMAT);
	assert_int_equal(a.port, 7);
}

static void
test_parse_v4(void **state)
{
	struct ntp_addr a = addr("192.0.2.17");

	(void)state;
	assert_int_equal(a.family, ADDR_V4);
	assert_memory_equal(a.ip, "\xc0\x00\x02\x11", 4);
	assert_reads_as("0.0.0.0", "0.0.0.0");
	assert_reads_as("255.255.255.255", "255.255.255.255");
	assert_refused("");
	assert_refused("1.2.3");
	assert_refused("1.2.3.4.5");
	assert_refused("256.0.0.1");
	assert_refused("1.2.3.4 ");
	assert_refused(" 1.2.3.4");
	assert_refused("1.2.3.-4");
	assert_refused("0x7f.0.0.1");
	assert_refused("1.2.3.4%1");
	assert_refused("[1.2.3.4]");
	assert_refused("time.example.net");
}

static void
test_parse_stops_at_length(void **state)
{
	struct ntp_addr a;
	char text[ADDR_STRLEN];

	(void)state;
	assert_int_equal(addr_parse("10.0.0.12345", 9, &a), 0);
	assert_string_equal(addr_format(&a, text), "10.0.0.12");
	assert_int_equal(addr_parse("10.0.0.1\0x", 10, &a), -NTP_EFORMAT);
	assert_int_equal(addr_parse("::1\0x", 5, &a), -NTP_EFORMAT);
}

/* The examples of RFC 5952 4 and 5. */
static void
test_v6_text(void **state)
{
	(void)state;
	assert_reads_as("2001:0db8::0001", "2001:db8::1");
	assert_reads_as("2001:db8:0:0:0:0:2:1", "2001:db8::2:1");
	assert_reads_as("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	assert_reads_as("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
	assert_reads_as("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
	assert_reads_as("2001:DB8::ABCD", "2001:db8::abcd");
	assert_reads_as("::", "::");
	assert_reads_as("::1", "::1");
	assert_reads_as("1::", "1::");
	assert_reads_as("[2001:db8::1]", "2001:db8::1");
	assert_reads_as("0:0:1:2:3:4:5:6", "::1:2:3:4:5:6");
	assert_reads_as("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::");
	assert_reads_as("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_refused(":");
	assert_refused(":::");
	assert_refused("1::2::3");
	assert_refused("12345::");
	assert_refused("[::1");
	assert_refused("::1]");
	assert_refused("[]");
	assert_refused("[[::1]]");
	assert_refused("1:2:3:4:5:6:7:8:9");
}

static void
test_scope(void **state)
{
	struct ntp_addr a = addr("fe80::1%3");

	(void)state;
	assert_int_equal(a.scope, 3);
	assert_reads_as("fe80::1%3", "fe80::1%3");
	assert_reads_as("[fe80::1%4294967295]", "fe80::1%4294967295");
	assert_reads_as("ff02::101%2", "ff02::101%2");
	assert_reads_as("fe80::1%0", "fe80::1");
	assert_refused("fe80::1%");
	assert_refused("fe80::1%4294967296");
	assert_refused("fe80::1%eth0");
	assert_refused("fe80::1%-1");
	assert_refused("fe80::1%1%1");
	assert_refused("2001:db8::1%3");
	assert_refused("ff0e::101%2");
}

static void
test_mapped_becomes_v4(void **state)
{
	struct ntp_addr a = addr("::ffff:192.0.2.1");

	(void)state;
	assert_int_equal(a.family, ADDR_V4);
	assert_reads_as("::ffff:192.0.2.1", "192.0.2.1");
	assert_reads_as("[::ffff:c000:0201]", "192.0.2.1");
	assert_reads_as("::fffe:192.0.2.1", "::fffe:c000:201");
	assert_reads_as("::192.0.2.1", "::c000:201");
	a = addr("2001:db8::1");
	addr_unmap(&a);
	assert_int_equal(a.family, ADDR_V6);
}

/* CVE-2015-7855: any length of hostile text. */
static void
test_long_text(void **state)
{
	char text[2001];
	struct ntp_addr a;
	unsigned bits;
	size_t n;
	const char *fill = "1.f%[]/";

	(void)state;
	for (; *fill != '\0'; fill++) {
		memset(text, *fill, sizeof(text));
		for (n = 0; n < sizeof(text); n++) {
			assert_int_equal(addr_parse(text, n, &a), -NTP_EFORMAT);
			assert_int_equal(addr_parse_prefix(text, n, &a, &bits),
			    -NTP_EFORMAT);
		}
	}
}

/* Whatever we print reads back, and the C library reads the same. */
static void
test_random_round_trip(void **state)
{
	struct ntp_rng r;
	struct ntp_addr a, b;
	char text[ADDR_STRLEN];
	uint8_t libc[16];
	int i, j;

	(void)state;
	rng_seed(&r, SEED);
	for (i = 0; i < 20000; i++) {
		memset(&a, 0, sizeof(a));
		a.family = ADDR_V6;
		rng_fill(&r, a.ip, sizeof(a.ip));
		for (j = 0; j < 16; j += 2)
			if (rng_below(&r, 2) == 0)
				a.ip[j] = a.ip[j + 1] = 0;
		addr_unmap(&a);
		addr_format(&a, text);
		assert_int_equal(addr_parse(text, strlen(text), &b), 0);
		assert_true(addr_equal(&a, &b));
		assert_int_equal(
		    inet_pton(
			a.family == ADDR_V4 ? AF_INET : AF_INET6, text, libc),
		    1);
		assert_memory_equal(libc, a.ip, a.family == ADDR_V4 ? 4 : 16);
	}
}

static void
test_format_port(void **state)
{
	struct ntp_addr a = addr("192.0.2.1"), none = {.port = 123};
	char text[ADDR_STRLEN];

	(void)state;
	a.port = 123;
	assert_string_equal(addr_format_port(&a, text), "192.0.2.1:123");
	a = addr("::1");
	a.port = 65535;
	assert_string_equal(addr_format_port(&a, text), "[::1]:65535");
	assert_string_equal(addr_format(&a, text), "::1");
	a = addr("fe80::1%8");
	assert_string_equal(addr_format_port(&a, text), "[fe80::1%8]:0");
	assert_string_equal(addr_format_port(&none, text), "-");
	assert_string_equal(addr_format(&none, text), "-");
}

static void
test_longest_text_fits(void **state)
{
	struct ntp_addr a = {.family = ADDR_V6, .port = 65535};
	char text[ADDR_STRLEN];

	(void)state;
	memset(a.ip, 0xff, sizeof(a.ip));
	a.scope = UINT32_MAX;
	assert_string_equal(addr_format_port(&a, text),
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

static void
test_split_port(void **state)
{
	static const struct {
		const char *in;
		int err;
		const char *host;
		uint16_t port;
	} row[] = {
	    {"ntp.example.net", 0, "ntp.example.net", 0},
	    {"ntp.example.net:1123", 0, "ntp.example.net", 1123},
	    {"192.0.2.1", 0, "192.0.2.1", 0},
	    {"192.0.2.1:123", 0, "192.0.2.1", 123},
	    {"::1", 0, "::1", 0},
	    {"2001:db8::1:123", 0, "2001:db8::1:123", 0},
	    {"[::1]", 0, "::1", 0},
	    {"[::1]:65535", 0, "::1", 65535},
	    {"[fe80::1%eth0]:11", 0, "fe80::1%eth0", 11},
	    {"", -NTP_EFORMAT, NULL, 0},
	    {":123", -NTP_EFORMAT, NULL, 0},
	    {"host:", -NTP_EFORMAT, NULL, 0},
	    {"host:ntp", -NTP_EFORMAT, NULL, 0},
	    {"host:+1", -NTP_EFORMAT, NULL, 0},
	    {"host:12x", -NTP_EFORMAT, NULL, 0},
	    {"host:0", -NTP_ERANGE, NULL, 0},
	    {"host:65536", -NTP_ERANGE, NULL, 0},
	    {"host:99999999999999999999999", -NTP_ERANGE, NULL, 0},
	    {"[]", -NTP_EFORMAT, NULL, 0},
	    {"[::1", -NTP_EFORMAT, NULL, 0},
	    {"[::1]123", -NTP_EFORMAT, NULL, 0},
	    {"[::1]:", -NTP_EFORMAT, NULL, 0},
	    {"[[::1]]:1", -NTP_EFORMAT, NULL, 0},
	    {"host]:1", -NTP_EFORMAT, NULL, 0},
	    {"ho[st:1", -NTP_EFORMAT, NULL, 0},
	};
	char host[64];
	uint16_t port;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(
		    addr_split_port(row[i].in, host, sizeof(host), &port),
		    row[i].err);
		if (row[i].err != 0)
			continue;
		assert_string_equal(host, row[i].host);
		assert_int_equal(port, row[i].port);
	}
}

static void
test_split_port_capacity(void **state)
{
	char host[8] = "#######", big[4001];
	uint16_t port;

	(void)state;
	assert_int_equal(addr_split_port("1234567:9", host, 8, &port), 0);
	assert_string_equal(host, "1234567");
	assert_int_equal(
	    addr_split_port("12345678:9", host, 8, &port), -NTP_ESHORT);
	assert_int_equal(addr_split_port("a", host, 0, &port), -NTP_ESHORT);
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(addr_split_port(big, host, 8, &port), -NTP_ESHORT);
}

static void
assert_prefix(const char *in, const char *net, unsigned bits)
{
	struct ntp_addr a;
	char text[ADDR_STRLEN];
	unsigned got;

	assert_int_equal(addr_parse_prefix(in, strlen(in), &a, &got), 0);
	assert_string_equal(addr_format(&a, text), net);
	assert_int_equal(got, bits);
}

static void
test_parse_prefix(void **state)
{
	static const char *const bad[] = {"1.2.3.4/", "1.2.3.4/33",
	    "1.2.3.4/-1", "1.2.3.4/8/8", "1.2.3.4/8x", "::/129", "/8",
	    "1.2.3.0/255.255.255.0", "::ffff:1.2.3.4/95", "1.2.3.4/4294967304"};
	struct ntp_addr a;
	unsigned bits;
	size_t i;

	(void)state;
	assert_prefix("192.0.2.0/24", "192.0.2.0", 24);
	assert_prefix("192.0.2.7", "192.0.2.7", 32);
	assert_prefix("0.0.0.0/0", "0.0.0.0", 0);
	assert_prefix("2001:db8::/32", "2001:db8::", 32);
	assert_prefix("[2001:db8::]/47", "2001:db8::", 47);
	assert_prefix("::1", "::1", 128);
	assert_prefix("::/0", "::", 0);
	assert_prefix("fe80::%2/64", "fe80::%2", 64);
	assert_prefix("::ffff:192.0.2.0/120", "192.0.2.0", 24);
	assert_prefix("::ffff:0:0/96", "0.0.0.0", 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    addr_parse_prefix(bad[i], strlen(bad[i]), &a, &bits),
		    -NTP_EFORMAT);
}

static bool
bit_of(const struct ntp_addr *a, unsigned i)
{
	return (a->ip[i / 8] >> (7 - i % 8) & 1) != 0;
}

/* CVE-2015-1821: each length, each single differing bit, so both edges. */
static void
check_prefix_length(const struct ntp_addr *net, unsigned bits, unsigned allbits)
{
	struct ntp_addr mask, a = *net;
	unsigned i;

	assert_true(addr_in_prefix(&a, net, bits));
	addr_mask((enum addr_family)net->family, bits, &mask);
	assert_int_equal(mask.family, net->family);
	for (i = 0; i < 128; i++)
		assert_int_equal(bit_of(&mask, i), i < bits);
	for (i = 0; i < allbits; i++) {
		a = *net;
		a.ip[i / 8] ^= (uint8_t)(0x80U >> i % 8);
		assert_int_equal(addr_in_prefix(&a, net, bits), i >= bits);
	}
	for (i = bits; i < allbits; i++)
		a.ip[i / 8] ^= (uint8_t)(0x80U >> i % 8);
	assert_int_equal(addr_in_prefix(&a, net, bits), bits < allbits);
}

static void
test_every_prefix_length(void **state)
{
	struct ntp_addr v4 = addr("203.0.113.165");
	struct ntp_addr v6 = addr("2001:db8:a5c3:f00f:1234:5678:9abc:def1");
	unsigned bits;

	(void)state;
	for (bits = 0; bits <= 32; bits++)
		check_prefix_length(&v4, bits, 32);
	for (bits = 0; bits <= 128; bits++)
		check_prefix_length(&v6, bits, 128);
}

static uint32_t
v4_number(const struct ntp_addr *a)
{
	return (uint32_t)a->ip[0] << 24 | (uint32_t)a->ip[1] << 16 |
	    (uint32_t)a->ip[2] << 8 | a->ip[3];
}

/* The same by arithmetic: a net is a range of numbers. */
static void
test_v4_prefix_is_a_range(void **state)
{
	struct ntp_addr net = addr("198.51.100.77"), a = net;
	uint32_t size, first, n, i;
	unsigned bits;

	(void)state;
	for (bits = 1; bits <= 32; bits++) {
		size = UINT32_C(1) << (32 - bits);
		first = v4_number(&net) / size * size;
		for (i = 0; i < 4; i++) {
			n = i < 2 ? first - i : first + size - (3 - i);
			a.ip[0] = (uint8_t)(n >> 24);
			a.ip[1] = (uint8_t)(n >> 16);
			a.ip[2] = (uint8_t)(n >> 8);
			a.ip[3] = (uint8_t)n;
			assert_int_equal(
			    addr_in_prefix(&a, &net, bits), n - first < size);
		}
	}
}

static void
test_prefix_families(void **state)
{
	struct ntp_addr v4 = addr("0.0.0.0"), v6 = addr("::"), none = {0};
	struct ntp_addr mask;

	(void)state;
	assert_false(addr_in_prefix(&v4, &v6, 0));
	assert_false(addr_in_prefix(&v6, &v4, 0));
	assert_false(addr_in_prefix(&none, &none, 0));
	assert_true(addr_in_prefix(&v4, &v4, 4000));
	addr_mask(ADDR_V4, 4000, &mask);
	assert_int_equal(v4_number(&mask), UINT32_MAX);
	assert_int_equal(mask.ip[4], 0);
}

static void
test_order(void **state)
{
	static const char *const sorted[] = {"0.0.0.1", "10.0.0.0", "10.0.0.1",
	    "255.0.0.0", "::", "::1", "fe80::1", "fe80::1%1", "fe80::1%9",
	    "fe80::2"};
	struct ntp_addr a, b;
	size_t i, j, n = sizeof(sorted) / sizeof(sorted[0]);
	int c;

	(void)state;
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++) {
			a = addr(sorted[i]);
			b = addr(sorted[j]);
			b.port = 5;
			c = addr_cmp(&a, &b);
			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
			assert_int_equal(addr_equal(&a, &b), i == j);
			assert_false(addr_equal_port(&a, &b));
			a.port = 5;
			assert_int_equal(addr_equal_port(&a, &b), i == j);
		}
}

static void
test_kinds(void **state)
{
	static const struct {
		const char *text;
		bool loopback, multicast, any, linklocal;
	} row[] = {
	    {"127.0.0.1", true, false, false, false},
	    {"127.255.255.255", true, false, false, false},
	    {"128.0.0.1", false, false, false, false},
	    {"0.0.0.0", false, false, true, false},
	    {"0.0.0.1", false, false, false, false},
	    {"223.255.255.255", false, false, false, false},
	    {"224.0.1.1", false, true, false, false},
	    {"239.255.255.255", false, true, false, false},
	    {"240.0.0.0", false, false, false, false},
	    {"169.254.0.1", false, false, false, true},
	    {"169.255.0.1", false, false, false, false},
	    {"::1", true, false, false, false},
	    {"::2", false, false, false, false},
	    {"100::1", false, false, false, false},
	    {"::", false, false, true, false},
	    {"ff05::101", false, true, false, false},
	    {"fe80::1", false, false, false, true},
	    {"febf::1", false, false, false, true},
	    {"fec0::1", false, false, false, false},
	};
	struct ntp_addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		a = addr(row[i].text);
		assert_int_equal(addr_is_loopback(&a), row[i].loopback);
		assert_int_equal(addr_is_multicast(&a), row[i].multicast);
		assert_int_equal(addr_is_any(&a), row[i].any);
		assert_int_equal(addr_is_linklocal(&a), row[i].linklocal);
	}
	memset(&a, 0, sizeof(a));
	assert_false(addr_is_any(&a));
	assert_false(addr_is_loopback(&a));
}

static void
test_refclock(void **state)
{
	struct ntp_addr a = addr("127.127.28.3"), b = addr("127.0.0.1");
	unsigned type = 0, unit = 0;

	(void)state;
	assert_true(addr_is_refclock(&a, &type, &unit));
	assert_int_equal(type, 28);
	assert_int_equal(unit, 3);
	assert_true(addr_is_refclock(&a, NULL, NULL));
	assert_false(addr_is_refclock(&b, &type, &unit));
	b = addr("7f7f::");
	assert_false(addr_is_refclock(&b, &type, &unit));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse_v4),
	    cmocka_unit_test(test_parse_stops_at_length),
	    cmocka_unit_test(test_v6_text),
	    cmocka_unit_test(test_scope),
	    cmocka_unit_test(test_mapped_becomes_v4),
	    cmocka_unit_test(test_long_text),
	    cmocka_unit_test(test_random_round_trip),
	    cmocka_unit_test(test_format_port),
	    cmocka_unit_test(test_longest_text_fits),
	    cmocka_unit_test(test_split_port),
	    cmocka_unit_test(test_split_port_capacity),
	    cmocka_unit_test(test_parse_prefix),
	    cmocka_unit_test(test_every_prefix_length),
	    cmocka_unit_test(test_v4_prefix_is_a_range),
	    cmocka_unit_test(test_prefix_families),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_refclock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
