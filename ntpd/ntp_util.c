/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_util.c - the small files of the daemon: frequency, process id, text.
 *
 * Files are replaced, never overwritten, so that neither a crash nor somebody
 * else's link in the directory does harm.
 */
#include "ntp_util.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ntp.h"
#include "ntp_err.h"
#include "ntp_fmt.h"

#define TEMP_SUFFIX    ".TEMP"
#define DRIFT_DIGITS   3
#define DRIFT_READ_MAX 4096U
#define FILE_MODE      0644
#define PATIENCE       2000 /* ms */
#define BLANKS	       " \t\r\n"

static int
open_error(void)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return -NTP_ENOENT;
	return errno == EACCES || errno == EPERM ? -NTP_EPERM : -NTP_EIO;
}

/* A pipe's writer may come late, or never. */
static bool
is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n;

	do
		n = poll(&p, 1, PATIENCE);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0;
}

/* Up to MAX octets; one more than that tells a file that is too large. */
static int
read_descriptor(int fd, size_t max, char **buf, size_t *len)
{
	char *p = malloc(max + 2);
	size_t used = 0;
	ssize_t n = 1;

	if (p == NULL)
		return -NTP_ENOMEM;
	while (n > 0 && used <= max) {
		n = is_readable(fd) ? read(fd, p + used, max + 1 - used) : -1;
		used += n > 0 ? (size_t)n : 0;
	}
	if (n < 0 || used > max) {
		free(p);
		if (n >= 0)
			errno = EFBIG;
		return n < 0 ? -NTP_EIO : -NTP_ERANGE;
	}
	p[used] = '\0';
	*buf = p;
	*len = used;
	return 0;
}

int
file_read(const char *path, size_t max, char **buf, size_t *len)
{
	struct stat st;
	int err, fd, saved;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return open_error();
	if (fstat(fd, &st) != 0) {
		err = -NTP_EIO;
	} else if (S_ISDIR(st.st_mode)) {
		err = -NTP_EIO;
		errno = EISDIR;
	} else if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max) {
		err = -NTP_ERANGE;
		errno = EFBIG;
	} else {
		err = read_descriptor(fd,
		    S_ISREG(st.st_mode) ? (size_t)st.st_size : max, buf, len);
	}
	saved = errno;
	(void)close(fd);
	errno = saved;
	return err;
}

void
drift_init(struct driftfile *df, const char *path, double least)
{
	memset(df, 0, sizeof *df);
	drift_follow(df, path, least);
}

void
drift_follow(struct driftfile *df, const char *path, double least)
{
	if (path != NULL && *path == '\0')
		path = NULL;
	if (df->path == NULL || path == NULL || strcmp(df->path, path) != 0)
		df->written = false;
	df->path = path;
	df->least = df->threshold = least;
}

int
drift_read(struct driftfile *df, double *freq)
{
	size_t len, blank;
	double ppm;
	char *buf;
	int err;

	if (df->path == NULL)
		return -NTP_ENOENT;
	err = file_read(df->path, DRIFT_READ_MAX, &buf, &len);
	if (err != 0)
		return err;
	blank = strspn(buf, BLANKS);
	err = fmt_parse_double(buf + blank, strcspn(buf + blank, BLANKS), &ppm);
	free(buf);
	if (err != 0 || !isfinite(ppm))
		return -NTP_EFORMAT;
	*freq = fmax(-NTP_MAXFREQ, fmin(NTP_MAXFREQ, ppm * 1e-6));
	df->last = *freq;
	df->written = true;
	return 0;
}

/* The directory, too, must reach the disk before the rename counts. */
static void
sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int fd;

	if (slash == path)
		dir = strdup("/");
	else if (slash != NULL)
		dir = strndup(path, (size_t)(slash - path));
	else
		dir = strdup(".");
	if (dir == NULL)
		return;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

/* A new file of ours at PATH, whatever lay there. */
static int
create_fresh(const char *path, mode_t mode)
{
	if (unlink(path) != 0 && errno != ENOENT)
		return -1;
	return open(
	    path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

static int
write_text(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n = write(fd, text, len);

	if (n >= 0 && (size_t)n != len)
		errno = ENOSPC;
	return n >= 0 && (size_t)n == len ? 0 : -1;
}

static int
write_and_rename(
    const char *path, const char *temp, const char *text, mode_t mode)
{
	int fd, bad, saved;

	fd = create_fresh(temp, mode);
	if (fd < 0)
		return -NTP_EIO;
	bad = write_text(fd, text) != 0 || fsync(fd) != 0;
	saved = errno;
	if (close(fd) != 0 && !bad) {
		bad = 1;
		saved = errno;
	}
	if (!bad && rename(temp, path) == 0) {
		sync_directory(path);
		return 0;
	}
	if (!bad)
		saved = errno;
	(void)unlink(temp);
	errno = saved;
	return -NTP_EIO;
}

int
file_replace(const char *path, const char *text, mode_t mode)
{
	size_t cap = strlen(path) + sizeof TEMP_SUFFIX;
	char *temp = malloc(cap);
	int err, saved;

	if (temp == NULL)
		return -NTP_EIO;
	(void)snprintf(temp, cap, "%s%s", path, TEMP_SUFFIX);
	err = write_and_rename(path, temp, text, mode);
	saved = errno;
	free(temp);
	errno = saved;
	return err;
}

int
drift_write(struct driftfile *df, double freq)
{
	char text[64], number[48];
	int err;

	if (df->path == NULL)
		return -NTP_ENOENT;
	(void)snprintf(text, sizeof text, "%s\n",
	    fmt_fixed(number, sizeof number, freq * 1e6, DRIFT_DIGITS));
	err = file_replace(df->path, text, FILE_MODE);
	if (err != 0)
		return err;
	df->last = freq;
	df->written = true;
	return 0;
}

int
drift_hourly(struct driftfile *df, double freq)
{
	if (df->written && fabs(freq - df->last) < df->threshold) {
		df->threshold /= 2;
		return 0;
	}
	df->threshold = df->least;
	return drift_write(df, freq);
}

int
pidfile_create(struct pidfile *pf, const char *path, pid_t pid)
{
	char text[32];

	pf->path = NULL;
	pf->fd = create_fresh(path, FILE_MODE);
	if (pf->fd < 0)
		return -NTP_EIO;
	(void)snprintf(text, sizeof text, "%ld", (long)pid);
	pf->path = strdup(path);
	if (pf->path != NULL && write_text(pf->fd, text) == 0)
		return 0;
	pidfile_remove(pf);
	return -NTP_EIO;
}

void
pidfile_remove(struct pidfile *pf)
{
	struct stat ours, there;

	if (pf->path == NULL)
		return;
	if (fstat(pf->fd, &ours) == 0 && lstat(pf->path, &there) == 0 &&
	    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
		(void)unlink(pf->path);
	if (ftruncate(pf->fd, 0) == 0)
		(void)fsync(pf->fd);
	(void)close(pf->fd);
	pf->fd = -1;
	free(pf->path);
	pf->path = NULL;
}
