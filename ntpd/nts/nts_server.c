/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_server.c - give keys and cookies to clients (RFC 8915 4).
 *
 * Who may not ask for the time gets no keys either, and who asks too often is
 * hung up on before the handshake.  What the server knows of a client
 * afterwards is in the client's cookies.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ntp_socket.h"
#include "ntp_err.h"
#include "nts.h"
#include "nts_stream.h"

#define GUEST_MS  5000U /* for everything */
#define BACKLOG	  64
#define WARN_S	  ((int64_t)14 * 86400)
#define NS_PER_S  1e9
#define LISTENERS 2U

struct nts_guest {
	struct stream s; /* first */
	TAILQ_ENTRY(nts_guest) link;
	struct nts_thread *t;
	struct ntp_addr addr;
	uint64_t came; /* ns, uv_hrtime() */
	struct nts_served *served;
};

/* --- answers ---------------------------------------------------------------- */

/* Cookies for the session's keys into W; 0 or -NTP_E*. */
static int
put_cookies(struct nts_thread *t, struct wire_wr *w, const struct nts_keys *k)
{
	uint8_t cookie[NTS_OWN_COOKIE_MAX];
	size_t len = nts_cookie_len(k->aead);

	for (unsigned i = 0; i < NTS_COOKIES; i++) {
		int err = nts_cookie_seal(t->jar, k, cookie);

		if (err != 0)
			return err;
		ke_put_cookie(w, cookie, len);
	}
	return 0;
}

static int
put_session(struct nts_guest *g, struct wire_wr *w, uint16_t aead)
{
	struct nts_keys k = {
	    .aead = aead, .keylen = (uint8_t)aead_keylen(aead)};
	int err = -NTP_ENOKEY;

	if (g->t->jar != NULL &&
	    tls_export(&g->s.tls, aead, false, k.c2s, k.keylen) == 0 &&
	    tls_export(&g->s.tls, aead, true, k.s2c, k.keylen) == 0)
		err = put_cookies(g->t, w, &k);
	nts_wipe(&k, sizeof k);
	return err;
}

static void
put_reply(struct nts_guest *g, struct wire_wr *w)
{
	static const uint16_t ours[] = {AEAD_AES_SIV_CMAC_256,
	    AEAD_AES_SIV_CMAC_384, AEAD_AES_SIV_CMAC_512};
	const struct ke_message *m = &g->s.msg;
	const struct ke_answer a = {
	    .aead = ke_choose(m, ours, sizeof ours / sizeof ours[0]),
	    .port = g->t->set->ntpport};

	ke_put_answer(w, m, &a);
	if (m->ntpv4 && a.aead != 0 && put_session(g, w, a.aead) != 0) {
		w->len = 0;
		ke_put_error(w, KE_INTERNAL);
		(void)snprintf(g->served->text, sizeof g->served->text,
		    "no keys for cookies");
		return;
	}
	ke_put_end(w);
	g->served->how = KE_GOOD;
	(void)tls_describe(&g->s.tls, g->served->text, sizeof g->served->text);
}

static void
on_message(struct stream *s)
{
	struct nts_guest *g = s->arg;
	uint8_t buf[KE_ANSWER_MAX];
	struct wire_wr w = wire_wr_init(buf, sizeof buf);

	if (s->msg.progress == KE_DONE) {
		put_reply(g, &w);
	} else {
		ke_put_error(&w, s->msg.error);
		(void)snprintf(
		    g->served->text, sizeof g->served->text, "%s", s->msg.why);
	}
	stream_send(s, buf, w.len);
	stream_finish(s);
}

static void
on_open(struct stream *s)
{
	struct nts_guest *g = s->arg;

	g->served->how = KE_BAD; /* until there is a good request */
}

static void
on_failed(struct stream *s, const char *why)
{
	struct nts_guest *g = s->arg;

	(void)snprintf(g->served->text, sizeof g->served->text, "%s", why);
}

static void
on_closed(struct stream *s)
{
	struct nts_guest *g = s->arg;

	TAILQ_REMOVE(&g->t->guests, g, link);
	g->served->wall = (double)(uv_hrtime() - g->came) / NS_PER_S;
	g->served->cpu = (double)s->cpu / NS_PER_S;
	g->served->addr = g->addr;
	box_post(g->t->out, LETTER_SERVED, g->served);
	free(g);
}

static const struct stream_user server = {
    on_open, on_message, on_failed, on_closed};

/* --- guests ----------------------------------------------------------------- */

static void
address_of(const uv_tcp_t *tcp,
    int (*ask)(const uv_tcp_t *, struct sockaddr *, int *), struct ntp_addr *a)
{
	struct sockaddr_storage ss = {0};
	int len = sizeof ss;

	*a = (struct ntp_addr){.family = ADDR_NONE};
	if (ask(tcp, (struct sockaddr *)&ss, &len) == 0)
		sock_addr_get(&ss, a);
}

static bool
is_welcome(struct nts_thread *t, struct nts_guest *g)
{
	const struct nts_settings *set = t->set;
	struct ntp_addr here;

	address_of(&g->s.tcp, uv_tcp_getpeername, &g->addr);
	address_of(&g->s.tcp, uv_tcp_getsockname, &here);
	if (g->addr.family == ADDR_NONE || here.family == ADDR_NONE)
		return false;
	return iface_allows(&set->filter, &here) &&
	    (restrict_lookup(set->access, &g->addr)->flags &
		(RES_IGNORE | RES_NOSERVE)) == 0 &&
	    limit_allows(&t->limit, &g->addr, uv_now(&t->loop));
}

/* Who came first has had the most time: connections that say nothing, from
 * however many addresses, must not shut out those who would. */
static void
make_room(struct nts_thread *t)
{
	struct nts_guest *g, *oldest = NULL;
	size_t n = 0;

	for (g = TAILQ_FIRST(&t->guests); g != NULL; g = TAILQ_NEXT(g, link)) {
		if (g->s.closing)
			continue;
		if (n++ == 0)
			oldest = g;
	}
	if (n > NTS_GUESTS)
		stream_fail(&oldest->s, "others are waiting");
}

static struct nts_guest *
guest_new(struct nts_thread *t)
{
	struct nts_guest *g = calloc(1, sizeof *g);

	if (g == NULL)
		return NULL;
	g->served = calloc(1, sizeof *g->served);
	if (g->served == NULL || stream_init(&g->s, &t->loop, &server) != 0) {
		free(g->served);
		free(g);
		return NULL;
	}
	g->s.arg = g;
	g->t = t;
	g->came = uv_hrtime();
	g->served->how = KE_NOTLS;
	TAILQ_INSERT_TAIL(&t->guests, g, link);
	return g;
}

static void
on_guest(uv_stream_t *listener, int status)
{
	struct nts_thread *t = listener->data;
	struct nts_guest *g = status == 0 ? guest_new(t) : NULL;

	if (g == NULL)
		return;
	if (uv_accept(listener, (uv_stream_t *)&g->s.tcp) != 0) {
		stream_close(&g->s);
		return;
	}
	if (!is_welcome(t, g)) {
		stream_fail(&g->s, "not permitted, or too often");
		return;
	}
	make_room(t);
	if (tls_accept(&g->s.tls, t->identity) != 0) {
		stream_fail(&g->s, "no memory for TLS");
		return;
	}
	stream_limit_time(&g->s, GUEST_MS);
	stream_start(&g->s, KE_IS_REQUEST);
}

/* --- listening -------------------------------------------------------------- */

/* Said when it is another reason than the last. */
static void complain(struct nts_thread *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
complain(struct nts_thread *t, const char *fmt, ...)
{
	char text[TLS_WHY];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (strcmp(text, t->complaint) == 0)
		return;
	memcpy(t->complaint, text, sizeof text);
	nts_say(t, NTP_LOG_ERR, "NTS-KE: %s", text);
}

static void
on_unheard(uv_handle_t *h)
{
	struct nts_thread *t = h->data;

	t->heard[(uv_tcp_t *)h == &t->listener[1]] = false;
}

static void
unlisten(struct nts_thread *t, size_t i)
{
	if (t->heard[i] && !uv_is_closing((uv_handle_t *)&t->listener[i]))
		uv_close((uv_handle_t *)&t->listener[i], on_unheard);
	t->listens[i] = false;
}

static bool
family_missing(const struct nts_thread *t, size_t i)
{
	return i == 0 ? t->set->no6 : t->set->no4;
}

static void
listen_on(struct nts_thread *t, size_t i)
{
	uv_tcp_t *l = &t->listener[i];
	struct ntp_addr any = {
	    .family = i == 0 ? ADDR_V6 : ADDR_V4, .port = t->set->listen};
	struct sockaddr_storage ss;
	int err;

	if (t->listens[i] || t->heard[i] || family_missing(t, i))
		return;
	(void)sock_addr_put(&any, &ss);
	if (uv_tcp_init(&t->loop, l) != 0)
		return;
	l->data = t;
	t->heard[i] = true;
	err = uv_tcp_bind(
	    l, (struct sockaddr *)&ss, i == 0 ? UV_TCP_IPV6ONLY : 0);
	if (err == 0)
		err = uv_listen((uv_stream_t *)l, BACKLOG, on_guest);
	t->listens[i] = err == 0;
	if (err == 0)
		return;
	unlisten(t, i);
	if (err != UV_EAFNOSUPPORT && err != UV_EADDRNOTAVAIL)
		complain(t, "cannot listen on TCP port %u of %s: %s",
		    t->set->listen, i == 0 ? "IPv6" : "IPv4", uv_strerror(err));
}

/* --- certificate ------------------------------------------------------------ */

static void
warn_of_age(struct nts_thread *t)
{
	int64_t left = tls_expires(t->identity) - (int64_t)time(NULL);

	if (left < WARN_S)
		nts_say(t, NTP_LOG_WARN, "NTS-KE: the certificate %s %s",
		    t->set->tls.cert,
		    left < 0 ? "has expired" : "expires soon");
}

/* A bad new one costs nothing but the words. */
static void
read_identity(struct nts_thread *t)
{
	const struct tls_words *w = &t->set->tls;
	bool cert = nts_stamp_changed(&t->cert, w->cert);
	bool key = nts_stamp_changed(&t->key, w->key);
	char why[TLS_WHY];
	SSL_CTX *c;

	if (t->identity != NULL && !cert && !key)
		return;
	c = tls_server_context(w, why);
	if (c == NULL) {
		complain(t, "%s: %s",
		    t->identity != NULL ? "the old certificate stays"
					: "no keys are served",
		    why);
		return;
	}
	SSL_CTX_free(t->identity);
	t->identity = c;
	t->complaint[0] = '\0';
	nts_say(t, NTP_LOG_NOTICE,
	    "NTS-KE: TCP port %u gives keys with the certificate %s",
	    t->set->listen, w->cert);
	warn_of_age(t);
}

void
nts_server_follow(struct nts_thread *t)
{
	if (t->port != t->set->listen || !t->set->server)
		for (size_t i = 0; i < LISTENERS; i++)
			unlisten(t, i);
	t->port = t->set->listen;
	if (!t->set->server) {
		SSL_CTX_free(t->identity);
		t->identity = NULL;
		return;
	}
	read_identity(t);
	for (size_t i = 0; i < LISTENERS && t->identity != NULL; i++)
		listen_on(t, i);
}

bool
nts_server_healthy(const struct nts_thread *t)
{
	return !t->set->server || t->listens[0] || t->listens[1];
}

void
nts_server_stop(struct nts_thread *t)
{
	struct nts_guest *g, *next;

	for (size_t i = 0; i < LISTENERS; i++)
		unlisten(t, i);
	for (g = TAILQ_FIRST(&t->guests); g != NULL; g = next) {
		next = TAILQ_NEXT(g, link);
		stream_close(&g->s);
	}
}
