/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ceiling.c - what the kernel lets any NTP server do here.
 *
 * It waits, reads in batches with arrival times and destination addresses,
 * and sends in batches, as a server on the wildcard address must; but it
 * decides nothing and remembers nobody.  How near one comes is a measure of
 * that server and not of the machine.  Only who is bound to single addresses,
 * or leaves nobody waiting on the socket while it sends, can pass it.  Told to
 * gather it shows what a nap between two batches costs and saves here.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH	   64
#define DATA	   256
#define CONTROL	   128
#define HEADER	   48
#define RCVBUF	   (4 << 20)
#define BUSY	   3 /* within so many naps */
#define SLACK_NS   1000UL
#define UNIX_EPOCH 2208988800U /* s since 1900 */

struct batch {
	uint8_t data[BATCH][DATA];
	_Alignas(struct cmsghdr) uint8_t control[BATCH][CONTROL];
	struct sockaddr_in from[BATCH];
	struct iovec iov[BATCH];
	struct mmsghdr in[BATCH], out[BATCH];
};

static uint64_t
wire_time(const struct timespec *ts)
{
	uint64_t s = (uint64_t)ts->tv_sec + UNIX_EPOCH;

	return htobe64(s << 32 | ((uint64_t)ts->tv_nsec << 32) / 1000000000U);
}

static int
open_server(const char *port)
{
	struct sockaddr_in any = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
	int one = 1, size = RCVBUF;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one) != 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one) != 0 ||
	    bind(fd, (struct sockaddr *)&any, sizeof any) != 0) {
		perror("ceiling");
		exit(1);
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	return fd;
}

/* Where the answer must come from goes back as control data. */
static uint64_t
turn_control(struct msghdr *mh, uint64_t now)
{
	struct in_pktinfo pi = {.ipi_ifindex = 0};
	struct cmsghdr *first = CMSG_FIRSTHDR(mh), *cm;
	struct timespec ts;

	for (cm = first; cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level == SOL_SOCKET &&
		    cm->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(cm), sizeof ts);
			now = wire_time(&ts);
		} else if (cm->cmsg_level == IPPROTO_IP &&
		    cm->cmsg_type == IP_PKTINFO) {
			memcpy(&pi, CMSG_DATA(cm), sizeof pi);
		}
	}
	if (first == NULL)
		return now;
	pi.ipi_ifindex = 0;
	pi.ipi_spec_dst = pi.ipi_addr;
	first->cmsg_level = IPPROTO_IP;
	first->cmsg_type = IP_PKTINFO;
	first->cmsg_len = CMSG_LEN(sizeof pi);
	memcpy(CMSG_DATA(first), &pi, sizeof pi);
	mh->msg_controllen = CMSG_SPACE(sizeof pi);
	return now;
}

static void
answer(struct batch *b, int i, uint64_t now)
{
	uint8_t *p = b->data[i];
	uint64_t arrived = turn_control(&b->in[i].msg_hdr, now);

	p[0] = 0x24; /* version 4, server */
	p[1] = 1;
	p[3] = 0xe9;
	memset(p + 4, 0, 8);
	memcpy(p + 12, "CEIL", 4);
	memcpy(p + 16, &now, 8);
	memcpy(p + 24, p + 40, 8);
	memcpy(p + 32, &arrived, 8);
	memcpy(p + 40, &now, 8);
	b->iov[i].iov_len = HEADER;
	b->out[i].msg_hdr = b->in[i].msg_hdr;
}

static int
serve(struct batch *b, int fd)
{
	struct timespec ts;
	int n;

	for (int i = 0; i < BATCH; i++) {
		b->iov[i] = (struct iovec){b->data[i], DATA};
		b->in[i].msg_hdr = (struct msghdr){.msg_name = &b->from[i],
		    .msg_namelen = sizeof b->from[i],
		    .msg_iov = &b->iov[i],
		    .msg_iovlen = 1,
		    .msg_control = b->control[i],
		    .msg_controllen = CONTROL};
	}
	n = recvmmsg(fd, b->in, BATCH, 0, NULL);
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	for (int i = 0; i < n; i++)
		answer(b, i, wire_time(&ts));
	for (int i = 0, k; i<n; i += k> 0 ? k : 1)
		k = sendmmsg(fd, b->out + i, (unsigned)(n - i), 0);
	return n;
}

static int64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Wait NS for company if the last batch was not long ago. */
static int
gather(int64_t ns, int64_t *last)
{
	const struct timespec nap = {0, (long)ns};
	int64_t now = now_ns(), before = *last;

	*last = now;
	return now - before < BUSY * ns && nanosleep(&nap, NULL) == 0;
}

int
main(int argc, char *argv[])
{
	struct batch *b = calloc(1, sizeof *b);
	struct epoll_event ev = {.events = EPOLLIN};
	int fd = open_server(argc > 1 ? argv[1] : "123");
	int64_t ns = argc > 2 ? strtol(argv[2], NULL, 10) * 1000 : 0;
	int64_t last = 0;
	int ep = epoll_create1(0);

	if (b == NULL || ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) != 0)
		return 1;
	(void)prctl(PR_SET_TIMERSLACK, SLACK_NS);
	for (;;)
		if (serve(b, fd) < BATCH && (ns == 0 || !gather(ns, &last)))
			(void)epoll_wait(ep, &ev, 1, -1);
}
