/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oncore_parse.c - messages of Motorola's binary format, and the time in some.
 *
 * By the command reference of the VP Oncore, the user guides of the M12 and
 * M12+ Oncore, and the page on driver 30 in the documentation of NTP and
 * NTPsec.
 *
 * Position, status and data come in one message, Ba, Ea or Ha from receivers
 * with 6, 8 or 12 channels; only Ha says whether its time is UTC, the others
 * have Bo for that.
 */
#include "oncore_parse.h"

#include <string.h>

#include "ntp_calendar.h"
#include "ntp_wire.h"

#define HEADER	  4U /* "@@" and two letters */
#define TRAILER	  3U /* XOR, CR, LF */
#define NSEC_MAX  1000000000U
#define FIXED	  0x38U /* 3D, 2D, position hold */
#define DOUBTFUL  0xc1U /* propagated, bad geometry, bad almanac */
#define COLD	  0x80U
#define UTC_KNOWN 0xc0U /* it is told, and decoded */

/* What is read, and where: satellites tracked, status. */
static const struct kind {
	char letters[2];
	uint8_t len, tracked, status;
} kinds[] = {
    {{'B', 'a'}, 68, 39, 64},
    {{'E', 'a'}, 76, 39, 72},
    {{'H', 'a'}, 154, 56, 129},
    {{'B', 'j'}, 8, 0, 0},
    {{'B', 'o'}, 8, 0, 0},
    {{'G', 'j'}, 21, 0, 0},
};

/* --- messages ------------------------------------------------------------------ */

static const struct kind *
kind_of(const uint8_t *letters)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (memcmp(kinds[i].letters, letters, 2) == 0)
			return &kinds[i];
	}
	return NULL;
}

static uint8_t
sum_of(const uint8_t *p, size_t n)
{
	uint8_t sum = 0;

	while (n-- > 0)
		sum ^= *p++;
	return sum;
}

static bool
is_whole(const uint8_t *m, size_t len)
{
	const uint8_t *end = m + len - TRAILER;

	return end[0] == sum_of(m + 2, len - 2 - TRAILER) && end[1] == '\r' &&
	    end[2] == '\n';
}

/* Can a message that is read here begin like this? */
static bool
may_begin(const struct oncore_line *l)
{
	if (l->buf[0] != '@' || (l->len > 1 && l->buf[1] != '@'))
		return false;
	return l->len < HEADER || kind_of(l->buf + 2) != NULL;
}

/* Forget octets until what is left may be a message, which began about AT. */
static void
resume(struct oncore_line *l, const struct timespec *at)
{
	l->at = *at;
	do {
		l->len--;
		memmove(l->buf, l->buf + 1, l->len);
	} while (l->len > 0 && !may_begin(l));
}

void
oncore_feed(struct oncore_line *l, const void *data, size_t n,
    const struct timespec *at, oncore_take *take, void *arg)
{
	const uint8_t *c = data;

	for (size_t i = 0; i < n; i++) {
		if (l->len == 0)
			l->at = *at;
		l->buf[l->len++] = c[i];
		if (!may_begin(l))
			resume(l, at);
		if (l->len < HEADER || l->len < kind_of(l->buf + 2)->len)
			continue;
		if (is_whole(l->buf, l->len)) {
			struct oncore_message m = {l->buf, l->len, l->at};

			take(arg, &m);
			l->len = 0;
		} else {
			resume(l, at);
		}
	}
}

size_t
oncore_frame(uint8_t *out, const char letters[2], const uint8_t *arg, size_t n)
{
	struct wire_wr w = wire_wr_init(out, HEADER + n + TRAILER);

	wire_put(&w, "@@", 2);
	wire_put(&w, letters, 2);
	wire_put(&w, arg, n);
	wire_put8(&w, sum_of(out + 2, n + 2));
	wire_put(&w, "\r\n", 2);
	return w.len;
}

/* --- what they say --------------------------------------------------------------- */

static bool
is_fixed(const struct oncore_state *s, const struct kind *k, const uint8_t *m)
{
	unsigned status = m[k->status], how = status >> 5;

	if (m[k->tracked] == 0)
		return false;
	if (k->len < ONCORE_MAX)
		return s->utc && (status & FIXED) != 0 &&
		    (status & DOUBTFUL) == 0;
	/* two octets; 3D, 2D, position hold are 7, 6, 4 */
	return (how == 7 || how == 6 || how == 4) &&
	    (m[k->status + 1] & COLD) == 0 && (m[141] & UTC_KNOWN) == UTC_KNOWN;
}

static enum ntp_leap
leap_of(const struct oncore_state *s, const struct ntp_date *d)
{
	bool now = s->year == 0 ? d->month % 6 == 0
				: s->year == d->year && s->month == d->month;

	return now ? s->leap : NTP_LEAP_NONE;
}

static enum timecode_verdict
read_time(const struct oncore_state *s, const struct kind *k,
    const struct oncore_message *m, struct oncore_time *out)
{
	struct wire_rd r = wire_rd_init(m->data + HEADER, m->len - HEADER);
	struct ntp_date d = {.year = 0};
	uint32_t nsec;

	d.month = wire_get8(&r);
	d.day = wire_get8(&r);
	d.year = wire_get16(&r);
	d.hour = wire_get8(&r);
	d.minute = wire_get8(&r);
	d.second = wire_get8(&r);
	nsec = wire_get32(&r);
	if (d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 ||
	    d.hour > 23 || d.minute > 59 || d.second > 60 || nsec >= NSEC_MAX)
		return TIMECODE_MALFORMED;
	out->sec = calendar_to_unix(&d);
	out->nsec = (int32_t)nsec;
	out->leap = leap_of(s, &d);
	return is_fixed(s, k, m->data) ? TIMECODE_GOOD : TIMECODE_UNSYNC;
}

/* Bj: 1, a second will be inserted; 2, deleted. */
static void
take_pending(struct oncore_state *s, unsigned pending)
{
	s->leap = pending == 1 ? NTP_LEAP_INS
	    : pending == 2     ? NTP_LEAP_DEL
			       : NTP_LEAP_NONE;
	s->year = 0;
}

/* Gj: leap seconds now and then, and when that is. */
static void
take_plan(struct oncore_state *s, const uint8_t *m)
{
	int8_t now = (int8_t)m[4], then = (int8_t)m[5];

	s->leap = then > now ? NTP_LEAP_INS
	    : then < now     ? NTP_LEAP_DEL
			     : NTP_LEAP_NONE;
	s->year = m[6] * 256 + m[7];
	s->month = m[8];
}

enum timecode_verdict
oncore_read(struct oncore_state *s, const struct oncore_message *m,
    struct oncore_time *out)
{
	const struct kind *k = kind_of(m->data + 2);

	*out = (struct oncore_time){.sec = 0};
	if (k->tracked > 0)
		return read_time(s, k, m, out);
	if (k->letters[0] == 'G')
		take_plan(s, m->data);
	else if (k->letters[1] == 'j')
		take_pending(s, m->data[4]);
	else
		s->utc = m->data[4] != 0;
	return TIMECODE_OTHER;
}
