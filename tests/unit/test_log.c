/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_log.c - what the log tells of trouble, by which class, and how often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ntp_log.h"
#include "world.h"

static struct world w;

static unsigned
lines_with(const char *words)
{
	unsigned n = 0;

	for (const char *p = w.logs; (p = strstr(p, words)) != NULL; p++)
		n++;
	return n;
}

static void
begin(const char *conf)
{
	world_init(&w, conf, NULL, 0.01, 5);
}

static void
test_events_by_class(void **state)
{
	static const struct {
		const char *words;
		bool sys, peer, sync;
	} row[] = {
	    {"", false, false, true},
	    {"logconfig =syncall +sysevents\n", true, false, true},
	    {"logconfig +peerevents\n", false, true, true},
	    {"logconfig =allevents\n", true, true, false},
	    {"logconfig =allall -peerall\n", true, false, true},
	    {"logconfig -syncstatus\n", false, false, false},
	};
	char conf[256];

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		(void)snprintf(conf, sizeof conf, "%sserver 192.0.2.1 iburst\n",
		    row[i].words);
		begin(conf);
		(void)world_server(&w, 1, 0);
		world_run(&w, 60);
		assert_int_equal(lines_with(" 05 clock_sync") > 0, row[i].sys);
		assert_int_equal(lines_with(" 84 reachable") > 0, row[i].peer);
		assert_int_equal(
		    lines_with("synchronized to 192.0.2.1, stratum 1") > 0,
		    row[i].sync);
		world_fini(&w);
	}
}

/* One line for each silent server, not one for each poll. */
static void
test_silence_is_said_once(void **state)
{
	(void)state;
	begin("server 192.0.2.1 iburst\nserver 192.0.2.9 iburst\n");
	(void)world_server(&w, 1, 0);
	world_run(&w, 4000);
	assert_int_equal(lines_with("192.0.2.9: silence: "), 1);
	assert_int_equal(lines_with("192.0.2.1: "), 0);
	world_fini(&w);
}

static void
test_not_synchronized(void **state)
{
	(void)state;
	begin("server 192.0.2.9 iburst\n");
	world_run(&w, 890);
	assert_int_equal(lines_with("not synchronized for"), 0);
	world_run(&w, 4000);
	assert_int_equal(lines_with("not synchronized for 15 minutes: "), 1);
	world_fini(&w);
	/* nobody was asked */
	begin("");
	world_run(&w, 2000);
	assert_int_equal(lines_with("not synchronized for"), 0);
	world_fini(&w);
}

/* A thousand forged answers are some ten lines. */
static void
test_forgeries_are_counted(void **state)
{
	struct ntp_packet pkt = {.version = 4, .mode = 4, .stratum = 1};
	uint8_t buf[NTP_HEADER_LEN];
	struct ntp_addr src;

	(void)state;
	begin("server 192.0.2.1 iburst\n");
	(void)world_server(&w, 1, 0);
	world_run(&w, 60);
	src = world_peer(&w, 0)->srcadr;
	pkt.org = (ntp_ts){UINT64_C(0x0123456789abcdef)};
	pkt.xmt = world_now(&w).sys;
	for (int i = 0; i < 1000; i++) {
		pkt.xmt.v++;
		packet_encode(&pkt, buf);
		world_inject(&w, world_peer(&w, 0)->ep, &src, buf, sizeof buf);
	}
	assert_int_equal(world_peer(&w, 0)->count.bogusorg, 1000);
	assert_int_equal(lines_with("Unexpected origin timestamp "
				    "01234567.89abcdef from 192.0.2.1, "),
	    10);
	assert_int_equal(lines_with(", 512 so far"), 1);
	world_fini(&w);
}

static void
test_refusals_are_rare(void **state)
{
	struct ntp_addr from = world_addr(7);
	struct ntp_now now;

	(void)state;
	begin("logconfig +sysinfo\n");
	now = world_now(&w);
	for (int i = 0; i < 100; i++)
		log_refusal(w.e, &from, mono_add(now.mono, i * 0.5));
	assert_int_equal(lines_with("mode 6: a request from 192.0.2.7"), 5);
	world_fini(&w);
	begin("");
	log_refusal(w.e, &from, world_now(&w).mono);
	assert_int_equal(lines_with("mode 6:"), 0);
	world_fini(&w);
}

static void
test_all_sources_gone(void **state)
{
	(void)state;
	begin("server 192.0.2.1 iburst\n");
	(void)world_server(&w, 1, 0);
	world_run(&w, 60);
	w.net_down = true;
	world_run(&w, 3000);
	assert_int_equal(lines_with("no servers reachable"), 1);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_events_by_class),
	    cmocka_unit_test(test_silence_is_said_once),
	    cmocka_unit_test(test_not_synchronized),
	    cmocka_unit_test(test_forgeries_are_counted),
	    cmocka_unit_test(test_refusals_are_rare),
	    cmocka_unit_test(test_all_sources_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
