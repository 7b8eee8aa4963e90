#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Our ntpq and our ntpd: every read command as a table, as JSON and with a
key; the metrics; changes of the configuration."""
from harness import (NTPQ, Daemon, ntpq, ok, run, server_line, stratum1,
                     wait_for)
import json
import re

READ = ["peers", "lpeers", "apeers", "opeers", "lopeers", "associations",
        "lassociations", "rv", "rv 0 leap,stratum", "rl", "rv &1",
        "mrv &1 &2", "mrl &1 &2", "cv", "cl", "pstats &1", "sysinfo",
        "sysstats", "monstats", "kerninfo", "iostats", "timerstats",
        "authinfo", "ntsinfo", "mrulist", "ifstats", "reslist", "why",
        "history"]

upstream = stratum1()
ours = Daemon(server_line("127.0.1.1", upstream) +
              "server 127.127.1.0\nfudge 127.127.1.0 stratum 10\n"
              "trustedkey 1 2\ncontrolkey 1\n", start=False)
ours.write("keys", "1 SHA256 00112233445566778899aabbccddeeff\n2 MD5 other\n")
with open(ours.path("conf"), "a", encoding="ascii") as f:
    f.write("keys %s\n" % ours.path("keys"))
ours.start()
ours.synchronized()
wait_for(lambda: (r := ours.peer("127.0.1.1")) and r.tally == "*", 30,
         "a system peer")
target = "127.0.0.1:%d" % ours.port


def ask(*args, key="1"):
    return run([NTPQ, "-n", "-a", key, "-k", ours.path("keys"), *args,
                target])[1]


for command in READ:
    words = ask("-c", command)
    ok(words.strip() and "***" not in words and "ntpq:" not in words and
       "???" not in words and "Warning" not in words, command, words)
    words = ask("--json", command)
    try:
        doc = json.loads(words.splitlines()[-1])  # behind any progress
    except (ValueError, IndexError):
        doc = {"error": "no JSON"}
    ok("error" not in doc and doc["command"] == command.split()[0],
       "the same as JSON", words)

doc = json.loads(ask("--json", "peers"))
row = [p for p in doc["peers"] if p["address"] == "127.0.1.1"][0]
ok(row["tally"] == "*" and row["condition"] == "sys.peer" and
   row["stratum"] == 1 and row["refid"] == "GPS" and
   isinstance(row["offset"], (int, float)) and row["reach"] > 0,
   "JSON has the system peer", row)

metrics = ask("--format=prometheus")
sample = re.compile(r'[a-z_]+(\{([a-z]+="[^"\\]*",?)+\})? -?[0-9.e+-]+$')
ok(all(line.startswith("# ") or sample.match(line)
       for line in metrics.splitlines()), "the metrics are in their format",
   metrics)
ok("\nntp_system_stratum 2\n" in metrics and "ntp_up 1\n" in metrics and
   re.search(r'ntp_source_selection\{[^}]*address="127.0.1.1"[^}]*'
             r'state="sys.peer"\} 1\n', metrics), "and hold the state", metrics)

ok("***Server disallowed request" in ask("-c", ":config tos minclock 1",
                                         key="2"),
   "another key may not change the configuration")
words = ask("-c", ":config tos minclock 1")
ok("Config Succeeded" in words, "the right one may", words)
words = ask("-c", ":config tos minclok 1")
ok("_" in words and "^" in words and "syntax error" in words,
   "a mistake is pointed at", words)
words = ntpq("fe80::1", "-p")
ok("fe80::1%eth0" in words, "a link-local address wants its interface", words)
words = ask("-c", ":config server 127.0.1.2 port %d minpoll 3" % upstream.port)
ok(wait_for(lambda: ours.peer("127.0.1.2"), 10, "the new source"),
   "a source is added while it runs", words)
