/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ntsserver.h - Network Time Security of requests and replies, as a server
 * sees them (RFC 8915 5.7).
 *
 * Of the three steps the last one comes after the transmit timestamp is
 * written: it authenticates it.
 */
#ifndef NTP_NTSSERVER_H
#define NTP_NTSSERVER_H

#include <stddef.h>
#include <stdint.h>

#include "ntp_ntscookie.h"

#define NTS_REPLY_MAX  1200U /* octets, so much may come back */
/* What a buffer for a reply has behind that, for what is still to be done. */
#define NTS_REPLY_ROOM 80U

/* What a request asks for. */
struct nts_request {
	struct octets uid; /* in the request; none: it was malformed */
	unsigned cookies;  /* wanted, 1..NTS_COOKIES */
	int key;	   /* as nts_cookie_open() tells */
	struct nts_keys keys;
};

/*
 * Read and check the request BUF, which T splits.  0; -NTP_EFORMAT: to be
 * dropped without a word; -NTP_ENOKEY or -NTP_EAUTH: to be refused with its
 * unique identifier, for nobody can know what keys it was made with.
 */
int nts_server_open(struct nts_jar *j, const uint8_t *buf,
    const struct ext_tail *t, struct nts_request *out);

/* Put the unique identifier of Q behind the header in OUT.  The length of what
 * is then a whole refusal. */
size_t nts_server_refuse(const struct nts_request *q, uint8_t *out);

/*
 * Put all fields of the answer to Q behind the header in OUT of NTS_REPLY_MAX
 * + NTS_REPLY_ROOM octets, with as many new cookies as are wanted and make it
 * no longer than MAX; *MADE gets how many.  Its length, which
 * nts_server_seal() does not change; 0: it does not fit.
 */
size_t nts_server_answer(struct nts_jar *j, const struct nts_request *q,
    size_t max, uint8_t *out, unsigned *made);
/* Seal it. */
void nts_server_seal(struct nts_jar *j, uint8_t *out);

#endif /* NTP_NTSSERVER_H */
