/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_slew.c - portions of a slew, and the guard of the quick ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ntp_guard.h"
#include "ntp_rng.h"
#include "ntp_slew.h"

#define REST_AFTER_5_S 0.04e-6 /* s/s */

/* Linux, second_overflow(), at time constant 0. */
struct kernel {
	double single, offset; /* s */
	double moved;	       /* s, of the clock */
	double rate;	       /* s/s, in the last second */
};

static void
second(struct kernel *k)
{
	double single = fmax(fmin(k->single, 500e-6), -500e-6);

	k->rate = single + k->offset / 4;
	k->single -= single;
	k->offset *= 0.75;
	k->moved += k->rate / (1 + k->rate);
}

static void
tell(struct kernel *k, double *owed, double adj)
{
	struct slew_order o = slew_next(owed, adj);

	slew_returned(owed, lround(k->single * 1e6));
	k->single = (double)o.single * 1e-6;
	k->offset = (double)o.offset * 1e-9;
}

static void
worked_numbers(void **state)
{
	double owed = 0;
	struct slew_order o = slew_next(&owed, 123.04e-6);

	(void)state;
	/* a second of a clock that runs 123 ppm faster is shorter: 15 ns */
	assert_int_equal(o.single, 123);
	assert_int_equal(o.offset, lround(4 * 55.14));
	assert_false(slew_is_quick(&o));
	o = slew_next(&owed, 0.45e-6);
	assert_int_equal(o.single, 0);
	assert_int_equal(o.offset, 400);
	assert_true(fabs(owed - 0.35e-6) < 1e-9);
	o = slew_next(&owed, 0.45e-6);
	assert_int_equal(o.single, 1);
	assert_int_equal(o.offset, -4 * 100);
	owed = 0;
	o = slew_next(&owed, -0.05);
	assert_int_equal(o.single, -500);
	assert_int_equal(o.offset, lround(-4e9 * (0.05 / 1.05 - 500e-6)));
	assert_true(slew_is_quick(&o));
	o = slew_next(&owed, 10);
	assert_in_range(o.offset, 400000000, 500000000);
	owed = 0;
	o = slew_next(&owed, (double)NAN);
	assert_int_equal(o.single, 0);
	assert_int_equal(o.offset, 0);
	assert_true(owed == 0);
}

/* What is asked for is done to a fraction of a microsecond at all times, and
 * exactly in the end. */
static void
random_rounds_lose_nothing(void **state)
{
	struct kernel k = {0};
	struct ntp_rng r;
	double owed = 0, asked = 0;

	(void)state;
	rng_seed(&r, 3);
	for (int i = 0; i < 20000; i++) {
		double size = i % 2000 < 1000 ? 1e-6 : 100e-6;
		double adj = fmin(size * rng_normal(&r), 499e-6);

		asked += adj;
		tell(&k, &owed, adj);
		second(&k);
		assert_true(fabs(k.moved - asked) < 0.6e-6 + 1e-9 * i);
		assert_true(fabs(owed) < 0.6e-6);
	}
}

/* Two orders within one second of the kernel: the first is not lost. */
static void
unbegun_portion_is_owed(void **state)
{
	struct kernel k = {0};
	double owed = 0;

	(void)state;
	tell(&k, &owed, 200e-6);
	tell(&k, &owed, 100e-6);
	second(&k);
	assert_true(fabs(k.moved - 100e-6) < 0.3e-6);
	tell(&k, &owed, 0);
	second(&k);
	assert_true(fabs(k.moved - 300e-6) < 0.3e-6);
}

/* Killed after any order, five seconds later nothing is slewed that the
 * frequency could be told from. */
static void
nothing_outlives_the_daemon(void **state)
{
	struct ntp_rng r;
	double owed = 0;

	(void)state;
	rng_seed(&r, 4);
	for (int i = 0; i < 5000; i++) {
		struct kernel k = {0};
		double before;

		tell(&k, &owed, fmin(100e-6 * rng_normal(&r), 499e-6));
		for (int s = 0; s < 5; s++)
			second(&k);
		assert_true(fabs(k.rate) < REST_AFTER_5_S);
		before = k.moved;
		for (int s = 0; s < 1000; s++)
			second(&k);
		assert_true(fabs(k.moved - before) < 0.1e-6);
	}
}

/* --- the guard ------------------------------------------------------------- */

struct shared {
	sem_t tidied;
	unsigned times;
};

static struct shared *sh;

static int
share(void **state)
{
	(void)state;
	sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return sh == MAP_FAILED || sem_init(&sh->tidied, 1, 0) != 0;
}

static void
tidy(void *arg)
{
	struct shared *s = arg;

	s->times++;
	(void)sem_post(&s->tidied);
}

/* A daemon that stands still with a guard until it is killed. */
static _Noreturn void
live(int ready)
{
	struct guard g = {.fd = -1};
	char word = guard_begin(&g, tidy, sh) == 0;

	if (write(ready, &word, 1) != 1)
		_exit(1);
	for (;;)
		(void)pause();
}

static void
killed_daemon_is_tidied_after(void **state)
{
	struct timespec limit;
	int ready[2];
	char word;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		live(ready[1]);
	assert_int_equal(read(ready[0], &word, 1), 1);
	assert_int_equal(word, 1);
	assert_int_equal(sh->times, 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 60;
	assert_int_equal(sem_timedwait(&sh->tidied, &limit), 0);
	assert_int_equal(sh->times, 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

static void
ended_guard_does_nothing(void **state)
{
	struct guard g = {.fd = -1};
	unsigned before = sh->times;

	(void)state;
	guard_end(&g);
	assert_int_equal(guard_begin(&g, tidy, sh), 0);
	assert_int_equal(guard_begin(&g, tidy, sh), 0);
	guard_end(&g); /* waits for it */
	assert_int_equal(g.fd, -1);
	assert_int_equal(sh->times, before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(worked_numbers),
	    cmocka_unit_test(random_rounds_lose_nothing),
	    cmocka_unit_test(unbegun_portion_is_owed),
	    cmocka_unit_test(nothing_outlives_the_daemon),
	    cmocka_unit_test(killed_daemon_is_tidied_after),
	    cmocka_unit_test(ended_guard_does_nothing),
	};

	return cmocka_run_group_tests(tests, share, NULL);
}
