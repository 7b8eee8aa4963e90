/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_scenario.h - a scenario file as plain values.
 *
 * The format is described in simrun(1).
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ntp_addr.h"
#include "sim_clock.h"

#define SCN_NAME_MAX 32U

/* `node` is a daemon with an ntp.conf; `server` answers by a light model. */
struct scn_node {
	char name[SCN_NAME_MAX]; /* with count > 1 the number is appended */
	bool daemon;
	unsigned count, line;
	struct ntp_addr addr; /* family none: automatic */
	struct osc_param osc;
	double offset;	    /* s */
	double resolution;  /* s */
	double stamp_noise; /* s, mean of an exponential */
	double stack;	    /* s, at most, that a datagram takes to leave */
	double start;	    /* s; < 0: within the first second */
	double pulse; /* s, noise of a pulse per second; 0: there is none */
	/* daemons */
	char *conf;			  /* text */
	unsigned conf_line;		  /* where it begins */
	bool drift;			  /* a drift file is there ... */
	double drift_freq;		  /* ... which says this, s/s */
	bool panic_once, step_once, slew; /* -g, -G, -x */
	bool nts;			  /* makes cookies */
	bool noleaps; /* the kernel knows nothing of leap seconds */
	/* servers */
	double stratum, rootdelay, rootdisp, turnaround;
	char refid[5];
	bool is_false; /* a falseticker: nobody should follow it */
	bool unsync, silent;
};

enum scn_jitter {
	JITTER_NONE,
	JITTER_EXP,
	JITTER_GAMMA,
	JITTER_NORMAL,
	JITTER_PARETO,
	JITTER_UNIFORM,
	JITTER_TRACE
};

/* What one link line says; `set` tells which of it. */
enum scn_link_key {
	LINK_DELAY = 0x001,
	LINK_EXTRA = 0x002,
	LINK_JITTER = 0x004,
	LINK_LOSS = 0x008,
	LINK_BURST = 0x010,
	LINK_DUP = 0x020,
	LINK_REORDER = 0x040,
	LINK_DOWN = 0x080,
	LINK_HOPS = 0x100,
};

struct scn_trace {
	double *delay; /* s */
	size_t n;
};

struct scn_link {
	char from[SCN_NAME_MAX], to[SCN_NAME_MAX]; /* may hold `*` */
	bool both;
	unsigned set, line;
	double delay, extra; /* s */
	enum scn_jitter dist;
	double jitter, shape; /* s, mean or deviation; shape or exponent */
	struct scn_trace trace;
	double loss, burst;	     /* share; mean packets in a burst */
	double dup;		     /* share */
	double reorder, hold;	     /* share; s */
	double hops;		     /* least ttl that gets through */
	double begin, length, every; /* s; length 0: for ever, every 0: once */
};

enum scn_action {
	ACT_STEP,
	ACT_FREQ,
	ACT_KILL,
	ACT_STOP,
	ACT_START,
	ACT_SILENT,
	ACT_ANSWER,
	ACT_UNSYNC,
	ACT_SYNC,
	ACT_STRATUM,
	ACT_SUSPEND,
	ACT_ROTATE,
	ACT_FORGET
};

struct scn_event {
	double at, within, every; /* s; every 0: once */
	enum scn_action action;
	char node[SCN_NAME_MAX];
	double value;
	unsigned line;
};

enum scn_attack_kind {
	ATTACK_FORGE,
	ATTACK_KISS,
	ATTACK_REPLAY,
	ATTACK_RACE,
	ATTACK_RACEKISS,
	ATTACK_RACENAK,
	ATTACK_ZERO,
	ATTACK_FLOOD,
	ATTACK_ALTER
};

/* Somebody on the wire between CLIENT and SERVER. */
struct scn_attack {
	char client[SCN_NAME_MAX], server[SCN_NAME_MAX];
	enum scn_attack_kind kind;
	double offset;	      /* s, the time it pretends */
	double rate;	      /* s between blind packets; replay: age */
	double begin, length; /* s; length 0: for ever */
	unsigned line;
};

enum scn_op { OP_LESS, OP_MORE, OP_EQUAL };

struct scn_expect {
	char node[SCN_NAME_MAX];
	const struct sim_metric *metric;
	char arg[SCN_NAME_MAX]; /* of the metric: a node */
	char arg2[SCN_NAME_MAX];
	double number;		    /* of the metric */
	char against[SCN_NAME_MAX]; /* "": true time */
	enum scn_op op;
	double value;
	double from, to; /* s */
	unsigned line;
	bool median; /* of all nodes and runs, instead of each */
	char *text;
};

/* A name that the resolver knows beside the nodes', and a file. */
struct scn_alias {
	char name[64];
	char node[SCN_NAME_MAX];
};
struct scn_file {
	char *path, *text;
};

enum scn_invariant {
	INV_FALSE = 0x01,
	INV_STEP = 0x02,
	INV_DISTANCE = 0x04,
	INV_LEGAL = 0x08,
	INV_MONOTONE = 0x10,
	INV_SLEW = 0x20,
};

struct scenario {
	char *file;
	char *title;
	double run, settle, sample; /* s */
	uint64_t seed;
	unsigned runs;
	bool fast;	  /* short enough for every build */
	bool has_control; /* there are "control:" lines */
	bool lenient;	  /* a real ntp.conf: files are those of the disk, and
			   * what they lack is no error */
	struct sim_utc utc;
	unsigned except; /* enum scn_invariant: not looked at */
	struct scn_node *node;
	struct scn_link *link;
	struct scn_event *event;
	struct scn_attack *attack;
	struct scn_expect *expect;
	struct scn_alias *alias;
	struct scn_file *vfile;
	size_t nnode, nlink, nevent, nattack, nexpect, nalias, nvfile;
	unsigned nerrors;
};

/*
 * Parse TEXT, known as FILE.  CONTROL takes the lines that begin with
 * "control:" and leaves those of "normal:" out; otherwise it is the other way
 * round.  Errors go to ERR as FILE:LINE: words, and are counted.  NULL when
 * out of memory.
 */
struct scenario *scenario_parse(
    const char *file, const char *text, bool control, FILE *err);
void scenario_free(struct scenario **s);

/* The text of the file PATH, malloc'd; NULL when it cannot be read. */
char *scn_slurp(const char *path);
/* As config_io.load: PATH on the disk, beside FROM or as it stands. */
int scn_load(void *arg, const char *path, const char *from, char **buf,
    size_t *len, char **real);

/* "5ms", "2h", "10ppm", "3%", "7": S as a number in s, s/s or of itself. */
enum scn_unit { UNIT_TIME, UNIT_FREQ, UNIT_NUMBER };
bool scn_value(const char *s, enum scn_unit unit, double *out);

/* PATTERN with `*` for any text. */
bool scn_match(const char *pattern, const char *name);

#endif /* SIM_SCENARIO_H */
