/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_filegen.c - statistics files: names, bytes, and disks that fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../ntpd/ntp_filegen.h"
#include "../../ntpd/ntp_records.h"
#include "../../ntpd/ntp_util.h"
#include "ntp_packet.h"
#include "scratch.h"

#define DAY_S 86400

/* --- statistics ----------------------------------------------------------- */

/* 2025-01-06 12:00:15 UTC is MJD 60681 and in ISO week 2 of 2025. */
#define T0 1736164815LL

static void
test_suffixes(void **state)
{
	static const struct {
		enum filegen_type type;
		const char *want;
	} row[] = {
	    {FILEGEN_NONE, ""},
	    {FILEGEN_PID, ".#4711"},
	    {FILEGEN_DAY, ".20250106"},
	    {FILEGEN_WEEK, ".2025w02"},
	    {FILEGEN_MONTH, ".202501"},
	    {FILEGEN_YEAR, ".2025"},
	    {FILEGEN_AGE, ".a00172800"},
	};
	char out[32];

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		filegen_suffix(
		    row[i].type, T0, T0 - 2 * DAY_S - 5, 4711, out, sizeof out);
		assert_string_equal(out, row[i].want);
	}
}

/* Two times share a period exactly when they share a suffix. */
static void
test_period_matches_suffix(void **state)
{
	char a[32], b[32];

	(void)state;
	for (int type = FILEGEN_NONE; type <= FILEGEN_AGE; type++)
		for (int64_t t = T0; t < T0 + 800 * DAY_S; t += 17 * 3600) {
			filegen_suffix(
			    (enum filegen_type)type, t, T0, 1, a, sizeof a);
			filegen_suffix((enum filegen_type)type, t + 17 * 3600,
			    T0, 1, b, sizeof b);
			assert_int_equal(strcmp(a, b) == 0,
			    filegen_period((enum filegen_type)type, t, T0) ==
				filegen_period((enum filegen_type)type,
				    t + 17 * 3600, T0));
		}
}

static unsigned logged;
static char said[512]; /* the last line */

static void keep_log(struct log_port *p, enum ntp_loglevel lv, const char *fmt,
    va_list ap) __attribute__((format(printf, 3, 0)));
static void
keep_log(struct log_port *p, enum ntp_loglevel lv, const char *fmt, va_list ap)
{
	(void)p;
	if (lv == NTP_LOG_DEBUG)
		return;
	(void)vsnprintf(said, sizeof said, fmt, ap);
	logged++;
}

static struct log_port keep_port = {NTP_LOG_DEBUG, keep_log};

static void
stats_start(struct filestats *s, struct ntp_config *cfg, char *where)
{
	memset(cfg, 0, sizeof *cfg);
	cfg->stats = true;
	cfg->statsdir = where;
	for (int i = 0; i < STATS_SETS; i++)
		cfg->filegen[i] = (struct config_filegen){
		    .enabled = true, .link = true, .type = FILEGEN_DAY};
	logged = 0;
	filestats_init(s, cfg, &keep_port, T0);
	records_attach(s);
}

static const struct loop_sample loop1 = {.offset = 0.000021734,
    .freq = -11.872e-6,
    .jitter = 0.00006312,
    .wander = 0.001544e-6,
    .poll = 7};

static void
test_loopstats(void **state)
{
	struct loop_sample ls = loop1;
	struct ntp_config cfg;
	struct filestats s;
	struct stat a, b;

	(void)state;
	stats_start(&s, &cfg, dir);
	ls.when = ts_from_unix(T0, 118000000);
	s.port.loop(&s.port, &ls);
	ls.when = ts_from_unix(T0 + DAY_S, 118000000);
	s.port.loop(&s.port, &ls);
	filestats_close(&s);
	assert_holds(in_dir(0, "loopstats.20250106"),
	    "60681 43215.118 0.000021734 -11.872 0.000063120 0.001544 7\n");
	assert_holds(in_dir(1, "loopstats.20250107"),
	    "60682 43215.118 0.000021734 -11.872 0.000063120 0.001544 7\n");
	/* the plain name is a hard link to the current one */
	assert_int_equal(stat(path_buf[1], &a), 0);
	assert_int_equal(stat(in_dir(2, "loopstats"), &b), 0);
	assert_true(a.st_ino == b.st_ino && a.st_nlink == 2);
	assert_int_equal(logged, 0);
}

static void
test_peerstats(void **state)
{
	struct ntp_addr addr = {.family = ADDR_V4, .ip = {192, 0, 2, 10}};
	struct peer_sample ps = {.addr = &addr,
	    .status = 0x961a,
	    .offset = 0.000154021,
	    .delay = 0.000821334,
	    .disp = 0.000931872,
	    .jitter = 0.000040118};
	struct ntp_config cfg;
	struct filestats s;

	(void)state;
	stats_start(&s, &cfg, dir);
	ps.when = ts_from_unix(T0, 118000000);
	s.port.peer(&s.port, &ps);
	filestats_close(&s);
	assert_holds(in_dir(0, "peerstats.20250106"),
	    "60681 43215.118 192.0.2.10 961a 0.000154021 0.000821334 "
	    "0.000931872 0.000040118\n");
}

static void
test_stats_old_plain_file_is_kept(void **state)
{
	struct loop_sample ls = loop1;
	struct ntp_config cfg;
	struct filestats s;
	char name[64];

	(void)state;
	put(in_dir(0, "loopstats"), "precious\n");
	stats_start(&s, &cfg, dir);
	ls.when = ts_from_unix(T0, 0);
	s.port.loop(&s.port, &ls);
	filestats_close(&s);
	(void)snprintf(name, sizeof name, "loopstats.%ldC0", (long)getpid());
	assert_holds(in_dir(1, name), "precious\n");
}

/* A record of the reference's own manner, column by column. */
static void
test_rawstats(void **state)
{
	struct ntp_addr addr = {.family = ADDR_V4, .ip = {192, 0, 2, 10}};
	struct ntp_addr local = {.family = ADDR_V4, .ip = {192, 0, 2, 1}};
	const uint8_t more[] = {0, 0, 0, 7, 0xab};
	struct ntp_packet pkt = {.version = 4,
	    .mode = 4,
	    .stratum = 1,
	    .poll = 6,
	    .precision = -24,
	    .rootdelay = 1,
	    .rootdisp = 2,
	    .refid = refid_from_text("GPS")};
	struct raw_sample rs = {.addr = &addr, .local = &local, .pkt = &pkt};
	struct ntp_config cfg;
	struct filestats s;

	(void)state;
	stats_start(&s, &cfg, dir);
	rs.when = rs.dst = ts_from_unix(T0, 118130077);
	rs.org = ts_from_unix(T0, 117320441);
	pkt.rec = ts_from_unix(T0, 117901223);
	pkt.xmt = ts_from_unix(T0, 999999999);
	s.port.raw(&s.port, &rs);
	pkt.stratum = 0;
	rs.local = NULL;
	rs.org = (ntp_ts){0};
	pkt.refid = refid_from_text("RATE");
	rs.more = more;
	rs.nmore = sizeof more;
	s.port.raw(&s.port, &rs);
	pkt.stratum = 3;
	pkt.refid = 0xc0000207;
	rs.nmore = 0;
	s.port.raw(&s.port, &rs);
	filestats_close(&s);
	assert_holds(in_dir(0, "rawstats.20250106"),
	    "60681 43215.118 192.0.2.10 192.0.2.1 3945153615.117320441 "
	    "3945153615.117901223 3945153615.999999999 3945153615.118130077 "
	    "0 4 4 1 6 -24 0.000015 0.000031 .GPS.\n"
	    "60681 43215.118 192.0.2.10 - 0.000000000 "
	    "3945153615.117901223 3945153615.999999999 3945153615.118130077 "
	    "0 4 4 16 6 -24 0.000015 0.000031 .RATE. 5: 00000007ab\n"
	    "60681 43215.118 192.0.2.10 - 0.000000000 "
	    "3945153615.117901223 3945153615.999999999 3945153615.118130077 "
	    "0 4 4 3 6 -24 0.000015 0.000031 192.0.2.7\n");
}

/* A fraction that rounds up to the next second carries. */
static void
test_rawstats_carry(void **state)
{
	struct ntp_addr addr = {.family = ADDR_V4, .ip = {192, 0, 2, 10}};
	struct ntp_packet pkt = {.version = 4, .mode = 4, .stratum = 2};
	struct raw_sample rs = {
	    .addr = &addr, .pkt = &pkt, .org = {UINT64_C(0x00000005ffffffff)}};
	struct ntp_config cfg;
	struct filestats s;
	size_t len;
	char *buf;

	(void)state;
	stats_start(&s, &cfg, dir);
	rs.when = ts_from_unix(T0, 0);
	s.port.raw(&s.port, &rs);
	filestats_close(&s);
	assert_int_equal(file_read(in_dir(0, "rawstats"), 999, &buf, &len), 0);
	assert_non_null(strstr(buf, " - 6.000000000 "));
	free(buf);
}

static void
test_sysstats(void **state)
{
	struct engine_counters then = {.age = 100, .n = {10, 9, 8, 1}};
	struct engine_counters n = {.age = 3700,
	    .n = {91832, 91799, 90126, 1673, 12, 3, 0, 9, 147, 11}};
	struct ntp_config cfg;
	struct filestats s;

	(void)state;
	stats_start(&s, &cfg, dir);
	counters_since(&n, &then);
	record_sys(&s, ts_from_unix(T0, 2000000), &n);
	/* begun anew since: all of them count */
	then.age = 5000;
	counters_since(&n, &then);
	record_sys(&s, ts_from_unix(T0, 2000000), &n);
	filestats_close(&s);
	assert_holds(in_dir(0, "sysstats.20250106"),
	    "60681 43215.002 3600 91822 91790 90118 1672 12 3 0 9 147 11\n"
	    "60681 43215.002 3600 91822 91790 90118 1672 12 3 0 9 147 11\n");
}

static void
test_usestats(void **state)
{
	struct rusage then = {
	    .ru_utime = {1, 900000}, .ru_nvcsw = 1000, .ru_maxrss = 5000};
	struct rusage now = {.ru_utime = {2, 511000},
	    .ru_stime = {0, 702000},
	    .ru_minflt = 12,
	    .ru_oublock = 96,
	    .ru_nvcsw = 32007,
	    .ru_nivcsw = 4,
	    .ru_maxrss = 5216};
	struct ntp_config cfg;
	struct filestats s;

	(void)state;
	stats_start(&s, &cfg, dir);
	record_use(&s, ts_from_unix(T0, 0), 3600.2, &then, &now);
	filestats_close(&s);
	assert_holds(in_dir(0, "usestats.20250106"),
	    "60681 43215.000 3600 0.611 0.702 12 0 0 0 96 31007 4 0 5216\n");
}

static void
test_nts_records(void **state)
{
	static const uint64_t n[NTS_COUNTS] = {[NTS_CLIENT_SEND] = 60,
	    [NTS_CLIENT_RECV_GOOD] = 59,
	    [NTS_CLIENT_RECV_BAD] = 1,
	    [NTS_SERVER_SEND] = 12,
	    [NTS_SERVER_RECV_GOOD] = 13,
	    [NTS_SERVER_RECV_BAD] = 2,
	    [NTS_COOKIE_MAKE] = 20,
	    [NTS_COOKIE_NOT_SERVER] = 3,
	    [NTS_COOKIE_DECODE] = 7,
	    [NTS_COOKIE_DECODE_OLD] = 3,
	    [NTS_COOKIE_DECODE_OLD2] = 2,
	    [NTS_COOKIE_DECODE_OLDER] = 1,
	    [NTS_COOKIE_DECODE_TOO_OLD] = 4,
	    [NTS_COOKIE_DECODE_ERROR] = 5,
	    [NTS_KE_PROBES_GOOD] = 8,
	    [NTS_KE_PROBES_BAD] = 9};
	static const struct ke_cost cost[KE_ENDS] = {
	    [KE_GOOD] = {2, 0.4119, 0.005}, [KE_BAD] = {1, 5, 0.0014}};
	struct ntp_config cfg;
	struct filestats s;

	(void)state;
	stats_start(&s, &cfg, dir);
	record_nts(&s, ts_from_unix(T0, 0), 3600.2, n);
	record_ntske(&s, ts_from_unix(T0, 0), 3600.2, cost, n);
	filestats_close(&s);
	assert_holds(in_dir(0, "ntsstats.20250106"),
	    "60681 43215.000 3600 60 59 1 12 13 2 20 3 13 7 3 2 1 4 5\n");
	assert_holds(in_dir(1, "ntskestats.20250106"),
	    "60681 43215.000 3600 2 0.412 0.005 0 0.000 0.000 1 5.000 0.001"
	    " 8 9\n");
}

static void
test_other_records(void **state)
{
	struct ntp_addr addr = {.family = ADDR_V4, .ip = {192, 0, 2, 10}};
	struct ntp_addr clock = {.family = ADDR_V4, .ip = {127, 127, 28, 0}};
	struct clock_sample cs = {.addr = &clock, .text = "64 64 0 0 0"};
	struct ntp_config cfg;
	struct filestats s;

	(void)state;
	stats_start(&s, &cfg, dir);
	cs.when = ts_from_unix(T0, 118000000);
	record_timing(&s, cs.when, &addr, 0.000011207);
	s.port.clock(&s.port, &cs);
	s.port.event(&s.port, cs.when, "192.0.2.10 961a 8a sys_peer");
	filestats_close(&s);
	assert_holds(in_dir(0, "timingstats"),
	    "60681 43215.118 192.0.2.10 1 0.000011207 "
	    "input processing delay\n");
	assert_holds(in_dir(0, "clockstats"),
	    "60681 43215.118 127.127.28.0 64 64 0 0 0\n");
	assert_holds(in_dir(0, "protostats"),
	    "60681 43215.118 192.0.2.10 961a 8a sys_peer\n");
}

static void
test_disabled(void **state)
{
	struct loop_sample ls = loop1;
	struct ntp_config cfg;
	struct filestats s;

	(void)state;
	stats_start(&s, &cfg, dir);
	s.gen[STATS_LOOP].par.enabled = false;
	s.port.loop(&s.port, &ls);
	assert_int_equal(access(in_dir(0, "loopstats"), F_OK), -1);
	filestats_close(&s);
}

/* A directory that is not there is said once, tried again ten seconds later,
 * and then the log tells what was lost. */
static void
test_directory_comes_late(void **state)
{
	struct loop_sample ls = loop1;
	struct ntp_config cfg;
	struct filestats s;
	char late[600];

	(void)state;
	(void)snprintf(late, sizeof late, "%s/late", dir);
	stats_start(&s, &cfg, late);
	for (int i = 0; i < 5; i++) {
		ls.when = ts_from_unix(T0 + i, 0);
		s.port.loop(&s.port, &ls);
	}
	assert_int_equal(logged, 1);
	assert_non_null(strstr(said, "late/loopstats.20250106: No such file"));
	assert_int_equal(mkdir(late, 0755), 0);
	ls.when = ts_from_unix(T0 + 9, 0);
	s.port.loop(&s.port, &ls); /* not yet tried again */
	assert_int_equal(logged, 1);
	ls.when = ts_from_unix(T0 + 10, 0);
	s.port.loop(&s.port, &ls);
	assert_int_equal(logged, 2);
	assert_non_null(strstr(said, "is written again, 6 records were lost"));
	ls.when = ts_from_unix(T0 + 11, 0);
	s.port.loop(&s.port, &ls);
	assert_int_equal(logged, 2);
	filestats_close(&s);
	(void)unlink(in_dir(0, "late/loopstats"));
	(void)unlink(in_dir(0, "late/loopstats.20250106"));
}

/* Nobody has asked for the default directory: that it is not there may be
 * meant so. */
static void
test_default_directory_is_silent(void **state)
{
	struct loop_sample ls = loop1;
	struct ntp_config cfg;
	struct filestats s;
	char none[600];

	(void)state;
	(void)snprintf(none, sizeof none, "%s/none", dir);
	stats_start(&s, &cfg, none);
	s.dir_default = true;
	s.port.loop(&s.port, &ls);
	assert_int_equal(logged, 0);
	filestats_close(&s);
}

/* A disk that takes half a record keeps none of it. */
static void
test_full_disk(void **state)
{
	struct rlimit old, low = {.rlim_cur = 100};
	struct loop_sample ls = loop1;
	struct ntp_config cfg;
	struct filestats s;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low.rlim_max = old.rlim_max;
	stats_start(&s, &cfg, dir);
	ls.when = ts_from_unix(T0, 118000000);
	s.port.loop(&s.port, &ls); /* 65 octets */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	s.port.loop(&s.port, &ls);
	s.port.loop(&s.port, &ls);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(logged, 1);
	assert_non_null(strstr(said, "No space left on device"));
	ls.when = ts_from_unix(T0 + 10, 118000000);
	s.port.loop(&s.port, &ls);
	assert_int_equal(logged, 2);
	filestats_close(&s);
	assert_holds(in_dir(0, "loopstats.20250106"),
	    "60681 43215.118 0.000021734 -11.872 0.000063120 0.001544 7\n"
	    "60681 43225.118 0.000021734 -11.872 0.000063120 0.001544 7\n");
}

/* A link laid where the file should be is not followed. */
static void
test_link_is_not_followed(void **state)
{
	const char *victim = in_dir(1, "victim");
	struct loop_sample ls = loop1;
	struct ntp_config cfg;
	struct filestats s;

	(void)state;
	put(victim, "keep me");
	assert_int_equal(symlink(victim, in_dir(2, "loopstats.20250106")), 0);
	stats_start(&s, &cfg, dir);
	ls.when = ts_from_unix(T0, 0);
	s.port.loop(&s.port, &ls);
	filestats_close(&s);
	assert_holds(victim, "keep me");
	assert_int_equal(logged, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_suffixes),
	    cmocka_unit_test(test_period_matches_suffix),
	    IN_DIR(test_loopstats),
	    IN_DIR(test_peerstats),
	    IN_DIR(test_rawstats),
	    IN_DIR(test_rawstats_carry),
	    IN_DIR(test_sysstats),
	    IN_DIR(test_usestats),
	    IN_DIR(test_nts_records),
	    IN_DIR(test_other_records),
	    IN_DIR(test_stats_old_plain_file_is_kept),
	    IN_DIR(test_disabled),
	    IN_DIR(test_directory_comes_late),
	    IN_DIR(test_default_directory_is_silent),
	    IN_DIR(test_full_disk),
	    IN_DIR(test_link_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
