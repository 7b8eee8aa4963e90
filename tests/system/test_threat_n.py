#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rows N of threats.md with a real daemon: oversized and truncated datagrams,
floods, no descriptors left."""
from harness import (SILENCE, Daemon, exchange, ok, request_octets,
                     server_line, stratum1, wait_for)
import resource
import socket
import struct

upstream = stratum1()
ours = Daemon(server_line("127.0.1.1", upstream))
ok(ours.synchronized(), "synchronized", ours.log())


def field(octets):
    return struct.pack("!HH", 0x2005, octets) + bytes(octets - 4)


reply = exchange("127.0.0.1", ours.port, request_octets(more=field(1024)))
ok(reply and len(reply) == 48, "1072 octets are answered")
for more in (65507 - 48, 60000 - 48):
    reply = exchange("127.0.0.1", ours.port,
                     request_octets(more=field(more - more % 4)), SILENCE)
    ok(reply is None, "CVE-2016-9312: %d octets are not" % (more + 48), reply)
# Cut where the receive buffer ends, this would be a good request.
reply = exchange("127.0.0.1", ours.port,
                 request_octets(more=field(1536 - 48) + field(64)), SILENCE)
ok(reply is None, "N-truncated: what does not fit is dropped, not cut", reply)
ok(ours.ask(), "and it serves on")


def rss():
    with open("/proc/%d/status" % ours.child.pid, encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith("VmRSS"))


def flood(count):
    data = request_octets()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", ours.port))
        for _ in range(count):
            s.send(data)


flood(5000)
before = rss()
flood(100000)
ok(rss() < before + 1024, "Bug-3666: a flood takes no memory", before, rss())
row = wait_for(lambda: (r := ours.peer("127.0.1.1")) and r.reach & 7 == 7 and
               r, 20, "replies after the flood")
ok(row and row.tally == "*", "and our own replies get through",
   row and row.line)

scarce = Daemon("".join(server_line("127.0.1.%d" % i, upstream)
                        for i in range(1, 31)), start=False,
                preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_NOFILE, (20, 20)))
scarce.start()
reply = scarce.synchronized()
ok(reply, "N-descriptors: with twenty descriptors for thirty servers it "
   "synchronizes to those it can ask", scarce.log())
ok(scarce.ntpq("-p").count("127.0.1.") >= 30, "and shows them all",
   scarce.ntpq("-p"))
ok(scarce.kill() == 0, "and leaves cleanly", scarce.log())
