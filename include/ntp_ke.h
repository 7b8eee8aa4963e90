/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ke.h - the messages of NTS key establishment (RFC 8915 section 4).
 *
 * Octets in, a message out, however they were split on their way; nothing is
 * asked of TLS or of a socket.  A message is read record by record, so that
 * junk between them takes no memory.
 */
#ifndef NTP_KE_H
#define NTP_KE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_wire.h"

#define KE_PORT		4460 /* TCP */
#define KE_ALPN		"ntske/1"
#define KE_REQUEST_MAX	16384U	/* octets that a server reads */
#define KE_RESPONSE_MAX 131072U /* octets that a client reads */
#define KE_COOKIES	8U	/* of a message that are kept */
#define KE_COOKIE_MAX	256U	/* octets */
#define KE_AEADS	32U	/* of a list that are looked at */
#define KE_NAME_MAX	256U	/* octets of a server's name, with its NUL */
#define KE_BODY_MAX	512U	/* octets of a record that we know */
#define KE_CONTEXT_LEN	5U

/* Enough for any answer of ours: 8 cookies and the records around them. */
#define KE_ANSWER_MAX (KE_COOKIES * (KE_COOKIE_MAX + 4U) + 320U)

enum ke_type {
	KE_END = 0,
	KE_NEXT_PROTOCOL = 1,
	KE_ERROR = 2,
	KE_WARNING = 3,
	KE_AEAD = 4,
	KE_COOKIE = 5,
	KE_SERVER = 6,
	KE_SERVER_PORT = 7,
};

enum ke_error {
	KE_UNKNOWN_CRITICAL = 0,
	KE_BAD_REQUEST = 1,
	KE_INTERNAL = 2,
};

enum ke_side { KE_IS_REQUEST, KE_IS_RESPONSE };
enum ke_progress { KE_MORE, KE_DONE, KE_REFUSED };

struct ke_message {
	enum ke_side side;
	enum ke_progress progress;
	/* of KE_REFUSED: what to answer, and what to write into the log */
	enum ke_error error;
	const char *why; /* constant */

	bool ntpv4; /* is among the protocols */
	uint16_t nprotocols;
	uint16_t aead[KE_AEADS];
	size_t naead;
	size_t ncookies; /* at most KE_COOKIES */
	struct {
		uint16_t len; /* octets, a multiple of 4 */
		uint8_t octets[KE_COOKIE_MAX];
	} cookie[KE_COOKIES];
	char server[KE_NAME_MAX]; /* "": none was named */
	uint16_t port;		  /* 0: none was named */

	/* the reader's own */
	unsigned seen; /* a bit for each type up to 7 */
	size_t total;  /* octets read */
	size_t have;   /* octets of header and body of this record */
	uint8_t header[4];
	uint8_t body[KE_BODY_MAX];
};

/* Begin to read. */
void ke_begin(struct ke_message *m, enum ke_side side);
/*
 * Read on with N octets.  KE_DONE: End of Message was the last of them, and a
 * response can be used, a request answered.  KE_REFUSED: m->why; what follows
 * is not looked at.
 */
enum ke_progress ke_feed(struct ke_message *m, const uint8_t *p, size_t n);

/* The first of the client's algorithms that is among OURS; 0: none. */
uint16_t ke_choose(const struct ke_message *m, const uint16_t *ours, size_t n);
/* May a client that offered these use the response M?  NULL, or why not. */
const char *ke_refusal(
    const struct ke_message *m, const uint16_t *offered, size_t n);

/* --- writing ---------------------------------------------------------------- */

/* A whole request. */
void ke_put_request(struct wire_wr *w, const uint16_t *aead, size_t n);
/* A whole answer that refuses. */
void ke_put_error(struct wire_wr *w, enum ke_error code);

struct ke_answer {
	uint16_t aead;	    /* 0: none of the client's */
	const char *server; /* NULL: the one that was asked */
	uint16_t port;	    /* 0: 123 */
};
/* The records before the cookies, for the request M. */
void ke_put_answer(
    struct wire_wr *w, const struct ke_message *m, const struct ke_answer *a);
void ke_put_cookie(struct wire_wr *w, const void *p, size_t n);
void ke_put_end(struct wire_wr *w);

/* --- keys ------------------------------------------------------------------- */

/* The exporter's label, and its context for the keys of one direction. */
extern const char ke_label[];
void ke_context(uint8_t out[KE_CONTEXT_LEN], uint16_t aead, bool to_client);

/* The number of "AES_SIV_CMAC_256" and the like; 0: none of ours. */
uint16_t ke_aead_id(const char *name);

#endif /* NTP_KE_H */
