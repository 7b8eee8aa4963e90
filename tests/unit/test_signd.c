/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_signd.c - replies for a Windows domain, against a small signing daemon.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../ntpd/ntpd.h"

#define FRAME  68U /* octets of a request */
#define ANSWER 84U /* octets of an answer */

struct lab {
	struct daemon d;
	struct signd_port *port;
	struct ntp_addr client, local;
	uint8_t reply[48];
	char dir[64];
	int listener, conn;
	unsigned nsent;
	uint8_t sent[128];
	size_t sentlen;
	struct ntp_addr sent_to;
};

/* What the daemon sends and logs. */
static struct lab *the_lab;

static int
take_datagram(struct packet_port *p, const struct datagram *dg, ntp_ts *tx)
{
	(void)p;
	*tx = (ntp_ts){0};
	the_lab->nsent++;
	assert_true(dg->len <= sizeof the_lab->sent);
	memcpy(the_lab->sent, dg->buf, dg->len);
	the_lab->sentlen = dg->len;
	the_lab->sent_to = *dg->dst;
	assert_int_equal(dg->ep, 0);
	assert_int_equal(dg->src->port, 123);
	return 0;
}

static void
spin(struct lab *l)
{
	for (int i = 0; i < 8; i++)
		(void)uv_run(&l->d.loop, UV_RUN_NOWAIT);
}

static void
sock_listen(struct lab *l)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	(void)snprintf(sun.sun_path, sizeof sun.sun_path, "%s/socket", l->dir);
	(void)unlink(sun.sun_path);
	l->listener =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(l->listener >= 0);
	assert_int_equal(
	    bind(l->listener, (struct sockaddr *)&sun, sizeof sun), 0);
	assert_int_equal(listen(l->listener, 4), 0);
}

static void
accept_one(struct lab *l)
{
	spin(l);
	l->conn = accept(l->listener, NULL, NULL);
	assert_true(l->conn >= 0);
}

static int
setup(void **state)
{
	struct lab *l = calloc(1, sizeof *l);

	assert_non_null(l);
	the_lab = l;
	l->listener = l->conn = -1;
	(void)snprintf(l->dir, sizeof l->dir, "/tmp/signd.XXXXXX");
	assert_non_null(mkdtemp(l->dir));
	msyslog_init(&l->d.log, "test", false, -1);
	assert_int_equal(uv_loop_init(&l->d.loop), 0);
	l->d.io.port.send = take_datagram;
	l->port = signd_init(&l->d, l->dir);
	l->client = (struct ntp_addr){{192, 0, 2, 7}, 0, 40000, ADDR_V4};
	l->local = (struct ntp_addr){{192, 0, 2, 1}, 0, 123, ADDR_V4};
	memset(l->reply, 0x5a, sizeof l->reply);
	*state = l;
	return 0;
}

static void
close_one(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static int
teardown(void **state)
{
	struct lab *l = *state;
	char path[80];

	uv_walk(&l->d.loop, close_one, NULL);
	spin(l);
	assert_int_equal(uv_loop_close(&l->d.loop), 0);
	if (l->conn >= 0)
		(void)close(l->conn);
	if (l->listener >= 0)
		(void)close(l->listener);
	(void)snprintf(path, sizeof path, "%s/socket", l->dir);
	(void)unlink(path);
	(void)rmdir(l->dir);
	free(l);
	return 0;
}

static int
ask(struct lab *l, uint32_t account)
{
	struct datagram dg = {.dst = &l->client,
	    .src = &l->local,
	    .buf = l->reply,
	    .len = sizeof l->reply};

	return l->port->sign(l->port, account, &dg);
}

/* The next request as the signing daemon reads it. */
static void
read_request(struct lab *l, uint8_t frame[FRAME])
{
	spin(l);
	assert_int_equal(recv(l->conn, frame, FRAME, 0), FRAME);
}

/* The answer to the request FRAME. */
static void
make_answer(const uint8_t frame[FRAME], uint8_t out[ANSWER])
{
	memset(out, 0, ANSWER);
	out[3] = ANSWER - 4;
	out[11] = 3; /* success */
	out[14] = frame[12];
	out[15] = frame[13];
	memcpy(out + 16, frame + 20, 48);
	memcpy(out + 64, frame + 16, 4);
	memset(out + 68, 0xaa, 16);
}

static void
write_answer(struct lab *l, const uint8_t *buf, size_t len)
{
	assert_int_equal(send(l->conn, buf, len, 0), len);
	spin(l);
}

static void
signed_reply_goes_to_the_client(void **state)
{
	struct lab *l = *state;
	static const uint8_t head[12] = {[3] = FRAME - 4};
	uint8_t frame[FRAME], answer[ANSWER];

	sock_listen(l);
	l->reply[47] = 0x77;
	assert_int_equal(ask(l, 0x50040000), 0);
	accept_one(l);
	read_request(l, frame);
	assert_memory_equal(frame, head, sizeof head);
	assert_int_equal(frame[14] | frame[15], 0);
	assert_memory_equal(frame + 16, "\x50\x04\0\0", 4);
	assert_memory_equal(frame + 20, l->reply, 48);
	make_answer(frame, answer);
	write_answer(l, answer, ANSWER);
	assert_int_equal(l->nsent, 1);
	assert_int_equal(l->sentlen, 68);
	assert_memory_equal(l->sent, answer + 16, 68);
	assert_true(addr_equal_port(&l->sent_to, &l->client));
	/* once only */
	write_answer(l, answer, ANSWER);
	assert_int_equal(l->nsent, 1);
}

/* In any order, in any pieces, over one connection. */
static void
many_at_once(void **state)
{
	struct lab *l = *state;
	uint8_t frame[SIGND_PENDING][FRAME], answer[ANSWER];

	sock_listen(l);
	for (unsigned i = 0; i < SIGND_PENDING; i++) {
		l->client.port = (uint16_t)(1000 + i);
		l->reply[0] = (uint8_t)i;
		assert_int_equal(ask(l, i), 0);
		if (i == 3) /* the first wait for the connection */
			accept_one(l);
	}
	for (unsigned i = 0; i < SIGND_PENDING; i++)
		read_request(l, frame[i]);
	for (unsigned i = SIGND_PENDING; i-- > 0;) {
		make_answer(frame[i], answer);
		for (unsigned k = 0; k < ANSWER; k += 1 + i % 30) {
			size_t n = 1 + i % 30;

			write_answer(
			    l, answer + k, k + n > ANSWER ? ANSWER - k : n);
		}
		assert_int_equal(l->nsent, SIGND_PENDING - i);
		assert_int_equal(l->sent[0], i);
		assert_int_equal(l->sent_to.port, 1000 + i);
	}
	assert_int_equal(accept(l->listener, NULL, NULL), -1);
}

/* The daemon of Samba can make us send nothing but our own reply. */
static void
other_answers_send_nothing(void **state)
{
	struct lab *l = *state;
	uint8_t frame[FRAME], answer[ANSWER];

	sock_listen(l);
	assert_int_equal(ask(l, 7), 0);
	accept_one(l);
	for (unsigned kind = 0; kind < 6; kind++) {
		size_t len = ANSWER;

		if (kind > 0)
			assert_int_equal(ask(l, 7), 0);
		read_request(l, frame);
		make_answer(frame, answer);
		if (kind == 0)
			answer[11] = 4; /* failure */
		else if (kind == 1)
			answer[15]++; /* nobody's id */
		else if (kind == 2)
			answer[20] ^= 1; /* another packet */
		else if (kind == 3)
			answer[7] = 1; /* version */
		else if (kind == 4)
			answer[3] = (uint8_t)(len = 64), len += 4;
		else
			answer[3] = 0, len = 4;
		write_answer(l, answer, len);
		assert_int_equal(l->nsent, 0);
	}
	assert_int_equal(ask(l, 7), 0);
	read_request(l, frame);
	make_answer(frame, answer);
	write_answer(l, answer, ANSWER);
	assert_int_equal(l->nsent, 1);
}

static void
too_long_an_answer_ends_the_connection(void **state)
{
	struct lab *l = *state;
	uint8_t frame[FRAME], answer[ANSWER];

	sock_listen(l);
	assert_int_equal(ask(l, 7), 0);
	accept_one(l);
	read_request(l, frame);
	write_answer(l, (const uint8_t *)"\xff\xff\xff\xff", 4);
	assert_int_equal(recv(l->conn, frame, 1, 0), 0);
	(void)close(l->conn);
	/* and the next request begins anew */
	assert_int_equal(ask(l, 7), 0);
	accept_one(l);
	read_request(l, frame);
	make_answer(frame, answer);
	write_answer(l, answer, ANSWER);
	assert_int_equal(l->nsent, 1);
}

static void
absent_daemon_costs_nothing(void **state)
{
	struct lab *l = *state;
	uint8_t frame[FRAME], answer[ANSWER];

	for (unsigned i = 0; i < 1000; i++) {
		(void)ask(l, i);
		if (i % 10 == 0)
			spin(l);
	}
	assert_int_equal(l->nsent, 0);
	spin(l);
	sock_listen(l);
	assert_int_equal(ask(l, 7), 0);
	accept_one(l);
	read_request(l, frame);
	make_answer(frame, answer);
	write_answer(l, answer, ANSWER);
	assert_int_equal(l->nsent, 1);
}

/* Requests beyond those that are remembered push out the oldest. */
static void
slow_daemon_is_not_waited_for(void **state)
{
	struct lab *l = *state;
	uint8_t frame[FRAME], answer[ANSWER];

	sock_listen(l);
	assert_int_equal(ask(l, 0), 0);
	accept_one(l);
	for (unsigned i = 1; i < 100000; i++)
		(void)ask(l, i);
	for (unsigned i = 0; i < SIGND_PENDING; i++) {
		read_request(l, frame);
		make_answer(frame, answer);
		write_answer(l, answer, ANSWER);
	}
	assert_int_equal(l->nsent, 0);
}

static void
connection_lost_between(void **state)
{
	struct lab *l = *state;
	uint8_t frame[FRAME], answer[ANSWER];

	sock_listen(l);
	assert_int_equal(ask(l, 7), 0);
	accept_one(l);
	read_request(l, frame);
	(void)close(l->conn);
	spin(l);
	assert_int_equal(ask(l, 8), 0);
	accept_one(l);
	make_answer(frame, answer); /* of the lost connection */
	write_answer(l, answer, ANSWER);
	assert_int_equal(l->nsent, 0);
	read_request(l, frame);
	assert_int_equal(frame[19], 8);
	make_answer(frame, answer);
	write_answer(l, answer, ANSWER);
	assert_int_equal(l->nsent, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(signed_reply_goes_to_the_client),
	    TEST(many_at_once),
	    TEST(other_answers_send_nothing),
	    TEST(too_long_an_answer_ends_the_connection),
	    TEST(absent_daemon_costs_nothing),
	    TEST(slow_daemon_is_not_waited_for),
	    TEST(connection_lost_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
