/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refclock.c - the drivers, and the life of the clocks that they read.
 *
 * The local clock has no driver: there is nothing to read.  A clock whose line
 * still says the same after a reload runs on untouched.
 */
#include "refclock.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ntpd.h"
#include "ntp_calendar.h"
#include "ntp_err.h"

#define SECOND_MS 1000U
#define TEXT_MAX  256U

static const struct refclock_driver *const drivers[] = {&refclock_modem,
    &refclock_spectracom, &refclock_truetime, &refclock_generic,
    &refclock_arbiter, &refclock_nmea, &refclock_pps, &refclock_hpgps,
    &refclock_shm, &refclock_trimble, &refclock_oncore, &refclock_jjy,
    &refclock_zyfer, &refclock_gpsd, &refclock_ptp};

static const struct refclock_driver *
driver_of(unsigned type)
{
	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
		if (drivers[i]->type == type)
			return drivers[i];
	}
	return NULL;
}

/* --- what drivers have found ------------------------------------------------- */

/* Stamps are of the machine's clock, which is not always the one that the
 * daemon disciplines: S of that one. */
static double
ahead_of_ours(struct daemon *d, const struct timespec *at, ntp_ts *ours)
{
	ntp_ts local = ts_from_unix(at->tv_sec, (uint32_t)at->tv_nsec);

	*ours = d->io.arrival(d->ports.clock, at);
	return ts_diff(local, *ours);
}

static bool
hand_over(struct refclock_unit *u, const struct clock_reading *r)
{
	struct daemon *d = u->d;

	u->complained = false;
	return d->engine != NULL &&
	    engine_clock_reading(
		d->engine, u->cfg.ref_type, u->cfg.ref_unit, r, ntpd_now(d));
}

void
refclock_stamp(struct refclock_unit *u, const struct refclock_stamp *s)
{
	struct clock_reading r = {.leap = s->leap,
	    .refid = s->refid,
	    .precision = s->precision,
	    .pps = s->pps};
	ntp_ts ours;

	r.offset = (double)(s->clock.tv_sec - s->local.tv_sec) +
	    (double)(s->clock.tv_nsec - s->local.tv_nsec) * 1e-9 +
	    ahead_of_ours(u->d, &s->local, &ours) + s->fudge;
	(void)hand_over(u, &r);
}

bool
refclock_pulse(struct refclock_unit *u, const struct refclock_stamp *s)
{
	struct clock_reading r = {
	    .precision = s->precision, .pps = s->pps, .unnumbered = true};
	double off = (double)s->local.tv_nsec * -1e-9;
	ntp_ts ours;

	off += ahead_of_ours(u->d, &s->local, &ours) + s->fudge;
	r.offset = off - nearbyint(off);
	return hand_over(u, &r);
}

void
refclock_fault(struct refclock_unit *u, enum clock_code why)
{
	if (u->d->engine != NULL)
		engine_clock_fault(
		    u->d->engine, u->cfg.ref_type, u->cfg.ref_unit, why);
}

void
refclock_count(struct refclock_unit *u, unsigned which)
{
	if (u->d->engine != NULL)
		engine_clock_count(
		    u->d->engine, u->cfg.ref_type, u->cfg.ref_unit, which);
}

void
refclock_timecode(struct refclock_unit *u, const char *text, size_t len)
{
	if (u->d->engine != NULL)
		engine_clock_timecode(
		    u->d->engine, u->cfg.ref_type, u->cfg.ref_unit, text, len);
}

void
refclock_show(struct refclock_unit *u, const struct timespec *clock)
{
	char text[TEXT_MAX];
	struct ntp_date d;
	int n;

	calendar_from_unix(clock->tv_sec, &d);
	n = snprintf(text, sizeof text, "%4lld %03d %02d:%02d:%02d.%09ld",
	    (long long)d.year, d.yday, d.hour, d.minute, d.second,
	    clock->tv_nsec);
	refclock_timecode(u, text, (size_t)n);
}

/* --- what they ask ------------------------------------------------------------ */

bool
refclock_due(struct refclock_unit *u, struct clock_due *out)
{
	struct daemon *d = u->d;

	return d->engine != NULL &&
	    engine_clock_due(
		d->engine, u->cfg.ref_type, u->cfg.ref_unit, out, ntpd_now(d));
}

void
refclock_hurry(struct refclock_unit *u)
{
	struct daemon *d = u->d;

	if (d->engine != NULL)
		engine_clock_hurry(
		    d->engine, u->cfg.ref_type, u->cfg.ref_unit, ntpd_now(d));
}

int64_t
refclock_unix(struct refclock_unit *u, const struct timespec *at)
{
	uint32_t nsec;
	int64_t sec;
	ntp_ts ours;

	(void)ahead_of_ours(u->d, at, &ours);
	ts_to_unix(ours, at->tv_sec, &sec, &nsec);
	return sec;
}

double
refclock_fraction(struct refclock_unit *u, const struct timespec *at)
{
	ntp_ts ours;

	(void)ahead_of_ours(u->d, at, &ours);
	return (double)(ours.v & UINT32_MAX) * 0x1p-32;
}

struct refclock_unit *
refclock_find(struct daemon *d, unsigned type, unsigned unit)
{
	for (size_t i = 0; i < d->clocks.n; i++) {
		struct refclock_unit *u = d->clocks.unit[i];

		if (u->cfg.ref_type == type && u->cfg.ref_unit == unit)
			return u;
	}
	return NULL;
}

void
refclock_path(
    char *out, size_t cap, const char *path, const char *format, unsigned unit)
{
	const char *mark = strstr(format, "%u");

	if (path != NULL || mark == NULL)
		(void)snprintf(out, cap, "%s", path != NULL ? path : format);
	else
		(void)snprintf(out, cap, "%.*s%u%s", (int)(mark - format),
		    format, unit, mark + 2);
}

__attribute__((format(printf, 3, 0))) static void
say(struct refclock_unit *u, enum ntp_loglevel level, const char *fmt,
    va_list ap)
{
	char text[TEXT_MAX];

	(void)vsnprintf(text, sizeof text, fmt, ap);
	msyslog(&u->d->log, level, "%s(%u): %s",
	    clock_kind(u->cfg.ref_type)->name, (unsigned)u->cfg.ref_unit, text);
}

void
refclock_say(
    struct refclock_unit *u, enum ntp_loglevel level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(u, level, fmt, ap);
	va_end(ap);
}

void
refclock_complain(struct refclock_unit *u, const char *fmt, ...)
{
	va_list ap;

	if (u->complained)
		return;
	u->complained = true;
	va_start(ap, fmt);
	say(u, NTP_LOG_ERR, fmt, ap);
	va_end(ap);
}

/* --- their life --------------------------------------------------------------- */

static void
on_second(uv_timer_t *t)
{
	struct daemon *d = t->data;

	for (size_t i = 0; i < d->clocks.n; i++)
		d->clocks.unit[i]->driver->tick(d->clocks.unit[i]);
}

static void
unit_free(struct refclock_unit *u)
{
	free(u->cfg.path);
	free(u->cfg.ppspath);
	free(u->data);
	free(u);
}

/* The configuration may go, and its strings with it. */
static struct refclock_unit *
unit_new(struct daemon *d, const struct refclock_driver *driver,
    const struct config_assoc *a)
{
	struct refclock_unit *u = calloc(1, sizeof *u);

	if (u == NULL)
		return NULL;
	u->d = d;
	u->driver = driver;
	u->wanted = true;
	u->cfg = *a;
	u->cfg.path = a->path != NULL ? strdup(a->path) : NULL;
	u->cfg.ppspath = a->ppspath != NULL ? strdup(a->ppspath) : NULL;
	u->data = driver->size > 0 ? calloc(1, driver->size) : NULL;
	if ((driver->size > 0 && u->data == NULL) ||
	    (a->path != NULL && u->cfg.path == NULL) ||
	    (a->ppspath != NULL && u->cfg.ppspath == NULL)) {
		unit_free(u);
		return NULL;
	}
	u->cfg.host = NULL;
	u->cfg.file = NULL;
	return u;
}

static int
add_clock(struct daemon *d, const struct config_assoc *a)
{
	const struct refclock_driver *driver = driver_of(a->ref_type);
	struct refclock_unit *u;

	if (a->kind != ASSOC_REFCLOCK || driver == NULL ||
	    refclock_find(d, a->ref_type, a->ref_unit) != NULL)
		return 0;
	u = unit_new(d, driver, a);
	if (u == NULL)
		return -NTP_ENOMEM;
	d->clocks.unit[d->clocks.n++] = u;
	driver->start(u);
	return 0;
}

/* Room for all that the configuration may name. */
static int
reserve(struct daemon *d)
{
	size_t room = d->clocks.n + d->conf->nassoc;
	struct refclock_unit **list = d->clocks.unit;

	if (room == 0)
		return 0;
	/* of pointers indeed: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	list = realloc(list, room * sizeof *list);
	if (list == NULL)
		return -NTP_ENOMEM;
	d->clocks.unit = list;
	return 0;
}

static int
start_timer(struct daemon *d)
{
	if (d->clocks.n == 0 || d->clocks.timer.data != NULL)
		return 0;
	if (uv_timer_init(&d->loop, &d->clocks.timer) != 0)
		return -NTP_EIO;
	d->clocks.timer.data = d;
	return uv_timer_start(
	    &d->clocks.timer, on_second, SECOND_MS, SECOND_MS);
}

int
refclocks_start(struct daemon *d)
{
	if (reserve(d) != 0)
		return -NTP_ENOMEM;
	for (size_t i = 0; i < d->conf->nassoc; i++)
		if (add_clock(d, &d->conf->assoc[i]) != 0)
			return -NTP_ENOMEM;
	return start_timer(d);
}

static bool
is_wanted(const struct daemon *d, const struct refclock_unit *u)
{
	for (size_t i = 0; i < d->conf->nassoc; i++) {
		const struct config_assoc *a = &d->conf->assoc[i];

		if (a->kind == ASSOC_REFCLOCK &&
		    a->ref_type == u->cfg.ref_type &&
		    a->ref_unit == u->cfg.ref_unit)
			return config_clock_same(a, &u->cfg);
	}
	return false;
}

static void
stop_unwanted(struct daemon *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->clocks.n; i++) {
		struct refclock_unit *u = d->clocks.unit[i];

		if (u->wanted) {
			d->clocks.unit[kept++] = u;
			continue;
		}
		u->driver->stop(u);
		unit_free(u);
	}
	d->clocks.n = kept;
}

void
refclocks_follow(struct daemon *d)
{
	for (size_t i = 0; i < d->clocks.n; i++)
		d->clocks.unit[i]->wanted = is_wanted(d, d->clocks.unit[i]);
	stop_unwanted(d);
	if (refclocks_start(d) != 0)
		msyslog(&d->log, NTP_LOG_ERR, "no reference clocks: no memory");
}

void
refclocks_stop(struct daemon *d)
{
	for (size_t i = 0; i < d->clocks.n; i++)
		d->clocks.unit[i]->wanted = false;
	stop_unwanted(d);
	free(d->clocks.unit);
	d->clocks.unit = NULL;
}
