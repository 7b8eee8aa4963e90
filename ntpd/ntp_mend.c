/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mend.c - a log and a pid file on a disk that cannot be written yet.
 *
 * The time is worth more than its files: the daemon starts without them, says
 * so once, and tries again until they are there.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ntpd.h"

#define MEND_MS 10000U

void
log_to(struct daemon *d, const char *path)
{
	if (path == NULL || msyslog_open(&d->log, path) == 0)
		return;
	msyslog_errno(&d->log, NTP_LOG_ERR,
	    "cannot open log file %s%s; trying again", path,
	    errno == ELOOP ? ", a link in a directory of others" : "");
}

/* The file that we should be logging to and are not, or NULL. */
static const char *
log_lacking(const struct daemon *d)
{
	const char *want =
	    d->conf->logfile != NULL ? d->conf->logfile : d->opt.logfile;

	if (want == NULL ||
	    (d->log.path != NULL && strcmp(d->log.path, want) == 0))
		return NULL;
	return want;
}

void
mend_pidfile(struct daemon *d)
{
	const char *path = d->conf->pidfile;

	if (path == NULL || d->pid.path != NULL)
		return;
	if (pidfile_create(&d->pid, path, getpid()) == 0) {
		if (d->pid_refused)
			msyslog(&d->log, NTP_LOG_NOTICE,
			    "pid file %s is written", path);
		d->pid_refused = false;
		return;
	}
	if (!d->pid_refused)
		msyslog_errno(&d->log, NTP_LOG_ERR,
		    "cannot write pid file %s; trying again", path);
	d->pid_refused = true;
}

static void
on_mend(uv_timer_t *t)
{
	struct daemon *d = t->data;
	const char *path = log_lacking(d);

	if (path != NULL && msyslog_open(&d->log, path) == 0)
		msyslog(&d->log, NTP_LOG_NOTICE, "log file %s is open", path);
	if (d->pid_refused)
		mend_pidfile(d);
}

int
mend_start(struct daemon *d)
{
	d->mend.data = d;
	if (uv_timer_init(&d->loop, &d->mend) != 0)
		return -1;
	return uv_timer_start(&d->mend, on_mend, MEND_MS, MEND_MS);
}
