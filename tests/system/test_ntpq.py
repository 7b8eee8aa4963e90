#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Our ntpq and ntpsec's ntpd: every read command, and every kind of key.

ntpsec knows port 123 only, so this runs in a network of its own.
"""
from harness import (NTPQ, NTPSEC_NTPD, enter_namespace, need_peers, ok,
                     powerless, run, scratch, spawn, wait_for)
import json
import os

need_peers()
enter_namespace()
here = scratch()

SECRETS = {
    1: ("MD5", "plain-secret"),
    2: ("SHA1", "0123456789abcdef0123456789abcdef01234567"),
    3: ("SHA256", "00112233445566778899aabbccddeeff"),
    4: ("AES", "2b7e151628aed2a6abf7158809cf4f3c"),
}
keys = os.path.join(here, "keys")
with open(keys, "w", encoding="ascii") as f:
    for number, (kind, secret) in SECRETS.items():
        f.write("%d %s %s\n" % (number, kind, secret))


def start(controlkey):
    conf = os.path.join(here, "conf")
    with open(conf, "w", encoding="ascii") as f:
        f.write("disable ntp\nrestrict default\nrestrict 127.0.0.1\n"
                "server 127.127.1.0\nserver 192.0.2.9 iburst\n"
                "keys %s\ntrustedkey 1 2 3 4\ncontrolkey %d\n" %
                (keys, controlkey))
    daemon = spawn(powerless([NTPSEC_NTPD, "-n", "-c", conf]),
                   os.path.join(here, "log"))
    wait_for(lambda: "sel_" in ask("-c", "rv &1")[1] or
             "leap=" in ask("-c", "rv 0 leap")[1], 10, "ntpsec's ntpd")
    return daemon


def ask(*args):
    return run([NTPQ, "-n", *args, "127.0.0.1"])


# What the words of a failure look like on either stream.
def went_well(words):
    return "***" not in words and "ntpq:" not in words and words.strip()


READ = ["peers", "lpeers", "apeers", "opeers", "lopeers", "rpeers",
        "associations", "lassociations", "passociations", "lpassociations", "rv", "rv 0 leap,stratum", "rl", "rv &1", "rv &2",
        "mrv &1 &2", "mrl &1 &2", "mrv &1 &2 srcadr,offset", "cv", "cv &1",
        "cl", "pstats &1", "pstats &2", "sysinfo", "sysstats", "monstats",
        "kerninfo", "iostats", "timerstats", "authinfo", "ntsinfo",
        "ifstats", "reslist", "mrulist"]

daemon = start(1)
signed = ("-a", "1", "-k", keys)
for command in READ:
    # These show the list that the one before them has read.
    before = ("-c", "as") if "passoc" in command else ()
    status, words = ask(*signed, *before, "-c", command)
    ok(status == 0 and went_well(words) and "Warning" not in words,
       "%s of ntpsec's ntpd" % command, words)
    status, words = ask(*signed, "--json", *before, "-c", command)
    try:
        doc = json.loads(words.splitlines()[-1])
    except ValueError:
        doc = {"error": "no JSON: " + words}
    ok("error" not in doc, "the same as JSON", words)
words = ask("-c", "mssntpinfo")[1]
ok(words.startswith("***A request variable unknown to the server\n") and
   "???" not in words, "a table of which it knows nothing is not shown", words)
status, words = ask(*signed, "-c", "reslist", "-c", "ifstats")
ok("127.0.0.1/32" in words and "127.0.0.1:123" in words,
   "its lists have loopback", words)
status, words = ask(*signed, "-c", ":config logconfig =all")
ok(words == "Config Succeeded\n", "it takes a line of configuration", words)
status, words = ask("-c", ":config logconfig =all", "-a", "2", "-k", keys)
ok("disallowed" in words and "controlkey" in words,
   "another key is refused, and told what to do", words)
daemon.terminate()
daemon.wait()

for number, (kind, secret) in SECRETS.items():
    if number == 1:
        continue
    daemon = start(number)
    status, words = ask("-c", "keyid %d" % number, "-c", "keytype %s" % kind,
                        "-c", "passwd %s" % secret, "-c", "reslist")
    ok("127.0.0.1/32" in words, "a %s key signs" % kind, words)
    daemon.terminate()
    daemon.wait()
