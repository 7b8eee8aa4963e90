/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_mru.h - the client list of a server: kept (ntpq_mrulist.c), fetched
 * (ntpq_mrufetch.c), shown (ntpq_mru.c).
 */
#ifndef NTPQ_MRU_H
#define NTPQ_MRU_H

#include <signal.h>
#include <time.h>

#include "ntp_siphash.h"
#include "ntpq.h"

#define MRU_ROWS_MAX   (1U << 24) /* a server that sends more is not sane */
#define MRU_PARAMS_LEN 256U	  /* octets of parameters, with NUL */
#define MRU_FRAGS_MIN  2U	  /* one would hold no more than the nonce */
#define MRU_TOO_MUCH   "Too many parameters for one request"

/* A client. */
struct mru_row {
	struct ntp_addr addr; /* port of its last packet */
	ntp_ts first, last;
	uint32_t count, dropped;
	uint16_t restricts; /* as the server numbers them */
	uint8_t modever;    /* version * 8 + mode */
	uint32_t arrival;   /* in the log below */
	int64_t age;	    /* 2^-32 s since `last`, for sorting */
};

/*
 * All clients that have come, and in what order.  One that comes again moves
 * to the end of that order.
 */
struct mru_list {
	struct mru_row *row;
	size_t nrows, rowcap;
	uint32_t *arrival; /* row numbers, oldest first; older ones of a row
			    * that came again are void */
	size_t narrivals, arrivalcap;
	uint32_t *slot; /* hash of addresses: row number + 1, 0 free */
	size_t nslots;	/* power of two */
	struct siphash_key key;
	uint64_t updates;
	ntp_ts now; /* of the server; zero until the list is complete */
};

void mrulist_init(struct mru_list *l);
void mrulist_free(struct mru_list *l);
/* Forget all clients. */
void mrulist_clear(struct mru_list *l);
/* Take a row; false when out of memory or beyond MRU_ROWS_MAX. */
bool mrulist_add(struct mru_list *l, const struct mru_row *row);
/* The last arrival but N (0: the last), or NULL. */
const struct mru_row *mrulist_recent(const struct mru_list *l, size_t n);
/* Forget that the last N arrived, though not the rows. */
void mrulist_back_up(struct mru_list *l, size_t n);

/* What to ask for besides the resume points. */
struct mru_ask {
	char params[MRU_PARAMS_LEN]; /* ", name=value" each */
	char first[MRU_PARAMS_LEN];  /* the same, in the first request only */
	unsigned frags, limit;	     /* to begin with; 0: as suits */
	/* Sees each client as it comes; may be NULL. */
	void (*see)(struct ntpq *q, const struct mru_ask *ask,
	    const struct mru_row *row);
	time_t since; /* when the look-up of names began */
};

enum mru_end {
	MRU_COMPLETE,
	MRU_INTERRUPTED,
	MRU_FAILED, /* said why */
};

/* Fetch until complete, or until *STOP. */
enum mru_end mru_fetch(struct ntpq *q, const struct mru_ask *ask,
    struct mru_list *l, const volatile sig_atomic_t *stop);

#endif /* NTPQ_MRU_H */
