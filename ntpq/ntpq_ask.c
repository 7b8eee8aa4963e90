/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_ask.c - what every command does: choose a host, ask, complain, read
 * its arguments.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_fmt.h"
#include "ntpq.h"

void
server_print(const struct ntpq *q, FILE *out)
{
	if (q->nhosts > 1 && q->net.target[0] != '\0')
		fprintf(out, "server=%s ", q->net.target);
}

/* Tables written so far come first, also where both go to one file. */
static void
begin_complaint(struct ntpq *q)
{
	fflush(q->out);
	server_print(q, q->err);
}

void
complain(struct ntpq *q, const char *fmt, ...)
{
	va_list ap;

	begin_complaint(q);
	fputs("***", q->err);
	va_start(ap, fmt);
	vfprintf(q->err, fmt, ap);
	va_end(ap);
	fputc('\n', q->err);
}

FILE *
notes(const struct ntpq *q)
{
	return q->json != NULL ? q->note : q->err;
}

void
advise(struct ntpq *q, const char *fmt, ...)
{
	va_list ap;

	fputs("ntpq: ", q->err);
	va_start(ap, fmt);
	vfprintf(q->err, fmt, ap);
	va_end(ap);
	fputc('\n', q->err);
}

void
ask_complain(struct ntpq *q, enum ask_result res, const struct query *query,
    const struct reply *rep)
{
	begin_complaint(q);
	net_complain(q->err, &q->net, res, query, rep);
	if (res == ASK_REFUSED || res == ASK_NETWORK)
		q->status = EXIT_FAILURE;
}

enum ask_result
ask_quietly(struct ntpq *q, const struct query *query, struct reply *rep)
{
	struct query signed_query = *query;

	signed_query.sign = query->sign || q->cred.always;
	if (signed_query.sign && !auth_ready(q)) {
		*rep = (struct reply){.text = ""};
		return ASK_NOKEY;
	}
	return net_ask(&q->net, &signed_query, rep);
}

bool
ask(struct ntpq *q, const struct query *query, struct reply *rep)
{
	enum ask_result res = ask_quietly(q, query, rep);

	if (res != ASK_OK)
		ask_complain(q, res, query, rep);
	return res == ASK_OK;
}

/* A document in place of those that the commands would have written. */
static void
host_error_json(FILE *out, const char *host, const char *why)
{
	struct json j = json_init(out);

	json_object(&j, NULL);
	json_text(&j, "host", host);
	json_text(&j, "error", why);
	json_object_end(&j);
	fputc('\n', out);
}

bool
ntpq_host(struct ntpq *q, const char *target, int family)
{
	const char *why = net_open(&q->net, target, family);
	char name[NTPQ_NAME_MAX];

	if (why == NULL) {
		q->know_assocs = false;
		return true;
	}
	fflush(q->out);
	fmt_safe(name, sizeof(name), target, strlen(target));
	fprintf(q->err, "ntpq: %s: %s\n", name, why);
	advise(q,
	    "a host is NAME, NAME:PORT or [ADDRESS]:PORT; an address "
	    "needs no resolver");
	if (q->want_json && q->json == NULL)
		host_error_json(q->out, name, why);
	return false;
}

bool
uint_arg(struct ntpq *q, const char *s, unsigned max, unsigned *out)
{
	int64_t v;

	if (fmt_parse_int(s, strlen(s), false, &v) != 0 || v < 0 ||
	    v > (int64_t)max) {
		complain(q, "Illegal unsigned value %s", s);
		advise(q, "a whole number from 0 to %u is wanted here", max);
		return false;
	}
	*out = (unsigned)v;
	return true;
}

/* &N: the N-th of the list, the last when there are fewer. */
static bool
nth_association(struct ntpq *q, const char *s, uint16_t *id)
{
	unsigned n;

	if (!uint_arg(q, s, NTPQ_ASSOCS_MAX, &n))
		return false;
	if (!q->know_assocs && !assoc_fetch(q))
		return false;
	if (n == 0 || q->nassocs == 0) {
		complain(q, "Association ID &%s not found in list", s);
		advise(q, "`associations' lists them, from &1");
		return false;
	}
	if (n > q->nassocs)
		n = (unsigned)q->nassocs;
	*id = q->assoc[n - 1].id;
	return true;
}

bool
assoc_arg(struct ntpq *q, const char *s, uint16_t *id)
{
	unsigned v;

	if (s[0] == '&')
		return nth_association(q, s + 1, id);
	if (!uint_arg(q, s, UINT32_MAX, &v))
		return false;
	if (v > UINT16_MAX) {
		complain(q, "Invalid association ID %u specified", v);
		return false;
	}
	*id = (uint16_t)v;
	return true;
}
