/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_cookies.c - the cookie keys that the daemon serves with: from the file,
 * a new one each day, back into the file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "nts_daemon.h"

#define KEYS_MODE 0600

static const char *
path_of(const struct nts *n)
{
	const char *path = n->d->conf->nts.cookie;

	return path != NULL ? path : CONFIG_NTS_COOKIE;
}

/* Engine, server threads and key establishment make and open cookies with
 * them. */
static void
publish(struct nts *n)
{
	struct nts_cookiekeys *k = malloc(sizeof *k);

	if (k == NULL ||
	    engine_set_cookiekeys(n->d->engine, &n->keys.keys) != 0) {
		msyslog(&n->d->log, NTP_LOG_ERR, "no memory for cookie keys");
		free(k);
		return;
	}
	*k = n->keys.keys;
	n->served = true;
	box_post(&n->to, LETTER_KEYS, k);
}

static void
keep(struct nts *n)
{
	char text[NTS_KEYS_TEXT];
	int err;

	nts_keys_format(&n->keys, text);
	err = file_replace(path_of(n), text, KEYS_MODE);
	nts_wipe(text, sizeof text);
	if (err != 0 && !n->unwritable)
		msyslog_errno(&n->d->log, NTP_LOG_WARN,
		    "cookie keys cannot be kept in %s, clients of NTS will "
		    "have to ask anew after a restart; its directory must "
		    "belong to the user that ntpd runs as",
		    path_of(n));
	n->unwritable = err != 0;
}

static void
make_key(struct nts *n)
{
	nts_keys_rotate(&n->keys, &n->d->rng.port, nts_unix_now(n->d));
	keep(n);
}

/* A file that is none of ours is somebody's: it stays beside. */
static void
put_aside(struct nts *n)
{
	char aside[1024];

	(void)snprintf(aside, sizeof aside, "%s.old", path_of(n));
	msyslog(&n->d->log, NTP_LOG_ERR,
	    "%s has no cookie keys, it is kept as %s", path_of(n), aside);
	(void)rename(path_of(n), aside);
}

/* Older than what could not be kept there. */
static bool
is_outdated(const struct nts *n, const struct nts_keyfile *f)
{
	return n->unwritable && f->made < n->keys.made;
}

/* False: there are none, or no better ones. */
static bool
read_keys(struct nts *n)
{
	struct nts_keyfile f = {.made = 0};
	char *text;
	size_t len;
	int err = file_read(path_of(n), NTS_KEYS_TEXT, &text, &len);
	bool good;

	if (err == 0) {
		err = nts_keys_parse(text, len, &f);
		nts_wipe(text, len);
		free(text);
		if (err != 0)
			put_aside(n);
	} else if (err != -NTP_ENOENT) {
		msyslog_errno(
		    &n->d->log, NTP_LOG_ERR, "cookie keys %s", path_of(n));
	}
	good = err == 0 && !is_outdated(n, &f);
	if (good)
		n->keys = f;
	nts_wipe(&f, sizeof f);
	return good;
}

/* The clock may have been set since, by any amount: that costs one key. */
static bool
is_due(const struct nts *n)
{
	int64_t age = nts_unix_now(n->d) - n->keys.made;

	return age < 0 || age >= NTS_KEYS_DAY;
}

void
nts_cookies_follow(struct nts *n)
{
	bool have = n->keys.keys.n > 0;

	if (read_keys(n))
		msyslog(&n->d->log, NTP_LOG_INFO, "%zu cookie keys from %s",
		    n->keys.keys.n, path_of(n));
	else if (have)
		keep(n);
	if (is_due(n))
		make_key(n);
	publish(n);
}

void
nts_cookies_drop(struct nts *n)
{
	if (!n->served)
		return;
	n->served = false;
	(void)engine_set_cookiekeys(n->d->engine, NULL);
	box_post(&n->to, LETTER_KEYS, NULL);
}

void
nts_cookies_rotate(struct nts *n)
{
	if (!n->served)
		return;
	if (is_due(n)) {
		make_key(n);
		msyslog(&n->d->log, NTP_LOG_INFO,
		    "a new cookie key, %zu in all", n->keys.keys.n);
		publish(n);
	} else if (n->unwritable) {
		keep(n);
	}
}
