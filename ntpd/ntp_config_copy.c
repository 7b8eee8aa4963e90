/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_copy.c - what a configuration owns: copied and freed.
 *
 * Both stand here so that a new pointer of struct ntp_config is entered in
 * both.  A copy is first stripped of everything owned and then filled piece by
 * piece, each piece counted when it is complete: so the copy that memory did
 * not suffice for is freed like any other.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp_confparse.h"

/* --- single strings ------------------------------------------------------ */

static const size_t strings[] = {
    offsetof(struct ntp_config, driftfile),
    offsetof(struct ntp_config, leapfile),
    offsetof(struct ntp_config, logfile),
    offsetof(struct ntp_config, pidfile),
    offsetof(struct ntp_config, statsdir),
    offsetof(struct ntp_config, keysfile),
    offsetof(struct ntp_config, saveconfigdir),
    offsetof(struct ntp_config, signddir),
    offsetof(struct ntp_config, phone),
    offsetof(struct ntp_config, nts.cert),
    offsetof(struct ntp_config, nts.key),
    offsetof(struct ntp_config, nts.cookie),
    offsetof(struct ntp_config, nts.ca),
    offsetof(struct ntp_config, nts.suites),
    offsetof(struct ntp_config, nts.curves),
};

#define STRINGS (sizeof(strings) / sizeof(strings[0]))

static char **
string_at(struct ntp_config *c, size_t i)
{
	return (char **)(void *)((char *)c + strings[i]);
}

static char *const *
const_string_at(const struct ntp_config *c, size_t i)
{
	return (char *const *)(const void *)((const char *)c + strings[i]);
}

/* --- freeing ------------------------------------------------------------- */

void
conf_pending_clear(struct config_pending *q)
{
	for (size_t i = 0; i < q->nunpeer; i++)
		free(q->unpeer[i].host);
	for (size_t i = 0; i < q->nfudge; i++)
		conf_refclock_clear(&q->fudge[i].par);
	free(q->unpeer);
	free(q->fudge);
	*q = (struct config_pending){.nomem = q->nomem, .checked = q->checked};
}

/* An array is there whenever its number is not 0, which the analyzer cannot
 * see: NOLINTBEGIN(clang-analyzer-core.NullDereference) */
static void
free_elements(struct ntp_config *c)
{
	size_t i;

	for (i = 0; i < c->nassoc; i++)
		config_assoc_clear(&c->assoc[i]);
	for (i = 0; i < c->nrestricts; i++)
		free(c->restricts[i].host);
	for (i = 0; i < c->niface; i++)
		free(c->iface[i].name);
	for (i = 0; i < STATS_SETS; i++)
		free(c->filegen[i].file);
	for (i = 0; i < c->nfiles; i++)
		free(c->files[i]);
	for (i = 0; i < c->nvar; i++) {
		free(c->var[i].name);
		free(c->var[i].value);
	}
}
/* NOLINTEND(clang-analyzer-core.NullDereference) */

void
config_free(struct ntp_config **cp)
{
	struct ntp_config *c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	free_elements(c);
	free(c->assoc);
	free(c->restricts);
	free(c->iface);
	free(c->groups);
	free(c->trusted);
	free(c->files);
	free(c->var);
	free(c->origin);
	for (size_t i = 0; i < STRINGS; i++)
		free(*string_at(c, i));
	if (c->pending != NULL)
		conf_pending_clear(c->pending);
	free(c->pending);
	free(c);
}

/* --- copying ------------------------------------------------------------- */

static void
disown(struct ntp_config *c)
{
	c->assoc = NULL;
	c->restricts = NULL;
	c->iface = NULL;
	c->groups = NULL;
	c->trusted = NULL;
	c->files = NULL;
	c->var = NULL;
	c->origin = NULL;
	c->pending = NULL;
	c->nassoc = c->nrestricts = c->niface = c->ntrusted = 0;
	c->ngroups = 0;
	c->nfiles = c->nvar = 0;
	for (size_t i = 0; i < STRINGS; i++)
		*string_at(c, i) = NULL;
	for (size_t i = 0; i < STATS_SETS; i++)
		c->filegen[i].file = NULL;
}

/* Of the capacity that conf_grow() expects; nothing is shared only if the
 * elements own nothing. */
static bool
copy_array(void **dst, const void *src, size_t n, size_t size)
{
	size_t cap = 1;

	if (n == 0)
		return true;
	while (cap < n)
		cap *= 2;
	*dst = calloc(cap, size);
	if (*dst != NULL)
		memcpy(*dst, src, n * size);
	return *dst != NULL;
}

static bool
copy_string(char **dst, const char *src)
{
	size_t len = src != NULL ? strlen(src) + 1 : 0;

	*dst = src != NULL ? malloc(len) : NULL;
	if (*dst != NULL)
		memcpy(*dst, src, len);
	return src == NULL || *dst != NULL;
}

static bool
copy_files(struct ntp_config *to, const struct ntp_config *c)
{
	void *a = NULL;

	if (!copy_array(&a, c->files, c->nfiles, sizeof(char *)))
		return false;
	to->files = a;
	for (; to->nfiles < c->nfiles; to->nfiles++)
		if (!copy_string(&to->files[to->nfiles], c->files[to->nfiles]))
			return false;
	return true;
}

/* The name in the copy; a name that is a constant stays. */
static const char *
file_in(
    const struct ntp_config *to, const struct ntp_config *c, const char *file)
{
	for (size_t i = 0; i < c->nfiles; i++)
		if (c->files[i] == file)
			return to->files[i];
	return file;
}

/* All of its strings, or none. */
static bool
copy_assoc(struct config_assoc *dst, const struct config_assoc *src)
{
	dst->host = dst->ca = dst->path = dst->ppspath = NULL;
	if (copy_string(&dst->host, src->host) &&
	    copy_string(&dst->ca, src->ca) &&
	    copy_string(&dst->path, src->path) &&
	    copy_string(&dst->ppspath, src->ppspath))
		return true;
	config_assoc_clear(dst);
	return false;
}

static bool
copy_assocs(struct ntp_config *to, const struct ntp_config *c)
{
	void *a = NULL;

	if (!copy_array(&a, c->assoc, c->nassoc, sizeof(*c->assoc)))
		return false;
	to->assoc = a;
	for (; to->nassoc < c->nassoc; to->nassoc++) {
		struct config_assoc *dst = &to->assoc[to->nassoc];

		dst->file = file_in(to, c, dst->file);
		for (size_t i = 0; i < FUDGED_WORDS; i++)
			dst->fudged[i].file =
			    file_in(to, c, dst->fudged[i].file);
		if (!copy_assoc(dst, &c->assoc[to->nassoc]))
			return false;
	}
	return true;
}

static bool
copy_restricts(struct ntp_config *to, const struct ntp_config *c)
{
	void *a = NULL;

	if (!copy_array(&a, c->restricts, c->nrestricts, sizeof(*c->restricts)))
		return false;
	to->restricts = a;
	for (; to->nrestricts < c->nrestricts; to->nrestricts++) {
		struct config_restrict *dst = &to->restricts[to->nrestricts];

		dst->file = file_in(to, c, dst->file);
		if (!copy_string(&dst->host, dst->host))
			return false;
	}
	return true;
}

static bool
copy_ifaces(struct ntp_config *to, const struct ntp_config *c)
{
	void *a = NULL;

	if (!copy_array(&a, c->iface, c->niface, sizeof(*c->iface)))
		return false;
	to->iface = a;
	for (; to->niface < c->niface; to->niface++) {
		struct config_iface *dst = &to->iface[to->niface];

		dst->origin.file = file_in(to, c, dst->origin.file);
		if (!copy_string(&dst->name, dst->name))
			return false;
	}
	return true;
}

static bool
copy_trusted(struct ntp_config *to, const struct ntp_config *c)
{
	void *a = NULL;

	if (!copy_array(&a, c->trusted, c->ntrusted, sizeof(*c->trusted)))
		return false;
	to->trusted = a;
	to->ntrusted = c->ntrusted;
	for (size_t i = 0; i < to->ntrusted; i++)
		to->trusted[i].origin.file =
		    file_in(to, c, to->trusted[i].origin.file);
	return true;
}

static bool
copy_groups(struct ntp_config *to, const struct ntp_config *c)
{
	void *a = NULL;

	if (!copy_array(&a, c->groups, c->ngroups, sizeof(*c->groups)))
		return false;
	to->groups = a;
	to->ngroups = c->ngroups;
	for (size_t i = 0; i < to->ngroups; i++)
		to->groups[i].origin.file =
		    file_in(to, c, to->groups[i].origin.file);
	return true;
}

static bool
copy_vars(struct ntp_config *to, const struct ntp_config *c)
{
	void *a = NULL;

	if (!copy_array(&a, c->var, c->nvar, sizeof(*c->var)))
		return false;
	to->var = a;
	for (; to->nvar < c->nvar; to->nvar++) {
		struct config_var *dst = &to->var[to->nvar];
		char *name = dst->name, *value = dst->value;

		dst->origin.file = file_in(to, c, dst->origin.file);
		if (!copy_string(&dst->name, name))
			return false;
		if (!copy_string(&dst->value, value)) {
			free(dst->name);
			return false;
		}
	}
	return true;
}

static bool
copy_origins(struct ntp_config *to, const struct ntp_config *c)
{
	void *a = NULL;

	if (!copy_array(&a, c->origin, KW_IDS, sizeof(*c->origin)))
		return false;
	to->origin = a;
	for (size_t i = 0; i < KW_IDS; i++)
		to->origin[i].file = file_in(to, c, to->origin[i].file);
	return true;
}

static bool
copy_strings(struct ntp_config *to, const struct ntp_config *c)
{
	for (size_t i = 0; i < STRINGS; i++)
		if (!copy_string(string_at(to, i), *const_string_at(c, i)))
			return false;
	for (size_t i = 0; i < STATS_SETS; i++)
		if (!copy_string(&to->filegen[i].file, c->filegen[i].file))
			return false;
	return true;
}

struct ntp_config *
config_copy(const struct ntp_config *c)
{
	struct ntp_config *to = malloc(sizeof(*to));

	if (to == NULL)
		return NULL;
	*to = *c;
	disown(to);
	to->pending = calloc(1, sizeof(*to->pending));
	if (to->pending == NULL || !copy_files(to, c) || !copy_assocs(to, c) ||
	    !copy_restricts(to, c) || !copy_ifaces(to, c) ||
	    !copy_trusted(to, c) || !copy_groups(to, c) || !copy_vars(to, c) ||
	    !copy_origins(to, c) || !copy_strings(to, c)) {
		config_free(&to);
		return NULL;
	}
	to->pending->checked = to->nassoc;
	to->nerrors = to->nwarnings = to->reset = 0;
	return to;
}
