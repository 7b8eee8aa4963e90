/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_access.c - restrict, unrestrict, delrestrict.
 *
 * They fail closed: a line with an error still installs every flag found on
 * it, and an entry that would have none because of the error is not made, for
 * an entry without flags opens everything to its network.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp_confparse.h"
#include "ntp_restrict.h"

#define HOST_BITS(family) ((family) == ADDR_V4 ? 32U : 128U)

/* --- target -------------------------------------------------------------- */

static bool
looks_like_number(const struct confparse *p)
{
	const char *s = p->tok.text;

	return !p->tok.quoted && strspn(s, "0123456789.+-") == strlen(s);
}

static void
host_entry(struct config_restrict *r)
{
	r->what = RESTRICT_ADDR;
	addr_mask((enum addr_family)r->addr.family, HOST_BITS(r->addr.family),
	    &r->mask);
}

/* ADDR/BITS; with bad BITS the host alone, which is an error. */
static bool
read_prefix(struct confparse *p, struct config_restrict *r)
{
	const char *s = p->tok.text, *slash = strchr(s, '/');
	unsigned bits;

	if (addr_parse_prefix(s, strlen(s), &r->addr, &bits) == 0) {
		host_entry(r);
		addr_mask((enum addr_family)r->addr.family, bits, &r->mask);
		return true;
	}
	if (slash == NULL || addr_parse(s, (size_t)(slash - s), &r->addr) != 0)
		return false;
	host_entry(r);
	conf_error(p, NULL, "the flags apply to the address alone",
	    "'%.60s' has a bad prefix length", s);
	return true;
}

static bool
unusable(struct confparse *p)
{
	conf_error(p, NULL, NULL,
	    "restrict: ignoring line %u, address/host '%.60s' unusable.",
	    p->at.line, p->tok.text);
	return false;
}

static bool
read_address(struct confparse *p, struct config_restrict *r)
{
	if (p->tok.kind != SCAN_WORD)
		return unusable(p);
	if (read_prefix(p, r)) {
		if (r->family != ADDR_NONE && r->family != r->addr.family)
			return unusable(p);
		r->family = (enum addr_family)r->addr.family;
		return true;
	}
	if (looks_like_number(p) || !conf_is_host(p->tok.text))
		return unusable(p);
	r->what = RESTRICT_NAME;
	r->host = conf_strdup(p->cfg, p->tok.text);
	return r->host != NULL;
}

static bool
read_target(struct confparse *p, struct config_restrict *r)
{
	const struct keyword *k;

	if (!conf_next(p, SCAN_TOKENS)) {
		if (!p->bad)
			conf_error(p, NULL, NULL, "missing address");
		return false;
	}
	r->family = conf_family(&p->tok);
	if (r->family != ADDR_NONE && !conf_next(p, SCAN_TOKENS)) {
		conf_error(p, NULL, NULL, "missing address");
		return false;
	}
	k = conf_token_keyword(p, KEYWORD_TARGET);
	if (k == NULL)
		return read_address(p, r);
	r->what =
	    k->id == KW_TARGET_DEFAULT ? RESTRICT_DEFAULT : RESTRICT_SOURCE;
	return true;
}

/* --- flags --------------------------------------------------------------- */

/* A value that was forgotten shall not cost the flag that stands there. */
static bool
flag_follows(struct confparse *p)
{
	struct scanner ahead = p->scan;
	struct scan_token t;

	scan_next(&ahead, SCAN_TOKENS, &t);
	if (t.kind != SCAN_WORD || t.quoted ||
	    keyword_find(KEYWORD_RESTRICT, t.text) == NULL)
		return false;
	conf_error(p, NULL, NULL, "'%.40s' needs a value", p->tok.text);
	return true;
}

static void
read_mask(struct confparse *p, struct config_restrict *r)
{
	const char *s = p->tok.text;
	struct ntp_addr mask;

	if (flag_follows(p) || !conf_string(p, "mask"))
		return;
	mask.family = ADDR_NONE;
	if (addr_parse(s, strlen(s), &mask) == 0 && r->what == RESTRICT_NAME) {
		conf_warn(p, NULL, NULL, "a mask after a name has no effect");
		return;
	}
	if (r->what != RESTRICT_ADDR || mask.family != r->addr.family) {
		conf_error(p, NULL, "the flags apply to the address alone",
		    "'%.60s' is no mask for this address", s);
		return;
	}
	r->mask = mask;
}

/* A bad limit is 0: no associations at all. */
static void
read_limit(
    struct confparse *p, const struct keyword *k, struct config_restrict *r)
{
	struct conf_value v;

	r->ippeerlimit = 0;
	if (!flag_follows(p) && conf_argument(p, k, &v) && !v.outside)
		r->ippeerlimit = (int16_t)v.num;
}

static void
read_fuzz(struct confparse *p)
{
	if (!flag_follows(p) && conf_string(p, "'fuzz'") &&
	    strcmp(p->tok.text, "fuzz") != 0)
		conf_error(p, NULL, NULL, "unexpected '%.40s', expected fuzz",
		    p->tok.text);
}

static void
read_flag(
    struct confparse *p, const struct keyword *k, struct config_restrict *r)
{
	struct conf_pos at = conf_here(p);

	r->flags |= k->bit;
	if (k->state == KW_NOTYET)
		conf_idle(p, &at, k);
	if (k->id == KW_RESTRICT_MASK)
		read_mask(p, r);
	else if (k->id == KW_RESTRICT_IPPEERLIMIT)
		read_limit(p, k, r);
	else if (k->id == KW_RESTRICT_NTPPORT)
		r->mflags |= RESM_NTPPORT;
	else if (k->id == KW_RESTRICT_SRVRSPFUZ)
		read_fuzz(p);
}

/* To the end of the line, whatever stands between the flags. */
static void
read_flags(struct confparse *p, struct config_restrict *r)
{
	while (conf_next(p, SCAN_TOKENS)) {
		const struct keyword *k =
		    conf_token_keyword(p, KEYWORD_RESTRICT);

		if (k != NULL)
			read_flag(p, k, r);
		else
			conf_unexpected(p, KEYWORD_RESTRICT);
	}
}

/* --- restrict ------------------------------------------------------------ */

static void
add(struct ntp_config *c, const struct config_restrict *r)
{
	struct config_restrict *list;

	list = conf_grow(c, c->restricts, c->nrestricts, sizeof(*list));
	if (list == NULL) {
		free(r->host);
		return;
	}
	c->restricts = list;
	list[c->nrestricts++] = *r;
}

/* One entry for each family, so that unrestrict can name one of them. */
static void
add_default(struct ntp_config *c, struct config_restrict r)
{
	if (r.family != ADDR_NONE) {
		add(c, &r);
		return;
	}
	r.host = NULL; /* a default has none: two entries cannot share it */
	r.family = ADDR_V4;
	add(c, &r);
	r.family = ADDR_V6;
	add(c, &r);
}

/* The template is one, however many lines it is written on. */
static void
add_source(struct ntp_config *c, const struct config_restrict *r)
{
	for (size_t i = 0; i < c->nrestricts; i++) {
		struct config_restrict *old = &c->restricts[i];

		if (old->what != RESTRICT_SOURCE || old->mflags != r->mflags ||
		    old->family != r->family)
			continue;
		old->flags |= r->flags;
		return;
	}
	add(c, r);
}

void
confdo_restrict(struct confparse *p, const struct keyword *k)
{
	struct config_restrict r = {
	    .ippeerlimit = -1,
	    .file = p->file,
	    .line = p->at.line,
	};

	(void)k;
	if (!read_target(p, &r))
		return;
	read_flags(p, &r);
	if ((r.flags & (RES_KOD | RES_LIMITED)) == RES_KOD)
		conf_warn(p, &p->at, "add `limited`",
		    "KOD does nothing without LIMITED.");
	if (p->bad && r.flags == 0 && r.what != RESTRICT_DEFAULT) {
		conf_error(p, &p->at, "it would allow everything",
		    "without any flag left the line is ignored");
		free(r.host);
	} else if (r.what == RESTRICT_DEFAULT) {
		add_default(p->cfg, r);
	} else if (r.what == RESTRICT_SOURCE) {
		add_source(p->cfg, &r);
	} else {
		add(p->cfg, &r);
	}
}

/* --- unrestrict, delrestrict: act on the lines above --------------------- */

static bool
same_net(const struct config_restrict *a, const struct config_restrict *b)
{
	if (!addr_equal(&a->mask, &b->mask))
		return false;
	for (size_t i = 0; i < sizeof(a->addr.ip); i++)
		if (((a->addr.ip[i] ^ b->addr.ip[i]) & a->mask.ip[i]) != 0)
			return false;
	return a->addr.family == b->addr.family;
}

static bool
names_entry(const struct config_restrict *u, const struct config_restrict *r)
{
	if (u->what != r->what || u->mflags != r->mflags)
		return false;
	if (u->what == RESTRICT_ADDR)
		return same_net(u, r);
	if (u->family != ADDR_NONE && u->family != r->family)
		return false;
	return u->what != RESTRICT_NAME || strcmp(u->host, r->host) == 0;
}

/* Defaults lose flags only; the others go when no flag is named. */
static void
take_away(struct confparse *p, const struct config_restrict *u)
{
	struct ntp_config *c = p->cfg;
	bool remove = u->flags == 0 && u->what != RESTRICT_DEFAULT;
	size_t kept = 0, found = 0;

	for (size_t i = 0; i < c->nrestricts; i++) {
		struct config_restrict *r = &c->restricts[i];
		bool named = names_entry(u, r);

		found += named;
		if (named && remove) {
			free(r->host);
			continue;
		}
		if (named)
			r->flags &= (uint16_t)~u->flags;
		c->restricts[kept++] = *r;
	}
	c->nrestricts = kept;
	if (found == 0 && u->what != RESTRICT_DEFAULT)
		conf_warn(p, &p->at, NULL, "no such entry above this line");
}

/* `delrestrict source ADDR` names an entry made at run time. */
static void
delete_source(struct confparse *p)
{
	char text[ADDR_STRLEN];
	struct ntp_addr addr;

	if (!conf_string(p, "address"))
		return;
	if (addr_parse(p->tok.text, strlen(p->tok.text), &addr) != 0)
		conf_error(p, NULL, NULL, "'%.60s' is no address", p->tok.text);
	else if (p->io == NULL || p->io->unsource == NULL)
		conf_warn(p, &p->at, "it is for ntpq",
		    "'delrestrict source' has no effect in a file");
	else if (conf_end(p) && !p->io->unsource(p->io->arg, &addr))
		conf_error(p, NULL, NULL,
		    "`restrict source` made no entry for %s",
		    addr_format(&addr, text));
}

void
confdo_unrestrict(struct confparse *p, const struct keyword *k)
{
	struct config_restrict u = {.ippeerlimit = -1};
	struct scanner start = p->scan;

	if (k->id == KW_DIRECTIVE_DELRESTRICT && conf_next(p, SCAN_TOKENS) &&
	    strcmp(p->tok.text, "source") == 0 && conf_more(p)) {
		delete_source(p);
		return;
	}
	p->scan = start;
	if (!read_target(p, &u))
		return;
	read_flags(p, &u);
	if (!p->bad)
		take_away(p, &u);
	free(u.host);
}
