/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_leapfile.c - the leap second file: where it is, when it is read again,
 * and what is said of its age.
 *
 * The file is looked at every minute and read when it has changed, and once a
 * day whatever stat(2) says.  A table that was refused leaves the one before
 * in force.
 *
 * A lab's clock has no use for that of tzdata: there it takes a `leapfile`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ntp_err.h"
#include "ntp_fmt.h"
#include "ntp_leapsec.h"
#include "ntpd.h"

#define TZDATA_FILE "/usr/share/zoneinfo/leap-seconds.list"
#define FILE_MAX    (1U << 20)
#define WARN_DAYS   28
#define HOUR_S	    3600
#define DAY_S	    86400
#define DATE_TEXT   32

static const char *
path_of(const struct daemon *d)
{
	if (d->conf->leapfile != NULL)
		return d->conf->leapfile;
	return d->opt.virtual_clock ? NULL : TZDATA_FILE;
}

static int64_t
unix_now(struct daemon *d)
{
	int64_t s;
	uint32_t ns;

	ts_to_unix(ntpd_now(d).sys, (int64_t)time(NULL), &s, &ns);
	return s;
}

static bool
changed(struct leapfile *f, const char *path)
{
	struct stat st;
	bool news;

	if (stat(path, &st) != 0)
		return false;
	news = f->mtime.tv_sec != st.st_mtim.tv_sec ||
	    f->mtime.tv_nsec != st.st_mtim.tv_nsec ||
	    f->ctime.tv_sec != st.st_ctim.tv_sec ||
	    f->ctime.tv_nsec != st.st_ctim.tv_nsec;
	f->mtime = st.st_mtim;
	f->ctime = st.st_ctim;
	return news;
}

/* --- words ---------------------------------------------------------------- */

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
say_loaded(struct daemon *d, const char *path)
{
	const struct leap_table *t = &d->leap.table;
	const struct leap_entry *last = &t->entry[t->n - 1];
	char expires[DATE_TEXT], since[DATE_TEXT];

	if (t->hashed)
		msyslog(&d->log, NTP_LOG_NOTICE,
		    "leapsecond file ('%s'): good hash signature", path);
	else if (!d->conf->leap_ignorehash)
		msyslog(&d->log, NTP_LOG_ERR,
		    "leapsecond file ('%s'): no hash signature", path);
	msyslog(&d->log, NTP_LOG_NOTICE,
	    "leapsecond file ('%s'): loaded, expire=%s last=%s ofs=%d", path,
	    fmt_iso8601(expires, sizeof expires, t->expires),
	    fmt_iso8601(since, sizeof since, last->at), last->tai);
}

static void
say_age(struct daemon *d, const char *path, int64_t left)
{
	int days = (int)(left / DAY_S);

	if (left < 0)
		msyslog(&d->log, NTP_LOG_ERR,
		    "leapsecond file ('%s'): expired less than %d day%s ago: "
		    "install a newer one (tzdata)",
		    path, 1 - days, days == 0 ? "" : "s");
	else if (days == 0)
		msyslog(&d->log, NTP_LOG_WARN,
		    "leapsecond file ('%s'): will expire in less than one day: "
		    "install a newer one (tzdata)",
		    path);
	else
		msyslog(&d->log, NTP_LOG_WARN,
		    "leapsecond file ('%s'): will expire in less than %d days: "
		    "install a newer one (tzdata)",
		    path, days + 1);
}

/* Once a day from four weeks before, and hourly on the last day. */
static void
watch_age(struct daemon *d, const char *path, int64_t now)
{
	struct leapfile *f = &d->leap;
	int64_t left = f->table.expires - now;
	int64_t every = left >= 0 && left < DAY_S ? HOUR_S : DAY_S;

	if (f->table.n == 0 || f->table.expires == 0 ||
	    left >= (int64_t)WARN_DAYS * DAY_S)
		return;
	if (f->warned != 0 && now >= f->warned && now - f->warned < every)
		return;
	f->warned = now;
	say_age(d, path, left);
}

/* --- reading -------------------------------------------------------------- */

static bool
same_table(const struct leap_table *a, const struct leap_table *b)
{
	return a->n == b->n && a->expires == b->expires &&
	    memcmp(a->entry, b->entry, a->n * sizeof a->entry[0]) == 0;
}

static void
use(struct daemon *d, const char *path, const struct leap_table *t)
{
	struct leapfile *f = &d->leap;

	if (same_table(t, &f->table))
		return;
	f->table = *t;
	f->warned = 0;
	say_loaded(d, path);
	engine_set_leap(d->engine, t, ntpd_now(d));
}

static void
read_table(struct daemon *d, const char *path)
{
	struct leap_table t;
	unsigned line = 0;
	char *buf;
	size_t len;
	int err = file_read(path, FILE_MAX, &buf, &len);

	if (err == -NTP_ENOENT && d->conf->leapfile == NULL)
		return;
	if (err == 0) {
		err =
		    leap_parse(&t, buf, len, !d->conf->leap_ignorehash, &line);
		free(buf);
	}
	if (err != 0)
		say_refused(d, path, err, line);
	else
		use(d, path, &t);
}

/* Only what a table announces is smeared. */
static void
watch_smear(struct daemon *d)
{
	struct leapfile *f = &d->leap;
	bool idle = d->conf->smear.interval > 0 && f->table.n == 0;

	if (idle && !f->smear_idle)
		msyslog(&d->log, NTP_LOG_WARN,
		    "leapsmearinterval: nothing will be smeared without a "
		    "leap second file: add `leapfile`, or install tzdata");
	f->smear_idle = idle;
}

static void
look(struct daemon *d, const char *path)
{
	struct leapfile *f = &d->leap;
	int64_t now;

	now = unix_now(d);
	if (changed(f, path) || f->read == 0 || now < f->read ||
	    now - f->read >= DAY_S) {
		f->read = now;
		read_table(d, path);
	}
	watch_age(d, path, now);
}

void
leapfile_check(struct daemon *d)
{
	const char *path = path_of(d);

	if (path != NULL)
		look(d, path);
	watch_smear(d);
}
