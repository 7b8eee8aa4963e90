/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_status.c - status words in words (RFC 9327 3), and the associations
 * billboard, which is nothing else.
 */
#include <stdarg.h>
#include <string.h>

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

struct words {
	char *p;
	size_t cap, len;
};

/* Appends to a list joined by ", "; what does not fit is left out. */
static void NTPQ_PRINTF(2, 3) add(struct words *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->len > 0 && w->len + 3 < w->cap) {
		memcpy(w->p + w->len, ", ", 3);
		w->len += 2;
	}
	va_start(ap, fmt);
	n = vsnprintf(w->p + w->len, w->cap - w->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->len += (size_t)n;
	if (w->len >= w->cap)
		w->len = w->cap - 1;
}

static void
add_events(struct words *w, unsigned status)
{
	unsigned count = STATUS_EVENTS(status);

	if (count == 0)
		add(w, "no events");
	else
		add(w, "%u event%s", count, count == 1 ? "" : "s");
}

static void
add_system(struct words *w, unsigned status)
{
	unsigned source = (status >> 8) & 0x3fU;

	add(w, "%s", leap_words[(status >> 14) & 3U]);
	if (source < COUNT(source_words))
		add(w, "%s", source_words[source]);
	else
		add(w, "sync_%u", source);
	add_events(w, status);
	add(w, "%s", system_events[STATUS_EVENT(status)]);
}

static void
add_peer(struct words *w, unsigned status)
{
	size_t i;

	for (i = 0; i < COUNT(peer_flags); i++)
		if (status & peer_flags[i].bit)
			add(w, "%s", peer_flags[i].word);
	add(w, "sel_%s", select_words[PEER_STATUS_SEL(status)]);
	add_events(w, status);
	if (STATUS_EVENT(status) != 0)
		add(w, "%s", peer_events[STATUS_EVENT(status)]);
}

static void
add_clock(struct words *w, unsigned status)
{
	unsigned code = STATUS_EVENT(status);

	add_events(w, status);
	if (code < COUNT(clock_words))
		add(w, "%s", clock_words[code]);
	else
		add(w, "clk_%u", code);
}

const char *
status_words(enum status_kind kind, unsigned status, char *out, size_t cap)
{
	struct words w = {.p = out, .cap = cap};

	out[0] = '\0';
	switch (kind) {
	case STATUS_SYS:
		add_system(&w, status);
		break;
	case STATUS_PEER:
		add_peer(&w, status);
		break;
	case STATUS_CLOCK:
		add_clock(&w, status);
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
