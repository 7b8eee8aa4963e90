/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_test.c - the packet and peer tests (RFC 5905 9.2, protocol notes 7.1).
 *
 * Each test is a predicate of its own, so that a test of ours can name it and
 * a reader can find it.  Origin and duplicate come first and alone: nothing of
 * an association may change for a packet that fails them.
 */
#include "ntp_state.h"

/* TEST1: the very packet that was last accepted. */
static bool
test_duplicate(const struct peer *p, const struct ntp_packet *pkt)
{
	return !ts_is_zero(pkt->xmt) && ts_equal(pkt->xmt, p->xmt);
}

/* TEST2: zero never matches, not even an empty expectation. */
static bool
test_bogus(const struct peer *p, const struct ntp_packet *pkt)
{
	if (ts_is_zero(p->aorg) || ts_is_zero(pkt->org))
		return true;
	return !ts_equal(pkt->org, p->aorg) && !xleave_answers(&p->xl, pkt);
}

/* TEST3: the server's timestamps are missing; a broadcast received nothing. */
static bool
test_unsync(const struct ntp_packet *pkt)
{
	return ts_is_zero(pkt->xmt) ||
	    (ts_is_zero(pkt->rec) && pkt->mode != NTP_MODE_BROADCAST);
}

bool
stratum_unfit(const struct ntp_engine *e, unsigned leap, unsigned stratum)
{
	return leap == NTP_LEAP_UNSYNC || stratum < e->cfg->tos.floor ||
	    stratum >= e->cfg->tos.ceiling;
}

/* TEST6: the server is not synchronized or its stratum is out of bounds. */
static bool
test_stratum(const struct ntp_engine *e, const struct ntp_packet *pkt)
{
	return stratum_unfit(
	    e, pkt->leap, pkt->stratum == 0 ? NTP_MAXSTRAT : pkt->stratum);
}

/* TEST7: both are unsigned, so 0xffffffff is 65536 s and fails. */
static bool
test_header(const struct ntp_packet *pkt)
{
	return short_to_s(pkt->rootdelay) / 2 + short_to_s(pkt->rootdisp) >=
	    NTP_MAXDISP;
}

unsigned
packet_tests(const struct ntp_engine *e, const struct peer *p,
    const struct ntp_packet *pkt)
{
	if (test_bogus(p, pkt))
		return test_duplicate(p, pkt) ? FLASH_DUP : FLASH_BOGUS;
	return content_tests(e, pkt);
}

unsigned
content_tests(const struct ntp_engine *e, const struct ntp_packet *pkt)
{
	unsigned flash = 0;

	if (test_unsync(pkt))
		flash |= FLASH_UNSYNC;
	if (test_stratum(e, pkt))
		flash |= FLASH_STRATUM;
	if (test_header(pkt))
		flash |= FLASH_HEADER;
	return flash;
}

/* The interval at hand may pass before the next sample comes. */
double
peer_distance_limit(const struct ntp_engine *e, const struct peer *p)
{
	return e->cfg->tos.maxdist +
	    e->cfg->tinker.dispersion * log2_to_s(p->poll.hpoll);
}

/* TEST11: reference clocks are exempt, they have no path. */
bool
peer_too_far(const struct ntp_engine *e, const struct peer *p, ntp_mono now)
{
	const struct config_tos *tos = &e->cfg->tos;
	double phi = e->cfg->tinker.dispersion;

	if (p->kind == PEER_CLOCK)
		return false;
	return peer_root_distance(p, tos->mindist, phi, now) >=
	    peer_distance_limit(e, p);
}

/* Only when somebody's reference id is to be compared: the first IPv6 hash
 * brings the whole crypto library into memory. */
static void
hash_own(struct ntp_engine *e)
{
	if (e->own_hashed)
		return;
	for (size_t i = 0; i < e->nown; i++)
		e->own_refid[i] = addr_is_loopback(&e->own[i])
		    ? 0
		    : refid_from_addr(&e->own[i]);
	e->own_hashed = true;
}

bool
refid_is_ours(struct ntp_engine *e, uint32_t refid)
{
	hash_own(e);
	for (size_t i = 0; i < e->nown; i++) {
		if (e->own_refid[i] == refid && refid != 0)
			return true;
	}
	return false;
}

/* TEST12: the peer follows us; all our addresses count, because a host with
 * several may be reached by one and followed by another. */
static bool
peer_loops(struct ntp_engine *e, const struct peer *p)
{
	if (p->stratum <= 1 || p->stratum >= NTP_MAXSTRAT ||
	    p->kind == PEER_CLOCK || p->refid == 0)
		return false;
	return refid_is_ours(e, p->refid);
}

bool
peer_unfit(struct ntp_engine *e, struct peer *p, ntp_mono now)
{
	unsigned flash = 0;

	if (stratum_unfit(e, p->leap, p->stratum))
		flash |= FLASH_PEER_STRATUM;
	if (peer_too_far(e, p, now))
		flash |= FLASH_PEER_DIST;
	if (peer_loops(e, p))
		flash |= FLASH_PEER_LOOP;
	if (p->poll.reach == 0 || (p->cfg->flags & ASSOC_NOSELECT) != 0)
		flash |= FLASH_PEER_UNREACH;
	p->flash = (p->flash & FLASH_PKT_MASK) | flash;
	return flash != 0;
}
