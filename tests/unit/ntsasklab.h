/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntsasklab.h - a server asked with Network Time Security: what its tests share.
 */
#ifndef NTSASKLAB_H
#define NTSASKLAB_H

#include "ntp_ntsclient.h"
#include "ntp_ntscookie.h"
#include "ntp_ntsserver.h"
#include "ntp_rng.h"
#include "serverlab.h"

#define HEADER	  NTP_HEADER_LEN
#define UID_AT	  HEADER
#define UID_EF	  (4 + NTS_UID_LEN)
#define COOKIE_AT (HEADER + UID_EF)
#define COOKIE	  104U
#define COOKIE_EF (4 + COOKIE)
#define AUTH_AT	  (COOKIE_AT + COOKIE_EF)
#define AUTH_EF	  40U
#define PLAIN_LEN (AUTH_AT + AUTH_EF) /* of a request without placeholders */

struct ntsasklab {
	struct serverlab *w;
	struct nts_cookiekeys ring;
	struct nts_jar *ke; /* of who establishes keys */
	struct aead_set aeads;
	struct nts_keys keys;
	struct nts_ask ask;
	struct nts_cookie cookie;
	struct nts_cookies got;
	struct ntp_rng rng;
};

#define NTS_THREAT(id, name) THREAT_IN(id, name, ntsask_setup, ntsask_teardown)
#define NTS_TEST(name)                                                         \
	cmocka_unit_test_setup_teardown(name, ntsask_setup, ntsask_teardown)

int ntsask_setup(void **state);
int ntsask_teardown(void **state);

/* The jars of who establishes keys and of the server, from l->ring. */
void ntsask_jars_anew(struct ntsasklab *l);
/* Another key is in force; KEEP of all are kept. */
void ntsask_rotate(struct ntsasklab *l, size_t keep);
/* A session with algorithm AEAD. */
void ntsask_establish(struct ntsasklab *l, uint16_t aead);

/* A good request with so many placeholders into w->in; its length. */
size_t ntsask_request(struct ntsasklab *l, unsigned placeholders);
/* Authenticate anew the LEN octets of w->in, whose last field shall be the
 * authenticator. */
void ntsask_sign_again(struct ntsasklab *l, size_t len);
/* Put N octets of room at offset AT of LEN; the new length. */
size_t ntsask_insert(struct ntsasklab *l, size_t len, size_t at, size_t n);

enum nts_verdict ntsask_open_reply(struct ntsasklab *l);
/* The LEN octets of w->in are answered with so many cookies. */
void ntsask_answered(struct ntsasklab *l, size_t len, unsigned cookies);
/* ... are told that their cookies are no good. */
void ntsask_refused(struct ntsasklab *l, size_t len);
/* ... are not answered. */
void ntsask_dropped(struct ntsasklab *l, size_t len);

#endif /* NTSASKLAB_H */
