#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the readers of five well-known articles on ntpd try with ntpq and with
control messages of their own; the numbers are those of the acceptance list.
"""
from harness import (Daemon, NTPQ, SRC, exchange, ntpq, ok, run,
                     server_line, stratum1, wait_for)
from mode6 import (FRAGMENT, READ_ORDLIST, READSTAT, READVAR, Client, Reply,
                   message)
import os
import re
import struct

upstreams = [stratum1() for _ in range(4)]
# They agree, and the first leads, however roughly they can be measured here.
ours = Daemon("tos mindist 0.5\n" +
              "".join(server_line("127.0.1.%d" % i, u, "prefer" * (i == 1))
                      for i, u in enumerate(upstreams, 1)), start=False)
ours.write("keys", "17 MD5 articles\n")
with open(ours.path("conf"), "a", encoding="ascii") as f:
    f.write("keys %s\ntrustedkey 17\ncontrolkey 17\n" % ours.path("keys"))
ours.start()
ours.synchronized()
target = "127.0.0.1:%d" % ours.port
client = Client(ours.port)


def chosen():
    rows = ours.peers()
    return (len(rows) == 4 and sum(r.tally == "*" for r in rows) == 1 and
            all(r.tally in "*+-" for r in rows))


ok(wait_for(chosen, 60, "four sources that agree"), "ours has its sources",
   ours.ntpq("-p"), ours.ntpq("-c", "why"), ours.log())

# ---- S0: mode 6 in Python --------------------------------------------------

reply = client.fragments(READSTAT)
first = reply[0]
ok(len(reply) == 1 and first.response and not first.error and
   first.seq == client.seq and len(first.data) == 4 * 4,
   "1: READSTAT answers with pairs of id and status")
rows = client.associations()
states = [status >> 8 & 7 for _ident, status in rows]
best = [ident for ident, status in rows if status >> 8 & 7 == 6]
ok(states.count(6) == 1 and all(s in (3, 4, 6) for s in states),
   "2: exactly one peer is 6, candidates are 4", states)
parts = client.fragments(READVAR, best[0])
ends = [0]
for part in parts:
    ends.append(part.offset + part.count)
ok(len(parts) >= 2 and [p.offset for p in parts] == ends[:-1] and
   all(p.more for p in parts[:-1]) and not parts[-1].more and
   all(p.count == FRAGMENT for p in parts[:-1]),
   "3: a peer's variables come in fragments that join",
   [(p.offset, p.count, p.more) for p in parts])


def one_liner(text):
    return dict(tuple(ad.strip().split("=")) for ad in text.split(",")
                if "=" in ad)


texts = [b"".join(p.data for p in client.fragments(READVAR, assoc)).decode()
         for assoc in (0, best[0])]
try:
    dicts = [one_liner(text) for text in texts]
except ValueError as e:
    dicts = e
ok(isinstance(dicts, list) and len(dicts[0]) >= 18 and len(dicts[1]) >= 25,
   "4: his one-liner splits every default variable", dicts)
data = exchange("127.0.0.1", ours.port, message(READVAR))
ok(data and len(data) % 4 == 0 and
   all(32 <= c < 127 or c in (10, 13) for c in Reply(data).data),
   "4: ASCII, padded to four octets", data)
peer = dicts[1]
ok(peer["srcadr"].startswith("127.0.1.") and peer["refid"] == "GPS" and
   peer["stratum"] == "1" and abs(float(peer["offset"])) < 100 and
   int(peer["reach"], 16), "5: srcadr, refid, stratum, offset, reach", peer)


def both_star():
    """The starred row, when ntpq and the status words agree on it."""
    sixes = [i for i, s in client.associations() if s >> 8 & 7 == 6]
    row = [r.remote for r in ours.peers() if r.tally == "*"]
    return (len(sixes) == 1 and
            row == [client.variables(sixes[0], "srcadr")["srcadr"]] and row)


ok(wait_for(both_star, 10, "a moment without change"),
   "6: ntpq -pn stars the same one", ours.ntpq("-p"), client.associations())
for n, version in enumerate((2, 3, 4)):
    client.send(READVAR, 0, b"stratum", seq=100 + n, version=version)
got = [client.receive() for _ in range(3)]
ok(all(got) and sorted(r.seq for r in got) == [100, 101, 102] and
   all(r.version == 2 + r.seq - 100 and r.data.strip() == b"stratum=2"
       for r in got), "7: pipelined requests, versions 2, 3 and 4")
unknown = [i for i in range(1, 9) if i not in dict(rows)][0]
bad = client.fragments(READVAR, unknown)[0]
ok(bad.error and bad.code == 4, "8: an unknown association is error 4", bad.code)
bad = client.fragments(17)[0]
ok(bad.error and bad.code == 3, "8: an unknown opcode is error 3", bad.code)

# ---- S1: the client of 48 octets -------------------------------------------

for version, mode in ((2, 3), (1, 3), (3, 3), (4, 3), (1, 0)):
    sent = 0xfedcba9876543210
    request = struct.pack("!BBbb11I", version << 3 | mode, 0, 0, 0, *[0] * 9,
                          sent >> 32, sent & 0xffffffff)
    data = exchange("127.0.0.1", ours.port, request)
    words = struct.unpack("!BBbb11I", data) if data and len(data) == 48 else ()
    ok(words and words[0] & 7 == 4 and words[0] >> 3 & 7 == version and
       words[0] >> 6 == 0 and words[1] == 2 and words[3] < 0 and
       words[6] >> 24 == 127 and words[9] << 32 | words[10] == sent and
       words[11] << 32 | words[12] <= words[13] << 32 | words[14],
       "9 and 10: version %d, mode %d: 48 octets, origin bit for bit" %
       (version, mode), words)

# ---- S2: the article on reach ----------------------------------------------

before = ntpq(target, "-p")
after = ntpq(target, "-p")
ok(before.splitlines()[:2] == after.splitlines()[:2] and
   len(before.splitlines()) == 6, "14: ntpq -pn again and again", after)


def answered():
    """The rows, when all polls of late have been answered."""
    rows = ours.peers()
    return (all(r.reach in (1, 3, 7, 0o17, 0o37, 0o77, 0o177, 0o377) and
                (r.when == "-" or int(r.when) <= int(r.poll) + 1)
                for r in rows) and rows)


rows = wait_for(answered, 10, "answers") or []
ok(len(rows) == 4, "15 and 16: reach grows by a bit a poll, when stays below",
   ours.ntpq("-p"))
ok(all(r.refid == ".GPS." and r.stratum == 1 for r in rows),
   "17: .GPS. at stratum 1", [r.line for r in rows])


def drawn():
    """What his script makes of the billboard, and the bits it prints."""
    script = run(["sh", "-c", "%s -pn %s | awk '{print $1, $7}' | "
                  "sed 's/^[*+-]//' | grep '^[[:digit:]]'" % (NTPQ, target)]
                 )[1].splitlines()
    return script, ["".join("#" if int(s.split()[1], 8) >> k & 1 else "."
                            for k in range(7, -1, -1)) for s in script]


script, _ = drawn()
ok(len(script) == 4 and all(int(s.split()[1], 8) <= 0o377 for s in script),
   "19: his script gets address and reach", script)
ok(wait_for(lambda: all(b.endswith("#") for b in drawn()[1]), 10, "answers"),
   "19: and prints its bits", drawn())
ok(all(re.fullmatch(r"127\.0\.1\.\d", r.remote) for r in ours.peers()),
   "20: -n shows addresses", ours.ntpq("-p"))

# ---- S3: the memo ----------------------------------------------------------

with open(os.path.join(SRC, "ntpq", "ntpq.1"), encoding="ascii") as f:
    manual = f.read()
columns = manual[manual.index(".Sh THE PEERS TABLE"):]
ok(all("\n.It %s\n" % c in columns for c in
       "remote refid st t when poll reach delay offset jitter".split()),
   "25: the manual explains each column")
ROW = re.compile(r"[ *+x#o.-]\S{1,15} +\S+ +\d+ [ubplsASBM] +(-|\d+[mhd]?) +"
                 r"\d+[mhd]? +[0-7]+ +\d+\.\d+ +[-+]\d+\.\d+ +\d+\.\d+$")
lines = ntpq(target, "-p").splitlines()
ok(lines[0] == "     remote           refid      st t when poll reach   delay"
   "   offset  jitter" and lines[1] == "=" * 78 and
   all(ROW.match(line) for line in lines[2:]),
   "26: the table as he prints it, signed offsets", lines)

# ---- S4: the blog ----------------------------------------------------------

words = ntpq(target, "-p", "-v")
at = words.index("     remote ") if "     remote " in words else 0
ok(at > 0 and words[at:].splitlines()[0] == lines[0] and
   all(c in words[:at] for c in ("remote", "refid", "reach", "jitter")),
   "33: a legend above the columns on demand", words)
rows = ours.peers()
ok(len(rows) == 4 and sorted(r.tally for r in rows).count("*") == 1 and
   all(r.tally in "*+-" for r in rows), "38: four servers, one star",
   [r.line for r in rows])

# ---- the others ------------------------------------------------------------

words = ntpq(target, "-c", "rv 0 offset,sys_jitter,rootdisp,rootdelay")
ok(sorted(i.split("=")[0] for i in words.strip().split(", ")) ==
   ["offset", "rootdelay", "rootdisp", "sys_jitter"] and
   words.count("\n") == 1, "39: four variables in one line", words)
silent = run([NTPQ, "-n", "-c", "timeout 300", "-c", "rv 0 leap",
              "127.0.0.1:9"])
ok(silent[0] is not None and "nothing answers on 127.0.0.1:9" in silent[1],
   "39: a host that is not there is told so in time", silent)
for command in ("associations sysinfo sysstats kerninfo iostats monstats "
                "mrulist lpeers apeers opeers").split() + ["pstats &1"]:
    status, words = run([NTPQ, "-n", "-c", command, target])
    ok(status == 0 and words.strip() and "***" not in words and
       "ntpq:" not in words, "40: " + command, words)
bad = client.fragments(READ_ORDLIST)[0]
ok(bad.error and bad.code == 1, "40: ifstats without a key is error 1",
   bad.code)
for command in ("ifstats", "reslist"):
    words = run([NTPQ, "-n", "-a", "17", "-k", ours.path("keys"), "-c",
                 command, target])[1]
    ok("127.0.0" in words and "***" not in words, "40: %s with the key" %
       command, words)
LINE = ":config server 127.0.9.%d noselect"
words = run([NTPQ, "-n", "-a", "17", "-k", ours.path("keys"), "-c", LINE % 9,
             target])[1]
ok("***" not in words and wait_for(lambda: ours.peer("127.0.9.9"), 5,
                                   "the new server"),
   "41: ntpq -c ':config ...' with the key", words, ours.ntpq("-p"))
run([NTPQ, "-n", "-c", LINE % 8, target])
ok(not ours.peer("127.0.9.8"), "41: and nothing without it")
