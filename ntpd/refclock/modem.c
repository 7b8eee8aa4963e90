/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * modem.c - driver 18: time services that are called by telephone.
 *
 * By the page on driver 18 in the documentation of NTP and NTPsec.  The numbers
 * of `phone` are called in turn until one of them has told the time often
 * enough.  A call begins so long before a poll that its samples are new then;
 * the poll is taken when it ends.  The line is open during calls only.
 */
#include "timecode_parse.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../ntpd.h"
#include "serial.h"

#define DEVICE	    "/dev/modem%u"
#define BAUD	    9600
#define SETUP	    "ATE0Q0V1&C0&D2" /* words, and hang up when DTR falls */
#define PRECISION   (-10)
#define LEAD	    60	 /* s that a call may take before the poll */
#define GAP	    120U /* s, at least, from call to call */
#define SETUP_MAX   5U	 /* s */
#define DIAL_MAX    60U	 /* s */
#define TALK_MAX    60U	 /* s */
#define HANGUP_TIME 3U	 /* s */
#define SAMPLES	    20U	 /* of a call */
#define UNMEASURED  10U	 /* lines, before the service corrects the delay */
#define NUMBER_MAX  128U

enum modem_mode { MODE_AUTO, MODE_BACKUP, MODE_MANUAL };

struct modem {
	struct serial line;
	enum { IDLE, SETTING_UP, DIALING, TALKING, HANGING_UP } state;
	unsigned age;	 /* s in this state */
	unsigned number; /* of those of `phone`, that is called */
	unsigned lines;	 /* that told the time */
	unsigned samples;
	struct timecode_memory memory;
};

static void
enter(struct modem *m, unsigned state)
{
	m->state = state;
	m->age = 0;
}

/* --- the call ------------------------------------------------------------------ */

/* The number N of `phone` into OUT; false: there are not so many. */
static bool
number_at(const struct refclock_unit *u, unsigned n, char out[NUMBER_MAX])
{
	const char *list = u->d->conf->phone;

	for (; list != NULL && n > 0; n--) {
		list = strchr(list, '\n');
		list = list != NULL ? list + 1 : NULL;
	}
	if (list == NULL)
		return false;
	(void)snprintf(
	    out, NUMBER_MAX, "%.*s\r", (int)strcspn(list, "\n"), list);
	return true;
}

static void
tell_modem(struct refclock_unit *u, const char *command)
{
	struct modem *m = u->data;

	refclock_timecode(u, command, strcspn(command, "\r"));
	serial_send(&m->line, command);
}

static void
set_up(struct refclock_unit *u)
{
	const struct ntp_config *c = u->d->conf;
	struct modem *m = u->data;
	const struct config_var *own =
	    config_var_find(c, "modemsetup", strlen("modemsetup"));
	char command[NUMBER_MAX];

	(void)snprintf(
	    command, sizeof command, "%s\r", own != NULL ? own->value : SETUP);
	m->lines = m->samples = 0;
	m->memory.told = false;
	enter(m, SETTING_UP);
	tell_modem(u, command);
}

static void
dial(struct refclock_unit *u)
{
	struct modem *m = u->data;
	char number[NUMBER_MAX];

	if (!number_at(u, m->number, number))
		return;
	refclock_say(
	    u, NTP_LOG_INFO, "calls %.*s", (int)strcspn(number, "\r"), number);
	enter(m, DIALING);
	tell_modem(u, number);
}

static void
hang_up(struct refclock_unit *u)
{
	struct modem *m = u->data;

	enter(m, HANGING_UP);
	(void)serial_control(&m->line, TIOCM_DTR, false);
}

/* All calls of this time are over. */
static void
finish(struct refclock_unit *u)
{
	struct modem *m = u->data;

	if (m->samples == 0)
		refclock_say(u, NTP_LOG_WARN, "nobody told the time");
	serial_stop(&m->line);
	enter(m, IDLE);
	m->number = 0;
	u->cfg.ref_flags &= ~(unsigned)REF_FLAG1;
	refclock_hurry(u);
}

/* The next number, if this one was of no use. */
static void
after_call(struct refclock_unit *u)
{
	struct modem *m = u->data;
	char number[NUMBER_MAX];

	m->number++;
	if (m->samples == 0 && number_at(u, m->number, number)) {
		(void)serial_control(&m->line, TIOCM_DTR, true);
		set_up(u);
	} else {
		finish(u);
	}
}

/* --- what comes ---------------------------------------------------------------- */

static bool
begins(const struct line *l, const char *word)
{
	return strncmp(l->text, word, strlen(word)) == 0;
}

/* Whoever gets back what marks the second, measures the delay by it. */
static void
use(struct refclock_unit *u, const struct timecode *c, const struct line *l)
{
	struct modem *m = u->data;
	struct refclock_stamp s = {.local = c->at_end ? l->end : l->begin,
	    .clock.tv_nsec = c->nsec,
	    .leap = c->leap,
	    .refid = refid_from_text(c->service),
	    .precision = PRECISION};

	m->lines++;
	if (c->measures)
		serial_write(&m->line, &c->quality, 1);
	if (c->measures && c->quality != '#' && m->lines < UNMEASURED)
		return;
	s.clock.tv_sec = (time_t)timecode_unix(c, refclock_unix(u, &s.local));
	refclock_stamp(u, &s);
	if (++m->samples >= SAMPLES)
		hang_up(u);
}

static void
take_time(struct refclock_unit *u, const struct line *l)
{
	struct modem *m = u->data;
	struct timecode c;
	enum timecode_verdict v =
	    timecode_read(&m->memory, u->cfg.ref_type, l, &c);

	if (v == TIMECODE_GOOD)
		use(u, &c, l);
	else if (v == TIMECODE_UNSYNC)
		refclock_fault(u, CLOCK_BAD_SIGNAL);
	else if (begins(l, "NO CARRIER"))
		hang_up(u);
}

static void
take_line(void *arg, const struct line *l)
{
	static const char failures[][12] = {
	    "NO CARRIER", "NO DIAL", "NO ANSWER", "BUSY", "ERROR", "DELAYED"};
	struct refclock_unit *u = arg;
	struct modem *m = u->data;

	refclock_timecode(u, l->text, l->len);
	if (m->state == TALKING) {
		take_time(u, l);
		return;
	}
	if (m->state == SETTING_UP && begins(l, "OK"))
		dial(u);
	else if (m->state == DIALING && begins(l, "CONNECT"))
		enter(m, TALKING);
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
		if (m->state != HANGING_UP && begins(l, failures[i]))
			hang_up(u);
}

/* --- when ---------------------------------------------------------------------- */

static bool
is_due(struct refclock_unit *u)
{
	const struct modem *m = u->data;
	struct clock_due due;

	if ((u->cfg.ref_flags & REF_FLAG1) != 0)
		return true;
	if (u->cfg.ref_mode == MODE_MANUAL || m->age < GAP ||
	    !refclock_due(u, &due))
		return false;
	return due.wait <= LEAD &&
	    (u->cfg.ref_mode == MODE_AUTO || !due.others);
}

static void
begin_calls(struct refclock_unit *u)
{
	struct modem *m = u->data;
	char number[NUMBER_MAX];

	if (!number_at(u, 0, number)) {
		refclock_complain(u, "there is no `phone` to call");
		return;
	}
	m->line.take = take_line;
	m->line.alone = (u->cfg.ref_flags & REF_FLAG2) != 0;
	serial_start(
	    &m->line, u, DEVICE, u->cfg.baud != 0 ? u->cfg.baud : BAUD);
	set_up(u);
}

static void
modem_start(struct refclock_unit *u)
{
	struct modem *m = u->data;

	m->age = GAP;
}

static void
modem_tick(struct refclock_unit *u)
{
	static const unsigned limits[] = {[SETTING_UP] = SETUP_MAX,
	    [DIALING] = DIAL_MAX,
	    [TALKING] = TALK_MAX,
	    [HANGING_UP] = HANGUP_TIME};
	struct modem *m = u->data;

	m->age++;
	if (m->state == IDLE) {
		if (is_due(u))
			begin_calls(u);
		return;
	}
	if (!serial_ready(&m->line)) {
		refclock_fault(u, CLOCK_FAULT);
		finish(u);
		return;
	}
	if (m->age < limits[m->state])
		return;
	if (m->state == HANGING_UP) {
		after_call(u);
		return;
	}
	refclock_fault(u, CLOCK_NO_REPLY);
	hang_up(u);
}

static void
modem_stop(struct refclock_unit *u)
{
	struct modem *m = u->data;

	(void)serial_control(&m->line, TIOCM_DTR, false);
	serial_stop(&m->line);
}

const struct refclock_driver refclock_modem = {
    .type = CLOCK_MODEM,
    .size = sizeof(struct modem),
    .start = modem_start,
    .tick = modem_tick,
    .stop = modem_stop,
};
