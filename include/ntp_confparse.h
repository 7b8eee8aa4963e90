/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_confparse.h - what the rooms of the configuration parser share.
 *
 * Nothing outside ntpd/ntp_conf*.c and ntp_keyword.c includes this.
 */
#ifndef NTP_CONFPARSE_H
#define NTP_CONFPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_config.h"
#include "ntp_scanner.h"

/* --- keywords ------------------------------------------------------------ */

enum keyword_ctx {
	KEYWORD_DIRECTIVE,
	KEYWORD_ASSOC,
	KEYWORD_FUDGE,
	KEYWORD_DEVICE,
	KEYWORD_DRIVER,
	KEYWORD_RESTRICT,
	KEYWORD_TARGET,
	KEYWORD_DISCARD,
	KEYWORD_MRU,
	KEYWORD_LIMIT,
	KEYWORD_EXTRA,
	KEYWORD_RLIMIT,
	KEYWORD_RESET,
	KEYWORD_CRYPTO,
	KEYWORD_NTS,
	KEYWORD_STATS,
	KEYWORD_FILEGEN,
	KEYWORD_FILETYPE,
	KEYWORD_DISCIPLINE,
	KEYWORD_TOS,
	KEYWORD_TINKER,
	KEYWORD_PANICACTION,
	KEYWORD_FLAG,
	KEYWORD_IFACE,
	KEYWORD_MATCH,
	KEYWORD_LOGCLASS,
	KEYWORD_LOGTYPE,
	KEYWORD_LEAPHASH,
	KEYWORD_SMEAR,
	KEYWORD_NOTHING, /* no word is expected */
};

enum keyword_id {
	KW_NONE,
#define ANYWORD(name, word, text) KW_##name,
#include "ntp_tbl_keyword.h"
	KW_IDS
};

enum keyword_arg {
	ARG_NONE,
	ARG_INT,  /* decimal */
	ARG_UINT, /* decimal or 0x hexadecimal */
	ARG_NUM,  /* decimal fraction */
	ARG_BOOL,
	ARG_STR, /* any word */
};

enum keyword_state { KW_WORKS, KW_QUIET, KW_NOTYET, KW_OBSOLETE, KW_REFUSED };

/* Small, for there are many. */
struct keyword {
	uint16_t id;		 /* enum keyword_id */
	uint16_t word, text;	 /* see keyword_word() */
	uint16_t range;		 /* see keyword_lo() */
	uint16_t bit;		 /* of a restrict flag */
	uint8_t ctx, arg, state; /* enum keyword_ctx, _arg, _state */
	bool strict;		 /* a bad value refuses the line */
	char tier;
};

const char *keyword_word(const struct keyword *k);
const char *keyword_text(const struct keyword *k);
/* Of the number that follows it; equal where all are good. */
double keyword_lo(const struct keyword *k);
double keyword_hi(const struct keyword *k);
/* Keyword WORD of CTX, or NULL. */
const struct keyword *keyword_find(enum keyword_ctx ctx, const char *word);
/* The one that WORD may have been meant for, or NULL; case is ignored. */
const struct keyword *keyword_near(enum keyword_ctx ctx, const char *word);
/* Row I of the table, NULL at its end. */
const struct keyword *keyword_at(size_t i);

/* --- the parser ---------------------------------------------------------- */

struct conf_pos {
	unsigned line, column;
};

/* One file being read. */
struct confparse {
	struct ntp_config *cfg;
	const struct config_io *io; /* may be NULL */
	const char *file;	    /* owned by the configuration */
	struct confparse *parent;   /* the including file */
	struct scanner scan;
	struct scan_token tok; /* the last one read */
	struct conf_pos at;    /* first word of the line */
	unsigned depth;	       /* of includes */
	bool bad;	       /* something on this line is wrong ... */
	bool refused;	       /* ... and nothing of it may apply */
	bool muted;	       /* the directive has had its warning */
	bool unnumbered;       /* lines of no file */
};

/* For messages after all files are read. */
struct conf_place {
	const char *file; /* owned by the configuration */
	struct conf_pos at;
};

struct conf_fudge {
	unsigned type, unit;
	struct conf_refclock {
		unsigned given;		     /* enum conf_given */
		double time1, time2;	     /* s */
		double minjitter;	     /* s */
		char *path, *ppspath;	     /* owned until applied */
		unsigned baud;		     /* bit/s */
		unsigned flags_given, flags; /* enum ref_flag */
		int stratum;
		uint32_t refid;
	} par;
	struct conf_place place;
};
enum conf_given {
	GIVEN_TIME1 = 1 << FUDGED_TIME1,
	GIVEN_STRATUM = 1 << FUDGED_STRATUM,
	GIVEN_REFID = 1 << FUDGED_REFID,
	GIVEN_TIME2 = 1 << FUDGED_TIME2,
	GIVEN_MINJITTER = 1 << FUDGED_MINJITTER,
	GIVEN_BAUD = 32 /* no word of fudge */
};

struct conf_unpeer {
	char *host;
	struct conf_place place;
};

/* Applied by config_finish(), wherever it stands in the files. */
struct config_pending {
	struct conf_fudge *fudge;
	size_t nfudge;
	struct conf_unpeer *unpeer;
	size_t nunpeer;
	struct conf_place controlkey, monitor, tos; /* the last of each */
	unsigned disabled; /* of the flags: `disable` beats `enable` */
	size_t checked;	   /* associations that are checked already */
	bool ended;	   /* `end`: nothing more is read */
	bool nomem;
};

/* All is applied: forget it. */
void conf_pending_clear(struct config_pending *q);

/* Report at *AT, or at the last token when NULL; HINT may be NULL. */
void conf_warn(struct confparse *p, const struct conf_pos *at, const char *hint,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void conf_error(struct confparse *p, const struct conf_pos *at,
    const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Count and hand on one message. */
void config_report(struct ntp_config *c, const struct config_io *io,
    const struct config_diag *d);
/* Warn after all files are read; HINT may be NULL. */
void config_warn_at(struct ntp_config *c, const struct config_io *io,
    const struct conf_place *place, const char *text, const char *hint);
/* Error: the last token is none of the words of CTX. */
void conf_unexpected(struct confparse *p, enum keyword_ctx ctx);
/* The warning for a word that does nothing, unless the line had its. */
void conf_idle(
    struct confparse *p, const struct conf_pos *at, const struct keyword *k);
struct conf_pos conf_here(const struct confparse *p);
struct conf_place conf_place(const struct confparse *p);

/* This line, as origin of what it says. */
struct config_origin conf_origin(const struct confparse *p);
/* This line has said the word ID. */
void conf_note(struct confparse *p, enum keyword_id id);

/* Read a token; false at the end of the line or of what can be read of it. */
bool conf_next(struct confparse *p, enum scan_mode mode);
/* Is anything left on the line? */
bool conf_more(const struct confparse *p);
/* Read a word, whatever it looks like; an error without one. */
bool conf_string(struct confparse *p, const char *what);
/* Error unless the line ends here. */
bool conf_end(struct confparse *p);
/* Read a keyword of CTX; NULL at the end of the line, or after an error. */
const struct keyword *conf_keyword(struct confparse *p, enum keyword_ctx ctx);
/* The last token as keyword of CTX, or NULL. */
const struct keyword *conf_token_keyword(
    const struct confparse *p, enum keyword_ctx ctx);

struct conf_value {
	double num;	 /* of integers and bool too */
	bool outside;	 /* was out of range and is clamped */
	const char *str; /* valid until the next token is read */
};
/* Read the argument of K; false after an error. */
bool conf_argument(
    struct confparse *p, const struct keyword *k, struct conf_value *v);
/* Bring V, just read for K, between LO and HI, and say so. */
void conf_range(struct confparse *p, const struct keyword *k,
    struct conf_value *v, double lo, double hi);
/* Decimal (or 0x, when HEX) integer of the last token. */
bool conf_integer(const struct confparse *p, bool hex, double *out);
/* The only argument of a directive: an integer LO..HI. */
bool conf_only_integer(struct confparse *p, double lo, double hi, double *out);

/*
 * Read keywords of CTX with their arguments to the end of the line; APPLY is
 * called for each that works.  Stops at the first error: p->bad; p->refused
 * when nothing of the line may apply.
 */
typedef void conf_apply(struct confparse *p, void *obj, const struct keyword *k,
    const struct conf_value *v);
void conf_options(
    struct confparse *p, enum keyword_ctx ctx, conf_apply *apply, void *obj);

/* Room for one more in ARRAY of N elements of SIZE: the array, its new element
 * cleared, or NULL (nomem is set, ARRAY stays).  The capacity is the power of
 * two above N. */
void *conf_grow(struct ntp_config *c, void *array, size_t n, size_t size);
/* A copy; NULL and nomem when there is no memory. */
char *conf_strdup(struct ntp_config *c, const char *s);
/* Replace *DST by a copy of S. */
void conf_set(struct ntp_config *c, char **dst, const char *s);

#define CONFIG_HOST_MAX 256U /* octets of a name, with its NUL */

/* A word that begins with -4 or -6. */
enum addr_family conf_family(const struct scan_token *t);
/* May S be an address or a domain name? */
bool conf_is_host(const char *s);

/* --- writing ------------------------------------------------------------- */

struct conf_text {
	char *p; /* malloc'd */
	size_t len, cap;
	bool bad; /* out of memory */
};

/* Append; nothing happens any more when memory has run out. */
void conf_add(struct conf_text *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* " WORD V", unless V is the STANDARD. */
void conf_add_number(
    struct conf_text *o, const char *word, double v, double standard);
bool conf_differs(double a, double b);
/* Whole lines. */
void conf_write_rule(struct conf_text *o, const struct config_iface *r);
void conf_write_group(struct conf_text *o, const struct config_group *g);
void conf_write_range(struct conf_text *o, const struct config_range *r);
/* SET is an enum stats_set; nothing for one that is not recorded. */
void conf_write_filegen(
    struct conf_text *o, size_t set, const struct config_filegen *f);
void conf_write_logmask(struct conf_text *o, unsigned mask);
void conf_write_restrict(struct conf_text *o, const struct config_restrict *r);
/* Without the words of fudge. */
void conf_write_assoc(struct conf_text *o, const struct config_assoc *a);
void conf_write_fudge(struct conf_text *o, const struct config_assoc *a);
/* " WORD VALUE"; false, and nothing, where there is none to say. */
bool conf_write_fudged(
    struct conf_text *o, const struct config_assoc *a, enum fudged word);

/* Of an association: " HOST" with its port, and the words of `nts`. */
void conf_write_host(struct conf_text *o, const struct config_assoc *a);
void conf_write_assoc_nts(struct conf_text *o, const struct config_assoc *a);
void conf_write_nts(struct conf_text *o, const struct config_nts *n);

/* --- directives ---------------------------------------------------------- */

typedef void conf_directive(struct confparse *p, const struct keyword *k);

/* ntp_config.c */
conf_directive confdo_include, confdo_end;
/* ntp_config_assoc.c */
conf_directive confdo_assoc, confdo_refclock, confdo_unpeer;
/* Free what A owns. */
void config_assoc_clear(struct config_assoc *a);
void config_finish_assocs(struct ntp_config *c, const struct config_io *io);
int config_assoc_add_server(struct ntp_config *c, const char *host);
/* ntp_config_clock.c */
conf_directive confdo_fudge, confdo_device;
/* Is there a driver?  If not, that is said of TEXT and the last token. */
bool conf_has_driver(struct confparse *p, unsigned type, const char *text);
/* Its driver has the mode of A; false: it has not, which was said AT. */
bool conf_has_mode(struct confparse *p, const struct config_assoc *a,
    const struct conf_pos *at);
/* Of the words of fudge that work; false: another word. */
bool conf_take_refclock(struct confparse *p, struct conf_refclock *par,
    enum keyword_id id, const struct conf_value *v);
/* Takes what PAR, of the line FROM, owns. */
void conf_apply_refclock(struct config_assoc *a, struct conf_refclock *par,
    const struct config_origin *from);
void conf_refclock_clear(struct conf_refclock *par);
/* Fudge onto its clocks, and their defaults. */
void config_finish_clocks(struct ntp_config *c, const struct config_io *io);
/* ntp_config_access.c */
conf_directive confdo_restrict, confdo_unrestrict;
/* ntp_config_files.c */
conf_directive confdo_path, confdo_driftfile, confdo_leapfile, confdo_statsdir;
conf_directive confdo_leapsmear, confdo_nonvolatile;
conf_directive confdo_statistics, confdo_filegen, confdo_logconfig;
/* ntp_config_misc.c */
conf_directive confdo_options, confdo_flags, confdo_trustedkey;
conf_directive confdo_controlkey, confdo_number, confdo_simulate;
conf_directive confdo_ignore;
/* ntp_config_net.c */
conf_directive confdo_interface, confdo_listen, confdo_port, confdo_dscp;
conf_directive confdo_threads, confdo_gather;
/* `extra port`, `nts port` */
conf_apply conf_extra_port;
/* ntp_config_nts.c */
conf_directive confdo_nts;
/* Of the words behind a server; false: another word. */
bool conf_take_nts(struct confparse *p, struct config_assoc *a,
    enum keyword_id id, const struct conf_value *v);
/* All words are read; false: the line, which began at *AT, is refused. */
bool conf_settle_nts(
    struct confparse *p, struct config_assoc *a, const struct conf_pos *at);
bool conf_same_nts(const struct config_assoc *a, const struct config_assoc *b);
/* ntp_config_var.c */
conf_directive confdo_setvar;
conf_directive confdo_phone;
/* ntp_config_modes.c */
conf_directive confdo_broadcastclient, confdo_groups, confdo_broadcastdelay;
conf_directive confdo_ttl;
conf_directive confdo_hwtimestamp;

#endif /* NTP_CONFPARSE_H */
