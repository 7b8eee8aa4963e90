/* SPDX-License-Identifier: BSD-2-Clause */
/* test_confaccess.c - ntp.conf: restrict and its relatives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "confworld.h"
#include "ntp_restrict.h"
#include "threat.h"

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

/* Where a value was forgotten the next flag is not taken for it. */
static void
forgotten_values_cost_no_flag(void **state)
{
	static const struct {
		const char *line;
		uint16_t flags;
	} cases[] = {
	    {"restrict host.example mask noquery", RES_NOQUERY},
	    {"restrict 10.0.0.0 mask nomodify noquery",
		RES_NOMODIFY | RES_NOQUERY},
	    {"restrict default ippeerlimit noquery nomodify",
		RES_NOMODIFY | RES_NOQUERY},
	    {"restrict default serverresponse noquery nomodify",
		RES_NOMODIFY | RES_NOQUERY | RES_SRVRSPFUZ},
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ntp_config *c = parse(&w, cases[i].line);

		assert_true(c->nrestricts >= 1);
		assert_int_equal(c->restricts[0].flags, cases[i].flags);
		assert_int_equal(c->nerrors, 1);
		end(&w);
	}
	/* what is no mask at all is an error after a name, too */
	assert_int_equal(
	    parse(&w, "restrict host.example mask x")->nrestricts, 0);
	end(&w);
	assert_int_equal(
	    parse(&w, "restrict host.example mask 255.255.255.255")->nerrors,
	    0);
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

/* Who hears broadcasts by a key can send by it.  A key for one host that is
 * good for broadcasts as well is worth a word. */
static void
keys_of_broadcasts_are_shared(void **state)
{
	static const char keys[] = "trustedkey 1 2 3\n";
	static const struct {
		const char *text;
		unsigned line; /* of the warning, 0: none */
	} t[] = {
	    {"server 192.0.2.1 key 1\n", 0},
	    {"broadcastclient\n", 0},
	    {"broadcastclient\nserver 192.0.2.1 key 1\n", 3},
	    {"peer 192.0.2.1 key 1\nmulticastclient\n", 2},
	    {"manycastserver\nserver 192.0.2.1 key 1\n", 0},
	    {"broadcast 224.0.1.1 key 2\nserver 192.0.2.1 key 1\n", 0},
	    {"broadcast 224.0.1.1 key 1\nserver 192.0.2.1 key 1\n", 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		char text[128];
		struct world w;

		(void)snprintf(text, sizeof text, "%s%s", keys, t[i].text);
		(void)parse(&w, text);
		assert_int_equal(w.n, t[i].line != 0);
		if (w.n > 0)
			assert_int_equal(w.m[0].line, t[i].line);
		end(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forms_of_restrict),
	    cmocka_unit_test(restrict_fails_closed),
	    cmocka_unit_test(forgotten_values_cost_no_flag),
	    cmocka_unit_test(kod_needs_limited),
	    cmocka_unit_test(unrestrict_takes_away),
	    cmocka_unit_test(source_lines_make_one_template),
	    THREAT("E-shared-key", keys_of_broadcasts_are_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
