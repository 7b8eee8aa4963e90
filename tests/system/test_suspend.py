#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A machine that sleeps, and a clock that others set, as a daemon on the
kernel's clocks notices them.

No test sets this machine's clock or puts it to sleep: a small library between
the daemon and the C library tells it that CLOCK_BOOTTIME, or CLOCK_REALTIME,
has gone on without CLOCK_MONOTONIC.
"""
import os
import shlex
import struct

from harness import (ANY_LOOPBACK, NTPD, free_port, ntpq, ok, powerless,
                     run, scratch, server_line, spawn, stratum1, wait_for)

SHIM = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Seconds slept and stepped, as the test writes them. */
static volatile long long *told;

__attribute__((constructor)) static void
begin(void)
{
	int fd = open(TOLD, O_RDONLY);

	told = mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int status = (int)syscall(SYS_clock_gettime, id, t);

	if (id == CLOCK_BOOTTIME || id == CLOCK_REALTIME)
		t->tv_sec += told[0];
	if (id == CLOCK_REALTIME)
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
    "-shared", "-fPIC", "-O1", '-DTOLD="%s"' % told, "-o", shim, source], 60)
ok(status == 0, "the library is made", words)

server = stratum1()
port, log = free_port(), os.path.join(here, "log")
conf = os.path.join(here, "conf")
with open(conf, "w", encoding="ascii") as f:
    f.write("port %d\n%sdisable ntp\n%s" % (
        port, ANY_LOOPBACK, server_line("127.0.0.1", server)))
child = spawn(powerless([NTPD, "-n", "-c", conf]), log,
              env=dict(os.environ, LD_PRELOAD=shim))


def text():
    with open(log, encoding="utf-8", errors="replace") as out:
        return out.read()


def said(what):
    return what in text()


def reach():
    words = ntpq("127.0.0.1:%d" % port, "-c", "rv &1 reach")
    return words.split("=")[-1].strip()


def tell(sleep, step):
    with open(told, "r+b") as out:
        out.write(struct.pack("qq", sleep, step))


ok(wait_for(lambda: reach() not in ("", "000"), 30, "an answer"),
   "the server is reached", text())
ok(not said("slept") and not said("jumped"), "nothing has happened so far",
   text())
tell(7200, 0)
ok(wait_for(lambda: said("the machine slept for 7200 s"), 10, "the sleep"),
   "two hours of sleep are noticed", text())
ok(wait_for(lambda: reach() not in ("", "000"), 30, "an answer"),
   "and it measures afresh", text())
tell(7200, -3)
ok(wait_for(lambda: said("changed by -3.000 s by somebody else"), 10, "the step"),
   "a clock set back by others is noticed", text())
ok(child.poll() is None, "and the daemon goes on", text())
