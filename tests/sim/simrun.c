/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * simrun.c - run scenarios: the daemon's engine in a simulated world.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ntp_fmt.h"
#include "sim_plot.h"
#include "sim_rehearse.h"
#include "sim_report.h"

#define RUNS_MAX 1000000U

struct options {
	uint64_t seed;
	unsigned runs;
	const char *csv, *svg; /* files to write, or NULL */
	const char *conf;
	const struct rehearsal *rehearse;
	bool seed_given, control, verbose, tap, fast, progress;
};

static const char usage_text[] =
    "usage: simrun [-cv] [-s seed] [-n runs] [--csv file] [--svg file] file ..."
    "\n"
    "       simrun --tap [--fast] file ...\n"
    "       simrun --conf ntp.conf --rehearse "
    "leap|outage|falseticker|step|attack\n"
    "  -s, --seed N   first seed (default: the file's)\n"
    "  -n, --runs N   that many runs, each with the next seed\n"
    "  -c, --control  as the file's control, which should fail\n"
    "  -v, --verbose  what the daemons log\n"
    "      --csv FILE write the first run's samples\n"
    "      --svg FILE draw the first run's errors\n"
    "      --tap      run each file and its control, say ok or not ok\n"
    "      --fast     only those files that are marked fast\n"
    "      --conf FILE, --rehearse WHAT  what that configuration would do\n"
    "  -h, --help     this\n"
    "      --version  which one it is\n";

static struct scenario *
read_scenario(const char *path, bool control)
{
	char *text = scn_slurp(path);
	struct scenario *sc;

	if (text == NULL) {
		(void)fprintf(stderr, "simrun: cannot read %s\n", path);
		return NULL;
	}
	sc = scenario_parse(path, text, control, stderr);
	free(text);
	if (sc != NULL && sc->nerrors > 0)
		scenario_free(&sc);
	return sc;
}

/* What is kept of the first run beside its figures. */
struct recorder {
	const char *name;
	bool progress, begun;
	FILE *csv;
	struct sim_plot *plot;
};

static void
record(void *arg, const struct sim_world *w)
{
	struct recorder *r = arg;

	if (r->csv != NULL)
		csv_sample(r->csv, w, !r->begun);
	if (r->plot != NULL)
		plot_sample(r->plot, w);
	r->begun = true;
}

static void
show_progress(void *arg, double share)
{
	const struct recorder *r = arg;

	if (r->progress)
		(void)fprintf(
		    stderr, "\r%s: %3.0f %% \r", r->name, share * 100);
}

static bool
record_open(struct recorder *r, const struct options *o, bool first)
{
	if (!first)
		return true;
	if (o->csv != NULL && (r->csv = fopen(o->csv, "w")) == NULL) {
		(void)fprintf(stderr, "simrun: cannot write %s\n", o->csv);
		return false;
	}
	if (o->svg != NULL)
		r->plot = calloc(1, sizeof *r->plot);
	return o->svg == NULL || r->plot != NULL;
}

static bool
write_plot(const struct recorder *r, const struct options *o,
    const struct scenario *sc)
{
	FILE *fp = fopen(o->svg, "w");

	if (fp != NULL)
		plot_write(r->plot, sc, fp);
	if (fp != NULL && fclose(fp) == 0)
		return true;
	(void)fprintf(stderr, "simrun: cannot write %s\n", o->svg);
	return false;
}

static bool
record_close(
    struct recorder *r, const struct options *o, const struct scenario *sc)
{
	bool ok = r->plot == NULL || write_plot(r, o, sc);

	if (r->csv != NULL && fclose(r->csv) != 0) {
		(void)fprintf(stderr, "simrun: cannot write %s\n", o->csv);
		ok = false;
	}
	free(r->plot);
	return ok;
}

/* One run; false when the world cannot be made. */
static bool
run_once(struct sim_report *r, const struct options *o, uint64_t seed)
{
	struct recorder rec = {.name = r->sc->file, .progress = o->progress};
	struct sim_world *w =
	    world_new(r->sc, seed, o->verbose ? stdout : NULL, stderr);
	bool ok = w != NULL && record_open(&rec, o, r->runs == 0);

	if (ok) {
		w->arg = &rec;
		w->progress = show_progress;
		w->trace = record;
		world_run(w);
		report_add(r, w);
		ok = record_close(&rec, o, r->sc);
	}
	world_free(&w);
	return ok;
}

/* The number of failures, < 0 when it cannot be run. */
static int
run_scenario(const struct scenario *sc, const struct options *o, bool control,
    bool table)
{
	struct sim_report r;
	uint64_t seed = o->seed_given ? o->seed : sc->seed;
	unsigned runs = o->runs > 0 ? o->runs : o->seed_given ? 1 : sc->runs;
	bool ok = report_init(&r, sc, stdout) == 0;
	int failures;

	r.control = control;
	r.quiet = !table && control;
	for (unsigned i = 0; ok && i < runs; i++)
		ok = run_once(&r, o, seed + i);
	if (ok)
		report_finish(&r);
	if (ok && table)
		report_table(&r);
	failures = ok ? (int)r.failures : -1;
	report_fini(&r);
	return failures;
}

static int
run_file(const char *path, const struct options *o)
{
	struct scenario *sc = read_scenario(path, o->control);
	int failures;

	if (sc == NULL)
		return 2;
	failures = run_scenario(sc, o, o->control, true);
	scenario_free(&sc);
	return failures < 0 ? 2 : failures > 0;
}

/* --- rehearsal ---------------------------------------------------------------- */

static int
run_rehearsal(const struct options *o)
{
	char *text = scn_slurp(o->conf);
	struct recorder rec = {.name = o->conf, .progress = o->progress};
	struct scenario *sc = NULL;
	struct sim_world *w = NULL;
	bool ok = false;

	if (text == NULL)
		(void)fprintf(stderr, "simrun: cannot read %s\n", o->conf);
	else
		sc = rehearse_scenario(o->conf, text, o->rehearse, stderr);
	if (sc != NULL)
		w = world_new(sc, o->seed_given ? o->seed : sc->seed,
		    o->verbose ? stdout : NULL, stderr);
	if (w != NULL && record_open(&rec, o, true)) {
		w->arg = &rec;
		w->progress = show_progress;
		w->trace = record;
		world_run(w);
		rehearse_report(w, o->rehearse, stdout);
		ok = record_close(&rec, o, sc);
	}
	world_free(&w);
	scenario_free(&sc);
	free(text);
	return ok ? 0 : 2;
}

/* --- as a test program ------------------------------------------------------ */

static bool
tap_one(const char *path, const struct options *o, bool control, unsigned k)
{
	struct scenario *sc = read_scenario(path, control);
	const char *slash = strrchr(path, '/');
	int failures = -1;
	bool good;

	if (sc != NULL)
		failures = run_scenario(sc, o, control, false);
	good = control ? failures > 0 : failures == 0;
	(void)printf("%sok %u - %s%s\n", good ? "" : "not ", k,
	    slash != NULL ? slash + 1 : path,
	    control ? " (control must fail)" : "");
	(void)fflush(stdout);
	scenario_free(&sc);
	return good;
}

static int
run_tap(char **files, const struct options *o)
{
	unsigned k = 0, bad = 0;

	for (; *files != NULL; files++) {
		struct scenario *sc = read_scenario(*files, false);
		bool skip = sc != NULL && o->fast && !sc->fast;
		bool control = sc != NULL && sc->has_control;

		scenario_free(&sc);
		if (skip)
			continue;
		bad += !tap_one(*files, o, false, ++k);
		if (control)
			bad += !tap_one(*files, o, true, ++k);
	}
	(void)printf("1..%u\n", k);
	return bad > 0;
}

/* --- the command line ------------------------------------------------------- */

enum {
	OPT_TAP = 256,
	OPT_FAST,
	OPT_CSV,
	OPT_SVG,
	OPT_CONF,
	OPT_REHEARSE,
	OPT_VERSION
};

static const struct option long_options[] = {
    {"seed", required_argument, NULL, 's'},
    {"runs", required_argument, NULL, 'n'},
    {"control", no_argument, NULL, 'c'},
    {"verbose", no_argument, NULL, 'v'},
    {"tap", no_argument, NULL, OPT_TAP},
    {"fast", no_argument, NULL, OPT_FAST},
    {"conf", required_argument, NULL, OPT_CONF},
    {"rehearse", required_argument, NULL, OPT_REHEARSE},
    {"csv", required_argument, NULL, OPT_CSV},
    {"svg", required_argument, NULL, OPT_SVG},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static bool
parse_count(const char *s, uint64_t *out)
{
	int64_t v;

	if (fmt_parse_int(s, strlen(s), false, &v) != 0 || v < 0) {
		(void)fprintf(stderr, "simrun: '%s' is no number\n", s);
		return false;
	}
	*out = (uint64_t)v;
	return true;
}

static bool
take_runs(struct options *o, uint64_t runs)
{
	o->runs = (unsigned)runs;
	if (runs > 0 && runs <= RUNS_MAX)
		return true;
	(void)fprintf(stderr, "simrun: runs are 1 to %u\n", RUNS_MAX);
	return false;
}

static bool
take_option(struct options *o, int c)
{
	uint64_t v;

	switch (c) {
	case 's':
		o->seed_given = true;
		return parse_count(optarg, &o->seed);
	case 'n':
		return parse_count(optarg, &v) && take_runs(o, v);
	case 'c':
		o->control = true;
		return true;
	case 'v':
		o->verbose = true;
		return true;
	case OPT_CONF:
		o->conf = optarg;
		return true;
	case OPT_REHEARSE:
		o->rehearse = rehearsal_find(optarg);
		if (o->rehearse == NULL)
			(void)fprintf(stderr,
			    "simrun: nothing to rehearse is called '%s'\n",
			    optarg);
		return o->rehearse != NULL;
	case OPT_CSV:
		o->csv = optarg;
		return true;
	case OPT_SVG:
		o->svg = optarg;
		return true;
	case OPT_TAP:
		o->tap = true;
		return true;
	case OPT_FAST:
		o->fast = true;
		return true;
	default:
		return false;
	}
}

static int
tell(int c)
{
	if (c == 'h')
		(void)fputs(usage_text, stdout);
	else
		(void)printf("%s simrun %s\n", PACKAGE_NAME, PACKAGE_VERSION);
	return 0;
}

/* A table that nobody got is no success. */
static int
written(int status)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return status;
	(void)fputs("simrun: cannot write to standard output\n", stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	struct options o = {0};
	int c, worst = 0;

	while ((c = getopt_long(argc, argv, "s:n:cvh", long_options, NULL)) !=
	    -1) {
		if (c == 'h' || c == OPT_VERSION)
			return tell(c);
		if (!take_option(&o, c)) {
			(void)fputs(usage_text, stderr);
			return 2;
		}
	}
	if ((optind == argc) != (o.conf != NULL) ||
	    (o.conf != NULL) != (o.rehearse != NULL)) {
		(void)fputs("simrun: files of scenarios, or --conf with "
			    "--rehearse\n",
		    stderr);
		(void)fputs(usage_text, stderr);
		return 2;
	}
	if (o.tap)
		return written(run_tap(argv + optind, &o));
	o.progress = isatty(STDERR_FILENO) == 1;
	if (o.conf != NULL)
		return written(run_rehearsal(&o));
	for (; optind < argc; optind++) {
		c = run_file(argv[optind], &o);
		worst = c > worst ? c : worst;
	}
	return written(worst);
}
