/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config_nts.c - Network Time Security: the directive `nts`, and its words
 * behind a server.
 *
 * A line that says `nts` and cannot have it is no line: nothing that asks for
 * authentication ever runs without.
 */
#include <stdlib.h>
#include <string.h>

#include "ntp.h"
#include "ntp_aead.h"
#include "ntp_confparse.h"
#include "ntp_ke.h"

/* --- nts -------------------------------------------------------------------- */

static char **
path_of(struct config_nts *n, enum keyword_id id)
{
	if (id == KW_NTS_CERT)
		return &n->cert;
	if (id == KW_NTS_KEY)
		return &n->key;
	if (id == KW_NTS_CA)
		return &n->ca;
	if (id == KW_NTS_COOKIE)
		return &n->cookie;
	if (id == KW_NTS_SUITES)
		return &n->suites;
	return id == KW_NTS_CURVES ? &n->curves : NULL;
}

/* 0, and a warning, when there is none of that name. */
static uint16_t
read_aead(struct confparse *p, const char *name)
{
	uint16_t id = ke_aead_id(name);

	if (id == 0)
		conf_warn(p, NULL,
		    "AES_SIV_CMAC_256, AES_SIV_CMAC_384 or AES_SIV_CMAC_512",
		    "'%.40s' is no algorithm of NTS, the word is ignored",
		    name);
	return id;
}

/* There is but one version that may be used. */
static void
check_version(struct confparse *p, const char *text)
{
	if (strcmp(text, "TLS1.3") != 0 && strcmp(text, "1.3") != 0)
		conf_warn(p, NULL, "TLS1.3 is what there is",
		    "'%.40s': NTS is spoken over TLS 1.3 only", text);
}

/* One value, whichever of its words the line has. */
static void
set_server(struct confparse *p, bool on)
{
	conf_note(p, KW_NTS_ENABLE);
	p->cfg->nts.server = on;
}

static conf_apply nts_word;

static void
nts_word(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v)
{
	struct config_nts *n = &p->cfg->nts;
	char **path = path_of(n, k->id);

	if (path != NULL)
		conf_set(p->cfg, path, v->str);
	else if (k->id == KW_NTS_ENABLE || k->id == KW_NTS_DISABLE)
		set_server(p, k->id == KW_NTS_ENABLE);
	else if (k->id == KW_NTS_PREFERENCE)
		n->server_order = true;
	else if (k->id == KW_NTS_KEPORT)
		n->keport = (uint16_t)v->num;
	else if (k->id == KW_NTS_PORT)
		conf_extra_port(p, obj, k, v);
	else if (k->id == KW_NTS_AEAD)
		n->aead = read_aead(p, v->str);
	else
		check_version(p, v->str); /* mintls, maxtls */
}

void
confdo_nts(struct confparse *p, const struct keyword *k)
{
	(void)k;
	conf_options(p, KEYWORD_NTS, nts_word, NULL);
}

/* --- server ... nts --------------------------------------------------------- */

bool
conf_take_nts(struct confparse *p, struct config_assoc *a, enum keyword_id id,
    const struct conf_value *v)
{
	if (id == KW_ASSOC_NTS)
		a->flags |= ASSOC_NTS;
	else if (id == KW_ASSOC_NOVAL)
		a->noval = true;
	else if (id == KW_ASSOC_CA)
		conf_set(p->cfg, &a->ca, v->str);
	else if (id == KW_ASSOC_AEAD)
		a->aead = read_aead(p, v->str);
	else
		return false;
	return true;
}

/* HOST:PORT is the TCP port of key establishment. */
static bool
split_host(struct confparse *p, struct config_assoc *a)
{
	char host[CONFIG_HOST_MAX];
	uint16_t port;

	if (addr_split_port(a->host, host, sizeof host, &port) != 0)
		return false;
	a->keport = port;
	conf_set(p->cfg, &a->host, host);
	if (addr_parse(host, strlen(host), &a->addr) != 0)
		memset(&a->addr, 0, sizeof a->addr);
	return true;
}

static bool
refuse(struct confparse *p, const struct conf_pos *at, const char *why,
    const char *hint)
{
	p->refused = true;
	conf_error(p, at, hint, "%s, the line is ignored", why);
	return false;
}

bool
conf_settle_nts(
    struct confparse *p, struct config_assoc *a, const struct conf_pos *at)
{
	if ((a->flags & ASSOC_NTS) == 0) {
		if (a->noval || a->ca != NULL || a->aead != 0)
			conf_warn(p, at, "add `nts`",
			    "`noval`, `ca` and `aead` do nothing without "
			    "`nts`");
		return true;
	}
	if (a->kind != ASSOC_SERVER && a->kind != ASSOC_POOL)
		return refuse(p, at, "`nts` is for servers and pools only",
		    "use `server`");
	if (a->key != 0)
		return refuse(p, at, "`nts` and `key` exclude each other",
		    "remove one of them");
	if (!split_host(p, a))
		return refuse(p, at, "no name with a port", "write HOST:PORT");
	if (a->noval)
		conf_warn(p, at, "for tests only; `ca` names whom to trust",
		    "`noval`: whoever sits between can pretend to be %.60s",
		    a->host);
	return true;
}

bool
conf_same_nts(const struct config_assoc *a, const struct config_assoc *b)
{
	bool ca = a->ca == NULL || b->ca == NULL ? a->ca == b->ca
						 : strcmp(a->ca, b->ca) == 0;

	return ((a->flags ^ b->flags) & ASSOC_NTS) == 0 &&
	    a->noval == b->noval && a->aead == b->aead &&
	    a->keport == b->keport && ca;
}

/* --- writing ---------------------------------------------------------------- */

void
conf_write_host(struct conf_text *o, const struct config_assoc *a)
{
	if (a->keport == 0)
		conf_add(o, " %s", a->host);
	else if (a->addr.family == ADDR_V6)
		conf_add(o, " [%s]:%u", a->host, a->keport);
	else
		conf_add(o, " %s:%u", a->host, a->keport);
}

void
conf_write_assoc_nts(struct conf_text *o, const struct config_assoc *a)
{
	if ((a->flags & ASSOC_NTS) == 0)
		return;
	conf_add(o, " nts%s", a->noval ? " noval" : "");
	if (a->ca != NULL)
		conf_add(o, " ca \"%s\"", a->ca);
	if (a->aead != 0)
		conf_add(o, " aead %s", aead_name(a->aead));
}

static void
write_path(struct conf_text *o, const char *word, const char *path)
{
	if (path != NULL && path[0] != '\0')
		conf_add(o, "nts %s \"%s\"\n", word, path);
}

void
conf_write_nts(struct conf_text *o, const struct config_nts *n)
{
	write_path(o, "cert", n->cert);
	write_path(o, "key", n->key);
	write_path(o, "ca", n->ca);
	write_path(o, "cookie", n->cookie);
	write_path(o, "tlsciphersuites", n->suites);
	write_path(o, "tlsecdhcurves", n->curves);
	if (n->server_order)
		conf_add(o, "nts tlscipherserverpreference\n");
	if (n->aead != 0)
		conf_add(o, "nts aead %s\n", aead_name(n->aead));
	if (n->keport != KE_PORT)
		conf_add(o, "nts keport %u\n", n->keport);
	if (n->server)
		conf_add(o, "nts enable\n");
}
