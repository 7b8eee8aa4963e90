/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timecode_parse.h - time codes of one line of ASCII, a row of a table each.
 *
 * Pure.
 */
#ifndef TIMECODE_PARSE_H
#define TIMECODE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linebuf.h"
#include "ntp.h"
#include "ntp_refclock.h"

enum timecode_verdict {
	TIMECODE_GOOD,
	TIMECODE_OTHER,	    /* in none of the clock's forms, or incomplete */
	TIMECODE_MARK,	    /* the second that the line before told begins */
	TIMECODE_UNSYNC,    /* the clock says that it is not set */
	TIMECODE_MALFORMED, /* wrong checksum, or no such time */
};

/* The fault that V, which is not GOOD, is. */
enum clock_code timecode_fault(enum timecode_verdict v);

struct timecode {
	int64_t day; /* since 1970-01-01; without a year, of the year */
	bool has_year;
	int32_t second; /* of the day, UTC: below 0 and beyond it, too */
	int32_t nsec;
	enum ntp_leap leap;
	bool rolls;   /* its weeks may have rolled over (gps.h) */
	bool at_end;  /* the end of the line is on time, not its begin */
	bool marked;  /* neither: the mark is that follows */
	double early; /* s that it comes before its second */
	/* of services that are called: the reference id; whether QUALITY, sent
	 * back, lets them measure the delay; and that, '#': it is measured */
	char service[5];
	bool measures;
	char quality;
};

/* What clocks of a type are told, and how fast they talk. */
struct timecode_line {
	uint8_t type;	/* CLOCK_* */
	uint16_t mode;	/* the driver's, 0xffff: any */
	uint8_t frame;	/* enum serial_frame */
	bool raw;	/* no lines: an octet is a pulse of DCF77 */
	char head;	/* if not NUL, lines begin with it and do not end */
	uint8_t octets; /* but have so many */
	unsigned baud;
	char device[20];
	char ask[20];  /* once a second; "": it talks by itself */
	char start[4]; /* when it is silent */
	/* Asked one after the other, each up to its LF; what is answered, with
	 * spaces between, is one line.  The others before, with flag1. */
	char round[20], status[14];
};

/* Of the driver TYPE with MODE; NULL: there is no such mode. */
const struct timecode_line *timecode_line(unsigned type, unsigned mode);

/* TEXT of LEN octets, a line of a clock of TYPE. */
enum timecode_verdict timecode_parse(
    unsigned type, const char *text, size_t len, struct timecode *out);

/* What a line told before its mark came; cleared at first. */
struct timecode_memory {
	struct timecode line;
	bool told;
};

/* L, a line of a clock of TYPE: as timecode_parse(), but a line that waits for
 * its mark tells nothing (MARK), and its mark all. */
enum timecode_verdict timecode_read(struct timecode_memory *m, unsigned type,
    const struct line *l, struct timecode *out);

/* Unix s of T; NEAR says which year it is when T does not. */
int64_t timecode_unix(const struct timecode *t, int64_t near);

#endif /* TIMECODE_PARSE_H */
