/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_node.c - a machine with a daemon: the ports of its engine.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_config.h"
#include "ntp_err.h"
#include "ntp_state.h"
#include "sim_math.h"
#include "sim_world.h"

#define NEVER	      INT64_MAX
#define PORT_FIRST    20000
#define PORT_COUNT    40000
#define DNS_TIME      (5 * NS_PER_S / 1000)
#define JUMP_MIN      (50 * NS_PER_S / 1000) /* as systime.c has it */
#define DRIFT_SECONDS 3600		     /* between writes of the file */

static struct sim_node *
node_of(void *port, size_t off)
{
	return (struct sim_node *)(void *)((char *)port - off);
}
#define NODE(port, member) node_of(port, offsetof(struct sim_node, member))

/* --- the timer of the engine ------------------------------------------------ */

static void node_wake(void *obj, uint64_t gen);

/* One wake-up is in force; an earlier one takes its place, a later one waits
 * until it has fired. */
static void
node_rearm(struct sim_node *n)
{
	int64_t at;

	if (!n->running || n->asleep)
		return;
	n->due = engine_deadline(n->e).ns;
	at = sim_clock_when(&n->clock, n->due);
	if (at <= n->w->now)
		at = n->w->now + 1;
	if (at >= n->wake)
		return;
	n->wake = at;
	(void)queue_push(&n->w->queue, at, node_wake, n, ++n->gen);
}

/* Whatever made the engine stop, the daemon leaves in good order; one that
 * has set the clock for good (-q) means its slew to go on. */
void
node_after(struct sim_node *n)
{
	if (n->running && n->e->stop != ENGINE_RUN) {
		n->running = false;
		n->ended = NEVER;
		if (n->e->stop != ENGINE_STOP_SET) {
			n->ended = n->w->now;
			sim_clock_release(&n->clock);
		}
	}
	node_rearm(n);
}

static void
watch_jump(struct sim_node *n)
{
	int64_t by = n->clock.behind;

	n->clock.behind = 0;
	if (by > -JUMP_MIN && by < JUMP_MIN)
		return;
	engine_clock_jumped(n->e, (double)by * 1e-9, sim_clock_now(&n->clock));
}

static void
write_drift(struct sim_node *n)
{
	struct engine_status st;

	engine_status(n->e, &st);
	if (!st.freq_valid)
		return;
	n->drift_known = true;
	n->drift = st.freq;
}

static void
node_wake(void *obj, uint64_t gen)
{
	struct sim_node *n = obj;

	if (gen != n->gen || !n->running || n->asleep)
		return;
	n->wake = NEVER;
	sim_clock_advance(&n->clock, n->w->now);
	if (n->due <= n->clock.mono) {
		watch_jump(n);
		timer(n->e, sim_clock_now(&n->clock));
	}
	node_after(n);
}

static void
drift_tick(void *obj, uint64_t life)
{
	struct sim_node *n = obj;

	if (!n->running || life != n->life)
		return;
	write_drift(n);
	(void)queue_push(&n->w->queue, n->w->now + DRIFT_SECONDS * NS_PER_S,
	    drift_tick, n, life);
}

/* --- ports ------------------------------------------------------------------ */

static struct sim_endpoint *
spare_endpoint(struct sim_node *n)
{
	struct sim_endpoint *ep;

	for (size_t i = 0; i < n->neps; i++) {
		if (n->ep[i].ep == 0)
			return &n->ep[i];
	}
	ep = realloc(n->ep, (n->neps + 1) * sizeof *ep);
	if (ep == NULL)
		return NULL;
	n->ep = ep;
	return &n->ep[n->neps++];
}

static int
port_open(struct packet_port *port, const struct ntp_addr *remote,
    struct ntp_addr *local)
{
	struct sim_node *n = NODE(port, net);
	struct sim_endpoint *ep = spare_endpoint(n);

	if (ep == NULL)
		return -NTP_ENOMEM;
	ep->ep = ++n->next_ep;
	ep->port = (uint16_t)(PORT_FIRST + n->next_ep % PORT_COUNT);
	ep->remote = *remote;
	*local = n->addr;
	local->port = ep->port;
	return ep->ep;
}

static void
port_close(struct packet_port *port, int number)
{
	struct sim_node *n = NODE(port, net);

	for (size_t i = 0; i < n->neps; i++) {
		if (n->ep[i].ep == number)
			n->ep[i].ep = 0;
	}
}

/* Its own time stamp is a little early, as that of any host. */
static double
stamp_noise(struct sim_node *n)
{
	double mean = n->def->stamp_noise;

	return mean > 0 ? mean * sim_exponential(&n->noise) : 0;
}

static bool
is_kiss(const struct datagram *dg)
{
	struct ntp_packet pkt;

	return packet_decode(dg->buf, dg->len, &pkt) == 0 && pkt.stratum == 0 &&
	    pkt.leap == NTP_LEAP_UNSYNC;
}

static int
port_send(struct packet_port *port, const struct datagram *dg, ntp_ts *tx)
{
	struct sim_node *n = NODE(port, net);
	struct ntp_addr src = n->addr;
	uint8_t mode = dg->len > 0 ? packet_mode(dg->buf) : 0;

	*tx = sim_clock_read(&n->clock, -stamp_noise(n));
	if (dg->ep == 0 && dg->src != NULL && dg->src->port != 0)
		src.port = dg->src->port;
	for (size_t i = 0; dg->ep != 0 && i < n->neps; i++) {
		if (n->ep[i].ep == dg->ep)
			src.port = n->ep[i].port;
	}
	if (mode == NTP_MODE_CLIENT || mode == NTP_MODE_ACTIVE ||
	    mode == NTP_MODE_PASSIVE)
		n->polls++;
	else if (mode == NTP_MODE_SERVER && is_kiss(dg))
		n->kisses++;
	else
		n->served++;
	depart(n, dg,
	    &(struct sim_frame){&src, dg->dst, dg->buf, dg->len, dg->ttl});
	return 0;
}

static int
port_route(struct packet_port *port, const struct ntp_addr *remote,
    struct ntp_addr *local)
{
	(void)remote;
	*local = NODE(port, net)->addr;
	local->port = NTP_PORT;
	return 0;
}

static void
port_fill(struct rng_port *r, void *buf, size_t len)
{
	rng_fill(&NODE(r, rngport)->rng, buf, len);
}

static void __attribute__((format(printf, 3, 0)))
port_log(struct log_port *l, enum ntp_loglevel lv, const char *fmt, va_list ap)
{
	struct sim_node *n = NODE(l, log);

	(void)lv;
	if (n->w->log == NULL)
		return;
	(void)fprintf(n->w->log, "%12.3f %s: ", world_time(n->w), n->name);
	(void)vfprintf(n->w->log, fmt, ap);
	(void)fputc('\n', n->w->log);
}

/* --- names ------------------------------------------------------------------ */

size_t
node_addresses(
    const struct sim_world *w, const char *name, struct ntp_addr *out)
{
	const struct scenario *sc = w->sc;
	const struct sim_node *n = world_node(w, name);
	size_t count = 0;

	if (n != NULL)
		out[count++] = n->addr;
	for (size_t i = 0; i < sc->nalias && count < SIM_ADDRS; i++) {
		if (strcmp(sc->alias[i].name, name) != 0)
			continue;
		n = world_node(w, sc->alias[i].node);
		if (n != NULL)
			out[count++] = n->addr;
	}
	return count;
}

static void
answer_lookup(void *obj, uint64_t tag)
{
	struct sim_node *n = obj;
	struct ntp_addr addr[SIM_ADDRS];
	size_t count;
	struct sim_lookup *l = &n->lookup[tag % SIM_LOOKUPS];

	sim_clock_advance(&n->clock, n->w->now);
	if (!n->running || l->life != n->life)
		return;
	count = node_addresses(n->w, l->name, addr);
	engine_resolved(n->e, l->tag, addr, count, "Name or service not known",
	    sim_clock_now(&n->clock));
	node_after(n);
}

static int
port_resolve(
    struct dns_port *d, const char *name, enum addr_family family, uint32_t tag)
{
	struct sim_node *n = NODE(d, dns);
	struct sim_lookup *l = &n->lookup[n->nlookups % SIM_LOOKUPS];

	(void)family;
	l->life = n->life;
	l->tag = tag;
	(void)snprintf(l->name, sizeof l->name, "%s", name);
	return queue_push(&n->w->queue, n->w->now + DNS_TIME, answer_lookup, n,
	    n->nlookups++);
}

/* --- life ------------------------------------------------------------------- */

static void
set_ports(struct sim_node *n)
{
	n->net =
	    (struct packet_port){port_open, port_close, port_send, port_route};
	n->rngport.fill = port_fill;
	n->dns.resolve = port_resolve;
	nts_init(n);
	n->log = (struct log_port){NTP_LOG_INFO, port_log};
}

static int
start_engine(struct sim_node *n, FILE *err)
{
	struct ntp_ports ports = {.clock = &n->clock.port,
	    .packet = &n->net,
	    .rng = &n->rngport,
	    .dns = &n->dns,
	    .nts = &n->nts,
	    .log = &n->log};
	struct ntp_config *cfg = node_conf(n, err);
	struct engine_options opt = {.panic_once = n->def->panic_once,
	    .step_once = n->def->step_once,
	    .slew = n->def->slew,
	    .version = "simrun",
	    .processor = "sim",
	    .system = "sim"};

	if (cfg == NULL || node_keys(n, cfg, err) != 0) {
		config_free(&cfg);
		return -NTP_EFORMAT;
	}
	opt.keys = n->keys;
	opt.freq_known = n->drift_known && cfg->driftfile != NULL;
	opt.freq = n->drift;
	n->e = engine_new(&cfg, &opt, &ports, sim_clock_now(&n->clock));
	config_free(&cfg);
	if (n->e == NULL)
		return -NTP_ENOMEM;
	nts_serve(n);
	return node_leapfile(n, err);
}

int
node_start(struct sim_node *n, FILE *err)
{
	if (n->running)
		return 0;
	sim_clock_advance(&n->clock, n->w->now);
	set_ports(n);
	engine_free(&n->e);
	n->neps = 0;
	if (start_engine(n, err) != 0)
		return -NTP_EFORMAT;
	n->running = true;
	n->was_synced = false;
	n->asleep = false;
	n->fooled_since = -1;
	n->life++;
	n->wake = NEVER;
	n->clock.behind = 0;
	engine_local_addrs(n->e, &n->addr, 1, sim_clock_now(&n->clock));
	node_rearm(n);
	if (pulse_begin(n) != 0)
		return -NTP_ENOMEM;
	return queue_push(&n->w->queue, n->w->now + DRIFT_SECONDS * NS_PER_S,
	    drift_tick, n, n->life);
}

void
node_stop(struct sim_node *n, bool killed)
{
	sim_clock_advance(&n->clock, n->w->now);
	if (!n->running)
		return;
	if (killed) {
		sim_clock_orphan(&n->clock);
	} else {
		write_drift(n);
		sim_clock_release(&n->clock);
	}
	n->running = false;
	n->ended = n->w->now;
	engine_free(&n->e);
	n->neps = 0;
}

/* --- sleep ------------------------------------------------------------------ */

static void
wake_up(void *obj, uint64_t life)
{
	struct sim_node *n = obj;

	if (life == n->life)
		node_resume(n);
}

void
node_suspend(struct sim_node *n, double s)
{
	n->asleep = true;
	n->wake = NEVER;
	n->gen++;
	(void)queue_push(
	    &n->w->queue, n->w->now + (int64_t)(s * 1e9), wake_up, n, n->life);
}

/* Meanwhile only the real-time clock ran, which tells whole seconds. */
void
node_resume(struct sim_node *n)
{
	if (!n->asleep)
		return;
	n->asleep = false;
	sim_clock_advance(&n->clock, n->w->now);
	sim_clock_wake(&n->clock, rng_double(&n->noise) - 0.5);
	invariant_remember(n);
	if (!n->running)
		return;
	engine_clock_jumped(n->e, 0, sim_clock_now(&n->clock));
	node_after(n);
}

/* --- datagrams -------------------------------------------------------------- */

const struct sim_endpoint *
node_endpoint(const struct sim_node *n, const struct ntp_addr *remote)
{
	for (size_t i = 0; i < n->neps; i++) {
		if (n->ep[i].ep != 0 && addr_equal(&n->ep[i].remote, remote))
			return &n->ep[i];
	}
	return NULL;
}

/* Connected endpoints hear only whom they are connected to; -1: nobody is
 * there. */
static int
endpoint_for(const struct sim_node *n, const struct sim_packet *p)
{
	if (p->dst.port == n->e->cfg->port ||
	    p->dst.port == n->e->cfg->extraport)
		return 0;
	for (size_t i = 0; i < n->neps; i++) {
		if (n->ep[i].ep != 0 && n->ep[i].port == p->dst.port &&
		    (addr_equal_port(&n->ep[i].remote, &p->src) ||
			addr_is_multicast(&n->ep[i].remote)))
			return n->ep[i].ep;
	}
	return -1;
}

void
node_deliver(struct sim_node *n, const struct sim_packet *p)
{
	struct ntp_now now;
	struct ntp_addr dst = p->dst;
	struct recvbuf rb = {.src = &p->src,
	    .dst = &dst,
	    .group = !addr_equal(&p->dst, &n->addr),
	    .data = p->data,
	    .len = p->len};

	if (rb.group)
		dst = n->addr;
	sim_clock_advance(&n->clock, n->w->now);
	if (!n->running || n->asleep)
		return;
	rb.ep = endpoint_for(n, p);
	if (rb.ep < 0)
		return;
	now = sim_clock_now(&n->clock);
	rb.rx_time = sim_clock_read(&n->clock, stamp_noise(n));
	receive(n->e, &rb, now);
	while (engine_background(n->e))
		continue;
	node_after(n);
}

double
node_root_distance(const struct sim_node *n)
{
	const struct ntp_engine *e = n->e;

	return e->sys.rootdelay / 2 +
	    sys_rootdisp(e, (ntp_mono){n->clock.mono});
}
