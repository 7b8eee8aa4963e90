/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_monitor.c - the client table (MRU list) and the rate limit.
 *
 * An open server is asked by whoever likes, from whatever address he likes to
 * forge.  So all memory is taken once, every step is O(1), and the hash is
 * keyed: nobody outside can choose addresses that share a chain.
 *
 * Slots are numbers, not pointers.  Slot 0 is never an entry: it ends every
 * chain and is the head of the ring of all entries in order of use.  A table
 * fresh from calloc() is thereby a valid empty one, and pages that no client
 * has needed are never touched.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ntp.h"
#include "ntp_monitor.h"
#include "ntp_restrict.h"

#define SLOTS_MAX (UINT32_MAX / 2)

struct mru_link {
	uint32_t newer, older; /* the ring */
	uint32_t chain;	       /* next of the same hash, 0: end */
};

struct mru {
	struct mru_param par;
	uint64_t key[2];
	struct mru_entry *entry; /* par.entries + 1 */
	struct mru_link *link;	 /* par.entries + 1 */
	uint32_t *bucket;	 /* mask + 1 */
	uint32_t mask;
	uint32_t used; /* slots 1..used hold entries */
};

static size_t
bucket_count(size_t entries)
{
	size_t n = 1;

	while (n < entries)
		n *= 2;
	return n;
}

struct mru *
mru_new(const struct mru_param *p, const uint8_t seed[16])
{
	struct mru *m;
	size_t buckets;

	if (p->entries > SLOTS_MAX)
		return NULL;
	m = calloc(1, sizeof *m);
	if (m == NULL)
		return NULL;
	m->par = *p;
	if (m->par.entries == 0)
		m->par.entries = 1;
	if (m->par.leak_log2 > 31)
		m->par.leak_log2 = 31;
	memcpy(m->key, seed, sizeof m->key);
	buckets = bucket_count(m->par.entries);
	m->mask = (uint32_t)(buckets - 1);
	m->entry = calloc(m->par.entries + 1, sizeof *m->entry);
	m->link = calloc(m->par.entries + 1, sizeof *m->link);
	m->bucket = calloc(buckets, sizeof *m->bucket);
	if (m->entry == NULL || m->link == NULL || m->bucket == NULL)
		mru_free(&m);
	return m;
}

void
mru_free(struct mru **m)
{
	if (*m == NULL)
		return;
	free((*m)->entry);
	free((*m)->link);
	free((*m)->bucket);
	free(*m);
	*m = NULL;
}

/* --- the hash: SipHash-2-4 of the address -------------------------------- */

static uint64_t
rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
sip_rounds(uint64_t v[4], unsigned n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] = rotl(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] = rotl(v[2], 32);
	}
}

static uint32_t *
bucket_of(const struct mru *m, const struct ntp_addr *a)
{
	uint64_t word[3] = {0};
	uint64_t v[4] = {
	    m->key[0] ^ 0x736f6d6570736575U,
	    m->key[1] ^ 0x646f72616e646f6dU,
	    m->key[0] ^ 0x6c7967656e657261U,
	    m->key[1] ^ 0x7465646279746573U,
	};

	memcpy(word, a->ip, a->family == ADDR_V6 ? 16 : 4);
	word[2] = (uint64_t)a->scope << 8 | a->family;
	for (size_t i = 0; i < 3; i++) {
		v[3] ^= word[i];
		sip_rounds(v, 2);
		v[0] ^= word[i];
	}
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return &m->bucket[(v[0] ^ v[1] ^ v[2] ^ v[3]) & m->mask];
}

/* --- chains and the ring ------------------------------------------------- */

static uint32_t
slot_find(const struct mru *m, const struct ntp_addr *a)
{
	uint32_t s = *bucket_of(m, a);

	while (s != 0 && !addr_equal(&m->entry[s].addr, a))
		s = m->link[s].chain;
	return s;
}

static void
ring_remove(struct mru *m, uint32_t s)
{
	const struct mru_link *l = &m->link[s];

	m->link[l->newer].older = l->older;
	m->link[l->older].newer = l->newer;
}

static void
ring_insert_newest(struct mru *m, uint32_t s)
{
	uint32_t next = m->link[0].older;

	m->link[s].newer = 0;
	m->link[s].older = next;
	m->link[next].newer = s;
	m->link[0].older = s;
}

static void
chain_remove(struct mru *m, uint32_t s)
{
	uint32_t *at = bucket_of(m, &m->entry[s].addr);

	while (*at != s)
		at = &m->link[*at].chain;
	*at = m->link[s].chain;
}

/* A slot for a new address, on its chain but not yet on the ring. */
static uint32_t
slot_take(struct mru *m, const struct ntp_addr *a)
{
	uint32_t *bucket = bucket_of(m, a);
	uint32_t s;

	if (m->used < m->par.entries) {
		s = ++m->used;
	} else {
		s = m->link[0].newer;
		ring_remove(m, s);
		chain_remove(m, s);
	}
	memset(&m->entry[s], 0, sizeof m->entry[s]);
	m->link[s].chain = *bucket;
	*bucket = s;
	return s;
}

/* --- the rate limit ------------------------------------------------------ */

/*
 * The reference counts in whole seconds, so 0.5 s of headway is as good as
 * one.  Who is let through by luck pays nothing: his kiss remains due.
 */
static enum mru_verdict
rate_judge(const struct mru_param *par, struct mru_entry *e, uint32_t rnd,
    ntp_mono now)
{
	double head = log2_to_s(par->average);
	double limit = NTP_SHIFT * head;
	double interval = floor(mono_diff(now, e->last) + 0.5);
	uint32_t luck = (UINT32_C(1) << par->leak_log2) - 1;

	e->leak = fmax(0, e->leak - fmax(0, interval));
	if (interval + 1 >= par->minimum && e->leak + head < limit) {
		e->leak += head - NTP_MINPKT;
		return MRU_PASS;
	}
	if (luck != 0 && (rnd & luck) == 0)
		return MRU_PASS;
	if (e->leak < limit) {
		e->leak = limit + head;
		return MRU_KISS;
	}
	return MRU_LIMITED;
}

/* `limited` and `kod` stay set only where they were applied. */
static uint16_t
flags_applied(uint16_t flags, enum mru_verdict v)
{
	uint16_t off = 0;

	if (v == MRU_PASS)
		off = RES_LIMITED | RES_KOD;
	else if (v == MRU_LIMITED)
		off = RES_KOD;
	return (uint16_t)(flags & ~off);
}

enum mru_verdict
mru_record(struct mru *m, const struct mru_packet *p, struct ntp_now now)
{
	enum mru_verdict v = MRU_PASS;
	uint32_t s = slot_find(m, p->src);
	struct mru_entry *e;

	if (s != 0) {
		ring_remove(m, s);
		e = &m->entry[s];
		if (p->limit)
			v = rate_judge(&m->par, e, p->rnd, now.mono);
	} else {
		s = slot_take(m, p->src);
		e = &m->entry[s];
		e->first = now.mono;
		e->first_ts = now.sys;
	}
	ring_insert_newest(m, s);
	e->addr = *p->src;
	e->last = now.mono;
	e->last_ts = now.sys;
	e->count++;
	if (v != MRU_PASS)
		e->dropped++;
	e->flags = flags_applied(p->flags, v);
	e->modever = p->modever;
	return v;
}

/* --- what others may see ------------------------------------------------- */

size_t
mru_depth(const struct mru *m)
{
	return m != NULL ? m->used : 0;
}

/* Entries are replaced, never taken away. */
size_t
mru_deepest(const struct mru *m)
{
	return mru_depth(m);
}

size_t
mru_capacity(const struct mru *m)
{
	return m != NULL ? m->par.entries : 0;
}

size_t
mru_memory(const struct mru *m)
{
	if (m == NULL)
		return 0;
	return sizeof *m +
	    (m->par.entries + 1) * (sizeof *m->entry + sizeof *m->link) +
	    ((size_t)m->mask + 1) * sizeof *m->bucket;
}

static const struct mru_entry *
slot_entry(const struct mru *m, uint32_t s)
{
	return s != 0 ? &m->entry[s] : NULL;
}

const struct mru_entry *
mru_find(const struct mru *m, const struct ntp_addr *addr)
{
	return slot_entry(m, slot_find(m, addr));
}

const struct mru_entry *
mru_newest(const struct mru *m)
{
	return slot_entry(m, m->link[0].older);
}

const struct mru_entry *
mru_older(const struct mru *m, const struct mru_entry *e)
{
	return slot_entry(m, m->link[e - m->entry].older);
}
