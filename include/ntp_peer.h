/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_peer.h - one association, and the table of them.
 *
 * Inside the engine only.  The table is an array sized at configuration; an
 * association never moves while it lives.
 */
#ifndef NTP_PEER_H
#define NTP_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp.h"
#include "ntp_addr.h"
#include "ntp_bcast.h"
#include "ntp_config.h"
#include "ntp_filter.h"
#include "ntp_lean.h"
#include "ntp_ntsassoc.h"
#include "ntp_packet.h"
#include "ntp_path.h"
#include "ntp_poll.h"
#include "ntp_reason.h"
#include "ntp_refclock.h"
#include "ntp_symm.h"
#include "ntp_time.h"
#include "ntp_xleave.h"

#define PEER_NAME_MAX 256U /* a domain name with its NUL */
#define POOL_CAND_MAX 16U  /* addresses remembered of one answer */

/* A server is whoever gives us time by the network, in any mode; a broadcast
 * only sends; pool and manycast make servers of those they find. */
enum peer_kind {
	PEER_SERVER,
	PEER_POOL,
	PEER_CLOCK,
	PEER_BROADCAST,
	PEER_MANYCAST
};

struct peer_counters {
	uint64_t sent, received, processed;
	uint64_t badauth, bogusorg, oldpkt, seldisp, selbroken;
};

/* Waiting for a name: servers without address, and pools. */
struct peer_dns {
	bool pending; /* asked, no answer yet */
	bool again;   /* ask at `at` */
	double wait;  /* s to the next try, 2 .. 300 */
	ntp_mono at;
	bool complained;	  /* failure logged since the last success */
	unsigned failures;	  /* since then */
	char words[REASON_WORDS]; /* the resolver's, of the last failure */
};

struct peer_pool {
	struct ntp_addr cand[POOL_CAND_MAX]; /* not yet used */
	size_t ncand;
	ntp_mono refresh; /* resolve anew at this time */
};

/*
 * Association variables (RFC 5905 9.1, 9.2; the names are the RFC's).  What is
 * looked at every second comes first and together: the simulator has thousands
 * of them.
 */
struct peer {
	bool inuse;
	bool addr_lost;	      /* open a new endpoint at next send */
	bool bare;	      /* without entry by `restrict source` */
	bool surprised;	      /* its last sample fitted nothing known */
	bool smears;	      /* a leap second, as its refid tells */
	bool authentic;	      /* last packet carried a valid MAC */
	uint8_t hmode, pmode; /* enum ntp_mode */
	uint8_t version;
	uint8_t ttl;	  /* hops of what is sent, 0: as the system has it */
	uint8_t select;	  /* enum ntp_select */
	uint8_t event;	  /* enum ntp_peerevent, last */
	uint8_t nevents;  /* 0..15 */
	uint16_t associd; /* never 0 */
	enum peer_kind kind;
	int ep;				/* endpoint, 0: none */
	unsigned flash;			/* enum ntp_flash */
	const struct config_assoc *cfg; /* borrowed */
	struct ntp_addr srcadr, dstadr; /* theirs, ours */
	struct poll_state poll;

	/* from the last valid packet */
	uint8_t leap, stratum; /* stratum 16: unsynchronized */
	int8_t precision;      /* log2 s */
	uint32_t refid;
	double rootdelay, rootdisp; /* s */
	ntp_ts reftime;

	ntp_mono sent_at;
	struct reason_vote vote;
	struct reason_state reason;
	struct reason_notes notes;
	struct peer_counters count;
	struct bcast_state bcast; /* broadcast, either end */
	struct peer_dns dns;
	char name[PEER_NAME_MAX]; /* as configured; "" if numeric */

	struct clock_filter filter;
	struct path path; /* survives a step: delays do not change */
	struct lean lean; /* nor does where it stands beside others */

	/* on the wire */
	ntp_ts aorg; /* nonce of the outstanding request; zero: none */
	ntp_ts org;  /* when that request left (T1) */
	ntp_ts rec;  /* arrival of the last valid packet (T4) */
	ntp_ts xmt;  /* transmit timestamp of the last valid packet (T3) */
	struct xleave_state xl;
	struct symm_state symm; /* symmetric modes */

	uint32_t smear_seen; /* the last such refid, 0: none */
	unsigned falsepolls; /* polls in a row as a falseticker */
	ntp_mono timereset, timereceived, timereachable;
	struct peer *parent;	 /* pool that made it, or NULL */
	struct config_assoc own; /* what cfg is when a packet made it */
	struct refclock clk;	 /* of a reference clock */
	struct peer_pool pool;
	struct nts_assoc nts;
	unsigned ring; /* of a manycast search: index into `ttl` */
};

struct peer_table {
	struct peer *p;
	size_t cap;
	size_t used; /* slots ever taken: those behind are free */
	uint16_t next_associd;
};

/* Iterate over the associations in use, oldest slot first. */
/* NOLINTBEGIN(bugprone-macro-parentheses): VAR is declared here */
#define PEER_FOREACH(var, tbl)                                                 \
	for (struct peer *var = (tbl)->p; var < (tbl)->p + (tbl)->used; var++) \
		if (!var->inuse) {                                             \
		} else
/* NOLINTEND(bugprone-macro-parentheses) */

/* The undisciplined local clock, which is never measured? */
bool peer_is_local_clock(const struct peer *p);
/* It, or a clock that is called by telephone, unless preferred: used after
 * nothing else was there for a while (protocol notes 14.1). */
bool peer_is_last_resort(const struct peer *p);
/* What its driver found out, unless the administrator says something else. */
uint32_t peer_clock_refid(const struct peer *p);

/* CAP associations; 0 or -NTP_ENOMEM. */
int peer_table_init(struct peer_table *t, size_t cap, uint16_t first_associd);
void peer_table_fini(struct peer_table *t);

/* A cleared slot with an association id of its own; NULL when full. */
struct peer *peer_alloc(struct peer_table *t);
void peer_release(struct peer *p);

struct peer *peer_by_associd(const struct peer_table *t, uint16_t associd);
/* No line of the configuration, but a packet made it. */
bool peer_is_ephemeral(const struct peer *p);
/* Gives time, or will: takes part in the selection. */
bool peer_is_source(const struct peer *p);
/* Active or passive. */
bool peer_is_symmetric(const struct peer *p);

/* By the endpoint a datagram came in on. */
struct peer *peer_by_endpoint(const struct peer_table *t, int ep);
/* A client association with this address and port. */
struct peer *peer_by_addr(
    const struct peer_table *t, const struct ntp_addr *addr);
size_t peer_count(const struct peer_table *t);

/* What an association shows as reference id before it has heard anything. */
const char *peer_first_refid(const struct peer *p);

/*
 * Forget what was measured (start, step, silence): filter, reach, packet
 * variables; REFID is a code word such as "INIT" or "STEP".
 */
void peer_clear(
    struct peer *p, const char *refid, double precision, ntp_mono now);

/* Status word of mode 6 (RFC 9327 3.2). */
uint16_t peer_status_word(const struct peer *p);

/*
 * Root distance in s (protocol notes 14.1): (delay + rootdelay) / 2 + disp +
 * PHI * age + rootdisp + jitter, at least MINDIST.
 */
double peer_root_distance(
    const struct peer *p, double mindist, double phi, ntp_mono now);

/* "name" or the address, for logs and displays; OUT of ADDR_STRLEN is used
 * when there is no name. */
const char *peer_label(const struct peer *p, char out[ADDR_STRLEN]);

#endif /* NTP_PEER_H */
