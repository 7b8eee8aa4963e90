/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_host.c - the daemon as mode 6 knows it: its configuration may change,
 * and files and sockets follow.
 *
 * The engine tells of a change in the middle of a datagram.  What borrows from
 * the old configuration is turned to the new one at once; what takes time, or
 * talks to the engine, is done when the datagram is finished.
 */
#include <string.h>

#include "ntpd.h"

struct daemon *
host_daemon(struct host_port *p)
{
	return ((struct host *)p)->d;
}

/* --- what has changed ------------------------------------------------------ */

static bool
text_differs(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a != b;
	return strcmp(a, b) != 0;
}

static bool
trust_differs(const struct ntp_config *a, const struct ntp_config *b)
{
	if (a->ntrusted != b->ntrusted)
		return true;
	for (size_t i = 0; i < a->ntrusted; i++)
		if (a->trusted[i].lo != b->trusted[i].lo ||
		    a->trusted[i].hi != b->trusted[i].hi)
			return true;
	return false;
}

static bool
filegen_differs(const struct config_filegen *a, const struct config_filegen *b)
{
	return a->enabled != b->enabled || a->link != b->link ||
	    a->type != b->type || text_differs(a->file, b->file);
}

static bool
stats_differ(const struct ntp_config *a, const struct ntp_config *b)
{
	if (a->stats != b->stats || text_differs(a->statsdir, b->statsdir))
		return true;
	for (size_t i = 0; i < STATS_SETS; i++)
		if (filegen_differs(&a->filegen[i], &b->filegen[i]))
			return true;
	return false;
}

static bool
rule_differs(const struct config_iface *a, const struct config_iface *b)
{
	return a->action != b->action || a->match != b->match ||
	    a->bits != b->bits || !addr_equal(&a->addr, &b->addr) ||
	    text_differs(a->name, b->name);
}

static bool
rules_differ(const struct ntp_config *a, const struct ntp_config *b)
{
	if (a->niface != b->niface)
		return true;
	for (size_t i = 0; i < a->niface; i++)
		if (rule_differs(&a->iface[i], &b->iface[i]))
			return true;
	return false;
}

static bool
groups_differ(const struct ntp_config *a, const struct ntp_config *b)
{
	if (a->ngroups != b->ngroups ||
	    a->broadcastclient != b->broadcastclient)
		return true;
	for (size_t i = 0; i < a->ngroups; i++)
		if (!addr_equal(&a->groups[i].addr, &b->groups[i].addr))
			return true;
	return false;
}

/* Does B name every clock of A, with the same words? */
static bool
has_clocks_of(const struct ntp_config *b, const struct ntp_config *a)
{
	for (size_t i = 0; i < a->nassoc; i++) {
		size_t k = 0;

		if (a->assoc[i].kind != ASSOC_REFCLOCK)
			continue;
		while (k < b->nassoc &&
		    !config_clock_same(&a->assoc[i], &b->assoc[k]))
			k++;
		if (k == b->nassoc)
			return false;
	}
	return true;
}

static bool
cards_differ(const struct ntp_config *a, const struct ntp_config *b)
{
	if (a->ncards != b->ncards)
		return true;
	for (size_t i = 0; i < a->ncards; i++)
		if (strcmp(a->card[i], b->card[i]) != 0)
			return true;
	return false;
}

static bool
nts_differs(const struct config_nts *a, const struct config_nts *b)
{
	return a->server != b->server || a->server_order != b->server_order ||
	    a->keport != b->keport || text_differs(a->cert, b->cert) ||
	    text_differs(a->key, b->key) || text_differs(a->ca, b->ca) ||
	    text_differs(a->cookie, b->cookie) ||
	    text_differs(a->suites, b->suites) ||
	    text_differs(a->curves, b->curves);
}

static unsigned
changes(const struct ntp_config *a, const struct ntp_config *b)
{
	unsigned what = 0;

	if (text_differs(a->keysfile, b->keysfile) || trust_differs(a, b))
		what |= HOST_KEYS;
	if (text_differs(a->logfile, b->logfile))
		what |= HOST_LOG;
	if (text_differs(a->leapfile, b->leapfile) ||
	    a->leap_ignorehash != b->leap_ignorehash)
		what |= HOST_LEAP;
	if (stats_differ(a, b))
		what |= HOST_STATS;
	if (a->port != b->port || a->extraport != b->extraport ||
	    rules_differ(a, b) || groups_differ(a, b))
		what |= HOST_IFACES;
	if (!has_clocks_of(a, b) || !has_clocks_of(b, a))
		what |= HOST_REFCLOCKS;
	/* lines with `nts` name whom to trust, too: another look costs
	 * nothing */
	if (nts_differs(&a->nts, &b->nts) || nts_wanted(a) || nts_wanted(b))
		what |= HOST_NTS;
	if (a->dscp != b->dscp)
		what |= HOST_DSCP;
	if (cards_differ(a, b))
		what |= HOST_CARDS;
	if (a->mru.v6prefix != b->mru.v6prefix)
		what |= HOST_SHARING;
	if (a->ntp != b->ntp)
		what |= HOST_CLOCK;
	if ((b->reset & RESET_IO) != 0)
		what |= HOST_COUNTERS;
	return what;
}

/* --- following ------------------------------------------------------------- */

static void
host_configured(struct host_port *p, const struct ntp_config *now,
    const struct ntp_config *was)
{
	struct daemon *d = host_daemon(p);

	d->host.changed |= changes(was, now);
	d->io.gather = now->gather;
	d->conf = now;
	drift_follow(&d->drift, now->driftfile, now->nonvolatile);
	if (d->iface.optrules == NULL) {
		d->iface.rules.rule = now->iface;
		d->iface.rules.n = now->niface;
	}
	filestats_follow(&d->stats, now);
}

static void
follow_log(struct daemon *d)
{
	const char *path = d->conf->logfile;

	if (path == NULL)
		path = d->opt.logfile;
	if (path == NULL)
		msyslog_leave_file(&d->log);
	else
		log_to(d, path);
}

/* A changed `ignorehash` asks for another look at an unchanged file. */
static void
follow_leap(struct daemon *d)
{
	d->leap.read = 0;
	leapfile_check(d);
}

void
host_follow(struct daemon *d)
{
	unsigned what = d->host.changed;

	d->host.changed = 0;
	if ((what & HOST_LOG) != 0)
		follow_log(d);
	if ((what & HOST_KEYS) != 0)
		keysfile_reload(d);
	if ((what & HOST_LEAP) != 0)
		follow_leap(d);
	if ((what & HOST_STATS) != 0)
		filestats_close(&d->stats);
	if ((what & HOST_NTS) != 0)
		nts_follow(d);
	if ((what & HOST_IFACES) != 0)
		ifwatch_follow(d);
	if ((what & HOST_DSCP) != 0)
		io_set_dscp(d, d->conf->dscp);
	if ((what & HOST_SHARING) != 0)
		workers_share(d);
	if ((what & HOST_REFCLOCKS) != 0)
		refclocks_follow(d);
	if ((what & HOST_CARDS) != 0)
		hwstamp_follow(d);
	if ((what & HOST_CLOCK) != 0)
		clock_follow(d);
	if ((what & HOST_COUNTERS) != 0)
		io_reset(d);
}

void
host_init(struct daemon *d)
{
	d->host.d = d;
	d->host.port.configured = host_configured;
	d->host.port.save = host_save;
	d->host.port.iface = host_iface;
	d->host.port.io = host_io;
	d->ports.host = &d->host.port;
}
