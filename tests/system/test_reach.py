#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""One lost reply walks through the reach register, once a poll."""
from harness import PATIENCE, Daemon, Relay, ok, stratum1, wait_for

# Read between question and answer, so that the bit of this poll is still 0.
WALK = [0o376, 0o374, 0o372, 0o366, 0o356, 0o336, 0o276, 0o176, 0o376]
lose = 0
seen = []


def loss(data):
    """What is about to answer a poll; the register as it is then."""
    global lose
    if lose or seen:
        seen.append(reach())
    if lose:
        lose -= 1
        return None
    return data


upstream = stratum1()
upstream.synchronized()
relay = Relay("127.0.1.1", "127.0.0.1", upstream.port, loss,
              seconds=PATIENCE)
ours = Daemon("server 127.0.1.1 port %d minpoll 2 maxpoll 2\n" % relay.port)


def reach():
    row = ours.peer("127.0.1.1")
    return row and row.reach


ok(wait_for(lambda: reach() == 0o377, 90, "eight replies"),
   "eight answered polls fill the register", ours.ntpq("-p"))
lose = 1
wait_for(lambda: len(seen) >= len(WALK), 90, "the lost reply to leave")
ok(seen[:len(WALK)] == WALK,
   "one lost reply walks 376 374 372 366 356 336 276 176 376",
   " ".join("%o" % r for r in seen if r is not None))
ok(wait_for(lambda: reach() == 0o377, 20, "it"), "and is gone",
   ours.ntpq("-p"))
ok(lose == 0, "exactly one reply was lost")
