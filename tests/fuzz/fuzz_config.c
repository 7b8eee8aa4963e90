/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_config.c - any octets as ntp.conf.
 *
 * Includes read the input again from its middle, so that files nest; names
 * are looked up in the access list that the configuration makes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_config.h"
#include "ntp_err.h"
#include "ntp_restrict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
	unsigned loads;
};

static int
on_load(void *arg, const char *path, const char *from, char **buf, size_t *len,
    char **real)
{
	struct input *in = arg;
	size_t half = in->size / 2;

	(void)from;
	if (++in->loads > 20 || path[0] == '/')
		return -NTP_ENOENT;
	*len = in->size - half;
	*buf = malloc(*len + 1);
	*real = NULL;
	if (*buf == NULL)
		return -NTP_ENOMEM;
	memcpy(*buf, in->data + half, *len);
	return 0;
}

static void
on_diag(void *arg, const struct config_diag *d)
{
	(void)arg;
	if (d->column == 0 || d->text[0] == '\0')
		abort();
	for (const char *s = d->text; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			abort();
}

static void
check_assocs(const struct ntp_config *c)
{
	for (size_t i = 0; i < c->nassoc; i++) {
		const struct config_assoc *a = &c->assoc[i];

		if (a->minpoll < 0 || a->minpoll > a->maxpoll ||
		    a->maxpoll > 17 || a->version < 1 || a->version > 4 ||
		    a->port == 0 || a->host[0] == '\0')
			abort();
	}
}

static void
check_access(const struct ntp_config *c)
{
	struct restrict_list *r = restrict_new(c->nrestricts);
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < c->nrestricts; i++) {
		const struct config_restrict *cr = &c->restricts[i];
		struct restrict_entry e = {.addr = cr->addr,
		    .mask = cr->mask,
		    .flags = cr->flags,
		    .mflags = cr->mflags};

		if (cr->what == RESTRICT_ADDR && restrict_add(r, &e) != 0)
			abort();
	}
	for (i = 0; i < c->nrestricts; i++)
		if (c->restricts[i].what == RESTRICT_ADDR &&
		    restrict_lookup(r, &c->restricts[i].addr) == NULL)
			abort();
	restrict_free(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size, 0};
	const struct config_io io = {
	    .arg = &in, .load = on_load, .diag = on_diag};
	struct ntp_config *c = config_new();
	char *text = malloc(size + 1);

	if (c != NULL && text != NULL) {
		if (size > 0)
			memcpy(text, data, size);
		if (config_parse(c, "fuzz", text, size, &io) == 0) {
			config_finish(c, &io);
			check_assocs(c);
			check_access(c);
		}
	}
	free(text);
	config_free(&c);
	return 0;
}
