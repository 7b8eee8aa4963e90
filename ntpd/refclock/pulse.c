/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pulse.c - driver 22: pulses per second, and what others do with theirs.
 *
 * A pulse says when a second begins and not which: the driver leaves the
 * number to the engine, other drivers have a message that tells.
 */
#include "pulse.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "../ntpd.h"

#define PAIR_LIMIT 0.4 /* s */
#define AGE_LIMIT  1.5 /* s from the pulse to the message */
#define DEVICE	   "/dev/pps%u"

/* clockstats: pulses of the kernel, those used, without our time, errors of the
 * kernel, not ready */
enum pulse_count { SEEN, USED, NO_TIME, ERRORS, NOT_READY };

/* --- for all drivers ----------------------------------------------------------- */

static void
bind_kernel(struct pulse *p, struct refclock_unit *u)
{
	int err;

	if ((u->cfg.ref_flags & REF_FLAG3) == 0 || p->tried)
		return;
	p->tried = true;
	err = pps_bind(&p->dev);
	if (err == 0)
		refclock_say(
		    u, NTP_LOG_INFO, "the kernel measures the pulse, too");
	else
		refclock_say(u, NTP_LOG_WARN,
		    "flag3 has no effect: the kernel cannot measure the pulse "
		    "(%s); ntpd does",
		    err == -EOPNOTSUPP ? "it is built without NTP_PPS"
				       : strerrordesc_np(-err));
}

static void
say_unopened(
    struct refclock_unit *u, const char *path, const char *what, int err)
{
	if (err == -ENOENT || err == -ENXIO || err == -ENODEV)
		refclock_complain(u,
		    "there is no %s; it will be used when it appears "
		    "(`ppspath` names another)",
		    path);
	else if (err == -EACCES || err == -EPERM)
		refclock_complain(u,
		    "%s %s: it belongs to root or to a group that the "
		    "daemon's user is not in",
		    path, what);
	else
		refclock_complain(
		    u, "%s %s: %s", path, what, strerrordesc_np(-err));
}

bool
pulse_ready(struct pulse *p, struct refclock_unit *u, const char *path)
{
	const char *what;
	int err;

	if (pps_is_open(&p->dev))
		return true;
	err = pps_open(&p->dev, &device_kernel, path,
	    (u->cfg.ref_flags & REF_FLAG2) != 0, &what);
	if (err != 0) {
		say_unopened(u, path, what, err);
		return false;
	}
	refclock_say(u, NTP_LOG_INFO, "pulses come from %s", path);
	bind_kernel(p, u);
	return true;
}

void
pulse_stop(struct pulse *p)
{
	pps_close(&p->dev);
}

static double
seconds_between(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) +
	    (double)(to->tv_nsec - from->tv_nsec) * 1e-9;
}

bool
pulse_pair(struct refclock_stamp *s, const struct timespec *at, double late)
{
	double age = seconds_between(at, &s->local);
	double told = (double)s->clock.tv_nsec * 1e-9 + late - age;
	double second = nearbyint(told);

	if (age < 0 || age > AGE_LIMIT || fabs(told - second) > PAIR_LIMIT)
		return false;
	s->clock.tv_sec += (time_t)second;
	s->clock.tv_nsec = 0;
	s->local = *at;
	s->precision = PULSE_PRECISION;
	s->pps = true;
	return true;
}

/* --- driver 22 ------------------------------------------------------------------ */

static const char *
path_of(const struct refclock_unit *u, char out[PULSE_PATH])
{
	const char *given =
	    u->cfg.ppspath != NULL ? u->cfg.ppspath : u->cfg.path;

	refclock_path(out, PULSE_PATH, given, DEVICE, u->cfg.ref_unit);
	return out;
}

static void
pulse_open(struct refclock_unit *u)
{
	struct pulse *p = u->data;
	char path[PULSE_PATH];

	(void)pulse_ready(p, u, path_of(u, path));
}

static void
pulse_tick(struct refclock_unit *u)
{
	struct pulse *p = u->data;
	struct refclock_stamp s = {
	    .fudge = u->cfg.time1, .precision = PULSE_PRECISION, .pps = true};
	char path[PULSE_PATH];
	int got;

	if (!pulse_ready(p, u, path_of(u, path))) {
		refclock_count(u, NOT_READY);
		refclock_fault(u, CLOCK_FAULT);
		return;
	}
	got = pps_fetch(&p->dev, &s.local);
	if (got == 1) {
		refclock_count(u, SEEN);
		refclock_count(u, refclock_pulse(u, &s) ? USED : NO_TIME);
		return;
	}
	refclock_fault(u, got == 0 ? CLOCK_NO_REPLY : CLOCK_FAULT);
	if (got == 0)
		return;
	refclock_count(u, ERRORS);
	pulse_stop(p);
}

static void
pulse_close(struct refclock_unit *u)
{
	pulse_stop(u->data);
}

const struct refclock_driver refclock_pps = {
    .type = CLOCK_PPS,
    .size = sizeof(struct pulse),
    .start = pulse_open,
    .tick = pulse_tick,
    .stop = pulse_close,
};
