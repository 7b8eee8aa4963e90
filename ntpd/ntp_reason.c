/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_reason.c - why an association, or the system, is in its state.
 *
 * The order of the questions is that of a packet's life: is there an address,
 * is there an answer, is the answer taken, is the server fit, what did the
 * vote say.  The first "no" is the reason, because only mending that one shows
 * whether there is another.
 *
 * A refusal counts as the reason only while it is fresh: somebody who can
 * forge one packet shall not hide that the server has been silent for a day.
 * One that never got as far as the test of the origin, or in a mode that has no
 * such test, proves nothing about a server that answers.
 */
#include "ntp_reason.h"

#include <math.h>

#include "ntp_state.h"

#define FRESH_POLLS  3	  /* requests unanswered since: the note is stale */
#define ANSWER_WAIT  2.0  /* s in which a first answer may still come */
#define SLEW_SHOWN   1e-3 /* s left to slew that are worth a word */
#define SLEW_JITTERS 2.0  /* and not just noise */

const char *
reason_word(enum reason why)
{
	static const char words[REASON_COUNT][16] = {
/* an array's initializer: NOLINTNEXTLINE(bugprone-macro-parentheses) */
#define REASON(id, word, kept) [REASON_##id] = word,
#include "ntp_tbl_reason.h"
#undef REASON
	};

	return words[why < REASON_COUNT ? why : REASON_NONE];
}

bool
reason_is_kept(enum reason why)
{
	static const uint8_t kept_of[REASON_COUNT] = {
#define REASON(id, word, kept) [REASON_##id] = (kept),
#include "ntp_tbl_reason.h"
#undef REASON
	};

	return why < REASON_COUNT && kept_of[why] != 0;
}

/* --- an association ------------------------------------------------------- */

/* Without keys nothing is asked. */
static enum reason
keyless_reason(const struct peer *p)
{
	return p->nts.failures > 0 ? REASON_NOKEYS : REASON_KEYS;
}

static bool
wants_keys(const struct peer *p)
{
	return peer_uses_nts(p) && p->nts.cookies.n == 0 && p->poll.reach == 0;
}

static enum reason
pool_reason(const struct peer *p)
{
	if (peer_uses_nts(p))
		return p->nts.since.ns == 0 ? keyless_reason(p) : REASON_POOL;
	if (p->dns.complained)
		return REASON_UNRESOLVED;
	if (p->pool.refresh.ns == 0)
		return REASON_RESOLVING;
	return REASON_POOL;
}

static enum reason
nameless_reason(const struct peer *p)
{
	return p->dns.complained ? REASON_UNRESOLVED : REASON_RESOLVING;
}

/* The reason that a refusal is; those before the test of the origin, too. */
static enum reason
reason_of_drop(const struct reason_notes *n)
{
	switch (n->refused) {
	case DROP_BOGUS:
		return REASON_BOGUS;
	case DROP_DUP:
		return REASON_DUPLICATE;
	case DROP_KISS:
		return REASON_KISS;
	case DROP_BADAUTH:
	case DROP_CRYPTONAK:
		return REASON_AUTH;
	case DROP_NTSN:
		return REASON_COOKIE;
	case DROP_UNSYNC:
		return REASON_NOTIME;
	case DROP_HEADER:
		return REASON_HEADER;
	case DROP_DELAY:
		return REASON_DELAY;
	case DROP_STRATUM:
		return n->code >> 8 == NTP_LEAP_UNSYNC ? REASON_UNSYNC
						       : REASON_STRATUM;
	default:
		return REASON_REFUSED;
	}
}

/* What only who has seen our request can have caused. */
static bool
is_answer(const struct peer *p, enum reason why)
{
	if (p->hmode != NTP_MODE_CLIENT)
		return false;
	return why == REASON_KISS || why == REASON_AUTH ||
	    why == REASON_COOKIE || why == REASON_NOTIME ||
	    why == REASON_HEADER || why == REASON_DELAY ||
	    why == REASON_UNSYNC || why == REASON_STRATUM;
}

static bool
is_fresh(const struct peer *p, uint64_t sent_then)
{
	return p->count.sent - sent_then <= FRESH_POLLS;
}

static enum reason
refused_reason(const struct peer *p)
{
	const struct reason_notes *n = &p->notes;
	enum reason why;

	if (n->refused == DROP_NONE || !is_fresh(p, n->sent_refused))
		return REASON_NONE;
	why = reason_of_drop(n);
	return is_answer(p, why) || p->poll.reach == 0 ? why : REASON_NONE;
}

static enum reason
silent_reason(const struct peer *p, ntp_mono now)
{
	const struct reason_notes *n = &p->notes;
	uint64_t unanswered = p->count.sent - n->sent_then;

	if (n->send_error != 0)
		return REASON_SENDFAIL;
	if (n->nicmp > 0 && is_fresh(p, n->sent_icmp))
		return REASON_ICMP;
	if (p->poll.reach != 0)
		return REASON_NONE;
	if (p->bcast.phase == BCAST_LISTEN || p->bcast.phase == BCAST_CALIBRATE)
		return REASON_LISTENING;
	if (unanswered == 0)
		return REASON_STARTING;
	if (unanswered == 1 && mono_diff(now, p->sent_at) < ANSWER_WAIT)
		return REASON_ASKED;
	return REASON_SILENCE;
}

/* It asks nobody, or everybody. */
static enum reason
kind_reason(const struct peer *p)
{
	switch (p->kind) {
	case PEER_POOL:
		return pool_reason(p);
	case PEER_BROADCAST:
		return REASON_SENDING;
	case PEER_MANYCAST:
		return REASON_MANYCAST;
	case PEER_CLOCK:
		return p->poll.reach == 0 ? REASON_CLOCK : REASON_NONE;
	case PEER_SERVER:
	default:
		if (wants_keys(p))
			return keyless_reason(p);
		return p->srcadr.family == ADDR_NONE ? nameless_reason(p)
						     : REASON_NONE;
	}
}

static enum reason
unheard_reason(const struct peer *p, ntp_mono now)
{
	enum reason why = kind_reason(p);

	if (why == REASON_NONE && p->kind == PEER_SERVER)
		why = refused_reason(p);
	if (why == REASON_NONE && p->kind == PEER_SERVER)
		why = silent_reason(p, now);
	return why;
}

static enum reason
unfit_reason(const struct ntp_engine *e, const struct peer *p, ntp_mono now)
{
	if (p->leap == NTP_LEAP_UNSYNC)
		return REASON_UNSYNC;
	if (stratum_unfit(e, p->leap, p->stratum))
		return REASON_STRATUM;
	if (peer_too_far(e, p, now))
		return REASON_DISTANCE;
	if ((p->flash & FLASH_PEER_LOOP) != 0)
		return REASON_LOOP;
	if ((p->cfg->flags & ASSOC_NOSELECT) != 0)
		return REASON_NOSELECT;
	return REASON_NONE;
}

/* What is neither rejected by a test nor judged by the vote. */
static enum reason
voteless_reason(const struct ntp_engine *e, const struct peer *p)
{
	if (peer_is_last_resort(p))
		return REASON_LASTRESORT;
	if (pulse_is_mute(p))
		return REASON_PULSE;
	return orphan_enabled(e) && p->stratum >= e->cfg->tos.orphan
	    ? REASON_ORPHAN
	    : REASON_UNJUDGED;
}

static enum reason
voted_reason(const struct ntp_engine *e, const struct peer *p, ntp_mono now)
{
	switch ((enum ntp_select)p->select) {
	case SEL_FALSETICK:
		return e->tally.majority ? REASON_FALSETICK : REASON_DISSENT;
	case SEL_OUTLIER:
		return REASON_OUTLIER;
	case SEL_EXCESS:
	case SEL_BACKUP:
		return REASON_EXCESS;
	case SEL_CANDIDATE:
		if (e->tally.kept < e->cfg->tos.minsane)
			return REASON_TOOFEW;
		return is_hearing(e, now) ? REASON_HEARING : REASON_CANDIDATE;
	case SEL_SYSPEER:
	case SEL_PPSPEER:
		return REASON_SYSPEER;
	case SEL_REJECT:
	default:
		return voteless_reason(e, p);
	}
}

enum reason
reason_of_peer(const struct ntp_engine *e, const struct peer *p, ntp_mono now)
{
	enum reason why = unheard_reason(p, now);

	if (why == REASON_NONE)
		why = unfit_reason(e, p, now);
	return why == REASON_NONE ? voted_reason(e, p, now) : why;
}

/* --- the system ----------------------------------------------------------- */

/* An offset is seen that is not acted upon yet. */
static bool
is_spike(const struct ntp_engine *e)
{
	const struct loop_param *par = &e->loop.par;
	double limit = e->sys.offset > 0 ? par->step_fwd : par->step_back;

	if (e->loop.mode == LOOP_SPIK)
		return true;
	return e->loop.mode == LOOP_FREQ && limit > 0 &&
	    fabs(e->sys.offset) > limit;
}

static enum reason
leaderless_reason(const struct ntp_engine *e, ntp_mono now)
{
	if (e->sys.orphan)
		return REASON_SYS_ORPHAN;
	if (e->sys.leap != NTP_LEAP_UNSYNC)
		return REASON_SYS_COASTING;
	if (peer_count(&e->peers) == 0)
		return REASON_SYS_NOSOURCE;
	if (e->tally.fit > 0 && e->tally.kept == 0)
		return REASON_SYS_DISSENT;
	if (e->tally.fit > 0 && e->tally.kept < e->cfg->tos.minsane)
		return REASON_SYS_TOOFEW;
	if (e->tally.kept > 0 && is_hearing(e, now))
		return REASON_SYS_HEARING;
	return e->sys.refid == refid_from_text("STEP") ? REASON_SYS_STEPPED
						       : REASON_SYS_WAITING;
}

static enum reason
led_reason(const struct ntp_engine *e)
{
	double left = fabs(e->loop.residual);

	if (e->noset)
		return e->sys.leap == NTP_LEAP_UNSYNC ? REASON_SYS_FORBIDDEN
						      : REASON_SYS_OBSERVING;
	if (peer_is_local_clock(e->sys.peer) && e->sys.leap != NTP_LEAP_UNSYNC)
		return REASON_SYS_LOCAL;
	if (is_spike(e))
		return REASON_SYS_SPIKE;
	if (e->sys.leap == NTP_LEAP_UNSYNC)
		return REASON_SYS_WAITING;
	if (e->loop.mode != LOOP_SYNC)
		return REASON_SYS_TRAINING;
	if (left >= SLEW_SHOWN && left >= SLEW_JITTERS * e->loop.jitter)
		return REASON_SYS_SLEWING;
	return REASON_SYS_SERVING;
}

enum reason
reason_of_system(const struct ntp_engine *e, ntp_mono now)
{
	if (e->stop == ENGINE_STOP_PANIC || e->panic_held)
		return REASON_SYS_PANIC;
	return e->sys.peer == NULL ? leaderless_reason(e, now) : led_reason(e);
}

/* --- notes ---------------------------------------------------------------- */

void
reason_answered(struct peer *p, ntp_mono now)
{
	p->notes =
	    (struct reason_notes){.sent_then = p->count.sent, .good_at = now};
}

static void
tell_history(struct ntp_engine *e, const struct peer *p, enum reason why,
    struct ntp_now now)
{
	char text[HISTORY_TEXT];

	reason_describe(e, p, why, now, text, sizeof text);
	history_add(&e->history, p, why, text, now);
}

void
reason_refused(struct ntp_engine *e, struct peer *p, enum ntp_drop drop,
    struct ntp_now now)
{
	struct reason_notes *n;
	enum reason why;

	if (p == NULL || drop == DROP_NOASSOC)
		return;
	n = &p->notes;
	n->nrefused = n->refused == drop ? n->nrefused + 1 : 1;
	n->refused = (uint8_t)drop;
	n->sent_refused = p->count.sent;
	why = reason_of_drop(n);
	if (history_again(&e->history, p, why, now))
		return;
	tell_history(e, p, why, now);
	p->reason.kept = (uint8_t)why;
}

void
reason_voted(
    struct ntp_engine *e, size_t n, size_t kept, const struct interval *common)
{
	e->tally = (struct reason_tally){
	    .fit = n, .kept = kept, .majority = common != NULL};
	if (common != NULL)
		e->tally.common = *common;
	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &e->cand[i];

		e->peers.p[c->tag].vote = (struct reason_vote){
		    .own = {c->offset - c->rootdist, c->offset + c->rootdist},
		    .seljit = c->seljit,
		    .peerjit = c->peerjit};
	}
}

void
reason_weighted(struct ntp_engine *e, size_t kept, size_t only)
{
	double sum = 0;

	for (size_t i = 0; i < kept; i++)
		sum += select_weight(&e->cand[i]);
	for (size_t i = 0; i < kept; i++) {
		double w = only < kept ? (i == only ? 1.0 : 0.0)
				       : select_weight(&e->cand[i]) / sum;

		e->peers.p[e->cand[i].tag].vote.weight = w;
	}
}

void
reason_stepped(
    struct ntp_engine *e, double offset, bool jump, struct ntp_now now)
{
	e->stepped_by = offset;
	tell_history(e, NULL, jump ? REASON_JUMP : REASON_STEP, now);
}

void
reason_popcorn(
    struct ntp_engine *e, struct peer *p, double offset, struct ntp_now now)
{
	p->notes.value = offset;
	if (!history_again(&e->history, p, REASON_POPCORN, now))
		tell_history(e, p, REASON_POPCORN, now);
}

void
engine_icmp(struct ntp_engine *e, int ep, const struct icmp_error *err)
{
	struct peer *p = peer_by_endpoint(&e->peers, ep);

	if (p == NULL)
		return;
	p->notes.icmp_from = err->from;
	p->notes.icmp_type = err->type;
	p->notes.icmp_code = err->code;
	p->notes.nicmp++;
	p->notes.sent_icmp = p->count.sent;
}

/* --- since when ----------------------------------------------------------- */

static void
renew(struct ntp_engine *e, struct reason_state *r, const struct peer *p,
    enum reason why, struct ntp_now now)
{
	if (why == r->why)
		return;
	r->why = (uint8_t)why;
	r->since = now.mono;
	if (!reason_is_kept(why) || why == r->kept)
		return;
	r->kept = (uint8_t)why;
	if (!history_again(&e->history, p, why, now))
		tell_history(e, p, why, now);
}

void
reason_update(struct ntp_engine *e, struct ntp_now now)
{
	PEER_FOREACH (p, &e->peers)
		renew(e, &p->reason, p, reason_of_peer(e, p, now.mono), now);
	renew(e, &e->reason, NULL, reason_of_system(e, now.mono), now);
}

ntp_ts
reason_since(
    const struct ntp_engine *e, const struct peer *p, struct ntp_now now)
{
	const struct reason_state *r = p != NULL ? &p->reason : &e->reason;
	enum reason why = p != NULL ? reason_of_peer(e, p, now.mono)
				    : reason_of_system(e, now.mono);
	double age = fmax(mono_diff(now.mono, r->since), 0);

	return why == r->why ? ts_add(now.sys, -age) : now.sys;
}
