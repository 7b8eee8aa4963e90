/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_notify.c - tell the service manager how we are (sd_notify protocol).
 *
 * A datagram to the socket named by NOTIFY_SOCKET; connected at start, so
 * that it works from inside a jail.  Signs of life come from a timer of the
 * loop that also serves and disciplines: when that hangs, they stop.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "ntp_fmt.h"
#include "ntpd.h"

#define NOTIFY_MAX   (STATUS_TEXT + 64U)
#define STATUS_EVERY 10.0 /* s, for figures that change all the time */

/* --- what the manager says ------------------------------------------------ */

static bool
environment(const char *name, char *out, size_t cap)
{
	return uv_os_getenv(name, out, &cap) == 0;
}

bool
manager_number(const char *name, int64_t *v)
{
	char text[32];

	return environment(name, text, sizeof text) &&
	    fmt_parse_int(text, strlen(text), false, v) == 0;
}

bool
manager_means_us(const char *name)
{
	int64_t pid;

	return manager_number(name, &pid) &&
	    (pid == getpid() || pid == getppid());
}

/* --- what we say ---------------------------------------------------------- */

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

/* Half of the time that the manager grants us.  WATCHDOG_PID may be missing. */
static void
watchdog_start(struct daemon *d)
{
	uint64_t every;
	int64_t v;

	if (!manager_number("WATCHDOG_USEC", &v) || v < 2000 ||
	    (manager_number("WATCHDOG_PID", &(int64_t){0}) &&
		!manager_means_us("WATCHDOG_PID")))
		return;
	every = (uint64_t)v / 2000;
	d->notify.timer.data = d;
	if (uv_timer_init(&d->loop, &d->notify.timer) == 0)
		(void)uv_timer_start(
		    &d->notify.timer, on_watchdog, every, every);
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
send_status(struct daemon *d)
{
	char line[NOTIFY_MAX];

	(void)snprintf(line, sizeof line, "STATUS=%s%s", d->notify.status,
	    d->notify.refused ? "; the new configuration was refused" : "");
	notify_send(d, line);
}

void
notify_status(struct daemon *d)
{
	struct notify *n = &d->notify;
	struct ntp_now now;
	char text[STATUS_TEXT];
	const char *word;

	if (n->fd < 0)
		return;
	now = ntpd_now(d);
	word = engine_summary(d->engine, now, text, sizeof text);
	if (strcmp(text, n->status) == 0 ||
	    (word == n->word && mono_diff(now.mono, n->said) < STATUS_EVERY))
		return;
	memcpy(n->status, text, sizeof text);
	n->word = word;
	n->said = now.mono;
	send_status(d);
}

void
notify_reloading(struct daemon *d)
{
	struct timespec ts;
	char text[64];

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	(void)snprintf(text, sizeof text,
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	notify_send(d, text);
}

void
notify_reloaded(struct daemon *d, bool taken)
{
	d->notify.refused = !taken;
	notify_send(d, "READY=1");
	send_status(d);
}

void
notify_stopping(struct daemon *d)
{
	char text[64];

	if (d->status != NTPD_OK && d->status != NTPD_PANIC) {
		(void)snprintf(text, sizeof text,
		    "STATUS=exit status %d: the log says why", d->status);
		notify_send(d, text);
	}
	notify_send(d, "STOPPING=1");
}

void
notify_fini(struct daemon *d)
{
	if (d->notify.fd >= 0)
		(void)close(d->notify.fd);
	d->notify.fd = -1;
}
