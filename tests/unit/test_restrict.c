/* SPDX-License-Identifier: BSD-2-Clause */
/* test_restrict.c - the access list against a naive one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_restrict.h"
#include "ntp_rng.h"
#include "threat.h"

#define NTP_SERVICE 123

static struct ntp_addr
addr(const char *s, uint16_t port)
{
	struct ntp_addr a;

	assert_int_equal(addr_parse(s, strlen(s), &a), 0);
	a.port = port;
	return a;
}

static struct restrict_entry
entry(const char *prefix, uint16_t flags, uint16_t mflags)
{
	struct restrict_entry e = {
	    .flags = flags, .mflags = mflags, .ippeerlimit = -1};
	unsigned bits;

	assert_int_equal(
	    addr_parse_prefix(prefix, strlen(prefix), &e.addr, &bits), 0);
	addr_mask((enum addr_family)e.addr.family, bits, &e.mask);
	return e;
}

static int
add(struct restrict_list *r, const char *prefix, uint16_t flags,
    uint16_t mflags)
{
	struct restrict_entry e = entry(prefix, flags, mflags);

	return restrict_add(r, &e);
}

static uint16_t
flags_for(struct restrict_list *r, const char *s, uint16_t port)
{
	struct ntp_addr a = addr(s, port);

	return restrict_lookup(r, &a)->flags;
}

static void
defaults_exist(void **state)
{
	struct restrict_list *r = restrict_new(0);
	struct restrict_entry any = entry("0.0.0.0/0", RES_NOQUERY, 0);

	(void)state;
	assert_non_null(r);
	assert_int_equal(restrict_count(r), 2);
	assert_int_equal(flags_for(r, "192.0.2.1", 123), 0);
	assert_int_equal(restrict_add(r, &any), 0);
	assert_int_equal(flags_for(r, "192.0.2.1", 123), RES_NOQUERY);
	assert_int_equal(flags_for(r, "2001:db8::1", 123), 0);
	/* full: nothing but the defaults fits */
	assert_int_equal(add(r, "192.0.2.1", RES_KOD, 0), -NTP_ENOMEM);
	assert_int_equal(
	    restrict_remove(r, &any.addr, &any.mask, 0, RES_NOQUERY), 0);
	assert_int_equal(restrict_remove(r, &any.addr, &any.mask, 0, 0), 0);
	assert_int_equal(restrict_count(r), 2);
	assert_int_equal(flags_for(r, "192.0.2.1", 123), 0);
	restrict_free(&r);
	assert_null(r);
}

static void
longest_prefix_decides_alone(void **state)
{
	struct restrict_list *r = restrict_new(10);

	(void)state;
	add(r, "0.0.0.0/0", RES_IGNORE, 0);
	add(r, "10.1.0.0/16", RES_NOQUERY, 0);
	add(r, "10.1.2.0/24", 0, 0);
	add(r, "10.1.2.3", RES_NOSERVE, 0);
	assert_int_equal(flags_for(r, "10.0.255.255", 123), RES_IGNORE);
	assert_int_equal(flags_for(r, "10.1.0.0", 123), RES_NOQUERY);
	assert_int_equal(flags_for(r, "10.1.255.255", 123), RES_NOQUERY);
	assert_int_equal(flags_for(r, "10.2.0.0", 123), RES_IGNORE);
	assert_int_equal(flags_for(r, "10.1.2.2", 123), 0);
	assert_int_equal(flags_for(r, "10.1.2.3", 123), RES_NOSERVE);
	restrict_free(&r);
}

static void
equal_lines_add_their_flags(void **state)
{
	struct restrict_list *r = restrict_new(10);

	(void)state;
	add(r, "10.0.0.0/8", RES_NOQUERY, 0);
	add(r, "10.200.0.0/8", RES_LIMITED, 0); /* masked to the same net */
	add(r, "10.0.0.0/8", 0, 0);
	assert_int_equal(restrict_count(r), 3);
	assert_int_equal(
	    flags_for(r, "10.9.9.9", 123), RES_NOQUERY | RES_LIMITED);
	restrict_free(&r);
}

static void
ntpport_comes_first(void **state)
{
	struct restrict_list *r = restrict_new(10);

	(void)state;
	add(r, "10.0.0.1", RES_NOQUERY, 0);
	add(r, "10.0.0.1", RES_IGNORE, RESM_NTPPORT);
	assert_int_equal(flags_for(r, "10.0.0.1", 123), RES_IGNORE);
	assert_int_equal(flags_for(r, "10.0.0.1", 124), RES_NOQUERY);
	assert_int_equal(restrict_at(r, 0)->mflags, RESM_NTPPORT);
	assert_int_equal(restrict_at(r, 1)->mflags, 0);
	restrict_free(&r);
}

static void
lines_precede_the_template(void **state)
{
	struct restrict_list *r = restrict_new(10);
	struct restrict_entry e = entry("10.0.0.1", RES_NOPEER, RESM_SOURCE);

	(void)state;
	e.refs = 1;
	assert_int_equal(restrict_add(r, &e), 0);
	assert_int_equal(restrict_add(r, &e), 0);
	assert_int_equal(flags_for(r, "10.0.0.1", 123), RES_NOPEER);
	assert_int_equal(restrict_at(r, 0)->refs, 2);
	add(r, "10.0.0.1", RES_NOQUERY, 0);
	assert_int_equal(flags_for(r, "10.0.0.1", 123), RES_NOQUERY);
	add(r, "10.0.0.1", RES_IGNORE, RESM_NTPPORT | RESM_OWN);
	assert_int_equal(flags_for(r, "10.0.0.1", 123), RES_IGNORE);
	assert_int_equal(flags_for(r, "10.0.0.1", 5000), RES_NOQUERY);
	restrict_free(&r);
}

static void
scope_is_no_part_of_it(void **state)
{
	struct restrict_list *r = restrict_new(10);

	(void)state;
	add(r, "fe80::1", RES_NOQUERY, 0);
	assert_int_equal(flags_for(r, "fe80::1%7", 123), RES_NOQUERY);
	restrict_free(&r);
}

static void
families_must_agree(void **state)
{
	struct restrict_list *r = restrict_new(10);
	struct restrict_entry e = entry("10.0.0.1", 0, 0);

	(void)state;
	addr_mask(ADDR_V6, 128, &e.mask);
	assert_int_equal(restrict_add(r, &e), -NTP_EINVAL);
	memset(&e, 0, sizeof(e));
	assert_int_equal(restrict_add(r, &e), -NTP_EINVAL);
	restrict_free(&r);
}

static void
remove_and_use_again(void **state)
{
	struct restrict_list *r = restrict_new(2);
	struct restrict_entry e = entry("10.0.0.0/8", RES_NOQUERY, 0);

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(restrict_add(r, &e), 0);
		assert_int_equal(flags_for(r, "10.1.1.1", 123), RES_NOQUERY);
		assert_int_equal(restrict_remove(r, &e.addr, &e.mask, 0, 0), 0);
		assert_int_equal(flags_for(r, "10.1.1.1", 123), 0);
	}
	assert_int_equal(
	    restrict_remove(r, &e.addr, &e.mask, 0, 0), -NTP_ENOENT);
	e.flags = RES_KOD | RES_LIMITED;
	assert_int_equal(restrict_add(r, &e), 0);
	assert_int_equal(restrict_remove(r, &e.addr, &e.mask, 0, RES_KOD), 0);
	assert_int_equal(flags_for(r, "10.1.1.1", 123), RES_LIMITED);
	restrict_free(&r);
}

static void
hits_are_counted(void **state)
{
	struct restrict_list *r = restrict_new(2);

	(void)state;
	add(r, "10.0.0.0/8", 0, 0);
	(void)flags_for(r, "10.1.1.1", 123);
	(void)flags_for(r, "10.1.1.2", 123);
	(void)flags_for(r, "11.1.1.2", 123);
	assert_int_equal(restrict_at(r, 0)->hits, 2);
	assert_int_equal(restrict_at(r, 1)->hits, 1);
	assert_int_equal(restrict_at(r, 2)->hits, 0);
	assert_null(restrict_at(r, 3));
	restrict_free(&r);
}

static void
flag_words(void **state)
{
	(void)state;
	assert_int_equal(restrict_flag_by_name("noquery"), RES_NOQUERY);
	assert_int_equal(restrict_flag_by_name("lowpriotrap"), RES_LPTRAP);
	assert_int_equal(restrict_flag_by_name("ntpport"), 0);
	assert_int_equal(restrict_flag_by_name("NOQUERY"), 0);
	assert_string_equal(restrict_flag_name(RES_LPTRAP), "lptrap");
	assert_string_equal(restrict_flag_name(RES_KOD), "kod");
	assert_null(restrict_flag_name(0));
	assert_null(restrict_flag_name(RES_KOD | RES_LIMITED));
	for (unsigned bit = 1; bit <= UINT16_MAX; bit <<= 1)
		assert_non_null(restrict_flag_name((uint16_t)bit));
}

/* Every prefix length, at both edges and one beyond. */
static void
edges(const char *base, unsigned max)
{
	struct restrict_list *r = restrict_new(1);
	struct ntp_addr net = addr(base, NTP_SERVICE);

	for (unsigned bits = 1; bits <= max; bits++) {
		struct restrict_entry e = {.addr = net, .flags = RES_NOSERVE};
		struct ntp_addr a = net;

		addr_mask((enum addr_family)net.family, bits, &e.mask);
		assert_int_equal(restrict_add(r, &e), 0);
		for (size_t i = 0; i < max / 8; i++)
			a.ip[i] = net.ip[i] & e.mask.ip[i];
		assert_int_equal(restrict_lookup(r, &a)->flags, RES_NOSERVE);
		for (size_t i = 0; i < max / 8; i++)
			a.ip[i] |= (uint8_t)~e.mask.ip[i];
		assert_int_equal(restrict_lookup(r, &a)->flags, RES_NOSERVE);
		a.ip[(bits - 1) / 8] ^= (uint8_t)(0x80U >> (bits - 1) % 8);
		assert_int_equal(restrict_lookup(r, &a)->flags, 0);
		assert_int_equal(restrict_remove(r, &e.addr, &e.mask, 0, 0), 0);
	}
	restrict_free(&r);
}

static void
prefix_edges(void **state)
{
	(void)state;
	edges("202.13.99.170", 32);
	edges("2001:db8:1234:5678:9abc:def0:aaaa:5555", 128);
}

/* --- the naive list: an unsorted array ----------------------------------- */

struct naive {
	struct restrict_entry e[64];
	size_t n;
};

static bool
naive_same(const struct restrict_entry *a, const struct restrict_entry *b)
{
	return a->mflags == b->mflags && addr_equal(&a->mask, &b->mask) &&
	    addr_equal(&a->addr, &b->addr);
}

static void
naive_add(struct naive *v, struct restrict_entry e)
{
	for (size_t i = 0; i < 16; i++)
		e.addr.ip[i] &= e.mask.ip[i];
	for (size_t i = 0; i < v->n; i++)
		if (naive_same(&v->e[i], &e)) {
			v->e[i].flags |= e.flags;
			return;
		}
	v->e[v->n++] = e;
}

static bool
naive_matches(const struct restrict_entry *e, const struct ntp_addr *a)
{
	if (e->addr.family != a->family)
		return false;
	if ((e->mflags & RESM_NTPPORT) != 0 && a->port != NTP_SERVICE)
		return false;
	for (size_t i = 0; i < 16; i++)
		if ((a->ip[i] & e->mask.ip[i]) != e->addr.ip[i])
			return false;
	return true;
}

/* Descending address, then mask, then ntpport. */
static bool
naive_before(const struct restrict_entry *a, const struct restrict_entry *b)
{
	int d = memcmp(a->addr.ip, b->addr.ip, 16);

	if (d == 0)
		d = memcmp(a->mask.ip, b->mask.ip, 16);
	if (d != 0)
		return d > 0;
	return (a->mflags & RESM_NTPPORT) > (b->mflags & RESM_NTPPORT);
}

static uint16_t
naive_flags(const struct naive *v, const struct ntp_addr *a)
{
	const struct restrict_entry *best = NULL;

	for (size_t i = 0; i < v->n; i++)
		if (naive_matches(&v->e[i], a) &&
		    (best == NULL || naive_before(&v->e[i], best)))
			best = &v->e[i];
	return best != NULL ? best->flags : 0;
}

/* Few distinct bits, so that networks nest and repeat. */
static void
random_addr(struct ntp_rng *r, enum addr_family family, struct ntp_addr *a)
{
	memset(a, 0, sizeof(*a));
	a->family = (uint8_t)family;
	for (size_t i = 0; i < (family == ADDR_V4 ? 4U : 16U); i++)
		a->ip[i] = rng_below(r, 3) == 0 ? (uint8_t)rng_u64(r) : 0xa0;
	a->port = rng_below(r, 2) == 0 ? NTP_SERVICE : 4000;
}

static void
random_entry(struct ntp_rng *r, bool contiguous, struct restrict_entry *e)
{
	enum addr_family f = rng_below(r, 2) == 0 ? ADDR_V4 : ADDR_V6;

	memset(e, 0, sizeof(*e));
	e->ippeerlimit = -1;
	random_addr(r, f, &e->addr);
	e->addr.port = 0;
	addr_mask(f, (unsigned)rng_below(r, f == ADDR_V4 ? 33 : 129), &e->mask);
	if (!contiguous)
		e->mask.ip[rng_below(r, 4)] = (uint8_t)rng_u64(r);
	e->flags = (uint16_t)rng_u64(r);
	e->mflags = rng_below(r, 4) == 0 ? RESM_NTPPORT : 0;
}

static void
compare_round(struct ntp_rng *rng, bool contiguous)
{
	struct naive v = {.n = 0};
	size_t n = 1 + (size_t)rng_below(rng, 40);
	struct restrict_list *r = restrict_new(n);
	struct ntp_addr a;

	for (size_t i = 0; i < n; i++) {
		struct restrict_entry e;

		random_entry(rng, contiguous, &e);
		assert_int_equal(restrict_add(r, &e), 0);
		naive_add(&v, e);
	}
	for (unsigned i = 0; i < 200; i++) {
		const struct restrict_entry *base = &v.e[rng_below(rng, v.n)];
		enum addr_family f = (enum addr_family)base->addr.family;

		random_addr(rng, f, &a);
		if (i % 2 == 0)
			for (size_t o = 0; o < 16; o++)
				a.ip[o] = (uint8_t)(base->addr.ip[o] |
				    (a.ip[o] & ~base->mask.ip[o] & 0xff));
		assert_int_equal(
		    restrict_lookup(r, &a)->flags, naive_flags(&v, &a));
	}
	for (size_t i = 1; i < restrict_count(r); i++)
		assert_true(restrict_at(r, i - 1)->addr.family <
			restrict_at(r, i)->addr.family ||
		    naive_before(restrict_at(r, i - 1), restrict_at(r, i)));
	restrict_free(&r);
}

static void
agrees_with_the_naive_list(void **state)
{
	struct ntp_rng rng;

	(void)state;
	rng_seed(&rng, 20240229);
	for (unsigned round = 0; round < 1000; round++)
		compare_round(&rng, round % 2 == 0);
}

/* No recursion and nothing quadratic (CVE-2015-7978). */
static void
a_million_entries(void **state)
{
	const uint32_t n = 1000000;
	struct restrict_list *r = restrict_new(n);
	struct restrict_entry e = {.flags = RES_IGNORE};

	(void)state;
	assert_non_null(r);
	addr_mask(ADDR_V4, 32, &e.mask);
	e.addr.family = ADDR_V4;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t ip = i * 2654435761U;

		for (size_t o = 0; o < 4; o++)
			e.addr.ip[o] = (uint8_t)(ip >> (24 - 8 * o));
		assert_int_equal(restrict_add(r, &e), 0);
	}
	assert_int_equal(restrict_count(r), n + 2);
	assert_int_equal(restrict_lookup(r, &e.addr)->flags, RES_IGNORE);
	assert_true(addr_cmp(&restrict_at(r, 0)->addr,
			&restrict_at(r, n - 1)->addr) > 0);
	restrict_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults_exist),
	    cmocka_unit_test(longest_prefix_decides_alone),
	    cmocka_unit_test(equal_lines_add_their_flags),
	    cmocka_unit_test(ntpport_comes_first),
	    cmocka_unit_test(lines_precede_the_template),
	    cmocka_unit_test(scope_is_no_part_of_it),
	    cmocka_unit_test(families_must_agree),
	    cmocka_unit_test(remove_and_use_again),
	    cmocka_unit_test(hits_are_counted),
	    cmocka_unit_test(flag_words),
	    THREAT("CVE-2015-1821", prefix_edges),
	    cmocka_unit_test(agrees_with_the_naive_list),
	    cmocka_unit_test(a_million_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
