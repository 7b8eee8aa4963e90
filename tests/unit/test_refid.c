/* SPDX-License-Identifier: BSD-2-Clause */
/* test_refid.c - reference ids, with the hashes of well-known addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ntp_addr.h"

static uint32_t
refid_of(const char *text)
{
	struct ntp_addr a;

	assert_int_equal(addr_parse(text, strlen(text), &a), 0);
	return refid_from_addr(&a);
}

static void
test_addresses(void **state)
{
	struct ntp_addr none = {0};

	(void)state;
	assert_int_equal(refid_of("192.0.2.17"), 0xc0000211);
	assert_int_equal(refid_of("255.0.0.1"), 0xff000001);
	assert_int_equal(refid_of("2001:db8::1"), 0x39ab9b37);
	assert_int_equal(refid_of("::1"), 0xcf404dc8);
	assert_int_equal(refid_of("fe80::1"), 0x89e5301f);
	assert_int_equal(refid_of("fe80::1%4"), 0x89e5301f);
	assert_int_equal(refid_of("::ffff:192.0.2.17"), 0xc0000211);
	assert_int_equal(refid_from_addr(&none), 0);
}

static void
test_text(void **state)
{
	(void)state;
	assert_int_equal(refid_from_text("GPS"), 0x47505300);
	assert_int_equal(refid_from_text("LOCL"), 0x4c4f434c);
	assert_int_equal(refid_from_text("LOCAL"), 0x4c4f4341);
	assert_int_equal(refid_from_text("\xff"), 0xff000000);
	assert_int_equal(refid_from_text(""), 0);
}

static void
test_format(void **state)
{
	static const struct {
		uint32_t refid;
		unsigned stratum;
		const char *text;
	} row[] = {
	    {0x47505300, 0, "GPS"},
	    {0x47505300, 1, "GPS"},
	    {0x47505300, 2, "71.80.83.0"},
	    {0xffffffff, 2, "255.255.255.255"},
	    {0xc0000211, 15, "192.0.2.17"},
	    {0x494e4954, 16, "INIT"},
	    {0x494e4954, 255, "INIT"},
	    {0, 16, ""},
	    {0, 2, "0.0.0.0"},
	    {0x41004200, 1, "A"},
	    {0x1b5b4a0a, 1, ".[J."},
	    {0x7f80ff7e, 0, "...~"},
	};
	char text[REFID_STRLEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_string_equal(
		    refid_format(row[i].refid, row[i].stratum, text),
		    row[i].text);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
