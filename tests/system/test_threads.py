#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Server threads: whatever their number, a client gets the same answers, the
same limits, and is counted once."""
from harness import (PATIENCE, SILENCE, Daemon, ok, really_root,
                     request_octets, run, wait_for)
from mode6 import Reply, message
import hashlib
import os
import re
import signal
import socket
import struct

KEY = "6f2c9a11d0e47b8853a1f09c2ddc41be77a05513"
SECRET = bytes.fromhex(KEY)
CLIENTS = 200
BURST = 40


def mac(data):
    return struct.pack("!I", 31) + hashlib.sha1(SECRET + data).digest()


def server(threads):
    daemon = Daemon("server 127.127.1.0 minpoll 0 prefer\n"
                    "fudge 127.127.1.0 stratum 0 refid PPS\n"
                    "keys keys\ntrustedkey 31\ncontrolkey 31\n"
                    "restrict 127.0.4.0 mask 255.255.255.0 limited kod\n"
                    "restrict 127.0.5.0 mask 255.255.255.0 ignore\n"
                    "discard average 3 minimum 0\n",
                    args=("-T", str(threads)), start=False)
    daemon.more["cwd"] = daemon.dir
    daemon.write("keys", "31 SHA1 %s\n" % KEY)
    daemon.start()
    ok(daemon.synchronized(), "-T %d: serves" % threads, daemon.log())
    return daemon


def ask_from(daemon, source, data=None, to="127.0.0.1",
             seconds=PATIENCE):
    """The reply and the address that it came from, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(seconds)
        s.bind((source, 0))
        s.sendto(data or request_octets(), (to, daemon.port))
        try:
            reply, peer = s.recvfrom(4096)
        except OSError:
            return None
        return reply, peer[0]


def burst(daemon, source):
    """A burst from one address, every datagram from another port: how many
    were answered with the time, and with a kiss."""
    sockets, before = [], counters(daemon)["ss_thisver"]
    for _ in range(BURST):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((source, 0))
        s.connect(("127.0.0.1", daemon.port))
        s.send(request_octets())
        sockets.append(s)
    times = kisses = 0
    wait_for(lambda: counters(daemon)["ss_thisver"] >= before + BURST, 10,
             "all to be handled")
    for s in sockets:
        s.setblocking(False)
        try:
            reply = s.recv(4096)
            kisses += reply[12:16] == b"RATE"
            times += reply[12:16] != b"RATE"
        except OSError:
            pass
        s.close()
    return times, kisses


def counters(daemon):
    text = daemon.ntpq("-c", "rv 0 ss_received,ss_thisver,ss_oldver,"
                       "ss_processed,ss_restricted,ss_limited,ss_kodsent,"
                       "ss_badauth,mru_depth")
    return {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", text)}


def the_same_for_all(threads):
    daemon = server(threads)
    words = "-T %d: " % threads
    before = counters(daemon)
    answers = [ask_from(daemon, "127.1.%d.%d" % (i // 100, i % 100 + 1))
               for i in range(CLIENTS)]
    ok(all(a and a[0][1] == 1 for a in answers),
       words + "every client is answered")
    ok(not ask_from(daemon, "127.0.5.1", seconds=SILENCE),
       words + "who is ignored is not")
    ok(ask_from(daemon, "127.1.0.1", to="127.0.0.9") is None or
       ask_from(daemon, "127.1.0.1", to="127.0.0.9")[1] == "127.0.0.9",
       words + "the answer comes from the address asked")
    old = ask_from(daemon, "127.1.0.2", request_octets(version=3))
    ok(old and old[0][0] >> 3 & 7 == 3, words + "version 3 in version 3")

    question = request_octets()
    answer = ask_from(daemon, "127.1.0.3", question + mac(question))
    ok(answer and answer[0][48:] == mac(answer[0][:48]),
       words + "a signed request gets a signed reply")
    nak = ask_from(daemon, "127.1.0.4", question + mac(question)[:-1] + b"x")
    ok(nak and nak[0][48:] == bytes(4), words + "a wrong MAC a crypto-NAK")

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(PATIENCE)
        s.bind(("127.1.0.6", 0))
        s.connect(("127.0.0.1", daemon.port))
        s.send(request_octets(xmt=0x1111111122222222))
        first = s.recv(4096)
        for _ in range(2):  # the first such is only remembered
            data = bytearray(request_octets(xmt=0x3333333344444444))
            data[24:32] = first[32:40]
            data[32:40] = struct.pack("!Q", 0x5555555566666666)
            s.send(bytes(data))
            second = s.recv(4096)
            first = second
    ok(second[24:32] == struct.pack("!Q", 0x5555555566666666),
       words + "who asks interleaved is told when the last answer left",
       second.hex())

    times, kisses = burst(daemon, "127.0.4.1")
    ok(10 <= times <= 27 and kisses == 1,
       words + "one address has one limit, whatever its ports",
       (times, kisses))

    after = counters(daemon)
    got = {k: after[k] - before[k] for k in after if k != "ss_received"}
    listed = daemon.ntpq("-c", "mrulist limit=100")
    ok(len(re.findall(r"127\.1\.[01]\.\d+", listed)) == CLIENTS,
       words + "each client is listed once", listed[-2000:])
    ok(re.search(r"127\.0\.4\.1\b", listed), words + "and he with the burst")

    said = daemon.ntpq("-c", "keyid 31", "-c", "keytype SHA1", "-c",
                "passwd %s" % KEY, "-c",
                ":config restrict 127.1.1.0 mask 255.255.255.0 ignore")
    ok(not ask_from(daemon, "127.1.1.9", seconds=SILENCE) and
       ask_from(daemon, "127.1.0.9"),
       words + "a new rule is in force at once", said)
    daemon.kill()
    ok("exiting on signal 15" in daemon.log(), words + "ends cleanly")
    got.pop("ss_processed")  # in it and in these the chance of the limit
    got.pop("ss_limited")
    return got


alone = the_same_for_all(0)
for number in (1, 3):
    ok(the_same_for_all(number) == alone,
       "-T %d: counts the same as the main loop alone" % number, alone)


# ---- the clients' lists are made anew while one is walked through -----------

NONCE, MRU = 12, 10
FEW, MANY = "mru maxdepth 600\n", "mru maxdepth 60000\n"


def ask_list(s, words):
    """All fragments that come of it."""
    s.send(message(NONCE))
    nonce = re.search(rb"nonce=(\w+)", s.recv(2000))[1].decode()
    return message(MRU, data=("nonce=%s, %s" % (nonce, words)).encode())


def fragments(s):
    data = b""
    while True:
        try:
            reply = Reply(s.recv(2000))
        except OSError:
            return data
        data += reply.data
        if not reply.more:
            return data


walked = Daemon("server 127.127.1.0 minpoll 0\n" + MANY, args=("-T", "2"))
wait_for(walked.ask, 10, "an answer")
for n in range(3000):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.%d.%d.%d" % (2 + n // 62500, n // 250, n % 250 + 1), 0))
        s.connect(("127.0.0.1", walked.port))
        s.settimeout(PATIENCE)
        s.send(request_octets())
        s.recv(100)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.connect(("127.0.0.1", walked.port))
    s.settimeout(PATIENCE)
    s.send(ask_list(s, "recent=100, frags=2"))
    ok(b"addr.0=127." in fragments(s), "a list of 3000 clients is walked")
    question = ask_list(s, "frags=30")
    # The next list and the question for it come in one turn of the loop.
    os.kill(walked.child.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, walked.child.pid, os.WSTOPPED | os.WNOWAIT)
    with open(walked.path("conf"), encoding="ascii") as f:
        text = f.read()
    walked.write("conf", text.replace(MANY, FEW))
    walked.child.send_signal(signal.SIGHUP)
    s.send(question)
    os.kill(walked.child.pid, signal.SIGCONT)
    s.settimeout(SILENCE)
    told = fragments(s)
    wait_for(lambda: "configuration is in force" in walked.log(), 10, "it")
    told += fragments(s)
ok(all(a.startswith(b"127.") for a in
       re.findall(rb"addr\.\d+=(\S+?):", told)),
   "a shorter list is not walked with the marks of the longer", told[:300])
ok(walked.ask() and walked.kill() == 0, "it goes on, and ends in order",
   walked.log())

# ---- a thread too many --------------------------------------------------------

if really_root():
    poor = Daemon("", start=False)
    os.chmod(poor.dir, 0o777)
    status, words = run(["setpriv", "--reuid", "48123", "--regid", "48123",
                         "--clear-groups", "--inh-caps=-all",
                         "--bounding-set=-all", "prlimit", "--nproc=3",
                         *poor.argv, "-T", "8"])
    ok(status == 1 and re.search(r"server thread \d of 8: ", words),
       "threads that cannot be had: it says so and leaves", status, words)
