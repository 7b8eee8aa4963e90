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
#include "ntp_reasonsay.h"
#include "ntp_state.h"

/* Dates are told right from 1992 to 2128. */
#define DATE_PIVOT INT64_C(2840140800)

/* --- one association ------------------------------------------------------- */

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

/* As of now, in s. */
static double
offset_of(const struct subject *s)
{
	return s->p->filter.offset - s->e->slewed;
}

static void
say_chosen(struct text *t, const struct subject *s, enum reason why)
{
	const struct peer *p = s->p;

	say(t, "%s with weight %.1f %%; offset ",
	    why == REASON_SYSPEER ? "leads" : "survives", p->vote.weight * 100);
	say_offset(t, offset_of(s));
	say(t, "; root distance ");
	say_time(t, distance(s));
	if (!(p->vote.weight > 0))
		say(t, "; the offset of another is taken alone");
}

static void
say_popcorn(struct text *t, const struct subject *s)
{
	say(t, "sample ");
	say_offset(t, s->p->notes.value);
	say(t, " suppressed as a spike; offset ");
	say_offset(t, offset_of(s));
	say(t, " jitter ");
	say_time(t, s->p->filter.jitter);
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
		say_offset(t, offset_of(s));
		break;
	case REASON_LASTRESORT:
		say(t, "kept until nothing else was there for %.0f s",
		    s->e->cfg->tos.orphanwait);
		break;
	case REASON_ORPHAN:
		say(t, "stratum %u; orphans from %u on do not vote",
		    s->p->stratum, s->e->cfg->tos.orphan);
		break;
	case REASON_PULSE:
		say(t, "fit; but a pulse does not tell which second it is");
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
		say_popcorn(t, s);
		break;
	default:
		say_vote(t, s, why);
		break;
	}
}

/* --- what would mend it ---------------------------------------------------- */

static const char *
sendfail_remedy(const struct peer *p)
{
	return p->notes.send_error == -NTP_ENOMEM
	    ? "raise the limit of open files or name fewer servers"
	    : "give this host an address and a route";
}

static const char *
peer_remedy(enum reason why)
{
	switch ((int)why) {
	case REASON_UNRESOLVED:
		return "mend the resolver or the name";
	case REASON_ICMP:
		return "start ntpd there or open UDP port 123 on the way";
	case REASON_SILENCE:
		return "is ntpd running there and UDP 123 open both ways?";
	case REASON_CLOCK:
		return "look at the device and its driver's permissions";
	case REASON_LISTENING:
		return "does the server still send and reach us?";
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
	case REASON_PULSE:
		return "give the source that does `prefer`";
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
	else if (why == REASON_SENDFAIL)
		words = sendfail_remedy(s->p);
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
