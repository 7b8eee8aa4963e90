/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_leap.h - the leap second of this host: plan, announcement, deed.
 *
 * Inside the engine only.
 */
#ifndef NTP_LEAP_H
#define NTP_LEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp.h"
#include "ntp_leapplan.h"
#include "ntp_snapshot.h"
#include "ntp_time.h"

struct ntp_engine;
struct peer;

struct leap_state {
	struct leap_votes votes; /* of the last selection */
	struct leap_plan plan;
	enum leap_phase phase;
	int64_t done;	/* Unix s, `at` of the last one that came; 0: none */
	int tai;	/* s, TAI - UTC; 0: unknown */
	bool tai_due;	/* find it anew: the clock or the table changed */
	bool hidden;	/* our time is smeared by who gives it to us */
	bool mixed;	/* said that smeared and other sources are mixed */
	bool stale;	/* said that the table has expired */
	double smear;	/* s, in force now for our clients */
	ntp_mono do_at; /* when the clock is to be stepped by us, 0: not */
	struct leap_table table; /* n 0: none */
};

/* Once a second, and at leap.do_at: plan, announce, carry out. */
void leap_tick(struct ntp_engine *e, struct ntp_now now);

/* The first N candidates have survived: what do they announce? */
void leap_vote(struct ntp_engine *e, size_t n);

/* P has answered; BEFORE is the leap indicator of its last answer. */
void leap_heard(struct ntp_engine *e, struct peer *p, uint8_t before);

/* The clock was stepped: what was known of its near future is void. */
void leap_reset(struct ntp_engine *e);

/* Is a measurement made now worthless, because of a leap second? */
bool leap_is_close(const struct ntp_engine *e, struct ntp_now now);

/* NTP_LEAP_NONE, _INS or _DEL: what a synchronized host announces now. */
enum ntp_leap leap_announced(const struct ntp_engine *e);

/* What the kernel shall know: it must not leap when the daemon does, or when
 * nobody shall. */
enum ntp_leap leap_for_kernel(const struct ntp_engine *e);

/* Leap indicator, smear and reference id for the clients. */
void leap_publish(
    struct ntp_engine *e, struct ntp_snapshot *snap, struct ntp_now now);

/* For mode 6: Unix s of the next entry or else the last; 0: none. */
int64_t leap_last(const struct ntp_engine *e, struct ntp_now now);

#endif /* NTP_LEAP_H */
