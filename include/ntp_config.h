/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_config.h - ntp.conf as an immutable object.
 *
 * Text in, configuration and diagnostics out.  Files are reached through a
 * loader that the caller gives, so that the same parser serves the daemon,
 * the simulator, the fuzzers and remote configuration.
 */
#ifndef NTP_CONFIG_H
#define NTP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_addr.h"
#include "ntp_leapplan.h"
#include "ntp_monitor.h"

struct config_assoc;
struct config_pending;
struct ntp_config;

enum config_severity { CONFIG_WARNING, CONFIG_ERROR };

/* One message: FILE:LINE:COLUMN (1-based), words, and a hint or NULL. */
struct config_diag {
	enum config_severity severity;
	const char *file;
	unsigned line, column;
	const char *text;
	const char *hint;
};

struct config_io {
	void *arg;
	/*
	 * Read the file PATH named by an include in FROM (absolute, or
	 * relative to FROM's directory, then to the current directory).
	 * *BUF is malloc'd and becomes the caller's; *REAL gets the path
	 * really opened (malloc'd).  0, -NTP_ENOENT, -NTP_EIO.  A directory
	 * is not a file: see list.  May be NULL: includes are refused.
	 */
	int (*load)(void *arg, const char *path, const char *from, char **buf,
	    size_t *len, char **real);
	/* The K-th (from 0, ascending) *.conf in directory PATH as a path that
	 * load() takes, malloc'd, or NULL when there are no more or PATH is no
	 * directory.  May be NULL. */
	char *(*list)(void *arg, const char *path, const char *from, size_t k);
	void (*diag)(void *arg, const struct config_diag *d);
	/*
	 * `unpeer WHOM` names no line: is it an association that runs, by its
	 * id or its address?  *LINE gets the line that made it (of another
	 * configuration), or NULL when it has none of its own and was taken
	 * care of.  False: there is none.  May be NULL.
	 */
	bool (*unpeer)(
	    void *arg, const char *whom, const struct config_assoc **line);
	/* `delrestrict source ADDR`: take away what `restrict source` made for
	 * ADDR.  False: nothing.  May be NULL, in files. */
	bool (*unsource)(void *arg, const struct ntp_addr *addr);
};

enum assoc_kind {
	ASSOC_SERVER,
	ASSOC_POOL,
	ASSOC_PEER,
	ASSOC_REFCLOCK,
	ASSOC_BROADCAST,
	ASSOC_MANYCAST,
	ASSOC_LISTEN /* a broadcast server that we found */
};

enum assoc_flag {
	ASSOC_IBURST = 0x0001,
	ASSOC_BURST = 0x0002,
	ASSOC_PREFER = 0x0004,
	ASSOC_TRUE = 0x0008,
	ASSOC_NOSELECT = 0x0010,
	ASSOC_PREEMPT = 0x0020,
	ASSOC_XLEAVE = 0x0040,
	ASSOC_LAN = 0x0080, /* on the same wire: polls below a second */
	ASSOC_NTS = 0x0100, /* Network Time Security */
};

/* fudge ... flag1 to flag4 */
enum ref_flag { REF_FLAG1 = 1, REF_FLAG2 = 2, REF_FLAG3 = 4, REF_FLAG4 = 8 };

/* The line that a value comes from; file NULL: it is the default. */
struct config_origin {
	const char *file; /* owned by the configuration, or constant */
	unsigned line;	  /* 0: no line, the command line perhaps */
};

/* The words of fudge, which may come from a line each. */
enum fudged {
	FUDGED_TIME1,
	FUDGED_STRATUM,
	FUDGED_REFID,
	FUDGED_TIME2,
	FUDGED_MINJITTER,
	FUDGED_FLAG1, /* and the other three */
	FUDGED_WORDS = FUDGED_FLAG1 + 4
};

/* server, pool, peer, refclock, broadcast, manycastclient */
struct config_assoc {
	enum assoc_kind kind;
	char *host;		 /* as written */
	enum addr_family family; /* -4, -6, or ADDR_NONE */
	struct ntp_addr addr;	 /* when HOST is numeric; else family none */
	unsigned flags;		 /* enum assoc_flag */
	uint32_t key;		 /* 0: none */
	uint8_t version;	 /* 1..4 */
	int8_t minpoll, maxpoll; /* log2 s, always set */
	uint16_t port;		 /* 123 unless `port N` */
	uint8_t mode;
	uint8_t ttl; /* hops of group packets, 0: not given */
	double bias; /* s */
	/* with ASSOC_NTS: HOST is whom to ask for keys */
	bool noval;	 /* do not look at its certificate */
	char *ca;	 /* file or directory, NULL: the general one */
	uint16_t aead;	 /* preferred; 0: the general one */
	uint16_t keport; /* TCP; 0: 4460 */
	/* reference clocks: 127.127.TYPE.UNIT, and fudge */
	uint8_t ref_type, ref_unit;
	double time1, time2;  /* s */
	double minjitter;     /* s, floor of what is taken for its jitter */
	char *path, *ppspath; /* devices; owned, NULL: the driver's */
	unsigned baud;	      /* bit/s, 0: the driver's */
	int ref_stratum;      /* -1: the driver's */
	uint32_t ref_refid;   /* 0: the driver's */
	unsigned ref_flags;   /* enum ref_flag */
	unsigned ref_mode;    /* the driver's */
	struct config_origin fudged[FUDGED_WORDS];
	const char *file; /* where it stands; owned by the configuration */
	unsigned line;
};

/* restrict */
enum config_restrict_what {
	RESTRICT_ADDR,	  /* addr and mask */
	RESTRICT_NAME,	  /* host: to be resolved */
	RESTRICT_DEFAULT, /* of family; a line for both makes two */
	RESTRICT_SOURCE,  /* template; all its lines make one */
};
struct config_restrict {
	enum config_restrict_what what;
	char *host;
	enum addr_family family;
	struct ntp_addr addr, mask;
	uint16_t flags, mflags;
	int16_t ippeerlimit;
	const char *file;
	unsigned line;
};

/* interface, nic, listen */
enum iface_action { IFACE_LISTEN, IFACE_IGNORE, IFACE_DROP };
enum iface_match {
	IFACE_ALL,
	IFACE_IPV4,
	IFACE_IPV6,
	IFACE_WILDCARD,
	IFACE_NAME,
	IFACE_PREFIX
};
struct config_iface {
	enum iface_action action;
	enum iface_match match;
	char *name;
	struct ntp_addr addr;
	unsigned bits;
	struct config_origin origin;
};

/* multicastclient, manycastserver: a group to join */
struct config_group {
	struct ntp_addr addr;
	bool hear;  /* multicastclient */
	bool serve; /* manycastserver */
	struct config_origin origin;
};

#define CONFIG_TTLS 8U

#define CONFIG_CARDS	 8U
#define CONFIG_CARD_NAME 16U /* of an interface, with its NUL */

struct config_range {
	uint32_t lo, hi;
	struct config_origin origin;
};

struct config_tos {
	unsigned minsane, minclock, maxclock;
	double mindist, maxdist, maxdisp; /* s */
	unsigned floor, ceiling, orphan;
	double orphanwait; /* s */
	bool cohort;
	double beacon;	      /* s between two searches of manycast */
	unsigned bcpollbstep; /* polls after which broadcasts may go back */
	int64_t basedate;     /* s since 1970: see ntp_era.h */
};

/* `mru` */
struct config_mru {
	size_t maxdepth, mindepth, initalloc; /* entries */
	int32_t maxage;			      /* s, < 0: any */
	int32_t minage;			      /* s */
	uint8_t v6prefix;		      /* bits that make a client */
};

struct config_tinker {
	double step_fwd, step_back; /* s */
	bool step_given;
	double stepout, panic; /* s */
	bool panic_hold;       /* go on unsynchronized instead of stopping */
	double dispersion;     /* s/s */
	double allan;	       /* log2 s */
	bool freq_given;
	double freq;	 /* s/s */
	double huffpuff; /* s, 0 off */
	bool pll;	 /* the classic loop instead of the estimator */
};

enum filegen_type {
	FILEGEN_NONE,
	FILEGEN_PID,
	FILEGEN_DAY,
	FILEGEN_WEEK,
	FILEGEN_MONTH,
	FILEGEN_YEAR,
	FILEGEN_AGE
};
enum stats_set {
	STATS_LOOP,
	STATS_PEER,
	STATS_RAW,
	STATS_SYS,
	STATS_CLOCK,
	STATS_PROTO,
	STATS_TIMING,
	STATS_USE,
	STATS_NTS,
	STATS_NTSKE,
	STATS_OTHER, /* accepted, never recorded */
	STATS_SETS
};
struct config_filegen {
	bool enabled, link;
	enum filegen_type type;
	char *file; /* NULL: the set's name */
};

/* logconfig: what is logged beside the unconditional messages. */
enum log_bit {
	LOGBIT_SYSINFO = 0x0001,
	LOGBIT_SYSEVENTS = 0x0002,
	LOGBIT_SYSSTATIST = 0x0008,
	LOGBIT_PEEREVENTS = 0x0020,
	LOGBIT_CLOCKEVENTS = 0x0200,
	LOGBIT_SYNCSTATUS = 0x4000,
	LOGBIT_SYNC = 0xf000, /* all of sync: the default */
};

/* reset: counters to set to zero. */
enum reset_bit {
	RESET_ALLPEERS = 0x01,
	RESET_AUTH = 0x02,
	RESET_CTL = 0x04,
	RESET_IO = 0x08,
	RESET_MEM = 0x10,
	RESET_SYS = 0x20,
	RESET_TIMER = 0x40,
};

#define CONFIG_NTS_CERT	  "/etc/ntp/cert-chain.pem"
#define CONFIG_NTS_KEY	  "/etc/ntp/key.pem"
#define CONFIG_NTS_COOKIE "/var/lib/ntp/nts-keys"

/* nts; NULL: the path above, or the library's choice */
struct config_nts {
	bool server; /* `enable`: give keys to clients */
	char *cert, *key, *cookie;
	char *ca; /* NULL: whom the system trusts */
	char *suites, *curves;
	bool server_order; /* of cipher suites */
	uint16_t aead;	   /* to ask for first; 0: AES_SIV_CMAC_256 */
	uint16_t keport;   /* TCP port to serve keys on */
};

/* setvar */
struct config_var {
	char *name, *value;
	bool in_default; /* told without being asked for */
	struct config_origin origin;
};

#define CONFIG_VARS_MAX	     64U /* so that all fit into a reply */
#define CONFIG_VAR_NAME_MAX  63U
#define CONFIG_VAR_VALUE_MAX 255U

struct ntp_config {
	struct config_assoc *assoc;
	size_t nassoc;
	struct config_restrict *restricts;
	size_t nrestricts;
	struct config_iface *iface;
	size_t niface;
	struct config_group *groups;
	size_t ngroups;
	bool broadcastclient;
	double broadcastdelay;	  /* s; 0: measure it */
	uint8_t ttl[CONFIG_TTLS]; /* hops of a manycast search, in order */
	size_t nttl;
	/* interfaces whose hardware stamps datagrams; "*": all that can */
	char card[CONFIG_CARDS][CONFIG_CARD_NAME];
	size_t ncards;
	struct config_range *trusted;
	size_t ntrusted;
	struct config_tos tos;
	struct config_tinker tinker;
	struct config_filegen filegen[STATS_SETS];
	char *driftfile, *leapfile, *logfile, *pidfile, *statsdir, *keysfile;
	double nonvolatile; /* s/s, smallest change written to driftfile */
	char *saveconfigdir;
	char *phone;	  /* a command that calls, each line; NULL: none */
	uint16_t logmask; /* enum log_bit */
	unsigned reset;	  /* enum reset_bit: counters to clear now */
	struct config_var *var;
	size_t nvar;
	char *signddir;	      /* of `socket`, NULL: no signing daemon */
	bool leap_ignorehash; /* `leapfile FILE ignorehash` */
	struct leap_smear smear;
	struct config_nts nts;
	uint32_t controlkey;
	int8_t discard_average;	  /* log2 s */
	double discard_minimum;	  /* s */
	uint32_t discard_monitor; /* s */
	struct rate_limit limit;  /* instead of both; burst 0: not given */
	struct config_mru mru;
	uint16_t port;	    /* to serve on, 123 */
	uint16_t extraport; /* one more, requests leave from it; 0: none */
	uint8_t dscp;	    /* 0..63 */
	uint16_t threads;   /* that serve, 0: the main loop does */
	bool threads_auto;  /* as many as there are processors */
	uint32_t gather;    /* us to wait for company when busy */
	bool ntp, kernel, monitor, stats, auth; /* enable, disable */
	bool calibrate;				/* likewise */
	unsigned nerrors, nwarnings;
	char **files; /* every file read; diagnostics point here */
	size_t nfiles;
	struct config_origin *origin;	/* of each word; the parser's own */
	struct config_pending *pending; /* the parser's own */
};

/* Defaults only, owned by the caller; NULL when out of memory. */
struct ntp_config *config_new(void);
void config_free(struct ntp_config **c);
/* A copy that shares nothing with C, owned by the caller; more text may be
 * parsed into it.  NULL when out of memory. */
struct ntp_config *config_copy(const struct ntp_config *c);

/*
 * Parse TEXT (LEN octets), known as FILE, into C.  Bad lines are reported and
 * skipped as ntp.conf(5) says; `restrict` fails closed: all flags found on a
 * bad line apply.  0, or -NTP_ENOMEM; syntax errors are in c->nerrors.
 */
int config_parse(struct ntp_config *c, const char *file, const char *text,
    size_t len, const struct config_io *io);

/* After all text: checks across lines, fudge onto its clock, defaults that
 * depend on others (minpoll above maxpoll ...). */
void config_finish(struct ntp_config *c, const struct config_io *io);

/* After config_finish(): warn of what is legal and yet hardly meant. */
void config_lint(struct ntp_config *c, const struct config_io *io);

struct restrict_list;

/* The access list that C makes, without entries of names (ntp_access.c); the
 * caller's, NULL when out of memory. */
struct restrict_list *config_access(const struct ntp_config *c);

/* The text that makes C, malloc'd into *TEXT; 0 or -NTP_ENOMEM. */
int config_write(const struct ntp_config *c, char **text, size_t *len);

/* All of C, defaults too, a value on each line with its origin behind it;
 * malloc'd into *TEXT; 0 or -NTP_ENOMEM. */
int config_show(const struct ntp_config *c, char **text, size_t *len);

/* What ADDR (without port) may do and which lines say so, malloc'd into *TEXT;
 * 0 or -NTP_ENOMEM. */
int config_explain(const struct ntp_config *c, const struct ntp_addr *addr,
    char **text, size_t *len);

/* As config_parse() one LINE that stands in no file: its origin is WHOM, without
 * a number. */
int config_preset_line(struct ntp_config *c, const char *whom, const char *line,
    const struct config_io *io);

/* The value of the directive or flag WORD was set by WHOM (constant), not by a
 * file. */
void config_preset(struct ntp_config *c, const char *word, const char *whom);

/* Do two lines, also of different configurations, name the same partner? */
bool config_assoc_same(
    const struct config_assoc *a, const struct config_assoc *b);
/* The same reference clock, set up alike as far as its driver can tell? */
bool config_clock_same(
    const struct config_assoc *a, const struct config_assoc *b);

/* The variable NAME of `setvar`, or NULL. */
struct config_var *config_var_find(
    const struct ntp_config *c, const char *name, size_t len);
/* May VALUE be the value of a variable? */
bool config_var_value_ok(const char *value, size_t len);
/* Give it the value of LEN characters; 0 or -NTP_ENOMEM. */
int config_var_assign(struct config_var *v, const char *value, size_t len);

/* Add a server with iburst, as for an operand of the command line. */
int config_add_server(
    struct ntp_config *c, const char *host, const struct config_io *io);

#endif /* NTP_CONFIG_H */
