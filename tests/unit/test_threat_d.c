/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_d.c - symmetric modes (rows D of threats.md): two peers on a
 * wire, and somebody who can forge either's address.
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
#define PEER_OF(n, words) "peer 192.0.2." #n " minpoll 4 maxpoll 4 " words "\n"

static struct keystore *
key_ring(void)
{
	return attack_keys();
}

/* A is right by its own clock, B wants to be; both know each other. */
static void
pair(struct mesh *m, struct keystore *keys, const char *words)
{
	char a[256], b[256];

	mesh_init(m);
	(void)snprintf(a, sizeof a,
	    CLOCK "peer 192.0.2.2 minpoll 4 maxpoll 4 %s\n", words);
	(void)snprintf(
	    b, sizeof b, "peer 192.0.2.1 minpoll 4 maxpoll 4 %s\n", words);
	(void)mesh_add(m, a, keys, 0, 0);
	(void)mesh_add(m, b, keys, 0.02, 20);
}

static struct ntp_packet
forged(struct mesh *m, uint8_t mode)
{
	struct ntp_packet r = {.version = 4,
	    .mode = mode,
	    .stratum = 1,
	    .poll = 4,
	    .precision = -20,
	    .refid = refid_from_text("EVIL"),
	    .rec = {rng_u64(&m->rng)},
	    .xmt = ts_add(mesh_now(m, 0).sys, 0.3)};

	r.reftime = r.xmt;
	return r;
}

static void
inject(struct mesh *m, unsigned to, unsigned from, const struct ntp_packet *r)
{
	struct ntp_addr src = mesh_addr(from);
	uint8_t buf[48];

	packet_encode(r, buf);
	mesh_inject(m, to, &src, false, buf, sizeof buf);
}

/* Peers poll on clocks of their own: now and then two of our polls fall
 * between two of theirs, and the latest is always still open. */
static bool
reached(const struct peer *p)
{
	unsigned bits = 0;

	for (unsigned r = p->poll.reach; r != 0; r >>= 1)
		bits += r & 1;
	return bits >= 6 && (p->poll.reach & 7) != 0;
}

/* Samples that B took of A in S seconds, while STORM runs each second. */
static uint64_t
samples_under(struct mesh *m, double s, void (*storm)(struct mesh *))
{
	uint64_t before = mesh_peer(m, 1, 0)->count.processed;

	for (double t = 0; t < s; t++) {
		mesh_run(m, 1);
		storm(m);
	}
	return mesh_peer(m, 1, 0)->count.processed - before;
}

static void
calm(struct mesh *m)
{
	(void)m;
}

/* Zero origin, both ways. */
static void
zero_origins(struct mesh *m)
{
	struct ntp_packet r = forged(m, NTP_MODE_ACTIVE);

	inject(m, 0, 1, &r);
	inject(m, 1, 0, &r);
}

static void
wild_origins(struct mesh *m)
{
	struct ntp_packet r = forged(m, NTP_MODE_ACTIVE);

	r.org.v = rng_u64(&m->rng);
	inject(m, 0, 1, &r);
	inject(m, 1, 0, &r);
}

static void
pair_works(struct mesh *m)
{
	mesh_run(m, 300);
	assert_true(reached(mesh_peer(m, 1, 0)));
	assert_int_equal(mesh_peer(m, 1, 0)->hmode, NTP_MODE_ACTIVE);
	assert_int_equal(mesh_peer(m, 1, 0)->pmode, NTP_MODE_ACTIVE);
	assert_ptr_equal(m->node[1].e->sys.peer, mesh_peer(m, 1, 0));
	assert_true(fabs(m->node[1].err - m->node[0].err) < 2e-3);
}

/* The same storm against a keyed pair and a bare one. */
static void
storms_do_not_part_a_pair(void (*storm)(struct mesh *), double bare)
{
	struct keystore *keys = key_ring();
	struct mesh m;
	uint64_t quiet, hit;

	pair(&m, keys, "key 1");
	pair_works(&m);
	quiet = samples_under(&m, 3200, calm);
	hit = samples_under(&m, 3200, storm);
	assert_true(quiet > 180);
	assert_true(hit + 3 >= quiet);
	mesh_fini(&m);

	pair(&m, NULL, "");
	pair_works(&m);
	quiet = samples_under(&m, 3200, calm);
	hit = samples_under(&m, 3200, storm);
	assert_true((double)hit >= bare * (double)quiet);
	assert_true(fabs(m.node[1].err - m.node[0].err) < 2e-3);
	mesh_fini(&m);
	keys_free(&keys);
}

static void
zero_origins_do_not_part_a_pair(void **state)
{
	(void)state;
	storms_do_not_part_a_pair(zero_origins, 0.9);
}

static void
wild_origins_do_not_part_a_pair(void **state)
{
	(void)state;
	storms_do_not_part_a_pair(wild_origins, 0.9);
}

/* The unauthenticated packet to the keyed pair changes nothing at all. */
static void
keyed_pair_ignores_the_unkeyed(void **state)
{
	struct keystore *keys = key_ring();
	struct ntp_packet r;
	struct peer *p, before;
	struct mesh m;

	(void)state;
	pair(&m, keys, "key 1");
	pair_works(&m);
	p = mesh_peer(&m, 1, 0);
	before = *p;
	r = forged(&m, NTP_MODE_ACTIVE);
	r.org = p->symm.sent[(p->symm.next + SYMM_SENT - 1) % SYMM_SENT].xmt;
	inject(&m, 1, 0, &r);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.badauth, before.count.badauth + 1);
	mesh_fini(&m);
	keys_free(&keys);
}

static void
remember(struct mesh *m, const struct mesh_packet *p)
{
	if (p->src.ip[3] == 1)
		m->last = *p;
}

/* What A once said, said again: at once, later, and to a B that restarted. */
static void
replays_do_not_part_a_pair(void **state)
{
	struct keystore *keys = key_ring();
	struct mesh_packet old;
	struct peer *p, before;
	struct mesh m;

	(void)state;
	pair(&m, keys, "key 1");
	pair_works(&m);
	m.tap = remember;
	mesh_run(&m, 40);
	old = m.last;
	p = mesh_peer(&m, 1, 0);
	before = *p;
	mesh_inject(&m, 1, &old.src, false, old.data, old.len);
	assert_unchanged(&before, p);
	assert_int_equal(p->count.oldpkt, before.count.oldpkt + 1);
	mesh_run(&m, 400);
	before = *p;
	mesh_inject(&m, 1, &old.src, false, old.data, old.len);
	assert_unchanged(&before, p);

	mesh_restart(&m, 1, PEER_OF(1, "key 1"), keys);
	for (unsigned i = 0; i < 300; i++) {
		mesh_run(&m, 1);
		mesh_inject(&m, 1, &old.src, false, old.data, old.len);
	}
	assert_true(reached(mesh_peer(&m, 1, 0)));
	assert_true(reached(mesh_peer(&m, 0, 1)));
	mesh_fini(&m);
	keys_free(&keys);
}

/* Either end loses a packet, or restarts: the pair finds back by itself. */
static void
losses_and_restarts_heal(void **state)
{
	struct mesh m;

	(void)state;
	pair(&m, NULL, "");
	pair_works(&m);
	m.loss = 0.3;
	mesh_run(&m, 3000);
	m.loss = 0;
	mesh_run(&m, 200);
	assert_true(reached(mesh_peer(&m, 1, 0)));
	mesh_restart(&m, 0, CLOCK PEER_OF(2, ""), NULL);
	mesh_run(&m, 200);
	assert_true(reached(mesh_peer(&m, 1, 0)));
	assert_true(reached(mesh_peer(&m, 0, 1)));
	mesh_fini(&m);
}

/* Our own packet, with the addresses turned round. */
static void
own_packet_sent_back_is_nobody(void **state)
{
	struct keystore *keys = key_ring();
	struct ntp_addr src = mesh_addr(1);
	struct peer *p, before;
	struct mesh m;

	(void)state;
	for (unsigned young = 0; young < 2; young++) {
		pair(&m, keys, "key 1");
		m.tap = remember;
		mesh_run(&m, young ? 5 : 300);
		p = mesh_peer(&m, 0, 1);
		before = *p;
		mesh_inject(&m, 0, &src, false, m.last.data, m.last.len);
		assert_unchanged(&before, p);
		assert_int_equal(m.node[0].e->count.drop[DROP_OWN], 1);
		mesh_fini(&m);
	}
	keys_free(&keys);
}

/* --- strangers -------------------------------------------------------------- */

static void
stranger_becomes_no_association(void **state)
{
	struct ntp_packet r;
	struct mesh m;

	(void)state;
	mesh_init(&m);
	(void)mesh_add(&m, CLOCK, NULL, 0, 0);
	(void)mesh_add(&m, PEER_OF(1, ""), NULL, 0.02, 0);
	mesh_run(&m, 300);
	assert_null(mesh_peer(&m, 0, 1));
	/* answered without one, as a client would be */
	assert_true(reached(mesh_peer(&m, 1, 0)));
	assert_int_equal(mesh_peer(&m, 1, 0)->pmode, NTP_MODE_PASSIVE);
	r = forged(&m, NTP_MODE_PASSIVE);
	inject(&m, 0, 1, &r);
	assert_null(mesh_peer(&m, 0, 1));
	mesh_fini(&m);
}

static void
keyed_or_allowed_stranger_is_passive(void **state)
{
	static const char *const server[] = {CLOCK, CLOCK "disable auth\n",
	    CLOCK "disable auth\n", CLOCK "restrict default noepeer\n",
	    CLOCK "disable auth\nrestrict default nopeer\n",
	    CLOCK "restrict default ippeerlimit 0\n"};
	static const char *const client[] = {PEER_OF(1, "key 1"),
	    PEER_OF(1, ""), PEER_OF(1, "key 1"), PEER_OF(1, "key 1"),
	    PEER_OF(1, ""), PEER_OF(1, "key 1")};
	struct keystore *keys = key_ring();

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct mesh m;
		struct peer *p;

		mesh_init(&m);
		(void)mesh_add(&m, server[i], keys, 0, 0);
		(void)mesh_add(&m, client[i], keys, 0.02, 0);
		mesh_run(&m, 300);
		p = mesh_peer(&m, 0, 1);
		assert_int_equal(p != NULL, i < 3);
		if (p != NULL) {
			assert_int_equal(p->hmode, NTP_MODE_PASSIVE);
			assert_true(reached(p));
			assert_true(reached(mesh_peer(&m, 1, 0)));
			/* and goes when its peer has gone */
			m.node[1].cut = true;
			mesh_run(&m, 4000);
			assert_null(mesh_peer(&m, 0, 1));
		}
		mesh_fini(&m);
	}
	keys_free(&keys);
}

/* Make R the answer to what P sent last, from a clock 0.3 s ahead. */
static void
answer_last(const struct peer *p, struct ntp_packet *r)
{
	const struct symm_sent *last;

	if (p == NULL)
		return;
	last = &p->symm.sent[(p->symm.next + SYMM_SENT - 1) % SYMM_SENT];
	r->org = last->xmt;
	r->rec = ts_add(last->left, 0.3);
}

/* A hundred addresses with a good key, all telling the same lie. */
static void
sybils_do_not_outvote(void **state)
{
	struct keystore *keys = key_ring();
	unsigned made = 0;
	struct mesh m;

	(void)state;
	mesh_init(&m);
	(void)mesh_add(&m, CLOCK, NULL, 0, 0);
	(void)mesh_add(
	    &m, "server 192.0.2.1 minpoll 4 maxpoll 4\n", keys, 0.01, 0);
	mesh_run(&m, 200);
	for (unsigned round = 0; round < 40; round++) {
		for (unsigned i = 0; i < 100; i++) {
			struct ntp_addr src = {.ip = {198, 51, 100, 0},
			    .port = 123,
			    .family = ADDR_V4};
			struct ntp_packet r = forged(&m, NTP_MODE_ACTIVE);
			uint8_t buf[96];
			size_t len = 48;

			src.ip[3] = (uint8_t)i;
			answer_last(mesh_associated(&m, 1, &src), &r);
			r.xmt = ts_add(mesh_now(&m, 1).sys, 0.3);
			packet_encode(&r, buf);
			assert_int_equal(
			    keys_sign(keys, 1, buf, sizeof buf, &len), 0);
			mesh_inject(&m, 1, &src, false, buf, len);
		}
		mesh_run(&m, 16);
	}
	PEER_FOREACH (p, &m.node[1].e->peers)
		made += p->hmode == NTP_MODE_PASSIVE && p->poll.reach != 0;
	assert_int_equal(made, NTP_MAXCLOCK);
	assert_ptr_equal(m.node[1].e->sys.peer, mesh_peer(&m, 1, 0));
	assert_true(fabs(m.node[1].err) < 5e-3);
	mesh_fini(&m);
	keys_free(&keys);
}

/* Every first octet, every length, to a daemon with every kind of peer. */
static void
every_mode_is_survived(void **state)
{
	struct keystore *keys = key_ring();
	struct ntp_addr stranger = {
	    .ip = {198, 51, 100, 7}, .port = 123, .family = ADDR_V4};
	struct mesh m;
	uint8_t buf[128];

	(void)state;
	pair(&m, keys, "key 1");
	(void)mesh_add(&m, "broadcastclient\ndisable auth\n", NULL, 0, 0);
	pair_works(&m);
	for (unsigned octet = 0; octet < 256; octet++) {
		for (size_t len = 0; len <= 76; len += 4) {
			struct ntp_addr peer = mesh_addr(0);

			rng_fill(&m.rng, buf, sizeof buf);
			buf[0] = (uint8_t)octet;
			mesh_inject(&m, 1, &peer, false, buf, len);
			mesh_inject(&m, 1, &stranger, false, buf, len);
			mesh_inject(&m, 2, &stranger, true, buf, len);
		}
	}
	mesh_run(&m, 100);
	assert_true(reached(mesh_peer(&m, 1, 0)));
	mesh_fini(&m);
	keys_free(&keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAT("CVE-2015-1799", keyed_pair_ignores_the_unkeyed),
	    THREAT("CVE-2015-1853", wild_origins_do_not_part_a_pair),
	    THREAT("D-zero-origin", zero_origins_do_not_part_a_pair),
	    THREAT("D-replay", replays_do_not_part_a_pair),
	    THREAT("D-heals", losses_and_restarts_heal),
	    THREAT("D-reflection", own_packet_sent_back_is_nobody),
	    THREAT("D-passive", stranger_becomes_no_association),
	    THREAT("D-allowed", keyed_or_allowed_stranger_is_passive),
	    THREAT("CVE-2016-1549", sybils_do_not_outvote),
	    THREAT("CVE-2018-7170", sybils_do_not_outvote),
	    THREAT("CVE-2016-2518", every_mode_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
