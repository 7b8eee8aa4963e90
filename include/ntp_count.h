/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_count.h - the sums of counters that mode 6 and sysstats tell.
 *
 * Inside the engine only, but for what ntp_engine.h says of them.
 */
#ifndef NTP_COUNT_H
#define NTP_COUNT_H

#include <stdint.h>

#include "ntp_state.h"

/* Datagrams refused, by the reasons that go together. */
uint64_t count_badformat(const struct server_counters *n);
uint64_t count_badauth(const struct server_counters *n);
uint64_t count_declined(const struct server_counters *n);
uint64_t count_restricted(const struct server_counters *n);
uint64_t count_limited(const struct server_counters *n);

/* Replies built and answers taken. */
uint64_t count_processed(const struct ntp_engine *e);
/* Datagrams sent. */
uint64_t count_sent(const struct ntp_engine *e);

#endif /* NTP_COUNT_H */
