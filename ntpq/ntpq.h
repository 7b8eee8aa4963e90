/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq.h - the rooms of the query client.
 *
 * Floors, each calling only downwards: ntpq (options, hosts) · command (table,
 * line loop) · settings, peers, assoc, vars, stats (one per family of
 * displays) · cooked, status (words) · reply, name · net (the conversation).
 * Whatever renders takes a FILE and values, so that tests can feed it text.
 */
#ifndef NTPQ_H
#define NTPQ_H

#include <sys/socket.h>

#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ntp_addr.h"
#include "ntp_keys.h"
#include "ntp_mode6.h"
#include "ntp_time.h"
#include "ntpq_json.h"

#define NTPQ_HOSTS_MAX	  200U
#define NTPQ_COMMANDS_MAX 100U
#define NTPQ_ARGS_MAX	  4U
#define NTPQ_LINE_MAX	  1024U /* characters of a command */
#define NTPQ_NAME_MAX	  256U	/* octets of a host name with NUL */
#define NTPQ_WORD_MAX	  128U	/* octets of a short value with NUL */
#define NTPQ_VARS_MAX	  128U
#define NTPQ_SECRET_MAX	  (2U * NTP_SECRET_MAX + 1U) /* with NUL */
#define NTPQ_ASSOCS_MAX	  (MODE6_TEXT_MAX / 4U)
#define NTPQ_CANDIDATES	  8U /* addresses of one name that we try */
/* Room for "[", an IPv6 address with scope, "]:" and a port. */
#define NTPQ_ENDPOINT_MAX (NI_MAXHOST + 16U)

/* --- the conversation (ntpq_net.c) -------------------------------------- */

enum ask_result {
	ASK_OK,
	ASK_ERROR,	/* the server answered with reply.errcode */
	ASK_SILENCE,	/* nothing received */
	ASK_INCOMPLETE, /* fragments missing */
	ASK_TOOBIG,	/* more fragments than we take */
	ASK_REFUSED,	/* the port is closed */
	ASK_NETWORK,	/* the system refused to send: net.err */
	ASK_NOHOST,
	ASK_STOPPED, /* by net.stop */
	ASK_NOKEY,   /* it must be signed and there is no key; said already */
};

struct query {
	enum mode6_op opcode;
	uint16_t associd;
	const char *data; /* LEN octets, at most MODE6_DATA_MAX */
	size_t len;
	bool sign; /* it needs an authenticator */
};

/* Borrows the conversation's buffer until the next question. */
struct reply {
	const char *text;
	size_t len;
	uint16_t status;
	uint8_t errcode; /* enum mode6_err, for ASK_ERROR */
};

struct net {
	char target[NTPQ_NAME_MAX]; /* as the user gave it; "": none */
	struct net_candidate {
		struct sockaddr_storage sa;
		socklen_t salen;
		bool dead; /* refused the question at hand */
	} cand[NTPQ_CANDIDATES];
	size_t ncand, cur;
	bool settled; /* cand[cur] has answered before */
	int fd;	      /* connected to cand[cur], or -1 */
	int err;      /* errno of the last ASK_NETWORK */
	uint16_t seq;
	uint8_t version; /* claimed in requests */
	int64_t timeout; /* ms for the first datagram */
	/* Who signs; borrowed.  NULL until there is a key. */
	const struct keystore *keys;
	uint32_t keyid;
	bool padded;		     /* the question goes with zeros after it */
	bool unconnected;	     /* the answer may have another address */
	double flake;		     /* share of the datagrams to lose */
	unsigned debug;		     /* level */
	FILE *log;		     /* what debug tells; stderr, or owned */
	char logname[NTPQ_NAME_MAX]; /* of that file; "": stderr */
	/* Wait no longer once it is not 0; borrowed, may be NULL. */
	const volatile sig_atomic_t *stop;
	/* Answers in place of a server, for tests; else NULL. */
	enum ask_result (*stand_in)(
	    void *arg, const struct query *q, struct reply *rep);
	void *stand_in_arg;
	struct mode6_asm asmbl; /* the reply */
};

void net_init(struct net *n);
void net_close(struct net *n);
/* Append what debug tells to the file PATH, or to stderr when it is NULL; false
 * when it cannot be opened (errno), the former kept. */
bool net_log(struct net *n, const char *path);

/*
 * Make TARGET (HOST, HOST:PORT, [ADDR]:PORT) the host to ask; FAMILY AF_INET,
 * AF_INET6 or AF_UNSPEC.  NULL, or why not (constant), the former host kept.
 */
const char *net_open(struct net *n, const char *target, int family);

/* "127.0.0.1:123" into OUT, which is returned. */
const char *net_endpoint(
    const struct net_candidate *c, char out[NTPQ_ENDPOINT_MAX]);

/* Words for an errno. */
const char *net_strerror(int err);

/* One question, retried once; ends within bounded time whatever arrives. */
enum ask_result net_ask(
    struct net *n, const struct query *q, struct reply *rep);

/* Say why RES, and what mends it. */
void net_complain(FILE *err, const struct net *n, enum ask_result res,
    const struct query *q, const struct reply *rep);

/* --- names (ntpq_name.c) ------------------------------------------------ */

/* Name of ADDR, or its number when NUMERIC or when it has no name.  OUT has
 * NTPQ_NAME_MAX octets and is returned. */
const char *name_of(const struct ntp_addr *addr, bool numeric, char *out);

/* "LOCAL(0)" for 127.127.1.0; false when ADDR is no reference clock. */
bool name_of_clock(const struct ntp_addr *addr, char *out, size_t cap);

/* --- values of a reply (ntpq_reply.c) ----------------------------------- */

/* The item called NAME, blanks around the value removed. */
bool reply_find(const struct reply *r, const char *name, struct var_item *it);
/* FALLBACK when it is missing, malformed or outside 0..MAX. */
unsigned reply_uint(
    const struct reply *r, const char *name, unsigned max, unsigned fallback);
double reply_double(const struct reply *r, const char *name); /* else 0 */
ntp_ts reply_ts(const struct reply *r, const char *name);     /* else zero */
/* Blanks around the value removed; a missing value becomes empty. */
void reply_trim(struct var_item *it);
/* Without quotes, made printable; "" when missing.  Returns OUT. */
const char *reply_text(
    const struct reply *r, const char *name, char *out, size_t cap);
bool reply_addr(const struct reply *r, const char *name, struct ntp_addr *a);

/* --- words for status words (ntpq_status.c) ----------------------------- */

enum status_kind { STATUS_SYS, STATUS_PEER, STATUS_CLOCK };

#define PEER_STATUS_CONFIG 0x8000U
#define PEER_STATUS_AUTHEN 0x4000U
#define PEER_STATUS_AUTHIC 0x2000U
#define PEER_STATUS_REACH  0x1000U
#define PEER_STATUS_BCAST  0x0800U
#define PEER_STATUS_SEL(s) (((s) >> 8) & 7U)
#define STATUS_EVENTS(s)   (((s) >> 4) & 0xfU)
#define STATUS_EVENT(s)	   ((s)&0xfU)

/* "leap_none, sync_ntp, 1 event, clock_sync". */
const char *status_words(
    enum status_kind kind, unsigned status, char *out, size_t cap);
char status_tally(unsigned status);
/* "sys.peer". */
const char *status_condition(unsigned status);
/* Row IND (from 1) of the associations billboard, without newline. */
void assoc_row(FILE *out, unsigned ind, unsigned associd, unsigned status);
void assoc_json(
    struct json *j, unsigned ind, unsigned associd, unsigned status);

/* --- cooked display (ntpq_cooked.c) ------------------------------------- */

struct cooked_style {
	bool plus;     /* explicit sign of values >= 0 */
	bool units;    /* times and frequencies with their unit */
	bool numeric;  /* no host names */
	int64_t pivot; /* Unix s, unfolds the era of timestamps */
	unsigned fold; /* columns; 0: 72 */
};

/* All items of the reply, folded. */
void cooked_print(
    FILE *out, const struct reply *r, const struct cooked_style *style);
/* As the server sent it, control characters made visible. */
void raw_print(FILE *out, const struct reply *r);

/* One value as `readvar' shows it, into OUT.  The name chooses the format. */
const char *cooked_value(const struct var_item *it,
    const struct cooked_style *style, char *out, size_t cap);

/* --- units (ntpq_units.c) ----------------------------------------------- */

#define UNITS_MAX 40U /* octets of a value with its unit and NUL */

/* "18.114us", cut to WIDTH columns as far as it has decimals; PLUS adds a '+'
 * to values >= 0.  Returns OUT. */
const char *units_ms(char out[UNITS_MAX], double ms, bool plus, size_t width);
/* The value of a variable that has a unit; false when it has none or does not
 * parse. */
bool units_variable(
    const struct var_item *it, bool plus, char *out, size_t cap);

/* --- the peers billboard (ntpq_peers.c) --------------------------------- */

enum peers_view {
	PEERS_REFID, /* peers, lpeers */
	PEERS_ASSID, /* apeers, lapeers */
	PEERS_LOCAL, /* opeers, lopeers */
};
#define PEERS_ALL   0x10 /* added to the view: the l... commands */
#define PEERS_RIGHT 0x20 /* added to the view: rpeers */

struct peers_style {
	enum peers_view view;
	bool plus, wide, numeric;
	bool srcname;  /* the server's name for the remote, even if numeric */
	unsigned more; /* columns of the remote beyond 15 */
	bool right;    /* the remote behind the numbers */
	bool units;    /* a unit behind each time */
	bool bits;     /* reach as eight of them, not in octal */
	int hostwidth; /* columns of the server in front; 0: one server */
};

/* One association as the billboard shows it. */
struct peer_line {
	unsigned associd, status;
	uint8_t family; /* of srcadr: enum addr_family */
	bool bound;	/* local is an address */
	char remote[NTPQ_NAME_MAX], local[NTPQ_NAME_MAX];
	char address[NTPQ_NAME_MAX]; /* of the remote, as a number */
	char refid[NTPQ_WORD_MAX];   /* as the table shows it */
	char source[NTPQ_WORD_MAX];  /* refid as the server sent it */
	char server[NTPQ_NAME_MAX];  /* for the column in front */
	unsigned stratum, reach;
	char type;
	unsigned nts;			    /* cookies left; 9: not with NTS */
	int64_t when;			    /* s; 0: never */
	double poll;			    /* s; 0: unknown */
	double delay, offset, jitter, disp; /* ms */
};

/* NOW is this machine's clock. */
void peer_read(struct peer_line *p, const struct reply *r, ntp_ts now,
    const struct peers_style *style);
void peers_header(FILE *out, const struct peers_style *style);
/* What the columns mean. */
void peers_legend(FILE *out);
void peers_row(
    FILE *out, const struct peer_line *p, const struct peers_style *style);

/* --- the program -------------------------------------------------------- */

struct assoc {
	uint16_t id, status;
};

/* Who we are to the daemon (ntpq_auth.c). */
struct credentials {
	bool always;	/* sign every request */
	uint32_t keyid; /* 0: not said yet */
	enum mac_type type;
	char secret[NTPQ_SECRET_MAX]; /* as typed; "": from the keys file */
	struct keystore *keys;	      /* owned; NULL: none yet */
};

struct ntpq {
	FILE *out, *err;
	FILE *note;	   /* where err ends up while it is kept for JSON */
	struct json *json; /* the document being written, or NULL for tables */
	bool want_json;
	bool legend;	/* above the peers */
	bool reachbits; /* not octal */
	bool units;	/* behind values */
	bool direct;	/* clients as they come */
	struct net net;
	int family; /* AF_* asked for by -4 and -6 */
	bool numeric, wide, raw, plus, oldrv, hashrefid, srcname;
	unsigned width; /* columns of the terminal; 0: not said */
	bool interactive, quit;
	unsigned ran; /* commands run so far */
	int status;   /* exit status */
	unsigned nhosts;
	int hostwidth;	/* longest host name */
	unsigned delay; /* ms, kept for scripts only */
	struct credentials cred;
	bool know_assocs; /* assoc[] is of this host */
	size_t nassocs;
	struct assoc assoc[NTPQ_ASSOCS_MAX]; /* ascending id */
	size_t nvars;
	struct {
		char name[MODE6_VAR_NAME_MAX], value[NTPQ_WORD_MAX];
	} var[NTPQ_VARS_MAX];
};

struct ntpq_args {
	unsigned n;
	int arg; /* of the table row */
	const char *v[NTPQ_ARGS_MAX];
};

/* Ask and report any failure; true when REP is good. */
bool ask(struct ntpq *q, const struct query *query, struct reply *rep);
/* Ask without a report; a query that must be signed gets its key first. */
enum ask_result ask_quietly(
    struct ntpq *q, const struct query *query, struct reply *rep);
/* The report alone. */
void ask_complain(struct ntpq *q, enum ask_result res,
    const struct query *query, const struct reply *rep);

/* "***" and the words to q->err, naming the server when there are many. */
#define NTPQ_PRINTF(a, b) __attribute__((format(printf, a, b)))
void complain(struct ntpq *q, const char *fmt, ...) NTPQ_PRINTF(2, 3);
/* For words that are no errors: progress. */
FILE *notes(const struct ntpq *q);
/* A line that begins with "ntpq: " and says what to do. */
void advise(struct ntpq *q, const char *fmt, ...) NTPQ_PRINTF(2, 3);

/* A keys file; false after saying why not. */
bool auth_read_keys(struct ntpq *q, const char *path);
/* Something to sign with, asking the user when at a terminal; false after
 * saying what is missing. */
bool auth_ready(struct ntpq *q);
/* The names that `keytype' takes. */
void keytypes_print(FILE *out);
/* Wipes the secrets. */
void auth_forget(struct ntpq *q);

/* The host that all further questions go to; false after saying why not. */
bool ntpq_host(struct ntpq *q, const char *target, int family);

/* Read the list of associations; false after saying why not. */
bool assoc_fetch(struct ntpq *q);
/* An association id or &N; false after saying what is wrong. */
bool assoc_arg(struct ntpq *q, const char *s, uint16_t *id);
/* Decimal number 0..max; false after saying so. */
bool uint_arg(struct ntpq *q, const char *s, unsigned max, unsigned *out);

/* "server=HOST " when there are several. */
void server_print(const struct ntpq *q, FILE *out);
/* The line "associd=N status=HHHH words," of a reply. */
void status_line_print(
    FILE *out, const struct query *query, const struct reply *rep);

/* The same as members of the object being written. */
void status_json(
    struct json *j, const struct query *query, const struct reply *rep);
/* All items of the reply as the object KEY. */
void reply_json(struct json *j, const char *key, const struct reply *rep);

/* --- Ctrl-C (ntpq_interrupt.c) ------------------------------------------ */

/* From now on it only makes what is returned other than 0. */
const volatile sig_atomic_t *interrupt_catch(struct sigaction *before);
/* As it was BEFORE, and none came. */
void interrupt_release(const struct sigaction *before);
bool interrupt_came(void);

/* --- for Prometheus (ntpq_metrics.c) ------------------------------------ */

struct metrics;

/* Owned by the caller; NULL when out of memory. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics **m);
/* Adds the state of the current host, or that HOST could not be asked. */
void metrics_collect(struct metrics *m, struct ntpq *q);
void metrics_down(struct metrics *m, const struct ntpq *q, const char *host);
/* All of it in the text format 0.0.4. */
void metrics_print(FILE *out, struct metrics *m);

/* Whether the first word of LINE is the whole name of a command. */
bool command_exists(const char *line);

/*
 * A line of the user behind PROMPT, to be freed; NULL at the end of input.
 * With libedit (ntpq_edit.c) it can be edited at a terminal, and NAMES(0..)
 * complete its first word, up to the first that is NULL.
 */
typedef const char *edit_name_fn(size_t i);
char *edit_line(const char *prompt, edit_name_fn *names);
char *edit_plain_line(const char *prompt);
extern const char edit_words[]; /* which library, for --version */

/* Run one command line.  The line loop reads stdin up to its end or `quit'. */
void command_run(struct ntpq *q, const char *line);
void command_loop(struct ntpq *q);

/* --- what to do (ntpq_run.c) -------------------------------------------- */

struct work {
	struct target {
		const char *name;
		int family;
	} host[NTPQ_HOSTS_MAX]; /* one at least */
	const char *command[NTPQ_COMMANDS_MAX];
	unsigned nhosts, ncommands;
	unsigned watch; /* s between rounds; 0: one round */
	bool prometheus;
};

void work_run(struct ntpq *q, const struct work *w);

/* --- about the program (ntpq_help.c) ------------------------------------ */

void help_print(FILE *out);
/* By way of the user's pager when at a terminal. */
void help_page(void);
void version_print(FILE *out);
/* HOW is "v", "c" with the copyright, "n" with the licence; NULL is "v".
 * False when it is none of them. */
bool version_show(FILE *out, const char *how);

/* Tables of ntpq_stats.c. */
enum stats_id {
	STATS_AUTHINFO,
	STATS_IOSTATS,
	STATS_KERNINFO,
	STATS_MONSTATS,
	STATS_MSSNTPINFO,
	STATS_NTSINFO,
	STATS_NTSKEINFO,
	STATS_PSTATS,
	STATS_SYSINFO,
	STATS_SYSSTATS,
	STATS_TIMERSTATS,
};

/* Commands: rows of the table in ntpq_command.c. */
typedef void command_fn(struct ntpq *q, const struct ntpq_args *a);

command_fn cmd_peers, cmd_associations, cmd_passociations; /* arg: see there */
command_fn cmd_readvar, cmd_mreadvar, cmd_readlist, cmd_mreadlist;
command_fn cmd_addvars, cmd_rmvars, cmd_clearvars, cmd_showvars;
command_fn cmd_statistics;
command_fn cmd_host, cmd_timeout, cmd_delay, cmd_hostnames, cmd_debug;
command_fn cmd_raw, cmd_cooked, cmd_ntpversion, cmd_version, cmd_drefid;
command_fn cmd_units, cmd_direct, cmd_logfile, cmd_doflake, cmd_noflake;
command_fn cmd_poll, cmd_help, cmd_quit;
command_fn cmd_keyid, cmd_keytype, cmd_passwd, cmd_authenticate;
command_fn cmd_config, cmd_config_from_file, cmd_saveconfig;
command_fn cmd_writevar, cmd_writelist;
command_fn cmd_ifstats, cmd_reslist;
command_fn cmd_why, cmd_history;
command_fn cmd_mrulist;

#endif /* NTPQ_H */
