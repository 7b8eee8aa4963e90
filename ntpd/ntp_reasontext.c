/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_reasontext.c - reasons in words.
 *
 * One sentence is "word: what is the case, with numbers (since when); what
 * would mend it".  The values of mode 6 must hold no comma, equals sign or
 * quote, because clients split at them, so the words do without.
 */
#include <math.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_say.h"
#include "ntp_state.h"

/* Dates are told right from 1992 to 2128. */
#define DATE_PIVOT INT64_C(2840140800)

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
	static const char words[][64] = {
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

/* --- one association ------------------------------------------------------- */

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
say_pool(struct text *t, const struct subject *s)
{
	unsigned n = 0;

	PEER_FOREACH (p, &s->e->peers)
		n += p->parent == s->p;
	say(t, "%u servers of %.64s in use; %zu more addresses known", n,
	    s->p->name, s->p->pool.ncand);
}

static void
say_starting(struct text *t, const struct subject *s)
{
	double wait = mono_diff(s->p->poll.nextdate, s->now.mono);

	say(t, "nothing sent yet; first poll in %.1f s", fmax(wait, 0));
}

static void
say_stratum(struct text *t, const struct subject *s)
{
	const struct config_tos *tos = &s->e->cfg->tos;
	bool noted = s->p->notes.refused == DROP_STRATUM;

	say(t, "stratum %u; accepted are %u to %u",
	    noted ? (unsigned)(s->p->notes.code & 0xff) : s->p->stratum,
	    tos->floor, tos->ceiling - 1);
}

static void
say_unsync(struct text *t, const struct peer *p)
{
	bool noted = p->notes.refused == DROP_STRATUM;

	say(t, "the server says that it is not synchronized: leap 3 stratum %u",
	    noted ? (unsigned)(p->notes.code & 0xff) : p->stratum);
}

static double
distance(const struct subject *s)
{
	return peer_root_distance(s->p, s->e->cfg->tos.mindist,
	    s->e->cfg->tinker.dispersion, s->now.mono);
}

static void
say_distance(struct text *t, const struct subject *s)
{
	say(t,
	    "root distance %.3f s; limit %.3f s; %.3f s of it from few or "
	    "old samples",
	    distance(s), peer_distance_limit(s->e, s->p), s->p->filter.disp);
}

static void
say_loop(struct text *t, const struct peer *p)
{
	char refid[REFID_STRLEN];

	say(t, "it follows us: its reference id %s is one of our addresses",
	    refid_format(p->refid, p->stratum, refid));
}

static void
say_vote(struct text *t, const struct subject *s, enum reason why)
{
	const struct reason_tally *a = &s->e->tally;
	const struct reason_vote *v = &s->p->vote;

	switch ((int)why) {
	case REASON_FALSETICK:
		say(t, "its interval ");
		say_interval(t, &v->own);
		say(t, " misses ");
		say_interval(t, &a->common);
		say(t, " of the majority of %zu", a->fit);
		break;
	case REASON_DISSENT:
		say(t, "no majority; its interval ");
		say_interval(t, &v->own);
		say(t, " is one of %zu", a->fit);
		break;
	case REASON_OUTLIER:
		say(t, "select jitter ");
		say_time(t, v->seljit);
		say(t, " exceeds the least peer jitter ");
		say_time(t, v->peerjit);
		say(t, "; %zu remain", a->kept);
		break;
	case REASON_EXCESS:
		say(t, "not needed: more than maxclock %u agree",
		    s->e->cfg->tos.maxclock);
		break;
	default:
		say(t, "fit; but %zu survivors are less than minsane %u",
		    a->kept, s->e->cfg->tos.minsane);
		break;
	}
}

static void
say_chosen(struct text *t, const struct subject *s, enum reason why)
{
	const struct peer *p = s->p;

	say(t, "%s with weight %.1f %%; offset ",
	    why == REASON_SYSPEER ? "leads" : "survives", p->vote.weight * 100);
	say_offset(t, p->filter.offset);
	say(t, "; root distance ");
	say_time(t, distance(s));
	if (!(p->vote.weight > 0))
		say(t, "; the offset of another is taken alone");
}

static void
say_popcorn(struct text *t, const struct peer *p)
{
	say(t, "sample ");
	say_offset(t, p->notes.value);
	say(t, " suppressed as a spike; offset ");
	say_offset(t, p->filter.offset);
	say(t, " jitter ");
	say_time(t, p->filter.jitter);
}

/* Why nothing comes. */
static bool
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
		return false;
	}
	return true;
}

/* Why what comes is refused. */
static bool
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

/* Why it is not followed, or that it is. */
static void
say_standing(struct text *t, const struct subject *s, enum reason why)
{
	switch ((int)why) {
	case REASON_UNSYNC:
		say_unsync(t, s->p);
		break;
	case REASON_STRATUM:
		say_stratum(t, s);
		break;
	case REASON_DISTANCE:
		say_distance(t, s);
		break;
	case REASON_LOOP:
		say_loop(t, s->p);
		break;
	case REASON_NOSELECT:
		say(t, "measured only: offset ");
		say_offset(t, s->p->filter.offset);
		break;
	case REASON_LASTRESORT:
		say(t, "kept until nothing else was there for %.0f s",
		    s->e->cfg->tos.orphanwait);
		break;
	case REASON_HEARING:
		say(t, "fit; others are heard first for at most %.0f s",
		    mono_diff(s->e->hear_all_until, s->now.mono));
		break;
	case REASON_CANDIDATE:
	case REASON_SYSPEER:
		say_chosen(t, s, why);
		break;
	case REASON_UNJUDGED:
		say(t, "fit; votes with its next sample");
		break;
	case REASON_POPCORN:
		say_popcorn(t, s->p);
		break;
	default:
		say_vote(t, s, why);
		break;
	}
}

/* --- what would mend it ---------------------------------------------------- */

static const char *
peer_remedy(enum reason why)
{
	switch ((int)why) {
	case REASON_UNRESOLVED:
		return "mend the resolver or the name";
	case REASON_SENDFAIL:
		return "give this host an address and a route";
	case REASON_ICMP:
		return "start ntpd there or open UDP port 123 on the way";
	case REASON_SILENCE:
		return "is ntpd running there and UDP 123 open both ways?";
	case REASON_BOGUS:
	case REASON_DUPLICATE:
		return "somebody forges or replays answers or the way is "
		       "longer than the poll";
	case REASON_KISS:
		return "poll more slowly or ask its operator";
	case REASON_AUTH:
		return "make key and digest type the same on both sides and "
		       "trust the key";
	case REASON_NOTIME:
	case REASON_HEADER:
	case REASON_UNSYNC:
		return "mend that server or choose another";
	case REASON_DELAY:
		return "choose a nearer server";
	case REASON_REFUSED:
		return "look at our restrict lines and at the server's version";
	case REASON_STRATUM:
		return "choose a better server or change `tos floor` and "
		       "`tos ceiling`";
	case REASON_LOOP:
		return "none is needed; to follow it make it follow others";
	case REASON_NOSELECT:
		return "remove noselect to follow it";
	case REASON_FALSETICK:
		return "if it is right then the majority is wrong: add servers";
	case REASON_DISSENT:
		return "add servers until a majority agrees";
	case REASON_TOOFEW:
		return "add servers or lower `tos minsane`";
	default:
		return "";
	}
}

/* Of what is left to do most is waiting when the filter is not full yet. */
static const char *
distance_remedy(const struct peer *p)
{
	return p->filter.disp > p->rootdelay / 2 + p->rootdisp
	    ? "wait for more answers"
	    : "mend that server or raise `tos maxdist`";
}

static void
say_remedy(struct text *t, const struct subject *s, enum reason why)
{
	const char *words;

	if (s->p == NULL)
		words = system_remedy(why);
	else if (why == REASON_DISTANCE)
		words = distance_remedy(s->p);
	else
		words = peer_remedy(why);
	if (words[0] != '\0')
		say(t, "; %s", words);
	if (s->p != NULL && why == REASON_NOSELECT)
		say(t, " (%.64s line %u)", s->p->cfg->file, s->p->cfg->line);
}

static void
say_since(struct text *t, const struct subject *s)
{
	ntp_ts since = reason_since(s->e, s->p, s->now);
	int64_t unix_s;
	uint32_t ns;
	char date[32];

	ts_to_unix(since, DATE_PIVOT, &unix_s, &ns);
	say(t, " (since %s: %.0f s)", fmt_iso8601(date, sizeof date, unix_s),
	    ts_diff(s->now.sys, since));
}

/* --- the door --------------------------------------------------------------- */

static void
describe(struct text *t, const struct subject *s, enum reason why)
{
	if (s->p == NULL)
		say_system(t, s, why);
	else if (!say_unheard(t, s, why) && !say_refusal(t, s, why))
		say_standing(t, s, why);
}

/* it is written: NOLINTBEGIN(readability-non-const-parameter) */
void
reason_describe(const struct ntp_engine *e, const struct peer *p,
    enum reason why, struct ntp_now now, char *out, size_t cap)
{
	struct subject s = {e, p, now};
	struct text t = {out, cap, 0};

	out[0] = '\0';
	describe(&t, &s, why);
}

const char *
reason_sentence(const struct ntp_engine *e, const struct peer *p,
    struct ntp_now now, char *out, size_t cap)
{
	enum reason why = p != NULL ? reason_of_peer(e, p, now.mono)
				    : reason_of_system(e, now.mono);
	struct subject s = {e, p, now};
	struct text t = {out, cap, 0};

	say(&t, "%s: ", reason_word(why));
	describe(&t, &s, why);
	say_since(&t, &s);
	say_remedy(&t, &s, why);
	return out;
}
/* NOLINTEND(readability-non-const-parameter) */
