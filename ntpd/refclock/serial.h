/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * serial.h - a clock at the end of a serial line.
 *
 * The line is opened when the driver starts, if possible while we are root,
 * and again every second after it has vanished.
 */
#ifndef SERIAL_H
#define SERIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "linebuf.h"
#include "refclock.h"
#include "watch.h"

#define SERIAL_LINE 512U /* octets of the longest line, with its NUL */
#define SERIAL_PATH 128U

/* Data bits, parity, stop bits. */
enum serial_frame { SERIAL_8N1, SERIAL_8O1, SERIAL_7E2, SERIAL_7N2 };

struct serial {
	struct refclock_unit *u;
	struct watch *watch; /* NULL: not open */
	char path[SERIAL_PATH];
	unsigned baud; /* bit/s */
	enum serial_frame frame;
	bool alone;	 /* nobody else may open it */
	line_take *take; /* gets the driver's unit */
	/* Instead of lines, if not NULL: N octets that came at AT. */
	void (*octets)(struct refclock_unit *u, const char *data, size_t n,
	    const struct timespec *at);
	struct linebuf lines;
	char buf[SERIAL_LINE];
};

/* The line of U: `path`, or FORMAT with the unit for its %u.  Opens it. */
void serial_start(struct serial *s, struct refclock_unit *u, const char *format,
    unsigned baud);
/* Open it if it is not; false: it is not there, which is said. */
bool serial_ready(struct serial *s);
/* Go on at another speed. */
void serial_speed(struct serial *s, unsigned baud);
/* Send N octets of DATA, or TEXT, to the clock, as far as the line takes it. */
void serial_write(struct serial *s, const void *data, size_t n);
void serial_send(struct serial *s, const char *text);
/* Switch the control lines TIOCM_*; false: there are none. */
bool serial_control(struct serial *s, int lines, bool on);
void serial_stop(struct serial *s);

#endif /* SERIAL_H */
