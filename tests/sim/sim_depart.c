/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_depart.c - the way of a datagram out of its host.
 *
 * Between the time stamp that a daemon takes and the wire lie the socket, the
 * queue and the driver.  The kernel tells afterwards when a datagram really
 * left; interleaved modes live on that.  What goes to a group stays on the local
 * network unless it was told how far to go.
 */
#include "ntp_engine.h"
#include "sim_world.h"

#define MARK_BITS 32

static void
departed(void *obj, uint64_t arg)
{
	struct sim_node *n = obj;

	if (!n->running || n->asleep || arg >> MARK_BITS != n->life)
		return;
	sim_clock_advance(&n->clock, n->w->now);
	engine_departed(n->e, (uint32_t)arg, sim_clock_read(&n->clock, 0));
	node_after(n);
}

void
depart(struct sim_node *n, const struct datagram *dg, const struct sim_frame *f)
{
	struct sim_frame out = *f;
	int64_t late = 0;

	if (n->def->stack > 0) {
		late = (int64_t)(n->def->stack * 1e9 * rng_double(&n->noise));
		if (dg->stamp)
			(void)queue_push(&n->w->queue, n->w->now + late,
			    departed, n,
			    (uint64_t)n->life << MARK_BITS | dg->mark);
	}
	if (out.ttl == 0 && addr_is_multicast(out.dst))
		out.ttl = 1;
	net_send(n, &out, late);
}
