/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_iface.h - our own addresses, and on which of them to listen.
 */
#ifndef NTP_IFACE_H
#define NTP_IFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_addr.h"
#include "ntp_config.h"

#define IFACE_ADDRS_MAX 1024U
#define IFACE_LOOPS_MAX 4U

struct iface_addr {
	struct ntp_addr addr;
	char name[IF_NAMESIZE]; /* "" for none */
	bool loopback;		/* of a loopback interface */
};

/* All addresses of the machine. */
struct iface_list {
	struct iface_addr *a; /* owned */
	size_t n;
	unsigned loop[IFACE_LOOPS_MAX]; /* indices of loopback interfaces */
	size_t nloop;
};

/* What the configuration and the command line want; the array is borrowed. */
struct iface_rules {
	const struct config_iface *rule;
	size_t n;
	bool novirtual;		  /* -L */
	enum addr_family family;  /* -4, -6; ADDR_NONE: both */
	uint16_t port, extraport; /* extraport 0: none */
	size_t shortcuts;	  /* sockets beside the wildcard pair */
};

/* A socket to have. */
struct iface_want {
	struct ntp_addr local; /* with port */
	char name[IF_NAMESIZE];
	bool wildcard;
	bool shortcut; /* beside a wildcard socket, which hears it as well */
	bool drop;     /* open it, but discard what comes */
	bool implied;  /* loopback that no rule names: for ntpq */
};

/* Ask the kernel, by netlink or, where that is closed, by ioctl (IPv4 only).
 * 0, -NTP_ENOMEM, -NTP_EIO; the list is then as it was. */
int iface_list_get(struct iface_list *l);
void iface_list_free(struct iface_list *l);

/* Same addresses in the same order? */
bool iface_list_equal(const struct iface_list *a, const struct iface_list *b);

/* Read a rule of -I: a name (pattern) or ADDR[/BITS]; NAME is borrowed. */
void iface_rule_parse(const char *text, struct config_iface *rule);

/* Is there anything that the rule names? */
bool iface_rule_meets(const struct config_iface *r, const struct iface_list *l);

/*
 * What to do with an address.  The last matching rule decides.  Without a
 * match: everything when there are no rules; with rules nothing but loopback,
 * and not that either once a rule names a loopback address to listen on.
 */
enum iface_action iface_judge(
    const struct iface_rules *r, const struct iface_addr *a);

/*
 * The sockets to have, into W (CAP): one for each address; where there are no
 * rules or they ask for it, the wildcard pair before those of the first
 * addresses, loopback last, as many as SHORTCUTS.  Returns the number.
 */
size_t iface_plan(const struct iface_rules *r, const struct iface_list *l,
    struct iface_want *w, size_t cap);

/* The same sockets once more on `extra port`, behind the N of W; the number of
 * all. */
size_t iface_plan_extra(
    const struct iface_rules *r, struct iface_want *w, size_t n, size_t cap);

/* What rules and addresses mean for a datagram, made ready for use: whoever
 * only reads it may be another thread. */
struct iface_filter {
	struct ntp_addr *denied; /* owned: not to be listened on */
	size_t ndenied;
	unsigned loop[IFACE_LOOPS_MAX]; /* indices of loopback interfaces */
	size_t nloop;
};

/* 0 or -NTP_ENOMEM, when F is as it was. */
int iface_filter_make(struct iface_filter *f, const struct iface_rules *r,
    const struct iface_list *l);
void iface_filter_free(struct iface_filter *f);

/* May a datagram to DST, received on a wildcard socket, be looked at? */
bool iface_allows(const struct iface_filter *f, const struct ntp_addr *dst);

/* A loopback source that came in by another interface is forged. */
bool iface_spoofed(
    const struct iface_filter *f, const struct ntp_addr *src, unsigned ifindex);

#endif /* NTP_IFACE_H */
