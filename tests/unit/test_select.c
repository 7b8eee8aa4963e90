/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_select.c - intersection, cluster, choice and combine
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "near.h"
#include "ntp_algo.h"
#include "ntp_rng.h"

#define MAX 24

static const struct cluster_param cp = {
    .minclock = NTP_MINCLOCK, .maxclock = NTP_MAXCLOCK, .precision = 1e-6};

static struct candidate
make(unsigned tag, double offset, double rootdist)
{
	return (struct candidate){.offset = offset,
	    .rootdist = rootdist,
	    .jitter = 1e-4,
	    .stratum = 1,
	    .tag = tag};
}

static size_t
vote(struct candidate *c, size_t n, struct interval *i)
{
	struct endpoint scratch[2 * MAX];
	bool majority = select_intersection(c, n, scratch, i);

	return select_survivors(c, n, majority ? i : NULL);
}

static void
test_one_always_passes(void **state)
{
	struct candidate c[1] = {make(0, 12.5, 0.02)};
	struct interval i;

	(void)state;
	assert_int_equal(vote(c, 1, &i), 1);
	assert_near(i.low, 12.48, 1e-12);
	assert_near(i.high, 12.52, 1e-12);
	assert_int_equal(vote(c, 0, &i), 0);
}

static void
test_two_that_disagree(void **state)
{
	struct candidate c[2] = {make(0, 0, 0.01), make(1, 1, 0.01)};
	struct interval i;

	(void)state;
	assert_int_equal(vote(c, 2, &i), 0);
	assert_int_equal(c[0].status, SEL_FALSETICK);
	assert_int_equal(c[1].status, SEL_FALSETICK);
}

static void
test_two_that_agree(void **state)
{
	struct candidate c[2] = {make(0, 0, 0.01), make(1, 0.015, 0.01)};
	struct interval i;

	(void)state;
	assert_int_equal(vote(c, 2, &i), 2);
	assert_near(i.low, 0.005, 1e-12);
	assert_near(i.high, 0.010, 1e-12);
}

/* Any number below half is outvoted, half is not, for each n. */
static void
test_falsetickers_tolerated(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 12; n++) {
		for (unsigned bad = 0; bad <= n / 2; bad++) {
			struct candidate c[12];
			struct interval i;
			size_t kept;

			for (unsigned k = 0; k < n; k++)
				c[k] = k < bad ? make(k, 10.0 + k, 0.01)
					       : make(k, 0.0001 * k, 0.01);
			kept = vote(c, n, &i);
			if (bad > (n - 1) / 2) {
				assert_int_equal(kept, 0);
				continue;
			}
			assert_int_equal(kept, n - bad);
			for (unsigned k = 0; k < n; k++)
				assert_int_equal(c[k].tag,
				    k < n - bad ? k + bad : k - (n - bad));
			for (unsigned k = n - bad; k < n; k++)
				assert_int_equal(c[k].status, SEL_FALSETICK);
		}
	}
}

/* The reference's rule: overlap is enough, the midpoint may lie outside. */
static void
test_overlap_is_enough(void **state)
{
	struct candidate c[3] = {
	    make(0, 0, 0.010), make(1, 0.001, 0.010), make(2, 0.100, 0.095)};
	struct interval i;

	(void)state;
	assert_int_equal(vote(c, 3, &i), 3);
	assert_near(i.low, 0.005, 1e-12);
	assert_near(i.high, 0.010, 1e-12);
}

static void
test_trust_survives(void **state)
{
	struct candidate c[4] = {make(0, 0, 0.01), make(1, 0, 0.01),
	    make(2, 5, 0.01), make(3, 0, 0.01)};
	struct candidate d[2] = {make(0, 0, 0.01), make(1, 5, 0.01)};
	struct interval i;

	(void)state;
	c[2].trust = true;
	assert_int_equal(vote(c, 4, &i), 4);
	d[1].trust = true;
	assert_int_equal(vote(d, 2, &i), 1);
	assert_int_equal(d[0].tag, 1);
	assert_int_equal(d[1].status, SEL_FALSETICK);
}

static void
test_prefer_is_outvoted(void **state)
{
	struct candidate c[3] = {
	    make(0, 0, 0.01), make(1, 5, 0.01), make(2, 0, 0.01)};
	struct interval i;

	(void)state;
	c[1].prefer = true;
	assert_int_equal(vote(c, 3, &i), 2);
	assert_int_equal(c[2].tag, 1);
	assert_int_equal(c[2].status, SEL_FALSETICK);
}

static void
test_insane_support_nobody(void **state)
{
	struct candidate c[5] = {make(0, 0, 0.01), make(1, (double)NAN, 0.01),
	    make(2, 0, HUGE_VAL), make(3, 0.001, 0.01), make(4, 0.002, 0.01)};
	struct interval i;

	(void)state;
	c[1].trust = true;
	assert_int_equal(vote(c, 5, &i), 3);
	assert_true(isfinite(i.low) && isfinite(i.high));
	assert_int_equal(c[3].status, SEL_FALSETICK);
	assert_int_equal(c[4].status, SEL_FALSETICK);
	/* An infinite interval would side with everybody. */
	c[0] = make(0, 0, 0.01);
	c[1] = make(1, 5, 0.01);
	c[2] = make(2, 0, HUGE_VAL);
	assert_int_equal(vote(c, 3, &i), 0);
}

static void
test_cluster_ties(void **state)
{
	struct candidate c[4] = {make(0, 0.01, 0.01), make(1, 0.02, 0.01),
	    make(2, 0.01, 0.01), make(3, 0.02, 0.01)};

	(void)state;
	/* All are equally bad: the last by merit goes. */
	assert_int_equal(select_cluster(c, 4, &cp), 3);
	assert_int_equal(c[3].tag, 3);
	assert_int_equal(select_cluster(c, 1, &cp), 1);
	assert_near(c[0].seljit, 1e-6, 0);
}

static void
test_cluster_drops_outliers(void **state)
{
	struct candidate c[5] = {make(0, 0, 0.01), make(1, 0.0001, 0.01),
	    make(2, 0.0080, 0.02), make(3, 0.0002, 0.01),
	    make(4, -0.009, 0.02)};
	size_t n = select_cluster(c, 5, &cp);

	(void)state;
	assert_int_equal(n, 3);
	for (size_t k = 0; k < 3; k++) {
		assert_int_equal(c[k].status, SEL_CANDIDATE);
		assert_true(c[k].tag != 2 && c[k].tag != 4);
	}
	assert_int_equal(c[3].status, SEL_OUTLIER);
	assert_int_equal(c[4].status, SEL_OUTLIER);
	/* Of 0, 0.1 and 0.2 ms around 0: sqrt((1 + 4) / 2) * 0.1 ms. */
	assert_int_equal(c[0].tag, 0);
	assert_near(c[0].seljit, sqrt(2.5) * 1e-4, 1e-12);
}

/* Nothing is gained once the select jitter is below the best peer jitter. */
static void
test_cluster_stops_at_jitter(void **state)
{
	struct candidate c[6];

	(void)state;
	for (unsigned k = 0; k < 6; k++) {
		c[k] = make(k, k * 1e-4, 0.01);
		c[k].jitter = 1e-3;
	}
	assert_int_equal(select_cluster(c, 6, &cp), 6);
	for (unsigned k = 0; k < 6; k++)
		c[k].jitter = 1e-5;
	assert_int_equal(select_cluster(c, 6, &cp), NTP_MINCLOCK);
}

static void
test_cluster_keeps_prefer_and_true(void **state)
{
	for (unsigned k = 0; k < 2; k++) {
		struct candidate c[5] = {make(0, 0, 0.01), make(1, 0, 0.01),
		    make(2, 0, 0.01), make(3, 0, 0.01), make(4, 0.009, 0.01)};

		c[4].prefer = k == 0;
		c[4].trust = k == 1;
		assert_int_equal(select_cluster(c, 5, &cp), 5);
	}
	(void)state;
}

static void
test_cluster_beyond_maxclock(void **state)
{
	struct candidate c[14];
	unsigned backup = 0, outlier = 0;

	(void)state;
	for (unsigned k = 0; k < 14; k++)
		c[k] = make(k, k * 1e-3, 0.01);
	assert_int_equal(select_cluster(c, 14, &cp), NTP_MINCLOCK);
	for (unsigned k = NTP_MINCLOCK; k < 14; k++) {
		backup += c[k].status == SEL_BACKUP;
		outlier += c[k].status == SEL_OUTLIER;
	}
	assert_int_equal(backup, 4);
	assert_int_equal(outlier, 7);
}

static void
test_best(void **state)
{
	struct candidate c[3] = {
	    make(0, 0, 0.01), make(1, 0, 0.01), make(2, 0, 0.01)};

	(void)state;
	for (unsigned k = 0; k < 3; k++)
		c[k].seljit = 1e-4;
	c[0].stratum = 3;
	c[2].rootdist = 0.02;
	assert_int_equal(select_best(c, 3, NTP_MINDIST), 1);
	c[1].stratum = 2;
	assert_int_equal(select_best(c, 3, NTP_MINDIST), 2);
	/* A jitter that outweighs a stratum. */
	c[2].seljit = 0.1;
	assert_int_equal(select_best(c, 3, NTP_MINDIST), 1);
}

static void
test_combine(void **state)
{
	struct candidate c[2] = {make(0, 0.010, 0.01), make(1, 0.040, 0.02)};
	struct combined r;

	(void)state;
	c[0].seljit = 0.003;
	r = select_combine(c, 2, 0);
	/* weights 100 and 50 */
	assert_near(r.offset, 0.020, 1e-12);
	assert_near(r.jitter, sqrt(0.03 * 0.03 / 3 + 9e-6), 1e-12);
	r = select_combine(c, 1, 0);
	assert_near(r.offset, 0.010, 0);
	assert_near(r.jitter, 0.003, 1e-15);
	c[0].rootdist = 0;
	r = select_combine(c, 2, 0);
	assert_true(isfinite(r.offset) && isfinite(r.jitter));
	r = select_combine(c, 0, 0);
	assert_near(r.offset, 0, 0);
}

struct outcome {
	uint8_t status[MAX];
	size_t kept;
	unsigned best;
	struct combined sum;
};

static void
run(struct candidate *c, size_t n, struct outcome *o)
{
	struct interval i;

	*o = (struct outcome){.best = MAX};
	o->kept = select_cluster(c, vote(c, n, &i), &cp);
	for (size_t k = 0; k < n; k++)
		o->status[c[k].tag] = c[k].status;
	if (o->kept == 0)
		return;
	o->best = (unsigned)select_best(c, o->kept, NTP_MINDIST);
	o->sum = select_combine(c, o->kept, o->best);
	o->best = c[o->best].tag;
}

static void
shuffle(struct ntp_rng *r, struct candidate *c, size_t n)
{
	for (size_t k = n; k > 1; k--) {
		size_t j = (size_t)rng_below(r, k);
		struct candidate t = c[k - 1];

		c[k - 1] = c[j];
		c[j] = t;
	}
}

static void
assert_same(const struct outcome *a, const struct outcome *b)
{
	assert_int_equal(a->kept, b->kept);
	assert_int_equal(a->best, b->best);
	assert_memory_equal(a->status, b->status, sizeof(a->status));
	/* To the last bit. */
	assert_near(a->sum.offset, b->sum.offset, 0);
	assert_near(a->sum.jitter, b->sum.jitter, 0);
}

/* Offsets of few values make many ties. */
static void
draw(struct ntp_rng *r, struct candidate *c, unsigned n, bool coarse)
{
	for (unsigned k = 0; k < n; k++) {
		c[k] = make(k,
		    coarse ? (double)rng_below(r, 4) * 0.01
			   : rng_normal(r) * 0.01,
		    coarse ? 0.01 : 0.001 + 0.02 * rng_double(r));
		c[k].stratum = (uint8_t)(1 + rng_below(r, 3));
		c[k].jitter = 1e-4 * rng_exp(r);
		c[k].prefer = rng_below(r, 12) == 0;
		c[k].trust = rng_below(r, 12) == 0;
	}
}

static void
test_order_does_not_matter(void **state)
{
	struct ntp_rng r;

	(void)state;
	rng_seed(&r, 42);
	for (unsigned round = 0; round < 3000; round++) {
		struct candidate drawn[MAX], c[MAX];
		unsigned n = 1 + (unsigned)rng_below(&r, MAX);
		struct outcome first, again;

		draw(&r, drawn, n, round % 2 == 0);
		for (unsigned k = 0; k < n; k++)
			c[k] = drawn[k];
		run(c, n, &first);
		for (unsigned p = 0; p < 5; p++) {
			shuffle(&r, drawn, n);
			for (unsigned k = 0; k < n; k++)
				c[k] = drawn[k];
			run(c, n, &again);
			assert_same(&first, &again);
		}
	}
}

static bool
holds(const struct candidate *c, double at)
{
	return fabs(c->offset - at) <= c->rootdist + 1e-15;
}

/* What the intersection says, counted the slow way. */
static void
test_intersection_is_right(void **state)
{
	struct ntp_rng r;

	(void)state;
	rng_seed(&r, 7);
	for (unsigned round = 0; round < 5000; round++) {
		struct candidate c[MAX];
		struct endpoint scratch[2 * MAX];
		struct interval i;
		unsigned n = 1 + (unsigned)rng_below(&r, 9);
		unsigned most = 0;

		draw(&r, c, n, false);
		for (unsigned k = 0; k < n; k++) {
			unsigned count = 0;

			for (unsigned j = 0; j < n; j++)
				count +=
				    holds(&c[j], c[k].offset - c[k].rootdist);
			most = count > most ? count : most;
		}
		assert_int_equal(
		    select_intersection(c, n, scratch, &i), 2 * most > n);
		if (2 * most <= n)
			continue;
		unsigned low = 0, high = 0;

		for (unsigned j = 0; j < n; j++) {
			low += holds(&c[j], i.low);
			high += holds(&c[j], i.high);
		}
		assert_int_equal(low, most);
		assert_int_equal(high, most);
		assert_true(i.low <= i.high);
	}
}

/* Of two that agree but for their age the younger weighs more. */
static void
test_stale_offsets_weigh_less(void **state)
{
	struct candidate c[2] = {
	    {.offset = 0.0, .rootdist = 0.01, .jitter = 1e-4, .stratum = 1},
	    {.offset = 1e-3, .rootdist = 0.01, .jitter = 1e-4, .stratum = 1},
	};

	(void)state;
	assert_true(fabs(select_combine(c, 2, 0).offset - 5e-4) < 1e-12);
	c[1].stale = 0.03; /* weight 1/4 of the other's */
	assert_true(fabs(select_combine(c, 2, 0).offset - 2e-4) < 1e-12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_always_passes),
	    cmocka_unit_test(test_two_that_disagree),
	    cmocka_unit_test(test_two_that_agree),
	    cmocka_unit_test(test_falsetickers_tolerated),
	    cmocka_unit_test(test_overlap_is_enough),
	    cmocka_unit_test(test_trust_survives),
	    cmocka_unit_test(test_prefer_is_outvoted),
	    cmocka_unit_test(test_insane_support_nobody),
	    cmocka_unit_test(test_cluster_ties),
	    cmocka_unit_test(test_cluster_drops_outliers),
	    cmocka_unit_test(test_cluster_stops_at_jitter),
	    cmocka_unit_test(test_cluster_keeps_prefer_and_true),
	    cmocka_unit_test(test_cluster_beyond_maxclock),
	    cmocka_unit_test(test_best),
	    cmocka_unit_test(test_combine),
	    cmocka_unit_test(test_order_does_not_matter),
	    cmocka_unit_test(test_intersection_is_right),
	    cmocka_unit_test(test_stale_offsets_weigh_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
