/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_wire.c - tests of the byte cursors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ntp_rng.h"
#include "ntp_wire.h"

static const uint8_t octets[] = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xff, 0x17};

static void
test_reads_are_big_endian(void **state)
{
	struct wire_rd r = wire_rd_init(octets, sizeof(octets));
	uint8_t two[2];

	(void)state;
	assert_int_equal(wire_get8(&r), 1);
	assert_int_equal(wire_get16(&r), 0x0203);
	assert_int_equal(wire_get32(&r), 0x04050607);
	assert_true(wire_get64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_int_equal(wire_left(&r), 2);
	wire_get(&r, two, 2);
	assert_memory_equal(two, octets + 15, 2);
	assert_int_equal(wire_left(&r), 0);
	assert_false(r.bad);
}

static void
test_read_error_sticks(void **state)
{
	struct wire_rd r = wire_rd_init(octets, 7);
	uint8_t buf[3] = {9, 9, 9};

	(void)state;
	assert_int_equal(wire_get32(&r), 0x01020304);
	assert_int_equal(wire_get32(&r), 0);
	assert_true(r.bad);
	assert_int_equal(r.off, 4);
	assert_int_equal(wire_left(&r), 0);
	assert_int_equal(wire_get8(&r), 0); /* though one would be there */
	assert_int_equal(wire_get16(&r), 0);
	assert_true(wire_get64(&r) == 0);
	assert_null(wire_borrow(&r, 0));
	wire_get(&r, buf, 3);
	assert_memory_equal(buf, "\0\0\0", 3);
	assert_int_equal(r.off, 4);
}

static void
test_borrow(void **state)
{
	struct wire_rd r = wire_rd_init(octets, 6);

	(void)state;
	assert_ptr_equal(wire_borrow(&r, 4), octets);
	assert_ptr_equal(wire_borrow(&r, 0), octets + 4);
	assert_false(r.bad);
	assert_null(wire_borrow(&r, SIZE_MAX));
	assert_true(r.bad);
}

static void
test_empty_buffers(void **state)
{
	struct wire_rd r = wire_rd_init(NULL, 0);
	struct wire_wr w = wire_wr_init(NULL, 0);

	(void)state;
	wire_get(&r, NULL, 0);
	assert_non_null(wire_borrow(&r, 0));
	assert_false(r.bad);
	assert_int_equal(wire_get8(&r), 0);
	assert_true(r.bad);
	wire_put(&w, NULL, 0);
	wire_pad(&w, 4);
	assert_false(w.bad);
	wire_put8(&w, 1);
	assert_true(w.bad);
}

static void
test_writes_are_big_endian(void **state)
{
	uint8_t buf[sizeof(octets)];
	struct wire_wr w = wire_wr_init(buf, sizeof(buf));

	(void)state;
	wire_put8(&w, 1);
	wire_put16(&w, 0x0203);
	wire_put32(&w, 0x04050607);
	wire_put64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	wire_put(&w, octets + 15, 2);
	assert_false(w.bad);
	assert_int_equal(w.len, sizeof(octets));
	assert_memory_equal(buf, octets, sizeof(octets));
}

static void
test_write_error_sticks(void **state)
{
	uint8_t buf[8] = {9, 9, 9, 9, 9, 9, 9, 9};
	struct wire_wr w = wire_wr_init(buf, 7);

	(void)state;
	wire_put32(&w, 0x01020304);
	wire_put32(&w, 0x05060708);
	assert_true(w.bad);
	assert_int_equal(w.len, 4);
	wire_put8(&w, 5); /* though there would be room */
	wire_put(&w, octets, 2);
	wire_pad(&w, 8);
	assert_int_equal(w.len, 4);
	assert_memory_equal(buf, "\1\2\3\4\t\t\t\t", 8);
}

static void
test_pad(void **state)
{
	uint8_t buf[10];
	struct wire_wr w = wire_wr_init(buf, sizeof(buf));

	(void)state;
	memset(buf, 9, sizeof(buf));
	wire_pad(&w, 4);
	assert_int_equal(w.len, 0);
	wire_put8(&w, 1);
	wire_pad(&w, 0);
	wire_pad(&w, 1);
	assert_int_equal(w.len, 1);
	wire_pad(&w, 2);
	assert_int_equal(w.len, 2);
	wire_pad(&w, 4);
	assert_int_equal(w.len, 4);
	wire_pad(&w, 4);
	assert_int_equal(w.len, 4);
	assert_memory_equal(buf, "\1\0\0\0\t", 5);
	wire_put8(&w, 1);
	wire_pad(&w, 16);
	assert_true(w.bad);
	assert_int_equal(w.len, 5);
}

/* A number is read as it was written, wherever and in whatever order. */
static void
test_round_trip(void **state)
{
	struct ntp_rng rng;
	uint8_t buf[64];

	(void)state;
	rng_seed(&rng, 1);
	for (int i = 0; i < 20000; i++) {
		struct wire_wr w = wire_wr_init(buf, rng_below(&rng, 65));
		struct wire_rd r;
		uint64_t v = rng_u64(&rng);
		uint32_t order = (uint32_t)rng_u64(&rng);

		for (uint32_t o = order; o != 0; o >>= 2) {
			if (o % 4 == 0)
				wire_put8(&w, (uint8_t)v);
			else if (o % 4 == 1)
				wire_put16(&w, (uint16_t)v);
			else if (o % 4 == 2)
				wire_put32(&w, (uint32_t)v);
			else
				wire_put64(&w, v);
		}
		r = wire_rd_init(buf, w.len);
		for (uint32_t o = order; o != 0 && !r.bad; o >>= 2) {
			size_t size = (size_t)1 << o % 4;
			uint64_t got = size == 1 ? wire_get8(&r)
			    : size == 2		 ? wire_get16(&r)
			    : size == 4		 ? wire_get32(&r)
						 : wire_get64(&r);

			if (!r.bad)
				assert_true(got ==
				    v << (64 - 8 * size) >> (64 - 8 * size));
		}
		assert_int_equal(r.bad, w.bad);
		assert_int_equal(r.off, w.len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reads_are_big_endian),
	    cmocka_unit_test(test_read_error_sticks),
	    cmocka_unit_test(test_borrow),
	    cmocka_unit_test(test_empty_buffers),
	    cmocka_unit_test(test_writes_are_big_endian),
	    cmocka_unit_test(test_write_error_sticks),
	    cmocka_unit_test(test_pad),
	    cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
