/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_worker.h - server threads.
 *
 * Each has its own sockets beside those of the main loop, its own access list,
 * keys, client list and counters (ntp_engine.h), and answers by itself what
 * clients ask.  While it is held it stands between two batches, and all that
 * is its own may be changed.
 */
#ifndef NTP_WORKER_H
#define NTP_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_ports.h"

struct daemon;
struct iface_row;
struct netsock;
struct worker;

struct workers {
	struct threads_port port; /* first: the port is the object */
	struct daemon *d;
	struct worker *w; /* owned; N */
	size_t n, nrun;	  /* of them have a thread */
	bool running;	  /* all */
	unsigned held;	  /* how often */
	uint32_t key;	  /* of ntp_share.h */
};

/* As many as configured; nothing runs yet.  0 or -NTP_ENOMEM. */
int workers_init(struct daemon *d);
/* Open their sockets beside NS, which is a server's and open.  False where that
 * cannot be and the main loop would serve alone: a shortcut had better be closed
 * then, of any other socket the log says it. */
bool workers_open(struct daemon *d, const struct netsock *ns);
/* NS is about to be closed. */
void workers_close(struct daemon *d, const struct netsock *ns);
/* Sharing follows the configuration; and the class of what is sent. */
void workers_share(struct daemon *d);
void workers_set_dscp(struct daemon *d, uint8_t dscp);
/* Begin to serve; the engine is there.  0 or -NTP_E*. */
int workers_start(struct daemon *d);
void workers_stop(struct daemon *d);

/* Add what the threads counted beside NS, or on all sockets; held. */
void workers_count(
    const struct daemon *d, const struct netsock *ns, struct iface_row *sum);
void workers_io(const struct daemon *d, struct io_counters *sum);
void workers_io_reset(struct daemon *d);

#endif /* NTP_WORKER_H */
