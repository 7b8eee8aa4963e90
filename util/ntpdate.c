/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpdate.c - set the clock once, or only look, as the reference's ntpdate.
 *
 * Its options and its lines are known to scripts; `ntpd -gq' does the same
 * with more care.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/time.h>

#include <netinet/in.h>

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "ntp.h"
#include "ntp_fmt.h"
#include "ntp_stdio.h"
#include "probe.h"

#define STEP_LIMIT   0.5 /* s, above it the clock is stepped */
#define SAMPLES	     4
#define SAMPLES_MAX  8
#define TIMEOUT	     1.0 /* s */
#define TIMEOUT_MAX  60.0
#define KEYS_FILE    SYSCONFDIR "/ntp.keys"
#define KEYS_MAX     1048576U /* octets */
#define LINE_MAX_LEN 512U

enum how { HOW_FITS, HOW_STEP, HOW_SLEW };

struct options {
	int family;
	enum how how;
	bool query, debug, quiet, log, any_port;
	unsigned samples;
	const char *keyfile;
	struct probe_set *set;
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char help_text[] =
    "usage: ntpdate [-46bBdqQsuv] [-a key] [-k file] [-o version] [-p samples]\n"
    "               [-t seconds] server ...\n"
    "Sets the clock once by the best of the servers.\n"
    "\n"
    "  -4, -6      IPv4 or IPv6 for names\n"
    "  -a KEY      ask and believe with this key\n"
    "  -b          step the clock, however little it is off\n"
    "  -B          slew the clock, however much it is off\n"
    "  -d          tell more; the clock is not set\n"
    "  -e SECONDS  without effect\n"
    "  -h, --help  this text\n"
    "  -k FILE     the keys file (" KEYS_FILE ")\n"
    "  -o VERSION  of the requests, 1 to 4\n"
    "  -p SAMPLES  of each server, 1 to 8 (4)\n"
    "  -q          show the servers; the clock is not set\n"
    "  -Q          the same without a line for each server\n"
    "  -s          tell syslog\n"
    "  -t SECONDS  wait so long for a reply (1)\n"
    "  -u          do not mind who else serves time here\n"
    "  -v          the version first\n"
    "  --version   the version alone\n";

/* --- words ---------------------------------------------------------------- */

/* As the reference: "22 Nov 05:44:17 ntpdate[123]: text". */
static void __attribute__((format(printf, 3, 4)))
tell(const struct options *o, int level, const char *fmt, ...)
{
	char line[LINE_MAX_LEN], date[32] = "";
	time_t t = time(NULL);
	struct tm tm;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (o->log) {
		syslog(level, "%s", line);
		return;
	}
	if (localtime_r(&t, &tm) != NULL)
		(void)strftime(date, sizeof date, "%e %b %H:%M:%S", &tm);
	(void)fprintf(level <= LOG_ERR ? stderr : stdout,
	    "%s ntpdate[%d]: %s\n", date, (int)getpid(), line);
}

static const char *
error_text(int err)
{
	return strerror(err); /* NOLINT(concurrency-mt-unsafe): one thread */
}

static void
show_server(const struct options *o, const struct probe *p)
{
	if (p->received == 0) {
		(void)printf(
		    "server %s, stratum 0, offset +0.000000, delay 0.00000\n",
		    p->name);
	} else {
		(void)printf(
		    "server %s, stratum %u, offset %+.6f, delay %.5f\n",
		    p->name, p->pkt.stratum, p->offset, p->delay);
	}
	if (o->debug)
		(void)printf("  sent %u, received %u, leap %u, precision %d, "
			     "root distance %.6f\n",
		    p->sent, p->received, p->pkt.leap, p->pkt.precision,
		    p->received > 0 ? probe_root_distance(p) : 0.0);
}

/* --- the clock ------------------------------------------------------------ */

static int
step(double offset)
{
	struct timespec ts;
	double whole = floor(offset);

	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return -1;
	ts.tv_sec += (time_t)whole;
	ts.tv_nsec += (long)((offset - whole) * 1e9);
	if (ts.tv_nsec >= 1000000000L) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000L;
	}
	return clock_settime(CLOCK_REALTIME, &ts);
}

static int
slew(double offset)
{
	double whole = floor(offset);
	struct timeval tv = {.tv_sec = (time_t)whole,
	    .tv_usec = (suseconds_t)((offset - whole) * 1e6)};

	return adjtime(&tv, NULL);
}

static bool
set_clock(const struct options *o, const struct probe *p)
{
	bool stepping = o->how == HOW_STEP ||
	    (o->how == HOW_FITS && fabs(p->offset) > STEP_LIMIT);

	if (!o->query && !o->debug &&
	    (stepping ? step(p->offset) : slew(p->offset)) != 0) {
		tell(o, LOG_ERR, "cannot set the clock: %s", error_text(errno));
		return false;
	}
	tell(o, LOG_NOTICE, "%s time server %s offset %+.6f sec",
	    stepping ? "step" : "adjust", p->name, p->offset);
	return true;
}

/* Another program that sets the clock would fight with us. */
static bool
somebody_serves(void)
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET, .sin_port = htons(NTP_PORT)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool taken;

	if (fd < 0)
		return false;
	taken = bind(fd, (const struct sockaddr *)&sin, sizeof sin) != 0 &&
	    errno == EADDRINUSE;
	(void)close(fd);
	return taken;
}

/* --- options -------------------------------------------------------------- */

static bool
take_number(const char *what, const char *s, double lo, double hi, double *out)
{
	if (fmt_parse_double(s, strlen(s), out) == 0 && *out >= lo &&
	    *out <= hi)
		return true;
	(void)fprintf(stderr, "ntpdate: %s is a number from %g to %g, not %s\n",
	    what, lo, hi, s);
	return false;
}

/* Options with a value; false when it is wrong. */
static bool
take_value(struct options *o, int opt)
{
	double v = 0;

	switch (opt) {
	case 'a':
		if (!take_number("a key", optarg, 1, NTP_KEYID_MAX, &v))
			return false;
		o->set->keyid = (uint32_t)v;
		return true;
	case 'e':
		return take_number("a delay", optarg, 0, TIMEOUT_MAX, &v);
	case 'k':
		o->keyfile = optarg;
		return true;
	case 'o':
		if (!take_number("a version", optarg, 1, NTP_VERSION, &v))
			return false;
		o->set->version = (uint8_t)v;
		return true;
	case 'p':
		if (!take_number("samples", optarg, 1, SAMPLES_MAX, &v))
			return false;
		o->samples = (unsigned)v;
		return true;
	default:
		return take_number(
		    "a timeout", optarg, 0.01, TIMEOUT_MAX, &o->set->timeout);
	}
}

static void
take_flag(struct options *o, int opt)
{
	switch (opt) {
	case '4':
		o->family = AF_INET;
		break;
	case '6':
		o->family = AF_INET6;
		break;
	case 'b':
		o->how = HOW_STEP;
		break;
	case 'B':
		o->how = HOW_SLEW;
		break;
	case 'd':
		o->debug = true;
		break;
	case 'Q':
		o->quiet = o->query = true;
		break;
	case 'q':
		o->query = true;
		break;
	case 's':
		o->log = true;
		break;
	default:
		o->any_port = true;
		break;
	}
}

static void
print_version(void)
{
	(void)printf("%s ntpdate %s\n", PACKAGE_NAME, PACKAGE_VERSION);
}

/* -1: go on; else the exit status. */
static int
read_options(struct options *o, int argc, char **argv)
{
	int opt;

	/* One thread: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((opt = getopt_long(argc, argv, "46a:bBde:hk:o:p:qQst:uv",
		    long_options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			(void)fputs(help_text, stdout);
			return EXIT_SUCCESS;
		case 'V':
			print_version();
			return EXIT_SUCCESS;
		case 'v':
			print_version();
			break;
		case '?':
			(void)fputs("Try `ntpdate --help'.\n", stderr);
			return EXIT_FAILURE;
		default:
			if (optarg == NULL)
				take_flag(o, opt);
			else if (!take_value(o, opt))
				return EXIT_FAILURE;
		}
	}
	if (optind < argc)
		return -1;
	(void)fputs("ntpdate: no servers can be used, exiting\n", stderr);
	return EXIT_FAILURE;
}

static bool
read_keys(struct options *o, struct keystore *keys)
{
	FILE *f = fopen(o->keyfile, "re");
	char *text = malloc(KEYS_MAX);
	size_t len = 0;

	if (f != NULL && text != NULL)
		len = fread(text, 1, KEYS_MAX, f);
	if (f == NULL || text == NULL || ferror(f) != 0)
		tell(o, LOG_ERR, "keys file %s: %s", o->keyfile,
		    error_text(errno));
	else
		keys_parse(keys, text, len, NULL, NULL);
	if (text != NULL)
		explicit_bzero(text, KEYS_MAX);
	free(text);
	if (f != NULL)
		(void)fclose(f);
	o->set->keys = keys;
	if (keys_trust(keys, o->set->keyid, o->set->keyid) == 0 &&
	    keys_find(keys, o->set->keyid) != NULL)
		return true;
	tell(o, LOG_ERR, "key %u is not in %s", (unsigned)o->set->keyid,
	    o->keyfile);
	return false;
}

/* --- all of it ------------------------------------------------------------ */

static void
add_servers(const struct options *o, int argc, char **argv)
{
	for (int i = optind; i < argc; i++) {
		const char *why = probe_add(o->set, argv[i], o->family);

		if (why != NULL)
			tell(o, LOG_ERR, "name server cannot be used: %s: %s",
			    argv[i], why);
	}
}

static bool
measure_and_set(const struct options *o)
{
	struct probe *best;
	const char *why;

	probe_run(o->set, o->samples);
	best = probe_best(o->set, &why);
	for (size_t i = 0; i < o->set->n; i++)
		if ((o->query || o->debug) && !o->quiet)
			show_server(o, &o->set->probe[i]);
	if (best != NULL)
		return set_clock(o, best);
	for (size_t i = 0; i < o->set->n; i++)
		if (o->set->probe[i].why[0] != '\0')
			tell(o, LOG_ERR, "%s: %s", o->set->probe[i].name,
			    o->set->probe[i].why);
	tell(o, LOG_ERR, "no server suitable for synchronization found: %s",
	    why);
	return false;
}

static int
run(struct options *o, int argc, char **argv)
{
	struct keystore *keys = NULL;
	bool good = true;

	if (o->log)
		openlog("ntpdate", LOG_PID, LOG_DAEMON);
	if (o->set->keyid != 0) {
		keys = keys_new();
		good = keys != NULL && read_keys(o, keys);
	}
	if (good && !o->query && !o->debug && !o->any_port &&
	    somebody_serves()) {
		tell(o, LOG_ERR, "the NTP socket is in use, exiting");
		good = false;
	}
	if (good) {
		add_servers(o, argc, argv);
		good = o->set->n > 0;
		if (good)
			good = measure_and_set(o);
		else
			tell(o, LOG_ERR, "no servers can be used, exiting");
		probe_close(o->set);
	}
	keys_free(&keys);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	struct probe_set set = {.version = NTP_VERSION, .timeout = TIMEOUT};
	struct options o = {.family = AF_UNSPEC,
	    .samples = SAMPLES,
	    .keyfile = KEYS_FILE,
	    .set = &set};
	int status;

	if (stdio_fill() != 0)
		return EXIT_FAILURE;
	status = read_options(&o, argc, argv);
	return status >= 0 ? status : run(&o, argc, argv);
}
