/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_groups.c - the multicast groups that this host listens to.
 *
 * A wildcard socket hears what is sent to any group it has joined and to every
 * broadcast address.  Where rules leave only sockets of single addresses, each
 * group gets a socket of its own, bound to it.
 */
#include <errno.h>
#include <net/if.h>
#include <unistd.h>

#include "ntpd.h"

bool
groups_wanted(const struct daemon *d)
{
	return d->conf->broadcastclient || d->conf->ngroups > 0;
}

static bool
has_wildcard(const struct iface_want *w, size_t n, uint8_t family)
{
	for (size_t i = 0; i < n; i++) {
		if (w[i].wildcard && w[i].local.family == family)
			return true;
	}
	return false;
}

size_t
groups_plan(struct daemon *d, struct iface_want *w, size_t n, size_t cap)
{
	const struct ntp_config *c = d->conf;

	for (size_t i = 0; i < c->ngroups && n < cap; i++) {
		if (has_wildcard(w, n, c->groups[i].addr.family))
			continue;
		w[n] = (struct iface_want){
		    .local = c->groups[i].addr, .name = "group"};
		w[n++].local.port = c->port;
	}
	if (c->broadcastclient && !d->started && !has_wildcard(w, n, ADDR_V4))
		msyslog(&d->log, NTP_LOG_WARN,
		    "broadcastclient hears nothing without the wildcard "
		    "socket: add `interface listen wildcard`");
	return n;
}

static struct netsock *
socket_for(struct daemon *d, const struct ntp_addr *group)
{
	for (size_t i = 0; i < d->io.nserver; i++) {
		struct netsock *ns = &d->io.server[i];

		if (ns->state == SOCK_OPEN && !ns->drop &&
		    ns->local.port == d->conf->port &&
		    ns->local.family == group->family &&
		    (ns->wildcard || addr_equal(&ns->local, group)))
			return ns;
	}
	return NULL;
}

/* True when at least one interface took it. */
static bool
join_everywhere(
    struct daemon *d, const struct netsock *ns, const struct ntp_addr *group)
{
	const struct iface_list *l = &d->iface.list;
	bool joined = false;

	for (size_t i = 0; i < l->n; i++) {
		unsigned index = if_nametoindex(l->a[i].name);

		if (index == 0 || l->a[i].addr.family != group->family ||
		    iface_judge(&d->iface.rules, &l->a[i]) != IFACE_LISTEN)
			continue;
		joined |= sock_join(ns->fd, group, index) == 0;
	}
	return joined || sock_join(ns->fd, group, 0) == 0;
}

static void
join(struct daemon *d, const struct ntp_addr *group)
{
	struct netsock *ns = socket_for(d, group);
	char addr[ADDR_STRLEN];

	if (ns != NULL && join_everywhere(d, ns, group))
		return;
	if (d->started)
		return;
	msyslog(&d->log, NTP_LOG_ERR, "cannot listen to group %s",
	    addr_format(group, addr));
}

void
groups_join(struct daemon *d)
{
	for (size_t i = 0; i < d->conf->ngroups; i++)
		join(d, &d->conf->groups[i].addr);
}
