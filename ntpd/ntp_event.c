/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_event.c - status words, events and the engine's log.
 *
 * The lines keep the reference's form because people grep for them.
 */
#include <stdio.h>

#include "ntp_state.h"

#define EVENTS_MAX 15U
#define EVENT_LINE 256U

void
engine_log(struct ntp_engine *e, enum ntp_loglevel lv, const char *fmt, ...)
{
	struct log_port *log = e->port.log;
	va_list ap;

	if (log == NULL || lv < log->min)
		return;
	va_start(ap, fmt);
	log->vlog(log, lv, fmt, ap);
	va_end(ap);
}

void
engine_log_class(struct ntp_engine *e, enum log_bit bit, enum ntp_loglevel lv,
    const char *fmt, ...)
{
	struct log_port *log = e->port.log;
	va_list ap;

	if ((e->cfg->logmask & bit) == 0)
		lv = NTP_LOG_DEBUG;
	if (log == NULL || lv < log->min)
		return;
	va_start(ap, fmt);
	log->vlog(log, lv, fmt, ap);
	va_end(ap);
}

static const char *
sysevent_name(enum ntp_sysevent ev)
{
	static const char *const names[] = {
#define SYSEVENT(id, code, name) [code] = (name),
#include "ntp_tbl_event.h"
#undef SYSEVENT
	};

	return names[ev & 15];
}

static const char *
peerevent_name(enum ntp_peerevent ev)
{
	static const char *const names[] = {
#define PEEREVENT(id, code, name, shortname) [code] = (name),
#include "ntp_tbl_event.h"
#undef PEEREVENT
	};

	return names[ev & 15];
}

/* The counter restarts when the code changes and sticks at 15: from then on
 * the same event is not told any more (false). */
static bool
count_event(uint8_t *event, uint8_t *n, uint8_t code)
{
	if (*event != code)
		*n = 0;
	*event = code;
	if (*n == EVENTS_MAX)
		return false;
	(*n)++;
	return true;
}

static void
tell(struct ntp_engine *e, enum log_bit bit, const char *line)
{
	struct stats_port *stats = e->port.stats;

	engine_log_class(e, bit, NTP_LOG_INFO, "%s", line);
	if (stats != NULL && stats->event != NULL)
		stats->event(
		    stats, e->port.clock->get_systime(e->port.clock), line);
}

uint16_t
sys_status_word(const struct ntp_engine *e)
{
	return (uint16_t)((e->sys.leap & 3U) << 14 |
	    (e->sys.source & 0x3fU) << 8 | (e->sys.nevents & 15U) << 4 |
	    (e->sys.event & 15U));
}

void
report_sysevent(struct ntp_engine *e, enum ntp_sysevent ev, const char *text)
{
	char line[EVENT_LINE];

	if (!count_event(&e->sys.event, &e->sys.nevents, (uint8_t)ev))
		return;
	(void)snprintf(line, sizeof line, "0.0.0.0 %04x %02x %s%s%s",
	    sys_status_word(e), (unsigned)ev, sysevent_name(ev),
	    text != NULL ? " " : "", text != NULL ? text : "");
	tell(e, LOGBIT_SYSEVENTS, line);
}

void
report_peerevent(struct ntp_engine *e, struct peer *p, enum ntp_peerevent ev,
    const char *text)
{
	char buf[ADDR_STRLEN], line[EVENT_LINE];
	bool addressed = p->srcadr.family != ADDR_NONE;

	if (!count_event(&p->event, &p->nevents, (uint8_t)ev))
		return;
	(void)snprintf(line, sizeof line, "%s %04x %02x %s%s%s",
	    addressed ? addr_format(&p->srcadr, buf) : peer_label(p, buf),
	    peer_status_word(p), (unsigned)ev | 0x80U, peerevent_name(ev),
	    text != NULL ? " " : "", text != NULL ? text : "");
	tell(e, LOGBIT_PEEREVENTS, line);
}
