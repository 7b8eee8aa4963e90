/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlvalue.h - what each variable of mode 6 says.
 *
 * Inside the engine only.  A variable is known by its set and by the number of
 * its row in ntp_tbl_sysvar.h, ntp_tbl_peervar.h or ntp_tbl_clockvar.h.
 */
#ifndef NTP_CTLVALUE_H
#define NTP_CTLVALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "ntp_ctlvars.h"
#include "ntp_mode6.h"

enum sysvar {
#define SYSVAR(name, set, form, value) SYSVAR_##name,
#include "ntp_tbl_sysvar.h"
#undef SYSVAR
	SYSVAR_COUNT
};

enum peervar {
#define PEERVAR(name, set, form, value) PEERVAR_##name,
#include "ntp_tbl_peervar.h"
#undef PEERVAR
	PEERVAR_COUNT
};

enum clockvar {
#define CLOCKVAR(name, set, form, value) CLOCKVAR_##name,
#include "ntp_tbl_clockvar.h"
#undef CLOCKVAR
	CLOCKVAR_COUNT
};

/* The rows of SET as one text, the first of them; an empty one ends them. */
const char *ctlvalue_rows(enum ctlvar_set set);
const char *ctlvalue_row_next(const char *row);
/* Borrowed from the row. */
const char *ctlvalue_row_name(const char *row);
bool ctlvalue_row_in_default(const char *row);

/* Write the variable of row I of C's set, called AS; nothing when it has
 * nothing to say. */
void ctlvalue_put(
    struct var_wr *w, size_t i, const char *as, const struct ctlvar_ctx *c);

#endif /* NTP_CTLVALUE_H */
