/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_why.c - what the daemon says of its reasons and its decisions.
 *
 * Other daemons have neither; they answer that the variable is unknown, and
 * the user is told where to look instead.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "ntp_fmt.h"
#include "ntpq.h"

#define TEXT_SIZE  512U /* octets of a sentence with NUL */
#define WHO_WIDTH  16
#define NUMBER_MAX INT32_MAX
#define PAGES_MAX  64U /* asked for, however much a daemon claims to have */

static bool
ask_names(
    struct ntpq *q, uint16_t associd, const char *names, struct reply *rep)
{
	struct query query = {.opcode = MODE6_READVAR,
	    .associd = associd,
	    .data = names,
	    .len = strlen(names)};
	enum ask_result res = ask_quietly(q, &query, rep);

	if (res == ASK_ERROR && rep->errcode == MODE6_ERR_UNKNOWNVAR)
		complain(q,
		    "This daemon does not tell its reasons; "
		    "rv and associations show what it knows");
	else if (res != ASK_OK)
		ask_complain(q, res, &query, rep);
	return res == ASK_OK;
}

/* The variable NAME as the member KEY. */
static void
json_member(
    struct json *j, const char *key, const struct reply *rep, const char *name)
{
	struct var_item it;

	if (!reply_find(rep, name, &it)) {
		json_null(j, key);
		return;
	}
	it.name = key;
	it.namelen = strlen(key);
	json_variable(j, &it, time(NULL));
}

/* --- why ---------------------------------------------------------------- */

static const char *
who_of(const struct reply *rep, uint16_t associd, char *out, size_t cap)
{
	if (associd == 0)
		return "system";
	reply_text(rep, "srchost", out, cap);
	return out[0] != '\0' ? out : reply_text(rep, "srcadr", out, cap);
}

static void
reason_json(struct json *j, uint16_t associd, const struct reply *rep)
{
	char who[NTPQ_NAME_MAX];

	json_object(j, NULL);
	json_int(j, "associd", associd);
	json_text(j, "who", who_of(rep, associd, who, sizeof(who)));
	json_member(j, "word", rep, "reasonword");
	json_time(j, "since", reply_ts(rep, "reasonsince"), time(NULL));
	json_member(j, "reason", rep, "reason");
	json_object_end(j);
}

static void
reason_print(FILE *out, uint16_t associd, const struct reply *rep)
{
	char who[NTPQ_NAME_MAX], text[TEXT_SIZE];

	fprintf(out, "%c%-*s %s\n",
	    associd == 0 ? ' ' : status_tally(rep->status), WHO_WIDTH,
	    who_of(rep, associd, who, sizeof(who)),
	    reply_text(rep, "reason", text, sizeof(text)));
}

static bool
why_one(struct ntpq *q, uint16_t associd)
{
	struct reply rep;

	if (!ask_names(q, associd,
		associd == 0 ? "reason,reasonword,reasonsince"
			     : "srcadr,srchost,reason,reasonword,reasonsince",
		&rep))
		return false;
	if (q->json != NULL)
		reason_json(q->json, associd, &rep);
	else
		reason_print(q->out, associd, &rep);
	return true;
}

static void
why_all(struct ntpq *q)
{
	if (!why_one(q, 0) || !assoc_fetch(q))
		return;
	for (size_t i = 0; i < q->nassocs; i++)
		(void)why_one(q, q->assoc[i].id);
}

void
cmd_why(struct ntpq *q, const struct ntpq_args *a)
{
	uint16_t id = 0;

	if (a->n > 0 && !assoc_arg(q, a->v[0], &id))
		return;
	if (q->json != NULL)
		json_array(q->json, "reasons");
	if (a->n > 0)
		(void)why_one(q, id);
	else
		why_all(q);
	if (q->json != NULL)
		json_array_end(q->json);
}

/* --- history ------------------------------------------------------------ */

struct nth {
	char name[MODE6_VAR_NAME_MAX];
};

static const char *
nth(struct nth *out, const char *name, int64_t n)
{
	snprintf(out->name, sizeof(out->name), "%s.%" PRId64, name, n);
	return out->name;
}

static const char *
nth_date(const struct reply *rep, const char *name, int64_t n, char out[32])
{
	struct nth nb;
	int64_t sec;
	uint32_t ns;

	ts_to_unix(reply_ts(rep, nth(&nb, name, n)), time(NULL), &sec, &ns);
	return fmt_iso8601(out, 32, sec);
}

static void
entry_json(struct json *j, const struct reply *rep, int64_t n)
{
	static const char *const fields[][2] = {{"count", "count"},
	    {"associd", "assid"}, {"who", "who"}, {"word", "why"},
	    {"text", "text"}};
	struct nth nb;

	json_object(j, NULL);
	json_int(j, "number", n);
	json_time(j, "when", reply_ts(rep, nth(&nb, "when", n)), time(NULL));
	json_time(j, "last", reply_ts(rep, nth(&nb, "last", n)), time(NULL));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		json_member(j, fields[i][0], rep, nth(&nb, fields[i][1], n));
	json_object_end(j);
}

static void
entry_print(FILE *out, const struct reply *rep, int64_t n)
{
	char date[32], who[NTPQ_WORD_MAX], word[NTPQ_WORD_MAX];
	char text[TEXT_SIZE];
	struct nth nb;
	unsigned count;

	nth_date(rep, "when", n, date);
	reply_text(rep, nth(&nb, "who", n), who, sizeof(who));
	reply_text(rep, nth(&nb, "why", n), word, sizeof(word));
	reply_text(rep, nth(&nb, "text", n), text, sizeof(text));
	fprintf(out, "%s %-*s %s: %s", date, WHO_WIDTH, who, word, text);
	count = reply_uint(rep, nth(&nb, "count", n), UINT32_MAX, 1);
	if (count > 1)
		fprintf(out, " (%u times; last %s)", count,
		    nth_date(rep, "last", n, date));
	fputc('\n', out);
}

/* The number after the last entry of REP from N on that was shown. */
static int64_t
show_page(struct ntpq *q, const struct reply *rep, int64_t n)
{
	struct var_item it;
	struct nth nb;

	for (; reply_find(rep, nth(&nb, "when", n), &it); n++) {
		if (q->json != NULL)
			entry_json(q->json, rep, n);
		else
			entry_print(q->out, rep, n);
	}
	return n;
}

/* What has left the ring is skipped: the first number that REP has. */
static int64_t
first_of(const struct reply *rep)
{
	struct var_rd rd = var_rd_init(rep->text, rep->len);
	struct var_item it;
	int64_t n;

	while (var_next(&rd, &it)) {
		if (it.namelen > 5 && memcmp(it.name, "when.", 5) == 0 &&
		    fmt_parse_int(it.name + 5, it.namelen - 5, false, &n) == 0)
			return n;
	}
	return 0;
}

static void
show_history(struct ntpq *q)
{
	char names[MODE6_VAR_NAME_MAX];
	struct reply rep;
	int64_t n = 1, first;

	for (unsigned k = 0; k < PAGES_MAX; k++) {
		snprintf(names, sizeof(names), "history=%" PRId64, n);
		if (!ask_names(q, 0, names, &rep))
			return;
		first = first_of(&rep);
		if (first < n || first > NUMBER_MAX)
			return;
		n = show_page(q, &rep, first);
	}
}

void
cmd_history(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	if (q->json != NULL)
		json_array(q->json, "history");
	show_history(q);
	if (q->json != NULL)
		json_array_end(q->json);
}
