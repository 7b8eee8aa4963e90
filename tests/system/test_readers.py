#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each collector and agent that reads an ntpd: what it sends and how it takes
the answer apart, in our words, against our daemon and our ntpq.

A row of numbers that is merely there is not enough: what is read must be
what the daemon is known to be, stratum 2 behind four sources.
"""
from harness import (NTPQ, SILENCE, Daemon, exchange, ok, run, server_line,
                     stratum1, wait_for)
from mode6 import READVAR, Client, Reply, message
import ipaddress
import os
import re
import struct

upstreams = [stratum1() for _ in range(4)]
# They agree, and the first leads, however roughly they can be measured here.
ours = Daemon("tos mindist 0.5\n" +
              "".join(server_line("127.0.1.%d" % i, u, "prefer" * (i == 1))
                      for i, u in enumerate(upstreams, 1)))
ours.synchronized()
target = "127.0.0.1:%d" % ours.port


def chosen():
    rows = ours.peers()
    return (len(rows) == 4 and sum(r.tally == "*" for r in rows) == 1 and
            all(r.tally in "*+-" for r in rows))


ok(wait_for(chosen, 60, "four sources that agree"), "ours has its sources",
   ours.ntpq("-p"), ours.ntpq("-c", "why"), ours.log())


def ntpq(*args, env=None):
    """What a script that runs ntpq sees."""
    return run([NTPQ, *args, target],
               env=dict(os.environ, **(env or {})))[1]


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


client = Client(ours.port)

# ---- netdata: version 2, everything of the system, then of each peer -------

system = client.variables()
SYSTEM = ("offset sys_jitter clk_jitter frequency clk_wander rootdelay "
          "rootdisp stratum tc mintc precision").split()
ok(all(is_number(system.get(n, "")) for n in SYSTEM) and
   system["stratum"] == "2", "netdata: eleven system variables are numbers",
   system)
peers = [client.variables(ident) for ident, _status in client.associations()]
PEER = ("offset delay dispersion jitter xleave rootdelay rootdisp stratum "
        "hmode pmode hpoll ppoll precision").split()
ok(len(peers) == 4 and
   all(str(ipaddress.ip_address(p["srcadr"])).startswith("127.0.1.")
       for p in peers) and
   all(is_number(p.get(n, "0")) for p in peers for n in PEER) and
   all(p["stratum"] == "1" and p["hmode"] == "3" and p["pmode"] == "4"
       for p in peers), "netdata: the variables of each peer", peers)

# Its older collector takes one datagram and looks for name=number in it.
first = client.fragments(READVAR)[0].data.decode()
found = dict(re.findall(r"(\w+)=([-+]?\d+(?:\.\d+)?)", first))
ok(all(n in found for n in ("stratum", "rootdelay", "rootdisp", "offset",
                            "frequency", "tc")),
   "netdata's older collector: the first datagram is enough", first)
first = [client.fragments(READVAR, ident)[0].data.decode()
         for ident, _status in client.associations()]
ok(all("srcadr=" in f and "stratum=" in f and "rootdelay=" in f
       for f in first), "likewise of a peer", first)

# ---- facebook's ntpcheck ---------------------------------------------------

DETAIL = "filtdelay filtoffset filtdisp flash headway unreach reach".split()
detail = client.variables(client.associations()[0][0])
ok(all(n in detail for n in DETAIL) and
   all(len(detail[n].split()) == 8 and all(map(is_number, detail[n].split()))
       for n in DETAIL[:3]) and
   int(detail["flash"], 0) == 0 and int(detail["reach"], 0) & 3 and
   detail["unreach"].isdigit() and detail["headway"].isdigit(),
   "ntpcheck: the filter, flash and reach of a peer", detail)
STATS = ("ss_uptime,ss_reset,ss_received,ss_thisver,ss_oldver,ss_badformat,"
         "ss_badauth,ss_declined,ss_restricted,ss_limited,ss_kodsent,"
         "ss_processed")
stats = client.variables(0, STATS)
ok(sorted(stats) == sorted(STATS.split(",")) and
   all(v.isdigit() for v in stats.values()) and
   int(stats["ss_received"]) >= int(stats["ss_processed"]) > 0,
   "ntpcheck: twelve counters at one question", stats)

# ---- ntpstat: 576 octets, one datagram back --------------------------------

data = exchange("127.0.0.1", ours.port,
                message(READVAR) + b"\0" * (576 - 12))
reply = data and Reply(data)
words = reply.data.decode() if reply else ""
ok(reply and not reply.error and reply.leap == 0 and
   reply.status >> 14 == 0 and reply.status >> 8 & 0x3f == 6 and
   "stratum=2" in words and "refid=127.0.1." in words and
   "rootdisp=" in words and "rootdelay=" in words and "tc=" in words,
   "ntpstat: a long request, one datagram with all it needs", words)

# ---- check_ntp_peer: pages of READSTAT, three variables --------------------

got = client.fragments(1)
rows = client.associations()
fit = [s >> 8 & 7 for _ident, s in rows]
best = [i for i, s in rows if s >> 8 & 7 >= 6]
ok(all(len(f.data) <= 468 and f.version == 2 for f in got) and
   len(best) == 1 and sum(s >= 4 for s in fit) >= 3,
   "check_ntp_peer: one peer of 6, the others 4", rows)
three = client.variables(best[0], "stratum,offset,jitter")
ok(list(three) == ["stratum", "offset", "jitter"] and
   all(map(is_number, three.values())), "check_ntp_peer: three variables",
   three)

# ---- telegraf --------------------------------------------------------------

lines = ntpq("-p", "-n").splitlines()
header = lines[0].split()
ok(header == "remote refid st t when poll reach delay offset jitter".split()
   and all(lines), "telegraf: ten words above, no empty line", lines[:2])
rows = [(line[0], line[1:].split()) for line in lines[2:]]
ok(len(rows) == 4 and all(t in "*#o+x.- " and len(r) == 10 for t, r in rows) and
   all(re.fullmatch(r"-|\d+[mhd]?", r[4]) and
       re.fullmatch(r"-|\d+[mhd]?", r[5]) and
       re.fullmatch(r"[0-7]{1,3}", r[6]) and
       all(map(is_number, r[7:])) for _t, r in rows),
   "telegraf: tally, when, poll, reach and three numbers in each row", lines)

# ---- Debian's ntpd_metrics.py ----------------------------------------------

METRIC = re.compile(r"(?P<tally>.)(?P<remote>[\w.]+)\s+(?P<ref>[\w.]+)\s+"
                    r"(?P<st>\d+)\s+(?P<type>[lumb-])\s+(?P<when>\d+)\s+"
                    r"(?P<poll>\d+)\s+(?P<reach>\d+)\s+(?P<delay>\d+\.\d+)\s+"
                    r"(?P<offset>-?\d+\.\d+)\s+(?P<jitter>\d+\.\d+)")


def metrics():
    words = ntpq("-np", env={"NTPQ_FORMAT": "ntpsec"})
    return [m for m in map(METRIC.match, words.splitlines()) if m]


ok(wait_for(lambda: len(metrics()) == 4, 10, "a second since each sample"),
   "ntpd_metrics.py: every row, where the plus sign is switched off",
   ntpq("-np", env={"NTPQ_FORMAT": "ntpsec"}))
words = ntpq("-c", "rv 0 offset,sys_jitter,rootdisp,rootdelay")
pairs = dict(item.split("=") for item in words.strip().split(", "))
ok(sorted(pairs) == ["offset", "rootdelay", "rootdisp", "sys_jitter"] and
   all(map(is_number, pairs.values())) and "\n" not in words.strip(),
   "ntpd_metrics.py: four variables on one line", words)

# ---- munin -----------------------------------------------------------------

words = ntpq("-c", "associations")
table = [line.split() for line in words.splitlines()
         if re.match(r"\s+\d", line)]
STATES = "reject falsetick excess backup outlier candidate sys.peer pps.peer"
# The last event has no word where it was a popcorn spike.
ok(len(table) == 4 and all(len(r) in (8, 9) for r in table) and
   all(r[6] in STATES.split() for r in table) and
   sum(r[6] == "sys.peer" for r in table) == 1,
   "munin ntp_states: nine columns and its words", words)
ok(all(re.sub(r"\s", "", ntpq("-n", "-c", "readvar %s srcadr" % r[1])
              ).startswith("srcadr=127.0.1.") for r in table),
   "munin ntp_states: srcadr of each by its id")
four = ntpq("-n", "-c", "readvar %s srcadr,delay,offset,jitter" % table[0][1])
ok(re.search(r"delay=\s*[-\d.]+", four) and
   re.search(r"offset=\s*[-+\d.]+", four) and
   re.search(r"jitter=\s*[-\d.]+", four), "munin ntp_: three values", four)
star = [line.split() for line in ntpq("-n", "-p").splitlines()
        if line[0] in "*o"]
ok(len(star) == 1 and all(map(is_number, star[0][7:10])),
   "munin ntp_offset: fields 8 to 10 of the starred row", star)
kernel = {line.split(":")[0].strip(): line.split()
          for line in ntpq("-c", "kerninfo").splitlines()}
version = ntpq("-c", "version")
ok(all(is_number(kernel[k][2]) for k in ("pll offset", "pll frequency",
                                         "estimated error")) and
   not version.startswith("ntpq"),
   "munin ntp_kernel_*: third fields, and a version that is not ntpdc's",
   kernel, version)

# ---- LibreNMS --------------------------------------------------------------

words = ntpq("-c", "rv")
at = [i for i, line in enumerate(words.splitlines()) if "jitter" in line]
row = " ".join(words.splitlines()[i] for i in at).split(",")
names = [item.strip().split("=")[0] for item in row if "=" in item]
ok(names[:5] == "mintc offset frequency sys_jitter clk_jitter".split() or
   names[:6] == "tc mintc offset frequency sys_jitter clk_jitter".split(),
   "LibreNMS: the lines with jitter, in its order", words)
words = ntpq("-c", "iostats")
counters = {line.split(":")[0].strip(): line.split(":")[1].strip()
            for line in words.splitlines() if ":" in line}
ok(all(counters.get(n, "").isdigit() for n in
       ("receive buffers", "free receive buffers", "used receive buffers",
        "dropped packets", "ignored packets", "received packets",
        "packets sent")), "LibreNMS: the counters of iostats", words)

# ---- agents that cut the table of peers ------------------------------------

words = ntpq("-np")
rows = words.splitlines()[2:]
ok(len(rows) == 4 and all(r[0] in " *+-x#.o" and len(r[1:].split()) == 10
                          for r in rows),
   "check_mk: first character split off, ten columns", words)
offsets = [re.match(r"[*o+-]\S+\s+\S+\s+\d+\s+\S\s+\S+\s+\S+\s+\d+\s+[\d.]+\s+"
                    r"([-+]?[\d.]+)", r) for r in rows]
ok(all(offsets), "centreon: offsets with their sign", words)
peer = [r for r in rows if r[0] == "*"]
ok(len(peer) == 1 and abs(float(peer[0].split()[8])) < 100,
   "sensu and check_ntp.pl: the offset of the starred peer", words)
awk = run(["sh", "-c", "%s -pn %s | awk '{print $1, $7}' | sed 's/^[*+-]//' | "
           "grep '^[[:digit:]]'" % (NTPQ, target)])[1]
ok(len(awk.splitlines()) == 4 and
   all(re.fullmatch(r"127\.0\.1\.\d [0-7]+", a) for a in awk.splitlines()),
   "shell scripts: address and reach by awk", awk)

# ---- mode 7 and mode 3 -----------------------------------------------------

monlist = struct.pack("!BBBBHH", 0x17, 0, 3, 42, 0, 0) + b"\0" * 184
ok(exchange("127.0.0.1", ours.port, monlist, SILENCE) is None,
   "collectd's mode 7 stays unanswered")


def ntplib_request(version):
    """As ntplib and scapy send it: everything zero but the last field."""
    sent = 0x0123456789abcdef
    data = exchange("127.0.0.1", ours.port,
                    struct.pack("!B39xQ", version << 3 | 3, sent))
    if not data or len(data) != 48:
        return None
    first, stratum, _poll, precision = struct.unpack_from("!BBbb", data)
    refid, = struct.unpack_from("!4s", data, 12)
    org, rec, xmt = struct.unpack_from("!QQQ", data, 24)
    return (first >> 6 != 3 and first >> 3 & 7 == version and first & 7 == 4 and
            stratum == 2 and precision < 0 and org == sent and rec <= xmt and
            refid[0] == 127)


ok(all(ntplib_request(v) for v in (2, 3, 4)), "ntplib: versions 2 to 4")
ok(all(ntplib_request(4) for _ in range(20)),
   "ntplib: twenty times in a row without a kiss")

# scapy's control message is 13 octets long; cut to 12 it is answered.
data = exchange("127.0.0.1", ours.port, message(READVAR, seq=7))
reply = data and Reply(data)
ok(reply and reply.response and reply.seq == 7 and
   all(32 <= c < 127 or c in (13, 10) for c in reply.data) and
   reply.length % 4 == 0,
   "scapy, tcpdump, Wireshark: ASCII, padded, the same sequence")

# ---- ntpsweep and SNMP agents ----------------------------------------------

words = ntpq("-c", "rv 0 stratum,offset,version,system,processor")
items = dict(re.findall(r'(\w+)=("[^"]*"|[^,\s]*)', words))
ok(items.get("stratum") == "2" and is_number(items.get("offset", "")) and
   items["version"].startswith('"ntpd') and len(items["system"]) > 2 and
   len(items["processor"]) > 2,
   "ntpsweep: stratum, offset, version, system, processor", words)
ENTITY = "version,stratum,refid,peer,offset,precision,rootdelay,rootdisp,leap"
entity = client.variables(0, ENTITY)
ok(sorted(entity) == sorted(ENTITY.split(",")) and
   int(entity["peer"]) == best[0] and entity["leap"] == "0" and
   int(entity["precision"]) < 0, "ntpsnmpd: the entity's variables", entity)
ASSOC = ("srcadr,refid,offset,stratum,delay,dispersion,jitter,received,sent,"
         "badauth,bogusorg,oldpkt,seldisp,hmode")
assoc = client.variables(best[0], ASSOC)
ok(sorted(assoc) == sorted(ASSOC.split(",")) and
   int(assoc["sent"]) >= int(assoc["received"]) > 0 and
   assoc["badauth"] == "0", "ntpsnmpd: an association's variables", assoc)

words = ntpq("--format=prometheus")
ok("ntp_system_stratum 2" in words and
   re.search(r"^ntp_source_offset_seconds\{[^}]*\} ", words, re.M),
   "Prometheus: gauges of ours", words)
