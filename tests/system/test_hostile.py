#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""100,000 random and mutated packets at a sanitizer build: it serves on."""
from harness import (NTPD_SANITIZED, PATIENCE, Daemon, ask, ok, request_octets,
                     server_line, skip_all, stratum1, wait_for)
import os
import random
import socket
import struct

PACKETS = 100000
SEED = 20251121

if not os.path.exists(NTPD_SANITIZED):
    skip_all("no build with sanitizers: scripts/check makes one")

dice = random.Random(SEED)
upstream = stratum1()
ours = Daemon("keys /dev/null\n" + server_line("127.0.1.1", upstream),
              exe=NTPD_SANITIZED)
ok(ours.synchronized(90), "the sanitizer build synchronizes", ours.log())


def control(op, data):
    pad = -len(data) % 4
    return struct.pack("!BBHHHHH", 0x16, op, dice.randrange(65536), 0,
                       dice.choice((0, 0, dice.randrange(65536))), 0,
                       len(data)) + data + bytes(pad)


SEEDS = [request_octets(version=v, mode=m) for v in range(8)
         for m in range(8)]
SEEDS += [request_octets(more=struct.pack("!HH", t, n) + bytes(n - 4))
          for t in (0x0104, 0x2005, 0x0204, 0xffff) for n in (4, 16, 28, 1024)]
SEEDS += [request_octets(more=struct.pack("!I", 31) + bytes(n))
          for n in (0, 16, 20, 32)]
SEEDS += [control(op, data) for op in range(32) for data in (
    b"", b"leap,stratum", b"offset=1,", b'a="b,c"', b"=,=,\xff\0")]


def mutated():
    data = bytearray(dice.choice(SEEDS))
    for _ in range(dice.randrange(1, 6)):
        what = dice.randrange(4)
        at = dice.randrange(len(data)) if data else 0
        if what == 0 and data:
            data[at] = dice.randrange(256)
        elif what == 1 and data:
            data[at] ^= 1 << dice.randrange(8)
        elif what == 2:
            del data[at:]
        else:
            data += dice.randbytes(dice.randrange(1, 64))
    return bytes(data)


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.connect(("127.0.0.1", ours.port))
    s.setblocking(False)
    sent = 0
    while sent < PACKETS:
        try:
            s.send(mutated() if dice.randrange(4) else
                   dice.randbytes(dice.randrange(0, 1300)))
            sent += 1
        except OSError:
            if not ours.alive():
                break
        try:
            s.recv(4096)
        except OSError:
            pass
        # Every now and then it must have come so far: then nothing was lost
        # in a full socket buffer.
        if sent % 100 == 0 and not wait_for(
                lambda: not ours.alive() or ask("127.0.0.1", ours.port), 20,
                "an answer"):
            break

ok(sent == PACKETS, "%d random and mutated packets" % PACKETS, sent)
ok(ours.alive(), "the daemon is alive", ours.log()[-4000:])
reply = ours.ask()
ok(reply and reply.leap == 0 and reply.stratum == 2,
   "and serves as before")
row = ours.peer("127.0.1.1")
ok(row and row.tally == "*", "its association is unharmed", row and row.line)
ok(ours.kill(seconds=5 * PATIENCE) == 0, "it leaves cleanly, nothing leaked",
   ours.log()[-4000:])
ok("runtime error" not in ours.log() and "Sanitizer" not in ours.log(),
   "the sanitizers have nothing to say", ours.log()[-4000:])
