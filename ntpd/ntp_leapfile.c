/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_leapfile.c - the leap second file: where it is, and who hears of it.
 *
 * A lab's clock has no use for it unless its configuration asks: then mode 6
 * shows what it says, and the kernel is left alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "ntp_err.h"
#include "ntp_fmt.h"
#include "ntp_leapsec.h"
#include "ntpd.h"

#define TZDATA_FILE "/usr/share/zoneinfo/leap-seconds.list"
#define FILE_MAX    (1U << 20)
#define WARN_DAYS   28
#define DAY_S	    86400
#define DATE_TEXT   32

static bool
changed(struct daemon *d, const char *path)
{
	struct stat st;
	int64_t before = d->leap_mtime;

	if (stat(path, &st) != 0)
		return false;
	d->leap_mtime = st.st_mtime;
	return before != st.st_mtime;
}

static void
say_refused(struct daemon *d, const char *path, int err, unsigned line)
{
	if (err == -NTP_EFORMAT)
		msyslog(&d->log, NTP_LOG_ERR,
		    "leapsecond file ('%s'): parsing error in line %u", path,
		    line);
	else if (err == -NTP_EAUTH)
		msyslog(&d->log, NTP_LOG_ERR,
		    "leapsecond file ('%s'): signature mismatch, file refused",
		    path);
	else
		msyslog(&d->log, NTP_LOG_ERR, "leapsecond file ('%s'): %s",
		    path, ntp_strerror(err));
}

static void
say_loaded(
    struct daemon *d, const char *path, const struct leap_table *t, int64_t now)
{
	const struct leap_entry *last = &t->entry[t->n - 1];
	int64_t days = (t->expires - now) / DAY_S;
	char expires[DATE_TEXT], since[DATE_TEXT];

	msyslog(&d->log, NTP_LOG_NOTICE,
	    "leapsecond file ('%s'): loaded, expire=%s last=%s ofs=%d", path,
	    fmt_iso8601(expires, sizeof expires, t->expires),
	    fmt_iso8601(since, sizeof since, last->at), last->tai);
	if (t->expires == 0 || days >= WARN_DAYS)
		return;
	if (days >= 0)
		msyslog(&d->log, NTP_LOG_WARN,
		    "leapsecond file ('%s'): will expire in less than %d days: "
		    "install a newer one (tzdata)",
		    path, (int)days + 1);
	else
		msyslog(&d->log, NTP_LOG_WARN,
		    "leapsecond file ('%s'): expired %d days ago: install a "
		    "newer one (tzdata)",
		    path, (int)-days);
}

static void
use_table(struct daemon *d, const struct leap_table *t, int64_t now)
{
	struct engine_leap leap = {.tai = leap_tai(t, now),
	    .last = leap_next(t, now)->at,
	    .expires = t->expires};

	engine_set_leap(d->engine, &leap);
	if (!d->opt.virtual_clock && !d->noset && leap.tai != 0)
		(void)systime_set_tai(&d->systime, leap.tai);
}

static int64_t
unix_now(struct daemon *d)
{
	int64_t s;
	uint32_t ns;

	ts_to_unix(ntpd_now(d).sys, (int64_t)time(NULL), &s, &ns);
	return s;
}

/* That of tzdata came with the system's packages, which have signatures; the
 * hash guards what was downloaded. */
static bool
wants_hash(const struct daemon *d)
{
	return d->conf->leapfile != NULL && !d->conf->leap_ignorehash;
}

void
leapfile_read(struct daemon *d, bool later)
{
	const char *path = d->conf->leapfile;
	struct leap_table t;
	unsigned line = 0;
	char *buf;
	size_t len;
	int err;

	if (path == NULL && d->opt.virtual_clock)
		return;
	if (path == NULL)
		path = TZDATA_FILE;
	if (!changed(d, path) && later)
		return;
	err = file_read(path, FILE_MAX, &buf, &len);
	if (err == -NTP_ENOENT && d->conf->leapfile == NULL)
		return;
	if (err == 0) {
		err = leap_parse(&t, buf, len, wants_hash(d), &line);
		free(buf);
	}
	if (err != 0) {
		say_refused(d, path, err, line);
		return;
	}
	say_loaded(d, path, &t, unix_now(d));
	use_table(d, &t, unix_now(d));
}
