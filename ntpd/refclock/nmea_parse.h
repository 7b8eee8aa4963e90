/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nmea_parse.h - the sentences of NMEA 0183 that tell the time.
 *
 * Pure.  A receiver says what second it is; which century that is, and how
 * often its ten bits of weeks have rolled over, is found out here.
 */
#ifndef NMEA_PARSE_H
#define NMEA_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As in the driver's mode. */
enum nmea_sentence {
	NMEA_RMC = 0x001,
	NMEA_GGA = 0x002,
	NMEA_GLL = 0x004,
	NMEA_ZDA = 0x008, /* ZDG too */
	NMEA_PGRMF = 0x100,
	NMEA_PUBX = 0x200, /* PUBX,04 */
	NMEA_ANY = 0x30f,
};

enum nmea_verdict {
	NMEA_GOOD,
	NMEA_OTHER,	/* a sentence, or none, that tells no time */
	NMEA_INVALID,	/* the receiver does not know the time */
	NMEA_MALFORMED, /* wrong checksum, or no such time */
};

struct nmea_time {
	enum nmea_sentence sentence;
	bool gps;	 /* by the GPS time scale, which has no leap seconds */
	bool dated;	 /* DAY is known */
	bool short_year; /* but not its century */
	int64_t day;	 /* since 1970-01-01 */
	int32_t second;	 /* of the day, 0..86400 */
	int32_t nsec;
};

/* TEXT of LEN octets, without line end; only with NMEA_GOOD is *OUT set, but
 * its SENTENCE always when it is one of those above. */
enum nmea_verdict nmea_parse(
    const char *text, size_t len, struct nmea_time *out);

/* Unix s of T.  NEAR says which day it is when T does not; of a date before
 * BASE the weeks have rolled over, unless it is to be TRUSTed. */
int64_t nmea_unix(
    const struct nmea_time *t, int64_t near, int64_t base, bool trust);

/* Make the position in the sentence TEXT illegible. */
void nmea_hide(char *text, size_t len);

#endif /* NMEA_PARSE_H */
