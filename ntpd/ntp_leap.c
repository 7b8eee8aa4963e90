/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_leap.c - the leap second of this host.
 *
 * The plan is made afresh each second from the table and the votes, up to the
 * last ten seconds: so a wrong announcement that goes away takes its leap
 * second along, and a table that is replaced counts at once.  What is done is
 * remembered, since a clock set back by one second shows the same date again.
 *
 * Offsets measured before a leap second hold after it, both clocks took it;
 * only what was measured across it is lost.  Hence nothing is cleared.
 *
 * Whoever follows a server that smears has had the second already when it
 * comes, so he takes no part in it, whatever his own table says.
 */
#include <math.h>
#include <stdio.h>

#include "ntp_fmt.h"
#include "ntp_state.h"

#define ERA_PIVOT  INT64_C(0x80000000) /* Unix s: dates of 1970 to 2106 */
#define AFTER_S	   2.0		       /* as long may a packet be on its way */
#define TURNED_S   3600		       /* back by more: it is another day */
#define SOON_S	   1.5		       /* the tick is not exact enough */
#define LEAST_WAIT 1e-4		       /* s */
#define SMOOTHED   0x7f7f01ffU	       /* 127.127.1.255: smoothed by chronyd */
#define DATE_TEXT  32

static int64_t
unix_of(ntp_ts t, double *frac)
{
	int64_t s;
	uint32_t ns;

	ts_to_unix(t, ERA_PIVOT, &s, &ns);
	*frac = ns * 1e-9;
	return s;
}

static double
time_left(const struct leap_plan *p, struct ntp_now now)
{
	double frac;
	int64_t s = unix_of(now.sys, &frac);

	return (double)(p->at - s) - frac;
}

static bool
is_synchronized(const struct ntp_engine *e)
{
	return e->sys.leap != NTP_LEAP_UNSYNC;
}

/* --- who does it ----------------------------------------------------------- */

/* A threshold of a second or more says that the clock shall not jump. */
static bool
may_step(const struct ntp_engine *e, int dir)
{
	double limit = dir > 0 ? e->loop.par.step_back : e->loop.par.step_fwd;

	return limit > 0 && limit < 1;
}

static bool
kernel_does_it(const struct ntp_engine *e, int dir)
{
	return !e->noset && e->port.clock->leaps && e->cfg->kernel &&
	    may_step(e, dir);
}

static bool
we_do_it(const struct ntp_engine *e)
{
	const struct leap_state *l = &e->leap;

	return !e->noset && !l->hidden && !kernel_does_it(e, l->plan.dir) &&
	    may_step(e, l->plan.dir);
}

enum ntp_leap
leap_announced(const struct ntp_engine *e)
{
	const struct leap_state *l = &e->leap;

	if (l->phase < LEAP_ANNOUNCED || l->hidden)
		return NTP_LEAP_NONE;
	return l->plan.dir > 0 ? NTP_LEAP_INS : NTP_LEAP_DEL;
}

enum ntp_leap
leap_for_kernel(const struct ntp_engine *e)
{
	if (is_synchronized(e) && !kernel_does_it(e, e->leap.plan.dir))
		return NTP_LEAP_NONE;
	return (enum ntp_leap)e->sys.leap;
}

/* --- TAI ------------------------------------------------------------------- */

static void
set_tai(struct ntp_engine *e, int tai)
{
	struct clock_port *c = e->port.clock;
	bool news = e->leap.tai != 0 && e->leap.tai != tai;

	if (tai == 0)
		return;
	e->leap.tai = tai;
	if (news)
		report_sysevent(e, EVNT_TAI, NULL);
	if (!e->noset && c->set_tai != NULL)
		(void)c->set_tai(c, tai);
}

/* Not while a repeated second makes it look like the day before. */
static void
refresh_tai(struct ntp_engine *e, int64_t s)
{
	struct leap_state *l = &e->leap;

	if (!l->tai_due || s < l->done)
		return;
	l->tai_due = false;
	set_tai(e, leap_tai(&l->table, s));
}

/* --- the plan -------------------------------------------------------------- */

static const char *
source_words(enum leap_source s)
{
	return s == LEAP_TABLE ? "the leap second file" : "the servers";
}

static void
say_plan(struct ntp_engine *e, const struct leap_plan *p)
{
	char date[DATE_TEXT];

	report_sysevent(e, EVNT_ARMED, NULL);
	engine_log(e, NTP_LOG_NOTICE,
	    "leap second armed: one is %s before %s, according to %s",
	    p->dir > 0 ? "inserted" : "removed",
	    fmt_iso8601(date, sizeof date, p->at), source_words(p->source));
}

static void
say_no_plan(struct ntp_engine *e)
{
	report_sysevent(e, EVNT_DISARMED, NULL);
	engine_log(e, NTP_LOG_NOTICE,
	    "leap second disarmed: nobody announces it any more");
}

static struct leap_plan
wanted_plan(const struct ntp_engine *e, int64_t s)
{
	const struct leap_state *l = &e->leap;
	struct leap_plan none = {0, 0, LEAP_NOBODY}, p;

	if (!is_synchronized(e))
		return none;
	p = leap_plan_make(&l->table, &l->votes, s);
	return p.at <= l->done ? none : p;
}

static void
replan(struct ntp_engine *e, int64_t s)
{
	struct leap_state *l = &e->leap;
	struct leap_plan p, old = l->plan;

	if (l->phase >= LEAP_ALERT && is_synchronized(e))
		return;
	p = wanted_plan(e, s);
	l->plan = p;
	if (p.at == old.at && p.dir == old.dir)
		return;
	if (p.source == LEAP_NOBODY)
		say_no_plan(e);
	else
		say_plan(e, &p);
}

static void
watch_expiry(struct ntp_engine *e, int64_t s)
{
	struct leap_state *l = &e->leap;
	bool stale =
	    l->table.n > 0 && l->table.expires != 0 && s >= l->table.expires;

	if (stale && !l->stale && is_synchronized(e))
		report_sysevent(e, EVNT_STALE, NULL);
	l->stale = stale && (l->stale || is_synchronized(e));
}

/* --- the deed -------------------------------------------------------------- */

/* The snapshot says LI 3 since some seconds: nobody mixes the two times. */
static void
step_over(struct ntp_engine *e)
{
	struct clock_port *c = e->port.clock;
	int dir = e->leap.plan.dir;

	if (c->step_systime(c, -dir) != 0)
		engine_log(e, NTP_LOG_ERR,
		    "the leap second is missed: the clock cannot be stepped");
	else
		engine_log(e, NTP_LOG_NOTICE, "%s leap second, stepped %s.",
		    dir > 0 ? "Positive" : "Negative",
		    dir > 0 ? "backward" : "forward");
}

static void
say_done(struct ntp_engine *e)
{
	int dir = e->leap.plan.dir;

	report_sysevent(e, EVNT_LEAP, NULL);
	if (e->leap.hidden)
		engine_log(e, NTP_LOG_NOTICE,
		    "leap second: our servers have smeared it");
	else if (kernel_does_it(e, dir))
		engine_log(e, NTP_LOG_NOTICE,
		    "kernel reports leap second has occurred, one is %s",
		    dir > 0 ? "inserted" : "removed");
	else if (!e->noset && !may_step(e, dir))
		engine_log(e, NTP_LOG_WARN,
		    "leap second: the clock may not be stepped by 1 s and will "
		    "be inaccurate for a long time");
}

static void
carry_out(struct ntp_engine *e, struct ntp_now *now)
{
	struct leap_state *l = &e->leap;

	say_done(e);
	if (we_do_it(e)) {
		step_over(e);
		now->sys = e->port.clock->get_systime(e->port.clock);
	}
	l->done = l->plan.at;
	if (l->tai != 0)
		set_tai(e, l->tai + l->plan.dir);
	l->plan = (struct leap_plan){0, 0, LEAP_NOBODY};
	l->phase = LEAP_IDLE;
	l->votes = (struct leap_votes){0};
	l->do_at = (ntp_mono){0};
}

/* A removed second is the one before `at`. */
static double
time_to_act(const struct ntp_engine *e, double left)
{
	return e->leap.plan.dir < 0 && we_do_it(e) ? left - 1 : left;
}

static void
approach(struct ntp_engine *e, struct ntp_now *now)
{
	struct leap_state *l = &e->leap;
	double left = time_left(&l->plan, *now), wait = time_to_act(e, left);

	l->phase = leap_phase_of(&l->plan, left);
	l->do_at = (ntp_mono){0};
	if (l->phase == LEAP_IDLE)
		return;
	if (wait <= 0)
		carry_out(e, now);
	else if (wait < SOON_S && we_do_it(e))
		l->do_at = mono_add(now->mono, fmax(wait, LEAST_WAIT));
}

void
leap_tick(struct ntp_engine *e, struct ntp_now now)
{
	struct leap_state *l = &e->leap;
	double frac;
	int64_t s = unix_of(now.sys, &frac);

	l->hidden = e->sys.peer != NULL && e->sys.peer->smears;
	refresh_tai(e, s);
	watch_expiry(e, s);
	replan(e, s);
	approach(e, &now);
	if (is_synchronized(e) && e->sys.leap != leap_announced(e)) {
		e->sys.leap = (uint8_t)leap_announced(e);
		tell_kernel(e, now.mono);
	}
	engine_publish(e, now);
}

void
leap_reset(struct ntp_engine *e)
{
	struct leap_state *l = &e->leap;
	double frac;
	int64_t s = unix_of(e->port.clock->get_systime(e->port.clock), &frac);

	l->votes = (struct leap_votes){0};
	l->phase = LEAP_IDLE;
	l->tai_due = l->table.n > 0;
	if (l->done - s > TURNED_S)
		l->done = 0;
}

void
engine_set_leap(
    struct ntp_engine *e, const struct leap_table *t, struct ntp_now now)
{
	double frac;

	e->leap.table = *t;
	e->leap.tai_due = true;
	refresh_tai(e, unix_of(now.sys, &frac));
}

int64_t
leap_last(const struct ntp_engine *e, struct ntp_now now)
{
	double frac;
	const struct leap_entry *at =
	    leap_next(&e->leap.table, unix_of(now.sys, &frac));

	return at != NULL ? at->at : 0;
}

/* --- what the sources say -------------------------------------------------- */

/* A hash of an IPv6 address may look like a smear, but it stays as it is. */
void
leap_heard(struct ntp_engine *e, struct peer *p, uint8_t before)
{
	double offset;

	if (p->leap != before &&
	    (p->leap == NTP_LEAP_INS || p->leap == NTP_LEAP_DEL))
		report_peerevent(e, p, PEVNT_ARMED, NULL);
	if (p->refid == SMOOTHED) {
		p->smears = true;
	} else if (!leap_refid_is_smear(p->refid, &offset) ||
	    fabs(offset) > 1) {
		p->smears = false;
		p->smear_seen = 0;
	} else {
		p->smears = p->smears ||
		    (p->smear_seen != 0 && p->smear_seen != p->refid);
		p->smear_seen = p->refid;
	}
}

static void
warn_of_mixture(struct ntp_engine *e)
{
	const struct peer *smeared = NULL, *plain = NULL;
	char a[ADDR_STRLEN], b[ADDR_STRLEN];

	PEER_FOREACH (p, &e->peers) {
		if (p->poll.reach == 0 || p->stratum >= NTP_MAXSTRAT ||
		    (p->cfg->flags & ASSOC_NOSELECT) != 0)
			continue;
		if (p->smears)
			smeared = p;
		else
			plain = p;
	}
	if (smeared != NULL && plain != NULL && !e->leap.mixed)
		engine_log(e, NTP_LOG_WARN,
		    "%s smears a leap second and %s does not: their times "
		    "differ by up to a second, use only one kind",
		    peer_label(smeared, a), peer_label(plain, b));
	e->leap.mixed = smeared != NULL && plain != NULL;
}

void
leap_vote(struct ntp_engine *e, size_t n)
{
	struct leap_votes v = {.voters = (unsigned)n};

	for (size_t i = 0; i < n; i++) {
		const struct peer *p = &e->peers.p[e->cand[i].tag];

		v.ins += p->leap == NTP_LEAP_INS;
		v.del += p->leap == NTP_LEAP_DEL;
		v.clock = v.clock ||
		    (p->kind == PEER_CLOCK &&
			(p->leap == NTP_LEAP_INS || p->leap == NTP_LEAP_DEL));
	}
	e->leap.votes = v;
	warn_of_mixture(e);
}

bool
leap_is_close(const struct ntp_engine *e, struct ntp_now now)
{
	const struct leap_state *l = &e->leap;
	struct leap_plan done = {.at = l->done};
	double left;

	if (l->phase == LEAP_BLURRED)
		return true;
	if (l->done == 0)
		return false;
	left = time_left(&done, now);
	return left > -AFTER_S && left <= 1;
}

/* --- what the clients hear ------------------------------------------------- */

/* As long as the date of the leap second is not over its time is ambiguous. */
static bool
is_blurred(const struct leap_state *l, struct ntp_now now)
{
	struct leap_plan done = {.at = l->done};
	double left;

	if (l->hidden)
		return false;
	if (l->phase == LEAP_BLURRED)
		return true;
	left = l->done != 0 ? time_left(&done, now) : 0;
	return left > 0 && left <= 1;
}

/* Between two ticks the smear is a straight line. */
static void
publish_smear(
    struct ntp_engine *e, struct ntp_snapshot *snap, struct ntp_now now)
{
	const struct leap_smear *cfg = &e->cfg->smear;
	struct leap_state *l = &e->leap;
	double left, next;

	l->smear = 0;
	if (!(cfg->interval > 0) || l->plan.source != LEAP_TABLE || l->hidden)
		return;
	left = time_left(&l->plan, now);
	next = fmax(left - 1, 0);
	l->smear = leap_smear_offset(cfg, l->plan.dir, left);
	snap->smear = l->smear;
	if (left > next)
		snap->smear_rate =
		    (leap_smear_offset(cfg, l->plan.dir, next) - l->smear) /
		    (left - next);
	if (fabs(l->smear) > 0)
		snap->refid = leap_smear_refid(l->smear);
}

void
leap_publish(
    struct ntp_engine *e, struct ntp_snapshot *snap, struct ntp_now now)
{
	if (snap->leap == NTP_LEAP_UNSYNC)
		return;
	if (e->cfg->smear.interval > 0)
		snap->leap = NTP_LEAP_NONE;
	if (is_blurred(&e->leap, now))
		snap->leap = NTP_LEAP_UNSYNC;
	publish_smear(e, snap, now);
}
