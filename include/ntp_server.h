/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_server.h - answer a client request from a snapshot (RFC 5905 8, A.5.3).
 *
 * Runs in the server threads and in the engine alike: reentrant, lock-free,
 * allocates nothing, reads no clock.
 */
#ifndef NTP_SERVER_H
#define NTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp.h"
#include "ntp_keys.h"
#include "ntp_monitor.h"
#include "ntp_ntscookie.h"
#include "ntp_restrict.h"
#include "ntp_snapshot.h"
#include "ntp_time.h"
#include "ntp_xleave.h"

#define NTP_REPLY_MAX 1280 /* octets */

/* One received datagram; borrowed for the call. */
struct recvbuf {
	const struct ntp_addr *src;
	const struct ntp_addr *dst; /* local address it was sent to */
	int ep;			    /* endpoint, 0: the server's sockets */
	bool group;		    /* sent to a broadcast or multicast address;
				     * DST is then one of ours, or none */
	ntp_ts rx_time;		    /* kernel or hardware arrival time */
	const uint8_t *data;
	size_t len; /* octets */
};

enum server_verdict {
	SERVER_REPLY, /* OUT holds a reply that still lacks T3 and MAC */
	SERVER_DROP,  /* counted; say nothing */
	SERVER_PUNT,  /* not mode 3: the engine shall see it */
};

/* Counters of the server path; `ss_*` of mode 6 are sums of these. */
struct server_counters {
	uint64_t received; /* datagrams; counted by who read them */
	uint64_t thisver;  /* version 4 */
	uint64_t oldver;   /* versions 1..3 */
	uint64_t ver1client, ver1zero, ver1symm; /* version 1, by mode */
	uint64_t processed;			 /* replies built */
	uint64_t kodsent;
	uint64_t interleaved; /* replies that told when the last one left */
	uint64_t nts[NTS_COUNTS];
	uint64_t drop[DROP_COUNT];
};

/* Whom to answer, and how.  All of it is borrowed; nobody but its user may
 * change it or use it while he does. */
struct server_policy {
	struct restrict_list *access;
	struct keystore *keys;	    /* may be NULL */
	struct nts_jar *nts;	    /* may be NULL: no cookies here */
	const struct ntp_addr *own; /* our own addresses */
	size_t nown;
	uint16_t port;	  /* ours */
	int8_t kod_poll;  /* log2 s, `discard average` */
	bool signd_there; /* a signing daemon may be asked */
};

/* What server_seal() still has to do to a reply. */
struct server_answer {
	uint32_t reply_key; /* key to sign with, 0: none */
	bool whole_digest;  /* sign with all of it */
	bool ask_signd;	    /* the signing daemon signs, for account reply_key;
			     * server_seal() adds no MAC */
	bool crypto_nak;    /* append one */
	bool nts;	    /* seal its fields */
	bool kiss;	    /* T3 is not ours to write */
	bool interleaved;   /* T3 is of the last reply */
	bool remember;	    /* server_sent() is due */
	ntp_ts rec;	    /* T2 as told */
};

struct server_ctx {
	struct ntp_snapshot snap; /* copied once for each batch */
	struct server_policy policy;
	struct mru *mru;	     /* may be NULL: nothing recorded */
	struct snap_ring *ring;	     /* where snapshots come from */
	struct xleave_table *xleave; /* may be NULL: never interleaved */
	struct server_counters *count;
	uint32_t rnd; /* 32 uniform bits, anew for each datagram */
	struct server_answer answer; /* set by server_reply() */
};

/*
 * Whether no honest datagram can carry these addresses: from or to everybody,
 * or from the loopback network but received elsewhere.  To answer would make
 * us a reflector.
 */
bool recvbuf_is_bogus(const struct recvbuf *rb);

/* Is RB a client's request to one of our addresses, which server_receive()
 * answers or drops? */
bool server_takes(const struct recvbuf *rb);

/*
 * The whole way of a datagram through a server: count it, look up its source,
 * judge it and build the reply, for server_seal() to finish.  C has fresh RND,
 * NOW is of the batch.  SERVER_PUNT, and nothing is done, unless server_takes() it.
 */
enum server_verdict server_receive(struct server_ctx *c,
    const struct recvbuf *rb, struct ntp_now now, uint8_t out[NTP_REPLY_MAX],
    size_t *outlen);

/*
 * Judge one datagram and build the reply.  RES is the access entry of its
 * source (looked up once by the caller), NOW is of the arrival.  Versions 1..4
 * mode 3, and version 1 mode 0; mode 1 of strangers is answered in mode 2
 * without state (protocol notes 5.3).
 */
enum server_verdict server_reply(struct server_ctx *c, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now,
    uint8_t out[NTP_REPLY_MAX], size_t *outlen);

/* Write T3, then the MAC over it; the last thing to do before sending. */
void server_seal(struct server_ctx *c, uint8_t out[NTP_REPLY_MAX],
    size_t *outlen, ntp_ts t3);

/* Take a fresh snapshot.  False when the clock was stepped since the last one:
 * what was made with that must not leave. */
bool server_refresh(struct server_ctx *c);

/* Add what B has counted to A. */
void server_counters_add(
    struct server_counters *a, const struct server_counters *b);

/* The reply to ADDR that asked to be remembered left at LEFT, as far as is
 * known.  Its slot, for a better answer later. */
unsigned server_sent(
    struct server_ctx *c, const struct ntp_addr *addr, ntp_ts left);
/* The kernel says that the reply in SLOT left at LEFT. */
void server_departed(struct server_ctx *c, unsigned slot, ntp_ts left);

#endif /* NTP_SERVER_H */
