#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The main job: synchronize, tell truth from lie, serve a LAN, survive the
loss of a server."""
from harness import Daemon, ok, server_line, stratum1, wait_for, wrong_by

good = {"127.0.1.%d" % i: stratum1(start=False) for i in (1, 2, 3)}
liar = stratum1("0.35", start=False)
ours = Daemon("".join(server_line(a, d) for a, d in good.items()) +
              server_line("127.0.1.4", liar), clock="-0.8,40")

first = ours.ask()
early = wait_for(lambda: ours.ask(), 5, "a first answer")
ok(early and early.leap == 3, "leap says unsynchronized before the first "
   "update", first)
for upstream in *good.values(), liar:
    upstream.start()
ok(ours.synchronized(), "synchronizes although it starts 0.8 s off",
   ours.log())


def judged():
    rows = {row.remote: row for row in ours.peers()}
    return (len(rows) == 4 and rows["127.0.1.4"].tally == "x" and
            all(rows[a].tally in "*+" for a in good) and rows)


rows = wait_for(judged, 60, "three truechimers and one falseticker")
ok(rows, "three servers are chosen (* +), the liar is not (x)",
   ours.ntpq("-p"))

reply = ours.ask()
error = wrong_by(ours)
ok(reply and reply.stratum == 2, "serves at stratum 2")
ok(error < 0.1, "the time it serves is right", error)
# what is served follows with the next update
ok(wait_for(lambda: (r := ours.ask()) and r.refid[:3] == b"\x7f\x00\x01"
            and r.refid[3] < 4, 20, "the reference id"),
   "the reference id names a truechimer", reply and reply.refid)

client = Daemon(server_line("127.0.0.1", ours), clock="1.5,-25")
answer = client.synchronized()
ok(answer and answer.stratum == 3, "a LAN client synchronizes at stratum 3",
   client.log())

victim = next((r.remote for r in ours.peers() if r.tally == "*"), None)
ok(victim in good, "the system peer is a truechimer", victim)
if victim in good:
    good[victim].kill()
    taken = wait_for(lambda: [r for r in ours.peers() if r.tally == "*" and
                              r.remote != victim], 60, "failover")
    ok(taken, "another server takes over when the system peer dies",
       ours.ntpq("-p"))
    reply = ours.ask()
    ok(reply and reply.leap == 0, "and the LAN is served throughout")
