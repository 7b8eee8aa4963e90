/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_serving.c - the engine as a server: policy, client list, counters.
 *
 * ntp_server.c answers requests with what it is given; here is who gives it.
 */
#include <stdlib.h>

#include "ntp_err.h"
#include "ntp_state.h"

#define MRU_LEAK 2 /* 1 in 4 limited packets is answered */

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
mru_param_of(const struct ntp_config *c)
{
	return (struct mru_param){.entries = c->mru.maxdepth,
	    .average = c->discard_average,
	    .minimum = c->discard_minimum,
	    .leak_log2 = MRU_LEAK,
	    .v6bits = c->mru.v6prefix,
	    .mindepth = c->mru.mindepth,
	    .maxage = c->mru.maxage,
	    .minage = c->mru.minage,
	    .monitor = c->discard_monitor,
	    .prefault = c->mru.initalloc};
}

static int
init_monitor(struct ntp_engine *e)
{
	struct mru_param mp = mru_param_of(e->cfg);
	uint8_t seed[16];

	e->port.rng->fill(e->port.rng, seed, sizeof seed);
	if (!wants_monitor(e->cfg))
		return 0;
	e->mru = mru_new(&mp, seed);
	return e->mru == NULL ? -NTP_ENOMEM : 0;
}

static bool
mru_param_equal(const struct mru_param *a, const struct mru_param *b)
{
	return a->entries == b->entries && a->average == b->average &&
	    !(a->minimum < b->minimum) && !(a->minimum > b->minimum) &&
	    a->v6bits == b->v6bits && a->mindepth == b->mindepth &&
	    a->maxage == b->maxage && a->minage == b->minage &&
	    a->monitor == b->monitor;
}

/* The client list begins anew with other parameters, for its memory is laid
 * out by them. */
void
serving_retune(struct ntp_engine *e, const struct ntp_config *was)
{
	struct mru_param old = mru_param_of(was), mp = mru_param_of(e->cfg);
	bool wanted = wants_monitor(e->cfg);

	serving_follow(e);
	if (wanted == (e->mru != NULL) && mru_param_equal(&old, &mp))
		return;
	ctlmru_stop(e);
	mru_free(&e->mru);
	if (init_monitor(e) != 0)
		engine_log(e, NTP_LOG_ERR, "no memory for the client list");
	e->server.mru = e->mru;
}

/* --- policy ----------------------------------------------------------------- */

void
serving_follow(struct ntp_engine *e)
{
	e->server.policy = (struct server_policy){.access = e->access,
	    .keys = e->opt.keys,
	    .own = e->own,
	    .nown = e->nown,
	    .port = e->cfg->port,
	    .kod_poll = e->cfg->discard_average,
	    .signd_there = e->port.signd != NULL};
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
	e->server = (struct server_ctx){
	    .xleave = e->xleave, .mru = e->mru, .count = &e->count};
	serving_follow(e);
	return 0;
}

struct snap_ring *
engine_snapshots(struct ntp_engine *e)
{
	return &e->ring;
}

struct server_ctx *
engine_server(struct ntp_engine *e)
{
	(void)snap_read(&e->ring, &e->server.snap);
	return &e->server;
}
