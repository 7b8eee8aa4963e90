#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every display of ntpq, frozen: fixed replies in, the texts of golden/ out.

usage: test_ntpq_golden.py [--update]

--update writes the texts anew; look at the difference before it is kept.
"""
from fakeserver import (CONFIGURE, KEY_ID, READCLOCK, READSTAT, READVAR,
                        READ_MRU, READ_ORDLIST, REQ_NONCE, SAVECONFIG, SECRET,
                        WRITEVAR, Error,
                        Fake, fragments, stamp)
from harness import HERE, NTPQ, PATIENCE, PROMTOOL, free_port, ok, say, skip
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

GOLDEN = os.path.join(HERE, "golden")
UPDATE = "--update" in sys.argv
TARGET, AGAIN = "127.0.0.1:NNNNN", "localhost:NNNNN"

# ---- what the server says -------------------------------------------------

SYSTEM = """\
version="ntpd 9.1.0 example", processor="x86_64", system="Linux/6.1.0",\r
leap=0, stratum=3, precision=-24, rootdelay=1.482, rootdisp=22.107,\r
refid=192.0.2.17, reftime=0xeb260f52.5be76c8c,\r
clock=0xeb260f79.03126e98, peer=40211, tc=6, mintc=3, offset=0.318204,\r
frequency=-17.406, sys_jitter=0.201774, clk_jitter=0.114,\r
clk_wander=0.009, tai=37, leapsec=201701010000, expire=202512280000\r
"""
PEER = """\
srcadr=192.0.2.17, srcport=123, dstadr=192.0.2.1, dstport=123, leap=0,\r
stratum=2, precision=-23, rootdelay=0.763, rootdisp=1.221,\r
refid=203.0.113.4, reftime=0xeb260f50.00000000,\r
rec=0xeb260f52.5be76c8c, reach=0xef, unreach=0, hmode=3, pmode=4,\r
hpoll=6, ppoll=6, headway=12, flash=0x1600, keyid=0, offset=-0.318,\r
delay=4.812, dispersion=0.987, jitter=0.211, xleave=0.031,\r
filtdelay= 4.81 4.92 5.10 4.88 5.33 4.79 4.90 5.02,\r
filtoffset= -0.31 -0.28 0.02 -0.30 -0.51 -0.27 -0.33 -0.29,\r
filtdisp= 0.00 0.96 1.92 2.91 3.84 4.80 16000.00 16000.00\r
"""
CLOCK = """\
device="Undisciplined local clock", timecode="", poll=12, noreply=0,\r
badformat=0, baddata=0, fudgetime1=1.000, stratum=5, refid=LOCL, flags=0\r
"""
HEARD = "srcport=123, dstadr=192.0.2.1, dstport=123, hmode=3, "
NEVER = "dstadr=0.0.0.0, hmode=3, stratum=16, hpoll=6, ppoll=10, reach=0x0, " \
    "rec=0x00000000.00000000, reftime=0x00000000.00000000, unreach=3, " \
    "delay=0.000, offset=0.000, jitter=0.000, dispersion=16000.000"

# Ages that show the same for many seconds.
M43, M34, H5, D9 = 2580 - 20, 2052, 18100, 9 * 86400
PEERS = {
    40211: (0x963a, M43, "srcadr=192.0.2.17, srchost=\"ntp-a.example.net\", " +
            HEARD + "stratum=2, hpoll=6, ppoll=10, reach=0xff, unreach=0, "
            "refid=192.0.2.17, delay=4.812, offset=-0.318, jitter=0.211, "
            "dispersion=1.5"),
    40212: (0x9424, M34, "srcadr=198.51.100.24, " + HEARD +
            "stratum=2, hpoll=10, ppoll=10, reach=0xff, unreach=0, "
            "refid=203.0.113.9, delay=12.440, offset=1.027, jitter=0.385, "
            "dispersion=22.87"),
    40213: (0x9324, H5, "srcadr=2001:db8:40::7b, srcport=123, "
            "dstadr=2001:db8:40:7:11::1, hmode=3, stratum=1, hpoll=10, "
            "ppoll=10, reach=0xef, unreach=0, refid=GPS, delay=31.006, "
            "offset=-2.914, jitter=0.690, dispersion=15937.5"),
    40214: (0x9124, D9, "srcadr=192.0.2.200, " + HEARD +
            "stratum=1, hpoll=6, ppoll=6, reach=0xff, unreach=0, refid=PPS, "
            "delay=9.531, offset=1843.207, jitter=3.118, dispersion=0.5"),
    40215: (0x9524, M43, "srcadr=198.51.100.77, " + HEARD +
            "stratum=3, hpoll=17, ppoll=17, reach=0xf, unreach=0, "
            "refid=192.0.2.5, delay=0.702, offset=0.061, jitter=0.044, "
            "dispersion=437.5, ntscookies=7"),
    40216: (0x9734, M43, "srcadr=127.127.22.0, srchost=\"PPS(0)\", "
            "dstadr=127.0.0.1, hmode=3, stratum=0, hpoll=4, ppoll=4, "
            "reach=0xff, refid=PPS, delay=0.000, offset=0.002, jitter=0.001, "
            "dispersion=0.1"),
    40217: (0x9024, M43, "srcadr=127.127.28.2, dstadr=127.0.0.1, hmode=3, "
            "stratum=0, hpoll=4, ppoll=4, reach=0x1, refid=127.127.1.1, "
            "delay=0.000, offset=-118.4002, jitter=2.907, dispersion=0.2"),
    40218: (0x8811, None, "srcadr=0.0.0.0, srchost=\"2.pool.example.org\", "
            "refid=POOL, " + NEVER),
    40219: (0xc011, None, "srcadr=192.0.2.91, refid=INIT, " + NEVER),
    40220: (0xe213, None, "srcadr=192.0.2.255, dstadr=192.0.2.1, hmode=5, "
            "stratum=16, hpoll=6, ppoll=10, reach=0x0, refid=BCST, delay=0, "
            "offset=0, jitter=0"),
    40221: (0x001b, H5, "srcadr=203.0.113.60, dstadr=192.0.2.1, hmode=1, "
            "stratum=16, hpoll=10, ppoll=10, reach=0x0, refid=STEP, delay=0, "
            "offset=0, jitter=0"),
}
OTHERS = {50001: (0x961a, PEER), 50002: (0x9024, "")}
CLOCKS = {0: (0x0011, CLOCK), 50002: (0x0011, CLOCK)}

NUMBERS = {
    "timerec": 17, "timer": 47, "timereach": 3605, "sent": 90, "received": 89,
    "badauth": 0, "bogusorg": 1, "oldpkt": 2, "seldisp": 3, "selbroken": 4,
    "candidate": 6,
}
STATISTICS = {
    "ss_uptime": 86411, "ss_reset": 86411, "ss_received": 90733,
    "ss_thisver": 90102, "ss_oldver": 418, "ss_badformat": 0, "ss_badauth": 1,
    "ss_declined": 2, "ss_restricted": 3, "ss_limited": 4, "ss_kodsent": 5,
    "ss_processed": 90520, "authreset": 86411, "authkeys": 4, "authfreek": 12,
    "authklookups": 99, "authknotfound": 1, "authkuncached": 2,
    "authkexpired": 0, "authencrypts": 33, "authdecrypts": 34,
    "iostats_reset": 86411, "total_rbuf": 10, "free_rbuf": 9, "used_rbuf": 1,
    "rbuf_lowater": 9, "io_dropped": 0, "io_ignored": 2,
    "io_received": 90730, "io_sent": 90819, "io_sendfailed": 3,
    "io_wakeups": 181600, "io_goodwakeups": 181500,
    "koffset": "-0.318", "kfreq": "-17.406", "kmaxerr": "23.401",
    "kesterr": "0.201", "kstflags": '"pll nano"', "ktimeconst": 6,
    "kprecis": "1e-06", "kfreqtol": 500, "kppsfreq": 0, "kppsstab": 0,
    "kppsjitter": 0, "kppscalibdur": 0, "kppscalibs": 0, "kppsjitexc": 0,
    "kppsstbexc": 0, "kppscaliberrs": 0,
    "mru_enabled": "0x3", "mru_depth": 312, "mru_deepest": 400,
    "mru_maxdepth": 1047, "mru_mindepth": 600, "mru_maxage": 64,
    "mru_mem": 37, "mru_maxmem": 1024,
    "timerstats_reset": 86411, "timer_overruns": 0, "timer_xmts": 5804,
    "nts_client_send": 1, "nts_client_recv_good": 2,
    "nts_client_recv_bad": 3, "nts_server_send": 4,
    "nts_server_recv_good": 5, "nts_server_recv_bad": 6,
    "nts_cookie_make": 7, "nts_cookie_decode": 8,
    "nts_cookie_decode_old": 9, "nts_cookie_decode_old2": 10,
    "nts_cookie_decode_older": 11, "nts_cookie_decode_too_old": 12,
    "nts_cookie_decode_error": 13, "nts_ke_serves_good": 14,
    "nts_ke_serves_bad": 15, "nts_ke_probes_good": 16,
    "nts_ke_probes_bad": 17,
    "mssntp_serves": 30, "mssntp_serves_no": 1, "mssntp_serves_err": 2,
    "mssntp_serves_good": 25, "mssntp_serves_good_wall": "1.250000",
    "mssntp_serves_good_slowest": "0.100000", "mssntp_serves_bad": 2,
    "mssntp_serves_bad_wall": "0.020000",
    "mssntp_serves_bad_slowest": "0.015000",
    "peeradr": "192.0.2.17:123", "peermode": 3, "bcastdelay": "4.000",
    "authdelay": "0.000", "sys_var_list": '"leap,stratum"',
}
INTERFACES = (
    "addr.2=127.0.0.1:123, bcast.2=, en.2=1, name.2=\"lo\", flags.2=0x5, "
    "tl.2=0, mc.2=0, rx.2=312, tx.2=317, txerr.2=0, pc.2=1, up.2=86411, "
    "xW1.2=7, name.3=\"eth0\", addr.3=192.0.2.1:123, en.3=0, "
    "bcast.3=192.0.2.255:123, flags.3=0x19, rx.3=90417, tx.3=90502, tl.3=0, "
    "txerr.3=3, pc.3=6, up.3=86411, mc.3=0\r\n")
RESTRICTIONS = (
    "addr.0=0.0.0.0, mask.0=0.0.0.0, hits.0=90417, "
    "flags.0= limited nomodify noquery kod, mask.1=255.255.255.255, "
    "addr.1=127.0.0.1, hits.1=312, flags.1=, addr.2=192.0.2.0, "
    "mask.2=255.0.255.0, hits.2=0, flags.2= ignore, addr.3=2001:db8::, "
    "mask.3=ffff:ffff::, hits.3=1, flags.3= noquery\r\n")

REASONS = {
    0: ("serving", "serving at stratum 3, offset 0.318 ms"),
    40211: ("chosen", "followed, with weight 0.62 of 4"),
    40214: ("falseticker", "1842.3 ms to 1844.1 ms, the others agree on "
            "-3 ms to 5 ms"),
    40219: ("silent", "sent 12 since 08:14, nothing came back"),
}
HISTORY = {
    1: "when.3=0xeb260f00.00000000, last.3=0xeb260f00.00000000, count.3=1, "
    "assid.3=0, who.3=\"system\", why.3=start, text.3=\"began\",\r\n"
    "when.4=0xeb260f52.00000000, last.4=0xeb260f79.00000000, count.4=7, "
    "assid.4=40211, who.4=\"192.0.2.17\", why.4=chosen, "
    "text.4=\"followed\"\r\n",
}
CLIENTS = (
    ("192.0.2.66:123", 2, 119, 3, 36, 0x1d0),
    ("198.51.100.9:49152", 17, 17 + 8 * 40213, 40213, 35, 0x1f0),
    ("203.0.113.77:123", 90, 997, 906, 27, 0x5f0),
    ("[2001:db8::15]:39012", 3605, 3605, 1, 22, 0x1d0),
)

# Association 60000 + N answers with error N; these do worse.
FAILURES = 60000
SILENCE, TORN, ENDLESS, HOSTILE = range(60100, 60104)
BAD = {
    SILENCE: lambda request: [],
    TORN: lambda request: fragments(request, 0, "x" * 1000)[1:],
    ENDLESS: lambda request: fragments(request, 0, "x" * 20000),
    HOSTILE: "version=\"\x1b[2J\x9b31m\", leap=9, reach=0x1ff, flash=-1,\r\n"
    "refid=\x07\x07\x07\x07\x07, rec=0x, filtdelay= 1 x \x1b, srcadr=\x85,"
    "\x1b]0;title\x07=1\r\n",
}


def split(text):
    """A dictionary of what our own tables say; no value has a comma."""
    items = (item.split("=", 1) for item in text.replace("\r\n", " ")
             .split(","))
    return {name.strip(): value.rstrip() for name, value in items}


def select(known, names):
    out = []
    for name in names.split(","):
        if name == "srchost" and name not in known:
            continue
        if name not in known:
            raise Error(5)
        out.append("%s=%s" % (name, known[name]))
    return ", ".join(out) + "\r\n"


def clients():
    """Oldest first, in fields of any order, with noise."""
    now = 0xeb260f79
    out = ["nonce=0123456789abcdef01234567"]
    for i, (addr, last, first, count, mv, rs) in enumerate(
            sorted(CLIENTS, key=lambda c: -c[1])):
        out += ["ct.%d=%d" % (i, count), "addr.%d=%s" % (i, addr),
                "last.%d=0x%08x.00000000" % (i, now - last),
                "rs.%d=0x%x" % (i, rs), "mv.%d=%d" % (i, mv),
                "first.%d=0x%08x.00000000" % (i, now - first),
                "T^W.%d=99999999999999999999" % i]
    out += ["now=0x%08x.20000000" % now,
            "last.newest=0x%08x.00000000" % (now - CLIENTS[0][1])]
    return ", ".join(out) + "\r\n"


def reasons(associd):
    if associd not in REASONS:
        return {"reason": '"not needed"', "reasonword": "spare",
                "reasonsince": "0xeb260f00.00000000"}
    word, text = REASONS[associd]
    return {"reason": '"%s"' % text, "reasonword": word,
            "reasonsince": "0xeb260f52.5be76c8c"}


def readvar(associd, names):
    if names.startswith("history="):
        return 0x0615, HISTORY.get(int(names[8:]), "")
    if associd == 0:
        known = dict(split(SYSTEM), **STATISTICS, **reasons(0))
        return 0x0615, select(known, names) if names else SYSTEM
    if associd in OTHERS:
        status, text = OTHERS[associd]
        return status, (select(dict(split(text), **NUMBERS), names)
                        if names else text)
    if associd in BAD:
        return 0, BAD[associd]
    if associd >= FAILURES:
        raise Error(associd - FAILURES)
    if associd not in PEERS:
        raise Error(4)
    status, ago, text = PEERS[associd]
    if ago is not None:
        text += ", rec=" + stamp(ago)
    if names:
        text = select(dict(split(text), **NUMBERS, **reasons(associd)), names)
    return status, text


def configure(line):
    if line.startswith("srver"):
        return 0, "column 0 syntax error\r\n"
    if line.startswith("tos x"):
        return 0, "column 5 syntax error\r\n"
    return 0, "Config Succeeded\r\n"


def answer(opcode, associd, data):
    if opcode == READSTAT:
        # Newest first, as servers send them.
        return 0x0615, b"".join(struct.pack("!HH", id, PEERS[id][0])
                                for id in sorted(PEERS, reverse=True))
    if opcode == READVAR:
        return readvar(associd, data)
    if opcode == READCLOCK and associd in CLOCKS:
        status, text = CLOCKS[associd]
        return status, select(split(text), data) if data else text
    if opcode == READCLOCK:
        raise Error(4)
    if opcode == READ_ORDLIST:
        return 0, {"ifstats": INTERFACES, "addr_restrictions":
                   RESTRICTIONS}[data]
    if opcode == REQ_NONCE:
        return 0, "nonce=0123456789abcdef01234567\r\n"
    if opcode == READ_MRU:
        return 0, clients()
    if opcode == CONFIGURE:
        return configure(data)
    if opcode == SAVECONFIG:
        return 0, "Configuration saved to '%s'\r\n" % data
    if opcode == WRITEVAR:
        return 0, ""
    raise Error(3)


# ---- what ntpq is asked ---------------------------------------------------

KEY = ["-c", "keyid %d" % KEY_ID, "-c", "passwd " + SECRET.decode()]


def commands(*lines):
    return [word for line in lines for word in ("-c", line)]


VIEWS = ["peers", "lpeers", "apeers", "lapeers", "opeers", "lopeers"]
STATS = ["sysinfo", "sysstats", "monstats", "kerninfo", "iostats",
         "timerstats", "authinfo", "ntsinfo", "mssntpinfo"]
JSON = (VIEWS[:3] + VIEWS[4:] + STATS +
        ["associations", "rv", "rv 50001", "rv 0 offset,stratum", "cv",
         "mrv &1 &2 srcadr,offset", "pstats 50001",
         "mrulist", "why", "history"])
SETTINGS = ["timeout", "delay", "host", "hostnames", "debug", "keyid",
            "keytype", "ntpversion", "authenticate", "raw", "cooked", "poll",
            "drefid", "showvars"]

# Name of the text: commands as a shell would have them (arguments).
CASES = {
    "peers": [["-p"], ["-p", "-v"], ["-pw"], ["-c", "peers -4"],
              ["-c", "peers -6"], ["-p", AGAIN]],
    "peers-unsigned": [["-p", "--no-plus"]],
    "peers-bits": [["-p", "--reach=bits"], ["-p", "--reach=octal"]],
    "peers-wide": [["-p", "-W", "100"], ["-p", "--width=200"],
                   ["-pw", "-W", "90"], ["-W", "100", "-c", "apeers"],
                   ["-W", "100", "-c", "rv"], ["-W", "40", "-c", "rv"],
                   ["-W", "39"], ["-W", "x"]],
    "peers-names": [["-p", "-S"], ["-p", "--srcname", "-n"]],
    "peers-views": [["-c", view] for view in VIEWS if view != "lapeers"] +
    [["-r", "hash", "-p"]],
    "peers-units": [["-pu"], ["-pu", "--reach=bits"], ["-u", "-c", "rpeers"],
                    ["-u", "-c", "rv"], ["-u", "-c", "rv 50001"],
                    ["-u", "-c", "sysinfo"],
                    commands("units", "rv 0 offset", "units", "rv 0 offset")],
    "rpeers": [["-c", "rpeers"], ["-c", "rpeers -6"],
               ["-r", "hash", "-c", "rpeers", AGAIN]],
    "associations": [["-c", "as"], ["-c", "las"],
                     commands("passoc", "as", "passoc", "lpas")],
    "readvar": [["-c", "rv"], ["-c", "rv 0 offset,stratum"],
                ["-c", "rv 0 offset refid", "--old-rv"],
                ["-c", "rv 50001"], ["-c", "rv 50001 srcadr,offset"],
                ["-c", "rv 50001", "--no-plus"],
                ["-c", "rv 50002"], ["-p", "-c", "rv &1 srcadr"],
                commands("addvars leap,tc", "rl", "rl 0")],
    "readvar-raw": [commands("raw", "rv", "rv 0 offset", "rv 50001")],
    "mreadvar": [["-c", "mrv &1 &3 srcadr,offset"],
                 commands("addvars srcadr,stratum", "mrl 40211 40212"),
                 ["-c", "mrv 1 2"]],
    "clockvar": [["-c", "cv"], ["-c", "cv 50002 timecode,poll"],
                 ["-c", "cl"], ["-c", "cv 40211"]],
    "statistics": [["-c", name] for name in STATS],
    "pstats": [["-c", "pstats 50001"], ["-c", "pstats"]],
    "lists": [KEY + commands("ifstats", "reslist"), ["-c", "ifstats"],
              commands("keyid 7", "passwd wrong", "reslist")],
    "mrulist": [["-c", "mrulist"], ["-c", "mrulist sort=-count"],
                ["-c", "mrulist sort=addr limited"],
                ["-c", "mrulist sort=-score minscore=0.1"],
                ["-c", "mrulist sort=size"],
                commands("raw", "mrulist"), ["-c", "mrulist foo=1"],
                commands("direct", "mrulist", "direct")],
    "why": [["-c", "why"], ["-c", "why &4"], ["-c", "history"]],
    "configure": [KEY + commands(":config server 192.0.2.1 iburst",
                                 ":config srver", ":config tos x",
                                 "saveconfig x.conf",
                                 "config-from-file lines.conf",
                                 "config-from-file nosuch.conf",
                                 "writevar 0 a=1")],
    "settings": [commands(*SETTINGS),
                 commands("timeout 250", "timeout", "delay 5", "delay",
                          "hostnames no", "hostnames", "debug more",
                          "debug no", "keyid 3", "keyid", "keytype sha1",
                          "keytype", "ntpversion 4", "ntpversion",
                          "ntpversion 9", "authenticate yes", "authenticate",
                          "drefid hash", "keytype nosuch", "host [::1"),
                 ["-l", "/dev/null", "-d"] + commands("logfile", "rv 0 leap"),
                 ["-l", "/dev/null"] +
                 commands("logfile <stderr>", "logfile nosuch/log",
                          "logfile"),
                 ["-l", "nosuch/log"],
                 commands("doflake", "doflake 0.25", "noflake", "doflake 1.1",
                          "doflake no")],
    "options": [["--help"], ["--version=x"], ["--format=x"],
                ["--format=ntpsec", "-c", "rv 0 offset"],
                ["-i", "-p"], ["-<", "nosuch"], ["--unconnected", "-p"]],
    "help": [["-c", "help"], ["-c", "help rv"], ["-c", "help keytype"], ["-c", "? nosuch"]],
    "errors": [["-c", "nosuch"], ["-c", "p"], ["-c", "rv x"],
               ["-c", "rv 99999"], ["-c", "rv 1"], ["-c", "rv 0 nosuch"],
               ["-c", "rv 0 a b c d e"], ["-c", "peers -5"],
               ["-c", "sysstats > "], ["-c", "host \"\"", "-c", "rv"]],
    "failures": [["-c", "rv %d" % (FAILURES + code)] for code in range(9)] +
    [commands("timeout 100", "rv %d" % SILENCE),
     commands("timeout 1000", "rv %d" % TORN), ["-c", "rv %d" % ENDLESS],
     ["-p", "127.0.0.1:1"]],
    "hostile": [["-c", "rv %d" % HOSTILE], commands("raw", "rv %d" % HOSTILE),
                ["--json", "rv %d" % HOSTILE]],
    "json": [["--json", line] for line in JSON] +
    [["--json"] + KEY + commands("ifstats", "reslist", ":config x")] +
    [["--json", "rv 0 nosuch"], ["--json", "-c", "nosuch"],
     ["--json", "-p", "[::1"]],
    "prometheus": [["--format=prometheus"],
                   ["--format=prometheus", AGAIN, TARGET]],
}


# ---- comparing ------------------------------------------------------------

port = free_port()
while port < 10000:
    port = free_port()
server = Fake(answer, port)


def run_case(args):
    args = [arg.replace("NNNNN", str(port)) for arg in args]
    done = subprocess.run([NTPQ, "-n", *args, server.target], cwd=GOLDEN,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=2 * PATIENCE, check=False)
    text = "$ ntpq -n " + " ".join(
        "'%s'" % arg if " " in arg or not arg else arg for arg in args) + "\n"
    text += done.stdout.decode("ascii")
    for line in done.stderr.decode("ascii").replace("\r", "").splitlines():
        text += "stderr: " + line + "\n"
    if done.returncode:
        text += "exit status %d\n" % done.returncode
    # The age in seconds changes while we look.
    text = re.sub('"when":[0-9]+', '"when":NN', text)
    return text.replace(str(port), "NNNNN")


def promtool(words, *targets):
    """Prometheus' own opinion."""
    program = shutil.which("promtool") or PROMTOOL
    if not os.path.exists(program):
        skip(words, "promtool is not unpacked: scripts/check does it")
        return
    metrics = subprocess.run([NTPQ, "-n", "--format=prometheus", *targets],
                             capture_output=True, timeout=2 * PATIENCE, check=False)
    done = subprocess.run([program, "check", "metrics"], check=False,
                          input=metrics.stdout, capture_output=True)
    ok(metrics.stdout and done.returncode == 0 and not done.stderr, words,
       done.stdout, done.stderr)


for name, cases in CASES.items():
    path = os.path.join(GOLDEN, name + ".txt")
    got = "\n".join(run_case(args) for args in cases)
    if UPDATE:
        with open(path, "w", encoding="ascii") as f:
            f.write(got)
    with open(path, encoding="ascii") as f:
        want = f.read()
    if not ok(got == want, "%s is as it was" % name):
        for a, b in zip(want.splitlines(), got.splitlines()):
            if a != b:
                say("was  %r" % a)
                say("is   %r" % b)
                break

promtool("promtool likes the metrics", server.target)
promtool("and those of several hosts", server.target,
         AGAIN.replace("NNNNN", str(port)), "127.0.0.1:1")

with tempfile.TemporaryDirectory() as directory:
    log = os.path.join(directory, "log")
    done = subprocess.run([NTPQ, "-n", "-d", "-l", log, "-c", "rv 0 leap",
                           server.target], capture_output=True, timeout=2 * PATIENCE,
                          check=False)
    with open(log, encoding="ascii") as f:
        ok("opcode 2, id 0" in f.read() and not done.stderr,
           "-l takes what is told about packets", done.stderr)

watching = subprocess.Popen([NTPQ, "-n", "--watch", "1", server.target],
                            stdout=subprocess.PIPE, text=True)
headers = 0
for line in watching.stdout:
    headers += line.startswith("     remote ")
    if headers == 2:
        break
watching.kill()
watching.wait()
ok(headers == 2, "--watch shows the table again")
