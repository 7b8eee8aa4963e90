/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_leapplan.c - the next leap second, and the smear
 *
 * A plan is made afresh from what is known now, so that a wish that goes away
 * takes its plan along; only the room that carries it out remembers anything.
 *
 * The smear is the reference's: all of it lies before the leap.  Its formula
 * for a removed second starts at +1 s and ends at 0; ours mirrors the one for
 * an inserted second.
 */
#include "ntp_leapplan.h"

#include <math.h>

#include "ntp_calendar.h"

#define HOUR_S	    3600
#define SMEAR_NET   254U     /* first octet of the reference id */
#define SMEAR_UNIT  0x1p22   /* 1 s */
#define SMEAR_LIMIT 8388607L /* just below 2 s */
#define SMEAR_MASK  0x00ffffffU
#define SMEAR_SIGN  0x00800000U

static const struct leap_plan nothing = {0, 0, LEAP_NOBODY};

struct leap_plan
leap_plan_table(const struct leap_table *t, int64_t now)
{
	for (size_t i = 1; i < t->n; i++) {
		const struct leap_entry *e = &t->entry[i];
		int dir = e->tai - t->entry[i - 1].tai;

		if (e->at <= now || (dir != 1 && dir != -1))
			continue;
		if (e->at - now > LEAP_PLAN_S)
			break;
		return (struct leap_plan){e->at, dir, LEAP_TABLE};
	}
	return nothing;
}

static bool
month_is_fresh(int64_t now)
{
	struct ntp_date d;

	calendar_from_unix(now, &d);
	return d.day == 1 && d.hour < 1;
}

static bool
has_majority(unsigned yes, unsigned no, const struct leap_votes *v)
{
	return yes > no && (yes > v->voters / 2 || v->clock);
}

struct leap_plan
leap_plan_vote(const struct leap_votes *v, int64_t now)
{
	int dir = 0;

	if (has_majority(v->ins, v->del, v))
		dir = 1;
	else if (has_majority(v->del, v->ins, v))
		dir = -1;
	if (dir == 0 || month_is_fresh(now))
		return nothing;
	return (struct leap_plan){calendar_next_month(now), dir, LEAP_VOTE};
}

struct leap_plan
leap_plan_make(
    const struct leap_table *t, const struct leap_votes *v, int64_t now)
{
	struct leap_plan p = leap_plan_table(t, now);

	if (p.source == LEAP_TABLE || (t->n > 0 && now < t->expires))
		return p;
	p = leap_plan_vote(v, now);
	if (t->n > 0 && p.at <= t->entry[t->n - 1].at)
		return nothing;
	return p;
}

enum leap_phase
leap_phase_of(const struct leap_plan *p, double left)
{
	if (p->source == LEAP_NOBODY)
		return LEAP_IDLE;
	if (left <= LEAP_BLUR_S)
		return LEAP_BLURRED;
	if (left <= LEAP_ALERT_S)
		return LEAP_ALERT;
	return left <= LEAP_ANNOUNCE_S ? LEAP_ANNOUNCED : LEAP_SCHEDULED;
}

/* --- smear ---------------------------------------------------------------- */

double
leap_smear_offset(const struct leap_smear *s, int dir, double left)
{
	double done;

	if (!(s->interval > 0) || !(left >= 0) || !(left < s->interval))
		return 0;
	done = 1 - left / s->interval;
	if (s->shape == SMEAR_COSINE)
		done = (1 - cos(M_PI * done)) / 2;
	return -dir * done;
}

uint32_t
leap_smear_refid(double offset)
{
	double v = fmax(fmin(offset * SMEAR_UNIT, SMEAR_LIMIT), -SMEAR_LIMIT);

	return SMEAR_NET << 24 | ((uint32_t)lrint(v) & SMEAR_MASK);
}

bool
leap_refid_is_smear(uint32_t refid, double *offset)
{
	uint32_t v = refid & SMEAR_MASK;

	*offset =
	    ((double)v - ((v & SMEAR_SIGN) != 0 ? 0x1p24 : 0)) / SMEAR_UNIT;
	return refid >> 24 == SMEAR_NET;
}
