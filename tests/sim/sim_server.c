/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_server.c - a server by a light model: it answers, and knows the time as
 * well as the scenario says.
 */
#include <math.h>

#include "ntp_packet.h"
#include "ntp_wire.h"
#include "sim_world.h"

#define KEYID_LEN 4U
#define WARN_NS	  (86400 * NS_PER_S) /* a leap second is announced for so long */

/* Servers announce a leap second on its day. */
static uint8_t
leap_bits(const struct sim_node *n)
{
	const struct sim_utc *u = &n->w->sc->utc;

	if (n->unsync)
		return NTP_LEAP_UNSYNC;
	if (u->leap == 0 || n->w->now >= u->leap_at ||
	    n->w->now < u->leap_at - WARN_NS)
		return NTP_LEAP_NONE;
	return u->leap > 0 ? NTP_LEAP_INS : NTP_LEAP_DEL;
}

/* A request with a MAC is answered with the key that it names: the server
 * shares its clients' keys. */
static void
server_sign(const struct sim_node *n, const struct sim_packet *p, uint8_t *out,
    size_t cap, size_t *len)
{
	const struct sim_node *client = world_node_at(n->w, &p->src);
	struct wire_rd r;

	if (p->len < NTP_HEADER_LEN + KEYID_LEN || client == NULL ||
	    client->keys == NULL)
		return;
	r = wire_rd_init(p->data + NTP_HEADER_LEN, KEYID_LEN);
	(void)keys_sign(client->keys, wire_get32(&r), out, cap, len);
}

void
server_deliver(struct sim_node *n, const struct sim_packet *p)
{
	const struct scn_node *d = n->def;
	struct ntp_packet q, r;
	uint8_t out[NTP_HEADER_LEN + NTP_MAC_MAX];
	size_t len = NTP_HEADER_LEN;
	int64_t turn = (int64_t)floor(d->turnaround * 1e9 + 0.5);

	sim_clock_advance(&n->clock, n->w->now);
	if (n->silent || packet_decode(p->data, p->len, &q) != 0 ||
	    q.mode != NTP_MODE_CLIENT || p->dst.port != NTP_PORT)
		return;
	r = (struct ntp_packet){.leap = leap_bits(n),
	    .version = q.version,
	    .mode = NTP_MODE_SERVER,
	    .stratum = n->unsync ? 0 : n->stratum,
	    .poll = q.poll,
	    .precision = -23,
	    .rootdelay = short_from_s(d->rootdelay),
	    .rootdisp = short_from_s(d->rootdisp),
	    .refid = refid_from_text(d->refid),
	    .reftime = sim_clock_read(&n->clock, -1),
	    .org = q.xmt,
	    .rec = sim_clock_read(&n->clock, 0),
	    .xmt = sim_clock_read(&n->clock, d->turnaround)};
	packet_encode(&r, out);
	server_sign(n, p, out, sizeof out, &len);
	n->served++;
	net_send(n, &(struct sim_frame){&p->dst, &p->src, out, len, 0}, turn);
}
