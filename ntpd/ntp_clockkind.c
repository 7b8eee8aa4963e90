/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_clockkind.c - the reference clocks, a row each.
 *
 * Names and descriptions are those that mode 6 has always told.
 */
#include "ntp_refclock.h"

#define FLAG1	   CLOCK_HAS_FLAG1
#define FLAG2	   CLOCK_HAS_FLAG2
#define FLAG3	   CLOCK_HAS_FLAG3
#define FLAG4	   CLOCK_HAS_FLAG4
#define TIME1	   CLOCK_HAS_TIME1
#define TIME2	   CLOCK_HAS_TIME2
#define MODE	   CLOCK_HAS_MODE
#define SERIAL	   (CLOCK_HAS_PATH | CLOCK_HAS_BAUD)
#define TIMECODE   (FLAG4 | TIME1 | SERIAL)
#define ANY	   0	 /* mode */
#define MODE_TRUST 0x7fU /* 128 more may be given */

static const struct clock_kind kinds[] = {
    {CLOCK_LOCAL, SYNC_LOCAL, TIME1, 0, 0, ANY, "LOCL", "LOCAL",
	"Undisciplined local clock"},
    {CLOCK_SPECTRACOM, SYNC_LF, TIMECODE, 0, 0, ANY, "WWVB", "WWVB_SPEC",
	"Spectracom WWVB/GPS Receiver"},
    {CLOCK_TRUETIME, SYNC_UHF, TIMECODE, 0, 0, ANY, "TRUE", "TRUETIME",
	"TrueTime (generic) Receivers"},
    {CLOCK_GENERIC, SYNC_LF, TIMECODE | MODE, 0, 0, 0xa7, "PARS", "GENERIC",
	"Generic reference clock driver"},
    {CLOCK_ARBITER, SYNC_UHF, TIMECODE, 0, 0, ANY, "GPS", "GPS_ARBITER",
	"Arbiter 1088A/B GPS Receiver"},
    {CLOCK_MODEM, SYNC_TELEPHONE, FLAG1 | FLAG2 | FLAG4 | TIME1 | MODE | SERIAL,
	CLOCK_RECORDS, 0, 0x07, "ACTS", "MODEM",
	"Automated Computer Time Service"},
    {CLOCK_NMEA, SYNC_UHF,
	FLAG1 | FLAG2 | FLAG3 | FLAG4 | TIME1 | TIME2 | MODE | SERIAL |
	    CLOCK_HAS_PPSPATH,
	CLOCK_OWN_TIME1 | CLOCK_RECORDS | CLOCK_LONG, 6, ANY, "GPS", "NMEA",
	"NMEA GPS Clock"},
    {CLOCK_PPS, SYNC_PPS,
	FLAG2 | FLAG3 | FLAG4 | TIME1 | CLOCK_HAS_PATH | CLOCK_HAS_PPSPATH,
	CLOCK_OWN_TIME1, 5, ANY, "PPS", "PPS", "PPS Clock Discipline"},
    {CLOCK_HPGPS, SYNC_UHF, TIMECODE | MODE, 0, 0, 0x03, "GPS", "GPS_HP",
	"HP 58503A GPS Time & Frequency Receiver"},
    {CLOCK_TRIMBLE, SYNC_UHF, FLAG3 | FLAG4 | TIME1 | TIME2 | MODE | SERIAL,
	CLOCK_RECORDS, 0, 0xef, "GPS", "TRIMBLE", "Trimble GPS"},
    {CLOCK_ONCORE, SYNC_UHF,
	FLAG2 | FLAG3 | FLAG4 | TIME1 | SERIAL | CLOCK_HAS_PPSPATH,
	CLOCK_RECORDS, 0, ANY, "GPS", "ONCORE", "Motorola Oncore GPS Receiver"},
    {CLOCK_JJY, SYNC_LF, FLAG1 | FLAG4 | TIME1 | MODE | SERIAL, CLOCK_RECORDS,
	0, 0x7e, "JJY", "JJY", "JJY Receiver"},
    {CLOCK_ZYFER, SYNC_UHF, TIMECODE, 0, 0, ANY, "GPS", "ZYFER",
	"Zyfer GPStarplus"},
    {CLOCK_PHC, SYNC_OTHER, TIME1 | FLAG4 | MODE | CLOCK_HAS_PATH, 0, 0, ANY,
	"PHC", "PHC", "PTP hardware clock"},
    {CLOCK_GPSD, SYNC_UHF,
	FLAG1 | FLAG2 | FLAG3 | FLAG4 | TIME1 | TIME2 | MODE | CLOCK_HAS_PATH,
	CLOCK_OWN_TIME1, 7, ANY, "GPSD", "GPSD_JSON",
	"GPSD JSON client driver"},
    {CLOCK_SHM, SYNC_UHF, FLAG1 | FLAG4 | TIME1 | TIME2 | MODE, 0, 0, ANY,
	"SHM", "SHM", "SHM/Shared memory interface"},
};

const struct clock_kind *
clock_kind(unsigned type)
{
	static const struct clock_kind none = {.name = ""};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (kinds[i].type == type)
			return &kinds[i];
	}
	return &none;
}

bool
clock_has_mode(const struct clock_kind *k, unsigned mode)
{
	if (k->type == CLOCK_GENERIC)
		mode &= MODE_TRUST;
	return k->modes == ANY || (mode < 8 && (k->modes >> mode & 1) != 0);
}
