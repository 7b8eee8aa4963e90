/* SPDX-License-Identifier: BSD-2-Clause */
/* test_oncore.c - messages of Motorola's receivers, and the time in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../../ntpd/refclock/oncore_parse.h"
#include "ntp_rng.h"
#include "threat.h"

#define THEN INT64_C(1795335330) /* 2026-11-22 08:15:30 */

/* 2026-11-22 08:15:30.000000500 */
static const uint8_t date[] = {11, 22, 0x07, 0xea, 8, 15, 30, 0, 0, 0x01, 0xf4};

struct heard {
	unsigned n;
	struct oncore_state state;
	struct oncore_time time;
	enum timecode_verdict verdict;
};

static void
hear(void *arg, const struct oncore_message *m)
{
	struct heard *h = arg;

	h->n++;
	h->verdict = oncore_read(&h->state, m, &h->time);
}

static unsigned
feed(struct heard *h, const uint8_t *octets, size_t n)
{
	struct oncore_line l = {.len = 0};
	struct timespec at = {1, 0};

	h->n = 0;
	oncore_feed(&l, octets, n, &at, hear, h);
	return h->n;
}

/* A message with LEN octets in all, and those of ARG first. */
static enum timecode_verdict
tell(struct heard *h, const char *letters, size_t len, const uint8_t *arg,
    size_t n)
{
	uint8_t data[ONCORE_MAX] = {0}, out[ONCORE_MAX];

	memcpy(data, arg, n);
	assert_int_equal(oncore_frame(out, letters, data, len - 7), len);
	assert_int_equal(feed(h, out, len), 1);
	return h->verdict;
}

static enum timecode_verdict
tell1(struct heard *h, const char *letters, uint8_t arg)
{
	return tell(h, letters, 8, &arg, 1);
}

/* Ba and Ea: satellites tracked, and a status at the end. */
static enum timecode_verdict
position(struct heard *h, const char *letters, size_t len, uint8_t tracked,
    uint8_t status)
{
	uint8_t data[ONCORE_MAX] = {0};

	memcpy(data, date, sizeof date);
	data[35] = tracked;
	data[len - 8] = status;
	return tell(h, letters, len, data, len - 7);
}

static enum timecode_verdict
twelve(struct heard *h, uint8_t tracked, uint8_t s1, uint8_t s2, uint8_t utc)
{
	uint8_t data[ONCORE_MAX] = {0};

	memcpy(data, date, sizeof date);
	data[52] = tracked;
	data[125] = s1;
	data[126] = s2;
	data[137] = utc;
	return tell(h, "Ha", 154, data, 147);
}

/* The check of the manual's example: @@Cj has the sum 0x29. */
static void
frames(void **state)
{
	static const uint8_t want[] = {'@', '@', 'C', 'j', 0x29, '\r', '\n'};
	uint8_t out[8];

	(void)state;
	assert_int_equal(oncore_frame(out, "Cj", want, 0), sizeof want);
	assert_memory_equal(out, want, sizeof want);
}

static void
six_and_eight_channels(void **state)
{
	static const struct {
		char letters[3];
		uint8_t len;
	} m[] = {{"Ba", 68}, {"Ea", 76}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *id = m[i].letters;
		struct heard h = {.n = 0};

		/* before it knows UTC */
		assert_int_equal(
		    position(&h, id, m[i].len, 5, 0x20), TIMECODE_UNSYNC);
		assert_int_equal(tell1(&h, "Bo", 18), TIMECODE_OTHER);
		assert_int_equal(
		    position(&h, id, m[i].len, 5, 0x20), TIMECODE_GOOD);
		assert_int_equal(h.time.sec, THEN);
		assert_int_equal(h.time.nsec, 500);
		/* 2D, position hold; nothing tracked, bad almanac, bad
		 * geometry, propagated */
		assert_int_equal(
		    position(&h, id, m[i].len, 5, 0x10), TIMECODE_GOOD);
		assert_int_equal(
		    position(&h, id, m[i].len, 1, 0x08), TIMECODE_GOOD);
		assert_int_equal(
		    position(&h, id, m[i].len, 0, 0x08), TIMECODE_UNSYNC);
		assert_int_equal(
		    position(&h, id, m[i].len, 5, 0x21), TIMECODE_UNSYNC);
		assert_int_equal(
		    position(&h, id, m[i].len, 5, 0x60), TIMECODE_UNSYNC);
		assert_int_equal(
		    position(&h, id, m[i].len, 5, 0x80), TIMECODE_UNSYNC);
	}
}

static void
twelve_channels(void **state)
{
	struct heard h = {.n = 0};

	(void)state;
	assert_int_equal(twelve(&h, 9, 0xe0, 0x01, 0xd2), TIMECODE_GOOD);
	assert_int_equal(h.time.sec, THEN);
	assert_int_equal(twelve(&h, 9, 0xc0, 0, 0xd2), TIMECODE_GOOD);
	assert_int_equal(twelve(&h, 1, 0x80, 0, 0xd2), TIMECODE_GOOD);
	/* propagated, acquiring, cold; GPS time, UTC not decoded */
	assert_int_equal(twelve(&h, 9, 0xa0, 0, 0xd2), TIMECODE_UNSYNC);
	assert_int_equal(twelve(&h, 9, 0x60, 0, 0xd2), TIMECODE_UNSYNC);
	assert_int_equal(twelve(&h, 9, 0xe0, 0x80, 0xd2), TIMECODE_UNSYNC);
	assert_int_equal(twelve(&h, 9, 0xe0, 0, 0x52), TIMECODE_UNSYNC);
	assert_int_equal(twelve(&h, 9, 0xe0, 0, 0x80), TIMECODE_UNSYNC);
}

static void
leap_seconds(void **state)
{
	static const uint8_t plan[] = {
	    18, 19, 0x07, 0xea, 11, 30, 18, 0, 0, 0, 0, 23, 59, 60};
	uint8_t other[sizeof plan];
	struct heard h = {.n = 0};

	(void)state;
	(void)tell1(&h, "Bj", 1);
	(void)twelve(&h, 9, 0xe0, 0, 0xd2);
	assert_int_equal(h.time.leap, NTP_LEAP_NONE); /* in November */
	(void)tell(&h, "Gj", 21, plan, sizeof plan);
	(void)twelve(&h, 9, 0xe0, 0, 0xd2);
	assert_int_equal(h.time.leap, NTP_LEAP_INS);
	memcpy(other, plan, sizeof plan);
	other[1] = 17;
	(void)tell(&h, "Gj", 21, other, sizeof other);
	(void)twelve(&h, 9, 0xe0, 0, 0xd2);
	assert_int_equal(h.time.leap, NTP_LEAP_DEL);
	other[3]++; /* a year later */
	(void)tell(&h, "Gj", 21, other, sizeof other);
	(void)twelve(&h, 9, 0xe0, 0, 0xd2);
	assert_int_equal(h.time.leap, NTP_LEAP_NONE);
	h.state = (struct oncore_state){.leap = NTP_LEAP_INS, .year = 0};
	(void)tell1(&h, "Bj", 0);
	assert_int_equal(h.state.leap, NTP_LEAP_NONE);
	(void)tell1(&h, "Bj", 2);
	assert_int_equal(h.state.leap, NTP_LEAP_DEL);
}

static void
no_such_time(void **state)
{
	uint8_t bad[sizeof date];
	struct heard h = {.n = 0};

	(void)state;
	for (size_t i = 0; i < sizeof date; i++) {
		if (i == 2 || i == 3)
			continue; /* any year is one */
		memcpy(bad, date, sizeof bad);
		bad[i] = 0xff;
		if (i < 8)
			assert_int_equal(tell(&h, "Ea", 76, bad, sizeof bad),
			    TIMECODE_MALFORMED);
	}
}

/* Messages of other kinds, spoilt and cut ones, and what looks like a begin. */
static void
found_among_others(void **state)
{
	static const uint8_t cut_short[] = {
	    '@', '@', 'C', 'j', '@', '@', '@', 'B', 'a', 1, 2, 3};
	uint8_t good[8], all[80];
	uint8_t arg = 18;
	struct heard h = {.n = 0};
	size_t n = 0, len = oncore_frame(good, "Bo", &arg, 1);

	(void)state;
	assert_int_equal(len, 8);
	/* unknown, then cut */
	assert_int_equal(feed(&h, cut_short, sizeof cut_short), 0);
	while (n < 3)
		all[n++] = '@';
	memcpy(all + n, good, len);
	n += len;
	memcpy(all + n, good, len);
	all[n + 5] ^= 1;
	n += len;
	memcpy(all + n, good, len);
	n += len;
	assert_int_equal(feed(&h, all, n), 2);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(feed(&h, good, cut), 0);
}

static void
noise(void **state)
{
	struct oncore_line l = {.len = 0};
	struct timespec at = {1, 0};
	struct heard h = {.state.utc = true};
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 30);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t data[ONCORE_MAX], out[ONCORE_MAX + 7];
		size_t n = (size_t[]){61, 69, 147, 1, 14}[i % 5];
		const char *id =
		    (const char *[]){"Ba", "Ea", "Ha", "Bo", "Gj"}[i % 5];

		for (size_t k = 0; k < n; k++)
			data[k] = (uint8_t)rng_u64(&rng);
		n = oncore_frame(out, id, data, n);
		if ((i & 3) == 0)
			out[rng_below(&rng, n)] = '@';
		if ((i & 7) == 0)
			n = rng_below(&rng, n);
		oncore_feed(&l, out, n, &at, hear, &h);
		assert_in_range(h.time.nsec, 0, 999999999);
	}
	assert_true(h.n > 5000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames),
	    cmocka_unit_test(six_and_eight_channels),
	    cmocka_unit_test(twelve_channels),
	    cmocka_unit_test(leap_seconds),
	    cmocka_unit_test(no_such_time),
	    cmocka_unit_test(found_among_others),
	    THREAT("Sec-3380", noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
