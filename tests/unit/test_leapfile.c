/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_leapfile.c - when the leap second file is read again, and what is said
 * of its age, over days of a clock that stands in the world.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../ntpd/ntpd.h"
#include "world.h"

#define DAY  86400.0 /* s */
#define HOUR 3600.0

struct lab {
	struct world w;
	struct daemon *d;
	char path[64], log[64];
};

/* A file whose table ends EXPIRES, s since 1970, and has one more leap second
 * when MORE. */
static void
write_file(const struct lab *l, int64_t expires, bool more)
{
	FILE *fp = fopen(l->path, "we");

	assert_non_null(fp);
	fprintf(
	    fp, "#@ %lld\n3692217600 37\n", (long long)(expires + 2208988800));
	if (more)
		fprintf(fp, "4102444800 38\n");
	assert_int_equal(fclose(fp), 0);
}

static int64_t
now_of(struct lab *l)
{
	uint32_t ns;
	int64_t s;

	ts_to_unix(world_now(&l->w).sys, 1700000000, &s, &ns);
	return s;
}

/* How often the log has said WORDS. */
static unsigned
said(const struct lab *l, const char *words)
{
	char line[512];
	unsigned n = 0;
	FILE *fp = fopen(l->log, "re");

	assert_non_null(fp);
	while (fgets(line, sizeof line, fp) != NULL)
		n += strstr(line, words) != NULL;
	(void)fclose(fp);
	return n;
}

static int
setup(void **state)
{
	struct lab *l = calloc(1, sizeof *l);
	char conf[160];
	int fd;

	assert_non_null(l);
	(void)snprintf(l->path, sizeof l->path, "/tmp/test_leapfile.XXXXXX");
	(void)snprintf(l->log, sizeof l->log, "/tmp/test_leaplog.XXXXXX");
	fd = mkstemp(l->path);
	assert_true(fd >= 0 && close(fd) == 0);
	fd = mkstemp(l->log);
	assert_true(fd >= 0 && close(fd) == 0);
	(void)snprintf(conf, sizeof conf, "leapfile %s ignorehash\n", l->path);
	world_init(&l->w, conf, NULL, 0, 0);
	l->d = calloc(1, sizeof *l->d);
	assert_non_null(l->d);
	l->d->conf = l->w.e->cfg;
	l->d->engine = l->w.e;
	l->d->ports.clock = &l->w.clock;
	msyslog_init(&l->d->log, "ntpd", false, -1);
	assert_int_equal(msyslog_open(&l->d->log, l->log), 0);
	*state = l;
	return 0;
}

static int
teardown(void **state)
{
	struct lab *l = *state;

	msyslog_close(&l->d->log);
	world_fini(&l->w);
	(void)unlink(l->path);
	(void)unlink(l->log);
	free(l->d);
	free(l);
	return 0;
}

/* What stat(2) tells has not changed, as on some network file systems. */
static void
hide_the_change(struct lab *l)
{
	struct stat st;

	assert_int_equal(stat(l->path, &st), 0);
	l->d->leap.mtime = st.st_mtim;
	l->d->leap.ctime = st.st_ctim;
}

static void
test_read_when_it_changes(void **state)
{
	struct lab *l = *state;
	int64_t far = now_of(l) + 400 * 86400;

	write_file(l, far, false);
	leapfile_check(l->d);
	assert_int_equal(l->d->leap.table.n, 1);
	world_run(&l->w, 60);
	write_file(l, far, true);
	leapfile_check(l->d);
	assert_int_equal(l->d->leap.table.n, 2);
	assert_int_equal(said(l, "loaded, expire="), 2);
}

static void
test_read_daily_in_any_case(void **state)
{
	struct lab *l = *state;
	int64_t far = now_of(l) + 400 * 86400;

	write_file(l, far, false);
	leapfile_check(l->d);
	write_file(l, far, true);
	hide_the_change(l);
	for (unsigned hour = 1; hour <= 23; hour++) {
		world_run(&l->w, HOUR);
		leapfile_check(l->d);
		assert_int_equal(l->d->leap.table.n, 1);
	}
	world_run(&l->w, 1.1 * HOUR);
	leapfile_check(l->d);
	assert_int_equal(l->d->leap.table.n, 2);
}

static void
test_bad_one_leaves_the_last(void **state)
{
	struct lab *l = *state;
	FILE *fp;

	write_file(l, now_of(l) + 400 * 86400, true);
	leapfile_check(l->d);
	fp = fopen(l->path, "we");
	assert_non_null(fp);
	fprintf(fp, "3692217600 x\n");
	assert_int_equal(fclose(fp), 0);
	world_run(&l->w, 60);
	leapfile_check(l->d);
	assert_int_equal(l->d->leap.table.n, 2);
	assert_int_equal(said(l, "parsing error in line 1"), 1);
	assert_int_equal(unlink(l->path), 0);
	world_run(&l->w, 2 * DAY);
	leapfile_check(l->d);
	assert_int_equal(l->d->leap.table.n, 2);
	write_file(l, now_of(l) + 400 * 86400, false);
	leapfile_check(l->d);
	assert_int_equal(l->d->leap.table.n, 1);
}

/* Run DAYS with a look each minute times thirty. */
static void
watch(struct lab *l, double days)
{
	for (double s = 0; s < days * DAY; s += HOUR / 2) {
		world_run(&l->w, HOUR / 2);
		leapfile_check(l->d);
	}
}

static void
test_age_is_told(void **state)
{
	struct lab *l = *state;

	write_file(l, now_of(l) + 30 * 86400, false);
	leapfile_check(l->d);
	watch(l, 1.5);
	assert_int_equal(said(l, "expire in less"), 0);
	watch(l, 3);
	assert_in_range(said(l, "will expire in less than"), 2, 4);
	assert_int_equal(said(l, "will expire in less than 27 days"), 1);
	watch(l, 24.5);
	assert_int_equal(said(l, "less than one day"), 0);
	watch(l, 1);
	assert_in_range(said(l, "will expire in less than one day"), 22, 26);
	watch(l, 3);
	assert_in_range(said(l, "expired less than"), 2, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_read_when_it_changes, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_read_daily_in_any_case, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_bad_one_leaves_the_last, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_age_is_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
