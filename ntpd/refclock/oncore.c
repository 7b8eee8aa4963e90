/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oncore.c - driver 30: Motorola Oncore receivers, in their binary format.
 *
 * A message comes up to 50 ms after the second that it tells, which only the
 * pulse makes precise.  Where the antenna is, the receiver finds out itself and
 * keeps; no file of our own tells it.
 */
#include "oncore_parse.h"

#include <unistd.h>

#include "../ntpd.h"
#include "gps.h"
#include "pulse.h"
#include "serial.h"

#define DEVICE	    "/dev/oncore.serial.%u"
#define PPS_DEVICE  "/dev/oncore.pps.%u"
#define BAUD	    9600
#define PRECISION   (-5)
#define SILENCE_MAX 5U	/* s */
#define ASK_EVERY   60U /* s, for the leap second and the offset of UTC */

struct oncore {
	struct serial line;
	struct pulse pulse;
	struct oncore_line in;
	struct oncore_state state;
	char pps[PULSE_PATH];
	unsigned silence, asked; /* s */
};

/* --- what comes ---------------------------------------------------------------- */

static void
use(struct refclock_unit *u, const struct oncore_message *m,
    const struct oncore_time *t)
{
	struct oncore *o = u->data;
	int64_t base = u->d->conf->tos.basedate;
	struct refclock_stamp s = {.local = m->at,
	    .clock = {.tv_sec = (time_t)gps_unroll(t->sec, base),
		.tv_nsec = t->nsec},
	    .leap = t->leap,
	    .precision = PRECISION};
	struct timespec at;

	refclock_show(u, &s.clock);
	if (pps_is_open(&o->pulse.dev) && pps_fetch(&o->pulse.dev, &at) == 1)
		(void)pulse_pair(&s, &at, 0);
	refclock_stamp(u, &s);
}

static void
take_message(void *arg, const struct oncore_message *m)
{
	struct refclock_unit *u = arg;
	struct oncore *o = u->data;
	struct oncore_time t;
	enum timecode_verdict v = oncore_read(&o->state, m, &t);

	if (v == TIMECODE_OTHER)
		return;
	o->silence = 0;
	if (v == TIMECODE_GOOD)
		use(u, m, &t);
	else
		refclock_fault(u, timecode_fault(v));
}

static void
take_octets(struct refclock_unit *u, const char *data, size_t n,
    const struct timespec *at)
{
	struct oncore *o = u->data;

	oncore_feed(&o->in, data, n, at, take_message, u);
}

/* --- what is sent -------------------------------------------------------------- */

static void
send_command(struct oncore *o, const char *letters, size_t n, uint8_t arg)
{
	uint8_t out[8];

	serial_write(&o->line, out, oncore_frame(out, letters, &arg, n));
}

/* UTC, and the time once a second; which of these it has, is up to it. */
static void
greet(struct oncore *o)
{
	send_command(o, "Aw", 1, 1);
	send_command(o, "Ba", 1, 1);
	send_command(o, "Ea", 1, 1);
	send_command(o, "Ha", 1, 1);
}

static void
ask(struct oncore *o)
{
	if (o->asked++ % ASK_EVERY != 0 && o->state.utc)
		return;
	send_command(o, "Bo", 1, 0);
	send_command(o, "Bj", 1, 0);
	send_command(o, "Gj", 0, 0);
}

/* --- its life ---------------------------------------------------------------- */

/* A pulse that nobody named and that is not there is not missed. */
static void
find_pulse(struct refclock_unit *u)
{
	struct oncore *o = u->data;

	if (u->cfg.ppspath != NULL || access(o->pps, F_OK) == 0)
		(void)pulse_ready(&o->pulse, u, o->pps);
}

static void
oncore_start(struct refclock_unit *u)
{
	struct oncore *o = u->data;

	o->line.octets = take_octets;
	refclock_path(
	    o->pps, sizeof o->pps, u->cfg.ppspath, PPS_DEVICE, u->cfg.ref_unit);
	serial_start(
	    &o->line, u, DEVICE, u->cfg.baud != 0 ? u->cfg.baud : BAUD);
	find_pulse(u);
	greet(o);
}

static void
oncore_tick(struct refclock_unit *u)
{
	struct oncore *o = u->data;

	if (!serial_ready(&o->line)) {
		refclock_fault(u, CLOCK_FAULT);
		return;
	}
	if (o->silence++ > 0)
		refclock_fault(u, CLOCK_NO_REPLY);
	if (o->silence % SILENCE_MAX == 0)
		greet(o);
	ask(o);
	find_pulse(u);
}

static void
oncore_stop(struct refclock_unit *u)
{
	struct oncore *o = u->data;

	serial_stop(&o->line);
	pulse_stop(&o->pulse);
}

const struct refclock_driver refclock_oncore = {
    .type = CLOCK_ONCORE,
    .size = sizeof(struct oncore),
    .start = oncore_start,
    .tick = oncore_tick,
    .stop = oncore_stop,
};
