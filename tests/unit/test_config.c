/* SPDX-License-Identifier: BSD-2-Clause */
/* test_config.c - ntp.conf: its lines, servers, and what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "confworld.h"
#include "ntp_err.h"

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
	    {"minpoll -3 lan", -3, 10, 0},
	    {"lan minpoll -6 maxpoll -6", -6, -6, 0},
	    {"lan minpoll -7", -6, 10, 1},
	    {"lan minpoll -1", -1, 10, 0},
	    {"maxpoll -2", 0, 0, 1},
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
	    "server x autokey",
	    "server x nts key 5",
	    "peer x nts",
	    "server x:99999 nts",
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
		/* autokey alone is a legal word: a warning */
		assert_int_equal(c->nerrors > 0, i >= 1);
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
	    cmocka_unit_test(unpeer_acts_after_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
