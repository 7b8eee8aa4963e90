/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_batch.h - requests read, answered and sent many at a time.
 *
 * The main loop owns one batch and each server thread another; nothing here is
 * shared, and nothing is allocated but the batch itself.
 */
#ifndef NTP_BATCH_H
#define NTP_BATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "ntp_server.h"

#define BATCH_MAX  64U	 /* datagrams */
#define BATCH_DATA 1536U /* octets; longer datagrams are dropped */

struct batch;
struct datagram;
struct netsock;
struct sock_info;

/* For whom a batch is served. */
struct batch_user {
	void *arg;
	uint64_t seed; /* of what is left to chance, from the kernel */
	/* The disciplined clock and, at the same moment, *REAL of
	 * CLOCK_REALTIME. */
	ntp_ts (*clock)(void *arg, struct timespec *real);
	/* Is this datagram, received by NS, not even to be looked at? */
	bool (*refused)(void *arg, const struct netsock *ns,
	    const struct ntp_addr *src, const struct sock_info *info);
	/* Not for a server: borrowed for the call. */
	void (*punt)(
	    void *arg, const struct netsock *ns, const struct recvbuf *rb);
	/* Ready but for its signature by Samba; NULL: never asked. */
	void (*sign)(void *arg, uint32_t account, const struct datagram *reply);
};

/* NULL when out of memory. */
struct batch *batch_new(const struct batch_user *user);
void batch_free(struct batch **b);

/* Read what is there on NS; the number of datagrams, 0 when there is none, or
 * -errno. */
int batch_read(struct batch *b, struct netsock *ns);
/* There may be more to be read at once. */
bool batch_is_full(const struct batch *b);

/*
 * Answer what was read of NS with C, whose snapshot is fresh.  T3 is of the
 * moment at which each reply leaves: the time that those before it need to
 * leave is foreseen.
 */
void batch_serve(struct batch *b, struct netsock *ns, struct server_ctx *c);

/*
 * After a batch that was not full: wait US us for more, if the one before it
 * was not long ago and such waits save time of the CPU here.  False when there
 * was no reason to; 0 us is none.
 */
bool batch_gather(struct batch *b, uint32_t us);

/* CLOCK_REALTIME AT, which is past, as a time of the clock that showed NOW
 * when CLOCK_REALTIME was REAL. */
ntp_ts batch_arrival(
    ntp_ts now, const struct timespec *real, const struct timespec *at);

#endif /* NTP_BATCH_H */
