/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_leapsec.h - the table of leap seconds (leap-seconds.list of IERS, NIST).
 *
 * Pure core: text in, table out.
 */
#ifndef NTP_LEAPSEC_H
#define NTP_LEAPSEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEAP_ENTRIES_MAX 256U

struct leap_entry {
	int64_t at; /* Unix s, the first of a month, 00:00:00 UTC */
	int tai;    /* s, TAI - UTC from then on */
};

struct leap_table {
	struct leap_entry entry[LEAP_ENTRIES_MAX]; /* ascending */
	size_t n;
	int64_t expires; /* Unix s, 0: not said */
	bool hashed;	 /* the hash was checked and is right */
};

/*
 * Parse the file held in BUF; a hash counts only with CHECK.  0; -NTP_EFORMAT (a line makes no sense, or not
 * ascending, or not at the start of a month; *LINE gets its 1-based number),
 * -NTP_EAUTH (hash wrong), -NTP_ENOENT (no entry).  Only with 0 is *T valid.
 */
int leap_parse(struct leap_table *t, const char *buf, size_t len, bool check,
    unsigned *line);

/* TAI - UTC in s at UNIX_S, 0 before the first entry. */
int leap_tai(const struct leap_table *t, int64_t unix_s);
/* The same when TAI, counted likewise, is TAI_S.  An inserted second is told
 * from the one before it by nothing: the kernel counts so. */
int leap_tai_at(const struct leap_table *t, int64_t tai_s);

/* The entry that comes next after UNIX_S, or else the last; NULL when there
 * are none. */
const struct leap_entry *leap_next(const struct leap_table *t, int64_t unix_s);

#endif /* NTP_LEAPSEC_H */
