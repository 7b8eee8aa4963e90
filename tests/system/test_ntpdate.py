#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""ntpdate and ntp-wait: options, lines and exit statuses that scripts know.

Nothing here may set a clock, and nothing could: it runs without the right to.
"""
from harness import (BUILD, Daemon, ok, powerless, run, scratch, server_line,
                     stratum1, wait_for)
import contextlib
import os
import re
import select
import socket

NTPDATE = os.path.join(BUILD, "util", "ntpdate")
NTP_WAIT = os.path.join(BUILD, "util", "ntp-wait")
DATE = r"[ \d]\d [A-Z][a-z]{2} \d\d:\d\d:\d\d ntpdate\[\d+\]: "
here = scratch()


def ntpdate(*args):
    return run(powerless([NTPDATE, *args]))


def at(address, server):
    return "%s:%d" % (address, server.port)


good = stratum1(clock="0")
ahead = stratum1(clock="2.5")
low = Daemon(server_line("127.0.1.1", good))
for server in good, ahead, low:
    server.synchronized()
lost = Daemon("")

# ---- ntpdate: looking -----------------------------------------------------

status, words = ntpdate("-q", at("127.0.1.1", good))
lines = words.splitlines()
ok(status == 0 and len(lines) == 2 and
   re.fullmatch(r"server 127\.0\.1\.1, stratum 1, offset [+-]0\.[0-3]\d{5}, "
                r"delay \d\.\d{5}", lines[0]) and
   re.fullmatch(DATE + r"adjust time server 127\.0\.1\.1 offset "
                r"[+-]0\.[0-3]\d{5} sec", lines[1]),
   "-q shows the server and the offset", words)
status, words = ntpdate("-q", at("127.0.1.2", ahead))
ok(status == 0 and re.search(r"step time server 127\.0\.1\.2 offset "
                             r"\+2\.[1-8]\d{5} sec", words),
   "an offset above half a second is for a step", words)
status, words = ntpdate("-qB", at("127.0.1.2", ahead))
ok("adjust time server" in words, "unless -B forbids it", words)
status, words = ntpdate("-qb", at("127.0.1.1", good))
ok("step time server" in words, "-b steps whatever it is", words)
status, words = ntpdate("-Q", at("127.0.1.1", good))
ok(status == 0 and re.fullmatch(DATE + "adjust .*\n", words),
   "-Q shows the result alone", words)
status, words = ntpdate("-q", "-p", "1", "-t", "30", at("127.0.1.3", low),
                        at("127.0.1.1", good), at("127.0.1.2", ahead))
ok(status == 0 and words.count("server 127.0.1.") == 4 and
   "adjust time server 127.0.1.1 " in words,
   "the majority wins, of it the lowest stratum", words)
status, words = ntpdate("-q", at("127.0.1.1", good), at("127.0.1.2", ahead))
ok(status == 1 and "no server suitable for synchronization found: the "
   "servers disagree" in words, "two that disagree are none", words)
wait_for(lost.ask, 10, "an answer")
mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mute.bind(("127.0.1.6", 0))
status, words = ntpdate("-q", "-t", "2", "-p", "2", "127.0.0.1:9",
                        at("127.0.1.4", lost),
                        "127.0.1.6:%d" % mute.getsockname()[1])
ok(status == 1 and "stratum 0, offset +0.000000" in words and
   "127.0.0.1: port unreachable" in words and
   "127.0.1.4: it is not synchronized: INIT" in words and
   "no server suitable for synchronization found" in words,
   "what is wrong with each is told", words)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind(("127.0.1.6", 0))
    s.setblocking(False)
    status, words = run(powerless(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", NTPDATE, "-q", "-t", "1", "-p", "1",
         "127.0.1.6:%d" % s.getsockname()[1]]))
    heard = []
    with contextlib.suppress(BlockingIOError):
        while True:
            heard.append(s.recv(4096))
    ok(status == 1 and heard and all(len(d) == 48 for d in heard),
       "but to no server, when the standard error is closed", heard)
asked = 0
while select.select([mute], [], [], 0)[0]:
    asked += len(mute.recv(1024)) >= 48
ok(asked == 2, "after as many questions as were to be asked", asked)
for version in "1234":
    status, words = ntpdate("-q", "-p1", "-t30", "-o", version,
                            at("127.0.1.1", good))
    ok(status == 0, "version %s is answered" % version, words)

# ---- ntpdate: setting -----------------------------------------------------

status, words = ntpdate("-u", at("127.0.1.1", good))
ok(status == 1 and "cannot set the clock: Operation not permitted" in words,
   "without the right to set the clock it says so", words)
status, words = ntpdate("-ub", at("127.0.1.1", good))
ok(status == 1 and "cannot set the clock" in words, "nor can it step", words)

# ---- ntpdate: keys and mistakes -------------------------------------------

keys = os.path.join(here, "keys")
with open(keys, "w", encoding="ascii") as f:
    f.write("1 SHA1 a-secret-of-ours\n2 MD5 another\n")
signing = Daemon("server 127.127.1.0 minpoll 0 prefer\n"
                 "fudge 127.127.1.0 stratum 0\nkeys %s\ntrustedkey 1\n" % keys)
signing.synchronized()
status, words = ntpdate("-q", "-a", "1", "-k", keys, at("127.0.1.5", signing))
ok(status == 0, "a reply signed with our key is taken", words)
# Who has asked much is not told that his key is unknown.
status, words = ntpdate("-q", "-p", "1", "-t", "30", "-a", "1", "-k", keys,
                        at("127.0.1.3", low))
ok(status == 1 and "authentication failed" in words, "no other is", words)
status, words = ntpdate("-q", "-a", "7", "-k", keys, at("127.0.1.5", signing))
ok(status == 1 and "key 7 is not in" in words, "a key must be there", words)
for args in ((), ("-p", "9", "x"), ("-o", "5", "x"), ("-t", "no", "x"),
             ("-Z", "x"), ("-a", "0", "x")):
    status, words = ntpdate(*args)
    ok(status == 1 and words.strip(), "refused: %s" % " ".join(args), words)
status, words = ntpdate("-q", "127.0.0.1:x")
ok(status == 1 and "no servers can be used" in words, "so is a bad address",
   words)
ok("usage: ntpdate" in ntpdate("-h")[1], "-h tells how")
ok(ntpdate("--version")[1].startswith("truechimer ntpdate "), "--version")

# ---- ntp-wait -------------------------------------------------------------


def wait(*args, **env):
    path = os.path.join(BUILD, "ntpq") + ":" + os.environ["PATH"]
    return run(["sh", NTP_WAIT, *args],
               env=dict(os.environ, PATH=path, **env))


status, words = wait("-v", "-n", "1", at("127.0.0.1", good))
ok(status == 0 and re.fullmatch(r"Waiting for ntpd to synchronize\.\.\. "
                                r"OK! \(\d+ seconds\)\n", words),
   "ntp-wait: OK!", words)
status, words = wait("-n1", at("127.0.0.1", good), NTPQ_JSON="1", NTPQ="-i")
ok(status == 0 and not words, "quietly, whatever ntpq is told to do", words)
status, words = wait("--verbose", "--tries=2", "--sleep", "0",
                     at("127.0.0.1", lost))
ok(status == 1 and "No!\nntpd did not synchronize: " in words,
   "or not, with the reason", words)
status, words = wait("-v", "-n", "1", "127.0.0.1:9")
ok(status == 1 and "Unable to talk to NTP daemon" in words,
   "or nobody is there", words)
late = Daemon("server 127.127.1.0 minpoll 0 prefer\n"
              "fudge 127.127.1.0 stratum 0\n")
status, words = wait("-n", "100", "-s", "1", at("127.0.0.1", late))
ok(status == 0 and late.ask().leap == 0, "it ends when the daemon is ready",
   words)
for args in (("-n",), ("-n", "x"), ("--sleep=1.5",), ("-x",), ("a", "b")):
    status, words = wait(*args)
    ok(status == 2 and "Try `ntp-wait --help'" in words,
       "refused: %s" % " ".join(args), words)
ok("usage: ntp-wait" in wait("-h")[1] and
   wait("--version")[1].startswith("truechimer ntp-wait "), "-h, --version")
