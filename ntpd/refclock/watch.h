/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch.h - a descriptor that a driver waits for.
 *
 * It outlives whoever closes it until the loop has let go of it, so that a
 * driver may do so at any time, also from within its own callback.
 */
#ifndef WATCH_H
#define WATCH_H

#include <uv.h>

struct watch;

/* EVENTS as of uv_poll_start(), or below 0 when the device is gone. */
typedef void watch_ready(void *arg, int events);

/* Wait for EVENTS of FD, which it owns from now on (and closes if that cannot
 * be): NULL then. */
struct watch *watch_open(
    uv_loop_t *loop, int fd, int events, watch_ready *ready, void *arg);
/* Wait for others. */
void watch_change(struct watch *w, int events);
int watch_fd(const struct watch *w);
/* Close the descriptor; *W may be NULL, and is afterwards. */
void watch_close(struct watch **w);

#endif /* WATCH_H */
