/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_conf.c - a node's ntp.conf, and the files that it names.
 *
 * Those of a scenario stand in its `file` blocks; a real ntp.conf that is
 * rehearsed has real ones, and may do without.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp_config.h"
#include "ntp_err.h"
#include "ntp_leapsec.h"
#include "ntp_state.h"
#include "sim_world.h"

struct conf_reader {
	const struct sim_node *n;
	FILE *err;
};

/* Malloc'd; NULL when there is none. */
static char *
node_file(const struct sim_node *n, const char *path)
{
	const struct scenario *sc = n->w->sc;

	for (size_t i = 0; i < sc->nvfile; i++) {
		if (strcmp(sc->vfile[i].path, path) == 0)
			return strdup(sc->vfile[i].text);
	}
	return sc->lenient ? scn_slurp(path) : NULL;
}

static int
conf_load(void *arg, const char *path, const char *from, char **buf,
    size_t *len, char **real)
{
	const struct conf_reader *r = arg;

	if (r->n->w->sc->lenient)
		return scn_load(NULL, path, from, buf, len, real);
	*buf = node_file(r->n, path);
	if (*buf == NULL)
		return -NTP_ENOENT;
	*len = strlen(*buf);
	*real = strdup(path);
	return *real != NULL ? 0 : -NTP_ENOMEM;
}

/* Lines are told as those of the scenario file. */
static void
conf_diag(void *arg, const struct config_diag *d)
{
	const struct conf_reader *r = arg;
	const struct sim_node *n = r->n;
	bool ours = strcmp(d->file, n->w->sc->file) == 0;

	if (d->severity != CONFIG_ERROR && n->w->log == NULL)
		return;
	(void)fprintf(r->err, "%s:%u:%u: %s%s%s\n", d->file,
	    d->line + (ours ? n->def->conf_line - 1 : 0), d->column, d->text,
	    d->hint != NULL ? "; " : "", d->hint != NULL ? d->hint : "");
}

struct ntp_config *
node_conf(struct sim_node *n, FILE *err)
{
	struct conf_reader r = {n, err};
	struct config_io io = {.arg = &r, .load = conf_load, .diag = conf_diag};
	struct ntp_config *c = config_new();
	const char *text = n->def->conf;

	if (c == NULL)
		return NULL;
	if (config_parse(c, n->w->sc->file, text, strlen(text), &io) == 0)
		config_finish(c, &io);
	else
		c->nerrors++;
	if (c->nerrors > 0 && !n->w->sc->lenient)
		config_free(&c);
	return c;
}

/* What is missing matters only in a scenario. */
static int
missing(const struct sim_node *n, const char *path, FILE *err)
{
	(void)fprintf(err, "%s: %s: cannot read %s%s\n", n->w->sc->file,
	    n->name, path,
	    n->w->sc->lenient ? "" : ": no good `file` block of that name");
	return n->w->sc->lenient ? 0 : -NTP_ENOENT;
}

int
node_keys(struct sim_node *n, const struct ntp_config *c, FILE *err)
{
	char *text;
	int got = -1;

	keys_free(&n->keys);
	if (c->keysfile == NULL)
		return 0;
	n->keys = keys_new();
	text = node_file(n, c->keysfile);
	if (n->keys != NULL && text != NULL)
		got = keys_parse(n->keys, text, strlen(text), NULL, NULL);
	free(text);
	if (got < 0)
		return missing(n, c->keysfile, err);
	for (size_t i = 0; i < c->ntrusted; i++)
		(void)keys_trust(n->keys, c->trusted[i].lo, c->trusted[i].hi);
	return 0;
}

int
node_leapfile(struct sim_node *n, FILE *err)
{
	const struct ntp_config *c = n->e->cfg;
	struct leap_table t;
	unsigned line;
	bool good = false;
	char *text;

	if (c->leapfile == NULL)
		return 0;
	text = node_file(n, c->leapfile);
	if (text != NULL)
		good = leap_parse(&t, text, strlen(text), !c->leap_ignorehash,
			   &line) == 0;
	free(text);
	if (!good)
		return missing(n, c->leapfile, err);
	engine_set_leap(n->e, &t, sim_clock_now(&n->clock));
	return 0;
}
