/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_world.c - nodes, and the time that passes.
 */
#include "sim_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_config.h"
#include "ntp_engine.h"

#define NODES_PER_NET 250U
#define PROGRESS_STEP 1000U /* samples */
#define LEAP_SLACK    (2 * NS_PER_S)
#define TABLE_LIMIT   1e-3 /* s, of the table */
#define TABLE_FINE    1e-4 /* s */

static int64_t
to_ns(double s)
{
	return (int64_t)floor(s * 1e9 + 0.5);
}

double
world_time(const struct sim_world *w)
{
	return (double)w->now * 1e-9;
}

struct sim_node *
world_node(const struct sim_world *w, const char *name)
{
	for (size_t i = 0; i < w->nnodes; i++) {
		if (strcmp(w->node[i].name, name) == 0)
			return &w->node[i];
	}
	return NULL;
}

/* Automatic addresses are 10.0.N.M, so most are found without a search. */
struct sim_node *
world_node_at(const struct sim_world *w, const struct ntp_addr *a)
{
	size_t guess = (size_t)a->ip[2] * NODES_PER_NET + a->ip[3] - 1U;

	if (guess < w->nnodes && addr_equal(&w->node[guess].addr, a))
		return &w->node[guess];
	for (size_t i = 0; i < w->nnodes; i++) {
		if (addr_equal(&w->node[i].addr, a))
			return &w->node[i];
	}
	return NULL;
}

/* --- making the nodes ------------------------------------------------------- */

static uint64_t
node_seed(const struct sim_world *w, unsigned idx, unsigned use)
{
	return w->seed * UINT64_C(0x100000001b3) + idx * 8ULL + use;
}

static void
node_init(
    struct sim_world *w, unsigned idx, const struct scn_node *d, unsigned k)
{
	struct sim_node *n = &w->node[idx];

	n->w = w;
	n->def = d;
	n->idx = idx;
	(void)snprintf(n->name, sizeof n->name, d->count > 1 ? "%s%u" : "%s",
	    d->name, k + 1);
	n->addr = d->addr;
	if (n->addr.family == ADDR_NONE) {
		n->addr = (struct ntp_addr){
		    .ip = {10, 0, (uint8_t)(idx / NODES_PER_NET),
			(uint8_t)(idx % NODES_PER_NET + 1)},
		    .port = NTP_PORT,
		    .family = ADDR_V4};
	}
	sim_clock_init(
	    &n->clock, &d->osc, &w->sc->utc, d->offset, node_seed(w, idx, 0));
	if (d->resolution > 1e-9)
		sim_clock_coarsen(&n->clock, to_ns(d->resolution));
	n->clock.port.leaps = !d->noleaps;
	rng_seed(&n->rng, node_seed(w, idx, 1));
	rng_seed(&n->noise, node_seed(w, idx, 2));
	rng_seed(&n->secret, node_seed(w, idx, 3));
	w->liars = w->liars || d->is_false;
	n->silent = d->silent;
	n->unsync = d->unsync;
	n->stratum = (uint8_t)d->stratum;
	n->drift_known = d->drift;
	n->drift = d->drift_freq;
	if (d->daemon)
		n->lookup = calloc(SIM_LOOKUPS, sizeof *n->lookup);
	if (d->daemon)
		n->establish = calloc(SIM_LOOKUPS, sizeof *n->establish);
}

static bool
make_nodes(struct sim_world *w)
{
	const struct scenario *sc = w->sc;
	size_t n = 0;
	unsigned idx = 0;

	for (size_t i = 0; i < sc->nnode; i++)
		n += sc->node[i].count;
	w->node = calloc(n + 1, sizeof *w->node);
	if (w->node == NULL)
		return false;
	w->nnodes = n;
	for (size_t i = 0; i < sc->nnode; i++) {
		for (unsigned k = 0; k < sc->node[i].count; k++)
			node_init(w, idx++, &sc->node[i], k);
	}
	return true;
}

/* --- gauges ----------------------------------------------------------------- */

static size_t
count_gauges(const struct sim_world *w)
{
	const struct scenario *sc = w->sc;
	size_t n = 0;

	for (size_t i = 0; i < w->nnodes; i++) {
		n += w->node[i].def->daemon;
		for (size_t k = 0; k < sc->nexpect; k++)
			n += scn_match(sc->expect[k].node, w->node[i].name);
	}
	return n;
}

static bool
add_gauge(struct sim_world *w, struct sim_node *n, struct sim_gauge *g)
{
	struct sim_gauge **list =
	    realloc(n->gauge, (n->ngauges + 1) * sizeof(struct sim_gauge *));

	if (list == NULL)
		return false;
	n->gauge = list;
	n->gauge[n->ngauges++] = g;
	g->node = n;
	g->fine = TABLE_FINE;
	g->to = w->sc->run + 1;
	return true;
}

static bool
expect_gauge(
    struct sim_world *w, struct sim_node *n, const struct scn_expect *x)
{
	struct sim_gauge *g = &w->gauge[w->ngauges++];

	if (!add_gauge(w, n, g))
		return false;
	g->x = x;
	g->from = x->from;
	g->to = x->to;
	g->limit = x->number;
	if (x->against[0] != '\0')
		g->against = world_node(w, x->against);
	if (x->arg[0] != '\0')
		g->source = world_node(w, x->arg);
	return true;
}

static bool
table_gauge(struct sim_world *w, struct sim_node *n)
{
	struct sim_gauge *g = &w->gauge[w->ngauges++];

	g->from = w->sc->settle;
	g->limit = TABLE_LIMIT;
	w->ntable++;
	return add_gauge(w, n, g);
}

static bool
make_gauges(struct sim_world *w)
{
	const struct scenario *sc = w->sc;
	bool ok = true;

	w->gauge = calloc(count_gauges(w) + 1, sizeof *w->gauge);
	if (w->gauge == NULL)
		return false;
	for (size_t k = 0; k < sc->nexpect; k++) {
		for (size_t i = 0; ok && i < w->nnodes; i++) {
			if (scn_match(sc->expect[k].node, w->node[i].name))
				ok = expect_gauge(
				    w, &w->node[i], &sc->expect[k]);
		}
	}
	for (size_t i = 0; ok && i < w->nnodes; i++) {
		if (w->node[i].def->daemon)
			ok = table_gauge(w, &w->node[i]);
	}
	return ok;
}

/* --- events of the scenario ------------------------------------------------- */

static void
act(struct sim_node *n, const struct scn_event *ev)
{
	switch (ev->action) {
	case ACT_STEP:
		sim_clock_jump(&n->clock, ev->value);
		invariant_remember(n);
		break;
	case ACT_FREQ:
		sim_clock_drift(&n->clock, ev->value);
		break;
	case ACT_KILL:
		node_stop(n, true);
		break;
	case ACT_STOP:
		node_stop(n, false);
		break;
	case ACT_START:
		if (n->def->daemon)
			(void)node_start(n, stderr);
		break;
	case ACT_SILENT:
	case ACT_ANSWER:
		n->silent = ev->action == ACT_SILENT;
		break;
	case ACT_UNSYNC:
	case ACT_SYNC:
		n->unsync = ev->action == ACT_UNSYNC;
		break;
	case ACT_ROTATE:
	case ACT_FORGET:
		nts_rotate(n, ev->action == ACT_FORGET);
		break;
	case ACT_SUSPEND:
		if (n->def->daemon)
			node_suspend(n, ev->value);
		break;
	case ACT_STRATUM:
	default:
		n->stratum = (uint8_t)ev->value;
		break;
	}
}

static void
scenario_event(void *obj, uint64_t i)
{
	struct sim_world *w = obj;
	const struct scn_event *ev = &w->sc->event[i];

	for (size_t k = 0; k < w->nnodes; k++) {
		if (!scn_match(ev->node, w->node[k].name))
			continue;
		sim_clock_advance(&w->node[k].clock, w->now);
		act(&w->node[k], ev);
	}
	if (ev->every > 0)
		(void)queue_push(
		    &w->queue, w->now + to_ns(ev->every), scenario_event, w, i);
}

static void
plan_events(struct sim_world *w)
{
	struct ntp_rng r;

	rng_seed(&r, w->seed);
	for (size_t i = 0; i < w->sc->nevent; i++) {
		const struct scn_event *ev = &w->sc->event[i];
		double at = ev->at + ev->within * rng_double(&r);

		(void)queue_push(&w->queue, to_ns(at), scenario_event, w, i);
	}
}

/* Servers know of leap seconds; daemons have a kernel for that. */
static void
true_leap(void *obj, uint64_t arg)
{
	struct sim_world *w = obj;

	(void)arg;
	for (size_t i = 0; i < w->nnodes; i++) {
		sim_clock_advance(&w->node[i].clock, w->now);
		if (!w->node[i].def->daemon)
			sim_clock_jump(&w->node[i].clock, -w->sc->utc.leap);
	}
}

static void
first_start(void *obj, uint64_t arg)
{
	(void)arg;
	(void)node_start(obj, stderr);
}

/* Errors in a configuration are to be seen at once. */
static bool
conf_is_good(struct sim_node *n, FILE *err)
{
	struct ntp_config *c = node_conf(n, err);
	bool good = c != NULL;

	config_free(&c);
	return good;
}

/* At no special moment within a second unless told to. */
static double
start_of(struct sim_node *n)
{
	double at = n->def->start;

	return at < 0 ? rng_double(&n->noise) : at;
}

static bool
start_nodes(struct sim_world *w, FILE *err)
{
	for (size_t i = 0; i < w->nnodes; i++) {
		struct sim_node *n = &w->node[i];

		if (!n->def->daemon)
			continue;
		if (!conf_is_good(n, err))
			return false;
		(void)queue_push(
		    &w->queue, to_ns(start_of(n)), first_start, n, 0);
	}
	return true;
}

/* While a leap second passes UTC is what everybody's own clock makes of it. */
static bool
within_leap(const struct sim_world *w)
{
	const struct sim_utc *u = &w->sc->utc;

	return u->leap != 0 && w->now >= u->leap_at - LEAP_SLACK &&
	    w->now <= u->leap_at + LEAP_SLACK;
}

static void
sample_node(struct sim_node *n, double t, bool leaping)
{
	for (size_t j = 0; j < n->ngauges && !leaping; j++)
		gauge_sample(n->gauge[j], t);
	if (n->def->daemon && leaping)
		invariant_remember(n);
	else if (n->def->daemon)
		invariant_check(n);
}

static void
sample(void *obj, uint64_t k)
{
	struct sim_world *w = obj;
	double t = world_time(w);
	bool leaping = within_leap(w);

	for (size_t i = 0; i < w->nnodes; i++)
		sim_clock_advance(&w->node[i].clock, w->now);
	for (size_t i = 0; i < w->nnodes; i++)
		sample_node(&w->node[i], t, leaping);
	if (w->trace != NULL)
		w->trace(w->arg, w);
	if (w->progress != NULL && k % PROGRESS_STEP == 0)
		w->progress(w->arg, t / w->sc->run);
	(void)queue_push(
	    &w->queue, w->now + to_ns(w->sc->sample), sample, w, k + 1);
}

/* --- the world -------------------------------------------------------------- */

struct sim_world *
world_new(const struct scenario *sc, uint64_t seed, FILE *log, FILE *err)
{
	struct sim_world *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->sc = sc;
	w->seed = seed;
	w->log = log;
	if (!make_nodes(w) || !make_gauges(w) || !start_nodes(w, err)) {
		world_free(&w);
		return NULL;
	}
	plan_events(w);
	if (sc->utc.leap != 0)
		(void)queue_push(&w->queue, sc->utc.leap_at, true_leap, w, 0);
	attack_start(w);
	(void)queue_push(&w->queue, to_ns(sc->sample), sample, w, 1);
	return w;
}

void
world_run(struct sim_world *w)
{
	int64_t end = to_ns(w->sc->run);
	struct sim_event ev;

	while (queue_pop(&w->queue, end, &ev)) {
		w->now = ev.at;
		ev.run(ev.obj, ev.arg);
	}
	w->now = end;
}

void
world_free(struct sim_world **wp)
{
	struct sim_world *w = *wp;

	if (w == NULL)
		return;
	for (size_t i = 0; i < w->nnodes; i++) {
		struct sim_node *n = &w->node[i];

		engine_free(&n->e);
		keys_free(&n->keys);
		free(n->ep);
		free(n->gauge);
		free(n->lookup);
		free(n->establish);
	}
	for (size_t i = 0; i < w->ngauges; i++)
		gauge_fini(&w->gauge[i]);
	net_fini(w);
	queue_fini(&w->queue);
	free(w->gauge);
	free(w->node);
	free(w);
	*wp = NULL;
}
