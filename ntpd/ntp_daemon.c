/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_daemon.c - go to the background without lying about it.
 *
 * The parent exits 0 only when the child has its sockets, because a service
 * manager and a script both take that exit for "the server is up"; until then
 * the child keeps the terminal for its complaints.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ntpd.h"

enum { SAY_READY = 'R', SAY_SYNCED = 'S' };

/* One word of the child within TIMEOUT ms (-1: any time); 0 when it is gone,
 * -1 when the time is over. */
static int
child_says(int fd, int timeout)
{
	struct pollfd pf = {.fd = fd, .events = POLLIN};
	char c;
	int n;

	do
		n = poll(&pf, 1, timeout);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return -1;
	return read(fd, &c, 1) == 1 ? c : 0;
}

static int
child_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return NTPD_FAIL;
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return WEXITSTATUS(status);
	return NTPD_FAIL;
}

static int
parent_waits(const struct daemon *d, int fd, pid_t pid)
{
	int said = child_says(fd, -1);

	if (said != SAY_READY)
		return child_status(pid);
	if (!d->opt.wait_sync)
		return NTPD_OK;
	said = child_says(fd, (int)ceil(d->opt.wait_s * 1000.0));
	if (said == SAY_SYNCED)
		return NTPD_OK;
	return said == 0 ? child_status(pid) : NTPD_TIMEOUT;
}

enum daemon_side
daemon_fork(struct daemon *d, int *status)
{
	int fds[2];
	pid_t pid;

	d->parent_fd = -1;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return DAEMON_FAILED;
	pid = fork();
	if (pid < 0) {
		(void)close(fds[0]);
		(void)close(fds[1]);
		return DAEMON_FAILED;
	}
	if (pid > 0) {
		(void)close(fds[1]);
		*status = parent_waits(d, fds[0], pid);
		(void)close(fds[0]);
		return DAEMON_PARENT;
	}
	(void)close(fds[0]);
	d->parent_fd = fds[1];
	d->log.pid = getpid();
	(void)setsid();
	return DAEMON_CHILD;
}

static void
tell_parent(struct daemon *d, char word, bool last)
{
	ssize_t n;

	if (d->parent_fd < 0)
		return;
	do
		n = write(d->parent_fd, &word, 1);
	while (n < 0 && errno == EINTR);
	if (n > 0 && !last)
		return;
	(void)close(d->parent_fd);
	d->parent_fd = -1;
}

static void
leave_terminal(struct daemon *d)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	d->log.terminal = -1;
	if (fd < 0)
		return;
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		(void)dup2(fd, i);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

void
daemon_ready(struct daemon *d)
{
	d->started = true;
	if (d->parent_fd < 0)
		return;
	leave_terminal(d);
	tell_parent(d, SAY_READY, !d->opt.wait_sync);
}

void
daemon_synced(struct daemon *d)
{
	d->synced = true;
	tell_parent(d, SAY_SYNCED, true);
}
