/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch.c - a descriptor that a driver waits for.
 */
#include "watch.h"

#include <stdlib.h>
#include <unistd.h>

struct watch {
	uv_poll_t poll; /* first: the handle is the object */
	int fd;
	watch_ready *ready;
	void *arg;
};

static void
forget(uv_handle_t *handle)
{
	free(handle->data);
}

static void
on_poll(uv_poll_t *handle, int status, int events)
{
	struct watch *w = handle->data;

	w->ready(w->arg, status < 0 ? status : events);
}

struct watch *
watch_open(uv_loop_t *loop, int fd, int events, watch_ready *ready, void *arg)
{
	struct watch *w = calloc(1, sizeof *w);

	if (w == NULL || uv_poll_init(loop, &w->poll, fd) != 0) {
		free(w);
		(void)close(fd);
		return NULL;
	}
	w->poll.data = w;
	w->fd = fd;
	w->ready = ready;
	w->arg = arg;
	watch_change(w, events);
	return w;
}

void
watch_change(struct watch *w, int events)
{
	(void)uv_poll_start(&w->poll, events, on_poll);
}

int
watch_fd(const struct watch *w)
{
	return w->fd;
}

void
watch_close(struct watch **wp)
{
	struct watch *w = *wp;

	*wp = NULL;
	if (w == NULL)
		return;
	(void)uv_poll_stop(&w->poll);
	(void)close(w->fd);
	uv_close((uv_handle_t *)&w->poll, forget);
}
