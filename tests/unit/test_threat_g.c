/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_g.c - attacks by mode 7 (rows G of threats.md), and those by
 * configuration (rows H) that come by way of mode 6.
 */
#include "ctllab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "threat.h"

enum { CONTROL_KEY = 5 };

static int
setup(void **state)
{
	*state = lab_new("server 192.0.2.1\n"
			 "restrict default\n"
			 "trustedkey 5\n"
			 "controlkey 5\n");
	return 0;
}

/* --- configuration -------------------------------------------------------- */

static const char *
configure_with(struct lab *l, const char *line)
{
	l->now.mono = mono_add(l->now.mono, 1);
	lab_ask_signed(l, MODE6_CONFIGURE, 0, line, CONTROL_KEY, 8);
	return lab_assemble(l);
}

static void
lines_of_any_octets(void **state)
{
	struct lab *l = *state;
	size_t len, data = MODE6_HEADER_LEN;
	char *before, *after;

	assert_int_equal(config_write(l->e->cfg, &before, &len), 0);
	for (int c = 0; c < 256; c++) {
		if (c == 'v')
			continue; /* a server, although one option is bad */
		len = lab_compose(l, MODE6_CONFIGURE, 0, "server 192.0.2.8 x");
		l->in[data + 17] = l->in[data + 3] = (uint8_t)c;
		len = (len + 7) / 8 * 8;
		assert_int_equal(
		    keys_sign(l->keys, CONTROL_KEY, l->in, sizeof l->in, &len),
		    0);
		lab_deliver(l, len);
		lab_assemble(l);
	}
	assert_int_equal(config_write(l->e->cfg, &after, &len), 0);
	assert_string_equal(after, before);
	free(before);
	free(after);
}

static void
malformed_lines(void **state)
{
	static const char *const lines[] = {"logconfig =", "logconfig",
	    "logconfig + -", "logconfig =all =all", "statistics nosuch",
	    "statistics", "filegen nosuch type day", "filegen", "mode 7",
	    "server 192.0.2.8 mode 4294967296", "server 192.0.2.8 mode -1",
	    "server 192.0.2.8 ttl 99999999999999999999", "ttl", "ttl 0 0 0 0",
	    "server", "restrict", "fudge", "fudge 1", "tos", "\"", "# x"};
	struct lab *l = *state;

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_true(strlen(configure_with(l, lines[i])) > 0);
	lab_read(l, 0, "leap");
}

/* Who has the key does not say what is written where. */
static void
files_are_not_set(void **state)
{
	static const char *const lines[] = {"driftfile /etc/passwd",
	    "pidfile /etc/passwd", " logfile /etc/passwd", "statsdir /etc/",
	    "saveconfigdir /etc", "ntpsigndsocket /tmp", "leapfile /etc/shadow",
	    "\"driftfile\" /etc/passwd", "includefile /etc/shadow",
	    "filegen loopstats type day file /etc/passwd"};
	struct lab *l = *state;
	char *before, *after;
	size_t len;

	assert_int_equal(config_write(l->e->cfg, &before, &len), 0);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_null(
		    strstr(configure_with(l, lines[i]), "Config Succeeded"));
	assert_int_equal(config_write(l->e->cfg, &after, &len), 0);
	assert_string_equal(after, before);
	free(before);
	free(after);
	assert_non_null(strstr(
	    configure_with(l, "filegen loopstats type week"), "Succeeded"));
}

static void
sources_are_removed_once(void **state)
{
	static const char *const lines[] = {"unpeer 192.0.2.1",
	    "unpeer 192.0.2.1", "unpeer 0", "unpeer 65535", "unpeer -1",
	    "unpeer 0.0.0.0", "unpeer ::", "unpeer", "unconfig nosuch",
	    "unpeer 4294967296"};
	struct lab *l = *state;

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		configure_with(l, lines[i]);
	assert_int_equal(lab_ask(l, MODE6_READSTAT, 0, ""), 1);
	configure_with(l, "server 192.0.2.1");
	assert_int_equal(lab_peer(l, 0)->associd != 0, 1);
}

/* --- mode 7 ---------------------------------------------------------------- */

static void
mode_7_is_silent(void **state)
{
	struct lab *l = *state;
	size_t len;

	for (unsigned first = 7; first < 256; first += 8)
		for (unsigned code = 0; code < 256; code++) {
			len = 8 + rng_below(&l->rng, 200);
			rng_fill(&l->rng, l->in, len);
			l->in[0] = (uint8_t)first;
			l->in[3] = (uint8_t)code; /* 42 is monlist */
			assert_int_equal(lab_receive_from(l, &l->src, len), 0);
		}
}

/* However long the access list is, it is shown without recursion and in the
 * datagrams that a client takes. */
static void
long_access_list(void **state)
{
	enum { LINES = 50000, LINE_LEN = 40 };
	static const char head[] = "trustedkey 5\ncontrolkey 5\n";
	char *conf = malloc(sizeof head + LINES * LINE_LEN);
	size_t len = sizeof head - 1;
	struct lab *l;

	assert_non_null(conf);
	memcpy(conf, head, sizeof head);
	for (unsigned i = 0; i < LINES; i++)
		len += (size_t)snprintf(conf + len, LINE_LEN,
		    "restrict 10.%u.%u.%u nomodify\n", i >> 16, i >> 8 & 255U,
		    i & 255U);
	l = lab_new(conf);
	free(conf);
	lab_ask_signed(
	    l, MODE6_READ_ORDLIST, 0, "addr_restrictions", CONTROL_KEY, 8);
	assert_in_range(l->nsent, 10, MODE6_FRAGS_MAX);
	*state = l;
}

int
main(void)
{
#define G(id, f) THREAT_IN(id, f, setup, lab_teardown)
	const struct CMUnitTest tests[] = {
	    G("CVE-2009-3563", mode_7_is_silent),
	    G("CVE-2014-5209", mode_7_is_silent),
	    G("CVE-2015-7848", mode_7_is_silent),
	    G("CVE-2015-7977", mode_7_is_silent),
	    G("Sec-3565", mode_7_is_silent),
	    G("CVE-2015-5146", lines_of_any_octets),
	    G("CVE-2015-5194", malformed_lines),
	    G("CVE-2015-5195", malformed_lines),
	    G("CVE-2017-6464", malformed_lines),
	    G("CVE-2015-5196", files_are_not_set),
	    G("CVE-2015-7703", files_are_not_set),
	    G("CVE-2016-2516", sources_are_removed_once),
	    G("CVE-2017-6463", sources_are_removed_once),
	    THREAT_IN("CVE-2015-7978", long_access_list, NULL, lab_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
