/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_batch.c - requests read, answered and sent many at a time.
 *
 * Nearly all that a busy server costs is the kernel's way in and out, so that
 * way is gone once for up to 64 datagrams.  The last of them leaves much later
 * than the first: each transmit timestamp is therefore put ahead by what was
 * measured of earlier batches, else clients of a busy server would see its
 * clock early.
 */
#include "ntp_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ntp_gather.h"
#include "ntp_rng.h"
#include "ntp_systime.h"
#include "ntpd.h"

#define BATCH_FEW      8U
#define NS_PER_S       1000000000LL
#define ARRIVAL_MAX_NS (10 * NS_PER_S) /* older: the real clock was stepped */
#define PACE_MIN       8U	       /* replies that are worth measuring */
#define PACE_MAX_NS    20000	       /* for one: we were interrupted */
#define PACE_SHARE     8	       /* of a new measurement in the average */
#define BUSY_WAITS     3	       /* busy: a batch within so many waits */
#define NS_PER_US      1000

/* A reply to datagram OF. */
struct reply {
	uint32_t of;
	size_t len;
	struct server_answer answer;
};

struct batch {
	struct batch_user user;
	unsigned read, used; /* datagrams; slots to be made ready again */
	bool full;	     /* as many were there as were asked for */
	unsigned replies;
	struct ntp_now now; /* when the batch was read, and */
	struct timespec real;
	ntp_mono before; /* the one before it */
	struct gather gather;
	unsigned answered;	  /* since that was asked */
	int64_t seal_ns, send_ns; /* of one reply, on average */
	struct ntp_rng rng;
	struct mmsghdr rx[BATCH_MAX], tx[BATCH_MAX];
	struct iovec rxv[BATCH_MAX], txv[BATCH_MAX];
	struct sockaddr_storage from[BATCH_MAX];
	struct ntp_addr src[BATCH_MAX], dst[BATCH_MAX];
	struct reply reply[BATCH_MAX];
	_Alignas(struct cmsghdr) uint8_t control[BATCH_MAX][SOCK_CONTROL];
	uint8_t data[BATCH_MAX][BATCH_DATA];
	uint8_t out[BATCH_MAX][NTP_REPLY_MAX];
};

__attribute__((cold)) struct batch *
batch_new(const struct batch_user *user)
{
	struct batch *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->user = *user;
	rng_seed(&b->rng, user->seed);
	b->used = BATCH_MAX;
	for (size_t i = 0; i < BATCH_MAX; i++) {
		struct msghdr *rx = &b->rx[i].msg_hdr;
		struct msghdr *tx = &b->tx[i].msg_hdr;

		b->rxv[i] = (struct iovec){b->data[i], BATCH_DATA};
		*rx = (struct msghdr){.msg_name = &b->from[i],
		    .msg_iov = &b->rxv[i],
		    .msg_iovlen = 1,
		    .msg_control = b->control[i]};
		*tx = (struct msghdr){.msg_iov = &b->txv[i], .msg_iovlen = 1};
	}
	return b;
}

void
batch_free(struct batch **b)
{
	free(*b);
	*b = NULL;
}

/* --- reading -------------------------------------------------------------- */

/* NS, 0 to some seconds, in units of a timestamp. */
static uint64_t
ts_of_ns(int64_t ns)
{
	return ((uint64_t)ns << 30) / (NS_PER_S >> 2);
}

/* While few come, the first of them are answered before the others are read;
 * where many wait, each more that is read at once makes all of them cheaper. */
int
batch_read(struct batch *b, struct netsock *ns)
{
	const unsigned want = b->full ? BATCH_MAX : BATCH_FEW;
	int n;

	for (unsigned i = 0; i < b->used; i++) {
		b->from[i].ss_family = AF_UNSPEC;
		b->rx[i].msg_hdr.msg_namelen = sizeof b->from[i];
		b->rx[i].msg_hdr.msg_controllen = SOCK_CONTROL;
	}
	b->used = b->read = 0;
	b->full = false;
	do
		n = recvmmsg(ns->fd, b->rx, want, MSG_DONTWAIT, NULL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	b->now.sys = b->user.clock(b->user.arg, &b->real);
	b->before = b->now.mono;
	b->now.mono = systime_mono();
	b->used = b->read = (unsigned)n;
	b->answered += b->read;
	b->full = b->read == want;
	return n;
}

ntp_ts
batch_arrival(
    ntp_ts now, const struct timespec *real, const struct timespec *at)
{
	int64_t age = (real->tv_sec - at->tv_sec) * NS_PER_S + real->tv_nsec -
	    at->tv_nsec;

	if (age <= 0 || age >= ARRIVAL_MAX_NS)
		return now;
	return (ntp_ts){now.v - ts_of_ns(age)};
}

static int64_t
thread_cpu(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

bool
batch_is_full(const struct batch *b)
{
	return b->full;
}

__attribute__((cold)) static bool
gathered(struct batch *b, uint32_t us)
{
	const struct timespec nap = {0, (long)us * NS_PER_US};
	bool wanted;

	wanted = gather_wanted(&b->gather, b->answered, thread_cpu);
	b->answered = 0;
	if (!wanted ||
	    b->now.mono.ns - b->before.ns >= BUSY_WAITS * nap.tv_nsec)
		return false;
	(void)nanosleep(&nap, NULL);
	return true;
}

bool
batch_gather(struct batch *b, uint32_t us)
{
	return us != 0 && gathered(b, us);
}

/* --- answering ------------------------------------------------------------ */

/* False when datagram I is not even to be looked at. */
static bool
open_datagram(
    struct batch *b, struct netsock *ns, unsigned i, struct recvbuf *rb)
{
	struct mmsghdr *mm = &b->rx[i];
	struct sock_info info;

	ns->received++;
	sock_info_get(&mm->msg_hdr, &info);
	b->dst[i] = info.dst;
	if (info.dst.family == ADDR_NONE && !info.group)
		b->dst[i] = ns->local;
	b->dst[i].port = ns->local.port;
	*rb = (struct recvbuf){.src = &b->src[i],
	    .dst = &b->dst[i],
	    .group = info.group,
	    .rx_time = info.stamped
		? batch_arrival(b->now.sys, &b->real, &info.at)
		: b->now.sys,
	    .data = b->data[i],
	    .len = mm->msg_len};
	return (mm->msg_hdr.msg_flags & MSG_TRUNC) == 0 &&
	    b->src[i].family != ADDR_NONE &&
	    !b->user.refused(b->user.arg, ns, &b->src[i], &info);
}

static void
sign_elsewhere(struct batch *b, struct server_ctx *c, unsigned k)
{
	struct reply *r = &b->reply[k];
	struct datagram dg = {
	    .dst = &b->src[r->of], .src = &b->dst[r->of], .buf = b->out[k]};

	server_seal(c, b->out[k], &r->len, b->now.sys);
	dg.len = r->len;
	b->user.sign(b->user.arg, r->answer.reply_key, &dg);
}

static void
answer(struct batch *b, struct netsock *ns, struct server_ctx *c, unsigned i)
{
	struct reply *r = &b->reply[b->replies];
	struct recvbuf rb;

	if (!open_datagram(b, ns, i, &rb)) {
		ns->dropped++;
		return;
	}
	c->rnd = (uint32_t)(rng_u64(&b->rng) >> 32);
	switch (server_receive(c, &rb, b->now, b->out[b->replies], &r->len)) {
	case SERVER_PUNT:
		b->user.punt(b->user.arg, ns, &rb);
		break;
	case SERVER_REPLY:
		r->of = i;
		r->answer = c->answer;
		if (r->answer.ask_signd)
			sign_elsewhere(b, c, b->replies);
		else
			b->replies++;
		break;
	case SERVER_DROP:
	default:
		break;
	}
}

/* --- sending -------------------------------------------------------------- */

static ntp_ts
departure(const struct batch *b, ntp_ts start, unsigned k)
{
	return (ntp_ts){
	    start.v + ts_of_ns(b->replies * b->seal_ns + k * b->send_ns)};
}

/* The control data of the request makes room for that of its reply. */
static void
prepare(struct batch *b, struct netsock *ns, struct server_ctx *c, unsigned k)
{
	const struct reply *r = &b->reply[k];
	struct msghdr *mh = &b->tx[k].msg_hdr;

	mh->msg_name = &b->from[r->of];
	mh->msg_namelen = b->rx[r->of].msg_hdr.msg_namelen;
	mh->msg_control = b->control[r->of];
	mh->msg_controllen = 0;
	if (!addr_equal(&b->dst[r->of], &ns->local)) /* it leaves from there */
		sock_put_source(mh, &b->dst[r->of]);
	if (r->answer.remember) {
		netsock_mark(ns, server_sent(c, &b->src[r->of], b->now.sys));
		sock_put_stamp(mh, ns->hardware);
	}
	if (mh->msg_controllen == 0)
		mh->msg_control = NULL;
	b->txv[k] = (struct iovec){b->out[k], r->len};
}

static void
seal_all(struct batch *b, struct netsock *ns, struct server_ctx *c)
{
	struct timespec real;
	ntp_ts start = b->user.clock(b->user.arg, &real);

	for (unsigned k = 0; k < b->replies; k++) {
		struct reply *r = &b->reply[k];

		c->answer = r->answer;
		server_seal(c, b->out[k], &r->len, departure(b, start, k));
		prepare(b, ns, c, k);
	}
}

/* A reply that was begun before a step of the clock and finished after it
 * would tell of both. */
static void
seal_unstepped(struct batch *b, struct netsock *ns, struct server_ctx *c)
{
	seal_all(b, ns, c);
	if (!server_refresh(c))
		b->replies = 0;
}

/* One that cannot be sent must not keep back the others; a pending error of an
 * earlier one is told once. */
static void
send_all(struct batch *b, struct netsock *ns)
{
	unsigned done = 0, tries = 0;

	while (done < b->replies) {
		int n = sendmmsg(
		    ns->fd, b->tx + done, b->replies - done, MSG_NOSIGNAL);

		if (n > 0) {
			ns->sent += (unsigned)n;
			done += (unsigned)n;
			tries = 0;
		} else if (tries++ > 0 || errno == EAGAIN) {
			ns->failed++;
			done++;
			tries = 0;
		}
	}
}

static int64_t
average(int64_t before, int64_t ns)
{
	if (ns < 0 || ns > PACE_MAX_NS)
		return before;
	return before + (ns - before) / PACE_SHARE;
}

/* Send a crowd and learn how long it takes. */
static void
send_measured(struct batch *b, struct netsock *ns, struct server_ctx *c)
{
	ntp_mono t0 = systime_mono(), t1;
	int64_t n = b->replies;

	seal_unstepped(b, ns, c);
	t1 = systime_mono();
	send_all(b, ns);
	b->seal_ns = average(b->seal_ns, (t1.ns - t0.ns) / n);
	b->send_ns = average(b->send_ns, (systime_mono().ns - t1.ns) / n);
}

void
batch_serve(struct batch *b, struct netsock *ns, struct server_ctx *c)
{
	b->replies = 0;
	(void)server_refresh(c);
	for (unsigned i = 0; i < b->read; i++)
		sock_addr_get(&b->from[i], &b->src[i]);
	if (b->read > 1)
		mru_expect(c->mru, b->src, b->read);
	for (unsigned i = 0; i < b->read; i++)
		answer(b, ns, c, i);
	b->read = 0;
	if (b->replies >= PACE_MIN) {
		send_measured(b, ns, c);
	} else if (b->replies > 0) {
		seal_unstepped(b, ns, c);
		send_all(b, ns);
	}
}
