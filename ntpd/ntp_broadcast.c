/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_broadcast.c - broadcast and multicast, both ends (protocol notes 5.4).
 *
 * A client that hears a server for the first time asks it as a client does,
 * compares what it got with the next broadcast, and knows the delay.  From
 * then on it only listens.
 */
#include <math.h>

#include "ntp_state.h"

#define DELAY_LIMIT 0.050 /* s; a longer one is a step in between */
#define XLEAVE_LATE 1.0	  /* s from transmit timestamp to departure */
#define MISSED	    1.5	  /* intervals of silence that count as a miss */

/* --- the server ------------------------------------------------------------ */

/* Who has no time does not tell it. */
void
broadcast_xmit(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct ntp_packet pkt = time_packet(e, p, now);

	if (pkt.leap == NTP_LEAP_UNSYNC || !peer_route(e, p))
		return;
	pkt.xmt = transmit_timestamp(e);
	if ((p->cfg->flags & ASSOC_XLEAVE) != 0)
		pkt.org = p->bcast.at;
	(void)packet_send(e, p, &pkt, now, &p->bcast.at);
	p->bcast.xmt = pkt.xmt;
}

/* --- a server that we know ------------------------------------------------- */

static struct peer *
find_server(const struct ntp_engine *e, const struct ntp_addr *src)
{
	PEER_FOREACH (p, &e->peers) {
		if (p->bcast.phase != BCAST_NONE &&
		    addr_equal_port(&p->srcadr, src))
			return p;
	}
	return NULL;
}

/* The last of the volley's offsets is the truth, this one is late by the way
 * here.  False: somebody stepped in between, and all is void. */
static bool
calibrate(struct ntp_engine *e, struct peer *p, double offset)
{
	double delay = 2 * fabs(p->filter.offset - offset);
	char buf[ADDR_STRLEN];

	if (delay > DELAY_LIMIT) {
		engine_log(e, NTP_LOG_WARN,
		    "broadcast server %s: delay %.6f s measured, more than "
		    "%.3f s: given up",
		    peer_label(p, buf), delay, DELAY_LIMIT);
		return false;
	}
	p->bcast.delay = delay;
	p->bcast.phase = BCAST_LISTEN;
	engine_log(e, NTP_LOG_INFO, "broadcast server %s: delay %.6f s",
	    peer_label(p, buf), delay);
	return true;
}

/* The register moves by the broadcasts; the timer only sees those that do not
 * come. */
static void
expect_next(struct peer *p, ntp_mono now)
{
	(void)poll_sent(&p->poll, false, false, false, p->poll.minpoll, now);
	p->poll.throttle = 0;
	p->poll.nextdate = mono_add(now, MISSED * log2_to_s(p->poll.minpoll));
}

/* A broadcast may tell when the one before it left; that one must be the last
 * one that we took. */
static void
interleave(struct ntp_engine *e, struct peer *p, const struct ntp_packet *pkt,
    struct sample *s)
{
	double late = ts_diff(pkt->org, p->bcast.xmt);

	if (ts_is_zero(pkt->org) || ts_is_zero(p->bcast.at))
		return;
	if (late < 0 || late > XLEAVE_LATE) {
		p->xl.errors++;
		report_peerevent(e, p, PEVNT_XERR, NULL);
		return;
	}
	p->xl.count++;
	s->offset = ts_diff(pkt->org, p->bcast.at) + p->xl.shift;
}

static enum ntp_drop
take(struct ntp_engine *e, struct peer *p, const struct ntp_packet *pkt,
    ntp_ts arrived, struct ntp_now now)
{
	struct sample s = {.offset = ts_diff(pkt->xmt, arrived),
	    .disp = e->sys.precision_s + log2_to_s(pkt->precision),
	    .epoch = now.mono};
	ntp_mono next;
	enum ntp_drop why;

	if (p->bcast.phase == BCAST_CALIBRATE && !calibrate(e, p, s.offset)) {
		peer_demobilize(e, p);
		return DROP_DELAY;
	}
	interleave(e, p, pkt, &s);
	s.delay = fmax(p->bcast.delay, e->sys.precision_s);
	s.offset += p->bcast.delay / 2 + p->cfg->bias;
	bcast_took(&p->bcast, pkt, arrived, now.mono);
	xleave_keep(&p->xl, pkt->xmt, pkt->xmt, arrived, now.mono);
	expect_next(p, now.mono);
	next = p->poll.nextdate;
	why = packet_measured(e, p, pkt, &s, arrived, now);
	if (p->inuse)
		p->poll.nextdate = next;
	return why;
}

static enum ntp_drop
judge(struct ntp_engine *e, struct peer *p, const struct ntp_packet *pkt,
    const struct recvbuf *rb, struct ntp_now now)
{
	unsigned flash = content_tests(e, pkt);

	switch (bcast_judge(&p->bcast, pkt, p->poll.minpoll,
	    e->cfg->tos.bcpollbstep, now.mono)) {
	case BCAST_OLD:
		p->flash = (p->flash & FLASH_PEER_MASK) | FLASH_DUP;
		p->count.oldpkt++;
		return DROP_DUP;
	case BCAST_EARLY:
		return DROP_EARLY;
	case BCAST_GOOD:
	default:
		break;
	}
	stats_raw(e, p, pkt, rb, (ntp_ts){0});
	p->flash = (p->flash & FLASH_PEER_MASK) | flash;
	return flash != 0 ? refuse_header(p, pkt, flash)
			  : take(e, p, pkt, rb->rx_time, now);
}

static enum ntp_drop
known_server(struct ntp_engine *e, struct peer *p, const struct recvbuf *rb,
    uint16_t flags, struct ntp_now now)
{
	struct ntp_packet pkt;
	struct ext_tail tail;
	enum ntp_drop why;

	if (p->bcast.phase == BCAST_VOLLEY)
		return DROP_NONE;
	p->count.received++;
	why = packet_open(e, rb, flags, &pkt, &tail);
	if (why == DROP_NONE)
		why = packet_authenticate(e, p, rb, flags, &tail);
	if (why == DROP_NONE)
		why = judge(e, p, &pkt, rb, now);
	if (why != DROP_NONE && p->inuse)
		reason_refused(e, p, why, now);
	return why;
}

/* --- the volley ------------------------------------------------------------ */

static void
listen(struct ntp_engine *e, struct peer *p, enum bcast_phase phase,
    struct ntp_now now)
{
	if (p->ep != 0)
		e->port.packet->close(e->port.packet, p->ep);
	p->ep = 0;
	p->aorg = (ntp_ts){0};
	p->hmode = NTP_MODE_CONTROL;
	p->bcast.phase = phase;
	p->poll.burst = p->poll.retry = 0;
	p->poll.hpoll = p->poll.ppoll = p->poll.minpoll;
	p->poll.nextdate =
	    mono_add(now.mono, MISSED * log2_to_s(p->poll.minpoll));
}

void
broadcast_volley(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	if (p->poll.burst > 0 || peer_unfit(e, p, now.mono))
		return;
	listen(e, p, BCAST_CALIBRATE, now);
}

void
broadcast_missed(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	(void)e;
	p->poll.throttle = 0;
	p->poll.hpoll = p->poll.minpoll;
	p->poll.nextdate = mono_add(now.mono, log2_to_s(p->poll.minpoll));
}

/* --- strangers ------------------------------------------------------------- */

static bool
listens(const struct ntp_config *c)
{
	for (size_t i = 0; i < c->ngroups; i++) {
		if (c->groups[i].hear)
			return true;
	}
	return c->broadcastclient;
}

/* Somebody tells a time that we have not heard of. */
static enum ntp_drop
mobilize(struct ntp_engine *e, const struct recvbuf *rb,
    const struct ntp_packet *pkt, uint32_t key, struct ntp_now now)
{
	double delay = e->cfg->broadcastdelay;
	struct config_assoc cfg = {.kind = ASSOC_LISTEN,
	    .flags = ASSOC_IBURST,
	    .key = key,
	    .version = pkt->version,
	    .minpoll = pkt->poll,
	    .maxpoll = pkt->poll,
	    .addr = *rb->src,
	    .port = rb->src->port};
	struct peer *p;

	if (pkt->poll < NTP_MINPOLL_HARD || pkt->poll > NTP_MAXPOLL_HARD)
		return DROP_EARLY;
	p = peer_mobilize_ephemeral(e, &cfg, rb->src, now);
	if (p == NULL)
		return DROP_NOPEER;
	p->authentic = key != 0;
	p->bcast.phase = BCAST_VOLLEY;
	p->count.received++;
	if (delay <= 0)
		return DROP_NONE;
	p->dstadr = *rb->dst;
	listen(e, p, BCAST_LISTEN, now);
	p->bcast.delay = delay;
	return take(e, p, pkt, rb->rx_time, now);
}

static enum ntp_drop
stranger(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	struct ntp_packet pkt;
	struct ext_tail tail;
	bool authentic;
	enum ntp_drop why = packet_open(e, rb, res->flags, &pkt, &tail);

	if (why != DROP_NONE)
		return why;
	authentic = mac_verifies(e, rb, &tail);
	if (tail.kind != EXT_TAIL_NONE && !authentic)
		return DROP_BADAUTH;
	if ((res->flags & RES_NOTRUST) != 0 && !authentic)
		return DROP_NOTRUST;
	if ((res->flags & RES_NOEPEER) != 0 ||
	    !may_mobilize(e, res, rb->src, authentic))
		return DROP_NOPEER;
	if (content_tests(e, &pkt) != 0)
		return DROP_STRATUM;
	return mobilize(e, rb, &pkt, authentic ? tail.keyid : 0, now);
}

enum ntp_drop
broadcast_receive(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	struct peer *p;

	if (!listens(e->cfg))
		return DROP_GROUP;
	p = find_server(e, rb->src);
	if (p != NULL)
		return known_server(e, p, rb, res->flags, now);
	return stranger(e, rb, res, now);
}
