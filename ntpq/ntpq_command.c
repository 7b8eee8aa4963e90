/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_command.c - the command table, what a line means, and the line loop.
 *
 * The table is in the order that `help' prints.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ntpq.h"

struct command {
	const char *name;
	command_fn *run;
	int arg;
	unsigned min, max; /* arguments */
	const char *usage, *help;
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define ID_NAMES "[ assocID ] [ name,... ] [ ... ] [ ... ]"
#define RANGE	 "assocIDlow assocIDhigh"

static const struct command commands[] = {
    {"?", cmd_help, 0, 0, 1, "[ command ]", "tell how to use a command"},
    {"addvars", cmd_addvars, 0, 1, 4, "name[=value][,...]",
	"add variables to the list that readlist asks for"},
    {"apeers", cmd_peers, PEERS_ASSID, 0, 1, "[ -4 | -6 ]",
	"show peers with association ids and hexadecimal refids"},
    {"associations", cmd_associations, 0, 0, 0, "",
	"show the status of the server's associations"},
    {"authinfo", cmd_statistics, STATS_AUTHINFO, 0, 0, "",
	"show counters of authentication"},
    {"cl", cmd_readlist, MODE6_READCLOCK, 0, 1, "[ assocID ]",
	"read the clock variables of the variable list"},
    {"clearvars", cmd_clearvars, 0, 0, 0, "", "empty the variable list"},
    {"clocklist", cmd_readlist, MODE6_READCLOCK, 0, 1, "[ assocID ]",
	"read the clock variables of the variable list"},
    {"clockvar", cmd_readvar, MODE6_READCLOCK, 0, 4, ID_NAMES,
	"read variables of a reference clock"},
    {"cooked", cmd_cooked, 0, 0, 0, "", "show variables formatted"},
    {"cv", cmd_readvar, MODE6_READCLOCK, 0, 4, ID_NAMES,
	"read variables of a reference clock"},
    {"debug", cmd_debug, 0, 0, 1, "[ no | more | less | N ]",
	"set or show how much is told about packets"},
    {"delay", cmd_delay, 0, 0, 1, "[ ms ]",
	"set or show the delay added to encryption timestamps"},
    {"drefid", cmd_drefid, 0, 0, 1, "[ hash | ipv4 ]",
	"set or show how peers prints reference ids"},
    {"exit", cmd_quit, 0, 0, 0, "", "leave ntpq"},
    {"help", cmd_help, 0, 0, 1, "[ command ]", "tell how to use a command"},
    {"host", cmd_host, 0, 0, 2, "[ -4 | -6 ] [ host ]",
	"set or show the host to ask"},
    {"hostnames", cmd_hostnames, 0, 0, 1, "[ yes | no ]",
	"set or show whether names are shown for addresses"},
    {"iostats", cmd_statistics, STATS_IOSTATS, 0, 0, "",
	"show counters of input and output"},
    {"kerninfo", cmd_statistics, STATS_KERNINFO, 0, 0, "",
	"show the state of the kernel's clock discipline"},
    {"lassociations", cmd_associations, 1, 0, 0, "",
	"show the status of all associations, clients too"},
    {"lopeers", cmd_peers, PEERS_LOCAL | PEERS_ALL, 0, 1, "[ -4 | -6 ]",
	"show all associations with local address and dispersion"},
    {"lpassociations", cmd_passociations, 1, 0, 0, "",
	"show all associations of the last list"},
    {"lpeers", cmd_peers, PEERS_REFID | PEERS_ALL, 0, 1, "[ -4 | -6 ]",
	"show all associations, clients too"},
    {"monstats", cmd_statistics, STATS_MONSTATS, 0, 0, "",
	"show the size of the list of clients"},
    {"mreadlist", cmd_mreadlist, 0, 2, 2, RANGE,
	"read the variable list of several associations"},
    {"mreadvar", cmd_mreadvar, 0, 2, 4, RANGE " [ name,... ] [ ... ]",
	"read variables of several associations"},
    {"mrl", cmd_mreadlist, 0, 2, 2, RANGE,
	"read the variable list of several associations"},
    {"mrv", cmd_mreadvar, 0, 2, 4, RANGE " [ name,... ] [ ... ]",
	"read variables of several associations"},
    {"ntpversion", cmd_ntpversion, 0, 0, 1, "[ 1 | 2 | 3 | 4 ]",
	"set or show the NTP version of requests"},
    {"opeers", cmd_peers, PEERS_LOCAL, 0, 1, "[ -4 | -6 ]",
	"show peers with local address and dispersion"},
    {"passociations", cmd_passociations, 0, 0, 0, "",
	"show the associations of the last list"},
    {"peers", cmd_peers, PEERS_REFID, 0, 1, "[ -4 | -6 ]",
	"show the server's peers and their state"},
    {"pstats", cmd_statistics, STATS_PSTATS, 1, 1, "assocID",
	"show counters of an association"},
    {"quit", cmd_quit, 0, 0, 0, "", "leave ntpq"},
    {"raw", cmd_raw, 0, 0, 0, "", "show variables as the server sends them"},
    {"readlist", cmd_readlist, MODE6_READVAR, 0, 1, "[ assocID ]",
	"read the variables of the variable list"},
    {"readvar", cmd_readvar, MODE6_READVAR, 0, 4, ID_NAMES,
	"read system or peer variables"},
    {"rl", cmd_readlist, MODE6_READVAR, 0, 1, "[ assocID ]",
	"read the variables of the variable list"},
    {"rmvars", cmd_rmvars, 0, 1, 4, "name[,...]",
	"remove variables from the list"},
    {"rv", cmd_readvar, MODE6_READVAR, 0, 4, ID_NAMES,
	"read system or peer variables"},
    {"showvars", cmd_showvars, 0, 0, 0, "", "show the variable list"},
    {"sysinfo", cmd_statistics, STATS_SYSINFO, 0, 0, "",
	"show the state of the system clock"},
    {"sysstats", cmd_statistics, STATS_SYSSTATS, 0, 0, "",
	"show uptime and counters of packets"},
    {"timeout", cmd_timeout, 0, 0, 1, "[ ms ]",
	"set or show how long a reply is waited for"},
    {"timerstats", cmd_statistics, STATS_TIMERSTATS, 0, 0, "",
	"show counters of timers"},
    {"version", cmd_version, 0, 0, 0, "", "show the version of ntpq"},
};

/* The one called NAME, or the only one that begins with it. */
static const struct command *
find_command(struct ntpq *q, const char *name)
{
	const struct command *found = NULL;
	size_t i, len = strlen(name), matches = 0;

	for (i = 0; i < COUNT(commands); i++) {
		if (strncmp(commands[i].name, name, len) != 0)
			continue;
		if (commands[i].name[len] == '\0')
			return &commands[i];
		found = &commands[i];
		matches++;
	}
	if (matches == 1)
		return found;
	complain(
	    q, "Command `%s' %s", name, matches == 0 ? "unknown" : "ambiguous");
	return NULL;
}

/* --- help --------------------------------------------------------------- */

static void
print_usage(FILE *out, const struct command *c)
{
	fprintf(out, "usage: %s%s%s\n", c->name, *c->usage == '\0' ? "" : " ",
	    c->usage);
}

/* Sorted downwards in each column, as a dictionary. */
static void
print_command_names(FILE *out)
{
	enum { WIDTH = 16, COLUMNS = 5 };
	size_t row, i, rows = (COUNT(commands) + COLUMNS - 1) / COLUMNS;

	fputs("ntpq commands:\n", out);
	for (row = 0; row < rows; row++) {
		for (i = row; i + rows < COUNT(commands); i += rows)
			fprintf(out, "%-*s", WIDTH, commands[i].name);
		fprintf(out, "%s\n", commands[i].name);
	}
}

void
cmd_help(struct ntpq *q, const struct ntpq_args *a)
{
	const struct command *c;

	if (a->n == 0) {
		print_command_names(q->out);
		return;
	}
	c = find_command(q, a->v[0]);
	if (c == NULL)
		return;
	fprintf(q->out, "function: %s\n", c->help);
	print_usage(q->out, c);
}

/* --- one line ----------------------------------------------------------- */

struct line {
	char text[NTPQ_LINE_MAX];
	unsigned n; /* words, the command first */
	char *word[1 + NTPQ_ARGS_MAX];
	char *file; /* after '>', or NULL */
	bool redirect;
};

/* Ends the word at *P and returns where it began; *P moves on. */
static char *
next_word(char **p)
{
	char *start, *s = *p;

	while (isspace((unsigned char)*s))
		s++;
	if (*s == '\0')
		return NULL;
	start = s;
	if (*s == '"') {
		start = ++s;
		while (*s != '\0' && *s != '"')
			s++;
	} else {
		while (*s != '\0' && !isspace((unsigned char)*s))
			s++;
	}
	if (*s != '\0')
		*s++ = '\0';
	*p = s;
	return start;
}

static void
take_redirect(struct line *l, char *word, char **p)
{
	l->redirect = true;
	l->file = word[1] != '\0' ? word + 1 : next_word(p);
}

static void
split_line(struct line *l, const char *text)
{
	char *word, *p;

	*l = (struct line){.n = 0};
	snprintf(l->text, sizeof(l->text), "%s", text);
	p = l->text;
	while ((word = next_word(&p)) != NULL) {
		if (*word == '>')
			take_redirect(l, word, &p);
		else if (l->n < COUNT(l->word))
			l->word[l->n++] = word;
		else
			fprintf(stderr, "***Extra arg `%s' ignored\n", word);
	}
}

static void
fill_args(struct ntpq_args *a, const struct line *l, const struct command *c)
{
	unsigned i;

	*a = (struct ntpq_args){.arg = c->arg};
	for (i = 1; i < l->n; i++) {
		if (a->n < c->max)
			a->v[a->n++] = l->word[i];
		else
			fprintf(
			    stderr, "***Extra arg `%s' ignored\n", l->word[i]);
	}
}

/* The file after '>'; NULL after saying why not. */
static FILE *
open_output(struct ntpq *q, const struct line *l)
{
	FILE *f;

	if (l->file == NULL) {
		complain(q, "No file for redirect");
		return NULL;
	}
	f = fopen(l->file, "we");
	if (f == NULL)
		complain(
		    q, "Error opening %s: %s", l->file, net_strerror(errno));
	return f;
}

static void
run_redirected(struct ntpq *q, const struct command *c,
    const struct ntpq_args *args, const struct line *l)
{
	FILE *before = q->out, *f = open_output(q, l);

	if (f == NULL)
		return;
	q->out = f;
	c->run(q, args);
	q->out = before;
	if (fclose(f) != 0)
		complain(
		    q, "Error writing %s: %s", l->file, net_strerror(errno));
}

void
command_run(struct ntpq *q, const char *line)
{
	const struct command *c;
	struct ntpq_args args;
	struct line l;

	split_line(&l, line);
	if (l.n == 0)
		return;
	c = find_command(q, l.word[0]);
	if (c == NULL)
		return;
	fill_args(&args, &l, c);
	if (args.n < c->min) {
		print_usage(stderr, c);
		return;
	}
	if (l.redirect)
		run_redirected(q, c, &args, &l);
	else
		c->run(q, &args);
}

void
command_loop(struct ntpq *q)
{
	char *line = NULL;
	size_t cap = 0;

	while (!q->quit) {
		if (q->interactive) {
			fputs("ntpq> ", stdout);
			fflush(stdout);
		}
		q->quit = getline(&line, &cap, stdin) < 0;
		if (!q->quit)
			command_run(q, line);
		else if (q->interactive)
			fputc('\n', stdout);
	}
	free(line);
}
