/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_symm.h - what a symmetric packet may do (RFC 5905 8, 9).
 *
 * Two peers poll each other on clocks of their own, so that a packet need not
 * answer our latest one and its transmit timestamp is a time and no secret.
 * What protects the pair is memory: a packet proves itself by an origin that
 * is one of our recent transmit timestamps, and while that works nothing else
 * is believed.  Pure: no ports, no clock.
 */
#ifndef NTP_SYMM_H
#define NTP_SYMM_H

#include <stdbool.h>

#include "ntp_packet.h"
#include "ntp_time.h"

#define SYMM_SENT 8U /* transmit timestamps remembered */

/* A moment on our clock, which may be slewed before it is made use of. */
struct symm_moment {
	ntp_mono at;
	double shift; /* s to add, to make it one of the clock as it is now */
};

struct symm_sent {
	ntp_ts xmt;  /* as it stood in the packet; zero: none */
	ntp_ts left; /* when that packet really left */
	bool used;   /* a sample was made of it */
	struct symm_moment when;
};

struct symm_state {
	struct symm_sent sent[SYMM_SENT];
	unsigned next;	  /* slot for the next packet */
	unsigned unheard; /* packets sent since theirs last proved itself */
	bool proven;	  /* one has proved itself since the last clear */
	/* interleaved, where configured */
	ntp_ts told; /* arrival that our last packet told; zero: none */
	struct symm_moment told_when;
	ntp_ts theirs;		  /* receive timestamp of their last packet */
	struct symm_moment heard; /* when that came */
	bool turn;		  /* they have sent since we did */
};

enum symm_verdict {
	SYMM_SAMPLE,	/* answers a packet of ours for the first time */
	SYMM_ADOPT,	/* no sample, but the origin of our next packet */
	SYMM_DUPLICATE, /* the last packet again, or an older one */
	SYMM_BOGUS,	/* proves nothing while we hear from the real one */
	SYMM_OWN,	/* our own packet, sent back */
};

/* Judge PKT, whose MAC is good if it has to have one; LAST is the transmit
 * timestamp last adopted, zero for none.  *HIT gets the packet of ours that it
 * answers, or NULL. */
enum symm_verdict symm_judge(struct symm_state *s, ntp_ts last,
    const struct ntp_packet *pkt, struct symm_sent **hit);

/* The packet in slot HIT has been answered: it and all older ones make no
 * sample again. */
void symm_consume(struct symm_state *s, const struct symm_sent *hit);

/* A packet of ours with transmit timestamp XMT left at LEFT, which is NOW; it
 * told of the arrival TOLD of their last one. */
void symm_sent(
    struct symm_state *s, ntp_ts xmt, ntp_ts told, ntp_ts left, ntp_mono now);

/* Their packet PKT has come, and our next one answers it. */
void symm_heard(
    struct symm_state *s, const struct ntp_packet *pkt, ntp_mono now);

/* The clock was slewed by PHASE s, and its frequency corrected by FREQ: between
 * a packet of ours and its answer there may be a quarter of an hour. */
void symm_slewed(struct symm_state *s, double phase, double freq, ntp_mono now);

/* Our timestamp T as the clock would have told it as it is now. */
ntp_ts symm_restated(ntp_ts t, const struct symm_moment *when);

/* The packet that we sent last. */
struct symm_sent *symm_latest(struct symm_state *s);

/* Does PKT answer the arrival that our last packet told, and so tell when the
 * packet left that arrived then?  LAST as above. */
bool symm_interleaved(
    struct symm_state *s, ntp_ts last, const struct ntp_packet *pkt);

/* Has the other end proved itself lately? */
bool symm_in_touch(const struct symm_state *s);

#endif /* NTP_SYMM_H */
