/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_iface.c - on which addresses to listen, and the sockets themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../../ntpd/ntp_iface.h"
#include "../../ntpd/ntp_socket.h"
#include "ntp_err.h"

#define WANT_MAX 16U

/* A machine: lo, eth0 with an alias, eth1. */
static const struct {
	const char *name, *addr;
} machine[] = {
    {"lo", "127.0.0.1"},
    {"lo", "::1"},
    {"eth0", "192.0.2.1"},
    {"eth0:1", "192.0.2.99"},
    {"eth0", "2001:db8::1"},
    {"eth1", "198.51.100.7"},
};
#define NMACHINE (sizeof machine / sizeof *machine)

static struct iface_addr addrs[NMACHINE];
static struct iface_list list;
static struct iface_want want[WANT_MAX];

static struct ntp_addr
addr(const char *s)
{
	struct ntp_addr a;

	assert_int_equal(addr_parse(s, strlen(s), &a), 0);
	return a;
}

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < NMACHINE; i++) {
		addrs[i].addr = addr(machine[i].addr);
		addrs[i].loopback = strcmp(machine[i].name, "lo") == 0;
		memcpy(addrs[i].name, machine[i].name,
		    strlen(machine[i].name) + 1);
	}
	list = (struct iface_list){
	    .a = addrs, .n = NMACHINE, .loop = {1}, .nloop = 1};
	return 0;
}

static struct config_iface
rule(enum iface_action action, const char *text)
{
	struct config_iface r;

	iface_rule_parse(text, &r);
	r.action = action;
	if (strcmp(text, "all") == 0)
		r.match = IFACE_ALL;
	else if (strcmp(text, "ipv4") == 0)
		r.match = IFACE_IPV4;
	else if (strcmp(text, "ipv6") == 0)
		r.match = IFACE_IPV6;
	else if (strcmp(text, "wildcard") == 0)
		r.match = IFACE_WILDCARD;
	return r;
}

/* The plan as one string: addresses in order, "!" before a dropping one. */
static const char *
plan(const struct iface_rules *r)
{
	static char out[512];
	char text[ADDR_STRLEN];
	size_t n = iface_plan(r, &list, want, WANT_MAX), len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *s = addr_format(&want[i].local, text);
		size_t add = strlen(s) + 2;

		assert_int_equal(want[i].local.port, r->port);
		assert_true(len + add < sizeof out);
		if (len > 0)
			out[len++] = ' ';
		if (want[i].drop)
			out[len++] = '!';
		memcpy(out + len, s, strlen(s) + 1);
		len += strlen(s);
	}
	return out;
}

/* Send TEXT; DST NULL: as connected. */
static int
say(int fd, const struct ntp_addr *dst, const struct ntp_addr *src,
    const char *text)
{
	struct datagram dg = {
	    .dst = dst, .src = src, .buf = text, .len = strlen(text)};

	return sock_send(fd, &dg, dst == NULL);
}

static void
assert_plan(const struct config_iface *rules, size_t n, const char *expect)
{
	struct iface_rules r = {.rule = rules, .n = n, .port = 123};

	assert_string_equal(plan(&r), expect);
}

static void
test_extra_port(void **state)
{
	struct config_iface r = rule(IFACE_DROP, "192.0.2.99");
	struct iface_rules rules = {
	    .rule = &r, .n = 1, .port = 123, .extraport = 4123};
	size_t n = iface_plan(&rules, &list, want, WANT_MAX), all;

	(void)state;
	all = iface_plan_extra(&rules, want, n, WANT_MAX);
	assert_int_equal(all, 2 * n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(want[i].local.port, 123);
		assert_int_equal(want[n + i].local.port, 4123);
		assert_true(addr_equal(&want[i].local, &want[n + i].local));
		assert_int_equal(want[i].drop, want[n + i].drop);
	}
	assert_int_equal(iface_plan_extra(&rules, want, n, n), n);
	rules.extraport = 123;
	assert_int_equal(iface_plan_extra(&rules, want, n, WANT_MAX), n);
	rules.extraport = 0;
	assert_int_equal(iface_plan_extra(&rules, want, n, WANT_MAX), n);
}

static void
test_no_rules(void **state)
{
	struct iface_rules r = {.port = 11123};

	(void)state;
	assert_string_equal(plan(&r), ":: 0.0.0.0");
	assert_true(want[0].wildcard && want[1].wildcard);
	r.family = ADDR_V4;
	assert_string_equal(plan(&r), "0.0.0.0");
	r.family = ADDR_V6;
	assert_string_equal(plan(&r), "::");
}

static void
test_shortcuts(void **state)
{
	struct config_iface drop = rule(IFACE_DROP, "192.0.2.99");
	struct config_iface wild[] = {rule(IFACE_IGNORE, "eth1"),
	    rule(IFACE_LISTEN, "wildcard"), rule(IFACE_LISTEN, "192.0.2.1")};
	struct iface_rules r = {.shortcuts = 3};

	(void)state;
	assert_string_equal(plan(&r),
	    ":: 0.0.0.0 192.0.2.1 192.0.2.99 "
	    "2001:db8::1");
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(want[i].wildcard, i < 2);
		assert_int_equal(want[i].shortcut, i >= 2);
	}
	r.shortcuts = WANT_MAX;
	r.family = ADDR_V4;
	assert_string_equal(plan(&r),
	    "0.0.0.0 192.0.2.1 192.0.2.99 "
	    "198.51.100.7 127.0.0.1");
	/* what is not to be heard has none */
	r.rule = wild;
	r.n = 3;
	assert_string_equal(plan(&r), "0.0.0.0 192.0.2.1 127.0.0.1");
	/* without the wildcard there is nothing that they are beside */
	r.rule = &drop;
	r.n = 1;
	(void)plan(&r);
	assert_false(want[0].shortcut);
}

static void
test_listen_one_address(void **state)
{
	struct config_iface r[] = {
	    rule(IFACE_IGNORE, "wildcard"), rule(IFACE_LISTEN, "192.0.2.1")};

	(void)state;
	/* ntpq on this machine goes on working */
	assert_plan(r, 2, "127.0.0.1 ::1 192.0.2.1");
	assert_plan(r, 1, "127.0.0.1 ::1");
}

static void
test_listen_loopback_only(void **state)
{
	struct config_iface r[] = {rule(IFACE_LISTEN, "127.0.0.1")};
	struct config_iface other[] = {rule(IFACE_LISTEN, "127.0.0.2")};

	(void)state;
	assert_plan(r, 1, "127.0.0.1");
	/* not listed by the kernel, yet ours */
	assert_plan(other, 1, "127.0.0.2");
	assert_false(want[0].wildcard);
}

static void
test_names_and_patterns(void **state)
{
	struct config_iface eth[] = {
	    rule(IFACE_IGNORE, "lo"), rule(IFACE_LISTEN, "ETH*")};
	struct config_iface eth1[] = {
	    rule(IFACE_IGNORE, "lo"), rule(IFACE_LISTEN, "eth1")};

	(void)state;
	assert_plan(eth, 2, "192.0.2.1 192.0.2.99 2001:db8::1 198.51.100.7");
	assert_plan(eth1, 2, "198.51.100.7");
}

static void
test_last_rule_wins(void **state)
{
	struct config_iface r[] = {rule(IFACE_LISTEN, "all"),
	    rule(IFACE_IGNORE, "eth0"), rule(IFACE_LISTEN, "192.0.2.0/24"),
	    rule(IFACE_DROP, "192.0.2.99")};

	(void)state;
	assert_plan(r, 4, "127.0.0.1 ::1 192.0.2.1 !192.0.2.99 198.51.100.7");
	assert_plan(r, 1,
	    "127.0.0.1 ::1 192.0.2.1 192.0.2.99 2001:db8::1 198.51.100.7");
}

static void
test_all_spares_loopback(void **state)
{
	struct config_iface r[] = {rule(IFACE_IGNORE, "all")};
	struct config_iface v4[] = {
	    rule(IFACE_LISTEN, "all"), rule(IFACE_IGNORE, "ipv6")};

	(void)state;
	assert_plan(r, 1, "127.0.0.1 ::1");
	assert_plan(v4, 2, "127.0.0.1 192.0.2.1 192.0.2.99 198.51.100.7");
}

static void
test_wildcard_asked_for(void **state)
{
	struct config_iface r[] = {
	    rule(IFACE_LISTEN, "wildcard"), rule(IFACE_IGNORE, "eth1")};
	struct iface_rules rules = {.rule = r, .n = 2};
	struct ntp_addr eth1 = addr("198.51.100.7"), lo = addr("127.0.0.1");
	struct ntp_addr other = addr("203.0.113.1");
	struct iface_filter f = {0};

	(void)state;
	assert_plan(r, 2, ":: 0.0.0.0");
	assert_int_equal(iface_filter_make(&f, &rules, &list), 0);
	assert_false(iface_allows(&f, &eth1));
	assert_true(iface_allows(&f, &lo));
	assert_true(iface_allows(&f, &other));
	rules.n = 0;
	assert_int_equal(iface_filter_make(&f, &rules, &list), 0);
	assert_true(iface_allows(&f, &eth1));
	iface_filter_free(&f);
}

static void
test_no_virtual_interfaces(void **state)
{
	struct iface_rules r = {.novirtual = true, .port = 1};

	(void)state;
	assert_string_equal(
	    plan(&r), "127.0.0.1 ::1 192.0.2.1 2001:db8::1 198.51.100.7");
}

static void
test_plan_never_overflows(void **state)
{
	struct config_iface r[] = {
	    rule(IFACE_LISTEN, "all"), rule(IFACE_LISTEN, "127.0.0.9")};
	struct iface_rules rules = {.rule = r, .n = 2};

	(void)state;
	for (size_t cap = 0; cap <= WANT_MAX; cap++)
		assert_true(iface_plan(&rules, &list, want, cap) <= cap);
}

/* CVE-2014-9298: ::1 from the wire had the rights of localhost. */
static void
test_spoofed_loopback(void **state)
{
	struct ntp_addr v6 = addr("::1"), v4 = addr("127.9.9.9");
	struct ntp_addr far = addr("192.0.2.5");
	const struct iface_rules none = {0};
	struct iface_filter f = {0};

	(void)state;
	assert_int_equal(iface_filter_make(&f, &none, &list), 0);
	assert_true(iface_spoofed(&f, &v6, 2));
	assert_true(iface_spoofed(&f, &v4, 7));
	assert_false(iface_spoofed(&f, &v6, 1));
	assert_false(iface_spoofed(&f, &far, 2));
	assert_false(iface_spoofed(&f, &v6, 0));
	iface_filter_free(&f);
}

static void
test_list_of_this_machine(void **state)
{
	struct iface_list l = {0}, again = {0};

	(void)state;
	assert_int_equal(iface_list_get(&l), 0);
	assert_int_equal(iface_list_get(&again), 0);
	assert_true(iface_list_equal(&l, &again));
	again.n = again.n > 0 ? again.n - 1 : 1;
	assert_false(iface_list_equal(&l, &again));
	iface_list_free(&l);
	iface_list_free(&again);
	assert_null(l.a);
}

/* --- sockets on loopback -------------------------------------------------- */

static void
test_sockaddr_round_trip(void **state)
{
	static const char *const text[] = {"192.0.2.1", "2001:db8::7", "::1"};
	struct sockaddr_storage ss;
	struct ntp_addr a, b;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		a = addr(text[i]);
		a.port = 12345;
		(void)sock_addr_put(&a, &ss);
		sock_addr_get(&ss, &b);
		assert_true(addr_equal_port(&a, &b));
	}
	a = addr("fe80::1");
	a.scope = 3;
	(void)sock_addr_put(&a, &ss);
	sock_addr_get(&ss, &b);
	assert_int_equal(b.scope, 3);
	ss.ss_family = AF_UNIX;
	sock_addr_get(&ss, &b);
	assert_int_equal(b.family, ADDR_NONE);
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	struct ntp_addr a;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	sock_addr_get(&ss, &a);
	return a.port;
}

/* Receive one datagram; its information, source into *FROM. */
static ssize_t
take(int fd, struct sock_info *info, struct ntp_addr *from)
{
	_Alignas(struct cmsghdr) uint8_t control[SOCK_CONTROL];
	uint8_t buf[64];
	struct sockaddr_storage ss;
	struct iovec iov = {.iov_base = buf, .iov_len = sizeof buf};
	struct msghdr mh = {.msg_name = &ss,
	    .msg_namelen = sizeof ss,
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof control};
	struct pollfd pf = {.fd = fd, .events = POLLIN};
	ssize_t n;

	assert_int_equal(poll(&pf, 1, 5000), 1);
	n = recvmsg(fd, &mh, 0);
	sock_info_get(&mh, info);
	sock_addr_get(&ss, from);
	return n;
}

static void
test_answers_from_where_it_was_asked(void **state)
{
	struct ntp_addr any = addr("0.0.0.0"), to = addr("127.0.0.5");
	struct ntp_addr local, from;
	struct sock_info info;
	int server, client;

	(void)state;
	server = sock_open_server(&any, 46);
	assert_true(server >= 0);
	to.port = port_of(server);
	client = sock_open_client(&to, 46, &local);
	assert_true(client >= 0);
	assert_true(addr_is_loopback(&local) && local.port != 0);
	assert_int_equal(say(client, NULL, NULL, "ask"), 0);
	assert_int_equal(take(server, &info, &from), 3);
	assert_true(info.stamped && info.ifindex != 0);
	assert_true(addr_equal(&info.dst, &to));
	/* the client is connected: only an answer from 127.0.0.5 arrives */
	assert_int_equal(say(server, &from, &info.dst, "answer"), 0);
	assert_int_equal(take(client, &info, &from), 6);
	assert_true(addr_equal_port(&from, &to));
	(void)close(client);
	(void)close(server);
}

static void
test_second_server_is_refused(void **state)
{
	struct ntp_addr a = addr("127.0.0.1");
	int fd;

	(void)state;
	fd = sock_open_server(&a, 0);
	assert_true(fd >= 0);
	a.port = port_of(fd);
	assert_int_equal(sock_open_server(&a, 0), -EADDRINUSE);
	(void)close(fd);
}

/* An ICMP error of the last datagram must not cost us this one. */
static void
test_send_after_refusal(void **state)
{
	struct ntp_addr a = addr("127.0.0.1"), local, from;
	struct sock_info info;
	struct pollfd pf = {.events = POLLIN};
	int server, client;

	(void)state;
	server = sock_open_server(&a, 0);
	assert_true(server >= 0);
	a.port = port_of(server);
	(void)close(server);
	client = sock_open_client(&a, 0, &local);
	assert_true(client >= 0);
	assert_int_equal(say(client, NULL, NULL, "lost"), 0);
	pf.fd = client;
	assert_int_equal(poll(&pf, 1, 5000), 1);
	assert_true((pf.revents & POLLERR) != 0);
	server = sock_open_server(&a, 0);
	assert_true(server >= 0);
	assert_int_equal(say(client, NULL, NULL, "found"), 0);
	assert_int_equal(take(server, &info, &from), 5);
	(void)close(client);
	(void)close(server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_rules),
	    cmocka_unit_test(test_shortcuts),
	    cmocka_unit_test(test_extra_port),
	    cmocka_unit_test(test_listen_one_address),
	    cmocka_unit_test(test_listen_loopback_only),
	    cmocka_unit_test(test_names_and_patterns),
	    cmocka_unit_test(test_last_rule_wins),
	    cmocka_unit_test(test_all_spares_loopback),
	    cmocka_unit_test(test_wildcard_asked_for),
	    cmocka_unit_test(test_no_virtual_interfaces),
	    cmocka_unit_test(test_plan_never_overflows),
	    cmocka_unit_test(test_spoofed_loopback),
	    cmocka_unit_test(test_list_of_this_machine),
	    cmocka_unit_test(test_sockaddr_round_trip),
	    cmocka_unit_test(test_answers_from_where_it_was_asked),
	    cmocka_unit_test(test_second_server_is_refused),
	    cmocka_unit_test(test_send_after_refusal),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
