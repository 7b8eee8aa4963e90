/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_probe.c - what ntpdate makes of the samples that it has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../util/probe.h"
#include "ntp.h"
#include "threat.h"

/* A server that answered: stratum, offset (s) and delay (s). */
static struct probe
answered(uint8_t stratum, double offset, double delay)
{
	struct probe p = {.fd = -1,
	    .sent = 4,
	    .received = 4,
	    .offset = offset,
	    .delay = delay,
	    .pkt = {.stratum = stratum, .precision = -20}};

	snprintf(p.name, sizeof p.name, "s%u", stratum);
	return p;
}

static void
test_fit_or_why_not(void **state)
{
	static const struct {
		uint8_t leap, stratum;
		uint32_t refid;
		double rootdisp, delay; /* s */
		const char *why;
	} row[] = {
	    {0, 1, 0, 0, 0.1, ""},
	    {1, 15, 0, 1.4, 0.1, ""},
	    {0, 2, 0, 1.5, 0.1, "root distance 1.550 s, the limit is 1.5 s"},
	    {0, 2, 0, 0, -0.1, "root distance -0.050 s, the limit is 1.5 s"},
	    {3, 2, 0, 0, 0.1, "it is not synchronized (leap 3, stratum 2)"},
	    {0, 16, 0, 0, 0.1, "it is not synchronized (leap 0, stratum 16)"},
	    {3, 0, 0x52415445, 0, 0.1, "it refuses us: RATE"},
	    {3, 0, 0x494e4954, 0, 0.1, "it is not synchronized: INIT"},
	    {3, 0, 0x1b000000, 0, 0.1,
		"it is not synchronized: no reason given"},
	};
	struct probe p = {.sent = 3};

	(void)state;
	assert_false(probe_is_fit(&p));
	assert_string_equal(p.why, "no reply to 3 requests");
	snprintf(p.why, sizeof p.why, "port unreachable");
	assert_false(probe_is_fit(&p));
	assert_string_equal(p.why, "port unreachable");
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		p = answered(row[i].stratum, 0, row[i].delay);
		p.pkt.leap = row[i].leap;
		p.pkt.refid = row[i].refid;
		p.pkt.rootdisp = short_from_s(row[i].rootdisp);
		assert_int_equal(probe_is_fit(&p), row[i].why[0] == '\0');
		assert_string_equal(p.why, row[i].why);
	}
}

static void
test_the_best_of_the_majority(void **state)
{
	struct probe_set s = {.n = 0};
	const char *why;

	(void)state;
	assert_null(probe_best(&s, &why));
	assert_string_equal(why, "no server answers that is fit");
	s.probe[s.n++] = answered(2, 0.100, 0.010);
	assert_ptr_equal(probe_best(&s, &why), &s.probe[0]);
	s.probe[s.n++] = answered(1, 5.000, 0.010);
	assert_null(probe_best(&s, &why));
	assert_string_equal(why, "the servers disagree, none has a majority");
	s.probe[s.n++] = answered(3, 0.101, 0.010);
	assert_ptr_equal(probe_best(&s, &why), &s.probe[0]);
	s.probe[s.n++] = answered(2, 0.102, 0.008);
	assert_ptr_equal(probe_best(&s, &why), &s.probe[3]); /* nearer */
	s.probe[s.n++] = answered(1, 0.100, 0.900);
	assert_ptr_equal(probe_best(&s, &why), &s.probe[4]); /* stratum */
}

/* Any precision is a number to compute with. */
static void
test_every_precision(void **state)
{
	(void)state;
	for (int i = -128; i < 128; i++) {
		struct probe p = answered(1, 0, 0.1);

		p.pkt.precision = (int8_t)i;
		assert_int_equal(probe_is_fit(&p), i <= 0);
	}
}

static void
test_names(void **state)
{
	static const char *const bad[] = {"", ":1", "[::1", "127.0.0.1:x"};
	struct probe_set s = {.n = 0};
	char host[32];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_non_null(probe_add(&s, bad[i], AF_UNSPEC));
	assert_non_null(probe_add(&s, "::1", AF_INET));
	assert_null(probe_add(&s, "127.0.0.1:124", AF_UNSPEC));
	assert_null(probe_add(&s, "127.0.0.1:124", AF_UNSPEC));
	assert_int_equal(s.n, 1);
	assert_string_equal(s.probe[0].name, "127.0.0.1");
	for (unsigned i = 0; i < 2 * PROBES_MAX; i++) {
		snprintf(host, sizeof host, "127.0.1.%u", i);
		assert_null(probe_add(&s, host, AF_UNSPEC));
	}
	assert_int_equal(s.n, PROBES_MAX);
	probe_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fit_or_why_not),
	    cmocka_unit_test(test_the_best_of_the_majority),
	    THREAT("CVE-2015-5219", test_every_precision),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
