/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_scenario.c - a scenario file as plain values.
 */
#include "sim_scenario.h"

#include <stdlib.h>
#include <string.h>

#include "ntp_calendar.h"
#include "ntp_fmt.h"
#include "sim_metric.h"
#include "sim_text.h"

#define DEFAULT_START INT64_C(1736121600) /* Unix s, 2025-01-06 00:00 */
#define DEFAULT_RUN   86400.0
#define RUN_MAX	      (3653 * 86400.0) /* s */
#define SHORTEST      1e-3	       /* s */

/* --- events and attacks ----------------------------------------------------- */

static const struct scn_choice actions[] = {
    {"step", ACT_STEP},
    {"freq", ACT_FREQ},
    {"kill", ACT_KILL},
    {"stop", ACT_STOP},
    {"start", ACT_START},
    {"silent", ACT_SILENT},
    {"answer", ACT_ANSWER},
    {"unsync", ACT_UNSYNC},
    {"sync", ACT_SYNC},
    {"stratum", ACT_STRATUM},
    {"suspend", ACT_SUSPEND},
    {"rotate", ACT_ROTATE},
    {"forget", ACT_FORGET},
    {NULL, 0},
};

static void
parse_event(struct scn_reader *r)
{
	struct scenario *s = r->s;
	struct scn_event *ev;
	int action;

	s->event = scn_grow(s->event, s->nevent, sizeof *ev);
	ev = &s->event[s->nevent++];
	ev->line = r->line;
	ev->at = scn_number(r, UNIT_TIME, "at");
	if (scn_is(r, "within"))
		ev->within = scn_number(r, UNIT_TIME, "within");
	if (scn_is(r, "every"))
		ev->every = scn_number(r, UNIT_TIME, "every");
	action = scn_lookup(r, actions, "action");
	if (action < 0) {
		r->next = r->nwords;
		return;
	}
	ev->action = (enum scn_action)action;
	scn_name(r, ev->node, sizeof ev->node, "the name of the node");
	if (ev->action == ACT_STEP)
		ev->value = scn_number(r, UNIT_TIME, "step");
	else if (ev->action == ACT_SUSPEND)
		ev->value = scn_number(r, UNIT_TIME, "suspend");
	else if (ev->action == ACT_FREQ)
		ev->value = scn_number(r, UNIT_FREQ, "freq");
	else if (ev->action == ACT_STRATUM)
		ev->value = scn_number(r, UNIT_NUMBER, "stratum");
}

static const struct scn_choice attacks[] = {
    {"forge", ATTACK_FORGE},
    {"kiss", ATTACK_KISS},
    {"replay", ATTACK_REPLAY},
    {"race", ATTACK_RACE},
    {"racekiss", ATTACK_RACEKISS},
    {"racenak", ATTACK_RACENAK},
    {"zero", ATTACK_ZERO},
    {"flood", ATTACK_FLOOD},
    {"alter", ATTACK_ALTER},
    {NULL, 0},
};

static void
parse_attack(struct scn_reader *r)
{
	struct scenario *s = r->s;
	struct scn_attack *a;
	int kind;

	s->attack = scn_grow(s->attack, s->nattack, sizeof *a);
	a = &s->attack[s->nattack++];
	a->line = r->line;
	a->rate = 1;
	scn_name(r, a->client, sizeof a->client, "the client");
	scn_name(r, a->server, sizeof a->server, "the server");
	kind = scn_lookup(r, attacks, "attack");
	a->kind = kind < 0 ? ATTACK_FORGE : (enum scn_attack_kind)kind;
	while (scn_peek(r) != NULL) {
		if (scn_is(r, "offset"))
			a->offset = scn_number(r, UNIT_TIME, "offset");
		else if (scn_is(r, "every"))
			a->rate = scn_number(r, UNIT_TIME, "every");
		else if (scn_is(r, "from"))
			a->begin = scn_number(r, UNIT_TIME, "from");
		else if (scn_is(r, "for"))
			a->length = scn_number(r, UNIT_TIME, "for");
		else
			scn_error(
			    r, "'%s' is no property of an attack", scn_word(r));
	}
	if (!(a->rate > 1e-4))
		scn_error(r, "every: at least 100us");
}

/* --- expectations ----------------------------------------------------------- */

static enum scn_unit
metric_arguments(struct scn_reader *r, struct scn_expect *x)
{
	const struct sim_metric *m = x->metric;

	if (m->arg == METRIC_TIME)
		x->number = scn_number(r, UNIT_TIME, m->name);
	if (m->arg == METRIC_NODE || m->arg == METRIC_NODE_STATUS)
		scn_name(r, x->arg, sizeof x->arg, "the name of the source");
	if (m->arg == METRIC_NODE_STATUS)
		scn_name(r, x->arg2, sizeof x->arg2, "the selection status");
	return m->unit;
}

static const struct scn_choice operators[] = {
    {"<", OP_LESS}, {">", OP_MORE}, {"=", OP_EQUAL}, {NULL, 0}};

static void
expect_window(struct scn_reader *r, struct scn_expect *x)
{
	while (scn_peek(r) != NULL) {
		if (scn_is(r, "from"))
			x->from = scn_number(r, UNIT_TIME, "from");
		else if (scn_is(r, "to"))
			x->to = scn_number(r, UNIT_TIME, "to");
		else if (scn_is(r, "against"))
			scn_name(r, x->against, sizeof x->against,
			    "the name of the node");
		else
			scn_error(r, "'%s' is not understood", scn_word(r));
	}
}

static char *
join_words(const struct scn_reader *r)
{
	size_t len = 1;
	char *text;

	for (size_t i = 0; i < r->nwords; i++)
		len += strlen(r->word[i]) + 1;
	text = calloc(1, len);
	for (size_t i = 1, at = 0; text != NULL && i < r->nwords; i++)
		at += (size_t)snprintf(
		    text + at, len - at, "%s%s", i > 1 ? " " : "", r->word[i]);
	return text;
}

static void
parse_expect(struct scn_reader *r)
{
	struct scenario *s = r->s;
	struct scn_expect *x;
	enum scn_unit unit;
	const char *w;
	int op;

	s->expect = scn_grow(s->expect, s->nexpect, sizeof *x);
	x = &s->expect[s->nexpect++];
	x->line = r->line;
	x->text = join_words(r);
	x->from = s->settle;
	x->to = s->run + 1; /* the last moment counts */
	x->median = scn_is(r, "median");
	scn_name(r, x->node, sizeof x->node, "the name of the node");
	w = scn_word(r);
	x->metric = w != NULL ? metric_find(w) : NULL;
	if (x->metric == NULL) {
		scn_error(r, "'%s' is nothing that can be measured",
		    w != NULL ? w : "");
		s->nexpect--;
		free(x->text);
		return;
	}
	unit = metric_arguments(r, x);
	op = scn_lookup(r, operators, "comparison");
	if (op < 0)
		return;
	x->op = (enum scn_op)op;
	x->value = scn_number(r, unit, x->metric->name);
	expect_window(r, x);
}

/* --- the rest --------------------------------------------------------------- */

static void
parse_title(struct scn_reader *r)
{
	free(r->s->title);
	r->s->title = join_words(r);
	r->next = r->nwords;
}

/* Digits of *P up to END, which is taken too; -1 when that is not a number
 * within LOW..HIGH. */
static int64_t
date_part(const char **p, const char *end, int64_t low, int64_t high)
{
	size_t len = strspn(*p, "0123456789");
	int64_t v;

	if (len > 4 || fmt_parse_int(*p, len, false, &v) != 0 || v < low ||
	    v > high)
		return -1;
	*p += len;
	if (strncmp(*p, end, 1) != 0)
		return -1;
	*p += end[0] != '\0';
	return v;
}

/* 2025-06-30, or with T18:00:00 behind it. */
static bool
parse_date(const char *w, int64_t *out)
{
	bool day = strchr(w, 'T') == NULL;
	struct ntp_date d = {0};

	d.year = date_part(&w, "-", 1970, 2200);
	d.month = d.year < 0 ? -1 : (int)date_part(&w, "-", 1, 12);
	d.day = d.month < 0 ? -1 : (int)date_part(&w, day ? "" : "T", 1, 31);
	if (d.day > 0 && !day) {
		d.hour = (int)date_part(&w, ":", 0, 23);
		d.minute = d.hour < 0 ? -1 : (int)date_part(&w, ":", 0, 59);
		d.second = d.minute < 0 ? -1 : (int)date_part(&w, "", 0, 59);
	}
	*out = calendar_to_unix(&d);
	return d.day > 0 && d.hour >= 0 && d.minute >= 0 && d.second >= 0;
}

static void
parse_start(struct scn_reader *r)
{
	const char *w = scn_word(r);
	int64_t at;

	if (w == NULL || !parse_date(w, &at))
		scn_error(r, "start: a date such as 2025-06-30T18:00:00");
	else
		r->s->utc.start = at * NS_PER_S;
}

/* At the end of the UTC day that DATE names. */
static void
parse_leap(struct scn_reader *r)
{
	struct sim_utc *u = &r->s->utc;
	const char *w = scn_word(r);
	int64_t at;

	if (w == NULL || !parse_date(w, &at)) {
		scn_error(r, "leap: a day such as 2025-06-30");
		return;
	}
	u->leap = scn_is(r, "delete") ? -1 : 1;
	u->leap_at = (at + 86400) * NS_PER_S - u->start;
	if (u->leap < 0)
		u->leap_at -= NS_PER_S;
}

static void
parse_alias(struct scn_reader *r)
{
	struct scenario *s = r->s;
	struct scn_alias *a;
	char name[64];

	scn_name(r, name, sizeof name, "the name");
	while (scn_peek(r) != NULL) {
		s->alias = scn_grow(s->alias, s->nalias, sizeof *a);
		a = &s->alias[s->nalias++];
		memcpy(a->name, name, sizeof name);
		scn_name(r, a->node, sizeof a->node, "the name of the node");
	}
}

static void
parse_file(struct scn_reader *r)
{
	struct scenario *s = r->s;
	const char *w = scn_word(r);
	struct scn_file *f;
	unsigned first;

	s->vfile = scn_grow(s->vfile, s->nvfile, sizeof *f);
	f = &s->vfile[s->nvfile++];
	f->path = strdup(w != NULL ? w : "");
	if (!scn_is(r, "{"))
		scn_error(r, "file: its text stands between { and }");
	else
		f->text = scn_block(r, &first);
	r->next = r->nwords;
}

static const struct scn_choice invariants[] = {
    {"falseticker", INV_FALSE},
    {"step", INV_STEP},
    {"distance", INV_DISTANCE},
    {"legal", INV_LEGAL},
    {"monotone", INV_MONOTONE},
    {"slew", INV_SLEW},
    {NULL, 0},
};

static void
parse_except(struct scn_reader *r)
{
	int v;

	while (scn_peek(r) != NULL) {
		v = scn_lookup(r, invariants, "except");
		if (v > 0)
			r->s->except |= (unsigned)v;
	}
}

static bool
parse_setting(struct scn_reader *r)
{
	struct scenario *s = r->s;

	if (scn_is(r, "run"))
		s->run = scn_number(r, UNIT_TIME, "run");
	else if (scn_is(r, "settle"))
		s->settle = scn_number(r, UNIT_TIME, "settle");
	else if (scn_is(r, "sample"))
		s->sample = scn_number(r, UNIT_TIME, "sample");
	else if (scn_is(r, "seed"))
		s->seed = (uint64_t)scn_number(r, UNIT_NUMBER, "seed");
	else if (scn_is(r, "runs"))
		s->runs = (unsigned)scn_number(r, UNIT_NUMBER, "runs");
	else if (scn_is(r, "fast"))
		s->fast = true;
	else if (scn_is(r, "start"))
		parse_start(r);
	else if (scn_is(r, "leap"))
		parse_leap(r);
	else
		return false;
	return true;
}

static void
parse_line(struct scn_reader *r)
{
	if (parse_setting(r))
		;
	else if (scn_is(r, "title"))
		parse_title(r);
	else if (scn_is(r, "server"))
		parse_node(r, false);
	else if (scn_is(r, "node"))
		parse_node(r, true);
	else if (scn_is(r, "link"))
		parse_link(r);
	else if (scn_is(r, "at"))
		parse_event(r);
	else if (scn_is(r, "attack"))
		parse_attack(r);
	else if (scn_is(r, "expect"))
		parse_expect(r);
	else if (scn_is(r, "name"))
		parse_alias(r);
	else if (scn_is(r, "file"))
		parse_file(r);
	else if (scn_is(r, "except"))
		parse_except(r);
	else
		scn_error(r, "'%s' is no word that begins a line", scn_word(r));
}

static bool
pattern_used(const struct scenario *s, const char *pattern)
{
	char name[SCN_NAME_MAX + 12];

	for (size_t i = 0; i < s->nnode; i++) {
		const struct scn_node *n = &s->node[i];

		for (unsigned k = 1; k <= n->count; k++) {
			(void)snprintf(name, sizeof name,
			    n->count > 1 ? "%s%u" : "%s", n->name, k);
			if (scn_match(pattern, name))
				return true;
		}
	}
	return false;
}

static void
check_name(struct scn_reader *r, unsigned line, const char *pattern)
{
	r->line = line;
	if (pattern[0] != '\0' && !pattern_used(r->s, pattern))
		scn_error(r, "there is no node %s", pattern);
}

static void
check_names(struct scn_reader *r)
{
	const struct scenario *s = r->s;

	for (size_t i = 0; i < s->nlink; i++) {
		check_name(r, s->link[i].line, s->link[i].from);
		check_name(r, s->link[i].line, s->link[i].to);
	}
	for (size_t i = 0; i < s->nevent; i++)
		check_name(r, s->event[i].line, s->event[i].node);
	for (size_t i = 0; i < s->nattack; i++) {
		check_name(r, s->attack[i].line, s->attack[i].client);
		check_name(r, s->attack[i].line, s->attack[i].server);
	}
	for (size_t i = 0; i < s->nexpect; i++) {
		check_name(r, s->expect[i].line, s->expect[i].node);
		check_name(r, s->expect[i].line, s->expect[i].arg);
		check_name(r, s->expect[i].line, s->expect[i].against);
	}
	for (size_t i = 0; i < s->nalias; i++)
		check_name(r, r->line, s->alias[i].node);
}

static void
check_settings(struct scn_reader *r)
{
	const struct scenario *s = r->s;

	if (s->nnode == 0)
		scn_error(r, "there is no node");
	if (!(s->run > 0 && s->run <= RUN_MAX))
		scn_error(r, "run: up to ten years");
	else if (!(s->settle < s->run))
		scn_error(r, "settle: before the end of run");
	if (!(s->sample >= SHORTEST))
		scn_error(r, "sample: at least 1ms");
	for (size_t i = 0; i < s->nevent; i++) {
		const struct scn_event *ev = &s->event[i];

		r->line = ev->line;
		if (ev->at < 0 || ev->within < 0)
			scn_error(r, "at: nothing happens before the start");
		if (ev->every < 0 || (ev->every > 0 && ev->every < SHORTEST))
			scn_error(r, "every: at least 1ms");
		if (ev->action == ACT_STRATUM && ev->value > NTP_MAXSTRAT)
			scn_error(r, "stratum: 0 to %u", NTP_MAXSTRAT);
		if (ev->action == ACT_SUSPEND && !(ev->value >= 1))
			scn_error(r, "suspend: at least 1s");
	}
}

struct scenario *
scenario_parse(const char *file, const char *text, bool control, FILE *err)
{
	struct scenario *s = calloc(1, sizeof *s);
	struct scn_reader r = {.s = s, .at = text, .control = control};

	if (s == NULL)
		return NULL;
	r.err = err;
	s->file = strdup(file);
	s->run = DEFAULT_RUN;
	s->sample = 1;
	s->seed = 1;
	s->runs = 1;
	s->utc.start = DEFAULT_START * NS_PER_S;
	while (s->file != NULL && scn_line(&r)) {
		scn_split(&r);
		parse_line(&r);
		if (scn_peek(&r) != NULL)
			scn_error(&r, "'%s' is too much", scn_peek(&r));
	}
	check_names(&r);
	check_settings(&r);
	return s;
}

void
scenario_free(struct scenario **sp)
{
	struct scenario *s = *sp;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->nnode; i++)
		free(s->node[i].conf);
	for (size_t i = 0; i < s->nlink; i++)
		free(s->link[i].trace.delay);
	for (size_t i = 0; i < s->nexpect; i++)
		free(s->expect[i].text);
	for (size_t i = 0; i < s->nvfile; i++) {
		free(s->vfile[i].path);
		free(s->vfile[i].text);
	}
	free(s->node);
	free(s->link);
	free(s->event);
	free(s->attack);
	free(s->expect);
	free(s->alias);
	free(s->vfile);
	free(s->file);
	free(s->title);
	free(s);
	*sp = NULL;
}
