/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntpq_peers.c - the peers billboard, byte for byte.
 *
 * It is read by scripts that cut columns: these texts are frozen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "printlab.h"

static void
peers_expect(
    const struct peers_style *style, const char *server, const char *expected)
{
	ntp_ts now = {(uint64_t)NOW_NTP << 32};
	const struct peer_case *pc;
	char text[1024];
	struct peer_line p;
	struct capture c;
	struct reply r;
	size_t i;

	capture_begin(&c);
	peers_header(c.f, style);
	for (i = 0; i < PEER_CASES; i++) {
		pc = &peer_cases[i];
		snprintf(text, sizeof(text), "%s, rec=0x%08x.00000000\r\n",
		    pc->vars, pc->age > 0 ? NOW_NTP - pc->age : 0);
		r = reply_of(text, pc->status);
		peer_read(&p, &r, now, style);
		p.associd = pc->associd;
		snprintf(p.server, sizeof(p.server), "%s", server);
		peers_row(c.f, &p, style);
	}
	capture_end(&c, expected);
}

static void
test_peers_unsigned(void **state)
{
	struct peers_style style = {.numeric = false};

	(void)state;
	/* The reference's table of its 4.2.8 builds, no sign. */
	style.numeric = true;
	peers_expect(&style, "",
	    "     remote           refid      st t when poll reach   delay   "
	    "offset  jitter\n"
	    "=================================================================="
	    "============\n"
	    "*192.0.2.17      192.0.2.17       2 u   37   64  377    4.812   "
	    "-0.318   0.211\n"
	    "+198.51.100.24   203.0.113.9      2 u 1025 1024  377   12.440    "
	    "1.027   0.385\n"
	    "-2001:db8:40::7b .GPS.            1 u  43m 1024  357   31.006   "
	    "-2.914   0.690\n"
	    "x192.0.2.200     .PPS.            1 u   51   64  377    9.531  "
	    "1843.20   3.118\n"
	    "#198.51.100.77   192.0.2.5        3 u    5   64   17    0.702    "
	    "0.061   0.044\n"
	    "oPPS(0)          .PPS.            0 l    3   16  377    0.000    "
	    "0.002   0.001\n"
	    " 127.127.28.2    LOCAL(1)         0 l   14   16  377    0.000  "
	    "-118.40   2.907\n"
	    " 2.pool.example. .POOL.          16 p    -   64    0    0.000    "
	    "0.000   0.000\n"
	    " 192.0.2.91      .INIT.          16 u    - 1024    0    0.000    "
	    "0.000   0.000\n"
	    " 192.0.2.255     .BCST.          16 B    -   64    0    0.000    "
	    "0.000   0.000\n"
	    " 203.0.113.60    .STEP.          16 s   5h 1024    0    0.000    "
	    "0.000   0.000\n");
}

/* Default: plus sign of values >= 0; a long name gets its own line. */
static void
test_peers_wide(void **state)
{
	struct peers_style style = {
	    .numeric = true, .plus = true, .wide = true, .hostwidth = 9};

	(void)state;
	peers_expect(&style, "2001:db8::1",
	    "server (l      remote           refid      st t when poll reach   "
	    "delay   offset  jitter\n"
	    "=================================================================="
	    "======================\n"
	    "_1:db8::1 *192.0.2.17      192.0.2.17       2 u   37   64  377    "
	    "4.812   -0.318   0.211\n"
	    "_1:db8::1 +198.51.100.24   203.0.113.9      2 u 1025 1024  377   "
	    "12.440   +1.027   0.385\n"
	    "_1:db8::1 -2001:db8:40::7b .GPS.            1 u  43m 1024  357   "
	    "31.006   -2.914   0.690\n"
	    "_1:db8::1 x192.0.2.200     .PPS.            1 u   51   64  377    "
	    "9.531  +1843.2   3.118\n"
	    "_1:db8::1 #198.51.100.77   192.0.2.5        3 u    5   64   17    "
	    "0.702   +0.061   0.044\n"
	    "_1:db8::1 oPPS(0)          .PPS.            0 l    3   16  377    "
	    "0.000   +0.002   0.001\n"
	    "_1:db8::1  127.127.28.2    LOCAL(1)         0 l   14   16  377    "
	    "0.000  -118.40   2.907\n"
	    "_1:db8::1  2.pool.example.org\n"
	    "                           .POOL.          16 p    -   64    0    "
	    "0.000   +0.000   0.000\n"
	    "_1:db8::1  192.0.2.91      .INIT.          16 u    - 1024    0    "
	    "0.000   +0.000   0.000\n"
	    "_1:db8::1  192.0.2.255     .BCST.          16 B    -   64    0    "
	    "0.000   +0.000   0.000\n"
	    "_1:db8::1  203.0.113.60    .STEP.          16 s   5h 1024    0    "
	    "0.000   +0.000   0.000\n");
}

static void
test_peers_views(void **state)
{
	static const char reply[] =
	    "srcadr=192.0.2.17, dstadr=2001:db8:1234:5678::9, hmode=3,\r\n"
	    "stratum=2, hpoll=6, ppoll=6, reach=0xff, refid=192.0.2.17,\r\n"
	    "delay=4.812, offset=-0.318, jitter=0.211,\r\n"
	    "dispersion=15937.500\r\n";
	struct reply r = reply_of(reply, 0x9614);
	struct peers_style style = {.numeric = true, .view = PEERS_ASSID};
	struct peer_line p;
	struct capture c;

	(void)state;
	capture_begin(&c);
	peers_header(c.f, &style);
	peer_read(&p, &r, (ntp_ts){0}, &style);
	p.associd = 40211;
	peers_row(c.f, &p, &style);
	style.view = PEERS_LOCAL;
	peers_header(c.f, &style);
	peer_read(&p, &r, (ntp_ts){0}, &style);
	peers_row(c.f, &p, &style);
	capture_end(&c,
	    "     remote       refid   assid  st t when poll reach   delay   "
	    "offset  jitter\n"
	    "=================================================================="
	    "============\n"
	    "*192.0.2.17      c0000211 40211   2 u    -   64  377    4.812   "
	    "-0.318   0.211\n"
	    "     remote           local      st t when poll reach   delay   "
	    "offset    disp\n"
	    "=================================================================="
	    "============\n"
	    "*192.0.2.17      _8:1234:5678::9  2 u    -   64  377    4.812   "
	    "-0.318 15937.5\n");
}

/* A name is shown to who did not ask for numbers. */
static void
test_peers_srchost(void **state)
{
	struct peers_style style = {.numeric = false};
	struct reply r = reply_of(peer_cases[0].vars, 0x963a);
	struct peer_line p;

	(void)state;
	peer_read(&p, &r, (ntp_ts){0}, &style);
	assert_string_equal(p.remote, "ntp-a.example.net");
	assert_int_equal(p.family, ADDR_V4);
	style.numeric = true;
	peer_read(&p, &r, (ntp_ts){0}, &style);
	assert_string_equal(p.remote, "192.0.2.17");
}

static void
expect_type(const char *vars, char type)
{
	struct peers_style style = {.numeric = true};
	struct reply r = reply_of(vars, 0);
	struct peer_line p;

	peer_read(&p, &r, (ntp_ts){0}, &style);
	assert_int_equal(p.type, type);
}

static void
test_peers_type(void **state)
{
	(void)state;
	expect_type("srcadr=192.0.2.1, hmode=3", 'u');
	expect_type("srcadr=::, hmode=3", 'p');
	expect_type("srcadr=127.127.20.0, hmode=3", 'l');
	expect_type("srcadr=224.0.1.1, hmode=3", 'a');
	expect_type("srcadr=192.0.2.1, hmode=1", 's');
	expect_type("srcadr=192.0.2.1, hmode=2", 'S');
	expect_type("srcadr=192.0.2.255, hmode=5", 'B');
	expect_type("srcadr=ff05::101, hmode=5", 'M');
	expect_type("srcadr=192.0.2.1, hmode=6", 'b');
	expect_type("srcadr=192.0.2.1, hmode=77", '-');
	expect_type("srcadr=127.127.20.0", 'l');
	expect_type("srcadr=192.0.2.1, dstadr=224.0.1.1", 'm');
	expect_type("srcadr=192.0.2.1, dstadr=192.0.2.255", 'b');
	expect_type("srcadr=192.0.2.1, dstadr=192.0.2.9", 'u');
	expect_type("srcadr=192.0.2.1", '-');
}

/* Nothing usable: harmless defaults, still ten fields. */
static void
test_peers_empty(void **state)
{
	struct peers_style style = {.numeric = true};
	struct reply r = reply_of("stratum=-1, reach=0x1ff, hpoll=x", 0);
	struct peer_line p;
	struct capture c;

	(void)state;
	capture_begin(&c);
	peer_read(&p, &r, (ntp_ts){1}, &style);
	peers_row(c.f, &p, &style);
	capture_end(&c,
	    " -               ..               0 -    -    -    0    0.000    "
	    "0.000   0.000\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_peers_unsigned),
	    cmocka_unit_test(test_peers_wide),
	    cmocka_unit_test(test_peers_views),
	    cmocka_unit_test(test_peers_srchost),
	    cmocka_unit_test(test_peers_type),
	    cmocka_unit_test(test_peers_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
