/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_ntpq.c - what a hostile server can make ntpq show.
 *
 * The input is a row of flags, the number of a command, and the replies to
 * its questions: a kind, a status word and a length before each text; after
 * the last there is silence.  Whatever the texts hold, the command must end,
 * and neither output nor complaints may hold a control character; JSON must be
 * well-formed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ntpq/ntpq.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASKS_MAX 100000U /* more questions than this is no end */

enum flag {
	F_JSON = 1,
	F_RAW = 2,
	F_WIDE = 4,
	F_HASH = 8,
	F_MANY = 16,
	F_LEGEND = 32,
	F_INTERACTIVE = 64,
	F_OLDRV = 128
};

/* The last one stands for --format=prometheus. */
static const char *const commands[] = {"peers", "lpeers", "apeers", "opeers",
    "lopeers -6", "associations", "lassociations", "passociations", "rv",
    "rv 0 leap", "rv &1", "cv", "cl", "rl 7", "mrv &1 &99", "mrl &1 &2",
    "pstats &1", "sysinfo", "sysstats", "monstats", "kerninfo", "iostats",
    "timerstats", "authinfo", "ifstats", "reslist", ":config x", "saveconfig x",
    "writevar 0 a=1", "why", "why &1", "history", "mrulist", ""};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct input {
	const uint8_t *p;
	size_t len;
	unsigned asked;
	char *text; /* of the last reply, in a block of its own size */
};

static void
check(bool good)
{
	if (!good)
		abort();
}

static unsigned
take(struct input *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return *in->p++;
}

static enum ask_result
serve(void *arg, const struct query *q, struct reply *rep)
{
	struct input *in = arg;
	unsigned kind = take(in), status = take(in) << 8;
	size_t len;

	(void)q;
	check(++in->asked < ASKS_MAX);
	*rep = (struct reply){.text = ""};
	status |= take(in);
	len = (size_t)take(in) << 8;
	len |= take(in);
	if (in->len == 0)
		return ASK_SILENCE;
	rep->status = (uint16_t)status;
	if (kind == 1) {
		rep->errcode = (uint8_t)(status >> 8);
		return ASK_ERROR;
	}
	if (len > in->len)
		len = in->len;
	if (len > MODE6_TEXT_MAX)
		len = MODE6_TEXT_MAX;
	free(in->text);
	in->text = malloc(len > 0 ? len : 1);
	check(in->text != NULL);
	memcpy(in->text, in->p, len);
	in->p += len;
	in->len -= len;
	rep->text = in->text;
	rep->len = len;
	return ASK_OK;
}

static void
check_printable(const char *s, size_t len, const char *also)
{
	size_t i;

	for (i = 0; i < len; i++)
		check((s[i] >= ' ' && s[i] <= '~') || strchr(also, s[i]));
}

/* Brackets match, strings end, a document is a line. */
static void
check_json(const char *s, size_t len)
{
	char open[JSON_DEPTH_MAX + 1];
	size_t i, depth = 0;
	bool string = false;

	for (i = 0; i < len; i++) {
		if (string) {
			check(s[i] != '\n');
			string = s[i] != '"';
			i += s[i] == '\\';
		} else if (s[i] == '"') {
			string = true;
		} else if (s[i] == '{' || s[i] == '[') {
			check(depth < sizeof(open));
			open[depth++] = s[i] == '{' ? '}' : ']';
		} else if (s[i] == '}' || s[i] == ']') {
			check(depth > 0 && open[--depth] == s[i]);
		} else if (s[i] == '\n') {
			check(depth == 0);
		}
	}
	check(!string && depth == 0);
}

static void
set_up(struct ntpq *q, struct input *in, unsigned flags)
{
	memset(q, 0, sizeof(*q));
	net_init(&q->net);
	q->net.stand_in = serve;
	q->net.stand_in_arg = in;
	q->net.settled = true;
	snprintf(q->net.target, sizeof(q->net.target), "192.0.2.1");
	q->numeric = q->plus = true; /* nobody is asked for names */
	q->cred.type = MAC_MD5;
	q->cred.keyid = 1;
	snprintf(q->cred.secret, sizeof(q->cred.secret), "secret");
	q->want_json = (flags & F_JSON) != 0;
	q->raw = (flags & F_RAW) != 0;
	q->wide = (flags & F_WIDE) != 0;
	q->hashrefid = (flags & F_HASH) != 0;
	q->nhosts = flags & F_MANY ? 2 : 1;
	q->hostwidth = flags & F_MANY ? 9 : 0;
	q->legend = (flags & F_LEGEND) != 0;
	q->interactive = (flags & F_INTERACTIVE) != 0;
	q->oldrv = (flags & F_OLDRV) != 0;
}

static void
run(struct ntpq *q, const char *command)
{
	struct metrics *m;

	if (*command != '\0') {
		command_run(q, command);
		return;
	}
	m = metrics_new();
	check(m != NULL);
	metrics_collect(m, q);
	metrics_print(q->out, m);
	metrics_free(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {.p = data, .len = size};
	unsigned flags = take(&in);
	const char *command = commands[take(&in) % COUNT(commands)];
	static struct ntpq q;
	char *out = NULL, *err = NULL;
	size_t outlen = 0, errlen = 0;

	set_up(&q, &in, flags);
	q.out = open_memstream(&out, &outlen);
	q.err = open_memstream(&err, &errlen);
	check(q.out != NULL && q.err != NULL);
	run(&q, command);
	fclose(q.out);
	fclose(q.err);
	check_printable(out, outlen, "\n");
	check_printable(err, errlen, "\n\r"); /* progress */
	if (q.want_json && *command != '\0')
		check_json(out, outlen);
	auth_forget(&q);
	free(in.text);
	free(out);
	free(err);
	return 0;
}
