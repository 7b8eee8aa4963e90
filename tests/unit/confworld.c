/* SPDX-License-Identifier: BSD-2-Clause */
/* confworld.c - files and messages for the tests of the configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "confworld.h"
#include "ntp_err.h"

static void
on_diag(void *arg, const struct config_diag *d)
{
	struct world *w = arg;
	struct message *m = &w->m[w->n++ % MESSAGES];

	m->severity = d->severity;
	m->line = d->line;
	m->column = d->column;
	assert_true(d->column >= 1);
	snprintf(m->file, sizeof(m->file), "%s", d->file);
	snprintf(m->text, sizeof(m->text), "%s", d->text);
	snprintf(m->hint, sizeof(m->hint), "%s", d->hint ? d->hint : "");
}

static char *
copy(const char *s)
{
	size_t len = strlen(s) + 1;
	char *c = malloc(len);

	assert_non_null(c);
	return memcpy(c, s, len);
}

static int
on_load(void *arg, const char *path, const char *from, char **buf, size_t *len,
    char **real)
{
	struct world *w = arg;

	w->loads++;
	snprintf(w->from, sizeof(w->from), "%s", from);
	for (const struct file *f = w->files; f != NULL && f->path; f++)
		if (strcmp(f->path, path) == 0) {
			*buf = copy(f->text);
			*len = strlen(f->text);
			*real = copy(path);
			return 0;
		}
	return -NTP_ENOENT;
}

static char *
on_list(void *arg, const char *path, const char *from, size_t k)
{
	const struct world *w = arg;

	(void)from;
	if (w->dir == NULL || strcmp(path, "conf.d") != 0)
		return NULL;
	for (size_t i = 0; i < k; i++)
		if (w->dir[i] == NULL)
			return NULL;
	return w->dir[k] != NULL ? copy(w->dir[k]) : NULL;
}

void
begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->io = (struct config_io){w, on_load, on_list, on_diag, NULL, NULL};
	w->cfg = config_new();
	assert_non_null(w->cfg);
}

struct ntp_config *
finish(struct world *w, const char *text)
{
	assert_int_equal(
	    config_parse(w->cfg, "ntp.conf", text, strlen(text), &w->io), 0);
	config_finish(w->cfg, &w->io);
	assert_int_equal(w->cfg->nerrors + w->cfg->nwarnings, w->n);
	return w->cfg;
}

struct ntp_config *
parse(struct world *w, const char *text)
{
	begin(w);
	return finish(w, text);
}

void
said(const struct world *w, unsigned i, enum config_severity severity,
    unsigned line, unsigned column, const char *text)
{
	const struct message *m = &w->m[i];

	assert_true(i < w->n);
	if (strncmp(m->text, text, strlen(text)) != 0)
		assert_string_equal(m->text, text);
	assert_int_equal(m->severity, severity);
	assert_int_equal(m->line, line);
	assert_int_equal(m->column, column);
}

void
end(struct world *w)
{
	config_free(&w->cfg);
	assert_null(w->cfg);
}
