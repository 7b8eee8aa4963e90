/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timecode.c - drivers 4, 5, 8, 11, 26, 40 and 42: clocks that tell the time in
 * a line of ASCII.
 *
 * All that distinguishes them stands in the tables of timecode_parse.c.  Some
 * tell date and time in lines of their own, which are put together here; and a
 * bare receiver of DCF77 is something else, whose pulses are octets of a slow
 * line.
 */
#include "timecode_parse.h"

#include <string.h>

#include "../ntpd.h"
#include "dcf77.h"
#include "gps.h"
#include "serial.h"

#define PRECISION   (-10)
#define SILENCE_MAX 5U	/* s */
#define OCTET_TIME  0.2 /* s, ten bits at 50 bit/s */
#define MARK_MAX    2U	/* octets */
#define ROUND_MAX   3U	/* s */
#define ROUND_TEXT  100U

/* The questions, and what has been answered. */
struct round {
	const char *next; /* NULL: all is answered */
	bool timed;	  /* it is the time that is asked for, no status */
	unsigned age;	  /* s */
	size_t told;	  /* here begins what tells the time */
	size_t len;
	char text[ROUND_TEXT];
};

struct timecode_unit {
	struct serial line;
	const struct timecode_line *how; /* the configuration knows the modes */
	unsigned silence;		 /* s */
	struct timecode_memory memory;
	struct round round;
	struct dcf77 dcf;
};

/* L said C, and V of that. */
static void
use(struct refclock_unit *u, const struct line *l, const struct timecode *c,
    enum timecode_verdict v)
{
	struct refclock_stamp s = {.local = c->at_end ? l->end : l->begin,
	    .clock.tv_nsec = c->nsec,
	    .fudge = -c->early,
	    .leap = c->leap,
	    .precision = PRECISION};
	int64_t base = u->d->conf->tos.basedate, sec;

	if (v != TIMECODE_GOOD) {
		refclock_fault(u, timecode_fault(v));
		return;
	}
	sec = timecode_unix(c, refclock_unix(u, &s.local));
	s.clock.tv_sec = (time_t)(c->rolls ? gps_unroll(sec, base) : sec);
	refclock_stamp(u, &s);
}

static void
take_line(void *arg, const struct line *l)
{
	struct refclock_unit *u = arg;
	struct timecode_unit *t = u->data;
	struct timecode c;
	enum timecode_verdict v =
	    timecode_read(&t->memory, u->cfg.ref_type, l, &c);

	if (v == TIMECODE_OTHER && t->how->ask[0] != '\0')
		return; /* a prompt, or the echo of what we ask */
	t->silence = 0;
	if (l->len > MARK_MAX)
		refclock_timecode(u, l->text, l->len);
	if (v != TIMECODE_MARK)
		use(u, l, &c, v);
}

/* --- question and answer ------------------------------------------------------- */

static void
ask_next(struct refclock_unit *u)
{
	struct timecode_unit *t = u->data;
	struct round *r = &t->round;
	const char *end;

	if (*r->next == '\0' && !r->timed) {
		r->timed = true;
		r->told = r->len > 0 ? r->len + 1 : 0;
		r->next = t->how->round;
	}
	end = strchr(r->next, '\n');
	if (end != NULL)
		serial_write(&t->line, r->next, (size_t)(end + 1 - r->next));
	r->next = end != NULL ? end + 1 : NULL;
}

/* The next round begins when all is answered, or nothing comes any more. */
static void
go_round(struct refclock_unit *u)
{
	struct timecode_unit *t = u->data;
	bool status = (u->cfg.ref_flags & REF_FLAG1) != 0;

	if (t->how->round[0] == '\0' ||
	    (t->round.next != NULL && ++t->round.age < ROUND_MAX))
		return;
	t->round = (struct round){.next = status ? t->how->status : ""};
	ask_next(u);
}

static void
take_answer(void *arg, const struct line *l)
{
	struct refclock_unit *u = arg;
	struct timecode_unit *t = u->data;
	struct round *r = &t->round;
	const char *prompt = memchr(l->text, '>', l->len);
	const char *text = prompt != NULL ? prompt + 1 : l->text;
	size_t n = l->len - (size_t)(text - l->text);
	struct line whole = *l;
	enum timecode_verdict v;
	struct timecode c;

	if (r->next == NULL || n == 0 || *text == '$' ||
	    r->len + n + 1 > sizeof r->text)
		return;
	if (r->len > 0)
		r->text[r->len++] = ' ';
	memcpy(r->text + r->len, text, n);
	r->len += n;
	ask_next(u);
	if (r->next != NULL)
		return;
	t->silence = 0;
	refclock_timecode(u, r->text, r->len);
	whole.text = r->text + r->told;
	whole.len = r->len - r->told;
	v = timecode_parse(u->cfg.ref_type, whole.text, whole.len, &c);
	use(u, &whole, &c, v);
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
	t->line.take = t->how->round[0] != '\0' ? take_answer : take_line;
	t->line.frame = t->how->frame;
	t->line.octets = t->how->raw ? take_octets : NULL;
	serial_start(&t->line, u, t->how->device,
	    u->cfg.baud != 0 ? u->cfg.baud : t->how->baud);
	t->line.lines.head = t->how->head;
	t->line.lines.octets = t->how->octets;
}

static void
timecode_tick(struct refclock_unit *u)
{
	struct timecode_unit *t = u->data;

	if (!serial_ready(&t->line)) {
		refclock_fault(u, CLOCK_FAULT);
		return;
	}
	if (t->silence++ > 0)
		refclock_fault(u, CLOCK_NO_REPLY);
	serial_send(&t->line, t->how->ask);
	go_round(u);
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
TIMECODE_DRIVER(jjy, CLOCK_JJY);
TIMECODE_DRIVER(zyfer, CLOCK_ZYFER);
