/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_rehearse.h - what would this ntp.conf do if ...
 */
#ifndef SIM_REHEARSE_H
#define SIM_REHEARSE_H

#include <stdio.h>

#include "sim_scenario.h"

/* What can happen; NULL when NAME is none of them. */
struct rehearsal;
const struct rehearsal *rehearsal_find(const char *name);

/*
 * A scenario in which a machine with the ntp.conf TEXT, known as PATH, has
 * servers behind usual networks where the file names any, and K happens.
 * Errors go to ERR, NULL then.
 */
struct scenario *rehearse_scenario(
    const char *path, const char *text, const struct rehearsal *k, FILE *err);

struct sim_world;
/* After the run: what it did, in words. */
void rehearse_report(
    const struct sim_world *w, const struct rehearsal *k, FILE *out);

#endif /* SIM_REHEARSE_H */
