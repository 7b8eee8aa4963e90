/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_systime.c - what the clock driver tells the kernel.
 *
 * The kernel is a fake throughout: no test may ever set a real clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "ntp_err.h"
#include "ntp_systime.h"

#define NS_PER_S 1000000000LL
#define UNIX0	 1700000000LL /* s */

/* The fake kernel. */
static struct {
	struct timex last;
	struct timex seen[8];
	size_t calls;
	int fail_errno;	  /* of adjtimex */
	int64_t boot_ns;  /* CLOCK_BOOTTIME */
	int64_t epoch_ns; /* CLOCK_REALTIME - CLOCK_BOOTTIME */
	int64_t slept_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
	int64_t tick_ns;  /* added at each reading */
	int64_t quantum;  /* ns, resolution of what is read */
	struct timespec set;
	unsigned sets;
	int state;
	int status;
	long left; /* us, of adjtime(3) */
} k;

static int
fake_adjtimex(struct timex *tx)
{
	k.last = *tx;
	if (k.calls < 8)
		k.seen[k.calls] = *tx;
	k.calls++;
	if (k.fail_errno != 0) {
		errno = k.fail_errno;
		return -1;
	}
	if ((tx->modes & ADJ_SETOFFSET) != 0)
		k.epoch_ns +=
		    (int64_t)tx->time.tv_sec * NS_PER_S + tx->time.tv_usec;
	tx->status = k.status;
	if (tx->modes == ADJ_OFFSET_SINGLESHOT)
		tx->offset = k.left;
	return k.state;
}

static int
fake_gettime(clockid_t id, struct timespec *t)
{
	int64_t ns;

	k.boot_ns += k.tick_ns;
	ns = k.boot_ns;
	if (id == CLOCK_REALTIME)
		ns += k.epoch_ns;
	else if (id == CLOCK_MONOTONIC)
		ns -= k.slept_ns;
	if (k.quantum > 0)
		ns -= ns % k.quantum;
	t->tv_sec = ns / NS_PER_S;
	t->tv_nsec = ns % NS_PER_S;
	return 0;
}

static int
fake_settime(clockid_t id, const struct timespec *t)
{
	assert_int_equal(id, CLOCK_REALTIME);
	k.set = *t;
	k.sets++;
	return 0;
}

static struct systime sys;

static int
setup(void **state)
{
	struct systime_event ev;

	(void)state;
	memset(&k, 0, sizeof k);
	k.boot_ns = 500 * NS_PER_S;
	k.epoch_ns = UNIX0 * NS_PER_S;
	k.tick_ns = 25;
	systime_init(&sys);
	sys.adjtimex = fake_adjtimex;
	sys.gettime = fake_gettime;
	sys.settime = fake_settime;
	(void)systime_jump(&sys, &ev);
	return 0;
}

static void
test_init_sets_nothing(void **state)
{
	(void)state;
	assert_int_equal(k.calls, 0);
	assert_true(sys.port.precision <= -7);
	assert_ptr_equal(sys.port.get_systime, get_systime);
}

static void
test_reads_realtime(void **state)
{
	ntp_ts t = get_systime(&sys.port);

	(void)state;
	assert_int_equal(ts_sec(t), (uint32_t)(UNIX0 + 500 + NTP_UNIX_OFFSET));
}

/* RFC 5905 6: 2^32 s after the prime epoch the era wraps, in 2036. */
static void
test_reads_across_era(void **state)
{
	(void)state;
	k.epoch_ns = (2085978496LL - 500) * NS_PER_S;
	k.tick_ns = 0;
	assert_int_equal(ts_sec(get_systime(&sys.port)), 0);
	k.boot_ns -= NS_PER_S;
	assert_int_equal(ts_sec(get_systime(&sys.port)), UINT32_MAX);
}

/* Microseconds by adjtime(3), which takes no other word beside it; a quarter
 * of the rest is applied in a second. */
static void
test_slew_in_two_portions(void **state)
{
	(void)state;
	assert_int_equal(adj_systime(&sys.port, 100e-6, -12.304e-6), 0);
	assert_int_equal(k.calls, 2);
	assert_int_equal(k.seen[0].modes, ADJ_OFFSET_SINGLESHOT);
	assert_int_equal(k.seen[0].offset, 100);
	assert_int_equal(k.last.modes,
	    ADJ_STATUS | ADJ_NANO | ADJ_TIMECONST | ADJ_OFFSET | ADJ_FREQUENCY);
	assert_int_equal(k.last.offset, 40);
	assert_int_equal(k.last.constant, 0);
	assert_int_equal(k.last.freq, lround(-12.304 * 65536));
	assert_true((k.last.status & STA_PLL) != 0);
	assert_true((k.last.status & STA_FREQHOLD) != 0);
}

/* The kernel says what it had not begun with. */
static void
test_slew_lost_comes_again(void **state)
{
	(void)state;
	k.left = 70;
	assert_int_equal(adj_systime(&sys.port, 100e-6, 0), 0);
	k.left = 0;
	assert_int_equal(adj_systime(&sys.port, 0, 0), 0);
	assert_int_equal(k.seen[2].offset, 70);
	k.left = 50;
	assert_int_equal(adj_systime(&sys.port, 0, 0), 0);
	assert_int_equal(step_systime(&sys.port, 1), 0);
	k.left = 0;
	assert_int_equal(adj_systime(&sys.port, 0, 0), 0);
	assert_int_equal(k.seen[7].offset, 0);
}

static void
test_slew_limits(void **state)
{
	(void)state;
	assert_int_equal(adj_systime(&sys.port, 10.0, 1.0), 0);
	assert_int_equal(k.seen[0].offset, 500);
	assert_int_equal(k.last.offset, 4 * (125000000 - 500000));
	assert_int_equal(k.last.freq, 32768000);
	sys.owed = 0;
	assert_int_equal(adj_systime(&sys.port, -10.0, -1.0), 0);
	/* 0.125 s in a second that lasts 1.125 s */
	assert_int_equal(k.last.offset, -444444444 + 4 * 500000);
	assert_int_equal(k.last.freq, -32768000);
	sys.owed = 0;
	assert_int_equal(adj_systime(&sys.port, (double)NAN, (double)NAN), 0);
	assert_int_equal(k.last.offset, 0);
	assert_int_equal(k.last.freq, 0);
}

/* A quick slew has a guard until the next second, or until we leave. */
static void
test_quick_slew_is_guarded(void **state)
{
	(void)state;
	assert_int_equal(adj_systime(&sys.port, 500e-6, 0), 0);
	assert_int_equal(sys.guard.fd, -1);
	assert_int_equal(adj_systime(&sys.port, 0.05, 0), 0);
	assert_true(sys.guard.fd >= 0);
	assert_int_equal(adj_systime(&sys.port, 0, 0), 0);
	assert_int_equal(sys.guard.fd, -1);
	assert_int_equal(adj_systime(&sys.port, -0.05, 0), 0);
	assert_true(sys.guard.fd >= 0);
	systime_release(&sys);
	assert_int_equal(sys.guard.fd, -1);
}

static void
test_step_forward_and_back(void **state)
{
	(void)state;
	assert_int_equal(step_systime(&sys.port, 1.25), 0);
	assert_int_equal(k.last.modes, ADJ_SETOFFSET | ADJ_NANO);
	assert_int_equal(k.last.time.tv_sec, 1);
	assert_int_equal(k.last.time.tv_usec, 250000000);
	/* the kernel wants the nanoseconds positive */
	assert_int_equal(step_systime(&sys.port, -0.25), 0);
	assert_int_equal(k.last.time.tv_sec, -1);
	assert_int_equal(k.last.time.tv_usec, 750000000);
	assert_int_equal(step_systime(&sys.port, -2.0), 0);
	assert_int_equal(k.last.time.tv_sec, -2);
	assert_int_equal(k.last.time.tv_usec, 0);
	assert_int_equal(k.sets, 0);
}

static void
test_step_falls_back(void **state)
{
	(void)state;
	k.fail_errno = EINVAL;
	k.tick_ns = 0;
	assert_int_equal(step_systime(&sys.port, 2.5), 0);
	assert_int_equal(k.sets, 1);
	assert_int_equal(k.set.tv_sec, UNIX0 + 502);
	assert_in_range(k.set.tv_nsec, 500000000, 500001000);
}

static void
test_step_refused(void **state)
{
	(void)state;
	k.fail_errno = EPERM;
	assert_int_equal(step_systime(&sys.port, 2.5), -NTP_EPERM);
	assert_int_equal(k.sets, 0);
	k.calls = 0;
	assert_int_equal(step_systime(&sys.port, (double)NAN), -NTP_ERANGE);
	assert_int_equal(step_systime(&sys.port, 1e30), -NTP_ERANGE);
	assert_int_equal(k.calls, 0);
}

static void
test_status(void **state)
{
	struct clock_port *c = &sys.port;

	(void)state;
	assert_int_equal(c->set_status(c, NTP_LEAP_NONE, 12e-6, 0.034), 0);
	assert_int_equal(
	    k.last.modes, ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR);
	assert_int_equal(k.last.status, STA_PLL | STA_FREQHOLD);
	assert_int_equal(k.last.esterror, 12);
	assert_int_equal(k.last.maxerror, 34000);
	(void)c->set_status(c, NTP_LEAP_INS, 0, 0);
	assert_int_equal(k.last.status, STA_PLL | STA_FREQHOLD | STA_INS);
	(void)c->set_status(c, NTP_LEAP_DEL, 0, 0);
	assert_int_equal(k.last.status, STA_PLL | STA_FREQHOLD | STA_DEL);
	(void)c->set_status(c, NTP_LEAP_UNSYNC, 99.0, 99.0);
	assert_int_equal(k.last.status, STA_PLL | STA_FREQHOLD | STA_UNSYNC);
	assert_int_equal(k.last.maxerror, 16000000);
	/* a slew must not undo what set_status() said */
	(void)c->set_status(c, NTP_LEAP_INS, 0, 0);
	(void)adj_systime(c, 0.0, 0.0);
	assert_int_equal(k.last.status, STA_PLL | STA_FREQHOLD | STA_INS);
}

static void
test_take_and_release(void **state)
{
	(void)state;
	assert_int_equal(systime_take(&sys), 0);
	assert_int_equal(k.calls, 2);
	assert_int_equal(k.seen[0].modes, ADJ_OFFSET_SINGLESHOT);
	assert_int_equal(k.seen[0].offset, 0);
	assert_true((k.seen[1].status & STA_UNSYNC) != 0);
	assert_true((k.seen[1].modes & ADJ_TICK) != 0);
	assert_int_equal(k.seen[1].tick, 1000000 / sysconf(_SC_CLK_TCK));
	systime_release(&sys);
	assert_true((k.last.modes & ADJ_OFFSET) != 0);
	assert_int_equal(k.last.offset, 0);
	assert_int_equal(k.last.modes & ADJ_FREQUENCY, 0);
	k.fail_errno = EPERM;
	assert_int_equal(systime_take(&sys), -NTP_EPERM);
}

/* What the daemon before us armed may be due in seconds. */
static void
test_take_keeps_leap(void **state)
{
	(void)state;
	k.status = STA_INS | STA_PPSFREQ;
	assert_int_equal(systime_take(&sys), 0);
	assert_int_equal(
	    k.seen[1].status, STA_PLL | STA_FREQHOLD | STA_UNSYNC | STA_INS);
	(void)sys.port.set_status(&sys.port, NTP_LEAP_NONE, 0, 0);
	assert_int_equal(k.last.status, STA_PLL | STA_FREQHOLD);
}

static void
test_slew_once(void **state)
{
	(void)state;
	assert_int_equal(sys.port.slew_systime(&sys.port, -0.1), 0);
	assert_int_equal(k.last.modes, ADJ_OFFSET_SINGLESHOT);
	assert_int_equal(k.last.offset, -100000);
}

static void
test_jump_by_others(void **state)
{
	struct systime_event ev;

	(void)state;
	assert_false(systime_jump(&sys, &ev));
	k.epoch_ns += 5 * NS_PER_S / 2;
	assert_true(systime_jump(&sys, &ev));
	assert_true(fabs(ev.stepped - 2.5) < 1e-6);
	assert_true(ev.slept == 0.0);
	assert_false(systime_jump(&sys, &ev));
	k.epoch_ns += 10000000; /* 10 ms is no jump */
	assert_false(systime_jump(&sys, &ev));
}

static void
test_jump_not_by_us(void **state)
{
	struct systime_event ev;

	(void)state;
	assert_int_equal(step_systime(&sys.port, 3.0), 0);
	assert_false(systime_jump(&sys, &ev));
}

/* What befell the clock between the last look and our step is not lost, and
 * a step that was refused hides nothing. */
static void
test_jump_before_our_step(void **state)
{
	struct systime_event ev;

	(void)state;
	k.boot_ns += 7200 * NS_PER_S;
	k.slept_ns += 7200 * NS_PER_S;
	k.epoch_ns += 2 * NS_PER_S;
	assert_int_equal(step_systime(&sys.port, -3.0), 0);
	assert_true(systime_jump(&sys, &ev));
	assert_true(fabs(ev.slept - 7200.0) < 1e-6);
	assert_true(fabs(ev.stepped - 2.0) < 1e-6);
	k.epoch_ns += NS_PER_S;
	k.fail_errno = EPERM;
	assert_int_equal(step_systime(&sys.port, -3.0), -NTP_EPERM);
	assert_true(systime_jump(&sys, &ev));
	assert_true(fabs(ev.stepped - 1.0) < 1e-6);
}

static void
test_jump_sleep(void **state)
{
	struct systime_event ev;

	(void)state;
	k.boot_ns += 3600 * NS_PER_S;
	k.slept_ns += 3600 * NS_PER_S;
	assert_true(systime_jump(&sys, &ev));
	assert_true(fabs(ev.slept - 3600.0) < 1e-6);
	assert_true(ev.stepped == 0.0);
}

static void
test_jump_leap_second(void **state)
{
	struct systime_event ev;

	(void)state;
	(void)sys.port.set_status(&sys.port, NTP_LEAP_INS, 0, 0);
	k.epoch_ns -= NS_PER_S;
	assert_false(systime_jump(&sys, &ev));
	(void)sys.port.set_status(&sys.port, NTP_LEAP_NONE, 0, 0);
	k.epoch_ns -= NS_PER_S;
	assert_true(systime_jump(&sys, &ev));
}

/* Readings far apart (we were preempted) prove nothing. */
static void
test_jump_loose_reading(void **state)
{
	struct systime_event ev;

	(void)state;
	k.tick_ns = 200000000;
	assert_false(systime_jump(&sys, &ev));
}

static void
test_tai(void **state)
{
	(void)state;
	assert_int_equal(sys.port.set_tai(&sys.port, 37), 0);
	assert_int_equal(k.calls, 1);
	assert_int_equal(k.last.modes, ADJ_TAI);
	assert_int_equal(k.last.constant, 37);
	k.fail_errno = EPERM;
	assert_int_equal(sys.port.set_tai(&sys.port, 37), -NTP_EPERM);
}

static void
test_state(void **state)
{
	int status;

	(void)state;
	k.state = TIME_ERROR;
	k.status = 0x41;
	assert_int_equal(systime_state(&sys, &status), TIME_ERROR);
	assert_int_equal(status, 0x41);
	assert_int_equal(k.last.modes, 0);
	k.fail_errno = EPERM;
	assert_int_equal(systime_state(&sys, &status), -NTP_EIO);
}

static void
test_precision(void **state)
{
	(void)state;
	k.tick_ns = 60; /* log2(60e-9) = -23.99 */
	assert_int_equal(clock_precision(&sys.port), -24);
	k.tick_ns = 1000; /* log2(1e-6) = -19.93 */
	assert_int_equal(clock_precision(&sys.port), -20);
	k.tick_ns = 60;
	k.quantum = 4000000; /* a coarse clock of 250 Hz: -7.97 */
	assert_int_equal(clock_precision(&sys.port), -6);
	k.tick_ns = 4000;
	assert_int_equal(clock_precision(&sys.port), -8);
	k.tick_ns = 0; /* stands still */
	k.quantum = 0;
	assert_int_equal(clock_precision(&sys.port), -6);
}

static void
test_arrival(void **state)
{
	struct timespec at = {.tv_sec = UNIX0, .tv_nsec = 500000000};
	ntp_ts t = systime_arrival(&sys.port, &at);

	(void)state;
	assert_int_equal(ts_sec(t), (uint32_t)(UNIX0 + NTP_UNIX_OFFSET));
	assert_int_equal(ts_frac(t), 0x80000000U);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_init_sets_nothing, setup),
	    cmocka_unit_test_setup(test_reads_realtime, setup),
	    cmocka_unit_test_setup(test_reads_across_era, setup),
	    cmocka_unit_test_setup(test_slew_in_two_portions, setup),
	    cmocka_unit_test_setup(test_slew_lost_comes_again, setup),
	    cmocka_unit_test_setup(test_slew_limits, setup),
	    cmocka_unit_test_setup(test_quick_slew_is_guarded, setup),
	    cmocka_unit_test_setup(test_step_forward_and_back, setup),
	    cmocka_unit_test_setup(test_step_falls_back, setup),
	    cmocka_unit_test_setup(test_step_refused, setup),
	    cmocka_unit_test_setup(test_status, setup),
	    cmocka_unit_test_setup(test_take_and_release, setup),
	    cmocka_unit_test_setup(test_take_keeps_leap, setup),
	    cmocka_unit_test_setup(test_slew_once, setup),
	    cmocka_unit_test_setup(test_jump_by_others, setup),
	    cmocka_unit_test_setup(test_jump_not_by_us, setup),
	    cmocka_unit_test_setup(test_jump_before_our_step, setup),
	    cmocka_unit_test_setup(test_jump_sleep, setup),
	    cmocka_unit_test_setup(test_jump_leap_second, setup),
	    cmocka_unit_test_setup(test_jump_loose_reading, setup),
	    cmocka_unit_test_setup(test_tai, setup),
	    cmocka_unit_test_setup(test_state, setup),
	    cmocka_unit_test_setup(test_precision, setup),
	    cmocka_unit_test_setup(test_arrival, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
