/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peers.c - the discipline against its peers, when something happens.
 *
 * Each row is a scenario and what is measured in it, as an expectation says
 * it: the median of so many runs.  The peers' figures were measured in the
 * same worlds: chronyd 4.3 and ntpd of NTPsec 1.2.2 (those of Debian 12), the
 * programs themselves, with their system calls for clock, timers and network
 * led into the simulator; the same scenarios and seeds (of NTPsec, the outage
 * excepted, twelve), a kernel with its PLL, `makestep 1 3` for chronyd, and
 * otherwise the scenario's own server lines.  Our ntpd, led there in the same
 * way, was within a few per cent of simrun.
 *
 * When a server jumps, most of the error of the next hour is what was spent
 * waiting for the poll that tells of it.  That says nothing of the discipline;
 * how soon all is well again does, and how far it went beyond: at most 5 %.
 *
 * Who hears nothing for t seconds is wrong by his frequency error times t, and
 * by the wander w meanwhile, w sqrt(t^3/3).  He who knew the frequency exactly
 * would have 0.67 ms at the end of four hours at w = 1 ppb, half of the time;
 * that is printed beside.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_report.h"

#define TEXT_EXTRA 256U
#define RUNS_MAX   100U
#define ROWS_MAX   8U /* of one scenario */

struct row {
	const char *scenario, *metric, *window, *words;
	double chrony, ntpsec; /* s */
	double limit;	       /* s, what is asked for; 0: to be better */
	double bound;	       /* s, what nobody can beat; 0: not known */
	unsigned runs;
};

static const struct row rows[] = {
    {"server-freq-step", "rms", "from 1d against s1",
	"server 5 ppm faster: rms of the day after", 405e-6, 4186e-6, 0, 0, 20},
    {"server-freq-step", "converge 1ms", "from 1d against s1",
	"server 5 ppm faster: within 1 ms again", 1312, 26308, 0, 0, 20},
    {"server-step-20ms", "converge 1ms", "from 1d against s1",
	"server 20 ms ahead: within 1 ms again", 841.5, 31878, 0, 0, 20},
    {"server-step-20ms", "high", "from 1d against s1",
	"server 20 ms ahead: beyond it", 1878e-6, 8434e-6, 1e-3, 0, 20},
    {"server-step", "converge 2ms", "from 10h against s1",
	"server 1 s ahead: within 2 ms again", 600, 2918, 0, 0, 100},
    {"server-step", "high", "from 10h against s1",
	"server 1 s ahead: beyond it", 101e-3, 298e-6, 50e-3, 0, 100},
    {"congestion-one-way", "rms", "", "congestion one way: rms", 636e-6,
	3786e-6, 0, 0, 20},
    {"congestion-one-way", "max", "", "congestion one way: max", 3438e-6,
	12041e-6, 0, 0, 20},
    {"congestion-both-ways", "rms", "", "congestion both ways, loss: rms",
	605e-6, 3492e-6, 0, 0, 60},
    {"congestion-both-ways", "max", "", "congestion both ways, loss: max",
	2530e-6, 14182e-6, 0, 0, 60},
    {"asymmetry", "rms", "from 1d to 30h", "5 ms of asymmetry for 6 h: rms",
	1813e-6, 2717e-6, 0, 0, 20},
    {"asymmetry", "max", "from 1d to 30h", "5 ms of asymmetry for 6 h: max",
	3149e-6, 3580e-6, 0, 0, 20},
    {"outage-4h", "p50", "from 12h to 16h", "outage of 4 h: median of it",
	450e-6, 504e-6, 500e-6, 214e-6, 60},
    {"outage-4h", "final", "from 15h to 16h", "outage of 4 h: at its end",
	1084e-6, 1188e-6, 0, 673e-6, 60},
    {"half-hour-a-day", "rms", "", "network 30 min a day: rms", 4906e-6,
	25129e-6, 0, 0, 20},
    {"half-hour-a-day", "max", "", "network 30 min a day: max", 11557e-6,
	55376e-6, 0, 0, 20},
    {"four-equal", "rms", "", "four equal servers: rms", 136e-6, 299e-6, 0, 0,
	20},
    {"four-equal", "max", "", "four equal servers: max", 403e-6, 706e-6, 0, 0,
	20},
    {"one-false", "rms", "", "one of four is false: rms", 132e-6, 288e-6, 0, 0,
	20},
    {"one-false", "max", "", "one of four is false: max", 404e-6, 675e-6, 0, 0,
	20},
    {"drifts-away", "rms", "", "one of four drifts away: rms", 130e-6, 268e-6,
	0, 0, 20},
    {"drifts-away", "max", "", "one of four drifts away: max", 415e-6, 655e-6,
	0, 0, 20},
    {"unequal", "rms", "", "unequal servers: rms", 74e-6, 266e-6, 0, 0, 20},
    {"unequal", "max", "", "unequal servers: max", 286e-6, 620e-6, 0, 0, 20},
};
#define ROWS (sizeof rows / sizeof rows[0])

static bool
same_world(const struct row *a, const struct row *b)
{
	return strcmp(a->scenario, b->scenario) == 0;
}

/* --- measuring -------------------------------------------------------------- */

/* The scenario of ROW with the N rows of it as its last expectations. */
static struct scenario *
row_scenario(const char *dir, const struct row *row, size_t n)
{
	char path[512], *file, *text;
	struct scenario *sc = NULL;
	size_t cap, len;

	(void)snprintf(path, sizeof path, "%s/%s.sim", dir, row->scenario);
	file = scn_slurp(path);
	if (file == NULL)
		return NULL;
	cap = strlen(file) + n * TEXT_EXTRA;
	text = malloc(cap);
	len = text != NULL ? (size_t)snprintf(text, cap, "%s", file) : 0;
	for (size_t i = 0; i < n && text != NULL; i++)
		len += (size_t)snprintf(text + len, cap - len,
		    "\nexpect c %s < 1s %s\n", row[i].metric, row[i].window);
	if (text != NULL)
		sc = scenario_parse(path, text, false, stderr);
	free(text);
	free(file);
	return sc;
}

static void
keep_values(const struct sim_world *w, size_t n, unsigned run,
    double value[ROWS_MAX][RUNS_MAX])
{
	const struct scn_expect *first = &w->sc->expect[w->sc->nexpect - n];

	for (size_t g = 0; g < w->ngauges; g++) {
		const struct sim_gauge *is = &w->gauge[g];

		if (is->x >= first && is->x < first + n)
			value[is->x - first][run] = is->x->metric->value(is);
	}
}

static bool
run_world(const struct scenario *sc, const struct row *row, size_t n,
    double value[ROWS_MAX][RUNS_MAX])
{
	for (unsigned i = 0; i < row->runs; i++) {
		struct sim_world *w = world_new(sc, sc->seed + i, NULL, stderr);

		if (w == NULL)
			return false;
		world_run(w);
		keep_values(w, n, i, value);
		world_free(&w);
	}
	return true;
}

/* --- the table -------------------------------------------------------------- */

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_size);
	return (v[(n - 1) / 2] + v[n / 2]) / 2;
}

static const char *
verdict(const struct row *row, double v)
{
	if (!(v < fmin(row->chrony, row->ntpsec)))
		return "not better than the best peer";
	if (row->limit > 0 && v > row->limit)
		return "more than is asked for";
	return NULL;
}

static bool
report_row(const struct row *row, double v, unsigned k)
{
	const char *bad = verdict(row, v);
	char ours[32], chrony[32], ntpsec[32], bound[32];

	(void)printf("%sok %u - %-44s %9s (%.2f of the best peer's; chrony "
		     "%9s, ntpsec %9s",
	    bad != NULL ? "not " : "", k, row->words,
	    report_value(ours, sizeof ours, v, UNIT_TIME),
	    v / fmin(row->chrony, row->ntpsec),
	    report_value(chrony, sizeof chrony, row->chrony, UNIT_TIME),
	    report_value(ntpsec, sizeof ntpsec, row->ntpsec, UNIT_TIME));
	if (row->bound > 0)
		(void)printf(", bound %s",
		    report_value(bound, sizeof bound, row->bound, UNIT_TIME));
	(void)printf(
	    ")%s%s\n", bad != NULL ? ": " : "", bad != NULL ? bad : "");
	(void)fflush(stdout);
	return bad == NULL;
}

/* Failures among the N rows of one scenario, of which the first is number K;
 * < 0 when it cannot be run. */
static int
run_rows(const char *dir, const struct row *row, size_t n, unsigned k)
{
	double value[ROWS_MAX][RUNS_MAX] = {{0}};
	struct scenario *sc = row_scenario(dir, row, n);
	bool ok =
	    sc != NULL && sc->nerrors == 0 && run_world(sc, row, n, value);
	int bad = 0;

	for (size_t i = 0; i < n && ok; i++)
		bad += !report_row(
		    &row[i], median(value[i], row->runs), k + (unsigned)i);
	scenario_free(&sc);
	return ok ? bad : -1;
}

int
main(int argc, char **argv)
{
	int bad = 0;
	size_t n;

	if (argc != 2) {
		(void)fputs("usage: peers directory-of-scenarios\n", stderr);
		return 2;
	}
	(void)printf("1..%zu\n", ROWS);
	for (size_t i = 0; i < ROWS; i += n) {
		int failed;

		for (n = 1; i + n < ROWS && n < ROWS_MAX &&
		     same_world(&rows[i], &rows[i + n]);
		     n++)
			continue;
		failed = run_rows(argv[1], &rows[i], n, (unsigned)i + 1);
		if (failed < 0)
			return 2;
		bad += failed;
	}
	return bad > 0;
}
