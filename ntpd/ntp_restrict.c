/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_restrict.c - the access list.
 *
 * Entries are hashed by network, and each distinct mask is kept once: a look-up
 * tries the source under every mask and takes the first hit in list order.  A
 * list has few masks however many networks it has, so that neither the packet
 * path nor the building of a long list scans it.  The sorted view is only for
 * displays and is made when somebody asks.
 */
#include "ntp_restrict.h"

#include <stdlib.h>
#include <string.h>

#include "ntp.h"
#include "ntp_err.h"

#define FLAKE_LIMIT 6554U /* of 65536: one datagram in ten */
#define NO_SLOT	    UINT32_MAX
#define SLOT_MAX    (UINT32_C(1) << 24)
#define DEFAULTS    2U

struct slot {
	struct restrict_entry e;
	uint32_t next; /* in its hash chain, or in the free list */
};

struct mask_use {
	struct ntp_addr mask;
	uint32_t entries;
};

struct sorted_view {
	bool valid;
	const struct restrict_entry *at[];
};

struct restrict_list {
	struct slot *slot;
	uint32_t nslots, used; /* used: ever taken */
	uint32_t count;
	uint32_t free_slot;
	uint32_t *chain;
	uint32_t nchains; /* a power of two */
	struct mask_use *mask;
	uint32_t nmasks;
	struct sorted_view *view;
};

/* --- order --------------------------------------------------------------- */

static int
compare_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* Of entries of one network the narrower condition comes first; what was
 * written by hand precedes what was made from the template. */
static uint32_t
rank(const struct restrict_entry *e)
{
	uint32_t n = (e->mflags & RESM_SOURCE) == 0;

	if ((e->mflags & RESM_OWN) != 0)
		n += 2;
	if ((e->mflags & RESM_NTPPORT) != 0)
		n += 4;
	return n;
}

/* Order of the list: <0 when A comes first. */
static int
compare(const struct restrict_entry *a, const struct restrict_entry *b)
{
	int c = compare_u32(a->addr.family, b->addr.family);

	if (c == 0)
		c = -addr_cmp(&a->addr, &b->addr);
	if (c == 0)
		c = -addr_cmp(&a->mask, &b->mask);
	return c != 0 ? c : -compare_u32(rank(a), rank(b));
}

static int
compare_for_qsort(const void *a, const void *b)
{
	return compare(*(const struct restrict_entry *const *)a,
	    *(const struct restrict_entry *const *)b);
}

/* --- hash of networks ---------------------------------------------------- */

/* The octets of an address as two words; what IPv4 does not use is zero. */
static void
words_of(const struct ntp_addr *a, uint64_t w[2])
{
	w[0] = w[1] = 0;
	if (a->family == ADDR_V4)
		memcpy(w, a->ip, 4);
	else
		memcpy(w, a->ip, sizeof(a->ip));
}

/* Scope and port are no part of a network. */
static void
network_of(const struct ntp_addr *addr, const struct ntp_addr *mask,
    struct ntp_addr *net)
{
	uint64_t a[2], m[2];

	words_of(addr, a);
	words_of(mask, m);
	a[0] &= m[0];
	a[1] &= m[1];
	*net = (struct ntp_addr){.family = addr->family};
	memcpy(net->ip, a, sizeof(net->ip));
}

static uint64_t
mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15U;
	return h ^ h >> 29;
}

static uint32_t *
chain_of(const struct restrict_list *r, const struct ntp_addr *net,
    const struct ntp_addr *mask)
{
	uint64_t n[2], m[2], h;

	words_of(net, n);
	words_of(mask, m);
	h = mix(m[0] + net->family, n[0]);
	if (net->family != ADDR_V4)
		h = mix(mix(h, m[1]), n[1]);
	return &r->chain[(h ^ h >> 32) & (r->nchains - 1)];
}

static bool
is_network(const struct restrict_entry *e, const struct ntp_addr *net,
    const struct ntp_addr *mask)
{
	return addr_equal(&e->addr, net) && addr_equal(&e->mask, mask);
}

/* The link that points to the entry, or to the end of its chain. */
static uint32_t *
find_link(const struct restrict_list *r, const struct ntp_addr *net,
    const struct ntp_addr *mask, uint16_t mflags)
{
	uint32_t *link = chain_of(r, net, mask);

	while (*link != NO_SLOT) {
		struct slot *s = &r->slot[*link];

		if (s->e.mflags == mflags && is_network(&s->e, net, mask))
			break;
		link = &s->next;
	}
	return link;
}

/* --- masks in use -------------------------------------------------------- */

static void
use_mask(struct restrict_list *r, const struct ntp_addr *mask)
{
	uint32_t i = 0;

	while (i < r->nmasks && !addr_equal(&r->mask[i].mask, mask))
		i++;
	if (i == r->nmasks)
		r->mask[r->nmasks++] = (struct mask_use){*mask, 0};
	r->mask[i].entries++;
}

static void
drop_mask(struct restrict_list *r, const struct ntp_addr *mask)
{
	uint32_t i = 0;

	while (!addr_equal(&r->mask[i].mask, mask))
		i++;
	if (--r->mask[i].entries == 0)
		r->mask[i] = r->mask[--r->nmasks];
}

/* --- the list ------------------------------------------------------------ */

static int
alloc_tables(struct restrict_list *r, size_t n)
{
	r->nslots = (uint32_t)n;
	r->nchains = 16;
	while (r->nchains < n && r->nchains < UINT32_C(1) << 31)
		r->nchains *= 2;
	r->slot = calloc(n, sizeof(*r->slot));
	r->mask = calloc(n, sizeof(*r->mask));
	r->chain = malloc(r->nchains * sizeof(*r->chain));
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are meant */
	r->view = calloc(1, sizeof(*r->view) + n * sizeof(r->view->at[0]));
	if (r->slot == NULL || r->mask == NULL || r->chain == NULL ||
	    r->view == NULL)
		return -NTP_ENOMEM;
	memset(r->chain, 0xff, r->nchains * sizeof(*r->chain));
	r->free_slot = NO_SLOT;
	return 0;
}

static int
add_default(struct restrict_list *r, enum addr_family family)
{
	struct restrict_entry e = {.ippeerlimit = -1};

	addr_mask(family, 0, &e.addr);
	addr_mask(family, 0, &e.mask);
	return restrict_add(r, &e);
}

struct restrict_list *
restrict_new(size_t cap)
{
	struct restrict_list *r;

	if (cap > SLOT_MAX)
		return NULL;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	if (alloc_tables(r, cap + DEFAULTS) != 0 ||
	    add_default(r, ADDR_V4) != 0 || add_default(r, ADDR_V6) != 0)
		restrict_free(&r);
	return r;
}

void
restrict_free(struct restrict_list **rp)
{
	struct restrict_list *r = *rp;

	if (r == NULL)
		return;
	*rp = NULL;
	free(r->slot);
	free(r->mask);
	free(r->chain);
	free(r->view);
	free(r);
}

struct restrict_list *
restrict_copy(const struct restrict_list *r)
{
	struct restrict_list *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	if (alloc_tables(c, r->nslots) != 0) {
		restrict_free(&c);
		return NULL;
	}
	memcpy(c->slot, r->slot, r->used * sizeof(*c->slot));
	memcpy(c->mask, r->mask, r->nmasks * sizeof(*c->mask));
	memcpy(c->chain, r->chain, r->nchains * sizeof(*c->chain));
	c->used = r->used;
	c->count = r->count;
	c->free_slot = r->free_slot;
	c->nmasks = r->nmasks;
	for (uint32_t i = 0; i < c->used; i++)
		c->slot[i].e.hits = 0;
	return c;
}

static uint32_t
take_slot(struct restrict_list *r)
{
	uint32_t i = r->free_slot;

	if (i != NO_SLOT)
		r->free_slot = r->slot[i].next;
	else if (r->used < r->nslots)
		i = r->used++;
	return i;
}

static void
merge(struct restrict_entry *into, const struct restrict_entry *e)
{
	into->flags |= e->flags;
	if (e->ippeerlimit >= 0 &&
	    (into->ippeerlimit < 0 || e->ippeerlimit < into->ippeerlimit))
		into->ippeerlimit = e->ippeerlimit;
	if (e->refs > UINT16_MAX - into->refs)
		into->refs = UINT16_MAX;
	else
		into->refs = (uint16_t)(into->refs + e->refs);
	if (e->line != 0)
		into->line = e->line;
}

int
restrict_add(struct restrict_list *r, const struct restrict_entry *e)
{
	struct ntp_addr net, mask;
	uint32_t *link, i;

	if (e->addr.family != e->mask.family ||
	    (e->addr.family != ADDR_V4 && e->addr.family != ADDR_V6))
		return -NTP_EINVAL;
	network_of(&e->mask, &e->mask, &mask);
	network_of(&e->addr, &mask, &net);
	link = find_link(r, &net, &mask, e->mflags);
	if (*link != NO_SLOT) {
		merge(&r->slot[*link].e, e);
		return 0;
	}
	i = take_slot(r);
	if (i == NO_SLOT)
		return -NTP_ENOMEM;
	r->slot[i].e = *e;
	r->slot[i].e.addr = net;
	r->slot[i].e.mask = mask;
	r->slot[i].e.hits = 0;
	r->slot[i].next = NO_SLOT;
	*link = i;
	use_mask(r, &mask);
	r->count++;
	r->view->valid = false;
	return 0;
}

static bool
is_default(const struct restrict_entry *e)
{
	return addr_is_any(&e->mask) && e->mflags == 0;
}

static void
remove_slot(struct restrict_list *r, uint32_t *link)
{
	uint32_t i = *link;

	drop_mask(r, &r->slot[i].e.mask);
	*link = r->slot[i].next;
	r->slot[i].next = r->free_slot;
	r->free_slot = i;
	r->count--;
	r->view->valid = false;
}

int
restrict_remove(struct restrict_list *r, const struct ntp_addr *addr,
    const struct ntp_addr *mask, uint16_t mflags, uint16_t flags)
{
	struct ntp_addr net, m;
	uint32_t *link;

	network_of(mask, mask, &m);
	network_of(addr, &m, &net);
	link = find_link(r, &net, &m, mflags);
	if (*link == NO_SLOT)
		return -NTP_ENOENT;
	if (flags != 0)
		r->slot[*link].e.flags &= (uint16_t)~flags;
	else if (!is_default(&r->slot[*link].e))
		remove_slot(r, link);
	return 0;
}

void
restrict_inherit(struct restrict_list *r, const struct restrict_list *old)
{
	for (uint32_t c = 0; c < old->nchains; c++)
		for (uint32_t i = old->chain[c]; i != NO_SLOT;
		     i = old->slot[i].next) {
			const struct restrict_entry *e = &old->slot[i].e;
			uint32_t *link =
			    find_link(r, &e->addr, &e->mask, e->mflags);

			if (*link != NO_SLOT)
				r->slot[*link].e.hits = e->hits;
		}
}

uint64_t
restrict_hits(const struct restrict_list *r, const struct restrict_entry *e)
{
	uint32_t i = *find_link(r, &e->addr, &e->mask, e->mflags);

	return i != NO_SLOT ? r->slot[i].e.hits : 0;
}

/* --- look-up ------------------------------------------------------------- */

/* The better of BEST and the entries of the network of ADDR under MASK. */
static struct restrict_entry *
better(const struct restrict_list *r, const struct ntp_addr *addr,
    const struct ntp_addr *mask, struct restrict_entry *best)
{
	struct ntp_addr net;
	uint32_t i;

	network_of(addr, mask, &net);
	for (i = *chain_of(r, &net, mask); i != NO_SLOT; i = r->slot[i].next) {
		struct restrict_entry *e = &r->slot[i].e;

		if (!is_network(e, &net, mask))
			continue;
		if ((e->mflags & RESM_NTPPORT) != 0 && addr->port != NTP_PORT)
			continue;
		if (best == NULL || compare(e, best) < 0)
			best = e;
	}
	return best;
}

const struct restrict_entry *
restrict_lookup(struct restrict_list *r, const struct ntp_addr *addr)
{
	struct restrict_entry *best = NULL;

	for (uint32_t i = 0; i < r->nmasks; i++)
		if (r->mask[i].mask.family == addr->family)
			best = better(r, addr, &r->mask[i].mask, best);
	if (best == NULL) /* no IP address: as strict as the default */
		best = &r->slot[0].e;
	best->hits++;
	return best;
}

/* --- display ------------------------------------------------------------- */

static void
sort_view(const struct restrict_list *r)
{
	struct sorted_view *v = r->view;
	uint32_t n = 0;

	for (uint32_t c = 0; c < r->nchains; c++)
		for (uint32_t i = r->chain[c]; i != NO_SLOT;
		     i = r->slot[i].next)
			v->at[n++] = &r->slot[i].e;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are meant */
	qsort(v->at, n, sizeof(v->at[0]), compare_for_qsort);
	v->valid = true;
}

const struct restrict_entry *
restrict_at(const struct restrict_list *r, size_t i)
{
	if (i >= r->count)
		return NULL;
	if (!r->view->valid)
		sort_view(r);
	return r->view->at[i];
}

size_t
restrict_count(const struct restrict_list *r)
{
	return r->count;
}

bool
restrict_flakes(uint16_t flags, uint32_t rnd)
{
	return (flags & RES_FLAKE) != 0 && rnd >> 16 < FLAKE_LIMIT;
}

struct flag_name {
	uint16_t bit;
	char word[16], shown[16];
};

static const struct flag_name flag_names[] = {
#define RESTRICTFLAG(bit, word, shown, tier, state, text)                      \
	{RES_##bit, word, shown},
#include "ntp_tbl_keyword.h"
};

#define FLAG_NAMES (sizeof(flag_names) / sizeof(flag_names[0]))

const char *
restrict_flag_name(uint16_t bit)
{
	for (size_t i = 0; i < FLAG_NAMES; i++)
		if (flag_names[i].bit == bit)
			return flag_names[i].shown;
	return NULL;
}

uint16_t
restrict_flag_by_name(const char *word)
{
	for (size_t i = 0; i < FLAG_NAMES; i++)
		if (strcmp(flag_names[i].word, word) == 0)
			return flag_names[i].bit;
	return 0;
}
