/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_check.c - the certificates that a configuration names: can they be
 * read, do they belong together, are they valid?
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "nts_daemon.h"

#define WARN_S ((int64_t)14 * 86400)

struct report {
	nts_fault_fn *tell;
	void *arg;
};

static void
check_age(const SSL_CTX *ctx, const char *cert, const struct report *r)
{
	int64_t left = tls_expires(ctx) - (int64_t)time(NULL);
	char text[TLS_WHY];

	if (left >= WARN_S)
		return;
	(void)snprintf(text, sizeof text, "certificate %.120s %s", cert,
	    left < 0 ? "has expired" : "expires soon");
	r->tell(r->arg, NTS_FAULT_SERVER, NULL, text);
}

static void
check_secret(const char *key, const struct report *r)
{
	char text[TLS_WHY];
	struct stat st;

	if (stat(key, &st) != 0 || (st.st_mode & S_IROTH) == 0)
		return;
	(void)snprintf(text, sizeof text,
	    "private key %.120s can be read by everybody here", key);
	r->tell(r->arg, NTS_FAULT_SERVER, NULL, text);
}

static void
check_server(const struct nts_settings *s, const struct report *r)
{
	char why[TLS_WHY];
	SSL_CTX *ctx = tls_server_context(&s->tls, why);

	if (ctx == NULL) {
		r->tell(r->arg, NTS_FAULT_SERVER, NULL, why);
		return;
	}
	check_age(ctx, s->tls.cert, r);
	check_secret(s->tls.key, r);
	SSL_CTX_free(ctx);
}

static void
check_client(const struct nts_settings *s, const char *ca,
    const struct config_assoc *a, const struct report *r)
{
	char why[TLS_WHY];
	SSL_CTX *ctx = tls_client_context(&s->tls, ca, why);

	if (ctx == NULL)
		r->tell(r->arg, NTS_FAULT_CA, a, why);
	SSL_CTX_free(ctx);
}

void
nts_check(const struct ntp_config *c, nts_fault_fn *tell, void *arg)
{
	const struct report r = {tell, arg};
	struct nts_settings *s = nts_settings_plain(c);

	if (s == NULL)
		return;
	if (s->server)
		check_server(s, &r);
	if (c->nts.ca != NULL)
		check_client(s, c->nts.ca, NULL, &r);
	for (size_t i = 0; i < c->nassoc; i++)
		if ((c->assoc[i].flags & ASSOC_NTS) != 0 &&
		    c->assoc[i].ca != NULL)
			check_client(s, c->assoc[i].ca, &c->assoc[i], &r);
	nts_settings_free(s);
}
