/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.c - a small world for one engine.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ntp_config.h"
#include "ntp_err.h"

#define EPOCH 1750000000 /* Unix s at true time 0 */

static struct world *
world_of(void *port, size_t off)
{
	return (struct world *)(void *)((char *)port - off);
}
#define WORLD(port, member) world_of(port, offsetof(struct world, member))

static ntp_ts
true_ts(double t, double err)
{
	return ts_add(ts_from_unix(EPOCH, 0), t + err);
}

/* UTC minus true time. */
static double
utc_of(const struct world *w, double t)
{
	return w->leap_dir != 0 && t >= w->leap_t ? -w->leap_dir : 0;
}

double
world_utc_err(const struct world *w)
{
	return w->err - utc_of(w, w->t);
}

double
world_time_of(int64_t s)
{
	return (double)(s - EPOCH);
}

void
world_begin(struct world *w, double t)
{
	w->t = t;
}

/* The kernel inserts after 23:59:59 and removes before it. */
static void
kernel_leap(struct world *w)
{
	int dir = w->armed == NTP_LEAP_INS ? 1
	    : w->armed == NTP_LEAP_DEL	   ? -1
					   : 0;
	double at = w->leap_t - w->err - (dir < 0 ? 1 : 0);

	if (!w->clock.leaps || dir == 0 || w->kernel_leapt || w->t < at)
		return;
	w->err -= dir;
	w->kernel_leapt = true;
}

/* --- ports ------------------------------------------------------------------ */

static ntp_ts
port_get(struct clock_port *c)
{
	struct world *w = WORLD(c, clock);

	return true_ts(w->t, w->err);
}

static int
port_adj(struct clock_port *c, double adj, double freq)
{
	struct world *w = WORLD(c, clock);

	w->slew = adj;
	w->slew_end = w->t + 1;
	w->freq = freq;
	w->adjusts++;
	return 0;
}

static int
port_step(struct clock_port *c, double offset)
{
	struct world *w = WORLD(c, clock);

	w->err += offset;
	w->steps++;
	return 0;
}

static int
port_status(struct clock_port *c, enum ntp_leap leap, double est, double max)
{
	WORLD(c, clock)->armed = leap;
	assert_true(est >= 0 && max >= 0);
	return 0;
}

static int
port_tai(struct clock_port *c, int tai)
{
	WORLD(c, clock)->tai = tai;
	return 0;
}

static int
port_open(struct packet_port *n, const struct ntp_addr *remote,
    struct ntp_addr *local)
{
	struct world *w = WORLD(n, net);

	*local = world_addr(200);
	w->next_ep++;
	w->ep_remote[w->next_ep & 255] = *remote;
	return w->next_ep;
}

static void
port_close(struct packet_port *n, int ep)
{
	(void)ep;
	WORLD(n, net)->closed++;
}

static struct world_packet *
new_packet(struct world *w)
{
	for (size_t i = 0; i < WORLD_FLIGHT; i++) {
		if (!w->flight[i].used)
			return &w->flight[i];
	}
	return NULL;
}

static ntp_ts
server_time(const struct world *w, const struct world_server *s)
{
	double t = w->t + s->delay;

	return true_ts(t, s->offset + utc_of(w, t));
}

static void
server_answer(
    struct world *w, struct world_server *s, const struct datagram *dg)
{
	struct world_packet *f = new_packet(w);
	struct ntp_packet q, r = {0};
	double back = s->delay + s->held + rng_exp(&w->rng) * s->jitter;

	assert_int_equal(packet_decode(dg->buf, 48, &q), 0);
	s->requests++;
	s->last_nonce = q.xmt;
	s->last_version = q.version;
	s->last_ep = dg->ep;
	if (s->dead || f == NULL)
		return;
	if (s->lose > 0) {
		s->lose--;
		return;
	}
	r = (struct ntp_packet){.leap = s->leap,
	    .version = q.version,
	    .mode = NTP_MODE_SERVER,
	    .stratum = s->stratum,
	    .poll = q.poll,
	    .precision = -20,
	    .refid = s->refid,
	    .rootdisp = short_from_s(s->rootdisp),
	    .org = q.xmt,
	    .rec = server_time(w, s),
	    .xmt = server_time(w, s)};
	r.reftime = r.rec;
	*f = (struct world_packet){.used = true,
	    .due = w->t + s->delay + back,
	    .ep = dg->ep,
	    .src = s->addr,
	    .len = 48};
	packet_encode(&r, f->data);
	if (s->keyid != 0)
		assert_int_equal(keys_sign(w->e->opt.keys, s->keyid, f->data,
				     sizeof f->data, &f->len),
		    0);
	if (s->seal != NULL)
		s->seal(s, dg, f);
}

static int
port_send(struct packet_port *n, const struct datagram *dg, ntp_ts *tx)
{
	struct world *w = WORLD(n, net);

	*tx = true_ts(w->t, w->err);
	if (w->net_down)
		return w->net_error != 0 ? -w->net_error : -NTP_ENET;
	if (dg->ep == 0) {
		assert_true(dg->len <= sizeof w->sent);
		memcpy(w->sent, dg->buf, dg->len);
		w->sentlen = dg->len;
		w->nsent++;
		return 0;
	}
	for (size_t i = 0; i < w->nsrv; i++) {
		if (addr_equal_port(dg->dst, &w->srv[i].addr))
			server_answer(w, &w->srv[i], dg);
	}
	return 0;
}

static int
port_route(struct packet_port *n, const struct ntp_addr *remote,
    struct ntp_addr *local)
{
	(void)n;
	(void)remote;
	*local = world_addr(200);
	return 0;
}

static void
port_fill(struct rng_port *r, void *buf, size_t len)
{
	rng_fill(&WORLD(r, rngport)->rng, buf, len);
}

static int
port_resolve(
    struct dns_port *d, const char *name, enum addr_family family, uint32_t tag)
{
	struct world *w = WORLD(d, dns);

	(void)family;
	w->asked++;
	w->dns_tag = tag;
	(void)snprintf(w->dns_name, sizeof w->dns_name, "%s", name);
	return 0;
}

static int
port_establish(struct nts_port *n, uint32_t tag,
    const struct config_assoc *line, const struct ntp_addr *silent)
{
	struct world *w = WORLD(n, ntsport);

	w->ke_asked++;
	w->ke_tag = tag;
	w->ke_silent = *silent;
	(void)snprintf(w->ke_host, sizeof w->ke_host, "%s", line->host);
	return 0;
}

static void __attribute__((format(printf, 3, 0)))
port_log(struct log_port *l, enum ntp_loglevel lv, const char *fmt, va_list ap)
{
	struct world *w = WORLD(l, log);

	size_t used = strlen(w->logs);

	(void)lv;
	(void)vsnprintf(w->lastlog, sizeof w->lastlog, fmt, ap);
	(void)snprintf(
	    w->logs + used, sizeof w->logs - used, "%s\n", w->lastlog);
}

static void
config_diag(void *arg, const struct config_diag *d)
{
	(void)arg;
	if (d->severity == CONFIG_ERROR)
		fail_msg("%s:%u:%u: %s", d->file, d->line, d->column, d->text);
}

/* --- the world -------------------------------------------------------------- */

struct ntp_addr
world_addr(unsigned n)
{
	struct ntp_addr a = {
	    .ip = {192, 0, 2, (uint8_t)n}, .port = 123, .family = ADDR_V4};

	return a;
}

void
world_four(struct world *w, double offset)
{
	(void)world_server(w, 1, 0);
	(void)world_server(w, 2, 1e-4);
	(void)world_server(w, 3, -1e-4);
	(void)world_server(w, 4, offset);
}

struct ntp_now
world_now(struct world *w)
{
	struct ntp_now now = {.sys = true_ts(w->t, w->err),
	    .mono = {.ns = (int64_t)((w->t + 1000) * 1e9)}};

	return now;
}

void
world_init(struct world *w, const char *conf, const struct engine_options *opt,
    double err, double ppm)
{
	struct config_io io = {.diag = config_diag};
	struct ntp_config *cfg = config_new();
	struct engine_options o = {.version = "test"};
	struct ntp_ports ports;
	struct ntp_addr own = world_addr(200);

	memset(w, 0, sizeof *w);
	rng_seed(&w->rng, 42);
	w->err = err;
	w->natural = ppm * 1e-6;
	w->clock = (struct clock_port){port_get, port_adj, port_step,
	    port_status, NULL, -20, port_tai, false, NULL};
	w->net =
	    (struct packet_port){port_open, port_close, port_send, port_route};
	w->rngport.fill = port_fill;
	w->dns.resolve = port_resolve;
	w->ntsport.establish = port_establish;
	w->log = (struct log_port){NTP_LOG_INFO, port_log};
	ports = (struct ntp_ports){.clock = &w->clock,
	    .packet = &w->net,
	    .rng = &w->rngport,
	    .dns = &w->dns,
	    .nts = &w->ntsport,
	    .log = &w->log};
	assert_int_equal(
	    config_parse(cfg, "test.conf", conf, strlen(conf), &io), 0);
	config_finish(cfg, &io);
	assert_int_equal(cfg->nerrors, 0);
	w->e = engine_new(&cfg, opt != NULL ? opt : &o, &ports, world_now(w));
	assert_non_null(w->e);
	assert_null(cfg);
	engine_local_addrs(w->e, &own, 1, world_now(w));
}

void
world_fini(struct world *w)
{
	engine_free(&w->e);
	assert_null(w->e);
}

struct world_server *
world_server(struct world *w, unsigned n, double offset)
{
	struct world_server *s = &w->srv[w->nsrv++];

	*s = (struct world_server){.addr = world_addr(n),
	    .offset = offset,
	    .delay = 0.005,
	    .jitter = 1e-4,
	    .stratum = 1,
	    .refid = refid_from_text("GPS")};
	return s;
}

static void
advance(struct world *w, double to)
{
	double dt = to - w->t;
	double slewing = w->slew_end - w->t;

	if (dt <= 0)
		return;
	if (slewing > dt)
		slewing = dt;
	if (slewing > 0)
		w->err += w->slew * slewing;
	w->err += (w->natural + w->freq) * dt;
	w->t = to;
	kernel_leap(w);
}

bool
world_is_synced(struct world *w)
{
	return w->e->sys.leap != NTP_LEAP_UNSYNC;
}

void
world_inject(struct world *w, int ep, const struct ntp_addr *src,
    const void *data, size_t len)
{
	struct ntp_addr dst = world_addr(200);
	struct ntp_now now = world_now(w);
	struct recvbuf rb = {.src = src,
	    .dst = &dst,
	    .ep = ep,
	    .rx_time = now.sys,
	    .data = data,
	    .len = len};

	receive(w->e, &rb, now);
	while (engine_background(w->e))
		continue;
}

static struct world_packet *
next_packet(struct world *w)
{
	struct world_packet *first = NULL;

	for (size_t i = 0; i < WORLD_FLIGHT; i++) {
		struct world_packet *f = &w->flight[i];

		if (f->used && (first == NULL || f->due < first->due))
			first = f;
	}
	return first;
}

void
world_run(struct world *w, double s)
{
	double end = w->t + s;

	while (w->e->stop == ENGINE_RUN) {
		double at = (double)engine_deadline(w->e).ns * 1e-9 - 1000;
		struct world_packet *f = next_packet(w);

		if (f != NULL && f->due <= at && f->due <= end) {
			advance(w, f->due);
			f->used = false;
			world_inject(w, f->ep, &f->src, f->data, f->len);
			continue;
		}
		if (at > end)
			break;
		advance(w, at + 1e-6);
		timer(w->e, world_now(w));
	}
	advance(w, end);
	/* what a packet changes from now on is its own doing */
	restate_slewed(w->e, world_now(w).mono);
}

bool
world_until(struct world *w, bool (*pred)(struct world *), double limit)
{
	double end = w->t + limit;

	while (w->t < end) {
		if (pred(w))
			return true;
		world_run(w, 1);
	}
	return pred(w);
}

struct peer *
world_peer(struct world *w, unsigned k)
{
	PEER_FOREACH (p, &w->e->peers) {
		if (k-- == 0)
			return p;
	}
	fail_msg("no such association");
	return NULL;
}
