/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_monitor.h - the client table (MRU list) and the rate limit.
 *
 * One entry for each source address (ports ignored), fixed memory, keyed hash,
 * the oldest is replaced when full.  Nothing allocates after mru_new().
 */
#ifndef NTP_MONITOR_H
#define NTP_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_addr.h"
#include "ntp_time.h"

/* `discard` and `mru`. */
struct mru_param {
	size_t entries;	   /* table size, at least 1 */
	int8_t average;	   /* log2 s between packets, 3 */
	double minimum;	   /* s, 2 */
	uint8_t leak_log2; /* of 2^this limited packets one passes, 2; 0 off */
};

struct mru_entry {
	struct ntp_addr addr; /* port of the last packet */
	ntp_mono first, last;
	ntp_ts first_ts, last_ts; /* disciplined clock, for mode 6 */
	uint64_t count;
	uint64_t dropped;
	double leak;	 /* s of headway used up */
	uint16_t flags;	 /* enum restrict_flag; `limited` and `kod` only where
			  * they were applied to the last packet */
	uint8_t modever; /* version * 8 + mode */
};

enum mru_verdict {
	MRU_PASS,
	MRU_LIMITED, /* drop silently */
	MRU_KISS,    /* drop, a RATE kiss is due */
};

struct mru;

/* SEED keys the hash; NULL when out of memory. */
struct mru *mru_new(const struct mru_param *p, const uint8_t seed[16]);
void mru_free(struct mru **m);

/* What the table is told of a packet. */
struct mru_packet {
	const struct ntp_addr *src; /* borrowed */
	uint8_t modever;	    /* version * 8 + mode */
	uint16_t flags;		    /* enum restrict_flag of its source */
	bool limit;		    /* judge it */
	uint32_t rnd;		    /* 32 uniform bits */
};

/*
 * Record a packet; with p->limit judge it by the reference's rule (protocol
 * notes 11): headway of 2^average s a packet, at most 8 ahead, MINIMUM s
 * apart, and let 1 in 2^leak_log2 of the refused through, so that a spoofer
 * cannot shut a client out.
 */
enum mru_verdict mru_record(
    struct mru *m, const struct mru_packet *p, struct ntp_now now);

/* Counters of `monstats`; M may be NULL. */
size_t mru_depth(const struct mru *m);
size_t mru_deepest(const struct mru *m);
size_t mru_capacity(const struct mru *m);
size_t mru_memory(const struct mru *m); /* octets */

/* Entry of ADDR, or NULL; the I-th most recent entry, or NULL. */
const struct mru_entry *mru_find(
    const struct mru *m, const struct ntp_addr *addr);
const struct mru_entry *mru_newest(const struct mru *m);
const struct mru_entry *mru_older(
    const struct mru *m, const struct mru_entry *e);

#endif /* NTP_MONITOR_H */
