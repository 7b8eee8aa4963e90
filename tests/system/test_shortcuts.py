#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Addresses have sockets beside the wildcard pair: they come and go with the
addresses, and whoever has none is served as well."""
from harness import (OWN_HOST, Daemon, ask, enter_namespace, free_port, ok,
                     really_root, wait_for)
import fcntl
import os
import re
import resource
import signal
import socket
import struct

SIOCSIFFLAGS, SIOCSIFADDR = 0x8914, 0x8916
SPARE = 32  # descriptors that are left to others
UNLISTED = "127.0.0.77"  # of 127/8, so ours, but no interface lists it


def address(there):
    """Give loopback OWN_HOST as an alias, or take it away."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        if there:
            fcntl.ioctl(s, SIOCSIFADDR, struct.pack(
                "16shH4s8x", b"lo:1", socket.AF_INET, 0,
                socket.inet_aton(OWN_HOST)))
        else:
            fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo:1", 0))


def bound(port):
    """The IPv4 addresses with sockets on PORT."""
    with open("/proc/net/udp", encoding="ascii") as f:
        found = re.findall(r"^ *\d+: (\w{8}):%04X " % port, f.read(), re.M)
    return {socket.inet_ntoa(struct.pack("=I", int(a, 16))) for a in found}


def serves(daemon, *addresses):
    return all(ask(a, daemon.port) for a in addresses)


def configure(more):
    d.write("conf", "port %d\nserver 127.127.1.0 minpoll 0\n%s" % (d.port, more))
    d.child.send_signal(signal.SIGHUP)


enter_namespace()
for threads in "0", "2":
    address(True)
    d = Daemon("server 127.127.1.0 minpoll 0\n", access="restrict default\n",
               args=("-T", threads))
    note = "-T %s: " % threads
    ok(wait_for(d.ask, 10, "an answer") and
       bound(d.port) == {"0.0.0.0", "127.0.0.1", OWN_HOST},
       note + "each address has a socket", bound(d.port), d.log())
    ok(serves(d, OWN_HOST, "127.0.0.1", UNLISTED),
       note + "it answers on all, and where it has none")
    second = Daemon("", port=d.port)
    ok(wait_for(lambda: not second.alive(), 10, "its end") and
       "EXITING" in second.log(), note + "a second daemon is refused",
       second.log())
    address(False)
    gone = wait_for(lambda: re.search(
        r"Deleting interface #\d+ lo\S*, %s#\d+, interface stats: "
        r"received=(\d+), sent=(\d+)" % re.escape(OWN_HOST), d.log()),
        10, "its end")
    ok(gone and int(gone[1]) == int(gone[2]) > 0 and
       wait_for(lambda: OWN_HOST not in bound(d.port), 10, "it"),
       note + "one that goes takes its socket along, which was used", d.log())
    address(True)
    ok(wait_for(lambda: OWN_HOST in bound(d.port), 10, "a socket") and
       serves(d, OWN_HOST), note + "one that comes brings one", d.log())
    with open(d.path("conf"), encoding="ascii") as f:
        before = f.read()
    d.write("conf", before + "interface ignore wildcard\n"
            "interface listen 127.0.0.1\n")
    d.child.send_signal(signal.SIGHUP)
    ok(wait_for(lambda: bound(d.port) == {"127.0.0.1"} and
                serves(d, "127.0.0.1"), 10, "the rules"),
       note + "rules leave only what they name", bound(d.port))
    d.write("conf", before)
    d.child.send_signal(signal.SIGHUP)
    ok(wait_for(lambda: bound(d.port) == {"0.0.0.0", "127.0.0.1", OWN_HOST},
                10, "all of them") and
       serves(d, OWN_HOST, "127.0.0.1", UNLISTED),
       note + "without the rules all are back", bound(d.port), d.log())
    ok(d.kill() == 0, note + "it ends in order")

ignored = "interface ignore %s\n" % OWN_HOST
d = Daemon("server 127.127.1.0 minpoll 0\n" + ignored, args=("-T", "2"))
wait_for(d.ask, 10, "an answer")
limits = resource.prlimit(d.child.pid, resource.RLIMIT_NOFILE)
taken = {int(n) for n in os.listdir("/proc/%d/fd" % d.child.pid)}
free = [n for n in range(max(taken) + 3) if n not in taken]
resource.prlimit(d.child.pid, resource.RLIMIT_NOFILE,
                 (free[1] + 1 + SPARE, limits[1]))
configure("")
wait_for(lambda: "0.0.0.0" in bound(d.port), 10, "the wildcard socket")
d.peers()  # the loop, which opens sockets, comes to it when it is done
ok(bound(d.port) == {"0.0.0.0"} and serves(d, OWN_HOST) and
   "main loop" not in d.log(),
   "addresses without descriptors for all threads are served as before",
   bound(d.port), d.log())
resource.prlimit(d.child.pid, resource.RLIMIT_NOFILE, limits)
configure(ignored)
wait_for(lambda: "0.0.0.0" not in bound(d.port), 10, "the rules")
configure("")
ok(wait_for(lambda: OWN_HOST in bound(d.port), 10, "a socket"),
   "when there are some it has its own", d.log())
ok(d.kill() == 0, "and it ends in order", d.log())

rules = "interface ignore wildcard\ninterface listen 127.0.0.1\n"
d = Daemon("server 127.127.1.0 minpoll 0\n" + rules +
           "multicastclient 224.0.1.1\n", args=("-T", "1"))
ok(wait_for(lambda: "224.0.1.1" in bound(d.port), 10, "the group"),
   "a group has a socket that no thread serves", d.log())
configure(rules)
ok(wait_for(lambda: "224.0.1.1" not in bound(d.port), 10, "its end"),
   "which goes when nobody wants the group", d.log())
ok(d.kill() == 0, "... and takes no thread along", d.log())

d = Daemon("server 127.127.1.0 minpoll 0\n" + rules, args=("-T", "1"))
wait_for(d.ask, 10, "an answer")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
    other.bind((UNLISTED, d.port))
    configure("")
    ok(wait_for(lambda: "bind(v4wildcard)" in d.log(), 10, "its words") and
       bound(d.port) == {UNLISTED},
       "where the wildcard cannot be had nothing else is", d.log())
configure(rules)
wait_for(lambda: bound(d.port) == {"127.0.0.1"}, 10, "the rules")
configure("")
ok(wait_for(lambda: bound(d.port) == {"0.0.0.0", "127.0.0.1", OWN_HOST}, 10,
            "all of them") and serves(d, OWN_HOST, "127.0.0.1", UNLISTED),
   "when it can be had all are there", bound(d.port), d.log())
ok(d.kill() == 0, "and it ends in order")

# Many addresses: the sockets of one port go before those of another come.
for n in range(150):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFADDR, struct.pack(
            "16shH4s8x", b"lo:%d" % (n + 2), socket.AF_INET, 0,
            socket.inet_aton("127.9.0.%d" % (n + 1))))
d = Daemon("server 127.127.1.0 minpoll 0\ninterface ignore wildcard\n"
           "interface listen ipv4\n")
wait_for(d.ask, 10, "an answer")
before = bound(d.port)
was, d.port = d.port, free_port()
with open(d.path("conf"), encoding="ascii") as f:
    text = f.read()
d.write("conf", text.replace("port %d\n" % was, "port %d\n" % d.port))
d.child.send_signal(signal.SIGHUP)
ok(len(before) > 150 and
   wait_for(lambda: bound(d.port) == before, 10, "the other port"),
   "150 addresses change their port", len(before), d.log()[-2000:])
ok(d.kill() == 0, "and it ends in order")
for n in range(150):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS,
                    struct.pack("16sh14x", b"lo:%d" % (n + 2), 0))

# Few descriptors: sockets that could be done without leave some.
address(True)
for least in range(38, 60, 3):
    d = Daemon("server 127.127.1.0 minpoll 0\n", access="restrict default\n",
               args=("-T", "4"), start=False)
    d.argv = ["sh", "-c", "ulimit -n %d; exec \"$@\"" % least, "sh", *d.argv]
    d.start()
    if not wait_for(lambda: d.ask() or not d.alive(), 10, "an answer") or \
            not serves(d, OWN_HOST, UNLISTED) or d.kill() != 0:
        break
ok(d.child.returncode == 0, "it serves with %d descriptors" % least, d.log())

if really_root():
    address(False)
    d = Daemon("server 127.127.1.0 minpoll 0\n", access="restrict default\n",
               args=("-T", "1", "-u", "nobody"))
    wait_for(d.ask, 10, "an answer")
    address(True)
    ok(wait_for(lambda: ask(OWN_HOST, d.port), 10, "an answer"),
       "whoever is not the user any more serves by the wildcard socket")
    ok("bind" not in d.log(), "... and does not complain", d.log())
