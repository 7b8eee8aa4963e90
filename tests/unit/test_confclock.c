/* SPDX-License-Identifier: BSD-2-Clause */
/* test_confclock.c - ntp.conf: reference clocks and fudge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "confworld.h"
#include "ntp_refclock.h"

static void
local_clock(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "fudge 127.127.1.1 stratum 10 refid LAN time1 0.25\n"
	    "server 127.127.1.0\nserver 127.127.1.1 minpoll 4 prefer\n"
	    "refclock local unit 7 stratum 3\n");

	(void)state;
	assert_int_equal(w.n, 0);
	assert_int_equal(c->nassoc, 3);
	assert_int_equal(c->assoc[0].kind, ASSOC_REFCLOCK);
	assert_int_equal(c->assoc[0].ref_type, 1);
	assert_int_equal(c->assoc[0].ref_stratum, 5);
	assert_int_equal(c->assoc[0].ref_refid, 0x4c4f434c);
	assert_int_equal(c->assoc[0].maxpoll, 6);
	assert_int_equal(c->assoc[1].ref_unit, 1);
	assert_int_equal(c->assoc[1].ref_stratum, 10);
	assert_int_equal(c->assoc[1].ref_refid, 0x4c414e00);
	assert_true(c->assoc[1].time1 == 0.25);
	assert_int_equal(c->assoc[1].maxpoll, 4);
	assert_string_equal(c->assoc[2].host, "127.127.1.7");
	assert_int_equal(c->assoc[2].ref_unit, 7);
	assert_int_equal(c->assoc[2].ref_stratum, 3);
	end(&w);
}

static void
other_clocks_are_left_out(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "server 127.127.36.0 mode 1 prefer\nfudge 127.127.36.0 refid GPS\n"
	    "fudge 127.127.1.0 stratum 17\n"
	    "fudge 192.0.2.1 stratum 1\nfudge 127.127.1.3 stratum 1\n"
	    "server 127.127.36.1\n");

	(void)state;
	assert_int_equal(c->nassoc, 0);
	assert_int_equal(c->nerrors, 2);
	said(&w, 0, CONFIG_WARNING, 1, 8, "reference clock 127.127.36.0");
	said(&w, 1, CONFIG_WARNING, 2, 7, "reference clock 127.127.36.0");
	said(&w, 2, CONFIG_ERROR, 3, 27, "'stratum 17'");
	said(&w, 3, CONFIG_ERROR, 4, 7, "inappropriate address 192.0.2.1");
	said(&w, 4, CONFIG_WARNING, 6, 8, "reference clock 127.127.36.1");
	said(&w, 5, CONFIG_WARNING, 5, 7, "no `server` line");
	end(&w);
}

/* A serial line by both syntaxes, and by that of later references. */
static void
devices(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "device 127.127.20.1 timedata /dev/ttyS1 ppsdata /dev/pps1\n"
	    "server 127.127.20.1 mode 0x51 minpoll 4 path /dev/lost\n"
	    "fudge 127.127.20.1 flag1 1 time2 0.4 minjitter 0.001\n"
	    "refclock nmea unit 2 path /dev/tty2 ppspath \"/dev/a b\" baud "
	    "115200\n"
	    "refclock pps unit 3 ppspath /dev/pps3 flag2 1 mode 2\n"
	    "device 127.127.20.9 timedata /dev/nothing\n");
	struct ntp_config *copy = config_copy(c);

	(void)state;
	assert_int_equal(w.n, 2);
	said(&w, 0, CONFIG_WARNING, 6, 8, "no `server` line");
	said(&w, 1, CONFIG_WARNING, 5, 1, "a parameter of this");
	assert_string_equal(c->assoc[0].path, "/dev/ttyS1");
	assert_string_equal(c->assoc[0].ppspath, "/dev/pps1");
	assert_true(c->assoc[0].minjitter == 0.001);
	assert_int_equal(c->assoc[0].ref_refid, 0x47505300);
	assert_string_equal(c->assoc[1].ppspath, "/dev/a b");
	assert_int_equal(c->assoc[1].baud, 115200);
	assert_null(c->assoc[2].path);
	assert_non_null(copy);
	assert_true(config_clock_same(&copy->assoc[1], &c->assoc[1]));
	copy->assoc[1].ppspath[5] = 'c';
	assert_string_equal(c->assoc[1].ppspath, "/dev/a b");
	assert_false(config_clock_same(&copy->assoc[1], &c->assoc[1]));
	copy->assoc[0].ref_stratum = 3; /* not the driver's affair */
	assert_true(config_clock_same(&copy->assoc[0], &c->assoc[0]));
	config_free(&copy);
	end(&w);
}

static void
shared_memory(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "server 127.127.28.2 mode 1 prefer\n"
	    "fudge 127.127.28.2 refid GPS time1 0.1 time2 600 flag1 1\n"
	    "fudge 127.127.28.2 flag4 1 flag1 0\n"
	    "refclock SHM unit 3 mode 1 refid PPS flag1 1 minpoll 4\n"
	    "fudge 127.127.28.3 flag2 1\n");

	(void)state;
	assert_int_equal(w.n, 1);
	said(&w, 0, CONFIG_WARNING, 4, 1, "a parameter of this");
	assert_int_equal(c->nassoc, 2);
	assert_int_equal(c->assoc[0].ref_type, 28);
	assert_int_equal(c->assoc[0].ref_unit, 2);
	assert_int_equal(c->assoc[0].ref_mode, 1);
	assert_int_equal(c->assoc[0].ref_stratum, 0);
	assert_int_equal(c->assoc[0].ref_refid, 0x47505300);
	assert_int_equal(c->assoc[0].ref_flags, REF_FLAG4);
	assert_true(c->assoc[0].time2 == 600);
	assert_string_equal(c->assoc[1].host, "127.127.28.3");
	assert_int_equal(c->assoc[1].ref_mode, 1);
	assert_int_equal(c->assoc[1].ref_flags, REF_FLAG1 | REF_FLAG2);
	assert_int_equal(c->assoc[1].maxpoll, 4);
	end(&w);
}

/* A mode that a driver has not is refused where it stands. */
static void
modes_that_are_not(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "server 127.127.8.0 mode 135\n"
	    "server 127.127.8.1 minpoll 4 mode 6\n"
	    "refclock hpgps unit 1 subtype 2\n"
	    "refclock jjy unit 2\nrefclock jjy unit 3 mode 6\n"
	    "refclock zyfer path /dev/ttyS0 baud 4800\n"
	    "server 127.127.40.4 mode 145\n");

	(void)state;
	assert_int_equal(c->nerrors, 0);
	assert_int_equal(w.n, 4);
	said(&w, 0, CONFIG_WARNING, 2, 35,
	    "reference clock 127.127.8.1 has no mode 6");
	said(&w, 1, CONFIG_WARNING, 3, 31,
	    "reference clock 127.127.26.1 has no mode 2");
	said(&w, 2, CONFIG_WARNING, 4, 10,
	    "reference clock 127.127.40.2 has no mode 0");
	said(&w, 3, CONFIG_WARNING, 7, 26,
	    "reference clock 127.127.40.4 has no mode 145");
	assert_int_equal(c->nassoc, 3);
	assert_int_equal(c->assoc[1].ref_mode, 6);
	assert_int_equal(c->assoc[2].ref_type, CLOCK_ZYFER);
	end(&w);
}

#define TEN "0123456789"

static void
telephone_numbers(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "phone ATDT5551234 \"ATDT 0,5555678\"\n"
	    "phone ATDT" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
	    "\nphone\nphone ATDP7 # at home\n"
	    "refclock modem unit 1\nserver 127.127.18.2 minpoll 6 mode 2\n"
	    "fudge 127.127.18.2 flag1 1\n");

	(void)state;
	assert_string_equal(c->phone, "ATDT5551234\nATDT 0,5555678\nATDP7");
	assert_int_equal(c->nerrors, 2);
	assert_int_equal(w.n, 2);
	said(&w, 0, CONFIG_ERROR, 2, 7, "'ATDT0123456789");
	said(&w, 1, CONFIG_ERROR, 3, 6, "missing telephone number");
	assert_int_equal(c->assoc[0].minpoll, 12);
	assert_int_equal(c->assoc[0].maxpoll, 17);
	assert_int_equal(c->assoc[1].minpoll, 6);
	assert_int_equal(c->assoc[1].maxpoll, 17);
	end(&w);
	c = parse(&w, "refclock modem\n");
	assert_null(c->phone);
	assert_int_equal(w.n, 1);
	said(&w, 0, CONFIG_WARNING, 1, 1, "there is no `phone`");
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(local_clock),
	    cmocka_unit_test(other_clocks_are_left_out),
	    cmocka_unit_test(devices),
	    cmocka_unit_test(shared_memory),
	    cmocka_unit_test(modes_that_are_not),
	    cmocka_unit_test(telephone_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
