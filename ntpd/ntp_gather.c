/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_gather.c - whether it pays to wait for company.
 *
 * A nap saves the wake-ups between the requests that it gathers, and costs a
 * timer.  On most machines that is a bargain; where a hypervisor sees to each
 * timer it may be dearer than all that it saves.  So both ways are tried, now
 * and then again, and the cheaper one is gone.
 */
#include "ntp_gather.h"

#define TRIAL	1024U  /* batches */
#define SETTLED 65536U /* likewise */

static void
begin(struct gather *g, enum gather_way way, bool settled)
{
	g->way = way;
	g->settled = settled;
	g->batches = 0;
	g->requests = 0;
}

/* One way was tried: the other's turn, or the choice. */
static void
conclude(struct gather *g, int64_t now)
{
	g->cost[g->way] = (double)(now - g->begun) / (double)g->requests;
	if (g->way == GATHER_NOT)
		begin(g, GATHER_NAP, false);
	else
		begin(g,
		    g->cost[GATHER_NAP] < g->cost[GATHER_NOT] ? GATHER_NAP
							      : GATHER_NOT,
		    true);
}

bool
gather_wanted(struct gather *g, unsigned n, int64_t (*cpu)(void))
{
	if (g->batches++ == 0 && !g->settled)
		g->begun = cpu();
	else
		g->requests += n;
	if (g->settled && g->batches > SETTLED)
		begin(g, GATHER_NOT, false);
	else if (!g->settled && g->batches > TRIAL)
		conclude(g, cpu());
	return g->way == GATHER_NAP;
}
