/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oncore_parse.h - messages of Motorola's binary format, and the time in some.
 *
 * Pure.  A message is "@@", two letters that imply its length, its data, the
 * XOR of letters and data, CR and LF.
 */
#ifndef ONCORE_PARSE_H
#define ONCORE_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "timecode_parse.h"

#define ONCORE_MAX 154U /* octets of a message */

/* Cleared at first. */
struct oncore_line {
	size_t len;
	struct timespec at; /* when what is in BUF began to come */
	uint8_t buf[ONCORE_MAX];
};

struct oncore_message {
	const uint8_t *data; /* whole and unspoilt */
	size_t len;
	struct timespec at;
};

typedef void oncore_take(void *arg, const struct oncore_message *m);

/* N octets of DATA came at AT: hand each message of a kind that is read here to
 * TAKE. */
void oncore_feed(struct oncore_line *l, const void *data, size_t n,
    const struct timespec *at, oncore_take *take, void *arg);

/* The message of two letters and N octets ARG into OUT, which has room for N +
 * 7; its length. */
size_t oncore_frame(
    uint8_t *out, const char letters[2], const uint8_t *arg, size_t n);

/* What messages have told besides the time; cleared at first. */
struct oncore_state {
	bool utc;	    /* it knows the offset of UTC */
	enum ntp_leap leap; /* announced */
	int64_t year;	    /* when, or 0: in June or December */
	int month;
};

struct oncore_time {
	int64_t sec; /* Unix s, but for whole 1024 weeks of GPS */
	int32_t nsec;
	enum ntp_leap leap;
};

/* OTHER: no message that tells the time. */
enum timecode_verdict oncore_read(struct oncore_state *s,
    const struct oncore_message *m, struct oncore_time *out);

#endif /* ONCORE_PARSE_H */
