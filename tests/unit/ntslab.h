/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntslab.h - associations with Network Time Security: what their tests share.
 *
 * There is one lab at a time.
 */
#ifndef NTSLAB_H
#define NTSLAB_H

#include "ntp_ntsserver.h"
#include "world.h"

#define ONE	     "server ntp.example nts iburst minpoll 4 maxpoll 4\n"
#define COOKIE	     104U
#define COOKIES_SEEN 4096U

/* What the server, or somebody on the wire, does to its replies. */
enum trick {
	HONEST,
	PLAIN,	   /* answers without */
	NAK,	   /* refuses every cookie */
	NAK_FIRST, /* somebody refuses, then the server answers */
	WRONG_NAK, /* somebody who has not seen the request refuses */
	OTHER_UID,
	APPENDED, /* a field behind the authenticator */
	OUTSIDE,  /* a cookie that is not sealed */
	SHIFTED,  /* its timestamps are altered */
	RATE,	  /* limits us, with authority */
	BARE_RATE /* ... or without */
};

struct ntslab {
	struct world w;
	struct nts_jar *jar;
	struct nts_keys keys;
	enum trick trick;
	unsigned asked, good; /* requests, and those in order */
	unsigned wanted;      /* cookies, by the last one */
	size_t last_len;
	uint64_t seen[COOKIES_SEEN]; /* hashes of the cookies used */
};

extern struct ntslab ntslab;

/* A world of CONF, and in it the server at 192.0.2.1. */
struct world_server *ntslab_begin(struct ntslab *l, const char *conf);
/* The same, and keys have come for it. */
struct world_server *ntslab_keyed(struct ntslab *l, const char *conf);
/* Another server, at 192.0.2.N. */
struct world_server *ntslab_server(struct ntslab *l, unsigned n);
void ntslab_end(struct ntslab *l);
/* New keys, with as many cookies as there can be. */
struct nts_session ntslab_session(struct ntslab *l);
/* Keys come for the server at 192.0.2.N. */
void ntslab_establish(struct ntslab *l, unsigned n);
/* No keys come, for that reason. */
void ntslab_fail_with(struct ntslab *l, const char *words);
uint64_t ntslab_counted(const struct ntslab *l, enum nts_count what);
/* What is said of association K begins so. */
void ntslab_says(struct ntslab *l, unsigned k, const char *begins);

#endif /* NTSLAB_H */
