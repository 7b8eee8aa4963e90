/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mruset.h - several client lists, shown as one.
 *
 * Each server thread keeps its own list; a client is in one of them only.  In
 * the order of all, as in each, who asked last comes last.
 */
#ifndef NTP_MRUSET_H
#define NTP_MRUSET_H

#include <stdbool.h>
#include <stddef.h>

#include "ntp_monitor.h"

#define MRUSET_MAX 65U

/* Borrowed; all NULL, or none. */
struct mruset {
	struct mru *list[MRUSET_MAX];
	size_t n;
};

/* A place in the common order; valid as struct mru_cursor is. */
struct mruset_cursor {
	struct mru_cursor at[MRUSET_MAX];
};

/* Sums; the parameters are those of the first list. */
struct mru_stats mruset_stats(const struct mruset *s);
int64_t mruset_oldest_age(const struct mruset *s, ntp_mono now);

/* The latest entry of ADDR, or NULL. */
const struct mru_entry *mruset_find(
    const struct mruset *s, const struct ntp_addr *addr);
/* Is A the local address that the last packet of E came to? */
bool mruset_came_to(const struct mruset *s, const struct mru_entry *e,
    const struct ntp_addr *a);

/* Stand at the oldest entry; or beyond the newest. */
void mruset_start(struct mruset *s, struct mruset_cursor *c);
void mruset_start_newest(struct mruset *s, struct mruset_cursor *c);
/* Stand behind E, which S holds.  Only for a single list: false else. */
bool mruset_start_after(
    struct mruset *s, struct mruset_cursor *c, const struct mru_entry *e);
void mruset_stop(struct mruset *s, struct mruset_cursor *c);
/* NULL beyond the newest. */
const struct mru_entry *mruset_entry(
    const struct mruset *s, const struct mruset_cursor *c);
void mruset_newer(const struct mruset *s, struct mruset_cursor *c);
/* False, and no move, at the oldest. */
bool mruset_older(const struct mruset *s, struct mruset_cursor *c);

#endif /* NTP_MRUSET_H */
