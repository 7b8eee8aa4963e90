#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Association modes beside client and server: symmetric and broadcast, with
chrony at the other end and with two of ours."""
import os

from harness import (CHRONYD, Daemon, free_port, need_peers, ok, peers,
                     powerless, scratch, spawn, stratum1, wait_for)

need_peers()
here = scratch()
KEYS = "1 SHA1 0123456789abcdef0123456789abcdef01234567\n"
with open(os.path.join(here, "keys"), "w", encoding="ascii") as f:
    f.write(KEYS)
with open(os.path.join(here, "chrony.keys"), "w", encoding="ascii") as f:
    f.write("1 SHA1 HEX:0123456789abcdef0123456789abcdef01234567\n")
KEYED = "keys %s/keys\ntrustedkey 1\n" % here
CLOCK = ("server 127.127.1.0 minpoll 0 prefer\n"
         "fudge 127.127.1.0 stratum 2 refid GPS\n")
EVERYBODY = "127.255.255.255"


def chrony(name, port, text):
    conf = os.path.join(here, name + ".conf")
    with open(conf, "w", encoding="ascii") as out:
        out.write("user root\nport %d\ncmdport 0\nallow\nlocal stratum 2\n"
                  "keyfile %s/chrony.keys\npidfile %s/%s.pid\n%s" % (
                      port, here, here, name, text))
    spawn(powerless([CHRONYD, "-x", "-d", "-f", conf]),
          os.path.join(here, name + ".out"))


def reached(daemon, address="127.0.0.1", times=3):
    row = daemon.peer(address)
    return row if row and bin(row.reach).count("1") >= times else None


def beside(i):
    rows = peers("127.0.0.%d:%d" % (2 + i, apart[i]))
    return any(r.type == "s" and bin(r.reach).count("1") >= 2 for r in rows)


# Everything is started first, so that the waits overlap.
theirs, mine = free_port(), free_port()
chrony("peer", theirs, "peer 127.0.0.1 port %d minpoll 1 maxpoll 1 "
       "key 1\n" % mine)
peer = Daemon(KEYED + "peer 127.0.0.1 port %d minpoll 1 maxpoll 1 key 1\n"
              % theirs, clock="-0.05", port=mine)

first, second = free_port(), free_port()
active = Daemon(KEYED + "peer 127.0.0.1 port %d minpoll 1 maxpoll 1 key 1\n"
                % second, clock="0.05", port=first)
passive = Daemon(KEYED + CLOCK, port=second)
refusing = stratum1()
rejected = Daemon("peer 127.0.0.1 port %d minpoll 1 maxpoll 1\n"
                  % refusing.port)

# The route between these two begins at 127.0.0.1, where neither listens.
apart = free_port(), free_port()
here_only = [Daemon(CLOCK + "interface ignore all\ninterface listen "
                    "127.0.0.%d\npeer 127.0.0.%d port %d minpoll 1 maxpoll 1\n"
                    % (2 + i, 3 - i, apart[1 - i]), port=apart[i])
             for i in range(2)]

listener = Daemon(KEYED + "broadcastclient\n", clock="0.05,20")
tells = free_port()
teller = Daemon(KEYED + CLOCK + "broadcast %s port %d minpoll 1 key 1\n"
                % (EVERYBODY, listener.port), port=tells)
deaf = Daemon("broadcastclient\n")
hears = Daemon("broadcastclient\ndisable auth\nbroadcastdelay 0.0001\n",
               clock="0.05,20")
chrony("teller", free_port(), "broadcast 2 %s %d\nbroadcast 2 %s %d\n" % (
    EVERYBODY, deaf.port, EVERYBODY, hears.port))

row = wait_for(lambda: reached(peer), 60, "chronyd as our peer")
ok(row and row.type == "s", "chronyd and ours are peers",
   peer.ntpq("-p"), peer.log())
ok(row and abs(row.offset) < 300,
   "and measure each other", row and row.line)
ok(peer.synchronized(), "ours takes chronyd's time", peer.ntpq("-p"))

row = wait_for(lambda: reached(passive), 60, "the passive end")
ok(row and row.type == "S", "a keyed stranger is a passive peer",
   passive.ntpq("-p"), passive.log())
row = wait_for(lambda: reached(active), 20, "the active end")
ok(row and row.type == "s", "and the other end reaches it",
   active.ntpq("-p"), active.log())
ok(wait_for(lambda: beside(0) and beside(1), 20, "peers on loopback"),
   "a peer leaves from an address that is open", here_only[0].log(),
   here_only[1].log())
row = wait_for(lambda: reached(rejected), 30, "an answer without state")
ok(row and len(refusing.peers()) == 1,
   "a stranger without key is answered and not remembered",
   refusing.ntpq("-p"), rejected.ntpq("-p"))

row = wait_for(lambda: (r := reached(listener)) and r.type == "b" and r, 60,
               "a broadcast after the volley")
ok(row, "ours hears ours after a volley", listener.ntpq("-p"),
   listener.log())
ok("delay 0.0" in listener.log(), "and has measured the delay",
   listener.log())
ok(listener.synchronized(), "and synchronizes", listener.ntpq("-p"))
row = teller.peer(EVERYBODY)
ok(row and row.type == "B", "the broadcast is shown at its server",
   teller.ntpq("-p"))

row = wait_for(lambda: reached(hears), 60, "chronyd's broadcast")
ok(row and row.type == "b" and abs(row.offset) < 300,
   "ours hears chronyd with a given delay", hears.ntpq("-p"), hears.log())
ok(hears.synchronized(), "and synchronizes", hears.ntpq("-p"))
ok(not deaf.peers(), "a broadcast without key is not believed by default",
   deaf.ntpq("-p"))
