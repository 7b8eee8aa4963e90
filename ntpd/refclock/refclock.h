/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refclock.h - what a driver of a reference clock is.
 *
 * A driver finds out what time its device has and when, by CLOCK_REALTIME,
 * that was so; the rest is done for it.  One that has a descriptor to wait for
 * watches it (watch.h) from start() to stop(); clocks on serial lines have
 * serial.h, pulses pps.h.
 *
 * To add one: a file beside this one, a row in refclock.c, a row in
 * ntp_tbl_keyword.h (DRIVER) and one in ntp_clockkind.c.
 */
#ifndef REFCLOCK_H
#define REFCLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "ntp_config.h"
#include "ntp_ports.h"
#include "ntp_refclock.h"

struct daemon;
struct refclock_unit;

struct refclock_driver {
	uint8_t type; /* 127.127.TYPE.UNIT */
	/* Octets of the driver's own, cleared, which DATA points to. */
	size_t size;
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
	struct config_assoc
	    cfg;	 /* fudge words, mode, paths; no other strings */
	void *data;	 /* the driver's own */
	bool complained; /* said once, until it is well again */
	bool wanted;	 /* by the new configuration */
};

struct refclock_stamp {
	struct timespec clock; /* what the device says, UTC */
	struct timespec local; /* when, CLOCK_REALTIME */
	double fudge;	       /* s, added to the offset */
	uint32_t refid;	       /* of who told it, 0: as configured */
	enum ntp_leap leap;
	int8_t precision; /* log2 s */
	bool pps;	  /* LOCAL is that of a pulse */
};

void refclock_stamp(struct refclock_unit *u, const struct refclock_stamp *s);
/* A pulse came, and nobody says which second it marks: CLOCK is not read.
 * False: our clock does not know the second either. */
bool refclock_pulse(struct refclock_unit *u, const struct refclock_stamp *s);
void refclock_fault(struct refclock_unit *u, enum clock_code why);
void refclock_count(struct refclock_unit *u, unsigned which);
/* What the device said, for mode 6 and clockstats. */
void refclock_timecode(struct refclock_unit *u, const char *text, size_t len);

/* The same of a device that says the time in no letters. */
void refclock_show(struct refclock_unit *u, const struct timespec *clock);

/* How long until the next poll; false: not configured any more. */
bool refclock_due(struct refclock_unit *u, struct clock_due *out);
/* Poll it now: there will be nothing new for long. */
void refclock_hurry(struct refclock_unit *u);

/* Unix s of the disciplined clock at AT of CLOCK_REALTIME, and the fraction of
 * its second then. */
int64_t refclock_unix(struct refclock_unit *u, const struct timespec *at);
double refclock_fraction(struct refclock_unit *u, const struct timespec *at);
/* The running clock TYPE, UNIT, or NULL. */
struct refclock_unit *refclock_find(
    struct daemon *d, unsigned type, unsigned unit);

/* PATH, or if NULL FORMAT with UNIT for its %u, into OUT. */
void refclock_path(
    char *out, size_t cap, const char *path, const char *format, unsigned unit);
/* Log with the clock's name before it. */
void refclock_say(struct refclock_unit *u, enum ntp_loglevel level,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* An error, said once until the clock has given a stamp. */
void refclock_complain(struct refclock_unit *u, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

extern const struct refclock_driver refclock_arbiter, refclock_generic,
    refclock_gpsd, refclock_hpgps, refclock_jjy, refclock_modem, refclock_nmea,
    refclock_oncore, refclock_pps, refclock_ptp, refclock_shm,
    refclock_spectracom, refclock_truetime, refclock_trimble, refclock_zyfer;

#endif /* REFCLOCK_H */
