/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config.c - ntp.conf becomes one object.
 *
 * Here are the object, the lines, the files and the checks across lines; what
 * each directive means stands in the ntp_config_*.c rooms.  As in the
 * reference the order of lines matters only between equal words.
 */
#include "ntp_config.h"

#include <stdlib.h>
#include <string.h>

#include "ntp.h"
#include "ntp_confparse.h"
#include "ntp_era.h"
#include "ntp_err.h"
#include "ntp_ke.h"
#include "ntp_monitor.h"
#include "ntp_restrict.h"

#define INCLUDE_DEPTH 5U
#define FILES_MAX     1024U /* in all, against loops that fan out */
#define MRU_MEM	      ((size_t)1024 * 1024)
#define MRU_MINDEPTH  600  /* entries */
#define MRU_MAXAGE    3600 /* s */
#define MRU_MINAGE    64   /* s */
#define DSCP_EF	      46

static const struct config_tos tos_default = {
    .minsane = NTP_MINSANE,
    .minclock = NTP_MINCLOCK,
    .maxclock = NTP_MAXCLOCK,
    .mindist = NTP_MINDIST,
    .maxdist = NTP_MAXDIST,
    .maxdisp = NTP_MAXDISP,
    .floor = NTP_FLOOR,
    .ceiling = NTP_CEILING,
    .orphan = NTP_ORPHAN,
    .orphanwait = NTP_ORPHWAIT,
    .beacon = NTP_BEACON,
    .basedate = NTP_BASEDATE,
};

static const struct config_tinker tinker_default = {
    .step_fwd = NTP_STEP,
    .step_back = NTP_STEP,
    .stepout = NTP_STEPOUT,
    .panic = NTP_PANIC,
    .dispersion = NTP_PHI,
    .allan = 11,
};

struct ntp_config *
config_new(void)
{
	struct ntp_config *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->pending = calloc(1, sizeof(*c->pending));
	c->origin = calloc(KW_IDS, sizeof(*c->origin));
	if (c->pending == NULL || c->origin == NULL) {
		config_free(&c);
		return NULL;
	}
	c->tos = tos_default;
	c->tinker = tinker_default;
	for (size_t i = 0; i < STATS_SETS; i++) {
		c->filegen[i].type = FILEGEN_DAY;
		c->filegen[i].link = true;
	}
	c->discard_average = 3;
	c->discard_minimum = NTP_MINPKT;
	c->discard_monitor = 3000;
	c->mru = (struct config_mru){.maxdepth = mru_entries_in(MRU_MEM),
	    .mindepth = MRU_MINDEPTH,
	    .maxage = MRU_MAXAGE,
	    .minage = MRU_MINAGE,
	    .v6prefix = MRU_V6BITS_MAX};
	c->nonvolatile = NTP_DRIFT_LEAST;
	c->port = NTP_PORT;
	c->nts.keport = KE_PORT;
	c->dscp = DSCP_EF;
	c->logmask = LOGBIT_SYNC;
	c->ntp = c->kernel = c->monitor = c->stats = c->auth = true;
	for (size_t i = 0; i < CONFIG_TTLS; i++)
		c->ttl[c->nttl++] = (uint8_t)(32 * i + 31);
	return c;
}

/* --- lines --------------------------------------------------------------- */

static void
/* NOLINTNEXTLINE(readability-function-cognitive-complexity): a flat table */
dispatch(struct confparse *p, const struct keyword *k)
{
#define DIRECTIVE(name, word, tier, state, handler, text)                      \
	if (k->id == KW_DIRECTIVE_##name)                                      \
		confdo_##handler(p, k);
#include "ntp_tbl_keyword.h"
}

static void
parse_line(struct confparse *p)
{
	const struct keyword *k;

	p->bad = p->refused = p->muted = false;
	k = conf_keyword(p, KEYWORD_DIRECTIVE);
	if (k == NULL)
		return;
	p->at = conf_here(p);
	conf_note(p, k->id);
	dispatch(p, k);
}

static void
parse_lines(struct confparse *p, const char *text, size_t len)
{
	const struct config_pending *q = p->cfg->pending;

	scan_init(&p->scan, text, len);
	while (!q->ended && !q->nomem && scan_line(&p->scan))
		parse_line(p);
}

static void
parse_text(struct ntp_config *c, const struct config_io *io, const char *file,
    struct confparse *parent, const char *text, size_t len)
{
	struct confparse p = {
	    .cfg = c,
	    .io = io,
	    .file = file,
	    .parent = parent,
	    .depth = parent != NULL ? parent->depth + 1 : 0,
	};

	parse_lines(&p, text, len);
}

/* The configuration keeps FILE, so that messages can point to it. */
static const char *
keep_file_name(struct ntp_config *c, const char *file)
{
	char *copy = conf_strdup(c, file);
	char **files;

	if (copy == NULL)
		return NULL;
	files = conf_grow(c, c->files, c->nfiles, sizeof(*files));
	if (files == NULL) {
		free(copy);
		return NULL;
	}
	c->files = files;
	c->files[c->nfiles++] = copy;
	return copy;
}

/* Text that comes again and again has one name. */
static const char *
known_file_name(struct ntp_config *c, const char *file)
{
	for (size_t i = 0; i < c->nfiles; i++)
		if (strcmp(c->files[i], file) == 0)
			return c->files[i];
	return keep_file_name(c, file);
}

int
config_parse(struct ntp_config *c, const char *file, const char *text,
    size_t len, const struct config_io *io)
{
	const char *name = known_file_name(c, file);

	if (name != NULL)
		parse_text(c, io, name, NULL, text, len);
	return c->pending->nomem ? -NTP_ENOMEM : 0;
}

int
config_preset_line(struct ntp_config *c, const char *whom, const char *line,
    const struct config_io *io)
{
	struct confparse p = {.cfg = c,
	    .io = io,
	    .file = known_file_name(c, whom),
	    .unnumbered = true};

	if (p.file != NULL)
		parse_lines(&p, line, strlen(line));
	return c->pending->nomem ? -NTP_ENOMEM : 0;
}

/* --- includefile, end ---------------------------------------------------- */

static void
include_file(struct confparse *p, const struct conf_pos *at, const char *path)
{
	char *buf = NULL, *real = NULL;
	const char *name;
	size_t len = 0;
	int err;

	if (p->cfg->nfiles >= FILES_MAX) {
		conf_error(p, at, NULL, "more than %u files", FILES_MAX);
		return;
	}
	err = p->io->load(p->io->arg, path, p->file, &buf, &len, &real);
	if (err != 0) {
		conf_warn(p, at, "the rest of the configuration is used",
		    "cannot read '%.100s': %s", path, ntp_strerror(err));
		return;
	}
	name = keep_file_name(p->cfg, real != NULL ? real : path);
	if (name != NULL)
		parse_text(p->cfg, p->io, name, p, buf, len);
	free(buf);
	free(real);
}

/* False when PATH is no directory with *.conf in it. */
static bool
include_directory(
    struct confparse *p, const struct conf_pos *at, const char *path)
{
	const struct config_io *io = p->io;
	size_t k;

	if (io->list == NULL)
		return false;
	for (k = 0; k < FILES_MAX && !p->cfg->pending->ended; k++) {
		char *name = io->list(io->arg, path, p->file, k);

		if (name == NULL)
			break;
		include_file(p, at, name);
		free(name);
	}
	return k > 0;
}

void
confdo_include(struct confparse *p, const struct keyword *k)
{
	struct conf_pos at;
	char *path;

	(void)k;
	if (!conf_string(p, "file name"))
		return;
	at = conf_here(p);
	if (p->depth >= INCLUDE_DEPTH) {
		conf_error(p, &at, "does the file include itself?",
		    "files are included more than %u deep", INCLUDE_DEPTH);
		return;
	}
	if (p->io == NULL || p->io->load == NULL) {
		conf_error(p, &at, NULL, "files cannot be included here");
		return;
	}
	path = conf_strdup(p->cfg, p->tok.text);
	if (path == NULL)
		return;
	(void)conf_end(p);
	if (!include_directory(p, &at, path))
		include_file(p, &at, path);
	free(path);
}

void
confdo_end(struct confparse *p, const struct keyword *k)
{
	(void)k;
	if (conf_end(p))
		p->cfg->pending->ended = true;
}

/* --- after all lines ----------------------------------------------------- */

static bool
is_trusted(const struct ntp_config *c, uint32_t key)
{
	for (size_t i = 0; i < c->ntrusted; i++)
		if (key >= c->trusted[i].lo && key <= c->trusted[i].hi)
			return true;
	return false;
}

static void
check_keys(struct ntp_config *c, const struct config_io *io)
{
	for (size_t i = c->pending->checked; i < c->nassoc; i++) {
		const struct config_assoc *a = &c->assoc[i];
		struct conf_place place = {a->file, {a->line, 1}};

		if (a->key != 0 && !is_trusted(c, a->key))
			config_warn_at(c, io, &place,
			    "the key of this line is not a trusted key",
			    "add it to `trustedkey`, or no reply is believed");
	}
	if (c->controlkey != 0 && !is_trusted(c, c->controlkey))
		config_warn_at(c, io, &c->pending->controlkey,
		    "controlkey is not a trusted key",
		    "add it to `trustedkey`, or ntpq cannot write");
}

static bool
listens(const struct ntp_config *c)
{
	for (size_t i = 0; i < c->ngroups; i++)
		if (c->groups[i].hear)
			return true;
	return c->broadcastclient;
}

static bool
is_dialogue(const struct config_assoc *a)
{
	return a->kind == ASSOC_SERVER || a->kind == ASSOC_POOL ||
	    a->kind == ASSOC_PEER;
}

static bool
used_elsewhere(const struct ntp_config *c, uint32_t key)
{
	for (size_t i = 0; i < c->nassoc; i++)
		if (is_dialogue(&c->assoc[i]) && c->assoc[i].key == key)
			return true;
	return false;
}

/* Whoever can verify by a symmetric key can sign with it, too, and all who
 * hear broadcasts have theirs. */
static void
check_shared_keys(struct ntp_config *c, const struct config_io *io)
{
	for (size_t i = c->pending->checked; i < c->nassoc; i++) {
		const struct config_assoc *a = &c->assoc[i];
		struct conf_place place = {a->file, {a->line, 1}};

		if (a->key == 0)
			continue;
		if (is_dialogue(a) && listens(c))
			config_warn_at(c, io, &place,
			    "broadcasts by the key of this line are "
			    "believed, too",
			    "whoever has it can send them in anybody's name");
		if (a->kind == ASSOC_BROADCAST && used_elsewhere(c, a->key))
			config_warn_at(c, io, &place,
			    "another line uses the key of these broadcasts",
			    "all who hear them have it: give them their own");
	}
}

/* The first line with FLAG, or NULL. */
static const struct config_restrict *
restricts(const struct ntp_config *c, uint16_t flag)
{
	for (size_t i = 0; i < c->nrestricts; i++)
		if ((c->restricts[i].flags & flag) != 0)
			return &c->restricts[i];
	return NULL;
}

static void
check_signd(struct ntp_config *c, const struct config_io *io)
{
	const struct config_restrict *r = restricts(c, RES_MSSNTP);
	struct conf_place place;

	if (r == NULL || c->signddir != NULL)
		return;
	place = (struct conf_place){r->file, {r->line, 1}};
	config_warn_at(c, io, &place, "nobody signs for 'mssntp'",
	    "add `ntpsigndsocket` with the directory of Samba's socket");
}

void
config_finish(struct ntp_config *c, const struct config_io *io)
{
	config_finish_assocs(c, io);
	check_keys(c, io);
	check_shared_keys(c, io);
	check_signd(c, io);
	if (!c->monitor && restricts(c, RES_LIMITED) != NULL) {
		c->monitor = true;
		config_warn_at(c, io, &c->pending->monitor,
		    "'disable monitor' is ignored",
		    "`restrict ... limited` needs the client list");
	}
	if (c->tos.floor >= c->tos.ceiling)
		config_warn_at(c, io, &c->pending->tos,
		    "no stratum is left between floor and ceiling",
		    "no server will be used");
	conf_pending_clear(c->pending);
	c->pending->checked = c->nassoc;
}

void
config_preset(struct ntp_config *c, const char *word, const char *whom)
{
	const struct keyword *k = keyword_find(KEYWORD_DIRECTIVE, word);

	if (k == NULL)
		k = keyword_find(KEYWORD_FLAG, word);
	if (k != NULL)
		c->origin[k->id] = (struct config_origin){whom, 0};
}

int
config_add_server(
    struct ntp_config *c, const char *host, const struct config_io *io)
{
	(void)io;
	return config_assoc_add_server(c, host);
}
