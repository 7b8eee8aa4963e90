/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msyslog.c - where the log goes.
 *
 * A line is one write(2) to a descriptor opened for append, so that several
 * daemons and a rotating logrotate may share a file and nothing is lost in a
 * buffer when we are killed.
 */
#include "ntp_syslog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "ntp_calendar.h"
#include "ntp_err.h"
#include "ntp_fmt.h"

/* Some systems have a facility of their own for time daemons. */
#ifndef LOG_NTP
#define LOG_NTP LOG_DAEMON
#endif

#define ERROR_WORDS 128U
#define LINE_EXTRA  64U /* date and name before the text */

static int
syslog_priority(enum ntp_loglevel lv)
{
	switch (lv) {
	case NTP_LOG_DEBUG:
		return LOG_DEBUG;
	case NTP_LOG_INFO:
		return LOG_INFO;
	case NTP_LOG_NOTICE:
		return LOG_NOTICE;
	case NTP_LOG_WARN:
		return LOG_WARNING;
	case NTP_LOG_ERR:
		break;
	}
	return LOG_ERR;
}

size_t
msyslog_line(char *out, size_t cap, const struct msyslog *m, time_t when,
    const char *text)
{
	struct tm tm = {0};
	int n;

	if (cap < 2)
		return 0;
	(void)localtime_r(&when, &tm);
	n = snprintf(out, cap - 1, "%2d %s %02d:%02d:%02d %s[%ld]: %s",
	    tm.tm_mday, calendar_month_name(tm.tm_mon + 1), tm.tm_hour,
	    tm.tm_min, tm.tm_sec, m->ident, (long)m->pid, text);
	if (n < 0)
		return 0;
	if ((size_t)n > cap - 2)
		n = (int)(cap - 2);
	out[n] = '\n';
	out[n + 1] = '\0';
	return (size_t)n + 1;
}

size_t
msyslog_journal_line(
    char *out, size_t cap, enum ntp_loglevel lv, const char *text)
{
	int n = snprintf(out, cap, "<%d>%s\n", syslog_priority(lv), text);

	return n > 0 && (size_t)n < cap ? (size_t)n : 0;
}

static void
write_all(int fd, const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, buf, len);

		if (n <= 0)
			return;
		buf += n;
		len -= (size_t)n;
	}
}

__attribute__((format(printf, 3, 0))) static void
msyslog_vlog(
    struct log_port *p, enum ntp_loglevel lv, const char *fmt, va_list ap)
{
	struct msyslog *m = (struct msyslog *)p;
	char raw[MSYSLOG_LINE], text[MSYSLOG_LINE];
	char line[MSYSLOG_LINE + LINE_EXTRA];
	size_t len;

	if (lv < p->min)
		return;
	(void)vsnprintf(raw, sizeof raw, fmt, ap);
	(void)fmt_safe(text, sizeof text, raw, strlen(raw));
	len = msyslog_line(line, sizeof line, m, time(NULL), text);
	if (m->fd >= 0)
		write_all(m->fd, line, len);
	else if (m->syslog)
		syslog(syslog_priority(lv), "%s", text);
	if (m->terminal < 0 || m->terminal == m->fd || lv < m->terminal_min)
		return;
	if (m->journal)
		len = msyslog_journal_line(line, sizeof line, lv, text);
	write_all(m->terminal, line, len);
}

void
msyslog_init(struct msyslog *m, const char *ident, bool syslog, int terminal)
{
	memset(m, 0, sizeof *m);
	m->port.min = NTP_LOG_INFO;
	m->port.vlog = msyslog_vlog;
	m->ident = ident;
	m->syslog = syslog;
	m->terminal = terminal;
	m->fd = -1;
	m->pid = getpid();
	if (syslog)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_NTP);
}

void
msyslog(struct msyslog *m, enum ntp_loglevel lv, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	m->port.vlog(&m->port, lv, fmt, ap);
	va_end(ap);
}

void
msyslog_errno(struct msyslog *m, enum ntp_loglevel lv, const char *fmt, ...)
{
	char what[MSYSLOG_LINE], words[ERROR_WORDS];
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	msyslog(m, lv, "%s: %s", what, strerror_r(err, words, sizeof words));
}

/* May nobody else lay a link into the directory of PATH? */
static bool
directory_is_ours(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct stat st;
	char *dir;
	bool ours;

	if (slash == path)
		dir = strdup("/");
	else
		dir = slash == NULL ? strdup(".")
				    : strndup(path, (size_t)(slash - path));
	ours = dir != NULL && stat(dir, &st) == 0 &&
	    (st.st_uid == 0 || st.st_uid == geteuid()) &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
	free(dir);
	return ours;
}

/* Whoever may write to the directory of the log could make us append to a file
 * that he may not write to, by a link of either kind. */
static int
open_log(const char *path)
{
	const int how =
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	bool trusted = directory_is_ours(path);
	int fd = open(path, trusted ? how : how | O_NOFOLLOW, 0644);
	struct stat st;

	if (fd < 0 || trusted)
		return fd;
	if (fstat(fd, &st) == 0 && st.st_nlink <= 1)
		return fd;
	(void)close(fd);
	errno = ELOOP;
	return -1;
}

static int
log_descriptor(const char *path)
{
	if (strcmp(path, "stderr") == 0)
		return STDERR_FILENO;
	if (strcmp(path, "stdout") == 0)
		return STDOUT_FILENO;
	return open_log(path);
}

static void
log_close_fd(struct msyslog *m)
{
	if (m->fd > STDERR_FILENO)
		(void)close(m->fd);
	m->fd = -1;
}

int
msyslog_open(struct msyslog *m, const char *path)
{
	char *copy;
	int fd;

	if (m->path != NULL && strcmp(m->path, path) == 0)
		return 0;
	copy = strdup(path);
	fd = copy != NULL ? log_descriptor(path) : -1;
	if (fd < 0) {
		free(copy);
		return -NTP_EIO;
	}
	msyslog(m, NTP_LOG_NOTICE, "switching logging to file %s", path);
	log_close_fd(m);
	free(m->path);
	m->path = copy;
	m->fd = fd;
	return 0;
}

void
msyslog_leave_file(struct msyslog *m)
{
	if (m->path == NULL)
		return;
	msyslog(m, NTP_LOG_NOTICE, "no logging to file %s any more", m->path);
	log_close_fd(m);
	free(m->path);
	m->path = NULL;
}

int
msyslog_reopen(struct msyslog *m)
{
	int fd;

	if (m->path == NULL)
		return 0;
	fd = log_descriptor(m->path);
	if (fd < 0)
		return -NTP_EIO;
	log_close_fd(m);
	m->fd = fd;
	return 0;
}

int
msyslog_follow(struct msyslog *m)
{
	struct stat ours, there;

	if (m->path == NULL || m->fd <= STDERR_FILENO ||
	    fstat(m->fd, &ours) != 0 ||
	    (stat(m->path, &there) == 0 && ours.st_ino == there.st_ino &&
		ours.st_dev == there.st_dev))
		return 0;
	return msyslog_reopen(m);
}

void
msyslog_close(struct msyslog *m)
{
	log_close_fd(m);
	free(m->path);
	m->path = NULL;
	m->syslog = false;
	m->terminal = -1;
	closelog();
}
