/* SPDX-License-Identifier: BSD-2-Clause */
/* test_access.c - names in `restrict`: asked for, found, moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "world.h"

#define HOUR 3600.0 /* s */

static void
answer(struct world *w, const unsigned *host, unsigned n)
{
	struct ntp_addr a[4];

	for (unsigned i = 0; i < n; i++)
		a[i] = world_addr(host[i]);
	engine_resolved(w->e, w->dns_tag, a, n, NULL, world_now(w));
}

static void
refuse(struct world *w)
{
	engine_resolved(w->e, w->dns_tag, NULL, 0, "Try again", world_now(w));
}

static uint16_t
flags_of(struct world *w, unsigned host)
{
	struct ntp_addr a = world_addr(host);

	return restrict_lookup(w->e->access, &a)->flags;
}

/* Run until a name is asked for; how long that took, s. */
static double
next_question(struct world *w, double limit)
{
	unsigned n = w->asked;
	double since = w->t;

	while (w->asked == n && w->t - since < limit)
		world_run(w, 0.5);
	assert_int_equal(w->asked, n + 1);
	return w->t - since;
}

static void
start(struct world *w, const char *conf)
{
	world_init(w, conf, NULL, 0, 0);
	(void)next_question(w, 5);
}

static void
asked_for_until_known(void **state)
{
	static const unsigned found[] = {7, 8};
	struct world w;
	double gap = 0;

	(void)state;
	start(&w, "restrict default nomodify\nrestrict h.example noquery\n");
	assert_string_equal(w.dns_name, "h.example");
	refuse(&w);
	assert_non_null(strstr(w.logs,
	    "restrict: ignoring line 2, address/host 'h.example' unusable."));
	assert_non_null(strstr(w.logs, "trying again until it works"));
	assert_int_equal(flags_of(&w, 7), RES_NOMODIFY);
	for (unsigned i = 0; i < 10; i++) {
		gap = next_question(&w, 400);
		refuse(&w);
	}
	assert_true(gap > 298 && gap < 302);
	assert_null(strstr(strstr(w.logs, "unusable.") + 1, "unusable."));
	(void)next_question(&w, 400);
	answer(&w, found, 2);
	assert_int_equal(flags_of(&w, 7), RES_NOQUERY);
	assert_int_equal(flags_of(&w, 8), RES_NOQUERY);
	assert_int_equal(flags_of(&w, 9), RES_NOMODIFY);
	world_fini(&w);
}

/* Each hour the question is who has the name now. */
static void
follows_who_moves(void **state)
{
	static const unsigned old[] = {7, 8}, turned[] = {8, 7},
			      moved[] = {8, 9};
	struct world w;

	(void)state;
	start(&w, "restrict default nomodify\nrestrict h.example noquery\n");
	answer(&w, old, 2);
	assert_in_range(next_question(&w, 2 * HOUR), HOUR - 5, HOUR + 5);
	answer(&w, turned, 2);
	assert_int_equal(flags_of(&w, 7), RES_NOQUERY);
	(void)next_question(&w, 2 * HOUR);
	answer(&w, moved, 2);
	assert_int_equal(flags_of(&w, 7), RES_NOMODIFY);
	assert_int_equal(flags_of(&w, 8), RES_NOQUERY);
	assert_int_equal(flags_of(&w, 9), RES_NOQUERY);
	world_fini(&w);
}

/* A resolver that is down opens nothing and closes nothing. */
static void
silence_changes_nothing(void **state)
{
	static const unsigned host[] = {7};
	struct world w;

	(void)state;
	start(&w, "restrict default ignore\nrestrict h.example nomodify\n");
	answer(&w, host, 1);
	(void)next_question(&w, 2 * HOUR);
	refuse(&w);
	assert_null(strstr(w.logs, "unusable"));
	assert_non_null(strstr(w.logs, "error resolving h.example: Try again"));
	assert_int_equal(flags_of(&w, 7), RES_NOMODIFY);
	assert_true(next_question(&w, 10) < 5);
	answer(&w, host, 1);
	assert_int_equal(flags_of(&w, 7), RES_NOMODIFY);
	world_fini(&w);
}

static void
asked_at_once_on_request(void **state)
{
	static const unsigned host[] = {7};
	struct world w;

	(void)state;
	start(&w, "restrict h.example nomodify\n");
	answer(&w, host, 1);
	world_run(&w, 60);
	engine_retry_dns(w.e, world_now(&w));
	assert_true(next_question(&w, 5) < 3);
	world_fini(&w);
}

/* What two lines say of one address is said by one when the other's leaves. */
static void
lines_part_again(void **state)
{
	static const unsigned here[] = {7}, there[] = {9};
	struct world w;

	(void)state;
	world_init(&w,
	    "server 192.0.2.1\nrestrict source noserve\n"
	    "restrict 192.0.2.7 nomodify\nrestrict h.example noquery\n"
	    "restrict -4 i.example limited\n",
	    NULL, 0, 0);
	world_run(&w, 2);
	assert_int_equal(w.asked, 2);
	answer(&w, here, 1);
	w.dns_tag--;
	answer(&w, here, 1);
	assert_int_equal(
	    flags_of(&w, 7), RES_NOMODIFY | RES_NOQUERY | RES_LIMITED);
	engine_retry_dns(w.e, world_now(&w));
	world_run(&w, 2);
	assert_int_equal(w.asked, 4);
	refuse(&w);
	w.dns_tag--;
	answer(&w, there, 1);
	assert_int_equal(flags_of(&w, 7), RES_NOMODIFY | RES_LIMITED);
	assert_int_equal(flags_of(&w, 9), RES_NOQUERY);
	assert_int_equal(flags_of(&w, 1), RES_NOSERVE);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(asked_for_until_known),
	    cmocka_unit_test(follows_who_moves),
	    cmocka_unit_test(silence_changes_nothing),
	    cmocka_unit_test(asked_at_once_on_request),
	    cmocka_unit_test(lines_part_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
