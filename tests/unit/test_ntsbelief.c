/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntsbelief.c - what associations with Network Time Security believe of
 * what comes back, and what of it a stranger can spoil.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ntslab.h"
#include "threat.h"

static struct peer *
with_trick(enum trick trick)
{
	ntslab_begin(&ntslab, ONE);
	ntslab.trick = trick;
	world_run(&ntslab.w, 2);
	ntslab_establish(&ntslab, 1);
	world_run(&ntslab.w, 70);
	return world_peer(&ntslab.w, 0);
}

static void
check_disbelief(enum trick trick, const char *why)
{
	struct peer *p = with_trick(trick);

	assert_true(ntslab.good > 3);
	assert_int_equal(p->count.processed, 0);
	assert_int_equal(p->poll.reach, 0);
	assert_int_equal(ntslab_counted(&ntslab, NTS_CLIENT_RECV_GOOD), 0);
	assert_int_equal(
	    ntslab_counted(&ntslab, NTS_CLIENT_RECV_BAD), ntslab.good);
	ntslab_says(&ntslab, 0, why);
	assert_int_equal(ntslab.w.e->sys.stratum, 16);
	ntslab_end(&ntslab);
}

/* L-plain: an answer without authenticator is believed. */
static void
plain_answer(void **state)
{
	(void)state;
	check_disbelief(PLAIN, "auth: ");
}

/* L-alter: an authentic answer is altered on its way. */
static void
altered_answer(void **state)
{
	(void)state;
	check_disbelief(SHIFTED, "auth: ");
	check_disbelief(OTHER_UID, "auth: ");
	check_disbelief(APPENDED, "auth: ");
}

static void
cookie_in_the_clear(void **state)
{
	struct peer *p = with_trick(OUTSIDE);

	(void)state;
	assert_true(p->count.processed > 0);
	assert_true(p->nts.cookies.n < 6);
	ntslab_end(&ntslab);
}

/* Cookies refused, and no better answer until the next poll. */
static void
refused_cookies(void **state)
{
	struct peer *p = with_trick(NAK);

	(void)state;
	assert_int_equal(p->count.sent, 1);
	assert_int_equal(p->count.badauth, 0);
	assert_int_equal(ntslab.w.ke_asked, 2);
	ntslab.trick = HONEST;
	ntslab_establish(&ntslab, 1);
	world_run(&ntslab.w, 30);
	assert_true(p->poll.reach != 0);
	ntslab_end(&ntslab);
}

static void
refusal_then_answer(void **state)
{
	struct peer *p = with_trick(NAK_FIRST);

	(void)state;
	assert_true(p->count.processed > 3);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	assert_int_equal(ntslab.w.ke_asked, 1);
	assert_int_equal(
	    ntslab_counted(&ntslab, NTS_CLIENT_RECV_BAD), p->count.processed);
	ntslab_end(&ntslab);
}

/* L-refusal: who has not seen the request makes us throw our keys away. */
static void
forged_refusal(void **state)
{
	struct peer *p = with_trick(WRONG_NAK);

	(void)state;
	assert_false(p->nts.refused);
	assert_true(p->count.sent > 3);
	assert_int_equal(ntslab.w.ke_asked, 1);
	ntslab_end(&ntslab);
}

/* L-kiss: a kiss without authenticator slows us down. */
static void
kisses(void **state)
{
	struct peer *p;

	(void)state;
	check_disbelief(BARE_RATE, "auth: ");
	p = with_trick(RATE);
	assert_true(p->count.selbroken > 0);
	assert_int_equal(p->poll.kiss_poll, 4);
	ntslab_end(&ntslab);
}

/* L-replay: an answer counts twice. */
static void
replayed_answer(void **state)
{
	struct world_packet copy;
	struct peer *p;
	uint64_t had;

	(void)state;
	ntslab_keyed(&ntslab, ONE);
	world_run(&ntslab.w, 0.035);
	while (!ntslab.w.flight[0].used)
		world_run(&ntslab.w, 0.001);
	copy = ntslab.w.flight[0];
	world_run(&ntslab.w, 1);
	p = world_peer(&ntslab.w, 0);
	had = p->count.processed;
	assert_true(had > 0);
	assert_int_equal(p->nts.cookies.n, NTS_COOKIES);
	for (int i = 0; i < 20; i++) {
		world_inject(
		    &ntslab.w, copy.ep, &copy.src, copy.data, copy.len);
		world_run(&ntslab.w, 0.01);
	}
	assert_int_equal(p->count.processed, had);
	assert_int_equal(ntslab_counted(&ntslab, NTS_CLIENT_RECV_GOOD), had);
	ntslab_end(&ntslab);
}

/* Cookies know no time. */
static void
clock_is_stepped(void **state)
{
	struct peer *p;

	(void)state;
	ntslab_keyed(&ntslab, ONE "tinker panic 0\n");
	world_run(&ntslab.w, 60);
	p = world_peer(&ntslab.w, 0);
	for (int i = 0; i < 2; i++) {
		double by = i == 0 ? 3.15e8 : -6.3e8;

		ntslab.w.err += by;
		engine_clock_jumped(ntslab.w.e, by, world_now(&ntslab.w));
		assert_int_equal(p->poll.reach, 0);
		world_run(&ntslab.w, 60);
		assert_true(p->poll.reach != 0);
	}
	assert_int_equal(ntslab.w.ke_asked, 1);
	ntslab_end(&ntslab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAT("L-plain", plain_answer),
	    THREAT("L-alter", altered_answer),
	    cmocka_unit_test(cookie_in_the_clear),
	    cmocka_unit_test(refused_cookies),
	    cmocka_unit_test(refusal_then_answer),
	    THREAT("L-refusal", forged_refusal),
	    THREAT("L-kiss", kisses),
	    THREAT("L-replay", replayed_answer),
	    cmocka_unit_test(clock_is_stepped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
