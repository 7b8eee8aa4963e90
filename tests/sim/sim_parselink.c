/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_parselink.c - the line `link` of a scenario file.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_text.h"

#define TRACE_MAX 1000000U

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

static const struct scn_choice jitters[] = {
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
	int dist = scn_lookup(r, jitters, "jitter");

	if (dist < 0)
		return;
	l->dist = (enum scn_jitter)dist;
	if (l->dist == JITTER_TRACE)
		read_trace(r, &l->trace);
	else if (l->dist != JITTER_NONE)
		l->jitter = scn_span(r, "jitter");
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
		l->delay = scn_span(r, "delay");
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
		l->loss = scn_share(r, "loss");
		return LINK_LOSS;
	}
	if (scn_is(r, "burst")) {
		l->burst = scn_number(r, UNIT_NUMBER, "burst");
		return LINK_BURST;
	}
	if (scn_is(r, "dup")) {
		l->dup = scn_share(r, "dup");
		return LINK_DUP;
	}
	if (scn_is(r, "reorder")) {
		l->reorder = scn_share(r, "reorder");
		l->hold = scn_span(r, "reorder");
		return LINK_REORDER;
	}
	if (scn_is(r, "hops")) {
		l->hops = scn_number(r, UNIT_NUMBER, "hops");
		return LINK_HOPS;
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

void
parse_link(struct scn_reader *r)
{
	struct scenario *s = r->s;
	struct scn_link *l;
	unsigned key;

	s->link = scn_grow(s->link, s->nlink, sizeof *l);
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
