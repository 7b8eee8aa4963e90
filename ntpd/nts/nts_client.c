/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_client.c - establish keys with a server (RFC 8915 4).
 *
 * The addresses of a name are tried one after the other; the one that has
 * failed the engine comes last.  When to ask again is not decided here.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ntp_socket.h"
#include "ntp_err.h"
#include "nts.h"
#include "nts_stream.h"

#define CONNECT_MS 5000U
#define ANSWER_MS  16000U /* ntpsec's server takes one after the other */

struct nts_probe {
	LIST_ENTRY(nts_probe) link;
	struct nts_thread *t;
	struct nts_question *q;
	struct nts_result *r;
	struct ntp_addr addr[NTS_ADDRS];
	size_t n, next;
	uv_getaddrinfo_t dns;
	uv_connect_t connect;
	struct stream *s;	  /* NULL: none */
	bool asking;		  /* in a look-up */
	bool done;		  /* the keys are there */
	char server[KE_NAME_MAX]; /* that has the time; "": who was asked */
};

/* --- the end ---------------------------------------------------------------- */

static void
probe_free(struct nts_probe *p)
{
	LIST_REMOVE(p, link);
	nts_question_free(p->q);
	if (p->r != NULL)
		nts_wipe(p->r, sizeof *p->r);
	free(p->r);
	free(p);
}

/* Hand over what there is. */
static void
deliver(struct nts_probe *p)
{
	p->r->good = p->done;
	box_post(p->t->out, LETTER_RESULT, p->r);
	p->r = NULL;
	probe_free(p);
}

static void
note(struct nts_probe *p, const struct ntp_addr *at, const char *why)
{
	char text[ADDR_STRLEN];

	if (at != NULL)
		(void)snprintf(p->r->text, sizeof p->r->text, "%s: %s",
		    addr_format(at, text), why);
	else
		(void)snprintf(p->r->text, sizeof p->r->text, "%s", why);
}

/* --- names ------------------------------------------------------------------ */

static void try_next(struct nts_probe *p);

static void
silent_last(struct nts_probe *p)
{
	for (size_t i = 0; i + 1 < p->n; i++)
		if (addr_equal(&p->addr[i], &p->q->silent)) {
			struct ntp_addr a = p->addr[i];

			memmove(&p->addr[i], &p->addr[i + 1],
			    (p->n - i - 1) * sizeof a);
			p->addr[p->n - 1] = a;
			return;
		}
}

static void
on_name(uv_getaddrinfo_t *req, int status, struct addrinfo *res)
{
	struct nts_probe *p = req->data;

	p->asking = false;
	p->n = p->next = 0;
	for (const struct addrinfo *ai = res; ai != NULL && p->n < NTS_ADDRS;
	     ai = ai->ai_next)
		p->n += sock_addr_found(ai, &p->addr[p->n]);
	uv_freeaddrinfo(res);
	if (p->t->stopping) {
		probe_free(p);
		return;
	}
	if (p->n == 0) {
		p->done = false;
		note(p, NULL, status != 0 ? uv_strerror(status) : "no address");
	}
	silent_last(p);
	if (!p->done) {
		try_next(p);
		return;
	}
	p->addr[0].port = p->r->addr.port;
	p->r->addr = p->addr[0];
	deliver(p);
}

static void
look_up(struct nts_probe *p, const char *name)
{
	struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_family = p->q->family};
	int err;

	p->dns.data = p;
	err = uv_getaddrinfo(&p->t->loop, &p->dns, on_name, name, NULL, &hints);
	p->asking = err == 0;
	if (err == 0)
		return;
	p->done = false;
	note(p, NULL, uv_strerror(err));
	deliver(p);
}

/* --- one server ------------------------------------------------------------- */

static void
on_failed(struct stream *s, const char *why)
{
	struct nts_probe *p = s->arg;

	note(p, &p->addr[p->next - 1], why);
}

static void
send_request(struct stream *s)
{
	struct nts_probe *p = s->arg;
	uint8_t buf[64];
	struct wire_wr w = wire_wr_init(buf, sizeof buf);

	if (s->tls.early)
		nts_say(p->t, NTP_LOG_WARN,
		    "NTS: the certificate of %s is not valid yet by our "
		    "clock, which was never set: accepted",
		    p->q->name);
	ke_put_request(&w, p->q->aead, p->q->naead);
	stream_send(s, buf, w.len);
}

static bool
take_keys(struct nts_probe *p, struct stream *s)
{
	struct nts_keys *k = &p->r->session.keys;

	k->aead = s->msg.aead[0];
	k->keylen = (uint8_t)aead_keylen(k->aead);
	return tls_export(&s->tls, k->aead, false, k->c2s, k->keylen) == 0 &&
	    tls_export(&s->tls, k->aead, true, k->s2c, k->keylen) == 0;
}

static void
take_cookies(struct nts_session *to, const struct ke_message *m)
{
	to->ncookies = 0;
	for (size_t i = 0; i < m->ncookies; i++) {
		struct nts_cookie *c = &to->cookie[to->ncookies];

		if (!nts_cookie_fits(m->cookie[i].len))
			continue;
		c->len = m->cookie[i].len;
		memcpy(c->octets, m->cookie[i].octets, c->len);
		to->ncookies++;
	}
}

static const char *
take_answer(struct nts_probe *p, struct stream *s)
{
	const char *why = ke_refusal(&s->msg, p->q->aead, p->q->naead);

	if (why != NULL)
		return why;
	take_cookies(&p->r->session, &s->msg);
	if (p->r->session.ncookies == 0)
		return "no cookie that fits into a packet";
	if (!take_keys(p, s))
		return "no keys of the TLS session";
	p->r->addr = p->addr[p->next - 1];
	p->r->addr.port = s->msg.port;
	memcpy(p->server, s->msg.server, sizeof p->server);
	return NULL;
}

static void
on_message(struct stream *s)
{
	struct nts_probe *p = s->arg;
	const char *why = take_answer(p, s);
	char tls[TLS_WHY / 2], text[TLS_WHY];

	p->done = why == NULL;
	if (why == NULL) {
		(void)snprintf(text, sizeof text, "%s, %u cookies, %s",
		    aead_name(p->r->session.keys.aead), p->r->session.ncookies,
		    tls_describe(&s->tls, tls, sizeof tls));
		why = text;
	}
	note(p, &p->addr[p->next - 1], why);
	stream_finish(s);
}

static void
on_closed(struct stream *s)
{
	struct nts_probe *p = s->arg;
	struct ntp_addr a;

	free(s);
	p->s = NULL;
	if (p->t->stopping) {
		probe_free(p);
	} else if (!p->done) {
		try_next(p);
	} else if (p->server[0] == '\0') {
		deliver(p);
	} else if (addr_parse(p->server, strlen(p->server), &a) == 0) {
		a.port = p->r->addr.port;
		p->r->addr = a;
		deliver(p);
	} else {
		look_up(p, p->server);
	}
}

static const struct stream_user client = {
    send_request, on_message, on_failed, on_closed};

static void
on_connect(uv_connect_t *req, int status)
{
	struct nts_probe *p = req->data;
	struct stream *s = p->s;
	struct ntp_addr a;
	const struct tls_partner partner = {.name = p->q->name,
	    .numeric = addr_parse(p->q->name, strlen(p->q->name), &a) == 0,
	    .anybody = p->q->anybody,
	    .now = p->q->now,
	    .unsure = p->q->unsure};
	char why[TLS_WHY];
	SSL_CTX *ctx;

	if (status == UV_ECANCELED || s->closing)
		return;
	if (status != 0) {
		stream_fail(s, uv_strerror(status));
		return;
	}
	ctx = nts_thread_trust(p->t, p->q->ca, why);
	if (ctx == NULL) {
		stream_fail(s, why);
		return;
	}
	if (tls_connect(&s->tls, ctx, &partner) != 0) {
		stream_fail(s, "no memory for TLS");
		return;
	}
	stream_limit_time(s, ANSWER_MS);
	stream_start(s, KE_IS_RESPONSE);
}

static void
connect_to(struct nts_probe *p, const struct ntp_addr *to)
{
	struct ntp_addr a = *to;
	struct sockaddr_storage ss;

	a.port = p->q->port;
	(void)sock_addr_put(&a, &ss);
	p->connect.data = p;
	stream_limit_time(p->s, CONNECT_MS);
	if (uv_tcp_connect(&p->connect, &p->s->tcp, (struct sockaddr *)&ss,
		on_connect) != 0)
		stream_fail(p->s, "cannot connect");
}

static void
try_next(struct nts_probe *p)
{
	if (p->next == p->n) {
		deliver(p);
		return;
	}
	p->s = calloc(1, sizeof *p->s);
	if (p->s == NULL || stream_init(p->s, &p->t->loop, &client) != 0) {
		free(p->s);
		p->s = NULL;
		note(p, NULL, "no memory");
		deliver(p);
		return;
	}
	p->s->arg = p;
	connect_to(p, &p->addr[p->next++]);
}

/* --- questions -------------------------------------------------------------- */

void
nts_probe_start(struct nts_thread *t, struct nts_question *q)
{
	struct nts_probe *p = calloc(1, sizeof *p);
	struct nts_result *r = calloc(1, sizeof *r);

	if (p == NULL || r == NULL) {
		free(p);
		free(r);
		nts_question_free(q);
		return;
	}
	p->t = t;
	p->q = q;
	p->r = r;
	r->tag = q->tag;
	LIST_INSERT_HEAD(&t->probes, p, link);
	if (addr_parse(q->name, strlen(q->name), &p->addr[0]) != 0) {
		look_up(p, q->name);
		return;
	}
	p->n = 1;
	try_next(p);
}

void
nts_probes_stop(struct nts_thread *t)
{
	struct nts_probe *p, *next;

	for (p = LIST_FIRST(&t->probes); p != NULL; p = next) {
		next = LIST_NEXT(p, link);
		if (p->asking && uv_cancel((uv_req_t *)&p->dns) != 0)
			t->hangs = true;
		if (p->s != NULL)
			stream_close(p->s);
	}
}
