/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ifwatch.c - keep the server's sockets and the engine's idea of our own
 * addresses in step with the machine.
 *
 * The kernel tells of changes by netlink; where that cannot be had we look
 * every updateinterval, which is done in any case.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ntp_err.h"
#include "ntpd.h"

#define SETTLE_MS   2000 /* an address that just came is often not usable yet */
#define HOLDER_MAX  96U
#define NETLINK_BUF 4096U
#define SHORTCUTS   16U	 /* addresses with sockets of their own, at most */
#define SHORTCUT_FD 128U /* descriptors for that, at most */

/* --- what the machine can do ---------------------------------------------- */

static bool
family_missing(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0;
}

/* --- rules ---------------------------------------------------------------- */

/* True when one has come that was not there. */
static bool
families_look(struct ifwatch *w)
{
	bool had4 = !w->no4, had6 = !w->no6;

	w->no4 = family_missing(AF_INET);
	w->no6 = family_missing(AF_INET6);
	return (!w->no4 && !had4) || (!w->no6 && !had6);
}

static void
rules_ports(struct daemon *d)
{
	d->iface.rules.port = d->conf->port;
	d->iface.rules.extraport = d->conf->extraport;
}

/* Each thread has them all and looks at each when it waits. */
static size_t
shortcuts(const struct daemon *d)
{
	size_t n = SHORTCUT_FD / (d->workers.n + 1);

	return n < SHORTCUTS ? n : SHORTCUTS;
}

int
ifwatch_init(struct daemon *d)
{
	struct ifwatch *w = &d->iface;
	const struct options *o = &d->opt;

	(void)families_look(w);
	w->every = (uint64_t)(o->updateinterval * 1000.0);
	w->rules.rule = d->conf->iface;
	w->rules.n = d->conf->niface;
	w->rules.family = o->family;
	rules_ports(d);
	w->rules.novirtual = o->novirtualips;
	if (o->nifaces == 0 && !o->novirtualips)
		return 0;
	if (w->rules.n != 0) {
		msyslog(&d->log, NTP_LOG_ERR,
		    "interface rules in the configuration exclude -I and -L");
		return -NTP_EINVAL;
	}
	w->optrules = calloc(o->nifaces + 1, sizeof *w->optrules);
	if (w->optrules == NULL)
		return -NTP_ENOMEM;
	for (size_t i = 0; i < o->nifaces; i++)
		iface_rule_parse(o->ifaces[i], &w->optrules[i]);
	w->rules.rule = w->optrules;
	w->rules.n = o->nifaces;
	return 0;
}

/* --- sockets -------------------------------------------------------------- */

static const char *
family_name(const struct ntp_addr *a)
{
	return a->family == ADDR_V6 ? "IPv6" : "IPv4";
}

/* A daemon beside us: say who, it is the most frequent trouble of all.  It is
 * no reason to stop if only a loopback address is taken that nobody asked
 * for. */
static void
say_in_use(struct daemon *d, const struct iface_want *want, const char *addr)
{
	char holder[HOLDER_MAX];

	if (port_holder(want->local.port, holder, sizeof holder))
		msyslog(&d->log, NTP_LOG_ERR, "port %u is held by %s",
		    (unsigned)want->local.port, holder);
	if (want->implied)
		msyslog(&d->log, NTP_LOG_WARN,
		    "%s is taken: going on without it; ask ntpq for another "
		    "address of this host",
		    addr);
	else
		msyslog(&d->log, NTP_LOG_ERR,
		    "unable to bind to %s address %s - another process may be "
		    "running - EXITING",
		    want->wildcard ? "wildcard" : "interface", addr);
}

/* In the words that log watchers know; the hint follows. */
static void
say_bind(struct daemon *d, const struct iface_want *want, int err)
{
	char addr[ADDR_STRLEN];

	errno = err;
	msyslog_errno(&d->log, NTP_LOG_ERR, "bind(%s) AF_INET%s %s#%u failed",
	    want->name, want->local.family == ADDR_V6 ? "6" : "",
	    addr_format(&want->local, addr), (unsigned)want->local.port);
}

/* What a failed bind means: 0 to go on without, or the error to stop with. */
static int
bind_failed(struct daemon *d, const struct iface_want *want, int err)
{
	char addr[ADDR_STRLEN];

	say_bind(d, want, -err);
	(void)addr_format_port(&want->local, addr);
	if (!d->started && err == -EADDRINUSE) {
		say_in_use(d, want, addr);
		return want->implied ? 0 : -NTP_EEXIST;
	}
	if (!d->started && err == -EACCES) {
		msyslog(&d->log, NTP_LOG_ERR,
		    "unable to bind to %s: ports below 1024 need root or "
		    "CAP_NET_BIND_SERVICE; `port N` serves on another",
		    addr);
		return -NTP_EPERM;
	}
	errno = -err;
	if (want->wildcard)
		msyslog_errno(&d->log, NTP_LOG_WARN, "no %s sockets",
		    family_name(&want->local));
	else
		msyslog_errno(&d->log, NTP_LOG_ERR, "unable to bind to %s %s",
		    want->name, addr);
	return 0;
}

static struct netsock *
server_find(struct daemon *d, const struct ntp_addr *local)
{
	for (size_t i = 0; i < d->io.nserver; i++) {
		struct netsock *ns = &d->io.server[i];

		if (ns->state == SOCK_OPEN &&
		    addr_equal_port(&ns->local, local))
			return ns;
	}
	return NULL;
}

static struct netsock *
server_free(struct daemon *d)
{
	size_t i = 0;

	while (i < d->io.nserver && d->io.server[i].state != SOCK_FREE)
		i++;
	if (i == IO_SERVERS)
		return NULL;
	if (i == d->io.nserver)
		d->io.nserver++;
	return &d->io.server[i];
}

/* A shortcut may be refused: before an IPv6 address is usable, or when we are
 * not the user any more who bound the wildcard socket. */
static int
server_bound(struct daemon *d, const struct iface_want *want)
{
	int fd = inherit_socket(d, &want->local);

	if (fd >= 0)
		return fd;
	if (want->shortcut)
		return sock_open_shortcut(&want->local, d->io.dscp);
	fd = sock_open_server(&want->local, d->io.dscp);
	if (fd >= 0 && want->wildcard)
		(void)sock_share(fd);
	return fd;
}

/* Of those that were just closed the loop has still to take leave. */
static void
no_room(struct daemon *d, const struct iface_want *want)
{
	char addr[ADDR_STRLEN];

	for (size_t i = 0; i < d->io.nserver; i++)
		d->iface.again |= d->io.server[i].state == SOCK_CLOSING;
	if (!d->iface.again && !d->iface.full)
		msyslog(&d->log, NTP_LOG_WARN,
		    "no more than %u sockets: %s is not served", IO_SERVERS,
		    addr_format_port(&want->local, addr));
	d->iface.full |= !d->iface.again;
}

static int
server_open(struct daemon *d, const struct iface_want *want)
{
	struct netsock *ns = server_free(d);
	char addr[ADDR_STRLEN];
	int fd, err;

	if (ns == NULL) {
		no_room(d, want);
		return 0;
	}
	fd = server_bound(d, want);
	if (fd < 0)
		return want->shortcut ? 0 : bind_failed(d, want, fd);
	ns->local = want->local;
	ns->wildcard = want->wildcard;
	ns->shortcut = want->shortcut;
	ns->drop = want->drop;
	ns->wanted = true;
	memcpy(ns->name, want->name, sizeof ns->name);
	err = netsock_open(d, ns, fd, 0);
	if (err != 0)
		return err;
	if (!workers_open(d, ns) && want->shortcut) {
		netsock_close(ns);
		return 0;
	}
	msyslog(&d->log, NTP_LOG_INFO, "Listen %s on %zu %s %s",
	    want->drop ? "and drop" : "normally", (size_t)(ns - d->io.server),
	    want->name, addr_format_port(&want->local, addr));
	return 0;
}

static void
server_close(struct daemon *d, struct netsock *ns)
{
	struct threads_port *threads = &d->workers.port;
	struct iface_row sum = {.received = ns->received, .sent = ns->sent};
	char addr[ADDR_STRLEN];

	threads->hold(threads);
	workers_count(d, ns, &sum);
	threads->release(threads);
	msyslog(&d->log, NTP_LOG_INFO,
	    "Deleting interface #%zu %s, %s#%u, interface stats: "
	    "received=%" PRIu64 ", sent=%" PRIu64 ", dropped=%" PRIu64
	    ", active_time=%.0f secs",
	    (size_t)(ns - d->io.server), ns->name,
	    addr_format(&ns->local, addr), (unsigned)ns->local.port,
	    sum.received, sum.sent, ns->dropped,
	    mono_diff(systime_mono(), ns->opened));
	workers_close(d, ns);
	netsock_close(ns);
}

static void
filter_update(struct daemon *d)
{
	struct ifwatch *w = &d->iface;
	struct threads_port *threads = &d->workers.port;

	threads->hold(threads);
	if (iface_filter_make(&w->filter, &w->rules, &w->list) != 0)
		msyslog(&d->log, NTP_LOG_ERR,
		    "no memory for the interface rules: the old ones stay");
	threads->release(threads);
}

/* A shortcut without it would bar the way of the wildcard socket, and would
 * join who holds the port instead of us. */
static bool
has_its_place(const struct daemon *d, const struct iface_want *want)
{
	if (!want->shortcut)
		return true;
	for (size_t i = 0; i < d->io.nserver; i++) {
		const struct netsock *ns = &d->io.server[i];

		if (ns->state == SOCK_OPEN && ns->wildcard &&
		    ns->local.family == want->local.family &&
		    ns->local.port == want->local.port)
			return true;
	}
	return false;
}

/* Close what is not among the N of WANT: first, for a wildcard socket cannot
 * be had while there is one of a single address on its port. */
static void
servers_close(struct daemon *d, const struct iface_want *want, size_t n)
{
	struct netsock *ns;

	for (size_t i = 0; i < d->io.nserver; i++)
		d->io.server[i].wanted = false;
	for (size_t i = 0; i < n; i++) {
		ns = server_find(d, &want[i].local);
		if (ns == NULL || ns->shortcut != want[i].shortcut ||
		    !has_its_place(d, &want[i]))
			continue;
		ns->wanted = true;
		if (ns->drop == want[i].drop)
			continue;
		ns->drop = want[i].drop;
		if (ns->drop)
			workers_close(d, ns);
		else
			ns->wanted = workers_open(d, ns) || !ns->shortcut;
	}
	for (size_t i = 0; i < d->io.nserver; i++) {
		ns = &d->io.server[i];
		if (ns->state == SOCK_OPEN && !ns->wanted)
			server_close(d, ns);
	}
}

/* Wildcard sockets only at the start, or when a family has COME since. */
static int
servers_update(struct daemon *d, bool come)
{
	struct ifwatch *w = &d->iface;
	struct iface_want *want = calloc(IO_SERVERS, sizeof *want);
	size_t n;
	int err = 0;

	if (want == NULL)
		return -NTP_ENOMEM;
	filter_update(d);
	w->rules.shortcuts = shortcuts(d);
	n = inherit_plan(d, want, IO_SERVERS);
	if (n == 0)
		n = iface_plan(&w->rules, &w->list, want, IO_SERVERS);
	n = iface_plan_extra(&w->rules, want, n, IO_SERVERS);
	n = groups_plan(d, want, n, IO_SERVERS);
	servers_close(d, want, n);
	for (size_t i = 0; i < n && err == 0; i++) {
		if (server_find(d, &want[i].local) == NULL &&
		    (!want[i].wildcard || come || w->anew) &&
		    has_its_place(d, &want[i]))
			err = server_open(d, &want[i]);
	}
	free(want);
	w->anew = w->again;
	if (err == 0)
		groups_join(d);
	return err;
}

/* --- telling the engine --------------------------------------------------- */

/* The addresses listed, and those of 127/8 that only a socket shows. */
void
ifwatch_publish(struct daemon *d)
{
	struct ifwatch *w = &d->iface;
	struct ntp_addr *own;
	size_t n = 0;

	own = calloc(w->list.n + d->io.nserver + 1, sizeof *own);
	if (own == NULL)
		return;
	for (size_t i = 0; i < w->list.n; i++)
		own[n++] = w->list.a[i].addr;
	for (size_t i = 0; i < d->io.nserver; i++) {
		const struct netsock *ns = &d->io.server[i];

		if (ns->state == SOCK_OPEN && !ns->wildcard && !ns->shortcut &&
		    !addr_is_multicast(&ns->local))
			own[n++] = ns->local;
	}
	engine_local_addrs(d->engine, own, n, ntpd_now(d));
	free(own);
}

static void
rescan(struct daemon *d)
{
	struct iface_list before = d->iface.list;
	bool changed;

	d->iface.list.a = NULL;
	if (iface_list_get(&d->iface.list) != 0) {
		d->iface.list = before;
		return;
	}
	changed = !iface_list_equal(&before, &d->iface.list);
	iface_list_free(&before);
	(void)servers_update(d, families_look(&d->iface));
	if (!changed)
		return;
	ifwatch_publish(d);
	engine_retry_dns(d->engine, ntpd_now(d));
}

/* --- noticing ------------------------------------------------------------- */

static void
on_rescan(uv_timer_t *t)
{
	struct daemon *d = t->data;
	struct ifwatch *w = &d->iface;

	w->again = false;
	rescan(d);
	if (w->again || w->every != 0)
		(void)uv_timer_start(t, on_rescan, w->again ? 1 : w->every, 0);
}

void
ifwatch_follow(struct daemon *d)
{
	rules_ports(d);
	d->iface.anew = true;
	(void)uv_timer_start(&d->iface.rescan, on_rescan, 0, 0);
}

static void
on_netlink(uv_poll_t *handle, int status, int events)
{
	struct daemon *d = handle->data;
	char buf[NETLINK_BUF];
	ssize_t n;

	(void)events;
	do
		n = recv(d->iface.netlink_fd, buf, sizeof buf, MSG_DONTWAIT);
	while (n > 0 || (n < 0 && (errno == ENOBUFS || errno == EINTR)));
	if (status < 0)
		(void)uv_poll_start(handle, UV_READABLE, on_netlink);
	if (uv_timer_get_due_in(&d->iface.rescan) > SETTLE_MS ||
	    !uv_is_active((uv_handle_t *)&d->iface.rescan))
		(void)uv_timer_start(&d->iface.rescan, on_rescan, SETTLE_MS, 0);
}

static int
netlink_socket(void)
{
	struct sockaddr_nl nl = {.nl_family = AF_NETLINK,
	    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
	int fd = socket(
	    AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&nl, sizeof nl) != 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static void
netlink_start(struct daemon *d)
{
	struct ifwatch *w = &d->iface;
	int fd = netlink_socket();

	if (fd < 0 || uv_poll_init(&d->loop, &w->netlink, fd) != 0) {
		msyslog_errno(&d->log, NTP_LOG_WARN,
		    "looking for new addresses every %" PRIu64
		    " s only, no netlink socket",
		    w->every / 1000);
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	w->netlink_fd = fd;
	w->netlink.data = d;
	(void)uv_poll_start(&w->netlink, UV_READABLE, on_netlink);
	msyslog(&d->log, NTP_LOG_INFO,
	    "Listening on routing socket on fd #%d for interface updates", fd);
}

/* A rule for what is not there is no error: it may come. */
static void
say_absent(struct daemon *d)
{
	const struct ifwatch *w = &d->iface;
	char addr[ADDR_STRLEN];

	for (size_t i = 0; i < w->rules.n; i++) {
		const struct config_iface *r = &w->rules.rule[i];

		if (r->action != IFACE_LISTEN || iface_rule_meets(r, &w->list))
			continue;
		msyslog(&d->log, NTP_LOG_WARN,
		    "no interface or address %s here: listening there when it "
		    "comes",
		    r->match == IFACE_NAME ? r->name
					   : addr_format(&r->addr, addr));
	}
}

static bool
any_server(const struct daemon *d)
{
	for (size_t i = 0; i < d->io.nserver; i++)
		if (d->io.server[i].state == SOCK_OPEN)
			return true;
	return false;
}

int
ifwatch_start(struct daemon *d)
{
	struct ifwatch *w = &d->iface;
	int err;

	if (iface_list_get(&w->list) != 0)
		msyslog(&d->log, NTP_LOG_WARN,
		    "the machine's addresses cannot be listed");
	err = servers_update(d, true);
	if (err != 0)
		return err;
	if (!any_server(d) && w->rules.n == 0) {
		msyslog(&d->log, NTP_LOG_ERR, "no IPv4 and no IPv6 sockets");
		return -NTP_ENET;
	}
	if (!any_server(d))
		msyslog(&d->log, NTP_LOG_WARN,
		    "the interface rules leave no address to serve on");
	say_absent(d);
	if (uv_timer_init(&d->loop, &w->rescan) != 0)
		return -NTP_EIO;
	w->rescan.data = d;
	if (w->every != 0) {
		netlink_start(d);
		(void)uv_timer_start(&w->rescan, on_rescan, w->every, 0);
	}
	return 0;
}

void
ifwatch_fini(struct daemon *d)
{
	if (d->iface.netlink_fd >= 0)
		(void)close(d->iface.netlink_fd);
	d->iface.netlink_fd = -1;
	iface_list_free(&d->iface.list);
	iface_filter_free(&d->iface.filter);
	free(d->iface.optrules);
	d->iface.optrules = NULL;
}
