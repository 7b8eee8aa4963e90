/* SPDX-License-Identifier: BSD-2-Clause */
/* mrulab.h - client tables: what their tests share. */
#ifndef MRULAB_H
#define MRULAB_H

#include "ntp_monitor.h"

#define UNLUCKY	 1U /* not a multiple of 2^leak_log2 */
#define V4CLIENT (4 * 8 + 3)

extern const uint8_t mrulab_seed[16];

/* A table with the usual limits. */
struct mru *mrulab_table(size_t entries, uint8_t leak_log2);
/* Client N of IPv4. */
struct ntp_addr mrulab_host(uint32_t n);
/* S seconds after the start. */
struct ntp_now mrulab_at(double s);
/* A packet from SRC; it is judged when LIMIT. */
enum mru_verdict mrulab_tell(struct mru *m, const struct ntp_addr *src,
    uint8_t modever, bool limit, uint32_t rnd, struct ntp_now now);
/* One of client N at S, judged and without luck. */
enum mru_verdict mrulab_record(struct mru *m, uint32_t n, double s);

#endif /* MRULAB_H */
