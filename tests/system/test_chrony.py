#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Truechimer and chrony: each synchronizes to the other."""
from harness import (CHRONYD, Daemon, free_port, need_peers, ok, powerless,
                     run, scratch, spawn, stratum1)
import os
import re

need_peers()
here = scratch()
port = free_port()
conf = os.path.join(here, "chrony.conf")
with open(conf, "w", encoding="ascii") as f:
    f.write("user root\nport %d\ncmdport 0\nallow\nlocal stratum 2\n"
            "pidfile %s/chrony.pid\n" % (port, here))
spawn(powerless([CHRONYD, "-x", "-d", "-f", conf]),
      os.path.join(here, "out"))

ours = Daemon("server 127.0.1.1 port %d iburst minpoll 1 maxpoll 2\n" % port,
              clock="-0.5,30")
reply = ours.synchronized()
ok(reply and reply.stratum == 3, "ours synchronizes to chronyd",
   ours.ntpq("-p"), ours.log())
row = ours.peer("127.0.1.1")
ok(row and row.tally == "*" and row.stratum == 2,
   "chronyd is the system peer at stratum 2", ours.ntpq("-p"))

server = stratum1()
server.synchronized()
status, words = run(powerless(
    [CHRONYD, "-Q", "-x", "-t", "120", "user root", "cmdport 0",
     "pidfile %s/query.pid" % here,
     "server 127.0.0.1 port %d iburst" % server.port]))
found = re.search(r"System clock wrong by (-?[0-9.]+) seconds", words)
ok(status == 0 and found, "chronyd -Q measures ours", words)
ok(found and abs(float(found.group(1))) < 0.4,
   "and finds it right", words)
