/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_aead.c - tests of AES-SIV, with the numbers of RFC 5297 and others.
 *
 * The first vector of the RFC has one component before the text, ours always
 * have two; so what is compared with it was computed by two others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_aead.h"
#include "ntp_err.h"
#include "ntp_rng.h"

#define MAX 600

#define RFC_KEY                                                                \
	"fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
#define RFC_AD	  "101112131415161718191a1b1c1d1e1f2021222324252627"
#define SEVENS	  "07070707070707070707070707070707"
#define RFC_PLAIN "112233445566778899aabbccddee"

struct buffer {
	uint8_t octets[MAX];
	size_t len;
};

static struct buffer
hex(const char *text)
{
	struct buffer b = {.len = strlen(text) / 2};

	for (size_t i = 0; i < b.len; i++) {
		char two[3] = {text[2 * i], text[2 * i + 1], '\0'};

		b.octets[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return b;
}

static struct octets
part(const struct buffer *b)
{
	return (struct octets){b->octets, b->len};
}

struct vector {
	uint16_t id;
	const char *key, *ad, *nonce, *text, *sealed;
};

static const struct vector vectors[] = {
    /* computed by two independent implementations; L-empty: the second one has
     * an empty component, which counts */
    {AEAD_AES_SIV_CMAC_256, RFC_KEY, RFC_AD, SEVENS, "",
	"fbb2e6eece9eb4b4189fed9812ac22fc"},
    {AEAD_AES_SIV_CMAC_256, RFC_KEY, "", SEVENS, RFC_PLAIN,
	"68b4777cf0adabd137b94080f3d33d52"
	"39d5a5d62568fa9ff215b0fde2ec"},
};

static void
check_vector(const struct vector *v)
{
	struct buffer key = hex(v->key), ad = hex(v->ad), nonce = hex(v->nonce);
	struct buffer text = hex(v->text), want = hex(v->sealed);
	struct aead *a = aead_new(v->id, key.octets, key.len);
	uint8_t out[MAX], back[MAX];

	assert_non_null(a);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    aead_seal(a, part(&ad), part(&nonce), part(&text), out), 0);
		assert_memory_equal(out, want.octets, want.len);
		assert_int_equal(
		    aead_open(a, part(&ad), part(&nonce), part(&want), back),
		    0);
		assert_memory_equal(back, text.octets, text.len);
	}
	aead_free(&a);
	assert_null(a);
}

static void
test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
		check_vector(&vectors[i]);
}

/* Made by a third one: key octet i is 7 i + ID, the text has LEN octets 3 i + 1,
 * the associated data 48 + LEN that count up from LEN, the nonce those from a0.
 */
static const struct {
	uint16_t id;
	size_t len;
	const char *sealed;
} counted[] = {
    {15, 1, "3cbbcde4e0b5ba7424287b57cdb82d96c6"},
    {15, 16,
	"359d2f80f4717fc25f51be16c79b5f30689e5a19c999148695aef252"
	"fb735598"},
    {15, 37,
	"5363ef30217d9abb089dab4797a51b5be028add9f902d985271403a1"
	"a491d1da93485eedd994e31fde73e362114012eeece6384249"},
    {15, 64,
	"4b6f7e06b60a3f84bff1cb2adbee6e56fa19243095b205c105367c18"
	"5a33e895a59ea51ccd9e7237ededa8e92df9526e2fb4de0d813da809"
	"f25f8ccbea26607a06ac24198ac9dcd6f760ea5d8d11c765"},
    {16, 1, "1dd0084170b7bb1ff8fe2ca876c79588d9"},
    {16, 16,
	"8d13ebc92b9866cf5d3474d146a765cf6caadd5bba8fb7be7a8ffe07"
	"55b65b0c"},
    {16, 37,
	"b8df42f3e67933af0ab8e54f305f902c2781be40faad32563dd66df9"
	"dc0c4923804859fd6a092e799bb04a5787ea86aa6be35f4310"},
    {16, 64,
	"7349e9e196bcd192a4c838c5ab6782a1be7aba9047c81f993441437a"
	"9d97522cc03c0a082b2ed9909f7ede39b8046640ee57fff9ff0477c4"
	"9c66bffbb343d2191acff5490d0f9bdb78c4bf0b922347ba"},
    {17, 1, "9565f3c81bfc9702f1dd8f048eea97825c"},
    {17, 16,
	"2507b9b513857e7025a103d152df21e6a923604d09e8ec112fe6de14"
	"fc2c6d1b"},
    {17, 37,
	"310f790f48118db9bf0b10a3b170a38f432524cb7c3b1bb233863a86"
	"639658631ebe303fbb9e3400cbe1b39f408e9ddffd810213a1"},
    {17, 64,
	"5319f6e4f2c100ba0a6f08ab05d55698b5dca2ae9c439090f9f266c2"
	"7be283a0e05155cbd99f7f057e86afd628db0d01ad249487e8335967"
	"71ef7c8b82ff11131350603d14bc7f7c42b6df39e2612ce7"},
};

static uint8_t
step(size_t i, unsigned by, size_t from)
{
	return (uint8_t)(i * by + from);
}

static void
check_counted(uint16_t id, size_t len, const char *sealed)
{
	struct buffer key = {.len = aead_keylen(id)}, text = {.len = len};
	struct buffer ad = {.len = 48 + len}, nonce = {.len = AEAD_NONCE};
	struct buffer want = hex(sealed);
	struct aead *a;
	uint8_t out[MAX];

	for (size_t i = 0; i < MAX; i++) {
		key.octets[i] = step(i, 7, id);
		text.octets[i] = step(i, 3, 1);
		ad.octets[i] = step(i, 1, len);
		nonce.octets[i] = step(i, 1, 0xa0);
	}
	a = aead_new(id, key.octets, key.len);
	assert_non_null(a);
	assert_int_equal(want.len, len + AEAD_TAG);
	assert_int_equal(
	    aead_seal(a, part(&ad), part(&nonce), part(&text), out), 0);
	assert_memory_equal(out, want.octets, want.len);
	aead_free(&a);
}

static void
test_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++)
		check_counted(counted[i].id, counted[i].len, counted[i].sealed);
}

static void
test_algorithms(void **state)
{
	uint8_t key[AEAD_KEY_MAX] = {0};

	(void)state;
	assert_int_equal(aead_keylen(14), 0);
	assert_int_equal(aead_keylen(15), 32);
	assert_int_equal(aead_keylen(16), 48);
	assert_int_equal(aead_keylen(17), 64);
	assert_int_equal(aead_keylen(18), 0);
	assert_int_equal(aead_keylen(30), 0);
	assert_string_equal(aead_name(15), "AES_SIV_CMAC_256");
	assert_null(aead_name(0));
	assert_null(aead_new(15, key, 31));
	assert_null(aead_new(30, key, 16));
}

/* Any length comes back, in place too; any bit turned over does not. */
static void
one_round(struct aead *a, struct ntp_rng *rng)
{
	struct buffer ad = {.len = 1 + rng_below(rng, 500)};
	struct buffer nonce = {.len = 1 + rng_below(rng, 40)};
	struct buffer text = {.len = rng_below(rng, 500)};
	struct buffer sealed = {.len = text.len + AEAD_TAG};
	static const uint8_t none[MAX];
	uint8_t back[MAX];
	size_t bit;

	rng_fill(rng, ad.octets, ad.len);
	rng_fill(rng, nonce.octets, nonce.len);
	rng_fill(rng, text.octets, text.len);
	memcpy(sealed.octets + AEAD_TAG, text.octets, text.len);
	assert_int_equal(
	    aead_seal(a, part(&ad), part(&nonce),
		(struct octets){sealed.octets + AEAD_TAG, text.len},
		sealed.octets),
	    0);
	assert_int_equal(
	    aead_open(a, part(&ad), part(&nonce), part(&sealed), back), 0);
	assert_memory_equal(back, text.octets, text.len);

	bit = rng_below(rng, 8 * sealed.len);
	sealed.octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
	assert_int_equal(
	    aead_open(a, part(&ad), part(&nonce), part(&sealed), back),
	    -NTP_EAUTH);
	assert_memory_equal(back, none, text.len);
	sealed.octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
	bit = rng_below(rng, 8 * ad.len);
	ad.octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
	assert_int_equal(
	    aead_open(a, part(&ad), part(&nonce), part(&sealed), back),
	    -NTP_EAUTH);
}

static void
test_any_length(void **state)
{
	struct aead_set set;
	struct ntp_rng rng;
	uint8_t key[AEAD_KEY_MAX];

	(void)state;
	rng_seed(&rng, 5297);
	assert_int_equal(aead_set_init(&set), 0);
	for (int i = 0; i < 600; i++) {
		uint16_t id = (uint16_t)(15 + rng_below(&rng, 3));

		rng_fill(&rng, key, sizeof key);
		one_round(aead_set_key(&set, id, key, aead_keylen(id)), &rng);
	}
	assert_null(aead_set_key(&set, 15, key, 16));
	assert_null(aead_set_key(&set, 30, key, 16));
	aead_set_fini(&set);
}

static void
test_too_short(void **state)
{
	struct buffer key = hex(RFC_KEY), ad = hex(RFC_AD);
	struct aead *a = aead_new(15, key.octets, key.len);
	uint8_t back[MAX];

	(void)state;
	for (size_t n = 0; n < AEAD_TAG; n++)
		assert_int_equal(aead_open(a, part(&ad), part(&ad),
				     (struct octets){key.octets, n}, back),
		    -NTP_EAUTH);
	aead_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_counted),
	    cmocka_unit_test(test_algorithms),
	    cmocka_unit_test(test_any_length),
	    cmocka_unit_test(test_too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
