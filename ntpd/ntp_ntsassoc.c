/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ntsassoc.c - Network Time Security of one association (RFC 8915 5.7).
 *
 * A cookie is used once, so an observer cannot tell that two requests are of
 * one client; each answer brings as many as there is room for.  Whoever has
 * none left, or is told that his are no good and hears nothing better until
 * his next poll, has keys established anew.  What is not authentic is never
 * believed, however long there has been nothing else.
 */
#include "ntp_ntsassoc.h"

#include <math.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_state.h"

#define LOST_LARGE   3U	  /* lost in a row: perhaps because of their size */
#define START_SPREAD 2.0  /* s, that not all clients of a house ask at once */
#define WAIT_FIRST   10.0 /* s before keys are asked for again ... */
#define WAIT_FACTOR  1.5  /* ... growing by this ... */
#define WAIT_MAX     432000.0  /* ... up to this, RFC 8915 4.2 */
#define WAIT_SPREAD  0.25      /* and up to so much of it more */
#define KEYS_AGE     2419200.0 /* s, then others even though they work */

bool
peer_uses_nts(const struct peer *p)
{
	return (p->cfg->flags & ASSOC_NTS) != 0 &&
	    (p->kind == PEER_SERVER || p->kind == PEER_POOL) &&
	    p->hmode == NTP_MODE_CLIENT;
}

bool
nts_lacks_keys(const struct peer *p)
{
	return peer_uses_nts(p) && p->nts.keys.keylen == 0;
}

/* --- requests ------------------------------------------------------------- */

bool
nts_ready(struct peer *p)
{
	struct nts_assoc *n = &p->nts;

	if (n->refused) /* and the answer that we waited for did not come */
		n->cookies.n = 0;
	return n->cookies.n > 0;
}

/* As many as make the ring full again, as far as large packets arrive. */
static unsigned
placeholders(struct nts_assoc *n, size_t cookie_len)
{
	unsigned wanted = NTS_COOKIES - 1 - n->cookies.n;

	if (n->lost == LOST_LARGE)
		n->limit /= 2;
	if (n->lost >= LOST_LARGE)
		return 0;
	if (wanted > n->limit)
		wanted = n->limit;
	return nts_placeholders(wanted, cookie_len);
}

size_t
nts_sign(struct ntp_engine *e, struct peer *p, uint8_t *buf)
{
	struct nts_assoc *n = &p->nts;
	struct nts_cookie used = n->cookies.cookie[0];
	struct nts_ask ask = {.keys = &n->keys, .cookie = &used};

	n->cookies.n--;
	memmove(n->cookies.cookie, n->cookies.cookie + 1,
	    n->cookies.n * sizeof used);
	ask.placeholders = n->placeholders = placeholders(n, used.len);
	e->port.rng->fill(e->port.rng, ask.uid, sizeof ask.uid);
	e->port.rng->fill(e->port.rng, ask.nonce, sizeof ask.nonce);
	memcpy(n->uid, ask.uid, sizeof n->uid);
	n->lost++;
	engine_nts_count(e, NTS_CLIENT_SEND);
	return nts_client_seal(&e->aeads, &ask, buf);
}

/* --- answers -------------------------------------------------------------- */

static void
keep_cookies(struct nts_cookies *have, const struct nts_cookies *more)
{
	for (unsigned i = 0; i < more->n && have->n < NTS_COOKIES; i++)
		have->cookie[have->n++] = more->cookie[i];
}

/* The keys are good: whoever asks for others may do so at once, unless the last
 * attempt to get others has failed. */
static void
proven(struct nts_assoc *n, ntp_mono now)
{
	if (n->failures > 0)
		return;
	n->tries = 0;
	n->next = now;
}

static void
answered(struct peer *p, const struct nts_cookies *got, ntp_mono now)
{
	struct nts_assoc *n = &p->nts;

	keep_cookies(&n->cookies, got);
	if (n->placeholders == n->limit && n->limit < NTS_COOKIES - 1)
		n->limit++; /* so large arrives: perhaps more does */
	n->refused = false;
	n->lost = 0;
	proven(n, now);
	if (p->parent != NULL)
		proven(&p->parent->nts, now);
}

static enum auth_fault
fault_of(enum nts_verdict v)
{
	switch (v) {
	case NTS_BARE:
		return AUTH_NTS_NONE;
	case NTS_OTHERS:
		return AUTH_NTS_OTHERS;
	case NTS_FORGED:
		return AUTH_NTS_FORGED;
	case NTS_GOOD:
	case NTS_REFUSED:
	case NTS_MALFORMED:
	default:
		return AUTH_NTS_MALFORMED;
	}
}

static enum ntp_drop
refuse(struct ntp_engine *e, struct peer *p, enum nts_verdict v)
{
	engine_nts_count(e, NTS_CLIENT_RECV_BAD);
	if (v == NTS_REFUSED) {
		p->nts.refused = true;
		return DROP_NTSN;
	}
	p->notes.auth = (uint8_t)fault_of(v);
	p->flash = (p->flash & FLASH_PEER_MASK) | FLASH_AUTH;
	p->count.badauth++;
	report_peerevent(e, p, PEVNT_AUTH, "NTS");
	return DROP_BADAUTH;
}

enum ntp_drop
nts_authenticate(struct ntp_engine *e, struct peer *p, const struct recvbuf *rb,
    const struct ext_tail *tail, struct ntp_now now)
{
	struct nts_cookies got;
	enum nts_verdict v = nts_client_open(
	    &e->aeads, &p->nts.keys, p->nts.uid, rb->data, tail, &got);

	if (v != NTS_GOOD)
		return refuse(e, p, v);
	engine_nts_count(e, NTS_CLIENT_RECV_GOOD);
	answered(p, &got, now.mono);
	p->authentic = true;
	return DROP_NONE;
}

/* --- establishing keys ---------------------------------------------------- */

/* RFC 8915 4.2: from 10 s on by half as much again, also while keys come that
 * no server accepts. */
static double
wait_after(struct ntp_engine *e, unsigned tries)
{
	double wait =
	    fmin(WAIT_FIRST * pow(WAIT_FACTOR, tries - 1.0), WAIT_MAX);

	return wait * (1 + WAIT_SPREAD * engine_uniform(e));
}

static bool
needs_keys(const struct nts_assoc *n, ntp_mono now)
{
	return n->cookies.n == 0 || mono_diff(now, n->since) > KEYS_AGE;
}

/* Who is silent, so that another address may be tried. */
static struct ntp_addr
silent_address(const struct peer *p)
{
	return p->nts.lost > 0 ? p->srcadr : (struct ntp_addr){0};
}

static void
establish(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct nts_port *port = e->port.nts;
	struct ntp_addr silent = silent_address(p);

	p->nts.pending = true;
	p->nts.tries++;
	if (port == NULL)
		engine_nts_failed(
		    e, p->associd, "not built into this program", now);
	else if (port->establish(port, p->associd, p->cfg, &silent) != 0)
		engine_nts_failed(e, p->associd, "cannot be begun now", now);
}

void
nts_tick(struct ntp_engine *e, struct peer *p, bool more, struct ntp_now now)
{
	struct nts_assoc *n = &p->nts;
	bool wanted = p->kind == PEER_POOL ? more : needs_keys(n, now.mono);

	if (wanted && !n->pending && !mono_before(now.mono, n->next))
		establish(e, p, now);
}

void
nts_hurry(struct ntp_engine *e, struct peer *p, ntp_mono now)
{
	if (peer_uses_nts(p))
		p->nts.next = mono_add(now, START_SPREAD * engine_uniform(e));
}

static struct peer *
pending_peer(struct ntp_engine *e, uint32_t tag)
{
	struct peer *p = tag <= UINT16_MAX
	    ? peer_by_associd(&e->peers, (uint16_t)tag)
	    : NULL;

	return p != NULL && p->nts.pending ? p : NULL;
}

static void
failed(
    struct ntp_engine *e, struct peer *p, const char *words, struct ntp_now now)
{
	struct nts_assoc *n = &p->nts;
	double wait = wait_after(e, n->tries);
	char buf[ADDR_STRLEN];

	if (n->failures++ == 0)
		engine_log(e, NTP_LOG_WARN,
		    "NTS key establishment with %s failed: %s; trying again "
		    "in %.0f s",
		    peer_label(p, buf), words, wait);
	(void)fmt_safe(n->words, sizeof n->words, words, strlen(words));
	n->pending = false;
	n->next = mono_add(now.mono, wait);
}

void
engine_nts_failed(
    struct ntp_engine *e, uint32_t tag, const char *words, struct ntp_now now)
{
	struct peer *p = pending_peer(e, tag);

	if (p != NULL)
		failed(e, p, words, now);
}

/* --- keys come ------------------------------------------------------------ */

static bool
is_usable(const struct nts_session *s)
{
	if (s->keys.keylen == 0 ||
	    s->keys.keylen != aead_keylen(s->keys.aead) || s->ncookies == 0 ||
	    s->ncookies > NTS_COOKIES)
		return false;
	for (unsigned i = 0; i < s->ncookies; i++) {
		if (!nts_cookie_fits(s->cookie[i].len))
			return false;
	}
	return true;
}

static bool
ciphers_ready(struct ntp_engine *e)
{
	if (e->aeads.of[0] == NULL)
		(void)aead_set_init(&e->aeads);
	return e->aeads.of[0] != NULL;
}

/* P begins with the keys of S. */
static void
begin(struct ntp_engine *e, struct peer *p, const struct nts_session *s,
    struct ntp_now now)
{
	struct nts_assoc *n = &p->nts;

	n->keys = s->keys;
	n->cookies.n = s->ncookies;
	memcpy(n->cookies.cookie, s->cookie, sizeof s->cookie);
	n->refused = false;
	n->lost = 0;
	n->limit = NTS_COOKIES - 1;
	n->since = now.mono;
	p->aorg = (ntp_ts){0}; /* what is out was asked with other keys */
	engine_log(e, NTP_LOG_INFO,
	    "NTS keys established with %s: %s, %u cookies", p->cfg->host,
	    aead_name(s->keys.aead), s->ncookies);
}

/* What could not be asked for want of a cookie is asked now. */
static void
catch_up(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	ntp_mono soon = mono_add(now.mono, NTP_MINPKT + engine_uniform(e));

	if (mono_before(soon, p->poll.nextdate))
		p->poll.nextdate = soon;
}

static void
pool_begin(struct ntp_engine *e, struct peer *pool, const struct nts_session *s,
    const struct ntp_addr *addr, struct ntp_now now)
{
	struct peer *p = pool_add(e, pool, addr, now);

	pool->nts.since = now.mono;
	if (p != NULL)
		begin(e, p, s, now);
}

static bool
is_there_already(
    const struct ntp_engine *e, const struct peer *p, const struct ntp_addr *a)
{
	const struct peer *other = peer_by_addr(&e->peers, a);

	return (other != NULL && other != p) ||
	    (a->port == e->cfg->port && engine_owns(e, a));
}

static bool
is_many_hosts(const struct ntp_addr *a)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};

	return addr_is_multicast(a) ||
	    (a->family == ADDR_V4 &&
		memcmp(a->ip, broadcast, sizeof broadcast) == 0);
}

/* Whoever establishes keys says where the server is, and may lie. */
static bool
is_a_host(const struct ntp_addr *a)
{
	return a->family != ADDR_NONE && !addr_is_any(a) && !is_many_hosts(a) &&
	    !addr_is_refclock(a, NULL, NULL);
}

static const char *
session_fault(struct ntp_engine *e, const struct peer *p,
    const struct nts_session *s, const struct ntp_addr *a)
{
	if (!is_usable(s))
		return "no cookie that can be used";
	if (!is_a_host(a))
		return "it leads to an address that is no server's";
	if (!ciphers_ready(e))
		return "out of memory";
	if (is_there_already(e, p, a))
		return "it leads to a server that we use already";
	return NULL;
}

void
engine_nts_ready(struct ntp_engine *e, uint32_t tag,
    const struct nts_session *s, const struct ntp_addr *addr,
    struct ntp_now now)
{
	struct peer *p = pending_peer(e, tag);
	struct ntp_addr a = *addr;
	const char *fault;
	bool starved;

	if (p == NULL)
		return;
	if (a.port == 0)
		a.port = p->cfg->port;
	fault = session_fault(e, p, s, &a);
	if (fault != NULL) {
		failed(e, p, fault, now);
		return;
	}
	p->nts.pending = false;
	p->nts.failures = 0;
	p->nts.words[0] = '\0';
	p->nts.next = mono_add(now.mono, wait_after(e, p->nts.tries));
	if (p->kind == PEER_POOL) {
		pool_begin(e, p, s, &a, now);
		return;
	}
	starved = p->nts.cookies.n == 0;
	begin(e, p, s, now);
	if (!addr_equal_port(&a, &p->srcadr))
		peer_move(e, p, &a, now);
	else if (starved)
		catch_up(e, p, now);
}

void
engine_nts_count(struct ntp_engine *e, enum nts_count what)
{
	e->count.nts[what]++;
}
