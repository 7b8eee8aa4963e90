/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_settings.c - what the thread of key establishment has to know of the
 * configuration, copied.
 */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "../ntpd.h"
#include "ntp_calendar.h"
#include "ntp_ke.h"
#include "nts.h"
#include "nts_daemon.h"

void
nts_settings_free(struct nts_settings *s)
{
	if (s == NULL)
		return;
	free(s->tls.cert);
	free(s->tls.key);
	free(s->tls.ca);
	free(s->tls.suites);
	free(s->tls.curves);
	for (size_t i = 0; i < s->nca; i++)
		free(s->ca[i]);
	free(s->ca);
	restrict_free(&s->access);
	iface_filter_free(&s->filter);
	free(s);
}

void
nts_question_free(struct nts_question *q)
{
	if (q == NULL)
		return;
	free(q->name);
	free(q->ca);
	free(q);
}

/* False: out of memory. */
static bool
copy(char **to, const char *s, const char *standard)
{
	const char *from = s != NULL ? s : standard;

	*to = from != NULL ? strdup(from) : NULL;
	return from == NULL || *to != NULL;
}

static bool
copy_words(struct tls_words *to, const struct config_nts *c)
{
	to->server_order = c->server_order;
	return copy(&to->cert, c->cert, CONFIG_NTS_CERT) &&
	    copy(&to->key, c->key, CONFIG_NTS_KEY) &&
	    copy(&to->ca, c->ca, NULL) && copy(&to->suites, c->suites, NULL) &&
	    copy(&to->curves, c->curves, NULL);
}

/* Of each association, whether or not two name the same. */
static bool
copy_authorities(struct nts_settings *s, const struct ntp_config *c)
{
	s->ca = calloc(c->nassoc + 1, sizeof *s->ca);
	if (s->ca == NULL)
		return false;
	for (size_t i = 0; i < c->nassoc; i++)
		if ((c->assoc[i].flags & ASSOC_NTS) != 0 &&
		    !copy(&s->ca[s->nca++], c->assoc[i].ca, c->nts.ca))
			return false;
	return true;
}

bool
nts_wanted(const struct ntp_config *c)
{
	if (c->nts.server)
		return true;
	for (size_t i = 0; i < c->nassoc; i++)
		if ((c->assoc[i].flags & ASSOC_NTS) != 0)
			return true;
	return false;
}

struct nts_settings *
nts_settings_plain(const struct ntp_config *c)
{
	struct nts_settings *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->server = c->nts.server;
	s->listen = c->nts.keport;
	s->ntpport = c->extraport;
	if (c->extraport == 0 && c->port != NTP_PORT)
		s->ntpport = c->port;
	if (copy_words(&s->tls, &c->nts) && copy_authorities(s, c))
		return s;
	nts_settings_free(s);
	return NULL;
}

struct nts_settings *
nts_settings_of(const struct daemon *d)
{
	struct nts_settings *s = nts_settings_plain(d->conf);

	if (s == NULL)
		return NULL;
	s->no4 = d->iface.no4;
	s->no6 = d->iface.no6;
	s->access = config_access(d->conf);
	if (s->access != NULL &&
	    iface_filter_make(&s->filter, &d->iface.rules, &d->iface.list) == 0)
		return s;
	nts_settings_free(s);
	return NULL;
}

/* The preferred algorithm, then the one that every server has. */
static void
offer(struct nts_question *q, uint16_t preferred)
{
	if (preferred != 0 && preferred != AEAD_AES_SIV_CMAC_256)
		q->aead[q->naead++] = preferred;
	q->aead[q->naead++] = AEAD_AES_SIV_CMAC_256;
}

int64_t
nts_unix_now(const struct daemon *d)
{
	struct clock_port *c = d->ports.clock;
	uint32_t nsec;
	int64_t sec;

	ts_to_unix(c->get_systime(c), (int64_t)time(NULL), &sec, &nsec);
	return sec;
}

struct nts_question *
nts_question_of(const struct daemon *d, uint32_t tag,
    const struct config_assoc *line, const struct ntp_addr *silent)
{
	const struct config_nts *c = &d->conf->nts;
	struct nts_question *q = calloc(1, sizeof *q);

	if (q == NULL)
		return NULL;
	q->tag = tag;
	q->port = line->keport != 0 ? line->keport : KE_PORT;
	q->family = dns_family(d, line->family);
	q->anybody = line->noval;
	q->unsure = !d->synced;
	q->now = nts_unix_now(d);
	q->silent = *silent;
	offer(q, line->aead != 0 ? line->aead : c->aead);
	if (copy(&q->name, line->host, NULL) && copy(&q->ca, line->ca, c->ca))
		return q;
	nts_question_free(q);
	return NULL;
}
