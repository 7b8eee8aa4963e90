/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * looplab.h - what the tests of the discipline share.
 */
#ifndef LOOPLAB_H
#define LOOPLAB_H

#include "ntp_loopfilter.h"

#define PPM 1e-6

/* The reference's parameters. */
extern const struct loop_param normal;

/* S seconds after the start. */
ntp_mono at(double s);
enum loop_action update(struct loop_state *l, double t, double offset);
/* With a drift file that says 40 PPM, when KNOWN. */
void init(struct loop_state *l, bool known);
/* In SYNC at T with the start-up clamp over. */
void settle(struct loop_state *l, double t);

#endif /* LOOPLAB_H */
