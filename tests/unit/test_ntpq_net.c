/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntpq_net.c - how ntpq asks and takes replies, over loopback.
 *
 * A child is the server: it answers one request and leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../ntpq/ntpq.h"
#include "threat.h"

/* A server of one request: sends what ANSWER makes of it. */
typedef void answer_fn(int fd, const struct mode6_hdr *request);

/* In the child: a test that fails there would run on as a second one. */
static void
put(int fd, const void *p, size_t n)
{
	if (send(fd, p, n, 0) != (ssize_t)n)
		_exit(2);
}

static void
send_reply(int fd, struct mode6_hdr h, const char *text, size_t len)
{
	uint8_t out[MODE6_PACKET_MAX];
	size_t n;

	h.response = true;
	n = mode6_fragment(&h, text, len, out);
	put(fd, out, n);
}

static int
bound_socket(char target[32])
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 ||
	    bind(fd, (const struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) != 0)
		fail_msg("no loopback socket");
	snprintf(target, 32, "127.0.0.1:%u", ntohs(sin.sin_port));
	return fd;
}

static pid_t
serve_one(int fd, answer_fn *answer)
{
	struct sockaddr_storage from;
	socklen_t fromlen = sizeof(from);
	uint8_t buf[MODE6_PACKET_MAX];
	struct mode6_hdr h;
	ssize_t n;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	alarm(60); /* should nobody ask */
	n = recvfrom(
	    fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &fromlen);
	if (n < 0 || mode6_decode(buf, (size_t)n, &h) != 0 ||
	    connect(fd, (struct sockaddr *)&from, fromlen) != 0)
		_exit(1);
	answer(fd, &h);
	_exit(0);
}

static enum ask_result
ask_by(struct net *n, answer_fn *answer, struct reply *rep)
{
	struct query q = {.opcode = MODE6_READVAR, .data = "leap", .len = 4};
	enum ask_result res;
	char target[32];
	int fd = bound_socket(target), status;
	pid_t pid = serve_one(fd, answer);

	assert_true(pid > 0);
	close(fd);
	assert_null(net_open(n, target, AF_UNSPEC));
	res = net_ask(n, &q, rep);
	net_close(n);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return res;
}

static enum ask_result
ask_server(struct net *n, answer_fn *answer, struct reply *rep)
{
	net_init(n);
	return ask_by(n, answer, rep);
}

static const char long_text[1000] = {[0] = 'a', [500] = 'b', [999] = 'c'};

/* Backwards, one twice, with strangers between. */
static void
answer_fragments(int fd, const struct mode6_hdr *request)
{
	struct mode6_hdr h = *request, other = *request;
	size_t i, offset[] = {936, 468, 468, 0};

	other.seq++;
	other.offset = 0;
	for (i = 0; i < 4; i++) {
		send_reply(fd, other, "wrong", 5);
		put(fd, "short", 5);
		h.status = i == 0 ? 0x0615 : 0;
		h.offset = (uint16_t)offset[i];
		send_reply(fd, h, long_text, sizeof(long_text));
	}
}

static void
answer_error(int fd, const struct mode6_hdr *request)
{
	struct mode6_hdr h = *request;

	h.error = true;
	h.status = MODE6_ERR_UNKNOWNVAR << 8;
	send_reply(fd, h, "", 0);
}

/* Who asks with 576 octets is told, who asks with fewer is not. */
static void
answer_at_length(int fd, const struct mode6_hdr *request)
{
	uint8_t buf[MODE6_PACKET_MAX + 1];
	struct mode6_hdr h = *request;

	h.error = true;
	h.status = MODE6_ERR_PERMISSION << 8;
	send_reply(fd, h, "", 0);
	if (recv(fd, buf, sizeof(buf), 0) != MODE6_PACKET_MAX ||
	    mode6_decode(buf, MODE6_PACKET_MAX, &h) != 0 || h.count != 4 ||
	    h.seq == request->seq || memcmp(buf + 12, "leap\0", 5) != 0)
		_exit(3);
	send_reply(fd, h, "leap=0\r\n", 8);
}

/* Both times that we are asked. */
static void
answer_twice(int fd, const struct mode6_hdr *request)
{
	uint8_t buf[MODE6_PACKET_MAX];
	struct mode6_hdr h = *request;

	send_reply(fd, h, "leap=0\r\n", 8);
	if (recv(fd, buf, sizeof(buf), 0) < MODE6_HEADER_LEN ||
	    mode6_decode(buf, MODE6_HEADER_LEN, &h) != 0)
		_exit(3);
	send_reply(fd, h, "leap=0\r\n", 8);
}

/* From another port. */
static void
answer_elsewhere(int fd, const struct mode6_hdr *request)
{
	struct sockaddr_storage to;
	socklen_t len = sizeof(to);
	int other = socket(AF_INET, SOCK_DGRAM, 0);

	if (getpeername(fd, (struct sockaddr *)&to, &len) != 0 ||
	    connect(other, (struct sockaddr *)&to, len) != 0)
		_exit(3);
	send_reply(other, *request, "leap=0\r\n", 8);
}

/* One octet each, holes between: more fragments than anybody sends. */
static void
answer_too_much(int fd, const struct mode6_hdr *request)
{
	uint8_t out[MODE6_HEADER_LEN + 4] = {0};
	struct mode6_hdr h = *request;
	unsigned i;

	h.response = true;
	h.more = true;
	h.count = 1;
	for (i = 0; i <= MODE6_FRAGS_MAX; i++) {
		h.offset = (uint16_t)(2 * i);
		mode6_encode(&h, out);
		put(fd, out, sizeof(out));
	}
}

static void
test_ask_fragments(void **state)
{
	struct reply rep;
	struct net n;

	(void)state;
	assert_int_equal(ask_server(&n, answer_fragments, &rep), ASK_OK);
	assert_int_equal(rep.len, sizeof(long_text));
	assert_memory_equal(rep.text, long_text, sizeof(long_text));
	assert_int_equal(rep.status, 0x0615);
	assert_true(n.settled);
}

static void
test_ask_error(void **state)
{
	struct reply rep;
	struct net n;

	(void)state;
	assert_int_equal(ask_server(&n, answer_error, &rep), ASK_ERROR);
	assert_int_equal(rep.errcode, MODE6_ERR_UNKNOWNVAR);
	assert_int_equal(rep.len, 0);
}

static void
test_ask_at_length(void **state)
{
	struct reply rep;
	struct net n;

	(void)state;
	assert_int_equal(ask_server(&n, answer_at_length, &rep), ASK_OK);
	assert_int_equal(rep.len, 8);
	assert_false(n.padded);
}

static void
test_ask_flake(void **state)
{
	struct reply rep;
	struct net n;

	(void)state;
	net_init(&n);
	n.timeout = 100;
	n.flake = 1;
	assert_int_equal(ask_by(&n, answer_twice, &rep), ASK_SILENCE);
}

/* For as long as the client listens. */
static void
answer_for_ever(int fd, const struct mode6_hdr *request)
{
	struct mode6_hdr h = *request;
	uint8_t out[MODE6_PACKET_MAX];
	size_t n;

	h.response = true;
	for (;;) {
		h.seq++;
		n = mode6_fragment(&h, "wrong", 5, out);
		if (h.seq != request->seq && send(fd, out, n, 0) < 0)
			_exit(0);
	}
}

static void
test_ask_an_endless_server(void **state)
{
	struct reply rep;
	struct net n;

	(void)state;
	net_init(&n);
	n.timeout = 100;
	assert_int_equal(ask_by(&n, answer_for_ever, &rep), ASK_SILENCE);
}

static void
test_ask_unconnected(void **state)
{
	struct reply rep;
	struct net n;

	(void)state;
	net_init(&n);
	n.timeout = 100;
	assert_int_not_equal(ask_by(&n, answer_elsewhere, &rep), ASK_OK);
	net_init(&n);
	n.unconnected = true;
	assert_int_equal(ask_by(&n, answer_elsewhere, &rep), ASK_OK);
	assert_int_equal(rep.len, 8);
}

static void
test_ask_too_much(void **state)
{
	struct reply rep;
	struct net n;

	(void)state;
	assert_int_equal(ask_server(&n, answer_too_much, &rep), ASK_TOOBIG);
	assert_int_equal(rep.len, 0);
}

static void
test_ask_refused(void **state)
{
	struct query q = {.opcode = MODE6_READVAR};
	struct reply rep;
	char target[32];
	struct net n;

	(void)state;
	net_init(&n);
	assert_int_equal(net_ask(&n, &q, &rep), ASK_NOHOST);
	close(bound_socket(target));
	assert_null(net_open(&n, target, AF_UNSPEC));
	assert_int_equal(net_ask(&n, &q, &rep), ASK_REFUSED);
	assert_false(n.settled);
	net_close(&n);
}

/* There is no way to ask the broadcast address; why not is said each time. */
static void
test_ask_unreachable(void **state)
{
	struct query q = {.opcode = MODE6_READVAR};
	struct reply rep;
	struct net n;
	int err;

	(void)state;
	net_init(&n);
	assert_null(net_open(&n, "255.255.255.255", AF_INET));
	assert_int_equal(net_ask(&n, &q, &rep), ASK_NETWORK);
	err = n.err;
	assert_int_not_equal(err, EDESTADDRREQ);
	assert_int_equal(net_ask(&n, &q, &rep), ASK_NETWORK);
	assert_int_equal(n.err, err);
	net_close(&n);
}

/* localhost has two addresses: who refuses is passed over. */
static void
test_ask_localhost(void **state)
{
	struct query q = {.opcode = MODE6_READVAR};
	struct reply rep;
	char target[32], name[32];
	int fd = bound_socket(target), status;
	pid_t pid = serve_one(fd, answer_error);
	struct net n;

	(void)state;
	close(fd);
	snprintf(name, sizeof(name), "localhost%s", strchr(target, ':'));
	net_init(&n);
	assert_null(net_open(&n, name, AF_UNSPEC));
	assert_int_equal(n.ncand, 2);
	assert_int_equal(n.cand[0].sa.ss_family, AF_INET6);
	assert_int_equal(net_ask(&n, &q, &rep), ASK_ERROR);
	assert_int_equal(n.cur, 1);
	net_close(&n);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* Silence ends after the question and one retry. */
static void
test_ask_silence(void **state)
{
	struct query q = {.opcode = MODE6_READVAR};
	char target[32], buf[64];
	struct reply rep;
	struct net n;
	int fd = bound_socket(target), asked = 0;

	(void)state;
	net_init(&n);
	n.timeout = 1;
	assert_null(net_open(&n, target, AF_UNSPEC));
	assert_int_equal(net_ask(&n, &q, &rep), ASK_SILENCE);
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) == 12)
		asked++;
	assert_int_equal(asked, 2);
	net_close(&n);
	close(fd);
}

static void
test_ask_targets(void **state)
{
	static const char *const bad[] = {
	    "", ":123", "[::1", "[::1]x", "127.0.0.1:x", "127.0.0.1:70000"};
	struct net n;
	size_t i;

	(void)state;
	net_init(&n);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(net_open(&n, bad[i], AF_UNSPEC));
	assert_string_equal(n.target, "");
	assert_null(net_open(&n, "::1", AF_UNSPEC));
	assert_int_equal(n.cand[0].sa.ss_family, AF_INET6);
	assert_non_null(net_open(&n, "::1", AF_INET));
	assert_string_equal(n.target, "::1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ask_fragments),
	    cmocka_unit_test(test_ask_error),
	    cmocka_unit_test(test_ask_at_length),
	    cmocka_unit_test(test_ask_flake),
	    cmocka_unit_test(test_ask_unconnected),
	    THREAT("CVE-2015-8158", test_ask_an_endless_server),
	    cmocka_unit_test(test_ask_too_much),
	    cmocka_unit_test(test_ask_refused),
	    cmocka_unit_test(test_ask_unreachable),
	    cmocka_unit_test(test_ask_localhost),
	    cmocka_unit_test(test_ask_silence),
	    cmocka_unit_test(test_ask_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
