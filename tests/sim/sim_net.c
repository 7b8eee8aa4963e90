/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_net.c - the wires.
 *
 * Each direction between two nodes has its own random numbers, so that what
 * happens on one wire does not change what happens on another.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_math.h"
#include "sim_world.h"

#define DEFAULT_DELAY 1e-3 /* s, where no link line says anything */
#define DELAY_LIMIT   1e6  /* s; as good as lost */
#define PATHS_FIRST   64U

/* All that the link lines in force say of a path. */
struct wire {
	double delay, extra, jitter, shape, loss, burst, dup, reorder, hold,
	    hops;
	enum scn_jitter dist;
	const struct scn_trace *trace;
	bool down;
};

/* --- paths ------------------------------------------------------------------ */

static bool
link_matches(const struct scn_link *l, const char *from, const char *to)
{
	if (scn_match(l->from, from) && scn_match(l->to, to))
		return true;
	return l->both && scn_match(l->from, to) && scn_match(l->to, from);
}

static uint64_t
path_key(uint32_t from, uint32_t to)
{
	return ((uint64_t)from << 32 | to) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct sim_path *
path_slot(struct sim_path *table, size_t cap, uint32_t from, uint32_t to)
{
	size_t i = (size_t)(path_key(from, to) >> 20) % cap;

	while (table[i].used && (table[i].from != from || table[i].to != to))
		i = (i + 1) % cap;
	return &table[i];
}

static bool
path_grow(struct sim_world *w)
{
	size_t cap = w->pathcap > 0 ? 2 * w->pathcap : PATHS_FIRST;
	struct sim_path *table;

	if (2 * w->npaths < w->pathcap)
		return true;
	table = calloc(cap, sizeof *table);
	if (table == NULL)
		return false;
	for (size_t i = 0; i < w->pathcap; i++) {
		if (w->path[i].used)
			*path_slot(table, cap, w->path[i].from, w->path[i].to) =
			    w->path[i];
	}
	free(w->path);
	w->path = table;
	w->pathcap = cap;
	return true;
}

static void
path_init(struct sim_world *w, struct sim_path *p, const struct sim_node *from,
    const struct sim_node *to)
{
	const struct scenario *sc = w->sc;

	p->used = true;
	p->from = from->idx;
	p->to = to->idx;
	rng_seed(&p->rng, w->seed ^ path_key(from->idx + 1, to->idx + 1));
	p->rule = calloc(sc->nlink + 1, sizeof(const struct scn_link *));
	for (size_t i = 0; p->rule != NULL && i < sc->nlink; i++) {
		if (link_matches(&sc->link[i], from->name, to->name))
			p->rule[p->nrules++] = &sc->link[i];
	}
	w->npaths++;
}

static struct sim_path *
path_get(
    struct sim_world *w, const struct sim_node *from, const struct sim_node *to)
{
	struct sim_path *p;

	if (!path_grow(w))
		return NULL;
	p = path_slot(w->path, w->pathcap, from->idx, to->idx);
	if (!p->used)
		path_init(w, p, from, to);
	return p;
}

/* --- what a wire does to a packet ------------------------------------------- */

static bool
in_force(const struct scn_link *l, double t)
{
	t -= l->begin;
	if (t < 0)
		return false;
	if (l->every > 0)
		t -= floor(t / l->every) * l->every;
	return !(l->length > 0) || t < l->length;
}

static void
overlay(struct wire *v, const struct scn_link *l)
{
	if ((l->set & LINK_DELAY) != 0)
		v->delay = l->delay;
	if ((l->set & LINK_EXTRA) != 0)
		v->extra = l->extra;
	if ((l->set & LINK_JITTER) != 0) {
		v->dist = l->dist;
		v->jitter = l->jitter;
		v->shape = l->shape;
		v->trace = &l->trace;
	}
	if ((l->set & LINK_LOSS) != 0)
		v->loss = l->loss;
	if ((l->set & LINK_BURST) != 0)
		v->burst = l->burst;
	if ((l->set & LINK_DUP) != 0)
		v->dup = l->dup;
	if ((l->set & LINK_REORDER) != 0) {
		v->reorder = l->reorder;
		v->hold = l->hold;
	}
	if ((l->set & LINK_HOPS) != 0)
		v->hops = l->hops;
	v->down = v->down || (l->set & LINK_DOWN) != 0;
}

static struct wire
wire_now(const struct sim_path *p, double t)
{
	struct wire v = {.delay = DEFAULT_DELAY, .burst = 1};

	for (size_t i = 0; i < p->nrules; i++) {
		const struct scn_link *l = p->rule[i];

		if (l != NULL && in_force(l, t))
			overlay(&v, l);
	}
	return v;
}

/* Losses in bursts are Gilbert's two states. */
static bool
is_lost(struct sim_path *p, const struct wire *v)
{
	double u = rng_double(&p->rng);

	if (v->down || v->loss >= 1)
		return true;
	if (!(v->burst > 1))
		return u < v->loss;
	if (p->losing)
		p->losing = u >= 1 / v->burst;
	else
		p->losing = u < v->loss / (v->burst * (1 - v->loss));
	return p->losing;
}

static double
trace_next(struct sim_path *p, const struct scn_trace *t)
{
	if (p->trace_at == 0)
		p->trace_at = 1 + (size_t)rng_below(&p->rng, t->n);
	p->trace_at = p->trace_at % t->n + 1;
	return t->delay[p->trace_at - 1];
}

static double
jitter_of(struct sim_path *p, const struct wire *v)
{
	switch (v->dist) {
	case JITTER_EXP:
		return v->jitter * sim_exponential(&p->rng);
	case JITTER_GAMMA:
		return v->jitter * sim_gamma(&p->rng, v->shape);
	case JITTER_NORMAL:
		return v->jitter * sim_normal(&p->rng);
	case JITTER_PARETO:
		return v->jitter * sim_pareto(&p->rng, v->shape);
	case JITTER_UNIFORM:
		return v->jitter * 2 * rng_double(&p->rng);
	case JITTER_TRACE:
		return trace_next(p, v->trace);
	case JITTER_NONE:
	default:
		return 0;
	}
}

static int64_t
delay_of(struct sim_path *p, const struct wire *v)
{
	double d = v->delay + v->extra + jitter_of(p, v);

	if (v->reorder > 0 && rng_double(&p->rng) < v->reorder)
		d += v->hold;
	if (!(d < DELAY_LIMIT))
		d = DELAY_LIMIT;
	return d > 0 ? (int64_t)floor(d * 1e9 + 0.5) : 0;
}

/* --- datagrams -------------------------------------------------------------- */

static void
arrive(void *obj, uint64_t arg)
{
	struct sim_packet *p = obj;
	struct sim_world *w = p->w;

	(void)arg;
	if (p->to->def->daemon)
		node_deliver(p->to, p);
	else
		server_deliver(p->to, p);
	p->next = w->spare;
	w->spare = p;
}

void
net_inject(struct sim_node *to, const struct sim_frame *f, int64_t delay)
{
	struct sim_world *w = to->w;
	struct sim_packet *p = w->spare;

	if (f->len > SIM_DATAGRAM_MAX)
		return;
	if (p != NULL)
		w->spare = p->next;
	else
		p = malloc(sizeof *p);
	if (p == NULL)
		return;
	p->w = w;
	p->to = to;
	p->src = *f->src;
	p->dst = *f->dst;
	p->len = f->len;
	memcpy(p->data, f->data, f->len);
	if (queue_push(&w->queue, w->now + delay, arrive, p, 0) != 0)
		free(p);
}

static void
carry(struct sim_node *from, struct sim_node *to, const struct sim_frame *f,
    int64_t after)
{
	struct sim_path *p = path_get(from->w, from, to);
	uint8_t buf[SIM_DATAGRAM_MAX];
	struct sim_frame g = *f;
	struct wire v;

	if (p == NULL)
		return;
	attack_see(from, to, f);
	attack_alter(from, to, &g, buf);
	v = wire_now(p, world_time(from->w));
	if (is_lost(p, &v) || (f->ttl != 0 && f->ttl < v.hops))
		return;
	net_inject(to, &g, after + delay_of(p, &v));
	if (v.dup > 0 && rng_double(&p->rng) < v.dup)
		net_inject(to, &g, after + delay_of(p, &v));
}

/* 255.255.255.255, or the last address of a /24. */
static bool
is_broadcast_for(const struct ntp_addr *a, const struct ntp_addr *who)
{
	static const uint8_t ones[4] = {255, 255, 255, 255};

	if (a->family != ADDR_V4 || a->ip[3] != 255)
		return false;
	return memcmp(a->ip, ones, sizeof ones) == 0 ||
	    (who->family == ADDR_V4 && memcmp(a->ip, who->ip, 3) == 0);
}

void
net_send(struct sim_node *from, const struct sim_frame *f, int64_t after)
{
	struct sim_world *w = from->w;
	struct sim_node *to;

	if (!addr_is_multicast(f->dst) &&
	    !is_broadcast_for(f->dst, &from->addr)) {
		to = world_node_at(w, f->dst);
		if (to != NULL)
			carry(from, to, f, after);
		return;
	}
	for (size_t i = 0; i < w->nnodes; i++) {
		to = &w->node[i];
		if (to != from &&
		    (addr_is_multicast(f->dst) ||
			is_broadcast_for(f->dst, &to->addr)))
			carry(from, to, f, after);
	}
}

void
net_fini(struct sim_world *w)
{
	struct sim_packet *p;
	struct sim_event ev;

	while (queue_pop(&w->queue, INT64_MAX, &ev)) {
		if (ev.run == arrive)
			free(ev.obj);
	}
	while ((p = w->spare) != NULL) {
		w->spare = p->next;
		free(p);
	}
	for (size_t i = 0; i < w->pathcap; i++)
		free(w->path[i].rule);
	free(w->path);
}
