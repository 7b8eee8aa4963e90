/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_prompt.c - what a thread that tells the time asks of the scheduler.
 *
 * Short slices: on a busy processor who has them is let in at once when a
 * packet wakes him, and not after the slice of somebody else.  Linux takes the
 * wish from anybody since 6.12 and ignores it before.
 */
#include "ntp_prompt.h"

#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TIMER_NS 1000UL
#define SLICE_NS 100000U /* the shortest there is */

/* As sched_setattr(2) has it; the kernel's header clashes with the library's.
 */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period; /* ns */
};

void
prompt_thread(void)
{
	struct attributes a = {.size = sizeof a};

	(void)prctl(PR_SET_TIMERSLACK, TIMER_NS);
	if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) != 0)
		return;
	a.runtime = SLICE_NS;
	(void)syscall(SYS_sched_setattr, 0, &a, 0);
}
