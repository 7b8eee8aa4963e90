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

/* What a kernel's clock says of itself (adjtimex). */
struct kernel_clock {
	double offset;		       /* s, phase still to be corrected */
	double freq;		       /* s/s */
	double maxerr, esterr;	       /* s */
	double precision;	       /* s */
	double tolerance;	       /* s/s */
	int constant;		       /* log2 s */
	char flags[96];		       /* words of its status */
	double pps_freq, pps_stab;     /* s/s */
	double pps_jitter;	       /* s */
	int pps_interval;	       /* s, of calibration */
	uint64_t pps_calibs, pps_errs; /* calibrations, and their errors */
	uint64_t pps_jitexc, pps_stbexc;
};

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
	/* False when it cannot be asked.  May be NULL: no kernel is behind. */
	bool (*kernel)(struct clock_port *, struct kernel_clock *out);
};

/* One datagram to send; all of it is borrowed for the call. */
struct datagram {
	int ep; /* endpoint; 0: the server's sockets */
	const struct ntp_addr *dst;
	const struct ntp_addr *src; /* local address to answer from */
	const void *buf;
	size_t len;    /* octets */
	uint8_t ttl;   /* hops it may go; 0: as the system has it */
	bool stamp;    /* tell by engine_departed() when it really left */
	uint32_t mark; /* what to call it then */
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

struct ntp_packet;

/* An authentic packet of an association, as it was measured. */
struct raw_sample {
	ntp_ts when;
	const struct ntp_addr *addr, *local; /* local: family none, unknown */
	ntp_ts org, dst; /* T1 as it really was, zero: none; and T4 */
	const struct ntp_packet *pkt; /* T2, T3 and the rest */
	const uint8_t *more; /* what follows the header, of NMORE octets */
	size_t nmore;
};

struct stats_port {
	void (*loop)(struct stats_port *, const struct loop_sample *);
	void (*peer)(struct stats_port *, const struct peer_sample *);
	/* What a reference clock said; may be NULL. */
	void (*clock)(struct stats_port *, const struct clock_sample *);
	void (*raw)(struct stats_port *, const struct raw_sample *);
	/* An event, as the log tells of it. */
	void (*event)(struct stats_port *, ntp_ts when, const char *line);
};

/* Answers of one kind. */
struct signd_answers {
	uint64_t n;
	double total, slowest; /* s until they came */
};

struct signd_counters {
	uint64_t asked, unreachable, lost;
	struct signd_answers good, bad;
};

/* Samba's signing daemon, for the clients of a Windows domain (MS-SNTP). */
struct signd_port {
	struct signd_counters count;
	/* Have REPLY, complete but for its MAC, signed with the key of the
	 * account KEYID (in the order of the request's octets) and sent when
	 * that is done; borrowed for the call.  0 or -NTP_E*. */
	int (*sign)(
	    struct signd_port *, uint32_t keyid, const struct datagram *reply);
};

struct config_assoc;

/* Key establishment of Network Time Security (RFC 8915 4), for clients. */
struct nts_port {
	/*
	 * Have keys established as LINE (borrowed for the call) says, with
	 * its host.  SILENT, unless of no family, is an address that does not
	 * answer: another one, if there is any, is better.  TAG comes back
	 * with the answer, later, by engine_nts_ready() or
	 * engine_nts_failed().  0 or -NTP_E*.
	 */
	int (*establish)(struct nts_port *, uint32_t tag,
	    const struct config_assoc *line, const struct ntp_addr *silent);
};

struct ntp_config;

#define SAVED_NAME_MAX 128U /* of a saved configuration, with its NUL */

/* Counters of the daemon's input and output. */
struct io_counters {
	double age;		    /* s since they began */
	uint64_t rx_slots, rx_free; /* of the receive queue */
	uint64_t rx_full;	    /* times that it was full */
	uint64_t ignored; /* datagrams refused before they were read */
	uint64_t received, sent, failed;
	uint64_t wakeups, useful;  /* waits that ended, with input */
	uint64_t tx_kernel;	   /* departures that the kernel told, ... */
	uint64_t tx_card, rx_card; /* ... or a card, and arrivals by it ... */
	uint64_t card_refused;	   /* ... and those that made no sense */
};

enum iface_flag {
	IFACE_UP = 0x1,
	IFACE_POINT2POINT = 0x2,
	IFACE_LOOPBACK = 0x4,
	IFACE_BROADCAST = 0x8,
	IFACE_MULTICAST = 0x10,
	IFACE_IS_WILDCARD = 0x80,
};

/* One socket. */
struct iface_row {
	struct ntp_addr addr; /* with port */
	struct ntp_addr bcast;
	char name[24];
	unsigned flags; /* enum iface_flag */
	bool enabled;	/* what comes is looked at */
	unsigned ttl, groups;
	uint64_t received, sent, failed;
	double up; /* s */
	int ep;	   /* 0: a server's socket */
};

/* The daemon around the engine, as far as mode 6 has to do with it. */
struct host_port {
	/* The engine runs on NOW from here on; WAS, and what it owns, is gone
	 * after the call. */
	void (*configured)(struct host_port *, const struct ntp_config *now,
	    const struct ntp_config *was);
	/*
	 * Write TEXT into the new file NAME, which the local time expands as
	 * strftime(3) does, of directory DIR; MADE gets the name that came
	 * out.  0; -NTP_EINVAL: not a plain name; -NTP_EEXIST; -NTP_EPERM,
	 * -NTP_EIO.
	 */
	int (*save)(struct host_port *, const char *dir, const char *name,
	    const char *text, size_t len, char made[SAVED_NAME_MAX]);
	/* Socket I; false when there are no more. */
	bool (*iface)(struct host_port *, size_t i, struct iface_row *out);
	void (*io)(struct host_port *, struct io_counters *out);
};

typedef void visit_fn(void *arg);

/* The server threads of the daemon. */
struct threads_port {
	/* Return when all of them stand still, and let them go on; nested. */
	void (*hold)(struct threads_port *);
	void (*release)(struct threads_port *);
	/* Return when thread I has called FN(ARG) between two batches.  It does
	 * not wait for us; while it is held, we call. */
	void (*visit)(struct threads_port *, size_t i, visit_fn *fn, void *arg);
};

struct ntp_ports {
	struct clock_port *clock;
	struct packet_port *packet;
	struct rng_port *rng;
	struct dns_port *dns; /* may be NULL: names stay unresolved */
	struct log_port *log;
	struct stats_port *stats;     /* may be NULL */
	struct signd_port *signd;     /* may be NULL */
	struct nts_port *nts;	      /* may be NULL: no keys ever come */
	struct host_port *host;	      /* may be NULL */
	struct threads_port *threads; /* may be NULL: there are none */
};

#endif /* NTP_PORTS_H */
