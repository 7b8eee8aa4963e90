/* SPDX-License-Identifier: BSD-2-Clause */
/* test_ctlvars.c - the variables of mode 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_rng.h"
#include "ntp_state.h"
#include "ntp_wire.h"

#include "ctllab.h"
#define NONCE 0xfeedfacecafebeefU

static int
setup(void **state)
{
	*state = lab_new("server 192.0.2.1 iburst\n"
			 "server 2001:db8::2 key 6\n"
			 "server 192.0.2.3 minpoll 4 maxpoll 9\n"
			 "restrict default nomodify\n"
			 "trustedkey 5 6\n"
			 "controlkey 5\n");
	return 0;
}

/* --- READVAR -------------------------------------------------------------- */

static void
test_system_default_set(void **state)
{
	struct lab *l = *state;
	const char *text;

	l->e->sys.leap = 0;
	l->e->sys.stratum = 2;
	l->e->sys.refid = 0xc0000201;
	l->e->sys.rootdelay = 0.0123456;
	l->e->sys.offset = -0.000012345;
	l->e->sys.source = SYNC_NTP;
	l->e->sys.peer = lab_peer(l, 0);
	l->e->loop.freq = 12.3456e-6;
	text = lab_read(l, 0, "");
	assert_int_equal(l->nsent, 1);
	assert_int_equal(l->sent[0][0], 0x16);
	assert_int_equal(l->reply.status, sys_status_word(l->e));
	assert_int_equal(lab_count_items(text), 19);
	lab_expect_lines_fit(text);
	assert_int_equal(strncmp(text, "version=\"ntpd ", 14), 0);
	assert_string_equal(text + l->reply.len - 2, "\r\n");
	assert_string_equal(lab_value(l, "processor"), "\"x86_64\"");
	assert_string_equal(lab_value(l, "system"), "\"Linux/6.1.0\"");
	assert_string_equal(lab_value(l, "leap"), "0");
	assert_string_equal(lab_value(l, "stratum"), "2");
	assert_string_equal(lab_value(l, "precision"), "-23");
	assert_string_equal(lab_value(l, "rootdelay"), "12.346");
	assert_string_equal(lab_value(l, "refid"), "192.0.2.1");
	assert_string_equal(lab_value(l, "clock"), "0xe8aa5b00.12345678");
	assert_int_equal(
	    strtoul(lab_value(l, "peer"), NULL, 10), lab_peer(l, 0)->associd);
	assert_string_equal(lab_value(l, "offset"), "-0.012345");
	assert_string_equal(lab_value(l, "frequency"), "12.346");
	assert_null(lab_value(l, "tai"));
	engine_set_leap(l->e,
	    &(struct leap_table){
		.entry = {{1483228800, 37}}, .n = 1, .expires = 1782604800},
	    l->now);
	assert_string_equal(lab_read(l, 0, "tai,leapsec,expire"),
	    "tai=37, leapsec=201701010000, expire=202606280000\r\n");
}

static void
test_unsynchronized_system(void **state)
{
	struct lab *l = *state;

	lab_read(l, 0, "");
	assert_int_equal(l->sent[0][0], 0xd6);
	assert_string_equal(lab_value(l, "leap"), "3");
	assert_string_equal(lab_value(l, "stratum"), "16");
	assert_string_equal(lab_value(l, "refid"), "INIT");
	assert_string_equal(lab_value(l, "peer"), "0");
	assert_string_equal(lab_value(l, "reftime"), "0x00000000.00000000");
	lab_read(l, 0, "peeradr,peermode");
	assert_string_equal(lab_value(l, "peeradr"), "0.0.0.0:0");
	assert_string_equal(lab_value(l, "peermode"), "0");
	l->e->sys.peer = lab_peer(l, 1);
	lab_read(l, 0, "peeradr,peermode");
	assert_string_equal(lab_value(l, "peeradr"), "[2001:db8::2]:123");
	assert_string_equal(lab_value(l, "peermode"), "3");
}

static void
fill_filter(struct lab *l, struct peer *p)
{
	const struct filter_param fp = {.precision = 1e-6,
	    .maxdist = 1.5,
	    .maxdisp = 16,
	    .phi = 15e-6,
	    .allan = 2048,
	    .popcorn_window = 128};

	for (int i = 1; i <= 3; i++) {
		struct sample s = {i * 1e-3, i * 10e-3, 1e-3, l->now.mono};

		l->now.mono.ns += 1000000000;
		s.epoch = l->now.mono;
		clock_filter(&p->filter, &s, &fp, l->now.mono);
	}
}

static void
test_peer_default_set(void **state)
{
	struct lab *l = *state;
	struct peer *p = lab_peer(l, 0);
	struct mode6_hdr h[2];
	const char *text;

	fill_filter(l, p);
	p->stratum = 1;
	p->refid = refid_from_text("GPS");
	p->poll.reach = 0xff;
	p->poll.throttle = 63.7;
	p->flash = 0x400;
	text = lab_read(l, p->associd, "");
	assert_int_equal(l->nsent, 2);
	for (unsigned i = 0; i < 2; i++) {
		mode6_decode(l->sent[i], l->sentlen[i], &h[i]);
		assert_int_equal(h[i].status, peer_status_word(p));
		assert_int_equal(h[i].more, i == 0);
	}
	assert_int_equal(h[0].offset, 0);
	assert_int_equal(h[1].offset, h[0].count);
	lab_count_items(text);
	lab_expect_lines_fit(text);
	assert_int_equal(strncmp(text, "srcadr=192.0.2.1, srcport=123", 29), 0);
	assert_string_equal(lab_value(l, "dstadr"), "0.0.0.0");
	assert_null(lab_value(l, "srchost"));
	assert_string_equal(lab_value(l, "refid"), "GPS");
	assert_string_equal(lab_value(l, "reach"), "0xff");
	assert_string_equal(lab_value(l, "headway"), "63");
	assert_string_equal(lab_value(l, "flash"), "0x400");
	assert_string_equal(lab_value(l, "keyid"), "0");
	assert_string_equal(lab_value(l, "hmode"), "3");
	assert_string_equal(lab_value(l, "filtdelay"),
	    " 30.00 20.00 10.00 0.00 0.00 0.00 0.00 0.00");
	assert_string_equal(lab_value(l, "filtoffset"),
	    " 3.00 2.00 1.00 0.00 0.00 0.00 0.00 0.00");
	assert_int_equal(strncmp(lab_value(l, "filtdisp"), " 1.00 1.0", 9), 0);
	assert_non_null(strstr(lab_value(l, "filtdisp"), " 16000.00"));
}

/* Even an association that nothing is known of yet. */
static void
test_every_peer_spans_two_fragments(void **state)
{
	struct lab *l = *state;

	PEER_FOREACH (p, &l->e->peers) {
		lab_count_items(lab_read(l, p->associd, ""));
		assert_int_equal(l->nsent, 2);
	}
	lab_read(l, lab_peer(l, 1)->associd, "srcadr,keyid,authenable");
	assert_string_equal(lab_value(l, "srcadr"), "2001:db8::2");
	assert_string_equal(lab_value(l, "keyid"), "6");
	assert_string_equal(lab_value(l, "authenable"), "0");
}

static void
test_named_variables(void **state)
{
	struct lab *l = *state;
	const struct peer *p = lab_peer(l, 0);

	assert_string_equal(
	    lab_read(l, 0, "stratum,leap,stratum"), "leap=3, stratum=16\r\n");
	assert_string_equal(
	    lab_read(l, 0, ", ,leap=7,\r\n stratum"), "leap=3, stratum=16\r\n");
	assert_string_equal(lab_read(l, p->associd, "stratum,jitter"),
	    "stratum=16, jitter=0.000\r\n");
	assert_string_equal(lab_read(l, 0, "tai,leapsec,expire"), "");
	assert_int_equal(l->nsent, 1);
	assert_int_equal(l->sentlen[0], MODE6_HEADER_LEN);
}

static void
test_unknown_names(void **state)
{
	struct lab *l = *state;
	static const char *const bad[] = {"leap,nosuch", "leap stratum", "Leap",
	    "lea", "leaps", "srcadr", "=3", "leap;stratum",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		lab_ask(l, MODE6_READVAR, 0, bad[i]);
		lab_expect_error(l, MODE6_ERR_UNKNOWNVAR);
	}
	lab_ask(l, MODE6_READVAR, lab_peer(l, 0)->associd, "leap,rootdist");
	lab_expect_error(l, MODE6_ERR_UNKNOWNVAR);
	/* NULs are no part of a name. */
	lab_compose(l, MODE6_READVAR, 0, "leap");
	l->in[11] = 5;
	assert_int_equal(lab_deliver(l, 20), 1);
	lab_expect_error(l, MODE6_ERR_UNKNOWNVAR);
	lab_ask(l, MODE6_READVAR, 0xffff ^ lab_peer(l, 0)->associd, "leap");
	lab_expect_error(l, MODE6_ERR_BADASSOC);
}

/* What the statistics commands of both families ask for in one go. */
static void
test_lists_of_known_clients(void **state)
{
	struct lab *l = *state;
	static const char *const system_lists[] = {
	    "peeradr,peermode,leap,stratum,precision,rootdelay,rootdisp,refid,"
	    "reftime,sys_jitter,clk_jitter,clk_wander,bcastdelay,authdelay,"
	    "rootdist",
	    "ss_uptime,ss_reset,ss_received,ss_thisver,ss_oldver,ss_badformat,"
	    "ss_badauth,ss_declined,ss_restricted,ss_limited,ss_kodsent,"
	    "ss_processed,ss_numctlreq,ss_ver1,ss_ver1client,ss_ver1zero,"
	    "ss_ver1symm,ss_received_r,ss_processed_r",
	    "mru_enabled,mru_depth,mru_deepest,mru_maxdepth,mru_mindepth,"
	    "mru_maxage,mru_mem,mru_maxmem,mru_hashslots,mru_minage,mru_exists,"
	    "mru_new,mru_recycleold,mru_recyclefull,mru_none,mru_oldest_age",
	    "koffset,kfreq,kmaxerr,kesterr,kstflags,ktimeconst,kprecis,"
	    "kfreqtol,kppsfreq,kppsstab,kppsjitter,kppscalibdur,kppscalibs,"
	    "kppsjitexc,kppsstbexc,kppscaliberrs",
	    "iostats_reset,total_rbuf,free_rbuf,used_rbuf,rbuf_lowater,"
	    "io_dropped,io_ignored,io_received,io_sent,io_sendfailed,"
	    "io_wakeups,io_goodwakeups,io_pkt_reads,io_ref_reads,"
	    "io_tx_kernel,io_tx_hardware,io_rx_hardware,io_hardware_refused,"
	    "timerstats_reset,timer_overruns,timer_xmts",
	    "authreset,authkeys,authfreek,authklookups,authknotfound,"
	    "authkuncached,authkexpired,authencrypts,authdecrypts,"
	    "authdigestencrypts,authcmacencrypts,authdigestdecrypts,"
	    "authdigestfails,authcmacdecrypts,authcmacfails",
	    "mssntp_serves,mssntp_serves_r,mssntp_serves_no,mssntp_serves_err,"
	    "mssntp_serves_good,mssntp_serves_good_wall,"
	    "mssntp_serves_good_slowest,mssntp_serves_bad,"
	    "mssntp_serves_bad_wall,mssntp_serves_bad_slowest_r",
	    "nts_client_send,nts_client_send_r,nts_cookie_not_server,"
	    "nts_cookie_decode_total,nts_cookie_decode_current_r,"
	    "nts_ke_serves_nossl,nts_ke_serves_nossl_wall,"
	    "nts_ke_serves_good_cpu_r",
	};
	static const char pstats[] =
	    "srcadr,srcport,dstadr,timerec,timer,timereach,sent,received,"
	    "badauth,bogusorg,oldpkt,seldisp,selbroken,candidate";
	const char *text;
	unsigned commas;

	for (size_t i = 0; i < sizeof system_lists / sizeof system_lists[0];
	     i++) {
		commas = 0;
		for (const char *p = system_lists[i]; *p != '\0'; p++)
			commas += *p == ',';
		text = lab_read(l, 0, system_lists[i]);
		assert_int_equal(lab_count_items(text), commas + 1);
	}
	assert_int_equal(
	    lab_count_items(lab_read(l, lab_peer(l, 0)->associd, pstats)), 14);
}

/* Names, one by one, as the list of names gives them. */
static void
ask_each_name(struct lab *l, unsigned associd, const char *list_name)
{
	char names[8192], *p = names;
	unsigned n = 0;

	lab_read(l, associd, list_name);
	snprintf(names, sizeof names, "%s", lab_value(l, list_name) + 1);
	names[strlen(names) - 1] = '\0';
	while (*p != '\0') {
		size_t len = strcspn(p, ",");
		bool last = p[len] == '\0';

		p[len] = '\0';
		lab_read(l, associd, p);
		assert_true(l->reply.len == 0 || lab_value(l, p) != NULL);
		assert_null(strstr((const char *)l->reply.text, "feedface"));
		n++;
		p += len + !last;
	}
	assert_true(n > 50);
}

static void
test_every_variable_can_be_read(void **state)
{
	struct lab *l = *state;

	ask_each_name(l, 0, "sys_var_list");
	ask_each_name(l, lab_peer(l, 0)->associd, "peer_var_list");
}

/* Who reads the nonce of an outstanding request can forge the reply. */
static void
test_origin_is_never_disclosed(void **state)
{
	struct lab *l = *state;
	struct peer *p = lab_peer(l, 0);

	p->aorg.v = NONCE;
	p->xmt.v = 0x1122334455667788U;
	assert_string_equal(
	    lab_read(l, p->associd, "org,xmt"), "xmt=0x11223344.55667788\r\n");
	assert_null(strstr(lab_read(l, p->associd, ""), "feedface"));
	ask_each_name(l, p->associd, "peer_var_list");
}

static void
test_hostile_numbers(void **state)
{
	struct lab *l = *state;
	struct peer *p = lab_peer(l, 0);

	l->e->sys.offset = 0.0 / (l->e->sys.offset * 0);
	l->e->loop.freq = 1e300 * 1e300;
	p->poll.throttle = 1e300;
	p->filter.delay = -1e300 * 1e300;
	p->refid = 0x2c3d220d;
	p->stratum = 0;
	lab_count_items(lab_read(l, 0, ""));
	lab_count_items(lab_read(l, p->associd, ""));
	lab_read(l, p->associd, "headway");
	assert_string_equal(lab_value(l, "headway"), "0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, lab_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_system_default_set),
	    TEST(test_unsynchronized_system),
	    TEST(test_peer_default_set),
	    TEST(test_every_peer_spans_two_fragments),
	    TEST(test_named_variables),
	    TEST(test_unknown_names),
	    TEST(test_lists_of_known_clients),
	    TEST(test_every_variable_can_be_read),
	    TEST(test_origin_is_never_disclosed),
	    TEST(test_hostile_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
