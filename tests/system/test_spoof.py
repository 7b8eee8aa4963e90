#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Where the machine routes 127/8, a network can send from and to it: such a
request is not our own machine's, whoever serves."""
from harness import (OWN_HOST, PATIENCE, SILENCE, Daemon, enter_namespace, ok,
                     request_octets, skip_all, wait_for)
import fcntl
import os
import socket
import struct

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 0x0001, 0x1000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1


def network():
    """An interface whose other end is this program."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF,
                struct.pack("16sh14x", b"net0", IFF_TUN | IFF_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        flags = struct.unpack_from("h", fcntl.ioctl(
            s, SIOCGIFFLAGS, struct.pack("16sh14x", b"net0", 0)), 16)[0]
        fcntl.ioctl(s, SIOCSIFFLAGS,
                    struct.pack("16sh14x", b"net0", flags | IFF_UP))
    for name, value in (("route_localnet", 1), ("accept_local", 1),
                        ("rp_filter", 0)):
        for where in ("net0", "all"):
            with open("/proc/sys/net/ipv4/conf/%s/%s" % (where, name), "w",
                      encoding="ascii") as f:
                f.write(str(value))
    return tun


def datagram(source, port, to, to_port, data):
    """An IPv4 packet; UDP needs no checksum."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(data), 1, 0, 64, 17,
                       0, socket.inet_aton(source), socket.inet_aton(to))
    total = sum(struct.unpack("!10H", head))
    total = ~((total >> 16) + (total & 0xffff)) & 0xffff
    return (head[:10] + struct.pack("!H", total) + head[12:] +
            struct.pack("!HHHH", port, to_port, 8 + len(data), 0) + data)


enter_namespace()
if not os.path.exists("/dev/net/tun"):
    skip_all("no tunnels here")
tun = network()
ONE = "interface ignore wildcard\ninterface listen 127.0.0.1\n"
for threads, conf in ((0, ""), (1, ""), (0, ONE), (1, ONE)):
    daemon = Daemon("server 127.127.1.0 minpoll 0\n" + conf,
                    args=("-T", str(threads)))
    words = "-T %d, %s: " % (threads, "one address" if conf else "wildcard")
    ok(wait_for(daemon.ask, 10, "an answer"), words + "serves")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.5", 0))
        port = s.getsockname()[1]
        for source, to, heard in (
                ("lo", "127.0.0.1", True), ("net0", "127.0.0.1", False),
                ("net0", OWN_HOST, False), ("lo", "127.0.0.1", True)):
            s.settimeout(PATIENCE if heard else SILENCE)
            if source == "lo":
                s.sendto(request_octets(), (to, daemon.port))
            else:
                os.write(tun, datagram("127.0.0.5", port, to,
                                       daemon.port, request_octets()))
            try:
                answered = len(s.recv(512)) == 48
            except socket.timeout:
                answered = False
            ok(answered == heard, words + "from %s to %s it is %s" % (
                source, to, "answered" if heard else "not"))
    ignored = int(daemon.variable("io_ignored") or 0)
    ok(ignored >= 1, words + "and is counted",
       daemon.ntpq("-c", "iostats"))
    daemon.kill()
