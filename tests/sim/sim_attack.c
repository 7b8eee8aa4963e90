/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_attack.c - somebody who forges datagrams between a client and a server.
 *
 * `forge`, `zero`, `kiss` and `flood` are blind: they know addresses and ports,
 * but see nothing.  `replay` repeats what the server has said.  `race`,
 * `racekiss` and `racenak` sit on the wire, see each request and answer before
 * the server does: without keys nothing helps against that but other servers.
 * `alter` changes the time in the answers themselves.
 */
#include <math.h>
#include <string.h>

#include "ntp_packet.h"
#include "sim_world.h"

#define RACE_DELAY     (NS_PER_S / 100000)
#define CRYPTO_NAK_LEN 4U

static bool
attack_on(const struct scn_attack *a, double t)
{
	return t >= a->begin && (!(a->length > 0) || t < a->begin + a->length);
}

static bool
is_blind(enum scn_attack_kind k)
{
	return k == ATTACK_FORGE || k == ATTACK_KISS || k == ATTACK_FLOOD ||
	    k == ATTACK_ZERO;
}

static struct ntp_packet
forged_reply(const struct sim_world *w, const struct scn_attack *a)
{
	ntp_ts t = ts_from_unix_ns(sim_utc_at(&w->sc->utc, w->now));
	struct ntp_packet r = {.version = NTP_VERSION,
	    .mode = NTP_MODE_SERVER,
	    .stratum = 1,
	    .poll = NTP_MINPOLL,
	    .precision = -23,
	    .refid = refid_from_text("EVIL")};

	t = ts_add(t, a->offset);
	r.reftime = ts_add(t, -1);
	r.rec = r.xmt = t;
	if (a->kind == ATTACK_KISS || a->kind == ATTACK_RACEKISS) {
		r.leap = NTP_LEAP_UNSYNC;
		r.stratum = 0;
		r.refid = refid_from_text("RATE");
		r.poll = 17;
	}
	return r;
}

/* A pair's packets go from port to port, in modes of their own. */
static uint8_t
answer_mode(uint8_t mode)
{
	switch (mode) {
	case NTP_MODE_ACTIVE:
		return NTP_MODE_PASSIVE;
	case NTP_MODE_PASSIVE:
		return NTP_MODE_ACTIVE;
	default:
		return NTP_MODE_SERVER;
	}
}

static bool
is_asking(uint8_t mode)
{
	return mode == NTP_MODE_CLIENT || mode == NTP_MODE_ACTIVE ||
	    mode == NTP_MODE_PASSIVE;
}

/* --- blind ------------------------------------------------------------------ */

static void
send_forged(struct sim_world *w, const struct scn_attack *a)
{
	struct sim_node *client = world_node(w, a->client);
	const struct sim_node *server = world_node(w, a->server);
	const struct sim_endpoint *ep = node_endpoint(client, &server->addr);
	struct ntp_packet r = forged_reply(w, a);
	struct ntp_addr dst = client->addr;
	uint8_t out[NTP_HEADER_LEN];

	if (ep != NULL)
		dst.port = ep->port;
	r.org.v = rng_u64(&client->noise);
	if (a->kind == ATTACK_ZERO) {
		r.mode = NTP_MODE_ACTIVE;
		r.org = r.rec = (ntp_ts){0};
	}
	packet_encode(&r, out);
	net_inject(client,
	    &(struct sim_frame){&server->addr, &dst, out, sizeof out, 0}, 0);
}

static void
send_flood(struct sim_world *w, const struct scn_attack *a)
{
	const struct sim_node *client = world_node(w, a->client);
	struct sim_node *server = world_node(w, a->server);
	struct ntp_packet q = {.version = NTP_VERSION,
	    .mode = NTP_MODE_CLIENT,
	    .xmt = {rng_u64(&server->noise)}};
	uint8_t out[NTP_HEADER_LEN];

	packet_encode(&q, out);
	net_inject(server,
	    &(struct sim_frame){
		&client->addr, &server->addr, out, sizeof out, 0},
	    0);
}

static void
attack_tick(void *obj, uint64_t i)
{
	struct sim_world *w = obj;
	const struct scn_attack *a = &w->sc->attack[i];

	if (attack_on(a, world_time(w))) {
		if (a->kind == ATTACK_FLOOD)
			send_flood(w, a);
		else
			send_forged(w, a);
	}
	(void)queue_push(&w->queue,
	    w->now + (int64_t)floor(a->rate * 1e9 + 0.5), attack_tick, w, i);
}

void
attack_start(struct sim_world *w)
{
	for (size_t i = 0; i < w->sc->nattack; i++) {
		const struct scn_attack *a = &w->sc->attack[i];

		if (is_blind(a->kind))
			(void)queue_push(&w->queue,
			    (int64_t)floor(a->begin * 1e9 + 0.5), attack_tick,
			    w, i);
	}
}

/* --- on the wire ------------------------------------------------------------ */

static void
answer_first(struct sim_node *client, const struct sim_frame *f,
    const struct scn_attack *a, const struct ntp_packet *q)
{
	struct ntp_packet r = forged_reply(client->w, a);
	uint8_t out[NTP_HEADER_LEN + CRYPTO_NAK_LEN] = {0};
	size_t len = NTP_HEADER_LEN;

	r.org = q->xmt;
	r.mode = answer_mode(q->mode);
	packet_encode(&r, out);
	if (a->kind == ATTACK_RACENAK)
		len += CRYPTO_NAK_LEN;
	net_inject(client, &(struct sim_frame){f->dst, f->src, out, len, 0},
	    RACE_DELAY);
}

static bool
between(const struct sim_node *from, const struct sim_node *to,
    const char *name_from, const char *name_to)
{
	return strcmp(name_from, from->name) == 0 &&
	    strcmp(name_to, to->name) == 0;
}

void
attack_see(
    struct sim_node *from, struct sim_node *to, const struct sim_frame *f)
{
	const struct sim_world *w = from->w;
	struct ntp_packet q;

	for (size_t i = 0; i < w->sc->nattack; i++) {
		const struct scn_attack *a = &w->sc->attack[i];

		if (!attack_on(a, world_time(w)) ||
		    packet_decode(f->data, f->len, &q) != 0)
			continue;
		if (!is_blind(a->kind) && a->kind != ATTACK_REPLAY &&
		    a->kind != ATTACK_ALTER && is_asking(q.mode) &&
		    between(from, to, a->client, a->server))
			answer_first(from, f, a, &q);
		if (a->kind == ATTACK_REPLAY && q.mode != NTP_MODE_CLIENT &&
		    between(from, to, a->server, a->client))
			net_inject(to, f, (int64_t)floor(a->rate * 1e9 + 0.5));
	}
}

/* Everything else stays as it was, the authenticator too. */
static void
shift(struct sim_frame *f, double offset, uint8_t *buf)
{
	struct ntp_packet p;

	if (packet_decode(f->data, f->len, &p) != 0 || is_asking(p.mode))
		return;
	p.reftime = ts_add(p.reftime, offset);
	p.rec = ts_add(p.rec, offset);
	p.xmt = ts_add(p.xmt, offset);
	memmove(buf, f->data, f->len);
	packet_encode(&p, buf);
	f->data = buf;
}

void
attack_alter(const struct sim_node *from, const struct sim_node *to,
    struct sim_frame *f, uint8_t buf[SIM_DATAGRAM_MAX])
{
	const struct sim_world *w = from->w;

	for (size_t i = 0; i < w->sc->nattack; i++) {
		const struct scn_attack *a = &w->sc->attack[i];

		if (a->kind == ATTACK_ALTER && attack_on(a, world_time(w)) &&
		    between(from, to, a->server, a->client))
			shift(f, a->offset, buf);
	}
}
