/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_servernts.h - Network Time Security on the way of a request.
 *
 * For ntp_server.c, which has already admitted the client and its rate: what
 * is here costs some microseconds for each packet.
 */
#ifndef NTP_SERVERNTS_H
#define NTP_SERVERNTS_H

#include "ntp_ext.h"
#include "ntp_ntsserver.h"
#include "ntp_server.h"

/* Is RB, which T splits, a request that we can authenticate? */
bool server_nts_asked(
    struct server_ctx *c, const struct recvbuf *rb, const struct ext_tail *t);

/* Read and check it into Q.  DROP_NONE; DROP_NTS: say nothing; DROP_NTSN: it
 * may be refused with its unique identifier. */
enum ntp_drop server_nts_open(struct server_ctx *c, const struct recvbuf *rb,
    const struct ext_tail *t, struct nts_request *q);

/* Put behind the header in OUT what answers Q, in no more octets than RB has;
 * the whole length, 0: that failed. */
size_t server_nts_answer(struct server_ctx *c, const struct recvbuf *rb,
    const struct nts_request *q, uint8_t out[NTP_REPLY_MAX]);
/* Seal it, when nothing will change any more. */
void server_nts_seal(struct server_ctx *c, uint8_t out[NTP_REPLY_MAX]);

#endif /* NTP_SERVERNTS_H */
