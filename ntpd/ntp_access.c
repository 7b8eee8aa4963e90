/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_access.c - from the lines of `restrict` to the access list in force.
 *
 * Three kinds of entries: of addresses, of names (with the addresses found so
 * far), and of associations, which follow `restrict source`.  A list for new
 * lines is made beside the old one, so that at no time a packet meets less
 * than a complete list.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_state.h"

#define ACCESS_SPARE 256U /* entries beside those configured */

static void
host_mask(const struct ntp_addr *addr, struct ntp_addr *mask)
{
	addr_mask((enum addr_family)addr->family,
	    addr->family == ADDR_V4 ? 32 : 128, mask);
}

static struct restrict_entry
entry_of(const struct config_restrict *r, enum addr_family family)
{
	struct restrict_entry ent = {.addr = r->addr,
	    .mask = r->mask,
	    .flags = r->flags,
	    .mflags = r->mflags,
	    .ippeerlimit = r->ippeerlimit,
	    .line = r->line};

	if (r->what == RESTRICT_DEFAULT) {
		addr_mask(family, 0, &ent.addr);
		addr_mask(family, 0, &ent.mask);
	}
	return ent;
}

/* For one host: of a name, or of an association. */
static struct restrict_entry
host_entry(const struct config_restrict *r, const struct ntp_addr *addr,
    uint16_t mflags)
{
	struct restrict_entry ent = entry_of(r, ADDR_NONE);

	ent.addr = *addr;
	ent.addr.port = 0;
	ent.mflags |= mflags;
	host_mask(addr, &ent.mask);
	return ent;
}

/* --- entries of addresses -------------------------------------------------- */

static int
add_line(struct restrict_list *list, const struct config_restrict *r)
{
	struct restrict_entry v4 = entry_of(r, ADDR_V4);
	struct restrict_entry v6 = entry_of(r, ADDR_V6);
	int err = 0;

	switch (r->what) {
	case RESTRICT_ADDR:
		return restrict_add(list, &v4);
	case RESTRICT_DEFAULT:
		if (r->family != ADDR_V6)
			err = restrict_add(list, &v4);
		if (err == 0 && r->family != ADDR_V4)
			err = restrict_add(list, &v6);
		return err;
	case RESTRICT_NAME:
	case RESTRICT_SOURCE:
	default:
		return 0;
	}
}

struct restrict_list *
config_access(const struct ntp_config *c)
{
	struct restrict_list *list = restrict_new(c->nrestricts);
	int err = list != NULL ? 0 : -NTP_ENOMEM;

	for (size_t i = 0; i < c->nrestricts && err == 0; i++)
		err = add_line(list, &c->restricts[i]);
	if (err != 0)
		restrict_free(&list);
	return list;
}

/* --- entries of names ------------------------------------------------------ */

static size_t
count_names(const struct ntp_config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nrestricts; i++)
		n += c->restricts[i].what == RESTRICT_NAME;
	return n;
}

/* What is known of the same name already. */
static const struct restrict_name *
known_name(const struct ntp_engine *e, const struct config_restrict *r)
{
	for (size_t i = 0; i < e->nrnames; i++) {
		const struct config_restrict *old = e->rname[i].line;

		if (old->family == r->family && strcmp(old->host, r->host) == 0)
			return &e->rname[i];
	}
	return NULL;
}

static void
start_name(struct ntp_engine *e, struct restrict_name *n,
    const struct config_restrict *r, ntp_mono now)
{
	const struct restrict_name *known = known_name(e, r);

	if (known != NULL)
		*n = *known;
	else
		*n = (struct restrict_name){.tag = e->next_name_tag++,
		    .dns = {.again = true, .at = now}};
	n->line = r;
}

static int
add_name(struct restrict_list *list, const struct restrict_name *n)
{
	int err = 0;

	for (size_t i = 0; i < n->naddr && err == 0; i++) {
		struct restrict_entry ent = host_entry(n->line, &n->addr[i], 0);

		err = restrict_add(list, &ent);
	}
	return err;
}

/* --- entries of associations ----------------------------------------------- */

static const struct config_restrict *
source_template(const struct ntp_engine *e)
{
	for (size_t i = 0; i < e->cfg->nrestricts; i++) {
		if (e->cfg->restricts[i].what == RESTRICT_SOURCE)
			return &e->cfg->restricts[i];
	}
	return NULL;
}

static bool
is_host_entry(const struct restrict_entry *r, const struct ntp_addr *addr)
{
	struct ntp_addr host;

	host_mask(addr, &host);
	return addr_equal(&r->addr, addr) && addr_equal(&r->mask, &host);
}

void
access_follow(struct ntp_engine *e, const struct ntp_addr *addr)
{
	const struct config_restrict *t = source_template(e);
	struct restrict_entry r;

	if (t == NULL || is_host_entry(restrict_lookup(e->access, addr), addr))
		return;
	serving_follow(e);
	r = host_entry(t, addr, RESM_SOURCE);
	if (restrict_add(e->access, &r) != 0)
		engine_log(
		    e, NTP_LOG_ERR, "restrict source: the access list is full");
}

void
access_unfollow(struct ntp_engine *e, const struct ntp_addr *addr)
{
	const struct config_restrict *t = source_template(e);
	struct ntp_addr mask;

	if (t == NULL || addr->family == ADDR_NONE)
		return;
	PEER_FOREACH (p, &e->peers) {
		if (addr_equal(&p->srcadr, addr))
			return;
	}
	serving_follow(e);
	host_mask(addr, &mask);
	(void)restrict_remove(
	    e->access, addr, &mask, RESM_SOURCE | t->mflags, 0);
}

static bool
is_source_entry(const struct restrict_entry *r, const struct ntp_addr *addr)
{
	return (r->mflags & RESM_SOURCE) != 0 && is_host_entry(r, addr);
}

bool
access_has_source(struct ntp_engine *e, const struct ntp_addr *addr)
{
	return is_source_entry(restrict_lookup(e->access, addr), addr);
}

/* Until one of that address is mobilized again. */
void
access_delete_source(struct ntp_engine *e, const struct ntp_addr *addr)
{
	const struct config_restrict *t = source_template(e);
	struct ntp_addr mask;

	PEER_FOREACH (p, &e->peers) {
		if (addr_equal(&p->srcadr, addr))
			p->bare = true;
	}
	if (t == NULL)
		return;
	serving_follow(e);
	host_mask(addr, &mask);
	(void)restrict_remove(
	    e->access, addr, &mask, RESM_SOURCE | t->mflags, 0);
}

/* --- the whole list -------------------------------------------------------- */

static int
fill(struct access_draft *d, const struct ntp_config *cfg)
{
	int err = 0;

	for (size_t i = 0; i < cfg->nrestricts && err == 0; i++)
		err = add_line(d->list, &cfg->restricts[i]);
	for (size_t i = 0; i < d->nnames && err == 0; i++)
		err = add_name(d->list, &d->name[i]);
	return err;
}

int
access_draft(struct ntp_engine *e, const struct ntp_config *cfg,
    struct access_draft *d, ntp_mono now)
{
	size_t names = count_names(cfg), n = 0;

	d->list = restrict_new(cfg->nrestricts + names * RESTRICT_ADDRS +
	    e->peers.cap + ACCESS_SPARE);
	d->name = calloc(names + 1, sizeof *d->name);
	if (d->list == NULL || d->name == NULL) {
		access_draft_free(d);
		return -NTP_ENOMEM;
	}
	for (size_t i = 0; i < cfg->nrestricts; i++)
		if (cfg->restricts[i].what == RESTRICT_NAME)
			start_name(e, &d->name[n++], &cfg->restricts[i], now);
	d->nnames = n;
	if (fill(d, cfg) != 0) {
		access_draft_free(d);
		return -NTP_ENOMEM;
	}
	return 0;
}

void
access_draft_free(struct access_draft *d)
{
	restrict_free(&d->list);
	free(d->name);
	*d = (struct access_draft){NULL, NULL, 0};
}

void
access_adopt(struct ntp_engine *e, struct access_draft *d)
{
	struct access_draft old = {e->access, e->rname, e->nrnames};

	e->access = d->list;
	e->rname = d->name;
	e->nrnames = d->nnames;
	serving_follow(e);
	if (old.list != NULL)
		restrict_inherit(e->access, old.list);
	access_draft_free(&old);
	PEER_FOREACH (p, &e->peers) {
		if (p->kind == PEER_SERVER && !p->bare &&
		    p->srcadr.family != ADDR_NONE)
			access_follow(e, &p->srcadr);
	}
}

/* --- an answer ------------------------------------------------------------- */

static bool
is_known(const struct restrict_name *n, const struct ntp_addr *addr)
{
	for (size_t i = 0; i < n->naddr; i++) {
		if (addr_equal(&n->addr[i], addr))
			return true;
	}
	return false;
}

/* The same addresses, in whatever order? */
static bool
is_old_answer(
    const struct restrict_name *n, const struct ntp_addr *addr, size_t naddr)
{
	for (size_t i = 0; i < naddr; i++) {
		if (!is_known(n, &addr[i]))
			return false;
	}
	return naddr == n->naddr;
}

/* All is made anew, for entries of other lines may be merged with the old
 * one.  N is gone after that. */
static void
renew(struct ntp_engine *e, ntp_mono now)
{
	struct access_draft d;

	if (access_draft(e, e->cfg, &d, now) == 0)
		access_adopt(e, &d);
	else
		engine_log(e, NTP_LOG_ERR,
		    "restrict: no memory for the addresses of a name");
}

void
access_resolved(struct ntp_engine *e, struct restrict_name *n,
    const struct ntp_addr *addr, size_t naddr, ntp_mono now)
{
	char buf[ADDR_STRLEN];

	naddr = naddr < RESTRICT_ADDRS ? naddr : RESTRICT_ADDRS;
	if (is_old_answer(n, addr, naddr))
		return;
	n->naddr = naddr;
	memcpy(n->addr, addr, naddr * sizeof *addr);
	for (size_t i = 0; i < naddr; i++)
		engine_log(e, NTP_LOG_INFO, "restrict %s: %s", n->line->host,
		    addr_format(&addr[i], buf));
	renew(e, now);
}
