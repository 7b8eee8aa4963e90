/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_servernts.c - Network Time Security on the way of a request.
 *
 * The same for the main loop and the server threads: each has prepared keys of
 * its own in its policy, and counts for itself.
 */
#include "ntp_servernts.h"

#include "ntp_err.h"

_Static_assert(NTS_REPLY_MAX + NTS_REPLY_ROOM <= NTP_REPLY_MAX,
    "a reply and what it is still to be sealed with");

static void
count(struct server_ctx *c, enum nts_count what)
{
	c->count->nts[what]++;
}

bool
server_nts_asked(
    struct server_ctx *c, const struct recvbuf *rb, const struct ext_tail *t)
{
	if (!nts_present(rb->data, t))
		return false;
	if (c->policy.nts == NULL)
		count(c, NTS_COOKIE_NOT_SERVER);
	return c->policy.nts != NULL;
}

/* KEY as nts_cookie_open() tells. */
static void
count_cookie(struct server_ctx *c, int key)
{
	static const enum nts_count of_age[] = {NTS_COOKIE_DECODE,
	    NTS_COOKIE_DECODE_OLD, NTS_COOKIE_DECODE_OLD2,
	    NTS_COOKIE_DECODE_OLDER};
	const int oldest = sizeof of_age / sizeof of_age[0] - 1;

	if (key == -NTP_ENOKEY)
		count(c, NTS_COOKIE_DECODE_TOO_OLD);
	else if (key < 0)
		count(c, NTS_COOKIE_DECODE_ERROR);
	else
		count(c, of_age[key < oldest ? key : oldest]);
}

enum ntp_drop
server_nts_open(struct server_ctx *c, const struct recvbuf *rb,
    const struct ext_tail *t, struct nts_request *q)
{
	int err = nts_server_open(c->policy.nts, rb->data, t, q);

	if (err != -NTP_EFORMAT)
		count_cookie(c, q->key);
	count(c, err == 0 ? NTS_SERVER_RECV_GOOD : NTS_SERVER_RECV_BAD);
	if (err == 0)
		return DROP_NONE;
	return err == -NTP_EFORMAT ? DROP_NTS : DROP_NTSN;
}

size_t
server_nts_answer(struct server_ctx *c, const struct recvbuf *rb,
    const struct nts_request *q, uint8_t out[NTP_REPLY_MAX])
{
	unsigned made;
	size_t len;

	if (!c->answer.nts)
		return nts_server_refuse(q, out);
	len = nts_server_answer(c->policy.nts, q, rb->len, out, &made);
	c->count->nts[NTS_COOKIE_MAKE] += made;
	return len;
}

void
server_nts_seal(struct server_ctx *c, uint8_t out[NTP_REPLY_MAX])
{
	nts_server_seal(c->policy.nts, out);
	count(c, NTS_SERVER_SEND);
}
