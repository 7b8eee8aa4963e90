/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_n.c - memory, names, ports, clocks that others set (rows N of
 * threats.md, and the ports of rows A).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../ntpd/ntp_socket.h"
#include "attack.h"

/* A resolver that never answers holds up what needs it, and nothing else. */
static void
silent_resolver(void **state)
{
	struct world w;
	struct ntp_addr a = world_addr(77);
	uint8_t req[48] = {0x23, [40] = 1};
	unsigned before;

	(void)state;
	world_init(&w,
	    "server slow.example iburst\npool slower.example iburst\n"
	    "restrict slowest.example\nserver 192.0.2.1 iburst\n",
	    NULL, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 120);
	assert_int_not_equal(w.e->sys.leap, NTP_LEAP_UNSYNC);
	for (unsigned i = 0; i < 24; i++) {
		world_run(&w, 3600);
		assert_int_not_equal(w.e->sys.leap, NTP_LEAP_UNSYNC);
		before = w.nsent;
		world_inject(&w, 0, &a, req, sizeof req);
		assert_int_equal(w.nsent, before + 1);
	}
	assert_int_equal(w.asked, 3);
	world_fini(&w);
}

/* The clock that is disciplined starts no timer and holds none back. */
static void
clock_set_by_another(void **state)
{
	static const double jump[] = {1e6, -1e6, 1e8};
	struct world w;

	(void)state;
	world_init(&w, "server 192.0.2.1 minpoll 4 maxpoll 4\ndisable ntp\n",
	    NULL, 0, 0);
	world_server(&w, 1, 0);
	world_run(&w, 1000);
	for (unsigned i = 0; i < 3; i++) {
		unsigned before = w.srv[0].requests;

		w.err += jump[i];
		world_run(&w, 1600);
		assert_in_range(w.srv[0].requests - before, 90, 101);
	}
	world_fini(&w);
}

#define MANY 10000

/* Privacy addresses come and go by the thousand. */
static void
thousands_of_our_own_addresses(void **state)
{
	static struct ntp_addr own[MANY];
	struct world w;
	struct peer *p;

	(void)state;
	world_init(&w, "server 192.0.2.1 minpoll 4 maxpoll 4\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	own[0] = world_addr(200);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 1; i < MANY; i++)
			own[i] = (struct ntp_addr){
			    .ip = {0x20, 1, 0xd, 0xb8, (uint8_t)round,
				[14] = (uint8_t)(i >> 8), [15] = (uint8_t)i},
			    .family = ADDR_V6};
		engine_local_addrs(
		    w.e, own, round % 2 == 0 ? MANY : 1, world_now(&w));
		world_run(&w, 100);
	}
	p = world_peer(&w, 0);
	assert_int_equal(p->poll.reach, 0377);
	assert_true(w.next_ep < 3); /* nobody has moved */
	world_fini(&w);
}

/* Ten million clients take as much memory as one. */
static void
clients_without_end(void **state)
{
	struct world w;
	struct ntp_addr a = {
	    .ip = {0x20, 1, 0xd, 0xb8}, .port = 4000, .family = ADDR_V6};
	struct mru_packet p = {.src = &a, .modever = 35, .limit = true};
	size_t memory;

	(void)state;
	world_init(&w, "restrict default limited kod\n", NULL, 0, 0);
	memory = mru_stats(w.e->mru).maxmem;
	for (uint32_t i = 0; i < 10000000; i++) {
		struct ntp_now now = world_now(&w);

		memcpy(a.ip + 4, &i, sizeof i); /* a /64 each */
		p.rnd = i * 2654435761U;
		now.mono.ns += (int64_t)i * 1000;
		(void)mru_record(w.e->mru, &p, now);
	}
	assert_int_equal(mru_stats(w.e->mru).maxmem, memory);
	assert_true(mru_stats(w.e->mru).mem <= memory);
	assert_true(mru_depth(w.e->mru) <= mru_stats(w.e->mru).capacity);
	world_fini(&w);
}

#define SOCKETS 1000

/* Requests leave from a port of their own, as the kernel draws it. */
static void
requests_leave_from_random_ports(void **state)
{
	struct ntp_addr server = {
	    .ip = {127, 0, 0, 1}, .port = 123, .family = ADDR_V4};
	unsigned bin[8] = {0}, same = 0;
	uint16_t last = 0;

	(void)state;
	for (unsigned i = 0; i < SOCKETS; i++) {
		struct ntp_addr local;
		int fd = sock_open_client(&server, 0, &local);

		assert_true(fd >= 0);
		assert_true(local.port >= 1024);
		bin[local.port / 8192]++;
		same += local.port == last;
		last = local.port;
		(void)close(fd);
	}
	assert_true(same < 20);
	/* 32768 to 60999 unless somebody has chosen otherwise */
	assert_true(bin[4] > 100 && bin[5] > 100 && bin[6] > 100);
}

/* Associations with one server do not share a port. */
static void
each_association_has_its_port(void **state)
{
	struct world w;

	(void)state;
	world_init(&w,
	    "server 192.0.2.1 iburst\nserver 192.0.2.2 iburst\n"
	    "server 192.0.2.3 iburst\n",
	    NULL, 0, 0);
	for (unsigned n = 1; n <= 3; n++)
		(void)world_server(&w, n, 0);
	world_run(&w, 100);
	assert_int_not_equal(world_peer(&w, 0)->ep, world_peer(&w, 1)->ep);
	assert_int_not_equal(world_peer(&w, 1)->ep, world_peer(&w, 2)->ep);
	assert_int_not_equal(world_peer(&w, 0)->ep, 0);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAT("N-dns", silent_resolver),
	    THREAT("N-clock-jump", clock_set_by_another),
	    THREAT("N-addresses", thousands_of_our_own_addresses),
	    THREAT("N-clients", clients_without_end),
	    THREAT("CVE-2010-0293", clients_without_end),
	    THREAT("CVE-2019-11331", requests_leave_from_random_ports),
	    THREAT("A-ports", each_association_has_its_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
