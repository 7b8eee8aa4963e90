/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_batch.c - requests answered many at a time, over real sockets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../ntpd/ntp_batch.h"
#include "../../ntpd/ntpd.h"
#include "ntp_snapshot.h"
#include "serverlab.h"

/* --- counted allocations ------------------------------------------------- */

#if defined(__SANITIZE_ADDRESS__)
#define COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNTED 0
#endif
#endif
#ifndef COUNTED
#define COUNTED 1
#endif

static unsigned long allocations;

#if COUNTED
/* The C library's own names of what is replaced here. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *
malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	allocations++;
	return __libc_realloc(p, n);
}
#endif

/* --- a server and a client ------------------------------------------------ */

struct batchlab {
	struct serverlab *w;
	struct snap_ring ring;
	struct netsock ns;
	struct batch *batch;
	int client;
	unsigned punted;
	size_t punted_len;
	bool refuse;
	int64_t step; /* s, of the clock while replies are sealed */
	unsigned readings;
};

static ntp_ts
lab_clock(void *arg, struct timespec *real)
{
	struct batchlab *l = arg;
	struct ntp_snapshot snap = l->w->c.snap;

	(void)clock_gettime(CLOCK_REALTIME, real);
	if (++l->readings % 2 == 0 && l->step != 0) {
		snap.era++;
		snap_publish(&l->ring, &snap);
	}
	return ts_from_unix(real->tv_sec, (uint32_t)real->tv_nsec);
}

static bool
lab_refused(void *arg, const struct netsock *ns, const struct ntp_addr *src,
    const struct sock_info *info)
{
	(void)ns;
	(void)src;
	(void)info;
	return ((struct batchlab *)arg)->refuse;
}

static void
lab_punt(void *arg, const struct netsock *ns, const struct recvbuf *rb)
{
	struct batchlab *l = arg;

	(void)ns;
	l->punted++;
	l->punted_len = rb->len;
}

static int
setup(void **state)
{
	static struct batchlab l;
	struct batch_user user = {.arg = &l,
	    .seed = 1,
	    .clock = lab_clock,
	    .refused = lab_refused,
	    .punt = lab_punt};
	struct sockaddr_storage ss = {0};
	struct ntp_addr any = {.family = ADDR_V4}, local;
	socklen_t len = sizeof ss;
	void *w;

	memset(&l, 0, sizeof l);
	assert_int_equal(serverlab_setup(&w), 0);
	l.w = w;
	l.w->c.ring = &l.ring;
	l.w->c.policy.access = restrict_new(4);
	snap_publish(&l.ring, &l.w->c.snap);
	l.batch = batch_new(&user);
	assert_non_null(l.batch);
	l.ns.fd = sock_open_server(&any, 0);
	assert_true(l.ns.fd >= 0);
	assert_int_equal(getsockname(l.ns.fd, (struct sockaddr *)&ss, &len), 0);
	sock_addr_get(&ss, &l.ns.local);
	local = l.ns.local;
	local.ip[0] = 127;
	local.ip[3] = 9;
	l.client = sock_open_client(&local, 0, &any);
	assert_true(l.client >= 0);
	*state = &l;
	return 0;
}

static int
teardown(void **state)
{
	struct batchlab *l = *state;
	void *w = l->w;

	(void)close(l->client);
	(void)close(l->ns.fd);
	batch_free(&l->batch);
	restrict_free(&l->w->c.policy.access);
	return serverlab_teardown(&w);
}

static void
send_requests(struct batchlab *l, unsigned n, size_t len)
{
	for (unsigned i = 0; i < n; i++) {
		l->w->in[47] = (uint8_t)i;
		assert_int_equal(send(l->client, l->w->in, len, 0), len);
	}
}

/* All that is there; the first ones are answered before the others are
 * read. */
static int
serve(struct batchlab *l)
{
	int all = 0, n;

	do {
		n = batch_read(l->batch, &l->ns);
		if (n > 0)
			batch_serve(l->batch, &l->ns, &l->w->c);
		all += n;
	} while (n > 0 && batch_is_full(l->batch));
	return all;
}

/* Replies that are there; all must be whole and in order. */
static unsigned
replies(struct batchlab *l, size_t len)
{
	struct ntp_packet p;
	uint8_t buf[256];
	unsigned n = 0;
	ntp_ts before = {0};

	while (recv(l->client, buf, sizeof buf, MSG_DONTWAIT) == (ssize_t)len) {
		assert_int_equal(packet_decode(buf, len, &p), 0);
		assert_int_equal(p.mode, NTP_MODE_SERVER);
		assert_int_equal(p.org.v & 0xff, n);
		assert_true(ts_diff(p.xmt, p.rec) >= 0);
		assert_true(ts_is_zero(before) || ts_diff(p.xmt, before) >= 0);
		before = p.xmt;
		n++;
	}
	return n;
}

/* --- tests ----------------------------------------------------------------- */

/* The client's socket is connected: what did not come from the address that he
 * asked does not reach him. */
static void
test_a_batch_is_answered(void **state)
{
	struct batchlab *l = *state;

	serverlab_request(l->w, 4, NTP_MODE_CLIENT);
	send_requests(l, 100, 48);
	assert_int_equal(serve(l), 100);
	assert_int_equal(replies(l, 48), 100);
	assert_int_equal(l->ns.received, 100);
	assert_int_equal(l->ns.sent, 100);
	assert_int_equal(serve(l), 0);
	assert_int_equal(l->w->count.processed, 100);
	assert_int_equal(l->w->count.received, 100);
}

/* A few, and where these were not all, as many as there is room for. */
static void
test_the_first_do_not_wait_for_all(void **state)
{
	struct batchlab *l = *state;
	int n;

	serverlab_request(l->w, 4, NTP_MODE_CLIENT);
	send_requests(l, 100, 48);
	n = batch_read(l->batch, &l->ns);
	assert_in_range(n, 1, BATCH_MAX / 4);
	assert_true(batch_is_full(l->batch));
	assert_int_equal(batch_read(l->batch, &l->ns), BATCH_MAX);
	assert_int_equal(
	    batch_read(l->batch, &l->ns), 100 - (int)BATCH_MAX - n);
	assert_false(batch_is_full(l->batch));
}

static void
test_what_is_not_a_clients_is_passed_on(void **state)
{
	struct batchlab *l = *state;

	l->w->in[0] = 0x16;
	send_requests(l, 3, 48);
	assert_int_equal(serve(l), 3);
	assert_int_equal(l->punted, 3);
	assert_int_equal(l->punted_len, 48);
	assert_int_equal(l->w->count.received, 0);
	assert_int_equal(replies(l, 48), 0);
}

static void
test_refused_datagrams(void **state)
{
	struct batchlab *l = *state;

	serverlab_request(l->w, 4, NTP_MODE_CLIENT);
	l->refuse = true;
	send_requests(l, 2, 48);
	assert_int_equal(serve(l), 2);
	assert_int_equal(l->ns.dropped, 2);
	assert_int_equal(replies(l, 48), 0);
	assert_int_equal(l->w->count.received, 0);
}

static void
test_nothing_is_sent_across_a_step(void **state)
{
	struct batchlab *l = *state;

	serverlab_request(l->w, 4, NTP_MODE_CLIENT);
	send_requests(l, 20, 48);
	l->step = 1;
	assert_int_equal(serve(l), 20);
	assert_int_equal(replies(l, 48), 0);
	l->step = 0;
	send_requests(l, 20, 48);
	assert_int_equal(serve(l), 20);
	assert_int_equal(replies(l, 48), 20);
}

static void
test_arrival(void **state)
{
	const ntp_ts now = {0xe8aa5b0080000000U};
	const struct timespec real = {1000, 500}, at = {999, 750000500};
	const struct timespec later = {1001, 0}, old = {900, 0};

	(void)state;
	assert_true(batch_arrival(now, &real, &at).v == 0xe8aa5b0040000000U);
	assert_true(batch_arrival(now, &real, &later).v == now.v);
	assert_true(batch_arrival(now, &real, &old).v == now.v);
}

static void
nothing_allocated(struct batchlab *l, size_t len, size_t reply)
{
	unsigned long before;

	send_requests(l, 64, len);
	assert_int_equal(serve(l), 64); /* OpenSSL takes what it needs once */
	assert_int_equal(replies(l, reply), 64);
	before = allocations;
	for (int k = 0; k < 20; k++) {
		send_requests(l, 64, len);
		assert_int_equal(serve(l), 64);
		assert_int_equal(replies(l, reply), 64);
	}
	assert_int_equal(allocations, before);
}

/* Of signed requests only those with a CMAC: for a digest OpenSSL 3.0 makes a
 * context each time, which the C library has ready for its thread. */
static void
test_no_allocation(void **state)
{
	struct batchlab *l = *state;
	unsigned long before = 0;
	size_t len;

	if (COUNTED)
		assert_true(allocations > 0);
	serverlab_request(l->w, 4, NTP_MODE_CLIENT);
	nothing_allocated(l, 48, 48);
	l->w->in[47] = 0;
	len = serverlab_sign(l->w, 3, 48);
	for (int k = 0; k < 20; k++) {
		if (k == 1)
			before = allocations;
		assert_int_equal(send(l->client, l->w->in, len, 0), len);
		assert_int_equal(serve(l), 1);
		assert_int_equal(replies(l, len), 1);
	}
	assert_int_equal(allocations, before);
}

#define BATCH_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    BATCH_TEST(test_a_batch_is_answered),
	    BATCH_TEST(test_the_first_do_not_wait_for_all),
	    BATCH_TEST(test_what_is_not_a_clients_is_passed_on),
	    BATCH_TEST(test_refused_datagrams),
	    BATCH_TEST(test_nothing_is_sent_across_a_step),
	    cmocka_unit_test(test_arrival),
	    BATCH_TEST(test_no_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
