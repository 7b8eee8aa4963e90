/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_records.h - what the records of the statistics files look like.
 */
#ifndef NTP_RECORDS_H
#define NTP_RECORDS_H

#include <sys/resource.h>

#include "ntp_engine.h"
#include "ntp_filegen.h"

/* Write what the engine tells by the port of S. */
void records_attach(struct filestats *s);

/* sysstats: the datagrams counted in the time that is over. */
void record_sys(
    struct filestats *s, ntp_ts when, const struct engine_counters *n);

/* usestats: what AGE seconds have cost from THEN to NOW. */
void record_use(struct filestats *s, ntp_ts when, double age,
    const struct rusage *then, const struct rusage *now);

/* How key establishments with clients ended, and what they cost. */
enum ke_end { KE_GOOD, KE_NOTLS, KE_BAD, KE_ENDS };
struct ke_cost {
	uint64_t n;
	double wall, cpu; /* s */
};

/* ntsstats: what N counts of AGE seconds. */
void record_nts(
    struct filestats *s, ntp_ts when, double age, const uint64_t n[NTS_COUNTS]);
/* ntskestats: how the clients of AGE seconds fared, and we as one (N). */
void record_ntske(struct filestats *s, ntp_ts when, double age,
    const struct ke_cost cost[KE_ENDS], const uint64_t n[NTS_COUNTS]);

/* timingstats: a datagram of ADDR was dealt with SPENT s after its arrival. */
void record_timing(struct filestats *s, ntp_ts when,
    const struct ntp_addr *addr, double spent);

#endif /* NTP_RECORDS_H */
