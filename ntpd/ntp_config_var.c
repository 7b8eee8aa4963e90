/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_var.c - setvar: variables of the site for mode 6.
 *
 * The text of control messages has no escapes, so a name or a value that
 * would read as something else is refused here rather than mended later.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp_confparse.h"
#include "ntp_ctlvars.h"
#include "ntp_err.h"

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_.-";

bool
config_var_value_ok(const char *value, size_t len)
{
	if (len == 0 || len > CONFIG_VAR_VALUE_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (value[i] < ' ' || value[i] > '~' || value[i] == '"')
			return false;
	return true;
}

struct config_var *
config_var_find(const struct ntp_config *c, const char *name, size_t len)
{
	for (size_t i = 0; i < c->nvar; i++)
		if (strlen(c->var[i].name) == len &&
		    memcmp(c->var[i].name, name, len) == 0)
			return &c->var[i];
	return NULL;
}

int
config_var_assign(struct config_var *v, const char *value, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		return -NTP_ENOMEM;
	memcpy(copy, value, len);
	copy[len] = '\0';
	free(v->value);
	v->value = copy;
	return 0;
}

static bool
name_ok(struct confparse *p, const char *name)
{
	size_t len = strlen(name);

	if (len > CONFIG_VAR_NAME_MAX || strspn(name, name_letters) != len) {
		conf_error(p, NULL,
		    strchr(name, '=') != NULL ? "leave blanks around '='"
					      : "use letters, digits and _ . -",
		    "'%.40s' is no name of a variable", name);
		return false;
	}
	if (ctlvars_is_own(name, strlen(name))) {
		conf_error(p, NULL, "choose another name",
		    "'%.40s' is a variable of ntpd itself", name);
		return false;
	}
	return true;
}

/* The variable NAME, made when it is new; NULL after an error. */
static struct config_var *
var_named(struct confparse *p, const char *name)
{
	struct ntp_config *c = p->cfg;
	struct config_var *v = config_var_find(c, name, strlen(name)), *list;

	if (v != NULL)
		return v;
	if (c->nvar >= CONFIG_VARS_MAX) {
		conf_error(
		    p, NULL, NULL, "more than %u variables", CONFIG_VARS_MAX);
		return NULL;
	}
	list = conf_grow(c, c->var, c->nvar, sizeof(*list));
	if (list == NULL)
		return NULL;
	c->var = list;
	v = &list[c->nvar];
	v->name = conf_strdup(c, name);
	v->value = conf_strdup(c, "");
	if (v->name == NULL || v->value == NULL) {
		free(v->name);
		free(v->value);
		return NULL;
	}
	c->nvar++;
	return v;
}

/* After the value: end of line, or `default`. */
static bool
read_default(struct confparse *p, bool *in_default)
{
	if (!conf_next(p, SCAN_TOKENS))
		return !p->bad;
	*in_default = strcmp(p->tok.text, "default") == 0;
	if (!*in_default)
		conf_error(p, NULL, NULL,
		    "unexpected '%.40s', expected default", p->tok.text);
	return *in_default && conf_end(p);
}

static bool
read_equals(struct confparse *p)
{
	if (conf_next(p, SCAN_TOKENS) && strcmp(p->tok.text, "=") == 0)
		return true;
	if (!p->bad)
		conf_error(p, NULL, "leave blanks around '='",
		    "missing '=' after the variable name");
	return false;
}

static bool
read_value(struct confparse *p)
{
	if (!conf_string(p, "value"))
		return false;
	if (config_var_value_ok(p->tok.text, strlen(p->tok.text)))
		return true;
	conf_error(p, NULL, NULL,
	    "a value has at most %u printable characters, no quotes",
	    CONFIG_VAR_VALUE_MAX);
	return false;
}

/* setvar NAME = VALUE [default], with blanks around `=`. */
void
confdo_setvar(struct confparse *p, const struct keyword *k)
{
	char *name, *value = NULL;
	struct config_var *v = NULL;
	bool in_default = false;

	(void)k;
	if (!conf_string(p, "variable name") || !name_ok(p, p->tok.text))
		return;
	name = conf_strdup(p->cfg, p->tok.text);
	if (name != NULL && read_equals(p) && read_value(p))
		value = conf_strdup(p->cfg, p->tok.text);
	if (value != NULL && read_default(p, &in_default))
		v = var_named(p, name);
	if (v != NULL) {
		free(v->value);
		v->value = value;
		v->in_default = in_default;
		v->origin = conf_origin(p);
		value = NULL;
	}
	free(value);
	free(name);
}
