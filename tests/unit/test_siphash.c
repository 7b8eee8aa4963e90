/* SPDX-License-Identifier: BSD-2-Clause */
/* test_siphash.c - the keyed hash against its published outputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ntp_siphash.h"
#include "threat.h"

/* Key 00 01 .. 0f, input 00 01 .. (n - 1): appendix A of the paper and the
 * table of its reference implementation. */
static const struct {
	size_t len;
	uint64_t hash;
} published[] = {
    {0, UINT64_C(0x726fdb47dd0e0e31)},
    {1, UINT64_C(0x74f839c593dc67fd)},
    {2, UINT64_C(0x0d6c8009d9a94f5a)},
    {3, UINT64_C(0x85676696d7fb7e2d)},
    {7, UINT64_C(0xab0200f58b01d137)},
    {8, UINT64_C(0x93f5f5799a932462)},
    {15, UINT64_C(0xa129ca6149be45e5)},
};

static void
published_outputs(void **state)
{
	struct siphash_key key;
	uint8_t in[16];

	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		in[i] = i;
	key = siphash_key(in);
	for (size_t i = 0; i < sizeof published / sizeof published[0]; i++)
		assert_true(
		    siphash(&key, in, published[i].len) == published[i].hash);
}

static void
every_octet_of_key_and_input_counts(void **state)
{
	uint8_t seed[16] = {0}, in[20] = {0};
	struct siphash_key key = siphash_key(seed);
	uint64_t plain = siphash(&key, in, sizeof in);

	(void)state;
	for (size_t i = 0; i < sizeof in; i++) {
		in[i] = 1;
		assert_true(siphash(&key, in, sizeof in) != plain);
		in[i] = 0;
	}
	for (size_t i = 0; i < sizeof seed; i++) {
		seed[i] = 1;
		key = siphash_key(seed);
		assert_true(siphash(&key, in, sizeof in) != plain);
		seed[i] = 0;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(published_outputs),
	    THREAT("N-hash", every_octet_of_key_and_input_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
