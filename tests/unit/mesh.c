/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mesh.c - several engines on one wire.
 */
#include "mesh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define EPOCH	  1750000000 /* Unix s at true time 0 */
#define PORT_BASE 40000	     /* source port of endpoint 0, were it not 123 */

static struct mesh_node *
node_of(void *port, size_t off)
{
	return (struct mesh_node *)(void *)((char *)port - off);
}
#define NODE(port, member) node_of(port, offsetof(struct mesh_node, member))

struct ntp_addr
mesh_addr(unsigned k)
{
	struct ntp_addr a = {.ip = {192, 0, 2, (uint8_t)(k + 1)},
	    .port = 123,
	    .family = ADDR_V4};

	return a;
}

static ntp_ts
stamp(const struct mesh_node *n, double t)
{
	return ts_add(ts_from_unix(EPOCH, 0), t + n->err);
}

struct ntp_now
mesh_now(const struct mesh *m, unsigned k)
{
	struct ntp_now now = {.sys = stamp(&m->node[k], m->t),
	    .mono = {.ns = (int64_t)((m->t + 1000) * 1e9)}};

	return now;
}

/* --- ports ------------------------------------------------------------------ */

static ntp_ts
port_get(struct clock_port *c)
{
	struct mesh_node *n = NODE(c, clock);

	return stamp(n, n->m->t);
}

static int
port_adj(struct clock_port *c, double adj, double freq)
{
	struct mesh_node *n = NODE(c, clock);

	n->slew = adj;
	n->slewend = n->m->t + 1;
	n->freq = freq;
	return 0;
}

static int
port_step(struct clock_port *c, double offset)
{
	struct mesh_node *n = NODE(c, clock);

	n->err += offset;
	n->steps++;
	return 0;
}

static int
port_status(struct clock_port *c, enum ntp_leap leap, double est, double max)
{
	(void)c;
	(void)leap;
	assert_true(est >= 0 && max >= 0);
	return 0;
}

static int
port_open(struct packet_port *p, const struct ntp_addr *remote,
    struct ntp_addr *local)
{
	struct mesh_node *n = NODE(p, net);

	(void)remote;
	*local = n->addr;
	local->port = (uint16_t)(PORT_BASE + ++n->next_ep);
	return n->next_ep;
}

static void
port_close(struct packet_port *p, int ep)
{
	(void)p;
	(void)ep;
}

static int
port_route(struct packet_port *p, const struct ntp_addr *remote,
    struct ntp_addr *local)
{
	(void)remote;
	*local = NODE(p, net)->addr;
	return 0;
}

static void
enqueue(struct mesh *m, const struct mesh_packet *p, unsigned to)
{
	for (unsigned i = 0; i < MESH_FLIGHT; i++) {
		if (m->flight[i].used)
			continue;
		m->flight[i] = *p;
		m->flight[i].to = to;
		return;
	}
	fail_msg("too much on the wire");
}

static void
fly(struct mesh *m, const struct mesh_packet *p, unsigned to)
{
	if (m->node[to].cut || rng_double(&m->rng) < m->loss)
		return;
	enqueue(m, p, to);
}

/* It leaves later than its time stamp says; the kernel tells. */
static void
leave(struct mesh_node *n, const struct datagram *dg, struct mesh_packet *f)
{
	struct mesh *m = n->m;
	struct mesh_packet word = {
	    .used = true, .departure = true, .mark = dg->mark};

	if (!(m->stack > 0))
		return;
	word.due = m->t + m->stack * rng_double(&m->rng);
	f->due += word.due - m->t;
	if (dg->stamp)
		enqueue(m, &word, (unsigned)(n - m->node));
}

static int
port_send(struct packet_port *p, const struct datagram *dg, ntp_ts *tx)
{
	struct mesh_node *n = NODE(p, net);
	struct mesh *m = n->m;
	struct mesh_packet f = {.used = true,
	    .group = addr_is_multicast(dg->dst) || dg->dst->ip[3] == 255,
	    .due = m->t + m->delay,
	    .src = n->addr,
	    .dst = *dg->dst,
	    .ttl = dg->ttl,
	    .len = dg->len};

	*tx = stamp(n, m->t);
	if (n->cut)
		return 0;
	if (dg->ep != 0)
		f.src.port = (uint16_t)(PORT_BASE + dg->ep);
	leave(n, dg, &f);
	assert_true(dg->len <= sizeof f.data);
	memcpy(f.data, dg->buf, dg->len);
	if (m->tap != NULL)
		m->tap(m, &f);
	for (unsigned k = 0; k < m->n; k++) {
		if (&m->node[k] != n &&
		    (f.group || addr_equal(dg->dst, &m->node[k].addr)))
			fly(m, &f, k);
	}
	return 0;
}

static void
port_fill(struct rng_port *r, void *buf, size_t len)
{
	rng_fill(&NODE(r, rngport)->m->rng, buf, len);
}

static void __attribute__((format(printf, 3, 0)))
port_log(struct log_port *l, enum ntp_loglevel lv, const char *fmt, va_list ap)
{
	(void)l;
	(void)lv;
	(void)fmt;
	(void)ap;
}

static void
config_diag(void *arg, const struct config_diag *d)
{
	(void)arg;
	if (d->severity == CONFIG_ERROR)
		fail_msg("%s:%u:%u: %s", d->file, d->line, d->column, d->text);
}

/* --- nodes ------------------------------------------------------------------ */

void
mesh_init(struct mesh *m)
{
	memset(m, 0, sizeof *m);
	rng_seed(&m->rng, 1);
	m->delay = 0.002;
}

void
mesh_fini(struct mesh *m)
{
	for (unsigned k = 0; k < m->n; k++)
		engine_free(&m->node[k].e);
}

static void
start(struct mesh *m, unsigned k, const char *conf, struct keystore *keys)
{
	struct mesh_node *n = &m->node[k];
	struct config_io io = {.diag = config_diag};
	struct ntp_config *cfg = config_new();
	struct engine_options o = {.version = "test",
	    .keys = keys,
	    .freq_known = true,
	    .freq = -n->natural};
	struct ntp_ports ports = {.clock = &n->clock,
	    .packet = &n->net,
	    .rng = &n->rngport,
	    .log = &n->log};

	assert_int_equal(
	    config_parse(cfg, "test.conf", conf, strlen(conf), &io), 0);
	config_finish(cfg, &io);
	assert_int_equal(cfg->nerrors, 0);
	n->e = engine_new(&cfg, &o, &ports, mesh_now(m, k));
	assert_non_null(n->e);
	engine_local_addrs(n->e, &n->addr, 1, mesh_now(m, k));
}

unsigned
mesh_add(struct mesh *m, const char *conf, struct keystore *keys, double err,
    double ppm)
{
	unsigned k = m->n++;
	struct mesh_node *n = &m->node[k];

	assert_true(k < MESH_NODES);
	n->m = m;
	n->addr = mesh_addr(k);
	n->err = err;
	n->natural = ppm * 1e-6;
	n->clock = (struct clock_port){port_get, port_adj, port_step,
	    port_status, NULL, -20, NULL, false, NULL};
	n->net =
	    (struct packet_port){port_open, port_close, port_send, port_route};
	n->rngport.fill = port_fill;
	n->log = (struct log_port){NTP_LOG_ERR, port_log};
	start(m, k, conf, keys);
	return k;
}

void
mesh_restart(
    struct mesh *m, unsigned k, const char *conf, struct keystore *keys)
{
	engine_free(&m->node[k].e);
	m->node[k].freq = m->node[k].slewend = 0;
	start(m, k, conf, keys);
}

struct peer *
mesh_associated(struct mesh *m, unsigned k, const struct ntp_addr *addr)
{
	PEER_FOREACH (p, &m->node[k].e->peers) {
		if (addr_equal(&p->srcadr, addr))
			return p;
	}
	return NULL;
}

struct peer *
mesh_peer(struct mesh *m, unsigned k, unsigned with)
{
	return mesh_associated(m, k, &m->node[with].addr);
}

/* --- time ------------------------------------------------------------------- */

static void
advance(struct mesh *m, double to)
{
	double dt = to - m->t;

	if (dt <= 0)
		return;
	for (unsigned k = 0; k < m->n; k++) {
		struct mesh_node *n = &m->node[k];
		double slewing = n->slewend - m->t;

		if (slewing > dt)
			slewing = dt;
		if (slewing > 0)
			n->err += n->slew * slewing;
		n->err += (n->natural + n->freq) * dt;
	}
	m->t = to;
}

static void
deliver(struct mesh *m, const struct mesh_packet *f, int ep)
{
	struct mesh_node *n = &m->node[f->to];
	struct ntp_addr local = n->addr;
	struct ntp_now now = mesh_now(m, f->to);
	struct recvbuf rb = {.src = &f->src,
	    .dst = &local,
	    .ep = ep,
	    .group = f->group,
	    .rx_time = now.sys,
	    .data = f->data,
	    .len = f->len};

	receive(n->e, &rb, now);
}

static void
arrive(struct mesh *m, struct mesh_packet *f)
{
	struct mesh_packet copy = *f;

	f->used = false;
	if (copy.departure) {
		engine_departed(m->node[copy.to].e, copy.mark,
		    stamp(&m->node[copy.to], m->t));
		return;
	}
	deliver(m, &copy,
	    copy.dst.port > PORT_BASE ? copy.dst.port - PORT_BASE : 0);
}

void
mesh_inject(struct mesh *m, unsigned k, const struct ntp_addr *src, bool group,
    const void *data, size_t len)
{
	struct mesh_packet f = {
	    .src = *src, .group = group, .len = len, .to = k};

	memcpy(f.data, data, len);
	deliver(m, &f, 0);
}

static struct mesh_packet *
next_packet(struct mesh *m)
{
	struct mesh_packet *first = NULL;

	for (unsigned i = 0; i < MESH_FLIGHT; i++) {
		struct mesh_packet *f = &m->flight[i];

		if (f->used && (first == NULL || f->due < first->due))
			first = f;
	}
	return first;
}

static unsigned
next_node(const struct mesh *m, double *at)
{
	unsigned first = 0;

	*at = 1e18;
	for (unsigned k = 0; k < m->n; k++) {
		double due =
		    (double)engine_deadline(m->node[k].e).ns * 1e-9 - 1000;

		if (due < *at) {
			*at = due;
			first = k;
		}
	}
	return first;
}

void
mesh_run(struct mesh *m, double s)
{
	double end = m->t + s, at;

	for (;;) {
		unsigned k = next_node(m, &at);
		struct mesh_packet *f = next_packet(m);

		if (f != NULL && f->due <= at && f->due <= end) {
			advance(m, f->due);
			arrive(m, f);
			continue;
		}
		if (at > end)
			break;
		advance(m, at + 1e-6);
		timer(m->node[k].e, mesh_now(m, k));
	}
	advance(m, end);
	/* what a packet changes from now on is its own doing */
	for (unsigned k = 0; k < m->n; k++)
		restate_slewed(m->node[k].e, mesh_now(m, k).mono);
}
