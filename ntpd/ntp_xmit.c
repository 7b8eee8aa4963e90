/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_xmit.c - transmit, peer_xmit (RFC 5905 9.1, 13).
 *
 * A client's packet tells nothing and carries a secret; what peers and
 * broadcast servers send tells our time, and its timestamp is a time.
 */
#include <string.h>

#include "ntp_err.h"
#include "ntp_log.h"
#include "ntp_state.h"

#define FRACTION_BITS 32

/* Marks of replies are slots, those of associations have an associd above. */
_Static_assert(XLEAVE_SLOTS <= 1U << 16, "a slot is no associd");

bool
peer_route(struct ntp_engine *e, struct peer *p)
{
	struct packet_port *net = e->port.packet;

	if (p->dstadr.family != ADDR_NONE && !p->addr_lost)
		return true;
	p->dstadr = (struct ntp_addr){0};
	p->addr_lost =
	    net->route != NULL && net->route(net, &p->srcadr, &p->dstadr) != 0;
	return !p->addr_lost;
}

/* By the port that the server has beside its own, when there is one: a way
 * through a firewall that lets nothing else pass. */
static bool
peer_share_port(struct ntp_engine *e, struct peer *p)
{
	if (p->ep != 0) {
		e->port.packet->close(e->port.packet, p->ep);
		p->ep = 0;
		p->addr_lost = true;
	}
	if (!peer_route(e, p)) {
		p->notes.send_error = -NTP_ENET;
		return false;
	}
	p->dstadr.port = e->cfg->extraport;
	return true;
}

/* An endpoint of its own for every association; anew when our address went
 * away, and after a silence, so that a source port cannot be guessed at
 * leisure (RFC 9109). */
static bool
peer_endpoint(struct ntp_engine *e, struct peer *p)
{
	struct packet_port *net = e->port.packet;
	int ep;

	if (e->cfg->extraport != 0 && p->kind != PEER_MANYCAST)
		return peer_share_port(e, p);
	if (p->ep != 0 && !p->addr_lost)
		return true;
	if (p->ep != 0)
		net->close(net, p->ep);
	p->ep = 0;
	p->addr_lost = false;
	ep = net->open(net, &p->srcadr, &p->dstadr);
	p->notes.send_error = ep <= 0 ? ep : 0;
	if (ep <= 0)
		return false;
	p->ep = ep;
	return true;
}

static ntp_ts
random_nonce(struct ntp_engine *e)
{
	ntp_ts t = {0};

	while (ts_is_zero(t))
		e->port.rng->fill(e->port.rng, &t.v, sizeof t.v);
	return t;
}

ntp_ts
transmit_timestamp(struct ntp_engine *e)
{
	ntp_ts t = e->port.clock->get_systime(e->port.clock);
	int noise = FRACTION_BITS + e->sys.precision;

	if (noise > 0 && noise < FRACTION_BITS)
		t.v ^= random_nonce(e).v >> (2 * FRACTION_BITS - noise);
	return t;
}

struct ntp_packet
time_packet(
    const struct ntp_engine *e, const struct peer *p, struct ntp_now now)
{
	const struct sys_vars *s = &e->sys;
	bool synced = s->stratum > 0 && s->stratum < NTP_MAXSTRAT;
	struct ntp_packet pkt = {
	    .leap = synced ? s->leap : NTP_LEAP_UNSYNC,
	    .version = p->version,
	    .mode = p->hmode,
	    .stratum = synced ? s->stratum : 0,
	    .poll = poll_advertised(&p->poll),
	    .precision = s->precision,
	    .rootdelay = short_from_s(s->rootdelay),
	    .rootdisp = short_from_s(sys_rootdisp(e, now.mono)),
	    .refid = s->refid,
	    .reftime = s->reftime,
	};

	return pkt;
}

/* A packet that shall be signed and cannot is not sent. */
static bool
sign(
    struct ntp_engine *e, struct peer *p, uint8_t *buf, size_t cap, size_t *len)
{
	if (peer_uses_nts(p)) {
		*len = nts_sign(e, p, buf);
		return *len != 0;
	}
	if (p->cfg->key == 0 ||
	    (e->opt.keys != NULL &&
		keys_sign(e->opt.keys, p->cfg->key, buf, cap, len) == 0))
		return true;
	p->count.badauth++;
	report_peerevent(e, p, PEVNT_AUTH, "no key");
	p->notes.auth = AUTH_NOKEY;
	return false;
}

/* Of the packet that is being sent. */
static uint32_t
departure_mark(const struct peer *p)
{
	return (uint32_t)p->associd << 16 | ((p->count.sent + 1) & 0xffff);
}

static void
peer_departed(struct peer *p, ntp_ts left)
{
	ntp_ts *kept = &p->org;

	if (p->kind == PEER_BROADCAST)
		kept = &p->bcast.at;
	else if (peer_is_symmetric(p))
		kept = &symm_latest(&p->symm)->left;
	if (!xleave_is_departure(left, *kept))
		return;
	p->xl.delay = ts_diff(left, *kept);
	*kept = left;
}

void
engine_departed(struct ntp_engine *e, uint32_t mark, ntp_ts left)
{
	struct peer *p;

	if (mark < XLEAVE_SLOTS) {
		server_departed(&e->server, mark, left);
		return;
	}
	p = peer_by_associd(&e->peers, (uint16_t)(mark >> 16));
	if (p != NULL && (p->count.sent & 0xffff) == (mark & 0xffff))
		peer_departed(p, left);
}

bool
packet_send(struct ntp_engine *e, struct peer *p, const struct ntp_packet *pkt,
    struct ntp_now now, ntp_ts *left)
{
	struct packet_port *net = e->port.packet;
	uint8_t buf[NTS_PACKET_MAX];
	struct datagram dg = {.ep = p->ep,
	    .dst = &p->srcadr,
	    .src = &p->dstadr,
	    .buf = buf,
	    .len = NTP_HEADER_LEN,
	    .ttl = p->ttl,
	    .stamp = p->kind != PEER_MANYCAST,
	    .mark = departure_mark(p)};

	packet_encode(pkt, buf);
	if (!sign(e, p, buf, sizeof buf, &dg.len)) {
		reason_refused(e, p, DROP_BADAUTH, now);
		return false;
	}
	*left = (ntp_ts){0};
	p->notes.send_error = net->send(net, &dg, left);
	if (p->notes.send_error != 0) {
		p->addr_lost = true;
		return false;
	}
	if (ts_is_zero(*left))
		*left = now.sys;
	p->sent_at = now.mono;
	p->count.sent++;
	return true;
}

/* Only who knows our stratum knows whether to answer. */
static void
tell_need(const struct ntp_engine *e, struct ntp_packet *pkt)
{
	if (e->sys.stratum >= NTP_MAXSTRAT)
		return;
	pkt->stratum = e->sys.stratum;
	pkt->refid = e->sys.refid;
}

/* A client packet tells nothing: a random transmit timestamp, precision 32,
 * and the poll interval, which servers want to know. */
void
client_xmit(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct ntp_packet pkt = {.version = p->version,
	    .mode = NTP_MODE_CLIENT,
	    .poll = poll_advertised(&p->poll),
	    .precision = 32};

	p->aorg = (ntp_ts){0};
	if (peer_uses_nts(p) && !nts_ready(p))
		return;
	if (!peer_endpoint(e, p))
		return;
	pkt.xmt = random_nonce(e);
	if (p->kind == PEER_MANYCAST)
		tell_need(e, &pkt);
	else if ((p->cfg->flags & ASSOC_XLEAVE) != 0)
		xleave_ask(&p->xl, &pkt, random_nonce(e));
	if (packet_send(e, p, &pkt, now, &p->org))
		p->aorg = pkt.xmt;
}

void
peer_xmit(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	if (p->kind == PEER_CLOCK)
		refclock_poll(e, p, now);
	else if (p->kind == PEER_BROADCAST)
		broadcast_xmit(e, p, now);
	else if (peer_is_symmetric(p))
		symmetric_xmit(e, p, now);
	else
		client_xmit(e, p, now);
}

static void
peer_unreachable(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	p->timereachable = now.mono;
	p->addr_lost = true;
	report_peerevent(e, p, PEVNT_UNREACH, NULL);
	hear_lost(e);
	peer_sample(e, p, NULL, now);
	clock_select(e, now);
}

/* Nobody asked for it, and nobody is there; a peer that only listens to us
 * still is. */
static bool
has_left(const struct ntp_engine *e, const struct peer *p,
    const struct poll_event *ev)
{
	if (!ev->demobilize_due)
		return false;
	if (!peer_is_ephemeral(p))
		return is_preempted(e, p);
	return !(peer_is_symmetric(p) && symm_in_touch(&p->symm));
}

void
transmit(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct poll_event ev;

	if (p->kind == PEER_MANYCAST) {
		manycast_poll(e, p, now);
		return;
	}
	ev = poll_sent(&p->poll, wants_iburst(e, p), wants_burst(p),
	    !peer_unfit(e, p, now.mono), e->loop.poll, now.mono);

	if (ev.shifted)
		p->falsepolls =
		    p->select == SEL_FALSETICK ? p->falsepolls + 1 : 0;
	if (ev.lost_reach)
		peer_unreachable(e, p, now);
	if (ev.shifted)
		log_silence(e, p, now);
	if (has_left(e, p, &ev)) {
		peer_demobilize(e, p);
		return;
	}
	if (p->hmode == NTP_MODE_CONTROL) {
		broadcast_missed(e, p, now);
		return;
	}
	peer_xmit(e, p, now);
	poll_update(
	    &p->poll, e->loop.poll, NTP_MINPKT, engine_uniform(e), now.mono);
}
