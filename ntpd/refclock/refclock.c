/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refclock.c - the drivers, and the life of the clocks that they read.
 *
 * The local clock has no driver: there is nothing to read.
 */
#include "refclock.h"

#include <stdlib.h>

#include "../ntpd.h"
#include "ntp_err.h"

#define SECOND_MS 1000U

static const struct refclock_driver *const drivers[] = {&refclock_shm};

static const struct refclock_driver *
driver_of(unsigned type)
{
	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
		if (drivers[i]->type == type)
			return drivers[i];
	}
	return NULL;
}

/* Stamps are of the machine's clock, which is not always the one that the
 * daemon disciplines. */
void
refclock_stamp(struct refclock_unit *u, const struct refclock_stamp *s)
{
	struct daemon *d = u->d;
	ntp_ts local =
	    ts_from_unix(s->local.tv_sec, (uint32_t)s->local.tv_nsec);
	ntp_ts ours = d->io.arrival(d->ports.clock, &s->local);
	struct clock_reading r = {.leap = s->leap, .precision = s->precision};

	r.offset = (double)(s->clock.tv_sec - s->local.tv_sec) +
	    (double)(s->clock.tv_nsec - s->local.tv_nsec) * 1e-9 +
	    ts_diff(local, ours);
	u->complained = false;
	engine_clock_reading(
	    d->engine, u->cfg.ref_type, u->cfg.ref_unit, &r, ntpd_now(d));
}

void
refclock_fault(struct refclock_unit *u, enum clock_code why)
{
	engine_clock_fault(u->d->engine, u->cfg.ref_type, u->cfg.ref_unit, why);
}

static void
on_second(uv_timer_t *t)
{
	struct daemon *d = t->data;

	for (size_t i = 0; i < d->clocks.n; i++)
		d->clocks.unit[i].driver->tick(&d->clocks.unit[i]);
}

static size_t
count_clocks(const struct ntp_config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nassoc; i++)
		n += c->assoc[i].kind == ASSOC_REFCLOCK &&
		    driver_of(c->assoc[i].ref_type) != NULL;
	return n;
}

static void
add_clock(struct daemon *d, const struct config_assoc *a)
{
	const struct refclock_driver *driver = driver_of(a->ref_type);
	struct refclock_unit *u;

	if (a->kind != ASSOC_REFCLOCK || driver == NULL)
		return;
	u = &d->clocks.unit[d->clocks.n++];
	*u = (struct refclock_unit){.d = d, .driver = driver, .cfg = *a};
	driver->start(u);
}

int
refclocks_start(struct daemon *d)
{
	size_t n = count_clocks(d->conf);

	if (n == 0)
		return 0;
	d->clocks.unit = calloc(n, sizeof *d->clocks.unit);
	if (d->clocks.unit == NULL)
		return -NTP_ENOMEM;
	for (size_t i = 0; i < d->conf->nassoc; i++)
		add_clock(d, &d->conf->assoc[i]);
	if (d->clocks.timer.data == NULL &&
	    uv_timer_init(&d->loop, &d->clocks.timer) != 0)
		return -NTP_EIO;
	d->clocks.timer.data = d;
	return uv_timer_start(
	    &d->clocks.timer, on_second, SECOND_MS, SECOND_MS);
}

void
refclocks_follow(struct daemon *d)
{
	refclocks_stop(d);
	if (refclocks_start(d) != 0)
		msyslog(&d->log, NTP_LOG_ERR, "no reference clocks: no memory");
}

void
refclocks_stop(struct daemon *d)
{
	for (size_t i = 0; i < d->clocks.n; i++)
		d->clocks.unit[i].driver->stop(&d->clocks.unit[i]);
	free(d->clocks.unit);
	d->clocks.unit = NULL;
	d->clocks.n = 0;
}
