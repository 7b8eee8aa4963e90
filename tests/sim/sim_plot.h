/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_plot.h - a run as a picture (SVG) or as rows (CSV).
 *
 * Both are fed from the world's trace, once at each sample.
 */
#ifndef SIM_PLOT_H
#define SIM_PLOT_H

#include <stdio.h>

#include "sim_world.h"

#define PLOT_COLUMNS 800U /* as many as the picture has pixels */
#define PLOT_NODES   6U	  /* drawn; the first ones */

struct plot_span {
	double low, high; /* s */
	bool used;
};

struct sim_plot {
	const struct sim_node *node[PLOT_NODES];
	size_t nnodes, left_out;
	struct plot_span span[PLOT_NODES][PLOT_COLUMNS];
	double low, high; /* s, of all after `settle` */
	bool ranged;
};

/* Time errors of the daemons in W, to be drawn. */
void plot_sample(struct sim_plot *p, const struct sim_world *w);
void plot_write(const struct sim_plot *p, const struct scenario *sc, FILE *fp);

/* A row for each daemon; the heading comes with the first. */
void csv_sample(FILE *fp, const struct sim_world *w, bool first);

#endif /* SIM_PLOT_H */
