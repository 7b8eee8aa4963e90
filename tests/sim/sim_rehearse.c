/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_rehearse.c - what would this ntp.conf do if ...
 *
 * The scenario is written as text, like any other, and its expectations are
 * there to be measured, not to be judged: three stretches of time, before,
 * while and after it happens.
 */
#include "sim_rehearse.h"

#include <stdlib.h>
#include <string.h>

#include "ntp_config.h"
#include "ntp_err.h"
#include "sim_report.h"
#include "sim_world.h"

#define POOL_SERVERS 4U
#define CLIENT	     "ntpd"
#define STRETCHES    3U

struct rehearsal {
	const char *name, *words;
	const char *begin, *end; /* when it happens */
	const char *text;	 /* lines of the scenario */
};

static const struct rehearsal kinds[] = {
    {"leap", "a leap second is inserted at the end of the day", "11h", "13h",
	"start 2025-06-30T12:00:00\nleap 2025-06-30\n"},
    {"outage", "no network for four hours", "12h", "16h",
	"link * * down from 12h for 4h\n"},
    {"falseticker", "the first server goes wrong by half a second", "12h",
	"18h", "at 12h step s1 500ms\nat 18h step s1 -500ms\n"},
    {"step", "somebody sets this machine's clock two seconds ahead", "12h",
	"14h", "at 12h step " CLIENT " 2s\n"},
    {"attack",
	"somebody answers in the first server's name, seeing its requests, "
	"and forges and replays what he can",
	"12h", "18h",
	"attack " CLIENT " s1 race offset 500ms from 12h for 6h\n"
	"attack " CLIENT " s1 forge offset 1h every 3s from 12h for 6h\n"
	"attack " CLIENT " s1 kiss every 7s from 12h for 6h\n"
	"attack " CLIENT " s1 replay every 500ms from 12h for 6h\n"},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

struct figure {
	const char *metric, *words;
};

static const struct figure figures[] = {
    {"max", "greatest error of the clock"},
    {"p95", "error 95 % of the time below"},
    {"rootdist", "greatest error that clients are told"},
    {"synced", "share of the time synchronized"},
    {"steps", "steps of the clock"},
    {"polls", "requests sent"},
};
#define FIGURES (sizeof figures / sizeof figures[0])

const struct rehearsal *
rehearsal_find(const char *name)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* --- the servers of the file ------------------------------------------------ */

static void
diag(void *arg, const struct config_diag *d)
{
	if (d->severity == CONFIG_ERROR)
		(void)fprintf(arg, "%s:%u:%u: %s\n", d->file, d->line,
		    d->column, d->text);
}

/* So many that all of them are used. */
static unsigned
pool_size(const struct ntp_config *c)
{
	unsigned pools = 0, n;

	for (size_t i = 0; i < c->nassoc; i++)
		pools += c->assoc[i].kind == ASSOC_POOL;
	n = pools > 0 ? c->tos.maxclock / pools : 0;
	return n > POOL_SERVERS ? POOL_SERVERS : n > 0 ? n : 1;
}

static void
write_assoc(
    FILE *fp, const struct config_assoc *a, unsigned n, unsigned *servers)
{
	char addr[ADDR_STRLEN];

	for (unsigned i = 0; i < n; i++) {
		(void)fprintf(fp, "server s%u", ++*servers);
		if (a->addr.family != ADDR_NONE)
			(void)fprintf(
			    fp, " address %s", addr_format(&a->addr, addr));
		(void)fputc('\n', fp);
		if (a->addr.family == ADDR_NONE)
			(void)fprintf(fp, "name %s s%u\n", a->host, *servers);
	}
}

static unsigned
write_servers(FILE *fp, const struct ntp_config *c)
{
	unsigned servers = 0;

	for (size_t i = 0; i < c->nassoc; i++) {
		if (c->assoc[i].kind == ASSOC_SERVER)
			write_assoc(fp, &c->assoc[i], 1, &servers);
		else if (c->assoc[i].kind == ASSOC_POOL)
			write_assoc(fp, &c->assoc[i], pool_size(c), &servers);
	}
	return servers;
}

static void
write_figures(FILE *fp, const struct rehearsal *k)
{
	for (size_t i = 0; i < FIGURES; i++) {
		const char *m = figures[i].metric;

		(void)fprintf(fp,
		    "expect " CLIENT " %s > 0 from 2h to %s\n"
		    "expect " CLIENT " %s > 0 from %s to %s\n"
		    "expect " CLIENT " %s > 0 from %s\n",
		    m, k->begin, m, k->begin, k->end, m, k->end);
	}
}

/* The text of the scenario, malloc'd; NULL with words on ERR. */
static char *
write_scenario(const struct ntp_config *c, const struct rehearsal *k, FILE *err)
{
	char *text = NULL;
	size_t len;
	unsigned servers;
	FILE *fp = open_memstream(&text, &len);

	if (fp == NULL)
		return NULL;
	(void)fprintf(fp,
	    "title What if %s\nrun 1d\nsettle 2h\n"
	    "except falseticker step distance legal monotone\n"
	    "node " CLIENT " freq 20ppm wander 1ppb offset 50ms {\n}\n",
	    k->words);
	servers = write_servers(fp, c);
	(void)fputs("link * * delay 10ms jitter exp 500us\n", fp);
	if (servers > 0)
		(void)fputs(k->text, fp);
	write_figures(fp, k);
	if (fclose(fp) == 0 && servers > 0)
		return text;
	free(text);
	(void)fputs("simrun: the configuration names no server or pool, so "
		    "there is nothing to rehearse\n",
	    err);
	return NULL;
}

/* --- the scenario ----------------------------------------------------------- */

static struct ntp_config *
parse_conf(const char *path, const char *text, FILE *err)
{
	struct config_io io = {.arg = err, .diag = diag, .load = scn_load};
	struct ntp_config *c = config_new();

	if (c == NULL)
		return NULL;
	if (config_parse(c, path, text, strlen(text), &io) == 0)
		config_finish(c, &io);
	return c;
}

/* The daemon reads the file as it is, and is told its line numbers. */
static bool
use_conf(struct scenario *sc, const char *path, const char *text)
{
	struct scn_node *n = &sc->node[0];

	free(sc->file);
	free(n->conf);
	sc->file = strdup(path);
	n->conf = strdup(text);
	n->conf_line = 1;
	sc->lenient = true;
	return sc->file != NULL && n->conf != NULL;
}

struct scenario *
rehearse_scenario(
    const char *path, const char *text, const struct rehearsal *k, FILE *err)
{
	struct ntp_config *c = parse_conf(path, text, err);
	char *scenario = c != NULL ? write_scenario(c, k, err) : NULL;
	struct scenario *sc = NULL;

	if (scenario != NULL)
		sc = scenario_parse("rehearsal", scenario, false, err);
	if (sc != NULL && (sc->nerrors > 0 || !use_conf(sc, path, text)))
		scenario_free(&sc);
	free(scenario);
	config_free(&c);
	return sc;
}

/* --- what it did ------------------------------------------------------------ */

static double
figure_at(const struct sim_world *w, size_t figure, size_t stretch)
{
	const struct sim_gauge *g = &w->gauge[figure * STRETCHES + stretch];

	return g->x->metric->value(g);
}

static void
print_figure(const struct sim_world *w, size_t i, FILE *out)
{
	const struct sim_metric *m = metric_find(figures[i].metric);
	char buf[32];

	(void)fprintf(out, "%-38s", figures[i].words);
	for (size_t k = 0; k < STRETCHES; k++)
		(void)fprintf(out, " %11s",
		    report_value(buf, sizeof buf, figure_at(w, i, k), m->unit));
	(void)fputc('\n', out);
}

static void
print_verdict(const struct sim_world *w, FILE *out)
{
	double before = figure_at(w, 0, 0), during = figure_at(w, 0, 1);
	double told = figure_at(w, 2, 1), synced = figure_at(w, 3, 2);
	char was[32], is[32];

	(void)report_value(was, sizeof was, before, UNIT_TIME);
	(void)report_value(is, sizeof is, during, UNIT_TIME);
	if (!world_node(w, CLIENT)->running)
		(void)fputs("The daemon has stopped: see its messages "
			    "(--verbose).\n",
		    out);
	else if (!(synced > 0))
		(void)fputs("It never was synchronized afterwards.\n", out);
	else if (during < 2 * before)
		(void)fprintf(out, "It made no difference to the clock.\n");
	else
		(void)fprintf(out,
		    "The clock was up to %s off, instead of %s%s.\n", is, was,
		    during > told ? ", and its clients were not told" : "");
}

void
rehearse_report(const struct sim_world *w, const struct rehearsal *k, FILE *out)
{
	char during[32];

	(void)snprintf(during, sizeof during, "%s-%s", k->begin, k->end);
	(void)fprintf(out, "%s: what if %s\n\n%-38s %11s %11s %11s\n",
	    w->sc->file, k->words, "", "before", during, "after");
	for (size_t i = 0; i < FIGURES; i++)
		print_figure(w, i, out);
	(void)fputc('\n', out);
	print_verdict(w, out);
}
