/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_reconfig.c - a running engine takes another configuration.
 *
 * A change is always the step from one whole configuration to another, be it
 * a line from ntpq, which is parsed into a copy of the present one, or a file
 * read anew.  An association stays untouched as long as some line still says
 * who it is with: what was measured of it, and its sockets, survive whatever
 * happens to the others.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_state.h"

#define UNPEER_MAX 16U /* associations without a line, of one fragment */
#define FRAGMENT   "remote configuration"

/* --- associations ---------------------------------------------------------- */

/* Others are made by pools and by packets. */
static bool
made_by_line(const struct peer *p)
{
	return p->parent == NULL && !peer_is_ephemeral(p);
}

/* The first line not yet CLAIMED that says who P is with; lines keep their
 * order mostly, so the search begins at HINT.  nassoc: none. */
static size_t
find_line(const struct ntp_config *c, const bool *claimed, size_t hint,
    const struct peer *p)
{
	for (size_t k = 0; k < c->nassoc; k++) {
		size_t i = (hint + k) % c->nassoc;

		if (!claimed[i] && config_assoc_same(&c->assoc[i], p->cfg))
			return i;
	}
	return c->nassoc;
}

/* The same partner, but perhaps other options. */
static void
follow_line(struct ntp_engine *e, struct peer *p,
    const struct config_assoc *line, struct ntp_now now)
{
	bool polls = line->minpoll != p->cfg->minpoll ||
	    line->maxpoll != p->cfg->maxpoll;
	bool key = line->key != p->cfg->key;

	p->cfg = line;
	p->version = line->version;
	if (key) /* what was measured before is not worth the new one */
		engine_restart_peer(e, p, "INIT", now);
	if (!polls)
		return;
	p->poll.minpoll = line->minpoll;
	p->poll.maxpoll = line->maxpoll;
	if (p->poll.hpoll < line->minpoll)
		p->poll.hpoll = line->minpoll;
	if (p->poll.hpoll > line->maxpoll)
		p->poll.hpoll = line->maxpoll;
	poll_update(
	    &p->poll, e->loop.poll, NTP_MINPKT, engine_uniform(e), now.mono);
}

static void
remove_peer(struct ntp_engine *e, struct peer *gone)
{
	char buf[ADDR_STRLEN];

	PEER_FOREACH (p, &e->peers) {
		if (p->parent == gone)
			peer_demobilize(e, p);
	}
	engine_log(e, NTP_LOG_INFO, "%s is no longer configured",
	    peer_label(gone, buf));
	peer_demobilize(e, gone);
}

/* Those that a line made. */
static void
keep_or_remove(struct ntp_engine *e, bool *claimed, struct ntp_now now)
{
	size_t line = 0;

	PEER_FOREACH (p, &e->peers) {
		if (!made_by_line(p))
			continue;
		line = find_line(e->cfg, claimed, line, p);
		if (line == e->cfg->nassoc) {
			remove_peer(e, p);
			line = 0;
			continue;
		}
		claimed[line] = true;
		follow_line(e, p, &e->cfg->assoc[line], now);
	}
	PEER_FOREACH (p, &e->peers) {
		if (p->parent != NULL)
			follow_line(e, p, p->parent->cfg, now);
	}
}

static bool
is_running(const struct ntp_engine *e, const struct config_assoc *line)
{
	PEER_FOREACH (p, &e->peers) {
		if (made_by_line(p) && config_assoc_same(p->cfg, line))
			return true;
	}
	return false;
}

/* A second apart at first, so that a long list does not send all at once. */
static bool
add_lines(struct ntp_engine *e, const bool *claimed, struct ntp_now now)
{
	const struct config_assoc *a = e->cfg->assoc;
	double at = 0;
	struct peer *p;

	for (size_t i = 0; i < e->cfg->nassoc; i++) {
		if (claimed[i])
			continue;
		if (is_running(e, &a[i])) {
			engine_log(e, NTP_LOG_WARN,
			    "%s:%u: %s is there already, line ignored",
			    a[i].file, a[i].line, a[i].host);
			continue;
		}
		p = peer_mobilize(e, &a[i], NULL, &a[i].addr, now);
		if (p == NULL) {
			engine_log(e, NTP_LOG_ERR,
			    "%s:%u: no room for %s before a restart", a[i].file,
			    a[i].line, a[i].host);
			return false;
		}
		p->poll.nextdate = mono_add(now.mono, at);
		nts_hurry(e, p, now.mono);
		at += engine_uniform(e) / 8;
	}
	return true;
}

/* --- the rest -------------------------------------------------------------- */

static void
reset_peers(struct ntp_engine *e, ntp_mono now)
{
	PEER_FOREACH (p, &e->peers) {
		p->count = (struct peer_counters){0};
		p->timereset = now;
	}
}

static void
reset_counters(struct ntp_engine *e, ntp_mono now)
{
	unsigned what = e->cfg->reset;

	if ((what & RESET_ALLPEERS) != 0)
		reset_peers(e, now);
	if ((what & RESET_SYS) != 0) {
		serving_reset(e);
		e->since.sys = now;
	}
	if ((what & RESET_CTL) != 0)
		e->ctl = (struct control_counters){0};
	if ((what & RESET_AUTH) != 0) {
		serving_reset_keys(e);
		e->since.auth = now;
	}
	if ((what & RESET_TIMER) != 0) {
		e->ticks = (struct timer_counters){0};
		e->since.timer = now;
	}
	e->cfg->reset = 0;
}

static void
tell_host(struct ntp_engine *e, const struct ntp_config *was)
{
	struct host_port *h = e->port.host;

	if (h != NULL)
		h->configured(h, e->cfg, was);
}

int
engine_adopt(struct ntp_engine *e, struct ntp_config **cfg, struct ntp_now now)
{
	bool *claimed = calloc((*cfg)->nassoc + 1, sizeof *claimed);
	struct ntp_config *was = e->cfg;
	struct access_draft access;
	bool room;

	if (claimed == NULL || access_draft(e, *cfg, &access, now.mono) != 0) {
		free(claimed);
		return -NTP_ENOMEM;
	}
	e->cfg = *cfg;
	*cfg = NULL;
	access_adopt(e, &access);
	keep_or_remove(e, claimed, now);
	room = add_lines(e, claimed, now);
	engine_retune(e, was, now.mono);
	tell_host(e, was);
	reset_counters(e, now.mono);
	clock_select(e, now);
	engine_publish(e, now);
	config_free(&was);
	free(claimed);
	return room ? 0 : -NTP_ERANGE;
}

bool
engine_mobilize_configured(struct ntp_engine *e, struct ntp_now now)
{
	bool *claimed = calloc(e->cfg->nassoc + 1, sizeof *claimed);

	if (claimed == NULL)
		return false;
	(void)add_lines(e, claimed, now);
	free(claimed);
	return true;
}

const struct ntp_config *
engine_config(const struct ntp_engine *e)
{
	return e->cfg;
}

/* --- a fragment ------------------------------------------------------------ */

struct fragment {
	struct ntp_engine *e;
	const struct config_io *io; /* whose messages go where */
	struct peer *gone[UNPEER_MAX];
	size_t ngone;
	struct ntp_addr bare[UNPEER_MAX]; /* to be without `restrict source` */
	size_t nbare;
};

/* What is wrong with lines of the file was said when it was read. */
static void
pass_diag(void *arg, const struct config_diag *d)
{
	struct fragment *f = arg;

	if (d->file != NULL && strcmp(d->file, FRAGMENT) == 0)
		f->io->diag(f->io->arg, d);
}

/* By association id or by address. */
static struct peer *
find_running(struct ntp_engine *e, const char *whom)
{
	struct ntp_addr addr;
	int64_t id;

	if (fmt_parse_int(whom, strlen(whom), false, &id) == 0)
		return id < 1 || id > UINT16_MAX
		    ? NULL
		    : peer_by_associd(&e->peers, (uint16_t)id);
	if (addr_parse(whom, strlen(whom), &addr) != 0)
		return NULL;
	PEER_FOREACH (p, &e->peers) {
		if (addr_equal(&p->srcadr, &addr))
			return p;
	}
	return NULL;
}

static bool
unpeer(void *arg, const char *whom, const struct config_assoc **line)
{
	struct fragment *f = arg;
	struct peer *p = find_running(f->e, whom);

	*line = NULL;
	if (p == NULL || f->ngone == UNPEER_MAX)
		return false;
	if (made_by_line(p))
		*line = p->cfg;
	else
		f->gone[f->ngone++] = p;
	return true;
}

static bool
unsource(void *arg, const struct ntp_addr *addr)
{
	struct fragment *f = arg;

	if (f->nbare == UNPEER_MAX || !access_has_source(f->e, addr))
		return false;
	f->bare[f->nbare++] = *addr;
	return true;
}

static void
remove_children(struct fragment *f)
{
	for (size_t i = 0; i < f->ngone; i++) {
		if (f->gone[i]->inuse)
			peer_demobilize(f->e, f->gone[i]);
	}
}

/* Whoever names a control key that nobody has locks himself out. */
static void
keep_control_key(
    struct ntp_engine *e, struct ntp_config *c, const struct config_io *io)
{
	static const struct config_diag refused = {
	    .severity = CONFIG_ERROR,
	    .file = FRAGMENT,
	    .line = 1,
	    .column = 1,
	    .text = "no such key is trusted, the old control key stays",
	};

	if (c->controlkey == e->cfg->controlkey || e->opt.keys == NULL ||
	    keys_find(e->opt.keys, c->controlkey) != NULL)
		return;
	c->controlkey = e->cfg->controlkey;
	io->diag(io->arg, &refused);
}

int
engine_configure(struct ntp_engine *e, const char *text, size_t len,
    const struct config_io *io, struct ntp_now now)
{
	struct fragment f = {.e = e, .io = io};
	const struct config_io inner = {.arg = &f,
	    .diag = pass_diag,
	    .unpeer = unpeer,
	    .unsource = unsource};
	struct ntp_config *c = config_copy(e->cfg);
	int err;

	if (c == NULL)
		return -NTP_ENOMEM;
	err = config_parse(c, FRAGMENT, text, len, &inner);
	if (err == 0) {
		keep_control_key(e, c, &inner);
		config_finish(c, &inner);
		remove_children(&f);
		err = engine_adopt(e, &c, now);
	}
	for (size_t i = 0; i < f.nbare && err == 0; i++)
		access_delete_source(e, &f.bare[i]);
	config_free(&c);
	return err;
}
