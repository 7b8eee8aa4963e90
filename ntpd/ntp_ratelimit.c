/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ratelimit.c - how often a client may ask.
 */
#include <math.h>

#include "ntp.h"
#include "ntp_monitor.h"
#include "ntp_restrict.h"

#define RATE_UNITS 4096.0 /* of e->leak in a packet a second */

/* Who is let through by luck pays nothing: his kiss remains due. */
static bool
is_lucky(const struct mru_param *par, uint32_t rnd)
{
	uint32_t luck = (UINT32_C(1) << par->leak_log2) - 1;

	return luck != 0 && (rnd & luck) == 0;
}

/* The reference counts in whole seconds, so 0.5 s of headway is as good as
 * one. */
static enum mru_verdict
judge_headway(const struct mru_param *par, struct mru_entry *e, uint32_t rnd,
    ntp_mono now)
{
	double head = log2_to_s(par->average);
	double limit = NTP_SHIFT * head;
	double interval = floor(mono_diff(now, (ntp_mono){e->last}) + 0.5);
	double leak = fmax(0, e->leak - fmax(0, interval));
	enum mru_verdict v = MRU_LIMITED;

	if (interval + 1 >= par->minimum && leak + head < limit) {
		leak = fmax(0, leak + head - NTP_MINPKT);
		v = MRU_PASS;
	} else if (is_lucky(par, rnd)) {
		v = MRU_PASS;
	} else if (leak < limit) {
		leak = limit + head;
		v = MRU_KISS;
	}
	e->leak = (uint32_t)leak & 0xfffffU;
	return v;
}

/* Refused packets count like others: who goes on does not get in. */
static enum mru_verdict
judge_rate(const struct mru_param *par, struct mru_entry *e, uint32_t rnd,
    ntp_mono now)
{
	const struct rate_limit *l = &par->limit;
	double since = fmax(0, mono_diff(now, (ntp_mono){e->last}));
	double rate = e->leak / RATE_UNITS * exp(-since / l->burst);
	double most = l->average + l->kod + 1;

	rate = fmin(rate + 1 / l->burst, most);
	e->leak = (uint32_t)(rate * RATE_UNITS) & 0xfffffU;
	if (rate < l->average || is_lucky(par, rnd))
		return MRU_PASS;
	return rate < l->average + l->kod ? MRU_KISS : MRU_LIMITED;
}

enum mru_verdict
rate_judge(const struct mru_param *par, struct mru_entry *e, uint32_t rnd,
    ntp_mono now)
{
	return par->limit.burst > 0 ? judge_rate(par, e, rnd, now)
				    : judge_headway(par, e, rnd, now);
}

uint16_t
rate_flags(uint16_t flags, enum mru_verdict v)
{
	uint16_t off = 0;

	if (v == MRU_PASS)
		off = RES_LIMITED | RES_KOD;
	else if (v == MRU_LIMITED)
		off = RES_KOD;
	return (uint16_t)(flags & ~off);
}
