/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_control.h - one mode 6 request on its way, for the rooms that answer.
 *
 * Inside the engine only.  ntp_control.c accepts, authenticates and sends;
 * the operations get what it found out and leave their text in e->out.
 */
#ifndef NTP_CONTROL_H
#define NTP_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_mode6.h"
#include "ntp_time.h"

struct ntp_addr;
struct ntp_engine;
struct peer;
struct recvbuf;

struct control {
	struct ntp_engine *e;
	const struct recvbuf *rb;
	struct ntp_now now;
	uint16_t restricts; /* enum restrict_flag of the source */
	struct mode6_hdr req;
	const char *data; /* of the request, req.count octets */
	uint32_t keyid;	  /* that verified, 0: none */
	size_t align;	  /* of the authenticator in the request */
	uint64_t mac;	  /* its first octets */
	struct peer *p;	  /* asked about, NULL: the system */
	uint16_t status;
	size_t len;  /* of the text in e->out */
	bool silent; /* no answer at all */
	enum mode6_err err;
};

/* Where an answer goes. */
struct control_way {
	int ep;
	const struct ntp_addr *dst, *src; /* borrowed */
	uint32_t keyid;			  /* to sign with, 0: not at all */
	size_t align;			  /* of the authenticator */
};

/* An operation: true, and the text is in e->out; or false, see below. */
typedef bool control_op(struct control *c);

/* Answer with error ERR; always false. */
bool control_fail(struct control *c, enum mode6_err err);
/* Answer nothing; always false. */
bool control_silent(struct control *c);
/* The control key alone opens what is closed. */
bool control_authorized(const struct control *c);
/* Find the association asked about and the status word; false, and the error
 * is set, when there is none. */
bool control_subject(struct control *c);
/* The header of a reply to it. */
struct mode6_hdr control_header(const struct control *c);
/* Send BUF, LEN octets, padded and signed as WAY says; the octets sent. */
size_t control_send(struct ntp_engine *e, const struct control_way *way,
    uint8_t buf[MODE6_PACKET_MAX], size_t len);

/* --- ntp_ctlwrite.c ------------------------------------------------------- */

/* Every operation that changes something begins with this: the control key,
 * and a digest that was not used before; false, and the error is set. */
bool control_may_write(struct control *c);
control_op write_variables;

/* --- ntp_ctlconf.c -------------------------------------------------------- */

control_op configure, save_config;

/* --- ntp_ctlord.c --------------------------------------------------------- */

control_op read_ordlist;

#endif /* NTP_CONTROL_H */
