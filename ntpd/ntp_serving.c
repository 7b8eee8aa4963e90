/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_serving.c - the engine as a server: policy, client list, counters.
 *
 * ntp_server.c answers requests with what it is given; here is who gives it.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_state.h"

#define MRU_LEAK 2 /* 1 in 4 limited packets is answered */

#define OWN_PART 64U   /* share of the engine where threads serve: 1/64, */
#define LINE	 64U   /* octets of a cache line */
#define OWN_MAX	 1024U /* but not more entries than that */

/* What one server thread serves with. */
struct serving_unit {
	uint8_t apart[LINE]; /* no cache line shared with another thread */
	struct server_ctx ctx;
	struct server_counters count;
	struct xleave_table xleave;
	uint8_t apart_too[LINE];
};

/* --- the client list -------------------------------------------------------- */

/* The client table is kept for its own sake (`monitor`) or because a rate
 * limit needs it. */
static bool
wants_monitor(const struct ntp_config *c)
{
	bool limited = false;

	for (size_t i = 0; i < c->nrestricts; i++)
		limited = limited || (c->restricts[i].flags & RES_LIMITED) != 0;
	return c->monitor || limited;
}

static struct mru_param
mru_param_of(const struct ntp_config *c, size_t entries)
{
	return (struct mru_param){.entries = entries,
	    .average = c->discard_average,
	    .minimum = c->discard_minimum,
	    .limit = c->limit,
	    .leak_log2 = MRU_LEAK,
	    .v6bits = c->mru.v6prefix,
	    .mindepth = c->mru.mindepth,
	    .maxage = c->mru.maxage,
	    .minage = c->mru.minage,
	    .monitor = c->discard_monitor,
	    .prefault = c->mru.initalloc};
}

/* What the engine itself hears is little where threads serve. */
static size_t
own_share(const struct ntp_engine *e)
{
	size_t all = e->cfg->mru.maxdepth;
	size_t some = all / OWN_PART < OWN_MAX ? all / OWN_PART : OWN_MAX;

	return e->nunits == 0 ? all : some;
}

static struct mru *
list_new(struct ntp_engine *e, size_t entries)
{
	struct mru_param mp = mru_param_of(e->cfg, entries);
	uint8_t seed[16];

	e->port.rng->fill(e->port.rng, seed, sizeof seed);
	return mru_new(&mp, seed);
}

static void
gather_lists(struct ntp_engine *e)
{
	struct mruset *s = &e->lists;

	*s = (struct mruset){.threads = e->port.threads};
	if (e->mru != NULL)
		s->list[s->n++] = e->mru;
	for (size_t i = 0; i < e->nunits && e->mru != NULL; i++) {
		if (e->unit[i]->ctx.mru == NULL)
			continue;
		s->thread[s->n] = i;
		s->list[s->n++] = e->unit[i]->ctx.mru;
	}
}

static int
init_monitor(struct ntp_engine *e)
{
	uint8_t seed[16];

	if (!wants_monitor(e->cfg)) {
		/* as many random numbers as with one */
		e->port.rng->fill(e->port.rng, seed, sizeof seed);
		return 0;
	}
	e->mru = list_new(e, own_share(e));
	gather_lists(e);
	return e->mru == NULL ? -NTP_ENOMEM : 0;
}

static bool
limit_equal(const struct rate_limit *a, const struct rate_limit *b)
{
	return !(a->average < b->average) && !(a->average > b->average) &&
	    !(a->burst < b->burst) && !(a->burst > b->burst) &&
	    !(a->kod < b->kod) && !(a->kod > b->kod);
}

static bool
mru_param_equal(const struct mru_param *a, const struct mru_param *b)
{
	return a->entries == b->entries && a->average == b->average &&
	    !(a->minimum < b->minimum) && !(a->minimum > b->minimum) &&
	    limit_equal(&a->limit, &b->limit) && a->v6bits == b->v6bits &&
	    a->mindepth == b->mindepth && a->maxage == b->maxage &&
	    a->minage == b->minage && a->monitor == b->monitor;
}

/* The client list begins anew with other parameters, for its memory is laid
 * out by them. */
void
serving_retune(struct ntp_engine *e, const struct ntp_config *was)
{
	struct mru_param old = mru_param_of(was, was->mru.maxdepth);
	struct mru_param mp = mru_param_of(e->cfg, e->cfg->mru.maxdepth);
	bool wanted = wants_monitor(e->cfg);

	serving_follow(e);
	if (wanted == (e->mru != NULL) && mru_param_equal(&old, &mp))
		return;
	serving_hold(e);
	ctlmru_stop(e);
	mru_free(&e->mru);
	for (size_t i = 0; i < e->nunits; i++)
		mru_free(&e->unit[i]->ctx.mru);
	gather_lists(e);
	if (init_monitor(e) != 0)
		engine_log(e, NTP_LOG_ERR, "no memory for the client list");
	e->server.mru = e->mru;
	e->units_anew = true;
	serving_release(e);
}

/* --- policy ----------------------------------------------------------------- */

void
serving_follow(struct ntp_engine *e)
{
	e->server.policy = (struct server_policy){.access = e->access,
	    .keys = e->opt.keys,
	    .nts = e->jar,
	    .own = e->own,
	    .nown = e->nown,
	    .port = e->cfg->port,
	    .kod_poll = e->cfg->discard_average,
	    .signd_there = e->port.signd != NULL};
	e->units_stale = true;
}

int
serving_init(struct ntp_engine *e)
{
	uint8_t seed[16];

	if (init_monitor(e) != 0)
		return -NTP_ENOMEM;
	e->xleave = calloc(1, sizeof *e->xleave);
	if (e->xleave == NULL)
		return -NTP_ENOMEM;
	e->port.rng->fill(e->port.rng, seed, sizeof seed);
	e->xleave->key = siphash_key(seed);
	e->server = (struct server_ctx){.ring = &e->ring,
	    .xleave = e->xleave,
	    .mru = e->mru,
	    .count = &e->count};
	serving_follow(e);
	return 0;
}

int
engine_set_cookiekeys(struct ntp_engine *e, const struct nts_cookiekeys *k)
{
	struct nts_jar *jar = NULL;
	uint8_t seed[NTS_SEED];

	if (k != NULL) {
		e->port.rng->fill(e->port.rng, seed, sizeof seed);
		jar = nts_jar_new(k, seed);
		nts_wipe(seed, sizeof seed);
		if (jar == NULL)
			return -NTP_ENOMEM;
	}
	nts_jar_free(&e->jar);
	e->jar = jar;
	serving_follow(e);
	return 0;
}

/* --- server threads --------------------------------------------------------- */

static void
policy_clear(struct server_policy *p)
{
	struct ntp_addr *own;

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are meant */
	memcpy(&own, &p->own, sizeof own);
	free(own);
	restrict_free(&p->access);
	keys_free(&p->keys);
	nts_jar_free(&p->nts);
	*p = (struct server_policy){0};
}

/* With nonces of its own. */
static struct nts_jar *
jar_for_unit(struct ntp_engine *e, const struct nts_jar *from)
{
	uint8_t seed[NTS_SEED];
	struct nts_jar *j;

	e->port.rng->fill(e->port.rng, seed, sizeof seed);
	j = nts_jar_copy(from, seed);
	nts_wipe(seed, sizeof seed);
	return j;
}

/* Requests for the signing daemon are steered to the engine. */
static bool
policy_copy(struct ntp_engine *e, struct server_policy *to,
    const struct server_policy *from)
{
	struct ntp_addr *own = calloc(from->nown + 1, sizeof *own);

	*to = *from;
	to->signd_there = false;
	to->own = own;
	to->access = restrict_copy(from->access);
	to->keys = from->keys != NULL ? keys_copy(from->keys) : NULL;
	to->nts = from->nts != NULL ? jar_for_unit(e, from->nts) : NULL;
	if (own == NULL || to->access == NULL ||
	    (from->keys != NULL && to->keys == NULL) ||
	    (from->nts != NULL && to->nts == NULL)) {
		policy_clear(to);
		return false;
	}
	memcpy(own, from->own, from->nown * sizeof *own);
	return true;
}

/* The old policy remains when there is no memory for the new one. */
static bool
unit_follow(struct ntp_engine *e, struct serving_unit *u)
{
	struct server_policy *was = &u->ctx.policy, now;

	if (!policy_copy(e, &now, &e->server.policy))
		return false;
	if (was->access != NULL)
		restrict_inherit(now.access, was->access);
	if (was->keys != NULL && now.keys != NULL)
		keys_inherit(now.keys, was->keys);
	policy_clear(was);
	*was = now;
	return true;
}

static bool
units_list(struct ntp_engine *e)
{
	size_t share = (e->cfg->mru.maxdepth - own_share(e)) / e->nunits;
	bool ok = true;

	ctlmru_stop(
	    e); /* who walks through fewer lists knows nothing of these */
	for (size_t i = 0; i < e->nunits; i++) {
		struct server_ctx *c = &e->unit[i]->ctx;

		if (wants_monitor(e->cfg) && c->mru == NULL) {
			c->mru = list_new(e, share);
			ok = ok && c->mru != NULL;
		}
	}
	gather_lists(e);
	return ok;
}

void
engine_units_follow(struct ntp_engine *e)
{
	bool ok = true;

	if (e->nunits == 0 || !(e->units_stale || e->units_anew))
		return;
	serving_hold(e);
	if (e->units_anew)
		ok = units_list(e);
	for (size_t i = 0; i < e->nunits; i++)
		ok = unit_follow(e, e->unit[i]) && ok;
	serving_release(e);
	e->units_stale = e->units_anew = false;
	if (!ok)
		engine_log(e, NTP_LOG_ERR,
		    "no memory for the server threads: they go on as before");
}

static struct serving_unit *
unit_new(struct ntp_engine *e)
{
	struct serving_unit *u = calloc(1, sizeof *u);

	if (u == NULL)
		return NULL;
	u->ctx.ring = &e->ring;
	u->ctx.count = &u->count;
	u->ctx.xleave = &u->xleave;
	u->xleave.key = e->xleave->key;
	return u;
}

int
engine_units_make(struct ntp_engine *e, size_t n)
{
	while (e->nunits < n && e->nunits < SERVER_UNITS_MAX) {
		struct serving_unit *u = unit_new(e);

		if (u == NULL)
			return -NTP_ENOMEM;
		e->unit[e->nunits++] = u;
	}
	mru_free(&e->mru);
	if (init_monitor(e) != 0 || !units_list(e))
		return -NTP_ENOMEM;
	e->server.mru = e->mru;
	for (size_t i = 0; i < e->nunits; i++)
		if (!unit_follow(e, e->unit[i]))
			return -NTP_ENOMEM;
	return 0;
}

struct server_ctx *
engine_unit(struct ntp_engine *e, size_t i)
{
	return &e->unit[i]->ctx;
}

void
serving_free(struct ntp_engine *e)
{
	for (size_t i = 0; i < e->nunits; i++) {
		policy_clear(&e->unit[i]->ctx.policy);
		mru_free(&e->unit[i]->ctx.mru);
		free(e->unit[i]);
	}
	e->nunits = 0;
	nts_jar_free(&e->jar);
	mru_free(&e->mru);
	free(e->xleave);
	e->xleave = NULL;
}

/* --- all of them together ------------------------------------------------ */

void
serving_hold(struct ntp_engine *e)
{
	if (e->port.threads != NULL)
		e->port.threads->hold(e->port.threads);
	e->total = e->count;
	for (size_t i = 0; i < e->nunits; i++)
		server_counters_add(&e->total, &e->unit[i]->count);
}

void
serving_release(struct ntp_engine *e)
{
	if (e->port.threads != NULL)
		e->port.threads->release(e->port.threads);
}

uint64_t
serving_hits(const struct ntp_engine *e, const struct restrict_entry *ent)
{
	uint64_t n = ent->hits;

	for (size_t i = 0; i < e->nunits; i++)
		n += restrict_hits(e->unit[i]->ctx.policy.access, ent);
	return n;
}

static void
keys_add(struct keys_counters *sum, const struct keystore *ks)
{
	struct keys_counters n;

	if (ks == NULL)
		return;
	n = keys_counted(ks);
	sum->lookups += n.lookups;
	sum->notfound += n.notfound;
	sum->digest_signed += n.digest_signed;
	sum->cmac_signed += n.cmac_signed;
	sum->digest_verified += n.digest_verified;
	sum->cmac_verified += n.cmac_verified;
	sum->digest_failed += n.digest_failed;
	sum->cmac_failed += n.cmac_failed;
}

struct keys_counters
serving_keys(const struct ntp_engine *e)
{
	struct keys_counters sum = {0};

	keys_add(&sum, e->opt.keys);
	for (size_t i = 0; i < e->nunits; i++)
		keys_add(&sum, e->unit[i]->ctx.policy.keys);
	return sum;
}

void
serving_reset(struct ntp_engine *e)
{
	serving_hold(e);
	e->count = (struct server_counters){0};
	for (size_t i = 0; i < e->nunits; i++)
		e->unit[i]->count = (struct server_counters){0};
	serving_release(e);
}

void
serving_reset_keys(struct ntp_engine *e)
{
	serving_hold(e);
	if (e->opt.keys != NULL)
		keys_reset(e->opt.keys);
	for (size_t i = 0; i < e->nunits; i++)
		if (e->unit[i]->ctx.policy.keys != NULL)
			keys_reset(e->unit[i]->ctx.policy.keys);
	serving_release(e);
}

struct snap_ring *
engine_snapshots(struct ntp_engine *e)
{
	return &e->ring;
}

struct server_ctx *
engine_server(struct ntp_engine *e)
{
	return &e->server;
}
