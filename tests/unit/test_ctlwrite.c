/* SPDX-License-Identifier: BSD-2-Clause */
/* test_ctlwrite.c - who may write by mode 6, WRITEVAR, variables of clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctllab.h"
#include "threat.h"

#define CONTROL_KEY 5
#define OTHER_KEY   6

static int
setup(void **state)
{
	*state = lab_new("server 192.0.2.1\n"
			 "server 127.127.1.3\n"
			 "fudge 127.127.1.3 stratum 9 refid ABC time1 0.0025\n"
			 "restrict default\n"
			 "setvar rack = \"b 12\" default\n"
			 "setvar room = 7\n"
			 "trustedkey 5 6\n"
			 "controlkey 5\n");
	return 0;
}

static void
writevar(struct lab *l, const char *data)
{
	lab_ask_signed(l, MODE6_WRITEVAR, 0, data, CONTROL_KEY, 8);
}

/* The error of a signed reply: its trailer follows the header at once. */
static void
expect_signed_error(struct lab *l, enum mode6_err err)
{
	struct mode6_hdr h;

	assert_int_equal(l->nsent, 1);
	assert_int_equal(mode6_decode(l->sent[0], l->sentlen[0], &h), 0);
	assert_true(h.error);
	assert_int_equal(h.status, err << 8);
}

/* --- WRITEVAR -------------------------------------------------------------- */

static void
test_variables_of_the_site(void **state)
{
	struct lab *l = *state;

	lab_read(l, 0, "");
	assert_string_equal(lab_value(l, "rack"), "\"b 12\"");
	assert_null(lab_value(l, "room"));
	lab_read(l, 0, "room,leap");
	assert_string_equal(lab_value(l, "room"), "7");
	writevar(l, "room=8, rack=\"c 1\"");
	lab_assemble(l);
	assert_int_equal(l->reply.len, 0);
	assert_int_equal(l->reply.status, sys_status_word(l->e));
	lab_read(l, 0, "room,rack");
	assert_string_equal(lab_value(l, "room"), "8");
	assert_string_equal(lab_value(l, "rack"), "\"c 1\"");
	lab_read(l, 0, "sys_var_list");
	assert_non_null(strstr(lab_value(l, "sys_var_list"), ",rack,room\""));
}

static void
test_refused_assignments(void **state)
{
	static const struct {
		const char *data;
		enum mode6_err err;
	} row[] = {
	    {"leap=1", MODE6_ERR_UNSPEC},
	    {"nobody=1", MODE6_ERR_UNKNOWNVAR},
	    {"room", MODE6_ERR_BADVALUE},
	    {"room=1,nobody=2", MODE6_ERR_UNKNOWNVAR},
	    {"room=1,rack", MODE6_ERR_BADVALUE},
	    {"room=a\tb", MODE6_ERR_BADVALUE},
	    {"=", MODE6_ERR_UNKNOWNVAR},
	};
	struct lab *l = *state;
	char longest[MODE6_DATA_MAX];

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		writevar(l, row[i].data);
		expect_signed_error(l, row[i].err);
	}
	snprintf(longest, sizeof longest, "room=%0300d", 1);
	writevar(l, longest);
	expect_signed_error(l, MODE6_ERR_BADVALUE);
	lab_read(l, 0, "room");
	assert_string_equal(lab_value(l, "room"), "7");
	writevar(l, "");
	lab_assemble(l);
	lab_ask_signed(l, MODE6_WRITEVAR, lab_peer(l, 0)->associd, "room=1",
	    CONTROL_KEY, 8);
	expect_signed_error(l, MODE6_ERR_PERMISSION);
	l->flags = RES_NOMODIFY;
	writevar(l, "room=9");
	expect_signed_error(l, MODE6_ERR_PERMISSION);
}

/* --- who may --------------------------------------------------------------- */

static void
test_only_the_control_key_writes(void **state)
{
	struct lab *l = *state;

	lab_ask(l, MODE6_WRITEVAR, 0, "room=1");
	lab_expect_error(l, MODE6_ERR_PERMISSION);
	lab_ask_signed(l, MODE6_WRITEVAR, 0, "room=1", OTHER_KEY, 8);
	expect_signed_error(l, MODE6_ERR_PERMISSION);
	lab_read(l, 0, "room");
	assert_string_equal(lab_value(l, "room"), "7");
}

static void
test_a_datagram_writes_once(void **state)
{
	struct lab *l = *state;
	size_t len =
	    lab_ask_signed(l, MODE6_WRITEVAR, 0, "room=8", CONTROL_KEY, 8);
	uint8_t heard[MODE6_PACKET_MAX];

	lab_assemble(l);
	memcpy(heard, l->in, len);
	writevar(l, "room=9");
	lab_assemble(l);
	memcpy(l->in, heard, len);
	mode6_decode(l->in, len, &l->req);
	lab_deliver(l, len);
	expect_signed_error(l, MODE6_ERR_PERMISSION);
	lab_read(l, 0, "room");
	assert_string_equal(lab_value(l, "room"), "9");
	writevar(l, "room=8"); /* the same with another number */
	lab_assemble(l);
}

/* --- clocks ---------------------------------------------------------------- */

static void
test_clock_variables(void **state)
{
	struct lab *l = *state;
	unsigned id = lab_peer(l, 1)->associd;
	const char *text;

	lab_ask(l, MODE6_READCLOCK, 0, "");
	text = lab_assemble(l);
	assert_int_equal(l->reply.status, 0);
	assert_string_equal(text,
	    "device=\"Undisciplined local clock\", timecode=\"\", poll=0, "
	    "noreply=0,\r\nbadformat=0, baddata=0, fudgetime1=2.500, "
	    "stratum=9, refid=ABC,\r\nflags=0\r\n");
	lab_ask(l, MODE6_READCLOCK, id, "fudgetime2,name,type");
	lab_assemble(l);
	assert_string_equal(lab_value(l, "fudgetime2"), "0.000");
	assert_string_equal(lab_value(l, "name"), "\"LOCAL\"");
	assert_string_equal(lab_value(l, "type"), "1");
	lab_ask(l, MODE6_READCLOCK, id, "stratum,nobody");
	lab_expect_error(l, MODE6_ERR_UNKNOWNVAR);
	lab_ask(l, MODE6_READCLOCK, lab_peer(l, 0)->associd, "");
	lab_expect_error(l, MODE6_ERR_BADASSOC);
	lab_ask_signed(l, MODE6_WRITECLOCK, id, "stratum=1", CONTROL_KEY, 8);
	expect_signed_error(l, MODE6_ERR_PERMISSION);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, lab_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_variables_of_the_site),
	    TEST(test_refused_assignments),
	    TEST(test_only_the_control_key_writes),
	    THREAT_IN("CVE-2015-8140", test_a_datagram_writes_once, setup,
		lab_teardown),
	    TEST(test_clock_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
