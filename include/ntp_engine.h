/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_engine.h - the protocol engine: associations, selection, discipline.
 *
 * Sans-I/O.  Time enters only as arguments, effects leave only through the
 * ports, so that ntpd, the simulator and the fuzzers drive the same object.
 */
#ifndef NTP_ENGINE_H
#define NTP_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "ntp_nts.h"
#include "ntp_ntscookie.h"
#include "ntp_ports.h"
#include "ntp_server.h"
#include "ntp_snapshot.h"

struct leap_table;
struct ntp_config;
struct ntp_engine;

/* What only the shell knows at start. */
struct engine_options {
	bool freq_known;       /* the frequency file was read */
	double freq;	       /* s/s */
	bool panic_once;       /* -g */
	bool step_once;	       /* -G */
	bool set_once;	       /* -q: first correction, then stop */
	bool slew;	       /* -x: step threshold 600 s */
	bool noset;	       /* no privilege: measure and serve only */
	struct keystore *keys; /* borrowed, may be NULL */
	const char *version;   /* "ntpd ..." for mode 6; borrowed */
	const char *processor, *system; /* uname; borrowed */
};

/*
 * Create an engine.  Takes ownership of *CFG (NULLed); borrows PORTS, which
 * must outlive the engine.  Returns NULL when out of memory.
 */
struct ntp_engine *engine_new(struct ntp_config **cfg,
    const struct engine_options *opt, const struct ntp_ports *ports,
    struct ntp_now now);
void engine_free(struct ntp_engine **e);

/* Handle one datagram (RFC 5905 9, 14).  Never fails: bad input is counted. */
void receive(
    struct ntp_engine *e, const struct recvbuf *rb, struct ntp_now now);

/* Run everything that is due, at least once a second for adj_host_clock(). */
void timer(struct ntp_engine *e, struct ntp_now now);

/* Do a little, some 20 us, of what can wait; true when there is more.  To be
 * called while nothing else is to be done. */
bool engine_background(struct ntp_engine *e);

/* When timer() must next run. */
ntp_mono engine_deadline(const struct ntp_engine *e);

/* The answer to dns_port.resolve(TAG): N addresses (may be 0), or ERR with the
 * resolver's WORDS; ports of ADDR are ignored. */
void engine_resolved(struct ntp_engine *e, uint32_t tag,
    const struct ntp_addr *addr, size_t n, const char *words,
    struct ntp_now now);

/* The network says that what was sent from endpoint EP cannot arrive.  Anybody
 * can forge that, so it only explains a silence and changes nothing. */
struct icmp_error {
	struct ntp_addr from; /* the host that says so */
	uint8_t type, code;   /* of ICMP, or of ICMPv6 when FROM is IPv6 */
};
void engine_icmp(struct ntp_engine *e, int ep, const struct icmp_error *err);

/*
 * The answers to nts_port.establish(TAG).  The keys and cookies of S (copied)
 * are for the server at ADDR; its port 0 is that of the line.  WORDS say why
 * there are none; when to try again is decided here.
 */
void engine_nts_ready(struct ntp_engine *e, uint32_t tag,
    const struct nts_session *s, const struct ntp_addr *addr,
    struct ntp_now now);
void engine_nts_failed(
    struct ntp_engine *e, uint32_t tag, const char *words, struct ntp_now now);

/* Make and open cookies with K (copied) from now on; NULL: requests with
 * Network Time Security are answered without.  0 or -NTP_ENOMEM, when nothing
 * has changed. */
int engine_set_cookiekeys(struct ntp_engine *e, const struct nts_cookiekeys *k);

/* One more of WHAT, which happened outside. */
void engine_nts_count(struct ntp_engine *e, enum nts_count what);
/* All that was counted so since the start, threads included. */
void engine_nts_counters(struct ntp_engine *e, uint64_t n[NTS_COUNTS]);

/* Ask again at once for every name still unresolved (SIGHUP, new network). */
void engine_retry_dns(struct ntp_engine *e, struct ntp_now now);

/* The datagram that was sent with MARK left at LEFT, as the kernel saw it.  May
 * never come, and may come late. */
void engine_departed(struct ntp_engine *e, uint32_t mark, ntp_ts left);

/* Our own addresses, whenever they change (loop test, self-sync guard).
 * Associations whose local address is gone open a new endpoint. */
void engine_local_addrs(struct ntp_engine *e, const struct ntp_addr *addr,
    size_t n, struct ntp_now now);

/* Somebody else stepped the clock by D s (or we woke up): start afresh. */
void engine_clock_jumped(struct ntp_engine *e, double d, struct ntp_now now);

/* The leap second file was read: from now on T (copied) counts. */
void engine_set_leap(
    struct ntp_engine *e, const struct leap_table *t, struct ntp_now now);

/* Sign and verify with KS (borrowed) from now on; associations keep running,
 * and the keys in use so far may be freed. */
void engine_set_keys(struct ntp_engine *e, struct keystore *ks);

/* Should the daemon go on?  engine_status() tells; the engine never exits. */
enum engine_stop {
	ENGINE_RUN,
	ENGINE_STOP_PANIC,    /* offset beyond the panic threshold */
	ENGINE_STOP_SET,      /* -q: the clock is set */
	ENGINE_STOP_NOSERVER, /* -q: nobody answered usefully */
	ENGINE_STOP_DENIED,   /* -q: the clock may not be set here */
};

/* The configuration in force, borrowed until the next change. */
const struct ntp_config *engine_config(const struct ntp_engine *e);

struct config_io;

/*
 * Run on *CFG from now on and free the old one.  Associations that both name
 * stay as they are but for their options, others come and go.  Takes *CFG over
 * (NULLed) unless -NTP_ENOMEM, when nothing has changed; -NTP_ERANGE when not
 * all new associations found room.
 */
int engine_adopt(
    struct ntp_engine *e, struct ntp_config **cfg, struct ntp_now now);

/*
 * Parse TEXT on top of the configuration in force and adopt the result.
 * Messages go to IO, which is asked for nothing else: nothing is included.
 * As engine_adopt().
 */
int engine_configure(struct ntp_engine *e, const char *text, size_t len,
    const struct config_io *io, struct ntp_now now);

struct engine_status {
	enum engine_stop stop;
	bool synced;	 /* leap is not alarm */
	bool have_peer;	 /* a system peer is selected */
	bool freq_valid; /* worth writing to the drift file */
	uint8_t stratum;
	unsigned sources, reachable, survivors;
	double offset; /* s; of the panic or of the -q correction too */
	double freq;   /* s/s */
	double jitter; /* s */
	int8_t poll;   /* log2 s */
	bool stepped;  /* the -q correction was a step */
	char peer[64]; /* name or address of the system peer, or "" */
};
void engine_status(const struct ntp_engine *e, struct engine_status *out);

/* One line about the system into OUT (CAP octets with NUL).  Returns the word
 * of its reason, a constant that is another one when the state is another. */
const char *engine_summary(
    const struct ntp_engine *e, struct ntp_now now, char *out, size_t cap);

/* What is the matter with association I, in one line into OUT (CAP octets with
 * NUL): "NAME: sentence".  False when there are no more. */
bool engine_explain(const struct ntp_engine *e, size_t i, struct ntp_now now,
    char *out, size_t cap);

/* Datagrams counted, in the columns of sysstats. */
enum engine_counter {
	COUNT_RECEIVED,
	COUNT_PROCESSED,
	COUNT_THISVER,
	COUNT_OLDVER,
	COUNT_RESTRICTED,
	COUNT_BADFORMAT,
	COUNT_BADAUTH,
	COUNT_DECLINED,
	COUNT_LIMITED,
	COUNT_KODSENT,
	ENGINE_COUNTERS
};
struct engine_counters {
	double age; /* s since they began at zero */
	uint64_t n[ENGINE_COUNTERS];
};
void engine_counters(
    struct ntp_engine *e, ntp_mono now, struct engine_counters *out);
/* Of NOW leave what came after THEN; all of it when they began anew since. */
void counters_since(
    struct engine_counters *now, const struct engine_counters *then);

/* The ring that the server threads read; lives as long as the engine. */
struct snap_ring *engine_snapshots(struct ntp_engine *e);

#define SERVER_UNITS_MAX 64U /* server threads */

/*
 * Before there are threads: make for N of them what each serves with, and
 * share the room for clients among them.  0 or -NTP_ENOMEM.
 */
int engine_units_make(struct ntp_engine *e, size_t n);
/* What thread I (0..N-1) serves with; its own while it is not held. */
struct server_ctx *engine_unit(struct ntp_engine *e, size_t i);
/* Access list, keys, client list: where they have changed the threads get new
 * ones.  To be called after whatever may change them. */
void engine_units_follow(struct ntp_engine *e);

/* What the engine itself serves with, for one batch: whoever has a client's
 * request in hand may answer it by server_receive() without receive(). */
struct server_ctx *engine_server(struct ntp_engine *e);

#endif /* NTP_ENGINE_H */
