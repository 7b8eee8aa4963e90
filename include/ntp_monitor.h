/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_monitor.h - the client table (MRU list) and the rate limit.
 *
 * One entry for each source address (ports ignored), fixed memory, keyed hash.
 * Nothing allocates after mru_new(), every step is O(1), and a table shares
 * nothing with another one: each server thread may own one, unlocked.
 */
#ifndef NTP_MONITOR_H
#define NTP_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_addr.h"
#include "ntp_time.h"

#define MRU_V6BITS_MIN 32 /* shortest prefix that counts as one client */
#define MRU_V6BITS_MAX 128

/* `discard` and `mru`.  What is left zero is off. */
/* `limit` of NTPsec: the rate of a client, averaged over the burst. */
struct rate_limit {
	double average; /* packets/s that are answered */
	double burst;	/* s */
	double kod;	/* packets/s above the average that are told so */
};

struct mru_param {
	size_t entries;		 /* table size, at least 1 */
	int8_t average;		 /* log2 s between packets, 3 */
	double minimum;		 /* s, 2 */
	struct rate_limit limit; /* instead of both, when burst is not 0 */
	uint8_t leak_log2; /* of 2^this limited packets one passes, 2; 0 off */
	uint8_t v6bits;	   /* of an IPv6 address tell clients apart; 0: all */
	size_t mindepth;   /* up to so many the table grows */
	int32_t maxage;	   /* s, older entries are recycled above mindepth; < 0:
			    * of any age, 0: none before the table is full */
	int32_t minage;	   /* s, younger clients stay when it is full */
	uint32_t monitor;  /* s, age at which they surely go */
	size_t prefault;   /* entries whose memory is taken at once */
};

/*
 * A client, one cache line.  Times are ns on the monotonic clock; see
 * mru_first() and mru_ts().  No two last packets in a table have the same.  Not
 * one of the links is for others.
 */
struct mru_entry {
	uint8_t ip[16]; /* IPv4 is mapped; see mru_addr() */
	uint32_t newer, older, chain;
	uint32_t count;	      /* packets, stops at its maximum */
	uint32_t dropped;     /* of them, by the rate limit */
	uint32_t leak : 20;   /* s of headway used up; of `limit` the rate */
	uint32_t local : 12;  /* local address of the last one, 0: unknown */
	uint32_t scope : 24;  /* of link-local IPv6 */
	uint32_t modever : 8; /* version * 8 + mode of the last one */
	uint16_t port;	      /* of the last one */
	uint16_t flags;	      /* enum restrict_flag; `limited` and `kod` only
				 * where they were applied to the last one */
	int64_t last;
	union {
		int64_t first;
		struct {
			uint32_t newer, older;
		} stranger; /* while count is 1: first is last */
	} u;
};

enum mru_verdict {
	MRU_PASS,
	MRU_LIMITED, /* drop silently */
	MRU_KISS,    /* drop, a RATE kiss is due */
};

struct mru;

/* Entries that fit into MEMORY octets, at least 1. */
size_t mru_entries_in(size_t memory);

/* SEED keys the hash; NULL when out of memory. */
struct mru *mru_new(const struct mru_param *p, const uint8_t seed[16]);
void mru_free(struct mru **m);

/* What the table is told of a packet. */
struct mru_packet {
	const struct ntp_addr *src; /* borrowed */
	const struct ntp_addr *dst; /* borrowed; NULL: unknown */
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
 *
 * When the table is full, a newcomer takes the place of the oldest entry if
 * that is older than maxage.  Else that of the oldest stranger (seen once) if
 * strangers hold an eighth of the table: a flood of forged addresses then
 * washes away itself.  Else again that of the oldest entry, if it is minage s
 * old and by a chance of its age in `monitor` s.  Who finds no place is not
 * recorded and passes.
 */
enum mru_verdict mru_record(
    struct mru *m, const struct mru_packet *p, struct ntp_now now);

/* N packets from SRC[] are about to be recorded in turn.  This only makes it
 * quicker, if they are several; M may be NULL. */
void mru_expect(struct mru *m, const struct ntp_addr *src, size_t n);

/* --- ntp_ratelimit.c ------------------------------------------------------ */

/* Judge a packet of a known client, by `discard` or by `limit`; RND: 32 uniform
 * bits. */
enum mru_verdict rate_judge(const struct mru_param *par, struct mru_entry *e,
    uint32_t rnd, ntp_mono now);
/* FLAGS, `limited` and `kod` only where V applied them. */
uint16_t rate_flags(uint16_t flags, enum mru_verdict v);

/* --- what others may see -------------------------------------------------- */

/* What `monstats` shows; all zero when M is NULL. */
struct mru_stats {
	size_t depth, deepest, capacity, hashslots, strangers;
	size_t mindepth;
	int32_t maxage, minage; /* s */
	size_t mem, maxmem;	/* octets: in use, reserved */
	uint64_t exists, added, recycled_old, recycled_full, none; /* packets */
};
struct mru_stats mru_stats(const struct mru *m);
size_t mru_depth(const struct mru *m); /* entries; M may be NULL */
/* s since the last packet of the oldest entry; 0 when there is none. */
int64_t mru_oldest_age(const struct mru *m, ntp_mono now);

/* Entry of ADDR, or NULL; the newest, and the one before E, or NULL. */
const struct mru_entry *mru_find(
    const struct mru *m, const struct ntp_addr *addr);
const struct mru_entry *mru_newest(const struct mru *m);
const struct mru_entry *mru_older(
    const struct mru *m, const struct mru_entry *e);

/* Address and port of E (with v6bits: of its network), into A. */
void mru_addr(const struct mru_entry *e, struct ntp_addr *a);
/* First packet of E, ns. */
int64_t mru_first(const struct mru_entry *e);
/* Is A the local address that the last packet of E came to? */
bool mru_came_to(
    const struct mru *m, const struct mru_entry *e, const struct ntp_addr *a);

/*
 * Monotonic times as timestamps.  They are all moved by one amount, which
 * mru_set_clock() changes only when the disciplined clock is MRU_CLOCK_SLACK
 * off: so they stay in order whatever steps the clock makes, and whoever
 * names an entry by its timestamp finds it again.
 */
#define MRU_CLOCK_SLACK 0.125 /* s */
void mru_set_clock(struct mru *m, struct ntp_now now);
ntp_ts mru_ts(const struct mru *m, int64_t ns);

/*
 * A place in the list that stays valid while the list changes: when its entry
 * moves or goes, the cursor stands at the next newer one.
 */
struct mru_cursor {
	struct mru_cursor *next; /* of the table */
	uint32_t slot;
};
/* Stand at E, or at the oldest entry when E is NULL. */
void mru_cursor_start(
    struct mru *m, struct mru_cursor *c, const struct mru_entry *e);
void mru_cursor_stop(struct mru *m, struct mru_cursor *c);
/* NULL beyond the newest entry. */
const struct mru_entry *mru_cursor_entry(
    const struct mru *m, const struct mru_cursor *c);
void mru_cursor_newer(const struct mru *m, struct mru_cursor *c);
/* The entry before it, or NULL. */
const struct mru_entry *mru_cursor_before(
    const struct mru *m, const struct mru_cursor *c);
/* False, and no move, at the oldest. */
bool mru_cursor_older(const struct mru *m, struct mru_cursor *c);

#endif /* NTP_MONITOR_H */
