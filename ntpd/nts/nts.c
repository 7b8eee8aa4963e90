/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts.c - key establishment as the daemon has it: started, told of changes,
 * heard, stopped.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ntp_err.h"
#include "nts_daemon.h"

#define HOUR_MS 3600000U

/* --- what the thread says --------------------------------------------------- */

static void
take_result(struct nts *n, const struct nts_result *r)
{
	struct daemon *d = n->d;

	n->asked--;
	if (d->engine == NULL)
		return;
	engine_nts_count(
	    d->engine, r->good ? NTS_KE_PROBES_GOOD : NTS_KE_PROBES_BAD);
	if (r->good) {
		msyslog(&d->log, NTP_LOG_DEBUG, "NTS: keys from %s", r->text);
		engine_nts_ready(
		    d->engine, r->tag, &r->session, &r->addr, ntpd_now(d));
	} else {
		engine_nts_failed(d->engine, r->tag, r->text, ntpd_now(d));
	}
}

static void
take_served(struct nts *n, const struct nts_served *s)
{
	struct daemon *d = n->d;
	struct ke_cost *cost = &d->hour.ke[s->how];

	cost->n++;
	cost->wall += s->wall;
	cost->cpu += s->cpu;
	if (d->engine == NULL)
		return;
	if (s->how != KE_GOOD) {
		engine_nts_count(d->engine, NTS_KE_SERVES_BAD);
		return;
	}
	engine_nts_count(d->engine, NTS_KE_SERVES_GOOD);
	for (unsigned i = 0; i < NTS_COOKIES; i++)
		engine_nts_count(d->engine, NTS_COOKIE_MAKE);
}

static void
take_letters(struct nts *n)
{
	struct letter *l;

	while ((l = box_take(&n->from)) != NULL) {
		if (l->kind == LETTER_RESULT) {
			take_result(n, l->body);
		} else if (l->kind == LETTER_SERVED) {
			take_served(n, l->body);
		} else if (l->kind == LETTER_WORDS) {
			const struct nts_words *w = l->body;

			msyslog(&n->d->log, w->level, "%s", w->text);
		}
		letter_free(l);
	}
}

static void
on_bell(uv_async_t *bell)
{
	take_letters(bell->data);
}

static void
on_hour(uv_timer_t *t)
{
	nts_cookies_rotate(t->data);
}

/* --- life ------------------------------------------------------------------- */

/* The thread, not yet running; false: it cannot be had. */
static bool
prepare(struct nts *n)
{
	struct daemon *d = n->d;

	if (n->thread != NULL)
		return true;
	n->thread = calloc(1, sizeof *n->thread);
	if (n->thread == NULL ||
	    nts_thread_init(n->thread, &n->to, &n->from) != 0 ||
	    uv_async_init(&d->loop, &n->bell, on_bell) != 0 ||
	    uv_timer_init(&d->loop, &n->daily) != 0 ||
	    uv_timer_start(&n->daily, on_hour, HOUR_MS, HOUR_MS) != 0) {
		msyslog(&d->log, NTP_LOG_ERR,
		    "no memory for key establishment (NTS)");
		return false;
	}
	n->bell.data = n->daily.data = n;
	return true;
}

static void
follow_settings(struct nts *n)
{
	struct nts_settings *s = nts_settings_of(n->d);

	if (s == NULL)
		msyslog(&n->d->log, NTP_LOG_ERR,
		    "no memory for the settings of NTS");
	else if (n->running)
		box_post(&n->to, LETTER_SETTINGS, s);
	else
		nts_thread_follow(n->thread, s);
}

static void
launch(struct nts *n)
{
	if (n->running || n->thread == NULL)
		return;
	n->from.bell = &n->bell;
	n->to.bell = &n->thread->bell;
	if (uv_thread_create(&n->id, nts_thread_run, n->thread) != 0) {
		msyslog(&n->d->log, NTP_LOG_ERR,
		    "no thread for key establishment (NTS)");
		return;
	}
	n->running = true;
}

static int
establish(struct nts_port *p, uint32_t tag, const struct config_assoc *line,
    const struct ntp_addr *silent)
{
	struct nts *n = (struct nts *)p;
	struct nts_question *q;

	if (!n->running || n->asked == NTS_QUESTIONS)
		return -NTP_EAGAIN;
	q = nts_question_of(n->d, tag, line, silent);
	if (q == NULL)
		return -NTP_ENOMEM;
	n->asked++;
	box_post(&n->to, LETTER_ASK, q);
	return 0;
}

int
nts_init(struct daemon *d)
{
	struct nts *n = calloc(1, sizeof *n);

	if (n == NULL)
		return -NTP_ENOMEM;
	if (box_init(&n->to) != 0 || box_init(&n->from) != 0) {
		free(n);
		return -NTP_ENOMEM;
	}
	n->d = d;
	n->port.establish = establish;
	d->nts = n;
	d->ports.nts = &n->port;
	if (nts_wanted(d->conf) && prepare(n)) {
		follow_settings(n);
		take_letters(n);
	}
	return 0;
}

void
nts_start(struct daemon *d)
{
	struct nts *n = d->nts;

	launch(n);
	if (n->running && d->conf->nts.server)
		nts_cookies_follow(n);
}

void
nts_follow(struct daemon *d)
{
	struct nts *n = d->nts;

	if (!nts_wanted(d->conf) && n->thread == NULL)
		return;
	if (!prepare(n))
		return;
	follow_settings(n);
	launch(n);
	take_letters(n);
	if (d->conf->nts.server)
		nts_cookies_follow(n);
	else
		nts_cookies_drop(n);
}

void
nts_reread(struct daemon *d)
{
	struct nts *n = d->nts;

	if (!n->running)
		return;
	box_post(&n->to, LETTER_REREAD, NULL);
	if (d->conf->nts.server)
		nts_cookies_follow(n);
}

bool
nts_stop(struct daemon *d)
{
	struct nts *n = d->nts;

	if (n == NULL)
		return true;
	if (n->running) {
		box_post(&n->to, LETTER_STOP, NULL);
		uv_sem_wait(&n->thread->stopped);
		if (n->thread->hangs)
			return false;
		(void)uv_thread_join(&n->id);
	}
	if (n->thread != NULL)
		nts_thread_fini(n->thread);
	free(n->thread);
	box_fini(&n->to);
	box_fini(&n->from);
	nts_wipe(&n->keys, sizeof n->keys);
	return true;
}
