/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_write.c - a configuration as the text that would make it.
 *
 * Only what differs from the defaults is written, in an order that people
 * write themselves; reading the text gives the same configuration again.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp.h"
#include "ntp_confparse.h"
#include "ntp_err.h"
#include "ntp_restrict.h"

#define PPM 1e-6

struct out {
	char *p;
	size_t len, cap;
	bool bad; /* out of memory */
};

static void add(struct out *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static bool
reserve(struct out *o, size_t n)
{
	size_t cap = o->cap == 0 ? 1024 : o->cap;
	char *p;

	while (cap < o->len + n + 1)
		cap *= 2;
	if (cap == o->cap)
		return true;
	p = realloc(o->p, cap);
	if (p == NULL) {
		o->bad = true;
		return false;
	}
	o->p = p;
	o->cap = cap;
	return true;
}

static void
add(struct out *o, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (!o->bad && n >= 0 && reserve(o, (size_t)n)) {
		(void)vsnprintf(o->p + o->len, (size_t)n + 1, fmt, again);
		o->len += (size_t)n;
	}
	va_end(again);
}

static bool
differs(double a, double b)
{
	return a < b || a > b;
}

static void
add_number(struct out *o, const char *word, double v, double standard)
{
	if (differs(v, standard))
		add(o, " %s %.9g", word, v);
}

static void
add_path(struct out *o, const char *word, const char *path)
{
	if (path != NULL && path[0] != '\0')
		add(o, "%s \"%s\"\n", word, path);
}

/* A directive whose words follow; taken back when none did. */
static size_t
begin(struct out *o, const char *word)
{
	add(o, "%s", word);
	return o->len;
}

static void
finish(struct out *o, size_t begun, const char *word)
{
	if (o->bad)
		return;
	if (o->len == begun)
		o->len -= strlen(word);
	else
		add(o, "\n");
}

/* --- files, keys, network --------------------------------------------------- */

static void
write_files(struct out *o, const struct ntp_config *c,
    const struct ntp_config *standard)
{
	add_path(o, "driftfile", c->driftfile);
	if (differs(c->nonvolatile, standard->nonvolatile))
		add(o, "nonvolatile %.9g\n", c->nonvolatile);
	add_path(o, "logfile", c->logfile);
	add_path(o, "pidfile", c->pidfile);
	add_path(o, "statsdir", c->statsdir);
	add_path(o, "saveconfigdir", c->saveconfigdir);
	add_path(o, "ntpsigndsocket", c->signddir);
	if (c->leapfile != NULL)
		add(o, "leapfile \"%s\"%s\n", c->leapfile,
		    c->leap_ignorehash ? " ignorehash" : "");
	if (c->smear.interval > 0)
		add(o, "leapsmearinterval %.0f%s\n", c->smear.interval,
		    c->smear.shape == SMEAR_LINEAR ? " linear" : "");
}

static void
write_keys(struct out *o, const struct ntp_config *c)
{
	add_path(o, "keys", c->keysfile);
	for (size_t i = 0; i < c->ntrusted; i++) {
		const struct config_range *r = &c->trusted[i];

		if (r->lo == r->hi)
			add(o, "trustedkey %u\n", r->lo);
		else
			add(o, "trustedkey ( %u ... %u )\n", r->lo, r->hi);
	}
	if (c->controlkey != 0)
		add(o, "controlkey %u\n", c->controlkey);
}

static void
write_rule(struct out *o, const struct config_iface *r)
{
	static const char actions[][8] = {"listen", "ignore", "drop"};
	static const char matches[][10] = {"all", "ipv4", "ipv6", "wildcard"};
	char text[ADDR_STRLEN];

	add(o, "interface %s ", actions[r->action]);
	if (r->match == IFACE_NAME)
		add(o, "\"%s\"\n", r->name);
	else if (r->match == IFACE_PREFIX)
		add(o, "%s/%u\n", addr_format(&r->addr, text), r->bits);
	else
		add(o, "%s\n", matches[r->match]);
}

static void
write_network(struct out *o, const struct ntp_config *c,
    const struct ntp_config *standard)
{
	char text[ADDR_STRLEN];

	if (c->port != standard->port)
		add(o, "port %u\n", c->port);
	if (c->dscp != standard->dscp)
		add(o, "dscp %u\n", c->dscp);
	if (c->threads_auto)
		add(o, "threads auto\n");
	else if (c->threads != standard->threads)
		add(o, "threads %u\n", c->threads);
	if (c->gather != standard->gather)
		add(o, "gather %u\n", c->gather);
	for (size_t i = 0; i < c->niface; i++)
		write_rule(o, &c->iface[i]);
	for (size_t i = 0; i < c->ncards; i++)
		add(o, "hwtimestamp %s\n", c->card[i]);
	for (size_t i = 0; i < c->ngroups; i++) {
		const struct config_group *g = &c->groups[i];

		if (g->hear)
			add(o, "multicastclient %s\n",
			    addr_format(&g->addr, text));
		if (g->serve)
			add(o, "manycastserver %s\n",
			    addr_format(&g->addr, text));
	}
	if (c->broadcastdelay > 0)
		add(o, "broadcastdelay %.9g\n", c->broadcastdelay);
	if (c->nttl != standard->nttl ||
	    memcmp(c->ttl, standard->ttl, c->nttl) != 0) {
		add(o, "ttl");
		for (size_t i = 0; i < c->nttl; i++)
			add(o, " %u", c->ttl[i]);
		add(o, "\n");
	}
}

/* --- statistics and log ----------------------------------------------------- */

static void
write_filegen(struct out *o, size_t set, const struct config_filegen *f,
    const struct config_filegen *standard)
{
	static const char sets[][12] = {"loopstats", "peerstats", "rawstats",
	    "sysstats", "clockstats", "protostats", "timingstats", "usestats"};
	static const char types[][6] = {
	    "none", "pid", "day", "week", "month", "year", "age"};

	if (set >= sizeof sets / sizeof sets[0] ||
	    (f->enabled == standard->enabled && f->link == standard->link &&
		f->type == standard->type && f->file == NULL))
		return;
	add(o, "filegen %s", sets[set]);
	if (f->file != NULL)
		add(o, " file \"%s\"", f->file);
	add(o, " type %s %s %s\n", types[f->type], f->link ? "link" : "nolink",
	    f->enabled ? "enable" : "disable");
}

/* Bit by bit, after a word that leaves none of them. */
static void
write_logmask(struct out *o, unsigned mask)
{
	static const char classes[][6] = {"sys", "peer", "clock", "sync"};
	static const char types[][12] = {
	    "info", "events", "status", "statistics"};

	add(o, "logconfig =sysinfo -sysinfo");
	for (size_t i = 0; i < 16; i++)
		if ((mask >> i & 1) != 0)
			add(o, " +%s%s", classes[i / 4], types[i % 4]);
	add(o, "\n");
}

static void
write_records(struct out *o, const struct ntp_config *c,
    const struct ntp_config *standard)
{
	for (size_t i = 0; i < STATS_SETS; i++)
		write_filegen(o, i, &c->filegen[i], &standard->filegen[i]);
	if (c->logmask != standard->logmask)
		write_logmask(o, c->logmask);
	for (size_t i = 0; i < c->nvar; i++)
		add(o, "setvar %s = \"%s\"%s\n", c->var[i].name,
		    c->var[i].value, c->var[i].in_default ? " default" : "");
}

/* --- tos, tinker, discard, mru, flags --------------------------------------- */

static void
write_tos(struct out *o, const struct config_tos *t, const struct config_tos *s)
{
	size_t at = begin(o, "tos");

	add_number(o, "minsane", t->minsane, s->minsane);
	add_number(o, "minclock", t->minclock, s->minclock);
	add_number(o, "maxclock", t->maxclock, s->maxclock);
	add_number(o, "mindist", t->mindist, s->mindist);
	add_number(o, "maxdist", t->maxdist, s->maxdist);
	add_number(o, "maxdisp", t->maxdisp, s->maxdisp);
	add_number(o, "floor", t->floor, s->floor);
	add_number(o, "ceiling", t->ceiling, s->ceiling);
	add_number(o, "orphan", t->orphan, s->orphan);
	add_number(o, "orphanwait", t->orphanwait, s->orphanwait);
	add_number(o, "cohort", t->cohort, s->cohort);
	add_number(o, "beacon", t->beacon, s->beacon);
	add_number(o, "bcpollbstep", t->bcpollbstep, s->bcpollbstep);
	finish(o, at, "tos");
}

static void
write_tinker(
    struct out *o, const struct config_tinker *t, const struct config_tinker *s)
{
	size_t at = begin(o, "tinker");

	if (t->step_given)
		add(o, " stepfwd %.9g stepback %.9g", t->step_fwd,
		    t->step_back);
	add_number(o, "stepout", t->stepout, s->stepout);
	add_number(o, "panic", t->panic, s->panic);
	if (t->panic_hold)
		add(o, " panicaction hold");
	add_number(o, "dispersion", t->dispersion / PPM, s->dispersion / PPM);
	add_number(o, "allan", t->allan, s->allan);
	if (t->freq_given)
		add(o, " freq %.9g", t->freq / PPM);
	add_number(o, "huffpuff", t->huffpuff, s->huffpuff);
	if (t->pll != s->pll)
		add(o, " discipline %s", t->pll ? "pll" : "kalman");
	finish(o, at, "tinker");
}

static void
write_clients(
    struct out *o, const struct ntp_config *c, const struct ntp_config *s)
{
	size_t at = begin(o, "discard");

	add_number(o, "average", c->discard_average, s->discard_average);
	add_number(o, "minimum", c->discard_minimum, s->discard_minimum);
	add_number(o, "monitor", c->discard_monitor, s->discard_monitor);
	finish(o, at, "discard");
	at = begin(o, "mru");
	add_number(
	    o, "maxdepth", (double)c->mru.maxdepth, (double)s->mru.maxdepth);
	add_number(
	    o, "mindepth", (double)c->mru.mindepth, (double)s->mru.mindepth);
	add_number(o, "maxage", c->mru.maxage, s->mru.maxage);
	add_number(o, "minage", c->mru.minage, s->mru.minage);
	add_number(o, "v6prefix", c->mru.v6prefix, s->mru.v6prefix);
	add_number(
	    o, "initalloc", (double)c->mru.initalloc, (double)s->mru.initalloc);
	finish(o, at, "mru");
}

static void
write_flags(struct out *o, const struct ntp_config *c)
{
	const struct {
		const char *word;
		bool on;
	} flag[] = {{"ntp", c->ntp}, {"kernel", c->kernel},
	    {"monitor", c->monitor}, {"stats", c->stats}, {"auth", c->auth}};

	for (size_t i = 0; i < sizeof flag / sizeof flag[0]; i++)
		if (!flag[i].on)
			add(o, "disable %s\n", flag[i].word);
	if (c->broadcastclient)
		add(o, "enable bclient\n");
}

/* --- restrict --------------------------------------------------------------- */

static void
add_access_words(struct out *o, unsigned flags)
{
	static const struct {
		unsigned bit;
		char word[20];
	} words[] = {
#define RESTRICTFLAG(name, word, shown, tier, state, text) {RES_##name, word},
#include "ntp_tbl_keyword.h"
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if ((flags & words[i].bit) != 0)
			add(o, " %s%s", words[i].word,
			    words[i].bit == RES_SRVRSPFUZ ? " fuzz" : "");
}

static void
write_restrict(struct out *o, const struct config_restrict *r)
{
	char addr[ADDR_STRLEN], mask[ADDR_STRLEN];

	add(o, "restrict");
	if (r->what != RESTRICT_ADDR && r->family != ADDR_NONE)
		add(o, " -%d", (int)r->family);
	if (r->what == RESTRICT_ADDR)
		add(o, " %s mask %s", addr_format(&r->addr, addr),
		    addr_format(&r->mask, mask));
	else if (r->what == RESTRICT_NAME)
		add(o, " \"%s\"", r->host);
	else
		add(o, " %s",
		    r->what == RESTRICT_DEFAULT ? "default" : "source");
	if (r->ippeerlimit >= 0)
		add(o, " ippeerlimit %d", r->ippeerlimit);
	if ((r->mflags & RESM_NTPPORT) != 0)
		add(o, " ntpport");
	add_access_words(o, r->flags);
	add(o, "\n");
}

/* --- associations ----------------------------------------------------------- */

static const char *
directive_of(enum assoc_kind kind)
{
	switch (kind) {
	case ASSOC_POOL:
		return "pool";
	case ASSOC_PEER:
		return "peer";
	case ASSOC_BROADCAST:
		return "broadcast";
	case ASSOC_MANYCAST:
		return "manycastclient";
	case ASSOC_SERVER:
	case ASSOC_REFCLOCK:
	case ASSOC_LISTEN:
	default:
		return "server";
	}
}

static void
add_assoc_flags(struct out *o, unsigned flags)
{
	static const struct {
		unsigned bit;
		char word[10];
	} words[] = {{ASSOC_IBURST, "iburst"}, {ASSOC_BURST, "burst"},
	    {ASSOC_PREFER, "prefer"}, {ASSOC_TRUE, "true"},
	    {ASSOC_NOSELECT, "noselect"}, {ASSOC_PREEMPT, "preempt"},
	    {ASSOC_XLEAVE, "xleave"}, {ASSOC_LAN, "lan"}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if ((flags & words[i].bit) != 0)
			add(o, " %s", words[i].word);
}

static void
write_fudge(struct out *o, const struct config_assoc *a)
{
	char id[ADDR_STRLEN];

	add(o, "fudge %s", a->host);
	add_number(o, "time1", a->time1, 0);
	add_number(o, "time2", a->time2, 0);
	if (a->ref_stratum >= 0)
		add(o, " stratum %d", a->ref_stratum);
	if (a->ref_refid != 0)
		add(o, " refid \"%s\"", refid_format(a->ref_refid, 1, id));
	for (unsigned i = 0; i < 4; i++)
		if ((a->ref_flags >> i & 1) != 0)
			add(o, " flag%u 1", i + 1);
	add(o, "\n");
}

static void
write_assoc(struct out *o, const struct config_assoc *a)
{
	add(o, "%s", directive_of(a->kind));
	if (a->family != ADDR_NONE)
		add(o, " -%d", (int)a->family);
	add(o, " %s minpoll %d maxpoll %d", a->host, a->minpoll, a->maxpoll);
	add_assoc_flags(o, a->flags);
	add_number(o, "key", a->key, 0);
	add_number(o, "version", a->version, NTP_VERSION);
	add_number(o, "port", a->port, NTP_PORT);
	add_number(o, "ttl", a->ttl, 0);
	add_number(o, "mode", a->ref_mode, 0);
	add_number(o, "bias", a->bias, 0);
	add(o, "\n");
	if (a->kind == ASSOC_REFCLOCK)
		write_fudge(o, a);
}

/* --- all -------------------------------------------------------------------- */

int
config_write(const struct ntp_config *c, char **text, size_t *len)
{
	struct ntp_config *standard = config_new();
	struct out o = {NULL, 0, 0, standard == NULL};

	if (standard != NULL) {
		add(&o, "# the configuration of a running ntpd\n");
		write_files(&o, c, standard);
		write_keys(&o, c);
		write_network(&o, c, standard);
		write_records(&o, c, standard);
		write_tos(&o, &c->tos, &standard->tos);
		write_tinker(&o, &c->tinker, &standard->tinker);
		write_clients(&o, c, standard);
		write_flags(&o, c);
		for (size_t i = 0; i < c->nrestricts; i++)
			write_restrict(&o, &c->restricts[i]);
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
