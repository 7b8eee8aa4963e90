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
#include "ntp_aead.h"
#include "ntp_confparse.h"
#include "ntp_era.h"
#include "ntp_err.h"

#define COMMENT_AT 48U /* column of the origin */
#define PPM	   1e6

enum shown { SHOW_DOUBLE, SHOW_PPM, SHOW_UNSIGNED, SHOW_FLAG, SHOW_PATH };

/* One value. */
struct value {
	enum shown how;
	enum keyword_id id;
	size_t at;
	char words[20];
};

#define VALUE(how, id, member, words)                                          \
	{                                                                      \
		SHOW_##how, KW_##id, offsetof(struct ntp_config, member),      \
		    words                                                      \
	}

static const struct value values[] = {
    VALUE(PATH, DIRECTIVE_DRIFTFILE, driftfile, "driftfile"),
    VALUE(DOUBLE, DIRECTIVE_NONVOLATILE, nonvolatile, "nonvolatile"),
    VALUE(PATH, DIRECTIVE_LOGFILE, logfile, "logfile"),
    VALUE(PATH, DIRECTIVE_PIDFILE, pidfile, "pidfile"),
    VALUE(PATH, DIRECTIVE_STATSDIR, statsdir, "statsdir"),
    VALUE(PATH, DIRECTIVE_SAVECONFIGDIR, saveconfigdir, "saveconfigdir"),
    VALUE(PATH, DIRECTIVE_SIGND, signddir, "ntpsigndsocket"),
    VALUE(PATH, DIRECTIVE_KEYS, keysfile, "keys"),
    VALUE(DOUBLE, DIRECTIVE_BROADCASTDELAY, broadcastdelay, "broadcastdelay"),
    VALUE(DOUBLE, TOS_MINDIST, tos.mindist, "tos mindist"),
    VALUE(DOUBLE, TOS_MAXDIST, tos.maxdist, "tos maxdist"),
    VALUE(DOUBLE, TOS_MAXDISP, tos.maxdisp, "tos maxdisp"),
    VALUE(DOUBLE, TOS_ORPHANWAIT, tos.orphanwait, "tos orphanwait"),
    VALUE(DOUBLE, TOS_BEACON, tos.beacon, "tos beacon"),
    VALUE(UNSIGNED, TOS_MINSANE, tos.minsane, "tos minsane"),
    VALUE(UNSIGNED, TOS_MINCLOCK, tos.minclock, "tos minclock"),
    VALUE(UNSIGNED, TOS_MAXCLOCK, tos.maxclock, "tos maxclock"),
    VALUE(UNSIGNED, TOS_FLOOR, tos.floor, "tos floor"),
    VALUE(UNSIGNED, TOS_CEILING, tos.ceiling, "tos ceiling"),
    VALUE(UNSIGNED, TOS_ORPHAN, tos.orphan, "tos orphan"),
    VALUE(UNSIGNED, TOS_BCPOLLBSTEP, tos.bcpollbstep, "tos bcpollbstep"),
    VALUE(FLAG, TOS_COHORT, tos.cohort, "tos cohort"),
    VALUE(DOUBLE, TINKER_STEPFWD, tinker.step_fwd, "tinker stepfwd"),
    VALUE(DOUBLE, TINKER_STEPBACK, tinker.step_back, "tinker stepback"),
    VALUE(DOUBLE, TINKER_STEPOUT, tinker.stepout, "tinker stepout"),
    VALUE(DOUBLE, TINKER_PANIC, tinker.panic, "tinker panic"),
    VALUE(PPM, TINKER_DISPERSION, tinker.dispersion, "tinker dispersion"),
    VALUE(DOUBLE, TINKER_ALLAN, tinker.allan, "tinker allan"),
    VALUE(DOUBLE, TINKER_HUFFPUFF, tinker.huffpuff, "tinker huffpuff"),
    VALUE(DOUBLE, DISCARD_MINIMUM, discard_minimum, "discard minimum"),
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

/* End the line that begins at BEGUN and is LEN long. */
static void
end_line(struct show *s, size_t len, const struct config_origin *origin)
{
	conf_add(&s->t, "%*s",
	    len + 1 < COMMENT_AT ? (int)(COMMENT_AT - len) : 1, "");
	tell_origin(s, origin);
}

/* What has been added since the last time is of this origin, each line of it;
 * a newline at the end is not needed. */
static void
from(struct show *s, const struct config_origin *origin)
{
	size_t start = s->begun, len = s->t.len - start;
	char *text = s->t.bad ? NULL : malloc(len + 1), *line, *end;

	if (text == NULL) {
		s->t.bad = true;
		return;
	}
	memcpy(text, s->t.p + start, len);
	text[len] = '\0';
	s->t.len = start;
	for (line = text; *line != '\0'; line = *end != '\0' ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		conf_add(&s->t, "%.*s", (int)(end - line), line);
		end_line(s, (size_t)(end - line), origin);
	}
	free(text);
}

/* There is none of what WORDS says. */
static void
show_none(struct show *s, const char *words)
{
	conf_add(&s->t, "# no %s", words);
	from(s, &(struct config_origin){NULL, 0});
}

static void
show_number(struct show *s, const char *words, double v, enum keyword_id id)
{
	conf_add(&s->t, "%s %.10g", words, v);
	from(s, &s->c->origin[id]);
}

static void
show_path(struct show *s, const struct value *v, const char *path)
{
	if (path == NULL)
		conf_add(&s->t, "# no %s", v->words);
	else
		conf_add(&s->t, "%s \"%s\"", v->words, path);
	from(s, &s->c->origin[v->id]);
}

static void
show_value(struct show *s, const struct value *v)
{
	const void *at = (const char *)s->c + v->at;

	switch (v->how) {
	case SHOW_DOUBLE:
		show_number(s, v->words, *(const double *)at, v->id);
		break;
	case SHOW_PPM:
		show_number(s, v->words, *(const double *)at * PPM, v->id);
		break;
	case SHOW_UNSIGNED:
		show_number(s, v->words, *(const unsigned *)at, v->id);
		break;
	case SHOW_FLAG:
		show_number(s, v->words, *(const bool *)at, v->id);
		break;
	case SHOW_PATH:
		show_path(s, v, *(char *const *)at);
		break;
	}
}

/* --- values that need more words ------------------------------------------- */

static void
show_leap(struct show *s)
{
	const struct ntp_config *c = s->c;
	char day[ERA_TEXT];

	if (c->leapfile == NULL)
		conf_add(&s->t, "# no leapfile");
	else
		conf_add(&s->t, "leapfile \"%s\"%s", c->leapfile,
		    c->leap_ignorehash ? " ignorehash" : " checkhash");
	from(s, &c->origin[KW_DIRECTIVE_LEAPFILE]);
	conf_add(&s->t, "leapsmearinterval %.0f %s", c->smear.interval,
	    c->smear.shape == SMEAR_LINEAR ? "linear" : "cosine");
	from(s, &c->origin[KW_DIRECTIVE_LEAPSMEAR]);
	conf_add(&s->t, "tos basedate %s", era_format(day, c->tos.basedate));
	from(s, &c->origin[KW_TOS_BASEDATE]);
}

static void
show_phone(struct show *s)
{
	const char *list = s->c->phone;

	if (list == NULL) {
		conf_add(&s->t, "# no phone");
		from(s, &s->c->origin[KW_DIRECTIVE_PHONE]);
	}
	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, "\n");

		conf_add(&s->t, "phone \"%.*s\"", (int)n, list);
		from(s, &s->c->origin[KW_DIRECTIVE_PHONE]);
		list += n + (list[n] != '\0');
	}
}

static void
show_limit(struct show *s)
{
	const struct rate_limit *l = &s->c->limit;

	if (!(l->burst > 0)) {
		show_none(s, "limit");
		return;
	}
	show_number(s, "limit average", l->average, KW_LIMIT_AVERAGE);
	show_number(s, "limit burst", l->burst, KW_LIMIT_BURST);
	show_number(s, "limit kod", l->kod, KW_LIMIT_KOD);
}

static void
show_clients(struct show *s)
{
	const struct ntp_config *c = s->c;
	const struct config_mru *m = &c->mru;

	show_number(
	    s, "discard average", c->discard_average, KW_DISCARD_AVERAGE);
	show_number(
	    s, "discard monitor", c->discard_monitor, KW_DISCARD_MONITOR);
	show_number(s, "mru maxdepth", (double)m->maxdepth, KW_MRU_MAXDEPTH);
	show_number(s, "mru mindepth", (double)m->mindepth, KW_MRU_MINDEPTH);
	show_number(s, "mru maxage", m->maxage, KW_MRU_MAXAGE);
	show_number(s, "mru minage", m->minage, KW_MRU_MINAGE);
	show_number(s, "mru v6prefix", m->v6prefix, KW_MRU_V6PREFIX);
	show_number(s, "mru initalloc", (double)m->initalloc, KW_MRU_INITALLOC);
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
	if (!k->freq_given)
		show_none(s, "tinker freq");
	else
		show_number(s, "tinker freq", k->freq * PPM, KW_TINKER_FREQ);
}

static void
show_flags(struct show *s)
{
	const struct ntp_config *c = s->c;
	const struct {
		char word[10];
		bool on;
		enum keyword_id id;
	} flags[] = {
	    {"ntp", c->ntp, KW_FLAG_NTP},
	    {"kernel", c->kernel, KW_FLAG_KERNEL},
	    {"monitor", c->monitor, KW_FLAG_MONITOR},
	    {"stats", c->stats, KW_FLAG_STATS},
	    {"auth", c->auth, KW_FLAG_AUTH},
	    {"calibrate", c->calibrate, KW_FLAG_CALIBRATE},
	    {"bclient", c->broadcastclient, KW_FLAG_BCLIENT},
	};

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		conf_add(&s->t, "%s %s", flags[i].on ? "enable" : "disable",
		    flags[i].word);
		from(s, &c->origin[flags[i].id]);
	}
}

static void
show_nts_word(
    struct show *s, enum keyword_id id, const char *word, const char *value)
{
	conf_add(&s->t, value == NULL ? "# no nts %s" : "nts %s", word);
	if (value != NULL)
		conf_add(&s->t, " \"%s\"", value);
	from(s, &s->c->origin[id]);
}

static const char *
or_else(const char *value, const char *standard)
{
	return value != NULL ? value : standard;
}

static void
show_nts(struct show *s)
{
	const struct config_nts *n = &s->c->nts;

	conf_add(&s->t, "nts %s", n->server ? "enable" : "disable");
	from(s, &s->c->origin[KW_NTS_ENABLE]);
	show_nts_word(
	    s, KW_NTS_CERT, "cert", or_else(n->cert, CONFIG_NTS_CERT));
	show_nts_word(s, KW_NTS_KEY, "key", or_else(n->key, CONFIG_NTS_KEY));
	show_nts_word(
	    s, KW_NTS_COOKIE, "cookie", or_else(n->cookie, CONFIG_NTS_COOKIE));
	show_nts_word(s, KW_NTS_CA, "ca", n->ca);
	show_nts_word(s, KW_NTS_SUITES, "tlsciphersuites", n->suites);
	show_nts_word(s, KW_NTS_CURVES, "tlsecdhcurves", n->curves);
	conf_add(&s->t, "%snts tlscipherserverpreference",
	    n->server_order ? "" : "# no ");
	from(s, &s->c->origin[KW_NTS_PREFERENCE]);
	conf_add(&s->t, "nts aead %s",
	    aead_name(n->aead != 0 ? n->aead : AEAD_AES_SIV_CMAC_256));
	from(s, &s->c->origin[KW_NTS_AEAD]);
	show_number(s, "nts keport", n->keport, KW_NTS_KEPORT);
}

static void
show_network(struct show *s)
{
	const struct ntp_config *c = s->c;

	show_number(s, "port", c->port, KW_DIRECTIVE_PORT);
	show_number(s, "extra port", c->extraport, KW_EXTRA_PORT);
	show_number(s, "dscp", c->dscp, KW_DIRECTIVE_DSCP);
	if (c->threads_auto)
		conf_add(&s->t, "threads auto");
	else
		conf_add(&s->t, "threads %u", c->threads);
	from(s, &c->origin[KW_DIRECTIVE_THREADS]);
	show_number(s, "gather", c->gather, KW_DIRECTIVE_GATHER);
	conf_add(&s->t, "ttl");
	for (size_t i = 0; i < c->nttl; i++)
		conf_add(&s->t, " %u", c->ttl[i]);
	from(s, &c->origin[KW_DIRECTIVE_TTL]);
	conf_write_logmask(&s->t, c->logmask);
	from(s, &c->origin[KW_DIRECTIVE_LOGCONFIG]);
	if (c->controlkey == 0)
		show_none(s, "controlkey");
	else
		show_number(
		    s, "controlkey", c->controlkey, KW_DIRECTIVE_CONTROLKEY);
	if (c->ntrusted == 0)
		show_none(s, "trustedkey");
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
	    KW_STATS_TIMING, KW_STATS_USE, KW_STATS_NTS, KW_STATS_NTSKE};

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		conf_write_filegen(&s->t, i, &s->c->filegen[i]);
		from(s, &s->c->origin[ids[i]]);
	}
}

/* --- what may stand many times --------------------------------------------- */

static void
show_fudge(struct show *s, const struct config_assoc *a)
{
	for (int i = 0; i < FUDGED_WORDS; i++) {
		struct conf_text word = {.len = 0};

		if (conf_write_fudged(&word, a, (enum fudged)i)) {
			conf_add(&s->t, "fudge %s%.*s", a->host, (int)word.len,
			    word.p);
			from(s, &a->fudged[i]);
		}
		s->t.bad = s->t.bad || word.bad;
		free(word.p);
	}
}

static void
show_hosts(struct show *s)
{
	const struct ntp_config *c = s->c;

	if (c->nrestricts == 0)
		show_none(s, "restrict");
	for (size_t i = 0; i < c->nrestricts; i++) {
		const struct config_restrict *r = &c->restricts[i];

		conf_write_restrict(&s->t, r);
		from(s, &(struct config_origin){r->file, r->line});
	}
	if (c->nassoc == 0)
		show_none(s, "server");
	for (size_t i = 0; i < c->nassoc; i++) {
		const struct config_assoc *a = &c->assoc[i];

		conf_write_assoc(&s->t, a);
		from(s, &(struct config_origin){a->file, a->line});
		if (a->kind == ASSOC_REFCLOCK)
			show_fudge(s, a);
	}
}

static void
show_lists(struct show *s)
{
	const struct ntp_config *c = s->c;

	if (c->nvar == 0)
		show_none(s, "setvar");
	for (size_t i = 0; i < c->nvar; i++) {
		conf_add(&s->t, "setvar %s = \"%s\"%s", c->var[i].name,
		    c->var[i].value, c->var[i].in_default ? " default" : "");
		from(s, &c->var[i].origin);
	}
	if (c->niface == 0)
		show_none(s, "interface");
	for (size_t i = 0; i < c->niface; i++) {
		conf_write_rule(&s->t, &c->iface[i]);
		from(s, &c->iface[i].origin);
	}
	if (c->ncards == 0)
		show_none(s, "hwtimestamp");
	for (size_t i = 0; i < c->ncards; i++) {
		conf_add(&s->t, "hwtimestamp %s", c->card[i]);
		from(s, &c->origin[KW_DIRECTIVE_HWTIMESTAMP]);
	}
	if (c->ngroups == 0)
		show_none(s, "multicastclient, manycastserver");
	for (size_t i = 0; i < c->ngroups; i++) {
		conf_write_group(&s->t, &c->groups[i]);
		from(s, &c->groups[i].origin);
	}
}

int
config_show(const struct ntp_config *c, char **text, size_t *len)
{
	struct show s = {.c = c};

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		show_value(&s, &values[i]);
	show_leap(&s);
	show_phone(&s);
	show_limit(&s);
	show_clients(&s);
	show_discipline(&s);
	show_flags(&s);
	show_network(&s);
	show_nts(&s);
	show_filegens(&s);
	show_lists(&s);
	show_hosts(&s);
	if (s.t.bad) {
		free(s.t.p);
		return -NTP_ENOMEM;
	}
	*text = s.t.p;
	*len = s.t.len;
	return 0;
}
