/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_leapplan.h - which leap second comes next, how near it is, and the smear
 * that hides it.
 *
 * Pure core: the table or the votes and the time in, a plan out.
 */
#ifndef NTP_LEAPPLAN_H
#define NTP_LEAPPLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp_leapsec.h"

#define LEAP_PLAN_S	INT64_C(2419200) /* 28 days before it is planned */
#define LEAP_ANNOUNCE_S 86400.0		 /* announced: LI 1 or 2 */
#define LEAP_ALERT_S	10.0		 /* nothing is changed any more */
#define LEAP_BLUR_S	3.0		 /* replies say LI 3 */

enum leap_source { LEAP_NOBODY, LEAP_TABLE, LEAP_VOTE };

struct leap_plan {
	int64_t at; /* Unix s of the 00:00:00 that follows it; 0: none */
	int dir;    /* +1 a second is inserted, -1 one is removed */
	enum leap_source source;
};

enum leap_phase {
	LEAP_IDLE,
	LEAP_SCHEDULED,
	LEAP_ANNOUNCED,
	LEAP_ALERT,
	LEAP_BLURRED,
};

/* What the sources said at the last selection. */
struct leap_votes {
	unsigned ins, del, voters;
	bool clock; /* a reference clock is among them and says so */
};

/* The entry of T that is to come within LEAP_PLAN_S of NOW (Unix s). */
struct leap_plan leap_plan_table(const struct leap_table *t, int64_t now);

/* A leap at the end of this month when more than half of the voters want it;
 * nothing in the first hour of a month, when the wish may be a leftover. */
struct leap_plan leap_plan_vote(const struct leap_votes *v, int64_t now);

/* The table while it has not expired, else the votes, for a month that it
 * does not know yet.  T may be empty. */
struct leap_plan leap_plan_make(
    const struct leap_table *t, const struct leap_votes *v, int64_t now);

/* LEFT s before the plan's time. */
enum leap_phase leap_phase_of(const struct leap_plan *p, double left);

/* --- smear ---------------------------------------------------------------- */

enum smear_shape { SMEAR_COSINE, SMEAR_LINEAR };

struct leap_smear {
	double interval; /* s, 0: none */
	enum smear_shape shape;
};

/* Offset of smeared time from UTC in s, LEFT s before a leap in direction DIR:
 * 0 at the start of the interval, -DIR at its end, 0 outside. */
double leap_smear_offset(const struct leap_smear *s, int dir, double left);

/* 254.x.y.z: OFFSET s with 22 bits of fraction, and back.  Offsets beyond
 * +-2 s are clamped. */
uint32_t leap_smear_refid(double offset);
bool leap_refid_is_smear(uint32_t refid, double *offset);

#endif /* NTP_LEAPPLAN_H */
