#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Polls less than a second apart, for a server on the same network."""
from harness import Daemon, ok, stratum1, wait_for

MANY = 200  # in the time that is given, no poll of a second gets there
server = stratum1()
fast = Daemon("server 127.0.0.1 port %d lan minpoll -6 maxpoll -4\n"
              % server.port, clock="0.02,20")
slow = Daemon("server 127.0.0.1 port %d minpoll -6 maxpoll -4\n"
              % server.port, clock="0.02,20")


def answers(daemon):
    return int(daemon.variable("received", "&1") or 0)


count = wait_for(lambda: answers(fast) >= MANY and answers(fast), 60,
                 "many answers")
ok(count, "a server on the LAN is asked many times a second",
   fast.ntpq("-p"), fast.log())
ok(answers(slow) < answers(fast) / 2, "but not without `lan`", slow.ntpq("-p"))
ok(" 1/" in fast.ntpq("-p"), "ntpq shows a fraction of a second",
   fast.ntpq("-p"))
ok("need `lan`" in slow.log(), "which is said", slow.log())
ok(fast.synchronized(), "and the clock is set", fast.ntpq("-p"))
