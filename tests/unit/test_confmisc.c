/* SPDX-License-Identifier: BSD-2-Clause */
/* test_confmisc.c - ntp.conf: numbers, flags, keys, interfaces, variables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "confworld.h"

static void
base_dates(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "tos basedate 2026-01-01 minclock 4\n"
	    "tos basedate 45290\n");

	(void)state;
	assert_int_equal(w.n, 0);
	assert_true(c->tos.basedate == INT64_C(1704067200));
	assert_int_equal(c->tos.minclock, 4);
	config_free(&c);
	c = parse(&w, "tos basedate tomorrow\n");
	assert_int_equal(w.n, 1);
	assert_true(c->tos.basedate == INT64_C(1704067200));
	config_free(&c);
}

static void
numbers(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "tos  minclock 4  maxclock 6  minsane 2  floor 1  ceiling 14 "
	    "cohort 0 mindist 0.01 maxdist 3 maxdisp 8 orphanwait 30\n"
	    "tinker panic 0 stepout 900 stepback 1.5 dispersion 30 allan 10 "
	    "freq -12.5\n"
	    "discard average 4 minimum 1\nmru maxdepth 77\nport 11123\n"
	    "dscp 0\nthreads auto\ngather 50\ncontrolkey 9\ntrustedkey 1 ( 8 ... 10 )\ntrustedkey 20\n");

	(void)state;
	assert_int_equal(w.n, 0);
	assert_int_equal(c->tos.minclock, 4);
	assert_int_equal(c->tos.maxclock, 6);
	assert_int_equal(c->tos.minsane, 2);
	assert_int_equal(c->tos.floor, 1);
	assert_int_equal(c->tos.ceiling, 14);
	assert_true(c->tos.mindist == 0.01);
	assert_true(c->tos.maxdist == 3);
	assert_true(c->tos.maxdisp == 8);
	assert_true(c->tos.orphanwait == 30);
	assert_true(c->tinker.panic == 0);
	assert_true(c->tinker.stepout == 900);
	assert_true(c->tinker.step_back == 1.5);
	assert_true(c->tinker.step_fwd == 0.128);
	assert_true(c->tinker.step_given);
	assert_true(fabs(c->tinker.dispersion - 30e-6) < 1e-12);
	assert_true(c->tinker.allan == 10);
	assert_true(c->tinker.freq_given);
	assert_true(fabs(c->tinker.freq + 12.5e-6) < 1e-12);
	assert_int_equal(c->discard_average, 4);
	assert_true(c->discard_minimum == 1);
	assert_int_equal(c->mru.maxdepth, 77);
	assert_int_equal(c->port, 11123);
	assert_int_equal(c->dscp, 0);
	assert_true(c->threads_auto);
	assert_int_equal(c->gather, 50);
	assert_int_equal(c->controlkey, 9);
	assert_int_equal(c->ntrusted, 3);
	assert_int_equal(c->trusted[1].lo, 8);
	assert_int_equal(c->trusted[1].hi, 10);
	end(&w);
}

static void
numbers_out_of_range(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "tos ceiling 16\ntinker stepout 5 allan 1500\ndscp 64\n"
	    "tinker panic 0x10\nport 0\ntinker step 1e999\nport 99999999999\n"
	    "mru maxdepth -1\nmru maxmem 1\ntrustedkey ( 9 ... 1 )\n");

	(void)state;
	assert_int_equal(c->tos.ceiling, 15);
	assert_true(c->tinker.stepout == 300);
	assert_true(c->tinker.allan == 11);
	assert_int_equal(c->dscp, 46);
	assert_true(c->tinker.panic == 1000);
	assert_int_equal(c->port, 123);
	assert_int_equal(c->nwarnings, 3);
	assert_int_equal(c->nerrors, 6);
	assert_in_range(c->mru.maxdepth, 1, 64);
	said(&w, 0, CONFIG_WARNING, 1, 13, "'ceiling 16' is above 15");
	said(&w, 1, CONFIG_WARNING, 2, 16, "'stepout 5' is below 300");
	end(&w);
}

/* NTPsec's letters for weeks that rolled over. */
static void
numbers_with_a_letter(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "refclock nmea time1 0.25g flag1 1\nrefclock nmea unit 1 time1 -2G "
	    "flag1 1\nrefclock nmea unit 2 time1 g\n");

	(void)state;
	assert_true(c->assoc[0].time1 == 0.25 && c->assoc[1].time1 == -2);
	assert_int_equal(c->assoc[0].ref_flags, REF_FLAG1);
	assert_int_equal(c->assoc[1].ref_flags, REF_FLAG1);
	said(&w, 0, CONFIG_WARNING, 1, 21, "'0.25g' is taken without its last");
	assert_int_equal(c->nerrors, 1);
	end(&w);
}

/* A bad number leaves those before it, and the default where it is alone. */
static void
bad_hops(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w, "ttl 3 300\n");

	(void)state;
	assert_int_equal(c->nttl, 1);
	assert_int_equal(c->ttl[0], 3);
	end(&w);
	c = parse(&w, "");
	{
		size_t n = c->nttl;

		assert_true(n > 0);
		end(&w);
		assert_int_equal(parse(&w, "ttl 300\nttl\n")->nttl, n);
		end(&w);
	}
}

/* Nobody of a pool is beyond doubt, or asked eightfold. */
static void
pools_pass_on_no_trust(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w, "pool p iburst true burst prefer\n");

	(void)state;
	assert_int_equal(c->assoc[0].flags & (ASSOC_TRUE | ASSOC_BURST), 0);
	assert_int_not_equal(c->assoc[0].flags & ASSOC_IBURST, 0);
	said(&w, 0, CONFIG_WARNING, 1, 15, "'true' has no effect on a pool");
	said(&w, 1, CONFIG_WARNING, 1, 20, "'burst' has no effect on a pool");
	end(&w);
}

static void
disable_beats_enable(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "disable ntp stats\nenable ntp auth stats\n"
	    "disable mode7 bclient\nenable mode7\n");

	(void)state;
	assert_false(c->ntp);
	assert_false(c->stats);
	assert_true(c->auth);
	assert_int_equal(w.n, 1);
	said(&w, 0, CONFIG_WARNING, 4, 8, "'mode7' has no effect");
	end(&w);
}

static void
limited_keeps_the_client_list(void **state)
{
	struct world w;
	struct ntp_config *c =
	    parse(&w, "disable monitor\nrestrict default limited\n");

	(void)state;
	assert_true(c->monitor);
	said(&w, 0, CONFIG_WARNING, 1, 9, "'disable monitor' is ignored");
	end(&w);
	c = parse(&w, "disable monitor\nrestrict default noquery\n");
	assert_false(c->monitor);
	assert_int_equal(w.n, 0);
	end(&w);
}

static void
untrusted_keys_are_told(void **state)
{
	struct world w;

	(void)state;
	(void)parse(&w, "server a\nserver b key 5\ncontrolkey 6\n");
	assert_int_equal(w.n, 2);
	said(&w, 0, CONFIG_WARNING, 2, 1, "the key of this line");
	said(&w, 1, CONFIG_WARNING, 3, 12, "controlkey");
	end(&w);
}

static void
interfaces(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "interface ignore wildcard\ninterface listen 192.0.2.1\n"
	    "nic drop eth0\ninterface listen 2001:db8::/32\nlisten on *\n"
	    "listen ipv6\ninterface listen 10.0.0.0/33\ninterface bogus all\n"
	    "nic listen\n");

	(void)state;
	assert_int_equal(c->niface, 6);
	assert_int_equal(c->iface[0].action, IFACE_IGNORE);
	assert_int_equal(c->iface[0].match, IFACE_WILDCARD);
	assert_int_equal(c->iface[1].match, IFACE_PREFIX);
	assert_int_equal(c->iface[1].bits, 32);
	assert_int_equal(c->iface[2].action, IFACE_DROP);
	assert_string_equal(c->iface[2].name, "eth0");
	assert_int_equal(c->iface[3].bits, 32);
	assert_int_equal(c->iface[3].addr.family, ADDR_V6);
	assert_int_equal(c->iface[4].match, IFACE_ALL);
	assert_int_equal(c->iface[5].match, IFACE_IPV6);
	assert_int_equal(c->nerrors, 3);
	end(&w);
}

static void
blocks_and_assignments(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "simulate { a = 1 ; {\n b } \n\n } server x\nserver y\n"
	    "setvar a = b default\nsetvar a=b\nsetvar a = b junk\n"
	    "setvar a b c\n"
	    "simulate {\n");

	(void)state;
	assert_int_equal(c->nassoc, 1);
	assert_string_equal(c->assoc[0].host, "y");
	said(&w, 0, CONFIG_WARNING, 1, 1, "'simulate' is obsolete");
	said(&w, 1, CONFIG_ERROR, 7, 8, "'a=b' is no name of a variable");
	assert_int_equal(c->nerrors, 4);
	end(&w);
}

static void
variables(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "setvar rack = \"b 12\" default\nsetvar x = 1\nsetvar x = 2\n"
	    "setvar leap = 3\nsetvar a\"b = 1\nsetvar y = 1 2\nsetvar z =\n"
	    "setvar w\n");

	(void)state;
	assert_int_equal(c->nvar, 2);
	assert_string_equal(c->var[0].name, "rack");
	assert_string_equal(c->var[0].value, "b 12");
	assert_true(c->var[0].in_default);
	assert_string_equal(c->var[1].value, "2");
	assert_false(c->var[1].in_default);
	said(&w, 0, CONFIG_ERROR, 4, 8, "'leap' is a variable of ntpd itself");
	assert_int_equal(c->nerrors, 5);
	end(&w);
}

static void
cards_that_stamp(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "hwtimestamp eth0 enp3s0f1\nhwtimestamp eth0 *\n"
	    "hwtimestamp\nhwtimestamp a-name-without-end\n");

	(void)state;
	assert_int_equal(c->ncards, 3);
	assert_string_equal(c->card[0], "eth0");
	assert_string_equal(c->card[1], "enp3s0f1");
	assert_string_equal(c->card[2], "*");
	assert_int_equal(c->nerrors, 2);
	end(&w);
	c = parse(&w, "hwtimestamp a b c d e f g h i\n");
	assert_int_equal(c->ncards, CONFIG_CARDS);
	assert_int_equal(c->nerrors, 1);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(base_dates),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(numbers_out_of_range),
	    cmocka_unit_test(numbers_with_a_letter),
	    cmocka_unit_test(bad_hops),
	    cmocka_unit_test(pools_pass_on_no_trust),
	    cmocka_unit_test(disable_beats_enable),
	    cmocka_unit_test(limited_keeps_the_client_list),
	    cmocka_unit_test(untrusted_keys_are_told),
	    cmocka_unit_test(interfaces),
	    cmocka_unit_test(blocks_and_assignments),
	    cmocka_unit_test(variables),
	    cmocka_unit_test(cards_that_stamp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
