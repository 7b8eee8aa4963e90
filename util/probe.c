/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe.c - ask servers for the time a few times.
 *
 * Requests say nothing about us: their transmit timestamp is a random number,
 * which the reply must repeat (RFC 9109 and the data minimization draft).
 */
#include "probe.h"

#include <sys/random.h>

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ntp.h"
#include "ntp_addr.h"
#include "ntp_algo.h"

#define ROUND_PAUSE  200000000L /* ns between two requests to a server */
#define MAXDIST	     1.5	/* s, as ntpd has it */
#define DATAGRAM_MAX 1024U
#define HOST_MAX     256U

/* --- names ---------------------------------------------------------------- */

static bool
is_known(const struct probe_set *s, const struct addrinfo *ai)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->probe[i].salen == ai->ai_addrlen &&
		    memcmp(&s->probe[i].sa, ai->ai_addr, ai->ai_addrlen) == 0)
			return true;
	return false;
}

static void
add_address(struct probe_set *s, const struct addrinfo *ai)
{
	struct probe *p = &s->probe[s->n];

	if (s->n == PROBES_MAX || ai->ai_addrlen > sizeof p->sa ||
	    is_known(s, ai))
		return;
	*p = (struct probe){.fd = -1, .salen = ai->ai_addrlen};
	memcpy(&p->sa, ai->ai_addr, ai->ai_addrlen);
	if (getnameinfo(ai->ai_addr, ai->ai_addrlen, p->name, sizeof p->name,
		NULL, 0, NI_NUMERICHOST) == 0)
		s->n++;
}

const char *
probe_add(struct probe_set *s, const char *host, int family)
{
	struct addrinfo hints = {.ai_family = family,
	    .ai_socktype = SOCK_DGRAM,
	    .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list;
	char name[HOST_MAX], service[8];
	uint16_t port;
	int err;

	if (strlen(host) >= sizeof name ||
	    addr_split_port(host, name, sizeof name, &port) != 0 ||
	    name[0] == '\0')
		return "neither HOST, HOST:PORT nor [ADDR]:PORT";
	snprintf(service, sizeof service, "%u", port != 0 ? port : NTP_PORT);
	err = getaddrinfo(name, service, &hints, &list);
	if (err != 0)
		return gai_strerror(err);
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next)
		add_address(s, ai);
	freeaddrinfo(list);
	return NULL;
}

/* --- packets -------------------------------------------------------------- */

static ntp_ts
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts_from_unix(ts.tv_sec, (uint32_t)ts.tv_nsec);
}

static void
fail(struct probe *p, const char *words)
{
	if (p->received == 0)
		snprintf(p->why, sizeof p->why, "%s", words);
}

static void
send_request(struct probe_set *s, struct probe *p)
{
	struct ntp_packet q = {.version = s->version, .mode = NTP_MODE_CLIENT};
	uint8_t buf[DATAGRAM_MAX];
	size_t len = NTP_HEADER_LEN;

	p->waiting = false;
	if (getrandom(&p->nonce, sizeof p->nonce, 0) !=
	    (ssize_t)sizeof p->nonce)
		p->nonce = now();
	q.xmt = p->nonce;
	packet_encode(&q, buf);
	if (s->keys != NULL &&
	    keys_sign(s->keys, s->keyid, buf, sizeof buf, &len) != 0) {
		fail(p, "there is no such key");
		return;
	}
	p->sent++;
	p->asked = now();
	if (send(p->fd, buf, len, 0) < 0)
		fail(p, strerror(errno)); /* NOLINT(concurrency-mt-unsafe) */
	else
		p->waiting = true;
}

static bool
is_authentic(const struct probe_set *s, const uint8_t *buf, size_t len)
{
	if (s->keys == NULL)
		return true;
	return len > NTP_HEADER_LEN + 4 &&
	    keys_verify(s->keys, buf, NTP_HEADER_LEN, len - NTP_HEADER_LEN) ==
	    0;
}

static void
take_sample(struct probe *p, const struct ntp_packet *r, ntp_ts arrived)
{
	double out = ts_diff(r->rec, p->asked);
	double back = ts_diff(r->xmt, arrived);
	double delay = out - back;

	if (p->received++ > 0 && delay >= p->delay)
		return;
	p->pkt = *r;
	p->offset = (out + back) / 2;
	p->delay = delay;
}

/* Whatever is no reply to the last request is not looked at. */
static void
take_datagram(struct probe_set *s, struct probe *p)
{
	uint8_t buf[DATAGRAM_MAX];
	ssize_t len = recv(p->fd, buf, sizeof buf, MSG_DONTWAIT);
	ntp_ts arrived = now();
	struct ntp_packet r;

	if (len < 0 && errno == ECONNREFUSED) {
		fail(p, "port unreachable");
		p->waiting = false;
	}
	if (len < 0 || packet_decode(buf, (size_t)len, &r) != 0 ||
	    r.mode != NTP_MODE_SERVER || !p->waiting ||
	    !ts_equal(r.org, p->nonce))
		return;
	p->waiting = false;
	if (is_authentic(s, buf, (size_t)len))
		take_sample(p, &r, arrived);
	else
		fail(p, "authentication failed");
}

/* --- rounds --------------------------------------------------------------- */

static void
wait_for_replies(struct probe_set *s)
{
	struct pollfd fds[PROBES_MAX];
	ntp_ts began = now();
	double left = s->timeout;

	while (left > 0) {
		bool any = false;

		for (size_t i = 0; i < s->n; i++) {
			fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
			if (s->probe[i].waiting)
				fds[i].fd = s->probe[i].fd;
			any |= s->probe[i].waiting;
		}
		if (!any || poll(fds, s->n, (int)(left * 1000) + 1) < 0)
			return;
		for (size_t i = 0; i < s->n; i++)
			if (fds[i].revents != 0)
				take_datagram(s, &s->probe[i]);
		left = s->timeout - ts_diff(now(), began);
		if (left > s->timeout)
			return; /* somebody has set the clock */
	}
}

static void
open_probe(struct probe *p)
{
	p->fd = socket(p->sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p->fd >= 0 &&
	    connect(p->fd, (const struct sockaddr *)&p->sa, p->salen) == 0)
		return;
	fail(p, strerror(errno)); /* NOLINT(concurrency-mt-unsafe) */
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

void
probe_run(struct probe_set *s, unsigned rounds)
{
	static const struct timespec pause = {.tv_nsec = ROUND_PAUSE};

	for (size_t i = 0; i < s->n; i++)
		open_probe(&s->probe[i]);
	for (unsigned k = 0; k < rounds; k++) {
		if (k > 0)
			nanosleep(&pause, NULL);
		for (size_t i = 0; i < s->n; i++)
			if (s->probe[i].fd >= 0)
				send_request(s, &s->probe[i]);
		wait_for_replies(s);
	}
}

void
probe_close(struct probe_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->probe[i].fd >= 0)
			close(s->probe[i].fd);
	s->n = 0;
}

/* --- choosing ------------------------------------------------------------- */

double
probe_root_distance(const struct probe *p)
{
	double delay = short_to_s(p->pkt.rootdelay) + p->delay;

	return delay / 2 + short_to_s(p->pkt.rootdisp) +
	    log2_to_s(p->pkt.precision);
}

/* Stratum 0: the reference id says why there is no time. */
static void
name_kiss(struct probe *p)
{
	static const char *const refusals[] = {"DENY", "RATE", "RSTR"};
	const char *what = "is not synchronized";
	char code[5] = "";

	for (unsigned i = 0; i < 4; i++) {
		unsigned c = p->pkt.refid >> (24 - 8 * i) & 0xffU;

		code[i] = c >= ' ' && c <= '~' ? (char)c : '\0';
	}
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		if (strcmp(code, refusals[i]) == 0)
			what = "refuses us";
	snprintf(p->why, sizeof p->why, "it %s: %s", what,
	    code[0] != '\0' ? code : "no reason given");
}

bool
probe_is_fit(struct probe *p)
{
	if (p->received == 0) {
		if (p->why[0] == '\0')
			snprintf(p->why, sizeof p->why,
			    "no reply to %u requests", p->sent);
		return false;
	}
	p->why[0] = '\0';
	if (p->pkt.stratum == 0)
		name_kiss(p);
	else if (p->pkt.leap == NTP_LEAP_UNSYNC ||
	    p->pkt.stratum >= NTP_MAXSTRAT)
		snprintf(p->why, sizeof p->why,
		    "it is not synchronized (leap %u, stratum %u)", p->pkt.leap,
		    p->pkt.stratum);
	else if (p->delay < -log2_to_s(p->pkt.precision) ||
	    probe_root_distance(p) >= MAXDIST)
		snprintf(p->why, sizeof p->why,
		    "root distance %.3f s, the limit is %.1f s",
		    probe_root_distance(p), MAXDIST);
	return p->why[0] == '\0';
}

static struct probe *
better(struct probe *a, struct probe *b)
{
	if (a == NULL)
		return b;
	if (a->pkt.stratum != b->pkt.stratum)
		return a->pkt.stratum < b->pkt.stratum ? a : b;
	return probe_root_distance(a) <= probe_root_distance(b) ? a : b;
}

struct probe *
probe_best(struct probe_set *s, const char **why)
{
	struct endpoint scratch[2 * PROBES_MAX];
	struct candidate c[PROBES_MAX];
	struct probe *best = NULL, *p;
	struct interval truth;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		p = &s->probe[i];
		if (!probe_is_fit(p))
			continue;
		c[n++] = (struct candidate){.offset = p->offset,
		    .rootdist = probe_root_distance(p),
		    .stratum = p->pkt.stratum,
		    .tag = (unsigned)i};
	}
	*why = n == 0 ? "no server answers that is fit"
		      : "the servers disagree, none has a majority";
	if (n == 0 || !select_intersection(c, n, scratch, &truth))
		return NULL;
	n = select_survivors(c, n, &truth);
	for (size_t i = 0; i < n; i++)
		best = better(best, &s->probe[c[i].tag]);
	return best;
}
