/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_clock.c - fudge, and the parameters of reference clocks.
 *
 * The same words stand on a `fudge` line of the reference and on the
 * `refclock` line of NTPsec; what a driver has no use for is said once.
 */
#include <string.h>

#include "ntp_confparse.h"
#include "ntp_refclock.h"

#define LOCAL_STRAT 5

const char conf_drivers_built[] =
    "the local clock 127.127.1.u and shared memory 127.127.28.u are built";

const struct keyword *
conf_driver(unsigned type)
{
	const struct keyword *k;

	for (size_t i = 0; (k = keyword_at(i)) != NULL; i++)
		if (k->ctx == KEYWORD_DRIVER && k->state == KW_WORKS &&
		    (unsigned)k->lo == type)
			return k;
	return NULL;
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
	} else {
		return take_flag(par, id, v->num != 0);
	}
	return true;
}

void
conf_apply_refclock(struct config_assoc *a, const struct conf_refclock *par)
{
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

/* --- fudge: kept until all lines are read --------------------------------- */

static conf_apply fudge_word;

static void
fudge_word(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	(void)conf_take_refclock(p, obj, k->id, v);
}

static void
keep_fudge(struct ntp_config *c, const struct conf_fudge *f)
{
	struct config_pending *q = c->pending;
	struct conf_fudge *list;

	list = conf_grow(c, q->fudge, q->nfudge, sizeof(*list));
	if (list == NULL)
		return;
	q->fudge = list;
	list[q->nfudge++] = *f;
}

void
confdo_fudge(struct confparse *p, const struct keyword *k)
{
	struct conf_fudge f = {.type = 0};
	const char *text = p->tok.text;
	struct ntp_addr addr;

	(void)k;
	if (!conf_string(p, "address of a reference clock"))
		return;
	f.place = conf_place(p);
	if (addr_parse(text, strlen(text), &addr) != 0 ||
	    !addr_is_refclock(&addr, &f.type, &f.unit)) {
		conf_error(p, NULL, "it looks like 127.127.1.0",
		    "inappropriate address %.60s for the fudge command, line "
		    "ignored",
		    text);
		return;
	}
	if (conf_driver(f.type) == NULL) {
		conf_warn(p, NULL, conf_drivers_built,
		    "reference clock %.60s is not supported in this release, "
		    "the line is ignored",
		    text);
		return;
	}
	conf_options(p, KEYWORD_FUDGE, fudge_word, &f.par);
	if (!p->bad)
		keep_fudge(p->cfg, &f);
}

static void
finish_fudge(struct ntp_config *c, const struct config_io *io,
    const struct conf_fudge *f)
{
	bool found = false;

	for (size_t i = 0; i < c->nassoc; i++) {
		struct config_assoc *a = &c->assoc[i];

		if (a->kind != ASSOC_REFCLOCK || a->ref_type != f->type ||
		    a->ref_unit != f->unit)
			continue;
		conf_apply_refclock(a, &f->par);
		found = true;
	}
	if (!found)
		config_warn_at(c, io, &f->place,
		    "no `server` line names this reference clock", NULL);
}

/* Words that this driver does not read. */
static void
check_fudge(struct ntp_config *c, const struct config_io *io,
    const struct config_assoc *a)
{
	struct conf_place place = {a->file, {a->line, 1}};
	bool idle = (a->ref_flags & ~clock_flags(a->ref_type)) != 0;

	if (a->ref_type == CLOCK_LOCAL)
		idle = idle || a->ref_mode != 0 || a->time2 < 0 || a->time2 > 0;
	if (idle)
		config_warn_at(c, io, &place,
		    "a parameter of this reference clock has no effect",
		    a->ref_type == CLOCK_LOCAL
			? "the local clock has time1, stratum and refid"
			: "shared memory has no flag2 and flag3");
}

static void
settle_clock(
    struct ntp_config *c, const struct config_io *io, struct config_assoc *a)
{
	bool local = a->ref_type == CLOCK_LOCAL;

	if (a->ref_stratum < 0)
		a->ref_stratum = local ? LOCAL_STRAT : 0;
	if (a->ref_refid == 0)
		a->ref_refid = refid_from_text(local ? "LOCL" : "SHM");
	check_fudge(c, io, a);
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
