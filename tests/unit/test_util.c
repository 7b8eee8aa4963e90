/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_util.c - frequency file, pid file, log lines.
 *
 * Works in a directory of its own under TMPDIR.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../ntpd/ntp_util.h"
#include "ntp_err.h"
#include "ntp_syslog.h"
#include "scratch.h"
#include "threat.h"

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
	errno = 0; /* no size tells that it has no end */
	assert_int_equal(file_read("/dev/zero", 9, &buf, &len), -NTP_ERANGE);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(
	    file_read(in_dir(1, "none"), 9, &buf, &len), -NTP_ENOENT);
	put(p, "");
	assert_int_equal(file_read(p, 9, &buf, &len), 0);
	assert_int_equal(len, 0);
	free(buf);
}

/* A pipe is read to its end, and without a writer nobody waits for ever. */
static void
test_pipe_read(void **state)
{
	const char *p = in_dir(0, "pipe");
	char *buf;
	size_t len;
	pid_t writer;

	(void)state;
	assert_int_equal(mkfifo(p, 0600), 0);
	(void)alarm(60);
	assert_int_equal(file_read(p, 9, &buf, &len), -NTP_EIO);
	assert_int_equal(errno, ETIMEDOUT);
	writer = fork();
	if (writer == 0) {
		put(p, "0123456789");
		_exit(0);
	}
	assert_int_equal(file_read(p, 10, &buf, &len), 0);
	(void)alarm(0);
	assert_string_equal(buf, "0123456789");
	free(buf);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	(void)unlink(p);
}

/* --- frequency file ------------------------------------------------------- */

static double
drift_of(const char *text)
{
	struct driftfile df;
	double freq = -1.0;
	int err;

	put(in_dir(0, "drift"), text);
	drift_init(&df, path_buf[0], 1e-7);
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
	drift_init(&df, in_dir(1, "none"), 1e-7);
	assert_int_equal(drift_read(&df, &freq), -NTP_ENOENT);
	drift_init(&df, NULL, 1e-7);
	assert_int_equal(drift_read(&df, &freq), -NTP_ENOENT);
	drift_init(&df, "", 1e-7);
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
	drift_init(&df, p, 1e-7);
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
	drift_init(&df, path, 1e-7);
	assert_int_equal(drift_write(&df, 1e-6), -NTP_EIO);
	assert_false(df.written);
	/* the target cannot be replaced: no temporary file stays behind */
	assert_int_equal(mkdir(in_dir(0, "drift"), 0755), 0);
	drift_init(&df, path_buf[0], 1e-7);
	assert_int_equal(drift_write(&df, 1e-6), -NTP_EIO);
	assert_int_equal(access(in_dir(1, "drift.TEMP"), F_OK), -1);
}

static void
test_drift_hourly(void **state)
{
	const char *p = in_dir(0, "drift");
	struct driftfile df;

	(void)state;
	drift_init(&df, p, 1e-7);
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
	len = msyslog_line(out, sizeof out, &m, (time_t)1736164815, "hello");
	assert_string_equal(out, " 6 Jan 12:00:15 ntpd[4711]: hello\n");
	assert_int_equal(len, strlen(out));
	/* cut, yet a whole line */
	len = msyslog_line(out, 20, &m, (time_t)1736164815, "hello");
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

/* Where others may write, their links are not followed; where only we may, a
 * link is the administrator's wish. */
static void
test_log_in_a_hostile_directory(void **state)
{
	const char *victim = in_dir(1, "victim"), *log = in_dir(0, "log");
	struct msyslog m;
	char *buf;
	size_t len;

	(void)state;
	put(victim, "keep me");
	assert_int_equal(symlink(victim, log), 0);
	assert_int_equal(chmod(dir, 01777), 0);
	msyslog_init(&m, "ntpd", false, -1);
	assert_int_equal(msyslog_open(&m, log), -NTP_EIO);
	assert_int_equal(unlink(log), 0);
	assert_int_equal(link(victim, log), 0);
	assert_int_equal(msyslog_open(&m, log), -NTP_EIO);
	assert_holds(victim, "keep me");
	assert_int_equal(unlink(log), 0);
	assert_int_equal(symlink(victim, log), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(msyslog_open(&m, log), 0);
	msyslog(&m, NTP_LOG_ERR, "by the link");
	msyslog_close(&m);
	assert_int_equal(file_read(victim, 9999, &buf, &len), 0);
	assert_non_null(strstr(buf, ": by the link\n"));
	free(buf);
}

/* A log that was moved away without a word to us is noticed. */
static void
test_log_follows(void **state)
{
	const char *log = in_dir(0, "log"), *old = in_dir(1, "log.1");
	struct msyslog m;
	char *buf;
	size_t len;

	(void)state;
	msyslog_init(&m, "ntpd", false, -1);
	assert_int_equal(msyslog_open(&m, log), 0);
	assert_int_equal(msyslog_follow(&m), 0);
	msyslog(&m, NTP_LOG_ERR, "before");
	assert_int_equal(rename(log, old), 0);
	assert_int_equal(msyslog_follow(&m), 0);
	msyslog(&m, NTP_LOG_ERR, "after");
	msyslog_close(&m);
	assert_int_equal(file_read(old, 9999, &buf, &len), 0);
	assert_null(strstr(buf, "after"));
	free(buf);
	assert_int_equal(file_read(log, 9999, &buf, &len), 0);
	assert_null(strstr(buf, "before"));
	assert_non_null(strstr(buf, ": after\n"));
	free(buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(test_file_read),
	    IN_DIR(test_pipe_read),
	    IN_DIR(test_drift_read),
	    IN_DIR(test_drift_write),
	    IN_DIR(test_drift_write_fails_whole),
	    IN_DIR(test_drift_hourly),
	    IN_DIR(test_pidfile),
	    IN_DIR(test_pidfile_of_another),
	    cmocka_unit_test(test_log_line),
	    IN_DIR(test_log_in_a_hostile_directory),
	    IN_DIR(test_log_follows),
	    THREAT_IN("N-log", test_log_file, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
