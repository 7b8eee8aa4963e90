/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_proto.c - receive (RFC 5905 9, 14).
 *
 * A datagram that came in on an association's own endpoint can only be a
 * reply to it; everything else goes to the server path, to the symmetric and
 * broadcast modes or to mode 6.  The order is origin, then authentication,
 * then the rest: until both have passed only error counters change.
 */
#include <math.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_ext.h"
#include "ntp_log.h"
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

bool
mac_verifies(const struct ntp_engine *e, const struct recvbuf *rb,
    const struct ext_tail *t)
{
	return t->kind == EXT_TAIL_MAC && e->opt.keys != NULL &&
	    keys_allows(e->opt.keys, t->keyid, rb->src) &&
	    keys_verify(e->opt.keys, rb->data, t->mac_off, t->mac_len) == 0;
}

/* What is wrong with a packet that carries T, AUTH_OK when nothing: the key
 * must be the association's own and the digest right. */
static enum auth_fault
packet_auth_fault(const struct ntp_engine *e, const struct peer *p,
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

enum ntp_drop
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

/* With -q every source hurries; only who answers at once can be hurried. */
bool
wants_iburst(const struct ntp_engine *e, const struct peer *p)
{
	bool found = p->parent != NULL && p->parent->kind == PEER_MANYCAST;

	if (p->kind == PEER_CLOCK)
		return !peer_is_local_clock(p) || e->opt.set_once;
	return p->hmode == NTP_MODE_CLIENT &&
	    ((p->cfg->flags & ASSOC_IBURST) != 0 || e->opt.set_once || found);
}

bool
wants_burst(const struct peer *p)
{
	return p->hmode == NTP_MODE_CLIENT &&
	    (p->cfg->flags & ASSOC_BURST) != 0;
}

/* The packet is authentic and sane: take the measurement S of it. */
enum ntp_drop
packet_measured(struct ntp_engine *e, struct peer *p,
    const struct ntp_packet *pkt, struct sample *s, ntp_ts t4,
    struct ntp_now now)
{
	bool was_reachable = p->poll.reach != 0;
	uint8_t leap = p->leap;

	if (leap_is_close(e, now))
		return DROP_LEAP;
	if (s->delay > fmax(e->cfg->tos.maxdist, NTP_MAXDIST)) {
		p->notes.value = s->delay;
		p->count.seldisp++;
		return DROP_DELAY;
	}
	peer_update_vars(p, pkt, t4);
	leap_heard(e, p, leap);
	p->count.processed++;
	p->timereceived = now.mono;
	reason_answered(p, now.mono);
	p->dns.wait = 0;
	poll_reply(&p->poll, pkt->poll, wants_iburst(e, p), wants_burst(p));
	poll_distance(&p->poll, s->delay);
	if (!was_reachable) {
		p->timereachable = now.mono;
		report_peerevent(e, p, PEVNT_REACH, NULL);
		hear_again(e, p, now.mono);
	}
	peer_sample(e, p, s, now);
	if (p->inuse && p->stratum != NTP_MAXSTRAT)
		poll_update(&p->poll, e->loop.poll, NTP_MINPKT,
		    engine_uniform(e), now.mono);
	return DROP_NONE;
}

/* RFC 9769: the answer tells when the one before it left, which completes the
 * exchange before this one. */
static bool
interleaved_sample(struct ntp_engine *e, struct peer *p, ntp_ts t3,
    ntp_mono now, struct sample *s)
{
	double age = mono_diff(now, p->xl.at);

	if (!xleave_measure(&p->xl, t3, &s->offset, &s->delay)) {
		report_peerevent(e, p, PEVNT_XERR, NULL);
		return false;
	}
	s->offset += p->cfg->bias;
	s->delay = fmax(s->delay, e->sys.precision_s);
	s->disp += e->cfg->tinker.dispersion * fmax(age, 0);
	return true;
}

/* False when the packet makes no sample. */
static bool
take_sample(struct ntp_engine *e, struct peer *p, const struct ntp_packet *pkt,
    ntp_ts t4, ntp_mono now, struct sample *s)
{
	bool interleaved = xleave_answers(&p->xl, pkt), good = true;

	*s = onwire_sample(e, p, pkt, t4, now);
	if (interleaved)
		good = interleaved_sample(e, p, pkt->xmt, now, s);
	if ((p->cfg->flags & ASSOC_XLEAVE) != 0 && p->hmode == NTP_MODE_CLIENT)
		xleave_keep(&p->xl, p->org, pkt->rec, t4, now);
	return good;
}

void
stats_raw(struct ntp_engine *e, const struct peer *p,
    const struct ntp_packet *pkt, const struct recvbuf *rb, ntp_ts org)
{
	struct stats_port *stats = e->port.stats;
	struct raw_sample s = {.when = rb->rx_time,
	    .addr = &p->srcadr,
	    .local = rb->dst,
	    .org = org,
	    .dst = rb->rx_time,
	    .pkt = pkt,
	    .more = rb->data + NTP_HEADER_LEN,
	    .nmore = rb->len - NTP_HEADER_LEN};

	if (stats != NULL && stats->raw != NULL)
		stats->raw(stats, &s);
}

/* From here on the packet answers one of ours and is authentic. */
enum ntp_drop
answer_received(struct ntp_engine *e, struct peer *p,
    const struct ntp_packet *pkt, const struct recvbuf *rb, struct ntp_now now)
{
	unsigned flash = content_tests(e, pkt);
	struct sample s;

	stats_raw(e, p, pkt, rb, p->org);
	p->aorg = (ntp_ts){0};
	p->flash = (p->flash & FLASH_PEER_MASK) | flash;
	if (handle_kiss(e, p, pkt)) {
		poll_update(&p->poll, e->loop.poll, NTP_MINPKT,
		    engine_uniform(e), now.mono);
		return DROP_KISS;
	}
	if (flash != 0)
		return refuse_header(p, pkt, flash);
	if (!take_sample(e, p, pkt, rb->rx_time, now.mono, &s))
		return DROP_XLEAVE;
	return packet_measured(e, p, pkt, &s, rb->rx_time, now);
}

/* A late answer to what was asked before a step is nobody's attack. */
static bool
from_before_step(const struct peer *p)
{
	return ts_is_zero(p->aorg) && p->count.processed > 0 &&
	    p->refid == refid_from_text("STEP");
}

static enum ntp_drop
refuse_origin(struct ntp_engine *e, struct peer *p,
    const struct ntp_packet *pkt, unsigned flash)
{
	if (from_before_step(p))
		return DROP_NOASSOC;
	p->flash = (p->flash & FLASH_PEER_MASK) | flash;
	if (flash == FLASH_DUP) {
		p->count.oldpkt++;
		return DROP_DUP;
	}
	p->count.bogusorg++;
	log_bogus(e, p, pkt);
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

enum ntp_drop
packet_open(struct ntp_engine *e, const struct recvbuf *rb, uint16_t flags,
    struct ntp_packet *pkt, struct ext_tail *tail)
{
	if ((flags & RES_NOSERVE) != 0)
		return DROP_NOSERVE;
	if (packet_decode(rb->data, rb->len, pkt) != 0)
		return DROP_SHORT;
	if ((flags & RES_FLAKE) != 0 &&
	    restrict_flakes(flags, engine_random(e)))
		return DROP_FLAKE;
	if (pkt->version < NTP_OLDVERSION || pkt->version > NTP_VERSION ||
	    ((flags & RES_VERSION) != 0 && pkt->version != NTP_VERSION))
		return DROP_VERSION;
	if (ext_split(rb->data, rb->len, pkt->version, tail) != 0)
		return DROP_FORMAT;
	if (pkt->mode != NTP_MODE_SERVER && nts_present(rb->data, tail))
		return DROP_NTS; /* for clients and servers only */
	return DROP_NONE;
}

enum ntp_drop
packet_authenticate(struct ntp_engine *e, struct peer *p,
    const struct recvbuf *rb, uint16_t flags, const struct ext_tail *tail)
{
	enum auth_fault fault;

	if ((flags & RES_NOTRUST) != 0 && tail->kind != EXT_TAIL_MAC)
		return DROP_NOTRUST;
	fault = packet_auth_fault(e, p, rb, tail);
	if (fault != AUTH_OK)
		return refuse_auth(e, p, tail, fault);
	p->authentic = tail->kind == EXT_TAIL_MAC;
	return DROP_NONE;
}

static enum ntp_drop
process_reply(struct ntp_engine *e, struct peer *p, const struct recvbuf *rb,
    uint16_t flags, struct ntp_now now)
{
	struct ntp_packet pkt;
	struct ext_tail tail;
	unsigned flash;
	enum ntp_drop why;

	p->count.received++;
	why = packet_open(e, rb, flags, &pkt, &tail);
	if (why != DROP_NONE)
		return why;
	if (pkt.mode != NTP_MODE_SERVER ||
	    !addr_equal_port(rb->src, &p->srcadr))
		return DROP_MODE;
	flash = packet_tests(e, p, &pkt);
	if ((flash & (FLASH_DUP | FLASH_BOGUS)) != 0)
		return refuse_origin(e, p, &pkt, flash);
	why = peer_uses_nts(p) ? nts_authenticate(e, p, rb, &tail, now)
			       : packet_authenticate(e, p, rb, flags, &tail);
	if (why != DROP_NONE)
		return why;
	why = answer_received(e, p, &pkt, rb, now);
	if (p->inuse && p->bcast.phase == BCAST_VOLLEY)
		broadcast_volley(e, p, now);
	return why;
}

/* --- requests ----------------------------------------------------------- */

/* The client will ask when this one left. */
static void
reply_remembered(
    struct ntp_engine *e, const struct ntp_addr *client, struct datagram *reply)
{
	struct packet_port *net = e->port.packet;
	ntp_ts left = {0};

	reply->stamp = true;
	reply->mark = xleave_slot_of(e->xleave, client);
	if (net->send(net, reply, &left) == 0)
		(void)server_sent(&e->server, client, left);
}

/* What server_reply() has made of RB in OUT leaves. */
static void
send_reply(struct ntp_engine *e, const struct recvbuf *rb,
    uint8_t out[NTP_REPLY_MAX], size_t len)
{
	struct packet_port *net = e->port.packet;
	const struct server_answer *a = &e->server.answer;
	struct datagram reply;
	ntp_ts tx;

	server_seal(
	    &e->server, out, &len, e->port.clock->get_systime(e->port.clock));
	reply = (struct datagram){
	    .dst = rb->src, .src = rb->dst, .buf = out, .len = len};
	if (a->ask_signd)
		(void)e->port.signd->sign(e->port.signd, a->reply_key, &reply);
	else if (a->remember)
		reply_remembered(e, rb->src, &reply);
	else
		(void)net->send(net, &reply, &tx);
}

void
serve(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	uint8_t out[NTP_REPLY_MAX];
	size_t len = 0;

	(void)snap_read(&e->ring, &e->server.snap);
	e->server.rnd = engine_random(e);
	if (server_reply(&e->server, rb, res, now, out, &len) == SERVER_REPLY)
		send_reply(e, rb, out, len);
}

static void
serve_client(struct ntp_engine *e, const struct recvbuf *rb, struct ntp_now now)
{
	uint8_t out[NTP_REPLY_MAX];
	size_t len = 0;

	(void)snap_read(&e->ring, &e->server.snap);
	e->server.rnd = engine_random(e);
	if (server_receive(&e->server, rb, now, out, &len) == SERVER_REPLY)
		send_reply(e, rb, out, len);
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
	if (engine_serves_at(e, rb->src))
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
query(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	if ((res->flags & RES_NOQUERY) != 0 || !query_invited(res, rb->src))
		return DROP_NOQUERY;
	process_control(e, rb, res->flags, now);
	return DROP_NONE;
}

/* What came in where everybody may send. */
static enum ntp_drop
dispatch_open(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	if (recvbuf_is_bogus(rb))
		return DROP_BOGON;
	switch ((enum ntp_mode)packet_mode(rb->data)) {
	case NTP_MODE_ACTIVE:
	case NTP_MODE_PASSIVE:
		return symmetric_receive(e, rb, res, now);
	case NTP_MODE_CONTROL:
		return query(e, rb, res, now);
	case NTP_MODE_SERVER:
		return DROP_NOASSOC;
	case NTP_MODE_PRIVATE:
		return DROP_MODE7;
	case NTP_MODE_UNSPEC:
	case NTP_MODE_CLIENT:
	case NTP_MODE_BROADCAST:
	default:
		return DROP_MODE;
	}
}

/* To a group go broadcasts, and who looks for servers. */
static enum ntp_drop
dispatch_group(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	if (packet_mode(rb->data) == NTP_MODE_BROADCAST)
		return broadcast_receive(e, rb, res, now);
	if (packet_mode(rb->data) == NTP_MODE_CLIENT)
		return manycast_request(e, rb, res, now);
	return DROP_GROUP;
}

/* The association that RB answers: it asked from an endpoint of its own, or
 * from the port that all share.  NULL: none. */
static struct peer *
asker(struct ntp_engine *e, const struct recvbuf *rb)
{
	struct peer *p;

	if (rb->ep != 0)
		return peer_by_endpoint(&e->peers, rb->ep);
	if (e->cfg->extraport == 0 || rb->group || rb->len < 1 ||
	    packet_mode(rb->data) != NTP_MODE_SERVER ||
	    rb->dst->port != e->cfg->extraport)
		return NULL;
	p = peer_by_addr(&e->peers, rb->src);
	return p != NULL && p->ep == 0 && p->hmode == NTP_MODE_CLIENT ? p
								      : NULL;
}

static enum ntp_drop
dispatch(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	struct peer *p = asker(e, rb);

	if (p != NULL && p->kind == PEER_MANYCAST)
		return manycast_reply(e, p, rb, res, now);
	if (p != NULL)
		return process_reply(e, p, rb, res->flags, now);
	if (rb->ep != 0)
		return DROP_NOASSOC;
	return rb->group ? dispatch_group(e, rb, res, now)
			 : dispatch_open(e, rb, res, now);
}

void
receive(struct ntp_engine *e, const struct recvbuf *rb, struct ntp_now now)
{
	const struct restrict_entry *res;
	enum ntp_drop why;

	if (server_takes(rb)) {
		serve_client(e, rb, now);
		return;
	}
	restate_slewed(e, now.mono);
	why = source_test(e, rb);
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
	reason_refused(e, asker(e, rb), why, now);
}
