/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntpq.c - what ntpq prints of associations and variables, byte for byte,
 * and what it makes of hostile servers and of its own arguments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_rng.h"
#include "printlab.h"

/* --- associations ------------------------------------------------------- */

static void
test_associations(void **state)
{
	static const uint16_t status[] = {
	    0x961a, 0xf414, 0x9324, 0xc011, 0x8811, 0x157b};
	struct capture c;
	unsigned i;

	(void)state;
	capture_begin(&c);
	for (i = 0; i < 6; i++) {
		assoc_row(c.f, i + 1, i < 5 ? 40211 + i : 7, status[i]);
		fputc('\n', c.f);
	}
	capture_end(&c,
	    "  1 40211  961a   yes   yes  none  sys.peer    sys_peer  1\n"
	    "  2 40212  f414   yes   yes   ok  candidate   reachable  1\n"
	    "  3 40213  9324   yes   yes  none   outlier   reachable  2\n"
	    "  4 40214  c011   yes    no   bad    reject    mobilize  1\n"
	    "  5 40215  8811   yes  none  none    reject    mobilize  1\n"
	    "  6     7  157b    no   yes  none    backup clock_alarm  7\n");
}

static void
expect_words(enum status_kind kind, unsigned status, const char *expected)
{
	char words[NTPQ_WORD_MAX];

	assert_string_equal(
	    status_words(kind, status, words, sizeof(words)), expected);
}

static void
test_status_words(void **state)
{
	(void)state;
	expect_words(
	    STATUS_SYS, 0x0615, "leap_none, sync_ntp, 1 event, clock_sync");
	expect_words(
	    STATUS_SYS, 0xc016, "leap_alarm, sync_unspec, 1 event, restart");
	expect_words(STATUS_SYS, 0x7fff,
	    "leap_add_sec, sync_63, 15 events, stale_leapsecond_values");
	expect_words(STATUS_PEER, 0xfe2b,
	    "conf, authenb, auth, reach, bcast, sel_sys.peer, 2 events, "
	    "clock_event");
	expect_words(STATUS_PEER, 0x8000, "conf, sel_reject, no events");
	expect_words(STATUS_CLOCK, 0x0011, "1 event, clk_no_reply");
	expect_words(STATUS_CLOCK, 0x000f, "no events, clk_15");
}

/* Too little room cuts, and never writes outside. */
static void
test_status_words_cut(void **state)
{
	char words[32];

	(void)state;
	memset(words, 'z', sizeof(words));
	status_words(STATUS_PEER, 0xfe2b, words, 24);
	assert_int_equal(strlen(words), 23);
	assert_int_equal(words[24], 'z');
}

/* --- readvar ------------------------------------------------------------ */

static void
expect_cooked(const char *reply, bool plus, const char *expected)
{
	struct cooked_style style = {
	    .plus = plus, .numeric = true, .pivot = NOW_UNIX};
	struct reply r = reply_of(reply, 0);
	struct capture c;

	capture_begin(&c);
	cooked_print(c.f, &r, &style);
	capture_end(&c, expected);
}

static void
test_cooked_system(void **state)
{
	(void)state;
	expect_cooked(
	    "version=\"ntpd 9.1.0 example\", processor=\"x86_64\",\r\n"
	    "system=\"Linux/6.1.0\", leap=0, stratum=3, precision=-24,\r\n"
	    "rootdelay=1.482, rootdisp=22.107, refid=192.0.2.17,\r\n"
	    "reftime=0xeb260f52.5be76c8c, clock=0xeb260f79.03126e98, "
	    "peer=40211,\r\n"
	    "tc=6, mintc=3, offset=-0.318204, frequency=17.406,\r\n"
	    "sys_jitter=0.201774, clk_jitter=0.114, clk_wander=0.009\r\n",
	    true,
	    "version=\"ntpd 9.1.0 example\", processor=\"x86_64\", "
	    "system=\"Linux/6.1.0\",\n"
	    "leap=00, stratum=3, precision=-24, rootdelay=1.482, "
	    "rootdisp=22.107,\n"
	    "refid=192.0.2.17,\n"
	    "reftime=eb260f52.5be76c8c  Mon, Jan  6 2025  8:14:10.359,\n"
	    "clock=eb260f79.03126e98  Mon, Jan  6 2025  8:14:49.012, "
	    "peer=40211, tc=6,\n"
	    "mintc=3, offset=-0.318204, frequency=+17.406, "
	    "sys_jitter=0.201774,\n"
	    "clk_jitter=0.114, clk_wander=0.009\n");
}

static void
test_cooked_peer(void **state)
{
	(void)state;
	expect_cooked(
	    "srcadr=198.51.100.84, srcport=123, dstadr=192.0.2.5, "
	    "dstport=123,\r\n"
	    "leap=2, stratum=2, reftime=0x00000000.00000000, reach=0x7,\r\n"
	    "flash=0x0, keyid=0, offset=4.510, delay=44.902,\r\n"
	    "filtdelay= 45.16 44.90 44.35 45.42 44.26 44.89 45.23 44.30,\r\n"
	    "filtoffset= 7.21 4.51 0.18 -2.80 -1.73 2.06 1.56 1234567.25,\r\n"
	    "filtdisp= 0.00 15.47 31.02 46.50 62.42 77.82 16000.00 "
	    "16000.00\r\n",
	    true,
	    "srcadr=198.51.100.84, srcport=123, dstadr=192.0.2.5, "
	    "dstport=123,\n"
	    "leap=10, stratum=2, reftime=(no time), reach=007, flash=00 ok, "
	    "keyid=0,\n"
	    "offset=+4.510, delay=44.902,\n"
	    "filtdelay=    45.16   44.90   44.35   45.42   44.26   44.89   "
	    "45.23   44.30,\n"
	    "filtoffset=   +7.21   +4.51   +0.18   -2.80   -1.73   +2.06   "
	    "+1.56 +123456,\n"
	    "filtdisp=      0.00   15.47   31.02   46.50   62.42   77.82 "
	    "16000.0 16000.0\n");
}

static void
test_cooked_values(void **state)
{
	(void)state;
	expect_cooked("offset=0.318, frequency=-1.0", false,
	    "offset=0.318, frequency=-1.0\n");
	expect_cooked("offset=-0.000", true, "offset=-0.000\n");
	expect_cooked("flash=0x1600", true,
	    "flash=1600 peer_stratum, peer_dist, peer_unreach\n");
	expect_cooked(
	    "peeradr=198.51.100.10:123", true, "peeradr=198.51.100.10:123\n");
	expect_cooked(
	    "peeradr=[2001:db8::1]:123", true, "peeradr=[2001:db8::1]:123\n");
	expect_cooked("peeradr=0.0.0.0:0", true, "peeradr=0.0.0.0:0\n");
	expect_cooked("refid=127.127.20.3, refid=GPS, refid=GARBAGE", true,
	    "refid=GPS_NMEA(3), refid=GPS, refid=GARBAGE?\n");
	expect_cooked("refid=127.127.15.3", true, "refid=REFCLK(15,3)\n");
	expect_cooked("processor=, name, leap=4, reach=oops, offset=nan", true,
	    "processor=, name=, leap=4?, reach=oops?, offset=nan?\n");
	expect_cooked("filtdelay=1 2 3 4 5 6 7 8 9, filtdisp=", true,
	    "filtdelay=1 2 3 4 5 6 7 8 9?, filtdisp=?\n");
	expect_cooked("srcadr=elsewhere, dstadr=x, rec=12", true,
	    "srcadr=elsewhere?, dstadr=x?, rec=12?\n");
	expect_cooked("", true, "");
}

/* An item may end at column 72, not beyond. */
static void
test_cooked_fold(void **state)
{
	char reply[128], expected[128];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		snprintf(reply, sizeof(reply), "a=%0*d, b=1", 65 + i, 7);
		snprintf(expected, sizeof(expected), "a=%0*d,%sb=1\n", 65 + i,
		    7, i == 0 ? " " : "\n");
		expect_cooked(reply, true, expected);
	}
}

static void
test_raw(void **state)
{
	struct reply r = reply_of("a=1,\r\nb=\x1b[2J\r\n\r\nc=\xff", 0);
	struct capture c;

	(void)state;
	capture_begin(&c);
	raw_print(c.f, &r);
	capture_end(&c, "a=1,\nb=^[[2J\n\nc=M-^?\n");
}

/* --- hostile servers ---------------------------------------------------- */

static void
assert_printable(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		assert_true((s[i] >= ' ' && s[i] <= '~') || s[i] == '\n');
}

static void
show_everything(const struct reply *r)
{
	static const enum peers_view views[] = {
	    PEERS_REFID, PEERS_ASSID, PEERS_LOCAL};
	struct cooked_style cooked = {.numeric = true, .plus = true};
	struct peers_style style = {.numeric = true, .wide = true};
	struct peer_line p;
	struct capture c;
	size_t i;

	capture_begin(&c);
	cooked_print(c.f, r, &cooked);
	raw_print(c.f, r);
	for (i = 0; i < 3; i++) {
		style.view = views[i];
		peer_read(&p, r, (ntp_ts){~0ULL}, &style);
		peers_row(c.f, &p, &style);
	}
	fclose(c.f);
	assert_true(c.len > 0);
	assert_printable(c.text, c.len);
	free(c.text);
}

static void
test_hostile_text(void **state)
{
	static char text[MODE6_TEXT_MAX];
	struct reply r = {.text = text};
	struct ntp_rng rng;
	size_t round, i;

	(void)state;
	rng_seed(&rng, 6);
	for (round = 0; round < 2000; round++) {
		snprintf(text, sizeof(text), "%s",
		    peer_cases[rng_below(&rng, PEER_CASES)].vars);
		r.len = strlen(text);
		r.status = (uint16_t)rng_u64(&rng);
		for (i = rng_below(&rng, 20); i > 0; i--)
			text[rng_below(&rng, r.len)] = (char)rng_u64(&rng);
		show_everything(&r);
	}
	rng_fill(&rng, text, sizeof(text));
	r.len = sizeof(text);
	show_everything(&r);
}

/* --- settings and arguments --------------------------------------------- */

static void
run_expect(struct ntpq *q, const char *line, const char *expected)
{
	struct capture c;

	capture_begin(&c);
	q->out = c.f;
	q->err = stderr;
	command_run(q, line);
	q->out = stdout;
	q->err = stderr;
	capture_end(&c, expected);
}

static struct ntpq *
new_ntpq(void)
{
	struct ntpq *q = calloc(1, sizeof(*q));

	assert_non_null(q);
	net_init(&q->net);
	q->out = stdout;
	q->err = stderr;
	q->delay = 20;
	q->nhosts = 1;
	return q;
}

static void
test_settings(void **state)
{
	struct ntpq *q = new_ntpq();

	(void)state;
	run_expect(q, "timeout", "primary timeout 5000 ms\n");
	run_expect(q, "timeo 250", "");
	run_expect(q, "timeout", "primary timeout 250 ms\n");
	run_expect(q, "timeout -3", "");
	run_expect(q, "timeout", "primary timeout 250 ms\n");
	run_expect(q, "hostnames", "hostnames being shown\n");
	run_expect(q, "  hostnames \"no\"  ", "");
	run_expect(q, "hostnames", "hostnames not being shown\n");
	run_expect(q, "debug more", "debug level set to 1\n");
	run_expect(q, "ntpversion 3", "");
	run_expect(q, "ntpversion 5", "");
	run_expect(q, "ntpversion", "NTP version being claimed is 3\n");
	run_expect(q, "raw", "Output set to raw\n");
	run_expect(q, "host", "no current host\n");
	run_expect(q, "host [::1]:4123", "current host set to [::1]:4123\n");
	run_expect(q, "host [::1", "current host remains [::1]:4123\n");
	run_expect(
	    q, "host -4 localhost:99", "current host set to localhost:99\n");
	q->family = AF_INET6;
	run_expect(
	    q, "host -6 localhost:98", "current host set to localhost:98\n");
	assert_int_equal(q->net.cand[0].sa.ss_family, AF_INET6);
	run_expect(
	    q, "host -4 localhost:97", "current host set to localhost:97\n");
	assert_int_equal(q->net.cand[0].sa.ss_family, AF_INET);
	run_expect(q, "host -6", "current host is localhost:97\n");
	q->family = AF_UNSPEC;
	assert_int_equal(q->net.ncand, 1);
	run_expect(q, "quit", "");
	assert_true(q->quit);
	net_close(&q->net);
	free(q);
}

static void
test_variable_list(void **state)
{
	struct ntpq *q = new_ntpq();

	(void)state;
	run_expect(q, "showvars", "No variables on list\n");
	run_expect(q, "addvars leap,offset=1.5 \"name=\"", "");
	run_expect(q, "showvars", "leap=\noffset=1.5\nname=\n");
	run_expect(q, "rmvars leap,name", "");
	run_expect(q, "addvars offset=2", "");
	run_expect(q, "showvars", "offset=2\n");
	run_expect(q, "clearvars", "");
	run_expect(q, "showvars", "No variables on list\n");
	free(q);
}

static void
test_command_names(void **state)
{
	struct ntpq *q = new_ntpq();

	(void)state;
	run_expect(q, "help pe",
	    "function: show the server's peers and their state\n"
	    "usage: peers [ -4 | -6 ]\n");
	run_expect(q, "? rv",
	    "function: read system or peer variables\n"
	    "usage: rv [ assocID ] [ name,... ] [ ... ] [ ... ]\n");
	run_expect(q, "help p", "");   /* ambiguous */
	run_expect(q, "help zzz", ""); /* unknown */
	run_expect(q, "", "");
	free(q);
}

/* Scripts take a text that begins with "ntpq" for the reference's. */
static void
test_version(void **state)
{
	struct capture c;

	(void)state;
	capture_begin(&c);
	version_print(c.f);
	fclose(c.f);
	assert_non_null(strstr(c.text, "ntpq"));
	assert_int_not_equal(strncmp(c.text, "ntpq", 4), 0);
	free(c.text);
}

static void
test_assoc_arg(void **state)
{
	struct ntpq *q = new_ntpq();
	uint16_t id = 0;

	(void)state;
	q->know_assocs = true;
	q->nassocs = 2;
	q->assoc[0].id = 17;
	q->assoc[1].id = 40000;
	assert_true(assoc_arg(q, "65535", &id));
	assert_int_equal(id, 65535);
	assert_false(assoc_arg(q, "65536", &id));
	assert_false(assoc_arg(q, "x", &id));
	assert_true(assoc_arg(q, "&1", &id));
	assert_int_equal(id, 17);
	assert_true(assoc_arg(q, "&9", &id)); /* the last */
	assert_int_equal(id, 40000);
	assert_false(assoc_arg(q, "&0", &id));
	free(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_associations),
	    cmocka_unit_test(test_status_words),
	    cmocka_unit_test(test_status_words_cut),
	    cmocka_unit_test(test_cooked_system),
	    cmocka_unit_test(test_cooked_peer),
	    cmocka_unit_test(test_cooked_values),
	    cmocka_unit_test(test_cooked_fold),
	    cmocka_unit_test(test_raw),
	    cmocka_unit_test(test_hostile_text),
	    cmocka_unit_test(test_settings),
	    cmocka_unit_test(test_variable_list),
	    cmocka_unit_test(test_command_names),
	    cmocka_unit_test(test_version),
	    cmocka_unit_test(test_assoc_arg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
