#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Keys: every kind of MAC with chrony, both ways; a bad line; new keys on
SIGHUP."""
from harness import (CHRONYD, PATIENCE, Daemon, free_port, need_peers, ok, powerless,
                     scratch, server_line, spawn, stratum1, wait_for)
import os
import re
import signal

need_peers()
here = scratch()
HEX = "6f2c9a11d0e47b8853a1f09c2ddc41be77a05513a1b2c3d4e5f60718293a4b5c"
# id: our type, chrony's type, hexadecimal secret
KEYS = {1: ("MD5", "MD5", HEX[:40]), 2: ("SHA1", "SHA1", HEX[:40]),
        3: ("SHA256", "SHA256", HEX), 4: ("SHA384", "SHA384", HEX),
        5: ("SHA512", "SHA512", HEX), 6: ("SHA3-256", "SHA3-256", HEX),
        7: ("AES128CMAC", "AES128", HEX[:32]),
        8: ("AES256CMAC", "AES256", HEX)}


def path(name):
    return os.path.join(here, name)


def write(name, text):
    with open(path(name), "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(path(name), 0o600)


OURS = "".join("%d %s %s\n" % (i, k[0], k[2]) for i, k in KEYS.items())
write("keys", "# ours\nthis is no key\n" + OURS + "70000 MD5 x\n")
write("chrony.keys", "".join("%d %s HEX:%s\n" % (i, k[1], k[2])
                             for i, k in KEYS.items()))
KEYWORDS = "keys %s\ntrustedkey (1 ... 5) 6 7 8\n" % path("keys")

# chrony asks ours, once with each key and once with a wrong secret.
server = stratum1(args=("-k", path("keys"), "-t", "1", "-t", "2", "-t", "3",
                        "-t", "4", "-t", "5", "-t", "6", "-t", "7", "-t", "8"))
server.synchronized()
write("wrong.keys", "1 MD5 HEX:%s\n" % HEX[:38])
asked = {}
for i in [0, *KEYS]:
    asked[i] = spawn(powerless(
        [CHRONYD, "-Q", "-x", "-t", "100" if i else "12", "user root", "cmdport 0",
         "pidfile %s/q%d.pid" % (here, i),
         "keyfile %s" % path("chrony.keys" if i else "wrong.keys"),
         "server 127.0.0.1 port %d iburst key %d" % (server.port, i or 1)]),
        path("q%d" % i))

# Ours asks chrony: an association for each key, and one with a key of the
# right id that chrony holds with another secret.
port = free_port()
write("chrony.conf", "user root\nport %d\ncmdport 0\nallow\nlocal stratum 2\n"
      "keyfile %s\npidfile %s\n" % (port, path("chrony.keys"),
                                    path("chrony.pid")))
spawn(powerless([CHRONYD, "-x", "-d", "-f", path("chrony.conf")]),
      path("chrony.out"))
ours = Daemon(KEYWORDS + "tos maxclock 20\n" + "".join(
    "server 127.0.1.%d port %d iburst minpoll 1 maxpoll 2 key %d\n" %
    (i, port, i) for i in KEYS))
ok(ours.synchronized(), "ours synchronizes to chrony with MACs", ours.log())


def authentic():
    lines = [line.split() for line in ours.ntpq("-c", "as").splitlines()]
    return [f for f in lines if len(f) > 5 and f[0].isdigit() and
            f[3:6] == ["yes", "yes", "ok"]]


for i in KEYS:
    row = wait_for(lambda a=i: (r := ours.peer("127.0.1.%d" % a)) and
                   r.reach & 1 and r, 10, "an answer")
    ok(row, "chrony's %s is verified" % KEYS[i][0], ours.ntpq("-p"))
ok(len(authentic()) == len(KEYS), "all are shown as authenticated",
   ours.ntpq("-c", "as"))
log = ours.log()
ok(":2: key id" in log and ":11: key id" in log and "8 keys read" in log,
   "a bad line is told with its number and costs no other key", log)
ok(HEX[:20] not in log, "no secret in the log")

# New secrets on both sides while the associations run.
assoc = ours.ntpq("-c", "as")
other = HEX[::-1]
write("keys", OURS.replace(HEX[:40], other[:40]))
ours.child.send_signal(signal.SIGHUP)
bad = wait_for(lambda: (r := ours.peer("127.0.1.1")) and not r.reach & 7,
               20, "the old key of chrony to fail")
ok(bad, "after SIGHUP the new secret counts: chrony's MD5 is refused",
   ours.ntpq("-p"))
row = ours.peer("127.0.1.7")
ok(row and row.reach & 3, "the others go on", row and row.line)
write("keys", "nothing\nof\nthis\nis\na\nkey\nfile\n")
ours.child.send_signal(signal.SIGHUP)
ok(wait_for(lambda: "the old keys stay" in ours.log(), 10, "a refusal"),
   "a file without any key is refused, the old keys stay", ours.log())
ok(ours.log().count("key id must be") < 9, "and is not told line by line")
write("keys", OURS)
ours.child.send_signal(signal.SIGHUP)
back = wait_for(lambda: (r := ours.peer("127.0.1.1")) and r.reach & 1, 20,
                "the right key again")
ok(back, "with the old secret it goes on", ours.ntpq("-p"))
ids = [re.findall(r"^ *\d+ +(\d+)", text, re.M)
       for text in (assoc, ours.ntpq("-c", "as"))]
ok(ids[0] and ids[0] == ids[1], "the associations are the same ones", ids)

for i, child in asked.items():
    status = child.wait(2 * PATIENCE)
    with open(path("q%d" % i), encoding="utf-8") as f:
        words = f.read()
    if i:
        ok(status == 0 and "System clock wrong by" in words,
           "chronyd believes our %s" % KEYS[i][0], words)
    else:
        ok(status != 0, "chronyd with another secret does not believe us",
           words)
