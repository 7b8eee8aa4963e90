/* SPDX-License-Identifier: BSD-2-Clause */
/* test_confclock.c - ntp.conf: reference clocks and fudge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "confworld.h"

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
	    "server 127.127.20.0 mode 1 prefer\nfudge 127.127.20.0 refid GPS\n"
	    "refclock nmea unit 0\nfudge 127.127.1.0 stratum 17\n"
	    "fudge 192.0.2.1 stratum 1\nfudge 127.127.1.3 stratum 1\n");

	(void)state;
	assert_int_equal(c->nassoc, 0);
	assert_int_equal(c->nerrors, 2);
	said(&w, 0, CONFIG_WARNING, 1, 8, "reference clock 127.127.20.0");
	said(&w, 1, CONFIG_WARNING, 2, 7, "reference clock 127.127.20.0");
	said(&w, 2, CONFIG_WARNING, 3, 10, "driver 'nmea'");
	said(&w, 3, CONFIG_ERROR, 4, 27, "'stratum 17'");
	said(&w, 4, CONFIG_ERROR, 5, 7, "inappropriate address 192.0.2.1");
	said(&w, 5, CONFIG_WARNING, 6, 7, "no `server` line");
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(local_clock),
	    cmocka_unit_test(other_clocks_are_left_out),
	    cmocka_unit_test(shared_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
