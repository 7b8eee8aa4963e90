/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_log.h - what the log tells unasked of trouble with sources and clients.
 *
 * Inside the engine only.
 */
#ifndef NTP_LOG_H
#define NTP_LOG_H

#include "ntp_packet.h"
#include "ntp_state.h"

/* PKT answers no request of ours: said at the 1st, 2nd, 4th, 8th ... */
void log_bogus(
    struct ntp_engine *e, const struct peer *p, const struct ntp_packet *pkt);

/* P was polled: why it does not answer, once it has been silent long. */
void log_silence(
    struct ntp_engine *e, const struct peer *p, struct ntp_now now);

/* Once a second: why we are not synchronized, after a quarter of an hour. */
void log_unsynced(struct ntp_engine *e, struct ntp_now now);

/* A control request of FROM was not permitted (class sysinfo). */
void log_refusal(
    struct ntp_engine *e, const struct ntp_addr *from, ntp_mono now);

#endif /* NTP_LOG_H */
