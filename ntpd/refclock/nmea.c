/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nmea.c - driver 20: a GPS receiver that speaks NMEA 0183.
 *
 * The first sentence of a second is used: its end is stamped, and time2 is how
 * long after the second that is; or the pulse before it is stamped, and the
 * sentence says only which second that was.
 *
 * The reference takes 4800 bit/s for granted, NTPsec 9600: when neither the
 * mode nor `baud` says, the speed is the one at which sentences come.
 */
#include "nmea_parse.h"

#include <stdio.h>
#include <string.h>

#include "../ntpd.h"
#include "pulse.h"
#include "serial.h"

#define DEVICE	      "/dev/gps%u"
#define PPS_DEVICE    "/dev/gpspps%u"
#define MODE_SPEED    4U /* bits from there on */
#define MODE_FRACTION 0x80U
#define MODE_TRUST    0x40000U
#define PRECISION     (-9)
#define SPEED_TRIAL   5 /* s without a sentence */
#define DATED_WAIT    5 /* sentences without date that wait for one with it */
#define TAI_GPS	      19
#define TAI_UNKNOWN   37
#define NS_PER_S      UINT64_C(1000000000)

/* clockstats with mode 0x10000 */
enum nmea_count { RECEIVED, ACCEPTED, INVALID, MALFORMED, FILTERED, PULSES };

struct nmea {
	struct serial line;
	struct pulse pulse;
	char pps[PULSE_PATH];
	unsigned trial;	   /* of the speeds */
	unsigned silence;  /* s without a sentence */
	bool heard;	   /* a sentence, at this speed */
	bool gps;	   /* it tells GPS time: UTC is another */
	bool used;	   /* a sentence, since the last tick */
	int32_t second;	   /* of the day, of the last sentence used; -1 */
	unsigned undated;  /* sentences without date, before any with it */
	int64_t date;	   /* Unix s of the last with it, 0: none */
	uint64_t dated_at; /* ns, uv_hrtime() */
};

/* --- speed ------------------------------------------------------------------- */

static const unsigned mode_speeds[8] = {
    0, 9600, 19200, 38400, 57600, 115200, 0, 0};
static const unsigned trials[] = {9600, 4800, 38400, 115200, 19200, 57600};

static unsigned
given_speed(const struct refclock_unit *u)
{
	if (u->cfg.baud != 0)
		return u->cfg.baud;
	return mode_speeds[u->cfg.ref_mode >> MODE_SPEED & 7U];
}

static void
try_speeds(struct refclock_unit *u)
{
	struct nmea *n = u->data;

	if (n->heard || given_speed(u) != 0 || ++n->silence < SPEED_TRIAL)
		return;
	n->silence = 0;
	n->trial = (n->trial + 1) % (sizeof trials / sizeof trials[0]);
	serial_speed(&n->line, trials[n->trial]);
}

static void
hear(struct refclock_unit *u)
{
	struct nmea *n = u->data;

	if (!n->heard && given_speed(u) == 0)
		refclock_say(u, NTP_LOG_INFO, "sentences come at %u bit/s",
		    n->line.baud);
	n->heard = true;
}

/* --- which second ------------------------------------------------------------ */

static unsigned
enabled(const struct refclock_unit *u)
{
	unsigned mask = u->cfg.ref_mode & NMEA_ANY;

	return mask != 0 ? mask : NMEA_ANY;
}

/* What day it is, for sentences that do not say: the last that did knows
 * better than our clock. */
static int64_t
today(struct refclock_unit *u, const struct timespec *at)
{
	const struct nmea *n = u->data;

	if (n->date != 0)
		return n->date +
		    (int64_t)((uv_hrtime() - n->dated_at) / NS_PER_S);
	return refclock_unix(u, at);
}

static int64_t
unix_of(struct refclock_unit *u, const struct nmea_time *t,
    const struct timespec *at)
{
	struct nmea *n = u->data;
	bool trust = (u->cfg.ref_mode & MODE_TRUST) != 0;
	int64_t s = nmea_unix(t, today(u, at), u->d->conf->tos.basedate, trust);
	int tai;

	if (t->dated) {
		n->date = s;
		n->dated_at = uv_hrtime();
	}
	if (!t->gps)
		return s;
	tai = leap_tai_at(&u->d->leap.table, s + TAI_GPS);
	return s - ((tai > 0 ? tai : TAI_UNKNOWN) - TAI_GPS);
}

/* Of all that comes in a second, and is wanted, the first. */
static bool
is_filtered(const struct nmea *n, const struct nmea_time *t)
{
	return t->second == n->second || (n->gps && !t->gps) ||
	    (!t->dated && n->date == 0 && n->undated < DATED_WAIT);
}

/* --- a sentence -------------------------------------------------------------- */

static void
remember(struct refclock_unit *u, const struct line *l)
{
	char text[SERIAL_LINE];
	size_t len = l->len < CLOCK_TIMECODE_MAX ? l->len : CLOCK_TIMECODE_MAX;

	memcpy(text, l->text, len);
	if ((u->cfg.ref_flags & REF_FLAG4) != 0)
		nmea_hide(text, len);
	if ((u->cfg.ref_mode & MODE_FRACTION) != 0)
		len += (size_t)snprintf(text + len, sizeof text - len, " %.6f",
		    refclock_fraction(u, &l->end));
	refclock_timecode(u, text, len);
}

static void
try_pulse(struct refclock_unit *u, struct refclock_stamp *s)
{
	struct nmea *n = u->data;
	struct timespec at;

	if (!pps_is_open(&n->pulse.dev) || pps_fetch(&n->pulse.dev, &at) != 1 ||
	    !pulse_pair(s, &at, u->cfg.time2))
		return;
	s->fudge = u->cfg.time1;
	refclock_count(u, PULSES);
}

static void
use(struct refclock_unit *u, const struct nmea_time *t, const struct line *l)
{
	struct nmea *n = u->data;
	struct refclock_stamp s = {
	    .local = l->end, .fudge = u->cfg.time2, .precision = PRECISION};

	s.clock.tv_sec = (time_t)unix_of(u, t, &l->end);
	s.clock.tv_nsec = t->nsec;
	n->second = t->second;
	n->used = true;
	refclock_count(u, ACCEPTED);
	remember(u, l);
	try_pulse(u, &s);
	refclock_stamp(u, &s);
}

static void
refuse(struct refclock_unit *u, enum nmea_verdict v, const struct line *l)
{
	bool bad = v == NMEA_MALFORMED;

	refclock_count(u, bad ? MALFORMED : INVALID);
	refclock_fault(u, bad ? CLOCK_BAD_FORMAT : CLOCK_BAD_SIGNAL);
	remember(u, l);
}

static void
take_line(void *arg, const struct line *l)
{
	struct refclock_unit *u = arg;
	struct nmea *n = u->data;
	struct nmea_time t;
	enum nmea_verdict v = nmea_parse(l->text, l->len, &t);

	refclock_count(u, RECEIVED);
	if (t.sentence != 0 && v != NMEA_MALFORMED)
		hear(u);
	if (v == NMEA_OTHER || (t.sentence & enabled(u)) == 0) {
		if (v == NMEA_MALFORMED && t.sentence == 0)
			refuse(u, v, l);
		return;
	}
	if (v != NMEA_GOOD) {
		refuse(u, v, l);
		return;
	}
	n->gps |= t.gps;
	if (!is_filtered(n, &t)) {
		use(u, &t, l);
		return;
	}
	refclock_count(u, FILTERED);
	n->undated += t.dated ? 0 : 1;
	if (t.dated)
		(void)unix_of(u, &t, &l->end);
}

/* --- its life ---------------------------------------------------------------- */

/* Its own name, or else the line's own, if the kernel stamps that. */
static void
find_pulse(struct refclock_unit *u)
{
	struct nmea *n = u->data;

	refclock_path(
	    n->pps, sizeof n->pps, u->cfg.ppspath, PPS_DEVICE, u->cfg.ref_unit);
	if (u->cfg.ppspath == NULL && access(n->pps, F_OK) != 0 &&
	    n->line.watch != NULL)
		(void)pps_of_line(watch_fd(n->line.watch), n->line.path, n->pps,
		    sizeof n->pps);
	(void)pulse_ready(&n->pulse, u, n->pps);
}

static void
nmea_start(struct refclock_unit *u)
{
	struct nmea *n = u->data;
	unsigned speed = given_speed(u);

	n->second = -1;
	n->line.take = take_line;
	serial_start(&n->line, u, DEVICE, speed != 0 ? speed : trials[0]);
	if ((u->cfg.ref_flags & REF_FLAG1) != 0)
		find_pulse(u);
}

static void
nmea_tick(struct refclock_unit *u)
{
	struct nmea *n = u->data;

	if (!serial_ready(&n->line))
		refclock_fault(u, CLOCK_FAULT);
	else if (!n->used)
		refclock_fault(u, CLOCK_NO_REPLY);
	n->used = false;
	try_speeds(u);
	if ((u->cfg.ref_flags & REF_FLAG1) != 0 && !pps_is_open(&n->pulse.dev))
		find_pulse(u);
}

static void
nmea_stop(struct refclock_unit *u)
{
	struct nmea *n = u->data;

	serial_stop(&n->line);
	pulse_stop(&n->pulse);
}

const struct refclock_driver refclock_nmea = {
    .type = CLOCK_NMEA,
    .size = sizeof(struct nmea),
    .start = nmea_start,
    .tick = nmea_tick,
    .stop = nmea_stop,
};
