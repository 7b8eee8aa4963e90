#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Server threads and that of key establishment under load while all that they
share changes, in a build with ThreadSanitizer: it has nothing to say."""
from harness import (NTPD_RACES, PATIENCE, Daemon, free_port, ok,
                     request_octets, scratch, server_line, skip_all, stratum1,
                     wait_for)
from authority import Authority
import hashlib
import os
import signal
import socket
import struct
import threading

if not os.path.exists(NTPD_RACES):
    skip_all("no build with ThreadSanitizer: scripts/check makes one")

KEY = "6f2c9a11d0e47b8853a1f09c2ddc41be77a05513"
upstream = stratum1()
keport = free_port()
trusted = Authority(scratch())
conf = ("keys keys\ntrustedkey 31\ncontrolkey 31\n"
        "restrict 127.0.4.0 mask 255.255.255.0 limited kod\n"
        "threads 3\ngather 20\n"
        "nts enable keport %d cert %s key %s cookie cookies\n" % (
            (keport,) + trusted.certificate("server")) +
        server_line("127.0.1.1", upstream))
ours = Daemon(conf, exe=NTPD_RACES, clock="0.6", start=False,
              env=dict(os.environ, TSAN_OPTIONS="exitcode=66"))
ours.more["cwd"] = ours.dir
ours.write("keys", "31 SHA1 %s\n" % KEY)

answers = 0
stop = threading.Event()


def load(network):
    """Requests from many addresses, plain, signed and interleaved."""
    global answers
    data = request_octets()
    mac = struct.pack("!I", 31) + hashlib.sha1(
        bytes.fromhex(KEY) + data).digest()
    i = 0
    while not stop.is_set():
        i += 1
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.5)
            s.bind(("127.0.%d.%d" % (network, i % 200 + 1), 0))
            s.connect(("127.0.0.1", ours.port))
            try:
                for _ in range(8):
                    s.send(data + (mac if i % 3 == 0 else b""))
                reply = s.recv(4096)
                for _ in range(2):
                    asks = bytearray(data)
                    asks[24:32] = reply[32:40]
                    asks[32:40] = b"\x55" * 8
                    s.send(bytes(asks))
                    reply = s.recv(4096)
                answers += 1
            except OSError:
                pass


def guests():
    """Clients of key establishment that do not say much."""
    i = 0
    while not stop.wait(0.01):
        i += 1
        try:
            with socket.create_connection(
                    ("127.0.0.1", keport), 0.5,
                    ("127.0.5.%d" % (i % 200 + 1), 0)) as s:
                s.send(b"\x16\x03\x01\0\1" + bytes([i % 3]))
                s.recv(64)
        except OSError:
            pass


# It begins 0.6 s off: the clock is stepped while the threads answer.
loaders = [threading.Thread(target=load, args=(n,)) for n in (3, 4)]
loaders.append(threading.Thread(target=guests))
ours.start()
client = Daemon("server 127.0.0.1:%d nts ca %s iburst minpoll 1 maxpoll 1\n"
                % (keport, trusted.ca))
for t in loaders:
    t.start()
ok(ours.synchronized(90), "synchronizes under load", ours.log()[-4000:])
ok("time reset" in ours.log(), "after a step", ours.log()[-2000:])
ok(client.synchronized(), "and serves with cookies", client.log()[-4000:])

for round_ in range(6):
    before = answers
    ours.write("keys", "31 SHA1 %s\n3%d SHA1 %s\n" % (KEY, round_ + 2, KEY))
    ours.write("conf", open(ours.path("conf"), encoding="ascii").read() +
               "restrict 127.0.%d.0 mask 255.255.255.0 limited\n"
               % (round_ + 10))
    ours.child.send_signal(signal.SIGHUP)
    said = ours.ntpq(
        "-c", "keyid 31", "-c", "keytype SHA1", "-c", "passwd %s" % KEY,
        "-c", ":config restrict 127.0.9.%d limited" % (round_ + 1),
        "-c", ":config gather %d" % (round_ * 10),
        "-c", ":config mru v6prefix %d" % (64 + round_ % 2 * 64),
        "-c", "sysstats", "-c", "monstats", "-c", "authinfo", "-c",
        "iostats", "-c", "reslist", "-c", "ifstats", "-c",
        "mrulist limit=20", "-c", ":config reset sys auth io")
    ok("Config Succeeded" in said, "configured in round %d" % round_,
       said[-2000:])
    wait_for(lambda: answers > before, 10, "clients to be answered")
    ok(answers > before, "and clients are answered", answers)

stop.set()
for t in loaders:
    t.join()
status = ours.kill(seconds=5 * PATIENCE)
ok(status == 0, "ends with status 0", status, ours.log()[-4000:])
ok("ThreadSanitizer" not in ours.log(), "no race was seen",
   ours.log()[-8000:])
