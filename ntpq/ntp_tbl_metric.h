/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_tbl_metric.h - METRIC(id, type, name, help): the families that
 * --format=prometheus writes, in order.  Included with METRIC defined.
 */
METRIC(UP, "gauge", "ntp_up", "Whether the daemon answered.")
METRIC(BUILD_INFO, "gauge", "ntp_build_info", "The daemon's version; always 1.")
METRIC(UPTIME, "gauge", "ntp_uptime_seconds", "Time since the daemon began.")
METRIC(SYS_STRATUM, "gauge", "ntp_system_stratum",
    "Stratum; 16 is unsynchronized.")
METRIC(SYS_LEAP, "gauge", "ntp_system_leap_indicator",
    "0 none, 1 insert, 2 delete, 3 unsynchronized.")
METRIC(SYS_PRECISION, "gauge", "ntp_system_precision_seconds",
    "Precision of the clock.")
METRIC(SYS_ROOTDELAY, "gauge", "ntp_system_root_delay_seconds",
    "Round-trip delay to the primary source.")
METRIC(SYS_ROOTDISP, "gauge", "ntp_system_root_dispersion_seconds",
    "Dispersion to the primary source.")
METRIC(SYS_ROOTDIST, "gauge", "ntp_system_root_distance_seconds",
    "Half the root delay and the root dispersion: the largest error.")
METRIC(SYS_OFFSET, "gauge", "ntp_system_offset_seconds",
    "Combined offset; positive when the clock is behind.")
METRIC(SYS_JITTER, "gauge", "ntp_system_jitter_seconds",
    "Combined jitter of the sources.")
METRIC(CLK_JITTER, "gauge", "ntp_system_clock_jitter_seconds",
    "Jitter of the clock.")
METRIC(SYS_FREQ, "gauge", "ntp_system_frequency_ratio",
    "Correction of the clock's frequency, s/s.")
METRIC(SYS_WANDER, "gauge", "ntp_system_frequency_wander_ratio",
    "Wander of the clock's frequency, s/s.")
METRIC(SYS_POLL, "gauge", "ntp_system_poll_interval_seconds",
    "Time constant of the discipline.")
METRIC(SYS_PEER, "gauge", "ntp_system_peer_info",
    "Whom the clock follows; always 1.")
METRIC(LEAPFILE, "gauge", "ntp_leapfile_expiry_timestamp_seconds",
    "When the leap second table expires.")
METRIC(SRC_INFO, "gauge", "ntp_source_info", "A source; always 1.")
METRIC(SRC_OFFSET, "gauge", "ntp_source_offset_seconds",
    "Offset of the source from the clock.")
METRIC(SRC_DELAY, "gauge", "ntp_source_delay_seconds",
    "Round-trip delay to the source.")
METRIC(SRC_UNCERTAINTY, "gauge", "ntp_source_uncertainty_seconds",
    "Half the delay and the dispersion: the largest error of the offset.")
METRIC(SRC_JITTER, "gauge", "ntp_source_jitter_seconds",
    "How much the offsets scatter.")
METRIC(SRC_DISPERSION, "gauge", "ntp_source_dispersion_seconds",
    "Dispersion of the source's filter.")
METRIC(SRC_STRATUM, "gauge", "ntp_source_stratum", "Stratum of the source.")
METRIC(SRC_POLL, "gauge", "ntp_source_poll_interval_seconds",
    "Time between packets.")
METRIC(SRC_REACH, "gauge", "ntp_source_reach_ratio",
    "How many of the last eight polls were answered.")
METRIC(SRC_UNANSWERED, "gauge", "ntp_source_unanswered_polls",
    "Polls since the source was last reachable.")
METRIC(SRC_COOKIES, "gauge", "ntp_source_nts_cookies_available",
    "Cookies left of a source with NTS.")
METRIC(SRC_SELECTION, "gauge", "ntp_source_selection",
    "1 for what the daemon thinks of the source.")
METRIC(SRV_RECEIVED, "counter", "ntp_server_received_packets_total",
    "Packets received.")
METRIC(SRV_ACCEPTED, "counter", "ntp_server_accepted_packets_total",
    "Packets processed for time.")
METRIC(SRV_DENIED, "counter", "ntp_server_denied_packets_total",
    "Packets refused by the access list.")
METRIC(SRV_IGNORED, "counter", "ntp_server_ignored_packets_total",
    "Packets declined, or of bad length or format.")
METRIC(SRV_BADAUTH, "counter", "ntp_server_bad_authentication_packets_total",
    "Packets whose authentication failed.")
METRIC(SRV_LIMITED, "counter", "ntp_server_rate_limited_packets_total",
    "Packets over the rate limit.")
METRIC(SRV_KOD, "counter", "ntp_server_kod_sent_total",
    "Kiss-o'-death packets sent.")
METRIC(SRV_SENDFAILED, "counter", "ntp_server_response_send_errors_total",
    "Packets that could not be sent.")
METRIC(NTPD_STATUS, "gauge", "ntpd_peer_status",
    "0 rejected, 1 falseticker, 2 excess, 3 outlier, 4 candidate, 5 backup, "
    "6 system peer, 7 PPS peer.")
METRIC(NTPD_OFFSET, "gauge", "ntpd_offset", "System offset in milliseconds.")
METRIC(
    NTPD_JITTER, "gauge", "ntpd_sys_jitter", "System jitter in milliseconds.")
METRIC(
    NTPD_ROOTDISP, "gauge", "ntpd_rootdisp", "Root dispersion in milliseconds.")
METRIC(NTPD_ROOTDELAY, "gauge", "ntpd_rootdelay", "Root delay in milliseconds.")
