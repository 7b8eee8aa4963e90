/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tsip.c - packets of Trimble's receivers, and the time in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../../ntpd/refclock/gps.h"
#include "../../ntpd/refclock/tsip.h"
#include "ntp_rng.h"
#include "ntp_wire.h"
#include "threat.h"

#define THEN INT64_C(1795335330) /* 2026-11-22 08:15:30, a Sunday */
#define WEEK 2446		 /* of that, which begins this day */
#define TOW  (8 * 3600 + 15 * 60 + 30 + 18)
#define ALL  (TSIP_EVENT | TSIP_TIMING | TSIP_GPSTIME | TSIP_FIX)

/* What a Thunderbolt sent on 2014-03-25 at 17:01:44: its offset from UTC, 16,
 * looks like a DLE. */
static const uint8_t thunderbolt[] = {0x10, 0x8f, 0xab, 0x00, 0x03, 0x92, 0x88,
    0x06, 0xf9, 0x00, 0x10, 0x10, 0x03, 0x2c, 0x01, 0x11, 0x19, 0x03, 0x07,
    0xde, 0x10, 0x03};

struct heard {
	unsigned n;
	uint8_t data[TSIP_MAX];
	size_t len;
	struct timespec at;
};

static void
keep(void *arg, const struct tsip_packet *p)
{
	struct heard *h = arg;

	h->n++;
	memcpy(h->data, p->data, p->len);
	h->len = p->len;
	h->at = p->at;
}

static void
packets(void **state)
{
	(void)state;
	for (size_t piece = 1; piece <= sizeof thunderbolt; piece++) {
		struct tsip t = {.len = 0};
		struct heard h = {.n = 0};

		for (size_t i = 0; i < sizeof thunderbolt; i += piece) {
			struct timespec at = {(time_t)(i + 5), 0};
			size_t left = sizeof thunderbolt - i;

			tsip_feed(&t, thunderbolt + i,
			    left < piece ? left : piece, &at, keep, &h);
		}
		assert_int_equal(h.n, 1);
		assert_int_equal(h.len, 18);
		assert_int_equal(h.data[0], 0x8f);
		assert_int_equal(h.data[9], 16);
		assert_int_equal(h.at.tv_sec, 5);
	}
}

/* A lost end, an id that is none, and more than any packet has. */
static void
broken_packets(void **state)
{
	static const uint8_t lost[] = {0x10, 0x8f, 0xab, 1, 2, 0x10, 0x41, 7,
	    0x10, 0x03, 0x10, 0x03, 0x10, 0x10, 9, 0x10, 0x03, 5, 0x10, 0x03};
	uint8_t longest[TSIP_MAX + 40] = {0x10, 0x42};
	struct timespec at = {1, 0};
	struct tsip t = {.len = 0};
	struct heard h = {.n = 0};

	(void)state;
	tsip_feed(&t, lost, sizeof lost, &at, keep, &h);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.len, 2);
	assert_int_equal(h.data[0], 0x41);
	assert_int_equal(h.data[1], 7);
	longest[sizeof longest - 2] = 0x10;
	longest[sizeof longest - 1] = 0x03;
	tsip_feed(&t, longest, sizeof longest, &at, keep, &h);
	assert_int_equal(h.n, 1);
	tsip_feed(&t, thunderbolt, sizeof thunderbolt, &at, keep, &h);
	tsip_feed(&t, thunderbolt, sizeof thunderbolt, &at, keep, &h);
	assert_true(h.n >= 2 && h.len == 18);
}

/* A packet came when its own first octet did, not that of the lost one. */
static void
lost_end(void **state)
{
	struct timespec before = {5, 0}, at = {6, 0};
	struct tsip t = {.len = 0};
	struct heard h = {.n = 0};

	(void)state;
	tsip_feed(&t, thunderbolt, 5, &before, keep, &h);
	tsip_feed(&t, thunderbolt, sizeof thunderbolt, &at, keep, &h);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.at.tv_sec, 6);
}

static void
frames(void **state)
{
	static const uint8_t command[] = {0x8e, 0xa5, 0x10, 0x05};
	static const uint8_t want[] = {
	    0x10, 0x8e, 0xa5, 0x10, 0x10, 0x05, 0x10, 0x03};
	uint8_t out[16];

	(void)state;
	assert_int_equal(tsip_frame(out, command, sizeof command), sizeof want);
	assert_memory_equal(out, want, sizeof want);
}

/* --- the time ------------------------------------------------------------------ */

static enum timecode_verdict
read(struct tsip_memory *m, const struct wire_wr *w, struct tsip_time *out)
{
	struct tsip_packet p = {w->p, w->len, {42, 0}};

	return tsip_read(m, &p, ALL, 60, out);
}

/* 8F-AB with FLAGS, of THEN. */
static struct wire_wr
timing(uint8_t buf[TSIP_MAX], unsigned week, uint8_t flags)
{
	struct wire_wr w = wire_wr_init(buf, TSIP_MAX);

	wire_put16(&w, 0x8fab);
	wire_put32(&w, TOW);
	wire_put16(&w, (uint16_t)week);
	wire_put16(&w, 18);
	wire_put8(&w, flags);
	wire_put(&w, (const uint8_t[7]){30, 15, 8, 22, 11, 7, 0xea}, 7);
	return w;
}

/* 8F-AC. */
static struct wire_wr
status(uint8_t buf[TSIP_MAX], uint8_t discipline, uint32_t held,
    uint16_t alarms, uint8_t decoding)
{
	struct wire_wr w = wire_wr_init(buf, TSIP_MAX);

	wire_put16(&w, 0x8fac);
	wire_put8(&w, 7);
	wire_put8(&w, discipline);
	wire_put8(&w, 100);
	wire_put32(&w, held);
	wire_put16(&w, 0);
	wire_put16(&w, alarms);
	wire_put8(&w, decoding);
	wire_put(&w, (const uint8_t[55]){0}, 55);
	return w;
}

static enum timecode_verdict
pair(unsigned week, const struct wire_wr *second, struct tsip_time *out)
{
	struct tsip_memory m = {.has = false};
	uint8_t buf[TSIP_MAX];
	struct wire_wr w = timing(buf, week, 3);

	assert_int_equal(read(&m, &w, out), TIMECODE_MARK);
	return read(&m, second, out);
}

static void
timing_pairs(void **state)
{
	struct tsip_memory m = {.has = false};
	uint8_t buf[TSIP_MAX];
	struct tsip_time t;
	struct wire_wr w = status(buf, 0, 0, 0, 0);

	(void)state;
	assert_int_equal(read(&m, &w, &t), TIMECODE_OTHER); /* alone */
	assert_int_equal(pair(WEEK, &w, &t), TIMECODE_GOOD);
	assert_int_equal(t.sec, THEN);
	assert_int_equal(t.leap, NTP_LEAP_NONE);
	/* its weeks have rolled over */
	assert_int_equal(pair(WEEK - 1024, &w, &t), TIMECODE_GOOD);
	assert_int_equal(gps_unroll(t.sec, INT64_C(1704067200)), THEN);
	/* no satellites; for 60 s that does not matter */
	w = status(buf, 2, 60, 0, 8);
	assert_int_equal(pair(WEEK, &w, &t), TIMECODE_GOOD);
	w = status(buf, 2, 61, 0, 8);
	assert_int_equal(pair(WEEK, &w, &t), TIMECODE_UNSYNC);
	w = status(buf, 0, 1, 0, 8);
	assert_int_equal(pair(WEEK, &w, &t), TIMECODE_UNSYNC);
	/* the position is questionable; a leap second comes, but not in
	 * November */
	w = status(buf, 0, 0, 0x200, 0);
	assert_int_equal(pair(WEEK, &w, &t), TIMECODE_UNSYNC);
	w = status(buf, 0, 0, 0x80, 0);
	assert_int_equal(pair(WEEK, &w, &t), TIMECODE_GOOD);
	assert_int_equal(t.leap, NTP_LEAP_NONE);
	assert_int_equal(pair(WEEK + 2, &w, &t), TIMECODE_GOOD);
	assert_int_equal(t.leap, NTP_LEAP_INS);
	w.len--;
	assert_int_equal(pair(WEEK, &w, &t), TIMECODE_MALFORMED);
}

static void
timing_flags(void **state)
{
	static const uint8_t bad[] = {0x04 | 3, 0x08 | 3, 0x10 | 3};
	struct tsip_memory m = {.has = false};
	struct tsip_packet p = {thunderbolt + 1, 10, {0, 0}};
	struct tsip t = {.len = 0};
	struct heard h = {.n = 0};
	uint8_t buf[TSIP_MAX];
	struct tsip_time out;

	(void)state;
	for (size_t i = 0; i < sizeof bad; i++) {
		struct wire_wr w = timing(buf, WEEK, bad[i]);

		assert_int_equal(read(&m, &w, &out), TIMECODE_UNSYNC);
	}
	tsip_feed(&t, thunderbolt, sizeof thunderbolt, &p.at, keep, &h);
	p = (struct tsip_packet){h.data, h.len, h.at};
	assert_int_equal(tsip_read(&m, &p, ALL, 0, &out), TIMECODE_MARK);
	assert_int_equal(m.told.sec, INT64_C(1395766904));
	assert_int_equal(
	    tsip_read(&m, &p, TSIP_GPSTIME, 0, &out), TIMECODE_OTHER);
}

static struct wire_wr
event(uint8_t buf[TSIP_MAX], uint16_t count, uint8_t tracking, uint8_t flags)
{
	struct wire_wr w = wire_wr_init(buf, TSIP_MAX);

	wire_put16(&w, 0x8fad);
	wire_put16(&w, count);
	wire_put64(&w, UINT64_C(0x3fd0000000000000)); /* 0.25 */
	wire_put(&w, (const uint8_t[5]){8, 15, 30, 22, 11}, 5);
	wire_put16(&w, 2026);
	wire_put8(&w, tracking);
	wire_put8(&w, flags);
	wire_put16(&w, 0xffff);
	return w;
}

static void
events(void **state)
{
	struct tsip_memory m = {.has = false};
	uint8_t buf[TSIP_MAX];
	struct tsip_time t;
	struct wire_wr w = event(buf, 7, 0, 0x01);

	(void)state;
	assert_int_equal(read(&m, &w, &t), TIMECODE_GOOD);
	assert_int_equal(t.sec, THEN);
	assert_int_equal(t.nsec, 250000000);
	w = event(buf, 7, 13, 0x11);
	assert_int_equal(read(&m, &w, &t), TIMECODE_GOOD);
	assert_int_equal(t.leap, NTP_LEAP_NONE); /* it is November */
	buf[16] = 6;
	assert_int_equal(read(&m, &w, &t), TIMECODE_GOOD);
	assert_int_equal(t.leap, NTP_LEAP_INS);
	/* by itself; no fix; UTC is not known; no such hour; not a number */
	w = event(buf, 0, 0, 0x01);
	assert_int_equal(read(&m, &w, &t), TIMECODE_OTHER);
	w = event(buf, 7, 7, 0x01);
	assert_int_equal(read(&m, &w, &t), TIMECODE_UNSYNC);
	w = event(buf, 7, 0, 0x00);
	assert_int_equal(read(&m, &w, &t), TIMECODE_UNSYNC);
	buf[12] = 24;
	assert_int_equal(read(&m, &w, &t), TIMECODE_MALFORMED);
	w = event(buf, 7, 0, 0x01);
	memset(buf + 4, 0xff, 8);
	assert_int_equal(read(&m, &w, &t), TIMECODE_MALFORMED);
}

static void
gps_time(void **state)
{
	struct tsip_memory m = {.has = false};
	uint8_t buf[TSIP_MAX];
	struct tsip_time t;
	struct wire_wr w = wire_wr_init(buf, sizeof buf);

	(void)state;
	wire_put8(&w, 0x41);
	wire_put32(&w, 0x46e84900); /* 29732.5, 500 ms after THEN - 16 */
	wire_put16(&w, WEEK);
	wire_put32(&w, 0x41900000); /* 18 */
	assert_int_equal(read(&m, &w, &t), TIMECODE_GOOD);
	assert_int_equal(t.sec, THEN - 16);
	assert_int_equal(t.nsec, 500000000);
	memset(buf + 7, 0, 4);
	assert_int_equal(read(&m, &w, &t), TIMECODE_UNSYNC);
	memset(buf + 1, 0xff, 4);
	assert_int_equal(read(&m, &w, &t), TIMECODE_MALFORMED);
	/* 8F-20 */
	w = wire_wr_init(buf, sizeof buf);
	wire_put16(&w, 0x8f20);
	wire_put(&w, (const uint8_t[7]){0}, 7);
	wire_put32(&w, TOW * 1000U + 200);
	wire_put(&w, (const uint8_t[15]){0}, 15);
	wire_put(&w, (const uint8_t[3]){0, 5, 18}, 3);
	wire_put16(&w, WEEK);
	wire_put(&w, (const uint8_t[24]){0}, 24);
	assert_int_equal(read(&m, &w, &t), TIMECODE_GOOD);
	assert_int_equal(t.sec, THEN);
	assert_in_range(t.nsec, 199999000, 200001000);
	buf[28] = 1;
	assert_int_equal(read(&m, &w, &t), TIMECODE_UNSYNC);
}

static void
noise_packet(void *arg, const struct tsip_packet *p)
{
	static struct tsip_time t;
	struct tsip_memory *m = arg;

	assert_in_range(p->len, 1, TSIP_MAX);
	if (tsip_read(m, p, ALL, 60, &t) == TIMECODE_GOOD)
		assert_in_range(t.nsec, 0, 999999999);
}

static void
noise(void **state)
{
	struct tsip_memory m = {.has = false};
	struct tsip t = {.len = 0};
	struct timespec at = {1, 0};
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 29);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t buf[TSIP_MAX], out[2 * TSIP_MAX + 3];
		struct wire_wr w =
		    (i & 1) != 0 ? event(buf, 3, 0, 1) : timing(buf, WEEK, 3);
		size_t len;

		buf[rng_below(&rng, w.len)] = (uint8_t)rng_u64(&rng);
		len = tsip_frame(out, buf, w.len);
		if ((i & 3) == 0)
			out[rng_below(&rng, len)] = (uint8_t)rng_u64(&rng);
		if ((i & 15) == 0)
			len = rng_below(&rng, len);
		tsip_feed(&t, out, len, &at, noise_packet, &m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packets),
	    THREAT("CVE-2023-26555", broken_packets),
	    cmocka_unit_test(lost_end),
	    cmocka_unit_test(frames),
	    cmocka_unit_test(timing_pairs),
	    cmocka_unit_test(timing_flags),
	    cmocka_unit_test(events),
	    cmocka_unit_test(gps_time),
	    cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
