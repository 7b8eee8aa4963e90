/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_vars.c - readvar and its family, and the list that readlist asks for.
 *
 * Without names the status line comes first; with names only the items are
 * printed, because scripts take the first word of the first line.
 */
#include <string.h>
#include <time.h>

#include "ntp_fmt.h"
#include "ntpq.h"

#define FOLD_MARGIN    2U    /* columns at the right of a wide line */
#define JSON_ITEMS_MAX 1024U /* names of one reply */

static struct cooked_style
style_of(const struct ntpq *q)
{
	return (struct cooked_style){.units = q->units,
	    .plus = q->plus,
	    .numeric = q->numeric,
	    .pivot = time(NULL),
	    .fold = q->width > FOLD_MARGIN ? q->width - FOLD_MARGIN : 0};
}

static enum status_kind
status_kind_of(const struct query *query)
{
	if (query->opcode == MODE6_READCLOCK)
		return STATUS_CLOCK;
	return query->associd == 0 ? STATUS_SYS : STATUS_PEER;
}

void
status_line_print(FILE *out, const struct query *query, const struct reply *rep)
{
	char words[NTPQ_WORD_MAX];

	fprintf(out, "associd=%u status=%04x %s,\n", query->associd,
	    rep->status,
	    status_words(
		status_kind_of(query), rep->status, words, sizeof(words)));
}

static void
print_nothing(const struct ntpq *q, const struct query *query)
{
	const char *clock = query->opcode == MODE6_READCLOCK ? "clock " : "";

	if (query->associd == 0)
		fprintf(q->out, "No system %svariables returned\n", clock);
	else
		fprintf(q->out,
		    "No information returned for %sassociation %u\n", clock,
		    query->associd);
}

static bool
seen_before(const struct var_item *items, size_t n, const struct var_item *it)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (items[i].namelen == it->namelen &&
		    memcmp(items[i].name, it->name, it->namelen) == 0)
			return true;
	return false;
}

/* A name stands once in an object, whatever the server sent. */
void
reply_json(struct json *j, const char *key, const struct reply *rep)
{
	struct var_rd rd = var_rd_init(rep->text, rep->len);
	struct var_item items[JSON_ITEMS_MAX], it;
	int64_t pivot = time(NULL);
	size_t n = 0;

	json_object(j, key);
	while (n < JSON_ITEMS_MAX && var_next(&rd, &it)) {
		if (seen_before(items, n, &it))
			continue;
		items[n++] = it;
		json_variable(j, &it, pivot);
	}
	json_object_end(j);
}

static void
json_reply(struct json *j, const struct query *query, const struct reply *rep)
{
	status_json(j, query, rep);
	reply_json(j, "variables", rep);
}

void
status_json(struct json *j, const struct query *query, const struct reply *rep)
{
	char words[NTPQ_WORD_MAX];

	json_int(j, "associd", query->associd);
	json_int(j, "status", rep->status);
	json_text(j, "status_words",
	    status_words(
		status_kind_of(query), rep->status, words, sizeof(words)));
}

static void
show_reply(
    const struct ntpq *q, const struct query *query, const struct reply *rep)
{
	struct var_rd rd = var_rd_init(rep->text, rep->len);
	struct cooked_style style = style_of(q);
	struct var_item it;
	bool quiet;

	if (q->json != NULL) {
		json_reply(q->json, query, rep);
		return;
	}
	server_print(q, q->out);
	if (!var_next(&rd, &it)) {
		print_nothing(q, query);
		return;
	}
	quiet = query->len > 0 && !q->oldrv;
	if (q->raw) {
		if (!quiet)
			fprintf(q->out, "status=0x%04x,\n", rep->status);
		raw_print(q->out, rep);
	} else {
		if (!quiet)
			status_line_print(q->out, query, rep);
		cooked_print(q->out, rep, &style);
	}
}

static bool
show_variables(struct ntpq *q, const struct query *query)
{
	struct reply rep;

	if (!ask(q, query, &rep))
		return false;
	show_reply(q, query, &rep);
	return true;
}

/* --- what to ask for ---------------------------------------------------- */

struct names {
	char text[MODE6_DATA_MAX + 1];
	size_t len;
	bool full;
};

static void
names_add(struct names *n, const char *text)
{
	size_t left = sizeof(n->text) - n->len;
	int len = snprintf(
	    n->text + n->len, left, "%s%s", n->len > 0 ? "," : "", text);

	if (len < 0 || (size_t)len >= left)
		n->full = true;
	else
		n->len += (size_t)len;
}

static void
names_of_args(struct names *n, const struct ntpq_args *a, unsigned first)
{
	unsigned i;

	*n = (struct names){.len = 0};
	for (i = first; i < a->n; i++)
		names_add(n, a->v[i]);
}

static void
names_of_list(struct names *n, const struct ntpq *q)
{
	size_t i;

	*n = (struct names){.len = 0};
	for (i = 0; i < q->nvars; i++)
		names_add(n, q->var[i].name);
}

/* False after saying that they do not fit in one request. */
static bool
names_fit(struct ntpq *q, const struct names *n)
{
	if (n->full)
		complain(q, "Too many variables for one request");
	return !n->full;
}

static void
read_one(struct ntpq *q, const struct ntpq_args *a, const struct names *n)
{
	struct query query = {
	    .opcode = (enum mode6_op)a->arg, .data = n->text, .len = n->len};

	if (a->n > 0 && !assoc_arg(q, a->v[0], &query.associd))
		return;
	if (names_fit(q, n))
		show_variables(q, &query);
}

/* a->arg: MODE6_READVAR or MODE6_READCLOCK. */
void
cmd_readvar(struct ntpq *q, const struct ntpq_args *a)
{
	struct names n;

	names_of_args(&n, a, 1);
	read_one(q, a, &n);
}

void
cmd_readlist(struct ntpq *q, const struct ntpq_args *a)
{
	struct names n;

	names_of_list(&n, q);
	read_one(q, a, &n);
}

/* --- a range of associations -------------------------------------------- */

static bool
index_arg(struct ntpq *q, const char *s, size_t *index)
{
	uint16_t id;

	if (!assoc_arg(q, s, &id))
		return false;
	for (*index = 0; *index < q->nassocs; (*index)++)
		if (q->assoc[*index].id == id)
			return true;
	complain(q, "Association ID %u not found in list", id);
	advise(q, "`associations' lists them");
	return false;
}

static bool
show_in_range(struct ntpq *q, const struct query *query, const char *before)
{
	bool shown;

	if (q->json == NULL)
		fputs(before, q->out);
	else
		json_object(q->json, NULL);
	shown = show_variables(q, query);
	if (q->json != NULL)
		json_object_end(q->json);
	return shown;
}

static void
read_range(struct ntpq *q, const struct ntpq_args *a, const struct names *n,
    const char *between)
{
	struct query query = {
	    .opcode = MODE6_READVAR, .data = n->text, .len = n->len};
	size_t i, lo, hi, swap;

	if (!q->know_assocs && !assoc_fetch(q))
		return;
	if (!index_arg(q, a->v[0], &lo) || !index_arg(q, a->v[1], &hi) ||
	    !names_fit(q, n))
		return;
	if (lo > hi) {
		swap = lo;
		lo = hi;
		hi = swap;
	}
	if (q->json != NULL)
		json_array(q->json, "associations");
	for (i = lo; i <= hi; i++) {
		query.associd = q->assoc[i].id;
		if (!show_in_range(q, &query, i > lo ? between : "") &&
		    !q->net.settled)
			break;
	}
	if (q->json != NULL)
		json_array_end(q->json);
}

void
cmd_mreadvar(struct ntpq *q, const struct ntpq_args *a)
{
	struct names n;

	names_of_args(&n, a, 2);
	read_range(q, a, &n, "");
}

void
cmd_mreadlist(struct ntpq *q, const struct ntpq_args *a)
{
	struct names n;

	names_of_list(&n, q);
	read_range(q, a, &n, "\n");
}

/* --- the variable list -------------------------------------------------- */

static size_t
var_index(const struct ntpq *q, const char *name)
{
	size_t i;

	for (i = 0; i < q->nvars; i++)
		if (strcmp(q->var[i].name, name) == 0)
			break;
	return i;
}

static void
add_var(struct ntpq *q, const struct var_item *it)
{
	char name[sizeof(q->var[0].name)];
	size_t i;

	fmt_safe(name, sizeof(name), it->name, it->namelen);
	i = var_index(q, name);
	if (i == NTPQ_VARS_MAX) {
		complain(q, "Variable list is full, `%s' not added", name);
		return;
	}
	if (i == q->nvars)
		q->nvars++;
	memcpy(q->var[i].name, name, sizeof(name));
	fmt_safe(q->var[i].value, sizeof(q->var[i].value),
	    it->value != NULL ? it->value : "", it->valuelen);
}

static void
each_var(struct ntpq *q, const struct ntpq_args *a,
    void (*fn)(struct ntpq *q, const struct var_item *it))
{
	struct var_item it;
	struct var_rd rd;
	unsigned i;

	for (i = 0; i < a->n; i++) {
		rd = var_rd_init(a->v[i], strlen(a->v[i]));
		while (var_next(&rd, &it))
			fn(q, &it);
	}
}

void
cmd_addvars(struct ntpq *q, const struct ntpq_args *a)
{
	each_var(q, a, add_var);
}

static void
remove_var(struct ntpq *q, const struct var_item *it)
{
	char name[sizeof(q->var[0].name)];
	size_t i;

	fmt_safe(name, sizeof(name), it->name, it->namelen);
	i = var_index(q, name);
	if (i == q->nvars) {
		fprintf(q->err, "Variable `%s' not found\n", name);
		return;
	}
	q->nvars--;
	memmove(&q->var[i], &q->var[i + 1], (q->nvars - i) * sizeof(q->var[0]));
}

void
cmd_rmvars(struct ntpq *q, const struct ntpq_args *a)
{
	each_var(q, a, remove_var);
}

void
cmd_clearvars(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	q->nvars = 0;
}

void
cmd_showvars(struct ntpq *q, const struct ntpq_args *a)
{
	size_t i;

	(void)a;
	if (q->nvars == 0)
		fputs("No variables on list\n", q->out);
	for (i = 0; i < q->nvars; i++)
		fprintf(q->out, "%s=%s\n", q->var[i].name, q->var[i].value);
}
