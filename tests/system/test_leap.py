#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Leap seconds with real daemons: the file, its checks, the announcement and
the smear, as chronyd sees them.

Virtual clocks are a minute before the end of a month, this one as a rule,
whose file says that a second is inserted then.
"""
from harness import (CHRONYD, NTP_UNIX, PEERS, Daemon, need_peers, ntp_seconds,
                     ok, powerless, run, scratch, spawn, wait_for)
import calendar
import hashlib
import os
import re
import signal
import struct
import time

need_peers()
soon = time.gmtime(time.time() + 2 * 86400)
NEXT_MONTH = calendar.timegm((soon.tm_year + soon.tm_mon // 12,
                              soon.tm_mon % 12 + 1, 1, 0, 0, 0))
here = scratch()
CHRONYC = os.path.join(PEERS, "usr/bin/chronyc")


def table(name, last=38, expires=NEXT_MONTH + 180 * 86400, bad=False):
    """A leap-seconds.list whose last second comes with NEXT_MONTH."""
    update = str(NEXT_MONTH - 170 * 86400 + NTP_UNIX)
    expire = str(expires + NTP_UNIX)
    rows = [(2272060800, 10), (3644697600, 36), (3692217600, 37)]
    if last:
        rows.append((NEXT_MONTH + NTP_UNIX, last))
    digits = update + expire + "".join("%d%d" % row for row in rows)
    hashed = hashlib.sha1(digits.encode()).digest()
    if bad:
        hashed = bytes([hashed[0] ^ 1]) + hashed[1:]
    words = " ".join("%x" % w for w in struct.unpack(">5I", hashed))
    path = os.path.join(here, name)
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write("#$ %s\n#@ %s\n%s#h %s\n" % (
            update, expire, "".join("%d\t%d\n" % row for row in rows), words))
    os.rename(path + ".new", path)
    return path


def server(before, words, **more):
    """A stratum 1 whose clock is BEFORE s before the next month."""
    return Daemon("server 127.127.1.0 minpoll 0 prefer\n"
                  "fudge 127.127.1.0 stratum 0 refid GPS\n" + words,
                  clock="%.3f" % (NEXT_MONTH - before - time.time()), **more)


def ahead_of(daemon):
    """How far its clock is ahead of the machine's."""
    found = re.search(r"--virtual-clock=(\S+)", " ".join(daemon.argv))
    return float(found.group(1))


def leap_of(daemon):
    reply = daemon.ask()
    return reply and reply.leap


def follower(daemon):
    return Daemon("server 127.0.1.1 port %d iburst minpoll 0 maxpoll 1\n"
                  % daemon.port, clock="%.3f" % (ahead_of(daemon) + 0.5))


# Two that will live to see the second: there is a minute until then.
over = server(60, "leapfile %s\n" % table("over"))
after = follower(over)

# The announcement, and a client that hears of it by its server alone.
good = table("good")
announcer = server(7200, "leapfile %s\n" % good)
ok(wait_for(lambda: leap_of(announcer) == 1, 10, "the announcement"),
   "a second to be inserted is announced on its day", announcer.log())
ok("good hash signature" in announcer.log() and
   "leap second armed" in announcer.log(), "the log says why",
   announcer.log())
ok(announcer.variable("tai") == "37" and
   announcer.variable("leapsec") == time.strftime(
       "%Y%m010000", time.gmtime(NEXT_MONTH)),
   "mode 6 shows TAI and the leap second", announcer.ntpq("-c", "rv"))
client = follower(announcer)
ok(wait_for(lambda: leap_of(client) == 1, 20, "the client to hear"),
   "a client passes it on", client.log())

# What chronyd understands of it; its own clock is of another day.
def chrony_sees(daemon):
    place = scratch()
    os.chmod(place, 0o700)
    conf = os.path.join(place, "chrony.conf")
    with open(conf, "w", encoding="ascii") as f:
        f.write("user root\nport 0\ncmdport 0\nbindcmdaddress %s/socket\n"
                "pidfile %s/pid\nserver 127.0.0.1 port %d iburst\n"
                % (place, place, daemon.port))
    spawn(powerless([CHRONYD, "-x", "-d", "-f", conf]),
          os.path.join(place, "out"))

    def answer():
        words = run([CHRONYC, "-h", place + "/socket", "ntpdata"])[1]
        found = dict(re.findall(r"^(\w[\w ]*?) *: (.*)$", words, re.M))
        return found.get("Mode") == "Server" and found
    return wait_for(answer, 15, "chronyd to ask") or {}


seen = chrony_sees(announcer)
ok(seen.get("Leap status") == "Insert second" and
   seen.get("Stratum") == "1" and
   abs(float(seen["Offset"].split()[0])) - ahead_of(announcer) < 1,
   "chronyd is told of the second", seen)

# Files that are refused, and one that has expired.
for name, path, said in (
        ("a wrong hash", table("wrong", bad=True), "signature mismatch"),
        ("an expired table", table("old", last=0, expires=NEXT_MONTH - 86400),
         "expired less than"),
        ("a table near its end",
         table("soon", last=0, expires=NEXT_MONTH + 5 * 86400),
         "will expire in less than 6 days")):
    other = server(7200, "leapfile %s\n" % path)
    ok(wait_for(lambda: said in other.log(), 10, said),  # noqa: B023
       "%s is told" % name, other.log())
    other.kill()

# Taken back: the file changes, and a SIGHUP has it read.
path = table("changing")
other = server(7200, "leapfile %s\n" % path)
ok(wait_for(lambda: leap_of(other) == 1, 10, "the announcement"),
   "announced", other.log())
table("changing", last=0)
other.child.send_signal(signal.SIGHUP)
ok(wait_for(lambda: leap_of(other) == 0, 10, "to be disarmed"),
   "a file without it takes it back", other.log())
other.kill()

# A smear without a file to say when.
idle = Daemon("leapfile %s/none\nleapsmearinterval 7200\n" % here)
ok(wait_for(lambda: "nothing will be smeared" in idle.log(), 10, "a warning"),
   "a smear without a leap second file is warned of", idle.log())
idle.kill()

# The smear: no announcement, a refid that tells, both signs, the middle.
for last, sign in ((38, -1), (36, 1)):
    smear = server(3600, "leapfile %s\nleapsmearinterval 7200\n"
                   % table("smear%d" % last, last=last))
    ok(wait_for(lambda: (r := smear.ask()) and r.refid[0] == 254,  # noqa
                10, "the smear"), "smeared time has a refid of its own",
       smear.log())
    reply = smear.ask()
    value = int.from_bytes(reply.refid[1:], "big", signed=True) / 2**22
    ok(reply.leap == 0 and abs(value - sign * 0.5) < 0.01,
       "half a second in the middle of the smear", value)
    before = time.time()
    ahead = ntp_seconds(smear.ask().xmt) - before - ahead_of(smear)
    ok(-0.05 < ahead - sign * 0.5 < time.time() - before + 0.05,
       "and so are the timestamps", ahead)
    ok(smear.variable("leapsmearinterval") == "7200" and
       abs(float(smear.variable("leapsmearoffset")) - sign * 500) < 10,
       "mode 6 shows the smear", smear.ntpq(
           "-c", "rv 0 leapsmearinterval,leapsmearoffset"))
    seen = chrony_sees(smear)
    ok(seen.get("Leap status") == "Normal" and
       seen.get("Reference ID", "").startswith("FE") and
       abs(abs(float(seen["Offset"].split()[0])) - ahead_of(smear) -
           sign * 0.5) < 0.3,  # it keeps months in single precision
       "chronyd gets the smeared time, and no more", seen)
    smear.kill()

# Over it: the server and its client have both inserted the second.
ok(wait_for(lambda: "Positive leap second" in over.log() and
            "Positive leap second" in after.log(), 40, "the leap second"),
   "both step back by one second", over.log(), after.log())
ok(wait_for(lambda: leap_of(over) == 0 and leap_of(after) == 0, 15,
            "the announcement to end"), "and announce nothing afterwards",
   over.log(), after.log())
ok(over.variable("tai") == "38", "TAI has moved")
row = after.peer("127.0.1.1")
ok(row and abs(row.offset) < 300, "they agree as before", after.ntpq("-p"))
ok("time reset" not in after.log().split("Positive")[-1],
   "nobody has to be set", after.log())
