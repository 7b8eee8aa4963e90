/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_config.c - change a daemon while it runs: its configuration and its
 * variables.
 *
 * The daemon answers in words, which are shown as they come; only the place
 * of a syntax error is drawn under the line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_fmt.h"
#include "ntpq.h"

#define PROMPT_WIDTH 14 /* "ntpq> :config " */
#define REPLY_MAX    (4U * MODE6_TEXT_MAX + 1U)

/* One line for all lines of the daemon, made printable. */
static const char *
words_of(const struct reply *rep, char text[REPLY_MAX])
{
	char words[MODE6_TEXT_MAX];
	size_t i, len = rep->len < sizeof(words) ? rep->len : sizeof(words);

	memcpy(words, rep->text, len);
	while (len > 0 && strchr("\r\n ", words[len - 1]) != NULL)
		len--;
	for (i = 0; i + 1 < len; i++)
		if (words[i] == '\r' && words[i + 1] == '\n')
			memcpy(words + i, "; ", 2);
	return fmt_safe(text, REPLY_MAX, words, len);
}

/* The N of "column N syntax error" at the beginning, or -1. */
static int
error_column(const struct reply *rep)
{
	static const char before[] = "column ", after[] = " syntax error";
	const char *number = rep->text + strlen(before), *end;
	int64_t column;

	if (rep->len < strlen(before) ||
	    memcmp(rep->text, before, strlen(before)) != 0)
		return -1;
	end = memmem(rep->text, rep->len, after, strlen(after));
	if (end == NULL || end < number ||
	    fmt_parse_int(number, (size_t)(end - number), false, &column) != 0)
		return -1;
	return column < 0 || column > (int64_t)MODE6_DATA_MAX ? -1
							      : (int)column;
}

static void
draw_caret(const struct ntpq *q, int column, const char *line)
{
	int i, blanks = column > 0 ? column - 1 : 0;

	if (q->interactive)
		blanks += PROMPT_WIDTH;
	else
		fprintf(q->out, "%s\n", line);
	for (i = 0; i < blanks; i++)
		fputc('_', q->out);
	fputs("^\n", q->out);
}

/* False after saying why the daemon did not take it. */
static bool
configure(struct ntpq *q, const char *line, struct reply *rep)
{
	struct query query = {.opcode = MODE6_CONFIGURE,
	    .sign = true,
	    .data = line,
	    .len = strlen(line)};

	if (query.len > MODE6_DATA_MAX) {
		complain(q, "Line of %zu characters, %u fit in one request",
		    query.len, MODE6_DATA_MAX);
		return false;
	}
	return ask(q, &query, rep);
}

void
cmd_config(struct ntpq *q, const struct ntpq_args *a)
{
	struct reply rep;
	int column;

	if (!configure(q, a->v[0], &rep))
		return;
	column = error_column(&rep);
	if (column >= 0)
		draw_caret(q, column, a->v[0]);
	raw_print(q->out, &rep);
}

/* --- a whole file ------------------------------------------------------- */

/* The directive without line end and indentation; NULL for a comment. */
static const char *
directive(char *line)
{
	line[strcspn(line, "\r\n")] = '\0';
	line += strspn(line, " \t");
	return *line == '\0' || *line == '#' ? NULL : line;
}

static bool
send_line(struct ntpq *q, unsigned number, const char *line)
{
	char words[REPLY_MAX];
	struct reply rep;

	if (!configure(q, line, &rep)) {
		fprintf(q->err, "Line No: %u query failed: %s\n", number, line);
		fputs("Subsequent lines not sent.\n", q->err);
		return false;
	}
	fprintf(q->out, "Line No: %u %s: %s\n", number, words_of(&rep, words),
	    line);
	return true;
}

static bool
send_lines(struct ntpq *q, const char *name, FILE *f)
{
	char *line = NULL;
	const char *text;
	unsigned number = 0;
	size_t cap = 0;
	bool good = true;

	while (good && getline(&line, &cap, f) >= 0) {
		number++;
		text = directive(line);
		if (text != NULL)
			good = send_line(q, number, text);
	}
	if (good && ferror(f) != 0) {
		complain(q, "Error reading %s: %s", name, net_strerror(errno));
		good = false;
	}
	free(line);
	return good;
}

void
cmd_config_from_file(struct ntpq *q, const struct ntpq_args *a)
{
	FILE *f = fopen(a->v[0], "re");

	if (f == NULL) {
		fprintf(q->err, "ERROR!! Couldn't open file: %s\n", a->v[0]);
		advise(q, "%s", net_strerror(errno));
		return;
	}
	fputs("Sending configuration file, one line at a time.\n", q->out);
	if (send_lines(q, a->v[0], f))
		fputs("Done sending file\n", q->out);
	fclose(f);
}

void
cmd_saveconfig(struct ntpq *q, const struct ntpq_args *a)
{
	struct query query = {.opcode = MODE6_SAVECONFIG,
	    .sign = true,
	    .data = a->v[0],
	    .len = strlen(a->v[0])};
	struct reply rep;

	if (query.len > MODE6_DATA_MAX)
		complain(q, "File name too long");
	else if (ask(q, &query, &rep))
		raw_print(q->out, &rep);
}

/* --- variables ---------------------------------------------------------- */

static void
write_variables(struct ntpq *q, const char *id, const char *text)
{
	struct query query = {.opcode = MODE6_WRITEVAR,
	    .sign = true,
	    .data = text,
	    .len = strlen(text)};
	struct reply rep;

	if (!assoc_arg(q, id, &query.associd) || !ask(q, &query, &rep))
		return;
	if (rep.len > 0)
		raw_print(q->out, &rep);
	else
		fputs("done! (no data returned)\n", q->out);
}

/* Appends to TEXT, which holds *LEN; false when it does not fit. */
static bool
append(char text[MODE6_DATA_MAX + 1], size_t *len, const char *item)
{
	size_t left = MODE6_DATA_MAX + 1 - *len;
	int n = snprintf(text + *len, left, "%s%s", *len > 0 ? "," : "", item);

	if (n < 0 || (size_t)n >= left)
		return false;
	*len += (size_t)n;
	return true;
}

void
cmd_writevar(struct ntpq *q, const struct ntpq_args *a)
{
	char text[MODE6_DATA_MAX + 1] = "";
	size_t len = 0;
	unsigned i;

	for (i = 1; i < a->n; i++) {
		if (strchr(a->v[i], '=') == NULL) {
			complain(q, "name=value expected, not `%s'", a->v[i]);
			return;
		}
		if (!append(text, &len, a->v[i])) {
			complain(q, "Too many variables for one request");
			return;
		}
	}
	write_variables(q, a->v[0], text);
}

void
cmd_writelist(struct ntpq *q, const struct ntpq_args *a)
{
	char text[MODE6_DATA_MAX + 1] = "", item[2 * NTPQ_WORD_MAX];
	size_t i, len = 0;

	for (i = 0; i < q->nvars; i++) {
		snprintf(item, sizeof(item), "%s=%s", q->var[i].name,
		    q->var[i].value);
		if (!append(text, &len, item)) {
			complain(q, "Too many variables for one request");
			return;
		}
	}
	if (q->nvars == 0)
		fputs("No variables on list\n", q->err);
	else
		write_variables(q, a->n > 0 ? a->v[0] : "0", text);
}
