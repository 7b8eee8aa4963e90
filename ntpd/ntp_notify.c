/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_notify.c - tell the service manager how we are (sd_notify protocol).
 *
 * A datagram to the socket named by NOTIFY_SOCKET; connected at start, so
 * that it works from inside a jail.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ntp_fmt.h"
#include "ntpd.h"

#define NOTIFY_MAX (STATUS_TEXT + 32U)

static void
notify_send(struct daemon *d, const char *text)
{
	if (d->notify.fd >= 0)
		(void)send(d->notify.fd, text, strlen(text),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int
notify_connect(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int fd;

	if ((path[0] != '/' && path[0] != '@') || len >= sizeof un.sun_path)
		return -1;
	memcpy(un.sun_path, path, len);
	if (path[0] == '@')
		un.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&un,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) !=
		0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static void
on_watchdog(uv_timer_t *t)
{
	notify_send(t->data, "WATCHDOG=1");
}

static bool
environment(const char *name, char *out, size_t cap)
{
	return uv_os_getenv(name, out, &cap) == 0;
}

/* Half of the time that the manager grants us. */
static void
watchdog_start(struct daemon *d)
{
	char usec[32];
	int64_t v;

	if (!environment("WATCHDOG_USEC", usec, sizeof usec) ||
	    fmt_parse_int(usec, strlen(usec), false, &v) != 0 || v < 2000)
		return;
	d->notify.watchdog = (uint64_t)v / 2000;
	d->notify.timer.data = d;
	if (uv_timer_init(&d->loop, &d->notify.timer) == 0)
		(void)uv_timer_start(&d->notify.timer, on_watchdog,
		    d->notify.watchdog, d->notify.watchdog);
}

void
notify_init(struct daemon *d)
{
	char path[sizeof((struct sockaddr_un *)NULL)->sun_path];

	if (environment("NOTIFY_SOCKET", path, sizeof path))
		d->notify.fd = notify_connect(path);
	if (d->notify.fd >= 0)
		watchdog_start(d);
}

void
notify_ready(struct daemon *d)
{
	char text[64];

	(void)snprintf(
	    text, sizeof text, "READY=1\nMAINPID=%ld", (long)getpid());
	notify_send(d, text);
}

static void
status_text(const struct engine_status *s, char *out, size_t cap)
{
	if (s->synced && s->have_peer)
		(void)snprintf(out, cap, "synchronized to %s, stratum %u",
		    s->peer, (unsigned)s->stratum);
	else if (s->synced)
		(void)snprintf(
		    out, cap, "running free, stratum %u", (unsigned)s->stratum);
	else
		(void)snprintf(out, cap, "waiting: %u of %u servers reachable",
		    s->reachable, s->sources);
}

void
notify_status(struct daemon *d, const struct engine_status *s)
{
	char text[STATUS_TEXT], line[NOTIFY_MAX];

	if (d->notify.fd < 0)
		return;
	status_text(s, text, sizeof text);
	if (strcmp(text, d->notify.status) == 0)
		return;
	memcpy(d->notify.status, text, sizeof text);
	(void)snprintf(line, sizeof line, "STATUS=%s", text);
	notify_send(d, line);
}

void
notify_stopping(struct daemon *d)
{
	notify_send(d, "STOPPING=1");
}

void
notify_fini(struct daemon *d)
{
	if (d->notify.fd >= 0)
		(void)close(d->notify.fd);
	d->notify.fd = -1;
}
