/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_server.c - answer a client request from a snapshot.
 *
 * Nearly all traffic of a server passes here, and most attacks do.  Two rules
 * hold whatever arrives: a reply is never longer than its request, and nothing
 * we send is of a mode that we would answer, so that no amount of forging
 * makes an amplifier or a loop of us.
 */
#include <endian.h>
#include <string.h>

#include "ntp_ext.h"
#include "ntp_packet.h"
#include "ntp_server.h"
#include "ntp_servernts.h"
#include "ntp_wire.h"

#define CRYPTO_NAK_LEN 4U
#define KEYID_LEN      4U
#define MSSNTP_DIGEST  16U		    /* octets */
#define REC_OFFSET     32U		    /* of T2 in the header */
#define XMT_OFFSET     40U		    /* of T3 in the header */
#define KISS_RATE      0x52415445U	    /* "RATE" */
#define SMEAR_AGE      4.0		    /* s, of a snapshot */
#define FUZZ_UNIT      (UINT64_C(64) << 32) /* srvrspfuz: 64 s */

/* A request that has passed the checks made so far. */
struct request {
	const struct recvbuf *rb;
	uint16_t restricts; /* enum restrict_flag */
	struct ntp_packet pkt;
	struct ext_tail tail;
	uint8_t reply_mode; /* enum ntp_mode */
	uint32_t rnd;
	struct ntp_now now;
	bool bad_mac;
	bool nts; /* has fields of Network Time Security */
};

static bool
is_broadcast(const struct ntp_addr *a)
{
	static const uint8_t ones[4] = {255, 255, 255, 255};

	return a->family == ADDR_V4 && memcmp(a->ip, ones, sizeof ones) == 0;
}

bool
recvbuf_is_bogus(const struct recvbuf *rb)
{
	const struct ntp_addr *dst = rb->dst;

	if (addr_is_multicast(rb->src) || addr_is_any(rb->src) ||
	    is_broadcast(rb->src))
		return true;
	if (dst == NULL || dst->family == ADDR_NONE || addr_is_any(dst))
		return false;
	if (addr_is_multicast(dst) || is_broadcast(dst))
		return true;
	return addr_is_loopback(rb->src) && !addr_is_loopback(dst);
}

/* What is wrong with the sender, whatever the datagram says. */
static enum ntp_drop
source_fault(const struct recvbuf *rb, uint16_t restricts)
{
	if (rb->len == 0)
		return DROP_SHORT;
	if (rb->src->port == 0)
		return DROP_PORT0;
	if (recvbuf_is_bogus(rb))
		return DROP_BOGON;
	if (rb->dst != NULL && addr_equal_port(rb->src, rb->dst))
		return DROP_OWN;
	if ((restricts & RES_IGNORE) != 0)
		return DROP_IGNORE;
	return DROP_NONE;
}

/* Replies, broadcasts and control messages are none of a server's business. */
static bool
for_the_engine(const struct recvbuf *rb)
{
	switch (packet_mode(rb->data)) {
	case NTP_MODE_PASSIVE:
	case NTP_MODE_SERVER:
	case NTP_MODE_BROADCAST:
	case NTP_MODE_CONTROL:
		return true;
	default:
		return false;
	}
}

/*
 * Mode to answer with, 0: not at all.  Clients of version 1 had no mode yet,
 * but a source port of their own; old Windows asks in mode 1 and wants mode 2.
 */
static uint8_t
reply_mode(const struct recvbuf *rb)
{
	switch (packet_mode(rb->data)) {
	case NTP_MODE_CLIENT:
		return NTP_MODE_SERVER;
	case NTP_MODE_ACTIVE:
		return NTP_MODE_PASSIVE;
	case NTP_MODE_UNSPEC:
		if (packet_version(rb->data) == NTP_OLDVERSION &&
		    rb->src->port != NTP_PORT)
			return NTP_MODE_SERVER;
		return 0;
	default:
		return 0;
	}
}

static bool
version_served(uint8_t version, uint16_t restricts)
{
	if ((restricts & RES_VERSION) != 0)
		return version == NTP_VERSION;
	return version >= NTP_OLDVERSION && version <= NTP_VERSION;
}

/* The access list, and the header as far as a server reads it. */
static enum ntp_drop
header_fault(struct request *q)
{
	const struct recvbuf *rb = q->rb;

	if (packet_mode(rb->data) == NTP_MODE_PRIVATE)
		return DROP_MODE7;
	if (packet_decode(rb->data, rb->len, &q->pkt) != 0)
		return DROP_SHORT;
	if ((q->restricts & RES_NOSERVE) != 0)
		return DROP_NOSERVE;
	if (restrict_flakes(q->restricts, q->rnd))
		return DROP_FLAKE;
	if (!version_served(q->pkt.version, q->restricts))
		return DROP_VERSION;
	q->reply_mode = reply_mode(rb);
	return q->reply_mode != 0 ? DROP_NONE : DROP_MODE;
}

/* A member of a Windows domain names its account and leaves the digest empty
 * (MS-SNTP); only Samba knows the key. */
static bool
wants_signd(const struct server_ctx *c, const struct request *q)
{
	static const uint8_t empty[MSSNTP_DIGEST];
	const struct ext_tail *t = &q->tail;

	return c->policy.signd_there && (q->restricts & RES_MSSNTP) != 0 &&
	    (q->restricts & RES_NOTRUST) == 0 &&
	    q->reply_mode == NTP_MODE_SERVER && t->ext_len == 0 &&
	    t->mac_len == KEYID_LEN + MSSNTP_DIGEST &&
	    memcmp(q->rb->data + t->mac_off + KEYID_LEN, empty, sizeof empty) ==
	    0;
}

/*
 * A MAC that verifies is answered with the same key.  Versions 1 and 2 had
 * other authenticators: what follows their header is no MAC of ours.
 */
static enum ntp_drop
auth_fault(struct server_ctx *c, struct request *q)
{
	const struct recvbuf *rb = q->rb;

	if (ext_split(rb->data, rb->len, q->pkt.version, &q->tail) != 0)
		return DROP_FORMAT;
	if (q->tail.ext_len != 0 && server_nts_asked(c, rb, &q->tail)) {
		q->nts = true; /* who passes is authentic */
		return q->reply_mode == NTP_MODE_SERVER ? DROP_NONE : DROP_NTS;
	}
	if (q->tail.kind == EXT_TAIL_CRYPTO_NAK)
		return DROP_CRYPTONAK;
	if (q->tail.kind == EXT_TAIL_NONE || q->pkt.version < 3)
		return (q->restricts & RES_NOTRUST) != 0 ? DROP_NOTRUST
							 : DROP_NONE;
	if (wants_signd(c, q)) {
		c->answer.ask_signd = true;
		c->answer.reply_key = q->tail.keyid;
		return DROP_NONE;
	}
	if (c->policy.keys != NULL &&
	    keys_allows(c->policy.keys, q->tail.keyid, rb->src) &&
	    keys_verify(c->policy.keys, rb->data, q->tail.mac_off,
		q->tail.mac_len) == 0)
		c->answer.reply_key = q->tail.keyid;
	else
		q->bad_mac = true;
	c->answer.whole_digest = q->tail.mac_len > NTP_MAC_MAX;
	return DROP_NONE;
}

/*
 * Crypto-NAKs cost us work and teach a forger, so they are rate limited where
 * nothing else is; without a table to do that none is sent.
 */
static enum mru_verdict
rate_verdict(struct server_ctx *c, const struct request *q)
{
	struct mru_packet p = {
	    .src = q->rb->src,
	    .dst = q->rb->dst,
	    .modever = (uint8_t)(q->pkt.version * 8 + q->pkt.mode),
	    .flags = q->restricts,
	    .limit = (q->restricts & RES_LIMITED) != 0 || q->bad_mac,
	    .rnd = q->rnd,
	};

	if (c->mru == NULL)
		return q->bad_mac ? MRU_LIMITED : MRU_PASS;
	return mru_record(c->mru, &p, q->now);
}

static enum ntp_drop
rate_fault(struct server_ctx *c, const struct request *q)
{
	enum mru_verdict v = rate_verdict(c, q);

	c->answer.crypto_nak = q->bad_mac && v == MRU_PASS;
	if (q->bad_mac)
		return DROP_BADAUTH;
	if (v == MRU_PASS)
		return DROP_NONE;
	c->answer.kiss = v == MRU_KISS && (q->restricts & RES_KOD) != 0;
	return c->answer.kiss ? DROP_KOD : DROP_LIMITED;
}

static void
count_version(struct server_counters *n, const struct ntp_packet *pkt)
{
	if (pkt->version == NTP_VERSION)
		n->thisver++;
	else
		n->oldver++;
	if (pkt->version != NTP_OLDVERSION)
		return;
	if (pkt->mode == NTP_MODE_CLIENT)
		n->ver1client++;
	else if (pkt->mode == NTP_MODE_UNSPEC)
		n->ver1zero++;
	else
		n->ver1symm++;
}

static enum ntp_drop
request_fault(struct server_ctx *c, struct request *q)
{
	enum ntp_drop why = header_fault(q);

	if (why != DROP_NONE)
		return why;
	count_version(c->count, &q->pkt);
	why = auth_fault(c, q);
	return why != DROP_NONE ? why : rate_fault(c, q);
}

/* What a kiss and a reply have in common. */
static struct ntp_packet
reply_start(const struct server_ctx *c, const struct request *q)
{
	struct ntp_packet p = {
	    .version = q->pkt.version,
	    .mode = q->reply_mode,
	    .poll = q->pkt.poll > c->policy.kod_poll ? q->pkt.poll
						     : c->policy.kod_poll,
	    .org = q->pkt.xmt,
	};

	return p;
}

/* The time that clients get for our TS. */
static ntp_ts
smeared(const struct ntp_snapshot *s, ntp_ts ts)
{
	double age = ts_diff(ts, s->base);

	return ts_add(ts,
	    s->smear + s->smear_rate * (age > 0 && age < SMEAR_AGE ? age : 0));
}

/* A kiss tells nothing but itself: the rest is the client's own. */
__attribute__((cold)) static struct ntp_packet
reply_kiss(const struct server_ctx *c, const struct request *q, uint32_t code)
{
	struct ntp_packet p = reply_start(c, q);

	p.leap = NTP_LEAP_UNSYNC;
	p.precision = q->pkt.precision;
	p.rootdelay = q->pkt.rootdelay;
	p.rootdisp = q->pkt.rootdisp;
	p.refid = code;
	p.reftime = q->pkt.reftime;
	p.rec = q->pkt.xmt;
	p.xmt = q->pkt.xmt;
	return p;
}

static struct ntp_packet
reply_time(const struct server_ctx *c, const struct request *q)
{
	const struct ntp_snapshot *s = &c->snap;
	bool synced = s->stratum > 0 && s->stratum < NTP_MAXSTRAT;
	double age = ts_diff(q->now.sys, s->base);
	ntp_ts rec = ts_is_zero(q->rb->rx_time) ? q->now.sys : q->rb->rx_time;
	struct ntp_packet p = reply_start(c, q);

	p.leap = synced ? s->leap : NTP_LEAP_UNSYNC;
	p.stratum = synced ? s->stratum : 0;
	p.precision = s->precision;
	p.rootdelay = short_from_s(s->rootdelay);
	p.rootdisp = short_from_s(s->rootdisp + NTP_PHI * (age > 0 ? age : 0));
	p.refid = s->refid;
	p.reftime = s->reftime;
	if ((q->restricts & RES_SRVRSPFUZ) != 0)
		p.reftime.v -= p.reftime.v % FUZZ_UNIT;
	p.reftime = ts_add(p.reftime, s->smear);
	p.rec = xleave_mark_rec(smeared(s, rec));
	return p;
}

/* RFC 9769: the answer to who asks so tells when our last one left. */
static void
interleave(struct server_ctx *c, const struct request *q, struct ntp_packet *p)
{
	ntp_ts left;

	if (c->xleave == NULL || c->answer.ask_signd || c->answer.crypto_nak ||
	    q->reply_mode != NTP_MODE_SERVER || q->pkt.version != NTP_VERSION)
		return;
	c->answer.remember = xleave_is_asked(&q->pkt);
	c->answer.rec = p->rec;
	left = xleave_last(c->xleave, q->rb->src, &q->pkt);
	if (ts_is_zero(left))
		return;
	c->answer.interleaved = true;
	c->count->interleaved++;
	p->org = q->pkt.rec;
	p->xmt = xleave_mark_xmt(smeared(&c->snap, left));
}

static void
count_outcome(struct server_ctx *c, enum ntp_drop why)
{
	if (why == DROP_NONE)
		c->count->processed++;
	else
		c->count->drop[why]++;
	if (c->answer.kiss)
		c->count->kodsent++;
}

bool
server_takes(const struct recvbuf *rb)
{
	if (rb->ep != 0 || rb->group || rb->len == 0)
		return false;
	return packet_mode(rb->data) == NTP_MODE_CLIENT ||
	    packet_mode(rb->data) == NTP_MODE_UNSPEC;
}

static bool
is_own(const struct server_policy *p, const struct ntp_addr *a)
{
	for (size_t i = 0; i < p->nown; i++) {
		if (addr_equal(&p->own[i], a))
			return true;
	}
	return false;
}

/* Addresses that nobody asks from, as far as only the policy knows. */
static enum ntp_drop
asker_fault(const struct server_policy *p, const struct ntp_addr *src)
{
	if (addr_is_refclock(src, NULL, NULL))
		return DROP_BOGON;
	if (src->port == p->port && is_own(p, src))
		return DROP_OWN;
	return DROP_NONE;
}

enum server_verdict
server_receive(struct server_ctx *c, const struct recvbuf *rb,
    struct ntp_now now, uint8_t out[NTP_REPLY_MAX], size_t *outlen)
{
	const struct restrict_entry *res;
	enum ntp_drop why;

	if (!server_takes(rb))
		return SERVER_PUNT;
	c->count->received++;
	why = asker_fault(&c->policy, rb->src);
	if (why != DROP_NONE) {
		c->count->drop[why]++;
		return SERVER_DROP;
	}
	res = restrict_lookup(c->policy.access, rb->src);
	return server_reply(c, rb, res, now, out, outlen);
}

/*
 * WHY is what was found so far.  Who is limited gets a kiss that he can
 * believe or none; who cannot be authenticated is told so, for his cookies
 * may be too old.
 */
__attribute__((cold)) static enum ntp_drop
nts_fault(struct server_ctx *c, const struct request *q,
    struct nts_request *nts, enum ntp_drop why)
{
	enum ntp_drop bad;

	if (why != DROP_NONE && !c->answer.kiss)
		return why;
	bad = server_nts_open(c, q->rb, &q->tail, nts);
	c->answer.nts = bad == DROP_NONE;
	if (bad == DROP_NONE)
		return why;
	c->answer.kiss = bad == DROP_NTSN && why == DROP_NONE;
	return why == DROP_NONE ? bad : DROP_LIMITED;
}

enum server_verdict
server_reply(struct server_ctx *c, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now,
    uint8_t out[NTP_REPLY_MAX], size_t *outlen)
{
	struct request q = {
	    .rb = rb, .restricts = res->flags, .rnd = c->rnd, .now = now};
	enum ntp_drop why = source_fault(rb, res->flags);
	struct nts_request nts;
	struct ntp_packet p;

	c->answer = (struct server_answer){0};
	if (why == DROP_NONE && for_the_engine(rb))
		return SERVER_PUNT;
	if (why == DROP_NONE)
		why = request_fault(c, &q);
	if (q.nts)
		why = nts_fault(c, &q, &nts, why);
	count_outcome(c, why);
	if (why != DROP_NONE && !c->answer.kiss && !c->answer.crypto_nak)
		return SERVER_DROP;

	p = c->answer.kiss
	    ? reply_kiss(c, &q, why == DROP_NTSN ? NTS_KISS : KISS_RATE)
	    : reply_time(c, &q);
	if (!c->answer.kiss)
		interleave(c, &q, &p);
	packet_encode(&p, out);
	*outlen = NTP_HEADER_LEN;
	if (q.nts) {
		*outlen = server_nts_answer(c, rb, &nts, out);
		nts_wipe(&nts.keys, sizeof nts.keys);
	}
	return *outlen != 0 ? SERVER_REPLY : SERVER_DROP;
}

/* T3 never lies before T2, not even when the clock was stepped in between. */
static void
write_t3(uint8_t out[NTP_REPLY_MAX], ntp_ts t3)
{
	uint64_t rec, xmt;

	memcpy(&rec, out + REC_OFFSET, sizeof rec);
	rec = be64toh(rec);
	xmt = ts_diff(t3, (ntp_ts){rec}) < 0 ? rec + 1 : xleave_mark_xmt(t3).v;
	xmt = htobe64(xmt);
	memcpy(out + XMT_OFFSET, &xmt, sizeof xmt);
}

void
server_seal(
    struct server_ctx *c, uint8_t out[NTP_REPLY_MAX], size_t *outlen, ntp_ts t3)
{
	if (!c->answer.kiss && !c->answer.interleaved)
		write_t3(out, smeared(&c->snap, t3));
	if (c->answer.nts) {
		server_nts_seal(c, out);
	} else if (c->answer.crypto_nak) {
		memset(out + *outlen, 0, CRYPTO_NAK_LEN);
		*outlen += CRYPTO_NAK_LEN;
	} else if (c->answer.reply_key != 0 && !c->answer.ask_signd) {
		/* A client that wants a MAC refuses a reply without one. */
		(void)(c->answer.whole_digest ? keys_sign_whole : keys_sign)(
		    c->policy.keys, c->answer.reply_key, out, NTP_REPLY_MAX,
		    outlen);
	}
}

bool
server_refresh(struct server_ctx *c)
{
	uint64_t era = c->snap.era;

	(void)snap_read(c->ring, &c->snap);
	return c->snap.era == era;
}

__attribute__((cold)) void
server_counters_add(struct server_counters *a, const struct server_counters *b)
{
	a->received += b->received;
	a->thisver += b->thisver;
	a->oldver += b->oldver;
	a->ver1client += b->ver1client;
	a->ver1zero += b->ver1zero;
	a->ver1symm += b->ver1symm;
	a->processed += b->processed;
	a->kodsent += b->kodsent;
	a->interleaved += b->interleaved;
	for (size_t i = 0; i < NTS_COUNTS; i++)
		a->nts[i] += b->nts[i];
	for (size_t i = 0; i < DROP_COUNT; i++)
		a->drop[i] += b->drop[i];
}

__attribute__((cold)) void
server_departed(struct server_ctx *c, unsigned slot, ntp_ts left)
{
	ntp_ts *kept = &c->xleave->slot[slot % XLEAVE_SLOTS].left;

	if (xleave_is_departure(left, *kept))
		*kept = left;
}

__attribute__((cold)) unsigned
server_sent(struct server_ctx *c, const struct ntp_addr *addr, ntp_ts left)
{
	unsigned i = xleave_slot_of(c->xleave, addr);

	c->xleave->slot[i] = (struct xleave_slot){
	    .addr = *addr, .rec = c->answer.rec, .left = left};
	return i;
}
