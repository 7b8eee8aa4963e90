/* SPDX-License-Identifier: BSD-2-Clause */
/* ntp_tbl_event.h - SYSEVENT(id, code, name) and PEEREVENT(id, code, name,
 * name in the associations billboard); RFC 9327 3.1. */
#ifdef SYSEVENT
SYSEVENT(UNSPEC, 0, "unspecified")
SYSEVENT(NSET, 1, "freq_not_set")
SYSEVENT(FSET, 2, "freq_set")
SYSEVENT(SPIK, 3, "spike_detect")
SYSEVENT(FREQ, 4, "freq_mode")
SYSEVENT(SYNC, 5, "clock_sync")
SYSEVENT(RESTART, 6, "restart")
SYSEVENT(PANIC, 7, "panic_stop")
SYSEVENT(NOPEER, 8, "no_sys_peer")
SYSEVENT(ARMED, 9, "leap_armed")
SYSEVENT(DISARMED, 10, "leap_disarmed")
SYSEVENT(LEAP, 11, "leap_event")
SYSEVENT(CLOCKRESET, 12, "clock_step")
SYSEVENT(KERN, 13, "kern")
SYSEVENT(TAI, 14, "TAI")
SYSEVENT(STALE, 15, "stale_leapsecond_values")
#endif
#ifdef PEEREVENT
PEEREVENT(NONE, 0, "", "")
PEEREVENT(MOBIL, 1, "mobilize", "mobilize")
PEEREVENT(DEMOBIL, 2, "demobilize", "demobilize")
PEEREVENT(UNREACH, 3, "unreachable", "unreachable")
PEEREVENT(REACH, 4, "reachable", "reachable")
PEEREVENT(RESTART, 5, "restart", "restart")
PEEREVENT(REPLY, 6, "no_reply", "no_reply")
PEEREVENT(RATE, 7, "rate_exceeded", "rate_exceeded")
PEEREVENT(DENY, 8, "access_denied", "access_denied")
PEEREVENT(ARMED, 9, "leap_armed", "leap_armed")
PEEREVENT(NEWPEER, 10, "sys_peer", "sys_peer")
PEEREVENT(CLOCK, 11, "clock_event", "clock_alarm")
PEEREVENT(AUTH, 12, "bad_auth", "")
PEEREVENT(POPCORN, 13, "popcorn", "")
PEEREVENT(XLEAVE, 14, "interleave_mode", "")
PEEREVENT(XERR, 15, "interleave_error", "")
#endif
