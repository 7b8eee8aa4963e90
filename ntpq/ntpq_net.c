/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_net.c - ask one question of one server and put its reply together.
 *
 * A connected socket, so that a closed port is known at once and a stranger's
 * datagrams never reach us.  A name may have several addresses, and localhost
 * always has two: those that refuse or keep silent are passed over until one
 * has answered, then that one is kept.  However many datagrams arrive, only
 * accepted fragments move the deadline, and there are 32 at most.
 */
#include <sys/random.h>

#include <netinet/in.h>

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ntp.h"
#include "ntpq.h"

#define DEFAULT_VERSION 2
#define DEFAULT_TIMEOUT 5000 /* ms */
#define SILENT_TRIES	2U   /* the question and one retry */

void
net_init(struct net *n)
{
	memset(n, 0, sizeof(*n));
	n->fd = -1;
	n->version = DEFAULT_VERSION;
	n->timeout = DEFAULT_TIMEOUT;
	n->log = stderr;
	if (getrandom(&n->seq, sizeof(n->seq), 0) != (ssize_t)sizeof(n->seq))
		n->seq = (uint16_t)time(NULL);
}

void
net_close(struct net *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

bool
net_log(struct net *n, const char *path)
{
	FILE *f = path != NULL ? fopen(path, "ae") : stderr;

	if (f == NULL)
		return false;
	if (f != stderr)
		(void)setvbuf(f, NULL, _IOLBF, 0);
	if (n->log != stderr)
		fclose(n->log);
	n->log = f;
	snprintf(
	    n->logname, sizeof(n->logname), "%s", path != NULL ? path : "");
	return true;
}

static void
add_candidate(struct net *n, const struct sockaddr *sa, socklen_t len)
{
	struct net_candidate *c;

	if (n->ncand == NTPQ_CANDIDATES || len > sizeof(c->sa))
		return;
	c = &n->cand[n->ncand++];
	memset(c, 0, sizeof(*c));
	memcpy(&c->sa, sa, len);
	c->salen = len;
}

static void
adopt(struct net *n, const char *target)
{
	net_close(n);
	n->ncand = 0;
	n->cur = 0;
	n->settled = false;
	snprintf(n->target, sizeof(n->target), "%s", target);
}

/* RFC 6761 6.3: localhost is loopback whatever a resolver says, and it works
 * where there is no resolver and no hosts file. */
static void
open_localhost(struct net *n, const char *target, int family, uint16_t port)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	adopt(n, target);
	v6.sin6_addr = in6addr_loopback;
	v6.sin6_port = htons(port);
	if (family != AF_INET)
		add_candidate(n, (const struct sockaddr *)&v6, sizeof(v6));
	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v4.sin_port = htons(port);
	if (family != AF_INET6)
		add_candidate(n, (const struct sockaddr *)&v4, sizeof(v4));
}

static const char *
open_resolved(struct net *n, const char *target, int family, const char *host,
    uint16_t port)
{
	struct addrinfo hints = {.ai_family = family,
	    .ai_socktype = SOCK_DGRAM,
	    .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list, *ai;
	char service[8];
	int err;

	snprintf(service, sizeof(service), "%u", port);
	err = getaddrinfo(host, service, &hints, &list);
	if (err != 0)
		return gai_strerror(err);
	adopt(n, target);
	for (ai = list; ai != NULL; ai = ai->ai_next)
		add_candidate(n, ai->ai_addr, ai->ai_addrlen);
	freeaddrinfo(list);
	return NULL;
}

const char *
net_open(struct net *n, const char *target, int family)
{
	char host[NTPQ_NAME_MAX];
	uint16_t port;

	if (strlen(target) >= sizeof(n->target) ||
	    addr_split_port(target, host, sizeof(host), &port) != 0 ||
	    host[0] == '\0')
		return "neither HOST, HOST:PORT nor [ADDR]:PORT";
	if (port == 0)
		port = NTP_PORT;
	if (strcmp(host, "localhost") == 0) {
		open_localhost(n, target, family, port);
		return NULL;
	}
	return open_resolved(n, target, family, host, port);
}

const char *
net_strerror(int err)
{
	return strerror(err); /* NOLINT(concurrency-mt-unsafe): one thread */
}

const char *
net_endpoint(const struct net_candidate *c, char out[NTPQ_ENDPOINT_MAX])
{
	char host[NI_MAXHOST], port[8];
	bool v6 = c->sa.ss_family == AF_INET6;

	if (getnameinfo((const struct sockaddr *)&c->sa, c->salen, host,
		sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return "?";
	snprintf(out, NTPQ_ENDPOINT_MAX, "%s%s%s:%s", v6 ? "[" : "", host,
	    v6 ? "]" : "", port);
	return out;
}

static enum ask_result
network_result(struct net *n)
{
	if (errno == ECONNREFUSED)
		return ASK_REFUSED;
	n->err = errno;
	return ASK_NETWORK;
}

static enum ask_result
connect_candidate(struct net *n)
{
	const struct net_candidate *c = &n->cand[n->cur];
	enum ask_result res;

	if (n->fd >= 0)
		return ASK_OK;
	n->fd = socket(c->sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd < 0)
		return network_result(n);
	if (n->unconnected)
		return ASK_OK;
	if (connect(n->fd, (const struct sockaddr *)&c->sa, c->salen) == 0)
		return ASK_OK;
	res = network_result(n);
	net_close(n); /* the next question is not to find it here */
	return res;
}

static ssize_t
send_packet(const struct net *n, const uint8_t *packet, size_t len)
{
	const struct net_candidate *c = &n->cand[n->cur];

	if (n->unconnected)
		return sendto(n->fd, packet, len, 0,
		    (const struct sockaddr *)&c->sa, c->salen);
	return send(n->fd, packet, len, 0);
}

static enum ask_result
send_query(struct net *n, const struct query *q)
{
	uint8_t packet[MODE6_PACKET_MAX] = {0};
	struct mode6_hdr h = {.version = n->version,
	    .opcode = (uint8_t)q->opcode,
	    .seq = n->seq,
	    .associd = q->associd,
	    .count = (uint16_t)q->len};
	size_t unit = q->sign ? 8 : 4;
	size_t len = (MODE6_HEADER_LEN + q->len + unit - 1) / unit * unit;
	char where[NTPQ_ENDPOINT_MAX];

	assert(q->len <= MODE6_DATA_MAX);
	mode6_encode(&h, packet);
	if (q->len > 0)
		memcpy(packet + MODE6_HEADER_LEN, q->data, q->len);
	if (n->debug > 0)
		fprintf(n->log, "%s: opcode %u, id %u, sequence %u: %.*s\n",
		    net_endpoint(&n->cand[n->cur], where), h.opcode, h.associd,
		    h.seq, (int)q->len, q->len > 0 ? q->data : "");
	if (q->sign &&
	    keys_sign(n->keys, n->keyid, packet, sizeof(packet), &len) != 0)
		return ASK_NOKEY;
	if (n->padded && !q->sign)
		len = sizeof(packet);
	if (send_packet(n, packet, len) < 0)
		return network_result(n);
	return ASK_OK;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* By lot, as doflake says. */
static bool
is_lost(const struct net *n)
{
	uint32_t lot;

	return n->flake > 0 &&
	    getrandom(&lot, sizeof(lot), 0) == (ssize_t)sizeof(lot) &&
	    lot < n->flake * (UINT32_MAX + 1.0);
}

static bool
is_stopped(const struct net *n)
{
	return n->stop != NULL && *n->stop != 0;
}

/* ASK_OK: one datagram of *LEN octets; none when it is 0. */
static enum ask_result
receive_one(struct net *n, int64_t deadline, uint8_t *buf, size_t *len)
{
	struct pollfd pfd = {.fd = n->fd, .events = POLLIN};
	int64_t left = deadline - now_ms();
	ssize_t got;

	*len = 0;
	if (is_stopped(n))
		return ASK_STOPPED;
	if (left <= 0)
		return ASK_SILENCE;
	if (poll(&pfd, 1, (int)left) == 0)
		return is_stopped(n) ? ASK_STOPPED : ASK_SILENCE;
	if (is_stopped(n))
		return ASK_STOPPED;
	got = recv(n->fd, buf, MODE6_PACKET_MAX, MSG_DONTWAIT);
	if (got >= 0 && !is_lost(n))
		*len = (size_t)got;
	else if (got < 0 && errno != EAGAIN && errno != EINTR)
		return network_result(n);
	return ASK_OK;
}

static enum ask_result
collect(struct net *n)
{
	int64_t deadline = now_ms() + n->timeout;
	uint8_t buf[MODE6_PACKET_MAX];
	enum mode6_asm_result took;
	enum ask_result res;
	bool some = false;
	size_t len;

	for (;;) {
		res = receive_one(n, deadline, buf, &len);
		if (res == ASK_STOPPED)
			return res;
		if (res != ASK_OK)
			return some ? ASK_INCOMPLETE : res;
		took = mode6_asm_add(&n->asmbl, buf, len);
		if (n->debug > 1)
			fprintf(n->log, "%zu octets: %d\n", len, (int)took);
		if (took == MODE6_ASM_DONE)
			return n->asmbl.error ? ASK_ERROR : ASK_OK;
		if (took == MODE6_ASM_TOOBIG)
			return ASK_TOOBIG;
		if (took != MODE6_ASM_MORE)
			continue;
		some = true;
		deadline = now_ms() + n->timeout * 3 / 5;
	}
}

static enum ask_result
converse(struct net *n, const struct query *q)
{
	enum ask_result res = connect_candidate(n);

	mode6_asm_start(&n->asmbl, (uint8_t)q->opcode, n->seq, q->associd);
	if (res == ASK_OK)
		res = send_query(n, q);
	if (res == ASK_OK)
		res = collect(n);
	/* The rest of an incomplete reply must not be taken for the next. */
	if (res == ASK_INCOMPLETE)
		n->seq++;
	if (res == ASK_REFUSED || res == ASK_NETWORK)
		n->cand[n->cur].dead = true;
	return res;
}

/* Away from the current candidate to another that is not dead, if any. */
static void
next_candidate(struct net *n)
{
	size_t i, j;

	for (i = 1; i <= n->ncand; i++) {
		j = (n->cur + i) % n->ncand;
		if (n->cand[j].dead)
			continue;
		if (j != n->cur)
			net_close(n);
		n->cur = j;
		return;
	}
}

static enum ask_result
try_candidates(struct net *n, const struct query *q)
{
	enum ask_result res, silence = ASK_OK;
	unsigned silent = 0;

	for (;;) {
		res = converse(n, q);
		if (res == ASK_SILENCE || res == ASK_INCOMPLETE) {
			if (silence != ASK_INCOMPLETE)
				silence = res;
			silent++;
		} else if (!n->cand[n->cur].dead) {
			return res;
		}
		if (silent == SILENT_TRIES)
			return silence;
		if (!n->settled)
			next_candidate(n);
		if (n->cand[n->cur].dead)
			return silent > 0 ? silence : res;
	}
}

/*
 * A server that shall not be an amplifier refuses an answer which is much
 * longer than the question, so a longer question is put.
 */
static enum ask_result
ask_at_length(struct net *n, const struct query *q)
{
	enum ask_result res = try_candidates(n, q);

	if (res != ASK_ERROR || n->asmbl.errcode != MODE6_ERR_PERMISSION ||
	    q->sign || q->opcode == MODE6_READ_MRU)
		return res;
	n->padded = true;
	n->seq++;
	res = try_candidates(n, q);
	n->padded = false;
	return res;
}

enum ask_result
net_ask(struct net *n, const struct query *q, struct reply *rep)
{
	enum ask_result res;
	size_t i;

	memset(rep, 0, sizeof(*rep));
	rep->text = "";
	if (n->stand_in != NULL)
		return n->stand_in(n->stand_in_arg, q, rep);
	if (n->ncand == 0)
		return ASK_NOHOST;
	if (is_stopped(n))
		return ASK_STOPPED;
	for (i = 0; i < n->ncand; i++)
		n->cand[i].dead = false;
	n->seq++;
	res = ask_at_length(n, q);
	n->settled = res == ASK_OK || res == ASK_ERROR || res == ASK_TOOBIG;
	if (res == ASK_OK) {
		rep->text = (const char *)n->asmbl.text;
		rep->len = n->asmbl.len;
	}
	rep->status = n->asmbl.status;
	rep->errcode = n->asmbl.errcode;
	return res;
}
