/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ports.h - everything the engine asks of the outside world.
 *
 * The daemon implements these over libuv and the kernel, the simulator over
 * virtual time, the fuzzers over nothing.  Each callback gets its own port as
 * first argument; the engine borrows ports and never frees them.  No callback
 * may call back into the engine.
 */
#ifndef NTP_PORTS_H
#define NTP_PORTS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp.h"
#include "ntp_addr.h"
#include "ntp_time.h"

/* The clock being disciplined. */
struct clock_port {
	/* Now on the disciplined clock. */
	ntp_ts (*get_systime)(struct clock_port *);
	/* Over the next second slew by ADJ s and run at FREQ s/s; 0 or -NTP_E*. */
	int (*adj_systime)(struct clock_port *, double adj, double freq);
	/* Step by OFFSET s; 0 or -NTP_E*. */
	int (*step_systime)(struct clock_port *, double offset);
	/* Tell the kernel about sync state; errors in s. */
	int (*set_status)(struct clock_port *, enum ntp_leap leap,
	    double est_error, double max_error);
	/* Work off OFFSET s once, also after the daemon has left (-q); 0 or
	 * -NTP_E*.  May be NULL: adj_systime() is used. */
	int (*slew_systime)(struct clock_port *, double offset);
	int8_t precision; /* log2 s */
	/* TAI - UTC in s; 0 or -NTP_E*.  May be NULL. */
	int (*set_tai)(struct clock_port *, int tai);
	/* It inserts and removes the leap second that set_status() announces
	 * by itself, at the end of the UTC day. */
	bool leaps;
};

/* One datagram to send; all of it is borrowed for the call. */
struct datagram {
	int ep; /* endpoint; 0: the server's sockets */
	const struct ntp_addr *dst;
	const struct ntp_addr *src; /* local address to answer from */
	const void *buf;
	size_t len;  /* octets */
	uint8_t ttl; /* hops it may go; 0: as the system has it */
};

/* Where datagrams leave.  There is no timer port: engine_deadline() says when
 * timer() must next run. */
struct packet_port {
	/*
	 * Open an endpoint of its own for an association: connected to
	 * REMOTE unless that is a multicast group, random source port (RFC
	 * 9109).  Returns its number > 0 and the local address, or -NTP_E*.
	 * Endpoint 0 is the server's sockets.
	 */
	int (*open)(struct packet_port *, const struct ntp_addr *remote,
	    struct ntp_addr *local);
	void (*close)(struct packet_port *, int ep);
	/* *TX gets the departure time when it is known at once, else zero.
	 * 0 or -NTP_E*. */
	int (*send)(struct packet_port *, const struct datagram *, ntp_ts *tx);
	/* The address, with the server's port, that a datagram to REMOTE
	 * leaves from by endpoint 0.  0 or -NTP_E*.  May be NULL: that is not
	 * known, and send() has to find one. */
	int (*route)(struct packet_port *, const struct ntp_addr *remote,
	    struct ntp_addr *local);
};

/* Random octets: getrandom(2) in ntpd, a seeded generator in the simulator. */
struct rng_port {
	void (*fill)(struct rng_port *, void *buf, size_t len);
};

/* Names: the answer comes later through engine_resolved(). */
struct dns_port {
	/* FAMILY 0: any.  TAG comes back with the answer; 0 or -NTP_E*. */
	int (*resolve)(struct dns_port *, const char *name,
	    enum addr_family family, uint32_t tag);
};

enum ntp_loglevel {
	NTP_LOG_DEBUG,
	NTP_LOG_INFO,
	NTP_LOG_NOTICE,
	NTP_LOG_WARN,
	NTP_LOG_ERR
};

struct log_port {
	enum ntp_loglevel min;
	void (*vlog)(
	    struct log_port *, enum ntp_loglevel, const char *fmt, va_list);
};

struct loop_sample {
	ntp_ts when;
	double offset; /* s */
	double freq;   /* s/s */
	double jitter; /* s */
	double wander; /* s/s */
	int8_t poll;   /* log2 s */
};

struct peer_sample {
	ntp_ts when;
	const struct ntp_addr *addr;
	uint16_t status;
	double offset, delay, disp, jitter; /* s */
};

struct clock_sample {
	ntp_ts when;
	const struct ntp_addr *addr;
	const char *text;
};

struct stats_port {
	void (*loop)(struct stats_port *, const struct loop_sample *);
	void (*peer)(struct stats_port *, const struct peer_sample *);
	/* What a reference clock said; may be NULL. */
	void (*clock)(struct stats_port *, const struct clock_sample *);
};

/* Samba's signing daemon, for the clients of a Windows domain (MS-SNTP). */
struct signd_port {
	/* Have REPLY, complete but for its MAC, signed with the key of the
	 * account KEYID (in the order of the request's octets) and sent when
	 * that is done; borrowed for the call.  0 or -NTP_E*. */
	int (*sign)(
	    struct signd_port *, uint32_t keyid, const struct datagram *reply);
};

struct ntp_ports {
	struct clock_port *clock;
	struct packet_port *packet;
	struct rng_port *rng;
	struct dns_port *dns; /* may be NULL: names stay unresolved */
	struct log_port *log;
	struct stats_port *stats; /* may be NULL */
	struct signd_port *signd; /* may be NULL */
};

#endif /* NTP_PORTS_H */
