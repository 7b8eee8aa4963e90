/* SPDX-License-Identifier: BSD-2-Clause */
/* whylab.c - what the tests of reasons share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include <stdlib.h>
#include <string.h>

#include "whylab.h"

const char *
sentence(struct world *w, const struct peer *p)
{
	static char text[REASON_TEXT_MAX];

	reason_sentence(w->e, p, world_now(w), text, sizeof text);
	assert_null(strpbrk(text, ",=\""));
	return text;
}

void
says(struct world *w, const struct peer *p, const char *const *words)
{
	const char *text = sentence(w, p);

	for (; *words != NULL; words++)
		if (strstr(text, *words) == NULL)
			fail_msg("no `%s' in `%s'", *words, text);
}

void
sums_up(struct world *w, const char *words)
{
	char text[REASON_TEXT_MAX];
	const char *word =
	    engine_summary(w->e, world_now(w), text, sizeof text);

	if (strncmp(text, words, strlen(words)) != 0)
		fail_msg("`%s' does not begin with `%s'", text, words);
	assert_ptr_equal(
	    word, engine_summary(w->e, world_now(w), text, strlen(words)));
	assert_int_equal(strlen(text), strlen(words) - 1);
}

double
number_after(struct world *w, const struct peer *p, const char *words)
{
	const char *text = sentence(w, p);
	const char *at = strstr(text, words);
	char *end = NULL;
	double v = (double)NAN;

	if (at != NULL)
		v = strtod(at + strlen(words), &end);
	if (at == NULL || end == at + strlen(words))
		fail_msg("no number after `%s' in `%s'", words, text);
	return v;
}

const struct history_entry *
told(struct world *w, enum reason why)
{
	const struct history *h = &w->e->history;
	const struct history_entry *newest = &h->ring[0];
	uint64_t n = h->n;

	for (; n > 0 && n + HISTORY_SIZE > h->n; n--) {
		newest = &h->ring[(n - 1) % HISTORY_SIZE];
		if (newest->why == why)
			return newest;
	}
	fail_msg("no `%s' in the history", reason_word(why));
	return newest;
}

void
forge(struct world *w, struct peer *p, ntp_ts org, ntp_ts xmt)
{
	struct ntp_packet r = {.version = 4,
	    .mode = NTP_MODE_SERVER,
	    .stratum = 1,
	    .org = org,
	    .rec = xmt,
	    .xmt = xmt};
	uint8_t buf[48];

	packet_encode(&r, buf);
	world_inject(w, p->ep, &p->srcadr, buf, sizeof buf);
}
