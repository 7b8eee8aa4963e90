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
    {":config", cmd_config, 0, 1, 1, "directive ...",
	"let the daemon take a line of configuration (authenticated)"},
    {"?", cmd_help, 0, 0, 1, "[ command ]", "tell how to use a command"},
    {"addvars", cmd_addvars, 0, 1, 4, "name[=value][,...]",
	"add variables to the list that readlist asks for"},
    {"apeers", cmd_peers, PEERS_ASSID, 0, 1, "[ -4 | -6 ]",
	"show peers with association ids and hexadecimal refids"},
    {"associations", cmd_associations, 0, 0, 0, "",
	"show the status of the server's associations"},
    {"authenticate", cmd_authenticate, 0, 0, 1, "[ yes | no ]",
	"set or show whether every request is authenticated"},
    {"authinfo", cmd_statistics, STATS_AUTHINFO, 0, 0, "",
	"show counters of authentication"},
    {"cl", cmd_readlist, MODE6_READCLOCK, 0, 1, "[ assocID ]",
	"read the clock variables of the variable list"},
    {"clearvars", cmd_clearvars, 0, 0, 0, "", "empty the variable list"},
    {"clocklist", cmd_readlist, MODE6_READCLOCK, 0, 1, "[ assocID ]",
	"read the clock variables of the variable list"},
    {"clockvar", cmd_readvar, MODE6_READCLOCK, 0, 4, ID_NAMES,
	"read variables of a reference clock"},
    {"config-from-file", cmd_config_from_file, 0, 1, 1, "file",
	"let the daemon take the lines of a file (authenticated)"},
    {"cooked", cmd_cooked, 0, 0, 0, "", "show variables formatted"},
    {"cv", cmd_readvar, MODE6_READCLOCK, 0, 4, ID_NAMES,
	"read variables of a reference clock"},
    {"debug", cmd_debug, 0, 0, 1, "[ no | more | less | N ]",
	"set or show how much is told about packets"},
    {"delay", cmd_delay, 0, 0, 1, "[ ms ]",
	"set or show the delay added to encryption timestamps"},
    {"direct", cmd_direct, 0, 0, 0, "",
	"show clients as they come, without sorting, or no longer"},
    {"doflake", cmd_doflake, 0, 1, 1, "probability",
	"lose some of the packets received, to test"},
    {"drefid", cmd_drefid, 0, 0, 1, "[ hash | ipv4 ]",
	"set or show how peers prints reference ids"},
    {"exit", cmd_quit, 0, 0, 0, "", "leave ntpq"},
    {"help", cmd_help, 0, 0, 1, "[ command ]", "tell how to use a command"},
    {"history", cmd_history, 0, 0, 0, "",
	"show the daemon's last decisions and refusals"},
    {"host", cmd_host, 0, 0, 2, "[ -4 | -6 ] [ host ]",
	"set or show the host to ask"},
    {"hostnames", cmd_hostnames, 0, 0, 1, "[ yes | no ]",
	"set or show whether names are shown for addresses"},
    {"ifstats", cmd_ifstats, 0, 0, 0, "",
	"show the daemon's interfaces (authenticated)"},
    {"iostats", cmd_statistics, STATS_IOSTATS, 0, 0, "",
	"show counters of input and output"},
    {"kerninfo", cmd_statistics, STATS_KERNINFO, 0, 0, "",
	"show the state of the kernel's clock discipline"},
    {"keyid", cmd_keyid, 0, 0, 1, "[ key ]",
	"set or show the key that signs requests"},
    {"keytype", cmd_keytype, 0, 0, 1, "[ type ]",
	"set or show the type of that key"},
    {"lassociations", cmd_associations, 1, 0, 0, "",
	"show the status of all associations, clients too"},
    {"logfile", cmd_logfile, 0, 0, 1, "[ file ]",
	"set or show where is told about packets"},
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
    {"mrulist", cmd_mrulist, 0, 0, 4,
	"[ sort=order ] [ mincount=n ] [ laddr=address ] [ kod ] [ ... ]",
	"show the list of clients"},
    {"mrv", cmd_mreadvar, 0, 2, 4, RANGE " [ name,... ] [ ... ]",
	"read variables of several associations"},
    {"mssntpinfo", cmd_statistics, STATS_MSSNTPINFO, 0, 0, "",
	"show counters of signing for members of a Windows domain"},
    {"noflake", cmd_noflake, 0, 0, 0, "", "lose no more packets"},
    {"ntpversion", cmd_ntpversion, 0, 0, 1, "[ 1 | 2 | 3 | 4 ]",
	"set or show the NTP version of requests"},
    {"ntsinfo", cmd_statistics, STATS_NTSINFO, 0, 0, "",
	"show counters of Network Time Security"},
    {"ntskeinfo", cmd_statistics, STATS_NTSKEINFO, 0, 0, "",
	"show counters of its key establishment"},
    {"opeers", cmd_peers, PEERS_LOCAL, 0, 1, "[ -4 | -6 ]",
	"show peers with local address and dispersion"},
    {"passociations", cmd_passociations, 0, 0, 0, "",
	"show the associations of the last list"},
    {"passwd", cmd_passwd, 0, 0, 1, "[ secret ]", "set the secret of that key"},
    {"peers", cmd_peers, PEERS_REFID, 0, 1, "[ -4 | -6 ]",
	"show the server's peers and their state"},
    {"poll", cmd_poll, 0, 0, 2, "[ n ] [ verbose ]", "not implemented"},
    {"pstats", cmd_statistics, STATS_PSTATS, 1, 1, "assocID",
	"show counters of an association"},
    {"quit", cmd_quit, 0, 0, 0, "", "leave ntpq"},
    {"raw", cmd_raw, 0, 0, 0, "", "show variables as the server sends them"},
    {"readlist", cmd_readlist, MODE6_READVAR, 0, 1, "[ assocID ]",
	"read the variables of the variable list"},
    {"readvar", cmd_readvar, MODE6_READVAR, 0, 4, ID_NAMES,
	"read system or peer variables"},
    {"reslist", cmd_reslist, 0, 0, 0, "",
	"show the daemon's access list (authenticated)"},
    {"rl", cmd_readlist, MODE6_READVAR, 0, 1, "[ assocID ]",
	"read the variables of the variable list"},
    {"rmvars", cmd_rmvars, 0, 1, 4, "name[,...]",
	"remove variables from the list"},
    {"rpeers", cmd_peers, PEERS_REFID | PEERS_ALL | PEERS_RIGHT, 0, 1,
	"[ -4 | -6 ]", "show all associations, the remote at the right"},
    {"rv", cmd_readvar, MODE6_READVAR, 0, 4, ID_NAMES,
	"read system or peer variables"},
    {"saveconfig", cmd_saveconfig, 0, 1, 1, "file",
	"let the daemon save its configuration (authenticated)"},
    {"showvars", cmd_showvars, 0, 0, 0, "", "show the variable list"},
    {"sysinfo", cmd_statistics, STATS_SYSINFO, 0, 0, "",
	"show the state of the system clock"},
    {"sysstats", cmd_statistics, STATS_SYSSTATS, 0, 0, "",
	"show uptime and counters of packets"},
    {"timeout", cmd_timeout, 0, 0, 1, "[ ms ]",
	"set or show how long a reply is waited for"},
    {"timerstats", cmd_statistics, STATS_TIMERSTATS, 0, 0, "",
	"show counters of timers"},
    {"units", cmd_units, 0, 0, 0, "",
	"show values with their units, or no longer"},
    {"version", cmd_version, 0, 0, 0, "", "show the version of ntpq"},
    {"why", cmd_why, 0, 0, 1, "[ assocID ]",
	"tell why associations, or one, and the system are as they are"},
    {"writelist", cmd_writelist, 0, 0, 1, "[ assocID ]",
	"write the variables of the variable list (authenticated)"},
    {"writevar", cmd_writevar, 0, 2, 4, "assocID name=value[,...]",
	"write system or peer variables (authenticated)"},
};

/* The one called NAME, or the only one that begins with it, else NULL, and how
 * many begin so. */
static const struct command *
look_up(const char *name, size_t *matches)
{
	const struct command *found = NULL;
	size_t i, len = strlen(name);

	*matches = 0;
	for (i = 0; i < COUNT(commands); i++) {
		if (strncmp(commands[i].name, name, len) != 0)
			continue;
		if (commands[i].name[len] == '\0')
			return &commands[i];
		found = &commands[i];
		(*matches)++;
	}
	return *matches == 1 ? found : NULL;
}

/* The same, or a complaint. */
static const struct command *
find_command(struct ntpq *q, const char *name)
{
	size_t matches;
	const struct command *found = look_up(name, &matches);

	if (found != NULL)
		return found;
	complain(
	    q, "Command `%s' %s", name, matches == 0 ? "unknown" : "ambiguous");
	advise(q, "`help' lists the commands");
	return NULL;
}

bool
command_exists(const char *line)
{
	size_t i, len = strcspn(line, " \t");

	for (i = 0; i < COUNT(commands); i++)
		if (strlen(commands[i].name) == len &&
		    memcmp(commands[i].name, line, len) == 0)
			return true;
	return false;
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
	enum { WIDTH = 18, COLUMNS = 4 };
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
	if (c->run == cmd_keytype)
		keytypes_print(q->out);
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
next_word(char **p, bool *quoted)
{
	char *start, *s = *p;

	while (isspace((unsigned char)*s))
		s++;
	if (*s == '\0')
		return NULL;
	start = s;
	*quoted = *s == '"';
	if (*quoted) {
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
	bool quoted;

	l->redirect = true;
	l->file = word[1] != '\0' ? word + 1 : next_word(p, &quoted);
}

/* ":config LINE": LINE is for the daemon, whatever is in it. */
static bool
is_verbatim(const char *line)
{
	return line[strspn(line, " \t")] == ':';
}

static void
take_verbatim(struct line *l, char *p)
{
	size_t len;
	bool quoted;

	l->word[l->n++] = next_word(&p, &quoted);
	p += strspn(p, " \t");
	len = strlen(p);
	while (len > 0 && isspace((unsigned char)p[len - 1]))
		p[--len] = '\0';
	if (len > 0)
		l->word[l->n++] = p;
}

/* Part of a line may mean something else: it is taken whole or not at all. */
static bool
copy_line(struct ntpq *q, struct line *l, const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	if (len >= sizeof(l->text)) {
		complain(q, "Command of %zu characters not run, at most %zu",
		    len, sizeof(l->text) - 1);
		return false;
	}
	memcpy(l->text, text, len);
	l->text[len] = '\0';
	return true;
}

/* No words after a complaint. */
static void
split_line(struct ntpq *q, struct line *l, const char *text)
{
	char *word, *p = l->text;
	bool quoted;

	*l = (struct line){.n = 0};
	if (!copy_line(q, l, text))
		return;
	if (is_verbatim(p)) {
		take_verbatim(l, p);
		return;
	}
	while ((word = next_word(&p, &quoted)) != NULL) {
		if (*word == '>' && !quoted)
			take_redirect(l, word, &p);
		else if (l->n < COUNT(l->word))
			l->word[l->n++] = word;
		else
			complain(q, "Extra arg `%s' ignored", word);
	}
}

static void
fill_args(struct ntpq *q, struct ntpq_args *a, const struct line *l,
    const struct command *c)
{
	unsigned i;

	*a = (struct ntpq_args){.arg = c->arg};
	for (i = 1; i < l->n; i++) {
		if (a->n < c->max)
			a->v[a->n++] = l->word[i];
		else
			complain(q, "Extra arg `%s' ignored", l->word[i]);
	}
}

/* Whether it gets as far as to write something: a file is not emptied for
 * nothing. */
static bool
is_complete(const struct line *l)
{
	size_t matches;
	const struct command *c = look_up(l->word[0], &matches);

	return c != NULL && l->n > c->min;
}

/* The output goes to the file after '>'; false after saying why not. */
static bool
redirect(struct ntpq *q, const struct line *l)
{
	FILE *f;

	if (l->file == NULL) {
		complain(q, "No file for redirect");
		return false;
	}
	f = fopen(l->file, "we");
	if (f == NULL) {
		complain(
		    q, "Error opening %s: %s", l->file, net_strerror(errno));
		q->status = EXIT_FAILURE;
		return false;
	}
	q->out = f;
	return true;
}

/* The output goes again where it went BEFORE. */
static void
end_redirect(struct ntpq *q, const struct line *l, FILE *before)
{
	FILE *f = q->out;
	bool bad;

	q->out = before;
	errno = EIO; /* when an earlier write has failed, nobody knows why */
	bad = ferror(f) != 0;
	if (fclose(f) != 0)
		bad = true;
	if (!bad)
		return;
	complain(q, "Error writing %s: %s", l->file, net_strerror(errno));
	q->status = EXIT_FAILURE;
}

static void
run_line(struct ntpq *q, const struct line *l)
{
	const struct command *c = find_command(q, l->word[0]);
	struct ntpq_args args;

	if (q->json != NULL)
		json_text(q->json, "command", c == NULL ? l->word[0] : c->name);
	if (c == NULL)
		return;
	fill_args(q, &args, l, c);
	if (args.n < c->min) {
		print_usage(q->err, c);
		return;
	}
	c->run(q, &args);
}

/* Words that a command said, without the last line end. */
static void
put_words(struct json *j, const char *key, const char *words, size_t len)
{
	while (len > 0 && words[len - 1] == '\n')
		len--;
	if (len > 0)
		json_textn(j, key, words, len);
}

/*
 * One document: what the command writes as JSON, or its words when it has
 * nothing but words, and its complaints.
 */
static void
run_json(struct ntpq *q, const struct line *l)
{
	FILE *out = q->out, *err = q->err;
	char *words = NULL, *errors = NULL;
	size_t nwords = 0, nerrors = 0;
	struct json doc = json_init(out);

	q->out = open_memstream(&words, &nwords);
	q->err = open_memstream(&errors, &nerrors);
	if (q->out != NULL && q->err != NULL) {
		q->json = &doc;
		q->note = err;
		json_object(&doc, NULL);
		json_text(&doc, "host", q->net.target);
		run_line(q, l);
		fclose(q->out);
		fclose(q->err);
		put_words(&doc, "text", words, nwords);
		put_words(&doc, "error", errors, nerrors);
		json_object_end(&doc);
		fputc('\n', out);
		fwrite(errors, 1, nerrors, err);
		q->json = NULL;
	}
	q->out = out;
	q->err = err;
	free(words);
	free(errors);
}

void
command_run(struct ntpq *q, const char *line)
{
	FILE *before = q->out;
	struct line l;

	split_line(q, &l, line);
	if (l.n == 0)
		return;
	if (l.redirect && is_complete(&l) && !redirect(q, &l))
		return;
	if (q->want_json)
		run_json(q, &l);
	else
		run_line(q, &l);
	if (q->out != before)
		end_redirect(q, &l, before);
}

char *
edit_plain_line(const char *prompt)
{
	char *line = NULL;
	size_t cap = 0;

	fputs(prompt, stdout);
	fflush(stdout);
	if (getline(&line, &cap, stdin) >= 0)
		return line;
	free(line);
	return NULL;
}

static const char *
command_name(size_t i)
{
	return i < COUNT(commands) ? commands[i].name : NULL;
}

/* Ctrl-C at the keyboard ends the command. */
static void
run_typed(struct ntpq *q, const char *line)
{
	struct sigaction before;

	q->net.stop = interrupt_catch(&before);
	if (before.sa_handler == SIG_IGN)
		(void)sigaction(SIGINT, &before, NULL);
	command_run(q, line);
	if (interrupt_came())
		fputc('\n', stdout);
	q->net.stop = NULL;
	interrupt_release(&before);
}

void
command_loop(struct ntpq *q)
{
	char *line;

	while (!q->quit) {
		line = q->interactive ? edit_line("ntpq> ", command_name)
				      : edit_plain_line("");
		q->quit = line == NULL;
		if (line != NULL && q->interactive)
			run_typed(q, line);
		else if (line != NULL)
			command_run(q, line);
		else if (q->interactive)
			fputc('\n', stdout);
		free(line);
	}
}
