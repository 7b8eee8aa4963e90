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
#include <unistd.h>

#include "ntp_fmt.h"
#include "ntp_stdio.h"
#include "ntpq.h"
#include "ntpq_preset.h"

#define DEFAULT_DELAY 20    /* ms */
#define WATCH_MAX     86400 /* s */
#define WIDTH_MIN     40    /* columns */
#define WIDTH_MAX     1000
#define SAVE_FILE     ".ntprc"
#define LOADS_MAX     16U
#define NOT_LOADED    66 /* exit status: EX_NOINPUT, as the reference's */

struct options {
	bool presetting;    /* not the command line yet */
	bool no_load;	    /* leave .ntprc alone */
	bool maybe_command; /* --json was the last word */
	struct work work;
	const char *keyfile;
	unsigned npreset; /* of the commands: until there are others */
	bool preset_format, preset_watch; /* that is where they come from */
	const char *load[LOADS_MAX];
	unsigned nloads;
	const char *save; /* write the options there and end */
	struct presets seen;
};

enum long_only {
	OPT_FORMAT = 256,
	OPT_JSON,
	OPT_NO_LOAD,
	OPT_NO_PLUS,
	OPT_OLD_RV,
	OPT_REACH,
	OPT_UNCONNECTED,
	OPT_WATCH
};

/* The leading '-' hands out operands in their place, as option 1. */
static const char short_options[] = "-46a:c:dD:hik:l:npr:sSuvVwW:!<:>::?";

/* About the options themselves; only those after them can be preset. */
#define NOT_PRESET 6
static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"load-opts", required_argument, NULL, '<'},
    {"more-help", no_argument, NULL, '!'},
    {"no-load-opts", no_argument, NULL, OPT_NO_LOAD},
    {"save-opts", optional_argument, NULL, '>'},
    {"version", optional_argument, NULL, 'V'},
    {"ipv4", no_argument, NULL, '4'},
    {"ipv6", no_argument, NULL, '6'},
    {"authentication", required_argument, NULL, 'a'},
    {"command", required_argument, NULL, 'c'},
    {"debug-level", no_argument, NULL, 'd'},
    {"set-debug-level", required_argument, NULL, 'D'},
    {"format", required_argument, NULL, OPT_FORMAT},
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
    {"srcname", no_argument, NULL, 's'},
    {"srcnumber", no_argument, NULL, 'S'},
    {"unconnected", no_argument, NULL, OPT_UNCONNECTED},
    {"units", no_argument, NULL, 'u'},
    {"verbose", no_argument, NULL, 'v'},
    {"watch", required_argument, NULL, OPT_WATCH},
    {"wide", no_argument, NULL, 'w'},
    {"width", required_argument, NULL, 'W'},
    {NULL, 0, NULL, 0},
};

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
	if (o->work.nhosts == NTPQ_HOSTS_MAX)
		usage_error("more than 200 hosts");
	o->work.host[o->work.nhosts].name = name;
	o->work.host[o->work.nhosts].family = family;
	o->work.nhosts++;
}

static void
add_command(struct options *o, const char *command)
{
	if (!o->presetting && o->npreset > 0) {
		o->work.ncommands = 0;
		o->npreset = 0;
	}
	if (o->work.ncommands == NTPQ_COMMANDS_MAX)
		usage_error("more than 100 commands");
	o->work.command[o->work.ncommands++] = command;
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
	o->preset_format = o->presetting;
	q->want_json = strcmp(s, "json") == 0;
	o->work.prometheus = strcmp(s, "prometheus") == 0;
	q->plus = strcmp(s, "ntpsec") != 0;
	if (q->plus && !q->want_json && !o->work.prometheus &&
	    strcmp(s, "text") != 0)
		usage_error("--format is text, ntpsec, json or prometheus");
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
	o->preset_watch = o->presetting;
	o->work.watch = (unsigned)v;
}

static void
set_width(struct ntpq *q, const char *s)
{
	int64_t v;

	if (fmt_parse_int(s, strlen(s), false, &v) != 0 || v < WIDTH_MIN ||
	    v > WIDTH_MAX)
		usage_error("--width takes columns, from 40 to 1000");
	q->width = (unsigned)v;
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

/* Options for how things look; false for the others. */
static bool
take_display(struct ntpq *q, int opt)
{
	switch (opt) {
	case 'n':
		q->numeric = true;
		return true;
	case 'r':
		set_refid(q, optarg);
		return true;
	case 's':
	case 'S':
		q->srcname = true;
		q->numeric = opt == 'S';
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
	case 'W':
		set_width(q, optarg);
		return true;
	case OPT_NO_PLUS:
		q->plus = false;
		return true;
	case OPT_OLD_RV:
		q->oldrv = true;
		return true;
	case OPT_REACH:
		set_reach(q, optarg);
		return true;
	default:
		return false;
	}
}

/* Other options that only set a value; false for the rest. */
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
	case OPT_UNCONNECTED:
		q->net.unconnected = true;
		return true;
	default:
		return false;
	}
}

static void
take_operand(struct ntpq *q, struct options *o, bool maybe_command)
{
	if (o->presetting)
		return;
	if (maybe_command && command_exists(optarg))
		add_command(o, optarg);
	else
		add_host(o, optarg, q->family);
}

/* -> takes the word after it when that is no option. */
static void
set_save(struct options *o, int argc, char **argv)
{
	if (optarg == NULL && optind < argc && argv[optind][0] != '-')
		optarg = argv[optind++];
	o->save = optarg != NULL ? optarg : SAVE_FILE;
}

/* Options that show something and end. */
static _Noreturn void
show_and_leave(int opt)
{
	switch (opt) {
	case 'V':
		if (!version_show(stdout, optarg))
			usage_error("--version is v, c or n");
		break;
	case 'h':
		help_print(stdout);
		break;
	case '!':
		help_page();
		break;
	default:
		fputs("Try `ntpq --help'.\n", stderr);
		leave(EXIT_FAILURE);
	}
	leave(EXIT_SUCCESS);
}

static void
take_option(struct ntpq *q, struct options *o, int opt)
{
	bool maybe_command = o->maybe_command;

	o->maybe_command = opt == OPT_JSON;
	if (take_display(q, opt) || take_setting(q, opt))
		return;
	switch (opt) {
	case 1:
		take_operand(q, o, maybe_command);
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
	case OPT_JSON:
		q->want_json = true;
		o->work.prometheus = false;
		break;
	case OPT_WATCH:
		set_watch(o, optarg);
		break;
	case '<':
	case OPT_NO_LOAD:
		break; /* find_loads() has seen them */
	default:
		show_and_leave(opt);
	}
}

/* For --save-opts. */
static void
remember(struct options *o, int opt)
{
	const struct option *l;

	if (!o->presetting && o->npreset > 0 && (opt == 'c' || opt == 'p')) {
		presets_drop(&o->seen, "command");
		presets_drop(&o->seen, "peers");
	}
	for (l = long_options + NOT_PRESET; l->name != NULL; l++)
		if (l->val == opt)
			presets_add(&o->seen, l->name, optarg);
}

/* Begins anew whenever it is called. */
static int
next_option(int argc, char **argv)
{
	/* One thread: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	return getopt_long(argc, argv, short_options, long_options, NULL);
}

/* getopt answers '?' for -? and for anything unknown. */
static bool
asks_help(int opt, char *const argv[])
{
	return opt == '?' && strcmp(argv[optind - 1], "-?") == 0;
}

static void
read_words(struct ntpq *q, struct options *o, int argc, char **argv)
{
	int opt;

	optind = 0;
	while ((opt = next_option(argc, argv)) != -1) {
		remember(o, opt);
		if (opt == '>')
			set_save(o, argc, argv);
		else
			take_option(q, o, asks_help(opt, argv) ? 'h' : opt);
	}
	o->maybe_command = false;
}

/* Which files to load comes before everything that they may say. */
static void
find_loads(struct options *o, int argc, char **argv)
{
	int opt;

	optind = 0;
	opterr = 0;
	while ((opt = next_option(argc, argv)) != -1) {
		if (opt == OPT_NO_LOAD)
			o->no_load = true;
		if (opt == '<' && o->nloads < LOADS_MAX)
			o->load[o->nloads++] = optarg;
	}
	opterr = 1;
}

static void
read_presets(
    struct ntpq *q, struct options *o, struct presets *p, int argc, char **argv)
{
	unsigned i;

	presets_begin(p, long_options + NOT_PRESET, stderr);
	find_loads(o, argc, argv);
	if (!o->no_load)
		presets_from_home(p);
	presets_from_environment(p);
	for (i = 0; i < o->nloads; i++)
		if (!presets_from_file(p, o->load[i], false))
			leave(NOT_LOADED);
	o->presetting = true;
	read_words(q, o, (int)p->n, p->word);
	o->presetting = false;
	o->npreset = o->work.ncommands;
}

/* What was preset goes where it excludes what the command line says. */
static void
drop_presets(struct ntpq *q, struct options *o)
{
	bool commands = o->npreset == 0 && o->work.ncommands > 0;

	if (o->preset_watch && q->interactive) {
		o->work.watch = 0;
		presets_drop(&o->seen, "watch");
	}
	if (o->preset_format && o->work.prometheus &&
	    (commands || q->interactive)) {
		o->work.prometheus = false;
		presets_drop(&o->seen, "format");
	}
	if (o->npreset > 0 && (q->interactive || o->work.prometheus))
		o->work.ncommands = 0;
}

/* What the command line says wins over what was preset. */
static void
read_command_line(struct ntpq *q, struct options *o, int argc, char **argv)
{
	bool interactive = q->interactive;

	q->interactive = false;
	read_words(q, o, argc, argv);
	for (; optind < argc; optind++)
		add_host(o, argv[optind], q->family);
	drop_presets(q, o);
	if (o->work.ncommands == 0 && o->work.watch == 0)
		q->interactive = q->interactive || interactive;
}

static void
read_options(
    struct ntpq *q, struct options *o, struct presets *p, int argc, char **argv)
{
	presets_begin(&o->seen, NULL, stderr);
	read_presets(q, o, p, argc, argv);
	read_command_line(q, o, argc, argv);
	if (o->save != NULL)
		leave(presets_save(&o->seen, o->save) ? EXIT_SUCCESS
						      : EXIT_FAILURE);
	if (o->work.nhosts == 0)
		add_host(o, "localhost", q->family);
	if (q->interactive && (o->work.ncommands > 0 || o->work.watch > 0))
		usage_error("-i excludes -c, -p and --watch");
	if (o->work.prometheus && o->work.ncommands > 0)
		usage_error("--format=prometheus takes no commands");
	if (o->work.watch > 0 && o->work.ncommands == 0)
		add_command(o, "peers");
}

static void
init(struct ntpq *q)
{
	memset(q, 0, sizeof(*q));
	q->out = stdout;
	q->err = stderr;
	q->family = AF_UNSPEC;
	q->delay = DEFAULT_DELAY;
	q->cred.type = MAC_MD5;
	q->plus = true;
	net_init(&q->net);
}

int
main(int argc, char **argv)
{
	struct ntpq q;
	struct options o = {.npreset = 0};
	struct presets presets;

	if (stdio_fill() != 0)
		return EXIT_FAILURE;
	init(&q);
	read_options(&q, &o, &presets, argc, argv);
	if (o.keyfile != NULL && !auth_read_keys(&q, o.keyfile))
		leave(EXIT_FAILURE);
	work_run(&q, &o.work);
	net_close(&q.net);
	(void)net_log(&q.net, NULL);
	auth_forget(&q);
	presets_end(&o.seen);
	presets_end(&presets);
	leave(q.status);
}
