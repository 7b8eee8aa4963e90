/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_opts.c - the command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../ntpd/ntp_opts.h"

#define ARGS_MAX 80
#define TEXT_MAX 2000

static char text[TEXT_MAX];
static char *args[ARGS_MAX];
static struct options o;

/* Parse a line split at blanks; complaints are not shown. */
static enum opts_result
parse(const char *line)
{
	enum opts_result res;
	int n = 0, keep, null;
	char *save, *word;

	(void)snprintf(text, sizeof text, "ntpd %s", line);
	for (word = strtok_r(text, " ", &save);
	     word != NULL && n < ARGS_MAX - 1;
	     word = strtok_r(NULL, " ", &save))
		args[n++] = word;
	args[n] = NULL;
	(void)fflush(stderr);
	keep = dup(STDERR_FILENO);
	null = open("/dev/null", O_WRONLY);
	(void)dup2(null, STDERR_FILENO);
	res = opts_parse(&o, n, args);
	(void)fflush(stderr);
	(void)dup2(keep, STDERR_FILENO);
	(void)close(null);
	(void)close(keep);
	return res;
}

static void
test_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(""), OPTS_RUN);
	assert_string_equal(o.conffile, OPTS_CONFFILE);
	assert_false(o.conffile_given);
	assert_false(o.nofork);
	assert_int_equal(o.family, ADDR_NONE);
	assert_true(o.updateinterval == 300.0);
	assert_int_equal(o.nservers, 0);
}

/* What old init scripts and units write. */
static void
test_lines_of_distributions(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("-p /var/run/ntpd.pid -g -u 112:117 -c /run/ntp.conf.dhcp"),
	    OPTS_RUN);
	assert_string_equal(o.pidfile, "/var/run/ntpd.pid");
	assert_string_equal(o.user, "112:117");
	assert_string_equal(o.conffile, "/run/ntp.conf.dhcp");
	assert_true(o.conffile_given && o.panicgate && !o.nofork);
	assert_int_equal(
	    parse("-p /run/ntpd.pid -c F -g -N -u ntpsec:ntpsec"), OPTS_RUN);
	assert_int_equal(o.priority, sched_get_priority_max(SCHED_FIFO));
	assert_int_equal(parse("-u ntp:ntp -g"), OPTS_RUN);
	assert_int_equal(parse("-gq"), OPTS_RUN);
	assert_true(o.panicgate && o.quit && o.nofork);
	assert_int_equal(parse("-n -g -x -L -G"), OPTS_RUN);
	assert_true(o.nofork && o.slew && o.novirtualips && o.step_once);
}

static void
test_long_names(void **state)
{
	(void)state;
	assert_int_equal(parse("--configfile=a --driftfile b --keyfile=c "
			       "--logfile d --pidfile e --statsdir f "
			       "--jaildir g --user h --panicgate --slew "
			       "--nofork --quit --ipv4"),
	    OPTS_RUN);
	assert_string_equal(o.conffile, "a");
	assert_string_equal(o.driftfile, "b");
	assert_string_equal(o.keysfile, "c");
	assert_string_equal(o.logfile, "d");
	assert_string_equal(o.pidfile, "e");
	assert_string_equal(o.statsdir, "f");
	assert_string_equal(o.jaildir, "g");
	assert_string_equal(o.user, "h");
	assert_true(o.panicgate && o.slew && o.nofork && o.quit);
	assert_int_equal(o.family, ADDR_V4);
	/* a spelling that stood in print, and an abbreviation */
	assert_int_equal(parse("--driftile x --conf y"), OPTS_RUN);
	assert_string_equal(o.driftfile, "x");
	assert_string_equal(o.conffile, "y");
}

static void
test_operands_are_servers(void **state)
{
	(void)state;
	assert_int_equal(parse("a.example -n 192.0.2.1"), OPTS_RUN);
	assert_int_equal(o.nservers, 2);
	assert_string_equal(o.servers[0], "a.example");
	assert_string_equal(o.servers[1], "192.0.2.1");
	assert_true(o.nofork);
}

static void
test_lists(void **state)
{
	char line[TEXT_MAX] = "";
	size_t n = 0;

	(void)state;
	assert_int_equal(parse("-I eth0 -I 192.0.2.1 -t 1 -t 65535"), OPTS_RUN);
	assert_int_equal(o.nifaces, 2);
	assert_string_equal(o.ifaces[1], "192.0.2.1");
	assert_int_equal(o.nkeys, 2);
	assert_int_equal(o.keys[1], 65535);
	assert_int_equal(parse("-t 0"), OPTS_BAD);
	assert_int_equal(parse("-t 65536"), OPTS_BAD);
	assert_int_equal(parse("-t one"), OPTS_BAD);
	for (size_t i = 0; i < OPTS_LIST_MAX + 1; i++)
		n += (size_t)snprintf(line + n, sizeof line - n, "-It%zu ", i);
	assert_int_equal(parse(line), OPTS_BAD);
}

static void
test_debug(void **state)
{
	(void)state;
	assert_int_equal(parse("-d -d"), OPTS_RUN);
	assert_int_equal(o.debug, 2);
	assert_true(o.nofork);
	assert_int_equal(parse("-D 0"), OPTS_RUN);
	assert_false(o.nofork);
	assert_int_equal(parse("-D 5"), OPTS_RUN);
	assert_int_equal(o.debug, 5);
	assert_true(o.nofork);
	assert_int_equal(parse("-D -1"), OPTS_BAD);
}

static void
test_help_and_version(void **state)
{
	(void)state;
	assert_int_equal(parse("-h"), OPTS_HELP);
	assert_int_equal(parse("-?"), OPTS_HELP);
	assert_int_equal(parse("--help"), OPTS_HELP);
	assert_int_equal(parse("--version"), OPTS_VERSION);
	assert_int_equal(parse("-v"), OPTS_VERSION);
	assert_int_equal(parse("-V"), OPTS_VERSION);
	/* once these set a variable */
	assert_int_equal(parse("-V leap=3 -n"), OPTS_RUN);
	assert_int_equal(o.nvars, 1);
	assert_string_equal(o.vars[0], "leap=3");
	assert_true(o.var_shown[0] && o.nofork);
	assert_int_equal(o.nservers, 0);
}

static void
test_unknown(void **state)
{
	static const char *const bad[] = {"-e", "-E", "-o", "-O", "-R", "-T",
	    "-K", "-W", "--nonsense", "-c", "--configfile", "-p"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse(bad[i]) != OPTS_BAD)
			fail_msg("%s was accepted", bad[i]);
}

static void
test_exclusions(void **state)
{
	(void)state;
	assert_int_equal(parse("-4 -6"), OPTS_BAD);
	assert_int_equal(parse("-6 -6"), OPTS_RUN);
	assert_int_equal(parse("-w 5 -n"), OPTS_BAD);
	assert_int_equal(parse("-w 5 -q"), OPTS_BAD);
	assert_int_equal(parse("-u a -u b"), OPTS_BAD);
	assert_int_equal(parse("-u :g"), OPTS_BAD);
}

static void
test_numbers(void **state)
{
	(void)state;
	assert_int_equal(parse("-w 2.5 -U 0"), OPTS_RUN);
	assert_true(o.wait_sync && o.wait_s == 2.5);
	assert_true(o.updateinterval == 0.0);
	assert_int_equal(parse("-U 10"), OPTS_RUN);
	assert_true(o.updateinterval == 60.0);
	assert_int_equal(parse("-U -1"), OPTS_BAD);
	assert_int_equal(parse("-w x"), OPTS_BAD);
	assert_int_equal(parse("-w nan"), OPTS_BAD);
	assert_int_equal(parse("-P 1000"), OPTS_RUN);
	assert_int_equal(o.priority, sched_get_priority_max(SCHED_FIFO));
	assert_int_equal(parse("-P -5"), OPTS_RUN);
	assert_int_equal(o.priority, sched_get_priority_min(SCHED_FIFO));
}

static void
test_virtual_clock(void **state)
{
	(void)state;
	assert_int_equal(parse("--virtual-clock -0.8,40"), OPTS_RUN);
	assert_true(o.virtual_clock && o.virt.offset == -0.8);
	assert_true(fabs(o.virt.freq - 40e-6) < 1e-15);
	assert_int_equal(parse("--virtual-clock=0"), OPTS_RUN);
	assert_true(o.virtual_clock);
	assert_int_equal(parse("--virtual-clock=fast"), OPTS_BAD);
	assert_int_equal(parse("--check-config"), OPTS_RUN);
	assert_true(o.check_config && !o.virtual_clock && !o.strict);
	assert_int_equal(parse("--strict --explain-restrict ::1"), OPTS_RUN);
	assert_true(o.strict && o.check_config && o.nofork);
	assert_string_equal(o.explain, "::1");
	assert_int_equal(parse("--print-config"), OPTS_RUN);
	assert_true(o.print_config && opts_ask(&o));
}

static void
test_without_effect(void **state)
{
	(void)state;
	assert_int_equal(parse("-a"), OPTS_RUN);
	assert_int_equal(o.nignored, 0);
	assert_int_equal(parse("-m -M --usepcc --pccfreq 1"), OPTS_RUN);
	assert_int_equal(o.nignored, 4);
	assert_string_equal(o.ignored[0], "-m (--mdns)");
}

static void
test_words_of_the_configuration(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("-A -b -r 0.01 --var a=b --dvar c=d -z e=f"), OPTS_RUN);
	assert_int_equal(o.nignored, 0);
	assert_true(o.authnoreq && o.bcastsync);
	assert_true(o.propagation >= 0.01 && o.propagation <= 0.01);
	assert_int_equal(o.nvars, 3);
	assert_string_equal(o.vars[1], "c=d");
	assert_true(!o.var_shown[0] && o.var_shown[1] && !o.var_shown[2]);
	assert_int_equal(parse("--var a"), OPTS_BAD);
	assert_int_equal(parse("--var =b"), OPTS_BAD);
	assert_int_equal(parse("--var a=\"b"), OPTS_BAD);
	assert_int_equal(parse("--var a=b\nserver"), OPTS_BAD);
	assert_int_equal(parse("-r 2"), OPTS_BAD);
	assert_int_equal(parse("--saveconfigquit f"), OPTS_RUN);
	assert_string_equal(o.saveconfig, "f");
	assert_true(o.nofork);
	assert_int_equal(parse("--version=c"), OPTS_VERSION);
	assert_int_equal(parse("-!"), OPTS_HELP);
	assert_int_equal(parse("--more-help"), OPTS_HELP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_lines_of_distributions),
	    cmocka_unit_test(test_long_names),
	    cmocka_unit_test(test_operands_are_servers),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_debug),
	    cmocka_unit_test(test_help_and_version),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_exclusions),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_virtual_clock),
	    cmocka_unit_test(test_without_effect),
	    cmocka_unit_test(test_words_of_the_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
