/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_keysfile.c - the keys file, at the start and again on SIGHUP.
 *
 * A bad line costs its own key only.  A file of nothing but bad lines is some
 * other file: it is not taken, and the keys that are there stay.  What is said
 * of bad lines is bounded, for the file may be the log we write to.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ntp_err.h"
#include "ntpd.h"

#define KEYS_MAX     (1U << 20) /* octets */
#define REPORTED_MAX 5U		/* bad lines told one by one */

struct key_context {
	struct msyslog *log;
	const char *path;
	unsigned bad; /* lines */
};

static void
key_report(void *arg, unsigned line, const char *text)
{
	struct key_context *k = arg;

	if (++k->bad <= REPORTED_MAX)
		msyslog(k->log, NTP_LOG_ERR, "%s:%u: %s", k->path, line, text);
}

static void
say_mode(struct daemon *d, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0)
		msyslog(&d->log, NTP_LOG_WARN,
		    "keys file %s can be read by everybody: chmod o-r", path);
}

static void
trust_configured(const struct daemon *d, struct keystore *ks)
{
	for (size_t i = 0; i < d->conf->ntrusted; i++)
		(void)keys_trust(
		    ks, d->conf->trusted[i].lo, d->conf->trusted[i].hi);
}

/* Fill KS from the file.  The number of keys, -NTP_EIO when it cannot be
 * read, -NTP_EFORMAT when it is no keys file (both said in the log), or
 * -NTP_ENOMEM. */
static int
read_keys(struct daemon *d, struct keystore *ks)
{
	struct key_context k = {.log = &d->log, .path = d->conf->keysfile};
	size_t len;
	char *buf;
	int n;

	if (file_read(k.path, KEYS_MAX, &buf, &len) != 0) {
		msyslog_errno(&d->log, NTP_LOG_ERR,
		    "cannot read keys file %s%s", k.path,
		    errno == EACCES ? ", which the user that ntpd runs as "
				      "must be able to"
				    : "");
		return -NTP_EIO;
	}
	n = keys_parse(ks, buf, len, key_report, &k);
	explicit_bzero(buf, len);
	free(buf);
	if (k.bad > REPORTED_MAX)
		msyslog(&d->log, NTP_LOG_ERR, "%s: %u bad lines in all", k.path,
		    k.bad);
	if (n == 0 && k.bad > 0) {
		msyslog(&d->log, NTP_LOG_ERR, "%s is no keys file", k.path);
		return -NTP_EFORMAT;
	}
	if (n >= 0)
		msyslog(
		    &d->log, NTP_LOG_INFO, "%d keys read from %s", n, k.path);
	say_mode(d, k.path);
	return n;
}

int
keysfile_setup(struct daemon *d)
{
	d->keys = keys_new();
	if (d->keys == NULL)
		return -NTP_ENOMEM;
	if (d->conf->keysfile != NULL && read_keys(d, d->keys) == -NTP_ENOMEM)
		return -NTP_ENOMEM;
	trust_configured(d, d->keys);
	return 0;
}

void
keysfile_reload(struct daemon *d)
{
	struct keystore *old = d->keys, *ks;

	ks = keys_new();
	if (ks == NULL || (d->conf->keysfile != NULL && read_keys(d, ks) < 0)) {
		keys_free(&ks);
		msyslog(&d->log, NTP_LOG_WARN, "the old keys stay in force");
		return;
	}
	trust_configured(d, ks);
	keys_inherit(ks, old);
	d->keys = ks;
	engine_set_keys(d->engine, ks);
	keys_free(&old);
}
