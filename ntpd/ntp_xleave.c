/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_xleave.c - interleaved modes.
 *
 * Of the two samples that RFC 9769 offers a client the one whose timestamps
 * all belong to one exchange is taken: it is one poll old, which is made up
 * for by what the clock was slewed since.
 */
#include "ntp_xleave.h"

#include <math.h>
#include <string.h>

#define ASKED_MAX    4U
#define DEPART_EARLY 1e-4 /* s */
#define DEPART_LATE  0.1  /* s */
#define DELAY_MAX    1.0  /* s */

void
xleave_ask(struct xleave_state *s, struct ntp_packet *pkt, ntp_ts nonce)
{
	s->nonce = (ntp_ts){0};
	if (!s->have || s->asked >= ASKED_MAX)
		return;
	s->asked++;
	s->nonce = nonce;
	pkt->org = s->t2;
	pkt->rec = nonce;
}

bool
xleave_answers(const struct xleave_state *s, const struct ntp_packet *pkt)
{
	return !ts_is_zero(s->nonce) && ts_equal(pkt->org, s->nonce);
}

bool
xleave_measure(struct xleave_state *s, ntp_ts t3, double *offset, double *delay)
{
	double there = ts_diff(s->t2, s->t1), back = ts_diff(t3, s->t4);

	*delay = ts_diff(s->t4, s->t1) - ts_diff(t3, s->t2);
	*offset = (there + back) / 2 + s->shift;
	if (s->have && *delay >= 0 && *delay <= DELAY_MAX) {
		s->count++;
		return true;
	}
	s->errors++;
	return false;
}

void
xleave_keep(
    struct xleave_state *s, ntp_ts t1, ntp_ts t2, ntp_ts t4, ntp_mono now)
{
	s->t1 = t1;
	s->t2 = t2;
	s->t4 = t4;
	s->at = now;
	s->shift = 0;
	s->have = true;
	s->asked = 0;
	s->nonce = (ntp_ts){0};
}

void
xleave_slewed(struct xleave_state *s, double phase, double freq, ntp_mono now)
{
	if (s->have)
		s->shift += freq * fmax(mono_diff(now, s->at), 0) - phase;
}

bool
xleave_is_departure(ntp_ts left, ntp_ts sent)
{
	double d = ts_diff(left, sent);

	return !ts_is_zero(sent) && d > -DEPART_EARLY && d < DEPART_LATE;
}

bool
xleave_is_asked(const struct ntp_packet *pkt)
{
	return (pkt->org.v & 1) != 0 && !ts_is_zero(pkt->rec) &&
	    !ts_equal(pkt->rec, pkt->xmt);
}

unsigned
xleave_slot_of(const struct xleave_table *t, const struct ntp_addr *addr)
{
	uint8_t text[sizeof addr->ip + 2];

	memcpy(text, addr->ip, sizeof addr->ip);
	text[sizeof addr->ip] = (uint8_t)(addr->port >> 8);
	text[sizeof addr->ip + 1] = (uint8_t)addr->port;
	return (unsigned)(siphash(&t->key, text, sizeof text) % XLEAVE_SLOTS);
}

ntp_ts
xleave_last(struct xleave_table *t, const struct ntp_addr *addr,
    const struct ntp_packet *pkt)
{
	struct xleave_slot *s;
	ntp_ts left;

	if (!xleave_is_asked(pkt))
		return (ntp_ts){0};
	s = &t->slot[xleave_slot_of(t, addr)];
	left = s->left;
	if (!addr_equal_port(&s->addr, addr) || !ts_equal(s->rec, pkt->org))
		return (ntp_ts){0};
	s->left = (ntp_ts){0};
	return left;
}
