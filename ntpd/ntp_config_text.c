/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_text.c - single lines of ntp.conf, written.
 *
 * A text that grows, and the lines of what may stand in a configuration many
 * times.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp.h"
#include "ntp_confparse.h"
#include "ntp_restrict.h"

static bool
reserve(struct conf_text *o, size_t n)
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

void
conf_add(struct conf_text *o, const char *fmt, ...)
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

bool
conf_differs(double a, double b)
{
	return a < b || a > b;
}

void
conf_add_number(
    struct conf_text *o, const char *word, double v, double standard)
{
	if (conf_differs(v, standard))
		conf_add(o, " %s %.9g", word, v);
}

void
conf_write_rule(struct conf_text *o, const struct config_iface *r)
{
	static const char actions[][8] = {"listen", "ignore", "drop"};
	static const char matches[][10] = {"all", "ipv4", "ipv6", "wildcard"};
	char text[ADDR_STRLEN];

	conf_add(o, "interface %s ", actions[r->action]);
	if (r->match == IFACE_NAME)
		conf_add(o, "\"%s\"\n", r->name);
	else if (r->match == IFACE_PREFIX)
		conf_add(o, "%s/%u\n", addr_format(&r->addr, text), r->bits);
	else
		conf_add(o, "%s\n", matches[r->match]);
}

void
conf_write_group(struct conf_text *o, const struct config_group *g)
{
	char text[ADDR_STRLEN];

	if (g->hear)
		conf_add(
		    o, "multicastclient %s\n", addr_format(&g->addr, text));
	if (g->serve)
		conf_add(o, "manycastserver %s\n", addr_format(&g->addr, text));
}

void
conf_write_range(struct conf_text *o, const struct config_range *r)
{
	if (r->lo == r->hi)
		conf_add(o, "trustedkey %u\n", r->lo);
	else
		conf_add(o, "trustedkey ( %u ... %u )\n", r->lo, r->hi);
}

void
conf_write_filegen(
    struct conf_text *o, size_t set, const struct config_filegen *f)
{
	static const char sets[][12] = {"loopstats", "peerstats", "rawstats",
	    "sysstats", "clockstats", "protostats", "timingstats", "usestats",
	    "ntsstats", "ntskestats"};
	static const char types[][6] = {
	    "none", "pid", "day", "week", "month", "year", "age"};

	if (set >= sizeof sets / sizeof sets[0])
		return;
	conf_add(o, "filegen %s", sets[set]);
	if (f->file != NULL)
		conf_add(o, " file \"%s\"", f->file);
	conf_add(o, " type %s %s %s\n", types[f->type],
	    f->link ? "link" : "nolink", f->enabled ? "enable" : "disable");
}

/* Bit by bit, after a word that leaves none of them. */
void
conf_write_logmask(struct conf_text *o, unsigned mask)
{
	static const char classes[][6] = {"sys", "peer", "clock", "sync"};
	static const char types[][12] = {
	    "info", "events", "status", "statistics"};

	conf_add(o, "logconfig =sysinfo -sysinfo");
	for (size_t i = 0; i < 16; i++)
		if ((mask >> i & 1) != 0)
			conf_add(o, " +%s%s", classes[i / 4], types[i % 4]);
	conf_add(o, "\n");
}

/* --- restrict --------------------------------------------------------------- */

static void
add_access_words(struct conf_text *o, unsigned flags)
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
			conf_add(o, " %s%s", words[i].word,
			    words[i].bit == RES_SRVRSPFUZ ? " fuzz" : "");
}

void
conf_write_restrict(struct conf_text *o, const struct config_restrict *r)
{
	char addr[ADDR_STRLEN], mask[ADDR_STRLEN];

	conf_add(o, "restrict");
	if (r->what != RESTRICT_ADDR && r->family != ADDR_NONE)
		conf_add(o, " -%d", (int)r->family);
	if (r->what == RESTRICT_ADDR)
		conf_add(o, " %s mask %s", addr_format(&r->addr, addr),
		    addr_format(&r->mask, mask));
	else if (r->what == RESTRICT_NAME)
		conf_add(o, " \"%s\"", r->host);
	else
		conf_add(o, " %s",
		    r->what == RESTRICT_DEFAULT ? "default" : "source");
	if (r->ippeerlimit >= 0)
		conf_add(o, " ippeerlimit %d", r->ippeerlimit);
	if ((r->mflags & RESM_NTPPORT) != 0)
		conf_add(o, " ntpport");
	add_access_words(o, r->flags);
	conf_add(o, "\n");
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
add_assoc_flags(struct conf_text *o, unsigned flags)
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
			conf_add(o, " %s", words[i].word);
}

bool
conf_write_fudged(
    struct conf_text *o, const struct config_assoc *a, enum fudged word)
{
	size_t before = o->len;
	char id[ADDR_STRLEN];

	switch (word) {
	case FUDGED_TIME1:
		conf_add_number(o, "time1", a->time1, 0);
		break;
	case FUDGED_TIME2:
		conf_add_number(o, "time2", a->time2, 0);
		break;
	case FUDGED_MINJITTER:
		conf_add_number(o, "minjitter", a->minjitter, 0);
		break;
	case FUDGED_STRATUM:
		if (a->ref_stratum >= 0)
			conf_add(o, " stratum %d", a->ref_stratum);
		break;
	case FUDGED_REFID:
		if (a->ref_refid != 0)
			conf_add(o, " refid \"%s\"",
			    refid_format(a->ref_refid, 1, id));
		break;
	case FUDGED_FLAG1:
	case FUDGED_WORDS:
	default:
		if ((a->ref_flags >> (word - FUDGED_FLAG1) & 1) != 0)
			conf_add(o, " flag%d 1", word - FUDGED_FLAG1 + 1);
		break;
	}
	return o->len > before;
}

void
conf_write_fudge(struct conf_text *o, const struct config_assoc *a)
{
	conf_add(o, "fudge %s", a->host);
	for (int i = 0; i < FUDGED_WORDS; i++)
		(void)conf_write_fudged(o, a, (enum fudged)i);
	conf_add(o, "\n");
}

void
conf_write_assoc(struct conf_text *o, const struct config_assoc *a)
{
	conf_add(o, "%s", directive_of(a->kind));
	if (a->family != ADDR_NONE)
		conf_add(o, " -%d", (int)a->family);
	conf_write_host(o, a);
	conf_add(o, " minpoll %d maxpoll %d", a->minpoll, a->maxpoll);
	add_assoc_flags(o, a->flags);
	conf_write_assoc_nts(o, a);
	conf_add_number(o, "key", a->key, 0);
	conf_add_number(o, "version", a->version, NTP_VERSION);
	conf_add_number(o, "port", a->port, NTP_PORT);
	conf_add_number(o, "ttl", a->ttl, 0);
	conf_add_number(o, "mode", a->ref_mode, 0);
	conf_add_number(o, "baud", a->baud, 0);
	if (a->path != NULL)
		conf_add(o, " path \"%s\"", a->path);
	if (a->ppspath != NULL)
		conf_add(o, " ppspath \"%s\"", a->ppspath);
	conf_add_number(o, "bias", a->bias, 0);
	conf_add(o, "\n");
}
