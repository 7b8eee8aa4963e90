#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a client on the LAN gets: versions, timestamps, extension fields,
access rules, rate limits, keys."""
from harness import (PATIENCE, SILENCE, Daemon, exchange, ntp_seconds, ok,
                     request_octets, server_line, stratum1, wait_for)
import hashlib
import select
import socket
import struct
import time

KEY = "6f2c9a11d0e47b8853a1f09c2ddc41be77a05513"
upstream = stratum1()
ours = Daemon(server_line("127.0.1.1", upstream))
ok(ours.synchronized(), "synchronized", ours.log())

for version in (1, 2, 3, 4):
    reply = ours.ask(version=version)
    ok(reply and reply.version == version and reply.mode == 4 and
       reply.stratum == 2 and len(reply.data) == 48,
       "version %d is answered in version %d" % (version, version))
for version in (0, 5, 7):
    reply = exchange("127.0.0.1", ours.port,
                     request_octets(version=version), 0.3)
    ok(reply is None, "version %d is not answered" % version, reply)

before = time.time()
reply = upstream.ask(xmt=0x0badcafe12345678)
after = time.time()
ok(reply and reply.org == 0x0badcafe12345678,
   "the origin timestamp is the client's, bit for bit")
ok(reply and before - 0.05 < ntp_seconds(reply.rec) <=
   ntp_seconds(reply.xmt) < after + 0.05,
   "received before sent, both between question and answer")
ok(reply and 0 < reply.rootdisp < 4 and reply.precision < -10,
   "root dispersion and precision are filled in",
   reply and (reply.rootdisp, reply.precision))

field = struct.pack("!HH", 0x2005, 28) + bytes(24)
reply = ours.ask(more=field)
ok(reply and len(reply.data) == 48, "an unknown extension field is skipped")
reply = exchange("127.0.0.1", ours.port, request_octets()[:47], 0.3)
ok(reply is None, "47 octets are not answered", reply)
for mode in (2, 4, 7):
    reply = exchange("127.0.0.1", ours.port,
                     request_octets(mode=mode), 0.3)
    ok(reply is None, "mode %d is not answered" % mode, reply)

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.settimeout(0.3)
    for data, words in ((request_octets(), "time"),
                        (struct.pack("!BBHHHHH", 0x16, 2, 1, 0, 0, 0, 0),
                         "control")):
        s.sendto(data, ("127.255.255.255", ours.port))
        try:
            reply = s.recv(4096)
        except OSError:
            reply = None
        ok(reply is None, "a broadcast %s request is not answered" % words,
           reply)

# Keys: a signed question gets a signed answer.
signed = Daemon("keys %s/keys\ntrustedkey 31\n"
                "server 127.127.1.0 minpoll 0 prefer\n"
                "fudge 127.127.1.0 stratum 0 refid PPS\n" % ours.dir,
                start=False)
ours.write("keys", "31 SHA1 %s\n32 SHA1 %s\n" % (KEY, KEY[::-1]))
signed.start()
signed.synchronized()


def mac(key_id, secret, data):
    return struct.pack("!I", key_id) + hashlib.sha1(secret + data).digest()


secret = bytes.fromhex(KEY)
question = request_octets()
answer = exchange("127.0.0.1", signed.port,
                  question + mac(31, secret, question))
ok(answer and len(answer) == 72 and answer[48:] == mac(
    31, secret, answer[:48]), "a signed request gets a signed reply", answer)
answer = exchange("127.0.0.1", signed.port,
                  question + mac(31, b"wrong", question))
ok(answer is None or answer[48:] == bytes(4),
   "a wrong MAC gets a crypto-NAK at most", answer)
answer = exchange("127.0.0.1", signed.port, question + mac(
    32, bytes.fromhex(KEY[::-1]), question))
ok(answer is None or answer[48:] == bytes(4),
   "a key that is not trusted does not sign", answer)

keyed = Daemon("keys %s/keys\ntrustedkey 31\n" % ours.dir +
               server_line("127.0.1.1", signed, "key 31"))
ok(keyed.synchronized(), "a keyed association synchronizes", keyed.log())
ok("auth" in keyed.ntpq("-c", "as") and " ok " in keyed.ntpq("-c", "as"),
   "and is shown as authenticated", keyed.ntpq("-c", "as"))
wrong = Daemon("keys %s/keys\ntrustedkey 31 32\n" % ours.dir +
               server_line("127.0.1.1", signed, "key 32"))

# restrict: longest match decides.
rules = Daemon("server 127.127.1.0 minpoll 0 prefer\n"
               "fudge 127.127.1.0 stratum 0 refid PPS\n"
               "restrict default\n"
               "restrict 127.0.2.0 mask 255.255.255.0 ignore\n"
               "restrict 127.0.2.7\n"
               "restrict 127.0.3.0/24 noserve\n"
               "restrict 127.0.4.0 mask 255.255.255.0 limited kod\n"
               "restrict 127.0.5.0 mask 255.255.255.0 noquery\n"
               "restrict 127.0.6.0 mask 255.255.255.0 version\n"
               "discard average 3 minimum 1\n", access="")
rules.synchronized()


def answered(source, data=None, seconds=PATIENCE):
    return exchange("127.0.0.1", rules.port, data or request_octets(),
                    seconds, source)


def silent(source, data=None):
    return not answered(source, data, SILENCE)


ok(answered("127.0.0.1"), "no rule but the default: served")
ok(silent("127.0.2.6"), "restrict ignore: silence")
ok(answered("127.0.2.7"), "a host rule inside an ignored network: served")
ok(silent("127.0.3.1"), "restrict noserve: no time")
control = struct.pack("!BBHHHHH", 0x16, 2, 1, 0, 0, 0, 0)
ok(answered("127.0.0.1", control), "mode 6 is answered on loopback")
ok(answered("127.0.5.1"), "restrict noquery: time")
ok(silent("127.0.5.1", control), "restrict noquery: no mode 6")
ok(silent("127.0.6.1", request_octets(version=3)),
   "restrict version: not the old ones")
replies = []
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind(("127.0.4.1", 0))
    for _ in range(30):
        s.sendto(request_octets(), ("127.0.0.1", rules.port))
    rules.ask()  # who asks later is answered later
    while select.select([s], [], [], 0)[0]:
        replies.append(s.recv(4096))
kisses = [r for r in replies if r[1] == 0 and r[12:16] == b"RATE"]
times = [r for r in replies if r[1] != 0]
ok(times and len(times) < 30, "limited: a flood is not served in full",
   len(times))
ok(kisses, "kod: the flood is told RATE", len(replies))

ok(wait_for(lambda: int(wrong.variable("unreach", "&1") or 0) >= 3, 30,
            "three vain questions") and wrong.ask().leap == 3,
   "an association with a key the server does not trust does not synchronize", wrong.log())
row = wrong.peer("127.0.1.1")
ok(row and row.reach == 0, "and is never reached", row and row.line)
