/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_report.c - what came out of the runs of a scenario.
 */
#include "sim_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"

#define WORDS_MAX 32U

struct column {
	const char *metric, *head;
};

static const struct column columns[] = {
    {"rms", "rms"},
    {"max", "max"},
    {"p50", "50 %"},
    {"p95", "95 %"},
    {"p99", "99 %"},
    {"freq.rms", "freq rms"},
    {"freq.p95", "freq 95 %"},
    {"freq.max", "freq max"},
    {"converge", "to 1 ms"},
    {"converge.fine", "to 100 us"},
    {"interval", "poll"},
    {"polls", "packets"},
};
#define COLUMNS (sizeof columns / sizeof columns[0])

/* --- values ----------------------------------------------------------------- */

static const char *
scaled(char *out, size_t cap, double v, double scale, const char *unit)
{
	(void)snprintf(out, cap, "%.4g %s", v / scale, unit);
	return out;
}

const char *
report_value(char *out, size_t cap, double v, enum scn_unit unit)
{
	double size = fabs(v);

	if (unit == UNIT_FREQ)
		return scaled(out, cap, v, 1e-6, "ppm");
	if (unit == UNIT_NUMBER) {
		(void)snprintf(out, cap, "%.6g", v);
		return out;
	}
	if (size >= 1)
		return scaled(out, cap, v, 1, "s");
	if (size >= 1e-3)
		return scaled(out, cap, v, 1e-3, "ms");
	if (size >= 1e-6 || !(size > 0))
		return scaled(out, cap, v, 1e-6, "us");
	return scaled(out, cap, v, 1e-9, "ns");
}

static void
values_add(struct sim_values *s, double v)
{
	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? 2 * s->cap : 16;
		s->v = realloc(s->v, s->cap * sizeof *s->v);
		if (s->v == NULL)
			abort();
	}
	s->v[s->n++] = v;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
values_median(const struct sim_values *s)
{
	if (s->n == 0)
		return 0;
	qsort(s->v, s->n, sizeof *s->v, by_size);
	return s->n % 2 != 0 ? s->v[s->n / 2]
			     : (s->v[s->n / 2 - 1] + s->v[s->n / 2]) / 2;
}

static double
values_worst(const struct sim_values *s)
{
	double worst = s->n > 0 ? s->v[0] : 0;

	for (size_t i = 1; i < s->n; i++)
		worst = fmax(worst, s->v[i]);
	return worst;
}

/* --- judging ---------------------------------------------------------------- */

int
report_init(struct sim_report *r, const struct scenario *sc, FILE *out)
{
	*r = (struct sim_report){.sc = sc, .out = out};
	r->table = calloc(sc->nnode * COLUMNS, sizeof *r->table);
	r->expect = calloc(sc->nexpect + 1, sizeof *r->expect);
	return r->table != NULL && r->expect != NULL ? 0 : -NTP_ENOMEM;
}

void
report_fini(struct sim_report *r)
{
	for (size_t i = 0; i < r->sc->nnode * COLUMNS; i++)
		free(r->table[i].v);
	for (size_t i = 0; i < r->sc->nexpect; i++)
		free(r->expect[i].v);
	free(r->table);
	free(r->expect);
}

static bool
holds(const struct scn_expect *x, double v)
{
	switch (x->op) {
	case OP_LESS:
		return v < x->value;
	case OP_MORE:
		return v > x->value;
	case OP_EQUAL:
	default:
		return !(v < x->value) && !(v > x->value);
	}
}

static void
fail(struct sim_report *r, uint64_t seed)
{
	if (r->failures++ == 0)
		r->failed_seed = seed;
}

static void
judge(struct sim_report *r, const struct scn_expect *x, double v,
    const char *who, uint64_t seed)
{
	char buf[WORDS_MAX];

	if (holds(x, v))
		return;
	fail(r, seed);
	if (!r->quiet)
		(void)fprintf(r->out,
		    "%s:%u: expected %s, but %s has %s (seed %llu)\n",
		    r->sc->file, x->line, x->text, who,
		    report_value(buf, sizeof buf, v, x->metric->unit),
		    (unsigned long long)seed);
}

static void
add_gauge(
    struct sim_report *r, const struct sim_world *w, const struct sim_gauge *g)
{
	const struct scn_expect *x = g->x;
	size_t row;

	if (x != NULL && x->median) {
		values_add(&r->expect[x - r->sc->expect], x->metric->value(g));
	} else if (x != NULL) {
		judge(r, x, x->metric->value(g), g->node->name, w->seed);
	} else {
		row = (size_t)(g->node->def - r->sc->node) * COLUMNS;
		for (size_t i = 0; i < COLUMNS; i++)
			values_add(&r->table[row + i],
			    metric_find(columns[i].metric)->value(g));
	}
}

void
report_add(struct sim_report *r, const struct sim_world *w)
{
	r->runs++;
	for (size_t i = 0; i < w->ngauges; i++)
		add_gauge(r, w, &w->gauge[i]);
	for (size_t i = 0; i < w->nbroken; i++) {
		fail(r, w->seed);
		if (!r->quiet)
			(void)fprintf(r->out, "%s: at %.0f s: %s (seed %llu)\n",
			    r->sc->file, w->broken[i].at, w->broken[i].text,
			    (unsigned long long)w->seed);
	}
}

void
report_finish(struct sim_report *r)
{
	for (size_t i = 0; i < r->sc->nexpect; i++) {
		if (r->sc->expect[i].median)
			judge(r, &r->sc->expect[i],
			    values_median(&r->expect[i]), "the median",
			    r->sc->seed);
	}
	if (r->failures > 0 && !r->quiet)
		(void)fprintf(r->out, "to see it again: simrun %s%s -s %llu\n",
		    r->control ? "--control " : "", r->sc->file,
		    (unsigned long long)r->failed_seed);
}

/* --- the table -------------------------------------------------------------- */

static void
print_row(const struct sim_report *r, size_t row, const char *what,
    double (*pick)(const struct sim_values *))
{
	char buf[WORDS_MAX];

	(void)fprintf(r->out, "%-10.10s %-7s", r->sc->node[row].name, what);
	for (size_t i = 0; i < COLUMNS; i++) {
		const struct sim_metric *m = metric_find(columns[i].metric);
		double v = pick(&r->table[row * COLUMNS + i]);

		(void)fprintf(
		    r->out, " %11s", report_value(buf, sizeof buf, v, m->unit));
	}
	(void)fputc('\n', r->out);
}

void
report_table(const struct sim_report *r)
{
	if (r->sc->title != NULL)
		(void)fprintf(r->out, "%s\n", r->sc->title);
	(void)fprintf(r->out, "%-10s %-7s", "node", "");
	for (size_t i = 0; i < COLUMNS; i++)
		(void)fprintf(r->out, " %11s", columns[i].head);
	(void)fputc('\n', r->out);
	for (size_t i = 0; i < r->sc->nnode; i++) {
		size_t n = r->table[i * COLUMNS].n;

		if (n == 0)
			continue;
		print_row(r, i, n > 1 ? "median" : "", values_median);
		if (n > 1)
			print_row(r, i, "worst", values_worst);
	}
}
