/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_e.c - broadcast, multicast, manycast (rows E of threats.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "attack.h"
#include "mesh.h"

#define CLOCK                                                                  \
	"server 127.127.1.0 minpoll 4 prefer\n"                                \
	"fudge 127.127.1.0 stratum 1\n"
#define SENDER	 CLOCK "broadcast 192.0.2.255 minpoll 4 key 1\n"
#define LISTENER "broadcastclient\n"
#define INTERVAL 16

/* Node 0 broadcasts with key 1, node 1 listens. */
static void
setting(struct mesh *m, struct keystore *keys, const char *listener)
{
	mesh_init(m);
	(void)mesh_add(m, SENDER, keys, 0, 0);
	(void)mesh_add(m, listener, keys, 0.01, 10);
}

static void
keep_broadcast(struct mesh *m, const struct mesh_packet *p)
{
	if (p->group)
		m->last = *p;
}

static struct peer *
listening(struct mesh *m)
{
	struct peer *p;

	m->tap = keep_broadcast;
	mesh_run(m, 400);
	p = mesh_peer(m, 1, 0);
	assert_non_null(p);
	assert_int_equal(p->hmode, NTP_MODE_CONTROL);
	assert_int_equal(p->bcast.phase, BCAST_LISTEN);
	assert_int_equal(p->poll.reach, 0377);
	return p;
}

static void
measures_the_delay_and_listens(void **state)
{
	struct keystore *keys = attack_keys();
	struct peer *p;
	struct mesh m;
	uint64_t sent;

	(void)state;
	setting(&m, keys, LISTENER);
	m.delay = 0.004;
	p = listening(&m);
	assert_true(fabs(p->bcast.delay - 0.008) < 2e-3);
	assert_true(p->authentic);
	sent = p->count.sent;
	mesh_run(&m, 3600);
	assert_int_equal(p->count.sent, sent);
	assert_true(fabs(m.node[1].err) < 1e-3);
	/* the server is gone: so is the association, in time */
	m.node[0].cut = true;
	mesh_run(&m, 600);
	assert_null(mesh_peer(&m, 1, 0));
	mesh_fini(&m);
	keys_free(&keys);
}

static void
configured_delay_needs_no_volley(void **state)
{
	struct keystore *keys = attack_keys();
	struct peer *p;
	struct mesh m;

	(void)state;
	setting(&m, keys, LISTENER "broadcastdelay 0.004\n");
	p = listening(&m);
	assert_int_equal(p->count.sent, 0);
	mesh_run(&m, 1000);
	assert_true(fabs(m.node[1].err) < 1e-3);
	mesh_fini(&m);
	keys_free(&keys);
}

/* Without a key, or with broadcastclient not said, nobody is believed. */
static void
unauthenticated_is_refused_by_default(void **state)
{
	static const char *const server[] = {CLOCK
	    "broadcast 192.0.2.255 minpoll 4\n",
	    SENDER, CLOCK "broadcast 192.0.2.255 minpoll 4\n"};
	static const char *const client[] = {
	    LISTENER, "", LISTENER "disable auth\n"};
	struct keystore *keys = attack_keys();

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct mesh m;

		mesh_init(&m);
		(void)mesh_add(&m, server[i], keys, 0, 0);
		(void)mesh_add(&m, client[i], keys, 0.01, 0);
		mesh_run(&m, 200);
		assert_int_equal(mesh_peer(&m, 1, 0) != NULL, i == 2);
		mesh_fini(&m);
	}
	keys_free(&keys);
}

/* Who has no time does not broadcast it. */
static void
silent_while_unsynchronized(void **state)
{
	struct mesh m;

	(void)state;
	mesh_init(&m);
	(void)mesh_add(&m, "broadcast 192.0.2.255 minpoll 4\n", NULL, 0, 0);
	(void)mesh_add(&m, LISTENER "disable auth\n", NULL, 0, 0);
	mesh_run(&m, 300);
	assert_null(mesh_peer(&m, 1, 0));
	mesh_fini(&m);
}

static void
replays_are_dropped(void **state)
{
	struct keystore *keys = attack_keys();
	struct mesh_packet old;
	struct peer *p, before;
	struct mesh m;

	(void)state;
	setting(&m, keys, LISTENER);
	p = listening(&m);
	old = m.last;
	before = *p;
	mesh_inject(&m, 1, &old.src, true, old.data, old.len);
	assert_unchanged(&before, p);
	mesh_run(&m, 800);
	before = *p;
	mesh_inject(&m, 1, &old.src, true, old.data, old.len);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.oldpkt, before.count.oldpkt + 1);
	/* even when the real one is silent */
	m.node[0].cut = true;
	mesh_run(&m, 5 * INTERVAL);
	before = *p;
	mesh_inject(&m, 1, &old.src, true, old.data, old.len);
	assert_unchanged(&before, p);
	mesh_fini(&m);

	/* the gate lets a server's clock go back, after a while */
	setting(&m, keys, LISTENER "tos bcpollbstep 3\n");
	p = listening(&m);
	old = m.last;
	mesh_run(&m, 100);
	m.node[0].cut = true;
	mesh_run(&m, 2 * INTERVAL);
	before = *p;
	mesh_inject(&m, 1, &old.src, true, old.data, old.len);
	assert_unchanged(&before, p);
	mesh_run(&m, 2 * INTERVAL);
	mesh_inject(&m, 1, &old.src, true, old.data, old.len);
	assert_int_equal(p->count.processed, before.count.processed + 1);
	mesh_fini(&m);
	keys_free(&keys);
}

static void
bad_macs_end_nothing(void **state)
{
	struct keystore *keys = attack_keys();
	struct mesh_packet bad;
	struct peer *p, before;
	struct mesh m;

	(void)state;
	setting(&m, keys, LISTENER);
	p = listening(&m);
	for (unsigned i = 0; i < 1000; i++) {
		bad = m.last;
		bad.data[40 + i % 28] ^= (uint8_t)(1 + i % 255);
		before = *p;
		mesh_inject(&m, 1, &bad.src, true, bad.data, bad.len);
		assert_unchanged(&before, p);
	}
	mesh_run(&m, 200);
	assert_int_equal(p->poll.reach, 0377);
	mesh_fini(&m);
	keys_free(&keys);
}

/* A later timestamp, or an early packet, without a good MAC: neither ages the
 * real broadcasts nor makes them early. */
static void
unclean_packets_move_no_gate(void **state)
{
	struct keystore *keys = attack_keys();
	struct mesh_packet bad;
	struct ntp_packet r;
	struct peer *p;
	struct mesh m;

	(void)state;
	setting(&m, keys, LISTENER);
	p = listening(&m);
	for (unsigned i = 0; i < 20 * INTERVAL; i++) {
		bad = m.last;
		assert_int_equal(packet_decode(bad.data, bad.len, &r), 0);
		r.xmt = ts_add(r.xmt, 1000);
		packet_encode(&r, bad.data);
		mesh_inject(
		    &m, 1, &bad.src, true, bad.data, i % 2 == 0 ? bad.len : 48);
		mesh_run(&m, 1);
		assert_int_equal(p->poll.reach, 0377);
	}
	mesh_fini(&m);
	keys_free(&keys);
}

static double
time_to_listen(bool storm)
{
	struct keystore *keys = attack_keys();
	struct mesh m;
	struct peer *p = NULL;

	setting(&m, keys, LISTENER);
	m.tap = keep_broadcast;
	while (m.t < 400 && (p == NULL || p->bcast.phase != BCAST_LISTEN)) {
		struct ntp_packet r = {.version = 4,
		    .mode = m.seen % 2 ? NTP_MODE_CLIENT : NTP_MODE_BROADCAST,
		    .stratum = 1,
		    .poll = 4,
		    .precision = -20,
		    .xmt = ts_add(mesh_now(&m, 0).sys, 5)};
		struct ntp_addr src = mesh_addr(0);
		uint8_t buf[48];

		m.seen++;
		packet_encode(&r, buf);
		if (storm)
			mesh_inject(&m, 1, &src, m.seen % 2 == 1, buf, 48);
		mesh_run(&m, 0.1);
		p = mesh_peer(&m, 1, 0);
	}
	assert_non_null(p);
	mesh_fini(&m);
	keys_free(&keys);
	return m.t;
}

static void
volley_survives_a_storm(void **state)
{
	double quiet = time_to_listen(false), storm = time_to_listen(true);

	(void)state;
	assert_true(quiet < 100);
	assert_true(storm < 2 * quiet);
}

/* A step of the server between the volley and the broadcast looks like a
 * delay, but not like one that there is. */
static void
step_is_no_delay(void **state)
{
	struct keystore *keys = attack_keys();
	struct mesh m;
	struct peer *p;

	(void)state;
	setting(&m, keys, LISTENER);
	for (p = NULL; p == NULL || p->bcast.phase != BCAST_CALIBRATE;
	     p = mesh_peer(&m, 1, 0))
		mesh_run(&m, 0.1);
	m.node[0].err += 0.1;
	while (m.t < 200 && mesh_peer(&m, 1, 0) == p &&
	    p->bcast.phase == BCAST_CALIBRATE)
		mesh_run(&m, 0.1);
	assert_null(mesh_peer(&m, 1, 0));
	mesh_run(&m, 300);
	assert_non_null(mesh_peer(&m, 1, 0));
	assert_true(mesh_peer(&m, 1, 0)->bcast.delay < 0.05);
	mesh_fini(&m);
	keys_free(&keys);
}

static void
multicast_is_no_source(void **state)
{
	struct ntp_addr src = {
	    .ip = {224, 0, 1, 1}, .port = 123, .family = ADDR_V4};
	struct mesh m;

	(void)state;
	mesh_init(&m);
	(void)mesh_add(&m, CLOCK LISTENER "disable auth\n", NULL, 0, 0);
	for (unsigned mode = 0; mode < 8; mode++) {
		struct ntp_packet r = {.version = 4,
		    .mode = (uint8_t)mode,
		    .stratum = 1,
		    .poll = 4,
		    .xmt = mesh_now(&m, 0).sys};
		uint8_t buf[48];

		packet_encode(&r, buf);
		mesh_inject(&m, 0, &src, true, buf, 48);
		mesh_inject(&m, 0, &src, false, buf, 48);
	}
	assert_int_equal(m.node[0].e->count.drop[DROP_BOGON], 16);
	assert_int_equal(peer_count(&m.node[0].e->peers), 1);
	mesh_fini(&m);
}

/* Many invented servers: a full table, not a longer one. */
static void
invented_servers_are_limited(void **state)
{
	struct mesh m;

	(void)state;
	mesh_init(&m);
	(void)mesh_add(&m, LISTENER "disable auth\n", NULL, 0, 0);
	for (unsigned i = 0; i < 200; i++) {
		struct ntp_addr src = {.ip = {198, 51, 100, (uint8_t)i},
		    .port = 123,
		    .family = ADDR_V4};
		struct ntp_packet r = {.version = 4,
		    .mode = NTP_MODE_BROADCAST,
		    .stratum = 1,
		    .poll = 4,
		    .xmt = mesh_now(&m, 0).sys};
		uint8_t buf[48];

		packet_encode(&r, buf);
		mesh_inject(&m, 0, &src, true, buf, 48);
	}
	assert_int_equal(peer_count(&m.node[0].e->peers), NTP_MAXCLOCK);
	mesh_fini(&m);
}

/* --- manycast --------------------------------------------------------------- */

#define GROUP "239.255.254.254"
#define SEEKER                                                                 \
	"manycastclient " GROUP " minpoll 4 maxpoll 4 key 1\n"                 \
	"ttl 1 8 64\ntos beacon 300 minclock 2\n"
#define FOUND CLOCK "manycastserver " GROUP "\n"

static void
count_rings(struct mesh *m, const struct mesh_packet *p)
{
	static const uint8_t ring[] = {1, 8, 64};

	if (!p->group)
		return;
	assert_int_equal(p->ttl, ring[m->seen % 3]);
	m->seen++;
}

static void
manycast_finds_servers(void **state)
{
	struct keystore *keys = attack_keys();
	struct mesh m;

	(void)state;
	mesh_init(&m);
	(void)mesh_add(&m, SEEKER, keys, 0.05, 0);
	m.tap = count_rings;
	mesh_run(&m, 400);
	/* nobody there: to the last ring, then a pause, then anew */
	assert_in_range(m.seen, 4, 6);
	m.tap = NULL;
	for (unsigned i = 0; i < 3; i++)
		(void)mesh_add(&m, FOUND, keys, 0, 0);
	mesh_run(&m, 600);
	for (unsigned i = 1; i <= 3; i++) {
		assert_non_null(mesh_peer(&m, 0, i));
		assert_int_equal(mesh_peer(&m, 0, i)->poll.reach, 0377);
		assert_true(mesh_peer(&m, 0, i)->authentic);
	}
	assert_true(fabs(m.node[0].err) < 2e-3);
	/* enough is enough */
	m.tap = keep_broadcast;
	m.last = (struct mesh_packet){0};
	mesh_run(&m, 1000);
	assert_int_equal(m.last.len, 0);
	mesh_fini(&m);
	keys_free(&keys);
}

/* Who is not asked, has no use, or is not authentic stays silent. */
static void
manycast_servers_are_modest(void **state)
{
	static const char *const server[] = {CLOCK,
	    "manycastserver " GROUP "\n", FOUND,
	    FOUND "fudge 127.127.1.0 stratum 9\n",
	    FOUND "fudge 127.127.1.0 stratum 9\ntos cohort 1\n"};
	struct keystore *keys = attack_keys();

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct ntp_packet r = {.version = 4,
		    .mode = NTP_MODE_CLIENT,
		    .stratum = 10,
		    .refid = refid_from_text("XXXX"),
		    .xmt = {i + 1}};
		struct ntp_addr src = mesh_addr(77);
		struct server_counters *n;
		struct mesh m;
		uint8_t buf[96];
		size_t len = 48;

		mesh_init(&m);
		(void)mesh_add(&m, server[i], keys, 0, 0);
		mesh_run(&m, 100);
		n = &m.node[0].e->count;
		packet_encode(&r, buf);
		mesh_inject(&m, 0, &src, true, buf, 48);
		mesh_run(&m, 2);
		assert_int_equal(n->processed, 0);
		assert_int_equal(keys_sign(keys, 1, buf, sizeof buf, &len), 0);
		mesh_inject(&m, 0, &src, true, buf, len);
		assert_int_equal(n->processed, 0);
		mesh_run(&m, 2);
		assert_int_equal(n->processed, i == 2 || i == 4);
		/* follows us already */
		r.refid = refid_from_addr(&m.node[0].addr);
		packet_encode(&r, buf);
		len = 48;
		assert_int_equal(keys_sign(keys, 1, buf, sizeof buf, &len), 0);
		mesh_inject(&m, 0, &src, true, buf, len);
		mesh_run(&m, 2);
		assert_int_equal(n->processed, i == 2 || i == 4);
		mesh_fini(&m);
	}
	keys_free(&keys);
}

static void
count_octets(struct mesh *m, const struct mesh_packet *p)
{
	m->seen += (unsigned)p->len;
}

/* A flood to the group from forged addresses: less comes out than went in, and
 * not all at once. */
static void
manycast_does_not_implode(void **state)
{
	struct mesh m;

	(void)state;
	mesh_init(&m);
	(void)mesh_add(&m, FOUND "disable auth\n", NULL, 0, 0);
	mesh_run(&m, 100);
	m.tap = count_octets;
	for (unsigned i = 0; i < 1000; i++) {
		struct ntp_packet r = {
		    .version = 4, .mode = NTP_MODE_CLIENT, .xmt = {i + 1}};
		struct ntp_addr src = mesh_addr(i % 200 + 10);
		uint8_t buf[48];

		packet_encode(&r, buf);
		mesh_inject(&m, 0, &src, true, buf, sizeof buf);
	}
	assert_int_equal(m.seen, 0);
	mesh_run(&m, 2);
	assert_int_equal(m.seen, MANYCAST_WAITING * 48);
	mesh_fini(&m);
}

/* Replies nobody asked for, or without a key. */
static void
manycast_clients_are_suspicious(void **state)
{
	struct keystore *keys = attack_keys();
	struct mesh m;

	(void)state;
	mesh_init(&m);
	(void)mesh_add(&m, SEEKER, NULL, 0, 0);
	(void)mesh_add(&m,
	    "manycastclient " GROUP " minpoll 4\ntos beacon 64\n", NULL, 0, 0);
	(void)mesh_add(&m, FOUND "disable auth\n", keys, 0, 0);
	mesh_run(&m, 1000);
	assert_null(mesh_peer(&m, 0, 2));
	assert_null(mesh_peer(&m, 1, 2));
	mesh_fini(&m);
	keys_free(&keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAT("E-volley", measures_the_delay_and_listens),
	    THREAT("E-broadcastdelay", configured_delay_needs_no_volley),
	    THREAT("E-default", unauthenticated_is_refused_by_default),
	    THREAT("E-silent", silent_while_unsynchronized),
	    THREAT("CVE-2015-7973", replays_are_dropped),
	    THREAT("CVE-2015-7979", bad_macs_end_nothing),
	    THREAT("CVE-2016-7427", unclean_packets_move_no_gate),
	    THREAT("CVE-2016-7428", unclean_packets_move_no_gate),
	    THREAT("CVE-2018-8956", volley_survives_a_storm),
	    THREAT("E-bdelay", step_is_no_delay),
	    THREAT("E-group-source", multicast_is_no_source),
	    THREAT("E-invented", invented_servers_are_limited),
	    THREAT("E-manycast", manycast_finds_servers),
	    THREAT("E-manycast-modest", manycast_servers_are_modest),
	    THREAT("E-manycast-implosion", manycast_does_not_implode),
	    THREAT("E-manycast-forged", manycast_clients_are_suspicious),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
