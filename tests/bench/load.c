/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.c - ask an NTP server as fast as it answers, or at a given rate.
 *
 * Each request carries a random cookie in its transmit timestamp whose low
 * bits name the slot that remembers it, so a reply is matched and checked
 * without a search, and one that comes too late is known as such.  The CPU
 * time of the server is read from its threads' schedstat, to the nanosecond,
 * around the same interval that is counted.  One JSON line tells the result.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ntp_mac.h"

#define HEADER	    48U
#define REQUEST_MAX (HEADER + 4U + 20U)
#define REPLY_MAX   256U
#define BATCH	    32U
#define SOCKETS_MAX 64U
#define SLOTS	    65536U
#define CLIENTS_MAX 0xbfffffU /* 127.64.0.0 to 127.255.255.254 */
#define BINS	    200000U   /* of 100 ns: up to 20 ms */
#define BIN_NS	    100
#define STALL_NS    100000000 /* closed loop: then what is out is lost */
#define BEHIND_NS   20000000  /* open loop: then the schedule is cut */
#define RCVBUF	    (4 << 20)

struct slot {
	uint64_t cookie;
	int64_t sent; /* ns */
	bool busy, counted;
};

struct count {
	uint64_t sent, answered, rate_kod, bad, late, skipped;
	uint64_t received; /* of whenever they were sent */
};

struct load {
	/* what was asked for */
	struct sockaddr_in server;
	double rate;	/* 1/s, 0: as fast as answers come */
	unsigned depth; /* requests out at one time */
	double seconds, warmup;
	uint32_t clients; /* source addresses from 127.64.0.0 on, 0: one */
	uint64_t most;	  /* requests, 0: no limit */
	long pid;
	struct mac *mac;
	uint32_t keyid;
	unsigned nsock;
	/* the work */
	int fd[SOCKETS_MAX];
	size_t len; /* of a request */
	uint64_t seed;
	uint32_t client;
	unsigned next_sock, next_slot, out;
	uint64_t tries;
	int64_t start, begin, end, last; /* ns */
	struct count n;
	struct slot slot[SLOTS];
	uint32_t bin[BINS + 1];
	/* one batch */
	uint8_t data[BATCH][REPLY_MAX];
	_Alignas(struct cmsghdr) uint8_t control[BATCH][64];
	struct iovec iov[BATCH];
	struct mmsghdr mm[BATCH];
};

static _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* xorshift64*: unique enough to be a cookie. */
static uint64_t
draw(struct load *l)
{
	l->seed ^= l->seed >> 12;
	l->seed ^= l->seed << 25;
	l->seed ^= l->seed >> 27;
	return l->seed * 2685821657736338717U;
}

static bool
counting(const struct load *l, int64_t t)
{
	return t >= l->begin && t < l->end;
}

/* --- sending -------------------------------------------------------------- */

static uint32_t
next_client(struct load *l)
{
	l->client = (l->client + 1) % l->clients;
	return l->client;
}

static void
set_source(struct load *l, struct msghdr *mh, uint8_t *control)
{
	struct in_pktinfo pi = {
	    .ipi_spec_dst.s_addr = htonl(0x7f400000U + next_client(l))};
	struct cmsghdr *cm = (struct cmsghdr *)control;

	cm->cmsg_level = IPPROTO_IP;
	cm->cmsg_type = IP_PKTINFO;
	cm->cmsg_len = CMSG_LEN(sizeof pi);
	memcpy(CMSG_DATA(cm), &pi, sizeof pi);
	mh->msg_control = control;
	mh->msg_controllen = CMSG_SPACE(sizeof pi);
}

static void
make_request(struct load *l, unsigned i, unsigned slot)
{
	uint8_t *p = l->data[i];
	uint64_t cookie = (draw(l) & ~(uint64_t)(SLOTS - 1)) | slot;
	uint32_t id = htonl(l->keyid);
	struct msghdr *mh = &l->mm[i].msg_hdr;

	memset(p, 0, HEADER);
	p[0] = 0x23; /* version 4, client */
	p[2] = 6;
	memcpy(p + 40, &cookie, sizeof cookie);
	if (l->mac != NULL) {
		memcpy(p + HEADER, &id, sizeof id);
		(void)mac_sign(l->mac, p, HEADER, p + HEADER + 4);
	}
	l->slot[slot].cookie = cookie;
	l->iov[i] = (struct iovec){p, l->len};
	*mh = (struct msghdr){.msg_name = &l->server,
	    .msg_namelen = sizeof l->server,
	    .msg_iov = &l->iov[i],
	    .msg_iovlen = 1};
	if (l->clients > 0)
		set_source(l, mh, l->control[i]);
}

/* Send at most N on the next socket; the number that left. */
static unsigned
send_some(struct load *l, unsigned n)
{
	unsigned first = l->next_slot;
	int64_t now;
	int sent;

	n = n < BATCH ? n : BATCH;
	for (unsigned i = 0; i < n; i++)
		make_request(l, i, (first + i) % SLOTS);
	now = now_ns();
	sent = sendmmsg(l->fd[l->next_sock], l->mm, n, MSG_DONTWAIT);
	l->next_sock = (l->next_sock + 1) % l->nsock;
	for (int i = 0; i < sent; i++) {
		struct slot *s = &l->slot[(first + (unsigned)i) % SLOTS];

		s->sent = now;
		s->busy = true;
		s->counted = counting(l, now);
		l->n.sent += s->counted;
	}
	if (sent <= 0)
		return 0;
	l->next_slot = (first + (unsigned)sent) % SLOTS;
	l->out += (unsigned)sent;
	return (unsigned)sent;
}

static void
send_due(struct load *l, int64_t now)
{
	uint64_t due = (uint64_t)((double)(now - l->start) * 1e-9 * l->rate);
	uint64_t limit = l->tries + (uint64_t)(l->rate * BEHIND_NS * 1e-9) + 1;

	if (due > limit + BATCH) {
		l->n.skipped += counting(l, now) ? due - limit : 0;
		l->tries += due - limit;
	}
	if (due > l->tries)
		l->tries += send_some(l,
		    due - l->tries < BATCH ? (unsigned)(due - l->tries)
					   : BATCH);
}

/* --- receiving ------------------------------------------------------------ */

static bool
is_good(const struct load *l, const uint8_t *p, size_t len)
{
	uint64_t rec;

	memcpy(&rec, p + 32, sizeof rec);
	if ((p[0] & 0x3f) != 0x24 || len != l->len || rec == 0)
		return false;
	return l->mac == NULL ||
	    mac_verify(l->mac, p, HEADER, p + HEADER + 4, len - HEADER - 4);
}

static void
reply(struct load *l, const uint8_t *p, size_t len, int64_t now)
{
	uint64_t org;
	struct slot *s;
	int64_t bin;

	if (len < HEADER) {
		l->n.bad++;
		return;
	}
	memcpy(&org, p + 24, sizeof org);
	s = &l->slot[org & (SLOTS - 1)];
	if (s->cookie != org || !s->busy) {
		l->n.late++;
		return;
	}
	s->busy = false;
	l->out -= l->out > 0;
	l->last = now;
	if (p[1] == 0 && memcmp(p + 12, "RATE", 4) == 0) {
		l->n.rate_kod += s->counted;
		return;
	}
	if (!is_good(l, p, len)) {
		l->n.bad++;
		return;
	}
	l->n.received += counting(l, now);
	if (!s->counted)
		return;
	l->n.answered++;
	bin = (now - s->sent) / BIN_NS;
	l->bin[bin < BINS ? bin : BINS]++;
}

static bool
receive_some(struct load *l, int fd)
{
	int64_t now;
	int n;

	for (unsigned i = 0; i < BATCH; i++) {
		l->iov[i] = (struct iovec){l->data[i], REPLY_MAX};
		l->mm[i].msg_hdr =
		    (struct msghdr){.msg_iov = &l->iov[i], .msg_iovlen = 1};
	}
	n = recvmmsg(fd, l->mm, BATCH, MSG_DONTWAIT, NULL);
	now = now_ns();
	for (int i = 0; i < n; i++)
		reply(l, l->data[i], l->mm[i].msg_len, now);
	return n > 0;
}

/* --- the server's CPU time ------------------------------------------------ */

static double
thread_cpu(long pid, const char *tid)
{
	char path[64];
	unsigned long long ns = 0;
	FILE *fp;

	(void)snprintf(
	    path, sizeof path, "/proc/%ld/task/%.20s/schedstat", pid, tid);
	fp = fopen(path, "re");
	if (fp == NULL)
		return 0;
	if (fscanf(fp, "%llu", &ns) != 1) /* NOLINT(cert-err34-c) */
		ns = 0;
	(void)fclose(fp);
	return (double)ns * 1e-9;
}

static double
server_cpu(long pid)
{
	char path[64];
	double sum = 0;
	struct dirent *de;
	DIR *dir;

	(void)snprintf(path, sizeof path, "/proc/%ld/task", pid);
	dir = pid > 0 ? opendir(path) : NULL;
	if (dir == NULL)
		return 0;
	while ((de = readdir(dir)) != NULL) /* NOLINT(concurrency-mt-unsafe) */
		if (de->d_name[0] != '.')
			sum += thread_cpu(pid, de->d_name);
	(void)closedir(dir);
	return sum;
}

/* --- a run ---------------------------------------------------------------- */

static void
step(struct load *l, int64_t now, bool sending)
{
	if (sending && l->rate > 0)
		send_due(l, now);
	else if (sending && l->out < l->depth)
		(void)send_some(l, l->depth - l->out);
	for (unsigned i = 0; i < l->nsock; i++)
		while (receive_some(l, l->fd[i]))
			;
	if (l->rate <= 0 && l->out > 0 && now - l->last > STALL_NS) {
		l->out = 0;
		l->last = now;
	}
}

/* The CPU seconds of the server between begin and end. */
static double
run(struct load *l)
{
	double cpu = 0;
	bool begun = false;
	int64_t now = now_ns();

	l->start = l->last = now;
	l->begin = now + (int64_t)(l->warmup * 1e9);
	l->end = l->begin + (int64_t)(l->seconds * 1e9);
	while (now < l->end && (l->most == 0 || l->n.sent < l->most)) {
		if (!begun && now >= l->begin) {
			cpu = server_cpu(l->pid);
			begun = true;
		}
		step(l, now, true);
		now = now_ns();
	}
	cpu = server_cpu(l->pid) - cpu;
	l->end = now < l->end ? now : l->end;
	while (now < l->end + STALL_NS) {
		step(l, now, false);
		now = now_ns();
	}
	return cpu;
}

/* Who was never answered waited longest. */
static double
quantile(const struct load *l, double q)
{
	double all = (double)(l->n.sent - l->n.rate_kod - l->n.bad);
	double sum = 0;

	for (unsigned i = 0; i <= BINS; i++) {
		sum += l->bin[i];
		if (sum >= q * all && sum > 0)
			return (i + 0.5) * BIN_NS * 1e-3;
	}
	return l->n.answered > 0 ? (BINS + 0.5) * BIN_NS * 1e-3 : 0;
}

static void
tell(const struct load *l, double cpu)
{
	const struct count *n = &l->n;
	uint64_t done = n->answered + n->rate_kod + n->bad;
	double lost = n->sent > done ? (double)(n->sent - done) : 0;

	(void)printf("{\"sent\": %llu, \"answered\": %llu, \"rate_kod\": %llu, "
		     "\"bad\": %llu, \"late\": %llu, \"skipped\": %llu, ",
	    (unsigned long long)n->sent, (unsigned long long)n->answered,
	    (unsigned long long)n->rate_kod, (unsigned long long)n->bad,
	    (unsigned long long)n->late, (unsigned long long)n->skipped);
	(void)printf("\"loss\": %.6f, \"responses_s\": %.1f, \"cpu_s\": %.6f, "
		     "\"per_cpu_s\": %.1f, \"p50\": %.2f, \"p99\": %.2f, "
		     "\"p999\": %.2f}\n",
	    n->sent > 0 ? lost / (double)n->sent : 0,
	    (double)n->received / l->seconds, cpu,
	    cpu > 0 ? (double)n->received / cpu : 0, quantile(l, 0.5),
	    quantile(l, 0.99), quantile(l, 0.999));
}

/* --- the command line ----------------------------------------------------- */

static int
open_socket(const struct load *l)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int size = RCVBUF;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (l->clients == 0)
		any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) != 0)
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	return fd;
}

/* ID:TYPE:SECRET */
static void
take_key(struct load *l, const char *text)
{
	char *type;
	const char *secret;

	l->keyid = (uint32_t)strtoul(text, &type, 10);
	type += *type == ':';
	secret = strchr(type, ':');
	if (secret != NULL) {
		enum mac_type t =
		    mac_type_by_name(type, (size_t)(secret - type));

		l->mac = mac_new(t, secret + 1, strlen(secret + 1));
		l->len = HEADER + 4 + mac_digest_len(t);
	}
	errno = EINVAL;
	if (l->mac == NULL)
		die("-k ID:TYPE:SECRET");
}

static void
take_server(struct load *l, const char *address, const char *port)
{
	l->server.sin_family = AF_INET;
	l->server.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	errno = EINVAL;
	if (inet_pton(AF_INET, address, &l->server.sin_addr) != 1)
		die(address);
}

static void
take_options(struct load *l, int argc, char *argv[])
{
	int c;

	while ((c = getopt(argc, argv, "r:o:d:w:s:c:k:n:p:")) != -1) {
		switch (c) {
		case 'r':
			l->rate = strtod(optarg, NULL);
			break;
		case 'o':
			l->depth = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'd':
			l->seconds = strtod(optarg, NULL);
			break;
		case 'w':
			l->warmup = strtod(optarg, NULL);
			break;
		case 's':
			l->nsock = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			l->clients = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'k':
			take_key(l, optarg);
			break;
		case 'n':
			l->most = strtoull(optarg, NULL, 10);
			break;
		case 'p':
			l->pid = strtol(optarg, NULL, 10);
			break;
		default:
			optind = argc;
			return;
		}
	}
}

int
main(int argc, char *argv[])
{
	struct load *l = calloc(1, sizeof *l);

	if (l == NULL)
		die("memory");
	l->depth = 128;
	l->seconds = 2;
	l->warmup = 0.3;
	l->nsock = 8;
	l->len = HEADER;
	take_options(l, argc, argv);
	if (argc - optind != 2 || l->nsock < 1 || l->nsock > SOCKETS_MAX ||
	    l->clients > CLIENTS_MAX || !(l->seconds > 0)) {
		(void)fprintf(stderr,
		    "usage: load [-r RATE | -o OUT] [-d SECONDS] [-w SECONDS]"
		    " [-s SOCKETS]\n            [-c CLIENTS] [-n REQUESTS]"
		    " [-k ID:TYPE:SECRET] [-p PID] ADDRESS PORT\n");
		return 2;
	}
	take_server(l, argv[optind], argv[optind + 1]);
	if (getrandom(&l->seed, sizeof l->seed, 0) != sizeof l->seed)
		die("getrandom");
	l->seed |= 1;
	if (l->clients > 0 && l->most == 0)
		l->client = (uint32_t)(l->seed % l->clients);
	for (unsigned i = 0; i < l->nsock; i++)
		l->fd[i] = open_socket(l);
	tell(l, run(l));
	mac_free(&l->mac);
	free(l);
	return 0;
}
