/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_opts.h - the command line of ntpd.
 */
#ifndef NTP_OPTS_H
#define NTP_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ntp_addr.h"
#include "ntp_virtclock.h"

#define OPTS_LIST_MAX	 64U /* -I and -t, each */
#define OPTS_IGNORED_MAX 16U

#define OPTS_CONFFILE SYSCONFDIR "/ntp.conf"

/* All strings are borrowed from ARGV; NULL when not given. */
struct options {
	enum addr_family family; /* -4, -6; ADDR_NONE: both */
	const char *conffile;	 /* -c, or the default */
	bool conffile_given;
	const char *driftfile, *keysfile, *logfile, *pidfile, *statsdir;
	const char *jaildir; /* -i */
	const char *user;    /* -u USER[:GROUP] */
	const char *ifaces[OPTS_LIST_MAX];
	size_t nifaces;
	uint32_t keys[OPTS_LIST_MAX]; /* -t */
	size_t nkeys;
	char *const *servers; /* operands */
	size_t nservers;
	const char *vars[OPTS_LIST_MAX]; /* --var, --dvar: NAME=VALUE */
	bool var_shown[OPTS_LIST_MAX];	 /* by --dvar: told unasked */
	size_t nvars;
	const char *saveconfig;		       /* --saveconfigquit */
	const char *ignored[OPTS_IGNORED_MAX]; /* to be warned about */
	size_t nignored;
	unsigned debug;	       /* level */
	bool nofork;	       /* -n, -d, -D above 0, -q, opts_ask() */
	bool novirtualips;     /* -L */
	bool panicgate;	       /* -g */
	bool step_once;	       /* -G */
	bool quit;	       /* -q */
	bool slew;	       /* -x */
	bool authnoreq;	       /* -A: as `disable auth` */
	bool bcastsync;	       /* -b: as `broadcastclient` */
	double propagation;    /* s, -r: as `broadcastdelay`; 0: not given */
	bool check_config;     /* --check-config */
	bool strict;	       /* --strict: warnings fail too */
	bool print_config;     /* --print-config */
	const char *explain;   /* --explain-restrict ADDR */
	int priority;	       /* -P, -N: SCHED_FIFO, 0: leave alone */
	bool wait_sync;	       /* -w */
	double wait_s;	       /* s */
	double updateinterval; /* s, -U; 0: never */
	bool threads_given;    /* -T */
	bool threads_auto;     /* `auto` */
	uint16_t threads;
	bool virtual_clock;
	struct virtclock_param virt;
};

enum opts_result {
	OPTS_RUN,     /* go on */
	OPTS_HELP,    /* print the usage, exit 0 */
	OPTS_VERSION, /* print the version, exit 0 */
	OPTS_BAD,     /* a complaint was printed; usage on stderr, exit 1 */
};

/* Read the command line; complaints go to stderr. */
enum opts_result opts_parse(struct options *o, int argc, char *const argv[]);

/* Is it only a question about the configuration? */
bool opts_ask(const struct options *o);

void opts_usage(FILE *fp);
/* The first line of it only, below which a complaint is still seen. */
void opts_hint(FILE *fp);

#endif /* NTP_OPTS_H */
