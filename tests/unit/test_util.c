/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_util.c - frequency file, pid file, statistics files, log lines.
 *
 * Works in a directory of its own under TMPDIR.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../ntpd/ntp_filegen.h"
#include "../../ntpd/ntp_util.h"
#include "ntp_err.h"
#include "ntp_syslog.h"
#include "threat.h"

#define DAY_S 86400

static char dir[256];
static char path_buf[4][512];

/* A path in the test's directory; slot I keeps it. */
static const char *
in_dir(int i, const char *name)
{
	(void)snprintf(path_buf[i], sizeof path_buf[i], "%s/%s", dir, name);
	return path_buf[i];
}

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(
	    dir, sizeof dir, "%s/ntputil.XXXXXX", tmp != NULL ? tmp : "/tmp");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct dirent *de;
	char path[1024];
	DIR *d = opendir(dir);

	(void)state;
	if (d == NULL)
		return 0;
	while ((de = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, de->d_name);
		if (de->d_name[0] != '.' && unlink(path) != 0)
			(void)rmdir(path);
	}
	(void)closedir(d);
	return rmdir(dir);
}

static void
put(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	(void)fputs(text, fp);
	(void)fclose(fp);
}

static void
assert_holds(const char *path, const char *want)
{
	char *buf;
	size_t len;

	assert_int_equal(file_read(path, 100000, &buf, &len), 0);
	assert_string_equal(buf, want);
	assert_int_equal(len, strlen(want));
	free(buf);
}

/* --- whole files ---------------------------------------------------------- */

static void
test_file_read(void **state)
{
	const char *p = in_dir(0, "f");
	char *buf;
	size_t len;

	(void)state;
	put(p, "0123456789");
	assert_int_equal(file_read(p, 10, &buf, &len), 0);
	assert_int_equal(len, 10);
	assert_string_equal(buf, "0123456789");
	free(buf);
	assert_int_equal(file_read(p, 9, &buf, &len), -NTP_ERANGE);
	assert_int_equal(file_read(dir, 99, &buf, &len), -NTP_EIO);
	assert_int_equal(
	    file_read(in_dir(1, "none"), 9, &buf, &len), -NTP_ENOENT);
	put(p, "");
	assert_int_equal(file_read(p, 9, &buf, &len), 0);
	assert_int_equal(len, 0);
	free(buf);
}

/* --- frequency file ------------------------------------------------------- */

static double
drift_of(const char *text)
{
	struct driftfile df;
	double freq = -1.0;
	int err;

	put(in_dir(0, "drift"), text);
	drift_init(&df, path_buf[0]);
	err = drift_read(&df, &freq);
	return err == 0 ? freq : (double)err;
}

static void
test_drift_read(void **state)
{
	struct driftfile df;
	double freq = 7.0;

	(void)state;
	assert_true(fabs(drift_of("-12.304\n") + 12.304e-6) < 1e-15);
	assert_true(fabs(drift_of("  0.5 trailing") - 0.5e-6) < 1e-15);
	assert_true(fabs(drift_of("-870.203\n") + 500e-6) < 1e-15);
	assert_true(drift_of("") == -NTP_EFORMAT);
	assert_true(drift_of("fast\n") == -NTP_EFORMAT);
	assert_true(drift_of("nan\n") == -NTP_EFORMAT);
	drift_init(&df, in_dir(1, "none"));
	assert_int_equal(drift_read(&df, &freq), -NTP_ENOENT);
	drift_init(&df, NULL);
	assert_int_equal(drift_read(&df, &freq), -NTP_ENOENT);
	drift_init(&df, "");
	assert_int_equal(drift_write(&df, 1e-6), -NTP_ENOENT);
	assert_true(freq == 7.0);
}

static void
test_drift_write(void **state)
{
	const char *p = in_dir(0, "drift"), *temp = in_dir(1, "drift.TEMP");
	const char *victim = in_dir(2, "victim");
	struct driftfile df;

	(void)state;
	put(victim, "keep me");
	assert_int_equal(symlink(victim, temp), 0);
	drift_init(&df, p);
	assert_int_equal(drift_write(&df, -12.304e-6), 0);
	assert_holds(p, "-12.304\n");
	assert_int_equal(access(temp, F_OK), -1);
	/* a link laid in our way is removed, not followed */
	assert_holds(victim, "keep me");
	assert_int_equal(drift_write(&df, 499.9999e-6), 0);
	assert_holds(p, "500.000\n");
}

static void
test_drift_write_fails_whole(void **state)
{
	struct driftfile df;
	char path[600];

	(void)state;
	(void)snprintf(path, sizeof path, "%s/none/drift", dir);
	drift_init(&df, path);
	assert_int_equal(drift_write(&df, 1e-6), -NTP_EIO);
	assert_false(df.written);
	/* the target cannot be replaced: no temporary file stays behind */
	assert_int_equal(mkdir(in_dir(0, "drift"), 0755), 0);
	drift_init(&df, path_buf[0]);
	assert_int_equal(drift_write(&df, 1e-6), -NTP_EIO);
	assert_int_equal(access(in_dir(1, "drift.TEMP"), F_OK), -1);
}

static void
test_drift_hourly(void **state)
{
	const char *p = in_dir(0, "drift");
	struct driftfile df;

	(void)state;
	drift_init(&df, p);
	assert_int_equal(drift_hourly(&df, 10.0e-6), 0);
	assert_holds(p, "10.000\n");
	/* 0.04 ppm: below 0.1 and 0.05, not below 0.025 */
	assert_int_equal(drift_hourly(&df, 10.04e-6), 0);
	assert_int_equal(drift_hourly(&df, 10.04e-6), 0);
	assert_holds(p, "10.000\n");
	assert_int_equal(drift_hourly(&df, 10.04e-6), 0);
	assert_holds(p, "10.040\n");
	assert_int_equal(drift_hourly(&df, 10.09e-6), 0);
	assert_holds(p, "10.040\n");
	assert_int_equal(drift_hourly(&df, 9.9e-6), 0);
	assert_holds(p, "9.900\n");
}

/* --- pid file ------------------------------------------------------------- */

static void
test_pidfile(void **state)
{
	const char *p = in_dir(0, "ntpd.pid"), *victim = in_dir(1, "victim");
	struct pidfile pf = {0};

	(void)state;
	put(victim, "keep me");
	assert_int_equal(symlink(victim, p), 0);
	assert_int_equal(pidfile_create(&pf, p, 4711), 0);
	assert_holds(p, "4711");
	assert_holds(victim, "keep me");
	pidfile_remove(&pf);
	assert_int_equal(access(p, F_OK), -1);
	pidfile_remove(&pf); /* twice does nothing */
	assert_int_equal(pidfile_create(&pf, in_dir(2, "no/pid"), 1), -NTP_EIO);
	pidfile_remove(&pf);
}

/* Somebody else has written his own since: it is his. */
static void
test_pidfile_of_another(void **state)
{
	const char *p = in_dir(0, "ntpd.pid");
	struct pidfile mine = {0};

	(void)state;
	assert_int_equal(pidfile_create(&mine, p, 1), 0);
	assert_int_equal(rename(p, in_dir(1, "old")), 0);
	put(p, "2");
	pidfile_remove(&mine);
	assert_holds(p, "2");
}

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

static void
count_log(struct log_port *p, enum ntp_loglevel lv, const char *fmt, va_list ap)
{
	(void)p;
	(void)lv;
	(void)fmt;
	(void)ap;
	logged++;
}

static struct log_port count_port = {NTP_LOG_DEBUG, count_log};

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
	filestats_init(s, cfg, &count_port, T0);
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

static void
test_stats_disabled_and_failing(void **state)
{
	struct loop_sample ls = loop1;
	struct ntp_config cfg;
	struct filestats s;
	char none[600];

	(void)state;
	stats_start(&s, &cfg, dir);
	s.gen[STATS_LOOP].par.enabled = false;
	s.port.loop(&s.port, &ls);
	assert_int_equal(access(in_dir(0, "loopstats"), F_OK), -1);
	filestats_close(&s);
	/* a missing directory is silent, anything else is said once */
	(void)snprintf(none, sizeof none, "%s/none", dir);
	stats_start(&s, &cfg, none);
	s.port.loop(&s.port, &ls);
	assert_int_equal(logged, 0);
	put(in_dir(1, "file"), "");
	stats_start(&s, &cfg, path_buf[1]);
	s.port.loop(&s.port, &ls);
	s.port.loop(&s.port, &ls);
	assert_int_equal(logged, 1);
}

/* --- log ------------------------------------------------------------------ */

static void
test_log_line(void **state)
{
	struct msyslog m = {.ident = "ntpd", .pid = 4711};
	char out[128];
	size_t len;

	(void)state;
	(void)setenv("TZ", "UTC", 1);
	tzset();
	len = msyslog_line(out, sizeof out, &m, (time_t)T0, "hello");
	assert_string_equal(out, " 6 Jan 12:00:15 ntpd[4711]: hello\n");
	assert_int_equal(len, strlen(out));
	/* cut, yet a whole line */
	len = msyslog_line(out, 20, &m, (time_t)T0, "hello");
	assert_string_equal(out, " 6 Jan 12:00:15 nt\n");
	assert_int_equal(len, 19);
}

static void
test_log_file(void **state)
{
	struct msyslog m;
	char *buf;
	size_t len;

	(void)state;
	msyslog_init(&m, "ntpd", false, -1);
	assert_int_equal(msyslog_open(&m, in_dir(0, "log")), 0);
	msyslog(&m, NTP_LOG_DEBUG, "too fine");
	msyslog(&m, NTP_LOG_INFO, "bad\nname %d", 7);
	assert_int_equal(rename(path_buf[0], in_dir(1, "log.1")), 0);
	assert_int_equal(msyslog_reopen(&m), 0);
	msyslog(&m, NTP_LOG_ERR, "after");
	/* where it cannot go it does not go, and the old one stays */
	assert_int_equal(msyslog_open(&m, in_dir(2, "no/log")), -NTP_EIO);
	msyslog(&m, NTP_LOG_ERR, "still here");
	msyslog_close(&m);
	assert_int_equal(file_read(path_buf[1], 9999, &buf, &len), 0);
	assert_null(strstr(buf, "too fine"));
	/* nobody forges a line of its own */
	assert_non_null(strstr(buf, "bad^Jname 7\n"));
	free(buf);
	assert_int_equal(file_read(path_buf[0], 9999, &buf, &len), 0);
	assert_non_null(strstr(buf, ": after\n"));
	assert_non_null(strstr(buf, ": still here\n"));
	free(buf);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(test_file_read),
	    IN_DIR(test_drift_read),
	    IN_DIR(test_drift_write),
	    IN_DIR(test_drift_write_fails_whole),
	    IN_DIR(test_drift_hourly),
	    IN_DIR(test_pidfile),
	    IN_DIR(test_pidfile_of_another),
	    cmocka_unit_test(test_suffixes),
	    cmocka_unit_test(test_period_matches_suffix),
	    IN_DIR(test_loopstats),
	    IN_DIR(test_peerstats),
	    IN_DIR(test_stats_old_plain_file_is_kept),
	    IN_DIR(test_stats_disabled_and_failing),
	    cmocka_unit_test(test_log_line),
	    THREAT_IN("N-log", test_log_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
