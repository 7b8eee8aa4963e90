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
#define TRACE_MAX     1000000U

struct word_value {
	const char *word;
	int value;
};

/* ARRAY of N elements of SIZE octets with one more, zeroed. */
static void *
grow(void *array, size_t n, size_t size)
{
	char *a = realloc(array, (n + 1) * size);

	if (a == NULL)
		abort();
	memset(a + n * size, 0, size);
	return a;
}

static int
lookup(struct scn_reader *r, const struct word_value *t, const char *what)
{
	const char *w = scn_word(r);

	for (; w != NULL && t->word != NULL; t++) {
		if (strcmp(t->word, w) == 0)
			return t->value;
	}
	scn_error(r, "%s: '%s' is not known", what, w != NULL ? w : "");
	return -1;
}

/* --- nodes ------------------------------------------------------------------ */

struct node_key {
	const char *word;
	enum scn_unit unit;
	size_t off;
};

#define KEY(word, unit, member)                                                \
	{                                                                      \
		word, unit, offsetof(struct scn_node, member)                  \
	}
static const struct node_key node_keys[] = {
    KEY("offset", UNIT_TIME, offset),
    KEY("freq", UNIT_FREQ, osc.freq),
    KEY("wander", UNIT_FREQ, osc.wander),
    KEY("white", UNIT_FREQ, osc.white),
    KEY("swing", UNIT_FREQ, osc.swing),
    KEY("resolution", UNIT_TIME, resolution),
    KEY("noise", UNIT_TIME, stamp_noise),
    KEY("start", UNIT_TIME, start),
    KEY("stratum", UNIT_NUMBER, stratum),
    KEY("rootdelay", UNIT_TIME, rootdelay),
    KEY("rootdisp", UNIT_TIME, rootdisp),
    KEY("turnaround", UNIT_TIME, turnaround),
};

static bool
node_value(struct scn_reader *r, struct scn_node *n)
{
	for (size_t i = 0; i < sizeof node_keys / sizeof node_keys[0]; i++) {
		const struct node_key *k = &node_keys[i];

		if (scn_is(r, k->word)) {
			*(double *)(void *)((char *)n + k->off) =
			    scn_number(r, k->unit, k->word);
			return true;
		}
	}
	return false;
}

static bool
node_flag(struct scn_reader *r, struct scn_node *n)
{
	if (scn_is(r, "false"))
		n->is_false = true;
	else if (scn_is(r, "unsync"))
		n->unsync = true;
	else if (scn_is(r, "silent"))
		n->silent = true;
	else if (scn_is(r, "noleaps"))
		n->noleaps = true;
	else if (scn_is(r, "-g"))
		n->panic_once = true;
	else if (scn_is(r, "-G"))
		n->step_once = true;
	else if (scn_is(r, "-x"))
		n->slew = true;
	else
		return false;
	return true;
}

static void
node_address(struct scn_reader *r, struct scn_node *n)
{
	const char *w = scn_word(r);

	if (w == NULL || addr_parse(w, strlen(w), &n->addr) != 0)
		scn_error(r, "address: '%s' is not a numeric address",
		    w != NULL ? w : "");
	n->addr.port = NTP_PORT;
}

static void
node_word(struct scn_reader *r, struct scn_node *n)
{
	if (node_value(r, n) || node_flag(r, n))
		return;
	if (scn_is(r, "address")) {
		node_address(r, n);
	} else if (scn_is(r, "drift")) {
		n->drift = true;
		n->drift_freq = scn_number(r, UNIT_FREQ, "drift");
	} else if (scn_is(r, "refid")) {
		scn_name(r, n->refid, sizeof n->refid, "refid");
	} else if (scn_is(r, "count")) {
		n->count = (unsigned)scn_number(r, UNIT_NUMBER, "count");
	} else if (n->daemon && scn_is(r, "{")) {
		n->conf = scn_block(r, &n->conf_line);
		r->next = r->nwords;
	} else {
		scn_error(r, "'%s' is no property of a %s", scn_word(r),
		    n->daemon ? "node" : "server");
	}
}

static void
parse_node(struct scn_reader *r, bool daemon)
{
	struct scenario *s = r->s;
	struct scn_node *n;

	s->node = grow(s->node, s->nnode, sizeof *n);
	n = &s->node[s->nnode++];
	*n = (struct scn_node){.daemon = daemon,
	    .count = 1,
	    .line = r->line,
	    .resolution = 1e-9,
	    .start = -1,
	    .stratum = 1,
	    .turnaround = 20e-6,
	    .refid = "GPS"};
	scn_name(r, n->name, sizeof n->name, "the name of the node");
	for (size_t i = 0; i + 1 < s->nnode; i++) {
		if (strcmp(s->node[i].name, n->name) == 0)
			scn_error(r, "%s is there already, in line %u", n->name,
			    s->node[i].line);
	}
	while (scn_peek(r) != NULL)
		node_word(r, n);
	if (n->count < 1 || n->count > 100000)
		scn_error(r, "count: 1 to 100000 nodes");
	if (daemon && n->conf == NULL)
		scn_error(
		    r, "node %s has no ntp.conf between { and }", n->name);
}

/* --- links ------------------------------------------------------------------ */

/* Delays in s, one a line; the name is relative to the scenario's. */
static void
read_trace(struct scn_reader *r, struct scn_trace *t)
{
	const char *slash = strrchr(r->s->file, '/');
	int dir = slash != NULL ? (int)(slash - r->s->file) + 1 : 0;
	char name[SCN_LINE], path[2 * SCN_LINE], *text, *p, *end;
	double v;

	scn_name(r, name, sizeof name, "the file of the trace");
	(void)snprintf(path, sizeof path, "%.*s%s", name[0] == '/' ? 0 : dir,
	    r->s->file, name);
	text = scn_slurp(path);
	if (text == NULL) {
		scn_error(r, "cannot read %s", path);
		return;
	}
	t->delay = calloc(TRACE_MAX, sizeof *t->delay);
	for (p = text; t->delay != NULL && t->n < TRACE_MAX; p = end) {
		v = strtod(p, &end);
		if (end == p)
			break;
		t->delay[t->n++] = v;
	}
	if (t->n == 0 || *(p + strspn(p, " \t\r\n")) != '\0')
		scn_error(r, "%s: not a list of delays in s", path);
	free(text);
}

static const struct word_value jitters[] = {
    {"exp", JITTER_EXP},
    {"gamma", JITTER_GAMMA},
    {"normal", JITTER_NORMAL},
    {"pareto", JITTER_PARETO},
    {"uniform", JITTER_UNIFORM},
    {"trace", JITTER_TRACE},
    {"none", JITTER_NONE},
    {NULL, 0},
};

static void
link_jitter(struct scn_reader *r, struct scn_link *l)
{
	int dist = lookup(r, jitters, "jitter");

	if (dist < 0)
		return;
	l->dist = (enum scn_jitter)dist;
	if (l->dist == JITTER_TRACE)
		read_trace(r, &l->trace);
	else if (l->dist != JITTER_NONE)
		l->jitter = scn_number(r, UNIT_TIME, "jitter");
	if (l->dist == JITTER_GAMMA || l->dist == JITTER_PARETO)
		l->shape = scn_number(r, UNIT_NUMBER, "shape of the jitter");
	if ((l->dist == JITTER_GAMMA && !(l->shape > 0)) ||
	    (l->dist == JITTER_PARETO && !(l->shape > 1)))
		scn_error(r,
		    "the shape of gamma must be above 0, that of "
		    "pareto above 1");
}

static unsigned
link_key(struct scn_reader *r, struct scn_link *l)
{
	if (scn_is(r, "delay")) {
		l->delay = scn_number(r, UNIT_TIME, "delay");
		return LINK_DELAY;
	}
	if (scn_is(r, "extra")) {
		l->extra = scn_number(r, UNIT_TIME, "extra");
		return LINK_EXTRA;
	}
	if (scn_is(r, "jitter")) {
		link_jitter(r, l);
		return LINK_JITTER;
	}
	if (scn_is(r, "loss")) {
		l->loss = scn_number(r, UNIT_NUMBER, "loss");
		return LINK_LOSS;
	}
	if (scn_is(r, "burst")) {
		l->burst = scn_number(r, UNIT_NUMBER, "burst");
		return LINK_BURST;
	}
	if (scn_is(r, "dup")) {
		l->dup = scn_number(r, UNIT_NUMBER, "dup");
		return LINK_DUP;
	}
	if (scn_is(r, "reorder")) {
		l->reorder = scn_number(r, UNIT_NUMBER, "reorder");
		l->hold = scn_number(r, UNIT_TIME, "reorder");
		return LINK_REORDER;
	}
	return scn_is(r, "down") ? LINK_DOWN : 0;
}

static bool
link_when(struct scn_reader *r, struct scn_link *l)
{
	if (scn_is(r, "from"))
		l->begin = scn_number(r, UNIT_TIME, "from");
	else if (scn_is(r, "for"))
		l->length = scn_number(r, UNIT_TIME, "for");
	else if (scn_is(r, "every"))
		l->every = scn_number(r, UNIT_TIME, "every");
	else
		return false;
	return true;
}

static void
parse_link(struct scn_reader *r)
{
	struct scenario *s = r->s;
	struct scn_link *l;
	unsigned key;

	s->link = grow(s->link, s->nlink, sizeof *l);
	l = &s->link[s->nlink++];
	l->line = r->line;
	scn_name(r, l->from, sizeof l->from, "the near end of the link");
	l->both = !scn_is(r, "->");
	scn_name(r, l->to, sizeof l->to, "the far end of the link");
	while (scn_peek(r) != NULL) {
		key = link_key(r, l);
		l->set |= key;
		if (key == 0 && !link_when(r, l)) {
			scn_error(
			    r, "'%s' is no property of a link", scn_word(r));
			return;
		}
	}
	if (l->every > 0 && !(l->length > 0 && l->length < l->every))
		scn_error(r, "every: needs a shorter `for`");
}

/* --- events and attacks ----------------------------------------------------- */

static const struct word_value actions[] = {
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
    {NULL, 0},
};

static void
parse_event(struct scn_reader *r)
{
	struct scenario *s = r->s;
	struct scn_event *ev;
	int action;

	s->event = grow(s->event, s->nevent, sizeof *ev);
	ev = &s->event[s->nevent++];
	ev->line = r->line;
	ev->at = scn_number(r, UNIT_TIME, "at");
	if (scn_is(r, "within"))
		ev->within = scn_number(r, UNIT_TIME, "within");
	if (scn_is(r, "every"))
		ev->every = scn_number(r, UNIT_TIME, "every");
	action = lookup(r, actions, "action");
	if (action < 0) {
		r->next = r->nwords;
		return;
	}
	ev->action = (enum scn_action)action;
	scn_name(r, ev->node, sizeof ev->node, "the name of the node");
	if (ev->action == ACT_STEP)
		ev->value = scn_number(r, UNIT_TIME, "step");
	else if (ev->action == ACT_FREQ)
		ev->value = scn_number(r, UNIT_FREQ, "freq");
	else if (ev->action == ACT_STRATUM)
		ev->value = scn_number(r, UNIT_NUMBER, "stratum");
}

static const struct word_value attacks[] = {
    {"forge", ATTACK_FORGE},
    {"kiss", ATTACK_KISS},
    {"replay", ATTACK_REPLAY},
    {"race", ATTACK_RACE},
    {"racekiss", ATTACK_RACEKISS},
    {"racenak", ATTACK_RACENAK},
    {"flood", ATTACK_FLOOD},
    {NULL, 0},
};

static void
parse_attack(struct scn_reader *r)
{
	struct scenario *s = r->s;
	struct scn_attack *a;
	int kind;

	s->attack = grow(s->attack, s->nattack, sizeof *a);
	a = &s->attack[s->nattack++];
	a->line = r->line;
	a->rate = 1;
	scn_name(r, a->client, sizeof a->client, "the client");
	scn_name(r, a->server, sizeof a->server, "the server");
	kind = lookup(r, attacks, "attack");
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

static const struct word_value operators[] = {
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

	s->expect = grow(s->expect, s->nexpect, sizeof *x);
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
	op = lookup(r, operators, "comparison");
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
		s->alias = grow(s->alias, s->nalias, sizeof *a);
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

	s->vfile = grow(s->vfile, s->nvfile, sizeof *f);
	f = &s->vfile[s->nvfile++];
	f->path = strdup(w != NULL ? w : "");
	if (!scn_is(r, "{"))
		scn_error(r, "file: its text stands between { and }");
	else
		f->text = scn_block(r, &first);
	r->next = r->nwords;
}

static const struct word_value invariants[] = {
    {"falseticker", INV_FALSE},
    {"step", INV_STEP},
    {"distance", INV_DISTANCE},
    {"legal", INV_LEGAL},
    {"monotone", INV_MONOTONE},
    {NULL, 0},
};

static void
parse_except(struct scn_reader *r)
{
	int v;

	while (scn_peek(r) != NULL) {
		v = lookup(r, invariants, "except");
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
	if (s->nnode == 0)
		scn_error(&r, "there is no node");
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
