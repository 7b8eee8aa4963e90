/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_parsenode.c - the lines `server` and `node` of a scenario file.
 */
#include <string.h>

#include "sim_text.h"

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
    KEY("stack", UNIT_TIME, stack),
    KEY("start", UNIT_TIME, start),
    KEY("pulse", UNIT_TIME, pulse),
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
	else if (n->daemon && scn_is(r, "nts"))
		n->nts = true;
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

void
parse_node(struct scn_reader *r, bool daemon)
{
	struct scenario *s = r->s;
	struct scn_node *n;

	s->node = scn_grow(s->node, s->nnode, sizeof *n);
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
	if (n->stratum > NTP_MAXSTRAT)
		scn_error(r, "stratum: 0 to %u", NTP_MAXSTRAT);
	if (daemon && n->conf == NULL)
		scn_error(
		    r, "node %s has no ntp.conf between { and }", n->name);
}
