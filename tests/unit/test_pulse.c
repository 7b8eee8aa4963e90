/* SPDX-License-Identifier: BSD-2-Clause */
/* test_pulse.c - an engine with pulses per second beside its servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

/* The servers are that far off, all of them. */
#define LATE 0.003

#define SERVERS                                                                \
	"server 192.0.2.1 iburst minpoll 4 maxpoll 4%s\n"                      \
	"server 192.0.2.2 iburst minpoll 4 maxpoll 4\n"                        \
	"server 192.0.2.3 iburst minpoll 4 maxpoll 4\n"
#define PPS "server 127.127.22.0 minpoll 4"

static void
begin(struct world *w, const char *prefer, const char *more)
{
	char conf[600];

	snprintf(conf, sizeof conf, SERVERS "%s\n", prefer, more);
	world_init(w, conf, NULL, 0.05, 20);
	for (unsigned n = 1; n <= 3; n++)
		world_server(w, n, LATE);
}

static struct peer *
pulse_of(struct world *w)
{
	return world_peer(w, 3);
}

/* S seconds, each with a pulse OFF from the true second. */
static void
pulses(struct world *w, unsigned s, double off)
{
	for (unsigned i = 0; i < s; i++) {
		double at = off - w->err;
		struct clock_reading r = {.offset = at - nearbyint(at),
		    .precision = -20,
		    .pps = true,
		    .unnumbered = true};

		(void)engine_clock_reading(
		    w->e, CLOCK_PPS, 0, &r, world_now(w));
		world_run(w, 1);
	}
}

static enum reason
why(struct world *w)
{
	return reason_of_peer(w->e, pulse_of(w), world_now(w).mono);
}

static void
leads_beside_a_preferred_source(void **state)
{
	struct world w;

	(void)state;
	begin(&w, " prefer", PPS);
	pulses(&w, 900, 0);
	assert_int_equal(pulse_of(&w)->select, SEL_PPSPEER);
	assert_int_equal(world_peer(&w, 0)->select, SEL_SYSPEER);
	assert_int_equal(world_peer(&w, 1)->select, SEL_CANDIDATE);
	assert_ptr_equal(w.e->sys.peer, pulse_of(&w));
	assert_int_equal(w.e->sys.stratum, 1);
	assert_int_equal(w.e->sys.refid, refid_from_text("PPS"));
	assert_int_equal(w.e->sys.source, SYNC_PPS);
	assert_true(fabs(w.err) < 1e-4);
	assert_int_equal(w.steps, 0);
	assert_int_equal(peer_status_word(pulse_of(&w)) >> 8 & 7, SEL_PPSPEER);
	world_fini(&w);
}

/* The control: nobody numbers its seconds. */
static void
needs_a_preferred_source(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "", PPS);
	pulses(&w, 900, 0);
	assert_int_equal(pulse_of(&w)->select, SEL_REJECT);
	assert_int_equal(why(&w), REASON_PULSE);
	assert_true(fabs(w.err - LATE) < 1e-3);
	assert_int_equal(w.e->sys.stratum, 2);
	world_fini(&w);
	/* NTPsec takes that word on the line of the pulse, too */
	begin(&w, "", PPS " prefer");
	pulses(&w, 900, 0);
	assert_int_equal(pulse_of(&w)->select, SEL_PPSPEER);
	assert_true(fabs(w.err) < 1e-4);
	world_fini(&w);
}

static void
never_alone_from_the_start(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "tos minsane 0\n" PPS "\n", NULL, 0.2, 20);
	pulses(&w, 300, 0);
	assert_false(world_is_synced(&w));
	assert_int_equal(world_peer(&w, 0)->poll.reach, 0);
	assert_true(w.e->peers.p[0].clk.noreply > 0);
	world_fini(&w);
}

static void
alone_afterwards(void **state)
{
	static const char *const tos[] = {"tos minsane 0\n", ""};

	(void)state;
	for (unsigned control = 0; control < 2; control++) {
		char more[100];
		struct world w;

		snprintf(more, sizeof more, "%s" PPS, tos[control]);
		begin(&w, " prefer", more);
		pulses(&w, 300, 0);
		assert_int_equal(pulse_of(&w)->select, SEL_PPSPEER);
		w.net_down = true;
		for (unsigned n = 0; n < 3; n++)
			w.srv[n].dead = true;
		pulses(&w, 3000, 0);
		assert_int_equal(world_peer(&w, 0)->poll.reach, 0);
		if (control == 0) {
			assert_int_equal(pulse_of(&w)->select, SEL_PPSPEER);
			assert_true(fabs(w.err) < 1e-4);
		} else {
			assert_int_equal(pulse_of(&w)->select, SEL_REJECT);
			assert_null(w.e->sys.peer);
		}
		world_fini(&w);
	}
}

/* A cable that was swapped: the pulse ends where it should begin. */
static void
pulse_that_contradicts(void **state)
{
	struct world w;

	(void)state;
	begin(&w, " prefer", PPS);
	pulses(&w, 900, 0.2);
	assert_int_equal(pulse_of(&w)->select, SEL_FALSETICK);
	assert_int_equal(why(&w), REASON_FALSETICK);
	assert_int_equal(world_peer(&w, 0)->select, SEL_SYSPEER);
	assert_true(fabs(w.err - LATE) < 1e-3);
	world_fini(&w);
	/* near half a second it may mean either */
	begin(&w, " prefer", PPS);
	pulses(&w, 300, 0.45);
	assert_int_equal(pulse_of(&w)->poll.reach, 0);
	world_fini(&w);
}

static void
pulse_that_stops(void **state)
{
	struct world w;

	(void)state;
	begin(&w, " prefer", PPS);
	pulses(&w, 300, 0);
	assert_int_equal(pulse_of(&w)->select, SEL_PPSPEER);
	world_run(&w, 60);
	assert_int_equal(pulse_of(&w)->select, SEL_REJECT);
	assert_int_equal(pulse_of(&w)->clk.code, CLOCK_NO_REPLY);
	world_run(&w, 3000);
	assert_ptr_equal(w.e->sys.peer, world_peer(&w, 0));
	pulses(&w, 300, 0);
	assert_int_equal(pulse_of(&w)->select, SEL_PPSPEER);
	assert_true(fabs(w.err) < 3e-4);
	world_fini(&w);
}

/* Clock UNIT of TYPE tells the time, AHEAD of it. */
static void
tell(struct world *w, uint8_t type, bool pps, double ahead)
{
	struct clock_reading r = {.offset = ahead - w->err +
		rng_normal(&w->rng) * (pps ? 1e-6 : 1e-3),
	    .precision = pps ? -20 : -9,
	    .pps = pps};

	(void)engine_clock_reading(w->e, type, 0, &r, world_now(w));
}

/* A receiver that numbers its own seconds needs nobody. */
static void
numbered_pulse_leads(void **state)
{
	static const char *const line[] = {
	    "server 127.127.20.0 minpoll 4 true\n",
	    "server 127.127.20.0 minpoll 4 true mode 0x20000\n"};

	(void)state;
	for (unsigned control = 0; control < 2; control++) {
		struct world w;

		begin(&w, "", line[control]);
		for (unsigned i = 0; i < 600; i++) {
			tell(&w, CLOCK_NMEA, true, 0);
			world_run(&w, 1);
		}
		if (control == 0) {
			assert_int_equal(pulse_of(&w)->select, SEL_PPSPEER);
			assert_true(fabs(w.err) < 1e-4);
		} else {
			assert_int_not_equal(pulse_of(&w)->select, SEL_PPSPEER);
		}
		world_fini(&w);
	}
}

/* Sentences between those that a pulse has stamped are not mixed in. */
static void
pulses_outdo_sentences(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "server 127.127.20.0 minpoll 4\n", NULL, 0, 5);
	for (unsigned i = 1; i < 300; i++) {
		tell(&w, CLOCK_NMEA, i % 3 != 0, i % 3 != 0 ? 0 : 0.1);
		world_run(&w, 1);
	}
	assert_true(fabs(w.err) < 1e-4);
	assert_true(world_peer(&w, 0)->clk.pps);
	world_fini(&w);
}

/* A second clock, 30 ms beside the pulse, is put right. */
static void
calibration(void **state)
{
	static const char *const flag[] = {"enable calibrate\n", ""};

	(void)state;
	for (unsigned control = 0; control < 2; control++) {
		char more[200];
		struct world w;
		double found;

		snprintf(more, sizeof more,
		    "%s" PPS "\nserver 127.127.28.0 minpoll 4\n"
		    "fudge 127.127.28.0 time1 0.01 minjitter 0.002",
		    flag[control]);
		begin(&w, " prefer", more);
		for (unsigned i = 0; i < 1500; i++) {
			tell(&w, CLOCK_SHM, false, 0.03);
			pulses(&w, 1, 0);
		}
		found = world_peer(&w, 4)->clk.calibration;
		assert_true(control == 0 ? fabs(found + 0.04) < 2e-3
					 : !(fabs(found) > 0));
		assert_true(world_peer(&w, 4)->filter.jitter < 0.05);
		world_fini(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leads_beside_a_preferred_source),
	    cmocka_unit_test(needs_a_preferred_source),
	    cmocka_unit_test(never_alone_from_the_start),
	    cmocka_unit_test(alone_afterwards),
	    cmocka_unit_test(pulse_that_contradicts),
	    cmocka_unit_test(pulse_that_stops),
	    cmocka_unit_test(numbered_pulse_leads),
	    cmocka_unit_test(pulses_outdo_sentences),
	    cmocka_unit_test(calibration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
