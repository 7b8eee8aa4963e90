/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ratelimit.c - how often a client may ask.
 */
#include <math.h>

#include "ntp.h"
#include "ntp_monitor.h"
#include "ntp_restrict.h"

/*
 * The reference counts in whole seconds, so 0.5 s of headway is as good as
 * one.  Who is let through by luck pays nothing: his kiss remains due.
 */
enum mru_verdict
rate_judge(const struct mru_param *par, struct mru_entry *e, uint32_t rnd,
    ntp_mono now)
{
	double head = log2_to_s(par->average);
	double limit = NTP_SHIFT * head;
	double interval = floor(mono_diff(now, (ntp_mono){e->last}) + 0.5);
	double leak = fmax(0, e->leak - fmax(0, interval));
	uint32_t luck = (UINT32_C(1) << par->leak_log2) - 1;
	enum mru_verdict v = MRU_LIMITED;

	if (interval + 1 >= par->minimum && leak + head < limit) {
		leak = fmax(0, leak + head - NTP_MINPKT);
		v = MRU_PASS;
	} else if (luck != 0 && (rnd & luck) == 0) {
		v = MRU_PASS;
	} else if (leak < limit) {
		leak = limit + head;
		v = MRU_KISS;
	}
	e->leak = (uint32_t)leak & 0xfffffU;
	return v;
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
