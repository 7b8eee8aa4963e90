/* SPDX-License-Identifier: BSD-2-Clause */
/* test_ratelimit.c - `limit`: how fast a client may ask, as NTPsec counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ntp_monitor.h"

#define SECOND 1000000000LL /* ns */

static const struct mru_param limit = {
    .average = 3, .minimum = 2, .limit = {1, 20, 0.5}};

/* The verdict on a packet NS after the one before. */
static enum mru_verdict
packet(struct mru_entry *e, int64_t ns)
{
	ntp_mono now = {e->last + ns};
	enum mru_verdict v = rate_judge(&limit, e, 1, now);

	e->last = now.ns;
	return v;
}

/* One every 2 s is 0.525 a second as this is counted: always good. */
static void
test_steady(void **state)
{
	struct mru_entry e = {.last = SECOND};

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(packet(&e, 2 * SECOND), MRU_PASS);
	assert_in_range(e.leak, 4096 * 0.4, 4096 * 0.6);
}

/* A burst of 19 is good: the 20th makes the rate 1. */
static void
test_burst(void **state)
{
	struct mru_entry e = {.last = SECOND};

	(void)state;
	for (int i = 1; i < 20; i++)
		assert_int_equal(packet(&e, 0), MRU_PASS);
	(void)packet(&e, 0);
	assert_int_equal(packet(&e, 0), MRU_KISS);
}

/* Two a second: good until 1 - q^n reaches 0.494 (n = 28), told so until it
 * reaches 0.741 (n = 55), then silence; a minute later all is forgiven. */
static void
test_twice_too_fast(void **state)
{
	struct mru_entry e = {.last = SECOND};
	int passed = 0, kissed = 0, dropped = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		enum mru_verdict v = packet(&e, SECOND / 2);

		passed += v == MRU_PASS;
		kissed += v == MRU_KISS;
		dropped += v == MRU_LIMITED;
	}
	assert_in_range(passed, 26, 28);
	assert_in_range(kissed, 25, 29);
	assert_int_equal(passed + kissed + dropped, 200);
	assert_int_equal(packet(&e, 60 * SECOND), MRU_PASS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_steady),
	    cmocka_unit_test(test_burst),
	    cmocka_unit_test(test_twice_too_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
