/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_reasonwire.c - why nothing comes of an association, or nothing good, in
 * words.
 */
#include <math.h>

#include "ntp_err.h"
#include "ntp_reasonsay.h"
#include "ntp_state.h"

static void
say_address(struct text *t, const struct ntp_addr *a)
{
	char buf[ADDR_STRLEN];

	say(t, "%s", addr_format(a, buf));
}

/* --- what the network says ------------------------------------------------ */

static const char *
icmp_v4_words(const struct reason_notes *n)
{
	static const char words[][32] = {"network unreachable",
	    "host unreachable", "protocol unreachable", "port unreachable",
	    "fragmentation needed", "source route failed", "network unknown",
	    "host unknown", "source isolated", "network prohibited",
	    "host prohibited", "network unreachable for TOS",
	    "host unreachable for TOS", "administratively prohibited"};

	if (n->icmp_type == 11)
		return "time exceeded";
	if (n->icmp_type != 3 || n->icmp_code >= sizeof words / sizeof words[0])
		return "error";
	return words[n->icmp_code];
}

static const char *
icmp_v6_words(const struct reason_notes *n)
{
	static const char words[][32] = {"no route",
	    "administratively prohibited", "beyond scope",
	    "address unreachable", "port unreachable", "policy failed",
	    "route rejected"};

	if (n->icmp_type == 3)
		return "time exceeded";
	if (n->icmp_type != 1 || n->icmp_code >= sizeof words / sizeof words[0])
		return "error";
	return words[n->icmp_code];
}

static uint64_t
unanswered(const struct peer *p)
{
	return p->count.sent - p->notes.sent_then;
}

static void
say_icmp(struct text *t, const struct peer *p)
{
	const struct reason_notes *n = &p->notes;

	say(t, "sent %llu without an answer; ICMP %s from ",
	    (unsigned long long)unanswered(p),
	    n->icmp_from.family == ADDR_V6 ? icmp_v6_words(n)
					   : icmp_v4_words(n));
	say_address(t, &n->icmp_from);
}

static void
say_sendfail(struct text *t, const struct peer *p)
{
	say(t, "requests to ");
	say_address(t, &p->srcadr);
	say(t, " cannot leave: %s",
	    p->notes.send_error == -NTP_ENET
		? "network unreachable from here"
		: ntp_strerror(p->notes.send_error));
}

static void
say_refused(struct text *t, const struct peer *p)
{
	static const char *const words[] = {
	    [DROP_NONE] = "",
/* an array's initializer: NOLINTNEXTLINE(bugprone-macro-parentheses) */
#define DROP(id, text) [DROP_##id] = text,
#include "ntp_tbl_drop.h"
#undef DROP
	};

	say(t, "%u refused: %s", p->notes.nrefused,
	    words[p->notes.refused < DROP_COUNT ? p->notes.refused : 0]);
}

/* --- authentication ------------------------------------------------------- */

static void
say_key(struct text *t, const struct ntp_engine *e, uint32_t id)
{
	struct mac *m = e->opt.keys != NULL ? keys_find(e->opt.keys, id) : NULL;

	say(t, "key %u", (unsigned)id);
	if (m != NULL)
		say(t, " (%s)", mac_type_name(mac_type_of(m)));
}

static void
say_auth(struct text *t, const struct subject *s)
{
	const struct reason_notes *n = &s->p->notes;
	uint32_t key = s->p->cfg->key;

	say(t, "%u times; ", n->nrefused);
	switch ((enum auth_fault)n->auth) {
	case AUTH_NOKEY:
		say(t, "key %u is not there or not trusted here",
		    (unsigned)key);
		break;
	case AUTH_NOMAC:
		say(t, "answer without a MAC although we asked with ");
		say_key(t, s->e, key);
		break;
	case AUTH_NAK:
		say(t, "crypto-NAK: the server does not accept ");
		say_key(t, s->e, key);
		break;
	case AUTH_OTHERKEY:
		say(t, "answer with ");
		say_key(t, s->e, n->code);
		say(t, " instead of ");
		say_key(t, s->e, key);
		break;
	case AUTH_UNKNOWN:
		say(t, "answer with key %u; which is not trusted here",
		    (unsigned)n->code);
		break;
	case AUTH_ADDRESS:
		say_key(t, s->e, n->code);
		say(t, " is not for the address ");
		say_address(t, &s->p->srcadr);
		break;
	case AUTH_NTS_NONE:
		say(t, "answer without NTS although we asked with it");
		break;
	case AUTH_NTS_MALFORMED:
		say(t, "answer with malformed NTS fields");
		break;
	case AUTH_NTS_OTHERS:
		say(t, "NTS answer to another request than ours");
		break;
	case AUTH_NTS_FORGED:
		say(t, "NTS answer that does not match our keys");
		break;
	case AUTH_DIGEST:
	case AUTH_OK:
	default:
		say(t, "digest does not match ");
		say_key(t, s->e, n->code);
		break;
	}
}

static void
say_kiss(struct text *t, const struct peer *p)
{
	char code[REFID_STRLEN];

	say(t, "the server answers with kiss code %s; polling every %.0f s",
	    refid_format(p->notes.code, 0, code),
	    log2_to_s(poll_exponent(&p->poll)));
}

/* --- names, and those who ask nobody ------------------------------------- */

static void
say_unresolved(struct text *t, const struct subject *s)
{
	const struct peer_dns *d = &s->p->dns;

	say(t, "%.64s: %s; %u failures", s->p->name, d->words, d->failures);
	if (d->again)
		say(t, "; next try in %.0f s",
		    fmax(mono_diff(d->at, s->now.mono), 0));
}

static void
say_nokeys(struct text *t, const struct subject *s)
{
	const struct nts_assoc *n = &s->p->nts;

	say(t, "NTS key establishment failed: %s; %u failures", n->words,
	    n->failures);
	if (!n->pending)
		say(t, "; next try in %.0f s",
		    fmax(mono_diff(n->next, s->now.mono), 0));
}

static void
say_keys(struct text *t, const struct subject *s)
{
	const struct nts_assoc *n = &s->p->nts;

	if (n->pending || n->tries == 0)
		say(t, "establishing NTS keys with %.64s", s->p->cfg->host);
	else
		say(t, "no cookies left; asking %.64s for keys in %.0f s",
		    s->p->cfg->host, fmax(mono_diff(n->next, s->now.mono), 0));
}

static void
say_pool(struct text *t, const struct subject *s)
{
	unsigned n = 0;

	PEER_FOREACH (p, &s->e->peers)
		n += p->parent == s->p;
	say(t, "%u servers of %.64s in use; %zu more addresses known", n,
	    s->p->name, s->p->pool.ncand);
}

/* A local clock has nothing to fail with. */
static void
say_clock(struct text *t, const struct peer *p)
{
	static const char words[CLOCK_CODES][32] = {[CLOCK_NOMINAL] = "",
	    [CLOCK_NO_REPLY] = "no reply of the device",
	    [CLOCK_BAD_FORMAT] = "messages in no known form",
	    [CLOCK_FAULT] = "the device fails",
	    [CLOCK_BAD_SIGNAL] = "bad signal",
	    [CLOCK_BAD_DATE] = "impossible date",
	    [CLOCK_BAD_TIME] = "impossible time"};

	say(t, "read %llu times without a time",
	    (unsigned long long)unanswered(p));
	if (p->clk.code != CLOCK_NOMINAL && p->clk.code < CLOCK_CODES)
		say(t, ": %s", words[p->clk.code]);
}

static void
say_multitude(struct text *t, const struct subject *s)
{
	unsigned n = 0;

	PEER_FOREACH (p, &s->e->peers)
		n += p->parent == s->p;
	say(t, "asking for servers at ");
	say_address(t, &s->p->srcadr);
	say(t, "; %u found", n);
}

static void
say_sending(struct text *t, const struct subject *s)
{
	say(t, "sent %llu broadcasts to ",
	    (unsigned long long)s->p->count.sent);
	say_address(t, &s->p->srcadr);
	if (s->e->sys.leap == NTP_LEAP_UNSYNC)
		say(t, "; none now: we have no time to tell");
}

static void
say_starting(struct text *t, const struct subject *s)
{
	double wait = mono_diff(s->p->poll.nextdate, s->now.mono);

	say(t, "nothing sent yet; first poll in %.1f s", fmax(wait, 0));
}

/* --- what nothing, and what something comes of --------------------------- */

/* Of those who do not ask one server. */
static bool
say_undirected(struct text *t, const struct subject *s, enum reason why)
{
	switch ((int)why) {
	case REASON_CLOCK:
		say_clock(t, s->p);
		break;
	case REASON_LISTENING:
		say(t, "no broadcast came; every %.0f s one is due",
		    log2_to_s(s->p->poll.minpoll));
		break;
	case REASON_SENDING:
		say_sending(t, s);
		break;
	case REASON_MANYCAST:
		say_multitude(t, s);
		break;
	default:
		return false;
	}
	return true;
}

bool
say_unheard(struct text *t, const struct subject *s, enum reason why)
{
	const struct peer *p = s->p;

	switch ((int)why) {
	case REASON_RESOLVING:
		say(t, "asking the resolver for %.64s", p->name);
		break;
	case REASON_UNRESOLVED:
		say_unresolved(t, s);
		break;
	case REASON_POOL:
		say_pool(t, s);
		break;
	case REASON_KEYS:
		say_keys(t, s);
		break;
	case REASON_NOKEYS:
		say_nokeys(t, s);
		break;
	case REASON_STARTING:
		say_starting(t, s);
		break;
	case REASON_ASKED:
		say(t, "the first request is on its way");
		break;
	case REASON_SENDFAIL:
		say_sendfail(t, p);
		break;
	case REASON_ICMP:
		say_icmp(t, p);
		break;
	case REASON_SILENCE:
		say(t, "sent %llu; nothing received and no ICMP error",
		    (unsigned long long)unanswered(p));
		break;
	default:
		return say_undirected(t, s, why);
	}
	return true;
}

bool
say_refusal(struct text *t, const struct subject *s, enum reason why)
{
	const struct reason_notes *n = &s->p->notes;

	switch ((int)why) {
	case REASON_BOGUS:
		say(t, "%u with an origin that is not our last request",
		    n->nrefused);
		break;
	case REASON_DUPLICATE:
		say(t, "%u repeat the last answer", n->nrefused);
		break;
	case REASON_KISS:
		say_kiss(t, s->p);
		break;
	case REASON_AUTH:
		say_auth(t, s);
		break;
	case REASON_COOKIE:
		say(t,
		    "%u times; the server cannot use our NTS cookies; keys "
		    "are established anew",
		    n->nrefused);
		break;
	case REASON_NOTIME:
		say(t, "%u without receive or transmit timestamp", n->nrefused);
		break;
	case REASON_HEADER:
		say(t,
		    "the server claims a root distance of %.3f s; limit "
		    "%.0f s",
		    n->value, NTP_MAXDISP);
		break;
	case REASON_DELAY:
		say(t, "round trip %.3f s; limit %.3f s", n->value,
		    fmax(s->e->cfg->tos.maxdist, NTP_MAXDIST));
		break;
	case REASON_REFUSED:
		say_refused(t, s->p);
		break;
	default:
		return false;
	}
	return true;
}
