/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_pool.c - names, pools, and how associations come and go.
 *
 * A name is asked for until it is known, from 2 s apart to 5 min; a server
 * that stays silent is looked up again, because its address may have moved.  A
 * pool makes associations up to maxclock and replaces dead and false ones, but
 * only when it has somebody new to offer: a network that is down must not
 * empty the table.
 */
#include <string.h>

#include "ntp_err.h"
#include "ntp_state.h"

#define DNS_WAIT_MIN  2.0
#define DNS_WAIT_MAX  300.0
#define DNS_FRESH     3600.0 /* s that the addresses of `restrict NAME` are */
#define POOL_WAIT_MIN 64.0
#define POOL_WAIT_MAX 3600.0
#define FALSE_POLLS   8U       /* a pool server outvoted this often goes */
#define TAG_RESTRICT  0x10000U /* tags above the association ids */

/* --- mobilize and demobilize ---------------------------------------------- */

static enum peer_kind
kind_of(const struct config_assoc *cfg, const struct peer *parent)
{
	switch (cfg->kind) {
	case ASSOC_REFCLOCK:
		return PEER_CLOCK;
	case ASSOC_BROADCAST:
		return PEER_BROADCAST;
	case ASSOC_POOL:
		return parent == NULL ? PEER_POOL : PEER_SERVER;
	case ASSOC_MANYCAST:
		return parent == NULL ? PEER_MANYCAST : PEER_SERVER;
	case ASSOC_SERVER:
	case ASSOC_PEER:
	case ASSOC_LISTEN:
	default:
		return PEER_SERVER;
	}
}

static uint8_t
mode_of(const struct config_assoc *cfg)
{
	if (cfg->kind == ASSOC_PEER)
		return NTP_MODE_ACTIVE;
	return cfg->kind == ASSOC_BROADCAST ? NTP_MODE_BROADCAST
					    : NTP_MODE_CLIENT;
}

void
peer_move(struct ntp_engine *e, struct peer *p, const struct ntp_addr *addr,
    struct ntp_now now)
{
	struct ntp_addr old = p->srcadr;

	p->srcadr = *addr;
	p->addr_lost = true;
	p->bare = false;
	access_unfollow(e, &old);
	if (p->kind == PEER_SERVER)
		access_follow(e, &p->srcadr);
	peer_clear(p, peer_first_refid(p), e->sys.precision_s, now.mono);
	p->poll.nextdate = mono_add(now.mono, engine_uniform(e) / 32);
}

static void
set_address(struct ntp_engine *e, struct peer *p, const struct ntp_addr *addr,
    struct ntp_now now)
{
	struct ntp_addr a = *addr;

	if (p->kind != PEER_CLOCK && (!peer_uses_nts(p) || a.port == 0))
		a.port = p->cfg->port;
	peer_move(e, p, &a, now);
}

static void
set_name(struct peer *p, const char *host)
{
	size_t n = strlen(host);

	if (n >= sizeof p->name)
		n = sizeof p->name - 1;
	memcpy(p->name, host, n);
	p->name[n] = '\0';
}

struct peer *
peer_mobilize(struct ntp_engine *e, const struct config_assoc *cfg,
    struct peer *parent, const struct ntp_addr *addr, struct ntp_now now)
{
	struct peer *p = peer_alloc(&e->peers);
	/* a pool may be named by its only address */
	bool named = parent == NULL && cfg->kind != ASSOC_REFCLOCK &&
	    (cfg->addr.family == ADDR_NONE || cfg->kind == ASSOC_POOL);

	if (p == NULL)
		return NULL;
	p->cfg = cfg;
	p->parent = parent;
	p->kind = kind_of(cfg, parent);
	p->version = cfg->version;
	p->hmode = mode_of(cfg);
	p->ttl = cfg->ttl;
	p->timereset = p->timereceived = now.mono;
	peer_clear(p, peer_first_refid(p), e->sys.precision_s, now.mono);
	if (named) {
		set_name(p, cfg->host);
		p->dns.again = !peer_uses_nts(p);
		p->dns.at = now.mono;
	}
	if (!named && addr != NULL && addr->family != ADDR_NONE)
		set_address(e, p, addr, now);
	report_peerevent(e, p, PEVNT_MOBIL, NULL);
	return p;
}

void
peer_demobilize(struct ntp_engine *e, struct peer *p)
{
	struct ntp_addr addr = p->srcadr;

	report_peerevent(e, p, PEVNT_DEMOBIL, NULL);
	if (p->ep != 0)
		e->port.packet->close(e->port.packet, p->ep);
	if (e->sys.peer == p)
		e->sys.peer = NULL;
	peer_release(p);
	access_unfollow(e, &addr);
}

/* --- pools ----------------------------------------------------------------- */

static bool
address_used(
    const struct ntp_engine *e, const struct ntp_addr *addr, uint16_t port)
{
	struct ntp_addr a = *addr;

	a.port = port;
	return peer_by_addr(&e->peers, &a) != NULL || engine_serves_at(e, &a);
}

size_t
active_count(const struct ntp_engine *e)
{
	size_t n = 0;

	PEER_FOREACH (p, &e->peers) {
		if (peer_is_source(p) && (p->cfg->flags & ASSOC_NOSELECT) == 0)
			n++;
	}
	return n;
}

static bool
worth_replacing(const struct peer *p)
{
	return (p->poll.reach == 0 && p->poll.unreach >= NTP_UNREACH) ||
	    (p->falsepolls >= FALSE_POLLS && p->select == SEL_FALSETICK);
}

struct peer *
worst_child(struct ntp_engine *e, const struct peer *pool)
{
	PEER_FOREACH (p, &e->peers) {
		if (p->parent == pool && worth_replacing(p))
			return p;
	}
	return NULL;
}

static bool
is_short_of_servers(const struct ntp_engine *e)
{
	return active_count(e) < e->cfg->tos.maxclock;
}

struct peer *
pool_add(struct ntp_engine *e, struct peer *pool, const struct ntp_addr *addr,
    struct ntp_now now)
{
	struct peer *gone =
	    is_short_of_servers(e) ? NULL : worst_child(e, pool);
	char buf[ADDR_STRLEN];
	struct peer *p;

	if (gone != NULL) {
		engine_log(e, NTP_LOG_INFO, "pool %s: giving up %s", pool->name,
		    addr_format(&gone->srcadr, buf));
		peer_demobilize(e, gone);
	}
	p = peer_mobilize(e, pool->cfg, pool, addr, now);
	if (p == NULL)
		return NULL;
	pool->dns.wait = 0;
	engine_log(e, NTP_LOG_INFO, "Soliciting pool server %s",
	    addr_format(addr, buf));
	return p;
}

/* One address at a time, a second apart: they shall not poll in step. */
static void
pool_use_candidate(struct ntp_engine *e, struct peer *pool, struct ntp_now now)
{
	struct ntp_addr a = pool->pool.cand[--pool->pool.ncand];

	a.port = pool->cfg->port;
	if (!address_used(e, &a, a.port))
		(void)pool_add(e, pool, &a, now);
}

static bool
pool_wants_more(struct ntp_engine *e, const struct peer *pool)
{
	return is_short_of_servers(e) || worst_child(e, pool) != NULL;
}

static void
pool_tick(struct ntp_engine *e, struct peer *pool, struct ntp_now now)
{
	if (!pool_wants_more(e, pool))
		return;
	if (pool->pool.ncand > 0) {
		pool_use_candidate(e, pool, now);
		return;
	}
	if (!pool->dns.pending && !pool->dns.again &&
	    !mono_before(now.mono, pool->pool.refresh)) {
		pool->dns.again = true;
		pool->dns.at = now.mono;
	}
}

static void
pool_resolved(struct ntp_engine *e, struct peer *pool,
    const struct ntp_addr *addr, size_t n, struct ntp_now now)
{
	struct peer_pool *q = &pool->pool;
	double *wait = &pool->dns.wait;

	q->ncand = 0;
	for (size_t i = 0; i < n && q->ncand < POOL_CAND_MAX; i++) {
		if (!address_used(e, &addr[i], pool->cfg->port))
			q->cand[q->ncand++] = addr[i];
	}
	*wait = *wait < POOL_WAIT_MIN ? POOL_WAIT_MIN : *wait * 2;
	if (*wait > POOL_WAIT_MAX)
		*wait = POOL_WAIT_MAX;
	q->refresh = mono_add(now.mono, *wait);
}

/* --- names ------------------------------------------------------------------ */

static bool
is_pool(const struct ntp_engine *e, const struct peer_dns *d)
{
	PEER_FOREACH (p, &e->peers) {
		if (&p->dns == d)
			return p->kind == PEER_POOL;
	}
	return false;
}

/* The line of `restrict` that waits for D and has no address yet, or NULL. */
static const struct config_restrict *
idle_line(const struct ntp_engine *e, const struct peer_dns *d)
{
	for (size_t i = 0; i < e->nrnames; i++) {
		if (&e->rname[i].dns == d && e->rname[i].naddr == 0)
			return e->rname[i].line;
	}
	return NULL;
}

static void
log_unresolved(struct ntp_engine *e, const struct peer_dns *d, const char *name,
    const char *words)
{
	const struct config_restrict *r = idle_line(e, d);

	if (r != NULL)
		engine_log(e, NTP_LOG_WARN,
		    "restrict: ignoring line %u, address/host '%s' unusable.",
		    r->line, name);
	engine_log(e, NTP_LOG_WARN,
	    "error resolving %s%s: %s; trying again until it works: "
	    "is the name right, and does the resolver answer?",
	    is_pool(e, d) ? "pool " : "", name, words);
}

static void
dns_failed(struct ntp_engine *e, struct peer_dns *d, const char *name,
    const char *words, ntp_mono now)
{
	if (words == NULL || words[0] == '\0')
		words = "no address of a usable family";
	if (!d->complained)
		log_unresolved(e, d, name, words);
	d->failures = d->complained ? d->failures + 1 : 1;
	d->complained = true;
	(void)fmt_safe(d->words, sizeof d->words, words, strlen(words));
	d->wait = d->wait < DNS_WAIT_MIN ? DNS_WAIT_MIN : d->wait * 2;
	if (d->wait > DNS_WAIT_MAX)
		d->wait = DNS_WAIT_MAX;
	d->again = true;
	d->at = mono_add(now, d->wait);
}

static void
dns_ask(struct ntp_engine *e, struct peer_dns *d, const char *name,
    enum addr_family family, uint32_t tag, ntp_mono now)
{
	struct dns_port *dns = e->port.dns;

	if (dns == NULL || !d->again || d->pending || mono_before(now, d->at))
		return;
	d->again = false;
	d->pending = true;
	if (dns->resolve(dns, name, family, tag) != 0) {
		d->pending = false;
		dns_failed(e, d, name, "the resolver is busy", now);
	}
}

/* Where to begin in the answer: behind the address that is silent, so that
 * each look-up tries the next one. */
static size_t
first_choice(const struct peer *p, const struct ntp_addr *addr, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (addr_equal(&addr[i], &p->srcadr))
			return i + 1;
	}
	return 0;
}

static void
server_resolved(struct ntp_engine *e, struct peer *p,
    const struct ntp_addr *addr, size_t n, struct ntp_now now)
{
	size_t first = first_choice(p, addr, n);
	char buf[ADDR_STRLEN];

	if (p->poll.reach != 0 || (n == 1 && first == 1))
		return;
	for (size_t k = 0; k < n; k++) {
		const struct ntp_addr *a = &addr[(first + k) % n];

		if (address_used(e, a, p->cfg->port))
			continue;
		engine_log(e, NTP_LOG_INFO, "DNS %s -> %s", p->name,
		    addr_format(a, buf));
		p->dns.complained = false;
		set_address(e, p, a, now);
		return;
	}
	dns_failed(e, &p->dns, p->name, "all its addresses are in use already",
	    now.mono);
}

static struct restrict_name *
name_by_tag(struct ntp_engine *e, uint32_t tag)
{
	for (size_t i = 0; i < e->nrnames; i++) {
		if (TAG_RESTRICT + e->rname[i].tag == tag)
			return &e->rname[i];
	}
	return NULL;
}

/* Who has the name may move: it is asked for again. */
static void
restrict_resolved(struct ntp_engine *e, struct restrict_name *r,
    const struct ntp_addr *addr, size_t n, struct ntp_now now)
{
	r->dns.wait = 0;
	r->dns.again = true;
	r->dns.at = mono_add(now.mono, DNS_FRESH);
	access_resolved(e, r, addr, n, now.mono);
}

void
engine_resolved(struct ntp_engine *e, uint32_t tag, const struct ntp_addr *addr,
    size_t n, const char *words, struct ntp_now now)
{
	struct peer *p = tag < TAG_RESTRICT
	    ? peer_by_associd(&e->peers, (uint16_t)tag)
	    : NULL;
	struct restrict_name *r = p == NULL ? name_by_tag(e, tag) : NULL;
	struct peer_dns *d = p != NULL ? &p->dns : r != NULL ? &r->dns : NULL;

	if (d == NULL || !d->pending)
		return;
	d->pending = false;
	if (n == 0) {
		dns_failed(
		    e, d, p != NULL ? p->name : r->line->host, words, now.mono);
		return;
	}
	if (p != NULL && p->kind == PEER_SERVER) {
		server_resolved(e, p, addr, n, now);
		return;
	}
	d->complained = false;
	if (p == NULL)
		restrict_resolved(e, r, addr, n, now);
	else
		pool_resolved(e, p, addr, n, now);
}

static void
retry_now(struct peer_dns *d, ntp_mono now)
{
	d->wait = 0;
	if (d->again)
		d->at = now;
}

void
engine_retry_dns(struct ntp_engine *e, struct ntp_now now)
{
	PEER_FOREACH (p, &e->peers) {
		retry_now(&p->dns, now.mono);
		nts_hurry(e, p, now.mono);
		p->pool.refresh = now.mono;
	}
	for (size_t i = 0; i < e->nrnames; i++)
		retry_now(&e->rname[i].dns, now.mono);
}

/* A server that was known by name and went silent may have moved. */
static void
watch_silent(struct peer *p, ntp_mono now)
{
	if (p->name[0] == '\0' || p->kind != PEER_SERVER ||
	    p->poll.reach != 0 || p->poll.unreach < NTP_UNREACH ||
	    p->dns.pending || p->dns.again)
		return;
	p->dns.again = true;
	p->dns.wait =
	    p->dns.wait < POOL_WAIT_MIN ? POOL_WAIT_MIN : p->dns.wait * 2;
	if (p->dns.wait > POOL_WAIT_MAX)
		p->dns.wait = POOL_WAIT_MAX;
	p->dns.at = mono_add(now, p->dns.wait);
}

/* Who establishes keys is told the address along with them. */
static void
keys_tick(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	bool more = p->kind == PEER_POOL && pool_wants_more(e, p);

	nts_tick(e, p, more, now);
}

void
names_tick(struct ntp_engine *e, struct ntp_now now)
{
	PEER_FOREACH (p, &e->peers) {
		if (peer_uses_nts(p)) {
			keys_tick(e, p, now);
			continue;
		}
		if (p->name[0] == '\0')
			continue;
		watch_silent(p, now.mono);
		dns_ask(
		    e, &p->dns, p->name, p->cfg->family, p->associd, now.mono);
		if (p->kind == PEER_POOL)
			pool_tick(e, p, now);
	}
	for (size_t i = 0; i < e->nrnames; i++) {
		struct restrict_name *r = &e->rname[i];

		dns_ask(e, &r->dns, r->line->host, r->line->family,
		    TAG_RESTRICT + r->tag, now.mono);
	}
}
