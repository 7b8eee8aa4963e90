/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_util.h - the small files of the daemon: frequency, process id, text.
 */
#ifndef NTP_UTIL_H
#define NTP_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The frequency file: one number in ppm.  Borrows its path. */
struct driftfile {
	const char *path; /* NULL: none */
	bool written;	  /* `last` is what the file holds */
	double last;	  /* s/s */
	double least;	  /* s/s, smallest change worth an hourly write ... */
	double threshold; /* ... at this hour */
};

/* PATH may be NULL or empty; LEAST in s/s. */
void drift_init(struct driftfile *df, const char *path, double least);
/* Both are these from now on; the old path is still there. */
void drift_follow(struct driftfile *df, const char *path, double least);

/* Read the frequency in s/s, clamped to 500 ppm.  0, -NTP_ENOENT (no file, no
 * path), -NTP_EFORMAT, -NTP_EIO. */
int drift_read(struct driftfile *df, double *freq);

/*
 * Write FREQ (s/s) to a temporary file beside it, sync, rename: a crash
 * leaves the old one or the new one.  0, -NTP_ENOENT (no path), -NTP_EIO with
 * errno as the system said it.
 */
int drift_write(struct driftfile *df, double freq);

/* Once an hour: write when the change is worth it; the threshold halves each
 * hour it is not reached.  As drift_write(). */
int drift_hourly(struct driftfile *df, double freq);

/* The process id file, held open so that it can be emptied when we may no
 * longer remove it. */
struct pidfile {
	char *path; /* owned, NULL: none */
	int fd;	    /* -1: none */
};

/* Create PATH anew (never through a link that lies there) and write PID
 * without newline.  0 or -NTP_EIO with errno. */
int pidfile_create(struct pidfile *pf, const char *path, pid_t pid);

/* Remove it, if it is still ours; empty it where that is not allowed. */
void pidfile_remove(struct pidfile *pf);

/*
 * Read the whole regular file (or pipe) PATH of at most MAX octets into
 * malloc'd *BUF, with a NUL after the text.  0, -NTP_ENOENT, -NTP_EPERM,
 * -NTP_ERANGE (too large), -NTP_ENOMEM, -NTP_EIO (also: a directory, or a pipe
 * that stays silent for two seconds); errno says it in the system's words.
 */
int file_read(const char *path, size_t max, char **buf, size_t *len);

/*
 * Write TEXT to a temporary file of MODE beside PATH, sync, rename: a crash
 * leaves the old one or the new one.  0, -NTP_EIO with errno as the system
 * said it.
 */
int file_replace(const char *path, const char *text, mode_t mode);

#endif /* NTP_UTIL_H */
