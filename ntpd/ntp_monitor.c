/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_monitor.c - the client table (MRU list).
 *
 * An open server is asked by whoever likes, from whatever address he likes to
 * forge.  So all memory is taken once, every step is O(1), and the hash is
 * keyed: nobody outside can choose addresses that share a chain.
 *
 * A packet costs one cache line that is waited for: its entry is one line, the
 * heads of the chains are small enough to stay in the cache, and whoever sent
 * last is first of its chain.  The neighbours in the ring are only written.
 * Of a crowd that was read together even those lines are fetched ahead, all at
 * once: waited for is then little more than the first.
 *
 * Slots are numbers, not pointers.  Slot 0 is never an entry: it ends every
 * chain and is the head of two rings, of all entries in order of use and of
 * the strangers among them, which are in the same order.  A table fresh from
 * calloc() is thereby a valid empty one, and pages that no client has needed
 * are never touched.
 */
#include <string.h>

#include "ntp_fetch.h"
#include "ntp_mrutable.h"

#define STRANGER_SHARE 8U    /* 1/8 of the table is theirs */
#define CACHED	       4096U /* a table so deep stays in the cache by itself */
#define AHEAD	       32U   /* packets, of which each needs five lines */

/* --- who is who ---------------------------------------------------------- */

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void
keep_bits(uint8_t ip[16], unsigned bits)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned left = bits > 8 * i ? bits - 8 * i : 0;

		if (left < 8)
			ip[i] &= (uint8_t)(0xff00U >> left);
	}
}

static struct mru_client
client_of(const struct mru *m, const struct ntp_addr *a)
{
	struct mru_client c = {.scope = a->scope & MRU_SCOPE_MAX};

	if (a->family == ADDR_V6) {
		memcpy(c.ip, a->ip, sizeof c.ip);
		if (m->par.v6bits < MRU_V6BITS_MAX)
			keep_bits(c.ip, m->par.v6bits);
	} else {
		memcpy(c.ip, mapped, sizeof mapped);
		memcpy(c.ip + sizeof mapped, a->ip, 4);
	}
	return c;
}

static bool
is_client(const struct mru_entry *e, const struct mru_client *c)
{
	return memcmp(e->ip, c->ip, sizeof e->ip) == 0 && e->scope == c->scope;
}

static uint32_t *
head_of(const struct mru *m, const struct mru_client *c)
{
	uint64_t h = siphash(&m->key, c, sizeof *c) & UINT32_MAX;

	return &m->head[h * m->nheads >> 32];
}

static bool
same_client(const struct mru_client *a, const struct mru_client *b)
{
	return memcmp(a->ip, b->ip, sizeof a->ip) == 0 && a->scope == b->scope;
}

/* The same, which was found already if C was expected: not all that come with
 * a crowd are recorded, but the order is theirs. */
static uint32_t *
head_expected(struct mru *m, const struct mru_client *c)
{
	while (m->recorded < m->nexpected) {
		const struct mru_expected *x = &m->expected[m->recorded++];

		if (same_client(&x->c, c))
			return x->head;
	}
	return head_of(m, c);
}

/* A server has few addresses and hears most on one: where the last search
 * ended the next begins. */
static uint32_t
local_index(struct mru *m, const struct ntp_addr *a)
{
	if (a == NULL)
		return 0;
	for (size_t i = 0; i < m->nlocal; i++) {
		size_t k = (m->lately + i) % m->nlocal;

		if (addr_equal(&m->local[k], a)) {
			m->lately = k;
			return (uint32_t)k + 1;
		}
	}
	if (m->nlocal == MRU_LOCALS)
		return 0;
	m->local[m->nlocal] = *a;
	return (uint32_t)++m->nlocal;
}

/* --- chains and rings ---------------------------------------------------- */

static uint32_t
chain_find(const struct mru *m, uint32_t s, const struct mru_client *c)
{
	while (s != 0 && !is_client(&m->entry[s], c))
		s = m->entry[s].chain;
	return s;
}

static void
chain_remove(struct mru *m, uint32_t *head, uint32_t s)
{
	uint32_t *at = head;

	while (*at != s)
		at = &m->entry[*at].chain;
	*at = m->entry[s].chain;
}

static void
chain_insert(struct mru *m, uint32_t *head, uint32_t s)
{
	m->entry[s].chain = *head;
	*head = s;
}

static void
ring_remove(struct mru *m, uint32_t s)
{
	const struct mru_entry *e = &m->entry[s];

	for (struct mru_cursor *c = m->cursors; c != NULL; c = c->next) {
		if (c->slot == s)
			c->slot = e->newer;
	}
	m->entry[e->newer].older = e->older;
	m->entry[e->older].newer = e->newer;
}

static void
ring_insert_newest(struct mru *m, uint32_t s)
{
	uint32_t next = m->entry[0].older;

	m->entry[s].newer = 0;
	m->entry[s].older = next;
	m->entry[next].newer = s;
	m->entry[0].older = s;
}

static void
stranger_insert_newest(struct mru *m, uint32_t s)
{
	uint32_t next = m->entry[0].u.stranger.older;

	m->entry[s].u.stranger.newer = 0;
	m->entry[s].u.stranger.older = next;
	m->entry[next].u.stranger.newer = s;
	m->entry[0].u.stranger.older = s;
	m->strangers++;
}

static void
stranger_remove(struct mru *m, uint32_t s)
{
	uint32_t newer = m->entry[s].u.stranger.newer;
	uint32_t older = m->entry[s].u.stranger.older;

	m->entry[newer].u.stranger.older = older;
	m->entry[older].u.stranger.newer = newer;
	m->strangers--;
}

/* --- a place for a newcomer ---------------------------------------------- */

static void
evict(struct mru *m, uint32_t s)
{
	const struct mru_entry *e = &m->entry[s];
	struct mru_client c = {.scope = e->scope};

	memcpy(c.ip, e->ip, sizeof c.ip);
	ring_remove(m, s);
	if (e->count == 1)
		stranger_remove(m, s);
	chain_remove(m, head_of(m, &c), s);
}

static double
age_of_oldest(const struct mru *m, ntp_mono now)
{
	return mono_diff(now, (ntp_mono){m->entry[m->entry[0].newer].last});
}

static bool
past_maxage(const struct mru *m, ntp_mono now)
{
	return m->par.maxage < 0 ||
	    (m->par.maxage > 0 && age_of_oldest(m, now) > m->par.maxage);
}

/* The younger the oldest is, the more the table is worth as it is. */
static bool
oldest_may_go(const struct mru *m, uint32_t rnd, ntp_mono now)
{
	double age = age_of_oldest(m, now);

	return age >= m->par.minage && rnd * 0x1p-32 * m->par.monitor <= age;
}

/* The entry of a full table that is worth least; 0: none. */
static uint32_t
victim_when_full(const struct mru *m, uint32_t rnd, ntp_mono now)
{
	bool crowd = m->strangers >= m->par.entries / STRANGER_SHARE;

	if (m->strangers > 0 && crowd)
		return m->entry[0].u.stranger.newer;
	if (oldest_may_go(m, rnd, now))
		return m->entry[0].newer;
	return m->entry[0].u.stranger.newer;
}

static uint32_t
victim(struct mru *m, uint32_t rnd, ntp_mono now)
{
	uint32_t s;

	if (past_maxage(m, now)) {
		m->recycled_old++;
		return m->entry[0].newer;
	}
	s = victim_when_full(m, rnd, now);
	m->recycled_full += s != 0;
	m->none += s == 0;
	return s;
}

static bool
may_grow(const struct mru *m, ntp_mono now)
{
	if (m->used == m->par.entries)
		return false;
	return m->used == 0 || m->used < m->par.mindepth ||
	    !past_maxage(m, now);
}

/* A slot for somebody new, on no chain and no ring; 0: none. */
static uint32_t
slot_take(struct mru *m, uint32_t rnd, ntp_mono now)
{
	uint32_t s;

	if (may_grow(m, now))
		return ++m->used;
	s = victim(m, rnd, now);
	if (s == 0)
		return 0;
	evict(m, s);
	memset(&m->entry[s], 0, sizeof m->entry[s]);
	return s;
}

static uint32_t
slot_new(struct mru *m, const struct mru_client *c, uint32_t *head,
    uint32_t rnd, ntp_mono now)
{
	uint32_t s = slot_take(m, rnd, now);

	if (s == 0)
		return 0;
	memcpy(m->entry[s].ip, c->ip, sizeof c->ip);
	m->entry[s].scope = c->scope & MRU_SCOPE_MAX;
	chain_insert(m, head, s);
	stranger_insert_newest(m, s);
	return s;
}

/* --- one packet ---------------------------------------------------------- */

/* The slot of a known client, made the first of its chain; 0: unknown. */
static uint32_t
slot_known(struct mru *m, const struct mru_client *c, uint32_t *head)
{
	uint32_t s = chain_find(m, *head, c);

	if (s == 0)
		return 0;
	if (s != *head) {
		chain_remove(m, head, s);
		chain_insert(m, head, s);
	}
	ring_remove(m, s);
	if (m->entry[s].count == 1) {
		stranger_remove(m, s);
		m->entry[s].u.first = m->entry[s].last;
	}
	m->exists++;
	return s;
}

/* No two are the same: so whoever knows one knows where in the list it was. */
static int64_t
time_of_last(const struct mru *m, const struct mru_entry *e, ntp_mono now)
{
	const struct mru_entry *before = &m->entry[e->older];

	return e->older != 0 && before->last >= now.ns ? before->last + 1
						       : now.ns;
}

static void
entry_update(struct mru *m, struct mru_entry *e, const struct mru_packet *p,
    enum mru_verdict v, ntp_mono now)
{
	e->port = p->src->port;
	e->local = local_index(m, p->dst) & 0xfffU;
	e->last = time_of_last(m, e, now);
	if (e->count < UINT32_MAX)
		e->count++;
	if (v != MRU_PASS && e->dropped < UINT32_MAX)
		e->dropped++;
	e->flags = rate_flags(p->flags, v);
	e->modever = p->modever;
}

enum mru_verdict
mru_record(struct mru *m, const struct mru_packet *p, struct ntp_now now)
{
	struct mru_client c = client_of(m, p->src);
	uint32_t *head = head_expected(m, &c);
	enum mru_verdict v = MRU_PASS;
	uint32_t s = slot_known(m, &c, head);

	if (s != 0 && p->limit)
		v = rate_judge(&m->par, &m->entry[s], p->rnd, now.mono);
	if (s == 0)
		s = slot_new(m, &c, head, p->rnd, now.mono);
	if (s == 0)
		return MRU_PASS;
	ring_insert_newest(m, s);
	entry_update(m, &m->entry[s], p, v, now.mono);
	return v;
}

/* --- a crowd of packets -------------------------------------------------- */

static void
expect_chain(
    const struct mru *m, struct mru_expected *x, const struct ntp_addr *a)
{
	x->c = client_of(m, a);
	x->head = head_of(m, &x->c);
	fetch_ahead(x->head);
}

static void
expect_first(const struct mru *m, struct mru_expected *x)
{
	x->s = *x->head;
	fetch_ahead(&m->entry[x->s]);
}

static void
expect_second(const struct mru *m, struct mru_expected *x)
{
	const struct mru_entry *e = &m->entry[x->s];

	if (x->s == 0 || is_client(e, &x->c))
		return;
	x->s = e->chain;
	fetch_ahead(&m->entry[x->s]);
}

static void
expect_neighbours(const struct mru *m, const struct mru_expected *x)
{
	const struct mru_entry *e = &m->entry[x->s];

	fetch_ahead(&m->entry[e->newer]);
	fetch_ahead(&m->entry[e->older]);
}

static void
expect_few(const struct mru *m, struct mru_expected *x,
    const struct ntp_addr *src, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_chain(m, &x[i], &src[i]);
	for (size_t i = 0; i < n; i++)
		expect_first(m, &x[i]);
	for (size_t i = 0; i < n; i++)
		expect_second(m, &x[i]);
	for (size_t i = 0; i < n; i++)
		expect_neighbours(m, &x[i]);
}

void
mru_expect(struct mru *m, const struct ntp_addr *src, size_t n)
{
	if (mru_depth(m) < CACHED)
		return;
	n = n < MRU_CROWD ? n : MRU_CROWD;
	for (size_t i = 0; i < n; i += AHEAD)
		expect_few(
		    m, &m->expected[i], src + i, n - i < AHEAD ? n - i : AHEAD);
	m->nexpected = n;
	m->recorded = 0;
}

/* --- what others ask of it ------------------------------------------------ */

size_t
mru_depth(const struct mru *m)
{
	return m != NULL ? m->used : 0;
}

int64_t
mru_oldest_age(const struct mru *m, ntp_mono now)
{
	return mru_depth(m) > 0 ? (int64_t)age_of_oldest(m, now) : 0;
}

const struct mru_entry *
mru_find(const struct mru *m, const struct ntp_addr *addr)
{
	struct mru_client c = client_of(m, addr);

	return mru_slot_entry(m, chain_find(m, *head_of(m, &c), &c));
}
