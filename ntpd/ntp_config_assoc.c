/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_assoc.c - server, pool, peer, refclock, unpeer.
 *
 * A line with an error keeps its valid beginning, as in the reference, but
 * never at the price of authentication: what would run without the key, NTS
 * or Autokey that was asked for does not run at all.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ntp.h"
#include "ntp_confparse.h"
#include "ntp_err.h"
#include "ntp_refclock.h"

#define ASSOC_MAX    16384U
#define POLL_UNSET   INT8_MIN
#define CALL_MINPOLL 12 /* log2 s, an hour */
#define CALL_MAXPOLL 17 /* a day and a half */

/* An association while its line is being read. */
struct draft {
	struct config_assoc a;
	struct conf_pos host_at;
	struct conf_pos mode_at;
	struct conf_refclock par;
};

/* --- host ---------------------------------------------------------------- */

/* The resolver is asked for a slip in a number as for any other name. */
static void
doubt_number(struct confparse *p)
{
	const char *host = p->tok.text;
	struct ntp_addr addr;

	if (strchr(host, '.') != NULL &&
	    host[strspn(host, "0123456789.")] == '\0' &&
	    addr_parse(host, strlen(host), &addr) != 0)
		conf_warn(p, NULL, NULL,
		    "'%.40s' is not an IPv4 address and is looked up as a name",
		    host);
}

/* [-4|-6] HOST into *FAMILY and the last token. */
static bool
read_host(struct confparse *p, enum addr_family *family)
{
	if (!conf_string(p, "address"))
		return false;
	*family = conf_family(&p->tok);
	if (*family != ADDR_NONE && !conf_string(p, "address"))
		return false;
	if (!conf_is_host(p->tok.text)) {
		conf_error(p, NULL, "the line is ignored",
		    "'%.40s' is no address or host name", p->tok.text);
		return false;
	}
	doubt_number(p);
	return true;
}

static bool
is_group_kind(enum assoc_kind kind)
{
	return kind == ASSOC_BROADCAST || kind == ASSOC_MANYCAST;
}

static bool
address_fits(struct confparse *p, const struct config_assoc *a)
{
	if (a->addr.family == ADDR_NONE)
		return true;
	if (a->family != ADDR_NONE && a->family != a->addr.family) {
		conf_error(p, NULL, "the line is ignored",
		    "'%.60s' is not an IPv%d address", a->host, (int)a->family);
		return false;
	}
	if (addr_is_any(&a->addr) ||
	    (addr_is_multicast(&a->addr) && !is_group_kind(a->kind))) {
		conf_error(p, NULL, "the line is ignored",
		    "attempt to configure invalid address %.60s", a->host);
		return false;
	}
	return true;
}

/* What is sent to many needs the address of many. */
static bool
group_fits(struct confparse *p, const struct config_assoc *a)
{
	if (!is_group_kind(a->kind))
		return true;
	if (a->addr.family == ADDR_NONE) {
		conf_error(p, NULL, "the line is ignored",
		    "'%.60s' is not a numeric address", a->host);
		return false;
	}
	if (a->kind == ASSOC_MANYCAST && !addr_is_multicast(&a->addr)) {
		conf_error(p, NULL, "224.0.1.1 and ff05::101 are NTP's",
		    "%.60s is no multicast group, the line is ignored",
		    a->host);
		return false;
	}
	return true;
}

/* 127.127.T.U names a clock driver.  False: nothing to run here. */
static bool
settle_kind(struct confparse *p, struct config_assoc *a)
{
	unsigned type, unit;

	if (!addr_is_refclock(&a->addr, &type, &unit))
		return true;
	if (a->kind != ASSOC_SERVER && a->kind != ASSOC_PEER) {
		conf_error(p, NULL, "use `server`",
		    "a reference clock is a server, the line is ignored");
		return false;
	}
	a->kind = ASSOC_REFCLOCK;
	a->ref_type = (uint8_t)type;
	a->ref_unit = (uint8_t)unit;
	return conf_has_driver(p, type, a->host);
}

/* --- options ------------------------------------------------------------- */

static unsigned
option_flag(enum keyword_id id)
{
	if (id == KW_ASSOC_IBURST)
		return ASSOC_IBURST;
	if (id == KW_ASSOC_BURST)
		return ASSOC_BURST;
	if (id == KW_ASSOC_PREFER)
		return ASSOC_PREFER;
	if (id == KW_ASSOC_TRUE)
		return ASSOC_TRUE;
	if (id == KW_ASSOC_PREEMPT)
		return ASSOC_PREEMPT;
	if (id == KW_ASSOC_XLEAVE)
		return ASSOC_XLEAVE;
	if (id == KW_ASSOC_LAN)
		return ASSOC_LAN;
	return id == KW_ASSOC_NOSELECT ? ASSOC_NOSELECT : 0;
}

static conf_apply assoc_option;

static void
take_mode(struct confparse *p, struct draft *d, unsigned mode)
{
	d->a.ref_mode = mode;
	d->mode_at = conf_here(p);
}

static void
assoc_option(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	struct draft *d = obj;
	struct config_assoc *a = &d->a;
	unsigned flag = option_flag(k->id);

	if (a->kind == ASSOC_POOL && (flag & (ASSOC_TRUE | ASSOC_BURST)) != 0)
		conf_warn(p, NULL, NULL, "'%s' has no effect on a pool",
		    keyword_word(k));
	else if (flag != 0)
		a->flags |= flag;
	else if (k->id == KW_ASSOC_MINPOLL)
		a->minpoll = (int8_t)v->num;
	else if (k->id == KW_ASSOC_MAXPOLL)
		a->maxpoll = (int8_t)v->num;
	else if (k->id == KW_ASSOC_KEY)
		a->key = (uint32_t)v->num;
	else if (k->id == KW_ASSOC_VERSION)
		a->version = (uint8_t)v->num;
	else if (k->id == KW_ASSOC_PORT)
		a->port = (uint16_t)v->num;
	else if (k->id == KW_ASSOC_BIAS)
		a->bias = v->num;
	else if (k->id == KW_ASSOC_TTL)
		a->ttl = (uint8_t)v->num;
	else if (conf_take_nts(p, a, k->id, v))
		return;
	else if (a->kind != ASSOC_REFCLOCK)
		conf_warn(p, NULL, NULL, "'%s' is for reference clocks only",
		    keyword_word(k));
	else if (k->id == KW_ASSOC_MODE || k->id == KW_ASSOC_SUBTYPE)
		take_mode(p, d, (unsigned)v->num);
	else if (!conf_take_refclock(p, &d->par, k->id, v))
		a->ref_unit = (uint8_t)v->num; /* unit */
}

/* After an error: does the lost rest of the line, from the offending word on,
 * ask for authentication? */
static bool
rest_authenticates(struct confparse *p)
{
	bool found = false;

	do {
		const struct keyword *k = conf_token_keyword(p, KEYWORD_ASSOC);

		if (k != NULL &&
		    (k->id == KW_ASSOC_KEY || k->id == KW_ASSOC_NTS ||
			k->state == KW_REFUSED))
			found = true;
	} while (conf_next(p, SCAN_TOKENS));
	return found;
}

/* --- into the configuration ---------------------------------------------- */

static bool
has_one_poll(enum assoc_kind kind)
{
	return kind == ASSOC_REFCLOCK || kind == ASSOC_BROADCAST;
}

/* Calls cost something. */
static bool
is_called(const struct config_assoc *a)
{
	return a->kind == ASSOC_REFCLOCK && a->ref_type == CLOCK_MODEM;
}

/* Several polls a second are for one server that is near, and was asked. */
static int8_t
lan_poll(struct confparse *p, const struct config_assoc *a, int8_t poll)
{
	bool one = a->kind == ASSOC_SERVER || a->kind == ASSOC_PEER;

	if (poll == POLL_UNSET || poll >= NTP_MINPOLL_HARD)
		return poll;
	if (one && (a->flags & ASSOC_LAN) != 0)
		return poll;
	conf_warn(p, &p->at,
	    one ? "add `lan` if the server is on the same network" : NULL,
	    "polls less than a second apart need `lan`%s, 0 is used",
	    one ? "" : " on a `server` line");
	return NTP_MINPOLL_HARD;
}

/* A poll bound that was not given follows the other one; the upper bound wins
 * over a lower bound above it. */
static void
settle_polls(struct confparse *p, struct config_assoc *a)
{
	bool given = a->minpoll != POLL_UNSET;

	a->minpoll = lan_poll(p, a, a->minpoll);
	a->maxpoll = lan_poll(p, a, a->maxpoll);
	if (!given)
		a->minpoll = is_called(a) ? CALL_MINPOLL : NTP_MINPOLL;
	if (a->maxpoll == POLL_UNSET && is_called(a))
		a->maxpoll = CALL_MAXPOLL;
	if (a->maxpoll == POLL_UNSET)
		a->maxpoll = has_one_poll(a->kind) ? a->minpoll : NTP_MAXPOLL;
	if (a->kind == ASSOC_BROADCAST)
		a->maxpoll = a->minpoll;
	if (a->minpoll <= a->maxpoll)
		return;
	if (given)
		conf_warn(p, &p->at, "give `maxpoll` too",
		    "minpoll %d is above maxpoll, %d is used", a->minpoll,
		    a->maxpoll);
	a->minpoll = a->maxpoll;
}

static bool
same_server(const struct config_assoc *a, const struct config_assoc *b)
{
	return a->addr.family != ADDR_NONE && addr_equal(&a->addr, &b->addr) &&
	    a->port == b->port && a->kind == b->kind && a->keport == b->keport;
}

static bool
is_duplicate(const struct ntp_config *c, const struct config_assoc *a)
{
	for (size_t i = 0; i < c->nassoc; i++)
		if (same_server(a, &c->assoc[i]))
			return true;
	return false;
}

void
config_assoc_clear(struct config_assoc *a)
{
	free(a->host);
	free(a->ca);
	free(a->path);
	free(a->ppspath);
	a->host = a->ca = a->path = a->ppspath = NULL;
}

/* Takes over A's strings, also when it fails. */
static int
append(struct ntp_config *c, struct config_assoc *a)
{
	struct config_assoc *list;

	list = conf_grow(c, c->assoc, c->nassoc, sizeof(*list));
	if (list == NULL) {
		config_assoc_clear(a);
		return -NTP_ENOMEM;
	}
	c->assoc = list;
	list[c->nassoc++] = *a;
	return 0;
}

static int
draft_init(struct ntp_config *c, struct config_assoc *a, enum assoc_kind kind,
    const char *host)
{
	*a = (struct config_assoc){
	    .kind = kind,
	    .host = conf_strdup(c, host),
	    .version = NTP_VERSION,
	    .minpoll = POLL_UNSET,
	    .maxpoll = POLL_UNSET,
	    .port = NTP_PORT,
	    .ref_stratum = -1,
	};
	if (a->host == NULL)
		return -NTP_ENOMEM;
	if (addr_parse(host, strlen(host), &a->addr) != 0)
		memset(&a->addr, 0, sizeof(a->addr));
	return 0;
}

/* Options are read; put the line into the configuration, or say why not. */
static bool
finish_line(struct confparse *p, struct draft *d)
{
	const struct config_origin from = conf_origin(p);
	struct config_assoc *a = &d->a;

	if (!p->refused && p->bad && a->key == 0 &&
	    (a->flags & ASSOC_NTS) == 0 && rest_authenticates(p)) {
		p->refused = true;
		conf_error(p, &d->host_at, NULL,
		    "the line asks for authentication and is ignored");
	}
	if (p->refused || !conf_settle_nts(p, a, &d->host_at))
		return false;
	settle_polls(p, a);
	conf_apply_refclock(a, &d->par, &from);
	if (is_duplicate(p->cfg, a)) {
		conf_warn(p, &d->host_at, "the line is ignored",
		    "%.60s is configured already", a->host);
		return false;
	}
	if (a->kind == ASSOC_REFCLOCK &&
	    !conf_has_mode(
		p, a, d->mode_at.line != 0 ? &d->mode_at : &d->host_at))
		return false;
	if (p->cfg->nassoc >= ASSOC_MAX) {
		conf_error(p, &d->host_at, NULL, "more than %u associations",
		    ASSOC_MAX);
		return false;
	}
	a->addr.port = a->addr.family != ADDR_NONE ? a->port : 0;
	a->file = p->file;
	a->line = p->at.line;
	return true;
}

static enum assoc_kind
kind_of(const struct keyword *k)
{
	if (k->id == KW_DIRECTIVE_POOL)
		return ASSOC_POOL;
	if (k->id == KW_DIRECTIVE_PEER)
		return ASSOC_PEER;
	if (k->id == KW_DIRECTIVE_BROADCAST)
		return ASSOC_BROADCAST;
	return k->id == KW_DIRECTIVE_MANYCASTCLIENT ? ASSOC_MANYCAST
						    : ASSOC_SERVER;
}

/* Close the line: options are read. */
static void
finish_draft(struct confparse *p, struct draft *d)
{
	if (finish_line(p, d))
		(void)append(p->cfg, &d->a);
	else
		config_assoc_clear(&d->a);
	conf_refclock_clear(&d->par);
}

void
confdo_assoc(struct confparse *p, const struct keyword *k)
{
	struct draft d = {.par.given = 0};
	enum assoc_kind kind = kind_of(k);
	enum addr_family family;

	if (!read_host(p, &family))
		return;
	if (draft_init(p->cfg, &d.a, kind, p->tok.text) != 0)
		return;
	d.a.family = family;
	d.host_at = conf_here(p);
	if (!address_fits(p, &d.a) || !group_fits(p, &d.a) ||
	    !settle_kind(p, &d.a)) {
		free(d.a.host);
		return;
	}
	conf_options(p, KEYWORD_ASSOC, assoc_option, &d);
	finish_draft(p, &d);
}

void
confdo_refclock(struct confparse *p, const struct keyword *k)
{
	struct draft d = {.par.given = 0};
	const struct keyword *driver = conf_keyword(p, KEYWORD_DRIVER);
	char text[ADDR_STRLEN];

	(void)k;
	if (driver == NULL) {
		if (!p->bad)
			conf_error(p, NULL, NULL, "missing driver name");
		return;
	}
	if (draft_init(p->cfg, &d.a, ASSOC_REFCLOCK, "127.127.1.0") != 0)
		return;
	d.host_at = conf_here(p);
	d.a.ref_type = (uint8_t)keyword_lo(driver);
	conf_options(p, KEYWORD_ASSOC, assoc_option, &d);
	d.a.addr.ip[2] = d.a.ref_type;
	d.a.addr.ip[3] = d.a.ref_unit;
	conf_set(p->cfg, &d.a.host, addr_format(&d.a.addr, text));
	finish_draft(p, &d);
}

int
config_assoc_add_server(struct ntp_config *c, const char *host)
{
	struct config_assoc a;

	if (!conf_is_host(host))
		return -NTP_EINVAL;
	if (draft_init(c, &a, ASSOC_SERVER, host) != 0)
		return -NTP_ENOMEM;
	a.flags = ASSOC_IBURST;
	a.minpoll = NTP_MINPOLL;
	a.maxpoll = NTP_MAXPOLL;
	a.addr.port = a.addr.family != ADDR_NONE ? a.port : 0;
	a.file = "command line";
	return append(c, &a);
}

/* --- unpeer: kept until all lines are read ------------------------------- */

void
confdo_unpeer(struct confparse *p, const struct keyword *k)
{
	struct config_pending *q = p->cfg->pending;
	struct conf_unpeer *list;
	enum addr_family family;
	char *host;

	(void)k;
	if (!read_host(p, &family))
		return;
	host = conf_strdup(p->cfg, p->tok.text);
	if (host == NULL)
		return;
	list = conf_grow(p->cfg, q->unpeer, q->nunpeer, sizeof(*list));
	if (list == NULL) {
		free(host);
		return;
	}
	q->unpeer = list;
	list[q->nunpeer++] = (struct conf_unpeer){host, conf_place(p)};
	(void)conf_end(p);
}

static bool
is_named(const struct config_assoc *a, const struct conf_unpeer *u)
{
	struct ntp_addr addr;

	/* The analyzer does not see that the list closed up behind a removed
	 * one: NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	if (strcmp(a->host, u->host) == 0)
		return true;
	return addr_parse(u->host, strlen(u->host), &addr) == 0 &&
	    addr_equal(&addr, &a->addr);
}

bool
config_assoc_same(const struct config_assoc *a, const struct config_assoc *b)
{
	return a->kind == b->kind && a->family == b->family &&
	    a->port == b->port && conf_same_nts(a, b) &&
	    strcmp(a->host, b->host) == 0;
}

/* Whom the line names although no other line does: an association that runs,
 * by its number or its address. */
static bool
unpeer_running(const struct config_io *io, const struct conf_unpeer *u,
    const struct config_assoc **line)
{
	*line = NULL;
	return io != NULL && io->unpeer != NULL &&
	    io->unpeer(io->arg, u->host, line);
}

/* Remove the lines that U names, or those like LINE; their number. */
static size_t
remove_lines(struct ntp_config *c, const struct conf_unpeer *u,
    const struct config_assoc *line)
{
	size_t kept = 0, gone;
	bool named;

	for (size_t i = 0; i < c->nassoc; i++) {
		struct config_assoc *a = &c->assoc[i];

		named =
		    line != NULL ? config_assoc_same(a, line) : is_named(a, u);
		if (!named)
			c->assoc[kept++] = *a;
		else
			config_assoc_clear(a);
	}
	gone = c->nassoc - kept;
	c->nassoc = kept;
	return gone;
}

static void
finish_unpeer(struct ntp_config *c, const struct config_io *io,
    const struct conf_unpeer *u)
{
	const struct config_assoc *line;

	if (remove_lines(c, u, NULL) > 0)
		return;
	if (!unpeer_running(io, u, &line))
		config_warn_at(
		    c, io, &u->place, "no association has this address", NULL);
	else if (line != NULL)
		(void)remove_lines(c, u, line);
}

static void
check_group_key(struct ntp_config *c, const struct config_io *io,
    const struct config_assoc *a)
{
	struct conf_place place = {a->file, {a->line, 1}};

	if (a->kind == ASSOC_MANYCAST && a->key == 0 && c->auth)
		config_warn_at(c, io, &place,
		    "without a key no manycast server is believed",
		    "add `key N`, or `disable auth`");
}

void
config_finish_assocs(struct ntp_config *c, const struct config_io *io)
{
	struct config_pending *q = c->pending;

	for (size_t i = 0; i < q->nunpeer; i++)
		finish_unpeer(c, io, &q->unpeer[i]);
	for (size_t i = 0; i < c->nassoc; i++)
		check_group_key(c, io, &c->assoc[i]);
	config_finish_clocks(c, io);
}
