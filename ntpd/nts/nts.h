/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts.h - the wing of key establishment: what its rooms share.
 *
 * Nothing of it may delay a time packet: a thread with a loop of its own does
 * the connections, the certificates and the TLS.  The daemon's main loop and
 * this thread share nothing but two boxes of letters; the engine, the log and
 * all files but certificates belong to the main loop.
 */
#ifndef NTS_H
#define NTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <time.h>
#include <uv.h>

#include "../ntp_iface.h"
#include "../ntp_records.h"
#include "ntp_addr.h"
#include "ntp_nts.h"
#include "ntp_ntscookie.h"
#include "ntp_ports.h"
#include "ntp_restrict.h"
#include "nts_limit.h"
#include "nts_tls.h"

#define NTS_ADDRS     16U  /* of one name that are tried */
#define NTS_QUESTIONS 64U  /* of the engine at one time */
#define NTS_GUESTS    128U /* clients at one time */

/* --- what the thread is told --------------------------------------------------
 */

/* Of the configuration; owned by whom it was given to. */
struct nts_settings {
	bool server;
	uint16_t listen;  /* TCP port */
	uint16_t ntpport; /* to tell clients; 0: it is 123 */
	struct tls_words tls;
	char **ca; /* that associations name, beside tls.ca */
	size_t nca;
	struct restrict_list *access;
	struct iface_filter filter;
	bool no4, no6; /* families that this machine has not */
};
void nts_settings_free(struct nts_settings *s);

/* Keys for an association; owned likewise. */
struct nts_question {
	uint32_t tag;
	char *name;    /* or numeric address */
	char *ca;      /* NULL: the general one */
	uint16_t port; /* TCP */
	int family;    /* AF_* to look for */
	uint16_t aead[2];
	size_t naead;
	bool anybody, unsure; /* as in struct tls_partner */
	int64_t now;	      /* Unix s */
	struct ntp_addr silent;
};
void nts_question_free(struct nts_question *q);

/* --- what it tells ---------------------------------------------------------- */

struct nts_result {
	uint32_t tag;
	bool good;
	struct nts_session session;
	struct ntp_addr addr;		  /* port 0: the line's */
	char text[TLS_WHY + ADDR_STRLEN]; /* why not, or how */
};

/* A client was served. */
struct nts_served {
	enum ke_end how;
	double wall, cpu; /* s */
	struct ntp_addr addr;
	char text[TLS_WHY];
};

struct nts_words {
	enum ntp_loglevel level;
	char text[TLS_WHY + ADDR_STRLEN];
};

/* --- letters ---------------------------------------------------------------- */

enum letter_kind {
	LETTER_SETTINGS, /* struct nts_settings */
	LETTER_KEYS,	 /* struct nts_cookiekeys; no body: none */
	LETTER_ASK,	 /* struct nts_question */
	LETTER_REREAD,	 /* certificates */
	LETTER_STOP,
	LETTER_RESULT, /* struct nts_result */
	LETTER_SERVED, /* struct nts_served */
	LETTER_WORDS,  /* struct nts_words */
};

struct letter {
	STAILQ_ENTRY(letter) next;
	enum letter_kind kind;
	void *body; /* owned */
};
STAILQ_HEAD(letters, letter);

struct letterbox {
	uv_mutex_t lock;
	uv_async_t *bell; /* NULL: nobody listens yet */
	struct letters in;
};

/* 0 or -NTP_ENOMEM. */
int box_init(struct letterbox *b);
/* Empties it. */
void box_fini(struct letterbox *b);
/* Takes BODY over, also when it is lost for want of memory. */
void box_post(struct letterbox *b, enum letter_kind kind, void *body);
/* The oldest letter, now the caller's; NULL: there is none. */
struct letter *box_take(struct letterbox *b);
void letter_free(struct letter *l);

/* --- the thread ------------------------------------------------------------- */

/* When a file was last what we have read. */
struct nts_stamp {
	struct timespec mtime;
	ino_t ino;
};
/* Has PATH changed since?  Remembers. */
bool nts_stamp_changed(struct nts_stamp *s, const char *path);

/* Whom we trust, by `ca`. */
struct nts_trust {
	char *ca; /* NULL: the system's */
	SSL_CTX *ctx;
	struct nts_stamp stamp;
};

struct nts_guest;
struct nts_probe;

struct nts_thread {
	struct letterbox *in, *out;
	uv_loop_t loop;
	uv_async_t bell;
	uv_timer_t tend;
	bool stopping;
	uv_sem_t stopped;
	_Atomic bool hangs; /* in a look-up, it will end later */

	struct nts_settings *set;
	struct nts_trust *trust;
	size_t ntrust;
	LIST_HEAD(, nts_probe) probes;

	SSL_CTX *identity; /* as server; NULL: none */
	struct nts_stamp cert, key;
	char complaint[TLS_WHY]; /* said last about server and listeners */
	uv_tcp_t listener[2];	 /* IPv6, IPv4 */
	bool listens[2], heard[2];
	uint16_t port; /* of both */
	struct nts_jar *jar;
	struct nts_limit limit;
	TAILQ_HEAD(, nts_guest) guests; /* the oldest first */
};

/* Say it in the daemon's log. */
void nts_say(struct nts_thread *t, enum ntp_loglevel level, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* nts_client.c */
/* Takes Q over; the answer is a letter. */
void nts_probe_start(struct nts_thread *t, struct nts_question *q);
void nts_probes_stop(struct nts_thread *t);

/* nts_server.c */
/* Serve, or do not, as the settings say; certificates are read anew if they
 * have changed. */
void nts_server_follow(struct nts_thread *t);
void nts_server_stop(struct nts_thread *t);
/* False: something is missing, try again soon. */
bool nts_server_healthy(const struct nts_thread *t);

/* nts_thread.c */
/* 0 or -NTP_ENOMEM. */
int nts_thread_init(
    struct nts_thread *t, struct letterbox *in, struct letterbox *out);
/* New settings (taken over), or the same read again (NULL). */
void nts_thread_follow(struct nts_thread *t, struct nts_settings *set);
/* Context for clients of CA; NULL and WHY. */
SSL_CTX *nts_thread_trust(
    struct nts_thread *t, const char *ca, char why[TLS_WHY]);
/* The thread's main(), ARG is the struct nts_thread. */
void nts_thread_run(void *arg);
void nts_thread_fini(struct nts_thread *t);

#endif /* NTS_H */
