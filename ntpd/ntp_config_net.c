/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_net.c - where to listen, and how to serve: interface, nic, listen,
 * port, extra, dscp, threads, gather.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp_confparse.h"

#define PORT_MAX    65535
#define THREADS_MAX 64	  /* SERVER_UNITS_MAX */
#define GATHER_MAX  10000 /* us */
#define DSCP_MAX    63

/* --- interface, nic, listen, port, dscp ---------------------------------- */

static bool
read_match(struct confparse *p, struct config_iface *i)
{
	const struct keyword *k;
	const char *s = p->tok.text;

	if (!conf_next(p, SCAN_TOKENS)) {
		if (!p->bad)
			conf_error(p, NULL, NULL,
			    "missing address or name of an interface");
		return false;
	}
	k = conf_token_keyword(p, KEYWORD_MATCH);
	if (k != NULL && k->id == KW_MATCH_IPV4)
		i->match = IFACE_IPV4;
	else if (k != NULL && k->id == KW_MATCH_IPV6)
		i->match = IFACE_IPV6;
	else if (k != NULL && k->id == KW_MATCH_WILDCARD)
		i->match = IFACE_WILDCARD;
	else if (k != NULL || strcmp(s, "*") == 0)
		i->match = IFACE_ALL;
	else if (addr_parse_prefix(s, strlen(s), &i->addr, &i->bits) == 0)
		i->match = IFACE_PREFIX;
	else if (strchr(s, '/') == NULL && p->tok.kind == SCAN_WORD)
		i->match = IFACE_NAME;
	else
		conf_error(p, NULL, NULL,
		    "'%.60s' is no address, prefix or interface", s);
	return !p->bad;
}

static void
add_rule(struct confparse *p, enum iface_action action)
{
	struct ntp_config *c = p->cfg;
	struct config_iface i = {.action = action, .origin = conf_origin(p)};
	struct config_iface *list;

	if (!read_match(p, &i))
		return;
	if (i.match == IFACE_NAME) {
		i.name = conf_strdup(c, p->tok.text);
		if (i.name == NULL)
			return;
	}
	list = conf_grow(c, c->iface, c->niface, sizeof(*list));
	if (list == NULL) {
		free(i.name);
		return;
	}
	c->iface = list;
	list[c->niface++] = i;
	(void)conf_end(p);
}

void
confdo_interface(struct confparse *p, const struct keyword *k)
{
	const struct keyword *action = conf_keyword(p, KEYWORD_IFACE);

	(void)k;
	if (action == NULL) {
		if (!p->bad)
			conf_error(
			    p, NULL, NULL, "missing listen, ignore or drop");
		return;
	}
	if (action->id == KW_IFACE_LISTEN)
		add_rule(p, IFACE_LISTEN);
	else if (action->id == KW_IFACE_IGNORE)
		add_rule(p, IFACE_IGNORE);
	else
		add_rule(p, IFACE_DROP);
}

/* `listen on ADDR` is OpenNTPD's spelling. */
void
confdo_listen(struct confparse *p, const struct keyword *k)
{
	struct scanner start = p->scan;

	(void)k;
	if (conf_next(p, SCAN_TOKENS) && strcmp(p->tok.text, "on") != 0)
		p->scan = start;
	add_rule(p, IFACE_LISTEN);
}

void
confdo_port(struct confparse *p, const struct keyword *k)
{
	double v;

	(void)k;
	if (!conf_only_integer(p, 1, PORT_MAX, &v))
		return;
	p->cfg->port = (uint16_t)v;
	(void)conf_end(p);
}

void
conf_extra_port(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	(void)obj;
	(void)k;
	conf_note(p, KW_EXTRA_PORT);
	p->cfg->extraport = (uint16_t)v->num;
}

void
confdo_dscp(struct confparse *p, const struct keyword *k)
{
	double v;

	(void)k;
	if (!conf_only_integer(p, 0, DSCP_MAX, &v))
		return;
	p->cfg->dscp = (uint8_t)v;
	(void)conf_end(p);
}

/* --- threads, gather ------------------------------------------------------ */

/* N or `auto`. */
void
confdo_threads(struct confparse *p, const struct keyword *k)
{
	struct scanner start = p->scan;
	double v;

	(void)k;
	if (conf_next(p, SCAN_TOKENS) && strcmp(p->tok.text, "auto") == 0) {
		p->cfg->threads_auto = true;
		(void)conf_end(p);
		return;
	}
	p->scan = start;
	if (!conf_only_integer(p, 0, THREADS_MAX, &v))
		return;
	p->cfg->threads = (uint16_t)v;
	p->cfg->threads_auto = false;
	(void)conf_end(p);
}

void
confdo_gather(struct confparse *p, const struct keyword *k)
{
	double v;

	(void)k;
	if (!conf_only_integer(p, 0, GATHER_MAX, &v))
		return;
	p->cfg->gather = (uint32_t)v;
	(void)conf_end(p);
}
