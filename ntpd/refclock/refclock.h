/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refclock.h - what a driver of a reference clock is.
 *
 * A driver finds out what time its device has and when, by CLOCK_REALTIME,
 * that was so; the rest is done for it.  One that has a descriptor to wait for
 * (serial line, socket, PPS) puts its own handle on the daemon's loop in
 * start() and takes it off in stop().
 *
 * To add one: a file beside this one, a row in refclock.c, a row in
 * ntp_tbl_keyword.h (DRIVER) and one in ntp_refclock.c.
 */
#ifndef REFCLOCK_H
#define REFCLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "ntp_config.h"
#include "ntp_refclock.h"

struct daemon;
struct refclock_unit;

struct refclock_driver {
	uint8_t type; /* 127.127.TYPE.UNIT */
	/* Before root is given up.  A device that is not there is said by the
	 * driver, and tick() may find it later. */
	void (*start)(struct refclock_unit *u);
	/* Once a second: exactly one refclock_stamp() or refclock_fault(),
	 * unless the driver gives its stamps as they come. */
	void (*tick)(struct refclock_unit *u);
	void (*stop)(struct refclock_unit *u);
};

/* A configured clock. */
struct refclock_unit {
	struct daemon *d;
	const struct refclock_driver *driver;
	struct config_assoc cfg; /* fudge words, mode; none of its strings */
	void *data;		 /* the driver's own */
	bool complained;	 /* said once, until it is well again */
};

struct refclock_stamp {
	struct timespec clock; /* what the device says, UTC */
	struct timespec local; /* when, CLOCK_REALTIME */
	enum ntp_leap leap;
	int8_t precision; /* log2 s */
};

void refclock_stamp(struct refclock_unit *u, const struct refclock_stamp *s);
void refclock_fault(struct refclock_unit *u, enum clock_code why);

extern const struct refclock_driver refclock_shm;

#endif /* REFCLOCK_H */
