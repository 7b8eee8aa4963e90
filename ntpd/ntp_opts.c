/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_opts.c - the command line of ntpd.
 *
 * Letters and long names are the reference's, so that init scripts and units
 * go on working; what has no meaning any more is taken and warned about.
 * There is no preset from the environment and no options file.
 */
#include "ntp_opts.h"

#include <getopt.h>
#include <math.h>
#include <sched.h>
#include <string.h>

#include "ntp_engine.h"
#include "ntp_err.h"
#include "ntp_fmt.h"
#include "ntp_mac.h"

#define UPDATE_DEFAULT	300.0 /* s */
#define UPDATE_MIN	60.0  /* s */
#define WAIT_MAX	1e6   /* s */
#define DEBUG_LEVEL_MAX 99

/* Options that have no letter. */
enum {
	OPT_CHECK = 256,
	OPT_EXPLAIN,
	OPT_PRINT,
	OPT_STRICT,
	OPT_VIRTUAL,
	OPT_SAVE,
	OPT_USEPCC,
	OPT_PCCFREQ
};

static const char short_options[] =
    "46aAbc:dD:f:gGh?!i:I:k:l:LmMnNp:P:qr:s:t:T:u:U:vVw:xz:Z:";

static const struct option long_options[] = {
    {"ipv4", no_argument, NULL, '4'},
    {"ipv6", no_argument, NULL, '6'},
    {"authreq", no_argument, NULL, 'a'},
    {"authnoreq", no_argument, NULL, 'A'},
    {"bcastsync", no_argument, NULL, 'b'},
    {"configfile", required_argument, NULL, 'c'},
    {"debug-level", no_argument, NULL, 'd'},
    {"debug", no_argument, NULL, 'd'},
    {"set-debug-level", required_argument, NULL, 'D'},
    {"driftfile", required_argument, NULL, 'f'},
    {"driftile", required_argument, NULL, 'f'},
    {"panicgate", no_argument, NULL, 'g'},
    {"force-step-once", no_argument, NULL, 'G'},
    {"help", no_argument, NULL, 'h'},
    {"more-help", no_argument, NULL, 'h'},
    {"jaildir", required_argument, NULL, 'i'},
    {"interface", required_argument, NULL, 'I'},
    {"keyfile", required_argument, NULL, 'k'},
    {"logfile", required_argument, NULL, 'l'},
    {"novirtualips", no_argument, NULL, 'L'},
    {"mdns", no_argument, NULL, 'm'},
    {"modifymmtimer", no_argument, NULL, 'M'},
    {"nofork", no_argument, NULL, 'n'},
    {"nice", no_argument, NULL, 'N'},
    {"pidfile", required_argument, NULL, 'p'},
    {"priority", required_argument, NULL, 'P'},
    {"quit", no_argument, NULL, 'q'},
    {"propagationdelay", required_argument, NULL, 'r'},
    {"statsdir", required_argument, NULL, 's'},
    {"trustedkey", required_argument, NULL, 't'},
    {"threads", required_argument, NULL, 'T'},
    {"user", required_argument, NULL, 'u'},
    {"updateinterval", required_argument, NULL, 'U'},
    {"version", optional_argument, NULL, 'v'},
    {"var", required_argument, NULL, 'z'},
    {"dvar", required_argument, NULL, 'Z'},
    {"wait-sync", required_argument, NULL, 'w'},
    {"slew", no_argument, NULL, 'x'},
    {"pccfreq", required_argument, NULL, OPT_PCCFREQ},
    {"usepcc", no_argument, NULL, OPT_USEPCC},
    {"saveconfigquit", required_argument, NULL, OPT_SAVE},
    {"check-config", no_argument, NULL, OPT_CHECK},
    {"explain-restrict", required_argument, NULL, OPT_EXPLAIN},
    {"print-config", no_argument, NULL, OPT_PRINT},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"virtual-clock", required_argument, NULL, OPT_VIRTUAL},
    {NULL, 0, NULL, 0},
};

static const char *const usage_lines[] = {
    "usage: ntpd [options] [server ...]",
    "  -4, --ipv4                   use IPv4 only",
    "  -6, --ipv6                   use IPv6 only",
    "  -A, --authnoreq              new associations need no MAC",
    "  -b, --bcastsync              take the time from broadcasts",
    "  -c, --configfile FILE        read this configuration",
    "      --check-config           check the configuration, then exit",
    "      --explain-restrict ADDR  say what an address may do, then exit",
    "      --print-config           print the configuration, then exit",
    "      --strict                 with --check-config: warnings fail too",
    "  -d, --debug-level            more debugging output, stay in foreground",
    "  -D, --set-debug-level N      set the debug level",
    "  -f, --driftfile FILE         frequency file",
    "  -g, --panicgate              let the first correction be of any size",
    "  -G, --force-step-once        step the first correction in any case",
    "  -h, -?, --help               this text",
    "  -i, --jaildir DIR            change the root directory",
    "  -I, --interface NAME|ADDR    listen there only; may repeat",
    "  -k, --keyfile FILE           symmetric keys",
    "  -l, --logfile FILE           log there and not to syslog",
    "  -L, --novirtualips           no interfaces with a colon in their name",
    "  -n, --nofork                 stay in the foreground",
    "  -N, --nice                   run with the highest real-time priority",
    "  -p, --pidfile FILE           write the process id there",
    "  -P, --priority N             run with real-time priority N",
    "  -q, --quit                   set the clock once, then exit",
    "  -r, --propagationdelay S     delay of broadcasts",
    "      --saveconfigquit FILE    write the configuration there, then exit",
    "  -s, --statsdir DIR           directory of the statistics files",
    "  -t, --trustedkey ID          trust a key; may repeat",
    "  -T, --threads N|auto         serve in N threads",
    "  -u, --user USER[:GROUP]      run as that user",
    "  -U, --updateinterval S       look for new addresses every S seconds",
    "  -v, -V, --version            print the version",
    "  -z, --var NAME=VALUE         set a variable for ntpq",
    "  -Z, --dvar NAME=VALUE        the same, shown unasked",
    "      --virtual-clock OFFSET[,PPM[,WANDER]]",
    "                               run on a virtual clock, set no real one",
    "  -w, --wait-sync S            the parent waits for synchronization",
    "  -x, --slew                   step only above 600 s",
    "Accepted without effect: -a -m -M --pccfreq --usepcc",
};

void
opts_usage(FILE *fp)
{
	for (size_t i = 0; i < sizeof usage_lines / sizeof *usage_lines; i++)
		(void)fprintf(fp, "%s\n", usage_lines[i]);
}

void
opts_hint(FILE *fp)
{
	(void)fprintf(
	    fp, "%s\nTry `ntpd --help' for the options.\n", usage_lines[0]);
}

static int
complain(const char *words, const char *arg)
{
	(void)fprintf(stderr, "ntpd: %s: %s\n", words, arg);
	return -NTP_EINVAL;
}

static int
number(const char *arg, double lo, double hi, const char *words, double *out)
{
	double v;

	if (fmt_parse_double(arg, strlen(arg), &v) != 0 ||
	    !(v >= lo && v <= hi))
		return complain(words, arg);
	*out = v;
	return 0;
}

static int
integer(
    const char *arg, int64_t lo, int64_t hi, const char *words, int64_t *out)
{
	int64_t v;

	if (fmt_parse_int(arg, strlen(arg), false, &v) != 0 || v < lo || v > hi)
		return complain(words, arg);
	*out = v;
	return 0;
}

static int
set_family(struct options *o, enum addr_family family)
{
	if (o->family != ADDR_NONE && o->family != family)
		return complain("options exclude each other", "-4 -6");
	o->family = family;
	return 0;
}

static int
add_iface(struct options *o, const char *arg)
{
	if (o->nifaces == OPTS_LIST_MAX)
		return complain("too many interfaces", arg);
	o->ifaces[o->nifaces++] = arg;
	return 0;
}

static int
add_key(struct options *o, const char *arg)
{
	int64_t id;

	if (o->nkeys == OPTS_LIST_MAX)
		return complain("too many trusted keys", arg);
	if (integer(arg, 1, NTP_KEYID_MAX, "bad key id", &id) != 0)
		return -NTP_EINVAL;
	o->keys[o->nkeys++] = (uint32_t)id;
	return 0;
}

static int
set_user(struct options *o, const char *arg)
{
	if (o->user != NULL)
		return complain("-u may be given only once", arg);
	if (*arg == '\0' || *arg == ':')
		return complain("bad user", arg);
	o->user = arg;
	return 0;
}

static int
set_priority(struct options *o, const char *arg)
{
	int max = sched_get_priority_max(SCHED_FIFO);
	int min = sched_get_priority_min(SCHED_FIFO);
	int64_t v;

	if (integer(arg, INT32_MIN, INT32_MAX, "bad priority", &v) != 0)
		return -NTP_EINVAL;
	o->priority = v < min ? min : v > max ? max : (int)v;
	return 0;
}

static int
set_debug(struct options *o, const char *arg)
{
	int64_t v;

	if (integer(arg, 0, DEBUG_LEVEL_MAX, "bad debug level", &v) != 0)
		return -NTP_EINVAL;
	o->debug = (unsigned)v;
	return 0;
}

static int
set_threads(struct options *o, const char *arg)
{
	double v = 0;

	o->threads_given = true;
	o->threads_auto = strcmp(arg, "auto") == 0;
	if (!o->threads_auto &&
	    (number(arg, 0, SERVER_UNITS_MAX, "bad number of threads", &v) !=
		    0 ||
		v > floor(v)))
		return -NTP_EINVAL;
	o->threads = (uint16_t)v;
	return 0;
}

static int
set_interval(struct options *o, const char *arg)
{
	double v;

	if (number(arg, 0.0, WAIT_MAX, "bad update interval", &v) != 0)
		return -NTP_EINVAL;
	o->updateinterval = v > 0.0 && v < UPDATE_MIN ? UPDATE_MIN : v;
	return 0;
}

static int
set_virtual(struct options *o, const char *arg)
{
	if (virtclock_parse(arg, &o->virt) != 0)
		return complain(
		    "bad virtual clock (OFFSET[,PPM[,WANDER]])", arg);
	o->virtual_clock = true;
	return 0;
}

/* NAME=VALUE, in characters that a line of the configuration can hold. */
static int
add_var(struct options *o, const char *arg, bool shown)
{
	const char *equals = strchr(arg, '=');

	if (equals == NULL || equals == arg || equals[1] == '\0')
		return complain("a variable is set by NAME=VALUE", arg);
	for (const char *p = arg; *p != '\0'; p++)
		if (*p < ' ' || *p > '~' || *p == '"')
			return complain("bad character in a variable", arg);
	if (o->nvars == OPTS_LIST_MAX)
		return complain("too many variables", arg);
	o->var_shown[o->nvars] = shown;
	o->vars[o->nvars++] = arg;
	return 0;
}

static int
ignore(struct options *o, const char *what)
{
	if (o->nignored < OPTS_IGNORED_MAX)
		o->ignored[o->nignored++] = what;
	return 0;
}

/* Options that are one switch. */
static bool
switch_option(struct options *o, int c)
{
	switch (c) {
	case 'd':
		o->debug++;
		return true;
	case 'g':
		o->panicgate = true;
		return true;
	case 'G':
		o->step_once = true;
		return true;
	case 'L':
		o->novirtualips = true;
		return true;
	case 'n':
		o->nofork = true;
		return true;
	case 'N':
		o->priority = sched_get_priority_max(SCHED_FIFO);
		return true;
	case 'q':
		o->quit = true;
		return true;
	case 'x':
		o->slew = true;
		return true;
	case 'A':
		o->authnoreq = true;
		return true;
	case 'b':
		o->bcastsync = true;
		return true;
	case OPT_CHECK:
		o->check_config = true;
		return true;
	case OPT_PRINT:
		o->print_config = true;
		return true;
	case OPT_STRICT:
		o->check_config = o->strict = true;
		return true;
	case 'a': /* it is so anyway */
		return true;
	default:
		return false;
	}
}

/* Options that keep their argument as it is. */
static bool
string_option(struct options *o, int c, const char *arg)
{
	switch (c) {
	case 'c':
		o->conffile = arg;
		o->conffile_given = true;
		return true;
	case 'f':
		o->driftfile = arg;
		return true;
	case 'i':
		o->jaildir = arg;
		return true;
	case 'k':
		o->keysfile = arg;
		return true;
	case 'l':
		o->logfile = arg;
		return true;
	case 'p':
		o->pidfile = arg;
		return true;
	case 's':
		o->statsdir = arg;
		return true;
	case OPT_SAVE:
		o->saveconfig = arg;
		return true;
	case OPT_EXPLAIN:
		o->explain = arg;
		return true;
	default:
		return false;
	}
}

/* Options whose argument is checked, or that are only taken. */
static int
checked_option(struct options *o, int c, const char *arg)
{
	switch (c) {
	case '4':
		return set_family(o, ADDR_V4);
	case '6':
		return set_family(o, ADDR_V6);
	case 'D':
		return set_debug(o, arg);
	case 'I':
		return add_iface(o, arg);
	case 'P':
		return set_priority(o, arg);
	case 't':
		return add_key(o, arg);
	case 'T':
		return set_threads(o, arg);
	case 'u':
		return set_user(o, arg);
	case 'U':
		return set_interval(o, arg);
	case 'w':
		o->wait_sync = true;
		return number(
		    arg, 0.0, WAIT_MAX, "bad waiting time", &o->wait_s);
	case OPT_VIRTUAL:
		return set_virtual(o, arg);
	case 'r':
		return number(
		    arg, 0.0, 1.0, "bad propagation delay", &o->propagation);
	case 'z':
	case 'Z':
		return add_var(o, arg, c == 'Z');
	case 'm':
		return ignore(o, "-m (--mdns)");
	case 'M':
		return ignore(o, "-M (--modifymmtimer)");
	case OPT_USEPCC:
		return ignore(o, "--usepcc");
	case OPT_PCCFREQ:
		return ignore(o, "--pccfreq");
	default:
		return -NTP_EINVAL;
	}
}

bool
opts_ask(const struct options *o)
{
	return o->check_config || o->print_config || o->explain != NULL ||
	    o->saveconfig != NULL;
}

/* What excludes or implies what, once all is read. */
static int
opts_finish(struct options *o)
{
	if (o->wait_sync && (o->nofork || o->quit))
		return complain(
		    "options exclude each other", "-w with -n or -q");
	if (o->debug > 0 || o->quit || opts_ask(o))
		o->nofork = true;
	return 0;
}

/* Once -v and -V set a variable: NAME=VALUE after them still means that. */
static bool
sets_variable(int argc, char *const argv[])
{
	return optarg == NULL && optind < argc &&
	    strchr(argv[optind], '=') != NULL;
}

/* getopt answers '?' for -? and for anything unknown. */
static bool
asks_help(int c, char *const argv[])
{
	return c == 'h' || c == '!' ||
	    (c == '?' && strcmp(argv[optind - 1], "-?") == 0);
}

enum opts_result
opts_parse(struct options *o, int argc, char *const argv[])
{
	int c;

	memset(o, 0, sizeof *o);
	o->conffile = OPTS_CONFFILE;
	o->updateinterval = UPDATE_DEFAULT;
	optind = 0;
	/* no threads yet: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((c = getopt_long(
		    argc, argv, short_options, long_options, NULL)) != -1) {
		if (asks_help(c, argv))
			return OPTS_HELP;
		if (c == 'v' || c == 'V') {
			if (!sets_variable(argc, argv))
				return OPTS_VERSION;
			if (add_var(o, argv[optind++], c == 'V') != 0)
				return OPTS_BAD;
			continue;
		}
		if (!switch_option(o, c) && !string_option(o, c, optarg) &&
		    checked_option(o, c, optarg) != 0)
			return OPTS_BAD;
	}
	o->servers = argv + optind;
	o->nservers = (size_t)(argc - optind);
	return opts_finish(o) != 0 ? OPTS_BAD : OPTS_RUN;
}
