#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Manycast and multicast between two of ours, in a network of our own."""
import ctypes
import fcntl
import os
import select
import socket
import struct

from harness import (OWN_HOST, Daemon, enter_namespace, ok, scratch, skip,
                     wait_for)

GROUP, OTHER = "239.255.254.254", "224.0.1.1"
SITE, ORGANIZATION, HOST6 = "ff05::101", "ff08::101", "2001:db8::1"

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


def network6():
    """An interface for groups of IPv6, which the loopback has none of; None
    where there is no IPv6, or no such interface."""
    siocgifflags, siocsifflags, siocsifaddr = 0x8913, 0x8914, 0x8916
    tunsetiff, iff_tun, iff_no_pi, iff_up = 0x400454CA, 1, 0x1000, 1
    if not os.path.exists("/proc/net/if_inet6"):
        return None
    try:
        device = os.open("/dev/net/tun", os.O_RDWR)
    except OSError:
        return None
    name = b"groups6"
    fcntl.ioctl(device, tunsetiff,
                struct.pack("16sH14x", name, iff_tun | iff_no_pi))
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        flags = struct.unpack_from("h", fcntl.ioctl(
            s, siocgifflags, struct.pack("16sh14x", name, 0)), 16)[0]
        fcntl.ioctl(s, siocsifflags,
                    struct.pack("16sh14x", name, flags | iff_up))
        fcntl.ioctl(s, siocsifaddr, struct.pack(
            "16sIi", socket.inet_pton(socket.AF_INET6, HOST6), 64,
            socket.if_nametoindex(name.decode())))
    return device


route_groups()
six = network6()
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


if six is not None:
    listens = Daemon(KEYED + "multicastclient %s %s\n"
                     "broadcastdelay 0.0001\n" % (SITE, ORGANIZATION),
                     clock="0.05", access="")
    tells = [Daemon(KEYED + CLOCK + "broadcast %s port %d minpoll 1 key 1 "
                    "ttl 5\n" % (group, listens.port), access="")
             for group in (SITE, ORGANIZATION)]


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
if six is not None:
    def both():
        rows = [r for r in listens.peers() if r.type == "b" and r.reach > 2]
        return rows if len(rows) == 2 else None
    rows = wait_for(both, 60, "both groups of IPv6")
    ok(rows, "ff05::101 and ff08::101 are sent and heard",
       listens.ntpq("-p"), listens.log(), tells[0].ntpq("-p"),
       tells[0].log())
    ok(listens.synchronized(), "and synchronize", listens.ntpq("-p"))
    def hops():
        """Of what goes to the first group, as it is on the wire."""
        while select.select([six], [], [], 0)[0]:
            packet = os.read(six, 2048)
            if (len(packet) > 40 and packet[24:40] ==
                    socket.inet_pton(socket.AF_INET6, SITE)):
                return packet[7]
        return None
    seen = wait_for(hops, 10, "a packet on the wire")
    ok(seen == 5, "as far as ttl says", seen)
else:
    skip("multicast groups of IPv6", "no IPv6 here")
