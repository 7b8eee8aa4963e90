/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tsip.h - packets of the Trimble Standard Interface Protocol, and the time in
 * some of them.
 *
 * Pure.  A packet is DLE, its id, its data in which each DLE is doubled, DLE and
 * ETX; nothing else guards it but the length that belongs to its id.
 */
#ifndef TSIP_H
#define TSIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "timecode_parse.h"

#define TSIP_MAX 180U /* octets of a packet, id and data */

struct tsip_packet {
	const uint8_t *data; /* the id, then the data */
	size_t len;
	struct timespec at; /* when it began */
};

typedef void tsip_take(void *arg, const struct tsip_packet *p);

/* Cleared at first. */
struct tsip {
	enum { TSIP_IDLE, TSIP_ID, TSIP_DATA, TSIP_DLE } state;
	size_t len;
	struct timespec at;
	uint8_t buf[TSIP_MAX];
};

/* N octets of DATA came at AT: hand each packet that is complete to TAKE. */
void tsip_feed(struct tsip *t, const void *data, size_t n,
    const struct timespec *at, tsip_take *take, void *arg);

/* Octets for the packet of DATA into OUT, which has room for 2 N + 3; their
 * number. */
size_t tsip_frame(uint8_t *out, const uint8_t *data, size_t n);

/* Packets that tell the time. */
enum tsip_kind {
	TSIP_EVENT = 1,	  /* 8F-AD, of an external event */
	TSIP_TIMING = 2,  /* 8F-AB and 8F-AC, of the second that began */
	TSIP_GPSTIME = 4, /* 41 */
	TSIP_FIX = 8,	  /* 8F-20 */
};

struct tsip_time {
	int64_t sec; /* Unix s, but for whole 1024 weeks */
	int32_t nsec;
	enum ntp_leap leap;
	struct timespec at; /* when its packet began */
};

/* What 8F-AB told, until 8F-AC tells whether to believe it; cleared at first.*/
struct tsip_memory {
	struct tsip_time told;
	bool has;
};

/* P, of a receiver whose packets of KINDS count and which may run on its own
 * for HOLDOVER s. */
enum timecode_verdict tsip_read(struct tsip_memory *m,
    const struct tsip_packet *p, unsigned kinds, double holdover,
    struct tsip_time *out);

#endif /* TSIP_H */
