/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_explain.c - what an address may do, and which line says so.
 *
 * The answer comes from the access list that the daemon itself would use;
 * what only shows while it runs (the addresses of names) is told beside it.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp.h"
#include "ntp_confparse.h"
#include "ntp_err.h"
#include "ntp_restrict.h"
#include "ntp_time.h"

struct explain {
	struct conf_text t;
	const struct ntp_config *c;
	const struct ntp_addr *addr;
};

/* --- the lines that make an entry ------------------------------------------ */

static bool
makes(const struct config_restrict *r, const struct restrict_entry *ent)
{
	struct ntp_addr any;

	if (r->mflags != (ent->mflags & RESM_NTPPORT))
		return false;
	if (r->what == RESTRICT_DEFAULT) {
		addr_mask(r->family, 0, &any);
		return addr_equal(&any, &ent->addr) &&
		    addr_equal(&any, &ent->mask);
	}
	if (r->what != RESTRICT_ADDR || !addr_equal(&r->mask, &ent->mask))
		return false;
	for (size_t i = 0; i < sizeof r->addr.ip; i++)
		if ((r->addr.ip[i] & r->mask.ip[i]) != ent->addr.ip[i])
			return false;
	return true;
}

static void
tell_line(struct explain *x, const struct config_restrict *r)
{
	conf_add(&x->t, "%s:%u: ", r->file, r->line);
	conf_write_restrict(&x->t, r);
}

static void
tell_lines(struct explain *x, const struct restrict_entry *ent)
{
	bool any = false;

	for (size_t i = 0; i < x->c->nrestricts; i++) {
		if (!makes(&x->c->restricts[i], ent))
			continue;
		tell_line(x, &x->c->restricts[i]);
		any = true;
	}
	if (!any)
		conf_add(&x->t, "no line matches: the built-in default\n");
}

/* --- what it may do -------------------------------------------------------- */

static void
tell(struct explain *x, const char *what, const char *answer, const char *why)
{
	conf_add(&x->t, "  %-18s%s%s%s%s\n", what, answer,
	    why != NULL ? " (" : "", why != NULL ? why : "",
	    why != NULL ? ")" : "");
}

static void
tell_time(struct explain *x, unsigned flags)
{
	if ((flags & RES_IGNORE) != 0)
		tell(x, "time service:", "no", "ignore");
	else if ((flags & RES_NOSERVE) != 0)
		tell(x, "time service:", "no", "noserve");
	else if ((flags & RES_NOTRUST) != 0)
		tell(x, "time service:", "only with a good key", "notrust");
	else if ((flags & RES_VERSION) != 0)
		tell(x, "time service:", "NTP version 4 only", "version");
	else
		tell(x, "time service:", "yes",
		    (flags & RES_FLAKE) != 0 ? "flake loses one in ten" : NULL);
}

static void
tell_query(struct explain *x, const struct restrict_entry *ent)
{
	unsigned flags = ent->flags;
	const char *why = NULL;

	if ((flags & RES_IGNORE) != 0)
		why = "ignore";
	else if ((flags & RES_NOQUERY) != 0)
		why = "noquery";
	else if (ent->line == 0 && !addr_is_loopback(x->addr))
		why = "the built-in default is for time only";
	tell(x, "query:", why == NULL ? "yes" : "no",
	    why != NULL			       ? why
		: (flags & RES_NOMRULIST) != 0 ? "no list of clients: nomrulist"
					       : NULL);
	if (why == NULL && (flags & RES_NOMODIFY) != 0)
		why = "nomodify";
	if (why == NULL && x->c->controlkey == 0)
		why = "there is no controlkey";
	tell(x, "modify:", why == NULL ? "with the control key" : "no", why);
}

static void
tell_peer(struct explain *x, const struct restrict_entry *ent)
{
	unsigned flags = ent->flags;

	if ((flags & (RES_IGNORE | RES_NOSERVE)) != 0)
		tell(x, "peer:", "no",
		    (flags & RES_IGNORE) != 0 ? "ignore" : "noserve");
	else if ((flags & RES_NOEPEER) != 0)
		tell(x, "peer:", "no", "noepeer");
	else if (ent->ippeerlimit == 0)
		tell(x, "peer:", "no", "ippeerlimit 0");
	else if ((flags & RES_NOPEER) != 0 || x->c->auth)
		tell(x, "peer:", "only with a good key",
		    (flags & RES_NOPEER) != 0 ? "nopeer" : "enable auth");
	else
		tell(x, "peer:", "yes", "disable auth");
}

static void
tell_rate(struct explain *x, unsigned flags)
{
	const struct rate_limit *l = &x->c->limit;

	if ((flags & RES_LIMITED) == 0) {
		tell(x, "rate limit:", "no", NULL);
	} else if (l->burst > 0) {
		conf_add(&x->t,
		    "  %-18s%.10g packets/s over %.10g s (limited, limit)\n",
		    "rate limit:", l->average, l->burst);
	} else {
		conf_add(&x->t,
		    "  %-18s%.0f s on average, %.10g s at least (limited, "
		    "discard)\n",
		    "rate limit:", log2_to_s(x->c->discard_average),
		    x->c->discard_minimum);
	}
	if ((flags & RES_KOD) == 0)
		tell(x, "kiss of death:", "no", NULL);
	else
		tell(x,
		    "kiss of death:", (flags & RES_LIMITED) != 0 ? "yes" : "no",
		    (flags & RES_LIMITED) != 0 ? "kod" : "kod without limited");
	if ((flags & RES_MSSNTP) != 0)
		tell(x, "Samba signs:", "yes", "mssntp");
}

static void
tell_entry(struct explain *x, const struct restrict_entry *ent)
{
	tell_time(x, ent->flags);
	tell_rate(x, ent->flags);
	tell_query(x, ent);
	tell_peer(x, ent);
}

/* --- what else may decide -------------------------------------------------- */

static bool
is_source(const struct explain *x)
{
	for (size_t i = 0; i < x->c->nassoc; i++)
		if (addr_equal(&x->c->assoc[i].addr, x->addr))
			return true;
	return false;
}

static bool
is_host(const struct restrict_entry *ent)
{
	struct ntp_addr host;

	addr_mask((enum addr_family)ent->addr.family,
	    ent->addr.family == ADDR_V4 ? 32 : 128, &host);
	return addr_equal(&ent->mask, &host);
}

/* The template for our sources, unless it has an entry of its own. */
static const struct config_restrict *
template_for(const struct explain *x, const struct restrict_entry *ent)
{
	if (is_host(ent))
		return NULL;
	for (size_t i = 0; i < x->c->nrestricts; i++)
		if (x->c->restricts[i].what == RESTRICT_SOURCE)
			return &x->c->restricts[i];
	return NULL;
}

static void
tell_names(struct explain *x)
{
	for (size_t i = 0; i < x->c->nrestricts; i++) {
		const struct config_restrict *r = &x->c->restricts[i];

		if (r->what != RESTRICT_NAME)
			continue;
		conf_add(&x->t,
		    "if %s is this address, that line decides: ", r->host);
		tell_line(x, r);
	}
}

static void
tell_match(
    struct explain *x, const struct restrict_entry *ent, const char *which)
{
	const struct config_restrict *t = template_for(x, ent);
	char text[ADDR_STRLEN];
	struct restrict_entry own = *ent;

	conf_add(&x->t, "%s%s:\n", addr_format(x->addr, text), which);
	if (t != NULL && is_source(x)) {
		own.flags = t->flags;
		own.line = t->line;
		own.ippeerlimit = t->ippeerlimit;
		tell_line(x, t);
		tell_entry(x, &own);
		return;
	}
	tell_lines(x, ent);
	tell_entry(x, ent);
	if (t != NULL && x->c->nassoc > 0) {
		conf_add(&x->t, "if a source has this address: ");
		tell_line(x, t);
	}
}

static void
tell_all(struct explain *x, struct restrict_list *access)
{
	struct ntp_addr from123 = *x->addr;
	struct restrict_entry any = *restrict_lookup(access, x->addr);
	struct restrict_entry ntp;

	from123.port = NTP_PORT;
	ntp = *restrict_lookup(access, &from123);
	if (ntp.mflags == any.mflags) {
		tell_match(x, &any, "");
	} else {
		tell_match(x, &ntp, " from port 123 (ntpport)");
		tell_match(x, &any, " from other ports");
	}
	tell_names(x);
}

int
config_explain(const struct ntp_config *c, const struct ntp_addr *addr,
    char **text, size_t *len)
{
	struct explain x = {.c = c, .addr = addr};
	struct restrict_list *access = config_access(c);

	if (access == NULL)
		return -NTP_ENOMEM;
	tell_all(&x, access);
	restrict_free(&access);
	if (x.t.bad) {
		free(x.t.p);
		return -NTP_ENOMEM;
	}
	*text = x.t.p;
	*len = x.t.len;
	return 0;
}
