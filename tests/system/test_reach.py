#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""One lost reply walks through the reach register, once a poll."""
from harness import Daemon, Relay, ok, stratum1, wait_for

WALK = [0o376, 0o375, 0o373, 0o367, 0o357, 0o337, 0o277, 0o177, 0o377]
lose = 0


def loss(data):
    global lose
    if lose:
        lose -= 1
        return None
    return data


upstream = stratum1()
upstream.synchronized()
relay = Relay("127.0.1.1", "127.0.0.1", upstream.port, loss)
ours = Daemon("server 127.0.1.1 port %d minpoll 2 maxpoll 2\n" % relay.port)


def reach():
    row = ours.peer("127.0.1.1")
    return row and row.reach


ok(wait_for(lambda: reach() == 0o377, 90, "eight replies"),
   "eight answered polls fill the register", ours.ntpq("-p"))
lose = 1
seen = []


def walked():
    now = reach()
    if now is not None and (not seen or seen[-1] != now):
        seen.append(now)
    return len(seen) > len(WALK) and now == 0o377


wait_for(walked, 90, "the lost reply to leave")
# At the send the new bit is still 0; it is the answer that sets it, and a busy
# machine shows us the moment between.
settled = [r for r, after in zip(seen, seen[1:] + [None]) if after != r | 1]
while settled and settled[0] != WALK[0]:
    settled.pop(0)
ok(settled == WALK, "one lost reply walks 376 375 373 367 357 337 277 177 377",
   " ".join("%o" % r for r in seen))
ok(lose == 0, "exactly one reply was lost")
