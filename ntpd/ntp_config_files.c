/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_files.c - drift, leap, log, keys and statistics files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_confparse.h"

#define STATSDIR_MAX 254U
#define SMEAR_MAX    (28 * 86400) /* s, as long as a leap second is planned */
#define SMEAR_SHORT  7200
#define SMEAR_LONG   86400

void
confdo_path(struct confparse *p, const struct keyword *k)
{
	struct ntp_config *c = p->cfg;

	if (!conf_string(p, "file name"))
		return;
	if (k->id == KW_DIRECTIVE_KEYS)
		conf_set(c, &c->keysfile, p->tok.text);
	else if (k->id == KW_DIRECTIVE_LOGFILE)
		conf_set(c, &c->logfile, p->tok.text);
	else if (k->id == KW_DIRECTIVE_PIDFILE)
		conf_set(c, &c->pidfile, p->tok.text);
	else if (k->id == KW_DIRECTIVE_SAVECONFIGDIR)
		conf_set(c, &c->saveconfigdir, p->tok.text);
	else if (k->id == KW_DIRECTIVE_SIGND)
		conf_set(c, &c->signddir, p->tok.text);
	(void)conf_end(p);
}

static bool
read_threshold(struct confparse *p, const struct keyword *k, double *out)
{
	struct keyword threshold = *k;
	struct conf_value v;

	threshold.arg = ARG_NUM;
	if (!conf_argument(p, &threshold, &v))
		return false;
	conf_range(p, &threshold, &v, 0, 1);
	*out = v.num;
	return true;
}

void
confdo_nonvolatile(struct confparse *p, const struct keyword *k)
{
	if (read_threshold(p, k, &p->cfg->nonvolatile))
		(void)conf_end(p);
}

/* `driftfile PATH 60` was the write interval in minutes, of a version that
 * also knew a tolerance after it; `driftfile PATH 1e-7` is `nonvolatile`. */
static void
drift_number(struct confparse *p, const struct keyword *k)
{
	struct scanner start = p->scan;
	double v;

	if (!conf_next(p, SCAN_TOKENS))
		return;
	if (!conf_integer(p, false, &v)) {
		p->scan = start;
		conf_note(p, KW_DIRECTIVE_NONVOLATILE);
		if (read_threshold(p, k, &p->cfg->nonvolatile))
			(void)conf_end(p);
		return;
	}
	conf_warn(p, NULL, "`nonvolatile` sets how much it must change",
	    "the minutes after 'driftfile' have no effect, it is written "
	    "hourly");
	if (conf_more(p) && read_threshold(p, k, &v))
		(void)conf_end(p);
}

void
confdo_driftfile(struct confparse *p, const struct keyword *k)
{
	struct ntp_config *c = p->cfg;

	if (!conf_next(p, SCAN_STRING)) {
		free(c->driftfile);
		c->driftfile = NULL;
		return;
	}
	conf_set(c, &c->driftfile, p->tok.text);
	drift_number(p, k);
}

void
confdo_leapfile(struct confparse *p, const struct keyword *k)
{
	const struct keyword *hash;

	(void)k;
	if (!conf_string(p, "file name"))
		return;
	conf_set(p->cfg, &p->cfg->leapfile, p->tok.text);
	p->cfg->leap_ignorehash = false;
	if (!conf_more(p))
		return;
	hash = conf_keyword(p, KEYWORD_LEAPHASH);
	if (hash == NULL)
		return;
	p->cfg->leap_ignorehash = hash->id == KW_LEAPHASH_IGNORE;
	(void)conf_end(p);
}

/* leapsmearinterval S [cosine|linear]; below zero it is off, as in NTPsec. */
void
confdo_leapsmear(struct confparse *p, const struct keyword *k)
{
	struct leap_smear *s = &p->cfg->smear;
	const struct keyword *shape;
	double v;

	(void)k;
	if (!conf_only_integer(p, INT32_MIN, SMEAR_MAX, &v))
		return;
	s->interval = v > 0 ? v : 0;
	if (s->interval > 0 && (v < SMEAR_SHORT || v > SMEAR_LONG))
		conf_warn(p, NULL, "7200 to 86400 is usual",
		    "a smear of %.0f s is not what clients expect", v);
	s->shape = SMEAR_COSINE;
	if (!conf_more(p))
		return;
	shape = conf_keyword(p, KEYWORD_SMEAR);
	if (shape == NULL)
		return;
	if (shape->id == KW_SMEAR_LINEAR)
		s->shape = SMEAR_LINEAR;
	(void)conf_end(p);
}

/* Always with its `/`, for file names are appended as they are. */
void
confdo_statsdir(struct confparse *p, const struct keyword *k)
{
	char dir[STATSDIR_MAX + 2];
	size_t len;

	(void)k;
	if (!conf_string(p, "directory"))
		return;
	len = strlen(p->tok.text);
	if (len > STATSDIR_MAX) {
		conf_error(p, NULL, NULL,
		    "directory name longer than %u characters", STATSDIR_MAX);
		return;
	}
	snprintf(dir, sizeof(dir), "%.*s%s", (int)STATSDIR_MAX, p->tok.text,
	    p->tok.text[len - 1] == '/' ? "" : "/");
	conf_set(p->cfg, &p->cfg->statsdir, dir);
	(void)conf_end(p);
}

/* --- statistics, filegen ------------------------------------------------- */

static enum stats_set
set_of(const struct keyword *k)
{
	if (k->id == KW_STATS_LOOP)
		return STATS_LOOP;
	if (k->id == KW_STATS_PEER)
		return STATS_PEER;
	if (k->id == KW_STATS_RAW)
		return STATS_RAW;
	if (k->id == KW_STATS_SYS)
		return STATS_SYS;
	if (k->id == KW_STATS_CLOCK)
		return STATS_CLOCK;
	if (k->id == KW_STATS_PROTO)
		return STATS_PROTO;
	if (k->id == KW_STATS_TIMING)
		return STATS_TIMING;
	if (k->id == KW_STATS_NTS)
		return STATS_NTS;
	if (k->id == KW_STATS_NTSKE)
		return STATS_NTSKE;
	return k->id == KW_STATS_USE ? STATS_USE : STATS_OTHER;
}

static conf_apply enable_set;

static void
enable_set(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	(void)obj;
	(void)v;
	p->cfg->filegen[set_of(k)].enabled = true;
}

void
confdo_statistics(struct confparse *p, const struct keyword *k)
{
	(void)k;
	conf_options(p, KEYWORD_STATS, enable_set, NULL);
}

static enum filegen_type
type_of(const struct keyword *k)
{
	if (k->id == KW_FILETYPE_NONE)
		return FILEGEN_NONE;
	if (k->id == KW_FILETYPE_PID)
		return FILEGEN_PID;
	if (k->id == KW_FILETYPE_WEEK)
		return FILEGEN_WEEK;
	if (k->id == KW_FILETYPE_MONTH)
		return FILEGEN_MONTH;
	if (k->id == KW_FILETYPE_YEAR)
		return FILEGEN_YEAR;
	return k->id == KW_FILETYPE_AGE ? FILEGEN_AGE : FILEGEN_DAY;
}

static conf_apply filegen_word;

static void
filegen_word(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	struct config_filegen *f = obj;

	if (k->id == KW_FILEGEN_TYPE) {
		const struct keyword *type = conf_keyword(p, KEYWORD_FILETYPE);

		if (type != NULL)
			f->type = type_of(type);
		else if (!p->bad)
			conf_error(p, NULL, NULL, "'type' needs a word");
	} else if (k->id == KW_FILEGEN_FILE) {
		if (strstr(v->str, "..") != NULL)
			conf_error(
			    p, NULL, NULL, "a file name with '..' is refused");
		else
			conf_set(p->cfg, &f->file, v->str);
	} else if (k->id == KW_FILEGEN_LINK || k->id == KW_FILEGEN_NOLINK) {
		f->link = k->id == KW_FILEGEN_LINK;
	} else {
		f->enabled = k->id == KW_FILEGEN_ENABLE;
	}
}

/* Naming a set enables it; a line with an error changes nothing. */
void
confdo_filegen(struct confparse *p, const struct keyword *k)
{
	const struct keyword *set = conf_keyword(p, KEYWORD_STATS);
	struct conf_pos at = conf_here(p);
	struct config_filegen *old, f;

	(void)k;
	if (set == NULL) {
		if (!p->bad)
			conf_error(p, NULL, NULL, "missing name of a set");
		return;
	}
	if (set->state != KW_WORKS)
		conf_idle(p, &at, set);
	conf_note(p, set->id);
	old = &p->cfg->filegen[set_of(set)];
	f = *old;
	f.file = NULL;
	f.enabled = true;
	conf_options(p, KEYWORD_FILEGEN, filegen_word, &f);
	if (p->bad || set->state != KW_WORKS) {
		free(f.file);
		return;
	}
	if (f.file != NULL)
		free(old->file);
	else
		f.file = old->file;
	*old = f;
}

/* --- logconfig ----------------------------------------------------------- */

#define LOG_CLASS 0x000fU /* all types of the first class */
#define LOG_TYPE  0x1111U /* the first type of all classes */

/* Bits of all types of the class that S names, 0 for none. */
static unsigned
class_bits(const char *s)
{
	const struct keyword *k = keyword_find(KEYWORD_LOGCLASS, s);

	return k == NULL ? 0 : LOG_CLASS << 4 * (k->id - KW_LOGCLASS_SYS);
}

/* Bits of the type that S names in all classes, 0 for none. */
static unsigned
type_bits(const char *s)
{
	const struct keyword *k = keyword_find(KEYWORD_LOGTYPE, s);

	if (k == NULL)
		return 0;
	return k->id == KW_LOGTYPE_ALL ? 0xffffU
				       : LOG_TYPE << (k->id - KW_LOGTYPE_INFO);
}

/* CLASSTYPE, allTYPE, allCLASS; all alone means the class sys.  0 when S is
 * none of these. */
static unsigned
log_bits(const char *s)
{
	size_t len = strlen(s);
	char class[8];

	if (strcmp(s, "all") == 0)
		return LOG_CLASS;
	if (strncmp(s, "all", 3) == 0)
		return type_bits(s + 3) | class_bits(s + 3);
	for (size_t n = 1; n < len && n < sizeof(class); n++) {
		memcpy(class, s, n);
		class[n] = '\0';
		if (class_bits(class) != 0 && type_bits(s + n) != 0)
			return class_bits(class) & type_bits(s + n);
	}
	return 0;
}

/* A word with `+` or `-` changes the mask, with `=` or nothing it is the mask.
 * False when the word is unknown. */
static bool
apply_log_word(struct ntp_config *c, const char *s)
{
	char how = *s;
	unsigned bits;

	if (how == '=' || how == '+' || how == '-')
		s++;
	bits = log_bits(s);
	if (bits == 0)
		return false;
	if (how == '+')
		c->logmask |= (uint16_t)bits;
	else if (how == '-')
		c->logmask &= (uint16_t)~bits;
	else
		c->logmask = (uint16_t)bits;
	return true;
}

void
confdo_logconfig(struct confparse *p, const struct keyword *k)
{
	(void)k;
	while (conf_next(p, SCAN_STRING))
		if (!apply_log_word(p->cfg, p->tok.text))
			conf_warn(p, NULL, NULL,
			    "logconfig: '%.40s' not recognized - ignored",
			    p->tok.text);
}
