/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_stream.h - one TCP connection with TLS that carries one message of key
 * establishment each way.
 *
 * For client and server alike; all of it belongs to one uv loop.
 */
#ifndef NTS_STREAM_H
#define NTS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "ntp_ke.h"
#include "nts_tls.h"

#define STREAM_READ 4096U /* octets read at once */

struct stream;

/* Called from the loop, each at most once; the first two only if all is well.
 */
struct stream_user {
	/* TLS is established. */
	void (*open)(struct stream *s);
	/* s->msg is done or refused. */
	void (*message)(struct stream *s);
	/* There will be no message; s is closing. */
	void (*failed)(struct stream *s, const char *why);
	/* The last call: s is the caller's again, to be freed. */
	void (*closed)(struct stream *s);
};

struct stream {
	uv_tcp_t tcp;
	uv_timer_t deadline;
	uv_shutdown_t shutdown;
	const struct stream_user *user;
	void *arg; /* the user's own */
	struct tls tls;
	struct ke_message msg;
	size_t octets, limit;	   /* that came, and may come */
	bool open, told, finished; /* handshake; message or failure; sent */
	bool closing;
	unsigned handles; /* not yet closed */
	uint64_t cpu;	  /* ns that reading it took */
	char in[STREAM_READ];
};

/* 0 or -NTP_EIO, when nothing is to be closed. */
int stream_init(
    struct stream *s, uv_loop_t *loop, const struct stream_user *user);
/* All must be over MS from now. */
void stream_limit_time(struct stream *s, uint64_t ms);
/* TCP and s->tls are there: begin with the handshake, and read SIDE's
 * message. */
void stream_start(struct stream *s, enum ke_side side);
/* Send it; for the user's open() and message(). */
void stream_send(struct stream *s, const void *p, size_t n);
/* All is said: close when the peer has it. */
void stream_finish(struct stream *s);
/* Close at once. */
void stream_close(struct stream *s);
/* The same, and tell the user why. */
void stream_fail(struct stream *s, const char *why);

#endif /* NTS_STREAM_H */
