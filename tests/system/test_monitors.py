#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs of other makes that ask an ntpd how it is: each runs against ours,
and what it says of a synchronized daemon is asserted.

Most of them know port 123 only, so this runs in a network of its own.
"""
from harness import (Daemon, enter_namespace, monitor, need_monitors,
                     need_peers, ntpsec_python, ntpsec_terminal, ok,
                     server_line, stratum1, wait_for)
import re

need_peers()
need_monitors()
enter_namespace()
upstreams = [stratum1() for _ in range(4)]
# They agree, and the first leads, however roughly they can be measured here.
ours = Daemon("tos mindist 0.5\n" +
              "".join(server_line("127.0.1.%d" % i, u, "prefer" * (i == 1))
                      for i, u in enumerate(upstreams, 1)),
              port=123)
ours.synchronized()


def chosen():
    rows = ours.peers()
    return (len(rows) == 4 and any(r.tally == "*" for r in rows) and
            all(r.tally in "*+-" for r in rows) and rows)


ok(wait_for(chosen, 60, "four sources that agree"), "ours has its sources",
   ours.ntpq("-p"), ours.ntpq("-c", "why"), ours.log())

# ---- monitoring-plugins ---------------------------------------------------

status, words = monitor("check_ntp_peer", "-H", "127.0.0.1", "-w", "0.5",
                        "-c", "1")
ok(status == 0 and re.match(r"NTP OK: Offset -?[\d.e-]+ secs\|offset=-?[\d.]+s;"
                            r"0\.500000;1\.000000;", words),
   "check_ntp_peer: NTP OK", words)
status, words = monitor("check_ntp_peer", "-H", "127.0.0.1", "-w", "0.5",
                        "-c", "1", "-W", "3", "-C", "4", "-j", "500", "-k",
                        "1000", "-m", "@2:3", "-n", "@0:1", "-v")
ok(status == 0 and "jitter=" in words and "stratum=1" in words and
   "truechimers=4" in words, "check_ntp_peer with all its limits", words)
status, words = monitor("check_ntp_peer", "-H", "127.0.0.1", "-w", "0.5",
                        "-c", "1", "-W", "0", "-C", "9")
ok(status == 1 and "NTP WARNING" in words,
   "and it warns when the peer's stratum is above its limit", words)
status, words = monitor("check_ntp_time", "-H", "127.0.0.1", "-w", "0.5",
                        "-c", "1")
ok(status == 0 and re.match(r"NTP OK: Offset -?[\d.e-]+ secs", words),
   "check_ntp_time: NTP OK, its burst is answered", words)
status, words = monitor("check_ntp", "-H", "127.0.0.1", "-w", "0.5", "-c", "1",
                        "-j", "500", "-k", "1000")
ok(status == 0 and "NTP OK: Offset" in words and "jitter=" in words,
   "the old check_ntp, with jitter", words)

# ---- ntpstat and nmap -----------------------------------------------------

status, words = monitor("ntpstat")
ok(status == 0 and
   re.search(r"synchronised to NTP server \(127\.0\.0\.1\) at stratum 2|"
             r"synchronised to NTP server \(127\.0\.1\.\d\) at stratum 2",
             words) and
   re.search(r"time correct to within \d+ ms", words) and
   re.search(r"polling server every \d+ s", words),
   "ntpstat: synchronised, to within, polling", words)

status, words = monitor("nmap", "-n", "-Pn", "-sU", "-p", "123", "--script",
                        "ntp-info", "127.0.0.1")
ok(status == 0 and "123/udp open" in words and "ntp-info:" in words and
   "receive time stamp" in words and "stratum: 2" in words and
   "version: ntpd" in words and "refid: 127.0.1." in words,
   "nmap's ntp-info: open, and every variable", words)

# ---- ntpsec's Python programs ---------------------------------------------

status, words = ntpsec_python("ntptrace", "-n", "127.0.0.1")
ok(re.search(r"127\.0\.0\.1: stratum 2, offset -?\d\.\d+, synch distance "
             r"\d\.\d+", words), "ntptrace shows us as its first hop", words)

status, words = ntpsec_python("ntpwait", "-n", "2", "-s", "1", "-v",
                              directory="usr/sbin")
ok(status == 0 and "OK!" in words, "ntpwait: OK!", words)

READ = ["peers", "apeers", "opeers", "lpeers", "associations", "lassociations",
        "rv", "rl", "rv &1", "mrv &1 &4", "mrl &1 &2", "pstats &1", "sysinfo",
        "sysstats", "monstats", "kerninfo", "iostats", "timerstats",
        "authinfo", "mrulist"]
for command in READ:
    status, words = ntpsec_python("ntpq", "-n", "-c", command, "127.0.0.1")
    ok(status == 0 and words.strip() and "***" not in words and
       "Unknown" not in words and "Error" not in words,
       "ntpsec's ntpq: " + command, words)

screen = ntpsec_terminal("ntpmon", "127.0.0.1", until="lstint")
ok("127.0.1.1" in screen and "remote" in screen and "lstint" in screen and
   "Traceback" not in screen, "ntpmon: our peers above, our clients below",
   repr(screen))
