/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_f.c - attacks by mode 6 (rows F of threats.md).
 *
 * The lab checks the form of every datagram that is sent, and gives the engine
 * each request in memory of its very length, so that under a sanitizer a read
 * beyond it is found.
 */
#include "ctllab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "threat.h"

enum { CONTROL_KEY = 5, OTHER_KEY = 6 };

#define LONGEST MODE6_DATA_MAX

static unsigned log_lines; /* of the test at hand */

static void
count_line(
    struct log_port *l, enum ntp_loglevel lv, const char *fmt, va_list ap)
{
	(void)l;
	(void)lv;
	(void)fmt;
	(void)ap;
	log_lines++;
}

static int
setup(void **state)
{
	struct lab *l = lab_new("server 192.0.2.1\n"
				"setvar room = 7\n"
				"restrict default\n"
				"mru maxdepth 600\n"
				"trustedkey 5 6\n"
				"controlkey 5\n");

	l->log.vlog = count_line;
	log_lines = 0;
	*state = l;
	return 0;
}

/* Nobody wrote anything into the configuration. */
static int
setup_default(void **state)
{
	*state = lab_new("server 192.0.2.1\n");
	return 0;
}

static bool
is_error(const struct lab *l)
{
	return l->nsent == 1 && (l->sent[0][1] & 0x40) != 0;
}

static uint8_t
error_code(const struct lab *l)
{
	assert_true(is_error(l));
	return l->sent[0][4];
}

static void
ask_as(struct lab *l, bool controller, unsigned op, const char *data)
{
	l->now.mono = mono_add(l->now.mono, 1);
	if (controller)
		lab_ask_signed(l, op, 0, data, CONTROL_KEY, 8);
	else
		lab_ask(l, op, 0, data);
}

static const char *
filled(char text[LONGEST + 1], const char *head, char c, size_t len)
{
	size_t n = strlen(head);

	memset(text, c, len);
	memcpy(text, head, n < len ? n : len);
	text[len] = '\0';
	return text;
}

/* --- requests and replies of all lengths ---------------------------------- */

/* Replies end before, at and behind the end of each fragment. */
static void
replies_of_every_length(void **state)
{
	struct lab *l = *state;
	char names[LONGEST + 1], list[8192];
	size_t len = 0;

	lab_ask(l, MODE6_READVAR, 0, "sys_var_list");
	lab_assemble(l);
	snprintf(list, sizeof list, "%s", lab_value(l, "sys_var_list") + 1);
	for (char *p = list; *p != '\0' && *p != '"'; p += strspn(p, ",")) {
		size_t n = strcspn(p, ",\"");

		if (len + n + 2 > LONGEST)
			len = 0;
		len += (size_t)snprintf(names + len, sizeof names - len,
		    "%s%.*s", len > 0 ? "," : "", (int)n, p);
		lab_read(l, 0, names);
		p += n;
	}
}

static void
lines_of_every_length(void **state)
{
	static const char *const head[] = {"", "server ", "setvar room = \"",
	    "logconfig =", "restrict ", "keys "};
	struct lab *l = *state;
	char text[LONGEST + 1];

	for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
		for (size_t n = 0; n <= LONGEST; n += n < 300 ? 7 : 1) {
			ask_as(l, true, MODE6_CONFIGURE,
			    filled(text, head[i], 'a', n));
			assert_int_equal(l->nsent, 1);
		}
}

/* What stands behind the counted octets would make it a good request. */
static void
nothing_behind_the_count_is_read(void **state)
{
	struct lab *l = *state;
	size_t len = lab_compose(l, MODE6_READVAR, 0, "leap");

	assert_int_equal(lab_deliver(l, len), 1);
	lab_assemble(l);
	l->in[11] = 2; /* octets of data */
	l->req.seq++;
	mode6_encode(&(struct mode6_hdr){.version = 2,
			 .opcode = MODE6_READVAR,
			 .seq = l->req.seq,
			 .count = 2},
	    l->in);
	lab_deliver(l, len);
	assert_int_equal(error_code(l), MODE6_ERR_UNKNOWNVAR);
}

/* A count beyond the datagram is an error, whatever the length of either. */
static void
counts_beyond_the_datagram(void **state)
{
	struct lab *l = *state;

	for (size_t len = MODE6_HEADER_LEN; len <= 600; len += 4)
		for (unsigned count = 0; count < 700; count += 13) {
			l->now.mono = mono_add(l->now.mono, 10);
			lab_compose(l, MODE6_READVAR, 0, "");
			memset(l->in + MODE6_HEADER_LEN, 'a', 600);
			l->in[10] = (uint8_t)(count >> 8);
			l->in[11] = (uint8_t)count;
			l->req.count = (uint16_t)count;
			lab_deliver(l, len);
			if (count > len - MODE6_HEADER_LEN || count > LONGEST)
				assert_int_equal(
				    error_code(l), MODE6_ERR_BADFMT);
		}
}

/* Only a whole request is one. */
static void
permutations_of_the_header(void **state)
{
	static const unsigned value[] = {0, 1, 4, 468, 469, 0x7fff, 0xffff};
	struct lab *l = *state;

	for (unsigned rem = 0; rem < 8; rem++)
		for (size_t i = 0; i < 49; i++) {
			unsigned offset = value[i / 7], count = value[i % 7];
			bool whole = rem == 0 && offset == 0;

			l->now.mono = mono_add(l->now.mono, 10);
			lab_compose(l, MODE6_READVAR, 0, "leap");
			l->in[1] = (uint8_t)(rem << 5 | MODE6_READVAR);
			l->in[8] = (uint8_t)(offset >> 8);
			l->in[9] = (uint8_t)offset;
			l->in[10] = (uint8_t)(count >> 8);
			l->in[11] = (uint8_t)count;
			assert_int_equal(lab_deliver(l, 16), whole);
		}
}

static void
short_datagrams(void **state)
{
	struct lab *l = *state;

	for (size_t len = 0; len < MODE6_HEADER_LEN; len++) {
		lab_compose(l, MODE6_READVAR, 0, "");
		lab_expect_silence(l, len);
	}
}

/* --- who may ------------------------------------------------------------- */

/* A wrong signature is an error, and then nothing else happens. */
static void
refused_and_nothing_done(void **state)
{
	static const struct {
		unsigned op;
		const char *data;
	} row[] = {
	    {MODE6_WRITEVAR, "room=8"},
	    {MODE6_CONFIGURE, "server 192.0.2.9"},
	    {MODE6_SAVECONFIG, "x"},
	    {MODE6_READ_ORDLIST, "ifstats"},
	};
	struct lab *l = *state;
	const struct ntp_config *before = l->e->cfg;
	size_t len;

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		lab_ask(l, row[i].op, 0, row[i].data);
		assert_int_equal(error_code(l), MODE6_ERR_PERMISSION);
		lab_ask_signed(l, row[i].op, 0, row[i].data, OTHER_KEY, 8);
		assert_int_equal(error_code(l), MODE6_ERR_PERMISSION);
		len = lab_compose(l, row[i].op, 0, row[i].data);
		len = (len + 7) / 8 * 8;
		assert_int_equal(
		    keys_sign(l->keys, CONTROL_KEY, l->in, sizeof l->in, &len),
		    0);
		l->in[len - 1] ^= 1;
		lab_deliver(l, len);
		assert_int_equal(error_code(l), MODE6_ERR_PERMISSION);
	}
	assert_ptr_equal(l->e->cfg, before);
	lab_read(l, 0, "room");
	assert_string_equal(lab_value(l, "room"), "7");
}

static void
no_traps(void **state)
{
	struct lab *l = *state;

	for (int i = 0; i < 2; i++) {
		unsigned op = i == 0 ? MODE6_SETTRAP : MODE6_UNSETTRAP;

		ask_as(l, false, op, "");
		assert_true(error_code(l) == MODE6_ERR_PERMISSION ||
		    error_code(l) == MODE6_ERR_BADOP);
		ask_as(l, true, op, "");
		assert_int_equal(error_code(l), MODE6_ERR_BADOP);
		ask_as(l, false, MODE6_ASYNCMSG, "");
		assert_int_equal(error_code(l), MODE6_ERR_BADOP);
	}
}

/* --- values -------------------------------------------------------------- */

/* What was taken is read back; what is too long is an error. */
static void
values_of_every_length(void **state)
{
	struct lab *l = *state;
	char text[LONGEST + 1];
	size_t taken = 0;

	for (size_t n = 6; n <= LONGEST; n++) {
		ask_as(l, true, MODE6_WRITEVAR, filled(text, "room=", 'v', n));
		if (is_error(l)) {
			assert_int_equal(error_code(l), MODE6_ERR_BADVALUE);
			continue;
		}
		taken++;
		lab_read(l, 0, "room");
		assert_string_equal(lab_value(l, "room"), text + 5);
		ask_as(
		    l, false, MODE6_READVAR, text); /* the value is ignored */
		lab_assemble(l);
	}
	assert_in_range(taken, 50, LONGEST - 50);
}

static void
names_of_every_length(void **state)
{
	struct lab *l = *state;
	char text[LONGEST + 1];

	for (size_t n = 1; n <= LONGEST; n++) {
		ask_as(l, false, MODE6_READVAR, filled(text, "", 'n', n));
		assert_int_equal(error_code(l), MODE6_ERR_UNKNOWNVAR);
		ask_as(l, false, MODE6_READVAR, filled(text, "", ',', n));
		assert_true(l->nsent > 0);
	}
}

static void
writes_to_nothing(void **state)
{
	static const char *const data[] = {"=", ",", "=,", "room",
	    "room=", ",room=1", "nobody=1", "nobody", " = ", "\"", "room=\"",
	    "==", "a=b=c"};
	struct lab *l = *state;

	for (unsigned id = 0; id < 2; id++)
		for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
			lab_ask_signed(l, MODE6_WRITEVAR,
			    id * lab_peer(l, 0)->associd, data[i], CONTROL_KEY,
			    8);
			assert_int_equal(l->nsent, 1);
		}
	assert_true(strlen(lab_read(l, 0, "room")) > 0);
}

/* --- the client list ------------------------------------------------------- */

static void
list_with(struct lab *l, const char *args)
{
	char text[LONGEST + 1];

	l->now.mono = mono_add(l->now.mono, 1);
	lab_ask(l, MODE6_REQ_NONCE, 0, "");
	lab_assemble(l);
	snprintf(
	    text, sizeof text, "nonce=%s, %s", lab_value(l, "nonce"), args);
	lab_ask(l, MODE6_READ_MRU, 0, text);
}

static void
hostile_list_arguments(void **state)
{
	static const char *const args[] = {"", "frags=", "frags", "=",
	    "frags=32, frags=32", "limit=1, limit=2, limit=", "nonce=",
	    "frags=32, mincount=", "frags=32, addr.0=", "frags=32, last.0=",
	    "frags=32, addr.0=[, last.0=0x", "frags=32, addr.=1, last.=2",
	    "frags=32, addr.99999999999=1.2.3.4:5, last.99999999999=0x1.1",
	    "frags=32, addr.0=1.2.3.4:5, addr.0=1.2.3.4:5, last.0=0x1.1",
	    "frags=32, laddr=", "frags=32, laddr=[::1", "frags=32, resall=0x",
	    "frags=32, resany=0xfffffffffffffffff", "frags=99999999999999999",
	    "frags=-1", "limit=4294967297", "frags=32, mincount=-1",
	    "frags=32, maxlstint=99999999999999999999", "frags=32, recent=-1",
	    "frags=32,,,,,,,,", "frags=32, \"", "frags=32\r\n, mincount=1"};
	struct lab *l = *state;
	char long_one[300];

	for (size_t i = 0; i < sizeof args / sizeof args[0]; i++) {
		list_with(l, args[i]);
		list_with(l, "frags=32");
		assert_true(l->nsent > 0 && !is_error(l));
	}
	for (size_t n = 0; n < sizeof long_one; n++) {
		memset(long_one, '9', n);
		long_one[n] = '\0';
		list_with(l, long_one);
	}
	list_with(l, "frags=32");
	lab_assemble(l);
}

static void
addresses_of_every_length(void **state)
{
	static const char letters[] = "1:.f[]%";
	struct lab *l = *state;
	char text[2001];
	struct ntp_addr a;

	for (size_t c = 0; c < sizeof letters - 1; c++)
		for (size_t n = 1; n <= 2000; n++) {
			memset(text, letters[c], n);
			text[n] = '\0';
			if (n > 50)
				assert_int_not_equal(
				    addr_parse(text, n, &a), 0);
			if (n > 200)
				continue;
			memcpy(text, "frags=32, laddr=", n < 16 ? n : 16);
			list_with(l, text);
			assert_true(l->nsent <= 1 || !is_error(l));
		}
}

/* --- noise ---------------------------------------------------------------- */

static void
random_lines_of_configuration(void **state)
{
	static const char *const word[] = {"server", "restrict", "192.0.2.1",
	    "fudge", "tos", "tinker", "enable", "disable", "keys", "\"", "#",
	    "0x", "-1", "1e999", "=", "unpeer", "setvar", "default", "mask",
	    "logconfig", "+", "trustedkey", "1", "...", "(", ")", "::1",
	    "iburst", "minpoll", "99999999999999999999", "key", "pool",
	    "nosuch"};
	struct lab *l = *state;
	char text[LONGEST + 1];

	for (unsigned round = 0; round < 4000; round++) {
		size_t len = 0, words = rng_below(&l->rng, 12);

		text[0] = '\0';
		while (words-- > 0 && len < LONGEST - 40)
			len += (size_t)snprintf(text + len, sizeof text - len,
			    "%s ",
			    word[rng_below(
				&l->rng, sizeof word / sizeof word[0])]);
		ask_as(l, true, MODE6_CONFIGURE, text);
		lab_assemble(l);
	}
	ask_as(l, false, MODE6_READVAR, "leap");
	lab_assemble(l);
}

/* Octets behind the text, or of the key that nobody asked with. */
static void
nothing_uninitialized_is_sent(void **state)
{
	struct lab *l = *state;
	struct mode6_hdr h;

	for (unsigned op = 0; op < 32; op++) {
		ask_as(l, false, op, op == MODE6_READVAR ? "version,tc" : "");
		for (unsigned i = 0; i < l->nsent; i++) {
			mode6_decode(l->sent[i], l->sentlen[i], &h);
			for (size_t n = MODE6_HEADER_LEN + h.count;
			     n < l->sentlen[i]; n++)
				assert_int_equal(l->sent[i][n], 0);
		}
	}
}

/* What we send is never answered, nor is what nobody should send. */
static void
replies_are_not_answered(void **state)
{
	struct lab *l = *state;
	size_t len;

	for (unsigned op = 0; op < 32; op++) {
		ask_as(l, false, op, "");
		if (l->nsent == 0)
			continue;
		len = l->sentlen[0];
		memcpy(l->in, l->sent[0], len);
		lab_expect_silence(l, len);
	}
}

static void
bad_requests_do_not_fill_the_log(void **state)
{
	struct lab *l = *state;

	for (unsigned i = 0; i < 1000; i++) {
		l->now.mono = mono_add(l->now.mono, 0.01);
		lab_ask(l, MODE6_CONFIGURE, 0, "server 192.0.2.9");
		lab_ask_signed(l, MODE6_WRITEVAR, 0, "a=1", OTHER_KEY, 8);
		lab_ask(l, i % 32, i, "nosuch");
		lab_compose(l, MODE6_READVAR, 0, "leap");
		lab_deliver(l, i % 16);
	}
	assert_true(log_lines <= 1);
}

/* After any sequence of requests the answer is what it was. */
static void
sequences_leave_no_trace(void **state)
{
	struct lab *l = *state;
	char before[256];

	snprintf(before, sizeof before, "%s",
	    lab_read(l, 0, "stratum,leap,room,mru_maxdepth"));
	for (unsigned i = 0; i < 5000; i++) {
		size_t len = MODE6_HEADER_LEN + 4 * rng_below(&l->rng, 40);

		lab_compose(l, i % 32, (unsigned)rng_below(&l->rng, 3), "");
		rng_fill(
		    &l->rng, l->in + MODE6_HEADER_LEN, len - MODE6_HEADER_LEN);
		l->req.count = (uint16_t)rng_below(&l->rng, len + 1);
		l->in[10] = 0;
		l->in[11] = (uint8_t)l->req.count;
		l->now.mono = mono_add(l->now.mono, 1);
		lab_deliver(l, len);
	}
	assert_string_equal(
	    lab_read(l, 0, "stratum,leap,room,mru_maxdepth"), before);
}

/* --- strangers ------------------------------------------------------------ */

/* With nothing said about it, only this host is told anything. */
static void
strangers_are_told_nothing(void **state)
{
	static const struct ntp_addr here = {{127, 0, 0, 1}, 0, 50000, ADDR_V4};
	static const struct ntp_addr afar = {
	    {198, 51, 100, 7}, 0, 40000, ADDR_V4};
	struct lab *l = *state;
	size_t len;

	for (unsigned op = 0; op < 32; op++) {
		len = lab_compose(l, op, 0, "");
		assert_true(lab_receive_from(l, &here, len) > 0 ||
		    op == MODE6_READ_MRU);
		assert_int_equal(lab_receive_from(l, &afar, len), 0);
		len = lab_ask_signed(l, op, 0, "version", OTHER_KEY, 8);
		assert_int_equal(lab_receive_from(l, &afar, len), 0);
	}
}

int
main(void)
{
#define F(id, f) THREAT_IN(id, f, setup, lab_teardown)
	const struct CMUnitTest tests[] = {
	    F("CVE-2014-9295", replies_of_every_length),
	    F("CVE-2014-9295", lines_of_every_length),
	    F("CVE-2014-9296", refused_and_nothing_done),
	    F("CVE-2016-2519", values_of_every_length),
	    F("CVE-2018-7182", nothing_behind_the_count_is_read),
	    F("CVE-2019-6443", counts_beyond_the_datagram),
	    F("CVE-2017-6458", names_of_every_length),
	    F("CVE-2016-7434", hostile_list_arguments),
	    F("CVE-2016-9310", no_traps),
	    F("CVE-2016-9311", no_traps),
	    F("CVE-2015-7855", addresses_of_every_length),
	    F("CVE-2019-6444", permutations_of_the_header),
	    F("CVE-2019-6445", writes_to_nothing),
	    F("CVE-2019-6442", random_lines_of_configuration),
	    F("Sec-3610", short_datagrams),
	    F("CVE-2012-4502", sequences_leave_no_trace),
	    F("CVE-2012-4503", nothing_uninitialized_is_sent),
	    F("CVE-2010-0292", replies_are_not_answered),
	    F("CVE-2010-0294", bad_requests_do_not_fill_the_log),
	    F("CVE-2015-1822", sequences_leave_no_trace),
	    THREAT_IN("F-leak", strangers_are_told_nothing, setup_default,
		lab_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
