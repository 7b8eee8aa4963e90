/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq.c - query an NTP daemon: options, hosts, and the only exit().
 *
 * Options and hosts are taken in the order they stand, because -4 and -6
 * count for the hosts after them and -p has its place among the -c.
 */
#include <sys/socket.h>

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ntp_fmt.h"
#include "ntpq.h"

#define FORMAT_VARIABLE "NTPQ_FORMAT"
#define DEFAULT_DELAY	20    /* ms */
#define WATCH_MAX	86400 /* s */
#define CLEAR_SCREEN	"\033[H\033[J"

struct target {
	const char *name;
	int family;
};

struct options {
	bool maybe_command; /* --json was the last word */
	bool prometheus;
	unsigned watch; /* s between rounds; 0: one round */
	const char *keyfile;
	struct target host[NTPQ_HOSTS_MAX];
	const char *command[NTPQ_COMMANDS_MAX];
	unsigned nhosts, ncommands;
};

enum long_only {
	OPT_FORMAT = 256,
	OPT_JSON,
	OPT_NO_PLUS,
	OPT_OLD_RV,
	OPT_REACH,
	OPT_WATCH
};

/* The leading '-' hands out operands in their place, as option 1. */
static const char short_options[] = "-46a:c:dD:hik:l:npr:uvVw?";

static const struct option long_options[] = {
    {"ipv4", no_argument, NULL, '4'},
    {"ipv6", no_argument, NULL, '6'},
    {"authentication", required_argument, NULL, 'a'},
    {"command", required_argument, NULL, 'c'},
    {"debug-level", no_argument, NULL, 'd'},
    {"set-debug-level", required_argument, NULL, 'D'},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, 'h'},
    {"interactive", no_argument, NULL, 'i'},
    {"json", no_argument, NULL, OPT_JSON},
    {"keyfile", required_argument, NULL, 'k'},
    {"logfile", required_argument, NULL, 'l'},
    {"no-plus", no_argument, NULL, OPT_NO_PLUS},
    {"numeric", no_argument, NULL, 'n'},
    {"old-rv", no_argument, NULL, OPT_OLD_RV},
    {"peers", no_argument, NULL, 'p'},
    {"reach", required_argument, NULL, OPT_REACH},
    {"refid", required_argument, NULL, 'r'},
    {"units", no_argument, NULL, 'u'},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, 'V'},
    {"watch", required_argument, NULL, OPT_WATCH},
    {"wide", no_argument, NULL, 'w'},
    {NULL, 0, NULL, 0},
};

static const char help_text[] =
    "usage: ntpq [-46dhinpuvVw] [-a key] [-c command] [-D level] [-k file]\n"
    "            [-l file] [-r hash|ipv4] [host ...]\n"
    "       ntpq --json command [host ...]\n"
    "       ntpq --format=prometheus [host ...]\n"
    "Asks the NTP daemon on each HOST (HOST, HOST:PORT, [ADDR]:PORT; default\n"
    "localhost) and shows what it answers.\n"
    "\n"
    "  -4, --ipv4               IPv4 for the hosts after it\n"
    "  -6, --ipv6               IPv6 for the hosts after it\n"
    "  -a, --authentication=KEY sign with this key\n"
    "  -c, --command=COMMAND    run COMMAND; may be repeated\n"
    "  -d, --debug-level        tell more about packets; may be repeated\n"
    "  -D, --set-debug-level=N  tell that much\n"
    "      --format=FORMAT      text, json or prometheus\n"
    "  -h, -?, --help           this text\n"
    "  -i, --interactive        prompt, even when not at a terminal\n"
    "      --json               one JSON document for each command\n"
    "  -k, --keyfile=FILE       the keys file it is in\n"
    "  -l, --logfile=FILE       append there what is told about packets\n"
    "  -n, --numeric            addresses instead of names\n"
    "      --no-plus            no plus sign before offsets\n"
    "      --old-rv             readvar always shows the status line\n"
    "  -p, --peers              the table of peers, as -c peers\n"
    "      --reach=octal|bits   how the table shows the last eight polls\n"
    "  -r, --refid=hash|ipv4    how the table shows reference ids\n"
    "  -u, --units              a unit behind each time and frequency\n"
    "  -v, --verbose            explain the columns of the table of peers\n"
    "  -V, --version            the version of ntpq\n"
    "      --watch=SECONDS      again and again\n"
    "  -w, --wide               do not cut long names\n"
    "\n"
    "Try: ntpq -pn, ntpq -c rv, ntpq -c as, ntpq -c help\n";

static _Noreturn void
leave(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("ntpq: standard output");
		status = EXIT_FAILURE;
	}
	exit(status); /* NOLINT(concurrency-mt-unsafe): one thread */
}

static _Noreturn void
usage_error(const char *why)
{
	fprintf(stderr, "ntpq: %s\nTry `ntpq --help'.\n", why);
	leave(EXIT_FAILURE);
}

static void
add_host(struct options *o, const char *name, int family)
{
	if (o->nhosts == NTPQ_HOSTS_MAX)
		usage_error("more than 200 hosts");
	o->host[o->nhosts].name = name;
	o->host[o->nhosts].family = family;
	o->nhosts++;
}

static void
add_command(struct options *o, const char *command)
{
	if (o->ncommands == NTPQ_COMMANDS_MAX)
		usage_error("more than 100 commands");
	o->command[o->ncommands++] = command;
}

static void
set_debug_level(struct ntpq *q, const char *s)
{
	int64_t v;

	if (fmt_parse_int(s, strlen(s), false, &v) != 0 || v < 0 || v > 100)
		usage_error("a debug level is a number from 0 to 100");
	q->net.debug = (unsigned)v;
}

static void
set_format(struct ntpq *q, struct options *o, const char *s)
{
	q->want_json = strcmp(s, "json") == 0;
	o->prometheus = strcmp(s, "prometheus") == 0;
	if (!q->want_json && !o->prometheus && strcmp(s, "text") != 0)
		usage_error("--format is text, json or prometheus");
}

static void
set_reach(struct ntpq *q, const char *s)
{
	if (strcmp(s, "octal") != 0 && strcmp(s, "bits") != 0)
		usage_error("--reach is octal or bits");
	q->reachbits = strcmp(s, "bits") == 0;
}

static void
set_watch(struct options *o, const char *s)
{
	int64_t v;

	if (fmt_parse_int(s, strlen(s), false, &v) != 0 || v < 1 ||
	    v > WATCH_MAX)
		usage_error("--watch takes seconds, from 1 to 86400");
	o->watch = (unsigned)v;
}

static void
set_refid(struct ntpq *q, const char *s)
{
	if (strcmp(s, "hash") != 0 && strcmp(s, "ipv4") != 0)
		usage_error("--refid is hash or ipv4");
	q->hashrefid = strcmp(s, "hash") == 0;
}

static void
set_logfile(struct ntpq *q, const char *path)
{
	if (net_log(&q->net, path))
		return;
	fprintf(stderr, "ntpq: %s: %s\n", path, net_strerror(errno));
	leave(EXIT_FAILURE);
}

static void
set_keyid(struct ntpq *q, const char *s)
{
	int64_t v;

	if (fmt_parse_int(s, strlen(s), false, &v) != 0 || v < 1 ||
	    v > NTP_KEYID_MAX)
		usage_error("a key is a number from 1 to 65535");
	q->cred.keyid = (uint32_t)v;
}

/* Options that only set a value; false for the others. */
static bool
take_setting(struct ntpq *q, int opt)
{
	switch (opt) {
	case '4':
		q->family = AF_INET;
		return true;
	case '6':
		q->family = AF_INET6;
		return true;
	case 'a':
		set_keyid(q, optarg);
		return true;
	case 'd':
		q->net.debug++;
		return true;
	case 'D':
		set_debug_level(q, optarg);
		return true;
	case 'i':
		q->interactive = true;
		return true;
	case 'l':
		set_logfile(q, optarg);
		return true;
	case 'n':
		q->numeric = true;
		return true;
	case 'r':
		set_refid(q, optarg);
		return true;
	case 'u':
		q->units = true;
		return true;
	case 'v':
		q->legend = true;
		return true;
	case 'w':
		q->wide = true;
		return true;
	case OPT_JSON:
		q->want_json = true;
		return true;
	case OPT_NO_PLUS:
		q->plus = false;
		return true;
	case OPT_REACH:
		set_reach(q, optarg);
		return true;
	case OPT_OLD_RV:
		q->oldrv = true;
		return true;
	default:
		return false;
	}
}

static void
take_option(struct ntpq *q, struct options *o, int opt)
{
	bool maybe_command = o->maybe_command;

	o->maybe_command = opt == OPT_JSON;
	if (take_setting(q, opt))
		return;
	switch (opt) {
	case 1:
		if (maybe_command && command_exists(optarg))
			add_command(o, optarg);
		else
			add_host(o, optarg, q->family);
		break;
	case 'c':
		add_command(o, optarg);
		break;
	case 'k':
		o->keyfile = optarg;
		break;
	case 'p':
		add_command(o, "peers");
		break;
	case OPT_FORMAT:
		set_format(q, o, optarg);
		break;
	case OPT_WATCH:
		set_watch(o, optarg);
		break;
	case 'V':
		version_print(stdout);
		fprintf(stdout, "%s\n", edit_words);
		leave(EXIT_SUCCESS);
	case 'h':
		fputs(help_text, stdout);
		leave(EXIT_SUCCESS);
	default:
		/* getopt says '?' for an error and for -? alike */
		if (optopt != '?')
			leave(EXIT_FAILURE);
		fputs(help_text, stdout);
		leave(EXIT_SUCCESS);
	}
}

static void
read_options(struct ntpq *q, struct options *o, int argc, char **argv)
{
	int opt;

	/* One thread: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((opt = getopt_long(
		    argc, argv, short_options, long_options, NULL)) != -1)
		take_option(q, o, opt);
	for (; optind < argc; optind++)
		add_host(o, argv[optind], q->family);
	if (o->nhosts == 0)
		add_host(o, "localhost", q->family);
	if (q->interactive && (o->ncommands > 0 || o->watch > 0))
		usage_error("-i excludes -c, -p and --watch");
	if (o->prometheus && o->ncommands > 0)
		usage_error("--format=prometheus takes no commands");
	if (o->watch > 0 && o->ncommands == 0)
		add_command(o, "peers");
}

static void
init(struct ntpq *q)
{
	/* One thread: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const char *format = getenv(FORMAT_VARIABLE);

	memset(q, 0, sizeof(*q));
	q->out = stdout;
	q->err = stderr;
	q->family = AF_UNSPEC;
	q->delay = DEFAULT_DELAY;
	q->cred.type = MAC_MD5;
	q->plus = format == NULL || strcmp(format, "ntpsec") != 0;
	net_init(&q->net);
}

static void
count_hosts(struct ntpq *q, const struct options *o)
{
	unsigned i;
	int len;

	q->nhosts = o->nhosts;
	for (i = 0; i < o->nhosts; i++) {
		len = (int)strnlen(o->host[i].name, NTPQ_NAME_MAX - 1);
		if (len > q->hostwidth)
			q->hostwidth = len;
	}
}

static void
run_commands(struct ntpq *q, const struct options *o)
{
	unsigned i;

	for (i = 0; i < o->ncommands && !q->quit; i++) {
		if (q->ran++ > 0 && !q->want_json)
			fputc('\n', q->out);
		command_run(q, o->command[i]);
	}
}

/* Twice the same sample would spoil all of them. */
static bool
named_before(const struct options *o, unsigned host)
{
	unsigned i;

	for (i = 0; i < host; i++)
		if (strcmp(o->host[i].name, o->host[host].name) == 0)
			return true;
	return false;
}

static void
run_metrics(struct ntpq *q, const struct options *o)
{
	struct metrics *m = metrics_new();
	unsigned i;

	if (m == NULL)
		usage_error("out of memory");
	for (i = 0; i < o->nhosts; i++) {
		if (named_before(o, i))
			continue;
		if (ntpq_host(q, o->host[i].name, o->host[i].family))
			metrics_collect(m, q);
		else
			metrics_down(m, q, o->host[i].name);
	}
	metrics_print(q->out, m);
	metrics_free(&m);
}

static void
run_hosts(struct ntpq *q, const struct options *o)
{
	unsigned i;

	if (o->prometheus) {
		run_metrics(q, o);
		return;
	}
	for (i = 0; i < o->nhosts && !q->quit; i++)
		if (ntpq_host(q, o->host[i].name, o->host[i].family))
			run_commands(q, o);
}

/* On a terminal each round replaces the one before; in a pipe it follows. */
static void
watch(struct ntpq *q, const struct options *o)
{
	struct timespec pause = {.tv_sec = o->watch};
	bool terminal = isatty(STDOUT_FILENO);

	while (!q->quit) {
		if (terminal) {
			fputs(CLEAR_SCREEN, stdout);
			q->ran = 0;
		}
		run_hosts(q, o);
		if (fflush(stdout) != 0)
			return;
		nanosleep(&pause, NULL);
	}
}

static void
run_input(struct ntpq *q, const struct options *o)
{
	q->interactive = q->interactive || isatty(STDIN_FILENO);
	q->nhosts = 1;
	ntpq_host(q, o->host[0].name, o->host[0].family);
	command_loop(q);
}

int
main(int argc, char **argv)
{
	struct ntpq q;
	struct options o = {.nhosts = 0};

	init(&q);
	read_options(&q, &o, argc, argv);
	count_hosts(&q, &o);
	if (o.keyfile != NULL && !auth_read_keys(&q, o.keyfile))
		leave(EXIT_FAILURE);
	if (o.watch > 0)
		watch(&q, &o);
	else if (o.ncommands > 0 || o.prometheus)
		run_hosts(&q, &o);
	else
		run_input(&q, &o);
	net_close(&q.net);
	(void)net_log(&q.net, NULL);
	auth_forget(&q);
	leave(q.status);
}
