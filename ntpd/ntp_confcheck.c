/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_confcheck.c - questions about the configuration, answered without a
 * daemon: what is wrong with it, what it amounts to, who may do what.
 *
 * Beside what the parser says it is looked at the files that lines name, as
 * they are on this machine and for this user.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ntp_confparse.h"
#include "ntp_err.h"
#include "ntpd.h"

#define FILE_MAX  (1U << 20) /* octets of a keys or leap second file */
#define WARN_DAYS 28
#define DAY_S	  86400
#define TEXT_SIZE 256U

struct check {
	struct ntp_config *c;
	const struct config_io *io;
	const char *path; /* of the file being read */
};

static void
print_diag(void *arg, const struct config_diag *g)
{
	(void)fprintf(arg, "%s:%u:%u: %s: %s%s%s\n", g->file, g->line,
	    g->column, g->severity == CONFIG_ERROR ? "error" : "warning",
	    g->text, g->hint != NULL ? "; " : "",
	    g->hint != NULL ? g->hint : "");
}

/* --- the files that lines name --------------------------------------------- */

static void warn_origin(struct check *k, const struct config_origin *o,
    const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* At the line O, or where the command line is meant at none. */
static void
warn_origin(struct check *k, const struct config_origin *o, const char *hint,
    const char *fmt, ...)
{
	struct conf_place place = {o->file, {o->line, 1}};
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (place.file == NULL)
		place.file = k->c->nfiles > 0 ? k->c->files[0] : "default";
	config_warn_at(k->c, k->io, &place, text, hint);
}

static const struct config_origin *
origin_of(const struct check *k, enum keyword_id id)
{
	return &k->c->origin[id];
}

/* Is there a directory for what WORD (ID) names? */
static void
check_directory(struct check *k, enum keyword_id id, const char *word,
    const char *path, bool itself)
{
	size_t len = path != NULL ? strlen(path) : 0;
	char dir[1024];

	if (len == 0 || len >= sizeof dir || strcmp(path, "stderr") == 0 ||
	    strcmp(path, "stdout") == 0)
		return;
	memcpy(dir, path, len + 1);
	while (!itself && len > 0 && dir[len - 1] != '/')
		dir[--len] = '\0';
	if (len == 0)
		(void)snprintf(dir, sizeof dir, ".");
	if (access(dir, W_OK | X_OK) != 0)
		warn_origin(k, origin_of(k, id),
		    "the user that ntpd runs as must be able to write there",
		    "`%s` cannot be written here: %.100s: %s", word, dir,
		    uv_strerror(uv_translate_sys_error(errno)));
}

static void
check_directories(struct check *k)
{
	const struct ntp_config *c = k->c;
	bool records = false;

	for (size_t i = 0; i < STATS_OTHER; i++)
		records |= c->filegen[i].enabled;
	check_directory(
	    k, KW_DIRECTIVE_DRIFTFILE, "driftfile", c->driftfile, false);
	check_directory(k, KW_DIRECTIVE_LOGFILE, "logfile", c->logfile, false);
	check_directory(k, KW_DIRECTIVE_SAVECONFIGDIR, "saveconfigdir",
	    c->saveconfigdir, true);
	if (records && c->stats)
		check_directory(
		    k, KW_DIRECTIVE_STATSDIR, "statsdir", c->statsdir, true);
}

/* Owned text, or NULL after a warning. */
static char *
read_named(struct check *k, enum keyword_id id, const char *word, size_t *len)
{
	char *buf;

	if (file_read(k->path, FILE_MAX, &buf, len) == 0)
		return buf;
	warn_origin(k, origin_of(k, id),
	    "the user that ntpd runs as must be able to read it",
	    "`%s` cannot be read here: %.100s: %s", word, k->path,
	    uv_strerror(uv_translate_sys_error(errno)));
	return NULL;
}

/* --- keys ------------------------------------------------------------------ */

static void
tell_key(void *arg, unsigned line, const char *text)
{
	struct check *k = arg;
	const struct config_origin o = {k->path, line};

	warn_origin(k, &o, NULL, "%s", text);
}

/* Every key of the file counts here, trusted or not: the parser speaks of
 * trust. */
static void
check_used(struct check *k, struct keystore *ks, uint32_t id,
    const struct config_origin *where)
{
	if (id != 0 && keys_find(ks, id) == NULL)
		warn_origin(k, where,
		    k->path != NULL ? "add it there"
				    : "add `keys` with the file that has it",
		    "key %u is not in the keys file", id);
}

static void
check_all_used(struct check *k, struct keystore *ks)
{
	const struct ntp_config *c = k->c;

	(void)keys_trust(ks, 1, NTP_KEYID_MAX);
	for (size_t i = 0; i < c->nassoc; i++) {
		const struct config_origin o = {
		    c->assoc[i].file, c->assoc[i].line};

		check_used(k, ks, c->assoc[i].key, &o);
	}
	check_used(k, ks, c->controlkey, origin_of(k, KW_DIRECTIVE_CONTROLKEY));
}

static void
check_mode(struct check *k)
{
	struct stat st;

	if (stat(k->path, &st) == 0 && (st.st_mode & S_IROTH) != 0)
		warn_origin(k, origin_of(k, KW_DIRECTIVE_KEYS), "chmod o-r",
		    "`keys` can be read by everybody here: %.100s", k->path);
}

static void
check_keys(struct check *k)
{
	struct keystore *ks = keys_new();
	char *buf = NULL;
	size_t len;

	k->path = k->c->keysfile;
	if (ks != NULL && k->path != NULL)
		buf = read_named(k, KW_DIRECTIVE_KEYS, "keys", &len);
	if (buf != NULL) {
		check_mode(k);
		(void)keys_parse(ks, buf, len, tell_key, k);
		explicit_bzero(buf, len);
		free(buf);
	}
	/* of a file that cannot be read nothing more is to be said */
	if (ks != NULL && (k->path == NULL || buf != NULL))
		check_all_used(k, ks);
	keys_free(&ks);
}

/* --- leap seconds ---------------------------------------------------------- */

static void
check_leap_table(struct check *k, const char *text, size_t len)
{
	const struct config_origin *o = origin_of(k, KW_DIRECTIVE_LEAPFILE);
	struct leap_table t;
	unsigned line = 0;
	int err = leap_parse(&t, text, len, !k->c->leap_ignorehash, &line);
	int64_t left = err == 0 ? t.expires - (int64_t)time(NULL) : 0;

	if (err == -NTP_EFORMAT)
		warn_origin(k, o, NULL,
		    "`leapfile` is of no use here: %.100s: error in line %u",
		    k->path, line);
	else if (err != 0)
		warn_origin(k, o, "`ignorehash` takes it all the same",
		    "`leapfile` is of no use here: %.100s: %s", k->path,
		    ntp_strerror(err));
	else if (t.expires != 0 && left < (int64_t)WARN_DAYS * DAY_S)
		warn_origin(k, o, "install a newer one (tzdata)",
		    "`leapfile` %s here: %.100s",
		    left < 0 ? "has expired" : "expires soon", k->path);
}

static void
check_leap(struct check *k)
{
	size_t len;
	char *buf;

	k->path = k->c->leapfile;
	if (k->path == NULL)
		return;
	buf = read_named(k, KW_DIRECTIVE_LEAPFILE, "leapfile", &len);
	if (buf != NULL)
		check_leap_table(k, buf, len);
	free(buf);
}

/* --- Network Time Security --------------------------------------------------
 */

static void
tell_nts(void *arg, enum nts_fault what, const struct config_assoc *a,
    const char *text)
{
	struct check *k = arg;
	const struct config_origin line = {
	    a != NULL ? a->file : NULL, a != NULL ? a->line : 0};
	enum keyword_id id = what == NTS_FAULT_CA ? KW_NTS_CA : KW_NTS_ENABLE;

	warn_origin(k, a != NULL ? &line : origin_of(k, id), NULL,
	    "of no use for `nts` here: %s", text);
}

static void
check_nts(struct check *k)
{
	const struct config_nts *n = &k->c->nts;

	nts_check(k->c, tell_nts, k);
	if (n->server)
		check_directory(k,
		    n->cookie != NULL ? KW_NTS_COOKIE : KW_NTS_ENABLE,
		    "nts cookie",
		    n->cookie != NULL ? n->cookie : CONFIG_NTS_COOKIE, false);
}

/* --- the questions --------------------------------------------------- */

static int
check(struct daemon *d, const struct config_io *io)
{
	struct ntp_config *c = d->cfg;
	struct check k = {c, io, NULL};

	config_lint(c, io);
	check_keys(&k);
	check_leap(&k);
	check_directories(&k);
	check_nts(&k);
	(void)printf("%s: %u errors, %u warnings\n", d->opt.conffile,
	    c->nerrors, c->nwarnings);
	return c->nerrors > 0 || (d->opt.strict && c->nwarnings > 0) ? NTPD_FAIL
								     : NTPD_OK;
}

/* Prints TEXT, which it takes over. */
static int
print(char *text, size_t len)
{
	bool written = fwrite(text, 1, len, stdout) == len;

	free(text);
	return written && fflush(stdout) == 0 ? NTPD_OK : NTPD_FAIL;
}

static int
explain(struct daemon *d)
{
	const char *whom = d->opt.explain;
	struct ntp_addr addr;
	char *text;
	size_t len;

	if (addr_parse(whom, strlen(whom), &addr) != 0) {
		(void)fprintf(
		    stderr, "ntpd: not a numeric address: %s\n", whom);
		return NTPD_FAIL;
	}
	if (config_explain(d->cfg, &addr, &text, &len) != 0)
		return NTPD_FAIL;
	return print(text, len);
}

static int
show(struct daemon *d)
{
	char *text;
	size_t len;

	if (config_show(d->cfg, &text, &len) != 0)
		return NTPD_FAIL;
	return print(text, len);
}

static int
write_file(const char *path, const char *text, size_t len)
{
	FILE *fp = fopen(path, "we");
	bool bad;

	if (fp == NULL)
		return -NTP_EIO;
	bad = fwrite(text, 1, len, fp) != len;
	return fclose(fp) != 0 || bad ? -NTP_EIO : 0;
}

static int
save(struct daemon *d)
{
	const char *path = d->opt.saveconfig;
	size_t len;
	char *text;
	int err;

	if (config_write(d->cfg, &text, &len) != 0)
		return NTPD_FAIL;
	err = write_file(path, text, len);
	free(text);
	if (err == 0)
		return NTPD_OK;
	msyslog_errno(&d->log, NTP_LOG_ERR, "cannot write %s", path);
	return NTPD_FAIL;
}

static int
answer(struct daemon *d)
{
	if (d->opt.explain != NULL)
		return explain(d);
	return d->opt.print_config ? show(d) : save(d);
}

int
confcheck(struct daemon *d)
{
	const struct config_io io = {
	    .arg = d->opt.check_config ? stdout : stderr, .diag = print_diag};
	int status;

	if (setup_read(d, &io, &d->cfg) != 0)
		return NTPD_FAIL;
	d->conf = d->cfg;
	if (d->opt.check_config)
		return check(d, &io);
	status = answer(d);
	return status == NTPD_OK && d->opt.saveconfig == NULL &&
		d->conf->nerrors > 0
	    ? NTPD_FAIL
	    : status;
}
