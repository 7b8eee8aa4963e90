/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_reload.c - SIGHUP: the files are read again.
 *
 * The configuration is parsed beside the one in force and replaces it only
 * when it has no error.  When the files still say what they said when they
 * were last read, nothing is touched at all: so a log rotation does not take
 * away what ntpq has changed since.  When they say something else, they count
 * alone, and that is told.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntpd.h"

/* --- what the files said ---------------------------------------------------- */

/* C as text, or NULL when out of memory; the caller's. */
static char *
text_of(const struct ntp_config *c)
{
	char *text = NULL;
	size_t len;

	return config_write(c, &text, &len) == 0 ? text : NULL;
}

void
reload_remember(struct daemon *d)
{
	free(d->filetext);
	d->filetext = text_of(d->conf);
}

/* Is C what the text says?  When that is not known, no. */
static bool
says(const struct ntp_config *c, const char *text)
{
	char *now = text_of(c);
	bool same = now != NULL && text != NULL && strcmp(now, text) == 0;

	free(now);
	return same;
}

/* --- the configuration ------------------------------------------------------ */

static bool
differ(const char *a, const char *b)
{
	return (a != NULL) != (b != NULL) || (a != NULL && strcmp(a, b) != 0);
}

/* What was done as root, or before there was an engine, stays as it is. */
static void
say_fixed(struct daemon *d, const struct ntp_config *c)
{
	const struct ntp_config *was = d->conf;
	const struct {
		const char *word;
		bool changed;
	} fixed[] = {
	    {"pidfile", differ(c->pidfile, was->pidfile)},
	    {"ntpsigndsocket", differ(c->signddir, was->signddir)},
	    {"threads",
		c->threads != was->threads ||
		    c->threads_auto != was->threads_auto},
	};

	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
		if (fixed[i].changed)
			msyslog(&d->log, NTP_LOG_WARN,
			    "%s changes only when ntpd is restarted",
			    fixed[i].word);
}

static bool
acceptable(struct daemon *d, const struct ntp_config *c)
{
	if (c->nerrors > 0) {
		msyslog(&d->log, NTP_LOG_ERR,
		    "%u errors in the new configuration: the old one stays in "
		    "force",
		    c->nerrors);
		return false;
	}
	if (d->iface.optrules != NULL && c->niface > 0) {
		msyslog(&d->log, NTP_LOG_ERR,
		    "interface rules in the configuration exclude -I and -L: "
		    "the old one stays in force");
		return false;
	}
	return true;
}

/* Takes *C over; false when it could not. */
static bool
adopt(struct daemon *d, struct ntp_config **c)
{
	say_fixed(d, *c);
	if (!says(d->conf, d->filetext))
		msyslog(&d->log, NTP_LOG_NOTICE,
		    "what ntpq has changed since the start gives way to the "
		    "configuration file");
	(*c)->reset = 0;
	if (engine_adopt(d->engine, c, ntpd_now(d)) == -NTP_ENOMEM) {
		msyslog(&d->log, NTP_LOG_ERR,
		    "no memory: the old configuration stays in force");
		return false;
	}
	reload_remember(d);
	msyslog(&d->log, NTP_LOG_NOTICE,
	    "the new configuration is in force, sources: %zu lines",
	    d->conf->nassoc);
	return true;
}

/* Is what the files say now in force? */
static bool
reread_config(struct daemon *d)
{
	struct ntp_config *c;
	bool taken = true;
	int err = setup_read(d, NULL, &c);

	if (err != 0) {
		msyslog(&d->log, NTP_LOG_ERR,
		    "no new configuration: the old one stays in force");
		taken = false;
	} else if (says(c, d->filetext)) {
		msyslog(&d->log, NTP_LOG_INFO,
		    "the configuration file says what it said before");
	} else {
		taken = acceptable(d, c) && adopt(d, &c);
	}
	config_free(&c);
	return taken;
}

/* --- all files -------------------------------------------------------------- */

void
reload(struct daemon *d)
{
	bool taken;

	notify_reloading(d);
	if (msyslog_reopen(&d->log) != 0)
		msyslog_errno(&d->log, NTP_LOG_WARN,
		    "the old log stays, a new one cannot be opened");
	filestats_close(&d->stats);
	taken = reread_config(d);
	d->host.changed |= HOST_KEYS | HOST_LEAP;
	host_follow(d);
	nts_reread(d);
	engine_retry_dns(d->engine, ntpd_now(d));
	msyslog(&d->log, NTP_LOG_NOTICE,
	    "SIGHUP: log and statistics reopened, configuration, leap seconds "
	    "and keys read, names asked for again");
	notify_reloaded(d, taken);
}
