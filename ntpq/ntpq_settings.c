/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_settings.c - commands that change how the others ask and show.
 *
 * Without an argument each says what is set, in the reference's words.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <sys/socket.h>

#include "ntp.h"
#include "ntp_fmt.h"
#include "ntpq.h"

#define TIMEOUT_MAX 3600000U   /* ms */
#define LOG_STDERR  "<stderr>" /* not a file */

void
cmd_version(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	version_print(q->out);
}

static void
show_host(const struct ntpq *q, const char *word)
{
	if (q->net.target[0] == '\0')
		fputs(*word == '\0' ? "no current host\n"
				    : "still no current host\n",
		    q->out);
	else
		fprintf(q->out, "current host %s%s\n",
		    *word == '\0' ? "is " : word, q->net.target);
}

/* Of the option S; AF_UNSPEC: it is none. */
static int
family_of(const char *s)
{
	if (strcmp(s, "-4") == 0)
		return AF_INET;
	return strcmp(s, "-6") == 0 ? AF_INET6 : AF_UNSPEC;
}

void
cmd_host(struct ntpq *q, const struct ntpq_args *a)
{
	int option = a->n > 0 ? family_of(a->v[0]) : AF_UNSPEC;
	int family = option != AF_UNSPEC ? option : q->family;
	unsigned i = option != AF_UNSPEC ? 1 : 0;

	if (i == a->n)
		show_host(q, "");
	else
		show_host(
		    q, ntpq_host(q, a->v[i], family) ? "set to " : "remains ");
}

void
cmd_timeout(struct ntpq *q, const struct ntpq_args *a)
{
	unsigned ms;

	if (a->n == 0)
		fprintf(q->out, "primary timeout %lld ms\n",
		    (long long)q->net.timeout);
	else if (uint_arg(q, a->v[0], TIMEOUT_MAX, &ms))
		q->net.timeout = ms;
}

/* Our signatures hold no time, so nothing waits for it. */
void
cmd_delay(struct ntpq *q, const struct ntpq_args *a)
{
	if (a->n == 0)
		fprintf(q->out, "delay %u ms\n", q->delay);
	else
		uint_arg(q, a->v[0], TIMEOUT_MAX, &q->delay);
}

void
cmd_hostnames(struct ntpq *q, const struct ntpq_args *a)
{
	if (a->n == 0)
		fprintf(q->out, "hostnames %sbeing shown\n",
		    q->numeric ? "not " : "");
	else if (strcmp(a->v[0], "yes") == 0)
		q->numeric = false;
	else if (strcmp(a->v[0], "no") == 0)
		q->numeric = true;
	else
		complain(q, "yes or no expected, not `%s'", a->v[0]);
}

void
cmd_debug(struct ntpq *q, const struct ntpq_args *a)
{
	unsigned *level = &q->net.debug;

	if (a->n == 0) {
		fprintf(q->out, "debug level is %u\n", *level);
		return;
	}
	if (strcmp(a->v[0], "no") == 0)
		*level = 0;
	else if (strcmp(a->v[0], "more") == 0)
		*level += *level < INT_MAX;
	else if (strcmp(a->v[0], "less") == 0)
		*level -= *level > 0;
	else if (!uint_arg(q, a->v[0], INT_MAX, level))
		return;
	fprintf(q->out, "debug level set to %u\n", *level);
}

void
cmd_logfile(struct ntpq *q, const struct ntpq_args *a)
{
	const char *name = q->net.logname;

	if (a->n > 0 &&
	    !net_log(
		&q->net, strcmp(a->v[0], LOG_STDERR) == 0 ? NULL : a->v[0])) {
		complain(
		    q, "Error opening %s: %s", a->v[0], net_strerror(errno));
		return;
	}
	fprintf(q->out, "log file %s %s\n", a->n > 0 ? "set to" : "is",
	    *name == '\0' ? LOG_STDERR : name);
}

#define FLAKE_WORDS "a number from 0, none, to 1, all of them"

/* To see what loss does to the other commands. */
void
cmd_doflake(struct ntpq *q, const struct ntpq_args *a)
{
	double p;

	if (fmt_parse_double(a->v[0], strlen(a->v[0]), &p) != 0 ||
	    !(p >= 0 && p <= 1)) {
		complain(q, "%s expected, not `%s'", FLAKE_WORDS, a->v[0]);
		return;
	}
	q->net.flake = p;
	fprintf(q->out, "dropping %g of the packets received\n", p);
}

void
cmd_noflake(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	q->net.flake = 0;
	fputs("dropping no packets\n", q->out);
}

void
cmd_units(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	q->units = !q->units;
	fprintf(q->out, "units %sbeing shown\n", q->units ? "" : "not ");
}

void
cmd_direct(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	q->direct = !q->direct;
	fprintf(q->out, "Direct mode is %s\n", q->direct ? "on" : "off");
}

void
cmd_raw(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	q->raw = true;
	fputs("Output set to raw\n", q->out);
}

void
cmd_cooked(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	q->raw = false;
	fputs("Output set to cooked\n", q->out);
}

void
cmd_ntpversion(struct ntpq *q, const struct ntpq_args *a)
{
	int64_t v;

	if (a->n == 0)
		fprintf(q->out, "NTP version being claimed is %u\n",
		    q->net.version);
	else if (fmt_parse_int(a->v[0], strlen(a->v[0]), false, &v) != 0 ||
	    v < NTP_OLDVERSION || v > NTP_VERSION)
		fprintf(q->err, "versions %d to %d, please\n", NTP_OLDVERSION,
		    NTP_VERSION);
	else
		q->net.version = (uint8_t)v;
}

void
cmd_drefid(struct ntpq *q, const struct ntpq_args *a)
{
	if (a->n > 0 && strcmp(a->v[0], "hash") == 0)
		q->hashrefid = true;
	else if (a->n > 0 && strcmp(a->v[0], "ipv4") == 0)
		q->hashrefid = false;
	else if (a->n > 0) {
		complain(q, "hash or ipv4 expected, not `%s'", a->v[0]);
		return;
	}
	fprintf(q->out, "drefid value %s %s\n", a->n > 0 ? "set to" : "is",
	    q->hashrefid ? "hash" : "ipv4");
}

void
cmd_poll(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	fputs("poll not implemented yet\n", q->out);
}

void
cmd_quit(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	q->quit = true;
}
