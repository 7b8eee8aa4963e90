/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mruset.c - several client lists, shown as one.
 *
 * A list of a million is read in thousands of small pieces.  Were the threads
 * stopped for each, they would mostly wait: for us to look, and for the
 * scheduler to let us and then them go on.
 */
#include "ntp_mruset.h"

struct mru_stats
mruset_stats(const struct mruset *s)
{
	struct mru_stats sum = mru_stats(s->list[0]);

	for (size_t i = 1; i < s->n; i++) {
		struct mru_stats m = mru_stats(s->list[i]);

		sum.depth += m.depth;
		sum.deepest += m.deepest;
		sum.capacity += m.capacity;
		sum.hashslots += m.hashslots;
		sum.strangers += m.strangers;
		sum.mem += m.mem;
		sum.maxmem += m.maxmem;
		sum.exists += m.exists;
		sum.added += m.added;
		sum.recycled_old += m.recycled_old;
		sum.recycled_full += m.recycled_full;
		sum.none += m.none;
	}
	return sum;
}

int64_t
mruset_oldest_age(const struct mruset *s, ntp_mono now)
{
	int64_t oldest = 0;

	for (size_t i = 0; i < s->n; i++) {
		int64_t age = mru_oldest_age(s->list[i], now);

		oldest = age > oldest ? age : oldest;
	}
	return oldest;
}

/* --- where a list is at home ---------------------------------------------- */

/* What is to be done in list M. */
struct errand {
	struct mru *m;
	struct mruset_page *page;
	struct mru_entry *copy; /* ROOM */
	size_t room;
	struct mruset_sought *sought; /* NSOUGHT */
	size_t nsought;
	size_t steps; /* in: wanted, out: made */
};

static void
visit(const struct mruset *s, size_t i, visit_fn *fn, struct errand *a)
{
	a->m = s->list[i];
	if (i == 0 || s->threads == NULL)
		fn(a);
	else
		s->threads->visit(s->threads, s->thread[i], fn, a);
}

static struct errand
errand(const struct mruset *s, struct mruset_cursor *c, size_t i)
{
	size_t room = MRUSET_COPIES / s->n;

	return (struct errand){
	    .page = &c->page[i], .copy = &c->copy[i * room], .room = room};
}

static void
each(const struct mruset *s, struct mruset_cursor *c, visit_fn *fn)
{
	for (size_t i = 0; i < s->n; i++) {
		struct errand a = errand(s, c, i);

		visit(s, i, fn, &a);
	}
}

/* --- finding -------------------------------------------------------------- */

static void
find_in_list(void *arg)
{
	const struct errand *a = arg;

	for (size_t i = 0; i < a->nsought; i++) {
		struct mruset_sought *w = &a->sought[i];
		const struct mru_entry *e = mru_find(a->m, &w->addr);

		if (e == NULL || (w->found && e->last <= w->entry.last))
			continue;
		w->found = true;
		w->entry = *e;
	}
}

void
mruset_find(const struct mruset *s, struct mruset_sought *what, size_t n)
{
	struct errand a = {.sought = what, .nsought = n};

	for (size_t i = 0; i < n; i++)
		what[i].found = false;
	for (size_t i = 0; i < s->n; i++)
		visit(s, i, find_in_list, &a);
}

/* --- a place -------------------------------------------------------------- */

/* Who stands here has been given all before. */
static void
stand(const struct errand *a)
{
	const struct mru_entry *e = mru_cursor_before(a->m, &a->page->at);

	a->page->given = e != NULL ? e->last : INT64_MIN;
}

static void
start_oldest(void *arg)
{
	const struct errand *a = arg;

	*a->page = (struct mruset_page){.given = INT64_MIN};
	mru_cursor_start(a->m, &a->page->at, NULL);
}

static void
start_newest(void *arg)
{
	const struct errand *a = arg;

	*a->page = (struct mruset_page){.n = 0};
	mru_cursor_start(a->m, &a->page->at, mru_newest(a->m));
	mru_cursor_newer(a->m, &a->page->at);
	stand(a);
}

static void
stop(void *arg)
{
	const struct errand *a = arg;

	mru_cursor_stop(a->m, &a->page->at);
}

static void
go_back(void *arg)
{
	struct errand *a = arg;
	size_t made = 0;

	while (made < a->steps && mru_cursor_older(a->m, &a->page->at))
		made++;
	a->steps = made;
	stand(a);
}

/* Of those that were copied but not given some may have moved on since; and
 * some may have come to the end. */
static void
unread(void *arg)
{
	const struct errand *a = arg;
	struct mruset_page *p = a->page;
	const struct mru_entry *e;

	while (
	    (e = mru_cursor_before(a->m, &p->at)) != NULL && e->last > p->given)
		(void)mru_cursor_older(a->m, &p->at);
	p->n = p->next = 0;
	p->end = false;
}

void
mruset_start(const struct mruset *s, struct mruset_cursor *c)
{
	each(s, c, start_oldest);
}

void
mruset_start_newest(const struct mruset *s, struct mruset_cursor *c)
{
	each(s, c, start_newest);
}

bool
mruset_start_after(
    const struct mruset *s, struct mruset_cursor *c, const struct mru_entry *e)
{
	const struct mru_entry *there;
	struct ntp_addr addr;

	if (s->n != 1)
		return false;
	mru_addr(e, &addr);
	there = mru_find(s->list[0], &addr);
	if (there == NULL || there->last != e->last)
		return false;
	c->page[0] = (struct mruset_page){.given = e->last};
	mru_cursor_start(s->list[0], &c->page[0].at, there);
	mru_cursor_newer(s->list[0], &c->page[0].at);
	return true;
}

size_t
mruset_back(const struct mruset *s, struct mruset_cursor *c, size_t i, size_t n)
{
	struct errand a = errand(s, c, i);

	a.steps = n;
	visit(s, i, go_back, &a);
	return a.steps;
}

void
mruset_stop(const struct mruset *s, struct mruset_cursor *c)
{
	each(s, c, stop);
}

void
mruset_pause(const struct mruset *s, struct mruset_cursor *c)
{
	for (size_t i = 0; i < s->n; i++) {
		struct errand a = errand(s, c, i);

		if (a.page->next < a.page->n || a.page->end)
			visit(s, i, unread, &a);
	}
}

/* --- reading -------------------------------------------------------------- */

static void
copy_some(void *arg)
{
	const struct errand *a = arg;
	struct mruset_page *p = a->page;
	const struct mru_entry *e;

	p->n = p->next = 0;
	while (p->n < a->room && (e = mru_cursor_entry(a->m, &p->at)) != NULL) {
		a->copy[p->n++] = *e;
		mru_cursor_newer(a->m, &p->at);
	}
	p->end = p->n < a->room;
}

/* What comes next in list I, or NULL. */
static const struct mru_entry *
next_in(const struct mruset *s, struct mruset_cursor *c, size_t i)
{
	struct errand a = errand(s, c, i);
	const struct mruset_page *p = a.page;

	if (p->next == p->n && !p->end)
		visit(s, i, copy_some, &a);
	return p->next < p->n ? &a.copy[p->next] : NULL;
}

const struct mru_entry *
mruset_entry(const struct mruset *s, struct mruset_cursor *c)
{
	const struct mru_entry *e;

	c->entry = NULL;
	for (size_t i = 0; i < s->n; i++) {
		e = next_in(s, c, i);
		if (e != NULL &&
		    (c->entry == NULL || e->last < c->entry->last)) {
			c->entry = e;
			c->k = i;
		}
	}
	return c->entry;
}

bool
mruset_came_to(const struct mruset *s, const struct mruset_cursor *c,
    const struct ntp_addr *a)
{
	return mru_came_to(s->list[c->k], c->entry, a);
}

void
mruset_newer(struct mruset_cursor *c)
{
	c->page[c->k].given = c->entry->last;
	c->page[c->k].next++;
}
