/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mesh.h - several engines on one wire: what one sends the others receive.
 *
 * Node K has the address 192.0.2.(K+1), port 123 for endpoint 0, and a clock
 * that errs.  A datagram to 192.0.2.255 or to a multicast group reaches all
 * others.  Time passes only in mesh_run().
 */
#ifndef MESH_H
#define MESH_H

#include "ntp_packet.h"
#include "ntp_rng.h"
#include "ntp_state.h"

#define MESH_NODES  8U
#define MESH_FLIGHT 128U

struct mesh;

struct mesh_node {
	struct clock_port clock; /* first: the port is the object */
	struct packet_port net;
	struct rng_port rngport;
	struct log_port log;
	struct mesh *m;
	struct ntp_addr addr;
	double err, natural;	    /* s, s/s: off true time */
	double freq, slew, slewend; /* correction in force; s of m->t */
	unsigned steps;
	int next_ep;
	bool cut; /* off the wire */
	struct ntp_engine *e;
};

struct mesh_packet {
	bool used, group;
	bool departure; /* not a packet, but word that one has left */
	uint32_t mark;
	double due;
	struct ntp_addr src, dst;
	uint8_t ttl, data[128];
	size_t len;
	unsigned to;
};

struct mesh {
	double t;     /* s, true time */
	double delay; /* s, one way */
	double loss;  /* share of datagrams lost */
	double stack; /* s, at most, that a datagram takes to leave its host */
	struct ntp_rng rng;
	struct mesh_node node[MESH_NODES];
	unsigned n;
	struct mesh_packet flight[MESH_FLIGHT];
	/* sees every datagram as it leaves; may be NULL */
	void (*tap)(struct mesh *m, const struct mesh_packet *p);
	struct mesh_packet last; /* for taps that keep one */
	unsigned seen;		 /* for taps that count */
};

void mesh_init(struct mesh *m);
void mesh_fini(struct mesh *m);
/* Add a node with the text of an ntp.conf; its number. */
unsigned mesh_add(struct mesh *m, const char *conf, struct keystore *keys,
    double err, double ppm);
/* The same in the place of node K: it restarts. */
void mesh_restart(
    struct mesh *m, unsigned k, const char *conf, struct keystore *keys);
struct ntp_now mesh_now(const struct mesh *m, unsigned k);
void mesh_run(struct mesh *m, double s);
/* Hand node K a datagram now: as if from SRC to its endpoint 0. */
void mesh_inject(struct mesh *m, unsigned k, const struct ntp_addr *src,
    bool group, const void *data, size_t len);
struct ntp_addr mesh_addr(unsigned k);
/* The association of node K with address ADDR or that of node WITH, or NULL. */
struct peer *mesh_associated(
    struct mesh *m, unsigned k, const struct ntp_addr *addr);
struct peer *mesh_peer(struct mesh *m, unsigned k, unsigned with);

#endif /* MESH_H */
