/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_symm.c - what a symmetric packet may do.
 *
 * RFC 5905 lets every packet whose origin does not match replace the state,
 * because otherwise a lost packet would leave a pair out of step for ever.
 * That makes one forged or replayed packet a poll enough to keep a pair apart.
 * Here a packet out of step is taken only if its origin is a timestamp that we
 * sent not long ago and its own is newer than the last: that is what a peer
 * sends that missed a packet, and what nobody else can.  A zero origin, which
 * a restarted peer sends, needs no exception: it will answer our next packet,
 * and that answer proves itself.
 */
#include "ntp_symm.h"

#include <math.h>
#include <stddef.h>

static struct symm_sent *
find_sent(struct symm_state *s, ntp_ts xmt)
{
	if (ts_is_zero(xmt))
		return NULL;
	for (unsigned i = 0; i < SYMM_SENT; i++) {
		if (ts_equal(s->sent[i].xmt, xmt))
			return &s->sent[i];
	}
	return NULL;
}

/* Interleaved packets tell when the one before them left. */
static bool
is_ours(struct symm_state *s, ntp_ts xmt)
{
	for (unsigned i = 0; i < SYMM_SENT; i++) {
		if (!ts_is_zero(xmt) && ts_equal(s->sent[i].left, xmt))
			return true;
	}
	return find_sent(s, xmt) != NULL;
}

bool
symm_in_touch(const struct symm_state *s)
{
	return s->proven && s->unheard < SYMM_SENT;
}

enum symm_verdict
symm_judge(struct symm_state *s, ntp_ts last, const struct ntp_packet *pkt,
    struct symm_sent **hit)
{
	bool touch = symm_in_touch(s);

	*hit = find_sent(s, pkt->org);
	if (is_ours(s, pkt->xmt))
		return SYMM_OWN;
	if (ts_is_zero(pkt->xmt))
		return SYMM_BOGUS;
	if (ts_equal(pkt->xmt, last) || (touch && ts_diff(pkt->xmt, last) < 0))
		return SYMM_DUPLICATE;
	if (*hit == NULL)
		return touch ? SYMM_BOGUS : SYMM_ADOPT;
	s->proven = true;
	s->unheard = 0;
	return (*hit)->used ? SYMM_ADOPT : SYMM_SAMPLE;
}

void
symm_consume(struct symm_state *s, const struct symm_sent *hit)
{
	unsigned i = (unsigned)(hit - s->sent);

	for (;;) {
		s->sent[i].used = true;
		if (i == s->next)
			break;
		i = (i + SYMM_SENT - 1) % SYMM_SENT;
	}
}

void
symm_sent(
    struct symm_state *s, ntp_ts xmt, ntp_ts told, ntp_ts left, ntp_mono now)
{
	s->sent[s->next] =
	    (struct symm_sent){.xmt = xmt, .left = left, .when = {.at = now}};
	s->next = (s->next + 1) % SYMM_SENT;
	s->unheard++;
	s->told = told;
	s->told_when = s->heard;
	s->turn = false;
}

void
symm_heard(struct symm_state *s, const struct ntp_packet *pkt, ntp_mono now)
{
	s->theirs = pkt->rec;
	s->heard = (struct symm_moment){.at = now};
	s->turn = true;
}

static void
slew(struct symm_moment *m, double phase, double freq, ntp_mono now)
{
	m->shift += phase - freq * fmax(mono_diff(now, m->at), 0);
}

/* Nothing sent, nothing heard: what every association is that is not
 * symmetric, and this is asked of each every second. */
static bool
idle(const struct symm_state *s)
{
	return !s->turn && ts_is_zero(s->sent[0].xmt);
}

void
symm_slewed(struct symm_state *s, double phase, double freq, ntp_mono now)
{
	if (idle(s))
		return;
	for (unsigned i = 0; i < SYMM_SENT; i++)
		slew(&s->sent[i].when, phase, freq, now);
	slew(&s->heard, phase, freq, now);
	slew(&s->told_when, phase, freq, now);
}

ntp_ts
symm_restated(ntp_ts t, const struct symm_moment *when)
{
	return ts_add(t, when->shift);
}

struct symm_sent *
symm_latest(struct symm_state *s)
{
	return &s->sent[(s->next + SYMM_SENT - 1) % SYMM_SENT];
}

bool
symm_interleaved(
    struct symm_state *s, ntp_ts last, const struct ntp_packet *pkt)
{
	if (ts_is_zero(s->told) || !ts_equal(pkt->org, s->told) ||
	    ts_is_zero(pkt->xmt) || is_ours(s, pkt->xmt) ||
	    ts_diff(pkt->xmt, last) <= 0)
		return false;
	s->proven = true;
	s->unheard = 0;
	return true;
}
