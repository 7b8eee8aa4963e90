/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_addr.c - addresses, prefixes, ports and numbers from hostile text.
 *
 * What is accepted must read back from its own print, unchanged.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_addr.h"
#include "ntp_err.h"
#include "ntp_fmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_round_trip(const struct ntp_addr *a)
{
	char text[ADDR_STRLEN], host[ADDR_STRLEN];
	struct ntp_addr b;
	uint16_t port;

	addr_format(a, text);
	check(strlen(text) < sizeof(text));
	check(addr_parse(text, strlen(text), &b) == 0 && addr_equal(a, &b));
	b.port = 65535;
	addr_format_port(&b, text);
	check(addr_split_port(text, host, sizeof(host), &port) == 0);
	check(port == 65535);
	check(addr_parse(host, strlen(host), &b) == 0 && addr_equal(a, &b));
	addr_unmap(&b);
	check(addr_equal(a, &b));
}

static void
check_addr(const char *s, size_t len)
{
	struct ntp_addr a;

	if (addr_parse(s, len, &a) != 0)
		return;
	check(a.family == ADDR_V4 || a.family == ADDR_V6);
	check(a.port == 0);
	check(!(addr_is_loopback(&a) && addr_is_multicast(&a)));
	check(!(addr_is_any(&a) && addr_is_linklocal(&a)));
	check_round_trip(&a);
}

static void
check_prefix(const char *s, size_t len)
{
	struct ntp_addr a, flipped, mask;
	unsigned bits, max, i;

	if (addr_parse_prefix(s, len, &a, &bits) != 0)
		return;
	max = a.family == ADDR_V4 ? 32 : 128;
	check(bits <= max);
	check(addr_in_prefix(&a, &a, bits));
	addr_mask((enum addr_family)a.family, bits, &mask);
	for (i = 0; i < max; i++) {
		flipped = a;
		flipped.ip[i / 8] ^= (uint8_t)(0x80U >> i % 8);
		check(addr_in_prefix(&flipped, &a, bits) == (i >= bits));
		check(((mask.ip[i / 8] << i % 8 & 0x80) != 0) == (i < bits));
	}
	check_round_trip(&a);
}

static void
check_split(const char *s, size_t len)
{
	char host[32];
	uint16_t port = 1;
	int err = addr_split_port(s, host, sizeof(host), &port);

	if (err != 0) {
		check(err == -NTP_EFORMAT || err == -NTP_ERANGE ||
		    err == -NTP_ESHORT);
		return;
	}
	check(strlen(host) > 0 && strlen(host) < sizeof(host));
	check(strlen(host) <= len);
	check(strpbrk(host, "[]") == NULL);
	check(addr_split_port(s, host, 1, &port) == -NTP_ESHORT);
}

static void
check_double(const char *s, size_t len)
{
	double v = 0, again;
	char text[64];

	if (fmt_parse_double(s, len, &v) != 0)
		return;
	check(isfinite(v));
	check(len > 40 || v == strtod(s, NULL));
	fmt_fixed(text, sizeof(text), v, 15);
	check(fmt_parse_double(text, strlen(text), &again) == 0);
	check(fabs(v) > 1e14 || fabs(v - again) <= 1e-14 + fabs(v) * 1e-15);
	fmt_ms7(text, sizeof(text), v, true);
	check(strlen(text) >= 6 && strlen(text) <= 7);
}

static void
check_numbers(const char *s, size_t len)
{
	char text[32];
	int64_t i, again;
	ntp_ts t, back;

	if (fmt_parse_int(s, len, false, &i) == 0) {
		check(fmt_parse_int(s, len, true, &again) == 0 && i == again);
		fmt_when(text, sizeof(text), i);
		check(strlen(text) > 0 && (i > 0 || text[0] == '-'));
	}
	if (fmt_parse_ts(s, len, &t) == 0) {
		fmt_ts_wire(text, sizeof(text), t);
		check(fmt_parse_ts(text, strlen(text), &back) == 0);
		check(t.v == back.v);
	}
}

static void
check_safe(const char *s, size_t len)
{
	char out[64];
	const char *p;

	memset(out, 'x', sizeof(out));
	fmt_safe(out, sizeof(out), s, len);
	check(memchr(out, '\0', sizeof(out)) != NULL);
	for (p = out; *p != '\0'; p++)
		check(*p >= ' ' && *p <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1), *bare = malloc(size + (size == 0));

	check(s != NULL && bare != NULL);
	if (size > 0) {
		memcpy(s, data, size);
		memcpy(bare, data, size);
	}
	s[size] = '\0';
	/* Without a NUL behind it: the length alone must do. */
	check_addr(bare, size);
	check_prefix(bare, size);
	check_numbers(bare, size);
	check_safe(bare, size);
	check_double(s, size);
	check_split(s, strlen(s));
	free(bare);
	free(s);
	return 0;
}
