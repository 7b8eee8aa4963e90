/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpsd.c - driver 46: gpsd, asked over TCP on this machine.
 *
 * A connection belongs to the primary unit U; unit U + 128 gets nothing but
 * the pulses of that one.  gpsd numbers its pulses: the primary unit believes
 * that only together with a serial time, the secondary does without.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../ntpd.h"
#include "gpsd_parse.h"
#include "linebuf.h"
#include "pulse.h"
#include "watch.h"

#define PORT		 2947
#define DEVICE		 "/dev/gps%u"
#define PATH_MAX_	 128U
#define LINE_OCTETS	 16384U
#define READ_OCTETS	 4096U
#define SECONDARY	 128U
#define RETRY_FIRST	 10U   /* s */
#define RETRY_MAX	 640U  /* s */
#define SILENCE_MAX	 30U   /* s without a word: the connection is dead */
#define FIX_MAX		 5U    /* s that a fix is good for */
#define SAY_AGAIN	 3600U /* s, unless flag3 */
#define PRECISION_SERIAL (-9)

/* clockstats with flag4 */
enum gpsd_count {
	RECORDS,
	BAD,
	NOFIX,
	SERIAL_SEEN,
	SERIAL_USED,
	PULSE_SEEN,
	PULSE_USED
};

struct gpsd {
	struct watch *watch; /* NULL: not connected */
	bool connecting;
	bool v6;	     /* what is tried, or is next */
	bool toff;	     /* gpsd reports TOFF */
	bool used, paired;   /* a time, a pair, since the last tick */
	unsigned wait, left; /* s between two attempts, until the next */
	unsigned silence;    /* s */
	unsigned fix;	     /* s that the last fix is still good for */
	unsigned said;	     /* s until the next complaint */
	struct gpsd_choice choice;
	struct timespec pulse; /* the last, CLOCK_REALTIME; sec 0: none */
	char path[PATH_MAX_];  /* "": any device */
	struct linebuf lines;
	char buf[LINE_OCTETS];
};

static bool
is_secondary(const struct refclock_unit *u)
{
	return u->cfg.ref_unit >= SECONDARY;
}

/* --- what it says ------------------------------------------------------------- */

static void
give_serial(struct refclock_unit *u, const struct refclock_stamp *s)
{
	struct gpsd *g = u->data;

	refclock_count(u, SERIAL_USED);
	g->used = true;
	refclock_stamp(u, s);
}

static void
give_pulse(struct refclock_unit *u, struct refclock_stamp *s)
{
	struct gpsd *g = u->data;

	s->fudge = u->cfg.time1;
	refclock_count(u, PULSE_USED);
	g->used = true;
	refclock_stamp(u, s);
}

/* The second of S, by a pulse if there is one that fits. */
static bool
pair(struct refclock_unit *u, struct refclock_stamp *s)
{
	struct gpsd *g = u->data;
	bool wanted = (u->cfg.ref_flags & REF_FLAG2) == 0 &&
	    g->choice.mode != GPSD_MODE_SERIAL && g->pulse.tv_sec != 0;

	if (!wanted || !pulse_pair(s, &g->pulse, u->cfg.time2))
		return false;
	g->pulse.tv_sec = 0;
	g->paired = true;
	s->pps = false; /* that is the secondary unit's part */
	return true;
}

static void
take_serial(struct refclock_unit *u, const struct timespec *real,
    const struct timespec *clock)
{
	struct gpsd *g = u->data;
	struct refclock_stamp s = {.clock = *real,
	    .local = *clock,
	    .fudge = u->cfg.time2,
	    .precision = PRECISION_SERIAL};

	refclock_count(u, SERIAL_SEEN);
	if (g->fix == 0) {
		refclock_fault(u, CLOCK_BAD_SIGNAL);
		return;
	}
	if (gpsd_wants_serial(&g->choice)) {
		give_serial(u, &s);
		(void)pair(u, &s);
	} else if (pair(u, &s)) {
		give_pulse(u, &s);
	}
}

static void
take_pulse(struct refclock_unit *u, const struct gpsd_message *m)
{
	struct gpsd *g = u->data;
	struct refclock_unit *second =
	    refclock_find(u->d, CLOCK_GPSD, u->cfg.ref_unit + SECONDARY);
	struct refclock_stamp s;

	refclock_count(u, PULSE_SEEN);
	g->pulse = m->clock;
	if (second == NULL || g->fix == 0)
		return;
	((struct gpsd *)second->data)->used = true;
	s = (struct refclock_stamp){.local = m->clock,
	    .fudge = second->cfg.time1,
	    .precision = m->precision != 0 ? m->precision : PULSE_PRECISION,
	    .pps = (second->cfg.ref_flags & REF_FLAG1) != 0};
	(void)refclock_pulse(second, &s);
}

/* No more than one such line an hour. */
static void
say_seldom(struct refclock_unit *u, const char *what)
{
	struct gpsd *g = u->data;

	if (g->said > 0 && (u->cfg.ref_flags & REF_FLAG3) == 0)
		return;
	g->said = SAY_AGAIN;
	refclock_say(u, NTP_LOG_WARN, "gpsd says: %s", what);
}

static void
start_watching(struct refclock_unit *u, const struct gpsd_message *m)
{
	struct gpsd *g = u->data;
	char text[PATH_MAX_ + 80];
	bool any = g->path[0] == '\0';
	int len;

	g->toff = m->has_toff;
	g->wait = RETRY_FIRST;
	refclock_say(u, NTP_LOG_INFO, "gpsd %s, device %s", m->text,
	    any ? "any" : g->path);
	len = snprintf(text, sizeof text,
	    "?WATCH={%s%s%s\"enable\":true,\"json\":true,\"pps\":true};\r\n",
	    any ? "" : "\"device\":\"", g->path, any ? "" : "\",");
	if (write(watch_fd(g->watch), text, (size_t)len) != len)
		refclock_complain(u, "gpsd does not take our request");
}

static void
take_line(void *arg, const struct line *l)
{
	struct refclock_unit *u = arg;
	struct gpsd *g = u->data;
	struct gpsd_message m;
	enum gpsd_report r = gpsd_parse(l->text, l->len, &m);

	refclock_count(u, RECORDS);
	g->silence = 0;
	if (r == GPSD_VERSION)
		start_watching(u, &m);
	else if (r == GPSD_ERROR)
		say_seldom(u, m.text);
	else if (r == GPSD_BAD) {
		refclock_count(u, BAD);
		refclock_fault(u, CLOCK_BAD_FORMAT);
	} else if (r == GPSD_NOFIX) {
		refclock_count(u, NOFIX);
		g->fix = 0;
		refclock_fault(u, CLOCK_BAD_SIGNAL);
	} else if (r == GPSD_FIX) {
		g->fix = FIX_MAX;
		refclock_timecode(u, l->text, l->len);
		if (!g->toff)
			take_serial(u, &m.real, &l->end);
	} else if (r == GPSD_SERIAL) {
		take_serial(u, &m.real, &m.clock);
	} else if (r == GPSD_PULSE) {
		take_pulse(u, &m);
	}
}

/* --- the connection ----------------------------------------------------------- */

static void
hang_up(struct refclock_unit *u, const char *why)
{
	struct gpsd *g = u->data;

	watch_close(&g->watch);
	g->connecting = false;
	g->fix = 0;
	g->v6 = !g->v6;
	if (g->v6) {
		g->left = 0;
		return;
	}
	refclock_complain(u,
	    "no connection to gpsd on port %d: %s; is it running, and does "
	    "it know the device?",
	    PORT, why);
	g->left = g->wait;
	g->wait = g->wait >= RETRY_MAX ? RETRY_MAX : 2 * g->wait;
}

static void
finish_connecting(struct refclock_unit *u)
{
	struct gpsd *g = u->data;
	socklen_t len = sizeof(int);
	int err = 0;

	if (getsockopt(watch_fd(g->watch), SOL_SOCKET, SO_ERROR, &err, &len) !=
	    0)
		err = errno;
	if (err != 0) {
		hang_up(u, strerrordesc_np(err));
		return;
	}
	g->connecting = false;
	g->silence = 0;
	linebuf_reset(&g->lines);
	watch_change(g->watch, UV_READABLE);
}

static void
on_ready(void *arg, int events)
{
	struct refclock_unit *u = arg;
	struct gpsd *g = u->data;
	struct timespec at;
	char data[READ_OCTETS];
	ssize_t n;

	(void)clock_gettime(CLOCK_REALTIME, &at);
	if (g->connecting) {
		finish_connecting(u);
		return;
	}
	n = events < 0 ? 0 : read(watch_fd(g->watch), data, sizeof data);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		hang_up(u, "it has closed it");
	else
		(void)linebuf_feed(
		    &g->lines, data, (size_t)n, &at, take_line, u);
}

static int
open_socket(bool v6)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6,
	    .sin6_port = htons(PORT),
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in four = {.sin_family = AF_INET,
	    .sin_port = htons(PORT),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(v6 ? AF_INET6 : AF_INET,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (connect(fd,
		v6 ? (const struct sockaddr *)&six
		   : (const struct sockaddr *)&four,
		v6 ? sizeof six : sizeof four) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	(void)close(fd);
	return -1;
}

static void
call(struct refclock_unit *u)
{
	struct gpsd *g = u->data;
	int fd = open_socket(g->v6);

	if (fd < 0) {
		hang_up(u, strerrordesc_np(errno));
		return;
	}
	g->watch =
	    watch_open(&u->d->loop, fd, UV_WRITABLE | UV_READABLE, on_ready, u);
	g->connecting = g->watch != NULL;
}

/* --- its life ----------------------------------------------------------------- */

/* Whatever gpsd has, unless there is a device by our name. */
static void
find_device(struct refclock_unit *u)
{
	struct gpsd *g = u->data;

	refclock_path(
	    g->path, sizeof g->path, u->cfg.path, DEVICE, u->cfg.ref_unit);
	if (u->cfg.path == NULL && access(g->path, F_OK) != 0)
		g->path[0] = '\0';
	if (strpbrk(g->path, "\"\\") != NULL)
		g->path[0] = '\0';
}

static void
gpsd_start(struct refclock_unit *u)
{
	struct gpsd *g = u->data;

	g->lines = (struct linebuf){.buf = g->buf, .cap = sizeof g->buf};
	g->wait = RETRY_FIRST;
	g->choice.mode = u->cfg.ref_mode == 1 ? GPSD_MODE_STRICT
	    : u->cfg.ref_mode == 2	      ? GPSD_MODE_AUTO
					      : GPSD_MODE_SERIAL;
	if (is_secondary(u))
		return;
	find_device(u);
	call(u);
}

static void
tick_connection(struct refclock_unit *u)
{
	struct gpsd *g = u->data;

	if (g->watch != NULL) {
		if (++g->silence > SILENCE_MAX)
			hang_up(u, "it is silent");
	} else if (g->left > 0) {
		g->left--;
	} else {
		call(u);
	}
}

static void
gpsd_tick(struct refclock_unit *u)
{
	struct gpsd *g = u->data;

	if (!is_secondary(u)) {
		tick_connection(u);
		gpsd_second(&g->choice, g->paired);
		g->fix -= g->fix > 0 ? 1 : 0;
		g->said -= g->said > 0 ? 1 : 0;
	}
	if (!g->used)
		refclock_fault(u, CLOCK_NO_REPLY);
	g->used = g->paired = false;
}

static void
gpsd_stop(struct refclock_unit *u)
{
	struct gpsd *g = u->data;

	watch_close(&g->watch);
}

const struct refclock_driver refclock_gpsd = {
    .type = CLOCK_GPSD,
    .size = sizeof(struct gpsd),
    .start = gpsd_start,
    .tick = gpsd_tick,
    .stop = gpsd_stop,
};
