#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A million clients: ntpq lists them all, in time, and who asks for the time
meanwhile does not notice; nor does he when somebody asks for the list again
and again.

Two daemons, one without and one with a server thread, remember a million
addresses of the loopback network each.  While the list of one is read, both
are asked for the time.  So each is the control of the other: the machine is
equally busy with either list, and what a reply takes longer from the daemon
that gives its list away is that daemon's doing.  A reply's time is until the
kernel has it, for the client may have to wait for a processor, too.
"""
from harness import (NTPQ, Daemon, enter_namespace, ok,
                     request_octets, say, wait_for)
import multiprocessing
import os
import socket
import struct
import subprocess
import sys
import time

from mode6 import Client, message

CLIENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
BATCH = 200
LIMIT = 30  # s, for the list
FLOOD, RATE = 8, 50000  # s, requests a second
PKTINFO = 8  # IP_PKTINFO
READ_MRU, REQ_NONCE = 10, 12
STAMPS = 35  # SO_TIMESTAMPNS
RATIO, NOISE = 2.0, 0.25  # to the control; ms

enter_namespace()
daemons = [Daemon("mru maxdepth %d maxage 86400\n%s" % (2 * CLIENTS, more),
                  access="restrict default\n")
           for more in ("", "threads 1\n")]
names = "main loop", "thread"


def depth(d):
    words = d.ntpq("-c", "rv 0 mru_depth")
    return int(words.split("=")[1]) if "=" in words else 0


def fill(d):
    request = request_octets()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.bind(("", 0))
        for n in range(CLIENTS):
            source = struct.pack("!I", (127 << 24) + (1 << 20) + n)
            s.sendmsg([request], [(socket.IPPROTO_IP, PKTINFO,
                                   struct.pack("i4s4x", 0, source))], 0,
                      ("127.0.0.1", d.port))
            if n % BATCH == 0:
                d.ask()  # no faster than it is served


# ---- who asks for the time --------------------------------------------------

def ask_on(port, stopping, out):
    """Ask again and again; the milliseconds that each reply took, into OUT."""
    request, took = request_octets(), []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        s.setsockopt(socket.SOL_SOCKET, STAMPS, 1)
        s.connect(("127.0.0.1", port))
        while not stopping.is_set():
            began = time.time_ns()
            s.send(request)
            try:
                stamp = s.recvmsg(1024, 256)[1][0][2]
                sec, nsec = struct.unpack("qq", stamp)
                took.append((sec * 10**9 + nsec - began) / 1e6)
            except OSError:
                took.append(2000.0)
            time.sleep(0.001)
    out.put(sorted(took))


class Asker:
    def __init__(self, d):
        self.stopping, self.out = multiprocessing.Event(), \
            multiprocessing.SimpleQueue()
        self.child = multiprocessing.Process(
            target=ask_on, args=(d.port, self.stopping, self.out), daemon=True)
        self.child.start()

    def p99(self):
        self.stopping.set()
        took = self.out.get()
        self.child.join()
        return took[len(took) * 99 // 100]


def while_asked(action):
    """p99 of both daemons while ACTION goes on, and what it returns."""
    askers = [Asker(d) for d in daemons]
    result = action()
    return [a.p99() for a in askers], result


# ---- who asks for the list --------------------------------------------------

def dump(d):
    path = os.path.join(d.dir, "list")
    began = time.monotonic()
    with open(path, "wb") as out:
        done = subprocess.run(
            [NTPQ, "-n", "-c", "mrulist", "127.0.0.1:%d" % d.port],
            stdout=out, stderr=subprocess.PIPE, timeout=300, check=False)
    took = time.monotonic() - began
    with open(path, "rb") as f:
        return took, done.returncode, sum(1 for _ in f) - 2, done.stderr


def list_request(client):
    nonce = client.fragments(REQ_NONCE)[0].data.strip()
    return message(READ_MRU, 0, nonce + b", frags=128")


def flood(d, compose):
    """FLOOD seconds of requests, answers not waited for; how many.  More than
    can be read makes all wait alike, so there are fewer."""
    client = Client(d.port)
    request = compose(client)
    sent, end = 0, time.monotonic() + FLOOD
    while (now := time.monotonic()) < end:
        while sent < RATE * (FLOOD - (end - now)):
            client.socket.send(request)
            sent += 1
        time.sleep(0.0005)
    return sent


def compare(during, control, words):
    """Two pairs; each daemon busy, and while the other was."""
    for i, name in enumerate(names):
        say("%s, %s: p99 %.3f ms, control %.3f ms" % (
            words, name, during[i], control[i]))
        ok(during[i] <= RATIO * control[i] + NOISE,
           "%s: no time reply of the %s waits" % (words, name),
           during[i], control[i])


for d in daemons:
    wait_for(d.ask, 10, "an answer")
    began = time.monotonic()
    fill(d)
    held = depth(d)
    say("%d clients came in %.1f s" % (held, time.monotonic() - began))
    ok(held >= CLIENTS * 0.999, "the list holds them", held)

rest, _ = while_asked(lambda: time.sleep(3))
say("at rest: p99 %.3f and %.3f ms" % tuple(rest))

p99 = []
for d, name in zip(daemons, names):
    got, (took, status, rows, words) = while_asked(lambda d=d: dump(d))
    p99.append(got)
    say("the list of the %s: %.1f s" % (name, took))
    ok(status == 0 and rows >= CLIENTS, "ntpq lists all of them", rows,
       words[-500:])
    ok(took < LIMIT, "within %d s" % LIMIT, took)
compare((p99[0][0], p99[1][1]), (p99[1][0], p99[0][1]), "a list")

# To the main loop all is sent: its control is a flood of as simple requests as
# there are.
p99 = []
for d, compose in ((daemons[0], list_request), (daemons[1], list_request),
                   (daemons[0], lambda client: request_octets())):
    got, sent = while_asked(lambda d=d, c=compose: flood(d, c))
    p99.append(got)
    say("a flood of %d requests a second" % (sent // FLOOD))
compare((p99[0][0], p99[1][1]), (p99[2][0], p99[0][1]), "a flood")
ok(all(d.alive() for d in daemons), "both live")
