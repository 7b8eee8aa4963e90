/* SPDX-License-Identifier: BSD-2-Clause */
/* test_mode6.c - control headers, fragments in any order, authenticators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_mode6.h"
#include "ntp_rng.h"

#define SEED UINT64_C(923)
#define SEQ  0x1234

struct packet {
	uint8_t octets[MODE6_PACKET_MAX];
	size_t len;
};

/* One fragment of a reply whose text is made by octet_at(). */
static uint8_t
octet_at(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static struct packet
fragment(size_t offset, size_t count, bool more)
{
	struct mode6_hdr h = {.version = 2,
	    .response = true,
	    .more = more,
	    .opcode = MODE6_READVAR,
	    .seq = SEQ,
	    .status = more ? 0x1111 : 0x0615,
	    .offset = (uint16_t)offset,
	    .count = (uint16_t)count};
	struct packet p = {.len = 12 + (count + 3) / 4 * 4};
	size_t i;

	mode6_encode(&h, p.octets);
	for (i = 0; i < count; i++)
		p.octets[12 + i] = octet_at(offset + i);
	return p;
}

static enum mode6_asm_result
add(struct mode6_asm *a, const struct packet *p)
{
	return mode6_asm_add(a, p->octets, p->len);
}

static enum mode6_asm_result
add_fragment(struct mode6_asm *a, size_t offset, size_t count, bool more)
{
	struct packet p = fragment(offset, count, more);

	return add(a, &p);
}

static struct mode6_asm *
new_asm(void)
{
	struct mode6_asm *a = malloc(sizeof(*a));

	assert_non_null(a);
	memset(a, 0xaa, sizeof(*a));
	mode6_asm_start(a, MODE6_READVAR, SEQ, 0);
	return a;
}

static void
assert_text(const struct mode6_asm *a, size_t len)
{
	size_t i;

	assert_int_equal(a->len, len);
	assert_int_equal(a->text[len], 0);
	for (i = 0; i < len; i++)
		assert_int_equal(a->text[i], octet_at(i));
}

static void
test_header(void **state)
{
	static const uint8_t wire[12] = {
	    0xd6, 0xa2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
	struct mode6_hdr h;
	uint8_t out[12];

	(void)state;
	assert_int_equal(mode6_decode(wire, 12, &h), 0);
	assert_int_equal(h.leap, 3);
	assert_int_equal(h.version, 2);
	assert_true(h.response && h.more && !h.error);
	assert_int_equal(h.opcode, MODE6_READVAR);
	assert_int_equal(h.seq, 0x0102);
	assert_int_equal(h.status, 0x0304);
	assert_int_equal(h.associd, 0x0506);
	assert_int_equal(h.offset, 0x0708);
	assert_int_equal(h.count, 0x090a);
	mode6_encode(&h, out);
	assert_memory_equal(out, wire, 12);
}

static void
test_observed_first_octets(void **state)
{
	struct mode6_hdr h = {.version = 2, .opcode = MODE6_READVAR};
	uint8_t out[12];

	(void)state;
	mode6_encode(&h, out);
	assert_memory_equal(out, "\x16\x02", 2);
	h.response = true;
	mode6_encode(&h, out);
	assert_memory_equal(out, "\x16\x82", 2);
	h.error = true;
	h.opcode = 0xff;
	mode6_encode(&h, out);
	assert_memory_equal(out, "\x16\xdf", 2);
}

static void
test_short_header(void **state)
{
	uint8_t wire[12] = {0x16, 0x02};
	struct mode6_hdr h;
	size_t n;

	(void)state;
	for (n = 0; n < 12; n++)
		assert_int_equal(mode6_decode(wire, n, &h), -NTP_ESHORT);
	assert_int_equal(mode6_decode(wire, 12, &h), 0);
}

static void
test_header_round_trip(void **state)
{
	struct ntp_rng r;
	struct mode6_hdr h;
	uint8_t in[12], out[12];
	int i;

	(void)state;
	rng_seed(&r, SEED);
	for (i = 0; i < 10000; i++) {
		rng_fill(&r, in, sizeof(in));
		in[0] = (uint8_t)((in[0] & 0xf8) | 6);
		assert_int_equal(mode6_decode(in, sizeof(in), &h), 0);
		mode6_encode(&h, out);
		assert_memory_equal(in, out, sizeof(in));
	}
}

/* Cut, shuffle, put together: the same text, whatever its length. */
static size_t
cut(const uint8_t *text, size_t len, struct packet *p)
{
	struct mode6_hdr h = {.version = 2,
	    .response = true,
	    .opcode = MODE6_READVAR,
	    .seq = SEQ,
	    .status = 0x0615};
	size_t n = 0;

	do {
		assert_true(n < MODE6_FRAGS_MAX);
		memset(p[n].octets, 0xee, sizeof(p[n].octets));
		p[n].len = mode6_fragment(&h, text, len, p[n].octets);
		assert_int_equal(p[n].len % 4, 0);
		assert_true(h.count <= MODE6_DATA_MAX);
		assert_true(h.count > 0 || len == 0);
		h.offset = (uint16_t)(h.offset + h.count);
		n++;
	} while (h.more);
	assert_int_equal(h.offset, len);
	return n;
}

static void
check_shuffled(struct ntp_rng *r, struct packet *p, size_t n, size_t len)
{
	struct mode6_asm *a = new_asm();
	struct packet t;
	size_t i, j;

	for (i = n; i > 1; i--) {
		j = rng_below(r, i);
		t = p[j];
		p[j] = p[i - 1];
		p[i - 1] = t;
	}
	for (i = 0; i < n; i++) {
		assert_int_equal(
		    add(a, &p[i]), i + 1 < n ? MODE6_ASM_MORE : MODE6_ASM_DONE);
		assert_int_equal(add(a, &p[i]), MODE6_ASM_IGNORE);
	}
	assert_text(a, len);
	assert_int_equal(a->status, 0x0615);
	assert_false(a->error);
	free(a);
}

static void
test_fragments_round_trip(void **state)
{
	static const size_t lengths[] = {0, 1, 3, 4, 467, 468, 469, 935, 936,
	    937, 8000, MODE6_TEXT_MAX - 1, MODE6_TEXT_MAX};
	struct packet *p = calloc(MODE6_FRAGS_MAX, sizeof(*p));
	uint8_t *text = malloc(MODE6_TEXT_MAX);
	struct ntp_rng r;
	size_t i, n;

	(void)state;
	assert_non_null(p);
	assert_non_null(text);
	rng_seed(&r, SEED);
	for (i = 0; i < MODE6_TEXT_MAX; i++)
		text[i] = octet_at(i);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		n = cut(text, lengths[i], p);
		assert_int_equal(
		    n, lengths[i] == 0 ? 1 : (lengths[i] + 467) / 468);
		check_shuffled(&r, p, n, lengths[i]);
	}
	free(text);
	free(p);
}

static void
test_fragment_pads_with_zeros(void **state)
{
	struct mode6_hdr h = {.version = 2, .response = true};
	uint8_t out[MODE6_PACKET_MAX];

	(void)state;
	memset(out, 0xee, sizeof(out));
	assert_int_equal(mode6_fragment(&h, "hello", 5, out), 20);
	assert_int_equal(h.count, 5);
	assert_false(h.more);
	assert_memory_equal(out + 12, "hello\0\0\0\xee", 9);
	assert_memory_equal(out + 10, "\0\5", 2);
}

static void
test_fragment_without_text(void **state)
{
	struct mode6_hdr h = {.version = 2, .more = true, .count = 9};
	uint8_t out[MODE6_PACKET_MAX];

	(void)state;
	assert_int_equal(mode6_fragment(&h, NULL, 0, out), 12);
	assert_int_equal(h.count, 0);
	assert_false(h.more);
	h.offset = 40000;
	assert_int_equal(mode6_fragment(&h, "hello", 5, out), 12);
	assert_false(h.more);
}

/* The offset has 16 bits; a longer text is cut and the loop ends. */
static void
test_fragment_of_too_long_text(void **state)
{
	struct mode6_hdr h = {.version = 2};
	uint8_t out[MODE6_PACKET_MAX];
	uint8_t *text = calloc(1, 70000);
	size_t sum = 0;

	(void)state;
	assert_non_null(text);
	do {
		mode6_fragment(&h, text, 70000, out);
		sum += h.count;
		h.offset = (uint16_t)(h.offset + h.count);
	} while (h.more && sum < 100000);
	assert_int_equal(sum, 65535);
	free(text);
}

static void
test_auth_pos(void **state)
{
	static const struct {
		size_t len, count;
		unsigned attempt;
		bool ok;
		size_t pos, maclen;
	} row[] = {
	    {12, 0, 0, false, 0, 0},
	    {12, 0, 1, false, 0, 0},
	    {32, 0, 1, true, 12, 20}, /* error reply */
	    {32, 0, 0, true, 16, 16},
	    {36, 0, 0, true, 16, 20},
	    {36, 0, 1, true, 12, 24},
	    {40, 0, 0, true, 16, 24},
	    {44, 0, 0, false, 0, 0},
	    {40, 5, 0, true, 24, 16},
	    {40, 5, 1, true, 20, 20},
	    {500, 468, 0, true, 480, 20},
	    {500, 468, 1, true, 480, 20},
	    {504, 468, 0, true, 480, 24},
	    {484, 468, 0, true, 480, 4},
	    {483, 468, 0, false, 0, 0},
	    {480, 468, 0, false, 0, 0},
	    {576, 0, 0, false, 0, 0}, /* a monitor that pads to 576 */
	    {576, 0, 1, false, 0, 0},
	    {32, 0, 2, false, 0, 0},
	    {32, 400, 0, false, 0, 0},
	    {32, 65535, 1, false, 0, 0},
	    {32, SIZE_MAX, 0, false, 0, 0},
	};
	size_t i, pos, maclen;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(mode6_auth_pos(row[i].len, row[i].count,
				     row[i].attempt, &pos, &maclen),
		    row[i].ok);
		if (!row[i].ok)
			continue;
		assert_int_equal(pos, row[i].pos);
		assert_int_equal(maclen, row[i].maclen);
	}
}

/* CVE-2019-6444: every length against every count. */
static void
test_auth_pos_stays_inside(void **state)
{
	size_t len, count, pos, maclen;
	unsigned attempt;

	(void)state;
	for (len = 0; len <= 600; len++)
		for (count = 0; count <= 600; count++)
			for (attempt = 0; attempt < 2; attempt++) {
				if (!mode6_auth_pos(
					len, count, attempt, &pos, &maclen))
					continue;
				assert_true(pos >= 12 + count);
				assert_int_equal(
				    pos % (attempt == 0 ? 8 : 4), 0);
				assert_int_equal(pos + maclen, len);
				assert_in_range(maclen, 4, 24);
			}
}

/* Each thing that makes a datagram somebody else's. */
static void
test_foreign_packets(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} edit[] = {
	    {0, 0x17}, /* mode 7 */
	    {0, 0x06}, /* version 0 */
	    {0, 0x2e}, /* version 5 */
	    {1, 0x02}, /* a request */
	    {1, 0x81}, /* READSTAT */
	    {2, 0x13}, /* sequence */
	    {3, 0x35}, /* sequence */
	    {1, 0xc1}, /* another's error */
	};
	struct mode6_asm *a = new_asm();
	struct packet p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(edit) / sizeof(edit[0]); i++) {
		p = fragment(0, 8, false);
		p.octets[edit[i].at] = edit[i].value;
		assert_int_equal(add(a, &p), MODE6_ASM_IGNORE);
	}
	p = fragment(0, 8, false);
	for (i = 1; i <= 4; i++) {
		mode6_asm_start(a, MODE6_READVAR, SEQ, 0);
		p.octets[0] = (uint8_t)(0xc6 | i << 3);
		p.octets[7] = 9; /* another association: taken all the same */
		assert_int_equal(add(a, &p), MODE6_ASM_DONE);
	}
	free(a);
}

static void
test_malformed_lengths(void **state)
{
	struct mode6_asm *a = new_asm();
	struct packet p = fragment(0, 10, false);
	size_t n;

	(void)state;
	for (n = 0; n < p.len; n++)
		assert_int_equal(
		    mode6_asm_add(a, p.octets, n), MODE6_ASM_IGNORE);
	for (n = p.len + 1; n < p.len + 4; n++)
		assert_int_equal(
		    mode6_asm_add(a, p.octets, n), MODE6_ASM_IGNORE);
	p.octets[10] = 0xff;
	assert_int_equal(add(a, &p), MODE6_ASM_IGNORE);
	p.octets[10] = 0;
	p.len += 20; /* an authenticator */
	assert_int_equal(add(a, &p), MODE6_ASM_DONE);
	assert_text(a, 10);
	free(a);
}

static void
test_holes(void **state)
{
	struct mode6_asm *a = new_asm();

	(void)state;
	assert_int_equal(add_fragment(a, 100, 50, false), MODE6_ASM_MORE);
	assert_int_equal(add_fragment(a, 0, 60, true), MODE6_ASM_MORE);
	assert_int_equal(add_fragment(a, 61, 39, true), MODE6_ASM_MORE);
	assert_int_equal(add_fragment(a, 60, 1, true), MODE6_ASM_DONE);
	assert_text(a, 150);
	free(a);
}

static void
test_overlaps(void **state)
{
	static const struct {
		size_t offset, count;
	} bad[] = {{100, 50}, {100, 1}, {149, 1}, {90, 11}, {149, 30},
	    {120, 10}, {90, 100}, {0, 468}};
	struct mode6_asm *a = new_asm();
	size_t i;

	(void)state;
	assert_int_equal(add_fragment(a, 100, 50, true), MODE6_ASM_MORE);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    add_fragment(a, bad[i].offset, bad[i].count, true),
		    MODE6_ASM_IGNORE);
		assert_int_equal(
		    add_fragment(a, bad[i].offset, bad[i].count, false),
		    MODE6_ASM_IGNORE);
	}
	assert_int_equal(a->nfrags, 1);
	assert_int_equal(add_fragment(a, 150, 30, false), MODE6_ASM_MORE);
	assert_int_equal(add_fragment(a, 0, 100, true), MODE6_ASM_DONE);
	assert_text(a, 180);
	free(a);
}

static void
test_end_of_text_is_kept(void **state)
{
	struct mode6_asm *a = new_asm();

	(void)state;
	assert_int_equal(add_fragment(a, 100, 50, true), MODE6_ASM_MORE);
	/* An end before what is there already. */
	assert_int_equal(add_fragment(a, 50, 50, false), MODE6_ASM_IGNORE);
	assert_int_equal(add_fragment(a, 0, 0, false), MODE6_ASM_IGNORE);
	assert_int_equal(add_fragment(a, 200, 50, false), MODE6_ASM_MORE);
	/* A second end, and octets after the end. */
	assert_int_equal(add_fragment(a, 250, 50, false), MODE6_ASM_IGNORE);
	assert_int_equal(add_fragment(a, 250, 50, true), MODE6_ASM_IGNORE);
	assert_int_equal(add_fragment(a, 150, 50, true), MODE6_ASM_MORE);
	assert_int_equal(add_fragment(a, 0, 100, true), MODE6_ASM_DONE);
	assert_text(a, 250);
	free(a);
}

static void
test_empty_fragments(void **state)
{
	struct mode6_asm *a = new_asm();

	(void)state;
	assert_int_equal(add_fragment(a, 0, 0, true), MODE6_ASM_IGNORE);
	assert_int_equal(add_fragment(a, 100, 0, true), MODE6_ASM_IGNORE);
	assert_int_equal(add_fragment(a, 100, 0, false), MODE6_ASM_MORE);
	assert_int_equal(add_fragment(a, 0, 100, true), MODE6_ASM_DONE);
	assert_text(a, 100);
	mode6_asm_start(a, MODE6_READVAR, SEQ, 0);
	assert_int_equal(add_fragment(a, 0, 0, false), MODE6_ASM_DONE);
	assert_text(a, 0);
	free(a);
}

static void
test_too_many_fragments(void **state)
{
	struct mode6_asm *a = new_asm();
	size_t i;

	(void)state;
	for (i = 0; i < MODE6_FRAGS_MAX; i++)
		assert_int_equal(
		    add_fragment(a, i * 4, 4, true), MODE6_ASM_MORE);
	assert_int_equal(add_fragment(a, 0, 4, true), MODE6_ASM_IGNORE);
	assert_int_equal(add_fragment(a, i * 4, 4, true), MODE6_ASM_TOOBIG);
	assert_int_equal(add_fragment(a, i * 4, 4, false), MODE6_ASM_TOOBIG);
	mode6_asm_start(a, MODE6_READVAR, SEQ, 0);
	for (i = 0; i < MODE6_FRAGS_MAX; i++)
		assert_int_equal(
		    add_fragment(a, i * 4, 4, i + 1 < MODE6_FRAGS_MAX),
		    i + 1 < MODE6_FRAGS_MAX ? MODE6_ASM_MORE : MODE6_ASM_DONE);
	free(a);
}

static void
test_text_beyond_the_buffer(void **state)
{
	struct mode6_asm *a = new_asm();

	(void)state;
	assert_int_equal(
	    add_fragment(a, MODE6_TEXT_MAX - 467, 468, true), MODE6_ASM_TOOBIG);
	assert_int_equal(add_fragment(a, 65535, 468, false), MODE6_ASM_TOOBIG);
	assert_int_equal(a->nfrags, 0);
	assert_int_equal(
	    add_fragment(a, MODE6_TEXT_MAX - 468, 468, false), MODE6_ASM_MORE);
	free(a);
}

static void
test_error_reply(void **state)
{
	struct mode6_asm *a = new_asm();
	struct packet p = fragment(0, 0, false);

	(void)state;
	assert_int_equal(add_fragment(a, 0, 100, true), MODE6_ASM_MORE);
	p.octets[1] |= 0x40;
	p.octets[4] = MODE6_ERR_UNKNOWNVAR;
	p.octets[5] = 0;
	assert_int_equal(add(a, &p), MODE6_ASM_DONE);
	assert_true(a->error);
	assert_int_equal(a->errcode, 5);
	assert_int_equal(a->len, 0);
	free(a);
}

/* Whatever comes, what is held is sound. */
static void
test_random_fragments(void **state)
{
	struct mode6_asm *a = new_asm();
	struct ntp_rng r;
	enum mode6_asm_result res = MODE6_ASM_MORE;
	unsigned done = 0;
	int i;

	(void)state;
	rng_seed(&r, SEED);
	for (i = 0; i < 200000; i++) {
		res = add_fragment(a, rng_below(&r, 12) * 40,
		    rng_below(&r, 4) * 40, rng_below(&r, 8) != 0);
		assert_true(a->nfrags <= MODE6_FRAGS_MAX);
		assert_true(a->len <= MODE6_TEXT_MAX);
		if (res == MODE6_ASM_DONE) {
			done++;
			assert_text(a, a->len);
		}
		if (res == MODE6_ASM_DONE || rng_below(&r, 200) == 0)
			mode6_asm_start(a, MODE6_READVAR, SEQ, 0);
	}
	assert_in_range(done, 100, 200000);
	free(a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_observed_first_octets),
	    cmocka_unit_test(test_short_header),
	    cmocka_unit_test(test_header_round_trip),
	    cmocka_unit_test(test_fragments_round_trip),
	    cmocka_unit_test(test_fragment_pads_with_zeros),
	    cmocka_unit_test(test_fragment_without_text),
	    cmocka_unit_test(test_fragment_of_too_long_text),
	    cmocka_unit_test(test_auth_pos),
	    cmocka_unit_test(test_auth_pos_stays_inside),
	    cmocka_unit_test(test_foreign_packets),
	    cmocka_unit_test(test_malformed_lengths),
	    cmocka_unit_test(test_holes),
	    cmocka_unit_test(test_overlaps),
	    cmocka_unit_test(test_end_of_text_is_kept),
	    cmocka_unit_test(test_empty_fragments),
	    cmocka_unit_test(test_too_many_fragments),
	    cmocka_unit_test(test_text_beyond_the_buffer),
	    cmocka_unit_test(test_error_reply),
	    cmocka_unit_test(test_random_fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
