/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_status.c - status words in words (RFC 9327 3), and the associations
 * billboard, which is nothing else.
 */
#include <string.h>

#include "ntp_say.h"
#include "ntpq.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const leap_words[] = {
    "leap_none", "leap_add_sec", "leap_del_sec", "leap_alarm"};

static const char *const source_words[] = {"sync_unspec", "sync_pps",
    "sync_lf_radio", "sync_hf_radio", "sync_uhf_radio", "sync_local",
    "sync_ntp", "sync_other", "sync_wristwatch", "sync_telephone"};

static const char *const clock_words[] = {"clk_unspec", "clk_no_reply",
    "clk_bad_format", "clk_fault", "clk_bad_signal", "clk_bad_date",
    "clk_bad_time"};

static const char *const select_words[] = {"reject", "falsetick", "excess",
    "outlier", "candidate", "backup", "sys.peer", "pps.peer"};

static const char *const system_events[] = {
#define SYSEVENT(id, code, name) [code] = (name),
#include "ntp_tbl_event.h"
#undef SYSEVENT
};

static const char *const peer_events[] = {
#define PEEREVENT(id, code, name, column) [code] = (name),
#include "ntp_tbl_event.h"
#undef PEEREVENT
};

static const char *const peer_event_columns[] = {
#define PEEREVENT(id, code, name, column) [code] = (column),
#include "ntp_tbl_event.h"
#undef PEEREVENT
};

static const struct {
	unsigned bit;
	const char *word;
} peer_flags[] = {
    {PEER_STATUS_CONFIG, "conf"},
    {PEER_STATUS_AUTHEN, "authenb"},
    {PEER_STATUS_AUTHIC, "auth"},
    {PEER_STATUS_REACH, "reach"},
    {PEER_STATUS_BCAST, "bcast"},
};

/* Before the next word of the list. */
static void
separate(struct text *t)
{
	if (t->len > 0)
		say(t, ", ");
}

static void
add(struct text *t, const char *word)
{
	separate(t);
	say(t, "%s", word);
}

static void
add_events(struct text *t, unsigned status)
{
	unsigned count = STATUS_EVENTS(status);

	separate(t);
	if (count == 0)
		say(t, "no events");
	else
		say(t, "%u event%s", count, count == 1 ? "" : "s");
}

/* The word for CODE of N words; past them its number says more than nothing. */
static void
add_code(struct text *t, const char *const *words, size_t n, unsigned code,
    const char *kind)
{
	separate(t);
	if (code < n)
		say(t, "%s", words[code]);
	else
		say(t, "%s_%u", kind, code);
}

static void
add_system(struct text *t, unsigned status)
{
	add(t, leap_words[(status >> 14) & 3U]);
	add_code(t, source_words, COUNT(source_words), (status >> 8) & 0x3fU,
	    "sync");
	add_events(t, status);
	add(t, system_events[STATUS_EVENT(status)]);
}

static void
add_peer(struct text *t, unsigned status)
{
	size_t i;

	for (i = 0; i < COUNT(peer_flags); i++)
		if (status & peer_flags[i].bit)
			add(t, peer_flags[i].word);
	separate(t);
	say(t, "sel_%s", select_words[PEER_STATUS_SEL(status)]);
	add_events(t, status);
	if (STATUS_EVENT(status) != 0)
		add(t, peer_events[STATUS_EVENT(status)]);
}

static void
add_clock(struct text *t, unsigned status)
{
	add_events(t, status);
	add_code(
	    t, clock_words, COUNT(clock_words), STATUS_EVENT(status), "clk");
}

const char *
status_words(enum status_kind kind, unsigned status, char *out, size_t cap)
{
	struct text t = {out, cap, 0};

	out[0] = '\0';
	switch (kind) {
	case STATUS_SYS:
		add_system(&t, status);
		break;
	case STATUS_PEER:
		add_peer(&t, status);
		break;
	case STATUS_CLOCK:
		add_clock(&t, status);
		break;
	}
	return out;
}

char
status_tally(unsigned status)
{
	return " x.-+#*o"[PEER_STATUS_SEL(status)];
}

const char *
status_condition(unsigned status)
{
	return select_words[PEER_STATUS_SEL(status)];
}

static const char *
auth_word(unsigned status)
{
	if (!(status & PEER_STATUS_AUTHEN))
		return "none";
	return status & PEER_STATUS_AUTHIC ? "ok" : "bad";
}

void
assoc_json(struct json *j, unsigned ind, unsigned associd, unsigned status)
{
	json_object(j, NULL);
	json_int(j, "index", ind);
	json_int(j, "associd", associd);
	json_int(j, "status", status);
	json_bool(j, "configured", (status & PEER_STATUS_CONFIG) != 0);
	json_bool(j, "reachable", (status & PEER_STATUS_REACH) != 0);
	json_bool(j, "broadcast", (status & PEER_STATUS_BCAST) != 0);
	json_text(j, "authentication", auth_word(status));
	json_text(j, "condition", status_condition(status));
	json_text(j, "last_event", peer_events[STATUS_EVENT(status)]);
	json_int(j, "events", STATUS_EVENTS(status));
	json_object_end(j);
}

static const char *
reach_column(unsigned status)
{
	if (status & PEER_STATUS_BCAST)
		return "none";
	return status & PEER_STATUS_REACH ? "yes" : "no";
}

/* The blank after "ok" puts it one column left of "bad", as ever. */
static const char *
auth_column(unsigned status)
{
	const char *word = auth_word(status);

	return strcmp(word, "ok") == 0 ? "ok " : word;
}

void
assoc_row(FILE *out, unsigned ind, unsigned associd, unsigned status)
{
	fprintf(out, "%3u %5u  %04x   %3s  %4s  %4s %9s %11s %2u", ind, associd,
	    status, status & PEER_STATUS_CONFIG ? "yes" : "no",
	    reach_column(status), auth_column(status),
	    select_words[PEER_STATUS_SEL(status)],
	    peer_event_columns[STATUS_EVENT(status)], STATUS_EVENTS(status));
}
