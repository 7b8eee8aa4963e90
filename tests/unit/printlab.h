/* SPDX-License-Identifier: BSD-2-Clause */
/* printlab.h - what ntpq prints, caught for tests. */
#ifndef PRINTLAB_H
#define PRINTLAB_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../../ntpq/ntpq.h"

/* 2025-01-06 08:14:49 UTC, and its seconds of era 0. */
#define NOW_UNIX 1736151289
#define NOW_NTP	 0xeb260f79U

struct capture {
	FILE *f;
	char *text;
	size_t len;
};

/* What is written to c->f from now on ... */
void capture_begin(struct capture *c);
/* ... must be EXPECTED. */
void capture_end(struct capture *c, const char *expected);

/* A server's reply with TEXT, borrowed. */
struct reply reply_of(const char *text, uint16_t status);

/* Associations, as a server tells them. */
struct peer_case {
	uint16_t associd, status;
	unsigned age; /* s before now; 0: never heard */
	const char *vars;
};
#define PEER_CASES 11
extern const struct peer_case peer_cases[PEER_CASES];

#endif /* PRINTLAB_H */
