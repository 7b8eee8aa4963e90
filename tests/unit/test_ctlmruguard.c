/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ctlmruguard.c - nonces, and what else keeps strangers from turning the
 * client list against others.
 */
#include "mrulistlab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ntp_fmt.h"
#include "threat.h"

/* --- nonces --------------------------------------------------------------- */

static void
nonce_is_as_the_reference_makes_it(void **state)
{
	struct lab *l = *state;
	const char *nonce = mrulist_nonce(l);
	ntp_ts ts;
	char text[24];

	assert_int_equal(l->sentlen[0], 44);
	assert_int_equal(strlen(nonce), 24);
	assert_int_equal(strspn(nonce, "0123456789abcdef"), 24);
	snprintf(text, sizeof text, "%.8s.%.8s", nonce, nonce + 8);
	assert_int_equal(fmt_parse_ts(text, 17, &ts), 0);
	assert_true(ts_equal(ts, l->now.sys));
	assert_int_equal(l->reply.status, 0);
}

static bool
accepted(struct lab *l, const char *nonce)
{
	char text[64];

	snprintf(text, sizeof text, "nonce=%s, frags=2", nonce);
	return lab_ask(l, MODE6_READ_MRU, 0, text) > 0;
}

static void
nonce_is_bound(void **state)
{
	struct lab *l = *state;
	char nonce[32], bad[32];

	snprintf(nonce, sizeof nonce, "%s", mrulist_nonce(l));
	assert_true(accepted(l, nonce));
	assert_true(accepted(l, nonce));
	l->src.port++;
	assert_false(accepted(l, nonce));
	l->src.port--;
	l->src.ip[3]++;
	assert_false(accepted(l, nonce));
	l->src.ip[3]--;
	for (unsigned i = 0; i < 24; i++) {
		memcpy(bad, nonce, sizeof bad);
		bad[i] = bad[i] == '0' ? '1' : '0';
		assert_false(accepted(l, bad));
		bad[i] = 'x';
		assert_false(accepted(l, bad));
	}
	assert_false(accepted(l, ""));
	memcpy(bad, nonce, 24);
	memcpy(bad + 24, "0", 2);
	assert_false(accepted(l, bad));
	assert_true(accepted(l, nonce));
}

static void
nonce_lives_16_seconds(void **state)
{
	struct lab *l = *state;
	char nonce[32];

	snprintf(nonce, sizeof nonce, "%s", mrulist_nonce(l));
	mrulist_pass(l, 15.2);
	assert_true(accepted(l, nonce));
	mrulist_pass(l, 1.2);
	assert_false(accepted(l, nonce));
	mrulist_pass(l, -17);
	assert_false(accepted(l, nonce)); /* from the future */
}

/* The key changes every hour; nobody notices. */
static void
nonce_outlives_its_key_once(void **state)
{
	struct lab *l = *state;
	char nonce[32];
	struct siphash_key key;

	mrulist_nonce(l); /* the first makes the key */
	mrulist_pass(l, 3595);
	snprintf(nonce, sizeof nonce, "%s", mrulist_nonce(l));
	key = l->e->guard.key[0];
	mrulist_pass(l, 10);
	assert_true(accepted(l, nonce));
	assert_memory_not_equal(&key, &l->e->guard.key[0], sizeof key);
	assert_memory_equal(&key, &l->e->guard.key[1], sizeof key);
	mrulist_pass(l, 8000);
	mrulist_nonce(l);
	assert_memory_not_equal(&key, &l->e->guard.key[1], sizeof key);
}

static void
without_nonce_silence(void **state)
{
	static const char *const text[] = {"", "frags=32", "nonce, frags=32",
	    "nonce=, frags=32", "nonce=deadbeef00000000deadbeef, frags=32",
	    "limit=257", "mincount=abc"};
	struct lab *l = *state;

	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
		assert_int_equal(lab_ask(l, MODE6_READ_MRU, 0, text[i]), 0);
}

/* --- not a weapon --------------------------------------------------------- */

static void
afar(struct lab *l, uint8_t n)
{
	l->src.ip[0] = l->dst.ip[0] = 198;
	l->src.ip[3] = n;
}

static void
budget_of_a_source(void **state)
{
	struct lab *l = *state;
	unsigned answered = 0;
	size_t octets = 0;

	afar(l, 1);
	for (int i = 0; i < 5000; i++) {
		mrulist_pass(l, 0.002);
		if (lab_ask(l, MODE6_READVAR, 0, "") == 0)
			continue;
		answered++;
		octets += l->sentlen[0];
	}
	/* 16 s worth of 8192 octets/s at once, and ten seconds' more */
	assert_in_range(octets, 26 * 8192, 26 * 8192 + 1000);
	assert_in_range(answered, 300, 900);
	assert_int_equal(l->e->count.drop[DROP_LIMITED], 5000 - answered);
	assert_int_equal(lab_ask(l, MODE6_REQ_NONCE, 0, ""), 0);
	afar(l, 2);
	assert_int_equal(lab_ask(l, MODE6_REQ_NONCE, 0, ""), 1);
	afar(l, 1);
	mrulist_pass(l, 1);
	assert_int_equal(lab_ask(l, MODE6_REQ_NONCE, 0, ""), 1);
}

/* Errors cost, too, and guessing nonces does. */
static void
budget_for_errors_and_guesses(void **state)
{
	struct lab *l = *state;
	unsigned n = 0;

	afar(l, 3);
	while (n < 100000 && lab_ask(l, 29, 0, "") == 1)
		n++;
	assert_int_equal(n, 16 * 8192 / 12 + 1);
	afar(l, 4);
	for (n = 0; n < 300; n++)
		assert_int_equal(
		    lab_ask(l, MODE6_READ_MRU, 0, "nonce=0, frags=2"), 0);
	assert_int_equal(lab_ask(l, MODE6_READSTAT, 0, ""), 0);
}

/* Forged sources have a budget each, but what stops the threads has one. */
static void
budget_of_all(void **state)
{
	struct lab *l = *state;
	struct ctl_guard *g = &l->e->guard;
	struct ntp_addr here = {{127, 0, 0, 1}, 0, 123, ADDR_V4};
	unsigned n = 0;

	for (unsigned i = 0; i < 3000; i++) {
		l->src.ip[0] = 198;
		l->src.ip[3] = (uint8_t)i;
		n += guard_may_stop(g, &l->src, l->now.mono);
	}
	assert_int_equal(n, GUARD_STOPS);
	assert_true(guard_may_stop(g, &here, l->now.mono));
	mrulist_pass(l, 0.01);
	for (unsigned i = 0; i < 100; i++)
		n += guard_may_stop(g, &l->src, l->now.mono);
	assert_in_range(n, GUARD_STOPS + 9, GUARD_STOPS + 11);
}

static void
proven_sources_have_no_budget(void **state)
{
	struct lab *l = *state;
	char text[64];

	afar(l, 5);
	mrulist_visits(l, 0, 300, 0.01);
	snprintf(text, sizeof text, "nonce=%s, frags=32", mrulist_nonce(l));
	for (int i = 0; i < 100; i++)
		assert_true(lab_ask(l, MODE6_READ_MRU, 0, text) > 20);
}

/* Octets out for one in, of requests that anybody may forge. */
static void
amplification(void **state)
{
	static const char *const text[] = {"", "leap", "sys_var_list",
	    "peer_var_list", "version", "frags=128", "mru_depth,mru_deepest"};
	struct lab *l = *state;
	size_t in, out;

	for (unsigned op = 0; op < 32; op++) {
		for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
			afar(l, (uint8_t)op);
			in = lab_compose(l, op, 0, text[i]);
			out = 0;
			for (unsigned n = lab_deliver(l, in); n-- > 0;)
				out += l->sentlen[n];
			assert_true(out <= 50 * in);
			mrulist_pass(l, 10);
		}
	}
}

static void
padding_buys_longer_answers(void **state)
{
	struct lab *l = *state;
	size_t len;

	afar(l, 9);
	lab_ask(l, MODE6_READVAR, 0, "sys_var_list");
	lab_expect_error(l, MODE6_ERR_PERMISSION);
	len = lab_compose(l, MODE6_READVAR, 0, "sys_var_list");
	assert_true(lab_deliver(l, len + 200) > 3);
	assert_false(l->reply.error);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, mrulist_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
	    T(nonce_is_as_the_reference_makes_it),
	    T(nonce_is_bound),
	    T(nonce_lives_16_seconds),
	    T(nonce_outlives_its_key_once),
	    T(without_nonce_silence),
	    T(budget_of_a_source),
	    T(budget_for_errors_and_guesses),
	    T(budget_of_all),
	    T(proven_sources_have_no_budget),
	    THREAT_IN(
		"CVE-2014-0021", amplification, mrulist_setup, lab_teardown),
	    THREAT_IN(
		"F-amplification", amplification, mrulist_setup, lab_teardown),
	    T(padding_buys_longer_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
