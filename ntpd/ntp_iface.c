/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_iface.c - our own addresses, and on which of them to listen.
 *
 * One wildcard pair with packet information serves all addresses, also those
 * that come later.  Addresses have sockets beside it, for there the kernel
 * need not be told where a reply is from, nor tell threads where a request
 * went.  Where rules ask for single addresses nothing else is bound.
 */
#include "ntp_iface.h"

#include <fnmatch.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ntp_err.h"
#include "ntp_socket.h"

#define IFCONF_MAX 64U

static void
name_copy(char out[IF_NAMESIZE], const char *name)
{
	size_t len = strnlen(name, IF_NAMESIZE - 1);

	memcpy(out, name, len);
	out[len] = '\0';
}

static void
list_add_loop(struct iface_list *l, const char *name)
{
	unsigned index = if_nametoindex(name);

	for (size_t i = 0; i < l->nloop; i++)
		if (l->loop[i] == index)
			return;
	if (index != 0 && l->nloop < IFACE_LOOPS_MAX)
		l->loop[l->nloop++] = index;
}

static void
list_add(struct iface_list *l, const struct sockaddr *sa, const char *name,
    bool loopback)
{
	struct iface_addr *a = &l->a[l->n];
	struct sockaddr_storage ss = {0};

	if (loopback)
		list_add_loop(l, name);
	if (sa == NULL || l->n == IFACE_ADDRS_MAX)
		return;
	if (sa->sa_family == AF_INET)
		memcpy(&ss, sa, sizeof(struct sockaddr_in));
	else if (sa->sa_family == AF_INET6)
		memcpy(&ss, sa, sizeof(struct sockaddr_in6));
	else
		return;
	sock_addr_get(&ss, &a->addr);
	a->addr.port = 0;
	name_copy(a->name, name);
	a->loopback = loopback;
	l->n++;
}

static bool
list_by_netlink(struct iface_list *l)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) != 0)
		return false;
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next)
		if ((i->ifa_flags & IFF_UP) != 0)
			list_add(l, i->ifa_addr, i->ifa_name,
			    (i->ifa_flags & IFF_LOOPBACK) != 0);
	freeifaddrs(all);
	return true;
}

static void
list_add_ifreq(struct iface_list *l, int fd, const struct ifreq *ifr)
{
	struct ifreq flags = *ifr;

	if (ioctl(fd, SIOCGIFFLAGS, &flags) != 0 ||
	    (flags.ifr_flags & IFF_UP) == 0)
		return;
	list_add(l, &ifr->ifr_addr, ifr->ifr_name,
	    (flags.ifr_flags & IFF_LOOPBACK) != 0);
}

static bool
list_by_ioctl(struct iface_list *l)
{
	struct ifreq ifr[IFCONF_MAX] = {0};
	struct ifconf ifc = {.ifc_len = sizeof ifr, .ifc_req = ifr};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	if (fd < 0)
		return false;
	ok = ioctl(fd, SIOCGIFCONF, &ifc) == 0;
	for (size_t i = 0; ok && i < (size_t)ifc.ifc_len / sizeof *ifr; i++)
		list_add_ifreq(l, fd, &ifr[i]);
	(void)close(fd);
	return ok;
}

int
iface_list_get(struct iface_list *l)
{
	struct iface_list fresh = {0};

	fresh.a = calloc(IFACE_ADDRS_MAX, sizeof *fresh.a);
	if (fresh.a == NULL)
		return -NTP_ENOMEM;
	if (!list_by_netlink(&fresh) && !list_by_ioctl(&fresh)) {
		free(fresh.a);
		return -NTP_EIO;
	}
	iface_list_free(l);
	*l = fresh;
	return 0;
}

void
iface_list_free(struct iface_list *l)
{
	free(l->a);
	memset(l, 0, sizeof *l);
}

bool
iface_list_equal(const struct iface_list *a, const struct iface_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!addr_equal(&a->a[i].addr, &b->a[i].addr) ||
		    strcmp(a->a[i].name, b->a[i].name) != 0)
			return false;
	return true;
}

void
iface_rule_parse(const char *text, struct config_iface *rule)
{
	memset(rule, 0, sizeof *rule);
	rule->action = IFACE_LISTEN;
	rule->match = IFACE_PREFIX;
	if (addr_parse_prefix(text, strlen(text), &rule->addr, &rule->bits) ==
	    0)
		return;
	rule->match = IFACE_NAME;
	memcpy(&rule->name, &text, sizeof text);
}

static bool
rule_matches(const struct config_iface *r, const struct iface_addr *a)
{
	switch (r->match) {
	case IFACE_ALL:
		return !a->loopback && !addr_is_loopback(&a->addr);
	case IFACE_IPV4:
		return a->addr.family == ADDR_V4;
	case IFACE_IPV6:
		return a->addr.family == ADDR_V6;
	case IFACE_NAME:
		return r->name != NULL &&
		    fnmatch(r->name, a->name, FNM_CASEFOLD) == 0;
	case IFACE_PREFIX:
		return addr_in_prefix(&a->addr, &r->addr, r->bits);
	case IFACE_WILDCARD:
		break;
	}
	return false;
}

static bool
names_loopback(const struct config_iface *r)
{
	return r->match == IFACE_PREFIX && r->action == IFACE_LISTEN &&
	    addr_is_loopback(&r->addr);
}

bool
iface_rule_meets(const struct config_iface *r, const struct iface_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (rule_matches(r, &l->a[i]))
			return true;
	return (r->match != IFACE_NAME && r->match != IFACE_PREFIX) ||
	    (names_loopback(r) && r->addr.family == ADDR_V4);
}

static bool
loopback_named(const struct iface_rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (names_loopback(&r->rule[i]))
			return true;
	return false;
}

enum iface_action
iface_judge(const struct iface_rules *r, const struct iface_addr *a)
{
	bool loopback = a->loopback || addr_is_loopback(&a->addr);

	if (r->novirtual && strchr(a->name, ':') != NULL)
		return IFACE_IGNORE;
	for (size_t i = r->n; i-- > 0;)
		if (rule_matches(&r->rule[i], a))
			return r->rule[i].action;
	if (r->n == 0 || (loopback && !loopback_named(r)))
		return IFACE_LISTEN;
	return IFACE_IGNORE;
}

static bool
wildcard_wanted(const struct iface_rules *r)
{
	for (size_t i = r->n; i-- > 0;)
		if (r->rule[i].match == IFACE_WILDCARD)
			return r->rule[i].action == IFACE_LISTEN;
	return r->n == 0 && !r->novirtual;
}

static size_t
plan_wildcards(const struct iface_rules *r, struct iface_want *w, size_t cap)
{
	static const uint8_t families[] = {ADDR_V6, ADDR_V4};
	static const char *const names[] = {"v6wildcard", "v4wildcard"};
	size_t n = 0;

	for (size_t i = 0; i < 2 && n < cap; i++) {
		if (r->family != ADDR_NONE && r->family != families[i])
			continue;
		memset(&w[n], 0, sizeof w[n]);
		w[n].local.family = families[i];
		w[n].local.port = r->port;
		w[n].wildcard = true;
		name_copy(w[n].name, names[i]);
		n++;
	}
	return n;
}

static bool
planned(const struct iface_want *w, size_t n, const struct ntp_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&w[i].local, a))
			return true;
	return false;
}

/* Append one socket; the same address on two interfaces gets one. */
static size_t
plan_add(const struct iface_rules *r, const struct iface_addr *a,
    struct iface_want *w, size_t n)
{
	enum iface_action act = iface_judge(r, a);

	if ((r->family != ADDR_NONE && r->family != a->addr.family) ||
	    act == IFACE_IGNORE || planned(w, n, &a->addr))
		return n;
	memset(&w[n], 0, sizeof w[n]);
	w[n].local = a->addr;
	w[n].local.port = r->port;
	w[n].drop = act == IFACE_DROP;
	w[n].implied = addr_is_loopback(&a->addr) && !loopback_named(r);
	name_copy(w[n].name, a->name);
	return n + 1;
}

/* All of 127.0.0.0/8 is ours although only one address of it is listed. */
static size_t
plan_named_loopbacks(
    const struct iface_rules *r, struct iface_want *w, size_t n, size_t cap)
{
	struct iface_addr a = {.name = "lo", .loopback = true};

	for (size_t i = 0; i < r->n && n < cap; i++) {
		if (!names_loopback(&r->rule[i]) ||
		    r->rule[i].addr.family != ADDR_V4 || r->rule[i].bits != 32)
			continue;
		a.addr = r->rule[i].addr;
		n = plan_add(r, &a, w, n);
	}
	return n;
}

/* What no rule keeps from the wildcard socket. */
static size_t
plan_shortcuts(const struct iface_rules *r, const struct iface_list *l,
    bool loopback, struct iface_want *w, size_t n, size_t cap)
{
	size_t before;

	for (size_t i = 0; i < l->n && n < cap; i++) {
		if (addr_is_loopback(&l->a[i].addr) != loopback ||
		    iface_judge(r, &l->a[i]) != IFACE_LISTEN)
			continue;
		before = n;
		n = plan_add(r, &l->a[i], w, n);
		if (n > before)
			w[before].shortcut = true;
	}
	return n;
}

static size_t
plan_all(const struct iface_rules *r, const struct iface_list *l,
    struct iface_want *w, size_t cap)
{
	size_t n = plan_wildcards(r, w, cap);

	if (cap > n + r->shortcuts)
		cap = n + r->shortcuts;
	n = plan_shortcuts(r, l, false, w, n, cap);
	return plan_shortcuts(r, l, true, w, n, cap);
}

size_t
iface_plan(const struct iface_rules *r, const struct iface_list *l,
    struct iface_want *w, size_t cap)
{
	size_t n = 0;

	if (wildcard_wanted(r))
		return plan_all(r, l, w, cap);
	for (size_t i = 0; i < l->n && n < cap; i++)
		n = plan_add(r, &l->a[i], w, n);
	return plan_named_loopbacks(r, w, n, cap);
}

size_t
iface_plan_extra(
    const struct iface_rules *r, struct iface_want *w, size_t n, size_t cap)
{
	size_t all = n;

	for (size_t i = 0; i < n && all < cap; i++) {
		if (r->extraport == 0 || w[i].local.port == r->extraport)
			continue;
		w[all] = w[i];
		w[all++].local.port = r->extraport;
	}
	return all;
}

int
iface_filter_make(struct iface_filter *f, const struct iface_rules *r,
    const struct iface_list *l)
{
	struct iface_filter fresh = {.nloop = l->nloop};

	fresh.denied = calloc(l->n + 1, sizeof *fresh.denied);
	if (fresh.denied == NULL)
		return -NTP_ENOMEM;
	memcpy(fresh.loop, l->loop, sizeof fresh.loop);
	for (size_t i = 0; i < l->n && r->n > 0; i++)
		if (iface_judge(r, &l->a[i]) != IFACE_LISTEN)
			fresh.denied[fresh.ndenied++] = l->a[i].addr;
	iface_filter_free(f);
	*f = fresh;
	return 0;
}

void
iface_filter_free(struct iface_filter *f)
{
	free(f->denied);
	*f = (struct iface_filter){NULL, 0, {0}, 0};
}

bool
iface_allows(const struct iface_filter *f, const struct ntp_addr *dst)
{
	for (size_t i = 0; i < f->ndenied; i++)
		if (addr_equal(&f->denied[i], dst))
			return false;
	return true;
}

bool
iface_spoofed(
    const struct iface_filter *f, const struct ntp_addr *src, unsigned ifindex)
{
	if (ifindex == 0 || f->nloop == 0 || !addr_is_loopback(src))
		return false;
	for (size_t i = 0; i < f->nloop; i++)
		if (f->loop[i] == ifindex)
			return false;
	return true;
}
