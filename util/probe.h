/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe.h - ask servers for the time a few times, as a client without memory.
 */
#ifndef PROBE_H
#define PROBE_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_keys.h"
#include "ntp_packet.h"

#define PROBES_MAX  64U	 /* servers */
#define PROBE_NAME  64U	 /* octets of an address with port and NUL */
#define PROBE_WORDS 128U /* octets of a reason with NUL */

/* One address. */
struct probe {
	char name[PROBE_NAME];
	struct sockaddr_storage sa;
	socklen_t salen;
	int fd;			 /* connected, or -1 */
	unsigned sent, received; /* requests, good replies */
	bool waiting;		 /* for the reply to the last request */
	ntp_ts asked;		 /* when that left */
	ntp_ts nonce;		 /* its transmit timestamp: random */
	/* The sample with the least delay, if RECEIVED. */
	struct ntp_packet pkt;
	double offset, delay;  /* s; positive: we are behind */
	char why[PROBE_WORDS]; /* what is wrong with it; "": nothing */
};

struct probe_set {
	size_t n;
	struct probe probe[PROBES_MAX];
	uint8_t version;
	const struct keystore *keys; /* borrowed; NULL: no authentication */
	uint32_t keyid;
	double timeout; /* s for a reply */
};

/*
 * Add all addresses of HOST (NAME, NAME:PORT, [ADDR]:PORT) of FAMILY, AF_UNSPEC
 * for any.  NULL, or why not (constant).
 */
const char *probe_add(struct probe_set *s, const char *host, int family);

/* ROUNDS requests to each; ends within ROUNDS * (timeout + pause). */
void probe_run(struct probe_set *s, unsigned rounds);
void probe_close(struct probe_set *s);

/* Half the round trip and all errors on the way to the reference, s. */
double probe_root_distance(const struct probe *p);
/* Fit to set a clock by?  Else P->why has the words. */
bool probe_is_fit(struct probe *p);

/*
 * The one of the majority that is best, lowest stratum first; NULL when none is
 * fit or those that are have no majority: then WHY is set.
 */
struct probe *probe_best(struct probe_set *s, const char **why);

#endif /* PROBE_H */
