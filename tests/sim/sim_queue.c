/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_queue.c - what happens next, ordered by (ns, sequence).
 */
#include "sim_queue.h"

#include <stdlib.h>

#include "ntp_err.h"

#define QUEUE_FIRST 64U

static bool
earlier(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static int
grow(struct sim_queue *q)
{
	size_t cap = q->cap > 0 ? 2 * q->cap : QUEUE_FIRST;
	struct sim_event *heap;

	if (q->n < q->cap)
		return 0;
	heap = realloc(q->heap, cap * sizeof *heap);
	if (heap == NULL)
		return -NTP_ENOMEM;
	q->heap = heap;
	q->cap = cap;
	return 0;
}

int
queue_push(struct sim_queue *q, int64_t at,
    void (*run)(void *obj, uint64_t arg), void *obj, uint64_t arg)
{
	struct sim_event ev = {at, q->seq, run, obj, arg};
	size_t i = q->n;

	if (grow(q) != 0)
		return -NTP_ENOMEM;
	q->seq++;
	q->n++;
	while (i > 0 && earlier(&ev, &q->heap[(i - 1) / 2])) {
		q->heap[i] = q->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	q->heap[i] = ev;
	return 0;
}

bool
queue_pop(struct sim_queue *q, int64_t limit, struct sim_event *ev)
{
	struct sim_event last;
	size_t i = 0, child;

	if (q->n == 0 || q->heap[0].at > limit)
		return false;
	*ev = q->heap[0];
	last = q->heap[--q->n];
	while ((child = 2 * i + 1) < q->n) {
		if (child + 1 < q->n &&
		    earlier(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (!earlier(&q->heap[child], &last))
			break;
		q->heap[i] = q->heap[child];
		i = child;
	}
	q->heap[i] = last;
	return true;
}

void
queue_fini(struct sim_queue *q)
{
	free(q->heap);
	*q = (struct sim_queue){0};
}
