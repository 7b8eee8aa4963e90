/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlvars.h - the system and peer variables as mode 6 tells them.
 *
 * Inside the engine only.  The variables are rows of ntp_tbl_sysvar.h,
 * ntp_tbl_peervar.h and ntp_tbl_clockvar.h.
 */
#ifndef NTP_CTLVARS_H
#define NTP_CTLVARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_time.h"

struct ntp_engine;
struct peer;

enum ctlvar_set { CTLVARS_SYSTEM, CTLVARS_PEER, CTLVARS_CLOCK };

/* Whose variables, and as of when. */
struct ctlvar_ctx {
	const struct ntp_engine *e;
	enum ctlvar_set set;
	const struct peer *p; /* NULL: those of the system */
	struct ntp_now now;
	bool asked;    /* set by ctlvars_read(): names were given */
	uint64_t from; /* set by ctlvars_read(): N of `history=N`, else 0 */
};

/*
 * Write the variables that NAMES (LEN octets, as received) lists into OUT, in
 * the order of the table and each once; LEN 0 means the default set.  Those of
 * `setvar` follow the system's.  Variables that have nothing to say are left
 * out.  True and the length of the text (which may be 0), or false when one of
 * the names is unknown.
 */
bool ctlvars_read(struct ctlvar_ctx *c, const char *names, size_t len,
    char *out, size_t cap, size_t *outlen);

/* Is NAME a system variable of our own? */
bool ctlvars_is_own(const char *name, size_t len);

#endif /* NTP_CTLVARS_H */
