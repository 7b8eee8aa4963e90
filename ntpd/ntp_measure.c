/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_measure.c - every sample of the survivors, for the estimator
 *
 * The clock filter hands on the best of eight samples; that is what selection
 * wants, which asks whom to believe.  The estimator asks what time it is, and
 * to it each sample is news, weighted by its own delay.
 *
 * Hosts that have each other for sources, and another that knows the time
 * better, would believe each other and nobody else: they are many, near, and
 * of one mind.  What each says of its own error tells the difference, and who
 * only repeats what another of them says is not asked what he thinks of it.
 *
 * A sample that fits nothing known is held back.  One source alone is asked
 * again at once; of several, more than half have to say the same.  Then it was
 * the clock that jumped, or the truth: the old samples of those sources go,
 * so that selection and the step threshold see it too.
 */
#include <math.h>

#include "ntp_state.h"

#define CLAIM_AGE     2048.0 /* s */
#define CLAIM_SHARE   0.25   /* of what is claimed, as a standard deviation */
#define CONFIRM_POLLS 2
#define CONFIRM_EXP   1 /* log2 s */
#define TRAIN_POLLS   3
#define TRAIN_EXP     4 /* log2 s */

struct unseen {
	struct peer *p;
	struct sample s;
};

void
ask_soon(struct ntp_engine *e, struct peer *p, enum ask_why why, ntp_mono now)
{
	if (why == ASK_CONFIRM)
		poll_hasten(&p->poll, CONFIRM_POLLS, CONFIRM_EXP);
	else
		poll_hasten(&p->poll, TRAIN_POLLS, TRAIN_EXP);
	poll_update(&p->poll, e->loop.poll, NTP_MINPKT, engine_uniform(e), now);
}

static struct peer *
survivor(const struct ntp_engine *e, size_t i)
{
	return &e->peers.p[e->cand[i].tag];
}

static void
ask_all(struct ntp_engine *e, size_t n, enum ask_why why, ntp_mono now)
{
	for (size_t i = 0; i < n; i++)
		ask_soon(e, survivor(e, i), why, now);
}

/* --- the next sample ------------------------------------------------------- */

static bool
is_news(const struct ntp_engine *e, const struct sample *s)
{
	return s->disp < NTP_MAXDISP && mono_before(e->loop.est.at, s->epoch);
}

static bool
is_learning(const struct ntp_engine *e)
{
	return loop_newest(&e->loop) || !est_settled(&e->loop.est);
}

/* At the start a liar may still be among the survivors.  The samples of one
 * source alone tell the frequency whatever its offset is; where they disagree
 * those of two would tell a wrong one.  When it is no survivor any more the
 * next begins with an offset that nobody knows. */
static void
choose_teacher(struct ntp_engine *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (survivor(e, i)->associd == e->teacher)
			return;
	}
	if (e->teacher != 0 && e->loop.est.taken > 0 && is_learning(e))
		est_stepped(&e->loop.est);
	e->teacher = e->sys.peer->associd;
}

/* With a preferred survivor only its samples count. */
static bool
counts(const struct ntp_engine *e, size_t n, size_t i)
{
	if (peer_is_local_clock(survivor(e, i)))
		return false;
	if (is_learning(e))
		return survivor(e, i)->associd == e->teacher;
	if (e->cand[i].prefer)
		return true;
	for (size_t k = 0; k < n; k++) {
		if (e->cand[k].prefer)
			return false;
	}
	return true;
}

static bool
oldest_unseen(const struct ntp_engine *e, size_t n, struct unseen *out)
{
	out->p = NULL;
	for (size_t i = 0; i < n; i++) {
		struct peer *p = survivor(e, i);

		for (unsigned k = 0; k < NTP_SHIFT && counts(e, n, i); k++) {
			const struct sample *s = &p->filter.stage[k];

			if (is_news(e, s) &&
			    (out->p == NULL ||
				mono_before(s->epoch, out->s.epoch)))
				*out = (struct unseen){p, *s};
		}
	}
	return out->p != NULL;
}

/* The dispersion of a peer's sample, and of an interleaved one, grows while
 * the answer is waited for.  That bounds what the error may be; what it is like
 * the delays tell, whose spread has all of it. */
static double
noise_of(const struct ntp_engine *e, const struct unseen *u)
{
	const struct peer *p = u->p;

	if (peer_is_symmetric(p) || (p->cfg->flags & ASSOC_XLEAVE) != 0)
		return e->sys.precision_s + log2_to_s(p->precision);
	return u->s.disp;
}

/* How far its source says that it may be off, but for what that grows by from
 * one of its updates to the next, which it hardly ever is. */
static double
claim_of(const struct peer *p)
{
	double age = fmax(ts_diff(p->rec, p->reftime), 0);

	return fmax(
	    p->rootdelay / 2 + p->rootdisp - NTP_PHI * fmin(age, CLAIM_AGE), 0);
}

static double
least_claim(const struct ntp_engine *e, size_t n)
{
	double least = NTP_MAXDISP;

	for (size_t i = 0; i < n; i++)
		least = fmin(least, claim_of(survivor(e, i)));
	return least;
}

/* Reference clocks have no delay and broadcasts always the same: what noise
 * there is only the filter has seen. */
static struct measurement
measurement_of(const struct ntp_engine *e, const struct unseen *u)
{
	struct measurement m =
	    path_measure(&u->p->path, u->s.offset, u->s.delay, noise_of(e, u));

	if (u->s.delay <= e->sys.precision_s ||
	    u->p->bcast.phase == BCAST_LISTEN)
		m.limit = hypot(m.limit, u->p->filter.jitter);
	return m;
}

/* --- surprises ------------------------------------------------------------- */

/* It has its time from another of them, and is no witness beside that. */
static bool
is_hearsay(const struct ntp_engine *e, size_t n, const struct peer *p)
{
	for (size_t i = 0; i < n && p->stratum > 1; i++) {
		const struct peer *other = survivor(e, i);

		if (other != p && p->refid == refid_from_addr(&other->srcadr))
			return true;
	}
	return false;
}

/* The sources that are surprised, this one now among them. */
static bool
confirmed(struct ntp_engine *e, size_t n, struct peer *p, ntp_mono now)
{
	bool again = p->surprised;
	size_t with = 0, of = 0;

	p->surprised = true;
	for (size_t i = 0; i < n; i++) {
		const struct peer *q = survivor(e, i);

		if (is_hearsay(e, n, q))
			continue;
		of++;
		with += q->surprised ? 1 : 0;
	}
	if (with == 1 && !again)
		ask_all(e, n, ASK_CONFIRM, now);
	return of == 1 ? with == 1 && again : 2 * with > of;
}

static void
drop_the_past(struct ntp_engine *e, size_t n, ntp_mono now)
{
	for (size_t i = 0; i < n; i++) {
		struct peer *p = survivor(e, i);
		struct filter_param fp = filter_param_of(e, p);

		if (p->surprised)
			filter_settle(&p->filter, &fp, now);
		p->surprised = false;
		p->lean = (struct lean){0};
	}
}

/* --------------------------------------------------------------------------- */

static double
claim_beside(const struct ntp_engine *e, size_t n, const struct peer *p)
{
	return CLAIM_SHARE * (claim_of(p) - least_claim(e, n));
}

/* Where P stands beside the others that count. */
static double
lean_of(const struct ntp_engine *e, size_t n, const struct peer *p)
{
	struct lean all = {0};

	if (is_learning(e))
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct peer *q = survivor(e, i);

		if (counts(e, n, i))
			lean_join(&all, &q->lean, claim_beside(e, n, q));
	}
	return lean_off(&p->lean, &all);
}

static void
set_measured(struct ntp_engine *e, struct peer *p, const struct measurement *m)
{
	p->surprised = false;
	if (!is_learning(e))
		lean_add(
		    &p->lean, m, m->offset + p->lean.off - e->loop.est.all.x);
}

static enum loop_verdict
measure(struct ntp_engine *e, size_t n, const struct unseen *u, bool believe)
{
	struct measurement m = measurement_of(e, u);
	struct loop_decision d = {.action = LOOP_IGNORE};
	enum loop_mode before = e->loop.mode;
	enum loop_verdict v;

	u->p->lean.off = lean_of(e, n, u->p);
	m.offset -= u->p->lean.off;
	m.claim = claim_beside(e, n, u->p);
	v = loop_measure(&e->loop, &m, believe, u->s.epoch);
	if (v == LOOP_USED)
		set_measured(e, u->p, &m);
	d.new_mode = e->loop.mode != before;
	report_loop(e, &d);
	return v;
}

void
measure_spike(
    struct ntp_engine *e, struct peer *p, const struct sample *s, ntp_mono now)
{
	struct unseen u = {p, *s};
	struct measurement m = measurement_of(e, &u);

	m.offset -= p->lean.off;
	if (e->loop.par.discipline == LOOP_KALMAN && !e->noset &&
	    p->select >= SEL_CANDIDATE &&
	    est_surprising(&e->loop.est, &m, s->epoch))
		ask_soon(e, p, ASK_CONFIRM, now);
}

/* Limits of the system peer; the clock runs on at a new frequency from now. */
static void
steer(struct ntp_engine *e, ntp_mono now)
{
	const struct poll_state *poll = &e->sys.peer->poll;
	struct loop_limits lim = {poll->minpoll, poll->maxpoll};
	struct loop_decision d = {.action = LOOP_IGNORE};
	double freq = e->loop.freq;

	loop_steer(&e->loop, lim, &d, now);
	report_loop(e, &d);
	restate_samples(e, e->loop.freq - freq, now);
}

bool
measure_survivors(struct ntp_engine *e, size_t n, struct ntp_now now)
{
	bool first = e->loop.est.taken == 0, jumped = false, used = false;
	struct unseen u;

	if (e->loop.par.discipline != LOOP_KALMAN || e->noset)
		return false;
	choose_teacher(e, n);
	while (oldest_unseen(e, n, &u)) {
		enum loop_verdict v = measure(e, n, &u, false);

		if (v == LOOP_SURPRISE && confirmed(e, n, u.p, now.mono)) {
			drop_the_past(e, n, now.mono);
			v = measure(e, n, &u, true);
			jumped = true;
		}
		used |= v == LOOP_USED;
	}
	if (!used)
		return jumped;
	steer(e, now.mono);
	if (first && loop_training(&e->loop))
		ask_all(e, n, ASK_TRAIN, now.mono);
	return jumped;
}
