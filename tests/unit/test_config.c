/* SPDX-License-Identifier: BSD-2-Clause */
/* test_config.c - ntp.conf: what it means, and what is said about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "confworld.h"
#include "ntp_err.h"
#include "ntp_restrict.h"

static void
defaults(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w, "");

	(void)state;
	assert_int_equal(w.n, 0);
	assert_int_equal(c->port, 123);
	assert_int_equal(c->dscp, 46);
	assert_int_equal(c->tos.minsane, 1);
	assert_int_equal(c->tos.minclock, 3);
	assert_int_equal(c->tos.maxclock, 10);
	assert_true(c->tos.maxdist == 1.5);
	assert_int_equal(c->tos.ceiling, 15);
	assert_true(c->tinker.step_fwd == 0.128);
	assert_true(c->tinker.stepout == 300);
	assert_true(c->tinker.panic == 1000);
	assert_true(c->tinker.dispersion == 15e-6);
	assert_false(c->tinker.step_given);
	assert_true(c->ntp && c->kernel && c->monitor && c->stats && c->auth);
	assert_int_equal(c->discard_average, 3);
	assert_true(c->mru.maxdepth > 1000);
	end(&w);
}

static void
server_with_all_options(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "trustedkey 7\n"
	    "server -6 time.example iburst burst minpoll 4 maxpoll 0xb prefer "
	    "true noselect version 3 key 7 port 11123 bias -0.0015 xmtnonce\n");
	const struct config_assoc *a = &c->assoc[0];

	(void)state;
	assert_int_equal(w.n, 0);
	assert_int_equal(c->nassoc, 1);
	assert_int_equal(a->kind, ASSOC_SERVER);
	assert_string_equal(a->host, "time.example");
	assert_int_equal(a->family, ADDR_V6);
	assert_int_equal(a->addr.family, ADDR_NONE);
	assert_int_equal(a->flags,
	    ASSOC_IBURST | ASSOC_BURST | ASSOC_PREFER | ASSOC_TRUE |
		ASSOC_NOSELECT);
	assert_int_equal(a->minpoll, 4);
	assert_int_equal(a->maxpoll, 11);
	assert_int_equal(a->version, 3);
	assert_int_equal(a->key, 7);
	assert_int_equal(a->port, 11123);
	assert_true(a->bias == -0.0015);
	assert_string_equal(a->file, "ntp.conf");
	assert_int_equal(a->line, 2);
	end(&w);
}

static void
poll_bounds(void **state)
{
	static const struct {
		const char *options;
		int min, max;
		unsigned messages;
	} t[] = {
	    {"", 6, 10, 0},
	    {"minpoll 4", 4, 10, 0},
	    {"maxpoll 4", 4, 4, 0},
	    {"minpoll 12", 10, 10, 1},
	    {"minpoll 12 maxpoll 12", 12, 12, 0},
	    {"minpoll 30 maxpoll 99", 17, 17, 2},
	    {"minpoll -3", 0, 10, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct world w;
		struct ntp_config *c;
		char line[80];

		snprintf(line, sizeof(line), "server a %s", t[i].options);
		c = parse(&w, line);
		assert_int_equal(c->nassoc, 1);
		assert_int_equal(c->assoc[0].minpoll, t[i].min);
		assert_int_equal(c->assoc[0].maxpoll, t[i].max);
		assert_int_equal(w.n, t[i].messages);
		assert_int_equal(c->nerrors, 0);
		end(&w);
	}
}

static void
numeric_servers(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "server 192.0.2.1\nserver [2001:db8::1] port 1123\npool p\n"
	    "server 192.0.2.1 iburst\nserver 192.0.2.1 port 124\n");

	(void)state;
	assert_int_equal(c->nassoc, 4);
	assert_int_equal(c->assoc[0].addr.family, ADDR_V4);
	assert_int_equal(c->assoc[0].addr.port, 123);
	assert_int_equal(c->assoc[1].addr.family, ADDR_V6);
	assert_int_equal(c->assoc[1].addr.port, 1123);
	assert_int_equal(c->assoc[2].kind, ASSOC_POOL);
	assert_int_equal(w.n, 1);
	said(&w, 0, CONFIG_WARNING, 4, 8, "192.0.2.1 is configured already");
	end(&w);
}

static void
valid_beginning_is_kept(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "server x iburst bogus prefer\ntinker step 0.5 bogus 3 panic 0\n"
	    "keys F extra\ntrustedkey 1 x 2\ntos minclock 2 ceiling x\n");

	(void)state;
	assert_int_equal(c->nerrors, 5);
	assert_int_equal(c->nassoc, 1);
	assert_int_equal(c->assoc[0].flags, ASSOC_IBURST);
	assert_true(c->tinker.step_fwd == 0.5);
	assert_true(c->tinker.step_back == 0.5);
	assert_true(c->tinker.panic == 1000);
	assert_string_equal(c->keysfile, "F");
	assert_int_equal(c->ntrusted, 1);
	assert_int_equal(c->tos.minclock, 2);
	said(&w, 0, CONFIG_ERROR, 1, 17,
	    "unexpected 'bogus', expected iburst, burst, minpoll");
	said(&w, 1, CONFIG_ERROR, 2, 17, "unexpected 'bogus', expected step");
	said(&w, 2, CONFIG_ERROR, 3, 8,
	    "unexpected 'extra', expected the end of the line");
	said(&w, 3, CONFIG_ERROR, 4, 14, "'x' is not a key id");
	said(&w, 4, CONFIG_ERROR, 5, 24, "'ceiling' needs a whole number");
	end(&w);
}

/* What asked for authentication never runs without. */
static void
authentication_is_never_lost(void **state)
{
	static const char *const lines[] = {
	    "server x nts",
	    "server x autokey",
	    "server x iburst bogus key 5",
	    "server x bogus nts",
	    "server x minpoll key 5",
	    "server x key",
	    "server x key abc",
	    "server x key 0",
	    "server x key 65536",
	    "server x iburst key 70000 prefer",
	    "server x version 5",
	    "server x version 0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct world w;
		struct ntp_config *c = parse(&w, lines[i]);

		assert_int_equal(c->nassoc, 0);
		/* nts and autokey alone are legal words: a warning */
		assert_int_equal(c->nerrors > 0, i >= 2);
		assert_true(c->nerrors + c->nwarnings > 0);
		end(&w);
	}
}

static void
bad_servers(void **state)
{
	static const char *const lines[] = {
	    "server",
	    "server -4",
	    "server -4 ::1",
	    "server 224.0.1.1",
	    "server ff05::101",
	    "server 0.0.0.0",
	    "pool ::",
	    "pool 127.127.1.0",
	    "server \"a b\"",
	    "server 192.0.2.1;",
	    "refclock nonsense",
	    "server x port 0",
	    "server x port 65536",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct world w;
		struct ntp_config *c = parse(&w, lines[i]);

		assert_int_equal(c->nassoc, 0);
		assert_int_equal(c->nerrors, 1);
		end(&w);
	}
}

static void
misspellings_get_a_hint(void **state)
{
	static const struct {
		const char *line, *hint;
	} t[] = {
	    {"srever x", "did you mean 'server'?"},
	    {"SERVER x", "did you mean 'server'?"},
	    {"tso minclock 3", "did you mean 'tos'?"},
	    {"server x ibrust", "did you mean 'iburst'?"},
	    {"restrict default nomodfy", "did you mean 'nomodify'?"},
	    {"server x \"iburst\"", "keywords are written without quotes"},
	    {"zebra", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct world w;

		assert_int_equal(parse(&w, t[i].line)->nerrors, 1);
		assert_string_equal(w.m[0].hint, t[i].hint);
		end(&w);
	}
}

static void
true_positions(void **state)
{
	struct world w;

	(void)state;
	(void)parse(&w, "\n# c\r\n\t bogus\nserver x\n  server y  junk # z");
	assert_int_equal(w.n, 2);
	said(&w, 0, CONFIG_ERROR, 3, 3, "unexpected 'bogus'");
	said(&w, 1, CONFIG_ERROR, 5, 13, "unexpected 'junk'");
	assert_string_equal(w.m[1].file, "ntp.conf");
	end(&w);
}

/* --- reference clocks ---------------------------------------------------- */

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

static void
unpeer_acts_after_all(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "unpeer a\nunconfig 2001:db8:0::1\nserver a\nserver b\n"
	    "server 2001:db8::1\nunpeer nobody\nunpeer a\n");

	(void)state;
	assert_int_equal(c->nassoc, 1);
	assert_string_equal(c->assoc[0].host, "b");
	assert_int_equal(w.n, 2);
	said(&w, 0, CONFIG_WARNING, 6, 8, "no association");
	assert_int_equal(config_add_server(c, "c", &w.io), 0);
	assert_int_equal(config_add_server(c, "", &w.io), -NTP_EINVAL);
	assert_int_equal(c->nassoc, 2);
	assert_int_equal(c->assoc[1].flags, ASSOC_IBURST);
	end(&w);
}

/* --- restrict ------------------------------------------------------------ */

struct restrict_case {
	const char *line;
	enum config_restrict_what what;
	enum addr_family family;
	const char *addr, *mask; /* or the host name */
	uint16_t flags, mflags;
	int16_t limit;
};

static void
check_restrict(const struct restrict_case *t)
{
	struct world w;
	struct ntp_config *c = parse(&w, t->line);
	const struct config_restrict *r = &c->restricts[0];
	char text[ADDR_STRLEN];

	assert_int_equal(c->nerrors, 0);
	assert_int_equal(c->nrestricts,
	    t->what == RESTRICT_DEFAULT && t->family == ADDR_NONE ? 2 : 1);
	assert_int_equal(r->what, t->what);
	if (t->what == RESTRICT_DEFAULT && t->family == ADDR_NONE)
		assert_int_equal(c->restricts[1].flags, t->flags);
	else
		assert_int_equal(r->family, t->family);
	assert_int_equal(r->flags, t->flags);
	assert_int_equal(r->mflags, t->mflags);
	assert_int_equal(r->ippeerlimit, t->limit);
	if (t->what == RESTRICT_ADDR) {
		assert_string_equal(addr_format(&r->addr, text), t->addr);
		assert_string_equal(addr_format(&r->mask, text), t->mask);
	} else if (t->what == RESTRICT_NAME) {
		assert_string_equal(r->host, t->addr);
	}
	end(&w);
}

#define HOST4 "255.255.255.255"
#define HOST6 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

static const struct restrict_case restrict_cases[] = {
    {"restrict default", RESTRICT_DEFAULT, ADDR_NONE, "", "", 0, 0, -1},
    {"restrict -4 default kod notrap nomodify nopeer noquery limited",
	RESTRICT_DEFAULT, ADDR_V4, "", "",
	RES_KOD | RES_NOTRAP | RES_NOMODIFY | RES_NOPEER | RES_NOQUERY |
	    RES_LIMITED,
	0, -1},
    {"restrict -6 default ignore", RESTRICT_DEFAULT, ADDR_V6, "", "",
	RES_IGNORE, 0, -1},
    {"restrict source notrap nomodify noquery", RESTRICT_SOURCE, ADDR_NONE, "",
	"", RES_NOTRAP | RES_NOMODIFY | RES_NOQUERY, 0, -1},
    {"restrict 127.0.0.1", RESTRICT_ADDR, ADDR_V4, "127.0.0.1", HOST4, 0, 0,
	-1},
    {"restrict -6 ::1", RESTRICT_ADDR, ADDR_V6, "::1", HOST6, 0, 0, -1},
    {"restrict [::1]", RESTRICT_ADDR, ADDR_V6, "::1", HOST6, 0, 0, -1},
    {"restrict 192.168.1.0 mask 255.255.255.0 nomodify notrap", RESTRICT_ADDR,
	ADDR_V4, "192.168.1.0", "255.255.255.0", RES_NOMODIFY | RES_NOTRAP, 0,
	-1},
    {"restrict -4 192.168.1.0 nomodify mask 255.255.0.255", RESTRICT_ADDR,
	ADDR_V4, "192.168.1.0", "255.255.0.255", RES_NOMODIFY, 0, -1},
    {"restrict 2001:db8:: mask ffff:ffff:: noserve", RESTRICT_ADDR, ADDR_V6,
	"2001:db8::", "ffff:ffff::", RES_NOSERVE, 0, -1},
    {"restrict 10.0.0.0/8 version", RESTRICT_ADDR, ADDR_V4, "10.0.0.0",
	"255.0.0.0", RES_VERSION, 0, -1},
    {"restrict 0.0.0.0/0 noquery", RESTRICT_ADDR, ADDR_V4, "0.0.0.0", "0.0.0.0",
	RES_NOQUERY, 0, -1},
    {"restrict ::/0 noquery", RESTRICT_ADDR, ADDR_V6, "::", "::", RES_NOQUERY,
	0, -1},
    {"restrict 10.0.0.1/32 flake", RESTRICT_ADDR, ADDR_V4, "10.0.0.1", HOST4,
	RES_FLAKE, 0, -1},
    {"restrict HOSTNAME nomodify", RESTRICT_NAME, ADDR_NONE, "HOSTNAME", "",
	RES_NOMODIFY, 0, -1},
    {"restrict -6 \"default\" nomodify", RESTRICT_NAME, ADDR_V6, "default", "",
	RES_NOMODIFY, 0, -1},
    {"restrict 10.1.1.1 ippeerlimit 3 ntpport noepeer", RESTRICT_ADDR, ADDR_V4,
	"10.1.1.1", HOST4, RES_NOEPEER, RESM_NTPPORT, 3},
    {"restrict default nomrulist epeer ippeerlimit -1", RESTRICT_DEFAULT,
	ADDR_NONE, "", "", RES_NOMRULIST, 0, -1},
    {"restrict default ippeerlimit 101", RESTRICT_DEFAULT, ADDR_NONE, "", "", 0,
	0, 0},
    {"restrict 127.127.1.0", RESTRICT_ADDR, ADDR_V4, "127.127.1.0", HOST4, 0, 0,
	-1},
    {"restrict 10.0.0.1 serverresponse fuzz mssntp lowpriotrap", RESTRICT_ADDR,
	ADDR_V4, "10.0.0.1", HOST4, RES_SRVRSPFUZ | RES_MSSNTP | RES_LPTRAP, 0,
	-1},
};

static void
forms_of_restrict(void **state)
{
	(void)state;
	for (size_t i = 0;
	     i < sizeof(restrict_cases) / sizeof(restrict_cases[0]); i++)
		check_restrict(&restrict_cases[i]);
}

static void
restrict_fails_closed(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "restrict default noquery bogus nomodify\n"
	    "restrict 10.0.0.0/8 nomodfy\n"
	    "restrict 10.0.0.0/33 notrust\n"
	    "restrict 10.0.0.0 mask x\n"
	    "restrict 10 ignore\n"
	    "restrict 10.0 mask 255.0.0.0 ignore\n"
	    "restrict -4 ::1 ignore\n"
	    "restrict\n");

	(void)state;
	assert_int_equal(c->nrestricts, 3);
	assert_int_equal(c->restricts[0].flags, RES_NOQUERY | RES_NOMODIFY);
	assert_int_equal(c->restricts[1].flags, RES_NOQUERY | RES_NOMODIFY);
	assert_int_equal(c->restricts[2].flags, RES_NOTRUST);
	assert_int_equal(c->restricts[2].mask.ip[3], 255);
	said(&w, 0, CONFIG_ERROR, 1, 26, "unexpected 'bogus', expected ignore");
	said(&w, 1, CONFIG_ERROR, 2, 21, "unexpected 'nomodfy'");
	said(&w, 2, CONFIG_ERROR, 2, 1, "without any flag left");
	said(&w, 3, CONFIG_ERROR, 3, 10, "'10.0.0.0/33' has a bad prefix");
	said(&w, 4, CONFIG_ERROR, 4, 24, "'x' is no mask");
	said(&w, 6, CONFIG_ERROR, 5, 10,
	    "restrict: ignoring line 5, address/host '10' unusable.");
	said(&w, 7, CONFIG_ERROR, 6, 10, "restrict: ignoring line 6");
	said(&w, 8, CONFIG_ERROR, 7, 13, "restrict: ignoring line 7");
	said(&w, 9, CONFIG_ERROR, 8, 9, "missing address");
	end(&w);
}

static void
kod_needs_limited(void **state)
{
	struct world w;

	(void)state;
	(void)parse(&w, "restrict default kod\nrestrict default kod limited\n");
	assert_int_equal(w.n, 1);
	said(&w, 0, CONFIG_WARNING, 1, 1, "KOD does nothing without LIMITED.");
	end(&w);
}

static void
unrestrict_takes_away(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "restrict default noquery limited\n"
	    "restrict 10.0.0.0/8 nomodify\nrestrict 10.1.0.0/16 nomodify\n"
	    "unrestrict -4 default noquery\nunrestrict 10.9.9.9/8\n"
	    "delrestrict 10.2.0.0\nunrestrict default bogus\n");

	(void)state;
	assert_int_equal(c->nrestricts, 3);
	assert_int_equal(c->restricts[0].flags, RES_LIMITED);
	assert_int_equal(c->restricts[1].flags, RES_NOQUERY | RES_LIMITED);
	assert_int_equal(c->restricts[2].addr.ip[1], 1);
	assert_int_equal(w.n, 2);
	said(&w, 0, CONFIG_WARNING, 6, 1, "no such entry");
	assert_int_equal(c->nerrors, 1);
	end(&w);
}

static void
source_lines_make_one_template(void **state)
{
	struct world w;
	struct ntp_config *c =
	    parse(&w, "restrict source noquery\nrestrict source nomodify\n");

	(void)state;
	assert_int_equal(c->nrestricts, 1);
	assert_int_equal(c->restricts[0].flags, RES_NOQUERY | RES_NOMODIFY);
	end(&w);
}

/* --- other directives ---------------------------------------------------- */

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
	    "dscp 0\ncontrolkey 9\ntrustedkey 1 ( 8 ... 10 )\ntrustedkey 20\n");

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
files_and_statistics(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "driftfile /var/lib/ntp/ntp.drift # comment\n"
	    "logfile stderr\npidfile \"/run/a b\"\nkeys /etc/ntp.keys\n"
	    "statsdir /var/log/ntpstats\nstatistics loopstats peerstats\n"
	    "filegen loopstats file loop type week nolink\n"
	    "filegen peerstats file ../x\nfilegen peerstats type bad nolink\n"
	    "filegen peerstats type none disable\n");

	(void)state;
	assert_string_equal(c->driftfile, "/var/lib/ntp/ntp.drift");
	assert_string_equal(c->logfile, "stderr");
	assert_string_equal(c->pidfile, "/run/a b");
	assert_string_equal(c->keysfile, "/etc/ntp.keys");
	assert_string_equal(c->statsdir, "/var/log/ntpstats/");
	assert_true(c->filegen[STATS_LOOP].enabled);
	assert_string_equal(c->filegen[STATS_LOOP].file, "loop");
	assert_int_equal(c->filegen[STATS_LOOP].type, FILEGEN_WEEK);
	assert_false(c->filegen[STATS_LOOP].link);
	assert_false(c->filegen[STATS_PEER].enabled);
	assert_null(c->filegen[STATS_PEER].file);
	assert_int_equal(c->filegen[STATS_PEER].type, FILEGEN_NONE);
	assert_true(c->filegen[STATS_PEER].link);
	assert_int_equal(c->nerrors, 2);
	end(&w);
	c = parse(&w, "driftfile a\ndriftfile \"\"\n");
	assert_null(c->driftfile);
	end(&w);
}

static void
logconfig_words(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "logconfig =syncall +clockall -syncstatus all allevents allpeer "
	    "peerstatistics\nlogconfig=syncstatus\nlogconfig + sysevents\n"
	    "logconfig sy sysx all+\n");

	(void)state;
	assert_int_equal(w.n, 1 + 3);
	said(&w, 0, CONFIG_WARNING, 3, 11,
	    "logconfig: '+' not recognized - ignored");
	assert_int_equal(c->logmask, LOGBIT_SYSEVENTS);
	end(&w);
}

static void
logconfig_masks(void **state)
{
	static const struct {
		const char *line;
		unsigned mask;
	} row[] = {
	    {"logconfig +sysevents", 0xf002},
	    {"logconfig -syncstatus", 0xb000},
	    {"logconfig =all", 0x000f},
	    {"logconfig =allall", 0xffff},
	    {"logconfig =allinfo", 0x1111},
	    {"logconfig =allclock", 0x0f00},
	    {"logconfig =peerstatistics +clockstatus", 0x0480},
	    {"logconfig allsync -syncinfo", 0xe000},
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct ntp_config *c = parse(&w, row[i].line);

		assert_int_equal(c->logmask, row[i].mask);
		assert_int_equal(w.n, 0);
		end(&w);
	}
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

/* --- includes ------------------------------------------------------------ */

static void
includes_are_spliced_in(void **state)
{
	static const struct file files[] = {
	    {"sub/a", "server b\nbogus\nincludefile c\n"},
	    {"c", "server c\n"},
	    {NULL, NULL},
	};
	struct world w;
	struct ntp_config *c;

	(void)state;
	begin(&w);
	w.files = files;
	c = finish(&w,
	    "server a\nincludefile sub/a\nserver d\nincludefile /none # x\n"
	    "server e\n");
	assert_int_equal(c->nassoc, 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(c->assoc[i].host[0], 'a' + (int)i);
		assert_int_equal(c->assoc[i].host[1], '\0');
	}
	assert_string_equal(c->assoc[1].file, "sub/a");
	assert_string_equal(w.m[0].file, "sub/a");
	said(&w, 0, CONFIG_ERROR, 2, 1, "unexpected 'bogus'");
	said(&w, 1, CONFIG_WARNING, 4, 13, "cannot read '/none'");
	assert_string_equal(w.from, "ntp.conf");
	assert_int_equal(c->nfiles, 3);
	end(&w);
}

static void
includes_end(void **state)
{
	static const struct file files[] = {
	    {"self", "includefile self\nserver x\n"},
	    {"twice",
		"includefile twice\nincludefile twice\n"
		"includefile twice\nincludefile twice\n"
		"includefile twice\nincludefile twice\n"},
	    {"stop", "server y\nend\nserver z\n"},
	    {NULL, NULL},
	};
	struct world w;
	struct ntp_config *c;

	(void)state;
	begin(&w);
	w.files = files;
	c = finish(&w, "includefile self\n");
	assert_int_equal(w.loads, 5);
	assert_int_equal(c->nassoc, 5);
	assert_int_equal(c->nerrors, 1);
	said(&w, 0, CONFIG_ERROR, 1, 13, "files are included more than 5 deep");
	end(&w);

	begin(&w);
	w.files = files;
	(void)finish(&w, "includefile twice\n");
	assert_true(w.loads <= 1024);
	end(&w);

	begin(&w);
	w.files = files;
	c = finish(&w, "includefile stop\nserver a\n");
	assert_int_equal(c->nassoc, 1);
	assert_string_equal(c->assoc[0].host, "y");
	end(&w);
}

static void
directories_are_read_in_order(void **state)
{
	static const struct file files[] = {
	    {"conf.d/1.conf", "port 1001\n"},
	    {"conf.d/2.conf", "port 1002\n"},
	    {NULL, NULL},
	};
	static const char *const dir[] = {
	    "conf.d/1.conf", "conf.d/2.conf", NULL};
	struct world w;
	struct ntp_config *c;

	(void)state;
	begin(&w);
	w.files = files;
	w.dir = dir;
	c = finish(&w, "includefile conf.d\n");
	assert_int_equal(c->port, 1002);
	assert_int_equal(w.n, 0);
	assert_int_equal(c->nfiles, 3);
	end(&w);
}

static void
without_a_loader(void **state)
{
	struct ntp_config *c = config_new();
	const char *text = "includefile x\nserver y\n";

	(void)state;
	assert_int_equal(config_parse(c, "t", text, strlen(text), NULL), 0);
	config_finish(c, NULL);
	assert_int_equal(c->nerrors, 1);
	assert_int_equal(c->nassoc, 1);
	config_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(server_with_all_options),
	    cmocka_unit_test(poll_bounds),
	    cmocka_unit_test(numeric_servers),
	    cmocka_unit_test(valid_beginning_is_kept),
	    cmocka_unit_test(authentication_is_never_lost),
	    cmocka_unit_test(bad_servers),
	    cmocka_unit_test(misspellings_get_a_hint),
	    cmocka_unit_test(true_positions),
	    cmocka_unit_test(local_clock),
	    cmocka_unit_test(other_clocks_are_left_out),
	    cmocka_unit_test(shared_memory),
	    cmocka_unit_test(unpeer_acts_after_all),
	    cmocka_unit_test(forms_of_restrict),
	    cmocka_unit_test(restrict_fails_closed),
	    cmocka_unit_test(kod_needs_limited),
	    cmocka_unit_test(unrestrict_takes_away),
	    cmocka_unit_test(source_lines_make_one_template),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(numbers_out_of_range),
	    cmocka_unit_test(disable_beats_enable),
	    cmocka_unit_test(limited_keeps_the_client_list),
	    cmocka_unit_test(untrusted_keys_are_told),
	    cmocka_unit_test(interfaces),
	    cmocka_unit_test(files_and_statistics),
	    cmocka_unit_test(logconfig_words),
	    cmocka_unit_test(logconfig_masks),
	    cmocka_unit_test(variables),
	    cmocka_unit_test(blocks_and_assignments),
	    cmocka_unit_test(includes_are_spliced_in),
	    cmocka_unit_test(includes_end),
	    cmocka_unit_test(directories_are_read_in_order),
	    cmocka_unit_test(without_a_loader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
