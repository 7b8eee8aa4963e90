#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The client list under a flood: no memory, no client forgotten.

First the table alone; then a daemon that ten million forged addresses ask,
while some clients ask again and again; at last all addresses of one IPv6
network, which are to count as one client.  How long a packet may take is
measured by tests/bench/run and bounded in unit/test_mrucost.c.
"""
from harness import (BUILD, Daemon, enter_namespace, ok,
                     request_octets, run, say, wait_for)
from mode6 import Client
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time

FLOOD = int(sys.argv[1]) if len(sys.argv) > 1 else 10000000
DEPTH = 50000  # entries of the daemon's list
FAITHFUL = 1000  # clients
PKTINFO, PKTINFO6, FREEBIND6 = 8, 50, 78
READ_MRU, REQ_NONCE = 10, 12
BENCH = os.path.join(BUILD, "tests", "bench")

enter_namespace()
env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")
       and k != "MFLAGS"}
subprocess.run(["make", "-s", "-C", os.path.join(BUILD, "tests"),
                "bench/load", "bench/table"], check=True, env=env)

# ---- the table ---------------------------------------------------------------

t = json.loads(run([os.path.join(BENCH, "table")], 1200)[1])
say(t)
ok(t["clients"] >= 1000000, "64 MiB hold a million clients", t)
ok(t["grown_kib"] <= 1024, "ten million addresses take no memory", t)
ok(t["kept"] == 1, "and nobody's place who goes on asking", t)


# ---- a daemon ----------------------------------------------------------------

def faithful(n):
    return "127.1.%d.%d" % (n // 250, n % 250 + 1)


def ask_all(s):
    for n in range(FAITHFUL):
        s.sendmsg([request_octets()], [(
            socket.IPPROTO_IP, PKTINFO,
            struct.pack("i4s4x", 0, socket.inet_aton(faithful(n))))], 0,
            ("127.0.0.1", ours.port))
        if n % 50 == 0:
            wait_for(ours.ask, 60, "the last ones to be served")


def resident():
    with open("/proc/%d/status" % ours.child.pid, encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def flood(most):
    return subprocess.Popen(
        [os.path.join(BENCH, "load"), "-c", str(most), "-n", str(most), "-d",
         "3600", "-w", "0", "127.0.0.1", str(ours.port)],
        stdout=subprocess.PIPE)


def asked(client, address):
    """How often, as the list tells; 0 when he is not in it."""
    nonce = client.fragments(REQ_NONCE)[0].data.strip()
    reply = client.fragments(READ_MRU, 0, b"%s, limit=1, addr.0=%s" % (
        nonce, address.encode()))
    found = re.search(rb"\bct\.0=(\d+)", b"".join(r.data for r in reply))
    return int(found.group(1)) if found else 0


ours = Daemon("threads 1\nmru maxdepth %d\n" % DEPTH,
              access="restrict default\n")
wait_for(ours.ask, 60, "an answer")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.bind(("", 0))
    for _ in range(3):
        ask_all(s)
    flood(2 * DEPTH).communicate()  # the table is full
    before, load, rounds = resident(), flood(FLOOD), 0
    while load.poll() is None:
        ask_all(s)
        rounds += 1
        time.sleep(0.5)
said = json.loads(load.stdout.read())
client = Client(ours.port)
client.socket.settimeout(60)
kept = [asked(client, faithful(n)) for n in range(FAITHFUL)]
say("%d forged requests, %d rounds of %d clients" % (
    said["sent"], rounds, FAITHFUL))
ok(said["sent"] >= FLOOD, "the flood was one", said)
ok(resident() - before <= 1024, "it took less than a MiB of memory", before, resident())
ok(min(kept) > 0, "and the place of nobody who went on asking", min(kept))
ok(sum(kept) >= 0.9 * FAITHFUL * (rounds + 3), "who was seen all the time",
   sum(kept), rounds)
ours.kill()

# ---- a network of one client -----------------------------------------------------

def answered():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.settimeout(0.5)
        s.connect(("::1", ours.port))
        s.send(request_octets())
        try:
            return s.recv(1024)
        except OSError:
            return None


ours = Daemon("threads 1\nmru v6prefix 64\n", access="restrict default\n")
if not wait_for(answered, 60, "an answer by IPv6"):
    sys.exit(ok(False, "IPv6 on loopback"))
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
    s.setsockopt(socket.IPPROTO_IPV6, FREEBIND6, 1)
    for n in range(100000):
        source = struct.pack("!IIII", 0xfd000064, n % 3, n * 40503, n)
        s.sendmsg([request_octets()], [(
            socket.IPPROTO_IPV6, PKTINFO6,
            struct.pack("16si", source, 0))], 0, ("::1", ours.port))
        if n % 50 == 0:
            wait_for(answered, 60, "the last ones to be served")
words = ours.ntpq("-c", "rv 0 mru_depth,mru_exists")
got = {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", words)}
ok(got.get("mru_depth", 0) <= 5, "three networks are three clients", words)
ok(got.get("mru_exists", 0) >= 90000, "however many ask from them", words)
