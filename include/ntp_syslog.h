/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_syslog.h - the log port: syslog, a file, the terminal.
 */
#ifndef NTP_SYSLOG_H
#define NTP_SYSLOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <sys/types.h>

#include "ntp_ports.h"

#define MSYSLOG_LINE 1024U /* octets of text at most */

struct msyslog {
	struct log_port port; /* first: the port is the object */
	const char *ident;    /* "ntpd"; borrowed */
	char *path;	      /* log file, owned; NULL: none */
	int fd;		      /* of the log file, -1: none */
	bool syslog;	      /* when there is no log file */
	int terminal;	      /* a descriptor that gets a copy, -1: none */
	bool journal;	      /* which is the journal: "<level>text" */
	enum ntp_loglevel terminal_min; /* from this level on */
	pid_t pid;			/* as shown in lines */
};

/* To syslog (when SYSLOG) and to TERMINAL (when >= 0), from level MIN on. */
void msyslog_init(
    struct msyslog *m, const char *ident, bool syslog, int terminal);

/*
 * Log to the file PATH from now on ("stderr" and "stdout" mean those), created
 * when missing.  In a directory that others may write to no link is followed
 * (errno ELOOP).  A pointer is left in the old log.  0 or -NTP_EIO, then all
 * stays as it was.
 */
int msyslog_open(struct msyslog *m, const char *path);

/* No log file any more: to syslog, or where else it went at first. */
void msyslog_leave_file(struct msyslog *m);

/* Open the file anew (it was rotated).  On failure the old one stays. */
int msyslog_reopen(struct msyslog *m);

/* The same, but only if another file is there now, or none. */
int msyslog_follow(struct msyslog *m);

void msyslog_close(struct msyslog *m);

/* Log through the port, as the engine does. */
void msyslog(struct msyslog *m, enum ntp_loglevel lv, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, followed by ": " and the system's words for errno. */
void msyslog_errno(struct msyslog *m, enum ntp_loglevel lv, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* Write one line of TEXT in the form of the reference's log file,
 * "D Mon HH:MM:SS ntpd[PID]: text\n" in local time, into OUT (CAP octets with
 * NUL); control characters are shown, never written.  Returns its length. */
size_t msyslog_line(char *out, size_t cap, const struct msyslog *m, time_t when,
    const char *text);

/* The same for the journal, which knows when and who: "<level>text\n", see
 * sd-daemon(3). */
size_t msyslog_journal_line(
    char *out, size_t cap, enum ntp_loglevel lv, const char *text);

#endif /* NTP_SYSLOG_H */
