/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_pulse.c - a machine to which somebody sends a pulse per second.
 *
 * Its kernel stamps the pulse by its clock; the engine hears of it as of
 * 127.127.22.0.
 */
#include <math.h>

#include "ntp_refclock.h"
#include "sim_world.h"

#define PRECISION (-20)

static void
give(struct sim_node *n)
{
	struct ntp_now now = sim_clock_now(&n->clock);
	double late = (double)(now.sys.v & UINT32_MAX) * 0x1p-32 +
	    rng_normal(&n->noise) * n->def->pulse;
	struct clock_reading r = {.offset = nearbyint(late) - late,
	    .precision = PRECISION,
	    .pps = true,
	    .unnumbered = true};

	(void)engine_clock_reading(n->e, CLOCK_PPS, 0, &r, now);
	node_after(n);
}

static void
on_pulse(void *obj, uint64_t life)
{
	struct sim_node *n = obj;

	if (life != n->life || !n->running)
		return;
	sim_clock_advance(&n->clock, n->w->now);
	if (!n->asleep)
		give(n);
	(void)pulse_begin(n);
}

int
pulse_begin(struct sim_node *n)
{
	int64_t second = n->w->now / NS_PER_S + 1;

	if (!(n->def->pulse > 0))
		return 0;
	return queue_push(
	    &n->w->queue, second * NS_PER_S, on_pulse, n, n->life);
}
