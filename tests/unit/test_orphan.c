/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_orphan.c - orphan mode: isolated hosts agree on one of them, and leave
 * it when a source is back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "mesh.h"
#include "ntp_refclock.h"
#include "threat.h"
#include "world.h"

#define STRATUM 6U

/* N hosts that have all others as WORD; the last address is that of a source
 * that all know, which is node N when it is there. */
static void
isolated(struct mesh *m, unsigned n, const char *word, const char *more)
{
	mesh_init(m);
	for (unsigned k = 0; k < n; k++) {
		char conf[1024];
		int len = snprintf(conf, sizeof conf,
		    "tos orphan %u orphanwait 120\n%s", STRATUM, more);

		for (unsigned i = 0; i < n; i++) {
			if (i != k)
				len += snprintf(conf + len,
				    sizeof conf - (size_t)len,
				    "%s 192.0.2.%u minpoll 4 maxpoll 4\n", word,
				    i + 1);
		}
		(void)snprintf(conf + len, sizeof conf - (size_t)len,
		    "server 192.0.2.%u minpoll 4 maxpoll 4\n", n + 1);
		(void)mesh_add(m, conf, NULL, 0.01 * k, 10.0 * k - 15);
	}
}

static const struct sys_vars *
sys(const struct mesh *m, unsigned k)
{
	return &m->node[k].e->sys;
}

static void
assert_agreed(struct mesh *m, unsigned first, unsigned n, unsigned leader)
{
	for (unsigned k = first; k < n; k++) {
		assert_int_equal(sys(m, k)->leap, NTP_LEAP_NONE);
		assert_true(fabs(m->node[k].err - m->node[leader].err) < 5e-3);
		if (k == leader) {
			assert_true(sys(m, k)->orphan);
			assert_int_equal(sys(m, k)->stratum, STRATUM);
			assert_int_equal(sys(m, k)->refid, 0x7f000001);
			assert_true(sys_rootdisp(m->node[k].e,
					mesh_now(m, k).mono) < 1e-3);
			continue;
		}
		assert_false(sys(m, k)->orphan);
		assert_int_equal(sys(m, k)->stratum, STRATUM + 1);
		assert_ptr_equal(sys(m, k)->peer, mesh_peer(m, k, leader));
	}
}

static void
agree_on_one(void **state)
{
	(void)state;
	for (unsigned n = 2; n <= 4; n++) {
		for (unsigned sym = 0; sym < 2; sym++) {
			struct mesh m;

			isolated(&m, n, sym ? "peer" : "server", "");
			mesh_run(&m, 100);
			for (unsigned k = 0; k < n; k++)
				assert_int_equal(
				    sys(&m, k)->leap, NTP_LEAP_UNSYNC);
			mesh_run(&m, 1500);
			assert_agreed(&m, 0, n, 0);
			mesh_run(&m, 4000);
			assert_agreed(&m, 0, n, 0);
			mesh_fini(&m);
		}
	}
}

/* The leader goes; the next takes over; he comes back and leads again. */
static void
the_next_takes_over(void **state)
{
	struct mesh m;

	(void)state;
	isolated(&m, 4, "server", "");
	mesh_run(&m, 1500);
	m.node[0].cut = true;
	mesh_run(&m, 1000);
	assert_agreed(&m, 1, 4, 1);
	m.node[0].cut = false;
	mesh_run(&m, 1000);
	assert_agreed(&m, 0, 4, 0);
	mesh_fini(&m);
}

static void
a_source_ends_it(void **state)
{
	struct mesh m;
	unsigned source;

	(void)state;
	isolated(&m, 3, "server", "");
	mesh_run(&m, 1500);
	assert_agreed(&m, 0, 3, 0);
	source = mesh_add(&m,
	    "server 127.127.1.0 prefer\nfudge 127.127.1.0 stratum 1\n", NULL,
	    0.05, 0);
	for (unsigned s = 0; s < 4000; s += 10) {
		mesh_run(&m, 10);
		for (unsigned k = 0; k < 3 && s > 100; k++)
			assert_true(fabs(m.node[k].e->loop.freq) < 100e-6);
	}
	for (unsigned k = 0; k < 3; k++) {
		assert_int_equal(sys(&m, k)->stratum, 3);
		assert_ptr_equal(sys(&m, k)->peer, mesh_peer(&m, k, source));
		assert_true(fabs(m.node[k].err - m.node[source].err) < 5e-3);
	}
	/* and its end begins it again, from the time that was kept */
	m.node[source].cut = true;
	mesh_run(&m, 1500);
	assert_agreed(&m, 0, 3, 0);
	assert_true(fabs(m.node[0].err - m.node[source].err) < 10e-3);
	mesh_fini(&m);
}

/* A last resort of our own goes before somebody else's. */
static void
local_clock_goes_first(void **state)
{
	struct mesh m;

	(void)state;
	isolated(&m, 2, "server",
	    "server 127.127.1.0\nfudge 127.127.1.0 stratum 4\n");
	mesh_run(&m, 1500);
	for (unsigned k = 0; k < 2; k++)
		assert_true(sys(&m, k)->stratum <= 6 && !sys(&m, k)->orphan);
	mesh_fini(&m);
}

/* For 20 s the clock TYPE is right. */
static void
tell(struct world *w, uint8_t type)
{
	for (unsigned s = 0; s < 20; s++) {
		struct clock_reading r = {.offset = -w->err, .precision = -10};

		(void)engine_clock_reading(w->e, type, 0, &r, world_now(w));
		world_run(w, 1);
	}
}

/* Who is called, then our own clock, then an orphan; none of them soon. */
static void
order_of_last_resorts(void **state)
{
	struct world w;

	(void)state;
	world_init(&w,
	    "tos orphan 8 orphanwait 60\nserver 127.127.1.0\n"
	    "server 127.127.18.0 minpoll 4 maxpoll 4\n"
	    "server 127.127.28.0 minpoll 4\n",
	    NULL, 0, 5);
	tell(&w, CLOCK_MODEM);
	assert_null(w.e->sys.peer);
	for (unsigned i = 0; i < 4; i++)
		tell(&w, CLOCK_MODEM);
	assert_ptr_equal(w.e->sys.peer, world_peer(&w, 1));
	assert_int_equal(w.e->sys.source, SYNC_TELEPHONE);
	assert_int_equal(world_peer(&w, 0)->select, SEL_REJECT);
	/* a source ends it */
	for (unsigned i = 0; i < 4; i++)
		tell(&w, CLOCK_SHM);
	assert_ptr_equal(w.e->sys.peer, world_peer(&w, 2));
	/* nobody tells anything any more */
	world_run(&w, 200000);
	assert_ptr_equal(w.e->sys.peer, world_peer(&w, 0));
	assert_int_equal(w.e->sys.source, SYNC_LOCAL);
	/* and until that is called again, our own clock serves */
	for (unsigned i = 0; i < 10; i++)
		tell(&w, CLOCK_MODEM);
	assert_ptr_equal(w.e->sys.peer, world_peer(&w, 1));
	world_fini(&w);
}

/* One that is preferred waits for nothing. */
static void
preferred_call(void **state)
{
	struct world w;

	(void)state;
	world_init(&w,
	    "tos orphanwait 600\nserver 127.127.18.0 minpoll 4 prefer\n", NULL,
	    0, 5);
	for (unsigned i = 0; i < 5; i++)
		tell(&w, CLOCK_MODEM);
	assert_ptr_equal(w.e->sys.peer, world_peer(&w, 0));
	world_fini(&w);
}

static void
without_orphan_nobody_serves(void **state)
{
	struct mesh m;

	(void)state;
	isolated(&m, 3, "server", "tos orphan 16\n");
	for (unsigned k = 0; k < 3; k++)
		m.node[k].e->cfg->tos.orphan = NTP_ORPHAN;
	mesh_run(&m, 3000);
	for (unsigned k = 0; k < 3; k++)
		assert_int_equal(sys(&m, k)->leap, NTP_LEAP_UNSYNC);
	mesh_fini(&m);
}

/* Five of them for hours, with losses: nobody counts to infinity. */
static void
strata_do_not_grow(void **state)
{
	struct mesh m;

	(void)state;
	isolated(&m, 5, "peer", "");
	m.loss = 0.1;
	for (unsigned i = 0; i < 200; i++) {
		mesh_run(&m, 100);
		for (unsigned k = 0; k < 5; k++)
			assert_true(sys(&m, k)->stratum <= STRATUM + 1 ||
			    sys(&m, k)->stratum == NTP_MAXSTRAT);
	}
	m.loss = 0;
	mesh_run(&m, 500);
	assert_agreed(&m, 0, 5, 0);
	mesh_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agree_on_one),
	    cmocka_unit_test(the_next_takes_over),
	    cmocka_unit_test(a_source_ends_it),
	    cmocka_unit_test(local_clock_goes_first),
	    cmocka_unit_test(order_of_last_resorts),
	    cmocka_unit_test(preferred_call),
	    cmocka_unit_test(without_orphan_nobody_serves),
	    THREAT("O-stratum-inflation", strata_do_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
