/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_setup.c - from the command line and the files to a configuration.
 *
 * Values of the command line are set first and those of the file later, so
 * that the file wins, as with the reference.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ntp_err.h"
#include "ntpd.h"

#define CONFIG_MAX  (4U << 20) /* octets of one file */
#define PRESET_LINE 512U
#define SLEW_STEP   600 /* s, step threshold of -x */

static const char command_line[] = "command line";

/* --- finding included files ----------------------------------------------- */

/* PATH beside FROM, malloc'd; NULL when it is absolute or FROM has none. */
static char *
beside(const char *path, const char *from)
{
	const char *slash = from != NULL ? strrchr(from, '/') : NULL;
	size_t dir, cap;
	char *out;

	if (path[0] == '/' || slash == NULL)
		return NULL;
	dir = (size_t)(slash - from) + 1;
	cap = dir + strlen(path) + 1;
	out = malloc(cap);
	if (out != NULL)
		(void)snprintf(out, cap, "%.*s%s", (int)dir, from, path);
	return out;
}

static int
load_as(char *name, char **buf, size_t *len, char **real)
{
	int err =
	    name != NULL ? file_read(name, CONFIG_MAX, buf, len) : -NTP_ENOENT;

	if (err == 0)
		*real = name;
	else
		free(name);
	return err;
}

static int
load_file(void *arg, const char *path, const char *from, char **buf,
    size_t *len, char **real)
{
	int err = load_as(beside(path, from), buf, len, real);

	(void)arg;
	if (err == -NTP_ENOENT)
		err = load_as(strdup(path), buf, len, real);
	return err;
}

static int
is_conf(const struct dirent *de)
{
	size_t len = strlen(de->d_name);

	return len > 5 && de->d_name[0] != '.' &&
	    strcmp(de->d_name + len - 5, ".conf") == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static char *
nth_conf(const char *dir, size_t k)
{
	struct dirent **list;
	char *out = NULL;
	int n = scandir(dir, &list, is_conf, by_name);
	size_t cap;

	if (n < 0)
		return NULL;
	if (k < (size_t)n) {
		cap = strlen(dir) + strlen(list[k]->d_name) + 2;
		out = malloc(cap);
		if (out != NULL)
			(void)snprintf(out, cap, "%s/%s", dir, list[k]->d_name);
	}
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return out;
}

static char *
list_directory(void *arg, const char *path, const char *from, size_t k)
{
	char *near = beside(path, from);
	struct stat st;
	char *out;

	(void)arg;
	if (near != NULL && stat(near, &st) == 0)
		out = nth_conf(near, k);
	else
		out = nth_conf(path, k);
	free(near);
	return out;
}

/* --- diagnostics ---------------------------------------------------------- */

static const char *
severity_word(const struct config_diag *g)
{
	return g->severity == CONFIG_ERROR ? "error" : "warning";
}

/* The second form is what log watchers know. */
static void
diag_log(void *arg, const struct config_diag *g)
{
	struct msyslog *log = arg;
	bool bad = g->severity == CONFIG_ERROR;

	msyslog(log, bad ? NTP_LOG_ERR : NTP_LOG_WARN, "%s:%u:%u: %s: %s%s%s",
	    g->file, g->line, g->column, severity_word(g), g->text,
	    g->hint != NULL ? "; " : "", g->hint != NULL ? g->hint : "");
	if (bad)
		msyslog(log, NTP_LOG_ERR,
		    "syntax error in %s line %u, column %u", g->file, g->line,
		    g->column);
}

/* --- the configuration ---------------------------------------------------- */

static bool
preset(struct ntp_config *c, char **where, const char *word, const char *value)
{
	if (value == NULL)
		return true;
	free(*where);
	*where = strdup(value);
	config_preset(c, word, command_line);
	return *where != NULL;
}

/* Paths are taken as they are: a line could not quote each of them. */
static int
preset_paths(struct ntp_config *c, const struct options *o)
{
	if (preset(c, &c->driftfile, "driftfile", o->driftfile) &&
	    preset(c, &c->keysfile, "keys", o->keysfile) &&
	    preset(c, &c->logfile, "logfile", o->logfile) &&
	    preset(c, &c->pidfile, "pidfile", o->pidfile) &&
	    preset(c, &c->statsdir, "statsdir", o->statsdir))
		return 0;
	return -NTP_ENOMEM;
}

struct preset {
	struct daemon *d;
	struct ntp_config *c;
	const struct config_io *io;
	int err;
};

static void preset_line(struct preset *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
preset_line(struct preset *p, const char *fmt, ...)
{
	char line[PRESET_LINE];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof line)
		msyslog(&p->d->log, NTP_LOG_ERR,
		    "too long for the configuration: %.40s...", line);
	else if (p->err == 0)
		p->err = config_preset_line(p->c, command_line, line, p->io);
}

/* Other options are lines of ntp.conf, said otherwise. */
static int
preset_lines(struct daemon *d, struct ntp_config *c, const struct config_io *io)
{
	struct preset p = {d, c, io, 0};
	const struct options *o = &d->opt;

	if (o->authnoreq) {
		/* not as a line: no `enable` could undo it */
		c->auth = false;
		config_preset(c, "auth", command_line);
	}
	if (o->bcastsync)
		preset_line(&p, "broadcastclient");
	if (o->propagation > 0)
		preset_line(&p, "broadcastdelay %.9g", o->propagation);
	if (o->threads_given && o->threads_auto)
		preset_line(&p, "threads auto");
	else if (o->threads_given)
		preset_line(&p, "threads %u", (unsigned)o->threads);
	if (o->slew)
		preset_line(&p, "tinker step %d", SLEW_STEP);
	for (size_t i = 0; i < o->nkeys; i++)
		preset_line(&p, "trustedkey %u", (unsigned)o->keys[i]);
	for (size_t i = 0; i < o->nvars; i++) {
		const char *equals = strchr(o->vars[i], '=');

		preset_line(&p, "setvar %.*s = \"%s\"%s",
		    (int)(equals - o->vars[i]), o->vars[i], equals + 1,
		    o->var_shown[i] ? " default" : "");
	}
	return p.err;
}

/* NTPsec reads ntp.d beside its file; where the file names it that is enough. */
static int
parse_beside(struct ntp_config *c, const char *path, const struct config_io *io)
{
	char *near = beside("ntp.d", path);
	char *first = nth_conf(near != NULL ? near : "ntp.d", 0);
	bool known = first == NULL;
	int err = 0;

	for (size_t i = 0; i < c->nfiles && !known; i++)
		known = strcmp(c->files[i], first) == 0;
	if (!known)
		err = config_preset_line(c, path, "includefile ntp.d", io);
	free(near);
	free(first);
	return err;
}

/* 1 when the file is not there, which only -c makes an error. */
static int
parse_file(struct daemon *d, struct ntp_config *c, const struct config_io *io)
{
	const char *path = d->opt.conffile;
	size_t len;
	char *buf;
	int err;

	err = file_read(path, CONFIG_MAX, &buf, &len);
	if (err != 0) {
		msyslog_errno(
		    &d->log, NTP_LOG_ERR, "cannot open configuration %s", path);
		return d->opt.conffile_given ? err : 1;
	}
	err = config_parse(c, path, buf, len, io);
	free(buf);
	return err == 0 ? parse_beside(c, path, io) : err;
}

static int
fill(struct daemon *d, struct ntp_config *c, const struct config_io *io)
{
	int err;

	if (preset_paths(c, &d->opt) != 0)
		return -NTP_ENOMEM;
	err = preset_lines(d, c, io);
	if (err == 0)
		err = parse_file(d, c, io);
	if (err < 0)
		return err;
	for (size_t i = 0; i < d->opt.nservers; i++)
		if (config_add_server(c, d->opt.servers[i], io) != 0)
			msyslog(&d->log, NTP_LOG_ERR, "bad server %s",
			    d->opt.servers[i]);
	config_finish(c, io);
	return err;
}

int
setup_read(
    struct daemon *d, const struct config_io *tell, struct ntp_config **out)
{
	struct config_io io = {.arg = &d->log, .diag = diag_log};
	int err;

	if (tell != NULL)
		io = *tell;
	io.load = load_file;
	io.list = list_directory;
	*out = config_new();
	if (*out == NULL)
		return -NTP_ENOMEM;
	err = fill(d, *out, &io);
	if (err < 0)
		config_free(out);
	return err;
}

int
setup_config(struct daemon *d)
{
	int err = setup_read(d, NULL, &d->cfg);

	if (err < 0)
		return err;
	d->conf = d->cfg;
	if (d->conf->nerrors > 0)
		msyslog(&d->log, NTP_LOG_ERR,
		    "saw %u configuration errors; the other lines are in force",
		    d->conf->nerrors);
	if (d->conf->nassoc == 0)
		msyslog(&d->log, NTP_LOG_WARN,
		    "no servers configured: nothing to synchronize to");
	return 0;
}
