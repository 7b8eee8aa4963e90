#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Truechimer and ntpsec: daemons and query tools, both ways round.

ntpsec knows port 123 only, so this runs in a network of its own.  Its daemon
may not set the clock and so never calls itself synchronized; a relay says it
in its place.
"""
from harness import (Daemon, NTPSEC_NTPD, OTHER_HOST, OWN_HOST, Relay,
                     enter_namespace, need_peers, ntpsec_python, ok, peers,
                     powerless, scratch, server_line, spawn, stratum1, wait_for)
import json
import os

need_peers()
enter_namespace()
here = scratch()


def ntpsec_daemon(name, text):
    conf = os.path.join(here, name + ".conf")
    with open(conf, "w", encoding="ascii") as f:
        f.write("disable ntp\nrestrict default\nrestrict 127.0.0.1\n" + text)
    return spawn(powerless([NTPSEC_NTPD, "-n", "-c", conf]),
                 os.path.join(here, name))


# ntpsec serves, ours follows.
def as_synchronized(data):
    if len(data) < 48 or data[0] & 7 != 4:
        return data
    return bytes([data[0] & 0x3f, 2]) + data[2:]


theirs = ntpsec_daemon("server", "server 127.127.1.0\n"
                       "fudge 127.127.1.0 stratum 1\n")
relay = Relay("127.0.1.1", "127.0.0.1", 123, as_synchronized)
ours = Daemon("server 127.0.1.1 port %d iburst minpoll 1 maxpoll 2\n" %
              relay.port, clock="0.7,-20")
reply = ours.synchronized()
ok(reply and reply.stratum == 3, "ours synchronizes to ntpsec's ntpd",
   ours.ntpq("-p"), ours.log())
rows = wait_for(lambda: (r := peers("127.0.0.1")) and r[0].reach and r, 10,
                "ntpsec's peers")
ok(rows and rows[0].type == "l" and rows[0].reach > 0,
   "our ntpq reads ntpsec's ntpd", rows and rows[0].line)
theirs.terminate()
theirs.wait()

# Ours serves, ntpsec's programs ask.
upstream = stratum1()
ours = Daemon(server_line("127.0.1.1", upstream), port=123)
ok(ours.synchronized(), "ours synchronizes on port 123", ours.log())
wait_for(lambda: (r := ours.peer("127.0.1.1")) and r.tally == "*", 30,
         "a system peer")

status, words = ntpsec_python("ntpdig", "-j", "127.0.0.1")
try:
    answer = json.loads(words)
except ValueError:
    answer = {}
ok(status == 0 and answer.get("stratum") == 2 and
   abs(answer.get("offset", 9)) < 0.4, "ntpdig measures ours", words)

status, words = ntpsec_python("ntpq", "-n", "-c", "peers", "127.0.0.1")
ok(status == 0 and "*127.0.1.1" in words and ".GPS." in words,
   "ntpsec's ntpq shows our peers", words)
status, words = ntpsec_python("ntpq", "-n", "-c", "rv", "127.0.0.1")
ok(status == 0 and "leap=00" in words and "stratum=2" in words,
   "ntpsec's ntpq reads our system variables", words)
status, words = ntpsec_python("ntpq", "-n", "-c", "as", "-c", "rv &1",
                              "127.0.0.1")
ok(status == 0 and "sys.peer" in words and "srcadr=127.0.1.1" in words and
   "filtdelay" in words, "ntpsec's ntpq reads our peer variables", words)
ours.kill()

# ntpsec follows ours.  Both want port 123: ours answers at another address by
# way of a relay.
server = Daemon(server_line("127.0.1.1", upstream))
ok(server.synchronized(), "ours serves again", server.log())
Relay(OTHER_HOST, "127.0.0.1", server.port, port=123)
ntpsec_daemon("client", "interface ignore wildcard\n"
              "interface listen 127.0.0.1\n"
              "interface listen %s\n"
              "server %s iburst minpoll 1 maxpoll 2\n" %
              (OWN_HOST, OTHER_HOST))
rows = wait_for(lambda: [r for r in peers("127.0.0.1") if r.tally == "*"],
                60, "ntpsec to choose ours")
ok(rows and rows[0].remote == OTHER_HOST and rows[0].stratum == 2 and
   abs(rows[0].offset) < 300, "ntpsec's ntpd follows ours",
   rows and rows[0].line, open(os.path.join(here, "client")).read())
