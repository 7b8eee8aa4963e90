/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_show.c - the whole configuration in force, with the line that
 * each value comes from.
 *
 * Unlike config_write() it shows defaults too, one value on a line: it is read
 * by people who ask why.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ntp.h"
#include "ntp_confparse.h"
#include "ntp_err.h"

#define COMMENT_AT 48U /* column of the origin */
#define PPM	   1e6

enum shown { SHOW_DOUBLE, SHOW_PPM, SHOW_UNSIGNED, SHOW_FLAG, SHOW_PATH };

/* One value; ALSO is another word that sets it. */
struct value {
	enum shown how;
	enum keyword_id id, also;
	size_t at;
	char words[20];
};

#define VALUE(how, id, also, member, words)                                    \
	{                                                                      \
		SHOW_##how, KW_##id, KW_##also,                                \
		    offsetof(struct ntp_config, member), words                 \
	}

static const struct value values[] = {
    VALUE(PATH, DIRECTIVE_DRIFTFILE, NONE, driftfile, "driftfile"),
    VALUE(DOUBLE, DIRECTIVE_NONVOLATILE, NONE, nonvolatile, "nonvolatile"),
    VALUE(PATH, DIRECTIVE_LEAPFILE, NONE, leapfile, "leapfile"),
    VALUE(
	DOUBLE, DIRECTIVE_LEAPSMEAR, NONE, smear.interval, "leapsmearinterval"),
    VALUE(PATH, DIRECTIVE_LOGFILE, NONE, logfile, "logfile"),
    VALUE(PATH, DIRECTIVE_PIDFILE, NONE, pidfile, "pidfile"),
    VALUE(PATH, DIRECTIVE_STATSDIR, NONE, statsdir, "statsdir"),
    VALUE(PATH, DIRECTIVE_SAVECONFIGDIR, NONE, saveconfigdir, "saveconfigdir"),
    VALUE(PATH, DIRECTIVE_SIGND, NONE, signddir, "ntpsigndsocket"),
    VALUE(PATH, DIRECTIVE_KEYS, NONE, keysfile, "keys"),
    VALUE(DOUBLE, DIRECTIVE_BROADCASTDELAY, NONE, broadcastdelay,
	"broadcastdelay"),
    VALUE(DOUBLE, TOS_MINDIST, NONE, tos.mindist, "tos mindist"),
    VALUE(DOUBLE, TOS_MAXDIST, NONE, tos.maxdist, "tos maxdist"),
    VALUE(DOUBLE, TOS_MAXDISP, NONE, tos.maxdisp, "tos maxdisp"),
    VALUE(DOUBLE, TOS_ORPHANWAIT, NONE, tos.orphanwait, "tos orphanwait"),
    VALUE(DOUBLE, TOS_BEACON, NONE, tos.beacon, "tos beacon"),
    VALUE(UNSIGNED, TOS_MINSANE, NONE, tos.minsane, "tos minsane"),
    VALUE(UNSIGNED, TOS_MINCLOCK, NONE, tos.minclock, "tos minclock"),
    VALUE(UNSIGNED, TOS_MAXCLOCK, NONE, tos.maxclock, "tos maxclock"),
    VALUE(UNSIGNED, TOS_FLOOR, NONE, tos.floor, "tos floor"),
    VALUE(UNSIGNED, TOS_CEILING, NONE, tos.ceiling, "tos ceiling"),
    VALUE(UNSIGNED, TOS_ORPHAN, NONE, tos.orphan, "tos orphan"),
    VALUE(UNSIGNED, TOS_BCPOLLBSTEP, NONE, tos.bcpollbstep, "tos bcpollbstep"),
    VALUE(FLAG, TOS_COHORT, NONE, tos.cohort, "tos cohort"),
    VALUE(
	DOUBLE, TINKER_STEPFWD, TINKER_STEP, tinker.step_fwd, "tinker stepfwd"),
    VALUE(DOUBLE, TINKER_STEPBACK, TINKER_STEP, tinker.step_back,
	"tinker stepback"),
    VALUE(DOUBLE, TINKER_STEPOUT, NONE, tinker.stepout, "tinker stepout"),
    VALUE(DOUBLE, TINKER_PANIC, NONE, tinker.panic, "tinker panic"),
    VALUE(PPM, TINKER_DISPERSION, NONE, tinker.dispersion, "tinker dispersion"),
    VALUE(DOUBLE, TINKER_ALLAN, NONE, tinker.allan, "tinker allan"),
    VALUE(DOUBLE, TINKER_HUFFPUFF, NONE, tinker.huffpuff, "tinker huffpuff"),
    VALUE(DOUBLE, DISCARD_MINIMUM, NONE, discard_minimum, "discard minimum"),
};

#undef VALUE

struct show {
	struct conf_text t;
	const struct ntp_config *c;
	size_t begun; /* of the line */
};

static void
tell_origin(struct show *s, const struct config_origin *from)
{
	if (from->file == NULL)
		conf_add(&s->t, "# default\n");
	else if (from->line == 0)
		conf_add(&s->t, "# %s\n", from->file);
	else
		conf_add(&s->t, "# %s:%u\n", from->file, from->line);
	s->begun = s->t.len;
}

/* Close the line; a newline that it ends with moves behind the origin. */
static void
from(struct show *s, const struct config_origin *origin)
{
	size_t used;

	if (s->t.bad)
		return;
	if (s->t.len > s->begun && s->t.p[s->t.len - 1] == '\n')
		s->t.len--;
	used = s->t.len - s->begun;
	conf_add(&s->t, "%*s",
	    used + 1 < COMMENT_AT ? (int)(COMMENT_AT - used) : 1, "");
	tell_origin(s, origin);
}

/* The later of both words, as far as that can be told, is the one with the
 * more special name. */
static const struct config_origin *
origin_of(const struct ntp_config *c, enum keyword_id id, enum keyword_id also)
{
	const struct config_origin *o = &c->origin[id];

	return o->file == NULL && also != KW_NONE ? &c->origin[also] : o;
}

static void
show_number(struct show *s, const char *words, double v, enum keyword_id id,
    enum keyword_id also)
{
	conf_add(&s->t, "%s %.10g", words, v);
	from(s, origin_of(s->c, id, also));
}

static void
show_path(struct show *s, const struct value *v, const char *path)
{
	const struct config_origin *o = origin_of(s->c, v->id, v->also);

	if (path == NULL)
		conf_add(&s->t, "# no %s", v->words);
	else
		conf_add(&s->t, "%s \"%s\"", v->words, path);
	from(s, o);
}

static void
show_value(struct show *s, const struct value *v)
{
	const void *at = (const char *)s->c + v->at;

	switch (v->how) {
	case SHOW_DOUBLE:
		show_number(s, v->words, *(const double *)at, v->id, v->also);
		break;
	case SHOW_PPM:
		show_number(
		    s, v->words, *(const double *)at * PPM, v->id, v->also);
		break;
	case SHOW_UNSIGNED:
		show_number(s, v->words, *(const unsigned *)at, v->id, v->also);
		break;
	case SHOW_FLAG:
		show_number(s, v->words, *(const bool *)at, v->id, v->also);
		break;
	case SHOW_PATH:
		show_path(s, v, *(char *const *)at);
		break;
	}
}

/* --- values that need more words ------------------------------------------- */

static void
show_limit(struct show *s)
{
	const struct rate_limit *l = &s->c->limit;

	if (!(l->burst > 0))
		return;
	show_number(s, "limit average", l->average, KW_LIMIT_AVERAGE, KW_NONE);
	show_number(s, "limit burst", l->burst, KW_LIMIT_BURST, KW_NONE);
	show_number(s, "limit kod", l->kod, KW_LIMIT_KOD, KW_NONE);
}

static void
show_clients(struct show *s)
{
	const struct ntp_config *c = s->c;
	const struct config_mru *m = &c->mru;

	show_number(s, "discard average", c->discard_average,
	    KW_DISCARD_AVERAGE, KW_NONE);
	show_number(s, "discard monitor", c->discard_monitor,
	    KW_DISCARD_MONITOR, KW_NONE);
	show_number(s, "mru maxdepth", (double)m->maxdepth, KW_MRU_MAXDEPTH,
	    KW_MRU_MAXMEM);
	show_number(
	    s, "mru mindepth", (double)m->mindepth, KW_MRU_MINDEPTH, KW_NONE);
	show_number(s, "mru maxage", m->maxage, KW_MRU_MAXAGE, KW_NONE);
	show_number(s, "mru minage", m->minage, KW_MRU_MINAGE, KW_NONE);
	show_number(s, "mru v6prefix", m->v6prefix, KW_MRU_V6PREFIX, KW_NONE);
	show_number(s, "mru initalloc", (double)m->initalloc, KW_MRU_INITALLOC,
	    KW_MRU_INITMEM);
}

static void
show_discipline(struct show *s)
{
	const struct config_tinker *k = &s->c->tinker;

	conf_add(&s->t, "tinker discipline %s", k->pll ? "pll" : "kalman");
	from(s, &s->c->origin[KW_TINKER_DISCIPLINE]);
	conf_add(
	    &s->t, "tinker panicaction %s", k->panic_hold ? "hold" : "exit");
	from(s, &s->c->origin[KW_TINKER_PANICACTION]);
	if (k->freq_given)
		show_number(
		    s, "tinker freq", k->freq * PPM, KW_TINKER_FREQ, KW_NONE);
}

static void
show_flags(struct show *s)
{
	const struct ntp_config *c = s->c;
	const struct {
		char word[8];
		bool on;
		enum keyword_id id, also;
	} flags[] = {
	    {"ntp", c->ntp, KW_FLAG_NTP, KW_NONE},
	    {"kernel", c->kernel, KW_FLAG_KERNEL, KW_NONE},
	    {"monitor", c->monitor, KW_FLAG_MONITOR, KW_NONE},
	    {"stats", c->stats, KW_FLAG_STATS, KW_NONE},
	    {"auth", c->auth, KW_FLAG_AUTH, KW_NONE},
	    {"bclient", c->broadcastclient, KW_FLAG_BCLIENT,
		KW_DIRECTIVE_BROADCASTCLIENT},
	};

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		conf_add(&s->t, "%s %s", flags[i].on ? "enable" : "disable",
		    flags[i].word);
		from(s, origin_of(c, flags[i].id, flags[i].also));
	}
}

static void
show_network(struct show *s)
{
	const struct ntp_config *c = s->c;

	show_number(s, "port", c->port, KW_DIRECTIVE_PORT, KW_NONE);
	show_number(s, "extra port", c->extraport, KW_EXTRA_PORT, KW_NTS_PORT);
	show_number(s, "dscp", c->dscp, KW_DIRECTIVE_DSCP, KW_NONE);
	if (c->threads_auto)
		conf_add(&s->t, "threads auto");
	else
		conf_add(&s->t, "threads %u", c->threads);
	from(s, &c->origin[KW_DIRECTIVE_THREADS]);
	show_number(s, "gather", c->gather, KW_DIRECTIVE_GATHER, KW_NONE);
	conf_add(&s->t, "ttl");
	for (size_t i = 0; i < c->nttl; i++)
		conf_add(&s->t, " %u", c->ttl[i]);
	from(s, &c->origin[KW_DIRECTIVE_TTL]);
	conf_write_logmask(&s->t, c->logmask);
	from(s, &c->origin[KW_DIRECTIVE_LOGCONFIG]);
	if (c->controlkey != 0)
		show_number(s, "controlkey", c->controlkey,
		    KW_DIRECTIVE_CONTROLKEY, KW_NONE);
	for (size_t i = 0; i < c->ntrusted; i++) {
		conf_write_range(&s->t, &c->trusted[i]);
		from(s, &c->trusted[i].origin);
	}
}

static void
show_filegens(struct show *s)
{
	static const enum keyword_id ids[] = {KW_STATS_LOOP, KW_STATS_PEER,
	    KW_STATS_RAW, KW_STATS_SYS, KW_STATS_CLOCK, KW_STATS_PROTO,
	    KW_STATS_TIMING, KW_STATS_USE};

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		conf_write_filegen(&s->t, i, &s->c->filegen[i]);
		from(s, &s->c->origin[ids[i]]);
	}
}

/* --- what may stand many times --------------------------------------------- */

static void
show_lists(struct show *s)
{
	const struct ntp_config *c = s->c;

	for (size_t i = 0; i < c->nvar; i++) {
		conf_add(&s->t, "setvar %s = \"%s\"%s", c->var[i].name,
		    c->var[i].value, c->var[i].in_default ? " default" : "");
		from(s, &c->var[i].origin);
	}
	for (size_t i = 0; i < c->niface; i++) {
		conf_write_rule(&s->t, &c->iface[i]);
		from(s, &c->iface[i].origin);
	}
	for (size_t i = 0; i < c->ncards; i++) {
		conf_add(&s->t, "hwtimestamp %s", c->card[i]);
		from(s, &c->origin[KW_DIRECTIVE_HWTIMESTAMP]);
	}
	for (size_t i = 0; i < c->ngroups; i++) {
		conf_write_group(&s->t, &c->groups[i]);
		from(s, &c->groups[i].origin);
	}
	for (size_t i = 0; i < c->nrestricts; i++) {
		const struct config_restrict *r = &c->restricts[i];
		const struct config_origin o = {r->file, r->line};

		conf_write_restrict(&s->t, r);
		from(s, &o);
	}
	for (size_t i = 0; i < c->nassoc; i++) {
		const struct config_assoc *a = &c->assoc[i];
		const struct config_origin o = {a->file, a->line};

		conf_write_assoc(&s->t, a);
		from(s, &o);
	}
}

int
config_show(const struct ntp_config *c, char **text, size_t *len)
{
	struct show s = {.c = c};

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		show_value(&s, &values[i]);
	show_limit(&s);
	show_clients(&s);
	show_discipline(&s);
	show_flags(&s);
	show_network(&s);
	show_filegens(&s);
	show_lists(&s);
	if (s.t.bad) {
		free(s.t.p);
		return -NTP_ENOMEM;
	}
	*text = s.t.p;
	*len = s.t.len;
	return 0;
}
