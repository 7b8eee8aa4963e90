#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""MS-SNTP: members of a Windows domain get replies that a small signing
daemon, in place of Samba's, has signed."""
from harness import (PATIENCE, SILENCE, Daemon, Packet, exchange, ntpq, ok,
                     request_octets, scratch, wait_for)
import hashlib
import os
import signal
import socket
import struct
import threading

SECRETS = {0x50040000: b"sixteen octets 1", 0x51040080: b"sixteen octets 2"}


class SigningDaemon:
    """What Samba does: a stream socket, each message behind its length."""

    def __init__(self, directory):
        self.asked = 0
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(os.path.join(directory, "socket"))
        self.socket.listen()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        while True:
            conn, _ = self.socket.accept()
            with conn:
                self._serve(conn)

    def _serve(self, conn):
        while True:
            head = conn.recv(4, socket.MSG_WAITALL)
            if len(head) < 4:
                return
            data = conn.recv(struct.unpack("!I", head)[0],
                             socket.MSG_WAITALL)
            version, op, number, account = struct.unpack_from(
                "!IIHxxI", data)
            self.asked += 1
            packet = data[16:]
            secret = SECRETS.get(account)
            answer = struct.pack("!III", version, 4, number)
            if op == 0 and secret:
                answer = struct.pack("!III", version, 3, number) + packet + (
                    struct.pack("!I", account) +
                    hashlib.md5(secret + packet).digest())
            conn.sendall(struct.pack("!I", len(answer)) + answer)


here = scratch()
ours = Daemon("server 127.127.1.0 minpoll 0 prefer\n"
              "fudge 127.127.1.0 stratum 0 refid GPS\n"
              "ntpsigndsocket %s\n" % here,
              access="restrict default mssntp\n"
              "restrict 127.0.9.0 mask 255.255.255.0\n")
ours.synchronized()


def member(account, digest=bytes(16), version=3, source="127.0.0.1",
           seconds=PATIENCE):
    """What a member of the domain gets."""
    return exchange("127.0.0.1", ours.port, request_octets(version=version) +
                    struct.pack("!I", account) + digest, seconds, source)


ok(member(0x50040000, seconds=SILENCE) is None,
   "no signing daemon yet: no answer")
ok(wait_for(lambda: "signing daemon %s/socket:" % here in ours.log(), 5,
            "the log"), "and the log says why", ours.log())
ok(ours.ask(), "others are answered meanwhile")

samba = SigningDaemon(here)
for account, secret in SECRETS.items():
    for version in (3, 4):
        reply = wait_for(lambda a=account, v=version: member(a, version=v), 5,
                         "a signed reply")
        ok(reply and len(reply) == 68 and
           reply[48:52] == struct.pack("!I", account) and
           reply[52:] == hashlib.md5(secret + reply[:48]).digest(),
           "account %x, version %d: a signed reply" % (account, version),
           reply)
        packet = Packet(reply) if reply else None
        ok(packet and packet.mode == 4 and packet.stratum == 1 and
           packet.version == version and packet.org == 0x1234567890abcdef,
           "and it is the answer to the question")
asked = samba.asked
ok(member(0x99999999, seconds=SILENCE) is None,
   "an account that Samba does not know: silence")
ok(wait_for(lambda: samba.asked > asked, 5, "it"), "though it was asked")
asked = samba.asked
reply = member(0x50040000, digest=b"not all of zeros")
ok(reply and len(reply) == 52 and reply[48:] == bytes(4),
   "a digest of our own kind is not Samba's business", reply)
reply = member(0x50040000, source="127.0.9.1")
ok(reply and len(reply) == 52, "nor is who has no `restrict mssntp`", reply)
ok(samba.asked == asked, "and it was not asked", samba.asked)
reply = exchange("127.0.0.1", ours.port, request_octets())
ok(reply and len(reply) == 48, "who asks for no signature gets none", reply)

counted = dict(line.split(":") for line in ntpq(
    "127.0.0.1:%d" % ours.port, "-c", "mssntpinfo").splitlines())
counted = {name: float(value) for name, value in counted.items()}
ok(counted["no signing daemon"] >= 1 and counted["signed"] >= 4 and
   counted["refused"] == 1 and counted["lost on the way"] == 0 and
   counted["requests to sign"] == counted["no signing daemon"] +
   counted["signed"] + 1, "mssntpinfo has counted all that", counted)
ok(0 < counted["slowest of them"] <= counted["time for them"] < 60,
   "and how long it took", counted)

# A file without the line counts at the next start, for new sockets as well.
ours.kill()  # the signing daemon hears one at a time
threaded = Daemon("server 127.127.1.0 minpoll 0\nntpsigndsocket %s\n" % here,
                  access="restrict default mssntp\n", args=("-T", "2"))
wait_for(threaded.ask, 10, "an answer")


def signed():
    reply = exchange("127.0.0.1", threaded.port, request_octets() +
                     struct.pack("!I", 0x50040000) + bytes(16), 1)
    return reply and len(reply) == 68


ok(wait_for(signed, 10, "a signed reply"), "threads have it signed, too",
   threaded.log())
with open(threaded.path("conf"), encoding="ascii") as f:
    text = f.read()
threaded.write("conf", text.replace("ntpsigndsocket", "# ") +
               "mru v6prefix 64\n")
threaded.child.send_signal(signal.SIGHUP)
wait_for(lambda: "configuration is in force" in threaded.log(), 10, "it")
threaded.peers()  # the loop is done with it
ok(all(wait_for(signed, 10, "a signed reply") for _ in range(8)),
   "until it is restarted", threaded.log())
