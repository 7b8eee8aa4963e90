/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_lint.c - what is legal in ntp.conf and yet not what its writer
 * wants.
 *
 * Nothing here is said at the start of the daemon: these are the questions
 * that people ask afterwards, answered before.
 */
#include <string.h>
#include <strings.h>

#include "ntp.h"
#include "ntp_confparse.h"
#include "ntp_refclock.h"
#include "ntp_restrict.h"

#define SAFE_STRATUM 5 /* of the local clock, at least */
#define PUBLIC_POLL  6 /* log2 s, of servers that belong to others */

struct lint {
	struct ntp_config *c;
	const struct config_io *io;
	struct restrict_list *access;
};

static void
warn_line(const struct lint *l, const char *file, unsigned line,
    const char *text, const char *hint)
{
	const struct conf_place place = {file, {line > 0 ? line : 1, 1}};

	config_warn_at(l->c, l->io, &place, text, hint);
}

static void
warn_assoc(const struct lint *l, const struct config_assoc *a, const char *text,
    const char *hint)
{
	warn_line(l, a->file, a->line, text, hint);
}

/* Where what concerns no line is said. */
static void
warn_file(const struct lint *l, const char *text, const char *hint)
{
	warn_line(l, l->c->nfiles > 0 ? l->c->files[0] : "configuration", 1,
	    text, hint);
}

static bool
is_local(const struct config_assoc *a)
{
	return a->kind == ASSOC_REFCLOCK && a->ref_type == CLOCK_LOCAL;
}

/* --- how many sources ------------------------------------------------------ */

static bool
is_single(const struct config_assoc *a)
{
	if ((a->flags & ASSOC_NOSELECT) != 0 || is_local(a))
		return false;
	return a->kind == ASSOC_SERVER || a->kind == ASSOC_PEER ||
	    a->kind == ASSOC_REFCLOCK;
}

static bool
finds_many(const struct config_assoc *a)
{
	return a->kind == ASSOC_POOL || a->kind == ASSOC_MANYCAST;
}

static bool
hears_broadcasts(const struct ntp_config *c)
{
	for (size_t i = 0; i < c->ngroups; i++)
		if (c->groups[i].hear)
			return true;
	return c->broadcastclient;
}

/* The number of sources that lines name, the first of them, and whether
 * others may come. */
static size_t
count_sources(
    const struct ntp_config *c, const struct config_assoc **first, bool *many)
{
	size_t n = 0;

	*first = NULL;
	*many = hears_broadcasts(c);
	for (size_t i = 0; i < c->nassoc; i++) {
		const struct config_assoc *a = &c->assoc[i];

		*many |= finds_many(a);
		if (is_single(a) && n++ == 0)
			*first = a;
	}
	return n;
}

static bool
serves_itself(const struct ntp_config *c)
{
	for (size_t i = 0; i < c->nassoc; i++)
		if (is_local(&c->assoc[i]))
			return true;
	return c->tos.orphan > 0 && c->tos.orphan < NTP_MAXSTRAT;
}

static void
lint_number(const struct lint *l)
{
	const struct config_assoc *first;
	bool many;
	size_t n = count_sources(l->c, &first, &many);

	if (n == 0 && !many && !serves_itself(l->c))
		warn_file(l, "there is no time source",
		    "add `pool` or `server` lines, or `tos orphan 5` for an "
		    "isolated network");
	if (many || n == 0 || first->kind == ASSOC_REFCLOCK)
		return;
	if (n == 1)
		warn_assoc(l, first, "there is only one time source",
		    "when it is wrong nobody notices: four are good");
	else if (n == 2)
		warn_assoc(l, first, "there are only two time sources",
		    "when they differ nobody knows which is right: four are "
		    "good");
}

/* Where the word ID stands, if it is not the default. */
static bool
is_given(const struct lint *l, enum keyword_id id, struct conf_place *place)
{
	const struct config_origin *o = &l->c->origin[id];

	*place = (struct conf_place){o->file, {o->line, 1}};
	return o->file != NULL;
}

static void
lint_counts(const struct lint *l)
{
	const struct config_tos *t = &l->c->tos;
	const struct config_assoc *first;
	struct conf_place place;
	bool many;
	size_t n = count_sources(l->c, &first, &many);

	if (is_given(l, KW_TOS_MINSANE, &place) && !many && n > 0 &&
	    t->minsane > n)
		config_warn_at(l->c, l->io, &place,
		    "`tos minsane` is above the number of sources",
		    "the clock will never be set");
	if (is_given(l, KW_TOS_MAXCLOCK, &place) && many && t->maxclock <= n)
		config_warn_at(l->c, l->io, &place,
		    "`tos maxclock` leaves no room for pool servers",
		    "it counts the `server` lines and the `pool` line too");
	if (is_given(l, KW_TOS_MINCLOCK, &place) && t->minclock > t->maxclock)
		config_warn_at(l->c, l->io, &place,
		    "`tos minclock` is above `tos maxclock`", NULL);
}

/* --- access ---------------------------------------------------------------- */

#define CLOSES (RES_IGNORE | RES_NOQUERY)

/* The line that the default of FAMILY comes from, or NULL. */
static const struct config_restrict *
default_line(const struct ntp_config *c, enum addr_family family)
{
	for (size_t i = 0; i < c->nrestricts; i++) {
		const struct config_restrict *r = &c->restricts[i];
		bool zero = r->what == RESTRICT_ADDR && addr_is_any(&r->addr) &&
		    addr_is_any(&r->mask);

		if (r->mflags == 0 && r->family == family &&
		    (r->what == RESTRICT_DEFAULT || zero))
			return r;
	}
	return NULL;
}

static uint16_t
default_flags(const struct lint *l, enum addr_family family)
{
	struct ntp_addr any;

	addr_mask(family, 0, &any);
	return restrict_lookup(l->access, &any)->flags;
}

/* Without any line for it a default lets nobody query but ourselves. */
static void
lint_default(const struct lint *l, enum addr_family family)
{
	const struct config_restrict *r = default_line(l->c, family);

	if (r == NULL || (default_flags(l, family) & CLOSES) != 0)
		return;
	warn_line(l, r->file, r->line,
	    (default_flags(l, family) & RES_NOMODIFY) != 0
		? "everybody in the world may query this daemon"
		: "everybody in the world may query this daemon, and configure "
		  "it with the control key",
	    "add `noquery nomodify`");
}

static void
lint_defaults(const struct lint *l)
{
	const struct config_restrict *v4 = default_line(l->c, ADDR_V4);
	const struct config_restrict *v6 = default_line(l->c, ADDR_V6);

	lint_default(l, ADDR_V4);
	if (v4 == NULL || v6 == NULL || v4->line != v6->line ||
	    v4->file != v6->file)
		lint_default(l, ADDR_V6);
}

static bool
is_wide(const struct config_restrict *r)
{
	struct ntp_addr host;

	addr_mask((enum addr_family)r->addr.family,
	    r->addr.family == ADDR_V4 ? 32 : 128, &host);
	return !addr_equal(&r->mask, &host) && !addr_is_any(&r->mask);
}

static void
lint_networks(const struct lint *l)
{
	for (size_t i = 0; i < l->c->nrestricts; i++) {
		const struct config_restrict *r = &l->c->restricts[i];

		if (r->what == RESTRICT_ADDR && is_wide(r) &&
		    !addr_is_loopback(&r->addr) &&
		    (r->flags & (CLOSES | RES_NOMODIFY)) == 0)
			warn_line(l, r->file, r->line,
			    "this network may configure the daemon, with the "
			    "control key",
			    "flags of wider networks are not inherited: add "
			    "`nomodify`");
	}
}

/* Is R an entry of A alone? */
static bool
names_source(const struct config_restrict *r, const struct config_assoc *a)
{
	if (r->what == RESTRICT_NAME)
		return a->host != NULL && strcasecmp(r->host, a->host) == 0;
	return r->what == RESTRICT_ADDR && addr_equal(&r->addr, &a->addr) &&
	    !is_wide(r) && !addr_is_any(&r->mask);
}

/* The line that A, or any source where it is NULL, has its flags from: its own
 * or the template for those without. */
static const struct config_restrict *
line_of(const struct ntp_config *c, const struct config_assoc *a)
{
	const struct config_restrict *found = NULL;

	for (size_t i = 0; i < c->nrestricts; i++) {
		const struct config_restrict *r = &c->restricts[i];

		if (a != NULL && names_source(r, a))
			return r;
		if (r->what == RESTRICT_SOURCE)
			found = r;
	}
	return found;
}

/* Flags that the answers of A meet; of a name, those that nobody escapes. */
static uint16_t
flags_for(const struct lint *l, const struct config_assoc *a)
{
	const struct config_restrict *r = line_of(l->c, a);
	uint16_t v4, v6;

	if (r != NULL)
		return r->flags;
	if (a->addr.family != ADDR_NONE)
		return restrict_lookup(l->access, &a->addr)->flags;
	v4 = default_flags(l, ADDR_V4);
	v6 = default_flags(l, ADDR_V6);
	if (a->family == ADDR_V4)
		return v4;
	return a->family == ADDR_V6 ? v6 : v4 & v6;
}

static bool
sends_answers(const struct config_assoc *a)
{
	return a->kind == ASSOC_SERVER || a->kind == ASSOC_POOL ||
	    a->kind == ASSOC_PEER;
}

static void
lint_answers(const struct lint *l)
{
	for (size_t i = 0; i < l->c->nassoc; i++) {
		const struct config_assoc *a = &l->c->assoc[i];
		uint16_t flags = sends_answers(a) ? flags_for(l, a) : 0;

		if ((flags & (RES_IGNORE | RES_NOSERVE)) != 0)
			warn_assoc(l, a,
			    "a `restrict` line drops the answers of this "
			    "source",
			    line_of(l->c, a) != NULL
				? "remove `ignore` or `noserve` from it"
				: "add `restrict source nomodify noquery "
				  "notrap`");
		else if ((flags & RES_NOTRUST) != 0 && a->key == 0 &&
		    (a->flags & ASSOC_NTS) == 0)
			warn_assoc(l, a,
			    "`notrust` drops the answers of this source, which "
			    "has no key",
			    "`notrust` asks for a MAC; remove it, or add "
			    "`key`");
	}
}

/* The trap of the reference, which is none here. */
static void
lint_pools(const struct lint *l)
{
	if (line_of(l->c, NULL) != NULL)
		return;
	for (size_t i = 0; i < l->c->nassoc; i++) {
		const struct config_assoc *a = &l->c->assoc[i];

		if (a->kind != ASSOC_POOL ||
		    (flags_for(l, a) & RES_NOPEER) == 0)
			continue;
		warn_assoc(l, a,
		    "`nopeer` stops this pool in the reference ntpd, not here",
		    "`restrict source nomodify noquery notrap` suits both");
		return;
	}
}

/* --- single sources -------------------------------------------------------- */

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcasecmp(s + n - k, end) == 0;
}

/* Those who spread a leap second over a day. */
static bool
smears(const struct config_assoc *a)
{
	static const char known[][28] = {"time.google.com", "time1.google.com",
	    "time2.google.com", "time3.google.com", "time4.google.com",
	    "metadata.google.internal", "169.254.169.123", "fd00:ec2::123",
	    "time.aws.com", "time.facebook.com", "time1.facebook.com",
	    "time2.facebook.com", "time3.facebook.com", "time4.facebook.com",
	    "time5.facebook.com"};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcasecmp(a->host, known[i]) == 0)
			return true;
	return false;
}

static void
lint_smear(const struct lint *l)
{
	const struct config_assoc *smearing = NULL, *plain = NULL;

	for (size_t i = 0; i < l->c->nassoc; i++) {
		const struct config_assoc *a = &l->c->assoc[i];

		if (!sends_answers(a) || (a->flags & ASSOC_NOSELECT) != 0)
			continue;
		if (smears(a))
			smearing = a;
		else
			plain = a;
	}
	if (smearing != NULL && plain != NULL)
		warn_assoc(l, smearing,
		    "this source smears leap seconds and others do not",
		    "they will differ by up to a second: use one kind only");
}

static bool
has_others(const struct ntp_config *c)
{
	const struct config_assoc *first;
	bool many;

	return count_sources(c, &first, &many) > 0 || many;
}

static void
lint_local(const struct lint *l, const struct config_assoc *a)
{
	if (a->ref_stratum < SAFE_STRATUM)
		warn_assoc(l, a, "the local clock has a stratum below 5",
		    "others may take it for a good one: `fudge ... stratum "
		    "10`, or `tos orphan` instead");
	if ((a->flags & ASSOC_PREFER) != 0 && has_others(l->c))
		warn_assoc(l, a, "the local clock is preferred",
		    "the machine follows itself although it has servers");
}

static void
lint_public(const struct lint *l, const struct config_assoc *a)
{
	if (!ends_with(a->host, "pool.ntp.org"))
		return;
	if ((a->flags & ASSOC_BURST) != 0)
		warn_assoc(l, a, "`burst` at servers of volunteers",
		    "`iburst` is enough, and welcome");
	if (a->minpoll < PUBLIC_POLL)
		warn_assoc(l, a, "`minpoll` below 6 at servers of volunteers",
		    "they may answer with a kiss of death");
}

static void
lint_sources(const struct lint *l)
{
	for (size_t i = 0; i < l->c->nassoc; i++) {
		const struct config_assoc *a = &l->c->assoc[i];

		if (is_local(a))
			lint_local(l, a);
		else
			lint_public(l, a);
	}
}

/* --- the rest -------------------------------------------------------------- */

static void
lint_rest(const struct lint *l)
{
	const struct ntp_config *c = l->c;

	if (c->driftfile == NULL && c->nassoc > 0)
		warn_file(l, "there is no `driftfile`",
		    "the frequency of the clock is learned anew at each start");
	if (hears_broadcasts(c) && !c->auth)
		warn_file(l, "broadcasts are believed without a key",
		    "anybody on the network can set this clock; remove "
		    "`disable auth`");
	if (c->saveconfigdir != NULL && c->controlkey == 0)
		warn_file(l, "`saveconfigdir` without `controlkey`",
		    "nobody can ask for it");
}

/* --- pulses ---------------------------------------------------------------- */

static bool
any_preferred(const struct ntp_config *c)
{
	for (size_t i = 0; i < c->nassoc; i++)
		if ((c->assoc[i].flags & ASSOC_PREFER) != 0)
			return true;
	return false;
}

static void
lint_pulses(const struct lint *l)
{
	for (size_t i = 0; i < l->c->nassoc; i++) {
		const struct config_assoc *a = &l->c->assoc[i];

		if (a->kind == ASSOC_REFCLOCK && a->ref_type == CLOCK_PPS &&
		    l->c->tos.minsane > 0 && !any_preferred(l->c))
			warn_assoc(l, a, "nobody tells these pulses' seconds",
			    "give the source that does `prefer`");
	}
}

void
config_lint(struct ntp_config *c, const struct config_io *io)
{
	struct lint l = {c, io, config_access(c)};

	if (l.access == NULL)
		return;
	lint_number(&l);
	lint_counts(&l);
	lint_defaults(&l);
	lint_networks(&l);
	lint_answers(&l);
	lint_pools(&l);
	lint_smear(&l);
	lint_sources(&l);
	lint_pulses(&l);
	lint_rest(&l);
	restrict_free(&l.access);
}
