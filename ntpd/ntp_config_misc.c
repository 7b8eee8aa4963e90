/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_misc.c - tos, tinker, discard, mru, flags, keys, and the directives
 * that do nothing here.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ntp.h"
#include "ntp_confparse.h"
#include "ntp_era.h"
#include "ntp_monitor.h"

#define PPM	      1e-6 /* s/s */
#define KEY_MAX	      65535
#define MRU_UNLIMITED 1048576U /* as much as memory is ever taken for */
#define ALLAN_LOG2MAX 17       /* above it is meant in s */

/* --- tos, tinker, discard, mru ------------------------------------------- */

static conf_apply tos_word, tinker_word, discard_word, mru_word, reset_word;
static conf_apply limit_word;

/* NTPsec's. */
static const struct rate_limit limit_default = {
    .average = 1, .burst = 20, .kod = 0.5};

static void
take_basedate(struct confparse *p, const char *text)
{
	if (era_parse(text, &p->cfg->tos.basedate) != 0)
		conf_error(p, NULL,
		    "give YYYY-MM-DD, or days since 1900-01-01, in 1970 to "
		    "2199",
		    "'%.40s' is no base date", text);
}

static void
tos_word(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	struct config_tos *t = &p->cfg->tos;

	(void)obj;
	p->cfg->pending->tos = conf_place(p);
	if (k->id == KW_TOS_BASEDATE)
		take_basedate(p, v->str);
	else if (k->id == KW_TOS_MINSANE)
		t->minsane = (unsigned)v->num;
	else if (k->id == KW_TOS_MINCLOCK)
		t->minclock = (unsigned)v->num;
	else if (k->id == KW_TOS_MAXCLOCK)
		t->maxclock = (unsigned)v->num;
	else if (k->id == KW_TOS_MINDIST)
		t->mindist = v->num;
	else if (k->id == KW_TOS_MAXDIST)
		t->maxdist = v->num;
	else if (k->id == KW_TOS_MAXDISP)
		t->maxdisp = v->num;
	else if (k->id == KW_TOS_FLOOR)
		t->floor = (unsigned)v->num;
	else if (k->id == KW_TOS_CEILING)
		t->ceiling = (unsigned)v->num;
	else if (k->id == KW_TOS_ORPHANWAIT)
		t->orphanwait = v->num;
	else if (k->id == KW_TOS_COHORT)
		t->cohort = v->num != 0;
	else if (k->id == KW_TOS_BEACON)
		t->beacon = v->num;
	else if (k->id == KW_TOS_ORPHAN)
		t->orphan = v->num > 0 ? (unsigned)v->num : NTP_ORPHAN;
	else if (k->id == KW_TOS_BCPOLLBSTEP)
		t->bcpollbstep = (unsigned)v->num;
}

/* Old files give it in seconds (1500) rather than as a power of two. */
static double
allan_log2(struct confparse *p, double v)
{
	if (v <= ALLAN_LOG2MAX)
		return v;
	conf_warn(p, NULL, "the unit is log2 s; the default is 11",
	    "'allan %.10g' is taken as seconds", v);
	return round(log2(v));
}

static void
tinker_discipline(struct confparse *p)
{
	const struct keyword *k = conf_keyword(p, KEYWORD_DISCIPLINE);

	if (k != NULL)
		p->cfg->tinker.pll = k->id == KW_DISCIPLINE_PLL;
	else if (!p->bad)
		conf_error(p, NULL, NULL, "'discipline' needs kalman or pll");
}

static void
tinker_panicaction(struct confparse *p)
{
	const struct keyword *k = conf_keyword(p, KEYWORD_PANICACTION);

	if (k != NULL)
		p->cfg->tinker.panic_hold = k->id == KW_PANICACTION_HOLD;
	else if (!p->bad)
		conf_error(p, NULL, NULL, "'panicaction' needs exit or hold");
}

/* Both ways. */
static void
tinker_step(struct confparse *p, double s)
{
	p->cfg->tinker.step_fwd = p->cfg->tinker.step_back = s;
	conf_note(p, KW_TINKER_STEPFWD);
	conf_note(p, KW_TINKER_STEPBACK);
}

static void
tinker_word(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	struct config_tinker *t = &p->cfg->tinker;

	(void)obj;
	if (k->id == KW_TINKER_STEP)
		tinker_step(p, v->num);
	else if (k->id == KW_TINKER_STEPFWD)
		t->step_fwd = v->num;
	else if (k->id == KW_TINKER_STEPBACK)
		t->step_back = v->num;
	else if (k->id == KW_TINKER_STEPOUT)
		t->stepout = v->num;
	else if (k->id == KW_TINKER_PANIC)
		t->panic = v->num;
	else if (k->id == KW_TINKER_DISPERSION)
		t->dispersion = v->num * PPM;
	else if (k->id == KW_TINKER_ALLAN)
		t->allan = allan_log2(p, v->num);
	else if (k->id == KW_TINKER_HUFFPUFF)
		t->huffpuff = v->num;
	else if (k->id == KW_TINKER_FREQ)
		t->freq = v->num * PPM;
	else if (k->id == KW_TINKER_PANICACTION)
		tinker_panicaction(p);
	else if (k->id == KW_TINKER_DISCIPLINE)
		tinker_discipline(p);
	t->freq_given |= k->id == KW_TINKER_FREQ;
	t->step_given |= k->id == KW_TINKER_STEP ||
	    k->id == KW_TINKER_STEPFWD || k->id == KW_TINKER_STEPBACK;
}

static void
discard_word(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	(void)obj;
	if (k->id == KW_DISCARD_AVERAGE)
		p->cfg->discard_average = (int8_t)v->num;
	else if (k->id == KW_DISCARD_MINIMUM)
		p->cfg->discard_minimum = v->num;
	else if (k->id == KW_DISCARD_MONITOR)
		p->cfg->discard_monitor = (uint32_t)v->num;
}

static void
limit_word(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	struct rate_limit *l = &p->cfg->limit;

	(void)obj;
	if (l->burst <= 0)
		*l = limit_default;
	if (k->id == KW_LIMIT_AVERAGE)
		l->average = v->num;
	else if (k->id == KW_LIMIT_BURST)
		l->burst = v->num;
	else if (k->id == KW_LIMIT_KOD)
		l->kod = v->num;
}

/* Entries that a number of KiB is good for. */
static size_t
mru_kib(double kib)
{
	return mru_entries_in((size_t)kib * 1024);
}

static size_t
mru_entries(double n)
{
	return n < 0 ? MRU_UNLIMITED : (size_t)n;
}

static void
mru_word(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	struct config_mru *m = &p->cfg->mru;

	(void)obj;
	if (k->id == KW_MRU_MAXMEM) {
		conf_note(p, KW_MRU_MAXDEPTH);
		m->maxdepth = mru_kib(v->num);
	} else if (k->id == KW_MRU_MAXDEPTH)
		m->maxdepth =
		    v->num > 0 || v->num < 0 ? mru_entries(v->num) : 1;
	else if (k->id == KW_MRU_INITMEM) {
		conf_note(p, KW_MRU_INITALLOC);
		m->initalloc = mru_kib(v->num);
	} else if (k->id == KW_MRU_INITALLOC)
		m->initalloc = mru_entries(v->num);
	else if (k->id == KW_MRU_MINDEPTH)
		m->mindepth = mru_entries(v->num);
	else if (k->id == KW_MRU_MAXAGE)
		m->maxage = v->num > 0 ? (int32_t)v->num : -1;
	else if (k->id == KW_MRU_MINAGE)
		m->minage = (int32_t)v->num;
	else if (k->id == KW_MRU_V6PREFIX)
		m->v6prefix = (uint8_t)v->num;
}

static void
reset_word(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	(void)obj;
	(void)v;
	p->cfg->reset |= 1U << (k->id - KW_RESET_ALLPEERS);
}

/* A directive without effect has one warning, its words have none. */
void
confdo_options(struct confparse *p, const struct keyword *k)
{
	if (k->state != KW_WORKS)
		conf_idle(p, &p->at, k);
	p->muted = k->state != KW_WORKS;
	if (k->id == KW_DIRECTIVE_TOS)
		conf_options(p, KEYWORD_TOS, tos_word, NULL);
	else if (k->id == KW_DIRECTIVE_TINKER)
		conf_options(p, KEYWORD_TINKER, tinker_word, NULL);
	else if (k->id == KW_DIRECTIVE_DISCARD)
		conf_options(p, KEYWORD_DISCARD, discard_word, NULL);
	else if (k->id == KW_DIRECTIVE_MRU)
		conf_options(p, KEYWORD_MRU, mru_word, NULL);
	else if (k->id == KW_DIRECTIVE_LIMIT)
		conf_options(p, KEYWORD_LIMIT, limit_word, NULL);
	else if (k->id == KW_DIRECTIVE_EXTRA)
		conf_options(p, KEYWORD_EXTRA, conf_extra_port, NULL);
	else if (k->id == KW_DIRECTIVE_RLIMIT)
		conf_options(p, KEYWORD_RLIMIT, NULL, NULL);
	else if (k->id == KW_DIRECTIVE_RESET)
		conf_options(p, KEYWORD_RESET, reset_word, NULL);
	else
		conf_options(p, KEYWORD_CRYPTO, NULL, NULL);
}

/* --- enable, disable ----------------------------------------------------- */

static bool *
flag_of(struct ntp_config *c, enum keyword_id id)
{
	if (id == KW_FLAG_NTP)
		return &c->ntp;
	if (id == KW_FLAG_KERNEL)
		return &c->kernel;
	if (id == KW_FLAG_MONITOR)
		return &c->monitor;
	if (id == KW_FLAG_CALIBRATE)
		return &c->calibrate;
	if (id == KW_FLAG_STATS)
		return &c->stats;
	if (id == KW_FLAG_BCLIENT)
		return &c->broadcastclient;
	return id == KW_FLAG_AUTH ? &c->auth : NULL;
}

/* A `disable` beats every `enable` beside it, wherever it stands. */
static void
set_flag(struct confparse *p, bool *flag, enum keyword_id id, bool disable)
{
	unsigned bit = 1U << (id - KW_FLAG_NTP);

	if (disable)
		p->cfg->pending->disabled |= bit;
	*flag = (p->cfg->pending->disabled & bit) == 0;
}

void
confdo_flags(struct confparse *p, const struct keyword *k)
{
	bool disable = k->id == KW_DIRECTIVE_DISABLE;
	const struct keyword *f;

	while ((f = conf_keyword(p, KEYWORD_FLAG)) != NULL) {
		struct conf_pos at = conf_here(p);
		bool *flag = flag_of(p->cfg, f->id);

		if (f->id == KW_FLAG_MONITOR && disable)
			p->cfg->pending->monitor = conf_place(p);
		conf_note(p, f->id);
		if (flag != NULL)
			set_flag(p, flag, f->id, disable);
		else if (f->state == KW_OBSOLETE ||
		    (f->state == KW_NOTYET && !disable))
			conf_idle(p, &at, f);
	}
}

/* --- keys ---------------------------------------------------------------- */

static void
trust(struct confparse *p, uint32_t lo, uint32_t hi)
{
	struct ntp_config *c = p->cfg;
	struct config_range *list;

	list = conf_grow(c, c->trusted, c->ntrusted, sizeof(*list));
	if (list == NULL)
		return;
	c->trusted = list;
	list[c->ntrusted++] = (struct config_range){lo, hi, conf_origin(p)};
}

static const char range_hint[] = "a range is written ( 1 ... 9 )";

/* The last token is a key id; 0 after an error. */
static uint32_t
key_id(struct confparse *p)
{
	double v;

	if (conf_integer(p, false, &v) && v >= 1 && v <= KEY_MAX)
		return (uint32_t)v;
	conf_error(p, NULL,
	    strstr(p->tok.text, "..") != NULL ? range_hint : NULL,
	    "'%.40s' is not a key id between 1 and %d", p->tok.text, KEY_MAX);
	return 0;
}

static bool
expect(struct confparse *p, const char *word)
{
	if (conf_next(p, SCAN_TOKENS) && strcmp(p->tok.text, word) == 0)
		return true;
	if (!p->bad)
		conf_error(p, NULL, range_hint,
		    "unexpected '%.40s', expected '%s'", p->tok.text, word);
	return false;
}

static uint32_t
next_key_id(struct confparse *p)
{
	if (conf_next(p, SCAN_TOKENS))
		return key_id(p);
	if (!p->bad)
		conf_error(p, NULL, NULL, "missing key id");
	return 0;
}

/* After the opening bracket. */
static bool
read_range(struct confparse *p)
{
	uint32_t lo, hi;

	if ((lo = next_key_id(p)) == 0 || !expect(p, "...") ||
	    (hi = next_key_id(p)) == 0 || !expect(p, ")"))
		return false;
	if (lo > hi) {
		conf_error(p, NULL, NULL, "the range is empty");
		return false;
	}
	trust(p, lo, hi);
	return true;
}

/* Stock files of one vendor have `trustedkey 0`, for none. */
static bool
is_no_key(const struct confparse *p)
{
	double v;

	return conf_integer(p, false, &v) && v == 0;
}

/* The last token is an id or begins a range; false after an error. */
static bool
trust_token(struct confparse *p)
{
	uint32_t id;

	if (is_no_key(p)) {
		conf_warn(p, NULL, NULL, "0 is no key");
		return true;
	}

	if (p->tok.kind == SCAN_PUNCT && p->tok.text[0] == '(')
		return read_range(p);
	id = key_id(p);
	if (id == 0)
		return false;
	trust(p, id, id);
	return true;
}

void
confdo_trustedkey(struct confparse *p, const struct keyword *k)
{
	(void)k;
	if (!conf_more(p)) {
		(void)next_key_id(p);
		return;
	}
	while (conf_next(p, SCAN_TOKENS))
		if (!trust_token(p))
			return;
}

void
confdo_controlkey(struct confparse *p, const struct keyword *k)
{
	double v;

	(void)k;
	if (!conf_only_integer(p, 0, KEY_MAX, &v))
		return;
	p->cfg->controlkey = (uint32_t)v;
	p->cfg->pending->controlkey = conf_place(p);
	(void)conf_end(p);
}

/* --- without effect ------------------------------------------------------ */

void
confdo_ignore(struct confparse *p, const struct keyword *k)
{
	if (k->state != KW_QUIET)
		conf_idle(p, &p->at, k);
}

/* 0 switches off what is off anyway. */
void
confdo_number(struct confparse *p, const struct keyword *k)
{
	struct keyword number = *k;
	struct conf_value v;

	number.arg = ARG_NUM;
	if (conf_argument(p, &number, &v) && v.num != 0)
		conf_idle(p, &p->at, k);
	if (!p->bad)
		(void)conf_end(p);
}

/* Count the braces of a line; false when the block is closed. */
static bool
inside_block(struct confparse *p, unsigned *depth)
{
	while (conf_next(p, SCAN_TOKENS)) {
		if (p->tok.kind != SCAN_PUNCT)
			continue;
		if (p->tok.text[0] == '{')
			++*depth;
		else if (p->tok.text[0] == '}' &&
		    (*depth <= 1 || --*depth == 0))
			return false;
	}
	return *depth > 0;
}

/* A block in braces that may span lines. */
void
confdo_simulate(struct confparse *p, const struct keyword *k)
{
	unsigned depth = 0;

	conf_idle(p, &p->at, k);
	while (inside_block(p, &depth))
		if (!scan_line(&p->scan)) {
			conf_error(p, &p->at, NULL, "the block has no end");
			return;
		}
}
