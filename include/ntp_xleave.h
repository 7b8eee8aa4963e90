/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_xleave.h - interleaved modes (RFC 9769).
 *
 * A packet cannot carry the time at which it really leaves; the next one can.
 * Both ends of client and server are here, and what symmetric peers need; all
 * of it pure.
 */
#ifndef NTP_XLEAVE_H
#define NTP_XLEAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp_addr.h"
#include "ntp_packet.h"
#include "ntp_siphash.h"
#include "ntp_time.h"

/* --- an association -------------------------------------------------------- */

/* The last exchange, whose answer's departure the next answer tells. */
struct xleave_state {
	ntp_ts t1, t2, t4; /* it left, arrived there, the answer arrived */
	double shift;	   /* s to add to an offset measured then, to make it
			    * one of the clock as it is now */
	ntp_mono at;
	bool have;
	ntp_ts nonce;	 /* receive timestamp of our request; zero: basic */
	unsigned asked;	 /* such requests in a row without an answer */
	double delay;	 /* s from transmit timestamp to departure, last seen */
	uint64_t count;	 /* samples made */
	uint64_t errors; /* answers that made no sense */
};

/* Make the request PKT interleaved if there was an exchange to go on from;
 * NONCE is random.  After four such requests in vain it stays basic. */
void xleave_ask(struct xleave_state *s, struct ntp_packet *pkt, ntp_ts nonce);
/* Is PKT the interleaved answer to our request? */
bool xleave_answers(const struct xleave_state *s, const struct ntp_packet *pkt);
/*
 * Offset and delay in s of the last exchange, the answer to which left at T3.
 * False when they cannot be: less than no delay, or more than 1 s.
 */
bool xleave_measure(
    struct xleave_state *s, ntp_ts t3, double *offset, double *delay);
/* This exchange is complete but for the departure of the answer. */
void xleave_keep(
    struct xleave_state *s, ntp_ts t1, ntp_ts t2, ntp_ts t4, ntp_mono now);
/* The clock was slewed by PHASE s, and its frequency corrected by FREQ. */
void xleave_slewed(
    struct xleave_state *s, double phase, double freq, ntp_mono now);

/* Can a datagram that was sent at SENT (zero: was not) have left at LEFT? */
bool xleave_is_departure(ntp_ts left, ntp_ts sent);

/* --- a server -------------------------------------------------------------- */

#define XLEAVE_SLOTS 512U

struct xleave_slot {
	struct ntp_addr addr;
	ntp_ts rec;  /* as our last answer told it */
	ntp_ts left; /* when that answer left; zero: used */
};

/*
 * Only of clients that ask interleaved anything is kept.  They are known by
 * the last bit of the origin: it is set in our receive timestamps and clear in
 * our transmit timestamps.
 */
struct xleave_table {
	struct xleave_slot slot[XLEAVE_SLOTS];
	struct siphash_key key;
};

static inline ntp_ts
xleave_mark_rec(ntp_ts t)
{
	return (ntp_ts){t.v | 1};
}
static inline ntp_ts
xleave_mark_xmt(ntp_ts t)
{
	return (ntp_ts){t.v & ~UINT64_C(1)};
}

/* Does this request come from a client that asks interleaved? */
bool xleave_is_asked(const struct ntp_packet *pkt);
/* The slot of ADDR. */
unsigned xleave_slot_of(
    const struct xleave_table *t, const struct ntp_addr *addr);
/* When our last answer to ADDR left, which PKT refers to; zero: unknown.  It is
 * told once. */
ntp_ts xleave_last(struct xleave_table *t, const struct ntp_addr *addr,
    const struct ntp_packet *pkt);

#endif /* NTP_XLEAVE_H */
