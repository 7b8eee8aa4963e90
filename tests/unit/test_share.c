/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_share.c - who of a group of sockets gets a datagram, asked of the
 * kernel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../ntpd/ntp_share.h"
#include "../../ntpd/ntp_socket.h"

#define THREADS 3U
#define SOURCES 600U
#define PORTS	4U

struct group {
	struct ntp_addr at; /* where it is bound */
	int fd[THREADS + 1];
};

static struct ntp_addr
parsed(const char *text)
{
	struct ntp_addr a;

	assert_int_equal(addr_parse(text, strlen(text), &a), 0);
	return a;
}

static void
port_of(int fd, struct ntp_addr *a)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof ss;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	sock_addr_get(&ss, a);
}

static void
group_open(struct group *g, const char *at, const struct share_rule *r)
{
	g->at = parsed(at);
	g->fd[0] = sock_open_server(&g->at, 0);
	assert_true(g->fd[0] >= 0);
	port_of(g->fd[0], &g->at);
	assert_int_equal(sock_share(g->fd[0]), 0);
	for (size_t i = 1; i <= THREADS; i++) {
		g->fd[i] = sock_open_sibling(&g->at, 0);
		assert_true(g->fd[i] >= 0);
	}
	assert_int_equal(share_attach(g->fd[0], r), 0);
}

static void
group_close(struct group *g)
{
	for (size_t i = 0; i <= THREADS; i++)
		assert_int_equal(close(g->fd[i]), 0);
}

/* Which socket hears DATA from SOURCE. */
static size_t
heard_by(
    const struct group *g, const char *source, const void *data, size_t len)
{
	struct ntp_addr from = parsed(source);
	struct sockaddr_storage ss;
	socklen_t slen = sock_addr_put(&from, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM, 0);
	size_t who = SIZE_MAX;
	uint8_t buf[128];

	assert_int_equal(bind(fd, (struct sockaddr *)&ss, slen), 0);
	slen = sock_addr_put(&g->at, &ss);
	assert_int_equal(
	    sendto(fd, data, len, 0, (struct sockaddr *)&ss, slen), len);
	for (size_t i = 0; i <= THREADS; i++)
		if (recv(g->fd[i], buf, sizeof buf, MSG_DONTWAIT) >= 0)
			who = i;
	assert_int_equal(close(fd), 0);
	assert_true(who <= THREADS);
	return who;
}

static const uint8_t request[68] = {0x23};

static void
test_a_client_has_one_thread(void **state)
{
	const struct share_rule r = {
	    .n = THREADS, .v6bits = 128, .key = 0x12345678};
	unsigned heard[THREADS + 1] = {0};
	struct group g;
	char source[32];

	(void)state;
	group_open(&g, "127.0.0.1", &r);
	for (unsigned i = 0; i < SOURCES; i++) {
		size_t who;

		(void)snprintf(
		    source, sizeof source, "127.1.%u.%u", i / 200, i % 200 + 1);
		who = heard_by(&g, source, request, 48);
		heard[who]++;
		for (unsigned k = 1; k < PORTS; k++)
			assert_int_equal(
			    heard_by(&g, source, request, 48), who);
	}
	assert_int_equal(heard[0], 0);
	/* 200 each, give or take 5 times 11.5 */
	for (size_t i = 1; i <= THREADS; i++)
		assert_in_range(heard[i], 142, 258);
	group_close(&g);
}

static void
test_all_else_is_the_engines(void **state)
{
	const struct share_rule r = {.n = THREADS, .v6bits = 128, .key = 1};
	uint8_t other[48] = {0};
	struct group g;

	(void)state;
	group_open(&g, "127.0.0.1", &r);
	for (uint8_t mode = 0; mode < 8; mode++) {
		other[0] = (uint8_t)(0x20 | mode);
		if (mode != 3)
			assert_int_equal(
			    heard_by(&g, "127.0.0.7", other, 48), 0);
	}
	assert_int_equal(heard_by(&g, "127.0.0.7", other, 0), 0);
	assert_int_not_equal(heard_by(&g, "127.0.0.7", request, 1), 0);
	/* nobody asks a signing daemon here */
	assert_int_not_equal(heard_by(&g, "127.0.0.7", request, 68), 0);
	group_close(&g);
}

/* From a network it would be the engine's: see system/test_spoof.py. */
static void
test_our_own_machine_is_heard(void **state)
{
	const struct share_rule r = {
	    .n = THREADS, .v6bits = 128, .key = 1, .loopback = true};
	uint8_t mode6[12] = {0x16, 2};
	struct group g;

	(void)state;
	group_open(&g, "127.0.0.1", &r);
	assert_int_not_equal(heard_by(&g, "127.0.0.7", request, 48), 0);
	assert_int_equal(heard_by(&g, "127.0.0.7", mode6, sizeof mode6), 0);
	group_close(&g);
}

/* What a socket is told of where a datagram went, and what it sends. */
static void
test_settings(void **state)
{
	const struct share_rule r = {.n = THREADS, .v6bits = 128, .key = 1};
	struct group g;

	(void)state;
	group_open(&g, "127.0.0.1", &r);
	for (size_t i = 0; i <= THREADS; i++) {
		int told = -1, whole = -1;
		socklen_t len = sizeof told;

		assert_int_equal(
		    getsockopt(g.fd[i], IPPROTO_IP, IP_PKTINFO, &told, &len),
		    0);
		assert_int_equal(told, i == 0);
		assert_int_equal(getsockopt(g.fd[i], IPPROTO_IP,
				     IP_MTU_DISCOVER, &whole, &len),
		    0);
		assert_int_equal(whole, IP_PMTUDISC_PROBE);
	}
	group_close(&g);
}

static void
test_who_wants_a_signature_is_the_engines(void **state)
{
	const struct share_rule r = {
	    .n = THREADS, .v6bits = 128, .key = 1, .signd = true};
	uint8_t other[68] = {0x23};
	struct group g;

	(void)state;
	group_open(&g, "127.0.0.1", &r);
	assert_int_equal(heard_by(&g, "127.0.0.7", request, 68), 0);
	assert_int_not_equal(heard_by(&g, "127.0.0.7", request, 48), 0);
	for (size_t i = 52; i < 68; i++) {
		other[i] = 1;
		assert_int_not_equal(heard_by(&g, "127.0.0.7", other, 68), 0);
		other[i] = 0;
	}
	group_close(&g);
}

/* IPv6 may be missing here; then nobody serves it either. */
static void
test_ipv6(void **state)
{
	const struct share_rule r = {
	    .v6 = true, .n = THREADS, .v6bits = 64, .key = 5};
	uint8_t mode6[12] = {0x16, 2};
	struct group g;
	size_t who;

	(void)state;
	if (access("/proc/net/if_inet6", R_OK) != 0)
		skip();
	group_open(&g, "::1", &r);
	who = heard_by(&g, "::1", request, 48);
	assert_in_range(who, 1, THREADS);
	for (unsigned k = 0; k < PORTS; k++)
		assert_int_equal(heard_by(&g, "::1", request, 48), who);
	assert_int_equal(heard_by(&g, "::1", mode6, sizeof mode6), 0);
	group_close(&g);
}

/* What is not looked at must not matter: the mask of each word. */
static void
test_prefixes(void **state)
{
	struct share_rule r = {.v6 = true, .n = THREADS, .key = 5};
	struct sock_filter p[SHARE_MAX];
	static const unsigned bits[] = {32, 48, 64, 100, 128};
	static const uint32_t mask[][4] = {
	    {0xffffffff, 0, 0, 0},
	    {0xffffffff, 0xffff0000, 0, 0},
	    {0xffffffff, 0xffffffff, 0, 0},
	    {0xffffffff, 0xffffffff, 0xffffffff, 0xf0000000},
	    {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
		size_t n, word = 0;

		r.v6bits = bits[i];
		n = share_program(&r, p);
		assert_true(n <= SHARE_MAX);
		for (size_t k = 2; k < n; k++)
			if (p[k].code == (BPF_ALU | BPF_AND | BPF_K))
				assert_int_equal(p[k].k, mask[i][word++]);
		assert_int_equal(word, 4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_client_has_one_thread),
	    cmocka_unit_test(test_all_else_is_the_engines),
	    cmocka_unit_test(test_our_own_machine_is_heard),
	    cmocka_unit_test(test_settings),
	    cmocka_unit_test(test_who_wants_a_signature_is_the_engines),
	    cmocka_unit_test(test_ipv6),
	    cmocka_unit_test(test_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
