/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_receive.c - datagrams in.
 *
 * Sockets are our own and only watched by libuv, because its UDP handles hide
 * the kernel's arrival times.  Requests are answered in whole batches as they
 * are read.  Everything else goes into a ring of fixed slots; a part of it is
 * closed to server traffic, so that a flood of requests cannot crowd out the
 * replies that our own synchronization lives on.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ntp_err.h"
#include "ntpd.h"

#define WATCHED	   (UV_READABLE | UV_PRIORITIZED)
#define READS_MAX  4  /* batches from one socket in a row */
#define ERRORS_MAX 16 /* likewise */

/* --- the receive queue --------------------------------------------------- */

static struct rxslot *
rx_slot(struct io *io, size_t k)
{
	return &io->rx[(io->rx_head + k) % RX_SLOTS];
}

static size_t
rx_room(const struct io *io, const struct netsock *ns)
{
	size_t limit = ns->ep == 0 ? RX_SLOTS - RX_RESERVED : RX_SLOTS;
	size_t room = io->rx_used < limit ? limit - io->rx_used : 0;

	return room < RX_BATCH ? room : RX_BATCH;
}

/* An empty queue begins anew where it began before: memory that was never
 * needed is never touched. */
static void
rx_pop(struct io *io)
{
	io->rx_used--;
	io->rx_head = io->rx_used > 0 ? (io->rx_head + 1) % RX_SLOTS : 0;
}

struct recvbuf *
get_full_recv_buffer(struct daemon *d)
{
	struct io *io = &d->io;

	while (io->rx_used > 0) {
		struct rxslot *s = rx_slot(io, 0);

		if (!s->dead)
			return &s->rb;
		rx_pop(io);
	}
	return NULL;
}

void
freerecvbuf(struct daemon *d, struct recvbuf *rb)
{
	if (d->io.rx_used > 0 && rb == &rx_slot(&d->io, 0)->rb)
		rx_pop(&d->io);
}

/* An endpoint is gone: its number may soon mean another association. */
static void
rx_forget(struct io *io, int ep)
{
	for (size_t k = 0; k < io->rx_used; k++)
		if (rx_slot(io, k)->rb.ep == ep)
			rx_slot(io, k)->dead = true;
}

/* --- reading ------------------------------------------------------------- */

/* Associations hear no groups. */
static bool
refused(const struct mmsghdr *mm, const struct sock_info *info,
    const struct ntp_addr *src)
{
	return (mm->msg_hdr.msg_flags & MSG_TRUNC) != 0 ||
	    src->family == ADDR_NONE || info->group;
}

/* Complete the slot S of the datagram described by MM. */
static void
rx_fill(struct netsock *ns, struct rxslot *s, struct mmsghdr *mm,
    const struct sockaddr_storage *from, ntp_ts now)
{
	struct clock_port *clock = ns->d->ports.clock;
	struct sock_info info;

	sock_info_get(&mm->msg_hdr, &info);
	sock_addr_get(from, &s->src);
	s->dead = refused(mm, &info, &s->src);
	s->dst = info.dst;
	if (s->dst.family == ADDR_NONE && !info.group)
		s->dst = ns->local;
	s->dst.port = ns->local.port;
	s->rb = (struct recvbuf){.src = &s->src,
	    .dst = &s->dst,
	    .ep = ns->ep,
	    .group = info.group,
	    .rx_time = info.stamped
		? ns->d->io.arrival(clock, hwstamp_arrival(ns, &info))
		: now,
	    .data = s->data,
	    .len = mm->msg_len};
	ns->received++;
	ns->dropped += s->dead;
	ns->d->io.received++;
	ns->d->io.ignored += s->dead;
}

/* Read one batch; the number read, or -1. */
static int
read_batch(struct netsock *ns, size_t room)
{
	struct io *io = &ns->d->io;
	struct clock_port *clock = ns->d->ports.clock;
	struct mmsghdr mm[RX_BATCH];
	struct iovec iov[RX_BATCH];
	struct sockaddr_storage from[RX_BATCH];
	_Alignas(struct cmsghdr) uint8_t control[RX_BATCH][SOCK_CONTROL];
	int n;

	memset(mm, 0, sizeof mm);
	for (size_t i = 0; i < room; i++) {
		iov[i].iov_base = rx_slot(io, io->rx_used + i)->data;
		iov[i].iov_len = RX_DATA;
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
		mm[i].msg_hdr.msg_name = &from[i];
		mm[i].msg_hdr.msg_namelen = sizeof from[i];
		mm[i].msg_hdr.msg_control = control[i];
		mm[i].msg_hdr.msg_controllen = sizeof control[i];
		from[i].ss_family = AF_UNSPEC;
	}
	n = recvmmsg(ns->fd, mm, (unsigned)room, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		struct rxslot *s = rx_slot(io, io->rx_used);

		rx_fill(ns, s, &mm[i], &from[i], clock->get_systime(clock));
		io->rx_used++;
	}
	return n;
}

/* Which datagram that was only we know: the kernel counts them. */
static void
departed(struct netsock *ns, const struct sock_error *se)
{
	struct clock_port *clock = ns->d->ports.clock;
	struct timespec left;

	if (ns->d->engine != NULL && ns->stamped - se->id <= TX_MARKS &&
	    hwstamp_departure(ns, se, &left))
		engine_departed(ns->d->engine, ns->mark[se->id % TX_MARKS],
		    ns->d->io.arrival(clock, &left));
}

void
netsock_mark(struct netsock *ns, uint32_t mark)
{
	if (ns->stamped == 0) {
		ns->hardware = !ns->threads && hwstamp_wanted(ns->d);
		sock_tell_departures(ns->fd, ns->hardware);
	}
	ns->mark[ns->stamped++ % TX_MARKS] = mark;
}

/* An ICMP error is read once, else the descriptor stays ready for ever. */
static void
consume_error(struct netsock *ns)
{
	struct sock_error se;
	struct icmp_error ie;
	int err = 0;
	socklen_t len = sizeof err;

	for (int k = 0; k < ERRORS_MAX && sock_error_get(ns->fd, &se); k++) {
		if (se.departed)
			departed(ns, &se);
		if (se.from.family == ADDR_NONE || ns->ep == 0)
			continue;
		ie = (struct icmp_error){se.from, se.type, se.code};
		engine_icmp(ns->d->engine, ns->ep, &ie);
	}
	(void)getsockopt(ns->fd, SOL_SOCKET, SO_ERROR, &err, &len);
}

/* --- serving -------------------------------------------------------------- */

static bool
server_refused(void *arg, const struct netsock *ns, const struct ntp_addr *src,
    const struct sock_info *info)
{
	const struct daemon *d = arg;
	const struct ifwatch *w = &d->iface;

	return ns->drop || (info->group && !groups_wanted(d)) ||
	    iface_spoofed(&w->filter, src, info->ifindex) ||
	    (ns->wildcard && !iface_allows(&w->filter, &info->dst));
}

/* Into the queue, as far as it is open to those that nobody asked for. */
static void
server_punt(void *arg, const struct netsock *ns, const struct recvbuf *rb)
{
	struct io *io = &((struct daemon *)arg)->io;
	struct rxslot *s;

	if (rx_room(io, ns) == 0) {
		io->full++;
		return;
	}
	s = rx_slot(io, io->rx_used++);
	s->dead = false;
	s->src = *rb->src;
	s->dst = *rb->dst;
	s->rb = *rb;
	s->rb.src = &s->src;
	s->rb.dst = &s->dst;
	s->rb.data = s->data;
	memcpy(s->data, rb->data, rb->len);
}

static void
server_sign(void *arg, uint32_t account, const struct datagram *reply)
{
	struct signd_port *port = ((struct daemon *)arg)->ports.signd;

	(void)port->sign(port, account, reply);
}

static ntp_ts
server_clock(void *arg, struct timespec *real)
{
	struct daemon *d = arg;

	return d->io.read(d->ports.clock, real);
}

static void
serve_batch(struct netsock *ns)
{
	struct daemon *d = ns->d;
	uint64_t received = ns->received, sent = ns->sent;
	uint64_t failed = ns->failed, dropped = ns->dropped;

	batch_serve(d->io.batch, ns, engine_server(d->engine));
	d->io.received += ns->received - received;
	d->io.sent += ns->sent - sent;
	d->io.failed += ns->failed - failed;
	d->io.ignored += ns->dropped - dropped;
}

/* Answer what clients ask; the rest goes into the queue. */
static void
serve_ready(struct netsock *ns)
{
	struct io *io = &ns->d->io;

	for (int k = 0; k < READS_MAX; k++) {
		int n = batch_read(io->batch, ns);

		if (n < 0)
			consume_error(ns);
		if (n <= 0)
			return;
		serve_batch(ns);
		if (!batch_is_full(io->batch) &&
		    !batch_gather(io->batch, io->gather))
			return;
	}
}

struct batch *
serve_batch_new(struct daemon *d)
{
	struct batch_user user = {.arg = d,
	    .clock = server_clock,
	    .refused = server_refused,
	    .punt = server_punt,
	    .sign = server_sign};

	rng_port_fill(&d->rng.port, &user.seed, sizeof user.seed);
	return batch_new(&user);
}

/* --- what is ready --------------------------------------------------------- */

void
read_network_packet(struct netsock *ns)
{
	size_t room;
	int n;

	for (int k = 0; k < READS_MAX; k++) {
		room = rx_room(&ns->d->io, ns);
		if (room == 0) {
			ns->d->io.full++;
			return;
		}
		n = read_batch(ns, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			consume_error(ns);
		if (n < 0 || (size_t)n < room)
			return;
	}
}

static void
on_ready(uv_poll_t *handle, int status, int events)
{
	struct netsock *ns = handle->data;

	if (ns->state != SOCK_OPEN)
		return;
	if ((events & UV_PRIORITIZED) != 0)
		consume_error(ns);
	if (ns->ep == 0)
		serve_ready(ns);
	else
		read_network_packet(ns);
	if (status < 0) {
		/* libuv stopped watching because of a queued error */
		consume_error(ns);
		(void)uv_poll_start(&ns->poll, WATCHED, on_ready);
	}
}

/* --- sockets ------------------------------------------------------------- */

int
netsock_open(struct daemon *d, struct netsock *ns, int fd, int ep)
{
	if (uv_poll_init(&d->loop, &ns->poll, fd) != 0) {
		(void)close(fd);
		return -NTP_EIO;
	}
	ns->poll.data = ns;
	ns->d = d;
	ns->fd = fd;
	ns->ep = ep;
	ns->state = SOCK_OPEN;
	ns->stamped = 0;
	ns->received = ns->sent = ns->failed = ns->dropped = 0;
	ns->opened = systime_mono();
	(void)uv_poll_start(&ns->poll, WATCHED, on_ready);
	return 0;
}

static void
on_closed(uv_handle_t *handle)
{
	struct netsock *ns = handle->data;

	ns->state = SOCK_FREE;
}

void
netsock_close(struct netsock *ns)
{
	if (ns->state != SOCK_OPEN)
		return;
	ns->state = SOCK_CLOSING;
	(void)uv_poll_stop(&ns->poll);
	(void)close(ns->fd);
	ns->fd = -1;
	uv_close((uv_handle_t *)&ns->poll, on_closed);
	if (ns->ep != 0)
		rx_forget(&ns->d->io, ns->ep);
}
