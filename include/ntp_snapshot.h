/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_snapshot.h - publish the system variables to the server threads.
 *
 * One writer (the engine), any number of readers, no locks.  A ring of slots,
 * each a sequence lock: a reader that is preempted has SNAP_SLOTS - 1 further
 * publications before its slot is rewritten, and a writer that is preempted
 * never blocks a reader, because readers use the last finished slot.
 *
 * Data words are stored with release and loaded with acquire, so there is no
 * stand-alone fence; ThreadSanitizer understands it and gcc's -Wtsan is silent.
 */
#ifndef NTP_SNAPSHOT_H
#define NTP_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ntp_time.h"

/* What a server reply needs (RFC 5905 9.2); plain old data. */
struct ntp_snapshot {
	ntp_ts reftime;	   /* last clock update */
	ntp_ts base;	   /* rootdisp is as of this time */
	double rootdelay;  /* s */
	double rootdisp;   /* s at base; grows with PHI */
	double smear;	   /* s to add to T2 and T3 at base; 0: no smear */
	double smear_rate; /* s/s, its change */
	uint32_t refid;	   /* first octet is the high one */
	uint8_t leap;	   /* enum ntp_leap */
	uint8_t stratum;   /* 1..16 */
	int8_t precision;  /* log2 s */
	int8_t poll;	   /* log2 s */
	uint64_t era;	   /* steps of the clock so far */
};

#define SNAP_SLOTS 4U
#define SNAP_WORDS (sizeof(struct ntp_snapshot) / sizeof(uint64_t))

_Static_assert(sizeof(struct ntp_snapshot) % sizeof(uint64_t) == 0,
    "ntp_snapshot must be a whole number of 64-bit words");

struct snap_slot {
	_Alignas(64) _Atomic uint32_t seq; /* odd while being written */
	_Atomic uint64_t word[SNAP_WORDS];
};

struct snap_ring {
	_Alignas(64) _Atomic uint32_t head; /* slot last finished */
	struct snap_slot slot[SNAP_SLOTS];
};

/* Engine thread only. */
static inline void
snap_publish(struct snap_ring *r, const struct ntp_snapshot *s)
{
	uint64_t w[SNAP_WORDS];
	uint32_t next, seq;

	next = (atomic_load_explicit(&r->head, memory_order_relaxed) + 1) %
	    SNAP_SLOTS;
	struct snap_slot *sl = &r->slot[next];

	memcpy(w, s, sizeof w);
	seq = atomic_load_explicit(&sl->seq, memory_order_relaxed);
	atomic_store_explicit(&sl->seq, seq + 1, memory_order_relaxed);
	for (size_t i = 0; i < SNAP_WORDS; i++)
		atomic_store_explicit(&sl->word[i], w[i], memory_order_release);
	atomic_store_explicit(&sl->seq, seq + 2, memory_order_release);
	atomic_store_explicit(&r->head, next, memory_order_release);
}

/* Any thread.  Returns the number of retries, for the statistics. */
static inline unsigned
snap_read(struct snap_ring *r, struct ntp_snapshot *out)
{
	uint64_t w[SNAP_WORDS];
	unsigned tries;

	for (tries = 0;; tries++) {
		uint32_t h =
		    atomic_load_explicit(&r->head, memory_order_acquire);
		struct snap_slot *sl = &r->slot[h];
		uint32_t a =
		    atomic_load_explicit(&sl->seq, memory_order_acquire);
		for (size_t i = 0; i < SNAP_WORDS; i++)
			w[i] = atomic_load_explicit(
			    &sl->word[i], memory_order_acquire);
		uint32_t b =
		    atomic_load_explicit(&sl->seq, memory_order_relaxed);
		if (a == b && (a & 1) == 0)
			break;
	}
	memcpy(out, w, sizeof *out);
	return tries;
}

#endif /* NTP_SNAPSHOT_H */
