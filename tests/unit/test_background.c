/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_background.c - a long answer comes in small pieces, with rests between.
 */
#include "ctllab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../ntpd/ntpd.h"

#define CLIENTS	   3000U
#define PIECES_MAX 8U /* in a row */

static struct daemon d;

static int
setup(void **state)
{
	struct lab *l = lab_new("mru maxdepth 4000\n");

	for (uint32_t n = 0; n < CLIENTS; n++) {
		struct ntp_addr a = {
		    {10, 0, (uint8_t)(n >> 8), (uint8_t)n}, 0, 123, ADDR_V4};
		struct mru_packet p = {.src = &a, .modever = 35, .rnd = 1};

		l->now.mono.ns += 1000;
		(void)mru_record(l->e->mru, &p, l->now);
	}
	d.engine = l->e;
	assert_int_equal(uv_loop_init(&d.loop), 0);
	assert_int_equal(background_start(&d), 0);
	*state = l;
	return 0;
}

static int
teardown(void **state)
{
	uv_close((uv_handle_t *)&d.background.rest, NULL);
	(void)uv_run(&d.loop, UV_RUN_DEFAULT);
	background_stop(&d);
	assert_int_equal(uv_loop_close(&d.loop), 0);
	d.engine = NULL;
	return lab_teardown(state);
}

/* Somebody asks for the list, and nothing of it is made yet. */
static void
asks_for_the_list(struct lab *l)
{
	struct recvbuf rb = {
	    .src = &l->src, .dst = &l->dst, .rx_time = l->now.sys};
	char text[100], nonce[NONCE_STRLEN];

	guard_nonce(&l->e->guard, &l->src, l->now, nonce);
	(void)snprintf(text, sizeof text, "nonce=%s, frags=128", nonce);
	rb.len = lab_compose(l, MODE6_READ_MRU, 0, text);
	rb.data = l->in;
	l->nsent = 0;
	process_control(l->e, &rb, 0, l->now);
	assert_int_equal(l->nsent, 0);
}

/* What is sent until it is time to rest, as the main loop does it: a piece a
 * turn. */
static unsigned
sent_in_a_row(const struct lab *l)
{
	unsigned before = l->nsent, n;
	bool more = true;

	for (unsigned k = 0; more; k++) {
		assert_true(k < PIECES_MAX);
		n = l->nsent;
		more = background(&d);
		/* the last may need two */
		assert_in_range(l->nsent - n, 0, 2);
	}
	return l->nsent - before;
}

static void
pieces_and_rests(void **state)
{
	struct lab *l = *state;
	unsigned rests = 0;

	asks_for_the_list(l);
	while (sent_in_a_row(l) > 0) {
		unsigned n = l->nsent;

		if (l->e->ctlmru.job[0].busy) {
			/* whatever comes meanwhile */
			assert_false(background(&d));
			assert_int_equal(l->nsent, n);
		}
		while (d.background.steps == PIECES_MAX)
			(void)uv_run(&d.loop, UV_RUN_ONCE);
		rests++;
	}
	assert_int_equal(l->nsent, MRU_FRAGS_MAX);
	assert_true(rests >= MRU_FRAGS_MAX / (PIECES_MAX + 1));
}

static void
nothing_to_do(void **state)
{
	(void)state;
	assert_false(background(&d));
	assert_int_equal(d.background.steps, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(pieces_and_rests, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_to_do, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
