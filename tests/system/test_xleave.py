#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Interleaved modes with real departures: chrony and ours, both ways."""
import os

from harness import (CHRONYD, Daemon, free_port, need_peers, ok, powerless,
                     scratch, server_line, spawn, stratum1, wait_for)

need_peers()
here = scratch()


def chrony(name, text):
    port = free_port()
    conf = os.path.join(here, name + ".conf")
    with open(conf, "w", encoding="ascii") as out:
        out.write("user root\nport %d\ncmdport 0\nallow\nlocal stratum 2\n"
                  "pidfile %s/%s.pid\n%s" % (port, here, name, text))
    spawn(powerless([CHRONYD, "-x", "-d", "-f", conf]),
          os.path.join(here, name + ".out"))
    return port


def interleaved(daemon, least):
    """The count of its only association, once it has reached LEAST."""
    def count():
        n = daemon.variable("interleaved", "&1")
        return int(n) if n and int(n) >= least else None
    return wait_for(count, 60, "%d interleaved samples" % least)


theirs = chrony("server", "")
ours = Daemon("server 127.0.0.1 port %d iburst minpoll 1 maxpoll 1 xleave\n"
              % theirs)
plain = Daemon("server 127.0.0.1 port %d iburst minpoll 1 maxpoll 1\n" %
               theirs)
server = stratum1()
chrony("client", "server 127.0.0.1 port %d minpoll 0 maxpoll 0 xleave\n"
       % server.port)
both = Daemon("hwtimestamp lo *\n" +
              server_line("127.0.0.1", server, "xleave"))
mine = free_port()
peer_port = chrony("peer", "peer 127.0.0.1 port %d minpoll 1 maxpoll 1 "
                   "xleave\n" % mine)
peer = Daemon("peer 127.0.0.1 port %d minpoll 1 maxpoll 1 xleave\n"
              % peer_port, port=mine)

ok(interleaved(ours, 5), "chronyd answers ours interleaved",
   ours.ntpq("-c", "rv &1"))
delay = ours.variable("xleave", "&1")
ok(delay and float(delay) > 0, "the kernel told when we sent", delay)
row = ours.peer("127.0.0.1")
ok(row and abs(row.offset) < 300, "and the offset is sane", row and row.line)
ok(interleaved(both, 5), "ours answers ours interleaved",
   both.ntpq("-c", "rv &1"))
ok(both.synchronized(), "and synchronizes", both.ntpq("-p"))
log = both.log()
ok(log.count("hwtimestamp lo: no hardware timestamps") == 1,
   "a card that cannot stamp is said once", log)
told = int(both.variable("io_tx_kernel"))
ok(told > 5 and both.variable("io_tx_hardware") == "0" and
   both.variable("io_hardware_refused") == "0",
   "and the kernel's departures are used", told)
served = wait_for(lambda: (n := server.variable("ss_interleaved")) and
                  int(n) >= 12 and n, 60, "interleaved replies")
ok(served, "ours answers chronyd interleaved", served)
ok(interleaved(peer, 3), "chronyd and ours are interleaved peers",
   peer.ntpq("-c", "rv &1"), peer.ntpq("-p"))
ok(plain.variable("interleaved", "&1") == "0",
   "who does not ask is not answered so", plain.ntpq("-c", "rv &1"))
