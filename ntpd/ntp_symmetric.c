/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_symmetric.c - peers, active and passive (RFC 5905 9.2, notes 5.3).
 *
 * Peers speak port to port, so what they send comes in where everybody may
 * send.  For a keyed pair the key goes before everything else; what then may
 * change the association is ntp_symm.c's to say.
 */
#include "ntp_state.h"

static struct peer *
find_symmetric(const struct ntp_engine *e, const struct ntp_addr *src)
{
	PEER_FOREACH (p, &e->peers) {
		if (peer_is_symmetric(p) && addr_equal_port(&p->srcadr, src))
			return p;
	}
	return NULL;
}

/* --- a peer that we have --------------------------------------------------- */

/* What our next packet answers. */
static void
adopt(
    struct peer *p, const struct ntp_packet *pkt, ntp_ts arrived, ntp_mono now)
{
	p->xmt = pkt->xmt;
	p->rec = arrived;
	symm_heard(&p->symm, pkt, now);
}

static bool
interleaves(const struct peer *p)
{
	return (p->cfg->flags & ASSOC_XLEAVE) != 0;
}

/* RFC 9769 3: the packet tells when the one left that arrived at `told`, and
 * when our last one arrived there: that is a whole exchange, of which our own
 * departure is known by now. */
static enum ntp_drop
interleaved_packet(struct ntp_engine *e, struct peer *p,
    const struct ntp_packet *pkt, const struct recvbuf *rb, struct ntp_now now)
{
	const struct symm_sent *last = symm_latest(&p->symm);

	xleave_keep(&p->xl, symm_restated(last->left, &last->when), pkt->rec,
	    symm_restated(p->symm.told, &p->symm.told_when), now.mono);
	p->xl.nonce = pkt->org;
	p->symm.told = (ntp_ts){0};
	adopt(p, pkt, rb->rx_time, now.mono);
	return answer_received(e, p, pkt, rb, now);
}

static enum ntp_drop
refuse(struct peer *p, unsigned flash)
{
	p->flash = (p->flash & FLASH_PEER_MASK) | flash;
	if (flash == FLASH_DUP) {
		p->count.oldpkt++;
		return DROP_DUP;
	}
	p->count.bogusorg++;
	return DROP_BOGUS;
}

static enum ntp_drop
judge(struct ntp_engine *e, struct peer *p, const struct ntp_packet *pkt,
    const struct recvbuf *rb, struct ntp_now now)
{
	struct symm_sent *hit;

	if (interleaves(p) && symm_interleaved(&p->symm, p->xmt, pkt))
		return interleaved_packet(e, p, pkt, rb, now);
	switch (symm_judge(&p->symm, p->xmt, pkt, &hit)) {
	case SYMM_OWN:
		return DROP_OWN;
	case SYMM_DUPLICATE:
		return refuse(p, FLASH_DUP);
	case SYMM_BOGUS:
		return refuse(p, FLASH_BOGUS);
	case SYMM_ADOPT:
		adopt(p, pkt, rb->rx_time, now.mono);
		p->flash = (p->flash & FLASH_PEER_MASK) | FLASH_BOGUS;
		return DROP_NONE;
	case SYMM_SAMPLE:
	default:
		p->org = symm_restated(hit->left, &hit->when);
		symm_consume(&p->symm, hit);
		adopt(p, pkt, rb->rx_time, now.mono);
		return answer_received(e, p, pkt, rb, now);
	}
}

static enum ntp_drop
peer_packet(struct ntp_engine *e, struct peer *p, const struct recvbuf *rb,
    uint16_t flags, struct ntp_now now)
{
	struct ntp_packet pkt;
	struct ext_tail tail;
	enum ntp_drop why;

	p->count.received++;
	why = packet_open(e, rb, flags, &pkt, &tail);
	if (why == DROP_NONE)
		why = packet_authenticate(e, p, rb, flags, &tail);
	if (why == DROP_NONE)
		why = judge(e, p, &pkt, rb, now);
	if (why != DROP_NONE)
		reason_refused(e, p, why, now);
	return why;
}

/* --- strangers ------------------------------------------------------------- */

/* A stranger who tells a time must be fit to; one without time may still want
 * ours. */
static bool
stratum_welcome(const struct ntp_engine *e, const struct ntp_packet *pkt)
{
	return pkt->leap == NTP_LEAP_UNSYNC || pkt->stratum == 0 ||
	    (pkt->stratum >= e->cfg->tos.floor &&
		pkt->stratum < e->cfg->tos.ceiling);
}

static int8_t
poll_within(int8_t poll)
{
	if (poll < NTP_MINPOLL_HARD)
		return NTP_MINPOLL_HARD;
	return poll > NTP_MAXPOLL ? NTP_MAXPOLL : poll;
}

static enum ntp_drop
mobilize_passive(struct ntp_engine *e, const struct recvbuf *rb,
    const struct ntp_packet *pkt, uint32_t key, struct ntp_now now)
{
	struct config_assoc cfg = {.kind = ASSOC_PEER,
	    .key = key,
	    .version = pkt->version,
	    .minpoll = poll_within(pkt->poll),
	    .maxpoll = NTP_MAXPOLL,
	    .addr = *rb->src,
	    .port = rb->src->port};
	struct peer *p = peer_mobilize_ephemeral(e, &cfg, rb->src, now);

	if (p == NULL)
		return DROP_NOPEER;
	p->hmode = NTP_MODE_PASSIVE;
	p->dstadr = *rb->dst;
	p->addr_lost = false;
	p->authentic = key != 0;
	p->count.received++;
	p->poll.nextdate = mono_add(now.mono, NTP_MINPKT + engine_uniform(e));
	adopt(p, pkt, rb->rx_time, now.mono);
	return DROP_NONE;
}

/* Who is not to be an association is answered without one: old Windows asks
 * in mode 1 and wants nothing but the time. */
static enum ntp_drop
stranger(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	struct ntp_packet pkt;
	struct ext_tail tail;
	bool authentic;

	if (packet_open(e, rb, res->flags, &pkt, &tail) != DROP_NONE ||
	    (tail.kind != EXT_TAIL_NONE && pkt.version < 3)) {
		serve(e, rb, res, now);
		return DROP_NONE;
	}
	authentic = mac_verifies(e, rb, &tail);
	if (!may_mobilize(e, res, rb->src, authentic) ||
	    (tail.kind != EXT_TAIL_NONE && !authentic)) {
		serve(e, rb, res, now);
		return DROP_NONE;
	}
	if ((res->flags & RES_NOEPEER) != 0 || !stratum_welcome(e, &pkt))
		return DROP_NOPEER;
	return mobilize_passive(e, rb, &pkt, authentic ? tail.keyid : 0, now);
}

enum ntp_drop
symmetric_receive(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now)
{
	struct peer *p = find_symmetric(e, rb->src);
	bool passive = packet_mode(rb->data) == NTP_MODE_PASSIVE;

	if (p == NULL && !passive)
		return stranger(e, rb, res, now);
	if (p == NULL || (passive && p->hmode == NTP_MODE_PASSIVE))
		return DROP_MODE;
	return peer_packet(e, p, rb, res->flags, now);
}

/* --- sending --------------------------------------------------------------- */

/* While packets alternate the next one can tell when the last one left. */
static void
interleave(struct peer *p, struct ntp_packet *pkt)
{
	ntp_ts left = symm_latest(&p->symm)->left;

	if (!interleaves(p) || !p->symm.turn || ts_is_zero(left) ||
	    ts_is_zero(p->symm.theirs) || !symm_in_touch(&p->symm))
		return;
	pkt->org = p->symm.theirs;
	pkt->xmt = left;
}

void
symmetric_xmit(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	struct ntp_packet pkt = time_packet(e, p, now);
	ntp_ts left;

	if (!peer_route(e, p))
		return;
	pkt.org = p->xmt;
	pkt.rec = p->rec;
	pkt.xmt = transmit_timestamp(e);
	interleave(p, &pkt);
	if (!packet_send(e, p, &pkt, now, &left))
		return;
	symm_sent(&p->symm, pkt.xmt, p->rec, left, now.mono);
}
