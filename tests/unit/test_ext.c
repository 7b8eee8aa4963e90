/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ext.c - tests of extension fields and of telling them from a MAC.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_ext.h"
#include "ntp_packet.h"
#include "ntp_rng.h"
#include "ntp_wire.h"
#include "threat.h"

#define TAIL_MAX 600U
#define KEYID	 0x0000abcdU

struct dgram {
	uint8_t buf[NTP_HEADER_LEN + TAIL_MAX];
	size_t len;
};

static struct dgram
header(void)
{
	return (struct dgram){.buf = {0x23}, .len = NTP_HEADER_LEN};
}

/* A field of LEN octets in all, filled with its type. */
static void
add_field(struct dgram *d, uint16_t type, uint16_t len)
{
	struct wire_wr w =
	    wire_wr_init(d->buf + d->len, sizeof(d->buf) - d->len);

	wire_put16(&w, type);
	wire_put16(&w, len);
	while (!w.bad && w.len < len)
		wire_put8(&w, (uint8_t)type);
	d->len += w.len;
}

/* LEN octets that begin with WORD: a MAC, or what looks like one. */
static void
add_tail(struct dgram *d, uint32_t word, size_t len)
{
	struct wire_wr w = wire_wr_init(d->buf + d->len, len);

	if (len >= 4)
		wire_put32(&w, word);
	while (w.len < len)
		wire_put8(&w, 0x55);
	d->len += len;
}

static int
split(const struct dgram *d, unsigned version, struct ext_tail *t)
{
	memset(t, 0x5a, sizeof(*t));
	return ext_split(d->buf, d->len, version, t);
}

static void
check(const struct dgram *d, enum ext_tail_kind kind, size_t ext, size_t mac)
{
	struct ext_tail t;

	assert_int_equal(split(d, 4, &t), 0);
	assert_int_equal(t.kind, kind);
	assert_int_equal(t.ext_off, NTP_HEADER_LEN);
	assert_int_equal(t.ext_len, ext);
	assert_int_equal(t.mac_off, NTP_HEADER_LEN + ext);
	assert_int_equal(t.mac_len, mac);
	assert_int_equal(t.keyid, kind == EXT_TAIL_MAC ? KEYID : 0);
}

static void
check_bad(const struct dgram *d)
{
	struct ext_tail t;

	assert_int_equal(split(d, 4, &t), -NTP_EFORMAT);
}

static void
test_short_datagrams(void **state)
{
	struct dgram d = header();
	struct ext_tail t;

	(void)state;
	for (d.len = 0; d.len < NTP_HEADER_LEN; d.len++)
		for (unsigned v = 0; v < 8; v++)
			assert_int_equal(split(&d, v, &t), -NTP_ESHORT);
}

static void
test_versions(void **state)
{
	struct dgram d = header();
	struct ext_tail t;

	(void)state;
	for (unsigned v = 0; v < 9; v++)
		assert_int_equal(
		    split(&d, v, &t), v >= 1 && v <= 4 ? 0 : -NTP_EFORMAT);
}

/* Every length of a tail that is no extension field, with a key id. */
static void
test_every_length_of_a_mac(void **state)
{
	struct ext_tail t;

	(void)state;
	for (unsigned v = 1; v <= 4; v++) {
		for (size_t n = 0; n <= TAIL_MAX; n++) {
			struct dgram d = header();
			bool old = n >= 8 && n <= 72 && n % 4 == 0;
			bool new = n == 20 || n == 24;
			bool mac = v == 4 ? new : old;

			add_tail(&d, KEYID, n);
			assert_int_equal(
			    split(&d, v, &t), mac || n == 0 ? 0 : -NTP_EFORMAT);
			if (!mac)
				continue;
			assert_int_equal(t.kind, EXT_TAIL_MAC);
			assert_int_equal(t.keyid, KEYID);
			assert_int_equal(t.ext_len, 0);
			assert_int_equal(t.mac_off, NTP_HEADER_LEN);
			assert_int_equal(t.mac_len, n);
		}
	}
}

static void
test_crypto_nak(void **state)
{
	struct dgram nak = header(), word = header();
	struct ext_tail t;

	(void)state;
	add_tail(&nak, 0, 4);
	add_tail(&word, 1, 4);
	for (unsigned v = 1; v <= 4; v++) {
		assert_int_equal(split(&nak, v, &t), 0);
		assert_int_equal(t.kind, EXT_TAIL_CRYPTO_NAK);
		assert_int_equal(t.mac_off, NTP_HEADER_LEN);
		assert_int_equal(t.mac_len, 4);
		assert_int_equal(t.keyid, 0);
		assert_int_equal(split(&word, v, &t), -NTP_EFORMAT);
	}
	nak = header();
	add_field(&nak, 0x0104, 36);
	add_tail(&nak, 0, 4);
	check(&nak, EXT_TAIL_CRYPTO_NAK, 36, 4);
}

/* One field of every length: alone, and before each legal kind of tail. */
static void
test_every_length_of_a_field(void **state)
{
	(void)state;
	for (uint16_t n = 8; n <= TAIL_MAX; n++) {
		struct dgram alone = header(), nak, md5, sha1;

		add_field(&alone, 0x2005, n);
		nak = md5 = sha1 = alone;
		if (n == 20 || n == 24)
			continue; /* alone it is a MAC, by its length */
		if (n % 4 == 0 && n >= 28)
			check(&alone, EXT_TAIL_NONE, n, 0);
		else
			check_bad(&alone);
		if (n > TAIL_MAX - 24)
			continue;
		add_tail(&nak, 0, 4);
		add_tail(&md5, KEYID, 20);
		add_tail(&sha1, KEYID, 24);
		if (n % 4 != 0 || n < 16) {
			check_bad(&md5);
			check_bad(&sha1);
			continue;
		}
		check(&md5, EXT_TAIL_MAC, n, 20);
		check(&sha1, EXT_TAIL_MAC, n, 24);
		if (n >= 28)
			check(&nak, EXT_TAIL_CRYPTO_NAK, n, 4);
	}
}

static void
test_last_field_without_mac_has_28_octets(void **state)
{
	(void)state;
	for (uint16_t n = 8; n < 28; n += 4) {
		struct dgram d = header();

		add_field(&d, 0x0104, 32);
		add_field(&d, 0x0204, n);
		if (n == 20 || n == 24)
			continue;
		check_bad(&d);
	}
}

static void
test_bad_fields(void **state)
{
	static const uint16_t lens[] = {0, 3, 4, 8, 12, 15, 17, 30, 36, 0xffff};
	struct dgram d = header();

	(void)state;
	add_field(&d, 0, 32); /* type 0 is never a field */
	check_bad(&d);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		d = header();
		add_field(&d, 0x0104, 32);
		d.buf[NTP_HEADER_LEN + 2] = (uint8_t)(lens[i] >> 8);
		d.buf[NTP_HEADER_LEN + 3] = (uint8_t)lens[i];
		check_bad(&d);
	}
}

static void
test_old_versions_have_no_fields(void **state)
{
	struct dgram d = header();
	struct ext_tail t;

	(void)state;
	add_field(&d, 0x0104, 68);
	assert_int_equal(split(&d, 3, &t), 0);
	assert_int_equal(t.kind, EXT_TAIL_MAC);
	assert_int_equal(t.keyid, 0x01040044);
	assert_int_equal(t.ext_len, 0);
	assert_int_equal(split(&d, 4, &t), 0);
	assert_int_equal(t.kind, EXT_TAIL_NONE);
}

static void
test_iteration(void **state)
{
	static const uint16_t types[] = {0x0104, 0x0204, 0x0204, 0xf323};
	static const uint16_t lens[] = {36, 104, 16, 28};
	struct dgram d = header();
	struct ext_tail t;
	struct ext_iter it;
	struct ext_field f;
	size_t off = NTP_HEADER_LEN;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		add_field(&d, types[i], lens[i]);
	add_tail(&d, KEYID, 24);
	check(&d, EXT_TAIL_MAC, 36 + 104 + 16 + 28, 24);
	assert_int_equal(split(&d, 4, &t), 0);
	it = ext_iter_init(d.buf, &t);
	for (size_t i = 0; i < 4; i++) {
		assert_true(ext_next(&it, &f));
		assert_int_equal(f.type, types[i]);
		assert_ptr_equal(f.value, d.buf + off + 4);
		assert_int_equal(f.len, lens[i] - 4);
		off += lens[i];
	}
	assert_false(ext_next(&it, &f));
	assert_false(ext_next(&it, &f));
}

static void
test_iteration_of_none(void **state)
{
	struct dgram d = header();
	struct ext_tail t;
	struct ext_iter it;
	struct ext_field f;

	(void)state;
	add_tail(&d, KEYID, 20);
	assert_int_equal(split(&d, 4, &t), 0);
	it = ext_iter_init(d.buf, &t);
	assert_false(ext_next(&it, &f));
}

/* Random chains of fields, one octet of them changed: never outside. */
static void
test_random_chains(void **state)
{
	struct ntp_rng r;
	int good = 0;

	(void)state;
	rng_seed(&r, 1);
	for (int i = 0; i < 50000; i++) {
		struct dgram d = header();
		struct ext_tail t;
		struct ext_iter it;
		struct ext_field f;
		size_t sum = 0;

		for (uint64_t n = rng_below(&r, 5); n > 0; n--)
			add_field(&d, (uint16_t)(rng_u64(&r) | 1),
			    (uint16_t)(16 + 4 * rng_below(&r, 20)));
		add_tail(&d, KEYID, 4 * rng_below(&r, 7));
		d.buf[NTP_HEADER_LEN + rng_below(&r, 100)] ^=
		    (uint8_t)(rng_below(&r, 2) << rng_below(&r, 8));
		if (split(&d, 4, &t) != 0)
			continue;
		good++;
		assert_int_equal(t.mac_off, NTP_HEADER_LEN + t.ext_len);
		assert_int_equal(t.mac_off + t.mac_len, d.len);
		it = ext_iter_init(d.buf, &t);
		while (ext_next(&it, &f))
			sum += f.len + 4;
		assert_int_equal(sum, t.ext_len);
	}
	assert_in_range(good, 5000, 45000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_short_datagrams),
	    cmocka_unit_test(test_versions),
	    THREAT("C-ef-mac", test_every_length_of_a_mac),
	    cmocka_unit_test(test_crypto_nak),
	    THREAT("C-ef-mac", test_every_length_of_a_field),
	    cmocka_unit_test(test_last_field_without_mac_has_28_octets),
	    cmocka_unit_test(test_bad_fields),
	    cmocka_unit_test(test_old_versions_have_no_fields),
	    cmocka_unit_test(test_iteration),
	    cmocka_unit_test(test_iteration_of_none),
	    cmocka_unit_test(test_random_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
