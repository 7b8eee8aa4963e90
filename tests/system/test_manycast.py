#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Manycast and multicast between two of ours, in a network of our own."""
import ctypes
import fcntl
import os
import socket

from harness import (OWN_HOST, Daemon, enter_namespace, ok, scratch,
                     wait_for)

GROUP, OTHER = "239.255.254.254", "224.0.1.1"

enter_namespace()


def route_groups():
    """All multicast by way of the loopback interface."""
    class Route(ctypes.Structure):
        _fields_ = [("pad1", ctypes.c_ulong), ("dst", ctypes.c_char * 16),
                    ("gateway", ctypes.c_char * 16),
                    ("mask", ctypes.c_char * 16), ("flags", ctypes.c_ushort),
                    ("pad2", ctypes.c_short), ("pad3", ctypes.c_ulong),
                    ("pad4", ctypes.c_void_p), ("metric", ctypes.c_short),
                    ("dev", ctypes.c_char_p), ("mtu", ctypes.c_ulong),
                    ("window", ctypes.c_ulong), ("irtt", ctypes.c_ushort)]

    def address(text):
        return (socket.AF_INET.to_bytes(2, "little") + bytes(2) +
                socket.inet_aton(text) + bytes(8))

    route, siocaddrt, rtf_up = Route(), 0x890B, 1
    for name, text in (("dst", "224.0.0.0"), ("mask", "240.0.0.0"),
                       ("gateway", "0.0.0.0")):
        ctypes.memmove(ctypes.addressof(route) + getattr(Route, name).offset,
                       address(text), 16)
    route.flags, route.dev = rtf_up, b"lo"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, siocaddrt, bytes(route))


route_groups()
here = scratch()
with open(os.path.join(here, "keys"), "w", encoding="ascii") as f:
    f.write("1 SHA1 0123456789abcdef0123456789abcdef01234567\n")
KEYED = "keys %s/keys\ntrustedkey 1\n" % here
CLOCK = ("server 127.127.1.0 minpoll 0 prefer\n"
         "fudge 127.127.1.0 stratum 2 refid GPS\n")

server = Daemon(KEYED + CLOCK + "manycastserver %s\n"
                "interface listen %s\n" % (GROUP, OWN_HOST), port=123,
                access="")
server.synchronized()
seeker = Daemon(KEYED + "manycastclient %s key 1 minpoll 1 maxpoll 1\n"
                "ttl 1 8\ntos beacon 16 minclock 1\n" % GROUP,
                clock="0.05", access="")
stranger = Daemon("disable auth\nmanycastclient %s minpoll 1 maxpoll 1\n"
                  "tos beacon 16\n" % GROUP, access="")
hearer = Daemon(KEYED + "multicastclient %s\nbroadcastdelay 0.0001\n" % OTHER,
                clock="0.05", access="")
teller = Daemon(KEYED + CLOCK + "broadcast %s port %d minpoll 1 key 1 ttl 1\n"
                % (OTHER, hearer.port), access="")


def found(daemon, kind, address=None):
    for row in daemon.peers():
        if row.type == kind and row.reach > 2 and (
                address is None or row.remote == address):
            return row
    return None


row = wait_for(lambda: found(seeker, "u", OWN_HOST), 60, "a server found")
ok(row, "a manycast client finds the server", seeker.ntpq("-p"),
   seeker.log(), server.log())
ok(seeker.synchronized(), "and synchronizes to it", seeker.ntpq("-p"))
ok(any(r.type == "a" for r in seeker.peers()), "the search itself is shown",
   seeker.ntpq("-p"))
ok(len(stranger.peers()) == 1, "who has no key is not answered",
   stranger.ntpq("-p"))
row = wait_for(lambda: found(hearer, "b"), 60, "a multicast heard")
ok(row, "a multicast client hears the server", hearer.ntpq("-p"),
   hearer.log(), teller.ntpq("-p"), teller.log())
ok(any(r.type == "M" for r in teller.peers()), "which shows what it sends",
   teller.ntpq("-p"))
