/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_clock.c - fudge, and the parameters of reference clocks.
 *
 * The same words stand on a `fudge` line of the reference and on the
 * `refclock` line of NTPsec; what a driver has no use for is said once.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp_confparse.h"
#include "ntp_refclock.h"

#define LOCAL_STRAT 5
#define PHONE_MAX   100U /* characters of a command */

bool
conf_has_driver(struct confparse *p, unsigned type, const char *text)
{
	if (clock_kind(type)->name[0] != '\0')
		return true;
	conf_warn(p, NULL, "that driver is gone",
	    "reference clock %.60s has no driver, the line is ignored", text);
	return false;
}

bool
conf_has_mode(struct confparse *p, const struct config_assoc *a,
    const struct conf_pos *at)
{
	const struct clock_kind *kind = clock_kind(a->ref_type);
	struct conf_text hint = {.len = 0};

	if (clock_has_mode(kind, a->ref_mode))
		return true;
	conf_add(&hint, "it has");
	for (unsigned mode = 0; mode < 8; mode++)
		if (clock_has_mode(kind, mode))
			conf_add(&hint, " %u", mode);
	conf_warn(p, at, hint.p,
	    "reference clock %.60s has no mode %u, the line is ignored",
	    a->host, a->ref_mode);
	free(hint.p);
	return false;
}

static void
take_refid(struct confparse *p, struct conf_refclock *par, const char *s)
{
	char id[5] = "";

	for (size_t i = 0; i < sizeof(id) - 1 && s[i] != '\0'; i++)
		id[i] = s[i];
	if (strlen(s) > strlen(id))
		conf_warn(p, NULL, NULL, "refid '%.40s' is cut to '%s'", s, id);
	par->refid = refid_from_text(id);
	par->given |= GIVEN_REFID;
}

static unsigned
flag_bit(enum keyword_id id)
{
	if (id == KW_FUDGE_FLAG1 || id == KW_ASSOC_FLAG1)
		return REF_FLAG1;
	if (id == KW_FUDGE_FLAG2 || id == KW_ASSOC_FLAG2)
		return REF_FLAG2;
	if (id == KW_FUDGE_FLAG3 || id == KW_ASSOC_FLAG3)
		return REF_FLAG3;
	return id == KW_FUDGE_FLAG4 || id == KW_ASSOC_FLAG4 ? REF_FLAG4 : 0;
}

static bool
take_flag(struct conf_refclock *par, enum keyword_id id, bool on)
{
	unsigned bit = flag_bit(id);

	par->flags_given |= bit;
	par->flags = on ? par->flags | bit : par->flags & ~bit;
	return bit != 0;
}

static bool
take_device(struct confparse *p, struct conf_refclock *par, enum keyword_id id,
    const struct conf_value *v)
{
	if (id == KW_ASSOC_PATH || id == KW_DEVICE_TIMEDATA) {
		conf_set(p->cfg, &par->path, v->str);
	} else if (id == KW_ASSOC_PPSPATH || id == KW_DEVICE_PPSDATA) {
		conf_set(p->cfg, &par->ppspath, v->str);
	} else if (id == KW_ASSOC_BAUD) {
		par->baud = (unsigned)v->num;
		par->given |= GIVEN_BAUD;
	} else {
		return false;
	}
	return true;
}

bool
conf_take_refclock(struct confparse *p, struct conf_refclock *par,
    enum keyword_id id, const struct conf_value *v)
{
	if (id == KW_FUDGE_TIME1 || id == KW_ASSOC_TIME1) {
		par->time1 = v->num;
		par->given |= GIVEN_TIME1;
	} else if (id == KW_FUDGE_STRATUM || id == KW_ASSOC_STRATUM) {
		par->stratum = (int)v->num;
		par->given |= GIVEN_STRATUM;
	} else if (id == KW_FUDGE_TIME2 || id == KW_ASSOC_TIME2) {
		par->time2 = v->num;
		par->given |= GIVEN_TIME2;
	} else if (id == KW_FUDGE_REFID || id == KW_ASSOC_REFID) {
		take_refid(p, par, v->str);
	} else if (id == KW_FUDGE_MINJITTER) {
		par->minjitter = v->num;
		par->given |= GIVEN_MINJITTER;
	} else {
		return take_device(p, par, id, v) ||
		    take_flag(par, id, v->num != 0);
	}
	return true;
}

void
conf_refclock_clear(struct conf_refclock *par)
{
	free(par->path);
	free(par->ppspath);
	par->path = par->ppspath = NULL;
}

static void
move_string(char **to, char **from)
{
	if (*from == NULL)
		return;
	free(*to);
	*to = *from;
	*from = NULL;
}

static void
note_origins(struct config_assoc *a, const struct conf_refclock *par,
    const struct config_origin *from)
{
	unsigned given =
	    (par->given & (GIVEN_BAUD - 1U)) | par->flags_given << FUDGED_FLAG1;

	for (unsigned i = 0; i < FUDGED_WORDS; i++)
		if ((given >> i & 1) != 0)
			a->fudged[i] = *from;
}

void
conf_apply_refclock(struct config_assoc *a, struct conf_refclock *par,
    const struct config_origin *from)
{
	note_origins(a, par, from);
	move_string(&a->path, &par->path);
	move_string(&a->ppspath, &par->ppspath);
	if ((par->given & GIVEN_BAUD) != 0)
		a->baud = par->baud;
	if ((par->given & GIVEN_MINJITTER) != 0)
		a->minjitter = par->minjitter;
	if ((par->given & GIVEN_TIME1) != 0)
		a->time1 = par->time1;
	if ((par->given & GIVEN_TIME2) != 0)
		a->time2 = par->time2;
	a->ref_flags = (a->ref_flags & ~par->flags_given) | par->flags;
	if ((par->given & GIVEN_STRATUM) != 0)
		a->ref_stratum = par->stratum;
	if ((par->given & GIVEN_REFID) != 0)
		a->ref_refid = par->refid;
}

/* --- phone ------------------------------------------------------------------ */

/* One more line for the list; false: no memory. */
static bool
add_number(struct ntp_config *c, const char *command)
{
	size_t had = c->phone != NULL ? strlen(c->phone) + 1 : 0;
	size_t n = strlen(command) + 1;
	char *list = realloc(c->phone, had + n);

	if (list == NULL)
		return false;
	if (had > 0)
		list[had - 1] = '\n';
	memcpy(list + had, command, n);
	c->phone = list;
	return true;
}

/* phone COMMAND ... */
void
confdo_phone(struct confparse *p, const struct keyword *k)
{
	unsigned n = 0;

	conf_note(p, k->id);
	while (conf_next(p, SCAN_STRING)) {
		const char *text = p->tok.text;

		if (strlen(text) > PHONE_MAX)
			conf_error(p, NULL, NULL,
			    "'%.40s...' is longer than %u characters", text,
			    PHONE_MAX);
		else if (!add_number(p->cfg, text))
			return;
		n++;
	}
	if (n == 0 && !p->bad)
		conf_error(p, NULL, NULL, "missing telephone number");
}

/* --- fudge: kept until all lines are read --------------------------------- */

static conf_apply fudge_word;

static void
fudge_word(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	(void)conf_take_refclock(p, obj, k->id, v);
}

static void
keep_fudge(struct ntp_config *c, struct conf_fudge *f)
{
	struct config_pending *q = c->pending;
	struct conf_fudge *list;

	list = conf_grow(c, q->fudge, q->nfudge, sizeof(*list));
	if (list == NULL) {
		conf_refclock_clear(&f->par);
		return;
	}
	q->fudge = list;
	list[q->nfudge++] = *f;
}

/* DIRECTIVE 127.127.T.U, then words of CTX. */
static void
read_fudge(
    struct confparse *p, const struct keyword *directive, enum keyword_ctx ctx)
{
	struct conf_fudge f = {.type = 0};
	const char *text = p->tok.text;
	struct ntp_addr addr;

	if (!conf_string(p, "address of a reference clock"))
		return;
	f.place = conf_place(p);
	if (addr_parse(text, strlen(text), &addr) != 0 ||
	    !addr_is_refclock(&addr, &f.type, &f.unit)) {
		conf_error(p, NULL, "it looks like 127.127.1.0",
		    "inappropriate address %.60s for the %s command, line "
		    "ignored",
		    text, keyword_word(directive));
		return;
	}
	if (!conf_has_driver(p, f.type, text))
		return;
	conf_options(p, ctx, fudge_word, &f.par);
	if (p->bad)
		conf_refclock_clear(&f.par);
	else
		keep_fudge(p->cfg, &f);
}

void
confdo_fudge(struct confparse *p, const struct keyword *k)
{
	read_fudge(p, k, KEYWORD_FUDGE);
}

void
confdo_device(struct confparse *p, const struct keyword *k)
{
	read_fudge(p, k, KEYWORD_DEVICE);
}

static void
finish_fudge(
    struct ntp_config *c, const struct config_io *io, struct conf_fudge *f)
{
	const struct config_origin from = {f->place.file, f->place.at.line};
	bool found = false;

	for (size_t i = 0; i < c->nassoc; i++) {
		struct config_assoc *a = &c->assoc[i];

		if (a->kind != ASSOC_REFCLOCK || a->ref_type != f->type ||
		    a->ref_unit != f->unit)
			continue;
		conf_apply_refclock(a, &f->par, &from);
		found = true;
	}
	if (!found)
		config_warn_at(c, io, &f->place,
		    "no `server` line names this reference clock", NULL);
}

/* What the words of A ask of its driver. */
static unsigned
words_of(const struct config_assoc *a)
{
	unsigned words = a->ref_flags;

	words |= conf_differs(a->time1, 0) ? CLOCK_HAS_TIME1 : 0;
	words |= conf_differs(a->time2, 0) ? CLOCK_HAS_TIME2 : 0;
	words |= a->ref_mode != 0 ? CLOCK_HAS_MODE : 0;
	words |= a->path != NULL ? CLOCK_HAS_PATH : 0;
	words |= a->ppspath != NULL ? CLOCK_HAS_PPSPATH : 0;
	words |= a->baud != 0 ? CLOCK_HAS_BAUD : 0;
	return words;
}

/* "it has time1 mode path" */
static void
list_words(struct conf_text *o, unsigned has)
{
	static const char words[][8] = {"flag1", "flag2", "flag3", "flag4",
	    "time1", "time2", "mode", "path", "ppspath", "baud"};

	conf_add(o, "it has");
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if ((has >> i & 1) != 0)
			conf_add(o, " %s", words[i]);
}

/* Words that this driver does not read. */
static void
check_fudge(struct ntp_config *c, const struct config_io *io,
    const struct config_assoc *a)
{
	struct conf_place place = {a->file, {a->line, 1}};
	unsigned has = clock_kind(a->ref_type)->has;
	struct conf_text hint = {.len = 0};

	if ((words_of(a) & ~has) == 0)
		return;
	list_words(&hint, has);
	config_warn_at(c, io, &place,
	    "a parameter of this reference clock has no effect", hint.p);
	free(hint.p);
}

static void
settle_clock(
    struct ntp_config *c, const struct config_io *io, struct config_assoc *a)
{
	const struct clock_kind *kind = clock_kind(a->ref_type);

	if (a->ref_stratum < 0)
		a->ref_stratum = a->ref_type == CLOCK_LOCAL ? LOCAL_STRAT : 0;
	if (a->ref_refid == 0)
		a->ref_refid = refid_from_text(kind->refid);
	check_fudge(c, io, a);
	if (a->ref_type == CLOCK_MODEM && c->phone == NULL)
		config_warn_at(c, io,
		    &(struct conf_place){a->file, {a->line, 1}},
		    "there is no `phone`, so nobody is called", NULL);
}

static bool
text_differs(const char *a, const char *b)
{
	return (a != NULL) != (b != NULL) || (a != NULL && strcmp(a, b) != 0);
}

bool
config_clock_same(const struct config_assoc *a, const struct config_assoc *b)
{
	return a->kind == b->kind && a->ref_type == b->ref_type &&
	    a->ref_unit == b->ref_unit && a->ref_flags == b->ref_flags &&
	    a->ref_mode == b->ref_mode && a->baud == b->baud &&
	    !conf_differs(a->time1, b->time1) &&
	    !conf_differs(a->time2, b->time2) &&
	    !text_differs(a->path, b->path) &&
	    !text_differs(a->ppspath, b->ppspath);
}

void
config_finish_clocks(struct ntp_config *c, const struct config_io *io)
{
	struct config_pending *q = c->pending;

	for (size_t i = 0; i < q->nfudge; i++)
		finish_fudge(c, io, &q->fudge[i]);
	for (size_t i = 0; i < c->nassoc; i++)
		if (c->assoc[i].kind == ASSOC_REFCLOCK)
			settle_clock(c, io, &c->assoc[i]);
}
