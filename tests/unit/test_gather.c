/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_gather.c - naps where they pay, and only there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../ntpd/ntp_gather.h"

#define WAKE_NS	   3000 /* to be woken and to ask the kernel thrice */
#define REQUEST_NS 3000
#define COMPANY	   4U /* requests that a nap gathers */

static int64_t used;	  /* ns of CPU time */
static unsigned readings; /* of it */

static int64_t
cpu(void)
{
	readings++;
	return used;
}

/* BATCHES on a machine where a nap costs NAP ns: how many naps. */
static unsigned
naps_in(struct gather *g, unsigned batches, int64_t nap)
{
	unsigned naps = 0;
	bool napping = false;

	for (unsigned i = 0; i < batches; i++) {
		unsigned n = napping ? COMPANY : 1;

		used += WAKE_NS + n * REQUEST_NS;
		napping = gather_wanted(g, n, cpu);
		used += napping ? nap : 0;
		naps += napping;
	}
	return naps;
}

/* Gathered: (3 + 4 * 3 + 1) / 4 = 4 us each; at once 6. */
static void
test_cheap_naps_are_taken(void **state)
{
	struct gather g = {0};

	(void)state;
	readings = 0;
	assert_in_range(naps_in(&g, 200000, 1000), 190000, 200000);
	assert_in_range(readings, 4, 20);
}

/* (3 + 4 * 3 + 27) / 4 = 10.5 us each. */
static void
test_dear_naps_are_not(void **state)
{
	struct gather g = {0};

	(void)state;
	assert_in_range(naps_in(&g, 200000, 27000), 1000, 6000);
}

/* The machine is moved to another host: it is found out. */
static void
test_it_is_tried_again(void **state)
{
	struct gather g = {0};

	(void)state;
	(void)naps_in(&g, 10000, 27000);
	assert_int_equal(g.way, GATHER_NOT);
	(void)naps_in(&g, 100000, 1000);
	assert_int_equal(g.way, GATHER_NAP);
	(void)naps_in(&g, 100000, 27000);
	assert_int_equal(g.way, GATHER_NOT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cheap_naps_are_taken),
	    cmocka_unit_test(test_dear_naps_are_not),
	    cmocka_unit_test(test_it_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
