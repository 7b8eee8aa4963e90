#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a turn of the main loop does: while clients wait for the time, little
else.

All that is asked lies in the socket before the daemon, which is stopped, may
look; so the order of its answers is its own doing, however busy the machine is.
"""
from harness import Daemon, ask, ok, request_octets, wait_for
import os
import signal
import socket
import struct

from mode6 import READVAR, message

PKTINFO = 8  # IP_PKTINFO
RCVBUFFORCE = 33
READ_MRU, REQ_NONCE = 10, 12
CLIENTS = 2000
WAITING = 400  # requests for the time: more than a turn reads
PIECES, CONTROL = 1, 4  # of the list, and other answers, in a turn

ours = Daemon("mru maxdepth 10000\n")
wait_for(ours.ask, 60, "an answer")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as many:
    many.bind(("", 0))
    for n in range(CLIENTS):
        many.sendmsg([request_octets()], [(
            socket.IPPROTO_IP, PKTINFO, struct.pack(
                "i4s4x", 0, socket.inet_aton("127.1.%d.%d" % (
                    n // 250, n % 250 + 1))))], 0, ("127.0.0.1", ours.port))
        if n % 50 == 0:
            wait_for(ours.ask, 60, "the last ones to be served")


def order(*requests):
    """Of the answers to REQUESTS and then to those for the time, who was
    answered when: 6 for control, 4 for the time, in a string, as far as all
    of the latter were answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for option in socket.SO_RCVBUF, RCVBUFFORCE:
            try:
                s.setsockopt(socket.SOL_SOCKET, option, 4 << 20)
            except OSError:
                pass  # not root: what there is is enough
        s.settimeout(60)
        s.connect(("127.0.0.1", ours.port))
        s.send(message(REQ_NONCE))
        nonce = s.recv(1024)[12:].strip(b"\0").strip()
        ours.child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, ours.child.pid, os.WSTOPPED | os.WNOWAIT)
        for request in requests:
            s.send(message(*request(nonce)))
        for _ in range(WAITING):
            s.send(request_octets())
        ours.child.send_signal(signal.SIGCONT)
        seen = ""
        while seen.count("4") < WAITING:
            seen += str(s.recv(1024)[0] & 7)
    return seen


def longest(seen):
    return max(len(run) for run in seen.split("4"))


def for_the_list(nonce):
    return READ_MRU, 0, nonce + b", frags=128"


def for_a_variable(_nonce):
    return READVAR, 0, b"leap"


for what, requests, most in (("the list", [for_the_list], PIECES),
                             ("variables", [for_a_variable] * 100, CONTROL)):
    answers = order(*requests)
    ok("64" in answers, "%s: given while clients wait" % what, answers)
    ok(longest(answers) <= most,
       "but no more than %d in a row" % most, answers)
ok(ask("127.0.0.1", ours.port, 60) and ours.kill() == 0, "and it lives on")
