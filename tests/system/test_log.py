#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The lines of the log that people and their programs look for, word for
word, and a log that no link leads astray."""
from harness import (Daemon, OWN_HOST, enter_namespace, ok, scratch,
                     server_line, stratum1, wait_for)
import fcntl
import os
import re
import signal
import socket
import struct

enter_namespace()
here = scratch()
upstream = stratum1()
leaps = here + "/leap-seconds.list"
with open(leaps, "w", encoding="ascii") as f:
    f.write("#$ 3676924800\n#@ 3928521600\n2272060800 10\n")
ours = Daemon(server_line("127.0.1.1", upstream) +
              "pool 127.0.2.1 port %d iburst\n"
              "restrict -6 default kod\n"
              "leapfile %s\n"
              "interface listen %s\n"
              "interface listen 127.0.0.1\n"
              "logconfig =syncall +sysevents +peerevents\n"
              "tinker bogus\n" % (upstream.port, leaps, OWN_HOST),
              start=False)
ours.write("drift", "1.250\n")
ours.start()
ok(ours.synchronized(), "it synchronizes", ours.log())
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    siocsifflags, down = 0x8914, 0  # which takes an alias away
    fcntl.ioctl(s, siocsifflags, struct.pack("16sh14x", b"lo:1", down))
wait_for(lambda: "Deleting interface" in ours.log(), 10, "the interface")
second = Daemon("interface listen 127.0.0.1\n", port=ours.port)
wait_for(lambda: not second.alive(), 10, "the second to give up")
wait_for(lambda: "Soliciting" in ours.log(), 10, "the pool")
ours.kill(signal.SIGTERM)

DATE = r"[ \d]\d [A-Z][a-z]{2} \d\d:\d\d:\d\d ntpd\[\d+\]: "
for words in (
        r"ntpd \S+: Starting",
        r"Command line: \S*ntpd -n -g -c \S+.*",
        r"proto: precision = \d+\.\d{3} usec \(-\d+\)",
        r"Listen normally on \d+ lo\S* 192\.0\.2\.1:\d+",
        r"Listening on routing socket on fd #\d+ for interface updates",
        r"Deleting interface #\d+ lo\S*, 192\.0\.2\.1#\d+, interface stats: "
        r"received=\d+, sent=\d+, dropped=\d+, active_time=\d+ secs",
        r"Soliciting pool server 127\.0\.2\.1",
        r"frequency initialized 1\.250 PPM from \S+",
        r"\S+: warning: KOD does nothing without LIMITED\..*",
        r"syntax error in \S+ line \d+, column \d+",
        r"leapsecond file \('\S+'\): no hash signature.*",
        r"leapsecond file \('\S+'\): .*expire.*",
        r"0\.0\.0\.0 [0-9a-f]{4} 05 clock_sync",
        r"127\.0\.1\.1 [0-9a-f]{4} 84 reachable",
        r"synchronized to 127\.0\.[12]\.1, stratum 1",
        r"ntpd exiting on signal 15 \(Terminated\)"):
    found = re.search("^%s%s$" % (DATE, words), ours.log(), re.M)
    ok(found, words, ours.log())
for words in (
        r"bind\(\S+\) AF_INET 127\.0\.0\.1#\d+ failed: "
        r"Address already in use",
        r"unable to bind to \w+ address \S+ - another process may be "
        r"running - EXITING"):
    ok(re.search("^%s%s$" % (DATE, words), second.log(), re.M), words,
       second.log())

# -- a link where others may write
victim = here + "/victim"
with open(victim, "w", encoding="ascii") as f:
    f.write("mine\n")
trap = scratch()
os.chmod(trap, 0o1777)
os.symlink(victim, trap + "/log")
led = Daemon("", args=["-l", trap + "/log"])
ok(wait_for(led.ask, 10, "the daemon"), "a link for a log: it starts",
   led.log())
ok("cannot open log file %s/log, a link in a directory of others" % trap in
   led.log() and open(victim, encoding="ascii").read() == "mine\n",
   "does not follow it, and says so", led.log())
os.unlink(trap + "/log")
ok(wait_for(lambda: os.path.exists(trap + "/log"), 20, "the log"),
   "and logs there when the link is gone", led.log())
led.kill()
