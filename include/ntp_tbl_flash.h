/* SPDX-License-Identifier: BSD-2-Clause */
/* ntp_tbl_flash.h - FLASH(id, bit, name): packet tests 1-9, cleared at each
 * packet, and peer tests 10-13, judged anew at each use. */
FLASH(DUP, 0x0001, "pkt_dup")
FLASH(BOGUS, 0x0002, "pkt_bogus")
FLASH(UNSYNC, 0x0004, "pkt_unsync")
FLASH(DENIED, 0x0008, "pkt_denied")
FLASH(AUTH, 0x0010, "pkt_auth")
FLASH(STRATUM, 0x0020, "pkt_stratum")
FLASH(HEADER, 0x0040, "pkt_header")
FLASH(AUTOKEY, 0x0080, "pkt_autokey")
FLASH(CRYPTO, 0x0100, "pkt_crypto")
FLASH(PEER_STRATUM, 0x0200, "peer_stratum")
FLASH(PEER_DIST, 0x0400, "peer_dist")
FLASH(PEER_LOOP, 0x0800, "peer_loop")
FLASH(PEER_UNREACH, 0x1000, "peer_unreach")
