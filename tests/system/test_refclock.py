#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Shared memory: real segments with a writer of our own.

Ours reads them by both syntaxes, on a virtual clock that is off; ntpsec's ntpd
and chronyd follow what ours makes of them, and ntpsec's reads a segment of its
own with the same line.
"""
from harness import (CHRONYD, Daemon, NTPSEC_NTPD, OTHER_HOST, OWN_HOST, Relay,
                     enter_namespace, need_peers, ok, peers, powerless, run,
                     scratch, spawn, wait_for, wrong_by)
import atexit
import ctypes
import os
import random
import re
import threading
import time

need_peers()
enter_namespace()

KEY, SIZE, IPC_CREAT, IPC_RMID, IPC_SET = 0x4e545030, 96, 0o1000, 0, 1
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
base = random.randrange(40, 200)


class Segment(ctypes.Structure):
    """As in gpsd and everywhere."""
    _fields_ = [(name, ctypes.c_int) for name in ("mode", "count")] + [
        ("clock_sec", ctypes.c_long), ("clock_usec", ctypes.c_int),
        ("recv_sec", ctypes.c_long), ("recv_usec", ctypes.c_int),
        ("leap", ctypes.c_int), ("precision", ctypes.c_int),
        ("nsamples", ctypes.c_int), ("valid", ctypes.c_int),
        ("clock_nsec", ctypes.c_uint), ("recv_nsec", ctypes.c_uint),
        ("dummy", ctypes.c_int * 8)]


assert ctypes.sizeof(Segment) == SIZE
segments = []


def segment(unit, mode=0o666):
    ident = libc.shmget(KEY + unit, SIZE, IPC_CREAT | mode)
    at = libc.shmat(ident, None, 0)
    segments.append(ident)
    return Segment.from_address(at)


@atexit.register
def remove_segments():
    for ident in segments:
        libc.shmctl(ident, IPC_RMID, None)


class Writer:
    """Writes true time plus AHEAD every quarter of a second."""

    def __init__(self, unit, protocol, ahead, nano=True):
        self.seg, self.protocol = segment(unit), protocol
        self.ahead, self.nano, self.on = ahead, nano, True
        threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        s = self.seg
        while True:
            if self.on:
                now = time.time_ns()
                then = now + int(self.ahead * 1e9)
                s.valid = 0
                s.count += 1
                s.mode = self.protocol
                s.clock_sec, s.recv_sec = then // 10**9, now // 10**9
                s.clock_usec = then % 10**9 // 1000
                s.recv_usec = now % 10**9 // 1000
                s.clock_nsec = then % 10**9 if self.nano else 0
                s.recv_nsec = now % 10**9 if self.nano else 0
                s.leap, s.precision = 0, -20
                s.count += 1
                s.valid = 1
            time.sleep(0.25)


# The reference's syntax, protocol 1; the writer is 5 ms ahead, which time1
# takes back.
first = Writer(base, 1, 0.005)
records = scratch()
ours = Daemon("server 127.127.28.%d minpoll 4\n"
              "fudge 127.127.28.%d refid GPS time1 -0.005 flag4 1\n"
              "statsdir %s/\nstatistics clockstats\n"
              % (base, base, records), clock="0.3,-30")
reply = ours.synchronized()
ok(reply and reply.stratum == 1 and reply.refid == b"GPS\0",
   "stratum 1 from shared memory", ours.ntpq("-p"), ours.log())
row = ours.peer("127.127.28.%d" % base) or ours.peer("SHM(%d)" % base)
ok(row and row.tally == "*" and row.stratum == 0 and row.delay < 0.1,
   "the billboard shows the clock", ours.ntpq("-p"))
ok(wait_for(lambda: wrong_by(ours) < 0.02, 30, "the offset to shrink"),
   "its time is that of the writer, less time1", ours.ntpq("-p"))

# NTPsec's syntax, protocol 0, microseconds only, at the same time.
second = Writer(base + 1, 0, 0.0, nano=False)
other = Daemon("refclock shm unit %d refid PPS minpoll 4 prefer\n"
               % (base + 1), clock="-0.4,10")
reply = other.synchronized()
ok(reply and reply.refid == b"PPS\0", "refclock shm, protocol 0",
   other.ntpq("-p"), other.log())

# A writer that stops, and one that is wrong by a day: refused, and said.
second.on = False
second.seg.valid = 0
wrong = Writer(base + 2, 1, 86400.0)
third = Daemon("server 127.127.28.%d minpoll 4\n" % (base + 2))
ok(wait_for(lambda: "difference limit exceeded" in third.log(), 20,
            "the limit"), "a clock a day off is refused", third.log())
reply = third.ask()
ok(reply and reply.leap == 3, "nobody is synchronized to it")
third.kill()

# A driver that is added, and taken away again, while the daemon runs.
late = Writer(base + 9, 1, 0.0)
SECRET = os.path.join(scratch(), "keys")
with open(SECRET, "w", encoding="ascii") as keys:
    keys.write("1 SHA1 0123456789abcdef0123456789abcdef01234567\n")
running = Daemon("keys %s\ntrustedkey 1\ncontrolkey 1\n" % SECRET)


def tell(words):
    return running.ntpq("-a", "1", "-k", SECRET, "-c", ":config " + words)


wait_for(lambda: running.ask(), 10, "the daemon")
tell("server 127.127.28.%d minpoll 4" % (base + 9))
reply = running.synchronized()
ok(reply and reply.stratum == 1, "a driver added at run time is read",
   running.ntpq("-p"), running.log())
tell("unpeer 127.127.28.%d" % (base + 9))
ok(wait_for(lambda: not running.peers(), 10, "the driver to go"),
   "and goes when it is told to", running.ntpq("-p"))
running.kill()

# A segment of unit 0's kind that is open to others is not read.
segment(base + 3, 0o666)
private = Daemon("server 127.127.28.%d mode 1\n" % (base + 3))
ok(wait_for(lambda: "not private" in private.log(), 20, "a refusal"),
   "an open segment is refused where a private one is wanted", private.log())
private.kill()

# ntpsec's ntpd: the same line and a segment of its own; and following ours.
Writer(base + 4, 1, 0.002)
here = scratch()
Relay(OTHER_HOST, "127.0.0.1", ours.port, port=123)
conf = os.path.join(here, "ntpsec.conf")
with open(conf, "w", encoding="ascii") as f:
    f.write("disable ntp\nrestrict default\nrestrict 127.0.0.1\n"
            "interface ignore wildcard\ninterface listen 127.0.0.1\n"
            "interface listen %s\n"
            "refclock shm unit %d refid GPS minpoll 4 time1 -0.002\n"
            "server %s iburst minpoll 1 maxpoll 2\n"
            % (OWN_HOST, base + 4, OTHER_HOST))
spawn(powerless([NTPSEC_NTPD, "-n", "-c", conf]), os.path.join(here, "ntpsec"))


def theirs():
    rows = peers("127.0.0.1")
    clock = [r for r in rows if r.refid == ".GPS." and r.type == "l"]
    mine = [r for r in rows if r.remote == OTHER_HOST]
    return clock and mine and mine[0].reach and clock[0].reach and (
        clock[0], mine[0])


rows = wait_for(theirs, 40, "ntpsec's peers")
ok(rows and abs(rows[0].offset) < 100, "ntpsec's ntpd reads the same segment",
   rows and rows[0].line)
ok(rows and rows[1].stratum == 1 and abs(rows[1].offset) < 300,
   "ntpsec's ntpd measures our stratum 1", rows and rows[1].line,
   open(os.path.join(here, "ntpsec"), encoding="utf-8").read())
fifth = Daemon("refclock shm unit %d refid GPS minpoll 4 time1 -0.002\n"
               % (base + 5))
Writer(base + 5, 1, 0.002)
reply = fifth.synchronized()
ok(reply and reply.refid == b"GPS\0",
   "the line that ntpsec's ntpd takes works in ours", fifth.log())

# chronyd, which may not set the clock, agrees with ours.
status, words = run(powerless([
    CHRONYD, "-Q", "-x", "-t", "120", "user root", "cmdport 0",
    "pidfile %s/query.pid" % here,
    "server 127.0.0.1 port %d iburst maxsamples 4" % ours.port]))
found = re.search(r"wrong by ([-0-9.]+) seconds", words)
ok(found and abs(float(found.group(1))) < 0.4,
   "chronyd measures our stratum 1", words)


# ---- clockstats with flag4: date, address and five counters

def clockstats():
    lines = ""
    for name in sorted(os.listdir(records)):
        with open(os.path.join(records, name), encoding="ascii") as f:
            lines += f.read()
    return lines


ok(wait_for(lambda: re.search(
    r"^\d{5} \d+\.\d{3} 127\.127\.28\.%d +\d+ +\d+ +\d+ +\d+ +\d+$" % base,
    clockstats(), re.M), 30, "a line of clockstats"),
   "clockstats has its line", clockstats())
ok(ours.kill() == 0, "and it leaves in peace", ours.log())
