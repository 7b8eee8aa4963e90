/* SPDX-License-Identifier: BSD-2-Clause */
/* test_sim.c - the instrument itself: scenarios and the worlds they make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/near.h"
#include "sim_math.h"
#include "sim_rehearse.h"
#include "sim_report.h"
#include "sim_world.h"

/* --- scenarios -------------------------------------------------------------- */

static void
complains(const char *text, const char *words)
{
	char *said = NULL;
	size_t len;
	FILE *fp = open_memstream(&said, &len);
	struct scenario *sc = scenario_parse("f.sim", text, false, fp);

	assert_non_null(sc);
	assert_int_equal(fclose(fp), 0);
	if (strstr(said, words) == NULL)
		fail_msg("said \"%s\" instead of \"%s\"", said, words);
	assert_true(sc->nerrors > 0);
	scenario_free(&sc);
	free(said);
}

#define GOOD "server s\nnode c {\n}\n"

static void
errors_name_their_line(void **state)
{
	(void)state;
	complains("run 1x\n" GOOD, "f.sim:1: run: '1x' is not a time");
	complains(GOOD "link c t\n", "f.sim:4: there is no node t");
	complains(GOOD "link c s delay\n", "f.sim:4: delay: a time such as");
	complains(GOOD "link c s jitter foo 1ms\n", "'foo' is not known");
	complains(GOOD "link c s jitter pareto 1ms 1\n", "pareto above 1");
	complains(GOOD "link c s every 1h\n", "f.sim:4: every: needs");
	complains(GOOD "expect c rmx < 1ms\n", "f.sim:4: 'rmx' is nothing");
	complains(GOOD "expect c rms ! 1ms\n", "f.sim:4: comparison: '!'");
	complains(GOOD "expect c rms < 1ppm\n", "'1ppm' is not a time");
	complains(GOOD "at 1h jump c\n", "f.sim:4: action: 'jump'");
	complains(GOOD "attack c s hug\n", "f.sim:4: attack: 'hug'");
	complains(GOOD "what\n", "f.sim:4: 'what' is no word");
	complains(GOOD "run 1d now\n", "f.sim:4: 'now' is too much");
	complains(GOOD "server s\n", "f.sim:4: s is there already, in line 1");
	complains("node c\n", "f.sim:1: node c has no ntp.conf");
	complains("node c {\nserver s\n", "f.sim:2: the block is not closed");
	complains("run 20000d\n" GOOD, "f.sim:1: run: 20000d is out of range");
	complains("run 8000d\n" GOOD, "run: up to ten years");
	complains("sample 1us\n" GOOD, "sample: at least");
	complains(GOOD "at 1h every 1ns step c 1s\n", "f.sim:4: every:");
	complains(GOOD "server t stratum 300\n", "f.sim:4: stratum: 0 to");
	complains(GOOD "at 1h freq c 1000000ppm\n", "out of range");
	complains(
	    GOOD "link c s delay -5ms\n", "f.sim:4: delay: -5ms is below");
	complains(GOOD "link c s jitter exp -1us\n", "jitter: -1us is below");
	complains(GOOD "link c s reorder 1% -1s\n", "reorder: -1s is below");
	complains(GOOD "link c s loss 200%\n", "f.sim:4: loss: 200% is above");
	complains(GOOD "link c s dup 1.5\n", "f.sim:4: dup: 1.5 is above");
	complains("run 1h\nsettle 2h\n" GOOD, "settle: before the end of run");
	complains("\033[2J\n" GOOD, "f.sim:1: '?[2J' is no word");
	complains("# nothing\n", "there is no node");
	complains("start 2025-13-01\n" GOOD, "f.sim:1: start: a date");
}

static void
control_lines_are_for_controls(void **state)
{
	const char *text = GOOD "normal: at 1h step c 1s\n"
				"control: at 2h step c 1s\n"
				"control: at 3h step c 1s\n";
	struct scenario *sc = scenario_parse("f.sim", text, false, stderr);

	(void)state;
	assert_int_equal(sc->nevent, 1);
	assert_true(sc->has_control);
	scenario_free(&sc);
	sc = scenario_parse("f.sim", text, true, stderr);
	assert_int_equal(sc->nerrors, 0);
	assert_int_equal(sc->nevent, 2);
	assert_int_equal(sc->event[1].line, 6);
	scenario_free(&sc);
}

static void
conf_errors_name_the_scenarios_line(void **state)
{
	const char *text =
	    "server s\nnode c {\n\tserver s\n\tserver s minpoll x\n}"
	    "\n";
	struct scenario *sc = scenario_parse("f.sim", text, false, stderr);
	char *said = NULL;
	size_t len;
	FILE *fp = open_memstream(&said, &len);

	(void)state;
	assert_null(world_new(sc, 1, NULL, fp));
	assert_int_equal(fclose(fp), 0);
	if (strncmp(said, "f.sim:4:", 8) != 0)
		fail_msg("said \"%s\"", said);
	free(said);
	scenario_free(&sc);
}

/* --- worlds ----------------------------------------------------------------- */

static const char plain[] = "run 6h\nsettle 1h\nserver s\n"
			    "node c freq 10ppm wander 1ppb noise 2us {\n"
			    "\tserver s iburst\n}\n"
			    "link c s delay 1ms jitter exp 100us loss 5% dup "
			    "5%\n";

static double
rms_of(const char *text, uint64_t seed)
{
	struct scenario *sc = scenario_parse("f.sim", text, false, stderr);
	struct sim_world *w;
	double rms;

	assert_int_equal(sc->nerrors, 0);
	w = world_new(sc, seed, NULL, stderr);
	assert_non_null(w);
	world_run(w);
	assert_int_equal(w->nbroken, 0);
	rms = metric_find("rms")->value(&w->gauge[0]);
	world_free(&w);
	scenario_free(&sc);
	return rms;
}

static void
same_seed_same_run(void **state)
{
	double a = rms_of(plain, 1), b = rms_of(plain, 1);
	double c = rms_of(plain, 2);

	(void)state;
	assert_true(a > 0 && a < 1e-3);
	assert_memory_equal(&a, &b, sizeof a);
	assert_true(a < c || a > c);
}

/* The share of requests that a server sees is what the link lets through. */
static double
share_arriving(const char *link)
{
	char text[512];
	struct scenario *sc;
	struct sim_world *w;
	double share;

	(void)snprintf(text, sizeof text,
	    "run 4d\nserver s\nnode c {\n\tserver s minpoll 3 maxpoll 3\n}\n%s",
	    link);
	sc = scenario_parse("f.sim", text, false, stderr);
	assert_int_equal(sc->nerrors, 0);
	w = world_new(sc, 1, NULL, stderr);
	world_run(w);
	share = (double)w->node[0].served / (double)w->node[1].polls;
	world_free(&w);
	scenario_free(&sc);
	return share;
}

static void
links_lose_and_double_what_they_say(void **state)
{
	(void)state;
	assert_near(share_arriving(""), 1, 1e-4);
	assert_near(share_arriving("link c s loss 20%\n"), 0.8, 0.01);
	assert_near(share_arriving("link c s loss 20% burst 5\n"), 0.8, 0.02);
	assert_near(share_arriving("link c -> s dup 30%\n"), 1.3, 0.01);
	assert_near(share_arriving("link c s down for 1d\n"), 0.75, 0.05);
	assert_near(
	    share_arriving("link c s down for 6h every 12h\n"), 0.5, 0.05);
}

/* What a node measures over its last hour. */
static double
at_the_end(const char *metric, const char *text)
{
	struct scenario *sc = scenario_parse("f.sim", text, false, stderr);
	struct sim_world *w;
	double v;

	assert_int_equal(sc->nerrors, 0);
	w = world_new(sc, 1, NULL, stderr);
	assert_non_null(w);
	world_run(w);
	v = metric_find(metric)->value(&w->gauge[0]);
	world_free(&w);
	scenario_free(&sc);
	return v;
}

static void
a_sleeper_asks_nothing(void **state)
{
	static const char asleep[] =
	    "run 3h\nsettle 2h\nserver s\n"
	    "node c {\n\tserver s minpoll 4 maxpoll 4\n}\n"
	    "at 110m suspend c 2h\n";
	static const char woken[] =
	    "run 3h\nsettle 2h\nserver s\n"
	    "node c {\n\tserver s minpoll 4 maxpoll 4\n}\n"
	    "at 10m suspend c 1h\n";

	(void)state;
	assert_near(at_the_end("polls", asleep), 0, 0.1);
	assert_near(at_the_end("polls", woken), 3600.0 / 16.5, 10);
}

/* A group hears as far as the hops reach, a single host always. */
static void
hops_limit_groups(void **state)
{
	static const char group[] =
	    "run 1h\nsettle 30m\n"
	    "node l {\n\tdisable auth\n\tmulticastclient\n}\n"
	    "node t {\n\tserver 127.127.1.0\n\tfudge 127.127.1.0 stratum 1\n"
	    "\tbroadcast 224.0.1.1 minpoll 4 ttl %u\n}\nlink t l hops 3\n";
	char text[512];

	(void)state;
	for (unsigned ttl = 2; ttl <= 3; ttl++) {
		(void)snprintf(text, sizeof text, group, ttl);
		assert_near(at_the_end("sources", text), ttl == 3, 0.1);
		assert_near(at_the_end("synced", text), ttl == 3, 0.1);
	}
}

/* What leaves late is told to the engine, which makes good samples of it. */
static void
departures_are_told(void **state)
{
	static const char text[] =
	    "run 3h\nsettle 1h\n"
	    "node c stack 50ms {\n\tserver s iburst maxpoll 5 xleave\n}\n"
	    "node s stack 50ms {\n\tserver 127.127.1.0\n"
	    "\tfudge 127.127.1.0 stratum 1\n}\n";

	(void)state;
	assert_true(at_the_end("interleaved", text) > 100);
	assert_true(at_the_end("max", text) < 1e-4);
}

static void
a_broken_rule_is_found(void **state)
{
	/* A wire that lies by 20 ms makes the error exceed what is claimed. */
	const char *text = "run 6h\nserver s\nnode c {\n\tserver s iburst\n}\n"
			   "link c -> s delay 1ms\nlink s -> c delay 1ms\n"
			   "at 3h step s 30ms\n";
	struct scenario *sc = scenario_parse("f.sim", text, false, stderr);
	struct sim_world *w = world_new(sc, 1, NULL, stderr);

	(void)state;
	world_run(w);
	assert_int_equal(w->nbroken, 1);
	assert_int_equal(w->broken[0].what, INV_DISTANCE);
	world_free(&w);
	scenario_free(&sc);
}

static void
a_configuration_is_rehearsed(void **state)
{
	const char *conf = "pool pool.example iburst\ndriftfile /nowhere\n";
	const struct rehearsal *k = rehearsal_find("outage");
	struct scenario *sc = rehearse_scenario("x.conf", conf, k, stderr);
	struct sim_world *w;
	char *said = NULL;
	size_t len;
	FILE *fp = open_memstream(&said, &len);

	(void)state;
	assert_null(rehearsal_find("party"));
	assert_non_null(sc);
	w = world_new(sc, 1, NULL, stderr);
	assert_non_null(w);
	assert_int_equal(w->nnodes, 5);
	world_run(w);
	rehearse_report(w, k, fp);
	assert_int_equal(fclose(fp), 0);
	assert_non_null(strstr(said, "no network for four hours"));
	free(said);
	world_free(&w);
	scenario_free(&sc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(errors_name_their_line),
	    cmocka_unit_test(control_lines_are_for_controls),
	    cmocka_unit_test(conf_errors_name_the_scenarios_line),
	    cmocka_unit_test(same_seed_same_run),
	    cmocka_unit_test(links_lose_and_double_what_they_say),
	    cmocka_unit_test(a_sleeper_asks_nothing),
	    cmocka_unit_test(hops_limit_groups),
	    cmocka_unit_test(departures_are_told),
	    cmocka_unit_test(a_broken_rule_is_found),
	    cmocka_unit_test(a_configuration_is_rehearsed),
	};

	return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
