/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_metric.h - what can be measured of a node over a stretch of time.
 *
 * A gauge looks at a node at each sample and at its end says a number for
 * each metric.
 */
#ifndef SIM_METRIC_H
#define SIM_METRIC_H

#include "sim_scenario.h"

struct sim_node;

#define GAUGE_OCTAVES 48 /* from 2^-36 s up */
#define GAUGE_BINS    32 /* of each octave */

enum metric_arg {
	METRIC_NONE,
	METRIC_TIME,	   /* a limit in s */
	METRIC_NODE,	   /* a source */
	METRIC_NODE_STATUS /* a source and a selection status */
};

struct sim_gauge {
	const struct scn_expect *x;	/* NULL: of the table */
	struct sim_node *node;		/* borrowed */
	const struct sim_node *against; /* NULL: true time */
	const struct sim_node *source;	/* or NULL */
	double from, to;		/* s */
	double limit, fine;		/* s, of `converge` and of the table */
	uint64_t n, hits, synced;
	double sum, square, max, last; /* of the time error, s */
	double high, low;	       /* s */
	double fsquare, fmax;	       /* of the frequency error, s/s */
	double slew;		       /* s/s, greatest */
	double rootdist;	       /* s, greatest */
	double over, over_fine; /* s, true time when the error was last over */
	double first_sync;	/* s, true time; < 0: never */
	uint64_t polls0, steps0, served0, kisses0;
	uint64_t polls, steps, served, kisses;
	bool begun;
	uint32_t *hist, *fhist; /* of |time error|, |frequency error| */
};

struct sim_metric {
	const char *name;
	enum scn_unit unit;
	enum metric_arg arg;
	double (*value)(const struct sim_gauge *g);
	const char *words;
};

const struct sim_metric *metric_find(const char *name);
/* The I-th, NULL at the end. */
const struct sim_metric *metric_at(size_t i);

/* One more sample, at true time T s. */
void gauge_sample(struct sim_gauge *g, double t);
void gauge_fini(struct sim_gauge *g);

#endif /* SIM_METRIC_H */
