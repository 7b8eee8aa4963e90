/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlmru.h - the client list by mode 6: REQ_NONCE and READ_MRU.
 *
 * Inside the engine only.  A list of a million takes seconds, a client who
 * asks for the time shall not wait for one of them: a reply is made in small
 * steps, one datagram at most in each, whenever there is nothing else to do.
 */
#ifndef NTP_CTLMRU_H
#define NTP_CTLMRU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_addr.h"
#include "ntp_control.h"
#include "ntp_mode6.h"
#include "ntp_monitor.h"
#include "ntp_mruset.h"

#define MRU_JOBS      8U   /* replies being made at a time */
#define MRU_FRAGS_MAX 128U /* datagrams of one reply */
#define MRU_LIMIT_MAX 256U /* entries of one reply, when limited by that */
#define MRU_RESUMES   16U  /* addr.N and last.N of a request */

/* Which entries are wanted. */
struct mru_filter {
	uint32_t mincount, mindrop;
	double minscore;	       /* packets/s */
	uint16_t resall, resany;       /* enum restrict_flag; 0: any */
	int64_t not_before, not_after; /* ns, of the last packet */
	struct ntp_addr laddr;	       /* no family: any */
};

struct mru_job {
	bool busy;
	bool marked; /* finished, but the client will ask for what follows */
	/* whom it goes to */
	struct ntp_addr src, dst;
	int ep;
	uint32_t keyid; /* 0: unsigned */
	size_t align;
	/* what is asked */
	struct mru_filter filter;
	uint32_t frags, limit; /* datagrams, entries */
	uint32_t recent;       /* to begin so many from the newest end; 0: no */
	int64_t started;       /* ns; what is newer is for the next reply */
	/* where it is */
	size_t walked;	      /* lists that have been walked back */
	uint32_t back;	      /* entries still to walk back in the next one */
	uint64_t skip;	      /* so many too many were walked back in all */
	int64_t after;	      /* ns; what is not newer he has got already */
	struct mode6_hdr hdr; /* of the next datagram */
	uint32_t sent, index; /* datagrams, entries */
	int64_t newest;	      /* ns, last packet of the last entry */
	struct var_wr w;
	char text[3 * MODE6_DATA_MAX]; /* not yet sent */
};

struct ctl_mru {
	struct mru_job job[MRU_JOBS];
	struct mruset_cursor at[MRU_JOBS]; /* of each */
	unsigned turn;			   /* whose step is next */
};

/* REQ_NONCE. */
control_op ctlmru_nonce;
/* READ_MRU: checks the request and begins a reply; always false. */
control_op ctlmru_read;

/* One step of one reply; false when there is none to make. */
bool ctlmru_step(struct ntp_engine *e);
/* Leave all of them unfinished. */
void ctlmru_stop(struct ntp_engine *e);

#endif /* NTP_CTLMRU_H */
