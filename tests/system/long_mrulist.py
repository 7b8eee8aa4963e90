#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A million clients: ntpq lists them all, of a daemon without and of one with
a server thread, while others ask for the time and for the list.

How long that takes, and who waits for whom, tests/bench/run measures.
"""
from harness import (NTPQ, Daemon, enter_namespace, ok, request_octets, say,
                     wait_for)
import os
import socket
import struct
import subprocess
import sys
import threading
import time

from mode6 import Client, message

CLIENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
BATCH = 200
PKTINFO = 8  # IP_PKTINFO
READ_MRU, REQ_NONCE = 10, 12
RENEWED = 4  # s

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
                wait_for(d.ask, 60, "the last ones to be served")


def proven(d):
    """Somebody who may ask for the list, for the next sixteen seconds, and
    what he says.  Later it would be counted against all at his address."""
    client = Client(d.port)
    nonce = wait_for(lambda: client.fragments(REQ_NONCE), 10, "a nonce")
    return client, message(READ_MRU, 0, nonce[0].data.strip() +
                           b", frags=128"), time.monotonic()


def beside(d, stopping):
    """Ask for the time and for the list until STOPPING, waiting for no list;
    how often the time was told."""
    told, began = 0, -RENEWED
    while not stopping.is_set():
        if time.monotonic() - began > RENEWED:
            client, request, began = proven(d)
        client.socket.send(request)
        told += d.ask() is not None
    return told


def listed(d):
    """Its exit status, how many there are in it, and ntpq's words."""
    path = os.path.join(d.dir, "list")
    with open(path, "wb") as out:
        done = subprocess.run(
            [NTPQ, "-n", "-c", "mrulist", "127.0.0.1:%d" % d.port],
            stdout=out, stderr=subprocess.PIPE, timeout=600, check=False)
    with open(path, "rb") as f:
        return done.returncode, sum(1 for _ in f) - 2, done.stderr


for d, name in zip(daemons, names):
    wait_for(d.ask, 60, "an answer")
    fill(d)
    held = depth(d)
    ok(held >= CLIENTS * 0.999, "the list of the %s holds them" % name, held)
    stop, told = threading.Event(), []
    asker = threading.Thread(target=lambda: told.append(beside(d, stop)))
    asker.start()
    status, rows, words = listed(d)
    stop.set()
    asker.join()
    say("%d listed, the time told %d times" % (rows, told[0]))
    # Who asks all the time may be ahead of the list all the time.
    ok(status == 0 and rows >= held - 1, "ntpq lists all of them", rows,
       words[-500:])
    ok(told[0] > 0, "and who asks for the time is told", told)
ok(all(d.alive() for d in daemons), "both live")
