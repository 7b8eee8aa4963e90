/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlvars.c - the system and peer variables as mode 6 tells them.
 *
 * Which of them: those that were named, or the default set, and among the
 * system's those of `setvar`.  What each says is in ntp_ctlvalue.c.
 */
#include "ntp_ctlvars.h"

#include <stdint.h>
#include <string.h>

#include "ntp_ctlvalue.h"
#include "ntp_fmt.h"
#include "ntp_state.h"

_Static_assert((int)PEERVAR_COUNT <= (int)SYSVAR_COUNT &&
	(int)CLOCKVAR_COUNT <= (int)SYSVAR_COUNT,
    "a selection of system variables must have room for all others");

struct selection {
	const char *rows;
	size_t nrow;
	const struct ntp_config *site; /* of `setvar`, or NULL */
	bool want[SYSVAR_COUNT];
	bool want_site[CONFIG_VARS_MAX];
};

static size_t
rows_in(enum ctlvar_set set)
{
	switch (set) {
	case CTLVARS_PEER:
		return PEERVAR_COUNT;
	case CTLVARS_CLOCK:
		return CLOCKVAR_COUNT;
	case CTLVARS_SYSTEM:
	default:
		return SYSVAR_COUNT;
	}
}

static struct selection
selection_of(const struct ctlvar_ctx *c)
{
	return (struct selection){
	    .rows = ctlvalue_rows(c->set),
	    .nrow = rows_in(c->set),
	    .site = c->set == CTLVARS_SYSTEM ? c->e->cfg : NULL,
	};
}

/* The number of a row; of them all when there is none of this name. */
static size_t
row_find(const char *rows, const char *name, size_t len)
{
	size_t i = 0;

	for (const char *row = rows; *row != '\0';
	     row = ctlvalue_row_next(row), i++) {
		if (strlen(ctlvalue_row_name(row)) == len &&
		    memcmp(ctlvalue_row_name(row), name, len) == 0)
			break;
	}
	return i;
}

bool
ctlvars_is_own(const char *name, size_t len)
{
	return row_find(ctlvalue_rows(CTLVARS_SYSTEM), name, len) <
	    SYSVAR_COUNT;
}

/* Of other associations it would say nothing. */
static bool
uses_nts(const struct ctlvar_ctx *c)
{
	return c->set == CTLVARS_PEER && (c->p->cfg->flags & ASSOC_NTS) != 0;
}

static void
select_default(struct selection *s, const struct ctlvar_ctx *c)
{
	bool *want = s->want;

	for (const char *row = s->rows; *row != '\0';
	     row = ctlvalue_row_next(row))
		*want++ = ctlvalue_row_in_default(row);
	if (uses_nts(c))
		s->want[PEERVAR_ntscookies] = true;
	for (size_t i = 0; s->site != NULL && i < s->site->nvar; i++)
		s->want_site[i] = s->site->var[i].in_default;
}

static bool
select_name(struct selection *s, const struct var_item *it)
{
	size_t i = row_find(s->rows, it->name, it->namelen);
	const struct config_var *v;

	if (i < s->nrow) {
		s->want[i] = true;
		return true;
	}
	v = s->site == NULL ? NULL
			    : config_var_find(s->site, it->name, it->namelen);
	if (v != NULL)
		s->want_site[v - s->site->var] = true;
	return v != NULL;
}

/* As the site wrote it, unless that would read as something else. */
static void
put_sitevar(struct var_wr *w, const struct config_var *v)
{
	if (strpbrk(v->value, ", =") == NULL)
		var_raw(w, v->name, v->value);
	else
		var_str(w, v->name, v->value);
}

static void
put_selected(struct var_wr *w, const struct selection *s, struct ctlvar_ctx *c)
{
	const char *row = s->rows;

	for (size_t i = 0; i < s->nrow; i++, row = ctlvalue_row_next(row)) {
		if (s->want[i])
			ctlvalue_put(w, i, ctlvalue_row_name(row), c);
	}
	for (size_t i = 0; s->site != NULL && i < s->site->nvar; i++) {
		if (s->want_site[i])
			put_sitevar(w, &s->site->var[i]);
	}
}

/* The ring does not fit into one reply: N of `history=N` is where to begin. */
static uint64_t
history_from(const char *names, size_t len)
{
	struct var_rd r = var_rd_init(names, len);
	struct var_item it;
	int64_t v = 0;

	while (var_next(&r, &it)) {
		if (it.value != NULL && var_is(&it, "history") &&
		    fmt_parse_int(it.value, it.valuelen, false, &v) != 0)
			v = 0;
	}
	return v > 0 ? (uint64_t)v : 0;
}

bool
ctlvars_read(struct ctlvar_ctx *c, const char *names, size_t len, char *out,
    size_t cap, size_t *outlen)
{
	struct selection s = selection_of(c);
	struct var_wr w = var_init(out, cap);
	struct var_rd r = var_rd_init(names, len);
	struct var_item it;

	c->asked = len != 0;
	if (!c->asked)
		select_default(&s, c);
	while (var_next(&r, &it)) {
		if (!select_name(&s, &it))
			return false;
	}
	c->from = history_from(names, len);
	put_selected(&w, &s, c);
	*outlen = var_end(&w);
	return true;
}
