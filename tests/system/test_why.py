#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Why a source is not followed: each thing that can be wrong is done to one
association of a real daemon, and ntpq tells which."""
from harness import (Daemon, Relay, enter_namespace, free_port, ok, stratum1,
                     wait_for)
import json
import re
import socket

enter_namespace()
good = [stratum1() for _ in range(3)]
false = stratum1(clock="7")
nobody = Daemon("server 127.0.0.99 port 9\n")  # never synchronized

silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.2.2", 0))


def forged(data):
    """An origin timestamp that we never sent."""
    return data[:24] + bytes(8) + data[32:]


def kiss(data):
    return bytes([0xe4, 0]) + data[2:12] + b"RATE" + data[16:]


def far(data):
    """Root dispersion of 2 s."""
    return data[:8] + b"\0\2\0\0" + data[12:]


def spoilt(change):
    return Relay("127.0.2.9", "127.0.0.1", good[0].port, change).port


bogus, kissed, distant = map(spoilt, (forged, kiss, far))
POLL = "iburst minpoll 1 maxpoll 2"
closed = free_port()
WRONG = {
    "icmp": "server 127.0.2.1 port %d %s" % (closed, POLL),
    "silence": "server 127.0.2.2 port %d %s" % (silent.getsockname()[1], POLL),
    "unresolved": "server no-such-host.invalid " + POLL,
    "bogus": "server 127.0.2.9 port %d %s" % (bogus, POLL),
    "kiss": "server 127.0.2.9 port %d minpoll 1 maxpoll 1" % kissed,
    "distance": "server 127.0.2.9 port %d %s" % (distant, POLL),
    "auth": "server 127.0.2.3 port %d key 3 %s" % (good[1].port, POLL),
    "unsynchronized": "server 127.0.2.4 port %d %s" % (nobody.port, POLL),
    "noselect": "server 127.0.2.5 port %d noselect %s" % (good[2].port, POLL),
    "falseticker": "server 127.0.2.6 port %d %s" % (false.port, POLL),
}
SAYS = {
    "icmp": r"ICMP port unreachable from 127\.0\.2\.1 \(since .*start ntpd",
    "silence": r"sent \d+; nothing received and no ICMP error",
    "unresolved": r"no-such-host\.invalid: .+; \d+ failures; next try in",
    "bogus": r"\d+ with an origin that is not our last request",
    "kiss": r"kiss code RATE; polling every 8 s",
    "distance": r"root distance 2\.\d\d\d s; limit 1\.500 s.*`tos maxdist`",
    "auth": r"crypto-NAK: the server does not accept key 3 \(SHA256\)",
    "unsynchronized": r"not synchronized: leap 3 stratum",
    "noselect": r"measured only: offset .*remove noselect .* line \d+\)",
    "falseticker": r"its interval \[[-+]\d.* to .*\] misses \[.*\] of the "
                   r"majority of 4",
}
ours = Daemon("", clock="0.9", start=False)
ours.write("keys", "3 SHA256 0123456789abcdef0123456789abcdef\n")
with open(ours.path("conf"), "a", encoding="ascii") as f:
    f.write("keys %s\ntrustedkey 3\n" % ours.path("keys"))
    for i, server in enumerate(good, 1):
        f.write("server 127.0.1.%d port %d %s\n" % (i, server.port, POLL))
    f.write("\n".join(WRONG.values()) + "\n")
ours.start()


def why():
    """{word: [sentence]} of the associations, in the order of the file."""
    try:
        doc = json.loads(ours.ntpq("--json", "-c", "why"))
    except ValueError:
        return {}
    words = {}
    for r in doc.get("reasons", []):
        if r["associd"]:
            words.setdefault(r["word"], []).append(r["reason"])
        else:
            words["system"] = [r["reason"]]
    return words


def all_told():
    told = why()
    followed = sum(len(told.get(w, ()))
                   for w in ("syspeer", "candidate", "outlier"))
    return (followed == 3 and all(len(told.get(w, ())) == 1 for w in [*WRONG, "syspeer"]) and
            told["system"][0].startswith(("serving", "slewing", "training"))
            and told)


told = wait_for(all_told, 60, "every reason") or why()
for word, pattern in SAYS.items():
    ok(len(told.get(word, ())) == 1 and re.search(pattern, told[word][0]),
       "why: " + word, told.get(word, ours.ntpq("-c", "why")))
followed = told.get("syspeer", []) + told.get("candidate", []) + \
    told.get("outlier", [])
ok(len(followed) == 3 and len(told.get("syspeer", [])) == 1 and
   re.search(r"leads with weight \d+\.\d %; offset [-+]\d", followed[0]),
   "why: the three others are chosen, one leads", told)
ok(re.match(r"(serving|slewing|training): serving as stratum 2 from 127\.0\.1",
            told.get("system", [""])[0]), "why: the system serves", told)

# The same as text, of one association, and what has happened so far.
text = ours.ntpq("-c", "why")
ok(len(text.splitlines()) == 14 and
   re.match(r" system +(serving|slewing|training): ", text) and
   re.search(r"^\*127\.0\.1\.\d +syspeer: ", text, re.M),
   "why as a table, the tally in front", text)
first = ours.ntpq("-c", "why &4")
ok(first.count("\n") == 1 and " icmp: " in first, "why of one association",
   first)
history = ours.ntpq("-c", "history")
# A clock 0.9 s fast is stepped back.
ok(re.search(r"Z system +step: by -\d+\.\d+ m?s$", history, re.M) and
   re.search(r"Z 127\.0\.2\.6 +falseticker: its interval", history) and
   re.search(r"Z 127\.0\.2\.9 +bogus: 1 with .*\(\d+ times; last ", history) and
   re.search(r"Z 127\.0\.1\.\d +syspeer: leads", history),
   "history: the step, the falseticker, refusals counted, the choice", history)

# What is mended is told no more.
good.append(stratum1(port=closed))
ok(wait_for(lambda: "icmp" not in why(), 30, "an answer"),
   "a server that is started is no longer unreachable",
   ours.ntpq("-c", "why &4"))
