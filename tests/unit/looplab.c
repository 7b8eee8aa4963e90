/* SPDX-License-Identifier: BSD-2-Clause */
/* looplab.c - what the tests of the discipline share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "looplab.h"
#include "near.h"

const struct loop_param normal = {.step_fwd = NTP_STEP,
    .step_back = NTP_STEP,
    .stepout = NTP_STEPOUT,
    .panic = NTP_PANIC,
    .allan = 2048,
    .maxfreq = NTP_MAXFREQ,
    .floor = 0.0005,
    .precision = 1e-6};

ntp_mono
at(double s)
{
	return (ntp_mono){(int64_t)(s * 1e9)};
}

enum loop_action
update(struct loop_state *l, double t, double offset)
{
	return local_clock(l, offset, 6, 10, at(t)).action;
}

void
init(struct loop_state *l, bool known)
{
	loop_init(l, &normal, known, known ? 40 * PPM : 0, 6, at(0));
}

void
settle(struct loop_state *l, double t)
{
	init(l, true);
	assert_int_equal(update(l, t, 1e-4), LOOP_SLEW);
	assert_int_equal(l->mode, LOOP_SYNC);
	assert_near(l->clamp_left, 0, 0);
}
