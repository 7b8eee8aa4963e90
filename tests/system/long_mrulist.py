#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A million clients: ntpq lists them all, in time, and who asks for the time
meanwhile does not notice.

The clients are a million addresses of the loopback network, all sending from
one socket.  The machine may be busy with other things, so how long it took is
told but only a gross excess is a failure.
"""
from harness import (NTPQ, Daemon, enter_namespace, ok,
                     request_octets, say, wait_for)
import os
import socket
import struct
import subprocess
import sys
import threading
import time

CLIENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
BATCH = 200
LIMIT = 30  # s, for the list
PKTINFO = 8  # IP_PKTINFO

enter_namespace()
ours = Daemon("mru maxdepth %d maxage 86400\n" % (CLIENTS + 1000),
              access="restrict default\n")
wait_for(ours.ask, 10, "an answer")
target = "127.0.0.1:%d" % ours.port


def depth():
    words = ours.ntpq("-c", "rv 0 mru_depth")
    return int(words.split("=")[1]) if "=" in words else 0


def fill():
    request = request_octets()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.bind(("", 0))
        for n in range(CLIENTS):
            source = struct.pack("!I", (127 << 24) + (1 << 20) + n)
            s.sendmsg([request], [(socket.IPPROTO_IP, PKTINFO,
                                   struct.pack("i4s4x", 0, source))], 0,
                      ("127.0.0.1", ours.port))
            if n % BATCH == 0:
                ours.ask()  # no faster than it is served


class Asker(threading.Thread):
    """Asks for the time again and again."""

    def __init__(self):
        super().__init__(daemon=True)
        self.took, self.stopping = [], False
        self.start()

    def run(self):
        request = request_octets()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(2)
            s.connect(("127.0.0.1", ours.port))
            while not self.stopping:
                began = time.monotonic()
                s.send(request)
                try:
                    s.recv(1024)
                except OSError:
                    pass
                self.took.append(time.monotonic() - began)
                time.sleep(0.001)

    def p99(self):
        """And how many there were."""
        self.stopping = True
        self.join()
        took = sorted(self.took)
        return took[len(took) * 99 // 100] * 1000, len(took)


began = time.monotonic()
fill()
held = depth()
say("%d clients came in %.1f s" % (held, time.monotonic() - began))
ok(held >= CLIENTS * 0.999, "the list holds them", held)

asker = Asker()
time.sleep(3)
before, n = asker.p99()
say("time replies at rest: p99 %.3f ms of %d" % (before, n))

asker = Asker()
began = time.monotonic()
path = os.path.join(ours.dir, "list")
with open(path, "wb") as out:
    done = subprocess.run([NTPQ, "-n", "-c", "mrulist", target], stdout=out,
                          stderr=subprocess.PIPE, timeout=300, check=False)
took = time.monotonic() - began
during, n = asker.p99()
say("the list: %.1f s; time replies meanwhile: p99 %.3f ms of %d" %
    (took, during, n))
with open(path, "rb") as f:
    rows = sum(1 for _ in f) - 2
ok(done.returncode == 0 and rows >= held, "ntpq lists all of them", rows,
   done.stderr[-500:])
ok(took < LIMIT, "within %d s" % LIMIT, took)
ok(during < 20, "and no time reply waits for it", before, during)
ok(ours.alive(), "the daemon lives")
