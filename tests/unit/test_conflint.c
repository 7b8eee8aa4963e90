/* SPDX-License-Identifier: BSD-2-Clause */
/* test_conflint.c - what is hardly meant, what is in force, who may what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "confworld.h"

#define FOUR "server a\nserver b\nserver c\nserver d\ndriftfile x\n"

struct lint_case {
	const char *text;
	unsigned line;
	const char *says; /* NULL: nothing at all */
};

static const struct lint_case lint_cases[] = {
    {FOUR, 0, NULL},
    {"pool p iburst\ndriftfile x\n", 0, NULL},
    {"driftfile x\n", 1, "there is no time source"},
    {"driftfile x\ntos orphan 5\n", 0, NULL},
    {"driftfile x\nserver 127.127.28.0\n", 0, NULL},
    {FOUR "server 127.127.22.0\n", 6, "nobody tells these pulses' seconds"},
    {FOUR "refclock pps prefer\n", 0, NULL},
    {FOUR "server 127.127.22.0\ntos minsane 0\n", 0, NULL},
    {"driftfile x\nbroadcastclient\n", 0, NULL},
    {"driftfile x\nserver a\n", 2, "there is only one time source"},
    {"driftfile x\nserver z noselect\nserver a\n", 3,
	"there is only one time source"},
    {"driftfile x\nserver a\npeer b\n", 2, "there are only two time sources"},
    {FOUR "tos minsane 5\n", 6, "`tos minsane` is above"},
    {"pool p\n" FOUR "tos maxclock 4\n", 7, "`tos maxclock` leaves no room"},
    {FOUR "tos minclock 11\n", 6, "`tos minclock` is above"},
    {FOUR "restrict default kod limited nomodify noquery\n", 0, NULL},
    {FOUR "restrict default limited\n", 6, "everybody in the world may query"},
    {FOUR "restrict -6 default nomodify\nrestrict -4 default noquery\n", 6,
	"everybody in the world may query this daemon"},
    {FOUR "restrict 0.0.0.0 mask 0.0.0.0 nomodify\n", 6,
	"everybody in the world may query this daemon"},
    {FOUR "restrict 10.0.0.0/8\n", 6, "this network may configure"},
    {FOUR "restrict 10.0.0.0/8 nomodify\n", 0, NULL},
    {FOUR "restrict 127.0.0.0/8\nrestrict ::1\nrestrict 10.0.0.1\n", 0, NULL},
    {FOUR "server 192.0.2.1\nrestrict 192.0.2.0/24 ignore\n", 6,
	"a `restrict` line drops the answers"},
    {FOUR "server 192.0.2.1\nrestrict 192.0.2.0/24 noserve nomodify\n"
	  "restrict source nomodify\n",
	0, NULL},
    {"driftfile x\npool p\nrestrict default ignore\n", 2,
	"a `restrict` line drops the answers"},
    {"driftfile x\npool p\nrestrict -4 default ignore\n", 0, NULL},
    {FOUR "server h.example\nrestrict default ignore\n"
	  "restrict A nomodify\nrestrict b nomodify\nrestrict c nomodify\n"
	  "restrict d nomodify\nrestrict H.example nomodify\n",
	0, NULL},
    {FOUR "server 192.0.2.1\nrestrict source nomodify\n"
	  "restrict 192.0.2.1 ignore\n",
	6, "a `restrict` line drops the answers"},
    {"driftfile x\npool p\nrestrict source ignore\n", 2,
	"a `restrict` line drops the answers"},
    {"driftfile x\npool p nts\nrestrict default notrust noquery\n", 0, NULL},
    {"driftfile x\npool -4 p\nrestrict -4 default ignore\n", 2,
	"a `restrict` line drops the answers"},
    {"driftfile x\npool p\nrestrict default notrust noquery\n", 2,
	"`notrust` drops the answers"},
    {"driftfile x\npool p\nrestrict default nopeer noquery\n", 2,
	"`nopeer` stops this pool in the reference ntpd, not here"},
    {"driftfile x\npool p\nrestrict default nopeer noquery\n"
     "restrict source noquery\n",
	0, NULL},
    {FOUR "server time1.google.com\n", 6, "this source smears"},
    {FOUR "server 169.254.169.123\n", 6, "this source smears"},
    {FOUR "server 127.127.1.0\nfudge 127.127.1.0 stratum 3\n", 6,
	"the local clock has a stratum below 5"},
    {FOUR "server 127.127.1.0 prefer\n", 6, "the local clock is preferred"},
    {FOUR "server 0.de.POOL.ntp.org burst\n", 6, "`burst` at servers of"},
    {FOUR "server pool.ntp.org minpoll 4\n", 6, "`minpoll` below 6"},
    {"pool p\n", 1, "there is no `driftfile`"},
    {FOUR "broadcastclient\ndisable auth\n", 1, "broadcasts are believed"},
    {FOUR "saveconfigdir /x\n", 1, "`saveconfigdir` without"},
};

static void
hardly_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lint_cases / sizeof lint_cases[0]; i++) {
		const struct lint_case *t = &lint_cases[i];
		struct world w;
		struct ntp_config *c = parse(&w, t->text);

		assert_int_equal(w.n, 0);
		config_lint(c, &w.io);
		if (w.n != (t->says != NULL))
			fail_msg("%s: %u warnings, %s", t->text, w.n,
			    w.n > 0 ? w.m[0].text : "");
		if (t->says != NULL)
			said(&w, 0, CONFIG_WARNING, t->line, 1, t->says);
		end(&w);
	}
}

/* Every line of WANT stands in the text. */
static void
holds(char *text, size_t len, const char *const *want)
{
	assert_int_equal(strlen(text), len);
	for (; *want != NULL; want++)
		if (strstr(text, *want) == NULL)
			fail_msg("no %s in\n%s", *want, text);
	free(text);
}

static void
everything_is_shown(void **state)
{
	static const char *const want[] = {
	    "keys \"/command\"                                 # command line\n",
	    "driftfile \"d\"                                   # ntp.conf:1\n",
	    "tos minclock 4                                  # ntp.conf:2\n",
	    "tos maxclock 10                                 # default\n",
	    "tinker stepback 0.5                             # ntp.conf:4\n",
	    "tinker dispersion 15                            # default\n",
	    "disable kernel                                  # ntp.conf:5\n",
	    "enable ntp                                      # default\n",
	    "trustedkey ( 5 ... 9 )                          # ntp.conf:6\n",
	    "interface listen all                            # ntp.conf:7\n",
	    "restrict source nomodify                        # ntp.conf:8\n",
	    "server a minpoll 6 maxpoll 10 iburst            # ntp.conf:9\n",
	    "filegen loopstats type week link enable         # ntp.conf:10\n",
	    "setvar x = \"1\"                                  # ntp.conf:11\n",
	    "mru mindepth 77                                 # ntp.conf:12\n",
	    "server 127.127.20.0 minpoll 4 maxpoll 4         # ntp.conf:13\n",
	    "fudge 127.127.20.0 time1 0.1                    # ntp.conf:16\n",
	    "fudge 127.127.20.0 stratum 0                    # default\n",
	    "fudge 127.127.20.0 refid \"GPS\"                  # ntp.conf:15\n",
	    "fudge 127.127.20.0 flag1 1                      # ntp.conf:15\n",
	    "fudge 127.127.28.0 stratum 2                    # ntp.conf:14\n",
	    NULL};
	struct world w;
	struct ntp_config *c, *copy;
	char *text;
	size_t len;

	(void)state;
	begin(&w);
	config_preset(w.cfg, "keys", "command line");
	w.cfg->keysfile = strdup("/command");
	c = finish(&w,
	    "driftfile d\ntos minclock 4\n\ntinker step 0.5\ndisable kernel\n"
	    "trustedkey ( 5 ... 9 )\ninterface listen all\n"
	    "restrict source nomodify\nserver a iburst\n"
	    "filegen loopstats type week\nsetvar x = 1\nmru mindepth 77\n"
	    "server 127.127.20.0 minpoll 4\nrefclock shm stratum 2\n"
	    "fudge 127.127.20.0 time1 0.5 refid GPS flag1 1\n"
	    "fudge 127.127.20.0 time1 0.1\n");
	assert_int_equal(config_show(c, &text, &len), 0);
	holds(text, len, want);
	copy = config_copy(c);
	end(&w);
	assert_int_equal(config_show(copy, &text, &len), 0);
	holds(text, len, want);
	config_free(&copy);
}

static void
explain(const char *addr, const char *const *want)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "restrict default kod limited nomodify nopeer noquery\n"
	    "restrict 192.168.1.0 mask 255.255.255.0 nomodify\n"
	    "restrict 192.168.1.0/24 notrust\n"
	    "restrict 10.0.0.0/8 ignore\n"
	    "restrict 10.0.0.0/8 ntpport version\n"
	    "restrict n.example noserve\n"
	    "restrict source noquery\n"
	    "restrict 198.51.100.9\n"
	    "server 192.0.2.1\nserver 198.51.100.9\n");
	struct ntp_addr a;
	char *text;
	size_t len;

	assert_int_equal(addr_parse(addr, strlen(addr), &a), 0);
	assert_int_equal(config_explain(c, &a, &text, &len), 0);
	holds(text, len, want);
	end(&w);
}

static void
who_may_what(void **state)
{
	static const char *const lan[] = {"192.168.1.7:\n",
	    "ntp.conf:2: restrict 192.168.1.0 mask 255.255.255.0 nomodify\n",
	    "ntp.conf:3: restrict 192.168.1.0 mask 255.255.255.0 notrust\n",
	    "time service:     only with a good key (notrust)\n",
	    "rate limit:       no\n", "query:            yes\n",
	    "modify:           no (nomodify)\n",
	    "if a source has this address: ntp.conf:7",
	    "if n.example is this address, that line decides: ntp.conf:6",
	    NULL};
	static const char *const world[] = {"ntp.conf:1: restrict -6 default",
	    "time service:     yes\n",
	    "rate limit:       8 s on average, 2 s at least (limited",
	    "kiss of death:    yes (kod)\n", "query:            no (noquery)\n",
	    "peer:             only with a good key (nopeer)\n", NULL};
	static const char *const port[] = {
	    "10.1.1.1 from port 123 (ntpport):\nntp.conf:5: restrict",
	    "NTP version 4 only (version)\n",
	    "10.1.1.1 from other ports:\nntp.conf:4: restrict",
	    "time service:     no (ignore)\n", NULL};
	static const char *const source[] = {
	    "192.0.2.1:\nntp.conf:7: restrict source noquery\n", NULL};
	static const char *const own[] = {
	    "198.51.100.9:\nntp.conf:8: restrict 198.51.100.9 mask", NULL};

	(void)state;
	explain("192.168.1.7", lan);
	explain("2001:db8::1", world);
	explain("10.1.1.1", port);
	explain("192.0.2.1", source);
	explain("198.51.100.9", own);
}

/* Without a line for it a default serves time, and queries of ourselves. */
static void
built_in_default(void **state)
{
	static const char *const want[] = {
	    "no line matches: the built-in default\n",
	    "time service:     yes\n", "query:            no (the built-in",
	    NULL};
	struct world w;
	struct ntp_config *c = parse(&w, "server a\n");
	struct ntp_addr a;
	char *text;
	size_t len;

	(void)state;
	assert_int_equal(addr_parse("192.0.2.7", 9, &a), 0);
	assert_int_equal(config_explain(c, &a, &text, &len), 0);
	holds(text, len, want);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hardly_meant),
	    cmocka_unit_test(everything_is_shown),
	    cmocka_unit_test(who_may_what),
	    cmocka_unit_test(built_in_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
