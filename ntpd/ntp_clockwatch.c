/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_clockwatch.c - has somebody else changed the clock, or did we sleep?
 *
 * Once a second the clocks of the kernel are compared.  A timer that is never
 * due, but cancelled whenever the clock is set or the machine wakes up, tells
 * it at once: then no packet is sent or answered by a clock that has jumped.
 *
 * A virtual clock is nobody else's.
 */
#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "ntp_err.h"
#include "ntpd.h"

#define FAR_AWAY (INT64_C(1) << 33) /* Unix s, in the year 2242 */

void
watch_clock(struct daemon *d)
{
	struct systime_event ev;

	if (d->opt.virtual_clock || !systime_jump(&d->systime, &ev))
		return;
	if (ev.slept > 0.0)
		msyslog(&d->log, NTP_LOG_NOTICE, "the machine slept for %.0f s",
		    ev.slept);
	engine_clock_jumped(d->engine, ev.stepped, ntpd_now(d));
}

static int
arm(int fd)
{
	struct itimerspec never = {.it_value = {.tv_sec = FAR_AWAY}};

	return timerfd_settime(
	    fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static void
on_cancel(uv_poll_t *handle, int status, int events)
{
	struct daemon *d = handle->data;
	uint64_t expirations;

	(void)status;
	(void)events;
	if (read(d->clockset_fd, &expirations, sizeof expirations) >= 0 ||
	    errno != ECANCELED)
		return;
	(void)arm(d->clockset_fd);
	watch_clock(d);
}

/* Without the timer the clocks are still compared every second. */
void
clockwatch_start(struct daemon *d)
{
	if (d->opt.virtual_clock)
		return;
	d->clockset_fd =
	    timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (d->clockset_fd < 0)
		return;
	d->clockset.data = d;
	if (arm(d->clockset_fd) == 0 &&
	    uv_poll_init(&d->loop, &d->clockset, d->clockset_fd) == 0)
		(void)uv_poll_start(&d->clockset, UV_READABLE, on_cancel);
}

void
clockwatch_stop(struct daemon *d)
{
	if (d->clockset_fd >= 0)
		(void)close(d->clockset_fd);
	d->clockset_fd = -1;
}
