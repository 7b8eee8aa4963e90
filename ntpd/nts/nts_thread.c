/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_thread.c - the thread of key establishment, and the letters to and from
 * it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "ntp_err.h"
#include "nts.h"

#define MEND_MS	  30000U   /* until something missing is looked for again */
#define HOUR_MS	  3600000U /* until files are looked at */
#define TRUST_MAX 64U	   /* different authorities */

/* --- letters ---------------------------------------------------------------- */

int
box_init(struct letterbox *b)
{
	STAILQ_INIT(&b->in);
	b->bell = NULL;
	return uv_mutex_init(&b->lock) == 0 ? 0 : -NTP_ENOMEM;
}

static void
body_free(enum letter_kind kind, void *body)
{
	if (kind == LETTER_SETTINGS) {
		nts_settings_free(body);
		return;
	}
	if (kind == LETTER_ASK) {
		nts_question_free(body);
		return;
	}
	if (kind == LETTER_KEYS && body != NULL)
		nts_wipe(body, sizeof(struct nts_cookiekeys));
	if (kind == LETTER_RESULT)
		nts_wipe(body, sizeof(struct nts_result));
	free(body);
}

void
letter_free(struct letter *l)
{
	body_free(l->kind, l->body);
	free(l);
}

void
box_fini(struct letterbox *b)
{
	struct letter *l;

	b->bell = NULL;
	while ((l = box_take(b)) != NULL)
		letter_free(l);
	uv_mutex_destroy(&b->lock);
}

void
box_post(struct letterbox *b, enum letter_kind kind, void *body)
{
	struct letter *l = malloc(sizeof *l);

	if (l == NULL) {
		body_free(kind, body);
		return;
	}
	l->kind = kind;
	l->body = body;
	uv_mutex_lock(&b->lock);
	STAILQ_INSERT_TAIL(&b->in, l, next);
	if (b->bell != NULL)
		(void)uv_async_send(b->bell);
	uv_mutex_unlock(&b->lock);
}

struct letter *
box_take(struct letterbox *b)
{
	struct letter *l;

	uv_mutex_lock(&b->lock);
	l = STAILQ_FIRST(&b->in);
	if (l != NULL)
		STAILQ_REMOVE_HEAD(&b->in, next);
	uv_mutex_unlock(&b->lock);
	return l;
}

void
nts_say(struct nts_thread *t, enum ntp_loglevel level, const char *fmt, ...)
{
	struct nts_words *w = malloc(sizeof *w);
	va_list ap;

	if (w == NULL)
		return;
	w->level = level;
	va_start(ap, fmt);
	(void)vsnprintf(w->text, sizeof w->text, fmt, ap);
	va_end(ap);
	box_post(t->out, LETTER_WORDS, w);
}

/* --- certificates ----------------------------------------------------------- */

bool
nts_stamp_changed(struct nts_stamp *s, const char *path)
{
	struct nts_stamp now = {.ino = 0};
	struct stat st;
	bool changed;

	if (stat(path, &st) == 0) {
		now.mtime = st.st_mtim;
		now.ino = st.st_ino;
	}
	changed = now.ino != s->ino || now.mtime.tv_sec != s->mtime.tv_sec ||
	    now.mtime.tv_nsec != s->mtime.tv_nsec;
	*s = now;
	return changed;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
trust_free(struct nts_trust *r)
{
	free(r->ca);
	SSL_CTX_free(r->ctx);
	*r = (struct nts_trust){.ca = NULL};
}

static void
forget_trust(struct nts_thread *t)
{
	while (t->ntrust > 0)
		trust_free(&t->trust[--t->ntrust]);
}

/* The place of CA, a free one if need be. */
static struct nts_trust *
trust_of(struct nts_thread *t, const char *ca)
{
	for (size_t i = 0; i < t->ntrust; i++)
		if (same_text(t->trust[i].ca, ca))
			return &t->trust[i];
	if (t->ntrust == TRUST_MAX)
		trust_free(&t->trust[--t->ntrust]);
	t->trust[t->ntrust].ca = ca != NULL ? strdup(ca) : NULL;
	return &t->trust[t->ntrust++];
}

SSL_CTX *
nts_thread_trust(struct nts_thread *t, const char *ca, char why[TLS_WHY])
{
	struct nts_trust *r = trust_of(t, ca);
	bool changed = nts_stamp_changed(&r->stamp, tls_authorities(ca));
	SSL_CTX *c;

	if (r->ctx != NULL && !changed)
		return r->ctx;
	c = tls_client_context(&t->set->tls, ca, why);
	if (c == NULL) {
		if (r->ctx != NULL)
			nts_say(t, NTP_LOG_ERR,
			    "NTS: the old authorities stay: %s", why);
		return r->ctx;
	}
	SSL_CTX_free(r->ctx);
	r->ctx = c;
	return c;
}

/* Before the rights go that reading them may take. */
static void
read_authorities(struct nts_thread *t)
{
	char why[TLS_WHY];

	for (size_t i = 0; i < t->set->nca; i++)
		if (nts_thread_trust(t, t->set->ca[i], why) == NULL)
			nts_say(t, NTP_LOG_ERR, "NTS: %s", why);
}

static bool
words_differ(const struct tls_words *a, const struct tls_words *b)
{
	return !same_text(a->cert, b->cert) || !same_text(a->key, b->key) ||
	    !same_text(a->suites, b->suites) ||
	    !same_text(a->curves, b->curves) ||
	    a->server_order != b->server_order;
}

/* --- life ------------------------------------------------------------------- */

static void
on_tend(uv_timer_t *timer)
{
	struct nts_thread *t = timer->data;

	nts_server_follow(t);
	(void)uv_timer_start(
	    timer, on_tend, nts_server_healthy(t) ? HOUR_MS : MEND_MS, 0);
}

void
nts_thread_follow(struct nts_thread *t, struct nts_settings *set)
{
	if (set != NULL) {
		if (t->set != NULL && words_differ(&t->set->tls, &set->tls)) {
			forget_trust(t);
			t->cert = t->key = (struct nts_stamp){.ino = 0};
		}
		nts_settings_free(t->set);
		t->set = set;
	}
	t->complaint[0] = '\0';
	read_authorities(t);
	on_tend(&t->tend);
}

static void
take_keys(struct nts_thread *t, const struct nts_cookiekeys *k)
{
	uint8_t seed[NTS_SEED];

	nts_jar_free(&t->jar);
	if (k == NULL || getrandom(seed, sizeof seed, 0) != sizeof seed)
		return;
	t->jar = nts_jar_new(k, seed);
	nts_wipe(seed, sizeof seed);
}

static void
stop(struct nts_thread *t)
{
	t->stopping = true;
	nts_server_stop(t);
	nts_probes_stop(t);
	uv_close((uv_handle_t *)&t->bell, NULL);
	uv_close((uv_handle_t *)&t->tend, NULL);
	if (t->hangs)
		uv_sem_post(&t->stopped);
}

static void
obey(struct nts_thread *t, struct letter *l)
{
	if (l->kind == LETTER_SETTINGS || l->kind == LETTER_REREAD) {
		nts_thread_follow(t, l->body);
		l->body = NULL;
	} else if (l->kind == LETTER_KEYS) {
		take_keys(t, l->body);
	} else if (l->kind == LETTER_ASK) {
		nts_probe_start(t, l->body);
		l->body = NULL;
	} else if (l->kind == LETTER_STOP) {
		stop(t);
	}
}

static void
on_bell(uv_async_t *bell)
{
	struct nts_thread *t = bell->data;
	struct letter *l;

	while (!t->stopping && (l = box_take(t->in)) != NULL) {
		obey(t, l);
		letter_free(l);
	}
}

void
nts_thread_run(void *arg)
{
	struct nts_thread *t = arg;

	(void)uv_run(&t->loop, UV_RUN_DEFAULT);
	if (!t->hangs)
		uv_sem_post(&t->stopped);
}

int
nts_thread_init(
    struct nts_thread *t, struct letterbox *in, struct letterbox *out)
{
	uint8_t seed[16];

	t->in = in;
	t->out = out;
	LIST_INIT(&t->probes);
	TAILQ_INIT(&t->guests);
	t->trust = calloc(TRUST_MAX, sizeof *t->trust);
	if (t->trust == NULL ||
	    getrandom(seed, sizeof seed, 0) != sizeof seed ||
	    uv_loop_init(&t->loop) != 0)
		return -NTP_ENOMEM;
	limit_init(&t->limit, seed);
	t->bell.data = t->tend.data = t;
	if (uv_async_init(&t->loop, &t->bell, on_bell) != 0 ||
	    uv_timer_init(&t->loop, &t->tend) != 0 ||
	    uv_sem_init(&t->stopped, 0) != 0)
		return -NTP_ENOMEM;
	return 0;
}

void
nts_thread_fini(struct nts_thread *t)
{
	forget_trust(t);
	free(t->trust);
	SSL_CTX_free(t->identity);
	nts_settings_free(t->set);
	nts_jar_free(&t->jar);
	uv_sem_destroy(&t->stopped);
	(void)uv_loop_close(&t->loop);
}
