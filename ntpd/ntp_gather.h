/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_gather.h - whether it pays to wait for company.
 *
 * Values in, a decision out; one for each thread that serves.
 */
#ifndef NTP_GATHER_H
#define NTP_GATHER_H

#include <stdbool.h>
#include <stdint.h>

enum gather_way { GATHER_NOT, GATHER_NAP, GATHER_WAYS };

/* All zero at the beginning. */
struct gather {
	enum gather_way way;
	bool settled;		  /* else WAY is being tried */
	uint32_t batches;	  /* since this was so */
	uint64_t requests;	  /* in them */
	int64_t begun;		  /* ns of CPU time then, of a trial */
	double cost[GATHER_WAYS]; /* ns of CPU time a request */
};

/* N requests, at least one, were answered since the last call; CPU tells the
 * ns of CPU time that the thread has used, and is seldom asked.  Shall the
 * thread nap when it is busy? */
bool gather_wanted(struct gather *g, unsigned n, int64_t (*cpu)(void));

#endif /* NTP_GATHER_H */
