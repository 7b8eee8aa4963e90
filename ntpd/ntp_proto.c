/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_proto.c - receive, transmit, peer_xmit (RFC 5905 9, 13, 14).
 *
 * A datagram that came in on an association's own endpoint can only be a
 * reply to it; everything else goes to the server path or to mode 6.  The
 * order is origin, then authentication, then the rest: until both have passed
 * only error counters change.
 */
#include <math.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_ext.h"
#include "ntp_state.h"

#define KISS_RATE 0x52415445U /* "RATE" */
#define KISS_DENY 0x44454e59U /* "DENY" */
#define KISS_RSTR 0x52535452U /* "RSTR" */

static void
drop(struct ntp_engine *e, enum ntp_drop why)
{
	e->count.drop[why]++;
}

/* --- replies ------------------------------------------------------------ */

static double
filter_precision(int8_t exponent)
{
	return fmin(log2_to_s(exponent), NTP_MAXDISP);
}

/* RFC 5905 8: offset and delay from the four timestamps; T1 is when the
 * request really left, not the nonce that it carried. */
static struct sample
onwire_sample(const struct ntp_engine *e, const struct peer *p,
    const struct ntp_packet *pkt, ntp_ts t4, ntp_mono now)
{
	double there = ts_diff(pkt->rec, p->org);
	double back = ts_diff(pkt->xmt, t4);
	double elapsed = ts_diff(t4, p->org);
	struct sample s;

	s.offset = (there + back) / 2 + p->cfg->bias;
	s.delay =
	    fmax(elapsed - ts_diff(pkt->xmt, pkt->rec), e->sys.precision_s);
	s.disp = e->sys.precision_s + filter_precision(pkt->precision) +
	    e->cfg->tinker.dispersion * fmax(elapsed, 0);
	s.epoch = now;
	return s;
}

static void
peer_update_vars(struct peer *p, const struct ntp_packet *pkt, ntp_ts t4)
{
	p->leap = pkt->leap;
	p->stratum = pkt->stratum == 0 ? NTP_MAXSTRAT : pkt->stratum;
	p->pmode = pkt->mode;
	p->precision = pkt->precision;
	p->rootdelay = short_to_s(pkt->rootdelay);
	p->rootdisp = short_to_s(pkt->rootdisp);
	p->refid = pkt->refid;
	p->reftime = pkt->reftime;
	p->rec = t4;
	p->xmt = pkt->xmt;
}

/* A kiss is advice of a server that really got our request; DENY and RSTR
 * must not end an association, one spoof would (protocol notes 9). */
static bool
handle_kiss(struct ntp_engine *e, struct peer *p, const struct ntp_packet *pkt)
{
	if (pkt->leap != NTP_LEAP_UNSYNC || pkt->stratum != 0)
		return false;
	p->notes.code = pkt->refid;
	if (pkt->refid == KISS_RATE) {
		poll_kiss(&p->poll, pkt->poll);
		report_peerevent(e, p, PEVNT_RATE, NULL);
	} else if (pkt->refid == KISS_DENY || pkt->refid == KISS_RSTR) {
		report_peerevent(e, p, PEVNT_DENY, NULL);
	} else {
		return false;
	}
	p->count.selbroken++;
	return true;
}

/* What is wrong with a reply that carries T, AUTH_OK when nothing: the key must
 * be the association's own and the digest right. */
static enum auth_fault
reply_auth_fault(struct ntp_engine *e, const struct peer *p,
    const struct recvbuf *rb, const struct ext_tail *t)
{
	const struct keystore *keys = e->opt.keys;
	uint32_t key = p->cfg->key;

	if (t->kind == EXT_TAIL_NONE)
		return key == 0 ? AUTH_OK : AUTH_NOMAC;
	if (t->kind != EXT_TAIL_MAC)
		return AUTH_NAK;
	if (key != 0 && t->keyid != key)
		return AUTH_OTHERKEY;
	if (keys == NULL || keys_find(keys, t->keyid) == NULL)
		return AUTH_UNKNOWN;
	if (!keys_allows(keys, t->keyid, rb->src))
		return AUTH_ADDRESS;
	return keys_verify(keys, rb->data, t->mac_off, t->mac_len) == 0
	    ? AUTH_OK
	    : AUTH_DIGEST;
}

static enum ntp_drop
refuse_header(struct peer *p, const struct ntp_packet *pkt, unsigned flash)
{
	p->notes.code = (uint32_t)pkt->leap << 8 | pkt->stratum;
	p->notes.value =
	    short_to_s(pkt->rootdelay) / 2 + short_to_s(pkt->rootdisp);
	if ((flash & FLASH_UNSYNC) != 0)
		return DROP_UNSYNC;
	if ((flash & FLASH_STRATUM) != 0)
		return DROP_STRATUM;
	return DROP_HEADER;
}

/* With -q every source hurries. */
static bool
wants_iburst(const struct ntp_engine *e, const struct peer *p)
{
	return (p->cfg->flags & ASSOC_IBURST) != 0 || e->opt.set_once;
}

/* The reply is ours, authentic and sane: take the measurement. */
static enum ntp_drop
process_packet(struct ntp_engine *e, struct peer *p,
    const struct ntp_packet *pkt, ntp_ts t4, struct ntp_now now)
{
	struct sample s = onwire_sample(e, p, pkt, t4, now.mono);
	bool was_reachable = p->poll.reach != 0;
	uint8_t leap = p->leap;

	if (leap_is_close(e, now))
		return DROP_LEAP;
	if (s.delay > fmax(e->cfg->tos.maxdist, NTP_MAXDIST)) {
		p->notes.value = s.delay;
		p->count.seldisp++;
		return DROP_DELAY;
	}
	peer_update_vars(p, pkt, t4);
	leap_heard(e, p, leap);
	p->count.processed++;
	p->timereceived = now.mono;
	reason_answered(p, now.mono);
	p->dns.wait = 0;
	poll_reply(&p->poll, pkt->poll, wants_iburst(e, p),
	    (p->cfg->flags & ASSOC_BURST) != 0);
	if (!was_reachable) {
		p->timereachable = now.mono;
		report_peerevent(e, p, PEVNT_REACH, NULL);
	}
	peer_sample(e, p, &s, now);
	if (p->inuse && p->stratum != NTP_MAXSTRAT)
		poll_update(&p->poll, e->loop.poll, NTP_MINPKT,
		    engine_uniform(e), now.mono);
	return DROP_NONE;
}

/* From here on the packet answers our request and is authentic. */
static enum ntp_drop
judge_reply(struct ntp_engine *e, struct peer *p, const struct ntp_packet *pkt,
    ntp_ts t4, struct ntp_now now)
{
	unsigned flash = packet_tests(e, p, pkt);

	p->aorg = (ntp_ts){0};
	p->flash = (p->flash & FLASH_PEER_MASK) | flash;
	if (handle_kiss(e, p, pkt)) {
		poll_update(&p->poll, e->loop.poll, NTP_MINPKT,
		    engine_uniform(e), now.mono);
		return DROP_KISS;
	}
	if (flash != 0)
		return refuse_header(p, pkt, flash);
	return process_packet(e, p, pkt, t4, now);
}

/* A late answer to what was asked before a step is nobody's attack. */
static bool
from_before_step(const struct peer *p)
{
	return ts_is_zero(p->aorg) && p->count.processed > 0 &&
	    p->refid == refid_from_text("STEP");
}

static enum ntp_drop
refuse_origin(struct peer *p, unsigned flash)
{
	if (from_before_step(p))
		return DROP_NOASSOC;
	p->flash = (p->flash & FLASH_PEER_MASK) | flash;
	if (flash == FLASH_DUP) {
		p->count.oldpkt++;
		return DROP_DUP;
	}
	p->count.bogusorg++;
	return DROP_BOGUS;
}

static enum ntp_drop
refuse_auth(struct ntp_engine *e, struct peer *p, const struct ext_tail *t,
    enum auth_fault fault)
{
	p->notes.auth = (uint8_t)fault;
	p->notes.code = t->keyid;
	p->flash = (p->flash & FLASH_PEER_MASK) | FLASH_AUTH;
	p->count.badauth++;
	report_peerevent(e, p, PEVNT_AUTH,
	    t->kind == EXT_TAIL_CRYPTO_NAK ? "crypto_NAK"
		: t->kind == EXT_TAIL_NONE ? "no MAC"
					   : "digest");
	return t->kind == EXT_TAIL_CRYPTO_NAK ? DROP_CRYPTONAK : DROP_BADAUTH;
}

static enum ntp_drop
process_reply(struct ntp_engine *e, struct peer *p, const struct recvbuf *rb,
    uint16_t flags, struct ntp_now now)
{
	struct ntp_packet pkt;
	struct ext_tail tail;
	enum auth_fault fault;
	unsigned flash;

	p->count.received++;
	if ((flags & RES_NOSERVE) != 0)
		return DROP_NOSERVE;
	if (packet_decode(rb->data, rb->len, &pkt) != 0)
		return DROP_SHORT;
	if (pkt.mode != NTP_MODE_SERVER ||
	    !addr_equal_port(rb->src, &p->srcadr))
		return DROP_MODE;
	if (pkt.version < NTP_OLDVERSION || pkt.version > NTP_VERSION ||
	    ((flags & RES_VERSION) != 0 && pkt.version != NTP_VERSION))
		return DROP_VERSION;
	if (ext_split(rb->data, rb->len, pkt.version, &tail) != 0)
		return DROP_FORMAT;
	flash = packet_tests(e, p, &pkt);
	if ((flash & (FLASH_DUP | FLASH_BOGUS)) != 0)
		return refuse_origin(p, flash);
	if ((flags & RES_NOTRUST) != 0 && tail.kind != EXT_TAIL_MAC)
		return DROP_NOTRUST;
	fault = reply_auth_fault(e, p, rb, &tail);
	if (fault != AUTH_OK)
		return refuse_auth(e, p, &tail, fault);
	p->authentic = tail.kind == EXT_TAIL_MAC;
	return judge_reply(e, p, &pkt, rb->rx_time, now);
}

/* --- requests ----------------------------------------------------------- */

static void
serve(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	uint8_t out[NTP_REPLY_MAX];
	struct packet_port *net = e->port.packet;
	struct datagram reply;
	size_t len = 0;
	ntp_ts tx;

	(void)snap_read(&e->ring, &e->server.snap);
	e->server.rnd = engine_random(e);
	if (server_reply(&e->server, rb, res, now, out, &len) != SERVER_REPLY)
		return;
	server_seal(
	    &e->server, out, &len, e->port.clock->get_systime(e->port.clock));
	reply = (struct datagram){0, rb->src, rb->dst, out, len};
	if (e->server.ask_signd)
		(void)e->port.signd->sign(
		    e->port.signd, e->server.reply_key, &reply);
	else
		(void)net->send(net, &reply, &tx);
}

/* Addresses that no honest datagram carries, wherever it came in. */
static enum ntp_drop
source_test(const struct ntp_engine *e, const struct recvbuf *rb)
{
	if (rb->src->port == 0)
		return DROP_PORT0;
	if (addr_is_multicast(rb->src) || addr_is_any(rb->src) ||
	    addr_is_refclock(rb->src, NULL, NULL))
		return DROP_BOGON;
	if (rb->src->port == e->cfg->port && engine_owns(e, rb->src))
		return DROP_OWN;
	return DROP_NONE;
}

/* Control messages are for whom a line of the configuration names, were it
 * `default`; the defaults that are there without any line let nobody in but
 * ourselves. */
static bool
query_invited(const struct restrict_entry *res, const struct ntp_addr *src)
{
	return res->line != 0 || addr_is_loopback(src);
}

static enum ntp_drop
dispatch(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	struct peer *p;

	if (rb->ep != 0) {
		p = peer_by_endpoint(&e->peers, rb->ep);
		if (p == NULL)
			return DROP_NOASSOC;
		return process_reply(e, p, rb, res->flags, now);
	}
	switch ((enum ntp_mode)packet_mode(rb->data)) {
	case NTP_MODE_UNSPEC:
	case NTP_MODE_ACTIVE:
	case NTP_MODE_CLIENT:
		serve(e, rb, res, now);
		return DROP_NONE;
	case NTP_MODE_CONTROL:
		if ((res->flags & RES_NOQUERY) != 0 ||
		    !query_invited(res, rb->src))
			return DROP_NOQUERY;
		process_control(e, rb, res->flags, now);
		return DROP_NONE;
	case NTP_MODE_SERVER:
		return DROP_NOASSOC;
	case NTP_MODE_PRIVATE:
		return DROP_MODE7;
	case NTP_MODE_PASSIVE:
	case NTP_MODE_BROADCAST:
	default:
		return DROP_MODE;
	}
}

void
receive(struct ntp_engine *e, const struct recvbuf *rb, struct ntp_now now)
{
	const struct restrict_entry *res;
	enum ntp_drop why = source_test(e, rb);

	e->count.received++;
	if (why == DROP_NONE && rb->len < 1)
		why = DROP_SHORT;
	if (why == DROP_NONE) {
		res = restrict_lookup(e->access, rb->src);
		why = (res->flags & RES_IGNORE) != 0
		    ? DROP_IGNORE
		    : dispatch(e, rb, res, now);
	}
	if (why == DROP_NONE)
		return;
	drop(e, why);
	if (rb->ep != 0)
		reason_refused(
		    e, peer_by_endpoint(&e->peers, rb->ep), why, now);
}

/* --- transmission ------------------------------------------------------- */

/* An endpoint of its own for every association; anew when our address went
 * away, and after a silence, so that a source port cannot be guessed at
 * leisure (RFC 9109). */
static bool
peer_endpoint(struct ntp_engine *e, struct peer *p)
{
	struct packet_port *net = e->port.packet;
	int ep;

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

/* A client packet tells nothing: a random transmit timestamp, precision 32,
 * and the poll interval, which servers want to know. */
void
peer_xmit(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct packet_port *net = e->port.packet;
	struct ntp_packet pkt = {.version = p->version,
	    .mode = NTP_MODE_CLIENT,
	    .poll = poll_advertised(&p->poll),
	    .precision = 32};
	uint8_t buf[NTP_HEADER_LEN + NTP_MAC_MAX];
	size_t len = NTP_HEADER_LEN;
	struct datagram request;
	ntp_ts tx = {0};

	p->aorg = (ntp_ts){0};
	if (!peer_endpoint(e, p))
		return;
	pkt.xmt = random_nonce(e);
	packet_encode(&pkt, buf);
	if (p->cfg->key != 0 &&
	    (e->opt.keys == NULL ||
		keys_sign(e->opt.keys, p->cfg->key, buf, sizeof buf, &len) !=
		    0)) {
		p->count.badauth++;
		report_peerevent(e, p, PEVNT_AUTH, "no key");
		p->notes.auth = AUTH_NOKEY;
		reason_refused(e, p, DROP_BADAUTH, now);
		return;
	}
	request = (struct datagram){p->ep, &p->srcadr, &p->dstadr, buf, len};
	p->notes.send_error = net->send(net, &request, &tx);
	if (p->notes.send_error != 0) {
		p->addr_lost = true;
		return;
	}
	p->aorg = pkt.xmt;
	p->org = ts_is_zero(tx) ? now.sys : tx;
	p->sent_at = now.mono;
	p->count.sent++;
}

static void
peer_unreachable(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	p->timereachable = now.mono;
	p->addr_lost = true;
	report_peerevent(e, p, PEVNT_UNREACH, NULL);
	peer_sample(e, p, NULL, now);
	clock_select(e, now);
}

void
transmit(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct poll_event ev;

	ev = poll_sent(&p->poll, wants_iburst(e, p),
	    (p->cfg->flags & ASSOC_BURST) != 0, !peer_unfit(e, p, now.mono),
	    e->loop.poll, now.mono);
	if (ev.shifted)
		p->falsepolls =
		    p->select == SEL_FALSETICK ? p->falsepolls + 1 : 0;
	if (ev.lost_reach)
		peer_unreachable(e, p, now);
	if (p->kind == PEER_CLOCK)
		refclock_poll(e, p, now);
	else
		peer_xmit(e, p, now);
	poll_update(
	    &p->poll, e->loop.poll, NTP_MINPKT, engine_uniform(e), now.mono);
}
