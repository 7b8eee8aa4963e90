/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_refclock.h - reference clocks as associations (protocol notes on type
 * 127.127.T.U).
 *
 * A driver lives in the shell (ntpd/refclock/), for it reads files, devices
 * and memory of others; what it finds it hands to the engine with the two
 * calls below.  Everything after that, from the median filter on, is here.
 */
#ifndef NTP_REFCLOCK_H
#define NTP_REFCLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp.h"
#include "ntp_median.h"
#include "ntp_time.h"

#define CLOCK_LOCAL	 1U
#define CLOCK_SPECTRACOM 4U
#define CLOCK_TRUETIME	 5U
#define CLOCK_GENERIC	 8U
#define CLOCK_ARBITER	 11U
#define CLOCK_MODEM	 18U
#define CLOCK_NMEA	 20U
#define CLOCK_PPS	 22U
#define CLOCK_HPGPS	 26U
#define CLOCK_SHM	 28U
#define CLOCK_TRIMBLE	 29U
#define CLOCK_ONCORE	 30U
#define CLOCK_JJY	 40U
#define CLOCK_ZYFER	 42U
#define CLOCK_GPSD	 46U
#define CLOCK_PHC	 60U /* ours alone */

#define CLOCK_TIMECODE_MAX 128U
#define CLOCK_COUNTS	   8U

struct ntp_engine;

/* What can be wrong with a clock; the codes of mode 6 (RFC 9327 3.3). */
enum clock_code {
	CLOCK_NOMINAL,
	CLOCK_NO_REPLY,
	CLOCK_BAD_FORMAT,
	CLOCK_FAULT,
	CLOCK_BAD_SIGNAL,
	CLOCK_BAD_DATE,
	CLOCK_BAD_TIME,
	CLOCK_CODES
};

/* One reading. */
struct clock_reading {
	double offset;	    /* s, the clock's time minus ours */
	enum ntp_leap leap; /* UNSYNC: the clock has no valid time */
	int8_t precision;   /* log2 s, of the clock */
	/* A pulse marked the second: the clock may become PPS peer. */
	bool pps;
	uint32_t refid; /* of who told it, 0: as configured */
	/* Which second it was, nobody said: OFFSET is within half of one. */
	bool unnumbered;
};

/* The variables of a clock, kept in its association. */
struct refclock {
	struct median ring;
	uint8_t leap, code;	/* enum ntp_leap, enum clock_code */
	uint8_t event, nevents; /* last code that was not nominal, 0..15 */
	int8_t precision;	/* log2 s */
	uint64_t noreply, badformat, baddata; /* since start */
	unsigned good;			      /* readings since the last poll */
	unsigned bad[CLOCK_CODES];	      /* other seconds since then */
	char timecode[CLOCK_TIMECODE_MAX + 1];
	unsigned count[CLOCK_COUNTS]; /* the driver's, since the last poll */
	bool ring_pps;	    /* what is in the ring, pulses have stamped */
	bool pps;	    /* and that was so at the last poll */
	bool mute;	    /* these number no seconds: it has no vote */
	uint32_t refid;	    /* of the last reading, 0: as configured */
	double calibration; /* s, found by `enable calibrate` */
};

/* The clock 127.127.TYPE.UNIT was read.  False: the reading is of no use, which
 * was counted; not configured: ignored. */
bool engine_clock_reading(struct ntp_engine *e, uint8_t type, uint8_t unit,
    const struct clock_reading *r, struct ntp_now now);

/* It was looked at, and WHY there is no reading. */
void engine_clock_fault(
    struct ntp_engine *e, uint8_t type, uint8_t unit, enum clock_code why);

/* The last message of the device, for mode 6 and clockstats; cut to what
 * fits, and made printable. */
void engine_clock_timecode(struct ntp_engine *e, uint8_t type, uint8_t unit,
    const char *text, size_t len);

/* When a clock that is not always there should have readings. */
struct clock_due {
	double wait; /* s until the next poll */
	bool others; /* another source leads */
};

/* False: not configured. */
bool engine_clock_due(struct ntp_engine *e, uint8_t type, uint8_t unit,
    struct clock_due *out, struct ntp_now now);
/* Its readings are complete: poll it now. */
void engine_clock_hurry(
    struct ntp_engine *e, uint8_t type, uint8_t unit, struct ntp_now now);

/* One more for the driver's count WHICH; shown by clockstats as kind->counts
 * says. */
void engine_clock_count(
    struct ntp_engine *e, uint8_t type, uint8_t unit, unsigned which);

/* Status word of a clock in mode 6. */
uint16_t clock_status_word(const struct refclock *c);

/* What words beside stratum, refid and minjitter a driver reads; the flags
 * first, as enum ref_flag. */
enum clock_has {
	CLOCK_HAS_FLAG1 = 0x001,
	CLOCK_HAS_FLAG2 = 0x002,
	CLOCK_HAS_FLAG3 = 0x004,
	CLOCK_HAS_FLAG4 = 0x008,
	CLOCK_HAS_TIME1 = 0x010,
	CLOCK_HAS_TIME2 = 0x020,
	CLOCK_HAS_MODE = 0x040,
	CLOCK_HAS_PATH = 0x080,
	CLOCK_HAS_PPSPATH = 0x100,
	CLOCK_HAS_BAUD = 0x200,
};

enum clock_trait {
	CLOCK_OWN_TIME1 = 1, /* the driver adds time1 where it belongs */
	CLOCK_RECORDS = 2,   /* clockstats without flag4 */
	CLOCK_LONG = 4,	     /* counts follow the timecode if mode 0x10000 */
};

struct clock_kind {
	uint8_t type;
	uint8_t source; /* enum ntp_sync_source */
	uint16_t has;	/* enum clock_has */
	uint8_t traits; /* enum clock_trait */
	uint8_t counts; /* of the driver's own */
	uint8_t modes;	/* bit N: mode N is served; 0: any */
	char refid[5];
	char name[12];
	char device[48]; /* in words */
};

/* Never NULL: a type without driver has an empty name. */
const struct clock_kind *clock_kind(unsigned type);
bool clock_has_mode(const struct clock_kind *k, unsigned mode);

#endif /* NTP_REFCLOCK_H */
