/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_history.h - the last decisions: selection changes, steps, refusals.
 *
 * Inside the engine only.  A ring of fixed size; entries are numbered from 1
 * for as long as the engine lives.
 */
#ifndef NTP_HISTORY_H
#define NTP_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp_reason.h"
#include "ntp_time.h"

#define HISTORY_SIZE 64U
#define HISTORY_TEXT 160U /* octets with NUL */
#define HISTORY_PAGE 4U	  /* entries told at a time */
#define HISTORY_WHO  48U  /* octets of a name or an address with NUL */

struct history_entry {
	ntp_ts at, last; /* first and last time */
	ntp_mono last_mono;
	uint16_t associd; /* 0: the system */
	uint8_t why;	  /* enum reason */
	unsigned count;
	char who[HISTORY_WHO];
	char text[HISTORY_TEXT];
};

struct history {
	struct history_entry ring[HISTORY_SIZE];
	uint64_t n; /* entries ever made */
};

struct var_wr;

/* P (NULL: the system) is WHY from now on; TEXT with numbers. */
void history_add(struct history *h, const struct peer *p, enum reason why,
    const char *text, struct ntp_now now);
/*
 * The same again: while P's last entry of that kind is younger than an hour it
 * is counted there.  True when it was.
 */
bool history_again(struct history *h, const struct peer *p, enum reason why,
    struct ntp_now now);

/*
 * Entries from number FROM on, at most HISTORY_PAGE (0: the newest ones), as
 * when.N, last.N, count.N, assid.N, who.N, why.N and text.N; and history,
 * the number of the newest.
 */
void history_write(const struct history *h, uint64_t from, struct var_wr *w);

#endif /* NTP_HISTORY_H */
