/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_queue.h - what happens next, ordered by (ns, sequence).
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_event {
	int64_t at;   /* ns, true time */
	uint64_t seq; /* of its making: decides when AT is the same */
	void (*run)(void *obj, uint64_t arg);
	void *obj;
	uint64_t arg;
};

/* A binary heap; zero-initialized it is empty. */
struct sim_queue {
	struct sim_event *heap;
	size_t n, cap;
	uint64_t seq;
};

/* 0 or -NTP_ENOMEM. */
int queue_push(struct sim_queue *q, int64_t at,
    void (*run)(void *obj, uint64_t arg), void *obj, uint64_t arg);
/* The earliest, taken out; false when there is none up to LIMIT ns. */
bool queue_pop(struct sim_queue *q, int64_t limit, struct sim_event *ev);
void queue_fini(struct sim_queue *q);

#endif /* SIM_QUEUE_H */
