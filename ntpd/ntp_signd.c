/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_signd.c - have Samba sign replies to members of a Windows domain.
 *
 * Samba listens on a stream socket; each message has its length before it:
 *
 *   request: version 0, operation, id (16 bits, 16 zero), account, reply
 *   answer:  version 0, operation, id (32 bits), reply with its MAC
 *
 * Nothing waits for it.  A reply whose signature does not come is one that the
 * network lost; when the connection breaks, the next request opens a new one.
 * Samba may take long, but it may not choose what we send to whom: a signed
 * reply is our own with a MAC behind it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_wire.h"
#include "ntpd.h"

#define SIGN_TO_CLIENT	0U
#define SIGNING_SUCCESS 3U
#define LENGTH_LEN	4U  /* octets of the length before a message */
#define REQUEST_HEAD	16U /* version, operation, id, account */
#define ANSWER_HEAD	12U /* version, operation, id */
#define HEADER_LEN	48U
#define NS_PER_S	1e9
#define SIGNED_LEN	68U /* header, key id, digest */

_Static_assert(SIGND_REQUEST == LENGTH_LEN + REQUEST_HEAD + HEADER_LEN,
    "room for a request");
_Static_assert(
    SIGND_REPLY == LENGTH_LEN + ANSWER_HEAD + SIGNED_LEN, "room for an answer");

static void
on_closed(uv_handle_t *handle)
{
	struct signd *s = handle->data;

	s->state = SIGND_IDLE;
}

static void
forget(struct signd *s)
{
	uint64_t *n = s->state == SIGND_CONNECTING ? &s->port.count.unreachable
						   : &s->port.count.lost;

	for (size_t i = 0; i < SIGND_PENDING; i++) {
		*n += s->ring[i].used;
		s->ring[i].used = false;
	}
}

/* What waits now is lost. */
static void
hang_up(struct signd *s, const char *why)
{
	if (s->state == SIGND_CLOSING || s->state == SIGND_IDLE)
		return;
	if (!s->complained)
		msyslog(&s->d->log, NTP_LOG_ERR, "signing daemon %s: %s",
		    s->path, why);
	s->complained = true;
	forget(s);
	s->state = SIGND_CLOSING;
	uv_close((uv_handle_t *)&s->pipe, on_closed);
}

/* --- answers -------------------------------------------------------------- */

static void
send_signed(struct signd *s, struct signd_request *q, const uint8_t *pkt)
{
	struct packet_port *net = &s->d->io.port;
	struct datagram dg = {
	    .dst = &q->dst, .src = &q->src, .buf = pkt, .len = SIGNED_LEN};
	ntp_ts tx;

	(void)net->send(net, &dg, &tx);
	s->complained = false;
}

static void
count_answer(struct signd_answers *a, const struct signd_request *q)
{
	double took = (double)(uv_hrtime() - q->asked) / NS_PER_S;

	a->n++;
	a->total += took;
	if (took > a->slowest)
		a->slowest = took;
}

/* A whole message of LEN octets behind its length. */
static void
take_answer(struct signd *s, size_t len)
{
	struct wire_rd r = wire_rd_init(s->in + LENGTH_LEN, len);
	uint32_t version = wire_get32(&r), operation = wire_get32(&r);
	uint32_t id = wire_get32(&r);
	struct signd_request *q = &s->ring[id % SIGND_PENDING];
	const uint8_t *pkt = s->in + LENGTH_LEN + ANSWER_HEAD;

	if (r.bad || version != 0 || !q->used || q->id != id)
		return;
	q->used = false;
	if (operation != SIGNING_SUCCESS || len != ANSWER_HEAD + SIGNED_LEN ||
	    memcmp(pkt, q->frame + LENGTH_LEN + REQUEST_HEAD, HEADER_LEN) !=
		0) {
		count_answer(&s->port.count.bad, q);
		return;
	}
	count_answer(&s->port.count.good, q);
	send_signed(s, q, pkt);
}

/* The octets still missing from the length, or from the message; 0 when it is
 * complete.  Never more than there is room for. */
static size_t
missing(const struct signd *s, size_t *len)
{
	struct wire_rd r = wire_rd_init(s->in, sizeof s->in);

	if (s->have < LENGTH_LEN)
		return LENGTH_LEN - s->have;
	*len = wire_get32(&r);
	if (*len > sizeof s->in - LENGTH_LEN)
		return 0;
	return LENGTH_LEN + *len - s->have;
}

/* libuv is given no more room than the message at hand needs, so that two
 * never mix. */
static void
give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct signd *s = handle->data;
	size_t len = 0;

	(void)suggested;
	*buf = uv_buf_init((char *)s->in + s->have, (unsigned)missing(s, &len));
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct signd *s = stream->data;
	size_t len = 0;

	(void)buf;
	if (n < 0) {
		hang_up(s, uv_strerror((int)n));
		return;
	}
	s->have += (size_t)n;
	if (missing(s, &len) > 0)
		return;
	if (len > sizeof s->in - LENGTH_LEN) {
		hang_up(s, "speaks another protocol");
		return;
	}
	take_answer(s, len);
	s->have = 0;
}

/* --- requests ------------------------------------------------------------- */

/* A socket that cannot take a request at once has far more of them to do than
 * would ever be worth waiting for. */
static bool
put(struct signd *s, struct signd_request *q)
{
	uv_buf_t buf = uv_buf_init((char *)q->frame, sizeof q->frame);
	int n = uv_try_write((uv_stream_t *)&s->pipe, &buf, 1);

	if (n == UV_EAGAIN) {
		q->used = false;
		s->port.count.lost++;
		return true;
	}
	if (n != (int)sizeof q->frame) {
		hang_up(s, n < 0 ? uv_strerror(n) : "took half a request");
		return false;
	}
	q->sent = true;
	return true;
}

static void
on_connect(uv_connect_t *req, int status)
{
	struct signd *s = req->data;

	if (s->state != SIGND_CONNECTING)
		return;
	if (status == 0)
		status =
		    uv_read_start((uv_stream_t *)&s->pipe, give_room, on_read);
	if (status != 0) {
		hang_up(s, uv_strerror(status));
		return;
	}
	s->state = SIGND_OPEN;
	s->have = 0;
	for (size_t i = 0; i < SIGND_PENDING; i++)
		if (s->ring[i].used && !s->ring[i].sent && !put(s, &s->ring[i]))
			return;
}

static int
open_pipe(struct signd *s)
{
	if (uv_pipe_init(&s->d->loop, &s->pipe, 0) != 0)
		return -NTP_EIO;
	s->pipe.data = s->connect.data = s;
	s->state = SIGND_CONNECTING;
	uv_pipe_connect(&s->connect, &s->pipe, s->path, on_connect);
	return 0;
}

static void
frame_request(
    struct signd_request *q, uint32_t account, const struct datagram *reply)
{
	struct wire_wr w = wire_wr_init(q->frame, sizeof q->frame);

	wire_put32(&w, SIGND_REQUEST - LENGTH_LEN);
	wire_put32(&w, 0);
	wire_put32(&w, SIGN_TO_CLIENT);
	wire_put16(&w, q->id);
	wire_put16(&w, 0);
	wire_put32(&w, account);
	wire_put(&w, reply->buf, HEADER_LEN);
}

static int
signd_sign(
    struct signd_port *port, uint32_t account, const struct datagram *reply)
{
	struct signd *s = (struct signd *)port;
	struct signd_request *q = &s->ring[s->next_id % SIGND_PENDING];

	s->port.count.asked++;
	if (reply->len != HEADER_LEN || s->state == SIGND_CLOSING) {
		s->port.count.lost++;
		return -NTP_EAGAIN;
	}
	if (s->state == SIGND_IDLE && open_pipe(s) != 0) {
		s->port.count.unreachable++;
		return -NTP_EIO;
	}
	s->port.count.lost += q->used;
	*q = (struct signd_request){.used = true,
	    .id = s->next_id++,
	    .asked = uv_hrtime(),
	    .dst = *reply->dst,
	    .src = *reply->src};
	frame_request(q, account, reply);
	if (s->state == SIGND_OPEN)
		(void)put(s, q);
	return 0;
}

struct signd_port *
signd_init(struct daemon *d, const char *dir)
{
	struct signd *s = &d->signd;

	s->d = d;
	s->port.sign = signd_sign;
	(void)snprintf(s->path, sizeof s->path, "%s/socket", dir);
	return &s->port;
}
