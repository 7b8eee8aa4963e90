/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cells.c - the discipline against its peers, in twenty cells.
 *
 * One server; exponential jitter of mean J in both directions above a base
 * delay of 10 J; the oscillator 10 ppm off, w added to its frequency each
 * second; 80,000 s after a settling time.  The peers' figures are known from
 * simulations of the same kind.
 *
 * The linear bound is what a two-state Kalman filter (phase, frequency) leaves
 * in its steady state, on average over the interval between polls, when it
 * sees offsets alone, with the jitter's standard deviation of J/sqrt(2), at
 * the best peer's mean poll interval.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ntp_fmt.h"
#include "sim_world.h"

#define JITTERS	     4U
#define RUNS	     8U
#define SETTLE	     20000 /* s */
#define MEASURE	     80000 /* s */
#define TEXT_MAX     1024U
#define KALMAN_STEPS 20000
#define CLOSE	     0.65 /* of the peer: where the bound leaves room ... */
#define CLOSE_LIMIT  0.7  /* ... we shall be at most there */
#define MEDIAN_LIMIT 0.75

/* Four cells that differ in jitter only; figures in us and s. */
struct row {
	const char *name, *poll;
	double wander; /* s/s */
	double peer[JITTERS], reference[JITTERS], interval[JITTERS];
};

static const double jitters[JITTERS] = {10e-6, 100e-6, 1e-3, 10e-3};

static const struct row rows[] = {
    {"default poll, w 0.1 ppb", "", 0.1e-9, {10, 45, 137, 910},
	{29, 49, 341, 3859}, {748, 844, 839, 839}},
    {"default poll, w 1 ppb", "", 1e-9, {28, 100, 448, 1374},
	{258, 280, 467, 3980}, {303, 748, 839, 839}},
    {"default poll, w 10 ppb", "", 10e-9, {17, 296, 1000, 4477},
	{2278, 2476, 2524, 4667}, {70, 302, 747, 839}},
    {"poll 6, w 1 ppb", "minpoll 6 maxpoll 6", 1e-9, {5.5, 22, 101, 930},
	{17, 24, 150, 1483}, {64, 64, 64, 64}},
    {"poll 6, w 10 ppb", "minpoll 6 maxpoll 6", 10e-9, {14, 55, 225, 1007},
	{163, 166, 236, 1495}, {64, 64, 64, 64}},
};
#define ROWS (sizeof rows / sizeof rows[0])

struct cell {
	double rms, interval, bound; /* s */
};

/* --- the bound -------------------------------------------------------------- */

/* Covariance of phase and frequency: [A B; B C]. */
struct covariance {
	double a, b, c;
};

static struct covariance
kalman_step(struct covariance p, double t, double q, double r)
{
	struct covariance m = {
	    p.a + 2 * t * p.b + t * t * p.c + q * t * t * t / 3,
	    p.b + t * p.c + q * t * t / 2, p.c + q * t};
	double gain_x = m.a / (m.a + r), gain_y = m.b / (m.a + r);

	return (struct covariance){
	    (1 - gain_x) * m.a, (1 - gain_x) * m.b, m.c - gain_y * m.b};
}

static double
linear_bound(double wander, double interval, double jitter)
{
	double r = jitter * jitter / 2, q = wander * wander, t = interval;
	struct covariance p = {r, 0, 1e-12};

	for (int i = 0; i < KALMAN_STEPS; i++)
		p = kalman_step(p, t, q, r);
	return sqrt(p.a + t * p.b + t * t * p.c / 3 + q * t * t * t / 12);
}

/* --- measuring -------------------------------------------------------------- */

static struct scenario *
cell_scenario(const struct row *row, double jitter)
{
	char text[TEXT_MAX];

	(void)snprintf(text, sizeof text,
	    "run %ds\nsettle %ds\nserver s1\n"
	    "node c freq 10ppm wander %.1fppb {\n"
	    "\tserver s1 iburst %s\n}\n"
	    "link c s1 delay %.0fus jitter exp %.0fus\n",
	    SETTLE + MEASURE, SETTLE, row->wander * 1e9, row->poll,
	    jitter * 10e6, jitter * 1e6);
	return scenario_parse("cell", text, false, stderr);
}

static bool
measure(const struct scenario *sc, unsigned runs, struct cell *out)
{
	const struct sim_metric *rms = metric_find("rms");
	const struct sim_metric *interval = metric_find("interval");
	double square = 0, time = 0, v;

	for (unsigned i = 0; i < runs; i++) {
		struct sim_world *w = world_new(sc, i + 1, NULL, stderr);

		if (w == NULL)
			return false;
		world_run(w);
		v = rms->value(&w->gauge[0]);
		square += v * v;
		time += interval->value(&w->gauge[0]);
		world_free(&w);
	}
	out->rms = sqrt(square / runs);
	out->interval = time / runs;
	return true;
}

/* --- the table -------------------------------------------------------------- */

static const char *
verdict(const struct row *row, unsigned j, const struct cell *c)
{
	double peer = row->peer[j] * 1e-6;

	if (c->interval < row->interval[j])
		return "polls more than the peer";
	if (c->rms >= peer)
		return "worse than the peer";
	if (c->bound < CLOSE * peer && c->rms > CLOSE_LIMIT * peer)
		return "too far from the bound";
	return NULL;
}

static bool
report_cell(const struct row *row, unsigned j, const struct cell *c, unsigned k)
{
	const char *bad = verdict(row, j, c);

	(void)printf("%sok %u - %-24s %5.0f us: %8.1f us (%.2f of the peer's "
		     "%6.1f, reference %6.1f, bound %6.1f), poll %4.0f s "
		     "(%3.0f)%s%s\n",
	    bad != NULL ? "not " : "", k, row->name, jitters[j] * 1e6,
	    c->rms * 1e6, c->rms * 1e6 / row->peer[j], row->peer[j],
	    row->reference[j], c->bound * 1e6, c->interval, row->interval[j],
	    bad != NULL ? ": " : "", bad != NULL ? bad : "");
	(void)fflush(stdout);
	return bad == NULL;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool
report_median(double *ratio, size_t n)
{
	double median;
	bool good;

	qsort(ratio, n, sizeof *ratio, by_size);
	median = (ratio[n / 2 - 1] + ratio[n / 2]) / 2;
	good = median <= MEDIAN_LIMIT;
	(void)printf("%sok %zu - median of the ratios %.3f, at most %.2f\n",
	    good ? "" : "not ", n + 1, median, MEDIAN_LIMIT);
	return good;
}

static bool
run_cell(const struct row *row, unsigned j, unsigned runs, struct cell *c)
{
	struct scenario *sc = cell_scenario(row, jitters[j]);
	bool ok = sc != NULL && sc->nerrors == 0 && measure(sc, runs, c);

	c->bound = linear_bound(row->wander, row->interval[j], jitters[j]);
	scenario_free(&sc);
	return ok;
}

int
main(int argc, char **argv)
{
	double ratio[ROWS * JITTERS];
	struct cell c = {0};
	int64_t runs = RUNS;
	unsigned k = 0, bad = 0;

	if (argc > 1 &&
	    (fmt_parse_int(argv[1], strlen(argv[1]), false, &runs) != 0 ||
		runs < 1 || runs > 1000)) {
		(void)fputs("usage: cells [runs]\n", stderr);
		return 2;
	}
	(void)printf("1..%zu\n", ROWS * JITTERS + 1);
	for (size_t i = 0; i < ROWS; i++) {
		for (unsigned j = 0; j < JITTERS; j++) {
			if (!run_cell(&rows[i], j, (unsigned)runs, &c))
				return 2;
			ratio[k] = c.rms * 1e6 / rows[i].peer[j];
			bad += !report_cell(&rows[i], j, &c, ++k);
		}
	}
	bad += !report_median(ratio, k);
	return bad > 0;
}
