/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_complain.c - why a question got no answer, and what mends it.
 *
 * The lines with *** are the reference's, which scripts look for; the line
 * after them is for people.
 */
#include <errno.h>
#include <string.h>

#include "ntpq.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const ctlerr_words[] = {
#define CTLERR(id, code, text) [code] = (text),
#include "ntp_tbl_ctlerr.h"
#undef CTLERR
};

static const char *const ctlerr_advice[] = {
    [MODE6_ERR_UNSPEC] = "the daemon's log may say more",
    [MODE6_ERR_BADFMT] =
	"the request was too long or damaged on its way; try again, with fewer "
	"names",
    [MODE6_ERR_BADVALUE] = "a value is out of its range, see ntpq(1)",
    [MODE6_ERR_RESTRICT] =
	"its ntp.conf has a `restrict' line that forbids this to us",
    [MODE6_ERR_PERMISSION] =
	"the daemon wants this signed with the key that its ntp.conf calls "
	"controlkey: say -a KEYID -k KEYFILE, or `keyid' and `passwd'",
    [MODE6_ERR_BADOP] = "this daemon does not have that function",
    [MODE6_ERR_BADASSOC] = "ask for `associations' again",
    [MODE6_ERR_UNKNOWNVAR] =
	"`rv 0 sys_var_list', `rv ID peer_var_list' and `cv ID clock_var_list' "
	"name those it knows",
};

static void
complain_refused(FILE *err, const struct net *n)
{
	char where[NTPQ_ENDPOINT_MAX];
	size_t i;

	fputs("ntpq: nothing answers on ", err);
	for (i = 0; i < n->ncand; i++)
		fprintf(err, "%s%s", i > 0 ? " or " : "",
		    net_endpoint(&n->cand[i], where));
	fputs("; is ntpd running? (Connection refused)\n", err);
}

static const char *
advice_of(const struct query *q, unsigned code)
{
	if (code == MODE6_ERR_BADASSOC && q->opcode == MODE6_READCLOCK)
		return q->associd == 0 ? "the daemon has no reference clock"
				       : "no reference clock has this id";
	return code < COUNT(ctlerr_advice) ? ctlerr_advice[code] : NULL;
}

/* The words for error 4 hold a place for the association id. */
static void
complain_error(FILE *err, const struct query *q, unsigned code)
{
	const char *words, *mark, *advice = advice_of(q, code);

	if (code >= COUNT(ctlerr_words)) {
		fprintf(err, "***Server returns unknown error code %u\n", code);
		return;
	}
	words = ctlerr_words[code];
	mark = strstr(words, "%u");
	if (mark == NULL)
		fprintf(err, "***%s\n", words);
	else
		fprintf(err, "***%.*s%u%s\n", (int)(mark - words), words,
		    q->associd, mark + 2);
	if (advice != NULL)
		fprintf(err, "ntpq: %s\n", advice);
}

static void
complain_silence(FILE *err, const struct net *n)
{
	fprintf(err, "%s: timed out, nothing received\n", n->target);
	fputs("***Request timed out\n", err);
	fprintf(err,
	    "ntpq: %s is down, or its ntp.conf has a "
	    "`restrict' line with noquery or ignore for us\n",
	    n->target);
}

static void
complain_incomplete(FILE *err, const struct net *n)
{
	fprintf(err, "%s: timed out with incomplete data\n", n->target);
	fputs("***Response from server was incomplete\n", err);
	fputs("ntpq: packets were lost on the way; try again, or with a longer "
	      "`timeout'\n",
	    err);
}

static void
complain_network(FILE *err, const struct net *n)
{
	fprintf(err, "ntpq: write to %s failed: %s\n", n->target,
	    net_strerror(n->err));
	fputs(n->err == EINVAL
		? "ntpq: a link-local address needs its interface, as in "
		  "fe80::1%eth0\n"
		: "ntpq: is there a route to it? -4 or -6 chooses the family "
		  "of addresses\n",
	    err);
}

void
net_complain(FILE *err, const struct net *n, enum ask_result res,
    const struct query *q, const struct reply *rep)
{
	switch (res) {
	case ASK_OK:
	case ASK_STOPPED: /* as the user wanted */
	case ASK_NOKEY:	  /* said while asking for it */
		return;
	case ASK_ERROR:
		complain_error(err, q, rep->errcode);
		return;
	case ASK_SILENCE:
		complain_silence(err, n);
		return;
	case ASK_INCOMPLETE:
		complain_incomplete(err, n);
		return;
	case ASK_TOOBIG:
		fputs("***Buffer size exceeded for returned data\n"
		      "ntpq: ask for some variables by name\n",
		    err);
		return;
	case ASK_REFUSED:
		complain_refused(err, n);
		return;
	case ASK_NETWORK:
		complain_network(err, n);
		return;
	case ASK_NOHOST:
		fputs("***No host open, use `host' command\n", err);
		return;
	}
}
