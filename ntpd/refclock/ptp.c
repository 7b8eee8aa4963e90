/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ptp.c - driver 60: the clock of a network card or a virtual machine's host
 * (/dev/ptpN), which something else keeps right.
 *
 * Such a clock keeps TAI as a rule; those of hosts keep UTC.  Mode bit 0 takes
 * TAI - UTC off by the table of leap seconds, time1 whatever else there is.
 */
#include <errno.h>
#include <string.h>

#include "../ntpd.h"
#include "refclock.h"

#define DEVICE	  "/dev/ptp%u"
#define PATH_CAP  64U
#define MODE_TAI  1U
#define PRECISION (-20)
#define NS_PER_S  INT64_C(1000000000)

static void
say_unopened(struct refclock_unit *u, const char *path, int err)
{
	if (err == -ENOENT)
		refclock_complain(u,
		    "there is no %s; it will be used when it appears (`path` "
		    "names another)",
		    path);
	else
		refclock_complain(
		    u, "%s cannot be opened: %s", path, strerrordesc_np(-err));
}

static bool
ptp_ready(struct refclock_unit *u)
{
	struct phc *p = u->data;
	char path[PATH_CAP];
	int err;

	if (p->sys != NULL && p->fd >= 0)
		return true;
	refclock_path(path, sizeof path, u->cfg.path, DEVICE, u->cfg.ref_unit);
	err = phc_open_clock(p, &device_kernel, path);
	if (err != 0)
		say_unopened(u, path, err);
	else
		refclock_say(u, NTP_LOG_INFO, "reading %s", path);
	return err == 0;
}

static void
ptp_start(struct refclock_unit *u)
{
	(void)ptp_ready(u);
}

static void
ptp_stop(struct refclock_unit *u)
{
	struct phc *p = u->data;

	if (p->sys != NULL)
		phc_close(p);
}

/* s to take off. */
static int
tai_ahead(struct refclock_unit *u, int64_t tai)
{
	int ahead;

	if ((u->cfg.ref_mode & MODE_TAI) == 0)
		return 0;
	ahead = leap_tai_at(&u->d->leap.table, tai);
	if (ahead == 0)
		refclock_complain(u,
		    "no leap second file says what TAI is: mode 1 needs one");
	return ahead;
}

static void
ptp_tick(struct refclock_unit *u)
{
	struct phc *p = u->data;
	struct refclock_stamp s = {.precision = PRECISION};
	int64_t system;

	if (!ptp_ready(u)) {
		refclock_fault(u, CLOCK_FAULT);
		return;
	}
	if (!phc_compare(p)) {
		refclock_complain(
		    u, "the clock cannot be read: %s", strerrordesc_np(errno));
		ptp_stop(u);
		refclock_fault(u, CLOCK_FAULT);
		return;
	}
	system = p->at - p->ahead;
	s.local.tv_sec = (time_t)(system / NS_PER_S);
	s.local.tv_nsec = (long)(system % NS_PER_S);
	s.clock.tv_sec = (time_t)(p->at / NS_PER_S);
	s.clock.tv_nsec = (long)(p->at % NS_PER_S);
	if ((u->cfg.ref_mode & MODE_TAI) != 0) {
		int ahead = tai_ahead(u, s.clock.tv_sec);

		s.leap = ahead != 0 ? NTP_LEAP_NONE : NTP_LEAP_UNSYNC;
		s.clock.tv_sec -= ahead;
	}
	refclock_stamp(u, &s);
}

const struct refclock_driver refclock_ptp = {
    .type = CLOCK_PHC,
    .size = sizeof(struct phc),
    .start = ptp_start,
    .tick = ptp_tick,
    .stop = ptp_stop,
};
