/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trimble.c - driver 29: receivers by Trimble, in their binary protocol.
 *
 * Those with an event input are asked by a pulse on the RTS line, or by an
 * octet sent, when that was to them: this is exact to microseconds.  Acutime
 * 2000 takes what is between 5 us and 600 ms for a change of speed, hence RTS
 * rises every other second.  The others tell the second that has begun.
 */
#include "tsip.h"

#include <sys/ioctl.h>

#include "../ntpd.h"
#include "gps.h"
#include "serial.h"

#define DEVICE	    "/dev/trimble%u"
#define SILENCE_MAX 5U /* s */
#define EVENTS	    2U /* s between them */
#define COMMAND_MAX 6U

struct model {
	uint8_t mode, kinds; /* enum tsip_kind */
	enum serial_frame frame;
	unsigned baud;
	int8_t precision; /* log2 s */
	/* Packets: an octet that counts the others, these; and what asks for
	 * the time once a second. */
	uint8_t hello[12], ask[2];
};

/* 8E-A2: UTC; 8E-A5: only 8F-AB and 8F-AC.  21: the time of GPS. */
static const struct model models[] = {
    {0, TSIP_EVENT, SERIAL_8O1, 9600, -20, {0}, {0}},
    {1, TSIP_EVENT, SERIAL_8O1, 9600, -20, {0}, {0}},
    {2, TSIP_TIMING, SERIAL_8N1, 9600, -7,
	{3, 0x8e, 0xa2, 3, 4, 0x8e, 0xa5, 0, 5}, {0}},
    {3, TSIP_EVENT, SERIAL_8O1, 9600, -20, {0}, {0}},
    {5, TSIP_TIMING, SERIAL_8O1, 9600, -6,
	{3, 0x8e, 0xa2, 3, 6, 0x8e, 0xa5, 0, 5, 0, 0}, {0}},
    {6, TSIP_GPSTIME, SERIAL_8O1, 9600, -4, {0}, {1, 0x21}},
    {7, TSIP_GPSTIME | TSIP_FIX, SERIAL_8N1, 38400, -5, {1, 0x21}, {0}},
};

struct trimble {
	struct serial line;
	const struct model *model;
	struct tsip tsip;
	struct tsip_memory memory;
	unsigned silence;      /* s */
	bool high;	       /* RTS */
	bool asked;	       /* at EVENT */
	struct timespec event; /* CLOCK_REALTIME */
};

/* --- what comes ---------------------------------------------------------------- */

static void
use(struct refclock_unit *u, const struct tsip_time *when)
{
	struct trimble *t = u->data;
	int64_t base = u->d->conf->tos.basedate;
	struct refclock_stamp s = {.local = when->at,
	    .clock = {.tv_sec = (time_t)gps_unroll(when->sec, base),
		.tv_nsec = when->nsec},
	    .leap = when->leap,
	    .precision = t->model->precision};

	if ((t->model->kinds & TSIP_EVENT) != 0) {
		if (!t->asked)
			return;
		t->asked = false;
		s.local = t->event;
	}
	refclock_show(u, &s.clock);
	refclock_stamp(u, &s);
}

static void
take_packet(void *arg, const struct tsip_packet *p)
{
	struct refclock_unit *u = arg;
	struct trimble *t = u->data;
	struct tsip_time when;
	enum timecode_verdict v =
	    tsip_read(&t->memory, p, t->model->kinds, u->cfg.time2, &when);

	if (v == TIMECODE_OTHER || v == TIMECODE_MARK)
		return;
	t->silence = 0;
	if (v == TIMECODE_GOOD)
		use(u, &when);
	else
		refclock_fault(u, timecode_fault(v));
}

static void
take_octets(struct refclock_unit *u, const char *data, size_t n,
    const struct timespec *at)
{
	struct trimble *t = u->data;

	tsip_feed(&t->tsip, data, n, at, take_packet, u);
}

/* --- what is sent -------------------------------------------------------------- */

static void
send_packets(struct trimble *t, const uint8_t *list, size_t cap)
{
	uint8_t out[2 * COMMAND_MAX + 3];

	for (size_t i = 0; i < cap && list[i] > 0; i += 1U + list[i])
		serial_write(
		    &t->line, out, tsip_frame(out, list + i + 1, list[i]));
}

static void
raise_event(struct refclock_unit *u)
{
	struct trimble *t = u->data;

	t->high = !t->high;
	if ((u->cfg.ref_flags & REF_FLAG3) != 0) {
		t->high = true;
		serial_write(&t->line, "", 1);
	} else if (!serial_control(&t->line, TIOCM_RTS, t->high)) {
		refclock_complain(u,
		    "%s has no RTS line to ask the receiver with; flag3 asks "
		    "by sending",
		    t->line.path);
	}
	(void)clock_gettime(CLOCK_REALTIME, &t->event);
	t->asked = t->high;
}

/* --- its life ---------------------------------------------------------------- */

static const struct model *
model_of(unsigned mode)
{
	for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
		if (models[i].mode == mode)
			return &models[i];
	}
	return &models[0];
}

static void
trimble_start(struct refclock_unit *u)
{
	struct trimble *t = u->data;

	t->model = model_of(u->cfg.ref_mode);
	t->line.octets = take_octets;
	t->line.frame = t->model->frame;
	serial_start(&t->line, u, DEVICE,
	    u->cfg.baud != 0 ? u->cfg.baud : t->model->baud);
	send_packets(t, t->model->hello, sizeof t->model->hello);
}

static void
trimble_tick(struct refclock_unit *u)
{
	struct trimble *t = u->data;

	if (!serial_ready(&t->line)) {
		refclock_fault(u, CLOCK_FAULT);
		return;
	}
	if (t->silence++ >= EVENTS)
		refclock_fault(u, CLOCK_NO_REPLY);
	if (t->silence % SILENCE_MAX == 0)
		send_packets(t, t->model->hello, sizeof t->model->hello);
	send_packets(t, t->model->ask, sizeof t->model->ask);
	if ((t->model->kinds & TSIP_EVENT) != 0)
		raise_event(u);
}

static void
trimble_stop(struct refclock_unit *u)
{
	struct trimble *t = u->data;

	serial_stop(&t->line);
}

const struct refclock_driver refclock_trimble = {
    .type = CLOCK_TRIMBLE,
    .size = sizeof(struct trimble),
    .start = trimble_start,
    .tick = trimble_tick,
    .stop = trimble_stop,
};
