/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_metric.c - what can be measured of a node over a stretch of time.
 */
#include "sim_metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_state.h"
#include "sim_world.h"

#define LOWEST_OCTAVE (-36)

/* --- percentiles ------------------------------------------------------------ */

/* Bins of equal ratio, so that nanoseconds and seconds are told equally well;
 * 2 % wide. */
static unsigned
bin_of(double err)
{
	double m;
	int e, octave;

	if (!(err > 0))
		return 0;
	m = frexp(err, &e);
	octave = e - LOWEST_OCTAVE;
	if (octave < 0)
		return 0;
	if (octave >= GAUGE_OCTAVES)
		return GAUGE_OCTAVES * GAUGE_BINS - 1;
	return (unsigned)octave * GAUGE_BINS +
	    (unsigned)((m - 0.5) * 2 * GAUGE_BINS);
}

static double
middle_of(unsigned bin)
{
	double m = 0.5 + (bin % GAUGE_BINS + 0.5) / (2 * GAUGE_BINS);

	return ldexp(m, (int)(bin / GAUGE_BINS) + LOWEST_OCTAVE);
}

/* The size below which share Q of the N samples lies. */
static double
percentile(const uint32_t *hist, uint64_t n, double q)
{
	double want = q * (double)n, seen = 0;
	unsigned bin = 0;

	if (hist == NULL || n == 0)
		return 0;
	for (; bin < GAUGE_OCTAVES * GAUGE_BINS - 1; bin++) {
		seen += hist[bin];
		if (seen >= want)
			break;
	}
	return bin > 0 ? middle_of(bin) : 0;
}

/* --- sampling --------------------------------------------------------------- */

static enum ntp_select
select_of(const struct sim_node *n, const struct sim_node *source)
{
	const struct ntp_engine *e = n->e;

	PEER_FOREACH (p, &e->peers) {
		if (addr_equal(&p->srcadr, &source->addr))
			return (enum ntp_select)p->select;
	}
	return SEL_REJECT;
}

static const char *const status_words[] = {"reject", "falsetick", "excess",
    "outlier", "candidate", "backup", "syspeer", "ppspeer"};

static bool
is_hit(const struct sim_gauge *g)
{
	const struct sim_node *n = g->node;
	enum ntp_select is;

	if (g->x == NULL || g->source == NULL || n->e == NULL)
		return false;
	if (g->x->metric->arg == METRIC_NODE)
		return n->e->sys.peer != NULL &&
		    addr_equal(&n->e->sys.peer->srcadr, &g->source->addr);
	is = select_of(n, g->source);
	return strcmp(status_words[is], g->x->arg2) == 0;
}

static void
gauge_begin(struct sim_gauge *g)
{
	const struct sim_node *n = g->node;

	g->begun = true;
	g->polls0 = n->polls;
	g->steps0 = n->clock.steps;
	g->served0 = n->served;
	g->kisses0 = n->kisses;
	g->first_sync = -1;
	g->high = -HUGE_VAL;
	g->low = HUGE_VAL;
	g->hist = calloc((size_t)GAUGE_OCTAVES * GAUGE_BINS, sizeof *g->hist);
	g->fhist = calloc((size_t)GAUGE_OCTAVES * GAUGE_BINS, sizeof *g->fhist);
}

static void
sample_error(struct sim_gauge *g, double err, double freq, double t)
{
	double size = fabs(err);

	g->n++;
	g->sum += err;
	g->square += err * err;
	g->max = fmax(g->max, size);
	g->high = fmax(g->high, err);
	g->low = fmin(g->low, err);
	g->last = err;
	g->fsquare += freq * freq;
	g->fmax = fmax(g->fmax, fabs(freq));
	if (size >= g->limit)
		g->over = t;
	if (size >= g->fine)
		g->over_fine = t;
	if (g->hist != NULL)
		g->hist[bin_of(size)]++;
	if (g->fhist != NULL)
		g->fhist[bin_of(fabs(freq))]++;
}

static void
sample_engine(struct sim_gauge *g, double t)
{
	const struct sim_node *n = g->node;

	if (n->e == NULL || n->e->sys.leap == NTP_LEAP_UNSYNC)
		return;
	g->synced++;
	if (g->first_sync < 0)
		g->first_sync = t - g->from;
	g->rootdist = fmax(g->rootdist, node_root_distance(n));
}

void
gauge_sample(struct sim_gauge *g, double t)
{
	const struct sim_node *n = g->node;
	double err, freq;

	if (t < g->from || t >= g->to)
		return;
	if (!g->begun)
		gauge_begin(g);
	err = sim_clock_error(&n->clock);
	freq = sim_clock_freq_error(&n->clock);
	if (g->against != NULL) {
		err -= sim_clock_error(&g->against->clock);
		freq -= sim_clock_freq_error(&g->against->clock);
	}
	sample_error(g, err, freq, t);
	sample_engine(g, t);
	g->slew = fmax(g->slew, fabs(n->clock.slew));
	g->hits += is_hit(g);
	g->polls = n->polls - g->polls0;
	g->steps = n->clock.steps - g->steps0;
	g->served = n->served - g->served0;
	g->kisses = n->kisses - g->kisses0;
}

void
gauge_fini(struct sim_gauge *g)
{
	free(g->hist);
	free(g->fhist);
	g->hist = g->fhist = NULL;
}

/* --- the metrics ------------------------------------------------------------ */

static double
share(const struct sim_gauge *g, uint64_t of)
{
	return g->n > 0 ? (double)of / (double)g->n : 0;
}

static double
m_rms(const struct sim_gauge *g)
{
	return g->n > 0 ? sqrt(g->square / (double)g->n) : 0;
}

static double
m_mean(const struct sim_gauge *g)
{
	return g->n > 0 ? g->sum / (double)g->n : 0;
}

static double
m_max(const struct sim_gauge *g)
{
	return g->max;
}

static double
m_p50(const struct sim_gauge *g)
{
	return percentile(g->hist, g->n, 0.5);
}

static double
m_p95(const struct sim_gauge *g)
{
	return percentile(g->hist, g->n, 0.95);
}

static double
m_p99(const struct sim_gauge *g)
{
	return percentile(g->hist, g->n, 0.99);
}

static double
m_final(const struct sim_gauge *g)
{
	return fabs(g->last);
}

static double
m_high(const struct sim_gauge *g)
{
	return g->high;
}

static double
m_low(const struct sim_gauge *g)
{
	return g->low;
}

static double
m_freq_rms(const struct sim_gauge *g)
{
	return g->n > 0 ? sqrt(g->fsquare / (double)g->n) : 0;
}

static double
m_freq_max(const struct sim_gauge *g)
{
	return g->fmax;
}

static double
m_freq_p50(const struct sim_gauge *g)
{
	return percentile(g->fhist, g->n, 0.5);
}

static double
m_freq_p95(const struct sim_gauge *g)
{
	return percentile(g->fhist, g->n, 0.95);
}

static double
m_freq_p99(const struct sim_gauge *g)
{
	return percentile(g->fhist, g->n, 0.99);
}

static double
m_converge_fine(const struct sim_gauge *g)
{
	return fmax(g->over_fine - g->from, 0);
}

static double
m_converge(const struct sim_gauge *g)
{
	return fmax(g->over - g->from, 0);
}

static double
m_sync(const struct sim_gauge *g)
{
	return g->first_sync < 0 ? g->to : g->first_sync;
}

static double
m_synced(const struct sim_gauge *g)
{
	return share(g, g->synced);
}

static double
m_hits(const struct sim_gauge *g)
{
	return share(g, g->hits);
}

static double
m_steps(const struct sim_gauge *g)
{
	return (double)g->steps;
}

static double
m_polls(const struct sim_gauge *g)
{
	return (double)g->polls;
}

static double
m_served(const struct sim_gauge *g)
{
	return (double)g->served;
}

static double
m_kisses(const struct sim_gauge *g)
{
	return (double)g->kisses;
}

static double
m_sources(const struct sim_gauge *g)
{
	return g->node->e != NULL ? (double)active_count(g->node->e) : 0;
}

static double
m_interleaved(const struct sim_gauge *g)
{
	uint64_t n = 0;

	if (g->node->e == NULL)
		return 0;
	PEER_FOREACH (p, &g->node->e->peers)
		n += p->xl.count;
	return (double)n;
}

static double
m_interval(const struct sim_gauge *g)
{
	double time = (double)g->n * g->node->w->sc->sample;

	return g->polls > 0 ? time / (double)g->polls : time;
}

static double
m_slew(const struct sim_gauge *g)
{
	return g->slew;
}

static double
m_rootdist(const struct sim_gauge *g)
{
	return g->rootdist;
}

static double
m_stratum(const struct sim_gauge *g)
{
	return g->node->e != NULL ? g->node->e->sys.stratum : 0;
}

static double
m_leap(const struct sim_gauge *g)
{
	return g->node->e != NULL ? g->node->e->sys.leap : NTP_LEAP_UNSYNC;
}

static double
m_alive(const struct sim_gauge *g)
{
	return g->node->running;
}

static const struct sim_metric metrics[] = {
    {"rms", UNIT_TIME, METRIC_NONE, m_rms, "root mean square of the error"},
    {"mean", UNIT_TIME, METRIC_NONE, m_mean, "mean of the error"},
    {"max", UNIT_TIME, METRIC_NONE, m_max, "greatest error"},
    {"p50", UNIT_TIME, METRIC_NONE, m_p50, "median of the error's size"},
    {"p95", UNIT_TIME, METRIC_NONE, m_p95, "95 % of the error's size"},
    {"p99", UNIT_TIME, METRIC_NONE, m_p99, "99 % of the error's size"},
    {"final", UNIT_TIME, METRIC_NONE, m_final, "size of the last error"},
    {"high", UNIT_TIME, METRIC_NONE, m_high, "highest error, with its sign"},
    {"low", UNIT_TIME, METRIC_NONE, m_low, "lowest error, with its sign"},
    {"freq.rms", UNIT_FREQ, METRIC_NONE, m_freq_rms, "RMS frequency error"},
    {"freq.max", UNIT_FREQ, METRIC_NONE, m_freq_max, "frequency error"},
    {"freq.p50", UNIT_FREQ, METRIC_NONE, m_freq_p50, "median of its size"},
    {"freq.p95", UNIT_FREQ, METRIC_NONE, m_freq_p95, "95 % of its size"},
    {"freq.p99", UNIT_FREQ, METRIC_NONE, m_freq_p99, "99 % of its size"},
    {"converge.fine", UNIT_TIME, METRIC_NONE, m_converge_fine,
	"time until the error stays below 100 us"},
    {"converge", UNIT_TIME, METRIC_TIME, m_converge,
	"time until the error stays below LIMIT"},
    {"sync", UNIT_TIME, METRIC_NONE, m_sync, "time until first synchronized"},
    {"synced", UNIT_NUMBER, METRIC_NONE, m_synced, "share of time"},
    {"source", UNIT_NUMBER, METRIC_NODE, m_hits,
	"share of time that SOURCE is the system peer"},
    {"status", UNIT_NUMBER, METRIC_NODE_STATUS, m_hits,
	"share of time that SOURCE has that selection STATUS"},
    {"steps", UNIT_NUMBER, METRIC_NONE, m_steps, "steps of the clock"},
    {"polls", UNIT_NUMBER, METRIC_NONE, m_polls, "requests sent"},
    {"served", UNIT_NUMBER, METRIC_NONE, m_served, "replies sent"},
    {"kisses", UNIT_NUMBER, METRIC_NONE, m_kisses, "kisses sent"},
    {"sources", UNIT_NUMBER, METRIC_NONE, m_sources, "at the end"},
    {"interleaved", UNIT_NUMBER, METRIC_NONE, m_interleaved,
	"samples so made, at the end"},
    {"interval", UNIT_TIME, METRIC_NONE, m_interval, "mean between requests"},
    {"slew", UNIT_FREQ, METRIC_NONE, m_slew, "greatest rate of slewing"},
    {"rootdist", UNIT_TIME, METRIC_NONE, m_rootdist, "root distance"},
    {"stratum", UNIT_NUMBER, METRIC_NONE, m_stratum, "at the end"},
    {"leap", UNIT_NUMBER, METRIC_NONE, m_leap, "leap bits at the end"},
    {"alive", UNIT_NUMBER, METRIC_NONE, m_alive, "1: the daemon still runs"},
};

const struct sim_metric *
metric_at(size_t i)
{
	return i < sizeof metrics / sizeof metrics[0] ? &metrics[i] : NULL;
}

const struct sim_metric *
metric_find(const char *name)
{
	const struct sim_metric *m;

	for (size_t i = 0; (m = metric_at(i)) != NULL; i++) {
		if (strcmp(m->name, name) == 0)
			return m;
	}
	return NULL;
}
