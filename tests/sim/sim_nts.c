/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_nts.c - Network Time Security: keys for the daemons of a scenario.
 *
 * What TLS is for is taken for granted: a client gets the keys of the node
 * that it means.  Cookies, their keys and the packets are real.
 */
#include <string.h>

#include "ntp_config.h"
#include "ntp_err.h"
#include "sim_world.h"

#define KE_TIME	  (60 * NS_PER_S / 1000)
#define KEYS_KEPT 3U /* the one in force, and those before it */

/* --- servers ---------------------------------------------------------------- */

static struct nts_cookiekey
new_key(struct sim_node *n)
{
	struct nts_cookiekey k = {
	    .id = (uint32_t)rng_u64(&n->secret), .aead = AEAD_AES_SIV_CMAC_256};

	rng_fill(&n->secret, k.key, aead_keylen(k.aead));
	return k;
}

void
nts_serve(struct sim_node *n)
{
	if (!n->def->nts)
		return;
	if (n->ring.n == 0)
		n->ring.key[n->ring.n++] = new_key(n);
	if (n->e != NULL)
		(void)engine_set_cookiekeys(n->e, &n->ring);
}

void
nts_rotate(struct sim_node *n, bool forget)
{
	struct nts_cookiekeys *r = &n->ring;

	if (forget)
		r->n = 0;
	memmove(&r->key[1], &r->key[0], (NTS_KEYRING - 1) * sizeof r->key[0]);
	r->key[0] = new_key(n);
	r->n = r->n < KEYS_KEPT ? r->n + 1 : KEYS_KEPT;
	nts_serve(n);
}

static bool
make_session(struct sim_node *server, struct nts_session *s)
{
	uint8_t seed[NTS_SEED];
	struct nts_jar *jar;

	rng_fill(&server->secret, seed, sizeof seed);
	jar = nts_jar_new(&server->ring, seed);
	if (jar == NULL)
		return false;
	s->keys.aead = AEAD_AES_SIV_CMAC_256;
	s->keys.keylen = (uint8_t)aead_keylen(s->keys.aead);
	nts_jar_random(jar, s->keys.c2s, s->keys.keylen);
	nts_jar_random(jar, s->keys.s2c, s->keys.keylen);
	for (s->ncookies = 0; s->ncookies < NTS_COOKIES; s->ncookies++) {
		struct nts_cookie *c = &s->cookie[s->ncookies];

		c->len = (uint16_t)nts_cookie_len(s->keys.aead);
		if (nts_cookie_seal(jar, &s->keys, c->octets) != 0)
			break;
	}
	nts_jar_free(&jar);
	return s->ncookies > 0;
}

/* --- clients ---------------------------------------------------------------- */

/* Of several addresses each time another one. */
static struct sim_node *
choose(const struct sim_node *n, const struct sim_lookup *l, uint64_t turn)
{
	struct ntp_addr addr[SIM_ADDRS];
	size_t count = node_addresses(n->w, l->name, addr);

	return count > 0 ? world_node_at(n->w, &addr[turn % count]) : NULL;
}

static void
answer(void *obj, uint64_t turn)
{
	struct sim_node *n = obj;
	const struct sim_lookup *l = &n->establish[turn % SIM_LOOKUPS];
	struct sim_node *server = choose(n, l, turn);
	struct nts_session s;
	struct ntp_now now;

	sim_clock_advance(&n->clock, n->w->now);
	if (!n->running || l->life != n->life)
		return;
	now = sim_clock_now(&n->clock);
	if (server != NULL && server->running && make_session(server, &s))
		engine_nts_ready(n->e, l->tag, &s, &server->addr, now);
	else
		engine_nts_failed(n->e, l->tag, "connection refused", now);
	node_after(n);
}

static int
port_establish(struct nts_port *port, uint32_t tag,
    const struct config_assoc *line, const struct ntp_addr *silent)
{
	struct sim_node *n = (struct sim_node *)(void *)((char *)port -
	    offsetof(struct sim_node, nts));
	struct sim_lookup *l = &n->establish[n->nestablish % SIM_LOOKUPS];

	(void)silent;
	l->life = n->life;
	l->tag = tag;
	(void)snprintf(l->name, sizeof l->name, "%s", line->host);
	return queue_push(
	    &n->w->queue, n->w->now + KE_TIME, answer, n, n->nestablish++);
}

void
nts_init(struct sim_node *n)
{
	n->nts.establish = port_establish;
}
