/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scratch.c - a directory for each test, and files in it.
 */
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../ntpd/ntp_util.h"

char dir[256];
char path_buf[4][512];

const char *
in_dir(int i, const char *name)
{
	(void)snprintf(path_buf[i], sizeof path_buf[i], "%s/%s", dir, name);
	return path_buf[i];
}

int
scratch_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(dir, sizeof dir, "%s/truechimer.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

int
scratch_teardown(void **state)
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

void
put(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	(void)fputs(text, fp);
	(void)fclose(fp);
}

void
assert_holds(const char *path, const char *want)
{
	char *buf;
	size_t len;

	assert_int_equal(file_read(path, 100000, &buf, &len), 0);
	assert_string_equal(buf, want);
	assert_int_equal(len, strlen(want));
	free(buf);
}
