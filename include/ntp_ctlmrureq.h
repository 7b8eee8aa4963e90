/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlmrureq.h - what a READ_MRU request asks for.
 *
 * Inside the engine only.
 */
#ifndef NTP_CTLMRUREQ_H
#define NTP_CTLMRUREQ_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp_ctlmru.h"

struct mru_resume {
	ntp_ts last;
	bool have_addr, have_last;
};

struct mru_request {
	uint32_t frags, limit; /* both set, at least 1 */
	uint32_t recent;       /* begin so many from the newest end; 0: no */
	struct mru_filter filter;
	unsigned nresume; /* pairs in unbroken sequence */
	struct mru_resume resume[MRU_RESUMES];
	struct mruset_sought sought[MRU_RESUMES]; /* of the same clients */
	const struct mru_entry *matched; /* of the resume points, or NULL */
	bool direct;			 /* look up the addresses only */
};

/*
 * Check the nonce and read the parameters.  False with an error, or silence
 * for whoever shows no valid nonce or says what cannot be read.
 */
bool mrureq_parse(struct control *c, struct mru_request *q);

#endif /* NTP_CTLMRUREQ_H */
