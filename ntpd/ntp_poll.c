/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_poll.c - when to send next
 *
 * The numbers are the reference's: ten polls without an answer before backing
 * off, six packets in the initial burst, up to eight in a burst.  Ours differs
 * in these:
 *
 * The probes that look for an answer to start a burst follow each other like
 * the burst itself, MINPKT apart, and not minpoll apart: one lost packet
 * at start must not cost a minute.  Only the first of them is a poll for the
 * reach register.  The headway keeps the average down for a server that never
 * answers, and backing off does the rest.
 *
 * The headway is the reference's leaky bucket: a packet adds what a poll
 * interval lets leak, less the two seconds that it took, and with seven
 * intervals in the bucket the next packet waits.  Since no packet leaves
 * above that, the bucket never holds more than eight intervals and the
 * reference's cap on the next date is not needed.  The guard time that the
 * reference adds to a date while the bucket is over one interval is left out:
 * it would take the date beyond the 6.2 % that statistics rely on.
 *
 * A RATE kiss holds for eight good replies.  The reference raises minpoll for
 * good, so that one packet slows the association for ever.  The kiss must
 * slow us down even when the server only echoes our poll, so it asks for at
 * least one exponent more than is in force (RFC 5905 7.4), within maxpoll; but
 * for 8 s at least, which the reference's server grants to everybody, also
 * where maxpoll is less.
 *
 * Polls of a second and less are for a server on the same wire that expects
 * them: the headway knows nothing of them and the guard time is the interval.
 * Below a second only as long as the server answers, and within 10 ms, so that
 * an answer is always there before the next question, which would make it
 * bogus.
 */
#include "ntp_poll.h"

#include <math.h>
#include <string.h>

#define SPREAD	    0.062 /* of the interval, at most, added at random */
#define GAP_MIN	    1.0	  /* s between packets but for the polls of a LAN */
#define PROBE_APART 2	  /* log2, of the poll over the least */
#define LAN_DELAY   0.01  /* s */
#define KISS_GOOD   8	  /* replies after which a kiss is forgotten */
#define KISS_MIN    3	  /* log2 s */

static int
clamp(int v, int lo, int hi)
{
	if (v > hi)
		v = hi;
	return v < lo ? lo : v;
}

static int8_t
slowed_by_kiss(const struct poll_state *p, int8_t exp)
{
	return p->kiss_poll != 0 && p->kiss_poll > exp ? p->kiss_poll : exp;
}

/* Exponent that the headway is reckoned with. */
static int
least_exponent(const struct poll_state *p)
{
	return slowed_by_kiss(p, p->minpoll);
}

void
poll_reset(struct poll_state *p, int8_t minpoll, int8_t maxpoll, ntp_mono now)
{
	memset(p, 0, sizeof(*p));
	p->minpoll = (int8_t)clamp(minpoll, NTP_MINPOLL_LAN, NTP_MAXPOLL_HARD);
	p->maxpoll = (int8_t)clamp(maxpoll, p->minpoll, NTP_MAXPOLL_HARD);
	p->hpoll = p->minpoll;
	p->ppoll = p->maxpoll;
	p->outdate = now;
	p->nextdate = now;
}

int8_t
poll_exponent(const struct poll_state *p)
{
	int8_t exp = p->hpoll < p->ppoll ? p->hpoll : p->ppoll;

	if (p->retry > 0)
		exp = p->minpoll;
	if (exp < 0 && (p->reach == 0 || !p->near))
		exp = 0;
	return slowed_by_kiss(p, exp);
}

int8_t
poll_advertised(const struct poll_state *p)
{
	return slowed_by_kiss(p, p->hpoll);
}

static void
follow_system(struct poll_state *p, int8_t syspoll)
{
	if (p->reach != 0)
		p->hpoll = (int8_t)clamp(syspoll, p->minpoll, p->maxpoll);
}

static void
back_off(struct poll_state *p, struct poll_event *ev)
{
	p->unreach++;
	if (p->unreach < NTP_UNREACH)
		return;
	ev->demobilize_due = true;
	if (p->hpoll < p->maxpoll)
		p->hpoll++;
}

static void
shift_reach(struct poll_state *p, struct poll_event *ev)
{
	uint8_t before = p->reach;

	ev->shifted = true;
	p->reach = (uint8_t)(before << 1);
	ev->lost_reach = before != 0 && p->reach == 0;
	if (p->reach == 0) {
		p->ppoll = p->maxpoll;
		back_off(p, ev);
	} else {
		p->unreach = 0;
	}
}

/* On a path that loses much one packet a poll may find nobody for hours.  Three
 * are no burden to a dead server when its polls are that far apart. */
static bool
may_probe(const struct poll_state *p)
{
	return p->unreach == 1 || p->hpoll >= p->minpoll + PROBE_APART;
}

struct poll_event
poll_sent(struct poll_state *p, bool iburst, bool burst, bool fit,
    int8_t syspoll, ntp_mono now)
{
	struct poll_event ev = {0};

	p->outdate = now;
	p->throttle += fmax(log2_to_s(least_exponent(p)) - NTP_MINPKT, 0.0);
	if (p->burst > 0) {
		p->burst--;
		return ev;
	}
	if (p->retry > 0) {
		p->retry--;
		return ev;
	}
	shift_reach(p, &ev);
	follow_system(p, syspoll);
	p->quick -= p->quick > 0 ? 1 : 0;
	if (p->kiss_poll == 0 &&
	    (p->reach == 0 ? iburst && may_probe(p) : burst && fit))
		p->retry = NTP_RETRY - 1;
	return ev;
}

/* Packets that a burst has beside the one just answered. */
static unsigned
burst_rest(const struct poll_state *p)
{
	int more = p->hpoll - p->minpoll;

	return (more < 3 ? 1U << more : NTP_BURST) - 1;
}

static void
arm_burst(struct poll_state *p, bool iburst, bool burst)
{
	if (p->kiss_poll != 0)
		return;
	if (p->reach == 0 && iburst)
		p->burst = NTP_IBURST - 1;
	else if (p->reach != 0 && burst && p->retry > 0)
		p->burst = burst_rest(p);
}

/* The bucket was filled by longer intervals than those now in force. */
static void
forget_kiss(struct poll_state *p)
{
	p->kiss_poll = 0;
	p->kiss_good = 0;
	p->throttle =
	    fmin(p->throttle, (NTP_SHIFT - 1) * log2_to_s(p->minpoll));
}

void
poll_reply(struct poll_state *p, int8_t ppoll, bool iburst, bool burst)
{
	arm_burst(p, iburst, burst);
	p->retry = 0;
	p->reach |= 1;
	p->unreach = 0;
	p->ppoll = (int8_t)clamp(ppoll, p->minpoll, p->maxpoll);
	if (p->kiss_poll != 0 && ++p->kiss_good >= KISS_GOOD)
		forget_kiss(p);
}

void
poll_distance(struct poll_state *p, double delay)
{
	p->near = delay < LAN_DELAY;
}

void
poll_kiss(struct poll_state *p, int8_t ppoll)
{
	int slower = poll_exponent(p) + 1;
	int most = p->maxpoll > KISS_MIN ? p->maxpoll : KISS_MIN;

	p->kiss_poll =
	    (int8_t)clamp(ppoll > slower ? ppoll : slower, KISS_MIN, most);
	p->kiss_good = 0;
	p->burst = 0;
	p->retry = 0;
	p->quick = 0;
	p->throttle = NTP_SHIFT * log2_to_s(p->kiss_poll);
}

void
poll_hasten(struct poll_state *p, unsigned n, int8_t exponent)
{
	if (p->kiss_poll != 0)
		return;
	p->quick = n;
	p->quick_poll = exponent;
}

static double
interval(const struct poll_state *p)
{
	double wait = log2_to_s(poll_exponent(p));

	return p->quick > 0 ? fmin(wait, log2_to_s(p->quick_poll)) : wait;
}

/* The earliest date that guard time and headway permit. */
static ntp_mono
earliest(const struct poll_state *p, double gap, ntp_mono now)
{
	double full = (NTP_SHIFT - 1) * log2_to_s(least_exponent(p));
	ntp_mono guard = mono_add(p->outdate, gap);
	ntp_mono headway = mono_add(now, p->throttle - full);

	return mono_before(guard, headway) ? headway : guard;
}

static double
least_gap(const struct poll_state *p, double minpkt)
{
	double poll = log2_to_s(poll_exponent(p));

	return fmin(fmax(minpkt, GAP_MIN), poll);
}

void
poll_update(struct poll_state *p, int8_t syspoll, double minpkt, double rnd,
    ntp_mono now)
{
	double gap = least_gap(p, minpkt);
	double wait;
	ntp_mono next;

	follow_system(p, syspoll);
	p->nextdate = earliest(p, gap, now);
	if (p->burst == 0 && p->retry == 0) {
		wait = interval(p);
		next = mono_add(p->outdate, wait * (1.0 + SPREAD * rnd));
		if (mono_before(p->nextdate, next))
			p->nextdate = next;
	}
	if (!mono_before(now, p->nextdate))
		p->nextdate = mono_add(now, gap);
}

void
poll_tick(struct poll_state *p)
{
	p->throttle = fmax(p->throttle - 1.0, 0.0);
}
