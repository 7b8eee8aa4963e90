/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_guard.c - somebody who outlives us for a moment and tidies up.
 *
 * SIGKILL cannot be caught, and the kernel closes what a killed process had
 * open: that is how the guard, which waits at the other end of a pipe, knows.
 * One octet means that all is well.  It keeps nothing else open, so that a
 * daemon that is started again finds its port free.
 */
#include "ntp_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ntp_err.h"

static _Noreturn void
stand_guard(int fd, void (*tidy)(void *), void *arg)
{
	char word;
	ssize_t n;

	if (fd > 0)
		(void)close_range(0, (unsigned)fd - 1, 0);
	(void)close_range((unsigned)fd + 1, ~0U, 0);
	do
		n = read(fd, &word, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		tidy(arg);
	_exit(0);
}

/* What is meant for the daemon is not for its guard: no signal reaches it. */
static pid_t
fork_deaf(void)
{
	sigset_t all, before;
	pid_t pid;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid != 0)
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

int
guard_begin(struct guard *g, void (*tidy)(void *), void *arg)
{
	int fds[2];

	if (g->fd >= 0)
		return 0;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return -NTP_EIO;
	g->pid = fork_deaf();
	if (g->pid == 0)
		stand_guard(fds[0], tidy, arg);
	(void)close(fds[0]);
	if (g->pid < 0) {
		(void)close(fds[1]);
		return -NTP_EIO;
	}
	g->fd = fds[1];
	return 0;
}

void
guard_end(struct guard *g)
{
	char word = 0;
	ssize_t n;

	if (g->fd < 0)
		return;
	do
		n = write(g->fd, &word, 1);
	while (n < 0 && errno == EINTR);
	(void)close(g->fd);
	g->fd = -1;
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}
