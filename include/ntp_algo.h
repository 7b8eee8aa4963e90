/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_algo.h - selection: intersection, cluster, combine (RFC 5905 11.2).
 *
 * Pure core: no ports, no allocation, no logging, no clock.
 */
#ifndef NTP_ALGO_H
#define NTP_ALGO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp.h"

/* What selection needs to know of one candidate. */
struct candidate {
	double offset;	 /* s */
	double rootdist; /* s, half width of the correctness interval */
	double jitter;	 /* s, of the peer */
	double stale;	 /* s, what the age of the offset adds to its error */
	double seljit;	 /* s, out: select jitter among the survivors */
	double peerjit;	 /* s, out: least jitter it was thrown out against */
	uint8_t stratum;
	bool prefer, trust; /* options prefer and true */
	uint8_t status;	    /* enum ntp_select, out */
	unsigned tag;	    /* the caller's, returned untouched */
};

struct interval {
	double low, high; /* s */
};

struct endpoint {
	double at; /* s */
	int type;  /* -1 low, +1 high */
};

/*
 * Marzullo's intersection as the reference does it: the smallest interval
 * that holds points of n - f correctness intervals, 2 f < n.  SCRATCH has room
 * for 2 * N endpoints.  False when there is no majority.
 */
bool select_intersection(const struct candidate *c, size_t n,
    struct endpoint *scratch, struct interval *out);

/*
 * Keep the candidates whose interval overlaps I (or that are trusted), moved
 * to the front in their order; the others get SEL_FALSETICK.  With I NULL
 * (no majority) only the trusted survive.  Returns the number kept.
 */
size_t select_survivors(
    struct candidate *c, size_t n, const struct interval *i);

struct cluster_param {
	size_t minclock, maxclock;
	double precision; /* s, floor of the select jitter */
};
/*
 * Cluster, RFC 5905 11.2.2, metric select jitter times root distance: C is
 * reordered, survivors first; the others get SEL_OUTLIER (SEL_BACKUP beyond
 * maxclock).  Returns the number of survivors; sets seljit of each.
 */
size_t select_cluster(
    struct candidate *c, size_t n, const struct cluster_param *cp);

/* Index of the best survivor: least seljit * rootdist + stratum * mindist. */
size_t select_best(const struct candidate *c, size_t n, double mindist);

/* What a survivor's offset weighs: 1 / (rootdist + stale), 1/s. */
double select_weight(const struct candidate *c);

/* Combine, RFC 5905 11.2.3: offsets weighted by select_weight(); JITTER
 * includes the select jitter of survivor BEST. */
struct combined {
	double offset, jitter; /* s */
};
struct combined select_combine(
    const struct candidate *c, size_t n, size_t best);

#endif /* NTP_ALGO_H */
