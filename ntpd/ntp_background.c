/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_background.c - what can wait, in small pieces and with rests.
 *
 * A scheduler lets who works without a break wait when there is something new
 * for him, and lets in at once who has slept.  So that clients who ask for the
 * time are answered at once, we sleep between the pieces of a long answer to
 * others: for much less than libuv's timers can.
 */
#include <sys/timerfd.h>
#include <unistd.h>

#include "ntp_err.h"
#include "ntpd.h"

#define STEPS_MAX 8U /* in a row: no longer than our slice */
#define REST_NS	  100000

static void
on_rested(uv_poll_t *p, int status, int events)
{
	struct daemon *d = p->data;
	uint64_t count;

	(void)status;
	(void)events;
	if (read(d->background.fd, &count, sizeof count) > 0)
		d->background.steps = 0;
}

int
background_start(struct daemon *d)
{
	struct background *b = &d->background;

	b->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (b->fd < 0 || uv_poll_init(&d->loop, &b->rest, b->fd) != 0)
		return -NTP_EIO;
	b->rest.data = d;
	return uv_poll_start(&b->rest, UV_READABLE, on_rested) != 0 ? -NTP_EIO
								    : 0;
}

void
background_stop(struct daemon *d)
{
	if (d->background.fd >= 0)
		(void)close(d->background.fd);
	d->background.fd = -1;
}

bool
background(struct daemon *d)
{
	static const struct itimerspec rest = {.it_value.tv_nsec = REST_NS};
	struct background *b = &d->background;

	if (b->steps == STEPS_MAX || !engine_background(d->engine))
		return false;
	if (++b->steps < STEPS_MAX)
		return true;
	(void)timerfd_settime(b->fd, 0, &rest, NULL);
	return false;
}
