/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_xleave.c - interleaved modes: on hosts whose datagrams leave late, who
 * is told when they left measures better; and nobody is talked into it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "attack.h"
#include "mesh.h"

#define CLOCK                                                                  \
	"server 127.127.1.0 minpoll 4 prefer\n"                                \
	"fudge 127.127.1.0 stratum 1\n"
#define STACK 0.02 /* s */

static void
setting(struct mesh *m, const char *server, const char *client,
    const char *words, struct keystore *keys)
{
	char a[256], b[256];

	mesh_init(m);
	m->stack = STACK;
	(void)snprintf(a, sizeof a, CLOCK "%s %s\n", server, words);
	(void)snprintf(b, sizeof b, "%s %s\n", client, words);
	(void)mesh_add(m, a, keys, 0, 0);
	(void)mesh_add(m, b, keys, 0, 0);
}

/* Mean error in s of the offsets that node 1 measures of node 0. */
static double
mean_error(struct mesh *m)
{
	double sum = 0;

	mesh_run(m, 600);
	for (unsigned i = 0; i < 100; i++) {
		struct peer *p = mesh_peer(m, 1, 0);

		mesh_run(m, 16);
		assert_non_null(p);
		sum +=
		    fabs(p->filter.offset - (m->node[0].err - m->node[1].err));
	}
	return sum / 100;
}

/* The same pair with and without; the second is the control. */
static void
better_by_a_factor(const char *server, const char *client, bool both)
{
	struct keystore *keys = attack_keys();
	double err[2];

	for (unsigned with = 0; with < 2; with++) {
		const char *word = with ? "xleave" : "";
		char a[256], b[256];
		struct mesh m;

		mesh_init(&m);
		m.stack = STACK;
		(void)snprintf(
		    a, sizeof a, CLOCK "%s %s\n", server, both ? word : "");
		(void)snprintf(
		    b, sizeof b, "disable ntp\n%s %s\n", client, word);
		(void)mesh_add(&m, a, keys, 0, 0);
		(void)mesh_add(&m, b, keys, 0, 0);
		err[with] = mean_error(&m);
		assert_int_equal(mesh_peer(&m, 1, 0)->xl.count > 60, with == 1);
		mesh_fini(&m);
	}
	assert_true(err[1] < err[0] / 4);
	keys_free(&keys);
}

static void
client_and_server(void **state)
{
	(void)state;
	better_by_a_factor("", "server 192.0.2.1 minpoll 4 maxpoll 4", false);
}

static void
symmetric(void **state)
{
	(void)state;
	better_by_a_factor("peer 192.0.2.2 minpoll 4 maxpoll 4 key 1",
	    "peer 192.0.2.1 minpoll 4 maxpoll 4 key 1", true);
}

static void
broadcast(void **state)
{
	struct keystore *keys = attack_keys();
	double err[2];

	(void)state;
	for (unsigned with = 0; with < 2; with++) {
		struct mesh m;

		mesh_init(&m);
		m.stack = STACK;
		(void)mesh_add(&m,
		    with ? CLOCK
			"broadcast 192.0.2.255 minpoll 4 key 1 xleave\n"
			 : CLOCK "broadcast 192.0.2.255 minpoll 4 key 1\n",
		    keys, 0, 0);
		(void)mesh_add(&m,
		    "disable ntp\nbroadcastclient\nbroadcastdelay 0.004\n",
		    keys, 0, 0);
		err[with] = mean_error(&m);
		assert_int_equal(mesh_peer(&m, 1, 0)->xl.count > 60, with == 1);
		mesh_fini(&m);
	}
	assert_true(err[1] < err[0] / 4);
	keys_free(&keys);
}

/* Losses, a server that restarts: back to basic, then on. */
static void
losses_heal(void **state)
{
	struct peer *p;
	uint64_t count;
	struct mesh m;

	(void)state;
	mesh_init(&m);
	(void)mesh_add(&m, CLOCK, NULL, 0, 0);
	(void)mesh_add(
	    &m, "server 192.0.2.1 minpoll 4 maxpoll 4 xleave\n", NULL, 0, 0);
	m.loss = 0.3;
	mesh_run(&m, 3000);
	m.loss = 0;
	mesh_run(&m, 200);
	p = mesh_peer(&m, 1, 0);
	assert_int_equal(p->poll.reach, 0377);
	assert_int_equal(p->xl.errors, 0);
	mesh_restart(&m, 0, CLOCK, NULL);
	mesh_run(&m, 300);
	count = p->xl.count;
	assert_int_equal(p->poll.reach, 0377);
	mesh_run(&m, 320);
	assert_true(p->xl.count >= count + 15);
	mesh_fini(&m);
}

static void
inject_from_0(struct mesh *m, const struct ntp_packet *r)
{
	struct ntp_addr src = mesh_addr(0);
	uint8_t buf[48];

	packet_encode(r, buf);
	mesh_inject(m, 1, &src, false, buf, sizeof buf);
}

/* The origin is the arrival that we told, but we were not told to interleave:
 * nothing changes; and with a key nothing without it, not even then. */
static void
nobody_is_talked_into_it(void **state)
{
	static const char *const words[] = {"", "key 1 xleave"};
	struct keystore *keys = attack_keys();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct mesh m;
		struct peer *p, before;
		struct ntp_packet r = {.version = 4,
		    .mode = NTP_MODE_ACTIVE,
		    .stratum = 1,
		    .poll = 4,
		    .precision = -20};

		setting(&m, "peer 192.0.2.2 minpoll 4 maxpoll 4",
		    "peer 192.0.2.1 minpoll 4 maxpoll 4", words[i], keys);
		mesh_run(&m, 400);
		p = mesh_peer(&m, 1, 0);
		before = *p;
		r.org = p->symm.told;
		r.rec = r.reftime = r.xmt = mesh_now(&m, 1).sys;
		inject_from_0(&m, &r);
		assert_unchanged(&before, p);
		mesh_fini(&m);
	}
	keys_free(&keys);
}

/* A zero origin is not taken for the arrival of nothing, and the pair goes on
 * within two polls. */
static void
zero_origin_does_not_stick(void **state)
{
	struct peer *p;
	uint64_t count;
	struct mesh m;

	(void)state;
	setting(&m, "peer 192.0.2.2 minpoll 4 maxpoll 4",
	    "peer 192.0.2.1 minpoll 4 maxpoll 4", "xleave", NULL);
	mesh_run(&m, 600);
	p = mesh_peer(&m, 1, 0);
	for (unsigned i = 0; i < 50; i++) {
		struct ntp_packet r = {.version = 4,
		    .mode = NTP_MODE_ACTIVE,
		    .stratum = 1,
		    .poll = 4,
		    .precision = -20,
		    .rec = {7},
		    .xmt = mesh_now(&m, 1).sys};

		count = p->count.processed;
		inject_from_0(&m, &r);
		assert_int_equal(p->count.processed, count);
		mesh_run(&m, 40);
		assert_true(p->count.processed > count);
	}
	mesh_fini(&m);
}

/* A broadcast whose origin looks interleaved, without the key. */
static void
broadcast_without_key_makes_no_sample(void **state)
{
	struct keystore *keys = attack_keys();
	struct peer *p, before;
	struct mesh m;

	(void)state;
	mesh_init(&m);
	(void)mesh_add(
	    &m, CLOCK "broadcast 192.0.2.255 minpoll 4 key 1\n", keys, 0, 0);
	(void)mesh_add(
	    &m, "broadcastclient\nbroadcastdelay 0.004\n", keys, 0, 0);
	mesh_run(&m, 400);
	p = mesh_peer(&m, 1, 0);
	for (unsigned i = 0; i < 64; i++) {
		struct ntp_addr src = mesh_addr(0);
		struct ntp_packet r = {.version = 4,
		    .mode = NTP_MODE_BROADCAST,
		    .stratum = 1,
		    .poll = 4,
		    .precision = -20,
		    .org = ts_add(p->bcast.xmt, 1e-3),
		    .xmt = mesh_now(&m, 0).sys};
		uint8_t buf[48];

		before = *p;
		packet_encode(&r, buf);
		mesh_inject(&m, 1, &src, true, buf, sizeof buf);
		assert_unchanged(&before, p);
		mesh_run(&m, 1);
	}
	assert_int_equal(p->xl.count, 0);
	assert_int_equal(p->poll.reach, 0377);
	mesh_fini(&m);
	keys_free(&keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(client_and_server),
	    cmocka_unit_test(symmetric),
	    cmocka_unit_test(broadcast),
	    cmocka_unit_test(losses_heal),
	    THREAT("CVE-2016-1548", nobody_is_talked_into_it),
	    THREAT("CVE-2016-4956", broadcast_without_key_makes_no_sample),
	    THREAT("CVE-2018-7185", nobody_is_talked_into_it),
	    THREAT("CVE-2018-7184", zero_origin_does_not_stick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
