/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ke.c - messages of NTS key establishment, good and bad.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_ke.h"
#include "ntp_rng.h"

#define AEAD_256 15
#define ROUNDS	 2000U

#define NEXT_NTPV4 0x80, 0x01, 0, 2, 0, 0
#define AEAD_15	   0x80, 0x04, 0, 2, 0, 15
#define END	   0x80, 0x00, 0, 0
#define COOKIE_4   0x00, 0x05, 0, 4, 1, 2, 3, 4

#define REQUEST(m, ...)                                                        \
	feed_all(m, KE_IS_REQUEST, (const uint8_t[]){__VA_ARGS__},             \
	    sizeof((const uint8_t[]){__VA_ARGS__}))
#define RESPONSE(m, ...)                                                       \
	feed_all(m, KE_IS_RESPONSE, (const uint8_t[]){__VA_ARGS__},            \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

static const uint16_t offer[] = {AEAD_256};

/* Octet by octet: nothing may depend on how a message is split. */
static enum ke_progress
feed_all(struct ke_message *m, enum ke_side side, const uint8_t *p, size_t n)
{
	ke_begin(m, side);
	for (size_t i = 0; i < n; i++)
		(void)ke_feed(m, p + i, 1);
	return m->progress;
}

/* --- requests --------------------------------------------------------------- */

static void
test_shortest_request(void **state)
{
	static const uint8_t wanted[] = {NEXT_NTPV4, AEAD_15, END};
	uint8_t buf[64];
	struct wire_wr w = wire_wr_init(buf, sizeof buf);
	struct ke_message m;

	(void)state;
	ke_put_request(&w, offer, 1);
	assert_false(w.bad);
	assert_int_equal(w.len, sizeof wanted);
	assert_memory_equal(buf, wanted, sizeof wanted);
	ke_begin(&m, KE_IS_REQUEST);
	assert_int_equal(ke_feed(&m, buf, w.len), KE_DONE);
	assert_true(m.ntpv4);
	assert_int_equal(m.naead, 1);
	assert_int_equal(ke_choose(&m, offer, 1), AEAD_256);
}

static void
test_incomplete_request_waits(void **state)
{
	static const uint8_t whole[] = {NEXT_NTPV4, AEAD_15, END};
	struct ke_message m;

	(void)state;
	for (size_t n = 0; n < sizeof whole; n++)
		assert_int_equal(
		    feed_all(&m, KE_IS_REQUEST, whole, n), KE_MORE);
}

/* chrony lists both, ntpsec's list is not critical: the client's order
 * counts. */
static void
test_algorithm_of_the_clients_choice(void **state)
{
	static const uint16_t ours[] = {15, 16, 17};
	struct ke_message m;

	(void)state;
	assert_int_equal(REQUEST(&m, NEXT_NTPV4, 0, 4, 0, 6, 0, 30, 0, 17, 0,
			     15, 0x04, 0, 0, 0, END),
	    KE_DONE);
	assert_int_equal(ke_choose(&m, ours, 3), 17);
	assert_int_equal(ke_choose(&m, ours, 1), 15);
	assert_int_equal(
	    REQUEST(&m, NEXT_NTPV4, 0x80, 4, 0, 2, 0x27, 0x0f, END), KE_DONE);
	assert_int_equal(ke_choose(&m, ours, 3), 0);
}

static void
test_end_has_to_be_critical(void **state)
{
	struct ke_message m;

	(void)state;
	assert_int_equal(
	    REQUEST(&m, NEXT_NTPV4, AEAD_15, 0, 0, 0, 0), KE_REFUSED);
	assert_int_equal(m.error, KE_BAD_REQUEST);
	assert_int_equal(
	    REQUEST(&m, 0, 1, 0, 2, 0, 0, AEAD_15, END), KE_REFUSED);
	assert_int_equal(m.error, KE_BAD_REQUEST);
}

static void
test_one_next_protocol_only(void **state)
{
	struct ke_message m;

	(void)state;
	assert_int_equal(
	    REQUEST(&m, NEXT_NTPV4, NEXT_NTPV4, AEAD_15, END), KE_REFUSED);
	assert_int_equal(m.error, KE_BAD_REQUEST);
	assert_int_equal(REQUEST(&m, AEAD_15, END), KE_REFUSED);
	assert_int_equal(m.error, KE_BAD_REQUEST);
	assert_int_equal(REQUEST(&m, 0x80, 1, 0, 0, AEAD_15, END), KE_REFUSED);
	assert_int_equal(
	    REQUEST(&m, 0x80, 1, 0, 3, 0, 0, 0, AEAD_15, END), KE_REFUSED);
}

static void
test_lists_of_algorithms(void **state)
{
	struct ke_message m;

	(void)state;
	assert_int_equal(
	    REQUEST(&m, NEXT_NTPV4, 0x80, 4, 0, 3, 0, 15, 0, END), KE_REFUSED);
	assert_int_equal(m.error, KE_BAD_REQUEST);
	assert_int_equal(
	    REQUEST(&m, NEXT_NTPV4, 0x80, 4, 0, 0, END), KE_REFUSED);
	assert_int_equal(REQUEST(&m, NEXT_NTPV4, END), KE_REFUSED);
	assert_int_equal(
	    REQUEST(&m, NEXT_NTPV4, AEAD_15, AEAD_15, END), KE_REFUSED);
}

/* A protocol that is not NTPv4 needs no algorithm, and gets an empty list. */
static void
test_another_protocol(void **state)
{
	static const uint8_t wanted[] = {0x80, 1, 0, 0, END};
	const struct ke_answer a = {.aead = 0};
	uint8_t buf[64];
	struct wire_wr w = wire_wr_init(buf, sizeof buf);
	struct ke_message m;

	(void)state;
	assert_int_equal(REQUEST(&m, 0x80, 1, 0, 2, 0x80, 1, END), KE_DONE);
	assert_false(m.ntpv4);
	ke_put_answer(&w, &m, &a);
	ke_put_end(&w);
	assert_int_equal(w.len, sizeof wanted);
	assert_memory_equal(buf, wanted, sizeof wanted);
}

static void
test_unknown_records(void **state)
{
	struct ke_message m;

	(void)state;
	assert_int_equal(
	    REQUEST(&m, NEXT_NTPV4, 0x81, 0x23, 0, 1, 7, AEAD_15, END),
	    KE_REFUSED);
	assert_int_equal(m.error, KE_UNKNOWN_CRITICAL);
	assert_int_equal(REQUEST(&m, NEXT_NTPV4, 0x01, 0x23, 0, 1, 7, AEAD_15,
			     0, 8, 0, 0, 0x40, 0, 0, 3, 1, 2, 3, END),
	    KE_DONE);
}

static void
test_records_of_servers_in_a_request(void **state)
{
	struct ke_message m;

	(void)state;
	assert_int_equal(
	    REQUEST(&m, NEXT_NTPV4, 0x80, 2, 0, 2, 0, 0, AEAD_15, END),
	    KE_REFUSED);
	assert_int_equal(
	    REQUEST(&m, NEXT_NTPV4, 0x80, 3, 0, 2, 0, 0, AEAD_15, END),
	    KE_REFUSED);
	assert_int_equal(
	    REQUEST(&m, NEXT_NTPV4, AEAD_15, COOKIE_4, END), KE_REFUSED);
	assert_int_equal(m.error, KE_BAD_REQUEST);
}

static void
test_nothing_after_the_end(void **state)
{
	struct ke_message m;

	(void)state;
	assert_int_equal(REQUEST(&m, NEXT_NTPV4, AEAD_15, END, 0), KE_REFUSED);
	assert_int_equal(
	    REQUEST(&m, NEXT_NTPV4, AEAD_15, 0x80, 0, 0, 1, 0), KE_REFUSED);
}

/* L-junk: a record may claim any length; what comes is what counts. */
static void
test_junk_has_an_end(void **state)
{
	static const uint8_t junk[] = {0x01, 0x23, 0xff, 0xff};
	static const uint8_t block[1000];
	struct ke_message m;
	size_t n = 0;

	(void)state;
	ke_begin(&m, KE_IS_REQUEST);
	assert_int_equal(ke_feed(&m, junk, sizeof junk), KE_MORE);
	while (n < 100 && ke_feed(&m, block, sizeof block) == KE_MORE)
		n++;
	assert_int_equal(m.progress, KE_REFUSED);
	assert_int_equal(n, KE_REQUEST_MAX / sizeof block);
	/* of a record that we know no more than we can hold is taken */
	assert_int_equal(REQUEST(&m, 0x80, 4, 2, 1), KE_REFUSED);
}

static void
test_a_long_request_is_read(void **state)
{
	static const uint8_t junk[] = {0x01, 0x23, 4, 0};
	static const uint8_t block[1024];
	static const uint8_t rest[] = {NEXT_NTPV4, AEAD_15, END};
	struct ke_message m;

	(void)state;
	ke_begin(&m, KE_IS_REQUEST);
	assert_int_equal(ke_feed(&m, junk, sizeof junk), KE_MORE);
	assert_int_equal(ke_feed(&m, block, sizeof block), KE_MORE);
	assert_int_equal(ke_feed(&m, rest, sizeof rest), KE_DONE);
}

/* --- answers ---------------------------------------------------------------- */

static void
test_answer_as_the_client_reads_it(void **state)
{
	const struct ke_answer a = {
	    .aead = AEAD_256, .server = "ntp.example", .port = 4123};
	uint8_t buf[KE_ANSWER_MAX], cookie[104];
	struct wire_wr w = wire_wr_init(buf, sizeof buf);
	struct ke_message q, m;

	(void)state;
	(void)REQUEST(&q, NEXT_NTPV4, AEAD_15, END);
	ke_put_answer(&w, &q, &a);
	for (uint8_t i = 0; i < KE_COOKIES; i++) {
		memset(cookie, i, sizeof cookie);
		ke_put_cookie(&w, cookie, sizeof cookie);
	}
	ke_put_end(&w);
	assert_false(w.bad);
	assert_true(w.len < 2048); /* ntpsec reads no more */
	assert_int_equal(feed_all(&m, KE_IS_RESPONSE, buf, w.len), KE_DONE);
	assert_null(ke_refusal(&m, offer, 1));
	assert_int_equal(m.ncookies, KE_COOKIES);
	assert_int_equal(m.cookie[7].len, sizeof cookie);
	assert_memory_equal(m.cookie[7].octets, cookie, sizeof cookie);
	assert_string_equal(m.server, "ntp.example");
	assert_int_equal(m.port, 4123);
}

static void
test_longest_answer_fits(void **state)
{
	static const uint8_t cookie[KE_COOKIE_MAX];
	char name[KE_NAME_MAX];
	const struct ke_answer a = {AEAD_256, name, 1};
	uint8_t buf[KE_ANSWER_MAX];
	struct wire_wr w = wire_wr_init(buf, sizeof buf);
	struct ke_message q;

	(void)state;
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	(void)REQUEST(&q, NEXT_NTPV4, AEAD_15, END);
	ke_put_answer(&w, &q, &a);
	for (unsigned i = 0; i < KE_COOKIES; i++)
		ke_put_cookie(&w, cookie, sizeof cookie);
	ke_put_end(&w);
	assert_false(w.bad);
}

static void
test_no_common_algorithm(void **state)
{
	static const uint8_t wanted[] = {NEXT_NTPV4, 0x80, 4, 0, 0, END};
	const struct ke_answer a = {.aead = 0, .port = 5};
	uint8_t buf[64];
	struct wire_wr w = wire_wr_init(buf, sizeof buf);
	struct ke_message q, m;

	(void)state;
	(void)REQUEST(&q, NEXT_NTPV4, 0x80, 4, 0, 2, 0x27, 0x0f, END);
	ke_put_answer(&w, &q, &a);
	ke_put_end(&w);
	assert_int_equal(w.len, sizeof wanted);
	assert_memory_equal(buf, wanted, sizeof wanted);
	assert_int_equal(feed_all(&m, KE_IS_RESPONSE, buf, w.len), KE_REFUSED);
	assert_string_equal(
	    m.why, "the server has none of our AEAD algorithms");
}

static void
test_refused_request(void **state)
{
	static const uint8_t wanted[] = {0x80, 2, 0, 2, 0, 1, END};
	uint8_t buf[64];
	struct wire_wr w = wire_wr_init(buf, sizeof buf);
	struct ke_message m;

	(void)state;
	ke_put_error(&w, KE_BAD_REQUEST);
	assert_int_equal(w.len, sizeof wanted);
	assert_memory_equal(buf, wanted, sizeof wanted);
	assert_int_equal(feed_all(&m, KE_IS_RESPONSE, buf, w.len), KE_REFUSED);
	assert_string_equal(m.why, "the server finds our request bad");
	assert_int_equal(RESPONSE(&m, 0x80, 2, 0, 2, 0, 9, END), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, 0x80, 2, 0, 1, 0, END), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, 0x80, 3, 0, 2, 0, 0, END), KE_REFUSED);
}

static void
test_nine_cookies_are_eight(void **state)
{
	struct ke_message m;

	(void)state;
	assert_int_equal(RESPONSE(&m, NEXT_NTPV4, AEAD_15, COOKIE_4, COOKIE_4,
			     COOKIE_4, COOKIE_4, COOKIE_4, COOKIE_4, COOKIE_4,
			     COOKIE_4, COOKIE_4, END),
	    KE_DONE);
	assert_int_equal(m.ncookies, 8);
	assert_null(ke_refusal(&m, offer, 1));
}

/* L-offer */
static void
test_algorithm_that_was_not_offered(void **state)
{
	struct ke_message m;

	(void)state;
	assert_int_equal(
	    RESPONSE(&m, NEXT_NTPV4, 0x80, 4, 0, 2, 0, 17, COOKIE_4, END),
	    KE_DONE);
	assert_non_null(ke_refusal(&m, offer, 1));
	assert_int_equal(RESPONSE(&m, NEXT_NTPV4, 0x80, 4, 0, 4, 0, 15, 0, 17,
			     COOKIE_4, END),
	    KE_REFUSED);
}

static void
test_useless_responses(void **state)
{
	struct ke_message m;

	(void)state;
	assert_int_equal(RESPONSE(&m, NEXT_NTPV4, AEAD_15, END), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, NEXT_NTPV4, COOKIE_4, END), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, AEAD_15, COOKIE_4, END), KE_REFUSED);
	assert_int_equal(
	    RESPONSE(&m, 0x80, 1, 0, 2, 0x80, 1, AEAD_15, COOKIE_4, END),
	    KE_REFUSED);
	assert_int_equal(
	    RESPONSE(&m, 0x80, 1, 0, 4, 0, 0, 0x80, 1, AEAD_15, COOKIE_4, END),
	    KE_REFUSED);
	assert_int_equal(
	    RESPONSE(&m, 0x80, 1, 0, 0, AEAD_15, COOKIE_4, END), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, NEXT_NTPV4, AEAD_15, COOKIE_4), KE_MORE);
	assert_non_null(ke_refusal(&m, offer, 1));
}

static void
test_useless_cookies(void **state)
{
	static const uint8_t big[KE_COOKIE_MAX + 4] = {0};
	struct ke_message m;

	(void)state;
	assert_int_equal(
	    RESPONSE(&m, NEXT_NTPV4, AEAD_15, 0, 5, 0, 0, END), KE_REFUSED);
	assert_int_equal(
	    RESPONSE(&m, NEXT_NTPV4, AEAD_15, 0, 5, 0, 2, 1, 2, END),
	    KE_REFUSED);
	assert_int_equal(
	    RESPONSE(&m, NEXT_NTPV4, AEAD_15, 0, 5, 1, 4), KE_MORE);
	assert_int_equal(ke_feed(&m, big, sizeof big), KE_REFUSED);
}

static void
test_names_and_ports(void **state)
{
	struct ke_message m;

	(void)state;
	assert_int_equal(RESPONSE(&m, NEXT_NTPV4, AEAD_15, COOKIE_4, 0x80, 6, 0,
			     3, ':', ':', '1', 0x80, 7, 0, 2, 0, 123, END),
	    KE_DONE);
	assert_string_equal(m.server, "::1");
	assert_int_equal(m.port, 123);
	assert_int_equal(RESPONSE(&m, 0, 6, 0, 0), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, 0, 6, 0, 2, 'a', 0), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, 0, 6, 0, 2, 'a', '\n'), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, 0, 6, 0, 2, 'a', '_'), KE_MORE);
	assert_int_equal(RESPONSE(&m, 0, 6, 0, 2, 'a', '%'), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, 0, 6, 0, 2, 'a', 'a' | 0x80), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, 0, 7, 0, 2, 0, 0), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, 0, 7, 0, 1, 9), KE_REFUSED);
	assert_int_equal(RESPONSE(&m, 0, 7, 0, 3, 0, 9, 9), KE_REFUSED);
}

/* --- keys, and everything at random ------------------------------------------ */

static void
test_context_of_the_exporter(void **state)
{
	uint8_t c[KE_CONTEXT_LEN];

	(void)state;
	assert_int_equal(strlen(ke_label), 30);
	ke_context(c, AEAD_256, false);
	assert_memory_equal(c, "\0\0\0\x0f\0", 5);
	ke_context(c, 30, true);
	assert_memory_equal(c, "\0\0\0\x1e\x01", 5);
}

static void
test_names_of_algorithms(void **state)
{
	(void)state;
	assert_int_equal(ke_aead_id("AES_SIV_CMAC_256"), 15);
	assert_int_equal(ke_aead_id("AES_SIV_CMAC_512"), 17);
	assert_int_equal(ke_aead_id("AES"), 0);
}

/* A flipped octet of a good response never harms, and never depends on how
 * the octets come. */
static void
test_damaged_responses(void **state)
{
	static const uint8_t good[] = {NEXT_NTPV4, AEAD_15, 0x80, 6, 0, 1, 'a',
	    COOKIE_4, COOKIE_4, 0x80, 7, 0, 2, 1, 2, END};
	struct ntp_rng rng;
	struct ke_message a, b;
	uint8_t buf[sizeof good];

	(void)state;
	rng_seed(&rng, 42);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t r = rng_u64(&rng);
		size_t n = (size_t)(r >> 32) % sizeof buf + 1;

		memcpy(buf, good, sizeof buf);
		buf[r % sizeof buf] ^= (uint8_t)(r >> 24);
		ke_begin(&a, KE_IS_RESPONSE);
		(void)ke_feed(&a, buf, n);
		(void)ke_feed(&a, buf + n, sizeof buf - n);
		(void)feed_all(&b, KE_IS_RESPONSE, buf, sizeof buf);
		assert_int_equal(a.progress, b.progress);
		assert_ptr_equal(a.why, b.why);
		assert_int_equal(a.ncookies, b.ncookies);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shortest_request),
	    cmocka_unit_test(test_incomplete_request_waits),
	    cmocka_unit_test(test_algorithm_of_the_clients_choice),
	    cmocka_unit_test(test_end_has_to_be_critical),
	    cmocka_unit_test(test_one_next_protocol_only),
	    cmocka_unit_test(test_lists_of_algorithms),
	    cmocka_unit_test(test_another_protocol),
	    cmocka_unit_test(test_unknown_records),
	    cmocka_unit_test(test_records_of_servers_in_a_request),
	    cmocka_unit_test(test_nothing_after_the_end),
	    cmocka_unit_test(test_junk_has_an_end),
	    cmocka_unit_test(test_a_long_request_is_read),
	    cmocka_unit_test(test_answer_as_the_client_reads_it),
	    cmocka_unit_test(test_longest_answer_fits),
	    cmocka_unit_test(test_no_common_algorithm),
	    cmocka_unit_test(test_refused_request),
	    cmocka_unit_test(test_nine_cookies_are_eight),
	    cmocka_unit_test(test_algorithm_that_was_not_offered),
	    cmocka_unit_test(test_useless_responses),
	    cmocka_unit_test(test_useless_cookies),
	    cmocka_unit_test(test_names_and_ports),
	    cmocka_unit_test(test_context_of_the_exporter),
	    cmocka_unit_test(test_names_of_algorithms),
	    cmocka_unit_test(test_damaged_responses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
