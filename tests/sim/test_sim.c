/* SPDX-License-Identifier: BSD-2-Clause */
/* test_sim.c - the instrument itself: clock, arithmetic, queue, scenarios. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_math.h"
#include "sim_rehearse.h"
#include "sim_report.h"
#include "sim_world.h"

#define DRAWS 200000

/* --- arithmetic ------------------------------------------------------------- */

static void
functions_are_right(void **state)
{
	struct ntp_rng r;

	(void)state;
	rng_seed(&r, 1);
	for (int i = 0; i < 20000; i++) {
		double x = rng_double(&r) * 100 - 50;
		double e = exp(x);

		assert_true(fabs(sim_exp(x) - e) <= 1e-14 * e);
		assert_true(fabs(sim_log(e) - x) < 1e-13);
		assert_true(fabs(sim_sin_turns(x) -
				sin(fmod(x, 1) * 2 * M_PI)) < 1e-13);
	}
	assert_true(fabs(sim_log(1)) <= 0);
}

struct moments {
	double mean, variance;
};

static struct moments
moments_of(double (*draw)(struct ntp_rng *, double), double par)
{
	struct ntp_rng r;
	double sum = 0, square = 0, v;

	rng_seed(&r, 7);
	for (int i = 0; i < DRAWS; i++) {
		v = draw(&r, par);
		sum += v;
		square += v * v;
	}
	sum /= DRAWS;
	return (struct moments){sum, square / DRAWS - sum * sum};
}

static double
draw_normal(struct ntp_rng *r, double par)
{
	(void)par;
	return sim_normal(r);
}

static double
draw_exponential(struct ntp_rng *r, double par)
{
	(void)par;
	return sim_exponential(r);
}

static void
assert_near(double v, double want, double within)
{
	if (!(fabs(v - want) <= within))
		fail_msg("%.12g is not %.12g", v, want);
}

static void
distributions_have_their_moments(void **state)
{
	struct moments m = moments_of(draw_normal, 0);

	(void)state;
	assert_near(m.mean, 0, 0.01);
	assert_near(m.variance, 1, 0.02);
	m = moments_of(draw_exponential, 0);
	assert_near(m.mean, 1, 0.01);
	assert_near(m.variance, 1, 0.03);
	m = moments_of(sim_gamma, 4);
	assert_near(m.mean, 1, 0.01);
	assert_near(m.variance, 0.25, 0.01);
	m = moments_of(sim_gamma, 0.5);
	assert_near(m.mean, 1, 0.02);
	assert_near(m.variance, 2, 0.08);
	m = moments_of(sim_pareto, 4);
	assert_near(m.mean, 1, 0.02);
}

/* --- the queue -------------------------------------------------------------- */

static void
nothing(void *obj, uint64_t arg)
{
	(void)obj;
	(void)arg;
}

static void
events_come_in_order(void **state)
{
	struct sim_queue q = {0};
	struct sim_event ev, last = {.at = -1};
	struct ntp_rng r;

	(void)state;
	rng_seed(&r, 3);
	for (uint64_t i = 0; i < 5000; i++)
		assert_int_equal(queue_push(&q, (int64_t)rng_below(&r, 500),
				     nothing, NULL, i),
		    0);
	assert_false(queue_pop(&q, -1, &ev));
	for (int i = 0; i < 5000; i++) {
		assert_true(queue_pop(&q, INT64_MAX, &ev));
		assert_true(
		    ev.at > last.at || (ev.at == last.at && ev.seq > last.seq));
		last = ev;
	}
	assert_false(queue_pop(&q, INT64_MAX, &ev));
	queue_fini(&q);
}

/* --- the clock -------------------------------------------------------------- */

static const struct sim_utc utc = {.start = INT64_C(1736121600) * NS_PER_S};

static struct sim_clock
clock_new(double ppm)
{
	struct osc_param osc = {.freq = ppm * 1e-6};
	struct sim_clock c;

	sim_clock_init(&c, &osc, &utc, 0, 1);
	return c;
}

static void
run_to(struct sim_clock *c, double s)
{
	sim_clock_advance(c, (int64_t)llround(s * 1e9));
}

static void
frequency_acts_at_once(void **state)
{
	struct sim_clock c = clock_new(20);

	(void)state;
	run_to(&c, 1000);
	assert_near(sim_clock_error(&c), 0.02, 1e-12);
	assert_int_equal(c.port.adj_systime(&c.port, 0, -20e-6), 0);
	run_to(&c, 2000);
	/* The kernel's unit of frequency, and the product of the two. */
	assert_near(sim_clock_error(&c), 0.02, 1000 * (1e-11 + 4e-10));
	assert_int_equal(c.port.adj_systime(&c.port, 0, 1), 0);
	assert_near(c.freq, 500e-6, 1e-12);
}

/* The kernel's second is one of the clock that it slews, not a true one. */
#define SECONDS_DIFFER 2e-7

/* Told each second it does what it is told; left alone it stops when the
 * second is over, and the last tenths of a microsecond die out. */
static void
phase_is_worked_off_each_second(void **state)
{
	struct sim_clock c = clock_new(0);
	double before;

	(void)state;
	for (int i = 1; i <= 10; i++) {
		run_to(&c, i - 0.5);
		assert_int_equal(c.port.adj_systime(&c.port, 1.001e-4, 0), 0);
	}
	run_to(&c, 10);
	assert_near(sim_clock_error(&c), 0.9009e-3, SECONDS_DIFFER);
	run_to(&c, 11);
	assert_near(sim_clock_error(&c), 1.001e-3, SECONDS_DIFFER);
	before = sim_clock_error(&c);
	run_to(&c, 100);
	assert_near(sim_clock_error(&c) - before, 0.3e-6, SECONDS_DIFFER);
	assert_true(fabs(c.slew) < 1e-12);
}

/* The first offset goes faster; a guard ends that when nobody else does. */
static void
quick_phase_ends_with_the_daemon(void **state)
{
	struct sim_clock c = clock_new(0);

	(void)state;
	run_to(&c, 0.5);
	assert_int_equal(c.port.adj_systime(&c.port, 0.05, 0), 0);
	run_to(&c, 1.5);
	assert_true(c.slew > 0.05);
	sim_clock_orphan(&c);
	run_to(&c, 100);
	assert_near(sim_clock_error(&c), 0.05, 1e-5);
	assert_int_equal(c.port.adj_systime(&c.port, 3e-4, 0), 0);
	sim_clock_orphan(&c);
	run_to(&c, 102);
	assert_near(sim_clock_error(&c), 0.0503, 1e-5);
}

static void
adjtime_takes_its_time(void **state)
{
	struct sim_clock c = clock_new(0);

	(void)state;
	assert_int_equal(c.port.slew_systime(&c.port, -0.1), 0);
	run_to(&c, 101);
	assert_near(sim_clock_error(&c), -0.05, 0.05 * 6e-4);
	run_to(&c, 300);
	assert_near(sim_clock_error(&c), -0.1, 0.1 * 6e-4);
}

static void
steps_leave_monotonic_time(void **state)
{
	struct sim_clock c = clock_new(0);
	int64_t mono;

	(void)state;
	run_to(&c, 10);
	mono = c.mono;
	assert_int_equal(c.port.step_systime(&c.port, -3.25), 0);
	assert_true(c.mono == mono);
	assert_near(sim_clock_error(&c), -3.25, 1e-9);
	assert_int_equal(c.steps, 1);
	assert_int_not_equal(c.port.step_systime(&c.port, (double)NAN), 0);
	sim_clock_jump(&c, 1);
	assert_true(c.behind == NS_PER_S);
}

static void
kernel_inserts_the_leap_second(void **state)
{
	struct sim_utc u = utc;
	struct osc_param osc = {0};
	struct sim_clock c;

	(void)state;
	u.leap = 1;
	u.leap_at = 86400 * NS_PER_S;
	sim_clock_init(&c, &osc, &u, 0, 1);
	(void)c.port.set_status(&c.port, NTP_LEAP_INS, 0, 0);
	run_to(&c, 86399.5);
	assert_near(sim_clock_error(&c), 0, 1e-9);
	run_to(&c, 86402);
	assert_near(sim_clock_error(&c), 0, 1e-9);
	run_to(&c, 2 * 86400 + 10);
	assert_near(sim_clock_error(&c), 0, 1e-9);
}

/* Whatever it is told, it never runs backwards between steps, and
 * sim_clock_when() is right to the nanosecond. */
static void
random_rounds_keep_order(void **state)
{
	struct osc_param osc = {1e-5, 1e-8, 1e-8, 1e-6};
	struct sim_clock c;
	struct ntp_rng r;
	int64_t t = 0, mono, target;

	(void)state;
	rng_seed(&r, 11);
	sim_clock_init(&c, &osc, &utc, 0.3, 5);
	for (int i = 0; i < 20000; i++) {
		(void)c.port.adj_systime(
		    &c.port, sim_normal(&r) * 1e-4, sim_normal(&r) * 1e-4);
		if (rng_below(&r, 50) == 0)
			(void)c.port.step_systime(&c.port, sim_normal(&r));
		mono = c.mono;
		t += 1 + (int64_t)rng_below(&r, 900000000);
		sim_clock_advance(&c, t);
		assert_true(c.t == t && c.mono > mono);
		/* Short enough that the rate stays. */
		target = c.mono + 1 + (int64_t)rng_below(&r, 1000);
		t = sim_clock_when(&c, target);
		sim_clock_advance(&c, t);
		assert_true(c.mono >= target && c.mono <= target + 2);
	}
}

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
	    cmocka_unit_test(functions_are_right),
	    cmocka_unit_test(distributions_have_their_moments),
	    cmocka_unit_test(events_come_in_order),
	    cmocka_unit_test(frequency_acts_at_once),
	    cmocka_unit_test(phase_is_worked_off_each_second),
	    cmocka_unit_test(quick_phase_ends_with_the_daemon),
	    cmocka_unit_test(adjtime_takes_its_time),
	    cmocka_unit_test(steps_leave_monotonic_time),
	    cmocka_unit_test(kernel_inserts_the_leap_second),
	    cmocka_unit_test(random_rounds_keep_order),
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
