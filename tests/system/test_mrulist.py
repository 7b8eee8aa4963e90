#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The list of clients: ours and ntpsec's daemon, ours and ntpsec's ntpq.

A thousand clients are a thousand addresses of the loopback network.  ntpsec
knows port 123 only, so this runs in a network of its own.
"""
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import threading
import time

from harness import (Daemon, NTPQ, NTPSEC_NTPD, OTHER_HOST, OWN_HOST, PATIENCE,
                     enter_namespace, need_peers, ntpq, ntpsec_python, ok,
                     powerless, request_octets, run, scratch, spawn, wait_for)

CLIENTS = 1000

need_peers()
enter_namespace()
here = scratch()


def address(n):
    return "127.1.%d.%d" % (n // 250, n % 250 + 1)


def visit(n, times=1):
    """Client N asks for the time and has its answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((address(n), 0))
        s.settimeout(PATIENCE)
        for _ in range(times):
            s.sendto(request_octets(), ("127.0.0.1", 123))
            s.recvfrom(100)


def rows(words):
    """The table, as lists of fields."""
    return [line.split() for line in words.splitlines()
            if re.match(r" *\d+ +\d+ +[0-9a-f]+ [.KL] ", line)]


class Lossy:
    """Between a client and a server; drops what DROP(data) says."""

    def __init__(self, drop):
        self.near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.near.bind(("127.0.0.1", 0))
        self.far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.far.connect(("127.0.0.1", 123))
        self.port = self.near.getsockname()[1]
        self.drop = drop
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        client = None
        while True:
            for s in select.select([self.near, self.far], [], [])[0]:
                if s is self.near:
                    data, client = s.recvfrom(4096)
                    self.far.send(data)
                elif not self.drop(data := s.recv(4096)):
                    self.near.sendto(data, client)


ours = Daemon("server 127.127.1.0\nmru maxdepth 20000\n"
              "restrict 127.1.0.99 limited kod\n"
              "restrict 192.0.2.0 mask 255.255.255.0\n", port=123)
wait_for(lambda: "stratum=" in ntpq("127.0.0.1", "-c", "rv 0 stratum"), 10,
         "the daemon")
for n in range(CLIENTS):
    visit(n)
for n in range(10):
    visit(n, 2)

words = ntpq("127.0.0.1", "-n", "-c", "mrulist")
table = rows(words)
ok(len(table) == CLIENTS and table[0][8] == address(9) and
   table[-1][8] == address(10), "all clients, the newest first", words[:2000])
ok("Retrieved 1000 unique MRU entries and 0 updates.\n"
   "lstint avgint rstr r m v  count rport remote address\n" + "=" * 78 + "\n"
   in words, "how many there were, under the known header", words[:300])
ok(all(row[4] == "3" and row[5] == "4" for row in table),
   "mode and version are shown", table[:3])


def count(arguments):
    return len(rows(ntpq("127.0.0.1", "-n", "-c", "mrulist " + arguments)))


ok(count("mincount=2") == 10 and count("mincount=4") == 0,
   "mincount is honoured")
ok(count("laddr=127.0.0.1") == CLIENTS and count("laddr=127.0.0.2") == 0,
   "laddr is honoured")
ok(count("maxlstint=100000") == CLIENTS and count("resall=0x8000") == 0,
   "maxlstint and resall are honoured")
table = rows(ntpq("127.0.0.1", "-n", "-c", "mrulist sort=-count recent=10"))
ok(len(table) == 10 and [r[6] for r in table] == ["3"] * 10,
   "recent gives the newest", table)
table = rows(ntpq("127.0.0.1", "-n", "-c", "mrulist sort=addr"))
ok([r[8] for r in table] == [address(n) for n in range(CLIENTS)],
   "sort=addr is numeric", table[:3])
done = subprocess.run(
    [NTPQ, "--json", "-n", "-c", "mrulist mincount=2", "127.0.0.1"],
    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
document = json.loads(done.stdout)
ok(document["complete"] and len(document["clients"]) == 10 and
   document["clients"][0]["address"] == address(9) and
   document["clients"][0]["count"] == 3, "--json has it", document)

# One who is too fast; now and then one is let through, the next is not.
fast = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fast.bind(("127.1.0.99", 0))


def caught():
    for _ in range(4):
        fast.sendto(request_octets(), ("127.0.0.1", 123))
    return rows(ntpq("127.0.0.1", "-n", "-c", "mrulist limited"))


limited = wait_for(caught, 10, "a limited client")
ok(limited and limited[0][8] == "127.1.0.99" and limited[0][3] in "KL",
   "limited finds who was", limited)

words = ntpq("127.0.0.1", "-c", "monstats")
ok(re.search(r"^addresses: +1000$", words, re.M) and
   re.search(r"^maximum addresses: +20000$", words, re.M),
   "monstats counts them", words)

# ntpsec's ntpq reads ours.
status, words = ntpsec_python("ntpq", "-n", "-c", "mrulist", "127.0.0.1")
ok(status == 0 and "# Collected 1000 slots" in words and
   len(re.findall(r"127\.1\.\d+\.\d+$", words, re.M)) == CLIENTS,
   "ntpsec's ntpq collects ours", words[:1500], words[-400:])
status, words = ntpsec_python("ntpq", "-n", "-c", "mrulist mincount=2",
                              "127.0.0.1")
ok(status == 0 and len(re.findall(r"127\.1\.\d+\.\d+$", words, re.M)) == 11,
   "and filters it", words[-1500:])

# From elsewhere: no answer is out of proportion to what may be forged, so our
# ntpq asks at length; and nobody can be flooded with answers.
def mode6(s, opcode, data=b""):
    s.sendto(struct.pack("!BBHHHHH", 0x16, opcode, 1, 0, 0, 0, len(data)) +
             data, (OWN_HOST, 123))


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind((OTHER_HOST, 0))
    s.settimeout(PATIENCE)
    mode6(s, 2, b"sys_var_list")
    answer = s.recv(1000)
    ok(len(answer) == 12 and answer[1] == 0xc2 and answer[4] == 1,
       "a long list is refused to a short question", answer)
words = ntpq(OWN_HOST, "-c", "rv 0 sys_var_list")
ok("mru_oldest_age" in words and "***" not in words,
   "our ntpq gets it all the same", words[-500:])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind((OTHER_HOST, 0))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    began = time.monotonic()
    for _ in range(20):
        for _ in range(100):
            mode6(s, 2)
        wait_for(lambda: "stratum" in ntpq("127.0.0.1", "-c", "rv 0 stratum"),
                 5, "them to be heard")
    octets = 0
    while select.select([s], [], [], 0)[0]:
        octets += len(s.recv(1000))
    budget = 200000 + 8192 * (time.monotonic() - began)
    ok(100000 < octets < budget, "one source is answered within a budget",
       octets)
ok("stratum=" in ntpq(OWN_HOST, "-c", "rv 0 stratum"),
   "which is not another's")

# Datagrams get lost.
seen = [0]


def every_fiftieth(_data):
    seen[0] += 1
    return seen[0] % 50 == 0


lossy = Lossy(every_fiftieth)
words = run([NTPQ, "-n", "-c", "timeout 1000", "-c", "mrulist",
             "127.0.0.1:%d" % lossy.port])[1]
ok(len(rows(words)) == CLIENTS and seen[0] > 100,
   "all clients in spite of loss", words[-500:])

# Ctrl-C in the middle.
silent = [0]


def silent_after_200(_data):
    silent[0] += 1
    return silent[0] > 200


lossy = Lossy(silent_after_200)
out = os.path.join(here, "interrupted")
child = spawn([NTPQ, "-n", "-c", "mrulist", "127.0.0.1:%d" % lossy.port], out)
wait_for(lambda: silent[0] > 200, 10, "the middle of the list")
child.send_signal(signal.SIGINT)
child.wait(20)
with open(out, encoding="ascii") as f:
    words = f.read()
ok("mrulist retrieval interrupted by operator.\n"
   "Displaying partial client list.\n" in words and
   100 < len(rows(words)) < CLIENTS and child.returncode == 0,
   "an interrupted list is shown as far as it came", words[-300:])
ours.kill()

# Ours reads ntpsec's daemon.
conf = os.path.join(here, "conf")
with open(conf, "w", encoding="ascii") as f:
    f.write("disable ntp\nrestrict default\nrestrict 127.0.0.1\n"
            "server 127.127.1.0\nfudge 127.127.1.0 stratum 1\n")
spawn(powerless([NTPSEC_NTPD, "-n", "-c", conf]), os.path.join(here, "log"))
wait_for(lambda: "stratum=" in ntpq("127.0.0.1", "-c", "rv 0 stratum"), 20,
         "ntpsec's daemon")
for n in range(CLIENTS):
    visit(n)
words = ntpq("127.0.0.1", "-n", "-c", "mrulist")
table = [r for r in rows(words) if r[8].startswith("127.1.")]
ok(len(table) == CLIENTS, "ours collects ntpsec's list", words[:500],
   words[-500:])
ok(len([r for r in rows(ntpq("127.0.0.1", "-n", "-c", "mrulist mincount=9"))
        if r[8].startswith("127.1.")]) == 0, "and filters it")
