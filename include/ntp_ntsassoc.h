/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ntsassoc.h - Network Time Security of one association.
 *
 * Inside the engine only.  Keys come from outside (struct nts_port); here is
 * what becomes of them, and when others are wanted.
 */
#ifndef NTP_NTSASSOC_H
#define NTP_NTSASSOC_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp.h"
#include "ntp_nts.h"
#include "ntp_ntsclient.h"
#include "ntp_ports.h"
#include "ntp_time.h"

#define NTS_WORDS 120U /* octets of why there are no keys, with NUL */

struct ext_tail;
struct ntp_engine;
struct peer;
struct recvbuf;

/* Of a pool only what concerns establishing keys. */
struct nts_assoc {
	struct nts_keys keys;	    /* keylen 0: none yet */
	struct nts_cookies cookies; /* the oldest first */
	uint8_t uid[NTS_UID_LEN];   /* of the request that is out */
	bool refused;  /* it, or an earlier one since the last answer */
	unsigned lost; /* requests in a row without an authentic answer */
	unsigned placeholders; /* in the last request */
	unsigned limit;	       /* and those that the path is trusted with */
	bool pending;	       /* keys are being established */
	unsigned tries;	   /* establishments since the last authentic answer */
	unsigned failures; /* of them, in a row */
	ntp_mono next;	   /* not before */
	ntp_mono since;	   /* the last keys are there */
	char words[NTS_WORDS]; /* why the last establishment failed, or "" */
};

/* Is P to ask with Network Time Security, or its servers? */
bool peer_uses_nts(const struct peer *p);
/* ... and has no keys yet? */
bool nts_lacks_keys(const struct peer *p);

/* Before a request: has P a cookie for it? */
bool nts_ready(struct peer *p);
/* Put the fields behind the header in BUF of NTS_PACKET_MAX octets; the length,
 * 0: that failed.  The cookie is used up. */
size_t nts_sign(struct ntp_engine *e, struct peer *p, uint8_t *buf);
/* Is RB an authentic answer to P's request?  Takes its cookies. */
enum ntp_drop nts_authenticate(struct ntp_engine *e, struct peer *p,
    const struct recvbuf *rb, const struct ext_tail *tail, struct ntp_now now);

/* Once a second: ask for keys if P needs them.  MORE: a pool wants another
 * server. */
void nts_tick(
    struct ntp_engine *e, struct peer *p, bool more, struct ntp_now now);
/* We have started, or the network is another: ask now, but not in step with
 * everybody else to whom the same has happened. */
void nts_hurry(struct ntp_engine *e, struct peer *p, ntp_mono now);

#endif /* NTP_NTSASSOC_H */
