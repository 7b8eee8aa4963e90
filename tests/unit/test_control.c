/* SPDX-License-Identifier: BSD-2-Clause */
/* test_control.c - the responder of mode 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_rng.h"
#include "ntp_state.h"
#include "ntp_wire.h"

#include "ctllab.h"
static int
setup(void **state)
{
	*state = lab_new("server 192.0.2.1 iburst\n"
			 "server 2001:db8::2 key 6\n"
			 "server 192.0.2.3 minpoll 4 maxpoll 9\n"
			 "restrict default nomodify\n"
			 "trustedkey 5 6\n"
			 "controlkey 5\n");
	return 0;
}

static int
setup_many(void **state)
{
	char conf[150 * 24] = "restrict default nomodify\n";
	size_t len = strlen(conf);

	for (int i = 1; i <= 130; i++)
		len += (size_t)snprintf(
		    conf + len, sizeof conf - len, "server 192.0.2.%d\n", i);
	*state = lab_new(conf);
	return 0;
}

/* --- READSTAT ------------------------------------------------------------- */

static void
test_readstat(void **state)
{
	struct lab *l = *state;
	struct wire_rd r;

	lab_peer(l, 0)->select = SEL_CANDIDATE;
	lab_peer(l, 1)->select = SEL_SYSPEER;
	assert_int_equal(lab_ask(l, MODE6_READSTAT, 0, ""), 1);
	lab_assemble(l);
	assert_int_equal(l->reply.len, 3 * 4);
	assert_int_equal(l->sentlen[0], MODE6_HEADER_LEN + 12);
	assert_int_equal(l->reply.status, sys_status_word(l->e));
	r = wire_rd_init(l->reply.text, l->reply.len);
	for (unsigned i = 3; i-- > 0;) {
		struct peer *p = lab_peer(l, i);

		assert_int_equal(wire_get16(&r), p->associd);
		assert_int_equal(wire_get16(&r), peer_status_word(p));
	}
	assert_int_equal(l->reply.text[4 + 2] & 7, SEL_SYSPEER);
	assert_int_equal(l->reply.text[8 + 2] & 7, SEL_CANDIDATE);
}

static void
test_readstat_spans_fragments(void **state)
{
	struct lab *l = *state;
	struct mode6_hdr h;

	assert_int_equal(lab_ask(l, MODE6_READSTAT, 0, ""), 2);
	mode6_decode(l->sent[0], l->sentlen[0], &h);
	assert_int_equal(h.count, 117 * 4);
	lab_assemble(l);
	assert_int_equal(l->reply.len, 130 * 4);
}

static void
test_readstat_of_one_is_readvar(void **state)
{
	struct lab *l = *state;
	unsigned id = lab_peer(l, 0)->associd;
	char text[MODE6_TEXT_MAX + 1];

	snprintf(text, sizeof text, "%s", lab_read(l, id, ""));
	lab_ask(l, MODE6_READSTAT, id, "stratum");
	assert_string_equal(lab_assemble(l), text);
	lab_ask(l, MODE6_READSTAT, 1 + lab_peer(l, 2)->associd, "");
	lab_expect_error(l, MODE6_ERR_BADASSOC);
}

static void
test_unspecified_opcode_tells_status(void **state)
{
	struct lab *l = *state;
	const struct peer *p = lab_peer(l, 1);

	assert_int_equal(lab_ask(l, MODE6_UNSPEC, 0, ""), 1);
	lab_assemble(l);
	assert_int_equal(l->reply.len, 0);
	assert_int_equal(l->reply.status, sys_status_word(l->e));
	lab_ask(l, MODE6_UNSPEC, p->associd, "");
	lab_assemble(l);
	assert_int_equal(l->reply.status, peer_status_word(p));
}

/* --- acceptance ----------------------------------------------------------- */

static void
test_short_and_responses_are_dropped(void **state)
{
	struct lab *l = *state;
	static const uint8_t bits[] = {0x80, 0x40, 0x20, 0xe0, 0xa0};

	lab_compose(l, MODE6_READVAR, 0, "");
	for (size_t len = 0; len < MODE6_HEADER_LEN; len++)
		lab_expect_silence(l, len);
	assert_int_equal(l->e->ctl.too_short, 12);
	for (size_t i = 0; i < sizeof bits; i++) {
		lab_compose(l, MODE6_READVAR, 0, "");
		l->in[1] |= bits[i];
		lab_expect_silence(l, 12);
		lab_expect_silence(l, 13);
	}
	lab_compose(l, MODE6_READVAR, 0, "");
	l->in[9] = 4;
	lab_expect_silence(l, 12);
	assert_int_equal(l->e->ctl.badpkts, 11);
	assert_int_equal(l->e->count.drop[DROP_CONTROL], 23);
	assert_int_equal(l->e->ctl.responses, 0);
}

static void
test_versions(void **state)
{
	struct lab *l = *state;

	for (unsigned v = 0; v <= 7; v++) {
		l->req.version = (uint8_t)v;
		lab_ask(l, MODE6_READSTAT, 0, "");
		assert_int_equal(l->nsent, v >= 1 && v <= 4);
	}
}

static void
test_other_modes_are_dropped(void **state)
{
	struct lab *l = *state;

	for (unsigned mode = 0; mode <= 7; mode++) {
		lab_compose(l, MODE6_READSTAT, 0, "");
		l->in[0] = (uint8_t)(2 << 3 | mode);
		assert_int_equal(lab_deliver(l, 12), mode == 6);
	}
}

static void
test_bad_lengths(void **state)
{
	struct lab *l = *state;

	for (size_t len = 13; len < 16; len++) {
		lab_compose(l, MODE6_READVAR, 0, "");
		lab_deliver(l, len);
		lab_expect_error(l, MODE6_ERR_BADFMT);
	}
	lab_compose(l, MODE6_READVAR, 0, "leap");
	l->req.count = 5;
	mode6_encode(&l->req, l->in);
	lab_deliver(l, 16);
	lab_expect_error(l, MODE6_ERR_BADFMT);
	l->req.count = 0xffff;
	mode6_encode(&l->req, l->in);
	lab_deliver(l, 16);
	lab_expect_error(l, MODE6_ERR_BADFMT);
	l->req.count = 472;
	mode6_encode(&l->req, l->in);
	lab_deliver(l, 12 + 472);
	lab_expect_error(l, MODE6_ERR_BADFMT);
	assert_int_equal(l->e->ctl.errors, 6);
}

/* ntpstat sends 564 zeros after the header. */
static void
test_zeros_behind_a_request(void **state)
{
	struct lab *l = *state;

	for (size_t len = 12; len <= 576; len += 4) {
		lab_compose(l, MODE6_READVAR, 0, "");
		assert_int_equal(lab_deliver(l, len), 1);
		assert_non_null(strstr(lab_assemble(l), "rootdisp="));
		assert_int_equal(
		    l->sentlen[0], 12 + (l->reply.len + 3) / 4 * 4);
	}
}

static void
test_opcodes(void **state)
{
	struct lab *l = *state;
	static const uint8_t closed[] = {3, 5, 6, 8, 9, 11, 31};
	static const uint8_t unknown[] = {7, 13, 20, 30};

	for (size_t i = 0; i < sizeof closed; i++) {
		lab_ask(l, closed[i], 0, "");
		lab_expect_error(l, MODE6_ERR_PERMISSION);
	}
	for (size_t i = 0; i < sizeof unknown; i++) {
		lab_ask(l, unknown[i], 0, "");
		lab_expect_error(l, MODE6_ERR_BADOP);
	}
}

static void
test_restrictions_are_silent(void **state)
{
	struct lab *l = *state;

	l->flags = RES_NOQUERY;
	assert_int_equal(lab_ask(l, MODE6_READVAR, 0, ""), 0);
	assert_int_equal(lab_ask(l, 30, 0, ""), 0);
	assert_int_equal(l->e->count.drop[DROP_NOQUERY], 2);
	l->flags = RES_IGNORE;
	assert_int_equal(lab_ask(l, MODE6_READVAR, 0, ""), 0);
	l->flags = RES_NOSERVE | RES_NOTRUST | RES_VERSION | RES_NOPEER |
	    RES_LIMITED | RES_KOD | RES_NOMODIFY;
	assert_int_equal(lab_ask(l, MODE6_READVAR, 0, ""), 1);
	l->src.port = 0;
	assert_int_equal(lab_ask(l, MODE6_READVAR, 0, ""), 0);
}

static void
set_addr(struct ntp_addr *a, const char *text)
{
	uint16_t port = a->port;

	assert_int_equal(addr_parse(text, strlen(text), a), 0);
	a->port = port;
}

static void
test_with_restrict_from_everywhere(void **state)
{
	struct lab *l = *state;

	set_addr(&l->src, "192.0.2.77");
	set_addr(&l->dst, "192.0.2.1");
	assert_int_equal(lab_ask(l, MODE6_READVAR, 0, ""), 1);
}

/* --- authentication ------------------------------------------------------- */

static void
assert_signed_at(struct lab *l, unsigned i, size_t pos, size_t maclen)
{
	assert_int_equal(l->sentlen[i], pos + maclen);
	assert_int_equal(keys_verify(l->keys, l->sent[i], pos, maclen), 0);
}

static void
test_replies_are_signed(void **state)
{
	struct lab *l = *state;
	struct mode6_hdr h;

	lab_ask_signed(l, MODE6_READVAR, lab_peer(l, 0)->associd, "", 5, 8);
	assert_int_equal(l->nsent, 2);
	assert_signed_at(l, 0, 480, 24);
	mode6_decode(l->sent[1], l->sentlen[1], &h);
	assert_signed_at(l, 1, (12U + h.count + 7) / 8 * 8, 24);
	assert_int_equal(l->sent[1][l->sentlen[1] - 21], 5);
	/* Any trusted key will do for the signature; 20 octets become 24. */
	lab_ask_signed(l, MODE6_READVAR, 0, "leap", 6, 8);
	assert_signed_at(l, 0, 24, 20);
	assert_string_equal(lab_assemble(l), "leap=3\r\n");
}

static void
test_authenticator_aligned_to_four(void **state)
{
	struct lab *l = *state;

	assert_int_equal(
	    lab_ask_signed(l, MODE6_READVAR, 0, "", 5, 4), 12 + 24);
	lab_assemble(l);
	assert_signed_at(l, 0, 12 + (l->reply.len + 3) / 4 * 4, 24);
	lab_ask_signed(l, MODE6_READVAR, 0, "", 5, 8);
	lab_assemble(l);
	assert_signed_at(l, 0, (12 + l->reply.len + 7) / 8 * 8, 24);
}

static void
test_signed_errors(void **state)
{
	struct lab *l = *state;

	lab_ask_signed(l, MODE6_READVAR, 0, "nosuch", 5, 8);
	assert_int_equal(l->sent[0][4], MODE6_ERR_UNKNOWNVAR);
	assert_signed_at(l, 0, MODE6_HEADER_LEN, 24);
	lab_ask_signed(l, MODE6_CONFIGURE, 0, "x", 6, 8);
	assert_int_equal(l->sent[0][4], MODE6_ERR_PERMISSION);
	lab_ask_signed(l, MODE6_SETTRAP, 0, "x", 5, 8);
	assert_int_equal(l->sent[0][4], MODE6_ERR_BADOP);
}

static void
test_bad_authenticator_is_as_none(void **state)
{
	struct lab *l = *state;
	size_t len = lab_ask_signed(l, MODE6_READVAR, 0, "leap", 5, 8);

	l->in[len - 1] ^= 1;
	assert_int_equal(lab_deliver(l, len), 1);
	assert_string_equal(lab_assemble(l), "leap=3\r\n");
	assert_int_equal(l->sentlen[0], 12 + 8);
	lab_ask_signed(l, MODE6_WRITEVAR, 0, "", 5, 8);
	l->in[len - 8] ^= 1;
	lab_deliver(l, len);
	lab_expect_error(l, MODE6_ERR_PERMISSION);
}

static void
test_control_key_clears_event_count(void **state)
{
	struct lab *l = *state;
	struct peer *p = lab_peer(l, 0);

	l->e->sys.nevents = 3;
	l->e->sys.event = EVNT_SYNC;
	p->nevents = 2;
	lab_read(l, 0, "leap");
	lab_ask_signed(l, MODE6_READVAR, 0, "leap", 6, 8);
	lab_assemble(l);
	assert_int_equal(l->reply.status & 0xff, 0x35);
	assert_int_equal(l->e->sys.nevents, 3);
	lab_ask_signed(l, MODE6_READVAR, 0, "leap", 5, 8);
	lab_assemble(l);
	assert_int_equal(l->reply.status & 0xff, 0x35);
	lab_read(l, 0, "leap");
	assert_int_equal(l->reply.status & 0xff, 0x05);
	assert_int_equal(p->nevents, 2);
	lab_ask_signed(l, MODE6_READVAR, p->associd, "leap", 5, 8);
	assert_int_equal(p->nevents, 0);
}

/* --- invariants ----------------------------------------------------------- */

static void
test_random_datagrams(void **state)
{
	struct lab *l = *state;
	struct ntp_rng r;
	unsigned answered = 0;

	rng_seed(&r, 9);
	for (int i = 0; i < 20000; i++) {
		size_t len = rng_below(&r, 20) * 4 + rng_below(&r, 20) / 19;

		rng_fill(&r, l->in, sizeof l->in);
		l->in[0] = (uint8_t)(rng_below(&r, 8) << 3 | 6);
		l->in[1] = (uint8_t)(rng_below(&r, 4) == 0 ? rng_below(&r, 256)
							   : rng_below(&r, 4));
		memset(l->in + 6, 0, 5);
		l->in[11] = (uint8_t)rng_below(&r, 12);
		if (len >= 12)
			mode6_decode(l->in, len, &l->req);
		if (lab_deliver(l, len) == 0)
			continue;
		answered++;
		/* What we send is never answered. */
		memcpy(l->in, l->sent[0], l->sentlen[0]);
		lab_expect_silence(l, l->sentlen[0]);
	}
	assert_in_range(answered, 1000, 19000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, lab_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_readstat),
	    cmocka_unit_test_setup_teardown(
		test_readstat_spans_fragments, setup_many, lab_teardown),
	    TEST(test_readstat_of_one_is_readvar),
	    TEST(test_unspecified_opcode_tells_status),
	    TEST(test_short_and_responses_are_dropped),
	    TEST(test_versions),
	    TEST(test_other_modes_are_dropped),
	    TEST(test_bad_lengths),
	    TEST(test_zeros_behind_a_request),
	    TEST(test_opcodes),
	    TEST(test_restrictions_are_silent),
	    TEST(test_with_restrict_from_everywhere),
	    TEST(test_replies_are_signed),
	    TEST(test_authenticator_aligned_to_four),
	    TEST(test_signed_errors),
	    TEST(test_bad_authenticator_is_as_none),
	    TEST(test_control_key_clears_event_count),
	    TEST(test_random_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
