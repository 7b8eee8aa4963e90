/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attack.h - what the tests of attacks share: an association with a request
 * outstanding, forged packets, and whether anything has changed.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include "threat.h"
#include "world.h"

#define ATTACK_ONE   "server 192.0.2.1 minpoll 4 maxpoll 6\n"
#define ATTACK_KEYED "server 192.0.2.1 key 1 minpoll 4 maxpoll 6\n"

/*
 * An association with the server 192.0.2.1 that has been polled and reached;
 * the last reply is lost, so that a request is outstanding.  With O->keys the
 * server signs with the key of the association.
 */
struct peer *attack_outstanding(
    struct world *w, const char *conf, const struct engine_options *o);

/* What the server would answer to the outstanding request. */
struct ntp_packet attack_reply(struct world *w);
/* A kiss of CODE likewise. */
struct ntp_packet attack_kiss(struct world *w, const char *code, int8_t poll);

/* Deliver R as if from the server, bare or signed with KEY. */
void attack_inject(struct world *w, const struct ntp_packet *r);
void attack_inject_signed(
    struct world *w, const struct ntp_packet *r, uint32_t key);
/* R with the four zeros of a crypto-NAK. */
void attack_inject_nak(struct world *w, const struct ntp_packet *r);

/* Keys 1 and 2 (MD5), 3 (SHA1) and 4 (AES-CMAC), trusted; 9 is not. */
struct keystore *attack_keys(void);

/* Everything of an association but flash, event, error counters and the notes
 * on errors. */
void assert_unchanged(const struct peer *before, const struct peer *after);

#endif /* ATTACK_H */
