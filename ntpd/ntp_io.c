/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_io.c - datagrams out, and the wait for what comes in.
 *
 * The engine's packet port, over sockets that ntp_receive.c watches; and the
 * main loop's one wait, for a datagram or the engine's next deadline.
 */
#include <errno.h>
#include <stdlib.h>

#include "ntp_err.h"
#include "ntp_prompt.h"
#include "ntpd.h"

#define NS_PER_MS 1000000

struct ntp_now
ntpd_now(struct daemon *d)
{
	struct ntp_now now;

	now.mono = systime_mono();
	now.sys = d->ports.clock->get_systime(d->ports.clock);
	return now;
}

/* --- the packet port ----------------------------------------------------- */

static int
port_error(int err)
{
	switch (-err) {
	case EAGAIN:
	case ENOBUFS:
		return -NTP_EAGAIN;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return -NTP_ENOMEM;
	case EPERM:
	case EACCES:
		return -NTP_EPERM;
	case EAFNOSUPPORT:
		return -NTP_ENOTSUP;
	default:
		return -NTP_ENET;
	}
}

static int
io_open(struct packet_port *p, const struct ntp_addr *remote,
    struct ntp_addr *local)
{
	struct io *io = (struct io *)p;
	enum addr_family only = io->d->opt.family;
	struct netsock *ns;
	size_t i = 0;
	int err, fd;

	if (only != ADDR_NONE && remote->family != only)
		return -NTP_ENOTSUP;
	while (i < io->nassoc && io->assoc[i].state != SOCK_FREE)
		i++;
	if (i == IO_ENDPOINTS)
		return -NTP_ENOMEM;
	if (i == io->nassoc)
		io->nassoc++;
	fd = sock_open_client(remote, io->dscp, local);
	if (fd < 0)
		return port_error(fd);
	ns = &io->assoc[i];
	ns->local = *local;
	err = netsock_open(io->d, ns, fd, (int)i + 1);
	return err != 0 ? err : ns->ep;
}

static struct netsock *
endpoint(struct io *io, int ep)
{
	if (ep < 1 || ep > (int)IO_ENDPOINTS)
		return NULL;
	return &io->assoc[ep - 1];
}

static void
io_close(struct packet_port *p, int ep)
{
	struct netsock *ns = endpoint((struct io *)p, ep);

	if (ns != NULL)
		netsock_close(ns);
}

/* Of PORT, 0: of any; that of SRC itself before one that serves it, too, and
 * without SRC one that serves all before one that does not. */
static struct netsock *
server_socket_at(struct io *io, const struct ntp_addr *dst,
    const struct ntp_addr *src, uint16_t port)
{
	bool named = src != NULL && src->family != ADDR_NONE;
	struct netsock *any = NULL;

	for (size_t i = 0; i < io->nserver; i++) {
		struct netsock *ns = &io->server[i];

		if (ns->state != SOCK_OPEN || ns->local.family != dst->family ||
		    (port != 0 && ns->local.port != port))
			continue;
		if (named && addr_equal(&ns->local, src))
			return ns;
		if (any == NULL ? ns->wildcard || !named
				: ns->wildcard && !any->wildcard)
			any = ns;
	}
	return any;
}

/* The socket that a server's answer from SRC leaves by; whoever came in by a
 * port that is closed since gets it from another. */
static struct netsock *
server_socket(
    struct io *io, const struct ntp_addr *dst, const struct ntp_addr *src)
{
	uint16_t port = io->d->conf->port;
	struct netsock *ns;

	if (src != NULL && src->port != 0)
		port = src->port;
	ns = server_socket_at(io, dst, src, port);
	return ns != NULL ? ns : server_socket_at(io, dst, src, 0);
}

/* The port's signature: NOLINTBEGIN(readability-function-size) */
static int
io_send(struct packet_port *p, const struct datagram *dg, ntp_ts *tx)
{
	struct io *io = (struct io *)p;
	struct clock_port *clock = io->d->ports.clock;
	struct netsock *ns = dg->ep == 0 ? server_socket(io, dg->dst, dg->src)
					 : endpoint(io, dg->ep);
	unsigned how;
	int err;

	if (ns == NULL || ns->state != SOCK_OPEN)
		return -NTP_ENET;
	*tx = clock->get_systime(clock);
	if (dg->stamp)
		netsock_mark(ns, dg->mark);
	how = ns->hardware ? SOCK_HARDWARE : 0;
	if (dg->ep != 0 && !addr_is_multicast(dg->dst))
		how |= SOCK_CONNECTED;
	err = sock_send(ns->fd, dg, how);
	if (err != 0) {
		ns->failed++;
		io->failed++;
		return port_error(err);
	}
	ns->sent++;
	io->sent++;
	return 0;
}
/* NOLINTEND(readability-function-size) */

/* The route may begin at an address that `interface` rules leave closed; what
 * is open beside it reaches as far. */
static void
use_open_address(
    struct io *io, const struct ntp_addr *remote, struct ntp_addr *local)
{
	if (server_socket(io, remote, local) != NULL)
		return;
	for (size_t i = 0; i < io->nserver; i++) {
		const struct netsock *ns = &io->server[i];

		if (ns->state == SOCK_OPEN &&
		    ns->local.family == local->family &&
		    addr_is_loopback(&ns->local) == addr_is_loopback(local) &&
		    addr_is_linklocal(&ns->local) == addr_is_linklocal(local)) {
			*local = ns->local;
			return;
		}
	}
}

static int
io_route(struct packet_port *p, const struct ntp_addr *remote,
    struct ntp_addr *local)
{
	struct io *io = (struct io *)p;
	int err = sock_route(remote, local);

	if (err != 0)
		return port_error(err);
	use_open_address(io, remote, local);
	local->port = io->d->conf->port;
	return 0;
}

/* --- waiting ------------------------------------------------------------- */

/* libuv runs timers before it waits, too: without uv_stop() it would then wait
 * although the alarm has already gone off. */
static void
on_alarm(uv_timer_t *t)
{
	struct daemon *d = t->data;

	d->alarm_flag = true;
	uv_stop(&d->loop);
	watch_clock(d);
}

/* Set the alarm to when the engine has something to do, never too early. */
static void
alarm_set(struct daemon *d)
{
	int64_t ns = engine_deadline(d->engine).ns - systime_mono().ns;
	uint64_t ms = ns > 0 ? (uint64_t)((ns + NS_PER_MS - 1) / NS_PER_MS) : 0;

	uv_update_time(&d->loop);
	(void)uv_timer_start(&d->alarm, on_alarm, ms, 0);
}

void
io_handler(struct daemon *d)
{
	d->alarm_flag = false;
	alarm_set(d);
	(void)uv_run(&d->loop, d->backlog ? UV_RUN_NOWAIT : UV_RUN_ONCE);
	d->io.wakeups++;
	d->io.useful += d->io.rx_used > 0;
}

void
io_reset(struct daemon *d)
{
	struct io *io = &d->io;

	io->since = systime_mono();
	io->received = io->sent = io->failed = io->ignored = 0;
	io->full = io->wakeups = io->useful = 0;
	workers_io_reset(d);
}

static void
set_class(struct netsock *ns, size_t n, uint8_t dscp)
{
	for (size_t i = 0; i < n; i++) {
		if (ns[i].state == SOCK_OPEN)
			sock_set_dscp(
			    ns[i].fd, ns[i].local.family == ADDR_V6, dscp);
	}
}

void
io_set_dscp(struct daemon *d, uint8_t dscp)
{
	d->io.dscp = dscp;
	set_class(d->io.server, d->io.nserver, dscp);
	set_class(d->io.assoc, d->io.nassoc, dscp);
	workers_set_dscp(d, dscp);
}

int
io_init(struct daemon *d, uint8_t dscp)
{
	struct io *io = &d->io;

	io->port.open = io_open;
	io->port.close = io_close;
	io->port.send = io_send;
	io->port.route = io_route;
	io->d = d;
	io->dscp = dscp;
	io->since = systime_mono();
	io->server = calloc(IO_SERVERS, sizeof *io->server);
	io->assoc = calloc(IO_ENDPOINTS, sizeof *io->assoc);
	io->rx = calloc(RX_SLOTS, sizeof *io->rx);
	io->batch = serve_batch_new(d);
	io->gather = d->conf->gather;
	if (d->workers.n == 0)
		prompt_thread();
	if (io->server == NULL || io->assoc == NULL || io->rx == NULL ||
	    io->batch == NULL)
		return -NTP_ENOMEM;
	d->alarm.data = d;
	return uv_timer_init(&d->loop, &d->alarm) != 0 ? -NTP_EIO : 0;
}

/* After the loop has closed all handles. */
void
io_fini(struct daemon *d)
{
	free(d->io.server);
	free(d->io.assoc);
	free(d->io.rx);
	batch_free(&d->io.batch);
	d->io.server = d->io.assoc = NULL;
	d->io.rx = NULL;
}
