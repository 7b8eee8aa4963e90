/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mrucost.c - a packet costs the client table little, whoever sends it.
 *
 * Time would tell more of the machine than of the table.  What makes a packet
 * wait are places that it must look at: so the entries are put out of reach
 * before each packet, page by page they are let in again, and counted.  Where
 * there are many pages each entry is on one of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ntp_monitor.h"
#include "ntp_rng.h"

#define ENTRIES	   100000U
#define PACKETS	   1000U /* of each kind */
#define PAGES_MAX  20U	 /* what one packet may look at */
#define PAGES_MEAN 9.0

static const uint8_t seed[16] = "the cost of one";

/* A signal's handler has no other way to know: whole pages within the table. */
static struct {
	char *from;
	size_t len, page;
	unsigned touched;
} fence;

static void
on_fault(int number, siginfo_t *info, void *context)
{
	uintptr_t off = (uintptr_t)info->si_addr - (uintptr_t)fence.from;

	(void)context;
	if (off >= fence.len) {
		(void)signal(number, SIG_DFL);
		return;
	}
	fence.touched++;
	(void)mprotect(fence.from + off / fence.page * fence.page, fence.page,
	    PROT_READ | PROT_WRITE);
}

struct crowd {
	struct mru *m;
	struct ntp_rng rng;
	struct ntp_now now;
	unsigned most, sum;
};

static struct ntp_addr
client(uint32_t n)
{
	return (struct ntp_addr){{(uint8_t)(n >> 24), (uint8_t)(n >> 16),
				     (uint8_t)(n >> 8), (uint8_t)n},
	    0, 123, ADDR_V4};
}

static void
asks(struct crowd *c, uint32_t n)
{
	struct ntp_addr a = client(n);
	struct mru_packet p = {
	    .src = &a, .modever = 35, .limit = true, .rnd = 1};

	c->now.mono.ns += 20000;
	(void)mru_record(c->m, &p, c->now);
}

/* The same, counted. */
static void
asks_counted(struct crowd *c, uint32_t n)
{
	/* cmocka has a handler of its own, which comes with each test */
	const struct sigaction sa = {
	    .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
	struct sigaction before;

	assert_int_equal(sigaction(SIGSEGV, &sa, &before), 0);
	assert_int_equal(mprotect(fence.from, fence.len, PROT_NONE), 0);
	fence.touched = 0;
	asks(c, n);
	assert_int_equal(
	    mprotect(fence.from, fence.len, PROT_READ | PROT_WRITE), 0);
	assert_int_equal(sigaction(SIGSEGV, &before, NULL), 0);
	c->sum += fence.touched;
	if (fence.touched > c->most)
		c->most = fence.touched;
}

static void
fence_around(const struct mru *m)
{
	struct ntp_addr a = client(0);
	uintptr_t first = (uintptr_t)mru_find(m, &a);
	uintptr_t end = first + ENTRIES * sizeof(struct mru_entry);

	fence.page = (size_t)sysconf(_SC_PAGESIZE);
	first = (first + fence.page - 1) / fence.page * fence.page;
	fence.from = (void *)first;
	fence.len = (end - first) / fence.page * fence.page;
	assert_true(fence.len / fence.page > 100);
}

/* Neighbours in time are to be neighbours in memory no longer, neither those
 * who have asked often nor the strangers. */
static void
stir(struct crowd *c)
{
	for (uint32_t k = 0; k < 2 * ENTRIES; k++)
		asks(c, (uint32_t)(rng_u64(&c->rng) % ENTRIES));
	c->now.mono = mono_add(c->now.mono, 4000);
	for (uint32_t k = 0; k < ENTRIES / 2; k++)
		asks(c, (1U << 30) + k);
	for (uint32_t k = 0; k < ENTRIES; k++)
		asks(c, (uint32_t)(rng_u64(&c->rng) % ENTRIES));
}

static int
setup(void **state)
{
	static struct crowd c;
	struct mru_param par = {.entries = ENTRIES,
	    .average = 3,
	    .minimum = 2,
	    .leak_log2 = 2,
	    .mindepth = 600,
	    .maxage = 3600,
	    .minage = 64,
	    .monitor = 3000};

	c = (struct crowd){.m = mru_new(&par, seed)};
	assert_non_null(c.m);
	rng_seed(&c.rng, 1);
	for (uint32_t n = 0; n < ENTRIES; n++)
		asks(&c, n);
	assert_int_equal(mru_depth(c.m), ENTRIES);
	fence_around(c.m);
	stir(&c);
	*state = &c;
	return 0;
}

static int
teardown(void **state)
{
	struct crowd *c = *state;

	mru_free(&c->m);
	return 0;
}

static void
expect_little(const struct crowd *c)
{
	print_message("# at most %u pages, %.2f in the mean\n", c->most,
	    (double)c->sum / PACKETS);
	assert_in_range(c->most, 1, PAGES_MAX);
	assert_true((double)c->sum / PACKETS < PAGES_MEAN);
}

/* Each takes the place of another. */
static void
strangers_when_full(void **state)
{
	struct crowd *c = *state;

	for (uint32_t k = 0; k < PACKETS; k++)
		asks_counted(c, (1U << 31) + k);
	expect_little(c);
}

static void
known_clients(void **state)
{
	struct crowd *c = *state;

	for (uint32_t k = 0; k < PACKETS; k++)
		asks_counted(c, (uint32_t)(rng_u64(&c->rng) % ENTRIES));
	expect_little(c);
}

/* Nobody is old enough to go: the search for somebody is short as well. */
static void
no_room_for_strangers(void **state)
{
	struct crowd *c = *state;

	for (uint32_t n = 0; n < ENTRIES; n++)
		asks(c, n);
	for (uint32_t k = 0; k < PACKETS; k++)
		asks_counted(c, (1U << 31) + k);
	expect_little(c);
}

/* The whole table is past its age. */
static void
all_too_old(void **state)
{
	struct crowd *c = *state;

	c->now.mono = mono_add(c->now.mono, 7200);
	for (uint32_t k = 0; k < PACKETS; k++)
		asks_counted(c, (1U << 31) + k);
	expect_little(c);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(strangers_when_full),
	    T(known_clients),
	    T(no_room_for_strangers),
	    T(all_too_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
