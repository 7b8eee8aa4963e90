/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mruset.c - several client lists read as one, while they change.
 *
 * The threads are played by a port that counts how often each was visited and
 * lets clients come between any two visits, as they do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ntp_mruset.h"
#include "ntp_rng.h"

#define LISTS	3U
#define CLIENTS 3000U

static const uint8_t seed[16] = "fedcba987654321";

struct crowd {
	struct threads_port port; /* first: the port is the object */
	struct mruset s;
	struct mruset_cursor c;
	struct ntp_rng rng;
	struct ntp_now now;
	unsigned visits[LISTS];
	bool restless; /* somebody comes before each visit */
	int64_t last[CLIENTS], told[CLIENTS];
};

static struct crowd crowd;

static struct ntp_addr
client(uint32_t n)
{
	return (struct ntp_addr){
	    {10, 0, (uint8_t)(n >> 8), (uint8_t)n}, 0, 123, ADDR_V4};
}

static uint32_t
number(const struct mru_entry *e)
{
	struct ntp_addr a;

	mru_addr(e, &a);
	return (uint32_t)a.ip[2] << 8 | a.ip[3];
}

/* Client N asks the thread that is his. */
static void
asks(uint32_t n)
{
	struct mru *m = crowd.s.list[n % LISTS];
	struct ntp_addr a = client(n);
	struct mru_packet p = {.src = &a, .rnd = 1};

	if (rng_u64(&crowd.rng) % 2 == 0) /* many come in one batch */
		crowd.now.mono.ns += 1000;
	(void)mru_record(m, &p, crowd.now);
	crowd.last[n] = mru_newest(m)->last;
}

static void
somebody(void)
{
	asks((uint32_t)(rng_u64(&crowd.rng) % CLIENTS));
}

static void
on_visit(struct threads_port *p, size_t i, visit_fn *fn, void *arg)
{
	assert_ptr_equal(p, &crowd.port);
	assert_in_range(i, 0, LISTS - 2);
	crowd.visits[i]++;
	if (crowd.restless)
		somebody();
	fn(arg);
	/* a thread gives so many between two of its batches */
	assert_true(crowd.c.page[i + 1].n <= MRUSET_COPIES / LISTS);
}

static int
setup(void **state)
{
	struct mru_param par = {.entries = CLIENTS};

	(void)state;
	memset(&crowd, 0, sizeof crowd);
	rng_seed(&crowd.rng, 1);
	crowd.port.visit = on_visit;
	crowd.s.threads = &crowd.port;
	crowd.now.mono.ns = 1000000;
	while (crowd.s.n < LISTS) {
		crowd.s.thread[crowd.s.n] = crowd.s.n - 1;
		crowd.s.list[crowd.s.n++] = mru_new(&par, seed);
	}
	for (uint32_t n = 0; n < CLIENTS; n++)
		asks(n);
	for (uint32_t n = 0; n < CLIENTS; n++)
		somebody();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < LISTS; i++)
		mru_free(&crowd.s.list[i]);
	return 0;
}

/* Read as one reply would, to what was there when it began; N entries at most.
 * True at the end. */
static bool
reply(unsigned n)
{
	int64_t started = crowd.now.mono.ns, before = 0;
	const struct mru_entry *e;

	for (unsigned i = 0; i < n; i++) {
		e = mruset_entry(&crowd.s, &crowd.c);
		if (e == NULL || e->last > started)
			return true;
		assert_true(e->last >= before);
		before = e->last;
		assert_true(e->last > crowd.told[number(e)]);
		crowd.told[number(e)] = e->last;
		mruset_newer(&crowd.c);
	}
	mruset_pause(&crowd.s, &crowd.c);
	return false;
}

/* All of them in the order of their last packets, in few visits. */
static void
one_order(void **state)
{
	(void)state;
	mruset_start(&crowd.s, &crowd.c);
	assert_true(reply(CLIENTS + 1));
	mruset_stop(&crowd.s, &crowd.c);
	assert_memory_equal(crowd.last, crowd.told, sizeof crowd.last);
	for (unsigned i = 0; i < LISTS - 1; i++)
		assert_in_range(crowd.visits[i], 10, 20);
}

/* Nobody is left out and nobody told twice as he was, however the replies are
 * cut and whoever asks again meanwhile. */
static void
while_it_changes(void **state)
{
	(void)state;
	crowd.restless = true;
	for (unsigned round = 0; round < 20; round++) {
		unsigned replies = 0;

		mruset_start(&crowd.s, &crowd.c);
		memset(crowd.told, 0, sizeof crowd.told);
		while (!reply(1 + (unsigned)(rng_u64(&crowd.rng) % 200))) {
			somebody();
			assert_true(++replies < 2 * CLIENTS);
		}
		crowd.restless = false;
		crowd.now.mono.ns += 1000;
		mruset_pause(&crowd.s, &crowd.c);
		assert_true(reply(CLIENTS));
		mruset_stop(&crowd.s, &crowd.c);
		crowd.restless = true;
		assert_memory_equal(crowd.last, crowd.told, sizeof crowd.last);
	}
}

/* The N newest of each list are more than the N newest of all. */
static void
from_the_newest_end(void **state)
{
	const struct mru_entry *e;
	unsigned n = 0;

	(void)state;
	mruset_start_newest(&crowd.s, &crowd.c);
	assert_null(mruset_entry(&crowd.s, &crowd.c));
	mruset_stop(&crowd.s, &crowd.c);
	mruset_start_newest(&crowd.s, &crowd.c);
	for (size_t i = 0; i < LISTS; i++)
		assert_int_equal(
		    mruset_back(&crowd.s, &crowd.c, i, 100 + i), 100 + i);
	while ((e = mruset_entry(&crowd.s, &crowd.c)) != NULL) {
		assert_int_equal(e->last, crowd.last[number(e)]);
		mruset_newer(&crowd.c);
		n++;
	}
	assert_int_equal(n, 303);
	mruset_stop(&crowd.s, &crowd.c);
	mruset_start_newest(&crowd.s, &crowd.c);
	assert_int_equal(
	    mruset_back(&crowd.s, &crowd.c, 1, 2 * CLIENTS), CLIENTS / LISTS);
	mruset_stop(&crowd.s, &crowd.c);
}

static void
finding(void **state)
{
	struct mruset_sought w[5];

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		w[i].addr = client(i < 4 ? 7 * i : CLIENTS);
	mruset_find(&crowd.s, w, 5);
	for (uint32_t i = 0; i < 4; i++) {
		assert_true(w[i].found);
		assert_int_equal(number(&w[i].entry), 7 * i);
		assert_int_equal(w[i].entry.last, crowd.last[7 * i]);
	}
	assert_false(w[4].found);
	for (unsigned i = 0; i < LISTS - 1; i++)
		assert_int_equal(crowd.visits[i], 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(one_order),
	    T(while_it_changes),
	    T(from_the_newest_end),
	    T(finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
