/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_daemon.h - the wing's side of the main loop.
 */
#ifndef NTS_DAEMON_H
#define NTS_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "../ntpd.h"
#include "nts.h"
#include "nts_keys.h"

struct nts {
	struct nts_port port; /* first: the port is the object */
	struct daemon *d;
	struct letterbox to, from; /* the thread */
	uv_async_t bell;
	struct nts_thread *thread; /* NULL: not wanted yet */
	uv_thread_t id;
	bool running;
	size_t asked; /* questions without answer */
	struct nts_keyfile keys;
	bool served;	 /* the engine has them */
	bool unwritable; /* it was said that they cannot be kept */
	uv_timer_t daily;
};

/* What the thread has to know, the caller's; NULL: out of memory.  The first
 * without what depends on the machine. */
struct nts_settings *nts_settings_plain(const struct ntp_config *c);
struct nts_settings *nts_settings_of(const struct daemon *d);
struct nts_question *nts_question_of(const struct daemon *d, uint32_t tag,
    const struct config_assoc *line, const struct ntp_addr *silent);
int64_t nts_unix_now(const struct daemon *d);

/* nts_cookies.c: read the file, or make keys; hand them to engine and thread.
 */
void nts_cookies_follow(struct nts *n);
/* The configuration wants no server any more. */
void nts_cookies_drop(struct nts *n);
/* A new key when it is time. */
void nts_cookies_rotate(struct nts *n);

#endif /* NTS_DAEMON_H */
