/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_edit.c - lines of a user at a terminal: editing, history, completion
 * of commands, by libedit.
 *
 * libedit calls back without an argument of ours, hence the static source of
 * names.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <editline/readline.h>

#include "ntpq.h"

const char edit_words[] = "with libedit " EDIT_VERSION;

static edit_name_fn *name_source;

/* The next name that begins with TEXT, from 0 when STATE is 0. */
static char *
next_match(const char *text, int state)
{
	static size_t next;
	const char *name;

	if (state == 0)
		next = 0;
	while ((name = name_source(next)) != NULL) {
		next++;
		if (strncmp(name, text, strlen(text)) == 0)
			return strdup(name);
	}
	return NULL;
}

/* Commands only: nobody knows what arguments a server has. */
static char **
complete(const char *text, int start, int end)
{
	(void)end;
	rl_attempted_completion_over = 1;
	return start == 0 ? rl_completion_matches(text, next_match) : NULL;
}

/* A secret is not for the history. */
static bool
is_worth_keeping(const char *line)
{
	line += strspn(line, " \t");
	return *line != '\0' && strncmp(line, "passw", 5) != 0;
}

char *
edit_line(const char *prompt, edit_name_fn *names)
{
	char *line;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return edit_plain_line(prompt);
	if (name_source == NULL) {
		using_history();
		rl_readline_name = "ntpq";
		rl_attempted_completion_function = complete;
		rl_basic_word_break_characters = " \t";
	}
	name_source = names;
	line = readline(prompt);
	if (line != NULL && is_worth_keeping(line))
		add_history(line);
	return line;
}
