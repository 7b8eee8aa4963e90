/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_stream.c - one message each way over TLS over TCP.
 *
 * A peer has one deadline for everything and may send so many octets: who is
 * slow, or talks too much, is hung up on.
 */
#include "nts_stream.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ntp_err.h"

#define SERVER_OCTETS 32768U  /* that a client may send us, TLS included */
#define CLIENT_OCTETS 262144U /* that a server may */

/* Octets on their way out; the buffer follows. */
struct sending {
	uv_write_t req;
	uint8_t octets[];
};

/* --- the end ---------------------------------------------------------------- */

static void
on_closed(uv_handle_t *h)
{
	struct stream *s = h->data;

	if (--s->handles > 0)
		return;
	tls_free(&s->tls);
	s->user->closed(s);
}

void
stream_close(struct stream *s)
{
	if (s->closing)
		return;
	s->closing = true;
	s->told = true;
	uv_close((uv_handle_t *)&s->tcp, on_closed);
	uv_close((uv_handle_t *)&s->deadline, on_closed);
}

void
stream_fail(struct stream *s, const char *why)
{
	if (!s->told) {
		s->told = true;
		s->user->failed(s, why);
	}
	stream_close(s);
}

static void
on_deadline(uv_timer_t *t)
{
	struct stream *s = t->data;

	stream_fail(s, s->open ? "no answer in time" : "no TLS in time");
}

static void
on_shutdown(uv_shutdown_t *req, int status)
{
	struct stream *s = req->data;

	/* What a client still says is read and forgotten until it hangs up:
	 * closing now could take our answer from it. */
	if (status != 0 || s->msg.side == KE_IS_RESPONSE)
		stream_close(s);
}

/* --- out -------------------------------------------------------------------- */

static void
on_written(uv_write_t *req, int status)
{
	struct stream *s = req->data;

	free(req);
	if (status != 0 && !s->closing)
		stream_fail(s, uv_strerror(status));
}

/* What TLS has for the peer. */
static void
flush(struct stream *s)
{
	size_t n = tls_pending(&s->tls);
	struct sending *out;
	uv_buf_t buf;

	if (n == 0 || s->closing)
		return;
	out = malloc(sizeof *out + n);
	if (out == NULL) {
		stream_fail(s, "no memory");
		return;
	}
	out->req.data = s;
	buf = uv_buf_init(
	    (char *)out->octets, (unsigned)tls_output(&s->tls, out->octets, n));
	if (uv_write(&out->req, (uv_stream_t *)&s->tcp, &buf, 1, on_written) !=
	    0) {
		free(out);
		stream_fail(s, "cannot send");
	}
}

void
stream_send(struct stream *s, const void *p, size_t n)
{
	if (tls_write(&s->tls, p, n) != 0)
		stream_fail(s, "cannot send");
	else
		flush(s);
}

void
stream_finish(struct stream *s)
{
	if (s->closing || s->finished)
		return;
	s->finished = true;
	tls_close(&s->tls);
	flush(s);
	s->shutdown.data = s;
	if (!s->closing &&
	    uv_shutdown(&s->shutdown, (uv_stream_t *)&s->tcp, on_shutdown) != 0)
		stream_close(s);
}

/* --- in --------------------------------------------------------------------- */

static void
shake(struct stream *s)
{
	char why[TLS_WHY];
	int done = tls_handshake(&s->tls, why);

	flush(s);
	if (s->closing || done == 0)
		return;
	if (done < 0) {
		stream_fail(s, why);
		return;
	}
	s->open = true;
	s->user->open(s);
}

static void
take_message(struct stream *s)
{
	uint8_t buf[STREAM_READ];
	int n;

	while (!s->closing && (n = tls_read(&s->tls, buf, sizeof buf)) > 0) {
		if (s->told)
			continue;
		if (ke_feed(&s->msg, buf, (size_t)n) == KE_MORE)
			continue;
		s->told = true;
		s->user->message(s);
	}
	if (!s->closing)
		flush(s);
}

static const char *
words_of_end(const struct stream *s, ssize_t n)
{
	if (n != UV_EOF)
		return uv_strerror((int)n);
	return s->open ? "the connection ends before End of Message"
		       : "the connection ends before TLS is established";
}

static void
take_octets(struct stream *s, const char *p, size_t n)
{
	s->octets += n;
	if (s->octets > s->limit || tls_input(&s->tls, p, n) != 0) {
		stream_fail(s, "too many octets");
		return;
	}
	if (!s->open)
		shake(s);
	if (s->open && !s->closing)
		take_message(s);
}

static uint64_t
cpu_time(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct stream *s = stream->data;
	uint64_t began = cpu_time();

	if (s->closing || n == 0)
		return;
	if (n > 0)
		take_octets(s, buf->base, (size_t)n);
	else
		stream_fail(s, words_of_end(s, n));
	s->cpu += cpu_time() - began;
}

static void
give_room(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct stream *s = h->data;

	(void)suggested;
	*buf = uv_buf_init(s->in, sizeof s->in);
}

/* --- the beginning ---------------------------------------------------------- */

int
stream_init(struct stream *s, uv_loop_t *loop, const struct stream_user *user)
{
	s->user = user;
	if (uv_timer_init(loop, &s->deadline) != 0 ||
	    uv_tcp_init(loop, &s->tcp) != 0)
		return -NTP_EIO;
	s->handles = 2;
	s->tcp.data = s->deadline.data = s;
	return 0;
}

void
stream_limit_time(struct stream *s, uint64_t ms)
{
	(void)uv_timer_start(&s->deadline, on_deadline, ms, 0);
}

void
stream_start(struct stream *s, enum ke_side side)
{
	s->limit = side == KE_IS_REQUEST ? SERVER_OCTETS : CLIENT_OCTETS;
	ke_begin(&s->msg, side);
	(void)uv_tcp_nodelay(&s->tcp, 1);
	if (uv_read_start((uv_stream_t *)&s->tcp, give_room, on_read) != 0)
		stream_fail(s, "cannot read");
	else if (side == KE_IS_RESPONSE)
		shake(s);
}
