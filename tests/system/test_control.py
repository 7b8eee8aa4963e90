# SPDX-License-Identifier: BSD-2-Clause
"""Configuring, saving and looking into a running daemon by mode 6: by raw
packets, so that nothing depends on a client, and by ntpsec's ntpq."""
import hashlib
import os
import re
import stat
import struct

from harness import *

enter_namespace()
need_peers()

READVAR, CONFIGURE, SAVECONFIG, ORDLIST = 2, 8, 9, 11
KEY, SECRET = 5, b"ntpsecretkey"

server = stratum1()
d = Daemon("restrict default\n", port=123, access="", start=False)
with open(d.path("conf"), "a", encoding="ascii") as conf:
    conf.write("keys %s\ntrustedkey 5\ncontrolkey 5\nsaveconfigdir %s\n"
               "server 127.127.1.0\n" % (d.path("keys"), d.path("saved")))
d.write("keys", "5 MD5 %s\n" % SECRET.decode())
os.mkdir(d.path("saved"))
d.start()
wait_for(d.ask, 20, "the daemon")

_sequence = 0


def request(op, data=b"", sign=True, sequence=None):
    global _sequence
    _sequence += 1
    packet = struct.pack("!BBHHHHH", 0x16, op, sequence or _sequence, 0, 0, 0,
                         len(data)) + data
    if sign:
        packet += b"\0" * (-len(packet) % 8)
        packet += struct.pack("!I", KEY) + hashlib.md5(
            SECRET + packet).digest()
    return packet + b"\0" * (-len(packet) % 4)


def deliver(packet):
    """The error code of the reply, or its whole text."""
    parts, end = {}, None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(PATIENCE)
        s.connect(("127.0.0.1", d.port))
        s.send(packet)
        while end is None or sum(map(len, parts.values())) < end:
            reply = s.recv(4096)
            code, _seq, status, _id, offset, count = struct.unpack_from(
                "!BHHHHH", reply, 1)
            if code & 0x40:
                return status >> 8
            parts[offset] = reply[12:12 + count]
            if not code & 0x20:
                end = offset + count
    return b"".join(parts[k] for k in sorted(parts)).decode()


def tell(op, text="", **more):
    return deliver(request(op, text.encode(), **more))


# ---- who may --------------------------------------------------------------

for op in CONFIGURE, SAVECONFIG, ORDLIST:
    ok(tell(op, sign=False) == 1, "opcode %d needs the control key" % op)
heard = request(CONFIGURE, b"tos minclock 2")
ok(deliver(heard) == "Config Succeeded\r\n", "a line is taken")
ok(deliver(heard) == 1, "the same datagram again is refused")

# ---- at once --------------------------------------------------------------

ok(tell(CONFIGURE, "server 127.0.0.1 port %d iburst minpoll 3" % server.port)
   == "Config Succeeded\r\n", "a server is added")
ok(wait_for(lambda: (p := d.peer("127.0.0.1")) and p.reach, 20, "an answer"),
   "... and polled")
tell(CONFIGURE, "restrict 127.0.0.9 ignore")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s9:
    s9.bind(("127.0.0.9", 0))
    s9.settimeout(SILENCE)
    s9.connect(("127.0.0.1", d.port))
    s9.send(request_octets())
    try:
        answered = bool(s9.recv(100))
    except OSError:
        answered = False
ok(not answered, "an address is shut out at once")
tell(CONFIGURE, "unrestrict 127.0.0.9")
peer = d.peer("127.0.0.1")
ok(peer and peer.reach, "the server kept what was measured of it", peer)
text = tell(CONFIGURE, "server 127.0.0.1 ibrust")
ok(re.match(r"column 18 syntax error, .*iburst", text),
   "an error says where and what was meant", text)
d.write("keys", "5 MD5 %s\n7 SHA1 another\n" % SECRET.decode())
tell(CONFIGURE, "keys %s" % os.path.join(d.dir, ".", "keys"))
ok(wait_for(lambda: "authkeys=2" in tell(READVAR, "authkeys", sign=False),
            10, "two keys"), "a keys file is read at once")

# ---- lists ----------------------------------------------------------------


def rows(text):
    found = {}
    for name, number, value in re.findall(r"([a-z]+)\.(\d+)=([^,\r]*)", text):
        found.setdefault(int(number), {})[name] = value
    return found


ifaces = rows(tell(ORDLIST, "ifstats"))
fields = {"addr", "bcast", "en", "name", "flags", "tl", "mc", "rx", "tx",
          "txerr", "pc", "up"}
ok(ifaces and all(fields <= set(row) and len(row) == len(fields) + 1
                  for row in ifaces.values()),
   "ifstats has rows of twelve fields and one of noise", ifaces)
asked = [r for r in ifaces.values() if r["addr"] == "127.0.0.1:123"]
ok(asked and int(asked[0]["rx"]) > 5 and int(asked[0]["tx"]) > 5,
   "... and counts", ifaces)
ok(any(r["pc"] == "1" for r in ifaces.values()), "... and associations")
access = rows(tell(ORDLIST, "addr_restrictions"))
ok({"addr", "mask", "hits", "flags"} <= set(access[0]),
   "reslist has its fields", access)
ok(tell(ORDLIST, "nothing") == 5, "no other list is known")
counters = tell(READVAR, "io_received,io_sent,io_wakeups,total_rbuf,"
                "authdecrypts,authencrypts,timer_xmts", sign=False)
ok(all(int(v) > 0 for v in re.findall(r"=(\d+)", counters)),
   "counters of input, keys and timer count", counters)

# ---- saving ---------------------------------------------------------------

ok(tell(SAVECONFIG, "now-%Y.conf").startswith("Configuration saved to 'now-2"),
   "the configuration is saved, with the year in its name")
made = os.listdir(d.path("saved"))
path = os.path.join(d.path("saved"), made[0])
with open(path, encoding="ascii") as f:
    saved = f.read()
ok(re.search(r"^server 127\.0\.0\.1 .*iburst.*port %d" % server.port, saved,
             re.M) and "tos minclock 2\n" in saved, "it holds what was added",
   saved)
ok(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "it is the owner's alone")
ok("savedconfig=%s" % made[0] in tell(READVAR, "savedconfig"),
   "savedconfig tells the name")
ok("File exists" in tell(SAVECONFIG, "now-%Y.conf"), "no file is overwritten")
os.symlink(d.path("victim"), os.path.join(d.path("saved"), "link"))
ok("File exists" in tell(SAVECONFIG, "link") and
   not os.path.exists(d.path("victim")), "no link is followed")
# CVE-2015-7851: out of the directory; CVE-2015-7976: with characters that
# mean something to a shell.
for bad in ("../x", "/tmp/x", ".hidden", "a b", "a%n", "%c", "", "x" * 128,
            "a/b", "a;b", "a|b", "$HOME", "a`b`", "a\nb", "a\0b", "-x"):
    ok("unsafe file name" in tell(SAVECONFIG, bad), "%r is refused" % bad[:9])
ok(sorted(os.listdir(d.path("saved"))) == sorted(made + ["link"]),
   "nothing else was made")
status, words = run([NTPD, "-n", "--check-config", "-c", path])
ok(status == 0 and "0 errors" in words, "what was saved is read again", words)

# ---- ntpsec's ntpq --------------------------------------------------------


def ntpsec_ntpq(*commands):
    packages = os.path.join(PEERS, "usr/lib/python3/dist-packages")
    argv = ["/usr/bin/python3", os.path.join(PEERS, "usr/bin/ntpq"), "-a", "5"]
    for command in ("passwd",) + commands:
        argv += ["-c", command]
    return subprocess.run(
        argv + ["127.0.0.1"], input=SECRET + b"\n", timeout=PATIENCE, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=dict(os.environ, PYTHONPATH=packages)).stdout.decode()


ntpsec_python("ntpq", "-c", "rv 0 leap", "127.0.0.1")
words = ntpsec_ntpq("rv 0 leap", ":config tos minclock 4")
ok("Config Succeeded" in words, "ntpsec's ntpq configures", words)
words = ntpsec_ntpq("ifstats")
ok("v4wildcard" in words, "ntpsec's ntpq shows ifstats", words)
words = ntpsec_ntpq("reslist")
ok(re.search(r"0\.0\.0\.0", words), "ntpsec's ntpq shows reslist", words)
for command, sign in (("kerninfo", "pll time constant"),
                      ("iostats", "received packets"),
                      ("sysstats", "sysstats reset"),
                      ("authinfo", "stored keys"),
                      ("timerstats", "calls to transmit")):
    words = ntpsec_python("ntpq", "-c", command, "127.0.0.1")[1]
    ok(sign in words and "***" not in words and "nknown" not in words,
       "ntpsec's ntpq shows %s" % command, words)

# ---- last, for ntpsec's ntpq divides by the age of counters ------------------

tell(CONFIGURE, "reset io")
ok(int(re.search(r"io_received=(\d+)", tell(READVAR, "io_received"))
       .group(1)) < 5, "reset sets them to zero")

# ---- clear of configuration rights ----------------------------------------

tell(CONFIGURE, "restrict 127.0.0.1 nomodify")
ok("prohibited by restrict" in tell(CONFIGURE, "tos minclock 3"),
   "nomodify closes it, for the key too")
ok("prohibited by restrict" in tell(SAVECONFIG, "y"), "... and saving")
ok(d.alive(), "the daemon is well")
