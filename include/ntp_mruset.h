/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mruset.h - several client lists, shown as one.
 *
 * Each server thread keeps its own list; a client is in one of them only.  In
 * the order of all, as in each, who asked last comes last.
 *
 * Whoever reads here never keeps a thread from its clients: each looks into
 * its own list itself, between two batches, and hands out copies.
 */
#ifndef NTP_MRUSET_H
#define NTP_MRUSET_H

#include <stdbool.h>
#include <stddef.h>

#include "ntp_monitor.h"
#include "ntp_ports.h"

#define MRUSET_MAX    65U
#define MRUSET_COPIES 256U /* entries copied at a time, of all lists */
#define MRUSET_OURS   8U   /* of these, of the caller's own */

/* Borrowed; none, or the first is the caller's own and the others belong to
 * threads. */
struct mruset {
	struct mru *list[MRUSET_MAX];
	size_t thread[MRUSET_MAX]; /* whose it is; of the first: nothing */
	size_t n;
	struct threads_port *threads; /* NULL: all are the caller's */
};

/* Where one list is being read. */
struct mruset_page {
	struct mru_cursor at; /* behind the copies */
	uint32_t n, next;     /* copies, and the one that comes next */
	int64_t given;	      /* ns, last packet of the entry before that */
	bool end;	      /* nothing comes behind the copies */
};

/* A place in the common order. */
struct mruset_cursor {
	const struct mru_entry *entry; /* the next one, of list K */
	size_t k;
	struct mruset_page page[MRUSET_MAX];
	struct mru_entry copy[MRUSET_COPIES];
};

/* Sums; the parameters are those of the first list.  The threads are held. */
struct mru_stats mruset_stats(const struct mruset *s);
int64_t mruset_oldest_age(const struct mruset *s, ntp_mono now);

/* A client who is looked for. */
struct mruset_sought {
	struct ntp_addr addr;
	bool found;
	struct mru_entry entry; /* a copy, of the latest if there are several */
};
/* Look for N of them. */
void mruset_find(const struct mruset *s, struct mruset_sought *what, size_t n);

/* Stand at the oldest entry; or beyond the newest. */
void mruset_start(const struct mruset *s, struct mruset_cursor *c);
void mruset_start_newest(const struct mruset *s, struct mruset_cursor *c);
/* Stand behind E, a copy.  Only for a single list which still has it so: false
 * else, and no move. */
bool mruset_start_after(
    const struct mruset *s, struct mruset_cursor *c, const struct mru_entry *e);
/* Before anything was read: go N entries back in list I; how many there were.
 */
size_t mruset_back(
    const struct mruset *s, struct mruset_cursor *c, size_t i, size_t n);
void mruset_stop(const struct mruset *s, struct mruset_cursor *c);
/* Nothing is read for a while: what was copied in advance will then be copied
 * anew. */
void mruset_pause(const struct mruset *s, struct mruset_cursor *c);

/* The copy of an entry, valid until the next call; NULL beyond the newest. */
const struct mru_entry *mruset_entry(
    const struct mruset *s, struct mruset_cursor *c);
/* Did the last packet of this entry come to A? */
bool mruset_came_to(const struct mruset *s, const struct mruset_cursor *c,
    const struct ntp_addr *a);
void mruset_newer(struct mruset_cursor *c);

#endif /* NTP_MRUSET_H */
