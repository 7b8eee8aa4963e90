/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tsip.c - packets of the Trimble Standard Interface Protocol, and the time in
 * some of them.
 *
 * By the user guides of ThunderBolt E, Acutime 2000 and Copernicus, and the
 * page on driver 29 in the documentation of NTP and NTPsec.
 *
 * A leap second is announced as soon as GPS knows of it, up to half a year
 * before; here it counts in the month at whose end it happens.
 */
#include "tsip.h"

#include <math.h>
#include <string.h>

#include "gps.h"
#include "ntp_calendar.h"
#include "ntp_wire.h"

#define DLE 0x10
#define ETX 0x03

#define ID_GPSTIME 0x41
#define ID_SUPER   0x8f
#define SUB_FIX	   0x20
#define SUB_TIME   0xab
#define SUB_STATE  0xac
#define SUB_EVENT  0xad

#define WEEK_S	604800
#define DOING	0  /* decoding or tracking status: fixes */
#define ONE_SAT 1  /* tracking status: a known position, one satellite */
#define OVERDET 13 /* and more of them */

/* --- packets ----------------------------------------------------------------- */

static void
begin(struct tsip *t, uint8_t id)
{
	bool valid = id != DLE && id != ETX && id != 0;

	t->buf[0] = id;
	t->len = 1;
	t->state = valid ? TSIP_DATA : TSIP_IDLE;
}

static void
add(struct tsip *t, uint8_t c)
{
	t->state = t->len < sizeof t->buf ? TSIP_DATA : TSIP_IDLE;
	if (t->state == TSIP_DATA)
		t->buf[t->len++] = c;
}

/* C follows a DLE among the data; true: the packet is complete. */
static bool
after_dle(struct tsip *t, uint8_t c, const struct timespec *at)
{
	if (c == ETX) {
		t->state = TSIP_IDLE;
	} else if (c == DLE) {
		add(t, c);
	} else {
		begin(t, c); /* the end of that before is lost */
		t->at = *at;
	}
	return c == ETX;
}

static bool
take_octet(struct tsip *t, uint8_t c, const struct timespec *at)
{
	switch (t->state) {
	case TSIP_IDLE:
		t->state = c == DLE ? TSIP_ID : TSIP_IDLE;
		t->at = *at;
		return false;
	case TSIP_ID:
		begin(t, c);
		return false;
	case TSIP_DATA:
		if (c == DLE)
			t->state = TSIP_DLE;
		else
			add(t, c);
		return false;
	case TSIP_DLE:
	default:
		return after_dle(t, c, at);
	}
}

void
tsip_feed(struct tsip *t, const void *data, size_t n, const struct timespec *at,
    tsip_take *take, void *arg)
{
	const uint8_t *c = data;

	for (size_t i = 0; i < n; i++) {
		if (take_octet(t, c[i], at)) {
			struct tsip_packet p = {t->buf, t->len, t->at};

			take(arg, &p);
		}
	}
}

size_t
tsip_frame(uint8_t *out, const uint8_t *data, size_t n)
{
	size_t len = 0;

	out[len++] = DLE;
	for (size_t i = 0; i < n; i++) {
		out[len++] = data[i];
		if (i > 0 && data[i] == DLE)
			out[len++] = DLE;
	}
	out[len++] = DLE;
	out[len++] = ETX;
	return len;
}

/* --- the time in them ---------------------------------------------------------- */

static enum ntp_leap
leap_this_month(int64_t sec, bool announced)
{
	struct ntp_date d;

	calendar_from_unix(sec, &d);
	return announced && d.month % 6 == 0 ? NTP_LEAP_INS : NTP_LEAP_NONE;
}

/* Week, s of it and offset from UTC; without that of the receiver's almanac it
 * is 0. */
static enum timecode_verdict
take_weeks(unsigned week, double tow, double offset, struct tsip_time *out)
{
	if (!(tow >= 0 && tow < WEEK_S) || !(fabs(offset) < 256))
		return TIMECODE_MALFORMED;
	if (fabs(offset) < 0.5)
		return TIMECODE_UNSYNC;
	out->sec = gps_unix(week, (int64_t)tow, (int)lrint(offset));
	out->nsec = (int32_t)((tow - floor(tow)) * 1e9);
	return TIMECODE_GOOD;
}

static double
get_single(struct wire_rd *r)
{
	uint32_t bits = wire_get32(r);
	float f;

	memcpy(&f, &bits, sizeof f);
	return (double)f;
}

static double
get_double(struct wire_rd *r)
{
	uint64_t bits = wire_get64(r);
	double f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

static enum timecode_verdict
read_gpstime(struct wire_rd *r, struct tsip_time *out)
{
	double tow = get_single(r);
	unsigned week = wire_get16(r);
	double offset = get_single(r);

	if (r->bad || wire_left(r) != 0)
		return TIMECODE_MALFORMED;
	return take_weeks(week, tow, offset, out);
}

static enum timecode_verdict
read_fix(struct wire_rd *r, struct tsip_time *out)
{
	double tow;
	unsigned week, offset;
	bool none;

	(void)wire_borrow(r, 7);
	tow = wire_get32(r) * 1e-3;
	(void)wire_borrow(r, 15);
	none = (wire_get8(r) & 1) != 0;
	(void)wire_get8(r);
	offset = wire_get8(r);
	week = wire_get16(r);
	if (r->bad || wire_left(r) != 24)
		return TIMECODE_MALFORMED;
	return none ? TIMECODE_UNSYNC : take_weeks(week, tow, offset, out);
}

/* Event count 0: it came by itself. */
static enum timecode_verdict
read_event(struct wire_rd *r, struct tsip_time *out)
{
	unsigned count = wire_get16(r), status, flags;
	double fraction = get_double(r);
	struct ntp_date d = {.year = 0};

	d.hour = wire_get8(r);
	d.minute = wire_get8(r);
	d.second = wire_get8(r);
	d.day = wire_get8(r);
	d.month = wire_get8(r);
	d.year = wire_get16(r);
	status = wire_get8(r);
	flags = wire_get8(r);
	if (r->bad || wire_left(r) != 2 || !(fraction >= 0 && fraction < 1) ||
	    d.hour > 23 || d.minute > 59 || d.second > 60 || d.day < 1 ||
	    d.day > 31 || d.month < 1 || d.month > 12)
		return TIMECODE_MALFORMED;
	if (count == 0)
		return TIMECODE_OTHER;
	out->sec = calendar_to_unix(&d);
	out->nsec = (int32_t)(fraction * 1e9);
	out->leap = leap_this_month(out->sec, (flags & 0x10) != 0);
	return (flags & 0x01) != 0 &&
		(status == DOING || status == ONE_SAT || status == OVERDET)
	    ? TIMECODE_GOOD
	    : TIMECODE_UNSYNC;
}

/* 8F-AB.  Bits: the time is not set, UTC is not known, somebody set it. */
static enum timecode_verdict
read_timing(struct wire_rd *r, struct tsip_time *out)
{
	double tow = wire_get32(r);
	unsigned week = wire_get16(r), flags;
	int offset = (int16_t)wire_get16(r);

	flags = wire_get8(r);
	if (r->bad || wire_left(r) != 7)
		return TIMECODE_MALFORMED;
	if ((flags & 0x1c) != 0)
		return TIMECODE_UNSYNC;
	return take_weeks(week, tow, offset, out);
}

/* 8F-AC.  It is good for HOLDOVER s after the last fix. */
static enum timecode_verdict
read_state(struct wire_rd *r, double holdover, struct tsip_time *out)
{
	unsigned discipline, alarms, decoding;
	uint32_t held;
	bool held_on;

	(void)wire_get8(r);
	discipline = wire_get8(r);
	(void)wire_get8(r);
	held = wire_get32(r);
	(void)wire_get16(r);
	alarms = wire_get16(r);
	decoding = wire_get8(r);
	if (r->bad || wire_left(r) != 55)
		return TIMECODE_MALFORMED;
	out->leap = leap_this_month(out->sec, (alarms & 0x80) != 0);
	held_on = (discipline == 2 || discipline == 3) && holdover > 0 &&
	    held <= holdover;
	return (alarms & 0x200) == 0 && (decoding == DOING || held_on)
	    ? TIMECODE_GOOD
	    : TIMECODE_UNSYNC;
}

static enum timecode_verdict
read_pair(struct tsip_memory *m, unsigned sub, struct wire_rd *r,
    double holdover, struct tsip_time *out)
{
	enum timecode_verdict v;
	bool has = m->has;

	m->has = false;
	if (sub == SUB_STATE) {
		*out = m->told;
		v = read_state(r, holdover, out);
		return v != TIMECODE_GOOD || has ? v : TIMECODE_OTHER;
	}
	v = read_timing(r, out);
	if (v != TIMECODE_GOOD)
		return v;
	m->told = *out;
	m->has = true;
	return TIMECODE_MARK;
}

enum timecode_verdict
tsip_read(struct tsip_memory *m, const struct tsip_packet *p, unsigned kinds,
    double holdover, struct tsip_time *out)
{
	struct wire_rd r = wire_rd_init(p->data, p->len);
	unsigned id = wire_get8(&r), sub;

	*out = (struct tsip_time){.at = p->at};
	if (id == ID_GPSTIME && (kinds & TSIP_GPSTIME) != 0)
		return read_gpstime(&r, out);
	if (id != ID_SUPER)
		return TIMECODE_OTHER;
	sub = wire_get8(&r);
	if (sub == SUB_EVENT && (kinds & TSIP_EVENT) != 0)
		return read_event(&r, out);
	if (sub == SUB_FIX && (kinds & TSIP_FIX) != 0)
		return read_fix(&r, out);
	if ((sub == SUB_TIME || sub == SUB_STATE) && (kinds & TSIP_TIMING) != 0)
		return read_pair(m, sub, &r, holdover, out);
	return TIMECODE_OTHER;
}
