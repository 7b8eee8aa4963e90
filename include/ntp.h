/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp.h - protocol constants and enumerations (RFC 5905 7.2, 7.3).
 *
 * Where the RFC's body, its appendix and the reference differ the reference's
 * value is taken: it is what the world's servers have been tuned with.
 */
#ifndef NTP_H
#define NTP_H

#include <stdint.h>

#define NTP_PORT       123
#define NTP_VERSION    4
#define NTP_OLDVERSION 1

#define NTP_PHI		 15e-6	/* s/s, frequency tolerance */
#define NTP_DRIFT_LEAST	 0.1e-6 /* s/s, a change that the drift file is for */
#define NTP_MINPOLL_LAN	 (-6)	/* log2 s, where the line says `lan` */
#define NTP_MINPOLL_HARD 0	/* log2 s */
#define NTP_MAXPOLL_HARD 17	/* log2 s */
#define NTP_MINPOLL	 6	/* log2 s, default */
#define NTP_MAXPOLL	 10	/* log2 s, default */
#define NTP_MAXDISP	 16.0	/* s */
#define NTP_MINDIST	 0.001	/* s, `tos mindist` (RFC: MINDISP 0.005) */
#define NTP_MAXDIST	 1.5	/* s, `tos maxdist` (RFC: 1) */
#define NTP_MAXSTRAT	 16	/* unsynchronized */
#define NTP_SHIFT	 8	/* stages in the clock filter */
#define NTP_SGATE	 3.0	/* popcorn gate */
#define NTP_MINCLOCK	 3	/* survivors wanted */
#define NTP_MINSANE	 1	/* survivors needed */
#define NTP_MAXCLOCK	 10	/* associations wanted of pools */
#define NTP_FLOOR	 0	/* lowest usable stratum */
#define NTP_CEILING	 15	/* first unusable stratum */
#define NTP_UNREACH	 10	/* polls without answer before backing off */
#define NTP_BURST	 8	/* packets in a burst, at most */
#define NTP_IBURST	 6	/* packets in the initial burst */
#define NTP_RETRY	 3	/* tries to start a burst */
#define NTP_MINPKT	 2.0	/* s between packets, at least */
#define NTP_ORPHAN	 17	/* orphan stratum when off */
#define NTP_BEACON	 3600.0 /* s between searches of manycast */
#define NTP_ORPHWAIT	 300.0	/* s */

#define NTP_STEP    0.128  /* s (RFC: 0.125) */
#define NTP_STEPOUT 300.0  /* s (RFC: 900) */
#define NTP_PANIC   1000.0 /* s */
#define NTP_MAXFREQ 500e-6 /* s/s */

enum ntp_leap { NTP_LEAP_NONE, NTP_LEAP_INS, NTP_LEAP_DEL, NTP_LEAP_UNSYNC };

enum ntp_mode {
	NTP_MODE_UNSPEC = 0,
	NTP_MODE_ACTIVE = 1,
	NTP_MODE_PASSIVE = 2,
	NTP_MODE_CLIENT = 3,
	NTP_MODE_SERVER = 4,
	NTP_MODE_BROADCAST = 5,
	NTP_MODE_CONTROL = 6,
	NTP_MODE_PRIVATE = 7,
};

/* Flash bits: why a packet or a peer is refused. */
enum ntp_flash {
#define FLASH(id, bit, name) FLASH_##id = (bit),
#include "ntp_tbl_flash.h"
#undef FLASH
	FLASH_PKT_MASK = 0x01ff,
	FLASH_PEER_MASK = 0x1e00,
};

/* Selection status, as in the low bits of the peer status word. */
enum ntp_select {
	SEL_REJECT,
	SEL_FALSETICK,
	SEL_EXCESS,
	SEL_OUTLIER,
	SEL_CANDIDATE,
	SEL_BACKUP,
	SEL_SYSPEER,
	SEL_PPSPEER,
};

enum ntp_sysevent {
#define SYSEVENT(id, code, name) EVNT_##id = (code),
#include "ntp_tbl_event.h"
#undef SYSEVENT
};

enum ntp_peerevent {
#define PEEREVENT(id, code, name, shortname) PEVNT_##id = (code),
#include "ntp_tbl_event.h"
#undef PEEREVENT
};

/* Reasons to drop a datagram; one counter each. */
enum ntp_drop {
	DROP_NONE,
#define DROP(id, words) DROP_##id,
#include "ntp_tbl_drop.h"
#undef DROP
	DROP_COUNT
};

/* Where the system status word says the time comes from. */
enum ntp_sync_source {
	SYNC_UNSPEC = 0,
	SYNC_PPS = 1,
	SYNC_LF = 2,
	SYNC_UHF = 4,
	SYNC_LOCAL = 5,
	SYNC_NTP = 6,
	SYNC_OTHER = 7,
	SYNC_TELEPHONE = 9,
};

#endif /* NTP_H */
