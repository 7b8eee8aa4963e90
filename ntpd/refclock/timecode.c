/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timecode.c - drivers 4, 5, 8, 11 and 26: clocks that tell the time in a line
 * of ASCII.
 *
 * All that distinguishes them stands in the tables of timecode_parse.c; only a
 * bare receiver of DCF77 is something else, whose pulses are octets of a slow
 * line.
 */
#include "timecode_parse.h"

#include "../ntpd.h"
#include "dcf77.h"
#include "serial.h"

#define PRECISION   (-10)
#define SILENCE_MAX 5U	/* s */
#define OCTET_TIME  0.2 /* s, ten bits at 50 bit/s */

struct timecode_unit {
	struct serial line;
	const struct timecode_line *how; /* NULL: no such mode */
	unsigned silence;		 /* s */
	struct dcf77 dcf;
};

static enum clock_code
code_of(enum timecode_verdict v)
{
	return v == TIMECODE_UNSYNC ? CLOCK_BAD_SIGNAL : CLOCK_BAD_FORMAT;
}

static void
take_line(void *arg, const struct line *l)
{
	struct refclock_unit *u = arg;
	struct timecode_unit *t = u->data;
	struct refclock_stamp s = {.precision = PRECISION};
	struct timecode c;
	enum timecode_verdict v =
	    timecode_parse(u->cfg.ref_type, l->text, l->len, &c);

	if (v == TIMECODE_OTHER && t->how->ask[0] != '\0')
		return; /* a prompt, or the echo of what we ask */
	refclock_timecode(u, l->text, l->len);
	t->silence = 0;
	if (v != TIMECODE_GOOD) {
		refclock_fault(u, code_of(v));
		return;
	}
	s.local = c.at_end ? l->end : l->begin;
	s.clock.tv_sec = (time_t)timecode_unix(&c, refclock_unix(u, &s.local));
	s.clock.tv_nsec = c.nsec;
	s.fudge = -c.early;
	s.leap = c.leap;
	refclock_stamp(u, &s);
}

static void
take_octets(struct refclock_unit *u, const char *data, size_t n,
    const struct timespec *at)
{
	struct timecode_unit *t = u->data;
	double now = (double)at->tv_sec + (double)at->tv_nsec * 1e-9;
	struct refclock_stamp s = {
	    .local = *at, .fudge = OCTET_TIME, .precision = PRECISION};
	int64_t second;

	t->silence = 0;
	for (size_t i = 0; i < n; i++) {
		bool bit = dcf77_bit((uint8_t)data[i]);

		if (!dcf77_pulse(&t->dcf, now, bit, &second)) {
			refclock_fault(u, CLOCK_NO_REPLY);
			continue;
		}
		s.clock.tv_sec = (time_t)second;
		s.leap = t->dcf.leap;
		refclock_stamp(u, &s);
	}
}

static void
timecode_start(struct refclock_unit *u)
{
	struct timecode_unit *t = u->data;

	t->how = timecode_line(u->cfg.ref_type, u->cfg.ref_mode & 0x7f);
	if (t->how == NULL) {
		refclock_complain(u, "mode %u is of a clock without a driver",
		    u->cfg.ref_mode);
		return;
	}
	t->line.take = take_line;
	t->line.seven = t->how->seven;
	t->line.octets = t->how->raw ? take_octets : NULL;
	serial_start(&t->line, u, t->how->device,
	    u->cfg.baud != 0 ? u->cfg.baud : t->how->baud);
}

static void
timecode_tick(struct refclock_unit *u)
{
	struct timecode_unit *t = u->data;

	if (t->how == NULL || !serial_ready(&t->line)) {
		refclock_fault(u, CLOCK_FAULT);
		return;
	}
	if (t->silence++ > 0)
		refclock_fault(u, CLOCK_NO_REPLY);
	serial_send(&t->line, t->how->ask);
	if (t->silence % SILENCE_MAX == 0)
		serial_send(&t->line, t->how->start);
}

static void
timecode_stop(struct refclock_unit *u)
{
	struct timecode_unit *t = u->data;

	serial_stop(&t->line);
}

#define TIMECODE_DRIVER(name, number)                                          \
	const struct refclock_driver refclock_##name = {                       \
	    .type = (number),                                                  \
	    .size = sizeof(struct timecode_unit),                              \
	    .start = timecode_start,                                           \
	    .tick = timecode_tick,                                             \
	    .stop = timecode_stop,                                             \
	}

TIMECODE_DRIVER(spectracom, CLOCK_SPECTRACOM);
TIMECODE_DRIVER(truetime, CLOCK_TRUETIME);
TIMECODE_DRIVER(generic, CLOCK_GENERIC);
TIMECODE_DRIVER(arbiter, CLOCK_ARBITER);
TIMECODE_DRIVER(hpgps, CLOCK_HPGPS);
