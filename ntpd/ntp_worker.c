/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_worker.c - server threads.
 *
 * The way of a request takes no lock and shares no memory that is written: a
 * thread looks at one flag between two batches.  Who wants to touch what is a
 * thread's own raises that flag, wakes it, and waits until it stands still, or
 * until it has done itself what is wanted.
 *
 * It waits by poll(2), which leaves nothing behind: an epoll(7) descriptor stays
 * among those to be woken, and the kernel would look at it for each reply that
 * leaves.
 */
#include "ntp_worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ntp_err.h"
#include "ntp_prompt.h"
#include "ntp_share.h"
#include "ntpd.h"

#define READS_MAX 8 /* batches from one socket in a row */

enum worker_ask { ASK_SERVE, ASK_VISIT, ASK_HOLD, ASK_END };

struct worker {
	_Alignas(64) _Atomic int ask; /* enum worker_ask */
	struct daemon *d;
	uv_thread_t thread;
	uv_sem_t still, go; /* it stands; it may go on */
	visit_fn *visitor;  /* what ASK_VISIT asks for, and with what */
	void *visit_arg;
	int wake; /* descriptor */
	struct batch *batch;
	struct server_ctx *server;
	struct netsock *sock;	/* IO_SERVERS: beside those of the main loop */
	struct pollfd *watched; /* each of them, -1: closed; then WAKE */
	nfds_t nwatched;
	struct io_counters io;
};

/* --- serving -------------------------------------------------------------- */

/* Groups are served by the main loop, which gets a copy. */
static bool
worker_refused(void *arg, const struct netsock *ns, const struct ntp_addr *src,
    const struct sock_info *info)
{
	const struct worker *w = arg;
	const struct iface_filter *f = &w->d->iface.filter;

	return info->group || iface_spoofed(f, src, info->ifindex) ||
	    (ns->wildcard && !iface_allows(f, &info->dst));
}

/* Only what came before the kernel knew how to share. */
static void
worker_punt(void *arg, const struct netsock *ns, const struct recvbuf *rb)
{
	(void)ns;
	(void)rb;
	((struct worker *)arg)->io.ignored++;
}

static ntp_ts
worker_clock(void *arg, struct timespec *real)
{
	struct daemon *d = ((struct worker *)arg)->d;

	return d->io.read(d->ports.clock, real);
}

static void
worker_batch(struct worker *w, struct netsock *ns)
{
	uint64_t received = ns->received, sent = ns->sent;
	uint64_t failed = ns->failed, dropped = ns->dropped;

	batch_serve(w->batch, ns, w->server);
	w->io.received += ns->received - received;
	w->io.sent += ns->sent - sent;
	w->io.failed += ns->failed - failed;
	w->io.ignored += ns->dropped - dropped;
}

/* Departures of replies to clients that asked interleaved. */
static void
worker_errors(struct worker *w, struct netsock *ns)
{
	struct sock_error se;
	struct timespec real;
	ntp_ts now;

	while (sock_error_get(ns->fd, &se)) {
		if (!se.departed || ns->stamped - se.id > TX_MARKS)
			continue;
		now = worker_clock(w, &real);
		server_departed(w->server, ns->mark[se.id % TX_MARKS],
		    batch_arrival(now, &real, &se.left));
	}
}

static void
worker_ready(struct worker *w, struct netsock *ns, short events)
{
	if ((events & (POLLERR | POLLPRI)) != 0)
		worker_errors(w, ns);
	for (int k = 0; k < READS_MAX; k++) {
		int n = batch_read(w->batch, ns);

		if (n <= 0)
			return;
		worker_batch(w, ns);
		if (!batch_is_full(w->batch) &&
		    !batch_gather(w->batch, w->d->io.gather))
			return;
	}
}

static void
worker_wait(struct worker *w)
{
	int n = poll(w->watched, w->nwatched, -1);
	uint64_t count;

	for (nfds_t i = 0;
	     i < w->nwatched && n > 0 && atomic_load(&w->ask) == ASK_SERVE;
	     i++) {
		if (w->watched[i].revents == 0)
			continue;
		n--;
		if (w->watched[i].fd != w->wake)
			worker_ready(w, &w->sock[i], w->watched[i].revents);
		else if (read(w->wake, &count, sizeof count) < 0)
			continue;
	}
}

static void
worker_visited(struct worker *w)
{
	w->visitor(w->visit_arg);
	atomic_store(&w->ask, ASK_SERVE);
	uv_sem_post(&w->still);
}

static void
worker_run(void *arg)
{
	struct worker *w = arg;
	int ask;

	prompt_thread();
	while ((ask = atomic_load(&w->ask)) != ASK_END) {
		if (ask == ASK_SERVE) {
			worker_wait(w);
		} else if (ask == ASK_VISIT) {
			worker_visited(w);
		} else {
			uv_sem_post(&w->still);
			uv_sem_wait(&w->go);
		}
	}
}

/* --- standing still ------------------------------------------------------- */

static void
worker_ask(struct worker *w, enum worker_ask what)
{
	uint64_t one = 1;

	atomic_store(&w->ask, what);
	if (write(w->wake, &one, sizeof one) < 0)
		msyslog_errno(&w->d->log, NTP_LOG_ERR, "server thread");
}

static void
workers_hold(struct threads_port *p)
{
	struct workers *all = (struct workers *)p;

	if (!all->running || all->held++ > 0)
		return;
	for (size_t i = 0; i < all->n; i++)
		worker_ask(&all->w[i], ASK_HOLD);
	for (size_t i = 0; i < all->n; i++)
		uv_sem_wait(&all->w[i].still);
}

static void
workers_release(struct threads_port *p)
{
	struct workers *all = (struct workers *)p;

	if (!all->running || --all->held > 0)
		return;
	for (size_t i = 0; i < all->n; i++) {
		atomic_store(&all->w[i].ask, ASK_SERVE);
		uv_sem_post(&all->w[i].go);
	}
}

static void
workers_visit(struct threads_port *p, size_t i, visit_fn *fn, void *arg)
{
	struct workers *all = (struct workers *)p;
	struct worker *w = &all->w[i];

	if (!all->running || all->held > 0) {
		fn(arg);
		return;
	}
	w->visitor = fn;
	w->visit_arg = arg;
	worker_ask(w, ASK_VISIT);
	uv_sem_wait(&w->still);
}

/* --- sockets -------------------------------------------------------------- */

static size_t
index_of(const struct daemon *d, const struct netsock *ns)
{
	return (size_t)(ns - d->io.server);
}

/* The thread's own descriptor is the last, for it is seldom ready. */
static void
watch(struct worker *w, size_t i, int fd)
{
	for (; w->nwatched < i + 2; w->nwatched++) {
		w->watched[w->nwatched] = w->watched[w->nwatched - 1];
		w->watched[w->nwatched - 1].fd = -1;
	}
	w->watched[i] = (struct pollfd){.fd = fd, .events = POLLIN | POLLPRI};
}

static int
sibling_open(struct worker *w, const struct netsock *ns)
{
	struct netsock *s = &w->sock[index_of(w->d, ns)];
	int fd = sock_open_sibling(&ns->local, w->d->io.dscp);

	if (fd < 0)
		return fd;
	*s = (struct netsock){.d = w->d,
	    .fd = fd,
	    .state = SOCK_OPEN,
	    .local = ns->local,
	    .wildcard = ns->wildcard,
	    .threads = true};
	watch(w, index_of(w->d, ns), fd);
	return 0;
}

void
workers_close(struct daemon *d, const struct netsock *ns)
{
	struct workers *all = &d->workers;

	workers_hold(&all->port);
	for (size_t i = 0; i < all->n; i++) {
		struct netsock *s = &all->w[i].sock[index_of(d, ns)];

		if (s->state != SOCK_OPEN)
			continue;
		(void)close(s->fd);
		s->state = SOCK_FREE;
		all->w[i].watched[index_of(d, ns)].fd = -1;
	}
	workers_release(&all->port);
}

static int
share(const struct daemon *d, const struct netsock *ns)
{
	const struct share_rule rule = {.v6 = ns->local.family == ADDR_V6,
	    .n = (uint32_t)d->workers.n,
	    .v6bits = d->conf->mru.v6prefix,
	    .loopback = addr_is_loopback(&ns->local),
	    .signd = d->engine != NULL ? d->ports.signd != NULL
				       : d->conf->signddir != NULL,
	    .key = d->workers.key};

	return share_attach(ns->fd, &rule);
}

static int
siblings_open(struct daemon *d, const struct netsock *ns)
{
	struct workers *all = &d->workers;
	int err = sock_share(ns->fd);

	for (size_t i = 0; i < all->n && err == 0; i++)
		err = sibling_open(&all->w[i], ns);
	return err == 0 ? share(d, ns) : err;
}

void
workers_share(struct daemon *d)
{
	struct workers *all = &d->workers;

	for (size_t i = 0; i < d->io.nserver && all->n > 0; i++)
		if (all->w[0].sock[i].state == SOCK_OPEN)
			(void)share(d, &d->io.server[i]);
}

void
workers_set_dscp(struct daemon *d, uint8_t dscp)
{
	for (size_t i = 0; i < d->workers.n * IO_SERVERS; i++) {
		const struct netsock *s =
		    &d->workers.w[i / IO_SERVERS].sock[i % IO_SERVERS];

		if (s->state == SOCK_OPEN)
			sock_set_dscp(s->fd, s->local.family == ADDR_V6, dscp);
	}
}

bool
workers_open(struct daemon *d, const struct netsock *ns)
{
	struct workers *all = &d->workers;
	char addr[ADDR_STRLEN];
	int err;

	if (all->n == 0 || ns->drop || addr_is_multicast(&ns->local))
		return true;
	workers_hold(&all->port);
	err = siblings_open(d, ns);
	workers_release(&all->port);
	if (err == 0)
		return true;
	workers_close(d, ns);
	if (!ns->shortcut)
		msyslog(&d->log, NTP_LOG_WARN,
		    "no server threads on %s, the main loop serves there: %s",
		    addr_format_port(&ns->local, addr), strerrordesc_np(-err));
	return false;
}

/* --- life ----------------------------------------------------------------- */

static int
worker_init(struct worker *w, struct daemon *d)
{
	struct batch_user user = {.arg = w,
	    .clock = worker_clock,
	    .refused = worker_refused,
	    .punt = worker_punt};

	w->d = d;
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rng_port_fill(&d->rng.port, &user.seed, sizeof user.seed);
	w->batch = batch_new(&user);
	w->sock = calloc(IO_SERVERS, sizeof *w->sock);
	w->watched = calloc(IO_SERVERS + 1, sizeof *w->watched);
	if (w->batch == NULL || w->sock == NULL || w->watched == NULL ||
	    uv_sem_init(&w->still, 0) != 0 || uv_sem_init(&w->go, 0) != 0)
		return -NTP_ENOMEM;
	w->watched[0] = (struct pollfd){.fd = w->wake, .events = POLLIN};
	w->nwatched = 1;
	return w->wake >= 0 ? 0 : -NTP_EIO;
}

int
workers_init(struct daemon *d)
{
	struct workers *all = &d->workers;
	size_t n = d->conf->threads;

	all->d = d;
	all->port.hold = workers_hold;
	all->port.release = workers_release;
	all->port.visit = workers_visit;
	if (d->conf->threads_auto)
		n = uv_available_parallelism();
	if (n > SERVER_UNITS_MAX)
		n = SERVER_UNITS_MAX;
	if (n == 0)
		return 0;
	all->w = aligned_alloc(_Alignof(struct worker), n * sizeof *all->w);
	if (all->w == NULL)
		return -NTP_ENOMEM;
	memset(all->w, 0, n * sizeof *all->w);
	rng_port_fill(&d->rng.port, &all->key, sizeof all->key);
	while (all->n < n) {
		int err = worker_init(&all->w[all->n++], d);

		if (err != 0)
			return err;
	}
	return 0;
}

int
workers_start(struct daemon *d)
{
	struct workers *all = &d->workers;

	if (all->n == 0)
		return 0;
	if (engine_units_make(d->engine, all->n) != 0)
		return -NTP_ENOMEM;
	for (; all->nrun < all->n; all->nrun++) {
		struct worker *w = &all->w[all->nrun];
		int err;

		w->server = engine_unit(d->engine, all->nrun);
		err = uv_thread_create(&w->thread, worker_run, w);
		if (err != 0) {
			msyslog(&d->log, NTP_LOG_ERR,
			    "server thread %zu of %zu: %s", all->nrun + 1,
			    all->n, uv_strerror(err));
			return -NTP_EIO;
		}
	}
	all->running = true;
	msyslog(&d->log, NTP_LOG_INFO, "%zu server threads", all->n);
	return 0;
}

static void
worker_fini(struct worker *w)
{
	for (size_t i = 0; i < IO_SERVERS && w->sock != NULL; i++)
		if (w->sock[i].state == SOCK_OPEN)
			(void)close(w->sock[i].fd);
	free(w->sock);
	free(w->watched);
	batch_free(&w->batch);
	(void)close(w->wake);
	uv_sem_destroy(&w->still);
	uv_sem_destroy(&w->go);
}

void
workers_stop(struct daemon *d)
{
	struct workers *all = &d->workers;

	for (size_t i = 0; i < all->nrun; i++)
		worker_ask(&all->w[i], ASK_END);
	for (size_t i = 0; i < all->n; i++) {
		if (i < all->nrun)
			(void)uv_thread_join(&all->w[i].thread);
		worker_fini(&all->w[i]);
	}
	all->running = false;
	all->n = all->nrun = 0;
	free(all->w);
	all->w = NULL;
}

/* --- counters ------------------------------------------------------------- */

void
workers_count(
    const struct daemon *d, const struct netsock *ns, struct iface_row *sum)
{
	for (size_t i = 0; i < d->workers.n && ns->ep == 0; i++) {
		const struct netsock *s =
		    &d->workers.w[i].sock[index_of(d, ns)];

		if (s->state != SOCK_OPEN)
			continue;
		sum->received += s->received;
		sum->sent += s->sent;
		sum->failed += s->failed;
	}
}

void
workers_io(const struct daemon *d, struct io_counters *sum)
{
	for (size_t i = 0; i < d->workers.n; i++) {
		const struct io_counters *io = &d->workers.w[i].io;

		sum->received += io->received;
		sum->sent += io->sent;
		sum->failed += io->failed;
		sum->ignored += io->ignored;
	}
}

void
workers_io_reset(struct daemon *d)
{
	workers_hold(&d->workers.port);
	for (size_t i = 0; i < d->workers.n; i++)
		d->workers.w[i].io = (struct io_counters){0};
	workers_release(&d->workers.port);
}
