#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A machine that sleeps, and a clock that others set, as a daemon on the
kernel's clocks notices them: what it measured is forgotten, and it is in
synchronization again with the first answers.

No test sets this machine's clock or puts it to sleep: a small library between
the daemon and the C library tells it that CLOCK_BOOTTIME, or CLOCK_REALTIME,
has gone on without CLOCK_MONOTONIC.  For the server, which did not sleep, only
the time of day goes on as far.
"""
import os
import re
import shlex
import struct

from harness import (NTPD, Daemon, ok, powerless, run, scratch,
                     server_line, stratum1, wait_for)

SHIM = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Seconds slept and stepped, as the test writes them. */
static volatile long long *told;
static int awake;

__attribute__((constructor)) static void
begin(void)
{
	int fd = open(TOLD, O_RDONLY);

	told = mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	awake = getenv("AWAKE") != NULL;
}

/* A virtual clock runs by CLOCK_MONOTONIC_RAW. */
int
clock_gettime(clockid_t id, struct timespec *t)
{
	int status = (int)syscall(SYS_clock_gettime, id, t);

	if (id == CLOCK_REALTIME ||
	    id == (awake ? CLOCK_MONOTONIC_RAW : CLOCK_BOOTTIME))
		t->tv_sec += told[0];
	if (id == CLOCK_REALTIME && !awake)
		t->tv_sec += told[1];
	return status;
}

/* The kernel's own stamps know nothing of this. */
int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (level == SOL_SOCKET &&
	    (name == SO_TIMESTAMPNS || name == SO_TIMESTAMPING)) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}
"""

here = scratch()
told = os.path.join(here, "told")
source, shim = os.path.join(here, "shim.c"), os.path.join(here, "shim.so")
with open(source, "w", encoding="ascii") as f:
    f.write(SHIM)
with open(told, "wb") as f:
    f.write(bytes(16))
status, words = run(shlex.split(os.environ.get("CC", "cc")) + [
    "-shared", "-fPIC", "-O1", '-DTOLD="%s"' % told, "-o", shim, source])
ok(status == 0, "the library is made", words)
shimmed = dict(os.environ, LD_PRELOAD=shim)

server = stratum1(env=dict(shimmed, AWAKE="1"))
ok(server.synchronized(), "the server serves", server.log())


class Sleeper(Daemon):
    """On the kernel's clocks; believes the first answer, not the fourth."""

    def __init__(self):
        super().__init__(
            "disable ntp\ntos maxdist 14\n" +
            server_line("127.0.0.1", server), start=False)
        self.argv = powerless([NTPD, "-n", "-c", self.path("conf")])
        self.more = {"env": shimmed}
        self.start()

    def said(self, what):
        return what in self.log()

    def measured(self):
        """How many measurements the filter holds, and the reachability."""
        delays = (self.variable("filtdelay", "&1") or "").split()
        return sum(float(d) > 0 for d in delays), self.variable("reach", "&1")


def tell(sleep, step):
    with open(told, "r+b") as out:
        out.write(struct.pack("qq", sleep, step))


ours = Sleeper()
ok(ours.synchronized(30), "in synchronization", ours.log())
ok(ours.measured()[0] > 0, "with measurements in the filter", ours.measured())
ok(not ours.said("slept") and not ours.said("somebody else"),
   "nothing has happened so far", ours.log())

# Nobody answers now, so that what is in the filter is from before.
server.kill()
tell(7200, 0)
ok(wait_for(lambda: ours.said("the machine slept for 7200 s"), 10, "the sleep"),
   "two hours of sleep are noticed", ours.log())
ok(not ours.said("somebody else"), "and are no step of the clock", ours.log())
ok(ours.measured() == (0, "000"), "all measurements are forgotten",
   ours.measured())
answer = ours.ask()
ok(answer and answer.leap == 3, "its time is not served unmeasured", answer)
server.start()
ok(ours.synchronized(30), "it is in synchronization again",
   ours.log() + ours.ntpq("-c", "rv &1"))

tell(7200, -3)
ok(wait_for(lambda: re.search(
    r"changed by -(2\.99|3\.00)\d s by somebody else", ours.log()), 10,
            "the step"),
   "a clock set back by others is noticed", ours.log())
ok(ours.alive(), "and the daemon goes on", ours.log())
