/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_file.c - files of the disk.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "sim_scenario.h"

#define CHUNK 65536U

char *
scn_slurp(const char *path)
{
	FILE *fp = fopen(path, "r");
	size_t len = 0, got = fp != NULL;
	char *text = NULL, *more;

	while (got > 0) {
		more = realloc(text, len + CHUNK + 1);
		if (more == NULL)
			break;
		text = more;
		got = fread(text + len, 1, CHUNK, fp);
		len += got;
		text[len] = '\0';
	}
	if (fp != NULL)
		(void)fclose(fp);
	return text;
}

int
scn_load(void *arg, const char *path, const char *from, char **buf, size_t *len,
    char **real)
{
	const char *slash = strrchr(from, '/');
	int dir = slash != NULL && path[0] != '/' ? (int)(slash - from) + 1 : 0;
	size_t cap = (size_t)dir + strlen(path) + 1;
	char *name = malloc(cap);

	(void)arg;
	if (name == NULL)
		return -NTP_ENOMEM;
	(void)snprintf(name, cap, "%.*s%s", dir, from, path);
	*buf = scn_slurp(name);
	if (*buf == NULL) {
		free(name);
		return -NTP_ENOENT;
	}
	*len = strlen(*buf);
	*real = name;
	return 0;
}
