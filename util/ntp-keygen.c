/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp-keygen.c - make a keys file: options and the file.
 *
 * As with the reference, -M makes ten keys of each of three kinds, in a file
 * that is named after the host and the time, with a link to it.  A file that
 * exists is never written to: keys in use would be lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "keygen.h"
#include "ntp_fmt.h"

#define UNIX_EPOCH 2208988800 /* s from 1900 to 1970 */
#define PATH_LEN   512U
#define EACH	   10U /* keys of each type */

struct options {
	const char *output; /* NULL: named after the host; "-": stdout */
	enum mac_type type; /* MAC_NONE: the three usual ones */
	int64_t count, first;
};

static const enum mac_type usual[] = {MAC_MD5, MAC_SHA1, MAC_AES128CMAC};

static const struct option long_options[] = {
    {"md5key", no_argument, NULL, 'M'},
    {"output", required_argument, NULL, 'o'},
    {"type", required_argument, NULL, 't'},
    {"count", required_argument, NULL, 'n'},
    {"first", required_argument, NULL, 'k'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

static void
usage(FILE *f)
{
	(void)fprintf(f,
	    "usage: ntp-keygen [-M] [-o FILE] [-t TYPE] [-n COUNT] [-k ID]\n"
	    "  -M, --md5key       symmetric keys (nothing else is made)\n"
	    "  -o, --output FILE  write FILE, - for standard output;\n"
	    "                     ntpkey_MD5key_HOST.SECONDS unless given\n"
	    "  -t, --type TYPE    of this type only (see ntp.keys)\n"
	    "  -n, --count COUNT  so many of each type, 10 unless given\n"
	    "  -k, --first ID     the first key id, 1 unless given\n"
	    "  -h, --help         this text\n"
	    "  -v, --version      the version\n");
}

static void
fill_random(struct rng_port *p, void *buf, size_t len)
{
	(void)p;
	while (len > 0) {
		ssize_t n = getrandom(buf, len, 0);

		if (n < 0 && errno != EINTR)
			abort(); /* a key that can be guessed is none */
		if (n <= 0)
			continue;
		buf = (uint8_t *)buf + n;
		len -= (size_t)n;
	}
}

/* --- the file --------------------------------------------------------------- */

static bool
write_keys(FILE *f, const struct options *o)
{
	struct rng_port rng = {.fill = fill_random};
	uint32_t id = (uint32_t)o->first;
	char line[KEYGEN_LINE];

	for (size_t k = 0; k < sizeof usual / sizeof usual[0]; k++) {
		enum mac_type t = o->type != MAC_NONE ? o->type : usual[k];

		for (int64_t i = 0; i < o->count; i++) {
			keygen_line(&rng, id++, t, line);
			(void)fputs(line, f);
		}
		if (o->type != MAC_NONE)
			break;
	}
	explicit_bzero(line, sizeof line);
	return fflush(f) == 0 && ferror(f) == 0;
}

static bool
complain(const char *path)
{
	(void)fprintf(stderr, "ntp-keygen: %s: ", path);
	perror(NULL);
	return false;
}

static bool
make_file(const char *path, const struct options *o)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool good;

	if (f == NULL) {
		(void)complain(path);
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	good = write_keys(f, o) && fsync(fd) == 0;
	good = fclose(f) == 0 && good;
	if (!good) {
		(void)complain(path);
		(void)unlink(path);
	}
	return good;
}

/* ntpkey_md5_HOST, by which the newest file is found. */
static bool
make_link(const char *path, const char *host)
{
	char name[PATH_LEN], part[PATH_LEN + 8];

	(void)snprintf(name, sizeof name, "ntpkey_md5_%s", host);
	(void)snprintf(part, sizeof part, "%s.part", name);
	(void)unlink(part);
	if (symlink(path, part) != 0 || rename(part, name) != 0)
		return complain(name);
	(void)printf("%s -> %s\n", name, path);
	return true;
}

static bool
make_named(const struct options *o)
{
	char path[PATH_LEN], host[256] = "";

	(void)gethostname(host, sizeof host - 1);
	if (host[0] == '\0' || strchr(host, '/') != NULL)
		(void)snprintf(host, sizeof host, "localhost");
	(void)snprintf(path, sizeof path, "ntpkey_MD5key_%s.%lld", host,
	    (long long)time(NULL) + UNIX_EPOCH);
	return make_file(path, o) && make_link(path, host);
}

/* --- the command line ------------------------------------------------------- */

static bool
number(const char *s, int64_t *out)
{
	if (fmt_parse_int(s, strlen(s), false, out) == 0 && *out >= 1 &&
	    *out <= (int64_t)NTP_KEYID_MAX)
		return true;
	(void)fprintf(
	    stderr, "ntp-keygen: '%s' is not 1 to %u\n", s, NTP_KEYID_MAX);
	return false;
}

static bool
take_option(struct options *o, int c)
{
	switch (c) {
	case 'M':
		return true;
	case 'o':
		o->output = optarg;
		return true;
	case 't':
		o->type = mac_type_by_name(optarg, strlen(optarg));
		if (o->type == MAC_NONE)
			(void)fprintf(stderr,
			    "ntp-keygen: '%s' is no type of key\n", optarg);
		return o->type != MAC_NONE;
	case 'n':
		return number(optarg, &o->count);
	case 'k':
		return number(optarg, &o->first);
	default:
		usage(stderr);
		return false;
	}
}

/* getopt answers '?' for -? and for anything unknown. */
static bool
asks_help(int c, char *const argv[])
{
	return c == 'h' || (c == '?' && strcmp(argv[optind - 1], "-?") == 0);
}

static bool
ids_fit(const struct options *o)
{
	int64_t types = o->type != MAC_NONE ? 1 : 3;

	if (o->first + types * o->count - 1 <= (int64_t)NTP_KEYID_MAX)
		return true;
	(void)fprintf(stderr, "ntp-keygen: key ids end at %u\n", NTP_KEYID_MAX);
	return false;
}

static bool
make(const struct options *o)
{
	if (!ids_fit(o))
		return false;
	if (o->output == NULL)
		return make_named(o);
	if (strcmp(o->output, "-") == 0)
		return write_keys(stdout, o);
	return make_file(o->output, o);
}

int
main(int argc, char *argv[])
{
	struct options o = {.count = EACH, .first = 1};
	int c;

	/* no threads: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((c = getopt_long(
		    argc, argv, "Mo:t:n:k:hv?", long_options, NULL)) >= 0) {
		if (asks_help(c, argv)) {
			usage(stdout);
			return 0;
		}
		if (c == 'v') {
			(void)printf("ntp-keygen %s-%s\n", PACKAGE_NAME,
			    PACKAGE_VERSION);
			return 0;
		}
		if (!take_option(&o, c))
			return 1;
	}
	if (optind < argc) {
		(void)fprintf(
		    stderr, "ntp-keygen: unexpected '%s'\n", argv[optind]);
		usage(stderr);
		return 1;
	}
	return make(&o) ? 0 : 1;
}
