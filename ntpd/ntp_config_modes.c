/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_modes.c - broadcastclient, multicastclient, manycastserver,
 * broadcastdelay, ttl; hwtimestamp.
 */
#include <string.h>

#include "ntp_confparse.h"

#define GROUPS_MAX    32U
#define GROUP_DEFAULT "224.0.1.1"
#define TTL_MAX	      255
#define DELAY_MAX     1.0 /* s */

/* [novolley] [client]: words of old releases. */
void
confdo_broadcastclient(struct confparse *p, const struct keyword *k)
{
	(void)k;
	p->cfg->broadcastclient = true;
	conf_note(p, KW_FLAG_BCLIENT);
	while (conf_next(p, SCAN_TOKENS)) {
		const char *s = p->tok.text;

		if (strcmp(s, "novolley") == 0)
			conf_warn(p, NULL, "give a `broadcastdelay`",
			    "'novolley' does nothing");
		else if (strcmp(s, "no") == 0)
			p->cfg->broadcastclient = false;
		else if (strcmp(s, "client") != 0 && strcmp(s, "yes") != 0)
			conf_error(p, NULL, NULL, "unexpected '%.40s'", s);
	}
}

static bool
read_group(struct confparse *p, struct config_group *g)
{
	const char *s = p->tok.text;

	if (addr_parse(s, strlen(s), &g->addr) == 0 &&
	    addr_is_multicast(&g->addr))
		return true;
	conf_error(p, NULL, "224.0.1.1 and ff05::101 are NTP's",
	    "'%.60s' is no multicast group", s);
	return false;
}

static void
add_group(struct confparse *p, const struct config_group *g)
{
	struct ntp_config *c = p->cfg;
	struct config_group *list;

	for (size_t i = 0; i < c->ngroups; i++) {
		if (addr_equal(&c->groups[i].addr, &g->addr)) {
			c->groups[i].hear |= g->hear;
			c->groups[i].serve |= g->serve;
			return;
		}
	}
	if (c->ngroups >= GROUPS_MAX) {
		conf_error(p, NULL, NULL, "more than %u groups", GROUPS_MAX);
		return;
	}
	list = conf_grow(c, c->groups, c->ngroups, sizeof(*list));
	if (list == NULL)
		return;
	c->groups = list;
	list[c->ngroups] = *g;
	list[c->ngroups++].origin = conf_origin(p);
}

/* multicastclient, manycastserver: without an address NTP's own group. */
void
confdo_groups(struct confparse *p, const struct keyword *k)
{
	bool serve = k->id == KW_DIRECTIVE_MANYCASTSERVER;
	struct config_group g = {.serve = serve, .hear = !serve};

	if (!conf_more(p)) {
		(void)addr_parse(GROUP_DEFAULT, strlen(GROUP_DEFAULT), &g.addr);
		add_group(p, &g);
		return;
	}
	while (conf_next(p, SCAN_STRING)) {
		if (!read_group(p, &g))
			return;
		add_group(p, &g);
	}
}

/* Older files give a guess that no link has any more; 0 and below: measure. */
void
confdo_broadcastdelay(struct confparse *p, const struct keyword *k)
{
	struct keyword number = *k;
	struct conf_value v;

	number.arg = ARG_NUM;
	if (!conf_argument(p, &number, &v) || !conf_end(p))
		return;
	p->cfg->broadcastdelay = v.num > 0 ? v.num : 0;
	if (v.num > DELAY_MAX) {
		conf_warn(p, &p->at, NULL, "broadcastdelay %.10g is cut to 1 s",
		    v.num);
		p->cfg->broadcastdelay = DELAY_MAX;
	}
}

/* Up to eight numbers of hops, in the order in which they are tried; what is
 * not sent at all finds nobody, so 0 is this host. */
void
confdo_ttl(struct confparse *p, const struct keyword *k)
{
	struct ntp_config *c = p->cfg;
	unsigned n = 0;
	double v;

	(void)k;
	if (!conf_more(p))
		conf_error(p, NULL, NULL, "missing number");
	while (conf_more(p) && conf_only_integer(p, 0, TTL_MAX, &v)) {
		if (n == CONFIG_TTLS) {
			conf_error(
			    p, NULL, NULL, "more than %u numbers", CONFIG_TTLS);
			return;
		}
		c->ttl[n++] = (uint8_t)(v > 0 ? v : 1);
		c->nttl = n;
	}
}

static bool
has_card(const struct ntp_config *c, const char *name)
{
	for (size_t i = 0; i < c->ncards; i++) {
		if (strcmp(c->card[i], name) == 0)
			return true;
	}
	return false;
}

/* The names of interfaces, or one asterisk. */
void
confdo_hwtimestamp(struct confparse *p, const struct keyword *k)
{
	struct ntp_config *c = p->cfg;

	(void)k;
	if (!conf_more(p)) {
		conf_error(p, NULL, "as in `hwtimestamp eth0`, or *",
		    "missing name of an interface");
		return;
	}
	while (conf_next(p, SCAN_STRING)) {
		if (strlen(p->tok.text) >= CONFIG_CARD_NAME) {
			conf_error(p, NULL, NULL,
			    "'%.60s' is too long for an interface",
			    p->tok.text);
			return;
		}
		if (has_card(c, p->tok.text))
			continue;
		if (c->ncards == CONFIG_CARDS) {
			conf_error(p, NULL, NULL, "more than %u interfaces",
			    CONFIG_CARDS);
			return;
		}
		memcpy(
		    c->card[c->ncards++], p->tok.text, strlen(p->tok.text) + 1);
	}
}
