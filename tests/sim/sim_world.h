/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_world.h - nodes, the wires between them, and the time that passes.
 *
 * Everything that happens is an event at a true time in ns.  A node's clock is
 * brought up to that time before anything looks at it.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ntp_engine.h"
#include "ntp_keys.h"
#include "ntp_ports.h"
#include "ntp_rng.h"
#include "sim_clock.h"
#include "sim_metric.h"
#include "sim_queue.h"
#include "sim_scenario.h"

#define SIM_DATAGRAM_MAX 1280U

struct sim_world;

struct sim_endpoint {
	int ep; /* 0: closed */
	uint16_t port;
	struct ntp_addr remote;
};

/* A question to the resolver. */
#define SIM_LOOKUPS 32U
#define SIM_ADDRS   16U /* of one name */
struct sim_lookup {
	unsigned life;
	uint32_t tag;
	char name[64];
};

struct sim_node {
	struct sim_clock clock;
	struct sim_world *w; /* borrowed */
	const struct scn_node *def;
	char name[SCN_NAME_MAX + 12];
	unsigned idx;
	struct ntp_addr addr;
	struct ntp_rng noise; /* of its timestamps */

	/* a daemon */
	struct packet_port net;
	struct rng_port rngport;
	struct dns_port dns;
	struct log_port log;
	struct ntp_rng rng; /* what its engine draws */
	struct ntp_engine *e;
	struct keystore *keys;
	bool running, asleep;
	int64_t ended; /* ns, true time when it last stopped to run */
	unsigned life; /* starts so far */
	int64_t wake;  /* ns, true time of the timer in force */
	int64_t due;   /* ns, mono: engine_deadline() */
	uint64_t gen;  /* of that timer */
	struct sim_endpoint *ep;
	size_t neps;
	int next_ep;
	bool drift_known;
	double drift;		   /* s/s, as in the drift file */
	struct sim_lookup *lookup; /* SIM_LOOKUPS, used in turn */
	uint64_t nlookups;
	struct nts_port nts;
	struct sim_lookup *establish; /* likewise */
	uint64_t nestablish;
	struct ntp_rng secret;	    /* of which it makes keys */
	struct nts_cookiekeys ring; /* kept over a restart */

	/* a server of the light model */
	bool silent, unsync;
	uint8_t stratum;

	uint64_t polls, served, kisses;
	struct sim_gauge **gauge; /* borrowed: those of this node */
	size_t ngauges;
	/* for the invariants */
	double fooled_since; /* s, true time; < 0: it is not */
	bool was_synced;
	unsigned seen_steps;
	double last_err;    /* s */
	int64_t last_clock; /* ns */
};

struct sim_packet {
	struct sim_world *w;
	struct sim_node *to;
	struct ntp_addr src, dst;
	size_t len;
	uint8_t data[SIM_DATAGRAM_MAX];
	struct sim_packet *next; /* of the free list */
};

/* One direction between two nodes. */
struct sim_path {
	bool used;
	uint32_t from, to;
	struct ntp_rng rng;
	const struct scn_link **rule; /* those that match, in order */
	size_t nrules;
	bool losing; /* inside a burst of losses */
	size_t trace_at;
};

struct sim_broken {
	enum scn_invariant what;
	double at; /* s */
	char text[160];
};

#define SIM_BROKEN_MAX 8U

struct sim_world {
	const struct scenario *sc;
	uint64_t seed;
	int64_t now; /* ns, true time */
	struct sim_queue queue;
	struct sim_node *node;
	size_t nnodes;
	bool liars;	       /* a node is marked false */
	struct sim_path *path; /* hash table */
	size_t npaths, pathcap;
	struct sim_packet *spare;
	struct sim_gauge *gauge; /* one for each expectation and node, then one
				  * for each daemon of the table */
	size_t ngauges, ntable;
	struct sim_broken broken[SIM_BROKEN_MAX];
	size_t nbroken;
	FILE *log; /* NULL: daemons' messages are dropped */
	void (*progress)(void *arg, double share); /* or NULL */
	/* at each sample, or NULL */
	void (*trace)(void *arg, const struct sim_world *w);
	void *arg; /* of both */
};

/* Errors in a node's ntp.conf go to ERR; NULL then. */
struct sim_world *world_new(
    const struct scenario *sc, uint64_t seed, FILE *log, FILE *err);
void world_free(struct sim_world **w);
/* To the end of the scenario. */
void world_run(struct sim_world *w);

struct sim_node *world_node(const struct sim_world *w, const char *name);
struct sim_node *world_node_at(
    const struct sim_world *w, const struct ntp_addr *addr);
/* Seconds since the start. */
double world_time(const struct sim_world *w);

/* --- sim_net.c ------------------------------------------------------------- */

/* One datagram on the wire; all of it is borrowed for the call. */
struct sim_frame {
	const struct ntp_addr *src, *dst;
	const void *data;
	size_t len;  /* octets */
	uint8_t ttl; /* hops it may go, 0: any */
};

/* F leaves FROM's wire AFTER ns from now; who sits at its destination gets it,
 * multicast and broadcast everybody. */
void net_send(struct sim_node *from, const struct sim_frame *f, int64_t after);
/* Put a datagram right before TO, DELAY ns from now. */
void net_inject(struct sim_node *to, const struct sim_frame *f, int64_t delay);
void net_fini(struct sim_world *w);

/* --- sim_conf.c ------------------------------------------------------------ */

/* The node's ntp.conf, its keys, its leap second file; what is wrong with them
 * goes to ERR.  0 or -NTP_E*. */
struct ntp_config *node_conf(struct sim_node *n, FILE *err);
int node_keys(struct sim_node *n, const struct ntp_config *c, FILE *err);
int node_leapfile(struct sim_node *n, FILE *err);

/* --- sim_node.c ------------------------------------------------------------ */

int node_start(struct sim_node *n, FILE *err);
/* KILLED: without a word to the kernel. */
void node_stop(struct sim_node *n, bool killed);
void node_deliver(struct sim_node *n, const struct sim_packet *p);
/* The machine sleeps and hears nothing; it wakes up again. */
void node_suspend(struct sim_node *n, double s);
void node_resume(struct sim_node *n);
/* The engine of N has been called: see to its timer. */
void node_after(struct sim_node *n);
/* Root distance of the system in s, as RFC 5905 has it for its clients. */
double node_root_distance(const struct sim_node *n);
/* The endpoint open towards REMOTE, or NULL. */
const struct sim_endpoint *node_endpoint(
    const struct sim_node *n, const struct ntp_addr *remote);

/* The addresses of NAME, SIM_ADDRS at most; their number. */
size_t node_addresses(
    const struct sim_world *w, const char *name, struct ntp_addr *out);

/* --- sim_nts.c ------------------------------------------------------------- */

void nts_init(struct sim_node *n);
/* If N makes cookies, its engine, which is new, gets the keys for them. */
void nts_serve(struct sim_node *n);
/* Another key for cookies; FORGET: and the old ones are lost. */
void nts_rotate(struct sim_node *n, bool forget);

/* --- sim_pulse.c ----------------------------------------------------------- */

/* Pulses come, if N has any, as long as it runs; 0 or -NTP_E*. */
int pulse_begin(struct sim_node *n);

/* --- sim_depart.c ---------------------------------------------------------- */

/* F, which DG asks for, leaves N's stack a little later than its time stamp
 * says; the engine is told then, if it wants to know. */
void depart(
    struct sim_node *n, const struct datagram *dg, const struct sim_frame *f);

/* --- sim_server.c ---------------------------------------------------------- */

void server_deliver(struct sim_node *n, const struct sim_packet *p);

/* --- sim_attack.c ---------------------------------------------------------- */

void attack_start(struct sim_world *w);
/* What the attackers see on the wire. */
void attack_see(
    struct sim_node *from, struct sim_node *to, const struct sim_frame *f);
/* What they make of it; BUF is room for that. */
void attack_alter(const struct sim_node *from, const struct sim_node *to,
    struct sim_frame *f, uint8_t buf[SIM_DATAGRAM_MAX]);

/* --- sim_invariant.c ------------------------------------------------------- */

/* What must hold at each sample of a daemon. */
void invariant_check(struct sim_node *n);
/* Look at nothing this time. */
void invariant_remember(struct sim_node *n);

#endif /* SIM_WORLD_H */
