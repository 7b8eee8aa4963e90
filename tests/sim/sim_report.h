/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_report.h - what came out of the runs of a scenario.
 */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include <stdio.h>

#include "sim_world.h"

/* Values of one metric for one row of the table, or one expectation, over all
 * nodes and runs. */
struct sim_values {
	double *v;
	size_t n, cap;
};

struct sim_report {
	const struct scenario *sc;
	bool control, quiet;
	unsigned runs;
	struct sim_values *table;  /* nnode * columns */
	struct sim_values *expect; /* those with `median` */
	unsigned failures;
	uint64_t failed_seed; /* of the first failure */
	FILE *out;
};

int report_init(struct sim_report *r, const struct scenario *sc, FILE *out);
void report_fini(struct sim_report *r);
/* Judge a finished run and keep its figures. */
void report_add(struct sim_report *r, const struct sim_world *w);
/* Judge the medians; after the last run. */
void report_finish(struct sim_report *r);
void report_table(const struct sim_report *r);

/* "12.3 us", "0.45 ppm" and the like into OUT. */
const char *report_value(char *out, size_t cap, double v, enum scn_unit unit);

#endif /* SIM_REPORT_H */
