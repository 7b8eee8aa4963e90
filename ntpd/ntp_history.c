/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_history.c - the last decisions.
 *
 * Words are made when something happens, because the numbers that they tell
 * are gone when somebody asks.  What comes again within an hour is counted in
 * its entry: two sources that take turns as outlier, or somebody who forges
 * answers, shall not wash the rest out of the ring.
 */
#include "ntp_history.h"

#include <stdio.h>
#include <string.h>

#include "ntp_fmt.h"
#include "ntp_mode6.h"
#include "ntp_peer.h"

#define AGAIN 3600.0 /* s */

static uint16_t
associd_of(const struct peer *p)
{
	return p != NULL ? p->associd : 0;
}

void
history_add(struct history *h, const struct peer *p, enum reason why,
    const char *text, struct ntp_now now)
{
	struct history_entry *t = &h->ring[h->n++ % HISTORY_SIZE];
	char buf[ADDR_STRLEN];
	const char *who = p != NULL ? peer_label(p, buf) : "system";

	*t = (struct history_entry){.at = now.sys,
	    .last = now.sys,
	    .last_mono = now.mono,
	    .associd = associd_of(p),
	    .why = (uint8_t)why,
	    .count = 1};
	(void)fmt_safe(t->who, sizeof t->who, who, strlen(who));
	(void)fmt_safe(t->text, sizeof t->text, text, strlen(text));
}

bool
history_again(struct history *h, const struct peer *p, enum reason why,
    struct ntp_now now)
{
	for (size_t i = 0; i < HISTORY_SIZE; i++) {
		struct history_entry *t = &h->ring[i];

		if (t->count == 0 || t->why != why ||
		    t->associd != associd_of(p) ||
		    mono_diff(now.mono, t->last_mono) > AGAIN)
			continue;
		t->count++;
		t->last = now.sys;
		t->last_mono = now.mono;
		return true;
	}
	return false;
}

static void
name_nth(char out[32], const char *name, uint64_t n)
{
	(void)snprintf(out, 32, "%s.%llu", name, (unsigned long long)n);
}

static void
write_entry(const struct history_entry *t, uint64_t n, struct var_wr *w)
{
	char name[32];

	name_nth(name, "when", n);
	var_ts(w, name, t->at.v);
	name_nth(name, "last", n);
	var_ts(w, name, t->last.v);
	name_nth(name, "count", n);
	var_int(w, name, t->count);
	name_nth(name, "assid", n);
	var_int(w, name, t->associd);
	name_nth(name, "who", n);
	var_str(w, name, t->who);
	name_nth(name, "why", n);
	var_raw(w, name, reason_word((enum reason)t->why));
	name_nth(name, "text", n);
	var_str(w, name, t->text);
}

void
history_write(const struct history *h, uint64_t from, struct var_wr *w)
{
	uint64_t oldest = h->n > HISTORY_SIZE ? h->n - HISTORY_SIZE + 1 : 1;
	uint64_t end;

	if (from == 0)
		from = h->n > HISTORY_PAGE ? h->n - HISTORY_PAGE + 1 : 1;
	if (from < oldest)
		from = oldest;
	var_int(w, "history", (int64_t)h->n);
	if (from > h->n)
		return;
	end = h->n - from < HISTORY_PAGE ? h->n : from + HISTORY_PAGE - 1;
	for (uint64_t n = from; n <= end; n++)
		write_entry(&h->ring[(n - 1) % HISTORY_SIZE], n, w);
}
