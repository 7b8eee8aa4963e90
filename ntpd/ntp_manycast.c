/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_manycast.c - manycast, both ends (protocol notes 5.5).
 *
 * A client asks a multicast group, farther each time, until enough servers
 * have answered; each that may be used becomes an association.  A server
 * answers only where its time can be of use, and not all servers at once: the
 * reply waits a little, which costs nothing but time, as it says when it left.
 */
#include <string.h>

#include "ntp_state.h"

#define REPLY_SPREAD 0.25 /* s */

/* --- the client ------------------------------------------------------------ */

static bool
wants_more(const struct ntp_engine *e)
{
	return active_count(e) < e->cfg->tos.maxclock &&
	    e->sys.survivors < e->cfg->tos.minclock;
}

/* How far the next question goes; 0: as far as it may have gone already. */
static uint8_t
next_ring(const struct ntp_engine *e, struct peer *p)
{
	const struct config_assoc *cfg = p->cfg;
	uint8_t hops;

	if (p->ring >= e->cfg->nttl)
		return 0;
	hops = e->cfg->ttl[p->ring++];
	if (cfg->ttl != 0 && hops >= cfg->ttl) {
		p->ring = CONFIG_TTLS;
		hops = cfg->ttl;
	}
	return hops;
}

/* The ring grows at each poll; when it is as large as it may be, or enough has
 * been found, there is a pause. */
void
manycast_poll(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	p->ttl = wants_more(e) ? next_ring(e, p) : 0;
	if (p->ttl == 0) {
		p->ring = 0;
		p->aorg = (ntp_ts){0};
		p->poll.outdate = now.mono;
		p->poll.nextdate = mono_add(now.mono, e->cfg->tos.beacon);
		return;
	}
	client_xmit(e, p, now);
	p->poll.outdate = now.mono;
	p->poll.nextdate = mono_add(now.mono,
	    log2_to_s(p->cfg->minpoll) * (1 + engine_uniform(e) / 16));
}

static bool
is_known(const struct ntp_engine *e, const struct ntp_addr *a)
{
	PEER_FOREACH (p, &e->peers) {
		if (p->kind == PEER_SERVER && addr_equal_port(&p->srcadr, a))
			return true;
	}
	return engine_serves_at(e, a);
}

/* One that has failed makes room for one that answers. */
static bool
make_room(struct ntp_engine *e, const struct peer *p)
{
	struct peer *worst;

	if (active_count(e) < e->cfg->tos.maxclock)
		return true;
	worst = worst_child(e, p);
	if (worst == NULL)
		return false;
	peer_demobilize(e, worst);
	return true;
}

enum ntp_drop
manycast_reply(struct ntp_engine *e, struct peer *p, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	struct ntp_packet pkt;
	struct ext_tail tail;
	char buf[ADDR_STRLEN];
	enum ntp_drop why;

	p->count.received++;
	why = packet_open(e, rb, res->flags, &pkt, &tail);
	if (why != DROP_NONE)
		return why;
	if (pkt.mode != NTP_MODE_SERVER)
		return DROP_MODE;
	if (ts_is_zero(p->aorg) || !ts_equal(pkt.org, p->aorg)) {
		p->count.bogusorg++;
		return DROP_BOGUS;
	}
	why = packet_authenticate(e, p, rb, res->flags, &tail);
	if (why != DROP_NONE)
		return why;
	if (content_tests(e, &pkt) != 0)
		return DROP_STRATUM;
	if (is_known(e, rb->src))
		return DROP_NONE;
	if (!may_mobilize(e, res, rb->src, tail.kind == EXT_TAIL_MAC) ||
	    !make_room(e, p) ||
	    peer_mobilize(e, p->cfg, p, rb->src, now) == NULL)
		return DROP_NOPEER;
	p->count.processed++;
	engine_log(e, NTP_LOG_INFO, "manycast server %s found",
	    addr_format(rb->src, buf));
	return DROP_NONE;
}

/* --- the server ------------------------------------------------------------ */

static bool
serves(const struct ntp_config *c)
{
	for (size_t i = 0; i < c->ngroups; i++) {
		if (c->groups[i].serve)
			return true;
	}
	return false;
}

/* Our time is of use to somebody of a worse stratum, or with `tos cohort` of
 * the same, who does not have it from us. */
static bool
is_of_use(struct ntp_engine *e, const struct ntp_packet *pkt)
{
	const struct sys_vars *s = &e->sys;
	unsigned theirs = pkt->stratum == 0 ? NTP_MAXSTRAT : pkt->stratum;

	if (s->leap == NTP_LEAP_UNSYNC || s->stratum > theirs ||
	    (s->stratum == theirs && !e->cfg->tos.cohort))
		return false;
	return theirs == NTP_MAXSTRAT || !refid_is_ours(e, pkt->refid);
}

/* A question to everybody, from somebody: remember it for a while.  When there
 * are more of them than we have room for, others will answer. */
enum ntp_drop
manycast_request(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	struct ntp_packet pkt;
	struct ext_tail tail;
	enum ntp_drop why;

	if (!serves(e->cfg))
		return DROP_GROUP;
	why = packet_open(e, rb, res->flags, &pkt, &tail);
	if (why != DROP_NONE)
		return why;
	if (rb->len > sizeof e->manycast[0].data)
		return DROP_FORMAT;
	if ((e->cfg->auth || tail.kind != EXT_TAIL_NONE) &&
	    !mac_verifies(e, rb, &tail))
		return DROP_BADAUTH;
	if (!is_of_use(e, &pkt))
		return DROP_STRATUM;
	for (size_t i = 0; i < MANYCAST_WAITING; i++) {
		struct manycast_wait *w = &e->manycast[i];

		if (w->len != 0)
			continue;
		w->due = mono_add(now.mono, REPLY_SPREAD * engine_uniform(e));
		w->src = *rb->src;
		w->dst = *rb->dst;
		w->rx_time = rb->rx_time;
		w->len = rb->len;
		memcpy(w->data, rb->data, rb->len);
		e->nmanycast++;
		return DROP_NONE;
	}
	return DROP_LIMITED;
}

void
manycast_tick(struct ntp_engine *e, struct ntp_now now)
{
	if (e->nmanycast == 0)
		return;
	for (size_t i = 0; i < MANYCAST_WAITING; i++) {
		struct manycast_wait *w = &e->manycast[i];
		struct recvbuf rb = {.src = &w->src,
		    .dst = &w->dst,
		    .rx_time = w->rx_time,
		    .data = w->data,
		    .len = w->len};

		if (w->len == 0 || mono_before(now.mono, w->due))
			continue;
		serve(e, &rb, restrict_lookup(e->access, &w->src), now);
		w->len = 0;
		e->nmanycast--;
	}
}

ntp_mono
manycast_due(const struct ntp_engine *e, ntp_mono at)
{
	if (e->nmanycast == 0)
		return at;
	for (size_t i = 0; i < MANYCAST_WAITING; i++) {
		if (e->manycast[i].len != 0 &&
		    mono_before(e->manycast[i].due, at))
			at = e->manycast[i].due;
	}
	return at;
}
