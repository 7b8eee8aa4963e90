/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_o.c - what could lead the clock astray (rows O of threats.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "attack.h"

#define THREE                                                                  \
	"server 192.0.2.1 iburst\nserver 192.0.2.2 iburst\n"                   \
	"server 192.0.2.3 iburst\n"

static void
three_servers(struct world *w)
{
	for (unsigned n = 1; n <= 3; n++)
		(void)world_server(w, n, 0);
}

static bool
synced(const struct world *w)
{
	return w->e->sys.leap != NTP_LEAP_UNSYNC;
}

static void
all_jump(struct world *w, double by)
{
	for (size_t i = 0; i < w->nsrv; i++)
		w->srv[i].offset += by;
}

/* -g lets the first correction through, however small it is. */
static void
panic_gate_closes_after_a_small_step(void **state)
{
	struct engine_options opt = {.panic_once = true, .version = "t"};
	struct world w;

	(void)state;
	world_init(&w, THREE, &opt, -0.5, 0);
	three_servers(&w);
	world_run(&w, 120);
	assert_int_equal(w.steps, 1);
	assert_true(synced(&w));
	all_jump(&w, 10000);
	world_run(&w, 20000);
	assert_int_equal(w.e->stop, ENGINE_STOP_PANIC);
	assert_int_equal(w.steps, 1);
	world_fini(&w);
}

/* Steps below the panic threshold are taken, one after the other, but none of
 * them in silence. */
static void
each_step_is_told(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, THREE, NULL, 0, 0);
	three_servers(&w);
	world_run(&w, 3600);
	assert_int_equal(w.steps, 0);
	for (unsigned n = 1; n <= 4; n++) {
		all_jump(&w, 500);
		while (w.steps < n && w.t < 1e5)
			world_run(&w, 1);
		assert_int_equal(w.steps, n);
		assert_int_equal(w.e->stop, ENGINE_RUN);
		assert_int_equal(w.e->sys.event, EVNT_CLOCKRESET);
		world_run(&w, 3600);
	}
	world_fini(&w);
}

/* From half an hour before a second at which counters overflow to an hour
 * after it. */
static void
run_across(int64_t second, double err)
{
	struct world w;

	world_init(&w, THREE, NULL, err, 10);
	world_begin(&w, world_time_of(second - 1800));
	three_servers(&w);
	world_run(&w, 1700);
	assert_true(synced(&w));
	assert_true(fabs(w.err) < 0.01);
	world_run(&w, 3700);
	assert_true(synced(&w));
	assert_true(fabs(w.err) < 0.01);
	assert_int_equal(w.steps, fabs(err) > 0.128);
	assert_int_equal(world_peer(&w, 0)->poll.reach, 0377);
	world_fini(&w);
}

static void
eras_end(void **state)
{
	(void)state;
	run_across(INT64_C(2085978496), 0);  /* 2036-02-07 */
	run_across(INT64_C(2147483648), 0);  /* 2038-01-19 */
	run_across(INT64_C(2085978496), 90); /* we start beyond it */
	run_across(INT64_C(2147483648), -90);
}

/* The hash of our IPv6 address is somebody's IPv4 address: whoever follows
 * that host seems to follow us.  He is left out, the others are not. */
static void
colliding_reference_ids(void **state)
{
	struct world w;
	struct ntp_addr own = {.ip = {0x20, 1, 0xd, 0xb8, [15] = 1},
	    .port = 123,
	    .family = ADDR_V6};

	(void)state;
	world_init(&w, THREE, NULL, 0, 0);
	three_servers(&w);
	engine_local_addrs(w.e, &own, 1, world_now(&w));
	for (unsigned i = 0; i < 3; i++)
		w.srv[i].stratum = 2;
	w.srv[0].refid = refid_from_addr(&own);
	world_run(&w, 300);
	assert_int_equal(
	    world_peer(&w, 0)->flash & FLASH_PEER_LOOP, FLASH_PEER_LOOP);
	assert_true(synced(&w));
	assert_int_equal(w.e->sys.survivors, 2);
	/* and once his source changes he is welcome again */
	w.srv[0].refid = 0xc0000209;
	world_run(&w, 3600);
	assert_int_equal(w.e->sys.survivors, 3);
	world_fini(&w);
}

/* A server that claims to have worked on it longer than it took. */
static void
negative_delay_is_none(void **state)
{
	struct world w;
	struct peer *p = attack_outstanding(&w, ATTACK_ONE, NULL);
	struct ntp_packet r = attack_reply(&w);

	(void)state;
	filter_reset(&p->filter, world_now(&w).mono, w.e->sys.precision_s);
	r.rec = ts_add(r.rec, -0.3);
	r.xmt = ts_add(r.xmt, 0.4);
	attack_inject(&w, &r);
	assert_int_equal(p->poll.reach & 1, 1);
	assert_true(p->filter.delay >= w.e->sys.precision_s);
	assert_true(p->filter.disp > 0);
	world_fini(&w);
}

static void
assert_finite(const struct world *w, const struct peer *p)
{
	const struct sys_vars *s = &w->e->sys;

	assert_true(isfinite(p->filter.offset) && isfinite(p->filter.delay) &&
	    isfinite(p->filter.disp) && isfinite(p->filter.jitter));
	assert_true(isfinite(p->rootdelay) && isfinite(p->rootdisp));
	assert_true(isfinite(s->offset) && isfinite(s->jitter) &&
	    isfinite(s->rootdelay) && isfinite(s->rootdisp));
	assert_true(isfinite(w->e->loop.freq) && isfinite(w->err));
	assert_true(p->filter.delay >= 0 && p->rootdelay >= 0);
}

/* Everything in a reply but the origin is the server's to choose. */
static void
no_reply_makes_numbers_that_are_none(void **state)
{
	struct world w;
	struct peer *p;
	struct ntp_rng rng;

	(void)state;
	world_init(&w,
	    "server 192.0.2.1 minpoll 0 maxpoll 0\n"
	    "tinker panic 0\n",
	    NULL, 0, 0);
	world_server(&w, 1, 0)->dead = true;
	p = world_peer(&w, 0);
	rng_seed(&rng, 9);
	for (unsigned i = 0; i < 20000; i++) {
		struct ntp_packet r;

		world_run(&w, 1.2);
		r = attack_reply(&w);
		r.leap = (uint8_t)rng_below(&rng, 4);
		r.stratum = (uint8_t)rng_below(&rng, 18);
		r.precision = (int8_t)rng_below(&rng, 256);
		r.poll = (int8_t)rng_below(&rng, 256);
		r.rootdelay = (uint32_t)(rng_u64(&rng) >> rng_below(&rng, 64));
		r.rootdisp = (uint32_t)(rng_u64(&rng) >> rng_below(&rng, 64));
		r.reftime.v = rng_u64(&rng);
		if (rng_below(&rng, 2) == 0)
			r.rec.v = rng_u64(&rng);
		if (rng_below(&rng, 2) == 0)
			r.xmt.v = rng_u64(&rng);
		attack_inject(&w, &r);
		assert_finite(&w, p);
	}
	assert_true(p->count.processed > 100);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAT(
		"O-small-step-big-step", panic_gate_closes_after_a_small_step),
	    THREAT("O-drag", each_step_is_told),
	    THREAT("O-era", eras_end),
	    THREAT("O-refid-collision", colliding_reference_ids),
	    THREAT("O-negative-delay", negative_delay_is_none),
	    THREAT("O-finite", no_reply_makes_numbers_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
