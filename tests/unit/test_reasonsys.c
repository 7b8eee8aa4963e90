/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_reasonsys.c - why the vote goes as it does and the system is as it is, and
 * the history of reasons.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_ctlvars.h"
#include "whylab.h"

/* --- the vote ----------------------------------------------------------------- */

static void
falseticker_has_both_intervals(void **state)
{
	struct world w;
	const struct peer *p;
	const struct reason_vote *v;

	(void)state;
	world_init(&w, WORLD_FOUR, NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 1e-4);
	world_server(&w, 3, -1e-4);
	world_server(&w, 4, 5);
	world_run(&w, 300);
	p = world_peer(&w, 3);
	v = &p->vote;
	assert_true(v->own.low > 4.9 && v->own.high < 5.1);
	assert_true(v->own.low > w.e->tally.common.high);
	assert_true(w.e->tally.common.low < 1e-3);
	assert_true(w.e->tally.common.high > -1e-3);
	assert_true(
	    fabs(number_after(&w, p, "its interval [") - v->own.low) < 1e-3);
	assert_true(fabs(number_after(&w, p, "misses [") -
			w.e->tally.common.low * 1e3) < 1e-3);
	SAYS(&w, p, "falseticker: ", " of the majority of 4", "add servers");
	assert_non_null(told(&w, REASON_FALSETICK));
	assert_int_equal(told(&w, REASON_FALSETICK)->associd, p->associd);
	world_fini(&w);
}

static void
dissent_and_minsane(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, WORLD_TWO, NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 5);
	world_run(&w, 60);
	SAYS(&w, world_peer(&w, 0), "dissent: no majority; its interval [",
	    "] is one of 2");
	SAYS(&w, NULL,
	    "dissent: not serving; 2 sources are fit and no "
	    "majority agrees");
	world_fini(&w);

	world_init(&w,
	    "tos minsane 3\nserver 192.0.2.1 iburst\n"
	    "server 192.0.2.2 iburst\n",
	    NULL, 0, 0);
	world_server(&w, 1, 0);
	world_server(&w, 2, 0);
	world_run(&w, 60);
	SAYS(&w, world_peer(&w, 0),
	    "toofew: fit; but 2 survivors are less than minsane 3");
	SAYS(&w, NULL,
	    "toofew: not serving; 2 survivors are less than "
	    "minsane 3");
	world_fini(&w);
}

static void
outlier_and_excess(void **state)
{
	char conf[1024] = "";
	struct world w;
	unsigned outliers = 0, excess = 0;

	(void)state;
	for (unsigned i = 1; i <= 6; i++)
		(void)snprintf(conf + strlen(conf), sizeof conf - strlen(conf),
		    "server 192.0.2.%u iburst\n", i);
	(void)snprintf(conf + strlen(conf), sizeof conf - strlen(conf),
	    "tos maxclock 5\n");
	world_init(&w, conf, NULL, 0, 0);
	for (unsigned i = 1; i <= 6; i++)
		world_server(&w, i, i * 2e-3)->jitter = 1e-5;
	world_run(&w, 400);
	PEER_FOREACH (p, &w.e->peers) {
		if (p->select == SEL_OUTLIER) {
			outliers++;
			assert_true(p->vote.seljit > p->vote.peerjit);
			assert_true(fabs(number_after(&w, p, "select jitter ") -
					p->vote.seljit * 1e3) < 1e-3);
			assert_true(fabs(number_after(&w, p, "peer jitter ") -
					p->vote.peerjit * 1e3) < 1e-3);
			SAYS(&w, p, "outlier: ", "; 3 remain");
		} else if (p->select == SEL_BACKUP) {
			excess++;
			SAYS(&w, p,
			    "excess: not needed: more than maxclock 5 "
			    "agree");
		}
	}
	assert_int_equal(outliers, 2);
	assert_int_equal(excess, 1);
	world_fini(&w);
}

static void
weights_add_up(void **state)
{
	struct world w;
	double sum = 0;

	(void)state;
	world_init(&w, WORLD_FOUR, NULL, 0, 0);
	for (unsigned i = 1; i <= 4; i++)
		world_server(&w, i, 0);
	world_run(&w, 2000);
	PEER_FOREACH (p, &w.e->peers) {
		if (p->select != SEL_CANDIDATE && p->select != SEL_SYSPEER)
			continue;
		sum += number_after(&w, p, "with weight ");
		SAYS(&w, p,
		    p->select == SEL_SYSPEER ? "syspeer: leads"
					     : "candidate: survives");
	}
	assert_true(fabs(sum - 100) < 0.3);
	world_fini(&w);

	world_init(
	    &w, WORLD_FOUR "server 192.0.2.5 prefer iburst\n", NULL, 0, 0);
	for (unsigned i = 1; i <= 5; i++)
		world_server(&w, i, 0);
	world_run(&w, 2000);
	SAYS(&w, world_peer(&w, 4), "leads with weight 100.0 %");
	world_fini(&w);
}

/* --- the system --------------------------------------------------------------- */

static void
system_from_start_to_serving(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, "", NULL, 0, 0);
	world_run(&w, 2);
	SAYS(&w, NULL, "nosource: not serving; no server and no pool",
	    "add pool or server lines");
	sums_up(&w, "waiting: not serving; no server and no pool");
	world_fini(&w);

	world_init(&w, WORLD_FOUR, NULL, 0.05, 0);
	for (unsigned i = 1; i <= 4; i++)
		world_server(&w, i, 0);
	SAYS(&w, NULL, "waiting: not serving; of 4 sources 0 answer");
	assert_true(world_until(&w, world_is_synced, 30));
	SAYS(&w, NULL, "training: serving as stratum 2 from 192.0.2.",
	    "the frequency is being measured");
	world_run(&w, 3600);
	SAYS(&w, NULL, "serving: serving as stratum 2 from 192.0.2.",
	    "root distance ", "survivors");
	sums_up(&w, "synchronized to 192.0.2.");
	assert_non_null(told(&w, REASON_SYS_TRAINING));
	assert_non_null(told(&w, REASON_SYS_SERVING));
	assert_true(number_after(&w, NULL, "Z: ") > 1000);
	world_fini(&w);
}

static bool
is_slewing(struct world *w)
{
	return w->e->reason.why == REASON_SYS_SLEWING;
}

static bool
is_spiking(struct world *w)
{
	return w->e->reason.why == REASON_SYS_SPIKE;
}

static void
slew_spike_and_step(void **state)
{
	struct engine_options opt = {
	    .version = "t", .freq_known = true, .freq = 0};
	struct world w;

	(void)state;
	world_init(&w, WORLD_FOUR_OFTEN, &opt, 0, 0);
	for (unsigned i = 1; i <= 4; i++)
		world_server(&w, i, 0);
	world_run(&w, 1000);
	SAYS(&w, NULL, "serving: ");
	w.err = -0.05;
	assert_true(world_until(&w, is_slewing, 3000));
	SAYS(&w, NULL, "slewing: serving as stratum 2", "left to slew");
	assert_true(
	    fabs(number_after(&w, NULL, "; +") - w.e->sys.offset * 1e3) < 1);
	world_run(&w, 3000);
	SAYS(&w, NULL, "serving: ");
	w.err = -2;
	assert_true(world_until(&w, is_spiking, 3000));
	SAYS(&w, NULL, "spike: serving on; offset +2.0",
	    "exceeds the step threshold 128.000 ms; stepped if it stays for");
	while (w.steps == 0)
		world_run(&w, 1);
	SAYS(&w, NULL, "stepped: not serving; ", "is measured afresh");
	assert_true(fabs(number_after(&w, NULL, "the clock was stepped by +") -
			w.e->stepped_by) < 1e-3);
	assert_true(fabs(w.e->stepped_by - 2) < 0.05);
	assert_non_null(strstr(told(&w, REASON_STEP)->text, "by +"));
	assert_string_equal(told(&w, REASON_STEP)->who, "system");
	engine_clock_jumped(w.e, -3.5, world_now(&w));
	assert_string_equal(
	    told(&w, REASON_JUMP)->text, "by somebody else by -3.500 s");
	world_fini(&w);
}

static void
forbidden_observing_panic_local(void **state)
{
	struct engine_options opt = {.version = "t", .noset = true};
	struct world w;

	(void)state;
	world_init(&w, "server 192.0.2.1 iburst\n", &opt, -1.01, 0);
	world_server(&w, 1, 0);
	world_run(&w, 30);
	SAYS(&w, NULL, "forbidden: not serving; offset +1.0", "CAP_SYS_TIME");
	w.err = 0.001;
	world_run(&w, 600);
	SAYS(&w, NULL, "observing: serving as stratum 2",
	    "the clock is not ours to set");
	world_fini(&w);

	world_init(&w, "server 192.0.2.1 iburst\n", NULL, -5000, 0);
	world_server(&w, 1, 0);
	world_run(&w, 30);
	reason_update(w.e, world_now(&w));
	SAYS(&w, NULL, "panic: not serving; offset +5000.",
	    "exceeds the panic threshold 1000 s", "start once with -g");
	sums_up(&w, "panic: not serving; offset +5000.");
	world_fini(&w);

	world_init(&w, "tos orphanwait 10\nserver 127.127.1.0\n", NULL, 0, 0);
	world_run(&w, 5);
	SAYS(&w, world_peer(&w, 0),
	    "lastresort: kept until nothing else was there for 10 s");
	world_run(&w, 100);
	SAYS(&w, NULL, "local: serving as stratum 6 from 127.127.1.0",
	    "undisciplined local clock");
	sums_up(&w, "serving as stratum 6 from 127.127.1.0");
	world_fini(&w);
}

static void
orphan_serves_itself(void **state)
{
	struct world w;
	struct world_server *s;

	(void)state;
	world_init(&w,
	    "tos orphan 6 orphanwait 20\nserver 192.0.2.250 iburst\n"
	    "server 192.0.2.251 iburst\n",
	    NULL, 0, 0);
	s = world_server(&w, 250, 0);
	s->stratum = 6;
	world_run(&w, 200);
	SAYS(&w, world_peer(&w, 0),
	    "orphan: stratum 6; orphans from 6 on do not vote");
	SAYS(&w, NULL,
	    "orphan: serving as stratum 6; our own clock for want "
	    "of a source; of 2 sources 1 answer");
	world_fini(&w);
}

/* --- the history ---------------------------------------------------------------- */

static size_t
ask_history(struct world *w, const char *names, char *out, size_t cap)
{
	struct ctlvar_ctx c = {.e = w->e, .now = world_now(w)};
	size_t len = 0;

	assert_true(ctlvars_read(&c, names, strlen(names), out, cap - 1, &len));
	out[len] = '\0';
	return len;
}

static bool
has_number(const char *text, const char *name, unsigned n)
{
	char item[64];

	(void)snprintf(item, sizeof item, "%s.%u=", name, n);
	return strstr(text, item) != NULL;
}

static void
history_is_a_ring_read_in_pages(void **state)
{
	char text[8192];
	struct world w;
	struct history *h;

	(void)state;
	world_init(&w, "", NULL, 0, 0);
	h = &w.e->history;
	ask_history(&w, "history", text, sizeof text);
	assert_string_equal(text, "history=0\r\n");
	for (unsigned i = 1; i <= 100; i++) {
		char words[64];

		(void)snprintf(words, sizeof words, "number %u, \"=\"", i);
		history_add(h, NULL, REASON_STEP, words, world_now(&w));
	}
	/* without a number: the newest */
	ask_history(&w, "history", text, sizeof text);
	assert_non_null(strstr(text, "history=100"));
	assert_false(has_number(text, "text", 96));
	for (unsigned i = 97; i <= 100; i++)
		assert_true(has_number(text, "text", i));
	assert_non_null(strstr(text, "text.100=\"number 100; ':'\""));
	/* what has left the ring is skipped, pages follow each other */
	ask_history(&w, "history=1", text, sizeof text);
	assert_false(has_number(text, "when", 36));
	assert_true(has_number(text, "when", 37));
	assert_true(has_number(text, "when", 40));
	assert_false(has_number(text, "when", 41));
	/* beyond the end, and nonsense */
	ask_history(&w, "history=101", text, sizeof text);
	assert_string_equal(text, "history=100\r\n");
	ask_history(&w, "history=-7", text, sizeof text);
	assert_true(has_number(text, "why", 100));
	ask_history(&w, "history=99999999999999999999999", text, sizeof text);
	assert_true(has_number(text, "why", 100));
	/* a page is never more than what a bare question for all gets */
	assert_true(ask_history(&w, "history=37", text, sizeof text) < 1400);
	world_fini(&w);
}

static void
repeats_do_not_fill_it(void **state)
{
	struct world w;
	struct peer *p;
	uint64_t before;

	(void)state;
	world_init(&w, "server 192.0.2.1\n", NULL, 0, 0);
	world_server(&w, 1, 0);
	p = world_peer(&w, 0);
	world_run(&w, 300);
	before = w.e->history.n;
	for (uint64_t i = 1; i <= 10000; i++)
		forge(&w, p, (ntp_ts){i}, (ntp_ts){i});
	assert_int_equal(w.e->history.n, before + 1);
	assert_int_equal(told(&w, REASON_BOGUS)->count, 10000);
	/* an hour later it is worth an entry again */
	world_run(&w, 3700);
	forge(&w, p, (ntp_ts){1}, (ntp_ts){1});
	assert_int_equal(told(&w, REASON_BOGUS)->count, 1);
	world_fini(&w);
}

/* How long an offset is watched before it is stepped away, s. */
static double
stepped_after(const char *conf)
{
	struct engine_options opt = {
	    .version = "t", .freq_known = true, .freq = 0};
	struct world w;
	double began;

	world_init(&w, conf, &opt, 0, 0);
	for (unsigned i = 1; i <= 4; i++)
		world_server(&w, i, 0);
	world_run(&w, 1000);
	w.err = -2;
	assert_true(world_until(&w, is_spiking, 3000));
	began = w.t;
	while (w.steps == 0)
		world_run(&w, 1);
	began = w.t - began;
	world_fini(&w);
	return began;
}

static void
stepout_is_waited_for(void **state)
{
	(void)state;
	assert_in_range(stepped_after(WORLD_FOUR_OFTEN), 240, 440);
	assert_in_range(
	    stepped_after(WORLD_FOUR_OFTEN "tinker stepout 900\n"), 840, 1040);
}

/* Not even for the moment between its selection and its first update. */
static void
never_serves_as_stratum_16(void **state)
{
	char text[256];
	struct world w;

	(void)state;
	world_init(&w, "tos orphanwait 10\nserver 127.127.1.0\n", NULL, 0, 0);
	for (unsigned s = 1; s <= 120; s++) {
		world_run(&w, s);
		(void)engine_summary(w.e, world_now(&w), text, sizeof text);
		assert_null(strstr(text, "serving as stratum 16"));
	}
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(falseticker_has_both_intervals),
	    cmocka_unit_test(dissent_and_minsane),
	    cmocka_unit_test(outlier_and_excess),
	    cmocka_unit_test(weights_add_up),
	    cmocka_unit_test(system_from_start_to_serving),
	    cmocka_unit_test(slew_spike_and_step),
	    cmocka_unit_test(forbidden_observing_panic_local),
	    cmocka_unit_test(stepout_is_waited_for),
	    cmocka_unit_test(never_serves_as_stratum_16),
	    cmocka_unit_test(orphan_serves_itself),
	    cmocka_unit_test(history_is_a_ring_read_in_pages),
	    cmocka_unit_test(repeats_do_not_fill_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
