/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_run.c - the commands of the command line, for each host, once or again
 * and again; or those of the standard input, for the first host.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ntpq.h"

#define CLEAR_SCREEN "\033[H\033[J"

static void
count_hosts(struct ntpq *q, const struct work *w)
{
	unsigned i;
	int len;

	q->nhosts = w->nhosts;
	for (i = 0; i < w->nhosts; i++) {
		len = (int)strnlen(w->host[i].name, NTPQ_NAME_MAX - 1);
		if (len > q->hostwidth)
			q->hostwidth = len;
	}
}

static void
run_commands(struct ntpq *q, const struct work *w)
{
	unsigned i;

	for (i = 0; i < w->ncommands && !q->quit; i++) {
		if (q->ran++ > 0 && !q->want_json)
			fputc('\n', q->out);
		command_run(q, w->command[i]);
	}
}

/* Twice the same sample would spoil all of them. */
static bool
named_before(const struct work *w, unsigned host)
{
	unsigned i;

	for (i = 0; i < host; i++)
		if (strcmp(w->host[i].name, w->host[host].name) == 0)
			return true;
	return false;
}

static void
run_metrics(struct ntpq *q, const struct work *w)
{
	struct metrics *m = metrics_new();
	unsigned i;

	if (m == NULL) {
		complain(q, "Out of memory");
		q->status = EXIT_FAILURE;
		return;
	}
	for (i = 0; i < w->nhosts; i++) {
		if (named_before(w, i))
			continue;
		if (ntpq_host(q, w->host[i].name, w->host[i].family))
			metrics_collect(m, q);
		else
			metrics_down(m, q, w->host[i].name);
	}
	metrics_print(q->out, m);
	metrics_free(&m);
}

static void
run_hosts(struct ntpq *q, const struct work *w)
{
	unsigned i;

	if (w->prometheus) {
		run_metrics(q, w);
		return;
	}
	for (i = 0; i < w->nhosts && !q->quit; i++)
		if (ntpq_host(q, w->host[i].name, w->host[i].family))
			run_commands(q, w);
}

/* On a terminal each round replaces the one before; in a pipe it follows. */
static void
watch(struct ntpq *q, const struct work *w)
{
	struct timespec pause = {.tv_sec = w->watch};
	bool terminal = isatty(STDOUT_FILENO);

	while (!q->quit) {
		if (terminal) {
			fputs(CLEAR_SCREEN, stdout);
			q->ran = 0;
		}
		run_hosts(q, w);
		if (fflush(stdout) != 0)
			return;
		nanosleep(&pause, NULL);
	}
}

static void
run_input(struct ntpq *q, const struct work *w)
{
	q->interactive = q->interactive || isatty(STDIN_FILENO);
	q->nhosts = 1;
	ntpq_host(q, w->host[0].name, w->host[0].family);
	command_loop(q);
}

void
work_run(struct ntpq *q, const struct work *w)
{
	count_hosts(q, w);
	if (w->watch > 0)
		watch(q, w);
	else if (w->ncommands > 0 || w->prometheus)
		run_hosts(q, w);
	else
		run_input(q, w);
}
