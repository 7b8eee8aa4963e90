/* SPDX-License-Identifier: BSD-2-Clause */
/* ntp_tbl_nts.h - NTS_COUNT(id): what is counted of Network Time Security.
 * The names, in small letters, are those of the system variables nts_*. */
/* packets */
NTS_COUNT(CLIENT_SEND)
NTS_COUNT(CLIENT_RECV_GOOD)
NTS_COUNT(CLIENT_RECV_BAD)
NTS_COUNT(SERVER_SEND)
NTS_COUNT(SERVER_RECV_GOOD)
NTS_COUNT(SERVER_RECV_BAD)
/* cookies: made, and opened by the key in force, by the one before it ... */
NTS_COUNT(COOKIE_MAKE)
NTS_COUNT(COOKIE_DECODE)
NTS_COUNT(COOKIE_DECODE_OLD)
NTS_COUNT(COOKIE_DECODE_OLD2)
NTS_COUNT(COOKIE_DECODE_OLDER)
NTS_COUNT(COOKIE_DECODE_TOO_OLD)
NTS_COUNT(COOKIE_DECODE_ERROR)
/* requests with cookies although we make none */
NTS_COUNT(COOKIE_NOT_SERVER)
/* key establishments */
NTS_COUNT(KE_SERVES_GOOD)
NTS_COUNT(KE_SERVES_BAD)
NTS_COUNT(KE_PROBES_GOOD)
NTS_COUNT(KE_PROBES_BAD)
