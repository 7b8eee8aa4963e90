/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_write.c - a configuration as the text that would make it.
 *
 * Only what differs from the defaults is written, in an order that people
 * write themselves; reading the text gives the same configuration again.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp.h"
#include "ntp_confparse.h"
#include "ntp_era.h"
#include "ntp_err.h"
#include "ntp_restrict.h"

#define PPM 1e-6

static void
add_path(struct conf_text *o, const char *word, const char *path)
{
	if (path != NULL && path[0] != '\0')
		conf_add(o, "%s \"%s\"\n", word, path);
}

/* A directive whose words follow; taken back when none did. */
static size_t
begin(struct conf_text *o, const char *word)
{
	conf_add(o, "%s", word);
	return o->len;
}

static void
finish(struct conf_text *o, size_t begun, const char *word)
{
	if (o->bad)
		return;
	if (o->len == begun)
		o->len -= strlen(word);
	else
		conf_add(o, "\n");
}

/* --- files, keys, network --------------------------------------------------- */

static void
write_phone(struct conf_text *o, const char *list)
{
	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, "\n");

		conf_add(o, "phone \"%.*s\"\n", (int)n, list);
		list += n + (list[n] != '\0');
	}
}

static void
write_files(struct conf_text *o, const struct ntp_config *c,
    const struct ntp_config *standard)
{
	add_path(o, "driftfile", c->driftfile);
	if (conf_differs(c->nonvolatile, standard->nonvolatile))
		conf_add(o, "nonvolatile %.9g\n", c->nonvolatile);
	add_path(o, "logfile", c->logfile);
	add_path(o, "pidfile", c->pidfile);
	add_path(o, "statsdir", c->statsdir);
	add_path(o, "saveconfigdir", c->saveconfigdir);
	add_path(o, "ntpsigndsocket", c->signddir);
	write_phone(o, c->phone);
	if (c->leapfile != NULL)
		conf_add(o, "leapfile \"%s\"%s\n", c->leapfile,
		    c->leap_ignorehash ? " ignorehash" : "");
	if (c->smear.interval > 0)
		conf_add(o, "leapsmearinterval %.0f%s\n", c->smear.interval,
		    c->smear.shape == SMEAR_LINEAR ? " linear" : "");
}

static void
write_keys(struct conf_text *o, const struct ntp_config *c)
{
	add_path(o, "keys", c->keysfile);
	for (size_t i = 0; i < c->ntrusted; i++)
		conf_write_range(o, &c->trusted[i]);
	if (c->controlkey != 0)
		conf_add(o, "controlkey %u\n", c->controlkey);
	conf_write_nts(o, &c->nts);
}

static void
write_network(struct conf_text *o, const struct ntp_config *c,
    const struct ntp_config *standard)
{
	if (c->port != standard->port)
		conf_add(o, "port %u\n", c->port);
	if (c->extraport != 0)
		conf_add(o, "extra port %u\n", c->extraport);
	if (c->dscp != standard->dscp)
		conf_add(o, "dscp %u\n", c->dscp);
	if (c->threads_auto)
		conf_add(o, "threads auto\n");
	else if (c->threads != standard->threads)
		conf_add(o, "threads %u\n", c->threads);
	if (c->gather != standard->gather)
		conf_add(o, "gather %u\n", c->gather);
	for (size_t i = 0; i < c->niface; i++)
		conf_write_rule(o, &c->iface[i]);
	for (size_t i = 0; i < c->ncards; i++)
		conf_add(o, "hwtimestamp %s\n", c->card[i]);
	for (size_t i = 0; i < c->ngroups; i++)
		conf_write_group(o, &c->groups[i]);
	if (c->broadcastdelay > 0)
		conf_add(o, "broadcastdelay %.9g\n", c->broadcastdelay);
	if (c->nttl != standard->nttl ||
	    memcmp(c->ttl, standard->ttl, c->nttl) != 0) {
		conf_add(o, "ttl");
		for (size_t i = 0; i < c->nttl; i++)
			conf_add(o, " %u", c->ttl[i]);
		conf_add(o, "\n");
	}
}

/* --- statistics and log ----------------------------------------------------- */

static void
write_filegen(struct conf_text *o, size_t set, const struct config_filegen *f,
    const struct config_filegen *standard)
{
	if (f->enabled != standard->enabled || f->link != standard->link ||
	    f->type != standard->type || f->file != NULL)
		conf_write_filegen(o, set, f);
}

static void
write_records(struct conf_text *o, const struct ntp_config *c,
    const struct ntp_config *standard)
{
	for (size_t i = 0; i < STATS_SETS; i++)
		write_filegen(o, i, &c->filegen[i], &standard->filegen[i]);
	if (c->logmask != standard->logmask)
		conf_write_logmask(o, c->logmask);
	for (size_t i = 0; i < c->nvar; i++)
		conf_add(o, "setvar %s = \"%s\"%s\n", c->var[i].name,
		    c->var[i].value, c->var[i].in_default ? " default" : "");
}

/* --- tos, tinker, discard, mru, flags --------------------------------------- */

static void
write_tos(
    struct conf_text *o, const struct config_tos *t, const struct config_tos *s)
{
	size_t at = begin(o, "tos");
	char day[ERA_TEXT];

	conf_add_number(o, "minsane", t->minsane, s->minsane);
	conf_add_number(o, "minclock", t->minclock, s->minclock);
	conf_add_number(o, "maxclock", t->maxclock, s->maxclock);
	conf_add_number(o, "mindist", t->mindist, s->mindist);
	conf_add_number(o, "maxdist", t->maxdist, s->maxdist);
	conf_add_number(o, "maxdisp", t->maxdisp, s->maxdisp);
	conf_add_number(o, "floor", t->floor, s->floor);
	conf_add_number(o, "ceiling", t->ceiling, s->ceiling);
	conf_add_number(o, "orphan", t->orphan, s->orphan);
	conf_add_number(o, "orphanwait", t->orphanwait, s->orphanwait);
	conf_add_number(o, "cohort", t->cohort, s->cohort);
	conf_add_number(o, "beacon", t->beacon, s->beacon);
	conf_add_number(o, "bcpollbstep", t->bcpollbstep, s->bcpollbstep);
	if (t->basedate != s->basedate)
		conf_add(o, " basedate %s", era_format(day, t->basedate));
	finish(o, at, "tos");
}

static void
write_tinker(struct conf_text *o, const struct config_tinker *t,
    const struct config_tinker *s)
{
	size_t at = begin(o, "tinker");

	if (t->step_given)
		conf_add(o, " stepfwd %.9g stepback %.9g", t->step_fwd,
		    t->step_back);
	conf_add_number(o, "stepout", t->stepout, s->stepout);
	conf_add_number(o, "panic", t->panic, s->panic);
	if (t->panic_hold)
		conf_add(o, " panicaction hold");
	conf_add_number(
	    o, "dispersion", t->dispersion / PPM, s->dispersion / PPM);
	conf_add_number(o, "allan", t->allan, s->allan);
	if (t->freq_given)
		conf_add(o, " freq %.9g", t->freq / PPM);
	conf_add_number(o, "huffpuff", t->huffpuff, s->huffpuff);
	if (t->pll != s->pll)
		conf_add(o, " discipline %s", t->pll ? "pll" : "kalman");
	finish(o, at, "tinker");
}

static void
write_clients(
    struct conf_text *o, const struct ntp_config *c, const struct ntp_config *s)
{
	size_t at = begin(o, "discard");

	conf_add_number(o, "average", c->discard_average, s->discard_average);
	conf_add_number(o, "minimum", c->discard_minimum, s->discard_minimum);
	conf_add_number(o, "monitor", c->discard_monitor, s->discard_monitor);
	finish(o, at, "discard");
	if (c->limit.burst > 0)
		conf_add(o, "limit average %.9g burst %.9g kod %.9g\n",
		    c->limit.average, c->limit.burst, c->limit.kod);
	at = begin(o, "mru");
	conf_add_number(
	    o, "maxdepth", (double)c->mru.maxdepth, (double)s->mru.maxdepth);
	conf_add_number(
	    o, "mindepth", (double)c->mru.mindepth, (double)s->mru.mindepth);
	conf_add_number(o, "maxage", c->mru.maxage, s->mru.maxage);
	conf_add_number(o, "minage", c->mru.minage, s->mru.minage);
	conf_add_number(o, "v6prefix", c->mru.v6prefix, s->mru.v6prefix);
	conf_add_number(
	    o, "initalloc", (double)c->mru.initalloc, (double)s->mru.initalloc);
	finish(o, at, "mru");
}

static void
write_flags(struct conf_text *o, const struct ntp_config *c)
{
	const struct {
		const char *word;
		bool on;
	} flag[] = {{"ntp", c->ntp}, {"kernel", c->kernel},
	    {"monitor", c->monitor}, {"stats", c->stats}, {"auth", c->auth}};

	for (size_t i = 0; i < sizeof flag / sizeof flag[0]; i++)
		if (!flag[i].on)
			conf_add(o, "disable %s\n", flag[i].word);
	if (c->calibrate)
		conf_add(o, "enable calibrate\n");
	if (c->broadcastclient)
		conf_add(o, "enable bclient\n");
}

static void
write_assoc(struct conf_text *o, const struct config_assoc *a)
{
	conf_write_assoc(o, a);
	if (a->kind == ASSOC_REFCLOCK)
		conf_write_fudge(o, a);
}

/* --- all -------------------------------------------------------------------- */

int
config_write(const struct ntp_config *c, char **text, size_t *len)
{
	struct ntp_config *standard = config_new();
	struct conf_text o = {NULL, 0, 0, standard == NULL};

	if (standard != NULL) {
		conf_add(&o, "# the configuration of a running ntpd\n");
		write_files(&o, c, standard);
		write_keys(&o, c);
		write_network(&o, c, standard);
		write_records(&o, c, standard);
		write_tos(&o, &c->tos, &standard->tos);
		write_tinker(&o, &c->tinker, &standard->tinker);
		write_clients(&o, c, standard);
		write_flags(&o, c);
		for (size_t i = 0; i < c->nrestricts; i++)
			conf_write_restrict(&o, &c->restricts[i]);
		for (size_t i = 0; i < c->nassoc; i++)
			write_assoc(&o, &c->assoc[i]);
	}
	config_free(&standard);
	if (o.bad) {
		free(o.p);
		return -NTP_ENOMEM;
	}
	o.p[o.len] = '\0';
	*text = o.p;
	*len = o.len;
	return 0;
}
