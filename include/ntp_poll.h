/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_poll.h - when to send next (RFC 5905 13).
 *
 * Pure core.  The association keeps one struct poll_state.  Exponents may be
 * negative: polls less than a second apart, for servers on the same wire.
 */
#ifndef NTP_POLL_H
#define NTP_POLL_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp.h"
#include "ntp_time.h"

struct poll_state {
	int8_t minpoll, maxpoll; /* log2 s, configured */
	int8_t hpoll, ppoll;	 /* log2 s, ours and theirs */
	bool near;		 /* its answers come soon */
	uint8_t reach;		 /* register, newest poll in bit 0 */
	unsigned unreach;	 /* polls since last reachable */
	unsigned burst;		 /* packets left in the burst */
	unsigned retry;		 /* probes left to start a burst */
	unsigned quick;		 /* polls left that come sooner */
	int8_t quick_poll;	 /* log2 s, how soon */
	double throttle;	 /* s of headway used up */
	int8_t kiss_poll;	 /* log2 s a RATE kiss asked for; 0: none */
	uint8_t kiss_good;	 /* good replies since then */
	ntp_mono outdate;	 /* last send */
	ntp_mono nextdate;	 /* next send */
};

struct poll_event {
	bool shifted;	     /* an ordinary poll, not inside a burst */
	bool lost_reach;     /* register became 0 now */
	bool demobilize_due; /* unanswered for NTP_UNREACH polls */
};

void poll_reset(
    struct poll_state *p, int8_t minpoll, int8_t maxpoll, ntp_mono now);

/* Exponent in force: minpoll while probing, else the smaller of hpoll and
 * ppoll, never below what a kiss asked for, nor below 0 while the server is
 * not reachable or not near. */
int8_t poll_exponent(const struct poll_state *p);

/* Exponent for the poll field of our packets: the interval we want, not the
 * one in force.  Servers echo it, and an echo must not hold us down. */
int8_t poll_advertised(const struct poll_state *p);

/*
 * A packet is due: shift the reach register unless in a burst, arm the
 * initial burst (IBURST, register empty) or the burst (BURST, peer FIT), back
 * off when unreachable.  SYSPOLL is the system's poll exponent.
 */
struct poll_event poll_sent(struct poll_state *p, bool iburst, bool burst,
    bool fit, int8_t syspoll, ntp_mono now);

/* A valid reply came: sets the reach bit, arms the rest of a burst. */
void poll_reply(struct poll_state *p, int8_t ppoll, bool iburst, bool burst);

/* It came DELAY s after the question. */
void poll_distance(struct poll_state *p, double delay);

/* The next N ordinary polls come 2^EXPONENT s apart if that is sooner, as far
 * as the headway lets them; poll_update() is to follow.  Not while a kiss is
 * in force. */
void poll_hasten(struct poll_state *p, unsigned n, int8_t exponent);

/* A RATE kiss with matching origin; raises the interval for the time being,
 * to 8 s at least and never above that or maxpoll, and ends bursts. */
void poll_kiss(struct poll_state *p, int8_t ppoll);

/* Choose nextdate after a send, a reply or a change of poll; RND is uniform
 * in [0,1). MINPKT s is the least distance but for polls that are closer by
 * configuration. */
void poll_update(struct poll_state *p, int8_t syspoll, double minpkt,
    double rnd, ntp_mono now);

/* Once a second: the headway leaks by one. */
void poll_tick(struct poll_state *p);

#endif /* NTP_POLL_H */
