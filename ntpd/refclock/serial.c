/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * serial.c - a clock at the end of a serial line.
 *
 * The stamp is taken before the octets are read, and not by the line
 * discipline's lines: those of some clocks end with what begins the next.
 */
#include "serial.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "../ntpd.h"

#define READ_OCTETS 256U

static const struct {
	unsigned baud;
	speed_t speed;
} speeds[] = {{50, B50}, {110, B110}, {150, B150}, {300, B300}, {600, B600},
    {1200, B1200}, {2400, B2400}, {4800, B4800}, {9600, B9600}, {19200, B19200},
    {38400, B38400}, {57600, B57600}, {115200, B115200}, {230400, B230400},
    {460800, B460800}, {921600, B921600}};

static const struct {
	tcflag_t control, input;
} frames[] = {
    [SERIAL_8N1] = {CS8, 0},
    [SERIAL_8O1] = {CS8 | PARENB | PARODD, INPCK | IGNPAR},
    [SERIAL_7E2] = {CS7 | PARENB | CSTOPB, 0},
    [SERIAL_7N2] = {CS7 | CSTOPB, 0},
};

static bool
find_speed(unsigned baud, speed_t *out)
{
	for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
		if (speeds[i].baud != baud)
			continue;
		*out = speeds[i].speed;
		return true;
	}
	return false;
}

/* --- opening ----------------------------------------------------------------- */

static void
say_unopened(const struct serial *s)
{
	int err = errno;

	if (err == ENOENT || err == ENXIO || err == ENODEV)
		refclock_complain(s->u,
		    "there is no %s; it will be used when it appears (`path` "
		    "names another device)",
		    s->path);
	else if (err == EACCES || err == EPERM)
		refclock_complain(s->u,
		    "%s may not be opened: put the daemon's user into the "
		    "group of the device (dialout or uucp)",
		    s->path);
	else
		refclock_complain(s->u, "%s cannot be opened: %s", s->path,
		    strerrordesc_np(err));
}

static bool
set_line(const struct serial *s, int fd)
{
	struct termios t;
	speed_t speed;

	if (tcgetattr(fd, &t) != 0) {
		refclock_complain(s->u, "%s is no serial line", s->path);
		return false;
	}
	if (!find_speed(s->baud, &speed)) {
		refclock_complain(s->u, "no serial line has %u bit/s", s->baud);
		return false;
	}
	cfmakeraw(&t);
	t.c_cflag &= ~(tcflag_t)(CRTSCTS | CSTOPB | HUPCL | CSIZE | PARODD);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cflag |= frames[s->frame].control;
	t.c_iflag |= frames[s->frame].input;
	if (cfsetispeed(&t, speed) != 0 || cfsetospeed(&t, speed) != 0 ||
	    tcsetattr(fd, TCSANOW, &t) != 0) {
		refclock_complain(s->u, "%s cannot be set up: %s", s->path,
		    strerrordesc_np(errno));
		return false;
	}
	return true;
}

/* What a UART keeps back for the sake of throughput comes late; USB adapters
 * may have no such setting. */
static void
ask_for_haste(int fd)
{
	struct serial_struct ss;

	if (ioctl(fd, TIOCGSERIAL, &ss) != 0)
		return;
	ss.flags |= (int)ASYNC_LOW_LATENCY;
	(void)ioctl(fd, TIOCSSERIAL, &ss);
}

/* --- reading ----------------------------------------------------------------- */

static void
vanish(struct serial *s)
{
	refclock_complain(s->u, "%s is gone; waiting for it", s->path);
	watch_close(&s->watch);
}

static void
on_readable(void *arg, int events)
{
	struct serial *s = arg;
	struct timespec at;
	char data[READ_OCTETS];
	ssize_t n;

	(void)clock_gettime(CLOCK_REALTIME, &at);
	n = events < 0 ? 0 : read(watch_fd(s->watch), data, sizeof data);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		vanish(s);
		return;
	}
	if (s->octets != NULL)
		s->octets(s->u, data, (size_t)n, &at);
	else
		(void)linebuf_feed(
		    &s->lines, data, (size_t)n, &at, s->take, s->u);
}

/* --- its life ---------------------------------------------------------------- */

bool
serial_ready(struct serial *s)
{
	int fd;

	if (s->watch != NULL)
		return true;
	fd = open(s->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		say_unopened(s);
		return false;
	}
	if (!set_line(s, fd)) {
		(void)close(fd);
		return false;
	}
	ask_for_haste(fd);
	if (s->alone)
		(void)ioctl(fd, TIOCEXCL);
	(void)tcflush(fd, TCIOFLUSH);
	linebuf_reset(&s->lines);
	s->watch = watch_open(&s->u->d->loop, fd, UV_READABLE, on_readable, s);
	if (s->watch != NULL)
		refclock_say(s->u, NTP_LOG_INFO, "reading %s at %u bit/s",
		    s->path, s->baud);
	return s->watch != NULL;
}

void
serial_start(struct serial *s, struct refclock_unit *u, const char *format,
    unsigned baud)
{
	s->u = u;
	s->baud = baud;
	s->lines = (struct linebuf){.buf = s->buf, .cap = sizeof s->buf};
	refclock_path(
	    s->path, sizeof s->path, u->cfg.path, format, u->cfg.ref_unit);
	(void)serial_ready(s);
}

void
serial_speed(struct serial *s, unsigned baud)
{
	if (s->baud == baud)
		return;
	s->baud = baud;
	if (s->watch == NULL)
		return;
	linebuf_reset(&s->lines);
	if (!set_line(s, watch_fd(s->watch)))
		vanish(s);
}

void
serial_write(struct serial *s, const void *data, size_t n)
{
	if (s->watch != NULL && n > 0 &&
	    write(watch_fd(s->watch), data, n) < 0 && errno != EAGAIN)
		vanish(s);
}

void
serial_send(struct serial *s, const char *text)
{
	serial_write(s, text, strlen(text));
}

bool
serial_control(struct serial *s, int lines, bool on)
{
	return s->watch != NULL &&
	    ioctl(watch_fd(s->watch), on ? TIOCMBIS : TIOCMBIC, &lines) == 0;
}

void
serial_stop(struct serial *s)
{
	watch_close(&s->watch);
}
