/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_bcast.h - what a broadcast may do (RFC 5905 9.2, protocol notes 5.4).
 *
 * A broadcast answers nothing, so it has no origin that could prove it.  The
 * key, the order and the pace of a server's packets are what is left.  Pure.
 */
#ifndef NTP_BCAST_H
#define NTP_BCAST_H

#include "ntp_packet.h"
#include "ntp_time.h"

enum bcast_phase {
	BCAST_NONE,	 /* no broadcast client */
	BCAST_VOLLEY,	 /* asking the server as a client does */
	BCAST_CALIBRATE, /* the next broadcast tells the delay */
	BCAST_LISTEN,
};

struct bcast_state {
	enum bcast_phase phase;
	double delay;	/* s, there and back */
	ntp_ts xmt;	/* of the last good broadcast, or of our last one */
	ntp_ts at;	/* when it arrived here, or left here */
	ntp_mono clean; /* when the last good one came */
};

enum bcast_verdict {
	BCAST_GOOD,
	BCAST_OLD,   /* the last one again, or from before it */
	BCAST_EARLY, /* sooner than the interval allows, or another interval */
};

/*
 * Judge PKT against interval 2^POLL s.  BACKSTEP (`tos bcpollbstep`): after so
 * many silent intervals a server's clock may have gone back; 0: never.
 */
enum bcast_verdict bcast_judge(const struct bcast_state *s,
    const struct ntp_packet *pkt, int8_t poll, unsigned backstep, ntp_mono now);

/* A good one that arrived AT. */
void bcast_took(struct bcast_state *s, const struct ntp_packet *pkt, ntp_ts at,
    ntp_mono now);

#endif /* NTP_BCAST_H */
